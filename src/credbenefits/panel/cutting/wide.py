"""Waves that stand beside each other: a row per person, the columns of each wave with their own ending."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.panel.cutting.answering import who_answered
from credbenefits.panel.cutting.table import opened
from credbenefits.panel.cutting.waves import Waves

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from credbenefits._typing import IntoDataFrame, Value, Values
    from credbenefits.panel.cutting.answering import Answered
    from credbenefits.results.export import Export

#: An ending that may as well number the parts of a question.
_NUMBERED = re.compile(r"(.*?)(\d+)", re.DOTALL)


def waves_from_wide(
    data: IntoDataFrame | Export,
    *,
    id: str | Sequence[str],
    waves: Mapping[Value, str],
    answered: Answered | None = None,
    missing: Values | None = None,
) -> Waves:
    """Cut a wide table, with a row per person and the waves beside each other, into a frame per wave.

    Parameters
    ----------
    data : data frame or Export
        The table: pandas, polars or pyarrow, or what :func:`credbenefits.read_export` returns. It does not
        change.
    id : str or list of str
        The columns that say who is who; every wave gets them.
    waves : mapping of wave to str
        In order of time, how the columns of each wave end: ``{"start": "", "followup": "_2"}``. With a ``*``,
        which stands for the name that the column has in the frame of its wave, it is the whole form:
        ``{2009: "x1*", 2016: "x4*"}``. The empty ending is that of all columns that have no other. A column
        that fits several waves belongs to the one whose ending is longest.
    answered : list of str, or mapping of wave to list of str, optional
        The columns of answers, named as in the frames of the waves, without their ending: whoever has an
        answer in any of them answered the wave. By default all columns of the wave that are neither `id`, nor
        shared by all waves, nor the same in every row.
    missing : value or list of values, optional
        Codes that are no answer, such as ``[-9, -8]``. Words and codes that plainly say so are none anyway.

    Returns
    -------
    Waves
        A mapping of wave to frame, each of the kind of `data` and with all of its rows: people who did not
        answer are people of the wave, but no respondents. ``link_waves(made, on=id)`` takes who answered
        from it.

    Raises
    ------
    InputError
        For an ending that no column has, columns of one wave that would get the same name, a column that may
        be part of a question as well as the answer in a wave, and unknown columns.

    Warns
    -----
    DataWarning
        When a tenth of the rows of a wave count as answers only by columns in which nobody has a gap, and
        when there are gaps, and no column of a wave tells who answered.

    Notes
    -----
    Where some wave has the empty ending, what is known of people (sex, site) is in its frame. Where all waves
    have an ending, columns without one are about the person: all frames have them, and they are no answers.

    ``"q5_2"`` may be what ``q5`` became in the second wave, or the second part of question 5. It is part of a
    question where ``q5_2_2`` is there and ``q5`` is not. Where only other parts are there (``q5_1``), it is
    an error.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> table = pd.DataFrame({
    ...     "id": [1, 2, 3, 4], "sex": list("fmfm"), "job": ["no", "no", "yes", "no"],
    ...     "job_2": ["yes", None, "yes", None],
    ... })
    >>> waves = cb.waves_from_wide(table, id="id", waves={"start": "", "end": "_2"}, answered=["job"])
    >>> waves
    2 waves of one table
    wave   rows  columns  answered
    start  4     3        4
    end    4     2        2
    >>> panel = cb.link_waves(waves, on="id")
    >>> cb.proportions(panel.wave("end"), cb.Item("job", yes="yes")).to_frame()[["count", "n"]]
       count  n
    0      2  2
    """
    table = opened(data, id)
    called, shared, notes = columns_by_wave(list(table.frame.columns), table.keys, waves)
    frames = {}
    for wave, names in called.items():
        frames[wave] = table.frame.select(list(names)).rename({c: n for c, n in names.items() if c != n})
    aside = {wave: {*table.keys, *shared} for wave in frames}
    made = {wave: table.given_back(frame, called[wave], by_rows=False) for wave, frame in frames.items()}
    answers, who = who_answered(frames, answered, aside, missing, made=made)
    widths, gone = {wave: len(names) for wave, names in called.items()}, check.values("missing", missing)
    return Waves(made, answers, who, widths, tuple(notes), _missing=dict.fromkeys(frames, gone))


def columns_by_wave(
    columns: Sequence[str], keys: Collection[str], waves: Mapping[Value, str]
) -> tuple[dict[str, dict[str, str]], list[str], list[str]]:
    """Return the columns of each wave's frame with their names there, those that all share, and notes."""
    found, shared, notes = _sorted([c for c in columns if c not in keys], _marks(waves))
    called = {}
    for wave, own in found.items():
        called[wave] = {c: own.get(c, c) for c in columns if c in own or c in shared or c in keys}
        _refuse_same(called[wave], wave)
    return called, shared, notes


class _Mark(NamedTuple):
    """What stands before and after the name of a column in a wave."""

    before: str
    after: str

    def own(self, column: str) -> str | None:
        """Return the column's name in the wave; None where it has another form."""
        end = len(column) - len(self.after)
        fits = column.startswith(self.before) and column.endswith(self.after) and end > len(self.before)
        return column[len(self.before) : end] if fits else None

    @property
    def size(self) -> int:
        return len(self.before) + len(self.after)


def _marks(waves: object) -> dict[str, _Mark]:
    example = "{'start': '', 'followup': '_2'}"
    given = check.by_wave("waves", waves, example=example)
    if len(given) < 2:
        raise InputError(
            "waves",
            allowed="two or more waves, each with the ending of its columns",
            received=f"{len(given)}",
            fix=f"For example: {example}.",
        )
    marks = {}
    for wave, form in given.items():
        if not isinstance(form, str) or form.count("*") > 1:
            raise InputError(
                f"waves[{wave!r}]",
                allowed="the ending of its columns, or their form with one *",
                value=form,
                fix="For example '_2', or 'w2_*'.",
            )
        before, star, after = form.rpartition("*")
        marks[wave] = _Mark(before if star else "", after)
    forms = list(marks.values())
    if len(set(forms)) < len(forms):
        raise InputError(
            "waves",
            allowed="another ending for each wave",
            received=check.listing(given.values()),
            fix="A table in which the waves stand below each other is cut by waves_from_long().",
        )
    return marks


def _sorted(
    columns: Sequence[str], marks: Mapping[str, _Mark]
) -> tuple[dict[str, dict[str, str]], list[str], list[str]]:
    """Return the columns of each wave with their names there, those of all waves, and what to know of it."""
    found: dict[str, dict[str, str]] = {wave: {} for wave in marks}
    rest = next((wave for wave, mark in marks.items() if not mark.size), None)
    shared, parts = [], []
    for column in columns:
        fitting = {w: m.own(column) for w, m in marks.items() if m.size and m.own(column) is not None}
        longest = max((marks[w].size for w in fitting), default=0)
        best = [w for w in fitting if marks[w].size == longest]
        if len(best) > 1:
            raise InputError(
                "waves",
                allowed="forms of which each column has one",
                received=f"column {column!r}, which fits {check.listing(best)}",
                fix="Rename the column.",
            )
        wave = best[0] if best else rest
        if best and rest is not None and _is_part(column, marks[best[0]], columns, marks):
            parts.append(column)
            wave = rest
        if wave is None:
            shared.append(column)
        else:
            found[wave][column] = column if wave == rest else str(fitting[wave])
    _refuse_empty(found, marks, columns)
    notes = []
    if parts:
        notes.append(f"Taken as parts of questions of {rest!r}: {check.listing(parts)}")
    if shared:
        notes.append(f"Columns without an ending, which all waves have: {check.listing(shared)}")
    return found, shared, notes


def _is_part(column: str, mark: _Mark, columns: Sequence[str], marks: Mapping[str, _Mark]) -> bool:
    """Tell whether an ending is rather the number of a part of a question; refuse where nobody can tell."""
    stem, numbered = mark.own(column), _NUMBERED.fullmatch(mark.after)
    if mark.before or numbered is None or stem in columns:
        return False
    if any(column + other.after in columns for other in marks.values() if other.after and not other.before):
        return True
    endings = {other.after for other in marks.values()}
    sibling = re.compile(re.escape(f"{stem}{numbered[1]}") + r"\d+")
    parts = [c for c in columns if sibling.fullmatch(c) and c[len(str(stem)) :] not in endings]
    if parts:
        raise InputError(
            "waves",
            allowed=f"columns of which one can tell whether {mark.after!r} is the ending of a wave",
            received=f"{column!r} beside {check.listing(parts, 4)}, without {stem!r}",
            fix=f"If it is part of a question, rename the parts ({stem}a, {stem}b); if it is the answer to "
            f"{stem!r} in another wave, name the endings of all waves, or leave out columns of others.",
        )
    return False


def _refuse_empty(
    found: Mapping[str, Mapping[str, str]], marks: Mapping[str, _Mark], columns: Sequence[str]
) -> None:
    for wave, own in found.items():
        if not own:
            mark = marks[wave]
            form = f"{mark.before}*{mark.after}" if mark.before else mark.after
            raise InputError(
                "waves",
                allowed="endings that columns have",
                received=f"{form!r} of wave {wave!r}, which no column has",
                fix=f"The columns are {check.listing(columns)}.",
            )


def _refuse_same(names: Mapping[str, str], wave: str) -> None:
    by_name: dict[str, list[str]] = {}
    for column, name in names.items():
        by_name.setdefault(name, []).append(column)
    twice = [columns for columns in by_name.values() if len(columns) > 1]
    if twice:
        raise InputError(
            "waves",
            allowed="columns whose names differ within their wave too",
            received=f"{check.listing(twice[0])}, which would both be {names[twice[0][0]]!r} in {wave!r}",
            fix="Rename one of them.",
        )
