"""What the same people answered in two waves: counts, change, missing answers, and doubtful links."""

from __future__ import annotations

import doctest
import re
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, DataWarning, InputError, MethodError
from credbenefits.numerics.pairs.paired import paired_interval
from credbenefits.numerics.wilson import wilson

#: Some waves here have one question, which many left blank: whether they answered is another matter.
pytestmark = pytest.mark.filterwarnings("ignore:.*are blank in every column that varies")

PAGE = Path(__file__).parents[2] / "docs" / "change.md"
JOBS = ("full", "part", "none")


def panel_of(first, second, *, newcomers=(), names=("before", "after")):
    """Link two waves of one question: the same people in both, then people of the second only."""
    ids = [f"p{i}" for i in range(len(first))]
    return cb.link_waves(
        {
            names[0]: pd.DataFrame({"id": ids, "q": pd.Series(list(first), dtype=object)}),
            names[1]: pd.DataFrame(
                {
                    "id": [*ids, *(f"n{i}" for i in range(len(newcomers)))],
                    "q": pd.Series([*second, *newcomers], dtype=object),
                }
            ),
        },
        on="id",
    )


def linked_of(first, second):
    """Link two waves of one question, in columns of their own types."""
    waves = {"a": first, "b": second}
    return cb.link_waves({w: pd.DataFrame({"id": range(len(q)), "q": q}) for w, q in waves.items()}, on="id")


def table(yes_yes, yes_no, no_yes, no_no):
    """Return both waves' answers."""
    first = ["yes"] * (yes_yes + yes_no) + ["no"] * (no_yes + no_no)
    return first, ["yes"] * yes_yes + ["no"] * yes_no + ["yes"] * no_yes + ["no"] * no_no


def with_links(monkeypatch, panel, probability, method="code"):
    """Let the panel's links carry match probabilities, in the order of its links."""
    links = panel.links.assign(match_probability=probability, method=method)
    monkeypatch.setattr(cb.Panel, "as_pandas", lambda self, name: links)
    return panel


def numbers(result, measure):
    rows = [row for row in result.rows if row.measure == measure]
    return {(row.first, row.second): row for row in rows}


# ---- exact links ------------------------------------------------------------------------------------


def test_by_hand():
    # 10 people: 4 yes yes, 1 yes no, 2 no yes, 3 no no.
    result = cb.transitions(panel_of(*table(4, 1, 2, 3)), "q", people="learners")
    counts = {key: (row.count, row.n) for key, row in numbers(result, "share").items()}
    assert counts == {
        ("yes", "yes"): (4, 10),
        ("yes", "no"): (1, 10),
        ("no", "yes"): (2, 10),
        ("no", "no"): (3, 10),
    }
    assert {k: (r.count, r.n) for k, r in numbers(result, "share_of_first").items()} == {
        ("yes", "yes"): (4, 5),
        ("yes", "no"): (1, 5),
        ("no", "yes"): (2, 5),
        ("no", "no"): (3, 5),
    }
    assert (result.stayed.count, result.changed.count, result.rose.count, result.fell.count) == (7, 3, 2, 1)
    assert (result.find("first_wave", "yes").estimate, result.find("second_wave", "", "yes").estimate) == (
        0.5,
        0.6,
    )
    assert result.change.estimate == pytest.approx(0.1)
    assert (result.change.count, result.change.n, result.change.method) == (1, 10, "newcombe")
    assert result.linkage_error == "ignore"
    assert result.match_probability == 1
    assert result.n_false_links == 0
    assert result.rose.base == "10 learners who answered in before and after"
    assert result.find("share_of_first", "no", "yes").base.endswith("after, “no” in the first")
    assert all("small_base" in row.flags for row in result.rows)


def test_intervals_are_wilson_and_newcombe():
    result = cb.transitions(panel_of(*table(36, 12, 2, 9)), "q", confidence_level=0.9)
    for row in result.rows[:-1]:
        assert (row.conf_low, row.conf_high) == pytest.approx(
            tuple(map(float, wilson(row.count, row.n, 0.9)))
        )
        assert row.std_error == pytest.approx((row.estimate * (1 - row.estimate) / row.n) ** 0.5)
    assert result.rows[-1] is result.change
    low, high = paired_interval(36, 12, 2, 9, confidence_level=0.9)
    assert (result.change.conf_low, result.change.conf_high) == pytest.approx((float(low), float(high)))


def test_newcombe_published():
    # Newcombe (1998), Stat Med 17:2635, table II: 36, 12, 2, 0 gives 0.0569 to 0.3404 for first less second.
    change = cb.transitions(panel_of(*table(36, 12, 2, 0)), "q").change
    assert (change.estimate, change.conf_low, change.conf_high) == pytest.approx(
        (-0.2, -0.3404, -0.0569), abs=5e-5
    )


def test_where_nobody_moves():
    result = cb.transitions(panel_of(*table(40, 0, 0, 0)), "q")
    assert not numbers(result, "share_of_first").keys() & {("no", "yes"), ("no", "no")}  # of nobody no share
    assert result.changed.flags == ("none",)
    assert result.stayed.flags == ("all",)
    assert np.isnan(result.changed.std_error)
    assert 0 < result.changed.conf_high < 0.1
    assert result.change.conf_low < 0 < result.change.conf_high
    assert result.change.flags == ()


answered = st.sampled_from(["yes", "no", None])


@pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")  # of low response
@given(st.lists(st.tuples(answered, answered), min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_counts_by_brute_force_and_swapped_waves_mirror(pairs, random):
    complete = [pair for pair in pairs if None not in pair]
    first, second = (pd.Series(side) for side in zip(*pairs, strict=True))
    panel = panel_of(first, second)
    if not complete or first.isna().all() or second.isna().all():
        with pytest.raises(InputError):
            cb.transitions(panel, "q")
        return
    result = cb.transitions(panel, "q")
    for key, row in numbers(result, "share").items():
        assert row.count == complete.count(key)
    assert (result.n_linked, result.n) == (len(pairs), len(complete))
    missing = (result.n_missing_first, result.n_missing_second, result.n_missing_both)
    assert missing == (
        sum(a is None and b is not None for a, b in pairs),
        sum(b is None and a is not None for a, b in pairs),
        sum(a is None and b is None for a, b in pairs),
    )
    assert sum(missing) + result.n == result.n_linked

    back = cb.transitions(panel, "q", waves=["after", "before"])
    assert back.rose.count == result.fell.count
    assert back.change.estimate == -result.change.estimate
    assert (back.change.conf_low, back.change.conf_high) == pytest.approx(
        (-result.change.conf_high, -result.change.conf_low), abs=1e-12
    )
    shuffled = random.sample(pairs, len(pairs))
    again = cb.transitions(panel_of(*zip(*shuffled, strict=True)), "q")
    assert again.to_frame().equals(result.to_frame())


# ---- several answers --------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*where the nearest spelling is")
@given(st.lists(st.tuples(st.sampled_from(JOBS), st.sampled_from(JOBS)), min_size=1, max_size=30))
def test_several_answers_by_brute_force(pairs):
    result = cb.transitions(panel_of(*zip(*pairs, strict=True)), cb.Item("q", each_level=True))
    shares, of_first = numbers(result, "share"), numbers(result, "share_of_first")
    assert sum(row.estimate for row in shares.values()) == pytest.approx(1)
    for (a, b), row in shares.items():
        assert row.count == pairs.count((a, b))
        n = sum(first == a for first, _ in pairs)
        assert ((a, b) in of_first) == (n > 0)
        if n:
            assert (of_first[a, b].count, of_first[a, b].n) == (pairs.count((a, b)), n)
    for level in result.levels:
        before, after = result.find("first_wave", level), result.find("second_wave", "", level)
        change = result.find("net_change", level, level)
        assert (before.count, after.count) == (
            sum(a == level for a, _ in pairs),
            sum(b == level for _, b in pairs),
        )
        assert change.count == after.count - before.count
        assert change.estimate == pytest.approx(after.estimate - before.estimate)
    assert result.changed.count == sum(a != b for a, b in pairs)


def test_levels_are_matched_across_waves_as_they_are_read():
    # Whole numbers in one wave, with gaps (so floats) in the other; an answer that only the second has.
    ids = list("abcde")
    panel = cb.link_waves(
        {
            "one": pd.DataFrame({"id": ids, "q": [1, 2, 3, 1, 2]}),
            "two": pd.DataFrame({"id": ids, "q": [1.0, 2.0, 4.0, np.nan, 1.0]}),
        },
        on="id",
    )
    result = cb.transitions(panel, cb.Item("q", each_level=True))
    assert result.levels == ("1", "2", "3", "4")
    assert result.stayed.count == 2
    assert result.find("share", "3", "4").count == 1
    assert (result.n, result.n_missing_second) == (4, 1)
    for name in ("rose", "fell", "change"):
        with pytest.raises(InputError, match="a yes/no item"):
            getattr(result, name)
    with pytest.raises(InputError, match="columns measure, first and second"):
        result.find("share", "1", "9")


def test_too_many_answers_are_refused():
    values = [f"v{i}" for i in range(31)] * 2  # of one person each they would identify people
    with pytest.raises(InputError, match="at most 30 different answers"):
        cb.transitions(panel_of(values, values[::-1]), cb.Item("q", each_level=True))


# ---- reading ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", [pd.DataFrame, pl.DataFrame, pa.table])
def test_any_frame(engine):
    first, second = table(14, 6, 11, 9)
    ids = [f"p{i}" for i in range(40)]
    panel = cb.link_waves(
        {"a": engine({"id": ids, "q": first}), "b": engine({"id": ids[::-1], "q": second[::-1]})}, on="id"
    )
    result = cb.transitions(panel, "q")
    assert [row.count for row in result.rows[:4]] == [14, 6, 11, 9]


def test_items_and_missing_codes():
    first = ["agree", "neutral", "agree", "refused", "disagree"]
    second = ["strongly agree", "agree", "neutral", "agree", "disagree"]
    item = cb.Item("q", yes=["agree", "strongly agree"], label="usefulness")
    result = cb.transitions(panel_of(first, second), item, missing="refused")
    assert (result.rose.count, result.fell.count, result.n, result.n_missing_first) == (1, 1, 4, 1)
    text = repr(result)
    assert text.startswith("usefulness in before and in after, of the same 4 people who answered both (95%")
    assert (
        "1 of the 5 people found in both waves is left out, their answer is missing: 1 only in before" in text
    )
    assert "before: q: nobody answered 'strongly agree', which counts as yes" in text
    assert "after: q: counted as no: 'disagree', 'neutral'" in text
    assert "usefulness" in result._repr_html_()


def test_wrong_arguments():
    panel = panel_of(*table(2, 1, 1, 2))
    frames = panel.waves
    with pytest.raises(InputError, match="a Panel made by link_waves"):
        cb.transitions(frames["before"], "q")
    with pytest.raises(InputError, match="two waves"):
        cb.transitions(panel, "q", waves=["before"])
    with pytest.raises(InputError, match="a wave of this panel"):
        cb.transitions(panel, "q", waves=["before", "later"])
    with pytest.raises(ColumnNotFoundError, match="wave 'before'"):
        cb.transitions(panel, "answer")
    with pytest.raises(InputError, match="one column name, Item, any_of"):
        cb.transitions(panel, ["q"])
    with pytest.raises(InputError, match="confidence_level"):
        cb.transitions(panel, "q", confidence_level=95)
    with pytest.raises(MethodError, match="linkage_error"):
        cb.transitions(panel, "q", linkage_error="em")
    three = cb.link_waves({**frames, "later": frames["after"]}, on="id")
    with pytest.raises(InputError, match="two waves"):
        cb.transitions(three, "q")
    unanswered = panel_of(["yes", "no", None], [None, None, "no"], newcomers=["yes"])
    with pytest.raises(InputError, match="share 3 people, none with an answer in both"):
        cb.transitions(unanswered, "q")


# ---- flags that shares have too -----------------------------------------------------------------------


def test_low_response_is_flagged_and_warned_of():
    # 858 pairs, of which 62 have both answers.
    first = ["yes"] * 40 + ["no"] * 22 + ["yes"] * 400 + [None] * 396
    second = ["yes"] * 30 + ["no"] * 32 + [None] * 700 + ["no"] * 96
    said = r"^62 of 858 who were asked answered 'q' in both waves: below 70%"
    panel = panel_of(first, second)
    with pytest.warns(DataWarning, match=said) as caught:
        result = cb.transitions(panel, "q")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert all("low_item_response" in row.flags for row in result.rows)
    assert (result.n, result.n_missing, result.n_linked) == (62, 796, 858)
    assert result.response_rate == 62 / 858
    assert "low_item_response" in repr(result)
    assert result.to_frame()["flags"].str.contains("low_item_response").all()


@pytest.mark.parametrize(("missing", "low"), [(40, False), (42, False), (43, True), (60, True)])
def test_the_threshold_of_low_response_is_that_of_shares(missing, low):
    first, second = table(30, 20, 20, 30)  # 100 people who answered both
    panel = panel_of([*first, *["yes"] * missing], [*second, *[None] * missing])
    share = pd.DataFrame({"q": [*second, *[None] * missing]})
    for call in (lambda: cb.transitions(panel, "q"), lambda: cb.proportions(share, "q")):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rows = call().rows
        assert [w.category for w in caught] == [DataWarning] * low
        assert all(("low_item_response" in row.flags) == low for row in rows)


@pytest.mark.parametrize("options", [{"each_level": True}, {"yes": "yes", "no": "no"}])
def test_not_asked_is_no_missing_answer(options):
    first = ["yes"] * 30 + ["no"] * 30 + ["n/a"] * 50 + ["yes"] * 50 + [None] * 5
    second = ["yes"] * 40 + ["no"] * 20 + ["yes"] * 50 + ["n/a"] * 50 + ["no"] * 5
    result = cb.transitions(panel_of(first, second), cb.Item("q", not_asked="n/a", **options))
    assert (result.n, result.n_not_asked, result.n_missing, result.n_linked) == (60, 100, 5, 165)
    assert (result.n_missing_first, result.n_missing_second, result.n_missing_both) == (5, 0, 0)
    assert result.response_rate == 60 / 65
    assert not any("low_item_response" in row.flags for row in result.rows)
    text, who = repr(result), "of the 165 people found in both waves are left out, "
    assert f"5 {who}their answer is missing: 5 only in before" in text
    assert f"100 {who}they were not asked in one of them or in both" in text


def test_all_who_were_asked_answered():
    first, second = table(20, 5, 5, 20)
    item = cb.Item("q", yes="yes", no="no", not_asked="n/a")
    text = repr(cb.transitions(panel_of([*first, "n/a"], [*second, "yes"]), item))
    assert "all 50 people found in both waves and asked in both answered both times" in text
    with pytest.raises(InputError, match="none with an answer in both; 1 of them was not asked in both"):
        cb.transitions(panel_of(["n/a", "yes"], ["yes", None], newcomers=["no"]), item)


@pytest.mark.parametrize(
    "same", [{"Staf": 3.5}, {"Staf": "Workers"}, {"Stuf": "Staff"}, {"Staf": "Staff", "Guest": True}]
)
@pytest.mark.parametrize("item", [cb.Item("q", each_level=True), cb.Item("q", yes="Staff")])
def test_same_takes_answers_that_somebody_wrote(item, same):
    panel = linked_of(["Staff", "Staf", "Guest"] * 5, ["Staff", "Staff", "Guest"] * 5)
    with pytest.raises(
        InputError, match=r"`same`: expected answers that somebody wrote in one of the waves.*'Staff'"
    ):
        cb.transitions(panel, item, same=same)
    # One wave is enough, in whatever spelling; and an answer that the item names need not be written at all.
    made = cb.transitions(panel, cb.Item("q", each_level=True), same={"staf ": "STAFF"})
    assert made.levels == ("Guest", "Staff")
    named = cb.Item("q", each_level=True, levels=["Workers", "Guest"])
    made = cb.transitions(panel, named, same={"Staf": "Workers", "Staff": "Workers"})
    assert made.levels == ("Workers", "Guest")


def test_answers_of_a_type_that_nobody_gave_are_not_joined():
    kinds = pd.CategoricalDtype(["Staff", "Staf", "Guest"])
    panel = linked_of(pd.Series(["Staff", "Guest"] * 5, dtype=kinds), pd.Series(["Staff"] * 10, dtype=kinds))
    with pytest.raises(InputError, match="`same`: expected answers that somebody wrote"):
        cb.transitions(panel, cb.Item("q", each_level=True), same={"Staf": "Staff"})


def test_a_code_of_no_answer_stays_one_where_numbers_are_joined():
    panel = linked_of([1, 2, 3, 4] * 5, [1, 2, 2, 1] * 5)
    made = cb.transitions(panel, cb.Item("q", each_level=True, missing=4), same={3: 2})
    assert made.levels == ("1", "2")
    assert (made.stayed.count, made.stayed.n) == (15, 15)
    assert "a: q: '3' (5 rows) read as '2'" in made.notes


@pytest.mark.parametrize("same", [{"a": ["b", "c"]}, {("a", "b"): "c"}, {"a": [1, "b"]}])
def test_same_takes_one_answer_for_each_spelling(same):
    frame = pd.DataFrame({"id": ["1", "2"], "q": ["a", "b"]})
    panel = cb.link_waves({"s": frame, "e": frame}, on="id")
    with pytest.raises(
        InputError, match=r"`same`: expected one answer for each spelling.*Write each spelling by itself"
    ):
        cb.transitions(panel, cb.Item("q", each_level=True), same=same)


def test_small_bases_and_effective_sizes_are_those_of_shares(monkeypatch):
    first, second = table(15, 5, 5, 15)
    panel = panel_of(first, second)
    plain = cb.transitions(panel, "q")
    assert plain.changed.flags == ()
    assert plain.find("share_of_first", "yes", "no").flags == ("small_base",)
    doubtful = cb.transitions(with_links(monkeypatch, panel, 0.5), "q")
    assert doubtful.changed.n == 40
    assert "small_n_effective" in doubtful.changed.flags


# ---- doubtful links ---------------------------------------------------------------------------------


def test_adjusted_by_hand(monkeypatch):
    # As in test_linkage_error: 0.9 for every pair, half of the 20 people of the second wave say yes.
    panel = panel_of(*table(4, 1, 2, 3), newcomers=["yes"] * 4 + ["no"] * 6)
    result = cb.transitions(with_links(monkeypatch, panel, 0.9), "q")
    assert result.linkage_error == "adjust"
    assert result.match_probability == pytest.approx(0.9)
    assert result.rose.estimate == pytest.approx(1.75 / 9)
    assert result.rose.unadjusted == 0.2
    assert result.change.estimate == pytest.approx(1 / 9)
    assert result.change.estimate == pytest.approx(result.rose.estimate - result.fell.estimate)
    assert result.find("share_of_first", "no", "yes").estimate == pytest.approx(1.75 / 4.5)
    text = repr(result)
    assert (
        "corrected for false links: mean match probability 0.9000, so that about 1 of the 10 pairs is" in text
    )
    assert "changed: 0.3000 of the pairs as they are, 0.2778 corrected (-0.0222)" in text
    assert "unadjusted" in text.splitlines()[1]

    ignored = cb.transitions(panel, "q", linkage_error="ignore")
    assert ignored.rose.estimate == 0.2
    assert ignored.n_false_links == pytest.approx(1)
    assert "linkage error is ignored, so change looks larger than it is: mean match" in repr(ignored)


def test_certain_links_leave_everything_as_it_is(monkeypatch):
    panel = panel_of(*table(40, 13, 22, 31), newcomers=["yes"] * 5)
    plain = cb.transitions(panel, "q")
    for probability, method in ((1.0, "code"), (1.0, "exact")):
        with_links(monkeypatch, panel, probability, method)
        for how in (None, "adjust", "ignore"):
            result = cb.transitions(panel, "q", linkage_error=how)
            assert result.to_frame().equals(plain.to_frame())
            assert "all links are taken as certain" in repr(result)


def test_probabilities_follow_their_pairs(monkeypatch):
    # The one doubtful pair is the one that moved: what it says is worth less.
    panel = panel_of(*table(30, 0, 1, 29))
    links = panel.links
    moved = links["linked_row"] == 30
    results = [
        cb.transitions(
            with_links(monkeypatch, panel, np.where(doubtful, 0.5, 1.0)), "q", waves=waves
        ).changed.estimate
        for doubtful in (moved, links["linked_row"] == 31)
        for waves in (("before", "after"), ("after", "before"))
    ]
    # Wrong, its no would meet a yes by 31 of 60; so (1 - 0.5 x 31/60) / 59.5 either way the pair moved or not.
    # From the second wave back, the moved pair's yes meets a no by 30 of 60, the other's no a yes by 30 of 60.
    assert results == pytest.approx([(1 - 0.5 * 31 / 60) / 59.5, (1 - 0.5 * 0.5) / 59.5] * 2)


def test_the_order_of_links_does_not_matter(monkeypatch):
    panel = panel_of(*table(40, 13, 22, 31))
    p = np.random.default_rng(2).uniform(0.5, 1, 106)
    one = cb.transitions(with_links(monkeypatch, panel, p), "q")
    mixed = panel.links.sample(frac=1, random_state=1, ignore_index=True)
    monkeypatch.setattr(cb.Panel, "as_pandas", lambda self, name: mixed)
    assert cb.transitions(panel, "q").to_frame().equals(one.to_frame())


def test_links_through_a_third_row(monkeypatch):
    # Ten people in three waves; start and later are linked only through the middle for four of them.
    first, second = table(3, 2, 2, 3)
    ids = [f"p{i}" for i in range(10)]
    frames = {
        n: pd.DataFrame({"id": ids, "q": q})
        for n, q in (("start", first), ("middle", first), ("later", second))
    }
    panel = cb.link_waves(frames, on="id")
    links = panel.links
    between = (links["wave"] == "later") & (links["linked_wave"] == "start")
    chained = between & (links["row"] < 4)
    p = np.where(links["wave"] == "middle", 0.9, np.where(chained, 0.72, np.where(between, 0.95, 0.8)))
    found = links.assign(match_probability=p, key=np.where(chained, "(indirect)", "code"))
    monkeypatch.setattr(cb.Panel, "as_pandas", lambda self, name: found)
    result = cb.transitions(panel, "q", waves=("start", "later"))
    assert "4 pairs are linked only through other rows of the same person; their match" in repr(result)
    assert result.match_probability == pytest.approx((4 * 0.72 + 6 * 0.95) / 10)

    with_links(monkeypatch, panel, np.where(links["row"] == 5, np.nan, p))
    with pytest.raises(InputError, match="1 outside of that"):
        cb.transitions(panel, "q", waves=("start", "later"))


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.2])
def test_impossible_probabilities_are_refused(monkeypatch, bad):
    panel = with_links(monkeypatch, panel_of(*table(4, 1, 2, 3)), bad)
    with pytest.raises(InputError, match="10 outside of that"):
        cb.transitions(panel, "q")


def test_estimates_outside_of_what_a_share_can_be_are_flagged(monkeypatch):
    # Half of 400 links wrong should make 100 who moved; nobody did.
    panel = with_links(monkeypatch, panel_of(*table(200, 0, 0, 200)), 0.5)
    result = cb.transitions(panel, "q")
    assert result.changed.estimate == pytest.approx(-100 / 200)
    assert result.changed.flags == ("none", "outside_range", "no_interval")
    assert np.isnan(result.changed.conf_low)
    assert "estimates are outside of what a share can be" in repr(result)
    assert "beyond chance (no interval)" in repr(result)
    assert result.change.estimate == pytest.approx(0)
    assert "outside_range" not in result.change.flags


def test_shares_and_change_agree_when_adjusted(monkeypatch):
    rng = np.random.default_rng(3)
    first, second = rng.choice(JOBS, 200), rng.choice(JOBS, 200)
    panel = with_links(
        monkeypatch, panel_of(first, second, newcomers=list(rng.choice(JOBS, 50))), rng.uniform(0.6, 1, 200)
    )
    result = cb.transitions(panel, cb.Item("q", each_level=True))
    share = {key: row.estimate for key, row in numbers(result, "share").items()}
    of_first = numbers(result, "share_of_first")
    for level in result.levels:
        before, after = (
            result.find("first_wave", level).estimate,
            result.find("second_wave", "", level).estimate,
        )
        assert before == pytest.approx(sum(v for (a, _), v in share.items() if a == level))
        assert after == pytest.approx(sum(v for (_, b), v in share.items() if b == level))
        assert result.find("net_change", level, level).estimate == pytest.approx(after - before)
        for other in result.levels:
            assert of_first[level, other].estimate == pytest.approx(share[level, other] / before)
    assert result.stayed.estimate + result.changed.estimate == pytest.approx(1)
    assert all(row.conf_low < row.estimate < row.conf_high for row in result.rows)


def simulated(rng, n, unlinked):
    """Draw 40% yes who fall by 5% and rise by 10%; links are wrong by 8% on average and exchange answers."""

    def drawn(size):
        no = rng.random(size) >= 0.4
        return no, np.where(no, rng.random(size) >= 0.1, rng.random(size) < 0.05)

    first, second = drawn(n)
    doubt = np.where(rng.random(n) < 0.3, rng.random(n) * 0.5, 0.005 / 0.7)
    wrong = np.flatnonzero(rng.random(n) < doubt)
    pool = rng.permutation(np.concatenate([second[wrong], drawn(unlinked)[1]]))
    second[wrong] = pool[: wrong.size]
    everybody = np.concatenate([second, pool[wrong.size :]])
    return first.astype(np.int64), second.astype(np.int64), everybody.astype(np.int64), 1.0 - doubt


def coverage(n, unlinked, repeats, monkeypatch):
    """Return how often the plain and the adjusted intervals hold the truth, by what they are of."""
    truth = {
        ("share", "no", "yes"): 0.06,
        ("changed", "", ""): 0.08,
        ("share_of_first", "no", "yes"): 0.1,
        ("second_wave", "", "yes"): 0.44,
        ("net_change", "yes", "yes"): 0.04,
    }
    rng = np.random.default_rng(11)
    held = np.zeros((2, len(truth)))
    for _ in range(repeats):
        first, second, everybody, probability = simulated(rng, n, unlinked)
        yes = np.array(["yes", "no"])
        panel = panel_of(yes[first], yes[second], newcomers=yes[everybody[n:]])
        doubtful = with_links(monkeypatch, panel, probability)
        for i, rule in enumerate(("ignore", "adjust")):
            result = cb.transitions(doubtful, "q", linkage_error=rule)
            rows = {(row.measure, row.first, row.second): row for row in result.rows}
            held[i] += [rows[key].conf_low <= t <= rows[key].conf_high for key, t in truth.items()]
    return [dict(zip((key[0] for key in truth), row / repeats, strict=True)) for row in held]


@pytest.mark.once
def test_adjusted_intervals_cover_where_plain_ones_do_not(monkeypatch):
    plain, adjusted = coverage(400, 300, 300, monkeypatch)
    assert plain["changed"] < 0.5
    assert min(adjusted.values()) > 0.91  # 300 repeats at 95%: standard error 1.3 points


# The table on the page about change is of these.
@pytest.mark.slow
@pytest.mark.parametrize(("n", "unlinked", "most"), [(100, 50, 0.8), (400, 300, 0.4), (2_000, 400, 0.01)])
def test_coverage(n, unlinked, most, monkeypatch):
    plain, adjusted = coverage(n, unlinked, 4_000, monkeypatch)
    assert plain["changed"] < most
    # 4,000 repeats at 95%: standard error 0.34 points.
    assert all(0.935 < held < 0.965 for held in adjusted.values()), adjusted


# ---- the page ---------------------------------------------------------------------------------------


def test_every_example_of_the_page_gives_what_it_shows():
    text = re.sub(r"^ *```.*$", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    examples = doctest.DocTestParser().get_doctest(text, {}, "change.md", "change.md", 0)
    assert len(examples.examples) > 5
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(examples, out=report.append)
    assert result.failed == 0, "".join(report)


def test_one_pair_and_hardly_any_false_link_read_as_english():
    panel = cb.link_waves(
        {"a": pd.DataFrame({"id": [1, 2], "y": [1, 0]}), "b": pd.DataFrame({"id": [1, 9], "y": [1, 0]})},
        on="id",
    )
    text = repr(cb.transitions(panel, "y", people="nurses"))
    assert text.startswith("y in a and in b, of the one person among the nurses who answered both (95%")
    assert "- the one person found in both waves answered both times" in text
    few = replace(cb.transitions(panel, "y"), match_probability=0.9998, linkage_error="adjust")
    assert "so that fewer than 1 of the 1 pairs is expected" in repr(few)
