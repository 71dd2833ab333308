"""The group that others are compared with, as users name it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast, get_args

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import Everybody
from credbenefits.errors import InputError
from credbenefits.estimators.core.of_counts.source import Counted
from credbenefits.estimators.core.source import Prepared
from credbenefits.frames.names import identifies
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from credbenefits._typing import IntArray
    from credbenefits.estimators.core.source import Source


def find_reference(reference: object, source: Source) -> int | Everybody | None:
    """Return the place of the group that is named by its value, or by a value of each column.

    The words for all others and for everybody are returned as they are.
    """
    if reference is None:
        return None
    if isinstance(reference, str) and reference in get_args(Everybody):
        if (reference,) in [tuple(map(canonical, group)) for group in source.group_labels]:
            raise InputError(
                "reference",
                allowed="a word of one meaning",
                received=f"{reference!r}, which is also a group of {source.by[0]!r}",
                fix="Give that group another name in the data, to compare with it or with everybody.",
            )
        return cast("Everybody", reference)
    wanted = tuple(canonical(value) for value in _values(reference, source))
    for place, group in enumerate(source.group_labels):
        if tuple(map(canonical, group)) == wanted:
            return place
    by, names = source.by, source.group_words
    raise InputError(
        "reference",
        allowed=f"a group of {check.listing(by)}, 'rest' or 'overall'",
        value=reference,
        fix="Give one of its values."
        if _is_secret(source)
        else check.suggestion(_in_words(by, reference), names, "groups"),
    )


def _values(reference: object, source: Source) -> tuple[object, ...]:
    """Return a value for each column of the groups."""
    by = source.by
    if isinstance(reference, Mapping) and set(reference) == set(by):
        return tuple(reference[name] for name in by)
    several = isinstance(reference, Sequence) and not isinstance(reference, (str, bytes))
    if several and len(reference) == len(by):  # type: ignore[arg-type]
        return tuple(reference)  # type: ignore[arg-type]
    if len(by) == 1 and not several and not isinstance(reference, Mapping):
        return (reference,)
    example = dict(zip(by, ("...",) * len(by) if _is_secret(source) else source.group_labels[0], strict=True))
    raise InputError(
        "reference",
        allowed=f"a value for each of {check.listing(by)}",
        value=reference,
        fix=f"For example reference={example!r}.",
    )


def _in_words(by: Sequence[str], reference: object) -> object:
    """Write a reference of several columns as the groups are written."""
    if isinstance(reference, Mapping):
        reference = [reference[name] for name in by]
    if isinstance(reference, Sequence) and not isinstance(reference, (str, bytes)):
        if len(by) == 1:
            return reference[0]
        return ", ".join(f"{c} = {v}" for c, v in zip(by, reference, strict=True))
    return reference


def _is_secret(source: Source) -> bool:
    """Tell whether the groups might say who people are, so that an error must not name them."""
    names = source.group_words
    return identifies(names, _sizes(source, len(names)), ordinary=12)


def _sizes(source: Source, n_groups: int) -> IntArray:
    """Count the people of each group."""
    if isinstance(source, Counted):
        return np.asarray(source.counts.tallies[0].people.sum(axis=(0, 2)))
    assert isinstance(source, Prepared)
    return np.bincount(source.group[source.group >= 0], minlength=n_groups)
