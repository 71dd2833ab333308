"""Participation over many waves: patterns, rates and notes that stay readable, and who is found again."""

from __future__ import annotations

import itertools

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

import credbenefits as cb
from credbenefits.errors import InputError
from credbenefits.panel.flow import count_patterns, flow_rates, pattern_table
from credbenefits.results import Pattern, PatternsResult

MAKERS = [pd.DataFrame, pl.DataFrame, pa.table]
FIFTEEN = tuple(f"w{k:02d}" for k in range(1, 16))


def panel_of(presence, names=FIFTEEN, make=pd.DataFrame):
    """A panel in which these people are in these waves."""
    waves = [(name, make({"id": np.flatnonzero(row)})) for name, row in zip(names, presence.T, strict=True)]
    return cb.link_waves(waves, on="id")


def presence_of(n=600, waves=15, seed=1):
    """Some stay from the start, some come back, some come late."""
    rng = np.random.default_rng(seed)
    stays = np.logical_and.accumulate(rng.random((n, waves)) < 0.93, axis=1)
    found = stays | (rng.random((n, waves)) < 0.25)
    return found[found.any(axis=1)]


@pytest.fixture(scope="module")
def presence():
    return presence_of()


@pytest.fixture(scope="module")
def panel(presence):
    return panel_of(presence)


# ---- fifteen waves -------------------------------------------------------------------------------------------------


def test_rates_of_fifteen_waves_are_those_of_counting_people(panel, presence):
    flow = panel.flow()
    assert flow.people == tuple(presence.sum(axis=0))
    first = presence[:, 0]
    for k, wave in enumerate(FIFTEEN[1:], 1):
        rates = {r.rate: (r.count, r.n) for r in flow[wave]}
        assert rates == {
            "conditional": (sum(p[k] and p[k - 1] for p in presence), presence[:, k - 1].sum()),
            "cumulative": (sum(all(p[: k + 1]) for p in presence), first.sum()),
            "retention": (sum(p[k] and p[0] for p in presence), first.sum()),
            "not_known_before": (sum(p[k] and not any(p[:k]) for p in presence), presence[:, k].sum()),
        }
    retention = flow["retention"]
    assert [r.wave for r in retention] == list(FIFTEEN[1:])
    new = flow["not_known_before"]
    assert new.rates[0].base == "people in “w02” (counted: in no wave before)"
    z = stats.norm.ppf(0.975)
    for r in (*retention, *new):
        p, n = r.count / r.n, r.n
        middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        assert r.estimate == p
        assert r.conf_low == pytest.approx((middle - half) / (1 + z**2 / n), abs=1e-14)
        assert r.conf_high == pytest.approx((middle + half) / (1 + z**2 / n), abs=1e-14)
    assert retention.rates[-1].base == "people in “w01” (counted: in “w15”, whether or not in waves between)"


def test_flow_prints_a_line_per_wave_and_each_note_once(panel):
    lines = repr(panel.flow()).splitlines()
    assert lines[0] == "Participation in 15 waves (95% intervals)"
    assert lines[1].split() == ["wave", "people", "linked", "conditional", "cumulative", "retention"]
    assert [line.split()[0] for line in lines[2:17]] == list(FIFTEEN)
    assert max(map(len, lines[:17])) <= 120
    strangers, not_stated, kinds = lines[17:]
    assert strangers.startswith("- Many people are not in the wave before theirs")
    assert strangers.count("“") == 5
    assert "and more than 5% in" in strangers
    assert not_stated == "- How many were invited was not stated for any of the 15 waves: no wave rate"
    assert kinds.startswith("- conditional: in the wave, of those in the wave before; cumulative: ")
    assert len(panel.flow().notes) == 2
    told = panel.flow(invited=dict.fromkeys(FIFTEEN[:2], 600)).notes[-1]
    assert (
        told
        == "How many were invited to “w03”, “w04”, “w05”, “w06”, “w07” and 8 other waves was not stated: "
        "no wave rate"
    )


def test_the_cells_of_the_printed_table_are_the_rates(panel):
    flow = panel.flow(invited={"w01": 700})
    line = repr(flow).splitlines()[2:17][-1]
    for rate in flow["w15"]:
        if rate.rate == "not_known_before":
            assert rate.count == flow.people[-1] - flow.linked[-1]  # which stand in the line
            continue
        assert f"{rate.estimate:.4f} ({rate.conf_low:.4f}, {rate.conf_high:.4f})" in line
    first = repr(flow).splitlines()[2]
    assert f"({flow.rates[0].conf_low:.4f}, {flow.rates[0].conf_high:.4f})" in first
    assert "<td" in flow._repr_html_()


def test_patterns_come_by_size_with_the_rest_as_one_row(panel, presence):
    result = panel.patterns()
    assert isinstance(result, PatternsResult)
    expected = pd.Series(["".join("X" if p else "." for p in row) for row in presence]).value_counts()
    assert {row.pattern: row.n for row in result} == expected.to_dict()
    assert [row.n for row in result] == sorted(expected, reverse=True)
    lines = repr(result).splitlines()
    assert (
        lines[0]
        == f"Patterns of answering of {len(presence):,} people (15 waves in order, from “w01” to “w15”)"
    )
    assert lines[1].split() == ["pattern", "n", "share"]
    shown = [int(line.split()[1]) for line in lines[2:12]]
    assert shown == [row.n for row in result.rows[:10]]
    others = len(result) - 10
    assert lines[12].startswith(f"all other {others} patterns")
    assert shown[0] == result.rows[0].n
    assert sum(shown) + int(lines[12].split()[4]) == len(presence)
    assert len(lines) == 14
    assert max(map(len, lines[1:13])) <= 80
    small = sum(row.n < 10 for row in result)
    assert result.notes == (
        f"Not anonymous: {small} patterns hold fewer than 10 people (the smallest: 1). Whoever knows these people "
        "may tell which waves they answered",
    )


def test_the_frame_of_patterns_has_everybody_and_every_wave(panel, presence):
    frame = panel.patterns().to_frame()
    assert list(frame.columns) == ["pattern", *FIFTEEN, "n", "share"]
    assert frame["n"].sum() == len(presence)
    assert frame["share"].sum() == pytest.approx(1)
    for k, wave in enumerate(FIFTEEN):
        assert (frame[wave] * frame["n"]).sum() == presence[:, k].sum()


@pytest.mark.parametrize("most", [1, 3, 50])
def test_as_many_patterns_are_printed_as_asked_for(panel, presence, most):
    result = panel.patterns(most=most)
    columns = result._columns()
    assert len(columns["n"]) == most + 1
    assert sum(columns["n"]) == len(presence)
    assert sum(columns["share"]) == pytest.approx(1)
    pd.testing.assert_frame_equal(result.to_frame(), panel.patterns().to_frame())


def test_a_single_pattern_left_over_is_no_sum():
    presence = np.array([*[[1, 1]] * 30, *[[1, 0]] * 20, *[[0, 1]] * 10], dtype=bool)
    printed = repr(panel_of(presence, ("a", "b")).patterns(most=2))
    assert "other" not in printed
    assert ".X       10" in printed
    assert "Not anonymous" not in printed  # ten people are no small cell
    assert "all other 2 patterns  30" in repr(panel_of(presence, ("a", "b")).patterns(most=1))


@pytest.mark.parametrize("most", [0, -1, 2.5, "3", True, None])
def test_most_is_a_whole_number(panel, most):
    with pytest.raises(InputError, match="`most`"):
        panel.patterns(most=most)


# ---- other numbers of waves, and names -----------------------------------------------------------------------------


def test_one_wave_has_people_and_no_rates_between_waves():
    patterns = count_patterns(np.ones((12, 1), dtype=bool))
    flow = flow_rates(("only",), patterns, {}, 0.95)
    assert (flow.people, flow.linked, flow.rates) == ((12,), (0,), ())
    assert repr(flow).splitlines()[:3] == [
        "Participation in 1 wave (95% intervals)",
        "wave  people  linked",
        "only  12      –",
    ]
    asked = flow_rates(("only",), patterns, {"only": 20}, 0.95)
    assert [(r.rate, r.count, r.n) for r in asked.rates] == [("wave", 12, 20)]
    assert [(r.pattern, r.n, r.share) for r in pattern_table(("only",), patterns)] == [("X", 12, 1.0)]


def test_two_waves_have_all_rates_of_the_first_alike():
    presence = np.array([*[[1, 1]] * 3, *[[1, 0]] * 5, *[[0, 1]] * 2], dtype=bool)
    flow = panel_of(presence, ("a", "b")).flow()
    assert {(r.rate, r.count, r.n, r.base.partition(" (")[0]) for r in flow} == {
        *((rate, 3, 8, "people in “a”") for rate in ("conditional", "cumulative", "retention")),
        ("not_known_before", 2, 5, "people in “b”"),
    }
    assert flow["retention"].rates[0].base == "people in “a”"


@pytest.mark.parametrize("waves", [2, 15])
def test_nobody_found_again_is_nought_with_a_limit(waves):
    presence = np.repeat(np.eye(waves, dtype=bool), 20, axis=0)
    with pytest.warns(cb.errors.DataWarning, match="in any other wave"):
        flow = panel_of(presence, FIFTEEN[:waves]).flow()
    assert flow.linked == (0,) * waves
    z2 = stats.norm.ppf(0.975) ** 2
    for r in flow["retention"]:
        assert (r.count, r.n, r.estimate, r.conf_low) == (0, 20, 0.0, 0.0)
        assert r.conf_high == pytest.approx(z2 / (20 + z2), abs=1e-14)
    assert sum("count links" in note for note in flow.notes) == 1


def test_a_first_wave_without_anybody_has_no_retention():
    flow = flow_rates(("a", "b"), count_patterns(np.array([[False, True]] * 4)), {}, 0.95)
    assert all(np.isnan(r.estimate) and (r.count, r.n) == (0, 0) for r in flow["retention"])
    assert repr(flow).splitlines()[3].split() == ["b", "4", "0", "–", "–", "–"]


def test_wave_names_are_told_apart():
    with pytest.raises(InputError, match="different names"):
        panel_of(np.ones((5, 2), dtype=bool), ("a", "a"))
    names = ("n", "share", "pattern", "n (wave)", "Frühjahr", "春", "spring (2020)")
    presence = np.array(list(itertools.product([False, True], repeat=7))[1:])
    frame = panel_of(presence, names).patterns().to_frame()
    columns = [
        "n (wave) (wave)",
        "share (wave)",
        "pattern (wave)",
        "n (wave)",
        "Frühjahr",
        "春",
        "spring (2020)",
    ]
    assert list(frame.columns) == ["pattern", *columns, "n", "share"]
    for k, column in enumerate(columns):
        assert (frame[column] * frame["n"]).sum() == presence[:, k].sum()
    flow = panel_of(presence, names).flow()
    assert [r.wave for r in flow["retention"]] == list(names[1:])
    assert "in every wave so far, of those in “n”" in repr(flow)


def test_seventy_waves_are_counted_exactly():
    presence = presence_of(300, 70, seed=3)
    counted = count_patterns(presence)
    inside, people = np.unique(presence, axis=0, return_counts=True)
    assert (counted.inside == inside).all()
    assert (counted.people == people).all()


@given(hnp.arrays(bool, st.tuples(st.integers(0, 40), st.integers(1, 7))))
def test_patterns_are_those_of_sorting_people(presence):
    counted = count_patterns(presence)
    inside, people = np.unique(presence, axis=0, return_counts=True)
    assert (counted.inside == inside).all()
    assert (counted.people == people).all()


# ---- kinds of frames -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKERS)
def test_every_kind_of_frame_gives_the_same_and_its_own(make, panel, presence):
    made = panel_of(presence, make=make)
    assert made.flow() == panel.flow()
    assert made.patterns() == panel.patterns()
    for result in (made.flow(), made.flow()["retention"], made.patterns(), made.patterns()["X" * 15]):
        frame = result.to_frame()
        assert type(frame).__module__.split(".")[0] == make({"a": [1]}).__class__.__module__.split(".")[0]
        assert len(frame) == len(result)


@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_patterns_of_nobody_keep_their_types(kind):
    none = PatternsResult(("a", "n"), (), 0, 10, (), frame_kind=kind)
    schema = nw.from_native(none.to_frame(), eager_only=True).schema
    assert dict(schema) == {
        "pattern": nw.String(),
        "a": nw.Boolean(),
        "n (wave)": nw.Boolean(),
        "n": nw.Int64(),
        "share": nw.Float64(),
    }


def test_a_pattern_is_found_by_its_name(panel):
    every = panel.patterns()["X" * 15]
    assert [row.pattern for row in every] == ["X" * 15]
    assert isinstance(every.rows[0], Pattern)
    assert "X" * 15 in panel.patterns()
    assert every.n_people == panel.n_people
