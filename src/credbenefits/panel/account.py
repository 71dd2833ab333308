"""The account of rows: where every row of every wave went, and the tables behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from credbenefits.frames.boundary import PERSON
from credbenefits.frames.keys.no_keys import REASONS
from credbenefits.frames.keys.normalise import same_answers
from credbenefits.panel.matching.persons import DUPLICATE, EXCLUDED, KEPT, NO_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, IntArray
    from credbenefits.panel.panel import Panel

    Rows = TypeVar("Rows", IntArray, BoolArray)


def ledger(panel: Panel) -> pd.DataFrame:
    """Count the rows of each wave by what became of them."""
    return pd.DataFrame(counts(panel))


def counts(panel: Panel) -> list[dict[str, Any]]:
    """Return the lines of the ledger."""
    in_waves = (panel._row_of >= 0).sum(axis=1)
    rows: list[dict[str, Any]] = []
    for name in panel.wave_names:
        fate = panel._fate[name]
        answered = panel._answered.get(name)
        counted = fate == KEPT if answered is None else (fate == KEPT) & answered
        waves_of_kept = in_waves[panel._person[name][counted]]
        silent = {"no_answer": int((fate == KEPT).sum() - counted.sum())} if panel._answered else {}
        rows.append({
            "wave": name, "rows": fate.size,
            "excluded": int((fate == EXCLUDED).sum()), "no_key": int((fate == NO_KEY).sum()),
            "duplicates": int((fate == DUPLICATE).sum()), **silent,
            "unlinked": int((waves_of_kept == 1).sum()), "linked": int((waves_of_kept > 1).sum()),
        })  # fmt: skip
    return rows


def no_key(panel: Panel) -> pd.DataFrame:
    """List the rows that have no key, and why."""
    parts = []
    for name in panel.wave_names:
        rows = np.flatnonzero(panel._fate[name] == NO_KEY)
        why = panel._why.get(name)
        words = ["too few answers"] * rows.size if why is None else [REASONS[w] for w in why[rows].tolist()]
        parts.append(pd.DataFrame({"wave": name, "row": rows, "reason": pd.Series(words, dtype=object)}))
    return pd.concat(parts, ignore_index=True)


def unlinked(panel: Panel) -> pd.DataFrame:
    """List the people of one wave only."""
    alone = (panel._row_of >= 0).sum(axis=1) == 1
    parts = []
    for name in panel.wave_names:
        fate, person = panel._fate[name], panel._person[name]
        rows = np.flatnonzero(fate == KEPT)
        rows = rows[alone[person[rows]]]
        parts.append(pd.DataFrame({PERSON: panel._ids(person[rows]), "wave": name, "row": rows,
                                   "conflict": panel._conflict[name][rows]}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def duplicates(panel: Panel) -> pd.DataFrame:
    """List repeat submissions, the row kept for each, and whether the answers differ."""
    parts = []
    for place, name in enumerate(panel.wave_names):
        frame, person = panel._frames[name], panel._person[name]
        rows = np.flatnonzero(panel._fate[name] == DUPLICATE)
        kept = panel._row_of[person[rows], place]
        answers = [c for c in frame.columns if c not in panel._key_columns[name]]
        parts.append(pd.DataFrame({
            PERSON: panel._ids(person[rows]), "wave": name, "row": rows, "kept_row": kept,
            "differs": ~same_answers(frame, rows, kept, answers),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def conflicts(panel: Panel) -> pd.DataFrame:
    """List the rows whose keys contradict each other."""
    parts = []
    for name, conflict in panel._conflict.items():
        rows = np.flatnonzero(conflict)
        parts.append(pd.DataFrame({PERSON: panel._ids(panel._person[name][rows]), "wave": name,
                                   "row": rows}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def notes(panel: Panel) -> tuple[str, ...]:
    """Say what a reader of the account must know."""
    repeats = duplicates(panel)
    found = [*panel._key_notes]
    if len(repeats):
        found.append(f"{len(repeats):,} repeat submissions set aside, "
                     f"{int(repeats['differs'].sum()):,} of them with other answers")  # fmt: skip
    n_conflicts = sum(int(c.sum()) for c in panel._conflict.values())
    if n_conflicts:
        key, link = "a key that belongs to several people", "a link that contradicts a more probable one"
        what = key if panel._evidence is None else link
        found.append(f"{n_conflicts:,} rows hold {what} (see .conflicts)")
    return tuple(found)


def key_notes(names: Sequence[str], why: Sequence[IntArray], joined: Sequence[int]) -> tuple[str, ...]:
    """Say which cells of key columns are no keys though not blank, and which were taken as one."""
    found = []
    for name, reasons, n in zip(names, why, joined, strict=True):
        counts = np.bincount(reasons, minlength=len(REASONS)).tolist()
        told = [
            f"{n_rows:,} {words}" for n_rows, words in zip(counts[1:], REASONS[1:], strict=True) if n_rows
        ]
        if told:
            found.append(f"Cells of {name!r} that are no key: {', '.join(told)} (see .no_key)")
        if n:
            found.append(f"{n:,} values of {name!r} are written in two ways (leading zeros, a trailing .0, "
                         "spaces, hyphens) by rows that share another key: taken as one")  # fmt: skip
    return tuple(found)


def by_wave(values: Rows, sizes: Mapping[str, int]) -> dict[str, Rows]:
    """Split an array over the rows of all waves."""
    ends = np.cumsum(list(sizes.values()))[:-1]
    return dict(zip(sizes, np.split(values, ends), strict=True))  # pyright: ignore[reportReturnType]
