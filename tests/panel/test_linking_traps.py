"""Traps of linking that once went wrong: dates as keys, wrong files of decisions, links through a third wave."""

from __future__ import annotations

import datetime
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from code_waves import ELEMENTS, ORDERED, code_waves, link, links, pids
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.boundary import read
from credbenefits.frames.keys.codes import normalise_element
from credbenefits.panel.links import chained
from credbenefits.panel.matching.splink import _values

KEY = b"0123456789abcdef"
DAYS = [datetime.date(1990, 1, 2), None, datetime.date(1991, 3, 4)]


@pytest.fixture(scope="module")
def waves():
    return code_waves(600, returners=250, newcomers=60, seed=3, error=0.08)


@pytest.fixture(scope="module")
def panel(waves):
    return link(waves)


@pytest.fixture(scope="module")
def review(panel):
    return panel.review(40, rng=1)


@pytest.fixture(scope="module")
def three():
    frames = code_waves(1000, returners=500, newcomers=100, seed=0, error=0.10, blank=0.03, waves=3)
    return frames, link(frames)


# ---- dates -------------------------------------------------------------------------------------------

DATED = {
    "text": pd.DataFrame({"k": ["1990-01-02", None, "1991-03-04"]}),
    "pandas": pd.DataFrame({"k": pd.to_datetime(DAYS)}),
    "nanoseconds": pd.DataFrame({"k": pd.to_datetime(DAYS)}).astype("datetime64[ns]"),
    "objects": pd.DataFrame({"k": DAYS}),
    "stamps": pd.DataFrame({"k": pd.Series([pd.Timestamp(d) if d else None for d in DAYS], dtype=object)}),
    "polars date": pl.DataFrame({"k": DAYS}),
    "polars datetime": pl.DataFrame({"k": DAYS}).cast({"k": pl.Datetime}),
}


@pytest.mark.parametrize("kind", DATED)
def test_a_date_is_one_key_whatever_holds_it(kind):
    panel = cb.link_waves({"a": DATED["text"], "b": DATED[kind]}, on="k")
    assert links(panel) == {(("a", 0), ("b", 0)), (("a", 2), ("b", 2))}
    assert panel.ledger["no_key"].tolist() == [1, 1]
    made = [cb.pseudonymize(DATED[k], "k", key=KEY)["k"].to_list() for k in ("text", kind)]
    assert [v for v in made[0] if isinstance(v, str)] == [v for v in made[1] if isinstance(v, str)]


def test_dates_are_code_elements_too(waves):
    def dated(frame, *, text):
        day = pd.to_datetime("2000-" + frame["month"].fillna("01") + "-11").where(frame["month"].notna())
        return frame.assign(month=day.dt.strftime("%Y-%m-%d") if text else day)

    ordered = ["day", "siblings", "house"]
    one = link({k: dated(f, text=True) for k, f in waves.items()}, ordered=ordered)
    two = link({k: dated(f, text=k == "w1") for k, f in waves.items()}, ordered=ordered)
    assert links(one) == links(two)


def test_splink_reads_dates_with_gaps_and_repeats_none():
    for frame in DATED.values():
        assert _values(read(frame), "k", "date") == ["1990-01-02", None, "1991-03-04"]
    with pytest.raises(InputError, match="year first") as caught:
        _values(read(pd.DataFrame({"born": ["31/12/1990"]})), "born", "date")
    assert "1990-12-31 or 19901231" in str(caught.value)
    assert "31/12" not in str(caught.value)


# ---- answers and code strings --------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["R¸", "ı\u0301", "I\u0307\u0301", "a \u0301"])
def test_what_is_left_side_by_side_composes(text):
    once = normalise_element(text)
    assert normalise_element(once) == once


@pytest.mark.parametrize("separator", ["–", "／", "；"])
def test_a_separator_may_be_typed_as_it_stands(waves, separator):
    frames = {
        k: pd.DataFrame({"code": f[ELEMENTS].fillna("").agg(separator.join, axis=1)})
        for k, f in waves.items()
    }
    form = {"separator": separator, "names": ELEMENTS}
    assert links(link(frames, on="code", code_format=form)) == links(link(waves))


@pytest.mark.parametrize("widths", [5, "2112", {2, 1}])
def test_widths_are_a_list(waves, widths):
    with pytest.raises(InputError, match=r"`code_format`.*a list of widths"):
        link(waves, on="mother", ordered=None, code_format={"widths": widths})


# ---- codes that tell too little ----------------------------------------------------------------------------


def short_codes(n, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({e: rng.integers(0, k, n) for e, k in zip("abcd", (12, 31, 5, 10), strict=True)})


def test_people_who_share_a_short_code_are_not_taken_for_one():
    frames = {"w1": short_codes(20_000, 1), "w2": short_codes(20_000, 2)}
    with pytest.raises(InputError, match=r"`on`.*tells so many people apart.*rows of 'w1' share"):
        cb.link_waves(frames, on=list("abcd"), method="code")


def test_a_few_chance_repeats_are_warned_of():
    frames = {"w1": short_codes(1500, 1), "w2": short_codes(1500, 2)}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cb.link_waves(frames, on=list("abcd"), method="code")
    found = [str(w.message) for w in caught if "repeat submissions" in str(w.message)]
    assert [f"'{w}'" in text for w, text in zip(("w1", "w2"), found, strict=True)] == [True, True]
    assert all(w.filename == __file__ for w in caught)


def test_true_repeats_are_not_warned_of(waves):
    repeated = pd.concat([waves["w1"], waves["w1"].dropna().head(100)], ignore_index=True)
    panel = cb.link_waves({**waves, "w1": repeated}, on=ELEMENTS, method="code", ordered=ORDERED)
    assert panel.ledger["duplicates"].tolist() == [100, 0]


def test_too_many_pairs_name_options_that_exist():
    frames = {"w1": short_codes(200_000, 1), "w2": short_codes(200_000, 2)}
    with pytest.raises(InputError, match=r"`max_disagreements`.*50,000,000 pairs") as caught:
        cb.link_waves(frames, on=list("abcd"), method="code", duplicates="keep")
    assert "max_pairs" not in str(caught.value)


def test_a_wave_without_codes_is_named(waves):
    with pytest.raises(InputError, match="enough of the answers; got nobody in 'w2', excluded rows apart"):
        link({**waves, "w2": waves["w2"].assign(**dict.fromkeys(ELEMENTS))})
    with pytest.raises(InputError, match="nobody in 'w1'"):
        link({k: f.assign(s=k) for k, f in waves.items()}, exclude={"s": "w1"})


# ---- three waves -------------------------------------------------------------------------------------------


def test_indirect_links_count_with_their_chain(three):
    frames, panel = three
    found = panel.links
    found["right"] = np.equal(*pids(panel, frames).T)
    indirect = found["key"] == "(indirect)"
    assert indirect.sum() > 20
    direct = found[~indirect].groupby("person")["match_probability"].prod()  # three waves: two links each
    assert found["match_probability"][indirect].tolist() == pytest.approx(
        direct[found["person"][indirect]].tolist()
    )
    for told in panel.link_summary().waves:
        mine = found[(found["linked_wave"] == told.linked_wave) & (found["wave"] == told.wave)]
        shared = len(set(frames[told.linked_wave]["pid"]) & set(frames[told.wave]["pid"]))
        assert told.links == len(mine)
        assert told.false_link_rate == pytest.approx(1 - mine["match_probability"].mean())
        assert told.recall_at_most >= mine["right"].sum() / shared - 0.005  # n_matches is an estimate
    assert any("go through another wave only" in note for note in panel.link_summary().notes)


@pytest.mark.slow
def test_chained_probabilities_are_right_on_average():
    p, right = [], []
    for seed in range(12):
        frames = code_waves(1000, returners=500, newcomers=100, seed=seed, error=0.10, blank=0.03, waves=3)
        panel = link(frames)
        indirect = (panel.links["key"] == "(indirect)").to_numpy()
        p += panel.links["match_probability"][indirect].tolist()
        right += np.equal(*pids(panel, frames)[indirect].T).tolist()
    assert np.mean(p) == pytest.approx(np.mean(right), abs=3 * np.sqrt(0.12 / len(p)))


def test_the_best_chain_by_hand():
    # a-b 0.9, b-c 0.8, a-d 0.5, c-d 0.6, no link of a and c or b and d.
    rows = [
        ("b", "a", 0.9),
        ("c", "b", 0.8),
        ("d", "a", 0.5),
        ("d", "c", 0.6),
        ("c", "a", np.nan),
        ("d", "b", np.nan),
    ]
    table = pd.DataFrame(rows, columns=["wave", "linked_wave", "match_probability"]).assign(person=7)
    table = pd.concat([table.head(1).assign(person=3), table], ignore_index=True)
    found = chained(table, ("a", "b", "c", "d"))["match_probability"].tolist()
    assert found == pytest.approx([0.9, 0.9, 0.8, 0.5, 0.6, 0.72, 0.48])
    assert table["match_probability"].isna().sum() == 2


# ---- decisions ---------------------------------------------------------------------------------------------


def test_an_accepted_pair_counts_as_certain_everywhere(waves):
    rng = np.random.default_rng(0)
    asked = {k: f.assign(q=rng.choice(["yes", "no"], len(f))) for k, f in waves.items()}
    panel = link(asked)
    review = panel.review(10**6, rng=1)
    unlikely = review[~review["linked"]].sort_values("match_probability").index[0]
    assert review.loc[unlikely, "match_probability"] < 1e-3
    review.loc[unlikely, "decision"] = "accept"
    new = panel.with_decisions(review)
    by_hand = new.links[new.links["key"] == "(decision)"]
    assert by_hand["match_probability"].tolist() == [1.0]
    rate = new.link_summary().waves[0].false_link_rate
    assert 1 - cb.transitions(new, "q").match_probability == pytest.approx(rate)
    assert 1 - new.links["match_probability"].mean() == pytest.approx(rate)


def test_accepted_pairs_that_contradict_each_other_are_refused(three):
    _, panel = three
    review = panel.review(10**6, rng=1)
    sides = {
        w: review[(review["linked_wave"] == w[0]) & (review["wave"] == w[1])]
        for w in (("w1", "w2"), ("w2", "w3"), ("w1", "w3"))
    }
    chain = sides["w1", "w2"].merge(sides["w2", "w3"], left_on="row", right_on="linked_row")
    triple = chain.merge(
        sides["w1", "w3"], left_on=["linked_row_x", "row_y"], right_on=["linked_row", "row"]
    ).iloc[0]
    one = review.index[
        (review["wave"] == "w2")
        & (review["row"] == triple["row_x"])
        & (review["linked_row"] == triple["linked_row_x"])
    ]
    two = review.index[
        (review["linked_wave"] == "w2")
        & (review["linked_row"] == triple["row_x"])
        & (review["row"] == triple["row_y"])
    ]
    cut = review.index[
        (review["linked_wave"] == "w1")
        & (review["wave"] == "w3")
        & (review["linked_row"] == triple["linked_row"])
        & (review["row"] == triple["row"])
    ]
    review.loc[[*one, *two], "decision"] = "accept"
    assert panel.with_decisions(review) is not None
    review.loc[cut, "decision"] = "reject"
    with pytest.raises(InputError, match=r"`decisions`.*decisions that fit together"):
        panel.with_decisions(review)


def test_decisions_survive_what_files_do_to_numbers(waves, tmp_path):
    panel = link({"2021": waves["w1"], "2023": waves["w2"]})
    review = panel.review(20, rng=1)
    review["decision"] = np.where(review["linked"], "reject", "")
    expected = links(panel.with_decisions(review))
    assert len(expected) < len(panel.links)
    file = tmp_path / "review.csv"
    review.to_csv(file, index=False)
    with_blank_lines = pd.concat(
        [pd.read_csv(file), pd.DataFrame({"decision": [None, ""]})], ignore_index=True
    )
    for read_back in (pd.read_csv(file), pd.read_csv(file, dtype=str), with_blank_lines, pl.read_csv(file)):
        assert links(panel.with_decisions(read_back)) == expected


@pytest.mark.parametrize("column", ["row", "linked_row", "data_mark"])
@pytest.mark.parametrize("value", [np.nan, "ann@example.org", -1, 0.5, 10**7])
def test_broken_decisions_are_refused_without_an_echo(panel, review, column, value):
    broken = review.assign(decision="reject").astype({column: object})
    broken.loc[0, column] = value
    with pytest.raises(InputError, match="`decisions`") as caught:
        panel.with_decisions(broken)
    assert "ann@" not in str(caught.value)


def test_a_row_below_nought_is_not_taken_for_the_row_before(panel):
    # (row + 1, -1) and (row, last) are next to each other where pairs of rows are numbered.
    review = panel.review(10**6, rng=1)
    last = review[review["row"] == review["row"].max()].head(1)
    moved = last.assign(linked_row=last["linked_row"] + 1, row=-1, decision="reject")
    with pytest.raises(InputError, match="a pair of other rows"):
        panel.with_decisions(moved)


def test_no_decisions_change_nothing(panel, review):
    assert links(panel.with_decisions(review.head(0))) == links(panel)


def test_decisions_on_changed_data_are_refused(waves, review):
    changed = waves["w1"].assign(mother=waves["w1"]["mother"].replace({"MA": "ZZ"}))
    for frames in ({**waves, "w1": changed}, {**waves, "w1": waves["w1"].iloc[::-1]}):
        with pytest.raises(InputError, match="a review of other data"):
            link(frames).with_decisions(review)


# ---- privacy and printing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("series", [pd.Series, pl.Series])
def test_a_column_in_place_of_its_name_is_not_repeated(series):
    frame = pd.DataFrame({"email": ["ann@example.org", "bo@example.org"]})
    values = series(frame["email"].tolist())
    for call in (
        lambda: cb.link_waves({"a": frame, "b": frame}, on=values),
        lambda: cb.link_waves({"a": frame, "b": frame}, on={"a": values, "b": "email"}),
        lambda: cb.pseudonymize(frame, values, key=KEY),
    ):
        with pytest.raises(InputError, match="names of columns") as caught:
            call()
        assert "ann" not in str(caught.value)


def test_names_of_waves_and_columns_are_escaped_in_html(waves):
    rng = np.random.default_rng(0)
    frames = {
        name: f.rename(columns={"mother": "<i>m"}).assign(**{"<q>": rng.choice(["<yes>", "no"], len(f))})
        for name, f in zip(("<b>a", "<b>c"), waves.values(), strict=True)
    }
    on = ["<i>m", *ELEMENTS[1:]]
    panel = link(frames, on=on)
    shown = [
        panel,
        panel.link_summary(),
        panel.flow(),
        panel.patterns(),
        cb.code_information(frames["<b>a"], on),
        cb.transitions(panel, cb.Item("<q>", each_level=True)),
    ]
    for result in shown:
        html = result._repr_html_()
        assert not [mark for mark in ("<b>", "<i>", "<q>", "<yes>") if mark in html]
        assert len(result.to_frame())


def test_cells_of_lists_do_not_stop_the_account_of_repeats():
    for make in (pd.DataFrame, pl.DataFrame):
        one = make({"id": [1, 1, 2, 2], "q": [[1], [1], [2], [3]]})
        panel = cb.link_waves({"a": one, "b": make({"id": [1, 2]})}, on="id")
        assert panel.as_pandas("duplicates")["differs"].tolist() == [False, True]
        assert "2 repeat submissions" in repr(panel)


# ---- the same again ------------------------------------------------------------------------------------------


def test_a_panel_travels_and_repeats_itself(waves, panel):
    again = link(waves)
    for other in (pickle.loads(pickle.dumps(panel)), again):
        assert other.links.equals(panel.links)
        assert other.token == panel.token
        assert repr(other.link_summary()) == repr(panel.link_summary())


@pytest.mark.parametrize("n_waves", [2, 3])
def test_the_order_of_rows_changes_no_link(n_waves):
    frames = code_waves(500, returners=250, newcomers=60, seed=9, error=0.12, blank=0.08, waves=n_waves)
    frames = {k: pd.concat([f, f.sample(8, random_state=1)], ignore_index=True) for k, f in frames.items()}
    rng = np.random.default_rng(5)
    order = {k: rng.permutation(len(f)) for k, f in frames.items()}
    mixed = {k: f.iloc[order[k]].reset_index(drop=True) for k, f in frames.items()}
    for options in ({}, {"threshold": 0.3}, {"max_false_link_rate": 0.1}):
        one, two = (link(f, duplicates="keep", **options) for f in (frames, mixed))
        assert links(one) == {tuple((w, int(order[w][r])) for w, r in pair) for pair in links(two)}


def test_nobody_is_linked_where_nobody_came_back():
    for seed in range(3):
        with pytest.warns(DataWarning, match="nobody in wave"):
            panel = cb.link_waves(
                code_waves(800, returners=0, newcomers=500, seed=seed),
                on=ELEMENTS,
                method="code",
                ordered=ORDERED,
            )
        assert len(panel.links) == 0
        assert panel.flow().to_frame() is not None
        assert panel.wave("w2", carry={"w1": "siblings"})["siblings_w1"].isna().all()
