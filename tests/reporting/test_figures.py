"""Figures say what they show in text, fit their axis to it, cut nothing off, and are readable in the dark."""

import itertools
import math
import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from colours import contrast
from credbenefits.reporting.plots import palette
from credbenefits.reporting.plots.base import NARROW, WIDE, svg, wide_and_narrow, wrapped
from credbenefits.reporting.plots.dots import plot_dots
from credbenefits.results.parts import Dot

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
from credbenefits.reporting.plots import canvas  # noqa: E402
from credbenefits.reporting.plots.canvas import width_of  # noqa: E402

NAN = math.nan
SVG = "{http://www.w3.org/2000/svg}"
LONG = "a label of sixty characters that goes on and on until its end"
CHINESE = "更好的工作" * 6
ARABIC = "عمل أفضل من ذي قبل بكثير"


def said(ax):
    return [text.get_text() for text in ax.texts]


def labels(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def drawn_to(ax):
    """The last number of the axis."""
    return ax.get_xticks()[-1]


def texts(source):
    return ["".join(text.itertext()) for text in ET.fromstring(source).iter(f"{SVG}text")]


# ---- the chart of estimates --------------------------------------------------------------------------------


def test_values_stand_at_the_dots_and_counts_under_the_labels():
    ax = plot_dots([Dot("a first job", 1 / 3, 0.26, 0.42, "40 of 120", 120)], unit="percent")
    assert said(ax) == ["33%"]
    assert labels(ax) == ["a first job\n40 of 120"]
    (bar,) = ax.containers
    assert bar.lines[0].get_xdata() == pytest.approx([100 / 3])
    assert bar.lines[2][0].get_segments()[0][:, 0] == pytest.approx([26, 42])


def test_all_values_have_the_decimals_that_the_smallest_base_allows():
    big, small = Dot("a", 0.123, 0.1, 0.2, "", 800), Dot("b", 0.456, 0.4, 0.5, "", 120)
    assert said(plot_dots([big], unit="percent")) == ["12.3%"]
    assert said(plot_dots([big, small], unit="percent")) == ["12%", "46%"]


def test_a_missing_interval_is_a_hollow_dot_with_words():
    dots = [Dot("a", 0.3, 0.2, 0.4, "", 40), Dot("b", 0.3, NAN, NAN, "", 40), Dot("c", NAN, NAN, NAN)]
    ax = plot_dots(dots, unit="percent")
    assert said(ax) == ["30%", "30% (no interval)", "no estimate"]
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == palette.PAPER]
    assert [list(line.get_xdata()) for line in hollow] == [[30.0]]
    assert hollow[0].get_zorder() > ax.containers[0].lines[0].get_zorder()


@pytest.mark.parametrize(
    ("high", "end"), [(0.003, 0.5), (0.019, 2), (0.035, 4), (0.11, 12), (0.38, 40), (0.61, 100), (1, 100)]
)
def test_an_axis_of_shares_starts_at_0_and_fits_them(high, end):
    ax = plot_dots([Dot("a", high / 2, 0.0, high, "", 400)], unit="percent")
    assert ax.get_xticks()[0] == 0
    assert high * 100 <= drawn_to(ax) == pytest.approx(end)


def test_differences_have_a_line_at_0_and_signs():
    dots = [Dot("a", -0.13, -0.38, 0.02, "", 80), Dot("b", 0.05, 0.01, 0.09, "", 80), Dot("c", 0, 0, 0)]
    ax = plot_dots(dots, unit="points")
    assert said(ax) == ["−13", "+5", "0"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["−40", "−30", "−20", "−10", "0", "+10"]
    assert any(list(line.get_xdata()) == [0, 0] for line in ax.lines)
    shares = plot_dots([Dot("a", 0.2, 0.1, 0.3)], unit="percent")
    assert not any(list(line.get_xdata()) == [0, 0] for line in shares.lines)


def test_an_interval_without_an_end_has_an_arrow():
    ax = plot_dots([Dot("a", 1.7, 0.8, math.inf)], unit="number")
    (arrow,) = [line for line in ax.lines if line.get_marker() == ">"]
    assert list(arrow.get_xdata()) == [drawn_to(ax)]
    assert said(ax) == ["1.70"]


def test_a_weighted_square_stands_beside_an_unweighted_circle():
    ax = plot_dots(
        [Dot("a", 0.3, 0.2, 0.4, "37 of 111", 111, weighted=True, unweighted=1 / 3)], unit="percent"
    )
    assert said(ax) == ["30%", "33%"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "weighted estimate",
        "same people, unweighted",
    ]
    assert ax.containers[0].lines[0].get_marker() == "s"
    (circle,) = [line for line in ax.lines if line.get_label() == "same people, unweighted"]
    assert circle.get_xdata() == pytest.approx([100 / 3])


def test_nothing_to_draw_is_an_empty_chart():
    svg(plot_dots([], unit="percent"))
    svg(plot_dots([Dot("a", NAN, NAN, NAN)], unit="number"))


@pytest.mark.parametrize("unit", ["percent", "points", "number"])
@pytest.mark.parametrize(
    "values", [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1e-7, 0.0, 1e-6), (0.5, 0.4999, 0.5001)]
)
def test_any_scale_can_be_drawn(unit, values):
    estimate, low, high = values
    ax = plot_dots([Dot("a", estimate, low, high)], unit=unit)
    ticks = ax.get_xticks()
    assert 2 <= len(ticks) <= 10
    factor = 1 if unit == "number" else 100
    assert ticks[0] - 1e-9 <= factor * low
    assert factor * high <= ticks[-1] + 1e-9
    assert len({t.get_text() for t in ax.get_xticklabels()}) == len(ticks)


# ---- nothing is cut off ------------------------------------------------------------------------------------


def _data(n=600):
    rng = np.random.default_rng(5)
    columns = {f"q{k}": rng.integers(0, 2, n) for k in range(40)}
    groups = {
        "g": rng.choice([LONG, CHINESE, ARABIC], n),
        "h": rng.choice([f"area {k}" for k in range(25)], n),
    }
    return pd.DataFrame({"id": range(n), **columns, **groups, "w": rng.random(n) + 0.5})


@pytest.fixture(scope="module")
def plots():
    """Every kind of figure with labels that are hard to place."""
    data = _data()
    items = [cb.Item("q0", label=LONG), cb.Item("q1", label=CHINESE), cb.Item("q2", label=ARABIC), "q3"]
    items.append(cb.Item("q4", label="W" * 60))
    waves = {LONG: data[["id", "g"]], CHINESE: data.iloc[::2, :9], "end": data.iloc[::5, :9]}
    panel = cb.link_waves(waves, on="id")
    many = cb.link_waves({f"{LONG} {k}": data.iloc[: 600 - 50 * k, :5] for k in range(9)}, on="id")
    weights = cb.attrition_weights(panel, "g", wave="end", to=LONG, trim=None)
    codes = pd.DataFrame(np.random.default_rng(3).integers(0, 12, (300, 5)), columns=list("vwxyz")).astype(
        str
    )
    two = {"one": codes, "two": codes.iloc[:150].reset_index(drop=True)}
    dots = [
        Dot(LONG, 0.99, 0.9, 1, "1,188 of 1,200", 1200),
        Dot(CHINESE, 0.9, NAN, NAN, LONG, 40),
        Dot(ARABIC, NAN, NAN, NAN, "nobody answered"),
        Dot("W" * 60, 0.0, 0.0, 0.1, weighted=True, unweighted=1.0),
    ]
    return {
        "dots": lambda ax=None: plot_dots(dots, unit="percent", ax=ax),
        "points": lambda ax=None: plot_dots(dots, unit="points", ax=ax),
        "plain": cb.proportions(data, items).plot,
        "weighted": cb.proportions(data, items, weights="w").plot,
        "groups": cb.proportions(data, items, by="g", totals=True).plot,
        "weighted groups": cb.proportions(data, items, by="g", weights="w").plot,
        "25 groups": cb.proportions(data, items[:1], by="h").plot,
        "40 rows": cb.proportions(data, [f"q{k}" for k in range(40)]).plot,
        "flow": panel.flow(invited={"end": 500}).plot,
        "nine waves": many.flow().plot,
        "balance": weights.plot,
        "change": cb.transitions(panel, cb.Item("q0", label=LONG), waves=(CHINESE, "end")).plot,
        "links": cb.link_waves(two, on=list("vwxyz"), method="code").plot_links,
    }


NAMES = [
    "dots",
    "points",
    "plain",
    "weighted",
    "groups",
    "weighted groups",
    "25 groups",
    "40 rows",
    "flow",
    "nine waves",
    "balance",
    "change",
    "links",
]


@pytest.mark.filterwarnings("ignore:Glyph")  # the font of saved pictures has no Chinese
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off_and_no_labels_overlap(plots, name):
    ax = plots[name]()
    ax.figure.draw_without_rendering()
    page = ax.figure.bbox
    shown = [
        text
        for text in ax.figure.findobj(matplotlib.text.Text)
        if text.get_visible() and text.get_text().strip()
    ]
    boxes = [text.get_window_extent() for text in shown]
    for text, box in zip(shown, boxes, strict=True):
        assert page.x0 - 1 <= box.x0, text
        assert box.x1 <= page.x1 + 1, text
        assert page.y0 - 1 <= box.y0, text
        assert box.y1 <= page.y1 + 1, text
    beside = [box for text, box in zip(shown, boxes, strict=True) if text in ax.get_yticklabels()]
    assert not any(a.y0 < b.y1 - 1 and b.y0 < a.y1 - 1 for a, b in itertools.combinations(beside, 2))


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_drawn_for_the_page_and_for_a_phone_with_text_inside(plots, name):
    wide, narrow = wide_and_narrow(plots[name])
    for source, inches in ((wide, WIDE), (narrow, NARROW)):
        root = ET.fromstring(source)
        _, _, width, height = map(float, root.get("viewBox").split())
        assert width == pytest.approx(72 * inches)
        assert float(root.get("width")) == pytest.approx(96 * inches, abs=1)
        assert not list(root.iter(f"{SVG}style"))
        assert not [element for element in root.iter() if "id" in element.attrib]
        for text in root.iter(f"{SVG}text"):
            size = float(text.get("font-size"))
            assert size <= float(text.get("y")) <= height
            if text.get("transform") is None:
                wide_is = width_of(text.text, size) / 1.03  # which has some room for other fonts in it
                left = (
                    float(text.get("x"))
                    - wide_is * {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor")]
                )
                assert left + 0.5 >= 0, text.text
                assert left + wide_is <= width + 0.5, text.text


@pytest.mark.parametrize("name", NAMES)
def test_axes_of_the_users_own_are_drawn_on(plots, name):
    figure = matplotlib.figure.Figure(layout="constrained")
    axes = figure.subplots(1, 2)
    assert plots[name](ax=axes[1]) is axes[1]
    assert not axes[0].has_data()


def test_text_is_text_and_escaped():
    dots = [Dot(f'{LONG} <b> & "x" {CHINESE} {ARABIC}', 0.3, 0.2, 0.4, "3 < 4 & 5")]
    source = svg(plot_dots(dots, unit="percent"))
    everything = "".join(texts(source)).replace(" ", "")
    assert f'{LONG} <b> & "x" {CHINESE} {ARABIC}3 < 4 & 5'.replace(" ", "") in everything
    assert "<b>" not in source
    assert "system-ui" in ET.fromstring(source).get("font-family")


def test_pictures_take_letters_that_our_font_lacks_from_another(monkeypatch):
    monkeypatch.setattr(canvas, "fontManager", SimpleNamespace(ttflist=[SimpleNamespace(name="Yu Gothic")]))
    canvas._families.cache_clear()
    assert canvas._families() == ["DejaVu Sans", "Yu Gothic"]
    canvas._families.cache_clear()


def test_labels_are_broken_by_their_width():
    for text in (LONG, CHINESE, ARABIC, "W" * 60, "i" * 60, "👩\u200d🔬" * 30):
        broken = wrapped(text)
        assert broken.replace("\n", "").replace(" ", "") == text.replace(" ", "")
        assert not re.search("(^|\n)\u200d|\u200d(\n|$)", broken)
    assert "\n" not in wrapped("i" * 60)
    assert wrapped("W" * 60).count("\n") >= 2
    assert wrapped("") == ""


# ---- colours -----------------------------------------------------------------------------------------------


def test_colours_can_be_told_from_the_paper_in_the_light_and_in_the_dark():
    dark = palette.DARK
    for color in (palette.INK, palette.GREY):  # text
        assert contrast(color, palette.PAPER) >= 4.5
        assert contrast(dark[color], dark[palette.PAPER]) >= 4.5
    for color in (palette.BLUE, palette.ORANGE, *palette.GROUPS):
        assert contrast(color, palette.PAPER) >= 3
        assert contrast(dark[color], dark[palette.PAPER]) >= 3
    assert len(set(palette.GROUPS)) == len({dark[color] for color in palette.GROUPS}) == 8


@pytest.mark.parametrize("name", NAMES)
def test_every_colour_of_a_figure_has_one_for_the_dark(plots, name):
    used = set(re.findall(r'(?:fill|stroke)="(#[^"]*)"', svg(plots[name]())))
    assert used <= set(palette.DARK)
