"""Shares of people who say yes, with intervals, bases in words and nested subsets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import InputError, MethodError
from credbenefits.estimators._prepare import LOW_RESPONSE, SMALL_BASE, is_small, prepare
from credbenefits.frames.cells import weight_classes
from credbenefits.numerics import bootstrap
from credbenefits.numerics.proportion import kish, one_sided_bound, standard_error
from credbenefits.numerics.proportion_interval import proportion_interval
from credbenefits.results.proportions import Proportion, ProportionsResult, Rung

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from credbenefits._typing import FloatArray, Frame, Progress, RNGLike, Values
    from credbenefits.estimators._prepare import Prepared
    from credbenefits.frames.cells import CellSums
    from credbenefits.frames.items import Answers, ItemLike
    from credbenefits.weighting.weights import Weights


#: Methods whose interval at 0 and n has no width, or does not exist.
_NOT_AT_THE_EDGE = {"bootstrap", "wald", "wald_cc", "logit"}


def proportions(
    data: Frame,
    items: ItemLike | Sequence[ItemLike],
    *,
    by: str | Sequence[str] | None = None,
    among: ItemLike | Sequence[ItemLike] | None = None,
    weights: Weights | str | None = None,
    method: t.ProportionMethod = "wilson",
    confidence_level: float = 0.95,
    n_resamples: int = 2_000,
    rng: RNGLike = None,
    missing: Values = (),
    people: str = "respondents",
    progress: Progress | None = None,
) -> ProportionsResult:
    """Estimate the share of people who say yes to each item.

    Parameters
    ----------
    data : data frame
        One row per person: pandas, polars or any other eager frame that narwhals understands.
    items : str, Item, or list of them
        Yes/no columns by name; an :class:`Item` says which answers count as yes.
    by : str or list of str, optional
        Columns whose values (crossed) make the groups. Rows without a group are accounted for.
    among : str, Item, or list of them, optional
        The subset that is the denominator: people who say yes to this item, and then to the
        next one, and so on. The result keeps the ladder of counts.
    weights : Weights or str, optional
        Weights from :func:`attrition_weights` (joined on ``person``) or a column of weights.
    method : str
        Interval: "bootstrap" (percentile; draws people with their weights), or any method of
        :func:`proportion_interval`. With weights these use Kish's effective sample size, which never
        exceeds n; those that need whole counts are refused. "bootstrap", "wald", "wald_cc" and
        "logit" are refused where nobody or everybody says yes.
    confidence_level : float
        Level of the intervals, a proportion.
    n_resamples : int
        Bootstrap resamples.
    rng : int, SeedSequence, Generator or None
        For the bootstrap. With None a seed is drawn, and printed so that the run can be repeated.
    missing : value or list of values
        Answers in items and groups that are no answer (refusals, missing codes).
    people : str
        Who the rows are, in words ("follow-up respondents"): part of every printed base.
    progress : callable, optional
        Called with the resamples done and in all.

    Returns
    -------
    ProportionsResult
        Per item and group: ``estimate`` (a proportion), its interval, ``count`` and ``n`` (people
        who said yes, people who answered: unweighted), ``n_missing``, ``n_effective``, ``flags``,
        and ``base`` in words. Answers missing inside the subset are not in ``n``.

    Raises
    ------
    InputError
        For unknown columns, items that are not yes/no, undeclared missing codes, weights that are
        negative, missing or of another panel, an empty subset, a level that is no proportion.
    MethodError
        For an unknown method, or one that is not valid for the data.

    References
    ----------
    Wilson (1927), JASA 22:209; Kish (1965), Survey Sampling, 11.7 (effective sample size);
    Efron & Tibshirani (1993), 13.3 (percentile interval).

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"better_job": ["yes"] * 40 + ["no"] * 80,
    ...                      "through_knowledge": ["yes"] * 12 + ["no"] * 28 + [None] * 80})
    >>> result = cb.proportions(data, "through_knowledge", among="better_job")
    >>> result.to_frame()[["estimate", "conf_low", "conf_high", "count", "n"]].round(4)
       estimate  conf_low  conf_high  count   n
    0       0.3    0.1807     0.4543     12  40
    >>> result.rows[0].base
    '40 respondents who reported better_job'
    """
    check.choice("method", method, t.ProportionMethod)
    level = check.confidence_level(confidence_level)
    resamples = check.whole_number("n_resamples", n_resamples, least=100)
    generator, seed = _generator(rng)
    if progress is not None and not callable(progress):
        raise InputError("progress", allowed="a function of (done, total)", received=progress,
                         fix="For example: progress=print.")  # fmt: skip
    _refuse_taken(by)
    prepared = prepare(data, items, by=by, among=among, weights=weights, missing=missing, people=people)
    answers = [prepared.answers(item) for item in prepared.items]
    steps = resamples * len(answers) * len(prepared.group_labels)
    run = _Run(method, level, resamples, generator, _ticker(progress, steps))
    rows = [row for each in answers for row in _rows(prepared, each, run)]
    notes = [note for each in answers for note in readings(each)]
    if method == "bootstrap" and seed is not None:
        notes.append(f"bootstrap seed {seed}: give it as rng= to repeat these intervals")
    population, size = prepared.population
    return ProportionsResult(
        tuple(rows), prepared.people, population, size, prepared.by, level,
        tuple(prepared.account(each) for each in answers), (*notes, *left_out(prepared)),
    )  # fmt: skip


def _refuse_taken(by: str | Sequence[str] | None) -> None:
    taken = [name for name in check.names("by", by) if name in ProportionsResult.COLUMNS]
    if taken:
        raise InputError("by", allowed="columns that are not called as a column of the result",
                         received=check.listing(taken),
                         fix=f"Rename it in the data, e.g. to '{taken[0]}_group'.")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Run:
    """How intervals are made in one call."""

    method: t.ProportionMethod
    level: float
    n_resamples: int
    rng: np.random.Generator
    tick: Callable[[int], None] | None

    @property
    def words(self) -> str:
        if self.method == "bootstrap":
            return f"bootstrap percentile, {self.n_resamples:,} resamples"
        return self.method


def _generator(rng: RNGLike) -> tuple[np.random.Generator, int | None]:
    """Return the generator and, where we drew the seed ourselves, the seed (SPEC 7)."""
    if rng is None:
        seed = int(np.random.SeedSequence().generate_state(1)[0])
        return np.random.default_rng(seed), seed
    if (
        isinstance(rng, (int, np.integer, np.random.SeedSequence, np.random.Generator))
        and not isinstance(rng, bool)
        and not (isinstance(rng, (int, np.integer)) and rng < 0)
    ):
        return np.random.default_rng(rng), None
    raise InputError("rng", allowed="a seed (int of at least 0), SeedSequence, Generator or None",
                     received=rng, fix="For example: rng=2023.")  # fmt: skip


def _ticker(progress: Progress | None, total: int) -> Callable[[int], None] | None:
    if progress is None:
        return None
    done = 0

    def tick(more: int) -> None:
        nonlocal done
        done += more
        progress(done, total)

    return tick


def _rows(prepared: Prepared, answers: Answers, run: _Run) -> list[Proportion]:
    """One row per group for one item."""
    cells = prepared.cells(answers)
    # Equal weights give n but for the last digit, which must not lift it above n.
    n_effective = np.minimum(kish(cells.weight, cells.weight_squared), cells.nobs)
    share = np.divide(cells.weight_yes, cells.weight, out=np.full(cells.weight.shape, np.nan),
                      where=cells.weight > 0)  # fmt: skip
    std_error, low, high = _intervals(
        prepared, answers, cells, count=share * n_effective, n_effective=n_effective, run=run)  # fmt: skip
    bound = one_sided_bound(n_effective, run.level)
    rows = []
    for g, group in enumerate(prepared.group_labels):
        count, n, unanswered = int(cells.count[g]), int(cells.nobs[g]), int(cells.unanswered[g])
        edge = float(bound[g]) if count == 0 else 1.0 - float(bound[g])
        rows.append(
            Proportion(
                item=answers.item.column, label=answers.item.label, level=" or ".join(answers.yes_levels),
                counts_as_yes=tuple(str(v) for v in answers.item.yes_values),
                group=tuple(zip(prepared.by, group, strict=True)),
                estimate=float(share[g]),
                std_error=float(std_error[g]) if 0 < count < n else float("nan"),
                conf_low=float(low[g]), conf_high=float(high[g]),
                count=count, n=n, n_missing=unanswered, n_effective=float(n_effective[g]) if n else 0.0,
                deff=n / float(n_effective[g]) if n else float("nan"), method=run.words,
                flags=_flags(
                    count, n, unanswered, float(n_effective[g]), weighted=prepared.weight is not None
                ),
                bound=edge if n and count in {0, n} else float("nan"),
                base=base_words(prepared, group, n),
                ladder=_ladder(prepared, group, answers, (count, n, unanswered)),
            )
        )  # fmt: skip
    return rows


def _intervals(
    prepared: Prepared,
    answers: Answers,
    cells: CellSums,
    *,
    count: FloatArray,
    n_effective: FloatArray,
    run: _Run,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    edge = (cells.nobs > 0) & ((cells.count == 0) | (cells.count == cells.nobs))
    if run.method in _NOT_AT_THE_EDGE and edge.any():
        g = int(np.flatnonzero(edge)[0])
        raise MethodError(
            "method",
            allowed="'wilson' where nobody or everybody says yes",
            received=f"{run.method!r} for {answers.item.column!r}, where {int(cells.count[g])} of "
            f"{base_words(prepared, prepared.group_labels[g], int(cells.nobs[g]))} do",
            fix="That interval would have no width, or none at all: use method='wilson'.",
        )
    if run.method != "bootstrap":
        base = np.nan_to_num(n_effective)  # a group without answers: 0 of 0, which has no limits
        yes = np.minimum(np.nan_to_num(count), base)
        low, high = proportion_interval(yes, base, method=run.method, confidence_level=run.level)
        return standard_error(count, n_effective), low, high
    made = [_bootstrapped(prepared, answers, g, run) for g in range(len(prepared.group_labels))]
    columns = np.array(made).T
    return columns[0], columns[1], columns[2]


def _bootstrapped(prepared: Prepared, answers: Answers, g: int, run: _Run) -> tuple[float, float, float]:
    rows = prepared.subset.rows & (prepared.group == g)
    yes, weight, people = weight_classes(answers.status, prepared.weight, rows)
    if not people.size:
        if run.tick is not None:
            run.tick(run.n_resamples)
        return float("nan"), float("nan"), float("nan")
    estimates = bootstrap.replicates(yes, weight, people, run.n_resamples, rng=run.rng, tick=run.tick)
    low, high = bootstrap.percentile(estimates, run.level)
    return float(estimates.std(ddof=1)), float(low), float(high)


def _flags(count: int, n: int, unanswered: int, n_effective: float, *, weighted: bool) -> tuple[str, ...]:
    found = ["weighted"] if weighted else []
    if n == 0:
        return (*found, "no_answers")
    if count == 0:
        found.append("none")
    if count == n:
        found.append("all")
    if n < SMALL_BASE:
        found.append("small_base")
    elif is_small(n_effective):
        found.append("small_n_effective")
    if n / (n + unanswered) < LOW_RESPONSE:
        found.append("low_item_response")
    return tuple(found)


def base_words(prepared: Prepared, group: tuple[str, ...], n: int) -> str:
    """Say in words who the denominator is."""
    where = ", ".join(f"{c} = {v}" for c, v in zip(prepared.by, group, strict=True))
    return f"{n:,} {prepared.subset.words}" + (f" ({where})" if where else "")


def _ladder(
    prepared: Prepared, group: tuple[str, ...], answers: Answers, counts: tuple[int, int, int]
) -> tuple[Rung, ...]:
    """Return the steps from everybody to those who said yes: subsets, the group, the answer."""
    count, n, unanswered = counts
    steps = list(prepared.subset.ladder)
    asked = n + unanswered
    if asked < steps[-1].n:
        where = ", ".join(f"{c} = {v}" for c, v in zip(prepared.by, group, strict=True))
        steps.append(Rung(f"with {where}" if where else "with a weight", asked, steps[-1].n))
    return (*steps, Rung(f"reported {answers.item.label}", count, n))


def readings(answers: Answers) -> tuple[str, ...]:
    """Say how answers were read, where that is not plain: what nobody said, and what counts as no."""
    column = answers.item.column
    found = []
    if answers.unheard:
        found.append(f"{column}: nobody answered {check.listing(answers.unheard)}, which counts as yes")
    if len(answers.no_levels) > 1:
        found.append(f"{column}: counted as no: {check.listing(answers.no_levels)}")
    return tuple(found)


def left_out(prepared: Prepared) -> tuple[str, ...]:
    """Say how many rows took no part, and why."""
    found = [prepared.note] if prepared.note else []
    if prepared.subset.unknown:
        unknown = f"{prepared.subset.unknown:,} rows did not answer what defines the base"
        found.append(f"{unknown} “{prepared.subset.words}” and are in no denominator")
    homeless = int((prepared.subset.rows & (prepared.group < 0)).sum())
    if homeless:
        found.append(f"{homeless:,} rows have no value in {', '.join(prepared.by)} and are in no group")
    if prepared.weight is not None:
        weightless = int((prepared.subset.rows & (prepared.weight == 0)).sum())
        if weightless:
            found.append(f"{weightless:,} rows have weight 0 and take no part")
    return tuple(found)
