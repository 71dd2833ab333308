"""What frame libraries can hold and others cannot read: an error of ours or the right result, never theirs."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import warnings

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import CredbenefitsError, CredbenefitsWarning, InputError

BASE = {"id": list("abcdef"), "q": [1, 0, 1, 0, 1, 1], "x": [1, 2, 3, 4, 5, 6]}


@pytest.mark.parametrize(
    "names",
    [
        [0, 1, 2],
        ["id", "q", 2],
        ["id", "q", ("a", 1)],
        ["id", "q", None],
        ["id", "q", pd.Timestamp("2020-01-01")],
        pd.MultiIndex.from_tuples([("id", ""), ("q", ""), ("x", "y")]),
    ],
)
def test_waves_whose_column_names_are_not_text_are_refused(names):
    wave = pd.DataFrame(BASE).set_axis(names, axis=1)
    with pytest.raises(InputError, match=r"`waves\['a'\]`: expected a frame whose column names are text"):
        cb.link_waves({"a": wave, "b": wave}, on="id")


ARROW = {
    "struct": pa.array([{"k": i} for i in range(6)]),
    "list": pa.array([[i] for i in range(6)]),
    "map": pa.array([[("k", 1)]] * 6, pa.map_(pa.string(), pa.int64())),
    "null": pa.nulls(6),
}
if hasattr(pa, "string_view"):  # from pyarrow 16
    ARROW |= {
        "string_view": pa.array(list("uvwxyz"), pa.string_view()),
        "binary_view": pa.array([b"x"] * 6, pa.binary_view()),
    }


@pytest.mark.parametrize("kind", ARROW)
def test_arrow_columns_come_back_whole(kind):
    wave = pa.table({**BASE, "e": ARROW[kind]})
    later = wave.slice(1, 3)
    panel = cb.link_waves({"a": wave, "b": later}, on="id")
    found = panel.wave("a", carry={"b": ["q", "e"]})
    assert found["e"].to_pylist() == wave["e"].to_pylist()
    assert found["e"].type == wave["e"].type
    assert found["e_b"].to_pylist() == [None, *wave["e"].to_pylist()[1:4], None, None]
    assert panel.wave("a", also_in="b")["id"].to_pylist() == ["b", "c", "d"]


def test_whole_numbers_of_128_bits_are_read():
    wave = pl.DataFrame(BASE).with_columns(pl.col("q").cast(pl.Int128))
    assert cb.proportions(wave, "q").rows[0].count == 4
    assert cb.link_waves({"a": wave, "b": wave}, on="id").flow().people == (6, 6)


@pytest.mark.parametrize("rng", ["abc", -1, True, 0.5])
def test_a_review_needs_a_seed(rng):
    ids = [f"{i:03}" for i in range(200)]
    code = {
        "m": [i % 12 for i in range(200)],
        "d": [i % 28 for i in range(200)],
        "s": [i // 20 for i in range(200)],
        "t": [i * 7 % 23 for i in range(200)],
        "u": ids,
    }
    wave = pd.DataFrame(code)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CredbenefitsWarning)
        panel = cb.link_waves({"a": wave, "b": wave}, on=list(code), method="code")
    with pytest.raises(InputError, match="`rng`"):
        panel.review(5, rng=rng)


def test_a_group_column_of_nothing_but_zeros():
    assert cb.proportions(pd.DataFrame({"q": [1, 0], "g": [0, 0]}), "q", by="g").rows[0].n == 2


# ---- anything at all -------------------------------------------------------------------------------------

CELLS = {
    "text": st.sampled_from(["yes", "no", "", " ", "N/A", "Ünï", "更"]),
    "number": st.sampled_from([0, 1, 2, -9, 10**15]),
    "float": st.sampled_from([0.0, 1.0, 0.5, float("nan"), float("inf"), -0.0]),
    "flag": st.booleans(),
    "date": st.sampled_from([datetime.date(2020, 1, 1), datetime.date(1900, 2, 28)]),
    "moment": st.sampled_from([datetime.datetime(2020, 1, 1, 5), datetime.datetime(1999, 1, 1)]),
    "list": st.lists(st.integers(0, 2), max_size=2),
    "struct": st.fixed_dictionaries({"k": st.integers(0, 1)}),
    "bytes": st.sampled_from([b"", b"x", b"\xff"]),
    "decimal": st.sampled_from([decimal.Decimal("0"), decimal.Decimal("1.50")]),
    "missing": st.none(),
}


def frame_of(kind, columns, how):
    if kind == "pandas":
        frame = pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in columns.items()})
        if how == "category":
            frame["g"] = frame["g"].map(repr).astype("category")
        return (
            frame.convert_dtypes()
            if how == "nullable"
            else frame.infer_objects()
            if how == "inferred"
            else frame
        )
    if kind == "pyarrow":
        return pa.table(columns)
    frame = pl.DataFrame(columns, strict=False)
    if how == "category" and frame["g"].dtype == pl.String:
        frame = frame.with_columns(pl.col("g").cast(pl.Categorical))
    return frame


@st.composite
def studies(draw):
    kind = draw(st.sampled_from(["pandas", "polars", "pyarrow"]))
    how = draw(st.sampled_from(["plain", "inferred", "nullable", "category"]))
    cells = {c: draw(st.sampled_from(sorted(CELLS))) for c in ("q", "g", "w")}
    waves = {}
    for name in ("a", "b"):
        n = draw(st.sampled_from([0, 1, 2, 7, 25]))
        columns = {
            "id": draw(
                st.lists(st.sampled_from(["1", "2", "3", "4", "x ", "", None]), min_size=n, max_size=n)
            )
        }
        for column, cell in cells.items():
            columns[column] = draw(st.lists(CELLS[cell] | st.none(), min_size=n, max_size=n))
        waves[name] = frame_of(kind, columns, how)
    return waves


def calls(waves):
    data = waves["a"]
    yield lambda: cb.proportions(data, "q")
    yield lambda: cb.proportions(data, "q", by="g", weights="w")
    yield lambda: cb.proportions(data, cb.Item("q", yes=["yes", 1]), among="g")
    yield lambda: cb.compare_groups(data, "q", by="g")
    yield lambda: cb.split_choices(data, "g")
    for on in ("id", "g"):
        try:
            panel = cb.link_waves(waves, on=on)
        except CredbenefitsError:
            continue
        yield lambda panel=panel: panel.wave("a")
        yield lambda panel=panel: panel.wave("b", carry={"a": ["q", "g"]})
        yield panel.flow
        yield panel.patterns
        yield lambda panel=panel: cb.attrition_weights(panel, ["g", "w"], wave="b", to="a")
        yield lambda panel=panel: cb.transitions(panel, "q", waves=("a", "b"))
        yield lambda panel=panel: cb.brief(
            cb.proportions(panel.wave("b"), "q"), panel, panel.flow(), title="t"
        ).files()


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(waves=studies())
def test_only_errors_and_warnings_of_ours(waves):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", CredbenefitsWarning)
        for call in calls(waves):
            with contextlib.suppress(CredbenefitsError):
                call()
