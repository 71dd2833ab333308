"""The figure of change: an arrow from the share in the first wave to that in the second."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.reporting.plots.base import svg

matplotlib = pytest.importorskip("matplotlib")
figure = pytest.importorskip("matplotlib.figure")

LONG = "a question that goes on and on and does not end before the figure does, with Größe & ñ $x$"


@pytest.fixture(scope="module")
def panel():
    rng = np.random.default_rng(4)
    ids = np.arange(240)
    first = pd.DataFrame(
        {
            "id": ids,
            "q": rng.choice(["u", "v", LONG], 240),
            "job": ["yes"] * 90 + ["no"] * 150,
            "site": ["n", "s"] * 120,
        }
    )
    second = pd.DataFrame(
        {"id": ids, "q": rng.choice(["u", "v", LONG], 240), "job": ["yes"] * 120 + ["no"] * 120}
    )
    return cb.link_waves({"start": first, "end": second}, on="id")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def markers(ax):
    return [line.get_marker() for line in ax.lines if line.get_marker() not in {"", "None"}]


def test_an_arrow_leads_from_the_first_share_to_the_second(panel):
    ax = cb.transitions(panel, cb.Item("job", label="work")).plot()
    assert texts(ax) == ["37.5% → 50.0%"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["work\n+12.5 points (+8.2 to +16.7)"]
    assert markers(ax) == ["o", ">"]
    circle, head = (line for line in ax.lines if line.get_marker() in {"o", ">"})
    assert (circle.get_xdata()[0], head.get_xdata()[0]) == (37.5, 50.0)
    low, high = ax.get_xlim()
    assert low < 33
    assert high > 55
    assert high - low < 50  # the axis fits what it shows
    assert ax.get_xlabel() == "percent of the same 240 people in both waves"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["start", "end"]


def test_a_fall_points_to_the_left_and_no_change_is_a_dot(panel):
    waves = panel.waves
    same = cb.link_waves({"a": waves["end"], "b": waves["end"]}, on="id")
    assert markers(cb.transitions(same, "job").plot()) == ["o", "o"]
    back = cb.link_waves({"a": waves["end"], "b": waves["start"][["id", "job"]]}, on="id")
    assert markers(cb.transitions(back, "job").plot()) == ["o", "<"]


def test_groups_and_answers_have_a_row_each(panel):
    by_site = cb.transitions(panel, "job", by="site").plot()
    assert [label.get_text().split("\n")[0] for label in by_site.get_yticklabels()] == ["n (120)", "s (120)"]
    assert "how many, in\nbrackets" in by_site.get_xlabel()
    levels = cb.transitions(panel, cb.Item("q", each_level=True)).plot()
    assert len(levels.get_yticklabels()) == 3


def test_nothing_is_cut_off(panel):
    for by in (None, "site"):
        ax = cb.transitions(panel, cb.Item("q", each_level=True), by=by).plot()
        ax.figure.draw_without_rendering()
        page = ax.figure.bbox
        drawn = [*ax.texts, *ax.get_yticklabels(), ax.xaxis.label, *ax.get_legend().get_texts()]
        boxes = [text.get_window_extent() for text in drawn]
        assert all(page.x0 - 1 <= box.x0 and box.x1 <= page.x1 + 1 for box in boxes)
        lines = sorted((label.get_window_extent() for label in ax.get_yticklabels()), key=lambda box: box.y0)
        assert all(one.y1 <= two.y0 + 1 for one, two in pairwise(lines))


def test_given_axes_are_used_and_settings_change_nothing(panel):
    result = cb.transitions(panel, "job")
    ax = figure.Figure().add_subplot()
    assert result.plot(ax=ax) is ax
    with matplotlib.rc_context(
        {"lines.linewidth": 9, "lines.markersize": 20, "axes.grid": True, "font.size": 30}
    ):
        changed = svg(result.plot())
    assert changed == svg(result.plot())


def test_rows_without_a_change_cannot_be_drawn(panel):
    with pytest.raises(cb.errors.InputError, match="net change"):
        cb.transitions(panel, "job")["share"].plot()
