"""The sums of one question: people, and their weights, in every unit, group and cell of answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from credbenefits._frozen import Frozen
from credbenefits.errors import InputError
from credbenefits.frames.answers import MISSING_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.questions.item import Asked

#: Answers of a yes/no axis, in their places: 0 no, 1 yes.
YES_NO = ("no", "yes")
#: What may be a no to all choices or no answer, which only the whole file tells: that somebody ticked none of
#: several boxes, and the same where some of them hold a declared missing code.
UNDECIDED = ("nothing ticked", "nothing ticked but a missing code")
#: The answers of a box in a block of boxes.
TICKS = (*YES_NO, *UNDECIDED)
#: Who answered: those of whom that is known, and with those who ticked nothing.
BASES = ("answered", "answered or undecided")
#: Further sums of linked pairs (d is 1 - match probability), and which power of the weight is in them.
EXTRA_POWERS = {"wd": 1, "w2d": 2, "w2d2": 2}
#: Cells of one table, with and without anybody, beyond which it is refused: 800 MB a sum.
MOST_CELLS = 100_000_000


def refuse_too_large(shape: tuple[int, ...], argument: str, what: str = "cells a question") -> None:
    """Refuse a table before room is made for it."""
    if prod(shape) > MOST_CELLS:
        raise InputError(
            argument,
            allowed=f"a table of at most {MOST_CELLS:,} {what}",
            received=" x ".join(f"{n:,}" for n in shape),
            fix="Leave units out, or cross fewer groups.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Axis(Frozen):
    """One thing that people answered, or one column of groups: its answers, and how they were read.

    Attributes
    ----------
    column : str
        Column of the data.
    label : str
        What people report; for a choice of a select-all question the choice.
    answers : tuple of str
        The answers, ``("no", "yes")`` for an item. A cell holds a place in them. For columns with a box each
        two more answers may be ``"nothing ticked"``, with a missing code or without, of which the whole file
        tells whether they are a no.
    read : tuple of (str, int, int)
        Every answer as it was written (empty text where nothing was), what it was counted as (a place in
        `answers`, or -5 to -1 for a kind of no answer: not asked, refused, skipped, code, blank), and in how
        many rows of the whole file.
    order : tuple of str
        The column's answers in the order that its type or the caller declares; empty where nobody did, so
        that numbers go by size and words by the alphabet.
    closed : bool
        Whether `order` lists all the answers that could be given.
    notes : tuple of str
        What else a reader must know of how the column was read, without numbers of rows.
    asked : Item, Joined or SelectAll, optional
        The question as it was declared: with it the estimator raises the doubts that only all answers give
        reason for. Without it (a published table) there are none.
    edges : tuple of float
        Of groups that are bins of numbers: the numbers at which a new bin begins.
    parts : tuple of Axis
        Where the question joins several items: how the column of each was read. `read` then has how many rows
        have all, some or none of their answers.
    """

    column: str
    label: str
    answers: tuple[str, ...]
    read: tuple[tuple[str, int, int], ...] = ()
    order: tuple[str, ...] = ()
    closed: bool = False
    notes: tuple[str, ...] = ()
    asked: Asked | None = None
    edges: tuple[float, ...] = ()
    parts: tuple[Axis, ...] = ()

    def __post_init__(self) -> None:
        Frozen.__post_init__(self)
        if len(set(self.answers)) < len(self.answers):
            raise InputError(
                "answers",
                allowed="answers that are all different",
                received="an answer more than once",
                fix="Name each answer once.",
            )
        if not all(-len(MISSING_KINDS) <= place < len(self.answers) for _, place, _ in self.read):
            raise InputError(
                "read",
                allowed=f"places from {-len(MISSING_KINDS)} to {len(self.answers) - 1}",
                received="one outside",
                fix="Count what was read as an answer of the axis or as a kind of no answer.",
            )
        if self.edges and not (
            len(self.answers) == len(self.edges) + 1 and all(a < b for a, b in pairwise(self.edges))
        ):
            raise InputError(
                "edges",
                allowed="increasing numbers, one less than there are answers",
                received=f"{len(self.edges):,} numbers and {len(self.answers):,} answers",
                fix="Give the numbers at which a new bin begins.",
            )
        # The order of rows must not show.
        object.__setattr__(self, "read", tuple(sorted(self.read, key=lambda r: (r[1], r[0]))))


@dataclass(frozen=True, slots=True, eq=False)
class Share(Frozen):
    """A proportion that is asked for: which cells say yes, and which cells it is of.

    Attributes
    ----------
    label : str
        What people report who say yes.
    level : str
        The answers that count as yes and that somebody gave, in words.
    counts_as_yes : tuple of str
        The answers that are declared as yes.
    yes, base : array of bool, shape (P,)
        Which cells of the tally say yes, and which are the denominator.
    exclusive : bool
        Whether the shares of the tally are the answers to one question, of which everybody gave one.
    of : str
        Whom of those who answered the share is of, in words; empty for all of them. Shares of one tally that
        are of the same people have the same `base`.
    """

    label: str
    level: str
    counts_as_yes: tuple[str, ...]
    yes: BoolArray
    base: BoolArray
    exclusive: bool = False
    of: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Tally(Frozen):
    """The sums of one question over U sampling units, G groups and P cells of answers.

    Attributes
    ----------
    question : str
        Label of the question. Every choice of a select-all question is a tally, and all have its label.
    axes : tuple of Axis
        One for an item, two for a pair (waves, items), more for a crossing.
    cells : array of int, shape (P, axes)
        On each axis the place of an answer, or -5 to -1: not asked, refused, skipped, code, blank. Only cells
        that occur, sorted.
    shares : tuple of Share
        What is asked. A choice without shares stands in for a select-all question nobody ticked anything of.
    people : array of int, shape (U, G, P)
        People.
    weight, weight2 : array, shape (U, G, P)
        Sums of the weights and of their squares; without weights these are `people`.
    extra : mapping of str to array
        Of linked pairs, where d is 1 - match probability: ``wd``, ``w2d``, ``w2d2`` (the sums of w d, w^2 d
        and w^2 d^2), each of shape (U, G, P).
    replicate : array, shape (R, G, P), optional
        Sums of each replicate weight of the file.
    narrow : mapping of (str, int) to array
        Where replicate weights of those who answered have a lower rank than those of their whole group: the
        sums of products of every two of them, shape (R, R), by whom they are of (an option of `BASES`) and
        group.
    ungrouped : tuple of int
        People in no group who answered, and among them those who ticked nothing.
    select_all : bool
        Whether this is a choice of a select-all question: other files may have other choices.
    """

    question: str
    axes: tuple[Axis, ...]
    cells: IntArray
    shares: tuple[Share, ...]
    people: IntArray
    weight: FloatArray
    weight2: FloatArray
    extra: Mapping[str, FloatArray] = field(default_factory=dict)
    replicate: FloatArray | None = None
    select_all: bool = False
    narrow: Mapping[tuple[str, int], FloatArray] = field(default_factory=dict)
    ungrouped: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        Frozen.__post_init__(self)
        self._check_shapes()
        _check_cells(self)
        bases: dict[str, BoolArray] = {}
        for share in self.shares:
            first = bases.setdefault(share.of, share.base)
            if first is not share.base and not np.array_equal(first, share.base):
                raise InputError(
                    "shares",
                    allowed="shares that are of the same people, with the same base",
                    received="several bases",
                    fix="Say in of= whom each share is of.",
                )

    def _check_shapes(self) -> None:
        if self.people.ndim != 3 or self.people.dtype.kind != "i":
            raise InputError(
                "people",
                allowed="whole numbers of the shape (units, groups, cells)",
                received=f"{self.people.dtype} of the shape {self.people.shape}",
                fix="Count people as whole numbers.",
            )
        if self.select_all and (len(self.axes) != 1 or self.axes[0].answers not in {YES_NO, TICKS}):
            raise InputError(
                "select_all",
                allowed="a choice with the answers yes and no",
                received="others",
                fix="Make how many were chosen a question of its own.",
            )
        if not self.axes:
            raise InputError(
                "axes", allowed="at least one axis", value=self.axes, fix="Name what was answered."
            )
        for name, (came, shape) in self._shapes().items():
            if came != shape:
                raise InputError(
                    name,
                    allowed=f"an array of the shape {shape}",
                    received=f"the shape {came}",
                    fix="All sums of a question have the same units, groups and cells.",
                )

    def _shapes(self) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
        """Return the shape of every array, and the shape it should have."""
        of_groups = self.people.shape[1:]
        wanted: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
            "cells": (self.cells.shape, (of_groups[1], len(self.axes))),
            "weight": (self.weight.shape, self.people.shape),
            "weight2": (self.weight2.shape, self.people.shape),
        }
        wanted |= {name: (array.shape, self.people.shape) for name, array in self.extra.items()}
        r = 0 if self.replicate is None else len(self.replicate)
        if self.replicate is not None:
            wanted["replicate"] = (self.replicate.shape, (r, *of_groups))
        for (kind, g), array in self.narrow.items():
            inside = kind in BASES and 0 <= g < of_groups[0]
            wanted[f"narrow of {kind}, {g}"] = (array.shape if inside else (), (r, r))
        for share in self.shares:
            wanted |= {"yes": (share.yes.shape, of_groups[1:]), "base": (share.base.shape, of_groups[1:])}
        return wanted

    @property
    def choice(self) -> str:
        """The choice of a select-all question; empty for other questions."""
        return self.axes[0].label if self.select_all else ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells the tally from all others: question and choice."""
        return self.question, self.choice

    @property
    def answered(self) -> BoolArray:
        """Cells with an answer on every axis, shape (P,)."""
        result: BoolArray = np.all(self.cells >= 0, axis=1)
        return result

    @property
    def missing(self) -> IntArray:
        """People without an answer on the first axis, by kind, shape (G, 5)."""
        by_cell = self.people.sum(axis=0)
        kinds = range(-len(MISSING_KINDS), 0)
        return np.stack([by_cell[:, self.cells[:, 0] == kind].sum(axis=1) for kind in kinds], axis=1)


def _check_cells(tally: Tally) -> None:
    kinds = len(MISSING_KINDS)
    if len(tally.axes) == 1:  # common, and quick
        places = tally.cells[:, 0].tolist()
        fits = all(one < two for one, two in pairwise([-kinds - 1, *places, len(tally.axes[0].answers)]))
    else:
        most = np.array([len(axis.answers) for axis in tally.axes])
        fits = np.array_equal(np.unique(tally.cells, axis=0), tally.cells)
        fits = fits and bool(np.all((tally.cells >= -kinds) & (tally.cells < most)))
    if not fits:
        raise InputError(
            "cells",
            allowed="places of answers on the axes, each cell once and sorted",
            received="others",
            fix="Sort the cells, and give each axis all of its answers.",
        )
    strange = set(tally.extra) - set(EXTRA_POWERS)
    if strange:
        raise InputError(
            "extra",
            allowed=f"the sums {', '.join(EXTRA_POWERS)}",
            received=f"{len(strange)} others",
            fix="Leave them out.",
        )


def item_share(
    axis: Axis, cells: IntArray, *, level: str, counts_as_yes: tuple[str, ...], label: str = ""
) -> Share:
    """Return the share of those who said yes, of those who said yes or no, on the first axis."""
    no, yes = (cells[:, 0] == place for place in range(2))
    return Share(label or axis.label, level, counts_as_yes, yes, no | yes)


def level_shares(axis: Axis, cells: IntArray) -> tuple[Share, ...]:
    """Return the share of every answer on the first axis, of all who answered."""
    place = cells[:, 0]
    return tuple(
        Share(f"{axis.label}: {answer}", answer, (answer,), place == i, place >= 0, exclusive=True)
        for i, answer in enumerate(axis.answers)
    )
