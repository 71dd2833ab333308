"""Rates of response from counts: published examples, every rate by hand, and their order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credbenefits.numerics.response.rates import (
    DISPOSITIONS,
    FORMULAS,
    eligible_share,
    numerators_and_bases,
)


def rates(counts, e=None):
    """Return all rates by name."""
    n = [counts.get(name, 0) for name in DISPOSITIONS]
    share = eligible_share(n) if e is None else e
    top, base = numerators_and_bases(n, list(FORMULAS), share)
    return dict(zip(FORMULAS, (top / base).tolist(), strict=True))


def test_the_published_example_of_outcomerate():
    """README of rOpenSci's R package outcomerate 1.0.1, which prints three decimals; UH and UO are unknown."""
    asked = {
        "complete": 4,
        "partial": 2,
        "refused": 1,
        "no_contact": 1,
        "other": 1,
        "unknown": 2,
        "ineligible": 1,
    }
    printed = {
        "RR1": 0.364,
        "RR2": 0.545,
        "RR3": 0.370,
        "RR4": 0.556,
        "RR5": 0.444,
        "RR6": 0.667,
        "COOP1": 0.500,
        "COOP2": 0.750,
        "COOP3": 0.571,
        "COOP4": 0.857,
        "REF1": 0.091,
        "REF2": 0.093,
        "REF3": 0.111,
        "CON1": 0.727,
        "CON2": 0.741,
        "CON3": 0.889,
    }
    assert eligible_share([asked.get(name, 0) for name in DISPOSITIONS]) == pytest.approx(0.9)
    found = rates(asked)
    assert {name: round(found[name], 3) for name in printed} == printed


def test_aapors_formulas_with_e_given():
    """The formulas of AAPOR's Standard Definitions worked out elsewhere (14 digits)."""
    asked = {"complete": 600, "partial": 40, "refused": 220, "no_contact": 90, "other": 30, "unknown": 120}
    expected = {
        "RR1": 0.5454545454545454,
        "RR2": 0.5818181818181818,
        "RR3": 0.5703422053231939,
        "RR4": 0.6083650190114068,
        "RR5": 0.6122448979591837,
        "RR6": 0.6530612244897959,
        "COOP1": 0.6741573033707865,
        "COOP2": 0.7191011235955056,
        "COOP3": 0.6976744186046512,
        "COOP4": 0.7441860465116279,
        "REF1": 0.2,
        "REF2": 0.20912547528517111,
        "REF3": 0.22448979591836735,
        "CON1": 0.8090909090909091,
        "CON2": 0.8460076045627376,
        "CON3": 0.9081632653061225,
    }
    found = rates(asked, e=0.6)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-14)


def test_the_rates_that_aapor_has_not_by_hand():
    asked = {
        "complete": 40,
        "partial": 10,
        "refused": 5,
        "no_contact": 20,
        "other": 5,
        "unknown": 10,
        "ineligible": 8,
        "not_invited": 30,
        "other_source": 12,
    }
    found = rates(asked)
    # Invited: 40 + 10 + 5 + 20 + 5 + 10 + 12 + 8 = 110; in the population: 102 without the ineligible, and 30.
    assert found["participation"] == pytest.approx(50 / 110)
    assert found["completion"] == pytest.approx(40 / 50)
    assert found["break_off"] == pytest.approx(10 / 50)
    assert found["knowledge"] == pytest.approx(62 / 132)
    # Known from another source and silent: asked, eligible, not reached.
    assert found["RR1"] == pytest.approx(40 / 102)
    assert found["RR3"] == pytest.approx(40 / (92 + 0.92 * 10))
    assert found["CON3"] == pytest.approx(60 / 92)
    assert found["COOP1"] == pytest.approx(40 / 60)


def test_a_base_of_nobody_and_an_e_of_nobody_are_not_numbers():
    with np.errstate(invalid="ignore", divide="ignore"):
        found = rates({"unknown": 7})
    assert found["RR1"] == 0.0
    assert np.isnan([found[name] for name in ("RR3", "RR5", "COOP1", "REF2", "CON3", "completion")]).all()
    # Without anybody of unknown eligibility e does not matter.
    assert rates({"complete": 1}, e=np.nan)["RR3"] == 1.0


@settings(max_examples=60)
@given(st.lists(st.integers(0, 40), min_size=9, max_size=9), st.floats(0, 1))
def test_rates_keep_their_order(counts, e):
    n = np.array(counts)
    n[0] += 1
    top, base = numerators_and_bases(n, list(FORMULAS), e)
    found = dict(zip(FORMULAS, (top / base).tolist(), strict=True))
    assert ((top <= base + 1e-9) & (top >= 0)).all()
    for low, middle, high in (
        ("RR1", "RR3", "RR5"),
        ("RR2", "RR4", "RR6"),
        ("REF1", "REF2", "REF3"),
        ("CON1", "CON2", "CON3"),
    ):
        assert found[low] <= found[middle] + 1e-12 <= found[high] + 2e-12
    for full, part in (
        ("RR1", "RR2"),
        ("RR3", "RR4"),
        ("RR5", "RR6"),
        ("COOP1", "COOP2"),
        ("COOP3", "COOP4"),
    ):
        assert found[full] <= found[part]
    assert found["COOP1"] <= found["COOP3"]
    assert found["completion"] + found["break_off"] == pytest.approx(1)
    # Who answered is who was reached times who cooperated.
    assert found["CON1"] * found["COOP2"] == pytest.approx(found["RR2"])


def test_arrays_of_counts_are_worked_out_at_once():
    rng = np.random.default_rng(2)
    n = rng.integers(1, 50, (3, 4, 9))
    e = eligible_share(n)
    top, base = numerators_and_bases(n, list(FORMULAS), e)
    assert top.shape == base.shape == (3, 4, len(FORMULAS))
    for place in np.ndindex(3, 4):
        alone = numerators_and_bases(n[place], list(FORMULAS), e[place])
        assert np.array_equal(top[place], alone[0])
        assert np.array_equal(base[place], alone[1])
