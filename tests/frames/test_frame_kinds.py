"""Every kind of data frame through the same calls: the same numbers, the same kind back, nothing changed."""

from __future__ import annotations

import copy
import warnings

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits import Item
from credbenefits.errors import ColumnNotFoundError, InputError
from frame_kinds import in_pandas

# Few answers are a matter of one test only.
pytestmark = pytest.mark.filterwarnings("ignore:.*who were asked answered")

N = 120
RANDOM = np.random.default_rng(11)


def with_gaps(values, share=0.2):
    drawn = RANDOM.choice(values, N).tolist()
    return [None if gap else v for v, gap in zip(drawn, RANDOM.random(N) < share, strict=True)]


#: One study as plain lists; every frame below holds these values.
COLUMNS = {
    "text": with_gaps(["Yes", "no", "no "]),
    "flag": with_gaps([True, False]),
    "zero_one": with_gaps([0, 1]),
    "scale": with_gaps([1, 2, 3, 4, 5]),
    "code": with_gaps([1, 0, -9], 0),
    "grade": with_gaps(["low", "mid", "top"]),
    "year": with_gaps([2019, 2020, 2021]),
    "how": with_gaps(["fees", "fees,time", "time", "none", " "]),
    "weight": RANDOM.choice([0.0, 0.5, 1.0, 2.5], N).tolist(),
    "whole_weight": RANDOM.choice([1, 2, 3], N).tolist(),
    "id": [f"P{i:03}" for i in range(N)],
    "number": list(range(N)),
}
TEXT = ["text", "grade", "how"]


def as_objects(columns):
    return pd.DataFrame({name: pd.Series(v, dtype=object) for name, v in columns.items()}).astype(
        {name: "float64" for name in columns if "weight" in name}
    )


def inferred(columns):
    return pd.DataFrame(columns)


def python_strings(columns):
    frame = pd.DataFrame(columns)
    return frame.astype({name: pd.StringDtype("python") for name in TEXT if name in frame})


def categories(columns):
    frame = pd.DataFrame(columns)
    return frame.astype({name: "category" for name in [*TEXT, "year", "scale"] if name in frame})


def nullable(columns):
    kinds = {
        "flag": "boolean",
        "zero_one": "Int64",
        "scale": "Int8",
        "code": "Int16",
        "year": "Int32",
        "number": "Int64",
        "weight": "Float64",
        "whole_weight": "Int64",
    }
    return pd.DataFrame({n: pd.array(v, dtype=kinds[n]) if n in kinds else v for n, v in columns.items()})


def arrow_backed(columns):
    return pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype)


def odd_index(columns):
    """Rows in order under an index that repeats, is shuffled, and is a date."""
    return pd.DataFrame(columns).set_index(
        pd.DatetimeIndex(["2023-03-06", "2019-01-01"] * 500)[: len(columns["id"])]
    )


def polars_categories(columns):
    return pl.DataFrame(columns).with_columns(pl.col([n for n in TEXT if n in columns]).cast(pl.Categorical))


def polars_enum(columns):
    frame = pl.DataFrame(columns)
    return (
        frame.with_columns(pl.col("grade").cast(pl.Enum(["low", "mid", "top"])))
        if "grade" in columns
        else frame
    )


def in_chunks(columns):
    table = pa.table(columns)
    half = table.num_rows // 2
    return pa.concat_tables([table.slice(0, half), table.slice(half)])


def arrow_dictionary(columns):
    table = pa.table(columns)
    for name in [n for n in TEXT if n in columns]:
        place = table.column_names.index(name)
        table = table.set_column(place, name, table[name].dictionary_encode())
    return table


def narwhals(columns):
    return nw.from_native(pl.DataFrame(columns))


KINDS = [
    as_objects,
    inferred,
    python_strings,
    categories,
    nullable,
    arrow_backed,
    odd_index,
    pl.DataFrame,
    polars_categories,
    polars_enum,
    pa.table,
    in_chunks,
    arrow_dictionary,
    narwhals,
]


def name_of(make):
    return f"{make.__module__.split('.')[0]}-{make.__name__}"


every_kind = pytest.mark.parametrize("make", KINDS, ids=name_of)


def plain(frame):
    """Return a frame's rows as lists, missing as None, to compare kinds with."""
    native = nw.from_native(frame, pass_through=False, eager_only=True)
    rows = {name: native[name].to_list() for name in native.columns}
    return {
        n: [None if v is None or v is pd.NA or v != v else v for v in values] for n, values in rows.items()
    }


CALLS = {
    "text, flag, 0/1": lambda d: cb.proportions(d, ["text", "flag", "zero_one"]),
    "groups of text": lambda d: cb.proportions(d, "flag", by="grade"),
    "groups of numbers": lambda d: cb.proportions(d, "text", by=["year", "grade"]),
    "groups of flags": lambda d: cb.proportions(d, "text", by="flag"),
    "subset": lambda d: cb.proportions(d, "text", among=["flag", Item("scale", yes=[3, 4, 5])], by="year"),
    "declared": lambda d: cb.proportions(d, Item("scale", yes=[4, "5"], no=[1, 2.0, 3])),
    "coded": lambda d: cb.proportions(d, Item("code", yes=1), missing=[-9], by="year"),
    "weights": lambda d: cb.proportions(d, ["text", "zero_one"], by="grade", weights="weight"),
    "whole weights": lambda d: cb.proportions(d, "flag", weights="whole_weight"),
    "wald": lambda d: cb.proportions(d, "zero_one", by="grade", method="wald"),
    "bootstrap": lambda d: cb.proportions(
        d,
        "zero_one",
        by="year",
        weights="weight",
        method="bootstrap",
        bootstrap=cb.Bootstrap(n_resamples=100, rng=3),
    ),
    "differences": lambda d: cb.compare_groups(d, ["text", "flag"], by="grade", adjust="none"),
    "weighted differences": lambda d: cb.compare_groups(
        d, "zero_one", by="year", reference=2020, weights="weight", among="flag", adjust="none"
    ),
}
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=".*who were asked answered")
    EXPECTED = {name: call(as_objects(COLUMNS)).to_frame() for name, call in CALLS.items()}


@pytest.mark.parametrize("call", CALLS)
@every_kind
def test_every_kind_gives_the_same_numbers(make, call):
    made = in_pandas(CALLS[call](make(COLUMNS)).to_frame())
    pd.testing.assert_frame_equal(made, EXPECTED[call], check_exact=True)


def test_what_is_expected_is_not_trivial():
    for frame in EXPECTED.values():
        assert (frame["n"] > 0).all()
        assert frame["estimate"].notna().all()


@every_kind
def test_nothing_is_changed(make):
    before, after = make(COLUMNS), make(COLUMNS)
    kept = copy.deepcopy(plain(before))
    for call in CALLS.values():
        call(before)
    cb.split_choices(before, "how")
    assert plain(before) == kept
    if isinstance(before, pd.DataFrame):
        pd.testing.assert_frame_equal(before, after)
    elif isinstance(before, nw.DataFrame):
        assert before.to_native().equals(after.to_native())
    else:
        assert before.equals(after)


@every_kind
def test_choices_come_back_in_the_same_kind(make):
    data = make(COLUMNS)
    split = cb.split_choices(data, "how", none_of_these="none")
    assert type(split) is type(data)  # one of narwhals too: what goes in comes out again, as its type says
    texts = [None if v is None or not v.strip() else v for v in COLUMNS["how"]]
    found = plain(split)
    assert list(found) == [*COLUMNS, "how: fees", "how: time"]
    for choice in ("fees", "time"):
        assert found[f"how: {choice}"] == [None if t is None else float(choice in t) for t in texts]
    assert found["id"] == COLUMNS["id"]
    shares = cb.proportions(split, ["how: fees", "how: time"]).rows
    assert [r.n for r in shares] == [sum(t is not None for t in texts)] * 2


@every_kind
def test_a_subset_of_rows_whatever_the_index(make):
    half = {name: v[::2] for name, v in COLUMNS.items()}
    result = cb.proportions(make(half), "zero_one", weights="weight")
    pd.testing.assert_frame_equal(
        in_pandas(result.to_frame()), cb.proportions(inferred(half), "zero_one", weights="weight").to_frame()
    )


@every_kind
def test_a_frame_without_rows_is_refused(make):
    full = make({name: v[:1] for name, v in COLUMNS.items()})
    empty = full.slice(0, 0) if isinstance(full, pa.Table) else full.head(0)
    for call in (
        lambda: cb.proportions(empty, "flag"),
        lambda: cb.compare_groups(empty, "flag", by="grade"),
        lambda: cb.split_choices(empty, "how"),
        lambda: cb.link_waves({"one": full, "two": empty}, on="id"),
    ):
        with pytest.raises(InputError, match="at least one row"):
            call()


@every_kind
def test_one_row(make):
    one = make(
        {**{name: v[:1] for name, v in COLUMNS.items()}, "flag": [True], "grade": ["low"], "weight": [3.0]}
    )
    for row in (
        *cb.proportions(one, "flag").rows,
        *cb.proportions(one, "flag", by="grade", weights="weight", among="flag").rows,
    ):
        assert (row.count, row.n, row.n_effective, row.estimate, row.conf_high) == (1, 1, 1, 1, 1)
        assert row.conf_low == pytest.approx(0.206549, abs=1e-6)
        assert {"all", "small_base"} <= set(row.flags)


@every_kind
def test_the_columns_there_are_are_listed(make):
    with pytest.raises(ColumnNotFoundError, match=r"'zero_one'"):
        cb.proportions(make(COLUMNS), "zero_on")


@pytest.mark.parametrize("make", [as_objects, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def test_cells_that_are_lists_are_refused(make):
    data = make({"q": [[1], [0, 1], None], "g": ["a", "b", "a"], "id": [1, 2, 3]})
    with pytest.raises(InputError, match=r"split_choices\(\)"):
        cb.proportions(data, "q")
    with pytest.raises(InputError, match="`by`"):
        cb.proportions(data, "g", by="q")


def test_the_declared_order_of_categories_is_kept():
    data = pd.DataFrame({"q": [1, 0, 1, 0], "g": ["often", "never", "rarely", "often"]})
    order = ["never", "rarely", "often", "always"]
    for kind in (pd.CategoricalDtype(order), pd.CategoricalDtype(order, ordered=True)):
        rows = cb.proportions(data.astype({"g": kind}), "q", by="g").rows
        assert [r.group[0][1] for r in rows] == ["never", "rarely", "often"]
    enum = pl.from_pandas(data).with_columns(pl.col("g").cast(pl.Enum(order)))
    assert [r.group[0][1] for r in cb.proportions(enum, "q", by="g").rows] == ["never", "rarely", "often"]
    intervals = data.assign(g=pd.cut([1, 12, 5, 3], [0, 2, 10, 20]))
    assert [r.group[0][1] for r in cb.proportions(intervals, "q", by="g").rows] == [
        "(0, 2]",
        "(2, 10]",
        "(10, 20]",
    ]


def test_dates_make_groups_that_read_as_dates():
    days = pd.to_datetime(["2023-03-06", "2023-03-07", None])
    for data in (
        pd.DataFrame({"q": [1, 0, 1], "g": days.astype("datetime64[ns]")}),
        pl.DataFrame({"q": [1, 0, 1], "g": [*days.to_pydatetime()[:2].tolist(), None]}),
        pl.DataFrame({"q": [1, 0, 1], "g": [*(d.date() for d in days[:2]), None]}),
    ):
        groups = [r.group[0][1][:10] for r in cb.proportions(data, "q", by="g").rows]
        assert groups == ["2023-03-06", "2023-03-07"]


# ---- waves -----------------------------------------------------------------------------------------------

#: The follow-up: every second person, in another order, one of them twice and one without an id.
LATER = {
    "id": [f" p{i:03} " for i in reversed(range(0, N, 2))] + ["p002", None],
    "better": [i % 3 == 0 for i in range(N // 2)] + [True, True],
}


def weighted(make):
    panel = cb.link_waves({"start": make(COLUMNS), "later": make(LATER)}, on="id")
    weights = cb.attrition_weights(
        panel, {"start": ["grade", "year"]}, check="flag", wave="later", to="start", population="people"
    )
    data = panel.wave("later", carry={"start": ["grade", "flag", "number"]}, also_in="start")
    result = cb.proportions(data, "better", by="grade_start", weights=weights)
    return panel, weights, data, result


WEIGHTED = weighted(inferred)


def make_waves(make):
    """Let a maker that knows the study's columns only make the follow-up too."""
    if make is odd_index:
        return lambda columns: pd.DataFrame(columns, index=[3, 1] * (len(columns["id"]) // 2))
    return make


@pytest.mark.parametrize("make", [k for k in KINDS if k is not as_objects], ids=name_of)
def test_linking_and_weighting_give_the_same_numbers(make):
    panel, weights, data, result = weighted(make_waves(make))
    expected = WEIGHTED
    assert in_pandas(panel.ledger).equals(expected[0].ledger)
    assert panel.flow() == expected[0].flow()
    links = panel.as_pandas("links").drop(columns="person")
    assert links.equals(expected[0].links.drop(columns="person"))
    np.testing.assert_allclose(in_pandas(weights.values)["weight"], expected[1].values["weight"], rtol=1e-12)
    assert [a.text for a in weights.alerts] == [a.text for a in expected[1].alerts]
    assert plain(data)["number_start"] == plain(expected[2])["number_start"]
    assert [v if v is None else bool(v) for v in plain(data)["flag_start"]] == plain(expected[2])[
        "flag_start"
    ]
    pd.testing.assert_frame_equal(in_pandas(result.to_frame()), expected[3].to_frame(), rtol=1e-12)


@every_kind
def test_a_wave_comes_back_in_its_own_kind_and_order(make):
    data = make_waves(make)(COLUMNS)
    panel = cb.link_waves([("start", data), ("later", make_waves(make)(LATER))], on="id")
    wave = panel.wave("start", carry={"later": "better"})
    assert type(wave) is type(nw.to_native(data, pass_through=True))
    found = plain(wave)
    assert found["id"] == COLUMNS["id"]
    assert list(found) == ["person", *COLUMNS, "better_later"]
    assert [v is not None for v in found["better_later"]] == [i % 2 == 0 for i in range(N)]
    if isinstance(wave, pd.DataFrame):
        assert wave.index.equals(pd.RangeIndex(N))
    kept = plain(data)
    assert kept == plain(make_waves(make)(COLUMNS))


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def test_carrying_keeps_the_order_of_many_rows(make):
    """Arrow shuffles the rows of a join once there are enough of them."""
    n = 40_000
    order = np.random.default_rng(2).permutation(n)
    start = make({"id": order, "twice": 2 * order})
    end = make({"id": np.arange(0, n, 2), "thrice": 3 * np.arange(0, n, 2)})
    panel = cb.link_waves({"start": start, "end": end}, on="id")
    wave = panel.wave("start", carry={"end": "thrice"})
    assert np.array_equal(np.asarray(wave["id"]), order)
    carried = np.array(
        [np.nan if v is None else v for v in nw.from_native(wave)["thrice_end"].to_list()], dtype=float
    )
    assert np.array_equal(carried, np.where(order % 2 == 0, 3.0 * order, np.nan), equal_nan=True)


# pandas itself reads whole numbers with gaps as floats, unless told otherwise.
@pytest.mark.parametrize(
    "make",
    [k for k in KINDS if k not in (inferred, python_strings, categories, odd_index)],
    ids=name_of,
)
def test_ids_beyond_the_precision_of_floats_stay_different_people(make):
    big = 9_007_199_254_740_992
    ids = [big, big + 1, big + 2, None]
    wave = make({"number": ids, "id": ["a", "b", "c", "d"]})
    panel = cb.link_waves({"one": wave, "two": wave}, on="number")
    assert panel.flow().people == (3, 3)
    assert in_pandas(panel.ledger)["no_key"].tolist() == [1, 1]


def test_waves_of_different_libraries_link_but_do_not_mix_columns():
    panel = cb.link_waves({"start": pl.DataFrame(COLUMNS), "later": pd.DataFrame(LATER)}, on="id")
    assert panel.flow() == WEIGHTED[0].flow()
    weights = cb.attrition_weights(panel, ["grade", "year"], check="flag", wave="later", to="start")
    np.testing.assert_allclose(in_pandas(weights.values)["weight"], WEIGHTED[1].values["weight"], rtol=1e-12)
    with pytest.raises(InputError, match="one library"):
        panel.wave("later", carry={"start": "grade"})


def test_a_frame_of_narwhals_comes_back_as_one():
    given = narwhals({"id": ["a1", "b2"], "how": ["books,talks", "talks"]})
    split, hidden = cb.split_choices(given, "how"), cb.pseudonymize(given, "id", key="0123456789abcdef")
    assert isinstance(split, nw.DataFrame)
    assert isinstance(hidden, nw.DataFrame)
    assert split.to_native().equals(cb.split_choices(given.to_native(), "how"))
    assert hidden.to_native().equals(cb.pseudonymize(given.to_native(), "id", key="0123456789abcdef"))
