"""From counts by disposition to rates with intervals, and from links to the rates of several waves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.numerics.response.rates import FORMULAS, eligible_share, numerators_and_bases
from credbenefits.numerics.wilson import kish, wilson
from credbenefits.panel.dispositions import DISPOSITIONS, NOT_ASKED
from credbenefits.results.response.rates import ResponseRate
from credbenefits.results.response.words import MEANINGS, SHARED, definition_of, of_waves

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credbenefits import _typing as t
    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.estimators.core.response.read import Counted, Sums
    from credbenefits.panel.panel import Panel

_UNKNOWN = DISPOSITIONS.index("unknown")


class Wanted(NamedTuple):
    """Which rates, the e that was given, and the level of the intervals."""

    rates: tuple[str, ...]
    e: float | None
    confidence_level: float


class _Numbers(NamedTuple):
    """Arrays of one shape: estimates, limits, counts and bases."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    counts: FloatArray
    n: FloatArray


def share_eligible(sums: Sums, e: float | None) -> FloatArray:
    """Return the e of each group: the one that was given, or their own."""
    if e is None:
        return eligible_share(sums.weight)
    return np.full(sums.weight.shape[:-1], e)


def rates_of(counted: Counted, by: tuple[str, ...], wanted: Wanted) -> list[ResponseRate]:
    """Return the rates of a wave, group by group; with effort one for each day or reminder too."""
    e = share_eligible(counted.sums, wanted.e)
    outcome = tuple(rate for rate in wanted.rates if rate in FORMULAS)
    if not outcome:
        return []
    unknown = counted.sums.people[..., _UNKNOWN] > 0
    efforts: list[str | None] = [None]
    made = [_numbers(counted.sums, counted.sums, outcome, (e, wanted.confidence_level))]
    if counted.up_to is not None:
        efforts = list(counted.levels)
        made = [
            _numbers(
                counted.up_to.up_to(k),
                counted.sums,
                outcome,
                (e, wanted.confidence_level),
            )
            for k in range(len(efforts))
        ]
    return [
        ResponseRate(
            counted.wave,
            tuple(zip(by, counted.labels[g], strict=True)),
            effort,
            rate,
            float(numbers.estimate[g, r]),
            float(numbers.low[g, r]),
            float(numbers.high[g, r]),
            int(numbers.counts[g, r]),
            float(numbers.n[g, r]),
            definition_of(rate, float(e[g]), given=wanted.e is not None, unknown=bool(unknown[g])),
            *MEANINGS[rate],
        )
        for g in range(len(counted.labels))
        for r, rate in enumerate(outcome)
        for effort, numbers in zip(efforts, made, strict=True)
    ]


def _numbers(top: Sums, whole: Sums, rates: Sequence[str], how: tuple[FloatArray, float]) -> _Numbers:
    """Make the numbers of all groups: the numerators are of `top`, the bases of `whole`.

    Wilson's interval of the effective size of the base, which is the base itself where nobody has a weight.
    """
    e, level = how
    count, _ = numerators_and_bases(top.people, rates, e)
    _, n = numerators_and_bases(whole.people, rates, e)
    numerator, _ = numerators_and_bases(top.weight, rates, e)
    _, base = numerators_and_bases(whole.weight, rates, e)
    _, squares = numerators_and_bases(whole.squares, rates, e)
    there = base > 0
    estimate = np.divide(numerator, base, out=np.full(base.shape, np.nan), where=there)
    size = np.where(there, kish(base, squares), 0.0)
    p = np.clip(np.where(there, estimate, 0.0), 0.0, 1.0)
    low, high = wilson(p * size, size, level)
    return _Numbers(estimate, low, high, count, n)


# ---- several waves -----------------------------------------------------------------------------------------


def rates_of_waves(panel: Panel, wave: str, wanted: Wanted) -> list[ResponseRate]:
    """Return the rates of a wave that look at earlier ones: of the wave before, of the first, of all."""
    place = panel.wave_names.index(wave)
    rates = [rate for rate in wanted.rates if rate not in FORMULAS]
    if not place or not rates:
        return []
    before, first = panel.wave_names[place - 1], panel.wave_names[0]
    known = first in panel.status
    pairs = {rate: (count, base) for rate, count, base in _linked(panel, place)}
    count = np.array([pairs[rate][0] for rate in rates], dtype=np.float64)
    n = np.array([pairs[rate][1] for rate in rates], dtype=np.float64)
    low, high = wilson(count, n, wanted.confidence_level)
    rows = []
    for r, rate in enumerate(rates):
        numerator, base, definition = of_waves(rate, wave, before, first, asked=known)
        estimate = float(count[r] / n[r]) if n[r] else float("nan")
        limits = float(low[r]), float(high[r])
        counted = int(count[r]), float(n[r])
        rows.append(
            ResponseRate(wave, (), None, rate, estimate, *limits, *counted, definition, numerator, base)
        )
    return rows


def _linked(panel: Panel, place: int) -> Iterator[tuple[str, int, int]]:
    """Yield each rate with its numerator and its base; nobody is in a base who could not be asked."""
    waves = panel.wave_names[: place + 1]
    here, outside = panel.people_in(waves[-1]), _outside(panel, waves[-1])
    for rate, earlier in (("conditional", waves[-2]), ("retention", waves[0])):
        base = panel.people_in(earlier)
        base = base[~np.isin(base, outside)]
        yield rate, int(np.isin(base, here).sum()), base.size
    asked: list[t.Disposition] = [name for name in DISPOSITIONS if name not in NOT_ASKED]
    base = panel.people_in(waves[0], status=asked if waves[0] in panel.status else None)
    for wave in waves[1:]:
        base = base[~np.isin(base, _outside(panel, wave))]
    every = base
    for wave in waves:
        every = every[np.isin(every, panel.people_in(wave))]
    yield "cumulative", every.size, base.size


def _outside(panel: Panel, wave: str) -> IntArray:
    """Return the people of a wave who could not be asked."""
    if wave not in panel.status:
        return np.empty(0, dtype=np.int64)
    return panel.people_in(wave, status=list(NOT_ASKED))


# ---- what is to be known -----------------------------------------------------------------------------------


def _without_base(rows: Sequence[ResponseRate], why: str) -> list[str]:
    """Name the rates that are not defined."""
    named = dict.fromkeys((row.rate, ", ".join(value for _, value in row.group) or row.wave) for row in rows)
    if not named:
        return []
    listed = ", ".join(f"{rate} of “{where}”" if where else rate for rate, where in list(named)[:6])
    more = f" and {len(named) - 6:,} more" if len(named) > 6 else ""
    return [f"{why} {listed}{more}"]


def notes_on(rows: Sequence[ResponseRate], counted: Sequence[Counted], wanted: Wanted) -> list[str]:
    """Say of which rates nobody is in the base, or that it is unknown how large it is."""
    notes = []
    for one in counted:
        lost = np.isnan(share_eligible(one.sums, wanted.e)) & (one.sums.people[..., _UNKNOWN] > 0)
        if lost.any() and any(rate in SHARED for rate in wanted.rates):
            where = f" in “{one.wave}”" if one.wave else ""
            groups = f" of {int(lost.sum()):,} of the {lost.size:,} groups" if lost.size > 1 else ""
            notes.append(
                f"Of nobody{groups}{where} it is known whether they are eligible: rates with e have no base "
                "(give e=)"
            )
    notes += _without_base([row for row in rows if row.n == 0], "Nobody is in the base of")
    weightless = [row for row in rows if row.n > 0 and np.isnan(row.estimate)]
    notes += _without_base(weightless, "Everybody has weight 0 in the base of")
    if any(row.n % 1 > 0 for row in rows):
        notes.append("Where e multiplies people, the interval takes the estimated base as if it were known")
    return notes
