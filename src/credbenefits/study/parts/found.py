"""What is wrong about a study: the first of it is raised when it runs, and all of it gathered by a check."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from credbenefits.errors import StudyFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Found:
    """Problems that are raised at once, or with `gather` kept. One key is only said to be wrong once."""

    def __init__(self, *, gather: bool = False) -> None:
        self._gather = gather
        self._problems: dict[tuple[str, int | None], StudyFileError] = {}

    def add(self, problem: StudyFileError) -> None:
        """Raise a problem, or keep it."""
        if not self._gather:
            raise problem
        self._problems.setdefault((problem.argument, problem.line), problem)

    def extend(self, problems: Iterable[StudyFileError]) -> None:
        """Raise the first of several problems, or keep all."""
        for problem in problems:
            self.add(problem)

    @contextmanager
    def each(self) -> Iterator[None]:
        """Raise or keep what is raised within."""
        try:
            yield
        except StudyFileError as problem:
            self.add(problem)

    @property
    def problems(self) -> list[StudyFileError]:
        """What was kept, in the order of the lines; those of no line last."""
        return sorted(self._problems.values(), key=lambda problem: problem.line or math.inf)
