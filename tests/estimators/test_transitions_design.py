"""Transitions with weights, designs, groups and replicates: R, brute force, proportions, and coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.stats import norm

import credbenefits as cb
from credbenefits import Bootstrap, Item, ReplicateWeights, SurveyDesign
from credbenefits.errors import DataWarning, InputError, MethodError
from credbenefits.numerics.pairs.paired import paired_interval
from credbenefits.numerics.resampling.intervals import percentile

pytestmark = pytest.mark.filterwarnings("ignore:.*(are blank in every column|who were asked answered)")

#: R 4.2.2, survey 4.1-1: tests/golden/r/transitions.R.
R = json.loads((Path(__file__).parents[1] / "golden" / "transitions.json").read_text())
PEOPLE = pd.DataFrame(R["people"])
STATE = Item("state", each_level=True)
DESIGNS = {
    "clusters": {"design": SurveyDesign(strata="stratum", clusters="psu")},
    "rows": {"design": SurveyDesign(strata="stratum", population_size="rows")},
    "weights": {"variance": "linearized"},
    "jackknife": {"design": SurveyDesign(strata="stratum", clusters="psu"), "variance": "jackknife"},
}


def two_waves(make=pd.DataFrame):
    """The panel of the R script: who is not linked is in the first wave only, and newcomers in the second."""
    here = PEOPLE["linked"]
    before = PEOPLE[["id", "stratum", "psu", "rows", "weight", "site"]].assign(state=PEOPLE["first"])
    after = pd.DataFrame(
        {"id": PEOPLE["id"][here], "state": PEOPLE["second"][here], "late": PEOPLE["weight"][here]}
    )
    after = pd.concat(
        [after, pd.DataFrame({"id": [1001, 1002], "state": ["full", "part"], "late": [1.0, 9.0]})]
    )
    frames = {"before": before.astype({"id": str}), "after": after.astype({"id": str}).reset_index(drop=True)}
    if make is not pd.DataFrame:
        make = (
            pl.from_pandas
            if make is pl.DataFrame
            else lambda f: pa.Table.from_pandas(f, preserve_index=False)
        )
        frames = {name: make(frame) for name, frame in frames.items()}
    return cb.link_waves(frames, on="id")


def by_name(result, group=None):
    return {
        (row.measure, row.first, row.second): row
        for row in result.rows
        if group is None or tuple(value for _, value in row.group) == group
    }


# ---- R ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["", "a"])
@pytest.mark.parametrize("name", DESIGNS)
def test_r(name, site):
    result = cb.transitions(
        two_waves(), STATE, weights="weight", by="site" if site else None, **DESIGNS[name]
    )
    rows = by_name(result, (site,) if site else None)
    wanted = [each for each in R["records"] if (each["design"], each["site"]) == (name, site)]
    assert len(wanted) == (25 if site else 28)  # nobody of the site was in full work first
    for each in wanted:
        row = rows[each["measure"], each["first"], each["second"]]
        assert row.estimate == pytest.approx(each["estimate"], rel=1e-12, abs=1e-15)
        # R has the rank of the replicates here, for any domain.
        if name != "jackknife" and each["measure"] != "share_of_first":
            assert row.df == each["df"]
        if 0 < row.count < row.n or each["measure"] == "net_change":
            assert row.std_error == pytest.approx(each["std_error"], rel=1e-10)


# ---- brute force, and proportions -------------------------------------------------------------------


def linearized(score, weight, psu, stratum):
    """The variance of a weighted mean over PSUs in strata, by its definition; NaN is outside of the base."""
    base = ~np.isnan(score)
    mean = (weight * np.nan_to_num(score)).sum() / weight[base].sum()
    z = np.where(base, weight * (np.nan_to_num(score) - mean), 0.0) / weight[base].sum()
    total = 0.0
    for h in np.unique(stratum):
        units = [z[(stratum == h) & (psu == u)].sum() for u in np.unique(psu[stratum == h])]
        total += len(units) / (len(units) - 1) * np.sum((np.array(units) - np.mean(units)) ** 2)
    return mean, total**0.5


def test_net_change_by_brute_force():
    p = PEOPLE
    both, first, second = (p[name].to_numpy() for name in ("both", "first", "second"))
    for level in ("full", "none", "part"):
        score = np.where(both, (second == level) * 1.0 - (first == level), np.nan)
        mean, error = linearized(score, *(p[c].to_numpy() for c in ("weight", "psu", "stratum")))
        row = cb.transitions(two_waves(), STATE, weights="weight", **DESIGNS["clusters"]).find(
            "net_change", level, level
        )
        assert (row.estimate, row.std_error) == pytest.approx((mean, error), rel=1e-12)
        assert row.conf_low < row.estimate < row.conf_high


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"weights": "weight"},
        {"weights": "weight", **DESIGNS["clusters"]},
        {"weights": "weight", **DESIGNS["rows"]},
        {"weights": "weight", **DESIGNS["jackknife"]},
        {"weights": "weight", "variance": "jackknife"},
        {
            "weights": "weight",
            **DESIGNS["clusters"],
            "variance": "bootstrap",
            "bootstrap": Bootstrap(n_resamples=200, rng=5),
        },
        {"weights": "weight", "design": SurveyDesign(clusters=["psu", "id"], strata="stratum")},
        {"design": SurveyDesign(clusters="psu", strata="stratum", lonely_psu="average", deff=2)},
    ],
)
@pytest.mark.parametrize("by", [None, "site"])
def test_each_wave_is_what_proportions_says_of_the_same_people(how, by):
    """The first wave's rows with a question that only pairs answered: the same domain of the same sample."""
    both = PEOPLE["both"]
    data = PEOPLE.assign(
        before=PEOPLE["first"].where(both), after=PEOPLE["second"].where(both), id=PEOPLE["id"].astype(str)
    )
    result = cb.transitions(two_waves(), STATE, by=by, **how)
    for column, measure in (("before", "first_wave"), ("after", "second_wave")):
        other = cb.proportions(data, Item(column, each_level=True), by=by, **how)
        for row in other.rows:
            name = (measure, row.level, "") if measure == "first_wave" else (measure, "", row.level)
            here = by_name(result, tuple(v for _, v in row.group))[name]
            assert (here.count, here.n) == (row.count, row.n)
            for number in ("estimate", "std_error", "conf_low", "conf_high", "n_effective", "df"):
                assert getattr(here, number) == pytest.approx(getattr(row, number), rel=1e-9, nan_ok=True), (
                    number
                )


def test_weights_of_people_are_a_column_of_them():
    panel = two_waves()
    column = cb.transitions(panel, STATE, weights="late")
    mapped = cb.transitions(panel, STATE, weights={"before": "weight"})
    assert column.columns == mapped.columns
    assert column.weighted
    assert "weighted" in column.rows[0].flags
    assert ", weighted (95% intervals)" in repr(column)


def test_kish_net_change_is_newcombe_on_effective_counts():
    panel = two_waves()
    result = cb.transitions(panel, Item("state", yes="full"), weights="weight")
    p = PEOPLE[PEOPLE["both"]]
    one, two, w = p["first"] == "full", p["second"] == "full", p["weight"]
    size = w.sum() ** 2 / (w**2).sum() / w.sum()
    counts = [(w[a & b].sum() * size) for a, b in ((one, two), (one, ~two), (~one, two), (~one, ~two))]
    low, high = paired_interval(*counts)
    row = result.change
    assert (row.conf_low, row.conf_high) == pytest.approx((low, high), rel=1e-12)
    assert row.n_effective == pytest.approx(w.sum() ** 2 / (w**2).sum(), rel=1e-12)
    change = two * 1.0 - one
    mean = np.average(change, weights=w)
    spread = np.average((change - mean) ** 2, weights=w)
    assert row.std_error == pytest.approx((spread / row.n_effective) ** 0.5, rel=1e-12)


def test_bootstrap_takes_the_net_change_from_the_same_replicates():
    drawn = {"weights": "weight", "design": SurveyDesign(strata="stratum", clusters="psu")}
    panel, yes = two_waves(), Item("state", yes="full")
    how = {**drawn, "variance": "bootstrap", "bootstrap": Bootstrap(n_resamples=300, rng=1)}
    both = PEOPLE["both"]
    data = PEOPLE.assign(before=PEOPLE["first"].where(both), after=PEOPLE["second"].where(both))
    items = [Item(c, yes="full", label=c) for c in ("before", "after")]
    kept = {**how, "bootstrap": Bootstrap(n_resamples=300, rng=1, keep=True)}
    values = cb.proportions(data, items, **kept).replicates.values
    change = values[:, 1] - values[:, 0]
    made = cb.transitions(panel, yes, method="bootstrap", **how)
    assert made.change.std_error == pytest.approx(np.mean((change - change.mean()) ** 2) ** 0.5, rel=0.01)
    low, high = map(float, percentile(change, confidence_level=0.95))
    assert (made.change.conf_low, made.change.conf_high) == pytest.approx((low, high), rel=1e-9)
    share = tuple(map(float, percentile(values[:, 0], confidence_level=0.95)))
    row = made.find("first_wave", "yes")
    assert (row.conf_low, row.conf_high) == pytest.approx(share, rel=1e-9)
    assert row.method == "bootstrap percentile, 300 resamples"
    basic = cb.transitions(panel, yes, **how | {"method": "bootstrap_basic"}).change
    assert basic.conf_low == pytest.approx(2 * basic.estimate - high, rel=1e-9)
    assert made == cb.transitions(panel, yes, **how | {"method": "bootstrap"})
    people = {"variance": "bootstrap", "bootstrap": Bootstrap(n_resamples=2_000, rng=1)}
    plain, drawn = cb.transitions(panel, yes), cb.transitions(panel, yes, **people)
    assert drawn.change.std_error == pytest.approx(plain.change.std_error, rel=0.1)


def test_replicate_weights_of_the_file():
    rng = np.random.default_rng(2)
    factors = rng.choice([0.0, 2.0], (len(PEOPLE), 20))
    names = [f"r{i}" for i in range(20)]
    more = pd.DataFrame(factors * PEOPLE["weight"].to_numpy()[:, None], columns=names)
    panel = two_waves()
    before = pd.concat([panel.waves["before"], more], axis=1)
    panel = cb.link_waves({"before": before, "after": panel.waves["after"]}, on="id")
    design = SurveyDesign(replicate_weights=ReplicateWeights(names, "brr"))
    result = cb.transitions(panel, Item("state", yes="full"), weights="weight", design=design)
    both = PEOPLE["both"].to_numpy()
    one, two = ((PEOPLE[c] == "full").to_numpy()[both] * 1.0 for c in ("first", "second"))

    def change(w):
        return np.average(two - one, weights=w[both])

    full = change(PEOPLE["weight"].to_numpy())
    values = np.array([change(more[name].to_numpy()) for name in names])
    assert result.change.estimate == pytest.approx(full, rel=1e-12)
    assert result.change.std_error == pytest.approx(np.mean((values - full) ** 2) ** 0.5, rel=1e-12)
    assert result.procedure.replicate_kind == "brr"


# ---- groups and bases -------------------------------------------------------------------------------


def test_groups_are_the_parts_and_nobody_vanishes():
    panel = two_waves()
    result = cb.transitions(panel, STATE, by="site")
    whole = cb.transitions(panel, STATE)
    assert result.groups == (("a",), ("b",), ("c",))
    assert (result.n_linked, result.n, result.n_missing) == (whole.n_linked, whole.n, whole.n_missing)
    for name in by_name(whole):
        parts = [by_name(result, g).get(name) for g in result.groups]
        assert sum(part.count for part in parts) == by_name(whole)[name].count
        assert (
            sum(part.n + part.n_missing for part in parts)
            == by_name(whole)[name].n + by_name(whole)[name].n_missing
        )
    assert result.find("changed", group="b").group == (("site", "b"),)
    with pytest.raises(InputError, match="a group of site"):
        result.find("changed")
    assert list(result.to_frame().columns[:4]) == ["measure", "first", "second", "site"]


def test_a_group_with_nobody_in_both_waves():
    before = pd.DataFrame({"id": [*"abcdef"], "q": ["yes", "no"] * 3, "site": [*"nnnnss"], "w": 1.0})
    after = pd.DataFrame({"id": [*"abcd"], "q": ["yes", "yes", "no", "no"]})
    panel = cb.link_waves({"before": before, "after": after}, on="id")
    for how in ({}, {"weights": "w"}, {"design": SurveyDesign(clusters="id")}, {"variance": "jackknife"}):
        result = cb.transitions(panel, "q", by="site", **how)
        empty = result.find("changed", group="s")
        assert (empty.n, empty.flags[-1]) == (0, "no_answers")
        assert np.isnan([empty.estimate, empty.conf_low, empty.conf_high, empty.std_error]).all()
        assert result.find("changed", group="n").n == 4


def test_among_is_of_the_first_wave_and_says_who_is_outside():
    panel = two_waves()
    result = cb.transitions(panel, STATE, among=Item("site", yes="a", label="site a"), people="learners")
    p = PEOPLE[PEOPLE["both"] & (PEOPLE["site"] == "a")]
    assert result.n == len(p)
    assert result.changed.count == (p["first"] != p["second"]).sum()
    assert result.changed.base == f"{len(p)} learners who reported site a and answered in before and after"
    outside = int((PEOPLE["linked"] & (PEOPLE["site"] != "a")).sum())
    linked = int(PEOPLE["linked"].sum())
    assert f"{outside} of the {linked} people in both waves are not in the base" in repr(result)
    grouped = cb.transitions(panel, STATE, by="site").find("changed", group="a")
    for number in ("estimate", "std_error", "conf_low", "conf_high", "count", "n"):
        assert getattr(grouped, number) == getattr(result.changed, number)


def test_weights_of_0_and_missing_groups_are_said():
    before = pd.DataFrame({"id": [*"abcdef"], "q": ["yes", "no"] * 3, "g": ["x", "x", "y", "y", None, "y"]})
    after = pd.DataFrame({"id": [*"abcdef"], "q": ["yes", "yes", "no"] * 2, "w": [0.0, 1, 1, 1, 1, 1]})
    result = cb.transitions(cb.link_waves({"a": before, "b": after}, on="id"), "q", by="g", weights="w")
    assert (result.n_linked, result.n) == (4, 4)
    assert any("weight 0" in note for note in result.notes)
    assert any("no value in g" in note for note in result.notes)


# ---- frames, edges, refusals ------------------------------------------------------------------------


@pytest.mark.parametrize("make", [pl.DataFrame, pa.Table])
def test_any_frame(make):
    how = {"by": "site", "weights": "late", **DESIGNS["clusters"]}
    plain, other = (cb.transitions(two_waves(kind), STATE, **how) for kind in (pd.DataFrame, make))
    assert plain.columns == other.columns
    assert type(other.to_frame()) is make


def test_one_pair_and_all_missing():
    before = pd.DataFrame({"id": [1], "q": ["yes"], "w": [2.0]})
    panel = cb.link_waves({"a": before, "b": pd.DataFrame({"id": [1], "q": ["no"]})}, on="id")
    result = cb.transitions(panel, "q", weights="w")
    assert (result.fell.estimate, result.change.estimate, result.n) == (1.0, -1.0, 1)
    assert result.change.conf_low == -1.0
    clustered = cb.transitions(panel, "q", design=SurveyDesign(clusters="id", lonely_psu="certainty"))
    assert clustered.change.flags == ("small_base", "no_df")
    silent = cb.link_waves({"a": before, "b": pd.DataFrame({"id": [1, 2], "q": [None, "no"]})}, on="id")
    with pytest.raises(InputError, match="waves that somebody answered both of"):
        cb.transitions(silent, "q")


@pytest.mark.parametrize(
    ("how", "error", "match"),
    [
        ({"weights": "w"}, InputError, "weights"),
        ({"weights": {"nowhere": "late"}}, InputError, "one of the waves"),
        ({"weights": 3}, InputError, "expected Weights"),
        ({"by": "estimate"}, InputError, "not called as a column"),
        ({"by": "nothing"}, InputError, "by"),
        ({"among": Item("site", yes="z", no=["a", "b", "c"])}, InputError, "among"),
        ({"variance": "kish", **DESIGNS["clusters"]}, MethodError, "variance"),
        ({"variance": "replicate_weights"}, MethodError, "variance"),
        ({"method": "logit"}, MethodError, "method"),
        ({"method": "bootstrap", "variance": "linearized"}, MethodError, "bootstrap interval"),
        ({"variance": "bootstrap", "bootstrap": Bootstrap(keep=True)}, MethodError, "bootstrap.keep"),
        ({"bootstrap": Bootstrap(kind="simple")}, MethodError, "bootstrap.kind"),
        ({"same": {"full": "full"}}, InputError, "two spellings"),
        ({"same": {"ful": "full"}}, InputError, "somebody wrote"),
        ({"same": {"full": "part", "part": "none"}}, InputError, "in turn"),
    ],
)
def test_refusals(how, error, match):
    with pytest.raises(error, match=match):
        cb.transitions(two_waves(), STATE, **how)


def test_bootstrap_without_effect_is_said():
    result = cb.transitions(two_waves(), STATE, bootstrap=Bootstrap(rng=1))
    assert any(note.startswith("bootstrap= has no effect") for note in result.notes)


# ---- doubtful links ---------------------------------------------------------------------------------


def doubtful(monkeypatch, probability):
    panel = two_waves()
    links = panel.links.assign(match_probability=probability(panel.links))
    monkeypatch.setattr(cb.Panel, "as_pandas", lambda self, name: links)
    return panel


def chances(links):
    return np.random.default_rng(9).choice([1.0, 0.9, 0.6], len(links))


@pytest.mark.parametrize("level", ["full", "none", "part"])
def test_doubtful_links_under_a_design_by_brute_force(monkeypatch, level):
    panel = doubtful(monkeypatch, chances)
    row = cb.transitions(panel, STATE, weights="weight", **DESIGNS["clusters"]).find(
        "net_change", level, level
    )
    ids = panel.wave("before", also_in="after")
    p = panel.links.set_index("person")["match_probability"].reindex(ids["person"]).to_numpy()
    chance = pd.Series(p, index=ids["id"].astype(int)).reindex(PEOPLE["id"]).to_numpy()
    both = PEOPLE["both"].to_numpy()
    answered = PEOPLE["linked"].to_numpy() & PEOPLE["second"].notna().to_numpy()
    after = (PEOPLE["second"] == level).to_numpy() * 1.0
    before = (PEOPLE["first"] == level).to_numpy() * 1.0
    newcomers = np.array([level == "full", level == "part"]) * 1.0
    m = answered.sum() + 2
    share = (after[answered].sum() + newcomers.sum()) / m
    w = np.where(both, PEOPLE["weight"], 0.0)
    d = np.where(both, 1 - chance, 0.0)
    total = (w * (1 - d)).sum()
    z = after - before
    estimate = (w * (z - d * (share - before))).sum() / total
    assert row.estimate == pytest.approx(estimate, rel=1e-12)
    # Somebody who says yes in the second wave moves P2, and that all pairs in doubt.
    echo = -(w * d).sum() / m
    parts = w * (z - d * (share - before) - estimate * (1 - d)) + np.where(
        answered, echo * (after - share), 0.0
    )
    alone = ((echo * (newcomers - share)) ** 2).sum()
    variance = 0.0
    for h in range(5):
        here = (PEOPLE["stratum"] == h).to_numpy()
        units = np.array(
            [parts[here & (PEOPLE["psu"] == u).to_numpy()].sum() for u in PEOPLE["psu"][here].unique()]
        )
        variance += len(units) / (len(units) - 1) * ((units - units.mean()) ** 2).sum()
    assert row.std_error == pytest.approx((variance + alone) ** 0.5 / total, rel=1e-10)
    assert row.conf_low < row.estimate < row.conf_high


def test_doubtful_links_with_groups_weights_and_strata(monkeypatch):
    panel = doubtful(monkeypatch, chances)
    for how in ({}, {"weights": "weight"}, {"weights": "weight", **DESIGNS["rows"]}):
        result = cb.transitions(panel, STATE, by="site", **how)
        assert result.linkage_error == "adjust"
        changed = [result.find("changed", group=g) for (g,) in result.groups]
        assert all(row.estimate < row.unadjusted for row in changed)
        shares = [row for row in result.rows if row.measure == "share" and row.group == (("site", "b"),)]
        assert sum(row.estimate for row in shares) == pytest.approx(1, rel=1e-12)
        assert "corrected for false links" in repr(result)
    plain = cb.transitions(panel, STATE, variance="linearized").changed
    usual = cb.transitions(panel, STATE).changed
    assert plain.estimate == pytest.approx(usual.estimate, rel=1e-12)
    assert plain.std_error == pytest.approx(usual.std_error, rel=0.02)
    stretched = [cb.transitions(panel, STATE, weights="weight", **DESIGNS["clusters"]).changed]
    assert all(row.conf_low < row.estimate < row.conf_high for row in stretched)


@pytest.mark.parametrize(
    "how",
    [
        {"variance": "bootstrap"},
        {"method": "bootstrap"},
        {"weights": "weight", "variance": "kish"},
        DESIGNS["jackknife"],
        {
            "design": SurveyDesign(
                strata="stratum",
                clusters=["psu", "id"],
                population_size=["psus", "size"],
                lonely_psu="adjust",
            )
        },
    ],
)
def test_corrections_without_a_known_variance_are_refused(monkeypatch, how):
    before = PEOPLE[["id", "stratum", "psu", "weight"]].assign(state=PEOPLE["first"], psus=30, size=50)
    after = pd.DataFrame({"id": PEOPLE["id"], "state": PEOPLE["second"]})
    panel = cb.link_waves({"before": before, "after": after}, on="id")
    links = panel.links.assign(match_probability=0.9)
    monkeypatch.setattr(cb.Panel, "as_pandas", lambda self, name: links)
    with pytest.raises(MethodError, match="linkage_error"):
        cb.transitions(panel, STATE, **how)
    result = cb.transitions(panel, STATE, linkage_error="ignore", **how)
    assert "linkage error is ignored" in repr(result)


# ---- spellings --------------------------------------------------------------------------------------


def smokers(first, second, more=None):
    ids = range(len(first))
    return cb.link_waves(
        {
            "w1": pd.DataFrame({"id": ids, "q": first}),
            "w2": pd.DataFrame({"id": ids, "q": second, **(more or {})}),
        },
        on="id",
    )


FIRST = ["Everyday"] * 60 + ["Some days"] * 20 + ["Not at all"] * 20
SECOND = ["Every day"] * 50 + ["Some days"] * 25 + ["Not at all"] * 25


def test_an_answer_of_one_wave_only_is_warned_of_with_its_nearest_spelling():
    panel, question = smokers(FIRST, SECOND), Item("q", each_level=True)
    with pytest.warns(
        DataWarning, match="60 of the 100 pairs answered 'Everyday' in w1 .* is 'Every day'"
    ) as said:
        result = cb.transitions(panel, question)
    assert "same={'Everyday': 'Every day'}" in str(said[0].message)
    assert said[0].filename == __file__
    assert result.changed.count == 65
    assert any("'Everyday'" in note for note in result.notes)
    joined = cb.transitions(panel, question, same={"Everyday": "Every day"})
    assert joined.levels == ("Every day", "Not at all", "Some days")
    assert joined.changed.count == 15
    assert any("'Everyday' (60 rows) read as 'Every day'" in note for note in joined.notes)
    other = cb.transitions(panel, question, same={"Every day": "Everyday"})
    assert other.changed.count == joined.changed.count
    assert other.levels == ("Everyday", "Not at all", "Some days")


def test_same_joins_before_yes_is_asked_for():
    panel = smokers(FIRST, SECOND)
    with pytest.warns(DataWarning, match="50 of the 100 pairs answered 'Every day' in w2"):
        wrong = cb.transitions(panel, Item("q", yes=["Everyday", "Some days"]))
    assert wrong.fell.count == 55
    right = cb.transitions(panel, Item("q", yes=["Everyday", "Some days"]), same={"Everyday": "Every day"})
    assert right.fell.count == 5
    assert right.levels == ("yes", "no")


@pytest.mark.parametrize(("n", "warned"), [(4, False), (5, True)])
def test_at_least_5_percent_of_the_pairs(n, warned):
    first = ["a"] * n + ["b"] * (50 - n) + ["c"] * 50
    panel = smokers(first, ["b"] * 50 + ["c"] * 50)
    if warned:
        with pytest.warns(DataWarning, match="'a'"):
            cb.transitions(panel, Item("q", each_level=True))
    else:
        cb.transitions(panel, Item("q", each_level=True))


def test_same_keeps_declared_order_and_numbers():
    order = pd.CategoricalDtype(["low", "mid", "high"], ordered=True)
    first = pd.Series(["low", "mid", "high"] * 10, dtype=order)
    second = pd.Series(
        ["low", "middle", "high"] * 10, dtype=pd.CategoricalDtype(["low", "middle", "high"], ordered=True)
    )
    result = cb.transitions(smokers(first, second), Item("q", each_level=True), same={"middle": "mid"})
    assert result.levels == ("low", "mid", "high")
    assert result.changed.count == 0
    numbers = cb.transitions(smokers([1, 2] * 20, [1, 3] * 20), Item("q", each_level=True), same={3: 2})
    assert numbers.levels == ("1", "2")
    assert numbers.changed.count == 0


def test_columns_of_different_names():
    before = pd.DataFrame({"id": range(40), "job": ["yes", "no"] * 20})
    after = pd.DataFrame({"id": range(40), "job_2": ["full"] * 20 + ["none"] * 20})
    panel = cb.link_waves({"before": before, "after": after}, on="id")
    result = cb.transitions(panel, {"before": "job", "after": Item("job_2", yes="full", no="none")})
    assert (result.rose.count, result.fell.count) == (10, 10)
    assert any("column job_2" in note for note in result.notes)
    for item, match in (
        ({"before": "job"}, "an entry for each of the waves"),
        ({"before": "job", "after": Item("job_2", each_level=True)}, "same answers in both waves"),
    ):
        with pytest.raises(InputError, match=match):
            cb.transitions(panel, item)


# ---- coverage ---------------------------------------------------------------------------------------


def clustered(rng, units, size):
    """40% yes; people of a cluster share an effect on the logit (sd 1), and another one on their change."""
    cluster = np.repeat(np.arange(units), size)
    level, change = rng.normal(size=units)[cluster], rng.normal(size=units)[cluster]
    own = rng.normal(size=units * size)
    one = own + level > 0.3
    two = own + level + change + 0.7 * rng.normal(size=units * size) > 0.3
    return cluster, one, two


@pytest.mark.slow
def test_paired_change_under_clusters_covers():
    """40 clusters of 20, seed 7, 1,000 samples; the truth is 0, as both answers are alike but for the spread."""
    rng = np.random.default_rng(7)
    # P(second) - P(first): normal with variance 2 against 3.49, above 0.3.
    truth = norm.sf(0.3 / 3.49**0.5) - norm.sf(0.3 / 2**0.5)
    held = np.zeros(2)
    for _ in range(1_000):
        cluster, one, two = clustered(rng, 40, 20)
        ids = np.arange(cluster.size)
        panel = cb.link_waves(
            {
                "a": pd.DataFrame({"id": ids, "q": one, "cluster": cluster}),
                "b": pd.DataFrame({"id": ids, "q": two}),
            },
            on="id",
        )
        rows = [cb.transitions(panel, "q", design=d).change for d in (SurveyDesign(clusters="cluster"), None)]
        held += [row.conf_low <= truth <= row.conf_high for row in rows]
    by_design, naive = held / 1_000
    assert 0.935 <= by_design <= 0.965
    assert naive < 0.9
