"""The CIRTL MOOC study: the tutorial, line by line, and its published numbers by plain pandas."""

import doctest
import re
from pathlib import Path

import pandas as pd
import pytest

import credbenefits as cb

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "cirtl.md"


@pytest.mark.shared
def test_every_example_of_the_tutorial_gives_what_it_shows(shared):
    text = re.sub(r"^ *```.*$", "", TUTORIAL.read_text(encoding="utf-8"), flags=re.MULTILINE)
    examples = doctest.DocTestParser().get_doctest(text, {"DATA": shared / "data"}, "cirtl.md", "cirtl.md", 0)
    assert len(examples.examples) > 25
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(examples, out=report.append)
    assert result.failed == 0, "".join(report)


@pytest.fixture(scope="module")
def cirtl(shared):
    return {
        name: pd.read_csv(shared / "data" / f"cirtl_{file}.csv.gz")
        for name, file in {"frame": "enroll", "start": "pre", "end": "post"}.items()
    }


@pytest.mark.shared
def test_linking_agrees_with_sets_of_ids(cirtl):
    panel = cb.link_waves(cirtl, on="unique_user_id")
    ids = {name: set(frame["unique_user_id"].dropna()) for name, frame in cirtl.items()}
    ledger = panel.ledger.set_index("wave")
    assert dict(ledger["rows"] - ledger["no_key"]) == {"frame": 14977, "start": 2287, "end": 632}
    counts = panel.patterns().to_frame().set_index("pattern")["n"]
    assert counts["XXX"] == len(ids["frame"] & ids["start"] & ids["end"]) == 520
    assert counts["X.X"] == len((ids["end"] - ids["start"]) & ids["frame"]) == 112
    assert counts[".X."] == len(ids["start"] - ids["frame"]) == 4
    assert counts.sum() == len(ids["frame"] | ids["start"] | ids["end"])


@pytest.mark.shared
def test_two_waves_alone_link_the_same_people(cirtl):
    panel = cb.link_waves({"start": cirtl["start"], "end": cirtl["end"]}, on="unique_user_id")
    ledger = panel.ledger.set_index("wave")
    assert ledger.loc["end", "linked"] == ledger.loc["start", "linked"] == 520
    assert ledger.loc["end", "unlinked"] == 112


@pytest.mark.shared
def test_benefit_by_role_agrees_with_plain_pandas(cirtl):
    panel = cb.link_waves(cirtl, on="unique_user_id")
    linked = panel.wave("end", also_in="start", carry={"start": ["QID334_p"]})
    start = cirtl["start"].dropna(subset=["unique_user_id"])
    end = cirtl["end"].dropna(subset=["unique_user_id"])
    merged = start.merge(end, on="unique_user_id", suffixes=("_start", "_end"))
    expected = merged.groupby("QID334_p_start")["QID354"].agg(lambda s: (s == "yes").sum())
    result = cb.proportions(linked, "QID354", by="QID334_p_start")
    assert {r.group[0][1]: r.count for r in result.rows} == expected.to_dict()
    published = {
        "Doctoral student": (153, 156),
        "Faculty": (102, 107),
        "Post-doctoral researcher": (109, 113),
        "Other": (132, 140),
    }
    assert {r.group[0][1]: (r.count, r.n) for r in result.rows} == published


@pytest.mark.shared
def test_a_multi_select_whose_choices_hold_commas_needs_the_choices(cirtl, shared):
    start = cirtl["start"]
    codebook = pd.read_csv(shared / "data" / "cirtl_questions.csv")
    assert codebook.loc[codebook["column"] == "QID366", "answer_type"].iloc[0] == "multiple-select"
    split = cb.split_choices(start, "QID366")
    made = "QID366: earn a certificate of accomplishment"
    row = cb.proportions(split, made).rows[0]
    assert row.count == start["QID366"].fillna("").str.contains("earn a certificate of accomplishment").sum()
    assert row.n == start["QID366"].notna().sum()
