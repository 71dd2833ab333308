"""Weights and reports on nonresponse bias of a study are those of calls in Python; what is wrong names its key."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import StudyFileError
from credbenefits.results.bias.report import NonresponseBiasResult
from credbenefits.results.proportions import ProportionsResult
from credbenefits.results.transitions import TransitionsResult
from credbenefits.study.check import check_study
from survey_study import cells, results, write

N = 400
HEAD = """
title = "Three waves"
wave = "end"
figures = false
[waves.start]
file = "start.csv"
keys = "id"
[waves.middle]
file = "middle.csv"
keys = "id"
[waves.end]
file = "end.csv"
keys = "id"
[[items]]
column = "job"
label = "a job"
[[items]]
wave = "start"
column = "status"
yes = "active"
no = "left"
label = "still there"
"""
DRAWN = '[[weights]]\nname = "drawn"\nwave = "start"\ncolumn = "w"\npopulation = "the register"\n'
TOTALS = (
    '[[weights]]\nname = "totals"\nwave = "start"\nbase_weights = "drawn"\npopulation = "the register"\n'
    "totals = { sex = { f = 4_900, m = 5_100 } }\n"
)
MIDDLE = (
    '[[weights]]\nname = "middle"\nwave = "middle"\nto = "start"\nbase_weights = "totals"\ntrim = false\n'
    'population = "the register"\ncovariates = ["sex", "site", ["sex", "site"]]\n'
)
END = (
    '[[weights]]\nname = "end"\nto = "middle"\nbase_weights = "middle"\npopulation = "the register"\n'
    'covariates = { start = ["sex", "age"], middle = "mood" }\nnumbers = { age = "spline" }\n'
)
SEVERAL = (
    '[[weights]]\nwave = ["middle", "end"]\nto = "start"\ncovariates = "site"\npopulation = "all of start"\n'
)
PEOPLE = "people who answered “end”"


def frames():
    rng = np.random.default_rng(20261127)
    start = pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(N)],
            "sex": rng.choice(["f", "m"], N),
            "site": rng.choice(["x", "y", "z"], N),
            "age": rng.integers(20, 60, N),
            "w": rng.uniform(0.5, 2, N).round(2),
            "status": rng.choice(["active", "left"], N, p=[0.9, 0.1]),
            "grade": rng.normal(70, 10, N).round(1),
        }
    )
    middle = start.loc[rng.random(N) < 0.7, ["id"]].assign(
        mood=lambda frame: rng.choice(["good", "bad"], len(frame)),
        job=lambda frame: rng.choice(["yes", "no"], len(frame)),
    )
    end = start.loc[rng.random(N) < 0.6, ["id", "sex"]].assign(
        job=lambda frame: rng.choice(["yes", "no"], len(frame)),
    )
    return {"start": start, "middle": middle, "end": end}


@pytest.fixture(scope="module")
def panel():
    data = cells(frames())
    data["start"] = data["start"].astype({"w": float})
    return cb.link_waves(data, on="id")


def made(folder, text, **options):
    return results(folder, text, head=HEAD, data=frames(), **options)


def of(found, kind):
    return [one for one in found.results if isinstance(one, kind)]


def call(function, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **options)


def chain(panel):
    """Return the weights of each step of the chain, made in Python."""
    start = panel.wave("start")
    drawn = cb.Weights.from_column(start, "w", population="the register")
    to_totals = cb.calibrate(
        start, {"sex": {"f": 4_900, "m": 5_100}}, weights=drawn, population="the register"
    )
    middle = cb.attrition_weights(
        panel,
        ["sex", "site", ("sex", "site")],
        wave="middle",
        to="start",
        base_weights=to_totals,
        trim=None,
        population="the register",
    )
    end = cb.attrition_weights(
        panel,
        {"start": ["sex", "age"], "middle": "mood"},
        wave="end",
        to="middle",
        base_weights=middle,
        numbers={"age": "spline"},
        population="the register",
    )
    return {"drawn": drawn, "totals": to_totals, "middle": middle, "end": end}


def test_a_chain_of_weights_is_that_of_calls_one_after_the_other(tmp_path, panel):
    found = made(tmp_path, DRAWN + TOTALS + MIDDLE + END)
    wanted = call(chain, panel)
    for one, other in zip(of(found, cb.Weights), wanted.values(), strict=True):
        np.testing.assert_array_equal(one.weight, other.weight)
        assert (one.population, one.words, one.recipe) == (other.population, other.words, other.recipe)
    weighted = [one for one in of(found, ProportionsResult) if one.weighted]
    # of the two weights of "start" the column is a step to the other: it weights no item
    assert [one.population for one in weighted] == ["the register", "the register"]
    still, job = weighted
    rows = panel.wave("end", also_in="middle")
    expected = call(cb.proportions, rows, cb.Item("job", label="a job"), weights=wanted["end"], people=PEOPLE)
    pd.testing.assert_frame_equal(job.to_frame(), expected.to_frame())
    item = cb.Item("status", yes="active", no="left", label="still there")
    expected = call(
        cb.proportions,
        panel.wave("start"),
        item,
        weights=wanted["totals"],
        people="people who answered “start”",
    )
    pd.testing.assert_frame_equal(still.to_frame(), expected.to_frame())


def test_a_brief_of_a_chain_says_what_each_step_stands_for(tmp_path):
    text = made(tmp_path, DRAWN + TOTALS + MIDDLE + END).brief().to_markdown()
    assert "“”" not in text
    assert "calibrated to totals of 'sex' (raking)" in text


def test_only_what_is_wanted_is_weighted_with_all_steps_that_it_takes(tmp_path):
    text = DRAWN + TOTALS + MIDDLE + END + SEVERAL
    weights = of(made(tmp_path, text, only=["weights"]), cb.Weights)
    assert len(weights) == 5
    found = made(tmp_path, f'{text}[[bias]]\nto = "start"\nbase_weights = "totals"\n', only=["bias"])
    assert [type(one) for one in found.results] == [NonresponseBiasResult]


@pytest.mark.parametrize(
    ("line", "eligible"),
    [
        ('"still there"', {"start": cb.Item("status", yes="active", no="left", label="still there")}),
        ('"status"', {"start": cb.Item("status", yes="active", no="left", label="still there")}),
        ('{ column = "status", yes = "active", no = "left" }', cb.Item("status", yes="active", no="left")),
        ('{ column = "age", at_least = 25 }', cb.Item("age", at_least=25)),
        (
            '{ wave = "middle", column = "mood", yes = "good", no = "bad" }',
            {"middle": cb.Item("mood", yes="good", no="bad")},
        ),
    ],
)
def test_who_is_eligible(line, eligible, tmp_path, panel):
    found = made(tmp_path, f"{SEVERAL}eligible = {line}\n")
    (weights,) = of(found, cb.Weights)
    wanted = call(
        cb.attrition_weights,
        panel,
        "site",
        wave=["middle", "end"],
        to="start",
        eligible=eligible,
        population="all of start",
    )
    np.testing.assert_array_equal(weights.weight, wanted.weight)
    assert weights.recipe["eligible"] is not None
    assert weights.words == wanted.words


def test_weights_of_several_waves_are_for_the_last_and_for_changes_and_groups(tmp_path, panel):
    text = (
        f'{SEVERAL}[[change]]\nitem = "job"\nwaves = ["middle", "end"]\nweights = "all of start"\n'
        '[[groups]]\nby = "sex"\nweights = "all of start"\n'
        '[[items]]\nwave = "middle"\ncolumn = "mood"\nyes = "good"\nno = "bad"\n'
    )
    found = made(tmp_path, text)
    wanted = call(
        cb.attrition_weights,
        panel,
        "site",
        wave=["middle", "end"],
        to="start",
        population="all of start",
    )
    (weighted,) = [one for one in of(found, ProportionsResult) if one.weighted]
    rows = panel.wave("end", also_in=["start", "middle"])
    expected = call(cb.proportions, rows, cb.Item("job", label="a job"), weights=wanted, people=PEOPLE)
    pd.testing.assert_frame_equal(weighted.to_frame(), expected.to_frame())
    (change,) = of(found, TransitionsResult)
    item = cb.Item("job", label="a job")
    expected = call(cb.transitions, panel, item, waves=("middle", "end"), weights=wanted)
    pd.testing.assert_frame_equal(change.to_frame(), expected.to_frame())


OPTIONS = [
    ('method = "classes"', {"method": "classes"}),
    ('method = "cells"', {"method": "cells"}),
    ('method = "calibration"', {"method": "calibration"}),
    ('method = "auto"', {"method": "auto"}),
    ('trim = "90%"', {"trim": "90%"}),
    ("trim = 2.5", {"trim": 2.5}),
    ("trim = false", {"trim": None}),
    ('calibrate_to = "sex"', {"calibrate_to": "sex"}),
    (
        'calibrate_to = ["sex", "age"]\nbins = { age = 3 }',
        {"calibrate_to": ["sex", "age"], "bins": {"age": 3}},
    ),
    ('calibrate_to = { start = "sex" }', {"calibrate_to": {"start": "sex"}}),
    (
        "calibrate_to = { sex = { f = 4_900, m = 5_100 }, age = 390_000 }",
        {"calibrate_to": {"sex": {"f": 4_900, "m": 5_100}, "age": 390_000}},
    ),
    ('check = "age"\nbase_weights = "w"', {"check": "age", "base_weights": "w"}),
    ("numbers = { age = [25, 40, 55] }", {"numbers": {"age": [25, 40, 55]}}),
]


@pytest.mark.parametrize(("text", "options"), OPTIONS, ids=[text for text, _ in OPTIONS])
def test_options_of_weights(text, options, tmp_path, panel):
    covariates = '["site", "age"]' if "numbers" in options else '"site"'
    found = made(
        tmp_path, f'[weights]\nto = "start"\ncovariates = {covariates}\npopulation = "all of start"\n{text}\n'
    )
    (weights,) = of(found, cb.Weights)
    wanted = call(
        cb.attrition_weights,
        panel,
        ["site", "age"] if "numbers" in options else "site",
        wave="end",
        to="start",
        population="all of start",
        **options,
    )
    np.testing.assert_array_equal(weights.weight, wanted.weight)
    assert (weights.words, weights.alerts) == (wanted.words, wanted.alerts)


BIAS = [
    ("", {}),
    ('variables = ["sex", "age"]\nbins = { age = 3 }', {"variables": ["sex", "age"], "bins": {"age": 3}}),
    ('outcome = "a job"', {"outcome": cb.Item("job", label="a job")}),
    (
        'known = ["still there", "grade"]',
        {"known": [cb.Item("status", yes="active", no="left", label="still there"), "grade"]},
    ),
    ('known = { middle = "mood" }', {"known": {"middle": "mood"}}),
    ('by = "sex"\npopulation = "learners"', {"by": "sex", "population": "learners"}),
    ('base_weights = "w"', {"base_weights": "w"}),
    ('base_weights = "drawn"', {"base_weights": "drawn"}),
    (
        'wave = ["middle", "end"]\noutcome = "job"',
        {"wave": ["middle", "end"], "outcome": cb.Item("job", label="a job")},
    ),
    (
        'eligible = { column = "status", yes = "active", no = "left" }',
        {"eligible": cb.Item("status", yes="active", no="left")},
    ),
    (
        'wave = ["middle", "end"]\nweights = "all of start"',
        {"wave": ["middle", "end"], "weights": "all of start"},
    ),
]


@pytest.mark.parametrize(("text", "options"), BIAS, ids=[text for text, _ in BIAS])
def test_bias(text, options, tmp_path, panel):
    found = made(tmp_path, f'{DRAWN}{SEVERAL}[[bias]]\nto = "start"\n{text}\n')
    options = {"wave": "end", "to": "start", **options}
    if options.get("base_weights") == "drawn":
        options["base_weights"] = cb.Weights.from_column(panel.wave("start"), "w", population="the register")
    if "weights" in options:
        several = call(
            cb.attrition_weights, panel, "site", wave=["middle", "end"], to="start", population="all of start"
        )
        options["weights"] = {"all of start": several}
    (report,) = of(found, NonresponseBiasResult)
    wanted = call(cb.nonresponse_bias, panel, **options)
    for table in ("levels", "partials", "predictors", "groups", "equivalence", "known"):
        pd.testing.assert_frame_equal(getattr(report, table).to_frame(), getattr(wanted, table).to_frame())
    pd.testing.assert_frame_equal(report.to_frame(), wanted.to_frame())
    assert (report.population, report.notes) == (wanted.population, wanted.notes)


def test_a_report_takes_the_design_of_everybody(tmp_path, panel):
    found = made(
        tmp_path, '[design]\nfrom = "start"\nstrata = "site"\n[[bias]]\nto = "start"\nvariables = "sex"\n'
    )
    wanted = call(
        cb.nonresponse_bias,
        panel,
        wave="end",
        to="start",
        variables="sex",
        design=cb.SurveyDesign(strata="site"),
    )
    (report,) = of(found, NonresponseBiasResult)
    pd.testing.assert_frame_equal(report.to_frame(), wanted.to_frame())


ONE = '[[weights]]\npopulation = "all"\n'
WRONG = [
    (ONE, "weights[1].covariates`: expected one of covariates (with to), totals and column"),
    (f"{ONE}to = 'start'\n", "weights[1].covariates`: expected columns"),
    (f"{ONE}covariates = 'sex'\n", "weights[1].to`: expected text"),
    (f"{ONE}covariates = 'sex'\nto = 'end'\n", "weights[1].to`: expected another wave than 'end'"),
    (f"{ONE}covariates = 'sex'\nto = 'strat'\n", "Did you mean 'start'?"),
    (
        f"{ONE}covariates = 'sex'\nto = 'start'\nwave = ['middle', 'ende']\n",
        "weights[1].wave`: expected a declared",
    ),
    (f"{ONE}covariates = 'sex'\nto = 'start'\nwave = []\n", "weights[1].wave`: expected at least one wave"),
    (
        f"{ONE}covariates = ['sex', ['sex', 'sit']]\nto = 'start'\n",
        "weights[1].covariates`: expected a column of wave",
    ),
    (
        f"{ONE}covariates = ['sex', ['sex', 'site', 'age']]\nto = 'start'\n",
        "columns, and pairs of two columns that are crossed",
    ),
    (
        f"{ONE}covariates = 'sex'\nto = 'start'\nbounds = [0.1, 2]\n",
        "weights[1].bounds`: expected it beside totals",
    ),
    (
        f"{ONE}covariates = 'sex'\nto = 'start'\nnumbers = {{ age = 'line' }}\n",
        "weights[1].numbers`: expected",
    ),
    (
        f"{ONE}covariates = 'sex'\nto = 'start'\nnumbers = {{ age = 'spline' }}\n",
        "weights[1].numbers`: expected",
    ),
    (
        f"{ONE}covariates = 'sex'\nto = 'start'\ncolumn = 'w'\n",
        "weights[1].covariates`: expected no other source",
    ),
    (
        f"{ONE}totals = {{ sex = {{ f = 1 }} }}\ncovariates = 'sex'\n",
        "weights[1].covariates`: expected no other",
    ),
    (
        f"{ONE}totals = {{ sex = {{ f = 1 }} }}\npopulation_size = 7\n",
        "population_size`: expected it beside column",
    ),
    (
        f"{ONE}totals = {{ sex = {{ f = 1 }} }}\nwave = ['middle', 'end']\n",
        "weights[1].wave`: expected one wave",
    ),
    (f"{ONE}totals = {{ sex = {{ f = 'many' }} }}\n", "weights[1].totals`: expected a table of columns"),
    (
        f"{ONE}totals = {{ sex = {{ f = 1, m = 1 }}, job = {{ yes = 3 }} }}\n",
        "add up to the same number of people",
    ),
    (f"{ONE}totals = {{ sex = {{ f = 100 }} }}\n", "weights[1].totals`: expected"),
    (f"{ONE}totals = {{ sexx = {{ f = 1, m = 1 }} }}\n", "Did you mean 'sex'?"),
    (f"{ONE}totals = {{ sex = {{ f = 9, m = 1 }} }}\ndistance = 'logit'\n", "bounds = [0.3, 3]"),
    (f"{ONE}totals = {{ sex = {{ f = 99, m = 1 }} }}\nbounds = [0.5, 1.1]\n", "wide enough is bounds = ["),
    (
        f"{ONE}totals = {{ sex = {{ f = 9, m = 1 }} }}\nbounds = [3, 1]\n",
        "weights[1].bounds`: expected two ratios",
    ),
    (f"{SEVERAL}trim = '95'\n", "weights[1].trim`: expected a number, a percentile"),
    (f"{SEVERAL}trim = '195%'\n", "weights[1].trim`: expected"),
    (f"{SEVERAL}trim = 0.5\n", "weights[1].trim`: expected"),
    (f"{SEVERAL}trim = true\n", "weights[1].trim`: expected a number, a percentile"),
    (f"{SEVERAL}method = 'clases'\n", "Did you mean 'classes' or 'cells'?"),
    (f"{SEVERAL}calibrate_to = 'sexx'\n", "weights[1].calibrate_to`: expected a column of wave 'start'"),
    (f"{SEVERAL}calibrate_to = {{ strat = 'sex' }}\n", "weights[1].calibrate_to`: expected a declared wave"),
    (
        f"{SEVERAL}calibrate_to = {{ sex = {{ f = 'x' }} }}\n",
        "weights[1].calibrate_to`: expected columns as check",
    ),
    (f"{SEVERAL}calibrate_to = {{ sex = {{ f = 9 }} }}\n", "weights[1].calibrate_to`: expected"),
    (f"{SEVERAL}calibrate_to = {{ sexx = {{ f = 9, m = 9 }} }}\n", "Did you mean 'sex' or"),
    (f"{SEVERAL}calibrate_to = 'sex'\ncheck = 'sex'\n", "weights[1].check`: expected variables that"),
    (f"{DRAWN}base_weights = 'w'\n", "weights[1].base_weights`: expected no other source of weights"),
    (
        TOTALS + DRAWN,
        "weights[1].base_weights`: expected the name of one of the [[weights]] that stand above",
    ),
    (
        DRAWN + TOTALS.replace('"drawn"', '"drawm"'),
        "weights[2].base_weights`: expected",
        "Did you mean 'drawn'?",
    ),
    (
        DRAWN + TOTALS.replace('wave = "start"', 'wave = "end"'),
        "weights[2].base_weights`: expected weights of",
    ),
    (DRAWN + DRAWN, "weights[1].name`: expected a name, or a population, of its own"),
    (SEVERAL + SEVERAL, "weights[1].population`: expected a name, or a population, of its own"),
    (SEVERAL + SEVERAL + 'name = "x"\n', "weights[1].population`: expected a population of its own"),
    (f"{SEVERAL}eligible = 'still thre'\n", "weights[1].eligible`: expected", "Did you mean 'still there'?"),
    (f"{SEVERAL}eligible = {{ yes = 'active' }}\n", "weights[1].eligible`: expected the column or label"),
    (f"{SEVERAL}eligible = {{ column = 'statsu', yes = 'active' }}\n", "Did you mean 'status'?"),
    (f"{SEVERAL}eligible = {{ column = 'status', no = 'left' }}\n", "Say both: yes = [...], no = [...]."),
    (f"{SEVERAL}eligible = {{ column = 'status', yes = 'actve', no = 'left' }}\n", "weights[1].eligible"),
    (
        f"{SEVERAL}eligible = {{ column = 'status', wave = 'strat' }}\n",
        "weights[1].eligible.wave`: expected a dec",
    ),
    (f"{SEVERAL}[[groups]]\nby = 'sex'\nweights = 'all of strat'\n", "Did you mean 'all of start'?"),
    (
        f"{SEVERAL}[[groups]]\nwave = 'start'\nby = 'sex'\nweights = 'all of start'\n",
        "groups[1].weights`: expected",
    ),
    ("[[bias]]\n", "bias[1].to`: expected text"),
    ("[bias]\nto = 'start'\n", "expected tables headed [[bias]]"),
    ("[[bais]]\nto = 'start'\n", "Did you mean 'bias'?"),
    ("[[bias]]\nto = 'end'\n", "bias[1].to`: expected another wave than 'end'"),
    (
        "[[bias]]\nto = 'start'\nvariables = ['sex', 'sit']\n",
        "bias[1].variables`: expected a column of wave",
    ),
    (
        "[[bias]]\nto = 'start'\nvariables = { strat = 'sex' }\n",
        "bias[1].variables`: expected a declared wave",
    ),
    (
        "[[bias]]\nto = 'start'\noutcome = 'jbo'\n",
        "bias[1].outcome`: expected a column of wave",
        "Did you mean 'job'?",
    ),
    ("[[bias]]\nto = 'start'\nknown = 'job'\n", "bias[1].known`: expected a column of wave"),
    ("[[bias]]\nto = 'start'\nknown = { strat = 'job' }\n", "bias[1].known`: expected a declared wave"),
    ("[[bias]]\nto = 'start'\nby = 'sexx'\n", "bias[1].by`: expected a column of wave"),
    ("[[bias]]\nto = 'start'\nby = 'age'\n", "bias[1].by`"),
    ("[[bias]]\nto = 'start'\nweights = 'all'\n", "bias[1].weights`: expected the `name` of a [weights]"),
    ("[[bias]]\nto = 'start'\nbase_weights = 'sex'\n", "bias[1].base_weights`"),
    ("[[bias]]\nto = 'start'\nvariable = 'sex'\n", "Did you mean 'variables' or"),
    (f"{SEVERAL}covariate = 'sex'\n", "Did you mean 'covariates' or"),
    ("[calibrate]\ntotals = 3\n", "`calibrate`: expected one of", "In a study file it is [weights]."),
    ("[[nonresponse_bias]]\nto = 'start'\n", "In a study file it is [[bias]]."),
]


@pytest.mark.parametrize("wrong", WRONG, ids=[f"{n} {each[1][:50]}" for n, each in enumerate(WRONG)])
def test_what_is_wrong_names_its_key(wrong, tmp_path):
    text, *told = wrong
    with pytest.raises(StudyFileError) as problem:
        made(tmp_path, text)
    message = str(problem.value)
    assert [words for words in told if words not in message] == [], message
    assert re.match(r"study\.toml, line \d+: ", message), message


#: What only the data tell: the first is a total that nobody has, which no header shows.
OF_DATA = {
    "weights[1].calibrate_to`",
    "weights[1].check`",
    "totals`: expected",
    "wide enough",
    "weights[1].eligible",
    "bias[1].by`",
    "bias[1].base_weights`",
    "pairs of two",
}


@pytest.mark.parametrize("wrong", WRONG, ids=[f"{n} {each[1][:50]}" for n, each in enumerate(WRONG)])
def test_a_check_finds_it_where_it_needs_no_data(wrong, tmp_path):
    text, *told = wrong
    problems = [str(one) for one in check_study(write(tmp_path, text, head=HEAD, data=frames()))]
    if not problems:
        assert any(words in told[0] for words in OF_DATA) or "numbers" in told[0], told
        return
    assert any(all(words in one for words in told) for one in problems), problems


def test_an_entry_that_names_a_wrong_entry_is_not_said_to_be_wrong(tmp_path):
    text = DRAWN.replace('"w"', '"w"\ntrim = 3') + TOTALS + MIDDLE
    problems = [str(one) for one in check_study(write(tmp_path, text, head=HEAD, data=frames()))]
    assert [one for one in problems if "weights[1].trim" not in one] == []
    assert len(problems) == 1
