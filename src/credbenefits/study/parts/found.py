"""What is wrong about a study: the first of it is raised when it runs, and all of it gathered by a check."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from credbenefits.errors import StudyFileError
from credbenefits.study.file import NoEntryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from credbenefits.study.file import Entry, StudyFile

#: The keys of a table that other entries name it by.
_NAMED_BY = {"items": ("column", "select_all", "label"), "weights": ("name", "population")}


class Found:
    """Problems: with a study to check they are kept, and without it raised at once.

    One key is only said to be wrong once. What is wrong only because another entry is, is not said: whoever
    corrects that one need not touch it.
    """

    def __init__(self, checked: StudyFile | None = None) -> None:
        self._checked = checked
        self._problems: dict[tuple[str, int | None], StudyFileError] = {}
        self._unmade: list[Entry] = []
        self.extend(() if checked is None else checked.found)

    def add(self, problem: StudyFileError) -> None:
        """Raise a problem, or keep it."""
        if self._checked is None:
            raise problem
        if not (isinstance(problem, NoEntryError) and self.follows(problem.table, problem.name)):
            self._problems.setdefault((problem.argument, problem.line), problem)

    def extend(self, problems: Iterable[StudyFileError]) -> None:
        """Raise the first of several problems, or keep all."""
        for problem in problems:
            self.add(problem)

    @contextmanager
    def each(self, entry: Entry | None = None) -> Iterator[None]:
        """Raise or keep what is raised within, where `entry` is made."""
        try:
            yield
        except StudyFileError as problem:
            self.add(problem)
            if entry is not None:
                self._unmade.append(entry)

    def doubtful(self, *tables: str) -> bool:
        """Tell whether an entry of these tables is wrong, so that nobody knows what it was to say."""
        return any(self._misplaced(table) or list(self._wrong(table)) for table in tables)

    def follows(self, table: str, name: str) -> bool:
        """Tell whether an entry of a table may only lack this name because it is wrong itself."""
        if not name:
            return self.doubtful(table)
        keys = _NAMED_BY.get(table, ())
        return self._misplaced(table, name) or any(
            name in _texts(given) or not any(map(entry.has, keys)) for entry, given in self._wrong(table)
        )

    def _wrong(self, table: str) -> Iterator[tuple[Entry, dict[str, Any]]]:
        """Return the entries of a table that were not made or hold wrong keys, and what stands in them."""
        if self._checked is None:
            return
        for entry in self._checked.tables[table]:
            given: Any = self._checked.given
            for place in entry.place:
                given = given[place - 1 if isinstance(place, int) else place]
            if entry in self._unmade or given.keys() != entry.values.keys():
                yield entry, given

    def _misplaced(self, table: str, name: str = "") -> bool:
        """Tell whether the table has a wrong heading, or one that means nothing holds the name."""
        if self._checked is None:
            return False
        given, top = self._checked.given, self._checked.top
        if table in given and given[table] and not self._checked.tables[table]:
            return True
        strange = [value for key, value in given.items() if key not in top.allowed]
        return bool(name) and name in _texts(strange)

    @property
    def problems(self) -> list[StudyFileError]:
        """What was kept, in the order of the lines; those of no line last."""
        return sorted(self._problems.values(), key=lambda problem: problem.line or math.inf)


def _texts(value: object) -> set[str]:
    """Return every text that a value holds."""
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(_texts, inner))
