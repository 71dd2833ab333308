"""Who the people of the synthetic study are, and what their background does to their answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.special import expit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Codes = dict[str, IntArray]
Effects = Mapping[str, Mapping[str, float]]

CHOICES: dict[str, tuple[str, ...]] = {
    "program": (
        "Data Analysis",
        "Supply Chain",
        "Project Management",
        "Digital Marketing",
        "Information Security",
        "Corporate Finance",
        "Public Health",
        "Human Resources",
    ),
    "platform": ("edX", "Coursera"),
    "region": (
        "Africa",
        "Asia and Pacific",
        "Europe",
        "Latin America",
        "Middle East",
        "North America",
    ),
    "age_group": ("18-24", "25-34", "35-44", "45-54", "55 or older"),
    "gender": ("Woman", "Man", "Non-binary", "Prefer not to say"),
    "education": ("Secondary school", "Bachelor's degree", "Master's degree", "Doctorate"),
    "employment": ("Employed full time", "Employed part time", "Looking for work", "Studying"),
}

_SHARES: dict[str, tuple[float, ...]] = {
    "program": (0.24, 0.19, 0.15, 0.12, 0.10, 0.08, 0.07, 0.05),
    "region": (0.10, 0.27, 0.24, 0.13, 0.07, 0.19),
    "age_group": (0.17, 0.40, 0.25, 0.12, 0.06),
    "gender": (0.40, 0.53, 0.03, 0.04),
    "education": (0.16, 0.46, 0.32, 0.06),
}

# Every program runs on both platforms, so that the two can stand in one response model.
_EDX_SHARE_OF_PROGRAM: tuple[float, ...] = (0.60, 0.75, 0.55, 0.30, 0.45, 0.65, 0.35, 0.50)

# Students are young; independent draws would make a tenth of the oldest group study.
_EMPLOYMENT_OF_AGE_GROUP: tuple[tuple[float, ...], ...] = (
    (0.30, 0.14, 0.18, 0.38),
    (0.60, 0.12, 0.17, 0.11),
    (0.68, 0.13, 0.15, 0.04),
    (0.69, 0.14, 0.15, 0.02),
    (0.50, 0.24, 0.24, 0.02),
)

_BLANK_SHARE = 0.03

FINISHING: Effects = {
    "education": {"Secondary school": -0.3, "Master's degree": 0.25, "Doctorate": 0.3},
    "employment": {"Employed full time": 0.2, "Studying": -0.2},
}

SUPPORTED: Effects = {
    "employment": {"Employed full time": 1.6, "Employed part time": 0.8},
    "age_group": {"25-34": 0.2, "35-44": 0.3},
}

# What raises the probability of answering the follow-up also raises the benefit (next table): that
# is why the unweighted answers overstate the benefit and weighting on background helps.
ANSWERING: Effects = {
    "employment": {"Employed full time": 0.35, "Looking for work": -0.2, "Studying": -0.2},
    "education": {"Secondary school": -0.3, "Master's degree": 0.2, "Doctorate": 0.3},
    "program": {"Data Analysis": 0.15, "Supply Chain": 0.2, "Digital Marketing": -0.2},
}

BENEFITS: dict[str, Effects] = {
    "performance_improved": {
        "employment": {"Employed full time": 0.7, "Looking for work": -0.5, "Studying": -0.5},
        "education": {"Secondary school": -0.5, "Master's degree": 0.4, "Doctorate": 0.5},
        "program": {"Data Analysis": 0.2, "Supply Chain": 0.3, "Digital Marketing": -0.3},
    },
    "applied_elsewhere": {
        "employment": {"Looking for work": 0.9, "Studying": 0.3},
        "age_group": {"18-24": 0.3, "25-34": 0.3, "55 or older": -0.8},
    },
    "first_job": {
        "employment": {"Looking for work": 0.5, "Studying": 0.9},
        "age_group": {"18-24": 1.0, "25-34": 0.3, "45-54": -0.8, "55 or older": -1.5},
    },
    "degree_same_university": {"education": {"Bachelor's degree": 0.5, "Doctorate": -1.0}},
    "degree_other_university": {
        "education": {"Bachelor's degree": 0.4, "Doctorate": -0.6},
        "employment": {"Studying": 0.6},
    },
    "further_credentials": {
        "program": {"Data Analysis": 0.3, "Information Security": 0.3},
        "employment": {"Employed full time": 0.2},
    },
}


def draw_background(rng: np.random.Generator, people: int) -> Codes:
    """Draw the background of `people` people, as positions in `CHOICES`."""
    codes = {question: rng.choice(len(shares), size=people, p=shares) for question, shares in _SHARES.items()}
    on_edx = rng.random(people) < np.array(_EDX_SHARE_OF_PROGRAM)[codes["program"]]
    codes["platform"] = np.where(on_edx, 0, 1)
    limits = np.cumsum(_EMPLOYMENT_OF_AGE_GROUP, axis=1)[codes["age_group"], :-1]
    codes["employment"] = (rng.random((people, 1)) > limits).sum(axis=1)
    return {question: codes[question] for question in CHOICES}


def background_score(background: Codes, effects: Effects) -> FloatArray:
    """Add up the effects, on the log-odds scale, of everybody's background."""
    score = np.zeros(len(background["program"]))
    for question, of_choice in effects.items():
        values = np.array([of_choice.get(choice, 0.0) for choice in CHOICES[question]])
        score += values[background[question]]
    return score


def pick(rng: np.random.Generator, score: FloatArray, count: int) -> BoolArray:
    """Pick exactly `count` people, each with the probability of a logistic model in `score`.

    The people are drawn systematically along the score, not one by one: with some hundred
    respondents the luck of independent draws would outweigh the effects in the model, and the
    study would tell another story for every seed.
    """
    low, high = -30.0, 30.0
    for _ in range(60):
        intercept = (low + high) / 2
        if expit(score + intercept).sum() < count:
            low = intercept
        else:
            high = intercept
    # The shuffle decides the order of equal scores; the sort below keeps it.
    shuffled = rng.permutation(len(score))
    order = shuffled[np.argsort(score[shuffled], kind="stable")]
    total = np.cumsum(expit(score[order] + high))
    steps = np.floor(total / total[-1] * count + rng.random())
    picked = np.zeros(len(score), dtype=np.bool_)
    picked[order] = np.diff(steps, prepend=0.0) > 0
    return picked


def background_answers(
    rng: np.random.Generator, background: Codes, people: IntArray
) -> dict[str, npt.NDArray[np.object_]]:
    """Write the answers of `people` as the text of an export, a few of every question left blank."""
    answers: dict[str, npt.NDArray[np.object_]] = {}
    for question, codes in background.items():
        text = np.array(CHOICES[question], dtype=object)[codes[people]]
        text[rng.random(len(people)) < _BLANK_SHARE] = None
        answers[question] = text
    return answers


def some_changed(rng: np.random.Generator, background: Codes, changes: Mapping[str, float]) -> Codes:
    """Let a share of the people give another answer, the totals of every question unchanged."""
    changed = dict(background)
    for question, share in changes.items():
        codes = background[question].copy()
        who = np.flatnonzero(rng.random(len(codes)) < share)
        # Swapping answers among the chosen keeps the shares of the drawn population.
        codes[who] = rng.permutation(codes[who])
        changed[question] = codes
    return changed
