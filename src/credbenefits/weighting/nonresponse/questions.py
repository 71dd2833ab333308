"""Questions as outcomes: the answers that respondents gave, or what is recorded for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.coding.cuts import check_bins
from credbenefits.counts.coding.questions import code_item
from credbenefits.counts.tally import YES_NO
from credbenefits.errors import InputError
from credbenefits.frames.answers import read_answers, require_columns
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.questions.item import Item, Joined, as_questions
from credbenefits.weighting.covariates import read_covariate
from credbenefits.weighting.nonresponse.variables import numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.frames.answers import Answers
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.questions.item import Asked
    from credbenefits.questions.select_all import SelectAll
    from credbenefits.weighting.nonresponse.variables import How


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome of the people in some rows: the level of each, below 0 where there is no answer.

    `shown` are the levels whose shares are reported: that of yes, or all. Of a number there are no levels but
    `values`, NaN where there is none.
    """

    label: str
    codes: IntArray
    levels: tuple[str, ...]
    shown: tuple[int, ...] = ()
    values: FloatArray | None = None
    notes: tuple[str, ...] = ()


def listed(outcomes: object, argument: str) -> list[str | Asked]:
    """Return what was asked for, one or several: names of columns stay names."""
    if outcomes is None:
        return []
    made = as_questions(argument, outcomes)  # type: ignore[arg-type]
    given = [outcomes] if isinstance(outcomes, str) or not isinstance(outcomes, (list, tuple)) else outcomes
    return [one if isinstance(one, str) else question for one, question in zip(given, made, strict=True)]


def read_outcomes(
    frame: NarwhalsFrame,
    asked: Sequence[str | Asked],
    argument: str,
    *,
    how: How,
    keys: Collection[object],
) -> list[Outcome]:
    """Read outcomes as categories; columns of many numbers are cut into groups.

    `keys` are the columns that people are linked on.
    """
    names = [one for one in asked if isinstance(one, str)]
    _check(frame, asked, argument, how=how, keys=keys)
    bins = how.bins if not isinstance(how.bins, dict) else {k: v for k, v in how.bins.items() if k in names}
    rule = check_bins(bins, names, f"{argument}=")
    result: list[Outcome] = []
    for one in asked:
        if not isinstance(one, str):
            result += _of_question(frame, one, argument, how)
            continue
        made, cut = read_covariate(
            frame,
            one,
            argument,
            missing=how.missing,
            answers=how.answers,
            rule=rule,
            given=one,
            allow_identifier=how.allow_identifier,
        )
        levels, codes = made.levels, made.codes
        if made.has_missing:
            codes, levels = np.where(codes == len(levels) - 1, -1, codes), levels[:-1]
        notes = (*filter(None, [made.note]), *((f"{one} {cut.words}",) if cut else ()))
        values = None if cut is None else numbers(frame, one, how.missing)
        result.append(Outcome(one, codes, levels, tuple(range(len(levels))), values, notes))
    for each in result:
        if not (each.codes >= 0).any():
            raise InputError(
                argument,
                allowed="an outcome that is known of somebody",
                received=f"{each.label!r}, missing in all rows",
                fix="Check the column and the missing codes.",
            )
    return result


def read_known(
    frame: NarwhalsFrame,
    asked: Sequence[str | Asked],
    how: How,
    keys: Collection[object],
) -> list[Outcome]:
    """Read what is recorded for everybody: a share of yes, a share of each category, or a mean of numbers."""
    result = []
    for one in asked:
        if isinstance(one, str):
            _check(frame, [one], "known", how=how, keys=keys)
            yes = _yes_or_no(frame, one, how)
            result += [yes] if yes else read_outcomes(frame, [one], "known", how=how, keys=keys)
        else:
            result += read_outcomes(frame, [one], "known", how=how, keys=keys)
    return result


def _check(
    frame: NarwhalsFrame,
    asked: Sequence[str | Asked],
    argument: str,
    *,
    how: How,
    keys: Collection[object],
) -> None:
    """Check that columns are there, and are none that people are linked on."""
    questions = [Item(one) if isinstance(one, str) else one for one in asked]
    require_columns(frame, questions, argument)
    if not how.allow_identifier:
        refuse_keys(argument, [one for one in asked if isinstance(one, str)], keys)


def _yes_or_no(frame: NarwhalsFrame, column: str, how: How) -> Outcome | None:
    """Read a column of yes and no; None for a column of anything else."""
    try:
        [made] = _answers(frame, Item(column, answers=how.answers), "known", how)
    except InputError:
        return None
    return _of_answers(made, column)


def _of_question(frame: NarwhalsFrame, question: Asked, argument: str, how: How) -> list[Outcome]:
    if isinstance(question, Joined):
        return [_joined(frame, question, argument, how)]
    made = _answers(frame, question, argument, how)
    if isinstance(question, Item) and question.each_level and made:
        place = np.zeros(made[0].sides.size, dtype=np.int64)
        for i, each in enumerate(made):
            place[each.sides > 0] = i
        rows = made[0].codes.rows
        codes = np.where(rows < 0, -1, place[np.maximum(rows, 0)])
        levels = tuple(each.level for each in made)
        return [Outcome(question.label, codes, levels, tuple(range(len(levels))), None, made[0].notes)]
    return [_of_answers(each, each.label) for each in made]


def _of_answers(made: Answers, label: str) -> Outcome:
    """Return an outcome of yes and no, of which the share of yes is shown."""
    status = made.status.astype(np.int64)
    return Outcome(label, np.maximum(status, -1), YES_NO, (1,), None, made.notes)


def _answers(frame: NarwhalsFrame, question: Item | SelectAll, argument: str, how: How) -> list[Answers]:
    return read_answers(frame, question, argument, how.missing, allow_identifier=how.allow_identifier)


def _joined(frame: NarwhalsFrame, question: Joined, argument: str, how: How) -> Outcome:
    """Return a question about several items as one of yes and no."""
    for leaf in question.leaves:
        _answers(frame, leaf, argument, how)  # it raises the doubts about each column
    _, codes, made = code_item(frame, question, argument, how.missing)
    notes = tuple(dict.fromkeys(note for each in made for note in each.notes))
    return Outcome(question.label, np.maximum(codes.astype(np.int64), -1), YES_NO, (1,), None, notes)
