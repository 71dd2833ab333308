"""Who is found again: by hand, against the flow of the panel, and group by group against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from credbenefits.errors import InputError

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
    [row] = cb.retention(panel, people="members").rows
    assert (row.count, row.n, row.base) == (61, 100, "100 members")
    low, high = cb.proportion_interval(61, 100)[:2]
    assert (row.conf_low, row.conf_high) == pytest.approx((low, high), abs=1e-15)
    flow = panel.flow()["retention"].rates[0]
    assert (flow.count, flow.n, flow.estimate) == (row.count, row.n, row.estimate)
    assert (flow.conf_low, flow.conf_high) == (row.conf_low, row.conf_high)


def test_groups_are_those_of_the_first_wave(panel):
    found = cb.retention(panel, by="site")
    assert [(row.group, row.count, row.n) for row in found] == [
        ((("site", "north"),), 45, 60),
        ((("site", "south"),), 15, 30),
    ]
    assert "10 rows have no value in site and are in no group" in found.notes


def test_a_design_is_that_of_the_first_wave():
    clusters = START.assign(school=[k // 5 for k in range(100)], region=[k // 50 for k in range(100)])
    panel = cb.link_waves({"start": clusters, "end": END}, on="id")
    design = cb.SurveyDesign(strata="region", clusters="school")
    found = cb.retention(panel, by="site", design=design)
    rows = panel.wave("start").assign(again=np.isin(panel.people_in("start"), panel.people_in("end")))
    expected = cb.proportions(rows, "again", by="site", design=design, people="people")
    assert found.procedure == expected.procedure
    for name in ("estimate", "std_error", "conf_low", "conf_high", "n_effective", "df", "count", "n"):
        assert [getattr(row, name) for row in found] == [getattr(row, name) for row in expected]
    assert found.rows[0].std_error > cb.retention(panel, by="site").rows[0].std_error
    with pytest.raises(InputError, match=r"`design.strata`"):
        cb.retention(panel, design=cb.SurveyDesign(strata="regoin"))


def test_small_groups_are_flagged(panel):
    found = cb.retention(panel, by="age", bins={"age": [22, 60]})
    assert [("small_base" in row.flags, row.n) for row in found] == [(True, 4), (False, 76), (True, 20)]


def test_who_cannot_be_found_is_told(panel):
    notes = cb.retention(panel).notes
    assert (
        "2 of the 63 people in “end” are not found in “start”: whoever of them was there, under another "
        "key or without one, is missing among those found again"
    ) in notes
    assert "0 rows of “start” and 1 of “end” have no usable key, and are in no share" in notes


def test_nothing_is_told_where_everybody_has_a_key_and_is_known():
    made = cb.link_waves({"start": START, "end": END.head(40)}, on="id")
    assert cb.retention(made).notes == ()


def test_links_in_doubt_are_told():
    rng = np.random.default_rng(3)
    codes = pd.DataFrame({name: rng.integers(0, 12, 60).astype(str) for name in "abcdefg"})
    made = cb.link_waves(
        {"start": codes, "end": codes.head(30)}, on=list("abcdefg"), method="code", max_false_link_rate=0.5
    )
    assert (
        "the waves are linked by codes: wrong and missed links are not corrected for"
        in cb.retention(made).notes
    )


def test_waves_may_be_named_and_turned_round(panel):
    assert cb.retention(panel, waves=["end", "start"]).rows[0].n == 63
    three = cb.link_waves({"a": START, "b": END, "c": END.head(20)}, on="id")
    with pytest.raises(InputError, match="two waves"):
        cb.retention(three)
    [row] = cb.retention(three, waves=["a", "c"]).rows
    assert (row.count, row.n) == (20, 100)


@pytest.mark.parametrize("waves", [["start", "start"], ["start", "enb"], ["start"], 3])
def test_waves_that_are_not_two_of_the_panel(panel, waves):
    with pytest.raises(InputError) as caught:
        cb.retention(panel, waves=waves)
    assert caught.value.argument == "waves"


def test_groups_that_identify_people_are_refused(panel):
    with pytest.raises(InputError, match="which people are linked on"):
        cb.retention(panel, by="id")


def test_silent_people_of_a_wave_are_not_found_again():
    end = pd.DataFrame({"id": range(50), "job": ["yes"] * 20 + [None] * 30})
    made = cb.link_waves({"start": START, "end": end}, on="id", answered={"end": "job"})
    assert cb.retention(made).rows[0].count == 20


def test_a_column_of_the_name_that_is_used_stays_as_it_is():
    start = START.assign(in_end=["a", "b"] * 50)
    made = cb.link_waves({"start": start, "end": END}, on="id")
    assert [row.group for row in cb.retention(made, by="in_end")] == [(("in_end", "a"),), (("in_end", "b"),)]


def test_questions_make_groups_and_frames_come_back_as_they_were():
    panel = cb.link_waves({"start": pl.from_pandas(START), "end": pl.from_pandas(END)}, on="id")
    found = cb.retention(panel, by=cb.Item("age", at_least=50, label="50 or older"))
    table = found.to_frame()
    assert isinstance(table, pl.DataFrame)
    assert table["n"].to_list() == [60, 40]


def test_of_the_example_every_group_is_as_pandas_counts(credentials_panel):
    found = cb.retention(
        credentials_panel,
        waves=["completion", "followup"],
        by=["gender", "education"],
        missing="Prefer not to say",
    )
    rows = credentials_panel.wave("completion")
    rows["again"] = rows["person"].isin(credentials_panel.wave("followup")["person"])
    rows = rows[rows["gender"] != "Prefer not to say"]
    wanted = rows.groupby(["gender", "education"])["again"].agg(["sum", "size"])
    assert {tuple(value for _, value in row.group): (row.count, row.n) for row in found} == {
        group: tuple(counts) for group, counts in zip(wanted.index, wanted.to_numpy().tolist(), strict=True)
    }
    assert any("small_base" in row.flags for row in found)


def test_it_prints_what_it_is_of(panel):
    assert str(cb.retention(panel, people="members")).startswith(
        "members of start who are found again in end (95% intervals)"
    )
    assert len(cb.retention(panel, by="site")["in_end"]) == 2
