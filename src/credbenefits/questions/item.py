"""Survey items, alone and joined: which answers count as yes, which as no, and which as no answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, fields, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from credbenefits import _validation as check
from credbenefits._typing import Joining
from credbenefits.errors import InputError
from credbenefits.questions.filling import LISTS, column_of, item_arguments, read_labels
from credbenefits.questions.select_all import SelectAll
from credbenefits.questions.spelling import canonical
from credbenefits.questions.spelling import label as as_label

if TYPE_CHECKING:
    from credbenefits._typing import Value, Values
    from credbenefits.questions.column import KnowsColumns

#: Fields that hold kinds of no answer, and all that sort the cells of a column.
_NONE = ("missing", "skipped", "refused", "not_asked")
_ANSWERS = ("yes", "no", *_NONE)


@dataclass(frozen=True, slots=True, repr=False)
class Item:
    """A question about a column: what counts as yes, what as no answer, and how to speak of it.

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
    missing, skipped, refused, not_asked : value or list of values, optional
        Answers that are no answer, and why: codes without a reason, the question was passed over,
        an answer was refused, the question was not put. Empty cells are always missing. People
        who were not asked do not count against the item's response rate.
    at_least, at_most : number, optional
        For a column of numbers: whoever gave a number within these limits (inclusive) says yes.
        `yes` and `no` then name numbers that count as such wherever they lie (a debt of -8 is a no).
    answers : value or list of values, optional
        Answers that look like no answer and are some all the same ("Don't know" as an answer of its own, a
        true 99). Undeclared, they raise. With ``yes=`` they count as no.
    each_level : bool
        Estimate the proportion of every answer of the column rather than of one. Answers that an ordered
        categorical (pandas, Arrow) or a polars Enum declares are all in the table, given or not.
    levels : list of values, optional
        With ``each_level=True``: all the answers that could be given, in their order. An answer that nobody
        gave has a row with 0, one that is not in the list raises.
    level_labels : mapping of value to str, optional
        What answers are called in tables: ``{1: "Never", 2: "Often"}`` for a column of codes. Kept as pairs.
    codebook : Export, Codebook, or what has their ``column()`` and ``ticks()``, optional
        What the survey tool's file says of the column (:func:`credbenefits.read_export`). It fills what is
        not said here: `yes` and `no` where the answers offered are a yes and a no, or the column is a tick;
        with ``each_level=True`` the `levels` in order; codes for no answer by their kind; `answers` that look
        like such codes and are some; what answers are called; and the `label` of a tick. Answers may be named
        by their words: ``yes="Agree"`` stands for the code of "Agree". The item keeps what was filled, not
        the codebook.

    Raises
    ------
    InputError
        For what contradicts itself, a column that the codebook does not know or has as an identifier, and
        words that none of its codes have.

    Examples
    --------
    >>> import credbenefits as cb
    >>> cb.Item("QID354", yes="yes", label="improved ability to teach", refused=-7)
    Item('QID354', yes=('yes',), label='improved ability to teach', refused=(-7,))
    """

    column: str
    yes: Values = ()
    no: Values = ()
    label: str = ""
    missing: Values = ()
    skipped: Values = ()
    refused: Values = ()
    not_asked: Values = ()
    at_least: float | None = None
    at_most: float | None = None
    each_level: bool = False
    levels: Values = ()
    answers: Values = ()
    level_labels: Mapping[Value, str] | tuple[tuple[Value, str], ...] = ()
    codebook: InitVar[KnowsColumns | None] = None

    def __post_init__(self, codebook: KnowsColumns | None) -> None:
        check.text("column", self.column, fix="Give the column's name as text.")
        for name in LISTS:
            object.__setattr__(self, name, check.values(name, getattr(self, name)))
        object.__setattr__(self, "level_labels", read_labels(self.level_labels))
        if codebook is not None:
            self._fill(codebook)
        if not isinstance(self.label, str):
            raise InputError("label", allowed="text", value=self.label, fix="Give the label in words.")
        self._refuse_twice()
        if self.no and not self.yes and not self.by_size:
            raise InputError(
                "yes",
                allowed="the answers that count as yes, where no= is given",
                value=self.yes,
                fix="Say both: yes=[...], no=[...].",
            )
        for name in ("at_least", "at_most"):
            self._check_limit(name)
        if not isinstance(self.each_level, bool):
            raise InputError(
                "each_level", allowed="True or False", value=self.each_level, fix="Write each_level=True."
            )
        if self.each_level and (self.yes or self.no or self.by_size):
            raise InputError(
                "each_level",
                allowed="an item without yes=, no=, at_least= and at_most=",
                received=True,
                fix="It asks for every answer: leave them out.",
            )
        self._check_levels()
        if not self.label.strip():
            object.__setattr__(self, "label", self.column + self._limits())

    def _fill(self, codebook: KnowsColumns) -> None:
        """Take what is not said from a codebook."""
        column = column_of(codebook, self.column)
        names = (*LISTS, "level_labels", "each_level", "by_size")
        made: dict[str, Any] = item_arguments(column, {name: getattr(self, name) for name in names})
        for name, value in made.items():
            object.__setattr__(self, name, value)
        if column.role == "tick" and self.label == "":
            object.__setattr__(self, "label", column.choice)

    def _check_levels(self) -> None:
        tokens = [canonical(v) for v in self.values("levels")]
        if not tokens:
            return
        if not self.each_level:
            raise InputError(
                "levels",
                allowed="levels beside each_level=True",
                value=self.levels,
                fix="Say each_level=True too, or name answers in yes= and no=.",
            )
        twice = {t for t in tokens if tokens.count(t) > 1}
        for name in _ANSWERS:
            twice |= {t for t in tokens if t in {canonical(v) for v in self.values(name)}}
        if twice:
            raise InputError(
                "levels",
                allowed="answers given once, and not also as no answer",
                received=check.listing(sorted(twice)),
                fix="Keep each answer in one list.",
            )

    def _refuse_twice(self) -> None:
        given = {name: self.values(name) for name in (*_ANSWERS, "answers") if self.values(name)}
        if len(given) < 2:
            return
        tokens = {name: {canonical(v) for v in values} for name, values in given.items()}
        pairs = [(one, two) for place, one in enumerate(_ANSWERS) for two in _ANSWERS[:place]]
        pairs += [("answers", kind) for kind in _NONE]
        for one, two in pairs:
            twice = tokens.get(one, set()) & tokens.get(two, set())
            if twice:
                raise InputError(
                    one,
                    allowed=f"answers that are not also in {two}=",
                    received=f"{check.listing(sorted(twice))} in both",
                    fix="Keep each answer in one list.",
                )

    def _check_limit(self, name: str) -> None:
        limit = getattr(self, name)
        if limit is None:
            return
        if isinstance(limit, bool) or not isinstance(limit, Real) or not math.isfinite(limit):
            raise InputError(name, allowed="a finite number", value=limit, fix=f"For example: {name}=40_000.")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise InputError(
                "at_most",
                allowed=f"a number of at least {self.at_least}",
                value=self.at_most,
                fix="Swap the limits.",
            )

    def _limits(self) -> str:
        low, high = (None if x is None else f"{x:,}" for x in (self.at_least, self.at_most))
        if low and high:
            return f" from {low} to {high}"
        return f" of at least {low}" if low else f" of at most {high}" if high else ""

    def __repr__(self) -> str:
        given = [
            f"{f.name}={dict(self.level_labels) if f.name == 'level_labels' else getattr(self, f.name)!r}"
            for f in fields(self)[1:]
            if getattr(self, f.name) != f.default
            and not (f.name == "label" and self.label == self.column + self._limits())
        ]
        return f"Item({', '.join([repr(self.column), *given])})"

    @property
    def by_size(self) -> bool:
        """Whether numbers within limits are what counts as yes."""
        return self.at_least is not None or self.at_most is not None

    def values(self, name: str) -> tuple[Value, ...]:
        """Return the answers in one of the lists, as a tuple."""
        result: tuple[Value, ...] = getattr(self, name)
        return result

    def words(self, level: Value) -> str:
        """Return what an answer is called."""
        token = canonical(level)
        labels = dict(self.level_labels).items()
        return next((words for answer, words in labels if canonical(answer) == token), as_label(level))

    @property
    def yes_values(self) -> tuple[Value, ...]:
        """The answers that count as yes, as a tuple."""
        return self.values("yes")


@dataclass(frozen=True, slots=True, repr=False)
class Joined:
    """A question about several items: whether any of them is a yes, or all are. :func:`any_of` makes it.

    Attributes
    ----------
    how : {"any", "all"}
        What makes a yes.
    items : tuple of Item and Joined
        What is joined.
    label : str
        What people report.
    """

    how: Joining
    items: tuple[Item | Joined, ...]
    label: str = ""

    def __post_init__(self) -> None:
        check.choice("how", self.how, Joining)
        for item in self.items:
            if not isinstance(item, (Item, Joined)) or item.each_level:
                raise InputError(
                    "items",
                    allowed="column names, and items that are yes or no",
                    value=item,
                    fix="Name the answers that count as yes: Item('column', yes=[...]); of a question with "
                    "several choices ask SelectAll(..., any_of={...}).",
                )
        alike = [replace(item, label="-") for item in self.items]
        if len(alike) < 2 or any(one in alike[:i] for i, one in enumerate(alike)):
            raise InputError(
                "items",
                allowed="two different items or more",
                value=self.items,
                fix=f"For example: {self.how}_of('first', Item('second', yes=[...])).",
            )
        if not isinstance(self.label, str):
            raise InputError("label", allowed="text", value=self.label, fix="Give the label in words.")
        if not self.label.strip():
            self._refuse_one_label()
            object.__setattr__(self, "label", self._words())

    def _refuse_one_label(self) -> None:
        labels = [item.label for item in self.items]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise InputError(
                "label",
                allowed="a label, where items have one and the same label",
                received=f"none, and {check.listing(twice)} more than once",
                fix="Say what people report who say yes: label='...'.",
            )

    def _words(self) -> str:
        """Name the items: "a, b or c"; what is joined in the other way stands in parentheses."""
        names = [
            f"({item.label})"
            if isinstance(item, Joined) and item.how != self.how and item.label == item._words()
            else item.label
            for item in self.items
        ]
        return f"{', '.join(names[:-1])} {'or' if self.how == 'any' else 'and'} {names[-1]}"

    def __repr__(self) -> str:
        label = "" if self.label == self._words() else f", label={self.label!r}"
        return f"{self.how}_of({', '.join(map(repr, self.items))}{label})"

    @property
    def leaves(self) -> tuple[Item, ...]:
        """The items with a column each, in order."""
        return tuple(self._leaves())

    def _leaves(self) -> Iterator[Item]:
        for item in self.items:
            yield from (item,) if isinstance(item, Item) else item.leaves

    @property
    def column(self) -> str:
        """A name for the question, which has no column of its own: its label."""
        return self.label

    @property
    def each_level(self) -> bool:
        """Whether every answer is asked for: it is a yes or a no."""
        return False


ItemLike: TypeAlias = str | Item | Joined
AnyQuestion = TypeVar("AnyQuestion", bound=Item | Joined | SelectAll)
#: A question as it is asked, whatever its kind.
Asked: TypeAlias = Item | Joined | SelectAll
#: What proportions can be asked of.
Question: TypeAlias = str | Asked


def as_items(
    argument: str, items: ItemLike | Sequence[ItemLike] | None, answers: Sequence[Value] = ()
) -> tuple[Item | Joined, ...]:
    """Check one item or several; a name stands for an item with its defaults. `answers` are the call's."""
    result = [insist(question, answers) for question in as_questions(argument, items)]
    for item in result:
        if isinstance(item, SelectAll) or item.each_level:
            raise InputError(
                argument,
                allowed="items that are yes or no",
                value=item,
                fix="Name one answer: Item('column', yes=[...]).",
            )
    return tuple(item for item in result if not isinstance(item, SelectAll))


def as_questions(argument: str, items: Question | Sequence[Question] | None) -> tuple[Asked, ...]:
    """Check one question or several, of any kind."""
    if items is None:
        return ()
    listed = [items] if isinstance(items, (str, Item, Joined, SelectAll)) else items
    if not isinstance(listed, Sequence):
        raise InputError(
            argument,
            allowed="a column name, an Item, or a list of them",
            value=items,
            fix="For example: ['first_job', Item('benefit', yes=['Agree', 'Strongly agree'])].",
        )
    result: list[Asked] = []
    for entry in listed:
        if not isinstance(entry, (str, Item, Joined, SelectAll)):
            raise InputError(
                argument,
                allowed="column names and Items",
                value=entry,
                fix="Wrap it: Item('column', yes=[...]).",
            )
        result.append(Item(entry) if isinstance(entry, str) else entry)
    _refuse_repeats(argument, result)
    return tuple(result)


def insist(question: AnyQuestion, answers: Sequence[Value]) -> AnyQuestion:
    """Add a call's `answers` to a question's own; what the question declares as no answer stays so."""
    if not answers:
        return question
    if isinstance(question, Joined):
        return replace(question, items=tuple(insist(item, answers) for item in question.items))
    kinds = _NONE if isinstance(question, Item) else ("missing",)
    gone = {canonical(v) for kind in kinds for v in getattr(question, kind)}
    more = [v for v in answers if canonical(v) not in gone]
    return replace(question, answers=(*check.values("answers", question.answers), *more))


def without_answers(question: AnyQuestion) -> AnyQuestion:
    """Return a question without the `answers` that it or a call insists on."""
    if isinstance(question, Joined):
        return replace(question, items=tuple(without_answers(item) for item in question.items))
    return replace(question, answers=())


def answers_of_call(answers: Values, missing: Sequence[Value]) -> tuple[Value, ...]:
    """Check a call's `answers`: none of them is also in its `missing`."""
    result = check.values("answers", answers)
    twice = {canonical(v) for v in result} & {canonical(v) for v in missing}
    if twice:
        raise InputError(
            "answers",
            allowed="answers that are not also in missing=",
            received=f"{check.listing(sorted(twice))} in both",
            fix="Keep each answer in one list.",
        )
    return result


def _refuse_repeats(argument: str, repeats: list[Asked]) -> None:
    labels = [item.label for item in repeats]
    readings = [(i.column, i.yes, i.at_least, i.at_most) for i in repeats if isinstance(i, Item)]
    twice = {label for label in labels if labels.count(label) > 1}
    twice |= {reading[0] for reading in readings if readings.count(reading) > 1}
    if twice:
        raise InputError(
            argument,
            allowed="each item once, or items of one column with different labels",
            received=f"{check.listing(sorted(twice))} more than once",
            fix="Remove the repetition, or say what is different: Item(..., label='...').",
        )
