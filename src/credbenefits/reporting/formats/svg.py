"""A figure as SVG: in a page, and as a file of its own."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from credbenefits._text import printable
from credbenefits.reporting.plots.palette import dark_style

if TYPE_CHECKING:
    from credbenefits.reporting.blocks import Picture


def described(source: str, alt: str, looks: str = "") -> str:
    """Say to readers who do not see a figure what it shows; `looks` is one more class."""
    # The SVG is drawn by us, and its texts are escaped.
    said = html.escape(printable(alt), quote=True)
    return source.replace('class="cb-figure', f'role="img" aria-label="{said}" class="cb-figure{looks}', 1)


def file_of(picture: Picture) -> bytes:
    """Return a figure as a file, which is readable in the dark by itself."""
    start = picture.svg.index(">") + 1
    source = f"{picture.svg[:start]}<style>{dark_style()}</style>{picture.svg[start:]}"
    return described(source, picture.alt).encode()
