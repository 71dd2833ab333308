"""What makes groups of people: the values of columns, and the answers to questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.questions.item import Item, ItemLike, Joined, Question, insist
from credbenefits.questions.select_all import SelectAll

if TYPE_CHECKING:
    from credbenefits._typing import Value

#: One column or question, or several, whose groups are crossed.
GroupsBy: TypeAlias = ItemLike | Sequence[ItemLike]


def as_groups(by: object, answers: Sequence[Value] = ()) -> tuple[ItemLike, ...]:
    """Check what makes the groups: columns, and questions with one answer per person, each once.

    `answers` are the call's.
    """
    if by is None:
        return ()
    listed = (by,) if isinstance(by, Question) else by
    if not isinstance(listed, Iterable):
        return check.names("by", listed)
    result: list[ItemLike] = []
    for entry in listed:
        if isinstance(entry, SelectAll):
            raise InputError(
                "by",
                allowed="columns and Items, which have one answer per person",
                value=entry,
                fix="Name the column of one choice, or what counts as a yes: Item(column, yes=[...]).",
            )
        if isinstance(entry, (Item, Joined)):
            result.append(entry)
        else:
            how = "Give each name as text, or a question: by=Item(column, yes=[...])."
            result.append(check.text("by", entry, fix=how))
    names = group_names(result)
    if len(set(names)) < len(names):
        asked = any(not isinstance(entry, str) for entry in result)
        raise InputError(
            "by",
            allowed="each name once",
            received=f"{check.listing(sorted({n for n in names if names.count(n) > 1}))} more than once",
            fix="Remove the repetition"
            + (", or say what is different: Item(..., label='...')." if asked else "."),
        )
    for name in names:
        check.text("by", name, fix="Give each name as text.")
    return tuple(entry if isinstance(entry, str) else insist(entry, answers) for entry in result)


def group_names(by: Iterable[ItemLike]) -> tuple[str, ...]:
    """Return what the groups are called by: the name of a column, the label of a question."""
    return tuple(entry if isinstance(entry, str) else entry.label for entry in by)
