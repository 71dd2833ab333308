"""Change in people who were linked by codes: from two waves of rows to a share whose truth is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from match_data import ORDERED, simulate

NAMES = [f"element {k}" for k in range(len(ORDERED))]
RANKS = [name for name, ordered in zip(NAMES, ORDERED, strict=True) if ordered]
ANSWERS = np.array(["never", "rarely", "sometimes", "often", "always"])
SHARES = [0.1, 0.2, 0.3, 0.25, 0.15]
CHANGED = 0.15


class Found(NamedTuple):
    """Share of wrong links, share who changed among all who returned, and what was made of it."""

    wrong: float
    expected_wrong: float
    realised: float
    naive: cb.results.transitions.Transition
    adjusted: cb.results.transitions.Transition


def study(people, *, error, seed):
    """Make two waves with codes and an answer, which some give differently the second time."""
    both = round(0.09 * people)
    codes = simulate(people, both, round(0.15 * both), error=error, seed=seed)
    rng = np.random.default_rng(10_000 + seed)
    everybody = people + round(0.15 * both)
    before = rng.choice(len(ANSWERS), everybody, p=SHARES)
    moved = rng.random(everybody) < CHANGED
    after = np.where(moved, (before + rng.integers(1, len(ANSWERS), everybody)) % len(ANSWERS), before)
    waves = {}
    for wave, code, person, answer in (
        ("before", codes.codes_a, codes.people_a, before),
        ("after", codes.codes_b, codes.people_b, after),
    ):
        frame = pd.DataFrame(code, columns=NAMES, dtype="Int64").mask(code < 0)
        waves[wave] = frame.assign(answer=ANSWERS[answer[person]])
    return waves, codes, float(moved[np.intersect1d(codes.people_a, codes.people_b)].mean())


def estimate(people, *, error, seed):
    """Link a study as a user would, and estimate who changed, with and without the correction."""
    waves, codes, realised = study(people, error=error, seed=seed)
    panel = cb.link_waves(waves, on=NAMES, method="code", ordered=RANKS, threshold=0.5)
    links = panel.links
    wrong = codes.people_a[links["linked_row"]] != codes.people_b[links["row"]]
    item = cb.Item("answer", each_level=True)
    adjusted = cb.transitions(panel, item)
    assert adjusted.linkage_error == "adjust"
    naive = cb.transitions(panel, item, linkage_error="ignore")
    assert naive.changed.estimate == adjusted.changed.unadjusted
    return Found(wrong.mean(), 1 - adjusted.match_probability, realised, naive.changed, adjusted.changed)


def means(found):
    """Average over studies what was estimated without and with correction, less what happened."""
    errors = [(f.naive.estimate - f.realised, f.adjusted.estimate - f.realised) for f in found]
    return np.mean(errors, axis=0)


def held(row, truth):
    return row.conf_low <= truth <= row.conf_high


def test_the_corrected_share_is_nearer_to_the_truth():
    # One answer in five differs: some 2% of the links are wrong, and of strangers' answers 78 in 100 differ.
    found = [estimate(2_500, error=0.2, seed=seed) for seed in range(3)]
    naive, adjusted = means(found)
    assert 0.015 < np.mean([f.wrong for f in found]) < 0.03
    assert naive > 0.01
    assert abs(adjusted) < naive / 2
    assert all(held(f.adjusted, f.realised) for f in found)


@pytest.mark.slow
def test_corrected_intervals_hold_the_truth_and_others_do_not():
    found = [estimate(26_000, error=0.08, seed=seed) for seed in range(120)]
    naive, adjusted = means(found)
    # 1.4% of the links are wrong, so 9 in 1,000 more people seem to change than did.
    assert 0.007 < naive < 0.010
    assert abs(adjusted) < 0.001
    assert np.mean([f.wrong for f in found]) == pytest.approx(0.0137, abs=0.0005)
    assert np.mean([f.expected_wrong for f in found]) == pytest.approx(0.0137, abs=0.0005)
    # 120 intervals of 95%: standard error two points.
    assert np.mean([held(f.adjusted, CHANGED) for f in found]) >= 0.91
    assert np.mean([held(f.naive, CHANGED) for f in found]) < 0.8
