"""Tables of every kind that holds the same rows: eager frames, and those whose rows are somewhere else."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest


def as_objects(columns):
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    numbers = ["weight", "whole", "schools", "classes", "income"]
    return frame.astype({name: "float64" for name in numbers if name in frame})


def nullable(columns):
    return pd.DataFrame(columns).convert_dtypes()


def arrow_backed(columns):
    return pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype)


def categorical(columns):
    frame = pd.DataFrame(columns)
    text = [name for name, values in columns.items() if any(isinstance(v, str) for v in values)]
    return frame.astype(dict.fromkeys(text, "category"))


def odd_index(columns):
    """Rows under an index that repeats and is out of order."""
    frame = pd.DataFrame(columns)
    return frame.set_axis(np.arange(len(frame))[::-1] % 7, axis=0)


def polars_categories(columns):
    return pl.DataFrame(columns).with_columns(pl.col(pl.String).cast(pl.Categorical))


def lazy_polars(columns):
    return pl.DataFrame(columns).lazy()


def lazy_narwhals(columns):
    return nw.from_native(pl.DataFrame(columns).lazy())


def lazy_categories(columns):
    return polars_categories(columns).lazy()


#: Connections, which old versions close when nobody holds them, though a relation does.
_open = []


def duck():
    _open.append(duckdb.connect())
    return _open[-1]


def relation(columns):
    """Rows in DuckDB, in another order."""
    base = duck()
    base.register("survey", pa.table(columns))
    return base.sql("SELECT * FROM survey ORDER BY hash(to_json(survey))")


def narrow_relation(columns):
    """Rows in DuckDB in other types: whole numbers of all widths, decimals, texts from a list."""
    base = duck()
    base.register("survey", pa.table(columns))
    kinds = {"BIGINT": "HUGEINT", "DOUBLE": "DECIMAL(18, 4)"}
    described = base.sql("SELECT * FROM survey LIMIT 0")
    cells = [
        f'CAST("{name}" AS {"DOUBLE" if name in {"income", "group"} else kinds.get(str(kind), kind)}) AS "{name}"'
        for name, kind in zip(described.columns, described.types, strict=True)
    ]
    return base.sql(f"SELECT {', '.join(cells)} FROM survey")


@cache
def spark_session():
    """Return the session of all tests in Spark: there is one in a process, and its settings stay."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.host": "127.0.0.1",
    }
    if find_spec("splink") is not None:
        settings["spark.jars"] = import_module("splink.backends.spark").similarity_jar_location()
    try:
        session = sql.SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    except Exception as problem:
        pytest.skip(f"Spark does not start, mostly for want of Java: {problem}")
    session.sparkContext.setLogLevel("OFF")
    return session


def spark(columns):
    return spark_session().createDataFrame(pa.table(columns))


def ibis_table(columns):
    ibis = pytest.importorskip("ibis", reason="Ibis is not installed")
    base = duck()
    base.register("rows", pa.table(columns))
    base.execute("CREATE TABLE survey AS FROM rows")
    return ibis.duckdb.from_connection(base).table("survey")


EAGER = [
    as_objects,
    pd.DataFrame,
    nullable,
    arrow_backed,
    categorical,
    odd_index,
    pl.DataFrame,
    polars_categories,
    pa.table,
]
LAZY = [
    lazy_polars,
    lazy_narwhals,
    lazy_categories,
    relation,
    narrow_relation,
    pytest.param(spark, marks=pytest.mark.spark),
    pytest.param(ibis_table, marks=pytest.mark.ibis),
]
every_lazy = pytest.mark.parametrize("make", LAZY)
every_kind = pytest.mark.parametrize("make", [*EAGER, *LAZY])


def assert_same(one, two):
    """Check that two counts are the same: people exactly, sums of weights to 1e-12."""
    one, two = (replace(each, frame_kind="pandas") for each in (one, two))
    for field in fields(two):
        if field.name != "tallies":
            assert getattr(one, field.name) == getattr(two, field.name), field.name
    assert len(one.tallies) == len(two.tallies)
    for a, b in zip(one.tallies, two.tallies, strict=True):
        for field in fields(b):
            made, expected = getattr(a, field.name), getattr(b, field.name)
            if field.name in {"weight", "weight2"}:
                np.testing.assert_allclose(made, expected, rtol=1e-12, atol=0)
            elif isinstance(expected, np.ndarray):
                assert np.array_equal(made, expected), field.name
            else:
                assert made == expected, field.name
