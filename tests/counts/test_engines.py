"""Every kind of table through `count` and what lives on it: the engine changes nothing."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.dataset import dataset

import credbenefits as cb
from credbenefits import Item, SelectAll, SurveyDesign
from credbenefits.counts.coding import lines
from credbenefits.errors import ColumnNotFoundError, InputError, MethodError
from engines import as_objects, assert_same, duck, every_kind, every_lazy, lazy_polars, relation
from frame_kinds import in_pandas

pytestmark = pytest.mark.filterwarnings("ignore:.*who were asked answered")

N = 400
RANDOM = np.random.default_rng(29)


def gaps(values, share=0.2):
    drawn = RANDOM.choice(values, N).tolist()
    return [None if gap else v for v, gap in zip(drawn, RANDOM.random(N) < share, strict=True)]


COLUMNS = {
    "job": gaps(["yes", "no", "Yes ", "refused", " "]),
    "flag": gaps([True, False]),
    "level": gaps([1, 2, 3, -9]),
    "pace": gaps(["low", "mid", "high"]),
    "income": gaps([12.5, 40.0, 99.25, math.nan]),
    "tools": gaps(["a", "b; a", "c", "b", "none"]),
    "box_a": gaps([0, 1]),
    "box_b": gaps([0, 1]),
    "box_c": gaps([1], 0.6),
    "role": gaps(["staff", "student", "Staff", "guest"], 0.1),
    "year": gaps([2019, 2020, 2021], 0.1),
    "region": RANDOM.choice(["north", "south"], N).tolist(),
    "school": (RANDOM.integers(0, 9, N)).tolist(),
    "class": (RANDOM.integers(0, 4, N)).tolist(),
    "schools": [40] * N,
    "classes": [30] * N,
    "score": np.random.default_rng(30).integers(0, 60, N).tolist(),
    "weight": RANDOM.choice([0.0, 0.3, 1.1, 2.7], N).tolist(),
    "whole": RANDOM.choice([1, 2, 5], N).tolist(),
}
JOB = Item("job", refused="refused")
LEVEL = Item("level", yes=[2, 3], missing=[-9])
PACE = Item("pace", each_level=True, levels=["low", "mid", "high"])
TEXT = SelectAll(
    "tools", separator=";", none_of_these="none", any_of={"a or c": ["a", "c"]}, number_chosen=True
)
BOXES = SelectAll(["box_a", "box_b", "box_c"], any_of={"some": ["box_a", "box_b"]}, number_chosen=True)
ANY = cb.any_of(LEVEL, Item("pace", yes="high"), label="either")
EVERY = cb.all_of(Item("flag"), Item("box_a"), label="both")
CLUSTERS = SurveyDesign(strata="region", clusters="school")
STAGES = SurveyDesign(clusters=["school", "class"], population_size=["schools", "classes"])

CALLS = {
    "items": ([JOB, "flag", LEVEL, PACE], {}),
    "numbers by size": (
        [Item("income", at_least=40), Item("level", at_most=2, missing=[-9])],
        {"by": "year"},
    ),
    "groups": ([JOB, PACE], {"by": ["role", "year"]}),
    "groups of flags": ("flag", {"by": "flag"}),
    "groups of questions": ("flag", {"by": [LEVEL, ANY, PACE], "weights": "weight"}),
    "groups of bins": (JOB, {"by": ["score", "year"], "bins": {"score": [20, 35.5]}, "missing": 2021}),
    "groups of a number of bins": (JOB, {"by": ["role", "score"], "bins": 3, "among": "flag"}),
    "codes of the call": (Item("level", yes=1), {"by": "year", "missing": [-9, 2021]}),
    "several items": (ANY, {"by": "role", "among": [JOB, EVERY], "weights": "weight"}),
    "subset": ([LEVEL, PACE], {"among": [JOB, "flag"], "by": "role"}),
    "joint": ([JOB, PACE, TEXT], {"among": "flag", "share": "joint", "by": "year"}),
    "weights": ([JOB, PACE], {"weights": "weight", "by": "role", "among": "flag"}),
    "whole weights": (JOB, {"weights": "whole"}),
    "several choices in one text": (TEXT, {"by": "role", "weights": "weight"}),
    "boxes": (BOXES, {"by": "year"}),
    "boxes of a subset": (BOXES, {"among": JOB, "weights": "weight"}),
    "strata": ([JOB, BOXES], {"design": SurveyDesign(strata=["region", "class"]), "weights": "weight"}),
    "clusters": ([JOB, PACE], {"design": CLUSTERS, "weights": "weight", "by": "role", "among": "flag"}),
    "two stages": (JOB, {"design": STAGES, "by": "role"}),
    "population size": (JOB, {"design": SurveyDesign(population_size=10_000)}),
}
EXPECTED = {name: cb.count(as_objects(COLUMNS), items, **how) for name, (items, how) in CALLS.items()}


@pytest.mark.parametrize("call", CALLS)
@every_kind
def test_every_kind_of_table_is_counted_alike(make, call):
    items, how = CALLS[call]
    assert_same(cb.count(make(COLUMNS), items, **how), EXPECTED[call])


def test_the_counts_are_those_of_a_loop():
    """Rung 2 of the ladder: DuckDB's people and sums against rows walked one by one."""
    made = cb.count(relation(COLUMNS), LEVEL, by="region", weights="weight").tallies[0]
    rows = list(zip(COLUMNS["level"], COLUMNS["region"], COLUMNS["weight"], strict=True))
    for g, region in enumerate(["north", "south"]):
        for p, (place,) in enumerate(made.cells.tolist()):
            of = {0: {1}, 1: {2, 3}, -2: {-9}, -1: {None}}[place]
            weights = [w for level, r, w in rows if r == region and level in of and w > 0]
            assert made.people[0, g, p] == len(weights)
            assert made.weight[0, g, p] == pytest.approx(math.fsum(weights), rel=1e-12)
            assert made.weight2[0, g, p] == pytest.approx(math.fsum(w * w for w in weights), rel=1e-12)


ESTIMATES = {
    "proportions": lambda d: cb.proportions(d, [JOB, PACE], by="role", weights="weight", totals=True),
    "design": lambda d: cb.proportions(d, JOB, by="year", weights="weight", design=CLUSTERS),
    "jackknife": lambda d: cb.proportions(d, JOB, design=CLUSTERS, variance="jackknife"),
    "exact bootstrap": lambda d: cb.proportions(d, JOB, by="year", method="bootstrap_bca"),
    "select-all": lambda d: cb.proportions(d, [TEXT, BOXES], by="region"),
    "comparison": lambda d: cb.compare_groups(d, [JOB, "flag"], by="role", among=LEVEL, adjust="holm"),
    "comparison with everybody": lambda d: cb.compare_groups(
        d, [JOB, PACE], by=LEVEL, reference="overall", weights="weight", design=CLUSTERS
    ),
    "comparison of bins": lambda d: cb.compare_groups(
        d, JOB, by="school", bins={"school": [3, 6]}, reference="rest"
    ),
    "comparison under a design": lambda d: cb.compare_groups(
        d, JOB, by="year", reference=2020, weights="weight", design=CLUSTERS
    ),
    "all options together": lambda d: cb.proportions(
        d,
        [JOB, ANY, EVERY],
        by="score",
        bins={"score": [20, 35.5]},
        among=["flag", ANY],
        share="joint",
        weights="weight",
        design=CLUSTERS,
        totals=True,
    ),
    "comparison of all together": lambda d: cb.compare_groups(
        d,
        [JOB, ANY, EVERY, PACE],
        by=["region", "score"],
        bins={"score": 2},
        among="flag",
        reference="rest",
        weights="weight",
        design=CLUSTERS,
        adjust="bonferroni",
    ),
    "comparison by a question of two columns": lambda d: cb.compare_groups(
        d, [JOB, "flag"], by=EVERY, among=ANY, weights="whole", design=SurveyDesign(strata="region")
    ),
    "counts": lambda d: cb.proportions(
        cb.count(d, [JOB, ANY], by=["role", "score"], bins=3, weights="weight"), by="role"
    ),
}


@pytest.mark.parametrize("call", ESTIMATES)
@every_lazy
def test_estimators_take_lazy_tables(make, call):
    made, expected = (ESTIMATES[call](table) for table in (make(COLUMNS), as_objects(COLUMNS)))
    frame = made.to_frame()
    assert isinstance(frame, pl.DataFrame if "lazy" in make.__name__ else pd.DataFrame)
    pd.testing.assert_frame_equal(in_pandas(frame), expected.to_frame(), rtol=1e-11, atol=1e-14)
    assert str(made) == str(expected)
    pd.testing.assert_frame_equal(in_pandas(made.accounts()), expected.accounts())
    assert made.notes == expected.notes


@every_lazy
def test_a_brief_of_a_lazy_table_is_that_of_its_rows(make):
    def told(data):
        found = cb.proportions(data, [JOB, ANY], by="region", weights="weight", design=CLUSTERS)
        counts = cb.count(data, JOB, by="region", weights="weight", design=CLUSTERS)
        compared = cb.compare_groups(counts, JOB, by="region")
        return cb.brief(found, compared, title="What people do").to_markdown()

    assert told(make(COLUMNS)) == told(as_objects(COLUMNS))


def test_files_of_arrow_are_read_by_an_engine(tmp_path):
    pq.write_table(pa.table(COLUMNS), tmp_path / "survey.parquet")
    files = dataset(tmp_path / "survey.parquet")
    how = {"by": "role", "weights": "weight"}
    for table in (duckdb.from_arrow(files), pl.scan_pyarrow_dataset(files)):
        assert_same(cb.count(table, [JOB, ANY], **how), cb.count(as_objects(COLUMNS), [JOB, ANY], **how))
    for table in (files, files.to_table().to_reader(), files.to_table().to_batches()[0]):
        with pytest.raises(InputError, match=r"duckdb\.from_arrow\(data\)"):
            cb.count(table, JOB)
    with pytest.raises(InputError, match="Wrap the values"):
        cb.count(pa.array(["yes", "no"]), "job")


# ---- refusals ------------------------------------------------------------------------------------------

WEIGHTS = cb.Weights.from_column(as_objects(COLUMNS), "whole", population="graduates")
REPLICATES = SurveyDesign(replicate_weights=cb.ReplicateWeights(["weight", "whole"], "bootstrap"))
REFUSED = {
    "bootstrap of people": (
        lambda d: cb.proportions(d, JOB, weights="whole", variance="bootstrap"),
        MethodError,
        "`variance`: expected variance='linearized' with a lazy table.*collect the table first",
    ),
    "bootstrap of differences": (
        lambda d: cb.compare_groups(d, JOB, by="region", weights="whole", variance="bootstrap"),
        MethodError,
        "`variance`: expected variance='linearized' with a lazy table.*compare_groups.*collect the table first",
    ),
    "interval from replicates": (
        lambda d: cb.proportions(d, JOB, weights="whole", method="bootstrap_bca"),
        MethodError,
        "`method`: .* with a lazy table.*collect the table first",
    ),
    "jackknife of people": (
        lambda d: cb.proportions(d, JOB, design=SurveyDesign(strata="region"), variance="jackknife"),
        MethodError,
        "`variance`: .* with a lazy table",
    ),
    "kept replicates": (
        lambda d: cb.proportions(d, JOB, weights="whole", bootstrap=cb.Bootstrap(keep=True)),
        MethodError,
        "`bootstrap.keep`: .* with a lazy table",
    ),
    "weights of people": (
        lambda d: cb.proportions(d, JOB, weights=WEIGHTS),
        InputError,
        "`weights`: expected a column of weights, with a lazy table; got Weights. Name its column",
    ),
    "replicate weights": (
        lambda d: cb.count(d, JOB, weights="whole", design=REPLICATES),
        InputError,
        "`design.replicate_weights`: .* with a lazy table.*collect",
    ),
    "linking": (
        lambda d: cb.link_waves({"one": d, "two": d}, on="school"),
        InputError,
        "`waves\\['one'\\]`: expected an eager data frame.*Collect the lazy table first",
    ),
    "a column that is not there": (lambda d: cb.count(d, "jobs"), ColumnNotFoundError, "`items`.*'job'"),
    "groups that are not there": (
        lambda d: cb.count(d, JOB, by="rolle"),
        ColumnNotFoundError,
        "`by`.*'role'",
    ),
    "clusters that are not there": (
        lambda d: cb.count(d, JOB, design=SurveyDesign(clusters="schol")),
        ColumnNotFoundError,
        "`design.clusters`.*'school'",
    ),
    "weights that are not there": (
        lambda d: cb.count(d, JOB, weights="wt"),
        ColumnNotFoundError,
        "`weights`: expected a column of the data; got 'wt'",
    ),
    "weights of text": (
        lambda d: cb.count(d, JOB, weights="role"),
        InputError,
        "`weights`: expected a column of numbers; got column 'role' of type",
    ),
    "strata with gaps": (
        lambda d: cb.count(d, JOB, design=SurveyDesign(strata="year")),
        InputError,
        f"`design.strata`: .*'year', missing in {COLUMNS['year'].count(None)} rows",
    ),
    "an answer that is neither yes nor no": (
        lambda d: cb.count(d, "pace"),
        InputError,
        "`items`: .*'pace'.*low",
    ),
    "a subset that nobody is in": (
        lambda d: cb.proportions(
            d, JOB, among=[Item("level", yes=1, missing=-9), Item("level", label="two", yes=2, missing=-9)]
        ),
        InputError,
        f"`among`: .*selects nobody of {N} rows",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("make", [lazy_polars, relation])
def test_what_cannot_be_had_of_a_lazy_table_is_refused_by_name(make, case):
    call, error, words = REFUSED[case]
    with pytest.raises(error, match=words):
        call(make(COLUMNS))


@pytest.mark.parametrize("bad", [-0.5, None, math.nan, math.inf])
@every_lazy
def test_bad_weights_are_counted_where_they_are(make, bad):
    columns = {"job": ["yes", "no"] * 3, "weight": [1.0, bad, 2.0, bad, 1.0, 0.0]}
    if make.__name__ == "narrow_relation" and bad is not None and not math.isfinite(bad):
        pytest.skip("decimals have no such numbers")
    with pytest.raises(InputError, match="'weight' with 2 negative, missing or infinite values"):
        cb.count(make(columns), "job", weights="weight")


@every_lazy
def test_weights_that_are_all_0(make):
    columns = {"job": ["yes", "no"] * 3, "weight": [0.0] * 6}
    with pytest.raises(InputError, match="all 0"):
        cb.proportions(make(columns), "job", weights="weight")


@every_lazy
def test_a_table_without_rows(make):
    columns = pa.table({"job": pa.array([], pa.string())})
    with pytest.raises(InputError, match="`data`: expected a frame with at least one row"):
        cb.count(make(columns), "job")


def test_columns_of_one_name():
    table = duckdb.sql("SELECT 'yes' AS job, 'no' AS job")
    with pytest.raises(InputError, match=r"`data`: .*'job' more than once"):
        cb.count(table, "job")


@every_lazy
def test_identifiers_stay_in_their_table(make, monkeypatch):
    """A column of more values than answers have leaves its table neither as items nor as groups."""
    fetched = []
    columns = {"job": ["yes", "no"] * 1_500, "id": [f"p{i}" for i in range(3_000)]}
    table = make(columns)
    collected = lines.collected
    monkeypatch.setattr(lines, "collected", lambda *t: fetched.append(collected(*t)) or fetched[-1])
    for items, by, argument in (("job", "id", "by"), (Item("id", yes="p7"), None, "items")):
        with pytest.raises(InputError, match=f"`{argument}`: .*at most 1,000 .*'id' with more"):
            cb.count(table, items, by=by)
    assert max(len(frame) for frame in fetched) == 1_001


@every_lazy
def test_cells_of_lists_are_refused(make):
    columns = {"job": ["yes", "no"], "tools": [["a"], ["a", "b"]]}
    with pytest.raises(InputError, match="`items`: expected a column with one answer per row"):
        cb.count(make(columns), Item("tools", each_level=True))


def test_a_table_that_changes_is_refused():
    base = duck()
    base.execute("CREATE TABLE survey AS SELECT 'yes' AS job, 'no' AS pay FROM range(100000)")
    table = base.sql("SELECT * FROM survey WHERE random() < 0.5")
    with pytest.raises(InputError, match="`data`: expected a lazy table that has the same rows each time"):
        cb.count(table, ["job", "pay"])


def test_more_crossings_than_can_be_fetched(monkeypatch):
    monkeypatch.setattr(lines, "MOST_LINES", 50)
    with pytest.raises(InputError, match="at most 50 crossings of 'role', 'year', 'job'; got more"):
        cb.count(relation(COLUMNS), JOB, by=["role", "year"])


def test_people_of_a_panel_are_in_one_row_each():
    wave = pd.DataFrame({"id": range(40), "job": ["yes", "no"] * 20})
    panel = cb.link_waves({"one": wave, "two": wave}, on="id")
    once = panel.wave("one")
    assert cb.count(pl.from_pandas(once).lazy(), "job").tallies[0].people.sum() == 40
    with pytest.raises(InputError, match=r"each person once in the column 'person'.*80 rows of 40 people"):
        cb.count(pl.from_pandas(pd.concat([once, once])).lazy(), "job")


# ---- traps ---------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")  # pandas 2, making nullable types
@every_kind
def test_weights_whose_squares_are_no_numbers(make):
    if make.__name__ == "narrow_relation":
        pytest.skip("decimals are not so large")
    columns = {"job": ["yes", "no", "yes", None], "weight": [1e300, 3e300, 0.0, 2e300]}
    made, expected = (cb.count(t, "job", weights="weight") for t in (make(columns), as_objects(columns)))
    assert made.exponent > 900
    assert_same(made, expected)


@every_kind
def test_missing_and_not_a_number_are_one_blank(make):
    columns = {"income": [1.0, None, math.nan, 5.0] * 5, "group": [1.5, 1.5, None, math.nan] * 5}
    asked = Item("income", at_least=2)
    made, expected = (cb.count(t, asked, by="group") for t in (make(columns), as_objects(columns)))
    assert_same(made, expected)
    assert made.groups == (("1.5",),)
    assert made.base.ungrouped == 10


@every_kind
def test_whole_weights_add_up_to_floats(make):
    columns = {"job": ["yes", "no"] * 50, "weight": [2**40, 3] * 50}
    tally = cb.count(make(columns), "job", weights="weight").tallies[0]
    assert tally.weight[0, 0].tolist() == [150.0, 50 * 2.0**40]


@every_kind
def test_the_kind_of_missing_is_kept(make):
    columns = {"job": ["yes", "no", "ref", "skip", "na", "99", None, ""] * 5}
    item = Item("job", refused="ref", skipped="skip", not_asked="na", missing=99)
    (account,) = in_pandas(cb.proportions(make(columns), item).accounts()).to_dict("records")
    kinds = {k: account[k] for k in ("not_asked", "refused", "skipped", "code", "blank", "answered")}
    assert kinds == {"not_asked": 5, "refused": 5, "skipped": 5, "code": 5, "blank": 10, "answered": 10}


@every_kind
def test_groups_in_which_nobody_answered(make):
    columns = {
        "job": ["yes", "no", "yes", "no"] * 6 + [None] * 6 + ["yes", "no"] * 3,
        "role": ["a", "b"] * 12 + ["c"] * 6 + ["d"] * 6,
        "school": list(range(12)) * 3,
        "weight": [0.5, 1.5] * 15 + [0.0] * 6,
    }
    how = {"by": "role", "weights": "weight", "design": SurveyDesign(clusters="school")}

    def told(data):
        found = cb.proportions(data, "job", **how)
        return str(found), str(cb.compare_groups(data, "job", reference="a", **how)), found.rows

    *texts, rows = told(make(columns))
    assert texts == [*told(as_objects(columns))[:2]]
    assert [(row.group[0][1], row.n, "no_answers" in row.flags) for row in rows] == [
        ("a", 12, False),
        ("b", 12, False),
        ("c", 0, True),
        ("d", 0, True),
    ]


def test_a_list_of_answers_that_the_type_declares():
    """An ENUM of DuckDB declares its answers in order, those that nobody gave too, as one of polars does."""
    base = duck()
    base.execute("CREATE TYPE pace AS ENUM ('slow', 'mid', 'fast', 'never')")
    base.execute(
        "CREATE TABLE survey AS SELECT ['fast', 'slow', 'mid'][1 + i % 3]::pace AS pace FROM range(30) t(i)"
    )
    asked = Item("pace", each_level=True)
    made = cb.count(base.table("survey"), asked)
    assert made.tallies[0].axes[0].answers == ("slow", "mid", "fast", "never")
    enum = pl.Enum(["slow", "mid", "fast", "never"])
    frame = pl.DataFrame({"pace": ["fast", "slow", "mid"] * 10}, schema={"pace": enum})
    assert_same(made, cb.count(frame, asked))
    assert_same(cb.count(frame.lazy(), asked), cb.count(frame, asked))


def test_parts_in_different_engines_add_up():
    half = {name: values[:150] for name, values in COLUMNS.items()}
    rest = {name: values[150:] for name, values in COLUMNS.items()}
    how = {"by": "role", "weights": "weight", "design": CLUSTERS}
    made = cb.count(relation(half), [JOB, BOXES], **how) + cb.count(lazy_polars(rest), [JOB, BOXES], **how)
    assert_same(made, cb.count(as_objects(COLUMNS), [JOB, BOXES], **how))


answers = st.sampled_from(["yes", "no", " Yes", "NO", "ref", "", None])
survey = st.lists(
    st.tuples(
        answers,
        st.sampled_from(["a", "b", "A ", None]),
        st.sampled_from([0.0, 0.1, 1 / 3, 7.0]),
        st.integers(0, 3),
        st.sampled_from(["x", "x;y", "y", None]),
    ),
    min_size=1,
    max_size=60,
)


@given(survey, st.sampled_from([lazy_polars, relation, pl.DataFrame, pa.table]), st.booleans(), st.booleans())
def test_the_engine_changes_nothing(rows, make, weighted, clustered):
    columns = dict(
        zip(["job", "role", "weight", "school", "tools"], map(list, zip(*rows, strict=True)), strict=True)
    )
    schema = {"job": pa.string(), "role": pa.string(), "tools": pa.string()}
    table = pa.table({n: pa.array(v, schema.get(n)) for n, v in columns.items()})
    how = {
        "by": "role",
        "among": Item("job", refused="ref"),
        "weights": "weight" if weighted else None,
        "design": SurveyDesign(clusters="school") if clustered else None,
    }
    items = [Item("job", refused="ref"), SelectAll("tools", separator=";")]
    made = cb.count(make({name: table[name] for name in table.column_names}), items, **how)
    assert_same(made, cb.count(table.to_pandas(), items, **how))
