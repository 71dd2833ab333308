"""Kinds of items: every answer, thresholds, kinds of no answer, subsets of subsets, totals."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Item
from credbenefits.errors import DataWarning, InputError, MethodError
from credbenefits.numerics.proportion.multinomial import multinomial_intervals

SIMULTANEOUS = ["goodman", "quesenberry_hurst", "fitzpatrick_scott", "sison_glaz"]
few = pytest.mark.filterwarnings("ignore:.*who were asked answered")


def people(n=300, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "answer": rng.choice(["Agree", "Neutral", "Disagree"], n, p=[0.5, 0.3, 0.2]),
            "pay": rng.integers(20, 90, n) * 1_000.0,
            "job": rng.choice(["yes", "no"], n),
            "better": rng.choice(["yes", "no"], n),
            "site": rng.choice(["north", "south"], n),
            "role": rng.choice(["staff", "student", "other"], n),
            "w": rng.gamma(2.0, size=n),
        }
    )


def rows(*args, **options):
    return cb.proportions(*args, **options).rows


# ---- every answer -------------------------------------------------------------------------------------


def test_every_answer_is_the_item_of_that_answer():
    data = people()
    for options in ({}, {"weights": "w"}, {"by": "site", "totals": True, "variance": "linearized"}):
        found = rows(data, Item("answer", each_level=True), **options)
        alone = [
            r
            for level in ["Agree", "Disagree", "Neutral"]
            for r in rows(data, Item("answer", yes=level), **options)
        ]
        assert [r.level for r in found] == [r.level for r in alone]
        for one, other in zip(found, alone, strict=True):
            assert (one.count, one.n) == (other.count, other.n)
            # All answers are counted at once: the weights of the base are added up in another order.
            assert (one.estimate, one.conf_low) == pytest.approx(
                (other.estimate, other.conf_low), rel=1e-14, abs=0
            )
        assert sum(r.estimate for r in found) == pytest.approx(len(found) / 3)


def test_answers_keep_the_order_of_their_categories():
    scale = ["Disagree", "Neutral", "Agree"]
    data = people()
    typed = [
        data.assign(answer=pd.Categorical(data["answer"], scale)),
        pl.DataFrame({"answer": data["answer"].tolist()}, schema={"answer": pl.Enum(scale)}),
    ]
    for frame in typed:
        assert [r.level for r in rows(frame, Item("answer", each_level=True))] == scale
    numbered = pd.DataFrame({"q": [10, 9, 2] * 10})
    assert [r.level for r in rows(numbered, Item("q", each_level=True))] == ["2", "9", "10"]


@pytest.mark.parametrize("method", SIMULTANEOUS)
def test_simultaneous_intervals_are_those_of_the_table(method):
    data = people()
    for options in ({}, {"by": "site", "totals": True}):
        result = cb.proportions(data, Item("answer", each_level=True), method=method, **options)
        groups = sorted({r.group for r in result.rows})
        for group in groups:
            here = [r for r in result.rows if r.group == group]
            made = multinomial_intervals([r.count for r in here], method=method)
            np.testing.assert_allclose([r.conf_low for r in here], made.low, atol=1e-12)
            np.testing.assert_allclose([r.conf_high for r in here], made.high, atol=1e-12)
        assert "hold together, group by group" in repr(result)
        assert f"intervals: {method}" in repr(result)


def test_simultaneous_intervals_with_weights_are_those_of_effective_counts():
    data = people()
    here = rows(data, Item("answer", each_level=True), weights="w", method="goodman")
    made = multinomial_intervals([r.estimate * r.n_effective for r in here], method="goodman")
    np.testing.assert_allclose([(r.conf_low, r.conf_high) for r in here], np.transpose(made), atol=1e-12)


def test_two_questions_are_two_tables():
    data = people()
    both = [Item("answer", each_level=True), Item("role", each_level=True)]
    together = rows(data, both, method="goodman")
    alone = [r for item in both for r in rows(data, item, method="goodman")]
    assert repr([*together]) == repr(alone)


@pytest.mark.parametrize(
    ("items", "options", "received"),
    [
        (Item("answer", yes="Agree"), {}, "'answer'"),
        ([Item("answer", each_level=True), "job"], {}, "'job'"),
        (Item("answer", each_level=True), {"variance": "linearized"}, "'goodman'"),
        # Of everybody, some gave none of the answers: they are no table that adds up.
        (Item("answer", each_level=True), {"among": "job", "share": "joint"}, "job and answer: Agree"),
    ],
)
def test_simultaneous_intervals_need_a_table(items, options, received):
    with pytest.raises(MethodError, match="`method`") as caught:
        cb.proportions(people(), items, method="goodman", **options)
    assert received in str(caught.value)


def test_a_method_without_limits_is_refused_where_all_answer_alike():
    data = people().assign(answer=lambda d: d["answer"].where(d["site"] == "south", "Agree"))
    item = Item("answer", each_level=True)
    with pytest.raises(MethodError, match=r"'sison_glaz' for 'answer' .*site = north"):
        cb.proportions(data, item, by="site", method="sison_glaz")
    assert all(r.conf_low < r.conf_high for r in rows(data, item, by="site", method="goodman"))


def test_the_note_on_nobody_names_the_answer():
    data = people().assign(answer=lambda d: d["answer"].where(d["site"] == "south", "Agree"))
    told = repr(cb.proportions(data, Item("answer", each_level=True), by="site"))
    n = (data["site"] == "north").sum()
    assert f"answer: Disagree: none of {n} respondents (site = north)" in told
    assert f"answer: Agree: all of {n} respondents (site = north)" in told


# ---- thresholds ---------------------------------------------------------------------------------------


@given(st.integers(0, 100), st.integers(0, 100), st.booleans())
def test_thresholds_count_what_a_mask_counts(low, high, upper):
    data = people()
    item = Item("pay", at_least=low * 1_000, at_most=max(low, high) * 1_000 if upper else None)
    (row,) = rows(data, item)
    inside = (data["pay"] >= low * 1_000) & (not upper or data["pay"] <= max(low, high) * 1_000)
    assert (row.count, row.n) == (inside.sum(), len(data))


def test_a_threshold_says_its_cut():
    result = cb.proportions(people(), Item("pay", at_least=np.int64(40_000)))
    (row,) = result.rows
    assert (row.level, row.label) == ("at least 40,000", "pay of at least 40,000")
    assert "pay of at least 40,000" in repr(result)
    named = Item("pay", at_least=40_000, at_most=60_000, label="a middling income")
    (row,) = rows(people(), named)
    assert (row.level, row.label) == ("at least 40,000 and at most 60,000", "a middling income")
    low, high = rows(people(), [Item("pay", at_most=40_000), Item("pay", at_least=40_001)])
    assert low.count + high.count == low.n


@few
def test_missing_codes_of_numbers_are_refused_or_declared():
    data = pd.DataFrame({"pay": [30.0, 50.0, -9.0, -7.0, -8.0, None, 45.0] * 10})
    with pytest.raises(InputError, match="look like no answer"):
        cb.proportions(data, Item("pay", at_least=40))
    item = Item("pay", at_least=40, missing=-9, refused="-7", not_asked=-8.0)
    (row,) = rows(data, item)
    assert (row.count, row.n, row.n_missing, row.n_not_asked) == (20, 30, 30, 10)
    assert dict(row.missing) == {"not_asked": 10, "refused": 10, "code": 10, "blank": 10}
    (row,) = rows(data, Item("pay", at_least=40, no=[-7, -8], missing=-9))  # a debt is a no
    assert (row.count, row.n) == (20, 50)


def test_numbers_come_from_any_column_of_numbers():
    values = [1, 5, None, 7]
    frames = [
        pd.DataFrame({"x": pd.array(values, dtype="Int64")}),
        pl.DataFrame({"x": values}),
        pd.DataFrame({"x": values}),
        pl.DataFrame({"x": values}).to_arrow(),
    ]
    for frame in frames:
        (row,) = rows(frame, Item("x", at_least=5))
        assert (row.count, row.n, row.n_missing) == (2, 3, 1)
    # The docs ask users to read files as text: text that is plainly numbers is taken as such, with a note.
    text = cb.proportions(pd.DataFrame({"x": ["1", "5.0", None, " 7"]}), Item("x", at_least=5))
    assert (text.rows[0].count, text.rows[0].n) == (2, 3)
    assert "x: text read as numbers" in text.notes
    # So it is with noughts at the front, and beside words whose side is named.
    for cells, named in ((["007", "012"], {}), (["1", "12", "none"], {"no": "none"})):
        read = cb.proportions(pd.DataFrame({"x": cells}), Item("x", at_least=10, **named))
        assert (read.rows[0].count, read.notes[0]) == (1, "x: text read as numbers")
    with pytest.raises(InputError, match="column of numbers"):
        rows(pd.DataFrame({"x": ["1", "many"]}), Item("x", at_least=5))


# ---- kinds of no answer -------------------------------------------------------------------------------


@few
def test_kinds_of_no_answer_and_the_response_rate():
    data = pd.DataFrame({"q": [1, 0, -1, -2, -3, -4, None, 1, 0, 1] * 10})
    item = Item("q", missing=-1, skipped=-2, refused=-3, not_asked=-4)
    (row,) = rows(data, item)
    assert dict(row.missing) == {"not_asked": 10, "refused": 10, "skipped": 10, "code": 10, "blank": 10}
    assert (row.n, row.n_missing, row.n_not_asked) == (50, 40, 10)
    assert row.response_rate == 50 / 90  # of those asked
    assert "low_item_response" in row.flags
    (account,) = cb.proportions(data, item).account
    assert (account.not_asked, account.unanswered, account.answered) == (10, 40, 50)
    assert [rung.words for rung in row.ladder] == ["respondents", "asked", "reported q"]


def test_the_warning_names_the_worst_row():
    data = pd.DataFrame({"q": ["yes", None, None, "no"] * 10, "p": ["yes", "no", "yes", None] * 10})
    with pytest.warns(DataWarning, match=r"20 of 40 who were asked answered 'q'") as caught:
        result = cb.proportions(data, ["p", "q"])
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert [r.response_rate for r in result.rows] == [0.75, 0.5]
    # Not asked is no unwillingness.
    asked = data.assign(q=data["q"].fillna("n/a to you"))
    assert rows(asked, Item("q", yes="yes", not_asked="n/a to you"))[0].response_rate == 1.0


@few
def test_a_code_of_one_item_is_an_answer_of_another():
    data = pd.DataFrame({"a": [1, 0, 9] * 10, "b": [9, 0, 1] * 10})
    a, b = rows(data, [Item("a", yes=1, missing=9), Item("b", yes=9, no=[0, 1])])
    assert (a.count, a.n, b.count, b.n) == (10, 20, 10, 30)


# ---- subsets of subsets -------------------------------------------------------------------------------


@given(st.integers(0, 40), st.booleans())
def test_joint_is_the_product_of_the_chain_where_all_answered(seed, weighted):
    data = people(120, seed)
    options = {"weights": "w"} if weighted else {}
    chain = [Item("job"), Item("better"), Item("answer", yes="Agree")]
    steps = [rows(data, item, among=chain[:k] or None, **options)[0] for k, item in enumerate(chain)]
    (joint,) = rows(data, chain[2], among=chain[:2], share="joint", **options)
    assert joint.estimate == pytest.approx(math.prod(s.estimate for s in steps), rel=1e-12)
    assert joint.n == len(data)
    assert joint.count == steps[-1].count
    assert joint.label == "job and better and answer"
    assert joint.base == "120 respondents"
    if not weighted:
        assert joint.estimate * joint.n == pytest.approx(steps[-1].count, rel=1e-12)
        everybody = data[["job", "better"]].eq("yes").all(axis=1) & (data["answer"] == "Agree")
        (plain,) = rows(data.assign(all=everybody), "all")
        assert (joint.conf_low, joint.conf_high) == (plain.conf_low, plain.conf_high)


@few
def test_joint_leaves_out_whoever_did_not_say():
    data = pd.DataFrame(
        {
            "job": ["yes"] * 6 + ["no"] * 3 + [None] * 3,
            "how": ["a", "b", "a", None, "a", "b", *[None] * 6],
        }
    )
    item = Item("how", yes="a", no="b")
    conditional = cb.proportions(data, item, among="job")
    joint = cb.proportions(data, item, among="job", share="joint")
    (c,), (j,) = conditional.rows, joint.rows
    assert (c.count, c.n, c.n_missing) == (3, 5, 1)
    # 5 in the subset who answered, 3 known to be outside it; 1 + 3 are not known.
    assert (j.count, j.n, j.n_missing) == (3, 8, 4)
    for result in (conditional, joint):
        (account,) = result.account
        assert account.answered + account.unanswered + account.subset_unknown + account.outside_subset == 12
    assert "job and how" in repr(joint)  # a joint share does not pass for a share of its item


def test_a_share_of_everybody_without_a_subset_is_that_share():
    data = people()
    assert repr(rows(data, "job", share="joint")) == repr(rows(data, "job"))


# ---- totals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weights": "w"},
        {"weights": "w", "variance": "linearized"},
        {"design": cb.SurveyDesign(strata="role"), "weights": "w"},
        {"design": cb.SurveyDesign(clusters="c", strata="role"), "variance": "jackknife"},
        {"variance": "jackknife", "weights": "w"},
        {"weights": "w", "variance": "bootstrap", "bootstrap": cb.Bootstrap(rng=5, n_resamples=200)},
        {"weights": "w", "method": "bootstrap_bca", "bootstrap": cb.Bootstrap(rng=5, n_resamples=200)},
        {"method": "bootstrap_bca"},
    ],
)
def test_totals_are_the_results_without_the_groups(options):
    data = people().assign(c=lambda d: np.arange(len(d)) % 25)
    crossed = rows(data, "better", by=["site", "role"], totals=True, **options)
    assert len(crossed) == 6 + 2 + 3 + 1
    drawn = "bootstrap" in options
    for by in ("site", "role", None):
        alone = rows(data, "better", by=by, **options)
        labels = [{"site": "(all)", "role": "(all)", **dict(r.group)} for r in alone]
        same = [next(r for r in crossed if dict(r.group) == label) for label in labels]
        for one, other in zip(same, alone, strict=True):
            assert (one.count, one.n, one.base) == (other.count, other.n, other.base)
            got = [one.estimate, one.std_error, one.conf_low, one.conf_high, one.n_effective]
            want = [other.estimate, other.std_error, other.conf_low, other.conf_high, other.n_effective]
            # Grouped rows are drawn in another order, so their replicates differ as draws do.
            np.testing.assert_allclose(got, want, rtol=0.3 if drawn else 1e-9)


def test_totals_are_over_people_with_a_group():
    data = people().assign(site=lambda d: d["site"].where(d.index > 9))
    north, south, total = rows(data, "job", by="site", totals=True)
    assert total.n == north.n + south.n == 290
    assert [rung.words for rung in total.ladder] == ["respondents", "with a group", "reported job"]


def test_a_group_called_like_a_total_is_refused():
    data = people().assign(site=lambda d: d["site"].replace("north", "(all)"))
    with pytest.raises(InputError, match=r"`totals`: .*\(all\)"):
        cb.proportions(data, "job", by="site", totals=True)
    assert rows(data, "job", by="site")[0].group == (("site", "(all)"),)
