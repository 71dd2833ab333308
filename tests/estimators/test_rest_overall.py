"""Groups against all others and against everybody: by hand, R's survey package, replicates and simulation."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.counts.replicate_weights import ReplicateWeights
from credbenefits.errors import InputError, MethodError
from credbenefits.estimators.core.comparing.estimates import compared
from credbenefits.numerics.groups.interval import comparison_interval
from credbenefits.numerics.groups.part_of_all import Part, with_everybody
from credbenefits.numerics.wilson import wilson

pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.CredbenefitsWarning")
GOLDEN = Path(__file__).parents[1] / "golden"
#: R 4.2.2, survey 4.1-1: tests/golden/r/rest_overall.R; its rows are those of group_contrasts.R.
R = json.loads((GOLDEN / "rest_overall.json").read_text())
API = json.loads((GOLDEN / "group_contrasts.json").read_text())["api"]
DESIGNS = {
    "apistrat": cb.SurveyDesign(strata="stype", population_size="fpc"),
    "apiclus1": cb.SurveyDesign(clusters="dnum", population_size="fpc"),
    "apiclus2": cb.SurveyDesign(clusters=["dnum", "snum"], population_size=["fpc1", "fpc2"]),
}
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "df", "p_value", "p_adjusted")


def groups(**tables):
    rows = [(name, int(k < yes)) for name, (yes, n) in tables.items() for k in range(n)]
    return pd.DataFrame(rows, columns=["g", "q"])


THREE = groups(a=(12, 40), b=(30, 60), c=(63, 80))


def numbers(row):
    return pytest.approx([getattr(row, name) for name in NUMBERS], rel=1e-12, nan_ok=True)


def simulated(seed, n=400, clusters=20):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "q": rng.integers(0, 2, n),
            "r": rng.choice([1.0, 0.0, np.nan], n),
            "g": rng.choice(["a", "b", "c"], n, p=[0.2, 0.3, 0.5]),
            "w": rng.gamma(3.0, 0.4, n),
            "psu": rng.integers(0, clusters, n),
        }
    )


# ---- by hand -----------------------------------------------------------------------------------------------


def test_the_rest_is_all_other_groups():
    result = cb.compare_groups(THREE, "q", by="g", reference="rest", adjust="none")
    assert [(r.group, r.reference) for r in result.rows] == [
        ("a", "(rest)"),
        ("b", "(rest)"),
        ("c", "(rest)"),
    ]
    assert [(r.count, r.n, r.count_reference, r.n_reference) for r in result.rows] == [
        (12, 40, 93, 140),
        (30, 60, 75, 120),
        (63, 80, 42, 100),
    ]
    made = comparison_interval([12, 30, 63], [40, 60, 80], [93, 75, 42], [140, 120, 100])
    assert [r.conf_low for r in result.rows] == pytest.approx(list(made.low), rel=1e-12)
    assert [r.conf_high for r in result.rows] == pytest.approx(list(made.high), rel=1e-12)


@pytest.mark.parametrize("comparison", ["difference", "ratio"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_everybody_is_the_group_and_the_rest(comparison, weights):
    data = simulated(1)
    how = {"by": "g", "comparison": comparison, "weights": weights}
    rest, overall = (cb.compare_groups(data, ["q", "r"], reference=r, **how) for r in ("rest", "overall"))
    for one, other in zip(overall.rows, rest.rows, strict=True):
        answered = data[data[one.item].notna()]
        w = answered["w"] if weights else pd.Series(1.0, answered.index)
        f = w[answered["g"] == one.group].sum() / w.sum()
        p = np.average(answered[one.item], weights=w)
        assert (one.reference, one.n_reference) == ("(overall)", len(answered))
        assert one.estimate_reference == pytest.approx(p, rel=1e-12)
        assert (one.p_value, one.p_adjusted, one.test) == (other.p_value, other.p_adjusted, other.test)
        nobody = 0 if comparison == "difference" else 1
        if comparison == "difference":
            assert one.estimate == pytest.approx(one.estimate_group - p, rel=1e-12)
            assert one.estimate == pytest.approx((1 - f) * other.estimate, rel=1e-9)
        else:
            assert one.estimate == pytest.approx(one.estimate_group / p, rel=1e-12)
            assert one.estimate == pytest.approx(other.estimate / (f * other.estimate + 1 - f), rel=1e-9)
        assert one.conf_low < one.estimate < one.conf_high
        alike = [row.conf_low <= nobody <= row.conf_high for row in (one, other)]
        assert alike[0] == alike[1]


@pytest.mark.parametrize("comparison", ["difference", "ratio"])
def test_the_group_s_part_of_everybody_varies_too(comparison):
    # The linearized variance has it all in the scores; it divides by n - 1, which for people drawn alike is
    # the only difference.
    data = groups(a=(36, 40), b=(30, 60), c=(20, 80))
    how = {"by": "g", "reference": "overall", "comparison": comparison}
    plain, linear = (cb.compare_groups(data, "q", variance=v, **how).rows for v in ("kish", "linearized"))
    for one, other in zip(plain, linear, strict=True):
        assert one.std_error == pytest.approx(np.sqrt(179 / 180) * other.std_error, rel=1e-9)
    weighted = cb.compare_groups(data.assign(w=2.5), "q", weights="w", **how).rows
    for one, other in zip(plain, weighted, strict=True):
        for name in ("std_error", "conf_low", "conf_high"):
            assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9)


def test_the_interval_with_everybody_by_hand():
    data = groups(a=(36, 40), b=(30, 60), c=(20, 80))
    row = cb.compare_groups(data, "q", by="g", reference="overall", adjust="none").rows[0]
    low, high = (float(limit) for limit in comparison_interval(36, 40, 50, 140))
    least, most = (float(limit) for limit in wilson(140, 180, 0.95))
    d, q = 36 / 40 - 50 / 140, 140 / 180
    below = np.sqrt((q * (d - low)) ** 2 + (q - least) ** 2 * (d**2 - (d - low) ** 2))
    above = np.sqrt((q * (high - d)) ** 2 + (most - q) ** 2 * d**2)
    assert [row.conf_low, row.conf_high] == pytest.approx([q * d - below, q * d + above], rel=1e-12)
    mirrored = data.assign(q=1 - data["q"])
    other = cb.compare_groups(mirrored, "q", by="g", reference="overall", adjust="none").rows[0]
    assert [other.conf_low, other.conf_high] == pytest.approx([-row.conf_high, -row.conf_low], rel=1e-12)


@pytest.mark.parametrize("tables", [((5, 50), (0, 50)), ((0, 50), (5, 50)), ((50, 50), (40, 50))])
@pytest.mark.parametrize("variance", ["linearized", "jackknife"])
def test_where_all_others_are_at_an_edge_everybody_is_known_no_better(tables, variance):
    # Of 5 of 50 and 0 of 50 the ratio to everybody is 2 in all samples whose groups are as large: its variance
    # is that of their sizes. The interval said 1.6 to 2.5, and that of the difference .03 to .16 where the
    # difference to the rest had -.10 to .24.
    data = groups(a=tables[0], b=tables[1]).assign(psu=np.random.default_rng(0).permutation(100) % 20)
    how = {"by": "g", "design": cb.SurveyDesign(clusters="psu"), "variance": variance, "adjust": "none"}
    rest, everybody = (
        cb.compare_groups(data, "q", reference=word, **how).rows for word in ("rest", "overall")
    )
    for one, other in zip(everybody, rest, strict=True):
        assert np.isnan(one.std_error)
        assert one.estimate == pytest.approx(other.estimate / 2, rel=1e-12)
        assert other.conf_low <= 0 <= other.conf_high
        # The limit beyond 0 is that of the rest, halved.
        inner, outer = ("conf_low", "conf_high") if one.estimate > 0 else ("conf_high", "conf_low")
        assert getattr(one, inner) == pytest.approx(getattr(other, inner) / 2, rel=1e-12)
        assert abs(getattr(one, outer)) >= abs(getattr(other, outer)) / 2
    least = float(wilson(50, 100, 0.95).low)
    for row in cb.compare_groups(data, "q", reference="overall", comparison="ratio", **how).rows:
        assert np.isnan(row.std_error)
        assert row.conf_low == 0
        assert 2 <= row.conf_high <= 1 / least + 1e-12
    for row in cb.compare_groups(data, "q", reference="overall", comparison="odds_ratio", **how).rows:
        assert np.isnan(row.std_error)
        assert (row.conf_low, row.conf_high) == (0.0, np.inf)
    with pytest.raises(MethodError, match="Use method='newcombe'"):
        cb.compare_groups(data, "q", reference="overall", method="wald", **how)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "f", "p1", "p2"), [(200, 0.7, 0.9, 0.3), (100, 0.5, 0.9, 0.1), (200, 0.3, 0.8, 0.3)]
)
def test_intervals_with_everybody_cover_where_groups_are_drawn(n, f, p1, p2):
    # Taken as known, the group's part of everybody made these cover 74 to 93% (difference) and 62 to 91%
    # (ratio). Seed 5.
    rng, times = np.random.default_rng(5), 20_000
    n1 = rng.binomial(n, f, times)
    x1, x2 = rng.binomial(n1, p1), rng.binomial(n - n1, p2)
    part = Part(n1 / n, n1.astype(float), (n - n1).astype(float))
    everybody = f * p1 + (1 - f) * p2
    for comparison, truth in (("difference", p1 - everybody), ("ratio", p1 / everybody)):
        estimate = compared(x1 / n1, x2 / (n - n1), comparison)
        rest = comparison_interval(x1, n1, x2, n - n1, comparison=comparison)
        low, high = with_everybody(estimate, rest, part, comparison, confidence_level=0.95)
        assert 0.94 <= np.mean((low <= truth) & (truth <= high)) <= 0.965


def test_ratios_with_everybody_at_their_ends():
    data = groups(a=(5, 20), b=(0, 30), c=(0, 50))
    a, b, _ = cb.compare_groups(
        data, "q", by="g", reference="overall", comparison="ratio", adjust="none"
    ).rows
    assert a.estimate == 5.0
    # Nobody else said yes: the ratio can be no larger than 1 / f, of which 20 of 100 tell.
    assert a.conf_high == pytest.approx(1 / float(wilson(20, 100, 0.95).low), rel=1e-12)
    assert 1 < a.conf_low < 5
    assert (b.estimate, b.conf_low) == (0.0, 0.0)
    none = cb.compare_groups(data.assign(q=0), "q", by="g", reference="overall", comparison="ratio").rows[0]
    assert np.isnan(none.estimate)
    assert "undefined" in none.flags


def test_odds_ratios_with_everybody_need_a_design():
    with pytest.raises(MethodError, match="Use reference='rest'"):
        cb.compare_groups(THREE, "q", by="g", reference="overall", comparison="odds_ratio")
    design = cb.SurveyDesign(clusters="psu")
    assert cb.compare_groups(
        simulated(2), "q", by="g", reference="overall", comparison="odds_ratio", design=design
    ).rows


@pytest.mark.parametrize("word", ["rest", "overall"])
def test_a_group_of_that_name_is_refused(word):
    data = THREE.replace({"g": {"b": word}})
    with pytest.raises(InputError, match="another name in the data"):
        cb.compare_groups(data, "q", by="g", reference=word)
    assert cb.compare_groups(data, "q", by="g", reference="a").rows[0].group in {word, "c"}


@pytest.mark.parametrize("word", ["rest", "overall"])
@pytest.mark.parametrize("how", [{}, {"design": cb.SurveyDesign(clusters="psu")}])
def test_where_nobody_else_answered_nothing_is_compared(word, how):
    data = simulated(3).assign(s=lambda d: np.where(d["g"] == "a", d["q"], np.nan))
    result = cb.compare_groups(data, ["q", "s"], by="g", reference=word, **how)
    assert [("no_answers" in row.flags) for row in result.rows] == [False] * 3 + [True] * 3
    assert result.n_comparisons == 3
    assert all(np.isnan([row.estimate, row.conf_low, row.p_value]).all() for row in result.rows[3:])
    page = cb.brief(result, title="t").to_markdown()
    assert ("a against all others" if word == "rest" else "a against everybody") in page
    assert page.count("nobody answered |") == 3
    with pytest.raises(InputError, match="at least two groups that answered"):
        cb.compare_groups(data, "s", by="g", reference=word, **how)


# ---- properties --------------------------------------------------------------------------------------------

table = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=60, deadline=None)
@given(table, table, st.sampled_from(["difference", "ratio", "odds_ratio"]), st.booleans())
def test_of_two_groups_the_rest_is_the_other(one, two, comparison, weighted):
    data = groups(a=one, b=two).assign(w=1.5)
    how = {"by": "g", "comparison": comparison, "adjust": "none", "weights": "w" if weighted else None}
    rest = cb.compare_groups(data, "q", reference="rest", **how).rows
    for row, (group, other) in zip(rest, [("a", "b"), ("b", "a")], strict=True):
        (same,) = (r for r in cb.compare_groups(data, "q", reference=other, **how).rows if r.group == group)
        assert [getattr(row, n) for n in NUMBERS] == numbers(same)
        assert row.flags == same.flags


REPLICATES = [f"v{k}" for k in range(20)]


def with_replicates(data):
    """Weights of a jackknife that leaves out one unit at a time."""
    n = len(REPLICATES)
    left = {v: data["w"] * np.where(data["psu"] == k, 0, n / (n - 1)) for k, v in enumerate(REPLICATES)}
    return data.assign(**left)


FILE = cb.SurveyDesign(replicate_weights=ReplicateWeights(REPLICATES, kind="jk1"))
UNDER = {
    "strata": {"design": cb.SurveyDesign(strata="stratum"), "weights": "w"},
    "clusters": {"design": cb.SurveyDesign(clusters="psu"), "weights": "w"},
    "jackknife": {"design": cb.SurveyDesign(clusters="psu"), "variance": "jackknife"},
    "file": {"design": FILE, "weights": "w"},
}


@pytest.mark.parametrize("how", UNDER)
@pytest.mark.parametrize("comparison", ["difference", "ratio", "odds_ratio"])
def test_under_a_design_the_rest_is_a_group_made_of_the_others(how, comparison):
    data = with_replicates(simulated(5)).assign(stratum=lambda d: d["psu"] % 4)
    options = {**UNDER[how], "comparison": comparison, "adjust": "none"}
    result = cb.compare_groups(data, ["q", "r"], by="g", reference="rest", **options)
    for row in result.rows:
        two = data.assign(g=np.where(data["g"] == row.group, "it", "others"))
        (same,) = cb.compare_groups(two, row.item, by="g", reference="others", **options).rows
        assert [getattr(row, n) for n in NUMBERS] == numbers(same)
    counted = cb.count(
        data,
        ["q", "r"],
        by="g",
        weights=options.get("weights"),
        design=options["design"],
    )
    again = {k: v for k, v in options.items() if k not in {"weights", "design"}}
    for word in ("rest", "overall"):
        rows = cb.compare_groups(data, ["q", "r"], by="g", reference=word, **options).rows
        for row, same in zip(rows, cb.compare_groups(counted, reference=word, **again).rows, strict=True):
            assert [getattr(row, n) for n in NUMBERS] == numbers(same)


def test_replicates_of_a_file_are_of_the_same_difference():
    # Brute force: the difference of each replicate, and the mean squared distance from that of the sample.
    data = with_replicates(simulated(6))

    def difference(w, group):
        here = data["g"] == group
        return np.average(data["q"][here], weights=w[here]) - np.average(data["q"], weights=w)

    for row in cb.compare_groups(data, "q", by="g", reference="overall", weights="w", design=FILE).rows:
        own = difference(data["w"], row.group)
        spread = np.array([difference(data[v], row.group) - own for v in REPLICATES])
        assert row.std_error == pytest.approx(np.sqrt(19 / 20 * (spread**2).sum()), rel=1e-9)


def test_the_jackknife_leaves_units_out_of_group_and_everybody_alike():
    data = simulated(7)

    def difference(d, group):
        return d["q"][d["g"] == group].mean() - d["q"].mean()

    design = cb.SurveyDesign(clusters="psu")
    for row in cb.compare_groups(
        data, "q", by="g", reference="overall", design=design, variance="jackknife"
    ).rows:
        own = difference(data, row.group)
        spread = np.array([difference(data[data["psu"] != k], row.group) - own for k in range(20)])
        assert row.std_error == pytest.approx(np.sqrt(19 / 20 * (spread**2).sum()), rel=1e-9)


def test_everybody_is_tested_as_the_rest_under_a_design():
    data, design = simulated(8), cb.SurveyDesign(clusters="psu")
    rest, overall = (
        cb.compare_groups(data, ["q", "r"], by="g", reference=word, design=design, weights="w").rows
        for word in ("rest", "overall")
    )
    for one, other in zip(overall, rest, strict=True):
        assert (one.p_value, one.df) == (other.p_value, other.df)
        assert one.std_error < other.std_error
        assert one.conf_low < one.estimate < one.conf_high


# ---- R -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["rest", "overall"])
@pytest.mark.parametrize("record", R["records"], ids=lambda r: f"{r['design']}-{r['variable']}-{r['by']}")
def test_api_data_give_what_r_gives(record, word):
    rows = pd.DataFrame(API[record["design"]])
    for kind in ("difference", "ratio", "odds_ratio"):
        made = cb.compare_groups(
            rows,
            record["variable"],
            by=record["by"],
            weights="pw",
            design=DESIGNS[record["design"]],
            comparison=kind,
            reference=word,
        )
        for row, expected in zip(made.rows, record["groups"], strict=True):
            assert row.group == expected["group"]
            of = expected[word][kind]
            estimate = float(of["estimate"])  # R writes "Inf" where nobody else said yes
            assert row.estimate == pytest.approx(estimate, rel=1e-9, abs=1e-12)
            if not np.isnan(row.std_error):
                assert row.std_error == pytest.approx(of["se"], rel=1e-8)


# ---- simulated ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("whole", [False, True], ids=["within clusters", "whole clusters"])
def test_intervals_with_everybody_cover(whole):
    # 32 clusters of 20, three groups within them or of whole clusters, whose chances differ. Which cluster is of
    # which group is drawn too, as the design says: the variance includes that. Seed 9.
    rng, design, n = np.random.default_rng(9), cb.SurveyDesign(clusters="psu"), 1_500
    effect, spread = np.array([-0.8, 0.0, 0.5]), 0.7
    draws = rng.standard_normal(400_000) * spread
    p = (1 / (1 + np.exp(-(effect[:, None] + draws)))).mean(axis=1)
    part = np.array([1, 1, 2]) / 4
    truth, held = p - part @ p, np.zeros(3)
    psu, within = np.repeat(np.arange(32), 20), np.tile([0, 1, 2, 2], 160)
    for _ in range(n):
        group = rng.choice(3, 32, p=part)[psu] if whole else within
        u = spread * rng.standard_normal(32)
        q = rng.random(640) < 1 / (1 + np.exp(-(effect[group] + u[psu])))
        data = pd.DataFrame({"q": q.astype(int), "g": group, "psu": psu})
        c = cb.compare_groups(data, "q", by="g", reference="overall", design=design, adjust="none").columns
        held += (c["conf_low"] <= truth) & (truth <= c["conf_high"])
    assert ((held / n >= 0.935) & (held / n <= 0.975)).all(), held / n


def test_groups_of_several_columns_have_a_rest_too():
    data = simulated(4).assign(h=lambda d: np.where(d["psu"] < 10, "x", "y"))
    crossed = data.assign(both=data["g"] + data["h"])
    for word in ("rest", "overall"):
        made = cb.compare_groups(data, "q", by=["g", "h"], reference=word)
        same = cb.compare_groups(crossed, "q", by="both", reference=word)
        assert made.rows[0].group == "g = a, h = x"
        assert {r.reference for r in made.rows} == {f"({word})"}
        for row, other in zip(made.rows, same.rows, strict=True):
            assert [getattr(row, n) for n in NUMBERS] == numbers(other)


@pytest.mark.parametrize("word", ["(rest)", "(overall)"])
@pytest.mark.parametrize("reference", [None, "rest", "overall", "x"])
def test_groups_called_as_all_others_or_everybody_are_refused(word, reference):
    # Such a group would stand in the result under the name of all others, and the brief would call it so.
    data = pd.DataFrame({"a": [1, 0, 1, 1] * 30, "g": ["x"] * 40 + ["y"] * 40 + [word] * 40})
    with pytest.raises(
        InputError, match=r"`by`: .*not called '\(rest\)' .* in 'g'\. Give that group another name"
    ):
        cb.compare_groups(data, "a", by="g", reference=reference)
