"""From two waves' frames to the rows that pairs are counted in: groups, base, weights, doubt about links."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.weights import MadeWeights, RowWeights, for_ratios, read_weights
from credbenefits.errors import DataWarning, InputError
from credbenefits.estimators.core.notes import chained_note
from credbenefits.estimators.core.pairing.source import PairedRows
from credbenefits.estimators.core.source import prepare
from credbenefits.frames.boundary import take
from credbenefits.panel.links import links_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Bins, FloatArray, IntArray, LinkageErrorRule, Values
    from credbenefits.counts.coding.pairs import Pairs
    from credbenefits.estimators.core.pairing.read import Both
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.panel.panel import Panel
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import ItemLike
    from credbenefits.weighting.weights import Weights


class Links(NamedTuple):
    """How sure the links of pairs are: whether that is corrected for, and the mean match probability."""

    adjust: bool
    match_probability: float
    notes: tuple[str, ...]


def pair_rows(
    both: Both,
    *,
    weights: Weights | str | Mapping[str, str] | None,
    by: GroupsBy | None,
    bins: Bins | None,
    among: ItemLike | Sequence[ItemLike] | None,
    missing: Values,
    answers: Values,
    people: str,
    allow_identifier: bool,
) -> PairedRows:
    """Read groups and base from the first wave, and the weights of the pairs."""
    prepared = prepare(
        both.frames[0].to_native(),
        both.question,
        by=by,
        bins=bins,
        among=among,
        weights=None,
        missing=missing,
        answers=answers,
        people=people,
        allow_identifier=allow_identifier,
    )
    pairs, names = both.pairs, both.names
    made = _weights(both.frames, pairs, names, weights)
    if made.note:
        warnings.warn(made.note, DataWarning, stacklevel=3)
    rows = PairedRows.of(prepared, pairs, made)
    if not rows.sums().people[..., (rows.sums().cells >= 0).all(axis=1)].any():
        _refuse_empty_base(rows, names)
    return rows


def _refuse_empty_base(rows: PairedRows, names: tuple[str, str]) -> None:
    """Refuse a base in which nobody answered both waves."""
    raise InputError(
        "among" if rows.subset.reported else "by" if rows.by else "weights",
        allowed=f"people who answered in {names[0]} and {names[1]}",
        received=f"nobody among the {int(rows.linked.sum()):,} people in both who is in the base, in a group "
        "and has a weight",
        fix=f"Columns of among= and by= are those of {names[0]}; check them, and the weights.",
    )


# ---- weights -------------------------------------------------------------------------------------------


def _weights(
    frames: Sequence[NarwhalsFrame],
    pairs: Pairs,
    names: tuple[str, str],
    weights: Weights | str | Mapping[str, str] | None,
) -> RowWeights:
    """Read the weights of the pairs: of people, or from a column of one of the waves."""
    if weights is None:
        return RowWeights()
    rows = pairs.row, pairs.other
    if isinstance(weights, (str, Mapping)):
        place, column = _column(frames, names, weights)
        made = read_weights(take(frames[place], rows[place]), column)
        return for_ratios(made, f"column {column!r} of the people in both waves")
    try:
        made = read_weights(take(frames[0], rows[0]), weights)
        return for_ratios(made, "those of the people in both waves")
    except InputError as problem:
        if not isinstance(weights, MadeWeights) or problem.argument != "weights":
            raise
        raise InputError(
            "weights",
            allowed=f"weights for everybody who is in {names[0]} and {names[1]}",
            received=f"{problem.received}",
            fix="Make them for these waves: attrition_weights(panel, ..., "
            f"wave={names[1]!r}, to={names[0]!r}), or Weights.from_column(panel.wave({names[0]!r}), ...).",
        ) from None


def _column(
    frames: Sequence[NarwhalsFrame], names: tuple[str, str], weights: str | Mapping[str, str]
) -> tuple[int, str]:
    """Return which wave has the column of weights, and its name."""
    if isinstance(weights, str):
        there = [place for place in (0, 1) if weights in frames[place].columns]
        if len(there) == 2:
            raise InputError(
                "weights",
                allowed="a column of one of the waves",
                received=f"{weights!r}, which {names[0]} and {names[1]} have",
                fix=f"Say whose: weights={{{names[1]!r}: {weights!r}}}.",
            )
        if not there:
            known = list(dict.fromkeys(name for frame in frames for name in frame.columns))
            check.column("weights", weights, known, f"wave {names[0]!r} or {names[1]!r}")
        return there[0], weights
    if len(weights) != 1 or next(iter(weights)) not in names:
        raise InputError(
            "weights",
            allowed=f"one of the waves {check.listing(names)} and its column",
            received=check.listing(weights),
            fix=f"For example: weights={{{names[1]!r}: 'weight'}}.",
        )
    ((wave, column),) = weights.items()
    place = names.index(wave)
    check.column("weights", column, frames[place].columns, f"wave {wave!r}")
    return place, column


# ---- links ---------------------------------------------------------------------------------------------


def with_doubt(
    rows: PairedRows, panel: Panel, both: Both, *, rule: LinkageErrorRule | None
) -> tuple[PairedRows, Links]:
    """Put the doubt about each link beside its pair, if it is to be corrected for."""
    pairs = both.pairs
    used = rows.taking_part[pairs.row] & (pairs.first >= 0) & (pairs.second >= 0)
    probability, indirect = _probabilities(panel, both.names, pairs.person[used])
    doubtful = bool((probability < 1).any())
    adjust = rule == "adjust" or (rule is None and doubtful)
    links = Links(adjust, float(probability.mean()), chained_note(indirect))
    if not (adjust and doubtful):  # certain links leave nothing to correct
        return rows, links
    doubt = np.zeros(rows.linked.size)
    doubt[pairs.row[used]] = 1.0 - probability
    # What the correction takes out has its own variance, which takes the weights as known.
    known = replace(rows.weighting, estimated=None)
    return replace(rows, doubt=doubt, counted={}, weighting=known), links


def _probabilities(panel: Panel, names: tuple[str, str], person: IntArray) -> tuple[FloatArray, int]:
    """Return the probability that each pair is one person, and of how many it was put together."""
    p, key = links_of(panel.as_pandas("links"), person, names, others=len(panel.wave_names) > 2)
    bad = int((~((p > 0) & (p <= 1))).sum())
    if bad:
        raise InputError(
            "panel",
            allowed="links with match probabilities above 0 and up to 1",
            received=f"{bad:,} outside of that",
            fix="See panel.links.",
        )
    return p, int((key[p < 1] == "(indirect)").sum())
