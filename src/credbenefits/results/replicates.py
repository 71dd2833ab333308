"""Replicate estimates: what the proportions would have been in other samples, kept for further use."""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits._frozen import Content
from credbenefits.errors import InputError
from credbenefits.results.base import TableResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from credbenefits._typing import FloatArray, Frame


class _Difference(NamedTuple):
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float


class ReplicateDifference(Content, _Difference):
    """A difference of two proportions, first minus second: estimate, std_error, conf_low and conf_high."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Replicates(TableResult):
    """Estimates of many proportions in the same replicates, from ``Bootstrap(keep=True)``.

    All proportions were made from the same replicates, so differences between items, levels and groups
    have the variance that their overlap gives them.

    Attributes
    ----------
    labels : tuple of dict
        What each proportion is of: ``item``, ``level`` and the columns of the groups.
    estimates : array, shape (proportions,)
        The proportions in the full sample.
    values : array, shape (replicates, proportions)
        The proportions in each replicate; NaN where a replicate has nobody in the base.
    kind : str
        How the replicates were made.
    scale : float
        The variance is ``scale * sum(rscales * (values - estimates) ** 2)``. Drawn replicates
        without a proportion are left out; of a file's weights all count, so the variance is NaN then.
    rscales : array, shape (replicates,)
        Further factors, one per replicate; 1 for most kinds.
    variance : array, shape (proportions,)
        Variance of each proportion, about the full sample's estimate.
    df : array, shape (proportions,), or None
        Degrees of freedom, where the replicate weights came with the file.
    """

    _KIND: ClassVar[str] = "tables"

    labels: tuple[Mapping[str, str], ...]
    estimates: FloatArray
    values: FloatArray
    kind: str
    scale: float
    rscales: FloatArray
    variance: FloatArray
    #: What compares two proportions by their places at a level: it returns the standard error and the limits.
    _compare: Callable[[Replicates, int, int, float], tuple[float, float, float]] = field(compare=False)
    df: FloatArray | None = None

    def difference(
        self, one: int | Mapping[str, str], two: int | Mapping[str, str], *, confidence_level: float = 0.95
    ) -> ReplicateDifference:
        """Return proportion `one` minus proportion `two`, with its interval: the group, then its reference.

        For a change give the later proportion first. The interval is the percentile interval of replicates
        that were drawn; a file's replicates are not a sample of proportions, so for them it is the difference
        plus and minus t standard errors, with the smaller of the two degrees of freedom. A difference that is
        the same in all replicates has no limits (NaN).

        Parameters
        ----------
        one, two : int or mapping
            Place of the proportion in `labels`, or what it is of: ``{"item": "job", "role": "staff"}``.
        confidence_level : float
            Level of the interval, a proportion.

        Raises
        ------
        InputError
            If that is not one proportion, or nobody answered it.
        """
        level = check.confidence_level(confidence_level)
        a, b = self._place("one", one), self._place("two", two)
        return ReplicateDifference(
            float(self.estimates[a] - self.estimates[b]), *self._compare(self, a, b, level)
        )

    def _place(self, argument: str, share: object) -> int:
        if isinstance(share, Integral):
            result = [int(share)] if 0 <= int(share) < len(self.labels) else []
        else:
            wanted = check.mapping(argument, share, example="{'item': 'job'}")
            result = [
                i for i, label in enumerate(self.labels) if all(label.get(k) == v for k, v in wanted.items())
            ]
        if len(result) != 1:
            raise InputError(
                argument,
                allowed=f"one of the {len(self.labels):,} shares",
                received=f"{share!r}, which is {len(result):,} of them",
                fix="Name item, level and groups as in .labels, or give the share's place.",
            )
        if np.isnan(self.estimates[result[0]]):
            raise InputError(
                argument,
                allowed="a share that somebody answered",
                received=f"{share!r}",
                fix="Nobody in its base did: choose another.",
            )
        return result[0]

    def to_frame(self) -> Frame:
        """Return one column per proportion and one row per replicate; row 0 is the full sample.

        Columns are called by the share's label; of proportions with one label the further ones have their
        place in `labels` after it. The frame is of the kind that the data were, its columns are floats, and a
        proportion without a base is NaN.
        """
        return TableResult.to_frame(self)

    def _frame_columns(self) -> dict[str, FloatArray]:
        columns: dict[str, FloatArray] = {}
        for place, label in enumerate(self.labels):
            name = " | ".join(label.values())
            name = f"{name} | {place}" if name in columns else name
            columns[name] = np.append(self.estimates[place], self.values[:, place])
        return columns

    def _title(self) -> str:
        return f"{len(self.values):,} replicates of {len(self.labels):,} shares ({self.kind})"

    def _columns(self) -> dict[str, list[Any]]:
        columns = {name: [label[name] for label in self.labels] for name in self.labels[0]}
        undefined = np.isnan(self.values).sum(axis=0).tolist()
        return {
            **columns,
            "estimate": self.estimates.tolist(),
            "std_error": np.sqrt(self.variance).tolist(),
            "undefined": undefined,
        }
