"""What links between waves give to a brief: how many there are, how doubtful, what that could change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credbenefits.reporting import headings
from credbenefits.reporting import words as say
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.reporting.names import sentences, with_labels
from credbenefits.reporting.rounding import at_most, decimals, number, percent
from credbenefits.results.base import many
from credbenefits.results.parts import Caution, Figure, Numbers, Parts, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits.results.links import LinkedWaves, LinkSummary
    from credbenefits.results.output import DataFrame
    from credbenefits.results.parts import Cell, StudyWords, Text

#: Each two waves that a caution names, rows of the elements and notes that a page shows.
_MOST_NAMED, _MOST_ELEMENTS, _MOST_NOTES = 3, 40, 20


def parts(result: LinkSummary, words: StudyWords) -> Parts:
    """Return what ``panel.link_summary()`` gives to a brief."""
    exact = result.method == "exact"
    drawn = () if not result.probabilities else (Figure(headings.LINKS, "links", _alt(result), result.plot),)
    table = _counted(result, words) if exact else _doubt(result, words)
    return Parts(
        tables=(table, *_elements(result, words)) if len(result) else (),
        figures=drawn,
        cautions=() if exact else _caution(result, words),
        methods=() if exact else (f"Waves were linked by {say.LINKS[result.method]}.",),
        notes=() if len(result) else notes(result, words),
        files=_files(result),
        names=dict.fromkeys((*_waves(result), *result.elements.columns.get("element", ())), ()),
    )


def notes(result: LinkSummary, words: StudyWords) -> tuple[Text, ...]:
    """Return what the linkage notes, or the first of it where it is much."""
    every = sentences([with_labels(note, _waves(result), words) for note in result.notes])
    more = len(every) - _MOST_NOTES
    rest = ((f"There are {many(more, 'more note', 'more notes')} on the links.",),) if more > 0 else ()
    return (*every[:_MOST_NOTES], *rest)


def _waves(result: LinkSummary) -> list[str]:
    return [wave for pair in result.waves for wave in (pair.linked_wave, pair.wave)]


def _files(result: LinkSummary) -> Mapping[str, DataFrame]:
    elements = {"link_elements": pandas_frame(result.elements)} if result.elements.columns else {}
    return {"links": pandas_frame(result)} | elements


def _pair(pair: LinkedWaves, words: StudyWords) -> str:
    return f"{words.label(pair.linked_wave)} and {words.label(pair.wave)}"


# ---- tables ----------------------------------------------------------------------------------------------


def _counted(result: LinkSummary, words: StudyWords) -> Table:
    """Count links that are certain."""

    def row(pair: LinkedWaves) -> tuple[Cell, ...]:
        of = Numbers("{}", (pair.match_rate,)) if pair.people else "–"
        sizes = (f"{pair.linked_people:,}", f"{pair.people:,}", f"{pair.links:,}")
        return (_pair(pair, words), *sizes, of)

    return Table(
        headings.LINKS,
        f"People found in each two waves, by {say.LINKS[result.method]}",
        ("Waves", "People in the earlier", "People in the later", "In both", "Of those in the later"),
        tuple(map(row, result.waves)),
        key="links",
        after=notes(result, words),
        base=min((pair.people for pair in result.waves if pair.people), default=0),
    )


def _doubt(result: LinkSummary, words: StudyWords) -> Table:
    """Show how doubtful links are that do not come from keys."""
    places = decimals(pair.links for pair in result.waves)

    def row(pair: LinkedWaves) -> tuple[Cell, ...]:
        # Of a bound that is all but 1 we say 100%: "at most >99%" says nothing.
        recall: Cell = "–" if pair.recall_at_most is None else Numbers("{}", (pair.recall_at_most,))
        if pair.recall_at_most is not None and percent(pair.recall_at_most, places).startswith(">"):
            recall = at_most(pair.recall_at_most, places)
        false = "–" if pair.false_link_rate is None else Numbers("{}", (pair.false_link_rate,))
        cut = "–" if pair.cut is None else number(pair.cut, 3)
        return _pair(pair, words), f"{pair.links:,}", false, recall, cut

    return Table(
        headings.LINKS,
        f"How doubtful the links by {say.LINKS[result.method]} are, as the model of the linkage estimates",
        (
            "Waves",
            "Links",
            "Estimated share of false links",
            "Share of the true matches linked, at most",
            "Lowest match probability accepted",
        ),
        tuple(map(row, result.waves)),
        key="links",
        after=notes(result, words),
        base=min((pair.links for pair in result.waves if pair.links), default=0),
    )


#: How an element was used.
_USES = {"used": "yes", "constant": "no: the same for everybody", "missing": "no: blank in one of the waves"}


def _elements(result: LinkSummary, words: StudyWords) -> tuple[Table, ...]:
    """Show what each element of a code tells, where the table is not too long to be read."""
    columns = result.elements.columns
    if not columns or not 0 < len(columns["element"]) <= _MOST_ELEMENTS:
        return ()

    def row(*cells: Any) -> tuple[Cell, ...]:  # noqa: ANN401 - cells of all columns
        earlier, later, element, use, m, u, *blank = cells
        used = _USES.get(use, str(use))
        agree = ("–", "–") if use != "used" else (Numbers("{}", (m,)), Numbers("{}", (u,)))
        waves = f"{words.label(earlier)} and {words.label(later)}"
        return (waves, words.label(element), used, *agree, *(f"{n:,}" for n in blank))

    return (
        Table(
            headings.LINKS,
            "What each element of the code tells, as the model of the linkage estimates",
            (
                "Waves",
                "Element",
                "Used",
                "Same answer, true matches",
                "Same answer, other people",
                "Blank in the earlier wave",
                "Blank in the later wave",
            ),
            tuple(row(*cells) for cells in zip(*columns.values(), strict=True)),
            key="elements",
            base=min((pair.links for pair in result.waves if pair.links), default=0),
        ),
    )


# ---- the figure and the caution --------------------------------------------------------------------------


def _alt(result: LinkSummary) -> str:
    """Say in numbers what the figure shows."""
    linked, other = (sum(column) for column in zip(*result.probabilities, strict=True))
    cuts = [pair.cut for pair in result.waves if pair.cut is not None]
    lowest = f" The lowest probability that was linked is {number(min(cuts), 3)}." if cuts else ""
    sure, n = result.probabilities[-1][0], len(result.probabilities)
    return (
        f"Pairs of rows by match probability: {linked:,} linked, {sure:,} of them with a probability of "
        f"{1 - 1 / n:.2f} or more, and {other:,} not linked.{lowest}"
    )


def _caution(result: LinkSummary, words: StudyWords) -> tuple[Caution, ...]:
    """Say how doubtful the links are: of many waves, of those with most false links."""
    pairs = [pair for pair in result.waves if pair.links]
    worst = sorted(pairs, key=lambda pair: -(pair.false_link_rate or 0.0))[:_MOST_NAMED]
    named = [_told(pair, words) for pair in pairs if pair in worst]
    if len(pairs) > _MOST_NAMED:
        named[-1] += f"; these have most false links of {len(pairs):,} pairs of waves"
    return (
        Caution(
            "Links are not certain",
            f"Waves were linked by {say.LINKS[result.method]}. The rates are estimates of the linkage's own "
            "model. A false link sets one person's answers beside another's. If 2% of the links are false, a "
            "share of everybody in both waves can be wrong by up to 2 points, and change between the waves "
            "looks larger than it is unless it is corrected.",
            tuple(named),
        ),
    )


def _told(pair: LinkedWaves, words: StudyWords) -> str:
    places = decimals([pair.links])
    false = "unknown share" if pair.false_link_rate is None else percent(pair.false_link_rate, places)
    said = [many(pair.links, "link", "links"), f"an estimated {false} of them false"]
    if pair.recall_at_most is not None:
        said.append(f"at most {at_most(pair.recall_at_most, places)} of the true matches linked")
    if pair.cut is not None:
        said.append(f"pairs accepted from a match probability of {number(pair.cut, 3)} up")
    return f"“{words.label(pair.linked_wave)}” and “{words.label(pair.wave)}”: {', '.join(said)}"
