"""What a survey tool's file says of a column: the question, its answers in order, which are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from credbenefits._typing import ColumnRole, MissingKind, Value


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that a question offers, or a code for none.

    Attributes
    ----------
    code : value
        As it stands in the frame.
    label : str
        What it means; empty where the file does not say.
    missing : {"missing", "skipped", "refused", "not_asked"} or None
        What kind of no answer it is; None for an answer.
    """

    code: Value
    label: str = ""
    missing: MissingKind | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export.

    Attributes
    ----------
    name : str
        As in the frame.
    question : str
        The question as people read it; empty where the file does not say.
    role : {"answer", "tick", "choices", "other", "id", "date", "disposition", "meta"}
        One answer; one tick of a question with several; several choices in one text; the text that goes
        with "other"; who, when, how the row ended; anything else that the tool wrote.
    answers : tuple of Answer
        In the order in which the question offers them; empty where they are not known.
    part_of : str
        The question whose tick or "other" text it is: the name that its columns share.
    choice : str
        The choice that a tick stands for, in words.
    open : bool
        Whether other answers than these can be given: numbers, or a scale of which only the ends have words.
    """

    name: str
    question: str = ""
    role: ColumnRole = "answer"
    answers: tuple[Answer, ...] = ()
    part_of: str = ""
    choice: str = ""
    open: bool = False

    def codes(self, kind: MissingKind) -> tuple[Value, ...]:
        """Return the codes of one kind of no answer."""
        return tuple(answer.code for answer in self.answers if answer.missing == kind)

    @property
    def offered(self) -> tuple[Answer, ...]:
        """The answers that are answers, in order."""
        return tuple(answer for answer in self.answers if answer.missing is None)


class KnowsColumns(Protocol):
    """What says of columns what they are: a codebook, or an export that has one."""

    def column(self, name: str, /) -> Column | None:
        """Return what is known of a column, or None where nothing is."""
        ...

    def ticks(self, question: str, /) -> tuple[Column, ...]:
        """Return the ticks of a question, in order; none where it has none."""
        ...
