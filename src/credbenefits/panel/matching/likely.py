"""Linking by likely matches: repeats within a wave, then the pairs of every two waves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.keys.codes import expected_twins, same_code, twins_not_repeats
from credbenefits.numerics.matching.candidates import Candidates
from credbenefits.panel.matching.accept import AcceptRule, Evidence, Fit, new_pair
from credbenefits.panel.matching.persons import DUPLICATE, KEPT
from credbenefits.panel.waves import fates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from credbenefits._typing import (
        BoolArray,
        CodeDuplicateRule,
        FloatArray,
        IntArray,
        LinkMethod,
        StatusArray,
    )
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.keys.codes import Codes


#: More than this share of a wave's rows taken for repeats by chance alone, and the code cannot be used so.
_MOST_TWINS = 0.1


@dataclass(frozen=True, slots=True)
class Likely:
    """How likely matches are found and which count.

    `matched` is given the names of two waves and their rows, and returns candidate pairs (rows numbered
    within those given) and what the model found. `fewest` says how many of so many elements must be answered.
    """

    method: LinkMethod
    duplicates: CodeDuplicateRule
    rule: AcceptRule
    fewest: Callable[[int], int]
    matched: Callable[[dict[str, IntArray]], tuple[Candidates, Fit]]


def link_likely(
    frames: Mapping[str, NarwhalsFrame],
    codes: Codes,
    excluded: Mapping[str, BoolArray],
    how: Likely,
    *,
    status: Mapping[str, StatusArray],
) -> tuple[Evidence, dict[str, IntArray]]:
    """Find and accept links between every two waves; return them and the fate of each row."""
    fate, home, surely = {}, {}, {}
    for wave, frame in frames.items():
        block = None if codes.blocks is None else codes.blocks[wave]
        group = _repeats(codes.values[wave], ~excluded[wave], how, block)
        fate[wave] = fates(
            frame, group, excluded[wave], rule=how.duplicates, name=wave, status=status.get(wave)
        )
        home[wave] = _home(group, fate[wave])
        _refuse_short_code(wave, codes, fate[wave])
        surely[wave] = _the_person(codes.values[wave], group, fate[wave], block)
    silent = [wave for wave in frames if not (fate[wave] == KEPT).any()]
    if silent:
        raise InputError(
            "on",
            allowed="waves in which somebody gave enough of the answers",
            received=f"nobody in {check.listing(silent)}, excluded rows apart",
            fix="Check `exclude`, and how the columns were read or split.",
        )
    pairs = []
    for earlier, later in combinations(frames, 2):
        rows = {w: np.flatnonzero(fate[w] == KEPT) for w in (earlier, later)}
        result, fit = how.matched(rows)
        row_a, row_b = rows[earlier][result.row_a], rows[later][result.row_b]
        probability = result.probability * surely[earlier][row_a] * surely[later][row_b]
        result = Candidates(row_a, row_b, probability, result.weight, result.disagreements)
        pairs.append(new_pair((earlier, later), result, fit, how.rule))
    return Evidence(how.method, how.rule, tuple(pairs), home, codes, codes.mark), fate


def repeats_by_chance(codes: Codes, wave: str, fate: IntArray) -> tuple[int, float]:
    """Return the rows taken for repeats, and the pairs of different people who share a code by chance."""
    takes_part = (fate == KEPT) | (fate == DUPLICATE)
    block = None if codes.blocks is None else codes.blocks[wave][takes_part]
    return int((fate == DUPLICATE).sum()), expected_twins(codes.values[wave][takes_part], block)


def _refuse_short_code(wave: str, codes: Codes, fate: IntArray) -> None:
    repeats, expected = repeats_by_chance(codes, wave, fate)
    if repeats > _MOST_TWINS * fate.size and expected > repeats / 2:
        raise InputError(
            "on",
            allowed="a code that tells so many people apart",
            received=f"one that {repeats:,} of the {fate.size:,} rows of {wave!r} share with another row, as "
            f"about {expected:,.0f} pairs of different people would by chance",
            fix="Name more elements. Rows that are different people are kept apart by duplicates='keep'.",
        )


def _repeats(values: IntArray, rows: BoolArray, how: Likely, block: IntArray | None) -> IntArray:
    """Tell the people of one wave apart: rows that share a complete code are one, unless all are kept.

    Rows with so few answers that no partner could ever agree often enough are nobody (-1), and so are rows
    of which nobody knows the block.
    """
    asked = int((values >= 0).any(axis=0).sum())
    usable = rows & ((values >= 0).sum(axis=1) >= max(how.fewest(asked), 1))
    if block is not None:
        usable &= block >= 0
        values = np.column_stack([values, block])
    group = np.arange(len(values))
    if how.duplicates != "keep":
        code = same_code(values, usable)
        group = np.where(code >= 0, len(values) + code, group)
    return np.where(usable, group, -1)


def _the_person(values: IntArray, group: IntArray, fate: IntArray, block: IntArray | None) -> FloatArray:
    """Return for each row the probability that a link to the person it stands for is a link to this row.

    Rows that share a whole code are read as one person. They may also be different people who share it by
    probability; then the person with that code in another wave may be any of them.
    """
    surely = np.ones(group.size)
    takes_part = np.flatnonzero((fate == KEPT) | (fate == DUPLICATE))
    size = np.bincount(group[takes_part], minlength=1)
    rows = takes_part[(fate[takes_part] == KEPT) & (size[group[takes_part]] > 1)]
    if rows.size:
        twins = twins_not_repeats(
            values[takes_part],
            np.searchsorted(takes_part, rows),
            int((fate == DUPLICATE).sum()),
            None if block is None else block[takes_part],
        )
        surely[rows] = 1.0 - twins * (1.0 - 1.0 / size[group[rows]])
    return surely


def _home(group: IntArray, fate: IntArray) -> IntArray:
    """Return for each row the row that stands for its person; -1 for rows that take no part."""
    kept = np.flatnonzero(fate == KEPT)
    stands = np.full(int(group.max(initial=-1)) + 1, -1, dtype=np.int64)
    stands[group[kept]] = kept
    return np.where((fate == KEPT) | (fate == DUPLICATE), np.append(stands, -1)[group], -1)
