"""What the balance of respondents and population gives to a brief."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from credbenefits.reporting import headings
from credbenefits.reporting import people as name_of
from credbenefits.reporting import words as say
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.reporting.names import in_texts
from credbenefits.reporting.rounding import number, same_difference
from credbenefits.results.parts import Figure, Numbers, Parts, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits.results.output import DataFrame
    from credbenefits.results.parts import Cell, StudyWords
    from credbenefits.results.tables import BalanceResult, BalanceRow


def parts(result: BalanceResult, words: StudyWords) -> Parts:
    """Return what a balance gives to a brief by itself, without the weights that it is of."""
    if not result.rows:
        return Parts()
    people = name_of.population(result.people, words)
    everybody = name_of.all_of(name_of.population(result.population, words))
    caption = f"{people[:1].upper()}{people[1:]} against {everybody}"
    return Parts(
        tables=(table(result, words, caption=caption),),
        figures=(figure(result, words),),
        files=files(result),
        names={**names(result), **dict.fromkeys(in_texts((result.people, result.population)), ())},
    )


def names(result: BalanceResult | None) -> dict[str, set[str]]:
    """Return what labels may name: the variables with their levels."""
    found: dict[str, set[str]] = {}
    for row in () if result is None else result.rows:
        found.setdefault(row.variable, set()).add(row.level)
    return found


def files(result: BalanceResult) -> Mapping[str, DataFrame]:
    """Return the table of a balance as a pandas frame, with whom it is of."""
    made = pandas_frame(result)
    made.insert(0, "stands_for", result.population)
    return {"balance": made}


def table(result: BalanceResult, words: StudyWords, *, caption: str, base: int = 0) -> Table:
    """Return the table of a balance; `base` is the smaller of those who answered and the population."""
    everybody = name_of.all_of(name_of.population(result.population, words))
    header = (
        "Background",
        f"{everybody[:1].upper()}{everybody[1:]}",
        "Those who answered",
        "Those, weighted",
        "Difference in points",
        "After weighting",
    )
    exact = all(_adds_up(row, places) for row in result.rows for places in (0, 1))
    return Table(
        headings.BALANCE,
        caption,
        header,
        tuple(_row(row, words) for row in result.rows),
        base=base,
        after=() if exact else ((say.UNROUNDED,),),
        whole=_wholes(result, words),
    )


def figure(result: BalanceResult, words: StudyWords) -> Figure:
    """Return the figure of a balance, with its largest differences in words."""
    called = tuple(
        replace(row, variable=words.label(row.variable), level=words.level(row.variable, row.level))
        for row in result.rows
    )
    before, after = result.worst(after=False), result.worst()
    alt = (
        "Standardised differences from the population before and after weighting; the shaded band is within "
        f"0.1 standard deviations. The largest is {number(before, 2)} before and {number(after, 2)} after "
        "weighting"
    )
    if any(row.role == "check" for row in result.rows):
        held = (
            f"{number(result.worst('check', after=False), 2)} before and {number(result.worst('check'), 2)}"
        )
        alt += f"; of what was held out, {held} after"
    return Figure(headings.BALANCE, "balance", f"{alt}.", replace(result, rows=called).plot)


def _row(row: BalanceRow, words: StudyWords) -> tuple[Cell, ...]:
    held_out = " (held out)" if row.role == "check" else ""
    shares = (row.population, row.respondents, row.weighted)
    differences = (row.difference_before, row.difference_after)
    return (
        f"{words.label(row.variable)}: {words.level(row.variable, row.level)}{held_out}",
        *(Numbers("{}", (share,)) for share in shares),
        *(Numbers("{}", (difference,), "points") for difference in differences),
    )


def _adds_up(row: BalanceRow, places: int) -> bool:
    return same_difference(
        row.respondents, row.population, row.difference_before, places
    ) and same_difference(row.weighted, row.population, row.difference_after, places)


def _wholes(result: BalanceResult, words: StudyWords) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Return the shares of all levels of a variable, in each column."""
    found: dict[tuple[str, str, int], list[float]] = {}
    for row in result.rows:
        for column, share in enumerate((row.population, row.respondents, row.weighted)):
            found.setdefault((row.variable, row.role, column), []).append(share)
    return tuple((words.label(variable), tuple(shares)) for (variable, _, _), shares in found.items())
