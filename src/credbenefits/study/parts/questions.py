"""The questions of a study: items, choices, and items that are joined, from [[items]]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.questions.item import Item, Joined
from credbenefits.questions.select_all import SelectAll
from credbenefits.study.keys.table import SELECT_ALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits.questions.column import KnowsColumns
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.found import Found

AnyQuestion: TypeAlias = Item | Joined | SelectAll

#: Keys of a question that are answers, and all that say how the answers of a column are read.
_ANSWERS = ("yes", "no", "missing", "skipped", "refused", "not_asked", "answers", "levels")
CODING = (*_ANSWERS, "at_least", "at_most", "each_level")
#: Keys that only a question with choices has, and those that it shares with an item of a column.
_CHOICES = tuple(key.name for key in SELECT_ALL)
_SHARED = ("missing", "answers")
_KINDS = ("column", "select_all", "any_of", "all_of")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as declared: where, of which wave, and among whom."""

    entry: Entry
    wave: str
    question: AnyQuestion
    key: str

    @property
    def among(self) -> tuple[str, ...]:
        """The names of the items that make its base."""
        return self.entry.texts("among")

    @property
    def item(self) -> Item | Joined:
        """The question, where it is no question with choices."""
        assert not isinstance(self.question, SelectAll)
        return self.question

    @property
    def plain(self) -> bool:
        """Whether it is a yes or a no, and of everybody: what other entries can name."""
        return self.yes_no and not self.among

    @property
    def yes_no(self) -> bool:
        """Whether it is a yes or a no."""
        return not isinstance(self.question, SelectAll) and not self.question.each_level

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names itself."""
        if isinstance(self.question, Joined):
            return ()
        named = self.question.columns if isinstance(self.question, SelectAll) else self.question.column
        return (named,) if isinstance(named, str) else tuple(named)


def questions(study: StudyFile, found: Found, books: Mapping[str, KnowsColumns]) -> list[Asked]:
    """Make the questions of [[items]], and check whom they name; `books` are codebooks of waves."""
    asked: list[Asked] = []
    for entry in study.tables["items"]:
        with found.each(entry):
            wave = study.wave_of(entry)
            key = _kind(entry)
            above = [a for a in asked if a.wave == wave]
            asked.append(Asked(entry, wave, _question(entry, key, above, books.get(wave)), key))
    for one in asked:
        known = [other for other in asked if other.wave == one.wave and other.yes_no and other is not one]
        for name in one.among:
            with found.each():
                named(one.entry, "among", name, known, what="another [[items]] of the same wave")
    return asked


def named(entry: Entry, key: str, name: str, known: Sequence[Asked], *, what: str) -> Asked:
    """Return the question that a key names by its label or its column."""
    labelled = [one for one in known if one.question.label == name != one.question.column]
    hits = labelled if len(labelled) == 1 else [one for one in known if one.question.column == name]
    if len(hits) == 1:
        return hits[0]
    if hits:
        raise entry.wrong(
            key,
            allowed="a column that only one of the [[items]] reads, or a label that one has",
            received=f"{name!r}, read by several",
            fix="Give each of them a label, and name it by that.",
        )
    every = [text for one in known for text in (one.question.column, one.question.label)]
    raise entry.names_none(
        key,
        name,
        "items",
        allowed=f"the column or label of {what}",
        fix=check.suggestion(name, list(dict.fromkeys(every)), "items"),
    )


def _kind(entry: Entry) -> str:
    """Tell which key says what is asked, and refuse keys that it cannot have beside it."""
    joining = [f"{how}_of" for how in get_args(t.Joining) if entry.has(f"{how}_of")]
    if entry.has("select_all"):
        _refuse_others(entry, "select_all", ("column", "all_of", *(c for c in CODING if c not in _SHARED)))
        return "select_all"
    if joining:
        _refuse_others(entry, joining[0], (*_KINDS, *CODING, *_CHOICES))
        return joining[0]
    if not entry.has("column"):
        raise entry.lacks(
            "column", allowed="one of column, select_all, any_of and all_of", fix='Write column = "...".'
        )
    for key in _CHOICES:
        if entry.has(key):
            raise entry.wrong(
                key,
                allowed="it beside select_all only",
                received="it beside column",
                fix="Write select_all = ... in place of column = ..., or split the column with [[choices]].",
            )
    return "column"


def _refuse_others(entry: Entry, key: str, never: tuple[str, ...]) -> None:
    others = [name for name in entry.values if name in never and name != key]
    if others:
        says = "Say in the [[items]] that it names which of their answers count."
        raise entry.wrong(
            key,
            allowed="no other keys beside it that say what is asked, or how a column is read",
            received=check.listing(others),
            fix=says
            if key != "select_all"
            else "Say ticked, choices and missing of the choices, or ask for a column.",
        )


def _question(entry: Entry, key: str, above: list[Asked], book: KnowsColumns | None) -> AnyQuestion:
    if key == "column":
        column = entry.text("column")
        with entry.blame("column"):
            known = known_to(book, column)
            return Item(column, label=entry.text("label", ""), **coding(entry), codebook=known)
    if key == "select_all":
        return _select_all(entry, book)
    named_above = [one for one in above if one.plain]
    what = "[[items]] of the same wave that stand above it, that are yes or no, without among"
    items = tuple(named(entry, key, name, named_above, what=what).item for name in entry.texts(key))
    with entry.blame(key):
        return Joined("any" if key == "any_of" else "all", items, entry.text("label", ""))


def known_to(book: KnowsColumns | None, column: str) -> KnowsColumns | None:
    """Return a codebook if it knows a column of answers; one that was split is none of the file's."""
    known = None if book is None else book.column(column)
    return None if known is None or known.role == "id" else book


def coding(entry: Entry) -> dict[str, Any]:
    """Return how the answers of a column are read, as the arguments of an item."""
    made: dict[str, Any] = {name: entry.answers(name) for name in _ANSWERS}
    return made | entry.given("at_least", "at_most", "each_level")


def _select_all(entry: Entry, book: KnowsColumns | None) -> SelectAll:
    columns = entry.texts("select_all")
    ticks = () if book is None or len(columns) != 1 else book.ticks(columns[0])
    known = book if ticks or (columns and all(known_to(book, name) for name in columns)) else None
    any_of = entry.values.get("any_of", {})
    if not isinstance(any_of, dict):
        raise entry.wrong(
            "any_of",
            allowed="beside select_all a table of names with the choices that count",
            value=any_of,
            fix='For example any_of = { "any support" = ["fees", "time"] }.',
        )
    with entry.blame("select_all"):
        return SelectAll(
            entry.values["select_all"],
            label=entry.text("label", ""),
            choices=entry.texts("choices"),
            any_of={
                name: [choices] if isinstance(choices, str) else choices for name, choices in any_of.items()
            },
            missing=entry.answers("missing"),
            answers=entry.answers("answers"),
            ticked=entry.answers("ticked"),
            **entry.given("separator", "none_of_these", "unticked", "number_chosen", "same", "other"),
            codebook=known,
        )
