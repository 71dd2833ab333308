"""Weights in steps: several waves, people who left the population, weights before, and who has none in the end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, InputError

pytestmark = pytest.mark.filterwarnings("ignore:.*are blank in every column that varies")

#: METHODS 2.8 and 4.1: by age the enrolled, the completers, who answered the follow-up, who of them said yes.
ENROLLED = {"young": (13_000, 900, 25, 12), "mid": (9_100, 900, 40, 12), "old": (3_900, 500, 35, 9)}
#: The start wave here is a hundredth of that, where the numbers themselves are of no matter.
SMALL = {"young": (130, 90, 25, 12), "mid": (120, 90, 40, 12), "old": (80, 50, 35, 9)}


def three_waves(cells=SMALL, make=pd.DataFrame, *, start=(), completion=()):
    """A panel of start, completion and followup; more columns of the first two as functions of the ids."""
    n = [each[0] for each in cells.values()]
    age = np.repeat(list(cells), n)
    place = np.concatenate([np.arange(k) for k in n])
    counts = {name: np.array([cells[a][k] for a in age]) for k, name in enumerate(["n", "c", "f", "y"])}
    ids = np.arange(age.size)
    done, found = place < counts["c"], place < counts["f"]
    frames = {
        "start": {"id": ids, "age": age, **{name: of(ids) for name, of in dict(start).items()}},
        "completion": {
            "id": ids[done],
            "age": age[done],
            **{name: of(ids[done]) for name, of in dict(completion).items()},
        },
        "followup": {"id": ids[found], "job": (place < counts["y"])[found]},
    }
    return cb.link_waves({name: make(columns) for name, columns in frames.items()}, on="id")


def codes(weights):
    return [alert.code for alert in weights.alerts]


def alert_of(weights, code):
    (found,) = [alert for alert in weights.alerts if alert.code == code]
    return found


def labels(weights):
    return [row.step for row in weights.steps]


# ---- chains ------------------------------------------------------------------------------------------------


def test_a_chain_of_two_steps_is_the_worked_example():
    # METHODS 2.8 and 4.1: w2 = (36, 22.5, 14.285714), w1 w2 = (520, 227.5, 111.428571).
    panel = three_waves(ENROLLED)
    first = cb.attrition_weights(
        panel, "age", wave="completion", to="start", trim=None, population="enrolled"
    )
    alone = cb.attrition_weights(panel, "age", wave="followup", to="completion", trim=None)
    chain = cb.attrition_weights(
        panel, "age", wave="followup", to="completion", trim=None, base_weights=first
    )
    people = panel.wave("followup", also_in="completion", carry={"completion": "age"})
    for weights, by_age in ((alone, (36, 22.5, 500 / 35)), (chain, (520, 227.5, 3_900 / 35))):
        for age, wanted in zip(ENROLLED, by_age, strict=True):
            mine = people.loc[people["age_completion"] == age, "person"].to_numpy()
            np.testing.assert_allclose(weights.for_people(mine), wanted, rtol=1e-9)
    shares = [cb.proportions(people, "job", weights=w).rows[0].estimate for w in (alone, chain)]
    np.testing.assert_allclose(shares, [0.361118, 0.383571], atol=5e-7)
    np.testing.assert_allclose([alone.n_effective, chain.n_effective], [88.4721, 72.9642], atol=5e-5)
    assert chain.base is first
    assert (chain.population, chain.population_size) == ("enrolled", 26_000)


def test_steps_of_a_chain_show_each_factor():
    panel = three_waves(ENROLLED)
    first = cb.attrition_weights(panel, "age", wave="completion", to="start", trim=None)
    chain = cb.attrition_weights(
        panel, "age", wave="followup", to="completion", trim=None, base_weights=first
    )
    before, product, alone = (chain.steps.rows[i] for i in (1, 2, -1))
    assert labels(chain) == [
        "respondents",
        "weights before this step: 1/p from a logistic regression, not capped",
        "1 / propensity",
        "rescaled to population",
        "this step alone",
    ]
    # 13,000/900, 9,100/900 and 3,900/500 for 25, 40 and 35 people.
    assert before.sum == pytest.approx(25 * 130 / 9 + 40 * 91 / 9 + 35 * 7.8)
    assert product.sum == pytest.approx(26_000)
    assert (alone.sum, alone.max_to_median) == (pytest.approx(2_300), pytest.approx(36 / 22.5))
    assert chain.words.endswith("times weights before this step (1/p from a logistic regression, not capped)")


def test_balance_of_a_chain_compares_with_the_people_the_weights_stand_for():
    # Half of the enrolled are young, 39% of the completers: weights of the chain give one half.
    panel = three_waves(ENROLLED)
    first = cb.attrition_weights(panel, "age", wave="completion", to="start", trim=None)
    chain = cb.attrition_weights(
        panel, "age", wave="followup", to="completion", trim=None, base_weights=first
    )
    by_age = {row.level: row for row in chain.balance}
    assert by_age["young"].population == pytest.approx(0.5)
    assert by_age["young"].respondents == pytest.approx(
        25 * 130 / 9 / (25 * 130 / 9 + 40 * 91 / 9 + 35 * 7.8)
    )
    assert by_age["young"].weighted == pytest.approx(0.5)
    assert "imbalance_left" not in codes(chain)


def test_replicates_of_a_chain_run_both_steps_again():
    # By hand: with one covariate each step is people over respondents at each age, of the replicate.
    panel = three_waves()
    first = cb.attrition_weights(panel, "age", wave="completion", to="start", trim=None)
    chain = cb.attrition_weights(
        panel, "age", wave="followup", to="completion", trim=None, base_weights=first
    )
    everybody = panel.people_in("start")
    np.testing.assert_array_equal(chain.everybody, everybody)
    np.testing.assert_allclose(chain.replicate(np.ones((1, everybody.size)))[0], chain.weight, rtol=1e-10)
    times = np.random.default_rng(5).multinomial(everybody.size, np.full(everybody.size, 1 / everybody.size))
    age = np.array(panel.wave("start")["age"])
    answered = np.isin(everybody, chain.ids)
    made = chain.replicate(times[None])[0]
    for level in SMALL:
        here = age == level
        wanted = times[here].sum() / times[here & answered].sum()
        mine = here[answered] & (times[answered] > 0)
        np.testing.assert_allclose(made[mine], wanted * times[answered][mine], rtol=1e-8)


def test_chains_of_three_steps():
    panel = three_waves()
    waves = {name: pd.DataFrame(frame) for name, frame in panel.waves.items()}
    later = waves["followup"].iloc[::2][["id"]]
    panel = cb.link_waves({**waves, "later": later}, on="id")
    first = cb.attrition_weights(panel, "age", wave="completion", to="start", trim=None)
    second = cb.attrition_weights(
        panel, "age", wave="followup", to="completion", trim=None, base_weights=first
    )
    third = cb.attrition_weights(
        panel, {"completion": "age"}, wave="later", to="followup", trim=None, base_weights=second
    )
    assert third.base.base is first
    assert third.weight.sum() == pytest.approx(330)
    assert third.population_size == 330
    people = panel.wave("later", carry={"start": "age"})
    for age, (n, *_) in SMALL.items():
        mine = people.loc[people["age_start"] == age, "person"].to_numpy()
        np.testing.assert_allclose(third.for_people(mine), n / mine.size, rtol=1e-9)
    np.testing.assert_allclose(third.replicate(np.ones((1, 330)))[0], third.weight, rtol=1e-10)


def test_a_silent_wave_in_between_costs_people_and_an_alert_counts_them():
    # Three of the followup were silent at completion: a chain has no weight for them, a single step has.
    waves = {name: pd.DataFrame(frame) for name, frame in three_waves().waves.items()}
    returners = waves["followup"]["id"].to_numpy()[[0, 30, 70]]
    waves["completion"] = waves["completion"][~waves["completion"]["id"].isin(returners)]
    panel = cb.link_waves(waves, on="id")
    first = cb.attrition_weights(panel, "age", wave="completion", to="start")
    chain = cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights=first)
    single = cb.attrition_weights(panel, "age", wave="followup", to="start")
    assert (chain.n, single.n) == (97, 100)
    assert (single.weight > 0).all()
    lost = alert_of(chain, "chain_loses_people")
    assert lost.value == 3
    assert lost.text == (
        "3 people in “start” answered “followup” and have no weight here: the chain goes through “completion”, "
        "where they were silent or had no weight."
    )
    assert "from “start” to “followup” weights 100 people rather than 97" in lost.remedy
    assert chain.left_out["not in the population wave"].size == 3
    assert "chain_loses_people" not in codes(single)


def test_a_chain_that_loses_nobody_says_nothing():
    panel = three_waves()
    first = cb.attrition_weights(panel, "age", wave="completion", to="start")
    chain = cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights=first)
    assert "chain_loses_people" not in codes(chain)
    assert not chain.left_out


# ---- weights of a column -----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "arrow"])
def test_weights_before_from_a_column(make):
    # Twice the weight for every second person: cells by age and weight, by hand.
    panel = three_waves(make=make, completion={"w": lambda ids: np.where(ids % 2, 2.0, 1.0)})
    weights = cb.attrition_weights(
        panel, "age", wave="followup", to="completion", trim=None, base_weights="w"
    )
    people = pd.DataFrame(
        three_waves(completion={"w": lambda ids: np.where(ids % 2, 2.0, 1.0)}).waves["completion"]
    )
    answered = people["id"].isin(
        panel.waves["followup"]["id"].to_pylist() if make is pa.table else list(panel.waves["followup"]["id"])
    )
    wanted = []
    for age, w in zip(people["age"][answered], people["w"][answered], strict=True):
        here = people["age"] == age
        wanted.append(w * people["w"][here].sum() / people["w"][here & answered].sum())
    np.testing.assert_allclose(np.sort(weights.weight), np.sort(wanted), rtol=1e-8)
    assert weights.base == "w"
    assert weights.population_size is None
    assert weights.population == "the people for whom “w” weights “completion”"


def test_scale_of_weights_before_is_kept_and_changes_no_ratio():
    def made(scale):
        panel = three_waves(completion={"w": lambda ids: scale * (1.0 + ids % 3)})
        return cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights="w").weight

    np.testing.assert_allclose(made(1000.0), 1000.0 * made(1.0), rtol=1e-8)


def test_people_without_a_weight_before_are_left_out_and_counted():
    # The first two of the young have no weight before, the third has 0: all three answered the followup.
    w = np.ones(230)
    panel = three_waves(completion={"w": lambda ids: np.where(ids < 2, np.nan, np.where(ids == 2, 0.0, w))})
    weights = cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights="w")
    assert weights.n == 97
    assert weights.weight.sum() == pytest.approx(227)
    assert "3 people in “completion” without a weight before left out" in labels(weights)
    assert alert_of(weights, "no_earlier_weight").value == 3
    assert weights.left_out["no weight before"].size == 3
    # The rows of these people take no part; nobody has to take them out by hand.
    rows = panel.wave("followup", also_in="completion")
    result = cb.proportions(rows, "job", weights=weights).rows[0]
    without = rows[~rows["person"].isin(weights.left_out["no weight before"])]
    same = cb.proportions(without, "job", weights=weights).rows[0]
    assert (result.estimate, result.conf_low, result.n) == (same.estimate, same.conf_low, 97)
    assert result.above[-1].words == "with a weight"


@pytest.mark.parametrize(
    ("column", "received"),
    [
        (lambda ids: np.where(ids == 5, -1.0, 1.0), "1 negative or infinite"),
        (lambda ids: np.where(ids == 5, np.inf, 1.0), "1 negative or infinite"),
        (lambda ids: np.zeros(ids.size), "without a number above 0"),
        (lambda ids: np.full(ids.size, "x"), "of type"),
    ],
)
def test_columns_that_hold_no_weights_are_refused(column, received):
    panel = three_waves(completion={"w": column})
    with pytest.raises(InputError, match=received):
        cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights="w")


def test_weights_before_of_other_people_are_refused():
    panel, other = three_waves(), three_waves(ENROLLED)
    foreign = cb.attrition_weights(other, "age", wave="completion", to="start")
    with pytest.raises(InputError, match="none of them in it"):
        cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights=foreign)
    rows = cb.Weights.from_column(pd.DataFrame({"w": [1.0, 2.0]}), "w", population="adults")
    with pytest.raises(InputError, match="weights on people"):
        cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights=rows)
    with pytest.raises(InputError, match="a column of 'completion', or Weights"):
        cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights=3)
    with pytest.raises(ColumnNotFoundError):
        cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights="nothing")


def test_weights_of_a_column_made_before_count_as_known():
    column = {"w": lambda ids: 1.0 + ids % 3}
    panel = three_waves(completion=column)
    known = cb.Weights.from_column(panel.wave("completion"), "w", population="graduates", population_size=900)
    made = cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights=known)
    named = cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights="w")
    np.testing.assert_array_equal(made.weight, named.weight)
    assert made.population == "graduates"
    assert made.everybody.size == made.replicate(np.ones((1, 230))).shape[0] * 230


def test_calibrated_weights_are_weights_before():
    # Completers calibrated to the enrolled of each age are the first step of the worked example.
    panel = three_waves(ENROLLED)
    totals = {"age": {age: n for age, (n, *_) in ENROLLED.items()}}
    first = cb.calibrate(panel.wave("completion"), totals, population="enrolled")
    chain = cb.attrition_weights(
        panel, "age", wave="followup", to="completion", trim=None, base_weights=first
    )
    np.testing.assert_allclose(np.unique(chain.weight.round(9)), [3_900 / 35, 227.5, 520], rtol=1e-9)
    np.testing.assert_allclose(chain.replicate(np.ones((1, 2_300)))[0], chain.weight, rtol=1e-9)
    steep = {"x": 100.0}
    frame = panel.wave("completion").assign(x=lambda f: np.where(f.index % 2, 3.0, 0.5))
    below = cb.calibrate(frame, steep, distance="linear", population="enrolled")
    assert (below.weight < 0).any()
    with pytest.raises(InputError, match="weights below 0"):
        cb.attrition_weights(panel, "age", wave="followup", to="completion", base_weights=below)


@pytest.mark.parametrize("variance", ["linearized", "jackknife", "bootstrap"])
def test_variances_of_a_chain_know_both_steps_and_who_has_no_weight(variance):
    panel = three_waves(completion={"status": status})
    first = cb.attrition_weights(panel, "age", wave="completion", to="start")
    chain = cb.attrition_weights(
        panel, "age", wave="followup", to="completion", base_weights=first, eligible=ACTIVE
    )
    rows = panel.wave("followup", also_in="completion")
    options = {"variance": variance}
    if variance == "bootstrap":
        options["bootstrap"] = cb.Bootstrap(n_resamples=200, rng=1)
    whole = cb.proportions(rows, "job", weights=chain, **options).rows[0]
    kept = cb.proportions(rows[rows["person"].isin(chain.ids)], "job", weights=chain, **options).rows[0]
    assert whole.std_error == pytest.approx(kept.std_error, rel=1e-12)
    known = cb.proportions(rows, "job", weights=chain, variance="kish").rows[0]
    assert 0.8 < whole.std_error / known.std_error < 1.2


# ---- who is still in the population ------------------------------------------------------------------------


def status(ids):
    """Of every ten one dead, one who moved abroad, and one of whom nothing is known."""
    return np.array(["active", "dead", "abroad", ""] + ["active"] * 6, dtype=object)[ids % 10]


ACTIVE = cb.Item("status", yes="active", label="still enrolled")


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "arrow"])
def test_people_who_left_are_taken_out_of_the_population(make):
    def frame(columns):
        return make({k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in columns.items()})

    panel = three_waves(make=frame, completion={"status": status})
    weights = cb.attrition_weights(panel, "age", wave="followup", to="completion", trim=None, eligible=ACTIVE)
    plain = pd.DataFrame(three_waves(completion={"status": status}).waves["completion"])
    kept = ~plain["status"].isin(["dead", "abroad"])
    assert weights.weight.sum() == pytest.approx(kept.sum())
    assert weights.population == "people in “completion” who are eligible"
    assert weights.population_size == kept.sum()
    n = int((~kept).sum())
    dead = int((plain["status"] == "dead").sum())
    named = sorted([(dead, "dead"), (n - dead, "abroad")], reverse=True)
    said = ", ".join(f"{words} {k}" for k, words in named)
    assert (
        f"still enrolled: {n} of 230 people in “completion” are not eligible and taken out ({said})"
        in labels(weights)
    )
    unknown = int((plain["status"] == "").sum())
    assert f"still enrolled: not known of {unknown} people, who count as eligible" in labels(weights)
    assert alert_of(weights, "unknown_eligibility").value == pytest.approx(unknown / 230)
    assert "people who are not eligible (still enrolled) taken out" in weights.words


def test_eligible_people_are_weighted_as_if_the_others_were_not_in_the_file():
    panel = three_waves(completion={"status": status})
    weights = cb.attrition_weights(panel, "age", wave="followup", to="completion", eligible=ACTIVE)
    waves = {name: pd.DataFrame(frame) for name, frame in panel.waves.items()}
    kept = waves["completion"][~waves["completion"]["status"].isin(["dead", "abroad"])]
    without = cb.link_waves({**waves, "completion": kept}, on="id")
    other = cb.attrition_weights(without, "age", wave="followup", to="completion")
    np.testing.assert_array_equal(weights.weight, other.weight)
    assert [row.level for row in weights.balance] == [row.level for row in other.balance]


def test_respondents_who_left_have_no_weight_and_are_named():
    panel = three_waves(completion={"status": status})
    weights = cb.attrition_weights(panel, "age", wave="followup", to="completion", eligible=ACTIVE)
    rows = panel.wave("followup", carry={"completion": "status"})
    out = rows.loc[rows["status_completion"].isin(["dead", "abroad"]), "person"].to_numpy()
    np.testing.assert_array_equal(np.sort(weights.left_out["not eligible"]), np.sort(out))
    found = alert_of(weights, "ineligible_respondents")
    assert (found.value, found.text) == (
        out.size,
        f"{out.size} people who answered “followup” are not eligible.",
    )
    assert not np.isin(weights.ids, out).any()
    result = cb.proportions(rows, "job", weights=weights).rows[0]
    assert result.n == weights.n == 100 - out.size
    with pytest.raises(InputError, match="people without a weight"):
        weights.for_people(out)


def test_a_label_that_matches_nothing_never_makes_a_respondent():
    # Not the label of a disposition, but the row in the wave says who answered; labels say who is eligible.
    disposition = {"status": lambda ids: np.where(ids % 10 == 0, "partial ", "complete")}
    panel = three_waves(completion=disposition)
    item = cb.Item("status", yes=["complete", "compelte"])
    weights = cb.attrition_weights(panel, "age", wave="followup", to="completion", eligible=item)
    assert not np.isin(weights.ids, weights.left_out["not eligible"]).any()
    assert "status: nobody has 'compelte'" in labels(weights)
    assert any("(partial 23)" in words for words in labels(weights))
    misspelled = cb.Item("status", yes="compleet")
    with pytest.raises(InputError, match="Check the spelling"):
        cb.attrition_weights(panel, "age", wave="followup", to="completion", eligible=misspelled)
    silent = panel.waves["followup"].assign(code=["answered?"] * 50 + [""] * 50)
    waves = {"completion": panel.waves["completion"], "followup": silent}
    declared = cb.link_waves(waves, on="id", answered={"followup": "code"})
    assert cb.attrition_weights(declared, "age", wave="followup", to="completion").n == 50


def test_eligibility_may_be_known_in_another_wave_and_of_several_questions():
    panel = three_waves(start={"status": status, "debt": lambda ids: ids % 7})
    weights = cb.attrition_weights(panel, "age", wave="followup", to="completion", eligible={"start": ACTIVE})
    here = three_waves(completion={"status": status})
    same = cb.attrition_weights(here, "age", wave="followup", to="completion", eligible=ACTIVE)
    np.testing.assert_array_equal(weights.weight, same.weight)
    both = cb.all_of(ACTIVE, cb.Item("debt", at_most=5), label="active without debt")
    joined = cb.attrition_weights(panel, "age", wave="followup", to="completion", eligible={"start": both})
    assert joined.weight.sum() < weights.weight.sum()
    assert any(words.startswith("active without debt: ") for words in labels(joined))


def test_all_eligible_changes_nothing_but_the_words():
    panel = three_waves(completion={"status": lambda ids: np.full(ids.size, "active")})
    weights = cb.attrition_weights(panel, "age", wave="followup", to="completion", eligible=ACTIVE)
    plain = cb.attrition_weights(panel, "age", wave="followup", to="completion")
    np.testing.assert_array_equal(weights.weight, plain.weight)
    assert "still enrolled: all 230 people in “completion” are eligible" in labels(weights)
    assert "ineligible_respondents" not in codes(weights)


@pytest.mark.parametrize(
    ("eligible", "message"),
    [
        (cb.Item("status", yes="alive"), "Check the spelling"),
        (cb.Item("status", yes=["alive", "well"], no=["active", "dead", "abroad"]), "nobody says yes"),
        (cb.Item("nothing", yes="active"), "nothing"),
        ([ACTIVE, cb.Item("age", yes="young")], "one question"),
        ({"start": ACTIVE, "completion": ACTIVE}, "one wave with its question"),
        ({"elsewhere": ACTIVE}, "a wave of this panel"),
        (cb.Item("status", each_level=True), "yes or no"),
        ("status", "status"),
        (3, "a column name, an Item"),
    ],
)
def test_what_says_not_who_is_eligible_is_refused(eligible, message):
    panel = three_waves(start={"status": status}, completion={"status": status})
    with pytest.raises((InputError, ColumnNotFoundError), match=message):
        cb.attrition_weights(panel, "age", wave="followup", to="completion", eligible=eligible)


def test_eligibility_within_a_chain_leaves_the_scale():
    panel = three_waves(completion={"status": status})
    first = cb.attrition_weights(panel, "age", wave="completion", to="start", trim=None)
    chain = cb.attrition_weights(
        panel, "age", wave="followup", to="completion", trim=None, base_weights=first, eligible=ACTIVE
    )
    rows = panel.wave("completion")
    kept = ~rows["status"].isin(["dead", "abroad"])
    assert chain.weight.sum() == pytest.approx(first.for_people(rows["person"][kept].to_numpy()).sum())
    assert chain.population_size == round(chain.weight.sum())
    assert chain.population == "people in “start” who are eligible"


# ---- several waves -----------------------------------------------------------------------------------------


def four_waves(answered=None):
    """Start, and three waves that 60, 50 and 40 of the hundred answered: 20 all of them."""
    ids = np.arange(100)
    frames = {"start": pd.DataFrame({"id": ids, "age": np.where(ids % 2, "young", "old")})}
    for name, some in {
        "w1": ids < 60,
        "w4": (ids >= 30) & (ids < 80),
        "w7": (ids >= 40) & (ids < 80),
    }.items():
        frames[name] = pd.DataFrame({"id": ids[some], "job": (ids % 3 == 0)[some]})
    if answered:
        frames["w4"] = frames["w4"].astype({"job": object})
        frames["w4"].loc[frames["w4"]["id"] < answered, "job"] = None
        return cb.link_waves(frames, on="id", answered={"w4": "job"})
    return cb.link_waves(frames, on="id")


def test_answered_several_waves():
    panel = four_waves()
    weights = cb.attrition_weights(panel, "age", wave=["w1", "w4", "w7"], to="start")
    assert weights.n == 20
    assert weights.target.waves == ("w1", "w4", "w7")
    assert weights.wave == "w1, w4 and w7"
    assert [(row.without, row.n) for row in weights.choices] == [("", 20), ("w1", 40), ("w4", 20), ("w7", 30)]
    assert weights.choices["w7"].rows[0].waves == ("w1", "w4")
    assert labels(weights)[1] == (
        "answered “w1”, “w4” and “w7”: 20 people; without “w1” 40; without “w4” 20; without “w7” 30"
    )
    assert [(a.value, a.text) for a in weights.alerts if a.code == "wave_costs_people"] == [
        (20, "40 people would have a weight rather than 20 if they had not to answer “w1”."),
        (10, "30 people would have a weight rather than 20 if they had not to answer “w7”."),
    ]


def test_weights_of_several_waves_are_found_for_the_people_in_all_of_them():
    panel = four_waves()
    weights = cb.attrition_weights(panel, "age", wave=["w1", "w4", "w7"], to="start")
    rows = panel.wave("w7", also_in=["w1", "w4"])
    result = cb.proportions(rows, "job", weights=weights).rows[0]
    assert result.n == 20
    with pytest.raises(InputError, match=r"panel.wave\('w7', also_in=\['w1', 'w4', 'start'\]\)"):
        cb.proportions(panel.wave("w7"), "job", weights=weights)
    moves = cb.transitions(panel, "job", waves=("w1", "w7"), weights=weights)
    assert moves.n == 20


def test_whoever_was_silent_in_one_of_several_waves_takes_no_part():
    # Ten of the twenty have a row in w4 and no answer there: panel.wave() cannot tell, the weights can.
    panel = four_waves(answered=50)
    weights = cb.attrition_weights(panel, "age", wave=["w1", "w4", "w7"], to="start")
    assert weights.n == 10
    rows = panel.wave("w7", also_in=["w1", "w4", "start"])
    assert len(rows) == 20
    assert cb.proportions(rows, "job", weights=weights).rows[0].n == 10


def test_one_wave_in_a_list_is_one_wave():
    panel = four_waves()
    listed = cb.attrition_weights(panel, "age", wave=["w4"], to="start")
    named = cb.attrition_weights(panel, "age", wave="w4", to="start")
    np.testing.assert_array_equal(listed.weight, named.weight)
    assert listed.choices is None
    assert labels(listed) == labels(named)


@pytest.mark.parametrize(
    ("wave", "message"),
    [
        ([], "at least one wave"),
        (["w1", "w1"], "more than once"),
        (["w1", "start"], "another wave"),
        (["w1", "w9"], "a wave of this panel"),
        (3, "a wave of this panel"),
    ],
)
def test_waves_that_make_no_sense_are_refused(wave, message):
    with pytest.raises(InputError, match=message):
        cb.attrition_weights(four_waves(), "age", wave=wave, to="start")


def test_covariates_of_one_of_several_waves_are_refused():
    with pytest.raises(InputError, match="known for its respondents only"):
        cb.attrition_weights(four_waves(), {"w4": "job"}, wave=["w1", "w4"], to="start")


def test_a_recipe_of_several_waves_can_be_run_again():
    panel = four_waves()
    weights = cb.attrition_weights(panel, "age", wave=["w1", "w4"], to="start")
    again = cb.attrition_weights(panel, **weights.recipe)
    np.testing.assert_array_equal(again.weight, weights.weight)
    assert again == weights


@pytest.mark.parametrize("method", ["classes", "calibration"])
@pytest.mark.parametrize("seed", [19, 20, 21])
def test_the_method_sees_the_weights_that_a_chain_comes_with(method, seed):
    # The same weights as a column: classes are cut and joined by them, whichever way they come.
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 3, 600), rng.integers(0, 4, 600)
    done = rng.random(600) < 0.3 + 0.2 * a
    found = done & (rng.random(600) < 0.1 + 0.12 * b + 0.1 * a)
    start = pd.DataFrame({"id": np.arange(600), "a": a, "b": b, "z": rng.integers(0, 5, 600)})
    waves = {"start": start, "completion": start[done], "followup": start.loc[found, ["id"]].assign(job=1)}
    panel = cb.link_waves(waves, on="id")
    first = cb.attrition_weights(panel, ["a", "b"], wave="completion", to="start")
    given = start[done].assign(w=first.for_people(panel.people_in("completion")))
    other = cb.link_waves({**waves, "completion": given}, on="id")
    chain, column = (
        cb.attrition_weights(
            each, ["a", "b", "z"], wave="followup", to="completion", method=method, base_weights=base
        )
        for each, base in ((panel, first), (other, "w"))
    )
    np.testing.assert_allclose(chain.weight, column.weight, rtol=1e-7)
    said = [
        [step for step in labels(each) if not step.startswith("weights before")] for each in (chain, column)
    ]
    assert said[0] == said[1]
