"""One sign everywhere: later minus earlier, second minus first, group minus reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Item
from credbenefits.numerics.strata import stratified

#: Of 50 people 22 said yes at first and 32 later: 2 fell, 12 rose.
PAIRS = {"both": 20, "first_only": 2, "second_only": 12, "neither": 16}


def panel():
    answers = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], list(PAIRS.values()), axis=0)
    start = pd.DataFrame({"id": range(50), "job": answers[:, 0], "sex": ["f", "m"] * 25})
    return cb.link_waves(
        {"start": start, "later": pd.DataFrame({"id": range(50), "job": answers[:, 1]})}, on="id"
    )


def two_groups():
    """Of 40 in a 30 said yes, of 40 in b 10."""
    return pd.DataFrame({"g": ["a"] * 40 + ["b"] * 40, "q": [1] * 30 + [0] * 10 + [1] * 10 + [0] * 30})


def compared(**options):
    return cb.compare_groups(two_groups(), "q", by="g", **options).rows[0]


def respondents():
    """Everybody answered the first wave, half of them women; of 20 who answered the second 15 are women."""
    start = pd.DataFrame({"id": range(200), "sex": ["f", "m"] * 100})
    later = pd.DataFrame({"id": [*range(0, 30, 2), *range(1, 11, 2)], "job": [1, 0] * 10})
    weights = cb.attrition_weights(
        cb.link_waves({"start": start, "later": later}, on="id"), "sex", wave="later", to="start"
    )
    return next(row for row in weights.balance.rows if row.level == "f")


def replicates():
    found = cb.proportions(
        two_groups(),
        "q",
        by="g",
        method="bootstrap",
        bootstrap=cb.Bootstrap(n_resamples=200, rng=1, keep=True),
    )
    return found.replicates.difference({"item": "q", "g": "a"}, {"item": "q", "g": "b"})


#: What it is, and a number above 0 (a ratio: its log) if the sign is as stated.
SIGNS = {
    "paired_interval: second minus first": lambda: cb.paired_interval(**PAIRS).low,
    "paired_interval, ratio: second over first": lambda: np.log(
        cb.paired_interval(**PAIRS, comparison="ratio").low
    ),
    "paired_interval, odds ratio: rose over fell": lambda: np.log(
        cb.paired_interval(**PAIRS, comparison="odds_ratio").low
    ),
    "paired_test, greater: a rise": lambda: 0.05 - cb.paired_test(**PAIRS, alternative="greater").p_value,
    "paired_test, unconditional Z": lambda: cb.paired_test(**PAIRS, method="mcnemar_unconditional").statistic,
    "transitions().change: later minus earlier": lambda: (
        cb.transitions(panel(), "job", waves=["start", "later"]).change.estimate
    ),
    "comparison_interval: group minus reference": lambda: cb.comparison_interval(30, 40, 10, 40).low,
    "comparison_interval, ratio": lambda: np.log(
        cb.comparison_interval(30, 40, 10, 40, comparison="ratio").low
    ),
    "comparison_interval, odds ratio": lambda: np.log(
        cb.comparison_interval(30, 40, 10, 40, comparison="odds_ratio").low
    ),
    "comparison_test, greater: group above reference": lambda: (
        0.05 - cb.comparison_test(30, 40, 10, 40, alternative="greater").p_value
    ),
    "comparison_test, score Z": lambda: cb.comparison_test(30, 40, 10, 40, method="score").statistic,
    "exact_cmh, odds ratio of group against reference": lambda: np.log(
        stratified.exact_cmh([30], [40], [10], [40]).odds_ratio
    ),
    "exact_cmh, greater: group above reference": lambda: (
        0.05 - stratified.exact_cmh([30], [40], [10], [40], alternative="greater").p_value
    ),
    "mantel_haenszel_odds_ratio": lambda: np.log(
        stratified.mantel_haenszel_odds_ratio([30], [40], [10], [40]).odds_ratio
    ),
    "compare_groups: group minus reference": lambda: compared(reference="b").conf_low,
    "compare_groups, other reference": lambda: -compared(reference="a").conf_high,
    "compare_groups, ratio": lambda: np.log(compared(reference="b", comparison="ratio").conf_low),
    "Replicates.difference: share one minus share two": lambda: replicates().conf_low,
    "balance: respondents minus population": lambda: respondents().difference_before,
    "balance, standardised": lambda: respondents().std_difference_before,
}


@pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")
@pytest.mark.parametrize("what", SIGNS)
def test_signs(what):
    assert SIGNS[what]() > 0


def test_the_issues_example():
    low, high = cb.paired_interval(20, 2, 12, 16)
    assert (round(low, 3), round(high, 3)) == (0.056, 0.329)


@pytest.mark.parametrize(
    "counts", [(20, 2, 12, 16), (20, 12, 2, 16), (1, 7, 1, 12), (0, 0, 5, 3), (9, 0, 0, 2)]
)
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_change_of_transitions_is_the_paired_interval(counts, level):
    answers = np.repeat([["yes", "yes"], ["yes", "no"], ["no", "yes"], ["no", "no"]], counts, axis=0)
    waves = {
        "a": pd.DataFrame({"id": range(sum(counts)), "q": answers[:, 0]}),
        "b": pd.DataFrame({"id": range(sum(counts)), "q": answers[:, 1]}),
    }
    item = Item("q", yes="yes", no="no")
    change = cb.transitions(
        cb.link_waves(waves, on="id"), item, waves=["a", "b"], confidence_level=level
    ).change
    interval = cb.paired_interval(*counts, method=change.method, confidence_level=level)
    assert (change.conf_low, change.conf_high) == pytest.approx(tuple(interval), abs=1e-12)
    assert change.estimate == pytest.approx((counts[2] - counts[1]) / sum(counts))


def test_exchanging_the_groups_of_a_difference_turns_it():
    one = cb.comparison_interval(30, 40, 10, 40)
    two = cb.comparison_interval(10, 40, 30, 40)
    assert (one.low, one.high) == pytest.approx((-two.high, -two.low))
