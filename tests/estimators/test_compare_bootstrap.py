"""Comparisons from replicates that are drawn: those of the proportions, of both groups at once."""

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.resampling.intervals import basic, percentile

pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.CredbenefitsWarning")
DRAWS = {"n_resamples": 400, "rng": 11}


def data(seed=1, n=300, clusters=20):
    rng = np.random.default_rng(seed)
    psu = rng.integers(0, clusters, n)
    chance = (0.3 + 0.4 * rng.random(clusters))[psu]
    return pd.DataFrame(
        {
            "q": (rng.random(n) < chance).astype(float),
            "r": rng.choice([1.0, 0.0, np.nan], n),
            "g": rng.choice(["a", "b", "c"], n),
            "w": rng.gamma(3.0, 0.4, n),
            "psu": psu,
            "stratum": psu % 4,
        }
    )


DESIGNS = {
    "plain": {},
    "weights": {"weights": "w"},
    "clusters": {"design": cb.SurveyDesign(clusters="psu", strata="stratum"), "weights": "w"},
    "strata": {"design": cb.SurveyDesign(strata="stratum")},
}


def kept(how, items=("q", "r")):
    """The replicates that `proportions` keeps: of each item and group, and the estimates."""
    found = cb.proportions(
        data(), list(items), by="g", variance="bootstrap", bootstrap=cb.Bootstrap(keep=True, **DRAWS), **how
    )
    labels = [(label["item"], label["g"]) for label in found.replicates.labels]
    estimates = dict(zip(labels, found.replicates.estimates, strict=True))
    return dict(zip(labels, found.replicates.values.T, strict=True)), estimates


def made(how, **options):
    drawn = cb.Bootstrap(**DRAWS)
    return cb.compare_groups(data(), ["q", "r"], by="g", bootstrap=drawn, adjust="none", **how, **options)


@pytest.mark.parametrize("how", DESIGNS)
def test_they_are_the_replicates_of_the_proportions(how):
    values, estimates = kept(DESIGNS[how])
    for method, interval in (("bootstrap", percentile), ("bootstrap_basic", basic)):
        for row in made(DESIGNS[how], method=method).rows:
            one, two = (row.item, row.group), (row.item, row.reference)
            estimate, each = estimates[one] - estimates[two], values[one] - values[two]
            assert row.estimate == pytest.approx(estimate, abs=1e-14)
            assert row.std_error == pytest.approx(np.sqrt(np.mean((each - estimate) ** 2)), rel=1e-10)
            extra = {"estimate": estimate, "bounds": (-1.0, 1.0)} if interval is basic else {}
            low, high = interval(each, confidence_level=0.95, **extra)
            assert (row.conf_low, row.conf_high) == pytest.approx((float(low), float(high)), abs=1e-14)
            assert row.test == "score"


@pytest.mark.parametrize("how", DESIGNS)
@pytest.mark.parametrize("comparison", ["ratio", "odds_ratio"])
def test_ratios_are_those_of_each_replicate(how, comparison):
    values, _ = kept(DESIGNS[how])
    for row in made(DESIGNS[how], method="bootstrap", comparison=comparison).rows:
        p, q = values[row.item, row.group], values[row.item, row.reference]
        each = p / q if comparison == "ratio" else p * (1 - q) / (q * (1 - p))
        low, high = percentile(each, confidence_level=0.95)
        assert (row.conf_low, row.conf_high) == pytest.approx((float(low), float(high)), rel=1e-12)
        assert row.std_error > 0


@pytest.mark.parametrize("word", ["rest", "overall"])
def test_all_others_and_everybody_are_drawn_with_the_group(word):
    how = DESIGNS["clusters"]
    result = made(how, method="bootstrap", reference=word)
    for row in result.rows:
        others = data().assign(g=lambda d, group=row.group: np.where(d["g"] == group, "it", "others"))
        found = cb.proportions(
            others,
            row.item,
            by="g",
            totals=True,
            variance="bootstrap",
            bootstrap=cb.Bootstrap(keep=True, **DRAWS),
            **how,
        ).replicates
        names = [label["g"] for label in found.labels]
        each = found.values[:, names.index("it")]
        each = each - found.values[:, names.index("others" if word == "rest" else "(all)")]
        low, high = percentile(each, confidence_level=0.95)
        assert (row.conf_low, row.conf_high) == pytest.approx((float(low), float(high)), abs=1e-13)


def test_clusters_that_groups_share_are_shared_in_each_replicate():
    # Two groups within the same clusters, whose effect cancels: the same as linearized, but for chance.
    rng = np.random.default_rng(5)
    psu = np.repeat(np.arange(60), 20)
    chance = 1 / (1 + np.exp(-1.5 * rng.standard_normal(60)))[psu]
    sample = pd.DataFrame({"q": (rng.random(1200) < chance) * 1, "g": np.tile([0, 1], 600), "psu": psu})
    design = cb.SurveyDesign(clusters="psu")
    drawn = cb.Bootstrap(n_resamples=4_000, rng=3)
    how = {"by": "g", "design": design}
    (one,) = cb.compare_groups(sample, "q", variance="bootstrap", bootstrap=drawn, **how).rows
    (two,) = cb.compare_groups(sample, "q", **how).rows
    assert one.std_error == pytest.approx(two.std_error, rel=0.05)
    assert (one.conf_low, one.conf_high) == pytest.approx((two.conf_low, two.conf_high), abs=0.01)
    assert one.df == two.df
    alone = cb.proportions(sample, "q", by="g", design=design).rows
    assert one.std_error < 0.7 * np.hypot(*(row.std_error for row in alone))


def test_a_seed_of_ours_is_told_and_repeats():
    first = cb.compare_groups(
        data(), "q", by="g", method="bootstrap", bootstrap=cb.Bootstrap(n_resamples=200)
    )
    (note,) = [note for note in first.notes if note.startswith("bootstrap seed")]
    drawn = cb.Bootstrap(n_resamples=200, rng=int(note.split()[2].rstrip(":")))
    again = cb.compare_groups(data(), "q", by="g", method="bootstrap", bootstrap=drawn)
    assert again.columns == first.columns
    assert first.variance == "bootstrap"


def test_what_is_refused_says_what_to_do():
    drawn = cb.Bootstrap(**DRAWS)
    counts = cb.count(data(), "q", by="g", design=cb.SurveyDesign(clusters="psu"))
    with pytest.raises(MethodError, match="variance='linearized'"):
        cb.compare_groups(counts, variance="bootstrap", bootstrap=drawn)
    with pytest.raises(MethodError, match="variance='linearized'"):
        cb.compare_groups(counts, method="bootstrap", bootstrap=drawn)
    with pytest.raises(MethodError, match="proportions\\(\\) with the same rng"):
        cb.compare_groups(data(), "q", by="g", method="bootstrap", bootstrap=cb.Bootstrap(keep=True))
    with pytest.raises(MethodError, match="Use method='bootstrap'"):
        made({}, method="bootstrap_basic", comparison="ratio")
    with pytest.raises(MethodError, match="which is made for proportions"):
        made({}, method="bootstrap_bca")
    with pytest.raises(MethodError, match="with variance='linearized'"):
        made(DESIGNS["clusters"], method="bootstrap", variance="linearized")
    with pytest.raises(MethodError, match="at least 239 for intervals of"):
        cb.compare_groups(
            data(), ["q", "r"], by="g", method="bootstrap", bootstrap=cb.Bootstrap(n_resamples=238, rng=1)
        )
    with pytest.raises(InputError, match="a Bootstrap"):
        cb.compare_groups(data(), "q", by="g", bootstrap=500)
    with pytest.raises(MethodError, match="Use method='newcombe'"):
        cb.compare_groups(data().assign(q=0), "q", by="g", method="bootstrap", bootstrap=drawn)


@pytest.mark.parametrize("how", [{}, {"design": cb.SurveyDesign(clusters="psu")}])
@pytest.mark.parametrize("reference", [None, "rest", "overall"])
@pytest.mark.parametrize("method", ["bootstrap", "bootstrap_basic"])
def test_a_group_that_never_varies_has_no_interval(how, reference, method):
    # Where nobody in a group said yes every replicate says so: 0 of 10 against 30 of 60 would be as precise
    # as 0 of 10,000. proportions() refuses the same.
    rows = [("a", 0)] * 10 + [("b", k % 2) for k in range(60)]
    few = pd.DataFrame(rows, columns=["g", "q"]).assign(psu=np.arange(70) % 14)
    drawn = cb.Bootstrap(**DRAWS)
    with pytest.raises(MethodError, match="Use method='newcombe'"):
        cb.compare_groups(few, "q", by="g", reference=reference, method=method, bootstrap=drawn, **how)


def test_without_draws_it_has_no_effect_and_a_note_says_so():
    result = cb.compare_groups(data(), "q", by="g", bootstrap=cb.Bootstrap(rng=1))
    assert "bootstrap= has no effect here: nothing is drawn with variance='kish'" in result.notes


def test_the_brief_says_how_they_were_made():
    result = made(DESIGNS["clusters"], method="bootstrap")
    page = cb.brief(result, title="t").to_markdown()
    assert "400" in page
    assert "bootstrap" in page


@pytest.mark.slow
def test_intervals_of_clusters_that_are_drawn_cover():
    # Two groups within 40 clusters of 20, no difference; seed 8. Percentiles of 40 units are a little short.
    rng, design, held, n = np.random.default_rng(8), cb.SurveyDesign(clusters="psu"), np.zeros(2), 600
    psu, group = np.repeat(np.arange(40), 20), np.tile([0, 1], 400)
    for _ in range(n):
        chance = 1 / (1 + np.exp(-rng.standard_normal(40)))[psu]
        sample = pd.DataFrame({"q": (rng.random(800) < chance) * 1, "g": group, "psu": psu})
        for k, how in enumerate(({"method": "bootstrap"}, {"variance": "bootstrap"})):
            drawn = cb.Bootstrap(n_resamples=400, rng=rng)
            (row,) = cb.compare_groups(sample, "q", by="g", design=design, bootstrap=drawn, **how).rows
            held[k] += row.conf_low <= 0 <= row.conf_high
    assert 0.92 <= held[0] / n <= 0.965
    assert 0.935 <= held[1] / n <= 0.97
