"""Rows counted into a small table of sums: all that an estimate needs, and what can be added and sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, overload

import numpy as np

from credbenefits import _validation as check
from credbenefits._frozen import same
from credbenefits.counts.adding import (
    Places,
    add_bases,
    add_groups,
    add_products,
    add_tallies,
    add_units,
    rescaled,
)
from credbenefits.counts.exchange import printed, reading, table, transfer
from credbenefits.counts.names import ONE_CALL, unlike
from credbenefits.counts.tally import refuse_too_large
from credbenefits.counts.units import ReplicateScale, Units
from credbenefits.errors import InputError
from credbenefits.frames.boundary import kind_of, read
from credbenefits.results.base import TableResult, many, people_words, population_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credbenefits._typing import FloatArray, Frame, IntoDataFrame
    from credbenefits.counts.base import Base
    from credbenefits.counts.doubt import LinkDoubt
    from credbenefits.counts.tally import Axis, Tally


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Counts(TableResult):
    """People and weights, counted by sampling unit, group and answer.

    Counts of two files add up to the count of both: ``a + b``, or ``sum(parts)``. They can be sent
    instead of the rows, but they are not anonymous: see `smallest` and :meth:`without_units`.

    Attributes
    ----------
    tallies : tuple of Tally
        The sums, one tally per question, and one per choice of a select-all question.
    grouping : tuple of Axis
        The columns and questions that make the groups, with all of their values.
    groups : tuple of tuple of str
        The G groups that occur, a value of each column; one group without values where there are no columns.
    units : Units
        The U sampling units.
    base : Base
        The ladder of the subset, and the rows that are in no count.
    people : str
        Who the rows are, in words.
    weighted : bool
        Whether weights were used.
    population : str
        Whom weighted estimates speak for; empty where that is not known.
    population_size : int
        How many they are; 0 where that is not known.
    n_weights : int
        People who have one of the estimated weights, here or in another part of the file; 0 where the weights
        are a column.
    exponent : int
        The sums are of weights divided by 2 to this power: 0, unless their squares would be too large or too
        small for a number.
    replicates : ReplicateScale, optional
        How the replicate weights of the file were made; their sums are in the tallies.
    doubt : LinkDoubt, optional
        How many people are expected to be linked to somebody else, where the links of a panel are in doubt.
    products : array, shape (G, R, R), optional
        Sums of products of every two replicate weights, over the people of each group: their rank tells the
        degrees of freedom.

    Examples
    --------
    A published table becomes counts, and two of them add up:

    >>> import pandas as pd
    >>> import credbenefits as cb
    >>> published = pd.DataFrame({"item": ["better_job"] * 2, "answer": ["yes", "no"], "n": [40, 80]})
    >>> north, south = (cb.Counts.from_frame(published.assign(n=n)) for n in ([40, 80], [9, 21]))
    >>> both = north + south
    >>> both.to_frame()
         question answer no_answer  people
    0  better_job     no      None     101
    1  better_job    yes      None      49
    >>> both == sum([south, north])
    True
    >>> both.smallest
    49
    """

    _KIND: ClassVar[str] = "tables"

    tallies: tuple[Tally, ...]
    grouping: tuple[Axis, ...]
    groups: tuple[tuple[str, ...], ...]
    units: Units
    base: Base
    people: str = "respondents"
    weighted: bool = False
    population: str = ""
    population_size: int = 0
    n_weights: int = 0
    exponent: int = 0
    replicates: ReplicateScale | None = None
    products: FloatArray | None = None
    doubt: LinkDoubt | None = None

    def __post_init__(self) -> None:
        TableResult.__post_init__(self)
        keys = {tally.key for tally in self.tallies}
        kinds = {(tally.question, tally.select_all) for tally in self.tallies}
        if len(keys) < len(self.tallies) or len({q for q, _ in kinds}) < len(kinds) or not keys:
            raise InputError(
                "items",
                allowed="questions with different labels, at least one",
                received=many(len(self.tallies), "tally", "tallies"),
                fix="Give each question its own label: Item(..., label='...').",
            )
        shape = len(self.units.names), len(self.groups)
        r = None if self.replicates is None else len(self.replicates.rscales)
        for tally in self.tallies:
            result = None if tally.replicate is None else len(tally.replicate)
            if tally.people.shape[:2] != shape or result != r:
                raise InputError(
                    "tallies",
                    allowed=f"sums over {shape[0]:,} units and {shape[1]:,} groups, "
                    f"of {r or 0:,} replicate weights",
                    received=f"{tally.people.shape[:2]}, {result or 0:,}",
                    fix="Count all questions in the same units and groups.",
                )
        self._check_groups()
        if self.products is not None and self.products.shape != (shape[1], r, r):
            raise InputError(
                "products",
                allowed=f"sums of products of {r or 0:,} replicate weights in {shape[1]:,} groups",
                received=f"the shape {self.products.shape}",
                fix="Count the rows anew.",
            )
        if self.replicates is not None and len(self.units.names) > 1:
            raise InputError(
                "replicate_weights",
                allowed="replicate weights alone, which hold the design",
                received=f"{len(self.units.names):,} sampling units beside them",
                fix="Leave out strata and clusters.",
            )

    def _check_groups(self) -> None:
        taken = [name for name in self.by if table.is_ours(name)]
        if taken:
            raise InputError(
                "by",
                allowed="columns that are not called as a column of the counts",
                received=check.listing(taken),
                fix=f"Rename it in the data, e.g. to '{taken[0]}_group'.",
            )
        known = [set(axis.answers) for axis in self.grouping]
        fits = all(
            len(g) == len(known) and all(v in k for v, k in zip(g, known, strict=True)) for g in self.groups
        )
        if not fits or len(set(self.groups)) < len(self.groups) or not (self.groups or known):
            raise InputError(
                "groups",
                allowed="different groups, with a value of each column",
                received=f"{len(self.groups):,} groups of {len(known)} columns",
                fix="Take the values from the columns' answers.",
            )

    @property
    def by(self) -> tuple[str, ...]:
        """What the groups are called by: the names of columns, the labels of questions."""
        return tuple(axis.label for axis in self.grouping)

    @property
    def smallest(self) -> int:
        """People in the smallest cell that somebody is in; 0 where nobody is in any.

        A cell is a unit, a group and an answer, or a kind of no answer. Where it is small, who knows the
        people may tell who answered what.
        """
        result = [int(t.people[t.people > 0].min(initial=np.iinfo(np.int64).max)) for t in self.tallies]
        least = min(result)
        return 0 if least == np.iinfo(np.int64).max else least

    @property
    def _n_rows(self) -> int:
        """Rows of the file."""
        return int(self.tallies[0].people.sum()) + self.base.left_out

    def without_units(self) -> Counts:
        """Return the counts without sampling units: their people are counted together.

        The design is lost with them, so `proportions` of what is left uses Kish's effective sample size.
        Sums of replicate weights stay: they name no unit.
        """
        if not self.units.has_any:
            return self
        tallies = [
            replace(
                tally,
                **{
                    name: getattr(tally, name).sum(axis=0, keepdims=True)
                    for name in ("people", "weight", "weight2")
                },
                extra={name: array.sum(axis=0, keepdims=True) for name, array in tally.extra.items()},
            )
            for tally in self.tallies
        ]
        return replace(self, tallies=tuple(tallies), units=Units.none(self._n_rows, dropped=True))

    def __add__(self, other: object) -> Counts:
        """Return the count of both files.

        Answers, groups and units of one name are one, however they are spelled; what one file does not have
        is 0 there. Their order comes from the names: the declared one, else numbers by size and words by the
        alphabet. Numbers of people are exact; sums of weights differ from the count of all rows in one go by
        rounding only.

        Raises
        ------
        InputError
            Where the counts are of different groups, questions, codings, bases, designs, weights, population
            sizes or replicate weights: all parts must come from one call. And where units x groups x answers
            of both are more than 100 million.
        """
        if not isinstance(other, Counts):
            return NotImplemented
        _refuse_other_weights(self, other)
        exponent = _common_exponent(self, other)
        one, two = _scaled(self, exponent), _scaled(other, exponent)
        grouping = add_groups((one.grouping, two.grouping), (one.groups, two.groups))
        units, first, second = add_units(one.units, two.units)
        size = len(units.names), len(grouping.groups)
        refuse_too_large((*size, max(len(t.cells) for t in (*one.tallies, *two.tallies))), "other")
        places = (
            Places(first, grouping.first, *size, one.products),
            Places(second, grouping.second, *size, two.products),
        )
        return replace(
            one,
            tallies=add_tallies(one.tallies, two.tallies, places),
            grouping=grouping.axes,
            groups=grouping.groups,
            units=units,
            base=add_bases(one.base, two.base),
            products=add_products(places),
            doubt=_together(one.doubt, two.doubt),
        )

    def __radd__(self, other: object) -> Counts:
        """Return the counts themselves for 0, with which sum() begins."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    @overload
    def to_json(self, path: None = None) -> str: ...
    @overload
    def to_json(self, path: str | Path) -> None: ...
    def to_json(self, path: str | Path | None = None) -> str | None:
        """Write the counts as JSON: labels, then a table of the cells with somebody in them.

        Parameters
        ----------
        path : str or Path, optional
            File to write; without it the text is returned.

        Returns
        -------
        str or None
            The text, where no file was named.

        Warns
        -----
        DataWarning
            Where a cell holds fewer than 10 people, or fewer than 10 rows have an answer as it was written:
            counts are not anonymous.
        """
        return transfer.write(self._held(), path, smallest=self.smallest)

    @classmethod
    def from_json(cls, source: str | Path) -> Counts:
        """Read counts from JSON that :meth:`to_json` wrote: a file, or the text itself.

        Raises
        ------
        InputError
            Where it is no such JSON, or its numbers do not fit together. The message says where, and repeats
            nothing of what the file holds.
        """
        return cls(**transfer.read(source))

    def to_frame(self) -> Frame:
        """Return the table as a data frame, one row per unit, group and answer with somebody in it.

        It is a pandas frame, or for counts of another kind of table the kind that ``frame_kind`` names.
        Its columns are ``question``, ``choice`` (of select-all questions), ``in_stratum``, ``in_cluster`` and
        ``in_subcluster`` (of the sampling unit), the groups, ``answer`` and ``no_answer`` (the kind),
        ``people``, and with weights ``weight`` and ``weight2``, the sums of weights and of their squares.
        """
        return TableResult.to_frame(self)

    @classmethod
    def from_frame(
        cls, data: IntoDataFrame, *, like: Counts | None = None, people: str = "respondents"
    ) -> Counts:
        """Read counts from a table, such as :meth:`to_frame` makes, or a published one.

        Parameters
        ----------
        data : data frame
            With the columns ``question`` (or ``item``), ``answer`` and ``people`` (or ``n``). ``no_answer``
            may say not_asked, refused, skipped, code or blank where there is no answer, and all further
            columns are groups. ``weight`` and ``weight2`` are the sums of weights and of squared weights.
        like : Counts, optional
            Counts that the table comes from: what it does not say, the base, the design, which answers
            count as yes, is taken from there.
        people : str
            Without `like`: who is counted, in words. Answers that are yes and no make an item, of others
            each makes a share.

        Raises
        ------
        InputError
            For columns that are missing, numbers that are no counts or no sums of weights, rows that are
            there twice, names that `like` does not have, and sampling units without `like`.
        """
        if like is None:
            fields = reading.of_published(data, check.text("people", people))
            return cls(**fields, frame_kind=kind_of(read(data)))
        return replace(
            like,
            tallies=reading.of_frame(
                data, like.tallies, like.groups, like.units, by=like.by, weighted=like.weighted
            ),
        )

    def _held(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def _columns(self) -> dict[str, list[Any]]:
        return table.columns(self.tallies, self.groups, self.units, by=self.by, weighted=self.weighted)

    def _title(self) -> str:
        whom = population_words(self.population, self.population_size)
        whom = f"weighted to {whom}" if whom else "weighted"
        return f"Counts of {people_words(self._n_rows, self.people)}" + (f", {whom}" if self.weighted else "")

    def _notes(self) -> Sequence[str]:
        result = []
        if self.by:
            result.append(f"by {' and '.join(self.by)}: {many(len(self.groups), 'group', 'groups')}")
        result += printed.sampling(self.units, self.replicates)
        result += [f"{rung.words}: {rung.n:,} of {rung.of:,}" for rung in self.base.ladder[1:]]
        if self.base.left_out:
            result.append(many(self.base.left_out, "row is in no count", "rows are in no count"))
        smallest = self.smallest
        return (*result, f"the smallest cell holds {smallest:,} {'person' if smallest == 1 else 'people'}")

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        # The long table would fill the screen many times over: a line for each question tells what there is.
        return printed.questions(self.tallies)


def _refuse_other_weights(one: Counts, two: Counts) -> None:
    if one.people != two.people:
        raise unlike("people", "people", f"{ONE_CALL}: the same people=.")
    names = ("weighted", "population", "population_size", "n_weights")
    if any(getattr(one, name) != getattr(two, name) for name in names):
        raise unlike("weights", "weighting", f"{ONE_CALL}: the same weights=.")
    if not same(one.replicates, two.replicates):
        raise unlike(
            "replicate_weights",
            "replicate weights",
            f"{ONE_CALL}: the same replicate weights, with the same scale.",
        )


def _together(one: LinkDoubt | None, two: LinkDoubt | None) -> LinkDoubt | None:
    """Add up the doubt about links, of which one part may have none."""
    return one + two if one is not None and two is not None else one or two


def _common_exponent(one: Counts, two: Counts) -> int:
    """Return the larger exponent: smaller ones let no square grow too large. Sums of 0 may have any."""
    some = [each.exponent for each in (one, two) if any(tally.weight.any() for tally in each.tallies)]
    return max(some, default=max(one.exponent, two.exponent))


def _scaled(counts: Counts, exponent: int) -> Counts:
    """Return the counts with their weights divided by another power of 2, which changes no digit."""
    step = counts.exponent - exponent
    if not step:
        return counts
    tallies = tuple(rescaled(tally, step) for tally in counts.tallies)
    products = None if counts.products is None else np.ldexp(counts.products, 2 * step)
    doubt = None if counts.doubt is None else counts.doubt.rescaled(step)
    return replace(counts, tallies=tallies, exponent=exponent, products=products, doubt=doubt)
