"""One long table, cut into waves: their order, their names, and who answered."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, DataWarning, InputError
from credbenefits.results.export import Codebook, Export

TABLE = pd.DataFrame(
    {
        "id": [1, 1, 2, 2, 3, 3, 4],
        "year": [2021, 2019, 2019, 2021, 2021, 2019, 2021],
        "sex": list("mmffffm"),
        "job": ["yes", "no", "no", None, "Refused", "yes", "no"],
    }
)
KINDS = [lambda d: d, pl.from_pandas, lambda d: pa.Table.from_pandas(d, preserve_index=False)]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_go_to_their_wave_in_order_of_time(kind):
    data = kind(TABLE)
    waves = cb.waves_from_long(data, id="id", wave="year")
    assert list(waves) == ["2019", "2021"]
    assert all(type(frame) is type(data) for frame in waves.values())
    assert [len(frame) for frame in waves.values()] == [3, 4]
    # What never changes within a person is no answer, nor is a refusal.
    assert waves.answered == {"2019": ("job",), "2021": ("job",)}
    panel = cb.link_waves(waves, on="id")
    assert panel.presence.sum(axis=0).tolist() == [3, 2]
    assert (panel.people_in(2021).size, panel.n_people) == (2, 4)
    assert data.equals(kind(TABLE))


def test_rows_of_a_frame_begin_at_nought_whatever_the_index_was():
    waves = cb.waves_from_long(TABLE.set_index(np.arange(7) + 50), id="id", wave="year")
    assert waves["2019"].index.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["10", "9", "9"], ["9", "10"]),
        ([2.0, 1.0, 1.0], ["1", "2"]),
        (["end", "start", "start"], ["end", "start"]),
        (["2024-05", "2023-11", "2023-11"], ["2023-11", "2024-05"]),
        ([dt.date(2024, 5, 1), dt.date(2023, 5, 1)] * 2, ["2023-05-01", "2024-05-01"]),
        (pd.to_datetime(["2024-05-01", "2023-05-01"] * 2), ["2023-05-01", "2024-05-01"]),
        (pd.Categorical(["a", "b", "b"], ["b", "a"]), ["b", "a"]),
        (pd.Categorical(["b", "a", "a"], ["a", "b"], ordered=True), ["a", "b"]),
        (pd.Categorical(["pre", "post", "post"]), ["pre", "post"]),
    ],
)
def test_the_order_of_waves(values, expected):
    data = pd.DataFrame({"id": np.arange(len(values)), "wave": values, "q": np.arange(len(values))})
    assert list(cb.waves_from_long(data, id="id", wave="wave")) == expected


def test_the_order_of_an_enum_and_of_a_dictionary():
    data = pl.DataFrame(
        {"id": [1, 2], "w": pl.Series(["pre", "post"], dtype=pl.Enum(["post", "pre"])), "q": [1, 2]}
    )
    assert list(cb.waves_from_long(data, id="id", wave="w")) == ["post", "pre"]
    column = pa.DictionaryArray.from_arrays([1, 0], ["post", "pre"], ordered=True)
    assert list(
        cb.waves_from_long(pa.table({"id": [1, 2], "w": column, "q": [1, 2]}), id="id", wave="w")
    ) == [
        "post",
        "pre",
    ]


def test_order_of_appearance_is_said():
    data = pd.DataFrame({"id": [1, 2], "w": ["pre", "post"], "q": [1, 2]})
    waves = cb.waves_from_long(data, id="id", wave="w")
    assert waves.notes == ("The waves are in the order in which they first appear in 'w'",)


@pytest.mark.parametrize(
    ("change", "argument", "words"),
    [
        ({"wave": "yeer"}, "wave", "yeer"),
        ({"wave": "id"}, "wave", "another column than `id`"),
        ({"wave": "blank"}, "wave", "blank in 3 of 7 rows"),
        ({"wave": "alike"}, "wave", "'End', 'end '"),
        ({"wave": "one"}, "wave", "two or more waves"),
        ({"wave": "truth"}, "wave", "the name of a wave"),
        ({"answered": "pay"}, "answered", "pay"),
        ({"answered": {2020: "job"}}, "answered", "2020"),
    ],
)
def test_what_cannot_be_cut_is_an_error(change, argument, words):
    odd = {
        "blank": ["a", "b", None, " ", "a", "b", None],
        "alike": ["End", "end ", *"start "[:5]],
        "one": [1] * 7,
        "truth": [True, False] * 3 + [True],
    }
    with pytest.raises(InputError) as found:
        cb.waves_from_long(TABLE.assign(**odd), **{"id": "id", "wave": "year"} | change)
    assert found.value.argument == argument
    assert words in str(found.value)
    assert isinstance(found.value, ColumnNotFoundError) == (change in ({"wave": "yeer"}, {"answered": "pay"}))


def test_missing_codes_are_no_answers():
    data = TABLE.assign(job=[1, 7, 1, 7, 2, 1, 2])
    assert cb.waves_from_long(data, id="id", wave="year").to_frame()["answered"].tolist() == [3, 4]
    waves = cb.waves_from_long(data, id="id", wave="year", missing=7)
    assert waves.to_frame()["answered"].tolist() == [2, 3]
    assert cb.link_waves(waves, on="id").presence.sum(axis=0).tolist() == [2, 3]


def test_answers_that_nobody_ever_changed_in_a_table_without_gaps():
    data = pd.DataFrame({"id": [1, 1, 2, 2], "w": [1, 2, 1, 2], "q": ["a", "a", "b", "b"]})
    waves = cb.waves_from_long(data, id="id", wave="w")
    assert waves.to_frame()["answered"].tolist() == [2, 2]


def test_an_export_gives_exports():
    waves = cb.waves_from_long(Export(TABLE, Codebook(()), taken_out={"previews": 2}), id="id", wave="year")
    assert isinstance(waves["2019"], Export)
    assert waves["2019"].taken_out == {}
    assert waves.notes == ("Rows that were taken out of the file belong to no wave: 2 previews",)


@pytest.mark.shared
def test_muscatine_from_file_to_share(shared):
    data = pd.read_csv(shared / "data" / "muscatine.csv.gz")
    with pytest.warns(DataWarning, match="only by columns in which nobody has a gap.*'age'"):
        cb.waves_from_long(data, id="id", wave="occasion")
    waves = cb.waves_from_long(data, id="id", wave="occasion", answered="numobese")
    panel = cb.link_waves(waves, on="id")
    share = cb.proportions(panel.wave(3), cb.Item("numobese", yes=1)).rows[0]
    # README of the data: counts of answers by occasion, and the yeses of the third.
    assert panel.presence.sum(axis=0).tolist() == [3341, 3416, 3099]
    assert (share.count, share.n) == (687, 3099)
    assert panel.patterns().to_frame()["n"].tolist()[0] == 1770


def test_a_table_in_which_no_column_tells_who_answered_warns():
    table = pd.DataFrame({"id": [1, 1, 2, 2], "wave": [1, 2, 1, 2], "q": ["a", "a", None, None]})
    with pytest.warns(DataWarning, match=r"no column tells who answered '1', '2'.*answered=\[\.\.\.\]"):
        made = cb.waves_from_long(table, id="id", wave="wave")
    assert [who.sum() for who in made.responded.values()] == [2, 2]
    told = cb.waves_from_long(table, id="id", wave="wave", answered=["q"])
    assert [who.sum() for who in told.responded.values()] == [1, 1]
