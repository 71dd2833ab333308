"""Nonresponse bias in a brief: what is stated, what is cautioned, what is not shown, and the figures."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import MethodError
from credbenefits.results.parts import StudyWords


def panel(young=(600, 60), old=(400, 90), few=(6, 1)):
    """Everybody, of whom some answered: the young, the old, and a handful."""
    rows = [
        (age, i < m, i)
        for age, (n, m) in {"young": young, "old": old, "<b>few</b>": few}.items()
        for i in range(n)
    ]
    whole = pd.DataFrame(
        {
            "id": [f"secret{k}" for k in range(len(rows))],
            "age": [age for age, _, _ in rows],
            "arm": ["a" if i % 2 else "b" for _, _, i in rows],
            "done": [int(m or i % 5 == 0) for _, m, i in rows],
        }
    )
    some = whole[[m for _, m, _ in rows]][["id"]].assign(job="yes")
    some.loc[some.index[::3], "job"] = "no"
    return cb.link_waves({"start": whole, "end": some}, on="id")


def report(made=None, **given):
    wanted = {"variables": ["age"], "population": "nurses"} | given
    return cb.nonresponse_bias(made or panel(), wave="end", to="start", **wanted)


def page(*results, **options):
    return cb.brief(*results, title="t", figures=False, **options).to_markdown()


def test_it_states_who_answered_and_where_they_differ_most():
    text = page(report(), labels={"end": "the last visit", "age": "age group"})
    said = re.search(r"## Key takeaways\n\n(- .*?)\n\n", text, re.DOTALL)[1]
    assert said == (
        "- **151 of all 1,006 nurses (15.0%)** answered “the last visit”. They differ from everybody most in "
        "“age group”: by 0.41 standard deviations, where chance makes about 0.11."
    )


def test_levels_of_few_people_are_not_shown():
    text = page(report())
    assert "| age: young | 60% | 40% | −20 |" in text.replace("\\", "")
    assert "<b>few" not in text
    assert "few" not in text.split("### How")[0].split("level by level")[1].split("level of fewer")[0]
    assert "1 level of fewer than 10 people is not shown." in text


def test_what_is_known_for_everybody_is_set_beside_the_respondents():
    weights = cb.attrition_weights(panel(few=(0, 0)), "age", wave="end", to="start")
    text = page(report(panel(few=(0, 0)), known="done", weights={"by age": weights}))
    assert "done: **100% of respondents** (32% of nurses)" in text
    caution = text.split("Read this before quoting")[-1]
    assert "“done” is known for everybody: 32%. Among the respondents it is 100% (98% to 100%)" in caution
    assert "with the weights “by age”; these intervals do not hold the truth." in caution
    assert "| done (by age) | 32% |" in text


def test_a_brief_does_not_headline_estimates_of_weights_that_miss_what_is_known():
    made = panel(few=(0, 0))
    weights = cb.attrition_weights(made, "age", wave="end", to="start", population="nurses")
    job = cb.proportions(made.wave("end", also_in="start"), cb.Item("job", yes="yes"), weights=weights)
    assert "Not among these findings" not in page(job, weights, report(made, weights={"by age": weights}))
    missed = report(made, known="done", weights={"by age": weights})
    why = "“job” for nurses, because the weights “by age” miss what is known of everybody (“done”)."
    assert f"Not among these findings: {why}" in page(job, weights, missed)


def test_volunteers_and_groups_that_lost_too_many():
    few = panel(young=(900, 30), old=(500, 45))
    text = page(report(few, by="arm"))
    assert (
        "Fewer than one in ten of all 1,406 nurses answered “end”. Treat those who did as volunteers" in text
    )
    assert "“a” and “b” lost different people: attrition is too high" in text
    assert "| a against b |" in text


def test_no_identifier_is_on_the_page_and_markup_is_escaped():
    large = panel(few=(60, 20))
    made = report(large, outcome="job", known="done", by="arm", variables=None)
    brief = cb.brief(made, title="t", figures=False)
    for text in (brief.to_markdown(), brief.to_html(), str(made), made._repr_html_(), str(made.levels)):
        assert "secret" not in text
    assert "<b>few</b>" not in brief.to_html()
    assert "<b>few</b>" not in made.levels._repr_html_()


def test_its_tables_are_files_with_their_waves():
    made = report(outcome="job", known="done", by="arm")
    files = made.brief_parts(StudyWords()).files
    assert set(files) == {
        f"bias_{name}"
        for name in (
            *("variables", "levels", "partials", "predictors", "groups", "equivalence", "known"),
            "indicator",
        )
    }
    for frame in files.values():
        assert set(frame["wave"]) == {"end"}
        assert set(frame["stands_for"]) == {"nurses"}


def test_two_reports_are_in_one_brief():
    text = page(report(), report(panel(old=(400, 120)), population="doctors"))
    assert "of all 1,006 nurses" in text
    assert "of all 1,006 doctors" in text


# ---- figures -----------------------------------------------------------------------------------------------


def texts(axes):
    legend = axes.get_legend().get_texts()
    return [axes.get_xlabel().replace("\n", " "), *(text.get_text() for text in legend)]


def test_the_love_plot_has_the_effective_sizes():
    made = panel(few=(0, 0))
    weights = cb.attrition_weights(made, "age", wave="end", to="start")
    axes = report(made, weights=weights).plot()
    label, *names = texts(axes)
    assert names == ["unweighted", "weighted", "about what chance makes"]
    assert f"n_effective: unweighted 150; weighted {weights.n_effective:.0f}" in label
    unweighted = axes.get_lines()[1].get_xdata()
    assert unweighted == pytest.approx([0.4082], abs=1e-4)  # sqrt(.2^2 / .6 + .2^2 / .4)


def test_the_plot_of_partials_and_of_nothing_else():
    made = report(variables=["age", "arm"])
    axes = made.plot(kind="partials")
    assert texts(axes)[1:] == ["by itself", "all others held fixed"]
    assert axes.get_lines()[1].get_xdata() == pytest.approx(
        [row.cv_unconditional for row in made.partials.of_variables]
    )
    with pytest.raises(MethodError, match="kind"):
        made.plot(kind="forest")


def test_it_draws_on_axes_that_are_given():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = figure.add_subplot()
    assert report().plot(ax=axes) is axes


def test_the_page_with_figures_says_them_in_words():
    pytest.importorskip("matplotlib")
    html = cb.brief(report(), title="t").to_html()
    assert "Standardised differences of respondents from everybody" in html
    assert "partial coefficient of variation" in html
