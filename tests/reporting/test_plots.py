"""Plots draw what the results hold, on the axes they are given, and leave global state alone."""

import ast
import contextlib
import dataclasses
import io
import itertools
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from cycler import cycler
from matplotlib.colors import same_color
from matplotlib.patheffects import withStroke

import credbenefits as cb
from credbenefits.reporting.plots.base import svg
from credbenefits.reporting.plots.palette import PAPER

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
    assert list(drawn) == ["x$y$", "z"]  # nothing reads dollar signs as a formula, so they need no backslash
    for place, (x, y, _) in enumerate(drawn.values()):
        assert x == percents(result.rows[place::2])
        assert y == sorted(y)
    first, second = (y for _, y, _ in drawn.values())
    assert first[0] < second[0] < first[1] < second[1]  # a block per item, in the order of the groups
    low, high = ax.get_ylim()[::-1]
    assert low < first[0] < second[1] < high
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    assert words(ax) == ["20 of 60", "33%", "0 of 60", "0%"] * 2  # each value at its dot, its counts beside
    low, high = ax.get_xlim()
    assert low < 0 < 50 < high < 70  # the axis starts at 0, and fits what is drawn
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
    assert [line.get_markerfacecolor() == PAPER for line in drawn] == [False] * 8 + [True]
    assert ax.get_xlabel().startswith("weighted percent")
    crossed = cb.proportions(data[data["g"].isin(["s", "t"])], "a", by=["h", "g"], totals=True).plot()
    assert list(bars(crossed)) == [
        "m, s",
        "m, t",
        "n, s",
        "n, t",
        "m, (all)",
        "n, (all)",
        "(all), s",
        "(all), t",
        "(all), (all)",
    ]
    assert crossed.get_legend().get_title().get_text() == "h, g"


def test_more_groups_than_can_be_told_apart_have_a_row_each():
    data = pd.DataFrame({"a": [1, 0, 0] * 90, "g": [*"rstuvwxyz"] * 30})
    ax = cb.proportions(data, "a", by="g").plot()
    (dots,) = bars(ax).values()
    assert len(dots[0]) == 9
    assert ax.get_yticklabels()[0].get_text() == "a (g = r)\n30 of 30"


def test_every_level_and_every_choice_has_a_block():
    data = pd.DataFrame(
        {"s": ["no", "yes", "maybe"] * 40, "x": [1, 0] * 60, "y": [1] * 120, "g": ["k", "l"] * 60}
    )
    ax = cb.proportions(data, cb.Item("s", each_level=True, label="went"), by="g").plot()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["went: maybe", "went: no", "went: yes"]
    ax = cb.proportions(data, cb.SelectAll(["x", "y"], label="by"), by="g").plot()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["by: x", "by: y"]


def test_limits_that_are_not_known_are_said_and_nobody_leaves_no_dot(result):
    nan = float("nan")
    rows = list(result.rows)
    rows[0] = dataclasses.replace(rows[0], conf_low=nan, conf_high=nan)
    rows[3] = dataclasses.replace(rows[3], n=0, count=0, estimate=nan, conf_low=nan, conf_high=nan)
    changed = dataclasses.replace(result, columns=result.columns.of(type(rows[0]), rows))
    ax = changed.plot()
    first, second = bars(ax).values()
    assert first[0] == percents([rows[0], rows[2]])
    assert second[0] == percents([rows[1]])
    assert [len(segment) for segment in first[2].lines[2][0].get_segments()] == [
        0,
        2,
    ]  # the first has no line
    first_group, second_group = (
        ["20 of 60", "33% (no interval)", "0 of 60", "0%"],
        ["20 of 60", "33%", "no answers"],
    )
    assert words(ax) == [*first_group, *second_group]
    (bare,) = [line for line in ax.lines if line.get_marker() == "o" and line.get_zorder() == 2.5]
    assert [*bare.get_xdata(), *bare.get_ydata()] == pytest.approx([first[0][0], first[1][0]])
    assert bare.get_markerfacecolor() == PAPER  # hollow
    ax.figure.canvas.draw()
    one_by_one = cb.proportions(pd.DataFrame({"a": [1, 0] * 20}), "a")
    lone = dataclasses.replace(one_by_one.rows[0], conf_low=nan, conf_high=nan)
    ax = dataclasses.replace(one_by_one, columns=one_by_one.columns.of(type(lone), [lone])).plot()
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


def test_the_words_under_a_balance_figure_are_not_cut_off(tmp_path):
    people = pd.DataFrame(
        {
            "id": range(200),
            "a question with quite a long name in words": ["an answer", "another answer"] * 100,
        }
    )
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


# ---- the looks are ours, whatever the settings are -------------------------------------------------------------


def _data():
    rng = np.random.default_rng(8)
    return pd.DataFrame(
        {
            "id": range(240),
            "a": rng.integers(0, 2, 240),
            "b": [1, *[0] * 239],
            "g": ["x$y$", "50% & _z", "_other"] * 80,
            "age": ["young", "middle", "old"] * 80,
        }
    )


@pytest.fixture(scope="module")
def drawings():
    """Every kind of figure, as functions that draw it; the last takes the brief's own way."""
    data = _data()
    items = ["b", cb.Item("a", label="a longer label, with 50% of $x^2$ & {braces} \\\\ in it")]
    panel = cb.link_waves({"start": data, "end_1": data.iloc[::3, :4]}, on="id")
    weights = cb.attrition_weights(panel, "age", wave="end_1", to="start", trim=None)
    codes = pd.DataFrame(np.random.default_rng(3).integers(0, 12, (300, 5)), columns=list("vwxyz")).astype(
        str
    )
    coded = cb.link_waves(
        {"one": codes, "two": codes.iloc[:150].reset_index(drop=True)}, on=list("vwxyz"), method="code"
    )
    plain, groups = cb.proportions(data, items), cb.proportions(data, items, by="g", totals=True)
    weighted = cb.proportions(panel.wave("end_1"), items, weights=weights)
    chinese = cb.proportions(data, cb.Item("a", label="\u66f4\u597d\u7684\u5de5\u4f5c"))
    return {
        "plain": plain.plot,
        "groups": groups.plot,
        "weighted": weighted.plot,
        "chinese": chinese.plot,
        "flow": panel.flow(invited={"end_1": 200}).plot,
        "balance": weights.plot,
        "links": coded.plot_links,
        "brief": lambda ax=None: cb.brief(panel.flow(), weights, weighted, plain, chinese, title="t"),
    }


def pictures(drawings):
    """The bytes of all figures: plots as the SVG that the brief would hold, and the brief's own."""
    found = {}
    for name, draw in drawings.items():
        made = draw()
        if name == "brief":
            found |= {f"brief {picture.name}": picture.svg for picture in made._pictures}
        else:
            found[name] = svg(made)
    return found


#: Settings that people have, each of which changes what matplotlib draws by itself.
HOSTILE = {
    "TeX": {"text.usetex": True},
    "no formulas": {"text.parse_math": False},
    "fonts": {
        "font.size": 30,
        "font.family": "monospace",
        "font.weight": "bold",
        "font.style": "italic",
        "font.variant": "small-caps",
        "font.stretch": "condensed",
        "mathtext.fontset": "cm",
    },
    "kerning": {
        "text.kerning_factor": 6,
        "text.hinting": "none",
        "text.hinting_factor": 1,
        "text.antialiased": False,
    },
    "svg": {"svg.fonttype": "none", "svg.hashsalt": "salt", "svg.id": "mine", "svg.image_inline": False},
    "saving": {
        "savefig.dpi": 300,
        "savefig.bbox": "tight",
        "savefig.facecolor": "red",
        "savefig.format": "pdf",
        "savefig.transparent": True,
        "savefig.pad_inches": 3,
    },
    "figure": {
        "figure.dpi": 300,
        "figure.figsize": (1, 1),
        "figure.facecolor": "red",
        "figure.edgecolor": "red",
        "figure.frameon": False,
        "figure.autolayout": True,
        "figure.subplot.left": 0.4,
        "figure.subplot.right": 0.5,
        "figure.constrained_layout.w_pad": 1.0,
        "figure.constrained_layout.hspace": 1.0,
    },
    "axes": {
        "axes.facecolor": "red",
        "axes.edgecolor": "red",
        "axes.linewidth": 5,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.grid.which": "both",
        "axes.labelsize": 20,
        "axes.labelweight": "bold",
        "axes.labelcolor": "red",
        "axes.labelpad": 30,
        "axes.axisbelow": False,
        "axes.xmargin": 0.4,
        "axes.ymargin": 0.4,
        "axes.spines.top": False,
        "axes.spines.bottom": False,
        "axes.titlesize": 40,
        "axes.autolimit_mode": "round_numbers",
        "axes.unicode_minus": False,
        "axes.titley": 2.0,
        "axes.formatter.use_mathtext": True,
        "axes.formatter.use_locale": True,
        "xaxis.labellocation": "right",
        "yaxis.labellocation": "top",
    },
    "ticks": {
        "xtick.top": True,
        "xtick.bottom": False,
        "xtick.labeltop": True,
        "xtick.labelbottom": False,
        "xtick.minor.visible": True,
        "xtick.direction": "in",
        "xtick.color": "red",
        "xtick.labelsize": 25,
        "xtick.major.size": 20,
        "xtick.major.width": 5,
        "xtick.major.pad": 20,
        "xtick.alignment": "right",
        "xtick.labelcolor": "blue",
        "ytick.right": True,
        "ytick.left": False,
        "ytick.labelright": True,
        "ytick.labelleft": False,
        "ytick.minor.visible": True,
        "ytick.direction": "inout",
        "ytick.color": "red",
        "ytick.labelsize": 25,
        "ytick.alignment": "top",
        "ytick.labelcolor": "blue",
    },
    "grid": {"grid.color": "red", "grid.linestyle": ":", "grid.linewidth": 4, "grid.alpha": 0.2},
    "lines": {
        "lines.linewidth": 9,
        "lines.linestyle": ":",
        "lines.marker": "x",
        "lines.markersize": 20,
        "lines.markeredgewidth": 7,
        "lines.markeredgecolor": "red",
        "lines.markerfacecolor": "red",
        "lines.color": "red",
        "lines.antialiased": False,
        "lines.dash_capstyle": "round",
        "lines.solid_capstyle": "round",
        "lines.dash_joinstyle": "miter",
        "lines.solid_joinstyle": "miter",
        "lines.scale_dashes": False,
        "lines.dashed_pattern": (9, 9),
        "markers.fillstyle": "left",
        "errorbar.capsize": 20,
    },
    "patches": {
        "patch.linewidth": 5,
        "patch.edgecolor": "red",
        "patch.force_edgecolor": True,
        "patch.facecolor": "red",
        "patch.antialiased": False,
        "hatch.linewidth": 5,
        "hatch.color": "red",
    },
    "text colour": {"text.color": "red"},
    "legend": {
        "legend.loc": "center",
        "legend.frameon": True,
        "legend.fontsize": 25,
        "legend.borderpad": 3,
        "legend.numpoints": 3,
        "legend.markerscale": 4,
        "legend.labelcolor": "red",
        "legend.shadow": True,
        "legend.title_fontsize": 30,
        "legend.labelspacing": 3,
        "legend.handlelength": 9,
        "legend.handleheight": 9,
        "legend.handletextpad": 9,
        "legend.borderaxespad": 9,
        "legend.columnspacing": 9,
        "legend.fancybox": False,
        "legend.framealpha": 0.1,
        "legend.facecolor": "red",
        "legend.edgecolor": "red",
    },
    "paths": {
        "path.simplify": False,
        "path.snap": False,
        "path.sketch": (5, 100, 2),
        "path.effects": [withStroke(linewidth=9, foreground="red")],
        "agg.path.chunksize": 10,
    },
    "cycle": {
        "axes.prop_cycle": cycler(
            color="rg",
            marker="xo",
            alpha=[0.1, 0.2],
            linestyle=[":", "--"],
            markersize=[20, 30],
            fillstyle=["left", "none"],
        )
    },
}
HOSTILE["all of them"] = {key: value for setting in HOSTILE.values() for key, value in setting.items()}
STYLES = (
    "dark_background",
    "classic",
    "ggplot",
    "grayscale",
    "seaborn-v0_8-poster",
    "bmh",
    "fivethirtyeight",
)


@pytest.fixture(scope="module")
def ours(drawings):
    return pictures(drawings)


@contextlib.contextmanager
def settings(name):
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated settings
        if name == "xkcd":
            plt.xkcd()
        elif name in STYLES:
            plt.style.use(name)
        else:
            matplotlib.rcParams.update(
                {k: v for k, v in HOSTILE[name].items() if k in matplotlib.rcParams}  # svg.id came with 3.10
            )
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*_factor", matplotlib.MatplotlibDeprecationWarning)
        yield


@pytest.mark.once
@pytest.mark.parametrize("name", [*HOSTILE, *STYLES, "xkcd"])
def test_no_setting_changes_a_figure(drawings, ours, name):
    with settings(name):
        before = dict(matplotlib.rcParams)
        few = {k: drawings[k] for k in ("groups", "weighted", "links")}
        found = pictures(drawings if name in {"all of them", "dark_background"} else few)
        assert dict(matplotlib.rcParams) == before
    assert [k for k in found if found[k] != ours[k]] == []


def test_a_setting_changes_what_matplotlib_draws_by_itself(result):
    """The settings of these tests are not empty words: on axes of the user's own they are obeyed."""
    with settings("axes"):
        ax = result.plot(ax=plt.figure().add_subplot())
    assert ax.get_facecolor() == (1, 0, 0, 1)
    assert ax.xaxis.label.get_color() == "red"
    assert all(same_color(text.get_color(), "red") for text in ax.get_legend().get_texts())


def test_text_on_axes_of_the_users_own_is_no_tex_either(drawings):
    with settings("TeX"):
        for name in set(drawings) - {"brief", "chinese"}:
            figure = plt.figure(layout="constrained")
            drawings[name](ax=figure.add_subplot())
            figure.canvas.draw()  # there is no TeX on most machines
    ax = plt.figure().add_subplot(title="$x^2$")
    drawings["plain"](ax=ax)
    assert ax.title.get_parse_math()  # what the user wrote is the user's


@pytest.mark.once
def test_nobody_sees_a_setting_change_and_no_thread_disturbs_another(drawings, ours):
    """Eight threads draw while another changes settings, and nobody but that one writes them."""
    writers = set()

    class Watched(matplotlib.RcParams):
        def __setitem__(self, key, value):
            writers.add(threading.get_ident())
            super().__setitem__(key, value)

        def _set(self, key, value):
            writers.add(threading.get_ident())
            super()._set(key, value)

    stop, wrong = threading.Event(), []
    drawn = {k: drawings[k] for k in ("groups", "weighted", "chinese", "flow", "links")}

    def draw():
        found = pictures(drawn)
        wrong.extend(k for k in found if found[k] != ours[k])

    def disturb():
        settings = [
            {"font.size": 30, "text.usetex": True, "axes.grid": True, "svg.hashsalt": "a"},
            {"font.size": 5, "text.usetex": False, "axes.grid": False, "svg.hashsalt": "b"},
        ]
        for turn in itertools.cycle(settings):
            matplotlib.rcParams.update(turn)
            if stop.wait(0.001):
                break

    threads, other = [threading.Thread(target=draw) for _ in range(8)], threading.Thread(target=disturb)
    with matplotlib.rc_context():
        matplotlib.rcParams.__class__ = Watched
        try:
            for thread in (other, *threads):
                thread.start()
            disturber = other.ident
            for thread in threads:
                thread.join()
            stop.set()
            other.join()
        finally:
            matplotlib.rcParams.__class__ = matplotlib.RcParams
    assert wrong == []
    assert writers == {disturber}


def test_figures_are_made_without_pyplot_and_settings_stay(tmp_path):
    code = """if True:
        import sys, warnings
        import pandas as pd, credbenefits as cb
        assert "matplotlib" not in sys.modules
        import matplotlib
        before = dict(dict.items(matplotlib.rcParams))  # to look "backend" up would load pyplot
        result = cb.proportions(pd.DataFrame({"a": [1, 0, 0] * 20, "g": ["x", "y"] * 30}), "a", by="g")
        one = cb.proportions(pd.DataFrame({"a": [1, 0] * 20}), "a")
        cb.brief(one, title="t", figures=False)
        ax = result.plot()  # now all is loaded: other libraries set filters of their own
        filters = list(warnings.filters)
        data, size = ax._repr_png_()
        assert data[1:4] == b"PNG" and size["width"] == 720, size
        ax.figure.savefig("a.pdf")
        cb.brief(one, title="t", figures=True)
        assert dict(dict.items(matplotlib.rcParams)) == before
        assert warnings.filters == filters
        assert "matplotlib.pyplot" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    assert (tmp_path / "a.pdf").exists()


def test_the_source_writes_no_setting_and_loads_no_pyplot():
    names = {
        "pyplot",
        "matplotlib.pyplot",
        "rcParams",
        "rc_context",
        "rcdefaults",
        "catch_warnings",
        "simplefilter",
    }
    for path in (Path(cb.__file__).parent / "reporting").rglob("*.py"):
        said = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            said |= {getattr(node, part, None) for part in ("id", "attr", "name", "module")}
        assert not said & names, path


def test_a_group_may_start_with_an_underscore():
    data = pd.DataFrame({"a": [1, 0, 0] * 20, "g": ["_x", "y"] * 30})
    ax = cb.proportions(data, "a", by="g").plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["_x", "y"]


def test_a_notebook_shows_the_axes_as_a_picture(result):
    from PIL import Image

    ax = result.plot()
    data, size = ax._repr_png_()
    width, height = Image.open(io.BytesIO(data)).size
    assert (width, height) == pytest.approx((2 * size["width"], 2 * size["height"]), abs=2)
    assert ax.figure.get_dpi() == 100
    assert plt.get_fignums() == []


@pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")
def test_groups_show_the_unweighted_share_of_the_same_people_beside_the_weighted_one():
    data = pd.DataFrame(
        {"a": [1, 0, 1, 0, 1, None], "g": [*"xxyyyz"], "w": [3.0, 1.0, 1.0, 5.0, 0.0, 1.0]},
    )
    result = cb.proportions(data, "a", by="g", totals=True, weights="w")
    axes = result.plot()
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["x", "y", "z", "(all)", "same people, unweighted"]
    (circles,) = [line for line in axes.lines if line.get_label() == "same people, unweighted"]
    assert circles.get_xdata().tolist() == [50.0, 50.0, 50.0]  # nobody of z answered
    assert circles.get_markerfacecolor() == PAPER
    dots = [each.lines[0] for each in axes.containers]
    heights = [y for dot in dots for y in dot.get_ydata()]
    assert np.array(heights) - circles.get_ydata() == pytest.approx(0.1)  # of an inch
    plain = cb.proportions(data, "a", by="g").plot()
    assert "unweighted" not in str([text.get_text() for text in plain.get_legend().get_texts()])
