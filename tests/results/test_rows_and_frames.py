"""Rows of a result by name, and results as data frames of the caller's kind."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from dataclasses import fields

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits import Item, results
from credbenefits.counts.counts import Counts
from credbenefits.errors import InputError, RowNotFoundError
from credbenefits.results.output import frame_of, in_kind
from frame_kinds import in_pandas

KINDS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}
TYPES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.Table}
BY = ["which role?", "2024"]
N = 60
each_kind = pytest.mark.parametrize("kind", KINDS)

START = {
    "id": [f"p{i}" for i in range(N)],
    BY[0]: ["a", "b", "c"] * (N // 3),
    BY[1]: ["x", "y"] * (N // 2),
    "age": [1, 2, 3, 4] * (N // 4),
}
LATER = {
    "id": [f"p{i}" for i in range(0, N, 2)] + ["p0", None],
    "job": [*["yes", "no", None] * (N // 6), "yes", "no"],
    "pay": [*["no"] * (N // 2), "no", "no"],
    "rating": [*[1, 2, 3, 2, 1] * (N // 10), 1, 2],
    "role": [*["a", "b", "b"] * (N // 6), "a", "b"],
}
FIRST = {**LATER, "id": [f"p{i}" for i in range(N // 2 + 2)]}


def made(kind):
    """Every kind of result that becomes a frame."""
    make = KINDS[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panel = cb.link_waves({"start": make(START), "later": make(LATER)}, on="id")
        data = panel.wave("later", carry={"start": BY})
        by = [f"{name}_start" for name in BY]
        weights = cb.attrition_weights(panel, "age", check=BY[0], wave="later", to="start")
        again = cb.link_waves({"one": make(FIRST), "two": make(LATER)}, on="id")
        kept = cb.Bootstrap(n_resamples=100, rng=1, keep=True)
        replicated = cb.proportions(
            data, ["job", "pay"], variance="bootstrap", weights=weights, bootstrap=kept
        )
        told = cb.code_information(make(START), ["age", *BY])
        return {
            "proportions": cb.proportions(
                data, ["job", "pay", Item("rating", yes=[2, 3], label="good")], by=by
            ),
            "all yes": cb.proportions(data, Item("job", yes=["yes", "no"])),
            "weighted": replicated,
            "replicates": replicated.replicates,
            "comparison": cb.compare_groups(data, ["job", "pay"], by="role"),
            "transitions": cb.transitions(again, "job"),
            "weights": weights,
            "steps": weights.steps,
            "balance": weights.balance,
            "panel": panel,
            "flow": panel.flow(),
            "patterns": panel.patterns(),
            "links": panel.link_summary(),
            "elements": told,
            "sizes": told.sizes,
            "rates": told.rates,
        }


@pytest.fixture(scope="module")
def all_kinds():
    return {kind: made(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def found(all_kinds):
    return all_kinds["pandas"]


NAMES = (
    "proportions",
    "all yes",
    "weighted",
    "replicates",
    "comparison",
    "transitions",
    "weights",
    "steps",
    "balance",
    "panel",
    "flow",
    "patterns",
    "links",
    "elements",
    "sizes",
    "rates",
)


# ---- frames ----------------------------------------------------------------------------------------------------


def same_cells(frame, expected):
    """Compare cell by cell, exactly: NaN is NaN, None is None, and pandas' NaN in text or with None is a gap."""
    native = nw.from_native(frame, eager_only=True)
    assert native.columns == list(expected.columns)
    for name in native.columns:
        ours, theirs = native[name].to_list(), expected[name].tolist()
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            if a is None or a != a:
                assert b is None or b is pd.NA or b != b, (name, a, b)
            else:
                assert a == b, (name, a, b)


@pytest.mark.parametrize("name", NAMES)
@each_kind
def test_a_frame_is_of_the_callers_kind_and_has_the_same_cells(all_kinds, kind, name):
    result = all_kinds[kind][name]
    frame = result.to_frame()
    assert result.frame_kind == kind
    assert type(frame) is TYPES[kind]
    same_cells(frame, all_kinds["pandas"][name].to_frame())


@pytest.mark.parametrize("table", ["ledger", "no_key", "links", "unlinked", "duplicates", "conflicts"])
@each_kind
def test_the_account_of_a_panel_is_of_the_kind_of_its_frames(all_kinds, kind, table):
    panel, expected = all_kinds[kind]["panel"], all_kinds["pandas"]["panel"]
    assert type(getattr(panel, table)) is TYPES[kind]
    drop = [c for c in ["person"] if c in getattr(expected, table).columns]  # it says which panel it is
    ours = in_pandas(getattr(panel, table)).drop(columns=drop)
    same_cells(ours, getattr(expected, table).drop(columns=drop))
    pd.testing.assert_frame_equal(
        panel.as_pandas(table).drop(columns=drop), getattr(expected, table).drop(columns=drop)
    )


@each_kind
def test_accounts_are_of_the_callers_kind(all_kinds, kind):
    for name in ("proportions", "comparison"):
        frame = all_kinds[kind][name].accounts()
        assert type(frame) is TYPES[kind]
        same_cells(frame, all_kinds["pandas"][name].accounts())


@pytest.mark.parametrize("name", ["proportions", "weighted", "comparison", "transitions", "balance", "flow"])
@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_columns_have_the_types_that_the_docstring_states(all_kinds, kind, name):
    result = all_kinds[kind][name]
    types = result._types()
    schema = nw.from_native(result.to_frame(), eager_only=True).schema
    named = {"int": nw.Int64, "float": nw.Float64}
    for column, dtype in schema.items():
        stated = types.get(column, "str")
        assert dtype == named.get(stated, nw.String), column


@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_a_result_without_rows_keeps_its_columns_and_types(all_kinds, kind):
    one = results.FlowResult(("start",), (3,), (0,), (None,), (), 0.95, (), frame_kind=kind)
    frame = nw.from_native(one.to_frame(), eager_only=True)
    assert len(one) == len(frame) == 0
    assert frame.columns == [f.name for f in fields(results.FlowRate)]
    assert frame.schema["wave"] == nw.String
    assert frame.schema["estimate"] == nw.Float64
    assert frame.schema["n"] == nw.Int64
    # Of exact links nothing is estimated: the numbers are missing, and are numbers all the same.
    links = nw.from_native(all_kinds[kind]["links"].to_frame(), eager_only=True)
    assert links["false_link_rate"].to_list() == [None]
    assert (links.schema["false_link_rate"], links.schema["ties"]) == (nw.Float64, nw.Int64)
    elements = all_kinds[kind]["links"].elements.to_frame()
    assert type(elements) is TYPES[kind]
    assert elements.shape == (0, 0)


@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_cells_of_every_sort(kind):
    columns = {
        "a b": [1.0, float("nan"), None],
        "2": [1, None, 3],
        "mixed": [1, "x", None],
        "of two sorts": [1, 2.5, None],
        "empty": [None] * 3,
        "flag": [True, None, False],
        "numpy": [np.int64(1), np.int64(2), None],
        "day": [pd.Timestamp("2024-02-29"), None, None],
    }
    frame = nw.from_native(frame_of(kind, columns, {"empty": "float"}), eager_only=True)
    assert frame.columns == list(columns)
    assert np.isnan(frame["a b"].to_list()[1])
    assert frame["a b"].null_count() == 1
    assert frame["mixed"].to_list() == ["1", "x", None]
    assert frame["of two sorts"].to_list() == [1.0, 2.5, None]
    assert frame.schema["empty"] == nw.Float64
    assert frame.schema["2"] == frame.schema["numpy"] == nw.Int64
    assert frame.schema["flag"] == nw.Boolean
    assert frame["day"].to_list()[0] == pd.Timestamp("2024-02-29")
    table = pd.DataFrame({"i": pd.array([1, None], dtype="Int64"), "t": ["x", None], "b": [True, False]})
    given = nw.from_native(in_kind(kind, table), eager_only=True)
    assert [given[c].to_list() for c in "itb"] == [[1, None], ["x", None], [True, False]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_the_kind_is_no_content_of_a_result_and_travels_with_it(all_kinds, found, kind, name):
    result = all_kinds[kind][name]
    if name != "panel":  # it holds the frames themselves
        assert result == found[name]
        assert hash(result) == hash(found[name])
    again = pickle.loads(pickle.dumps(result))
    assert again.frame_kind == kind
    assert type(again.to_frame()) is TYPES[kind]


@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_a_review_is_of_the_callers_kind_and_can_be_handed_back(kind):
    rng = np.random.default_rng(5)
    codes = {f"e{i}": rng.integers(1, 13, 200) for i in range(6)}
    later = {
        name: np.where(rng.random(200) < 0.05, 1 + values % 12, values) for name, values in codes.items()
    }
    make = KINDS[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panel = cb.link_waves({"one": make(codes), "two": make(later)}, on=list(codes), method="code")
    review = panel.review(6, rng=1)
    assert type(review) is TYPES[kind]
    frame = nw.from_native(review, eager_only=True)
    decided = frame.with_columns(decision=nw.lit("accept")).filter(nw.col("linked")).to_native()
    assert (panel.with_decisions(decided).as_pandas("links")["key"] == "(decision)").any()


@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_a_brief_is_the_same_whatever_the_data_were(all_kinds, found, kind):
    def written(made):
        chosen = (made[n] for n in ("proportions", "comparison", "weights", "panel", "flow"))
        return cb.brief(*chosen, title="A study", figures=False).files()

    assert written(all_kinds[kind]) == written(found)


def test_replicates_of_shares_with_one_label_have_columns_of_their_own():
    data = pl.DataFrame({"q": [1, 0, 1, 0, 1, 1]})
    items = [Item("q", yes=1, no=[0, 2], label="one"), Item("q", yes=[1, 2], no=0, label="two")]
    kept = cb.Bootstrap(n_resamples=100, rng=1, keep=True)
    replicates = cb.proportions(data, items, variance="bootstrap", bootstrap=kept).replicates
    assert replicates.to_frame().columns == ["q | 1", "q | 1 | 1"]


@each_kind
def test_counts_of_a_published_table_are_of_its_kind(kind):
    published = {"item": ["job"] * 2, "answer": ["yes", "no"], "n": [40, 80]}
    counts = Counts.from_frame(KINDS[kind](published))
    assert type(counts.to_frame()) is TYPES[kind]
    same_cells(counts.to_frame(), Counts.from_frame(pd.DataFrame(published)).to_frame())
    assert type((counts + counts).to_frame()) is TYPES[kind]
    assert Counts.from_json(counts.to_json()) == counts  # JSON knows no kind: it gives pandas


# ---- rows by name ----------------------------------------------------------------------------------------------

ROWS = {
    "proportions": ("rows", "item", "job"),
    "weighted": ("rows", "item", "pay"),
    "comparison": ("rows", "item", "pay"),
    "transitions": ("rows", "measure", "share_of_first"),
    "balance": ("rows", "variable", "age"),
    "flow": ("rates", "wave", "later"),
    "links": ("waves", "wave", "later"),
    "elements": ("elements", "element", "age"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_result_has_a_length_and_is_a_loop_over_its_rows(found, name):
    held = getattr(found[name], ROWS[name][0])
    assert len(found[name]) == len(held) > 0
    assert list(found[name]) == list(held)
    assert held[0] in found[name]


@pytest.mark.parametrize("name", ROWS)
def test_a_name_gives_a_result_of_these_rows_that_works_like_any_other(found, name):
    attribute, by, value = ROWS[name]
    result = found[name]
    part = result[value]
    expected = [row for row in result if getattr(row, by) == value]
    assert type(part) is type(result)
    assert list(part) == list(getattr(part, attribute)) == expected
    assert len(part.to_frame()) == len(expected) < 1 + len(result)
    assert value in result
    assert part[value] == part
    assert pickle.loads(pickle.dumps(part)) == part
    assert repr(part)
    assert part._repr_html_()
    assert result == made("pandas")[name]  # nothing changed


def test_a_label_is_a_name_too_and_accounts_follow(found):
    result = found["proportions"]
    assert list(result["good"]) == list(result["rating"])
    assert [a.item for a in result["good"].account] == ["rating"]
    assert [a.item for a in result.account] == ["job", "pay", "rating"]
    assert result["good"].to_frame()["label"].unique().tolist() == ["good"]
    text = cb.brief(result["good"], title="One item", figures=False).to_markdown()
    assert "good" in text
    assert "job" not in text


def test_levels_of_one_item_are_found_by_item_and_one_of_them_by_its_label(found):
    data = pd.DataFrame({"q": ["a", "b", "c"] * 10, "p": [1, 0, 1] * 10})
    result = cb.proportions(data, [Item("q", each_level=True), "p"])
    assert [r.level for r in result["q"]] == ["a", "b", "c"]
    labels = [r.label for r in result["q"]]
    assert len({*labels}) == 3
    assert [r.level for r in result[labels[1]]] == ["b"]


def test_p_values_of_part_of_the_comparisons_stay_adjusted_for_all(found):
    result = found["comparison"]
    part = result["pay"]
    assert part.n_comparisons == result.n_comparisons == 2
    assert "2 comparisons made" in repr(part)
    assert [r.p_adjusted for r in part] == [r.p_adjusted for r in result if r.item == "pay"]


@pytest.mark.parametrize(
    "measure", ["share", "share_of_first", "first_wave", "net_change", "changed", "stayed"]
)
def test_what_is_said_of_all_pairs_stays_for_part_of_the_transitions(found, measure):
    result = found["transitions"]
    part = result[measure]
    assert (part.changed, part.rose, part.change) == (result.changed, result.rose, result.change)
    assert part._notes() == result._notes()
    assert list(result["job"]) == list(result)
    with pytest.raises(RowNotFoundError, match=measure):
        part["second_wave"]


@pytest.mark.parametrize(
    ("name", "asked", "told"),
    [
        ("proportions", "jobs", "'job'"),
        ("comparison", "pai", "'pay'"),
        ("transitions", "chnged", "'changed'"),
    ],
)
def test_an_unknown_name_is_an_error_with_the_nearest_names(found, name, asked, told):
    assert asked not in found[name]
    with pytest.raises(RowNotFoundError) as caught:
        found[name][asked]
    assert isinstance(caught.value, InputError)
    assert isinstance(caught.value, KeyError)
    assert f"Did you mean {told}" in str(caught.value)
    assert str(caught.value) == str(pickle.loads(pickle.dumps(caught.value)))


def test_a_row_is_not_asked_for_by_its_place(found):
    with pytest.raises(RowNotFoundError, match=r"\.rows\[0\]"):
        found["proportions"][0]
    with pytest.raises(RowNotFoundError, match=r"\.rates\[0\]"):
        found["flow"][0]


# ---- where the classes are -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", results.__all__)
def test_classes_of_results_are_imported_from_the_room(name):
    assert getattr(results, name).__module__.startswith("credbenefits.results.")
    assert name in dir(results)


def test_importing_the_room_loads_no_library():
    code = (
        "import credbenefits.results, sys; "
        "print([m for m in ('pandas', 'scipy', 'narwhals', 'polars', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = results.Nothing
