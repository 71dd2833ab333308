"""Survey items: which answers count as yes, which as no, and which as no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import require
from credbenefits.frames.categories import (
    Categories,
    canonical,
    encode,
    looks_unanswered,
    refuse_missing_codes,
    refuse_too_many,
)

if TYPE_CHECKING:
    from credbenefits._typing import IntArray, Value, Values
    from credbenefits.frames.boundary import NarwhalsFrame

_YES = {"yes", "true", "1", "y"}
_NO = {"no", "false", "0", "n"}

YES, NO, UNANSWERED = 1, 0, -1


@dataclass(frozen=True, slots=True)
class Item:
    """A yes/no question about a column: what counts as yes, and how to speak of it.

    Parameters
    ----------
    column : str
        Column of the data.
    yes : value or list of values, optional
        Answers that count as yes. Not needed for booleans, 0/1 and yes/no columns. Text is
        compared without regard to case and surrounding spaces; ``1``, ``1.0`` and ``"1"`` agree.
    no : value or list of values, optional
        Answers that count as no. By default every other answer; if given, any answer that is
        in neither list raises.
    label : str, optional
        What people report, as a noun phrase ("improved job performance"); the column's name otherwise.
    missing : value or list of values, optional
        Answers that are no answer: refusals, missing codes. Empty cells are always missing.

    Examples
    --------
    >>> import credbenefits as cb
    >>> cb.Item("QID354", yes="yes", label="improved ability to teach")
    Item(column='QID354', yes=('yes',), no=(), label='improved ability to teach', missing=())
    """

    column: str
    yes: Values = ()
    no: Values = ()
    label: str = ""
    missing: Values = ()

    def __post_init__(self) -> None:
        check.text("column", self.column, fix="Give the column's name as text.")
        for name in ("yes", "no", "missing"):
            object.__setattr__(self, name, check.values(name, getattr(self, name)))
        if not isinstance(self.label, str):
            raise InputError("label", allowed="text", received=self.label, fix="Give the label in words.")
        for one, two in (("no", "yes"), ("missing", "yes"), ("missing", "no")):
            twice = {canonical(v) for v in self._values(one)} & {canonical(v) for v in self._values(two)}
            if twice:
                raise InputError(
                    one,
                    allowed=f"answers that are not also in {two}=",
                    received=f"{check.listing(sorted(twice))} in both",
                    fix="Keep each answer in one list.",
                )
        if self.no and not self.yes:
            raise InputError("yes", allowed="the answers that count as yes, where no= is given",
                             received=self.yes, fix="Say both: yes=[...], no=[...].")  # fmt: skip
        if not self.label.strip():
            object.__setattr__(self, "label", self.column)

    def _values(self, name: str) -> tuple[Value, ...]:
        found: tuple[Value, ...] = getattr(self, name)
        return found

    @property
    def yes_values(self) -> tuple[Value, ...]:
        """The answers that count as yes, as a tuple."""
        return self._values("yes")


ItemLike: TypeAlias = str | Item


@dataclass(frozen=True, slots=True)
class Answers:
    """An item read from data: 1 yes, 0 no, -1 unanswered in every row.

    `no_levels` are the answers that count as no. `unheard` are answers that count as yes and that
    nobody gave: rare ones, or misspelled ones.
    """

    item: Item
    status: IntArray
    yes_levels: tuple[str, ...]
    no_levels: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()


def as_items(argument: str, items: ItemLike | Sequence[ItemLike] | None) -> tuple[Item, ...]:
    """Check one item or several; a name stands for an item with its defaults."""
    if items is None:
        return ()
    listed = [items] if isinstance(items, (str, Item)) else items
    if not isinstance(listed, Sequence):
        raise InputError(
            argument,
            allowed="a column name, an Item, or a list of them",
            received=items,
            fix="For example: ['first_job', Item('benefit', yes=['Agree', 'Strongly agree'])].",
        )
    found = []
    for entry in listed:
        if not isinstance(entry, (str, Item)):
            raise InputError(
                argument,
                allowed="column names and Items",
                received=entry,
                fix="Wrap it: Item('column', yes=[...]).",
            )
        found.append(Item(entry) if isinstance(entry, str) else entry)
    labels = [item.label for item in found]
    readings = [(item.column, item.yes) for item in found]
    twice = {label for label in labels if labels.count(label) > 1}
    twice |= {column for column, yes in readings if readings.count((column, yes)) > 1}
    if twice:
        raise InputError(
            argument,
            allowed="each item once, or items of one column with different labels",
            received=f"{check.listing(sorted(twice))} more than once",
            fix="Remove the repetition, or say what is different: Item(..., label='...').",
        )
    return tuple(found)


def read_item(frame: NarwhalsFrame, item: Item, argument: str, missing: Sequence[Value] = ()) -> Answers:
    """Read an item's answers from its column; whatever cannot be told yes from no raises."""
    require(frame, [item.column], argument)
    answers = encode(frame, item.column, argument).without((*missing, *item._values("missing")))
    refuse_too_many(answers, argument)
    if not answers.levels:
        raise InputError(
            argument,
            allowed="an item that somebody answered",
            received=f"{item.column!r}, where all {answers.codes.size:,} rows are missing",
            fix="Check the column and the missing codes.",
        )
    yes, no = _sides(item, answers, argument)
    by_level = np.array([*(YES if i in yes else NO if i in no else UNANSWERED
                           for i in range(len(answers.levels))), UNANSWERED])  # fmt: skip
    given = {canonical(level) for level in answers.levels}
    unheard = tuple(str(v) for v in item.yes_values if canonical(v) not in given)
    said = [tuple(answers.labels[i] for i in sorted(side)) for side in (yes, no)]
    return Answers(item, by_level[answers.codes], said[0], said[1], unheard)


def _sides(item: Item, answers: Categories, argument: str) -> tuple[set[int], set[int]]:
    """Return the levels that are yes and those that are no."""
    tokens = [canonical(level) for level in answers.levels]
    if not item.yes:
        if not set(tokens) <= _YES | _NO:
            _not_binary(item, answers, argument)
        return _where(tokens, _YES), _where(tokens, _NO)
    yes = _where(tokens, {canonical(v) for v in item.yes_values})
    if item.no:
        no = _where(tokens, {canonical(v) for v in item._values("no")})
        _refuse_rest(item, answers, set(range(len(tokens))) - yes - no, argument)
        return yes, no
    rest = [i for i in range(len(tokens)) if i not in yes]
    refuse_missing_codes(answers, argument, counted_as_no=rest)
    _refuse_rest(item, answers, {i for i in rest if looks_unanswered(answers.levels[i])}, argument)
    if not yes and not set(tokens) <= _NO:
        raise InputError(
            argument,
            allowed=f"answers of {item.column!r} in yes= (it has {check.listing(answers.labels)})",
            received=check.listing(item.yes_values),
            fix="Check the spelling; if truly nobody said yes, name the other answers in no=.",
        )
    return yes, set(rest)


def _where(tokens: list[str], wanted: set[str]) -> set[int]:
    return {i for i, token in enumerate(tokens) if token in wanted}


def _not_binary(item: Item, answers: Categories, argument: str) -> None:
    refuse_missing_codes(answers, argument)
    unanswered = [v for v in answers.levels if looks_unanswered(v)]
    hint = f", missing={unanswered!r}" if unanswered else ""
    raise InputError(
        argument,
        allowed="a yes/no item (booleans, 0/1, yes/no)",
        received=f"{item.column!r} with the answers {check.listing(answers.labels)}",
        fix=f"Say which count as yes: Item({item.column!r}, yes=[...]{hint}).",
    )


def _refuse_rest(item: Item, answers: Categories, rest: set[int], argument: str) -> None:
    if not rest:
        return
    sizes = answers.sizes()
    came = ", ".join(f"{answers.labels[i]!r} ({sizes[i]:,} rows)" for i in sorted(rest))
    raise InputError(
        argument,
        allowed=f"every answer of {item.column!r} declared as yes, no or missing",
        received=came,
        fix="Add them to missing= if they are no answer, or to no=.",
    )
