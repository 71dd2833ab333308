"""How weighted proportions less the unweighted ones of the same people vary: what weights move in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.errors import MethodError
from credbenefits.estimators.core.refitting.covariance import of_influences
from credbenefits.estimators.core.refitting.influence import influences, people_of_table
from credbenefits.estimators.core.source import Prepared
from credbenefits.estimators.core.variance import estimate
from credbenefits.numerics.design.scores import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credbenefits._typing import FloatArray
    from credbenefits.counts.coding.weights import Estimated
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates

#: Most influences of people held at once.
_AT_ONCE = 1 << 22


def refuse_unknown(task: Task) -> None:
    """Refuse results of which it is not known how weighted and unweighted estimates vary together."""
    if task.resample.scale is not None:
        raise MethodError(
            "design.replicate_weights",
            allowed="results without replicate weights",
            received="weights that a file was made with: they do not say how unweighted estimates vary",
            fix="Give the design's strata and clusters, or Weights of this library.",
        )
    counted = not isinstance(task.source, Prepared)
    if task.design.has_any and (counted or (task.source.weights_are_estimated and task.refit is None)):
        came = "counts, which do not hold who is in which unit" if counted else task.design.unknown
        fix = "of the data frame" if counted else "with columns that the wave `to` of the weights has, too"
        raise MethodError(
            "design",
            allowed="a design of which the units are known of everybody whom the weights were made of",
            received=came,
            fix=f"Make the results {fix}, or without design=.",
        )
    if task.source.weights_are_estimated and task.refit is None:
        raise MethodError(
            "results",
            allowed="results of which each person is known, drawn one by one",
            received="results made of counts: counts hold no people, and these weights are estimated",
            fix="Make the results of the data frame, with these weights.",
        )


def weighted(task: Task) -> Estimates:
    """Return the weighted estimates, whatever the variance of the result was made by."""
    return estimate(replace(task, variance="kish"))


def unweighted(made: Estimates) -> Estimates:
    """Return the estimates of the same people with equal weights."""
    share = np.divide(made.count, made.nobs, out=np.full(made.nobs.shape, np.nan), where=made.nobs > 0)
    return replace(made, proportion=share, n_kish=made.nobs, weight=made.nobs)


def variances(task: Task) -> FloatArray:
    """Return the variances of weighted less unweighted proportions: (proportions, rows)."""
    if task.refit is None and not task.design.has_any:
        n = len(task.groups.labels)
        of_each: FloatArray = np.einsum("kgg->kg", _of_sums(task)[:, :n, :n])
        return of_each
    made = []
    for moved, _ in _influences(task, task.refit):
        if task.design.has_any:
            made.append(np.einsum("kgg->kg", of_influences(moved, task.drawing)))
        else:
            made.append(np.einsum("krn,krn->kr", moved, moved) * _people_factor(moved))
    return np.concatenate(made)


def covariances(task: Task) -> FloatArray:
    """Return the covariances of the differences and, after them, of the unweighted proportions.

    Their shape is (proportions, 2 rows, 2 rows).
    """
    if task.refit is None and not task.design.has_any:
        return _of_sums(task)
    both = (np.concatenate(each, axis=1) for each in _influences(task, task.refit))
    return np.concatenate([of_influences(each, task.drawing) for each in both])


class Untrimmed(NamedTuple):
    """Proportions with weights that were not trimmed, and Kish's sizes with these and with the trimmed."""

    share: FloatArray
    size: FloatArray
    size_trimmed: FloatArray


def untrimmed_of(task: Task, weight: FloatArray | None) -> Untrimmed | None:
    """Return the proportions with the weights of all respondents without trimming, if they were trimmed."""
    refit = task.refit
    if weight is None or refit is None:
        return None
    _, trimmed = _with_weights(task, refit, refit.weight)
    return Untrimmed(*_with_weights(task, refit, weight), trimmed)


def _with_weights(task: Task, refit: Estimated, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the proportions with other weights of the respondents, and Kish's sizes."""
    people = people_of_table(task, refit)
    people = people._replace(weight=weight[people.place])
    made = [people.estimate(each.status) for each in task.answers]
    return np.array([share for share, _ in made]), np.array([size for _, size in made])


def _people_factor(influence: FloatArray) -> float:
    n = float(influence.shape[-1])
    return n / (n - 1.0)


def _influences(task: Task, refit: Estimated | None) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Return what each person adds to the differences, and to the unweighted proportions, a few at a time."""
    people = people_of_table(task, refit)
    alike, start = people._replace(weight=np.ones(people.weight.size)), 0
    for of_weighted in _weighted(task, refit):
        some = task.answers[start : start + len(of_weighted)]
        start += len(of_weighted)
        plain = np.zeros(of_weighted.shape)
        person = slice(None) if refit is None else refit.person
        plain[..., person] = [alike.gradient(each.status) for each in some]
        moved = of_weighted - plain
        # Where weights change nothing, the two influences are equal but for rounding.
        size, least = (np.einsum("krn,krn->kr", each, each) for each in (moved, plain))
        moved[size <= ROUNDING * least] = 0.0
        yield moved, plain


def _weighted(task: Task, refit: Estimated | None) -> Iterator[FloatArray]:
    """Return what each person adds to weighted proportions; each row of the file where weights are known."""
    if refit is not None:
        yield from influences(task, refit, task.answers)
        return
    people = people_of_table(task, None)
    weight = np.zeros(people.n_respondents)
    weight[people.row] = people.weight
    step = max(1, _AT_ONCE // (len(people.inside) * weight.size))
    for start in range(0, len(task.answers), step):
        some = task.answers[start : start + step]
        yield np.array([people.gradient(each.status) for each in some]) * weight


def _of_sums(task: Task) -> FloatArray:
    r"""Return the covariances where weights are known, from sums over who said yes and no in each group.

    A person adds (w_i / W - 1 / n) (y_i - p) and the like: a w_i + b, with a and b the same for all of a
    group who said the same. The sums are n / (n - 1) times those of squares and products.
    """
    members = task.groups.members
    inside = np.eye(len(task.groups.labels)) if members is None else members
    made = []
    for part in task.source.parts(task.answers):
        sums = part.grouped(task.groups.sums)
        whole, n = sums.weight.sum(axis=0), sums.nobs
        p, u = sums.weight_yes.sum(axis=0) / np.where(whole > 0, whole, np.nan), sums.count / _there(n)
        w_yes, w = part.weight_yes.sum(axis=0), part.weight.sum(axis=0)
        w2_yes, w2 = part.weight2_yes.sum(axis=0), part.weight2.sum(axis=0)
        cells = ((1.0, part.count, w_yes, w2_yes), (0.0, part.nobs - part.count, w - w_yes, w2 - w2_yes))
        found = np.zeros((len(p), 2 * p.shape[1], 2 * p.shape[1]))
        for yes, people, weight, squares in cells:
            none = np.zeros((*p.shape, inside.shape[1]))
            a = np.concatenate([inside * ((yes - p) / _there(whole))[..., None], none], axis=1)
            b = inside * ((yes - u) / _there(n))[..., None]
            b = np.concatenate([-b, b], axis=1)
            found += _products(a, a, squares) + _products(b, b, people)
            found += _products(a, b, weight) + _products(b, a, weight)
        known = np.einsum("kgg->kg", found)
        least = np.tile(u * (1.0 - u) / _there(n), 2)
        with np.errstate(invalid="ignore"):
            lost = known <= ROUNDING * least
        found[lost[:, :, None] | lost[:, None, :]] = 0.0
        factor = np.sqrt(np.tile(n / np.maximum(n - 1.0, 1.0), 2))
        made.append(found * factor[:, :, None] * factor[:, None, :])
    return np.concatenate(made)


def _there(n: FloatArray) -> FloatArray:
    return np.where(n > 0, n, np.nan)


def _products(one: FloatArray, two: FloatArray, sums: FloatArray) -> FloatArray:
    made: FloatArray = (one * sums[:, None, :]) @ np.swapaxes(two, 1, 2)
    return made
