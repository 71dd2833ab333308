"""Values of a foreign JSON file, checked when they are taken; no message repeats what the file holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from credbenefits.errors import InputError

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray, Options

#: Whole numbers beyond this are no counts of people, and not exact as floats either.
_MOST = 2**53


def wrong(allowed: str, received: str) -> InputError:
    """Return the error for a file that is not as to_json() writes it."""
    fix = "Use the file as to_json() wrote it."
    return InputError("source", allowed=allowed, received=f"{received}", fix=fix)


def _is_finite(value: object) -> bool:
    """Tell whether a value is a number that a float can be."""
    return math.isfinite(value) if type(value) is float else type(value) is int and abs(value) <= _MOST


class Part:
    """A value of the file and where it stands: what it should be is checked when it is taken."""

    def __init__(self, value: object, where: str) -> None:
        self.value: Any = value
        self.where = where

    def _refuse(self, allowed: str) -> InputError:
        return wrong(f"{allowed} at {self.where or 'the top'}", "something else")

    def __getitem__(self, name: str) -> Part:
        if not isinstance(self.value, dict) or name not in self.value:
            raise self._refuse(f"an entry {name!r}")
        return Part(self.value[name], f"{self.where}.{name}".lstrip("."))

    def listed(self) -> list[Part]:
        """Return the entries of a list."""
        if not isinstance(self.value, list):
            raise self._refuse("a list")
        return [Part(value, f"{self.where}[{i}]") for i, value in enumerate(self.value)]

    def text(self) -> str:
        """Return text."""
        if not isinstance(self.value, str):
            raise self._refuse("text")
        return self.value

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(part.text() for part in self.listed())

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self._refuse("true or false")
        return self.value

    def whole(self, least: int = 0, most: int = _MOST) -> int:
        """Return a whole number."""
        if type(self.value) is not int or not least <= self.value <= most:
            raise self._refuse(f"a whole number from {least} to {most}")
        return self.value

    def number(self) -> float:
        """Return a finite number."""
        if not _is_finite(self.value):
            raise self._refuse("a finite number")
        return float(self.value)

    def maybe_number(self) -> float | None:
        """Return a finite number, or None."""
        return None if self.value is None else self.number()

    def option(self, options: Options) -> Any:  # noqa: ANN401 - one of a Literal's
        """Return an option of the library."""
        if self.value not in get_args(options):
            raise self._refuse("an option of the library")
        return self.value

    def wholes(self, least: int = 0) -> IntArray:
        """Return a list of whole numbers."""
        if not isinstance(self.value, list) or not {type(v) for v in self.value} <= {int}:
            raise self._refuse("a list of whole numbers")
        if self.value and not (least <= min(self.value) and max(self.value) <= _MOST):
            raise self._refuse(f"whole numbers of at least {least}")
        return np.array(self.value, dtype=np.int64)

    def numbers(self) -> FloatArray:
        """Return a list of finite numbers."""
        if not isinstance(self.value, list) or not {type(v) for v in self.value} <= {int, float}:
            raise self._refuse("a list of numbers")
        if not all(map(_is_finite, self.value)):
            raise self._refuse("finite numbers")
        return np.array(self.value, dtype=np.float64)
