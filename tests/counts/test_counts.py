"""Counts: parts add up to the whole, whatever the order, and what is sent comes back to the bit."""

from __future__ import annotations

import copy
import json
import pickle
import warnings
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credbenefits.counts.base import Base
from credbenefits.counts.by_codes import ByCodes
from credbenefits.counts.counts import Counts
from credbenefits.counts.names import name_order
from credbenefits.counts.sampling import SurveyDesign
from credbenefits.counts.tally import TICKS, YES_NO, Axis, Share, Tally, item_share, level_shares
from credbenefits.counts.units import ReplicateScale, Units
from credbenefits.errors import DataWarning, InputError
from credbenefits.estimators.proportions import proportions
from credbenefits.frames.answers import MISSING_KINDS
from credbenefits.numerics.design.variance import taylor_clusters
from credbenefits.questions.item import Item
from credbenefits.questions.spelling import canonical, label
from credbenefits.results.proportions import Rung

# ---- a small count(), by hand -----------------------------------------------------------------------

NONE = {None: -1, "99": -2, "skip": -3, "refuse": -4, "n/a": -5}
YES = {"agree", "strongly agree"}
ORDER = ("low", "mid", "high")


def shown_levels(values, order=()):
    """Levels in order, each as most rows spell it, and the place of every value."""
    rows = {}
    for value in values:
        if value not in NONE:
            spelled = rows.setdefault(canonical(value), {})
            spelled[label(value)] = spelled.get(label(value), 0) + 1
    tokens = sorted(rows, key=name_order(order))
    place = {token: i for i, token in enumerate(tokens)}
    shown = tuple(min(rows[t], key=lambda text: (-rows[t][text], text)) for t in tokens)
    return shown, [NONE[v] if v in NONE else place[canonical(v)] for v in values]


def told(values, codes):
    """What was read as what, in how many rows."""
    found = {}
    for value, code in zip(values, codes, strict=True):
        found[value or "", code] = found.get((value or "", code), 0) + 1
    return tuple((text, code, n) for (text, code), n in found.items())


def level_axis(column, values, order=()):
    shown, codes = shown_levels(values, order)
    return Axis(column, column, shown, told(values, codes), order), np.array(codes)


def item_axis(column, values):
    codes = [NONE[v] if v in NONE else int(canonical(v) in YES) for v in values]
    return Axis(column, f"liked {column}", YES_NO, told(values, codes)), np.array(codes)


def yes_words(axis):
    yes = [text for text, place, n in axis.read for _ in range(n) if place == 1]
    return " or ".join(shown_levels(yes)[0])


class WithReplicates(NamedTuple):
    """A counter that adds up replicate weights, shape (R, rows), too."""

    of_rows: ByCodes
    replicate: object

    def count(self, codes):
        sums, group = self.of_rows.count(codes), self.of_rows.group
        inside = (group >= 0) & (self.of_rows.weight > 0)
        cells = [inside & np.all(np.column_stack(codes) == cell, axis=1) for cell in sums.cells]
        made = [
            [[w[(group == g) & here].sum() for here in cells] for g in range(self.of_rows.n_groups)]
            for w in self.replicate
        ]
        shape = len(self.replicate), *sums.people.shape[1:]
        return AllSums(*sums, replicate=np.reshape(np.array(made, dtype=np.float64), shape))


class AllSums(NamedTuple):
    cells: object
    people: object
    weight: object
    weight2: object
    extra: object
    replicate: object


def count(rows, *, by=("site",), design="clusters", weighted=True, replicates=0):
    """Count rows as the library's reader of frames will."""
    n = len(rows)
    column = {name: [row[name] for row in rows] for name in rows[0]}
    weight = np.array(column["weight"]) if weighted else None
    among, flag = item_axis("flag", column["flag"])
    parts = [level_axis(name, column[name]) for name in by]
    coded = [tuple(codes[i] for _, codes in parts) for i in range(n)]
    groups = sorted({g for g in coded if min(g, default=0) >= 0})
    place = {g: i for i, g in enumerate(groups)}
    group = np.array([place.get(g, -1) for g in coded])
    grouped = (flag == 1) & (group >= 0)
    light = np.zeros(n, dtype=bool) if weight is None else weight == 0
    base = Base(
        (Rung("people", n, n), Rung("reported liked flag", int((flag == 1).sum()), int((flag >= 0).sum()))),
        (among,),
        int((flag == 0).sum()),
        np.array([(flag == k).sum() for k in range(-5, 0)]),
        int(((flag == 1) & (group < 0)).sum()),
        int((grouped & light).sum()),
        int(((flag == 1) & light).sum()),
    )
    units, unit = sampled(column, n, design)
    replicate = (
        np.array([np.roll(column["weight"], k) - 1.0 for k in range(replicates)]) if replicates else None
    )
    counter = ByCodes(unit, np.where(flag == 1, group, -1), len(units.names), len(groups), weight)
    if replicates:
        counter = WithReplicates(counter, replicate)
    tallies = [
        of_item(counter, column),
        of_levels(counter, column),
        *of_ticks(counter, column),
        of_pair(counter, column),
    ]
    return Counts(
        tuple(tallies),
        tuple(axis for axis, _ in parts),
        tuple(tuple(axis.answers[i] for (axis, _), i in zip(parts, g, strict=True)) for g in groups),
        units,
        base,
        "people",
        weighted=weighted,
        population="graduates" if weighted else "",
        population_size=900 if weighted else 0,
        n_weights=900 if weighted else 0,
        replicates=ReplicateScale("brr", 0.5, np.ones(replicates)) if replicates else None,
    )


def sampled(column, n, design):
    if design == "none":
        return Units.none(n), None
    parts = ("stratum", "school")[: 2 if design == "clusters" else 1]
    named = [*zip(*(column[p] for p in parts), strict=True)]
    names = sorted(set(named), key=lambda name: [name_order()(v) for v in name])
    strata = list(dict.fromkeys(name[0] for name in names))
    rows = np.array([column["stratum"].count(h) for h in strata])
    population = np.array([SIZES[h] for h in strata])
    units = Units.of(names, parts, rows=rows, population=population, lonely_psu="certainty", deff=1.5)
    place = {name: i for i, name in enumerate(names)}
    return units, np.array([place[name] for name in named])


def of_item(counter, column):
    axis, codes = item_axis("job", column["job"])
    sums = counter.count([codes])
    words = yes_words(axis)
    share = item_share(axis, sums.cells, level=words, counts_as_yes=("Agree", "strongly agree"))
    return Tally("liked job", (axis,), shares=(share,), **sums._asdict())


def of_levels(counter, column):
    axis, codes = level_axis("pay", column["pay"], ORDER)
    sums = counter.count([codes])
    return Tally("pay", (axis,), shares=level_shares(axis, sums.cells), **sums._asdict())


def of_ticks(counter, column):
    every = sorted({v for row in column["ticks"] for v in row or ()}, key=name_order())
    gone = np.array([row is None for row in column["ticks"]])
    for choice in every:
        codes = np.where(gone, -1, [int(choice in (row or ())) for row in column["ticks"]])
        axis, sums = Axis("how", choice, YES_NO), counter.count([codes])
        share = item_share(axis, sums.cells, level=choice, counts_as_yes=(choice,), label=f"how: {choice}")
        yield Tally("how", (axis,), shares=(share,), select_all=True, **sums._asdict())
    if not every:
        sums = counter.count([np.where(gone, -1, 0)])
        yield Tally("how", (Axis("how", "", YES_NO),), shares=(), select_all=True, **sums._asdict())


def of_pair(counter, column):
    """Pay now, of those with each pay before: shares of several bases in one tally."""
    axes, codes = zip(*(level_axis(name, column[name], ORDER) for name in ("before", "pay")), strict=True)
    sums = counter.count(codes)
    first, second = sums.cells.T
    shares = tuple(
        Share(
            f"from {a} to {b}",
            b,
            (b,),
            (first == i) & (second == j),
            (first == i) & (second >= 0),
            of=f"pay {a}",
        )
        for i, a in enumerate(axes[0].answers)
        for j, b in enumerate(axes[1].answers)
        if ((first == i) & (second == j)).any()
    )
    return Tally("pay before and now", axes, shares=shares, **sums._asdict())


SIZES = {"9": 400.0, "10": 500.0, "rural": 600.0}
levels = st.sampled_from(["low", "mid", "high", None, "99"])
row = st.fixed_dictionaries(
    {
        "stratum": st.sampled_from([*SIZES]),
        "school": st.sampled_from(["s1", "s2", "s10"]),
        "site": st.sampled_from(["North", "north", "2", "10", None]),
        "role": st.sampled_from(["b", "a"]),
        "flag": st.sampled_from(["agree", "agree", "agree", "no", None, "refuse"]),
        "job": st.sampled_from(
            ["Agree", "agree", "strongly agree", "no", "never", None, "99", "skip", "refuse", "n/a"]
        ),
        "pay": levels,
        "before": levels,
        "ticks": st.one_of(st.none(), st.frozensets(st.sampled_from(["x", "y", "z10", "z9"]), max_size=3)),
        "weight": st.integers(0, 12).map(lambda q: q / 4),
    }
)
files = st.lists(row, min_size=1, max_size=25)
how = st.fixed_dictionaries(
    {
        "by": st.sampled_from([(), ("site",), ("site", "role")]),
        "design": st.sampled_from(["none", "strata", "clusters"]),
        "weighted": st.booleans(),
    }
)


# ---- adding -----------------------------------------------------------------------------------------


@given(files, files, files, how)
def test_parts_add_up_to_the_whole_in_any_order(one, two, three, options):
    # Quarters: all sums are exact, so the whole of it is equal, words and accounts too.
    parts = [count(rows, **options) for rows in (one, two, three)]
    whole = count([*one, *two, *three], **options)
    assert parts[0] + parts[1] + parts[2] == whole
    assert parts[0] + (parts[1] + parts[2]) == whole
    assert sum(reversed(parts)) == whole
    assert hash(sum(parts)) == hash(whole)


@given(files, st.randoms(use_true_random=False), how)
def test_the_order_of_rows_changes_nothing(rows, random, options):
    mixed = list(rows)
    random.shuffle(mixed)
    assert count(mixed, **options) == count(rows, **options)


@given(files, files)
def test_replicate_weights_add_up(one, two):
    both = count(one, design="none", replicates=4) + count(two, design="none", replicates=4)
    for tally in both.tallies:
        assert tally.replicate.shape[0] == 4
    job = both.tallies[0]
    parts = [count(rows, design="none", replicates=4).tallies[0].replicate.sum() for rows in (one, two)]
    assert job.replicate.sum() == sum(parts)


@given(
    st.lists(st.tuples(st.floats(1e-3, 1e3), st.integers(0, 3), st.integers(-5, 2)), min_size=2, max_size=40)
)
def test_any_weights_add_up_to_rounding(listed):
    weight, group, code = (np.array(column) for column in zip(*listed, strict=True))

    def counts(rows):
        sums = ByCodes(None, group[rows], 1, 4, weight[rows]).count([code[rows]])
        axis = Axis("a", "a", ("x", "y", "z"))
        tally = Tally("a", (axis,), shares=level_shares(axis, sums.cells), **sums._asdict())
        sites = tuple((s,) for s in "abcd")
        return Counts(
            (tally,),
            (Axis("g", "g", tuple("abcd")),),
            sites,
            Units.none(weight[rows].size),
            Base(),
            weighted=True,
        )

    half = weight.size // 2
    one, two, whole = counts(slice(half)), counts(slice(half, None)), counts(slice(None))
    both = (one + two).tallies[0]
    np.testing.assert_array_equal(both.people, whole.tallies[0].people)
    for name in ("weight", "weight2"):
        np.testing.assert_allclose(getattr(both, name), getattr(whole.tallies[0], name), rtol=1e-12)
    assert two + one == one + two  # to the bit


def test_what_one_file_does_not_have_is_nobody_there():
    plain = {
        "stratum": "9",
        "school": "s1",
        "flag": "agree",
        "job": "no",
        "pay": "low",
        "before": "low",
        "role": "a",
        "weight": 1.0,
    }
    one = count(
        [{**plain, "site": "North", "ticks": {"x"}}] * 2 + [{**plain, "site": "North", "ticks": None}]
    )
    two = count([{**plain, "site": "south", "school": "s2", "ticks": {"y"}}] * 4)
    both = one + two
    assert both.groups == (("North",), ("south",))
    assert both.units.names == (("9", "s1"), ("9", "s2"))
    assert both.units.drawn.tolist() == [2]
    how = [t for t in both.tallies if t.question == "how"]
    assert [t.choice for t in how] == ["x", "y"]
    x, y = (t.people.sum(axis=0) for t in how)
    assert how[0].cells.tolist() == how[1].cells.tolist() == [[-1], [0], [1]]
    assert x.tolist() == [[1, 0, 2], [0, 4, 0]]  # the south answered, and nobody there ticked x
    assert y.tolist() == [[1, 2, 0], [0, 0, 4]]
    assert how[0].shares[0].base.tolist() == [False, True, True]
    assert how[0].missing.tolist() == [[0, 0, 0, 0, 1], [0] * 5]


def test_a_select_all_question_nobody_ticked_anything_of_stands_in_for_its_people():
    plain = {
        "stratum": "9",
        "school": "s1",
        "flag": "agree",
        "job": "no",
        "pay": "low",
        "before": "low",
        "role": "a",
        "site": "a",
        "weight": 1.0,
    }
    nothing = count([{**plain, "ticks": None}] * 3 + [{**plain, "ticks": ()}])
    some = count([{**plain, "ticks": {"x"}}])
    assert [t.key for t in (nothing + nothing).tallies if t.select_all] == [("how", "")]
    x = next(t for t in (nothing + some + nothing).tallies if t.select_all)
    assert x.choice == "x"
    assert dict(zip(x.cells[:, 0].tolist(), x.people.sum(axis=(0, 1)).tolist(), strict=True)) == {
        -1: 6,
        0: 2,
        1: 1,
    }
    assert sum(t.select_all for t in (nothing + some).tallies) == 1


def test_the_spelling_of_most_rows_is_shown():
    axis = [Axis("q", "q", (name,), ((name, 0, n), ("YES ", 0, 3))) for name, n in (("yes", 4), ("Yes", 5))]
    cells = np.array([[0]])
    people = np.array([[[8]]])
    parts = [
        Counts(
            (Tally("q", (a,), cells, level_shares(a, cells), people, people * 1.0, people * 1.0),),
            (),
            ((),),
            Units.none(8),
            Base(),
        )
        for a in axis
    ]
    tally = (parts[0] + parts[1]).tallies[0]
    assert tally.axes[0].answers == ("YES",)
    assert tally.shares[0].label == "q: YES"
    assert tally.shares[0].counts_as_yes == ("YES",)
    assert tally.people.tolist() == [[[16]]]


def test_choices_spelled_in_two_ways_are_one_choice():
    def part(choice, n):
        axis, cells = Axis("how", choice, YES_NO, ((choice, 1, n),)), np.array([[1]])
        people = np.array([[[n]]])
        share = item_share(axis, cells, level=choice, counts_as_yes=(choice,), label=f"how: {choice}")
        tally = Tally("how", (axis,), cells, (share,), people, people * 1.0, people * 1.0, select_all=True)
        return Counts((tally,), (), ((),), Units.none(n), Base())

    for both in (part("Knowledge", 2) + part("knowledge", 3), part("knowledge", 3) + part("Knowledge", 2)):
        (tally,) = both.tallies
        assert (tally.choice, tally.shares[0].label, tally.people.sum()) == ("knowledge", "how: knowledge", 5)
        assert tally.shares[0].counts_as_yes == ("knowledge",)


def test_who_ticked_nothing_is_kept_apart_until_the_whole_file_is_known():
    def part(choices, nothing):
        axes = [Axis("how", choice, TICKS, (("nothing ticked", 2, nothing),)) for choice in choices]
        codes = np.array([0, 1] + [2] * nothing)
        sums = ByCodes(None, np.zeros(codes.size, dtype=np.int64), 1, 1).count([codes])
        tallies = [
            Tally(
                "how",
                (a,),
                shares=(item_share(a, sums.cells, level=a.label, counts_as_yes=(a.label,)),),
                select_all=True,
                **sums._asdict(),
            )
            for a in axes
        ]
        return Counts(tuple(tallies), (), ((),), Units.none(codes.size), Base())

    x, y = (part("x", 3) + part("xy", 2)).tallies
    assert x.cells.tolist() == y.cells.tolist() == [[0], [1], [2]]
    assert x.people.tolist() == [[[2, 2, 5]]]
    assert y.people.tolist() == [[[3, 1, 5]]]
    assert y.shares[0].base.tolist() == [True, True, False]
    assert x.axes[0].read == (("nothing ticked", 2, 5),)


def test_orders_come_from_the_names():
    plain = {
        "school": "s1",
        "flag": "agree",
        "job": "no",
        "before": "low",
        "role": "a",
        "ticks": None,
        "weight": 1.0,
    }
    rows = [
        {**plain, "stratum": s, "site": g, "pay": p}
        for s, g, p in [("rural", "b", "high"), ("10", "10", "low"), ("9", "9", "mid")]
    ]
    both = sum(count([r]) for r in rows)
    assert both.groups == (("9",), ("10",), ("b",))
    assert both.units.strata == ("9", "10", "rural")
    assert both.tallies[1].axes[0].answers == ("low", "mid", "high")  # as declared
    assert [s.level for s in both.tallies[1].shares] == ["low", "mid", "high"]


def test_weights_on_other_scales_add_up():
    rows = [
        {
            "stratum": "9",
            "school": "s1",
            "flag": "agree",
            "job": "no",
            "pay": "low",
            "before": "low",
            "role": "a",
            "site": "a",
            "weight": 3.0,
            "ticks": None,
        }
    ]
    one = count(rows)
    halves = replace(count([{**rows[0], "weight": 1.5}]), exponent=1)
    both = one + halves
    assert both == halves + one
    assert both.exponent == 1
    assert both.tallies[0].weight.sum() == 3.0
    assert both.tallies[0].weight2.sum() == 4.5


# ---- what cannot be added ---------------------------------------------------------------------------

ROWS = [
    {
        "stratum": "9",
        "school": "s1",
        "flag": "agree",
        "job": "agree",
        "pay": "low",
        "before": "mid",
        "role": "a",
        "site": "north",
        "weight": 2.0,
        "ticks": {"x"},
    },
    {
        "stratum": "10",
        "school": "s1",
        "flag": "agree",
        "job": "no",
        "pay": "mid",
        "before": "mid",
        "role": "b",
        "site": "south",
        "weight": 0.5,
        "ticks": None,
    },
]


def first_tally(counts, **changes):
    return replace(counts, tallies=(replace(counts.tallies[0], **changes), *counts.tallies[1:]))


def recoded(counts):
    tally = counts.tallies[0]
    share = replace(tally.shares[0], counts_as_yes=("agree",))
    return first_tally(counts, shares=(share,))


def read_otherwise(counts):
    axis = replace(counts.tallies[0].axes[0], read=(("agree", 0, 1),))
    return first_tally(counts, axes=(axis,))


def declared_otherwise(counts):
    axis = replace(counts.tallies[1].axes[0], order=("high", "mid", "low"))
    tallies = list(counts.tallies)
    tallies[1] = replace(tallies[1], axes=(axis,))
    return replace(counts, tallies=tuple(tallies))


def yes_flipped(counts):
    share = counts.tallies[0].shares[0]
    return first_tally(counts, shares=(replace(share, yes=~share.yes),))


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        (lambda c: count(ROWS, by=("role",)), "by"),
        (lambda c: count(ROWS, by=()), "by"),
        (lambda c: count(ROWS, design="none"), "design"),
        (lambda c: count(ROWS, design="strata"), "design"),
        (lambda c: c.without_units(), "design"),
        (lambda c: replace(c, units=replace(c.units, lonely_psu="error")), "design"),
        (lambda c: replace(c, units=replace(c.units, population=c.units.population + 1)), "population_size"),
        (lambda c: replace(c, units=replace(c.units, population=None)), "population_size"),
        (lambda c: count(ROWS, weighted=False), "weights"),
        (lambda c: replace(c, population_size=901), "weights"),
        (lambda c: replace(c, people="alumni"), "people"),
        (lambda c: replace(c, base=Base()), "among"),
        (lambda c: replace(c, base=replace(c.base, within=Base())), "among"),
        (lambda c: replace(c, tallies=c.tallies[1:]), "items"),
        (lambda c: first_tally(c, question="other"), "items"),
        (lambda c: first_tally(c, select_all=True), "items"),
        (recoded, "items"),
        (yes_flipped, "items"),
        (read_otherwise, "job"),
        (declared_otherwise, "pay"),
    ],
)
def test_counts_of_other_calls_are_refused(change, argument):
    counts = count(ROWS)
    with pytest.raises(InputError, match="counts with the same") as problem:
        counts + change(counts)
    assert problem.value.argument == argument
    with pytest.raises(InputError):
        change(counts) + counts


def test_names_that_only_a_spelling_tells_apart_are_refused():
    one = count(ROWS)
    names = replace(
        one,
        units=replace(
            one.units,
            names=(("9", "s1"), ("9", "S1")),
            stratum=np.array([0, 0]),
            psu=np.array([0, 1]),
            drawn=np.array([2]),
            population=None,
        ),
    )
    with pytest.raises(InputError, match="spelling of units"):
        names + names
    ticks = next(t for t in one.tallies if t.select_all)
    louder = replace(ticks, axes=(replace(ticks.axes[0], label="X"),))
    choices = replace(one, tallies=(*one.tallies, louder))
    with pytest.raises(InputError, match="spelling of choices"):
        choices + one
    with pytest.raises(InputError, match="spelling of choices"):
        one + choices


def test_other_replicate_scales_are_refused():
    one = count(ROWS, design="none", replicates=2)
    other = replace(one, replicates=replace(one.replicates, scale=0.25))
    with pytest.raises(InputError, match="replicate weights"):
        one + other
    with pytest.raises(InputError, match="replicate weights"):
        one + count(ROWS, design="none")
    with pytest.raises(InputError, match="replicate weights"):
        count(ROWS, replicates=2)  # beside clusters


def test_more_rows_than_the_population_are_refused():
    one = count(ROWS, design="strata")
    small = replace(one, units=replace(one.units, population=one.units.drawn.astype(float)))
    with pytest.raises(InputError, match="do not add the same people twice"):
        small + small


def test_only_counts_are_added():
    with pytest.raises(TypeError):
        count(ROWS) + 1
    with pytest.raises(TypeError):
        1 + count(ROWS)


# ---- the sums ---------------------------------------------------------------------------------------


@given(files)
def test_sums_are_those_of_pandas(rows):
    data = pd.DataFrame(rows)
    data = data[(data["flag"] == "agree") & data["site"].notna() & (data["weight"] > 0)]
    data = data.assign(
        site=data["site"].map(canonical), w2=data["weight"] ** 2, job=data["job"].fillna("").str.lower()
    )
    coded = {
        **{text or "": MISSING_KINDS[kind] for text, kind in NONE.items()},
        "agree": "yes",
        "strongly agree": "yes",
        "no": "no",
        "never": "no",
    }
    data["job"] = data["job"].map(coded)
    keys = ["stratum", "school", "site", "job"]
    expected = data.groupby(keys).agg(
        people=("weight", "size"), weight=("weight", "sum"), weight2=("w2", "sum")
    )
    table = count(rows).to_frame()
    table = table[table["question"] == "liked job"]
    assert len(table) == len(expected)
    if len(table):
        table["job"] = table["answer"].fillna(table["no_answer"])
        table["site"] = table["site"].map(canonical)
        found = table.rename(columns={"in_stratum": "stratum", "in_cluster": "school"}).set_index(keys)
        pd.testing.assert_frame_equal(
            found[[*expected]].sort_index(), expected.sort_index(), check_dtype=False, check_index_type=False
        )


@given(st.lists(st.lists(st.integers(-5, 3), min_size=3, max_size=3), min_size=1, max_size=60), st.booleans())
def test_crossings_are_counted_cell_by_cell(listed, many_units):
    table = np.array(listed)
    n = 500 if many_units else 1  # with many units the crossing is sorted, with few it is counted straight
    unit = np.zeros(len(table), dtype=np.int64) if many_units else None
    sums = ByCodes(unit, np.zeros(len(table), dtype=np.int64), n, 1).count(list(table.T))
    cells, people = np.unique(table, axis=0, return_counts=True)
    np.testing.assert_array_equal(sums.cells, cells)
    np.testing.assert_array_equal(sums.people[0, 0], people)


@pytest.mark.parametrize("parts", [1, 3])
def test_an_estimator_finds_in_them_what_it_takes_from_rows(parts):
    rng = np.random.default_rng(20)
    rows = [
        {
            "stratum": h,
            "school": f"{h}{rng.integers(6)}",
            "site": g,
            "role": "a",
            "flag": rng.choice(["agree", "no"]),
            "job": rng.choice(["agree", "no", "99", "refuse"], p=[0.5, 0.3, 0.1, 0.1]),
            "pay": "low",
            "before": "low",
            "ticks": None,
            "weight": float(rng.integers(1, 9)),
        }
        for h in SIZES
        for g in ("north", "south")
        for _ in range(40)
    ]
    counts = sum(count(rows[k::parts]) for k in range(parts))
    job = Item("job", yes=["agree"], no=["no"], missing="99", refused="refuse")
    data = pd.DataFrame(rows).assign(size=[SIZES[row["stratum"]] for row in rows])
    design = SurveyDesign(strata="stratum", clusters="school", population_size="size")
    among = Item("flag", yes="agree")
    result = proportions(data, job, by="site", among=among, weights="weight", design=design)
    tally, units = counts.tallies[0], counts.units
    (share,) = tally.shares
    yes, base, people = (
        array[..., flags].sum(axis=-1)[:, None]
        for array, flags in (
            (tally.weight, share.yes),
            (tally.weight, share.base),
            (tally.people, share.base),
        )
    )
    made = taylor_clusters(
        yes, base, people, units.stratum, sampling_fraction=units.drawn / units.population, lonely_psu="error"
    )
    np.testing.assert_allclose([r.std_error for r in result.rows], np.sqrt(made.variance[0]), rtol=1e-12)
    np.testing.assert_allclose(
        [r.estimate for r in result.rows], (yes.sum(axis=0) / base.sum(axis=0))[0], rtol=1e-12
    )
    assert [r.df for r in result.rows] == made.df[0].tolist()
    assert [r.n for r in result.rows] == people.sum(axis=0)[0].tolist()
    assert [dict(r.missing) for r in result.rows] == [
        {kind: n for kind, n in zip(MISSING_KINDS, row, strict=True) if n} for row in tally.missing.tolist()
    ]
    assert [(rung.n, rung.of) for rung in counts.base.ladder] == [
        (r.n, r.of) for r in result.rows[0].ladder[:2]
    ]
    (account,) = result.account
    assert account.outside_subset == counts.base.outside
    assert account.rows == counts.base.left_out + tally.people.sum()


def test_codes_of_many_answers_fit_the_smallest_type():
    code = np.array([-5, 127, 127], dtype=np.int8)
    sums = ByCodes(None, np.zeros(3, dtype=np.int64), 1, 1).count([code])
    assert sums.cells.tolist() == [[-5], [127]]
    assert sums.people.tolist() == [[[1, 2]]]


@given(files)
def test_every_row_is_in_one_place(rows):
    counts = count(rows)
    for tally in counts.tallies:
        assert int(tally.people.sum()) + counts.base.left_out == len(rows)


# ---- leaving units out, the smallest cell, printing ----------------------------------------------------


@given(files)
def test_units_can_be_left_out(rows):
    counts = count(rows)
    plain = counts.without_units()
    assert plain.units.dropped
    assert not plain.units.has_any
    assert plain.without_units() is plain
    for one, two in zip(counts.tallies, plain.tallies, strict=True):
        np.testing.assert_array_equal(one.weight2.sum(axis=0), two.weight2[0])
    assert not set(plain.to_frame().columns) & {"in_stratum", "in_cluster"}
    assert plain + plain == (counts + counts).without_units()


def test_the_smallest_cell():
    counts = count([*ROWS * 3, {**ROWS[0], "pay": "high"}])
    assert counts.smallest == 1
    assert count(ROWS * 4).smallest == 4
    nobody = count([{**ROWS[0], "flag": "no"}])
    assert nobody.smallest == 0


def test_counts_print_a_line_for_each_question():
    counts = replace(count([*ROWS] * 2), people="<b>people\n</b>")
    text = repr(counts)
    assert text.splitlines()[0] == "Counts of 4 <b>people </b>, weighted to 900 graduates"
    assert "how: x" in text
    assert "- 2 sampling units (stratum and school)" in text
    assert "- by site: 2 groups" in text
    assert "- 3 replicate weights (brr)" in repr(count(ROWS, design="none", replicates=3))
    assert "only Kish's effective size" in repr(counts.without_units())
    assert "- the smallest cell holds 2 people" in text
    page = counts._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;people" in page


def test_counts_cannot_be_changed_and_travel_by_pickle():
    for counts in (count(ROWS), count(ROWS, design="none", replicates=2)):
        for again in (counts, pickle.loads(pickle.dumps(counts)), copy.copy(counts), copy.deepcopy(counts)):
            assert again == counts
            assert hash(again) == hash(counts)
            for array in (
                again.tallies[0].people,
                again.tallies[0].shares[0].yes,
                again.units.drawn,
                again.base.unclear,
            ):
                with pytest.raises(ValueError, match="read-only"):
                    array[:] = 0
            with pytest.raises(AttributeError):
                again.people = "others"
            with pytest.raises(TypeError):
                again.tallies[0].extra["wd"] = 0
    assert replace(counts, people="others") != counts


# ---- JSON -------------------------------------------------------------------------------------------


def sent(counts, path=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return counts.to_json(path)


floats_of_any_kind = st.floats(5e-324, 1e150)


@given(files, how, floats_of_any_kind, st.text(max_size=5))
def test_json_comes_back_to_the_bit(rows, options, factor, people):
    counts = replace(count([{**r, "weight": r["weight"] * factor} for r in rows], **options), people=people)
    back = Counts.from_json(sent(counts))
    assert back == counts
    for one, two in zip(back.tallies, counts.tallies, strict=True):
        assert one.weight.tobytes() == two.weight.tobytes()
        assert one.people.dtype == two.people.dtype
    assert sent(back) == sent(counts)


def test_json_holds_replicates_and_joint_bases(tmp_path):
    counts = count(ROWS, design="none", replicates=3)
    counts = replace(
        counts, base=replace(counts.base, within=counts.base), replicates=replace(counts.replicates, df=7.0)
    )
    linked = replace(counts.tallies[-1], extra={"wd": counts.tallies[-1].weight / 3})
    counts = replace(counts, tallies=(*counts.tallies[:-1], linked))
    assert Counts.from_frame(counts.to_frame(), like=counts) == counts
    file = tmp_path / "counts.json"
    assert sent(counts, file) is None
    assert Counts.from_json(file) == Counts.from_json(str(file)) == counts
    assert counts + counts == Counts.from_json(file) + counts


def test_json_warns_of_small_cells():
    many = count([*ROWS] * 10)
    with pytest.warns(DataWarning, match="fewer than 10 people \\(the smallest: 1\\)"):
        count(ROWS).to_json()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        many.to_json()
    rare = first_tally(many, axes=(replace(many.tallies[0].axes[0], read=(("agree", 1, 3),)),))
    with pytest.warns(DataWarning, match="written in fewer than 10 rows"):
        rare.to_json()


SECRET = "Ada Lovelace"


def broken(change):
    data = json.loads(sent(replace(count(ROWS), people=SECRET)))
    change(data)
    return json.dumps(data)


def put(*path, value):
    def change(data):
        for name in path[:-1]:
            data = data[name]
        if value is None:
            del data[path[-1]]
        else:
            data[path[-1]] = value

    return change


def within(times):
    """A base in a base in a base."""

    def change(data):
        base = data["labels"]["base"]
        for _ in range(times):
            base["within"] = {**base, "within": None}
            base = base["within"]

    return broken(change)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        f'{{"schema": "{SECRET}"}}',
        "{}",
        "null",
        '{"a": NaN}',
        "[" * 100_000,
        '{"a":' * 100_000,
        f'{{"{SECRET}": 1',
        "\0",
        "{" + "9" * 10_000,
        broken(put("schema", value="credbenefits.counts/2")),
        broken(put("schema", value=[SECRET])),
        broken(put("labels", value=None)),
        broken(put("labels", value=SECRET)),
        broken(put("labels", "people", value=7)),
        broken(put("labels", "groups", value=[[SECRET]])),
        broken(put("labels", "groups", value=[SECRET])),
        broken(put("labels", "units", "drawn", value=[1])),
        broken(put("labels", "units", "stratum", value=[0, 10**9])),
        broken(put("labels", "units", "psu", value=[0, -1])),
        broken(put("labels", "units", "lonely_psu", value=SECRET)),
        broken(put("labels", "units", "lonely_psu", value=[SECRET])),
        broken(put("labels", "units", "population", value=[1e999, 1.0])),
        broken(put("labels", "units", "population", value=[0.5, 0.5])),
        broken(put("labels", "questions", value=[])),
        broken(put("labels", "questions", 0, "cells", value=[[0], [0]])),
        broken(put("labels", "questions", 0, "cells", value=[[0, 1], [1, 0]])),
        broken(put("labels", "questions", 0, "cells", value=[[0], [7]])),
        broken(put("labels", "questions", 0, "axes", value=[])),
        broken(put("labels", "questions", 0, "extra", value=[SECRET])),
        broken(put("labels", "questions", 0, "shares", 0, "yes", value=[5])),
        broken(put("labels", "questions", 0, "axes", 0, "answers", value=[SECRET, SECRET])),
        broken(put("labels", "questions", 0, "axes", 0, "read", value=[[SECRET, 9, 1]])),
        broken(put("labels", "questions", 0, "axes", 0, "read", value=[[SECRET]])),
        broken(put("labels", "base", "ladder", value=[[SECRET, 1]])),
        broken(put("labels", "base", "ladder", 1, value=[SECRET, 3, 2])),
        broken(put("labels", "base", "unclear", value=[1, 2])),
        broken(put("labels", "base", "outside", value=-1)),
        broken(put("labels", "replicates", value={"kind": SECRET})),
        broken(put("table", value=None)),
        broken(put("table", "people", value=[SECRET])),
        broken(put("table", "people", 0, value=-1)),
        broken(put("table", "people", 0, value=1.5)),
        broken(put("table", "people", 0, value=True)),
        broken(put("table", "people", 0, value=10**30)),
        broken(put("table", "weight", 0, value=-1.0)),
        broken(put("table", "weight", 0, value=1e999)),
        broken(put("table", "weight", 0, value=1e300)),
        broken(put("table", "weight", value=None)),
        broken(put("table", "weight", 0, value=10**400)),
        broken(put("table", "weight2", 0, value=1e-9)),
        broken(put("table", "cell", 0, value=10**6)),
        broken(put("table", "unit", 0, value=2)),
        broken(put("table", "unit", 0, value=-1)),
        broken(put("table", "question", 0, value=99)),
        broken(put("table", "group", value=[0])),
        broken(put("labels", "units", "deff", value=10**400)),
        broken(put("labels", "units", "deff", value=0)),
        broken(put("labels", "units", "deff", value=-2.0)),
        broken(put("labels", "exponent", value=10**9)),
        f'{{"schema": "credbenefits.counts/1", "{SECRET}": 1, "{SECRET}": 2}}',
        broken(lambda data: None).replace('"people":', f'"people": "{SECRET}", "people":', 1),
        within(400),
    ],
    ids=lambda text: text[:12],
)
def test_a_foreign_file_is_refused_and_not_repeated(text):
    with pytest.raises(InputError) as problem:
        Counts.from_json(text)
    assert SECRET not in str(problem.value)
    assert "Lovelace" not in str(problem.value.__cause__)


def test_a_table_beyond_reason_is_refused_before_it_is_made():
    data = json.loads(sent(count(ROWS)))
    data["labels"]["groups"] = [[str(k)] for k in range(30_000)]
    data["labels"]["grouping"][0]["answers"] = [str(k) for k in range(30_000)]
    names = [["9", str(k)] for k in range(3_000)]
    data["labels"]["units"] |= {
        "names": names,
        "stratum": [0] * 3_000,
        "psu": [*range(3_000)],
        "drawn": [3_000],
        "population": None,
    }
    with pytest.raises(InputError, match="at most 100,000,000 cells"):
        Counts.from_json(json.dumps(data))


@pytest.mark.parametrize(
    ("name", "value"), [("scale", -1.0), ("scale", 0), ("rscales", [1.0, -1.0]), ("rscales", []), ("df", 0.0)]
)
def test_a_scale_that_makes_no_variance_is_refused(name, value):
    data = json.loads(sent(count(ROWS, design="none", replicates=2)))
    data["labels"]["replicates"][name] = value
    with pytest.raises(InputError):
        Counts.from_json(json.dumps(data))


def test_products_beyond_reason_are_refused_before_room_is_made_for_them():
    data = json.loads(sent(count(ROWS, design="none", replicates=2)))
    data["labels"]["replicates"]["rscales"] = [1.0] * 200_000
    data["labels"]["products"] = [[1.0]]
    with pytest.raises(InputError, match=r"20,000,100,000 numbers at labels\.products"):
        Counts.from_json(json.dumps(data))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="a file of counts"):
        Counts.from_json(tmp_path / "none.json")
    with pytest.raises(InputError, match="a file of counts"):
        Counts.from_json(7)


# ---- frames -----------------------------------------------------------------------------------------


@settings(deadline=None)
@given(files, how, st.randoms(use_true_random=False))
def test_a_frame_comes_back_to_the_bit(rows, options, random):
    counts = count(rows, **options)
    table = counts.to_frame()
    if not len(table):
        return
    order = list(range(len(table)))
    random.shuffle(order)
    assert Counts.from_frame(table.iloc[order], like=counts) == counts


def test_a_frame_of_replicates_and_other_libraries(tmp_path):
    counts = count(ROWS, design="none", replicates=3)
    table = counts.to_frame()
    assert Counts.from_frame(table, like=counts) == counts
    table.to_csv(tmp_path / "counts.csv", index=False)
    assert Counts.from_frame(pd.read_csv(tmp_path / "counts.csv"), like=counts) == counts
    polars = pytest.importorskip("polars")
    assert Counts.from_frame(polars.from_pandas(table), like=counts) == counts


def test_a_published_table_becomes_counts():
    table = pd.DataFrame(
        {
            "item": ["job"] * 4 + ["field"] * 3,
            "site": ["n", "n", "s", "s", "n", "s", "s"],
            "answer": ["Yes", "no", "yes", "no", "Arts", "Arts", "Law"],
            "n": [3, 4, 5, 0, 7, 2, 6],
        }
    )
    counts = Counts.from_frame(table, people="graduates")
    assert counts.groups == (("n",), ("s",))
    assert not counts.weighted
    job, field = counts.tallies
    assert job.people.tolist() == [[[4, 3], [0, 5]]]
    assert job.shares[0].yes.tolist() == [False, True]
    assert [s.level for s in field.shares] == ["Arts", "Law"]
    assert all(s.exclusive for s in field.shares)
    assert field.weight2.tolist() == [[[7.0, 0.0], [2.0, 6.0]]]
    assert (counts + counts).tallies[0].people.tolist() == [[[8, 6], [0, 10]]]


def test_a_plain_table_comes_back_without_its_counts():
    counts = count([*ROWS, {**ROWS[0], "job": None}], by=("site",), design="none")
    table = counts.to_frame()
    plain = table[table["question"] != "pay before and now"].drop(columns=["answer_2", "no_answer_2"])
    again = Counts.from_frame(plain)
    assert again.weighted
    assert [t.key for t in again.tallies] == [t.key for t in counts.tallies[:-1]]
    for one, two in zip(again.tallies, counts.tallies, strict=False):
        np.testing.assert_array_equal(one.people, two.people)
        np.testing.assert_array_equal(one.weight2, two.weight2)
        np.testing.assert_array_equal(one.cells, two.cells)


def test_a_suppressed_table_has_fewer_cells():
    counts = count([*ROWS * 3, {**ROWS[0], "pay": "high"}])
    table = counts.to_frame()
    kept = Counts.from_frame(table[table["people"] >= 3], like=counts)
    assert kept.smallest == 3
    assert [s.level for s in kept.tallies[1].shares] == ["low", "mid", "high"]
    assert kept.tallies[1].cells.tolist() == [[0], [1]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="people"), "people"),
        (lambda t: t.drop(columns="answer"), "answer"),
        (lambda t: t.drop(columns="weight2"), "weight2"),
        (lambda t: t.drop(columns="site"), "groups"),
        (lambda t: t.assign(year="1"), "groups"),
        (lambda t: t.assign(people=-1), "no whole number"),
        (lambda t: t.assign(people=0.5), "no whole number"),
        (lambda t: t.assign(people=np.nan), "no whole number"),
        (lambda t: t.assign(weight=np.inf), "not finite"),
        (lambda t: t.assign(weight=-1.0), "not finite"),
        (lambda t: t.assign(weight=9.0), "squared weights is too small"),
        (lambda t: t.assign(people=0), "nobody has a weight"),
        (lambda t: pd.concat([t, t]), "there twice"),
        (lambda t: t.assign(site="west"), "the groups of like="),
        (lambda t: t.assign(in_cluster="s9"), "the units of like="),
        (lambda t: t.assign(question="other"), "the questions of like="),
        (lambda t: t.assign(answer="other", no_answer=None), "the answers of like="),
        (lambda t: t.assign(no_answer="other", answer=None), "other rows"),
        (lambda t: t.assign(no_answer=None, answer=None), "other rows"),
        (lambda t: t.assign(people="many"), "numbers"),
    ],
)
def test_a_table_that_is_none_of_the_counts_is_refused(change, words):
    counts = count(ROWS)
    with pytest.raises(InputError, match=words):
        Counts.from_frame(change(counts.to_frame()), like=counts)


def test_a_table_of_units_needs_its_counts():
    with pytest.raises(InputError, match="like"):
        Counts.from_frame(count(ROWS).to_frame())


# ---- what does not fit together -----------------------------------------------------------------------


def test_what_does_not_fit_together_is_refused():
    counts = count(ROWS)
    tally = counts.tallies[0]
    bad = [
        lambda: replace(tally, people=tally.people.astype(float)),
        lambda: replace(tally, weight=tally.weight[0]),
        lambda: replace(tally, cells=tally.cells[::-1]),
        lambda: replace(tally, cells=tally.cells + 1),
        lambda: replace(tally, axes=()),
        lambda: replace(counts.tallies[1], select_all=True),
        lambda: replace(tally, extra={"other": tally.weight}),
        lambda: replace(tally, replicate=tally.weight[..., :1]),
        lambda: replace(tally, shares=(replace(tally.shares[0], yes=np.ones(9, dtype=bool)),)),
        lambda: replace(tally, shares=(*tally.shares, replace(tally.shares[0], base=~tally.shares[0].base))),
        lambda: replace(counts, tallies=(tally, tally)),
        lambda: replace(counts, tallies=()),
        lambda: replace(counts, groups=counts.groups[:1]),
        lambda: replace(counts, groups=(("north",), ("nowhere",))),
        lambda: replace(counts, groups=(("north",), ("north",))),
        lambda: replace(counts, grouping=(replace(counts.grouping[0], label="people"),)),
        lambda: replace(counts, grouping=(replace(counts.grouping[0], label="answer_2"),)),
        lambda: replace(counts, units=Units.none(2)),
        lambda: replace(counts.units, drawn=counts.units.drawn[:1]),
        lambda: replace(counts.units, names=counts.units.names[:1] * 2),
        lambda: Units.of([("a",)], ("stratum",)),
        lambda: Base(unclear=np.zeros(3, dtype=np.int64)),
        lambda: Axis("a", "a", ("x", "x")),
        lambda: Axis("a", "a", ("x",), (("x", 1, 1),)),
    ]
    for make in bad:
        with pytest.raises(InputError):
            make()
