"""A brief and a figure of fifteen waves: each sentence once, each wave one line, each number as the result has it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb

pytest.importorskip("matplotlib")
FIFTEEN = tuple(f"w{k:02d} (month {k})" for k in range(1, 16))


def panel_of(n_waves=15, n=400, names=FIFTEEN):
    rng = np.random.default_rng(5)
    stays = np.logical_and.accumulate(rng.random((n, n_waves)) < 0.93, axis=1)
    presence = stays | (rng.random((n, n_waves)) < 0.2)
    return cb.link_waves(
        {
            name: pd.DataFrame({"id": np.flatnonzero(presence[:, k])})
            for k, name in enumerate(names[:n_waves])
        },
        on="id",
    )


@pytest.fixture(scope="module")
def panel():
    return panel_of()


def page_of(*results):
    shares = cb.proportions(pd.DataFrame({"a": [1, 0] * 20}), "a")
    return cb.brief(shares, *results, title="t", figures=False).to_markdown()


def table(page, caption):
    """The rows of a table, the header first."""
    lines = page[page.index(caption) :].split("\n\n")[1].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [rows[0], *rows[2:]]


def share(rate):
    return f"{rate.estimate:.1%}".replace("100.0%", "100%")


def test_the_table_of_rates_has_a_row_per_wave_and_the_retention(panel):
    flow = panel.flow()
    header, *rows = table(page_of(panel, flow), "Response rates, with 95% intervals")
    first = FIFTEEN[0]
    assert header == [
        "Wave",
        "Of those in the wave before",
        f"In every wave so far, of people in “{first}”",
        f"Found again, whether or not in waves between, of people in “{first}”",
    ]
    assert [row[0] for row in rows] == list(FIFTEEN[1:])
    for row in rows:
        shown = [rate for rate in flow[row[0]] if rate.rate != "not_known_before"]
        for cell, rate in zip(row[1:], shown, strict=True):
            assert cell == (
                f"{rate.count:,} of {rate.n:,}: {rate.estimate:.1%} ({rate.conf_low:.1%} to {rate.conf_high:.1%})"
            )


def test_cautions_name_the_last_wave_and_not_all_fifteen(panel):
    page = page_of(panel)
    last = panel.flow()["retention"].rates[-1]
    (said,) = re.findall(r"\*\*Participation\.\*\* (.*)", page)
    assert said == (
        f"{last.count:,} of {last.n:,} people in “{FIFTEEN[0]}” are also in “{FIFTEEN[-1]}” ({last.estimate:.1%})."
    )
    assert page.count("count links, not response") == 1
    assert page.count("no wave rate") == 1


def test_of_many_response_rates_the_lowest_and_the_highest_are_named(panel):
    flow = panel.flow(invited=dict.fromkeys(FIFTEEN, 400))
    page = page_of(panel, flow)
    rates = sorted(flow["wave"], key=lambda r: r.estimate)
    head = page[: page.index("## Key takeaways")]
    for rate in (rates[0], rates[-1]):
        assert f"**{rate.count:,} of 400 people invited** answered “{rate.wave}”" in head
    assert head.count(" of 400 people invited** answered “") == 2
    assert head.count("These are the lowest and the highest rate of 15 waves.") == 1
    header, *rows = table(page, "Response rates")
    assert header[1] == "Of those invited"
    assert len(rows) == 15
    assert rows[0][2:] == ["–", "–", "–"]
    assert " of 400 people invited: " in rows[0][1]


def test_volunteers_in_many_waves_are_one_caution(panel):
    page = page_of(panel, panel.flow(invited=dict.fromkeys(FIFTEEN, 100_000)))
    assert page.count("**Volunteers.**") == 1
    assert "answered 15 of the waves. Treat" in page
    two = page_of(panel, panel.flow(invited=dict.fromkeys(FIFTEEN[:2], 100_000)))
    assert f"answered “{FIFTEEN[0]}”, “{FIFTEEN[1]}”. Treat" in two


@pytest.mark.parametrize("n_waves", [2, 3, 4])
def test_of_few_waves_each_step_is_named(n_waves):
    panel = panel_of(n_waves)
    page = page_of(panel)
    (said,) = re.findall(r"\*\*Participation\.\*\* (.*)", page)
    assert said.count("are also in") == n_waves - 1
    header, *rows = table(page, "Response rates")
    assert len(header) == (2 if n_waves == 2 else 4)  # of two waves all rates are one
    assert len(rows) == n_waves - 1


def test_a_panel_of_nobody_is_still_a_page():
    nobody = pd.DataFrame({"id": [None, None]})
    with pytest.warns(cb.errors.DataWarning):
        panel = cb.link_waves(dict.fromkeys(FIFTEEN, nobody), on="id")
    page = page_of(panel)
    assert "nan" not in page
    assert panel.plot() is not None


# ---- the figure ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names", [FIFTEEN, tuple(f"{k}. Erhebung im Frühjahr, Größe $x$ & ñ" for k in range(15))]
)
def test_a_figure_of_fifteen_waves_has_a_line_for_each(names):
    flow = panel_of(names=names).flow()
    ax = flow.plot()
    ax.figure.draw_without_rendering()
    # Names that need two lines get them: they were cut off behind some letters before.
    lines_of_names = {label.get_text().count("\n") + 1 for label in ax.get_yticklabels()}
    assert ax.figure.get_size_inches()[1] < (6 if lines_of_names == {1} else 9)
    assert not any("…" in label.get_text() for label in ax.get_yticklabels())
    assert len(ax.get_yticklabels()) == 15
    words = [text.get_text() for text in ax.texts]
    assert words[0] == f"{flow.people[0]:,}"
    for text, people, rate in zip(words[1:], flow.people[1:], flow["retention"], strict=True):
        assert text == f"{people:,} · again: {rate.estimate:.1%}"
    page = ax.figure.bbox
    drawn = [*ax.texts, *ax.get_yticklabels(), ax.xaxis.label]
    boxes = [text.get_window_extent() for text in drawn]
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 for box in boxes)
    lines = sorted(box.y0 for box in boxes[:15])
    assert min(np.diff(lines)) >= max(box.height for box in boxes[:15])  # no two lie on each other


def test_seven_waves_and_six_are_drawn_in_their_own_way():
    assert "linked to an earlier wave" in panel_of(6).flow().plot().texts[1].get_text()
    assert "again: " in panel_of(7).flow().plot().texts[1].get_text()


@pytest.mark.parametrize("n_waves", [2, 3, 15])
def test_who_cannot_see_the_figure_reads_its_numbers(n_waves):
    flow = panel_of(n_waves).flow()
    page = cb.brief(cb.proportions(pd.DataFrame({"a": [1, 0] * 20}), "a"), flow, title="t")
    (words,) = [picture.alt for picture in page._pictures if picture.name == "participation"]
    for wave, people, linked in zip(flow.waves[1:], flow.people[1:], flow.linked[1:], strict=True):
        assert f"{wave}: {people:,} people, {linked:,} of them linked to an earlier wave" in words
    again = [f"{share(rate)} of the first wave found again" for rate in flow["retention"]]
    assert all((one in words) == (n_waves > 2) for one in again)
