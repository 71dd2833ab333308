"""A synthetic study of credentials: what learners said they gained, asked in three waves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from credbenefits.datasets._background import (
    ANSWERING,
    BENEFITS,
    CHOICES,
    FINISHING,
    SUPPORTED,
    BoolArray,
    Codes,
    IntArray,
    background_answers,
    background_score,
    draw_background,
    pick,
    some_changed,
)
from credbenefits.datasets._employment import settle_employment
from credbenefits.datasets._messy import NOBODY, WaveShape, add_keys, fill_in, lay_out, submissions
from credbenefits.errors import InputError

_START = 25_891
_COMPLETION = 2_288
_START_AND_COMPLETION = 431
_FOLLOWUP = 120
_FOLLOWUP_COMPLETERS = 111
_FOLLOWUP_COMPLETERS_IN_START = 25
_FOLLOWUP_START_ONLY = 5
_FOLLOWUP_STRANGERS = 4

_ASKED = 316
_FEES = 277
_TIME = 211
_ASKED_WITH_BOTH = 44
_ASKED_WITH_NEITHER = 153
# How the rest of the two totals overlaps is ours to choose.
_ASKED_WITH_FEES_ONLY = 70
_NOT_ASKED_WITH_BOTH = 30

_YES = {
    "performance_improved": 40,
    "applied_elsewhere": 23,
    "first_job": 18,
    "degree_same_university": 0,
    "degree_other_university": 19,
    "further_credentials": 42,
}
_TRUE_YES = {
    "performance_improved": 602,
    "applied_elsewhere": 400,
    "first_job": 340,
    "degree_same_university": 23,
    "degree_other_university": 325,
    "further_credentials": 720,
}
_BETTER_KNOWLEDGE = 12
_BETTER_QUALITY = 10
_FURTHER_SUPPORTED = 15
_SALARY = {"Yes": 31, "No": 66, "Prefer not to say": 15, None: 8}

_SUPPORT_CHOICES = ("Asked me to take the program", "Covered the fees", "Paid for study time")
_HOW_CHOICES = ("Better knowledge", "Better quality of work", "Faster work", "More responsibility", "Other")
_INTENT_CHOICES = (
    "Get better at my job",
    "Find another job",
    "Earn academic credit",
    "Learn for its own sake",
)
_INTENT_SHARES = (0.58, 0.41, 0.22, 0.37)

_CHANGES_SINCE_START = {"employment": 0.20, "region": 0.03, "education": 0.03}

_SHAPES = {
    "start": WaveShape(400, 85, 17, 0.05, "hours_per_week", "2019-01-14", "2021-12-20"),
    "completion": WaveShape(40, 9, 5, 0.05, "employer_support", "2020-01-14", "2022-12-20"),
    "followup": WaveShape(6, 3, 4, 0.25, "performance_improved", "2023-03-06", "2023-06-30"),
}


def load_credentials(*, seed: int = 2023, truth: bool = False) -> dict[str, pd.DataFrame]:
    """Generate the example study: three raw exports of a survey of people who take credentials.

    The study is synthetic. Its counts (see Notes) come from a public brief of a study of
    credentials based on open online courses (MOOCs), but no row is a real person: everything
    else, from the programs to the effects of the background, is invented. The frames look like
    the exports of a survey tool read as text, with all that has to be cleaned before analysis.

    Parameters
    ----------
    seed : int, default 2023
        Seed of the random generator, not negative. The counts in the Notes hold for every seed;
        the seed only changes who is who. The same seed gives the same frames.
    truth : bool, default False
        Whether to append to the completion frame what is true of everybody who completed, the
        silent majority of the follow-up included. A real study has no such columns; they serve
        to see how well an analysis does.

    Returns
    -------
    dict of str to pandas.DataFrame
        The waves ``"start"``, ``"completion"`` and ``"followup"``, in this order, one row per
        submission in order of submission. All columns are text or missing.

        Every wave:

        - ``response_id``: unique for each row.
        - ``submitted_at``: ISO date and time, increasing (2019 to 2021 for start, 2020 to 2022
          for completion, 2023 for followup).
        - ``status``: ``"Response"``, or ``"Survey Preview"`` for a test row.
        - ``learner_id``: such as ``"L0012345"``, blank in some rows.
        - ``email``: spelled differently from row to row, blank in some rows.

        Start and completion, with some blanks:

        - ``program`` (8 choices), ``platform`` (2), ``region`` (6), ``age_group`` (5, ordered),
          ``gender`` (4), ``education`` (4) and ``employment`` (4).

        Start:

        - ``intent``: several of four choices, separated by commas.
        - ``hours_per_week``: a whole number as text.

        Completion:

        - ``employer_support``: several of three choices, separated by commas, or
          ``"None of these"``.
        - With ``truth=True``: ``truth_performance_improved``, ``truth_applied_elsewhere``,
          ``truth_first_job``, ``truth_degree_same_university``,
          ``truth_degree_other_university`` and ``truth_further_credentials``, ``"Yes"`` or
          ``"No"``, missing in rows that belong to nobody.

        Follow-up, ``"Yes"`` or ``"No"`` unless said otherwise:

        - ``performance_improved``.
        - ``performance_how``: several of five choices, separated by commas; asked only of those
          whose performance improved.
        - ``applied_elsewhere``: applied to different employers.
        - ``first_job``, ``degree_same_university``, ``degree_other_university``.
        - ``further_credentials``.
        - ``further_credentials_support``: the employer supported those; asked only of those who
          took further credentials.
        - ``salary_increased``: also ``"Prefer not to say"``, with a few blanks.

    Raises
    ------
    credbenefits.errors.InputError
        If `seed` or `truth` cannot be used.

    Notes
    -----
    People, whose last row counts:

    - 25,891 in start. 2,288 in completion, of whom 431 also in start. 120 in followup: 111 of
      them in completion (25 of these also in start), 5 in start alone, 4 in neither.
    - ``employment``, of those 431: 13 left it blank at start alone and 6 at completion alone. Of the
      other 412, 255 were employed full time at start and 264 at completion: 27 since, and 18 no longer.
    - ``employer_support``: 316 were asked to take the program, 277 had the fees covered, 211
      had paid study time; of the 316, 44 had both fees and study time and 153 neither.
    - Followup, of 120: 40 improved (of these, 12 by better knowledge and 10 by better quality
      of work), 23 applied elsewhere, 18 found a first job, 0 went on to a degree at the same
      university and 19 at another, 42 took further credentials (15 of these with support).
    - Truth, of 2,288: 602 improved (26.3 %, where the follow-up says 33.3 %), 400 applied
      elsewhere, 340 found a first job, 23 and 325 went on to a degree at the same and at
      another university, 720 took further credentials.

    Rows beyond those people:

    - Repeats that come before a person's last row: 400, 40 and 6. Two in three contradict it.
    - Rows in which both keys are blank, which belong to nobody: 85, 9 and 3.
    - Test rows, without keys: 17, 5 and 4.

    Of the rows with a key, 5 % (in followup 25 %) have no ``learner_id`` and 3 % no ``email``.
    A blank key is missing, empty, spaces, or zero-width characters. E-mails become equal
    within a person by NFKC normalisation, removing zero-width characters, stripping and
    casefolding; then all rows of a person are linked by ``learner_id`` or, for rows without
    one, by ``email``.

    Who answers the follow-up depends on employment, education and program, which also shape
    the benefit, and beyond them on the benefit itself (odds ratio about 1.25). Weighting on
    background therefore closes part of the gap between answers and truth, but not all of it
    (so with the default seed; with 111 respondents chance hides it for a few other seeds).

    Examples
    --------
    >>> from credbenefits.datasets import load_credentials
    >>> study = load_credentials()
    >>> {wave: len(frame) for wave, frame in study.items()}
    {'start': 26393, 'completion': 2342, 'followup': 133}
    """
    _check(seed, truth)
    rng = np.random.default_rng(seed)
    background = draw_background(rng, _START + _COMPLETION - _START_AND_COMPLETION + _FOLLOWUP_STRANGERS)
    waves = _draw_waves(rng, background)
    benefits = _draw_benefits(rng, background, waves)
    answers = {
        "start": _start_answers(rng, background, waves["start"]),
        "completion": _completion_answers(rng, background, waves["completion"]),
        "followup": _followup_answers(rng, benefits, waves["followup"]),
    }
    _settle(np.random.default_rng([int(seed), _START_AND_COMPLETION]), answers, background, waves)
    # One moment for all waves: whoever starts late completes late, and never before starting.
    when = rng.random(len(background["program"]))
    layouts = [lay_out(rng, waves[name], when[waves[name]], shape) for name, shape in _SHAPES.items()]
    numbers = rng.permutation(np.arange(10_000, 100_000))[: len(when)]
    keys = add_keys(rng, layouts, numbers, [shape.blank_id_share for shape in _SHAPES.values()])
    frames: dict[str, pd.DataFrame] = {}
    for (name, shape), layout, key in zip(_SHAPES.items(), layouts, keys, strict=True):
        rows = fill_in(rng, answers[name], layout, shape)
        frames[name] = pd.concat([submissions(rng, layout, shape), key, rows], axis=1)
    if truth:
        person = layouts[list(_SHAPES).index("completion")].person
        for name, benefit in benefits.items():
            frames["completion"][f"truth_{name}"] = _yes_no(benefit[person], asked=person != NOBODY)
    return frames


def _check(seed: object, truth: object) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(
            "seed", allowed="a non-negative integer", value=seed, fix="Pass a whole number such as 2023."
        )
    if not isinstance(truth, bool):
        raise InputError(
            "truth",
            allowed="True or False",
            value=truth,
            fix="Pass truth=True to add the true outcomes to the completion frame.",
        )


def _draw_waves(rng: np.random.Generator, background: Codes) -> dict[str, IntArray]:
    """Who answers which wave."""
    people = np.arange(len(background["program"]))
    known, strangers = people[:-_FOLLOWUP_STRANGERS], people[-_FOLLOWUP_STRANGERS:]
    finishing = background_score(background, FINISHING)
    completing = pick(rng, finishing[known], _COMPLETION)
    completers = rng.permutation(known[completing])
    both, late = np.split(completers, [_START_AND_COMPLETION])
    start_only = known[~completing]
    answering = background_score(background, ANSWERING)
    quotas = (
        (both, _FOLLOWUP_COMPLETERS_IN_START),
        (late, _FOLLOWUP_COMPLETERS - _FOLLOWUP_COMPLETERS_IN_START),
        (start_only, _FOLLOWUP_START_ONLY),
        (strangers, _FOLLOWUP_STRANGERS),
    )
    followup = [group[pick(rng, answering[group], count)] for group, count in quotas]
    return {
        "start": np.concatenate([both, start_only]),
        "completion": completers,
        "followup": np.concatenate(followup),
    }


def _draw_benefits(
    rng: np.random.Generator, background: Codes, waves: dict[str, IntArray]
) -> dict[str, BoolArray]:
    """Draw everybody's true benefits: the pinned counts among respondents and among completers."""
    respondents, others = np.split(waves["followup"], [_FOLLOWUP_COMPLETERS])
    silent = np.setdiff1d(waves["completion"], respondents)
    benefits: dict[str, BoolArray] = {}
    for name, effects in BENEFITS.items():
        score = background_score(background, effects)
        outside = round(_YES[name] * len(others) / _FOLLOWUP)
        inside = _YES[name] - outside
        quotas = ((respondents, inside), (others, outside), (silent, _TRUE_YES[name] - inside))
        benefit = np.zeros(len(score), dtype=np.bool_)
        for group, count in quotas:
            benefit[group[pick(rng, score[group], count)]] = True
        benefits[name] = benefit
    return benefits


def _start_answers(rng: np.random.Generator, background: Codes, people: IntArray) -> pd.DataFrame:
    ticks = rng.random((len(people), len(_INTENT_CHOICES))) < _INTENT_SHARES
    hours = np.clip(rng.poisson(5.5, size=len(people)), 1, 20)
    return pd.DataFrame(
        {
            **background_answers(rng, some_changed(rng, background, _CHANGES_SINCE_START), people),
            "intent": _ticked(ticks, _INTENT_CHOICES, nothing=None),
            "hours_per_week": hours.astype(str).astype(object),
        }
    )


def _completion_answers(rng: np.random.Generator, background: Codes, people: IntArray) -> pd.DataFrame:
    asked_time_only = _ASKED - _ASKED_WITH_BOTH - _ASKED_WITH_NEITHER - _ASKED_WITH_FEES_ONLY
    fees_only = _FEES - _ASKED_WITH_BOTH - _ASKED_WITH_FEES_ONLY - _NOT_ASKED_WITH_BOTH
    time_only = _TIME - _ASKED_WITH_BOTH - asked_time_only - _NOT_ASKED_WITH_BOTH
    kinds = {
        (True, True, True): _ASKED_WITH_BOTH,
        (True, True, False): _ASKED_WITH_FEES_ONLY,
        (True, False, True): asked_time_only,
        (True, False, False): _ASKED_WITH_NEITHER,
        (False, True, True): _NOT_ASKED_WITH_BOTH,
        (False, True, False): fees_only,
        (False, False, True): time_only,
    }
    supported = np.repeat(np.array(list(kinds)), list(kinds.values()), axis=0)
    ticks = np.zeros((len(people), len(_SUPPORT_CHOICES)), dtype=np.bool_)
    score = background_score(background, SUPPORTED)[people]
    ticks[pick(rng, score, len(supported))] = rng.permutation(supported)
    answers = background_answers(rng, background, people)
    return pd.DataFrame(
        {**answers, "employer_support": _ticked(ticks, _SUPPORT_CHOICES, nothing="None of these")}
    )


def _settle(
    rng: np.random.Generator,
    answers: dict[str, pd.DataFrame],
    background: Codes,
    waves: dict[str, IntArray],
) -> None:
    """Pin employment in both waves, with draws of its own, so that all others stay as they are."""
    people = waves["completion"]
    start, completion = (
        np.array([None if pd.isna(text) else text for text in answers[wave]["employment"]], dtype=object)
        for wave in ("start", "completion")
    )
    start[:_START_AND_COMPLETION], answers["completion"]["employment"] = settle_employment(
        rng,
        start[:_START_AND_COMPLETION],
        completion,
        silent=~np.isin(people, waves["followup"]),
        alike=(background["education"] * len(CHOICES["age_group"]) + background["age_group"])[people],
    )
    answers["start"]["employment"] = start


def _followup_answers(
    rng: np.random.Generator, benefits: dict[str, BoolArray], people: IntArray
) -> pd.DataFrame:
    yes = {name: benefit[people] for name, benefit in benefits.items()}
    improved, further = yes["performance_improved"], yes["further_credentials"]
    how = np.full(len(people), None, dtype=object)
    how[improved] = _ticked(_how_improved(rng, int(improved.sum())), _HOW_CHOICES, nothing=None)
    supported = np.zeros(len(people), dtype=np.bool_)
    supported[rng.choice(np.flatnonzero(further), size=_FURTHER_SUPPORTED, replace=False)] = True
    salary = np.repeat(np.array(list(_SALARY), dtype=object), list(_SALARY.values()))
    columns = {name: _yes_no(answer) for name, answer in yes.items()}
    return pd.DataFrame(
        {
            "performance_improved": columns.pop("performance_improved"),
            "performance_how": how,
            **columns,
            "further_credentials_support": _yes_no(supported, asked=further),
            "salary_increased": rng.permutation(salary),
        }
    )


def _how_improved(rng: np.random.Generator, size: int) -> BoolArray:
    ticks = rng.random((size, len(_HOW_CHOICES))) < (0.0, 0.0, 0.4, 0.3, 0.1)
    for choice, count in enumerate((_BETTER_KNOWLEDGE, _BETTER_QUALITY)):
        ticks[rng.choice(size, size=count, replace=False), choice] = True
    # Whoever was asked ticked something, and the first two totals are fixed: so a later choice.
    empty = np.flatnonzero(~ticks.any(axis=1))
    ticks[empty, rng.integers(2, len(_HOW_CHOICES), size=len(empty))] = True
    return ticks


def _ticked(ticks: BoolArray, choices: tuple[str, ...], *, nothing: str | None) -> npt.NDArray[np.object_]:
    # There are few combinations and many rows, hence one text per combination and a look-up.
    combinations = range(2 ** len(choices))
    texts = [",".join(c for bit, c in enumerate(choices) if which >> bit & 1) for which in combinations]
    texts_or_nothing = np.array([nothing, *texts[1:]], dtype=object)
    return texts_or_nothing[ticks @ (1 << np.arange(len(choices)))]


def _yes_no(answer: BoolArray, *, asked: BoolArray | None = None) -> npt.NDArray[np.object_]:
    text = np.where(answer, "Yes", "No").astype(object)
    if asked is not None:
        text[~asked] = None
    return text
