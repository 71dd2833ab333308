"""How people were drawn: strata, primary sampling units, and the share of the population drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import floats, require
from credbenefits.frames.categories import encode
from credbenefits.frames.doubts import doubtful, shown_value

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray, Values
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.categories import Categories


@dataclass(frozen=True, slots=True)
class Design:
    """The units of a sample. Where people were drawn one by one, sums per stratum are enough.

    `unit` is each row's primary sampling unit or, without clusters, its stratum; `stratum` is the
    stratum of each unit. `drawn` counts what was drawn per stratum: units, or people.
    """

    unit: IntArray
    stratum: IntArray
    drawn: IntArray
    sampling_fraction: FloatArray | None
    lonely_psu: t.LonelyPsu
    strata: str | None
    clusters: str | None
    notes: tuple[str, ...] = ()

    @property
    def n_units(self) -> int:
        """Units that sums are made for."""
        return int(self.stratum.size)

    @property
    def has_any(self) -> bool:
        """Whether anything was said about how people were drawn."""
        said = (self.strata, self.clusters, self.sampling_fraction)
        return any(part is not None for part in said)


def read_design(
    frame: NarwhalsFrame,
    *,
    strata: str | None,
    clusters: str | None,
    population_size: float | str | None,
    lonely_psu: t.LonelyPsu,
    answers: Values = (),
) -> Design:
    """Read the columns that say how people were drawn. All rows are the sample, of weight 0 or not."""
    check.choice("lonely_psu", lonely_psu, t.LonelyPsu)
    n = len(frame)
    notes: list[str] = []

    def units(column: str, argument: str) -> IntArray:
        found = _units(frame, column, argument, answers)
        notes.extend(filter(None, [found.note]))
        return found.codes

    row_stratum = np.zeros(n, dtype=np.int64) if strata is None else units(strata, "strata")
    if clusters is None:
        stratum = np.arange(int(row_stratum.max()) + 1)
        unit, drawn = row_stratum, np.bincount(row_stratum)
    else:
        # Numbers of units start anew in every stratum in many files: a unit is the pair.
        width = int(row_stratum.max()) + 1
        pairs = units(clusters, "clusters") * width + row_stratum
        found, unit = _numbered(pairs)
        stratum = found % width
        drawn = np.bincount(stratum)
    fraction = _fraction(frame, population_size, row_stratum, drawn)
    return Design(unit, stratum, drawn, fraction, lonely_psu, strata, clusters, tuple(notes))


def _numbered(pairs: IntArray) -> tuple[IntArray, IntArray]:
    """Return the different numbers in order, and each row's place among them."""
    if int(pairs.max()) > 4 * pairs.size + 1_000:
        found, place = np.unique(pairs, return_inverse=True)
        return found, place
    # Counting is many times faster than sorting, where the numbers are not far apart.
    there = np.bincount(pairs) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[pairs]


def _units(frame: NarwhalsFrame, column: str, argument: str, answers: Values) -> Categories:
    """Read a column of units, numbers or words; everybody must be in one."""
    require(frame, [check.text(argument, column, fix="Name one column.")], argument)
    units = encode(frame, column, argument)
    found = doubtful(units, answers=check.values("answers", answers), numbers=False)
    if found:
        rows = int(units.sizes()[list(found)].sum())
        words = ", ".join(shown_value(units.levels[i]) for i in found)
        raise InputError(argument, allowed="a column with a value in every row",
                         received=f"{column!r} with {words} in {rows:,} row{'s' if rows > 1 else ''}",
                         fix="Everybody was drawn from some stratum and unit: fill it in, or say "
                         f"answers=[{words}] if one is called so.")  # fmt: skip
    codes = units.codes
    if (codes < 0).any():
        raise InputError(argument, allowed="a column with a value in every row",
                         received=f"{column!r}, missing in {int((codes < 0).sum()):,} rows",
                         fix="Everybody was drawn from some stratum and unit: fill it in.")  # fmt: skip
    return units


def _fraction(
    frame: NarwhalsFrame, size: float | str | None, row_stratum: IntArray, drawn: IntArray
) -> FloatArray | None:
    """Return the share of each stratum's units that was drawn."""
    if size is None:
        return None
    if isinstance(size, str):
        require(frame, [size], "population_size")
        values = floats(frame, size, "population_size")
        least, most = np.full(drawn.size, np.inf), np.full(drawn.size, -np.inf)
        known = ~np.isnan(values)
        np.minimum.at(least, row_stratum[known], values[known])
        np.maximum.at(most, row_stratum[known], values[known])
        if not (known.all() and (least == most).all()):
            raise InputError("population_size", allowed="one size in each stratum",
                             received=f"column {size!r}, which varies or is missing within a stratum",
                             fix="Give the stratum's size in each of its rows.")  # fmt: skip
    else:
        one = check.positive_number("population_size", size, fix="Give the size or a column of sizes.")
        least = np.full(drawn.size, one)
        if drawn.size > 1:
            raise InputError("population_size", allowed="a column with the size of each stratum",
                             received=f"one number for {drawn.size:,} strata",
                             fix="Put the sizes into a column and name it.")  # fmt: skip
    if (least < drawn).any():
        h = int(np.flatnonzero(least < drawn)[0])
        raise InputError("population_size", allowed="at least what was drawn, in every stratum",
                         received=f"{least[h]:,.0f} where {int(drawn[h]):,} were drawn",
                         fix="It counts units where clusters= is given, people otherwise.")  # fmt: skip
    return np.asarray(drawn / least)
