"""Identifiers stay in: columns that say who somebody is are refused where answers are meant."""

import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits import Item, SelectAll
from credbenefits.errors import InputError, StudyFileError
from credbenefits.frames.names import identifies
from credbenefits.study.file import read_study
from credbenefits.study.run import run_study

N = 60
RNG = np.random.default_rng(3)
pytestmark = pytest.mark.filterwarnings("ignore:.*who were asked answered")


def emails(n=N):
    return [f"person{i}@example.org" for i in range(n)]


def frame(n=N, **columns):
    return pd.DataFrame(
        {"email": emails(n), "q": ["yes", "no"] * (n // 2), "g": ["a", "b", "b", "a"] * (n // 4), **columns}
    )


@pytest.fixture(scope="module")
def panel():
    start = frame(age=["young", "old", "mid"] * (N // 3), born=[f"19{i:02d}-05-1{i % 9}" for i in range(N)])
    return cb.link_waves({"start": start, "end": start[["email", "q"]][:40]}, on="email")


COLUMNS = {
    "addresses": emails(),
    "names": [f"Name{chr(65 + i % 26)}{i // 2 if i > 50 else i} Smith" for i in range(N)],
    "names that a few share": [f"Name {max(i - 12, 0)}" for i in range(N)],
    "codes": [f"{i:02x}-{i * 7 % 60:02d}b" for i in range(N)],
    "digits with zeros at the front": [f"0{i:05d}" for i in range(N)],
    "days of birth": pd.date_range("1980-01-01", periods=N, freq="97D"),
    "days of birth as text": [str(d.date()) for d in pd.date_range("1980-01-01", periods=N, freq="97D")],
    "days of birth as numbers": [
        int(f"{d:%Y%m%d}") for d in pd.date_range("1980-01-01", periods=N, freq="97D")
    ],
    "days of birth with points": [
        f"{d:%d.%m.%Y}" for d in pd.date_range("1980-01-01", periods=N, freq="97D")
    ],
    "free text": [f"I now work as a {i}th something" for i in range(N)],
    "addresses with gaps": [e if i < 45 else None for i, e in enumerate(emails())],
    # A student number looks like any number, but nobody shares it (see SHARED_BY_NOBODY).
    "student numbers": [2_400_000 + 37 * i for i in range(N)],
    "student numbers as text": [str(2_400_000 + 37 * i) for i in range(N)],
    "student numbers with gaps": [2_400_000.0 + 37 * i if i % 7 else np.nan for i in range(N)],
    "student numbers, some twice": [2_400_000 + 37 * max(i, 6) for i in range(N)],
    "hashes": [f"{hash((i, 'x')) % 16**12:012x}x" for i in range(N)],
}
KINDS = {
    "pandas": lambda d: d,
    "objects": lambda d: d.astype({"who": object}),
    "categories": lambda d: d.astype({"who": "category"}),
    "polars": pl.from_pandas,
    "pyarrow": lambda d: pa.Table.from_pandas(d, preserve_index=False),
}
USES = {
    "by": ("by", lambda d, **o: cb.proportions(d, "q", by="who", **o)),
    "by of two": ("by", lambda d, **o: cb.proportions(d, "q", by=["g", "who"], totals=True, **o)),
    "groups": ("by", lambda d, **o: cb.compare_groups(d, "q", by="who", **({"allow_long": True} | o))),
    "each_level": ("items", lambda d, **o: cb.proportions(d, Item("who", each_level=True), **o)),
    "items": ("items", lambda d, **o: cb.proportions(d, Item("who", yes=["nobody", "else"], no=[]), **o)),
    "items compared": (
        "items",
        lambda d, **o: cb.compare_groups(d, Item("who", each_level=True), by="g", **o),
    ),
    "among": ("among", lambda d, **o: cb.proportions(d, "q", among=Item("who", yes="somebody"), **o)),
}


def cells(values):
    return [str(v) for v in values if v is not None]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS)
def test_they_are_refused_wherever_answers_are_meant_and_no_error_prints_one(values, use, kind):
    argument, call = use
    with pytest.raises(InputError, match="allow_identifier=True") as problem:
        call(kind(frame(who=values)))
    assert problem.value.argument == argument
    assert "'who'" in str(problem.value)
    assert not [cell for cell in cells(values) if cell in str(problem.value)]


@pytest.mark.parametrize("use", [USES["by"], USES["by of two"], USES["each_level"], USES["items compared"]])
def test_whoever_insists_gets_them(use):
    assert len(use[1](frame(who=emails()), allow_identifier=True).rows) >= N


def test_insisting_on_an_item_and_a_subset():
    data = frame(who=emails())
    one = Item("who", yes=emails()[:30], no=emails()[30:])
    assert cb.proportions(data, one, allow_identifier=True).rows[0].count == 30
    assert cb.proportions(data, "q", among=one, allow_identifier=True).rows[0].n == 30


ORDINARY = {
    "ages": RNG.integers(18, 90, N),
    "ages as text": [str(age) for age in RNG.integers(18, 90, N)],
    "incomes in hundreds": 20_000 + 100 * RNG.integers(0, 90, N),
    "scores with halves": 0.5 * np.arange(N),
    "incomes with decimals as text": [f"{20_000 + 137.25 * i:.2f}" for i in range(N)],
    "scores as text": [f"{0.1 * i:.1f}" for i in range(N)],
    "30 different names in a small file": [f"name {min(i, 29)}" for i in range(N)],
    "31 names of which 15 are rare": [f"name {i}" if i < 15 else f"name {15 + i % 16}" for i in range(N)],
    "cohorts": [f"20{10 + i // 2}-0{1 + i % 2}-01" for i in range(N // 2)] * 2,
}


@pytest.mark.parametrize("values", ORDINARY.values(), ids=ORDINARY)
def test_no_false_alarm_on_numbers_and_ordinary_categories(values):
    data = frame(who=values)
    assert cb.proportions(data, "q", by="who").rows
    assert cb.proportions(data, Item("who", each_level=True)).rows


#: Numbers that differ for everybody. As groups and levels they show people, whatever they measure: these were
#: taken until a plain frame's student numbers turned out to be taken with them, which nothing else tells apart.
SHARED_BY_NOBODY = {
    "incomes": 20_000 + 137 * np.arange(N),
    "incomes as text": [f"{20_000 + 137 * i}" for i in range(N)],
    "student numbers": COLUMNS["student numbers"],
    "student numbers from 1": range(1, N + 1),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("values", SHARED_BY_NOBODY.values(), ids=SHARED_BY_NOBODY)
def test_numbers_that_nobody_shares_are_no_levels_but_have_a_size(values, kind):
    data = kind(frame(who=values))
    for name in ("by", "groups", "each_level", "items", "among"):
        with pytest.raises(InputError, match=r"at_least=.*allow_identifier=True"):
            USES[name][1](data)
    least = int(values[20])
    assert cb.proportions(data, Item("who", at_least=least)).rows[0].count == N - 20
    assert cb.proportions(data, "q", among=Item("who", at_most=least)).rows[0].n == 21
    assert cb.proportions(data, "q", design=cb.SurveyDesign(clusters="who")).rows[0].n == N


def test_numbers_that_nobody_shares_are_covariates_of_their_size(panel):
    start = frame(income=SHARED_BY_NOBODY["incomes"], age=["young", "old", "mid"] * (N // 3))
    both = cb.link_waves({"start": start, "end": start[["email", "q"]][:40]}, on="email")
    assert cb.attrition_weights(both, ["age"], wave="end", to="start", check="income").n == 40
    assert cb.attrition_weights(both, ["income"], wave="end", to="start", bins={"income": 2}).n == 40


def test_a_numeric_key_of_a_panel_stays_one_in_the_frame_of_a_wave():
    number = [2_400_000 + 37 * i for i in range(N)]
    start = pd.DataFrame({"student_id": number, "q": ["yes", "no"] * (N // 2)})
    data = cb.link_waves({"start": start, "end": start[:50]}, on="student_id").wave("end")
    plain = data.drop(columns="person")
    for native in (data, plain, pl.from_pandas(plain), pa.Table.from_pandas(plain)):
        for call in (
            lambda d: cb.proportions(d, "q", by="student_id"),
            lambda d: cb.proportions(d, "student_id"),
            lambda d: cb.compare_groups(d, "q", by="student_id", allow_long=True),
            lambda d: cb.proportions(d, SelectAll("student_id")),
        ):
            with pytest.raises(InputError, match="identifies people") as problem:
                call(native)
            assert not re.search(r"24\d{5}", str(problem.value))


def test_errors_about_few_student_numbers_list_none():
    data = frame(20, who=[2_400_000 + 37 * i for i in range(20)])
    for call in (
        lambda: cb.proportions(data, "who"),
        lambda: cb.proportions(data, Item("who", yes="nobody")),
        lambda: cb.proportions(data, Item("who", each_level=True, levels=[1, 2])),
        lambda: cb.compare_groups(data, "q", by="who", reference="nobody"),
    ):
        with pytest.raises(InputError) as problem:
            call()
        assert not re.search(r"24\d{5}", str(problem.value))


@pytest.mark.parametrize("n", [100, 300, 1000])
@pytest.mark.parametrize("levels", [40, 80, 200])
@pytest.mark.parametrize("power", [0.6, 1.0, 1.3])
def test_no_false_alarm_on_countries_and_institutions(n, levels, power):
    share = np.arange(1, levels + 1) ** -power
    place = np.random.default_rng(5).choice(levels, n, p=share / share.sum())
    names, sizes = np.unique([f"Institution {i}" for i in place], return_counts=True)
    rare = sizes[sizes == 1].sum() / n
    assert identifies(list(names), sizes) == (rare > 1 / 3)
    assert rare <= 1 / 3 or n == 100  # where a third of the people are the only ones from their place


def test_on_real_data_only_identifiers_are_found(shared):
    found = set()
    for name in (
        "cirtl_pre.csv.gz",
        "cirtl_post.csv.gz",
        "carpentries_longterm_2017.csv",
        "hsls09_small.csv.gz",
        "oulad_student_info.csv.gz",
    ):
        data = pd.read_csv(shared / "data" / name, dtype=str, keep_default_na=False, na_values=[""])
        for some in (
            data,
            data.sample(min(len(data), 300), random_state=1),
            data.sample(100, random_state=2),
        ):
            for column in some.columns:
                sizes = some[column].value_counts()
                if identifies(list(sizes.index), sizes.to_numpy()):
                    found.add(column)
    assert found == {"unique_user_id", "row", "id_student", "stu_id"}


def test_a_choice_per_person_is_no_question_of_choices():
    data = frame(who=emails())
    with pytest.raises(InputError, match=r"`items`.*'who'.*allow_identifier=True") as problem:
        cb.proportions(data, SelectAll("who"))
    assert "@" not in str(problem.value)
    ordinary = frame(how=[";".join(c for k, c in enumerate("abcdef") if i >> k & 1) or "a" for i in range(N)])
    assert len(cb.proportions(ordinary, SelectAll("how", separator=";")).rows) == 6
    many = SelectAll("how", separator=";", choices=[*"abcdef"])
    assert len(cb.proportions(ordinary, many).rows) == 6


def test_a_panels_person_is_no_group_and_no_answer(panel):
    data = panel.wave("end")[:20]
    for call in (
        lambda d: cb.proportions(d, "q", by="person"),
        lambda d: cb.compare_groups(d, "q", by="person"),
        lambda d: cb.proportions(d, Item("person", each_level=True)),
    ):
        for kind in (lambda d: d, lambda d: d.assign(person=d["person"].astype(str)), pl.from_pandas):
            with pytest.raises(
                InputError, match=r"'person', which people are linked on.*allow_identifier"
            ) as problem:
                call(kind(data))
            assert str(data["person"][0]) not in str(problem.value)
    own = frame(person=["head", "child"] * (N // 2))
    assert len(cb.proportions(own, "q", by="person").rows) == 2


def test_keys_of_a_panel_are_no_covariates_whatever_they_look_like():
    start = pd.DataFrame({"id": range(40), "mail": emails(20) * 2, "age": ["young", "old"] * 20})
    small = cb.link_waves({"start": start, "end": start[::3]}, on=["id", "mail"], duplicates="last")
    for argument, options in {
        "covariates": {"covariates": ["age", "id"]},
        "check": {"covariates": "age", "check": "mail"},
    }.items():
        with pytest.raises(InputError, match="which people are linked on") as problem:
            cb.attrition_weights(small, **options, wave="end", to="start")
        assert problem.value.argument == argument
        assert "@" not in str(problem.value)
    made = cb.attrition_weights(
        small, ["age", "id"], wave="end", to="start", allow_identifier=True, bins={"id": 2}
    )
    assert made.recipe["allow_identifier"] is True


def test_keys_that_one_wave_calls_otherwise_are_told_wave_by_wave():
    start = pd.DataFrame({"code": [f"k{i}" for i in range(24)], "age": ["young", "old"] * 12})
    end = start[::2].rename(columns={"code": "key"})[["key"]].assign(code="x")
    both = cb.link_waves(
        {"first": start, "start": start, "end": end}, on={"first": "code", "start": "code", "end": "key"}
    )
    with pytest.raises(InputError, match="'code', which people are linked on"):
        cb.attrition_weights(both, {"first": ["code"]}, wave="end", to="start")


def test_days_of_birth_and_names_are_no_covariates(panel):
    for argument, options in {
        "covariates": {"covariates": ["age", "born"]},
        "check": {"covariates": "age", "check": "born"},
    }.items():
        with pytest.raises(InputError, match=r"'born'.*allow_identifier") as problem:
            cb.attrition_weights(panel, **options, wave="end", to="start")
        assert problem.value.argument == argument
        assert "-05-" not in str(problem.value)
    with pytest.raises(InputError, match="identifies people"):
        cb.attrition_weights(panel, "born", wave="end", to="start", bins={"born": 3})
    assert cb.attrition_weights(panel, ["age", "born"], wave="end", to="start", allow_identifier=True).n == 40


def test_transitions_of_a_key():
    start = frame(40)
    small = cb.link_waves({"start": start[:20], "end": start[5:25]}, on="email")
    for item in ("email", Item("email", each_level=True)):
        with pytest.raises(InputError, match=r"`item`.*'email', which people are linked on") as problem:
            cb.transitions(small, item)
        assert "@" not in str(problem.value)
    assert cb.transitions(small, Item("email", each_level=True), allow_identifier=True).n == 15


def test_no_error_about_a_reference_prints_a_name():
    with pytest.raises(InputError) as problem:
        cb.compare_groups(frame(), "q", by="email", reference="person1@example", allow_identifier=True)
    assert "@example.org" not in str(problem.value)


def test_in_a_small_file_too_errors_list_no_names():
    data = frame(20)
    for item in (
        "email",
        Item("email", yes="nobody"),
        Item("email", yes="person0@example.org", no="nobody"),
        Item("email", at_least=3),
    ):
        with pytest.raises(InputError, match=r"different values|19 other values") as problem:
            cb.proportions(data, item)
        assert "person1@" not in str(problem.value)
    with pytest.raises(InputError, match="Give one of its values") as problem:
        cb.compare_groups(data, "q", by="email", reference="nobody")
    names = data.assign(id=range(20), name=[f"Ann Smith {i}" for i in range(20)])
    panel = cb.link_waves({"all": names, "later": names[["id"]][::2]}, on="id")
    with pytest.raises(InputError, match="20 different values") as problem:
        cb.attrition_weights(panel, ["name"], wave="later", to="all", bins={"name": [3]})
    assert "Smith" not in str(problem.value)
    few = frame(8)
    with pytest.raises(InputError, match="with the answers 'a', 'b'"):
        cb.proportions(few, "g")


def test_no_note_about_spellings_prints_a_name():
    data = pd.concat([frame(), frame()[:5].assign(email=lambda d: d["email"].str.upper())])
    result = cb.proportions(data, "q", design=cb.SurveyDesign(clusters="email"))
    assert not [note for note in result.notes if "@" in note.casefold()]
    assert any("5 values were written in several ways" in note for note in result.notes)


@pytest.mark.parametrize(
    "call",
    [
        lambda o: cb.proportions(frame(), "q", **o),
        lambda o: cb.compare_groups(frame(), "q", by="g", **o),
    ],
)
def test_the_switch_is_a_switch(call, panel):
    for value in (1, "yes", None):
        with pytest.raises(InputError, match="`allow_identifier`: expected True or False"):
            call({"allow_identifier": value})
        with pytest.raises(InputError, match="`allow_identifier`: expected True or False"):
            cb.transitions(panel, "q", allow_identifier=value)
        with pytest.raises(InputError, match="`allow_identifier`: expected True or False"):
            cb.attrition_weights(panel, "age", wave="end", to="start", allow_identifier=value)


def test_lists_of_answers_in_errors_are_cut():
    data = frame(who=[f"answer {i % 25}" for i in range(N)])
    with pytest.raises(InputError) as problem:
        cb.proportions(data, Item("who", yes="answer 0", no="answer 1"))
    assert problem.value.received.endswith("(2 rows) and 11 more")
    with pytest.raises(InputError, match="and 13 more"):
        cb.proportions(data, "who")


# ---- studies --------------------------------------------------------------------------------------------

STUDY = """
title = "A small study"
wave = "later"
{top}
[waves.start]
file = "start.csv"
keys = ["email", "number"]
[waves.later]
file = "later.csv"
keys = ["email", "number"]
{rest}
"""
ITEMS = '[[items]]\ncolumn = "q"\n'
WRONG = {
    "a group": (ITEMS + '[[groups]]\nby = "email"', "groups[1].by"),
    "a group of another wave": (ITEMS + '[[groups]]\nby = "number"\nfrom = "start"', "groups[1].by"),
    "an item": ('[[items]]\ncolumn = "email"\nyes = "x"', "items[1].column"),
    "choices": (ITEMS + '[[choices]]\ncolumn = "email"\nchoices = ["a", "b"]', "choices[1].column"),
    "a covariate": (
        ITEMS + '[weights]\nto = "start"\npopulation = "all"\ncovariates = ["email"]',
        "weights.covariates",
    ),
    "a check": (
        ITEMS + '[weights]\nto = "start"\npopulation = "all"\ncovariates = ["age"]\ncheck = ["number"]',
        "weights.check",
    ),
    "a name": (ITEMS + '[[groups]]\nby = "name"', "groups[1].by"),
    "a name in an item": ('[[items]]\ncolumn = "name"\nyes = "Ann 1"', "items[1].column"),
}


def study(folder, rest, top=""):
    start = pd.DataFrame(
        {"email": emails(80), "number": [str(1_000 + i) for i in range(80)], "age": ["old", "new"] * 40}
    )
    start.to_csv(folder / "start.csv", index=False)
    later = start[:40].assign(q=["yes", "no"] * 20, name=[f"Ann {i}" for i in range(40)])
    later.to_csv(folder / "later.csv", index=False)
    (folder / "study.toml").write_text(STUDY.format(top=top, rest=rest), encoding="utf-8")
    return read_study(folder / "study.toml")


@pytest.mark.parametrize(("rest", "key"), WRONG.values(), ids=WRONG)
def test_a_study_prints_no_identifier(tmp_path, rest, key):
    with pytest.raises(StudyFileError, match="allow_identifier") as problem:
        run_study(study(tmp_path, rest))
    assert f": `{key}`: " in str(problem.value)
    assert not [cell for cell in (*emails(80), "Ann ") if cell in str(problem.value)]


def test_a_study_that_insists(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = run_study(
            study(tmp_path, ITEMS + '[[groups]]\nby = "name"\nreference = "Ann 0"', "allow_identifier = true")
        )
    assert "differences.csv" in made.files()
    with pytest.raises(StudyFileError, match="true or false"):
        run_study(study(tmp_path, ITEMS, 'allow_identifier = "yes"'))
