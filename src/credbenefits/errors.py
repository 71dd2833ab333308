"""Exceptions and warnings, all of ours, so that a caller can catch them apart from everybody else's."""

from __future__ import annotations

import numbers
import pickle
from collections.abc import Mapping, Sequence, Set
from itertools import islice
from typing import TYPE_CHECKING, Any

from credbenefits._text import printable, shortened, without_addresses

if TYPE_CHECKING:
    from collections.abc import Callable


class Quoted(str):
    """Text that somebody gave for an argument: messages show it in quotes."""

    __slots__ = ()


_IN_WORDS = object()
_LONGEST_ECHO = 200
#: Modules whose objects say what they are, and hold no data of others.
_TELLING = ("credbenefits", "datetime", "pathlib")
#: Of a list that came, so many entries are shown.
_MOST_SHOWN = 8


class CredbenefitsError(Exception):
    """Base of every exception that this library raises on purpose."""


class InputError(CredbenefitsError, ValueError):
    """An argument cannot be used: says which, what is allowed, what came and how to correct it.

    Parameters
    ----------
    argument : str
        Name of the argument, as the caller wrote it.
    allowed : str
        What would have been accepted.
    fix : str
        What to do about it.
    received : object
        What came, in words.
    value : object
        What came, as it is, instead of words: text is shown in quotes, a list is cut, and of a frame or any
        other object only the type is named, because its cells may be about people. Kept as ``received``.
    """

    def __init__(
        self, argument: str, *, allowed: str, fix: str, received: object = "", value: object = _IN_WORDS
    ) -> None:
        if value is not _IN_WORDS:
            received = Quoted(value) if isinstance(value, str) else value
        self.argument = argument
        self.allowed = allowed
        self.received = received
        self.fix = fix
        words = isinstance(received, str) and not isinstance(received, Quoted) and received.strip()
        came = shortened(str(received) if words else _shown(received), _LONGEST_ECHO)
        message = f"`{argument}`: expected {allowed}; got {came}. {fix}"
        super().__init__(without_addresses(printable(message)))

    def __reduce__(self) -> tuple[Callable[..., InputError], tuple[object, ...]]:
        # Keyword-only arguments do not survive the default pickling of exceptions, and errors
        # cross process borders whenever somebody runs the library under joblib or pytest-xdist.
        return _rebuild, (type(self), vars(self) | {"received": _portable(self.received)}, self.args)


class ColumnNotFoundError(InputError):
    """A column that was asked for is not in the frame; the message lists the nearest names."""


class RowNotFoundError(InputError, KeyError):
    """A result has no row of that name; the message lists the nearest names. It is a KeyError too."""

    __str__ = Exception.__str__  # a KeyError would put its message in quotes


class MethodError(InputError):
    """A method is not valid for these data; the message names one that is."""


class SeparationError(InputError):
    """A response model has no finite solution: some answers tell respondents exactly apart."""


class StudyFileError(InputError):
    """A study file is wrong: names the file, the line, the key and what was expected.

    Parameters
    ----------
    argument : str
        The key, in full ("items[3].label").
    file : str
        Name of the study file; empty where the error is not about a key in it.
    line : int, optional
        The line in which the key stands, or the table that lacks it.
    **told : object
        What :class:`InputError` says.
    """

    def __init__(
        self,
        argument: str,
        *,
        file: str = "",
        line: int | None = None,
        **told: Any,  # noqa: ANN401 - as in InputError
    ) -> None:
        super().__init__(argument, **told)
        self.file = file
        self.line = line
        if file:
            where = file if line is None else f"{file}, line {line}"
            self.args = (printable(f"{where}: ") + self.args[0],)


class MissingExtraError(CredbenefitsError, ImportError):
    """An optional package is not installed; the message names the extra that brings it."""

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(
            f"this needs the package {package}, which is not installed. "
            f'Install it with: pip install "credbenefits[{extra}]"'
        )

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        return type(self), (self.package, self.extra)


class CredbenefitsWarning(UserWarning):
    """Base of every warning of this library."""

    def __init__(self, *said: object) -> None:
        super().__init__(*(without_addresses(printable(s)) if isinstance(s, str) else s for s in said))


class DataWarning(CredbenefitsWarning):
    """Something in the data changes what a result stands for."""


def _shown(value: object) -> str:
    """Write a value that came; of what may hold data about people only what it is."""
    if value is None or isinstance(value, (str, bytes, bool, numbers.Number)):
        return repr(str(value) if isinstance(value, Quoted) else value)
    if isinstance(value, type):
        return f"the type {value.__name__}"
    if isinstance(value, Mapping):
        pairs = [f"{_shown(k)}: {_shown(v)}" for k, v in islice(value.items(), _MOST_SHOWN)]
        return "{" + ", ".join(pairs) + _more(len(value)) + "}"
    if isinstance(value, (Sequence, Set)):
        listed = ", ".join(_shown(v) for v in islice(value, _MOST_SHOWN)) + _more(len(value))
        one = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"({listed}{one})" if isinstance(value, tuple) else f"[{listed}]"
    shape = getattr(value, "shape", None)
    if type(value).__module__.partition(".")[0] in _TELLING or shape == ():
        return repr(value)
    size = f" of shape {shape}" if isinstance(shape, tuple) else ""
    return f"an object of type {type(value).__name__}{size}"


def _more(n: int) -> str:
    return f", ... ({n:,} in all)" if n > _MOST_SHOWN else ""


def _portable(received: object) -> object:
    # What came may be anything, a generator or a connection too: its text can always travel.
    try:
        pickle.dumps(received)
    except Exception:
        return repr(received)
    return received


def _rebuild(kind: type[InputError], held: dict[str, object], said: tuple[object, ...]) -> InputError:
    error = kind.__new__(kind)
    vars(error).update(held)
    error.args = said
    return error
