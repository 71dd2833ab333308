"""What patterns of answering give to a brief."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.reporting import headings
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.reporting.names import sentences
from credbenefits.results.base import many
from credbenefits.results.parts import Caution, Numbers, Parts, Table

if TYPE_CHECKING:
    from credbenefits.results.parts import Cell, StudyWords
    from credbenefits.results.tables import PatternsResult

#: Waves with a column each; of more waves a pattern is one word.
_FEW_WAVES = 6


def parts(result: PatternsResult, words: StudyWords) -> Parts:
    """Return what ``panel.patterns()`` gives to a brief."""
    private = tuple(Caution("Small groups", " ".join(text)) for text in sentences(result.notes))
    table = (_table(result, words),) if len(result) else ()
    return Parts(
        tables=table,
        cautions=private,
        files={"patterns": pandas_frame(result)},
        names=dict.fromkeys(result.waves, ()),
    )


def _table(result: PatternsResult, words: StudyWords) -> Table:
    waves = [words.label(wave) for wave in result.waves]
    few = len(waves) <= _FEW_WAVES
    # A single pattern more is shown as it is: it would be no shorter as a sum.
    shown = result.rows if len(result) <= result.most + 1 else result.rows[: result.most]

    def row(pattern: str, n: int, share: float) -> tuple[Cell, ...]:
        cells = ["answered" if here == "X" else "–" for here in pattern] if few else [pattern]
        return (*cells, f"{n:,}", Numbers("{}", (share,)))

    rows = [row(one.pattern, one.n, one.share) for one in shown]
    after = []
    if others := result.rows[len(shown) :]:
        n = sum(one.n for one in others)
        after.append(
            (f"{many(len(others), 'other pattern', 'other patterns')}: {many(n, 'person', 'people')}.",)
        )
    order = "" if few else f" X answered, . did not; waves in order: {', '.join(waves)}."
    everybody = many(result.n_people, "person", "people")
    return Table(
        headings.TOOK_PART,
        "Who answered which waves, the largest pattern first",
        (*(waves if few else ["Pattern"]), "People", f"Share of {everybody}"),
        tuple(rows),
        base=result.n_people,
        before=((f"Each of the {everybody} is in one pattern.{order}",),),
        after=tuple(after),
    )
