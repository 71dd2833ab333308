"""What is asked of the questions of two files: the shares of both, each with its cells and its words."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.names import ONE_CALL, codes_of, most_common, name_order, unlike
from credbenefits.counts.tally import TICKS, YES_NO, Axis, Share, Tally
from credbenefits.questions.item import Item
from credbenefits.questions.spelling import canonical, label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, IntArray


def respelled(one: Tally, two: Tally) -> tuple[Tally, Tally]:
    """Spell a choice of a select-all question in both files as most of those who ticked it did."""
    if not one.select_all or one.choice == two.choice:
        return one, two
    times = dict.fromkeys(sorted({one.choice, two.choice}), 0)
    for text, place, n in (*one.axes[0].read, *two.axes[0].read):
        if place >= 0 and canonical(text) == canonical(one.choice):
            times[label(text)] = times.get(label(text), 0) + n
    shown = most_common(times)
    made = []
    for tally in (one, two):
        shares = [
            replace(share, label=_ending(share, shown), level=shown, counts_as_yes=(shown,))
            if share.level == tally.choice
            else share
            for share in tally.shares
        ]
        axis = replace(tally.axes[0], label=shown)
        made.append(replace(tally, axes=(axis,), shares=tuple(shares)))
    return made[0], made[1]


def _ending(share: Share, level: str) -> str:
    """Return a share's label with another spelling of the answer that it ends in."""
    if not share.label.endswith(share.level):
        return share.label
    return share.label.removesuffix(share.level) + level


def add_shares(
    tallies: tuple[Tally, Tally], maps: tuple[IntArray, IntArray], n_cells: int, axes: Sequence[Axis]
) -> tuple[Share, ...]:
    """Unite the shares that are asked for, and tell of every cell whether it is in them."""
    by_level = axes[0].answers not in {YES_NO, TICKS}
    known = [{_key(s, by_level=by_level): s for s in tally.shares} for tally in tallies]
    bases = [{canonical(s.of): s.base for s in tally.shares} for tally in tallies]
    keys = list(dict.fromkeys([*known[0], *known[1]]))
    made = []
    for key in keys:
        result = [some.get(key) for some in known]
        flags = [
            (share.yes, share.base) if share is not None else _unasked(base.get(key[-1]), tally, of=key[-1])
            for share, base, tally in zip(result, bases, tallies, strict=True)
        ]
        yes, base = (_flags([f[i] for f in flags], maps, n_cells) for i in range(2))
        made.append(_one_share([s for s in result if s is not None], axes[0], yes, base))
    if list(known[0]) != list(known[1]):
        by_name = name_order(axes[-1].order, codes_of(axes[-1]))
        # Whom a share is of comes first, in the order of the cells.
        made.sort(
            key=lambda s: (int(np.argmax(s.base)) if s.base.any() else n_cells, by_name(s.level), s.label)
        )
    return tuple(made)


def _key(share: Share, *, by_level: bool) -> tuple[str, str, str]:
    """Return what tells a share from others, however its answer is spelled."""
    if by_level and share.label.endswith(share.level):
        return canonical(share.label.removesuffix(share.level)), canonical(share.level), canonical(share.of)
    return canonical(share.label), "", canonical(share.of)


def _unasked(base: BoolArray | None, tally: Tally, *, of: str) -> tuple[BoolArray, BoolArray]:
    """Return the cells of a share that nobody gave reason to ask for: nobody says yes, of the same people."""
    nobody = np.zeros(len(tally.cells), dtype=bool)
    everybody = nobody if of or tally.shares else tally.answered
    return nobody, everybody if base is None else base


def _flags(parts: Sequence[BoolArray], maps: Sequence[IntArray], n_cells: int) -> BoolArray:
    result = np.zeros(n_cells, dtype=bool)
    seen = np.zeros(n_cells, dtype=bool)
    for part, where in zip(parts, maps, strict=True):
        if (seen[where] & (result[where] != part)).any():
            raise unlike("items", "coding of answers", f"{ONE_CALL}: the same yes=, no= and missing=.")
        result[where] = part
        seen[where] = True
    return result


def _one_share(shares: Sequence[Share], axis: Axis, yes: BoolArray, base: BoolArray) -> Share:
    """Return the words of a share of two files. An answer is spelled as its axis shows it."""
    fixed = axis.answers in {YES_NO, TICKS}
    alike = [(s.exclusive, [canonical(v) for v in s.counts_as_yes] if fixed else ()) for s in shares]
    if any(one != two for one, two in pairwise(alike)):
        raise unlike("items", "coding of answers", f"{ONE_CALL}: the same yes=.")
    one = min(shares, key=lambda share: (share.label, share.level, share.counts_as_yes))
    spelled = {} if fixed else {canonical(answer): answer for answer in axis.answers}
    level = spelled.get(canonical(one.level))
    if level is not None:
        given = tuple(spelled.get(canonical(v), v) for v in one.counts_as_yes)
        return Share(_ending(one, level), level, given, yes, base, one.exclusive, one.of)
    if len({share.level for share in shares}) > 1:
        return replace(one, level=_level_words(axis, one.level), yes=yes, base=base)
    return replace(one, yes=yes, base=base)


def _level_words(axis: Axis, otherwise: str) -> str:
    """Say in words which answers count as yes and somebody gave: each as most rows spell it, in order."""
    rows: dict[str, dict[str, int]] = {}
    for text, place, n in axis.read:
        if place == YES_NO.index("yes"):
            spelled = rows.setdefault(canonical(text), {})
            spelled[label(text)] = spelled.get(label(text), 0) + n
    given = sorted(rows, key=name_order(axis.order))
    return " or ".join(_words(axis, token, rows[token]) for token in given) or otherwise


def _words(axis: Axis, token: str, times: Mapping[str, int]) -> str:
    """Return what an answer is called, or else as most rows spell it."""
    called = dict(axis.asked.level_labels) if isinstance(axis.asked, Item) else {}
    return next((words for answer, words in called.items() if canonical(answer) == token), most_common(times))
