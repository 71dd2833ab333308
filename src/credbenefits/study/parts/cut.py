"""Waves that stand in one file, beside or below each other: cut as the tables of the waves say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.panel.cutting.long import waves_from_long
from credbenefits.panel.cutting.table import renamed
from credbenefits.panel.cutting.wide import columns_by_wave, waves_from_wide
from credbenefits.study.parts.link import key_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits.panel.cutting.waves import Waves
    from credbenefits.results.export import Codebook, Export
    from credbenefits.results.output import DataFrame
    from credbenefits.study.exports import WaveRows
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.found import Found

#: The keys of a wave that say how it is cut out of its file: side by side, and one below the other.
BESIDE, BELOW = "columns", "wave_column"


@dataclass(frozen=True, slots=True)
class _Cut:
    """The waves that stand in one file, and the columns of their keys."""

    entries: Mapping[str, Entry]
    key: str

    @property
    def first(self) -> Entry:
        return next(iter(self.entries.values()))

    @property
    def keys(self) -> list[str]:
        return list(dict.fromkeys(column for entry in self.entries.values() for column in key_columns(entry)))

    @property
    def endings(self) -> dict[Any, str]:
        return {name: entry.values[BESIDE] for name, entry in self.entries.items()}


def _cuts(study: StudyFile) -> list[_Cut]:
    made = [_Cut({n: e for n, e in study.waves.items() if e.has(key)}, key) for key in (BESIDE, BELOW)]
    return [cut for cut in made if cut.entries]


def check_cuts(study: StudyFile, found: Found) -> None:
    """Check that waves which are cut out of a file are cut out of one and the same, and in one way."""
    cuts = _cuts(study)
    for cut in cuts:
        for shared in ("file", cut.key) if cut.key == BELOW else ("file",):
            values = {entry.text(shared, "") for entry in cut.entries.values()}
            if len(values) > 1:
                found.add(
                    cut.first.wrong(
                        shared,
                        allowed=f"the same {shared} in all waves that have {cut.key}",
                        received=check.listing(sorted(values)),
                        fix="Waves in files of their own need no such key.",
                    )
                )
        if len(cut.entries) < 2:
            found.add(
                cut.first.wrong(
                    cut.key,
                    allowed=f"two or more waves with {cut.key}",
                    received="one",
                    fix="A wave in a file of its own needs no such key.",
                )
            )
        both = [entry for entry in cut.entries.values() if entry.has(BESIDE) and entry.has(BELOW)]
        for entry in both if cut.key == BESIDE else ():
            found.add(
                entry.wrong(BESIDE, allowed=f"{BESIDE} or {BELOW}", received="both", fix="Leave one out.")
            )


def cut_headers(
    study: StudyFile, headers: Mapping[str, list[str]], books: Mapping[str, Codebook]
) -> tuple[dict[str, list[str]], dict[str, Codebook]]:
    """Name the columns of each wave as its rows will, in its codebook too."""
    made, cut_books = dict(headers), dict(books)
    for cut in _cuts(study):
        if cut.key == BESIDE and len(cut.entries) > 1 and all(name in headers for name in cut.entries):
            with cut.first.blame(BESIDE):
                columns = headers[next(iter(cut.entries))]
                called, _, _ = columns_by_wave(columns, cut.keys, cut.endings)
            made |= {name: list(names.values()) for name, names in called.items()}
            cut_books |= {name: renamed(books[name], called[name]) for name in called if name in books}
    return made, cut_books


def cut_rows(study: StudyFile, exports: Mapping[str, WaveRows]) -> tuple[dict[str, WaveRows], Waves | None]:
    """Return the rows of each wave, and who answered those that were cut out of one file."""
    made, cut_waves = dict(exports), None
    for cut in _cuts(study):
        whole = exports[next(iter(cut.entries))]
        table = whole.linked(whole.rows)
        options: dict[str, Any] = {"id": cut.keys, "missing": study.top.answers("missing")}
        answered = {
            name: entry.texts("answered") for name, entry in cut.entries.items() if entry.has("answered")
        }
        with cut.first.blame(cut.key):
            if cut.key == BESIDE:
                waves = waves_from_wide(table, waves=cut.endings, answered=answered or None, **options)
            else:
                waves = _below(cut, table, answered, options)
        made |= {name: whole.part(waves[name]) for name in cut.entries}
        cut_waves = waves if cut_waves is None else cut_waves.with_answers_of(waves)
    return made, cut_waves


def _below(cut: _Cut, table: DataFrame | Export, answered: dict[str, Any], options: dict[str, Any]) -> Waves:
    column = cut.first.text(BELOW)
    waves = waves_from_long(table, wave=column, **options)
    undeclared = [name for name in waves if name not in cut.entries]
    lost = [name for name in cut.entries if name not in waves]
    if undeclared or lost:
        raise InputError(
            BELOW,
            allowed=f"a table [waves.NAME] for each value of {column!r}, and a value for each table",
            received=f"{check.listing(undeclared or lost)} without {'a table' if undeclared else 'rows'}",
            fix=f"The values are {check.listing(waves)}.",
        )
    return waves_from_long(table, wave=column, answered=answered, **options) if answered else waves
