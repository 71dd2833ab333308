"""How people ended in a wave: declared by the values of a column, by a rule, or by both."""

from __future__ import annotations

import warnings
from typing import get_args

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits._typing import Disposition
from credbenefits.errors import ColumnNotFoundError, DataWarning, InputError

NAMES = get_args(Disposition)
SAID = {
    "Done": "complete",
    "Broke off": "partial",
    "No thanks": "refused",
    "Bounced": "unknown",
    "Deceased": "ineligible",
    "LinkedIn": "other_source",
    "Later batch": "not_invited",
    "": "",
}
VALUES = {value: name for value, name in SAID.items() if value}
RULE = {"answered": ["job", "pay"], "finished": "Finished", "silent": "no_contact"}


@pytest.fixture
def waves():
    """Ten people at the start; a row for each of them at the end."""
    start = pd.DataFrame({"id": range(10), "age": ["young", "old"] * 5})
    disp = [
        "Done",
        "Done",
        "Broke off",
        "No thanks",
        "Bounced",
        "Deceased",
        "LinkedIn",
        "Later batch",
        "",
        None,
    ]
    end = pd.DataFrame({"id": range(10), "disp": disp})
    end["job"] = ["yes", "no", "yes", None, None, None, "yes", None, "", "Refused"]
    end["pay"] = [1, 2, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan]
    end["Finished"] = [True, True, False, True, None, None, None, None, None, False]
    return {"start": start, "end": end}


def linked(waves, entry, **options):
    return cb.link_waves(waves, on="id", status={"end": entry}, **options)


def counted(panel, wave="end"):
    row = panel.as_pandas("dispositions").set_index("wave").loc[wave]
    return {name: int(n) for name, n in row.items() if n and name != "people"}


def kinds(frame):
    yield frame
    yield frame.convert_dtypes(dtype_backend="pyarrow")
    yield frame.astype({"disp": "category"})
    yield pl.from_pandas(frame)
    yield pa.Table.from_pandas(frame, preserve_index=False)


BY_COLUMN = {
    "complete": 2,
    "partial": 1,
    "refused": 1,
    "unknown": 1,
    "ineligible": 1,
    "not_invited": 1,
    "other_source": 1,
    "no_contact": 2,
}


def test_a_column_and_what_its_values_mean(waves):
    for end in kinds(waves["end"]):
        start = (
            waves["start"] if not isinstance(end, pa.Table | pl.DataFrame) else pl.from_pandas(waves["start"])
        )
        panel = linked(
            {"start": start, "end": end}, {"column": "disp", "values": VALUES, "blank": "no_contact"}
        )
        assert counted(panel) == BY_COLUMN
    assert counted(panel, "start") == {"complete": 10}
    assert panel.dispositions["people"].to_list() == [10, 10]


def test_a_rule(waves):
    panel = linked(waves, RULE)
    # 6 has data and no tick of finished: they answered in part, as nobody says where the data come from.
    # 3 came to the end and answered nothing: a refusal. 9 refused the one question: no answer.
    assert counted(panel) == {"complete": 2, "partial": 2, "refused": 1, "no_contact": 5}
    assert counted(linked(waves, {"answered": "job"})) == {"complete": 4, "no_contact": 6}
    assert counted(linked(waves, {"answered": "job", "silent": "unknown"}))["unknown"] == 6


def test_a_column_for_some_and_a_rule_for_the_rest(waves):
    some = {name: VALUES[name] for name in ("Deceased", "LinkedIn", "Bounced")}
    panel = linked(waves, {"column": "disp", "values": some, **RULE})
    assert counted(panel) == {
        "complete": 2,
        "partial": 1,
        "refused": 1,
        "no_contact": 3,
        "unknown": 1,
        "ineligible": 1,
        "other_source": 1,
    }
    with pytest.warns(DataWarning, match=r"no row of wave 'end' has 'Decaesed' in 'disp'.*by their answers"):
        linked(waves, {"column": "disp", "values": {"Decaesed": "ineligible"}, **RULE})


def test_the_short_form_is_the_rule(waves):
    short = cb.link_waves(waves, on="id", answered={"end": ["job", "pay"]})
    assert counted(short) == counted(linked(waves, {"answered": ["job", "pay"]}))


def test_the_ledger_adds_up_and_counts_those_who_answered(waves):
    panel = linked(waves, {"column": "disp", "values": VALUES, "blank": "no_contact"})
    end = panel.as_pandas("ledger").set_index("wave").loc["end"]
    assert end[["rows", "no_answer", "unlinked", "linked"]].tolist() == [10, 7, 0, 3]


def test_people_are_chosen_by_disposition(waves):
    panel = linked(waves, {"column": "disp", "values": VALUES, "blank": "no_contact"})
    rows = {
        None: [0, 1, 2],
        "complete": [0, 1],
        "refused": [3],
        ("unknown", "no_contact"): [4, 8, 9],
        "other_source": [6],
        "everybody": list(range(10)),
    }
    for status, ids in rows.items():
        wanted = list(status) if isinstance(status, tuple) else status
        assert panel.wave("end", status=wanted)["id"].tolist() == ids
        assert (
            panel.wave("end", status=wanted)["person"].tolist()
            == panel.people_in("end", status=wanted).tolist()
        )
    assert len(panel.wave("start", status="everybody")) == len(panel.wave("start", status="complete")) == 10
    for status, words in (
        ("refuse", "Did you mean 'refused'"),
        ([], "Leave it out"),
        (["everybody", "complete"], "everybody"),
    ):
        with pytest.raises(InputError, match=words):
            panel.wave("end", status=status)
    with pytest.raises(InputError, match=r"'start', of which nothing was said.*link_waves\(status="):
        panel.people_in("start", status="refused")


def test_the_wave_rate_is_of_those_who_were_asked(waves):
    flow = linked(waves, {"column": "disp", "values": VALUES, "blank": "no_contact"}).flow()
    [rate] = flow["wave"].rates
    assert (rate.wave, rate.count, rate.n, rate.base) == ("end", 3, 8, "people in “end” who were asked")
    assert flow.invited == (None, 8)
    assert "Of the people in “end” 1 ineligible and 1 not invited: not in the base of its rates" in flow.notes
    stated = linked(waves, {"column": "disp", "values": VALUES, "blank": "no_contact"}).flow(
        invited={"end": 9}
    )
    assert [(r.n, r.base) for r in stated["wave"]] == [(9, "people invited")]
    assert not any("not in the base" in note for note in stated.notes)


def test_a_wave_to_which_nobody_was_invited_has_a_rate_of_nobody(waves):
    values = dict.fromkeys(VALUES, "not_invited")
    flow = linked(waves, {"column": "disp", "values": values, "blank": "not_invited"}).flow()
    [rate] = flow["wave"].rates
    assert (rate.count, rate.n) == (0, 0)
    assert np.isnan(rate.estimate)


@pytest.mark.parametrize("rule", ["last", "first", "most_complete"])
def test_of_several_rows_a_complete_one_goes_first(rule):
    rows = [("a", "Broke off"), ("a", "Done"), ("a", ""), ("b", ""), ("b", "LinkedIn"), ("b", "Bounced")]
    end = pd.DataFrame(rows, columns=["id", "disp"])
    start = pd.DataFrame({"id": ["a", "b"], "q": ["x", "y"]})
    entry = {"column": "disp", "values": VALUES, "blank": "no_contact"}
    panel = linked({"start": start, "end": end}, entry, duplicates=rule)
    assert panel.wave("end", status="everybody")["disp"].tolist() == ["Done", "LinkedIn"]


@pytest.mark.parametrize("rule", ["last", "first"])
@pytest.mark.parametrize(("said", "silence"), [("refused", "no_contact"), ("ineligible", "unknown")])
def test_a_row_that_says_more_than_silence_goes_before_reminders_without_an_answer(rule, said, silence):
    end = pd.DataFrame({"id": [1, 1, 2, 2], "disp": [said, silence, silence, said]})
    entry = {"column": "disp", "values": {said: said, silence: silence}}
    panel = linked({"start": pd.DataFrame({"id": [1, 2]}), "end": end}, entry, duplicates=rule)
    assert panel.wave("end", status="everybody")["disp"].tolist() == [said, said]


def test_flow_and_response_rates_leave_the_same_people_out_of_their_bases():
    rng = np.random.default_rng(11)
    names = ["complete", "partial", "refused", "no_contact", "ineligible", "not_invited"]
    rule = {"column": "disp", "values": {name: name for name in names}}
    frames = {
        wave: pd.DataFrame(
            {"id": range(200), "disp": rng.choice(names, 200, p=[0.4, 0.1, 0.1, 0.2, 0.1, 0.1])}
        )
        for wave in ("start", "middle", "end")
    }
    panel = cb.link_waves(frames, on="id", status=dict.fromkeys(frames, rule))
    rates = cb.response_rates(panel, definition=["conditional", "retention"])
    here = {(rate.wave, rate.rate): (rate.count, rate.n) for rate in rates}
    flow = panel.flow()
    there = {
        (r.wave, r.rate): (r.count, r.n) for kind in ("conditional", "retention") for r in flow[kind].rates
    }
    assert here == there
    answered = {wave: set(panel.wave(wave)["id"]) for wave in frames}
    outside = {wave: set(panel.wave(wave, status=["ineligible", "not_invited"])["id"]) for wave in frames}
    base = answered["start"] - outside["middle"] - outside["end"]
    [cumulative] = [rate for rate in flow["cumulative"].rates if rate.wave == "end"]
    assert cumulative.count == len(answered["start"] & answered["middle"] & answered["end"])
    assert cumulative.n == len(base)
    assert cumulative.base.startswith("people in “start” who could be asked")


def test_rows_set_aside_need_no_disposition(waves):
    more = pd.concat([waves["end"], pd.DataFrame({"id": [99], "disp": ["Preview"]})])
    entry = {"column": "disp", "values": VALUES, "blank": "no_contact"}
    panel = linked({**waves, "end": more}, entry, exclude={"disp": "Preview"})
    assert counted(panel) == BY_COLUMN


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"column": "disp", "values": {"Done": "complete"}, "blank": "unknown"}, r"'Broke off' \(1 row\)"),
        ({"column": "disp", "values": VALUES}, r"2 blank cells without one.*'blank': 'no_contact'"),
        ({"column": "disp", "values": {"Done": "complete"}}, r"2 blank cells without one.*blanks as 'blank'"),
        ({"column": "disp"}, "'values' beside 'column'"),
        ({"values": VALUES}, "'column'"),
        ({"answered": "job", "blank": "refused"}, "'column'"),
        ({"finished": "Finished"}, "'answered'"),
        ({"silent": "unknown"}, "'answered'"),
        ({}, "a column, or columns of answers"),
        ("disp", "mapping"),
        ({"column": "disp", "values": {"Done": "completed"}}, "Did you mean 'complete'"),
        ({"column": "disp", "values": {"Done": None}}, "dispositions"),
        ({"column": "disp", "values": {"": "refused"}}, "'blank'"),
        ({"column": "disp", "values": {"Done": "complete", "done ": "partial"}}, "written in two ways"),
        ({"answered": "job", "silent": "complete"}, "did not answer"),
        ({"answered": [], "silent": "unknown"}, "at least one column"),
        ({"answered": "job", "finished": "disp"}, "true or false"),
        ({"answered": "job", "silence": "unknown"}, "Did you mean 'silent'"),
    ],
)
def test_what_cannot_be_meant_is_refused(waves, entry, words):
    with pytest.raises(InputError, match=words):
        linked(waves, entry)


def test_unknown_columns_and_waves_are_refused(waves):
    for entry in (
        {"column": "dips", "values": VALUES},
        {"answered": "jop"},
        {"answered": "job", "finished": "F"},
    ):
        with pytest.raises(ColumnNotFoundError):
            linked(waves, entry)
    with pytest.raises(InputError, match="Did you mean 'end'"):
        cb.link_waves(waves, on="id", status={"ende": RULE})
    with pytest.raises(InputError, match="'end' in both"):
        linked(waves, RULE, answered={"end": "job"})


@pytest.mark.parametrize(
    "cells", [["1", "0", ""], [1.0, 0.0, None], ["True", "FALSE", None], ["yes", "No", " "]]
)
def test_finished_as_tools_write_it(cells):
    end = pd.DataFrame({"id": range(3), "job": ["a", "b", "c"], "Finished": cells})
    panel = linked(
        {"start": pd.DataFrame({"id": range(3)}), "end": end}, {"answered": "job", "finished": "Finished"}
    )
    assert counted(panel) == {"complete": 1, "partial": 2}


@settings(max_examples=30)
@given(st.data())
def test_dispositions_and_ledger_add_up(data):
    n = data.draw(st.integers(2, 12))
    ids = data.draw(st.lists(st.sampled_from([*"abcdefg", None]), min_size=n, max_size=n))
    said = data.draw(st.lists(st.sampled_from(NAMES), min_size=n, max_size=n))
    end = pd.DataFrame(
        {"id": pd.Series(ids, dtype=object), "disp": said, "drop": ["x", ""] * (n // 2) + ["y"] * (n % 2)}
    )
    start = pd.DataFrame({"id": [*"abcd"]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panel = cb.link_waves(
            {"start": start, "end": end},
            on="id",
            exclude={"drop": "x"},
            status={"end": {"column": "disp", "values": {name: name for name in NAMES}}},
        )
    ledger = panel.as_pandas("ledger").set_index("wave").loc["end"]
    table = panel.as_pandas("dispositions").set_index("wave").loc["end"]
    assert ledger.drop("rows").sum() == ledger["rows"] == n
    assert table.drop("people").sum() == table["people"]
    answered = table["complete"] + table["partial"]
    assert answered == ledger["unlinked"] + ledger["linked"] == panel.people_in("end").size
    assert (
        table["people"] == answered + ledger["no_answer"] == panel.people_in("end", status="everybody").size
    )
    kept = {}
    for row, (who, how) in enumerate(zip(ids, said, strict=True)):
        if who is not None and end["drop"][row] != "x":
            kept.setdefault(who, []).append(how)
    more_than_silence = dict.fromkeys(("refused", "other", "ineligible"), 1)
    rank = {"complete": 4, "partial": 3, "other_source": 2, **more_than_silence}
    best = [max(reversed(hows), key=lambda how: rank.get(how, 0)) for hows in kept.values()]
    assert {name: best.count(name) for name in NAMES} == table.drop("people").to_dict()


@pytest.mark.parametrize(
    "days",
    [["2024-05-01 10:00:00", "", None], ["1/5/24", " ", ""], pd.to_datetime(["2024-05-01", None, None])],
)
def test_a_day_on_which_somebody_came_to_the_end_is_finished(days):
    end = pd.DataFrame({"id": range(3), "job": ["yes", "no", None], "submitdate": days})
    rule = {"answered": "job", "finished": "submitdate"}
    panel = cb.link_waves(
        {"start": pd.DataFrame({"id": range(3)}), "end": end}, on="id", status={"end": rule}
    )
    found = panel.dispositions.set_index("wave").loc["end"]
    assert (found["complete"], found["partial"], found["no_contact"]) == (1, 1, 1)
