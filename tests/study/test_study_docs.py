"""Every study file in the documentation runs, and every key of a study file is used by one that runs."""

from __future__ import annotations

import re
import tomllib
import warnings
from importlib.resources import files as resources
from pathlib import Path

import pandas as pd
import pytest

from credbenefits.study.check import check_study
from credbenefits.study.file import read_study
from credbenefits.study.keys.editors import key_tables, study_schema
from credbenefits.study.keys.kinds import fits
from credbenefits.study.keys.table import TABLES
from credbenefits.study.run import study_results
from survey_study import HEAD, frames, write

#: The study files of the example and of the reports on it, which run in test_example_reports and test_cli.
EXAMPLES = [
    path.read_text(encoding="utf-8")
    for path in resources("credbenefits.study").joinpath("examples").iterdir()
]
ROOT = Path(__file__).parents[2]
PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if path.exists()]
BLOCKS = [
    (path.name, place, text)
    for path in PAGES
    for place, text in enumerate(
        re.findall(r"^```toml\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    )
]


def data():
    made = frames()
    for frame in made.values():
        number = frame["id"].str[1:].astype(int)
        for name, n in (("initial", 26), ("month", 12), ("town", 31), ("mother", 29), ("shoe", 23)):
            frame[name] = number * (n + 4) % n
    return made


def whole(text):
    """Return a part of a file in the documentation as a whole one."""
    if "title =" in text:
        return (
            text
            if "[waves" in text
            else text + HEAD.partition("\n")[2].partition("\n")[2] + '[[items]]\ncolumn = "job"\n'
        )
    head = (
        HEAD
        if '"code"' not in text
        else HEAD.replace('keys = "id"', 'keys = ["initial", "month", "town", "mother", "shoe"]')
    )
    items = "" if "[[items]]" in text else '[[items]]\ncolumn = "job"\n'
    return head + text + items


REPLICATES = f"""{HEAD}
[weights]
column = "w"
population = "adults"
[design.replicate_weights]
columns = ["rw0", "rw1", "rw2", "rw3", "rw4", "rw5", "rw6", "rw7"]"""
#: Files that use what the documentation does not show.
MORE = [
    """
title = "More"
wave = "after"
confidence_level = 0.9
answers = "bad"
missing = "refused"
allow_identifier = false
duplicates = "first"
numeric_keys = "id"
[waves.before]
file = "before.csv"
keys = "id"
[waves.before.status]
answered = "job"
silent = "unknown"
[waves.after]
file = "after.csv"
keys = "id"
separator = ","
skip_rows = 1
answered = ["job", "better"]
[design]
from = "before"
strata = "stratum"
[bootstrap]
kind = "rao_wu"
n_resamples = 100
rng = 3
batch = 50
allow_long = true
[[response_rates]]
wave = "before"
by = { after = "site" }
e = 0.9
effort = "age"
definition = ["RR1", "RR3"]
weights = "w"
people = "people asked before"
[[choices]]
wave = "after"
column = "how"
separator = ";"
choices = ["fees", "time"]
none_of_these = "none"
missing = "-"
answers = "x"
same = { "money" = "fees" }
[weights]
wave = "after"
to = "before"
population = "everybody"
covariates = { before = ["site"] }
method = "logit"
trim = false
[[items]]
wave = "after"
column = "mood"
yes = "good"
no = ["fair", "bad"]
missing = "-"
skipped = "0"
refused = "9"
not_asked = "8"
answers = "x"
label = "a good mood"
variance = "bootstrap"
[[items]]
column = "pay"
at_least = 10
at_most = 30
method = "jeffreys"
design = false
[[items]]
column = "mood"
each_level = true
levels = ["good", "fair", "bad"]
label = "mood"
[[items]]
all_of = ["a good mood", "pay"]
label = "both"
[[items]]
select_all = "how"
separator = ";"
choices = ["fees", "time"]
none_of_these = "none"
same = { "money" = "fees" }
[[groups]]
wave = "after"
by = "age"
from = "before"
bins = 2
items = "a good mood"
among = "pay"
comparison = "ratio"
weights = "everybody"
adjust = "none"
variance = "linearized"
allow_long = false
[[groups]]
by = "role"
items = "pay"
method = "wald"
reference = "staff"
design = false
[[change]]
item = "works"
waves = ["before", "after"]
each_level = true
levels = ["Every day", "Sometimes", "Never"]
missing = "-"
skipped = "0"
refused = "9"
not_asked = "8"
answers = "x"
same = { "Everyday" = "Every day" }
by = "age"
bins = { age = [40] }
weights = "everybody"
variance = "linearized"
method = "wilson"
linkage_error = "ignore"
people = "the staff"
design = false
[[change]]
item = { before = "age", after = "pay" }
at_least = 30
at_most = 50
among = "started"
[[change]]
item = "job"
yes = "yes"
no = "no"
label = "a job"
[[attrition]]
waves = ["before", "after"]
by = "age"
bins = { age = [40] }
design = false
[[items]]
wave = "before"
column = "job"
label = "started"
""",
    f"""{HEAD}
[design]
population_size = 5_000
deff = 2
[[items]]
column = "job"
""",
    f"""{HEAD}
[proportions]
by = "age"
from = "before"
bins = {{ age = [40] }}
totals = true
[[items]]
column = "job"
""",
    f"""{REPLICATES}
kind = "fay"
fay_coefficient = 0.3
df = 6
[[items]]
column = "job"
variance = "replicate_weights"
""",
    f"""{REPLICATES}
kind = "jkn"
scale = 1.0
rscales = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
[[items]]
column = "job"
""",
    f"""{HEAD}
[[items]]
column = "better"
[[items]]
wave = "before"
column = "works"
yes = ["Everyday", "Sometimes"]
no = "Never"
label = "working"
[[weights]]
name = "drawn"
wave = "before"
column = "w"
population = "adults"
population_size = 400
[[weights]]
name = "register"
wave = "before"
base_weights = "drawn"
totals = {{ site = {{ x = 110, y = 130 }}, age = 9_500 }}
distance = "logit"
bounds = [0.1, 10]
population = "adults"
[[weights]]
name = "again"
wave = ["after"]
to = "before"
base_weights = "register"
eligible = "working"
covariates = {{ before = ["site", ["site", "stratum"], "age"] }}
check = {{ before = "school" }}
numbers = {{ age = [25, 35, 45, 55] }}
trim = "98%"
calibrate_to = "stratum"
bins = {{ school = 3 }}
population = "working adults"
[[bias]]
wave = ["after"]
to = "before"
variables = {{ before = ["site", "age"] }}
outcome = ["better", "mood"]
known = {{ before = ["job", "works", "age"] }}
by = "stratum"
weights = ["again"]
base_weights = "register"
eligible = {{ wave = "before", column = "works", yes = ["Everyday", "Sometimes"], no = "Never", missing = "-" }}
bins = {{ age = 3 }}
population = "working adults"
design = false
""",
    """
title = "One long file"
wave = "2"
[waves.1]
file = "long.csv"
wave_column = "year"
keys = "id"
within = "site"
[waves.2]
file = "long.csv"
wave_column = "year"
keys = "id"
within = "site"
answered = "job"
[[items]]
column = "job"
""",
    """
title = "Whole codes"
wave = "after"
[waves.before]
file = "before.csv"
keys = "code"
[waves.after]
file = "after.csv"
keys = "code"
[link]
method = "code"
code_format = { separator = "-", names = ["a", "b", "c", "d", "e"] }
max_disagreements = 2
threshold = 0.8
[[items]]
column = "job"
""",
]
FILES = [(f"{name} {place}", whole(text)) for name, place, text in BLOCKS] + [
    (f"more {i}", t) for i, t in enumerate(MORE)
]


def save(folder, text):
    made = data()
    for frame in made.values():
        elements = ["initial", "month", "town", "mother", "shoe"]
        frame["code"] = frame[elements].astype(str).agg("-".join, axis=1)
        frame["middle"] = "x"
    made["study"] = pd.DataFrame(
        {"code": ["a1", "b2", "c3", "d4"] * 5, "workshop": list("pqrst") * 4, "job": "no"}
    )
    made["study"] = made["study"].assign(
        email="", job_2=["yes", "no", None, "no"] * 5, pay_2=[1, None, None, 2] * 5
    )
    long = [made["before"].assign(year=1), made["after"].assign(year=2)]
    made["long"] = pd.concat(long, ignore_index=True)
    return write(folder, text, head="", data=made)


@pytest.mark.parametrize(("name", "text"), FILES, ids=[name for name, _ in FILES])
def test_a_study_file_is_right_and_runs(name, text, tmp_path):
    assert fits(tomllib.loads(text), study_schema())
    path = save(tmp_path, text)
    assert [str(problem) for problem in check_study(path)] == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert study_results(read_study(path)).results


def used(values, table=""):
    """Return the keys that a file uses, with their tables."""
    found = {(table, name) for name in values if name in {key.name for key in TABLES[table]}}
    depth = f"{table}." if table else ""
    for name, value in values.items():
        inner = f"{depth}{name}"
        if inner in TABLES:
            several = value if isinstance(value, list) else value.values() if inner == "waves" else [value]
            for one in several:
                found |= used(one, inner)
    return found


#: Comparing names takes splink, which is an extra: `test_waves_are_linked_by_names` has it. Sheets are in
#: workbooks, which test_study_exports.py has.
ELSEWHERE = {
    ("link", "compare"),
    ("waves", "sheet"),
    ("waves", "kind"),
    ("waves", "encoding"),
    ("items", "other"),
}


def test_every_key_is_used():
    every = {(table, key.name) for table, keys in TABLES.items() for key in keys}
    files = [text for _, text in FILES] + EXAMPLES
    assert sorted(every - set().union(*(used(tomllib.loads(text)) for text in files)) - ELSEWHERE) == []


def test_waves_are_linked_by_names(tmp_path):
    pytest.importorskip("splink")
    made = frames()
    first, last = (
        ["Ada", "Bo", "Cleo", "Dan", "Eve", "Finn"],
        ["Ash", "Birch", "Cedar", "Date", "Elm", "Fir", "Gum"],
    )
    for frame in made.values():
        number = frame["id"].str[1:].astype(int)
        frame["first"] = [first[i % 6] for i in number]
        frame["last"] = [last[i // 6 % 7] + "er" * (i // 42) for i in number]
        frame["born"] = [f"19{50 + i % 50}-0{1 + i % 9}-1{i % 10}" for i in number]
    text = HEAD.replace('keys = "id"', 'keys = ["first", "last", "born"]') + '[[items]]\ncolumn = "job"\n'
    text += '[link]\nmethod = "probabilistic"\ncompare = { first = "name", last = "name", born = "date" }\n'
    path = write(tmp_path, text, head="", data=made)
    assert check_study(path) == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert study_results(read_study(path)).panel.link_summary().method == "probabilistic"


def test_the_documentation_lists_every_key():
    page = (ROOT / "docs" / "study-file.md").read_text(encoding="utf-8")
    assert page.endswith(key_tables()), "put key_tables() of credbenefits.study.keys.editors at its end"
