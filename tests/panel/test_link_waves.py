"""Linking waves: every rule by hand, and the whole against a resolver that is too slow to be wrong."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, DataWarning, InputError, MethodError
from credbenefits.frames.keys.normalise import normalise_key
from credbenefits.panel.matching.persons import resolve
from strategies import messy_keys, wave_frames


def quietly(waves, **options):
    """Link without the warning that a wave has no links: small examples often have none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return cb.link_waves(waves, **options)


def links(panel):
    """The linked pairs of rows, as {((wave, row), (wave, row))}."""
    return {((r.linked_wave, r.linked_row), (r.wave, r.row)) for r in panel.as_pandas("links").itertuples()}


def keys_of(panel):
    return {(r.linked_row, r.row): r.key for r in panel.as_pandas("links").itertuples()}


def frame(**columns):
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def ledger_of(panel, wave):
    row = panel.ledger.set_index("wave").loc[wave]
    return tuple(int(row[c]) for c in ("rows", "excluded", "no_key", "duplicates", "unlinked", "linked"))


# ---- one key, by hand ------------------------------------------------------------------------------


def test_every_row_has_one_fate(small_panel):
    assert small_panel.wave_names == ("start", "end", "later")
    assert ledger_of(small_panel, "start") == (6, 1, 1, 0, 1, 3)  # test row, no id, d alone; a, b, c linked
    assert ledger_of(small_panel, "end") == (5, 0, 1, 1, 1, 2)  # n/a; b twice; e alone; b, c linked
    assert ledger_of(small_panel, "later") == (3, 0, 0, 0, 1, 2)
    assert links(small_panel) == {
        (("start", 1), ("end", 2)),
        (("start", 2), ("end", 1)),
        (("start", 0), ("later", 1)),
        (("start", 2), ("later", 0)),
        (("end", 1), ("later", 0)),
    }
    assert small_panel.n_people == 6


def test_keys_agree_after_normalising_and_blanks_never_meet():
    blank = [None, float("nan"), "", "n/a", "-", " NULL"]
    panel = quietly(
        {
            "one": frame(k=["Ann@X.org", "ｂｏｂ", 12.0, "007", *blank]),
            "two": frame(k=[" ann@x.org\u200b", "BOB", "12", "7", *blank]),
        },
        on="k",
    )
    assert links(panel) == {(("one", i), ("two", i)) for i in (0, 1, 2)}  # 007 is not 7
    assert ledger_of(panel, "one") == ledger_of(panel, "two") == (10, 0, 6, 0, 1, 3)


def test_numbers_link_to_text():
    panel = cb.link_waves(
        {
            "one": pd.DataFrame({"k": [1, 2, 3]}),
            "two": pd.DataFrame({"k": ["2", "3", None]}),
            "three": pd.DataFrame({"k": [3.0, np.nan, 1.0]}),
        },
        on="k",
    )
    assert links(panel) == {
        (("one", 1), ("two", 0)),
        (("one", 2), ("two", 1)),
        (("one", 2), ("three", 0)),
        (("two", 1), ("three", 0)),
        (("one", 0), ("three", 2)),
    }


@pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]"])
def test_long_ids_that_differ_in_the_last_digit_are_two_people(dtype):
    one, two = [2**53, 2**53 + 1, None], [2**53 + 1, None]
    panel = cb.link_waves(
        {
            "one": pd.DataFrame({"k": pd.array(one, dtype=dtype)}),
            "two": pd.DataFrame({"k": pd.array(two, dtype=dtype)}),
        },
        on="k",
    )
    assert links(panel) == {(("one", 1), ("two", 0))}


@pytest.mark.parametrize(
    ("rule", "kept"), [("last", 3), ("first", 0), ("most_complete", 2)]
)  # among equally complete rows the last
def test_rules_for_repeat_submissions(rule, kept):
    repeats = frame(k=["a", "A", "a ", "a", "b"], q=["x", "x", "y", None, "z"], r=[None, 1, 2, None, 3])
    panel = cb.link_waves({"one": repeats, "two": frame(k=["a", "b"])}, on="k", duplicates=rule)
    assert links(panel) == {(("one", kept), ("two", 0)), (("one", 4), ("two", 1))}
    assert ledger_of(panel, "one") == (5, 0, 0, 3, 0, 2)
    aside = panel.duplicates
    assert sorted(aside["row"]) == sorted({0, 1, 2, 3} - {kept})
    assert set(aside["kept_row"]) == {kept}
    assert aside["person"].nunique() == 1


def test_repeat_submissions_can_be_refused():
    with pytest.raises(InputError, match="2 repeat submissions in wave 'two'"):
        cb.link_waves(
            {"one": frame(k=["a"]), "two": frame(k=["a", "b", "a", "a"])}, on="k", duplicates="error"
        )
    panel = cb.link_waves(
        {"one": frame(k=["a", None, ""]), "two": frame(k=["b", "a"])}, on="k", duplicates="error"
    )
    assert len(panel.duplicates) == 0


def test_repeats_say_whether_their_answers_differ():
    wave = frame(
        response_id=["r1", "r2", "r3", "r4", "r5", "r6"],  # different in every row: no answer
        k=["a", " A", "b", "b", "c", "c"],
        q=["yes", "yes", "yes", "no", None, None],
    )
    panel = cb.link_waves({"one": wave, "two": frame(k=["a", "b", "c"])}, on="k")
    assert panel.duplicates[["row", "kept_row", "differs"]].to_numpy().tolist() == [
        [0, 1, False],
        [2, 3, True],
        [4, 5, False],
    ]
    assert "3 repeat submissions set aside, 1 of them with other answers" in repr(panel)
    alone = cb.link_waves({"one": wave[["response_id", "k"]], "two": frame(k=["a", "b", "c"])}, on="k")
    assert not alone.duplicates["differs"].any()


def test_excluded_rows_take_no_part():
    waves = {
        "one": frame(k=["a", "a", "b"], status=["Response", "survey preview ", "Response"], batch=[1, 1, 2]),
        "two": frame(k=["a", "b"], batch=[1.0, 2.0]),
    }
    panel = cb.link_waves(waves, on="k", exclude={"status": ["Survey Preview"]})
    assert ledger_of(panel, "one") == (3, 1, 0, 0, 0, 2)
    assert links(panel) == {(("one", 0), ("two", 0)), (("one", 2), ("two", 1))}
    panel = cb.link_waves(waves, on="k", exclude={"status": "Survey Preview", "batch": "2"})
    assert ledger_of(panel, "one") == (3, 2, 0, 0, 0, 1)
    assert ledger_of(panel, "two") == (2, 1, 0, 0, 0, 1)


def test_an_excluded_row_lends_nobody_its_keys():
    # The test row holds both keys; counted, it would join two people.
    waves = {
        "one": frame(id=["x", None], mail=["m", None], status=["test", "ok"]),
        "two": frame(id=["x", None], mail=[None, "m"], status=["ok", "ok"]),
    }
    panel = quietly(waves, on=["id", "mail"], exclude={"status": "test"})
    assert ledger_of(panel, "two") == (2, 0, 0, 0, 2, 0)


# ---- several keys ------------------------------------------------------------------------------------


def test_the_second_key_links_rows_without_the_first():
    panel = cb.link_waves(
        {
            "one": frame(id=["1", "2", None, None], mail=["a", "b", "c", "d"]),
            "two": frame(id=[None, "2", None, "4"], mail=["a", "z", "c", "d"]),
        },
        on=["id", "mail"],
    )
    # a: by mail to the owner of id 1. 2: by id, whatever the mail. c: by mail, nobody has an id.
    # d: one row without id, one with: by mail.
    assert keys_of(panel) == {(0, 0): "mail", (1, 1): "id", (2, 2): "mail", (3, 3): "mail"}
    assert len(panel.conflicts) == 0


def test_the_first_key_is_trusted_over_the_second():
    panel = quietly(
        {"one": frame(id=["1"], mail=["a"]), "two": frame(id=["2"], mail=["a"])}, on=["id", "mail"]
    )
    assert links(panel) == set()
    assert panel.n_people == 2
    assert panel.conflicts[["wave", "row"]].to_numpy().tolist() == [["one", 0], ["two", 0]]
    assert panel.unlinked["conflict"].tolist() == [True, True]
    # the other way round they are one person
    assert links(
        cb.link_waves(
            {"one": frame(id=["1"], mail=["a"]), "two": frame(id=["2"], mail=["a"])}, on=["mail", "id"]
        )
    ) == {(("one", 0), ("two", 0))}


def test_a_key_of_two_people_names_nobody():
    # A family's address: the answer that gives nothing else could be either's.
    panel = quietly(
        {
            "one": frame(id=["1", "2"], mail=["home", "home"]),
            "two": frame(id=[None], mail=["home"]),
        },
        on=["id", "mail"],
    )
    assert links(panel) == set()
    assert panel.n_people == 3
    assert panel.conflicts[["wave", "row"]].to_numpy().tolist() == [["one", 0], ["one", 1], ["two", 0]]
    assert "3 rows hold a key that belongs to several people" in repr(panel)


def test_rows_that_share_only_a_key_of_two_people_stay_apart_from_each_other_too():
    # Both parents may have answered wave two; neither is a repeat of the other, nor linked to wave three.
    panel = quietly(
        {
            "one": frame(id=["1", "2"], mail=["home", "home"]),
            "two": frame(id=[None, None], mail=["home", "home"]),
            "three": frame(id=[None], mail=["home"]),
        },
        on=["id", "mail"],
    )
    assert links(panel) == set()
    assert panel.n_people == 5
    assert len(panel.duplicates) == 0
    assert panel.unlinked["conflict"].all()


def test_people_with_contested_keys_are_still_linked_by_better_ones():
    panel = cb.link_waves(
        {
            "one": frame(id=["1", "2"], mail=["home", "home"]),
            "two": frame(id=["2", "1"], mail=["home", None]),
        },
        on=["id", "mail"],
    )
    assert keys_of(panel) == {(0, 1): "id", (1, 0): "id"}
    assert panel.conflicts[["wave", "row"]].to_numpy().tolist() == [["one", 0], ["one", 1], ["two", 0]]
    assert not panel.unlinked["conflict"].any()


def test_links_through_a_third_row_are_called_indirect():
    # one: by mail to the owner of id 1, whose mail stands in wave two; three: by id.
    panel = cb.link_waves(
        {
            "one": frame(id=[None], mail=["a"]),
            "two": frame(id=["1"], mail=["a"]),
            "three": frame(id=["1"], mail=["b"]),
        },
        on=["id", "mail"],
    )
    told = {(r.linked_wave, r.wave): r.key for r in panel.as_pandas("links").itertuples()}
    assert told == {("one", "two"): "mail", ("two", "three"): "id", ("one", "three"): "(indirect)"}


def test_a_repeat_that_was_set_aside_still_links():
    # The kept row of wave two has no mail; the one set aside tells whose it is.
    panel = cb.link_waves(
        {
            "one": frame(id=[None], mail=["a"]),
            "two": frame(id=["1", "1"], mail=["a", None]),
        },
        on=["id", "mail"],
    )
    assert links(panel) == {(("one", 0), ("two", 1))}
    assert panel.links["key"].tolist() == ["(indirect)"]


def test_the_third_key_serves_rows_without_the_first_two():
    panel = cb.link_waves(
        {
            "one": frame(a=["1", None, None], b=[None, "2", None], c=["x", "y", "z"]),
            "two": frame(a=[None, None, None], b=[None, None, None], c=["x", "y", "z"]),
        },
        on=["a", "b", "c"],
    )
    assert keys_of(panel) == {(0, 0): "c", (1, 1): "c", (2, 2): "c"}


def test_keys_may_have_a_name_of_their_own_in_each_wave():
    waves = {
        "one": frame(id=["1", "2"], mail=["a", "b"]),
        "two": frame(user=["2"]),
        "three": frame(address=["a"]),
    }
    panel = cb.link_waves(
        waves, on={"one": ["id", "mail"], "two": ["user", None], "three": [None, "address"]}
    )
    assert links(panel) == {(("one", 1), ("two", 0)), (("one", 0), ("three", 0))}
    assert panel.key_names == ("id", "mail")
    alike = cb.link_waves({"one": waves["one"], "two": waves["two"]}, on={"one": "id", "two": "user"})
    assert links(alike) == {(("one", 1), ("two", 0))}


# ---- warnings and errors ---------------------------------------------------------------------------------


def test_a_wave_that_links_to_none_is_warned_of():
    with pytest.warns(DataWarning, match="nobody in wave 'two' is in any other wave") as caught:
        cb.link_waves({"one": frame(k=["a"]), "two": frame(k=["b"]), "three": frame(k=["a"])}, on="k")
    assert len(caught) == 1
    assert caught[0].filename == __file__  # points at the caller


def test_a_key_in_very_many_rows_is_warned_of():
    test_key = ["test@x.org"] * 11 + ["a"]
    with pytest.warns(DataWarning, match="one key stands in 11 rows of wave 'two'"):
        cb.link_waves({"one": frame(k=["a"]), "two": frame(k=test_key)}, on="k")
    cb.link_waves({"one": frame(k=["a"]), "two": frame(k=test_key[1:])}, on="k")  # ten may be one person


def test_a_value_to_exclude_that_is_nowhere_is_warned_of():
    with pytest.warns(DataWarning, match="no row has 'Preview' in 'status'"):
        cb.link_waves(
            {"one": frame(k=["a"], status=["ok"]), "two": frame(k=["a"])},
            on="k",
            exclude={"status": "Preview"},
        )


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"on": "kk"}, ColumnNotFoundError, "Did you mean 'k'"),
        ({"on": []}, InputError, "at least one key"),
        ({"on": {"one": "k"}}, InputError, "Add or correct the entry 'two'"),
        ({"on": {"one": ["k", "q"], "two": ["k"]}}, InputError, "same number of keys"),
        ({"on": {"one": [None], "two": [None]}}, InputError, "keys that some wave has"),
        ({"on": 0}, InputError, "`on`"),
        ({"method": "fuzzy"}, MethodError, "'exact'"),
        ({"duplicates": "lst"}, MethodError, "Did you mean 'last'"),
        ({"exclude": {"stats": "x"}}, ColumnNotFoundError, "`exclude`"),
        ({"exclude": "k"}, InputError, "`exclude`.*mapping"),
        ({"waves": {"one": frame(k=["a"])}}, InputError, "two or more waves"),
        ({"waves": [("one", frame(k=["a"])), ("one", frame(k=["a"]))]}, InputError, "'one' twice"),
        ({"waves": [frame(k=["a"]), frame(k=["a"])]}, InputError, "list of \\(name, frame\\)"),
        ({"waves": {"one": frame(k=["a"]), "two": "file.csv"}}, InputError, "waves\\['two'\\].*got str"),
        ({"waves": {"one": frame(k=["a"]), "two": frame(k=[])}}, InputError, "waves\\['two'\\].*0 rows"),
        ({"waves": {"one": frame(k=["a"]), "two": frame(k=["a"], person=[1])}}, InputError, "'person'"),
    ],
)
def test_wrong_arguments_are_refused_by_name(options, error, words):
    given_options = {"waves": {"one": frame(k=["a"]), "two": frame(k=["a"])}, "on": "k", **options}
    with pytest.raises(error, match=words):
        cb.link_waves(given_options.pop("waves"), **given_options)


def test_waves_may_be_a_list_of_pairs():
    pairs = [("one", frame(k=["a"])), ("two", frame(k=["a"]))]
    assert links(cb.link_waves(pairs, on="k")) == {(("one", 0), ("two", 0))}


def test_a_study_in_which_nobody_has_a_key():
    with pytest.warns(DataWarning, match=r"no row has a key in 'k' \(excluded rows apart\): the panel"):
        panel = cb.link_waves({"one": frame(k=[None]), "two": frame(k=["n/a", "-"])}, on="k")
    assert panel.n_people == 0
    assert ledger_of(panel, "two") == (2, 0, 2, 0, 0, 0)
    for table in (
        panel.links,
        panel.unlinked,
        panel.duplicates,
        panel.conflicts,
        panel.patterns().to_frame(),
    ):
        assert len(table) == 0
    assert len(panel.wave("one")) == 0
    assert repr(panel)


# ---- properties ---------------------------------------------------------------------------------------------


def reference_people(rows):
    """Who is who, by the rules in words, one row at a time. `rows` are tuples of keys, None for none."""
    person = [None] * len(rows)
    for j in range(len(rows[0])):
        before = list(person)
        for i, keys in enumerate(rows):
            if before[i] is not None or keys[j] is None:
                continue
            holders = {
                before[o] for o, other in enumerate(rows) if other[j] == keys[j] and before[o] is not None
            }
            if len(holders) == 1:
                person[i] = holders.pop()
            elif not holders:
                person[i] = ("by key", j, keys[j])
            else:  # a key of several people names nobody
                person[i] = ("alone", i)
    return person


def reference_links(frames, n_keys):
    rows, where = [], []
    for wave, data in frames.items():
        for place, keys in enumerate(zip(*(data[f"k{j}"] for j in range(n_keys)), strict=True)):
            rows.append(tuple(normalise_key(k) for k in keys))
            where.append((wave, place))
    kept = {}  # the last row of each person in each wave
    for who, (wave, place) in zip(reference_people(rows), where, strict=True):
        if who is not None:
            kept[who, wave] = place
    names = list(frames)
    return {
        ((a, kept[who, a]), (b, kept[who, b]))
        for who in {w for w, _ in kept}
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if (who, a) in kept and (who, b) in kept
    }


@pytest.mark.parametrize("n_keys", [1, 2, 3])
def test_linking_agrees_with_the_reference(n_keys):
    @given(wave_frames(n_keys))
    def check(frames):
        panel = quietly(frames, on=[f"k{j}" for j in range(n_keys)])
        assert links(panel) == reference_links(frames, n_keys)

    check()


@st.composite
def key_rows(draw):
    n_keys = draw(st.integers(1, 3))
    return draw(st.lists(st.tuples(*[messy_keys] * n_keys), min_size=1, max_size=14))


def partition(labels):
    groups = {}
    for i, who in enumerate(labels):
        if who is not None and not (isinstance(who, (int, np.integer)) and who < 0):
            groups.setdefault(who, set()).add(i)
    return {frozenset(g) for g in groups.values()}


def codes_of(rows):
    columns = [[normalise_key(v) for v in column] for column in zip(*rows, strict=True)]
    return [pd.factorize(np.array(column, dtype=object))[0].astype(np.int64) for column in columns], columns


@given(key_rows())
def test_people_agree_with_the_reference(rows):
    codes, columns = codes_of(rows)
    found = resolve(codes)
    assert partition(found.person) == partition(reference_people(list(zip(*columns, strict=True))))
    # conflicts: a key value that two people hold
    whose = found.person.tolist()
    for i in range(len(rows)):
        shared_by_better = any(
            column[i] is not None and len({whose[o] for o in range(len(rows)) if column[o] == column[i]}) > 1
            for column in columns
        )
        assert found.conflict[i] == shared_by_better


@given(key_rows(), st.randoms(use_true_random=False))
def test_who_is_who_does_not_depend_on_the_order_of_rows(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    straight = partition(resolve(codes_of(rows)[0]).person)
    shuffled = partition(resolve(codes_of([rows[i] for i in order])[0]).person)
    assert {frozenset(order[i] for i in group) for group in shuffled} == straight


@given(wave_frames(2))
def test_the_ledger_adds_up_and_nobody_is_twice_in_a_wave(frames):
    panel = quietly(frames, on=["k0", "k1"])
    ledger = panel.ledger
    parts = ledger[["excluded", "no_key", "duplicates", "unlinked", "linked"]]
    assert (parts.sum(axis=1) == ledger["rows"]).all()
    assert ledger["rows"].tolist() == [len(f) for f in frames.values()]
    assert len(panel.duplicates) == ledger["duplicates"].sum()
    assert len(panel.unlinked) == ledger["unlinked"].sum()
    for wave in frames:
        people = panel.wave(wave)["person"]
        assert people.is_unique
        assert len(people) == ledger.set_index("wave").loc[wave, ["unlinked", "linked"]].sum()
    assert panel.patterns().to_frame()["n"].sum() == panel.n_people
    told = pd.concat([panel.links[["wave", "row"]], panel.unlinked[["wave", "row"]]])
    assert not panel.duplicates.merge(told, on=["wave", "row"]).size  # no row has two fates


@given(wave_frames(2))
def test_the_order_of_waves_changes_no_link(frames):
    straight = links(quietly(frames, on=["k0", "k1"]))
    back = links(quietly(dict(reversed(frames.items())), on=["k0", "k1"]))
    assert {frozenset(pair) for pair in back} == {frozenset(pair) for pair in straight}


@given(wave_frames(2, max_rows=4), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_link_where_nobody_is_repeated(frames, random):
    panel = quietly(frames, on=["k0", "k1"])
    assume(panel.ledger["duplicates"].sum() == 0)
    orders = {wave: random.sample(range(len(f)), len(f)) for wave, f in frames.items()}
    mixed = quietly({w: f.iloc[orders[w]].reset_index(drop=True) for w, f in frames.items()}, on=["k0", "k1"])
    assert {((a, orders[a][i]), (b, orders[b][j])) for (a, i), (b, j) in links(mixed)} == links(panel)


@given(wave_frames(2))
def test_linking_the_panel_again_changes_nothing(frames):
    panel = quietly(frames, on=["k0", "k1"])
    again = {wave: panel.wave(wave).rename(columns={"person": "pid"}) for wave in frames}
    assume(all(len(f) for f in again.values()))

    def named(one, rows):
        return {(rows[a]["row_id"][i], rows[b]["row_id"][j]) for (a, i), (b, j) in links(one)}

    assert named(quietly(again, on="pid"), again) == named(panel, frames)


@given(wave_frames(1))
def test_every_kind_of_frame_is_linked_alike(frames):
    expected = links(quietly(frames, on="k0"))
    for make in (pl.DataFrame, pa.table):
        other = {}
        for wave, f in frames.items():
            keys = [None if isinstance(k, float) else k for k in f["k0"]]
            columns = {
                "k0": pl.Series(keys, dtype=pl.String)
                if make is pl.DataFrame
                else pa.array(keys, pa.string())
            }
            other[wave] = make({**columns, "row_id": f["row_id"].tolist()})
        assert links(quietly(other, on="k0")) == expected


# ---- real studies ------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_cirtl_links_as_published(shared):
    data = shared / "data"
    waves = {name: pd.read_csv(data / f"cirtl_{name}.csv.gz") for name in ("enroll", "pre", "post")}
    panel = cb.link_waves(waves, on="unique_user_id")
    assert ledger_of(panel, "pre")[:3] == (3_884, 0, 1_597)
    assert ledger_of(panel, "post")[:3] == (1_099, 0, 467)
    assert panel.people_in("pre").size == 2_287
    assert panel.people_in("post").size == 632
    both = panel.links[(panel.links["linked_wave"] == "pre") & (panel.links["wave"] == "post")]
    assert len(both) == 520
    patterns = panel.patterns().to_frame().set_index("pattern")["n"]
    assert patterns[["X.X"]].sum() == 112  # answered only the completion survey
    assert patterns[[p for p in patterns.index if p[:2] == ".X"]].sum() == 4  # start ids not in the frame
    only_surveys = quietly({k: waves[k] for k in ("pre", "post")}, on="unique_user_id")
    assert only_surveys.patterns().to_frame().set_index("pattern")["n"].to_dict() == {
        "XX": 520,
        "X.": 1767,
        ".X": 112,
    }


@pytest.mark.shared
def test_muscatine_patterns_are_as_published(shared):
    children = pd.read_csv(shared / "data" / "muscatine.csv.gz").dropna(subset=["numobese"])
    waves = {f"y{o}": children[children["occasion"] == o] for o in (1, 2, 3)}
    panel = cb.link_waves(waves, on="id")
    patterns = panel.patterns().to_frame().set_index("pattern")["n"].to_dict()
    assert patterns == {"XXX": 1770, "X..": 756, ".XX": 645, "XX.": 631, "..X": 500, ".X.": 370, "X.X": 184}
    flow = panel.flow()
    assert flow.people == (3341, 3416, 3099)
    assert flow.linked == (0, 1770 + 631, 1770 + 645 + 184)
    rates = {(r.wave, r.rate): (r.count, r.n) for r in flow.rates}
    assert rates["y2", "conditional"] == (2401, 3341)
    assert rates["y3", "conditional"] == (1770 + 645, 3416)
    assert rates["y3", "cumulative"] == (1770, 3341)


def test_the_example_study_links_as_its_docstring_says(credentials_panel):
    assert credentials_panel.flow().people == (25_891, 2_288, 120)
    assert len(credentials_panel.links) == 431 + 30 + 111
    assert set(credentials_panel.links["key"]) >= {"learner_id", "email"}


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_blank_text_and_nan_do_not_make_a_row_complete(library):
    two = library({"k": ["a", "a"], "x": ["said", "said"], "y": ["yes", "  "], "z": [1.0, float("nan")]})
    panel = cb.link_waves({"one": library({"k": ["a"]}), "two": two}, on="k", duplicates="most_complete")
    assert panel.as_pandas("duplicates")["row"].tolist() == [1]
