"""Reviewing pairs by hand, feeding the decisions back, and drawing the links."""

from __future__ import annotations

import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from code_waves import ELEMENTS, check_account, code_waves, link, links
from credbenefits.errors import ColumnNotFoundError, InputError, MethodError

mpl.use("Agg")


@pytest.fixture(scope="module")
def waves():
    return code_waves(900, returners=350, newcomers=80, error=0.08, seed=11)


@pytest.fixture(scope="module")
def panel(waves):
    return link(waves)


@pytest.fixture(scope="module")
def review(panel):
    return panel.review(40, rng=5)


def pair_of(row):
    return ((row["linked_wave"], row["linked_row"]), (row["wave"], row["row"]))


def decided(review, **decisions):
    """The review with decisions by place."""
    out = review.copy()
    for word, places in decisions.items():
        out.loc[places, "decision"] = word
    return out


# ---- the sample ---------------------------------------------------------------------------------------


def test_half_of_the_sample_is_linked_half_is_not(panel, review):
    assert len(review) == 40
    assert review["linked"].sum() == 20
    assert not review.duplicated(["linked_wave", "linked_row", "wave", "row"]).any()
    assert (review["decision"] == "").all()
    found = links(panel)
    for _, row in review.iterrows():
        assert (pair_of(row) in found) == row["linked"]


def test_the_sample_lies_around_the_threshold(panel, review):
    p = panel.links["match_probability"].sort_values().to_numpy()
    assert review.loc[review["linked"], "match_probability"].max() <= p[59]  # among the 60 least sure
    others = review.loc[~review["linked"], "match_probability"]
    assert others.max() <= p[0]
    assert others.min() > 0


def test_the_codes_stand_side_by_side_as_they_were_given(waves, review):
    for _, row in review.iterrows():
        for element in ELEMENTS:
            for side, wave, at in (("earlier", "linked_wave", "linked_row"), ("later", "wave", "row")):
                given = waves[row[wave]].loc[row[at], element]
                shown = row[f"{element} ({side})"]
                assert shown == given or (pd.isna(shown) and pd.isna(given))


def test_the_sample_is_the_same_for_the_same_seed(panel, review):
    pd.testing.assert_frame_equal(panel.review(40, rng=5), review)
    assert not panel.review(40, rng=6).equals(review)


def test_a_large_sample_holds_all_links(panel):
    everything = panel.review(10**6, rng=1)
    assert everything["linked"].sum() == len(panel.links)
    assert not everything["linked"].all()
    assert not everything.duplicated(["linked_row", "row"]).any()


def test_three_waves_are_reviewed_together():
    waves = code_waves(500, returners=200, newcomers=30, error=0.08, waves=3, seed=12)
    review = link(waves).review(60, rng=2)
    assert len(review) == 60
    assert len(review[["linked_wave", "wave"]].drop_duplicates()) == 3


def test_a_code_in_one_column_is_shown_whole(waves):
    strings = {
        w: pd.DataFrame({"code": f[ELEMENTS].fillna("").agg("-".join, axis=1)}) for w, f in waves.items()
    }
    review = link(strings, on="code", code_format={"separator": "-"}, ordered=None).review(4, rng=1)
    assert review.loc[0, "code (earlier)"] == strings["w1"].loc[review.loc[0, "linked_row"], "code"]


# ---- decisions ------------------------------------------------------------------------------------------


def test_decisions_are_kept_whatever_the_probability(waves, panel, review):
    reject = review.index[review["linked"]][:5]
    others = review[~review["linked"]]
    accept = others.drop_duplicates("linked_row").drop_duplicates("row").index[:5]
    new = panel.with_decisions(decided(review, accept=accept, reject=reject))
    after = links(new)
    assert {pair_of(review.loc[i]) for i in accept} <= after
    assert not {pair_of(review.loc[i]) for i in reject} & after
    check_account(new, waves)
    told = new.links.set_index(["linked_row", "row"])
    for i in accept:
        assert told.loc[(review.loc[i, "linked_row"], review.loc[i, "row"]), "key"] == "(decision)"
    assert new.links["linked_row"].is_unique
    assert new.links["row"].is_unique


def test_no_decision_changes_nothing(panel, review):
    same = panel.with_decisions(review)
    assert links(same) == links(panel)
    assert same.token == panel.token


def test_accepted_pairs_displace_their_rivals(panel):
    review = panel.review(10**6, rng=1)
    taken = review[review["linked"]].set_index("row")["linked_row"]
    rival = review[~review["linked"] & review["row"].isin(taken.index)].index[0]
    new = panel.with_decisions(decided(review, accept=[rival]))
    row = review.loc[rival]
    assert pair_of(row) in links(new)
    assert (("w1", taken[row["row"]]), ("w2", row["row"])) not in links(new)


def test_decisions_add_up_and_can_be_taken_back(panel, review):
    i, k = review.index[review["linked"]][:2]
    once = panel.with_decisions(decided(review, reject=[i]))
    twice = once.with_decisions(decided(review, reject=[k]))
    assert not {pair_of(review.loc[i]), pair_of(review.loc[k])} & links(twice)
    back = twice.with_decisions(decided(review, accept=[i, k]))
    assert {pair_of(review.loc[i]), pair_of(review.loc[k])} <= links(back)
    assert not once.review(10**6, rng=1).duplicated(["linked_row", "row"]).any()
    judged = set(map(tuple, once.review(10**6, rng=1)[["linked_row", "row"]].to_numpy().tolist()))
    assert tuple(review.loc[i, ["linked_row", "row"]]) not in judged


def test_decisions_travel_through_a_file_and_another_library(panel, review):
    file = io.StringIO()
    filled = decided(review, reject=review.index[review["linked"]][:3])
    filled.loc[review.index[~review["linked"]][0], "decision"] = " Accept"
    filled.to_csv(file, index=False)
    expected = links(panel.with_decisions(filled))
    file.seek(0)
    assert links(panel.with_decisions(pd.read_csv(file))) == expected
    file.seek(0)
    assert links(panel.with_decisions(pl.read_csv(file))) == expected


def test_the_rate_of_false_links_counts_decisions_as_sure(panel, review):
    accept = review.index[review["linked"]]
    new = panel.with_decisions(decided(review, accept=accept))
    before, after = (p.link_summary().waves[0] for p in (panel, new))
    assert after.links >= before.links
    assert after.false_link_rate <= 0.01


def test_wrong_decisions_are_refused(panel, review):
    clash = panel.review(10**6, rng=1)
    twice = clash[clash.duplicated("row", keep=False)]
    two = twice[twice["row"] == twice["row"].iloc[0]].index[:2]
    for frame, error, words in [
        (decided(review, maybe=[0]), InputError, "'accept', 'reject' or nothing.*got 'maybe'"),
        (review.drop(columns="decision"), ColumnNotFoundError, "`decisions`.*decision"),
        (review.assign(data_mark=1), InputError, "review of other data"),
        (decided(review.assign(row=10**7), accept=[0]), InputError, "a pair of other rows"),
        (decided(review.assign(wave="w9"), accept=[0]), InputError, "a pair of other rows"),
        (pd.concat([decided(review, accept=[0])] * 2), InputError, "a pair twice"),
        (decided(clash, accept=two), InputError, "a row accepted with two others"),
        ("review.csv", InputError, "`decisions`.*eager data frame"),
    ]:
        with pytest.raises(error, match=words):
            panel.with_decisions(frame)


def test_exact_links_have_nothing_to_review(small_panel):
    with pytest.raises(MethodError, match=r"`review`.*by codes or names"):
        small_panel.review(5)
    with pytest.raises(MethodError, match=r"`decisions`.*by codes or names"):
        small_panel.with_decisions(pd.DataFrame())
    with pytest.raises(InputError, match="match probabilities"):
        small_panel.plot_links()


def test_a_panel_without_candidates_has_an_empty_review():
    letters = [f"{a}{b}" for a in "abcdef" for b in "uvwxyz"]
    one, two = ({e: [f"{side}{x}{e}" for x in letters] for e in "pqrst"} for side in "12")
    panel = link({"one": pd.DataFrame(one), "two": pd.DataFrame(two)}, on=list("pqrst"), ordered=None)
    review = panel.review(10)
    assert len(review) == 0
    assert "p (earlier)" in review
    assert len(panel.links) == 0
    assert panel.plot_links() is not None
    plt.close("all")


# ---- the plot ----------------------------------------------------------------------------------------------


def test_the_plot_counts_every_pair_once(panel):
    ax = panel.plot_links()
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    other, linked = (np.sum(h) for h in heights)
    assert linked == len(panel.links)
    assert other + linked == np.sum(panel.link_summary().probabilities)
    cut = panel.links["match_probability"].min()
    assert any(np.allclose(line.get_xdata(), cut) for line in ax.lines)
    again = panel.link_summary().plot(ax=plt.figure().gca())
    assert again.get_xlabel() == "match probability"
    plt.close("all")


def test_linking_does_not_load_matplotlib():
    import subprocess
    import sys

    code = "import sys, credbenefits as cb; cb.link_waves; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert cb.Panel is not None
