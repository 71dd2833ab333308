"""What weights change in estimates: weighted against unweighted, of the same people, with a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from credbenefits.errors import InputError
from credbenefits.numerics.wilson import wilson
from credbenefits.results.base import level_words, many
from credbenefits.results.proportions import ProportionsResult, weighed_of
from credbenefits.results.weighing.effect import WeightEffect, WeightEffectResult
from credbenefits.weighting.alerts import forbidding
from credbenefits.weighting.steps.trim import untrimmed
from credbenefits.weighting.uses.rows import mark_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import EffectVerdict, FloatArray
    from credbenefits.results.weighing.weighed import Moves
    from credbenefits.weighting.recipe import Recipe
    from credbenefits.weighting.uses.held import Held

#: What a row of the effect has of the row of the result.
_OF_ROW = ("item", "label", "level", "group", "count", "n", "n_effective", "base")
#: What rounding can leave of a sum of weights.
_ROUNDING = 1e-12
MOVED: EffectVerdict = "moved"
NOT_MOVED: EffectVerdict = "not moved"
CANNOT_TELL: EffectVerdict = "cannot tell"


def effect_of(weights: Held, results: ProportionsResult | Sequence[ProportionsResult]) -> WeightEffectResult:
    """Hold results with these weights against the same people unweighted."""
    given, forbidden = _checked(weights, results), forbidding(weights.alerts)
    levels = {result.confidence_level for result in given}
    if len(levels) > 1:
        raise InputError(
            "results",
            allowed="results with one confidence level",
            received=" and ".join(level_words(level) for level in sorted(levels)),
            fix="Make them with the same confidence_level=.",
        )
    bare, level = untrimmed_weight(weights.run), levels.pop()
    rows: list[WeightEffect] = []
    for result in given:
        made = weighed_of(result)
        assert made is not None
        assert made.ask is not None
        moves = made.ask(bare)
        rows += _rows(result, moves if made.places is None else moves.at(made.places))
    by = dict.fromkeys(name for result in given for name in result.by)
    return WeightEffectResult(
        tuple(rows),
        tuple(by),
        weights.target.words,
        weights.target.size,
        level,
        forbidden,
        _notes(rows, level, forbidden, estimated=weights.run is not None),
        frame_kind=given[0].frame_kind,
    )


def verdict_of(low: float, high: float, half_width: float) -> EffectVerdict:
    """Say whether weighting moved an estimate, by the rule that :meth:`Weights.effect` states."""
    if np.isnan(low) or np.isnan(half_width):
        return CANNOT_TELL
    if low > 0 or high < 0:
        return MOVED
    return NOT_MOVED if -half_width <= low and high <= half_width else CANNOT_TELL


def untrimmed_weight(run: Recipe | None) -> FloatArray | None:
    """Return the weights as the recipe makes them without trimming; None where it trims nothing."""
    bare = None if run is None else untrimmed(run)
    if bare is None:
        return None
    made: FloatArray = bare.replicate(np.ones((1, bare.n_people)))[0]
    return made


def _checked(weights: Held, results: object) -> list[ProportionsResult]:
    """Return the results, if each was made with these weights and is still in memory."""
    given = [results] if isinstance(results, ProportionsResult) else results
    if not isinstance(given, list | tuple) or not given:
        raise _wrong(type(results).__name__ if not isinstance(results, list | tuple) else "none")
    for each in given:
        if not isinstance(each, ProportionsResult):
            raise _wrong(type(each).__name__)
        made = weighed_of(each)
        if made is None:
            raise _wrong("weights of a column" if each.weighted else "results without weights")
        of_counts = not made.mark and (each.population, each.population_size) == (
            weights.target.words,
            weights.target.size or 0,
        )
        if made.mark != mark_of(weights) and not of_counts:
            raise _wrong(f"results with other weights, for {each.population or 'some of the people'}")
        if made.ask is None:
            raise InputError(
                "results",
                allowed="results of this session",
                received="results that were saved or copied, which hold no people",
                fix="Make them again: proportions(..., weights=weights).",
            )
    return list(given)


def _wrong(came: str) -> InputError:
    return InputError(
        "results",
        allowed="results of proportions() with these weights, one or several",
        received=came,
        fix="Make them with them: weights.effect(proportions(data, items, weights=weights)).",
    )


def _rows(result: ProportionsResult, moves: Moves) -> list[WeightEffect]:
    """Make the rows of one result."""
    columns, level = result.columns, result.confidence_level
    n, count = columns["n"], columns["count"]
    plain = wilson(count, n, level)
    edge = (count == 0) | (count == n)
    error = np.where(edge, np.nan, np.sqrt(moves.variance))
    # At the edges weighting changes nothing, whatever the weights: rounding must not say otherwise.
    difference = np.where(edge & (n > 0), 0.0, columns["estimate"] - columns["estimate_unweighted"])
    size = np.where(np.isfinite(columns["n_effective"]), np.minimum(columns["n_effective"], n), n)
    reach = stdtrit(np.maximum(size - 1.0, 1.0), 0.5 + level / 2.0) * error
    low, high = difference - reach, difference + reach
    half = (plain.high - plain.low) / 2.0
    numbers: dict[str, FloatArray] = {
        "unweighted": columns["estimate_unweighted"],
        "unweighted_low": plain.low,
        "unweighted_high": plain.high,
        "weighted": columns["estimate"],
        "weighted_low": columns["conf_low"],
        "weighted_high": columns["conf_high"],
        "difference": difference,
        "std_error": error,
        "conf_low": low,
        "conf_high": high,
        **_trimming(result, moves),
    }
    made = []
    for k, row in enumerate(result.rows):
        of_row: dict[str, Any] = {name: getattr(row, name) for name in _OF_ROW}
        of_row |= {name: float(column[k]) for name, column in numbers.items()}
        verdict = verdict_of(float(low[k]), float(high[k]), float(half[k]))
        made.append(WeightEffect(**of_row, verdict=verdict, row=row))
    return made


def _trimming(result: ProportionsResult, moves: Moves) -> dict[str, FloatArray]:
    """Return the untrimmed estimates, what trimming adds to them, and the part of the variance it saves."""
    nothing = np.full(len(result), np.nan)
    if moves.untrimmed is None or moves.size is None or moves.size_untrimmed is None:
        return dict.fromkeys(("untrimmed", "trim_shift", "variance_saved"), nothing)
    shift = result.columns["estimate"] - moves.untrimmed
    # Rounding is left where nobody was above the cap.
    shift = np.where(np.abs(shift) < _ROUNDING, 0.0, shift)
    saved = 1.0 - np.divide(moves.size_untrimmed, moves.size, out=nothing.copy(), where=moves.size > 0)
    return {
        "untrimmed": moves.untrimmed,
        "trim_shift": shift,
        "variance_saved": np.where(np.abs(saved) < _ROUNDING, 0.0, saved),
    }


def _notes(rows: Sequence[WeightEffect], level: float, forbidden: str, *, estimated: bool) -> tuple[str, ...]:
    """Say what a reader must know of the verdicts."""
    found = [row.verdict for row in rows]
    n, moved = len(found), found.count(MOVED)
    notes = [
        f"of {many(n, 'estimate', 'estimates')} {moved:,} moved beyond chance; {found.count(NOT_MOVED):,} "
        "moved nothing beyond chance, so that the unweighted one may be published; for "
        f"{found.count(CANNOT_TELL):,} the data cannot tell"
    ]
    if moved and n > 1:
        notes.append(
            f"where weighting changes nothing, about {1 - level:.0%} of estimates are said to have moved all "
            "the same"
        )
    edges = sum(row.count in {0, row.n} for row in rows if row.n)
    if edges:
        notes.append(
            f"nobody or everybody said yes in {many(edges, 'row', 'rows')}: no weights move that, and the "
            "data cannot tell how far they would move the share in other samples"
        )
    if not estimated:
        notes.append("the weights are taken as known: how they were made is not known here")
    if forbidden:
        notes.append(f"no weighted number may stand at the top of a brief: {forbidden}")
    return tuple(notes)
