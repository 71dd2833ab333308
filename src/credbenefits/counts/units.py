"""The units that were sampled, by name, and how many of how many there are in each stratum."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits._frozen import Frozen
from credbenefits.errors import InputError
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, IntArray, LonelyPsu, ReplicateKind
    from credbenefits.counts.tally import Axis


#: What stands between the strata of several columns in the name of a unit.
_CROSSED = " x "
#: What could be taken for it in the name of a stratum: an x that stands alone, after backslashes or not.
_ALONE = re.compile(r"(?<!\S)(?=\\*[xX](?!\S))")


@dataclass(frozen=True, slots=True, eq=False)
class Units(Frozen):
    """The U sampling units that sums are made for, units with nobody in the base among them.

    Make it with :meth:`of` or :meth:`none`.

    Attributes
    ----------
    stratum, psu : array of int, shape (U,)
        Place of each unit's stratum, from 0 to H - 1, and of its first-stage unit. Without clusters a unit is
        a stratum: the people in it are the sampling units, of whom the sums of squared weights tell enough.
    names : tuple of tuple of str
        Name of each unit: its stratum, its cluster, and its unit of the second stage, as far as there are
        any. Units of one name in two files are one unit.
    drawn : array of int, shape (H,)
        What was drawn from each stratum: first-stage units, or rows where there are no clusters.
    population : array, shape (H,), optional
        What there is of that in each stratum of the population.
    clustered : bool
        Whether clusters were drawn, and not people.
    lonely_psu : {"error", "certainty", "adjust", "average"}
        What a stratum with one unit adds to the variance.
    columns : tuple of str
        Column of each part of the names; empty text where there is none.
    deff : float, optional
        Design effect to use where nobody or everybody says yes.
    dropped : bool
        Whether there were units and ``without_units()`` left them out, so that no design is known.
    inner_population : array, shape (first-stage units,), optional
        With two stages, the units of the second stage that there are in each first-stage unit of the
        population.
    read : tuple of Axis
        The columns of strata and units as they were written: how one name is spelled in several ways.
    """

    stratum: IntArray
    psu: IntArray
    names: tuple[tuple[str, ...], ...]
    drawn: IntArray
    population: FloatArray | None = None
    clustered: bool = False
    lonely_psu: LonelyPsu = "error"
    columns: tuple[str, ...] = ()
    deff: float | None = None
    dropped: bool = False
    inner_population: FloatArray | None = None
    read: tuple[Axis, ...] = ()

    def __post_init__(self) -> None:
        Frozen.__post_init__(self)
        if len(set(self.names)) < len(self.names) or not self.names:
            raise InputError(
                "names",
                allowed="units with different names, at least one",
                received=f"{len(self.names):,} names, {len(set(self.names)):,} of them different",
                fix="Name every unit once.",
            )
        named = len(self.names)
        strata = int(self.stratum.max(initial=-1)) + 1
        sizes = {
            "stratum": self.stratum.shape == (named,),
            "psu": self.psu.shape == (named,),
            "names": all(len(name) == len(self.columns) for name in self.names),
            "drawn": self.drawn.shape == (strata,),
            "population": self.population is None or self.population.shape == (strata,),
            "inner_population": self.inner_population is None
            or (self.two_stages and self.inner_population.shape == self.inner_drawn.shape),
        }
        for name, fits in sizes.items():
            if not fits:
                raise InputError(
                    name,
                    allowed=f"what fits {named:,} units in {strata:,} strata",
                    received="another size",
                    fix="Make the units with Units.of().",
                )
        if self.deff is not None and not self.deff > 0:
            raise InputError("deff", allowed="a number above 0", value=self.deff, fix="Leave it out.")
        _refuse_more_than_there_are(self.population, self.drawn, "stratum")
        _refuse_more_than_there_are(self.inner_population, self.inner_drawn, "unit of the first stage")

    @classmethod
    def none(cls, rows: int, *, deff: float | None = None, dropped: bool = False) -> Units:
        """Return the one unit of people drawn one by one, so many rows."""
        zero = np.zeros(1, dtype=np.int64)
        return cls(zero, zero, ((),), np.array([rows], dtype=np.int64), deff=deff, dropped=dropped)

    @classmethod
    def of(
        cls,
        names: Sequence[tuple[str, ...]],
        columns: tuple[str, ...],
        *,
        rows: IntArray | None = None,
        population: FloatArray | None = None,
        lonely_psu: LonelyPsu = "error",
        deff: float | None = None,
        inner_population: FloatArray | None = None,
        read: tuple[Axis, ...] = (),
    ) -> Units:
        """Return the units of these names.

        Parameters
        ----------
        names : list of tuple of str
            Stratum, cluster and unit of the second stage of every unit, as far as there are any.
        columns : tuple of str
            Their columns; empty text where there is none.
        rows : array of int, shape (H,), optional
            Rows drawn from each stratum, needed where there are no clusters.
        population : array, shape (H,), optional
            Size of each stratum in the population, in clusters or people.
        lonely_psu : str
            What a stratum with one unit adds to the variance.
        deff : float, optional
            Design effect to use where nobody or everybody says yes.
        inner_population : array, shape (first-stage units,), optional
            Units of the second stage in each first-stage unit of the population.
        read : tuple of Axis
            The columns as they were written.
        """
        stratum, psu = _numbered([name[:1] for name in names]), _numbered([name[:2] for name in names])
        clustered = len(columns) > 1
        drawn = rows
        if clustered:
            drawn = np.bincount(stratum[np.unique(psu, return_index=True)[1]])
        if drawn is None:
            raise InputError(
                "rows", allowed="the rows of each stratum", value=rows, fix="Count the rows drawn."
            )
        return cls(
            stratum,
            psu,
            tuple(names),
            drawn.astype(np.int64),
            population,
            clustered,
            lonely_psu,
            columns,
            deff,
            inner_population=inner_population,
            read=read,
        )

    @property
    def has_any(self) -> bool:
        """Whether anything is known of how people were drawn."""
        return bool(self.columns) or self.population is not None

    @property
    def two_stages(self) -> bool:
        """Whether the units are those of a second stage."""
        return len(self.columns) > 2

    @property
    def psu_stratum(self) -> IntArray:
        """Stratum of each first-stage unit."""
        result: IntArray = self.stratum[np.unique(self.psu, return_index=True)[1]]
        return result

    @property
    def inner_drawn(self) -> IntArray:
        """Units of the second stage that were drawn from each of the first."""
        return np.bincount(self.psu).astype(np.int64)

    @property
    def strata(self) -> tuple[str, ...]:
        """Names of the strata, in their order."""
        result = {int(h): name[0] if name else "" for h, name in zip(self.stratum, self.names, strict=True)}
        return tuple(result[h] for h in range(len(result)))


def crossing(strata: Sequence[str]) -> str:
    r"""Make one name of the strata of several columns, which no other strata have.

    Examples
    --------
    >>> crossing(["north", "town"]), crossing(["a x b", "c"])
    ('north x town', 'a \\x b x c')
    """
    return strata[0] if len(strata) == 1 else _CROSSED.join(_ALONE.sub(r"\\", name) for name in strata)


def crossed_strata(name: str, n_columns: int) -> list[str]:
    """Return the strata that `crossing` made a name of."""
    if n_columns == 1:
        return [name]
    parts = [re.sub(r"(?<!\S)\\(?=\\*[xX](?!\S))", "", part) for part in name.split(_CROSSED)]
    return parts if len(parts) == n_columns else [name]  # a name that was not made here


def unit_token(name: tuple[str, ...], n_strata: int) -> tuple[str, ...]:
    """Return the name of a unit with each column's part in one spelling."""
    strata = [crossing([*map(canonical, crossed_strata(part, max(n_strata, 1)))]) for part in name[:1]]
    return (*strata, *map(canonical, name[1:]))


def _refuse_more_than_there_are(population: FloatArray | None, drawn: IntArray, whole: str) -> None:
    """Refuse a population of which more was drawn than there is."""
    if population is not None and not (population >= drawn).all():
        raise InputError(
            "population_size",
            allowed=f"at least what was drawn, in every {whole}",
            received="fewer than were drawn",
            fix=f"Give the size of the whole {whole}; do not add the same people twice.",
        )


def _numbered(names: Sequence[tuple[str, ...]]) -> IntArray:
    place: dict[tuple[str, ...], int] = {}
    return np.array([place.setdefault(name, len(place)) for name in names], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class ReplicateScale(Frozen):
    """How the replicate weights of a file were made, and what multiplies the squared deviations.

    ``kind`` is an option of :class:`credbenefits.ReplicateWeights`; ``scale`` is one factor for all and
    ``rscales`` (R,) one for each replicate. ``df`` is None where it follows from the weights themselves.
    """

    kind: ReplicateKind
    scale: float
    rscales: FloatArray
    df: float | None = None

    def __post_init__(self) -> None:
        Frozen.__post_init__(self)
        positive = self.scale > 0 and self.rscales.size > 0 and (self.df is None or self.df > 0)
        if not positive or (self.rscales < 0).any():
            raise InputError(
                "replicates",
                allowed="a scale and degrees of freedom above 0, and no negative factor of a replicate",
                received="others",
                fix="Take them from the ReplicateWeights of the file.",
            )
