"""Codes that tell little, and codes with blanks: who is looked at, who is taken for whom, how many links are false."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import DataWarning
from credbenefits.frames.codes import chance_twins, twins_not_repeats
from credbenefits.numerics import _match_reach
from credbenefits.numerics._match_candidates import Reach
from credbenefits.numerics._match_evidence import Chance
from credbenefits.numerics._match_reach import reach_for
from credbenefits.numerics.candidates import fewest_agree
from credbenefits.numerics.matching import accept, match_codes

FIVE, SIX, SEVEN = (31, 26, 26, 5, 4), (31, 26, 26, 5, 4, 12), (31, 26, 26, 5, 4, 12, 26)
EIGHT = (210, 26, 12, 31, 7, 26, 26, 10)


def weak_codes(sizes, n, back, *, error, seed, blank=0.0, careless=None):
    """Two waves of codes, all answers equally common, and who gave them; errors per element or one for all.

    Of the people a share may be `careless` (share, factor): they err and leave blanks so many times as often.
    """
    rng = np.random.default_rng(seed)
    new = max(round(0.15 * back), 1)
    truth = np.column_stack([rng.integers(0, k, n + new) for k in sizes])
    people = [rng.permutation(n), rng.permutation(np.r_[rng.choice(n, back, replace=False), n : n + new])]
    waves = [truth[p] for p in people]
    share, factor = careless or (0.0, 1.0)
    worse = np.where(rng.random(n + new) < share, factor, 1.0)
    errors = np.broadcast_to(error, len(sizes))
    for element, k in enumerate(sizes):
        wrong = rng.random(people[1].size) < np.minimum(errors[element] * worse[people[1]], 0.5)
        shifted = waves[1][wrong, element] + rng.integers(1, k, int(wrong.sum()))
        waves[1][wrong, element] = shifted % k
    for wave, p in zip(waves, people, strict=True):
        wave[rng.random(wave.shape) < np.minimum(blank * worse[p], 0.5)[:, None]] = -1
    return waves, people


def link(waves, **options):
    names = [f"e{k}" for k in range(waves[0].shape[1])]
    frames = {
        w: pd.DataFrame(np.where(c < 0, "", c.astype(str)), columns=names)
        for w, c in zip(("a", "b"), waves, strict=True)
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return cb.link_waves(frames, on=names, method="code", **options)


# ---- which pairs are looked at ----------------------------------------------------------------------------


def even(blank, values, n_elements=8):
    pairs = np.full(n_elements, 1e12 * (1.0 - blank))
    return Chance(pairs / values, np.zeros(n_elements), pairs, np.full(n_elements, blank))


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
    assert chance_twins(values) == pytest.approx(780 / 4)
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
    one = pd.DataFrame({"a": rng.choice(letters, 400), "b": rng.choice(letters, 400), "c": rng.integers(1, 32, 400),
                        "d": rng.integers(1, 13, 400), "e": rng.choice(last, 400), "f": rng.integers(10, 99, 400)})  # fmt: skip
    two = one.sample(80, random_state=1).reset_index(drop=True)
    summary = cb.link_waves({"w1": one, "w2": two}, on=list("abcdef"), method="code").link_summary()
    assert not any("relative" in note for note in summary.notes)


# ---- false links, many times ------------------------------------------------------------------------------

#: Elements, people, how many come back, errors, blanks, studies.
ONE_BAD = {k: np.r_[np.full(k - 1, 0.01), 0.4] for k in (5, 6, 7, 8)}
GRID = [
    pytest.param(FIVE, 300, 180, 0.03, 0.0, 60, id="5 of 300"),
    pytest.param(FIVE, 300, 30, ONE_BAD[5], 0.0, 150, id="5 of 300, a tenth back, one element 40% wrong"),
    pytest.param(FIVE, 2_000, 260, 0.01, 0.0, 40, id="5 of 2,000, 1% wrong"),
    pytest.param(FIVE, 2_000, 260, 0.08, 0.02, 40, id="5 of 2,000, 8% wrong"),
    pytest.param(FIVE, 2_000, 200, ONE_BAD[5], 0.0, 40, id="5 of 2,000, one element 40% wrong"),
    pytest.param(FIVE, 10_000, 1_300, 0.03, 0.0, 8, id="5 of 10,000"),
    pytest.param(SIX, 300, 300, 0.01, 0.02, 40, id="6 of 300, all back"),
    pytest.param(SIX, 2_000, 260, 0.03, 0.2, 40, id="6 of 2,000, a fifth blank"),
    pytest.param(SIX, 26_000, 2_340, 0.03, 0.0, 4, id="6 of 26,000"),
    pytest.param(SEVEN, 2_000, 260, 0.08, 0.2, 40, id="7 of 2,000, a fifth blank, 8% wrong"),
    pytest.param(SEVEN, 10_000, 1_000, ONE_BAD[7], 0.0, 8, id="7 of 10,000, one element 40% wrong"),
    pytest.param(EIGHT, 2_000, 260, 0.03, 0.2, 40, id="8 of 2,000, a fifth blank"),
    pytest.param(EIGHT, 26_000, 2_340, 0.03, 0.2, 4, id="8 of 26,000, a fifth blank"),
    pytest.param((12, 7, 6, 4, 3), 300, 150, 0.03, 0.0, 60, id="13 bits of 300"),
    pytest.param((12, 7, 6, 5, 4, 4), 300, 30, 0.03, 0.0, 200, id="15 bits of 300, a tenth back"),
]


def measured(sizes, n, back, error, blank, studies, careless=None, rates=(0.01, 0.05), first_seed=5_000):
    """Count the links and the false ones at each rate asked for, study by study."""
    found = {rate: [] for rate in rates}
    for seed in range(first_seed, first_seed + studies):
        waves, people = weak_codes(sizes, n, back, error=error, blank=blank, careless=careless, seed=seed)
        panel = link(waves)
        pair = panel._evidence.pairs[0]
        for rate in rates:  # as max_false_link_rate=rate would, without linking again
            chosen = accept(pair.candidates, max_false_link_rate=rate)
            row_a, row_b = pair.candidates.row_a[chosen], pair.candidates.row_b[chosen]
            found[rate].append((chosen.sum(), (people[0][row_a] != people[1][row_b]).sum()))
    return {rate: np.array(counts) for rate, counts in found.items()}


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
