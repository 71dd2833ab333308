"""What the brief says is so: pairs of the same people, methods, adjustments, links, bases and rounding."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from code_waves import code_waves, link
from credbenefits.counts.replicate_weights import ReplicateWeights
from credbenefits.reporting.findings import grouped
from credbenefits.reporting.rounding import at_most
from credbenefits.results.columns import Columns
from credbenefits.results.parts import StudyWords

GOOD = cb.Item("a", label="a better job")


def text_of(*results, title="t", figures=False):
    return cb.brief(*results, title=title, figures=figures).to_markdown().replace("\\_", "_")


def part(text, heading):
    return re.split(r"\n##+ ", re.split(rf"\n##+ {heading}\n", text)[1])[0]


def cells(text):
    """Rows of a table by their first cell."""
    rows = [
        [c.strip() for c in line.strip("| ").split(" | ")] for line in text.splitlines() if line[:2] == "| "
    ]
    return {row[0]: row[1:] for row in rows}


# ---- A.9: a weighted share stands beside that of the same people --------------------------------------------


@pytest.fixture(scope="module")
def panel():
    """80 of 200 follow-up people are in the first wave; the 120 others said yes far more often."""
    rng = np.random.default_rng(3)
    first = pd.DataFrame({"id": np.arange(300), "sex": rng.choice(["f", "m"], 300)})
    linked = pd.DataFrame(
        {"id": np.arange(80), "a": [1] * 8 + [0] * 72, "b": [1] * 4 + [0] * 4 + [None] * 72}
    )
    others = pd.DataFrame(
        {"id": np.arange(1000, 1120), "a": [1] * 90 + [0] * 30, "b": [1] * 90 + [None] * 30}
    )
    both = pd.concat([linked, others], ignore_index=True).assign(g=["x", "y"] * 100)
    return cb.link_waves({"first": first, "later": both}, on="id")


@pytest.fixture(scope="module")
def weights(panel):
    return cb.attrition_weights(panel, ["sex"], wave="later", to="first", population="starters")


@pytest.fixture(scope="module")
def pair(panel, weights):
    return (
        cb.proportions(panel.wave("later"), GOOD, people="graduates"),
        cb.proportions(panel.wave("later", also_in="first"), GOOD, weights=weights, people="graduates"),
    )


def test_a_weighted_result_tells_the_unweighted_share_of_the_same_people(pair):
    plain, weighted = pair
    row = weighted.rows[0]
    assert (row.count, row.n, row.estimate_unweighted) == (8, 80, 0.1)
    assert weighted.to_frame()["estimate_unweighted"].tolist() == [0.1]
    assert plain.rows[0].estimate_unweighted == plain.rows[0].estimate == 0.49
    nobody = cb.proportions(pd.DataFrame({"a": [1, None], "g": ["x", "y"]}), "a", by="g").rows[1]
    assert nobody.estimate_unweighted != nobody.estimate_unweighted


def test_the_pair_of_a_weighted_share_is_of_the_same_people(pair, weights):
    text = text_of(*pair, weights)
    section = part(text, "Weighted beside unweighted")
    assert cells(section)["a better job"][:2] == [
        "10% (8 of 80)",
        f"{round(100 * pair[1].rows[0].estimate)}%",
    ]
    assert "49%" not in section
    assert "98 of 200" not in section
    assert "**49.0%** of the 200 graduates reported a better job (98 of 200;" in part(text, "Key takeaways")
    assert (
        "120 of the 200 graduates are in no weighted share: they have no weight, or are not in its data."
        in section
    )
    assert text.count("120 of the 200 graduates") == 1  # each caution once
    assert "who answered and is not found there has no weight" in part(text, "Read this before quoting")


def test_the_pair_needs_no_unweighted_result(pair, weights):
    text = text_of(pair[1], weights)
    assert cells(part(text, "Weighted beside unweighted"))["a better job"][0] == "10% (8 of 80)"
    assert "(10% unweighted: 8 of 80 with a weight; effective sample" in part(text, "Key takeaways")
    assert "in no weighted share" not in text


def test_the_pair_of_a_weight_column_with_zeros_leaves_their_people_out():
    data = pd.DataFrame({"a": [1] * 30 + [0] * 30 + [1] * 40, "w": [1.0, 2.0] * 30 + [0.0] * 40})
    plain, weighted = cb.proportions(data, GOOD), cb.proportions(data, GOOD, weights="w")
    section = part(text_of(plain, weighted), "Weighted beside unweighted")
    assert cells(section)["a better job"][0] == "50% (30 of 60)"
    assert "40 of the 100 respondents are in no weighted share" in section
    assert "linked" not in section


@pytest.mark.filterwarnings("ignore:.*weighted people are not in the data")
def test_people_who_were_not_given_are_not_said_to_have_no_weight(panel, weights, pair):
    some = panel.wave("later", also_in="first").iloc[:60]
    weighted = cb.proportions(some, GOOD, weights=weights, people="graduates")
    section = part(text_of(pair[0], weighted, weights), "Weighted beside unweighted")
    assert (
        "140 of the 200 graduates are in no weighted share: they have no weight, or are not in its data"
        in section
    )


def test_groups_and_subsets_have_pairs_of_their_own_people(panel, weights):
    linked = panel.wave("later", also_in="first")
    inner = cb.Item("b", label="more pay")
    results = [
        cb.proportions(panel.wave("later"), GOOD, by="g", people="graduates"),
        cb.proportions(linked, GOOD, by="g", weights=weights, people="graduates"),
        cb.proportions(panel.wave("later"), inner, among=GOOD, people="graduates"),
        cb.proportions(linked, inner, among=GOOD, weights=weights, people="graduates"),
    ]
    found = cells(part(text_of(*results, weights), "Weighted beside unweighted"))
    assert found["a better job (g = x)"][0] == "10% (4 of 40)"
    assert found["a better job (g = y)"][0] == "10% (4 of 40)"
    assert found["more pay (among those who reported a better job)"][0] == "50% (4 of 8)"


def test_findings_that_exist_only_weighted_or_only_unweighted_are_all_told():
    data = pd.DataFrame(
        {"a": [1] * 40 + [0] * 60, "b": [1] * 30 + [0] * 70, "c": [1] * 10 + [0] * 90, "w": 1.0}
    )
    text = text_of(cb.proportions(data, ["a", "b"]), cb.proportions(data, ["b", "c"], weights="w"))
    takeaways = part(text, "Key takeaways")
    assert "**40%** of the 100 respondents reported a (" in takeaways
    assert "**30%** of the 100 respondents reported b (" in takeaways
    assert "Estimated: **10%**" in takeaways
    assert takeaways.count(" reported b") == takeaways.count("would report b") == 1  # set beside each other
    assert set(cells(part(text, "Weighted beside unweighted"))) == {"Reported", "---", "b", "c"}
    assert cells(part(text, "Who is in every denominator"))["c"][-1].startswith("weighted estimate: 10%")


def test_the_figure_of_weighted_shares_says_those_of_the_same_people(pair):
    made = cb.brief(*pair, title="t")
    assert {"figures/findings.svg", "figures/weighted.svg"} <= set(made.files())
    (alt,) = [picture.alt for picture in made._pictures if picture.name == "weighted"]
    assert "(8% to 19%" not in alt
    assert "10% unweighted; 8 of 80" in alt
    assert "figures/weighted.svg" not in cb.brief(pair[0], title="t").files()


# ---- B.15 a: how it was made ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(5)
    n = 240
    frame = pd.DataFrame({"a": rng.integers(0, 2, n), "w": rng.uniform(0.5, 2.0, n), "N": 400.0})
    frame["s"] = np.repeat(["n", "s"], n // 2)
    frame["c"] = np.repeat(np.arange(24), 10)
    frame["g"] = np.tile(["x", "y"], n // 2)
    for k in range(8):
        frame[f"r{k}"] = frame["w"] * rng.uniform(0.5, 1.5, n)
    return frame


def method_of(*results):
    """The section that says how numbers were made: sentences of its own, which were one line of the cautions."""
    return part(text_of(*results), "How the numbers were made")


DESIGN = {"weights": "w", "design": cb.SurveyDesign(strata="s", clusters="c")}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Intervals of shares: Wilson."),
        ({"weights": "w"}, "Intervals of weighted shares: Wilson, on Kish's effective sample size."),
        ({"method": "mid_p"}, "Intervals of shares: Clopper-Pearson with mid-p."),
        (
            DESIGN | {"method": "korn_graubard"},
            "Intervals of weighted shares: Korn-Graubard, with linearized (Taylor series) variance, for a design with "
            "2 strata and 24 clusters, adjusted for 22 degrees of freedom.",
        ),
        (
            {"design": cb.SurveyDesign(strata="s", population_size="N")},
            "Intervals of shares: Wilson, with linearized (Taylor series) variance, for a design with 2 strata and a "
            "finite population correction, t on 238 degrees of freedom.",
        ),
        (
            DESIGN | {"variance": "jackknife"},
            "Wilson, with jackknife variance, for a design with 2 strata and 24",
        ),
        (
            DESIGN | {"variance": "bootstrap", "bootstrap": cb.Bootstrap(n_resamples=100, rng=1)},
            "Wilson, with variance from 100 bootstrap replicates (rescaled, Rao and Wu), for a design with 2 strata and "
            "24 clusters, t on 22 degrees of freedom.",
        ),
        (
            {"weights": "w", "method": "bootstrap_bca", "bootstrap": cb.Bootstrap(n_resamples=100, rng=1)},
            "bias-corrected and accelerated bootstrap, with variance from 100 bootstrap replicates (people drawn with "
            "replacement).",
        ),
        (
            {"method": "bootstrap"},
            "Intervals of shares: bootstrap percentile, computed exactly, without draws.",
        ),
        (
            {
                "weights": "w",
                "design": cb.SurveyDesign(
                    replicate_weights=ReplicateWeights([f"r{k}" for k in range(8)], "jk1")
                ),
            },
            "Wilson, with variance from 8 replicate weights (JK1 jackknife), t on 7 degrees of freedom.",
        ),
    ],
)
def test_the_method_line_comes_from_what_the_result_did(drawn, options, words):
    result = cb.proportions(drawn, "a", **options)
    line = method_of(result)
    assert words in line
    assert ("Kish" in line) == (options == {"weights": "w"})
    assert "_" not in line


def test_results_made_in_several_ways_are_all_named(drawn):
    line = method_of(
        cb.proportions(drawn, "a"),
        cb.proportions(drawn, "a", weights="w"),
        cb.proportions(drawn, "a", **DESIGN),
    )
    assert "- Intervals of shares: Wilson.\n- Intervals of weighted shares: Wilson, on Kish's" in line
    assert "- Intervals of weighted shares: Wilson, with linearized" in line


def test_tests_and_intervals_of_comparisons_have_printed_names():
    data = pd.DataFrame({"a": [1, 0, 1, 1] * 30, "b": [1] + [0] * 119, "g": ["x", "y", "y", "x"] * 30})
    line = method_of(cb.compare_groups(data, ["a", "b"], by="g", method="miettinen_nurminen"))
    assert "ntervals of differences: Miettinen-Nurminen" in line
    assert "Tests of differences: Fisher's exact test, score test (Pearson's chi-squared)." in line


def test_results_that_disagree_about_the_design_are_named(drawn):
    lead = "**The results disagree about the design.**"
    mixed = text_of(
        cb.proportions(drawn, "a", **DESIGN),
        cb.compare_groups(drawn, "a", by="g"),
        cb.compare_groups(drawn, "a", by="g", design=DESIGN["design"]),
    )
    line = next(x for x in part(mixed, "Read this before quoting").splitlines() if lead in x)
    assert (
        "With strata and clusters: weighted shares of “a”, and difference of “a” by g; without a design, as "
        "if people had been drawn one by one: difference of “a” by g. Where people were drawn in clusters, such "
        "intervals are mostly too narrow" in line
    )
    two = text_of(
        cb.proportions(drawn, "a", **DESIGN),
        cb.proportions(drawn, "a", by="g", design=cb.SurveyDesign(clusters="c")),
    )
    assert "With strata and clusters: weighted shares of “a”; with clusters: shares of “a” by g." in two
    for results in [(DESIGN, DESIGN), ({}, {}), ({"weights": "w"}, {})]:
        made = [
            cb.proportions(drawn, "a", by=by, **how) for by, how in zip((None, "g"), results, strict=True)
        ]
        assert lead not in text_of(*made)


@pytest.mark.parametrize(
    "how",
    [
        DESIGN,
        {"design": cb.SurveyDesign(clusters="c")},
        {"design": cb.SurveyDesign(strata="s", population_size="N")},
        {
            "weights": "w",
            "design": cb.SurveyDesign(
                replicate_weights=cb.ReplicateWeights([f"r{k}" for k in range(8)], "jk1")
            ),
        },
    ],
    ids=["strata and clusters", "clusters", "population", "replicates"],
)
def test_results_of_one_design_do_not_disagree_because_some_have_fewer_clusters(drawn, how):
    fewer = drawn[drawn["c"] != 7]  # a cluster of which nobody answered another wave
    made = [cb.proportions(drawn, "a", **how), cb.proportions(fewer, cb.Item("a", label="later"), **how)]
    made += [cb.compare_groups(fewer, "a", by="g", **how)]
    assert "disagree about the design" not in text_of(*made)
    plain = cb.proportions(fewer, cb.Item("a", label="plain"))
    assert "without a design, as if people had been drawn one by one: shares of “plain”." in text_of(
        *made, plain
    )


def test_of_many_results_that_disagree_about_the_design_the_first_are_named(drawn):
    labels = ["one", "two", "three", "four", "five"]
    plain = [cb.proportions(drawn, cb.Item("a", label=label)) for label in labels]
    text = text_of(*plain, cb.proportions(drawn, "a", **DESIGN))
    assert "shares of “one”, shares of “two”, shares of “three”, and 2 more. Where people" in text


def test_the_level_of_response_rates_stands_once_at_their_table():
    frames = {"a": pd.DataFrame({"id": range(40)}), "b": pd.DataFrame({"id": range(20)})}
    panel = cb.link_waves(frames, on="id")
    text = text_of(panel, panel.flow(invited={"b": 40}, confidence_level=0.9))
    assert "Response rates, with 90% intervals" in text
    assert "95%" not in text
    assert text.count("Intervals of response rates: Wilson.") == 1


def test_the_design_of_comparisons_stands_under_them_and_not_under_shares_that_have_none(drawn):
    mixed = text_of(
        cb.proportions(drawn, "a"),
        cb.compare_groups(drawn, "a", by="g", design=DESIGN["design"]),
    )
    said = "Design: 2 strata (s), 24 clusters (c)."
    assert said in part(mixed, "Comparisons between groups")
    assert said not in part(mixed, "Who is in every denominator")
    assert mixed.count(said) == 1


def test_cautions_name_all_others_and_everybody_as_the_tables_do():
    data = pd.DataFrame({"a": [1, 0, 1, 1] * 30, "g": ["x"] * 10 + ["y"] * 50 + ["z"] * 60})
    for reference, words in (("rest", "all others (110)"), ("overall", "everybody (120)")):
        caution = part(
            text_of(cb.compare_groups(data, "a", by="g", reference=reference)), "Read this before quoting"
        )
        assert f"x (10) against {words}" in caution
        assert "(rest)" not in caution
        assert "(overall)" not in caution


# ---- b: adjustment -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def groups():
    return pd.DataFrame({"a": [1, 0, 0, 1, 0, 1] * 40, "g": ["x", "y", "z"] * 80})


def test_without_adjustment_nothing_is_called_adjusted(groups):
    text = text_of(cb.compare_groups(groups, "a", by="g", adjust="none"))
    assert not re.search(r"(?<!not )adjusted", text)
    assert "p-values are not adjusted for their number" in text
    assert "| p (not adjusted) |" in text


@pytest.mark.parametrize(
    ("adjust", "words"),
    [
        ("holm", "Holm's method"),
        ("bonferroni", "Bonferroni's method"),
        ("fdr_bh", "Benjamini and Hochberg's method"),
    ],
)
def test_adjustments_have_words(groups, adjust, words):
    text = text_of(cb.compare_groups(groups, "a", by="g", adjust=adjust))
    assert f"The p-values are adjusted by {words} for all" in text
    assert f"p-values are adjusted by {words} for their number" in part(text, "Read this before quoting")
    assert "_" not in re.sub(r"\[.*?\]", "", part(text, "Comparisons between groups"))


def test_tables_with_different_adjustments_do_not_contradict_each_other(groups):
    text = text_of(
        cb.compare_groups(groups, "a", by="g", adjust="none"),
        cb.compare_groups(groups, "a", by="g", adjust="holm"),
    )
    caution = part(text, "Read this before quoting")
    assert "within each table" not in caution
    assert "p-values are not adjusted for their number" in caution  # each table says it of itself
    assert "p-values are adjusted by Holm's method for their number" in caution


def test_a_single_comparison_has_nothing_to_be_adjusted_for():
    data = pd.DataFrame({"a": [1, 0, 0, 1] * 40, "g": ["x", "y"] * 80})
    text = text_of(cb.compare_groups(data, "a", by="g"))
    assert not re.search(r"(?<!not )adjusted", text)
    assert "1 comparison (difference of “a” by g) was made." in text


# ---- c: links ------------------------------------------------------------------------------------------------


def test_links_by_code_are_told_with_their_doubt():
    panel = link(code_waves())
    pair = panel.link_summary().waves[0]
    data = panel.wave("w2").assign(a=1)
    text = text_of(cb.proportions(data, "a"), panel)
    caution = part(text, "Read this before quoting")
    false, recall = (f"{100 * r:.1f}%" for r in (pair.false_link_rate, pair.recall_at_most))
    assert (
        f"{pair.links} links, an estimated {false} of them false, at most {recall} of the true matches"
        in caution
    )
    assert f"from a match probability of {pair.cut:.3f} up" in caution
    doubt = (
        part(text, "How waves were linked").split("How doubtful the links by codes are")[1].split("\n\n")[1]
    )
    assert cells(doubt)["w1 and w2"] == [
        f"{pair.links}",
        false,
        recall,
        f"{pair.cut:.3f}",
    ]


def test_links_by_key_are_not_called_doubtful(panel, pair):
    text = text_of(pair[0], panel)
    assert "false link" not in text.lower()
    assert "not certain" not in text


# ---- d: small groups -----------------------------------------------------------------------------------------


def test_comparisons_of_small_groups_are_flagged_as_single_shares_are():
    data = pd.DataFrame({"a": [1, 0] * 49, "g": ["s"] * 8 + ["m"] * 40 + ["l"] * 50})
    text = text_of(cb.compare_groups(data, GOOD, by="g", reference="l"))
    line = next(x for x in text.splitlines() if "**Small bases:**" in x)
    assert "a better job, s (8) against l (50)" in line
    assert "m (40)" not in line
    assert "s against l (small base)" in text
    assert "m against l (small base)" not in text


def test_a_comparison_that_nobody_answered_has_a_row_without_numbers():
    data = pd.DataFrame({"a": [1, 0] * 49, "g": ["s"] * 8 + ["l"] * 90})
    result = cb.compare_groups(data, GOOD, by="g", reference="l")
    nan = float("nan")
    numbers = dict.fromkeys(
        ("estimate", "conf_low", "conf_high", "p_value", "p_adjusted", "estimate_group"), nan
    )
    empty = replace(result.rows[0], **numbers, count=0, n=0, test="none", flags=("no_answers",))
    text = text_of(replace(result, columns=Columns.of(type(empty), [empty])))
    assert "| s against l | no answers | 45 of 90 (50%) | – | nobody answered |" in text
    assert "nan" not in text
    assert "too few people to test" not in text


# ---- e: one number for one thing -----------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 8, 29, 33, 120, 250, 2000])
@pytest.mark.parametrize("value", [0, 1])
def test_what_cannot_be_ruled_out_is_the_end_of_the_interval(n, value):
    takeaways = part(text_of(cb.proportions(pd.DataFrame({"a": [value] * n}), "a")), "Key takeaways")
    low, high = re.search(r"95% interval (\S+) to (\S+);", takeaways).groups()
    way, rate = re.search(r"rates (up|down) to (\S+) cannot be ruled out", takeaways).groups()
    assert (way, rate) == (("down", low) if value else ("up", high))


# ---- f: intervals beside adjusted p-values -------------------------------------------------------------------


def test_intervals_are_said_to_be_adjusted_where_they_are(groups):
    page = text_of(cb.compare_groups(groups, "a", by="g"))
    text = part(page, "Comparisons between groups")
    assert "(95% interval, adjusted)" in text
    assert (
        "adjusted by Bonferroni's method: those of all comparisons that were made hold together at 95%."
        in text
    )
    assert "intervals hold together." in part(page, "Read this before quoting")
    both = text_of(*(cb.compare_groups(groups, "a", by="g", adjust=how) for how in ("holm", "fdr_bh")))
    said = part(both, "Read this before quoting")
    assert "intervals hold together" in said
    assert "intervals each hold on their own" in said


def test_intervals_are_said_to_be_unadjusted_and_agreement_needs_no_more(groups):
    result = cb.compare_groups(groups, "a", by="g", adjust="fdr_bh")
    text = part(text_of(result), "Comparisons between groups")
    assert "(95% interval, not adjusted)" in text
    assert "Intervals are not adjusted for the number of comparisons: each holds on its own." in text
    assert "excludes" not in text


def test_without_adjustment_another_method_is_the_cause():
    data = pd.DataFrame({"a": [1] * 6 + [0] * 7 + [1] * 1 + [0] * 10, "g": ["x"] * 13 + ["y"] * 11})
    row = cb.compare_groups(data, "a", by="g").rows[0]
    assert row.conf_high < 0
    assert row.p_value >= 0.05
    text = part(text_of(cb.compare_groups(data, "a", by="g")), "Comparisons between groups")
    assert "1 interval excludes 0 beside a p-value of 0.05 or more, because the test is not made by" in text


def test_the_example_of_the_issue_is_explained():
    rows = [("full", 11, 78), ("part", 2, 8), ("look", 6, 13), ("study", 2, 9)]
    data = pd.DataFrame([(int(k < yes), g) for g, yes, n in rows for k in range(n)], columns=["a", "g"])
    b = data.assign(b=[1, 0] * 54)
    result = cb.compare_groups(b, ["a", "b"], by="g", reference="full", adjust="fdr_bh")
    text = part(text_of(result), "Comparisons between groups")
    assert "+32 (+7 to +57)" in text
    assert "1 interval excludes 0 beside a p-value of 0.05 or more, because the p-value is adjusted" in text


# ---- g: rounding ---------------------------------------------------------------------------------------------


def printed(text):
    return re.findall(r"[<>]?\d+(?:\.\d+)?%", text)


def test_a_table_has_one_number_of_decimals():
    data = pd.DataFrame({"a": [1] * 107 + [0] * 243, "g": ["x"] * 150 + ["y"] * 200})
    plain, grouped = cb.proportions(data, "a"), cb.proportions(data, "a", by="g")
    text = text_of(plain, grouped)
    assert all("." not in p for p in printed(part(text, "Who is in every denominator")))
    assert "30.6%" in part(text, "Key takeaways")
    alone = text_of(plain)
    assert all("." in p for p in printed(part(alone, "Who is in every denominator")))


def test_halves_go_away_from_zero_in_every_part():
    data = pd.DataFrame(
        {"a": [1] * 25 + [0] * 175 + [1] * 50 + [0] * 50, "g": ["x"] * 200 + ["y"] * 100, "w": 1.0}
    )
    results = [
        cb.proportions(data, "a", by="g"),
        cb.proportions(data, "a", by="g", weights="w"),
        cb.compare_groups(data, "a", by="g"),
    ]
    text = text_of(*results)
    assert "12%" not in text
    assert text.count("13%") >= 4
    assert "+38 (" in text  # 50% - 12.5%
    assert "Differences are of the shares before rounding" in text  # 50 - 13 = 37


def test_no_p_value_is_zero_and_all_have_one_style():
    data = pd.DataFrame({"a": [1] * 90 + [0] * 20 + [1] * 90, "g": ["x"] * 100 + ["y"] * 50 + ["z"] * 50})
    result = cb.compare_groups(data, "a", by="g")
    text = part(text_of(result), "Comparisons between groups").replace("\\", "")
    values = [row[-1] for name, row in [(k, v) for k, v in cells(text).items()] if name == "a"]
    assert "0.0000" not in text
    assert all(re.fullmatch(r"< 0\.0001|[01]\.\d{4}", value) for value in values)


def test_percentages_of_one_question_that_do_not_add_to_100_have_a_note():
    data = pd.DataFrame({"q": ["a"] * 33 + ["b"] * 33 + ["c"] * 63, "w": 1.0})  # 26 + 26 + 49 = 101
    each = cb.Item("q", each_level=True, label="pay")
    text = text_of(cb.proportions(data, each), cb.proportions(data, each, weights="w"))
    note = "Rounded percentages do not add to 100 for: “pay”."
    for heading in ("Key takeaways", "Weighted beside unweighted", "Who is in every denominator"):
        assert note in part(text, heading)
    even = data.iloc[:132].assign(q=["a", "b", "c", "d"] * 32 + ["a"])
    assert "do not add to 100" not in text_of(cb.proportions(even.iloc[:128], each))


def test_the_balance_table_is_rounded_by_one_rule(panel, weights, pair):
    def points(text):
        return int(text.replace("−", "-"))

    section = part(text_of(pair[1], weights), "Those who answered against the population")
    assert all("." not in p for p in printed(section.split("Rounded")[0]))
    rows = [r for name, r in cells(section).items() if name.startswith("sex")]
    apart = any(
        int(r[1][:-1]) - int(r[0][:-1]) != points(r[3]) or int(r[2][:-1]) - int(r[0][:-1]) != points(r[4])
        for r in rows
    )
    assert ("before rounding" in section) == apart


def test_bases_of_one_read_as_one():
    data = pd.DataFrame({"a": [1] + [0] * 39, "g": ["x"] + ["y"] * 39, "w": [0.0] + [1.0] * 39})
    text = text_of(cb.proportions(data, "a", by="g", people="nurses"), cb.proportions(data, "a", weights="w"))
    assert not re.search(r"(?<![\d,])1 (nurses|rows|people|comparisons|links)\b", text)
    assert "1 person among the nurses" in text


# ---- what a hostile reader found -----------------------------------------------------------------------------


def test_a_bound_near_all_is_not_called_at_most_more_than():
    assert [at_most(x, 1) for x in (0.99972, 1.0, 0.974, 0.9994)] == ["100.0%", "100.0%", "97.4%", "99.9%"]


def test_weighted_and_unweighted_comparisons_are_told_apart(groups):
    data = groups.assign(w=[1.0, 2.0] * 120)
    text = text_of(cb.compare_groups(data, "a", by="g", weights="w"), cb.compare_groups(data, "a", by="g"))
    assert (
        "- Intervals of weighted differences: Newcombe, on Kish's effective sample sizes.\n"
        "- Tests of weighted differences: score test (Pearson's chi-squared).\n"
        "- Intervals of differences: Newcombe.\n"
    ) in text


def test_a_census_has_no_interval_and_leaves_no_rates_open():
    data = pd.DataFrame({"a": [0] * 300, "b": [1] * 215 + [0] * 85})
    text = text_of(
        cb.proportions(data, ["a", "b"], design=cb.SurveyDesign(population_size=300), people="nurses")
    )
    assert (
        "None of the 300 nurses reported a (0 of 300; all of the population was drawn, so there is no sampling "
        "error)." in text.replace("**", "")
    )
    assert "ruled out" not in part(text, "Key takeaways")
    assert "71.7% to 71.7%" not in part(text, "Key takeaways")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (
            [0],
            "the one person who stands for the population that the weights of nurses stand for did not report a",
        ),
        ([1], "the one person who stands for the population that the weights of nurses stand for reported a"),
        (
            [0, 0],
            "neither of the 2 people who stand for the population that the weights of nurses stand for reported",
        ),
        (
            [1, 1],
            "both of the 2 people who stand for the population that the weights of nurses stand for reported a",
        ),
        (
            [1] * 3,
            "all of the 3 people who stand for the population that the weights of nurses stand for reported a",
        ),
    ],
)
def test_few_people_with_weights_read_as_a_sentence(answers, words):
    data = pd.DataFrame({"a": answers, "w": 2.0})
    text = text_of(cb.proportions(data, "a", weights="w", people="nurses")).replace("**", "")
    assert f"Estimated: {words}" in text


def test_rates_left_open_below_one_percent_read_as_english():
    text = text_of(cb.proportions(pd.DataFrame({"a": [0] * 9000}), "a"))
    assert "95% interval 0.0% to <0.1%; rates below 0.1% cannot be ruled out" in text.replace("\\", "")


def test_comparisons_of_which_none_was_tested_say_so():
    data = pd.DataFrame({"a": [1] + [0] * 59, "g": ["x", "y"] * 30, "w": 1.0})
    text = text_of(cb.compare_groups(data, "a", by="g", weights="w"))
    assert "None could be tested: too few answers of one kind." in text
    assert "p-value is below" not in text
    assert "1 had too few answers of one kind to test" in text


def test_one_comparison_is_not_called_all():
    data = pd.DataFrame({"a": [1, 0, 0, 1] * 40, "g": ["x", "y"] * 80})
    text = text_of(cb.compare_groups(data, "a", by="g")).replace("**", "")
    assert "1 comparison (difference of “a” by g) was made. A difference" in text


def test_learners_who_answered_are_told_from_all_learners():
    """Whom the study is about is said by its author: no page speaks of learners by itself."""
    result = cb.proportions(pd.DataFrame({"a": [1, 0] * 30}), "a", people="learners")
    text = cb.brief(result, title="t", people="learners", figures=False).to_markdown()
    assert "“% of all learners” for a share of learners who answered" in text
    other = cb.proportions(pd.DataFrame({"a": [1, 0] * 30}), "a", people="nurses")
    assert "learner" not in text_of(other)


def test_people_without_one_of_two_groups_are_in_none(groups):
    data = groups.assign(h=["u"] * 120 + [None] * 120)
    result = cb.proportions(data, "a", by=["g", "h"])
    assert "120 rows have no value in g or h and are in no group" in result.notes


def test_a_base_of_one_in_a_result_reads_as_one():
    text = repr(cb.proportions(pd.DataFrame({"a": [0]}), "a", people="nurses"))
    assert "- a: 0 of 1 person among the nurses; rates above 0.950 are ruled out" in text


@pytest.fixture(scope="module")
def nested():
    data = pd.DataFrame({"a": [1] * 40 + [0] * 20, "q": ["x", "y", "z", "x", "y"] * 12})
    kinds = cb.Item("q", each_level=True, label="help")
    return cb.proportions(data, "a"), cb.proportions(data, kinds, among="a")


def test_answers_in_a_subset_keep_their_order_with_and_without_the_parent(nested):
    parent, children = nested
    """All answers of a question are one finding, in which they are listed."""
    for results in ([children], [parent, children]):
        text = part(text_of(*results), "Key takeaways")
        assert re.findall(r"^ +- (\w): \*\*", text, flags=re.MULTILINE) == ["x", "y", "z"]
        assert (
            len(re.findall(r"Asked about \*\*help,\*\* \d+ \w+ who reported \w+ answered as follows", text))
            == 1
        )


def test_a_figure_says_of_whom_its_shares_are(nested):
    _, children = nested

    def labels(ax):
        return [" ".join(t.get_text().split()) for t in ax.get_yticklabels()]

    assert labels(children.plot()) == [
        f"of those who reported a: help: {x} {n} of 40" for x, n in (("x", 16), ("y", 16), ("z", 8))
    ]


def test_subsets_of_subsets_stand_behind_their_own_parents():
    data = pd.DataFrame({"a": [1] * 40 + [0] * 20, "b": [1, 0, 1] * 20, "c": [1, 1, 0, 0] * 15})
    results = [
        cb.proportions(data, "c", among=["a", "b"]),
        cb.proportions(data, ["b", "c"], among="a"),
        cb.proportions(data, ["b", "a"]),
    ]

    def paths(given):
        return [group.path for group in grouped([result.brief_parts(StudyWords()) for result in given])]

    assert paths(results) == [("b",), ("a",), ("a", "b"), ("a", "b", "c"), ("a", "c")]
    assert paths(results[:2]) == [("a", "b"), ("a", "b", "c"), ("a", "c")]


@pytest.mark.parametrize(
    ("covariates", "words"),
    [
        (["sex", "one"], "weighted on sex. The effective"),
        (["one"], "with no variable that tells them apart. The effective"),
    ],
)
def test_covariates_without_effect_are_not_said_to_have_one(covariates, words):
    people = pd.DataFrame({"id": range(200), "sex": ["m", "f"] * 100, "one": "x"})
    answers = people.iloc[:90][["id"]].assign(a=[1, 0] * 45)
    panel = cb.link_waves({"w1": people, "w2": answers}, on="id")
    weights = cb.attrition_weights(panel, covariates, wave="w2", to="w1")
    result = cb.proportions(panel.wave("w2"), "a", weights=weights)
    text = text_of(result, weights)
    assert "**Weights for 200 people in “w1”.** 90 people who answered “w2” stand for them" in text
    assert f"stand for them, {words}" in text


def test_groups_of_a_question_are_named_by_it_beside_their_answer(panel, weights):
    """ "a better job (yes)" would read as an answer to the item."""
    asked = cb.Item("b", label="more pay")
    linked = panel.wave("later", also_in="first")
    results = [cb.proportions(linked, GOOD, by=asked, weights=w, people="graduates") for w in (None, weights)]
    found = cells(part(text_of(*results, weights), "Weighted beside unweighted"))
    assert {name for name in found if "(" in name} == {
        "a better job (more pay = no)",
        "a better job (more pay = yes)",
    }
