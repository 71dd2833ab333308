"""The account of a linkage: rates, what was estimated, and what a reader must know."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits.numerics.matching.matching import TIE
from credbenefits.panel.matching.likely import repeats_by_chance
from credbenefits.panel.matching.persons import KEPT
from credbenefits.results.base import many
from credbenefits.results.links import LinkedWaves, LinkSummary
from credbenefits.results.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.panel.matching.accept import Evidence, WavePair
    from credbenefits.results.output import DataFrame

_CLASSES = 20
#: Partners less likely than this are no tie worth telling.
_UNLIKELY = 0.05
#: Above this estimated share of wrong links, whoever uses them is warned.
MANY_FALSE = 0.05


def exact_summary(waves: tuple[str, ...], presence: BoolArray, notes: Sequence[str]) -> LinkSummary:
    """Return the summary of links by exact keys: nothing in it is estimated."""
    rows = [_counts(waves, presence, pair) for pair in combinations(range(len(waves)), 2)]
    reported = [
        LinkedWaves(**r, false_link_rate=None, recall_at_most=None, n_matches=None, ties=None, cut=None)
        for r in rows
    ]
    return LinkSummary("exact", tuple(reported), Table("", {}), (), tuple(notes))


def evidence_summary(
    evidence: Evidence,
    links: DataFrame,
    presence: BoolArray,
    fate: Mapping[str, IntArray],
    *,
    notes: Sequence[str],
) -> LinkSummary:
    """Return the summary of links by likely matches."""
    waves = tuple(evidence.home)
    places = combinations(range(len(waves)), 2)
    reported, pair_notes = [], []
    for pair, place in zip(evidence.pairs, places, strict=True):
        mine = (links["linked_wave"] == pair.earlier) & (links["wave"] == pair.later)
        p = links["match_probability"].to_numpy(np.float64)[mine]
        reported.append(LinkedWaves(**_counts(waves, presence, place), **_estimates(pair, p)))
        pair_notes += _pair_notes(pair, p, evidence)
    result = [
        *pair_notes,
        *(note for wave in waves for note in _wave_notes(wave, evidence, fate[wave])),
        *notes,
    ]
    return LinkSummary(
        evidence.method, tuple(reported), _elements(evidence, fate), _histogram(evidence), tuple(result)
    )


def _counts(waves: tuple[str, ...], presence: BoolArray, pair: tuple[int, int]) -> dict[str, Any]:
    earlier, later = pair
    links = int((presence[:, earlier] & presence[:, later]).sum())
    people = int(presence[:, later].sum())
    return {
        "linked_wave": waves[earlier],
        "wave": waves[later],
        "linked_people": int(presence[:, earlier].sum()),
        "people": people,
        "links": links,
        "match_rate": links / people if people else float("nan"),
    }


def _estimates(pair: WavePair, p: FloatArray) -> dict[str, Any]:
    n_matches, by_rule = pair.fit.n_matches, _by_rule(pair)
    return {
        "false_link_rate": float(1 - p.mean()) if p.size else None,
        "recall_at_most": min(1.0, float(p.sum()) / n_matches) if n_matches > 0 else None,
        "n_matches": n_matches,
        "ties": _ties(pair),
        "cut": float(by_rule.min()) if by_rule.size else None,
    }


def _by_rule(pair: WavePair) -> FloatArray:
    """Return the match probabilities of the links that the rule made."""
    by_rule: FloatArray = pair.candidates.probability[pair.linked & (pair.decided == 0)]
    return by_rule


def _ties(pair: WavePair) -> int:
    """Count the rows of both waves whose two best partners are equally likely."""
    result = pair.candidates
    worth = result.probability >= _UNLIKELY
    n = 0
    for rows in (result.row_a[worth], result.row_b[worth]):
        p = result.probability[worth]
        order = np.lexsort((-p, rows))
        rows, p = rows[order], p[order]  # noqa: PLW2901
        first = np.append(True, rows[1:] != rows[:-1])[: rows.size]
        second = np.append(False, first[:-1])[: rows.size] & ~first
        at = np.flatnonzero(second)
        n += int((p[at - 1] - p[at] < TIE).sum())
    return n


def _elements(evidence: Evidence, fate: Mapping[str, IntArray]) -> Table:
    blank = {w: (evidence.codes.values[w][fate[w] == KEPT] < 0).sum(axis=0) for w in evidence.home}
    columns: dict[str, list[Any]] = {
        n: [] for n in ("linked_wave", "wave", "element", "use", "m", "u", "linked_blank", "blank")
    }
    for pair in evidence.pairs:
        for j, name in enumerate(evidence.codes.names):
            row = (
                pair.earlier,
                pair.later,
                name,
                pair.fit.roles[j],
                float(pair.fit.m[j]),
                float(pair.fit.u[j]),
                int(blank[pair.earlier][j]),
                int(blank[pair.later][j]),
            )
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    title = "Elements: agreement among true matches (m) and by chance (u), and blanks in each wave"
    return Table(title, columns)


def _histogram(evidence: Evidence) -> tuple[tuple[int, int], ...]:
    counts = np.zeros((_CLASSES, 2), dtype=np.int64)
    for pair in evidence.pairs:
        at = np.minimum((pair.candidates.probability * _CLASSES).astype(np.int64), _CLASSES - 1)
        for k, which in enumerate((pair.linked, ~pair.linked)):
            counts[:, k] += np.bincount(at[which], minlength=_CLASSES)
    return tuple((int(a), int(b)) for a, b in counts)


def _pair_notes(pair: WavePair, p: FloatArray, evidence: Evidence) -> list[str]:
    waves = f"“{pair.earlier}” and “{pair.later}”"
    notes = [
        f"Element {name!r} is {'the same for everybody' if role == 'constant' else 'blank for everybody'} in "
        f"{waves if role == 'constant' else f'one of {waves}'}: not used"
        for name, role in zip(evidence.codes.names, pair.fit.roles, strict=True)
        if role != "used"
    ]
    if pair.fit.n_matches < 1:
        notes.append(
            f"Hardly anybody of {waves} seems to be the same person: check that the elements "
            "mean the same in both"
        )
    elif not pair.fit.converged:
        notes.append(f"The model of {waves} did not settle: its estimates are rough")
    notes += _false_links(p, waves)
    if p.size and 1 - p.mean() > MANY_FALSE:
        notes.append(
            f"About {(1 - p).sum():,.0f} of the {p.size:,} links of {waves} are expected to be "
            "wrong: the rule accepts more than the evidence supports"
        )
    n_doubtful = int((_by_rule(pair) < 0.5).sum())
    if n_doubtful:
        reported = many(n_doubtful, f"link of {waves} is", f"links of {waves} are")
        notes.append(
            f"{reported} more likely wrong than right; the rule lets such links pass, threshold=0.5 would not"
        )
    n_indirect = p.size - int(pair.linked.sum())
    if n_indirect:
        reported = many(n_indirect, f"link of {waves} goes", f"links of {waves} go")
        notes.append(
            f"{reported} through another wave only: the rule did not judge such links, and each counts "
            "with the product of the probabilities on its way"
        )
    n_refused = int(pair.refused.sum())
    if n_refused:
        reported = many(n_refused, f"link of {waves} contradicts", f"links of {waves} contradict")
        notes.append(f"{reported} more probable ones: refused")
    return [*notes, *pair.fit.notes]


def _false_links(p: FloatArray, waves: str) -> list[str]:
    """Say what links that join two different people could change at most, if any are expected."""
    false = float((1 - p).sum())
    if not round(false):
        return []
    links = f"{'link' if p.size == 1 else 'links'} of {waves} {'is' if round(false) == 1 else 'are'}"
    return [
        f"About {false:,.0f} of the {p.size:,} {links} expected to join two different people: that can "
        f"change a proportion of everybody in both by at most {false / p.size:.4f}"
    ]


def _wave_notes(wave: str, evidence: Evidence, fate: IntArray) -> list[str]:
    notes = []
    codes = evidence.codes
    if codes.malformed[wave]:
        reported = many(codes.malformed[wave], f"code of “{wave}” has", f"codes of “{wave}” have")
        notes.append(f"{reported} another form and could not be read")
    for name, lost in zip(codes.names, codes.unreadable[wave].tolist(), strict=True):
        if lost:
            reported = many(
                lost, f"answer to {name!r} in “{wave}” is", f"answers to {name!r} in “{wave}” are"
            )
            notes.append(f"{reported} no number: taken as blank")
    repeats, expected = repeats_by_chance(codes, wave, fate)
    if repeats:
        reported = many(repeats, f"row of “{wave}” holds", f"rows of “{wave}” hold")
        notes.append(
            f"{reported} the whole code of another row: taken for repeat submissions; "
            f"about {expected:,.1f} pairs of different people share a code by chance "
            "(duplicates='keep' leaves both)"
        )
    return notes
