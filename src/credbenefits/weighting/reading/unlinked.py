"""People who answered and are not found in the population wave: how they differ in the wave they answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from credbenefits.counts.coding.cuts import GROUPS, MOST_NUMBERS, cut, numbers_of
from credbenefits.errors import InputError
from credbenefits.frames.boundary import read, take
from credbenefits.frames.columns import encode
from credbenefits.frames.names import identifies
from credbenefits.weighting.covariates import Covariate
from credbenefits.weighting.reading.answering import NOT_THERE, answered_all
from credbenefits.weighting.record import Unlinked, UnlinkedRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.panel.panel import Panel
    from credbenefits.weighting.reading.answering import Standing

#: A column of more different names than this is not compared.
_MOST_LEVELS = 12


def compare_unlinked(panel: Panel, standing: Standing, missing: Sequence[Value]) -> Unlinked | None:
    """Compare people who answered and are not in the population wave with the others who answered.

    On every column of the wave they answered, the last of several, that has few different answers, or
    numbers; keys and columns that tell people apart are not compared.
    """
    strangers = standing.left_out.get(NOT_THERE)
    if strangers is None:
        return None
    wave = standing.waves[-1]
    frame = read(panel.wave(wave))
    people = panel.people_in(wave)
    rows = np.flatnonzero(np.isin(people, answered_all(panel, standing.waves)))
    frame, unlinked = take(frame, rows), np.isin(people[rows], strangers)
    keys = {*panel.key_columns[wave], "person", "match_probability"}
    names = [name for name in panel.columns_of(wave) if name not in keys]
    found = [_variable(frame, name, missing) for name in names]
    compared = [each for each in found if each is not None and len(each.levels) > 1]
    by_column = [] if unlinked.all() else [_rows(covariate, unlinked) for covariate in compared]
    by_column.sort(key=lambda rows: -max(abs(row.std_difference) for row in rows))
    made = tuple(row for rows in by_column for row in rows)
    n = int(unlinked.sum())
    band = _band(n, int(unlinked.size) - n, len(made))
    return Unlinked(
        made,
        standing.waves,
        standing.to,
        n,
        int(unlinked.size),
        len(compared),
        len(names) - len(compared),
        band,
        frame_kind=panel.frame_kind,
    )


def _variable(frame: NarwhalsFrame, column: str, missing: Sequence[Value]) -> Covariate | None:
    """Read a column, numbers in groups; None where there is nothing to compare, or it cannot be read."""
    try:
        categories = encode(frame, column, "wave").without(missing)
        found = numbers_of(frame, categories, "wave", wanted=False)
    except InputError:
        return None
    if found is None or len(found[0]) <= MOST_NUMBERS:
        if not 0 < len(categories.levels) <= _MOST_LEVELS:
            return None
        return Covariate.of(column, categories.codes, categories.labels, ordered=False)
    sizes = categories.sizes()
    if identifies(categories.levels, sizes):
        return None
    numbers, place = found
    made = cut(numbers, sizes[np.argsort(place)], GROUPS)
    codes = np.append(made.group, -1)[np.append(place, -1)[categories.codes]]
    return Covariate.of(column, codes, made.labels, ordered=True)


def _rows(covariate: Covariate, unlinked: BoolArray) -> list[UnlinkedRow]:
    """Compare the share of each level among the unlinked and the linked."""
    linked, strangers = covariate.by_answer(unlinked)
    everybody = linked + strangers
    p = everybody / everybody.sum()
    here, there = strangers / strangers.sum(), linked / linked.sum()
    spread = np.sqrt(p * (1.0 - p))
    return [
        UnlinkedRow(
            covariate.name,
            level,
            float(there[i]),
            float(here[i]),
            float(here[i] - there[i]),
            float((here[i] - there[i]) / spread[i]),
        )
        for i, level in enumerate(covariate.levels)
        if 0 < p[i] < 1
    ]


def _band(unlinked: int, linked: int, rows: int) -> float:
    """Return the standardised difference that chance exceeds once in twenty such tables."""
    if not (unlinked and linked and rows):
        return float("inf")
    return float(-ndtri(0.05 / (2 * rows)) * np.sqrt(1.0 / unlinked + 1.0 / linked))
