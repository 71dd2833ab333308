"""Looking up pairs: how two rows were linked, and what to review by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits.errors import InputError
from credbenefits.frames.boundary import MATCH, PERSON, objects, read, require, with_column
from credbenefits.frames.keys.normalise import normalise_key
from credbenefits.numerics.arguments import checked_generator
from credbenefits.panel.matching.accept import decide
from credbenefits.panel.matching.exact import how_exact
from credbenefits.questions.spelling import as_number
from credbenefits.results.output import stacked, table, whole_or_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import NDArray

    from credbenefits._typing import FloatArray, Frame, IntArray, RNGLike
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.keys.columns import KeyColumn
    from credbenefits.panel.matching.accept import Evidence, WavePair
    from credbenefits.results.output import DataFrame

#: Of so many pairs on either side of the threshold, for each one wanted, the sample is drawn.
_POOL = 3
_DECISIONS = {"accept": 1, "reject": -1}
_WHERE = ["linked_wave", "linked_row", "wave", "row"]


def find(pair: WavePair, rows_a: IntArray, rows_b: IntArray) -> IntArray:
    """Return the place of each pair of rows among the candidates; -1 where it is none."""
    result = pair.candidates
    width = 1 + max(int(result.row_b.max(initial=0)), int(rows_b.max(initial=0)))
    known = result.row_a * width + result.row_b
    order = np.argsort(known, kind="stable")
    wanted = rows_a * width + rows_b
    if not known.size:
        return np.full(wanted.size, -1)
    at = order[np.minimum(np.searchsorted(known, wanted, sorter=order), known.size - 1)]
    return np.where(known[at] == wanted, at, -1)


def linked_rows(
    waves: tuple[str, ...],
    row_of: IntArray,
    how: Callable[[tuple[str, str], tuple[IntArray, IntArray]], dict[str, Any]],
) -> DataFrame:
    """List the rows of each person in each two waves, with how they were linked; people as numbers 0.."""
    parts = []
    for later in range(1, len(waves)):
        for earlier in range(later):
            people = np.flatnonzero((row_of[:, earlier] >= 0) & (row_of[:, later] >= 0))
            rows = row_of[people, earlier], row_of[people, later]
            where = {
                PERSON: people,
                "wave": waves[later],
                "row": rows[1],
                "linked_wave": waves[earlier],
                "linked_row": rows[0],
            }
            reported = table(where | how((waves[earlier], waves[later]), rows))
            parts.append(reported.astype({"disagreements": "Int64"}))
    return stacked(parts)


def links_table(
    waves: tuple[str, ...],
    row_of: IntArray,
    evidence: Evidence | None,
    keys: tuple[tuple[str, ...], Mapping[str, list[IntArray]]],
) -> DataFrame:
    """List all linked rows, with how they were linked; `keys` has the names of exact keys and their codes."""
    if evidence is not None:
        table = linked_rows(waves, row_of, partial(how_linked, evidence))
        return chained(table, waves)
    names, codes = keys

    def how(pair: tuple[str, str], rows: tuple[IntArray, IntArray]) -> dict[str, Any]:
        return how_exact(names, *([k[r] for k in codes[w]] for w, r in zip(pair, rows, strict=True)))

    return linked_rows(waves, row_of, how)


def how_linked(evidence: Evidence, waves: tuple[str, str], rows: tuple[IntArray, IntArray]) -> dict[str, Any]:
    """Say of linked rows by what, how likely, and with how many disagreements.

    Rows that are linked only through a third one need not be a candidate pair: then there is no number.
    Their probability is not that of the pair alone, and is left to :func:`chained`.
    """
    pair = next(p for p in evidence.pairs if (p.earlier, p.later) == waves)
    at = find(pair, *rows)
    none = at < 0
    result = pair.candidates
    linked, decided = np.append(pair.linked, False)[at], np.append(pair.decided, 0)[at]
    key = np.where(linked, np.where(decided > 0, "(decision)", evidence.method), "(indirect)")
    return {
        "method": evidence.method,
        "key": key,
        "match_probability": np.where(
            linked, np.where(decided > 0, 1.0, np.append(result.probability, np.nan)[at]), np.nan
        ),
        "match_weight": np.append(result.weight, np.nan)[at],
        "disagreements": whole_or_missing(np.append(result.disagreements, 0)[at], none),
    }


def chained(links: DataFrame, waves: tuple[str, ...]) -> DataFrame:
    """Fill in the probability of rows linked through others: the product along the best chain of links.

    It is a lower bound of the probability that they are one person if links are wrong independently.
    """
    p = links["match_probability"].to_numpy(np.float64, copy=True)
    missing = np.isnan(p)
    people = np.unique(links[PERSON][missing])
    some = np.flatnonzero(links[PERSON].isin(people))
    who = np.searchsorted(people, links[PERSON].to_numpy()[some])
    ends = [
        links[c].map({w: i for i, w in enumerate(waves)}).to_numpy(np.int64)[some]
        for c in ("linked_wave", "wave")
    ]
    best = np.zeros((people.size, len(waves), len(waves)))
    best[who, ends[0], ends[1]] = best[who, ends[1], ends[0]] = np.nan_to_num(p[some])
    for between in range(len(waves)):
        best = np.maximum(best, best[:, :, between, None] * best[:, between, None, :])
    p[some] = np.where(missing[some], best[who, ends[0], ends[1]], p[some])
    return links.assign(match_probability=p)


def review_sample(
    evidence: Evidence,
    frames: Mapping[str, NarwhalsFrame],
    columns: Mapping[str, list[KeyColumn]],
    *,
    n: int,
    rng: RNGLike,
) -> DataFrame:
    """Draw pairs nearest to the threshold, half of them linked, half not, with the codes side by side."""
    generator = checked_generator(rng)
    parts = []
    for k, pair in enumerate(evidence.pairs):
        open_ = np.flatnonzero(pair.decided == 0)
        parts.append(
            table(
                {
                    "pair": k,
                    "at": open_,
                    "linked": pair.linked[open_],
                    "p": pair.candidates.probability[open_],
                }
            )
        )
    pool = stacked(parts)
    links = pool[pool["linked"]].sort_values("p", kind="stable")
    others = pool[~pool["linked"]].sort_values("p", ascending=False, kind="stable")
    n_links = min(len(links), max(n - n // 2, n - len(others)))
    drawn = [_draw(links, n_links, generator), _draw(others, min(len(others), n - n_links), generator)]
    chosen = stacked(drawn)
    answers = {
        w: [objects(frames[w], c) if isinstance(c, str) else None for c in columns[w]] for w in evidence.home
    }
    return stacked(
        [
            _side_by_side(evidence, k, chosen["at"].to_numpy()[chosen["pair"] == k], answers)
            for k in range(len(evidence.pairs))
        ]
    )


def _draw(side: DataFrame, n: int, rng: np.random.Generator) -> DataFrame:
    nearest = side.head(_POOL * n)
    return nearest.iloc[rng.permutation(len(nearest))[:n]]


def _side_by_side(
    evidence: Evidence, k: int, at: IntArray, answers: Mapping[str, list[NDArray[Any] | None]]
) -> DataFrame:
    pair = evidence.pairs[k]
    result = pair.candidates
    rows = {pair.earlier: result.row_a[at], pair.later: result.row_b[at]}
    out: dict[str, Any] = {
        "data_mark": evidence.mark,
        "linked_wave": pair.earlier,
        "linked_row": rows[pair.earlier],
        "wave": pair.later,
        "row": rows[pair.later],
        "match_probability": result.probability[at],
        "match_weight": result.weight[at],
        "disagreements": result.disagreements[at],
        "linked": pair.linked[at],
    }
    names, n_columns = evidence.codes.names, len(answers[pair.earlier])
    if n_columns < len(names):  # elements in one column, and perhaps others after it
        names = ("code", *names[len(names) - n_columns + 1 :])
    for j, name in enumerate(names):
        for wave, side in ((pair.earlier, "earlier"), (pair.later, "later")):
            given = answers[wave][j]
            out[f"{name} ({side})"] = None if given is None else given[rows[wave]]
    return table({**out, "decision": np.full(at.size, "", dtype=object)})


def with_decisions(evidence: Evidence, decisions: Frame) -> Evidence:
    """Accept anew after decisions taken by hand; earlier decisions hold unless taken again."""
    review = read(decisions, "decisions", allow_empty=True)
    require(review, [*_WHERE, "data_mark", "decision"], "decisions", "the review")
    said = table({name: objects(review, name) for name in [*_WHERE, "data_mark"]})
    for name in ("linked_row", "row", "data_mark"):
        said[name] = [_place(v) for v in said[name].tolist()]
    for name in ("linked_wave", "wave"):  # a file may have made numbers of them
        said[name] = [normalise_key(v) for v in said[name].tolist()]
    said["decision"] = [_decision(v) for v in objects(review, "decision").tolist()]
    drawn = (said["data_mark"] >= 0) | (said["decision"] != 0)  # others are blank lines of a file
    if (said["data_mark"] != evidence.mark)[drawn].any():
        raise InputError(
            "decisions",
            allowed="decisions on pairs of these very data",
            received="a review of other data (column 'data_mark')",
            fix="Draw a new review from this panel.",
        )
    said = said[said["decision"] != 0]
    pairs = []
    known = 0
    for pair in evidence.pairs:
        waves = normalise_key(pair.earlier), normalise_key(pair.later)
        mine = said[(said["linked_wave"] == waves[0]) & (said["wave"] == waves[1])]
        known += len(mine)
        pairs.append(_decided(pair, mine, evidence))
    if known < len(said):
        raise _unknown_pair()
    return replace(evidence, pairs=tuple(pairs))


def _place(value: object) -> float:
    """Return a row number; -1 for what is none."""
    number = as_number(value)
    return -1.0 if number is None or number != number else number  # noqa: PLR0124 - NaN


def _decision(value: object) -> int:
    word = normalise_key(value)
    if word is not None and word not in _DECISIONS:
        raise InputError(
            "decisions",
            allowed="'accept', 'reject' or nothing in the column 'decision'",
            value=word,
            fix="Write one of these.",
        )
    return 0 if word is None else _DECISIONS[word]


def _decided(pair: WavePair, said: DataFrame, evidence: Evidence) -> WavePair:
    rows = said[["linked_row", "row"]].to_numpy(np.float64)
    at = find(pair, *rows.astype(np.int64).T)
    if (at < 0).any() or (rows < 0).any() or (rows % 1).any():
        raise _unknown_pair()
    if np.unique(at).size < at.size:
        raise InputError(
            "decisions",
            allowed="one decision for each pair",
            received="a pair twice",
            fix="Keep one line for each pair of rows.",
        )
    decided = pair.decided.copy()
    decided[at] = said["decision"].to_numpy(np.int64)
    for side in (pair.candidates.row_a, pair.candidates.row_b):
        accepted = side[decided > 0]
        if np.unique(accepted).size < accepted.size:
            raise InputError(
                "decisions",
                allowed="at most one accepted partner for each row",
                received="a row accepted with two others of one wave",
                fix="A person has one row in a wave: accept the better pair.",
            )
    return decide(pair, decided, evidence.rule)


def _unknown_pair() -> InputError:
    return InputError(
        "decisions",
        allowed="pairs that review() gave",
        received="a pair of other rows",
        fix="Change nothing but the column 'decision'.",
    )


def links_of(
    links: DataFrame, people: IntArray, waves: tuple[str, str], *, others: bool
) -> tuple[FloatArray, NDArray[Any]]:
    """Return the match probability of these people's links between two waves that they are in.

    Parameters
    ----------
    links : data frame
        The links of a panel, in any order.
    people : array of int
        Ids of people who are in both waves.
    waves : tuple of two names
        The waves, in either order.
    others : bool
        Whether the panel has other waves.

    Returns
    -------
    tuple of arrays
        The probabilities and the keys.
    """
    if others:
        links = links[links["wave"].isin(waves) & links["linked_wave"].isin(waves)]
    linked = links[PERSON].to_numpy()
    order = np.argsort(linked, kind="stable")
    rows = order[np.searchsorted(linked[order], people)]
    probability: FloatArray = links["match_probability"].to_numpy(np.float64)[rows]
    return probability, links["key"].to_numpy()[rows]


def with_match_probability(
    frame: NarwhalsFrame, links: DataFrame, people: IntArray, *, wave: str, others: Collection[str]
) -> NarwhalsFrame:
    """Put first the probability that a person's links with other waves are right, if any is below 1.

    With several other waves it is a lower bound: 1 less the sum of the doubts.
    """
    doubt = np.zeros(people.size)
    for other in others:
        between = links[links["wave"].isin((wave, other)) & links["linked_wave"].isin((wave, other))]
        linked = between[PERSON].to_numpy()
        here = np.isin(people, linked)
        doubt[here] += 1.0 - links_of(between, people[here], (wave, other), others=False)[0]
    if not doubt.any():
        return frame
    if MATCH in frame.columns:
        raise InputError(
            "name",
            allowed=f"a wave without a column {MATCH!r}, which the panel adds where links are in doubt",
            received=f"{wave!r}, which has one",
            fix="Rename it before linking.",
        )
    return with_column(frame, MATCH, 1.0 - np.minimum(doubt, 1.0))
