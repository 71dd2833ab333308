"""What weights change in estimates: weighted against unweighted, of the same people, with a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy.special import stdtrit

from credbenefits.errors import InputError
from credbenefits.results.base import level_words, many
from credbenefits.results.comparisons import ComparisonResult
from credbenefits.results.proportions import ProportionsResult
from credbenefits.results.transitions import TransitionsResult
from credbenefits.results.weighing.effect import WeightEffect, WeightEffectResult
from credbenefits.results.weighing.weighed import weighed_of
from credbenefits.weighting.alerts import forbidding
from credbenefits.weighting.steps.trim import untrimmed
from credbenefits.weighting.uses.about import about_rows
from credbenefits.weighting.uses.rows import mark_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import EffectScale, EffectVerdict, FloatArray
    from credbenefits.results.weighing.weighed import Moves
    from credbenefits.weighting.recipe import Recipe
    from credbenefits.weighting.uses.held import Held

#: Results of which weights can say what they change.
Weighable: TypeAlias = ProportionsResult | ComparisonResult | TransitionsResult
#: What rounding can leave of a sum of weights.
_ROUNDING = 1e-12
MOVED: EffectVerdict = "moved"
NOT_MOVED: EffectVerdict = "not moved"
CANNOT_TELL: EffectVerdict = "cannot tell"


def effect_of(weights: Held, results: Weighable | Sequence[Weighable]) -> WeightEffectResult:
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
    by = dict.fromkeys(column for row in rows for column, _ in row.group)
    return WeightEffectResult(
        tuple(rows),
        tuple(by),
        weights.target.words,
        weights.target.size,
        level,
        forbidden,
        _notes(rows, given, forbidden, estimated=weights.run is not None),
        tuple(given),
        frame_kind=given[0].frame_kind,
    )


def verdict_of(low: float, high: float, half_width: float) -> EffectVerdict:
    """Say whether weighting moved an estimate, by the rule that :meth:`Weights.effect` states."""
    if np.isnan(low) or np.isnan(half_width):
        return CANNOT_TELL
    if low > 0 or high < 0:
        return MOVED
    near = np.isfinite(half_width) and -half_width <= low and high <= half_width
    return NOT_MOVED if near else CANNOT_TELL


def untrimmed_weight(run: Recipe | None) -> FloatArray | None:
    """Return the weights as the recipe makes them without trimming; None where it trims nothing."""
    bare = None if run is None else untrimmed(run)
    if bare is None:
        return None
    made: FloatArray = bare.replicate(np.ones((1, bare.n_people)))[0]
    return made


def _checked(weights: Held, results: object) -> list[Weighable]:
    """Return the results, if each was made with these weights and is still in memory."""
    given = [results] if isinstance(results, Weighable) else results
    if not isinstance(given, list | tuple) or not given:
        raise _wrong(type(results).__name__ if not isinstance(results, list | tuple) else "none")
    for each in given:
        if not isinstance(each, Weighable):
            raise _wrong(type(each).__name__)
        made = weighed_of(each)
        if made is None:
            raise _wrong("weights of a column" if each.weighted else "results without weights")
        size = getattr(each, "population_size", None)
        of_counts = not made.mark and each.population == weights.target.words
        of_counts &= size is None or size == (weights.target.size or 0)
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
        allowed="results of proportions(), compare_groups() or transitions() with these weights",
        received=came,
        fix="Make them with them: weights.effect(proportions(data, items, weights=weights)).",
    )


def _rows(result: Weighable, moves: Moves) -> list[WeightEffect]:
    """Make the rows of one result."""
    columns, level = result.columns, result.confidence_level
    about = about_rows(result)
    scale: EffectScale = "difference"
    if isinstance(result, ComparisonResult) and result.comparison != "difference":
        scale = "ratio"
    error = np.where(moves.still, np.nan, np.sqrt(moves.variance))
    moved = _moved(columns["estimate"], moves.unweighted, scale)
    # At the edges weighting changes nothing, whatever the weights: rounding must not say otherwise.
    moved = np.where(moves.still & (np.abs(moved) < _ROUNDING), 0.0, moved)
    reach = np.asarray(stdtrit(np.maximum(about.df, 1.0), 0.5 + level / 2.0) * error, dtype=np.float64)
    low, high = moved - reach, moved + reach
    half = _half_width(moves, scale)
    numbers: dict[str, FloatArray] = {
        "unweighted": moves.unweighted,
        "unweighted_low": moves.low,
        "unweighted_high": moves.high,
        "weighted": columns["estimate"],
        "weighted_low": columns["conf_low"],
        "weighted_high": columns["conf_high"],
        "difference": _shown(moved, scale),
        "std_error": error,
        "conf_low": _shown(low, scale),
        "conf_high": _shown(high, scale),
        **_trimming(columns["estimate"], moves),
    }
    made = []
    rows: Sequence[Any] = result.rows
    for k, (row, own) in enumerate(zip(rows, about.rows, strict=True)):
        of_row: dict[str, Any] = {name: float(column[k]) for name, column in numbers.items()}
        verdict = verdict_of(float(low[k]), float(high[k]), float(half[k]))
        made.append(WeightEffect(**own, **of_row, scale=scale, verdict=verdict, row=row))
    return made


def _moved(weighted: FloatArray, unweighted: FloatArray, scale: EffectScale) -> FloatArray:
    """Return weighted less unweighted estimates: of ratios, of their logarithms."""
    if scale == "difference":
        return weighted - unweighted
    with np.errstate(divide="ignore", invalid="ignore"):
        made = np.log(weighted) - np.log(unweighted)
    return np.where(np.isfinite(made), made, np.nan)


def _shown(values: FloatArray, scale: EffectScale) -> FloatArray:
    """Return differences as they are, and those of logarithms as ratios."""
    made: FloatArray = np.asarray(np.exp(values) if scale == "ratio" else values, dtype=np.float64)
    return made


def _half_width(moves: Moves, scale: EffectScale) -> FloatArray:
    """Return half the width of the unweighted intervals."""
    if scale == "difference":
        return (moves.high - moves.low) / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return (np.log(moves.high) - np.log(moves.low)) / 2.0


def _trimming(estimate: FloatArray, moves: Moves) -> dict[str, FloatArray]:
    """Return the untrimmed estimates, what trimming adds to them, and the part of the variance it saves."""
    nothing = np.full(estimate.shape, np.nan)
    if moves.untrimmed is None or moves.size is None or moves.size_untrimmed is None:
        return dict.fromkeys(("untrimmed", "trim_shift", "variance_saved"), nothing)
    with np.errstate(invalid="ignore"):
        shift = estimate - moves.untrimmed
    # Rounding is left where nobody was above the cap.
    shift = np.where(np.abs(shift) < _ROUNDING, 0.0, shift)
    saved = 1.0 - np.divide(moves.size_untrimmed, moves.size, out=nothing.copy(), where=moves.size > 0)
    return {
        "untrimmed": moves.untrimmed,
        "trim_shift": shift,
        "variance_saved": np.where(np.abs(saved) < _ROUNDING, 0.0, saved),
    }


def _notes(
    rows: Sequence[WeightEffect], given: Sequence[Weighable], forbidden: str, *, estimated: bool
) -> tuple[str, ...]:
    """Say what a reader must know of the verdicts."""
    found, level = [row.verdict for row in rows], given[0].confidence_level
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
    edges = sum(row.n > 0 and np.isnan(row.std_error) for row in rows)
    if edges:
        notes.append(
            f"nobody or everybody said yes in {many(edges, 'row', 'rows')}: no weights move that, and the "
            "data cannot tell how far they would move the share in other samples"
        )
    if any(row.scale == "ratio" for row in rows):
        notes.append(
            "what weighting changes in a ratio is the weighted over the unweighted ratio: at 1 nothing moved"
        )
    if any(isinstance(each, ComparisonResult) and each.together for each in given):
        notes.append(
            "the weighted intervals of comparisons are adjusted for all of them; all others are each "
            f"{level_words(level)}"
        )
    if not estimated:
        notes.append("the weights are taken as known: how they were made is not known here")
    if forbidden:
        notes.append(f"no weighted number may stand at the top of a brief: {forbidden}")
    return tuple(notes)
