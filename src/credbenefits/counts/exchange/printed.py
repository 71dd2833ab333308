"""What counts say of themselves on the screen: a line for each question, and how people were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits._text import printable
from credbenefits.results.base import cell, many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.counts.tally import Tally
    from credbenefits.counts.units import ReplicateScale, Units

#: Answers of a question that are printed; of more the rest is left out.
_MOST_ANSWERS = 8


def questions(tallies: Sequence[Tally]) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the cells of a table with a line for each question."""
    rows = []
    for tally in tallies:
        answered = int(tally.people[..., tally.answered].sum())
        words = "; ".join(_listed(axis.answers) for axis in tally.axes)
        name = f"{tally.question}: {tally.choice}" if tally.choice else tally.question
        rows.append([name, words, cell(answered), cell(int(tally.people.sum()) - answered)])
    return ["question", "answers", "answered", "no answer"], [[printable(text) for text in r] for r in rows]


def _listed(answers: Sequence[str]) -> str:
    """Write the answers; of many the first ones and how many there are."""
    many_words = f", ... ({len(answers):,} in all)" if len(answers) > _MOST_ANSWERS else ""
    return ", ".join(answers[:_MOST_ANSWERS]) + many_words


def sampling(units: Units, replicates: ReplicateScale | None) -> list[str]:
    """Say how people were drawn, as far as it is known."""
    result = []
    if units.has_any:
        named = " and ".join(name for name in units.columns if name)
        counted = many(len(units.names), "sampling unit", "sampling units")
        result.append(f"{counted} ({named})" if named else "finite population correction")
    if units.dropped:
        result.append("sampling units were left out: only Kish's effective size can be had")
    if replicates is not None:
        result.append(f"{len(replicates.rscales):,} replicate weights ({replicates.kind})")
    return result
