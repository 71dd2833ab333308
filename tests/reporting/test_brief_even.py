"""What a hostile reader checks: decimals that agree, names that tell apart, and sentences that are so."""

import re

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import InputError


def markdown(*results, **options):
    made = cb.brief(*results, title="t", **{"figures": False} | options)
    return made.to_markdown(figures="figures").replace("\\", "")


def part(text, heading):
    return re.split(r"\n##+ ", re.split(rf"\n##+ {heading}\n", text)[1])[0]


def percents(text):
    return re.findall(r"(?<![\d.])\d+(?:\.\d+)?%(?! interval)", text)


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "x": rng.integers(0, 2, 700),
            "role": ["staff"] * 400 + ["boss"] * 250 + ["guest"] * 50,
            "w": rng.uniform(1, 3, 700),
            "v": rng.uniform(1, 2, 700),
        }
    )


@pytest.fixture(scope="module")
def panel():
    rng = np.random.default_rng(2)
    before = pd.DataFrame({"id": np.arange(300), "x": rng.integers(0, 2, 300), "g": ["a"] * 280 + ["b"] * 20})
    after = before.assign(x=rng.integers(0, 2, 300), w=rng.uniform(1, 3, 300))
    return cb.link_waves({"before": before, "after": after, "later": after}, on="id")


# ---- decimals: one rule for a finding, its lines, its chart and the words of the chart --------------------


@pytest.mark.parametrize("reference", ["boss", "rest", "overall"])
def test_all_comparisons_of_a_finding_have_as_many_decimals(people, reference):
    made = cb.compare_groups(people, "x", by="role", reference=reference)
    text = part(markdown(made, figures=True), "Key takeaways")
    assert len(percents(text)) >= 8
    assert not [share for share in percents(text) if "." in share]
    assert not re.findall(r"[+−]\d+\.\d", text)


def test_all_groups_of_a_finding_have_as_many_decimals_in_the_words_of_its_chart(people):
    text = part(markdown(cb.proportions(people, "x", by="role"), figures=True), "Key takeaways")
    assert not [share for share in percents(text) if "." in share]


def test_all_groups_of_a_change_have_as_many_decimals(panel):
    made = cb.transitions(panel, "x", waves=("before", "after"), by="g")
    text = markdown(made, figures=True)
    assert not [share for share in percents(text) if "." in share]
    assert not re.findall(r"[+−]\d+\.\d", text)


# ---- names that tell apart ----------------------------------------------------------------------------------


def test_two_changes_in_one_chart_say_between_which_waves(panel):
    results = [cb.transitions(panel, "x", waves=pair) for pair in (("before", "after"), ("after", "later"))]
    [chart] = [p for p in cb.brief(*results, title="t")._pictures if p.name == "findings-points"]
    assert "change in x, “before” to “after”: " in chart.alt
    assert "change in x, “after” to “later”: " in chart.alt


def test_the_chart_of_two_populations_says_whose_each_estimate_is(people):
    made = [
        cb.Weights.from_column(people, c, population=who) for c, who in (("v", "adults"), ("w", "voters"))
    ]
    results = [cb.proportions(people, "x", weights=weights) for weights in made]
    [chart] = [p for p in cb.brief(*results, *made, title="t")._pictures if p.name == "weighted"]
    assert "x (adults): estimated" in chart.alt
    assert "x (voters): estimated" in chart.alt
    [chart] = [p for p in cb.brief(results[0], title="t")._pictures if p.name == "weighted"]
    assert " x: estimated" in chart.alt


def test_two_answers_with_one_name_are_refused(people):
    with pytest.raises(InputError, match=r"`level_labels\['role'\]`.*'team' for 'staff' and for 'boss'"):
        markdown(cb.proportions(people, "x"), level_labels={"role": {"staff": "team", "boss": "team"}})


def test_odds_ratios_are_called_so_where_they_are_listed(people):
    made = cb.compare_groups(people, "x", by="role", comparison="odds_ratio")
    text = part(markdown(made, figures=True), "Key takeaways")
    assert re.search(r"of 3 odds ratios of x ha", text)
    assert "odds ratio: " in text


def test_weighted_shares_are_not_taken_for_those_of_the_counts_beside_them(panel):
    text = markdown(cb.transitions(panel, "x", waves=("before", "after"), weights={"after": "w"}))
    row = next(line for line in text.splitlines() if line.startswith("| x | "))
    assert len(re.findall(r"\d+ of 300 \(weighted estimate \d+\.\d%\)", row)) == 2


# ---- sentences that are so ----------------------------------------------------------------------------------


def test_all_employees_are_not_all_all_employees(people):
    text = markdown(cb.proportions(people, "x", people="those who came"), people="all employees")
    assert "all all" not in text
    assert "It is not a share of all employees." in text


def test_everybody_known_before_is_no_stranger():
    rows = pd.DataFrame({"id": range(40)})
    text = markdown(cb.link_waves({f"w{k}": rows for k in range(15)}, on="id"))
    assert "not known before" not in text
    assert "lowest and the highest share" not in text


def test_notes_and_cautions_call_waves_as_the_study_does(panel):
    found = cb.attrition(panel, waves=("before", "later"), by="g")
    text = markdown(found, labels={"later": "week 12", "before": "the start"})
    assert "**Small bases:** found again in “week 12” (20 people" in text
    assert "later" not in text


def test_the_test_of_a_design_is_not_called_plain(people):
    data = people.assign(site=np.arange(700) // 20)
    text = markdown(cb.compare_groups(data, "x", by="role", design=cb.SurveyDesign(clusters="site")))
    assert "Pearson's chi-squared), with Rao and Scott's correction for the design." in text


def test_who_ticked_nothing_is_said_by_the_question_and_of_whom():
    boxes = pd.DataFrame(
        {"q: a": [1, 0, 0, 0] * 30, "q: b": [0, 1, 0, 0] * 30, "w": [1.0, 2.0, 1.5, None] * 30}
    )
    asked = cb.SelectAll(["q: a", "q: b"], label="what helped", unticked="none")
    weights = cb.Weights.from_column(boxes.dropna(), "w", population="voters")
    results = (cb.proportions(boxes, asked), cb.proportions(boxes.dropna(), asked, weights=weights))
    text = markdown(*results)
    assert "- what helped: 60 people ticked nothing" in text
    assert "- Of those with a weight: what helped: 30 people ticked nothing" in text


def test_small_p_values_leave_their_column_on_the_right(people):
    data = people.assign(x=(people["role"] == "boss").astype(int))
    text = markdown(cb.compare_groups(data, "x", by="role"))
    lines = text.splitlines()
    head = next(k for k, line in enumerate(lines) if line.startswith("| Reported | Groups"))
    assert "< 0.0001" in text
    assert lines[head + 1].endswith(" --: |")
