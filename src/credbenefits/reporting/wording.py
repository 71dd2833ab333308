"""Numbers in words. Every percentage carries its base; none is written that the counts do not carry."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from credbenefits.results._base import level_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credbenefits.results.proportions import Proportion, ProportionsResult

#: From this base on, one person is less than a tenth of a point and a decimal means something.
_DECIMAL_FROM = 1_000
#: Below this base a percentage is led by its counts.
COUNTS_FIRST_BELOW = 30
#: Below this base a decimal of a percentage point pretends to people who are not there.
WHOLE_POINTS_BELOW = 100


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
    if math.isnan(row.conf_low):
        return "no interval can be given"
    n = worth(row)
    return f"{level_words(level)} interval {percent(row.conf_low, n)} to {percent(row.conf_high, n)}"


def worth(row: Proportion) -> int:
    """Return how many people's answers decide the decimals: the effective ones, if that is known."""
    return row.n if math.isnan(row.n_effective) else int(row.n_effective)


def counted(row: Proportion) -> str:
    """Write count and base, e.g. "40 of 120"."""
    return f"{row.count:,} of {row.n:,}"


def about(bound: float, n: int, *, upper: bool) -> str:
    """Write a one-sided bound as precisely as `n` people allow, rounded away from what was observed."""
    distance = bound if upper else 1.0 - bound
    step = 10.0 ** -(n >= _DECIMAL_FROM) * (0.1 if distance < 0.01 else 1.0)
    percents = step * math.ceil(100 * distance / step - 1e-9)
    decimals = max(0, round(-math.log10(step)))
    return f"{percents if upper else 100 - percents:.{decimals}f}%"


def claim(row: Proportion, result: ProportionsResult) -> tuple[str, str, str]:
    """Write one finding as (lead-in, emphasised number, the rest), to be joined with spaces.

    The number stands beside its base in words, its count and its interval.
    """
    details = [counted(row), interval(row, result.confidence_level)]
    if row.n_missing:
        details.append(f"{row.n_missing:,} did not answer")
    whom = _whom(row, result)
    said = f"of {whom} reported {row.label}"
    lead, number = "", percent(row.estimate, row.n)
    if row.n == 0:
        return "", "No answers", f"from {whom} to {row.label}."
    if row.count in {0, row.n}:
        number = "None" if row.count == 0 else "All"
        details.append(_not_ruled_out(row))
    elif row.n < COUNTS_FIRST_BELOW:
        details[0], number = number, counted(row)
        said = f"{whom.removeprefix(f'the {row.n:,} ')} reported {row.label}"
    elif row.outer:
        lead, said = f"Among {whom},", f"reported {row.label}"
    if row.outer:
        top = row.ladder[0]
        details.append(f"that is {row.count:,} of all {top.n:,} {top.words}")
    return lead, number, f"{said} ({'; '.join(details)})."


def _not_ruled_out(row: Proportion) -> str:
    if math.isnan(row.bound):
        return "nothing is known of the rates that can be ruled out"
    up = row.count == 0
    return f"rates {'up' if up else 'down'} to about {about(row.bound, row.n, upper=up)} cannot be ruled out"


def _whom(row: Proportion, result: ProportionsResult) -> str:
    """Write who is in the base: those who answered, where some who were in it did not."""
    answered = " and answered this question" if row.n_missing else ""
    if row.outer:
        return f"the {row.n:,} {result.people} who reported {' and '.join(row.outer)}{answered}"
    return f"the {row.base}{answered.replace(' and', ' who')}"


def weighted_claim(row: Proportion, result: ProportionsResult) -> tuple[str, str, str]:
    """Write a weighted finding as (lead-in, emphasised number, the rest): an estimate, and for whom."""
    whom = f"the {result.population_size:,} {result.population}" if result.population else \
        f"the population that the weights of {result.people} stand for"  # fmt: skip
    if row.outer:
        whom = f"those among {whom} who report {' and '.join(row.outer)}"
    group = ", ".join(f"{c} = {v}" for c, v in row.group)
    whom += f" ({group})" if group else ""
    if row.n == 0:
        return "Estimated:", "no answers", f"to {row.label}."
    size = "unknown" if math.isnan(row.n_effective) else f"{row.n_effective:.0f}"
    details = [f"{counted(row)} answers", f"n_effective {size}"]
    details.append(interval(row, result.confidence_level))
    if row.count in {0, row.n}:
        number = "none observed" if row.count == 0 else "all observed"
        details.append(_not_ruled_out(row))
        behind = f"among the {row.n:,} people who stand for {whom}, of {row.label}"
        return "Estimated:", number, f"{behind} ({'; '.join(details)})."
    number = percent(row.estimate, worth(row))
    return "Estimated:", number, f"of {whom} would report {row.label} ({'; '.join(details)})."


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
    ordered = [row for row in known if not row.outer]
    for row in reversed([row for row in known if row.outer]):
        places = [i for i, other in enumerate(ordered) if other.label == row.outer[-1]]
        ordered.insert(places[0] + 1 if places else len(ordered), row)
    return ordered


def p_value(p: float) -> str:
    """Write a p-value without pretending to digits it does not have."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def points(difference: float, n: int) -> str:
    """Write a difference of proportions in percentage points, signed, as precise as `n` people allow."""
    text = f"{100 * difference:+.{0 if n < WHOLE_POINTS_BELOW else 1}f}"
    return text if float(text) else text[1:]
