"""Every interval method at table level: on counts, on effective sizes, and refused where it has no meaning."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits._typing import IntervalMethod
from credbenefits.errors import MethodError

# Few answers are a matter of one test only.
pytestmark = pytest.mark.filterwarnings("ignore:.*who were asked answered")

METHODS = get_args(IntervalMethod)
EDGELESS = {"wald", "wald_cc", "logit"}
WHOLE = {"blaker", "modified_wilson", "modified_jeffreys"}
DATA = pd.DataFrame({"a": [1] * 12 + [0] * 28, "none": [0] * 40, "w": [1.0, 2.0, 3.0, 1.5] * 10})


@pytest.mark.parametrize("method", METHODS)
def test_on_counts(method):
    row = cb.proportions(DATA, "a", method=method, confidence_level=0.9).rows[0]
    low, high = cb.proportion_interval(12, 40, method=method, confidence_level=0.9)
    assert (row.conf_low, row.conf_high) == (low, high)
    assert row.method == method


@pytest.mark.parametrize("method", METHODS)
def test_people_are_counted_whole(method):
    """As floats, 15/22 times 22 is not 15: methods for whole counts refused a plain table for it."""
    sizes = {"g1": (15, 22), "g2": (7, 25), "g3": (47, 49)}
    assert [x / n * n == x for x, n in sizes.values()] == [False, False, True]
    data = pd.DataFrame([(g, i < x) for g, (x, n) in sizes.items() for i in range(n)], columns=["g", "a"])
    result = cb.proportions(data, "a", by="g", method=method)
    low, high = cb.proportion_interval(*np.transpose(list(sizes.values())), method=method)
    assert [(r.conf_low, r.conf_high) for r in result.rows] == list(zip(low, high, strict=True))


def test_sison_and_glaz_count_people_whole():
    data = pd.DataFrame({"a": ["x"] * 7 + ["y"] * 14 + ["z"] * 4})
    result = cb.proportions(data, cb.Item("a", each_level=True), method="sison_glaz")
    made = cb.multinomial_intervals([7, 14, 4], method="sison_glaz")
    assert [(r.conf_low, r.conf_high) for r in result.rows] == list(zip(made.low, made.high, strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_on_effective_sizes(method):
    if method in WHOLE:
        with pytest.raises(MethodError, match="method"):
            cb.proportions(DATA, "a", method=method, weights="w")
        return
    row = cb.proportions(DATA, "a", method=method, weights="w").rows[0]
    n = row.n_effective
    low, high = cb.proportion_interval(row.estimate * n, n, method=method)
    np.testing.assert_allclose([row.conf_low, row.conf_high], [low, high], rtol=1e-12)
    assert row.conf_low < row.estimate < row.conf_high


@pytest.mark.parametrize("method", [*METHODS, "bootstrap"])
def test_where_nobody_says_yes(method):
    if method in EDGELESS | {"bootstrap"}:
        with pytest.raises(MethodError, match="use method='wilson'"):
            cb.proportions(DATA, "none", method=method)
        return
    row = cb.proportions(DATA, "none", method=method).rows[0]
    assert row.conf_low == 0
    assert 0 < row.conf_high < 0.2


def test_an_unknown_method_lists_all_that_there_are():
    with pytest.raises(MethodError, match="'clopper_pearson'") as problem:
        cb.proportions(DATA, "a", method="clopper")
    assert "'bootstrap'" in str(problem.value)
    assert "clopper_pearson" in problem.value.fix
