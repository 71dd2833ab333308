"""What people and populations are called in a sentence, whatever their name begins with or says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.reporting.names import with_labels
from credbenefits.results.weighing.weighed import why_forbidden

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.results.comparisons import ComparisonResult
    from credbenefits.results.parts import StudyWords
    from credbenefits.results.proportions import ProportionsResult
    from credbenefits.results.transitions import TransitionsResult


def all_of(people: str, size: int | None = 0) -> str:
    """Name everybody with their number: "all 120 nurses", also where they are called "all nurses"."""
    first, _, rest = people.partition(" ")
    if first.casefold().startswith("every"):
        return people
    if first.casefold() == "all" and rest:
        return f"all {size:,} {rest}" if size else people
    if first.casefold() == "the" and rest and size:
        return f"all {size:,} {rest}"
    return f"all {size:,} {people}" if size else f"all {people}"


def numbered(people: str, size: int | None) -> str:
    """Name people with their number: "120 nurses", or "all 120 nurses" where they are called "all nurses"."""
    return the(people, size or 0).removeprefix("the ")


def the(people: str, size: int | None = 0) -> str:
    """Name people with an article and their number: "the 120 nurses", or "all 120 nurses"."""
    first, _, rest = people.partition(" ")
    if first.casefold().startswith("every") or (first.casefold() == "all" and rest):
        return all_of(people, size)
    if first.casefold() == "the" and rest:
        return f"the {size:,} {rest}" if size else people
    return f"the {size:,} {people}" if size else f"the {people}"


def population(name: str, words: StudyWords) -> str:
    """Return what a population is called: a wave in its name by the label of the wave."""
    return with_labels(name, list(words.labels), words)


def or_of(groups: Sequence[str]) -> str:
    """List groups of people that a share may be of: "nurses, of doctors, or of porters"."""
    *first, last = groups
    if not first:
        return last
    return f"{', of '.join(first)}{',' * (len(first) > 1)} or of {last}"


def forbidden(
    result: ProportionsResult | ComparisonResult | TransitionsResult, words: StudyWords
) -> dict[str, str]:
    """Return why nothing with its weights may stand at the top, by the population that they are for."""
    why, whom = why_forbidden(result), population(result.population, words)
    return {whom: why} if why and whom else {}
