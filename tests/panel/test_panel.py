"""The panel: people, rows, rates and patterns, by hand."""

from __future__ import annotations

import copy

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import credbenefits as cb
from conftest import age_frames
from credbenefits.errors import ColumnNotFoundError, InputError
from credbenefits.panel.flow import count_patterns, flow_rates, pattern_table

MAKERS = [pd.DataFrame, pl.DataFrame, pa.table]


def listed(frame, column):
    """A column as a list, missing as None."""
    values = nw.from_native(frame, eager_only=True)[column].to_list()
    return [None if v is None or v is pd.NA or v != v else v for v in values]


def by_hand_wilson(count, n, level=0.95):
    z = stats.norm.ppf((1 + level) / 2)
    p, half = count / n, z * np.sqrt(count * (n - count) / n**3 + z**2 / (4 * n**2))
    return (p + z**2 / (2 * n) - half) / (1 + z**2 / n), (p + z**2 / (2 * n) + half) / (1 + z**2 / n)


# ---- people and their rows --------------------------------------------------------------------------


def test_a_wave_has_one_row_per_person_in_the_order_of_its_rows(small_panel):
    start = small_panel.wave("start")
    assert start.columns.tolist() == ["person", "id", "age", "status"]
    assert start["age"].tolist() == [31, 42, 53, 64]
    assert start.index.tolist() == [0, 1, 2, 3]
    end = small_panel.wave("end")
    assert end["grade"].tolist() == [2.0, 3.0, 4.0]  # c, then the later of b's two, e
    assert end["person"].tolist() == [start["person"][2], start["person"][1], small_panel.people_in("end")[2]]
    assert small_panel.people_in("start").tolist() == start["person"].tolist()


def test_presence_and_patterns_by_hand(small_panel):
    # a: start, later; b: start, end; c: all; d: start; e: end; f: later
    table = small_panel.patterns().to_frame()
    assert dict(zip(table["pattern"], table["n"], strict=True)) == {
        "XXX": 1,
        "XX.": 1,
        "X.X": 1,
        "X..": 1,
        ".X.": 1,
        "..X": 1,
    }
    assert table["pattern"].tolist() == ["XXX", "XX.", "X.X", "X..", ".X.", "..X"]
    assert table["share"].sum() == pytest.approx(1)
    assert small_panel.presence.sum(axis=0).tolist() == [4, 3, 3]
    assert table.loc[1, ["start", "end", "later"]].tolist() == [True, True, False]


def test_tables_of_people_found_once_repeated_or_in_conflict(small_panel):
    assert small_panel.unlinked[["wave", "row", "conflict"]].to_numpy().tolist() == [
        ["start", 3, False],
        ["end", 3, False],
        ["later", 2, False],
    ]
    assert small_panel.duplicates[["wave", "row", "kept_row", "differs"]].to_numpy().tolist() == [
        ["end", 0, 2, True]
    ]
    assert len(small_panel.conflicts) == 0
    b = small_panel.wave("start")["person"][1]
    assert small_panel.duplicates["person"].tolist() == [b]
    assert small_panel.links.columns.tolist() == [
        "person",
        "wave",
        "row",
        "linked_wave",
        "linked_row",
        "method",
        "key",
        "match_probability",
        "match_weight",
        "disagreements",
    ]
    assert set(small_panel.links["method"]) == {"exact"}


def test_also_in_keeps_people_of_both_waves(small_panel):
    assert small_panel.wave("start", also_in="end")["age"].tolist() == [42, 53]
    assert small_panel.wave("start", also_in=["end", "later"])["age"].tolist() == [53]
    assert small_panel.wave("later", also_in="start")["id"].tolist() == [
        "c",
        "a",
    ]  # in the order of its own rows


@pytest.mark.parametrize("make", MAKERS)
def test_columns_are_carried_person_by_person(make):
    # Enough people in mixed order that a join which shuffles rows cannot pass by luck.
    n = 500
    rng = np.random.default_rng(2)
    one, two = rng.permutation(n), rng.permutation(n)[: n // 2]
    waves = {
        "one": make({"k": [f"p{i}" for i in one], "x": [int(i) for i in one]}),
        "two": make(
            {"k": [f"P{i} " for i in two], "y": [float(i) for i in two], "z": [f"z{i}" for i in two]}
        ),
    }
    panel = cb.link_waves(waves, on="k")
    out = panel.wave("one", carry={"two": ["y", "z"]})
    assert isinstance(out, type(waves["one"]))
    assert nw.from_native(out).columns == ["person", "k", "x", "y_two", "z_two"]
    assert listed(out, "x") == one.tolist()  # in the order of the wave's rows
    there = set(two.tolist())
    assert listed(out, "y_two") == [float(i) if i in there else None for i in one.tolist()]
    assert listed(out, "z_two") == [f"z{i}" if i in there else None for i in one.tolist()]
    inner = panel.wave("two", carry={"one": "x"}, also_in="one")
    assert listed(inner, "x_one") == two.tolist()


def test_carrying_from_several_waves(small_panel):
    out = small_panel.wave("start", carry={"end": "grade", "later": ["job"]})
    assert listed(out, "grade_end") == [None, 3.0, 2.0, None]
    assert listed(out, "job_later") == ["no", None, "yes", None]
    assert listed(out, "age") == [31, 42, 53, 64]


@pytest.mark.parametrize("make", MAKERS)
def test_carrying_keeps_types_that_need_no_gaps(make):
    panel = cb.link_waves(
        {"one": make({"k": ["a", "b"]}), "two": make({"k": ["b", "a"], "n": [1, 2]})}, on="k"
    )
    assert nw.from_native(panel.wave("one", carry={"two": "n"}), eager_only=True)["n_two"].dtype == nw.Int64
    assert listed(panel.wave("one", carry={"two": "n"}), "n_two") == [2, 1]


@pytest.mark.parametrize("make", MAKERS)
def test_a_wave_with_nobody_left_is_an_empty_frame(make):
    panel = cb.link_waves(
        {
            "one": make({"k": ["a", "b"], "x": [1, 2]}),
            "two": make({"k": ["a"], "y": ["u"]}),
            "three": make({"k": ["b"]}),
        },
        on="k",
    )
    out = nw.from_native(panel.wave("two", also_in="three", carry={"one": "x"}), eager_only=True)
    assert len(out) == 0
    assert out.columns == ["person", "k", "y", "x_one"]
    assert out["person"].dtype == nw.Int64


def test_wrong_questions_are_refused_by_name(small_panel):
    for call, error, words in [
        (lambda p: p.wave("strat"), InputError, "`name`.*Did you mean 'start'"),
        (lambda p: p.wave("start", also_in="ende"), InputError, "`also_in`.*Did you mean 'end'"),
        (lambda p: p.wave("start", carry={"endd": "grade"}), InputError, "`carry`.*Did you mean 'end'"),
        (
            lambda p: p.wave("start", carry={"end": "grad"}),
            ColumnNotFoundError,
            "`carry`.*Did you mean 'grade'",
        ),
        (lambda p: p.wave("start", carry={"start": "age"}), InputError, "`carry`.*there already"),
        (lambda p: p.wave("start", carry="end"), InputError, "`carry`.*mapping"),
        (lambda p: p.flow(invited={"staart": 5}), InputError, "`invited`.*Did you mean 'start'"),
        (lambda p: p.flow(invited={"start": 3}), InputError, "`invited`.*at least the 4 people"),
        (lambda p: p.flow(confidence_level=95), InputError, "write 0.95"),
    ]:
        with pytest.raises(error, match=words):
            call(small_panel)
    taken = cb.link_waves(
        {"one": pd.DataFrame({"k": ["a"], "x_two": [1]}), "two": pd.DataFrame({"k": ["a"], "x": [2]})}, on="k"
    )
    with pytest.raises(InputError, match=r"`carry`.*'x_two', already there"):
        taken.wave("one", carry={"two": "x"})


def test_waves_of_different_libraries_link_but_do_not_carry():
    panel = cb.link_waves(
        {"one": pd.DataFrame({"k": ["a"]}), "two": pl.DataFrame({"k": ["a"], "y": [1]})}, on="k"
    )
    assert isinstance(panel.wave("one"), pd.DataFrame)
    assert isinstance(panel.wave("two"), pl.DataFrame)
    with pytest.raises(InputError, match=r"`carry`.*same library"):
        panel.wave("one", carry={"two": "y"})


# ---- nothing is changed, nothing is given away ---------------------------------------------------------


@pytest.mark.parametrize("make", MAKERS)
def test_the_frames_are_never_changed(make):
    columns = {
        "one": {"k": ["a", "b", "a", None], "x": [1, 2, 3, 4]},
        "two": {"k": ["B", "a"], "y": ["u", "v"]},
    }
    waves = {name: make(copy.deepcopy(c)) for name, c in columns.items()}
    panel = cb.link_waves(waves, on="k")
    panel.wave("one", carry={"two": ["y"]})
    if make is pd.DataFrame:
        for mine in (panel.wave("one"), panel.waves["one"]):
            mine.loc[:, "x"] = -1
        waves["two"].loc[:, "y"] = "changed later"
        assert panel.wave("two")["y"].tolist() == ["u", "v"]
        waves["two"] = make(columns["two"])
    for name, column in columns.items():
        for key, values in column.items():
            assert listed(waves[name], key) == values
            assert listed(panel.waves[name], key) == values


def test_an_odd_index_does_no_harm():
    odd = pd.DataFrame({"k": ["a", "b", "c"], "x": [1, 2, 3]}, index=[5, 5, 0])
    panel = cb.link_waves({"one": odd, "two": odd.rename(columns={"x": "y"}).iloc[::-1]}, on="k")
    out = panel.wave("one", carry={"two": "y"})
    assert out["x"].tolist() == out["y_two"].tolist() == [1, 2, 3]
    assert odd.index.tolist() == [5, 5, 0]


def test_nothing_printed_holds_an_identifier():
    secret = [f"SECRET{i}@example.org" for i in range(30)]
    panel = cb.link_waves(
        {
            "one": pd.DataFrame({"mail": secret, "id": range(900_000, 900_030), "q": ["yes", "no"] * 15}),
            "two": pd.DataFrame({"mail": [*secret[5:], *secret[5:8]], "id": [None] * 28, "q": "yes"}),
        },
        on=["id", "mail"],
    )
    shown = [panel, panel.flow(), panel.patterns()]
    texts = [repr(x) for x in shown] + [x._repr_html_() for x in shown]
    texts += [
        panel.ledger.to_string(),
        panel.links.to_string(),
        panel.unlinked.to_string(),
        panel.duplicates.to_string(),
        panel.conflicts.to_string(),
    ]
    for text in texts:
        assert "secret" not in text.casefold()
        assert "90000" not in text


def test_html_is_escaped_and_has_all_waves(small_panel):
    page = small_panel._repr_html_()
    for wave in small_panel.wave_names:
        assert wave in page
    odd = cb.link_waves({"<b>": pd.DataFrame({"k": ["a"]}), "two": pd.DataFrame({"k": ["a"]})}, on="k")
    assert "<b>" not in odd._repr_html_()
    assert "&lt;b&gt;" in odd._repr_html_()


# ---- person ids ------------------------------------------------------------------------------------------------


def test_person_ids_are_the_same_for_the_same_panel():
    one, two = (cb.link_waves(age_frames(), on="id") for _ in range(2))
    assert one.people_in("followup").tolist() == two.people_in("followup").tolist()


def test_person_ids_of_different_panels_differ(small_panel, small_frames, age_panel):
    frames = {name: frame.copy() for name, frame in small_frames.items()}
    others = [age_panel, cb.link_waves(frames, on="id")]  # with the test row
    others.append(cb.link_waves({k: frames[k] for k in ("start", "end")}, on="id"))
    # other people in exactly the same rows
    frames["start"]["id"] = frames["start"]["id"].str.replace("d", "dd")
    others.append(cb.link_waves(frames, on="id", exclude={"status": "Survey Preview"}))
    mine = set(small_panel.people_in("start").tolist())
    for other in others:
        assert not mine & set(other.people_in(other.wave_names[0]).tolist())


def test_two_cohorts_of_one_shape_are_two_panels():
    # The same waves, the same rows linked: only the people differ.
    def cohort(prefix):
        people = [f"{prefix}{i}" for i in range(40)]
        return cb.link_waves(
            {
                "start": pd.DataFrame({"id": people, "sex": ["f", "m"] * 20}),
                "end": pd.DataFrame({"id": people[:15]}),
            },
            on="id",
        )

    one, two = cohort("a"), cohort("b")
    assert one.token != two.token
    weights = cb.attrition_weights(one, "sex", wave="end", to="start")
    with pytest.raises(InputError, match="another panel"):
        weights.for_people(two.people_in("end"))


def test_person_ids_survive_a_float_column(small_panel):
    people = small_panel.people_in("start")
    assert (people.astype(float).astype(np.int64) == people).all()


# ---- rates ---------------------------------------------------------------------------------------------------------


def test_flow_by_hand(small_panel):
    flow = small_panel.flow(invited={"start": 10, "later": 3})
    assert flow.people == (4, 3, 3)
    assert flow.linked == (0, 2, 2)
    assert flow.invited == (10, None, 3)
    told = {(r.wave, r.rate): (r.count, r.n) for r in flow.rates}
    assert told == {
        ("start", "wave"): (4, 10),
        ("end", "conditional"): (2, 4),
        ("end", "cumulative"): (2, 4),
        ("end", "retention"): (2, 4),
        ("end", "not_known_before"): (1, 3),  # e
        ("later", "wave"): (3, 3),
        ("later", "conditional"): (1, 3),
        ("later", "cumulative"): (1, 4),
        ("later", "retention"): (2, 4),
        ("later", "not_known_before"): (1, 3),  # f
    }
    for rate in flow.rates:
        assert rate.estimate == rate.count / rate.n
        assert (rate.conf_low, rate.conf_high) == pytest.approx(by_hand_wilson(rate.count, rate.n), abs=1e-14)
    assert flow.notes == (
        "Many people are not in the wave before theirs, which they missed or were not linked to (1 of 3 in “end”, "
        "2 of 3 in “later”): the conditional, cumulative and retention rates of these waves count links, not "
        "response",
        "How many were invited to “end” was not stated: no wave rate",
    )
    narrow = small_panel.flow(confidence_level=0.5).rates[0]
    assert (narrow.conf_low, narrow.conf_high) == pytest.approx(by_hand_wilson(2, 4, 0.5), abs=1e-14)


@st.composite
def presences(draw):
    n_waves = draw(st.integers(2, 5))
    rows = draw(
        st.lists(
            st.lists(st.booleans(), min_size=n_waves, max_size=n_waves).filter(any), min_size=1, max_size=30
        )
    )
    return np.array(rows)


@given(presences())
def test_rates_and_patterns_agree_with_counting_people(presence):
    waves = tuple(f"w{k}" for k in range(presence.shape[1]))
    flow = flow_rates(waves, count_patterns(presence), {}, 0.95)
    assert flow.people == tuple(presence.sum(axis=0))
    for k in range(1, len(waves)):
        assert flow.linked[k] == (presence[:, k] & presence[:, :k].any(axis=1)).sum()
    for rate in flow.rates:
        k = waves.index(rate.wave)
        if rate.rate == "not_known_before":
            assert rate.count == (presence[:, k] & ~presence[:, :k].any(axis=1)).sum()
            assert rate.n == presence[:, k].sum()
            continue
        needed = {"conditional": slice(k - 1, k + 1), "cumulative": slice(k + 1), "retention": [0, k]}[
            rate.rate
        ]
        assert rate.count == presence[:, needed].all(axis=1).sum()
        assert rate.n == presence[:, k - 1 if rate.rate == "conditional" else 0].sum()
    table = pattern_table(waves, count_patterns(presence)).to_frame()
    assert table["n"].sum() == len(presence)
    expected = pd.Series(["".join("X" if p else "." for p in row) for row in presence]).value_counts()
    assert dict(zip(table["pattern"], table["n"], strict=True)) == expected.to_dict()
    for k, wave in enumerate(waves):
        assert (table[wave] * table["n"]).sum() == flow.people[k]


def test_the_ledger_of_the_example_study_adds_up(credentials_panel):
    ledger = credentials_panel.ledger
    raw = cb.load_credentials()
    assert ledger["rows"].tolist() == [len(raw[w]) for w in ledger["wave"]]
    assert ledger["excluded"].tolist() == [
        (raw[w]["status"] == "Survey Preview").sum() for w in ledger["wave"]
    ]
    assert (ledger["unlinked"] + ledger["linked"]).tolist() == list(credentials_panel.flow().people)
