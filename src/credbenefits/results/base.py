"""What every result can do: become a frame, print itself, and show itself in a notebook."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from credbenefits import _validation as check
from credbenefits._frozen import Frozen
from credbenefits._text import printable
from credbenefits.errors import InputError, RowNotFoundError
from credbenefits.results.output import frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from credbenefits._typing import Axes, Frame, FrameKind
    from credbenefits.results.parts import Parts, StudyWords

Row = TypeVar("Row")

_CSS = "font-size:90%;border-collapse:collapse"
_CELL = "padding:2px 8px;text-align:left;border-bottom:1px solid #ddd"
_P_VALUES = {"p_value", "p_adjusted"}

#: How a total is called where a group's value would stand.
ALL = "(all)"
#: People of a row's base group who gave no answer, by kind: not asked, refused, skipped, an answer declared
#: as missing without a reason, nothing. With n they are the whole group; all but the first were asked.
KIND_COLUMNS = ("n_not_asked", "n_refused", "n_skipped", "n_code", "n_blank")


def drawing(file: str, name: str) -> Callable[..., Axes]:
    """Fetch a drawing of `reporting/plots` by name when somebody plots: results know no figure.

    This and :meth:`TableResult.brief_parts` are the one way up the floors: imports that are not written as
    imports.
    """
    result: Callable[..., Axes] = getattr(import_module(f"credbenefits.reporting.plots.{file}"), name)
    return result


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class TableResult(Frozen):
    """Base of the results that are a table with a title and notes; they are frozen.

    ``frame_kind`` says of which library the tables of the call were: :meth:`to_frame` gives that kind back.
    It is no content: the same numbers from another kind of table are an equal result.
    """

    #: The file of `reporting/kinds` that makes its parts of a brief; empty where a brief takes nothing of it.
    _KIND: ClassVar[str] = ""

    frame_kind: FrameKind = field(default="pandas", compare=False, kw_only=True)

    def brief_parts(self, words: StudyWords) -> Parts:
        """Return what the result gives to a brief: sentences, tables, figures and cautions as data.

        :func:`credbenefits.brief` calls this, and nothing else, of everything that it is given.

        Parameters
        ----------
        words : StudyWords
            The words of the study.

        Returns
        -------
        Parts

        Raises
        ------
        InputError
            Where there is nothing to say about the result in a brief.

        Examples
        --------
        >>> import pandas as pd, credbenefits as cb
        >>> from credbenefits.results.parts import StudyWords
        >>> result = cb.proportions(pd.DataFrame({"job": ["yes"] * 40 + ["no"] * 80}), "job")
        >>> parts = result.brief_parts(StudyWords(people="graduates"))
        >>> " ".join(parts.findings[0].sentence)
        '33% of the 120 respondents reported job (40 of 120; 95% interval 26% to 42%).'
        """
        if not self._KIND:
            raise InputError(
                "results",
                allowed="results that a brief can show",
                received=type(self).__name__,
                fix="Give results of proportions(), compare_groups(), transitions(), weights, or a panel.",
            )
        made: Parts = import_module(f"credbenefits.reporting.kinds.{self._KIND}").parts(self, words)
        return made

    def _title(self) -> str:
        raise NotImplementedError

    def _columns(self) -> dict[str, list[Any]]:
        raise NotImplementedError

    def _notes(self) -> Sequence[str]:
        return ()

    def _shown(self) -> Sequence[str] | None:
        """Columns to print, where some would only crowd the screen; None prints all."""
        return None

    def _frame_columns(self) -> Mapping[str, Any]:
        """Return the columns of the data frame, where they are not those that are printed."""
        return self._columns()

    def _types(self) -> Mapping[str, str]:
        """Return the types of columns, for those in which no cell has a value to tell it by."""
        return {}

    def to_frame(self) -> Frame:
        """Return the table as a data frame, one row per number, proportions as proportions.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            Of the kind that the data were, which ``frame_kind`` names; pandas if they were none of these.
            Counts are whole numbers (int64), estimates and limits floats (float64), all else text. A number
            that is not defined is NaN; a cell without a value is missing (null in polars and pyarrow).

        Examples
        --------
        >>> import polars as pl, credbenefits as cb
        >>> cb.proportions(pl.DataFrame({"job": [1, 0, 1]}), "job").to_frame()["count"].to_list()
        [2]
        """
        return frame_of(self.frame_kind, self._frame_columns(), self._types())

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        columns = self._columns()
        names = [n for n in (self._shown() or columns) if n in columns]
        heads = [printable(n) for n in names]
        write = [p_words if n in _P_VALUES else cell for n in names]
        rows = zip(*(columns[n] for n in names), strict=True)
        return heads, [[printable(one(v)) for one, v in zip(write, row, strict=True)] for row in rows]

    def _around(self) -> tuple[str, list[str]]:
        return printable(self._title()), [printable(note) for note in self._notes()]

    def __repr__(self) -> str:
        names, rows = self._cells()
        widths = [max(len(n), *(len(r[i]) for r in rows), 0) if rows else len(n) for i, n in enumerate(names)]
        lines = [
            "  ".join(t.ljust(w) for t, w in zip(r, widths, strict=True)).rstrip() for r in [names, *rows]
        ]
        title, notes = self._around()
        return "\n".join([title, *lines, *(f"- {note}" for note in notes)])

    def _repr_html_(self) -> str:
        (names, rows), (title, said) = self._cells(), self._around()
        head = "".join(f'<th scope="col" style="{_CELL}">{html.escape(n)}</th>' for n in names)
        body = "".join(
            "<tr>" + "".join(f'<td style="{_CELL}">{html.escape(c)}</td>' for c in row) + "</tr>"
            for row in rows
        )
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in said)
        return (
            f'<table style="{_CSS}"><caption style="text-align:left">{html.escape(title)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            + (f"<ul>{notes}</ul>" if notes else "")
        )


def printed(result: TableResult) -> tuple[str, list[str], list[list[str]], list[str]]:
    """Return what a result prints: title, header, cells and notes."""
    header, cells = result._cells()
    title, notes = result._around()
    return title, header, cells, notes


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RowsResult(TableResult, Generic[Row]):
    """Base of the results that are a row per number: ``len()``, a loop over them, and rows by name."""

    #: The attribute that holds the rows, and the attributes of a row that name it.
    _HOLDS: ClassVar[str] = "rows"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("item", "label")
    #: The class of the rows.
    _ROW: ClassVar[Any]

    @property
    def _held(self) -> tuple[Row, ...]:
        held: tuple[Row, ...] = getattr(self, self._HOLDS)
        return held

    def _called(self) -> Iterable[tuple[object, ...]]:
        """Return what each row is called."""
        return [tuple(getattr(row, name) for name in self._NAMED_BY) for row in self._held]

    def _picked(self, places: Sequence[int]) -> Self:
        """Return the result with the rows at these places only."""
        return self._with_rows(tuple(self._held[place] for place in places))

    def _with_rows(self, rows: tuple[Row, ...]) -> Self:
        """Return the result with some of its rows only."""
        held: dict[str, Any] = {self._HOLDS: rows}
        return replace(self, **held)

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._held)

    def __contains__(self, name: object) -> bool:
        return any(name in called for called in self._called()) or name in self._held

    def __getitem__(self, name: str) -> Self:
        places = [place for place, called in enumerate(self._called()) if name in called]
        if not places or not isinstance(name, str):
            called = [getattr(row, by) for by in self._NAMED_BY for row in self._held]
            known = list(dict.fromkeys(called))
            raise RowNotFoundError(
                "name",
                allowed=f"what rows are called ({' or '.join(self._NAMED_BY)})",
                value=name,
                fix=check.suggestion(name, known, "names")
                if isinstance(name, str)
                else f"For a row by its place: .{self._HOLDS}[0].",
            )
        return self._picked(places)

    def _columns(self) -> dict[str, list[Any]]:
        return {f.name: [getattr(row, f.name) for row in self._held] for f in fields(self._ROW)}

    def _types(self) -> dict[str, str]:
        return {f.name: str(f.type).removesuffix(" | None") for f in fields(self._ROW)}


def level_words(confidence_level: float) -> str:
    """Write a confidence level as it is: 95%, 99.5%."""
    return f"{100 * confidence_level:.10g}%"


def p_words(p: float) -> str:
    """Write a p-value, which is never 0: four decimals, or that it is less than these can say."""
    if math.isnan(p):
        return "–"
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"


def many(n: int, one: str, more: str) -> str:
    """Write a number and what there are so many of, in the singular or the plural."""
    return f"{n:,} {one if n == 1 else more}"


def kinds_reported(rows: Sequence[object]) -> tuple[str, ...]:
    """Return the columns of kinds to print: those that occur, unless what is missing is blank throughout."""
    result = tuple(name for name in KIND_COLUMNS if any(getattr(row, name) for row in rows))
    return () if result == ("n_blank",) else result


def kind_words(kinds: Sequence[int]) -> str:
    """Write how many gave which kind of no answer, in the order of `KIND_COLUMNS`.

    For example "12 refused, 28 left it blank; 40 were not asked".
    """
    not_asked, *unanswered = kinds
    said = ("refused", "skipped", "coded as missing", "left it blank")
    reported = ", ".join(f"{n:,} {words}" for n, words in zip(unanswered, said, strict=True) if n)
    aside = f"{not_asked:,} {'was' if not_asked == 1 else 'were'} not asked" if not_asked else ""
    return "; ".join(filter(None, (reported, aside)))


def people_words(n: int, people: str) -> str:
    """Write how many people; their name is a plural, which we cannot put into the singular."""
    return f"1 person among the {people}" if n == 1 else f"{n:,} {people}"


def who_did(people: str, did: str) -> str:
    """Say what people did: "nurses who answered", or "patients who came back and answered"."""
    return f"{people} {'and' if ' who ' in people else 'who'} {did}"


def population_words(population: str, size: int | None) -> str:
    """Write whom weights speak for, after how many these are, if that is known."""
    return f"{size:,} {population}" if size else population


def cell(value: object) -> str:
    """Write one cell: four decimals for numbers that are not whole, a dash for none."""
    if isinstance(value, float):
        if math.isnan(value):
            return "–"
        return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, tuple):
        return ", ".join(str(v) for v in value)
    return "–" if value is None else str(value)
