"""Every result is frozen in depth, equals what an equal call gives, and survives pickles and copies."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Item
from credbenefits._frozen import Content, Frozen, frozen, same
from credbenefits.counts.doubt import LinkDoubt
from credbenefits.results.response.rates import ResponseSteps
from credbenefits.results.weighing.alert import Alert
from credbenefits.results.weighing.weighed import weighed_of

pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.CredbenefitsWarning")


def waves(n=60):
    start = pd.DataFrame({"id": range(n), "age": ["a", "b", "c"] * (n // 3), "g": ["x", "y"] * (n // 2)})
    later = pd.DataFrame({"id": range(0, n, 2), "q": [1, 0, 1, 0, None] * (n // 10)})
    return {"start": start.assign(q=[1, 0, 0] * (n // 3)), "later": later}


def panel():
    return cb.link_waves(waves(), on="id")


def answers():
    return waves()["start"].assign(none=0, group=waves()["start"]["g"])


def coded():
    rng = np.random.default_rng(5)
    codes = pd.DataFrame(rng.integers(0, 12, (300, 5)), columns=list("abcde")).astype(str)
    return {"one": codes, "two": codes.iloc[:150].reset_index(drop=True)}


def coded_links():
    return cb.link_waves(coded(), on=list("abcde"), method="code").link_summary()


def weights():
    return cb.attrition_weights(panel(), "age", wave="later", to="start")


def with_strangers():
    made = {name: pd.DataFrame(frame) for name, frame in panel().waves.items()}
    made["start"] = made["start"].iloc[2:]
    return cb.attrition_weights(cb.link_waves(made, on="id"), "age", wave="later", to="start")


def several_waves():
    waves = {name: pd.DataFrame(frame) for name, frame in panel().waves.items()}
    third = cb.link_waves({**waves, "last": waves["later"]}, on="id")
    return cb.attrition_weights(third, "age", wave=["later", "last"], to="start")


def replicates():
    return cb.proportions(
        answers(),
        ["q", Item("age", yes="a")],
        by="group",
        method="bootstrap",
        bootstrap=cb.Bootstrap(n_resamples=100, rng=1, keep=True),
    )


def weighted():
    data = panel().wave("later", also_in="start")
    return cb.proportions(data, "q", weights=weights())


def effect():
    return weights().effect(weighted())


def bias():
    return cb.nonresponse_bias(
        panel(),
        wave="later",
        to="start",
        variables="age",
        outcome="q",
        by="age",
        known="q",
        weights=weights(),
    )


def brief():
    return cb.brief(panel(), cb.proportions(answers(), ["q", "none"], by="group"), title="t", figures=False)


#: How each kind of result comes about; some hold NaN.
MAKERS = {
    "SurveyDesign": lambda: cb.SurveyDesign(["g", "q"], "id", lonely_psu="adjust", deff=2.0),
    "ProportionsResult": lambda: cb.proportions(answers(), ["q", "none"], by="group"),
    "ProportionsResult with replicates": replicates,
    "Proportion": lambda: cb.proportions(answers(), "none").rows[0],
    "Columns": lambda: cb.proportions(answers(), ["q", "none"], by="group").columns,
    "Procedure": lambda: cb.proportions(answers(), "none").procedure,
    "LinkDoubt": lambda: LinkDoubt(120, 1.5, 110.0, 1.25),
    "Rung": lambda: cb.proportions(answers(), "q", among=Item("age", yes="a")).rows[0].ladder[0],
    "Account": lambda: cb.proportions(answers(), "q").account[0],
    "ComparisonResult": lambda: cb.compare_groups(answers(), "q", by="group"),
    "Contrast": lambda: cb.compare_groups(answers(), "q", by="group").rows[0],
    "TransitionsResult": lambda: cb.transitions(panel(), "q", waves=["start", "later"]),
    "Transition": lambda: cb.transitions(panel(), "q", waves=["start", "later"]).change,
    "AttritionResult": lambda: cb.attrition(panel()),
    "AttritionFunnel": lambda: cb.attrition(panel()).funnel,
    "WaveOverlap": lambda: cb.attrition(panel()).overlap,
    "AnswerClasses": lambda: cb.attrition(panel()).classes,
    "FunnelStep": lambda: cb.attrition(panel()).funnel.rows[1],
    "Overlap": lambda: cb.attrition(panel()).overlap.rows[1],
    "AnswerClass": lambda: cb.attrition(panel()).classes.rows[1],
    "Retention": lambda: cb.attrition(panel()).retention.rows[0],
    "RetentionResult": lambda: cb.attrition(panel(), waves=["start", "later"]).retention,
    "Export": lambda: cb.read_export(b"id,job\n1,yes\n2,no\n"),
    "Codebook": lambda: cb.read_export(b"id,job\n1,yes\n2,no\n").codebook,
    "Waves": lambda: cb.waves_from_wide(answers().assign(q_2="x"), id="id", waves={"a": "", "b": "_2"}),
    "ResponseRatesResult": lambda: cb.response_rates({"complete": 3, "refused": 4}),
    "ResponseRate": lambda: cb.response_rates({"complete": 3, "refused": 4}).rows[0],
    "ResponseSteps": lambda: ResponseSteps("end", 100, 60, 40, 3, 30),
    "LinkedTransitions": lambda: cb.stats.linked_transitions(
        [[4, 1], [2, 3]], [10, 10], match_probability=0.9
    ),
    "Replicates": lambda: replicates().replicates,
    "ReplicateDifference": lambda: replicates().replicates.difference(0, 1),
    "Panel": panel,
    "Panel by codes": lambda: cb.link_waves(coded(), on=list("abcde"), method="code"),
    "FlowResult": lambda: panel().flow(),
    "FlowRate": lambda: panel().flow().rates[0],
    "PatternsResult": lambda: panel().patterns(),
    "Pattern": lambda: panel().patterns().rows[0],
    "LinkSummary": lambda: panel().link_summary(),
    "LinkSummary by codes": coded_links,
    "elements": lambda: coded_links().elements,
    "LinkedWaves": lambda: panel().link_summary().waves[0],
    "CodeInformation": lambda: cb.code_information(coded()["one"], list("abcde")),
    "CodeElement": lambda: cb.code_information(coded()["one"], list("abcde")).elements[0],
    "Weights": weights,
    "Alert": lambda: Alert("code", "text", 0.5, "remedy"),
    "Weights.steps": lambda: weights().steps,
    "StepRecord": lambda: weights().steps.rows[0],
    "Target": lambda: weights().target,
    "Unlinked": lambda: with_strangers().unlinked,
    "UnlinkedRow": lambda: with_strangers().unlinked.rows[0],
    "Choices": lambda: several_waves().choices,
    "Choice": lambda: several_waves().choices.rows[0],
    "Recipe": lambda: weights()._run,
    "Sample": lambda: weights()._run.sample,
    "NonresponseBiasResult": bias,
    "WeightedSet": lambda: bias().sets[0],
    "ResponseIndicator": lambda: bias().indicator,
    **{
        name: lambda name=name: getattr(bias(), name)
        for name in ("variables", "levels", "partials", "predictors", "groups", "equivalence", "known")
    },
    **{
        f"{name} row": lambda name=name: getattr(bias(), name).rows[0]
        for name in ("variables", "levels", "partials", "predictors", "groups", "equivalence", "known")
    },
    "WeightEffectResult": effect,
    "WeightEffect": lambda: effect().rows[0],
    "Weighed": lambda: weighed_of(weighted()),
    "BalanceResult": lambda: weights().balance,
    "BalanceRow": lambda: weights().balance.rows[0],
    "Brief": brief,
    "Interval": lambda: cb.proportion_interval([0, 3], [0, 10]),
    "Interval of numbers": lambda: cb.proportion_interval(0, 0),
    "ComparisonTestResult": lambda: cb.comparison_test([0, 3], [0, 10], 1, 10),
}
each = pytest.mark.parametrize("name", MAKERS)
AGAIN = {
    "pickle": lambda r: pickle.loads(pickle.dumps(r)),
    "old pickle": lambda r: pickle.loads(pickle.dumps(r, 2)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def subclasses(kind):
    return {kind}.union(*map(subclasses, kind.__subclasses__()))


def held(value):
    """Everything that can be reached from a result through its public and private fields."""
    yield value
    if isinstance(value, Mapping):
        inside = list(value.values())
    elif isinstance(value, (tuple, list)):
        inside = list(value)
    elif isinstance(value, Content):
        inside = [getattr(value, f.name) for f in dataclasses.fields(value)]
    else:
        inside = []
    for part in inside:
        yield from held(part)


def test_every_kind_of_result_is_made_here():
    made = {type(maker()).__name__ for maker in MAKERS.values()}
    kinds = {kind.__name__ for kind in subclasses(Content) if kind.__module__.startswith("credbenefits.")}
    elsewhere = {"ChiSquaredResult", "CommonOddsRatio"}  # tests/numerics/test_array_functions.py
    elsewhere |= {
        "Axis",
        "Base",
        "Counts",
        "ReplicateScale",
        "Share",
        "Tally",
        "Units",
    }  # tests/counts/test_counts.py
    assert kinds - made - elsewhere == {
        "Content",
        "Frozen",
        "TableResult",
        "RowsResult",
        "ColumnsResult",
        "Sourced",
    }


@each
def test_nothing_that_a_result_holds_can_be_changed(name):
    for value in held(MAKERS[name]()):
        assert not isinstance(value, (list, dict, set)), value
        if isinstance(value, np.ndarray):
            assert not value.flags.writeable
            with pytest.raises(ValueError, match="read-only"):
                value[...] = 0
        if isinstance(value, Content):
            attribute = "method" if isinstance(value, tuple) else dataclasses.fields(value)[0].name
            with pytest.raises(AttributeError):
                setattr(value, attribute, None)


@each
def test_equal_calls_give_equal_results(name):
    one, two = MAKERS[name](), MAKERS[name]()
    assert one == two
    assert not one != two  # noqa: SIM202 - tuples have an operator of their own
    assert hash(one) == hash(two)
    assert len({one, two}) == 1
    assert one != "something else"


@each
@pytest.mark.parametrize("again", AGAIN)
def test_copies_equal_their_source_and_are_frozen_too(name, again):
    source = MAKERS[name]()
    back = AGAIN[again](source)
    assert type(back) is type(source)
    assert back == source
    assert hash(back) == hash(source)
    assert repr(back) == repr(source)
    for value in held(back):
        assert not isinstance(value, (list, dict, set)), value
        assert not (isinstance(value, np.ndarray) and value.flags.writeable)


def test_the_issues_examples():
    kept = replicates().replicates
    with pytest.raises(ValueError, match="read-only"):
        kept.values[:] = 0
    table = coded_links().elements
    with pytest.raises(AttributeError):
        table.columns.clear()
    with pytest.raises(TypeError):
        table.columns["people"] = []
    with pytest.raises((TypeError, AttributeError)):
        next(iter(table.columns.values())).append(1)
    steps = weights().steps
    with pytest.raises(AttributeError):
        steps.rows.append(steps.rows[0])
    with pytest.raises(AttributeError):
        steps.rows[0].sum = 1
    with pytest.raises(TypeError):
        kept.labels[0]["item"] = "other"
    assert isinstance(hash(panel().patterns()), int)
    assert hash(panel().patterns()) == hash(panel().patterns())


def test_other_data_give_unequal_results():
    assert cb.proportions(answers(), "q") != cb.proportions(answers(), "none")
    other = waves()
    other["later"].loc[0, "q"] = 0
    assert cb.link_waves(other, on="id") != panel()
    assert panel().flow() != panel().flow(invited={"start": 100})
    assert weights() != cb.attrition_weights(panel(), "g", wave="later", to="start")
    assert brief() != cb.brief(panel(), cb.proportions(answers(), "q"), title="t", figures=False)


def test_frames_handed_out_are_copies():
    for name in (
        "ProportionsResult",
        "ComparisonResult",
        "TransitionsResult",
        "Replicates",
        "FlowResult",
        "PatternsResult",
        "LinkSummary",
        "CodeInformation",
        "Weights",
        "BalanceResult",
        "Panel",
        "Brief",
    ):
        result = MAKERS[name]()
        frame = result.to_frame()
        frame[frame.columns[0]] = 0
        assert result == MAKERS[name]()
        pd.testing.assert_frame_equal(result.to_frame(), MAKERS[name]().to_frame())


# ---- the mechanism ----------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Held(Frozen):
    anything: object


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (np.nan, float("nan")),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan])),
        ([1, np.nan], (1, np.nan)),
        ({"a": np.array([np.nan])}, MappingProxyType({"a": np.array([np.nan])})),
        (np.array([0.0]), np.array([-0.0])),
        (np.array([1]), np.array([1.0])),
        (np.array(["a", None], dtype=object), np.array(["a", None], dtype=object)),
        (pd.DataFrame({"a": [1.0, None]}), pd.DataFrame({"a": [1.0, None]})),
        (Item("q").yes, Item("q").yes),
        (1, 1.0),
        (np.array(3.0), 3.0),
        ({1, 2}, frozenset({2, 1})),
    ],
    ids=str,
)
def test_what_is_the_same(one, two):
    assert same(frozen(one), frozen(two))
    assert Held(one) == Held(two)
    assert hash(Held(one)) == hash(Held(two))
    assert pickle.loads(pickle.dumps(Held(one))) == Held(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (np.nan, 0.0),
        (np.nan, None),
        (np.array([1.0, np.nan]), np.array([np.nan, 1.0])),
        ((1, 2), (1, 2, 3)),
        (np.array([1, 2]), np.array([[1, 2]])),
        (np.array([1]), 1),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 2}),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})),
        ("a", ("a",)),
        (np.array([1]), (1,)),
    ],
    ids=str,
)
def test_what_is_not_the_same(one, two):
    assert not same(frozen(one), frozen(two))
    assert Held(one) != Held(two)


def test_what_is_frozen_does_not_follow_its_source():
    source = np.arange(3.0)
    result = Held({"a": [source], "b": {"c": [1]}})
    source[:] = 9
    assert result.anything["a"][0].tolist() == [0, 1, 2]
    assert result.anything["b"]["c"] == (1,)
