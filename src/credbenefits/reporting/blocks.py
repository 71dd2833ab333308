"""A brief before it has a format: paragraphs, lists, findings, tables and figures, all plain text inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import SectionKind
    from credbenefits.results.parts import Text


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
    """A table with a heading row; the first column names the row.

    `numeric` says of every column whether it holds numbers, which are set to the right.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: its file name, what it shows in words, and its SVG source, for a page and for a phone."""

    name: str
    alt: str
    svg: str
    narrow: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A finding: its sentence, what is listed below it, and its own chart, if it has one.

    `estimates` state the same for populations, weighted: they stand under the finding that they belong to.
    """

    sentence: Text
    details: tuple[Text, ...] = ()
    picture: Picture | None = None
    estimates: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Statements:
    """A list of findings."""

    items: tuple[Statement, ...]


Block: TypeAlias = Paragraph | Bullets | Grid | Picture | Statements


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part of a brief. The head has no heading."""

    heading: str
    blocks: tuple[Block, ...]
    kind: SectionKind = "appendix"

    @property
    def anchor(self) -> str:
        """Where a table of contents finds it: the heading in small letters, with hyphens."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.heading.casefold()).split())


def parted(sections: Sequence[Section]) -> tuple[Sequence[Section], Sequence[Section]]:
    """Part a brief into the head, which is read first, and the appendix, which is what comes from then on."""
    start = next((k for k, section in enumerate(sections) if section.kind == "appendix"), len(sections))
    return sections[:start], sections[start:]
