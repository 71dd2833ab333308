"""Blocks as Markdown. Text from data is escaped, so it cannot become markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from credbenefits._text import printable
from credbenefits.reporting.blocks import Bullets, Grid, Paragraph, Statements, parted
from credbenefits.results.parts import Strong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.reporting.blocks import Block, Picture, Section, Statement
    from credbenefits.results.parts import Text

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~$])")


def escape(text: str) -> str:
    """Escape what Markdown (or HTML inside it) would take for markup; line breaks become spaces."""
    return _SPECIAL.sub(r"\\\1", printable(text))


def render(title: str, sections: Sequence[Section], figures: str | None) -> str:
    """Write a document; `figures` is the folder that figure files are linked from, if there is one."""
    head, appendix = parted(sections)
    parts = [f"# {escape(title)}", *(part for section in head for part in _section(section, "##", figures))]
    if appendix:
        parts += ["## Appendix", _contents([title, *(s.heading for s in head), "Appendix"], appendix)]
        parts += [part for section in appendix for part in _section(section, "###", figures)]
    return "\n\n".join(p for p in parts if p) + "\n"


def _contents(before: Sequence[str], sections: Sequence[Section]) -> str:
    """List the sections, each with a link to the anchor that usual programs give to its heading."""
    taken = [_anchor(heading) for heading in before]
    lines = []
    for section in sections:
        name = _anchor(section.heading)
        again = f"-{taken.count(name)}" if name in taken else ""
        taken.append(name)
        lines.append(f"- [{escape(section.heading)}](#{name}{again})")
    return "\n".join(lines)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", printable(heading).casefold()).replace(" ", "-")


def _section(section: Section, level: str, figures: str | None) -> list[str]:
    heading = [f"{level} {escape(section.heading)}"] if section.heading else []
    return heading + [_block(block, figures) for block in section.blocks]


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


def _statement(statement: Statement, figures: str | None, indent: str = "") -> str:
    lines = [f"{indent}- {_text(statement.sentence)}"]
    lines += [f"{indent}  - {_text(detail)}" for detail in statement.details]
    if statement.picture is not None:
        lines.append(f"\n{indent}  {_picture(statement.picture, figures)}\n")
    return "\n".join([*lines, *(_statement(each, figures, indent + "  ") for each in statement.estimates)])


def _text(text: Text) -> str:
    return " ".join(f"**{escape(t)}**" if isinstance(t, Strong) else escape(t) for t in text if t)


def _grid(grid: Grid) -> str:
    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(escape(c) for c in cells) + " |"

    sides = "|" + "".join(" --: |" if number else " --- |" for number in grid.numeric)
    lines = [row(grid.header), sides, *(row(r) for r in grid.rows)]
    return f"{escape(grid.caption)}\n\n" + "\n".join(lines)


def _picture(picture: Picture, figures: str | None) -> str:
    if figures is None:
        return f"[Figure: {escape(picture.alt)}]"
    return f"![{escape(picture.alt)}]({figures}/{picture.name}.svg)"
