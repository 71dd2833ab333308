"""The same study as each tool writes it is read to the same truth, with what the file says of its columns."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

import credbenefits as cb
import export_files as files
from credbenefits.errors import InputError

QUOTED = csv.QUOTE_ALL


def read(rows, delimiter=",", *, encoding="utf-8", quoting=csv.QUOTE_MINIMAL, end="\n", **options):
    text = files.written(rows, delimiter, quoting=quoting, end=end)
    return cb.read_export(text.encode(encoding), **options)


#: Every layout: the rows, how they are written, who, whether it helped, the comment, and the ticks of Money and
#: Skills, or the one column with both.
LAYOUTS = {
    "qualtrics, a column per tick": (
        files.qualtrics(), {}, "ExternalReference", "Q1", "Q3", ("Q2_1", "Q2_2")
    ),
    "qualtrics, codes": (
        files.qualtrics(codes=True), {}, "ExternalReference", "Q1", "Q3", ("Q2_1", "Q2_2")
    ),
    "qualtrics, one column": (
        files.qualtrics(split=False), {}, "ExternalReference", "Q1", "Q3", "Q2"
    ),
    "qualtrics, tabs in UTF-16": (
        files.qualtrics(), {"delimiter": "\t", "encoding": "utf-16"}, "ExternalReference", "Q1", "Q3", ("Q2_1", "Q2_2")
    ),
    "limesurvey, codes": (
        files.limesurvey(), {"delimiter": ";", "quoting": QUOTED, "encoding": "utf-8-sig", "end": "\r\n"},
        "token", "helped", "comment", ("brought[SQ001]", "brought[SQ002]"),
    ),
    "limesurvey, codes and texts": (
        files.limesurvey(heading=". ", full=True), {"quoting": QUOTED, "encoding": "utf-8-sig", "end": "\r\n"},
        "token", "helped", "comment", ("brought[SQ001]", "brought[SQ002]"),
    ),
    "limesurvey, texts": (
        files.limesurvey(heading="full", full=True), {"quoting": QUOTED},
        "Access code", files.QUESTION, "Anything else?",
        (f"{files.TICKS} [Money]".replace("\n", " "), f"{files.TICKS} [Skills]".replace("\n", " ")),
    ),
    "surveymonkey": (
        files.surveymonkey(), {}, "Custom Data 1", files.QUESTION, "Anything else?",
        (f"{files.TICKS} [Money]".replace("\n", " "), f"{files.TICKS} [Skills]".replace("\n", " ")),
    ),
    "surveymonkey, numbers": (
        files.surveymonkey(numbers=True), {"encoding": "utf-8-sig"}, "Custom Data 1", files.QUESTION, "Anything else?",
        (f"{files.TICKS} [Money]".replace("\n", " "), f"{files.TICKS} [Skills]".replace("\n", " ")),
    ),
    "google forms, a sheet": (
        files.google_forms(), {}, "Your code", files.QUESTION, "Else?", files.TICKS.replace("\n", " ")
    ),
    "google forms, its own file": (
        files.google_forms(joint=";"), {}, "Your code", files.QUESTION, "Else?", files.TICKS.replace("\n", " ")
    ),
    "microsoft forms": (
        files.microsoft_forms(), {"delimiter": ";"}, "Your code", files.QUESTION, "Else?", files.TICKS.replace("\n", " ")
    ),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_read_to_the_truth(layout):
    rows, how, who, helped, comment, brought = LAYOUTS[layout]
    export = read(rows, **how)
    assert export.kind == layout.split(",")[0].replace(" ", "_")
    frame = export.frame
    assert list(frame.index) == [0, 1, 2, 3]
    assert frame[who].tolist() == [person[0] for person in files.PEOPLE]
    assert [None if pd.isna(c) else c for c in frame[comment]] == [person[4] for person in files.PEOPLE]
    assert frame[helped].nunique() == 3
    assert frame[helped].tolist()[1] == frame[helped].tolist()[3]
    truth = [("Money" in person[2], "Skills" in person[2]) for person in files.PEOPLE]
    if isinstance(brought, str):
        assert export.column(brought).role == "choices"
        assert [tuple(c in str(cell) for c in ("Money", "Skills")) for cell in frame[brought]] == truth
        assert frame[brought].isna().tolist() == [False, True, False, False]
        return
    ticks = [export.column(name) for name in brought]
    assert [tick.role for tick in ticks] == ["tick", "tick"]
    assert ticks[0].part_of == ticks[1].part_of
    assert export.ticks(ticks[0].part_of)[:2] == tuple(ticks)
    ticked = [[cell == tick.answers[0].code for cell in frame[tick.name]] for tick in ticks]
    assert list(zip(*ticked, strict=True)) == truth


def test_ticks_know_their_question_their_choice_and_the_text_beside_other():
    for rows in (files.qualtrics(), files.qualtrics(codes=True)):
        export = read(rows)
        assert [t.choice for t in export.ticks("Q2")] == ["Money", "Skills", "Other"]
        assert export.ticks("Q2")[0].question == files.TICKS.replace("\n", " ")
        other = export.column("Q2_3_TEXT")
        assert (other.role, other.part_of) == ("other", "Q2")
    lime = read(files.limesurvey(heading=". ", full=True))
    assert [t.choice for t in lime.ticks("brought")] == ["Money", "Skills"]
    assert (lime.column("brought[other]").role, lime.column("brought[other]").part_of) == ("other", "brought")
    assert [a.missing for a in lime.ticks("brought")[0].answers] == [None, None, "missing"]
    assert lime.column("likes[SQ001]").role == "answer"
    monkey = read(files.surveymonkey())
    question = files.TICKS.replace("\n", " ")
    assert [t.choice for t in monkey.ticks(question)] == ["Money", "Skills"]
    assert monkey.column(f"{question} [Other (please specify)]").role == "other"
    assert monkey.column("Rate the course [Rooms]").role == "answer"


def test_who_when_and_how_it_ended_are_told_apart():
    roles = {c.name: c.role for c in read(files.qualtrics()).codebook.columns}
    assert {n for n, r in roles.items() if r == "date"} == {"StartDate", "EndDate", "RecordedDate"}
    assert {n for n, r in roles.items() if r == "disposition"} == {"Finished", "Progress"}
    assert {n for n, r in roles.items() if r == "id"} == {"ResponseId", "ExternalReference"}
    assert roles["cohort"] == "meta"
    roles = {c.name: c.role for c in read(files.limesurvey()).codebook.columns}
    assert {n for n, r in roles.items() if r == "id"} == {"id", "token"}
    assert {n for n, r in roles.items() if r == "disposition"} == {"submitdate", "lastpage"}
    roles = {c.name: c.role for c in read(files.surveymonkey()).codebook.columns}
    assert roles["Respondent ID"] == "id"
    assert roles["Start Date"] == "date"
    roles = {c.name: c.role for c in read(files.microsoft_forms()).codebook.columns}
    assert [roles[n] for n in ("ID", "Start time", "Completion time", "Email")] == [
        "id",
        "date",
        "date",
        "id",
    ]
    roles = {c.name: c.role for c in read(files.google_forms()).codebook.columns}
    assert [roles[n] for n in ("Timestamp", "Email Address")] == ["date", "id"]


# ---- what is no row of answers ------------------------------------------------------------------------


def test_previews_tests_and_spam_of_qualtrics_are_taken_out_and_counted():
    people = [files.PEOPLE[i % 4] for i in range(9)]
    words = ["IP Address", "Survey Preview", "Survey Test", "Imported", "Spam", "Survey Preview Spam"]
    words += ["Imported Spam", "Offline", "Offline Survey Preview"]
    numbers = ["0", "1", "2", "4", "8", "9", "12", "16", "17"]
    for statuses, codes in ((words, False), (numbers, True)):
        rows = files.qualtrics(people=people, statuses=statuses, codes=codes)
        export = read(rows)
        assert export.frame["ResponseId"].tolist() == ["R_0", "R_3", "R_7"]
        counted = {"question texts": 1, "import ids": 1, "previews": 3, "tests": 1, "spam": 2}
        assert dict(export.taken_out) == counted
        assert "3 previews, 1 test, 2 rows that the tool takes for spam" in export.notes[0]
        assert len(export.frame) + sum(export.taken_out.values()) == len(rows) - 1
        kept = read(rows, keep=["spam", "tests"])
        assert kept.frame["ResponseId"].tolist() == ["R_0", "R_2", "R_3", "R_4", "R_6", "R_7"]
        assert kept.taken_out["previews"] == 3
        assert len(read(rows, keep="previews").frame) == 6
    with pytest.raises(InputError, match=r"keep.*'previews'"):
        read(files.qualtrics(), keep="preview")


def test_previews_are_known_by_their_channel_where_there_is_no_status():
    rows = [["ResponseId", "Finished", "DistributionChannel", "Q1"]]
    rows += [["Response ID", "Finished", "Distribution Channel", "Helped?"]]
    rows += [["R_1", "True", "anonymous", "Yes"], ["R_2", "True", "preview", "No"]]
    export = read(rows)
    assert export.frame["ResponseId"].tolist() == ["R_1"]
    assert dict(export.taken_out) == {"question texts": 1, "previews": 1}


@pytest.mark.parametrize("n", [0, 1, 3])
def test_headings_are_not_taken_for_people_nor_people_for_headings(n):
    people = files.PEOPLE[:n]
    for make in (
        files.qualtrics,
        files.surveymonkey,
        files.google_forms,
        files.microsoft_forms,
        files.limesurvey,
    ):
        export = read(make(people=people))
        assert len(export.frame) == n
    few = [[row[i] for i in (8, 6, 2, 10)] for row in files.qualtrics(people=people)]  # in few columns too
    assert len(read(few).frame) == n


def test_an_empty_survey_has_columns_and_no_people():
    export = read(files.limesurvey(people=[]), quoting=QUOTED)
    assert export.kind == "limesurvey"
    assert len(export.frame) == 0
    assert dict(export.taken_out) == {"empty rows": 1}
    assert "not submitted" not in " ".join(export.notes)
    export = read(files.qualtrics(people=[]))
    assert len(export.frame) == 0
    assert [t.choice for t in export.ticks("Q2")] == ["Money", "Skills", "Other"]


def test_rows_of_headings_in_the_middle_of_joined_files_are_taken_out():
    rows = files.qualtrics()
    again = read([*rows, *files.qualtrics(people=files.PEOPLE[:2])])
    assert len(again.frame) == 6
    assert again.taken_out["repeated headings"] == 3


def test_import_ids_and_texts_may_have_been_deleted_by_hand():
    no_ids = read(files.qualtrics(ids=False))
    assert (no_ids.kind, len(no_ids.frame)) == ("qualtrics", 4)
    assert no_ids.column("Q1").question == files.QUESTION
    assert [t.choice for t in no_ids.ticks("Q2")] == ["Money", "Skills", "Other"]
    assert no_ids.column("Q2_3_TEXT").role == "other"
    rows = files.qualtrics()
    only_names = read([rows[0], *rows[3:]])
    assert (only_names.kind, len(only_names.frame), dict(only_names.taken_out)) == ("qualtrics", 4, {})


def test_the_old_layout_of_qualtrics_has_its_names_in_the_second_row():
    rows = [
        ["V1", "V2", "V3", "V4", "Q1"],
        ["ResponseID", "ResponseSet", "StartDate", "Finished", "Did it help?"],
    ]
    rows += [["R_1", "Default Response Set", "2014-01-01 10:00:00", "1", "Yes"]]
    export = read(rows)
    assert (export.kind, len(export.frame)) == ("qualtrics", 1)
    assert [c.role for c in export.codebook.columns] == ["id", "meta", "date", "disposition", "answer"]
    assert export.column("Q1").question == "Did it help?"


def test_names_given_twice_get_the_ids_of_the_tool_or_a_number():
    export = read(files.qualtrics(twice=True))
    assert "Q1" not in export.frame
    assert export.column("QID1").question == files.QUESTION
    assert export.frame["QID3_TEXT"].tolist()[3] == files.COMMENT
    assert any("share a heading ('Q1')" in note for note in export.notes)
    monkey = files.surveymonkey()
    monkey = [[*row, row[9]] for row in monkey]
    export = read(monkey)
    assert export.frame[f"{files.QUESTION} (2)"].tolist() == export.frame[files.QUESTION].tolist()
    assert any("a number behind all but the first" in note for note in export.notes)


def test_rows_of_a_table_are_no_ticks():
    own, table = files.OWN[:9], [("Q5_1", "Rate - Rooms", "QID5_1"), ("Q5_2", "Rate - Food", "QID5_2")]
    rows = [[h[i] if i < 2 else f'{{"ImportId":"{h[2]}"}}' for h in (*own, *table)] for i in range(3)]
    for i in range(3):
        rows.append([*[f"{i}"] * 2, "IP Address", *[f"{i}"] * 5, f"R_{i}", "Good", "Bad"])
    export = read(rows)
    assert [export.column(n).role for n in ("Q5_1", "Q5_2")] == ["answer", "answer"]
    assert export.ticks("Q5") == ()


def test_orders_times_and_files_are_no_answers():
    heads = [("ResponseId", "Response ID", "_recordId"), ("Finished", "Finished", "finished")]
    heads += [
        ("Q1_DO", "Helped? - Display Order", "QID1_DO"),
        ("Q2_Page Submit", "Timing", "QID2_PAGE_SUBMIT"),
    ]
    heads += [("Q3_Id", "File", "QID3_FILE_ID"), ("SC0", "Score", "SC_123"), ("Q9", "Helped?", "QID9")]
    rows = [[h[0] for h in heads], [h[1] for h in heads], [f'{{"ImportId":"{h[2]}"}}' for h in heads]]
    rows += [["R_1", "True", "1|2", "3.2", "F_1", "7", "Yes"]]
    roles = [c.role for c in read(rows).codebook.columns]
    assert roles == ["id", "disposition", "meta", "meta", "meta", "meta", "answer"]


def test_what_did_not_come_to_an_end_is_noted_and_stays():
    assert "1 of the 4 rows is not finished (Finished) and stays." in read(files.qualtrics()).notes
    assert "1 of the 4 rows is not finished (Finished) and stays." in read(files.qualtrics(codes=True)).notes
    assert (
        "1 of the 4 rows was not submitted (submitdate is empty) and stays." in read(files.limesurvey()).notes
    )


def test_a_declared_tool_that_did_not_write_the_file_is_refused():
    with pytest.raises(InputError, match="'surveymonkey', which the file is not"):
        read(files.qualtrics(), kind="surveymonkey")
    with pytest.raises(InputError, match=r"spss|SPSS"):
        cb.read_export(b"a,b\n1,2\n", kind="spss")
    with pytest.raises(InputError, match="kind"):
        cb.read_export(b"a,b\n1,2\n", kind="typeform")
    assert read(files.qualtrics(), kind="csv", header_rows=3).kind == "csv"
