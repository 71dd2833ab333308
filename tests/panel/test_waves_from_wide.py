"""One wide table, cut into waves: which columns go where, and who answered."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, DataWarning, InputError
from credbenefits.questions.column import Answer, Column
from credbenefits.results.export import Codebook, Export

TABLE = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "sex": list("fmfm"),
        "job": ["no", "no", None, "yes"],
        "pay": [1.0, None, 3.0, 4.0],
        "job_2": ["yes", None, "Refused", "no"],
        "pay_2": [None, None, None, 5.0],
        "sent_2": ["mail"] * 4,
    }
)
ENDINGS = {"start": "", "end": "_2"}
KINDS = [lambda d: d, pl.from_pandas, lambda d: pa.Table.from_pandas(d, preserve_index=False)]


def columns_of(frame):
    return list(frame.column_names if isinstance(frame, pa.Table) else frame.columns)


@pytest.mark.parametrize("kind", KINDS)
def test_columns_go_to_the_wave_whose_ending_they_have(kind):
    data = kind(TABLE)
    waves = cb.waves_from_wide(data, id="id", waves=ENDINGS)
    assert list(waves) == ["start", "end"]
    assert columns_of(waves["start"]) == ["id", "sex", "job", "pay"]
    assert columns_of(waves["end"]) == ["id", "job", "pay", "sent"]
    assert all(type(frame) is type(data) for frame in waves.values())
    # A refusal is no answer, and what is the same in every row says nothing of who answered.
    assert waves.answered == {"start": ("sex", "job", "pay"), "end": ("job", "pay")}
    panel = cb.link_waves(waves, on="id")
    assert panel.people_in("end").size == 2
    assert panel.presence.sum(axis=0).tolist() == [4, 2]
    assert panel.n_people == 4


def test_the_table_of_the_waves():
    waves = cb.waves_from_wide(TABLE, id="id", waves=ENDINGS)
    table = waves.to_frame()
    assert table["wave"].tolist() == ["start", "end"]
    assert table["rows"].tolist() == [4, 4]
    assert table["columns"].tolist() == [4, 4]
    assert table["answered"].tolist() == [4, 2]
    assert len(waves) == 2
    assert "end" in waves
    with pytest.raises(KeyError):
        waves["other"]


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        ("job", [3, 2]),
        (["pay"], [3, 1]),
        ({"end": ["sent"]}, [4, 4]),
        ({"start": "pay", "end": "job"}, [3, 2]),
    ],
)
def test_answered_is_named_without_the_ending(answered, expected):
    waves = cb.waves_from_wide(TABLE, id="id", waves=ENDINGS, answered=answered)
    assert waves.to_frame()["answered"].tolist() == expected
    assert cb.link_waves(waves, on="id").presence.sum(axis=0).tolist() == expected


def test_answered_of_link_waves_goes_first_and_the_other_waves_keep_theirs():
    waves = cb.waves_from_wide(TABLE, id="id", waves=ENDINGS, answered="job")
    panel = cb.link_waves(waves, on="id", answered={"end": "pay"})
    assert panel.presence.sum(axis=0).tolist() == [3, 1]
    same = cb.link_waves(dict(waves), on="id", answered=waves.answered)
    assert same.presence.tolist() == cb.link_waves(waves, on="id").presence.tolist()


def test_a_form_with_a_star_and_names_of_waves_that_are_numbers():
    data = pd.DataFrame(
        {"id": [1, 2], "x1sex": [1, 2], "site": ["n", "s"], "x4job": [1, -8], "x4pay": [3, -9]}
    )
    waves = cb.waves_from_wide(data, id="id", waves={2009: "x1*", 2016: "x4*"}, missing=[-8, -9])
    assert list(waves) == ["2009", "2016"]
    assert list(waves[2016].columns) == ["id", "site", "job", "pay"]
    assert waves[2009]["sex"].tolist() == [1, 2]
    assert waves.to_frame()["answered"].tolist() == [2, 1]
    assert waves.notes == ("Columns without an ending, which all waves have: 'site'",)
    panel = cb.link_waves(waves, on="id")
    assert panel.wave(2016)["job"].tolist() == [1]


def test_columns_without_an_ending_are_no_answers_where_all_waves_have_one():
    data = TABLE.rename(columns={"job": "job_1", "pay": "pay_1"}).drop(columns="sent_2")
    waves = cb.waves_from_wide(data, id="id", waves={"one": "_1", "two": "_2"})
    assert [list(w.columns) for w in waves.values()] == [["id", "sex", "job", "pay"]] * 2
    assert waves.answered == {"one": ("job", "pay"), "two": ("job", "pay")}
    assert waves.to_frame()["answered"].tolist() == [4, 2]


def test_the_longest_ending_has_the_column():
    data = pd.DataFrame({"id": [1, 2], "q1": [1, 2], "q11": [3, 4], "q2_11": [5, 6]})
    waves = cb.waves_from_wide(data, id="id", waves={"one": "1", "eleven": "11"})
    assert list(waves["one"].columns) == ["id", "q"]
    assert list(waves["eleven"].columns) == ["id", "q", "q2_"]


def test_parts_of_a_question_are_no_answers_of_another_wave():
    parts = pd.DataFrame(
        {"id": [1, 2], **{f"q5_{i}{end}": [i, i + 1] for end in ("", "_2") for i in (1, 2, 3)}}
    )
    waves = cb.waves_from_wide(parts, id="id", waves=ENDINGS)
    assert [list(w.columns) for w in waves.values()] == [["id", "q5_1", "q5_2", "q5_3"]] * 2
    assert waves.notes == ("Taken as parts of questions of 'start': 'q5_2'",)
    with pytest.raises(InputError, match="'q5_2' beside 'q5_1', 'q5_3', without 'q5'"):
        cb.waves_from_wide(parts[["id", "q5_1", "q5_2", "q5_3"]], id="id", waves=ENDINGS)
    later = pd.DataFrame({"id": [1], "q": [1], "r_2": [2], "r_3": [3]})
    waves = cb.waves_from_wide(later, id="id", waves={"a": "", "b": "_2", "c": "_3"})
    assert [list(w.columns) for w in waves.values()] == [["id", "q"], ["id", "r"], ["id", "r"]]


@pytest.mark.parametrize(
    ("change", "argument", "words"),
    [
        ({"waves": {"start": "", "end": "_3"}}, "waves", "'_3' of wave 'end', which no column has"),
        ({"waves": {"start": ""}}, "waves", "two or more waves"),
        ({"waves": {"start": "", "end": ""}}, "waves", "another ending"),
        ({"waves": {"start": "", "end": "*_*"}}, "waves['end']", "one *"),
        ({"waves": {1: "", "1": "_2"}}, "waves", "'1' more than once"),
        ({"waves": {True: "", "1": "_2"}}, "waves", "the name of a wave"),
        ({"id": "person_id"}, "id", "person_id"),
        ({"id": []}, "id", "text that is not blank"),
        ({"answered": ["sent"]}, "answered", "none of wave 'start'"),
        ({"answered": ["job_2"]}, "answered", "job_2"),
        ({"answered": {"later": ["job"]}}, "answered", "later"),
        ({"answered": {"end": []}}, "answered", "at least one column"),
        ({"missing": [None]}, "missing", "an answer"),
    ],
)
def test_what_cannot_be_cut_is_an_error(change, argument, words):
    with pytest.raises(InputError) as found:
        cb.waves_from_wide(TABLE, **{"id": "id", "waves": ENDINGS} | change)
    assert found.value.argument == argument
    assert words in str(found.value)


def test_two_columns_of_one_name_are_an_error():
    with pytest.raises(InputError, match="would both be 'id' in 'end'"):
        cb.waves_from_wide(TABLE.assign(id_2=1), id="id", waves=ENDINGS)
    twice = pd.DataFrame({"id": [1], "q": [1], "q_1": [1], "q_2": [1]})
    with pytest.raises(InputError, match="would both be 'q' in 'one'"):
        cb.waves_from_wide(twice, id="id", waves={"one": "_1", "two": "_2"})
    both = pd.DataFrame({"id": [1], "a_q": [1], "q_b": [1], "a_r_b": [1]})
    with pytest.raises(InputError, match="'a_r_b', which fits 'one', 'two'"):
        cb.waves_from_wide(both, id="id", waves={"one": "a_*", "two": "_b"})
    with pytest.raises(ColumnNotFoundError):
        cb.waves_from_wide(twice, id="ids", waves={"one": "_1", "two": "_2"})


def test_columns_that_are_always_filled_are_named_in_a_warning():
    data = pd.DataFrame({"id": range(20), "q": range(20), "w_2": range(20), "r_2": [1.0, 2.0] + [None] * 18})
    with pytest.warns(DataWarning, match=r"18 of 20 in 'end' \('w'\)"):
        waves = cb.waves_from_wide(data, id="id", waves=ENDINGS)
    assert waves.to_frame()["answered"].tolist() == [20, 20]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        waves = cb.waves_from_wide(data, id="id", waves=ENDINGS, answered={"end": "r"})
    assert waves.to_frame()["answered"].tolist() == [20, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_is_given_changes(kind):
    data, endings, answered = kind(TABLE.copy()), dict(ENDINGS), {"end": ["job"]}
    waves = cb.waves_from_wide(data, id="id", waves=endings, answered=answered)
    if isinstance(data, pd.DataFrame):
        waves["start"].loc[0, "sex"] = "other"
        waves["end"].loc[0, "job"] = "other"
    assert data.equals(kind(TABLE))
    assert (endings, answered) == (ENDINGS, {"end": ["job"]})


def test_rows_of_one_person_are_left_to_link_waves():
    twice = pd.concat([TABLE, TABLE.iloc[[3]].assign(job_2="yes")], ignore_index=True)
    waves = cb.waves_from_wide(twice, id="id", waves=ENDINGS)
    assert len(waves["end"]) == 5
    assert cb.link_waves(waves, on="id").ledger["duplicates"].tolist() == [1, 1]


def test_an_export_gives_exports_whose_codebooks_name_the_columns_as_the_waves_do():
    yes = (Answer("yes", "Yes"), Answer("no", "No"))
    columns = [
        Column("id"),
        Column("q_1", part_of="q", role="tick"),
        Column("q_1_2", part_of="q_2", role="tick"),
    ]
    data = pd.DataFrame({"id": [1, 2], "q_1": ["a", "b"], "q_1_2": ["a", None], "job_2": ["yes", None]})
    export = Export(
        data, Codebook((*columns, Column("job_2", "A job?", answers=yes))), taken_out={"previews": 2}
    )
    waves = cb.waves_from_wide(export, id="id", waves=ENDINGS)
    end = waves["end"]
    assert isinstance(end, Export)
    assert list(end.frame.columns) == ["id", "q_1", "job"]
    assert end.column("job") == Column("job", "A job?", answers=yes)
    assert [c.name for c in end.ticks("q")] == ["q_1"]
    assert waves["start"].column("job") is None
    assert end.taken_out == {"previews": 2}


def test_what_a_codebook_says_to_be_missing_is_no_answer():
    codes = (Answer("1", "Yes"), Answer("2", "No"), Answer("7", "Not reached", "missing"))
    data = pd.DataFrame({"id": range(6), "job": ["1", "2"] * 3, "job_2": ["1", "7", "2", "7", "7", None]})
    export = Export(data, Codebook((Column("job"), Column("job_2", answers=codes))))
    waves = cb.waves_from_wide(export, id="id", waves=ENDINGS)
    assert waves.to_frame()["answered"].tolist() == [6, 2]
    assert cb.link_waves(waves, on="id").presence.sum(axis=0).tolist() == [6, 2]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=2, max_size=12))
def test_people_add_up_whoever_answered(rows):
    data = pd.DataFrame(
        {"id": range(len(rows)), **{f"q_{w}": [1.0 if r[w] else None for r in rows] for w in range(3)}}
    )
    data = data.assign(**{f"extra_{w}": range(len(rows)) for w in range(3)})
    waves = cb.waves_from_wide(data, id="id", waves={w: f"_{w}" for w in range(3)}, answered="q")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        panel = cb.link_waves(waves, on="id")
    assert panel.presence.tolist() == np.array(rows).tolist()
    ledger = panel.ledger
    assert (ledger[["no_answer", "unlinked", "linked"]].sum(axis=1) == len(rows)).all()


@pytest.mark.shared
def test_hsls_from_file_to_share(shared):
    data = pd.read_csv(shared / "data" / "hsls09_small.csv.gz")
    waves = cb.waves_from_wide(data, id="stu_id", waves={2009: "x1*", 2016: "x4*"}, missing=[-9, -8])
    panel = cb.link_waves(waves, on="stu_id")
    college = cb.proportions(panel.wave(2016), cb.Item("evratndclg", yes=1))
    # README of the data: 17,335 of 23,503 followed, 13,054 ever in college.
    assert (panel.n_people, college.rows[0].count, college.rows[0].n) == (23_503, 13_054, 17_335)


@pytest.mark.shared
def test_els_says_which_columns_are_filled_whoever_answered(shared):
    data = pd.read_csv(shared / "data" / "els2002_plans.csv.gz")
    forms = {2002: "by*", 2004: "f1*", 2006: "f2*"}
    with pytest.warns(DataWarning, match="'qwt', 'pnlwt'"):
        cb.waves_from_wide(data, id="stu_id", waves=forms)
    waves = cb.waves_from_wide(data, id="stu_id", waves=forms, answered={2004: "psepln"})
    assert waves.to_frame()["answered"].tolist() == [16_160, 14_202, 10_478]
    assert waves.notes == ("Columns without an ending, which all waves have: 'sch_id', 'strat_id', 'psu'",)
