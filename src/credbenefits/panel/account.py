"""The account of rows: where every row of every wave went, and the tables behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from credbenefits.frames.boundary import PERSON
from credbenefits.frames.keys.columns import columns_of
from credbenefits.frames.keys.no_keys import REASONS
from credbenefits.frames.keys.normalise import same_answers
from credbenefits.panel.dispositions import DISPOSITIONS, NOT_ASKED, RESPONDENTS
from credbenefits.panel.matching.persons import DUPLICATE, EXCLUDED, KEPT, NO_KEY
from credbenefits.results.output import stacked, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, IntArray, StatusArray
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.keys.columns import KeyColumn
    from credbenefits.results.output import DataFrame

    Values = TypeVar("Values", IntArray, BoolArray)


class Rows(NamedTuple):
    """The rows of all waves: whose each is, and what became of it. All mappings are by wave."""

    frames: Mapping[str, NarwhalsFrame]
    person: Mapping[str, IntArray]
    fate: Mapping[str, IntArray]
    conflict: Mapping[str, BoolArray]
    row_of: IntArray  # (people, waves)
    status: Mapping[str, StatusArray]
    why: Mapping[str, IntArray]
    key_columns: Mapping[str, list[KeyColumn]]
    first_id: int
    taken_out: Mapping[str, int]

    def ids(self, wave: str, rows: IntArray) -> IntArray:
        """Return the ids of the people whose rows these are."""
        return self.person[wave][rows] + self.first_id


def ledger(waves: Rows) -> DataFrame:
    """Count the rows of each wave by what became of them."""
    rows = counts(waves)
    return table({name: [row[name] for row in rows] for name in rows[0]})


def counts(waves: Rows) -> list[dict[str, Any]]:
    """Return the lines of the ledger."""
    in_waves = (waves.row_of >= 0).sum(axis=1)
    rows: list[dict[str, Any]] = []
    for name in waves.frames:
        fate = waves.fate[name]
        status = waves.status.get(name)
        counted = fate == KEPT if status is None else (fate == KEPT) & (status < len(RESPONDENTS))
        waves_of_kept = in_waves[waves.person[name][counted]]
        silent = {"no_answer": int((fate == KEPT).sum() - counted.sum())} if waves.status else {}
        rows.append(
            {
                "wave": name,
                "rows": fate.size + waves.taken_out.get(name, 0),
                **({"taken_out": waves.taken_out.get(name, 0)} if waves.taken_out else {}),
                "excluded": int((fate == EXCLUDED).sum()),
                "no_key": int((fate == NO_KEY).sum()),
                "duplicates": int((fate == DUPLICATE).sum()),
                **silent,
                "unlinked": int((waves_of_kept == 1).sum()),
                "linked": int((waves_of_kept > 1).sum()),
            }
        )
    return rows


def dispositions(waves: Rows) -> DataFrame:
    """Count the people of each wave by how they ended in it.

    All people answered a wave of which nothing was said.
    """
    rows = [{"wave": name, **by_disposition(waves, name)} for name in waves.frames]
    return table({name: [row[name] for row in rows] for name in rows[0]})


def by_disposition(waves: Rows, name: str) -> dict[str, int]:
    """Return how many people a wave has, and how many with each disposition."""
    kept, status = waves.fate[name] == KEPT, waves.status.get(name)
    codes = np.zeros(kept.sum(), dtype=np.int8) if status is None else status[kept]
    counted = np.bincount(codes, minlength=len(DISPOSITIONS)).tolist()
    return {"people": codes.size, **dict(zip(DISPOSITIONS, counted, strict=True))}


def declared(waves: Rows) -> dict[str, dict[str, int]]:
    """Return the same for every wave of which something was said."""
    return {name: by_disposition(waves, name) for name in waves.status}


def presence(waves: Rows) -> BoolArray:
    """Return who answered which wave, as an array of shape (people, waves)."""
    present = waves.row_of >= 0
    for name, status in waves.status.items():
        place = list(waves.frames).index(name)
        present[:, place] &= (status < len(RESPONDENTS))[waves.row_of[:, place]]
    return present


def outside(waves: Rows) -> BoolArray | None:
    """Return who could not be asked in which wave, as an array of shape (people, waves); None for nobody."""
    codes = [DISPOSITIONS.index(name) for name in NOT_ASKED]
    result = np.zeros(waves.row_of.shape, dtype=bool)
    for place, name in enumerate(waves.frames):
        if name in waves.status:
            row = waves.row_of[:, place]
            result[:, place] = (row >= 0) & np.isin(waves.status[name], codes)[row]
    return result if result.any() else None


def people(waves: Rows, wave: str, codes: Sequence[int] | None, also_in: Sequence[int]) -> IntArray:
    """Return the people of a wave with some dispositions (None: all), in the order of their rows.

    Those alone who are in other waves too, which are given by their places.
    """
    row, status = waves.row_of[:, list(waves.frames).index(wave)], waves.status.get(wave)
    here = row >= 0
    if status is not None and codes is not None:
        here &= np.isin(status, codes)[row]
    found = np.flatnonzero(here & (waves.row_of[:, also_in] >= 0).all(axis=1))
    return found[np.argsort(row[found], kind="stable")]


def status_of_people(waves: Rows) -> dict[str, StatusArray]:
    """Return the codes of everybody in the waves of which something was said, in the order of their rows."""
    return {name: status[waves.fate[name] == KEPT] for name, status in waves.status.items()}


def no_key(waves: Rows) -> DataFrame:
    """List the rows that have no key, and why."""
    parts = []
    for name in waves.frames:
        rows = np.flatnonzero(waves.fate[name] == NO_KEY)
        why = waves.why.get(name)
        words = ["too few answers"] * rows.size if why is None else [REASONS[w] for w in why[rows].tolist()]
        parts.append(table({"wave": name, "row": rows, "reason": np.array(words, dtype=object)}))
    return stacked(parts)


def unlinked(waves: Rows) -> DataFrame:
    """List the people of one wave only."""
    alone = (waves.row_of >= 0).sum(axis=1) == 1
    parts = []
    for name in waves.frames:
        fate, person = waves.fate[name], waves.person[name]
        rows = np.flatnonzero(fate == KEPT)
        rows = rows[alone[person[rows]]]
        parts.append(
            table(
                {
                    PERSON: waves.ids(name, rows),
                    "wave": name,
                    "row": rows,
                    "conflict": waves.conflict[name][rows],
                }
            )
        )
    return stacked(parts)


def duplicates(waves: Rows) -> DataFrame:
    """List repeat submissions, the row kept for each, and whether the answers differ."""
    parts = []
    for place, name in enumerate(waves.frames):
        frame, person = waves.frames[name], waves.person[name]
        rows = np.flatnonzero(waves.fate[name] == DUPLICATE)
        kept = waves.row_of[person[rows], place]
        keys = columns_of(waves.key_columns[name])
        answers = [c for c in frame.columns if c not in keys]
        parts.append(
            table(
                {
                    PERSON: waves.ids(name, rows),
                    "wave": name,
                    "row": rows,
                    "kept_row": kept,
                    "differs": ~same_answers(frame, rows, kept, answers),
                }
            )
        )
    return stacked(parts)


def conflicts(waves: Rows) -> DataFrame:
    """List the rows whose keys contradict each other."""
    parts = []
    for name, conflict in waves.conflict.items():
        rows = np.flatnonzero(conflict)
        parts.append(table({PERSON: waves.ids(name, rows), "wave": name, "row": rows}))
    return stacked(parts)


def notes(waves: Rows, *, conflict: str) -> tuple[str, ...]:
    """Say what a reader of the account must know; `conflict` says what a row in conflict holds."""
    repeats = duplicates(waves)
    result = []
    if len(repeats):
        result.append(
            f"{len(repeats):,} repeat submissions set aside, "
            f"{int(repeats['differs'].sum()):,} of them with other answers"
        )
    n_conflicts = sum(int(c.sum()) for c in waves.conflict.values())
    if n_conflicts:
        result.append(f"{n_conflicts:,} rows hold {conflict} (see .conflicts)")
    return tuple(result)


def key_notes(names: Sequence[str], why: Sequence[IntArray], joined: Sequence[int]) -> tuple[str, ...]:
    """Say which cells of key columns are no keys though not blank, and which were taken as one."""
    result = []
    for name, reasons, n in zip(names, why, joined, strict=True):
        counts = np.bincount(reasons, minlength=len(REASONS)).tolist()
        reported = [
            f"{n_rows:,} {words}" for n_rows, words in zip(counts[1:], REASONS[1:], strict=True) if n_rows
        ]
        if reported:
            result.append(f"Cells of {name!r} that are no key: {', '.join(reported)} (see .no_key)")
        if n:
            result.append(
                f"{n:,} values of {name!r} are written in two ways (leading zeros, a trailing .0, "
                "spaces, hyphens) by rows that share another key: taken as one"
            )
    return tuple(result)


def by_wave(values: Values, sizes: Mapping[str, int]) -> dict[str, Values]:
    """Split an array over the rows of all waves."""
    ends = np.cumsum(list(sizes.values()))[:-1]
    return dict(zip(sizes, np.split(values, ends), strict=True))  # pyright: ignore[reportReturnType]
