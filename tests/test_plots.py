"""Plots draw what the results hold, on the axes they are given, and leave global state alone."""

import dataclasses
import itertools

import matplotlib
import pandas as pd
import pytest

import credbenefits as cb

#: Some waves here have one question, which many left blank: whether they answered is another matter.
pytestmark = pytest.mark.filterwarnings("ignore:.*are blank in every column that varies")

matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture
def result():
    data = pd.DataFrame({"a": [1] * 40 + [0] * 80, "b": [0] * 120, "g": ["x$y$", "z"] * 60})
    return cb.proportions(data, ["a", "b"], by="g")


def bars(ax):
    """The x and y of the dots, one pair of lists per group, and whether intervals were drawn."""
    found = [c for c in ax.containers if type(c).__name__ == "ErrorbarContainer"]
    return {
        c.get_label(): ([round(x, 9) for x in c.lines[0].get_xdata()], list(c.lines[0].get_ydata()), c)
        for c in found
    }


def percents(rows):
    return [round(100 * r.estimate, 9) for r in rows]


def words(ax):
    return [t.get_text() for t in ax.texts]


def test_proportions_without_groups():
    data = pd.DataFrame({"a": [1] * 40 + [0] * 80, "b": [0] * 120})
    plain = cb.proportions(data, ["a", "b"])
    ax = plain.plot()
    (dots,) = bars(ax).values()
    assert dots[0] == percents(plain.rows)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a\n40 of 120", "b\n0 of 120"]
    assert ax.get_legend() is None


def test_groups_stand_side_by_side(result):
    ax = result.plot()
    drawn = bars(ax)
    assert list(drawn) == [r"x\$y\$", "z"]
    for place, (x, y, _) in enumerate(drawn.values()):
        assert x == percents(result.rows[place::2])
        assert y == sorted(y)
    first, second = (y for _, y, _ in drawn.values())
    assert first[0] < second[0] < first[1] < second[1]  # a block per item, in the order of the groups
    low, high = ax.get_ylim()[::-1]
    assert low < first[0] < second[1] < high
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    assert words(ax) == ["20 of 60", "0 of 60", "20 of 60", "0 of 60"]
    assert ax.get_xlim() == (0, 100)
    assert "95% intervals" in ax.get_xlabel()
    assert not ax.get_xlabel().startswith("weighted")
    assert ax.get_legend().get_title().get_text() == "g"
    ax.figure.canvas.draw()  # dollar signs in data are no formula


def test_groups_differ_in_colour_and_in_marker_and_totals_are_hollow():
    data = pd.DataFrame({"a": [1, 0, 0] * 64, "g": [*"stuvwxyz"] * 24, "h": ["m", "n", "n"] * 64, "w": 1.0})
    ax = cb.proportions(data, "a", by="g", totals=True, weights="w").plot()
    drawn = [c.lines[0] for _, _, c in bars(ax).values()]
    assert list(bars(ax)) == [*"stuvwxyz", "(all)"]
    assert len({line.get_color() for line in drawn}) == 9
    assert len({line.get_marker() for line in drawn[:8]}) == 8
    assert [line.get_markerfacecolor() == "white" for line in drawn] == [False] * 8 + [True]
    assert ax.get_xlabel().startswith("weighted percent")
    crossed = cb.proportions(data[data["g"].isin(["s", "t"])], "a", by=["h", "g"], totals=True).plot()
    assert list(bars(crossed)) == [
        "m, s", "m, t", "n, s", "n, t", "m, (all)", "n, (all)", "(all), s", "(all), t", "(all), (all)",
    ]  # fmt: skip
    assert crossed.get_legend().get_title().get_text() == "h, g"


def test_more_groups_than_can_be_told_apart_have_a_row_each():
    data = pd.DataFrame({"a": [1, 0, 0] * 90, "g": [*"rstuvwxyz"] * 30})
    ax = cb.proportions(data, "a", by="g").plot()
    (dots,) = bars(ax).values()
    assert len(dots[0]) == 9
    assert ax.get_yticklabels()[0].get_text() == "a (r)\n30 of 30"


def test_every_level_and_every_choice_has_a_block():
    data = pd.DataFrame(
        {"s": ["no", "yes", "maybe"] * 40, "x": [1, 0] * 60, "y": [1] * 120, "g": ["k", "l"] * 60}
    )
    ax = cb.proportions(data, cb.Item("s", each_level=True, label="went"), by="g").plot()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["went: maybe", "went: no", "went: yes"]
    ax = cb.proportions(data, cb.SelectAll(["x", "y"], label="by"), by="g").plot()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["by: x", "by: y"]


def test_limits_that_are_not_known_leave_a_dot_and_nobody_leaves_none(result):
    nan = float("nan")
    rows = list(result.rows)
    rows[0] = dataclasses.replace(rows[0], conf_low=nan, conf_high=nan)
    rows[3] = dataclasses.replace(rows[3], n=0, count=0, estimate=nan, conf_low=nan, conf_high=nan)
    changed = dataclasses.replace(result, rows=tuple(rows))
    ax = changed.plot()
    first, second = bars(ax).values()
    assert first[0] == percents([rows[0], rows[2]])
    assert second[0] == percents([rows[1]])
    assert [len(segment) for segment in first[2].lines[2][0].get_segments()] == [
        0,
        2,
    ]  # the first has no line
    assert words(ax) == ["20 of 60", "0 of 60", "20 of 60", "no answers"]
    ax.figure.canvas.draw()
    one_by_one = cb.proportions(pd.DataFrame({"a": [1, 0] * 20}), "a")
    lone = dataclasses.replace(one_by_one.rows[0], conf_low=nan, conf_high=nan)
    ax = dataclasses.replace(one_by_one, rows=(lone,)).plot()
    assert bars(ax)["share of those who answered"][0] == [50]


@pytest.mark.parametrize("label", ["short", "a name that is much longer than what stands on one line " * 3])
def test_blocks_do_not_run_into_each_other(label):
    data = pd.DataFrame({"a": [1, 0, 0, 1] * 30, "b": [0, 1] * 60, "g": ["k", "l"] * 60})
    items = [cb.Item("a", label=label + "a"), cb.Item("b", label=label + "b")]
    ax = cb.proportions(data, items, by="g").plot()
    ax.figure.canvas.draw()
    boxes = [t.get_window_extent() for t in ax.get_yticklabels()]
    assert boxes[0].y0 > boxes[1].y1
    texts = [t.get_window_extent() for t in ax.texts]
    assert all(not a.overlaps(b) for a, b in itertools.combinations(texts, 2))
    legend = ax.get_legend().get_window_extent()
    assert legend.y0 > ax.bbox.y1 - 1
    assert legend.y1 <= ax.figure.bbox.y1


def test_given_axes_are_used(result):
    _, ax = plt.subplots()
    assert result.plot(ax=ax) is ax
    assert len(plt.get_fignums()) == 1


def test_brief_leaves_pyplot_alone(result):
    plt.figure()
    before, style = plt.get_fignums(), dict(matplotlib.rcParams)
    cb.brief(result, title="t")
    assert plt.get_fignums() == before
    assert dict(matplotlib.rcParams) == style


def test_flow_and_balance():
    waves = {
        "start": pd.DataFrame({"id": range(300), "x": ["a", "b", None] * 100}),
        "end": pd.DataFrame({"id": [*range(0, 120, 2), *range(120, 200, 5), 999]}),
    }
    panel = cb.link_waves(waves, on="id")
    ax = panel.plot()
    assert any("of them linked to an earlier wave" in t.get_text() for t in ax.texts)
    flow = panel.flow(invited={"end": 250}).plot()
    assert any("of 250 invited" in t.get_text().replace("\n", " ") for t in flow.texts)
    weights = cb.attrition_weights(panel, "x", wave="end", to="start", trim=None)
    ax = weights.plot()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["x: a", "x: b", "x: (missing)"]


def test_letters_that_the_font_lacks_stay_text():
    data = pd.DataFrame({"a": [1, 0] * 20})
    page = cb.brief(cb.proportions(data, cb.Item("a", label="更好的工作 <b>")), title="t")
    figure = page._pictures[0].svg
    assert "更好的工作" in figure
    assert "<b>" not in figure
    latin = cb.brief(cb.proportions(data, cb.Item("a", label="mieux, größer")), title="t")
    assert "<text" not in latin._pictures[0].svg


def test_the_words_under_a_balance_figure_are_not_cut_off(tmp_path):
    people = pd.DataFrame({
        "id": range(200),
        "a question with quite a long name in words": ["an answer", "another answer"] * 100,
    })  # fmt: skip
    panel = cb.link_waves({"a": people, "b": people.iloc[:90]}, on="id")
    weights = cb.attrition_weights(panel, people.columns[1], wave="b", to="a")
    ax = weights.balance.plot()
    ax.figure.draw_without_rendering()
    label, page = ax.xaxis.label.get_window_extent(), ax.figure.bbox
    assert page.x0 <= label.x0
    assert label.x1 <= page.x1
    legend = ax.get_legend().get_window_extent()
    assert page.x0 <= legend.x0
    assert legend.x1 <= page.x1
