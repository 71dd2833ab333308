"""Blocks as Markdown. Text from data is escaped, so it cannot become markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from credbenefits._text import printable
from credbenefits.reporting.blocks import Bullets, Grid, Paragraph, Statement, Statements, Strong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.reporting.blocks import Block, Picture, Section, Text

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~$])")


def escape(text: str) -> str:
    """Escape what Markdown (or HTML inside it) would take for markup; line breaks become spaces."""
    return _SPECIAL.sub(r"\\\1", printable(text))


def render(title: str, sections: Sequence[Section], figures: str | None) -> str:
    """Write a document; `figures` is the folder that figure files are linked from, if there is one."""
    parts = [f"# {escape(title)}"]
    for section in sections:
        if section.heading:
            parts.append(f"## {escape(section.heading)}")
        parts += [_block(block, figures) for block in section.blocks]
    return "\n\n".join(p for p in parts if p) + "\n"


def _block(block: Block, figures: str | None) -> str:
    if isinstance(block, Paragraph):
        return _text(block.text)
    if isinstance(block, Bullets):
        return "\n".join(f"- {_text(item)}" for item in block.items)
    if isinstance(block, Grid):
        return _grid(block)
    if isinstance(block, Statements):
        return "\n".join(_statement(item, figures) for item in block.items)
    return _picture(block, figures)


def _statement(statement: Statement, figures: str | None) -> str:
    lines = [f"- {_text(sentence)}" for sentence in statement.sentences]
    lines += [f"  - {_text(detail)}" for detail in statement.details]
    picture = [] if statement.picture is None else [f"\n  {_picture(statement.picture, figures)}\n"]
    return "\n".join(lines + picture)


def _text(text: Text) -> str:
    return " ".join(f"**{escape(t)}**" if isinstance(t, Strong) else escape(t) for t in text if t)


def _grid(grid: Grid) -> str:
    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(escape(c) for c in cells) + " |"

    lines = [row(grid.header), "|" + " --- |" * len(grid.header), *(row(r) for r in grid.rows)]
    return f"{escape(grid.caption)}\n\n" + "\n".join(lines)


def _picture(picture: Picture, figures: str | None) -> str:
    if figures is None:
        return f"[Figure: {escape(picture.alt)}]"
    return f"![{escape(picture.alt)}]({figures}/{picture.name}.svg)"
