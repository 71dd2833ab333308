"""Linking the exports of several waves into one panel of people."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.boundary import PERSON, answered_cells, objects, read
from credbenefits.frames.categories import canonical
from credbenefits.frames.keys import key_codes, normalised
from credbenefits.panel._persons import DUPLICATE, EXCLUDED, KEPT, NO_KEY, keep_one, resolve
from credbenefits.panel.panel import Panel

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, Frame, IntArray, Values
    from credbenefits.frames.boundary import NarwhalsFrame

Waves: TypeAlias = Mapping[str, Any] | Sequence[tuple[str, Any]]
On: TypeAlias = str | Sequence[str] | Mapping[str, str | Sequence[str | None]]

#: So many rows of one wave under one key are a shared address or a test, rarely a person.
_MANY_ROWS = 10


def link_waves(
    waves: Waves,
    *,
    on: On,
    method: t.LinkMethod = "exact",
    duplicates: t.DuplicateRule = "last",
    exclude: Mapping[str, Values] | None = None,
) -> Panel:
    """Link the exports of two or more survey waves, person by person.

    Parameters
    ----------
    waves : mapping of str to data frame, or list of (str, data frame)
        The waves in order of time, as they were exported. A frame of everybody who was invited
        or enrolled can be a wave too. The frames are copied, never changed.
    on : str, list of str, or mapping of wave to either
        Key columns. Several keys are used in order of trust: rows that share the first are one
        person, a row without it goes by the second, and so on. With a mapping, the columns of
        each wave may have their own names (None where a wave lacks that key).
    method : {"exact"}
        Keys must agree after normalising: Unicode NFKC, invisible characters removed,
        surrounding space stripped, casefolded. Blank words ("", "-", "n/a", "none", ...) and
        missing values are no key, and never meet each other.
    duplicates : {"last", "first", "most_complete", "error"}
        Which row to keep when one person submitted a wave repeatedly (the order is that of the
        rows; among equally complete rows the last).
    exclude : mapping of str to value or list of values, optional
        Rows to set aside before linking, e.g. ``{"status": ["Survey Preview"]}`` for test rows;
        applies to every wave that has the column.

    Returns
    -------
    Panel
        One-to-one always: nobody has two rows in a wave. Its ``ledger`` says where every row went.

    Raises
    ------
    InputError
        For fewer than two waves, a wave name that repeats, an unknown column, or a repeat
        submission under ``duplicates="error"``.

    Warns
    -----
    DataWarning
        When no person of a wave is in any other, when one key stands in very many rows of a
        wave, or when an `exclude` value is nowhere found.

    Examples
    --------
    >>> import credbenefits as cb
    >>> waves = cb.load_credentials()
    >>> panel = cb.link_waves(waves, on=["learner_id", "email"], exclude={"status": "Survey Preview"})
    >>> panel.flow().people
    (25891, 2288, 120)
    """
    check.choice("method", method, t.LinkMethod)
    check.choice("duplicates", duplicates, t.DuplicateRule)
    named = _named(waves)
    frames = {name: read(frame, f"waves[{name!r}]").clone() for name, frame in named.items()}
    for name, frame in frames.items():
        _refuse_person_column(name, frame)
    columns, key_names = _key_columns(on, frames)
    excluded = _excluded(frames, exclude)
    keys, mark = _codes(frames, columns, len(key_names), excluded)
    persons = resolve(keys)
    sizes = [len(f) for f in frames.values()]
    ends = np.cumsum(sizes)[:-1]
    per_wave = np.split(persons.person, ends)
    fate = {
        name: _fate(frame, person, excluded[name], rule=duplicates, name=name)
        for (name, frame), person in zip(frames.items(), per_wave, strict=True)
    }
    panel = Panel._build(
        frames,
        person=dict(zip(frames, per_wave, strict=True)),
        fate=fate,
        conflict=dict(zip(frames, np.split(persons.conflict, ends), strict=True)),
        keys={name: [np.split(k, ends)[i] for k in keys] for i, name in enumerate(frames)},
        key_names=tuple(key_names),
        key_columns=columns,
        mark=mark,
    )
    _warn(panel, {name: p[f != EXCLUDED] for (name, f), p in zip(fate.items(), per_wave, strict=True)})
    return panel


def _named(waves: Waves) -> dict[str, Frame]:
    pairs = list(waves.items()) if isinstance(waves, Mapping) else waves
    if not isinstance(pairs, Sequence) or not all(isinstance(p, tuple) and len(p) == 2 for p in pairs):
        raise InputError(
            "waves",
            allowed="a mapping of wave name to data frame, or a list of (name, frame)",
            received=type(waves).__name__,
            fix="For example: {'start': df0, 'end': df1}.",
        )
    names = [check.text("waves", name) for name, _ in pairs]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice or len(names) < 2:
        raise InputError(
            "waves",
            allowed="two or more waves with different names",
            received=f"{check.listing(twice)} twice" if twice else f"{len(names)} wave",
            fix="Name every wave differently, in order of time." if twice else
            "Linking needs another wave; one wave alone goes straight to proportions().",
        )  # fmt: skip
    return dict(pairs)


def _refuse_person_column(name: str, frame: NarwhalsFrame) -> None:
    if PERSON in frame.columns:
        raise InputError(
            f"waves[{name!r}]",
            allowed=f"a frame without a column {PERSON!r}, which the panel adds",
            received=f"a frame that has {PERSON!r}",
            fix=f"Rename it, e.g. to '{PERSON}_id', and link on that name.",
        )


def _key_columns(
    on: On, frames: Mapping[str, NarwhalsFrame]
) -> tuple[dict[str, list[str | None]], list[str]]:
    """Return the key columns of each wave, in order of trust, and names for the keys."""
    if isinstance(on, Mapping):
        for name in (*on, *frames):
            if name not in frames or name not in on:
                raise InputError(
                    "on",
                    allowed=f"key columns for each of the waves {check.listing(frames)}",
                    received=check.listing(on),
                    fix=f"Add or mend the entry {name!r}.",
                )
        per_wave = {name: _as_list(on[name]) for name in frames}
    else:
        shared: list[str | None] = list(check.names("on", on))
        per_wave = dict.fromkeys(frames, shared)
    lengths = {len(c) for c in per_wave.values()}
    if lengths == {0} or len(lengths) > 1:
        raise InputError(
            "on",
            allowed="at least one key, and the same number of keys in every wave",
            received=on,
            fix="Write None where a wave lacks a key.",
        )
    for name, columns in per_wave.items():
        check.names("on", [c for c in columns if c is not None])
        for column in columns:
            if column is not None:
                check.column("on", column, frames[name].columns, f"wave {name!r}")
    named = [next((c[j] for c in per_wave.values() if c[j] is not None), None) for j in range(*lengths)]
    if None in named:
        raise InputError("on", allowed="keys that some wave has", received=on, fix="Remove the empty key.")
    return per_wave, [str(n) for n in named]


def _as_list(columns: str | Iterable[str | None] | None) -> list[str | None]:
    if columns is None or isinstance(columns, str):
        return [columns]
    if isinstance(columns, Iterable):
        return list(columns)
    raise InputError("on", allowed="a key column or a list of them for each wave", received=columns,
                     fix="For example: on={'start': 'id', 'end': ['user_id']}.")  # fmt: skip


def _excluded(
    frames: Mapping[str, NarwhalsFrame], exclude: Mapping[str, Values] | None
) -> dict[str, BoolArray]:
    masks = {name: np.zeros(len(frame), dtype=bool) for name, frame in frames.items()}
    for column, given in check.mapping("exclude", exclude, example="{'status': ['Survey Preview']}").items():
        wanted = {canonical(v) for v in check.values("exclude", given)}
        if not wanted:
            raise InputError("exclude", allowed=f"at least one value for {column!r}", received=given,
                             fix="Rows without a value cannot be named here.")  # fmt: skip
        everywhere = sorted({c for f in frames.values() for c in f.columns})
        check.column("exclude", column, everywhere, "any wave")
        for name, frame in frames.items():
            if column in frame.columns:
                named = np.array([canonical(v) in wanted for v in objects(frame, column).tolist()])
                masks[name] |= named & ~frame[column].is_null().to_numpy()  # missing is not the text "None"
        if not any(mask.any() for mask in masks.values()):
            warnings.warn(
                f"`exclude`: no row has {check.listing(check.values('exclude', given))} in {column!r}",
                DataWarning,
                stacklevel=3,
            )
    return masks


def _codes(
    frames: Mapping[str, NarwhalsFrame],
    columns: Mapping[str, list[str | None]],
    n_keys: int,
    excluded: Mapping[str, BoolArray],
) -> tuple[list[IntArray], int]:
    """Return one code array over the rows of all waves per key, and a checksum of the keys.

    Excluded rows have no key.
    """
    out_rows = np.concatenate(list(excluded.values()))
    codes = []
    mark = 0
    for j in range(n_keys):
        parts: list[list[str | None]] = []
        for name, frame in frames.items():
            column = columns[name][j]
            parts.append([None] * len(frame) if column is None else normalised(frame, column))
        for part in parts:
            mark = zlib.crc32("\n".join([k or "" for k in part]).encode(errors="surrogatepass"), mark)
        code = np.concatenate(key_codes(parts))
        codes.append(np.where(out_rows, -1, code))
    return codes, mark


def _fate(
    frame: NarwhalsFrame, person: IntArray, excluded: BoolArray, *, rule: t.DuplicateRule, name: str
) -> IntArray:
    """Say of each row whether it is kept, a duplicate, without key, or excluded."""
    order = np.arange(person.size)
    if rule == "first":
        preference = -order
    elif rule == "most_complete":
        preference = answered_cells(frame)
    else:
        preference = order
    kept = keep_one(person, preference)
    repeated = (person >= 0) & ~kept
    if rule == "error" and repeated.any():
        raise InputError(
            "duplicates",
            allowed="at most one row per person in each wave",
            received=f"{int(repeated.sum()):,} repeat submissions in wave {name!r}",
            fix="Choose a rule: duplicates='last', 'first' or 'most_complete'.",
        )
    fate = np.where(kept, KEPT, np.where(repeated, DUPLICATE, NO_KEY))
    return np.where(excluded, EXCLUDED, fate)


def _warn(panel: Panel, persons: Mapping[str, IntArray]) -> None:
    if panel.n_people == 0:
        warnings.warn(
            f"no row has a key in {check.listing(panel.key_names)}: the panel holds nobody",
            DataWarning,
            stacklevel=3,
        )
    for row in panel.ledger.to_dict("records"):
        if row["linked"] == 0 and row["unlinked"] > 0:
            warnings.warn(
                f"nobody in wave {row['wave']!r} is in any other wave: check the key columns",
                DataWarning,
                stacklevel=3,
            )
    for name, person in persons.items():
        most = int(np.bincount(person[person >= 0], minlength=1).max())
        if most > _MANY_ROWS:
            warnings.warn(
                f"one key stands in {most:,} rows of wave {name!r} and was taken for one person: "
                "a shared address or test key should be excluded or blanked",
                DataWarning,
                stacklevel=3,
            )
