"""CIRTL: an outcome known for everybody, and weights that must not fool their user (values of the data's README)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb

BASELINE = ["role", "field", "course_name", "cert", "QID371_8", "QID601_1", "QID601_2"]
NUMBERS = ["QID371_8", "QID601_1", "QID601_2", "videos", "quizzes"]
WHOM = "people of the start survey"


@pytest.fixture(scope="module")
def course(shared):
    data = shared / "data"
    enrolled = pd.read_csv(data / "cirtl_enroll.csv.gz").drop(columns=["course_name", "course_platform"])
    start = pd.read_csv(data / "cirtl_pre.csv.gz").dropna(subset=["unique_user_id"])
    end = pd.read_csv(data / "cirtl_post.csv.gz").dropna(subset=["unique_user_id"])
    whole = start.merge(enrolled, on="unique_user_id")
    field = whole["QID356"].fillna("None of the above")
    whole["field"] = field.where(field.map(field.value_counts()) >= 40, "None of the above")
    whole["role"] = whole["QID334_p"].fillna("Other")
    whole["cert"] = whole["QID366"].fillna("").str.contains("earn a certificate").astype(int)
    whole[NUMBERS[:3]] = whole[NUMBERS[:3]].fillna(whole[NUMBERS[:3]].median())
    whole["videos"] = np.log1p(whole["activity_vid_count"].fillna(0))
    whole["quizzes"] = whole[[f"activity_q{k}" for k in range(1, 7)]].sum(axis=1)
    whole["completed"] = np.where(whole["activity_completed"] == 1, "yes", "no")
    columns = ["unique_user_id", *BASELINE, "videos", "quizzes", "completed"]
    return cb.link_waves(
        {"pre": whole[columns], "post": end[["unique_user_id", "QID354"]]}, on="unique_user_id"
    )


def weigh(course, covariates, **options):
    return cb.attrition_weights(
        course,
        covariates,
        wave="post",
        to="pre",
        numbers=dict.fromkeys([name for name in NUMBERS if name in covariates], "linear"),
        population=WHOM,
        method="logit",
        trim=None,
        **options,
    )


def share(course, weights):
    rows = course.wave("post", also_in="pre", carry={"pre": ["completed"]})
    return cb.proportions(rows, cb.Item("completed_pre", yes="yes", label="completed"), weights=weights)


@pytest.mark.shared
@pytest.mark.filterwarnings("ignore")
def test_baseline_answers_do_not_correct_and_the_check_says_so(course):
    weights = weigh(course, BASELINE, check="completed")
    row = share(course, weights).rows[0]
    assert (row.estimate_unweighted, row.estimate) == pytest.approx((0.8731, 0.8313), abs=5e-5)
    assert weights.n_effective == pytest.approx(421.0, abs=0.05)
    (missed,) = [alert for alert in weights.alerts if alert.code == "known_truth_missed"]
    assert abs(missed.value) == pytest.approx(0.8313 - 0.3368, abs=1e-4)
    assert "33.7% of the population" in missed.text or "66.3% of the population" in missed.text
    page = cb.brief(share(course, weights), title="CIRTL", figures=False).to_markdown()
    top, _, appendix = page.partition("## Appendix")
    assert "83.1%" not in top
    assert "Not among these findings: “completed” for people of the start survey, because completed = " in top
    assert "83.1%" in appendix


@pytest.mark.shared
@pytest.mark.filterwarnings("ignore")
def test_weights_on_what_people_did_rest_on_a_few_and_are_no_headline(course):
    weights = weigh(course, [*BASELINE, "videos", "quizzes"])
    result = share(course, weights)
    assert result.rows[0].estimate == pytest.approx(0.3828, abs=5e-5)
    assert weights.n_effective == pytest.approx(62.1, abs=0.05)
    made_before = weights.steps.rows[-2].sum
    assert weights.weight.max() * made_before / 2_283 == pytest.approx(131.7, abs=0.05)  # before rescaling
    codes = {alert.code for alert in weights.alerts}
    assert {"dominant_respondent", "costly_weights", "tiny_propensity"} <= codes
    made = weights.effect(result)
    assert made.rows[0].verdict == "moved"
    for given in ([result], [result, made], [result, weights]):
        top, _, appendix = (
            cb.brief(*given, title="CIRTL", figures=False).to_markdown().partition("## Appendix")
        )
        assert "38.3%" not in top
        assert "Not among these findings: “completed” for people of the start survey, because one resp" in top
        assert "38.3%" in appendix
