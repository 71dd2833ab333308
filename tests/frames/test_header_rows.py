"""Rows of headings under the header are refused by whatever takes a plain frame, not by link_waves alone."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits import Item, SelectAll
from credbenefits.errors import InputError

ROWS = 40
ANSWERS = "\n".join(
    f"2024-01-{i % 28 + 1:02d},R_{i},{'Yes' if i % 3 else 'No'},{['Agree', 'Disagree', 'Neutral'][i % 3]},"
    f"{['north', 'south'][i % 2]},{['email;phone', 'email', 'phone'][i % 3]},{'Email' if i % 3 < 2 else ''},"
    f"{'Phone' if i % 3 != 1 else ''}"
    for i in range(ROWS)
)
HEADER = "StartDate,ResponseId,job,opinion,region,how,how_1,how_2\n"
QUESTIONS = (
    "Start Date,Response ID,Did you find a job?,I feel confident about it,Where do you live?,"
    "How were you reached?,How were you reached? - Email,How were you reached? - Phone\n"
)
IDS = ",".join(f'"{{""ImportId"":""QID{i}""}}"' for i in range(8)) + "\n"
FILES = {
    "question texts": HEADER + QUESTIONS + ANSWERS,
    "import ids": HEADER + IDS + ANSWERS,
    "both": HEADER + QUESTIONS + IDS + ANSWERS,
    "the header again": HEADER + HEADER + ANSWERS,
    "second headers": HEADER + ",,Response,Response,Response,Open-Ended Response,Email,Phone\n" + ANSWERS,
}
KINDS = {
    "pandas": lambda t: pd.read_csv(io.StringIO(t)),
    "objects": lambda t: pd.read_csv(io.StringIO(t), dtype=object),
    "all text": lambda t: pd.read_csv(io.StringIO(t), dtype=str, keep_default_na=False),
    "arrow-backed": lambda t: pd.read_csv(io.StringIO(t), dtype_backend="pyarrow"),
    "categories": lambda t: pd.read_csv(io.StringIO(t), dtype="category"),
    "polars": lambda t: pl.read_csv(io.StringIO(t), infer_schema=False),
    "pyarrow": lambda t: pa.Table.from_pandas(pd.read_csv(io.StringIO(t), dtype=str)),
}
JOB = Item("job", yes="Yes")
CALLS = {
    "items": lambda d: cb.proportions(d, JOB),
    "levels": lambda d: cb.proportions(d, Item("opinion", each_level=True)),
    "groups": lambda d: cb.proportions(d, JOB, by="region"),
    "among": lambda d: cb.proportions(d, Item("opinion", yes="Agree"), among=JOB),
    "one text": lambda d: cb.proportions(d, SelectAll("how", separator=";")),
    "a block": lambda d: cb.proportions(d, SelectAll(["how_1", "how_2"])),
    "compared": lambda d: cb.compare_groups(d, JOB, by="region"),
    "split": lambda d: cb.split_choices(d, "how", separator=";"),
    "pseudonyms": lambda d: cb.pseudonymize(d, "ResponseId", key="only for this test, and long"),
    "code": lambda d: cb.code_information(d, ["opinion", "region"], sizes=[400]),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_headings_under_the_header_are_refused(text, call, kind):
    with pytest.raises(InputError, match=r"`data`.*question texts or import ids.*skiprows=\[1") as problem:
        call(kind(text))
    assert "find a job" not in str(problem.value)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_same_file_without_them_is_read(call, kind):
    assert call(kind(HEADER + ANSWERS)) is not None


@pytest.mark.parametrize(
    "call", [CALLS[name] for name in ("items", "levels", "groups", "one text", "compared")]
)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_import_ids_are_refused_wherever_they_stand(call, kind):
    with pytest.raises(
        InputError, match=r"`data`: expected rows of answers; got 1 row of import ids"
    ) as problem:
        call(kind(HEADER + ANSWERS + "\n" + IDS + ANSWERS))
    assert "QID" not in str(problem.value)


LONG = "I found a position at the university, which I had hoped for, and it pays well"
FINE = {
    "a long first answer": {"why": [LONG, *["yes", "no"] * 20]},
    "a long first answer that asks": {"why": ["What do you mean by that?", *["yes", "no"] * 20]},
    "a rare first answer": {"why": ["only once", *["a", "b"] * 20], "job": ["maybe", *["yes", "no"] * 20]},
    "two long first answers beside numbers": {
        "why": [LONG, *["well paid", "near home"] * 20],
        "more": [LONG + "!", *["none", "much"] * 20],
        "age": [30 + i % 20 for i in range(41)],
    },
    "two rows": {"job": ["a new job", "an old one"], "why": ["Is it?", "no"], "age": [30, 40]},
    "an own name": {"region": ["region", *["north", "south"] * 20], "age": [str(i) for i in range(41)]},
}


@pytest.mark.parametrize("columns", FINE.values(), ids=FINE)
def test_no_false_alarm_on_a_first_person_who_writes_much(columns):
    data = pd.DataFrame(columns)
    for kind in (data, pl.from_pandas(data), pa.Table.from_pandas(data)):
        for name in columns:
            if name != "age":
                assert cb.proportions(kind, Item(name, each_level=True)).rows


@pytest.mark.once
def test_no_row_of_real_files_is_taken_for_a_heading(shared):
    for name in (
        "cirtl_pre.csv.gz",
        "cirtl_post.csv.gz",
        "carpentries_longterm_2017.csv",
        "hsls09_small.csv.gz",
    ):
        data = pd.read_csv(shared / "data" / name, dtype=str, keep_default_na=False, na_values=[""])
        few = [c for c in data.columns if 2 <= data[c].nunique() <= 12][:12]
        rng = np.random.default_rng(1)
        for _ in range(20):
            some = data.sample(60, random_state=int(rng.integers(2**31)))
            for column in few:
                given = some[column].dropna().unique()
                if len(given) > 1:
                    cb.proportions(some, Item(column, yes=given[0], no=list(given[1:])))
