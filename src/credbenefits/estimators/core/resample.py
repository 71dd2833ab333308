"""Replicates of all shares at once: what is drawn, and the totals that are reweighted."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg.lapack import dpstrf

from credbenefits import _progress
from credbenefits.counts.replicate_weights import read_replicate_weights
from credbenefits.estimators.core.design import resampling_kind
from credbenefits.estimators.core.refusals import refuse_long
from credbenefits.frames.answers import NO, YES
from credbenefits.numerics.design.replicate_scale import replicate_scale
from credbenefits.numerics.resampling.multipliers import (
    UnitTotals,
    multipliers,
    replicate_shares,
    replicate_shares_and_errors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress
    from credbenefits.counts.replicate_weights import ReplicateWeights
    from credbenefits.estimators.core.groups import Groups
    from credbenefits.estimators.core.task import Task
    from credbenefits.frames.answers import Answers

#: Most numbers held in the totals of people, over all shares; more shares are done in turns.
_MOST_TOTALS = 8_000_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """Replicates of shares: shape (replicates, shares, groups), with what their variance needs.

    `df`, per share and group, is there where the replicates came with the file.
    """

    values: FloatArray
    errors: FloatArray | None
    kind: str
    scale: float
    rscales: FloatArray
    df: FloatArray | None


def _ticker(tell: Progress, total: int) -> Callable[[int], None]:
    done = 0

    def tick(more: int) -> None:
        nonlocal done
        done += more
        tell(done, total)

    return tick


def draw(task: Task, *, with_errors: bool = False) -> Drawn:
    """Make the replicates. All shares have the same ones."""
    design, resample = task.design, task.resample
    in_psus = design.clusters is not None and resample.weights is None
    n_rows = design.n_units * len(task.groups.labels) if in_psus else int(task.prepared.taking_part.sum())
    # With totals every row of the table has totals of all people.
    members = None if in_psus else task.groups.members
    step = max(1, _MOST_TOTALS // max(n_rows * (1 if members is None else len(members)), 1))
    starts = range(0, len(task.answers), step)
    n = resample.n_resamples if resample.weights is None else len(resample.weights.columns)
    n_shares = len(task.answers) * len(task.groups.labels)
    refuse_long(resample, n=n, turns=len(starts), n_units=_n_units(task), n_shares=n_shares)
    values, errors = [], []
    # Every turn draws the same replicates. The caller's function is told of the first turn, a bar shows all.
    turns = len(starts) if resample.progress is None else 1
    with _progress.showing("replicates", resample.progress) as tell:
        tick = _ticker(tell, n * turns)
        for start in starts:
            some = task.answers[start : start + step]
            blocks = (_psu_blocks if in_psus else _row_blocks)(task, some)
            batches = _batches(task, rng=resample.rng if start == starts[-1] else copy.deepcopy(resample.rng))
            reported = None if start and resample.progress is not None else tick
            made, error = _replicate(batches, blocks, tick=reported, with_errors=with_errors)
            values.append(_in_order(made, len(some), task.groups, in_psus=in_psus))
            if error is not None:
                errors.append(_in_order(error, len(some), task.groups, in_psus=in_psus))
    stacked = np.concatenate(values, axis=1)
    kind, scale, rscales, df = _scale(task, len(stacked))
    return Drawn(stacked, np.concatenate(errors, axis=1) if errors else None, kind, scale, rscales, df)


def own_errors(task: Task) -> FloatArray:
    """Return the full sample's standard errors, by the formula that replicates use."""
    once = iter([np.ones((1, _n_units(task)))])
    in_psus = task.design.clusters is not None
    blocks = (_psu_blocks if in_psus else _row_blocks)(task, task.answers)
    _, error = replicate_shares_and_errors(once, blocks)
    return np.asarray(_in_order(error, len(task.answers), task.groups, in_psus=in_psus)[0])


def _replicate(
    batches: Iterable[FloatArray],
    blocks: list[UnitTotals],
    *,
    tick: Callable[[int], None] | None,
    with_errors: bool,
) -> tuple[FloatArray, FloatArray | None]:
    if with_errors:
        return replicate_shares_and_errors(batches, blocks, tick=tick)
    return replicate_shares(batches, blocks, tick=tick), None


def _in_order(made: FloatArray, n_shares: int, groups: Groups, *, in_psus: bool) -> FloatArray:
    """Blocks of people are one per group, totals of units are one per share: shares first, then groups."""
    n_groups = len(groups.labels)
    if in_psus:
        return made.reshape(len(made), n_shares, n_groups)
    return made.reshape(len(made), n_groups, n_shares).swapaxes(1, 2)


# ---- what is drawn ---------------------------------------------------------------------------------------


def _universe(task: Task) -> IntArray:
    """Rows that replicates are drawn from, sorted by group: all of the sample, or those who take part."""
    prepared = task.prepared
    whole = task.design.has_any or task.resample.weights is not None
    rows = np.arange(prepared.group.size) if whole else np.flatnonzero(prepared.taking_part)
    group = np.where(prepared.taking_part, prepared.group, len(prepared.group_labels))[rows]
    return rows[np.argsort(group, kind="stable")]


def _n_units(task: Task) -> int:
    in_psus = task.design.clusters is not None and task.resample.weights is None
    return task.design.n_units if in_psus else _universe(task).size


def _batches(task: Task, *, rng: np.random.Generator) -> Iterable[FloatArray]:
    design, resample = task.design, task.resample
    if resample.weights is not None:
        weights = read_replicate_weights(task.prepared.frame, resample.weights)
        return iter([weights[:, _universe(task)]])
    kind = resampling_kind(design, resample)
    stratum = design.unit[_universe(task)] if design.clusters is None else design.stratum
    fraction = design.sampling_fraction
    return multipliers(
        kind,
        stratum.size,
        stratum=None if design.strata is None else stratum,
        sampling_fraction=0.0 if fraction is None else fraction if design.strata else float(fraction[0]),
        keep_lonely=True,  # what is alone in its stratum was refused already, or is declared certain
        n_resamples=resample.n_resamples,
        rng=rng,
        batch=resample.batch,
    )


# ---- what is reweighted ----------------------------------------------------------------------------------


def _row_blocks(task: Task, answers: Sequence[Answers]) -> list[UnitTotals]:
    """Totals of single people, one block per group, so that each is worked on for its own group only."""
    prepared, groups = task.prepared, task.groups
    rows = _universe(task)
    part = prepared.taking_part[rows]
    w = np.ones(rows.size)
    if prepared.weight is not None and task.resample.weights is None:
        w = prepared.weight[rows]
    w = (w * part)[:, None]
    status = np.column_stack([each.status[rows] for each in answers])
    yes, answered = w * (status == YES), status >= NO
    base = w if answered[part].all() else w * answered
    n_groups = len(prepared.group_labels)
    group = np.where(part, prepared.group[rows], n_groups)
    ends = np.searchsorted(group, np.arange(n_groups + 1))
    if groups.members is None:
        return [UnitTotals(slice(a, b), yes[a:b], base[a:b]) for a, b in pairwise(ends.tolist())]
    here = slice(0, int(ends[-1]))
    masks = [member[group[here], None] for member in groups.members]
    return [UnitTotals(here, yes[here] * mask, base[here] * mask) for mask in masks]


def _psu_blocks(task: Task, answers: Sequence[Answers]) -> list[UnitTotals]:
    """Totals of primary sampling units: a column per share and group."""
    n_units = task.design.n_units
    parts = list(task.source.parts(answers, task.design, squares=False))

    def columns(sums: Sequence[FloatArray]) -> FloatArray:
        return task.groups.sums(np.concatenate(sums, axis=1)).reshape(n_units, -1)

    # Where everybody answered everything, all shares of a group have one base.
    same = not any(part.missing.any() for part in parts)
    base = columns([parts[0].weight[:, :1]] if same else [part.weight for part in parts])
    return [UnitTotals(slice(None), columns([part.weight_yes for part in parts]), base)]


def unit_influence(task: Task, share: FloatArray) -> tuple[FloatArray, IntArray | None]:
    """Return each unit's total of w (y - p) for every share and group, and the units' strata."""
    design = task.design
    in_psus = design.clusters is not None
    blocks = (_psu_blocks if in_psus else _row_blocks)(task, task.answers)
    by_block = [share.ravel()] if in_psus else list(share.T)
    influence = np.zeros((_n_units(task), share.size))
    start = 0
    for block, p in zip(blocks, by_block, strict=True):
        base = np.tile(block.base, p.size // block.base.shape[1])
        influence[block.units, start : start + p.size] = block.yes - np.nan_to_num(p) * base
        start += p.size
    stratum = design.stratum if in_psus else design.unit[_universe(task)]
    ordered = _in_order(influence, len(task.answers), task.groups, in_psus=in_psus)
    return ordered, stratum


def _scale(task: Task, n: int) -> tuple[str, float, FloatArray, FloatArray | None]:
    """Return what the replicates are called, the factors of their variance, and degrees of freedom."""
    given = task.resample.weights
    if given is None:
        return f"bootstrap, {resampling_kind(task.design, task.resample)}", 1.0 / n, np.ones(n), None
    scale, rscales = replicate_scale(
        given.kind, n, fay_coefficient=given.fay_coefficient, scale=given.scale, rscales=given.rscales
    )
    return given.kind, scale, rscales, _df_of_shares(task, given)


def _df_of_shares(task: Task, given: ReplicateWeights) -> FloatArray:
    """Degrees of freedom of each share and group: the rank of the weights of those who answered minus 1.

    People whose weights go up and down together are one unit, so an item that was answered within one
    unit has none, however many the file has.
    """
    weights = read_replicate_weights(task.prepared.frame, given)
    prepared, members = task.prepared, task.groups.members
    ranks = []
    for member in np.eye(len(prepared.group_labels)) if members is None else members:
        inside = prepared.taking_part & (np.append(member, 0.0)[prepared.group] > 0)  # group -1 reads the 0
        here = np.flatnonzero(inside)
        answered = [each.status[here] >= NO for each in task.answers]
        ranks.append(_ranks_within(np.ascontiguousarray(weights[:, here].T), answered))
    df = np.maximum(np.array(ranks, dtype=np.float64).T - 1.0, 0.0)
    return np.minimum(df, np.inf if given.df is None else given.df)


def _ranks_within(weights: FloatArray, answered: list[BoolArray]) -> list[int]:
    """Rank of the weights of those who answered each item; people are the rows."""
    people, replicates = weights.shape
    most = _rank(weights)
    known = {np.ones(people, dtype=bool).tobytes(): most}  # answers to one question have one base
    for rows in answered:
        if rows.tobytes() not in known:
            some = np.flatnonzero(rows)
            # A few people mostly show that nothing is lost; only where they do not is everybody looked at.
            rank = _rank(weights[some[:: max(some.size // (2 * replicates), 1)]])
            known[rows.tobytes()] = rank if rank >= most else _rank(weights[some])
    return [known[rows.tobytes()] for rows in answered]


def _rank(weights: FloatArray) -> int:
    """Rank, from the products of the shorter side: there are far fewer replicates than people."""
    wide = weights.shape[0] <= weights.shape[1]
    products = weights @ weights.T if wide else weights.T @ weights
    if not products.any():
        return 0
    # Pivots are squares of what a QR decomposition has on its diagonal, where R's tolerance is 1e-5.
    return int(dpstrf(products, tol=1e-10 * products.trace())[2])
