"""Files of real studies as they were published are read without a line of the reader's own."""

from __future__ import annotations

import pandas as pd
import pytest

import credbenefits as cb

pytestmark = pytest.mark.shared


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("cirtl_enroll.csv.gz", (14977, 22)),
        ("cirtl_pre.csv.gz", (3884, 25)),
        ("cirtl_post.csv.gz", (1099, 33)),
        ("cirtl_questions.csv", (52, 6)),
        ("carpentries_longterm_2017.csv", (476, 31)),
        ("hsls09_small.csv.gz", (23503, 16)),
        ("oulad_student_info.csv.gz", (32593, 12)),
    ],
)
def test_every_cell_is_there_as_it_stands_in_the_file(shared, name, shape):
    export = cb.read_export(shared / "data" / name)
    plain = pd.read_csv(shared / "data" / name, dtype=str, keep_default_na=False, na_values=[""])
    assert export.frame.shape == shape
    assert export.frame.equals(plain)
    assert (export.kind, dict(export.taken_out)) == ("csv", {})


def test_the_ticks_of_cirtl_are_several_choices_and_can_be_asked(shared):
    export = cb.read_export(shared / "data" / "cirtl_pre.csv.gz")
    roles = {column.name: column.role for column in export.codebook.columns}
    assert {name for name, role in roles.items() if role == "choices"} == {"QID363", "QID366", "QID388"}
    assert roles["unique_user_id"] == "id"
    intents = cb.proportions(export.frame, cb.SelectAll("QID366", separator=","))
    known = pd.read_csv(shared / "data" / "cirtl_pre.csv.gz")["QID366"].dropna()
    earned = "earn a certificate of accomplishment"
    row = next(row for row in intents if row.level == earned)
    assert (row.count, row.n) == (
        int(known.str.split(",").map(lambda said: earned in said).sum()),
        len(known),
    )


def test_the_waves_of_cirtl_are_linked_as_they_were_read(shared):
    waves = {
        name: cb.read_export(shared / "data" / f"cirtl_{file}.csv.gz").frame
        for name, file in {"frame": "enroll", "start": "pre", "end": "post"}.items()
    }
    panel = cb.link_waves(waves, on="unique_user_id")
    ledger = panel.ledger.set_index("wave")
    assert dict(ledger["rows"] - ledger["no_key"]) == {"frame": 14977, "start": 2287, "end": 632}


def test_codes_of_hsls_stay_as_they_are_written(shared):
    export = cb.read_export(shared / "data" / "hsls09_small.csv.gz")
    assert export.column("stu_id").role == "id"
    item = cb.Item("x4evratndclg", yes="1", missing=["-9", "-8", "-7"])
    row = cb.proportions(export.frame, item).rows[0]
    known = pd.read_csv(shared / "data" / "hsls09_small.csv.gz")["x4evratndclg"]
    assert (row.count, row.n) == (int((known == 1).sum()), int(known.isin([0, 1]).sum()))
