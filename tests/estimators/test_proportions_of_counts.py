"""proportions(count(data)) is proportions(data), whole or added from parts: on the frozen tables and on any split."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
import frozen_tables
from credbenefits import Item, SelectAll
from credbenefits.counts.count import count
from credbenefits.counts.counts import Counts
from credbenefits.errors import DataWarning, InputError, MethodError
from credbenefits.estimators.proportions import proportions
from todays_calls import CALLS
from todays_data import Data

COUNT = {"by", "among", "share", "weights", "design", "missing", "answers", "people"}


@pytest.fixture(scope="module")
def frozen():
    return frozen_tables.load()


@pytest.fixture(scope="module")
def data():
    return Data()


def through_counts(parts):
    """Return a proportions() that counts the rows first, in so many parts."""

    def made(data, items, **how):
        whole = {name: value for name, value in how.items() if name in COUNT}
        rest = {name: value for name, value in how.items() if name not in COUNT}
        place = np.random.default_rng(4).integers(0, parts, len(data))
        pieces = [data[place == k] for k in range(parts)]
        return proportions(sum(count(piece, items, **whole) for piece in pieces), **rest)

    return made


def needs_rows(now):
    """Whether counts refuse what rows do not: they say so, and name what to use."""
    text = now.get("raises", {}).get("columns", {}).get("text", [""])[0]
    return "with counts" in text


SHARES = [name for name in CALLS if name.split(",")[0] in {"large", "small", "tiny", "example"}]
SHARES = [name for name in SHARES if "compare" not in name and "brief" not in name]
ROW_METHODS = ("bootstrap", "drawn", "rows left out", "seed 2")


#: Counts do not hold the people that weights were made of: their variances take estimated weights as known.
AS_KNOWN = ("example, weighted, linearized",)
OF_VARIANCE = ("table, std_error", "table, conf_", "table, n_effective", "table, deff", "said, text")


def check_counts(frozen, data, name, parts, monkeypatch):
    monkeypatch.setattr(cb, "proportions", through_counts(parts))
    now = frozen_tables.outcome(CALLS[name].make, data)
    if needs_rows(now):
        assert any(word in name for word in ROW_METHODS)
        return
    found = frozen_tables.differences(frozen[name], now, 1e-12)
    if name in AS_KNOWN:
        assert any("because counts do not hold the people" in each for each in found)
        found = [each for each in found if not each.startswith(OF_VARIANCE)]
    assert not found, "\n".join([f"{len(found)} cells differ", *found[:20]])


@pytest.mark.parametrize("name", SHARES)
def test_counts_of_three_parts_give_todays_tables(frozen, data, name, monkeypatch):
    check_counts(frozen, data, name, 3, monkeypatch)


@pytest.mark.parametrize("name", SHARES[::4])
def test_counts_of_all_rows_give_todays_tables(frozen, data, name, monkeypatch):
    check_counts(frozen, data, name, 1, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHARES)
def test_counts_of_all_rows_give_todays_tables_anywhere(frozen, data, name, monkeypatch):
    check_counts(frozen, data, name, 1, monkeypatch)


# ---- any split ----------------------------------------------------------------------------------------------

ITEMS = [
    "job",
    Item("mood", yes=["Good", "very good"], label="a good mood", refused="Prefer not to say"),
    Item("mood", yes="bad", no=["good", "very good"], label="a bad mood", missing="Prefer not to say"),
    Item("score", at_least=3, label="a high score", missing=99),
    Item("pay", each_level=True, levels=["low", "mid", "high"], skipped="skip"),
    Item("town", each_level=True),
    SelectAll("how", separator=";", none_of_these="none", number_chosen=True, any_of={"some": ["x", "y"]}),
    SelectAll(["box_a", "box_b"], number_chosen=True, missing=9),
    *(
        SelectAll(
            ["box_a", "box_b", "box_old", "box_none"],
            label=f"boxes, {unticked}",
            choices=["A", "B"],
            none_of_these="box_none",
            unticked=unticked,
            any_of={"either": ["A", "b"]},
            number_chosen=True,
            missing=9,
            same={"box_old": "box_a"},
        )
        for unticked in (None, "none", "unanswered")
    ),
    SelectAll("how", separator=";", choices=["x", "Z", "never"], none_of_these="none", same={"y": "x"}),
    Item("town", yes=["Ulm", "9"]),
    Item("kind", each_level=True, answers="Don't know"),
    Item("kind", yes=["b"]),
    Item("size", each_level=True),
    Item("number", at_most=2.5),
]
row = st.fixed_dictionaries(
    {
        "job": st.sampled_from(["yes", "no", "Yes", None, " "]),
        "mood": st.sampled_from(["good", "Good", "very good", "bad", "bad ", None, "Prefer not to say"]),
        "score": st.sampled_from(["1", "2", "3", "4", "99", None]),
        "pay": st.sampled_from(["low", "high", "High", "skip", None]),
        "town": st.sampled_from(["Ulm", "ulm", "Bonn", "10", "9", None, "Don't know", "99", "-9"]),
        "how": st.sampled_from(["x", "x;y", "Y", "z; x", "none", None]),
        "box_a": st.sampled_from(["0", "1", "1", "9", None]),
        "box_b": st.sampled_from(["0", "1", "9", None]),
        "box_old": st.sampled_from(["0", "1", None, None]),
        "box_none": st.sampled_from(["0", "1", None]),
        "kind": st.sampled_from(["c", "a", "b", "B", "Don't know", None]),
        "size": st.sampled_from(["large", "small", None]),
        "number": st.sampled_from([0.00001, 2.5, 3.0, -1.0, 1e16, None]),
        "site": st.sampled_from(["North", "north", "2", "10", None]),
        "role": st.sampled_from(["b", "a"]),
        "flag": st.sampled_from(["yes", "yes", "yes", "no", None]),
        "stratum": st.sampled_from(["9", "10", "rural", "Rural"]),
        "kind_of_school": st.sampled_from(["a", "A"]),
        "school": st.sampled_from(["s1", "s2", "S2", "s10"]),
        "class": st.sampled_from(["1", "2", "2 ", "3b", "3B"]),
        "weight": st.integers(0, 12).map(lambda q: q / 4),
        "shift": st.sampled_from([0.0, 0.0, 0.25, -4.0]),
    }
)
files = st.lists(row, min_size=1, max_size=40)
DESIGNS = {
    "none": None,
    "strata": cb.SurveyDesign(strata="stratum", lonely_psu="adjust"),
    "clusters": cb.SurveyDesign(strata="stratum", clusters="school", lonely_psu="certainty"),
    "crossed": cb.SurveyDesign(
        strata=["stratum", "kind_of_school"],
        clusters="school",
        population_size="n_schools",
        lonely_psu="adjust",
    ),
    "people": cb.SurveyDesign(strata="stratum", population_size="n_people", lonely_psu="average"),
    "stages": cb.SurveyDesign(
        "stratum", ["school", "class"], ["n_schools", "n_classes"], lonely_psu="adjust", deff=1.5
    ),
    "one stratum": cb.SurveyDesign(
        None, ["school", "class"], ["n_schools", "n_classes"], lonely_psu="certainty"
    ),
    "first stage": cb.SurveyDesign("stratum", ["school", "class"], "n_schools", lonely_psu="average"),
    "alone": cb.SurveyDesign("stratum", ["school", "class"], ["n_schools", "n_classes"]),
    "replicates": cb.SurveyDesign(
        replicate_weights=cb.ReplicateWeights([f"rep{k}" for k in range(4)], "jk1")
    ),
    "replicates, df": cb.SurveyDesign(
        replicate_weights=cb.ReplicateWeights([f"rep{k}" for k in range(4)], "sdr", df=2), deff=1.25
    ),
}
how = st.fixed_dictionaries(
    {
        "by": st.sampled_from([(), "site", ("site", "role")]),
        "among": st.sampled_from([(), "flag"]),
        "share": st.sampled_from(["conditional", "joint"]),
        "weights": st.sampled_from([None, "weight"]),
        "design": st.sampled_from(list(DESIGNS.values())),
    }
).map(
    lambda said: said | {"weights": "weight"} if said["design"] and said["design"].replicate_weights else said
)


def outcome(make):
    """What a call gives, or what it raises."""
    return frozen_tables.outcome(lambda _: make(), None)


ORDER = pd.CategoricalDtype(["small", "middle", "large", "not stated"], ordered=True)
UNORDERED = pd.CategoricalDtype(["c", "b", "B", "a", "Don't know"])


def as_frame(rows):
    frame = pd.DataFrame(rows).astype(object)
    frame = frame.where(frame.notna(), None)
    number, weight = (np.array([each[name] for each in rows], dtype=float) for name in ("number", "weight"))
    frame = frame.assign(
        size=frame["size"].astype(ORDER), kind=frame["kind"].astype(UNORDERED), number=number, weight=weight
    )
    stratum, school = (frame[name].str.lower() for name in ("stratum", "school"))
    frame["n_people"] = stratum.map({"9": 200, "10": 200, "rural": 150})
    frame["n_schools"] = 5.0
    frame["n_classes"] = school.map({"s1": 3, "s2": 4, "s10": 3})  # three were drawn at most: some in full
    place = school.map({"s1": 0, "s2": 1, "s10": 2}).to_numpy(dtype=int)
    for k in range(4):
        # The first three leave a school out each, so that they have as many ranks as schools; the last mixes.
        frame[f"rep{k}"] = weight * 1.5 * (place != k) if k < 3 else weight + frame["shift"].astype(float)
    return frame


@settings(deadline=None, max_examples=50)
@given(files, files, files, how, st.sampled_from(ITEMS), st.booleans())
def test_any_split_counted_apart_and_added_gives_what_the_rows_give(one, two, three, options, item, totals):
    rows = [*one, *two, *three]
    expected = outcome(lambda: proportions(as_frame(rows), item, totals=totals, **options))
    parts = [count(as_frame(some), item, **options) for some in (one, two, three)]
    for counts in (count(as_frame(rows), item, **options), sum(parts), parts[2] + parts[0] + parts[1]):
        now = outcome(lambda counts=counts: proportions(counts, totals=totals))
        raised = expected.get("raises", {}).get("columns", {})
        if raised.get("argument") == ["weights"]:
            assert "raises" in now  # all weights are 0; counts do not know their column
            continue
        assert not frozen_tables.differences(expected, now, 1e-12)


@pytest.mark.parametrize("said", [["low", "High"], ["high", "High"], ["HIGH", "High"]])
def test_added_counts_show_levels_as_they_are_declared(said):
    pay = Item("pay", each_level=True, levels=["low", "mid", "high"])
    parts = [pd.DataFrame({"pay": [answer], "job": ["yes"]}) for answer in said]
    for item, how, of in ((pay, {}, "level"), ("job", {"by": pay}, "group")):
        expected = proportions(pd.concat(parts), item, **how)
        now = proportions(sum(count(part, item, **how) for part in parts))
        assert "high" in str([getattr(row, of) for row in now.rows])
        assert [getattr(row, of) for row in now.rows] == [getattr(row, of) for row in expected.rows]


def label_of(question):
    """What a question is called: two of one name cannot be asked at once."""
    return question if isinstance(question, str) else question.label


@settings(deadline=None, max_examples=50)
@given(files, how, st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3, unique_by=label_of))
def test_what_is_sent_gives_the_same(rows, options, items):
    counts = count(as_frame(rows), items, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        again = Counts.from_json(counts.to_json())
    assert again == counts
    table = counts.to_frame()
    if len(table):
        assert Counts.from_frame(table, like=counts) == counts
    expected, now = outcome(lambda: proportions(counts)), outcome(lambda: proportions(again))
    assert not frozen_tables.differences(expected, now, 0.0)


# ---- fewer questions and groups, and what is refused ----------------------------------------------------------

SURVEY = Data().small
COUNTED = count(
    SURVEY,
    ["job", Item("rating", each_level=True), SelectAll("reasons", separator=";", none_of_these="nothing")],
    by=["region", "age"],
    weights="weight",
    design=cb.SurveyDesign(strata="district", clusters="school"),
)


def test_counts_hold_what_the_call_said():
    design = cb.SurveyDesign(strata="district", clusters="school")
    result = proportions(COUNTED, "job", by="region")
    rows = SURVEY[SURVEY["age"].notna()]  # a row without any of the groups is in none of them
    expected = proportions(rows, "job", by="region", weights="weight", design=design)
    np.testing.assert_array_equal(result.to_frame()["n"], expected.to_frame()["n"])
    np.testing.assert_allclose(result.to_frame()["estimate"], expected.to_frame()["estimate"], rtol=1e-12)
    lost = int(SURVEY["age"].isna().sum())
    assert f"{lost} rows have no value in region or age and are in no group" in repr(result)
    assert len(proportions(COUNTED, by=()).rows) == 1 + 5 + 3
    assert proportions(COUNTED, "job", by=["age", "region"]).rows[0].group == (
        ("age", "19"),
        ("region", "east"),
    )


@pytest.mark.parametrize(
    "wanted",
    ["reasons", SelectAll("reasons", separator=";", none_of_these="nothing"), ["rating", "job"], Item("job")],
)
def test_fewer_items_are_named_by_label_or_column(wanted):
    items = {r.item for r in proportions(COUNTED, wanted, by=()).rows}
    assert items == {
        getattr(each, "column", each) for each in (wanted if isinstance(wanted, list) else [wanted])
    }


@pytest.mark.parametrize(
    ("given_again", "argument"),
    [
        ({"among": "better"}, "among"),
        ({"share": "joint"}, "share"),
        ({"weights": "weight"}, "weights"),
        ({"design": cb.SurveyDesign(strata="district")}, "design"),
        ({"missing": 99}, "missing"),
        ({"answers": "NA"}, "answers"),
        ({"people": "pupils"}, "people"),
        ({"items": "better"}, "items"),
        ({"by": "district"}, "by"),
    ],
)
def test_what_counts_hold_is_refused_if_given_again(given_again, argument):
    with pytest.raises(InputError) as problem:
        proportions(COUNTED, **given_again)
    assert problem.value.argument == argument


@pytest.mark.parametrize(
    ("needs_people", "argument"),
    [
        ({"variance": "bootstrap"}, "variance"),
        ({"method": "bootstrap_bca"}, "method"),
        ({"bootstrap": cb.Bootstrap(keep=True)}, "bootstrap.keep"),
    ],
)
def test_what_needs_people_names_linearized(needs_people, argument):
    with pytest.raises(MethodError, match="'linearized'") as problem:
        proportions(COUNTED, **needs_people)
    assert problem.value.argument == argument


def test_leaving_out_people_needs_them_and_clusters_do_not():
    strata = count(SURVEY, "job", weights="weight", design=cb.SurveyDesign(strata="district"))
    with pytest.raises(MethodError, match="'linearized'"):
        proportions(strata, variance="jackknife")
    assert proportions(COUNTED, variance="jackknife").procedure.variance == "jackknife"


def test_without_units_there_is_kish_alone():
    plain = COUNTED.without_units()
    expected = proportions(SURVEY, "job", by=["region", "age"], weights="weight")
    now = proportions(plain, "job")
    np.testing.assert_allclose(now.to_frame()["conf_low"], expected.to_frame()["conf_low"], rtol=1e-12)
    with pytest.raises(MethodError, match="without_units"):
        proportions(plain, variance="linearized")


def test_a_published_table_gives_shares():
    table = pd.DataFrame({"item": ["job"] * 2, "answer": ["yes", "no"], "n": [40, 80]})
    (row,) = proportions(Counts.from_frame(table)).rows
    assert (row.count, row.n, row.level) == (40, 120, "yes")
    assert row.estimate == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "kind", [pl.from_pandas, lambda frame: pa.Table.from_pandas(frame, preserve_index=False)]
)
def test_all_kinds_of_frames_are_counted_alike(kind):
    items = ["job", Item("rating", each_level=True)]
    assert count(kind(SURVEY), items, by="region") == count(SURVEY, items, by="region")


# ---- doubts wait for the whole file ---------------------------------------------------------------------------


def test_a_code_beside_a_scale_is_doubted_when_all_is_known():
    scale = pd.DataFrame({"rating": [1, 2, 3, 4, 5] * 8})
    code = pd.DataFrame({"rating": [9] * 8})
    item = Item("rating", each_level=True)
    parts = [count(scale, item), count(code, item)]
    proportions(parts[0])  # no doubt there
    with pytest.raises(InputError, match="look like no answer") as problem:
        proportions(sum(parts))
    with pytest.raises(InputError) as of_rows:
        proportions(pd.concat([scale, code]), item)
    assert str(problem.value) == str(of_rows.value)


def test_a_yes_that_nobody_gave_here_may_be_given_there():
    item = Item("mood", yes="good")
    here, there = (pd.DataFrame({"mood": values}) for values in (["bad"] * 4, ["good", "bad"]))
    with pytest.raises(InputError, match="Check the spelling"):
        proportions(here, item)
    with pytest.raises(InputError, match="Check the spelling"):
        proportions(count(here, item))
    (row,) = proportions(count(here, item) + count(there, item)).rows
    assert (row.count, row.n) == (1, 6)


@pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")
def test_people_who_ticked_nothing_are_decided_when_all_is_known():
    question = SelectAll(["box_a", "box_b"])
    here = pd.DataFrame({"box_a": [1, 0, 0], "box_b": [0, 0, 1]})
    there = pd.DataFrame({"box_a": [1.0, None], "box_b": [0.0, None]})
    assert [r.n for r in proportions(count(here, question)).rows] == [2, 2]
    both = count(here, question) + count(there, question)
    assert [r.n for r in proportions(both).rows] == [4, 4]
    expected = proportions(pd.concat([here, there]), question)
    assert repr(proportions(both)) == repr(expected)


def test_parts_cut_at_other_separators_are_refused():
    question = SelectAll("how")
    here = pd.DataFrame({"how": ["a;b", "a", "b;a"]})
    there = pd.DataFrame({"how": ["a,c", "c", "a"]})
    with pytest.raises(InputError, match="separator"):
        proportions(count(here, question) + count(there, question))
