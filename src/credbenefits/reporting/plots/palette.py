"""The colours of figures and of the page, in the light and in the dark. Loads nothing.

A figure is drawn in the light ones. In the dark a style sheet puts the others in their places, so that a
figure is readable by itself and in a page. Text has a contrast of 4.5 to its paper at least, and what else
carries meaning one of 3.
"""

from __future__ import annotations

PAPER, INK, GREY, GRID = "#ffffff", "#1b2733", "#56636f", "#e3e8ed"
BLUE, ORANGE, PALE, BAND = "#0b5fa5", "#c4501b", "#c9dcee", "#eef3f7"
#: Groups told apart by colour and marker: the colours of Okabe and Ito, darker where white paper asks for it.
GROUPS = ("#0072b2", "#d55e00", "#00875f", "#b8609a", "#b07a00", "#3a93c8", "#8c510a", INK)
#: What stands in the place of each colour in the dark.
DARK = {
    PAPER: "#14191f",
    INK: "#e4e9ee",
    GREY: "#a8b4c0",
    GRID: "#2d3741",
    BLUE: "#6cb2f0",
    ORANGE: "#f09066",
    PALE: "#31506e",
    BAND: "#222c35",
    "#0072b2": "#4fa8e0",
    "#d55e00": "#f0803c",
    "#00875f": "#2fbf93",
    "#b8609a": "#d98fc0",
    "#b07a00": "#e0ac3c",
    "#3a93c8": "#8accf2",
    "#8c510a": "#c99a63",
}


def dark_style(within: str = "") -> str:
    """Return the rules that show figures in the dark, for figures `within` an element if one is named."""
    before = f"{within} .cb-figure" if within else ".cb-figure"
    rules = "".join(
        f'{before} [fill="{light}"]{{fill:{dark}}}{before} [stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in DARK.items()
    )
    return f"@media screen and (prefers-color-scheme:dark){{{rules}}}"
