"""Waves that stand below each other: a row per person and wave."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import take
from credbenefits.frames.columns import declared
from credbenefits.frames.given import never_changes
from credbenefits.frames.keys.normalise import distinct
from credbenefits.panel.cutting.answering import who_answered
from credbenefits.panel.cutting.table import Table, opened
from credbenefits.panel.cutting.waves import Waves
from credbenefits.questions.spelling import as_number, is_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntArray, IntoDataFrame, Values
    from credbenefits.panel.cutting.answering import Answered
    from credbenefits.results.export import Export

#: Days and months as text, which sort as they are.
_DAYS = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")


def waves_from_long(
    data: IntoDataFrame | Export,
    *,
    id: str | Sequence[str],
    wave: str,
    answered: Answered | None = None,
    missing: Values | None = None,
) -> Waves:
    """Cut a long table, with a row per person and wave, into a frame per wave.

    Parameters
    ----------
    data : data frame or Export
        The table: pandas, polars or pyarrow, or what :func:`credbenefits.read_export` returns. It does not
        change.
    id : str or list of str
        The columns that say who is who.
    wave : str
        The column that says which wave a row belongs to. Its values name the waves: text, numbers or days.
        Numbers and days go in their order (as text too), categories in theirs, other text in the order in
        which it first appears.
    answered : list of str, or mapping of wave to list of str, optional
        The columns of answers: whoever has an answer in any of them answered the wave. By default all columns
        but `id`, those that are the same in every row of the wave, and those that never change within a
        person (of whom there are two rows or more).
    missing : value or list of values, optional
        Codes that are no answer, such as ``[-9, -8]``. Words and codes that plainly say so are none anyway.

    Returns
    -------
    Waves
        A mapping of wave to frame, each of the kind of `data` with all of its columns. People without an
        answer are people of the wave, but no respondents: ``link_waves(made, on=id)`` knows who answered.

    Raises
    ------
    InputError
        For rows that belong to no wave, two waves whose names differ by case or spaces only, a column
        with a single wave, and unknown columns.

    Warns
    -----
    DataWarning
        When a tenth of the rows of a wave count as answers only by columns in which nobody has a
        gap, and when there are gaps and no column tells who answered.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> table = pd.DataFrame({
    ...     "id": [1, 1, 2, 2, 3], "year": [2019, 2021, 2019, 2021, 2019],
    ...     "job": ["no", "yes", "no", None, "yes"],
    ... })
    >>> waves = cb.waves_from_long(table, id="id", wave="year")
    >>> waves
    2 waves of one table
    wave  rows  columns  answered
    2019  3     3        3
    2021  2     3        1
    >>> cb.link_waves(waves, on="id").wave(2021)["job"].tolist()
    ['yes']
    """
    table = opened(data, id)
    frame = table.frame
    check.column("wave", wave, frame.columns)
    if wave in table.keys:
        raise InputError(
            "wave", allowed="another column than `id`", value=wave, fix="Name the waves' column."
        )
    values, place = distinct(frame, wave, "wave")
    names, notes = _named(values, place, wave)
    order, by_text = _in_order(values, frame[wave])
    if by_text:
        notes.append(f"The waves are in the order in which they first appear in {wave!r}")
    rows = {names[k]: np.flatnonzero(place == k) for k in order if (place == k).any()}
    if len(rows) < 2:
        raise InputError(
            "wave",
            allowed="a column with two or more waves",
            received=f"{wave!r}, with {check.listing(rows)}",
            fix="Name the column that says which wave a row belongs to.",
        )
    frames = {name: take(frame, at) for name, at in rows.items()}
    aside = {wave, *table.keys, *never_changes(frame, table.keys)}
    if table.export is not None and table.export.taken_out:
        notes.append(f"Rows that were taken out of the file belong to no wave: {_taken_out(table)}")
    same = {c: c for c in frame.columns}
    made = {name: table.given_back(part, same, by_rows=True) for name, part in frames.items()}
    answers, who = who_answered(frames, answered, dict.fromkeys(frames, aside), missing, made=made)
    gone = dict.fromkeys(frames, check.values("missing", missing))
    return Waves(made, answers, who, dict.fromkeys(frames, len(same)), tuple(notes), _missing=gone)


def _named(values: Sequence[Any], place: IntArray, column: str) -> tuple[list[str], list[str]]:
    """Return the names of the waves; refuse rows that belong to none, and names that nearly agree."""
    blank = [k for k, v in enumerate(values) if is_missing(v) or (isinstance(v, str) and not v.strip())]
    outside = int(np.isin(place, [-1, *blank]).sum())
    if outside:
        raise InputError(
            "wave",
            allowed="a column that says of every row to which wave it belongs",
            received=f"{column!r}, which is blank in {outside:,} of {place.size:,} rows",
            fix="Fill in the wave, or take these rows out of the table.",
        )
    names = [check.wave_name("wave", value) for value in values]
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(name.strip().casefold(), []).append(name)
    alike = [several for several in folded.values() if len(several) > 1]
    if alike:
        raise InputError(
            "wave",
            allowed="one way to write each wave",
            received=f"{check.listing(alike[0])} in {column!r}",
            fix="Write them alike.",
        )
    return names, []


def _in_order(values: Sequence[Any], series: Any) -> tuple[list[int], bool]:  # noqa: ANN401 - a column
    """Return the places of the waves in order of time, and whether that is only the order of their rows."""
    places = list(range(len(values)))
    listed, _ = declared(series)
    if listed:
        return sorted(places, key=lambda k: listed.index(values[k])), False
    if all(isinstance(v, str) for v in values):
        numbers = [as_number(v) for v in values]
        if all(n is not None for n in numbers):
            return sorted(places, key=lambda k: float(numbers[k] or 0.0)), False
        if all(_DAYS.fullmatch(v.strip()) for v in values):
            return sorted(places, key=lambda k: values[k]), False
        return places, True
    try:
        return sorted(places, key=lambda k: values[k]), False
    except TypeError:  # texts and numbers
        return places, True


def _taken_out(table: Table) -> str:
    reasons = {} if table.export is None else table.export.taken_out
    return ", ".join(f"{n:,} {reason}" for reason, n in reasons.items())
