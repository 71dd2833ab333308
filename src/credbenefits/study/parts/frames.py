"""The rows that estimates are made of: each wave once, with what it takes from other waves."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from credbenefits._typing import Frame
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.panel.panel import Panel
    from credbenefits.results.comparisons import ComparisonResult
    from credbenefits.results.proportions import ProportionsResult
    from credbenefits.study.file import Entry
    from credbenefits.study.parts.drawn import Drawn

    Noted = TypeVar("Noted", ProportionsResult, ComparisonResult)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a wave, what columns are called in them, the design, and who is left out."""

    frame: Frame
    names: Mapping[str, str]
    design: SurveyDesign | None
    notes: tuple[str, ...]

    def renamed(self, value: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        """Name columns as the frame has them, where a value of the file is a table of columns."""
        if not isinstance(value, dict):
            return value
        return {self.names.get(key, key): each for key, each in value.items()}

    @contextmanager
    def as_in_file(self) -> Iterator[None]:
        """Name columns in errors as their file has them, not as the rows do."""
        try:
            yield
        except InputError as problem:

            def renamed(text: Any) -> Any:  # noqa: ANN401 - what came may be anything
                for name, called in self.names.items():
                    text = text.replace(repr(called), repr(name)) if type(text) is str else text
                return text

            raise InputError(
                problem.argument,
                allowed=renamed(problem.allowed),
                received=renamed(problem.received),
                fix=renamed(problem.fix),
            ) from problem

    def told(self, result: Noted) -> Noted:
        """Add who is left out to the notes of a result."""
        return replace(result, notes=(*self.notes, *result.notes)) if self.notes else result


@dataclass(frozen=True, slots=True)
class Frames:
    """Makes the rows of waves, and keeps them: the same rows are asked for by many entries."""

    panel: Panel
    drawn: Drawn
    _made: dict[object, Frame] = field(default_factory=dict)

    def rows(
        self,
        entry: Entry,
        wave: str,
        by: Sequence[str] = (),
        *,
        source: str = "",
        also_in: Sequence[str] = (),
        carried: str = "",
    ) -> Rows:
        """Return the rows for an entry of the file.

        Parameters
        ----------
        entry : Entry
            Tells whether the design is used.
        wave : str
            The wave.
        by : sequence of str
            Columns that make groups.
        source : str
            The wave that they come from; empty for the wave itself.
        also_in : sequence of str
            Other waves that everybody with a weight is in.
        carried : str
            What people are not in who are not in `source`.
        """
        carry: dict[str, list[str]] = {}
        names, notes = {column: column for column in by}, []
        if source and source != wave and by:
            # People outside the other wave lack a group for a different reason than people in it.
            carry[source] = list(by)
            names = {column: f"{column}_{source}" for column in by}
            notes += self._strangers(wave, source, also_in, "are in no group")
        design = None
        if self.drawn.of(entry):
            called, home = self._carry_design(wave, carry)
            design = self.drawn.design(called)
            if called and home != source:
                notes += self._strangers(
                    wave, home, also_in, "are left out, as nobody knows how they were drawn"
                )
        also = (*carry, *(name for name in also_in if name not in carry))
        return Rows(self._frame(wave, carry, also), names, design, tuple(notes))

    def _carry_design(self, wave: str, carry: dict[str, list[str]]) -> tuple[dict[str, str], str]:
        """Add the columns of the design to those that are carried; return what they are called then."""
        home = self.drawn.source
        if home is None or home == wave:
            return {}, ""
        columns = list(dict.fromkeys(column for _, _, column in self.drawn.columns))
        carry[home] = list(dict.fromkeys([*carry.get(home, []), *columns]))
        return {column: f"{column}_{home}" for column in columns}, home

    def _strangers(self, wave: str, other: str, also_in: Sequence[str], fate: str) -> list[str]:
        """Say how many people are left out, as they are not in another wave."""
        if other in also_in:
            return []  # people without a weight, which the brief tells
        people = self.panel.people_in(wave)
        strangers = np.setdiff1d(people, self.panel.people_in(other, status="everybody")).size
        if not strangers:
            return []
        return [f"{strangers:,} of the {people.size:,} people in “{wave}” are not in “{other}” and {fate}"]

    def _frame(self, wave: str, carry: Mapping[str, Sequence[str]], also_in: tuple[str, ...]) -> Frame:
        key = wave, repr(carry), also_in
        if key not in self._made:
            self._made[key] = self.panel.wave(wave, carry=carry or None, also_in=also_in or None)
        return self._made[key]
