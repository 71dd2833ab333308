"""The parts of a brief, each made from results alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.reporting import words as say
from credbenefits.reporting.blocks import Bullets, Grid, Paragraph, Section, Strong
from credbenefits.reporting.rounding import (
    at_most,
    decimals,
    not_hundred,
    number,
    percent,
    points,
    same_difference,
)
from credbenefits.results.base import level_words, many, population_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credbenefits.panel.panel import Panel
    from credbenefits.reporting.blocks import Block, Text
    from credbenefits.results.comparisons import ComparisonResult
    from credbenefits.results.links import LinkedWaves, LinkSummary
    from credbenefits.results.proportions import Proportion, ProportionsResult
    from credbenefits.results.tables import BalanceRow, FlowRate, FlowResult
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
    links: LinkSummary | None

    @property
    def shares(self) -> tuple[ProportionsResult, ...]:
        """The proportions, weighted or not."""
        return (*self.plain, *self.weighted)

    @property
    def results(self) -> tuple[ProportionsResult | ComparisonResult, ...]:
        """Everything that states proportions."""
        return (*self.shares, *self.comparisons)

    @property
    def reported(self) -> list[tuple[Proportion, ProportionsResult]]:
        """Every proportion once: the unweighted ones, and weighted ones that have no unweighted one."""
        known = {row.key for result in self.plain for row in result.rows}
        every = [(row, result) for result in (*self.plain, *self.weighted) for row in result.rows]
        return [(row, result) for row, result in every if not result.weighted or row.key not in known]

    @property
    def findings(self) -> list[tuple[Proportion, ProportionsResult]]:
        """The proportions that are written as sentences: those of ungrouped results."""
        sentences = {id(row): (row, result) for row, result in self.reported if not result.by}
        return [sentences[id(row)] for row in say.nested_after_parents(row for row, _ in sentences.values())]

    @property
    def flow_places(self) -> int:
        """Decimals of all response rates."""
        return 0 if self.flow is None else decimals(rate.n for rate in self.flow.rates)

    def without_weight(self) -> list[str]:
        """Say how many people of the findings are left out of the weighted proportions, and why."""
        everybody = {row.key: row.ladder[0] for result in self.plain for row in result.rows if not row.outer}
        linked = {weights.n: weights.to for weights in self.weights if weights.to}
        listed = []
        for result in self.weighted:
            rungs = [everybody[row.key] for row in result.rows if row.key in everybody]
            account = result.account[0]
            n = account.rows - account.zero_weight
            if rungs and rungs[0].n > n:
                lost = rungs[0].n - n
                why = f"could not be linked to “{linked[n]}” and " if n in linked else ""
                why += "has no weight" if lost == 1 else "have no weight"
                if n not in linked and account.zero_weight != lost:  # weighted or not, they were not given
                    why = f"{'is' if lost == 1 else 'are'} not in the data of the weighted shares"
                listed.append(f"{lost:,} of the {rungs[0].n:,} {rungs[0].words} {why}")
        return list(dict.fromkeys(listed))


def takeaways(material: Material) -> Section | None:
    """List the findings, every percentage with its base, count and interval."""
    sentences = material.findings
    if not sentences:
        return None
    places = decimals(row.n for row, _ in sentences)
    items: list[Text] = []
    for row, result in sentences:
        lead, number, rest = (say.weighted_claim if result.weighted else say.claim)(row, result, places)
        items.append((lead, Strong(number), rest))
    blocks: list[Block] = [Bullets(tuple(items)), *_sums(sentences, places)]
    if any(not result.weighted for _, result in sentences) and material.weighted:
        text = (
            "Shares that are not called estimated are of the people who answered. Estimates for a larger "
            "population, where they could be made, stand under “Weighted beside unweighted”."
        )
        blocks.append(Paragraph((text,)))
    return Section("Key takeaways", tuple(blocks))


def _sums(listed: Iterable[tuple[Proportion, ProportionsResult]], places: int) -> tuple[Block, ...]:
    """Say where the printed percentages of all answers to a question do not add to 100."""
    proportions = [
        (
            (say.question(row), row.item, row.group, row.outer, row.ladder[0], row.n, id(result), which),
            proportion,
        )
        for row, result in listed
        for which, proportion in enumerate((row.estimate, *[row.estimate_unweighted] * result.weighted))
    ]
    note = say.rounding_note(not_hundred(proportions, places))
    return (Paragraph((note,)),) if note else ()


def weighted_table(material: Material) -> Section | None:
    """Put weighted estimates beside unweighted proportions of the same people, one table per population."""
    tables: dict[tuple[str, int, float], list[tuple[Proportion, ProportionsResult]]] = {}
    for result in material.weighted:
        key = (result.population, result.population_size, result.confidence_level)
        tables.setdefault(key, []).extend((row, result) for row in result.rows)
    blocks: list[Block] = []
    for (population, size, level), listed in tables.items():
        everybody = f"all {population_words(population, size)}"
        if not population:
            everybody = "the population that the weights stand for"
        same = "if those who did not answer resemble those who did with the same background"
        intro = (
            f"The weighted column estimates the share among {everybody}{', ' + same if population else ''}; "
            "in a subset, the share among those of them who are in it. The unweighted column is the share of "
            "the same people before weighting: those who answered and have a weight."
        )
        header = (
            "Reported",
            "Unweighted, same people",
            "Weighted estimate",
            f"{level_words(level)} interval (weighted)",
            "Effective sample",
        )
        places = decimals(row.n for row, _ in listed)
        rows = tuple(_weighted_row(row, places) for row, _ in listed)
        caption = f"Estimates for {everybody}, beside the unweighted shares of the same people"
        blocks += [Paragraph((intro,)), Grid(caption, header, rows), *_sums(listed, places)]
    lost = [
        f"{text}: they are in the findings above, and in no column here."
        for text in material.without_weight()
    ]
    blocks += [Paragraph((text,)) for text in lost]
    return Section("Weighted beside unweighted", tuple(blocks)) if blocks else None


def _weighted_row(row: Proportion, places: int) -> tuple[str, ...]:
    among = f" (among those who reported {' and '.join(row.outer)})" if row.outer else ""
    return (
        row.label + among + say.group_words(row),
        f"{percent(row.estimate_unweighted, places)} ({say.counted(row)})" if row.n else "no answers",
        _estimate(row, places),
        say.limits(row, places),
        say.effective(row),
    )


def denominators(material: Material) -> Section | None:
    """Say, number by number, who is in the base and how it was arrived at."""
    result = material.reported
    if not result:
        return None
    places = decimals(row.n for row, _ in result)
    header = (
        "Reported",
        "Who is in the base",
        "How the base was arrived at",
        "Who answered",
        "Base (answered)",
        "Said yes (what counts)",
        "Share (interval)",
    )
    grid = Grid("Bases of all shares", header, tuple(_base_row(row, places) for row, _ in result))
    return Section("Who is in every denominator", (grid, *_sums(result, places), *notes(material.shares)))


def notes(
    results: Iterable[ProportionsResult | ComparisonResult], *, but: Iterable[str] = ()
) -> tuple[Block, ...]:
    """List what the results say of themselves, `but` what stands elsewhere."""
    elsewhere = set(but)
    reported = dict.fromkeys(note for result in results for note in result.notes if note not in elsewhere)
    return (Bullets(tuple((note + ".",) for note in reported)),) if reported else ()


def _base_row(row: Proportion, places: int) -> tuple[str, ...]:
    weighted = "weighted" in row.flags and row.n > 0
    estimate = _estimate(row, places) if weighted else percent(row.estimate, places)
    proportion = f"{estimate} ({say.limits(row, places)})" if row.n else "no answers"
    return (
        row.label,
        row.base,
        say.ladder(row),
        say.answered(row),
        f"{row.n:,}",
        f"{row.count:,}" + (f" ({row.level})" if row.level.casefold() not in _PLAIN_YES else ""),
        f"weighted estimate: {proportion}" if weighted else proportion,
    )


def _estimate(row: Proportion, places: int) -> str:
    """Write a weighted estimate, in words where nobody or everybody said yes."""
    if row.n and row.count in {0, row.n}:
        return "none observed" if row.count == 0 else "all observed"
    return percent(row.estimate, places)


def participation(material: Material) -> Section | None:
    """Show who answered each wave, of whom, and what became of every row."""
    if material.flow is None:
        return None
    blocks: list[Block] = [*_funnel(material.flow, material.flow_places)]
    if material.flow.notes:
        blocks.append(Bullets(tuple((note + ".",) for note in material.flow.notes)))
    if material.panel is not None:
        blocks.append(_ledger(material.panel))
    if material.links is not None:
        blocks += _doubt(material.links)
    return Section("Who took part", tuple(blocks))


def _doubt(links: LinkSummary) -> list[Block]:
    """Show how doubtful links are that do not come from keys."""
    header = (
        "Waves",
        "Links",
        "Estimated share of false links",
        "Share of the true matches linked, at most",
        "Lowest match probability accepted",
    )
    places = decimals(pair.links for pair in links.waves)

    def cells(pair: LinkedWaves) -> tuple[str, ...]:
        false = "–" if pair.false_link_rate is None else percent(pair.false_link_rate, places)
        recall = "–" if pair.recall_at_most is None else at_most(pair.recall_at_most, places)
        cut = "–" if pair.cut is None else number(pair.cut, 3)
        return f"{pair.linked_wave} and {pair.wave}", f"{pair.links:,}", false, recall, cut

    caption = (
        f"How doubtful the links by {say.LINKS[links.method]} are, as the model of the linkage estimates"
    )
    grid = Grid(caption, header, tuple(cells(pair) for pair in links.waves))
    reported = tuple((note + ".",) for note in links.notes)
    return [grid, Bullets(reported)] if reported else [grid]


def _funnel(flow: FlowResult, places: int) -> tuple[Grid, ...]:
    people = tuple(
        (w, f"{n:,}", f"{k:,}" if i else "–", "not stated" if a is None else f"{a:,}")
        for i, (w, n, k, a) in enumerate(zip(flow.waves, flow.people, flow.linked, flow.invited, strict=True))
    )
    funnel = Grid(
        "Participation funnel: people with a usable key, repeats counted once",
        ("Wave", "People", "Linked to an earlier wave", "Invited"),
        people,
    )
    return (funnel, _rates(flow, places)) if flow.rates else (funnel,)


def _rates(flow: FlowResult, places: int) -> Grid:
    """Show the rates with a row per wave, however many waves there are."""
    first = f"people in “{flow.waves[0]}”"
    header = {
        "wave": "Of those invited",
        "conditional": "Of those in the wave before",
        "cumulative": f"In every wave so far, of {first}",
        "retention": f"Found again, whether or not in waves between, of {first}",
    }
    found = {(r.wave, r.rate): r for r in flow.rates}
    later = flow.waves[2:]  # in the second wave the rates that count links are one and the same
    kinds = [
        kind
        for kind in header
        if any((wave, kind) in found for wave in (flow.waves if kind in {"wave", "conditional"} else later))
    ]
    rows = tuple(
        (wave, *(_rate(found.get((wave, kind)), places) for kind in kinds))
        for wave in flow.waves
        if any((wave, kind) in found for kind in kinds)
    )
    caption = f"Response rates, with {level_words(flow.confidence_level)} intervals"
    return Grid(caption, ("Wave", *(header[kind] for kind in kinds)), rows)


def _rate(rate: FlowRate | None, places: int) -> str:
    """Write a rate in one cell: its count and base, its share and interval."""
    if rate is None:
        return "–"
    of = f"{rate.n:,} {rate.base}" if rate.rate == "wave" else f"{rate.n:,}"
    limits = f"{percent(rate.conf_low, places)} to {percent(rate.conf_high, places)}"
    return f"{rate.count:,} of {of}: {percent(rate.estimate, places)} ({limits})"


#: Columns of the ledger in words.
_LEDGER = {
    "wave": "Wave",
    "rows": "Rows in the file",
    "excluded": "Excluded (tests)",
    "no_key": "Without a key",
    "duplicates": "Repeat submissions",
    "no_answer": "People who did not answer",
    "unlinked": "People in this wave only",
    "linked": "People in other waves too",
}


def _ledger(panel: Panel) -> Grid:
    ledger = panel.as_pandas("ledger")
    header = tuple(_LEDGER[str(name)] for name in ledger.columns)
    rows = ((str(r[0]), *(f"{int(v):,}" for v in r[1:])) for r in ledger.itertuples(index=False))
    return Grid("Where every row went (each row is in exactly one column)", header, tuple(rows))


def balance(material: Material) -> Section | None:
    """Compare respondents with the population they are to stand for."""
    blocks: list[Block] = []
    for weights in material.weights:
        if weights.balance is None:
            continue
        places = decimals((weights.population_size or 0, weights.n))
        rows = weights.balance.rows
        header = (
            "Background",
            f"All {weights.population}",
            "Those who answered",
            "Those, weighted",
            "Difference in points",
            "After weighting",
        )
        caption = (
            f"{many(weights.n, 'person', 'people')} who answered “{weights.wave}” against all "
            f"{weights.target.whom}"
        )
        blocks.append(Grid(caption, header, tuple(_balance_row(row, places) for row in rows)))
        if not all(_balance_adds_up(row, places) for row in rows):
            blocks.append(Paragraph((say.UNROUNDED,)))
        proportions = [
            ((row.variable, row.role, which), proportion)
            for row in rows
            for which, proportion in enumerate((row.population, row.respondents, row.weighted))
        ]
        note = say.rounding_note(not_hundred(proportions, places))
        if note:
            blocks.append(Paragraph((note,)))
    return Section("Those who answered against the population", tuple(blocks)) if blocks else None


def _balance_row(row: BalanceRow, places: int) -> tuple[str, ...]:
    return (
        f"{row.variable}: {row.level}" + (" (held out)" if row.role == "check" else ""),
        percent(row.population, places),
        percent(row.respondents, places),
        percent(row.weighted, places),
        points(row.difference_before, places),
        points(row.difference_after, places),
    )


def _balance_adds_up(row: BalanceRow, places: int) -> bool:
    return same_difference(
        row.respondents, row.population, row.difference_before, places
    ) and same_difference(row.weighted, row.population, row.difference_after, places)
