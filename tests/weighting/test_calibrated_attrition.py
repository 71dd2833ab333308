"""Attrition weights that are calibrated at last, and trimming that leaves totals met."""

import json

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import InputError
from credbenefits.weighting.recipe import Draw, Sample
from credbenefits.weighting.steps.cap import Cap, percentile_of_copies
from credbenefits.weighting.steps.rescale import Rescale
from credbenefits.weighting.steps.trim import Trim


def frames(seed=3, n=600):
    rng = np.random.default_rng(seed)
    start = pd.DataFrame(
        {
            "id": range(n),
            "sex": rng.choice(["f", "m"], n),
            "place": rng.choice(["north", "south", "west"], n, p=[0.6, 0.3, 0.1]),
            "age": rng.integers(18, 70, n),
            "job": np.where(rng.random(n) < 0.1, None, rng.choice(["yes", "no"], n).astype(object)),
        }
    )
    chance = 0.15 + 0.3 * (start["sex"] == "f") + 0.2 * (start["place"] == "north")
    later = start.loc[rng.random(n) < chance, ["id"]].assign(
        better=lambda d: np.where(d["id"] % 3 == 0, "yes", "no")
    )
    return start, later


def panel(**options):
    start, later = frames(**options)
    return cb.link_waves({"start": start, "later": later}, on="id")


def made(waves, covariates="sex", **options):
    return cb.attrition_weights(waves, covariates, wave="later", to="start", **options)


def sums_of(waves, weights, column):
    """Add up the weights at each level of a column of everybody; that of rows without an answer too."""
    rows = waves.wave("later", also_in="start", carry={"start": [column]})
    weight = pd.Series(weights.weight, index=weights.ids)[rows["person"]].to_numpy()
    return pd.Series(weight).groupby(filled(rows[f"{column}_start"]).to_numpy()).sum()


def filled(column):
    return column.astype(object).where(column.notna(), "(missing)")


@pytest.mark.parametrize("columns", ["place", ["place", "job"], {"start": ["place", "job"]}])
def test_respondents_agree_with_everybody_on_what_weights_are_calibrated_to(columns):
    waves, (start, _) = panel(), frames()
    weights = made(waves, calibrate_to=columns, trim=None)
    for column in ["place"] if columns == "place" else ["place", "job"]:
        own = filled(start[column]).value_counts()
        sums = sums_of(waves, weights, column)
        np.testing.assert_allclose(sums, own[sums.index], rtol=1e-10)
    assert weights.weight.sum() == pytest.approx(600)
    row = next(r for r in weights.balance["place"].rows if r.level == "west")
    assert row.difference_after == pytest.approx(0, abs=1e-12)


def test_numbers_are_cut_as_covariates_are():
    weights = made(panel(), calibrate_to="age", bins={"age": [30, 50]}, trim=None)
    assert [abs(row.difference_after) < 1e-12 for row in weights.balance["age"].rows] == [True] * 3
    assert weights.recipe["bins"] == {"age": (30.0, 50.0)}


def test_known_totals_give_their_scale():
    waves, totals = panel(), {"place": {"north": 6000, "south": 3000, "west": 1000}}
    weights = made(waves, calibrate_to=totals)
    np.testing.assert_allclose(sums_of(waves, weights, "place"), [6000, 3000, 1000])
    again = cb.attrition_weights(waves, **json.loads(weights.to_json())["recipe"])
    np.testing.assert_array_equal(again.weight, weights.weight)


def test_calibrate_gives_the_same_from_weights_of_one_step():
    waves, totals = panel(), {"place": {"north": 6000, "south": 3000, "west": 1000}}
    one = made(waves, calibrate_to=totals, trim=None)
    rows = waves.wave("later", also_in="start", carry={"start": ["place"]}).rename(
        columns={"place_start": "place"}
    )
    two = cb.calibrate(rows, totals, weights=made(waves, trim=None))
    np.testing.assert_allclose(two.weight, one.for_people(rows["person"].to_numpy()), rtol=1e-10)


@pytest.mark.parametrize(
    "options", [{"calibrate_to": ["place"]}, {"calibrate_to": ["place", "job"], "trim": 1.5}, {"trim": "90%"}]
)
def test_replicates_run_calibration_and_trimming_again(options):
    waves, (start, later) = panel(n=120), frames(n=120)
    weights = made(waves, **options)
    np.testing.assert_allclose(weights.replicate(np.ones((2, 120))), [weights.weight] * 2, rtol=1e-12)
    rng = np.random.default_rng(5)
    times = rng.integers(1, 4, 120)
    copies = start.loc[start.index.repeat(times)].reset_index(drop=True)
    copies["id"] = [f"{i}-{k}" for i, n in enumerate(times) for k in range(n)]
    again = copies.loc[copies["id"].str.split("-").str[0].astype(int).isin(later["id"]), ["id"]]
    repeated = made(cb.link_waves({"start": copies, "later": again}, on="id"), **options)
    rows = repeated.values.assign(first=again["id"].str.split("-").str[0].astype(int).to_numpy())
    by_hand = rows.groupby("first")["weight"].sum()
    np.testing.assert_allclose(weights.replicate(times[None])[0], by_hand[later["id"]], rtol=1e-7)


# ---- trimming ---------------------------------------------------------------------------------------------


def test_totals_and_the_limit_hold_together():
    waves = panel()
    free = made(waves, ["sex", "place"], calibrate_to=["place"], trim=None)
    weights = made(waves, ["sex", "place"], calibrate_to=["place"], trim="80%")
    limit = np.sort(free.weight)[int(np.ceil(0.8 * free.n)) - 1]
    if "trim_not_held" not in [a.code for a in weights.alerts]:
        assert weights.weight.max() <= limit * (1 + 2e-6)
    own = frames()[0]["place"].value_counts().sort_index()
    np.testing.assert_allclose(sums_of(waves, weights, "place"), own, rtol=1e-9)


def test_a_percentile_is_the_limit_of_weights_that_add_up():
    weights = made(panel(), ["sex", "place"], trim="90%")
    free = weights.untrimmed
    limit = np.sort(free.weight)[int(np.ceil(0.9 * free.n)) - 1]
    assert weights.weight.max() == pytest.approx(limit, rel=2e-6)
    assert weights.weight.sum() == pytest.approx(600)
    assert weights.n_effective > free.n_effective


def test_a_limit_that_totals_do_not_allow_is_an_alert():
    start, later = frames()
    seen = later["id"].isin(start.loc[start["place"] != "west", "id"]) | (later["id"].rank() % 7 == 0)
    waves = cb.link_waves({"start": start, "later": later[seen]}, on="id")
    weights = made(waves, "sex", calibrate_to="place", trim=1.1)
    (alert,) = [a for a in weights.alerts if a.code == "trim_not_held"]
    assert alert.value > 1
    np.testing.assert_allclose(
        sums_of(waves, weights, "place"), start["place"].value_counts().sort_index(), rtol=1e-9
    )


def test_untrimmed_weights_are_those_of_a_call_without_trimming():
    waves = panel()
    for options in ({}, {"calibrate_to": ["place"]}):
        trimmed = made(waves, ["sex", "place"], trim=1.2, **options)
        np.testing.assert_allclose(
            trimmed.untrimmed.weight, made(waves, ["sex", "place"], trim=None, **options).weight, rtol=1e-12
        )
    assert made(waves, trim=None).untrimmed is None


def test_the_rounds_go_on_until_both_hold():
    """By hand: 1, 1, 2, 6 capped at 3; what is cut off goes to the others, in proportion."""
    step, people = Trim(Cap(2.0), Rescale()), Sample((), np.ones(4, dtype=bool))
    once = Draw(np.ones((1, 4)), np.full((1, 4), 2.5))
    after = step.run(people, np.array([[1.0, 1.0, 2.0, 6.0]]), once)[0]
    assert after.sum() == pytest.approx(10.0)
    np.testing.assert_allclose(after, [2.0, 2.0, 3.0, 3.0], rtol=1e-5)


def test_percentiles_count_copies():
    values = np.array([[5.0, 1.0, 3.0, 2.0]])
    assert percentile_of_copies(values, np.ones((1, 4)), 0.75).tolist() == [3.0]
    assert percentile_of_copies(values, np.array([[0.0, 1, 1, 2]]), 0.75).tolist() == [2.0]
    assert percentile_of_copies(values, np.array([[4.0, 1, 1, 2]]), 0.75).tolist() == [5.0]
    assert percentile_of_copies(values, np.zeros((1, 4)), 0.75).tolist() == [np.inf]


# ---- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trim": "95"}, r"`trim`.*trim='95%'"),
        ({"trim": "20%"}, r"above 50%"),
        ({"trim": "x%"}, r"`trim`"),
        ({"trim": 1.0}, r"`trim`"),
        ({"trim": 95}, r"`trim`: expected a multiple of the median below 50; got 95.*trim='95%'"),
        ({"calibrate_to": "plaice"}, r"`calibrate_to`.*'place'"),
        ({"calibrate_to": []}, r"`calibrate_to`.*at least one"),
        ({"calibrate_to": {"later": ["better"]}}, r"`calibrate_to`.*known for its respondents only"),
        ({"calibrate_to": ["place"], "check": ["place"]}, r"`check`.*'place'"),
        ({"calibrate_to": {"place": {"north": 1}}}, r"`calibrate_to`.*none for 'south'"),
        (
            {"calibrate_to": {"place": {"north": 1, "south": 2, "west": 1, "east": 1}}},
            r"`calibrate_to`.*nobody has",
        ),
        ({"calibrate_to": {"place": 3}}, r"`calibrate_to`.*a total for each level"),
    ],
)
def test_refused(options, words):
    with pytest.raises(InputError, match=words):
        made(panel(), **options)


def test_a_level_where_nobody_answered_is_named():
    start, later = frames()
    later = later[later["id"].isin(start.loc[start["place"] != "west", "id"])]
    with pytest.raises(InputError, match=r"`calibrate_to`.*'west', which nobody has"):
        made(cb.link_waves({"start": start, "later": later}, on="id"), calibrate_to="place")


@pytest.mark.parametrize(
    ("scale", "said"), [(1e-4, "1, and"), (0.01, "100, and"), (1.0, "10,000, and"), (0.08, "")]
)
def test_known_totals_of_others_than_everybody_are_said(scale, said):
    waves = panel(n=800)
    totals = {"place": {"north": 6000 * scale, "south": 3000 * scale, "west": 1000 * scale}}
    texts = [a.text for a in made(waves, calibrate_to=totals).alerts if a.code == "scale_of_totals"]
    assert [text.startswith(f"the totals add up to {said} everybody to 800") for text in texts] == [
        True
    ] * bool(said)
