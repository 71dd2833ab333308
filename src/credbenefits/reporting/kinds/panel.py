"""What a panel gives to a brief: its participation, where every row went, and how its waves were linked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.reporting import headings
from credbenefits.reporting.kinds import links, participation
from credbenefits.results.base import many
from credbenefits.results.parts import Caution, Parts, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits.panel.panel import Panel
    from credbenefits.results.parts import StudyWords, Text

#: Columns of the ledger in words.
_LEDGER = {
    "wave": "Wave",
    "rows": "Rows in the file",
    "taken_out": "Taken out on reading",
    "excluded": "Excluded",
    "no_key": "Without a key",
    "duplicates": "Repeat submissions",
    "no_answer": "People who did not answer",
    "unlinked": "People in this wave only",
    "linked": "People in other waves too",
}


def parts(result: Panel, words: StudyWords) -> Parts:
    """Return what a panel gives to a brief."""
    flow = participation.parts(result.flow(), words)
    summary = result.link_summary()
    doubt = Parts() if summary.method == "exact" else links.parts(summary, words)
    kept = links.notes(summary, words) if summary.method == "exact" else ()
    keys = ", then ".join(map(words.label, result.key_names))
    exact = (f"Waves were linked by exact keys: {keys}.",) if summary.method == "exact" else ()
    return Parts(
        lead=flow.lead,
        tables=(*flow.tables, _ledger(result, words, after=kept), *doubt.tables),
        figures=(*flow.figures, *doubt.figures),
        cautions=(*flow.cautions, *_keyless(result, words), *doubt.cautions),
        methods=(*exact, *doubt.methods, *flow.methods),
        response_known=flow.response_known,
        single="a Panel",
        files={"ledger": result.as_pandas("ledger"), **doubt.files},
        names=_names(result),
    )


def _names(panel: Panel) -> dict[str, tuple[str, ...]]:
    """Return what labels may name: waves, keys, and all columns of all waves."""
    columns = (column for wave in panel.wave_names for column in panel.columns_of(wave))
    return dict.fromkeys((*panel.wave_names, *panel.key_names, *columns), ())


def _ledger(panel: Panel, words: StudyWords, *, after: tuple[Text, ...]) -> Table:
    ledger = panel.as_pandas("ledger")
    called = _LEDGER | ({"excluded": f"Excluded ({words.excluded})"} if words.excluded else {})
    rows = (
        (words.label(str(row[0])), *(f"{int(n):,}" for n in row[1:]))
        for row in ledger.itertuples(index=False)
    )
    return Table(
        headings.TOOK_PART,
        "Where every row went (each row is in exactly one column)",
        tuple(called[str(name)] for name in ledger.columns),
        tuple(rows),
        key="ledger",
        after=after,
    )


def _keyless(panel: Panel, words: StudyWords) -> list[Caution]:
    """Tell of answers that are in no number, because nobody can say whose they are."""
    why = panel.as_pandas("no_key")
    named = [
        f"{row['no_key']:,} of {many(row['rows'], 'row', 'rows')} of “{words.label(str(row['wave']))}”"
        + _reasons(why["reason"][why["wave"] == row["wave"]].value_counts().to_dict())
        for row in panel.as_pandas("ledger").to_dict("records")
        if row["no_key"]
    ]
    advice = "They belong to nobody known, and are not among the people."
    return [Caution("Without a key", advice, tuple(named))] if named else []


def _reasons(counts: Mapping[str, int]) -> str:
    """Say why rows have no key, where the cell is not simply blank."""
    if set(counts) <= {"blank", "too few answers"}:
        return ""
    return " (" + ", ".join(f"{n:,} {reason}" for reason, n in sorted(counts.items())) + ")"
