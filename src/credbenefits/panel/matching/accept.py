"""People from likely matches: which pairs are accepted, judged by hand, or contradict each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from credbenefits.numerics.matching.candidates import Candidates
from credbenefits.numerics.matching.matching import accept
from credbenefits.panel.matching.persons import numbered_again

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray, LinkMethod
    from credbenefits.frames.keys.codes import Codes


@dataclass(frozen=True, slots=True)
class AcceptRule:
    """Which pairs count as links: so many that the estimated false-link rate holds, or a threshold."""

    max_false_link_rate: float | None
    threshold: float | None


@dataclass(frozen=True, slots=True)
class Fit:
    """What the model of two waves found; one entry per element, NaN where it is not used."""

    roles: tuple[str, ...]
    m: FloatArray
    u: FloatArray
    n_matches: float
    converged: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WavePair:
    """Two waves: the pairs of their rows that may be one person, and what became of each.

    `decided` is 1 or -1 where somebody accepted or rejected the pair, `accepted` are the pairs that the rule
    or a decision accepts, `refused` those of them that contradict a more probable link.
    """

    earlier: str
    later: str
    candidates: Candidates
    fit: Fit
    decided: IntArray
    accepted: BoolArray
    refused: BoolArray

    @property
    def linked(self) -> BoolArray:
        """The pairs that are links."""
        return self.accepted & ~self.refused


@dataclass(frozen=True, slots=True)
class Evidence:
    """All pairs of waves, and what is needed to accept anew after decisions.

    `home` holds per wave the row that stands for each row: itself, the one kept of a repeated person, or
    -1 where the row takes no part.
    """

    method: LinkMethod
    rule: AcceptRule
    pairs: tuple[WavePair, ...]
    home: Mapping[str, IntArray]
    codes: Codes
    mark: int


@dataclass(frozen=True, slots=True)
class People:
    """Person of each row by wave (-1 takes no part), and the rows whose link contradicted another."""

    person: dict[str, IntArray]
    conflict: dict[str, BoolArray]


def new_pair(waves: tuple[str, str], candidates: Candidates, fit: Fit, rule: AcceptRule) -> WavePair:
    """Return a pair of waves without decisions; nothing is refused yet."""
    none = np.zeros(candidates.row_a.size, dtype=np.int64)
    pair = WavePair(*waves, candidates, fit, none, none.astype(bool), none.astype(bool))
    return decide(pair, none, rule)


def decide(pair: WavePair, decided: IntArray, rule: AcceptRule) -> WavePair:
    """Accept pairs: those accepted by hand, and by the rule what these and the rejected ones leave."""
    result = pair.candidates
    accepted = decided > 0
    free = (
        (decided == 0)
        & ~np.isin(result.row_a, result.row_a[accepted])
        & ~np.isin(result.row_b, result.row_b[accepted])
    )
    accepted[free] = accept(
        subset(result, free), max_false_link_rate=rule.max_false_link_rate, threshold=rule.threshold
    )
    return replace(pair, decided=decided, accepted=accepted, refused=np.zeros_like(accepted))


def subset(candidates: Candidates, which: BoolArray) -> Candidates:
    """Return some of the candidates."""
    return Candidates(
        candidates.row_a[which],
        candidates.row_b[which],
        candidates.probability[which],
        candidates.weight[which],
        candidates.disagreements[which],
    )


def join(evidence: Evidence) -> tuple[Evidence, People]:
    """Make people of the accepted links; a link that contradicts a more probable one is refused.

    Nobody has two rows in a wave, and a pair rejected by hand is not joined through a third row.
    """
    sizes = [rows.size for rows in evidence.home.values()]
    start = dict(zip(evidence.home, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
    wave = np.repeat(np.arange(len(sizes)), sizes)
    links = _stacked(evidence.pairs, start, [p.accepted for p in evidence.pairs])
    banned = _stacked(evidence.pairs, start, [p.decided < 0 for p in evidence.pairs])
    order = np.lexsort((links.b, links.a, -links.weight, -links.probability, -links.decided))
    refused = np.zeros(order.size, dtype=bool)
    refused[order] = _contradicting((links.a[order], links.b[order]), (banned.a, banned.b), wave)
    pairs = []
    for k, pair in enumerate(evidence.pairs):
        out = np.zeros_like(pair.accepted)
        out[pair.accepted] = refused[links.pair == k]
        pairs.append(replace(pair, refused=out))
    group = _components(links.a[~refused], links.b[~refused], wave.size)
    contested = np.zeros(wave.size, dtype=bool)
    contested[links.a[refused]] = contested[links.b[refused]] = True
    return replace(evidence, pairs=tuple(pairs)), _people(evidence.home, start, group, contested)


@dataclass(frozen=True, slots=True)
class _Links:
    """Some candidates of all pairs of waves behind each other; rows are numbered over all waves."""

    pair: IntArray
    a: IntArray
    b: IntArray
    probability: FloatArray
    weight: FloatArray
    decided: IntArray


def _stacked(pairs: Sequence[WavePair], start: Mapping[str, int], which: Sequence[BoolArray]) -> _Links:
    some = list(zip(pairs, which, strict=True))
    return _Links(
        np.repeat(np.arange(len(pairs)), [int(w.sum()) for w in which]),
        np.concatenate([start[p.earlier] + p.candidates.row_a[w] for p, w in some]),
        np.concatenate([start[p.later] + p.candidates.row_b[w] for p, w in some]),
        np.concatenate([p.candidates.probability[w] for p, w in some]),
        np.concatenate([p.candidates.weight[w] for p, w in some]),
        np.concatenate([p.decided[w] for p, w in some]),
    )


def _people(
    home: Mapping[str, IntArray], start: Mapping[str, int], group: IntArray, contested: BoolArray
) -> People:
    nodes = np.concatenate([np.where(h >= 0, start[w] + h, -1) for w, h in home.items()])
    person = numbered_again(np.where(nodes >= 0, group[nodes], -1))
    cuts = list(start.values())[1:]
    return People(
        dict(zip(home, np.split(person, cuts), strict=True)),
        dict(zip(home, np.split(contested, cuts), strict=True)),
    )


def _components(a: IntArray, b: IntArray, n: int) -> IntArray:
    graph = coo_array((np.ones(a.size, dtype=bool), (a, b)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _contradicting(
    links: tuple[IntArray, IntArray], banned: tuple[IntArray, IntArray], wave: IntArray
) -> BoolArray:
    """Mark the links, given best first, that would put two rows of a wave or a banned pair in one person."""
    a, b = links
    group = _components(a, b, wave.size)
    rows = np.unique(np.concatenate(links))
    slot = np.sort(group[rows] * (int(wave.max()) + 1) + wave[rows])
    twice = slot[1:][slot[1:] == slot[:-1]] // (int(wave.max()) + 1)
    apart = group[banned[0]] == group[banned[1]]
    suspect = np.flatnonzero(np.isin(group[a], np.append(twice, group[banned[0]][apart])))
    out = np.zeros(a.size, dtype=bool)
    out[suspect] = _refused(
        list(zip(a[suspect].tolist(), b[suspect].tolist(), strict=True)),
        set(zip(banned[0][apart].tolist(), banned[1][apart].tolist(), strict=True)),
        wave,
    )
    return out


def _refused(links: Sequence[tuple[int, int]], banned: set[tuple[int, int]], wave: IntArray) -> list[bool]:
    """Join link by link, best first, where that is possible. One by one: contradictions are few."""
    members: dict[int, set[int]] = {row: {row} for link in links for row in link}
    out = []
    for x, y in links:
        mine, other = members[x], members[y]
        if mine is not other:
            waves = [int(wave[row]) for row in mine | other]
            clash = len(set(waves)) < len(waves) or any(
                (p, q) in banned or (q, p) in banned for p in mine for q in other
            )
            out.append(clash)
            if not clash:
                mine |= other
                members.update(dict.fromkeys(other, mine))
        else:
            out.append(False)
    return out
