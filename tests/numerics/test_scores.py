"""The rule from scores to covariances: by hand, by brute force on rows, beside R's survey package."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.errors import MethodError
from credbenefits.numerics.arguments import LARGEST
from credbenefits.numerics.design.scores import covariance_clusters, covariance_rows, unit_totals
from credbenefits.numerics.design.two_stages import (
    Stages,
    covariance_two_stages,
    covariance_two_stages_rows,
    two_stages,
    two_stages_rows,
)
from credbenefits.numerics.design.variance import taylor_clusters, taylor_rows

R = json.loads((Path(__file__).parents[1] / "golden" / "covariances.json").read_text())
RULES = ["certainty", "adjust", "average"]
#: Cells of two yes/no items: (no, no), (no, yes), (yes, no), (yes, yes).
FIRST, SECOND = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])


class Rows:
    """A sample of two items: answers, group, weight, unit of each stage and stratum, row by row."""

    def __init__(self, a, b, group, weight, unit, stratum=None):
        self.a, self.b, self.group, self.unit = (np.asarray(x) for x in (a, b, group, unit))
        self.weight = np.asarray(weight, dtype=float)
        self.stratum = stratum
        self.groups = int(self.group.max()) + 1

    def __repr__(self):
        given = ", ".join(str(x.tolist()) for x in (self.a, self.b, self.group, self.weight, self.unit))
        return f"Rows({given}), stratum {self.stratum}, fraction {getattr(self, 'fraction', None)}"

    def sums(self, unit=None, power=1):
        """Sums of powers of weights by unit, group and the four cells; a unit for each code there is."""
        unit = self.unit if unit is None else unit
        made = np.zeros((int(unit.max()) + 1, self.groups, 4))
        np.add.at(made, (unit, self.group, 2 * self.a + self.b), self.weight**power)
        return made

    def shares(self):
        """Both items in each group: shares, and their gradients by hand."""
        w = self.sums().sum(axis=0)
        total = w.sum(axis=1)
        values, gradients = [], []
        for y in (FIRST, SECOND):
            for g in range(self.groups):
                p = w[g] @ y / total[g]
                gradient = np.zeros((self.groups, 4))
                gradient[g] = (y - p) / total[g]
                values.append(p)
                gradients.append(gradient)
        return np.array(values), np.array(gradients)

    def linearized(self):
        """w (y - p) / sum of w of each row that is in the group, straight from the rows."""
        made = []
        for y in (self.a, self.b):
            for g in range(self.groups):
                w = np.where(self.group == g, self.weight, 0.0)
                p = (w * y).sum() / w.sum()
                made.append(w * (y - p) / w.sum())
        return np.array(made).T

    def answered(self, unit=None):
        """Who is in the domain of which estimate, by unit."""
        people = self.sums(unit, power=0).sum(axis=2) > 0
        return np.concatenate([people, people], axis=1)


def direct(z, stratum, fraction, rule="certainty"):
    """Add up products of deviations, unit by unit."""
    made = np.zeros((z.shape[1], z.shape[1]))
    for h in np.unique(stratum):
        own = z[stratum == h]
        n = len(own)
        if n == 1:
            centred, factor = own, float(rule == "adjust")
        else:
            centred, factor = own - own.mean(axis=0), n / (n - 1)
        made += (1 - fraction[h]) * factor * sum(np.outer(d, d) for d in centred)
    return made


def per_unit(z, unit, n):
    totals = np.zeros((n, z.shape[1]))
    np.add.at(totals, unit, z)
    return totals


@st.composite
def samples(draw, least=1):
    """Everybody answered both items; each group has somebody; some units have nobody of a group."""
    sizes = draw(st.lists(st.integers(least, 3), min_size=1, max_size=3))
    stratum = np.repeat(np.arange(len(sizes)), sizes)
    n = draw(st.integers(3, 20))
    bits, unit = st.integers(0, 1), st.integers(0, stratum.size - 1)
    a, b, group = (draw(st.lists(bits, min_size=n, max_size=n)) for _ in range(3))
    weight = draw(st.lists(st.floats(0.1, 20.0), min_size=n, max_size=n))
    units = draw(st.lists(unit, min_size=n, max_size=n))
    # The last unit is there, and both groups.
    rows = Rows([*a, 0, 1], [*b, 1, 0], [*group, 0, 1], [*weight, 1.0, 2.0], [*units, 0, stratum.size - 1])
    rows.stratum = stratum
    rows.fraction = np.array(draw(st.lists(st.floats(0.0, 1.0), min_size=len(sizes), max_size=len(sizes))))
    return rows


def close(one, two, rtol=1e-12):
    """Equal, measured against the standard errors of the two estimates."""
    scale = np.sqrt(np.outer(np.diag(two), np.diag(two)))
    bound = rtol * (scale + scale.max()) + 1e-18
    assert (np.abs(one - two) <= bound).all(), np.abs(one - two).max()


# ---- by hand ------------------------------------------------------------------------------------------


def test_two_groups_of_two_units_by_hand():
    # Unit 1: group A has one yes of two, group B two of two; unit 2: A two of two, B none of two. So p is 3/4
    # and 1/2, and with scores (y - p) / 4 the totals are (-1/8, 1/8) for A and (1/4, -1/4) for B. One
    # stratum of two units: the covariance is 2 x the sum of products, -2 (1/32 + 1/32).
    w = np.array([[[1.0, 1.0], [0.0, 2.0]], [[0.0, 2.0], [2.0, 0.0]]])
    gradient = np.array([[[-3 / 16, 1 / 16], [0, 0]], [[0, 0], [-1 / 8, 1 / 8]]])
    z = unit_totals(w, gradient)
    assert z.tolist() == [[-0.125, 0.25], [0.125, -0.25]]
    assert covariance_clusters(z, [0, 0]).tolist() == [[0.0625, -0.125], [-0.125, 0.25]]


def test_two_answers_of_the_same_people_exclude_each_other():
    # Four rows of weight 1, three say the first, one the second: -p q / (n - 1).
    gradient = np.array([[[0.25 / 4, -0.75 / 4]], [[-0.25 / 4, 0.75 / 4]]])
    w = [[[3.0, 1.0]]]
    assert covariance_rows(w, w, gradient, [4]).tolist() == [[0.0625, -0.0625], [-0.0625, 0.0625]]


def test_a_single_unit_is_refused_unless_a_rule_is_given():
    with pytest.raises(MethodError, match="only one PSU"):
        covariance_clusters([[0.0]], [0])
    with pytest.raises(MethodError, match="only one PSU"):
        covariance_rows([[[1.0, 0.0]]], [[[1.0, 0.0]]], [[[0.0, 0.0]]], [1])


# ---- brute force --------------------------------------------------------------------------------------


@given(samples(), st.sampled_from(["certainty", "adjust"]))
def test_clusters_are_the_totals_of_rows(rows, rule):
    z = unit_totals(rows.sums(), rows.shares()[1])
    n = rows.stratum.size
    np.testing.assert_allclose(z, per_unit(rows.linearized(), rows.unit, n), atol=1e-14)
    made = covariance_clusters(z, rows.stratum, sampling_fraction=rows.fraction, lonely_psu=rule)
    close(made, direct(per_unit(rows.linearized(), rows.unit, n), rows.stratum, rows.fraction, rule))


@given(samples(), st.sampled_from(["certainty", "adjust"]))
def test_rows_need_no_rows(rows, rule):
    stratum = rows.stratum[rows.unit]
    drawn = np.bincount(stratum, minlength=rows.fraction.size)
    sums = [rows.sums(stratum, power) for power in (1, 2)]
    if len(sums[0]) < rows.fraction.size:
        return
    made = covariance_rows(*sums, rows.shares()[1], drawn, sampling_fraction=rows.fraction, lonely_psu=rule)
    expected = direct(rows.linearized(), stratum, rows.fraction, rule)
    close(made, expected, rtol=1e-11)
    assert (made[np.diag(made) == 0] == 0).all()


@given(samples(), st.floats(0.0, 1.0))
def test_two_stages_add_what_varies_within(rows, part):
    # The rows are units of the second stage, the units those of the first.
    z, n = rows.linearized(), rows.stratum.size
    drawn = np.bincount(rows.unit, minlength=n)
    if (drawn == 0).any():
        return
    f2 = np.full(n, part)
    first = direct(per_unit(z, rows.unit, n), rows.stratum, rows.fraction, "adjust")
    expected = first.copy()
    for unit in range(n):
        own = z[rows.unit == unit]
        within = direct(own, np.zeros(len(own), dtype=int), [part], "adjust")
        expected += rows.fraction[rows.stratum[unit]] * within
    stages = Stages(rows.stratum, drawn, f2)
    options = {"sampling_fraction": rows.fraction, "lonely_psu": "adjust"}
    close(covariance_two_stages(z, stages, psu=rows.unit, **options), expected)
    sums = rows.sums(), rows.sums(power=2)
    close(covariance_two_stages_rows(*sums, rows.shares()[1], stages, **options), expected, rtol=1e-11)


@given(samples())
def test_a_difference_has_the_variance_of_its_own_scores(rows):
    _, gradient = rows.shares()
    contrast = np.array([[1, -1, 0, 0], [1, 0, -1, 0], [1, -1, -1, 1]])
    options = {"sampling_fraction": rows.fraction, "lonely_psu": "adjust"}
    all_of = covariance_clusters(unit_totals(rows.sums(), gradient), rows.stratum, **options)
    own = np.tensordot(contrast, gradient, axes=1)
    made = covariance_clusters(unit_totals(rows.sums(), own), rows.stratum, **options)
    np.testing.assert_allclose(
        made, contrast @ all_of @ contrast.T, atol=1e-13 * np.abs(all_of).max() + 1e-20
    )


# ---- the same as the variances of shares --------------------------------------------------------------


def share_sums(rows, unit, power=1):
    """Sums of w y and of w: (units, items x groups)."""
    w = rows.sums(unit, power)
    yes = np.concatenate([w @ FIRST, w @ SECOND], axis=1)
    return yes, np.concatenate([w.sum(axis=2)] * 2, axis=1)


@given(samples(), st.sampled_from(RULES))
def test_clusters_agree_with_the_variances_of_shares(rows, rule):
    options = {"sampling_fraction": rows.fraction, "lonely_psu": rule}
    yes, w = share_sums(rows, rows.unit)
    answered = rows.answered()
    known = taylor_clusters(yes, w, answered, rows.stratum, **options).variance
    z = unit_totals(rows.sums(), rows.shares()[1])
    made = covariance_clusters(z, rows.stratum, answered=answered, **options)
    np.testing.assert_allclose(np.diag(made), known, rtol=1e-12, atol=1e-17)


@given(samples(), st.sampled_from(RULES))
def test_rows_agree_with_the_variances_of_shares(rows, rule):
    stratum = rows.stratum[rows.unit]
    drawn = np.bincount(stratum)
    f = rows.fraction[: drawn.size]
    options = {"sampling_fraction": f, "lonely_psu": rule}
    (yes, w), (yes2, w2) = (share_sums(rows, stratum, power) for power in (1, 2))
    answered = rows.answered(stratum)
    known = taylor_rows(yes, w, answered, drawn, weight_squared_yes=yes2, weight_squared=w2, **options)
    sums = rows.sums(stratum), rows.sums(stratum, 2)
    made = covariance_rows(*sums, rows.shares()[1], drawn, answered=answered, **options)
    np.testing.assert_allclose(np.diag(made), known.variance, rtol=1e-11, atol=1e-16)


@given(samples(), st.sampled_from(RULES), st.floats(0.0, 1.0))
def test_two_stages_agree_with_the_variances_of_shares(rows, rule, part):
    n = rows.stratum.size
    drawn = np.bincount(rows.unit, minlength=n)
    if (drawn == 0).any():
        return
    stages = Stages(rows.stratum, drawn, np.full(n, part))
    options = {"sampling_fraction": rows.fraction, "lonely_psu": rule}
    gradient, each = rows.shares()[1], np.arange(rows.unit.size)
    yes, w = share_sums(rows, each)
    known = two_stages(yes, w, rows.answered(each), stages, psu=rows.unit, **options).variance
    z = unit_totals(rows.sums(each), gradient)
    made = np.diag(covariance_two_stages(z, stages, psu=rows.unit, answered=rows.answered(each), **options))
    p, _ = rows.shares()
    nothing = (known == 0) & (
        made <= (1 + 1e-9) * p * (1 - p) / LARGEST
    )  # what rounding left, see two_stages
    np.testing.assert_allclose(np.where(nothing, 0, made), known, rtol=1e-12, atol=1e-17)
    (yes, w), (yes2, w2) = (share_sums(rows, rows.unit, power) for power in (1, 2))
    squares = {"weight_squared_yes": yes2, "weight_squared": w2}
    known = two_stages_rows(yes, w, rows.answered(), stages, **squares, **options).variance
    sums = rows.sums(), rows.sums(power=2)
    made = covariance_two_stages_rows(*sums, gradient, stages, answered=rows.answered(), **options)
    np.testing.assert_allclose(np.diag(made), known, rtol=1e-11, atol=1e-16)


@given(samples(), st.sampled_from(RULES), st.randoms(use_true_random=False))
def test_the_order_of_units_changes_nothing_and_the_matrix_is_no_less_than_nothing(rows, rule, random):
    options = {"sampling_fraction": rows.fraction, "lonely_psu": rule}
    z, answered = unit_totals(rows.sums(), rows.shares()[1]), rows.answered()
    made = covariance_clusters(z, rows.stratum, answered=answered, **options)
    if np.isnan(made).any():  # "average" with nothing to average
        return
    order = list(range(len(z)))
    random.shuffle(order)
    again = covariance_clusters(z[order], rows.stratum[order], answered=answered[order], **options)
    np.testing.assert_allclose(again, made, rtol=1e-12, atol=1e-16)
    np.testing.assert_array_equal(made, made.T)
    assert np.linalg.eigvalsh(made).min() >= -1e-14 * max(np.diag(made).max(), 1e-300)


# ---- R's survey package -------------------------------------------------------------------------------


def of_r(name, *, grouped=True):
    """The sample of a design of tests/golden/r/covariances.R, and the covariance matrix of all its shares."""
    data = pd.DataFrame(R["apiclus2" if name == "two_stages" else "people"])
    group = pd.factorize(data["group"], sort=True)[0] * grouped
    weight = data["pw" if name == "two_stages" else "weight"]
    unit = pd.factorize(data["dnum" if name == "two_stages" else "psu"])[0]
    rows = Rows(data["a"], data["b"], group, weight, unit)
    gradient, z = rows.shares()[1], unit_totals(rows.sums(), rows.shares()[1])
    if name == "two_stages":
        drawn = np.bincount(unit)
        f2 = drawn / data.groupby(unit)["fpc2"].first().to_numpy()
        stages = Stages(np.zeros(drawn.size, dtype=int), drawn, f2)
        sums = rows.sums(), rows.sums(power=2)
        f1 = [drawn.size / data["fpc1"][0]]
        return rows, covariance_two_stages_rows(
            *sums, gradient, stages, sampling_fraction=f1, lonely_psu="adjust"
        )
    stratum = data["stratum"].to_numpy()
    finite = name.endswith("_fpc")
    if name.startswith("clusters"):
        of_unit = data.groupby(unit)["stratum"].first().to_numpy()
        f = np.bincount(of_unit) / data.groupby("stratum")["psus"].first().to_numpy()
        return rows, covariance_clusters(z, of_unit, sampling_fraction=f if finite else None)
    drawn = np.bincount(stratum)
    f = drawn / data.groupby("stratum")["size"].first().to_numpy()
    sums = rows.sums(stratum), rows.sums(stratum, 2)
    return rows, covariance_rows(*sums, gradient, drawn, sampling_fraction=f if finite else None)


@pytest.mark.parametrize("record", R["records"], ids=lambda r: r["design"])
def test_covariances_of_groups_and_items_agree_with_svyby(record):
    rows, made = of_r(record["design"])
    n = rows.groups
    np.testing.assert_allclose(rows.shares()[0][:n], record["shares"], rtol=1e-12)
    np.testing.assert_allclose(made[:n, :n], record["covariance"], rtol=1e-10, atol=1e-16)
    assert record["both_names"] == [f"{g}:{item}" for item in "ab" for g in record["groups"]]
    np.testing.assert_allclose(made, record["both"], rtol=1e-10, atol=1e-16)
    difference = np.eye(2 * n)[0] - np.eye(2 * n)[1]
    assert np.sqrt(difference @ made @ difference) == pytest.approx(record["difference_se"], rel=1e-10)


@pytest.mark.parametrize("record", R["records"], ids=lambda r: r["design"])
def test_covariances_of_items_of_everybody_agree_with_svymean(record):
    _, made = of_r(record["design"], grouped=False)
    np.testing.assert_allclose(made, record["items"], rtol=1e-10, atol=1e-16)
