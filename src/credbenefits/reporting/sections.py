"""The parts of a brief, each made from results alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.reporting import wording as say
from credbenefits.reporting.blocks import Bullets, Grid, Paragraph, Section, Strong
from credbenefits.results._base import level_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credbenefits.panel.panel import Panel
    from credbenefits.reporting.blocks import Block, Text
    from credbenefits.results.proportions import (
        ComparisonResult,
        Contrast,
        Proportion,
        ProportionsResult,
    )
    from credbenefits.results.tables import FlowResult
    from credbenefits.weighting.weights import Weights


#: Answers that need no telling that they count as yes.
_PLAIN_YES = {"", "yes", "1", "true"}


@dataclass(frozen=True, slots=True)
class Material:
    """What a brief is made of, sorted by kind, in the order given."""

    plain: tuple[ProportionsResult, ...]
    weighted: tuple[ProportionsResult, ...]
    comparisons: tuple[ComparisonResult, ...]
    panel: Panel | None
    flow: FlowResult | None
    weights: tuple[Weights, ...]

    @property
    def results(self) -> tuple[ProportionsResult | ComparisonResult, ...]:
        """Everything that states shares."""
        return (*self.plain, *self.weighted, *self.comparisons)

    @property
    def findings(self) -> list[tuple[Proportion, ProportionsResult]]:
        """Ungrouped unweighted proportions (weighted ones where nothing else is given)."""
        found = {
            id(row): result for result in self.plain or self.weighted if not result.by for row in result.rows
        }
        rows = [row for result in self.plain or self.weighted if not result.by for row in result.rows]
        return [(row, found[id(row)]) for row in say.nested_after_parents(rows)]

    @property
    def pairs(self) -> Iterator[tuple[Proportion | None, Proportion, ProportionsResult]]:
        """Weighted proportions, each with its unweighted counterpart if there is one."""
        known = {row.key: row for result in self.plain for row in result.rows}
        for result in self.weighted:
            for row in result.rows:
                yield known.get(row.key), row, result


def takeaways(material: Material) -> Section | None:
    """List the findings, every percentage with its base, count and interval."""
    items: list[Text] = []
    for row, result in material.findings:
        lead, number, rest = (say.weighted_claim if result.weighted else say.claim)(row, result)
        items.append((lead, Strong(number), rest))
    if not items:
        return None
    blocks: list[Block] = [Bullets(tuple(items))]
    if material.plain and material.weighted:
        text = (
            "These shares are of the people who answered. Estimates for a larger population, where they "
            "could be made, stand under “Weighted beside unweighted”."
        )
        blocks.append(Paragraph((text,)))
    return Section("Key takeaways", tuple(blocks))


def weighted_table(material: Material) -> Section | None:
    """Put weighted estimates beside the unweighted shares, one table per population."""
    tables: dict[tuple[str, int, float], list[tuple[str, ...]]] = {}
    for plain, row, result in material.pairs:
        key = (result.population, result.population_size, result.confidence_level)
        tables.setdefault(key, []).append(_weighted_row(plain, row))
    blocks: list[Block] = []
    for (population, size, level), rows in tables.items():
        everybody = (
            f"all {size:,} {population}" if population else "the population that the weights stand for"
        )
        same = "if those who did not answer resemble those who did with the same background"
        intro = (
            f"The weighted column estimates the share among {everybody}{', ' + same if population else ''}; "
            "in a subset, the share among those of them who are in it. The unweighted column describes the "
            "people who answered and nobody else."
        )
        header = (
            "Reported",
            "Unweighted: of those who answered",
            "Weighted estimate",
            f"{level_words(level)} interval (weighted)",
            "Answers with a weight",
            "Effective sample",
        )
        blocks += [
            Paragraph((intro,)),
            Grid(f"Estimates for {everybody}, beside unweighted shares", header, tuple(rows)),
        ]
    return Section("Weighted beside unweighted", tuple(blocks)) if blocks else None


def _weighted_row(plain: Proportion | None, row: Proportion) -> tuple[str, ...]:
    group = ", ".join(value for _, value in row.group)
    among = f" (among those who reported {' and '.join(row.outer)})" if row.outer else ""
    estimate = say.percent(row.estimate, say.worth(row))
    if row.n and row.count in {0, row.n}:
        estimate = "none observed" if row.count == 0 else "all observed"
    return (
        row.label + among + (f" ({group})" if group else ""),
        "–" if plain is None else f"{say.percent(plain.estimate, plain.n)} ({say.counted(plain)})",
        estimate,
        f"{say.percent(row.conf_low, row.n)} to {say.percent(row.conf_high, row.n)}",
        f"{row.n:,}",
        "–" if row.n_effective != row.n_effective else f"{row.n_effective:.0f}",
    )


def denominators(material: Material) -> Section | None:
    """Say, number by number, who is in the base and how it was arrived at."""
    results = material.plain or material.weighted
    rows = tuple(_base_row(row) for result in results for row in result.rows)
    if not rows:
        return None
    header = (
        "Reported",
        "Who is in the base",
        "How the base was arrived at",
        "Did not answer",
        "Base (answered)",
        "Said yes (what counts)",
        "Share (interval)",
    )
    return Section(
        "Who is in every denominator", (Grid("Bases of all shares", header, rows), *_told(material))
    )


def _told(material: Material) -> tuple[Block, ...]:
    """List what the results say of themselves."""
    notes = dict.fromkeys(note for result in material.results for note in result.notes)
    return (Bullets(tuple((note + ".",) for note in notes)),) if notes else ()


def _base_row(row: Proportion) -> tuple[str, ...]:
    share = f"{say.percent(row.estimate, row.n)} ({say.percent(row.conf_low, row.n)} to " \
        f"{say.percent(row.conf_high, row.n)})"  # fmt: skip
    return (
        row.label,
        row.base,
        say.ladder(row),
        f"{row.n_missing:,}",
        f"{row.n:,}",
        f"{row.count:,}" + (f" ({row.level})" if row.level.casefold() not in _PLAIN_YES else ""),
        f"weighted estimate: {share}" if "weighted" in row.flags else share,
    )


def groups(material: Material) -> Section | None:
    """Show comparisons between groups, with the number of comparisons made."""
    blocks: list[Block] = []
    for result in material.comparisons:
        whom = result.people + (f", weighted to {result.population}" if result.population else "")
        adjusted = "not adjusted" if result.adjust == "none" else f"adjusted by {result.adjust.capitalize()}"
        made = f"{result.n_comparisons} comparison{'' if result.n_comparisons == 1 else 's'}"
        points = result.comparison == "difference"
        what = result.words.capitalize()
        text = (
            f"{made} by {result.by} among {whom}; p-values are {adjusted} for all that were tested. "
            f"{_clear(result)} {_SCALE[result.comparison]}A difference among people who answered is not an "
            "effect of the group."
        )
        header = (
            "Reported",
            "Groups",
            "Group",
            "Reference",
            f"{what}{' in points' if points else ''} ({level_words(result.confidence_level)} interval)",
            "p (adjusted)",
        )
        rows = tuple(_contrast_row(row, result.comparison) for row in result.rows)
        caption = f"{what}s by {result.by}{', in percentage points' if points else ''}"
        blocks += [Paragraph((text,)), Grid(caption, header, rows)]
    if not material.plain and not material.weighted:  # no table of bases, under which notes stand
        blocks += _told(material)
    only = all(result.comparison == "difference" for result in material.comparisons)
    heading = f"{'Differences' if only else 'Comparisons'} between groups"
    return Section(heading, tuple(blocks)) if blocks else None


#: How to read what is not in points.
_SCALE = {
    "difference": "",
    "ratio": "A ratio is the group's share over the reference's: 1 is no difference. ",
    "odds_ratio": "An odds ratio compares odds, not shares: it lies further from 1, which is no difference, "
    "than the ratio of the shares does. ",
}


def _contrast_row(row: Contrast, comparison: str) -> tuple[str, ...]:
    estimated = "weighted estimate " if "weighted" in row.flags else ""
    fewest = min(row.n, row.n_reference)
    estimate, low, high = (
        say.points(value, fewest) if comparison == "difference" else _ratio(value)
        for value in (row.estimate, row.conf_low, row.conf_high)
    )
    return (
        row.label,
        f"{row.group} against {row.reference}",
        f"{row.count:,} of {row.n:,} ({estimated}{say.percent(row.estimate_group, row.n)})",
        f"{row.count_reference:,} of {row.n_reference:,} "
        f"({estimated}{say.percent(row.estimate_reference, row.n_reference)})",
        f"{estimate} ({low} to {high})",
        "too few to test" if row.test == "none" else say.p_value(row.p_adjusted),
    )


def _ratio(value: float) -> str:
    """Write a ratio or one of its limits with two decimals, or fewer where it is large."""
    if math.isnan(value):
        return "undefined"
    if value == 0 or math.isinf(value):
        return "infinity" if value else "0"
    if value < 0.01:
        return "<0.01"
    return f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f}"


def _clear(result: ComparisonResult) -> str:
    limit = f"{1 - result.confidence_level:.2g}"
    n = sum(row.p_adjusted < 1 - result.confidence_level for row in result.rows)
    if n == 0:
        return f"No adjusted p-value is below {limit}, which does not show that the groups are alike."
    return f"{n} adjusted {'p-value is' if n == 1 else 'p-values are'} below {limit}."


def participation(material: Material) -> Section | None:
    """Show who answered each wave, of whom, and what became of every row."""
    if material.flow is None:
        return None
    blocks: list[Block] = [*_funnel(material.flow)]
    if material.flow.notes:
        blocks.append(Bullets(tuple((note + ".",) for note in material.flow.notes)))
    if material.panel is not None:
        blocks.append(_ledger(material.panel))
    return Section("Who took part", tuple(blocks))


def _funnel(flow: FlowResult) -> tuple[Grid, Grid]:
    people = tuple(
        (w, f"{n:,}", f"{k:,}" if i else "–", "not stated" if a is None else f"{a:,}")
        for i, (w, n, k, a) in enumerate(zip(flow.waves, flow.people, flow.linked, flow.invited, strict=True))
    )
    rates = tuple(
        (
            f"{r.wave}: {r.rate} rate",
            f"{r.count:,}",
            f"{r.n:,} {r.base}",
            say.percent(r.estimate, r.n),
            f"{say.percent(r.conf_low, r.n)} to {say.percent(r.conf_high, r.n)}",
        )
        for r in flow.rates
    )
    return (
        Grid(
            "Participation funnel: people with a usable key, repeats counted once",
            ("Wave", "People", "Linked to an earlier wave", "Invited"),
            people,
        ),
        Grid(
            "Response rates",
            ("Rate", "Answered", "Of", "Share", f"{level_words(flow.confidence_level)} interval"),
            rates,
        ),
    )


def _ledger(panel: Panel) -> Grid:
    header = (
        "Wave",
        "Rows in the file",
        "Excluded (tests)",
        "Without a key",
        "Repeat submissions",
        "People in this wave only",
        "People in other waves too",
    )
    rows = ((str(r[0]), *(f"{int(v):,}" for v in r[1:])) for r in panel.ledger.itertuples(index=False))
    return Grid("Where every row went (each row is in exactly one column)", header, tuple(rows))


def balance(material: Material) -> Section | None:
    """Compare respondents with the population they are to stand for."""
    blocks: list[Block] = []
    for weights in material.weights:
        rows = tuple(
            (
                f"{r.variable}: {r.level}" + (" (held out)" if r.role == "check" else ""),
                say.percent(r.population, weights.population_size),
                say.percent(r.respondents, weights.n),
                say.percent(r.weighted, weights.n),
                say.points(r.difference_before, weights.n),
                say.points(r.difference_after, weights.n),
            )
            for r in weights.balance.rows
        )
        blocks.append(
            Grid(
                f"{weights.n:,} people who answered “{weights.wave}” against all {weights.population_size:,} "
                f"{weights.population}",
                (
                    "Background",
                    f"All {weights.population}",
                    "Those who answered",
                    "Those, weighted",
                    "Difference in points",
                    "After weighting",
                ),
                rows,
            )
        )
    return Section("Those who answered against the population", tuple(blocks)) if blocks else None
