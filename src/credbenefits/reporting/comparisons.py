"""The part of a brief that compares groups."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from credbenefits.reporting import words as say
from credbenefits.reporting.blocks import Grid, Paragraph, Section
from credbenefits.reporting.rounding import decimals, not_hundred, number, percent, points, same_difference
from credbenefits.reporting.sections import notes
from credbenefits.results.base import KIND_COLUMNS, kind_words, level_words, many, p_words

if TYPE_CHECKING:
    from credbenefits.reporting.blocks import Block
    from credbenefits.reporting.sections import Material
    from credbenefits.results.comparisons import ComparisonResult, Contrast


def groups(material: Material) -> Section | None:
    """Show comparisons between groups, with the number of comparisons made."""
    blocks: list[Block] = []
    below = [note for result in material.shares for note in result.notes]  # under the table of bases
    for result in material.comparisons:
        blocks += [*_table(result), *notes([result], but=below)]
    only = all(result.comparison == "difference" for result in material.comparisons)
    heading = f"{'Differences' if only else 'Comparisons'} between groups"
    return Section(heading, tuple(blocks)) if blocks else None


def _table(result: ComparisonResult) -> list[Block]:
    whom = result.people + (f", weighted to {result.population}" if result.population else "")
    made = many(result.n_comparisons, "comparison", "comparisons")
    is_difference = result.comparison == "difference"
    what = result.words.capitalize()
    text = (
        f"{made} by {' and '.join(result.by)} among {whom}. {_p_values(result)} {_SCALE[result.comparison]}"
        "A difference among people who answered is not an effect of the group."
    )
    adjusted = "" if result.n_comparisons == 1 else ", adjusted" if result.together else ", not adjusted"
    header = (
        "Reported",
        "Groups",
        "Group",
        "Reference",
        f"{what}{' in points' if is_difference else ''} "
        f"({level_words(result.confidence_level)} interval{adjusted})",
        f"p ({'adjusted' if say.adjusted(result) else 'not adjusted'})",
    )
    places = decimals(n for row in result.rows for n in (row.n, row.n_reference))
    rows = tuple(_row(row, places, is_difference=is_difference) for row in result.rows)
    caption = f"{what}s by {' and '.join(result.by)}{', in percentage points' if is_difference else ''}"
    reported = [_intervals(result), *_rounding(result, places)]
    return [
        Paragraph((text,)),
        Grid(caption, header, rows),
        *(Paragraph((note,)) for note in reported if note),
    ]


#: How to read what is not in points.
_SCALE = {
    "difference": "",
    "ratio": "A ratio is the group's share over the reference's, both unrounded: 1 is no difference. ",
    "odds_ratio": "An odds ratio compares odds, not shares: it lies further from 1, which is no difference, "
    "than the ratio of the shares does. ",
}


def _p_values(result: ComparisonResult) -> str:
    """Say how the p-values were adjusted and how many of them are small."""
    limit = f"{1 - result.confidence_level:.2g}"
    n = sum(row.p_adjusted < 1 - result.confidence_level for row in result.rows)
    kind = "adjusted p-value" if say.adjusted(result) else "p-value"
    how = "The p-values are not adjusted" if result.n_comparisons > 1 else "The p-value is not adjusted"
    if say.adjusted(result):
        made = say.ADJUSTMENTS[result.adjust]
        how = f"The p-values are {made} for all comparisons of this table that were tested"
    if not any(row.p_adjusted <= 1 for row in result.rows):
        few = (
            "units of the design"
            if any("no_df" in row.flags for row in result.rows)
            else "answers of one kind"
        )
        return f"None could be tested: too few {few}."
    counted = (
        f"No {kind} is below {limit}, which does not show that the groups are alike."
        if n == 0
        else f"{many(n, f'{kind} is', f'{kind}s are')} below {limit}."
    )
    return f"{how}. {counted}"


def _intervals(result: ComparisonResult) -> str:
    """Say what each interval holds for, and why it may seem to contradict the p-value beside it."""
    none = 0.0 if result.comparison == "difference" else 1.0
    limit = 1 - result.confidence_level
    apart = sum(
        row.p_adjusted >= limit and not row.conf_low <= none <= row.conf_high
        for row in result.rows
        if not math.isnan(row.conf_low)
    )
    inside = sum(row.p_adjusted < limit and row.conf_low <= none <= row.conf_high for row in result.rows)
    reported = []
    if result.together:
        reported.append(
            "Intervals are adjusted by Bonferroni's method: all of this table hold together at "
            f"{level_words(result.confidence_level)}."
        )
    elif result.n_comparisons > 1:
        reported.append("Intervals are not adjusted for the number of comparisons: each holds on its own.")
    if apart:
        cause = (
            "the p-value is adjusted and the interval is not"
            if say.adjusted(result) and not result.together
            else "the test is not made by the same method as the interval"
        )
        reported.append(
            f"{many(apart, 'interval excludes', 'intervals exclude')} {none:g} beside a p-value of "
            f"{limit:.2g} or more, because {cause}."
        )
    if inside and result.together:
        reported.append(
            f"{many(inside, 'interval holds', 'intervals hold')} {none:g} beside a p-value below "
            f"{limit:.2g}, because the adjustment of the intervals is stricter than that of the p-values."
        )
    return " ".join(reported)


def _rounding(result: ComparisonResult, places: int) -> list[str]:
    """Say where printed numbers do not add up because each is rounded."""
    sentences = []
    if result.comparison == "difference" and not all(
        same_difference(row.estimate_group, row.estimate_reference, row.estimate, places)
        for row in result.rows
    ):
        sentences.append(say.UNROUNDED)
    proportions = [
        ((say.question(row), row.item, row.group, row.reference, which), proportion)
        for row in result.rows
        for which, proportion in enumerate((row.estimate_group, row.estimate_reference))
    ]
    return [*sentences, say.rounding_note(not_hundred(proportions, places))]


def _row(row: Contrast, places: int, *, is_difference: bool) -> tuple[str, ...]:
    weighted = "weighted" in row.flags
    return (
        row.label,
        f"{row.group} against {say.reference_words(row)}"
        + (" (small base)" if "small_base" in row.flags else ""),
        _proportion(row.count, row.n, row.estimate_group, places, weighted=weighted) + _without(row, ""),
        _proportion(row.count_reference, row.n_reference, row.estimate_reference, places, weighted=weighted)
        + _without(row, "_reference"),
        _compared(row, places, is_difference=is_difference),
        _tested(row),
    )


def _proportion(count: int, n: int, proportion: float, places: int, *, weighted: bool) -> str:
    if n == 0:
        return "no answers"
    return f"{count:,} of {n:,} ({'weighted estimate ' if weighted else ''}{percent(proportion, places)})"


def _without(row: Contrast, side: str) -> str:
    """Say who of a group is not in its base, and why."""
    reported = kind_words([getattr(row, name + side) for name in KIND_COLUMNS])
    return f"; {reported}" if reported else ""


def _compared(row: Contrast, places: int, *, is_difference: bool) -> str:
    if "no_answers" in row.flags:
        return "–"
    estimate, low, high = (
        points(value, places) if is_difference else _ratio(value)
        for value in (row.estimate, row.conf_low, row.conf_high)
    )
    # A design with too few units has no interval.
    return f"{estimate} (no interval)" if math.isnan(row.conf_low) else f"{estimate} ({low} to {high})"


def _tested(row: Contrast) -> str:
    if "no_answers" in row.flags:
        return "nobody answered"
    if row.test == "none":
        return "too few units to test" if "no_df" in row.flags else "too few to test"
    return p_words(row.p_adjusted)


def _ratio(value: float) -> str:
    """Write a ratio or one of its limits with two decimals, or fewer where it is large."""
    if math.isnan(value):
        return "undefined"
    if value == 0 or math.isinf(value):
        return "infinity" if value else "0"
    if value < 0.01:
        return "<0.01"
    return number(value, 2 if value < 10 else 1 if value < 100 else 0)
