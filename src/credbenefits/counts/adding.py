"""Counts of two files made the count of both: answers, groups and units unite by name, and sums add."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from credbenefits.counts.adding_shares import add_shares, respelled
from credbenefits.counts.base import Base
from credbenefits.counts.names import ONE_CALL, moved, name_order, rows_together, unite, unlike
from credbenefits.counts.tally import EXTRA_POWERS, Axis, Tally
from credbenefits.counts.units import Units, crossed_strata, crossing, unit_token
from credbenefits.numerics.design.replicate_ranks import rank_of
from credbenefits.numerics.design.replicate_scale import without_cancelled
from credbenefits.questions.spelling import canonical, token_order
from credbenefits.results.proportions import Rung

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Places:
    """Where the units and groups of one file are among those of both, and how many there are.

    `products` are the file's, of the replicate weights in each of its own groups.
    """

    unit: IntArray
    group: IntArray
    n_units: int
    n_groups: int
    products: FloatArray | None = None


class Grouping(NamedTuple):
    """The united columns of groups, the groups that occur, and where those of each file are."""

    axes: tuple[Axis, ...]
    groups: tuple[tuple[str, ...], ...]
    first: IntArray
    second: IntArray


def group_cells(axes: Sequence[Axis], groups: Sequence[tuple[str, ...]]) -> IntArray:
    """Return the place of every group's label on the axes of groups, shape (G, axes)."""
    place = [{answer: i for i, answer in enumerate(axis.answers)} for axis in axes]
    cells = [[p[name] for p, name in zip(place, group, strict=True)] for group in groups]
    return np.array(cells, dtype=np.int64).reshape(len(groups), len(axes))


def add_groups(
    axes: tuple[Sequence[Axis], Sequence[Axis]], groups: tuple[Sequence[tuple[str, ...]], ...]
) -> Grouping:
    """Unite the groups of two files; those that nobody is in are not among them."""
    if [axis.label for axis in axes[0]] != [axis.label for axis in axes[1]]:
        raise unlike("by", "groups", f"{ONE_CALL}: the same by=.")
    united = [unite(one, two) for one, two in zip(*axes, strict=True)]
    cells = [group_cells(*each) for each in zip(axes, groups, strict=True)]
    ones = moved(cells[0], [u.first for u in united])
    result, first, second = rows_together(ones, moved(cells[1], [u.second for u in united]))
    names = [tuple(u.axis.answers[i] for u, i in zip(united, row, strict=True)) for row in result.tolist()]
    return Grouping(tuple(u.axis for u in united), tuple(names), first, second)


def add_units(one: Units, two: Units) -> tuple[Units, IntArray, IntArray]:
    """Unite sampling units: those of one name are one unit."""
    same = ("columns", "clustered", "lonely_psu", "deff", "dropped")
    if any(getattr(one, name) != getattr(two, name) for name in same) or len(one.read) != len(two.read):
        raise unlike("design", "design", f"{ONE_CALL}: the same strata, clusters and rules.")
    both = one, two
    n_strata = _n_strata(one)
    tokens = [[unit_token(name, n_strata) for name in units.names] for units in both]
    if any(len(set(some)) < len(some) for some in tokens):
        raise unlike("design", "spelling of units", "Write the name of each unit in one way.")
    every = sorted({*tokens[0], *tokens[1]}, key=lambda token: [token_order(part) for part in token])
    place = {token: i for i, token in enumerate(every)}
    first, second = (np.array([place[t] for t in some], dtype=np.int64) for some in tokens)
    strata = _wholes(both, tokens, every, depth=1)
    rows = np.zeros(1 + max(int(where.max()) for where in strata), dtype=np.int64)
    for units, where in zip(both, strata, strict=True):
        rows[where] += units.drawn
    if one.dropped:
        return replace(one, drawn=rows), first, second
    read = tuple(unite(a, b).axis for a, b in zip(one.read, two.read, strict=True))
    made = Units.of(
        _shown_names(both, tokens, every, read),
        one.columns,
        rows=None if one.clustered else rows,
        population=_sizes([units.population for units in both], strata),
        lonely_psu=one.lonely_psu,
        deff=one.deff,
        inner_population=_sizes(
            [units.inner_population for units in both], _wholes(both, tokens, every, depth=2)
        ),
        read=read,
    )
    return made, first, second


_Tokens: TypeAlias = "Sequence[tuple[str, ...]]"


def _n_strata(units: Units) -> int:
    """Return how many columns make the strata; units of which no column was read have one at most."""
    return len(units.read) - len(units.columns) + 1 if units.read else len(units.columns[:1])


def _wholes(
    both: tuple[Units, Units], tokens: Sequence[_Tokens], every: _Tokens, *, depth: int
) -> list[IntArray]:
    """Return where each file's strata (depth 1) or first-stage units (depth 2) are among those of both."""
    place: dict[tuple[str, ...], int] = {}
    for token in every:
        place.setdefault(token[:depth], len(place))
    result = []
    for units, some in zip(both, tokens, strict=True):
        whole = units.stratum if depth == 1 else units.psu
        where = np.zeros(int(whole.max()) + 1, dtype=np.int64)
        where[whole] = [place[token[:depth]] for token in some]
        result.append(where)
    return result


def _shown_names(
    both: tuple[Units, Units], tokens: Sequence[_Tokens], every: _Tokens, read: Sequence[Axis]
) -> list[tuple[str, ...]]:
    """Return the names of all units, each part as most rows of both files spell it."""
    names: dict[tuple[str, ...], tuple[str, ...]] = {}
    for units, some in zip(both, tokens, strict=True):
        for token, name in zip(some, units.names, strict=True):
            names[token] = min(names.get(token, name), name)
    if not read:
        return [names[token] for token in every]
    spelled = [{canonical(answer): answer for answer in axis.answers} for axis in read]
    n_strata = _n_strata(both[0])

    def shown(name: tuple[str, ...]) -> tuple[str, ...]:
        parts = crossed_strata(name[0], max(n_strata, 1))
        if len(parts) == n_strata:
            parts = [some.get(canonical(v), v) for some, v in zip(spelled, parts, strict=False)]
        stages = [some.get(canonical(v), v) for some, v in zip(spelled[n_strata:], name[1:], strict=True)]
        return (crossing(parts), *stages)

    return [shown(names[token]) for token in every]


def _sizes(given: Sequence[FloatArray | None], at: Sequence[IntArray]) -> FloatArray | None:
    """Return the size that each whole has in the population, which both files must give alike."""
    if all(size is None for size in given):
        return None
    result = np.full(1 + max(int(where.max()) for where in at), np.nan)
    for size, where in zip(given, at, strict=True):
        known = result[where]
        if size is None or (~np.isnan(known) & (known != size)).any():
            raise unlike(
                "population_size",
                "population sizes",
                "Give each stratum, and each unit of the first stage, the size it has in the population, "
                "in every file.",
            )
        result[where] = size
    return result


def add_bases(one: Base, two: Base) -> Base:
    """Add the ladders and what is in no count."""
    words = [[rung.words for rung in base.ladder] for base in (one, two)]
    items = [[(axis.column, axis.label) for axis in base.among] for base in (one, two)]
    if words[0] != words[1] or items[0] != items[1] or (one.within is None) != (two.within is None):
        raise unlike("among", "base", f"{ONE_CALL}: the same people=, among= and share=.")
    ladder = [Rung(a.words, a.n + b.n, a.of + b.of) for a, b in zip(one.ladder, two.ladder, strict=True)]
    among = [unite(a, b).axis for a, b in zip(one.among, two.among, strict=True)]
    within = None if one.within is None or two.within is None else add_bases(one.within, two.within)
    names = ("outside", "unclear", "ungrouped", "weightless", "weightless_anywhere")
    sums = {name: getattr(one, name) + getattr(two, name) for name in names}
    return Base(tuple(ladder), tuple(among), within=within, **sums)


def add_tallies(
    one: Sequence[Tally], two: Sequence[Tally], places: tuple[Places, Places]
) -> tuple[Tally, ...]:
    """Add the sums of all questions. A choice that one file does not have nobody ticked there."""
    if set(_questions(one)) != set(_questions(two)):
        raise unlike("items", "questions", f"{ONE_CALL}: the same items.")
    firsts, seconds = ({_key(t): t for t in tallies} for tallies in (one, two))
    if len(firsts) < len(one) or len(seconds) < len(two):
        raise unlike("items", "spelling of choices", "Write each choice in one way.")
    made = []
    for key in _keys(one, two):
        pair = [
            some[key] if key in some else _unticked(some.values(), other[key])
            for some, other in ((firsts, seconds), (seconds, firsts))
        ]
        made.append(_add(pair[0], pair[1], places))
    return tuple(made)


def _key(tally: Tally) -> tuple[str, str]:
    """Return what tells a tally from others, however its choice is spelled."""
    return tally.question, canonical(tally.choice)


def _questions(tallies: Sequence[Tally]) -> list[tuple[str, bool]]:
    return list(dict.fromkeys((t.question, t.select_all) for t in tallies))


def _keys(one: Sequence[Tally], two: Sequence[Tally]) -> list[tuple[str, str]]:
    """Return the united questions and choices, in the order both have, and else in that of their names."""
    asked = [[_key(t) for t in tallies if t.shares or not t.select_all] for tallies in (one, two)]
    # A select-all question nobody ticked anything of stays only if that is so in both.
    some = {question for keys in asked for question, _ in keys}
    asked = [
        [_key(t) for t in tallies if t.shares or not t.select_all or t.question not in some]
        for tallies in (one, two)
    ]
    if asked[0] == asked[1]:
        return asked[0]
    by_name = name_order()
    questions = [list(dict.fromkeys(t.question for t in tallies)) for tallies in (one, two)]
    if questions[0] != questions[1]:
        questions[0].sort(key=by_name)
    place = {question: i for i, question in enumerate(questions[0])}
    return sorted({*asked[0], *asked[1]}, key=lambda key: (place[key[0]], by_name(key[1]), key[1]))


def _unticked(tallies: Iterable[Tally], wanted: Tally) -> Tally:
    """Return the tally of a choice that a file does not have: whoever answered did not tick it."""
    # Any choice tells who answered: of the weights' sums it does so to the last digit but one.
    sibling = min((t for t in tallies if t.question == wanted.question), key=lambda t: t.key)
    no, yes = range(2)
    instead = np.where(sibling.cells == yes, no, sibling.cells)
    cells = np.unique(instead)[:, None]
    into = (instead == cells[:, 0]).astype(np.int64)
    sums = {name: getattr(sibling, name) @ into for name in ("people", "weight", "weight2")}
    read = tuple((text, no if place == yes else place, n) for text, place, n in sibling.axes[0].read)
    axis = replace(wanted.axes[0], read=read, notes=())
    base = cells[:, 0] == no
    shares = [replace(share, yes=np.zeros(len(cells), dtype=bool), base=base) for share in wanted.shares]
    return Tally(
        wanted.question,
        (axis,),
        cells,
        tuple(shares),
        **sums,
        extra={name: array @ into for name, array in sibling.extra.items()},
        replicate=None if sibling.replicate is None else sibling.replicate @ into,
        select_all=True,
        narrow=sibling.narrow,
        ungrouped=sibling.ungrouped,
    )


def _add(one: Tally, two: Tally, places: tuple[Places, Places]) -> Tally:
    if len(one.axes) != len(two.axes) or set(one.extra) != set(two.extra):
        raise unlike("items", "questions", f"{ONE_CALL}: the same items and waves.")
    one, two = respelled(one, two)
    united = [unite(a, b) for a, b in zip(one.axes, two.axes, strict=True)]
    cells, first, second = rows_together(
        moved(one.cells, [u.first for u in united]), moved(two.cells, [u.second for u in united])
    )
    axes = tuple(u.axis for u in united)
    shares = add_shares((one, two), (first, second), len(cells), axes)
    at = tuple(zip(places, (first, second), strict=True))

    def spread(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return _spread(arrays, at, len(cells))

    replicate = None
    if one.replicate is not None and two.replicate is not None:
        replicate = _spread((one.replicate, two.replicate), at, len(cells), by_unit=False)
        if min(one.replicate.min(initial=0.0), two.replicate.min(initial=0.0)) < 0:
            sizes = _spread((np.abs(one.replicate), np.abs(two.replicate)), at, len(cells), by_unit=False)
            replicate = without_cancelled(replicate, sizes)
    return Tally(
        one.question,
        axes,
        cells,
        shares,
        people=spread([one.people, two.people]),
        weight=spread([one.weight, two.weight]),
        weight2=spread([one.weight2, two.weight2]),
        extra={name: spread([array, two.extra[name]]) for name, array in one.extra.items()},
        replicate=replicate,
        select_all=one.select_all,
        narrow=_add_narrow((one, two), places),
        ungrouped=(one.ungrouped[0] + two.ungrouped[0], one.ungrouped[1] + two.ungrouped[1]),
    )


def add_products(places: Sequence[Places]) -> FloatArray | None:
    """Add the products of replicate weights, group by group."""
    given = [(place.group, place.products) for place in places if place.products is not None]
    if not given or len(given) < len(places):
        return None
    result = np.zeros((places[0].n_groups, *given[0][1].shape[1:]))
    for group, products in given:
        result[group] += products
    return result


def _add_narrow(
    tallies: tuple[Tally, Tally], places: tuple[Places, Places]
) -> dict[tuple[str, int], FloatArray]:
    """Add the products of those who answered; where their rank is that of their group, these tell as much."""
    whole = add_products(places) if tallies[0].narrow or tallies[1].narrow else None
    if whole is None:
        return {}
    result = {}
    where = [{int(now): was for was, now in enumerate(place.group)} for place in places]
    touched = {
        (kind, int(place.group[g]))
        for tally, place in zip(tallies, places, strict=True)
        for kind, g in tally.narrow
    }
    for kind, g in sorted(touched):
        total = np.zeros(whole.shape[1:])
        for tally, place, local in zip(tallies, places, where, strict=True):
            if g in local and place.products is not None:
                total += tally.narrow.get((kind, local[g]), place.products[local[g]])
        if rank_of(total) < rank_of(whole[g]):
            result[kind, g] = total
    return result


def _spread(
    arrays: Sequence[NDArray[Any]],
    at: Sequence[tuple[Places, IntArray]],
    n_cells: int,
    *,
    by_unit: bool = True,
) -> NDArray[Any]:
    """Add the sums of two files in the places of both; what is in one only is 0 in the other."""
    where = at[0][0]
    length = where.n_units if by_unit else len(arrays[0])
    total = np.zeros((length, where.n_groups, n_cells), dtype=arrays[0].dtype)
    for array, (place, cell) in zip(arrays, at, strict=True):
        unit = place.unit if by_unit else np.arange(length)
        total[np.ix_(unit, place.group, cell)] += array
    return total


def rescaled(tally: Tally, step: int) -> Tally:
    """Return a tally with its weights times 2 to a power, which changes no digit."""
    return replace(
        tally,
        weight=np.ldexp(tally.weight, step),
        weight2=np.ldexp(tally.weight2, 2 * step),
        extra={name: np.ldexp(array, step * EXTRA_POWERS[name]) for name, array in tally.extra.items()},
        replicate=None if tally.replicate is None else np.ldexp(tally.replicate, step),
        narrow={key: np.ldexp(products, 2 * step) for key, products in tally.narrow.items()},
    )
