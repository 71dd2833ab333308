"""Codes that tell little, and codes with blanks: who is looked at, who is taken for whom, how many links are false."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.frames.keys.codes import expected_twins, twins_not_repeats
from credbenefits.numerics.matching import _reach as _match_reach
from credbenefits.numerics.matching._evidence import Agreement
from credbenefits.numerics.matching._reach import reach_for
from credbenefits.numerics.matching._search import Reach
from credbenefits.numerics.matching.candidates import fewest_agree
from credbenefits.numerics.matching.matching import match_codes
from weak_studies import EIGHT, FIVE, GRID, link, measured, weak_codes

# ---- which pairs are looked at ----------------------------------------------------------------------------


# No test could link files of 10^9 pairs, so how many elements must agree is tested where it is worked out.


def even(blank, values, n_elements=8):
    pairs = np.full(n_elements, 1e12 * (1.0 - blank))
    return Agreement(pairs / values, np.zeros(n_elements), pairs, np.full(n_elements, blank))


@pytest.mark.parametrize(
    ("blank", "agree"),
    [(0.0, 5), (0.04, 5), (0.1, 5), (0.2, 4), (0.36, 3), (0.6, 3)],
)
def test_the_more_blanks_the_fewer_elements_need_to_agree(blank, agree):
    # `blank` is the share of pairs: .36 where a fifth of either wave is blank.
    assert reach_for(even(blank, 30), 1e6, 3) == (Reach(agree, 3), False)


def test_strangers_stop_the_search():
    # Of 10^9 pairs some 2 million agree on four of eight elements or more, and 45 million on three or more.
    assert reach_for(even(0.36, 10), 1e9, 3) == (Reach(4, 3), True)
    assert reach_for(even(0.36, 30), 1e9, 3) == (Reach(3, 3), False)


@pytest.mark.parametrize(("n_elements", "fewest"), [(4, 2), (5, 3), (6, 3), (8, 3), (16, 3)])
def test_three_elements_must_agree_or_two_of_four(n_elements, fewest):
    assert fewest_agree(n_elements) == fewest


def test_a_blank_is_no_disagreement():
    """A pair with one disagreement and four blanks is looked at, one with two disagreements is not."""
    waves, _ = weak_codes(EIGHT, 600, 300, error=0.03, blank=0.2, seed=1)
    waves[0][0], waves[1][0] = range(8), range(8)
    waves[0][0, :4] = -1
    waves[1][0, 4] = 9
    waves[0][1], waves[1][1] = (5, 4, 3, 2, 1, 0, 1, 2), (5, 4, 3, 2, 1, 0, 2, 1)
    found = match_codes(*waves, ordered=[False] * 8, max_disagreements=1)
    pairs = set(zip(found.candidates.row_a.tolist(), found.candidates.row_b.tolist(), strict=True))
    assert (0, 0) in pairs
    assert (1, 1) not in pairs
    assert found.candidates.disagreements.max() == 1


def test_people_who_left_a_fifth_blank_are_found():
    waves, people = weak_codes(EIGHT, 3_000, 580, error=0.03, blank=0.2, seed=2)
    links = link(waves).links
    right = people[0][links["linked_row"].astype(int)] == people[1][links["row"].astype(int)]
    assert right.sum() > 0.83 * 580  # .66 where a blank counted as a disagreement
    assert right.mean() > 0.98


def test_where_the_search_was_stopped_the_summary_says_so(monkeypatch):
    waves, _ = weak_codes(EIGHT, 2_000, 500, error=0.03, blank=0.2, seed=3)
    told = [n for n in link(waves).link_summary().notes if "So many answers are blank" in n]
    monkeypatch.setattr(_match_reach, "_MOST_EXPECTED", 1)
    notes = [n for n in link(waves).link_summary().notes if "So many answers are blank" in n]
    assert (len(told), len(notes)) == (0, 1)
    lost = int(re.search(r"about (\d+)% of the people in both waves cannot be found", notes[0])[1])
    assert 20 < lost < 45  # a third of them


# ---- rows that share a code -------------------------------------------------------------------------------


def test_rows_that_share_a_code_by_chance_are_twins_by_hand():
    # 40 rows of two elements; half of them say 0, 0, and 40 * 39 / 2 pairs are 780.
    values = np.repeat([[0, 0], [1, 1]], 20, axis=0)
    assert expected_twins(values) == pytest.approx(780 / 4)
    different = 780 / 4  # pairs with this very code by chance, over its frequency
    same = 300 - 195 - np.sqrt(195)
    twins = twins_not_repeats(values, np.array([0]), 300)
    assert twins == pytest.approx(different / (different + same))
    assert twins_not_repeats(values, np.array([0]), 150).tolist() == [1.0]  # no more than chance gives


def test_a_link_to_one_of_two_people_with_one_code_counts_half():
    waves, people = weak_codes(FIVE, 2_000, 300, error=0.0, seed=4)
    gone = np.flatnonzero(~np.isin(people[0], people[1]))[:2]
    waves[0][gone[1]] = waves[1][0] = waves[0][gone[0]]
    loose = link(waves, threshold=0.3).links
    p = loose.loc[(loose["linked_row"] == gone[1]) & (loose["row"] == 0), "match_probability"]
    assert 0.45 < p.item() < 0.75  # hardly more pairs share a code than chance gives


def test_true_repeats_of_a_strong_code_stay_certain():
    waves, _ = weak_codes(EIGHT, 2_000, 300, error=0.0, seed=5)
    waves[0] = np.vstack([waves[0], waves[0][:60]])
    links = link(waves).links
    repeated = links["linked_row"].astype(int) >= 2_000
    assert repeated.sum() > 0
    assert links.loc[repeated, "match_probability"].min() > 0.99


def test_the_summary_counts_what_the_links_say():
    waves, people = weak_codes(FIVE, 5_000, 700, error=0.03, seed=6)
    panel = link(waves)
    told, p = panel.link_summary().waves[0], panel.links["match_probability"]
    assert told.false_link_rate == pytest.approx(1 - p.mean())
    assert told.false_link_rate <= 0.01
    assert told.recall_at_most == pytest.approx(p.sum() / told.n_matches)
    links = panel.links
    right = people[0][links["linked_row"].astype(int)] == people[1][links["row"].astype(int)]
    assert right.sum() / 700 < told.recall_at_most + 0.03


@pytest.mark.parametrize("seed", range(4))
def test_no_relatives_are_told_of_without_pairs_that_show_them(seed):
    waves, _ = weak_codes(FIVE, 400, 120, error=0.03, seed=seed)
    for note in link(waves).link_summary().notes:
        assert "relative" not in note


def test_people_who_share_the_whole_code_are_not_called_relatives():
    # The same people leave an element blank in both waves, so that more matches agree on all than chance says.
    rng = np.random.default_rng(2)
    letters, last = list("abcdefghij"), ["", None, "-", "x", "y", "z"]
    one = pd.DataFrame(
        {
            "a": rng.choice(letters, 400),
            "b": rng.choice(letters, 400),
            "c": rng.integers(1, 32, 400),
            "d": rng.integers(1, 13, 400),
            "e": rng.choice(last, 400),
            "f": rng.integers(10, 99, 400),
        }
    )
    two = one.sample(80, random_state=1).reset_index(drop=True)
    summary = cb.link_waves({"w1": one, "w2": two}, on=list("abcdef"), method="code").link_summary()
    assert not any("relative" in note for note in summary.notes)


# ---- codes that cannot carry the size ---------------------------------------------------------------------


def warned(waves, **options):
    names = [f"e{k}" for k in range(waves[0].shape[1])]
    frames = {w: pd.DataFrame(c.astype(str), columns=names) for w, c in zip(("a", "b"), waves, strict=True)}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        panel = cb.link_waves(frames, on=names, method="code", **options)
    assert all(w.filename == __file__ for w in caught)
    return panel, [str(w.message) for w in caught]


def test_where_hardly_anybody_is_linked_the_codes_are_blamed_and_not_the_columns():
    waves, _ = weak_codes((12, 7, 6, 4, 3), 1_000, 130, error=0.03, seed=1)  # log2(6,048) is 12.6 bits
    panel, told = warned(waves, max_false_link_rate=0.01)
    assert len(panel.links) == 0
    (text,) = [t for t in told if "likely matches" in t]
    assert re.match(
        r"none of the \d+ likely matches of 'a' and 'b' is sure enough to be linked: 13 bits tell too "
        r"little about \d+ people. Name more elements of the code, or ask for a larger "
        r"max_false_link_rate than 0.01$",
        text,
    )
    assert not any("check the key columns" in t for t in told)
    _, told = warned(waves, threshold=0.99)
    assert [t for t in told if t.endswith("or ask for a lower threshold")]
    panel, told = warned(waves, max_false_link_rate=0.05)  # what the advice says helps
    assert len(panel.links) > 80
    assert not any("likely matches" in t for t in told)


def test_where_nobody_came_back_the_columns_are_to_be_checked():
    for sizes in ((12, 7, 6, 4, 3), EIGHT):
        one, _ = weak_codes(sizes, 300, 30, error=0.03, seed=1)
        two, _ = weak_codes(sizes, 300, 30, error=0.03, seed=2)
        keep = ~(one[1][:, None, :] == two[0][None]).all(axis=2).any(axis=1)
        panel, told = warned([two[0], (one[1][keep][:40] + 500)], max_false_link_rate=0.01)
        assert len(panel.links) == 0
        assert not any("likely matches" in t for t in told)
        assert sum("check the key columns" in t for t in told) == 2


# ---- false links, many times ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "n", "back", "error", "blank", "studies"), GRID)
def test_false_links_are_at_most_half_more_than_asked(sizes, n, back, error, blank, studies):
    for rate, counts in measured(sizes, n, back, error, blank, studies).items():
        links, false = counts.sum(axis=0)
        assert false / links <= 1.5 * rate


@pytest.mark.slow
def test_people_who_err_more_and_leave_more_blank_do_no_harm():
    counts = measured(EIGHT, 2_000, 260, 0.02, 0.06, 30, careless=(0.3, 4.0), first_seed=6_000)
    for rate, found in counts.items():
        links, false = found.sum(axis=0)
        assert false / links <= 1.5 * rate
