"""results.json: every number of a brief, read back as it was, and the files that it was made from."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import re
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from code_waves import ELEMENTS, code_waves, link
from credbenefits._typing import TransitionMeasure
from credbenefits.cli import main
from credbenefits.reporting.formats.json import results_json, with_sources
from credbenefits.study import command
from survey_study import results as study_run

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = "graduates"
#: What every number stands with.
ALWAYS = {"estimate", "conf_low", "conf_high", "count", "n", "base", "method", "flags"}


@pytest.fixture(scope="module")
def results():
    data = pd.DataFrame(
        {
            "job": ["yes"] * 40 + ["no"] * 80,
            "none": ["no"] * 120,
            "arm": ["treated", "control"] * 57 + ["waiting"] * 6,
        }
    )
    items = [cb.Item("job", label="a better job"), cb.Item("none", yes="yes", label="“none” of those")]
    return [
        cb.proportions(data, items, people=PEOPLE, method="wilson"),
        cb.compare_groups(data, items[0], by="arm", people=PEOPLE),
    ]


@pytest.fixture(scope="module")
def page(results):
    return cb.brief(*results, title="One year on", figures=False)


def read(page):
    return json.loads(page.files()["results.json"], parse_constant=pytest.fail)


def test_the_page_on_it_names_every_table():
    kinds = ROOT / "src" / "credbenefits" / "reporting" / "kinds"
    text = "".join(path.read_text(encoding="utf-8") for path in kinds.glob("*.py"))
    tables = set(re.findall(r"(?:files=|return |elements = )\{\"(\w+)\": ", text))
    assert {"estimates", "changes", "balance", "link_elements", "weights"} <= tables
    documented = (ROOT / "docs" / "results-json.md").read_text(encoding="utf-8")
    assert {
        name for name in tables if f"`{name}`" not in documented and f"results.{name}`" not in documented
    } == set()


STUDY = """
[weights]
to = "before"
population = "all who began"
covariates = "site"
[[items]]
column = "job"
[[groups]]
by = "role"
[[change]]
item = "works"
each_level = true
by = "site"
weights = "all who began"
same = { "Everyday" = "Every day" }
[[attrition]]
by = "site"
[patterns]
[[bias]]
to = "before"
variables = ["site", "age"]
outcome = "job"
known = "job"
by = "stratum"
weights = "all who began"
"""
#: Tables that a report on nonresponse bias gives.
BIAS = ("variables", "levels", "indicator", "partials", "predictors", "groups", "equivalence", "known")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """All tables of a study, and those of a panel linked by codes."""
    made = read(study_run(tmp_path_factory.mktemp("study"), STUDY).brief())["results"]
    linked = link(code_waves(300, returners=200, newcomers=50), on=ELEMENTS)
    return made | read(cb.brief(linked, title="Codes", figures=False))["results"]


def test_every_number_of_a_study_has_a_base_a_method_and_flags(tables):
    for name in ("estimates", "differences", "changes", "retention", "participation"):
        assert tables[name]
        for row in tables[name]:
            assert row.keys() >= ALWAYS, name
            assert row["n"] > 0
            assert isinstance(row["flags"], list)
            assert all(row[key] not in {None, ""} for key in ALWAYS - {"flags"}), (name, row)
    measures = {row["measure"] for row in tables["changes"]}
    assert measures == {*get_args(TransitionMeasure)}


def test_the_page_on_it_names_every_field(tables):
    documented = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "results-json.md").read_text(encoding="utf-8")))
    assert tables.keys() >= {"links", "link_elements", "ledger", "patterns", "weights", "balance"}
    waves = {"before", "after"}  # a field for each, in patterns
    for name, rows in tables.items():
        fields = {field.removesuffix("_reference") for field in rows[0]} - waves
        fields = {field for field in fields if not field.startswith(("std_", "difference_"))} | {"std_error"}
        assert fields - documented == set(), name
    assert {value for row in tables["changes"] for value in [row["measure"]]} <= documented
    assert {row["rate"] for row in tables["participation"]} <= documented


@pytest.mark.parametrize("table", [f"bias_{name}" for name in BIAS])
def test_the_page_lists_the_fields_of_each_table_on_nonresponse_bias(table, tables):
    text = (ROOT / "docs" / "results-json.md").read_text(encoding="utf-8").partition("## Nonresponse bias")[2]
    rows = re.search(rf"^\| `{table}` .*?(?=^\| `bias_|^$)", text, re.M | re.S)[0].splitlines()
    named = [field for row in rows for field in re.findall(r"`(\w+)`", row.split("|")[2])]
    assert named == [field for field in tables[table][0] if field not in {"wave", "stands_for"}]
    first = tables[table][0]
    assert (first["wave"], first["stands_for"]) == ("after", "people in “before”")


def test_it_says_its_format_and_what_made_it(page):
    made = read(page)
    assert list(made) == ["schema", "title", "versions", "study", "inputs", "results"]
    assert made["schema"] == "credbenefits.results/1"
    assert made["title"] == "One year on"
    assert made["versions"] == {
        "credbenefits": cb.__version__,
        "numpy": np.__version__,
        "scipy": __import__("scipy").__version__,
        "pandas": pd.__version__,
        "python": platform.python_version(),
    }
    assert (made["study"], made["inputs"]) == (None, [])


def test_every_number_is_there_with_its_base_method_interval_and_flags(page, results):
    made = read(page)["results"]
    for table, result in zip(("estimates", "differences"), results, strict=True):
        assert len(made[table]) == len(result)
        for row, own in zip(made[table], result.rows, strict=True):
            assert set(row) >= ALWAYS
            assert (row["item"], row["label"], row["base"]) == (own.item, own.label, own.base)
            assert tuple(row["flags"]) == own.flags
            assert (row["count"], row["n"]) == (own.count, own.n)
            for name in ("estimate", "conf_low", "conf_high"):
                assert row[name] == getattr(own, name)  # to the last digit
    assert made["estimates"][0]["method"] == "wilson"
    assert made["estimates"][1]["flags"] == ["none"]
    assert "small_base" in made["differences"][1]["flags"]


def test_a_number_that_is_not_defined_is_null(page):
    row = read(page)["results"]["estimates"][1]
    assert row["std_error"] is None  # the formula's 0 would pass for certainty
    assert row["df"] is None


def test_values_of_all_types_are_plain_json():
    frame = pd.DataFrame(
        {
            "flags": ["weighted, small_base", ""],
            "whole": pd.array([3, None], dtype="Int64"),
            "mixed": [np.int64(7), np.float64(0.1)],
            "without end": [math.inf, -math.inf],
            "switch": [True, False],
            "text": ["Müller\u202e\n", None],
            "when": [pd.Timestamp("2023-03-06"), pd.NaT],
        }
    )
    rows = json.loads(results_json("x", {"t": frame, "empty": frame.head(0)}))["results"]
    assert rows == {
        "t": [
            {
                "flags": ["weighted", "small_base"],
                "whole": 3,
                "mixed": 7,
                "without end": "Infinity",
                "switch": True,
                "text": "Müller ",
                "when": "2023-03-06 00:00:00",
            },
            {
                "flags": [],
                "whole": None,
                "mixed": 0.1,
                "without end": "-Infinity",
                "switch": False,
                "text": None,
                "when": None,
            },
        ]
    }


def test_sources_are_added_and_nothing_else_changes(page):
    before = page.files()["results.json"]
    study, inputs = {"file": "study.toml", "sha256": "a"}, [{"wave": "w", "file": "w.csv", "sha256": "b"}]
    after = json.loads(with_sources(before, study, inputs))
    assert after == json.loads(before) | {"study": study, "inputs": inputs}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("secret-place")
    assert main(["example", str(folder)]) == 0
    for out in ("one", "two"):
        assert main(["brief", str(folder / "study.toml"), "--out", str(folder / out)]) == 0
    return folder


@pytest.mark.once
def test_the_command_names_the_files_and_what_they_held(folder):
    made = json.loads((folder / "one" / "results.json").read_bytes())

    def digest(name):
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()

    assert made["study"] == {"file": "study.toml", "sha256": digest("study.toml")}
    assert made["inputs"] == [
        {"wave": wave, "file": f"{wave}.csv", "sha256": digest(f"{wave}.csv")}
        for wave in ("start", "completion", "followup")
    ]


@pytest.mark.once
def test_it_names_what_was_read_though_files_change_meanwhile(tmp_path, monkeypatch):
    assert main(["example", str(tmp_path)]) == 0
    names = ["study.toml", "start.csv", "completion.csv", "followup.csv"]
    held = [hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in names]
    real = command.study_results

    def changing(study, *arguments, **options):
        result = real(study, *arguments, **options)
        for name in names:
            (tmp_path / name).write_text("changed", encoding="utf-8")
        return result

    monkeypatch.setattr(command, "study_results", changing)
    assert main(["brief", str(tmp_path / "study.toml"), "--out", str(tmp_path / "out")]) == 0
    made = json.loads((tmp_path / "out" / "results.json").read_bytes())
    assert [made["study"]["sha256"], *(one["sha256"] for one in made["inputs"])] == held


def test_the_same_files_give_the_same_bytes(folder):
    assert (folder / "one" / "results.json").read_bytes() == (folder / "two" / "results.json").read_bytes()


def test_it_holds_nobody_and_no_path(folder):
    text = (folder / "one" / "results.json").read_text(encoding="utf-8")
    assert "secret-place" not in text
    assert "@" not in text
    for wave in ("start", "completion", "followup"):
        people = pd.read_csv(folder / f"{wave}.csv", dtype=str)
        for key in ("learner_id", "response_id"):
            named = people[key].dropna().str.strip("\u200b\ufeff ")
            assert not [one for one in named if one and one in text]


def test_it_holds_the_numbers_of_the_csv_files(folder):
    made = json.loads((folder / "one" / "results.json").read_bytes())["results"]
    for name, rows in made.items():
        table = pd.read_csv(folder / "one" / f"{name}.csv", keep_default_na=False, na_values=[""])
        assert len(table) == len(rows)
        for column in {"estimate", "conf_low", "conf_high", "count", "n"} & set(rows[0]):
            kept = pd.Series([row[column] for row in rows], dtype=float)
            pd.testing.assert_series_equal(table[column].astype(float), kept, check_names=False, rtol=0)
