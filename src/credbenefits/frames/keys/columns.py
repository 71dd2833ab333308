"""The columns of a key: one, or several that are a key together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The column of a key; of a compound key its columns; None where a wave lacks the key.
KeyColumn: TypeAlias = "str | tuple[str, ...] | None"


class Keys(NamedTuple):
    """The columns of each wave's keys, in order of trust, what the keys are called, and what rows must share.

    `within` has the column of each wave in which two rows must agree to be compared; None where all are.
    """

    columns: dict[str, list[KeyColumn]]
    names: list[str]
    within: Mapping[str, str] | None

    def single(self) -> dict[str, list[str | None]]:
        """Return the columns of keys of which none is compound."""
        return {w: [None if c is None else "".join(c) for c in cs] for w, cs in self.columns.items()}


def columns_of(keys: Iterable[KeyColumn]) -> list[str]:
    """Return all columns that keys are made of, each once."""
    return list(dict.fromkeys(c for key in keys if key is not None for c in parts_of(key)))


def parts_of(key: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of a key."""
    return (key,) if isinstance(key, str) else key


def name_of(key: str | tuple[str, ...]) -> str:
    """Return what a key is called: "code + workshop" where two columns are one."""
    return " + ".join(parts_of(key))
