"""Who stayed: patterns of answering, and the rates that are sums over them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.base import SMALL
from credbenefits.counts.by_codes import ByCodes
from credbenefits.errors import InputError
from credbenefits.numerics.wilson import wilson
from credbenefits.panel.dispositions import NOT_ASKED
from credbenefits.results.base import many
from credbenefits.results.tables import FlowRate, FlowResult, Pattern, PatternsResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, IntArray


#: Share of a wave that is missing from the wave before, from which rates between them mislead.
_MANY_STRANGERS = 0.05
#: Waves that a note names one by one.
_MOST_NAMED = 5


class Patterns(NamedTuple):
    """The crossing of "answered wave k": the patterns that occur, and the people of each."""

    inside: BoolArray  # (patterns, waves)
    people: IntArray  # (patterns,)
    outside: BoolArray  # (patterns, waves): who could not be asked

    def total(self, which: BoolArray) -> int:
        """People whose patterns these are."""
        return int(self.people[which].sum())


class _Counted(NamedTuple):
    """What a rate is made of."""

    wave: str
    rate: str
    answered: int
    n: int
    base: str


def count_patterns(presence: BoolArray, outside: BoolArray | None = None) -> Patterns:
    """Count people by pattern; `presence`, of shape (people, waves), says who answered which wave.

    `outside`, of the same shape, says who could not be asked, if that is to be told apart.
    """
    everybody = ByCodes(None, np.zeros(len(presence), dtype=np.int64), 1, 1)
    codes = presence.astype(np.int8) if outside is None else presence + np.int8(2) * outside
    counted = everybody.count(list(np.ascontiguousarray(codes.T)))
    return Patterns(counted.cells == 1, counted.people[0, 0], counted.cells == 2)


def flow_rates(
    waves: tuple[str, ...],
    patterns: Patterns,
    invited: Mapping[str, int],
    confidence_level: float,
    *,
    listed: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
) -> FlowResult:
    """Work out the response rates of each wave, how many of the first are found again in it, and who is new.

    `listed` are the people of waves by disposition, where these were declared: who of them was asked is the
    base where the number of those invited was not declared. Whoever could not be asked in a wave is in the
    base of none of its rates.
    """
    level = check.confidence_level(confidence_level)
    inside = patterns.inside
    asked = {wave: who["people"] - sum(who[name] for name in NOT_ASKED) for wave, who in listed.items()}
    people = [patterns.total(inside[:, k]) for k in range(len(waves))]
    linked = [patterns.total(inside[:, k] & inside[:, :k].any(axis=1)) for k in range(len(waves))]
    counted = []
    for k, wave in enumerate(waves):
        if wave in invited:
            asked[wave] = _asked(invited[wave], people[k], wave)
            counted.append(_Counted(wave, "wave", people[k], asked[wave], "people invited"))
        elif wave in listed:
            base = f"people in “{wave}” who were asked"
            counted.append(_Counted(wave, "wave", people[k], asked[wave], base))
        if k > 0:
            counted += _found_again(waves, patterns, k)
            base = f"people in “{wave}” (counted: in no wave before)"
            counted.append(_Counted(wave, "not_known_before", people[k] - linked[k], people[k], base))
    notes = [*_strangers(waves, patterns), *_not_stated([w for w in waves if w not in asked], len(waves))]
    notes += [note for wave, who in listed.items() if wave not in invited for note in _outside(wave, who)]
    return FlowResult(
        waves,
        tuple(people),
        tuple(linked),
        tuple(asked.get(w) for w in waves),
        _rates(counted, level),
        level,
        tuple(notes),
    )


def _found_again(waves: tuple[str, ...], patterns: Patterns, k: int) -> list[_Counted]:
    """Count for the rates of a later wave."""
    inside, outside, wave = patterns.inside, patterns.outside, waves[k]
    now, ever = ~outside[:, k], ~outside[:, 1 : k + 1].any(axis=1)
    asked = " who could be asked" if outside[:, 1 : k + 1].any() else ""
    first = f"people in “{waves[0]}”{asked}"
    every_so_far = np.logical_and.reduce(inside[:, : k + 1], axis=1)
    every = f"{first} (counted: in every wave up to “{wave}”)"
    between = f"{first} (counted: in “{wave}”, whether or not in waves between)" if k > 1 else first
    before, start = inside[:, k - 1], inside[:, 0]
    counted = (
        ("conditional", inside[:, k] & before, before & now, f"people in “{waves[k - 1]}”{asked}"),
        ("cumulative", every_so_far, start & ever, every),
        ("retention", inside[:, k] & start, start & now, between),
    )
    return [
        _Counted(wave, rate, patterns.total(which), patterns.total(base), words)
        for rate, which, base, words in counted
    ]


def _strangers(waves: tuple[str, ...], patterns: Patterns) -> list[str]:
    """Say, in one note, in which waves many people are not in the wave before."""
    inside = patterns.inside
    found = {}
    for k in range(1, len(waves)):
        n, people = patterns.total(inside[:, k] & ~inside[:, k - 1]), patterns.total(inside[:, k])
        if n > _MANY_STRANGERS * people:
            found[k] = (n, people)
    if len(found) == 1:
        [(k, (n, people))] = found.items()
        are = "is" if n == 1 else "are"
        return [
            f"{n:,} of the {people:,} people in “{waves[k]}” {are} not in “{waves[k - 1]}”: "
            "its conditional, cumulative and retention rates count links, not response"
        ]
    if not found:
        return []
    largest = sorted(found, key=lambda k: -found[k][0] / found[k][1])[:_MOST_NAMED]
    named = [f"{found[k][0]:,} of {found[k][1]:,} in “{waves[k]}”" for k in sorted(largest)]
    others = len(found) - len(named)
    more = f", and more than {_MANY_STRANGERS:.0%} in {many(others, 'other wave', 'other waves')}"
    return [
        f"Many people are not in the wave before theirs, which they missed or were not linked to "
        f"({', '.join(named)}{more if others else ''}): the conditional, cumulative and retention rates of "
        "these waves count links, not response"
    ]


def _not_stated(silent: Sequence[str], n_waves: int) -> list[str]:
    """Say of which waves it is not known how many were invited."""
    if not silent:
        return []
    if len(silent) == n_waves > _MOST_NAMED:
        return [f"How many were invited was not stated for any of the {n_waves} waves: no wave rate"]
    named = ", ".join(f"“{wave}”" for wave in silent[:_MOST_NAMED])
    others = len(silent) - _MOST_NAMED
    more = f" and {many(others, 'other wave', 'other waves')}" if others > 0 else ""
    return [f"How many were invited to {named}{more} was not stated: no wave rate"]


def _outside(wave: str, who: Mapping[str, int]) -> list[str]:
    """Say who of a wave is not in the base of its rate."""
    words = {"ineligible": "ineligible", "not_invited": "not invited"}
    named = " and ".join(f"{who[name]:,} {words[name]}" for name in NOT_ASKED if who[name])
    return [f"Of the people in “{wave}” {named}: not in the base of its rates"] if named else []


def _asked(invited: object, answered: int, wave: str) -> int:
    asked = check.whole_number("invited", invited, least=1)
    if asked < answered:
        raise InputError(
            "invited",
            allowed=f"at least the {answered:,} people who answered {wave!r}",
            value=asked,
            fix="Count everybody who could have answered.",
        )
    return asked


def _rates(counted: Sequence[_Counted], level: float) -> tuple[FlowRate, ...]:
    """Make the rates, with the intervals of all at once."""
    low, high = wilson([float(c.answered) for c in counted], [float(c.n) for c in counted], level)
    return tuple(
        FlowRate(c.wave, c.rate, c.answered / c.n if c.n else float("nan"), *limits, c.answered, c.n, c.base)
        for c, limits in zip(counted, zip(low.tolist(), high.tolist(), strict=True), strict=True)
    )


def pattern_table(waves: tuple[str, ...], patterns: Patterns, most: int = 10) -> PatternsResult:
    """List the patterns from the largest on; patterns of one size stand as their waves do."""
    total = int(patterns.people.sum())
    # Cells are sorted from nobody's wave to all: from the back, who answered early comes first.
    order = np.argsort(-patterns.people[::-1], kind="stable")
    rows = [
        Pattern("".join("X" if there else "." for there in inside), n, n / total)
        for inside, n in zip(
            patterns.inside[::-1][order].tolist(), patterns.people[::-1][order].tolist(), strict=True
        )
    ]
    small = [row.n for row in rows if row.n < SMALL]
    note = (
        f"Not anonymous: {many(len(small), 'pattern holds', 'patterns hold')} fewer than {SMALL} people (the "
        f"smallest: {min(small, default=0)}). Whoever knows these people may tell which waves they answered"
    )
    return PatternsResult(waves, tuple(rows), total, most, (note,) if small else ())
