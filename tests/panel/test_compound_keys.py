"""Keys of several columns, and keys that count within a course only."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import DataWarning, InputError, MethodError

START = pd.DataFrame(
    {
        "code": ["a1", "a1", "B2", None, "x", "c3", "c3", None],
        "workshop": ["w1", "w2", "w1", "w1", None, "w1", "w1", None],
        "email": ["a@x.org", "b@x.org", None, "d@x.org", "e@x.org", "f@x.org", "g@x.org", "h@x.org"],
    }
)
END = pd.DataFrame(
    {
        "code": ["A1", "a1", "b2", None, "x", "c3"],
        "workshop": ["W2", "w3", " w1", "w1", None, "w1"],
        "email": [None, None, None, "d@x.org", "nobody@x.com", None],
    }
)
WAVES = {"start": START, "end": END}


def pairs(panel):
    links = panel.as_pandas("links")
    return set(zip(links["linked_row"].tolist(), links["row"].tolist(), strict=True))


def reasons(panel):
    table = panel.as_pandas("no_key")
    return list(table[["wave", "row", "reason"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    "kind", [lambda d: d, pl.from_pandas, lambda d: pa.Table.from_pandas(d, preserve_index=False)]
)
def test_all_parts_must_agree_and_all_must_be_there(kind):
    panel = cb.link_waves({w: kind(f) for w, f in WAVES.items()}, on=[("code", "workshop")])
    assert pairs(panel) == {(1, 0), (2, 2), (6, 5)}
    assert panel.key_names == ("code + workshop",)
    assert set(panel.as_pandas("links")["key"]) == {"code + workshop"}
    assert reasons(panel) == [
        ("start", 3, "blank in a part of the key"),
        ("start", 4, "blank in a part of the key"),
        ("start", 7, "blank"),
        ("end", 3, "blank in a part of the key"),
        ("end", 4, "blank in a part of the key"),
    ]
    # Two rows of one code in one workshop are one person; those of two workshops are not.
    assert panel.as_pandas("duplicates")[["row", "kept_row"]].to_numpy().tolist() == [[5, 6]]
    assert list(panel.key_columns["start"]) == [("code", "workshop")]


def test_a_list_of_keys_goes_one_after_the_other():
    panel = cb.link_waves(WAVES, on=[("code", "workshop"), "email"])
    assert pairs(panel) == {(1, 0), (2, 2), (6, 5), (3, 3)}
    assert panel.as_pandas("links").set_index("row")["key"].to_dict() == {
        0: "code + workshop",
        2: "code + workshop",
        3: "email",
        5: "code + workshop",
    }
    assert [reason for *_, reason in reasons(panel)] == []


def test_parts_have_their_own_names_in_each_wave():
    end = END.rename(columns={"code": "kode", "workshop": "course"})
    on = {"start": [("code", "workshop"), "email"], "end": [("kode", "course"), None]}
    panel = cb.link_waves({"start": START, "end": end}, on=on)
    assert pairs(panel) == {(1, 0), (2, 2), (6, 5)}
    assert panel.key_names == ("code + workshop", "email")


def test_values_never_run_together():
    one = pd.DataFrame({"a": ["a", "ab", "a + b"], "b": ["bc", "c", "c"]})
    two = pd.DataFrame({"a": ["ab", "a", "a"], "b": ["c", "bc", "b + c"]})
    assert pairs(cb.link_waves({"one": one, "two": two}, on=[("a", "b")])) == {(0, 1), (1, 0)}


def test_fillers_and_damage_in_a_part_are_no_key():
    one = pd.DataFrame(
        {"code": ["unknown", "#REF!", "0", "0", "17", "17"], "w": ["1", "1", "1", "1", "0", "0"]}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        panel = cb.link_waves({"one": one, "two": one.tail(1)}, on=[("code", "w")])
    assert [r for wave, _, r in reasons(panel) if wave == "one"] == [
        "a placeholder",
        "damaged by a spreadsheet",
        "shared by several rows",
        "shared by several rows",
    ]
    # Nought is the name of a course here, and two rows of one code in it are one person.
    assert len(panel.as_pandas("duplicates")) == 1


def test_numbers_written_in_two_ways_within_a_compound_key():
    one = pd.DataFrame({"id": ["0980", "0101"], "w": ["a", "b"]})
    two = pd.DataFrame({"id": ["980", "101"], "w": ["a", "a"]})
    one.loc[2], two.loc[2] = ["7", "a"], ["7", "a"]
    with pytest.warns(DataWarning, match=r"numeric_keys=\['id \+ w'\] joins them"):
        panel = cb.link_waves({"one": one, "two": two}, on=[("id", "w")])
    assert pairs(panel) == {(2, 2)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        panel = cb.link_waves({"one": one, "two": two}, on=[("id", "w")], numeric_keys=["id + w"])
    assert pairs(panel) == {(0, 0), (2, 2)}


def test_exact_keys_within_a_course():
    panel = cb.link_waves(WAVES, on=["code", "email"], within="workshop")
    assert pairs(panel) == {(1, 0), (2, 2), (6, 5), (3, 3)}
    assert reasons(panel) == [
        ("start", 4, "blank in the column of `within`"),
        ("start", 7, "blank in the column of `within`"),
        ("end", 4, "blank in the column of `within`"),
    ]
    assert "3 blank in the column of `within`" in str(panel)
    named = cb.link_waves(
        {"start": START, "end": END.rename(columns={"workshop": "course"})},
        on=["code", "email"],
        within={"start": "workshop", "end": "course"},
    )
    assert pairs(named) == pairs(panel)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from(["u", "v", None])),
        min_size=1,
        max_size=8,
    ),
    st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from(["u", "v", None])),
        min_size=1,
        max_size=8,
    ),
)
def test_a_compound_key_is_a_key_within_its_other_part(one, two):
    waves = {
        n: pd.DataFrame(rows, columns=["k", "c"], dtype=object) for n, rows in (("one", one), ("two", two))
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        compound = cb.link_waves(waves, on=[("k", "c")])
        within = cb.link_waves(waves, on="k", within="c")
    assert pairs(compound) == pairs(within)
    last = {
        n: {row: place for place, row in enumerate(rows) if None not in row}
        for n, rows in (("one", one), ("two", two))
    }
    assert pairs(compound) == {
        (last["one"][key], last["two"][key]) for key in last["one"].keys() & last["two"].keys()
    }


@pytest.mark.parametrize(
    ("options", "argument", "words"),
    [
        ({"on": [("code", "course")]}, "on", "course"),
        ({"on": [("code", "code")]}, "on", "'code' more than once"),
        ({"on": [("code", None)]}, "on", "text that is not blank"),
        ({"on": [()]}, "on", "the columns of each key"),
        ({"on": [("code", "workshop"), ("code", "workshop")]}, "on", "'code + workshop' more than once"),
        ({"on": {"start": [("code", "workshop")], "end": ["code"]}}, "on", "equally many columns"),
        ({"on": {"start": [None], "end": [None]}}, "on", "keys that some wave has"),
        ({"on": [("code", "workshop"), "email", "x", "y"], "method": "code"}, "on", "'x'"),
        (
            {"on": [("code", "workshop"), "email"], "method": "code"},
            "on",
            "compound keys are for method='exact'",
        ),
        ({"on": "code", "within": "course"}, "within", "course"),
        ({"on": "code", "within": {"start": "workshop"}}, "within", "'end'"),
        ({"on": "code", "within": START["workshop"]}, "within", "the values of one"),
        (
            {"on": ["code", "email", "workshop"], "within": "workshop", "method": "probabilistic"},
            "within",
            "exact keys",
        ),
    ],
)
def test_what_is_no_key_is_an_error(options, argument, words):
    with pytest.raises(InputError if argument == "on" else (InputError, MethodError)) as found:
        cb.link_waves(WAVES, **options)
    assert found.value.argument == argument
    assert words in str(found.value)


def test_parts_that_are_given_as_two_keys_are_named_in_a_warning():
    rng = np.random.default_rng(1)
    start = pd.DataFrame({"code": rng.integers(0, 60, 90), "workshop": np.repeat(["p", "q", "r"], 30)})
    email = start.assign(email=np.arange(90))
    for frame, on, fix in (
        (start, ["code", "workshop"], "write on=[('code', 'workshop')]"),
        (email, ["workshop", "code", "email"], "write on=[('workshop', 'code'), 'email']"),
    ):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            cb.link_waves({"start": frame, "end": frame.iloc[::3]}, on=on)
        assert any(fix in str(each.message) for each in said)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cb.link_waves({"start": start, "end": start.iloc[::3]}, on=[("code", "workshop")])


def test_a_part_of_a_key_may_make_groups_and_be_a_covariate():
    rng = np.random.default_rng(2)
    start = pd.DataFrame(
        {"code": np.arange(120) // 2, "workshop": np.tile(["p", "q"], 60), "q": rng.integers(0, 2, 120)}
    )
    panel = cb.link_waves(
        {"start": start, "end": start.iloc[rng.permutation(120)[:70]]}, on=[("code", "workshop")]
    )
    assert panel.n_people == 120
    assert len(cb.attrition(panel, by="workshop").retention.rows) == 2
    assert cb.attrition_weights(panel, ["workshop"], wave="end", to="start").n == 70
    assert cb.nonresponse_bias(panel, wave="end", to="start").variables
