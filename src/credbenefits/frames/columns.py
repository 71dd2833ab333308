"""Columns as categories: integer codes into a short list of levels, missing as -1."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isfinite, prod
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import (
    category_codes,
    line_sizes,
    number_codes,
    objects,
    sizes_of,
    text_codes,
)
from credbenefits.frames.header_rows import refuse_headings
from credbenefits.frames.names import identifies
from credbenefits.questions.spelling import canonical, declared_spellings, label, raw_text, token_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import IntArray, Value
    from credbenefits.frames.boundary import NarwhalsFrame

#: More different values than this are measurements, not categories.
MOST_LEVELS = 200
#: Answers of which a note lists the spellings.
MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Categories:
    """A column as codes 0.. into `levels`; -1 is missing.

    Levels are in the order that the column's type or the caller declares, otherwise numbers by size, days
    by date, and words. `declared` are all levels of a declared order, among them those that nobody gave.
    `order` are those of any declared order, whether it lists all that could be given or not.
    `joined` counts per level the rows where it is spelled in another way than it is shown. `broken` has,
    by their canonical form, the levels that some cell writes in several lines, or with tabs. `cells` are what
    the file holds. `rows` are those of each level and, last, those without an answer, where they are known. A
    column that was counted elsewhere has them and no codes.
    """

    column: str
    codes: IntArray
    levels: tuple[Any, ...]
    declared: tuple[Any, ...] = ()
    joined: tuple[Joined, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    cells: Cells | None = None
    rows: IntArray | None = None

    @property
    def spellings(self) -> list[tuple[str, int, int]]:
        """Every answer as it is written, the place of its level, and its rows; an empty text where none is.

        Two cells that are written alike are one. Numbers have no exponent: as text they stay numbers.
        """
        if self.cells is None:
            read = [
                (_as_written(v), i, int(n))
                for i, (v, n) in enumerate(zip(self.levels, self.sizes(), strict=True))
            ]
            return [*read, *([("", -1, self.n_blank)] if self.n_blank else [])]
        cells = self.cells
        *rows, blank = cells.sizes().tolist()
        times: dict[tuple[str, int], int] = {}
        for value, level, n in zip(cells.values, cells.levels, rows, strict=False):
            text = _as_written(value) if level >= 0 else ""
            times[text, level] = times.get((text, level), 0) + n
        if blank:
            times["", -1] = times.get(("", -1), 0) + blank
        return [(text, int(level), n) for (text, level), n in times.items() if n]

    @property
    def labels(self) -> tuple[str, ...]:
        """The levels as text."""
        return tuple(label(level) for level in self.levels)

    @property
    def written(self) -> tuple[str, ...]:
        """The levels as text with the line breaks and tabs inside, which may stand between answers."""
        if not self.broken:
            return self.labels
        return tuple(self.broken.get(canonical(level), label(level)) for level in self.levels)

    @property
    def note(self) -> str:
        """Which spellings were read as one answer; empty if none were."""
        secret = bool(self.joined) and identifies(self.levels, self.sizes())
        return "; ".join(joined_words(self.column, self.joined, secret=secret))

    @property
    def unused(self) -> tuple[Any, ...]:
        """The levels that are declared and that nobody gave."""
        given = {canonical(level) for level in self.levels} if self.declared else set()
        return tuple(level for level in self.declared if canonical(level) not in given)

    @property
    def n_rows(self) -> int:
        """Rows of the column."""
        return self.codes.size if self.rows is None else int(self.rows.sum())

    @property
    def n_blank(self) -> int:
        """Rows without an answer."""
        return int((self.codes < 0).sum()) if self.rows is None else int(self.rows[-1])

    def sizes(self) -> IntArray:
        """Rows at each level."""
        if self.rows is not None:
            return self.rows[:-1]
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.levels)).astype(np.int64)

    def without(self, values: Sequence[Value]) -> Categories:
        """Turn the given answers into missing."""
        wanted = {canonical(v) for v in values}
        if not wanted:
            return self
        declared = tuple(v for v in self.declared if canonical(v) not in wanted)
        keep = np.array([canonical(level) not in wanted for level in self.levels], dtype=bool)
        if keep.all():
            return self if len(declared) == len(self.declared) else replace(self, declared=declared)
        new_code = np.where(keep, np.cumsum(keep) - 1, -1)
        codes = np.append(new_code, -1)[self.codes]  # code -1 reads the appended -1
        levels = tuple(v for v, k in zip(self.levels, keep, strict=True) if k)
        rows = self.rows
        if rows is not None:
            rows = np.append(rows[:-1][keep], rows[-1] + rows[:-1][~keep].sum())
        joined = tuple(each for each in self.joined if canonical(each.shown) not in wanted)
        return replace(
            self,
            codes=codes.astype(np.int64),
            levels=levels,
            declared=declared,
            joined=joined,
            cells=None,
            rows=rows,
        )


@dataclass(frozen=True, slots=True)
class Cells:
    """The different cells of a column: which of them each row holds, and the level of each; -1 for none.

    `rows` are those of each cell and, last, those that are blank, where a row stands for several.
    """

    values: Sequence[Any]
    codes: IntArray
    levels: Sequence[int]
    rows: IntArray | None = None

    def sizes(self) -> IntArray:
        """Rows of each cell and, last, those that are blank."""
        return sizes_of(self.codes, len(self.values), None) if self.rows is None else self.rows


@dataclass(frozen=True, slots=True)
class Joined:
    """A level that was written in several ways: how it is shown, its other spellings, and their rows."""

    shown: str
    others: tuple[str, ...]
    rows: int

    @property
    def words(self) -> str:
        """Say what was read as one answer."""
        return f"{check.listing(self.others)} ({_rows(self.rows)}) read as {self.shown!r}"


def _as_written(value: object) -> str:
    """Return a cell as text, which reads as the same answer."""
    if isinstance(value, float) and not value.is_integer() and isfinite(value):
        return np.format_float_positional(value, trim="-")
    return raw_text(value)


def counted(
    column: str,
    spellings: Sequence[tuple[str, int]],
    *,
    blank: int,
    order: Sequence[str] = (),
    closed: bool = False,
) -> Categories:
    """Make what `encode` makes, of the answers as they were written and the rows of each."""
    codes = np.array([-1], dtype=np.int64)
    made = _spelled_once(
        column,
        codes,
        [text for text, _ in spellings],
        (order, closed),
        rows=np.array([n for _, n in spellings]),
    )
    assert made.cells is not None
    rows = np.zeros(len(made.levels) + 1, dtype=np.int64)
    for level, (_, n) in zip(made.cells.levels, spellings, strict=False):
        rows[level] += n
    rows[-1] += blank
    return replace(made, cells=None, rows=rows)


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"


def joined_words(column: str, joined: Sequence[Joined], *, secret: bool) -> list[str]:
    """Say in at most one note which spellings of a column were read as one answer.

    Of values that might say who people are, which is `secret`, the note gives the number alone.
    """
    if not joined:
        return []
    if secret:
        rows, values = sum(each.rows for each in joined), len(joined)
        were = "value was" if values == 1 else "values were"
        return [f"{column}: {values:,} {were} written in several ways ({_rows(rows)})"]
    reported = "; ".join(each.words for each in joined[:MOST_SHOWN])
    more = len(joined) - MOST_SHOWN
    return [f"{column}: {reported}" + (f"; and {more:,} more answers" if more > 0 else "")]


def encode(
    frame: NarwhalsFrame,
    column: str,
    argument: str = "data",
    *,
    levels: Sequence[Value] = (),
    short: bool = False,
) -> Categories:
    """Read a column as categories; blank text is missing, and the spellings of an answer are one level.

    `levels` declares all of them in order, whatever the column's type says. Where codes may be `short` they
    have 8 or 16 bits if these are enough: less to read and write, but nothing to reckon with.
    """
    whole = frame.to_native()
    if isinstance(whole, pd.DataFrame) and not levels:  # common, and without the cost of wrapping the column
        values = whole[column]
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biu" and len(values):
            small = number_codes(values.to_numpy(), 4 * MOST_LEVELS, short=short)
            if small is not None:
                codes, levels, rows = small
                return Categories(column, codes, levels, rows=rows)
    series = frame.get_column(column)
    native = series.to_native()
    # pandas numbers its own text columns without making a Python string of every cell.
    text = isinstance(native, pd.Series) and isinstance(native.dtype, pd.StringDtype)
    numbered = None if text else text_codes(series) or category_codes(native)
    cells: Sequence[Any]
    if numbered is not None:
        codes, cells = numbered[0], list(map(_plain, numbered[1]))
    else:
        try:
            codes, result = pd.factorize(native if text else objects(frame, column), use_na_sentinel=True)
        except TypeError as problem:
            raise not_one_answer(column, series.dtype, argument) from problem
        cells = np.asarray(result, dtype=object).tolist() if text else list(map(_plain, result))
    if series.dtype == nw.Float32:
        cells = [
            float(str(np.float32(v))) for v in np.asarray(cells, dtype=np.float64).tolist()
        ]  # 0.1 as it was written, not 0.10000000149
    order = (levels, True) if levels else declared(series)
    lines = line_sizes(frame)
    if lines is not None:
        return _of_lines(column, codes, cells, order, lines=lines)
    made = _spelled_once(column, codes, cells, order, short=short)
    refuse_headings(frame, column, made.codes, made.levels)
    return made


def not_one_answer(column: str, kind: nw.dtypes.DType, argument: str) -> InputError:
    """Return the error for a column of lists."""
    return InputError(
        argument,
        allowed="a column with one answer per row",
        received=f"{column!r}, whose cells are lists or the like ({kind})",
        fix="Make one column per answer; text such as 'a,b' goes through split_choices().",
    )


def _of_lines(
    column: str,
    codes: IntArray,
    values: Sequence[Any],
    declared: tuple[Sequence[Any], bool],
    *,
    lines: IntArray,
) -> Categories:
    """Make categories of lines that stand for so many rows."""
    each = sizes_of(codes, len(values), lines)
    made = _spelled_once(column, codes, values, declared, rows=each[:-1])
    assert made.cells is not None
    rows = sizes_of(made.codes, len(made.levels), lines)
    return replace(made, rows=rows, cells=replace(made.cells, rows=each))


def _spelled_once(
    column: str,
    codes: IntArray,
    values: Sequence[Any],
    declared: tuple[Sequence[Any], bool],
    *,
    rows: IntArray | None = None,
    short: bool = False,
) -> Categories:
    """Join the values that are spellings of one answer, and put the answers in order.

    The `rows` of each value are counted from the codes unless they are given.
    """
    tokens = list(map(canonical, values))
    if not declared[0] and len({"", *tokens}) > len(tokens):  # most columns of units, with many values
        return _all_different(column, codes, values, tokens, short=short)
    spellings: dict[str, list[int]] = {}
    for i, token in enumerate(tokens):
        if token:  # blank text is no answer
            spellings.setdefault(token, []).append(i)
    several = len(spellings) < len(values)
    if rows is None:
        rows = np.bincount(codes[codes >= 0], minlength=len(values)) if several else codes
    order, closed = declared
    place = {canonical(v): i for i, v in reversed(list(enumerate(order)))}
    written = declared_spellings(order) if closed else {}
    shown: dict[str, Any] = {}
    joined: dict[str, Joined] = {}
    for token, places in spellings.items():
        if len(places) == 1:
            value = values[places[0]]
            shown[token] = written.get(token, label(value)) if isinstance(value, str) else value
            continue
        shown[token], others = _shown_as([values[i] for i in places], rows, places, written.get(token))
        if others:
            joined[token] = others
    # More levels than can be shown, such as those of clusters, need no order but the same one every time.
    tokens = sorted(shown, key=token_order if len(shown) <= MOST_LEVELS else None)
    if place:
        tokens.sort(key=lambda t: place.get(t, len(place)))
    rank = _ranks([spellings[token] for token in tokens], len(values))
    every = tuple(shown.get(t, _as_shown(order[i])) for t, i in sorted(place.items(), key=itemgetter(1)) if t)
    return Categories(
        column,
        np.array(rank, dtype=_kind(len(values), short=short))[codes],
        tuple(shown[t] for t in tokens),
        every if closed else (),
        tuple(joined[t] for t in tokens if t in joined),
        _broken(values),
        tuple(map(label, order)),
        Cells(values, codes, rank),
    )


def _broken(values: Sequence[Any]) -> dict[str, str]:
    """Return the values with a line break or a tab inside, by their canonical form."""
    texts = [raw_text(v).strip() for v in values if isinstance(v, str) and not v.isprintable()]
    return {canonical(text): text for text in texts if "\n" in text or "\t" in text}


def _all_different(
    column: str, codes: IntArray, values: Sequence[Any], tokens: Sequence[str], *, short: bool
) -> Categories:
    """Put values in order of which no two are one answer."""
    keys = list(map(token_order, tokens)) if len(tokens) <= MOST_LEVELS else tokens
    order = sorted(range(len(tokens)), key=keys.__getitem__)
    rank = np.full(len(tokens) + 1, -1)  # the last place is read by code -1
    rank[order] = np.arange(len(tokens))
    # Text that is its token but for the case is shown as it is, which spares taking it apart again.
    same = [isinstance(v, str) and v.casefold() == t for v, t in zip(values, tokens, strict=True)]
    levels = tuple(values[i] if same[i] else _as_shown(values[i]) for i in order)
    cells = Cells(values, codes, rank)  # type: ignore[arg-type]
    level = rank.astype(_kind(len(values), short=short))[codes]
    return Categories(column, level, levels, broken=_broken(values), cells=cells)


def _kind(n: int, *, short: bool) -> type[np.signedinteger[Any]]:
    """Return the type of the codes of n values."""
    return np.int16 if short and n < np.iinfo(np.int16).max else np.int64


def _ranks(places: Sequence[Sequence[int]], n: int) -> list[int]:
    """Return the level of each of n values; a last one more is read by code -1."""
    rank = [-1] * (n + 1)
    for level, some in enumerate(places):
        for i in some:
            rank[i] = level
    return rank


def _shown_as(
    values: list[Any], rows: IntArray, places: list[int], declared: str | None
) -> tuple[Any, Joined | None]:
    """Return the spelling that is declared or else that most rows have, and the others.

    Of several that as many rows have, it is the first in order.
    """
    times: dict[str, int] = {}
    for value, i in zip(values, places, strict=True):
        times[label(value)] = times.get(label(value), 0) + int(rows[i])
    best = declared or min(times, key=lambda text: (-times[text], text))
    alike = [v for v in values if label(v) == best]
    kept = next((v for v in alike if not isinstance(v, str)), best)
    others = sorted({raw_text(v) for v in values} - {best})
    n = sum(int(rows[i]) for v, i in zip(values, places, strict=True) if raw_text(v) != best)
    return kept, Joined(best, tuple(others), n) if others else None


def _as_shown(value: Any) -> Any:  # noqa: ANN401 - a level is whatever the cells hold
    return label(value) if isinstance(value, str) else value


def _plain(value: object) -> object:
    if not isinstance(value, np.generic):
        return value
    plain = value.item()
    # Times to the nanosecond have no plain value: item() gives their count of nanoseconds.
    times = isinstance(value, (np.datetime64, np.timedelta64)) and isinstance(plain, int)
    return pd.Series([value]).iloc[0] if times else plain


def declared(series: nw.Series[Any]) -> tuple[Sequence[Any], bool]:
    """Return the categories in the order that the column's type declares, and whether it lists all answers.

    Categories that pandas found in the data and sorted as text declare nothing.
    """
    native = series.to_native()
    if isinstance(native, pd.Series) and isinstance(native.dtype, pd.CategoricalDtype):
        listed = list(native.cat.categories)
        if native.cat.ordered or listed != sorted(listed, key=str):
            return listed, bool(native.cat.ordered)
        return (), False
    if getattr(getattr(native, "type", None), "ordered", False):  # an Arrow dictionary that says so
        chunks = native.unify_dictionaries()
        return (chunks.chunk(0).dictionary.to_pylist() if chunks.num_chunks else ()), True
    return (list(series.dtype.categories), True) if isinstance(series.dtype, nw.Enum) else ((), False)


def refuse_too_many(categories: Categories, argument: str) -> None:
    """Refuse a column that is a measurement or free text."""
    if len(categories.levels) > MOST_LEVELS:
        raise InputError(
            argument,
            allowed=f"a column of at most {MOST_LEVELS} different answers",
            received=f"{categories.column!r} with {len(categories.levels):,} different values",
            fix=f"Cut numbers into groups, bins={{{categories.column!r}: [...]}}, or group its answers first."
            if argument == "by"
            else "Group its answers first; numbers can be cut, e.g. with pandas.cut.",
        )


def combine(parts: Sequence[Categories]) -> tuple[IntArray, tuple[tuple[str, ...], ...]]:
    """Cross several columns: one code per row (-1 where any is missing) and the crossed labels.

    Only combinations that occur are kept, in order of the columns' levels.
    """
    code = parts[0].codes.copy()
    missing = code < 0
    for part in parts[1:]:
        code = code * max(len(part.levels), 1) + part.codes
        missing |= part.codes < 0
    code[missing] = -1
    if parts[0].codes.size >= prod(len(part.levels) for part in parts):
        # Counting is many times faster than sorting, where the numbers are not far apart.
        there = np.append(np.bincount(code + 1)[1:] > 0, False)
        seen = np.flatnonzero(there)
        dense = np.where(there, np.cumsum(there) - 1, -1)[code]
    else:
        seen = np.unique(code[~missing])
        dense = np.searchsorted(seen, code)
        dense[missing] = -1
    labels = []
    last_first = [part.labels for part in reversed(parts)]
    for value in seen.tolist():
        names: list[str] = []
        for texts in last_first:
            value, level = divmod(value, max(len(texts), 1))  # noqa: PLW2901
            names.append(texts[level])
        labels.append(tuple(reversed(names)))
    return dense.astype(np.int64), tuple(labels)
