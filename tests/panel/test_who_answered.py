"""Rows that are no answers: headings under the header, and people who were invited and stayed silent."""

from __future__ import annotations

import io
import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, DataWarning, InputError, StudyFileError
from credbenefits.frames.boundary import read
from credbenefits.frames.given import Known, answered_rows
from credbenefits.frames.header_rows import refuse_header_rows
from credbenefits.study.file import read_study
from credbenefits.study.run import run_study

# ---- headings under the header -------------------------------------------------------------------------------

QUALTRICS = """StartDate,ResponseId,RecipientEmail,Q1,Q2
Start Date,Response ID,Recipient Email,Did you find a job?,How satisfied are you? - Selected Choice
"{""ImportId"":""startDate""}","{""ImportId"":""_recordId""}","{""ImportId"":""email""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"
2024-01-01,R_1,a@x.org,Yes,Very
2024-01-02,R_2,b@x.org,No,Very
2024-01-02,R_3,c@x.org,No,Not at all
"""
LIKERT = (
    "id,Q1,Q2,Q3\nParticipant number,I feel confident,I would recommend the course,Employed now?\n"
    + "".join(
        f"{i},{'Agree' if i % 2 else 'Disagree'},{'Agree' if i % 3 else 'Neutral'},{'Yes' if i % 4 else 'No'}\n"
        for i in range(101, 121)
    )
)
SURVEYMONKEY = """Respondent ID,Start Date,Email Address,What is your age?,Comments,Which?,Unnamed
,,,Response,Open-Ended Response,Email,Phone
11123,01/01/2024,a@x.org,25-34,fine,Email,
11124,01/01/2024,b@x.org,35-44,,,Phone
11125,01/01/2024,c@x.org,35-44,good,,Phone
"""
REPEATED = "learner_id,job,year\nlearner_id,job,year\nk1,yes,2021\nk2,no,2021\nk3,no,2022\n"


def frames_of(text):
    """The same file as every library reads it."""
    yield pd.read_csv(io.StringIO(text))
    yield pd.read_csv(io.StringIO(text), dtype=object)
    yield pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    yield pd.read_csv(io.StringIO(text), dtype_backend="pyarrow")
    yield pl.read_csv(io.StringIO(text), infer_schema=False)
    yield pa.Table.from_pandas(pd.read_csv(io.StringIO(text), dtype=str))


@pytest.mark.parametrize(
    ("text", "key", "rows"),
    [
        (QUALTRICS, "RecipientEmail", "[1, 2]"),
        (LIKERT, "id", "[1]"),
        (SURVEYMONKEY, "Email Address", "[1]"),
        (REPEATED, "learner_id", "[1]"),
    ],
)
def test_headings_under_the_header_are_refused(text, key, rows):
    n = rows.count(",") + 1
    for data in frames_of(text):
        with pytest.raises(InputError) as caught:
            cb.link_waves({"start": data, "end": data}, on=key)
        told = str(caught.value)
        assert told.startswith("`waves['start']`")
        assert f"skiprows={rows}" in told
        assert f"skip_rows_after_header={n}" in told
        assert f"skip_rows = {n}" in told
    skipped = pd.read_csv(io.StringIO(text), skiprows=[1, 2][:n])
    assert len(cb.link_waves({"start": skipped, "end": skipped}, on=key).links) == len(skipped)


@pytest.mark.parametrize("skip", [[1], [2]])
def test_one_of_two_heading_rows_is_refused_too(skip):
    left = pd.read_csv(io.StringIO(QUALTRICS), skiprows=skip)
    with pytest.raises(InputError, match=r"1 row of question texts.*skiprows=\[1\]"):
        cb.link_waves({"start": left, "end": left}, on="ResponseId")


@pytest.mark.parametrize(
    "columns",
    [
        {"id": ["a", "b", "c"], "why": ["why not?", "because", "no idea"]},
        {
            "name": ["Ann Lee", "Bo", "Cy"],
            "city": ["New York", "Paris", "Rome"],
            "job": ["Data analyst", "Nurse", "Vet"],
        },
        {"id": ["k1", "k2", "k3"], "Email": ["Email", None, "Email"], "Phone": ["Phone", "Phone", None]},
        {
            "id": ["k1", "k2", "k3"],
            "comment": ["Was it good?", "yes", "no"],
            "more": ["Is that all?", "x", "y"],
            "n": [1, 2, 3],
        },
        {"id": ["k1"], "q": ["Did you find a job?"], "r": ["Are you sure?"]},
        {
            "id": ["7", "8", "9"],
            "q": ["What do you mean?", "yes", "no"],
            "r": ["I do not understand?", "yes", "no"],
        },
    ],
)
def test_a_first_person_who_writes_questions_is_no_heading(columns):
    refuse_header_rows(read(pd.DataFrame(columns)), "data")


@pytest.mark.parametrize(
    "name",
    [
        "cirtl_enroll.csv.gz",
        "cirtl_pre.csv.gz",
        "cirtl_post.csv.gz",
        "carpentries_longterm_2017.csv",
        "hsls09_small.csv.gz",
        "els2002_plans.csv.gz",
        "febrl4a.csv.gz",
    ],
)
def test_no_row_of_real_files_is_taken_for_a_heading(shared, name):
    for options in ({}, {"dtype": str}, {"dtype": str, "keep_default_na": False}):
        data = pd.read_csv(shared / "data" / name, **options)
        for first in range(0, min(len(data), 400), 4):
            refuse_header_rows(read(data.iloc[first : first + 200]), "data")


@given(
    st.lists(
        st.tuples(
            *[
                st.sampled_from(
                    ["yes", "no", "Why?", "What is it?", "Not at all", None, "2024-01-01", "7", "a b"]
                )
            ]
            * 3
        ),
        min_size=3,
        max_size=12,
    )
)
def test_what_is_refused_is_unlike_all_other_rows(rows):
    data = pd.DataFrame(rows, columns=["one", "two", "three"], dtype=object)
    try:
        refuse_header_rows(read(data), "data")
    except InputError:
        first = data.iloc[0].dropna()
        assert all(value not in data[name].tolist()[1:] for name, value in first.items())
        assert not set(first) & {"7", "2024-01-01"}


# ---- people who were invited and stayed silent ---------------------------------------------------------------


@pytest.fixture
def waves():
    """100 people at the start; the file of the end holds all of them, and answers of 40."""
    rng = np.random.default_rng(5)
    ids = [f"p{i}" for i in range(100)]
    start = pd.DataFrame(
        {"id": ids, "age": rng.choice(["young", "old"], 100), "job": rng.choice(["yes", "no"], 100)}
    )
    job = [("yes" if i % 4 else "no") if i < 40 else None for i in range(100)]
    pay = [("more" if i % 3 else None) if i < 40 else "" for i in range(100)]
    end = pd.DataFrame({"id": ids, "wave": ["end"] * 100, "job": job, "pay": pay})
    return {"start": start, "end": end}


@pytest.fixture
def panel(waves):
    return cb.link_waves(waves, on="id", answered={"end": ["job", "pay"]})


def kinds(frame):
    yield frame
    yield frame.convert_dtypes(dtype_backend="pyarrow")
    yield frame.astype({"job": "category"})
    yield pl.from_pandas(frame)
    yield pa.Table.from_pandas(frame, preserve_index=False)


def test_a_wave_with_silent_people_is_warned_of(waves):
    for end in kinds(waves["end"]):
        with pytest.warns(
            DataWarning,
            match=r"60 of the 100 rows of wave 'end' are blank.*people who answered.*"
            r"link_waves\(answered=\{'end': \[\.\.\.\]\}\)",
        ) as caught:
            cb.link_waves({"start": waves["start"], "end": end}, on="id")
        assert len(caught) == 1
        assert caught[0].filename == __file__


@pytest.mark.parametrize(
    "end",
    [
        {"job": ["yes"] * 91 + [None] * 9, "pay": ["no", "yes"] * 45 + [None] * 10},  # less than a tenth
        {
            "job": ["yes"] * 50 + [None] * 50,
            "sent": [f"2024-01-{1 + i % 28:02}" for i in range(100)],
        },  # sent to all
        {},  # a list of people
        {"wave": ["end"] * 100},
    ],
)
def test_other_waves_are_not_warned_of(waves, end):
    cb.link_waves(
        {"start": waves["start"], "end": pd.DataFrame({"id": waves["start"]["id"], **end})}, on="id"
    )


def test_excluded_rows_do_not_count_as_silent(waves):
    end = waves["end"].assign(status=["ok"] * 40 + ["bounced"] * 60)
    cb.link_waves(
        {"start": waves["start"], "end": end.drop(columns="wave")}, on="id", exclude={"status": "bounced"}
    )


def test_answered_settles_the_account(panel):
    assert panel.ledger.to_dict("list") == {
        "wave": ["start", "end"],
        "rows": [100, 100],
        "excluded": [0, 0],
        "no_key": [0, 0],
        "duplicates": [0, 0],
        "no_answer": [0, 60],
        "unlinked": [0, 0],
        "linked": [100, 40],
    }
    assert panel.n_people == 100
    assert panel.presence.sum(axis=0).tolist() == [100, 40]
    assert panel.patterns().to_frame()[["pattern", "n"]].values.tolist() == [["X.", 60], ["XX", 40]]
    assert panel.people_in("end").size == 40
    assert panel.people_in("end", status="everybody").size == 100
    assert len(panel.links) == 100  # the rows are of the same people, whether they answered or not


def test_answered_reaches_the_response_rates(panel):
    flow = panel.flow()
    assert flow.people == (100, 40)
    assert flow.linked == (0, 40)
    assert flow.invited == (None, 100)
    rates = {(r.wave, r.rate): (r.count, r.n) for r in flow.rates}
    assert rates == {
        ("end", "wave"): (40, 100),
        ("end", "conditional"): (40, 100),
        ("end", "cumulative"): (40, 100),
        ("end", "retention"): (40, 100),
        ("end", "not_known_before"): (0, 40),
    }
    assert "people in “end” who were asked" in str(flow.to_frame()["base"].tolist())
    stated = {(r.wave, r.rate): (r.count, r.n) for r in panel.flow(invited={"end": 120}).rates}
    assert stated["end", "wave"] == (40, 120)


def test_a_wave_holds_its_respondents(panel):
    assert len(panel.wave("end")) == 40
    assert len(panel.wave("end", status="everybody")) == 100
    assert len(panel.wave("start", also_in="end", carry={"end": ["job"]})) == 100
    found = cb.proportions(panel.wave("end"), "job")
    assert (found.rows[0].count, found.rows[0].n, found.rows[0].n_missing) == (30, 40, 0)


def test_answered_reaches_weights_and_transitions(waves, panel):
    weights = cb.attrition_weights(panel, ["age"], wave="end", to="start")
    assert weights.n == 40
    assert weights.population_size == 100
    apart = {"start": waves["start"], "end": waves["end"].head(40)}
    plain = cb.link_waves(apart, on="id")
    same = cb.attrition_weights(plain, ["age"], wave="end", to="start")
    assert np.allclose(weights.values["weight"], same.values["weight"])
    weighted = cb.proportions(panel.wave("end", also_in="start"), "job", weights=weights)
    assert weighted.rows[0].n == 40
    changed, as_plain = (cb.transitions(p, "job") for p in (panel, plain))
    assert (changed.n_linked, changed.n) == (as_plain.n_linked, as_plain.n) == (40, 40)
    assert changed.rows == as_plain.rows


def test_the_population_is_everybody_in_its_wave(waves):
    """Silent people of the wave `to` are people of it: what the file knows of them is known for everybody."""
    listed = waves["end"].assign(age=waves["start"]["age"])
    later = waves["start"].head(25)[["id", "job"]]
    panel = cb.link_waves({"end": listed, "later": later}, on="id", answered={"end": "job"})
    weights = cb.attrition_weights(panel, ["age"], wave="later", to="end")
    assert (weights.n, weights.population_size) == (25, 100)


def test_an_answer_is_no_refusal_and_no_code():
    data = pd.DataFrame(
        {
            "a": ["yes", "Not asked", "", None, "-99", "no", "DK/Refused", "No"],
            "b": [1, -8, np.nan, np.nan, -8, 2, -8, 3],
        }
    )
    for column, times in (("a", 1), ("b", 4)):  # six numbers are too few to show a gap
        said = answered_rows(read(pd.concat([data] * times)), {column: Known()}, "answered")[: len(data)]
        assert np.flatnonzero(said).tolist() == [0, 5, 7]
    ticks = pd.DataFrame({"t": [True, False, None], "z": [0, 0, 1]})
    assert answered_rows(read(ticks), {"t": Known()}, "answered").tolist() == [True, True, False]
    assert answered_rows(read(ticks), {"t": Known(), "z": Known()}, "answered").all()


@pytest.mark.parametrize("rule", ["last", "first", "most_complete"])
def test_of_several_rows_one_that_answered_is_kept(rule):
    end = pd.DataFrame(
        {"id": ["a", "a", "a", "b", "b"], "job": [None, "yes", None, None, None], "sent": list("xyzxy")}
    )
    panel = cb.link_waves(
        {"start": pd.DataFrame({"id": ["a", "b"]}), "end": end},
        on="id",
        duplicates=rule,
        answered={"end": "job"},
    )
    assert panel.wave("end")["job"].tolist() == ["yes"]
    assert panel.ledger.set_index("wave").loc["end", ["duplicates", "no_answer", "linked"]].tolist() == [
        3,
        1,
        1,
    ]


def test_waves_linked_by_code_know_who_answered():
    rng = np.random.default_rng(1)
    people = pd.DataFrame({f"e{j}": rng.integers(1, 25, 120) for j in range(6)})
    end = people.assign(job=[("yes" if i % 2 else "no") if i < 50 else None for i in range(120)])
    panel = cb.link_waves(
        {"start": people, "end": end}, on=list(people), method="code", answered={"end": "job"}
    )
    assert panel.flow().people == (120, 50)
    assert panel.ledger["no_answer"].tolist() == [0, 70]
    assert panel.with_decisions(panel.review(10, rng=1)).flow().people == (120, 50)


@pytest.mark.parametrize(
    ("answered", "error", "words"),
    [
        ({"ende": "job"}, InputError, "Did you mean 'end'"),
        ({"end": "jobb"}, ColumnNotFoundError, "Did you mean 'job'"),
        ({"end": []}, InputError, "at least one column"),
        (["job"], InputError, "mapping"),
        ({"end": pd.Series(["job"])}, InputError, "names of columns"),
    ],
)
def test_wrong_columns_of_answers_are_refused(waves, answered, error, words):
    with pytest.raises(error, match=words):
        cb.link_waves(waves, on="id", answered=answered)


@given(
    st.lists(
        st.tuples(st.sampled_from(["yes", None, "", " ", "no"]), st.sampled_from([None, "x", "n/a"])),
        min_size=1,
        max_size=9,
    )
)
def test_who_answered_agrees_with_looking_at_each_row(cells):
    end = pd.DataFrame(cells, columns=["one", "two"], dtype=object).assign(id=range(len(cells)))
    start = pd.DataFrame({"id": range(len(cells)), "q": ["a"] * len(cells)})
    answered = [one in {"yes", "no"} or two == "x" for one, two in cells]
    results = []
    for frame in (end, pl.from_pandas(end, schema_overrides={"one": pl.String, "two": pl.String})):
        other = start if frame is end else pl.from_pandas(start)
        panel = cb.link_waves({"start": other, "end": frame}, on="id", answered={"end": ["one", "two"]})
        results.append(panel.presence[:, 1].tolist())
        assert panel.as_pandas("ledger")["no_answer"].tolist() == [0, answered.count(False)]
    assert results == [answered, answered]


def test_nothing_changes_where_everybody_answered(credentials_panel):
    waves = cb.load_credentials()
    stated = cb.link_waves(
        waves,
        on=["learner_id", "email"],
        exclude={"status": "Survey Preview"},
        answered={"followup": "performance_improved"},
    )
    assert stated.token == credentials_panel.token
    assert not stated.ledger["no_answer"].any()
    assert (stated.presence == credentials_panel.presence).all()


# ---- the study file, and the brief -----------------------------------------------------------------------------

STUDY = """
title = "A study"
wave = "end"
numeric_keys = ["id"]
[waves.start]
file = "start.csv"
keys = "id"
[waves.end]
file = "end.csv"
keys = "id"
skip_rows = 2
answered = ["job", "pay"]
[[items]]
column = "job"
[weights]
to = "start"
population = "people at the start"
covariates = ["age"]
"""
HEADINGS = 'id,wave,job,pay\nYour id,Wave,Did you find a job?,Do you earn more?\n"{""ImportId"":""id""}",,,\n'


@pytest.fixture
def study(waves, tmp_path):
    start, end = waves["start"], waves["end"]
    start.assign(id=[f"0{i}" for i in range(1, 101)]).to_csv(tmp_path / "start.csv", index=False)
    body = end.assign(id=range(1, 101)).to_csv(index=False, header=False)
    (tmp_path / "end.csv").write_text(HEADINGS + body, encoding="utf-8")

    def spoil(old="", new=""):
        (tmp_path / "study.toml").write_text(STUDY.replace(old, new, 1), encoding="utf-8")
        return read_study(tmp_path / "study.toml")

    return spoil


def test_a_study_file_says_who_answered(study):
    made = run_study(study())
    text = made.to_markdown()
    assert "People who did not answer" in text
    assert "| end | 100 | 0 | 0 | 0 | 60 | 0 | 40 |" in text
    assert "100 people in “end” who were asked" in text
    assert made.to_frame()["n"].tolist() == [40, 40]


def test_a_study_file_whose_export_has_headings_is_read_or_told_what_to_write(study, tmp_path):
    """Import ids tell that Qualtrics wrote a file, and how many rows of headings it has; texts alone do not."""
    page = run_study(study("skip_rows = 2\n")).to_markdown()
    assert "| end | 102 | 2 | 0 | 0 | 0 | 60 | 0 | 40 |" in page
    file = tmp_path / "end.csv"
    file.write_text(re.sub(r".*ImportId.*\n", "", file.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(StudyFileError, match=r"waves\.end\.skip_rows.*question texts.*skip_rows = 1"):
        run_study(study("skip_rows = 2\n"))
    with pytest.raises(StudyFileError, match=r"waves\.end\.skip_rows"):
        run_study(study("skip_rows = 2", "skip_rows = -2"))
    with pytest.raises(StudyFileError, match=r"waves\.end\.answered.*Did you mean 'job'"):
        run_study(study('answered = ["job"', 'answered = ["jobb"'))
    with pytest.raises(StudyFileError, match="numeric_keys"):
        run_study(study('numeric_keys = ["id"]', 'numeric_keys = ["ID"]'))


@pytest.mark.parametrize(
    ("left_out", "told"),
    [('answered = ["job", "pay"]\n', "answered={'end'"), ('numeric_keys = ["id"]\n', "numeric_keys=['id']")],
)
def test_a_study_file_without_them_is_warned(study, left_out, told):
    broken = study(left_out)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(StudyFileError):  # nobody is missing, or nobody is linked
            run_study(broken)
    assert any(told in str(w.message) for w in caught)


def test_the_brief_says_why_rows_have_no_key():
    one = pd.DataFrame({"id": ["a", "b", "unknown", "#REF!", None], "job": ["yes", "no", "yes", "yes", "no"]})
    panel = cb.link_waves({"start": one, "end": one}, on="id")
    text = cb.brief(cb.proportions(panel.wave("end"), "job"), panel, title="T", figures=False).to_markdown()
    assert "3 of 5 rows of “end” (1 a placeholder, 1 blank, 1 damaged by a spreadsheet)" in text


@pytest.mark.parametrize("blank", [None, "", "Not answered", "-99", -99])
def test_rows_that_say_no_answer_in_every_column_are_warned_of_as_blank_ones_are(blank):
    n, numbers = 100, isinstance(blank, int)
    first = pd.DataFrame({"id": [f"p{i}" for i in range(n)], "age": [20 + i % 5 for i in range(n)]})
    said = {
        "q": [1, 2, 3, 4, 5] if numbers else ["yes", "no"],
        "r": [1, 2, 3] if numbers else ["a", "b", "c"],
    }
    columns = {
        name: [blank if i % 4 == 0 else some[i % len(some)] for i in range(n)] for name, some in said.items()
    }
    second = pd.DataFrame({"id": first["id"], **columns})
    with pytest.warns(DataWarning, match="25 of the 100 rows of wave 'b' are blank"):
        cb.link_waves({"a": first, "b": second}, on="id")


def test_a_study_file_says_how_people_ended(study):
    said = 'column = "job"\nvalues = { yes = "complete", no = "refused" }\nblank = "ineligible"\n'
    made = run_study(study('answered = ["job", "pay"]\n', f"[waves.end.status]\n{said}"))
    # 30 of 40 said yes; everybody blank has left the population, which is not asked.
    assert "30 of 40 people in “end” who were asked" in made.to_markdown()
    with pytest.raises(StudyFileError, match=r"waves\.end\.status.*Did you mean 'complete'"):
        run_study(
            study('answered = ["job", "pay"]\n', f"[waves.end.status]\n{said.replace('plete', 'pleted')}")
        )
    with pytest.raises(StudyFileError, match=r"waves\.end\.status.*Did you mean 'job'"):
        run_study(study('answered = ["job", "pay"]\n', f"[waves.end.status]\n{said.replace('job', 'jobb')}"))
