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

import credbenefits as cb
from credbenefits import Item
from credbenefits.frames.spelling import natural_order

pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")

#: Rows of the study. The column under test has one of three values, or nothing, in each.
N = 144
PLACE = [i % 7 % 3 if i % 12 else None for i in range(N)]
SAID = [int(i % 5 < 2) for i in range(N)]
BACK = [i % 4 != 1 for i in range(N)]


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
    "pandas": pd.Timestamp,
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
    extra = {"clusters": "half"} if argument == "strata" else {}
    return numbers(cb.proportions(data, "said", **{argument: "q"}, **extra).rows)


def of_weights(frame, argument):
    named = {"covariates": ["q"]} if argument == "covariates" else {"covariates": ["older"], "check": ["q"]}
    weights = cb.attrition_weights(panel(frame), wave="later", to="first", **named)
    balance = weights.balance.to_frame()
    shares = balance.select_dtypes("number").round(12).to_numpy().tolist()
    return [weights.values["weight"].round(10).tolist(), list(map(str, balance["level"])), shares]


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
    **{("words", f"{name}, spelled"): make(mixed(WORDS, lambda v: v.upper() + " "))
       for name, make in TYPES.items()},
    **{("numbers", f"{name} of numbers"): make(cells(NUMBERS)) for name, make in NUMBER_TYPES.items()},
    **{("numbers", f"{name} of text"): make(cells([str(v) for v in NUMBERS])) for name, make in TYPES.items()},
    **{("days", f"{name} of days"): make(cells(DAYS)) for name, make in DAY_TYPES.items()},
    **{("days", f"{name} of text"): make(cells([str(v) for v in DAYS])) for name, make in TYPES.items()},
}  # fmt: skip


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
    if place == "levels=":
        found = PLACES[place](objects(cells(WORDS)), spelled)
        assert [row[2:] for row in found] == [row[2:] for row in plain(place, "words")]
        return
    assert PLACES[place](objects(cells(WORDS)), spelled) == plain(place, "words")
