"""Who the rows are: the ids that a panel gives to people, each of whom may be in a frame once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import PERSON, floats, objects
from credbenefits.questions.spelling import as_number, is_missing

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame

#: A panel's ids: a token that marks the panel, times this, plus the number of the person.
IDS_PER_PANEL = 10**9
#: The tokens: the first, and how many there are. All ids are whole numbers that a float holds too.
FIRST_TOKEN, TOKENS = 1_000_000, 8_000_000
_FIRST, _END = FIRST_TOKEN * IDS_PER_PANEL, (FIRST_TOKEN + TOKENS) * IDS_PER_PANEL


def people_of(frame: NarwhalsFrame, *, needed: bool) -> IntArray | None:
    """Return the person of each row, whom nobody else's row may share; None where rows name nobody.

    Only ids of a panel are looked at, whatever the type they came back in (numbers with gaps, text): a
    column ``person`` of another kind belongs to the user. Where ids are `needed` any will do.
    """
    if PERSON not in frame.columns:
        if not needed:
            return None
        raise InputError(
            "data",
            allowed=f"rows with the column {PERSON!r}, on which weights are joined",
            received=check.listing(frame.columns),
            fix="Take the rows from panel.wave().",
        )
    ids = _numbers(frame)
    if ids is None or not ((ids >= _FIRST) & (ids < _END)).any():
        if not needed:
            return None
        ids = floats(frame, PERSON, "data")
    people = _whole(ids)
    refuse_repeated(people)
    return people


def is_panel_id(value: object) -> bool:
    """Tell whether a value is an id that a panel gave, as a number or as text."""
    number = as_number(value)
    return number is not None and _FIRST <= number < _END


def _numbers(frame: NarwhalsFrame) -> FloatArray | IntArray | None:
    """Return the column as numbers, those of text as well; None where it holds something else."""
    series = frame[PERSON]
    if series.dtype.is_numeric():
        whole = series.dtype.is_signed_integer() and not series.null_count()
        return np.asarray(series.to_numpy()) if whole else floats(frame, PERSON, "data")
    values = objects(frame, PERSON)
    if values.dtype.kind not in "OTU":
        return None
    probe = next((v for v in values if not is_missing(v)), None)
    if probe is None or as_number(probe) is None:
        return None
    numbers = [None if is_missing(v) else as_number(v) for v in values]
    return np.array([np.nan if v is None else v for v in numbers])


def _whole(ids: FloatArray | IntArray) -> IntArray:
    unusable = ~np.isfinite(ids) | (ids != np.floor(ids))
    if unusable.any():
        raise InputError(
            "data",
            allowed=f"a {PERSON!r} id in every row",
            received=f"{int(unusable.sum()):,} rows without one",
            fix="Take the rows from panel.wave().",
        )
    return ids.astype(np.int64, copy=False)


def refuse_repeated(people: IntArray) -> None:
    """Refuse rows of which several belong to one person: each would be counted as somebody else."""
    ordered = np.sort(people)
    again = ordered[1:] == ordered[:-1]
    if not again.any():
        return
    repeated = int(np.unique(ordered[1:][again]).size)
    whole = int(people.size - again.sum())
    refuse_several_rows(people.size, whole, f"{repeated:,} {_people(repeated)} more than once: ")


def refuse_several_rows(n_rows: int, n_people: int, repeated: str = "") -> None:
    """Refuse more rows than people."""
    if n_people >= n_rows:
        return
    raise InputError(
        "data",
        allowed=f"each person once in the column {PERSON!r}",
        received=f"{repeated}{n_rows:,} rows of {n_people:,} {_people(n_people)}",
        fix="Keep one row per person, as panel.wave() gives them; whatever is joined to it needs one row per "
        "person too. The same people in two waves go to transitions().",
    )


def _people(n: int) -> str:
    return "person" if n == 1 else "people"
