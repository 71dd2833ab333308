"""What an estimator refuses: a method that is not valid for the data, and arguments that have no effect."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.coding.groups import where_words
from credbenefits.counts.replicate_weights import refuse_no_weight
from credbenefits.errors import InputError, MethodError
from credbenefits.estimators.core.comparing.pairs import OVERALL, REST
from credbenefits.estimators.core.source import base_words
from credbenefits.frames.names import listed
from credbenefits.numerics.groups.methods import METHODS as COMPARISONS
from credbenefits.numerics.groups.methods import method_for
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.questions.groups import as_groups, group_names
from credbenefits.questions.item import Item, Joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from credbenefits._typing import (
        BootstrapMethod,
        ComparisonBootstrap,
        ComparisonMethod,
        ContrastKind,
        FloatArray,
        ProportionMethod,
        VarianceMethod,
    )
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.counts import Counts
    from credbenefits.estimators.core.design import Resample
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates
    from credbenefits.numerics.groups.methods import Method
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.results.columns import Columns
    from credbenefits.results.comparisons import Contrast

#: Most products of a replicate and a unit that are worked out without allow_long=True.
_MOST_PRODUCTS = 10**10


# ---- arguments -------------------------------------------------------------------------------------------


def refuse_taken(by: GroupsBy | None, columns: Sequence[str]) -> None:
    """Refuse groups that one of the columns of the result would hide."""
    taken = [name for name in group_names(as_groups(by)) if name in columns]
    if taken:
        raise InputError(
            "by",
            allowed="columns that are not called as a column of the result",
            received=check.listing(taken),
            fix=f"Rename it in the data, e.g. to '{taken[0]}_group', or give the question another label.",
        )


def refuse_again(given: Mapping[str, object], *, share: str, people: str) -> None:
    """Refuse what the counts hold already."""
    again = {name: value for name, value in given.items() if not (value is None or _is_empty(value))}
    again |= {"share": share} if share != "conditional" else {}
    again |= {"people": people} if people != "respondents" else {}
    for name, value in again.items():
        raise InputError(
            name,
            allowed="nothing beside counts, which hold it already",
            value=value,
            fix=f"Leave it out, or give {name}= to count().",
        )


def _is_empty(value: object) -> bool:
    return isinstance(value, Sized) and len(value) == 0


def refuse_rows(
    counts: Counts,
    how: str,
    method: ProportionMethod,
    *,
    plain: bool,
    keep: bool,
    call: str = "proportions",
    of: str = "counts",
) -> None:
    """Refuse what takes people one by one, unless it is known without: they are not in the counts."""
    if counts.replicates is not None:  # they are the replicates; others are refused as with rows
        return
    needs = {
        "bootstrap.keep": keep,
        "method": METHODS[method].from_replicates is not None and not plain,
        "variance": how == "bootstrap" or (how == "jackknife" and not counts.units.clustered),
    }
    argument = next((name for name, needed in needs.items() if needed), None)
    if argument is not None:
        came = {"bootstrap.keep": True, "method": method, "variance": how}
        raise MethodError(
            argument,
            allowed=f"variance='linearized' with {of}, and an interval that needs no rows",
            value=came[argument],
            fix=f"Leave it out, or call {call}() with the rows."
            if counts.units.dropped
            else f"Use variance='linearized', or call {call}() with the rows"
            + ("." if of == "counts" else ": collect the table first."),
        )
    if counts.units.dropped and how != "kish":
        raise MethodError(
            "variance",
            allowed="'kish' for counts without their sampling units",
            received=repr(how),
            fix="Leave variance= out, or use the counts before without_units().",
        )


def refuse_variance(variance: VarianceMethod, design: Design, resample: Resample, *, drawn: bool) -> None:
    """Refuse a variance that does not go with the design, the replicate weights or the draws."""
    check.choice("variance", variance, t.VarianceMethod)
    if (resample.scale is not None) != (variance == "replicate_weights"):
        raise MethodError(
            "variance",
            allowed="'replicate_weights', and only so, where the design has them",
            received=repr(variance),
            fix="Give both or neither.",
        )
    if variance == "kish" and (design.has_any or drawn):
        raise MethodError(
            "variance",
            allowed="'linearized', 'jackknife' or 'bootstrap' here",
            received="'kish', which knows no design and no replicates",
            fix="Leave variance= out.",
        )


def refuse_loose_ends(resample: Resample, *, weighted: bool, drawn: bool) -> None:
    """Refuse arguments that would have no effect, and replicate weights without the weight they vary."""
    given = resample.scale is not None
    if given:
        refuse_no_weight(weighted=weighted)
    if resample.kind is not None and (given or not drawn):
        raise MethodError(
            "bootstrap.kind",
            allowed="None where no replicates are drawn",
            received=repr(resample.kind),
            fix="Leave it out." if given else "Say variance='bootstrap' too, or leave it out.",
        )


def refuse_second_stage(design: Design, how: VarianceMethod, *, drawn: bool) -> None:
    """Refuse what would leave out the second stage's population: leaving out or drawing whole first units."""
    if design.second is not None and (drawn or how != "linearized"):
        raise MethodError(
            "variance",
            allowed="'linearized', and no replicates, where the second stage has a population size",
            received=repr("bootstrap" if drawn else how),
            fix="Replicates are of the first stage alone. For those leave the second entry of "
            "SurveyDesign(population_size=[...]) out (ultimate clusters).",
        )


def refuse_long(resample: Resample, *, turns: int, n_units: int, n_proportions: int) -> None:
    """Refuse draws that would take very long, unless the caller allows them."""
    # Each turn multiplies all units; every replicate of a proportion is kept.
    n = resample.n_resamples
    products = n * (n_units * turns + n_proportions)
    if products > _MOST_PRODUCTS and not resample.allow_long:
        raise InputError(
            "bootstrap.n_resamples",
            allowed=f"at most {_MOST_PRODUCTS:.0e} products of a replicate and a unit",
            received=f"{n:,} replicates, which make {products:.1e} with {products // n:,} units and shares",
            fix="Draw fewer (2,000 do for most intervals), or insist with Bootstrap(allow_long=True).",
        )


# ---- methods ---------------------------------------------------------------------------------------------


def refuse_method(task: Task) -> None:
    """Refuse methods that do not take this variance, or not these questions."""
    method, can = task.method, METHODS[task.method]
    if can.from_tables:
        loose = [each.label for each in task.answers if not each.exclusive]
        if loose:
            raise MethodError(
                "method",
                allowed=f"{method!r} for questions of which everybody gave one answer (each_level=True)",
                received=f"{loose[0]!r}",
                fix="Use method='wilson', or ask for every level: Item('column', each_level=True).",
            )
    if can.from_replicates and not can.draws_units and task.design.has_any:
        raise MethodError(
            "method",
            allowed="'bootstrap', 'bootstrap_basic' or 'bootstrap_bca' with a design",
            received=f"{method!r}, whose errors within replicates know no strata",
            fix="Use method='bootstrap_bca'.",
        )
    if can.from_replicates and task.variance not in {"kish", "bootstrap"}:
        raise MethodError(
            "method",
            allowed="a bootstrap interval with variance='bootstrap'",
            received=f"{method!r} with variance={task.variance!r}",
            fix="Leave variance= out, or use method='wilson'.",
        )
    if task.variance == "kish" or can.from_replicates or can.from_variance:
        return
    able = [repr(each.name) for each in METHODS.values() if each.from_variance or each.from_replicates]
    raise MethodError(
        "method",
        allowed=f"one of {', '.join(able)} with variance={task.variance!r}",
        received=f"{method!r}",
        fix="It knows no design: use method='wilson' or 'korn_graubard'.",
    )


def refuse_edges(task: Task, estimates: Estimates) -> None:
    """Refuse methods that have no interval where nobody or everybody said yes."""
    method, can = task.method, METHODS[task.method]
    able = can.edge if task.variance == "kish" else can.edge_from_variance
    if able or not estimates.edge.any():
        return
    k, g = (int(i) for i in np.argwhere(estimates.edge)[0])
    where = where_words(task.source.by, task.groups.labels[g])
    raise MethodError(
        "method",
        allowed="'wilson' where nobody or everybody says yes",
        received=f"{method!r} for {task.answers[k].column!r}, where {int(estimates.count[k, g])} of "
        f"{int(estimates.nobs[k, g]):,} {base_words(task.source, where)} do",
        fix="That interval would have no width, or none at all: use method='wilson'.",
    )


def refuse_one_answer(method: ProportionMethod, column: str) -> None:
    """Refuse intervals that hold for all answers to a question which has one."""
    raise MethodError(
        "method",
        allowed=f"{method!r} for questions with at least two answers",
        received=f"{column!r}, of which there is one",
        fix="Use method='wilson'.",
    )


def refuse_lost_together(task: Task, column: str, group: int) -> None:
    """Refuse intervals for all answers to a question that have no limits in a group."""
    where = where_words(task.source.by, task.groups.labels[group])
    raise MethodError(
        "method",
        allowed="'goodman' where (nearly) all give one answer",
        received=f"{task.method!r} for {column!r} of the {base_words(task.source, where)}",
        fix="It has no limits there: use method='goodman'.",
    )


def refuse_lost_limits(task: Task, estimates: Estimates, low: FloatArray, high: FloatArray) -> None:
    """Refuse a method that has no limits for a proportion which others have limits for."""
    lost = np.argwhere((estimates.nobs > 0) & (np.isnan(low) | np.isnan(high)))
    if lost.size:
        k, g = lost[0].tolist()
        where = where_words(task.source.by, task.groups.labels[g])
        raise MethodError(
            "method",
            allowed="one that has limits for these replicates",
            received=f"{task.method!r} for {task.answers[k].label!r}, {int(estimates.count[k, g]):,} of "
            f"{int(estimates.nobs[k, g]):,} {base_words(task.source, where)}",
            fix="Too few different replicates: use method='wilson'.",
        )


# ---- comparisons -----------------------------------------------------------------------------------------


def refuse_comparison_method(method: Method, comparison: ContrastKind, variance: VarianceMethod) -> None:
    """Refuse a method that does not take this variance."""
    if variance == "kish" or method.from_design is not None:
        return
    able = [repr(each.name) for each in COMPARISONS[comparison].values() if each.from_design]
    raise MethodError(
        "method",
        allowed=f"{' or '.join(able)} with variance={variance!r}",
        received=repr(method.name),
        fix="It knows no design: leave method= out.",
    )


def refuse_own_groups(items: Iterable[object], by: Iterable[object]) -> None:
    """Refuse items that are what makes the groups: everybody in a group gave the same answer."""
    groups = [entry for entry in by if isinstance(entry, (Item, Joined))]
    for item in items:
        for group in groups:
            if isinstance(item, (Item, Joined)) and _tells(group, item):
                raise InputError(
                    "by",
                    allowed="groups that are not made of an item that is compared",
                    received=f"{group.label!r}, which tells the answer to {item.label!r}",
                    fix="Leave it out of items= or out of by=.",
                )


def refuse_reserved_groups(by: str, names: Iterable[str]) -> None:
    """Refuse groups that are called as all others and everybody are in the result."""
    taken = [name for name in names if name in {REST, OVERALL}]
    if taken:
        raise InputError(
            "by",
            allowed=f"groups that are not called {REST!r} (all others) or {OVERALL!r} (everybody)",
            received=f"{check.listing(taken)} in {by}",
            fix="Give that group another name in the data.",
        )


def _tells(group: Item | Joined, item: Item | Joined) -> bool:
    """Tell whether the answer to one question says the answer to another one."""
    if isinstance(group, Joined) or isinstance(item, Joined):
        return replace(group, label="-") == replace(item, label="-")
    meaning = ("yes", "no", "at_least", "at_most")
    alike = all(getattr(group, name) == getattr(item, name) for name in meaning)
    return item.column == group.column and (group.each_level or alike)


def refuse_bootstrap_method(
    method: BootstrapMethod, comparison: ContrastKind, variance: VarianceMethod
) -> None:
    """Refuse intervals of replicates where none are drawn, and those that do not fit the comparison."""
    if method not in get_args(t.ComparisonBootstrap):
        raise MethodError(
            "method",
            allowed="'bootstrap', or 'bootstrap_basic' for differences, of the bootstrap intervals",
            received=f"{method!r}, which is made for proportions",
            fix="Use method='bootstrap'.",
        )
    if variance != "bootstrap":
        raise MethodError(
            "method",
            allowed="a bootstrap interval with variance='bootstrap'",
            received=f"{method!r} with variance={variance!r}",
            fix="Leave variance= out, or method=.",
        )
    if method == "bootstrap_basic" and comparison != "difference":
        raise MethodError(
            "method",
            allowed="'bootstrap' for ratios, which have no middle to mirror replicates about",
            received=repr(method),
            fix="Use method='bootstrap'.",
        )


def refuse_keeping(resample: Resample) -> Resample:
    """Refuse to keep the replicates of comparisons: they are those of the proportions."""
    if resample.keep:
        raise MethodError(
            "bootstrap.keep",
            allowed="False for comparisons",
            received=True,
            fix="The replicates are those of proportions() with the same rng, which keeps them.",
        )
    return resample


def refuse_odds_of_overlap(comparison: ContrastKind, variance: VarianceMethod, *, overlap: bool) -> None:
    """Refuse odds ratios with everybody where no design gives the covariance.

    Differences and ratios with everybody follow from those with the others; an odds ratio does not.
    """
    if overlap and comparison == "odds_ratio" and variance == "kish":
        raise MethodError(
            "comparison",
            allowed="'difference' or 'ratio' with reference='overall', unless there is a design",
            received=repr(comparison),
            fix="Use reference='rest', which compares with all other groups.",
        )


def refuse_nothing_made(columns: Columns[Contrast], by: Sequence[str], reference: object) -> None:
    """Refuse a table without a single number."""
    if any("no_answers" not in flags for flags in columns["flags"]):
        return
    sides = [*zip(columns["group"], columns.cells("n"), strict=True)]
    one = reference is not None and columns["reference"][0] not in {REST, OVERALL}
    if one or reference is None:
        sides += zip(columns["reference"], columns.cells("n_reference"), strict=True)
    answered = {name: n for name, n in sides if n}
    silent = one and columns["reference"][0] not in answered and len(answered) > 0
    items = check.listing(dict.fromkeys(columns["item"]))
    reported = listed(list(answered), np.array(list(answered.values()), dtype=np.int64))
    raise InputError(
        "reference" if silent else "by",
        allowed="a group that answered" if silent else "at least two groups that answered the same item",
        received=f"{check.listing(by)}: {reported or 'nobody in any group'} answered {items}",
        fix="Choose one of these, or leave reference= out."
        if silent
        else "Leave out such items, or check the missing codes, among= and weights=.",
    )


def refuse_no_interval(
    method: ComparisonMethod | ComparisonBootstrap,
    comparison: ContrastKind,
    label: str,
    pair: Sequence[str],
    *,
    of_design: bool,
) -> None:
    """Refuse a method that has no interval for a pair, or one without width."""
    group, reference = pair
    default = method_for(comparison, None, of_design=of_design).name
    raise MethodError(
        "method",
        allowed="one that has an interval, with some width, for every pair",
        received=f"{method!r}, which has none for {label!r}, {group!r} against {reference!r}",
        fix=f"Use method={default!r}.",
    )
