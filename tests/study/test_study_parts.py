"""Each part of a study gives what the library's function gives: the same numbers from a call in Python."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import StudyFileError
from credbenefits.results import AttritionResult
from credbenefits.results.comparisons import ComparisonResult
from credbenefits.results.proportions import ProportionsResult
from credbenefits.results.tables import PatternsResult
from credbenefits.results.transitions import TransitionsResult
from credbenefits.study.check import check_study
from credbenefits.study.file import read_study
from credbenefits.study.run import study_results
from survey_study import N, cells, frames, results, write

JOB = '[[items]]\ncolumn = "job"\n'


@pytest.fixture(scope="module")
def panel():
    numbers = ["n_districts", "n_schools", "w", *[f"rw{r}" for r in range(8)]]
    data = {
        name: frame.astype({n: float for n in numbers if n in frame})
        for name, frame in cells(frames()).items()
    }
    return cb.link_waves(data, on="id")


def of(made, kind):
    return [one for one in made.results if isinstance(one, kind)]


def same(one, other):
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())


def call(function, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **options)


DESIGNS = {
    'strata = "stratum"\nclusters = "school"': cb.SurveyDesign(strata="stratum", clusters="school"),
    'strata = ["stratum", "site"]\nlonely_psu = "average"': cb.SurveyDesign(
        strata=["stratum", "site"], lonely_psu="average"
    ),
    'clusters = ["district", "school"]\npopulation_size = ["n_districts", "n_schools"]\ndeff = 1.5': cb.SurveyDesign(
        clusters=["district", "school"], population_size=["n_districts", "n_schools"], deff=1.5
    ),
    "population_size = 2_000": cb.SurveyDesign(population_size=2_000),
}


@pytest.mark.parametrize("text", DESIGNS)
def test_a_design_is_that_of_items_groups_and_changes(text, tmp_path, panel):
    made = results(
        tmp_path,
        f'[design]\n{text}\n{JOB}[[groups]]\nby = "role"\nreference = "rest"\n[[change]]\nitem = "job"\n'
        '[[items]]\ncolumn = "better"\ndesign = false\n',
    )
    with_design, without = of(made, ProportionsResult)
    after, people = panel.wave("after"), "people who answered “after”"
    same(with_design, call(cb.proportions, after, "job", design=DESIGNS[text], people=people))
    same(without, call(cb.proportions, after, "better", people=people))
    wanted = call(
        cb.compare_groups,
        after,
        ["job", "better"],
        by="role",
        reference="rest",
        design=DESIGNS[text],
        people=people,
    )
    same(of(made, ComparisonResult)[0], wanted)
    same(of(made, TransitionsResult)[0], call(cb.transitions, panel, "job", design=DESIGNS[text]))


def test_a_design_of_another_wave_is_carried(tmp_path, panel):
    made = results(tmp_path, f'[design]\nfrom = "before"\nstrata = "stratum"\n{JOB}')
    frame = panel.wave("after", carry={"before": "stratum"}, also_in="before")
    wanted = cb.proportions(
        frame, "job", design=cb.SurveyDesign(strata="stratum_before"), people="people who answered “after”"
    )
    same(of(made, ProportionsResult)[0], wanted)


def test_replicate_weights_hold_the_design_of_weighted_shares(tmp_path, panel):
    columns = [f"rw{r}" for r in range(8)]
    made = results(
        tmp_path,
        '[weights]\ncolumn = "w"\npopulation = "adults"\npopulation_size = 5_000\n'
        f'[design.replicate_weights]\ncolumns = {columns}\nkind = "brr"\nscale = 0.125\ndf = 7\n{JOB}',
    )
    after = panel.wave("after")
    weights = cb.Weights.from_column(after, "w", population="adults", population_size=5_000)
    design = cb.SurveyDesign(replicate_weights=cb.ReplicateWeights(columns, "brr", scale=0.125, df=7))
    (only,) = of(made, ProportionsResult)
    wanted = cb.proportions(
        after,
        "job",
        weights=weights,
        design=design,
        people="people who answered “after”",
    )
    same(only, wanted)
    assert (only.population, only.population_size) == ("adults", 5_000)


OPTIONS = [
    ('method = "jeffreys"', {"method": "jeffreys"}),
    ('variance = "linearized"', {"variance": "linearized"}),
    ('among = "better"\nshare = "joint"', {"among": "better", "share": "joint"}),
    ('by = "role"\ntotals = true', {"by": "role", "totals": True}),
    ('by = ["role", "site"]', {"by": ["role", "site"]}),
    ('by = "better"', {"by": "better"}),
]


@pytest.mark.parametrize(("text", "options"), OPTIONS, ids=[text for text, _ in OPTIONS])
def test_options_of_an_item(text, options, tmp_path, panel):
    made = results(tmp_path, f'{JOB}{text}\n[[items]]\ncolumn = "better"\n')
    people = "people who answered “after”"
    first, second = of(made, ProportionsResult)
    same(first, call(cb.proportions, panel.wave("after"), "job", people=people, **options))
    same(second, call(cb.proportions, panel.wave("after"), "better", people=people))
    if "among" not in options:  # what holds for all items
        made = results(tmp_path, f'[proportions]\n{text}\n{JOB}[[items]]\ncolumn = "mood"\nyes = "good"\n')
        items = ["job", cb.Item("mood", yes="good")]
        for one, item in zip(of(made, ProportionsResult), items, strict=True):
            same(one, call(cb.proportions, panel.wave("after"), item, people=people, **options))


def test_groups_of_an_item_may_come_from_another_wave_and_be_cut(tmp_path, panel):
    made = results(tmp_path, f'{JOB}by = "age"\nfrom = "before"\nbins = {{ age = [30, 45] }}\n')
    frame = panel.wave("after", carry={"before": "age"}, also_in="before")
    wanted = cb.proportions(
        frame, "job", by="age_before", bins={"age_before": [30, 45]}, people="people who answered “after”"
    )
    same(of(made, ProportionsResult)[0], wanted)


def test_the_label_of_a_question_makes_groups(tmp_path, panel):
    mood = '[[items]]\ncolumn = "mood"\nyes = "good"\nlabel = "a good mood"\n'
    made = results(
        tmp_path, f'{JOB}by = "a good mood"\n{mood}[[groups]]\nby = "a good mood"\nitems = "job"\n'
    )
    question, people = cb.Item("mood", yes="good", label="a good mood"), "people who answered “after”"
    same(
        of(made, ProportionsResult)[0], cb.proportions(panel.wave("after"), "job", by=question, people=people)
    )
    same(
        of(made, ComparisonResult)[0],
        cb.compare_groups(panel.wave("after"), "job", by=question, people=people),
    )


def test_replicates_are_drawn_as_bootstrap_says_and_only_where_asked(tmp_path, panel):
    made = results(
        tmp_path,
        '[bootstrap]\nn_resamples = 200\nrng = 7\nkind = "simple"\nbatch = 50\nallow_long = true\n'
        f'{JOB}variance = "bootstrap"\n[[items]]\ncolumn = "better"\n',
    )
    bootstrap = cb.Bootstrap(n_resamples=200, rng=7, kind="simple", batch=50, allow_long=True)
    people, (drawn, plain) = "people who answered “after”", of(made, ProportionsResult)
    same(
        drawn,
        cb.proportions(panel.wave("after"), "job", variance="bootstrap", bootstrap=bootstrap, people=people),
    )
    same(plain, cb.proportions(panel.wave("after"), "better", people=people))
    with pytest.raises(StudyFileError, match=r"line 10: `bootstrap`: .*none that asks"):
        results(tmp_path, f"[bootstrap]\nrng = 1\n{JOB}")


CHOICES = [
    (
        'select_all = "how"\nseparator = ";"\nnone_of_these = "none"\nlabel = "support"\n'
        'any_of = { "any support" = ["fees", "time"] }\nnumber_chosen = true',
        cb.SelectAll(
            "how",
            separator=";",
            none_of_these="none",
            label="support",
            any_of={"any support": ["fees", "time"]},
            number_chosen=True,
        ),
    ),
    (
        'select_all = ["how_1", "how_2"]\nchoices = ["fees", "time"]\nunticked = "none"\nticked = "1"',
        cb.SelectAll(["how_1", "how_2"], choices=["fees", "time"], unticked="none", ticked="1"),
    ),
    (
        'select_all = "how"\nseparator = ";"\nmissing = "none"\nsame = { "fees" = "money" }\nanswers = "x"',
        cb.SelectAll("how", separator=";", missing="none", same={"fees": "money"}, answers="x"),
    ),
    (
        'select_all = ["how_1"]\nother = "how_2"\nticked = "1"',
        cb.SelectAll(["how_1"], other="how_2", ticked="1"),
    ),
]


@pytest.mark.parametrize(("text", "question"), CHOICES, ids=["text", "columns", "wordings", "other"])
def test_choices_are_one_result(text, question, tmp_path, panel):
    made = results(tmp_path, f'[[items]]\n{text}\n{JOB}[[groups]]\nby = "site"\n')
    people = "people who answered “after”"
    choices, _ = of(made, ProportionsResult)
    same(choices, call(cb.proportions, panel.wave("after"), question, people=people))
    compared = call(cb.compare_groups, panel.wave("after"), [question, "job"], by="site", people=people)
    same(of(made, ComparisonResult)[0], compared)


ITEMS = [
    ("each_level = true", cb.Item("mood", each_level=True)),
    (
        'each_level = true\nlevels = ["bad", "fair", "good", "splendid"]',
        cb.Item("mood", each_level=True, levels=["bad", "fair", "good", "splendid"]),
    ),
]


@pytest.mark.parametrize(("text", "item"), ITEMS)
def test_every_answer(text, item, tmp_path, panel):
    made = results(tmp_path, f'[[items]]\ncolumn = "mood"\n{text}\n')
    people = "people who answered “after”"
    same(of(made, ProportionsResult)[0], cb.proportions(panel.wave("after"), item, people=people))


def test_numbers_within_limits(tmp_path):
    made = results(tmp_path, '[[items]]\ncolumn = "pay"\nat_least = 10\nat_most = 30\n')
    (one,) = of(made, ProportionsResult)
    assert one.rows[0].count == frames()["after"]["pay"].isin([10, 30]).sum()


CHANGES = [
    ('item = "job"', "job", {}),
    (
        'item = "works"\neach_level = true\nsame = { "Everyday" = "Every day" }',
        cb.Item("works", each_level=True),
        {"same": {"Everyday": "Every day"}},
    ),
    (
        'item = "works"\nyes = ["Everyday", "Every day"]\nlabel = "daily work"\nby = "site"',
        cb.Item("works", yes=["Everyday", "Every day"], label="daily work"),
        {"by": "site"},
    ),
    (
        'item = "job"\nby = "age"\nbins = { age = [40] }\nmethod = "wilson"\nvariance = "linearized"\n'
        'linkage_error = "ignore"\npeople = "the staff"',
        "job",
        {
            "by": "age",
            "bins": {"age": [40]},
            "method": "wilson",
            "variance": "linearized",
            "linkage_error": "ignore",
            "people": "the staff",
        },
    ),
    (
        'item = { before = "job", after = "job_2" }\nyes = ["yes", "a job"]\nrefused = "refused"',
        {
            "before": cb.Item("job", yes=["yes", "a job"], refused="refused"),
            "after": cb.Item("job_2", yes=["yes", "a job"], refused="refused"),
        },
        {},
    ),
]


@pytest.mark.parametrize(("text", "item", "options"), CHANGES, ids=range(len(CHANGES)))
def test_change(text, item, options, tmp_path, panel):
    made = results(tmp_path, f'[[change]]\n{text}\nwaves = ["before", "after"]\n')
    same(of(made, TransitionsResult)[0], call(cb.transitions, panel, item, **options))


def test_a_change_asks_as_the_items_of_its_waves_do(tmp_path, panel):
    before = '[[items]]\nwave = "before"\ncolumn = "job"\nyes = "yes"\nno = "no"\n'
    after = '[[items]]\ncolumn = "job_2"\nyes = "a job"\nrefused = "refused"\n'
    base = '[[items]]\nwave = "before"\ncolumn = "works"\nyes = ["Everyday"]\nlabel = "daily work"\n'
    item = 'item = { before = "job", after = "job_2" }'
    made = results(
        tmp_path, f'{before}{after}{base}[[change]]\n{item}\nlabel = "a job"\namong = "daily work"\n'
    )
    asked = {
        "before": cb.Item("job", yes="yes", no="no", label="a job"),
        "after": cb.Item("job_2", yes="a job", refused="refused", label="a job"),
    }
    among = cb.Item("works", yes="Everyday", label="daily work")
    same(of(made, TransitionsResult)[0], call(cb.transitions, panel, asked, among=among))


def test_change_and_groups_take_the_weights_that_they_name(tmp_path):
    weights = (
        '[[weights]]\nto = "before"\npopulation = "all who began"\ncovariates = ["site"]\nmethod = "logit"\n'
    )
    weights += '[[weights]]\nwave = "after"\ncolumn = "w"\npopulation = "adults"\n'
    named = 'weights = "all who began"\n'
    made = results(
        tmp_path,
        f'{weights}{JOB}[[change]]\nitem = "job"\n{named}[[groups]]\nby = "role"\n{named}among = "job"\nitems = "better"\n[[items]]\ncolumn = "better"\n',
    )
    assert {one.population for one in of(made, ProportionsResult)} == {"all who began", "adults"}
    assert of(made, TransitionsResult)[0].population == "all who began"
    assert of(made, ComparisonResult)[0].population == "all who began"
    with pytest.raises(StudyFileError, match=r"`change\[1\].weights`: .*Did you mean 'adults'"):
        results(tmp_path, f'{weights}{JOB}[[change]]\nitem = "job"\nweights = "adult"\n')


GROUPS = [
    ('by = ["role", "site"]\nreference = "overall"', {"by": ["role", "site"], "reference": "overall"}),
    (
        'by = "role"\nreference = "rest"\ncomparison = "ratio"',
        {"by": "role", "reference": "rest", "comparison": "ratio"},
    ),
    (
        'by = "age"\nbins = 3\nadjust = "none"\nmethod = "wald"',
        {"by": "age", "bins": 3, "adjust": "none", "method": "wald"},
    ),
    (
        'by = "role"\nvariance = "linearized"\nallow_long = true',
        {"by": "role", "variance": "linearized", "allow_long": True},
    ),
    ('by = "role"\namong = "better"', {"by": "role", "among": "better"}),
]


@pytest.mark.parametrize(("text", "options"), GROUPS, ids=[text for text, _ in GROUPS])
def test_groups(text, options, tmp_path, panel):
    better = '[[items]]\ncolumn = "better"\n'
    made = results(tmp_path, f'{JOB}{better}[[groups]]\nitems = "job"\n{text}\n')
    wanted = call(
        cb.compare_groups, panel.wave("after"), "job", people="people who answered “after”", **options
    )
    same(of(made, ComparisonResult)[0], wanted)


def test_patterns(tmp_path):
    made = results(tmp_path, f"[patterns]\nmost = 2\n{JOB}")
    assert isinstance(of(made, PatternsResult)[0], PatternsResult)


LINKS = [
    (
        'keys = ["a", "b", "c", "d", "e"]',
        '[link]\nmethod = "code"\nmax_false_link_rate = 0.05\nmax_disagreements = 2\nordered = "d"\n',
        {"max_false_link_rate": 0.05, "max_disagreements": 2, "ordered": ["d"]},
    ),
    (
        'keys = "code"',
        '[link]\nmethod = "code"\nthreshold = 0.8\ncode_format = { separator = "-", names = ["a", "b", "c", "d", "e"] }\n',
        {"threshold": 0.8, "code_format": {"separator": "-", "names": ["a", "b", "c", "d", "e"]}},
    ),
]


@pytest.mark.parametrize(("keys", "text", "options"), LINKS, ids=["elements", "whole"])
def test_waves_are_linked_by_codes(keys, text, options, tmp_path):
    data = frames()
    for frame in data.values():
        number = frame["id"].str[1:].astype(int)
        elements = {
            "a": number % 26,
            "b": number * 7 % 31,
            "c": number * 11 % 29,
            "d": number % 28,
            "e": number * 5 % 23,
        }
        for name, element in elements.items():
            frame[name] = element
        frame["code"] = frame[list(elements)].astype(str).agg("-".join, axis=1)
    head = (
        f'\ntitle = "x"\nwave = "after"\nduplicates = "keep"\n[waves.before]\nfile = "before.csv"\n{keys}\n'
    )
    head += f'[waves.after]\nfile = "after.csv"\n{keys}\n'
    made = results(tmp_path, f"{text}{JOB}", head=head, data=data)
    on = ["a", "b", "c", "d", "e"] if "," in keys else "code"
    wanted = call(cb.link_waves, cells(data), on=on, method="code", duplicates="keep", **options)
    pd.testing.assert_frame_equal(made.panel.ledger, wanted.ledger)


def test_a_wave_may_lack_a_key(tmp_path):
    data = frames()
    data["before"]["mail"] = data["before"]["id"] + "@x.org"
    data["after"]["mail"] = data["after"]["id"] + "@x.org"
    head = '\ntitle = "x"\nwave = "after"\n[waves.before]\nfile = "before.csv"\nkeys = ["id", "mail"]\n'
    head += '[waves.after]\nfile = "after.csv"\nkeys = ["", "mail"]\n'
    made = results(tmp_path, JOB, head=head, data=data)
    assert made.panel.ledger["linked"].tolist() == [N_LINKED, N_LINKED]


N_LINKED = len(frames()["after"])


def test_errors_name_carried_columns_as_their_file_does(tmp_path):
    asked = '[[items]]\ncolumn = "job"\n[[groups]]\nby = "site"\nfrom = "before"\nreference = "z"\n'
    with pytest.raises(StudyFileError, match="expected a group of 'site', 'rest' or 'overall'; got 'z'"):
        results(tmp_path, asked)


# ---- retention with a design -----------------------------------------------------------------------------------


DESIGN = '[design]\nstrata = "stratum"\nclusters = "school"\n[[items]]\ncolumn = "job"\n'
AGAIN = '[[attrition]]\nby = "site"\n'


def test_retention_takes_the_design_so_that_results_do_not_disagree(tmp_path):
    data = {name: frame.iloc[: N - 12] for name, frame in frames().items()}  # the same schools in both waves
    made = results(tmp_path, DESIGN + AGAIN, data=data)
    [found] = [one for one in made.results if isinstance(one, AttritionResult)]
    design = cb.SurveyDesign(strata="stratum", clusters="school")
    expected = cb.attrition(made.panel, by="site", design=design, people="people who answered “before”")
    assert found.to_frame().equals(expected.to_frame())
    assert found.retention.procedure.variance == "linearized"
    assert "disagree about the design" not in made.brief().to_markdown()
    without = results(tmp_path, DESIGN + AGAIN + "design = false\n", data=data)
    assert "disagree about the design" in without.brief().to_markdown()
    [plain] = [one for one in without.results if isinstance(one, AttritionResult)]
    assert plain.retention.procedure.variance == "kish"


def test_replicate_weights_do_not_hold_for_retention(tmp_path):
    text = (
        '[weights]\ncolumn = "w"\npopulation = "adults"\n[design.replicate_weights]\n'
        'columns = ["rw0", "rw1"]\nkind = "brr"\n[[items]]\ncolumn = "job"\n'
    )
    [found] = [one for one in results(tmp_path, text + AGAIN).results if isinstance(one, AttritionResult)]
    assert found.retention.procedure.variance == "kish"


@pytest.mark.parametrize("entry", ["[[attrition]]\n", '[[change]]\nitem = "job"\n'])
def test_the_design_of_two_waves_is_that_of_the_first(entry, tmp_path):
    path = write(tmp_path, DESIGN.replace('"school"\n', '"school"\nfrom = "after"\n') + entry)
    (problem,) = check_study(path)
    assert "`design.from`: expected the first wave of each [[" in str(problem)
    with pytest.raises(StudyFileError) as refused:
        study_results(read_study(path))
    assert str(refused.value) == str(problem)
    path.write_text(path.read_text() + "design = false\n")
    assert check_study(path) == []
