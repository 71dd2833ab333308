"""Variances that know that weights are estimated, under a design: against recipes run again without each unit."""

from __future__ import annotations

import copy
import json
import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits.counts.coding.design import read_design
from credbenefits.errors import MethodError
from credbenefits.frames.boundary import read
from credbenefits.numerics.resampling.multipliers import multipliers

pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")
N, SCHOOLS = 600, 60
GOLDEN = Path(__file__).parents[1] / "golden" / "calibrated_design.json"
STRATA, CLUSTERS = cb.SurveyDesign(strata="region"), cb.SurveyDesign(strata="region", clusters="school")
DESIGNS = {"strata": STRATA, "clusters": cb.SurveyDesign(clusters="school"), "both": CLUSTERS}
every_design = pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)


def frames(seed=5):
    """Pupils of schools in regions; schools differ in who answers and in what they say."""
    rng = np.random.default_rng(seed)
    school = np.arange(N) % SCHOOLS
    lift = rng.normal(size=SCHOOLS)[school]
    everybody = pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(N)],
            "sex": rng.choice(["f", "m"], N),
            "age": np.where(lift + rng.normal(size=N) > 0, "old", "young"),
            "school": school,
            "region": np.array(["n", "s", "w"])[school % 3],
            "owns": rng.choice(["yes", "no"], N),
            "one": 1,
        }
    )
    lean = 1 / (1 + np.exp(0.4 - 0.7 * (everybody.age == "old") - 0.5 * (everybody.sex == "f")))
    some = everybody.loc[rng.random(N) < lean, ["id", "school", "region"]].reset_index(drop=True)
    yes = 1 / (1 + np.exp(-lift[[int(i[1:]) for i in some.id]]))
    some["job"] = np.where(rng.random(len(some)) < yes, "yes", "no")
    some["owns"] = rng.choice(["yes", "no"], len(some))
    some["role"] = rng.choice(["lead", "staff"], len(some))
    return {"all": everybody, "some": some}


@pytest.fixture(scope="module")
def study():
    made = frames()
    panel = cb.link_waves(made, on="id")
    weights = cb.attrition_weights(panel, ["sex", "age"], wave="some", to="all", trim=None)
    return made["all"], panel, panel.wave("some"), weights


def shares(data, weights, design, **options):
    made = cb.proportions(data, "job", by="role", totals=True, weights=weights, design=design, **options)
    return made.columns["estimate"], made.columns["std_error"]


def differences(data, weights, design, **options):
    made = cb.compare_groups(data, "job", by="role", weights=weights, design=design, **options)
    return made.columns["estimate"], made.columns["std_error"]


both = pytest.mark.parametrize("made", [shares, differences])


def again(data, weights, made, times):
    """Estimates of replicates, by hand: shape (replicates, rows)."""
    place = np.searchsorted(weights.ids, data["person"].to_numpy())
    w = weights.replicate(times)[:, place]
    y = (data["job"] == "yes").to_numpy(dtype=float)
    lead = (data["role"] == "lead").to_numpy()
    lead, staff, whole = (
        w[:, inside] @ y[inside] / w[:, inside].sum(1) for inside in (lead, ~lead, lead | True)
    )
    return (staff - lead)[:, None] if made is differences else np.column_stack([whole, lead, staff])


def units_of(everybody, design):
    """The unit and the stratum of everybody, of whom one by one is drawn without clusters."""
    unit = np.arange(N) if design.clusters is None else everybody["school"].to_numpy()
    stratum = np.zeros(N) if design.strata is None else everybody["region"].astype("category").cat.codes
    return unit, np.asarray(stratum, dtype=int)


@every_design
@both
def test_linearized_adds_up_what_the_units_of_everybody_contribute(study, design, made):
    everybody, _, data, weights = study
    h, unit, stratum = 1e-5, *units_of(everybody, design)
    ones = np.ones((N, N))
    influence = (
        again(data, weights, made, ones + h * np.eye(N)) - again(data, weights, made, ones - h * np.eye(N))
    ) / (2 * h)
    totals = pd.DataFrame(influence).groupby([stratum, unit]).sum()
    deviations = totals - totals.groupby(level=0).transform("mean")
    n = totals.groupby(level=0).transform("size")
    expected = np.sqrt((deviations**2).mul(n / (n - 1), axis=0).sum())
    _, errors = made(data, weights, design)
    np.testing.assert_allclose(np.sort(errors), np.sort(expected), rtol=1e-5)


@every_design
@both
def test_the_jackknife_makes_the_weights_again_without_each_unit(study, design, made):
    everybody, _, data, weights = study
    unit, stratum = units_of(everybody, design)
    units = np.unique(unit)
    of = np.array([stratum[unit == u][0] for u in units])
    n = np.array([np.sum(of == h) for h in of])
    times = np.array(
        [
            np.where(unit == u, 0.0, np.where(stratum == h, m / (m - 1), 1.0))
            for u, h, m in zip(units, of, n, strict=True)
        ]
    )
    whole = again(data, weights, made, np.ones((1, N)))
    apart = again(data, weights, made, times) - whole
    expected = np.sqrt((apart**2 * ((n - 1) / n)[:, None]).sum(axis=0))
    _, errors = made(data, weights, design, variance="jackknife")
    np.testing.assert_allclose(np.sort(errors), np.sort(expected), rtol=1e-9)
    # Both estimate one variance.
    _, linearized = made(data, weights, design)
    np.testing.assert_allclose(linearized, errors, rtol=0.02)


@every_design
@both
def test_the_bootstrap_draws_units_of_everybody(study, design, made):
    everybody, _, data, weights = study
    whole = read_design(read(everybody), design)
    by_people = design.clusters is None
    stratum, n = (whole.unit, N) if by_people else (whole.stratum, whole.n_units)
    drawn = multipliers(
        "rao_wu",
        n,
        stratum=None if design.strata is None else stratum,
        n_resamples=120,
        rng=np.random.default_rng(8),
    )
    times = next(drawn).of()
    values = again(data, weights, made, times if by_people else times[:, whole.unit])
    estimate = again(data, weights, made, np.ones((1, N)))
    expected = np.sqrt(((values - estimate) ** 2).mean(axis=0))
    options = {"variance": "bootstrap", "bootstrap": cb.Bootstrap(n_resamples=120, rng=8)}
    _, errors = made(data, weights, design, **options)
    np.testing.assert_allclose(np.sort(errors), np.sort(expected), rtol=1e-9)


@pytest.mark.parametrize("variance", ["linearized", "jackknife"])
@both
def test_one_stratum_of_people_one_by_one_is_no_design(study, made, variance):
    _, panel, _, weights = study
    data = panel.wave("some", carry={"all": ["id", "one"]})
    _, errors = made(data, weights, None, variance=variance)
    for design in (
        cb.SurveyDesign(strata="one_all"),
        cb.SurveyDesign(clusters="id_all"),
        cb.SurveyDesign(strata="one_all", clusters="id_all"),
    ):
        _, same = made(data, weights, design, variance=variance)
        np.testing.assert_allclose(same, errors, rtol=1e-10)


@every_design
def test_intervals_of_replicates_draw_units_too(study, design):
    _, _, data, weights = study
    drawn = cb.Bootstrap(n_resamples=200, rng=2)
    row = cb.proportions(data, "job", weights=weights, design=design, method="bootstrap_bca", bootstrap=drawn)
    assert row.rows[0].conf_low < row.rows[0].estimate < row.rows[0].conf_high


def test_change_is_of_everybody_under_a_design_too(study):
    _, panel, _, weights = study
    made = cb.transitions(panel, "owns", weights=weights, design=CLUSTERS)
    assert any(
        "what each of the design's units contributes, of all 600 people" in note for note in made.notes
    )
    left_out = cb.transitions(panel, "owns", weights=weights, design=CLUSTERS, variance="jackknife")
    np.testing.assert_allclose(made.changed.std_error, left_out.changed.std_error, rtol=0.03)
    np.testing.assert_allclose(made.change.std_error, left_out.change.std_error, rtol=0.03)


def test_units_count_where_somebody_answered(study):
    _, _, data, weights = study
    row = cb.proportions(data, "job", weights=weights, design=CLUSTERS).rows[0]
    assert row.df == data["school"].nunique() - 3
    row = cb.proportions(data, "job", weights=weights, design=STRATA).rows[0]
    assert row.df == row.n - 3


# ---- whose design is known -----------------------------------------------------------------------------------


def noted(result):
    (note,) = [note for note in result.notes if "weights" in note]
    return note


@pytest.mark.parametrize("variance", ["linearized", "jackknife", "bootstrap"])
def test_the_note_says_whose_units_count(study, variance):
    _, _, data, weights = study
    drawn = cb.Bootstrap(n_resamples=100, rng=1)
    result = cb.proportions(data, "job", weights=weights, design=CLUSTERS, variance=variance, bootstrap=drawn)
    assert "the design's units" in noted(result)
    assert "of all 600 people, those who did not answer too" in noted(result)


def test_columns_may_be_carried_over_from_the_wave_of_everybody(study):
    _, panel, data, weights = study
    carried = panel.wave("some", carry={"all": ["school", "region"]}).drop(columns=["school", "region"])
    design = cb.SurveyDesign(strata="region_all", clusters="school_all")
    for frame in (carried, pl.from_pandas(carried)):
        found = cb.proportions(frame, "job", weights=weights, design=design).rows[0]
        assert (
            found.std_error == cb.proportions(data, "job", weights=weights, design=CLUSTERS).rows[0].std_error
        )


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_any_frame_gives_the_same(study, kind):
    _, _, data, weights = study
    expected = cb.proportions(data, "job", weights=weights, design=CLUSTERS).rows[0].std_error
    made = {name: native(frame, kind) for name, frame in frames().items()}
    panel = cb.link_waves(made, on="id")
    weights = cb.attrition_weights(panel, ["sex", "age"], wave="some", to="all", trim=None)
    row = cb.proportions(panel.wave("some"), "job", weights=weights, design=CLUSTERS).rows[0]
    assert row.std_error == pytest.approx(expected, rel=1e-12)


def native(frame, kind):
    return {"pandas": frame, "polars": pl.from_pandas(frame), "pyarrow": pa.Table.from_pandas(frame)}[kind]


UNKNOWN = {
    "no such column": (lambda a, s: (a.drop(columns="school"), s), "wave 'all' has no column 'school'"),
    "missing": (
        lambda a, s: (a.assign(school=a.school.astype(float).where(a.index != 7)), s),
        "in wave 'all' there is 'school', missing in 1 row",
    ),
    "another": (
        lambda a, s: (a, s.assign(school=s.school.where(s.index > 1, 99))),
        "wave 'all' has another 'school' for 2 of them",
    ),
}


@pytest.mark.parametrize(("change", "why"), UNKNOWN.values(), ids=UNKNOWN)
def test_where_units_of_everybody_are_not_known_weights_count_as_known(change, why):
    made = frames()
    everybody, some = change(made["all"], made["some"])
    panel = cb.link_waves({"all": everybody, "some": some}, on="id")
    weights = cb.attrition_weights(panel, ["sex", "age"], wave="some", to="all")
    data = panel.wave("some")
    result = cb.proportions(data, "job", weights=weights, design=CLUSTERS)
    assert "takes the weights as known" in noted(result)
    assert why in noted(result)
    known = data.merge(weights.values, on="person")
    same = cb.proportions(known, "job", weights="weight", design=CLUSTERS).rows[0]
    assert result.rows[0].std_error == pytest.approx(same.std_error, rel=1e-12)


def test_weights_that_were_saved_know_no_units(study):
    _, _, data, weights = study
    for other in (pickle.loads(pickle.dumps(weights)), copy.deepcopy(weights)):
        assert other == weights
        result = cb.proportions(data, "job", weights=other, design=CLUSTERS)
        assert "weights that were saved or copied" in noted(result)
    assert b"Panel" not in pickle.dumps(weights)


def test_population_sizes_do_not_shrink_what_answering_adds(study):
    _, panel, _, weights = study
    data = panel.wave("some")
    design = cb.SurveyDesign(clusters="school", population_size=90)
    result = cb.proportions(data, "job", weights=weights, design=design)
    assert "not how many of them answer" in noted(result)


def test_a_chain_is_of_everybody_where_it_starts():
    made = frames()
    middle = made["all"].loc[made["all"].index % 5 > 0, ["id"]].assign(mid="x")
    panel = cb.link_waves({"start": made["all"], "mid": middle, "some": made["some"]}, on="id")
    first = cb.attrition_weights(panel, ["sex"], wave="mid", to="start")
    weights = cb.attrition_weights(
        panel, {"start": ["age"]}, wave="some", to="mid", base_weights=first, trim=None
    )
    data = panel.wave("some", also_in="mid")
    by_taylor, left_out = (
        cb.proportions(data, "job", weights=weights, design=CLUSTERS, variance=v).rows[0].std_error
        for v in ("linearized", "jackknife")
    )
    assert by_taylor == pytest.approx(left_out, rel=0.03)
    note = noted(cb.proportions(data, "job", weights=weights, design=CLUSTERS))
    assert "of all 600 people" in note


# ---- rows that are calibrated --------------------------------------------------------------------------------


def calibrated(**options):
    rng = np.random.default_rng(3)
    school = np.repeat(np.arange(24), 10)
    lift = rng.normal(size=24)[school]
    data = pd.DataFrame({"school": school, "region": np.array(["n", "s"])[school % 2]})
    data["age"] = np.where(lift + rng.normal(size=240) > 0, "old", "young")
    data["job"] = np.where(lift + (data.age == "old") + rng.normal(size=240) > 0.5, "yes", "no")
    data["drawn"] = rng.uniform(1.0, 3.0, 240)
    data["of"] = np.where(data.region == "n", 16, 40)
    totals = {"age": {"old": 250, "young": 230}, "region": {"n": 240, "s": 240}}
    return data, cb.calibrate(data, totals, weights="drawn", **options)


@pytest.mark.parametrize("size", [None, "of"])
@pytest.mark.parametrize("distance", ["linear", "raking"])
def test_a_design_of_calibrated_rows_knows_the_calibration(distance, size):
    data, weights = calibrated(distance=distance)
    design = cb.SurveyDesign(strata="region", clusters="school", population_size=size)
    row = cb.proportions(data, "job", weights=weights, design=design).rows[0]
    y = (data.job == "yes").to_numpy(dtype=float)
    w = weights.weight
    # Residuals of y - p from the regression on the margins, by the weights that are calibrated.
    x = np.column_stack([data.age == "old", data.age == "young", data.region == "n"]).astype(float)
    z = y - row.estimate
    by = data.drawn.to_numpy() if distance == "linear" else w
    residual = z - x @ np.linalg.lstsq(x * np.sqrt(by)[:, None], z * np.sqrt(by), rcond=None)[0]
    totals = pd.Series(w * residual / w.sum()).groupby([data.region, data.school]).sum()
    centred = totals - totals.groupby(level=0).transform("mean")
    left = 1 - 12 / totals.index.get_level_values(0).map({"n": 16, "s": 40}) if size else 1.0
    assert row.std_error == pytest.approx(np.sqrt((centred**2 * left * 12 / 11).sum()), rel=1e-6)
    if size is None:
        known = data.assign(w=w)
        as_known = cb.proportions(known, "job", weights="w", design=design).rows[0].std_error
        assert abs(row.std_error / as_known - 1) > 0.05


def test_a_lonely_unit_is_said_of_everybody(study):
    made = frames()
    made["all"].loc[0, ["school", "region"]] = 99, "alone"
    some = made["some"]
    some.loc[some.id == "p0", ["school", "region"]] = 99, "alone"
    panel = cb.link_waves({"all": made["all"], "some": some}, on="id")
    weights = cb.attrition_weights(panel, ["sex", "age"], wave="some", to="all")
    with pytest.raises(MethodError, match="lonely_psu"):
        cb.proportions(panel.wave("some"), "job", weights=weights, design=CLUSTERS)
    for rule in ("certainty", "adjust", "average"):
        design = cb.SurveyDesign(strata="region", clusters="school", lonely_psu=rule)
        by_taylor, left_out = (
            cb.proportions(panel.wave("some"), "job", weights=weights, design=design, variance=v).rows[0]
            for v in ("linearized", "jackknife")
        )
        assert by_taylor.std_error == pytest.approx(left_out.std_error, rel=0.03)


def test_calibrated_people_of_other_weights_are_those_of_the_rows():
    """Weights of a column are known: a part of their people is everybody whom calibration is of."""
    rng = np.random.default_rng(2)
    base = pd.DataFrame({"id": range(60), "w": rng.uniform(1, 2, 60), "a": ["x", "y"] * 30})
    base["job"] = rng.choice(["yes", "no"], 60)
    panel = cb.link_waves({"one": base, "two": base[["id"]]}, on="id")
    rows = panel.wave("one")
    given = cb.Weights.from_column(rows, "w", population="all")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        part = rows.iloc[:40]
        weights = cb.calibrate(part, {"a": {"x": 50, "y": 50}}, weights=given)
        np.testing.assert_allclose(weights.replicate(np.ones((1, 40)))[0], weights.weight)
        row = cb.proportions(part, "job", weights=weights, variance="linearized").rows[0]
    assert np.isfinite(row.std_error)


@pytest.mark.parametrize("size", [None, "size"])
def test_calibrated_rows_of_a_design_are_those_of_r(size):
    """`tests/golden/r/calibrated_design.R`: survey's calibrate(), svymean() and svyratio()."""
    i = np.arange(240)
    school = i // 10
    age = np.where((i * i + school) % 5 < 2, "old", "young")
    data = pd.DataFrame({"school": school, "region": np.where(school % 2 == 0, "n", "s"), "age": age})
    data["w"], data["size"] = 1 + (i % 7) / 7, np.where(school % 2 == 0, 16, 40)
    data["job"] = ((i * 3 + school * school) % 11 < np.where(age == "old", 7, 3)).astype(int)
    data["g"] = np.where(i % 3 == 0, "p", "q")
    totals = {"age": {"old": 250, "young": 230}, "region": {"n": 240, "s": 240}}
    weights = cb.calibrate(data, totals, weights="w", distance="linear")
    design = cb.SurveyDesign(strata="region", clusters="school", population_size=size)
    known = json.loads(GOLDEN.read_text())["clusters of a finite population" if size else "clusters"]
    row = cb.proportions(data, "job", weights=weights, design=design).rows[0]
    assert (row.estimate, row.std_error) == pytest.approx((known["mean"], known["se"]), rel=1e-8)
    row = cb.proportions(data, "job", by="g", weights=weights, design=design).rows[0]
    assert row.group == (("g", "p"),)
    assert (row.estimate, row.std_error) == pytest.approx((known["mean_p"], known["se_p"]), rel=1e-8)
