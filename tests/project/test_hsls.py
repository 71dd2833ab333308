"""Real files: missing codes that must not be read as answers, and items that people left unanswered."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Item
from credbenefits.errors import InputError

pytestmark = [pytest.mark.shared, pytest.mark.filterwarnings("ignore:.*who were asked answered")]

CODES = [-9, -8, -7]
AGREE = ["Agree", "Strongly agree"]


@pytest.fixture(scope="module")
def hsls(shared):
    return pd.read_csv(shared / "data" / "hsls09_small.csv.gz")


@pytest.fixture(scope="module")
def carpentries(shared):
    return pd.read_csv(shared / "data" / "carpentries_longterm_2017.csv")


# ---- High School Longitudinal Study: 17,335 of 23,503 answered after seven years ------------------------------


@pytest.mark.parametrize(
    "item", ["x4evratndclg", Item("x4evratndclg", yes=1), Item("x4evratndclg", yes=1, missing=-9)]
)
def test_missing_codes_cannot_be_read_by_accident(hsls, item):
    with pytest.raises(InputError) as caught:
        cb.proportions(hsls, item, people="students")
    text = str(caught.value)
    assert caught.value.argument == "items"
    assert "-8 in 6,168 rows" in text
    assert "missing=[-8]" in text


def test_they_cannot_be_read_as_text_either(hsls):
    text = hsls.astype({"x4evratndclg": str})
    with pytest.raises(InputError, match="-8 in 6,168 rows"):
        cb.proportions(text, Item("x4evratndclg", yes="1"))
    with pytest.raises(InputError, match="-8 in 6,168 rows"):
        cb.proportions(hsls.astype({"x4evratndclg": float}), Item("x4evratndclg", yes=1))


def test_nor_as_groups_subsets_or_covariates(hsls):
    with pytest.raises(InputError, match=r"`by`.*-9 in 6 rows"):
        cb.proportions(hsls, "x4evratndclg", by="x1sex", missing=-8)
    with pytest.raises(InputError, match=r"`among`.*-9 in 55 rows, -8 in 6,715 rows"):
        cb.proportions(hsls, Item("x4evratndclg", yes=1, missing=CODES), among=Item("x1poverty185", yes=1))
    with pytest.raises(InputError, match=r"`by`.*-9 in 6 rows"):
        cb.compare_groups(hsls, Item("x4evratndclg", missing=-8), by="x1sex")


@pytest.mark.parametrize("how", ["argument", "item", "blanked"])
def test_declared_they_are_missing(hsls, how):
    item = Item("x4evratndclg", yes=1, missing=CODES if how == "item" else ())
    data = (
        hsls.assign(x4evratndclg=hsls["x4evratndclg"].where(hsls["x4evratndclg"] >= 0))
        if how == "blanked"
        else hsls
    )
    (row,) = cb.proportions(data, item, missing=CODES if how == "argument" else (), people="students").rows
    assert (row.count, row.n, row.n_missing) == (13_054, 17_335, 6_168)
    assert row.estimate == 13_054 / 17_335
    assert (round(row.conf_low, 4), round(row.conf_high, 4)) == (0.7466, 0.7594)
    assert row.flags == ()
    assert row.base == "17,335 students"


def test_by_sex_against_plain_pandas(hsls):
    result = cb.proportions(hsls, "x4evratndclg", by="x1sex", missing=CODES)
    known = hsls[(hsls["x4evratndclg"] >= 0) & (hsls["x1sex"] > 0)]
    expected = known.groupby("x1sex")["x4evratndclg"].agg(["sum", "size"])
    assert [(r.group[0][1], r.count, r.n) for r in result.rows] == [("1", 6_027, 8_463), ("2", 7_026, 8_868)]
    assert [(r.count, r.n) for r in result.rows] == list(expected.itertuples(index=False, name=None))
    (account,) = result.account
    assert (account.rows, account.group_missing, account.unanswered, account.answered) == (
        23_503,
        6,
        6_166,
        17_331,
    )


def test_crossed_groups_against_plain_pandas(hsls):
    frame = cb.proportions(hsls, "x4evratndclg", by=["x1poverty185", "x1region"], missing=CODES).to_frame()
    known = hsls[(hsls["x4evratndclg"] >= 0) & (hsls["x1poverty185"] >= 0)]
    expected = known.groupby(["x1poverty185", "x1region"])["x4evratndclg"].agg(["sum", "size", "mean"])
    assert frame["count"].tolist() == expected["sum"].tolist()
    assert frame["n"].tolist() == expected["size"].tolist()
    assert frame["estimate"].tolist() == pytest.approx(expected["mean"].tolist(), rel=1e-12)


def test_skipped_by_design_is_outside_the_subset(hsls):
    """-7 marks students who never went to college: of those who did, everybody was asked how soon."""
    soon = Item("x4hs2psmos", yes=list(range(4)), label="college within three months", missing=CODES)
    college = Item("x4evratndclg", yes=1, missing=CODES, label="college")
    result = cb.proportions(hsls, soon, among=college, people="students")
    (row,) = result.rows
    asked = hsls.loc[hsls["x4evratndclg"] == 1, "x4hs2psmos"]
    assert (row.count, row.n, row.n_missing) == (
        asked.between(0, 3).sum(),
        (asked >= 0).sum(),
        (asked < 0).sum(),
    )
    assert [(r.n, r.of) for r in row.ladder[:2]] == [(23_503, 23_503), (13_054, 17_335)]
    assert result.account[0].subset_unknown == 6_168
    assert row.base.endswith("students who reported college")


def test_the_difference_between_the_sexes(hsls):
    (row,) = cb.compare_groups(hsls, "x4evratndclg", by="x1sex", reference=1, missing=CODES).rows
    assert (row.group, row.reference) == ("2", "1")
    assert row.estimate == pytest.approx(7_026 / 8_868 - 6_027 / 8_463)
    assert row.conf_low < row.estimate < row.conf_high
    assert row.p_value < 1e-10


def test_weights_bring_the_lost_students_back(hsls):
    first = hsls[[c for c in hsls.columns if not c.startswith("x4")]]
    later = hsls.loc[hsls["x4evratndclg"] >= 0, ["stu_id", "x4evratndclg"]]
    panel = cb.link_waves({"2009": first, "2016": later}, on="stu_id")
    assert panel.flow().people == (23_503, 17_335)
    with pytest.raises(InputError, match=r"`covariates`.*-9 in 6 rows"):
        cb.attrition_weights(panel, "x1sex", wave="2016", to="2009")
    weights = cb.attrition_weights(
        panel,
        ["x1sex", "x1race", "x1poverty185", "x1paredu"],
        wave="2016",
        to="2009",
        missing=CODES,
        population="ninth-graders",
    )
    assert weights.values["weight"].sum() == pytest.approx(23_503)
    assert weights.balance.worst() < 0.02
    weighted = cb.proportions(panel.wave("2016"), "x4evratndclg", weights=weights).rows[0]
    values = panel.wave("2016").merge(weights.values, on="person")
    assert weighted.estimate == pytest.approx(
        np.average(values["x4evratndclg"], weights=values["weight"]), rel=1e-12
    )
    assert weighted.estimate < 13_054 / 17_335 - 0.01
    assert (weighted.count, weighted.n) == (13_054, 17_335)


# ---- Carpentries long-term survey: people broke off ---------------------------------------------------------------


def test_advanced_my_career(carpentries):
    career = Item("advance_career", yes=AGREE, label="a career advanced")
    result = cb.proportions(carpentries, [career, Item("recognition", yes=AGREE)], people="learners")
    assert [(r.count, r.n, r.n_missing) for r in result.rows] == [(258, 409, 67), (100, 407, 69)]
    assert result.rows[0].level == "Agree or Strongly agree"


@pytest.mark.parametrize(
    "column",
    [
        "advance_career",
        "seek_knowledge",
        "reproducible",
        "recognition",
        "coding_practice",
        "productivity",
        "confidence_data",
    ],
)
@pytest.mark.parametrize("by", ["how_long_ago", "position"])
def test_agreement_by_group_against_plain_pandas(carpentries, column, by):
    result = cb.proportions(carpentries, Item(column, yes=AGREE), by=by)
    agree = carpentries[column].isin(AGREE)
    for row in result.rows:
        here = carpentries[by] == row.group[0][1]
        answered = here & carpentries[column].notna()
        assert (row.count, row.n) == ((agree & here).sum(), answered.sum())
        assert row.n_missing == (here & carpentries[column].isna()).sum()
        assert ("low_item_response" in row.flags) == (answered.sum() / here.sum() < 0.7)
    assert result.account[0].group_missing == carpentries[by].isna().sum()
    assert sum(r.n + r.n_missing for r in result.rows) == carpentries[by].notna().sum()


def test_who_does_not_remember_did_not_say_no(carpentries):
    with pytest.raises(InputError, match=r"\"I don't remember.\" in 41 rows"):
        cb.proportions(carpentries, Item("recommended", yes="Yes."))
    with pytest.raises(InputError, match=r"'Not sure.' "):
        cb.proportions(carpentries, Item("contributed_to_writing", yes="Yes."))
    (row,) = cb.proportions(carpentries, Item("recommended", yes="Yes.", missing="I don't remember.")).rows
    assert (row.count, row.n, row.n_missing) == (298, 360, 116)
