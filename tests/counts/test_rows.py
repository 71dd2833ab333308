"""People one by one: sums of their multiplied weights, moments and cases, against loops over the people."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.counts import rows as module
from credbenefits.counts.rows import Rows
from credbenefits.numerics.resampling.multipliers import Multipliers

GROUPS, STRATA = 3, 4


def file(seed=1, n=60, questions=3, *, missing=True):
    """Rows of a file: some take no part, and some did not answer."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(-5 if missing else 0, 2, n).astype(np.int8) for _ in range(questions)]
    return {
        "group": rng.integers(-1, GROUPS, n),
        "codes": codes,
        "unit": rng.integers(0, STRATA, n),
        "weight": rng.choice([0.5, 1.0, 2.5], n),
    }


def rows_of(given, **options):
    return Rows.of(**given, n_groups=GROUPS, **options)


def place(given, *, everybody=True):
    """Which row of the file each person of Rows is."""
    group = np.where(given["group"] < 0, GROUPS, given["group"])
    order = np.argsort(group, kind="stable")
    return order if everybody else order[group[order] < GROUPS]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 80), st.booleans(), st.sampled_from([1, 2]))
def test_sums_are_those_of_a_loop_over_people(seed, n, everybody, power):
    given = file(seed, n)
    rows = rows_of(given, everybody=everybody)
    order = place(given, everybody=everybody)
    assert rows.n_people == order.size
    m = np.random.default_rng(seed).integers(0, 4, (2, order.size)).astype(np.uint8)
    yes, base = rows.sums(Multipliers(m), power=power)
    for r, k, g in product(range(2), range(3), range(GROUPS)):
        here = [i for i, row in enumerate(order) if given["group"][row] == g]
        code = given["codes"][k]
        w = {i: m[r, i] * given["weight"][order[i]] ** power for i in here}
        assert yes[r, k, g] == pytest.approx(sum(w[i] for i in here if code[order[i]] == 1), rel=1e-12)
        assert base[r, k, g] == pytest.approx(sum(w[i] for i in here if code[order[i]] >= 0), rel=1e-12)


def test_multipliers_that_are_rescaled_are_rescaled_person_by_person():
    given = file(n=50)
    rows, rng = rows_of(given), np.random.default_rng(2)
    batch = Multipliers(rng.integers(0, 3, (4, 50)).astype(np.uint8), rng.random(50), rng.random(50))
    yes, base = rows.sums(batch)
    order = place(given)
    w = batch.of() * given["weight"][order]
    in_group = given["group"][order][:, None] == np.arange(GROUPS)
    for k, code in enumerate(given["codes"]):
        np.testing.assert_allclose(yes[:, k], (w * (code[order] == 1)) @ in_group, rtol=1e-12)
        np.testing.assert_allclose(base[:, k], (w * (code[order] >= 0)) @ in_group, rtol=1e-12)


@pytest.mark.parametrize(
    ("people", "replicates", "one_thread", "fewest"), [(1, 1, 1, 1), (7, 2, 10**9, 1), (64, 4, 500, 2)]
)
def test_how_many_are_worked_on_together_changes_nothing(monkeypatch, people, replicates, one_thread, fewest):
    rows, rng = rows_of(file(n=200)), np.random.default_rng(1)
    batch = Multipliers(rng.integers(0, 4, (5, 200)).astype(np.uint8), rng.random(200), rng.random(200))
    whole = rows.sums(batch)
    sizes = {"_PEOPLE": people, "_REPLICATES": replicates, "_ONE_THREAD": one_thread, "_FEWEST": fewest}
    for name, value in sizes.items():
        monkeypatch.setattr(module, name, value)
    np.testing.assert_allclose(rows.sums(batch), whole, rtol=1e-13)


def test_questions_that_the_same_people_answered_have_one_base():
    given = file(n=40, questions=1)
    (first,) = given["codes"]
    flipped = np.where(first >= 0, 1 - first, -3).astype(
        np.int8
    )  # another kind of no answer: the same people
    asked = np.where(given["group"] >= 0, 0, -1).astype(np.int8)  # who takes no part is of no account
    rows = rows_of(given | {"codes": [first, flipped, asked, first, np.ones(40, np.int8)]})
    assert rows._bases == ([0, 2], [0, 0, 1, 0, 1])


def test_without_weights_or_strata():
    given = file(n=30, missing=False)
    rows = Rows.of(given["group"], given["codes"], n_groups=GROUPS)
    once = Multipliers(np.ones((1, 30), dtype=np.uint8))
    yes, base = rows.sums(once)
    np.testing.assert_array_equal(
        base[0, 0], np.bincount(given["group"][given["group"] >= 0], minlength=GROUPS)
    )
    np.testing.assert_array_equal(rows.people_of_units, [30])
    np.testing.assert_array_equal(rows.moments(3)[0][0], yes[0])


@given(st.integers(0, 10**6), st.integers(1, 80), st.sampled_from([1, 2, 3]))
def test_moments_are_those_of_a_loop_over_people(seed, n, power):
    given = file(seed, n)
    rows = rows_of(given)
    yes, no = rows.moments(power)
    np.testing.assert_array_equal(rows.people_of_units, np.bincount(given["unit"]))
    assert yes.shape == no.shape == (rows.people_of_units.size, 3, GROUPS)
    for h, k, g in product(range(len(yes)), range(3), range(GROUPS)):
        here = (given["unit"] == h) & (given["group"] == g)
        for answer, sums in ((1, yes), (0, no)):
            expected = (given["weight"][here & (given["codes"][k] == answer)] ** power).sum()
            assert sums[h, k, g] == pytest.approx(expected, rel=1e-12)


@given(st.integers(0, 10**6), st.integers(1, 80))
def test_cases_are_people_who_are_alike(seed, n):
    given = file(seed, n)
    rows = rows_of(given)
    for k, code in enumerate(given["codes"]):
        people = zip(given["unit"], given["group"], code, given["weight"], strict=True)
        expected = Counter((h, g, c == 1, w) for h, g, c, w in people if g >= 0 and c >= 0)
        made = rows.cases(k)
        found = dict(zip(zip(*made[:4], strict=True), made.people, strict=True))
        assert len(found) == made.people.size
        assert found == expected


# ---- what is made of them -------------------------------------------------------------------------------


def brute_jackknife(frame, strata, group):
    """Leave everybody out in turn, raising the others of the stratum."""
    here = frame["q"].notna() & (frame["g"] == group)
    w, y = np.where(here, frame["w"], 0.0), frame["q"].fillna(0).to_numpy()
    share = (w * y).sum() / w.sum()
    total = 0.0
    for h in np.unique(strata):
        inside = np.flatnonzero(strata == h)
        n = inside.size
        for i in inside:
            left = w.copy()
            left[inside] *= n / (n - 1)
            left[i] = 0.0
            total += (n - 1) / n * ((left * y).sum() / left.sum() - share) ** 2
    return np.sqrt(total)


@pytest.mark.parametrize("kind", ["strata", "none"])
def test_the_jackknife_leaves_every_person_out(kind):
    import pandas as pd

    rng = np.random.default_rng(8)
    n = 60
    frame = pd.DataFrame(
        {
            "q": rng.choice([0.0, 1.0, np.nan], n, p=[0.4, 0.4, 0.2]),
            "g": rng.choice(["a", "b"], n),
            "h": rng.integers(0, 3, n) if kind == "strata" else 0,
            "w": rng.choice([1.0, 2.0, 3.5], n),
        }
    )
    design = cb.SurveyDesign(strata="h") if kind == "strata" else None
    made = cb.proportions(frame, "q", by="g", weights="w", design=design, variance="jackknife", totals=True)
    for row in made.rows[:2]:
        assert row.std_error == pytest.approx(brute_jackknife(frame, frame["h"], row.group[0][1]), rel=1e-12)
    everybody = brute_jackknife(frame.assign(g="(all)"), frame["h"], "(all)")
    assert made.rows[2].std_error == pytest.approx(everybody, rel=1e-12)


@pytest.mark.parametrize(
    ("method", "design"),
    [
        ("bootstrap", None),
        ("bootstrap_bca", None),
        ("bootstrap_studentized", None),
        ("bootstrap", cb.SurveyDesign(strata="h")),
        ("bootstrap_bca", cb.SurveyDesign(strata="h")),
    ],
)
def test_everybody_by_groups_and_in_all_are_drawn_alike(method, design):
    """Totals of groups are what a call without groups gives, where the same people can be drawn."""
    import pandas as pd

    rng = np.random.default_rng(9)
    n = 90
    frame = pd.DataFrame(
        {
            "q": rng.choice([0, 1], n),
            "r": rng.choice([0, 1], n),
            "g": np.sort(rng.choice(["a", "b"], n)),  # in order, so that people are drawn in the same order
            "h": rng.integers(0, 3, n),
            "w": rng.gamma(4.0, 0.25, n),
        }
    )
    how = {
        "weights": "w",
        "design": design,
        "method": method,
        "bootstrap": cb.Bootstrap(n_resamples=200, rng=4),
        "variance": "bootstrap",
    }
    apart = cb.proportions(frame, ["q", "r"], by="g", totals=True, **how).to_frame()
    whole = cb.proportions(frame, ["q", "r"], **how).to_frame()
    columns = ["estimate", "std_error", "conf_low", "conf_high"]
    np.testing.assert_allclose(
        apart.loc[apart["g"] == "(all)", columns].to_numpy(float), whole[columns].to_numpy(float), rtol=1e-12
    )
