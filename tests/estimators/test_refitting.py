"""Variances that know that weights are estimated, against the estimator itself, run with weights made again."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import DataWarning, SeparationError
from credbenefits.numerics.resampling.multipliers import multipliers

N = 60
pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")


def frames(seed=5, n=N):
    rng = np.random.default_rng(seed)
    everybody = pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(n)],
            "sex": rng.choice(["f", "m"], n),
            "age": rng.choice(["young", "mid", "old"], n),
            "job": rng.choice(["yes", "no"], n),
            "school": np.arange(n) % 9,
        }
    )
    lean = 0.5 + 0.2 * (everybody.sex == "f") + 0.15 * (everybody.age == "old")
    some = everybody.loc[rng.random(n) < lean, ["id"]]
    m = len(some)
    some = some.assign(
        job=rng.choice(["yes", "no"], m),
        pay=rng.choice(["up", "down", "same", None], m),
        moved=rng.choice([1.0, 0.0, np.nan], m, p=[0.4, 0.5, 0.1]),
        why=rng.choice(["money;time", "time", "money", "fun", None], m),
        role=rng.choice(["staff", "lead"], m),
        site=rng.choice(["north", "south"], m),
    )
    return {"all": everybody, "some": some}


@pytest.fixture(scope="module")
def study():
    panel = cb.link_waves(frames(), on="id")
    weights = cb.attrition_weights(panel, ["sex", "age"], wave="some", to="all", trim=3.0)
    return panel, panel.wave("some"), weights


WHY = cb.SelectAll("why", separator=";")
SHARES = {
    "several": (["moved", "job"], {}),
    "crossed, with totals": (["moved", "job"], {"by": ["role", "site"], "totals": True}),
    "each level": (cb.Item("pay", each_level=True), {"by": "site"}),
    "select all": (WHY, {}),
    "among": ("moved", {"among": "job"}),
    "joint": ("moved", {"among": "job", "share": "joint", "by": "role"}),
    "any of": (cb.any_of("moved", "job"), {}),
}
COMPARISONS = {
    "every pair": (["moved", "job"], {"by": ["role", "site"]}),
    "reference": (cb.Item("pay", each_level=True), {"by": "role", "reference": "lead"}),
    "rest": ("moved", {"by": ["role", "site"], "reference": "rest"}),
    "overall": ("moved", {"by": ["role", "site"], "reference": "overall"}),
    "select all": (WHY, {"by": "role"}),
}


def shares(study, call, weight=None, **options):
    _, data, weights = study
    items, asked = SHARES[call]
    return _of_rows(cb.proportions, data, items, asked, weights, weight, options)


def comparisons(study, call, weight=None, **options):
    _, data, weights = study
    items, asked = COMPARISONS[call]
    return _of_rows(cb.compare_groups, data, items, asked, weights, weight, options)


def _of_rows(estimator, data, items, asked, weights, weight, options):
    if weight is None:
        return estimator(data, items, weights=weights, **asked, **options)
    given = pd.Series(weight, weights.ids)[data["person"]].to_numpy()
    return estimator(data.assign(w=given), items, weights="w", **asked, **options)


def changes(study, call, weight=None, **options):
    panel, _, weights = study
    asked = {"by": "sex"} if call == "groups" else {"among": "job"} if call == "among" else {}
    given = weights
    if weight is not None:
        given = replace(weights, weight=weight, _run=None)
    return cb.transitions(panel, "job", weights=given, **asked, **options)


CALLS = [
    *((shares, call) for call in SHARES),
    *((comparisons, call) for call in COMPARISONS),
    *((changes, call) for call in ("plain", "groups", "among")),
]
every_call = pytest.mark.parametrize(("made", "call"), CALLS, ids=[f"{f.__name__} {c}" for f, c in CALLS])


def estimates(result):
    return np.array([row.estimate for row in result.rows])


def errors(result):
    return np.array([row.std_error for row in result.rows])


def run_again(study, made, call, times):
    """The estimates with the weights of each replicate: shape (replicates, rows of the result)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.array([estimates(made(study, call, row)) for row in study[2].replicate(times)])


def close(found, expected, **tolerance):
    known = ~np.isnan(found)  # where nobody or everybody said yes
    assert known.mean() > 0.6
    np.testing.assert_allclose(found[known], expected[known], **tolerance)


@every_call
def test_linearized_is_the_sum_of_what_everybody_contributes(study, made, call):
    step = 1e-5
    more, less = (run_again(study, made, call, 1.0 + sign * step * np.eye(N)) for sign in (1, -1))
    influence = (more - less) / (2 * step)
    expected = np.sqrt((influence**2).sum(axis=0) * N / (N - 1))
    close(errors(made(study, call, variance="linearized")), expected, rtol=1e-5)


@every_call
def test_the_jackknife_leaves_out_everybody_in_turn(study, made, call):
    without = run_again(study, made, call, 1.0 - np.eye(N))
    result = made(study, call, variance="jackknife")
    expected = np.sqrt((N - 1) / N * ((without - estimates(result)) ** 2).sum(axis=0))
    close(errors(result), expected, rtol=1e-9)


@every_call
def test_the_bootstrap_draws_everybody_and_makes_the_weights_again(study, made, call):
    (batch,) = multipliers("simple", N, n_resamples=100, rng=np.random.default_rng(8))
    drawn = run_again(study, made, call, batch.of())
    result = made(study, call, variance="bootstrap", bootstrap=cb.Bootstrap(n_resamples=100, rng=8))
    expected = np.sqrt(np.nanmean((drawn - estimates(result)) ** 2, axis=0))
    close(errors(result), expected, rtol=1e-9)


@every_call
def test_estimates_are_those_of_weights_that_are_known(study, made, call):
    for variance in ("linearized", "jackknife", "bootstrap"):
        found = estimates(made(study, call, variance=variance))
        np.testing.assert_allclose(found, estimates(made(study, call, study[2].weight)), rtol=1e-12)


# ---- known values ------------------------------------------------------------------------------------------


def two_cells():
    """1,000 people in two cells, of whom 30 and 40 answered, and 12 and 10 said yes."""
    cells = [("a", 600, 30, 12), ("b", 400, 40, 10)]
    everybody = pd.DataFrame(
        [(f"{cell}{i}", cell) for cell, n, _, _ in cells for i in range(n)], columns=["id", "cell"]
    )
    some = pd.DataFrame(
        [(f"{cell}{i}", int(i < yes)) for cell, _, m, yes in cells for i in range(m)], columns=["id", "job"]
    )
    panel = cb.link_waves({"all": everybody, "some": some}, on="id")
    return panel, cb.attrition_weights(panel, "cell", wave="some", to="all", trim=None)


def test_two_cells_by_hand():
    # A model with a parameter a cell makes the share that of classes: sum of (N_c / N) p_c. Its variance over
    # draws of everybody is sum of (N_c / N)^2 p_c q_c / m_c, and that of N_c / N. The formula has no N / (N - 1).
    panel, weights = two_cells()
    row = cb.proportions(panel.wave("some"), "job", weights=weights, variance="linearized").rows[0]
    assert row.estimate == pytest.approx(0.34)
    p, m, share = np.array([0.4, 0.25]), np.array([30, 40]), np.array([0.6, 0.4])
    by_hand = (share**2 * p * (1 - p) / m).sum() + (share * (p - 0.34) ** 2).sum() / 1_000
    assert row.std_error**2 == pytest.approx(by_hand * 1_000 / 999, rel=1e-12)
    assert row.std_error == pytest.approx(0.0602942783 * np.sqrt(1_000 / 999), abs=1e-10)
    data = panel.wave("some").merge(weights.values, on="person")
    known = cb.proportions(data, "job", weights="weight", variance="linearized").rows[0]
    assert known.std_error == pytest.approx(0.0608736396 * np.sqrt(70 / 69), abs=1e-10)


@pytest.mark.shared
def test_obesity_of_children_at_the_third_visit(shared):
    """`geepack::muscatine`, whose 5,000 children were seen up to three times.

    The error of weights as known is that of R's survey 4.5 (svymean). The other was worked out in NumPy from the
    influence functions of a logistic regression (Beaumont 2005); with age as a number it is .009101.
    """
    rows = json.loads((shared / "gold" / "gold.json").read_text())["datasets"]["muscatine_grouped"]["rows"]
    everybody = [row for *row, n in rows if row[2] is not None for _ in range(n)]
    frame = pd.DataFrame(everybody, columns=["gender", "age", "o1", "o2", "o3"])
    frame = frame.assign(id=np.arange(len(frame)), age=frame.age.map("aged {}".format))
    waves = {
        "first": frame[["id", "gender", "age", "o1"]],
        "third": frame.loc[frame.o3.notna(), ["id", "o3"]],
    }
    panel = cb.link_waves(waves, on="id")
    weights = cb.attrition_weights(panel, ["gender", "age", "o1"], wave="third", to="first", trim=None)
    data = panel.wave("third").merge(weights.values, on="person")
    known = cb.proportions(data, "o3", weights="weight", variance="linearized").rows[0]
    assert (known.n, known.estimate) == (1954, pytest.approx(0.221851782365489, abs=1e-12))
    assert known.std_error == pytest.approx(0.00979698006138497, abs=1e-12)
    for variance, tolerance in (("linearized", 1e-12), ("jackknife", 3e-5), ("bootstrap", 4e-4)):
        bootstrap = cb.Bootstrap(rng=1) if variance == "bootstrap" else None
        row = cb.proportions(data, "o3", weights=weights, variance=variance, bootstrap=bootstrap).rows[0]
        assert row.std_error == pytest.approx(0.009224834717400935, abs=tolerance)
        assert row.n_effective <= row.n


# ---- what is left as it was ---------------------------------------------------------------------------------


def test_everybody_twice_has_half_the_variance():
    once = frames(n=900)
    twice = {name: pd.concat([f, f.assign(id=f.id + "x")]) for name, f in once.items()}
    made = []
    for each in (once, twice):
        panel = cb.link_waves(each, on="id")
        weights = cb.attrition_weights(panel, ["sex", "age"], wave="some", to="all")
        result = cb.proportions(panel.wave("some"), "moved", weights=weights, variance="linearized")
        made.append(
            (
                estimates(result)[0],
                errors(result)[0] ** 2 / (len(weights.everybody) / (len(weights.everybody) - 1)),
            )
        )
    assert made[0][0] == pytest.approx(made[1][0], rel=1e-10)
    assert made[0][1] == pytest.approx(2 * made[1][1], rel=1e-8)


def chained(seed=3, n=200):
    """Two steps, the second of which starts from the weights of the first, which start from a column."""
    rng = np.random.default_rng(seed)
    start = pd.DataFrame(
        {"id": np.arange(n), "sex": rng.choice(["f", "m"], n), "drawn": rng.uniform(1.0, 3.0, n)}
    )
    finish = start.loc[rng.random(n) < 0.6, ["id"]].assign(age=lambda f: rng.choice([*"xyz"], len(f)))
    later = finish.loc[rng.random(len(finish)) < 0.5, ["id"]].assign(job=lambda f: rng.integers(0, 2, len(f)))
    panel = cb.link_waves({"start": start, "finish": finish, "later": later}, on="id")
    first = cb.attrition_weights(panel, "sex", wave="finish", to="start", base_weights="drawn")
    weights = cb.attrition_weights(panel, "age", wave="later", to="finish", base_weights=first)
    return panel.wave("later"), weights


def test_variances_of_a_chain_are_over_everybody_where_it_starts():
    data, weights = chained()
    n = weights.everybody.size
    assert n == 200
    job = data.set_index("person").loc[weights.ids, "job"].to_numpy()

    def again(times):
        made = weights.replicate(times)
        return made @ job / made.sum(axis=1)

    step = 1e-5
    influence = (again(1 + step * np.eye(n)) - again(1 - step * np.eye(n))) / (2 * step)
    without = again(1.0 - np.eye(n))
    expected = {
        "linearized": (influence**2).sum() * n / (n - 1),
        "jackknife": ((without - again(np.ones((1, n)))) ** 2).sum() * (n - 1) / n,
    }
    for variance, known in expected.items():
        row = cb.proportions(data, "job", weights=weights, variance=variance).rows[0]
        assert row.std_error**2 == pytest.approx(known, rel=1e-6)


def test_variances_of_calibrated_rows_know_the_calibration():
    # Post-stratified: the variance is that of the residuals from the means of the classes (by hand, n / (n - 1)).
    data = pd.DataFrame({"sex": ["f"] * 12 + ["m"] * 8, "job": [1, 0, 1, 1, 0, 1] * 2 + [0, 1, 0, 0] * 2})
    weights = cb.calibrate(data, {"sex": {"f": 500, "m": 500}}, population="adults")
    row = cb.proportions(data, "job", weights=weights, variance="linearized").rows[0]
    mean = data.groupby("sex")["job"].transform("mean")
    residual = weights.weight * (data["job"] - mean) / 1_000
    assert row.estimate == pytest.approx((2 / 3 + 1 / 4) / 2)
    assert row.std_error**2 == pytest.approx((residual**2).sum() * 20 / 19)


# ---- replicates without weights -------------------------------------------------------------------------------


class Fails:
    """A recipe that makes no weights for replicates in which the first person is missing."""

    def __init__(self, recipe):
        self.recipe, self.n_people, self.calls = recipe, recipe.n_people, 0
        self.influence = recipe.influence

    def replicate(self, times):
        self.calls += 1
        if (times[:, 0] == 0).any():
            raise SeparationError("covariates", allowed="others", received="these", fix="Drop one.")
        return self.recipe.replicate(times)


def test_replicates_without_weights_are_left_out_counted_and_reported(study):
    _, data, weights = study
    failing = replace(weights, _run=Fails(weights._run))
    drawn = cb.Bootstrap(n_resamples=200, rng=4)
    with pytest.warns(DataWarning, match="weights could not be made again"):
        result = cb.proportions(data, "moved", weights=failing, variance="bootstrap", bootstrap=drawn)
    (batch,) = multipliers("simple", N, n_resamples=200, rng=np.random.default_rng(4))
    there = batch.of()[:, 0] > 0
    failed = int((~there).sum())
    assert (
        f"in {failed} of 200 replicates ({failed / 200:.1%}) the weights could not be made again"
        in "\n".join(result.notes)
    )
    values = run_again(study, shares, "several", batch.of()[there])[:, 0]
    assert result.rows[0].std_error == pytest.approx(
        np.sqrt(((values - result.rows[0].estimate) ** 2).mean())
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = cb.proportions(data, "moved", weights=failing, variance="jackknife")
    assert f"in 1 of {N} replicates" in "\n".join(result.notes)
    without = run_again(study, shares, "several", 1.0 - np.eye(N)[1:])[:, 0]
    mean = ((without - result.rows[0].estimate) ** 2).mean()
    assert result.rows[0].std_error == pytest.approx(np.sqrt((N - 1) * mean))


# ---- intervals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["bootstrap", "bootstrap_basic", "bootstrap_bca", "bootstrap_studentized"])
def test_bootstrap_intervals_come_from_weights_made_again(study, method):
    _, data, weights = study
    drawn = cb.Bootstrap(n_resamples=400, rng=2, keep=True)
    result = cb.proportions(data, ["moved", "job"], weights=weights, method=method, bootstrap=drawn)
    (batch,) = multipliers("simple", N, n_resamples=400, rng=np.random.default_rng(2))
    again = run_again(study, shares, "several", batch.of())
    np.testing.assert_allclose(result.replicates.values, again, rtol=1e-10)
    row = result.rows[0]
    assert row.conf_low < row.estimate < row.conf_high
    if method == "bootstrap":
        low, high = np.quantile(again[:, 0], [0.025, 0.975])
        assert (row.conf_low, row.conf_high) == pytest.approx((low, high), abs=0.01)


def test_all_items_have_the_same_replicates(study):
    _, data, weights = study
    drawn = cb.Bootstrap(n_resamples=150, rng=2, keep=True, batch=40)
    together = cb.proportions(data, ["moved", "job"], weights=weights, bootstrap=drawn)
    alone = cb.proportions(
        data, "job", weights=weights, bootstrap=cb.Bootstrap(n_resamples=150, rng=2, keep=True)
    )
    np.testing.assert_allclose(together.replicates.values[:, 1], alone.replicates.values[:, 0], rtol=1e-12)


def test_wilson_takes_the_effective_size_of_the_variance(study):
    _, data, weights = study
    row = cb.proportions(data, "moved", weights=weights, variance="linearized").rows[0]
    assert row.n_effective == pytest.approx(min(row.estimate * (1 - row.estimate) / row.std_error**2, row.n))
    assert row.df == row.n - 1
