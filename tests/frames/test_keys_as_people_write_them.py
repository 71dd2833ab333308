"""Keys as files hold them: lost digits, two ways to write a number, placeholders and what spreadsheets leave."""

from __future__ import annotations

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.keys.no_keys import KEY_WORDS, is_damage, is_phrase, nobodys
from credbenefits.frames.keys.spellings import alike, may_differ


def frame(**columns):
    return pd.DataFrame({name: pd.Series(values) for name, values in columns.items()})


def linked(panel):
    """Pairs of rows that were linked."""
    return sorted(zip(panel.links["linked_row"].tolist(), panel.links["row"].tolist(), strict=True))


def quietly(waves, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return cb.link_waves(waves, **options)


# ---- digits that are lost ------------------------------------------------------------------------------------

LONG = [2**56 + 16 * k + 3 for k in range(8)]


@pytest.mark.parametrize(
    "lost",
    [
        frame(id=[float(v) for v in LONG] + [np.nan]),
        frame(id=[float(v) for v in LONG] + [np.nan]).astype({"id": "Float64"}),
        frame(id=[float(v) for v in LONG] + [np.nan]).astype({"id": "float64[pyarrow]"}),
        frame(id=np.array([*map(float, LONG), "unknown"], dtype=object)),
        frame(id=np.array([2**24 + 2, 5], dtype=np.float32)),
        frame(id=[1e17, 1.0]),
        frame(id=["4", *(f"{float(v):.1f}" for v in LONG), None]),  # written as text after it was a float
        pl.DataFrame({"id": [f"{float(v):.1f} " for v in LONG]}),
        pl.DataFrame({"id": [*map(float, LONG), None]}),
        pa.table({"id": [*map(float, LONG), None]}),
        frame(id=np.array([float(v + 37 * k) for k, v in enumerate(LONG)]).astype("int64")),
        frame(id=[float(v + 37 * k) for k, v in enumerate(LONG)] + [None]).astype({"id": "Int64"}),
        pl.DataFrame({"id": [int(float(v + 37 * k)) for k, v in enumerate(LONG)]}),
    ],
)
def test_numbers_that_lost_their_last_digits_are_refused(lost):
    other = frame(id=["1", "2"])
    with pytest.raises(InputError, match=r"last digits are lost.*dtype=\{'id': str\}.*schema_overrides"):
        cb.link_waves({"one": other, "two": lost}, on="id")
    with pytest.raises(InputError, match="last digits are lost"):
        cb.pseudonymize(lost, "id", key="x" * 16)


@pytest.mark.parametrize(
    "kept",
    [
        LONG,  # whole numbers that were always whole
        [10**17 + 10**4 * k for k in range(30)],  # made with noughts at their end
        [
            (1_300_000_000_000 + 977 * k) << 22 | 5 << 12 for k in range(30)
        ],  # a time and the number of a server
        [2**53 - 1, 3],
        [float(2**53 - 1), 3.0],
        [2**53 + 2],  # one alone says nothing
    ],
)
def test_long_numbers_that_lost_nothing_are_read(kept):
    data = frame(id=kept)
    panel = cb.link_waves({"one": data, "two": data}, on="id")
    assert panel.n_people == len(kept) == len(panel.links)


def test_numbers_that_are_not_whole_are_no_keys():
    with pytest.raises(InputError, match=r"'id' of wave 'two', in which 1 numbers are not whole") as caught:
        cb.link_waves({"one": frame(id=[1.0, 2.0]), "two": frame(id=[1.0, 2.5])}, on="id")
    assert "2.5" not in str(caught.value)
    with pytest.raises(InputError, match="not whole"):
        cb.link_waves({"one": frame(id=[1.0, 2.0]), "two": frame(id=[1.0, np.inf])}, on="id")


def test_a_whole_code_that_was_a_number_is_refused_too():
    rng = np.random.default_rng(3)
    codes = rng.integers(10**17, 9 * 10**17, 60).astype(float)
    with pytest.raises(InputError, match="last digits are lost"):
        cb.link_waves(
            {"one": frame(code=codes), "two": frame(code=codes[:40])},
            on="code",
            method="code",
            code_format={"widths": [3, 3, 3, 3, 3, 3]},
        )


# ---- two ways to write a number ----------------------------------------------------------------------------

WAYS = [
    (["0980", "0101", "7", "500"], [980, 101, 8, 500]),
    (["980.0", "101.0", "7", "500"], ["980", "101", "8", "500"]),
    (["12 980", "45-101", "7", "500"], ["12980", "45101", "8", "500"]),
    (["P-0980", "P-0101", "7", "500"], ["p980", "p101", "8", "500"]),
    (["12,980", "1.234.101", "7", "500"], [12980, 1234101, 8, 500]),
    (["12-980", "45–101", "7", "500"], ["12 980", "45 101", "8", "500"]),
    (["00980", "00101", "00007", "00500"], ["980.0", "101.0", "888.0", "00500"]),
]


@pytest.mark.parametrize(("one", "two"), WAYS)
def test_two_ways_to_write_a_number_are_warned_of_and_joined_on_demand(one, two):
    waves = {"start": frame(id=one), "later": frame(id=two)}
    with pytest.warns(
        DataWarning, match=r"4 rows \(2 of wave 'start', 2 of wave 'later'\).*numeric_keys=\['id'\]"
    ):
        plain = cb.link_waves(waves, on="id")
    assert linked(plain) == [(3, 3)]
    panel = cb.link_waves(waves, on="id", numeric_keys="id")
    assert linked(panel) == [(0, 0), (1, 1), (3, 3)]
    assert set(panel.links["key"]) == {"id"}
    for wave, rows in (("start", 4), ("later", 4)):
        assert panel.ledger.set_index("wave").loc[wave, "rows"] == rows


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (["1", "01", "3"], ["01", "4", "3"]),  # one wave has both: they may be two people
        (["1-23", "5"], ["12-3", "5"]),  # a class and a number in it
        (["ann-lee@x.org", "5"], ["annlee@x.org", "5"]),
        (["007@x.org", "5"], ["7@x.org", "5"]),
        (["a1", "5"], ["a10", "5"]),
        (["3.14", "5"], ["314", "5"]),
        (["1.05", "5"], ["1.5", "5"]),
        (["0", "5"], ["00", "5"]),
    ][:-1],
)
def test_keys_that_are_not_the_same_number_are_not_warned_of(one, two):
    cb.link_waves({"one": frame(id=one), "two": frame(id=two)}, on="id")


def test_two_ways_to_write_a_number_do_not_contradict_another_key():
    one = frame(id=["0980", "0101", "7"], email=["a@x", "b@x", "c@x"])
    two = frame(id=[980, 101, 8], email=["a@x", "b@x", "c@x"])
    panel = cb.link_waves({"one": one, "two": two}, on=["id", "email"])
    assert linked(panel) == [(0, 0), (1, 1)]  # 7 and 8 are two people, whoever lent the address
    assert set(panel.links["key"]) == {"email"}
    assert len(panel.conflicts) == 2
    assert "2 values of 'id' are written in two ways" in str(panel)
    assert set(
        cb.link_waves({"one": one, "two": two}, on=["id", "email"], numeric_keys="id").links["key"]
    ) == {"id"}


def test_what_another_key_does_not_settle_is_warned_of():
    one = frame(id=["0980", "0101"], email=["a@x", None])
    two = frame(id=[980, 101], email=["a@x", "b@x"])
    with pytest.warns(DataWarning, match=r"2 rows \(1 of wave 'one', 1 of wave 'two'\)"):
        panel = cb.link_waves({"one": one, "two": two}, on=["id", "email"])
    assert linked(panel) == [(0, 0)]


def test_numeric_keys_belong_to_exact_keys_by_name():
    waves = {"one": frame(id=["1"]), "two": frame(id=["1"])}
    with pytest.raises(InputError, match="Did you mean 'id'"):
        cb.link_waves(waves, on="id", numeric_keys=["idd"])
    with pytest.raises(InputError, match=r"`numeric_keys`.*method='exact'"):
        cb.link_waves(waves, on=["id"] * 4, method="code", numeric_keys="id")


@given(
    st.lists(
        st.from_regex(r"[a-c]?-?0{0,2}[1-9][0-9]{0,2}(\.0)?", fullmatch=True),
        min_size=1,
        max_size=12,
        unique=True,
    )
)
def test_keys_that_are_alike_have_the_same_digits(keys):
    group = alike(keys).tolist()
    by_hand = [key.removesuffix(".0").replace("-", "") for key in keys]
    by_hand = [k[0] + k[1:].lstrip("0") if k[0].isalpha() else k.lstrip("0") for k in by_hand]
    for i, a in enumerate(by_hand):
        for j, b in enumerate(by_hand):
            assert (group[i] == group[j]) == (a == b) or (a == b and keys[i].count("-") != keys[j].count("-"))
    if len(set(group)) < len(keys):
        assert may_differ("\n".join(keys), len(keys))


# ---- what is no key ------------------------------------------------------------------------------------------

DAMAGED = [
    "#REF!",
    "#N/A",
    "#VALUE!",
    "#NAME?",
    "########",
    "#DIV/0!",
    "#NUM!",
    "#NULL!",
    "#BEZUG!",
    "#WERT!",
    "#NV",
    "#¡REF!",
    "#¿NOMBRE?",
    "Err:502",
    "1.23E+11",
    "1,23E+11",
    "9.9e+17",
    "4E+05",
]
FILLERS = [
    "unknown",
    " Unknown ",
    "n/a",
    "none",
    "-",
    "---",
    "xxx",
    "NA",
    "not applicable",
    "prefer not to say",
    "I don't know",
    "test",
    "test@test.com",
    "none@none.com",
    "no email",
    "Unbekannt",
    "desconocido",
    "(blank)",
    "not available",
    "???",
]


@pytest.mark.parametrize("cell", DAMAGED + FILLERS)
@pytest.mark.parametrize("times", [1, 3])
def test_a_filler_links_nobody(cell, times):
    waves = {w: frame(id=[cell] * times + ["a1"], q=["yes"] * (times + 1)) for w in ("one", "two")}
    panel = cb.link_waves(waves, on="id")
    assert linked(panel) == [(times, times)]
    assert panel.ledger["no_key"].tolist() == [times, times]
    assert panel.n_people == 1
    reasons = set(panel.no_key["reason"])
    expected = "damaged by a spreadsheet" if cell in DAMAGED else "a placeholder"
    assert reasons <= ({expected, "blank"} if cell in {"n/a", "none", "-", "#N/A"} else {expected})
    with pytest.raises(IndexError):
        # what links to nobody has no pseudonym either
        cb.pseudonymize(frame(id=[cell]), "id", key="x" * 16)["id"].dropna().iloc[0]


@pytest.mark.parametrize(
    "key",
    [
        "#1042",
        "1e5",
        "e5",
        "12e5",
        "4e123456",
        "ann+x@x.org",
        "nan li",
        "n. a. smith",
        "0042",
        "a-b",
        "x1",
        "unknown@x.org",
        "N0NE",
        "A#",
        "8+1",
        "Ann Norton",
    ],
)
def test_a_key_that_looks_odd_is_a_key(key):
    waves = {w: frame(id=[key, "k9"]) for w in ("one", "two")}
    assert len(cb.link_waves(waves, on="id").links) == 2


@pytest.mark.parametrize(
    "cell", ["0", 0, "000", 0.0, "-9", -1, "info@school.org", "test@school.org", "noreply@x.de"]
)
def test_a_nought_or_an_address_that_several_rows_share_is_no_key(cell):
    waves = {"one": frame(id=[cell, cell, 7]), "two": frame(id=[cell, 8, 7])}
    panel = cb.link_waves(waves, on="id")
    assert linked(panel) == [(2, 2)]
    assert panel.ledger["no_key"].tolist() == [2, 1]
    assert set(panel.no_key["reason"]) == {"shared by several rows"}
    assert "3 shared by several rows (see .no_key)" in str(panel)


def test_an_id_column_that_starts_at_nought_is_fine():
    waves = {w: frame(id=range(5)) for w in ("one", "two")}
    panel = cb.link_waves(waves, on="id")
    assert len(panel.links) == 5
    assert not len(panel.no_key)


def test_a_row_with_a_filler_goes_by_its_next_key():
    one = frame(id=["unknown", "#REF!", "0", "0", "5"], email=["a@x", "b@x", "c@x", "d@x", "e@x"])
    two = frame(id=["unknown", "6", "0", "0", "5"], email=["b@x", "a@x", "d@x", "f@x", "e@x"])
    panel = cb.link_waves({"one": one, "two": two}, on=["id", "email"])
    assert linked(panel) == [(0, 1), (1, 0), (3, 2), (4, 4)]
    assert not panel.ledger["no_key"].any()
    assert "2 a placeholder" not in str(panel.no_key)
    assert "Cells of 'id' that are no key: 2 a placeholder, 1 damaged by a spreadsheet, 4 shared" in str(
        panel
    )


def test_a_key_of_very_many_rows_is_nobody():
    crowd = ["team@x.org"] * 11 + ["a", "b"]
    with pytest.warns(DataWarning, match="one key stands in 11 rows of wave 'two' and was taken for none"):
        panel = cb.link_waves({"one": frame(k=["team@x.org", "a"]), "two": frame(k=crowd)}, on="k")
    assert linked(panel) == [(1, 11)]
    assert panel.ledger["no_key"].tolist() == [1, 11]


def test_a_diary_has_many_rows_of_everybody():
    diary = frame(k=np.repeat(["a", "b", "c"], [30, 30, 28]))
    with pytest.warns(DataWarning, match="30 rows of wave 'two' and was taken for one person"):
        panel = cb.link_waves({"one": frame(k=["a", "b", "c"]), "two": diary}, on="k")
    assert len(panel.links) == 3


def test_excluded_rows_share_nothing():
    one = frame(id=["0", "0", "7"], status=["ok", "test", "ok"])
    panel = cb.link_waves({"one": one, "two": frame(id=["0", "7"])}, on="id", exclude={"status": "test"})
    assert len(panel.links) == 2


def test_a_header_within_the_file_is_no_key():
    data = frame(learner_id=["a", "Learner_ID", "b"])
    panel = cb.link_waves({"one": data, "two": data}, on="learner_id")
    assert linked(panel) == [(0, 0), (2, 2)]


def test_codes_that_share_a_filler_have_nothing_in_common():
    rng = np.random.default_rng(2)
    people = pd.DataFrame({f"e{j}": rng.integers(1, 30, 200).astype(str) for j in range(5)})
    filled = people.copy()
    filled.loc[:20, ["e0", "e1"]] = "unknown"
    filled.loc[:20, "e2"] = "#REF!"
    blank = filled.replace({"unknown": None, "#REF!": None})
    one, two = ({"a": f, "b": f.iloc[::-1].reset_index(drop=True)} for f in (filled, blank))
    made = [quietly(w, on=list(people), method="code") for w in (one, two)]
    assert linked(made[0]) == linked(made[1])


def test_words_are_in_their_one_spelling():
    from credbenefits.frames.keys.normalise import normalise_key

    assert all(normalise_key(word) == word for word in KEY_WORDS)
    assert all(is_damage(normalise_key(d) or "#n/a") for d in DAMAGED)
    assert is_phrase("prefer not to answer")
    assert nobodys("0")


# ---- nothing but the key counts ----------------------------------------------------------------------------

small = st.lists(st.one_of(st.none(), st.integers(0, 6)), min_size=1, max_size=7)
KINDS = {
    "int": lambda v: pd.DataFrame({"k": pd.Series(v, dtype="Int64")}),
    "float": lambda v: pd.DataFrame({"k": pd.Series(v, dtype="float64")}),
    "text": lambda v: pd.DataFrame(
        {"k": pd.Series([None if x is None else str(x) for x in v], dtype=object)}
    ),
    "spaced": lambda v: pd.DataFrame(
        {"k": pd.Series([None if x is None else f" {x}\u200b" for x in v], dtype=object)}
    ),
    "category": lambda v: pd.DataFrame({"k": pd.Series(v, dtype="Int64").astype("category")}),
    "words": lambda v: pd.DataFrame({"k": pd.Series(["unknown" if x is None else str(x) for x in v])}),
    "damage": lambda v: pd.DataFrame({"k": pd.Series(["#REF!" if x is None else str(x) for x in v])}),
    "arrow": lambda v: pa.table({"k": pa.array(v, pa.int64())}),
    "dictionary": lambda v: pa.table(
        {"k": pa.array([None if x is None else str(x) for x in v]).dictionary_encode()}
    ),
    "polars": lambda v: pl.DataFrame({"k": pl.Series(v, dtype=pl.Int32)}),
    "enum": lambda v: pl.DataFrame(
        {"k": pl.Series([None if x is None else str(x) for x in v], dtype=pl.Enum(list("0123456")))}
    ),
    "decimal": lambda v: pl.DataFrame(
        {"k": pl.Series([None if x is None else Decimal(x) for x in v], dtype=pl.Decimal(10, 2))}
    ),
}


def people(panel):
    """Rows of each person, as (wave, row), whatever the person is called."""
    return sorted(
        tuple((w, int(panel._row_of[i, k])) for k, w in enumerate(panel.wave_names))
        for i in range(panel.n_people)
    )


@given(small, small, st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(KINDS)))
def test_what_holds_the_key_changes_no_link(one, two, kind, other):
    plain = quietly({"one": KINDS["int"](one), "two": KINDS["int"](two)}, on="k")
    same = quietly({"one": KINDS[kind](one), "two": KINDS[other](two)}, on="k")
    assert people(same) == people(plain)


odd = st.sampled_from(
    [
        "unknown",
        "UNKNOWN ",
        "#REF!",
        "1.5E+10",
        "0",
        "0",
        "7",
        "07",
        "7.0",
        "a1",
        "A1",
        "a-1",
        "a 1",
        "b@x.org",
        "info@x.org",
        "-3",
        None,
        "",
    ]
)


@given(st.lists(odd, min_size=1, max_size=6), st.lists(odd, min_size=1, max_size=6), st.randoms())
def test_nothing_links_that_plain_reading_would_not_and_order_does_not_count(one, two, random):
    waves = {"one": frame(k=pd.Series(one, dtype=object)), "two": frame(k=pd.Series(two, dtype=object))}
    panel = quietly(waves, on="k", duplicates="first")
    for row_one, row_two in linked(panel):
        assert one[row_one].strip().casefold() == two[row_two].strip().casefold()
    order = list(range(len(two)))
    random.shuffle(order)
    mixed = frame(k=pd.Series([two[i] for i in order], dtype=object))
    again = quietly({"one": waves["one"], "two": mixed}, on="k", duplicates="first")
    assert {(a, str(two[b]).strip().casefold()) for a, b in linked(panel)} == {
        (a, str(two[order[b]]).strip().casefold()) for a, b in linked(again)
    }


ways = st.tuples(st.sampled_from("123456"), st.sampled_from(["{}", "0{}", "{}.0", "00{}", "{}.00"]))


@given(*[st.lists(ways, min_size=1, max_size=6, unique_by=lambda way: way[0])] * 2)
def test_the_warning_counts_what_the_option_links(one, two):
    waves = {w: frame(k=[form.format(n) for n, form in side]) for w, side in (("one", one), ("two", two))}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        plain = cb.link_waves(waves, on="k")
    told = [int(str(w.message).split()[0]) for w in caught if "numeric_keys" in str(w.message)]
    joined = quietly(waves, on="k", numeric_keys="k")
    gain = int(joined.ledger["linked"].sum() - plain.ledger["linked"].sum())
    assert sum(told) == gain
    assert joined.ledger["linked"].tolist() == [len({n for n, _ in one} & {n for n, _ in two})] * 2
