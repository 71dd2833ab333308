"""Linking by self-generated codes: the traps of real codes, and contradictions by hand."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from code_waves import ELEMENTS, ORDERED, check_account, code_waves, link, links, quality
from credbenefits.errors import ColumnNotFoundError, DataWarning, InputError, MethodError
from credbenefits.frames.keys.codes import Codes
from credbenefits.numerics.matching.candidates import Candidates
from credbenefits.panel.matching.accept import AcceptRule, Evidence, Fit, WavePair, join


@pytest.fixture(scope="module")
def waves():
    return code_waves()


@pytest.fixture(scope="module")
def panel(waves):
    return link(waves)


# ---- people are found -------------------------------------------------------------------------------


def test_people_are_found_and_few_links_are_wrong(waves, panel):
    precision, recall = quality(panel, waves)
    assert precision >= 0.97
    assert recall >= 0.95
    check_account(panel, waves)
    summary = panel.link_summary().waves[0]
    assert summary.false_link_rate <= 0.01
    assert summary.recall_at_most >= recall - 0.03
    assert summary.n_matches == pytest.approx(500, rel=0.05)


def test_links_tell_how_sure_they_are(panel):
    found = panel.links
    assert found.columns.tolist() == [
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
    assert set(found["method"]) == set(found["key"]) == {"code"}
    assert found["match_probability"].between(0, 1).all()
    assert found["match_weight"].notna().all()
    assert found["disagreements"].between(0, 3).all()
    assert 1 - found["match_probability"].mean() == pytest.approx(
        panel.link_summary().waves[0].false_link_rate, abs=1e-12
    )


def test_exact_links_are_certain():
    found = cb.link_waves({"a": pd.DataFrame({"k": ["x"]}), "b": pd.DataFrame({"k": ["X"]})}, on="k").links
    assert found["match_probability"].tolist() == [1.0]
    assert found["match_weight"].isna().all()
    assert found["disagreements"].tolist() == [0]


def test_disagreements_are_the_answers_that_differ_and_a_blank_is_none(waves, panel):
    for r in panel.links.head(50).itertuples():
        one, two = waves["w1"].loc[r.linked_row, ELEMENTS], waves["w2"].loc[r.row, ELEMENTS]
        differ = sum(pd.notna(a) and pd.notna(b) and a != b for a, b in zip(one, two, strict=True))
        assert r.disagreements == differ


def test_more_newcomers_than_returners():
    waves = code_waves(800, returners=150, newcomers=400, seed=5)
    precision, recall = quality(link(waves), waves)
    assert precision >= 0.95
    assert recall >= 0.9


def test_everybody_comes_back():
    waves = code_waves(600, returners=600, newcomers=0, seed=6)
    panel = link(waves)
    precision, recall = quality(panel, waves)
    assert precision >= 0.98
    assert recall >= 0.95
    assert panel.link_summary().waves[0].match_rate == pytest.approx(recall / precision, abs=0.01)


def test_nobody_comes_back_and_hardly_anybody_is_linked():
    waves = code_waves(1200, returners=0, newcomers=400, seed=7)
    panel = link(waves)
    assert len(panel.links) <= 4
    check_account(panel, waves)


def test_a_higher_threshold_links_fewer(waves):
    few, many = link(waves, threshold=0.99), link(waves, threshold=0.5)
    assert links(few) < links(many)
    assert few.links["match_probability"].min() >= 0.99
    assert many.links["match_probability"].min() >= 0.5
    strict, loose = link(waves, max_false_link_rate=0.001), link(waves, max_false_link_rate=0.05)
    assert links(strict) < links(loose)


# ---- traps -----------------------------------------------------------------------------------------------


def test_the_initials_na_are_an_answer(waves):
    found = link(waves).link_summary()
    assert not any("relative" in n for n in found.notes)
    table = found.elements.to_frame().set_index("element")
    given_na = (waves["w1"]["mother"] == "NA").sum()
    assert given_na > 0
    assert table.loc["mother", "linked_blank"] == waves["w1"]["mother"].isna().sum()


def test_zeros_lost_by_one_wave_change_nothing(waves, panel):
    numbers = waves["w2"].copy()
    for element in ORDERED:
        numbers[element] = pd.to_numeric(numbers[element])
    assert links(link({"w1": waves["w1"], "w2": numbers})) == links(panel)
    assert links(link({"w1": waves["w1"], "w2": numbers}, ordered=None)) == links(link(waves, ordered=None))


def test_case_width_and_composition_change_nothing(waves, panel):
    wide = str.maketrans({**{chr(c): chr(c + 0xFEE0) for c in range(0x30, 0x5B)}, "I": "İ"})
    typed = waves["w2"].copy()
    for k, element in enumerate(ELEMENTS):
        typed[element] = [
            None if pd.isna(v) else [v.lower(), f" {v}\u200b", v.translate(wide)][(k + i) % 3]
            for i, v in enumerate(typed[element])
        ]
    assert links(link({"w1": waves["w1"], "w2": typed})) == links(panel)


def test_a_constant_element_is_left_out_and_told(waves, panel):
    more = {w: f.assign(school="A") for w, f in waves.items()}
    found = link(more, on=[*ELEMENTS, "school"])
    assert links(found) == links(panel)
    table = found.link_summary().elements.to_frame().set_index("element")
    assert table.loc["school", "use"] == "constant"
    assert np.isnan(table.loc["school", "m"])
    assert "Element 'school' is the same for everybody in “w1” and “w2”: not used" in repr(
        found.link_summary()
    )


def test_an_element_that_a_wave_lacks_is_left_out_and_told(waves):
    rest = [e for e in ELEMENTS if e != "house"]
    without = link(waves, on=rest, ordered=[e for e in ORDERED if e != "house"])
    empty = {**waves, "w2": waves["w2"].assign(house=None)}
    assert links(link(empty)) == links(without)
    named = {"w1": ELEMENTS, "w2": [*rest, None]}
    found = link({**waves, "w2": waves["w2"][["pid", *rest]]}, on=named)
    assert links(found) == links(without)
    assert found.link_summary().elements.to_frame()["use"].tolist() == ["used"] * 7 + ["missing"]
    assert "Element 'house' is blank for everybody in one of “w1” and “w2”: not used" in repr(
        found.link_summary()
    )


def test_fewer_than_three_elements_that_tell_people_apart_are_refused(waves):
    spoilt = {w: f.assign(month="01", day=None) for w, f in waves.items()}
    with pytest.raises(InputError, match=r"at least 3 .*got 2 \('month' constant, 'day' missing\)"):
        link(spoilt, on=["mother", "father", "month", "day"], ordered=None)
    # Three are enough for few people only (see test_link_within.py), and here are 1,500.
    some = ["mother", "father", "surname", "month", "day"]
    with pytest.raises(InputError, match=r"for 1,\d+ people .* 4 elements or more, or 1\d\.\d bits"):
        link(spoilt, on=some, ordered=None)


def twins(waves):
    """The first wave with its first complete row, a returner's, once more for somebody else."""
    one = waves["w1"]
    back = one["pid"].isin(waves["w2"]["pid"]) & one[ELEMENTS].notna().all(axis=1)
    twin = one[back].iloc[[0]].assign(pid=-1)
    return {**waves, "w1": pd.concat([one, twin], ignore_index=True)}, int(np.flatnonzero(back)[0])


def test_a_whole_code_twice_in_a_wave_is_a_repeat_by_rule(waves, panel):
    both, at = twins(waves)
    last = link(both)
    assert last.ledger["duplicates"].tolist() == [1, 0]
    assert last.duplicates[["wave", "row", "kept_row"]].to_numpy().tolist() == [
        ["w1", at, len(both["w1"]) - 1]
    ]
    note = next(n for n in last.link_summary().notes if "whole code" in n)
    assert note.startswith("1 row of “w1” holds the whole code of another row: taken for repeat")
    first = link(both, duplicates="first")
    assert first.duplicates["kept_row"].tolist() == [at]
    assert links(first) == links(panel)
    with pytest.raises(InputError, match="1 repeat submissions in wave 'w1'"):
        link(both, duplicates="error")


def test_two_people_with_one_code_stay_two_and_neither_is_linked_by_chance(waves):
    both, at = twins(waves)
    kept = link(both, duplicates="keep")
    assert kept.ledger["duplicates"].tolist() == [0, 0]
    rows = {at, len(both["w1"]) - 1}
    assert not rows & set(kept.links["linked_row"])
    assert rows <= set(kept.unlinked.query("wave == 'w1'")["row"])
    assert kept.link_summary().waves[0].ties >= 1


def test_rows_with_too_few_answers_are_without_key(waves):
    poor = waves["w1"].copy()
    poor.loc[:9, ELEMENTS[:6]] = None  # two answers left: three must agree
    poor.loc[10:19, ELEMENTS] = None
    found = link({**waves, "w1": poor})
    rows = set(range(20))
    assert not rows & set(found.unlinked.query("wave == 'w1'")["row"])
    assert found.ledger["no_key"][0] >= 20
    check_account(found, waves)


def test_excluded_rows_take_no_part(waves):
    marked = {w: f.assign(status=np.where(f.index < 100, "test", "ok")) for w, f in waves.items()}
    found = link(marked, exclude={"status": "test"})
    assert found.ledger["excluded"].tolist() == [100, 100]
    cut = {w: f.iloc[100:].reset_index(drop=True) for w, f in waves.items()}
    shifted = {((a, i - 100), (b, j - 100)) for (a, i), (b, j) in links(found)}
    assert shifted == links(link(cut))


def test_more_links_than_the_evidence_supports_are_warned_of():
    few = ["month", "siblings", "father", "surname"]
    with pytest.warns(DataWarning, match=r"of the [\d,]+ links of 'w1' and 'w2' are expected to be wrong"):
        cb.link_waves(
            code_waves(seed=3), on=few, method="code", max_disagreements=1, threshold=0.05, duplicates="keep"
        )


def test_relatives_are_told_of():
    waves = code_waves(3000, returners=900, newcomers=0, seed=9)
    family = ["mother", "father", "birthplace", "surname", "house"]
    one, two = waves["w1"].sort_values("pid", ignore_index=True), waves["w2"]
    one.loc[:999, family] = one.loc[1000:1999, family].to_numpy()  # siblings
    back = two["pid"] < 1000
    two.loc[back, family] = one.loc[two.loc[back, "pid"], family].to_numpy()
    notes = link({"w1": one, "w2": two}).link_summary().notes
    note = next(n for n in notes if "relative" in n)
    for name in family:
        assert f"'{name}'" in note
    assert "'day'" not in note


def test_links_more_likely_wrong_than_right_are_told_of(waves):
    loose = link(waves, max_false_link_rate=0.05)
    doubtful = int((loose.links["match_probability"] < 0.5).sum())
    assert doubtful > 0
    note = f"{doubtful:,} links of “w1” and “w2” are more likely wrong than right"
    assert any(n.startswith(note) for n in loose.link_summary().notes)
    assert not any("wrong than right" in n for n in link(waves, threshold=0.5).link_summary().notes)


# ---- several waves -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three():
    return code_waves(1000, returners=500, newcomers=60, waves=3, seed=8)


def test_three_waves_have_one_id_per_person(three):
    panel = link(three)
    precision, recall = quality(panel, three)
    assert precision >= 0.97
    assert recall >= 0.93
    check_account(panel, three)
    ids = pd.concat([panel.wave(w)[["person", "pid"]].assign(wave=w) for w in three])
    of_person = ids.groupby("person")["pid"].nunique()
    assert (of_person == 1).mean() >= 0.98
    assert not ids.duplicated(["person", "wave"]).any()
    # in two waves one link, in three waves three
    assert set(panel.links.groupby("person").size()) == {1, 3}
    assert set(panel.links["key"]) <= {"code", "(indirect)"}
    assert len(panel.link_summary().waves) == 3


def test_a_wave_more_leaves_direct_links_as_they_were(three):
    pair = link({w: three[w] for w in ("w1", "w2")})
    all_three = link(three)
    before = links(pair)
    after = {p for p in links(all_three) if p[1][0] == "w2"}
    assert len(before - after) <= 0.01 * len(before)  # but for contradictions


# ---- what must not matter ----------------------------------------------------------------------------------------


def named(panel, waves):
    found = panel.links
    return {
        frozenset(
            [
                (r.linked_wave, waves[r.linked_wave]["pid"][r.linked_row]),
                (r.wave, waves[r.wave]["pid"][r.row]),
            ]
        )
        for r in found.itertuples()
    }


def test_the_order_of_rows_changes_no_link(waves, panel):
    mixed = {w: f.sample(frac=1, random_state=4).reset_index(drop=True) for w, f in waves.items()}
    assert named(link(mixed), mixed) == named(panel, waves)


def test_the_order_of_waves_changes_no_link(waves, panel):
    assert named(link(dict(reversed(waves.items()))), waves) == named(panel, waves)


def test_the_order_of_elements_changes_no_link(waves, panel):
    assert links(link(waves, on=ELEMENTS[::-1])) == links(panel)


@pytest.mark.parametrize("make", [pl.from_pandas, pa.Table.from_pandas])
def test_every_kind_of_frame_is_linked_alike(waves, panel, make):
    other = link({w: make(f) for w, f in waves.items()})
    assert links(other) == links(panel)
    assert type(other.wave("w1")) is type(make(waves["w1"]))


def test_the_frames_are_never_changed(waves):
    before = copy.deepcopy(waves)
    link(waves).review(10, rng=1)
    for wave, frame in waves.items():
        pd.testing.assert_frame_equal(frame, before[wave])


# ---- codes in one column ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [{"separator": "-"}, {"widths": [2, 1, 2, 2, 1, 1, 1, 1]}])
def test_a_code_in_one_column_links_as_its_elements_do(waves, panel, form):
    blank = {
        e: "_" * (1 if "widths" not in form else w)
        for e, w in zip(ELEMENTS, [2, 1, 2, 2, 1, 1, 1, 1], strict=True)
    }
    glue = form.get("separator", "")
    strings = {
        w: pd.DataFrame(
            {
                "code": [
                    glue.join(blank[e] if pd.isna(r[e]) else r[e] for e in ELEMENTS)
                    for r in f[ELEMENTS].to_dict("records")
                ]
            }
        )
        for w, f in waves.items()
    }
    found = link(strings, on="code", code_format={**form, "names": ELEMENTS})
    assert links(found) == links(panel)
    unnamed = link(strings, on="code", code_format=form, ordered=[f"element {i}" for i in (3, 4, 5, 8)])
    assert links(unnamed) == links(panel)
    assert unnamed.key_names[0] == "element 1"
    strings["w2"].loc[0, "code"] = "torn-code"
    torn = link(strings, on={"w1": "code", "w2": ["code"]}, code_format=form, ordered=None)
    assert torn.ledger["no_key"][1] >= 1
    assert any("1 code of “w2” has another form" in n for n in torn.link_summary().notes)


# ---- contradictions, by hand ------------------------------------------------------------------------------------


def evidence_of(sizes, found):
    """Evidence of accepted links (wave, row, wave, row, probability, decided) among waves of some sizes."""
    home = {f"w{k}": np.arange(n) for k, n in enumerate(sizes)}
    fit = Fit((), np.zeros(0), np.zeros(0), 1.0, True, ())
    pairs = []
    for a, b in itertools.combinations(range(len(sizes)), 2):
        mine = [f for f in found if (f[0], f[2]) == (a, b)]
        rows = np.array([(f[1], f[3]) for f in mine], dtype=np.int64).reshape(-1, 2)
        p = np.array([f[4] for f in mine], dtype=float)
        decided = np.array([f[5] if len(f) > 5 else 0 for f in mine], dtype=np.int64)
        candidates = Candidates(
            rows[:, 0], rows[:, 1], p, np.log2(p / (1 - p)), np.zeros(p.size, dtype=np.int64)
        )
        pairs.append(
            WavePair(f"w{a}", f"w{b}", candidates, fit, decided, decided >= 0, np.zeros(p.size, dtype=bool))
        )
    codes = Codes((), (), {}, {}, {}, 0)
    return Evidence("code", AcceptRule(None, 0.5), tuple(pairs), home, codes, 0)


def people_of(sizes, found):
    evidence, people = join(evidence_of(sizes, found))
    groups = {}
    for wave, person in people.person.items():
        for row, who in enumerate(person.tolist()):
            groups.setdefault(who, set()).add((int(wave[1:]), row))
    refused = {
        (int(p.earlier[1:]), int(a), int(p.later[1:]), int(b))
        for p in evidence.pairs
        for a, b in zip(p.candidates.row_a[p.refused], p.candidates.row_b[p.refused], strict=True)
    }
    torn = {(int(w[1:]), int(r)) for w, c in people.conflict.items() for r in np.flatnonzero(c)}
    return {frozenset(g) for g in groups.values()}, refused, torn


def test_links_that_agree_make_one_person_through_a_third_wave():
    groups, refused, torn = people_of([1, 1, 1], [(0, 0, 1, 0, 0.9), (1, 0, 2, 0, 0.9)])
    assert groups == {frozenset({(0, 0), (1, 0), (2, 0)})}
    assert not refused
    assert not torn


def test_the_least_likely_of_contradicting_links_is_refused():
    # 0.0 - 1.0 - 2.0, but 0.0 goes to 2.1: two rows of wave 2 would be one person.
    groups, refused, torn = people_of([1, 1, 2], [(0, 0, 1, 0, 0.9), (1, 0, 2, 0, 0.7), (0, 0, 2, 1, 0.8)])
    assert groups == {frozenset({(0, 0), (1, 0), (2, 1)}), frozenset({(2, 0)})}
    assert refused == {(1, 0, 2, 0)}
    assert torn == {(1, 0), (2, 0)}


def test_a_decision_outweighs_any_probability():
    groups, refused, _ = people_of([1, 1, 2], [(0, 0, 1, 0, 0.9), (1, 0, 2, 0, 0.2, 1), (0, 0, 2, 1, 0.8)])
    assert groups == {frozenset({(0, 0), (1, 0), (2, 0)}), frozenset({(2, 1)})}
    assert refused == {(0, 0, 2, 1)}


def test_rejected_pairs_are_not_joined_through_a_third_row():
    groups, refused, _ = people_of([1, 1, 1], [(0, 0, 1, 0, 0.9), (1, 0, 2, 0, 0.8), (0, 0, 2, 0, 0.6, -1)])
    assert groups == {frozenset({(0, 0), (1, 0)}), frozenset({(2, 0)})}
    assert refused == {(1, 0, 2, 0)}


@st.composite
def link_lists(draw):
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    rows = [(w, r) for w, n in enumerate(sizes) for r in range(n)]
    couples = [(*a, *b) for a, b in itertools.combinations(rows, 2) if a[0] < b[0]]
    some = draw(st.lists(st.sampled_from(couples), unique=True, max_size=10))
    p = draw(st.permutations(range(len(some))))
    decided = draw(st.lists(st.sampled_from([0, 0, 0, 1, -1]), min_size=len(some), max_size=len(some)))
    found = [(*c, 0.5 + 0.04 * k, d) for c, k, d in zip(some, p, decided, strict=True)]
    # one-to-one between each two waves, as acceptance leaves them
    kept, seen = [], set()
    for f in sorted(found, key=lambda f: (-f[5], -f[4])):
        ends = {(f[0], f[1], f[2]), (f[2], f[3], f[0])}
        if f[5] < 0 or not ends & seen:
            kept.append(f)
            seen |= ends if f[5] >= 0 else set()
    return sizes, kept


def reference_people(sizes, found):
    """Join link by link, best first, whatever the cost."""
    groups = [{(w, r)} for w, n in enumerate(sizes) for r in range(n)]
    banned = [{(f[0], f[1]), (f[2], f[3])} for f in found if f[5] < 0]
    refused = set()
    for f in sorted((f for f in found if f[5] >= 0), key=lambda f: (-f[5], -f[4])):
        mine, other = ((next(g for g in groups if end in g)) for end in ((f[0], f[1]), (f[2], f[3])))
        if mine is other:
            continue
        together = mine | other
        if len({w for w, _ in together}) < len(together) or any(b <= together for b in banned):
            refused.add(f[:4])
        else:
            groups = [g for g in groups if g is not mine and g is not other] + [together]
    return {frozenset(g) for g in groups}, refused


@given(link_lists())
def test_people_agree_with_joining_link_by_link(case):
    groups, refused, torn = people_of(*case)
    assert (groups, refused) == reference_people(*case)
    assert torn == {end for f in refused for end in ((f[0], f[1]), (f[2], f[3]))}


# ---- summaries, words and errors -----------------------------------------------------------------------------------


def test_the_summary_prints_and_tabulates(panel):
    summary = panel.link_summary()
    frame = summary.to_frame()
    assert frame["links"].tolist() == [len(panel.links)]
    assert frame.loc[0, "match_rate"] == len(panel.links) / frame.loc[0, "people"]
    table = summary.elements.to_frame()
    assert table["element"].tolist() == ELEMENTS
    assert (table["m"] > table["u"]).all()
    assert table["m"].between(0.85, 1).all()
    text = repr(summary)
    for words in ("Links by code", "recall_at_most", "mother", "surname"):
        assert words in text
        assert words in summary._repr_html_()
    linked, other = np.array(summary.probabilities).sum(axis=0)
    assert linked == len(panel.links)
    assert other > 0


def test_the_summary_of_exact_links_estimates_nothing(small_panel):
    summary = small_panel.link_summary()
    assert summary.method == "exact"
    assert [w.links for w in summary.waves] == [2, 2, 1]
    assert [(w.linked_wave, w.wave) for w in summary.waves] == [
        ("start", "end"),
        ("start", "later"),
        ("end", "later"),
    ]
    assert all(w.false_link_rate is None for w in summary.waves)
    assert repr(summary)
    assert summary._repr_html_()


def test_nothing_printed_holds_a_code():
    rng = np.random.default_rng(3)
    codes = {e: [f"secret{int(v)}" for v in rng.integers(0, 40, 300)] for e in "abcdefg"}
    one = pd.DataFrame(codes)
    panel = link({"one": one, "two": one.iloc[40:160]}, on=list("abcdefg"), ordered=None)
    summary = panel.link_summary()
    shown = [panel, summary, panel.flow()]
    texts = [repr(x) for x in shown] + [x._repr_html_() for x in shown]
    texts += [
        t.to_string() for t in (panel.ledger, panel.links, panel.unlinked, panel.duplicates, panel.conflicts)
    ]
    texts += [
        summary.to_frame().to_string(),
        summary.elements.to_frame().to_string(),
        repr(panel._evidence.rule),
    ]
    assert not any("secret" in text.casefold() for text in texts)
    assert len(panel.links) == 120


def test_person_ids_are_the_same_again_and_differ_with_the_codes(waves, panel):
    assert link(waves).token == panel.token
    changed = waves["w1"].assign(mother=waves["w1"]["mother"].replace({"MA": "ZZ"}))
    assert link({**waves, "w1": changed}).token != panel.token


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"method": "exact", "ordered": None, "threshold": 0.5}, InputError, "`threshold`.*method='code'"),
        ({"method": "exact"}, InputError, "`ordered`.*method='code'"),
        ({"method": "exact", "ordered": None, "duplicates": "keep"}, MethodError, "`duplicates`"),
        ({"threshold": 0.5, "max_false_link_rate": 0.01}, InputError, "`threshold`.*both"),
        ({"threshold": 50}, InputError, "`threshold`.*between 0 and 1"),
        ({"max_false_link_rate": 0}, InputError, "`max_false_link_rate`.*between 0 and 1"),
        ({"max_disagreements": -1}, InputError, "`max_disagreements`"),
        ({"ordered": ["moth"]}, ColumnNotFoundError, "`ordered`.*Did you mean .*mother"),
        ({"ordered": ["mother"]}, InputError, "`ordered`.*'mother', where"),
        ({"on": ELEMENTS[:2], "ordered": None}, InputError, "`on`.*3 to 16 code elements; got 2"),
        ({"on": "mother", "ordered": None}, InputError, "`on`.*code_format="),
        (
            {
                "on": {"w1": [None, "day"], "w2": ["mother", "day"]},
                "code_format": {"separator": "-"},
                "ordered": None,
            },
            InputError,
            "first a column that holds the code",
        ),
        ({"on": "mother", "code_format": "-"}, InputError, "`code_format`.*mapping"),
        ({"on": "mother", "code_format": {}}, InputError, "'separator' or 'widths'"),
        (
            {"on": "mother", "code_format": {"separator": "-", "widths": [1]}},
            InputError,
            "'separator' or 'widths'",
        ),
        ({"on": "mother", "code_format": {"widths": [1, 0]}}, InputError, "`code_format`.*at least 1"),
        ({"on": "mother", "code_format": {"widths": [1, 1], "names": ["a"]}}, InputError, "1 and 2"),
        ({"on": "mother", "code_format": {"separator": "-"}}, InputError, "`code_format`.*3 to 16.*got 1"),
    ],
)
def test_wrong_options_are_refused_by_name(waves, options, error, words):
    with pytest.raises(error, match=words):
        link(waves, **options)


# ---- names, through a stand-in and through splink -----------------------------------------------------------------


def name_waves(n=300, back=120, seed=4):
    rng = np.random.default_rng(seed)
    parts = [
        "an",
        "bel",
        "cor",
        "da",
        "el",
        "fre",
        "ga",
        "ho",
        "is",
        "jo",
        "ka",
        "lu",
        "mi",
        "no",
        "ra",
        "ti",
    ]
    words = {c: ["".join(rng.choice(parts, 3)) for _ in range(n + 40)] for c in ("given", "surname", "town")}
    born = pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 18_000, n + 40), unit="D")
    everybody = pd.DataFrame({**words, "born": born.strftime("%Y-%m-%d"), "pid": np.arange(n + 40)})
    one = everybody.iloc[:n]
    two = everybody.iloc[n - back :].sample(frac=1, random_state=1).rename(columns={"given": "first_name"})
    slip = rng.random(len(two)) < 0.3
    two["surname"] = [s[1] + s[0] + s[2:] if x else s for s, x in zip(two["surname"], slip, strict=True)]
    return {"w1": one.reset_index(drop=True), "w2": two.reset_index(drop=True)}


NAMES = {
    "method": "probabilistic",
    "ordered": None,
    "on": {"w1": ["given", "surname", "born"], "w2": ["first_name", "surname", "born"]},
    "compare": {"given": "name", "surname": "name", "born": "date"},
}


def test_names_go_to_splink_row_by_row(monkeypatch):
    waves = name_waves()
    waves["w1"].loc[0, ["given", "surname", "born"]] = None
    asked = {}

    def stand_in(one, two, compare, *, backend=None, tell):
        asked.update(columns=[list(one.columns), list(two.columns)], compare=compare, backend=backend)
        place = {b: i for i, b in enumerate(two["born"])}
        hits = np.array([(i, place[b]) for i, b in enumerate(one["born"]) if b in place])
        p = np.full(len(hits), 0.999)
        return Candidates(
            hits[:, 0], hits[:, 1], p, np.log2(p / (1 - p)), np.zeros(len(hits), dtype=np.int64)
        )

    monkeypatch.setattr("credbenefits.panel.matching.names.splink_candidates", stand_in)
    panel = link(waves, **NAMES, backend="a session")
    assert asked["columns"] == [["given", "surname", "born"]] * 2
    assert asked["compare"] == NAMES["compare"]
    assert asked["backend"] == "a session"
    assert panel.ledger["no_key"].tolist() == [1, 0]
    precision, recall = quality(panel, waves)
    assert precision >= 0.98
    assert recall >= 0.98
    assert set(panel.links["method"]) == set(panel.links["key"]) == {"probabilistic"}
    assert panel.link_summary().waves[0].false_link_rate == pytest.approx(0.001)
    assert "given (earlier)" in panel.review(4, rng=1)
    assert "linked on 3 answers, by probability" in repr(panel)


def test_names_link_through_splink():
    pytest.importorskip("splink")
    waves = name_waves()
    panel = link(waves, **NAMES)
    precision, recall = quality(panel, waves)
    assert precision >= 0.97
    assert recall >= 0.9
    check_account(panel, waves)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"compare": None}, "`compare`"),
        ({"compare": {"given": "name"}}, "`compare`.*a kind of comparison for each column"),
        ({"ordered": ["born"]}, "`ordered`.*nothing with method='probabilistic'"),
        ({"method": "code"}, "`compare`.*nothing with method='code'"),
        (
            {"on": {"w1": ["given", "surname", "born"], "w2": ["first_name", "surname", None]}},
            "every wave has",
        ),
    ],
)
def test_wrong_options_for_names_are_refused(options, words):
    with pytest.raises(InputError, match=words):
        link(name_waves(), **{**NAMES, **options})
