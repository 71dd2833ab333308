"""How people were drawn, read from the rows: strata, units, and what there is of them in the population."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.replicate_weights import ReplicateWeights
from credbenefits.counts.sampling import SurveyDesign, crossed, several
from credbenefits.errors import InputError, MethodError
from credbenefits.frames.boundary import floats, line_sizes, n_rows, require, sizes_of
from credbenefits.frames.columns import encode
from credbenefits.frames.doubts import doubtful, shown_value

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray, Values
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.columns import Categories


@dataclass(frozen=True, slots=True)
class SecondStage:
    """Units drawn within the primary ones, where their number in the population is known.

    `unit` is each row's unit of the second stage, `psu` the primary unit of each of these. `drawn` and
    `population` are the primary units': how many of theirs were drawn, and how many there are. `of_rows` says
    whether every row is a unit of its own, so that sums per primary unit are enough.
    """

    unit: IntArray
    psu: IntArray
    drawn: IntArray
    population: FloatArray
    of_rows: bool

    @property
    def sampling_fraction(self) -> FloatArray:
        """Part of the units of each primary unit that was drawn."""
        return np.asarray(self.drawn / self.population)


@dataclass(frozen=True, slots=True)
class Design:
    """The units of a sample. Where people were drawn one by one, sums per stratum are enough.

    `unit` is each row's primary sampling unit or, without clusters, its stratum; `stratum` is the
    stratum of each unit. `drawn` counts what was drawn per stratum, units or people, and `population` what
    there is. `within` describes the second stage, where one is named; `second` is there where it adds to the
    variance. `columns` are those of strata and units, and `inner` is each row's unit of the second stage.

    `everybody` is the same design of everybody whom weights were made of, where weights are estimated and
    that is known, and `unknown` says why it is not.
    """

    unit: IntArray
    stratum: IntArray
    drawn: IntArray
    population: FloatArray | None
    lonely_psu: t.LonelyPsu
    strata: str | None
    clusters: str | None
    second: SecondStage | None = None
    within: str = ""
    deff: float | None = None
    notes: tuple[str, ...] = ()
    columns: tuple[Categories, ...] = ()
    inner: IntArray | None = None
    everybody: Design | None = None
    unknown: str = ""

    @property
    def sampling_fraction(self) -> FloatArray | None:
        """Share of the population of each stratum that was drawn."""
        return None if self.population is None else np.asarray(self.drawn / self.population)

    @property
    def n_units(self) -> int:
        """Units that sums are made for."""
        return int(self.stratum.size)

    @property
    def has_any(self) -> bool:
        """Whether anything was said about how people were drawn."""
        said = (self.strata, self.clusters, self.sampling_fraction)
        return any(part is not None for part in said)

    @property
    def counted(self) -> Design:
        """The design whose units are the smallest that sums are needed for."""
        if self.second is None or self.second.of_rows:
            return self
        return replace(self, unit=self.second.unit, stratum=self.second.psu)


def check_design(design: SurveyDesign | None) -> SurveyDesign:
    """Check what a design says by itself, before any column is read."""
    if design is None:
        return SurveyDesign()
    if not isinstance(design, SurveyDesign):
        how = (
            "replicate_weights=..."
            if isinstance(design, ReplicateWeights)
            else "strata='...', clusters='...'"
        )
        raise InputError(
            "design", allowed="a SurveyDesign", value=design, fix=f"Write design=SurveyDesign({how})."
        )
    check.choice("design.lonely_psu", design.lonely_psu, t.LonelyPsu)
    _check_columns(design)
    given = design.replicate_weights
    if given is not None and not isinstance(given, ReplicateWeights):
        raise InputError(
            "design.replicate_weights",
            allowed="ReplicateWeights(columns, kind)",
            value=given,
            fix="For example: ReplicateWeights(['rw1', 'rw2'], 'brr').",
        )
    drawn = any(part is not None for part in (design.strata, design.clusters, design.population_size))
    if given is not None and drawn:
        raise MethodError(
            "design.replicate_weights",
            allowed="no strata, clusters or population_size beside it",
            received="both",
            fix="The weights hold the design: leave those out.",
        )
    if design.deff is not None:
        _check_deff(design.deff, known=drawn or given is not None)
    return design


def _check_columns(design: SurveyDesign) -> None:
    """Check the names of strata and stages, and the sizes of the stages."""
    strata, stages = (check.names(f"design.{part}", getattr(design, part)) for part in ("strata", "clusters"))
    for part in ("strata", "clusters", "population_size"):
        given = getattr(design, part)
        if given is not None and not several(given):
            raise InputError(
                f"design.{part}",
                allowed="a column, or a list of them",
                value=given,
                fix="Name one, or leave it out.",
            )
    if len(stages) > 2:
        raise InputError(
            "design.clusters",
            allowed="at most two stages",
            received=check.listing(stages),
            fix="Name the first two: what was drawn within is in their totals.",
        )
    twice = sorted({*strata} & {*stages})
    if twice:
        raise InputError(
            "design.clusters",
            allowed="columns that are not strata too",
            received=check.listing(twice),
            fix="A stratum of one cluster says nothing of how clusters vary: name the column once.",
        )
    _check_sizes(design.population_size, len(stages))


def _check_sizes(population_size: object, n_stages: int) -> None:
    """Check that there are sizes for no more stages than there are, and no second one alone."""
    sizes = several(population_size)
    if len(sizes) > max(n_stages, 1):
        of = f"{n_stages} stages" if n_stages > 1 else "one stage"
        raise InputError(
            "design.population_size",
            allowed=f"a size for each stage at most, here {of}",
            value=population_size,
            fix="Name the units of both stages, "
            "clusters=['district', 'school'], with population_size=['N_districts', 'N_schools'].",
        )
    if sizes and sizes[0] is None:
        raise InputError(
            "design.population_size",
            allowed="the first stage's size before the second's",
            value=population_size,
            fix="Without that one the second adds nothing: leave population_size out.",
        )


def _check_deff(deff: object, *, known: bool) -> None:
    number = check.positive_number(
        "design.deff",
        deff,
        fix="Give the design effect: 1 where people of a cluster are no more alike than "
        "others, and the people per cluster where all of one are alike.",
    )
    if number < 1:
        raise InputError(
            "design.deff",
            allowed="a number of at least 1",
            value=deff,
            fix="Below 1 the clusters would tell more than as many people drawn one by one.",
        )
    if not known:
        raise MethodError(
            "design.deff",
            allowed="None without strata, clusters or replicate_weights",
            value=deff,
            fix="People drawn one by one have no design effect: leave it out.",
        )


def read_design(frame: NarwhalsFrame, design: SurveyDesign, answers: Values = ()) -> Design:
    """Read the columns that say how people were drawn. All rows are the sample, of weight 0 or not."""
    columns: list[Categories] = []

    def units(column: str, argument: str) -> IntArray:
        columns.append(_units(frame, column, argument, answers))
        return columns[-1].codes

    names, stages = check.names("strata", design.strata), check.names("clusters", design.clusters)
    size, within = (*several(design.population_size), None, None)[:2]
    row_stratum = np.zeros(len(frame), dtype=np.int64)
    for k, name in enumerate(names):
        codes = units(name, "design.strata")
        row_stratum = codes if k == 0 else _numbered(codes * (int(row_stratum.max()) + 1) + row_stratum)[1]
    if not stages:
        stratum = np.arange(int(row_stratum.max()) + 1)
        unit, drawn = row_stratum, sizes_of(row_stratum, stratum.size, line_sizes(frame))[:-1]
    else:
        unit, stratum = _nested(units(stages[0], "design.clusters"), row_stratum)
        drawn = np.bincount(stratum)
    population = None if size is None else _population(_Sizes(frame, size, "stratum"), row_stratum, drawn)
    second, inside, inner = None, "", None
    if len(stages) > 1:
        inner, psu = _nested(units(stages[1], "design.clusters"), unit)
        inside = second_stage_words(psu.size, stages[1])
        if within is not None:
            sizes, held = _Sizes(frame, within, f"unit of {stages[0]!r}"), np.bincount(psu)
            population_2 = _population(sizes, unit, held)
            second = SecondStage(inner, psu, held, population_2, of_rows=psu.size == n_rows(frame))
    return Design(
        unit,
        stratum,
        drawn,
        population,
        design.lonely_psu,
        crossed(names) or None,
        stages[0] if stages else None,
        second,
        inside,
        design.deff,
        tuple(each.note for each in columns if each.note),
        tuple(columns),
        inner,
    )


def second_stage_words(n: int, column: str) -> str:
    """Say how many units of the second stage there are."""
    return f"{n:,} units of the second stage ({column})"


def _nested(codes: IntArray, outer: IntArray) -> tuple[IntArray, IntArray]:
    """Return each row's unit, and what each unit is in: numbers of units start anew there in many files."""
    width = int(outer.max()) + 1
    result, unit = _numbered(codes * width + outer)
    return unit, result % width


def _numbered(pairs: IntArray) -> tuple[IntArray, IntArray]:
    """Return the different numbers in order, and each row's place among them."""
    if int(pairs.max()) > 4 * pairs.size + 1_000:
        result, place = np.unique(pairs, return_inverse=True)
        return result, place
    # Counting is many times faster than sorting, where the numbers are not far apart.
    there = np.bincount(pairs) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[pairs]


def _units(frame: NarwhalsFrame, column: str, argument: str, answers: Values) -> Categories:
    """Read a column of units, numbers or words; everybody must be in one."""
    require(frame, [column], argument)
    units = encode(frame, column, argument)
    result = doubtful(units, answers=check.values("answers", answers), numbers=False)
    if result:
        rows = int(units.sizes()[list(result)].sum())
        words = ", ".join(shown_value(units.levels[i]) for i in result)
        raise InputError(
            argument,
            allowed="a column with a value in every row",
            received=f"{column!r} with {words} in {rows:,} row{'s' if rows > 1 else ''}",
            fix="Everybody was drawn from some stratum and unit: fill it in, or say "
            f"answers=[{words}] if one is called so.",
        )
    codes = units.codes
    if (codes < 0).any():
        raise InputError(
            argument,
            allowed="a column with a value in every row",
            received=f"{column!r}, missing in {units.n_blank:,} rows",
            fix="Everybody was drawn from some stratum and unit: fill it in.",
        )
    return units


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Where the sizes of a stage are: a column or a number, and what it has a size for each of."""

    frame: NarwhalsFrame
    given: object
    each: str


def _population(sizes: _Sizes, row_whole: IntArray, drawn: IntArray) -> FloatArray:
    """Return the units that there are in each stratum, or in each unit of the first stage."""
    size, each, argument = sizes.given, sizes.each, "design.population_size"
    if isinstance(size, str):
        require(sizes.frame, [size], argument)
        values = floats(sizes.frame, size, argument)
        least, most = np.full(drawn.size, np.inf), np.full(drawn.size, -np.inf)
        known = ~np.isnan(values)
        np.minimum.at(least, row_whole[known], values[known])
        np.maximum.at(most, row_whole[known], values[known])
        if not (known.all() and (least == most).all()):
            raise InputError(
                argument,
                allowed=f"one size in each {each}",
                received=f"column {size!r}, which varies or is missing within a {each}",
                fix=f"Give the {each}'s size in each of its rows.",
            )
    else:
        one = check.positive_number(argument, size, fix="Give the size or a column of sizes.")
        least = np.full(drawn.size, one)
        if drawn.size > 1:
            plural = "strata" if each == "stratum" else each.replace("unit", "units", 1)
            raise InputError(
                argument,
                allowed=f"a column with the size of each {each}",
                received=f"one number for {drawn.size:,} {plural}",
                fix="Put the sizes into a column and name it.",
            )
    if (least < drawn).any():
        h = int(np.flatnonzero(least < drawn)[0])
        raise InputError(
            argument,
            allowed=f"at least what was drawn, in every {each}",
            received=f"{least[h]:,.0f} where {int(drawn[h]):,} were drawn",
            fix="It counts units where there are clusters, people otherwise.",
        )
    return least
