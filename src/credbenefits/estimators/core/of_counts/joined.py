"""A question about several items, read again: the doubts about each column, and whom missing answers drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.counts.coding.joined import ALL, NONE, SOME, UNASKED
from credbenefits.frames.answers import NO, YES
from credbenefits.results.base import many

if TYPE_CHECKING:
    from credbenefits.counts.tally import Axis


def gaps_note(axis: Axis, *, share: bool) -> str:
    """Say how many rows were decided although an answer was missing, and how many could not be.

    Who was not asked because the other answers settle it lacks nothing. Where a yes decides, whoever has a
    missing answer stays in with a yes and is left out with a no: the `share`, if there is one, leans.
    """
    rows = {(text.partition(": ")[2], place): n for text, place, n in axis.read}
    early = {place: rows.get((SOME, place), 0) for place in (YES, NO)}
    undecided = sum(n for (how, place), n in rows.items() if place < NO and how != NONE)
    said = [
        f"{many(early[place], 'is', 'are')} a {name} despite a missing answer"
        for place, name in ((YES, "yes"), (NO, "no"))
        if early[place]
    ]
    if undecided:
        are = "is" if undecided == 1 else "are"
        said.append(f"{undecided:,} with some answers {are} undecided and left out")
    if not said:
        return ""
    note = f"{axis.label}: of all {sum(rows.values()):,} rows, {', '.join(said)}"
    if not (share and undecided and (early[YES] or early[NO])):
        return note
    whole = {place: sum(rows.get((how, place), 0) for how in (ALL, UNASKED)) for place in (YES, NO)}
    lean = "high" if not early[NO] else "low" if not early[YES] else "high or too low"
    n = many(sum(whole.values()), "complete row", "complete rows")
    return (
        f"{note}; where answers are missing by chance, the share is too {lean}: of the {n}, "
        f"{many(whole[YES], 'is', 'are')} a yes"
    )
