"""Every key of a study file reaches the function it speaks to; a misspelt one names the nearest."""

from __future__ import annotations

import inspect
import re
import warnings

import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import DataWarning, StudyFileError
from credbenefits.estimators.proportions import proportions
from credbenefits.questions.item import Item, Joined
from credbenefits.reporting import charts
from credbenefits.study import run
from credbenefits.study.file import read_study
from credbenefits.study.keys.table import TABLES
from credbenefits.study.parts import change, estimates, groups, link, page, plan, questions
from credbenefits.study.parts.attrition import weights as weighting
from credbenefits.study.run import run_study

N = 60
START = "id,age,region,mail\n" + "".join(
    f"{i:03d},{['young', 'old'][i % 2]},{'nsw'[i % 3]},m{i}\n" for i in range(N)
)
END = "id,job,op,how,status,mail\n" + "".join(
    f"{i},{['yes', 'no', 'DK', 'off'][i % 4]},{['Good', 'Bad', 'Skip', 'Ref', 'NotAsked', 'Refused'][i % 6]},"
    f"{['a;b', 'a', 'b'][i % 3]},{'ok' if i else 'test'},m{i}\n"
    for i in range(N)
    if i % 5
)
STUDY = """
title = "Keys"
wave = "end"
{top}
[waves.start]
file = "start.csv"
keys = ["id"]
{start}
[waves.end]
file = "end.csv"
keys = ["id"]
{wave}
[[choices]]
column = "how"
separator = ";"
{choices}
[[items]]
column = "job"
yes = "yes"
no = ["no", "off"]
missing = "DK"
{item}
[weights]
to = "start"
population = "everybody"
covariates = ["age"]
{weights}
[[groups]]
by = "region"
from = "start"
{group}
"""
PLACES = ("top", "start", "wave", "choices", "item", "weights", "group")
NUMERIC = 'numeric_keys = "id"'


def study(folder, *, start=START, end=END, remove="", **lines):
    (folder / "start.csv").write_text(start, encoding="utf-8")
    (folder / "end.csv").write_text(end, encoding="utf-8")
    top = lines.pop("top", NUMERIC)
    text = STUDY.format(**dict.fromkeys(PLACES, "") | lines | {"top": top})
    (folder / "study.toml").write_text(text.replace(remove, "") if remove else text, encoding="utf-8")
    return read_study(folder / "study.toml")


@pytest.fixture
def calls(monkeypatch):
    """Note what the functions of the library are called with; figures, which take long, are not drawn."""
    monkeypatch.setattr(charts, "wanted", lambda figures: False)
    noted = {}

    def note(module, name):
        real = getattr(module, name)

        def noting(*arguments, **options):
            named = {"missing": arguments[2]} if name == "split" else options
            noted.setdefault(name, []).append({**named, "arguments": arguments})
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, noting)

    for module, name in (
        (link, "link_waves"),
        (weighting, "attrition_weights"),
        (weighting, "calibrate"),
        (estimates, "proportions"),
        (groups, "compare_groups"),
        (change, "transitions"),
        (plan, "SelectAll"),
        (run, "split"),
        (questions, "Item"),
        (page, "brief"),
    ):
        note(module, name)
    return noted


#: What a study calls, and the parameters that are no key of their own: the tables and keys that they come from.
CALLED = {
    "waves_from_wide": cb.waves_from_wide,
    "waves_from_long": cb.waves_from_long,
    "link_waves": cb.link_waves,
    "Panel.wave": cb.Panel.wave,
    "Panel.flow": cb.Panel.flow,
    "Panel.patterns": cb.Panel.patterns,
    "attrition_weights": cb.attrition_weights,
    "calibrate": cb.calibrate,
    "nonresponse_bias": cb.nonresponse_bias,
    "Weights.from_column": cb.Weights.from_column,
    "split_choices": cb.split_choices,
    "Item": cb.Item,
    "SelectAll": cb.SelectAll,
    "any_of": cb.any_of,
    "all_of": cb.all_of,
    "proportions": cb.proportions,
    "compare_groups": cb.compare_groups,
    "transitions": cb.transitions,
    "response_rates": cb.response_rates,
    "attrition": cb.attrition,
    "SurveyDesign": cb.SurveyDesign,
    "ReplicateWeights": cb.ReplicateWeights,
    "Bootstrap": cb.Bootstrap,
    "brief": cb.brief,
}
EVERYWHERE = {name: f".{name}" for name in ("confidence_level", "missing", "answers", "allow_identifier")}
SAMPLE = {"design": "design.strata", "bootstrap": "bootstrap.rng"}
ONE_TABLE = {"data": "waves.file", "id": "waves.keys", "answered": "waves.answered", "missing": ".missing"}
ELSEWHERE = {
    "waves_from_wide": ONE_TABLE,
    "waves_from_long": ONE_TABLE,
    "link_waves": {"waves": "waves.file"},
    "Panel.wave": {"name": "items.wave", "also_in": "weights.to"},
    "Panel.flow": EVERYWHERE,
    "attrition_weights": {"panel": "waves.file", **EVERYWHERE},
    "calibrate": {
        "data": "waves.file",
        "weights": "weights.base_weights",
        "population": "weights.population",
        **{name: EVERYWHERE[name] for name in ("missing", "answers")},
    },
    "nonresponse_bias": {"panel": "waves.file", **SAMPLE, **EVERYWHERE},
    "Weights.from_column": {"data": "waves.file", "population": "weights.population"},
    "split_choices": {"data": "waves.file"},
    "Item": {"level_labels": ".level_labels", "codebook": "waves.file"},
    "SelectAll": {
        **{name: f"items.{name}" for name in ("label", "any_of", "missing", "answers")},
        "codebook": "waves.file",
    },
    "any_of": {"label": "items.label"},
    "all_of": {"label": "items.label"},
    "proportions": {"data": "waves.file", "items": "items.column", "weights": "weights.column", **SAMPLE},
    "compare_groups": {"data": "waves.file", "people": "waves.people", **SAMPLE, **EVERYWHERE},
    "transitions": {"panel": "waves.file", **SAMPLE, **EVERYWHERE},
    "response_rates": {"data": "waves.file", **EVERYWHERE},
    "attrition": {"panel": "waves.file", "people": "waves.people", **SAMPLE, **EVERYWHERE},
    "SurveyDesign": {"replicate_weights": "design.replicate_weights.columns"},
}
#: Parameters that a study file cannot have, and why.
NO_KEY = {
    "link_waves(backend)": "a Spark session is an object of Python",
    "Panel.wave(status)": "weights take everybody, and estimates who answered",
    "Bootstrap(keep)": "replicates are kept for calls that follow",
    "Bootstrap(progress)": "a function, and the command shows progress itself",
    "brief(results)": "all that the study asks for",
}


@pytest.mark.parametrize("function", CALLED)
def test_every_parameter_has_a_key_or_a_reason(function):
    keys = {f"{table}.{key.name}" for table, keys in TABLES.items() for key in keys}
    arguments = {key.argument for keys in TABLES.values() for key in keys}
    parameters = [
        name for name in inspect.signature(CALLED[function]).parameters if name not in {"self", "cls"}
    ]
    for name in parameters:
        homes = {f"{function}({name})"} & arguments, {ELSEWHERE.get(function, {}).get(name)} & keys
        assert any(homes) != (f"{function}({name})" in NO_KEY), name
    of_it = [argument for argument in arguments if argument.startswith(f"{function}(")]
    assert {argument.partition("(")[2][:-1] for argument in of_it} <= set(parameters)


def test_every_argument_is_one_of_a_function_that_a_study_calls():
    arguments = {key.argument.partition("(")[0] for keys in TABLES.values() for key in keys}
    assert arguments - {""} == set(CALLED)


def go(made):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run_study(made)


REACHED = [
    ({"top": f'{NUMERIC}\nanswers = ["DK"]'}, "proportions", "answers", ("DK",)),
    ({"top": f'{NUMERIC}\nanswers = ["DK"]'}, "compare_groups", "answers", ("DK",)),
    ({"top": f'{NUMERIC}\nanswers = ["DK"]'}, "attrition_weights", "answers", ("DK",)),
    ({"top": f'{NUMERIC}\nmissing = ["DK"]'}, "proportions", "missing", ("DK",)),
    ({"top": f'{NUMERIC}\nmissing = ["DK"]'}, "compare_groups", "missing", ("DK",)),
    ({"top": f'{NUMERIC}\nmissing = ["DK"]'}, "attrition_weights", "missing", ("DK",)),
    ({"top": f'{NUMERIC}\nmissing = ["DK"]'}, "split", "missing", ("DK",)),
    ({"top": f"{NUMERIC}\nconfidence_level = 0.9"}, "proportions", "confidence_level", 0.9),
    ({"top": f"{NUMERIC}\nconfidence_level = 0.9"}, "compare_groups", "confidence_level", 0.9),
    ({"top": f"{NUMERIC}\nallow_identifier = true"}, "proportions", "allow_identifier", True),
    ({"top": f"{NUMERIC}\nallow_identifier = true"}, "attrition_weights", "allow_identifier", True),
    ({"top": f'{NUMERIC}\nduplicates = "first"'}, "link_waves", "duplicates", "first"),
    ({"top": f'{NUMERIC}\nexclude = {{ status = ["test"] }}'}, "link_waves", "exclude", {"status": ["test"]}),
    ({"top": NUMERIC}, "link_waves", "numeric_keys", ("id",)),
    ({"top": f'{NUMERIC}\nnote = "Mind."'}, "brief", "note", "Mind."),
    ({"wave": 'answered = ["job", "op"]'}, "link_waves", "answered", {"end": ("job", "op")}),
    ({"wave": 'people = "the alumni"'}, "proportions", "people", "the alumni"),
    ({"wave": 'people = "the alumni"'}, "compare_groups", "people", "the alumni"),
    (
        {"weights": '[labels]\nend = "the last survey"'},
        "proportions",
        "people",
        "people who answered “the last survey”",
    ),
    ({"choices": 'choices = ["a", "b"]'}, "SelectAll", "choices", ("a", "b")),
    ({"choices": 'none_of_these = "b"'}, "SelectAll", "none_of_these", "b"),
    ({"choices": 'same = { a = "A choice" }'}, "SelectAll", "same", {"a": "A choice"}),
    ({}, "SelectAll", "separator", ";"),
    ({"item": 'answers = "zz"'}, "Item", "answers", ("zz",)),
    ({"item": 'skipped = "zz"'}, "Item", "skipped", ("zz",)),
    ({"item": 'refused = ["zz", "yy"]'}, "Item", "refused", ("zz", "yy")),
    ({"item": 'not_asked = "zz"'}, "Item", "not_asked", ("zz",)),
    ({}, "Item", "missing", ("DK",)),
    ({}, "Item", "yes", ("yes",)),
    ({}, "Item", "no", ("no", "off")),
    ({"item": 'label = "a job"'}, "Item", "label", "a job"),
    ({"weights": "trim = 2.5"}, "attrition_weights", "trim", 2.5),
    ({"weights": "trim = false"}, "attrition_weights", "trim", None),
    ({"weights": "bins = 5"}, "attrition_weights", "bins", 5),
    ({"weights": 'check = ["region"]'}, "attrition_weights", "check", {"start": ("region",)}),
    ({}, "attrition_weights", "population", "everybody"),
    ({"group": 'adjust = "bonferroni"'}, "compare_groups", "adjust", "bonferroni"),
    ({"group": 'reference = "s"'}, "compare_groups", "reference", "s"),
]


@pytest.mark.parametrize(
    ("lines", "function", "option", "value"),
    REACHED,
    ids=[f"{next(iter(r[0].values()), '')} {r[1]} {r[2]}" for r in REACHED],
)
def test_a_key_reaches_its_function(lines, function, option, value, calls, tmp_path):
    go(study(tmp_path, **lines))
    assert calls[function][-1][option] == value


#: The start of the study with a column of numbers.
WITH_NUMBERS = "".join(
    f"{line},{'years' if not i else 20 + i % 30}\n" for i, line in enumerate(START.splitlines())
)
BY = 'by = "region"\n'


@pytest.mark.parametrize(
    ("group", "options"),
    [
        (
            'by = ["region", "age"]\nreference = { region = "n", age = "old" }',
            {
                "by": ["region_start", "age_start"],
                "reference": {"region_start": "n", "age_start": "old"},
                "bins": None,
            },
        ),
        (
            'by = ["region", "age"]\nreference = ["n", "old"]',
            {"by": ["region_start", "age_start"], "reference": ["n", "old"]},
        ),
        (
            'by = "years"\nbins = { years = [30, 40] }\nreference = "below 30"',
            {"by": ["years_start"], "bins": {"years_start": [30, 40]}, "reference": "below 30"},
        ),
        ('by = ["years", "region"]\nbins = 2', {"by": ["years_start", "region_start"], "bins": 2}),
    ],
)
def test_groups_of_several_columns_and_of_bins(group, options, calls, tmp_path):
    go(study(tmp_path, start=WITH_NUMBERS, remove=BY, group=group))
    assert calls["compare_groups"][-1].items() >= options.items()


def test_columns_of_another_wave_are_called_as_the_study_calls_them(calls, tmp_path):
    labels = '[labels]\nregion = "part of the country"\nstart = "first survey"\n[level_labels.region]\nn = "north"\n'
    by = 'by = ["region", "age"]\n'
    text = go(study(tmp_path, remove=BY, group=by, weights=labels)).to_markdown()
    assert calls["brief"][-1]["labels"] == {
        "region": "part of the country",
        "start": "first survey",
        "region_start": "part of the country",
        "age_start": "age in “first survey”",
    }
    assert calls["brief"][-1]["level_labels"]["region_start"] == {"n": "north"}
    assert "part of the country = north, age in “first survey” = old" in text
    assert "region_start" not in text.replace("\\", "")


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ("", ["groups[1].by", "the key is missing"]),
        ("by = []", ["groups[1].by", "text"]),
        ('by = ["region", "zzz"]', ["groups[1].by", "'zzz'"]),
        ('by = ["region"]\nbins = 3', ["groups[1].bins", "more than 12 different numbers"]),
        ('by = "years"\nbins = { age = 3 }', ["groups[1].bins", "'age'"]),
        ('by = ["region", "age"]\nreference = "n"', ["groups[1].reference", "a value for each of"]),
    ],
)
def test_groups_that_cannot_be_made_name_their_key(group, told, tmp_path):
    with pytest.raises(StudyFileError) as refused:
        go(study(tmp_path, start=WITH_NUMBERS, remove=BY, group=group))
    assert not [text for text in told if text not in str(refused.value)], str(refused.value)


def test_kinds_of_no_answer_are_counted_as_declared(tmp_path):
    made = study(
        tmp_path,
        item='[[items]]\ncolumn = "op"\nyes = "Good"\nmissing = "Skip"\nskipped = "Ref"\n'
        'refused = "Refused"\nnot_asked = "NotAsked"',
    )
    row = go(made).to_frame().query("item.str.contains('op')", engine="python").iloc[0]
    assert (row["n"], row["n_skipped"], row["n_refused"], row["n_not_asked"]) == (16, 8, 8, 8)


def test_numeric_keys_join_what_was_written_in_two_ways(tmp_path):
    assert go(study(tmp_path)).to_frame()["n"].max() == 36
    made = study(tmp_path, top="")
    with pytest.raises(StudyFileError, match="answered by 0 of them"):
        go(made)


def test_who_answered_is_told_by_the_columns_named(tmp_path):
    blank = "".join(f"{i},,,,ok,m{i}\n" for i in range(0, N, 5))
    text = go(study(tmp_path, end=END + blank, wave='answered = ["job", "op"]')).to_markdown()
    # 12 of the 60 are blank in both; 4 (2, 14, 26 and 38) said DK to one and Skip to the other.
    assert "44 of 60 people" in text


def misspelt(key):
    if len(key) < 3:
        return key + "x"
    return key[:-2] + key[-1] + key[-2] if key[-1] != key[-2] else key[:-1]


PLACED = {
    "top": "",
    "wave": "waves",
    "choices": "choices",
    "item": "items",
    "weights": "weights",
    "group": "groups",
    "bias": "bias",
}
KEYS = [(place, key.name) for place, table in PLACED.items() for key in TABLES[table]]


@pytest.mark.parametrize(("place", "key"), KEYS, ids=[f"{place} {key}" for place, key in KEYS])
def test_a_misspelt_key_names_the_nearest(place, key, tmp_path):
    wrong = misspelt(key)
    lines = (
        {"group": f'[[bias]]\nto = "start"\n{wrong} = "x"'} if place == "bias" else {place: f'{wrong} = "x"'}
    )
    with pytest.raises(StudyFileError) as problem:
        study(tmp_path, **lines)
    message = str(problem.value)
    assert f"got key '{wrong}'. Did you mean " in message
    assert re.search(rf"Did you mean (.* or )?'{key}'( or .*)?\?", message)


@pytest.mark.parametrize(
    ("place", "key", "home"),
    [
        ("item", "ticked", ""),
        ("choices", "ticked", "It is a key of [[items]]."),
        ("wave", "duplicates", "It is a key of the top of the file, above the first table."),
        ("weights", "threshold", "It is a key of [link]."),
        ("top", "strata", "It is a key of [design]."),
        ("group", "same", "It is a key of [[choices]], [[items]] and of [[change]]."),
    ],
)
def test_a_key_of_another_table_is_told_where_it_belongs(place, key, home, tmp_path):
    if place == "item":  # beside a column it has no meaning
        with pytest.raises(StudyFileError, match=r"ticked`: expected it beside select_all only"):
            go(study(tmp_path, item='ticked = "x"'))
        return
    with pytest.raises(StudyFileError, match=f"got key '{key}'. {re.escape(home)}"):
        study(tmp_path, **{place: f'{key} = "x"'})


GOOD = (
    '[[items]]\ncolumn = "op"\nyes = "Good"\nno = ["Bad", "Refused"]\nmissing = ["Skip", "Ref", "NotAsked"]'
)


@pytest.mark.parametrize("key", ["any_of", "all_of"])
def test_items_are_joined_by_their_columns_and_named_by_their_label(key, calls, tmp_path):
    joined = (
        f'{GOOD}\n[[items]]\n{key} = ["job", "op"]\nlabel = "both or one"\n'
        '[[items]]\nany_of = ["both or one", "how: a"]\nlabel = "any of three"\n'
        '[[items]]\ncolumn = "how: b"\namong = "both or one"'
    )
    made = study(
        tmp_path,
        choices='[[items]]\ncolumn = "how: a"\n',
        item=joined,
        group='items = "both or one"\n',
    )
    page = go(made)
    data = pd.DataFrame(
        {
            "job": [["yes", "no", None, "no"][i % 4] for i in range(N) if i % 5],
            "op": [["yes", "no", None, None, None, "no"][i % 6] for i in range(N) if i % 5],
        }
    )
    with pytest.warns(DataWarning, match="below 70%"):
        wanted = proportions(data, Joined(key[:3], (Item("job"), Item("op")))).rows[0]
    row = page.to_frame().query("label == 'both or one'").iloc[0]
    assert (row["count"], row["n"], row["n_missing"]) == (wanted.count, wanted.n, wanted.n_missing)
    assert "any of three" in str(page)
    assert "who reported both or one" in str(page)
    (compared,) = calls["compare_groups"]
    assert [item.label for item in compared["arguments"][1]] == ["both or one"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('any_of = ["job", "opp"]', r"items\[3\].any_of`: .*got 'opp'. Did you mean 'op'"),
        ('any_of = "job"', r"items\[3\].any_of`: .*two different items or more"),
        ('any_of = ["job", "job"]', r"items\[3\].any_of`: .*two different items or more"),
        ('any_of = ["job", "op"]\nyes = "x"', r"items\[3\].any_of`: .*no other keys.*got 'yes'"),
        ('any_of = ["job", "op"]\ncolumn = "op"', r"items\[3\].any_of`: .*no other keys.*got 'column'"),
        ('any_of = ["job", "op"]\nall_of = ["op"]', r"items\[3\].any_of`: .*no other keys.*got 'all_of'"),
        ('wave = "start"\nany_of = ["job", "op"]', r"items\[3\].any_of`: .*of the same wave"),
    ],
)
def test_items_that_cannot_be_joined_are_refused(lines, words, tmp_path):
    with pytest.raises(StudyFileError, match=words):
        go(study(tmp_path, item=f"{GOOD}\n[[items]]\n{lines}"))
