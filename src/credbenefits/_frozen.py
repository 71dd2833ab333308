"""Values that nobody can change and that compare by content: what every result is made of."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from inspect import Parameter, Signature
from types import FunctionType, MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping


class Content:
    """Mixin of dataclasses (``eq=False``) and named tuples: equal content makes them equal.

    A missing number equals a missing number, so that two equal calls give equal results. The hash agrees
    with that: equal results have equal hashes. Fields declared with ``compare=False`` are no content.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if isinstance(self, tuple):  # the numbers of a named tuple equal those of any tuple
            return same(tuple(self), tuple(other)) if isinstance(other, tuple) else NotImplemented
        if type(other) is not type(self):
            return NotImplemented
        return same(self, other)

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash(_key(self))


class Frozen(Content):
    """Base of results: what they hold is frozen when they are made; pickles and copies are frozen too.

    Where a class has private fields it is made by functions of ours, and ``help()`` shows no way to make it.
    """

    __slots__ = ()

    def __init_subclass__(cls, **given: Any) -> None:  # noqa: ANN401 - what object takes
        super().__init_subclass__(**given)
        made = cls.__dict__.get("__init__")  # there when slots make a dataclass anew
        if isinstance(made, FunctionType) and any(name.startswith("_") for name in made.__annotations__):
            hidden: Any = made
            hidden.__signature__ = Signature([Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)])

    def __post_init__(self) -> None:
        for name, value in _content(self).items():
            kept = frozen(value)
            if kept is not value:
                object.__setattr__(self, name, kept)

    def __reduce__(self) -> tuple[Callable[..., Frozen], tuple[type[Frozen], dict[str, Any]]]:
        # A read-only mapping can be neither pickled nor copied; its content can.
        return _rebuild, (type(self), _thawed(_content(self)))


def frozen(value: object) -> Any:  # noqa: ANN401 - of the type that came
    """Return a value that cannot be changed: arrays, mappings and lists as read-only copies."""
    value = _number(value)
    if isinstance(value, np.ndarray):
        copied = value.copy()
        copied.setflags(write=False)
        return copied
    if isinstance(value, (dict, MappingProxyType)):
        return MappingProxyType({key: frozen(held) for key, held in value.items()})
    if isinstance(value, list) or type(value) is tuple:
        kept = tuple(frozen(held) for held in value)
        unchanged = type(value) is tuple and all(a is b for a, b in zip(kept, value, strict=True))
        return value if unchanged else kept
    return frozenset(value) if isinstance(value, set) else value


def same(one: object, two: object) -> bool:
    """Tell whether two values are equal; missing numbers count as equal."""
    one, two = _number(one), _number(two)
    if one is two:
        return True
    (kind, parts), (other_kind, other_parts) = _parts(one), _parts(two)
    if kind or other_kind:
        alike = kind is other_kind and parts.keys() == other_parts.keys()
        return alike and all(same(part, other_parts[name]) for name, part in parts.items())
    if isinstance(one, np.ndarray) or isinstance(two, np.ndarray):
        return _same_array(one, two)
    if _is_frame(one):
        return _same_frame(one, two)
    return bool(one == two) or (_is_nan(one) and _is_nan(two))


def _number(value: object) -> object:
    """Return the number that an array without dimensions is; any other value as it is."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _parts(value: object) -> tuple[type | None, Mapping[Any, object]]:
    """Return what kind of container a value is, and its parts by name or place."""
    if isinstance(value, (tuple, list)):
        return tuple, dict(enumerate(value))
    if isinstance(value, (dict, MappingProxyType)):
        return dict, value
    if is_dataclass(value) and not isinstance(value, type):
        return type(value), {f.name: getattr(value, f.name) for f in fields(value) if f.compare}
    return None, {}


def _same_array(one: object, two: object) -> bool:
    if not (isinstance(one, np.ndarray) and isinstance(two, np.ndarray)) or one.shape != two.shape:
        return False
    missing = (one != one) & (two != two)  # noqa: PLR0124 - NaN
    return bool(np.all((one == two) | missing))


def _is_nan(value: object) -> bool:
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def _is_frame(value: object) -> bool:
    return hasattr(value, "to_native") or hasattr(value, "equals")


def _same_frame(*frames: object) -> bool:
    # All frame libraries call it `equals`; narwhals, which wraps their frames, has none of its own.
    one, two = (_native(frame) for frame in frames)
    return type(one) is type(two) and bool(one.equals(two))


def _native(frame: Any) -> Any:  # noqa: ANN401 - a frame of any library
    return frame.to_native() if hasattr(frame, "to_native") else frame


def _content(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _key(value: object) -> Hashable:
    """Return a hashable value, equal for equal content."""
    value = _number(value)
    kind, parts = _parts(value)
    if kind is tuple:  # as a plain tuple of numbers hashes
        return tuple(map(_key, parts.values()))
    if kind:
        return frozenset((name, _key(part)) for name, part in parts.items())
    if isinstance(value, np.ndarray):
        return value.shape, _bytes(value)
    return None if _is_nan(value) or _is_frame(value) else value


def _bytes(array: np.ndarray[Any, Any]) -> bytes:
    if array.dtype.kind not in "biuf":
        return b""
    numbers = array.astype(np.float64) + 0.0  # there is one zero, and below one missing number
    return np.where(np.isnan(numbers), np.nan, numbers).tobytes()


def _thawed(value: object) -> Any:  # noqa: ANN401 - of the type that came
    if isinstance(value, (dict, MappingProxyType)):
        return {key: _thawed(held) for key, held in value.items()}
    return tuple(map(_thawed, value)) if type(value) is tuple else value


def _rebuild(kind: type[Frozen], held: dict[str, Any]) -> Frozen:
    return kind(**held)
