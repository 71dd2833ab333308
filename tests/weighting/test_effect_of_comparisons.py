"""What weights change in comparisons and in change, and under designs: against the recipe run again."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats as scipy_stats

import credbenefits as cb
from code_waves import ELEMENTS, code_waves, link
from credbenefits.errors import InputError, MethodError

pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")
N = 300
DESIGN = cb.SurveyDesign(strata="region", clusters="school")


def waves(seed=3):
    """People of schools who differ in answering and in what they say, asked twice."""
    rng = np.random.default_rng(seed)
    a, b, school = rng.integers(0, 3, N), rng.integers(0, 2, N), np.arange(N) % 25
    answered = rng.random(N) < 0.45 * np.exp(0.5 * (a - 1) + 0.4 * b) / 1.2
    base = pd.DataFrame({"id": range(N), "a": np.array(list("xyz"))[a], "b": np.array(list("uv"))[b]})
    base["school"], base["region"] = school, np.array(["n", "s"])[school % 2]
    base["g"] = rng.choice(["p", "q", "r"], N)
    base["job"] = np.where(rng.random(N) < 0.3 + 0.1 * a, "yes", "no")
    later = base[["id", "school", "region", "g"]].copy()
    later["job"] = np.where(rng.random(N) < 1 / (1 + np.exp(0.6 - 0.8 * (a - 1))), "yes", "no")
    later["pay"] = rng.choice(["up", "down", "same"], N)
    later["gaps"] = np.where(rng.random(N) < 0.2, None, later["job"])
    return {"base": base, "later": later[answered].reset_index(drop=True)}


@pytest.fixture(scope="module")
def panel():
    return cb.link_waves(waves(), on="id")


@pytest.fixture(scope="module")
def weights(panel):
    # Without a cap: its limit is a quantile, which has no numeric derivative.
    return cb.attrition_weights(panel, ["a", "b"], wave="later", to="base", population="everybody", trim=None)


@pytest.fixture(scope="module")
def data(panel):
    return panel.wave("later", also_in="base")


def influences(weights, data, moved, step=1e-5):
    """How what weights change moves with the copies of each person, the weights made again: (people, rows)."""
    person, place = (
        np.searchsorted(ids, data["person"].to_numpy()) for ids in (weights.everybody, weights.ids)
    )
    ones, more = np.ones((N, N)), step * np.eye(N)
    up, down = (
        moved(weights.replicate(times)[:, place], times[:, person]) for times in (ones + more, ones - more)
    )
    return (up - down) / (2 * step)


def compared(one, two, kind):
    if kind == "difference":
        return one - two
    return np.log(one / two) if kind == "ratio" else np.log(one / (1 - one)) - np.log(two / (1 - two))


def moved_by(data, item, pairs, kind):
    """What weights move in comparisons of pairs of groups, of replicates."""
    y = data[item].map({"yes": 1.0, "no": 0.0}).to_numpy()
    asked, group = ~np.isnan(y), data["g"].to_numpy()

    def share(w, inside):
        inside = inside & asked
        return w[:, inside] @ y[inside] / w[:, inside].sum(1)

    def of(w, t):
        made = []
        for one, other in pairs:
            sides = [group == one, group != one if other == "(rest)" else group == other]
            if other == "(overall)":
                sides[1] = group != ""
            weighted, plain = (compared(*(share(each, side) for side in sides), kind) for each in (w, t))
            made.append(weighted - plain)
        return np.column_stack(made)

    return of


PAIRS = [
    (kind, reference)
    for kind in ("difference", "ratio", "odds_ratio")
    for reference in ("p", "rest", "overall", None)
    if (kind, reference) != ("odds_ratio", "overall")  # which is not offered
]


@pytest.mark.parametrize(("kind", "reference"), PAIRS)
def test_comparisons_move_as_the_recipe_run_again_says(data, weights, kind, reference):
    options = {"by": "g", "comparison": kind, "reference": reference}
    result = cb.compare_groups(data, ["job", "gaps"], weights=weights, **options)
    made = weights.effect(result)
    plain = cb.compare_groups(data, ["job", "gaps"], adjust="none", **options)
    assert len(made) == len(result)
    for row, of, alone in zip(made.rows, result.rows, plain.rows, strict=True):
        assert row.row is of
        assert (row.measure, row.reference, dict(row.group)["g"]) == (kind, of.reference, of.group)
        assert row.weighted == of.estimate
        # The same people unweighted, each interval at the level of the call.
        assert row.unweighted == pytest.approx(alone.estimate, rel=1e-12)
        assert row.unweighted_low == pytest.approx(alone.conf_low, rel=1e-9)
        assert row.unweighted_high == pytest.approx(alone.conf_high, rel=1e-9)
        influence = influences(weights, data, moved_by(data, row.item, [(of.group, of.reference)], kind))
        error = np.sqrt(N / (N - 1) * (influence**2).sum())
        assert row.std_error == pytest.approx(error, rel=1e-5)
        move = row.weighted - row.unweighted
        df = of.n_effective + of.n_effective_reference - 2
        reach = scipy_stats.t.ppf(0.975, df) * row.std_error
        if kind == "difference":
            assert row.difference == pytest.approx(move, abs=1e-14)
            assert (row.conf_low, row.conf_high) == pytest.approx((move - reach, move + reach))
            low, high, half = move - reach, move + reach, (row.unweighted_high - row.unweighted_low) / 2
        else:
            move = np.log(row.weighted / row.unweighted)
            assert row.difference == pytest.approx(np.exp(move))
            assert (row.conf_low, row.conf_high) == pytest.approx(tuple(np.exp([move - reach, move + reach])))
            half = np.log(row.unweighted_high / row.unweighted_low) / 2
            low, high = move - reach, move + reach
        expected = "moved" if low > 0 or high < 0 else "cannot tell"
        assert row.verdict == (
            "not moved" if expected != "moved" and -half <= low and high <= half else expected
        )


def test_transitions_move_as_the_recipe_run_again_says(panel, data, weights):
    result = cb.transitions(panel, "job", weights=weights)
    made = weights.effect(result)
    before = panel.wave("base").set_index("id").loc[data["id"], "job"].to_numpy() == "yes"
    after = (data["job"] == "yes").to_numpy()
    plain = cb.transitions(panel, "job", among=None)
    values = {
        ("share", "yes", "no"): before & ~after,
        ("first_wave", "yes", ""): before,
        ("second_wave", "", "yes"): after,
        ("changed", "", ""): before != after,
        ("net_change", "yes", "yes"): after.astype(float) - before,
    }
    found = {(row.measure, row.row.first, row.row.second): row for row in made.rows}
    assert len(found) == len(result)
    for name, z in values.items():
        row, alone = found[name], plain.find(*name)

        def moved(w, t, z=z):
            return (w @ z / w.sum(1) - t @ z / t.sum(1))[:, None]

        influence = influences(weights, data, moved)
        assert row.std_error == pytest.approx(np.sqrt(N / (N - 1) * (influence**2).sum()), rel=1e-5)
        assert row.difference == pytest.approx(row.weighted - row.unweighted, abs=1e-14)
        assert (row.unweighted, row.unweighted_low, row.unweighted_high) == pytest.approx(
            (alone.estimate, alone.conf_low, alone.conf_high), rel=1e-9
        )
    row = found["share_of_first", "yes", "no"]
    assert row.unweighted == pytest.approx((before & ~after).sum() / before.sum())
    assert weights.effect(result["net_change"]).rows == tuple(
        row for row in made.rows if row.measure == "net_change"
    )


@pytest.mark.parametrize("estimated", [True, False])
@pytest.mark.parametrize("kind", ["shares", "differences", "ratios", "change"])
def test_designs_add_up_the_units(panel, data, weights, kind, estimated):
    made = weights
    if not estimated:
        made = cb.Weights.from_column(
            data.assign(w=weights.for_people(data["person"].to_numpy())), "w", population="everybody"
        )
    if kind == "change":
        result = cb.transitions(panel, "job", weights=made, design=DESIGN)["net_change"]
    elif kind == "shares":
        result = cb.proportions(data, "job", by="g", weights=made, design=DESIGN)
    else:
        result = cb.compare_groups(
            data, "job", by="g", reference="p", comparison=kind[:-1], weights=made, design=DESIGN
        )
    found = weights.effect(result) if estimated else made.effect(result)
    y = (data["job"] == "yes").to_numpy().astype(float)
    before = (panel.wave("base").set_index("id").loc[data["id"], "job"].to_numpy() == "yes").astype(float)
    group = data["g"].to_numpy()

    def share(w, inside):
        return w[:, inside] @ y[inside] / w[:, inside].sum(1)

    def moved(w, t, row):
        if kind == "change":
            return w @ (y - before) / w.sum(1) - t @ (y - before) / t.sum(1)
        if kind == "shares":
            inside = group == row.group[0][1]
            return share(w, inside) - share(t, inside)
        sides = group == row.group[0][1], group == "p"
        return compared(*(share(w, s) for s in sides), kind[:-1]) - compared(
            *(share(t, s) for s in sides), kind[:-1]
        )

    base = panel.wave("base")
    for row in found.rows:
        if estimated:
            z = influences(weights, data, lambda w, t, row=row: moved(w, t, row)[:, None])[:, 0]
            of = base
        else:
            n, h = len(data), 1e-6
            fixed = weights.for_people(data["person"].to_numpy())
            up, down = (moved(fixed * m, m, row) for m in (1 + h * np.eye(n), 1 - h * np.eye(n)))
            # In transitions everybody of the first wave was drawn.
            of = base if kind == "change" else data
            z = pd.Series((up - down) / (2 * h), data["person"]).reindex(of["person"]).fillna(0.0).to_numpy()
        totals = pd.Series(z).groupby([of["region"].to_numpy(), of["school"].to_numpy()]).sum()
        centred = totals - totals.groupby(level=0).transform("mean")
        k = totals.groupby(level=0).transform("size")
        assert row.std_error == pytest.approx(np.sqrt((centred**2 * k / (k - 1)).sum()), rel=1e-4)
        reach = scipy_stats.t.ppf(0.975, row.row.df) * row.std_error
        assert (
            np.log(row.conf_high / row.difference) == pytest.approx(reach)
            if kind == "ratios"
            else (row.conf_high - row.difference == pytest.approx(reach))
        )


def test_known_weights_of_rows_and_of_counts_give_the_same(data):
    rows = data.drop(columns="person").assign(w=np.random.default_rng(8).exponential(size=len(data)))
    made = cb.Weights.from_column(rows, "w", population="adults")
    y, w = (rows["job"] == "yes").to_numpy(dtype=float), rows["w"].to_numpy()
    counts = cb.count(rows, ["job"], by="g", weights=made)
    for reference in ("p", "rest", "overall"):
        options = {"by": "g", "reference": reference}
        of_rows = made.effect(cb.compare_groups(rows, "job", weights=made, **options))
        of_counts = made.effect(cb.compare_groups(counts, **options))
        for row, other in zip(of_rows.rows, of_counts.rows, strict=True):
            assert row.std_error == pytest.approx(other.std_error, rel=1e-9)
            one = (rows["g"] == dict(row.group)["g"]).to_numpy()
            two = {"(rest)": ~one, "(overall)": one | True}.get(row.reference, (rows["g"] == "p").to_numpy())
            z = 0.0
            variance = []
            for inside, sign in ((one, 1), (two, -1)):
                p, u = np.average(y[inside], weights=w[inside]), y[inside].mean()
                own = inside * (w * (y - p) / w[inside].sum() - (y - u) / inside.sum())
                factor = np.sqrt(inside.sum() / (inside.sum() - 1))
                z = z + sign * own * factor
                variance.append(own)
            assert row.std_error == pytest.approx(np.sqrt((z**2).sum()), rel=1e-9)


@pytest.mark.parametrize(
    "options", [{"variance": "jackknife"}, {"variance": "linearized"}, {"adjust": "none"}]
)
def test_it_does_not_depend_on_the_variance_of_the_result(data, weights, options):
    first = weights.effect(cb.compare_groups(data, "job", by="g", weights=weights))
    other = weights.effect(cb.compare_groups(data, "job", by="g", weights=weights, **options))
    assert [row.std_error for row in other.rows] == pytest.approx([row.std_error for row in first.rows])
    assert [row.unweighted_low for row in other.rows] == [row.unweighted_low for row in first.rows]


def test_rows_that_were_picked_are_the_same_rows(data, weights):
    result = cb.compare_groups(data, ["job", "gaps"], by="g", weights=weights)
    whole, part = weights.effect(result), weights.effect([result["gaps"], result["job"]])
    assert part["gaps"].rows == whole["gaps"].rows
    assert part["job"].rows == whole["job"].rows


def test_trimming_is_shown_in_comparisons_and_change(panel, data):
    capped, free = (
        cb.attrition_weights(panel, ["a", "b"], wave="later", to="base", trim=trim) for trim in (1.2, None)
    )
    for call in (
        lambda w: cb.compare_groups(data, "job", by="g", weights=w),
        lambda w: cb.compare_groups(data, "job", by="g", comparison="ratio", weights=w),
        lambda w: cb.transitions(panel, "job", weights=w),
    ):
        made, without = capped.effect(call(capped)), call(free)
        for row, other in zip(made.rows, without.rows, strict=True):
            assert row.untrimmed == pytest.approx(other.estimate, rel=1e-10)
            assert row.trim_shift == pytest.approx(row.weighted - other.estimate, abs=1e-12)
            assert 0 < row.variance_saved < 1


def test_nobody_and_everybody_tell_nothing(data, weights):
    some = data.assign(none="no", few=np.where(data["g"] == "p", "no", data["job"]))
    for kind in ("difference", "ratio"):
        result = cb.compare_groups(some, ["none", "few"], by="g", weights=weights, comparison=kind)
        for row in weights.effect(result).rows:
            if row.item == "none" or "p" in (row.reference, dict(row.group)["g"]):
                assert row.verdict == "cannot tell"
                assert np.isnan(row.std_error)
    row = weights.effect(cb.compare_groups(some, "none", by="g", weights=weights)).rows[0]
    assert row.difference == 0.0


@pytest.mark.parametrize("kind", [pl.from_pandas, lambda frame: frame])
def test_any_frame_and_several_answers(data, weights, kind):
    item = cb.Item("pay", each_level=True)
    made = weights.effect(cb.compare_groups(kind(data), item, by=["g", "region"], weights=weights))
    assert len(made) == 3 * 15
    assert made.rows[0].group[0][0] == "g and region"
    assert {row.verdict for row in made.rows} <= {"moved", "not moved", "cannot tell"}


# ---- what is refused -----------------------------------------------------------------------------------------


def test_change_corrected_for_false_links_names_the_argument_and_the_fix():
    waves = code_waves(300, returners=150, newcomers=50, error=0.08, seed=3)
    rng = np.random.default_rng(1)
    made = {
        name: frame.assign(job=rng.choice(["yes", "no"], len(frame)), site=rng.choice(["a", "b"], len(frame)))
        for name, frame in waves.items()
    }
    panel = link(made, threshold=0.3, on=ELEMENTS[:5], ordered=[])
    weights = cb.attrition_weights(panel, "site", wave="w2", to="w1")
    with pytest.raises(MethodError, match=r"`linkage_error`.*linkage_error='ignore'"):
        weights.effect(cb.transitions(panel, "job", weights=weights))
    ignored = cb.transitions(panel, "job", weights=weights, linkage_error="ignore")
    assert np.isfinite(weights.effect(ignored)["net_change"].rows[0].std_error)


def test_replicate_weights_and_designs_of_counts_name_the_argument(data, weights):
    rows = data.drop(columns="person").assign(w=1.5)
    for k in range(5):
        rows[f"r{k}"] = rows["w"]
    made = cb.Weights.from_column(rows, "w", population="adults")
    file = cb.ReplicateWeights([f"r{k}" for k in range(5)], "bootstrap")
    design = cb.SurveyDesign(replicate_weights=file)
    for call in (cb.proportions, cb.compare_groups):
        with pytest.raises(MethodError, match=r"design\.replicate_weights"):
            made.effect(call(rows, "job", by="g", weights=made, design=design))
    counts = cb.count(rows, "job", by="g", weights=made, design=cb.SurveyDesign(clusters="school"))
    with pytest.raises(MethodError, match=r"`design`.*counts"):
        made.effect(cb.compare_groups(counts))
    with pytest.raises(MethodError, match="counts hold no people"):
        weights.effect(cb.compare_groups(cb.count(data, "job", by="g", weights=weights)))


def test_saved_results_hold_no_people(panel, data, weights):
    for result in (
        cb.compare_groups(data, "job", by="g", weights=weights),
        cb.transitions(panel, "job", weights=weights),
    ):
        saved = pickle.loads(pickle.dumps(result))
        assert saved == result
        assert b"Prepared" not in pickle.dumps(result)
        with pytest.raises(InputError, match="hold no people"):
            weights.effect(saved)
        effect = weights.effect(result)
        assert pickle.loads(pickle.dumps(effect)) == effect
        assert b"Prepared" not in pickle.dumps(effect)


# ---- what is shown, and what a brief makes of it -------------------------------------------------------------


def test_it_prints_and_draws(panel, data, weights):
    ratios = weights.effect(cb.compare_groups(data, "job", by="g", comparison="ratio", weights=weights))
    change = weights.effect(cb.transitions(panel, "job", weights=weights)["net_change"])
    mixed = weights.effect(
        [
            cb.compare_groups(data, "job", by="g", weights=weights),
            cb.proportions(data, "job", weights=weights),
        ]
    )
    assert "at 1 nothing moved" in repr(ratios)
    assert "adjusted for all of them" in repr(ratios)
    assert "job: net_change (yes)" in repr(change)
    assert "job: share (yes to no)" in repr(weights.effect(cb.transitions(panel, "job", weights=weights)))
    assert list(mixed.to_frame()["measure"]) == ["difference"] * 3 + ["share"]
    assert list(mixed.to_frame()["reference"]) == ["p", "p", "q", ""]
    pytest.importorskip("matplotlib")
    assert "weighted over unweighted" in ratios.plot().get_xlabel()
    assert "weighted less unweighted" in change.plot().get_xlabel()
    both = weights.effect(
        [
            cb.compare_groups(data, "job", by="g", comparison=k, weights=weights)
            for k in ("ratio", "difference")
        ]
    )
    with pytest.raises(MethodError, match="differences and ratios"):
        both.plot()


def page(*results):
    top, _, rest = cb.brief(*results, title="t", figures=False).to_markdown().partition("## Appendix")
    return top, rest


def two_groups(forbid=False):
    """Weighting moves a difference between two groups far, and another by nothing."""
    n = 800
    base = pd.DataFrame({"id": range(n), "a": np.repeat(["x", "y"], n // 2), "g": ["p", "q"] * (n // 2)})
    base["done"] = np.repeat(["yes", "no"], n // 2) if forbid else "yes"
    later = base.iloc[[*range(320), *range(400, 480)]].reset_index(drop=True)
    moved = (later["a"] == "x") & (later["g"] == "p")
    later["job"] = np.where(moved == (np.arange(len(later)) % 10 < 9), "yes", "no")
    later["same"] = np.where(np.arange(len(later)) // 2 % 2 == 0, "yes", "no")
    before = later[["id"]].assign(job=["yes", "no", "no"] * (len(later) // 3) + ["yes"] * (len(later) % 3))
    base["same"] = np.where(np.arange(n) // 4 % 2 == 0, "yes", "no")
    base = base.merge(before, on="id", how="left").fillna({"job": "no"})
    panel = cb.link_waves({"base": base, "later": later.drop(columns=["a", "done"])}, on="id")
    check = {"check": "done"} if forbid else {}
    covariates = "g" if forbid else "a"
    weights = cb.attrition_weights(
        panel, covariates, wave="later", to="base", population="all members", **check
    )
    return panel, panel.wave("later", also_in="base"), weights


def test_a_brief_puts_unmoved_comparisons_unweighted_at_the_top():
    _, data, weights = two_groups()
    plain, weighted = (cb.compare_groups(data, ["job", "same"], by="g", weights=w) for w in (None, weights))
    made = weights.effect(weighted)
    assert [row.verdict for row in made.rows] == ["moved", "not moved"]
    top, rest = page(plain, weighted, made)
    lead = "Estimated for all members, by g"
    assert top.count(lead) == 1
    assert rest.count(lead) == 1
    assert "because weighting moves it by nothing" in top
    both, _ = page(plain, weighted)
    assert both.count(lead) == 2


def test_a_brief_puts_unmoved_change_unweighted_at_the_top():
    panel, _, weights = two_groups()
    for item, verdict in (("job", "moved"), ("same", "not moved")):
        plain, weighted = (cb.transitions(panel, item, weights=w) for w in (None, weights))
        made = weights.effect(weighted)
        assert [row.verdict for row in made["net_change"].rows] == [verdict]
        top, rest = page(plain, weighted, made)
        assert ("Estimated for all 800 members" in top) == (verdict == "moved")
        assert f"{item}: net change (yes)" in rest


@pytest.mark.parametrize("given", ["result", "weights", "effect"])
@pytest.mark.parametrize("kind", ["compared", "change"])
def test_alerts_keep_weighted_comparisons_and_change_from_the_top(given, kind):
    panel, data, weights = two_groups(forbid=True)
    assert "known_truth_missed" in {alert.code for alert in weights.alerts}
    made = [
        cb.compare_groups(data, "job", by="g", weights=w)
        if kind == "compared"
        else cb.transitions(panel, "job", weights=w)
        for w in (None, weights)
    ]
    also = {"result": [], "weights": [weights], "effect": [weights.effect(made[1])]}[given]
    top, rest = page(*made, *also)
    lead = "Estimated for all members" if kind == "compared" else "Estimated for all 800 members"
    assert lead not in top
    assert lead in rest
    assert "because done = " in top
