"""Proportions: by hand, against a loop over rows, and what must hold whatever the data are."""

from __future__ import annotations

import itertools
import math
import re
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

import credbenefits as cb
from credbenefits import Item
from credbenefits.errors import DataWarning, InputError, MethodError

# Few answers are a matter of one test only.
pytestmark = pytest.mark.filterwarnings("ignore:.*who were asked answered")

some = settings(max_examples=40, deadline=None)


def textbook_wilson(p, n, level=0.95):
    """Centre and half width, as printed in the textbooks; the library works from the roots."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return centre - half, centre + half


def answers(yes, no, missing=0):
    return pd.DataFrame({"q": ["yes"] * yes + ["no"] * no + [None] * missing})


def only(result):
    (row,) = result.rows
    return row


def one(data, item="q", **options):
    return only(cb.proportions(data, item, **options))


def interval(row):
    return row.conf_low, row.conf_high


@pytest.fixture
def followup():
    """120 people: 40 improved, 12 of them through knowledge, 5 of those at once; skip logic throughout."""
    return pd.DataFrame(
        {
            "improved": ["yes"] * 40 + ["no"] * 80,
            "knowledge": ["yes"] * 12 + ["no"] * 28 + [None] * 80,
            "at_once": ["yes"] * 5 + ["no"] * 7 + [None] * 108,
        }
    )


@pytest.fixture(scope="module")
def panel():
    """2,300 completers of three ages; 100 of them followed up (worked example of weighting)."""
    ages = ["young"] * 900 + ["mid"] * 900 + ["old"] * 500
    done = pd.DataFrame({"id": range(2300), "age": ages})
    answered = [*range(25), *range(900, 940), *range(1800, 1835)]
    yes = [1] * 12 + [0] * 13 + [1] * 12 + [0] * 28 + [1] * 9 + [0] * 26
    return cb.link_waves({"done": done, "later": pd.DataFrame({"id": answered, "q": yes})}, on="id")


@pytest.fixture(scope="module")
def weights(panel):
    return cb.attrition_weights(panel, "age", wave="later", to="done", trim=None, population="completers")


# ---- by hand ----------------------------------------------------------------------------------------


def test_forty_of_120():
    row = one(answers(40, 80))
    assert row.estimate == 40 / 120
    assert (row.count, row.n, row.n_missing) == (40, 120, 0)
    assert interval(row) == pytest.approx((0.2553, 0.4217), abs=5e-5)
    assert interval(row) == pytest.approx(textbook_wilson(1 / 3, 120), abs=1e-14)
    assert row.std_error == pytest.approx(math.sqrt((1 / 3) * (2 / 3) / 120))
    assert (row.n_effective, row.deff) == (120, 1)
    assert row.flags == ()
    assert math.isnan(row.bound)
    assert row.base == "120 respondents"
    assert row.level == "yes"


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (33, 100, 0.2456, 0.4269),
        (10, 33, 0.1738, 0.4734),
        (5, 33, 0.0665, 0.3092),
        (0, 33, 0, 0.1043),
        (10, 100, 0.0552, 0.1744),
        (12, 40, 0.1807, 0.4543),
    ],
)
def test_published_wilson_limits(count, n, low, high):
    assert interval(one(answers(count, n - count))) == pytest.approx((low, high), abs=5.1e-5)


def test_a_subset_is_the_denominator(followup):
    row = one(followup, "knowledge", among="improved")
    assert (row.count, row.n, row.n_missing) == (12, 40, 0)
    assert row.estimate == 0.3
    assert interval(row) == pytest.approx((0.1807, 0.4543), abs=5e-5)
    assert [(r.words, r.n, r.of) for r in row.ladder] == [
        ("respondents", 120, 120),
        ("reported improved", 40, 120),
        ("reported knowledge", 12, 40),
    ]
    assert row.base == "40 respondents who reported improved"


def test_a_subset_of_a_subset(followup):
    row = one(followup, "at_once", among=["improved", "knowledge"], people="learners")
    assert (row.count, row.n, row.n_missing) == (5, 12, 0)
    assert [(r.n, r.of) for r in row.ladder] == [(120, 120), (40, 120), (12, 40), (5, 12)]
    assert row.base == "12 learners who reported improved and knowledge"
    assert "small_base" in row.flags


def test_the_same_chain_in_another_order_ends_with_the_same_people(followup):
    one_way = one(followup, "at_once", among=["improved", "knowledge"])
    other = one(followup, "at_once", among=["knowledge", "improved"])
    assert (one_way.count, one_way.n, *interval(one_way)) == (other.count, other.n, *interval(other))


def test_nobody():
    row = one(answers(0, 120))
    assert row.estimate == 0
    assert row.conf_low == 0
    assert row.conf_high == pytest.approx(
        NormalDist().inv_cdf(0.975) ** 2 / (120 + NormalDist().inv_cdf(0.975) ** 2)
    )
    assert row.bound == pytest.approx(1 - 0.05 ** (1 / 120), rel=1e-12)
    assert row.flags == ("none",)


@pytest.mark.parametrize(("n", "bound"), [(33, 0.087), (100, 0.0295)])
def test_what_none_of_n_cannot_rule_out(n, bound):
    assert one(answers(0, n)).bound == pytest.approx(bound, abs=6e-4)


def test_everybody():
    row = one(answers(120, 0))
    assert row.estimate == row.conf_high == 1
    assert row.conf_low == pytest.approx(1 - one(answers(0, 120)).conf_high, abs=1e-15)
    assert row.bound == pytest.approx(0.05 ** (1 / 120), rel=1e-12)
    assert row.flags == ("all",)


def test_the_bound_follows_the_level():
    assert one(answers(0, 50), confidence_level=0.9).bound == pytest.approx(1 - 0.1 ** (1 / 50))


def test_one_person():
    row = one(answers(1, 0))
    assert interval(row) == pytest.approx(textbook_wilson(1, 1), abs=1e-15)
    assert row.flags == ("all", "small_base")


# ---- who is in the denominator ------------------------------------------------------------------------


def test_the_denominator_is_who_answered_not_who_was_asked():
    row = one(answers(40, 60, missing=20))
    assert (row.count, row.n, row.n_missing, row.estimate) == (40, 100, 20, 0.4)


def test_skip_logic_is_not_item_nonresponse(followup):
    followup.loc[[0, 39], "knowledge"] = None
    row = one(followup, "knowledge", among="improved")
    assert (row.count, row.n, row.n_missing) == (11, 38, 2)
    (account,) = cb.proportions(followup, "knowledge", among="improved").account
    assert (account.outside_subset, account.unanswered, account.answered) == (80, 2, 38)


def test_who_did_not_answer_the_filter_is_in_no_denominator(followup):
    followup.loc[100:109, "improved"] = None
    result = cb.proportions(followup, "knowledge", among="improved")
    row = only(result)
    assert (row.count, row.n) == (12, 40)
    assert [(r.n, r.of) for r in row.ladder] == [(120, 120), (40, 110), (12, 40)]
    assert result.account[0].subset_unknown == 10
    assert any("10 rows did not answer what defines the base" in n for n in result.notes)


def test_missing_codes_are_not_answers_in_item_group_and_filter():
    data = pd.DataFrame({"q": [1, 0, -9, 1], "g": [1, -9, 1, 2], "s": [1, 1, 1, -9]})
    result = cb.proportions(data, "q", by="g", among="s", missing=-9)
    assert [(r.group, r.count, r.n, r.n_missing) for r in result.rows] == [
        ((("g", "1"),), 1, 1, 1),
        ((("g", "2"),), 0, 0, 0),
    ]
    account = result.account[0]
    assert (account.subset_unknown, account.group_missing, account.unanswered, account.answered) == (
        1,
        1,
        1,
        1,
    )


def test_low_item_response_is_flagged_below_70_percent():
    assert "low_item_response" not in one(answers(35, 35, missing=30)).flags
    assert "low_item_response" in one(answers(35, 34, missing=31)).flags


def test_small_bases_are_flagged():
    assert "small_base" in one(answers(9, 20)).flags
    assert one(answers(10, 20)).flags == ()
    data = answers(20, 20).assign(w=[9.0] * 4 + [1.0] * 36)
    assert one(data, weights="w").flags == ("weighted", "small_n_effective")


def test_a_group_without_answers_is_no_quiet_nan():
    data = answers(20, 20, missing=10).assign(g=["a"] * 40 + ["b"] * 10)
    result = cb.proportions(data, "q", by="g")
    a, b = result.rows
    assert a.n == 40
    assert (b.count, b.n, b.n_missing, b.n_effective) == (0, 0, 10, 0)
    assert all(math.isnan(v) for v in (b.estimate, b.std_error, *interval(b), b.deff, b.bound))
    assert b.flags == ("no_answers",)
    assert "no_answers" in repr(result)


def test_groups_come_in_their_order_and_crossed():
    data = pd.DataFrame({"q": [1, 0, 1, 1], "a": [10, 9, 10, 9], "b": ["y", "x", "x", "x"]})
    result = cb.proportions(data, "q", by=["a", "b"])
    assert [[v for _, v in r.group] for r in result.rows] == [["9", "x"], ["10", "x"], ["10", "y"]]
    assert [r.base for r in result.rows] == [
        "2 respondents (a = 9, b = x)",
        "1 person among the respondents (a = 10, b = x)",
        "1 person among the respondents (a = 10, b = y)",
    ]


def test_groups_written_alike_are_one_group():
    mixed = pd.Series([1, "1", 1.0, "2"] * 10, dtype=object)
    result = cb.proportions(pd.DataFrame({"q": [1, 0] * 20, "g": mixed}), "q", by="g")
    assert [(r.group[0][1], r.n) for r in result.rows] == [("1", 30), ("2", 10)]


def test_rows_without_a_group_are_told():
    data = answers(10, 10).assign(g=["a"] * 15 + [None] * 5)
    result = cb.proportions(data, "q", by="g")
    assert only(result).n == 15
    assert result.account[0].group_missing == 5
    assert any("5 rows have no value in g" in n for n in result.notes)


# ---- what counts as yes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        [True, False, None],
        [1, 0, None],
        [1.0, 0.0, np.nan],
        ["Yes", "no ", None],
        ["TRUE", "false", ""],
        ["1", "0", "  "],
        ["1.0", "0.0", None],
        ["y", "N", None],
        [True, "no", None],
    ],
)
def test_yes_and_no_need_no_telling(values):
    row = one(pd.DataFrame({"q": pd.Series(values * 10, dtype=object)}))
    assert (row.count, row.n, row.n_missing) == (10, 20, 10)


def test_an_item_says_what_is_yes():
    scale = ["Strongly agree", "Agree", "Neutral", "Disagree", "Prefer not to say", None]
    data = pd.DataFrame({"q": scale * 5})
    item = Item("q", yes=["agree", "STRONGLY AGREE "], label="gained confidence", missing="Prefer not to say")
    row = one(data, item)
    assert (row.count, row.n, row.n_missing) == (10, 20, 10)
    assert (row.item, row.label, row.level) == ("q", "gained confidence", "Agree or Strongly agree")
    assert row.ladder[-1].words == "reported gained confidence"
    strict = Item(
        "q", yes=["Agree", "Strongly agree"], no="Disagree", missing=["Prefer not to say", "Neutral"]
    )
    assert (one(data, strict).count, one(data, strict).n) == (10, 15)


def test_labels_make_the_words_of_a_subset(followup):
    row = one(followup, "knowledge", among=Item("improved", label="a better job"), people="completers")
    assert row.base == "40 completers who reported a better job"


def test_an_answer_that_counts_as_yes_but_nobody_gave_is_told():
    data = pd.DataFrame({"q": ["Agree", "Strongly agree", "Disagree"] * 10})
    typo = cb.proportions(data, Item("q", yes=["Agree", "Strongly agre"]))
    assert only(typo).count == 10
    assert any("nobody answered 'Strongly agre', which counts as yes" in n for n in typo.notes)
    assert "Strongly agre'" in repr(typo)


def test_nobody_said_yes_can_be_said():
    data = pd.DataFrame({"q": ["never", "rarely"] * 20})
    row = one(data, Item("q", yes="often", no=["never", "rarely"]))
    assert (row.count, row.n, row.flags) == (0, 40, ("none",))


def test_a_mirrored_scale_needs_its_no_named():
    data = pd.DataFrame({"q": [-2, -1, 0, 1, 2] * 8})
    with pytest.raises(InputError, match="look like no answer"):
        cb.proportions(data, Item("q", yes=[1, 2]))
    assert one(data, Item("q", yes=[1, 2], no=[-2, -1, 0])).estimate == 0.4


def test_codes_read_as_text_are_missing_too():
    data = pd.DataFrame({"q": ["1", "0", "-9.0", "-9"] * 10})
    assert one(data, missing=-9).n == 20
    assert one(data, missing=["-9.0"]).n == 20


def test_choices_have_those_who_answered_as_base():
    data = pd.DataFrame({"how": ["fees,time", "time", "none", None, "  "] * 10})
    split = cb.split_choices(data, "how", none_of_these="none")
    fees, time = cb.proportions(split, ["how: fees", "how: time"]).rows
    assert (fees.count, fees.n, fees.n_missing) == (10, 30, 20)
    assert (time.count, time.n, time.n_missing) == (20, 30, 20)


def test_choices_ticked_alone_may_come_as_numbers():
    split = cb.split_choices(pd.DataFrame({"how": pd.Series(["1,2", 1, 2.0, None] * 5, dtype=object)}), "how")
    first, second = cb.proportions(split, ["how: 1", "how: 2"]).rows
    assert (first.count, first.n, second.count, second.n) == (10, 15, 10, 15)


@pytest.mark.parametrize("separator", ["\n", ";", "; ", " | ", ", "])
def test_choices_split_alike_whether_listed_or_found(separator):
    data = pd.DataFrame({"how": [separator.join(["a", "b"]), "b", None, separator.join(["c", "a"])]})
    found = cb.split_choices(data, "how", separator=separator)
    listed = cb.split_choices(data, "how", separator=separator, choices=["a", "b", "c"])
    pd.testing.assert_frame_equal(found, listed)
    assert found["how: a"].tolist()[:2] == [1, 0]


def test_choices_may_hold_the_separator():
    data = pd.DataFrame({"how": ["Fees, in full,Time", "Time", "Fees, in full"]})
    split = cb.split_choices(data, "how", choices=["Fees, in full", "Time", "Never ticked"])
    assert split["how: Fees, in full"].tolist() == [1, 0, 1]
    assert split["how: Never ticked"].tolist() == [0, 0, 0]


# ---- weights ----------------------------------------------------------------------------------------


def test_weighted_by_hand():
    data = pd.DataFrame({"q": [1, 0, 1, 0, None], "w": [1.0, 2, 3, 4, 100]})
    row = one(data, weights="w")
    assert row.estimate == pytest.approx(0.4)
    assert row.n_effective == pytest.approx(100 / 30)
    assert row.deff == pytest.approx(4 * 30 / 100)
    assert (row.count, row.n, row.n_missing) == (2, 4, 1)
    assert row.std_error == pytest.approx(math.sqrt(0.4 * 0.6 / (100 / 30)))
    assert interval(row) == pytest.approx(textbook_wilson(0.4, 100 / 30))
    assert row.flags == ("weighted", "small_base")


@pytest.mark.parametrize(
    ("w", "estimate", "n_effective", "low", "high"),
    [
        ((36, 22.5, 500 / 35), 0.361118, 88.4721, 0.2687, 0.4651),
        ((520, 227.5, 3900 / 35), 0.383571, 72.9642, 0.2805, 0.4983),
        ((1, 1, 1), 0.33, 100, 0.2456, 0.4269),
    ],
)
def test_worked_example_of_weighting(w, estimate, n_effective, low, high):
    cells = [(12, 13, w[0]), (12, 28, w[1]), (9, 26, w[2])]
    data = pd.concat([answers(yes, no).assign(w=float(each)) for yes, no, each in cells])
    row = one(data, weights="w")
    assert row.estimate == pytest.approx(estimate, abs=5e-7)
    assert row.n_effective == pytest.approx(n_effective, abs=5e-5)
    assert row.deff == pytest.approx(100 / n_effective, rel=1e-6)
    assert interval(row) == pytest.approx((low, high), abs=6e-5)
    assert (row.count, row.n) == (33, 100)


def test_worked_example_through_attrition_weights(panel, weights):
    result = cb.proportions(panel.wave("later"), "q", weights=weights, people="follow-up respondents")
    row = only(result)
    assert row.estimate == pytest.approx(0.361118, abs=5e-7)
    assert interval(row) == pytest.approx((0.2687, 0.4651), abs=6e-5)
    assert (result.population, result.population_size, result.weighted) == ("completers", 2300, True)
    assert "weighted to 2,300 completers" in repr(result)
    assert "100 follow-up respondents" in row.base


def test_weights_as_a_column_and_as_an_object_agree(panel, weights):
    data = panel.wave("later")
    data = data.merge(weights.values.rename(columns={"weight": "w"}), on="person")
    column, joined = one(data, weights="w"), one(data, weights=weights)
    for name in ("estimate", "conf_low", "conf_high", "n_effective", "deff"):
        assert getattr(column, name) == pytest.approx(getattr(joined, name), rel=1e-12)
    assert (column.count, column.n, column.flags, column.base) == (
        joined.count,
        joined.n,
        joined.flags,
        joined.base,
    )


def test_weights_go_with_people_not_with_rows(panel, weights):
    data = panel.wave("later")
    shuffled = data.sample(frac=1, random_state=5)
    assert one(shuffled, weights=weights).estimate == pytest.approx(
        one(data, weights=weights).estimate, rel=1e-14
    )


def test_weights_of_people_who_are_not_in_the_data_are_told(panel, weights):
    with pytest.warns(DataWarning, match="25 of the 100 weighted people are not in the data"):
        row = one(panel.wave("later").iloc[25:], weights=weights)
    assert row.n == 75


def test_nobody_and_everybody_use_the_effective_size(panel, weights):
    data = panel.wave("later").assign(q=0)
    row = one(data, weights=weights)
    assert row.conf_low == 0
    assert row.bound == pytest.approx(1 - 0.05 ** (1 / row.n_effective))
    assert row.bound > 1 - 0.05 ** (1 / 100)


def test_rows_of_weight_zero_are_left_out_and_told():
    data = answers(40, 60).assign(w=[0.0] * 20 + [2.0] * 80)
    result = cb.proportions(data, "q", weights="w")
    row = only(result)
    assert (row.count, row.n, row.estimate, row.n_effective) == (20, 80, 0.25, 80)
    assert result.account[0].zero_weight == 20
    assert any("20 rows have weight 0" in n for n in result.notes)


def test_an_item_that_only_people_of_weight_zero_answered_raises():
    data = answers(10, 10, missing=10).assign(w=[0.0] * 20 + [1.0] * 10)
    with pytest.raises(InputError, match="unanswered by all 10"):
        cb.proportions(data, "q", weights="w")


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 0.1, 1 / 3, 7.0, 1e300])
def test_equal_weights_are_no_weights(scale):
    data = answers(40, 80).assign(w=scale)
    plain, weighted = one(data), one(data, weights="w")
    assert weighted.estimate == pytest.approx(plain.estimate, rel=1e-12)
    assert weighted.n_effective == pytest.approx(120, rel=1e-12)
    assert weighted.n_effective <= 120
    assert interval(weighted) == pytest.approx(interval(plain), rel=1e-11)


# ---- what must hold whatever the data are ------------------------------------------------------------------

person = st.tuples(
    st.sampled_from(["yes", "no", "no", None]),  # the item
    st.sampled_from(["yes", "yes", "no", None]),  # the subset
    st.sampled_from(["a", "b", "c", None]),  # the group
    st.sampled_from([0.0, 0.5, 1.0, 1.0, 3.0, 10.0]),  # the weight
)
people = st.lists(person, min_size=1, max_size=40)


def table(rows):
    frame = pd.DataFrame(rows, columns=["q", "s", "g", "w"])
    return frame.astype({"q": object, "s": object, "g": object})


def by_loop(rows, *, subset, group, weighted):
    """The reference: a loop over people. Returns {group: sums} and how many rows went where."""
    sums = {}
    where = dict.fromkeys(["outside", "unknown", "homeless", "weightless", "unanswered", "answered"], 0)
    for q, s, g, w in rows:
        home = g if group else "everybody"
        weight = w if weighted else 1.0
        if home is not None:
            sums.setdefault(home, {"count": 0, "n": 0, "n_missing": 0, "wy": 0.0, "w": 0.0, "w2": 0.0})
        if subset and s is None:
            where["unknown"] += 1
        elif subset and s == "no":
            where["outside"] += 1
        elif home is None:
            where["homeless"] += 1
        elif weight == 0:
            where["weightless"] += 1
        elif q is None:
            where["unanswered"] += 1
            sums[home]["n_missing"] += 1
        else:
            where["answered"] += 1
            cell = sums[home]
            cell["n"] += 1
            cell["count"] += q == "yes"
            cell["w"] += weight
            cell["w2"] += weight * weight
            cell["wy"] += weight * (q == "yes")
    return dict(sorted(sums.items())), where


@settings(max_examples=150, deadline=None)
@given(people, st.booleans(), st.booleans(), st.booleans())
def test_equals_a_loop_over_rows(rows, subset, group, weighted):
    expected, where = by_loop(rows, subset=subset, group=group, weighted=weighted)
    assume(expected)
    assume(
        any((not subset or s == "yes") and q is not None and (not weighted or w > 0) for q, s, _, w in rows)
    )
    assume(not weighted or any(w > 0 for *_, w in rows))
    result = cb.proportions(
        table(rows),
        "q",
        among="s" if subset else None,
        by="g" if group else None,
        weights="w" if weighted else None,
    )
    assert [r.group[0][1] if group else "everybody" for r in result.rows] == list(expected)
    for row, cell in zip(result.rows, expected.values(), strict=True):
        assert (row.count, row.n, row.n_missing) == (cell["count"], cell["n"], cell["n_missing"])
        assert row.n_effective <= row.n
        if not cell["n"]:
            assert "no_answers" in row.flags
            assert math.isnan(row.estimate)
            continue
        n_effective = cell["w"] ** 2 / cell["w2"]
        assert row.estimate == pytest.approx(cell["wy"] / cell["w"], abs=1e-12)
        assert row.n_effective == pytest.approx(n_effective, rel=1e-12)
        assert row.deff == pytest.approx(cell["n"] / n_effective, rel=1e-12)
        assert interval(row) == pytest.approx(textbook_wilson(cell["wy"] / cell["w"], n_effective), abs=1e-9)
        assert 0 <= row.conf_low <= row.estimate + 1e-15
        assert row.estimate - 1e-15 <= row.conf_high <= 1
        assert ("none" in row.flags, "all" in row.flags) == (row.count == 0, row.count == row.n)
        assert ("small_base" in row.flags) == (row.n < 30)
    (account,) = result.account
    told = (
        account.outside_subset,
        account.subset_unknown,
        account.group_missing,
        account.zero_weight,
        account.unanswered,
        account.answered,
    )
    assert told == tuple(where.values())
    assert sum(told) == account.rows == len(rows)


@some
@given(people, st.sampled_from([1e-12, 0.1, 1 / 3, 7.0, 1e9]))
def test_the_scale_of_weights_changes_nothing(rows, factor):
    assume(any(w > 0 and q is not None for q, _, _, w in rows))
    data = table(rows)
    before = one(data, weights="w")
    after = one(data.assign(w=data["w"] * factor), weights="w")
    for name in ("estimate", "conf_low", "conf_high", "n_effective", "deff", "std_error"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), rel=1e-9, abs=1e-15, nan_ok=True)
    assert (after.count, after.n, after.flags) == (before.count, before.n, before.flags)


@some
@given(people, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    assume(any(q is not None for q, *_ in rows))
    shuffled = random.sample(rows, len(rows))
    plain = [cb.proportions(table(r), "q").rows for r in (rows, shuffled)]
    assert repr(plain[0]) == repr(plain[1])
    assume(any(q is not None and g is not None and w > 0 for q, _, g, w in rows))
    grouped = [cb.proportions(table(r), "q", by="g", weights="w").to_frame() for r in (rows, shuffled)]
    pd.testing.assert_frame_equal(*grouped, rtol=1e-12)


@some
@given(people)
def test_twice_the_people_give_the_same_share_in_a_narrower_interval(rows):
    assume(any(q is not None for q, *_ in rows))
    single, double = one(table(rows)), one(table(rows + rows))
    assert double.estimate == single.estimate
    assert (double.count, double.n, double.n_missing) == (
        2 * single.count,
        2 * single.n,
        2 * single.n_missing,
    )
    assert double.conf_high - double.conf_low < single.conf_high - single.conf_low


@some
@given(people, st.booleans())
def test_no_is_the_complement_of_yes(rows, weighted):
    assume(any(q is not None and w > 0 for q, _, _, w in rows))
    weights = "w" if weighted else None
    yes = one(table(rows), Item("q", yes="yes", no="no"), weights=weights)
    no = one(table(rows), Item("q", yes="no", no="yes"), weights=weights)
    assert yes.estimate + no.estimate == pytest.approx(1, abs=1e-12)
    assert yes.conf_low == pytest.approx(1 - no.conf_high, abs=1e-12)
    assert yes.conf_high == pytest.approx(1 - no.conf_low, abs=1e-12)
    assert yes.std_error == pytest.approx(no.std_error, abs=1e-12, nan_ok=True)
    assert yes.count + no.count == yes.n == no.n
    assert {"none", "all"} & set(yes.flags) == {
        {"none": "all", "all": "none"}[f] for f in no.flags if f in {"none", "all"}
    }


@some
@given(people)
def test_a_subset_is_the_same_as_the_rows_filtered_first(rows):
    assume(any(s == "yes" and q is not None for q, s, *_ in rows))
    data = table(rows)
    inside = one(data, among="s")
    filtered = one(data[data["s"] == "yes"])
    assert (inside.count, inside.n, inside.n_missing, *interval(inside)) == (
        filtered.count,
        filtered.n,
        filtered.n_missing,
        *interval(filtered),
    )


@some
@given(people)
def test_groups_and_those_without_one_add_up(rows):
    assume(any(q is not None for q, *_ in rows))
    total = one(table(rows))
    filled = [(q, s, g or "(none)", w) for q, s, g, w in rows]
    parts = cb.proportions(table(filled), "q", by="g").rows
    assert sum(r.count for r in parts) == total.count
    assert sum(r.n for r in parts) == total.n
    assert sum(r.n_missing for r in parts) == total.n_missing


def test_more_yes_means_more_at_both_ends():
    n = 40
    data = pd.DataFrame([(x, i < x) for x in range(n + 1) for i in range(n)], columns=["x", "q"])
    rows = cb.proportions(data, "q", by="x").rows
    assert [r.count for r in rows] == list(range(n + 1))
    for a, b in itertools.pairwise(rows):
        assert a.estimate < b.estimate
        assert a.conf_low < b.conf_low
        assert a.conf_high < b.conf_high


@some
@given(st.integers(0, 200), st.integers(0, 200))
def test_levels_nest(yes, no):
    assume(yes + no)
    rows = [one(answers(yes, no), confidence_level=level) for level in (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)]
    for narrow, wide in itertools.pairwise(rows):
        assert wide.conf_low <= narrow.conf_low
        assert narrow.conf_high <= wide.conf_high
        assert wide.conf_high - wide.conf_low > narrow.conf_high - narrow.conf_low


@pytest.mark.parametrize("n", [20, 40, 120])
def test_wilson_covers_what_it_says(n):
    """By enumeration of all outcomes, no simulation: coverage over a grid of true shares."""
    data = pd.DataFrame([(x, i < x) for x in range(n + 1) for i in range(n)], columns=["x", "q"])
    rows = cb.proportions(data, "q", by="x").rows
    low = np.array([r.conf_low for r in rows])
    high = np.array([r.conf_high for r in rows])
    truth = np.linspace(0.02, 0.98, 193)
    chance = binom.pmf(np.arange(n + 1)[:, None], n, truth)
    covered = (low[:, None] <= truth) & (truth <= high[:, None])
    coverage = (chance * covered).sum(axis=0)
    assert 0.93 < coverage.mean() < 0.97
    assert coverage.min() > 0.83


# ---- Wald and bootstrap ------------------------------------------------------------------------------------


def test_wald_by_hand():
    row = one(answers(40, 80), method="wald")
    half = NormalDist().inv_cdf(0.975) * math.sqrt((1 / 3) * (2 / 3) / 120)
    assert interval(row) == pytest.approx((1 / 3 - half, 1 / 3 + half))
    assert row.method == "wald"
    assert one(answers(1, 29), method="wald").conf_low == 0


@pytest.mark.parametrize("method", ["wald", "bootstrap"])
@pytest.mark.parametrize(("yes", "no"), [(0, 50), (50, 0), (1, 0)])
def test_methods_without_width_are_refused(method, yes, no):
    with pytest.raises(MethodError, match="'wilson'") as caught:
        cb.proportions(answers(yes, no), "q", method=method)
    assert caught.value.argument == "method"
    assert f"{yes} of {yes + no} respondents" in str(caught.value)


def test_one_group_without_width_is_refused_and_named():
    data = answers(10, 30).assign(g=["a"] * 15 + ["b"] * 25)
    with pytest.raises(MethodError, match=r"0 of 25 respondents \(g = b\)"):
        cb.proportions(data, "q", by="g", method="bootstrap")


def weighted(yes, no):
    """Equal weights: nothing but the way that the bootstrap is drawn is another."""
    return answers(yes, no).assign(w=2.0)


def test_the_bootstrap_of_unweighted_shares_is_exact():
    row = one(answers(40, 80), method="bootstrap")
    assert interval(row) == tuple(binom.ppf([0.025, 0.975], 120, 1 / 3) / 120)
    assert row.method == "bootstrap percentile, exact"
    assert row.std_error == pytest.approx(math.sqrt((1 / 3) * (2 / 3) / 120))
    drawn = one(
        weighted(40, 80), weights="w", method="bootstrap", bootstrap=cb.Bootstrap(rng=1, n_resamples=20_000)
    )
    assert interval(row) == pytest.approx(interval(drawn), abs=1.01 / 120)


def test_bootstrap_comes_near_wilson():
    row = one(
        weighted(40, 80), weights="w", method="bootstrap", bootstrap=cb.Bootstrap(rng=1, n_resamples=20_000)
    )
    assert interval(row) == pytest.approx(interval(one(answers(40, 80))), abs=0.012)
    assert row.std_error == pytest.approx(math.sqrt((1 / 3) * (2 / 3) / 120), rel=0.02)
    assert row.method == "bootstrap percentile, 20,000 resamples"
    assert row.estimate == 40 / 120


def test_bootstrap_draws_people_with_their_weights():
    random = np.random.default_rng(4)
    data = answers(60, 90).assign(w=random.choice([0.5, 1.0, 4.0], 150))
    row = one(data, weights="w", method="bootstrap", bootstrap=cb.Bootstrap(rng=1, n_resamples=20_000))
    y, w = (data["q"] == "yes").to_numpy(), data["w"].to_numpy()
    linearised = math.sqrt((w**2 * (y - row.estimate) ** 2).sum()) / w.sum()
    assert row.std_error == pytest.approx(linearised, rel=0.05)


@pytest.mark.parametrize("seed", [7, np.int64(7), np.random.SeedSequence(7)])
def test_a_seed_repeats_the_run(seed):
    rows = [
        one(weighted(40, 80), weights="w", method="bootstrap", bootstrap=cb.Bootstrap(rng=s, n_resamples=200))
        for s in (seed, seed, 8)
    ]
    assert interval(rows[0]) == interval(rows[1])
    assert interval(rows[0]) != interval(rows[2])
    assert interval(rows[0]) == interval(
        one(weighted(40, 80), weights="w", method="bootstrap", bootstrap=cb.Bootstrap(rng=7, n_resamples=200))
    )


def test_a_generator_goes_on_where_it_is():
    generator = np.random.default_rng(7)
    first, second = (
        one(
            weighted(40, 80),
            weights="w",
            method="bootstrap",
            bootstrap=cb.Bootstrap(rng=generator, n_resamples=200),
        )
        for _ in range(2)
    )
    assert interval(first) == interval(
        one(weighted(40, 80), weights="w", method="bootstrap", bootstrap=cb.Bootstrap(rng=7, n_resamples=200))
    )
    assert interval(first) != interval(second)


def test_without_a_seed_the_one_drawn_is_printed_and_repeats_the_run():
    data = weighted(40, 80).assign(g=["a", "b"] * 60)
    drawn = cb.proportions(
        data, "q", by="g", weights="w", method="bootstrap", bootstrap=cb.Bootstrap(n_resamples=300)
    )
    (seed,) = re.findall(r"bootstrap seed (\d+)", repr(drawn))
    again = cb.proportions(
        data,
        "q",
        by="g",
        weights="w",
        method="bootstrap",
        bootstrap=cb.Bootstrap(n_resamples=300, rng=int(seed)),
    )
    assert [interval(r) for r in drawn.rows] == [interval(r) for r in again.rows]
    assert "seed" not in repr(again)
    assert "seed" not in repr(cb.proportions(data, "q"))


def test_numpys_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - it is what is checked
    one(weighted(40, 80), weights="w", method="bootstrap", bootstrap=cb.Bootstrap(n_resamples=100))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_progress_reaches_its_total_even_past_empty_groups():
    data = pd.DataFrame({"q": [1, 0, 1, None], "r": [1, 0, 0, 1], "g": ["a", "a", "a", "b"]})
    data = pd.DataFrame({c: [*data[c], v] for c, v in {"q": None, "r": 0, "g": "b"}.items()})
    told = []
    cb.proportions(
        data.assign(w=1.0),
        ["q", "r"],
        by="g",
        weights="w",
        method="bootstrap",
        bootstrap=cb.Bootstrap(
            n_resamples=150, rng=1, batch=40, progress=lambda done, total: told.append((done, total))
        ),
    )
    assert told[-1] == (150, 150)
    assert {total for _, total in told} == {150}
    assert len(told) == 4
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_several_items_keep_their_order_and_their_own_base():
    data = pd.DataFrame({"a": [1, 0, None], "b": [None, 1, 1]})
    result = cb.proportions(data, ["b", Item("a"), Item("a", yes=0, label="no a")])
    assert [(r.item, r.level, r.count, r.n) for r in result.rows] == [
        ("b", "1", 2, 2),
        ("a", "1", 1, 2),
        ("a", "0", 1, 2),
    ]
    assert [a.item for a in result.account] == ["b", "a", "a"]
