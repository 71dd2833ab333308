"""Plots draw what the results hold, on the axes they are given, and leave global state alone."""

import matplotlib
import pandas as pd
import pytest

import credbenefits as cb

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


def test_proportions(result):
    ax = result.plot()
    points = [c for c in ax.containers if type(c).__name__ == "ErrorbarContainer"]
    x = points[0].lines[0].get_xdata()
    assert [round(v, 6) for v in x] == [round(100 * r.estimate, 6) for r in result.rows]
    assert ax.get_xlim() == (0, 100)
    assert "95% intervals" in ax.get_xlabel()
    ax.figure.canvas.draw()  # dollar signs in data are no formula


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
