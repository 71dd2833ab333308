"""Who is lost and who is found again: by hand, by brute force, against the flow, and group by group against pandas."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import InputError, MethodError

START = pd.DataFrame(
    {
        "id": range(100),
        "site": ["north"] * 60 + ["south"] * 30 + [None] * 10,
        "age": [20 + k % 50 for k in range(100)],
    }
)
END = pd.DataFrame({"id": [*range(45), *range(60, 75), 95, 901, 902, None], "age": 50})


@pytest.fixture(scope="module")
def panel():
    return cb.link_waves({"start": START, "end": END}, on="id")


def test_everybody_of_the_first_wave_is_the_base(panel):
    [row] = cb.attrition(panel, people="members").retention.rows
    assert (row.count, row.n, row.base) == (61, 100, "100 members")
    low, high = cb.proportion_interval(61, 100)[:2]
    assert (row.conf_low, row.conf_high) == pytest.approx((low, high), abs=1e-15)
    flow = panel.flow()["retention"].rates[0]
    assert (flow.count, flow.n, flow.estimate) == (row.count, row.n, row.estimate)
    assert (flow.conf_low, flow.conf_high) == (row.conf_low, row.conf_high)


def test_groups_are_those_of_the_first_wave(panel):
    found = cb.attrition(panel, by="site").retention
    assert [(row.group, row.count, row.n) for row in found] == [
        ((("site", "north"),), 45, 60),
        ((("site", "south"),), 15, 30),
    ]
    assert "10 rows have no value in site and are in no group" in found.notes


def test_a_design_is_that_of_the_first_wave():
    clusters = START.assign(school=[k // 5 for k in range(100)], region=[k // 50 for k in range(100)])
    panel = cb.link_waves({"start": clusters, "end": END}, on="id")
    design = cb.SurveyDesign(strata="region", clusters="school")
    found = cb.attrition(panel, by="site", design=design).retention
    rows = panel.wave("start").assign(again=np.isin(panel.people_in("start"), panel.people_in("end")))
    expected = cb.proportions(rows, "again", by="site", design=design, people="people")
    assert found.procedure == expected.procedure
    for name in ("estimate", "std_error", "conf_low", "conf_high", "n_effective", "df", "count", "n"):
        assert [getattr(row, name) for row in found] == [getattr(row, name) for row in expected]
    assert found.rows[0].std_error > cb.attrition(panel, by="site").retention.rows[0].std_error
    with pytest.raises(InputError, match=r"`design.strata`"):
        cb.attrition(panel, design=cb.SurveyDesign(strata="regoin"))


def test_small_groups_are_flagged(panel):
    found = cb.attrition(panel, by="age", bins={"age": [22, 60]}).retention
    # The group of 4 people stands together with the next larger one: its share cannot be had by subtraction.
    assert [("small_base" in row.flags, row.n) for row in found] == [(False, 76), (True, 24)]
    assert found.rows[1].group == (("age", "(small groups)"),)
    assert found.rows[1].base == "24 people (small groups)"
    assert sum(row.count for row in found) == 61


def test_who_cannot_be_found_is_told(panel):
    notes = cb.attrition(panel).retention.notes
    assert (
        "2 of the 63 people in “end” are not found in “start”: whoever of them was there, under another "
        "key or without one, is missing among those found again"
    ) in notes
    assert "0 rows of “start” and 1 of “end” have no usable key, and are in no share" in notes


def test_nothing_is_told_where_everybody_has_a_key_and_is_known():
    made = cb.link_waves({"start": START, "end": END.head(40)}, on="id")
    assert cb.attrition(made).retention.notes == ()


def test_links_in_doubt_are_told():
    rng = np.random.default_rng(3)
    codes = pd.DataFrame({name: rng.integers(0, 12, 60).astype(str) for name in "abcdefg"})
    made = cb.link_waves(
        {"start": codes, "end": codes.head(30)}, on=list("abcdefg"), method="code", max_false_link_rate=0.5
    )
    assert (
        "the waves are linked by codes: wrong and missed links are not corrected for"
        in cb.attrition(made).retention.notes
    )


def test_waves_may_be_named_and_turned_round(panel):
    assert cb.attrition(panel, waves=["end", "start"]).retention.rows[0].n == 63
    three = cb.link_waves({"a": START, "b": END, "c": END.head(20)}, on="id")
    assert cb.attrition(three).waves == ("a", "c")
    [row] = cb.attrition(three, waves=["a", "c"]).retention.rows
    assert (row.count, row.n) == (20, 100)


@pytest.mark.parametrize("waves", [["start", "start"], ["start", "enb"], ["start"], 3])
def test_waves_that_are_not_two_of_the_panel(panel, waves):
    with pytest.raises(InputError) as caught:
        cb.attrition(panel, waves=waves)
    assert caught.value.argument == "waves"


def test_groups_that_identify_people_are_refused(panel):
    with pytest.raises(InputError, match="which people are linked on"):
        cb.attrition(panel, by="id")


def test_silent_people_of_a_wave_are_not_found_again():
    end = pd.DataFrame({"id": range(50), "job": ["yes"] * 20 + [None] * 30})
    made = cb.link_waves({"start": START, "end": end}, on="id", answered={"end": "job"})
    assert cb.attrition(made).retention.rows[0].count == 20


def test_a_column_of_the_name_that_is_used_stays_as_it_is():
    start = START.assign(in_end=["a", "b"] * 50)
    made = cb.link_waves({"start": start, "end": END}, on="id")
    assert [row.group for row in cb.attrition(made, by="in_end").retention] == [
        (("in_end", "a"),),
        (("in_end", "b"),),
    ]


def test_questions_make_groups_and_frames_come_back_as_they_were():
    panel = cb.link_waves({"start": pl.from_pandas(START), "end": pl.from_pandas(END)}, on="id")
    found = cb.attrition(panel, by=cb.Item("age", at_least=50, label="50 or older")).retention
    table = found.to_frame()
    assert isinstance(table, pl.DataFrame)
    assert table["n"].to_list() == [60, 40]


def test_of_the_example_every_group_is_as_pandas_counts(credentials_panel):
    found = cb.attrition(
        credentials_panel,
        waves=["completion", "followup"],
        by=["gender", "education"],
        missing="Prefer not to say",
    ).retention
    rows = credentials_panel.wave("completion")
    rows["again"] = rows["person"].isin(credentials_panel.wave("followup")["person"])
    rows = rows[rows["gender"] != "Prefer not to say"]
    wanted = rows.groupby(["gender", "education"])["again"].agg(["sum", "size"])
    # One group of fewer than 10 people alone could be had by subtraction: the next larger one joins it.
    assert sorted(wanted["size"])[:3] == [3, 11, 26]
    large = wanted[wanted["size"] > 11]
    *shown, together = found
    assert {tuple(value for _, value in row.group): (row.count, row.n) for row in shown} == {
        group: tuple(counts) for group, counts in zip(large.index, large.to_numpy().tolist(), strict=True)
    }
    small = wanted[wanted["size"] <= 11]
    assert (len(small), together.count, together.n) == (2, *small.sum())
    assert any("small_base" in row.flags for row in found)


def test_it_prints_what_it_is_of(panel):
    assert str(cb.attrition(panel, people="members")).startswith(
        "members of start who are found again in end (95% intervals)"
    )
    assert len(cb.attrition(panel, by="site").retention["in_end"]) == 2


# ---- small groups ------------------------------------------------------------------------------------------


def again(sizes, found):
    """Groups of these sizes, of which so many are found again."""
    groups = [name for name, n in sizes.items() for _ in range(n)]
    start = pd.DataFrame({"id": range(len(groups)), "g": groups})
    ids = [k for name, n in found.items() for k in start.index[start["g"] == name][:n]]
    return cb.link_waves({"start": start, "end": pd.DataFrame({"id": ids})}, on="id")


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ({"a": 40, "b": 10}, {"a": 40, "b": 10}),
        ({"a": 40, "b": 9, "c": 3}, {"a": 40, "(small groups)": 12}),
        ({"a": 40, "b": 20, "c": 9}, {"a": 40, "(small groups)": 29}),
        ({"a": 40, "b": 20, "c": 4, "d": 4}, {"a": 40, "(small groups)": 28}),
        ({"a": 40, "b": 9}, {"(small groups)": 49}),
        ({"a": 5}, {"(small groups)": 5}),
    ],
)
@pytest.mark.parametrize("design", [None, cb.SurveyDesign(clusters="id")])
def test_no_share_of_a_small_group_can_be_had_by_subtraction(sizes, shown, design):
    panel = again(sizes, {name: n // 3 for name, n in sizes.items()})
    found = cb.attrition(panel, by="g", design=design).retention
    assert {row.group[0][1]: row.n for row in found} == shown
    assert sum(row.count for row in found) == sum(n // 3 for n in sizes.values())
    for row in found:
        if row.group[0][1] == "(small groups)":
            assert set(found.pooled) == sizes.keys() - shown.keys()
            if design is None:
                assert (row.conf_low, row.conf_high) == pytest.approx(
                    cb.proportion_interval(row.count, row.n)[:2], abs=1e-12
                )


def test_shares_of_small_groups_are_drawn_towards_all_beside_the_raw():
    # METHODS: x = (18, 3, 12, 2, 25, 5) of n = (30, 20, 40, 12, 45, 25); posterior means by maximum likelihood.
    sizes, counts = (30, 20, 40, 12, 45, 25), (18, 3, 12, 2, 25, 5)
    found = cb.attrition(
        again(dict(zip("abcdef", sizes, strict=True)), dict(zip("abcdef", counts, strict=True))), by="g"
    )
    expected = (0.541746, 0.209352, 0.307920, 0.241751, 0.520824, 0.237531)
    assert found.retention.columns["shrunken"] == pytest.approx(expected, abs=1e-6)
    assert found.retention.columns["estimate"] == pytest.approx(
        [x / n for x, n in zip(counts, sizes, strict=True)]
    )
    assert found.retention.columns["ratio"] == pytest.approx(
        [x / n / (65 / 172) for x, n in zip(counts, sizes, strict=True)]
    )
    assert "beta-binomial" in str(found)


def test_nothing_is_drawn_where_all_groups_have_50_people():
    found = cb.attrition(again({"a": 50, "b": 90}, {"a": 5, "b": 40}), by="g")
    assert np.isnan(found.retention.columns["shrunken"]).all()
    assert "shrunken" not in str(found)


def test_a_group_of_which_nobody_is_found_is_named():
    found = cb.attrition(again({"a": 50, "b": 90}, {"b": 40}), by="g")
    assert "nobody from g = a answered: weights cannot represent them" in found.retention.notes
    assert [row.group for row in found.retention.nobody_found] == [(("g", "a"),)]


@pytest.mark.parametrize("missing", [(), 0, 1, [0, 1]])
def test_what_is_declared_missing_is_not_who_is_found(missing):
    start = pd.DataFrame({"id": range(60), "g": ["x"] * 28 + ["y"] * 28 + ["z"] * 4})
    panel = cb.link_waves({"start": start, "end": start.head(15)}, on="id")
    assert [(row.count, row.n) for row in cb.attrition(panel, by="g", missing=missing).retention] == [
        (0, 28),
        (15, 32),
    ]


# ---- who was not asked -------------------------------------------------------------------------------------

VALUES = {
    "c": "complete",
    "p": "partial",
    "r": "refused",
    "s": "no_contact",
    "u": "unknown",
    "i": "ineligible",
}
VALUES |= {"n": "not_invited", "k": "other_source", "o": "other"}


def declared(frames):
    rule = {"column": "d", "values": VALUES}
    return cb.link_waves(
        frames, on="id", status={name: rule for name, frame in frames.items() if "d" in frame}
    )


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_who_left_or_was_not_invited_is_in_no_share(library):
    start = pd.DataFrame({"id": range(60), "g": ["x", "y"] * 30, "school": [k // 4 for k in range(60)]})
    end = pd.DataFrame({"id": range(62), "d": [*"cpsin" * 12, "c", "i"]})
    panel = declared({"start": library(start.to_dict("list")), "end": library(end.to_dict("list"))})
    lost = cb.attrition(panel, by="g", design=cb.SurveyDesign(clusters="school"))
    assert isinstance(lost.to_frame(), library)
    assert isinstance(lost.funnel.to_frame(), library)
    assert (lost.retention.left, lost.retention.not_invited) == (12, 12)
    assert [(row.count, row.n) for row in lost.retention] == [(12, 18), (12, 18)]
    assert (
        "by “end” 12 had left the population and 12 were not invited: they are in no share"
        in lost.retention.notes
    )
    flow = panel.flow()["retention"].rates[0]  # the same base in both
    assert (flow.count, flow.n) == (lost.retention.everybody.count, lost.retention.everybody.n) == (24, 36)
    step = lost.funnel.rows[1]
    assert (step.people, step.ineligible, step.not_invited, step.asked, step.no_answer) == (
        62,
        13,
        12,
        37,
        12,
    )
    assert (step.answered, step.from_before, step.returned, step.new) == (25, 24, 0, 1)
    assert (step.lost_ineligible, step.lost_not_invited, step.lost_silent) == (12, 12, 12)
    asked = start.assign(again=end["d"].head(60).isin(["c", "p"]))[~end["d"].head(60).isin(["i", "n"])]
    expected = cb.proportions(asked, "again", by="g", design=cb.SurveyDesign(clusters="school"))
    assert lost.retention.columns["conf_low"] == pytest.approx(expected.columns["conf_low"], abs=1e-14)


# ---- everything adds up --------------------------------------------------------------------------------------

ROWS = st.lists(st.text("cprsuink.", min_size=3, max_size=3), min_size=1, max_size=25).filter(
    lambda rows: any(row[0] in "cp" for row in rows)
)


@given(ROWS)
@settings(max_examples=40, deadline=None)
@pytest.mark.filterwarnings("ignore::credbenefits.errors.CredbenefitsWarning")
def test_everything_adds_up_whatever_people_did(rows):
    frames = {}
    for k, name in enumerate(("a", "b", "c")):
        there = [(i, row[k]) for i, row in enumerate(rows) if row[k] != "."]
        frames[name] = pd.DataFrame(there, columns=["id", "d"]).astype({"id": "int64", "d": "object"})
    if any(frame.empty for frame in frames.values()):
        return
    first = [row for row in rows if row[0] in "cp"]
    if all(row[2] in "in" for row in first):
        with pytest.raises(InputError, match="were ineligible or not invited"):
            cb.attrition(declared(frames))
        return
    lost = cb.attrition(declared(frames))
    known = [row for row in rows if set(row) != {"."}]
    did = [[x in "cp" for x in row] for row in known]
    # patterns, classes and overlap by brute force
    patterns = Counter("".join(".X"[x] for x in row) for row in did)
    assert {row.pattern: row.n for row in lost.patterns} == dict(patterns)
    kinds = {"XXX": "stayer", "XX.": "drop-out b", "X..": "drop-out a", "X.X": "returner", "...": "never"}
    classes = Counter()
    for pattern, n in patterns.items():
        classes[kinds.get(pattern, "late entrant")] += n
    assert {f"{r.kind} {r.last}".strip(): r.n for r in lost.classes if r.n} == dict(classes)
    for row in lost.overlap:
        a, b = "abc".index(row.wave), "abc".index(row.other)
        assert (row.both, row.n) == (sum(x[a] and x[b] for x in did), sum(x[a] for x in did))
    before = None
    for k, step in enumerate(lost.funnel):
        assert step.people == step.ineligible + step.not_invited + step.asked == len(frames[step.wave])
        assert step.asked == step.no_answer + step.answered
        assert step.answered == step.from_before + step.returned + step.new == sum(x[k] for x in did)
        lost_here = step.lost_ineligible + step.lost_not_invited + step.lost_silent
        assert step.from_before + lost_here == (before.answered if before else 0)
        assert step.lost_ineligible == sum(k > 0 and x[k - 1] in "cp" and x[k] == "i" for x in known)
        before = step
    assert lost.retention.left == sum(row[2] == "i" for row in first)
    assert lost.retention.not_invited == sum(row[2] == "n" for row in first)
    base = [row for row in first if row[2] not in "in"]
    [row] = lost.retention.rows
    assert (row.count, row.n) == (sum(x[2] in "cp" for x in base), len(base))
    monotone = sum(not (x[1] not in "cp" and x[2] in "cp") for x in first)
    assert lost.classes.monotone_share == pytest.approx(monotone / len(first))


# ---- how it shows itself -------------------------------------------------------------------------------------


def test_parts_print_and_are_frames(panel):
    lost = cb.attrition(panel, by="site")
    for part in (lost, lost.retention, lost.funnel, lost.overlap, lost.classes, lost.patterns):
        assert str(part)
        assert "<table" in part._repr_html_()
        assert len(part.to_frame())
    assert lost.to_frame().equals(lost.retention.to_frame())
    assert str(lost.overlap).splitlines()[2:] == ["start  100    61", "end    61     63"]
    assert "monotone share" in str(lost)


@pytest.mark.parametrize("kind", ["retention", "funnel"])
@pytest.mark.parametrize("by", [None, "site"])
def test_it_is_drawn(panel, kind, by):
    axes = cb.attrition(panel, by=by).plot(kind)
    words = axes.get_xlabel()
    assert ("found again in end" in words) if kind == "retention" else (words == "people")


def test_the_plot_has_the_share_of_everybody_and_what_small_groups_are_drawn_to(panel):
    axes = cb.attrition(panel, by="site").plot()
    labels = [line.get_label() for line in axes.lines]
    assert "drawn towards that of all groups" in labels
    assert any(list(line.get_xdata()) == [61.0, 61.0] for line in axes.lines)


def test_another_kind_of_plot_is_refused(panel):
    with pytest.raises(MethodError, match="`kind`"):
        cb.attrition(panel).plot("curve")


def test_no_panel_is_refused():
    with pytest.raises(InputError, match="`panel`"):
        cb.attrition(START)


def test_a_group_that_is_no_column_is_looked_for_among_those_of_the_wave():
    waves = {"start": pd.DataFrame({"id": [1, 2], "site": ["a", "b"]}), "end": pd.DataFrame({"id": [1]})}
    with pytest.raises(InputError, match=r"`by`: expected a column of wave 'start'; got 'sight'.*'site'"):
        cb.attrition(cb.link_waves(waves, on="id"), by="sight")
