"""Blocks as one self-contained HTML page: no network, no script, readable on a phone and on paper."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from credbenefits._text import printable
from credbenefits.reporting.blocks import Bullets, Grid, Paragraph, Statement, Statements, Strong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.reporting.blocks import Block, Picture, Section, Text

_STYLE = """
.cb-brief{--ink:#1b2733;--soft:#5a6876;--line:#d5dce3;--blue:#0b5fa5;--warn:#8a4b00;--warnbg:#fff6e6;
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;color:var(--ink);
background:#fff;max-width:50rem;margin:0 auto;padding:1.2rem;overflow-wrap:break-word}
.cb-brief *{box-sizing:border-box}
.cb-brief h1{font-size:1.75rem;line-height:1.2;margin:.4rem 0 1rem}
.cb-brief h2{font-size:1.2rem;margin:2rem 0 .5rem;padding-bottom:.2rem;border-bottom:2px solid var(--line)}
.cb-brief p{margin:.6rem 0}
.cb-brief ul{padding-left:1.2rem;margin:.6rem 0}
.cb-brief li{margin:.45rem 0}
.cb-brief strong{color:var(--blue)}
.cb-brief .cb-caution{background:var(--warnbg);border-left:.3rem solid #d98200;padding:.5rem 1rem;
margin:1.2rem 0;border-radius:.2rem}
.cb-brief .cb-caution h2{border:0;margin:.3rem 0;color:var(--warn)}
.cb-brief .cb-caution strong{color:inherit}
.cb-brief table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.8rem 0;
font-variant-numeric:tabular-nums}
.cb-brief caption{text-align:left;color:var(--soft);padding-bottom:.3rem;font-size:.9rem}
.cb-brief th,.cb-brief td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;
border-bottom:1px solid var(--line)}
.cb-brief thead th{border-bottom:2px solid var(--ink);font-size:.85rem}
.cb-brief tbody th{font-weight:600}
.cb-brief figure{margin:1rem 0}
.cb-brief figure svg{max-width:100%;height:auto;display:block}
.cb-brief figcaption{color:var(--soft);font-size:.85rem}
@media (max-width:40rem){
.cb-brief{padding:.8rem}
.cb-brief h1{font-size:1.4rem}
.cb-brief thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cb-brief table,.cb-brief caption,.cb-brief tbody,.cb-brief tr,.cb-brief tbody th,.cb-brief td{display:block;
width:100%}
.cb-brief tr{border-bottom:2px solid var(--line);padding:.4rem 0}
.cb-brief tbody th,.cb-brief td{border:0;padding:.1rem 0}
.cb-brief td::before{content:attr(data-label) ": ";color:var(--soft)}
}
@media print{
.cb-brief{max-width:none;padding:0;font-size:10.5pt}
.cb-brief tr,.cb-brief figure,.cb-brief li,.cb-brief .cb-caution{break-inside:avoid}
.cb-brief h2{break-after:avoid}
}
"""


def _escape(text: str) -> str:
    return html.escape(printable(text), quote=True)


def fragment(title: str, sections: Sequence[Section]) -> str:
    """Write the brief as an HTML fragment with its style, for a notebook."""
    body = "".join(_section(s) for s in sections)
    return f'<style>{_STYLE}</style><main class="cb-brief"><h1>{_escape(title)}</h1>{body}</main>'


def page(title: str, sections: Sequence[Section]) -> str:
    """Write the brief as a whole HTML page."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{_escape(title)}</title>\n</head>\n<body style="margin:0">\n'
        f"{fragment(title, sections)}\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    heading = f"<h2>{_escape(section.heading)}</h2>" if section.heading else ""
    kind = f' class="cb-{section.kind}"' if section.kind else ""
    return f"<section{kind}>{heading}{''.join(_block(b) for b in section.blocks)}</section>\n"


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{_text(block.text)}</p>"
    if isinstance(block, Bullets):
        return "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in block.items) + "</ul>"
    if isinstance(block, Grid):
        return _grid(block)
    if isinstance(block, Statements):
        return "<ul>" + "".join(map(_statement, block.items)) + "</ul>"
    return _figure(block)


def _statement(statement: Statement) -> str:
    first, *others = statement.sentences
    beside = "".join(f"<p>{_text(sentence)}</p>" for sentence in others)
    details = "".join(f"<li>{_text(detail)}</li>" for detail in statement.details)
    listed = f"<ul>{details}</ul>" if details else ""
    picture = "" if statement.picture is None else _figure(statement.picture)
    return f"<li>{_text(first)}{beside}{listed}{picture}</li>"


def _text(text: Text) -> str:
    return " ".join(
        f"<strong>{_escape(t)}</strong>" if isinstance(t, Strong) else _escape(t) for t in text if t
    )


def _grid(grid: Grid) -> str:
    labels = [_escape(h) for h in grid.header]
    head = "".join(f'<th scope="col">{label}</th>' for label in labels)
    rows = "".join(
        f'<tr><th scope="row">{_escape(row[0])}</th>'
        + "".join(
            f'<td data-label="{label}">{_escape(cell)}</td>'
            for label, cell in zip(labels[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in grid.rows
    )
    return (
        f"<table><caption>{_escape(grid.caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _figure(picture: Picture) -> str:
    # The SVG is drawn by us; its texts were escaped by the drawing library as XML.
    source = picture.svg[picture.svg.index("<svg") :]
    named = source.replace("<svg", f'<svg role="img" aria-label="{_escape(picture.alt)}"', 1)
    return f"<figure>{named}<figcaption>{_escape(picture.alt)}</figcaption></figure>"
