"""The terms of a model: single columns, and pairs of columns that are crossed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from credbenefits import _validation as validate
from credbenefits.counts.by_codes import crossed
from credbenefits.errors import ColumnNotFoundError, InputError
from credbenefits.panel.waves import require_wave
from credbenefits.weighting.covariates import MOST_CELLS, Covariate

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, IntArray
    from credbenefits.panel.panel import Panel

    #: A wave, and the name of a column there.
    Place: TypeAlias = tuple[str, str]

#: A column, or a pair of columns.
Term: TypeAlias = str | Sequence[str]
Terms: TypeAlias = str | Sequence[Term] | Mapping[str, str | Sequence[Term]]


class Asked(NamedTuple):
    """What a call names, by wave: single columns, and pairs as written; and the columns of all pairs.

    A column is given by its wave and its name there.
    """

    single: dict[str, list[str]]
    written: dict[str, list[tuple[str, str]]]
    pairs: list[tuple[Place, Place]]

    @property
    def columns(self) -> dict[str, list[str]]:
        """All the columns, each once."""
        made = {wave: dict.fromkeys(names) for wave, names in self.single.items()}
        for wave, name in (place for pair in self.pairs for place in pair):
            made.setdefault(wave, {})[name] = None
        return {wave: list(names) for wave, names in made.items()}

    @property
    def arguments(self) -> dict[str, list[str | tuple[str, str]]]:
        """The same as an argument."""
        return {wave: [*names, *self.written[wave]] for wave, names in self.single.items()}


def by_wave(given: Any, argument: str, to: str) -> dict[str, Any]:  # noqa: ANN401 - as the call has it
    """Return what is given by wave; alone, it is about the wave `to`."""
    return validate.by_wave(argument, given, example="") if isinstance(given, Mapping) else {to: given}


def asked_terms(panel: Panel, covariates: Terms, to: str) -> Asked:
    """Tell pairs of columns from single ones."""
    if covariates is None:
        raise no_covariate(covariates)
    asked = Asked({}, {}, [])
    for wave, given in by_wave(covariates, "covariates", to).items():
        entries = [given] if isinstance(given, str) else given
        if not isinstance(entries, Sequence):
            entries = validate.names("covariates", given)  # an iterable of names, or the error
        require_wave(wave, panel.wave_names, "covariates")
        single = [entry for entry in entries if not _is_list(entry)]
        asked.single[wave] = list(validate.names("covariates", single))
        asked.written[wave] = [_pair(entry) for entry in entries if _is_list(entry)]
        for pair in asked.written[wave]:
            first, second = (_place(panel, name, wave) for name in pair)
            asked.pairs.append((first, second))
            if sum({first, second} == set(other) for other in asked.pairs) > 1:
                raise InputError(
                    "covariates",
                    allowed="each pair once",
                    received=f"{pair} more than once",
                    fix="Remove the repetition.",
                )
    return asked


def _place(panel: Panel, name: str, wave: str) -> Place:
    """Return the wave of a column in a pair: the wave that names it, or another at the end of the name."""
    here = panel.columns_of(wave)
    if name in here:
        return wave, name
    others = [(other, panel.columns_of(other)) for other in panel.wave_names if other != wave]
    for other, columns in others:
        if name.endswith(f"_{other}") and (there := name.removesuffix(f"_{other}")) in columns:
            return other, there
    written = [f"For that of wave {other!r} write {f'{name}_{other}'!r}." for other, c in others if name in c]
    fix = " ".join(written) or validate.suggestion(name, here, "columns")
    raise ColumnNotFoundError("covariates", allowed=f"a column of wave {wave!r}", value=name, fix=fix)


def no_covariate(given: object) -> InputError:
    """Return the error for covariates that name no column."""
    return InputError(
        "covariates",
        allowed="at least one column",
        value=given,
        fix="Name variables known for everybody.",
    )


def _is_list(entry: object) -> bool:
    return isinstance(entry, Sequence) and not isinstance(entry, str)


def _pair(entry: object) -> tuple[str, str]:
    """Check a pair of names."""
    names = validate.names("covariates", entry)
    if len(names) != 2:
        raise InputError(
            "covariates",
            allowed="columns, and pairs of two columns that are crossed",
            received=f"{len(names)} columns in one entry: {validate.listing(names)}",
            fix='For example: ["age", "sex", ("age", "sex")].',
        )
    return names[0], names[1]


def cross(first: Covariate, second: Covariate) -> Covariate:
    """Cross two covariates: a level for each two of their levels that occur together.

    A crossed level may be pooled with those that share one of its two levels, and where the other levels
    have an order, are beside it in that.
    """
    cells, place = crossed([first.codes, second.codes])
    name = f"{first.name} and {second.name}"
    if len(cells) > MOST_CELLS:
        raise InputError(
            "covariates",
            allowed=f"pairs with at most {MOST_CELLS:,} different answers together",
            received=f"{name}, with {len(cells):,}",
            fix="Group their answers first.",
        )
    levels = tuple(f"{first.levels[i]} and {second.levels[j]}" for i, j in cells.tolist())
    beside = _beside(cells[:, 0], cells[:, 1], second) | _beside(cells[:, 1], cells[:, 0], first)
    members = tuple((i,) for i in range(len(levels)))
    silent = "" if len(levels) > 1 else f"everybody is at {next(iter(levels))!r}"
    return Covariate(
        name, place, levels, ordered=False, has_missing=False, members=members, silent=silent, beside=beside
    )


def _beside(same: IntArray, other: IntArray, of: Covariate) -> BoolArray:
    """Tell which cells share a level, and are beside each other at the levels of the other covariate."""
    step = np.abs(other[:, None] - other)
    near = step == 1 if of.ordered else step > 0
    if of.has_missing:
        missing = other == len(of.levels) - 1
        near = np.where(missing[:, None] | missing, step > 0, near)
    result: BoolArray = (same[:, None] == same) & near
    return result
