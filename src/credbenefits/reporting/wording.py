"""Numbers in words. Every percentage carries its base; none is written that the counts do not carry."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credbenefits.results.proportions import Proportion, ProportionsResult

#: From this base on, one person is less than a tenth of a point and a decimal means something.
_DECIMAL_FROM = 1_000
#: Below this base a percentage is led by its counts.
COUNTS_FIRST_BELOW = 30


def percent(share: float, n: int) -> str:
    """Write a proportion as a percentage, as precise as a base of `n` people allows.

    Never rounds to 0% or 100% what is not exactly that.
    """
    if math.isnan(share):
        return "–"
    if share in {0.0, 1.0}:
        return f"{share:.0%}"
    # Close to none and to all a whole point is coarse, so one decimal more.
    first = (n >= _DECIMAL_FROM) + (not 0.01 <= share <= 0.99)
    for decimals in range(first, 4):
        text = f"{100 * share:.{decimals}f}"
        if 0 < float(text) < 100:
            return f"{text}%"
    return "<0.01%" if share < 0.5 else ">99.99%"


def interval(row: Proportion, level: float) -> str:
    """Write a proportion's interval, e.g. "95% interval 26% to 42%"."""
    n = int(row.n_effective)
    return f"{level:.0%} interval {percent(row.conf_low, n)} to {percent(row.conf_high, n)}"


def counted(row: Proportion) -> str:
    """Write count and base, e.g. "40 of 120"."""
    return f"{row.count:,} of {row.n:,}"


def about(bound: float, *, upper: bool) -> str:
    """Write a one-sided bound in whole percents, rounded away from what was observed."""
    whole = math.ceil(100 * bound) if upper else math.floor(100 * bound)
    return f"{whole}%"


def claim(row: Proportion, result: ProportionsResult) -> tuple[str, str, str]:
    """Write one finding as (lead-in, emphasised number, the rest), to be joined with spaces.

    The number stands beside its base in words, its count and its interval.
    """
    details = [counted(row), interval(row, result.confidence_level)]
    if row.n_missing:
        details.append(f"{row.n_missing:,} did not answer")
    nested = len(row.ladder) > 2
    whom = _whom(row, result)
    if row.n == 0:
        return "", "No answers", f"from {whom} to {row.label}."
    if row.count == 0:
        details.append(f"rates up to about {about(row.bound, upper=True)} cannot be ruled out")
        lead, number = "", "None"
        said = f"of {whom} reported {row.label}"
    elif row.count == row.n:
        details.append(f"rates down to about {about(row.bound, upper=False)} cannot be ruled out")
        lead, number = "", "All"
        said = f"of {whom} reported {row.label}"
    elif row.n < COUNTS_FIRST_BELOW:
        details[0] = percent(row.estimate, row.n)
        lead, number = "", counted(row)
        said = f"of {whom} reported {row.label}"
    elif nested:
        lead, number = f"Among {whom},", percent(row.estimate, row.n)
        said = f"reported {row.label}"
    else:
        lead, number = "", percent(row.estimate, row.n)
        said = f"of {whom} reported {row.label}"
    if nested:
        top = row.ladder[0]
        details.append(f"that is {row.count:,} of all {top.n:,} {top.words}")
    return lead, number, f"{said} ({'; '.join(details)})."


def _whom(row: Proportion, result: ProportionsResult) -> str:
    """Write who is in the base: those who answered, where some who were in it did not."""
    answered = " and answered this question" if row.n_missing else ""
    if len(row.ladder) > 2:
        reported = " and ".join(rung.words.removeprefix("reported ") for rung in row.ladder[1:-1])
        return f"the {row.n:,} {result.people} who reported {reported}{answered}"
    return f"the {row.base}{answered.replace(' and', ' who')}"


def weighted_claim(row: Proportion, result: ProportionsResult) -> str:
    """Write a weighted finding: an estimate for a named population, under its condition."""
    whom = (
        f"the {result.population_size:,} {result.population}"
        if result.population
        else f"the weighted population of {result.people}"
    )
    return (
        f"an estimated {percent(row.estimate, int(row.n_effective))} of {whom} "
        f"(n_effective {row.n_effective:.0f}; {interval(row, result.confidence_level)})"
    )


def ladder(row: Proportion) -> str:
    """Write the nested bases as a ladder, e.g. "120 → 40 → 12"."""
    steps = [f"{row.ladder[0].n:,} {row.ladder[0].words}"]
    for outer, rung in pairwise(row.ladder):
        if rung.of < outer.n:
            steps.append(f"{rung.of:,} answered")
        steps.append(f"{rung.n:,} {rung.words}")
    return " → ".join(steps)


def nested_after_parents(rows: Iterable[Proportion]) -> list[Proportion]:
    """Put every share of a subset behind the finding that defines the subset."""
    known = list(rows)
    ordered = [row for row in known if len(row.ladder) == 2]
    for row in reversed([row for row in known if len(row.ladder) > 2]):
        parent = row.ladder[-2].words
        places = [i for i, other in enumerate(ordered) if other.ladder[-1].words == parent]
        ordered.insert(places[0] + 1 if places else len(ordered), row)
    return ordered


def p_value(p: float) -> str:
    """Write a p-value without pretending to digits it does not have."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def points(difference: float) -> str:
    """Write a difference of proportions in percentage points, signed."""
    value = 100 * difference
    return f"{value:+.1f}" if round(value, 1) else "0.0"
