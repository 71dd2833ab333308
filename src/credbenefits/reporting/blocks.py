"""A brief before it has a format: paragraphs, lists, tables and figures, all plain text inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


class Strong(str):
    """Text to emphasise."""

    __slots__ = ()


#: Pieces of a sentence; they are escaped when rendered, so none may hold markup.
Text: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    text: Text


@dataclass(frozen=True, slots=True)
class Bullets:
    """An unordered list."""

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a heading row; the first column names the row."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: its file name, what it shows in words, and its SVG source."""

    name: str
    alt: str
    svg: str


Block: TypeAlias = Paragraph | Bullets | Grid | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part of a brief; `kind` marks the boxes that must not be overlooked."""

    heading: str
    blocks: tuple[Block, ...]
    kind: str = ""
