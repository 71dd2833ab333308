"""Who stayed: response rates per wave, and patterns of answering."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.numerics.wilson import wilson
from credbenefits.results.tables import FlowRate, FlowResult, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits._typing import BoolArray


#: Share of a wave that is missing from the wave before, from which rates between them mislead.
_MANY_STRANGERS = 0.05


def flow_rates(
    waves: tuple[str, ...],
    presence: BoolArray,
    invited: Mapping[str, int],
    confidence_level: float,
    *,
    listed: Mapping[str, int] = MappingProxyType({}),
) -> FlowResult:
    """Work out the wave, conditional and cumulative response rates from who answered what.

    `listed` are the people in the waves of which it is known who answered: the base where the number of
    those invited was not declared.
    """
    level = check.confidence_level(confidence_level)
    declared, invited = invited, {**listed, **invited}
    people = presence.sum(axis=0)
    so_far = np.logical_and.accumulate(presence, axis=1)
    earlier = np.logical_or.accumulate(presence, axis=1)
    rates = []
    notes: list[str] = []
    for k, wave in enumerate(waves):
        bases: list[tuple[str, int, int, str]] = []
        if wave in invited:
            n = _asked(invited[wave], int(people[k]), wave)
            words = "people invited" if wave in declared else f"people in “{wave}”, silent ones too"
            bases.append(("wave", int(people[k]), n, words))
        if k > 0:
            both = int((presence[:, k] & presence[:, k - 1]).sum())
            bases.append(("conditional", both, int(people[k - 1]), f"people in “{waves[k - 1]}”"))
            everything = f"people in “{waves[0]}” (counted: in every wave up to “{wave}”)"
            bases.append(("cumulative", int(so_far[:, k].sum()), int(people[0]), everything))
            strangers = int(people[k]) - both
            if strangers > _MANY_STRANGERS * people[k]:
                are = "is" if strangers == 1 else "are"
                notes.append(
                    f"{strangers:,} of the {people[k]:,} people in “{wave}” {are} not in “{waves[k - 1]}”: "
                    "its conditional and cumulative rates count links, not response"
                )
        rates += [_rate(wave, base, level=level) for base in bases]
    linked = [int((presence[:, k] & earlier[:, k - 1]).sum()) if k else 0 for k in range(len(waves))]
    silent = [f"“{w}”" for w in waves if w not in invited]
    if silent:
        notes.append(f"How many were invited to {', '.join(silent)} was not stated: no wave rate")
    return FlowResult(
        waves,
        tuple(int(n) for n in people),
        tuple(linked),
        tuple(invited.get(w) for w in waves),
        tuple(rates),
        level,
        tuple(notes),
    )


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


def _rate(wave: str, counted: tuple[str, int, int, str], *, level: float) -> FlowRate:
    rate, count, n, base = counted
    low, high = wilson(count, n, level)
    return FlowRate(wave, rate, count / n if n else float("nan"), float(low), float(high), count, n, base)


def pattern_table(waves: tuple[str, ...], presence: BoolArray) -> Table:
    """Count people by pattern of answering; the counts add up to all people."""
    place = 2 ** np.arange(len(waves))[::-1]
    codes, counts = np.unique(presence @ place, return_counts=True)
    order = np.argsort(-codes)
    rows = [(format(int(codes[i]), f"0{len(waves)}b"), int(counts[i])) for i in order]
    total = int(counts.sum())
    columns: dict[str, list[Any]] = {
        "pattern": ["".join("X" if bit == "1" else "." for bit in bits) for bits, _ in rows],
        **{wave: [bits[k] == "1" for bits, _ in rows] for k, wave in enumerate(waves)},
        "n": [n for _, n in rows],
        "share": [n / total for _, n in rows],
    }
    return Table(f"Patterns of answering of {total:,} people (waves in order: {', '.join(waves)})", columns)
