"""From the bytes of a text file to its cells: the encoding, the delimiter, and what is no row."""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from credbenefits.errors import InputError
from credbenefits.exports.source import Cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray
    from credbenefits.exports.source import Options, Source

#: What may stand between cells, the likeliest first.
DELIMITERS = (",", ";", "\t", "|")
#: How files begin that say their encoding. That of four bytes begins as that of two does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WINDOWS = {"cp1252", "windows-1252", "1252"}
#: Bytes that are no letter in cp1252.
_NO_LETTERS = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
#: A first line that tells a spreadsheet what stands between the cells.
_SEP = re.compile(rb'"?sep=(.)"?\r?\n', re.IGNORECASE)
#: How pages and JSON begin, which some tools write into files called .xls or .csv.
_NO_TABLE = re.compile(rb'\s*(?:<!doctype|<html|<\?xml|<table|\{\s*"|\[\s*[{\[])', re.IGNORECASE)
#: So many bytes are looked at first, and so many records at most. Less than `_FEW` records are not enough.
_HEAD, _MOST, _FEW = 1 << 18, 200, 8
_CHUNK = 1 << 22
#: How many bits are set in each byte.
_ONES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1, dtype=np.uint8)


def cells(source: Source, options: Options) -> Cells:
    """Return the cells of a text file."""
    _refuse_delimiter(options.delimiter)
    content, encoding, notes = _letters(source, options)
    if _NO_TABLE.match(content):
        raise source.wrong(
            "a table of rows and cells",
            "which is a page (HTML, XML) or JSON",
            "Export it anew as CSV or .xlsx.",
        )
    content = content.lstrip(b"\r\n")
    if b"\n" not in content:  # lines end as they did on old machines
        content = content.replace(b"\r", b"\n")
    said = _SEP.match(content)
    if said:
        content = content[said.end() :]
    delimiter = _delimiter(
        source, options, said.group(1).decode("latin-1") if said else None, content=content
    )
    text = _Text(source, content, encoding, delimiter)
    top = _top(text)
    if not top:
        raise source.wrong("a file with a row of headings", "which is empty", "Export it anew.")
    notes += _how(source, delimiter, said=bool(said))
    result = Cells(top, lambda skip, names: _frame(text, result, skip, names))
    result.notes.extend(notes)
    return result


def _refuse_delimiter(delimiter: str | None) -> None:
    """Refuse what cannot stand between cells."""
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n'):
        raise InputError(
            "delimiter",
            allowed="one character that stands between cells",
            value=delimiter,
            fix="For example: ';'.",
        )


def _how(source: Source, delimiter: str, *, said: bool) -> list[str]:
    """Say what stands between the cells, where it is not what the name of the file says."""
    names = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}
    if said:
        return ["The first line is a note for a spreadsheet (sep=), and no row."]
    if delimiter == "," or (delimiter == "\t" and ".tsv" in source.name):
        return []
    return [f"{names.get(delimiter, repr(delimiter)).capitalize()} stand between the cells."]


# ---- letters -----------------------------------------------------------------------------------------


def _letters(source: Source, options: Options) -> tuple[bytes, str, list[str]]:
    """Return what a file says without a mark at its beginning, the encoding of that, and notes.

    The encoding is UTF-8 or, which is read as fast, cp1252; what is in others is written in UTF-8.
    """
    content = source.content
    mark, marked = next(((m, name) for m, name in _MARKS if content.startswith(m)), (b"", None))
    encoding = options.encoding or marked or _by_zeros(content[:1000])
    if encoding is None:
        encoding = "utf-8" if _is_utf8(content) else "cp1252"
    plain = content[len(mark) :]
    windows = encoding.lower() in _WINDOWS
    if windows and any(letter in plain for letter in _NO_LETTERS):
        raise _other_letters(source, encoding)
    if not windows and (encoding != "utf-8" or options.encoding):
        plain = _again(source, plain, encoding)
    if b"\0" in plain:
        raise source.wrong(
            "a text file, or one of a kind that can be read",
            "which has NUL bytes and is neither",
            "Export it anew as CSV.",
        )
    guessed = encoding == "cp1252" and not options.encoding
    return (
        plain,
        "cp1252" if windows else "utf-8",
        ["The letters are not UTF-8 and were read as Windows wrote them (cp1252); for others give encoding=."]
        if guessed
        else [],
    )


def _is_utf8(content: bytes) -> bool:
    if content.isascii():
        return True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _by_zeros(head: bytes) -> str | None:
    """Tell UTF-16 without a mark at its beginning: plain letters have a zero before or behind them."""
    if len(head) < 4 or b"\0" not in head:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) / 4
    return "utf-16-le" if odd > half > even else "utf-16-be" if even > half > odd else None


def _again(source: Source, content: bytes, encoding: str) -> bytes:
    """Write a text in UTF-8."""
    try:
        return content.decode(encoding).removeprefix("\ufeff").encode("utf-8")
    except LookupError as problem:
        raise InputError(
            "encoding", allowed="the name of an encoding", value=encoding, fix="For example: 'cp1252'."
        ) from problem
    except UnicodeDecodeError as problem:
        raise _other_letters(source, encoding) from problem


def _other_letters(source: Source, encoding: str) -> InputError:
    return source.wrong(
        f"a text file in {encoding}", "which is in another encoding", "Give encoding=, e.g. 'latin-1'."
    )


# ---- the first records -------------------------------------------------------------------------------


def _delimiter(source: Source, options: Options, said: str | None, *, content: bytes) -> str:
    """Return what stands between the cells: as declared, or what makes the first records alike."""
    if options.delimiter is not None:
        return options.delimiter
    if said is not None:
        return said
    head = content[:_HEAD]
    return max(DELIMITERS, key=lambda mark: _alike(_top(_Text(source, head, "latin-1", mark))[:50]))


def _alike(records: Sequence[Sequence[str]]) -> tuple[float, int]:
    """Return how many of the records are as wide as the first, and how wide it is; one cell is no width."""
    width = len(records[0]) if records else 0
    if width < 2:
        return 0.0, 0
    return sum(len(record) == width for record in records) / len(records), width


def _top(text: _Text) -> list[list[str]]:
    """Return the first records, which may have line breaks in their cells."""
    content = text.content
    size = _HEAD
    while True:
        whole = size >= len(content)
        head = content if whole else content[: content.rfind(b"\n", 0, size) + 1]
        records = [record for record, _ in zip(text.records(head), range(_MOST), strict=False)]
        cut = not whole and len(records) < _MOST
        if cut and len(records) <= _FEW:
            size *= 8
            continue
        return records[:-1] if cut else records


# ---- all records -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Text:
    """A text, the encoding of its letters, and what stands between its cells."""

    source: Source
    content: bytes
    encoding: str
    delimiter: str

    def records(self, content: bytes) -> Iterator[list[str]]:
        """Yield the records of a part that are not empty lines, up to one that is too long to be one."""
        lines = io.StringIO(content.decode(self.encoding, errors="replace"), newline="")
        with suppress(csv.Error):
            yield from (record for record in csv.reader(lines, delimiter=self.delimiter) if record)

    def below(self, skip: int) -> int:
        """Return where the text below so many records begins."""
        taken = 0

        def lines() -> Iterator[str]:
            nonlocal taken
            start = 0
            while start < len(self.content):
                end = self.content.find(b"\n", start) + 1 or len(self.content)
                taken = end
                yield self.content[start:end].decode(self.encoding)
                start = end

        records = (record for record in csv.reader(lines(), delimiter=self.delimiter) if record)
        for _ in zip(range(skip), records, strict=False):
            pass
        return taken


def _frame(text: _Text, cells: Cells, skip: int, names: Sequence[str]) -> pd.DataFrame:
    """Return the records below the first ones, and count what is no row."""
    start = text.below(skip)
    body = io.BytesIO(text.content)
    body.seek(start)
    with warnings.catch_warnings():
        # A row with more cells than the header would shift every answer into another column.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            frame = pd.read_csv(
                body,
                sep=text.delimiter,
                encoding=text.encoding,
                header=None,
                names=list(names),
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                index_col=False,
            )
        except (pd.errors.ParserError, pd.errors.ParserWarning) as problem:
            raise _uneven(text, skip, len(names)) from problem
    empty, short = _no_rows(text, start, frame)
    if empty:
        cells.taken_out["empty rows"] = cells.taken_out.get("empty rows", 0) + empty
    if short:
        cells.notes.append(
            f"{short:,} {'row has' if short == 1 else 'rows have'} fewer cells than there are columns; "
            f"the cells that lack at the end count as empty."
        )
    return frame


def _uneven(text: _Text, skip: int, width: int) -> InputError:
    """Make the error about a row with more cells than there are columns, or a quote that does not close."""
    what, fix = (
        "in which a cell opens with a double quote that nothing closes",
        "Close the quotes, or export the file anew.",
    )
    for number, record in enumerate(text.records(text.content[text.below(skip) :]), 1):
        if len(record) > width:
            what = f"whose row {number:,} below the header has {len(record):,} cells for {width:,} columns"
            fix = "Put cells that hold the delimiter in double quotes, or give delimiter= if it is another."
            break
    return text.source.wrong("a file with a cell per column in every row", what, fix)


def _no_rows(text: _Text, start: int, frame: pd.DataFrame) -> tuple[int, int]:
    """Count the empty lines between rows, and the rows that have fewer cells than there are columns.

    The delimiters and line ends outside of quotes say whether there are any. Only if the delimiters do not
    fit, the records are read again one by one.
    """
    n, width = frame.shape
    end = len(text.content)
    while end > start and text.content[end - 1] in b"\r\n ":
        end -= 1
    if end <= start:
        return 0, 0
    marks, breaks = _outside(text.content[start:end], text.delimiter)
    if marks in (n * (width - 1), n * width):  # the latter where each row ends in a delimiter
        return max(breaks + 1 - n, 0), 0
    empty = short = 0
    with suppress(csv.Error):
        lines = io.StringIO(text.content[start:end].decode(text.encoding), newline="")
        for record in csv.reader(lines, delimiter=text.delimiter):
            nothing = not record or (len(record) == 1 and width > 1 and not record[0].strip(" "))
            empty += nothing
            short += not nothing and len(record) < width
    return empty, short


def _outside(content: bytes, delimiter: str) -> tuple[int, int]:
    """Count the delimiters and the line ends outside of quotes."""
    mark = delimiter.encode()
    if b'"' not in content:
        return content.count(mark), content.count(b"\n")
    marks = breaks = 0
    inside = np.uint64(0)
    for first in range(0, len(content), _CHUNK):
        part = np.frombuffer(content, dtype=np.uint8, count=min(_CHUNK, len(content) - first), offset=first)
        quoted = _bits(part == ord('"'))
        for step in (
            1,
            2,
            4,
            8,
            16,
            32,
        ):  # a bit becomes the parity of all quotes up to its place in its word
            quoted ^= quoted << np.uint64(step)
        odd = quoted >> np.uint64(63)
        before = np.bitwise_xor.accumulate(np.concatenate([[inside], odd]))
        quoted ^= np.uint64(0) - before[:-1]
        inside = before[-1]
        marks += _n_bits(_bits(part == ord(mark)) & ~quoted)
        breaks += _n_bits(_bits(part == ord("\n")) & ~quoted)
    return marks, breaks


def _bits(where: BoolArray) -> NDArray[np.uint64]:
    """Put truths into words of 64 bits, the first of them lowest."""
    packed = np.packbits(where, bitorder="little")
    whole = np.zeros(-(-len(packed) // 8) * 8, dtype=np.uint8)
    whole[: len(packed)] = packed
    return whole.view("<u8").astype(np.uint64, copy=False)


def _n_bits(words: NDArray[np.uint64]) -> int:
    return int(_ONES[words.view(np.uint8)].sum(dtype=np.int64))
