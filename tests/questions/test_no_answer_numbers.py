"""Numbers for no answer: found by the gap between them and the answers; and `answers=`, which insists."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Item, SelectAll
from credbenefits.errors import InputError
from credbenefits.questions.gaps import code_like
from credbenefits.questions.spelling import canonical


def found(values, **options):
    numbers, rows = np.unique(np.asarray(list(values), dtype=float), return_counts=True)
    return code_like(numbers.tolist(), rows.tolist(), **options)


def times(values, n=10):
    return np.repeat(list(values), n).tolist()


RNG = np.random.default_rng(20)
INCOMES = RNG.lognormal(10.5, 0.6, 300).round(-2).tolist()
AGES = RNG.integers(18, 90, 200).tolist()
ONE_TO_FIVE = times(range(1, 6))

CODES = {
    "1 to 5 with 7, 8, 9": (times(range(1, 6), 17) + times([7, 8, 9], 5), {7, 8, 9}),
    "9 alone": ([*ONE_TO_FIVE, 9], {9}),
    "nobody at 1": (times([2, 3, 4, 5, 9]), {9}),
    "66 beside 77": ([*times(range(11)), 66, 66, 77], {66, 77}),
    "97 to 99": ([*ONE_TO_FIVE, 97, 98, 99], {97, 98, 99}),
    "55": ([*ONE_TO_FIVE, 55], {55}),
    "8 and 9 beside 0 to 3": ([*times(range(4)), 8, 9], {8, 9}),
    "yes, no, 9": ([1, 2, 2, 1, 1, 9] * 5, {9}),
    "yes, no, 7, 9": (times([1, 2, 7, 9], 5), {7, 9}),
    "1 to 7 with 9 and 99": ([*times(range(1, 8)), *[9] * 5, 99], {9, 99}),
    "income 99999": (RNG.integers(5_000, 80_000, 100).tolist() + [99999] * 12, {99999}),
    "income 99999 among larger ones": ([*INCOMES, 150_000, *[99999] * 12], {99999}),
    "income 999999": ([*INCOMES, *[999999] * 3], {999999}),
    "income 9999998": ([*INCOMES, 9999998], {9999998}),
    "income -1, -2": ([*INCOMES, -1, -2], {-1, -2}),
    "1 to 5 with -1, -7, -99": ([*ONE_TO_FIVE, -1, -7, -99], {-1, -7, -99}),
    "1 to 3 with -1, -7, -99": ([*times(range(1, 4), 8), -1, -7, -99], {-1, -7, -99}),
    "age with -1, -7, -99": ([*AGES, -1, -7, -99], {-1, -7, -99}),
    "-8, -9 beside 0, 1": (times([0, 1, -8, -9]), {-8, -9}),
    "SOEP": ([*times(range(11)), -1, -1, -2, -3], {-1, -2, -3}),
    "0 to 100 with -1": ([*range(101), -1], {-1}),
    "decimals 99.9": ([*RNG.uniform(0, 4, 50).round(1), 99.9], {99.9}),
    "decimals 9.9": ([*RNG.uniform(0, 4, 50).round(1), *[9.9] * 3], {9.9}),
    "months": ([*times(range(1, 13)), 88, 99], {88, 99}),
    "minutes": ([*RNG.integers(5, 120, 60), 998], {998}),
    "days of a month": ([*RNG.integers(1, 31, 100), 77, 88, 99], {77, 88, 99}),
    "years": ([*range(1990, 2025), 9999, 9998], {9998, 9999}),
    "few years": ([2001, 2010, 2015, 2015, 9999], {9999}),
    "age of workers with 99": ([*RNG.integers(18, 66, 200), *[99] * 15], {99}),
    "age 999": ([*AGES, 999], {999}),
    "LAPOP": ([*times(range(1, 8)), 888888, 988888], {888888, 988888}),
    "scores below zero with -8, -9": ([*RNG.normal(0, 1, 500).round(3), *[-8, -9] * 20], {-8, -9}),
    "temperatures with -99": ([*RNG.integers(-15, 30, 80), -99], {-99}),
    "-2 to 2 with -99": ([*times(range(-2, 3)), -99], {-99}),
    "falling, with 8, 9": ([0] * 50 + [1] * 30 + [2] * 20 + [3] * 12 + [8] * 3 + [9] * 5, {8, 9}),
    "falling to a rare 3": ([0] * 50 + [1] * 20 + [2] * 5 + [3] * 2 + [8] * 3 + [9] * 5, {8, 9}),
    "income 99999 alone": ([12_000, 25_000, 31_000, 42_000, 55_000, 61_000] * 5 + [99999], {99999}),
}
NO_CODES = {
    "too few rows": [1, 2, 3, 4, 5, 9],
    "1 to 5 and 7": times([1, 2, 3, 4, 5, 7], 200),
    "prices": [1999, 2999, 4999, 9999, 9999, 14999, 19999] * 9,
    "freezing": [-2, 4, 7, 15, 20, 25],
    "age 18 to 99": range(18, 100),
    "age, drawn": RNG.integers(18, 100, 40),
    "few ages": [19, 23, 34, 45, 52, 61, 77, 88, 99],
    "children 0 to 9": times(range(10), 3),
    "children with gaps": [0] * 5 + [1] * 4 + [2] * 3 + [3, 3, 5, 9],
    "many children": [0] * 40 + [1] * 25 + [2] * 30 + [3] * 10 + [4] * 3 + [5, 9],
    "one child each": [0, 1, 2, 3, 5, 9],
    "children, a thin tail": [0] * 81
    + [1] * 84
    + [2] * 48
    + [3] * 33
    + [4] * 25
    + [5] * 17
    + [6] * 5
    + [7] * 5
    + [9] * 2,
    "0 to 10": times(range(11)),
    "0 to 100": range(101),
    "tens": times(range(0, 101, 10)),
    "years": range(1990, 2025),
    "incomes": np.arange(20_000, 120_000, 777),
    "incomes, drawn": INCOMES,
    "-2 to 2": times(range(-2, 3)),
    "-3 to 3": times(range(-3, 4)),
    "-2 to 2, nobody at -1": times([-2, 0, 1, 2]),
    "months": times(range(1, 13)),
    "hours": range(100),
    "few hours": [0, 8, 10, 20, 35, 40, 40, 60, 99],
    "durations": RNG.exponential(60, 100).round(),
    "1 to 7 in part": times([1, 2, 3, 5, 7]),
    "upper half": times([4, 5, 6, 7]),
    "no 6": times([1, 2, 3, 4, 5, 7]),
    "1 to 9": times(range(1, 10)),
    "1 to 9 in part": times([1, 2, 4, 5, 7, 8, 9]),
    "odd": times([1, 3, 5, 6, 9]),
    "high": times([5, 6, 7, 8, 9]),
    "temperatures": RNG.integers(-9, 30, 60),
    "few temperatures": [-12, -3, 4, 18, 25],
    "decimals": RNG.normal(10, 8, 60).round(1),
    "0, 1": [0, 1],
    "0 alone": [0, 0],
    "nothing": [],
    "grades": times([9, 10, 11, 12]),
    "two grades": times([5, 8]),
    "7, 8, 9": times([7, 8, 9]),
    "zip codes": [10001, 60601, 94110, 99501],
    "changes": [-20, -10, 0, 10, 20],
    "ISO": [4, 276, 666, 840, 894],
}


@pytest.mark.parametrize("name", CODES)
def test_codes_are_found_by_the_gap(name):
    values, codes = CODES[name]
    assert found(values) == codes
    assert found(values, cautious=True) >= codes


@pytest.mark.parametrize("name", NO_CODES)
def test_ordinary_numbers_are_none(name):
    assert found(NO_CODES[name]) == set()


def _children(rng, n):
    return np.minimum(rng.negative_binomial(1, 0.25, n), 9)  # mean 3, variance 12


ORDINARY = {
    "0 to 10": lambda rng, n: rng.integers(0, 11, n),
    "0 to 10, high": lambda rng, n: np.clip(rng.normal(8, 2, n).round(), 0, 10),
    "1 to 9": lambda rng, n: rng.integers(1, 10, n),
    "1 to 9, low": lambda rng, n: np.clip(rng.normal(3, 2, n).round(), 1, 9),
    "children": lambda rng, n: np.minimum(rng.poisson(1.5, n), 9),
    "children, over-dispersed": _children,
    "ages": lambda rng, n: rng.integers(18, 100, n),
    "ages, heaped": lambda rng, n: np.clip(rng.normal(45, 15, n) / 5, 4, 19).round() * 5,
    "0 to 100": lambda rng, n: rng.integers(0, 101, n),
    "tens": lambda rng, n: rng.integers(0, 11, n) * 10,
    "temperatures": lambda rng, n: rng.normal(15, 7, n).round(),
    "years": lambda rng, n: rng.integers(1990, 2026, n),
    "-2 to 2": lambda rng, n: rng.integers(-2, 3, n),
    "incomes": lambda rng, n: rng.lognormal(10.5, 0.6, n).round(),
    "incomes in hundreds": lambda rng, n: rng.lognormal(10.5, 0.6, n).round(-2),
    "prices": lambda rng, n: rng.lognormal(10, 0.8, n).round(-3) + 999,
}


#: Kinds that cannot always be told from codes: 9 on a scale to 9, and a few differences below 0.
HARD = {"1 to 9", "1 to 9, low", "temperatures", "-2 to 2"}


def alarms(name, n, draws):
    rng = np.random.default_rng([11, n, list(ORDINARY).index(name)])
    return sum(bool(found(ORDINARY[name](rng, n))) for _ in range(draws))


@pytest.mark.parametrize("n", [2, 3, 5, 8, 12, 20, 50, 100, 1000])
def test_samples_of_ordinary_numbers_hardly_ever_alarm(n):
    # Seeds 11; 100 samples of each kind: at most 3 of 1,200, and 8 of 400 of the hard kinds.
    assert sum(alarms(name, n, 100) for name in ORDINARY if name not in HARD) <= 3
    assert sum(alarms(name, n, 100) for name in HARD) <= 8


@pytest.mark.slow
@pytest.mark.parametrize("name", ORDINARY)
def test_false_alarms_are_rare_in_samples(name):
    # Seeds 11; 1,000 samples of each of 8 sizes: at most 2% at any size and 0.5% over all; of hard kinds 8% and 1.5%.
    alarmed = [alarms(name, n, 1_000) for n in (2, 3, 5, 8, 12, 20, 50, 100)]
    assert max(alarmed) <= (80 if name in HARD else 20)
    assert sum(alarmed) <= (120 if name in HARD else 40)


SCALES = {"1 to 5": (1, 5), "1 to 4": (1, 4), "0 to 4": (0, 4), "0 to 10": (0, 10), "0 to 100": (0, 100)}
USUAL = {
    "1 to 5": [(9,), (8, 9), (7, 8, 9), (99,), (98, 99), (-1,), (-9,), (-1, -7, -99), (-8, -9)],
    "1 to 4": [(9,), (8, 9), (7, 8, 9), (-9,), (99,)],
    "0 to 4": [(9,), (99,), (-9,), (-1, -7, -99)],
    "0 to 10": [(66, 77), (77, 88, 99), (99,), (-1,), (-9,), (-1, -2)],
    "0 to 100": [(999,), (998,), (-1,), (-9,), (-99,)],
}


@pytest.mark.parametrize(("scale", "codes"), [(s, c) for s, some in USUAL.items() for c in some])
@pytest.mark.parametrize("tail", ["even", "high", "falling"])
def test_codes_of_one_row_in_seven_are_found_among_a_hundred(scale, codes, tail):
    # Seed 12; 40 samples. All are found in nearly every one; of counts that fall from 0 four in five.
    rng = np.random.default_rng([12, len(codes), *map(abs, codes)])
    low, high = SCALES[scale]
    places = np.arange(low, high + 1)
    middle, width = {"even": (low, 1e9), "high": (high, high / 2), "falling": (low, high / 2.5)}[tail]
    p = np.exp(-(((places - middle) / width) ** 2) / 2)
    m = 15 // len(codes)
    samples = [
        [*rng.choice(places, 100 - m * len(codes), p=p / p.sum()), *np.repeat(codes, m)] for _ in range(40)
    ]
    n_found = sum(found(sample) == set(map(float, codes)) for sample in samples)
    assert n_found >= (28 if tail == "falling" and low == 0 else 38)


@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.integers(-12, 12),
                st.sampled_from([66, 77, 99, 999, -99, 99999, 0.5, 1e300, -1e300, 5e-324]),
            ),
            st.integers(1, 60),
        ),
        max_size=8,
    ),
    st.booleans(),
)
def test_any_numbers_can_be_judged(pairs, cautious):
    values, rows = [float(v) for v, _ in pairs], [n for _, n in pairs]
    found = code_like(values, rows, cautious=cautious)
    assert found <= set(values)
    assert code_like(values[::-1], rows[::-1], cautious=cautious) == found


# ---- in every place ---------------------------------------------------------------------------------------------

SCALE = times(range(1, 6), 17) + times([7, 8, 9], 5)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, lambda d: pl.DataFrame(d).to_arrow()])
@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("item", [{"yes": [4, 5]}, {"at_least": 4}, {"each_level": True}, {"at_most": 2}])
def test_an_item_with_codes_stops_and_says_how_to_declare_them(make, as_text, item):
    data = make({"q": [str(v) for v in SCALE] if as_text else SCALE})
    with pytest.raises(InputError, match=r"7 in 5 rows.*missing=\[7, 8, 9\].*answers=\[7, 8, 9\]"):
        cb.proportions(data, Item("q", **item))
    declared = cb.proportions(data, Item("q", **item, missing=[7], refused=[8], not_asked=[9])).rows[0]
    assert (declared.n, dict(declared.missing)) == (85, {"not_asked": 5, "refused": 5, "code": 5})
    assert cb.proportions(data, Item("q", **item, answers=[7, 8, 9])).rows[0].n == 100
    assert cb.proportions(data, Item("q", **item), answers=[7, 8, 9]).rows[0].n == 100
    assert cb.proportions(data, Item("q", **item), missing=[7, 8, 9]).rows[0].n == 85


def places(words):
    """Calls that read one column in each place, given further arguments."""
    n = 40
    text = pd.Series([["a", "b", words][i % 3] if i % 5 == 0 else ["a", "b"][i % 2] for i in range(n)])
    data = pd.DataFrame({"q": [1, 0] * (n // 2), "g": text, "id": range(n)})
    data["t"] = text.replace({"a": "yes", "b": "no"})  # a box of a block
    data["s"] = text.replace({"a": "x;y", "b": "x"})  # several answers in one text
    panel = cb.link_waves({"all": data, "later": data.iloc[: n // 2].assign(id=range(n // 2))}, on="id")
    both = cb.link_waves({"one": data, "two": data}, on="id")
    return {
        "items": lambda **k: cb.proportions(data, Item("g", yes="a"), **k),
        "each_level": lambda **k: cb.proportions(data, Item("g", each_level=True), **k),
        "among": lambda **k: cb.proportions(data, "q", among=Item("g", yes="a"), **k),
        "by": lambda **k: cb.proportions(data, "q", by="g", **k),
        "compare": lambda **k: cb.compare_groups(data, "q", by="g", **k),
        "compare items": lambda **k: cb.compare_groups(
            data.assign(h=["x", "y"] * (n // 2)), Item("g", yes="a"), by="h", **k
        ),
        "covariates": lambda **k: cb.attrition_weights(panel, ["g"], wave="later", to="all", **k),
        "check": lambda **k: cb.attrition_weights(panel, ["q"], check=["g"], wave="later", to="all", **k),
        "transitions": lambda **k: cb.transitions(both, Item("g", each_level=True), **k),
        "transition of one": lambda **k: cb.transitions(both, Item("g", yes="a"), **k),
        "levels": lambda **k: cb.proportions(
            data, Item("g", each_level=True, levels=["b", "a", *([words] if "answers" in k else [])]), **k
        ),
        "ticks": lambda **k: cb.proportions(data, SelectAll(["t", "q"]), **k),
        "declared ticks": lambda **k: cb.proportions(data, SelectAll(["g", "q"], ticked=["a", 1]), **k),
        "choices": lambda **k: cb.proportions(data, SelectAll("s"), **k),
        "choices offered": lambda **k: cb.proportions(
            data, SelectAll("s", choices=["x", "y", *([words] if "answers" in k else [])]), **k
        ),
        "split_choices": lambda **k: cb.split_choices(data, "s", **k),
    }


PLACES = list(places("DK"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("words", ["DK", "Refused", "Inapplicable", "nan", "N.A.", "k. A.", "No contesta"])
@pytest.mark.parametrize("place", PLACES)
def test_words_stop_every_place_and_answers_settles_it(place, words):
    call = places(words)[place]
    with pytest.raises(
        InputError, match=r"look like no answer|no answer declared|each ticked or not"
    ) as problem:
        call()
    assert repr(words) in problem.value.received
    assert "answers=" in problem.value.fix
    declared = f"[{words!r}]"
    assert any(
        f"{kind}={declared}" in problem.value.fix for kind in ("missing", "refused", "skipped", "not_asked")
    )
    call(answers=words)
    call(missing=words)


@pytest.mark.parametrize("words", ["DK", "Refused", "Inapplicable", "nan", "N.A.", "k. A.", "No contesta"])
@pytest.mark.parametrize("limit", [{"at_least": 3}, {"at_most": 3}, {"at_least": 2, "at_most": 4}])
def test_words_among_numbers_are_declared(limit, words):
    data = pd.DataFrame({"q": ["1", "5", words, "3"] * 10})
    with pytest.raises(InputError, match="look like no answer") as problem:
        cb.proportions(data, Item("q", **limit))
    assert repr(words) in problem.value.received
    for kind in ("missing", "refused", "skipped", "not_asked"):
        (row,) = cb.proportions(data, Item("q", **limit, **{kind: words})).rows
        assert (row.n, row.n_missing + row.n_not_asked) == (30, 10)
    (row,) = cb.proportions(data, Item("q", **limit, no=words)).rows
    assert row.n == 40


@pytest.mark.parametrize("words", ["DK", "Refused", "Inapplicable", "nan", "N.A.", "k. A.", "No contesta"])
def test_words_are_no_participation(words):
    data = pd.DataFrame({"id": range(40), "q": ["yes", words] * 20})
    panel = cb.link_waves({"one": data, "two": data}, on="id", answered={"one": "q", "two": "q"})
    assert len(panel.wave("two")) == 20


@pytest.mark.parametrize("argument", ["strata", "clusters"])
@pytest.mark.parametrize("words", ["unknown", "n/a", "Refused"])
def test_nobody_is_drawn_from_an_unknown_unit(argument, words):
    data = pd.DataFrame({"q": [1, 0] * 10, "u": ["a", "b", "c", "a", words] * 4, "w": 1.0})
    design = cb.SurveyDesign(**{argument: "u"})
    with pytest.raises(InputError, match="a value in every row"):
        cb.proportions(data, "q", weights="w", design=design)
    cb.proportions(data, "q", weights="w", answers=words, design=design)
    numbers = data.assign(u=[1, 2, 3, 9, 99] * 4)  # numbers are names there
    cb.proportions(numbers, "q", weights="w", design=design)


def test_dont_know_may_be_an_answer_of_its_own():
    data = pd.DataFrame({"q": ["Yes", "No", "Don't know", "Yes"] * 10})
    with pytest.raises(InputError) as problem:
        cb.proportions(data, Item("q", each_level=True))
    assert problem.value.fix == (
        'Say missing=["Don\'t know"] if it is no answer, or answers=["Don\'t know"] if it is an answer.'
    )
    rows = cb.proportions(data, Item("q", each_level=True, answers=["Don't know"])).rows
    assert [(r.level, r.count, r.n) for r in rows] == [
        ("Don't know", 10, 40),
        ("No", 10, 40),
        ("Yes", 20, 40),
    ]
    (row,) = cb.proportions(data, Item("q", yes="Yes", answers="don't KNOW")).rows
    assert (row.count, row.n) == (20, 40)
    (row,) = cb.proportions(data, Item("q", skipped="Don't know")).rows
    assert (row.count, row.n, dict(row.missing)) == (20, 30, {"skipped": 10})


def test_each_kind_is_named():
    data = pd.DataFrame({"q": ["Yes", "No", "Declined", "Inapplicable", "Skipped", "DK"] * 2})
    with pytest.raises(InputError) as problem:
        cb.proportions(data, Item("q", yes="Yes"))
    assert problem.value.fix == (
        "Say refused=['Declined'], skipped=['Skipped'], not_asked=['Inapplicable'], missing=['DK'] if they are no answer, "
        "or answers=['Declined', 'DK', 'Inapplicable', 'Skipped'] if they are answers."
    )


@pytest.mark.filterwarnings("ignore:.*who were asked answered")
def test_an_answer_is_in_one_list():
    with pytest.raises(InputError, match="not also in missing="):
        Item("q", missing=9, answers=9)
    with pytest.raises(InputError, match="not also in missing="):
        cb.proportions(pd.DataFrame({"q": [1, 0]}), "q", missing=9, answers=[9])
    # What the item says goes before what the call says.
    data = pd.DataFrame({"q": [1, 2, 3, 4, 5, 9] * 5})
    assert cb.proportions(data, Item("q", yes=5, answers=9), missing=9).rows[0].n == 30
    assert cb.proportions(data, Item("q", yes=5, missing=9), answers=9).rows[0].n == 25
    data = pd.DataFrame({"s": ["x;y", "x", "DK"] * 5, "t": ["yes", "no", "DK"] * 5, "u": [1, 0, 0] * 5})
    for columns in ("s", ["t", "u"]):
        how = SelectAll(columns, unticked=None if columns == "s" else "none", answers="DK")
        assert cb.proportions(data, how, missing="dk").rows[0].n == 15
        how = SelectAll(columns, unticked=None if columns == "s" else "none", missing="DK")
        assert cb.proportions(data, how, answers="dk").rows[0].n == (10 if columns == "s" else 15)


def test_select_all_takes_answers_too():
    assert SelectAll("how", answers="N/A").answers == ("N/A",)


# ---- zero ---------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "levels",
    [["0", "1-2", "3+"], ["0", "0", "0"], ["0", "none", "some"], ["0", "-0.0", "1+"], ["0", "a", "b"]],
)
def test_a_zero_without_positive_numbers_is_an_ordinary_answer(levels):
    n = 60
    data = pd.DataFrame({"q": [1, 0] * (n // 2), "g": [levels[i % 3] for i in range(n)], "id": range(n)})
    several = len(set(levels) - {"-0.0"}) > 1
    panel = cb.link_waves({"all": data, "later": data.iloc[: n // 2]}, on="id")
    cb.proportions(data, Item("g", each_level=True))
    cb.proportions(data, Item("g", yes="0"))
    cb.proportions(data, "q", by="g", among=Item("g", yes="0"))
    cb.proportions(data, "q", design=cb.SurveyDesign(strata="g"))
    cb.transitions(panel, Item("g", each_level=True))
    cb.attrition_weights(panel, ["g", "q"], wave="later", to="all")
    cb.attrition_weights(panel, ["q"], check=["g"], wave="later", to="all")
    if several:
        cb.compare_groups(data, "q", by="g")
    if levels == ["0", "0", "0"]:
        assert cb.proportions(data.assign(g=0), Item("g", at_least=1)).rows[0].count == 0
        assert cb.proportions(data.assign(g=0.0), "g").rows[0].n == n


def test_numbers_with_decimals_are_written_as_their_text_is():
    # They have a short cut, as a column of measurements has as many of them as rows.
    rng = np.random.default_rng(0)
    numbers = np.concatenate(
        [
            rng.normal(size=2_000),
            10.0 ** rng.uniform(-320, 300, 2_000),
            [np.nan, np.inf, -np.inf, 5e-324, 0.1],
        ]
    )
    for number in numbers.tolist():
        if not number.is_integer():
            assert canonical(number) == canonical(str(number))
