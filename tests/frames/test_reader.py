"""One reader: the same cells, written in any way and kept in any type, mean the same in every argument."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Item, SelectAll
from credbenefits.errors import InputError
from credbenefits.numerics.proportion.multinomial import multinomial_intervals
from credbenefits.questions.spelling import as_number, canonical, is_day, label, natural_order
from frame_kinds import in_pandas

pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")

#: Rows of the study. The column under test has one of three values, or nothing, in each.
N = 144
PLACE = [i % 7 % 3 if i % 12 else None for i in range(N)]
SAID = [int(i % 5 < 2) for i in range(N)]
BACK = [i % 4 != 1 for i in range(N)]
OTHER = ["there" if said else "elsewhere" for said in SAID]


# ---- what the column holds -------------------------------------------------------------------------------

WORDS = ["co-op student", "don't work", "Zürich staff"]
NUMBERS = [2, 10, 1]
DAYS = [dt.date(2024, 2, 1), dt.date(2023, 12, 31), dt.date(2024, 1, 5)]


def cells(values, gap=None):
    return [gap if p is None else values[p] for p in PLACE]


def mixed(values, change):
    """Write the value in another way in every third row."""
    return [
        None if p is None else change(values[p]) if i % 3 == 1 else values[p] for i, p in enumerate(PLACE)
    ]


def nfd(text):
    return text.replace("ü", "u\u0308")


#: Other ways to write the words in half of the rows.
SPELLINGS = {
    "space after": lambda v: v + " ",
    "space before": lambda v: "   " + v,
    "tab": lambda v: "\t" + v + "\n",
    "no-break space": lambda v: v.replace(" ", "\u00a0") + "\u00a0",
    "thin space": lambda v: v.replace(" ", "\u2009"),
    "two spaces inside": lambda v: v.replace(" ", "  "),
    "line break inside": lambda v: v.replace(" ", "\r\n"),
    "zero-width space": lambda v: "\u200b" + v,
    "byte-order mark": lambda v: "\ufeff" + v,
    "soft hyphen": lambda v: v[:2] + "\u00ad" + v[2:],
    "upper case": str.upper,
    "title case": str.title,
    "decomposed": nfd,
    "full width": lambda v: v.replace("s", "\uff53").replace("-", "\uff0d"),
    "curly apostrophe": lambda v: v.replace("'", "\u2019"),
    "acute for apostrophe": lambda v: v.replace("'", "\u00b4"),
    "en dash": lambda v: v.replace("-", "\u2013"),
    "no-break hyphen": lambda v: v.replace("-", "\u2011"),
    "right-to-left mark": lambda v: v + "\u200f",
    "all at once": lambda v: " " + nfd(v.upper()).replace("'", "\u2019").replace("-", "\u2212") + "\u00a0 ",
}

#: Ways to write the numbers.
FORMS = {
    "text": str,
    "float": float,
    "text of a float": lambda v: f"{v}.0",
    "text with a space": lambda v: f" {v}",
    "text with zeros after": lambda v: f"{v}.00",
    "text with a plus": lambda v: f"+{v}",
    "full-width digits": lambda v: str(v).translate({48 + d: 0xFF10 + d for d in range(10)}),
    "decimal": Decimal,
    "NumPy's float32": np.float32,
}

#: Ways to write the days.
TIMES = {
    "midnight": lambda v: dt.datetime.combine(v, dt.time()),
    "a time of the day": lambda v: dt.datetime.combine(v, dt.time(13, 5)),
    "a time of pandas": pd.Timestamp,
    "text": str,
    "text of midnight": lambda v: f"{v} 00:00:00",
    "text with a time": lambda v: f"{v}T13:05:01.25Z",
}

#: Types of column.
TYPES = {
    "objects": lambda v: pd.DataFrame({"q": pd.Series(v, dtype=object)}),
    "NaN for nothing": lambda v: pd.DataFrame({"q": pd.Series(v, dtype=object).where(lambda s: s.notna())}),
    "pandas": lambda v: pd.DataFrame({"q": v}),
    "pandas text": lambda v: pd.DataFrame({"q": pd.Series(v, dtype="str")}),
    "nullable text": lambda v: pd.DataFrame({"q": pd.Series(v, dtype="string")}),
    "Arrow text in pandas": lambda v: pd.DataFrame({"q": pd.Series(v, dtype=pd.ArrowDtype(pa.string()))}),
    "category": lambda v: pd.DataFrame({"q": pd.Series(v, dtype="category")}),
    "polars": lambda v: pl.DataFrame({"q": v}),
    "polars category": lambda v: pl.DataFrame({"q": v}, schema={"q": pl.Categorical}),
    "polars enum": lambda v: pl.DataFrame(
        {"q": pl.Series(v, dtype=pl.Enum(sorted({x for x in v if x}, key=natural_order)))}
    ),
    "Arrow": lambda v: pa.table({"q": v}),
    "Arrow dictionary": lambda v: pa.table({"q": pa.array(v).dictionary_encode()}),
}

#: Types of column for numbers.
NUMBER_TYPES = {
    "floats": lambda v: pd.DataFrame({"q": pd.Series(v, dtype="float64")}),
    "32-bit floats": lambda v: pd.DataFrame({"q": pd.Series(v, dtype="float32")}),
    "nullable": lambda v: pd.DataFrame({"q": pd.Series(v, dtype="Int64")}),
    "polars": lambda v: pl.DataFrame({"q": v}),
    "polars floats": lambda v: pl.DataFrame({"q": [None if x is None else float(x) for x in v]}),
    "Arrow": lambda v: pa.table({"q": v}),
    "objects": lambda v: pd.DataFrame({"q": pd.Series(v, dtype=object)}),
}

#: Types of column for days.
DAY_TYPES = {
    "pandas": lambda v: pd.DataFrame({"q": pd.to_datetime(v)}),
    "seconds": lambda v: pd.DataFrame({"q": pd.to_datetime(v).astype("datetime64[s]")}),
    "polars": lambda v: pl.DataFrame({"q": v}),
    "polars times": lambda v: pl.DataFrame({"q": v}).with_columns(pl.col("q").cast(pl.Datetime)),
    "Arrow": lambda v: pa.table({"q": v}),
    "objects": lambda v: pd.DataFrame({"q": pd.Series(v, dtype=object)}),
}


# ---- where it is read ------------------------------------------------------------------------------------


def with_columns(frame, **columns):
    """Add columns to a frame of any kind."""
    if isinstance(frame, pd.DataFrame):
        return frame.assign(**columns)
    if isinstance(frame, pl.DataFrame):
        return frame.with_columns(**{k: pl.Series(v) for k, v in columns.items()})
    for name, values in columns.items():
        frame = frame.append_column(name, pa.array(values))
    return frame


def numbers(rows):
    return [(r.estimate, r.conf_low, r.conf_high, r.count, r.n) for r in rows]


def panel(frame):
    first = with_columns(frame, id=list(range(N)), older=[i % 2 for i in range(N)])
    later = pd.DataFrame({"id": [i for i in range(N) if BACK[i]]})
    later["x"] = 1
    return cb.link_waves({"first": first, "later": later}, on="id")


def filled(frame):
    """Leave out the rows without a value: everybody is in some stratum."""
    keep = [i for i, p in enumerate(PLACE) if p is not None]
    if isinstance(frame, pd.DataFrame):
        return frame.iloc[keep].reset_index(drop=True), keep
    return (frame[keep] if isinstance(frame, pl.DataFrame) else frame.take(keep)), keep


def of_design(frame, argument):
    frame, keep = filled(frame)
    data = with_columns(frame, said=[SAID[i] for i in keep], half=[i % 2 for i in keep])
    named = {"clusters": "half"} | {argument: "q"} if argument == "strata" else {argument: "q"}
    return numbers(cb.proportions(data, "said", design=cb.SurveyDesign(**named)).rows)


def of_weights(frame, argument):
    named = {"covariates": ["q"]} if argument == "covariates" else {"covariates": ["older"], "check": ["q"]}
    weights = cb.attrition_weights(panel(frame), wave="later", to="first", **named)
    balance = in_pandas(weights.balance.to_frame())
    shares = balance.select_dtypes("number").round(12).to_numpy().tolist()
    return [in_pandas(weights.values)["weight"].round(10).tolist(), list(map(str, balance["level"])), shares]


def of_change(frame):
    first = with_columns(frame, id=list(range(N)))
    panel = cb.link_waves({"first": first, "later": first}, on="id")
    result = cb.transitions(panel, Item("q", each_level=True))
    return [result.levels, numbers(result.rows)]


def of_shares(frame, item, **named):
    return [(r.level, r.group, *numbers([r])) for r in cb.proportions(frame, item, **named).rows]


def of_groups(frame, reference):
    rows = cb.compare_groups(with_columns(frame, said=SAID), "said", by="q", reference=reference).rows
    return [(r.group, r.reference, r.estimate, r.conf_low, r.count, r.n) for r in rows]


#: What is computed from the column, and how its groups or levels are called. `v` are its values.
PLACES = {
    "yes=": lambda f, v: of_shares(f, Item("q", yes=[v[0]])),
    "no=": lambda f, v: of_shares(f, Item("q", yes=[v[0]], no=[v[1], v[2]])),
    "missing=": lambda f, v: of_shares(f, Item("q", yes=[v[0]], missing=[v[1]])),
    "missing= of the call": lambda f, v: of_shares(f, Item("q", yes=[v[0]]), missing=[v[1]]),
    "refused=": lambda f, v: of_shares(f, Item("q", yes=[v[0]], refused=[v[1]])),
    "each_level": lambda f, v: of_shares(f, Item("q", each_level=True)),
    "levels=": lambda f, v: of_shares(f, Item("q", each_level=True, levels=v)),
    "by": lambda f, v: of_shares(with_columns(f, said=SAID), "said", by="q"),
    "by, missing=": lambda f, v: of_shares(with_columns(f, said=SAID), "said", by="q", missing=[v[2]]),
    "among": lambda f, v: of_shares(with_columns(f, said=SAID), "said", among=Item("q", yes=[v[0]])),
    "reference": lambda f, v: of_groups(f, v[1]),
    "strata": lambda f, v: of_design(f, "strata"),
    "clusters": lambda f, v: of_design(f, "clusters"),
    "covariates": lambda f, v: of_weights(f, "covariates"),
    "check": lambda f, v: of_weights(f, "check"),
    "transitions": lambda f, v: of_change(f),
    "ticked=": lambda f, v: of_shares(
        with_columns(f, other=OTHER), SelectAll(["q", "other"], ticked=[v[0], "there"])
    ),
    "ticks, missing=": lambda f, v: of_shares(
        with_columns(f, other=OTHER), SelectAll(["q", "other"], ticked=[v[0], v[1], "there"], missing=[v[2]])
    ),
    "choices": lambda f, v: of_shares(f, SelectAll("q", choices=[str(x) for x in v])),
    "choices, missing=": lambda f, v: of_shares(
        f, SelectAll("q", choices=[str(v[0])], missing=v[1], none_of_these=str(v[2]))
    ),
    "same=": lambda f, v: of_shares(f, SelectAll("q", separator=";", same={str(v[0]): str(v[1])})),
}
VALUES = {"words": WORDS, "numbers": NUMBERS, "days": DAYS}


def objects(values):
    return pd.DataFrame({"q": pd.Series(values, dtype=object)})


@cache
def plain(place, kind):
    """The answer for the values as they are."""
    return PLACES[place](objects(cells(VALUES[kind])), VALUES[kind])


VARIANTS = {
    **{("words", name): objects(mixed(WORDS, change)) for name, change in SPELLINGS.items()},
    **{("numbers", name): objects(mixed(NUMBERS, change)) for name, change in FORMS.items()},
    **{("days", name): objects(mixed(DAYS, change)) for name, change in TIMES.items()},
    **{("words", name): make(cells(WORDS)) for name, make in TYPES.items()},
    **{
        ("words", f"{name}, spelled"): make(mixed(WORDS, lambda v: v.upper() + " "))
        for name, make in TYPES.items()
    },
    **{("numbers", f"{name} of numbers"): make(cells(NUMBERS)) for name, make in NUMBER_TYPES.items()},
    **{
        ("numbers", f"{name} of text"): make(cells([str(v) for v in NUMBERS])) for name, make in TYPES.items()
    },
    **{("days", f"{name} of days"): make(cells(DAYS)) for name, make in DAY_TYPES.items()},
    **{("days", f"{name} of text"): make(cells([str(v) for v in DAYS])) for name, make in TYPES.items()},
}


def test_the_spellings_are_other_ones():
    for (kind, name), frame in VARIANTS.items():
        if name in SPELLINGS or name in FORMS or name in TIMES:
            assert [repr(v) for v in frame["q"]] != [repr(v) for v in cells(VALUES[kind])], name


@pytest.mark.parametrize("variant", list(VARIANTS), ids=lambda v: f"{v[0]}-{v[1]}".replace(" ", "_"))
@pytest.mark.parametrize("place", list(PLACES))
def test_what_is_written_alike_is_read_alike(place, variant):
    kind, _ = variant
    if place in {"covariates", "check"} and "category" in variant[1] and kind == "numbers":
        pytest.skip("categories are names, in no order of size")
    assert PLACES[place](VARIANTS[variant], VALUES[kind]) == plain(place, kind)


@pytest.mark.parametrize("place", list(PLACES))
def test_what_is_declared_may_be_spelled_in_any_way_too(place):
    spelled = [" CO-OP  student", "Don\u2019t work ", "Zu\u0308rich STAFF"]
    if place in {"levels=", "choices", "choices, missing=", "same="}:  # these are shown as they are declared
        found = PLACES[place](objects(cells(WORDS)), spelled)
        assert sorted(row[2:] for row in found) == sorted(row[2:] for row in plain(place, "words"))
        return
    assert PLACES[place](objects(cells(WORDS)), spelled) == plain(place, "words")


# ---- the rule itself ---------------------------------------------------------------------------------------


@given(
    st.one_of(
        st.text(max_size=12),
        st.floats(allow_nan=False),
        st.integers(),
        st.dates(),
        st.datetimes(),
        st.booleans(),
        st.decimals(allow_nan=False, places=3),
    )
)
def test_writing_twice_changes_nothing(value):
    once = canonical(value)
    assert canonical(once) == once
    assert once == once.strip()


@given(st.text(max_size=12))
def test_case_and_white_space_do_not_count(text):
    told = canonical(text)
    for other in (text.upper().lower(), f" {text}\n", text.replace(" ", "  "), text.swapcase()):
        if other.casefold().casefold() == text.casefold():  # some letters have no way back (ı, ß)
            assert canonical(other) == told


@given(st.integers(-(10**6), 10**6), st.sampled_from(["{}", "{}.0", " {}", "{}.000 "]))
def test_numbers_and_their_texts_are_one(number, form):
    assert canonical(form.format(number)) == canonical(number) == canonical(float(number))
    assert as_number(form.format(number)) == number


@given(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
def test_decimals_and_their_texts_are_one(number):
    if "e" not in repr(number):
        assert canonical(repr(number)) == canonical(number)
        assert as_number(repr(number)) == number


@pytest.mark.parametrize("mark", "'`´’‘‛′ʼ‹›")
def test_every_single_quote_is_one(mark):
    assert canonical(f"don{mark}t know") == "don't know"
    assert canonical(f"don{mark}t know, ü") == "don't know, ü"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("007", "7"),
        ("1", True),
        ("1,5", "1.5"),
        ("1 000", "1000"),
        ("men", "women"),
        ("co-op", "coop"),
        ("1-2", "1–3"),
        ("2024-13-01", "2024-12-01"),
        ("naïve", "naive"),
        ("1e3", "1000"),
        ("I", "l"),
        ("٣", "3"),
        ("a b", "ab"),
        (0.1, "0.10000000149011612"),
        ("Yes", "Yes, mostly"),
        ("", "-"),
    ],
)
def test_what_differs_stays_apart(one, two):
    assert canonical(one) != canonical(two)


def test_levels_come_in_their_natural_order():
    order = [
        "-1",
        "0",
        "2",
        "10",
        "0-4",
        "5-9",
        "10-14",
        "2023-12-31",
        "2024-01-01",
        "Run 2",
        "run 10",
        "run a",
    ]
    for shuffled in (order[::-1], order[6:] + order[:6], sorted(order)):
        assert sorted(shuffled, key=natural_order) == order


def test_numbers_are_called_alike_whatever_their_type():
    for number in (3, 3.0, Decimal("3.00"), Decimal(3)):
        assert label(number) == "3"
    assert label(Decimal("2.50")) == label(2.5) == "2.5"


def test_days_are_called_by_their_day():
    for day in (
        dt.datetime(2024, 1, 1),
        dt.datetime(2024, 1, 1, 23, 59),
        pd.Timestamp("2024-01-01"),
        np.datetime64("2024-01-01T05:00", "ns"),
        dt.date(2024, 1, 1),
    ):
        assert (label(day), canonical(day), is_day(day)) == ("2024-01-01", "2024-01-01", True)
    assert is_day("2024-01-01 10:00")
    assert not is_day("2024-02-30")
    assert not is_day(20240101)


@given(st.lists(st.sampled_from(["Women", "men", "Other"]), min_size=8, max_size=30), st.randoms())
def test_no_spelling_type_or_order_changes_a_number(values, random):
    values = ["Women", "men", *values]
    said = [random.randint(0, 1) for _ in values]
    ways = [str.upper, str.lower, str.title, lambda v: f" {v}", lambda v: f"{v}\u00a0", lambda v: v]
    make = random.choice([v for k, v in TYPES.items() if k != "polars enum"])
    rows = list(zip((random.choice(ways)(v) for v in values), said, strict=True))
    random.shuffle(rows)
    plain_data = pd.DataFrame({"q": values, "said": said})
    written = with_columns(make([q for q, _ in rows]), said=[s for _, s in rows])
    for named in ({"by": "q"}, {"design": cb.SurveyDesign(clusters="q")}):
        results = []
        for data in (plain_data, written):
            found = cb.proportions(data, "said", **named).rows
            results.append([(canonical(dict(r.group).get("q", "")), *numbers([r])) for r in found])
        assert repr(results[0]) == repr(results[1])


# ---- what is shown and told --------------------------------------------------------------------------------


def test_the_most_frequent_spelling_is_shown_and_the_others_are_counted():
    data = pd.DataFrame({"g": ["Men "] * 3 + ["MEN"] * 2 + ["men"] + ["women"] * 4, "q": [0, 1] * 5})
    result = cb.proportions(data, "q", by="g")
    assert [r.group for r in result.rows] == [(("g", "Men"),), (("g", "women"),)]
    assert result.notes == ("g: 'MEN', 'Men ', 'men' (6 rows) read as 'Men'",)


@pytest.mark.parametrize("argument", ["by", "strata", "clusters", "items", "among", "levels"])
def test_every_argument_counts_the_spellings_it_joined(argument):
    data = pd.DataFrame({"g": ["Run 3"] * 10 + ["Run 3 "] * 2 + ["Run 4"] * 12, "q": [0, 1] * 12})
    item = Item("g", yes="run 3")
    result = {
        "by": lambda: cb.proportions(data, "q", by="g"),
        "strata": lambda: cb.proportions(data, "q", design=cb.SurveyDesign(strata="g")),
        "clusters": lambda: cb.proportions(data, "q", design=cb.SurveyDesign(clusters="g")),
        "items": lambda: cb.proportions(data, item),
        "among": lambda: cb.proportions(data, "q", among=item),
        "levels": lambda: cb.proportions(data, Item("g", each_level=True)),
    }[argument]()
    assert "g: 'Run 3 ' (2 rows) read as 'Run 3'" in result.notes


def test_clusters_written_in_two_ways_are_one():
    # "Run 3" and "Run 3 " are two clusters as text: 24 in place of 12, a smaller error, df 23 in place of 11.
    random = np.random.default_rng(3)
    run = np.repeat(np.arange(12), 20)
    said = random.random(240) < 0.2 + 0.05 * (run % 5)
    names = np.array([f"Run {r}" + " " * (i % 2) for i, r in enumerate(run)])
    data = pd.DataFrame({"said": said, "run": names, "number": run})
    by_name, by_number = (
        cb.proportions(data, "said", design=cb.SurveyDesign(clusters=c)).rows[0] for c in ("run", "number")
    )
    assert numbers([by_name]) == numbers([by_number])
    assert (by_name.df, by_name.std_error) == (11, by_number.std_error)


# ---- levels ------------------------------------------------------------------------------------------------


def rating(values, make):
    return cb.proportions(make(values), Item("q", each_level=True), method="goodman").rows


def test_declared_answers_that_nobody_gave_have_a_row_and_count_in_simultaneous_intervals():
    given_, listed = ["b"] * 10 + ["c"] * 20, list("abcde")
    makes = [
        lambda v: pd.DataFrame({"q": pd.Categorical(v, categories=listed, ordered=True)}),
        lambda v: pl.DataFrame({"q": pl.Series(v, dtype=pl.Enum(listed))}),
        lambda v: pa.table(
            {
                "q": pa.DictionaryArray.from_arrays(
                    pa.array([listed.index(x) for x in v]), pa.array(listed), ordered=True
                )
            }
        ),
    ]
    expected = multinomial_intervals([0, 10, 20, 0, 0], method="goodman")
    for make in makes:
        rows = rating(given_, make)
        assert [(r.level, r.count, r.n) for r in rows] == [
            ("a", 0, 30),
            ("b", 10, 30),
            ("c", 20, 30),
            ("d", 0, 30),
            ("e", 0, 30),
        ]
        assert [r.conf_low for r in rows] == pytest.approx(expected.low.tolist())
        assert [r.conf_high for r in rows] == pytest.approx(expected.high.tolist())
    plain_ = cb.proportions(
        pd.DataFrame({"q": given_}), Item("q", each_level=True, levels=listed), method="goodman"
    ).rows
    assert numbers(plain_) == numbers(rating(given_, makes[0]))


def test_an_unordered_category_declares_no_answers():
    data = pd.DataFrame({"q": pd.Categorical(["b", "c"], categories=list("abc"))})
    assert [r.level for r in cb.proportions(data, Item("q", each_level=True)).rows] == ["b", "c"]


def test_declared_levels_may_be_missing_ones():
    listed = ["low", "high", "no idea"]
    data = pd.DataFrame({"q": pd.Categorical(["low", "no idea"] * 5, categories=listed, ordered=True)})
    rows = cb.proportions(data, Item("q", each_level=True, missing="no idea")).rows
    assert [(r.level, r.count, r.n, r.n_missing) for r in rows] == [("low", 5, 5, 5), ("high", 0, 5, 5)]


@pytest.mark.parametrize(
    ("item", "argument"),
    [
        (lambda: Item("q", levels=[1, 2]), "levels"),
        (lambda: Item("q", each_level=True, levels=[1, "1.0"]), "levels"),
        (lambda: Item("q", each_level=True, levels=[1, 2], missing=2), "levels"),
        (
            lambda: cb.proportions(pd.DataFrame({"q": [1, 2, 3]}), Item("q", each_level=True, levels=[1, 2])),
            "items",
        ),
    ],
)
def test_levels_that_cannot_be_are_refused(item, argument):
    with pytest.raises(InputError) as caught:
        item()
    assert caught.value.argument == argument


def test_groups_that_nobody_is_in_are_named():
    data = pd.DataFrame(
        {
            "q": [0, 1, 1],
            "g": pd.Categorical(["a", "b", "a"], categories=list("abc"), ordered=True),
            "h": ["x", "x", "y"],
        }
    )
    assert "g: nobody is in 'c'" in cb.proportions(data, "q", by="g").notes
    notes = cb.proportions(data, "q", by=["g", "h"]).notes
    assert "nobody is in 'g = b, h = y'" in notes


def test_transitions_keep_the_order_of_numbers():
    first = pd.DataFrame({"id": range(8), "q": ["1", "3", "10", "3"] * 2})
    later = pd.DataFrame({"id": range(8), "q": ["2", "3", "11", "1"] * 2})
    panel_ = cb.link_waves({"first": first, "later": later}, on="id")
    assert cb.transitions(panel_, Item("q", each_level=True)).levels == ("1", "2", "3", "10", "11")


@pytest.mark.parametrize("reference", ["2024-01-01", dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 8)])
def test_a_day_is_called_and_referred_to_by_its_date(reference):
    data = pd.DataFrame({"q": [0, 1] * 6, "day": pd.to_datetime(["2024-01-01"] * 6 + ["2024-02-01"] * 6)})
    (row,) = cb.compare_groups(data, "q", by="day", reference=reference).rows
    assert (row.group, row.reference) == ("2024-02-01", "2024-01-01")
