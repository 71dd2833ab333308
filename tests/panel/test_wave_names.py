"""Names of waves that are numbers or days: one name, however it is written."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import _validation as check
from credbenefits.errors import InputError

RNG = np.random.default_rng(3)
N = 200
FIRST = pd.DataFrame({"id": range(N), "sex": RNG.choice(["f", "m"], N), "job": RNG.choice(["yes", "no"], N)})
SECOND = FIRST.iloc[:120].assign(job=RNG.choice(["yes", "no"], 120))
DAY = dt.date(2024, 5, 1)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (2009, "2009"),
        (2009.0, "2009"),
        (np.int16(2009), "2009"),
        (np.float64(1.5), "1.5"),
        (Decimal("2009.0"), "2009"),
        (DAY, "2024-05-01"),
        (dt.datetime(2024, 5, 1), "2024-05-01"),
        (dt.datetime(2024, 5, 1, 12), "2024-05-01 12:00:00"),
        (pd.Timestamp("2024-05-01"), "2024-05-01"),
        (np.datetime64("2024-05-01"), "2024-05-01"),
        (np.datetime64("2024-05-01T00:00", "ns"), "2024-05-01"),
        (pd.Period("2024-05", "M"), "2024-05"),
        (np.str_("start"), "start"),
    ],
)
def test_scalars_are_names(given, name):
    assert check.wave_name("waves", given) == name


@pytest.mark.parametrize(
    "given", [True, np.bool_(False), None, np.nan, pd.NaT, pd.NA, "", " ", [1], (1,), Fraction]
)
def test_other_values_are_none(given):
    with pytest.raises(InputError, match="the name of a wave"):
        check.wave_name("waves", given)


@pytest.mark.parametrize("one", [2009, np.int64(2009), 2009.0, "2009"])
def test_every_argument_takes_a_name_as_it_was_written(one):
    panel = cb.link_waves({one: FIRST, DAY: SECOND}, on={2009: "id", DAY: "id"}, answered={DAY: "job"})
    assert panel.wave_names == ("2009", "2024-05-01")
    assert len(panel.wave(one)) == N
    assert panel.people_in(DAY).size == 120
    assert "sex_2009" in panel.wave(DAY, carry={one: "sex"}, also_in=one).columns
    assert panel.columns_of(one) == list(FIRST.columns)
    assert "wave" in set(panel.flow(invited={one: 500}).to_frame()["rate"])
    made = cb.attrition_weights(panel, {one: ["sex"]}, wave=DAY, to=one)
    assert (made.wave, made.to) == ("2024-05-01", "2009")
    chained = cb.attrition_weights(
        panel, ["sex"], wave=[DAY], to=one, eligible={one: cb.Item("sex", yes=["f", "m"])}
    )
    assert chained.n == made.n
    cb.nonresponse_bias(panel, wave=DAY, to=one, variables={one: ["sex"]}, known={one: "job"})
    moved = cb.transitions(panel, {one: "job", DAY: cb.Item("job", yes="yes")}, waves=[one, DAY])
    assert moved == cb.transitions(panel, {"2009": "job", "2024-05-01": cb.Item("job", yes="yes")})
    assert cb.attrition(panel, waves=(one, DAY)) == cb.attrition(panel)
    page = cb.brief(panel.flow(), title="A study", labels={one: "base year"})
    assert "base year" in page.to_markdown()


def test_two_names_that_are_one_as_text_are_an_error():
    with pytest.raises(InputError, match="'1' twice"):
        cb.link_waves([("1", FIRST), (1, SECOND)], on="id")
    panel = cb.link_waves({1: FIRST, 2: SECOND}, on="id")
    with pytest.raises(InputError, match="'1' more than once"):
        panel.wave(2, carry={1: "sex", "1": "job"})
    with pytest.raises(InputError, match="'1' more than once"):
        cb.link_waves({1: FIRST, 2: SECOND}, on={1: "id", "1": "id", 2: "id"})


@pytest.mark.parametrize("wave", [3, True, None, 1.5, ["1"]])
def test_a_wave_that_is_not_there_is_named(wave):
    panel = cb.link_waves({1: FIRST, 2: SECOND}, on="id")
    with pytest.raises(InputError, match="a wave of this panel"):
        panel.wave(wave)
