"""Calls as users write them: type checkers accept all of them, and `assert_type` says what comes back.

`test_typing.py` checks this file with mypy and with pyright, and runs it.
"""

from __future__ import annotations

from typing import Any, assert_type

import duckdb
import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

import credbenefits as cb
from credbenefits import stats
from credbenefits.panel.cutting.waves import Waves
from credbenefits.results import (
    AttritionResult,
    ComparisonResult,
    Contrast,
    Export,
    FlowResult,
    NonresponseBiasResult,
    Proportion,
    ProportionsResult,
    ResponseRatesResult,
    Transition,
    TransitionsResult,
)

FloatArray = npt.NDArray[np.float64]

rows: dict[str, list[Any]] = {
    "id": [*"abcdefghij"],
    "job": [*["yes", "no"] * 5],
    "site": [*["north"] * 5, *["south"] * 5],
    "how": ["books", "books,talks", "talks", None, "books"] * 2,
    "age": [20, 30, 40, 50, 60, 20, 30, 40, 50, 60],
}
pandas, polars = pd.DataFrame(rows), pl.DataFrame(rows)
relation = duckdb.connect().execute("CREATE TABLE survey AS SELECT 'yes' AS job UNION ALL SELECT 'no'")
table = relation.table("survey")

# ---- frames of every kind, and counts -------------------------------------------------------------------

assert_type(cb.load_credentials(), dict[str, pd.DataFrame])
assert_type(cb.proportions(pandas, "job"), ProportionsResult)
cb.proportions(polars, "job")
cb.proportions(polars.lazy(), "job")
cb.proportions(polars.to_arrow(), "job")
cb.proportions(table, "job")
cb.proportions(nw.from_native(polars), "job")
cb.proportions(nw.from_native(polars.lazy()), "job")
cb.count(table, ["job"])

counts = cb.count(polars, "job", by="site")
assert_type(counts, cb.Counts)
assert_type(counts + counts, cb.Counts)
cb.proportions(counts)
cb.proportions(counts, by="site", totals=True)
cb.compare_groups(counts)
assert_type(cb.Counts.from_json(counts.to_json()), cb.Counts)

# ---- a frame that goes in comes out again ---------------------------------------------------------------

assert_type(cb.split_choices(pandas, "how"), pd.DataFrame)
assert_type(cb.split_choices(polars, "how", choices=["books", "talks"]), pl.DataFrame)
assert_type(cb.pseudonymize(polars, "id", key=b"0123456789abcdef"), pl.DataFrame)
assert_type(
    cb.pseudonymize(nw.from_native(polars), ["id"], key="0123456789abcdef"), nw.DataFrame[pl.DataFrame]
)

# ---- results --------------------------------------------------------------------------------------------

better = cb.Item("job", yes="yes", no="no", label="has a job")
how = cb.SelectAll("how", choices=["books", "talks"])
result = cb.proportions(
    pandas, [better, how], by=["site"], method="jeffreys", missing=[-1, "n/a"], answers="x"
)
assert_type(result.rows, tuple[Proportion, ...])
assert_type(result["has a job"], ProportionsResult)
assert_type(next(iter(result)), Proportion)
assert_type([row.estimate for row in result], list[float])
assert_type(result.rows[0].count, int)
assert_type(result.rows[0].flags, tuple[str, ...])
frame: pd.DataFrame = result.to_frame()

compared = cb.compare_groups(
    pandas, cb.any_of(better, "job", label="any"), by="site", reference="rest", comparison="ratio"
)
assert_type(compared, ComparisonResult)
assert_type(compared.rows, tuple[Contrast, ...])
design = cb.SurveyDesign(clusters="id", lonely_psu="adjust")
cb.proportions(pandas, "job", design=design, variance="jackknife", method="korn_graubard")
drawn = cb.Bootstrap(n_resamples=200, rng=1)
cb.proportions(pandas, "job", method="bootstrap_basic", variance="bootstrap", bootstrap=drawn)
weights = cb.Weights.from_column(pandas, "age", population="employees")
assert_type(weights, cb.Weights)
cb.proportions(pandas, "job", weights=weights)
known = {"job": {"yes": 60, "no": 40}, "site": {"north": 55, "south": 45}}
assert_type(cb.calibrate(pandas, known, weights=weights, population="employees"), cb.Weights)
cb.calibrate(polars, known | {"age": 4_300}, distance="logit", bounds=(0.2, 5))
cb.proportions(pandas, how, weights="age", among=cb.all_of(better, cb.Item("age", at_least=25)))

# ---- panels ---------------------------------------------------------------------------------------------

panel = cb.link_waves({"before": pandas, "after": polars}, on="id")
assert_type(panel, cb.Panel)
cb.link_waves(
    [("before", pandas), ("after", pandas)], on={"before": ["id"], "after": ["id"]}, duplicates="first"
)
assert_type(panel.flow(invited={"before": 12}), FlowResult)
assert_type(panel.n_people, int)
wave: pd.DataFrame = panel.wave("before", also_in=["after"])
changed = cb.transitions(panel, better, waves=["before", "after"])
export = cb.read_export(b"id,job\n1,yes\n")
assert_type(export, Export)
cb.link_waves({2009: export, 2010: polars}, on="id")
assert_type(
    cb.read_export(b"id;gpa\n1;1,5\n", kind="csv", delimiter=";", decimal=",", keep=["spam"]).frame,
    pd.DataFrame,
)
beside = cb.waves_from_wide(
    polars.with_columns(job_2="job"), id="id", waves={2009: "", 2010: "_2"}, answered={2010: ["job"]}
)
assert_type(beside, Waves)
assert_type(beside.answered["2010"], tuple[str, ...])
cb.response_rates(cb.link_waves(beside, on="id"), wave="2010")
below = cb.read_export(b"id,year,job\n1,2009,yes\n2,2009,no\n1,2010,yes\n2,2010,\n")
assert_type(cb.waves_from_long(below, id=["id"], wave="year", answered=["job"], missing=-9), Waves)
assert_type(cb.attrition(panel, waves=["before", "after"], by="job"), AttritionResult)
assert_type(cb.response_rates({"complete": 3, "refused": 4}, definition=["RR1"]), ResponseRatesResult)
assert_type(changed, TransitionsResult)
assert_type(changed.rows, tuple[Transition, ...])
assert_type(changed.rose.estimate, float)
study = cb.link_waves(cb.load_credentials(), on=["learner_id", "email"])
weights = cb.attrition_weights(
    study, ["age_group"], wave="completion", to="start", check="education", trim=None
)
assert_type(weights, cb.Weights)
chain = cb.attrition_weights(
    study,
    {"start": ["age_group", ("education", "region")]},
    wave=["followup"],
    to="completion",
    base_weights=weights,
    numbers={},
)
assert_type(chain.base, cb.Weights | str | None)
bias = cb.nonresponse_bias(
    study,
    wave="completion",
    to="start",
    variables=["age_group"],
    outcome="education",
    known={"start": cb.Item("age_group", each_level=True)},
    weights={"age": weights},
)
assert_type(bias, NonresponseBiasResult)
assert_type(bias.indicator.cv, float)
with_region = study.wave("completion", carry={"start": ["region"]}, also_in="start")
cb.proportions(with_region, cb.SelectAll("employer_support"), by="region_start", weights=weights)
assert_type(cb.brief(panel, result, title="What came of it"), cb.Brief)

# ---- numbers for numbers, arrays for arrays -------------------------------------------------------------

assert_type(cb.proportion_interval(40, 120), stats.Interval[np.float64])
assert_type(cb.proportion_interval(np.int64(40), 120.0, method="blaker").low, np.float64)
low, high = cb.proportion_interval([40, 0], 120)
assert_type(low, FloatArray)
assert_type(cb.proportion_interval(pandas["age"], polars["age"]).high, FloatArray)
assert_type(cb.comparison_interval(1, 2, 3, 4, comparison="odds_ratio").low, np.float64)
assert_type(cb.comparison_interval(1, np.array([2, 3]), 3, 4, alternative="less").low, FloatArray)
assert_type(cb.comparison_test(1, 2, 3, 4), stats.ComparisonTestResult[np.float64])
assert_type(cb.comparison_test([1], [2], [3], [4]).p_value, FloatArray)
assert_type(cb.paired_interval(1, 2, 3, 4).high, np.float64)
assert_type(cb.paired_test([1, 1], 2, 3, 4).statistic, FloatArray)
assert_type(cb.multinomial_intervals([1, 2, 3]), stats.Interval[FloatArray])
strata = [6, 5], [9, 9], [2, 3], [9, 9]
assert_type(stats.cmh_test(*strata), stats.ChiSquaredResult)
assert_type(stats.breslow_day(*strata), stats.ChiSquaredResult)
assert_type(stats.mantel_haenszel_odds_ratio(*strata), stats.CommonOddsRatio)
assert_type(stats.exact_cmh(*strata, alternative="greater"), stats.CommonOddsRatio)
assert_type(stats.equal_proportions_test([1, 2, 3], [4, 5, 6]), stats.ChiSquaredResult)
assert_type(stats.trend_test([1, 2, 3], [4, 5, 6], scores=[0, 1, 3]), stats.ChiSquaredResult)
assert_type(stats.cochran_q([[1, 0], [1, 1]], counts=[3, 4]), stats.ChiSquaredResult)
found = stats.linked_transitions([[4, 1], [2, 3]], [10, 10], match_probability=0.9)
assert_type(found, stats.LinkedTransitions)
assert_type(found.low, FloatArray)
stats.proportion_interval(40, 120, method="mid_p")
stats.comparison_interval(1, 2, 3, 4)
stats.comparison_test(1, 2, 3, 4, method="boschloo", alternative="less")
stats.paired_interval(1, 2, 3, 4, comparison="ratio", method="tang")
stats.paired_test(1, 2, 3, 4, method="mcnemar_exact")
stats.multinomial_intervals([1, 2], method="sison_glaz")


def half_width(interval: stats.Interval) -> FloatArray:
    """Intervals of arrays are what `Interval` alone means."""
    return (interval.high - interval.low) / 2


half_width(cb.proportion_interval([40, 0], 120))

# ---- errors, and what the package holds -----------------------------------------------------------------

try:
    cb.proportions(pandas, "no such column")
except cb.errors.ColumnNotFoundError as problem:
    assert_type(problem.argument, str)
assert_type(cb.__version__, str)
