"""What comparisons give to a brief: both shares with their bases, the interval, the p-value, and no more."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from credbenefits.reporting.kinds import comparisons
from credbenefits.results.parts import Parts, StudyWords
from parts_text import PLAIN, cautions, check, everything, findings, rows, said, table

BETTER = cb.Item("better", label="less pain")


def of_counts(*groups, column="arm", item="better"):
    """Rows of people from (group, yes, no)."""
    return pd.DataFrame(
        [(group, answer) for group, yes, no in groups for answer in ["yes"] * yes + ["no"] * no],
        columns=[column, item],
    )


def parts(result, words=PLAIN):
    return check(comparisons.parts(result, words))


@pytest.fixture(scope="module")
def arms():
    """120 treated patients, 72 better; 80 controls, 32 better."""
    return of_counts(("control", 32, 48), ("treated", 72, 48))


def test_one_comparison_is_a_sentence_with_both_shares_and_the_interval(arms):
    made = parts(cb.compare_groups(arms, BETTER, by="arm", people="patients"))
    assert findings(made) == [
        "Among the patients who answered, by arm: 60% (72 of 120) in “treated” and 40% (32 of 80) in “control” "
        "reported less pain, a difference of +20 points (95% interval +6 to +33; p = 0.0055)."
    ]
    (finding,) = made.findings
    assert (finding.base, finding.unit, finding.withheld, finding.details) == (80, "points", "", ())
    assert "less pain" in finding.names
    assert "better" in finding.names
    (dot,) = finding.dots
    assert (dot.label, dot.note, dot.base) == ("less pain: treated against control", "60% against 40%", 80)
    assert (dot.estimate, dot.low < 0.06, dot.high > 0.32) == (pytest.approx(0.2), True, True)


def test_the_table_has_numbers_to_be_rounded_and_says_what_was_made(arms):
    made = parts(cb.compare_groups(arms, BETTER, by="arm", people="patients"))
    shown = table(made, "Differences by arm")
    assert rows(shown) == [
        (
            "less pain",
            "treated against control",
            "72 of 120 (60%)",
            "32 of 80 (40%)",
            "+20 (+6 to +33)",
            "0.0055",
        )
    ]
    assert shown.header[-2:] == ("Difference in points (95% interval)", "p (not adjusted)")
    assert said(shown.before[0]) == (
        "1 comparison by arm among patients. The p-value is not adjusted. 1 p-value is below 0.05."
    )
    assert shown.base == 80
    assert made.stated[0].what == "difference of “less pain” by arm"
    assert (made.stated[0].people, made.stated[0].keys) == ("patients", (made.findings[0].key,))
    assert made.methods == (
        "Intervals of differences: Newcombe.",
        "Tests of differences: score test (Pearson's chi-squared).",
    )
    assert list(made.files) == ["differences"]
    assert made.files["differences"]["by"].tolist() == ["arm"]


def test_a_difference_that_is_not_told_from_chance_is_not_stated_as_one():
    made = parts(cb.compare_groups(of_counts(("a", 21, 19), ("b", 20, 20)), BETTER, by="arm"))
    assert "a difference of −3 points that chance alone may explain (" in findings(made)[0]
    assert "No p-value is below 0.05, which does not show that the groups are alike." in said(
        made.tables[0].before[0]
    )


def test_an_interval_that_holds_0_beside_a_small_p_value_is_no_difference_either():
    data = of_counts(("a", 42, 58), ("b", 56, 44)).assign(
        worse=["yes"] * 30 + ["no"] * 70 + ["yes"] * 60 + ["no"] * 40
    )
    result = cb.compare_groups(data, [BETTER, "worse"], by="arm")
    first = result.rows[0]
    assert first.p_adjusted < 0.05  # by Holm's method
    assert first.conf_low < 0 < first.conf_high  # by Bonferroni's
    made = parts(result)
    assert "a difference of +14 points that chance alone may explain" in findings(made)[0]
    assert "a difference of +30 points (" in findings(made)[1]
    assert "1 interval holds 0 beside a p-value below 0.05" in said(made.tables[0].after[0])


def test_several_groups_are_one_finding_with_a_line_for_each():
    data = of_counts(("a", 30, 10), ("b", 20, 20), ("c", 8, 32))
    made = parts(cb.compare_groups(data, BETTER, by="arm", people="nurses"))
    assert findings(made) == [
        "Among the nurses who answered, by arm: 3 of 3 comparisons of less pain have an adjusted p-value below "
        "0.05. Intervals hold for all 3 comparisons together."
    ]
    assert [said(line).split(" (95%")[0] for line in made.findings[0].details] == [
        "50% (20 of 40) in “b” and 75% (30 of 40) in “a”: −25 points",
        "20% (8 of 40) in “c” and 75% (30 of 40) in “a”: −55 points",
        "20% (8 of 40) in “c” and 50% (20 of 40) in “b”: −30 points",
    ]
    assert len(made.findings[0].dots) == 3
    assert cautions(made, "Comparisons between groups") == [
        "3 comparisons (differences of “less pain” by arm) were made; p-values are adjusted by Holm's method for "
        "their number, and intervals hold together.",
        "A difference between groups of people who answered does not show what caused it.",
    ]


def test_picked_rows_do_not_pass_for_all_that_were_made(arms):
    data = arms.assign(other=["yes", "no"] * 100)
    made = parts(cb.compare_groups(data, [BETTER, "other"], by="arm")["other"])
    assert said(made.tables[0].before[0]).startswith("1 of 2 comparisons by arm")
    assert cautions(made, "Comparisons between groups")[0].startswith(
        "2 comparisons (differences of “other” by arm) were made, of which 1 is shown;"
    )


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("rest", "75% (30 of 40) in “a” and 35% (28 of 80) among all others: +40 points"),
        ("overall", "75% (30 of 40) in “a” and 48% (58 of 120) among everybody: +27 points"),
    ],
)
def test_all_others_and_everybody_are_no_groups(reference, words):
    data = of_counts(("a", 30, 10), ("b", 20, 20), ("c", 8, 32))
    made = parts(cb.compare_groups(data, BETTER, by="arm", reference=reference))
    assert said(made.findings[0].details[0]).startswith(words)
    assert not any("(rest)" in line or "(overall)" in line for line in everything(made))


def test_ratios_and_odds_ratios_are_plain_numbers(arms):
    ratio = parts(cb.compare_groups(arms, BETTER, by="arm", comparison="ratio"))
    assert "reported less pain, a ratio of 1.50 (95% interval 1.1" in findings(ratio)[0]
    assert ratio.findings[0].unit == "number"
    assert rows(ratio.tables[0])[0][4].startswith("1.50 (1.1")
    odds = parts(cb.compare_groups(arms, BETTER, by="arm", comparison="odds_ratio"))
    assert "an odds ratio of 2.25 (95% interval" in findings(odds)[0]
    assert "odds, not shares" in said(odds.tables[0].before[0])
    nobody = of_counts(("a", 10, 0), ("b", 0, 10))
    infinite = parts(cb.compare_groups(nobody, BETTER, by="arm", comparison="ratio"))
    assert any(line.startswith("infinity") or line.startswith("0 (") for line in rows(infinite.tables[0])[0])
    assert infinite.findings[0].dots == () or np.isfinite(infinite.findings[0].dots[0].high)


def test_groups_of_several_columns_have_the_words_of_the_study(arms):
    data = arms.assign(site=["north", "south"] * 100)
    words = StudyWords(
        labels={"arm": "treatment", "site": "hospital"},
        level_labels={"arm": {"control": "usual care"}, "site": {"north": "Hill Road, main = old"}},
    )
    made = parts(cb.compare_groups(data, BETTER, by=["arm", "site"], reference="rest"), words)
    groups = [row[1] for row in rows(made.tables[0])]
    assert groups[0] == "treatment = usual care, hospital = Hill Road, main = old against all others"
    assert made.tables[0].caption == "Differences by treatment and hospital, in percentage points"


def test_answers_of_a_question_are_one_finding_with_the_words_of_the_study():
    data = pd.DataFrame(
        {"g": ["a"] * 40 + ["b"] * 40, "q": (["u"] * 10 + ["v"] * 30) + ["u"] * 20 + ["v"] * 20}
    )
    words = StudyWords(labels={"q": "How often?"}, level_labels={"q": {"u": "never", "v": "daily"}})
    made = parts(cb.compare_groups(data, cb.Item("q", each_level=True), by="g"), words)
    assert len(made.findings) == 1
    assert "of 2 comparisons of How often? have" in findings(made)[0]
    assert [said(line)[:6] for line in made.findings[0].details] == ["never:", "daily:"]
    assert made.tables[0].whole == (("How often?", (0.5, 0.5)), ("How often?", (0.25, 0.75)))


def test_small_bases_lead_with_their_counts_and_are_named():
    made = parts(cb.compare_groups(of_counts(("a", 3, 5), ("b", 9, 3)), BETTER, by="arm", people="nurses"))
    assert "9 of 12 (75%) in “b” and 3 of 8 (38%) in “a”" in findings(made)[0]
    assert cautions(made, "Small bases") == [
        "less pain, b (12) against a (8)",
        "Quote counts, not percentages.",
    ]
    assert "b against a (small base)" in rows(made.tables[0])[0][1]


def test_one_person_in_a_group_is_no_finding_without_an_interval():
    made = parts(cb.compare_groups(of_counts(("a", 1, 0), ("b", 9, 3)), BETTER, by="arm"))
    assert "9 of 12 (75%) in “b” and 1 of 1 (100%) in “a”" in findings(made)[0]


def test_where_nobody_answered_nothing_was_compared():
    data = pd.DataFrame(
        {"arm": ["a"] * 20 + ["b"] * 20 + ["c"] * 20, "better": [1, 0] * 10 + [None] * 20 + [0, 1] * 10}
    )
    made = parts(cb.compare_groups(data, BETTER, by="arm"))
    assert findings(made) == [
        "Among the respondents who answered, by arm: none of 3 comparisons of less pain, of which 1 could be "
        "tested, has a p-value below 0.05, which does not show that the groups are alike."
    ]
    assert [said(line) for line in made.findings[0].details] == [
        "“b” against “a”: nobody answered in one of them.",
        "10 of 20 (50%) in “c” and 10 of 20 (50%) in “a”: 0 points (95% interval −28 to +28; p = 1.0000).",
        "“c” against “b”: nobody answered in one of them.",
    ]
    assert len(made.findings[0].dots) == 1
    assert rows(made.tables[0])[0][2:] == (
        "no answers; 20 left it blank",
        "10 of 20 (50%)",
        "–",
        "nobody answered",
    )
    assert made.tables[0].base == 20
    nobody = parts(cb.compare_groups(data, BETTER, by="arm")._picked([0]))
    assert findings(nobody) == [
        "Among the respondents who answered, by arm: nobody in “b” answered about less pain: nothing was compared."
    ]
    assert nobody.findings[0].withheld == "nobody answered in one of the groups"
    assert nobody.findings[0].dots == ()


def test_shares_of_all_are_no_difference_that_chance_explains():
    made = parts(cb.compare_groups(of_counts(("a", 20, 0), ("b", 20, 0)), BETTER, by="arm"))
    assert "a difference of 0 points (95% interval −16 to +16; p = 1.0000)." in findings(made)[0]


def test_a_design_with_too_few_units_has_no_interval_and_no_finding():
    data = of_counts(("a", 20, 10), ("b", 10, 20)).assign(ward=["x"] * 30 + ["y"] * 30)
    made = parts(cb.compare_groups(data, BETTER, by="arm", design=cb.SurveyDesign(clusters="ward")))
    assert made.stated[0].design == "clusters"
    assert made.findings[0].withheld == "it could not be tested"
    assert made.findings[0].dots == ()
    assert findings(made)[0].endswith(
        "a difference of −33 points (from unrounded shares; no interval can be given; not tested: too few units of "
        "the design)."
    )
    assert rows(made.tables[0])[0][4:] == ("−33 (no interval)", "too few units to test")
    assert "1 had too few answers of one kind or units of the design to test." in " ".join(
        cautions(made, "Comparisons between groups")
    )


def test_weighted_comparisons_are_estimates_and_say_for_whom(arms):
    data = arms.assign(w=1.0)
    plain, weighted = (
        parts(cb.compare_groups(data, BETTER, by="arm", people="patients", **more))
        for more in ({}, {"weights": "w"})
    )
    assert plain.findings[0].key == weighted.findings[0].key
    assert (plain.findings[0].weighted, weighted.findings[0].weighted) == (False, True)
    assert findings(weighted)[0].startswith(
        "Estimated for the population that the weights stand for, by arm: 60% (unweighted 72 of 120) in “treated”"
    )
    assert "72 of 120 (weighted estimate 60%)" in rows(weighted.tables[0])[0]
    assert weighted.stated[0].what == "weighted difference of “less pain” by arm"


def test_a_subset_is_named_as_the_base(arms):
    data = arms.assign(asked=["yes"] * 100 + ["no"] * 100)
    among = cb.Item("asked", label="an appointment")
    plain, part = (
        parts(cb.compare_groups(data, BETTER, by="arm", people="patients", among=base))
        for base in (None, among)
    )
    assert findings(part)[0].startswith(
        "Among the patients who reported an appointment and answered, by arm:"
    )
    assert plain.findings[0].key != part.findings[0].key


def test_bootstrap_intervals_are_called_so(arms):
    result = cb.compare_groups(
        arms, BETTER, by="arm", variance="bootstrap", bootstrap=cb.Bootstrap(n_resamples=200, rng=1)
    )
    made = parts(result)
    assert made.methods[0].startswith("Intervals of differences: Newcombe")
    assert "200 bootstrap replicates" in made.methods[0] or "exact" in made.methods[0]


def test_many_comparisons_are_in_the_table_and_not_in_the_finding():
    groups = [(f"g{k}", 10 + k, 20) for k in range(8)]
    made = parts(cb.compare_groups(of_counts(*groups), BETTER, by="arm"))
    (finding,) = made.findings
    assert finding.details == finding.dots == ()
    assert findings(made)[0].endswith("The table of comparisons has all of them.")
    assert "none of 28 comparisons of less pain has an adjusted p-value below 0.05" in findings(made)[0]
    assert len(made.tables[0].rows) == 28


@pytest.mark.parametrize("name", ["<b>", "=1+1", "two\nlines", "{x} {}", "a against b", "50%"])
def test_hostile_names_of_groups_and_questions_are_text(name):
    data = of_counts((name, 21, 19), ("b", 20, 20)).assign(site=[name, "s"] * 40)
    item = cb.Item("better", label=name)
    for by in ("arm", ["arm", "site"]):
        made = parts(cb.compare_groups(data, item, by=by, people=name))
        assert any(name.strip() in value for value in rows(made.tables[0])[0])


def test_polars_frames_give_the_same_parts(arms):
    one, two = (parts(cb.compare_groups(data, BETTER, by="arm")) for data in (arms, pl.from_pandas(arms)))
    assert everything(one) == everything(two)
    pd.testing.assert_frame_equal(one.files["differences"], two.files["differences"])


def test_a_result_without_rows_gives_no_table(arms):
    result = cb.compare_groups(arms, BETTER, by="arm")
    assert parts(result._picked([])) == Parts(names={"arm": ()})
