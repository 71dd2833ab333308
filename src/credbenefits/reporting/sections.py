"""The parts of a brief, each made from results alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.reporting import wording as say
from credbenefits.reporting.blocks import Bullets, Grid, Paragraph, Section, Strong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credbenefits.panel.panel import Panel
    from credbenefits.reporting.blocks import Block, Text
    from credbenefits.results.proportions import ComparisonResult, Proportion, ProportionsResult
    from credbenefits.results.tables import FlowResult
    from credbenefits.weighting.weights import Weights


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
        if result.weighted:
            items.append((Strong("Estimated:"), say.weighted_claim(row, result), f"reported {row.label}."))
        else:
            lead, number, rest = say.claim(row, result)
            items.append((lead, Strong(number), rest))
    if not items:
        return None
    blocks: list[Block] = [Bullets(tuple(items))]
    if material.plain and material.weighted:
        blocks.append(
            Paragraph(
                (
                    "These shares are of the people who answered. What they may be among everybody is "
                    "estimated under “Weighted beside unweighted”.",
                )
            )
        )
    return Section("Key takeaways", tuple(blocks))


def weighted_table(material: Material) -> Section | None:
    """Put weighted estimates beside the unweighted shares."""
    rows = []
    level = 0.95
    for plain, row, result in material.pairs:
        level = result.confidence_level
        group = ", ".join(value for _, value in row.group)
        name = _nested_name(row) + (f" ({group})" if group else "")
        mine = "–" if plain is None else f"{say.percent(plain.estimate, plain.n)} ({say.counted(plain)})"
        estimate = say.percent(row.estimate, int(row.n_effective)) if row.count else "none observed"
        rows.append(
            (
                name,
                mine,
                estimate,
                f"{say.percent(row.conf_low, row.n)} to {say.percent(row.conf_high, row.n)}",
                f"{row.n:,}",
                f"{row.n_effective:.0f}",
            )
        )
    if not rows:
        return None
    first = material.weighted[0]
    whom = f"{first.population_size:,} {first.population}" if first.population else "the weighted population"
    intro = (
        f"The weighted column estimates the share among all {whom}, if those who did not answer resemble "
        "those who did with the same background. The unweighted column describes the people who answered "
        "and nobody else."
    )
    header = (
        "Reported",
        "Unweighted: of those who answered",
        f"Weighted: estimate for {whom}",
        f"{level:.0%} interval (weighted)",
        "Answers with a weight",
        "Effective sample",
    )
    grid = Grid("Weighted beside unweighted shares", header, tuple(rows))
    return Section("Weighted beside unweighted", (Paragraph((intro,)), grid))


def _nested_name(row: Proportion) -> str:
    if len(row.ladder) == 2:
        return row.label
    outer = " and ".join(rung.words.removeprefix("reported ") for rung in row.ladder[1:-1])
    return f"{row.label} (among those who reported {outer})"


def denominators(material: Material) -> Section | None:
    """Say, number by number, who is in the base and how it was arrived at."""
    rows = [
        (
            row.label,
            row.base,
            say.ladder(row),
            f"{row.n_missing:,}",
            f"{row.n:,}",
            f"{row.count:,}",
            f"{say.percent(row.estimate, row.n)} ({say.percent(row.conf_low, row.n)} to "
            f"{say.percent(row.conf_high, row.n)})",
        )
        for result in (*material.plain, *(() if material.plain else material.weighted))
        for row in result.rows
    ]
    if not rows:
        return None
    header = (
        "Reported",
        "Who is in the base",
        "How the base was arrived at",
        "Did not answer",
        "Base (answered)",
        "Said yes",
        "Share (interval)",
    )
    notes = dict.fromkeys(note for result in (*material.plain, *material.weighted) for note in result.notes)
    notes |= dict.fromkeys(note for result in material.comparisons for note in result.notes)
    told: tuple[Block, ...] = (Bullets(tuple((note + ".",) for note in notes)),) if notes else ()
    return Section("Who is in every denominator", (Grid("Bases of all shares", header, tuple(rows)), *told))


def groups(material: Material) -> Section | None:
    """Show differences between groups, with the number of comparisons made."""
    blocks: list[Block] = []
    for result in material.comparisons:
        rows = [
            (
                r.label,
                f"{r.group} against {r.reference}",
                f"{r.count:,} of {r.n:,} ({say.percent(r.estimate_group, r.n)})",
                f"{r.count_reference:,} of {r.n_reference:,} "
                f"({say.percent(r.estimate_reference, r.n_reference)})",
                f"{say.points(r.estimate)} ({say.points(r.conf_low)} to {say.points(r.conf_high)})",
                say.p_value(r.p_adjusted),
            )
            for r in result.rows
        ]
        adjusted = "not adjusted" if result.adjust == "none" else f"adjusted by {result.adjust.capitalize()}"
        clear = sum(r.p_adjusted < 1 - result.confidence_level for r in result.rows)
        blocks += [
            Paragraph(
                (
                    f"{result.n_comparisons} comparisons by {result.by} were made among {result.people}; "
                    f"p-values are {adjusted} for all of them. {_clear(clear, result.confidence_level)} A "
                    "difference among people who answered is not an effect of the group.",
                )
            ),
            Grid(
                f"Differences by {result.by}, in percentage points",
                (
                    "Reported",
                    "Groups",
                    "Group",
                    "Reference",
                    f"Difference in points ({result.confidence_level:.0%} interval)",
                    "p (adjusted)",
                ),
                tuple(rows),
            ),
        ]
    return Section("Differences between groups", tuple(blocks)) if blocks else None


def _clear(n: int, level: float) -> str:
    if n == 0:
        return f"No adjusted p-value is below {1 - level:.2g}, which does not show that the groups are alike."
    return f"{n} adjusted {'p-value is' if n == 1 else 'p-values are'} below {1 - level:.2g}."


def participation(material: Material) -> Section | None:
    """Show who answered each wave, of whom, and what became of every row."""
    if material.flow is None:
        return None
    blocks: list[Block] = [*_funnel(material.flow)]
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
            ("Rate", "Answered", "Of", "Share", f"{flow.confidence_level:.0%} interval"),
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
                say.points(r.difference_before),
                say.points(r.difference_after),
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
