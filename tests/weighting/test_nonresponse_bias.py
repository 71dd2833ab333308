"""Reports on nonresponse bias: by hand, against R and published values, and what they must admit."""

from __future__ import annotations

import math
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import stats
from scipy.stats import chi2_contingency

import credbenefits as cb
from credbenefits.errors import InputError, MethodError
from credbenefits.results.base import ALL
from credbenefits.results.bias.tables import MEAN
from frame_kinds import in_pandas

pytestmark = pytest.mark.filterwarnings("ignore:.*are blank in every column that varies")

#: People and respondents by age and site.
CELLS = {
    ("young", "north"): (300, 30),
    ("young", "south"): (200, 10),
    ("old", "north"): (200, 60),
    ("old", "south"): (300, 50),
}


def frames(make=pd.DataFrame, cells=CELLS, **more):
    """Two waves: everybody, and those of them who answered, 4 in 5 of the old and 1 in 2 of the young a yes."""
    rows = [(*levels, i < m, i) for levels, (n, m) in cells.items() for i in range(n)]
    order = np.random.default_rng(3).permutation(len(rows))
    ages, sites, answered, place = zip(*(rows[k] for k in order), strict=True)
    ids = [f"p{k:04d}" for k in order]
    done = ["yes" if a or i % 4 == 0 else "no" for a, i in zip(answered, place, strict=True)]
    whole = {"id": ids, "age": list(ages), "site": list(sites), "done": done}
    whole |= {name: list(values(place)) for name, values in more.items()}
    said = [
        (k, "yes" if place[k] % (5 if ages[k] == "old" else 2) else "no")
        for k in range(len(rows))
        if answered[k]
    ]
    jobs = [job for _, job in said]
    some = {"id": [ids[k] for k, _ in said], "job": jobs, "job2": ["no"] * len(jobs)}
    return {"all": make(whole), "some": make(some)}


def panel_of(*args, **given):
    return cb.link_waves(frames(*args, **given), on="id")


@pytest.fixture(scope="module")
def panel():
    return panel_of()


def report(panel, **given):
    wanted = {"wave": "some", "to": "all", "variables": ["age", "site"]} | given
    return cb.nonresponse_bias(panel, **wanted)


# ---- respondents against everybody -------------------------------------------------------------------------


def test_levels_and_variables_by_hand(panel):
    """150 of 1,000 answered: 110 of the 500 old, 90 of the 500 in the north."""
    made = report(panel)
    assert (made.n_everybody, made.n_respondents, made.response_rate) == (1000, 150, 0.15)
    [old] = [row for row in made.levels if row.level == "old"]
    assert (old.n, old.n_respondents, old.response_rate) == (500, 110, 0.22)
    assert (old.everybody, old.respondents) == (0.5, pytest.approx(110 / 150))
    assert old.difference == pytest.approx(110 / 150 - 0.5)
    assert old.std_difference == pytest.approx((110 / 150 - 0.5) / 0.5)
    assert old.relative_bias == pytest.approx((110 / 150 - 0.5) / 0.5)
    age, site = made.variables
    assert age.std_difference == pytest.approx(abs(old.std_difference))
    assert (age.levels, age.largest_difference) == (2, pytest.approx(110 / 150 - 0.5))
    assert site.std_difference == pytest.approx(0.2)
    tested = chi2_contingency([[110, 390], [40, 460]], correction=False)
    assert (age.statistic, age.p_value) == pytest.approx((tested.statistic, tested.pvalue), rel=1e-12)
    assert (age.df, age.df2) == (1, math.inf)
    # At random, the chi-squared is 1 on average, and n_r d^2 / (1 - f) is the chi-squared.
    assert age.by_chance == pytest.approx(math.sqrt(0.85 / 150))
    assert list(made.to_frame()["variable"]) == ["age", "site"]


def test_missing_answers_are_a_level_of_their_own():
    blank = panel_of(kind=lambda place: [None if i % 3 == 0 else "a" if i % 3 == 1 else "b" for i in place])
    made = report(blank, variables="kind")
    assert [row.level for row in made.levels] == ["a", "b", "(missing)"]
    assert sum(row.everybody for row in made.levels) == pytest.approx(1)


def test_numbers_are_compared_in_groups_and_by_their_mean():
    made = report(panel_of(score=lambda place: [i % 50 / 2 for i in place]), variables=["score"], bins=4)
    *groups, mean = made.levels
    assert len(groups) == 4
    assert (mean.level, mean.measure) == (MEAN, "mean")
    whole = in_pandas(panel_of(score=lambda place: [i % 50 / 2 for i in place]).wave("all"))["score"]
    assert mean.everybody == pytest.approx(whole.mean())
    assert mean.std_difference == pytest.approx((mean.respondents - whole.mean()) / whole.std(ddof=0))


def test_weights_are_held_against_everybody_too(panel):
    weights = cb.attrition_weights(panel, ["age", "site"], wave="some", to="all", trim=None)
    made = report(panel, weights=weights)
    assert [one.weights for one in made.sets] == ["unweighted", "weighted"]
    assert made.sets[1].n_effective == pytest.approx(weights.n_effective)
    assert made.worst() == pytest.approx(0.4667, abs=1e-4)
    assert made.worst("weighted") < 0.05
    rows = made.variables["weighted"]
    assert all(math.isnan(row.p_value) and math.isnan(row.by_chance) for row in rows)
    named = report(panel, weights={"age alone": weights, "all": weights})
    assert [one.weights for one in named.sets] == ["unweighted", "age alone", "all"]
    assert "std_difference (age alone)" in str(named)


@pytest.mark.parametrize("weights", [["a"], "w", {"unweighted": None}, {1: None}, 3.0, {"a": "w"}], ids=repr)
def test_what_is_no_weights_is_refused(panel, weights):
    with pytest.raises(InputError, match="weights"):
        report(panel, weights=weights)


# ---- indicator and partials --------------------------------------------------------------------------------


def test_the_indicator_is_that_of_the_propensities(panel):
    """Against the formulas, with statsmodels' regression."""
    import statsmodels.api as sm

    made = report(panel)
    data = in_pandas(panel.wave("all"))
    answered = data["id"].isin(in_pandas(panel.wave("some"))["id"]).to_numpy(float)
    x = sm.add_constant(np.column_stack([data["age"] == "old", data["site"] == "north"]).astype(float))
    fit = sm.Logit(answered, x).fit(disp=0, tol=1e-14)
    rho = fit.predict(x)
    z = rho[:, None] * (1 - rho[:, None]) * x
    s2 = rho.var(ddof=1) - np.einsum("ij,jk,ik->i", z, fit.cov_params(), z).mean()
    assert made.indicator.cv == pytest.approx(math.sqrt(s2) / 0.15, rel=1e-8)
    assert made.indicator.r == pytest.approx(1 - 2 * math.sqrt(s2), rel=1e-8)
    assert made.indicator.max_bias == pytest.approx(made.indicator.cv / 2)
    assert made.indicator.least_r == pytest.approx(1 - 2 * math.sqrt(0.15 * 0.85))
    w = 1 / rho[answered == 1]
    assert made.indicator.n_effective == pytest.approx(w.sum() ** 2 / (w**2).sum(), rel=1e-8)
    age, site = made.partials.of_variables
    between = math.sqrt(0.5 * (rho[data["age"] == "old"].mean() - 0.15) ** 2 * 2)
    assert age.unconditional == pytest.approx(between, rel=1e-8)
    factor = math.sqrt(s2) / rho.std(ddof=1)
    assert age.unconditional_adjusted == pytest.approx(between * factor, rel=1e-8)
    assert age.cv_unconditional == pytest.approx(between * factor / 0.15, rel=1e-8)
    within = math.sqrt(((rho - data.assign(r=rho).groupby("site")["r"].transform("mean")) ** 2).mean())
    assert age.conditional == pytest.approx(within, rel=1e-8)
    assert site.level == ALL
    assert [row.level for row in made.partials["age"]] == [ALL, "old", "young"]


def test_at_low_response_rates_the_coefficient_of_variation_is_read_first(panel):
    notes = report(panel).notes
    first = next(note for note in notes if "coefficient of variation" in note)
    assert "share of one half is off by" in first
    assert any("R-indicator" in note and "cannot be below 0.286" in note for note in notes)


def test_a_variable_that_tells_respondents_apart_makes_no_indicator():
    made = report(panel_of(cells={("a", "x"): (20, 20), ("b", "x"): (30, 0)}), variables=["age"])
    assert made.variables.rows[0].std_difference == pytest.approx(math.sqrt(0.6**2 / 0.4 + 0.6**2 / 0.6))
    assert math.isnan(made.indicator.cv)
    assert len(made.partials) == 0
    assert any(note.startswith("no indicator of the response") for note in made.notes)
    assert "nan" not in str(made.notes)


# ---- predictors --------------------------------------------------------------------------------------------


def test_only_what_predicts_both_corrects(panel):
    made = report(panel, outcome="job")
    age, site = made.predictors
    assert (age.predicts_response, age.predicts_outcome, age.corrects) == ("yes", "yes", "yes")
    assert site.predicts_response == "yes"
    assert site.predicts_outcome != "yes"
    assert site.corrects != "yes"
    job, ages = (in_pandas(panel.wave("some", carry={"all": "age"}))[name] for name in ("job", "age_all"))
    tested = chi2_contingency(pd.crosstab(ages, job), correction=False)
    assert (age.outcome_n, age.outcome_p) == (150, pytest.approx(tested.pvalue, rel=1e-9))
    assert age.outcome_v == pytest.approx(math.sqrt(tested.statistic / 150))
    assert any("“job”: weighting on “age” can correct bias" in note for note in made.notes)


@pytest.mark.parametrize(
    "outcome",
    [
        "job",
        cb.Item("job", yes="yes"),
        cb.Item("job", each_level=True),
        cb.any_of("job", "job2", label="job"),
    ],
)
def test_outcomes_of_every_kind(panel, outcome):
    rows = report(panel, outcome=outcome).predictors.rows
    assert [row.variable for row in rows] == ["age", "site"]
    assert rows[0].outcome_v == pytest.approx(report(panel, outcome="job").predictors.rows[0].outcome_v)


def test_weighting_on_what_predicts_answering_alone_is_advised_against(panel):
    made = report(panel, variables=["site"], outcome="job")
    [note] = [note for note in made.notes if note.startswith("“job”")]
    assert "raise the error of the estimate" in note
    assert "standard error by about" in note


def test_a_negligible_difference_in_a_large_file_is_a_no():
    big = panel_of(cells={("a", "x"): (20_000, 5_300), ("b", "x"): (20_000, 5_000)})
    [row] = report(big, variables=["age"], outcome="job").predictors
    assert row.response_p < 0.05
    assert row.predicts_response == "no"


# ---- what is known for everybody ---------------------------------------------------------------------------


def test_respondents_against_the_truth(panel):
    weights = cb.attrition_weights(panel, ["age", "site"], wave="some", to="all")
    made = report(panel, known="done", weights=weights)
    data = in_pandas(panel.wave("all"))
    plain, weighted = made.known
    assert plain.truth == pytest.approx((data["done"] == "yes").mean())
    assert (plain.estimate, plain.n_everybody, plain.n) == (1.0, 1000, 150)
    assert plain.difference == pytest.approx(1 - plain.truth)
    assert plain.misses_truth
    assert (weighted.weights, weighted.n_effective) == ("weighted", pytest.approx(weights.n_effective))
    assert made.missed == (plain, weighted)
    assert any("“done” is known for everybody" in note for note in made.notes)
    [alert] = made.alerts  # of the weights; that respondents as they are miss it is no fault of weights
    assert (alert.code, alert.value) == ("known_truth_missed", weighted.difference)
    assert alert.text == (
        f"done: {plain.truth:.1%} of everybody, which is known, but 100.0% of respondents with the weights "
        f"“weighted” (95% interval {weighted.conf_low:.1%} to 100.0%)."
    )
    assert f"known_truth_missed: {alert.text}" in str(made)


def test_a_response_rate_below_85_percent_wants_an_analysis():
    def said(answered):
        made = report(panel_of(cells={("young", "north"): (100, answered), ("old", "south"): (100, 85)}))
        return [note for note in made.notes if "NCES" in note]

    assert said(85) == []
    assert said(84) == [
        "the response rate is 84.5%. Below 85% the statistical standards of NCES (4-4) require a nonresponse "
        "bias analysis, such as this one"
    ]


def test_each_set_of_weights_that_misses_a_truth_is_an_alert():
    panel = panel_of(
        grade=lambda place: [i % 40 + 0.5 for i in place], group=lambda place: ["abc"[i % 3] for i in place]
    )
    by_site = cb.attrition_weights(panel, "site", wave="some", to="all")
    both = cb.attrition_weights(panel, ["age", "site"], wave="some", to="all", trim=None)
    known = ["grade", "group", cb.Item("age", yes="old"), "done"]
    made = report(panel, known=known, weights={"by site": by_site, "both": both})
    missed = {(row.outcome, row.weights) for row in made.missed if row.weights != "unweighted"}
    assert {("age", "by site"), ("done", "by site"), ("done", "both")} < missed
    assert ("age", "both") not in missed
    assert len(made.alerts) == len(missed)  # one for each outcome and set
    assert [
        alert.text for alert in made.alerts if alert.text.startswith("grade: 19.6 on average for everybody")
    ]
    assert all("everybody, which is known" in alert.text for alert in made.alerts)
    assert not report(panel, known=known, weights=None).alerts


def test_weights_of_the_eligible_want_the_same_question():
    panel = panel_of(status=lambda place: ["left" if i % 10 == 3 else "active" for i in place])
    active = cb.Item("status", yes="active")
    weights = cb.attrition_weights(panel, "age", wave="some", to="all", eligible=active)
    with pytest.raises(InputError, match=r"weights for all 150 people who answered.*not eligible.*eligible="):
        report(panel, weights=weights)
    assert report(panel, weights=weights, eligible=active).sets[1].n == weights.n
    panel = panel_of(w=lambda place: [0.0 if i % 10 == 3 else 1.0 for i in place])
    weights = cb.attrition_weights(panel, "age", wave="some", to="all", base_weights="w")
    with pytest.raises(InputError, match=r"no weight before.*base_weights="):
        report(panel, weights=weights)
    assert report(panel, weights=weights, base_weights="w").sets[1].n == weights.n


def test_weights_of_fewer_people_are_made_again():
    data = frames()
    less = cb.link_waves({"all": data["all"], "some": data["some"], "then": data["some"].iloc[:90]}, on="id")
    weights = cb.attrition_weights(less, "age", wave="then", to="all")
    with pytest.raises(
        InputError, match=r"60 without.*attrition_weights\(panel, ..., wave='some', to='all'\)"
    ):
        report(less, weights=weights)


def test_a_truth_that_weights_recover_is_not_missed(panel):
    weights = cb.attrition_weights(panel, ["age", "site"], wave="some", to="all", trim=None)
    made = report(panel, known=cb.Item("age", yes="old"), weights=weights)
    plain, weighted = made.known
    assert plain.misses_truth
    assert not weighted.misses_truth


def test_known_numbers_and_categories():
    panel = panel_of(
        grade=lambda place: [i % 40 + 0.5 for i in place], group=lambda place: ["abc"[i % 3] for i in place]
    )
    made = report(panel, known=["grade", "group"])
    assert [(row.outcome, row.level, row.measure) for row in made.known] == [
        ("grade", MEAN, "mean"),
        ("group", "a", "share"),
        ("group", "b", "share"),
        ("group", "c", "share"),
    ]
    data = in_pandas(panel.wave("all"))
    assert made.known.rows[0].truth == pytest.approx(data["grade"].mean())


# ---- groups ------------------------------------------------------------------------------------------------


def test_attrition_of_two_groups(panel):
    """North lost 410 of 500 and south 440 of 500: 85% and 6 points."""
    made = report(panel, by="site")
    [row] = made.groups
    assert (row.group, row.other, row.n, row.n_respondents) == ("north", "south", 500, 90)
    assert (row.overall, row.differential) == pytest.approx((0.85, -0.06))
    assert (row.cautious, row.optimistic) == ("high", "high")
    assert math.isnan(row.allowed_cautious)
    [age] = [one for one in made.equivalence if one.variable == "age"]
    p, q = 60 / 90, 50 / 60
    cox = (math.log(p / (1 - p)) - math.log(q / (1 - q))) / 1.65 * (1 - 3 / (4 * 150 - 9))
    assert age.effect_size == pytest.approx(cox)
    assert age.equivalence == "apart"


def test_low_attrition():
    made = report(panel_of(cells={("a", "x"): (100, 95), ("a", "y"): (100, 91)}), variables="site", by="site")
    [row] = made.groups
    assert (row.overall, row.cautious, row.optimistic) == (pytest.approx(0.07), "low", "low")
    assert row.allowed_cautious == pytest.approx(0.063)


def test_too_many_groups_are_refused(panel):
    many = panel_of(kind=lambda place: [f"k{i % 9}" for i in place])
    with pytest.raises(InputError, match="2 to 6"):
        report(many, by="kind")


# ---- samples -----------------------------------------------------------------------------------------------


def test_base_weights_and_designs():
    panel = panel_of(
        w=lambda place: [1.0 + i % 3 for i in place], school=lambda place: [f"s{i % 25}" for i in place]
    )
    plain = report(panel)
    same = report(panel_of(w=lambda place: [2.0] * len(place)), base_weights="w")
    assert same.sets[0].weights == "base weights"
    for one, other in zip(plain.levels, same.levels, strict=True):
        assert one.difference == pytest.approx(other.difference, abs=1e-12)
    weighted = report(panel, base_weights="w", design=cb.SurveyDesign(clusters="school"), known="done")
    data = in_pandas(panel.wave("all"))
    answered = data["id"].isin(in_pandas(panel.wave("some"))["id"])
    [old] = [row for row in weighted.levels if row.level == "old"]
    w = data["w"]
    assert old.everybody == pytest.approx(w[data["age"] == "old"].sum() / w.sum())
    mine = w[answered]
    assert old.respondents == pytest.approx(mine[data["age"][answered] == "old"].sum() / mine.sum())
    assert weighted.indicator.response_rate == pytest.approx(mine.sum() / w.sum())
    age = weighted.variables.rows[0]
    assert math.isfinite(age.df2)
    assert 0 < age.p_value < 1
    assert weighted.indicator.cv_std_error > 0
    with pytest.raises(MethodError, match="replicate"):
        report(panel, design=cb.SurveyDesign(replicate_weights=cb.ReplicateWeights(["w", "v"], kind="brr")))


def test_people_of_base_weight_0_take_no_part():
    panel = panel_of(w=lambda place: [float(i % 4 > 0) for i in place])
    made = report(panel, base_weights="w")
    data = in_pandas(panel.wave("all"))
    assert made.n_everybody == int((data["w"] > 0).sum())
    assert any("without a weight before left out" in note for note in made.notes)


def test_several_waves_people_who_left_and_weights_of_a_step_before():
    waves = frames()
    later = waves["some"].iloc[::2][["id"]].assign(more="x")
    left = waves["all"].assign(status=["left" if k % 10 == 0 else "active" for k in range(1000)])
    panel = cb.link_waves({"all": left, "some": waves["some"], "later": later}, on="id")
    both = report(panel, wave=["some", "later"], outcome=None)
    assert (both.wave, both.waves, both.n_respondents) == ("some and later", ("some", "later"), 75)
    active = report(panel, eligible=cb.Item("status", yes="active"))
    data = in_pandas(panel.wave("all"))
    kept = data["status"] == "active"
    assert active.n_everybody == int(kept.sum()) == 900
    assert active.n_respondents == int(data["id"][kept].isin(waves["some"]["id"]).sum())
    assert any("eligible" in note for note in active.notes)
    first = cb.attrition_weights(panel, "age", wave="some", to="all")
    second = cb.nonresponse_bias(
        panel, wave="later", to="some", variables={"all": ["age"]}, base_weights=first
    )
    assert second.sets[0].weights == "base weights"
    [old] = [row for row in second.levels if row.level == "old"]
    assert old.everybody == pytest.approx(0.5, abs=0.01)  # they stand for everybody
    chain = cb.attrition_weights(
        panel, {"all": "age"}, wave="later", to="some", base_weights=first, trim=None
    )
    weighted = cb.nonresponse_bias(
        panel, wave="later", to="some", variables={"all": ["age"]}, base_weights=first, weights=chain
    )
    assert weighted.worst("weighted") == pytest.approx(0, abs=1e-9)


# ---- what is taken, and what is refused --------------------------------------------------------------------


def test_without_names_all_columns_that_can_be_used_are_taken():
    panel = panel_of(
        number=lambda place: [10_000 + k for k in range(len(place))],
        same=lambda place: ["a"] * len(place),
        text=lambda place: [f"a long answer {k}" for k in range(len(place))],
    )
    made = report(panel, variables=None, known="done")
    assert [row.variable for row in made.variables] == ["age", "site"]
    [note] = [note for note in made.notes if note.startswith("columns left out")]
    for name in ("id", "done", "number", "same", "text"):
        assert f"“{name}”" in note
    assert "p0001" not in str(made.notes)


def test_columns_of_other_waves():
    waves = frames()
    before = waves["all"][["id", "age"]].assign(done=[1] * 500 + [0] * 500)
    panel = cb.link_waves({"before": before, **waves}, on="id")
    made = report(panel, variables={"before": ["age"]}, known={"before": "done"})
    assert [row.variable for row in made.variables] == ["age_before"]
    assert [row.truth for row in made.known] == [0.5]
    item = report(panel, known={"before": cb.Item("done", yes=1)})
    assert [row.truth for row in item.known] == [0.5]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"wave": "all"}, "another wave"),
        ({"wave": "none"}, "wave of this panel"),
        ({"variables": []}, "at least one column"),
        ({"variables": ["age", "nothing"]}, "nothing"),
        ({"variables": ["id"]}, "identifies"),
        ({"variables": {"some": ["job"]}}, "known for its respondents only"),
        ({"known": {"some": "job"}}, "known for its respondents only"),
        ({"known": "nothing"}, "nothing"),
        ({"outcome": "age"}, "age"),
        ({"outcome": "id"}, "identifies"),
        ({"by": "id"}, "identifies"),
        ({"base_weights": "age"}, "base_weights"),
        ({"confidence_level": 95}, "confidence_level"),
        ({"allow_identifier": 1}, "allow_identifier"),
        ({"population": " "}, "population"),
        ({"bins": {"nothing": 3}}, "bins"),
    ],
    ids=str,
)
def test_what_is_refused(panel, given, message):
    with pytest.raises(InputError, match=message):
        report(panel, **given)


def test_where_everybody_or_nobody_answered():
    for n, m in ((40, 40), (40, 0)):
        cells = {("a", "x"): (n, m)}
        data = frames(cells=cells)
        if not m:
            data["some"] = pd.DataFrame({"id": ["other"], "job": ["yes"]})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nobody is in both waves
            panel = cb.link_waves(data, on="id")
        with pytest.raises(InputError, match="some but not all"):
            report(panel)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def test_frames_of_every_kind(make):
    panel = panel_of(make)
    made = report(panel, outcome="job", known="done", by="site")
    assert made == report(panel_of(), outcome="job", known="done", by="site")
    for table in (made, made.levels, made.variables, made.partials, made.predictors, made.groups, made.known):
        frame = table.to_frame()
        assert isinstance(frame, make if isinstance(make, type) else pa.Table)
        assert "p0001" not in str(table)
    assert pickle.loads(pickle.dumps(made)) == made


def test_the_order_of_rows_changes_nothing():
    one, waves = report(panel_of(), outcome="job", known="done"), frames()
    turned = {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in waves.items()}
    other = report(cb.link_waves(turned, on="id"), outcome="job", known="done")
    for left, right in zip(one.levels, other.levels, strict=True):
        assert left.difference == pytest.approx(right.difference, abs=1e-12)
    assert one.indicator.cv == pytest.approx(other.indicator.cv, rel=1e-9)
    assert one.predictors.rows == other.predictors.rows


# ---- real data ---------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.filterwarnings("ignore")
def test_an_open_online_course(shared):
    """CIRTL: who completed is known for all; values of the data's README, weights by statsmodels as there."""
    import statsmodels.formula.api as smf

    data = shared / "data"
    enrolled = pd.read_csv(data / "cirtl_enroll.csv.gz").drop(columns=["course_name", "course_platform"])
    start = pd.read_csv(data / "cirtl_pre.csv.gz").dropna(subset=["unique_user_id"])
    end = pd.read_csv(data / "cirtl_post.csv.gz").dropna(subset=["unique_user_id"])
    whole = start.merge(enrolled, on="unique_user_id")
    field = whole["QID356"].fillna("None of the above")
    whole["field"] = field.where(field.map(field.value_counts()) >= 40, "None of the above")
    whole["role"] = whole["QID334_p"].fillna("Other")
    whole["cert"] = whole["QID366"].fillna("").str.contains("earn a certificate").astype(int)
    numbers = ["QID371_8", "QID601_1", "QID601_2"]
    whole[numbers] = whole[numbers].fillna(whole[numbers].median())
    whole["answered"] = whole["unique_user_id"].isin(end["unique_user_id"]).astype(int)
    model = smf.logit(
        "answered ~ C(role) + C(field) + C(course_name) + cert + QID371_8 + QID601_1 + QID601_2", whole
    )
    respondents = whole["answered"] == 1
    weight = 1 / model.fit(disp=0, maxiter=200).predict(whole)[respondents]
    by_id = dict(zip(whole["unique_user_id"][respondents], weight, strict=True))
    columns = ["unique_user_id", "role", "field", "cert", "course_name", *numbers, "activity_completed"]
    panel = cb.link_waves({"pre": whole[columns], "post": end}, on="unique_user_id")
    rows = in_pandas(panel.wave("post", also_in="pre"))
    rows["w"] = rows["unique_user_id"].map(by_id)
    weights = cb.Weights.from_column(rows, "w", population="people of the start survey")
    made = cb.nonresponse_bias(
        panel, wave="post", to="pre", known="activity_completed", weights={"baseline": weights}
    )
    plain, weighted = made.known
    assert (made.n_everybody, made.n_respondents) == (2283, 520)
    assert (plain.truth, plain.estimate) == pytest.approx((0.3368, 0.8731), abs=5e-5)
    assert (weighted.estimate, weighted.n_effective) == pytest.approx((0.8313, 421.0), abs=0.05)
    assert weighted.estimate == pytest.approx(0.8313, abs=5e-5)
    assert plain.misses_truth
    assert weighted.misses_truth
    # So far as the start survey tells, a share of one half would be off by a quarter at most: it is off by half.
    assert made.indicator.max_bias_high < 0.3 < weighted.difference


@pytest.mark.shared
@pytest.mark.filterwarnings("ignore")
def test_an_open_university(shared):
    """OULAD: the result of everybody is known. Who answers is drawn (seed 20261129), by what the registration says."""
    students = pd.read_csv(shared / "data" / "oulad_student_info.csv.gz").drop_duplicates("id_student")
    students["passed"] = students["final_result"].isin(["Pass", "Distinction"])
    rng = np.random.default_rng(20261129)
    education = ~students["highest_education"].isin(["Lower Than A Level", "No Formal quals"])
    rate = np.where(education, 0.12, 0.03)
    answers = students[rng.random(len(students)) < rate][["id_student", "passed"]]
    variables = ["gender", "region", "highest_education", "age_band", "disability"]
    panel = cb.link_waves(
        {"registered": students[["id_student", *variables, "passed"]], "survey": answers}, on="id_student"
    )
    weights = cb.attrition_weights(panel, variables, wave="survey", to="registered")
    made = cb.nonresponse_bias(
        panel, wave="survey", to="registered", outcome="passed", known="passed", weights=weights
    )
    found = {row.variable: row for row in made.predictors}
    assert found["highest_education"].corrects == "yes"
    assert found["gender"].predicts_response != "yes"
    plain, weighted = made.known
    assert plain.misses_truth
    assert not weighted.misses_truth
    # The model is the one that drew the answers: its coefficient of variation is that of the rates.
    assert made.indicator.cv_low < rate.std() / rate.mean() < made.indicator.cv_high
    assert made.worst("weighted") < made.worst()


@pytest.mark.parametrize("design", [None, cb.SurveyDesign(strata="age")])
def test_levels_that_part_who_answered_together_take_the_penalty_of_weights(design):
    """All of the young in the north answered, and none of the old in the south: no penalty, no solution."""
    cells = {
        ("young", "north"): (40, 40),
        ("young", "south"): (60, 30),
        ("old", "north"): (60, 20),
        ("old", "south"): (40, 0),
    }
    panel = panel_of(cells=cells)
    bias = cb.nonresponse_bias(panel, wave="some", to="all", variables=["age", "site"], design=design)
    assert any("ridge penalty" in note for note in bias.notes)
    assert not any("taken together" in note for note in bias.notes)
    weights = cb.attrition_weights(panel, ["age", "site"], wave="some", to="all", trim=None)
    assert [alert.code for alert in weights.alerts if alert.code == "ridge_penalty"]
    p = 1.0 / weights.weight
    assert bias.indicator.r_unadjusted < 1 - 2 * p.std()  # respondents alone vary less than everybody
    assert 0 < bias.indicator.cv < bias.indicator.cv_high < 2


@pytest.mark.parametrize("weighted", [False, True])
def test_intervals_of_known_outcomes_know_how_people_were_drawn(weighted):
    # By hand, as svymean of a domain: residuals added up by school, (25 / 24) sum of their squares.
    panel = panel_of(
        w=lambda place: [1.0 + i % 3 for i in place],
        school=lambda place: [f"s{i % 25}" for i in place],
        grade=lambda place: [float(i % 25) + (i % 7) / 10 + i / 1e4 for i in place],
    )
    base = {"base_weights": "w"} if weighted else {}
    made = report(panel, design=cb.SurveyDesign(clusters="school"), known="grade", **base)
    data = in_pandas(panel.wave("all"))
    data = data[data["id"].isin(in_pandas(panel.wave("some"))["id"])]
    w = data["w"] if weighted else data["w"] * 0 + 1
    mean = (w * data["grade"]).sum() / w.sum()
    by_school = (w * (data["grade"] - mean) / w.sum()).groupby(data["school"]).sum()
    n = by_school.size
    half = stats.t.ppf(0.975, n - 1) * math.sqrt(25 / 24 * (by_school**2).sum())
    [row] = made.known
    assert (row.measure, n) == ("mean", 25)
    assert (row.conf_low, row.conf_high) == pytest.approx((mean - half, mean + half), rel=1e-9)


def test_shares_of_known_outcomes_know_the_design_without_base_weights():
    given = {
        "one": lambda place: [1.0] * len(place),
        "school": lambda place: [f"s{i % 25}" for i in place],
        "passed": lambda place: ["yes" if i % 25 < 9 else "no" for i in place],
    }
    panel = panel_of(**given)
    design = cb.SurveyDesign(clusters="school")
    plain = report(panel, design=design, known="passed").known.rows[0]
    weighted = report(panel, design=design, known="passed", base_weights="one").known.rows[0]
    assert (plain.conf_low, plain.conf_high) == pytest.approx((weighted.conf_low, weighted.conf_high))
    # All of a school are alike: no more is known than from 25 schools.
    assert plain.n_effective < 40
