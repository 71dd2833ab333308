"""Select-all questions: how cells are written, kept, sorted and read in changes no number."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import SelectAll

pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")

OPTIONS = ["don't know-how", "co-op", "Zürich staff"]
NONE, REFUSED = "None of the above", "Prefer not to say"
#: Ways to write a text that is read as the same.
SPELLINGS = [
    str,
    str.upper,
    str.title,
    lambda v: f"  {v}\u00a0",
    lambda v: v.replace(" ", "  "),
    lambda v: v.replace("ü", "u\u0308"),
    lambda v: v.replace("'", "\u2019").replace("-", "\u2013"),
    lambda v: v.replace("s", "\uff53"),
    lambda v: "\u200b" + v[:3] + "\u00ad" + v[3:],
]
TEXT_KINDS = {
    "objects": lambda v: pd.Series(v, dtype=object),
    "NaN": lambda v: pd.Series([float("nan") if x is None else x for x in v], dtype=object),
    "text": lambda v: pd.Series(v, dtype="str"),
    "string": lambda v: pd.Series(v, dtype="string"),
    "category": lambda v: pd.Series(v, dtype="category"),
    "Arrow": lambda v: pd.Series(v, dtype=pd.ArrowDtype(pa.string())),
    "polars": lambda v: pl.Series(v, dtype=pl.Utf8),
    "polars category": lambda v: pl.Series(v, dtype=pl.Categorical),
    "polars enum": lambda v: pl.Series(v, dtype=pl.Enum(sorted({x for x in v if x is not None}))),
    "pyarrow": lambda v: pa.array(v, type=pa.string()),
    "dictionary": lambda v: pa.array(v, type=pa.string()).dictionary_encode(),
}
NUMBER_KINDS = {
    "objects": lambda v: pd.Series(v, dtype=object),
    "floats": lambda v: pd.Series(v, dtype="float64"),
    "Int8": lambda v: pd.Series(v, dtype="Int8"),
    "boolean": lambda v: pd.Series(v, dtype="boolean"),
    "Arrow": lambda v: pd.Series(v, dtype=pd.ArrowDtype(pa.int64())),
    "text": lambda v: pd.Series([None if x is None else f"{x}.0" for x in v], dtype=object),
    "polars": lambda v: pl.Series(v, dtype=pl.Int8),
    "polars floats": lambda v: pl.Series(v, dtype=pl.Float32),
    "polars booleans": lambda v: pl.Series([None if x is None else bool(x) for x in v], dtype=pl.Boolean),
    "pyarrow": lambda v: pa.array(v, type=pa.int16()),
}
FRAMES = {pd.Series: pd.DataFrame, pl.Series: pl.DataFrame}


def framed(columns):
    first = next(iter(columns.values()))
    return FRAMES.get(type(first), pa.table)(columns)


def read(data, question, **options):
    """Return every number, base and kind of missing by choice, whatever the order of the rows."""
    return {
        row.level.casefold(): (row.count, row.n, row.estimate, row.conf_low, row.conf_high, row.missing)
        for row in cb.proportions(data, question, **options).rows
    }


#: What somebody did: nothing, refused, ticked none of these, or ticked some choices.
PEOPLE = st.lists(
    st.one_of(
        st.none(), st.just(REFUSED), st.just(()), st.sets(st.sampled_from(OPTIONS), min_size=1).map(tuple)
    ),
    min_size=1,
    max_size=12,
).map(lambda people: [*people, tuple(OPTIONS), *[(o,) for o in OPTIONS]])


def text_of(person, separator, write=str):
    if person is None or person == REFUSED:
        return None if person is None else write(person)
    return separator.join(map(write, person)) if person else write(NONE)


@settings(deadline=None)
@given(
    PEOPLE,
    st.sampled_from(sorted(TEXT_KINDS)),
    st.sampled_from([",", ";", "|", "\n", "\t"]),
    st.booleans(),
    st.data(),
)
def test_text_means_the_same_however_it_is_written(people, kind, separator, offered, data):
    question = SelectAll(
        "how", none_of_these=NONE, missing=REFUSED, number_chosen=True, choices=OPTIONS if offered else ()
    )
    expected = read(pd.DataFrame({"how": [text_of(p, ",") for p in people]}), question)
    order = data.draw(st.permutations(people))
    ways = data.draw(st.lists(st.sampled_from(SPELLINGS), min_size=len(order), max_size=len(order)))
    written = [text_of(p, separator, way) for p, way in zip(order, ways, strict=True)]
    found = read(framed({"how": TEXT_KINDS[kind](written)}), question)
    if not offered:  # the most frequent spelling is shown
        found = {
            OPTIONS[_place(level)].casefold() if _place(level) is not None else level: row
            for level, row in found.items()
        }
    assert found == {level.casefold(): row for level, row in expected.items()}


def _place(level):
    from credbenefits.questions.spelling import canonical

    told = [canonical(option) for option in OPTIONS]
    return told.index(canonical(level)) if canonical(level) in told else None


@settings(deadline=None)
@given(PEOPLE, st.sampled_from(sorted(NUMBER_KINDS)), st.sampled_from(sorted(TEXT_KINDS)), st.data())
def test_a_block_means_the_same_however_it_is_kept(people, numbers, texts, data):
    people = [None if p == REFUSED else p for p in people]
    names = [*OPTIONS, NONE]
    question = SelectAll([f"how: {name}" for name in names], none_of_these=f"how: {NONE}", number_chosen=True)

    def ticked(order, name):
        return [None if p is None else int(name in p or (name == NONE and not p)) for p in order]

    expected = read(
        pd.DataFrame({f"how: {n}": pd.Series(ticked(people, n), dtype=object) for n in names}), question
    )
    order = data.draw(st.permutations(people))
    columns = data.draw(st.permutations(names))
    as_numbers = framed({f"how: {n}": NUMBER_KINDS[numbers](ticked(order, n)) for n in columns})
    assert read(as_numbers, question) == expected
    for yes, no in [("Yes", "No"), ("x", None), (None, None)]:
        ways = iter(
            data.draw(st.lists(st.sampled_from(SPELLINGS), min_size=4 * len(order), max_size=4 * len(order)))
        )

        def cells(name, yes=yes, no=no, ways=ways):
            said = {1: yes or name, 0: no}
            return [
                None if t is None or said[t] is None else next(ways)(said[t]) for t in ticked(order, name)
            ]

        as_text = framed({f"how: {n}": TEXT_KINDS[texts](cells(n)) for n in columns})
        assert read(as_text, question) == expected


@settings(deadline=None)
@given(PEOPLE, st.sampled_from(sorted(TEXT_KINDS)), st.data())
def test_refusals_in_a_block_mean_the_same_however_they_are_written(people, kind, data):
    names = [*OPTIONS, NONE]
    question = SelectAll([f"how: {name}" for name in names], none_of_these=f"how: {NONE}", missing=REFUSED)

    def cells(order, name, ways):
        return [
            None
            if p is None
            else next(ways)(REFUSED if p == REFUSED else "Yes" if name in (p or (NONE,)) else "No")
            for p in order
        ]

    plain = iter([str] * 4 * len(people))
    expected = read(
        pd.DataFrame({f"how: {n}": pd.Series(cells(people, n, plain), dtype=object) for n in names}), question
    )
    order = data.draw(st.permutations(people))
    ways = iter(
        data.draw(st.lists(st.sampled_from(SPELLINGS), min_size=4 * len(order), max_size=4 * len(order)))
    )
    found = read(framed({f"how: {n}": TEXT_KINDS[kind](cells(order, n, ways)) for n in names}), question)
    assert found == expected
    answered = sum(p is not None and p != REFUSED for p in people)
    assert {row[1] for row in found.values()} == {answered}
    assert {dict(row[5]).get("code", 0) for row in found.values()} == {people.count(REFUSED)}


@settings(deadline=None)
@given(PEOPLE, st.sampled_from(sorted(TEXT_KINDS)), st.data())
def test_splitting_agrees_with_the_question(people, kind, data):
    written = [text_of(p, ";", data.draw(st.sampled_from(SPELLINGS))) for p in people]
    made = cb.split_choices(
        framed({"how": TEXT_KINDS[kind](written)}),
        "how",
        choices=OPTIONS,
        none_of_these=NONE,
        missing=REFUSED,
    )
    found = read(
        framed({"how": TEXT_KINDS[kind](written)}),
        SelectAll("how", choices=OPTIONS, none_of_these=NONE, missing=REFUSED),
    )
    for option in OPTIONS:
        (row,) = cb.proportions(made, f"how: {option}").rows
        assert (row.count, row.n) == found[option.casefold()][:2]
