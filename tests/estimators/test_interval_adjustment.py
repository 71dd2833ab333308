"""Intervals of comparisons follow the adjustment of the p-values: Bonferroni's, or none."""

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.numerics.groups.interval import comparison_interval

pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.CredbenefitsWarning")


def groups(**tables):
    rows = [(name, int(k < yes)) for name, (yes, n) in tables.items() for k in range(n)]
    return pd.DataFrame(rows, columns=["g", "q"])


FOUR = {"a": (10, 40), "b": (20, 40), "c": (31, 40), "d": (35, 40)}


def limits(result):
    return [(row.conf_low, row.conf_high) for row in result.rows]


@pytest.mark.parametrize("comparison", ["difference", "ratio", "odds_ratio"])
@pytest.mark.parametrize(
    ("adjust", "level"), [("holm", 1 - 0.1 / 6), ("bonferroni", 1 - 0.1 / 6), ("fdr_bh", 0.9), ("none", 0.9)]
)
def test_the_level_of_each_interval(adjust, level, comparison):
    how = {"by": "g", "comparison": comparison}
    result = cb.compare_groups(groups(**FOUR), "q", adjust=adjust, confidence_level=0.9, **how)
    assert (result.confidence_level, result.interval_level) == (0.9, pytest.approx(level, abs=1e-15))
    for row in result.rows:
        made = comparison_interval(
            *FOUR[row.group], *FOUR[row.reference], comparison=comparison, confidence_level=level
        )
        assert (row.conf_low, row.conf_high) == pytest.approx(tuple(made), rel=1e-12)


def test_one_comparison_has_nothing_to_be_adjusted_for():
    result = cb.compare_groups(groups(a=(10, 40), b=(20, 40)), "q", by="g")
    assert result.interval_level == result.confidence_level == 0.95
    assert "its p-value is not adjusted, its interval (newcombe) is 95%" in repr(result)


def test_pairs_without_answers_do_not_count_and_pairs_without_a_test_do():
    data = pd.concat([groups(a=(10, 40), b=(20, 40)), groups(c=(1, 3)), pd.DataFrame({"g": ["d"] * 5})])
    result = cb.compare_groups(data.assign(w=1.0), "q", by="g", weights="w")
    assert [row.flags[1] for row in result.rows if row.test == "none"].count("no_answers") == 3
    assert sum("too_few_to_test" in row.flags for row in result.rows) == 2
    assert result.n_comparisons == 3
    assert result.interval_level == 1 - (1 - 0.95) / 3
    # The p-value of the one pair that was tested is adjusted for the tests that were made.
    assert [r.p_value == r.p_adjusted for r in result.rows if r.test != "none"] == [True]


@pytest.mark.parametrize(
    ("adjust", "words"),
    [
        (
            "holm",
            "p-values are adjusted (holm) for all of them, intervals (newcombe) are 95% for all together "
            "(Bonferroni: 1 - 0.05/6 each); a p-value below 0.05 may go with an interval that holds 0",
        ),
        (
            "bonferroni",
            "p-values are adjusted (bonferroni) for all of them, intervals (newcombe) are 95% for all together "
            "(Bonferroni: 1 - 0.05/6 each)",
        ),
        (
            "fdr_bh",
            "p-values are adjusted (fdr_bh) for all of them, intervals (newcombe) are 95% each, not adjusted",
        ),
        ("none", "p-values are not adjusted, intervals (newcombe) are 95% each, not adjusted"),
    ],
)
def test_it_is_printed(adjust, words):
    printed = repr(cb.compare_groups(groups(**FOUR), "q", by="g", adjust=adjust))
    assert f"- 6 comparisons made; {words}" in printed.splitlines()


def test_a_part_keeps_the_level_of_the_whole():
    result = cb.compare_groups(groups(**FOUR).assign(r=[0, 1] * 80), ["q", "r"], by="g")
    assert result["r"].interval_level == result.interval_level == 1 - (1 - 0.95) / 12


def test_holms_p_value_may_go_with_an_interval_that_holds_0_and_the_brief_says_why():
    data = groups(a=(20, 60), b=(32, 60), c=(57, 60))
    result = cb.compare_groups(data, "q", by="g")
    apart = [row for row in result.rows if row.p_adjusted < 0.05 and row.conf_low < 0 < row.conf_high]
    assert [(row.group, row.reference) for row in apart] == [("b", "a")]
    page = cb.brief(result, title="t").to_markdown()
    assert (
        "1 interval holds 0 beside a p-value below 0.05, because the adjustment of the intervals is" in page
    )
    assert (
        "holds 0 beside"
        not in cb.brief(cb.compare_groups(data, "q", by="g", adjust="bonferroni"), title="t").to_markdown()
    )


# ---- under a design ----------------------------------------------------------------------------------------


def clustered(rng, n_clusters=12, size=10, n_groups=5, spread=1.0):
    cluster = np.repeat(np.arange(n_clusters), size * n_groups)
    group = np.tile(np.repeat(np.arange(n_groups), size), n_clusters)
    chance = 1 / (1 + np.exp(-spread * rng.standard_normal(n_clusters)))[cluster]
    return pd.DataFrame(
        {"q": (rng.random(cluster.size) < chance).astype(int), "g": group, "cluster": cluster}
    )


def test_an_adjusted_interval_of_newcombe_holds_that_of_wald():
    data, design = clustered(np.random.default_rng(4)), cb.SurveyDesign(clusters="cluster")
    made = cb.compare_groups(data, "q", by="g", design=design)
    least = cb.compare_groups(data, "q", by="g", design=design, method="wald")
    alone = cb.compare_groups(
        data, "q", by="g", design=design, adjust="none", confidence_level=made.interval_level
    )
    expected = [(min(a, b), max(c, d)) for (a, c), (b, d) in zip(limits(least), limits(alone), strict=True)]
    assert limits(made) == expected
    assert expected != limits(alone)


@pytest.mark.slow
def test_few_clusters_adjusted_intervals_hold_together():
    # Five groups within 12 clusters, no difference. Newcombe's intervals alone, each at 1 - 0.05/10, hold 0 for
    # all ten pairs in about 93% of samples; seed 3.
    rng, design, held, n = np.random.default_rng(3), cb.SurveyDesign(clusters="cluster"), 0, 1_000
    for _ in range(n):
        columns = cb.compare_groups(clustered(rng), "q", by="g", design=design).columns
        held += bool(((columns["conf_low"] <= 0) & (columns["conf_high"] >= 0)).all())
    assert 0.95 <= held / n <= 0.99
