"""One set of checks for all functions on arrays: counts, bases, levels, methods and seeds."""

from __future__ import annotations

import numbers
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError, MethodError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, Options

    #: Counts as they came: whole numbers or floats.
    Numbers: TypeAlias = np.ndarray[Any, Any]

#: Largest count: above it floats skip whole numbers, so a count can no longer be told from the next.
LARGEST = 2**53
#: Smallest two-sided level made from a one-sided one: below it the normal quantile is lost to rounding.
_SMALLEST_LEVEL = 1e-15


def checked_counts(*, within: Mapping[str, str] | None = None, **given: ArrayLike) -> tuple[Numbers, ...]:
    """Return counts as numeric arrays of one shape, or say which entry of which argument cannot be used.

    Counts are finite numbers from 0 to 2**53; `within` names the base that a count may not exceed.
    """
    bases = dict(within or {})
    arrays = {name: as_numbers(name, value) for name, value in given.items()}
    for name, array in arrays.items():
        # What is at least 0 and at most its base needs no more: each array is read once or twice.
        low = array.size == 0 or name in bases.values() or bool(array.min() >= 0)
        high = array.size == 0 or name in bases or bool(array.max() <= LARGEST)
        if not (low and high):  # a missing value fails every comparison
            _refuse_range(name, array)
    try:
        fitted = dict(zip(arrays, np.broadcast_arrays(*arrays.values()), strict=True))
    except ValueError:
        raise _misfit(arrays, bases) from None
    for name, base in bases.items():
        if not bool((fitted[name] <= fitted[base]).all()):
            _refuse_range(name, arrays[name])
            _refuse_range(base, arrays[base])
            _refuse_above(name, base, fitted[name], fitted[base])
    return tuple(fitted.values())


def checked_two_groups(
    count1: ArrayLike, nobs1: ArrayLike, count2: ArrayLike, nobs2: ArrayLike
) -> tuple[Numbers, ...]:
    """Check the counts of two groups, as `checked_counts` does."""
    within = {"count1": "nobs1", "count2": "nobs2"}
    return checked_counts(count1=count1, nobs1=nobs1, count2=count2, nobs2=nobs2, within=within)


def _misfit(arrays: Mapping[str, Numbers], bases: Mapping[str, str]) -> InputError:
    """Name the first argument that does not fit those before it; where that is a base, its count."""
    shapes = [array.shape for array in arrays.values()]
    fits = [_fit_together(shapes[: k + 1]) for k in range(len(shapes))]
    name = list(arrays)[fits.index(False)]
    return InputError(
        next((count for count, base in bases.items() if base == name), name),
        allowed="shapes that fit together",
        received=", ".join(f"{name} {array.shape}" for name, array in arrays.items()),
        fix="Give arrays of one shape, or single numbers.",
    )


def _fit_together(shapes: list[tuple[int, ...]]) -> bool:
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def as_numbers(name: str, value: object) -> Numbers:
    """Return an array of real numbers: integers, floats, fractions or decimals, and nothing else.

    Raises
    ------
    InputError
        For booleans, text, dates, complex numbers, masked arrays, objects and values that are missing.
    """
    wrong = _misread(value)
    array = None if wrong else _as_array(value)
    if array is not None and array.dtype.kind == "O":
        wrong, array = _from_objects(array)
    kind = "" if array is None else array.dtype.kind
    if array is not None and kind in "iuf":
        return array.astype(np.float64, copy=False) if kind == "f" else array
    fixes = {
        "boolean": "Count first: pass how many said yes, such as answers.sum().",
        "masked": f"Leave out what is masked: `{name}`.compressed().",
        "missing": "Leave out what is missing, or fill it.",
        "large": "Counts above 2**53 cannot be told from the next.",
    }
    raise InputError(
        name,
        allowed="numbers" if wrong != "large" else "finite numbers from 0 to 2**53",
        value=value,
        fix=fixes.get("boolean" if kind == "b" else wrong, "Give a number or an array of numbers."),
    )


def _misread(value: object) -> str:
    """Name what is no number although NumPy reads it as one: masked entries, and booleans in lists."""
    if isinstance(value, np.ma.MaskedArray):
        return "masked"
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(_misread, value)), "")
    return ""


def _as_array(value: object) -> Numbers | None:
    try:
        return np.asarray(value)
    except (TypeError, ValueError, OverflowError, AttributeError):  # ragged lists; foreign objects
        return None


def _from_objects(array: Numbers) -> tuple[str, Numbers | None]:
    """Return why an array of objects is not one of numbers, or its numbers."""
    for entry in array.flat:
        if isinstance(entry, (bool, np.bool_)):
            return "boolean", None
        if not isinstance(entry, (numbers.Real, Decimal)):
            return "missing" if entry is None or str(entry) in {"<NA>", "NaT"} else "object", None
    try:
        return "", array.astype(np.float64)
    except OverflowError:
        return "large", None


def _refuse_range(name: str, array: Numbers) -> None:
    """Raise for the first entry that is missing, infinite, negative or too large, if there is one."""
    bad = ~((array >= 0) & (array <= LARGEST))
    if bad.any():
        raise InputError(
            name,
            allowed="finite numbers from 0 to 2**53",
            received=_shown(array, bad),
            fix="Counts cannot be negative; leave out entries that are missing.",
        )


def _refuse_above(name: str, base: str, x: Numbers, n: Numbers) -> None:
    above = x > n
    raise InputError(
        name,
        allowed=f"finite numbers from 0 to `{base}`",
        received=f"{x[above][0].item()!r} of {n[above][0].item()!r}{_position(above)}",
        fix=f"Check that `{name}` and `{base}` are not exchanged, and that `{base}` holds all who answered.",
    )


def refuse(name: str, array: Numbers, bad: BoolArray, *, allowed: str, fix: str) -> None:
    """Raise an InputError that shows the first bad entry, if there is one."""
    if bad.any():
        raise InputError(name, allowed=allowed, received=_shown(array, bad), fix=fix)


def _shown(array: Numbers, bad: BoolArray) -> str:
    return f"{array[bad].flat[0].item()!r}{_position(bad)}"


def _position(bad: BoolArray) -> str:
    place = ", ".join(str(int(i)) for i in np.argwhere(bad)[0])
    return f" at position {place}" if place else ""


def require_whole(method: str, instead: str, *, argument: str = "method", **counts: Numbers) -> None:
    """Raise a MethodError unless all counts are whole; `instead` names what takes others."""
    for name, array in counts.items():
        if array.dtype.kind == "f" and bool((broken := array != np.rint(array)).any()):
            raise MethodError(
                argument,
                allowed=f"whole numbers in `{name}` with {method}",
                received=_shown(array, broken),
                fix=f"It needs numbers of people; for effective sizes use {instead}.",
            )


def checked_generator(rng: object, argument: str = "rng") -> np.random.Generator:
    """Return the generator that ``rng`` stands for, as SPEC 7 has it."""
    whole = isinstance(rng, numbers.Integral) and not isinstance(rng, bool) and int(rng) >= 0
    if whole or rng is None or isinstance(rng, (np.random.SeedSequence, np.random.Generator)):
        return np.random.default_rng(rng)  # type: ignore[arg-type]
    raise InputError(
        argument,
        allowed="a seed (int of at least 0), SeedSequence, Generator or None",
        value=rng,
        fix="For example: rng=2023.",
    )


def two_sided_level(confidence_level: object, alternative: str) -> float:
    """Check the level; return the level of the two-sided interval that has the wanted limit."""
    level = check.confidence_level(confidence_level)
    if alternative == "two-sided":
        return level
    if level <= 0.5:
        raise InputError(
            "confidence_level",
            allowed="a number above 0.5 and below 1 for a one-sided bound",
            value=level,
            fix="Below that the bound would lie on the other side of the estimate. Did you mean "
            f"{1.0 - level:g}?",
        )
    return max(2.0 * level - 1.0, _SMALLEST_LEVEL)


def method_for(kind: str, method: object, options: Mapping[str, Options]) -> str:
    """Check that a method is one for this comparison; None is the first of its options."""
    own: tuple[str, ...] = get_args(options[kind])
    if method is None:
        return own[0]
    named = method if isinstance(method, str) else ""
    elsewhere = [other for other, listed in options.items() if named in get_args(listed)]
    if elsewhere and kind not in elsewhere:
        raise MethodError(
            "method",
            allowed=f"a method for comparison={kind!r}: {', '.join(map(repr, own))}",
            value=method,
            fix=f"{method!r} is for comparison={' or '.join(map(repr, elsewhere))}.",
        )
    return check.choice("method", method, options[kind])
