"""One table of misuse: every call raises an error of ours that says what, what is allowed, what came, and the way out."""

from __future__ import annotations

import copy
import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits import Item
from credbenefits.errors import (
    ColumnNotFoundError,
    CredbenefitsError,
    DataWarning,
    InputError,
    MethodError,
    MissingExtraError,
)

N = 120


def people():
    return pd.DataFrame(
        {
            "improved": ["yes"] * 40 + ["no"] * 80,
            "knowledge": ["yes"] * 12 + ["no"] * 28 + [None] * 80,
            "role": ["x", "y"] * 60,
            "one_role": "x",
            "scale": [1, 2, 3, 4] * 30,
            "agree": ["Agree", "Strongly agree", "Neutral", "Disagree"] * 30,
            "salary": ["Yes", "No", "Prefer not to say"] * 40,
            "code": [-9, 0, 1] * 40,
            "code_text": ["-8", "0", "1"] * 40,
            "region_code": [-7, 1, 2, 3] * 30,
            "nobody": 0,
            "empty": None,
            "blank": "  ",
            "minutes": np.arange(N) + 0.5,
            "weight": 1.0,
            "negative": [-1.0] + [1.0] * 119,
            "gap": [np.nan] * 3 + [1.0] * 117,
            "endless": [np.inf] + [1.0] * 119,
            "zero": 0.0,
            "weight_text": "1",
            "lists": [[1, 2]] * N,
            "how": ["fees,time", "time", None, "other"] * 30,
        }
    )


def waves():
    start = pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(200)],
            "email": [f"e{i}@x.org" for i in range(200)],
            "age": ["a", "b", "c", "d"] * 50,
            "constant": "k",
            "code": [-9, 1, 2, 1] * 50,
            "minutes": np.arange(200) * 1.0,
            "score": np.arange(200) % 7,
            "status": "Response",
        }
    )
    end = (
        start.iloc[::2]
        .reset_index(drop=True)[["id", "email", "status"]]
        .assign(q=[1, 0] * 50, age_start="taken")
    )
    return {"start": start, "end": end}


@pytest.fixture(scope="module")
def world():
    """Everything the calls below are made on; nothing of it may change."""
    frames = waves()
    many = pd.DataFrame({"id": range(1000), "town": [f"town {i % 400}" for i in range(1000)]})
    w = SimpleNamespace(
        people=people(),
        big=pd.concat([people()] * 3, ignore_index=True).assign(minutes=np.arange(3 * N) + 0.5),
        twice=pd.concat([people(), people()[["role"]]], axis=1),
        numbered=pd.DataFrame({0: [1, 0], 1: [1, 1]}),
        arrow_twice=pa.table([[1, 0], [1, 1]], names=["q", "q"]),
        lazy=pl.DataFrame({"q": [1, 0]}).lazy(),
        nested=pl.DataFrame({"q": [[1], [0]], "s": [{"a": 1}, {"a": 2}]}),
        start=frames["start"],
        end=frames["end"],
        waves=frames,
        panel=cb.link_waves(frames, on="id"),
        many=cb.link_waves({"start": many, "end": many.iloc[::3].reset_index(drop=True)[["id"]]}, on="id"),
        three=cb.link_waves({**frames, "third": frames["end"].iloc[::2].reset_index(drop=True)}, on="id"),
    )
    other = {"start": w.start, "end": w.start.iloc[::3].reset_index(drop=True)[["id"]].assign(q=1)}
    w.other = cb.link_waves(other, on="id")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        w.strangers = cb.link_waves({"start": w.start, "end": w.end.assign(id="q" + w.end["id"])}, on="id")
        w.nobody = cb.link_waves({"start": w.start.assign(id=" "), "end": w.end.assign(id=None)}, on="id")
    w.weights = cb.attrition_weights(w.panel, ["age"], wave="end", to="start")
    w.data = w.panel.wave("end")
    w.whole_start = w.panel.wave("start")
    return w


def share(frame="people", items="improved", **options):
    return lambda w: cb.proportions(getattr(w, frame) if isinstance(frame, str) else frame, items, **options)


def differ(items="improved", frame="people", **options):
    return lambda w: cb.compare_groups(getattr(w, frame), items, **{"by": "role", **options})


def link(change=None, **options):
    return lambda w: cb.link_waves(change(w) if change else w.waves, **{"on": "id", **options})


def weigh(covariates="age", panel="panel", **options):
    return lambda w: cb.attrition_weights(
        getattr(w, panel) if isinstance(panel, str) else panel,
        covariates,
        **{"wave": "end", "to": "start", **options},
    )


def split(column="how", frame="people", **options):
    return lambda w: cb.split_choices(getattr(w, frame), column, **options)


def weighted(change):
    return lambda w: cb.proportions(change(w.data), "q", weights=w.weights)


def load(**options):
    return lambda w: cb.load_credentials(**options)


def item(*args, **options):
    return lambda w: Item(*args, **options)


# (what is wrong, the call, the error, the argument it names, words it must contain)
TABLE = [
    # ---- data that are no data
    ("a list for a frame", share([1, 2]), InputError, "data", ["list", "pd.DataFrame(values)"]),
    ("an array for a frame", share(np.zeros((3, 2))), InputError, "data", ["ndarray", "eager data frame"]),
    ("a dict for a frame", share({"q": [1]}), InputError, "data", ["dict"]),
    (
        "a series for a frame",
        lambda w: cb.proportions(w.people["improved"], "improved"),
        InputError,
        "data",
        ["Series"],
    ),
    ("nothing for a frame", share(None), InputError, "data", ["NoneType"]),
    (
        "a lazy frame",
        lambda w: cb.link_waves({"a": w.lazy, "b": w.lazy}, on="q"),
        InputError,
        "waves['a']",
        ["LazyFrame", "Collect"],
    ),
    (
        "an empty frame",
        lambda w: cb.proportions(w.people.head(0), "improved"),
        InputError,
        "data",
        ["0 rows and 22 columns"],
    ),
    (
        "a frame without columns",
        lambda w: cb.proportions(w.people[[]], "q"),
        ColumnNotFoundError,
        "items",
        ["no columns"],
    ),
    ("a column name twice", share("twice"), InputError, "data", ["'role' more than once", "Rename"]),
    ("an arrow column name twice", share("arrow_twice", "q"), InputError, "data", ["'q' more than once"]),
    ("columns numbered, not named", share("numbered", "0"), ColumnNotFoundError, "items", ["astype(str)"]),
    (
        "groups of an array",
        lambda w: cb.compare_groups(np.zeros(3), "q", by="g"),
        InputError,
        "data",
        ["ndarray"],
    ),
    ("choices of a list", lambda w: cb.split_choices(["a,b"], "how"), InputError, "data", ["list"]),
    # ---- items
    (
        "an unknown column",
        share(items="improve"),
        ColumnNotFoundError,
        "items",
        ["got 'improve'", "'improved'"],
    ),
    (
        "an unlike column",
        share(items="zzzz"),
        ColumnNotFoundError,
        "items",
        ["'improved', 'knowledge'", "10 more"],
    ),
    (
        "an unknown column in an Item",
        share(items=Item("Improved", yes="yes")),
        ColumnNotFoundError,
        "items",
        ["'improved'"],
    ),
    ("no item", share(items=[]), InputError, "items", ["at least one item"]),
    ("items of nothing", share(items=None), InputError, "items", ["None"]),
    ("items by number", share(items=3), InputError, "items", ["got 3", "Item("]),
    ("items in a list in a list", share(items=[["improved"]]), InputError, "items", ["['improved']"]),
    ("a set of items", share(items={"improved"}), InputError, "items", ["list"]),
    (
        "the same item twice",
        share(items=["improved", "improved"]),
        InputError,
        "items",
        ["'improved' more than once"],
    ),
    (
        "the same item twice as Item",
        share(items=["improved", Item("improved", label="x")]),
        InputError,
        "items",
        ["once"],
    ),
    (
        "an item nobody answered",
        share(items="empty"),
        InputError,
        "items",
        ["'empty'", "missing in all rows (120)"],
    ),
    ("an item of blanks", share(items="blank"), InputError, "items", ["missing in all rows (120)"]),
    (
        "an item nobody in the subset answered",
        lambda w: cb.proportions(
            w.people.iloc[30:].assign(knowledge=[None] * 10 + ["yes"] * 80), "knowledge", among="improved"
        ),
        InputError,
        "items",
        ["'knowledge'", "unanswered by all 10"],
    ),
    ("a scale without yes=", share(items="scale"), InputError, "items", ["'1', '2', '3', '4'", "yes=[...]"]),
    (
        "a measurement",
        share("big", Item("minutes", yes=1.5)),
        InputError,
        "items",
        ["360 different values", "cut"],
    ),
    ("undeclared missing codes", share(items="code"), InputError, "items", ["-9 in 40 rows", "missing=[-9]"]),
    (
        "undeclared missing codes in an Item",
        share(items=Item("code", yes=1)),
        InputError,
        "items",
        ["-9 in 40 rows"],
    ),
    (
        "undeclared missing codes as text",
        share(items=Item("code_text", yes="1")),
        InputError,
        "items",
        ["-8 in 40 rows"],
    ),
    (
        "another missing code declared",
        share(items=Item("code", yes=1, missing=-8)),
        InputError,
        "items",
        ["missing=[-9]"],
    ),
    ("an undeclared refusal", share(items="salary"), InputError, "items", ["refused=['Prefer not to say']"]),
    (
        "an undeclared refusal in an Item",
        share(items=Item("salary", yes="Yes")),
        InputError,
        "items",
        ["'Prefer not to say' in 40 rows", "refused="],
    ),
    (
        "a typo in yes=",
        share(items=Item("agree", yes="Agre")),
        InputError,
        "items",
        ["got 'Agre'", "'Agree'", "spelling"],
    ),
    (
        "an answer in neither list",
        share(items=Item("agree", yes="Agree", no="Disagree")),
        InputError,
        "items",
        ["'Neutral' (30 rows)", "'Strongly agree' (30 rows)"],
    ),
    ("cells that are lists", share(items="lists"), InputError, "items", ["lists", "split_choices()"]),
    ("polars cells that are lists", share("nested", "q"), InputError, "items", ["List(Int64)"]),
    ("polars cells that are records", share("nested", "s"), InputError, "items", ["Struct"]),
    # ---- Item itself
    ("an Item without a name", item(""), InputError, "column", ["got ''", "name as text"]),
    ("an Item of a number", item(3), InputError, "column", ["got 3"]),
    (
        "an Item with yes and no overlapping",
        item("q", yes=["Yes", "Maybe"], no="yes "),
        InputError,
        "no",
        ["'yes' in both"],
    ),
    (
        "an Item with yes and missing overlapping",
        item("q", yes=[1, 9], missing=9.0),
        InputError,
        "missing",
        ["'9' in both"],
    ),
    (
        "an Item with no and missing overlapping",
        item("q", yes=1, no=[0, 9], missing=9),
        InputError,
        "missing",
        ["no="],
    ),
    ("an Item with no but without yes", item("q", no="No"), InputError, "yes", ["yes=[...], no=[...]"]),
    (
        "an Item with yes= None in a list",
        item("q", yes=[None]),
        InputError,
        "yes",
        ["an empty cell is always missing"],
    ),
    ("an Item with a mapping", item("q", yes={"Agree": 1}), InputError, "yes", ["{'Agree': 1}"]),
    ("an Item with bytes", item("q", missing=b"x"), InputError, "missing", ["b'x'"]),
    ("an Item with a frame", lambda w: Item("q", yes=w.people), InputError, "yes", ["list of answers"]),
    ("an Item with a numbered label", item("q", label=3), InputError, "label", ["got 3"]),
    # ---- groups
    ("an unknown group column", share(by="roles"), ColumnNotFoundError, "by", ["'role'"]),
    ("one unknown group column of two", share(by=["role", "zzz"]), ColumnNotFoundError, "by", ["got 'zzz'"]),
    ("groups by number", share(by=3), InputError, "by", ["by='column'"]),
    ("groups by a number in a list", share(by=["role", 3]), InputError, "by", ["got 3", "as text"]),
    ("the same group column twice", share(by=["role", "role"]), InputError, "by", ["'role' more than once"]),
    ("groups of nothing", share(by="empty"), InputError, "by", ["'empty'", "missing"]),
    ("groups of a measurement", share("big", by="minutes"), InputError, "by", ["360 different values"]),
    ("groups of missing codes", share(by="region_code"), InputError, "by", ["-7 in 30 rows", "missing=[-7]"]),
    ("groups of lists", share(by="lists"), InputError, "by", ["'lists'"]),
    (
        "a group column called as one of the result",
        lambda w: cb.proportions(w.people.rename(columns={"role": "estimate"}), "improved", by="estimate"),
        InputError,
        "by",
        ["'estimate'", "'estimate_group'"],
    ),
    # ---- subsets
    ("an unknown subset", share(among="knowledg"), ColumnNotFoundError, "among", ["'knowledge'"]),
    ("a subset of nobody", share(among="nobody"), InputError, "among", ["'nobody'", "nobody of 120 rows"]),
    (
        "a subset of a subset of nobody",
        share(among=["improved", "nobody"]),
        InputError,
        "among",
        ["selects nobody"],
    ),
    ("a subset that is no yes or no", share(among="scale"), InputError, "among", ["yes=[...]"]),
    ("a subset by number", share(among=5), InputError, "among", ["got 5"]),
    ("the same subset twice", share(among=["improved", "improved"]), InputError, "among", ["once"]),
    ("a subset with missing codes", share(among=Item("code", yes=1)), InputError, "among", ["missing=[-9]"]),
    # ---- weights
    ("negative weights", share(weights="negative"), InputError, "weights", ["'negative' with 1 negative"]),
    ("missing weights", share(weights="gap"), InputError, "weights", ["'gap' with 3 negative, missing"]),
    ("infinite weights", share(weights="endless"), InputError, "weights", ["infinite"]),
    ("weights all 0", share(weights="zero"), InputError, "weights", ["'zero', all 0"]),
    (
        "weights of text",
        share(weights="weight_text"),
        InputError,
        "weights",
        ["'weight_text' of type String", "numbers"],
    ),
    ("weights all missing", share(weights="empty"), InputError, "weights", ["column of numbers"]),
    ("an unknown weight column", share(weights="weigth"), ColumnNotFoundError, "weights", ["'weight'"]),
    ("an array of weights", share(weights=np.ones(N)), InputError, "weights", ["ndarray", "column"]),
    (
        "a frame of weights",
        lambda w: cb.proportions(w.data, "q", weights=w.weights.values),
        InputError,
        "weights",
        ["DataFrame"],
    ),
    (
        "weights of another panel",
        lambda w: cb.proportions(w.other.wave("end"), "q", weights=w.weights),
        InputError,
        "weights",
        ["67 of 67", "another panel"],
    ),
    (
        "weights for some only",
        lambda w: cb.proportions(w.whole_start, Item("score", yes=1), weights=w.weights),
        InputError,
        "weights",
        ["100 of 200 people without", "panel.wave('end', also_in='start')"],
    ),
    (
        "weights without person",
        weighted(lambda d: d.drop(columns="person")),
        InputError,
        "data",
        ["'person'", "panel.wave()"],
    ),
    (
        "weights with a person missing",
        weighted(lambda d: d.assign(person=d["person"].where(d.index > 2))),
        InputError,
        "data",
        ["3 rows without one"],
    ),
    (
        "weights with a person NA",
        weighted(lambda d: d.assign(person=d["person"].astype("Int64").mask(d.index < 2))),
        InputError,
        "data",
        ["2 rows without one"],
    ),
    (
        "weights with half a person",
        weighted(lambda d: d.assign(person=d["person"] + 0.5)),
        InputError,
        "data",
        ["'person'"],
    ),
    (
        "weights with person endless",
        weighted(lambda d: d.assign(person=np.inf)),
        InputError,
        "data",
        ["'person'"],
    ),
    (
        "weights with person as text",
        weighted(lambda d: d.assign(person="p")),
        InputError,
        "data",
        ["column 'person' of type"],
    ),
    (
        "weights with persons that repeat",
        weighted(lambda d: pd.concat([d, d])),
        InputError,
        "data",
        ["100 people more than once: 200 rows of 100 people"],
    ),
    (
        "weights with two panels' people",
        lambda w: cb.proportions(pd.concat([w.data, w.other.wave("end")]), "q", weights=w.weights),
        InputError,
        "weights",
        ["67 of 167"],
    ),
    # ---- levels, methods, random numbers
    ("a level in percent", share(confidence_level=95), InputError, "confidence_level", ["write 0.95"]),
    (
        "a level of 99.9 percent",
        share(confidence_level=99.9),
        InputError,
        "confidence_level",
        ["write 0.999"],
    ),
    ("a level of 0", share(confidence_level=0), InputError, "confidence_level", ["between 0 and 1", "0.95"]),
    ("a level of 1", share(confidence_level=1), InputError, "confidence_level", ["got 1."]),
    ("a level of True", share(confidence_level=True), InputError, "confidence_level", ["got True"]),
    ("a level of text", share(confidence_level="95%"), InputError, "confidence_level", ["got '95%'"]),
    ("a level of NaN", share(confidence_level=float("nan")), InputError, "confidence_level", ["got nan"]),
    ("a level of nothing", share(confidence_level=None), InputError, "confidence_level", ["got None"]),
    ("several levels", share(confidence_level=[0.9, 0.95]), InputError, "confidence_level", ["[0.9, 0.95]"]),
    (
        "an unknown method",
        share(method="exact"),
        MethodError,
        "method",
        ["'wilson', 'wilson_cc'", "'bootstrap'"],
    ),
    ("a method misspelled", share(method="wislon"), MethodError, "method", ["Did you mean 'wilson'"]),
    ("no method", share(method=None), MethodError, "method", ["got None"]),
    ("a method in a list", share(method=["wilson"]), MethodError, "method", ["['wilson']"]),
    (
        "wald where nobody says yes",
        share(items="nobody", method="wald"),
        MethodError,
        "method",
        ["0 of 120 respondents", "method='wilson'"],
    ),
    (
        "bootstrap where everybody says yes",
        share(items=Item("one_role", yes="x"), method="bootstrap"),
        MethodError,
        "method",
        ["120 of 120 respondents", "wilson"],
    ),
    (
        "no resamples",
        share(method="bootstrap", bootstrap=cb.Bootstrap(n_resamples=0)),
        InputError,
        "bootstrap.n_resamples",
        ["at least 100"],
    ),
    (
        "half a resample",
        share(method="bootstrap", bootstrap=cb.Bootstrap(n_resamples=500.5)),
        InputError,
        "bootstrap.n_resamples",
        ["whole number"],
    ),
    (
        "resamples as text",
        share(bootstrap=cb.Bootstrap(n_resamples="2000")),
        InputError,
        "bootstrap.n_resamples",
        ["whole number"],
    ),
    (
        "a seed of text",
        share(method="bootstrap", bootstrap=cb.Bootstrap(rng="2023")),
        InputError,
        "bootstrap.rng",
        ["rng=2023"],
    ),
    (
        "a negative seed",
        share(method="bootstrap", bootstrap=cb.Bootstrap(rng=-1)),
        InputError,
        "bootstrap.rng",
        ["got -1"],
    ),
    (
        "a seed of True",
        share(method="bootstrap", bootstrap=cb.Bootstrap(rng=True)),
        InputError,
        "bootstrap.rng",
        ["got True"],
    ),
    (
        "an old RandomState",
        share(method="bootstrap", bootstrap=cb.Bootstrap(rng=np.random.RandomState(1))),
        InputError,
        "bootstrap.rng",
        ["Generator"],
    ),
    (
        "progress that cannot be called",
        share(method="bootstrap", bootstrap=cb.Bootstrap(progress=5)),
        InputError,
        "bootstrap.progress",
        ["(done, total)"],
    ),
    ("missing codes of nothing", share(missing=[None]), InputError, "missing", ["always missing"]),
    ("missing codes that are NaN", share(missing=float("nan")), InputError, "missing", ["got nan"]),
    (
        "missing codes as a mapping",
        share(missing={"improved": -9}),
        InputError,
        "missing",
        ["{'improved': -9}"],
    ),
    ("people who are blank", share(people="  "), InputError, "people", ["got '  '", "words"]),
    ("people who are a number", share(people=120), InputError, "people", ["got 120"]),
    # ---- differences between groups
    ("one group only", differ(by="one_role"), InputError, "by", ["at least two groups", "'one_role': 'x'"]),
    (
        "one group that answered",
        differ("knowledge", by="improved"),
        InputError,
        "by",
        ["'improved': 'yes' answered 'knowledge'"],
    ),
    ("a reference that is no group", differ(reference="z"), InputError, "reference", ["'x', 'y'"]),
    (
        "a reference misspelled",
        differ(by="agree", reference="Disagre"),
        InputError,
        "reference",
        ["'Disagree'"],
    ),
    ("a reference that is an object", differ(reference={"x"}), InputError, "reference", ["'x', 'y'"]),
    ("two references", differ(reference=["x", "y"]), InputError, "reference", ["a value for each of 'role'"]),
    (
        "a reference that did not answer",
        lambda w: cb.compare_groups(
            w.people.assign(improved=w.people["improved"].where(w.people["scale"] != 1)),
            "improved",
            by="scale",
            reference=1,
        ),
        InputError,
        "reference",
        ["'2', '3', '4' answered 'improved'"],
    ),
    ("no group column in a list", differ(by=[]), InputError, "by", ["got []"]),
    ("no group column to compare", differ(by=None), InputError, "by", ["got None"]),
    ("an unknown group column to compare", differ(by="rolle"), ColumnNotFoundError, "by", ["'role'"]),
    ("an unknown comparison", differ(comparison="odds"), MethodError, "comparison", ["'odds_ratio'"]),
    ("an unknown interval of a difference", differ(method="wilson"), MethodError, "method", ["'newcombe'"]),
    ("an adjustment misspelled", differ(adjust="hlom"), MethodError, "adjust", ["'holm'"]),
    ("no adjustment", differ(adjust=None), MethodError, "adjust", ["'none'"]),
    (
        "a level of differences in percent",
        differ(confidence_level=90),
        InputError,
        "confidence_level",
        ["write 0.9"],
    ),
    ("differences of an unknown item", differ("imprved"), ColumnNotFoundError, "items", ["'improved'"]),
    ("differences with bad weights", differ(weights="gap"), InputError, "weights", ["3 negative, missing"]),
    # ---- linking
    (
        "waves of nothing",
        link(lambda w: None),
        InputError,
        "waves",
        ["NoneType", "{'start': df0, 'end': df1}"],
    ),
    ("a frame for waves", link(lambda w: w.start), InputError, "waves", ["got DataFrame"]),
    ("waves without names", link(lambda w: [w.start, w.end]), InputError, "waves", ["(name, frame)"]),
    ("one wave", link(lambda w: {"start": w.start}), InputError, "waves", ["1 wave", "proportions()"]),
    ("no wave", link(lambda w: {}), InputError, "waves", ["two or more waves"]),
    (
        "the same wave name twice",
        link(lambda w: [("start", w.start), ("start", w.end)]),
        InputError,
        "waves",
        ["'start' twice"],
    ),
    ("a blank wave name", link(lambda w: {" ": w.start, "end": w.end}), InputError, "waves", ["got ' '"]),
    ("a wave called True", link(lambda w: {True: w.start, 2: w.end}), InputError, "waves", ["got True"]),
    (
        "a wave that is no frame",
        link(lambda w: {"start": w.start, "end": [1]}),
        InputError,
        "waves['end']",
        ["list"],
    ),
    (
        "a lazy wave",
        link(lambda w: {"start": w.lazy, "end": w.end}),
        InputError,
        "waves['start']",
        ["Collect"],
    ),
    (
        "an empty wave",
        link(lambda w: {"start": w.start, "end": w.end.head(0)}),
        InputError,
        "waves['end']",
        ["0 rows"],
    ),
    (
        "a wave with a column twice",
        link(lambda w: {"start": w.twice, "end": w.end}),
        InputError,
        "waves['start']",
        ["'role'"],
    ),
    (
        "a wave that has person",
        link(lambda w: {"start": w.start.assign(person=1), "end": w.end}),
        InputError,
        "waves['start']",
        ["'person'", "'person_id'"],
    ),
    ("an unknown key", link(on="idd"), ColumnNotFoundError, "on", ["wave 'start'", "'id'"]),
    ("a key that one wave lacks", link(on="age"), ColumnNotFoundError, "on", ["wave 'end'"]),
    ("no key", link(on=[]), InputError, "on", ["at least one key"]),
    ("key of nothing", link(on=None), InputError, "on", ["got None"]),
    ("a key by number", link(on=3), InputError, "on", ["got 3"]),
    ("the same key twice", link(on=["id", "id"]), InputError, "on", ["'id' more than once"]),
    (
        "keys of an unknown wave",
        link(on={"start": "id", "finish": "id"}),
        InputError,
        "on",
        ["'start', 'end'", "'finish'"],
    ),
    ("keys of one wave only", link(on={"start": "id"}), InputError, "on", ["'end'"]),
    (
        "different numbers of keys",
        link(on={"start": ["id", "email"], "end": "id"}),
        InputError,
        "on",
        ["same number", "None"],
    ),
    ("a key by number in a mapping", link(on={"start": 3, "end": "id"}), InputError, "on", ["got 3"]),
    (
        "an unknown key in a mapping",
        link(on={"start": ["id"], "end": ["idd"]}),
        ColumnNotFoundError,
        "on",
        ["wave 'end'"],
    ),
    ("keys that no wave has", link(on={"start": None, "end": [None]}), InputError, "on", ["some wave has"]),
    ("an unknown linking", link(method="fuzzy"), MethodError, "method", ["'exact'"]),
    ("an unknown rule for repeats", link(duplicates="lats"), MethodError, "duplicates", ["'last'"]),
    (
        "repeats that must not be",
        link(lambda w: {"start": pd.concat([w.start, w.start.head(7)]), "end": w.end}, duplicates="error"),
        InputError,
        "duplicates",
        ["7 repeat submissions", "'start'", "'most_complete'"],
    ),
    ("exclude of text", link(exclude="status"), InputError, "exclude", ["mapping", "'Survey Preview'"]),
    (
        "exclude of an unknown column",
        link(exclude={"sttus": "Preview"}),
        ColumnNotFoundError,
        "exclude",
        ["'status'"],
    ),
    (
        "exclude without a value",
        link(exclude={"status": None}),
        InputError,
        "exclude",
        ["at least one value for 'status'"],
    ),
    ("exclude of NaN", link(exclude={"status": [float("nan")]}), InputError, "exclude", ["nan"]),
    # ---- panels
    ("an unknown wave", lambda w: w.panel.wave("finish"), InputError, "name", ["'start', 'end'"]),
    ("a wave by number", lambda w: w.panel.wave(1), InputError, "name", ["got 1"]),
    (
        "carry of an unknown wave",
        lambda w: w.panel.wave("end", carry={"strat": "age"}),
        InputError,
        "carry",
        ["'start'"],
    ),
    (
        "carry of an unknown column",
        lambda w: w.panel.wave("end", carry={"start": ["agee"]}),
        ColumnNotFoundError,
        "carry",
        ["wave 'start'", "'age'"],
    ),
    (
        "carry of the wave's own",
        lambda w: w.panel.wave("end", carry={"end": "q"}),
        InputError,
        "carry",
        ["other waves", "'end'"],
    ),
    (
        "carry under a name that is taken",
        lambda w: w.panel.wave("end", carry={"start": "age"}),
        InputError,
        "carry",
        ["'age_start', already there"],
    ),
    (
        "carry of text",
        lambda w: w.panel.wave("end", carry="score"),
        InputError,
        "carry",
        ["mapping", "{'start': ['age']}"],
    ),
    ("carry of a list", lambda w: w.panel.wave("end", carry=["score"]), InputError, "carry", ["['score']"]),
    ("carry by number", lambda w: w.panel.wave("end", carry={"start": 3}), InputError, "carry", ["got 3"]),
    (
        "carry of the same column twice",
        lambda w: w.panel.wave("end", carry={"start": ["score"] * 2}),
        InputError,
        "carry",
        ["'score' more than once"],
    ),
    (
        "also_in an unknown wave",
        lambda w: w.panel.wave("end", also_in="begin"),
        InputError,
        "also_in",
        ["'start', 'end'"],
    ),
    (
        "fewer invited than answered",
        lambda w: w.panel.flow(invited={"start": 199}),
        InputError,
        "invited",
        ["the 200 people who answered 'start'", "got 199"],
    ),
    (
        "invited to an unknown wave",
        lambda w: w.panel.flow(invited={"begin": 300}),
        InputError,
        "invited",
        ["'start', 'end'"],
    ),
    ("nobody invited", lambda w: w.panel.flow(invited={"start": 0}), InputError, "invited", ["at least 1"]),
    (
        "invited as text",
        lambda w: w.panel.flow(invited={"start": "300"}),
        InputError,
        "invited",
        ["whole number"],
    ),
    (
        "invited without a wave",
        lambda w: w.panel.flow(invited=300),
        InputError,
        "invited",
        ["mapping", "got 300"],
    ),
    (
        "a flow's level in percent",
        lambda w: w.panel.flow(confidence_level=95),
        InputError,
        "confidence_level",
        ["0.95"],
    ),
    # ---- attrition weights
    (
        "weights of a frame",
        lambda w: cb.attrition_weights(w.start, "age", wave="end", to="start"),
        InputError,
        "panel",
        ["DataFrame", "Link the waves"],
    ),
    ("weights of an unknown wave", weigh(wave="follow"), InputError, "wave", ["'start', 'end'"]),
    ("weights to an unknown wave", weigh(to="strt"), InputError, "to", ["'start'"]),
    ("weights of a wave to itself", weigh(to="end"), InputError, "to", ["another wave"]),
    (
        "weights where everybody answered",
        weigh("q", wave="start", to="end"),
        InputError,
        "wave",
        ["100 of them", "No weights"],
    ),
    (
        "weights where nobody answered",
        weigh(panel="strangers"),
        InputError,
        "wave",
        ["0 of them", "panel.ledger"],
    ),
    ("weights of a panel of nobody", weigh(panel="nobody"), InputError, "wave", ["0 people"]),
    ("an unknown covariate", weigh("aeg"), ColumnNotFoundError, "covariates", ["wave 'start'", "'age'"]),
    (
        "an unknown covariate of an earlier wave",
        weigh({"end": "qq"}, panel="three", wave="third"),
        ColumnNotFoundError,
        "covariates",
        ["wave 'end'"],
    ),
    ("no covariate", weigh([]), InputError, "covariates", ["at least one column"]),
    ("covariates of nothing", weigh(None), InputError, "covariates", ["got None"]),
    (
        "covariates of a wave without columns",
        weigh({"start": []}),
        InputError,
        "covariates",
        ["at least one column"],
    ),
    ("a covariate by number", weigh(3), InputError, "covariates", ["got 3"]),
    ("the same covariate twice", weigh(["age", "age"]), InputError, "covariates", ["'age' more than once"]),
    (
        "a covariate with hundreds of names",
        weigh("town", panel="many"),
        InputError,
        "covariates",
        ["400 different values", "Group its answers"],
    ),
    ("numbers in one group", weigh("score", bins=1), InputError, "bins", ["from 2 to 200", "got 1"]),
    ("groups yes or no", weigh("score", bins=True), InputError, "bins", ["got True"]),
    (
        "edges without a column",
        weigh("score", bins=[2, 4]),
        InputError,
        "bins",
        ["got [2, 4]", "Name the column"],
    ),
    (
        "edges that fall",
        weigh("score", bins={"score": [4, 2]}),
        InputError,
        "bins",
        ["increasing", "[4, 2]", "'score'"],
    ),
    (
        "an edge that is no number",
        weigh("score", bins={"score": [2, np.nan]}),
        InputError,
        "bins",
        ["finite"],
    ),
    (
        "edges of names",
        weigh("age", bins={"age": [2, 4]}),
        InputError,
        "bins",
        ["columns of numbers", "'age'", "'a'"],
    ),
    (
        "edges of an unknown column",
        weigh("score", bins={"scor": 3}),
        ColumnNotFoundError,
        "bins",
        ["'score'"],
    ),
    (
        "a covariate with missing codes",
        weigh("code"),
        InputError,
        "covariates",
        ["-9 in 50 rows", "missing=[-9]"],
    ),
    ("covariates of an unknown wave", weigh({"begin": "age"}), InputError, "covariates", ["'start', 'end'"]),
    (
        "covariates known for respondents only",
        weigh({"end": "q"}),
        InputError,
        "covariates",
        ["known for everybody in 'start'"],
    ),
    ("a check that is a covariate", weigh(["age", "score"], check="age"), InputError, "check", ["'age'"]),
    ("an unknown check", weigh(check="scor"), ColumnNotFoundError, "check", ["'score'"]),
    ("a check of an unknown wave", weigh(check={"begin": "age"}), InputError, "check", ["'start', 'end'"]),
    ("a cap of the median", weigh(trim=1), InputError, "trim", ["above 1", "trim=3", "trim=None"]),
    ("a cap below the median", weigh(trim=0.5), InputError, "trim", ["got 0.5"]),
    ("a cap of True", weigh(trim=True), InputError, "trim", ["got True"]),
    ("a cap without end", weigh(trim=float("inf")), InputError, "trim", ["finite"]),
    ("a cap of text", weigh(trim="3"), InputError, "trim", ["got '3'"]),
    ("an unknown response model", weigh(method="forest"), MethodError, "method", ["'logit'"]),
    ("a blank population", weigh(population=""), InputError, "population", ["got ''"]),
    (
        "covariates' missing codes of nothing",
        weigh(missing=[None]),
        InputError,
        "missing",
        ["always missing"],
    ),
    # ---- choices
    ("an unknown column of choices", split("hows"), ColumnNotFoundError, "column", ["'how'"]),
    ("a column of choices by number", split(3), InputError, "column", ["got 3"]),
    (
        "a column of choices that nobody answered",
        split("empty"),
        InputError,
        "column",
        ["'empty' without any answer"],
    ),
    ("a column of lists", split("lists"), InputError, "column", ["lists"]),
    (
        "choices that were not offered",
        split(choices=["fees", "time"]),
        InputError,
        "choices",
        ["got 'other'", "'fees', 'time'"],
    ),
    (
        "a choice misspelled",
        split(choices=["fees", "tme", "other"]),
        InputError,
        "choices",
        ["Did you mean 'tme'?"],
    ),
    ("no choices", split(choices=[]), InputError, "choices", ["at least one choice"]),
    ("choices by number", split(choices=[1, 2]), InputError, "choices", ["got 1"]),
    (
        "the same choice twice",
        split(choices=["fees", "fees"]),
        InputError,
        "choices",
        ["'fees' more than once"],
    ),
    ("a blank separator", split(separator=""), InputError, "separator", ["','"]),
    ("a number as separator", split(separator=3), InputError, "separator", ["got 3"]),
    ("none of these by number", split(none_of_these=9), InputError, "none_of_these", ["got 9"]),
    (
        "none of these among the choices",
        split(choices=["fees", "time", "other"], none_of_these="other"),
        InputError,
        "none_of_these",
        ["not among choices="],
    ),
    (
        "choices split already",
        lambda w: cb.split_choices(cb.split_choices(w.people, "how"), "how"),
        InputError,
        "column",
        ["not split yet", "'how: fees'"],
    ),
    # ---- the example study
    ("a negative seed of the study", load(seed=-1), InputError, "seed", ["got -1", "2023"]),
    ("no seed of the study", load(seed=None), InputError, "seed", ["got None"]),
    ("a study's truth that is a number", load(truth=1), InputError, "truth", ["True or False"]),
]

cases = pytest.mark.parametrize(
    ("call", "kind", "argument", "words"), [pytest.param(*row[1:], id=row[0]) for row in TABLE]
)


def caught(call, world):
    with pytest.raises(CredbenefitsError) as found:
        call(world)
    return found.value


@cases
def test_the_error_says_what_is_wrong_and_the_way_out(world, call, kind, argument, words):
    error = caught(call, world)
    text = str(error)
    assert type(error) is kind
    assert isinstance(error, ValueError)
    assert error.argument == argument
    assert text.startswith(f"`{argument}`: expected {error.allowed}; got ")
    assert text.endswith(f". {error.fix}")
    assert error.allowed.strip()
    assert len(error.fix.split()) > 1
    assert error.fix[-1] in ".?"
    assert "got ." not in text
    assert "got ;" not in text
    assert "  " not in text.replace("'  '", "").partition("got")[0]
    for word in words:
        assert word in text, f"{word!r} is not in: {text}"


@cases
def test_the_error_survives_a_pickle_and_a_copy(world, call, kind, argument, words):
    error = caught(call, world)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is kind
        assert str(again) == str(error)
        assert (again.argument, again.allowed, again.fix) == (error.argument, error.allowed, error.fix)
        assert type(again.received) is type(error.received)


def test_nothing_that_went_in_was_changed(world):
    before = {
        name: value.copy(deep=True) for name, value in vars(world).items() if isinstance(value, pd.DataFrame)
    }
    weights = world.weights.values
    ledger = world.panel.ledger
    for _, call, *_ in TABLE:
        caught(call, world)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(getattr(world, name), frame)
    pd.testing.assert_frame_equal(world.people, people())
    pd.testing.assert_frame_equal(world.start, waves()["start"])
    pd.testing.assert_frame_equal(world.weights.values, weights)
    pd.testing.assert_frame_equal(world.panel.ledger, ledger)
    assert world.nested.equals(pl.DataFrame({"q": [[1], [0]], "s": [{"a": 1}, {"a": 2}]}))


def test_the_table_is_long_and_has_no_case_twice():
    names = [row[0] for row in TABLE]
    assert len(names) == len(set(names)) >= 50


# ---- errors themselves -----------------------------------------------------------------------------------------


def test_errors_of_ours_are_caught_as_one():
    for kind in (InputError, ColumnNotFoundError, MethodError, MissingExtraError):
        assert issubclass(kind, CredbenefitsError)
    assert issubclass(InputError, ValueError)
    assert issubclass(MissingExtraError, ImportError)


def test_a_missing_extra_survives_a_pickle():
    error = MissingExtraError("matplotlib", "plot")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.package, again.extra) == (str(error), "matplotlib", "plot")
    assert 'pip install "credbenefits[plot]"' in str(again)


@pytest.mark.parametrize(
    "came", [(x for x in "ab"), lambda: None, open], ids=["generator", "lambda", "function"]
)
def test_errors_about_what_cannot_be_pickled_can(came):
    with pytest.raises(InputError) as found:
        cb.proportions(pd.DataFrame({"q": [1, 0]}), came)
    again = pickle.loads(pickle.dumps(found.value))
    assert str(again) == str(found.value)


def test_what_came_is_shortened():
    with pytest.raises(InputError) as found:
        cb.proportions(pd.DataFrame({"q": [1, 0]}), "q", confidence_level=list(range(10_000)))
    assert len(str(found.value)) < 400
    assert found.value.received == list(range(10_000))


# ---- what is odd but no error ------------------------------------------------------------------------------------


def test_a_constant_covariate_makes_equal_weights(world):
    weights = cb.attrition_weights(world.panel, "constant", wave="end", to="start")
    assert weights.values["weight"].to_numpy() == pytest.approx(2)
    assert weights.deff == pytest.approx(1)


def test_a_covariate_that_tells_respondents_apart_is_pooled_and_told(world):
    start = world.start.assign(even=[i % 2 == 0 for i in range(200)])
    panel = cb.link_waves({"start": start, "end": world.end}, on="id")
    weights = cb.attrition_weights(panel, "even", wave="end", to="start")
    assert weights.values["weight"].to_numpy() == pytest.approx(2)
    assert any(
        a.code == "pooled_level" and "'False' (100 people, 0 respondents) was pooled" in a.text
        for a in weights.alerts
    )


def test_empty_lists_ask_for_nothing(world):
    assert len(cb.proportions(world.people, "improved", by=[], among=[], missing=[]).rows) == 1
    assert list(world.panel.wave("end", carry={"start": []})) == list(world.data)
    assert list(world.panel.wave("end", carry={})) == list(world.data)
    assert world.panel.flow(invited={}) == world.panel.flow(invited=None)


@pytest.mark.parametrize("on", [{"start": "id", "end": None}, {"start": ["id"], "end": [None]}])
def test_a_wave_without_the_key_links_to_nobody_and_warns(world, on):
    with pytest.warns(DataWarning, match="nobody in wave 'start' is in any other wave"):
        panel = cb.link_waves(world.waves, on=on)
    assert panel.ledger["no_key"].tolist() == [0, 100]


@pytest.mark.parametrize("value", ["None", "nan", "<NA>", "Previw"])
def test_exclude_finds_no_missing_cells_by_their_spelling(world, value):
    status = pd.Series([None, float("nan"), pd.NA, "Response"] * 50, dtype=object)
    with pytest.warns(DataWarning, match=f"`exclude`: no row has '{value}' in 'status'"):
        panel = cb.link_waves(
            {"start": world.start.assign(status=status), "end": world.end}, on="id", exclude={"status": value}
        )
    assert panel.ledger["excluded"].tolist() == [0, 0]


def test_a_panel_of_nobody_still_answers(world):
    panel = world.nobody
    assert panel.n_people == 0
    assert panel.flow().people == (0, 0)
    assert len(panel.wave("start")) == 0
    assert list(panel.wave("start", carry={"end": "q"}).columns)[-1] == "q_end"
    assert "0 people" in repr(panel)
    for table in (
        panel.links,
        panel.unlinked,
        panel.duplicates,
        panel.conflicts,
        panel.patterns().to_frame(),
    ):
        assert len(table) == 0
