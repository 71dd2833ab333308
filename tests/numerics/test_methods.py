"""The registries of interval methods: they have the options of the `Literal`s, and what they say is so."""

from dataclasses import FrozenInstanceError
from typing import get_args

import numpy as np
import pytest

from credbenefits import _typing as t
from credbenefits.errors import MethodError
from credbenefits.numerics.groups import methods as groups
from credbenefits.numerics.groups.interval import comparison_interval
from credbenefits.numerics.proportion.design import design_interval
from credbenefits.numerics.proportion.interval import proportion_interval
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.numerics.proportion.multinomial import multinomial_intervals
from planted import Copy

FROM_COUNTS = [each for each in METHODS.values() if each.from_counts]
FROM_VARIANCE = [each for each in METHODS.values() if each.from_variance]
FROM_TABLES = [each for each in METHODS.values() if each.from_tables]
COMPARISONS = [(kind, each) for kind, own in groups.METHODS.items() for each in own.values()]


def named(value):
    return getattr(value, "name", None)


def works(function, *args, **options) -> bool:
    try:
        function(*args, **options)
    except MethodError:
        return False
    return True


def test_the_registry_has_the_options_of_each_literal():
    assert [each.name for each in FROM_COUNTS] == list(get_args(t.IntervalMethod))
    assert {each.name for each in FROM_VARIANCE} == set(get_args(t.DesignMethod))
    assert [each.name for each in FROM_TABLES] == list(get_args(t.MultinomialMethod))
    drawn = {each.name: each.from_replicates for each in METHODS.values() if each.from_replicates}
    assert list(drawn) == list(get_args(t.BootstrapMethod))
    assert list(drawn.values()) == list(get_args(t.BootstrapKind))
    assert set(METHODS) == set(get_args(t.ProportionMethod))
    assert all(name == each.name for name, each in METHODS.items())


def test_the_registry_of_comparisons_has_the_options_of_each_literal():
    assert list(groups.METHODS) == list(get_args(t.ContrastKind))
    for kind, own in groups.METHODS.items():
        assert list(own) == [each.name for each in own.values()] == list(get_args(groups.OPTIONS[kind]))
    assert {each.name for _, each in COMPARISONS} == set(get_args(t.ComparisonMethod))


@pytest.mark.parametrize("entry", [METHODS["wilson"], groups.METHODS["ratio"]["katz"]], ids=named)
def test_an_entry_cannot_be_changed(entry):
    with pytest.raises(FrozenInstanceError):
        entry.whole_counts = True


@pytest.mark.parametrize("entry", METHODS.values(), ids=named)
def test_an_entry_has_one_way_to_its_limits_without_a_design(entry):
    ways = (entry.from_counts, entry.from_tables, entry.from_replicates, entry.without_design)
    assert sum(bool(way) for way in ways) == 1
    if entry.without_design:
        assert METHODS[entry.without_design].from_counts


@pytest.mark.parametrize("entry", METHODS.values(), ids=named)
def test_a_method_that_can_be_refused_names_one_that_is_not(entry):
    assert bool(entry.instead) == (entry.whole_counts or not entry.one_sided)
    if entry.instead:
        other = METHODS[entry.instead]
        assert other.one_sided
        assert not other.whole_counts
        assert bool(other.from_counts) == bool(entry.from_counts)


@pytest.mark.parametrize("entry", FROM_COUNTS, ids=named)
def test_what_is_said_of_counts_is_so(entry):
    method = entry.name
    assert works(proportion_interval, 3, 20, method=method)
    assert works(proportion_interval, 3.5, 20.5, method=method) == (not entry.whole_counts)
    assert works(proportion_interval, 3, 20, method=method, alternative="less") == entry.one_sided
    if entry.edge:
        low, high = proportion_interval([0, 20], 20, method=method)
        assert (low < high).all()


@pytest.mark.parametrize("entry", FROM_VARIANCE, ids=named)
def test_what_is_said_of_a_design_is_so(entry):
    options = {"n_kish": 80.0, "method": entry.name, "confidence_level": 0.95, "units": 20}
    low, high = design_interval([0.0, 0.4, 1.0], [0.0, 0.003, 0.0], 90, 19, **options)
    assert ((low < high) == [entry.edge_from_variance, True, entry.edge_from_variance]).all()


@pytest.mark.parametrize("entry", FROM_TABLES, ids=named)
def test_what_is_said_of_tables_is_so(entry):
    counts = np.array([12, 7, 4])
    assert works(multinomial_intervals, counts, method=entry.name)
    assert works(multinomial_intervals, counts * 0.9, method=entry.name) == (not entry.whole_counts)


@pytest.mark.parametrize(("kind", "entry"), COMPARISONS, ids=named)
def test_what_is_said_of_comparisons_is_so(kind, entry):
    options = {"comparison": kind, "method": entry.name}
    assert works(comparison_interval, 7, 20, 3, 20, **options)
    assert works(comparison_interval, 7.5, 20.5, 3.5, 20.5, **options) == (not entry.whole_counts)


# ---- the walk of docs/development/architecture.md: a new method ------------------------------------------

NEW = '''

def plus_one(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """Wilson's interval after one more yes and one more no."""
    return wilson(x + 1.0, n + 2.0, level)
'''
TRY = """
import pandas as pd
import credbenefits as cb

expected = cb.proportion_interval(13, 42)
assert cb.proportion_interval(12, 40, method="plus_one") == expected
data = pd.DataFrame({"a": [1] * 12 + [0] * 28, "w": [1.0, 2.0] * 20})
row = cb.proportions(data, "a", method="plus_one").rows[0]
assert (row.conf_low, row.conf_high, row.method) == (*expected, "plus_one")
for why, options in {
    "for effective sizes use method='wilson'": {"weights": "w"},
    "one of 'wilson', 'korn_graubard'": {"variance": "jackknife"},
}.items():
    try:
        cb.proportions(data, "a", method="plus_one", **options)
    except cb.errors.MethodError as error:
        assert why in str(error), error
    else:
        raise AssertionError(why)
print(cb.brief(cb.proportions(data, "a", method="plus_one"), title="Plus one"))
"""


def test_a_new_method_is_a_function_an_entry_and_an_option(tmp_path):
    copy = Copy(tmp_path)
    copy.add("numerics/proportion/_closed.py", NEW)
    entry = '    Method("plus_one", _closed.plus_one, whole_counts=True, instead="wilson"),\n'
    copy.add("numerics/proportion/methods.py", entry, after='    Method("wilson_cc", _closed.wilson_cc),\n')
    copy.add("_typing.py", '    "plus_one",\n', after='IntervalMethod: TypeAlias = Literal[\n    "wilson",\n')
    copy.add("reporting/words.py", '    "plus_one": "Wilson plus one",\n', after='    "wilson": "Wilson",\n')
    assert "Wilson plus one" in copy.run(TRY)
