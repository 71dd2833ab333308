"""Blocks as one self-contained HTML page: no network, no script, readable on a phone and on paper."""

from __future__ import annotations

import html
from hashlib import sha256
from typing import TYPE_CHECKING

from credbenefits._text import printable
from credbenefits.reporting.blocks import Bullets, Grid, Paragraph, Statements, parted
from credbenefits.reporting.formats import style
from credbenefits.reporting.formats.svg import described
from credbenefits.results.parts import Strong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.reporting.blocks import Block, Picture, Section, Statement
    from credbenefits.results.parts import Text

#: The page may load nothing and run nothing; its style stands in it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

#: Letters in a line of a table that is as wide as the text, in one that is wider, and in a cell of words.
_LINE, _WIDE_LINE, _CELL = 92, 122, 24


def _escape(text: str) -> str:
    return html.escape(printable(text), quote=True)


def fragment(title: str, sections: Sequence[Section]) -> str:
    """Write the brief as an HTML fragment with its style, for a notebook."""
    return f'<style>{style.BRIEF}</style><div class="cb-brief" lang="en">{_body(title, sections)}</div>'


def page(title: str, sections: Sequence[Section]) -> str:
    """Write the brief as a whole HTML page."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_escape(title)}</title>\n<style>{style.BRIEF}{style.PAGE}</style>\n</head>\n<body>\n"
        f'<main class="cb-brief">{_body(title, sections)}</main>\n</body>\n</html>\n'
    )


def _body(title: str, sections: Sequence[Section]) -> str:
    head, appendix = parted(sections)
    made = [f"<h1>{_escape(title)}</h1>\n", *(_section(section, "h2") for section in head)]
    if appendix:
        ids = _ids(title, appendix)
        items = "".join(
            f'<li><a href="#{name}">{_escape(section.heading)}</a></li>'
            for name, section in zip(ids, appendix, strict=True)
        )
        made.append(
            '<section class="cb-appendix"><h2>Appendix</h2>\n'
            f'<nav class="cb-contents" aria-label="Contents of the appendix"><ol>{items}</ol></nav>\n'
        )
        made += [_section(section, "h3", name) for name, section in zip(ids, appendix, strict=True)]
        made.append("</section>\n")
    return "".join(made)


def _ids(title: str, sections: Sequence[Section]) -> list[str]:
    """Name the sections for links: the same in every run, and others in another brief of the notebook."""
    own = sha256(title.encode("utf-8", "replace")).hexdigest()[:6]
    names = [section.anchor for section in sections]
    return [f"cb-{own}-{name}" + f"-{k}" * (name in names[:k]) for k, name in enumerate(names)]


def _section(section: Section, level: str, name: str = "") -> str:
    heading = f"<{level}>{_escape(section.heading)}</{level}>" if section.heading else ""
    anchor = f' id="{name}"' if name else ""
    # What is inside the appendix needs no class to say so.
    kind = f' class="cb-{section.kind}"' if section.kind != "appendix" else ""
    return f"<section{anchor}{kind}>{heading}\n{''.join(map(_block, section.blocks))}</section>\n"


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{_text(block.text)}</p>\n"
    if isinstance(block, Bullets):
        return _list(block.items)
    if isinstance(block, Grid):
        return _grid(block)
    if isinstance(block, Statements):
        return "<ul>" + "".join(map(_statement, block.items)) + "</ul>\n"
    return _figure(block)


def _list(items: Sequence[Text]) -> str:
    return "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in items) + "</ul>\n"


def _statement(statement: Statement) -> str:
    listed = _list(statement.details) if statement.details else ""
    picture = "" if statement.picture is None else _figure(statement.picture)
    estimates = "".join(map(_statement, statement.estimates))
    below = f'<ul class="cb-estimates">{estimates}</ul>' if estimates else ""
    return f"<li>{_text(statement.sentence)}{listed}{picture}{below}</li>"


def _text(text: Text) -> str:
    return " ".join(
        f"<strong>{_escape(t)}</strong>" if isinstance(t, Strong) else _escape(t) for t in text if t
    )


def _grid(grid: Grid) -> str:
    """Write a table, whose rows are cards on a phone: roles say that it is one still."""
    looks = [' class="cb-number"' if number else "" for number in grid.numeric]
    labels = [_escape(name) for name in grid.header]
    head = "".join(
        f'<th scope="col" role="columnheader"{look}>{label}</th>'
        for label, look in zip(labels, looks, strict=True)
    )
    rows = "".join(
        f'<tr role="row"><th scope="row" role="rowheader"{looks[0]}>{_escape(row[0])}</th>'
        + "".join(
            f'<td role="cell"{look} data-label="{label}">{_escape(cell)}</td>'
            for label, look, cell in zip(labels[1:], looks[1:], row[1:], strict=True)
        )
        + "</tr>\n"
        for row in grid.rows
    )
    wide = _width(grid)
    return (
        f'<div class="cb-table{wide}"><table role="table"><caption>{_escape(grid.caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">{rows}</tbody></table></div>\n'
    )


def _width(grid: Grid) -> str:
    """Return the classes of a table that is wider than the text, and of one that breaks numbers even so."""
    longest = [max((len(row[k]) for row in grid.rows), default=0) for k in range(len(grid.header))]
    needed = 3 * len(longest) + sum(
        most if number else min(most, _CELL) for most, number in zip(longest, grid.numeric, strict=True)
    )
    return " cb-table-wide" * (needed > _LINE) + " cb-table-broken" * (needed > _WIDE_LINE)


def _figure(picture: Picture) -> str:
    """Write a figure, and before it the one for a phone, of which the style sheet shows one."""
    narrow = described(picture.narrow, picture.alt, " cb-narrow") if picture.narrow else ""
    return f"<figure>{narrow}{described(picture.svg, picture.alt, ' cb-wide')}</figure>\n"
