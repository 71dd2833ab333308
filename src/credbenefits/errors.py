"""Exceptions and warnings, all of ours, so that a caller can catch them apart from everybody else's."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class CredbenefitsError(Exception):
    """Base of every exception that this library raises on purpose."""


class InputError(CredbenefitsError, ValueError):
    """An argument cannot be used: says which, what is allowed, what came and how to mend it.

    Parameters
    ----------
    argument : str
        Name of the argument, as the caller wrote it.
    allowed : str
        What would have been accepted.
    received : object
        What came; printed shortened.
    fix : str
        What to do about it.
    """

    def __init__(self, argument: str, *, allowed: str, received: object, fix: str) -> None:
        self.argument = argument
        self.allowed = allowed
        self.received = received
        self.fix = fix
        came = received if isinstance(received, str) and received.strip() else repr(received)
        if len(came) > _LONGEST_ECHO:
            came = came[:_LONGEST_ECHO] + "..."
        super().__init__(f"`{argument}`: expected {allowed}; got {came}. {fix}")

    def __reduce__(self) -> tuple[Callable[..., InputError], tuple[object, ...]]:
        # Keyword-only arguments do not survive the default pickling of exceptions, and errors
        # cross process borders whenever somebody runs the library under joblib or pytest-xdist.
        return _rebuild, (type(self), vars(self) | {"received": _portable(self.received)}, self.args)


class ColumnNotFoundError(InputError):
    """A column that was asked for is not in the frame; the message lists the nearest names."""


class MethodError(InputError):
    """A method is not valid for these data; the message names one that is."""


class SeparationError(InputError):
    """A response model has no finite solution: some answers tell respondents exactly apart."""


class StudyFileError(InputError):
    """A study file is wrong: names the file, the key and what was expected."""


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


class DataWarning(CredbenefitsWarning):
    """Something in the data changes what a result stands for."""


_LONGEST_ECHO = 200


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
