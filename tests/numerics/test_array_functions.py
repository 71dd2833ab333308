"""All functions on arrays treat their arguments alike: what they take, refuse and give back."""

from __future__ import annotations

import copy
import inspect
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import get_args

import numpy as np
import pandas as pd
import polars as pl
import pytest

from credbenefits import (
    comparison_interval,
    comparison_test,
    multinomial_intervals,
    paired_interval,
    paired_test,
    proportion_interval,
    stats,
)
from credbenefits._typing import ComparisonTestMethod, PairedTestMethod
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.groups.significance import ComparisonTestResult
from credbenefits.numerics.interval import Interval
from credbenefits.numerics.resampling.binomial import binomial_bootstrap
from credbenefits.numerics.strata import stratified

#: Every function with arguments that it takes, arrays of four.
FUNCTIONS = {
    "proportion_interval": (proportion_interval, {"count": [1, 2, 3, 4], "nobs": [5, 6, 7, 8]}),
    "binomial_bootstrap": (binomial_bootstrap, {"count": [1, 2, 3, 4], "nobs": [5, 6, 7, 8]}),
    **{
        function.__name__: (
            function,
            {
                "count1": [1, 2, 3, 4],
                "nobs1": [5, 6, 7, 8],
                "count2": [3, 2, 4, 2],
                "nobs2": [9, 9, 9, 9],
            },
        )
        for function in (
            comparison_interval,
            comparison_test,
            stratified.cmh_test,
            stratified.mantel_haenszel_odds_ratio,
            stratified.exact_cmh,
            stratified.breslow_day,
        )
    },
    **{
        function.__name__: (
            function,
            {
                "both": [4, 3, 2, 1],
                "first_only": [1, 2, 3, 4],
                "second_only": [5, 1, 6, 2],
                "neither": [7, 8, 9, 9],
            },
        )
        for function in (paired_interval, paired_test)
    },
    "multinomial_intervals": (multinomial_intervals, {"counts": [1, 2, 3, 4]}),
    "equal_proportions_test": (
        stratified.equal_proportions_test,
        {"counts": [1, 2, 3, 4], "nobs": [5, 6, 7, 8]},
    ),
    "trend_test": (stratified.trend_test, {"counts": [1, 2, 3, 4], "nobs": [5, 6, 7, 8]}),
    "cochran_q": (
        stratified.cochran_q,
        {"answers": [[1, 0, 1], [1, 1, 0], [0, 0, 1], [1, 0, 0]], "counts": [1, 2, 3, 4]},
    ),
}
PLACES = [(name, argument) for name, (_, given) in FUNCTIONS.items() for argument in given]
PLAIN = [place for place in PLACES if place[1] != "answers"]
#: Functions that need no axis of groups or strata, so that numbers will do.
OF_NUMBERS = [
    "proportion_interval",
    "binomial_bootstrap",
    "comparison_interval",
    "comparison_test",
    "paired_interval",
    "paired_test",
]
METHOD_GIVEN = [
    "proportion_interval",
    "comparison_interval",
    "comparison_test",
    "paired_interval",
    "paired_test",
    "multinomial_intervals",
]
HOSTILE = {
    "masked": np.ma.masked_array([1, 2, 3, 4], [False, True, False, False]),
    "mask of nothing": np.ma.masked_array([1, 2, 3, 4], False),
    "masked in a list": [1, 2, np.ma.masked, 4],
    "booleans": [True, False, True, True],
    "boolean array": np.array([True, False, True, True]),
    "a boolean among numbers": [1, True, 3, 4],
    "boolean objects": np.array([1, True, 3, 4], dtype=object),
    "nullable booleans": pd.Series([True, False, True, True], dtype="boolean"),
    "complex": [1, 2, 3, 4j],
    "text": ["1", "2", "3", "4"],
    "one text": "1234",
    "bytes": np.array([b"1", b"2", b"3", b"4"]),
    "objects": [object()] * 4,
    "none": [1, None, 3, 4],
    "only none": None,
    "mapping": {"a": 1},
    "set": {1, 2},
    "ragged": [[1, 2], [3]],
    "dates": np.array(["2020-01-01"] * 4, dtype="datetime64[D]"),
    "spans": np.array([1, 2, 3, 4], dtype="timedelta64[s]"),
    "records": np.zeros(4, dtype=[("a", int)]),
    "NaN": [1, np.nan, 3, 4],
    "infinite": [1, np.inf, 3, 4],
    "minus infinite": [1, -np.inf, 3, 4],
    "negative": [1, -1, 3, 4],
    "10^17": [1, 10**17, 3, 4],
    "10^17 as a float": [1, 1e17, 3, 4],
    "beyond 2^53": [1, 2**53 + 1, 3, 4],
    "beyond 64 bits": [1, 2**64, 3, 4],
    "beyond floats": [1, 10**400, 3, 4],
    "nullable, missing": pd.Series([1, None, 3, 4], dtype="Int64"),
    "pandas, missing": pd.Series([1, None, 3, 4]),
    "polars, missing": pl.Series([1, None, 3, 4]),
    "polars text": pl.Series(["1", "2", "3", "4"]),
    "decimal NaN": [Decimal(1), Decimal("NaN"), Decimal(3), Decimal(4)],
    "another length": [1, 2, 3],
}


def call(name, **changed):
    function, given = FUNCTIONS[name]
    return function(**given | changed)


def numbers(result):
    """Everything that a result holds but names, as one array."""
    if isinstance(result, tuple):
        return np.array(tuple(result))
    return np.array([v for v in (getattr(result, f) for f in result.__slots__) if not isinstance(v, str)])


def test_every_public_array_function_is_here():
    listed = {name for name in stats.__all__ if inspect.isfunction(getattr(stats, name))}
    listed.remove("linked_transitions")  # of a table, not of arrays of counts: it has tests of its own
    assert listed < set(FUNCTIONS)
    for name, (function, given) in FUNCTIONS.items():
        hints = inspect.get_annotations(function)
        assert all("ArrayLike" in str(hints[argument]) for argument in given), name


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(("name", "argument"), PLAIN)
def test_hostile_inputs_are_refused_by_all(name, argument, kind):
    if kind == "another length" and name == "multinomial_intervals":
        pytest.skip("a single argument fits itself")
    with pytest.raises(InputError) as caught:
        call(name, **{argument: HOSTILE[kind]})
    error = caught.value
    # Lengths that do not fit are laid on one of the two.
    assert error.argument in FUNCTIONS[name][1]
    assert kind == "another length" or error.argument == argument
    assert error.allowed
    assert error.fix
    pickle.loads(pickle.dumps(error))


@pytest.mark.parametrize(
    "name", [n for n, (_, given) in FUNCTIONS.items() if "nobs" in given or "nobs1" in given]
)
def test_a_count_above_its_base_is_refused_by_all(name):
    for count in (a for a in FUNCTIONS[name][1] if a.startswith("count")):
        base = count.replace("counts", "nobs").replace("count", "nobs")
        with pytest.raises(
            InputError, match=rf"`{count}`: expected .* from 0 to `{base}`; got 99 of \d at posi"
        ):
            call(name, **{count: [1, 2, 99, 3]})


def test_answers_are_checked_alike():
    for bad in (
        [[True, False]],
        [["1", "0"]],
        [[1, None]],
        [[1, np.nan]],
        np.ma.masked_array([[1, 0]]),
        [[1, 2]],
    ):
        with pytest.raises(InputError) as caught:
            stratified.cochran_q(bad)
        assert caught.value.argument == "answers"


@pytest.mark.parametrize(
    "make",
    [
        np.array,
        tuple,
        lambda v: np.array(v, dtype=np.int8),
        lambda v: np.array(v, dtype=np.uint64),
        lambda v: np.array(v, dtype=np.float32),
        lambda v: np.array(v, dtype=np.longdouble),
        lambda v: np.array(v, dtype=float),
        pd.Series,
        lambda v: pd.Series(v, index=[3, 2, 1, 0]),
        lambda v: pd.Series(v, dtype="Int64"),
        lambda v: pd.Series(v, dtype="Float64"),
        pl.Series,
        lambda v: [Fraction(x) for x in v],
        lambda v: [Decimal(x) for x in v],
        lambda v: np.array(v, dtype=object),
    ],
    ids=[
        "array",
        "tuple",
        "int8",
        "uint64",
        "float32",
        "longdouble",
        "float",
        "pandas",
        "index",
        "nullable",
        "nullable floats",
        "polars",
        "fractions",
        "decimals",
        "objects",
    ],
)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_containers_of_numbers_are_alike(name, make):
    given = {a: make(v) for a, v in FUNCTIONS[name][1].items() if a != "answers"}
    np.testing.assert_allclose(numbers(call(name, **given)), numbers(call(name)), rtol=1e-13, equal_nan=True)


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_numbers_in_numbers_out(name):
    _, given = FUNCTIONS[name]
    whole = numbers(call(name))
    for make in (int, np.int64, float, np.float64, np.array, Fraction, Decimal):
        result = call(name, **{a: make(v[1]) for a, v in given.items()})
        parts = list(result) if isinstance(result, Interval) else [result.statistic, result.p_value]
        assert all(isinstance(part, float) for part in parts), (make, parts)
        np.testing.assert_allclose(parts, whole[:, 1], rtol=1e-12)
    some = call(name, **{a: v[1] for a, v in list(given.items())[1:]})  # an array among numbers
    assert numbers(some).shape == whole.shape


def test_one_set_of_strata_gives_numbers():
    for name in (
        "cmh_test",
        "mantel_haenszel_odds_ratio",
        "exact_cmh",
        "breslow_day",
        "trend_test",
        "cochran_q",
    ):
        assert all(
            isinstance(float(v), float) and np.ndim(v) == 0 and not isinstance(v, np.ndarray)
            for v in numbers_of_fields(call(name))
        )


def numbers_of_fields(result):
    return [getattr(result, field) for field in result.__slots__]


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_nothing_in_nothing_out(name):
    empty = {a: [] for a in FUNCTIONS[name][1]}
    assert numbers(call(name, **empty)).shape == (2, 0)
    assert numbers(call(name, **{a: np.empty((3, 0)) for a in empty})).shape == (2, 3, 0)


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_shapes_are_broadcast(name):
    first, *others = FUNCTIONS[name][1]
    result = call(name, **{first: [[1], [0]]} | {a: [6, 7, 8] for a in others})
    assert numbers(result).shape == (2, 2, 3)


@pytest.mark.parametrize("name", [n for n, (_, given) in FUNCTIONS.items() if "answers" not in given])
def test_the_largest_count_is_2_to_the_53(name):
    given = {argument: [1, 2, 3, 2**53 + 2] for argument in FUNCTIONS[name][1]}
    with pytest.raises(InputError, match=r"from 0 to 2\*\*53"):
        call(name, **given)
    assert proportion_interval(2**53, 2**53).high == 1.0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_inputs_stay_as_they_are_and_results_are_read_only(name):
    given = {a: np.array(v) for a, v in FUNCTIONS[name][1].items()}
    before = copy.deepcopy(given)
    result = call(name, **given)
    for argument, values in given.items():
        np.testing.assert_array_equal(values, before[argument])
        assert values.flags.writeable
    parts = list(result) if isinstance(result, tuple) else numbers_of_fields(result)
    for part in parts:
        if isinstance(part, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                part[...] = 0


# ---- methods --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", METHOD_GIVEN)
def test_no_method_is_the_default_and_the_result_says_which(name):
    function, _ = FUNCTIONS[name]
    assert inspect.signature(function).parameters["method"].default is None
    found = call(name)
    assert found == call(name, method=None) == call(name, method=found.method)
    with pytest.raises(MethodError) as caught:
        call(name, method="wilsonn")
    assert caught.value.argument == "method"


@pytest.mark.parametrize(
    ("function", "comparison", "method"),
    [
        (comparison_interval, "difference", "newcombe"),
        (comparison_interval, "ratio", "koopman"),
        (comparison_interval, "odds_ratio", "miettinen_nurminen"),
        (paired_interval, "difference", "newcombe"),
        (paired_interval, "ratio", "tang"),
        (paired_interval, "odds_ratio", "mid_p"),
    ],
)
def test_the_default_is_valid_for_the_comparison(function, comparison, method):
    found = function(5, 9, 3, 12, comparison=comparison)
    assert found.method == method
    assert found == function(5, 9, 3, 12, comparison=comparison, method=method)


def test_the_default_test_is_valid_for_the_alternative():
    assert comparison_test(5, 9, 3, 12).method == "pearson"
    for side in ("greater", "less"):
        found = comparison_test(5, 9, 3, 12, alternative=side)
        assert found == comparison_test(5, 9, 3, 12, method="score", alternative=side)
        assert paired_test(5, 9, 3, 12, alternative=side).method == "mcnemar_midp"


# ---- one-sided ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "comparison"),
    [
        ("proportion_interval", None),
        *(
            (n, c)
            for n in ("comparison_interval", "paired_interval")
            for c in ("difference", "ratio", "odds_ratio")
        ),
    ],
)
def test_a_one_sided_bound_is_a_limit_of_the_two_sided_interval(name, comparison):
    options = {} if comparison is None else {"comparison": comparison}
    low, high = call(name, confidence_level=0.9, **options)
    least, most = {None: (0, 1), "difference": (-1, 1)}.get(comparison, (0, np.inf))
    lower = call(name, confidence_level=0.95, alternative="greater", **options)
    upper = call(name, confidence_level=0.95, alternative="less", **options)
    np.testing.assert_allclose(lower.low, low, rtol=1e-12)
    np.testing.assert_allclose(upper.high, high, rtol=1e-12)
    assert (lower.high == most).all()
    assert (upper.low == least).all()
    with pytest.raises(InputError, match=r"above 0\.5"):
        call(name, confidence_level=0.05, alternative="less", **options)


def test_methods_without_a_direction_say_so():
    for name in ("pearson", "pearson_cc"):
        with pytest.raises(MethodError, match=r"`alternative`.*no direction.*Use method="):
            comparison_test(5, 9, 3, 12, method=name, alternative="less")
    for name in ("mcnemar", "mcnemar_cc"):
        with pytest.raises(MethodError, match=r"`alternative`.*no direction.*Use method="):
            paired_test(5, 9, 3, 12, method=name, alternative="less")
    one_sided = {*get_args(ComparisonTestMethod)} - {"pearson", "pearson_cc"}
    for name in one_sided:
        both = [comparison_test(5, 9, 3, 12, method=name, alternative=s).p_value for s in ("greater", "less")]
        assert both[0] < both[1], name
    for name in {*get_args(PairedTestMethod)} - {"mcnemar", "mcnemar_cc"}:
        both = [paired_test(5, 3, 9, 12, method=name, alternative=s).p_value for s in ("greater", "less")]
        assert both[0] < both[1], name


# ---- Interval -------------------------------------------------------------------------------------------


def test_an_interval_is_a_pair_that_knows_its_method():
    found = proportion_interval(3, 10, method="jeffreys")
    low, high = found
    assert found == (low, high)
    assert not found != (low, high)  # noqa: SIM202 - tuples have an operator of their own
    assert hash(found) == hash((low, high))
    assert len(found) == 2
    assert found.method == "jeffreys"
    assert found == Interval(low, high, "another")
    assert found != (low, 1.0)
    assert found != "text"
    for name in ("method", "low", "new"):
        with pytest.raises(AttributeError):
            setattr(found, name, 0)
        with pytest.raises(AttributeError):
            delattr(found, name)


@pytest.mark.parametrize(
    "make",
    [
        lambda: proportion_interval(3, 10),
        lambda: proportion_interval(0, 0),
        lambda: proportion_interval([3, 0], [10, 0]),
        lambda: multinomial_intervals([[3, 4], [0, 0]]),
        lambda: comparison_test([1, 0], [2, 0], 1, 2),
        lambda: stratified.trend_test([0, 0], [0, 0]),
        lambda: stratified.exact_cmh([0], [1], [0], [1]),
    ],
)
def test_equal_calls_give_equal_results_that_survive_copies(make):
    one, two = make(), make()
    assert one == two
    assert not one != two  # noqa: SIM202 - tuples have an operator of their own
    assert hash(one) == hash(two)
    for again in (
        copy.copy,
        copy.deepcopy,
        lambda r: pickle.loads(pickle.dumps(r)),
        lambda r: pickle.loads(pickle.dumps(r, 2)),
    ):
        back = again(one)
        assert type(back) is type(one)
        assert back == one
        assert getattr(back, "method", None) == getattr(one, "method", None)
        assert not any(
            part.flags.writeable
            for part in (getattr(back, f) for f in ("low", "p_value") if hasattr(back, f))
            if isinstance(part, np.ndarray)
        )


def test_unequal_results_are_unequal():
    assert proportion_interval([1, 2], 10) != proportion_interval([1, 3], 10)
    assert proportion_interval([1, 2], 10) != proportion_interval([[1, 2]], 10)
    assert proportion_interval(0, 0) != proportion_interval(0, 1)
    assert comparison_test(1, 2, 1, 2) != comparison_test(1, 2, 1, 3)
    assert comparison_test(1, 2, 1, 2) != stratified.equal_proportions_test([1, 1], [2, 2])
    assert ComparisonTestResult(np.array([-0.0]), np.array([1.0]), "a") == ComparisonTestResult(
        np.array([0.0]), np.array([1.0]), "a"
    )
