"""Columns as categories, from every kind of frame; answers in one spelling; the guard on missing codes."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, InputError
from credbenefits.frames.boundary import floats, objects, read
from credbenefits.frames.columns import combine, encode
from credbenefits.frames.doubts import refuse_undeclared
from credbenefits.questions.spelling import canonical, label

GAP = [None, float("nan"), pd.NA]


def encoded(column, **named):
    frame = column if hasattr(column, "columns") else pd.DataFrame({"q": column})
    return encode(read(frame), "q", **named)


def seen(column):
    categories = encoded(column)
    return categories.codes.tolist(), categories.labels


# ---- every kind of column ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["b", None, "a", " ", "b"], dtype=object),
        pd.Series(["b", None, "a", " ", "b"], dtype="str"),
        pd.Series(["b", None, "a", " ", "b"], dtype="string"),
        pd.Series(["b", None, "a", "", "b"], dtype="string[pyarrow]"),
        pd.Series(["b", None, "a", "", "b"], dtype=pd.ArrowDtype(pa.string())),
        pd.Series(["b", None, "a", "", "b"], dtype="category"),
        pd.Series(["b", float("nan"), "a", pd.NA, "b"], dtype=object),
        pl.DataFrame({"q": ["b", None, "a", "\t", "b"]}),
        pl.DataFrame({"q": ["b", None, "a", "", "b"]}, schema={"q": pl.Categorical}),
        pa.table({"q": ["b", None, "a", "", "b"]}),
        pa.table({"q": pa.array(["b", None, "a", None, "b"]).dictionary_encode()}),
    ],
    ids=lambda c: f"{type(c).__module__.split('.')[0]}-{getattr(c, 'dtype', '')}",
)
def test_text_is_read_alike_from_every_kind_of_column(column):
    assert seen(column) == ([1, -1, 0, -1, 1], ("a", "b"))


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([10, None, 9, 10]),
        pd.Series([10, None, 9, 10], dtype="Int64"),
        pd.Series([10, None, 9, 10], dtype="Float64"),
        pd.Series([10, None, 9, 10], dtype="int64[pyarrow]"),
        pd.Series([10, None, 9, 10.0], dtype=object),
        pl.DataFrame({"q": [10, None, 9, 10]}),
        pl.DataFrame({"q": [10.0, None, 9.0, 10.0]}),
        pl.DataFrame({"q": [10.0, float("nan"), 9.0, 10.0]}),
        pa.table({"q": [10, None, 9, 10]}),
    ],
)
def test_numbers_are_read_alike_and_in_the_order_of_their_size(column):
    assert seen(column) == ([1, -1, 0, 1], ("9", "10"))


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, None, False], dtype=object),
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series([True, None, False], dtype="bool[pyarrow]"),
        pl.DataFrame({"q": [True, None, False]}),
        pa.table({"q": [True, None, False]}),
    ],
)
def test_booleans_are_read_alike(column):
    assert seen(column) == ([1, -1, 0], ("False", "True"))


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(pd.Categorical(["low", None, "high"], categories=["low", "middle", "high"])),
        pd.Series(pd.Categorical(["low", None, "high"], categories=["low", "middle", "high"], ordered=True)),
        pl.DataFrame({"q": ["low", None, "high"]}, schema={"q": pl.Enum(["low", "middle", "high"])}),
    ],
)
def test_categories_keep_their_declared_order(column):
    # alphabetically "high" would be first; a category that nobody has is no level
    assert seen(column) == ([0, -1, 1], ("low", "high"))


def test_numbered_categories_keep_their_declared_order():
    assert seen(pd.Series(pd.Categorical([3, None, 1], categories=[3, 2, 1]))) == ([0, -1, 1], ("3", "1"))


def test_classes_from_pandas_cut_are_in_order():
    codes, labels = seen(pd.cut(pd.Series([1, 100, 3, np.nan]), [0, 5, 1_000]))
    assert codes == [0, 1, 0, -1]
    assert labels[0].startswith("(0")


def test_dates_are_written_as_dates():
    days = ["2020-01-02", None, "2019-12-31"]
    for unit in ("ns", "us", "s"):
        codes, labels = seen(pd.Series(pd.to_datetime(days)).astype(f"datetime64[{unit}]"))
        assert codes == [1, -1, 0]
        assert [text[:10] for text in labels] == ["2019-12-31", "2020-01-02"]
    dates = [None if d is None else datetime.date.fromisoformat(d) for d in days]
    assert seen(pl.DataFrame({"q": dates})) == ([1, -1, 0], ("2019-12-31", "2020-01-02"))


@pytest.mark.parametrize("kind", ["Int64", "int64[pyarrow]", pl, pa])
def test_whole_numbers_keep_all_their_digits_beside_gaps(kind):
    # As floats the two are one number, and two people would become one.
    numbers = [2**53, 2**53 + 1, None]
    column = (
        pd.Series(numbers, dtype=kind)
        if isinstance(kind, str)
        else pl.DataFrame({"q": numbers})
        if kind is pl
        else pa.table({"q": numbers})
    )
    assert seen(column) == ([0, 1, -1], (str(2**53), str(2**53 + 1)))


def test_cells_that_are_lists_are_refused_by_name():
    for frame in (pl.DataFrame({"q": [["a", "b"], ["c"]]}), pd.DataFrame({"q": [["a", "b"], ["c"]]})):
        with pytest.raises(InputError, match=r"`items`.*split_choices"):
            encoded(frame, argument="items")


def test_an_empty_column_has_no_levels():
    for frame in (pd.DataFrame({"q": [None, None]}), pl.DataFrame({"q": [None, None]})):
        assert seen(frame) == ([-1, -1], ())


@given(st.lists(st.one_of(st.sampled_from(["x", "y", " z"]), st.sampled_from([None, "", "  "])), min_size=1))
def test_codes_lead_back_to_the_values(values):
    categories = encoded(pd.Series(values, dtype=object))
    back = [None if code < 0 else categories.levels[code] for code in categories.codes]
    assert back == [v.strip() if v and v.strip() else None for v in values]
    assert categories.sizes().tolist() == [back.count(v) for v in categories.levels]
    assert list(categories.levels) == sorted(categories.levels)


WHOLE = [(0, 1), (1, 1), (1, 5), (2, 4, 5), (-1, 0), (-128, 127), (-100, -98), (250, 255), (100, 127)]


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        (numbers, kind)
        for numbers in [*WHOLE, (65_530, 65_535)]
        for kind in ["int8", "uint8", "int16", "uint16", "int32", "int64", "uint64"]
        if np.iinfo(kind).min <= min(numbers) <= max(numbers) <= np.iinfo(kind).max
    ],
    ids=str,
)
def test_whole_numbers_of_every_size_are_read_alike(numbers, kind):
    """The distance between the least and the largest need not fit into the type of the column."""
    column = np.repeat(np.array(numbers, dtype=kind), 3)
    made = encoded(column)
    assert made.levels == tuple(dict.fromkeys(numbers))
    assert made.codes.tolist() == np.unique(column, return_inverse=True)[1].tolist()
    assert encoded(column[::2]).codes.tolist() == made.codes[::2].tolist()


# ---- one spelling of answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "spelling"),
    [
        ([1, 1.0, "1", " 1 ", "1.0", np.int64(1), np.float32(1)], "1"),
        ([-9, -9.0, "-9", "-9.00"], "-9"),
        (["Yes", "yes ", " YES"], "yes"),
        ([True, np.True_, "True", " true"], "true"),
        ([False, "FALSE"], "false"),
        ([1.5, "1.5"], "1.5"),
        (["Straße", "STRASSE"], "strasse"),
    ],
)
def test_answers_agree_however_they_are_written(values, spelling):
    assert {canonical(v) for v in values} == {spelling}


@given(st.text())
def test_canonical_spelling_is_final(text):
    assert canonical(canonical(text)) == canonical(text)


def test_labels_write_whole_numbers_without_a_point():
    assert [label(v) for v in (3.0, np.float64(-2), 2.5, "3.0", 7, True)] == [
        "3",
        "-2",
        "2.5",
        "3.0",
        "7",
        "True",
    ]


@given(
    st.lists(st.sampled_from(["1", "2", "-8", "-9", None]), min_size=1), st.sets(st.sampled_from([1, -8, -9]))
)
def test_declared_codes_become_missing_and_nothing_else_does(values, codes):
    before = encoded(pd.Series(values, dtype=object))
    after = before.without(sorted(codes))
    gone = {str(code) for code in codes}
    told = [None if code < 0 else after.levels[code] for code in after.codes]
    assert told == [None if v in gone else v for v in values]
    assert not gone & set(after.levels)


# ---- missing codes -------------------------------------------------------------------------------------------


def guarded(values, missing=()):
    refuse_undeclared(encoded(pd.Series(values, dtype=object)).without(missing), "by")


def test_undeclared_missing_codes_are_refused_with_their_counts():
    with pytest.raises(InputError) as problem:
        guarded([1, 2, 3] * 10 + [-8, -8, -9])  # a handful of rows shows no gap
    assert problem.value.argument == "by"
    assert "-9 in 1 row, -8 in 2 rows" in str(problem.value)
    assert "missing=[-9, -8]" in problem.value.fix


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, -7],
        [1.5, 2.5, -1.0],
        ["1", "2", "-9"],
        [-9, -8],
        [-2, -1, 0, 1, 2, -9],
    ],
)
def test_negative_numbers_that_no_scale_explains_are_refused(values):
    with pytest.raises(InputError, match="look like no answer"):
        guarded(values * 10)  # as many of each: -1 to 1 or -2 to 1 would be a scale about zero


@pytest.mark.parametrize(
    "values", [[-2, -1, 0, 1, 2], ["-2", "-1", "0", "1", "2"], [0, 1, 2], ["a", "b"], [True]]
)
def test_scales_and_plain_answers_pass(values):
    guarded(values)


def test_declared_codes_pass():
    guarded([1, 2, -8, -9.0], missing=[-8, "-9"])


@pytest.mark.shared
def test_coded_nonresponse_of_a_public_file_is_refused_until_declared(shared):
    # HSLS:09 writes nonresponse as -7, -8, -9; counted as answers they would be two in three.
    school = pd.read_csv(shared / "data" / "hsls09_small.csv.gz")
    with pytest.raises(InputError, match="-8 in 6,168 rows"):
        cb.proportions(school, cb.Item("x4evratndclg", yes=1))
    result = cb.proportions(school, cb.Item("x4evratndclg", yes=1, missing=[-7, -8, -9]))
    followed = school.loc[school["x4evratndclg"] >= 0, "x4evratndclg"]
    assert (result.rows[0].count, result.rows[0].n) == (followed.sum(), followed.size)
    assert result.rows[0].n_missing == len(school) - followed.size
    with pytest.raises(InputError, match="`by`"):
        cb.proportions(school, cb.Item("x4evratndclg", yes=1, missing=[-7, -8, -9]), by="x1poverty185")
    declared = cb.proportions(school, cb.Item("x4evratndclg", yes=1), by="x1poverty185", missing=[-7, -8, -9])
    groups = school[(school["x4evratndclg"] >= 0) & (school["x1poverty185"] >= 0)].groupby("x1poverty185")
    expected = groups["x4evratndclg"].agg(["sum", "count"]).to_numpy().tolist()
    assert [[row.count, row.n] for row in declared.rows] == expected


@pytest.mark.shared
def test_a_scale_about_zero_is_no_missing_code(shared):
    # CIRTL asks for satisfaction from -2 to 2: groups as it stands; as an item, once the no is declared,
    # because the same numbers with yes=1 might be an answer and its missing code.
    post = pd.read_csv(shared / "data" / "cirtl_post.csv.gz")
    satisfied = cb.Item("QID699", yes=[1, 2], no=[-2, -1, 0])
    row = cb.proportions(post, satisfied).rows[0]
    assert (row.count, row.n) == ((post["QID699"] > 0).sum(), post["QID699"].notna().sum())
    groups = cb.proportions(post, "QID354", by="QID699").rows
    assert [dict(r.group)["QID699"] for r in groups] == ["-2", "-1", "0", "1", "2"]
    with pytest.raises(InputError, match=r"answers=\[-2, -1\] if they are answers"):
        cb.proportions(post, cb.Item("QID699", yes=[1, 2]))


# ---- crossing and reading ------------------------------------------------------------------------------------


def test_crossed_columns_by_hand():
    frame = read(pd.DataFrame({"a": ["x", "x", "y", None, "y"], "b": [2, 10, 2, 2, None]}))
    codes, labels = combine([encode(frame, "a"), encode(frame, "b")])
    assert codes.tolist() == [0, 1, 2, -1, -1]
    assert labels == (("x", "2"), ("x", "10"), ("y", "2"))  # (y, 10) does not occur


@given(st.lists(st.tuples(*[st.sampled_from(["p", "q", "r", None])] * 3), min_size=1, max_size=30))
def test_crossed_codes_tell_apart_what_differs(rows):
    frame = read(pd.DataFrame(rows, columns=["a", "b", "c"], dtype=object))
    codes, labels = combine([encode(frame, c) for c in "abc"])
    for row, code in zip(rows, codes, strict=True):
        assert (None if code < 0 else labels[code]) == (None if None in row else row)
    assert list(labels) == sorted(set(labels))


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_numbers_are_read_as_floats_with_gaps(make):
    booleans = [True, False, None]
    frame = read(
        make(
            {
                "n": [1, None, 3],
                "b": pd.array(booleans, "boolean") if make is pd.DataFrame else booleans,
                "t": ["a", "b", "c"],
            }
        )
    )
    np.testing.assert_array_equal(floats(frame, "n", "weights"), [1, np.nan, 3])
    np.testing.assert_array_equal(floats(frame, "b", "weights"), [1, 0, np.nan])
    with pytest.raises(InputError, match=r"`weights`.*'t'"):
        floats(frame, "t", "weights")


def test_missing_values_of_every_spelling_are_missing():
    assert pd.isna(objects(read(pd.DataFrame({"q": pd.Series(GAP, dtype=object)})), "q")).all()


def test_what_is_no_frame_is_refused():
    with pytest.raises(InputError, match="got dict"):
        read({"a": [1]})
    with pytest.raises(InputError, match="Collect"):
        read(pl.LazyFrame({"a": [1]}))
    with pytest.raises(InputError, match="got Series"):
        read(pd.Series([1]))
    with pytest.raises(InputError, match="0 rows"):
        read(pd.DataFrame({"a": []}))
    with pytest.raises(InputError, match="'a' more than once"):
        read(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(InputError, match="'a' more than once"):
        read(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]))


def test_an_unknown_column_is_answered_with_the_nearest_names():
    with pytest.raises(ColumnNotFoundError, match="Did you mean 'education'"):
        cb.proportions(pd.DataFrame({"education": ["yes"], "age": [3]}), "eduction")


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([0, 1, 99], "99"),
        ([1, 2, 3, 4, 5, 98, 99], "98, 99"),
        (["1", "2", "97"], "97"),
        ([0, 1, -8, 99], "-8, 99"),
        ([10, 35, 80, 98], None),  # ages
        ([98, 99], None),
        ([0, 50, 99], None),
        ([0, 1, 12], None),
    ],
)
def test_nines_far_above_the_answers_look_like_missing_codes(values, codes):
    categories = encoded(values * 10)
    if codes is None:
        refuse_undeclared(categories, "items")
    else:
        with pytest.raises(InputError, match=rf"missing=\[{codes}\]"):
            refuse_undeclared(categories, "items")


def test_the_declared_spelling_of_a_level_is_shown_even_where_another_is_more_frequent():
    data = pd.DataFrame({"sat": ["Good", "good", "good", "Bad", "bad ", "fair"]})
    item = cb.Item("sat", each_level=True, levels=["Good", "Fair", "Bad"])
    for asked in (data, cb.count(data, item)):
        found = cb.proportions(asked, item)
        assert [(row.level, row.count) for row in found.rows] == [("Good", 3), ("Fair", 1), ("Bad", 2)]
        assert any("'good' (2 rows) read as 'Good'" in note for note in found.notes)


# ---- short codes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    [
        [1, 2, 3, 2, 1],
        [-3, 0, 7, 0],
        np.array([3, 200, 255, 3], dtype=np.uint8),
        np.array([-128, 127, 0], dtype=np.int8),
        np.array([True, False, True]),
        np.array([True, True]),
        np.arange(300),
        np.arange(40_000),
        [5, 700, 5],
        [10**12, 10**12 + 3],
        [1.5, None, 2.5],
        ["b", "a", None, "B ", " "],
        pd.Categorical(["b", None, "a"], categories=["unused", "b", "a"]),
        pd.Categorical([None, None], categories=["b", "a"]),
        pd.Categorical([None, None], categories=[]),
        pd.Categorical([f"{i}" for i in range(126)]),
        pd.Categorical([f"{i}" for i in range(127)] + [None]),
    ],
)
def test_short_codes_are_the_codes(column):
    long, short = encoded(column), encoded(column, short=True)
    assert short.codes.tolist() == long.codes.tolist()
    assert short.levels == long.levels
    assert list(map(type, short.levels)) == list(map(type, long.levels))
    assert short.sizes().tolist() == long.sizes().tolist()
    assert short.n_blank == long.n_blank
    assert short.spellings == long.spellings
    assert long.codes.dtype == np.int64
    few = len(long.levels) < np.iinfo(np.int16).max and np.ptp(long.codes) < 800
    assert short.codes.itemsize <= 2 or not few or 10**12 in long.levels
