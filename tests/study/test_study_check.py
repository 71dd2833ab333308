"""A check finds all that is wrong without running: with the line of each key; and one part can be run alone."""

from __future__ import annotations

import json
from importlib.resources import files

import pandas as pd
import pytest

from credbenefits.errors import InputError, StudyFileError
from credbenefits.results.comparisons import ComparisonResult
from credbenefits.results.proportions import ProportionsResult
from credbenefits.results.transitions import TransitionsResult
from credbenefits.study import run
from credbenefits.study.check import check_study
from credbenefits.study.file import read_study
from credbenefits.study.keys.editors import schema_text, study_schema
from credbenefits.study.keys.kinds import fits
from credbenefits.study.keys.lines import key_lines
from credbenefits.study.keys.table import TABLES
from survey_study import HEAD, frames, results, write

# ---- lines ---------------------------------------------------------------------------------------------------

FILE = '''\
# a comment with key = 1
title = "a # sign" # and = a comment
note = """
wave = "not this"
[[items]]
"""
a.b.c = 1
"quoted key" = [ # a list
  "one", 'two = 2',
  """three
  lines""",
]
'literal.key' = { x = 1, "y z" = [1, 2], deep.est = { q = "}" } }

[waves.start] # heading
file = "start.csv"

[ waves . "the end" ]
file = \'\'\'
x\'\'\'
[[items]]
column = "a"
[[items]]
column = "b"
  [items.inner]
  k = true
  [[items.more]]
  k = 1979-05-27T07:32:00Z
[[items]]
column = "ends in quotes"""
[last]
'''
FILE = FILE.replace('"ends in quotes"""', '"""ends in quotes"""""')
LINES = {
    ("title",): 2,
    ("note",): 3,
    ("a",): 7,
    ("a", "b", "c"): 7,
    ("quoted key",): 8,
    ("quoted key", 1): 9,
    ("quoted key", 3): 10,
    ("literal.key",): 13,
    ("literal.key", "y z"): 13,
    ("literal.key", "deep", "est", "q"): 13,
    ("waves", "start"): 15,
    ("waves", "start", "file"): 16,
    ("waves", "the end"): 18,
    ("waves", "the end", "file"): 19,
    ("items", 1, "column"): 22,
    ("items", 2, "column"): 24,
    ("items", 2, "inner", "k"): 26,
    ("items", 2, "more", 1, "k"): 28,
    ("items", 3): 29,
    ("items", 3, "column"): 30,
    ("last",): 31,
}


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_the_line_of_every_key(end):
    found = key_lines(FILE.replace("\n", end))
    assert {path: found.get(path) for path in LINES} == LINES
    assert ("wave",) not in found


def test_lists_of_tables_in_braces_have_lines_too():
    text = 'items = [\n  { column = "a" },\n  { column = "b", lable = "x" },\n]\n'
    assert key_lines(text)["items", 2, "lable"] == 3


WRONG = [
    (
        "[[items]]\ncolumn = 'job'\nlable = 'x'\n",
        "study.toml, line 12: `items[1].lable`: expected one of wave, ",
    ),
    ("items = 3\n", "line 10: `waves.after.items`"),
    ('"quoted" = 1\n', "line 10: `waves.after.quoted`"),
    ("design.strata = 'x'\n", "line 10: `waves.after.design`"),
    (
        "[design]\nstrata = 3\n",
        "line 11: `design.strata`: expected a text or a list of texts; got 3. Write strata",
    ),
    (
        "[link]\nmethod = 'codes'\n",
        'line 11: `link.method`: expected one of "exact", "code", "probabilistic"; got \'codes\'. Did you mean \'code\'?',
    ),
    (
        "[[weights]]\nto = 'before'\n",
        "line 10: `weights[1].population`: expected text; got nothing: the key is missing.",
    ),
    (
        "[[items]]\nlabel = 'x'\n",
        "line 10: `items[1].column`: expected one of column, select_all, any_of and all_of",
    ),
    ("[items]\ncolumn = 'job'\n", "line 10: `items`: expected tables headed [[items]]"),
    ("[[design]]\nstrata = 'x'\n", "line 10: `design`: expected one table [design]"),
    (
        "[[items]]\ncolumn = 'job'\n[[change]]\nitem = 'job'\nwaves = ['before', 'aftr']\n",
        "line 14: `change[1].waves`: expected a declared wave",
    ),
]


@pytest.mark.parametrize(("text", "told"), WRONG, ids=[told[:30] for _, told in WRONG])
@pytest.mark.parametrize("form", ["LF", "CRLF", "BOM"])
def test_errors_name_the_line(text, told, form, tmp_path):
    path = write(tmp_path, text)
    content = path.read_bytes()
    path.write_bytes(
        content.replace(b"\n", b"\r\n") if form == "CRLF" else b"\xef\xbb\xbf" * (form == "BOM") + content
    )
    assert told in str(check_study(path)[0])
    with pytest.raises(StudyFileError) as refused:
        run.run_study(read_study(path))
    assert told in str(refused.value)
    assert refused.value.line == int(told.partition("line ")[2].partition(":")[0])


# ---- all problems at once --------------------------------------------------------------------------------------

ALL_WRONG = """
[waves.middle]
file = "nowhere.csv"
keys = 3
[link]
threshhold = 0.9
[design]
strata = "stratun"
deff = "much"
[[choices]]
column = "how"
separator = ";"
[[items]]
column = "job"
method = "wilsn"
[[items]]
column = "jobb"
[[items]]
column = "how: fees"
among = "jib"
[[items]]
column = "better"
at_least = 5
at_most = 3
[[groups]]
by = ["rol", "site"]
items = "beter"
[[change]]
item = "job"
waves = ["before", "aftr"]
[weights]
to = "after"
population = "adults"
covariates = ["age"]
"""
TOLD = [
    "line 13: `waves.middle.keys`: expected a text or a list of texts, in which a list of texts is one key; got 3",
    "line 12: `waves.middle.file`: expected a file beside the study file",
    "line 15: `link.threshhold`: expected one of method",
    "line 17: `design.strata`: expected a column of wave 'after'; got 'stratun'. Did you mean 'stratum'",
    "line 18: `design.deff`: expected a number; got 'much'",
    'line 24: `items[1].method`: expected one of "wilson"',
    "line 26: `items[2].column`: expected a column of wave 'after'; got 'jobb'. Did you mean 'job'",
    "line 29: `items[3].among`: expected the column or label of another [[items]]",
    "line 33: `items[4].at_most`: expected a number of at least 5",
    "line 36: `groups[1].items`: expected the column or label of [[items]]",
    "line 39: `change[1].waves`: expected a declared wave",
    "line 41: `weights.to`: expected another wave than 'after'",
]


def test_a_check_finds_all_that_is_wrong(tmp_path):
    found = check_study(write(tmp_path, ALL_WRONG))
    told = "\n".join(map(str, found))
    assert not [words for words in TOLD if words not in told], told
    assert len(found) == len(TOLD), told
    assert [one.line for one in found] == sorted(one.line for one in found)


#: Files with one thing that is wrong, and other entries that name what is wrong: only the first has to be corrected.
WEIGHTS = '[weights]\nto = "before"\npopulation = "all"\ncovariates = "site"\n'
NAME_WEIGHTS = '[[groups]]\nby = "role"\nweights = "all"\n[[change]]\nitem = "job"\nweights = "all"\n'
PAY = '[[items]]\ncolumn = "pay"\nat_least = 9\nlabel = "good pay"\nmethod = "bootstrap"\n'
NAME_PAY = (
    '[[items]]\ncolumn = "better"\namong = "good pay"\n[[items]]\nany_of = ["good pay", "job"]\nlabel = "any"\n'
    '[[groups]]\nby = "role"\nitems = "good pay"\n[[groups]]\nby = "good pay"\nitems = "job"\n'
    '[[change]]\nitem = "good pay"\nwaves = ["after", "before"]\n[labels]\n"good pay" = "pay"\n[bootstrap]\nrng = 1\n'
)
JOB = '[[items]]\ncolumn = "job"\n'
REPLICATES = '[design.replicate_weights]\ncolumns = ["rw0", "rw1"]\nkind = "brr"\n'
FOLLOWS = [
    (JOB + WEIGHTS + 'wave = "aftr"\n' + NAME_WEIGHTS, ["weights.wave"]),
    (JOB + WEIGHTS.replace("to =", "too =") + NAME_WEIGHTS, ["weights.too"]),
    (JOB + WEIGHTS.replace('"all"', "3") + NAME_WEIGHTS, ["weights.population"]),
    (
        JOB + WEIGHTS.replace("population", "populaton") + NAME_WEIGHTS,
        ["weights.populaton"],
    ),
    (JOB + WEIGHTS.replace("[weights]", "[weight]") + NAME_WEIGHTS, ["weight"]),
    (
        JOB + 'weights = "all"\n' + NAME_WEIGHTS,
        ["items[1].weights", "groups[1].weights", "change[1].weights"],
    ),
    (JOB + '[weights]\nwave = "aftr"\ncolumn = "w"\npopulation = "all"\n' + REPLICATES, ["weights.wave"]),
    (JOB + PAY.replace("at_least = 9", "at_least = 9\nat_most = 3") + NAME_PAY, ["items[2].at_most"]),
    (JOB + PAY.replace("label", "lable") + NAME_PAY, ["items[2].lable"]),
    (JOB + PAY.replace("column", "colum") + NAME_PAY, ["items[2].colum"]),
    (JOB + PAY.replace("[items]", "[itms]") + NAME_PAY.replace("[bootstrap]\nrng = 1\n", ""), ["itms"]),
    (JOB + PAY.replace('"bootstrap"', '"bootstap"') + NAME_PAY, ["items[2].method"]),
    (JOB.replace('"job"', '"job"\nwave = "aftr"') + '[[groups]]\nby = "role"\n', ["items[1].wave"]),
    (JOB.replace("[items]", "[item]") + '[[groups]]\nby = "role"\nitems = "job"\n', ["item"]),
    ('[items]\ncolumn = "job"\n[[groups]]\nby = "role"\nitems = "job"\n', ["items"]),
    (
        '[[choices]]\nwave = "aftr"\ncolumn = "how"\nseparator = ";"\n[[items]]\ncolumn = "how: fees"\n',
        ["choices[1].wave"],
    ),
]


@pytest.mark.parametrize(("text", "wrong"), FOLLOWS, ids=[" ".join(wrong) for _, wrong in FOLLOWS])
def test_what_is_wrong_only_because_another_entry_is_wrong_is_not_said(text, wrong, tmp_path):
    assert [one.argument for one in check_study(write(tmp_path, text))] == wrong


def test_findings_that_nothing_can_be_called(tmp_path):
    text = (
        JOB + '[[items]]\nselect_all = ["how_1", "how_2"]\nlabel = "support"\nticked = "1"\nby = "role"\n'
        '[[change]]\nitem = "works"\neach_level = true\nlabel = "work"\n[[attrition]]\nby = "site"\n'
        '[labels]\njob = "a new job"\n'
    )
    right = ["job", "a new job", "support by role", "change in work", "found again in after by site", "how_1"]
    assert check_study(write(tmp_path, text, head=f"findings = {right}\n{HEAD}")) == []
    wrong = ["jab", "found again in before", "moood"]
    (problem,) = check_study(write(tmp_path, text, head=f"findings = {wrong}\n{HEAD}"))
    assert "line 1: `findings`: expected names of what is estimated" in str(problem)
    assert "got 'jab'. Did you mean 'job'" in str(problem)
    (problem,) = check_study(write(tmp_path, text, head=f"findings = {[*right, *'ab']}\n{HEAD}"))
    assert "expected one to 7 names; got 8" in str(problem)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('each_level = "true"', "got 'true'. Write each_level = true, without quotes."),
        ('at_least = "10"', "got '10'. Write at_least = 10, without quotes."),
        ('at_least = "ten"', "got 'ten'. Write at_least = 40000."),
    ],
)
def test_what_needs_no_quotes(text, told, tmp_path):
    (problem,) = check_study(write(tmp_path, f"{JOB}{text}\n"))
    assert told in str(problem)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            'yes = "goood"\n',
            r"line 12: `items\[1\].yes`: expected answers of 'mood' in `yes` \(it has 'bad', ",
        ),
        (
            'each_level = true\nlevels = ["good", "fair"]\n',
            r"line 13: `items\[1\].levels`: .* that `levels` lists; ",
        ),
    ],
)
def test_wrong_answers_name_the_key_that_lists_them(text, told, tmp_path):
    with pytest.raises(StudyFileError, match=told):
        results(tmp_path, '[[items]]\ncolumn = "mood"\n' + text)


def test_a_study_of_one_wave_or_of_none(tmp_path):
    for head, came in (
        ("", "none"),
        ('[waves.a]\nfile = "before.csv"\nkeys = "id"\n', "one"),
        ("waves = 3\n", "som"),
    ):
        found = check_study(
            write(tmp_path, JOB.replace("job", "jo"), head=f'title = "x"\nwave = "a"\n{head}')
        )
        assert any(f"in order of time; got {came}" in str(one) for one in found), found


def test_what_is_wrong_by_itself_is_said_beside_another_wrong_entry(tmp_path):
    text = JOB + WEIGHTS + 'wave = "aftr"\n' + NAME_WEIGHTS.replace('"all"', '"evrybody"', 1)
    text += (
        PAY.replace("at_least = 9", "at_least = 9\nat_most = 3")
        + '[[items]]\ncolumn = "better"\namong = "jib"\n'
    )
    told = [one.argument for one in check_study(write(tmp_path, text))]
    assert told == ["weights.wave", "groups[1].weights", "items[2].at_most", "items[3].among"]


def test_a_misspelt_key_is_checked_as_it_was_meant(tmp_path):
    text = '[[items]]\ncolum = "jbo"\n[[change]]\nitme = "works"\nwaves = ["before", "aftr"]\n'
    found = [f"{one.argument} {one.received!r}" for one in check_study(write(tmp_path, text))]
    assert found == [
        "items[1].column 'jbo'",
        "items[1].colum \"key 'colum'\"",
        "change[1].itme \"key 'itme'\"",
        "change[1].waves 'aftr'",
    ]


def test_nobody_is_among_themselves(tmp_path):
    (problem,) = check_study(write(tmp_path, JOB + 'among = "job"\n'))
    assert "`items[1].among`: expected the column or label of another [[items]]" in str(problem)
    assert "There are no such items." in str(problem)


def test_a_misspelt_heading_is_told_the_nearest_heading(tmp_path):
    for heading, near in (("item", "items"), ("group", "groups"), ("weight", "weights")):
        found = check_study(write(tmp_path, f'{JOB}[[{heading}]]\ncolumn = "job"\n'))
        assert any(f"got key {heading!r}. Did you mean {near!r}" in str(one) for one in found), found


def test_a_check_reads_headers_only(tmp_path, monkeypatch):
    path = write(tmp_path, '[[items]]\ncolumn = "job"\n')
    monkeypatch.setattr(run, "read_wave", None)
    with (tmp_path / "after.csv").open("ab") as file:
        file.write(b'p1,"never closed')  # a run would refuse the file
    assert check_study(path) == []
    assert check_study(read_study(path)) == []
    frames()["after"].to_parquet(tmp_path / "after.parquet")
    path.write_text(path.read_text().replace("after.csv", "after.parquet") + '[[items]]\ncolumn = "jobs"\n')
    (problem,) = check_study(path)
    assert "`items[2].column`" in str(problem)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "a study file that exists"),
        (b"title = ", "readable TOML"),
        (b"\xff\xfe", "another encoding"),
        (b"", "title"),
    ],
)
def test_a_check_of_what_is_no_study(content, words, tmp_path):
    path = tmp_path / "study.toml"
    if content is not None:
        path.write_bytes(content)
    assert words in str(check_study(path)[0])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\nnote = Synthetic\n", 2, "got Invalid value in 'note = Synthetic'. Text stands in quotes"),
        (
            "[items]\ncolumn = 'a'\n[[items]]\n",
            3,
            "in '[[items]]'. A key or a table of this name stands above",
        ),
        ("[items]\n[items]\n", 2, "Several of one kind have double brackets"),
        ("x = 1\nx = 2\n", 2, "A key or a table of this name stands above"),
        ("x 1\n", 1, "Expected '='"),
        ("x = 'a", None, "(at end of document)"),
        (
            'x = "a\ny = 1\n',
            1,
            "in 'x = \"a'. Text ends with the quote that it begins with, on the same line.",
        ),
        ('x = ["a",\n', None, "A quote, a bracket or a brace is not closed, or a comma is missing."),
        ("x = [1 2]\n", 1, "or a comma is missing."),
        ("x = 5%\n", 1, "One key stands in a line, and text stands in quotes."),
        (
            'file = "my\\data.csv"\n',
            1,
            "in 'file = \"my\\data.csv\"'. Write \\\\ for each \\, or put the text in",
        ),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(text, line, words, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    (problem,) = check_study(path)
    assert problem.line == line
    assert str(problem).startswith("study.toml: " if line is None else f"study.toml, line {line}: ")
    assert words in str(problem)


def test_a_check_of_columns_made_by_choices(tmp_path):
    item = '[[items]]\ncolumn = "how: {}"\n'
    split = '[[choices]]\ncolumn = "how"\nseparator = ";"\n'
    assert check_study(write(tmp_path, split + item.format("whatever"))) == []
    named = split + 'choices = ["fees", "time"]\n'
    assert check_study(write(tmp_path, named + item.format("fees"))) == []
    (problem,) = check_study(write(tmp_path, named + item.format("feees")))
    assert "Did you mean 'how: fees'" in str(problem)


@pytest.mark.parametrize("key", ["labels", "level_labels"])
def test_labels_of_what_is_not_there_are_wrong(key, tmp_path):
    item = '[[items]]\ncolumn = "how: fees"\nlabel = "fees"\n[[choices]]\ncolumn = "how"\nseparator = ";"\n'
    called = "[labels]\n{} = 'a'\n" if key == "labels" else "[level_labels.{}]\nx = 'a'\n"
    for name in ("site", "job", '"how: fees"', "fees"):
        assert check_study(write(tmp_path, item + called.format(name))) == []
    path = write(tmp_path, item + called.format("sitte"))
    (problem,) = check_study(path)
    assert problem.line
    assert f"`{key}`" in str(problem)
    assert "Did you mean 'site'" in str(problem)
    with pytest.raises(StudyFileError, match="Did you mean 'site'"):
        run.study_results(read_study(path))


# ---- one part --------------------------------------------------------------------------------------------------

PARTS = """
[weights]
to = "before"
population = "all who began"
covariates = "site"
[[items]]
column = "job"
label = "a job"
[[items]]
column = "better"
[[groups]]
by = "role"
[[change]]
item = "job"
[patterns]
[[bias]]
to = "before"
variables = "site"
"""


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        ("link", ["Panel", "FlowResult"]),
        ("weights", ["Weights"]),
        ("proportions", ["ProportionsResult"] * 4),
        ("job", ["ProportionsResult"] * 2),
        ("a job", ["ProportionsResult"] * 2),
        ("groups", ["ComparisonResult"]),
        ("change", ["TransitionsResult"]),
        ("patterns", ["PatternsResult"]),
        ("bias", ["NonresponseBiasResult"]),
        ("change groups", ["ComparisonResult", "TransitionsResult"]),
        (
            "",
            ["ProportionsResult"] * 4
            + ["ComparisonResult", "TransitionsResult", "NonresponseBiasResult"]
            + ["Weights", "PatternsResult", "Panel", "FlowResult"],
        ),
    ],
)
def test_one_part_is_run_alone(only, kinds, tmp_path):
    names = [only] if only == "a job" else only.split()
    made = results(tmp_path, PARTS, only=names)
    assert [type(one).__name__ for one in made.results] == kinds
    if only in {"job", "a job"}:
        assert {row.item for one in made.results for row in one.rows} == {"job"}
    whole = results(tmp_path, PARTS)
    of = (ProportionsResult, ComparisonResult, TransitionsResult)
    tables = [one.to_frame() for one in whole.results if isinstance(one, of)]
    for one in made.results:
        if isinstance(one, of):
            assert any(one.to_frame().equals(table) for table in tables)


def test_a_part_that_is_none(tmp_path):
    with pytest.raises(
        InputError, match=r"`only`: expected link, weights, .*got 'chnage'. Did you mean 'change'"
    ):
        results(tmp_path, PARTS, only=["chnage"])


# ---- few calls -------------------------------------------------------------------------------------------------


def test_items_that_share_their_options_take_one_call_and_each_wave_is_read_once(tmp_path, monkeypatch):
    from credbenefits.panel.panel import Panel
    from credbenefits.study.parts import estimates

    calls = {"proportions": 0, "wave": []}
    real, real_wave = estimates.proportions, Panel.wave

    def proportions(*arguments, **options):
        calls["proportions"] += 1
        return real(*arguments, **options)

    def wave(self, name, **options):
        if "status" not in options:  # the weights' own
            calls["wave"].append((name, options.get("also_in")))
        return real_wave(self, name, **options)

    monkeypatch.setattr(estimates, "proportions", proportions)
    monkeypatch.setattr(Panel, "wave", wave)
    # Two of one column: their rows could not be told apart in one result.
    more = '[[items]]\ncolumn = "mood"\nyes = "good"\n[[items]]\ncolumn = "mood"\nyes = "bad"\nlabel = "a bad mood"\n'
    text = PARTS.replace('[[change]]\nitem = "job"\n', "").replace(
        "[[groups]]", more + '[[items]]\nwave = "before"\ncolumn = "job"\n[[groups]]'
    )
    made = results(tmp_path, text)
    shares = [one for one in made.results if isinstance(one, ProportionsResult)]
    assert [one.rows[0].label for one in shares] == [
        "a job",
        "better",
        "mood",
        "a bad mood",
        "job",
        "a job",
        "better",
        "mood",
        "a bad mood",
    ]
    assert calls["proportions"] == 5
    assert sorted(calls["wave"], key=str) == [("after", ("before",)), ("after", None), ("before", None)]


def test_choices_are_not_taken_for_a_column_of_one_of_them(tmp_path):
    split = '[[choices]]\ncolumn = "how"\nseparator = ";"\n[[items]]\ncolumn = "how: fees"\n'
    made = results(
        tmp_path, split + '[[items]]\nselect_all = "how"\nseparator = ";"\n[[items]]\ncolumn = "job"\n'
    )
    counts = [len(one) for one in made.results if isinstance(one, ProportionsResult)]
    assert counts == [1, 3, 1]


def test_what_only_several_items_together_are_too_much_for_names_the_first(tmp_path, monkeypatch):
    from credbenefits.study.parts import estimates

    real = estimates.proportions

    def too_much(data, items, **options):
        if len(items) > 1:
            raise InputError("data", allowed="less", received="more", fix="Take less.")
        return real(data, items, **options)

    monkeypatch.setattr(estimates, "proportions", too_much)
    with pytest.raises(
        StudyFileError, match=r"line 11: `items\[1\].column`: expected less; got more. Take less."
    ):
        results(tmp_path, '[[items]]\ncolumn = "job"\n[[items]]\ncolumn = "better"\n')


@pytest.mark.parametrize(
    ("keys", "link", "told"),
    [
        ('["id", "site", "age"]', '[link]\nmethod = "code"\n', "line 6: `waves.before.keys`: expected"),
        ('"id"', "[link]\nthreshold = 0.9\n", "line 11: `link.threshold`: expected"),
    ],
)
def test_links_that_cannot_be_made_name_their_key(keys, link, told, tmp_path):
    head = HEAD.replace('keys = "id"', f"keys = {keys}")
    with pytest.raises(StudyFileError) as refused:
        results(tmp_path, link + '[[items]]\ncolumn = "job"\n', head=head)
    assert told in str(refused.value)


def test_an_item_that_cannot_be_estimated_is_named_though_it_is_estimated_with_others(tmp_path):
    with pytest.raises(StudyFileError, match=r"line 15: `items\[3\].column`: .*Say which count as yes"):
        results(
            tmp_path, '[[items]]\ncolumn = "job"\n[[items]]\ncolumn = "better"\n[[items]]\ncolumn = "mood"\n'
        )


# ---- the schema for editors --------------------------------------------------------------------------------------


def test_the_schema_file_is_up_to_date():

    written = files("credbenefits.study").joinpath("study.schema.json").read_text(encoding="utf-8")
    assert written == schema_text(), "credbenefits.study.keys.editors.schema_text() gives the new text"
    assert json.loads(written) == study_schema()


def test_the_schema_takes_the_example_and_refuses_what_a_check_refuses(tmp_path):
    import tomllib

    schema = study_schema()
    for file in files("credbenefits.study").joinpath("examples").iterdir():
        assert fits(tomllib.loads(file.read_text(encoding="utf-8")), schema)
    assert fits(tomllib.loads(HEAD + PARTS), schema)
    assert fits(tomllib.loads(HEAD + PARTS.replace("[weights]", "[[weights]]")), schema)
    for text, _ in WRONG[:-1]:
        problems = check_study(write(tmp_path, text))
        alone = [one for one in problems if "at least one [[items]]" not in str(one)]
        by_keys = not any(
            "items[1].column" in str(one) for one in alone
        )  # one of four is not for a schema to say
        assert fits(tomllib.loads(HEAD + text), schema) != by_keys, text


def test_every_key_says_in_a_sentence_what_it_is():
    for keys in TABLES.values():
        assert len({key.name for key in keys}) == len(keys)
        for key in keys:
            assert key.help.endswith("."), key
            assert fits(tomllib_value(key.kind.example), key.kind.schema) or key.kind.example == '"..."', key


def tomllib_value(text):
    import tomllib

    return tomllib.loads(f"x = {text}")["x"]


def test_polars_is_not_needed(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "polars", None)
    assert isinstance(results(tmp_path, PARTS).results[0].to_frame(), pd.DataFrame)


@pytest.mark.parametrize("heading", ['[waves."the end"]', "[ waves . 'the end' ]", "dotted"])
def test_a_wave_may_be_spelled_in_any_way_that_toml_takes(heading, tmp_path):
    if heading == "dotted":
        text = 'title = "x"\nwave = "the end"\nwaves."the end" = { file = "after.csv", keys = "id" }\n'
        text += 'waves.before.file = "before.csv"\nwaves.before.keys = "id"\n'
    else:
        text = 'title = "x"\nwave = "the end"\n[waves.before]\nfile = "before.csv"\nkeys = "id"\n'
        text += f'{heading}\nfile = "after.csv"\nkeys = "id"\n'
    path = write(
        tmp_path, text + '[[items]]\ncolumn = "jbo"\n[[groups]]\nby = "age"\nfrom = "before"\n', head=""
    )
    (problem,) = check_study(path)
    assert "expected a column of wave 'the end'; got 'jbo'. Did you mean 'job' or" in str(problem)


def test_a_wave_spelled_in_two_ways_names_the_declared_one(tmp_path):
    path = write(tmp_path, '[[items]]\nwave = "After"\ncolumn = "job"\n')
    (problem,) = check_study(path)
    assert (
        "line 11: `items[1].wave`: expected a declared wave ('before', 'after'); got 'After'. Did you mean 'after'?"
        in str(problem)
    )
