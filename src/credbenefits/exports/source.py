"""A file that is to be read: its bytes, where they come from, and what is known of how to read them."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from credbenefits._typing import Decimal, KeptRows
    from credbenefits.results.output import DataFrame

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
#: In an archive: what makes it a workbook, and what an operating system adds to archives.
_WORKBOOK, _ADDED = "xl/", ("__MACOSX/", ".")
#: How a file is called that has no name.
_FROM_MEMORY = "the file"


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says of the file; None is found out."""

    delimiter: str | None = None
    encoding: str | None = None
    decimal: Decimal | None = None
    header_rows: int | None = None
    keep: tuple[KeptRows, ...] = ()
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a file that is not packed, the name it has, and its place on the disk if it is there."""

    content: bytes
    name: str = _FROM_MEMORY
    path: Path | None = None

    def wrong(self, allowed: str, received: str, fix: str) -> InputError:
        """Make the error about the file, which repeats none of what is in it."""
        return InputError("path", allowed=allowed, received=f"{self.name}, {received}", fix=fix)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a file, all of them text, as a text file or a worksheet has them.

    Attributes
    ----------
    top : sequence of sequence of str
        The first records, headers among them, as many as it takes to know the tool.
    rows : callable
        ``rows(skip, names)`` returns the records below the first `skip` in a frame of text with these
        columns; an empty cell is missing.
    notes : list of str
        What is to be known of the file; `rows` adds to it.
    taken_out : dict of str to int
        What was in the file and is in no row, by reason; `rows` adds to it.
    """

    top: Sequence[Sequence[str]]
    rows: Callable[[int, Sequence[str]], DataFrame]
    notes: list[str] = field(default_factory=list)
    taken_out: dict[str, int] = field(default_factory=dict)


def opened(path: object) -> Source:
    """Take the bytes of a path, of a file that is open, or the bytes themselves; unpack them."""
    if isinstance(path, (bytes, bytearray, memoryview)):
        return _unpacked(Source(bytes(path)))
    if isinstance(path, str) and any(mark in path for mark in "\n\r\0"):
        raise InputError(
            "path",
            allowed="a path, bytes, or a file that is open",
            received="text of several lines, which is no path",
            fix="Give the text of a file as bytes: text.encode().",
        )
    if isinstance(path, (str, os.PathLike)):
        place = Path(os.fspath(path))
        try:
            content = place.read_bytes()
        except OSError as problem:
            raise InputError(
                "path",
                allowed="a file that can be read",
                received=f"{place.name!r} ({problem.strerror or type(problem).__name__})",
                fix="It is a folder: name a file in it."
                if place.is_dir()
                else "Check the name and the folder.",
            ) from problem
        return _unpacked(Source(content, repr(place.name), place))
    read: Any = getattr(path, "read", None)
    if read is None:
        raise InputError(
            "path",
            allowed="a path, bytes, or a file that is open",
            value=path,
            fix="For example: 'wave1.csv'.",
        )
    return _unpacked(Source(_taken(read)))


def _taken(read: Callable[[], Any]) -> bytes:
    """Take all that an open file holds."""
    try:
        taken = read()
    except UnicodeDecodeError as problem:
        raise InputError(
            "path",
            allowed="a file that is open for reading bytes",
            received="a file that is open as text, which it is not",
            fix="Open it with open(path, 'rb'), or give its path.",
        ) from problem
    return taken.encode() if isinstance(taken, str) else bytes(taken)


def _unpacked(source: Source) -> Source:
    """Return what is in a packed file; a workbook, which is packed too, stays as it is."""
    if source.content.startswith(_GZIP):
        try:
            return _unpacked(replace(source, content=gzip.decompress(source.content), path=None))
        except (OSError, EOFError) as problem:
            raise source.wrong(
                "a file that can be unpacked", "which is damaged", "Fetch it again."
            ) from problem
    if not source.content.startswith(_ZIP):
        return source
    try:
        with zipfile.ZipFile(io.BytesIO(source.content)) as packed:
            names = packed.namelist()
            if any(name.startswith(_WORKBOOK) for name in names):
                return source
            files = [n for n in names if not n.endswith("/") and not n.startswith(_ADDED)]
            if len(files) != 1:
                raise source.wrong(
                    "an archive of one file",
                    f"which holds {len(files):,} files",
                    "Unpack it, and read each file by itself.",
                )
            content = packed.read(files[0])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as problem:
        raise source.wrong(
            "an archive that can be unpacked", "which is damaged or has a password", "Unpack it by hand."
        ) from problem
    return _unpacked(replace(source, content=content, path=None))
