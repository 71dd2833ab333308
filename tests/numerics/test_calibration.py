"""The solver of calibration: worked values, brute force, and what redundant or impossible totals do to it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from credbenefits.numerics.calibration.constraints import Constraints
from credbenefits.numerics.calibration.distances import Linear, Logit, Raking, distance_of
from credbenefits.numerics.calibration.feasible import nearest_bounds, never_above_zero, unreachable
from credbenefits.numerics.calibration.redundant import contradiction
from credbenefits.numerics.calibration.solve import calibrate_cells

#: A table of 100 people, rows by columns, and the totals of its rows and columns (METHODS 4.3).
TABLE = np.array([20.0, 30.0, 10.0, 40.0])
TOTALS = np.array([40.0, 60.0, 55.0, 45.0])
X = Constraints([np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])], [2, 2], np.zeros((4, 0)))


def ratios(distance, x=X, mass=TABLE, totals=TOTALS):
    made = calibrate_cells(x, mass[None], totals[None], distance)
    assert made.met[0]
    return made.ratio[0]


def test_raking_keeps_the_odds_ratio():
    cells = TABLE * ratios(Raking())
    np.testing.assert_allclose(cells, [27.637690, 12.362310, 27.362310, 32.637690], atol=5e-7)
    assert cells[0] * cells[3] / (cells[1] * cells[2]) == pytest.approx(2.666667, abs=5e-7)


def test_linear_worked_by_hand():
    np.testing.assert_allclose(ratios(Linear()), [1.61, 0.26, 2.28, 0.93], atol=1e-12)


def test_logit_worked_values():
    expected = [1.485595, 0.342937, 2.528810, 0.867798]
    np.testing.assert_allclose(ratios(Logit((0.2, 3.0))), expected, atol=5e-7)


def test_entropy_balancing_is_raking():
    """Four people with x = 0, 1, 2, 3 and the mean 1.8 (METHODS 4.4)."""
    x = Constraints([np.zeros(4, dtype=int)], [1], np.arange(4.0)[:, None])
    made = ratios(Raking(), x, np.full(4, 0.25), np.array([1.0, 1.8])) / 4
    np.testing.assert_allclose(made, [0.16708688, 0.21326586, 0.27220765, 0.34743961], atol=5e-9)
    assert np.log(made[1] / made[0]) == pytest.approx(0.24402566, abs=5e-9)


@pytest.mark.parametrize(
    ("name", "bounds"),
    [("raking", (0.3, 2.5)), ("linear", (0.27, 2.6)), ("linear", (0.3, 2.45)), ("raking", (0.0, 2.5))],
)
def test_bounded_distances_against_a_general_optimiser(name, bounds):
    """Minimise sum d G(w / d) itself, within the bounds, by SciPy's SLSQP."""
    loss = {
        "raking": lambda r: TABLE @ (r * np.log(r) - r),
        "linear": lambda r: TABLE @ np.square(r - 1.0),
    }[name]
    met = {"type": "eq", "fun": lambda r: X.matrix[:, :3].T @ (TABLE * r) - TOTALS[:3]}
    span = [(max(bounds[0], 1e-9), bounds[1])] * 4
    found = minimize(
        loss,
        np.clip(np.ones(4), *bounds),
        bounds=span,
        constraints=[met],
        options={"ftol": 1e-14, "maxiter": 500},
    )
    np.testing.assert_allclose(ratios(distance_of(name, bounds, 1.0)), found.x, atol=1e-5)


def random_problem(rng, n_cells=30, numbers=1):
    codes = [rng.integers(0, k, n_cells) for k in (2, 3, 4)]
    for place, k in zip(codes, (2, 3, 4), strict=True):
        place[:k] = np.arange(k)
    x = Constraints(codes, [2, 3, 4], rng.normal(3.0, 1.0, (n_cells, numbers)))
    mass = rng.gamma(2.0, 1.0, n_cells)
    return x, mass, x.sums((mass * rng.uniform(0.5, 1.6, n_cells))[None])[0]


@given(st.integers(0, 10**6), st.sampled_from(["raking", "linear", "logit"]), st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_totals_are_met_and_ratios_are_a_function_of_x(seed, name, numbers):
    """The optimum is d F(x b): with the totals met that decides it, as the problem is convex."""
    x, mass, totals = random_problem(np.random.default_rng(seed), numbers=numbers)
    bounds = (0.2, 3.5) if name == "logit" else None
    made = calibrate_cells(x, mass[None], totals[None], distance_of(name, bounds, 1.0))
    assert made.met[0]
    np.testing.assert_allclose(x.matrix.T @ (mass * made.ratio[0]), totals, rtol=1e-10)
    low, high = bounds or (0.0, 1.0)
    inverse = {
        "raking": np.log,
        "linear": lambda r: r - 1.0,
        "logit": lambda r: np.log((r - low) / (high - r)),
    }
    u = inverse[name](made.ratio[0])
    b = np.linalg.lstsq(x.matrix, u, rcond=None)[0]
    np.testing.assert_allclose(x.matrix @ b, u, atol=1e-6)


@pytest.mark.parametrize("name", ["raking", "linear", "logit"])
@pytest.mark.parametrize("numbers", [0, 1])
def test_many_replicates_are_as_one_each(name, numbers):
    rng = np.random.default_rng(5)
    x, mass, totals = random_problem(rng, numbers=numbers)
    many = mass * rng.poisson(3.0, (20, mass.size))
    aims = totals * many.sum(axis=1, keepdims=True) / mass.sum()
    distance = distance_of(name, (0.01, 30.0) if name == "logit" else None, 1.0)
    together = calibrate_cells(x, many, aims, distance)
    alone = [calibrate_cells(x, m[None], a[None], distance) for m, a in zip(many, aims, strict=True)]
    assert together.met.sum() > 15
    np.testing.assert_array_equal(together.met, [each.met[0] for each in alone])
    here = together.met[:, None] & (many > 0)
    np.testing.assert_allclose(
        together.ratio[here], np.concatenate([a.ratio for a in alone])[here], rtol=1e-8
    )


def test_sums_of_codes_are_products_of_the_matrix():
    rng = np.random.default_rng(2)
    x, mass, _ = random_problem(rng, numbers=2)
    for n in (1, 3):
        weight, b = rng.random((n, mass.size)), rng.normal(size=(n, x.n_columns))
        np.testing.assert_allclose(x.sums(weight), weight @ x.matrix)
        np.testing.assert_allclose(x.times(b), b @ x.matrix.T)
        np.testing.assert_allclose(x.squares(weight), np.einsum("rc,ci,cj->rij", weight, x.matrix, x.matrix))
        np.testing.assert_allclose(x.diagonal(weight), weight @ x.matrix**2)
        np.testing.assert_allclose(x.absolute_sums(weight), weight @ np.abs(x.matrix))


# ---- totals that nobody can meet --------------------------------------------------------------------------


def test_totals_that_follow_from_others_are_no_matter():
    assert contradiction(X, TABLE, TOTALS) is None
    twice = Constraints([*X.codes, X.codes[0]], [2, 2, 2], np.array([[1.0], [1.0], [3.0], [3.0]]))
    totals = np.concatenate([TOTALS, TOTALS[:2], [40.0 + 3 * 60.0]])
    assert contradiction(twice, TABLE, totals) is None
    np.testing.assert_allclose(ratios(Raking(), twice, TABLE, totals), ratios(Raking()), rtol=1e-9)


def test_contradictory_totals_are_named():
    twice = Constraints([*X.codes, X.codes[0]], [2, 2, 2], np.zeros((4, 0)))
    found = contradiction(twice, TABLE, np.concatenate([TOTALS, [41.0, 59.0]]))
    assert found.tolist() == [4, 0]  # the same people as the first level of the first margin
    assert not calibrate_cells(
        twice, TABLE[None], np.concatenate([TOTALS, [41.0, 59.0]])[None], Raking()
    ).met[0]


def test_totals_that_take_weights_below_zero_are_named():
    empty = np.array([20.0, 0.0, 10.0, 40.0])
    totals = np.array([60.0, 40.0, 55.0, 45.0])  # the first row is in the first column alone, and 60 > 55
    assert unreachable(X, empty, totals).size > 0
    assert not calibrate_cells(X, empty[None], totals[None], Raking()).met[0]
    made = calibrate_cells(X, empty[None], totals[None], Linear())
    assert made.met[0]
    assert made.ratio[0].min() < 0
    assert unreachable(X, TABLE, TOTALS).size == 0


def test_cells_without_any_weight_are_named():
    empty = np.array([20.0, 0.0, 10.0, 40.0])
    assert never_above_zero(X, empty, np.array([55.0, 45.0, 55.0, 45.0])).tolist() == [2]
    assert never_above_zero(X, TABLE, TOTALS).size == 0


@pytest.mark.parametrize("bounds", [(0.5, 2.0), (0.9, 1.1), (0.3, 2.0), (0.0, 1.5), (0.3, np.inf)])
@pytest.mark.parametrize("name", ["raking", "linear", "logit"])
def test_nearest_bounds_will_do_and_slightly_narrower_ones_will_not(bounds, name):
    low, high = nearest_bounds(X, TABLE, TOTALS, bounds)
    assert low <= bounds[0]
    assert high >= bounds[1]
    if np.isfinite(high) or name != "logit":
        made = calibrate_cells(X, TABLE[None], TOTALS[None], distance_of(name, (low, high), 1.0))
        assert made.met[0]
    # All tables with these margins: one number decides them.
    first = np.linspace(0.0, 40.0, 400_001)
    cells = np.stack([first, 40.0 - first, 55.0 - first, 5.0 + first])
    ratio = (cells / TABLE[:, None])[:, (cells >= 0).all(axis=0)]
    lower, higher = np.maximum(bounds[0] - ratio.min(axis=0), 0), np.maximum(ratio.max(axis=0) - bounds[1], 0)
    least = (lower + higher).min()
    widened = bounds[0] - low + (high - bounds[1] if np.isfinite(high) else 0.0)
    assert least - 1e-4 <= widened <= least + 0.03


@settings(max_examples=20, deadline=None)
@given(st.floats(0.0, 0.999), st.integers(0, 2**32 - 1))
def test_raking_is_the_same_from_proportional_fitting_and_from_zero(dependence, seed):
    """One replicate begins where rounds of proportional fitting end, several begin at the given weights."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 4, 40)
    second = np.where(rng.random(40) < dependence, first, rng.integers(0, 4, 40))
    x = Constraints([first, second], [4, 4], np.zeros((40, 0)))
    mass = rng.gamma(2.0, 1.0, 40)
    totals = x.sums((mass * rng.gamma(3.0, 0.3, 40))[None])[0]
    one = calibrate_cells(x, mass[None], totals[None], Raking())
    two = calibrate_cells(x, np.stack([mass, mass]), np.stack([totals, totals]), Raking())
    assert one.met.all()
    assert two.met.all()
    np.testing.assert_allclose(one.ratio[0], two.ratio[0], rtol=1e-8)
    np.testing.assert_allclose(x.sums(mass * one.ratio)[0], totals, rtol=1e-10)


@pytest.mark.parametrize("totals", [[40.0, 60.0, 0.0, 100.0], [40.0, 60.0, 1e-300, 100.0]])
def test_a_total_of_nothing_does_no_harm_to_the_start(totals):
    with np.errstate(all="raise", under="ignore"):
        made = calibrate_cells(X, TABLE[None], np.array([totals]), Raking())
    assert np.isfinite(made.ratio).all()
