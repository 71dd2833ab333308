"""Replicate estimates: what the shares would have been in other samples, kept for further use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.numerics.bootstrap import percentile
from credbenefits.numerics.replicate_weights import replicate_variance
from credbenefits.results._base import TableResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits._typing import FloatArray


class Contrast(NamedTuple):
    """A difference of two shares with its standard error and interval, from shared replicates."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Replicates(TableResult):
    """Estimates of many shares in the same replicates, from ``proportions(keep_replicates=True)``.

    All shares were made from the same replicates, so differences between items, levels and groups
    have the variance that their overlap gives them.

    Attributes
    ----------
    labels : tuple of dict
        What each share is of: ``item``, ``level`` and the columns of the groups.
    estimates : array, shape (shares,)
        The shares in the full sample.
    values : array, shape (replicates, shares)
        The shares in each replicate; NaN where a replicate has nobody in the base.
    kind : str
        How the replicates were made.
    scale : float
        The variance is ``scale * sum(rscales * (values - estimates) ** 2)``.
    rscales : array, shape (replicates,)
        Further factors, one per replicate; 1 for most kinds.
    """

    labels: tuple[Mapping[str, str], ...]
    estimates: FloatArray
    values: FloatArray
    kind: str
    scale: float
    rscales: FloatArray

    @property
    def variance(self) -> FloatArray:
        """Variance of each share, about the full sample's estimate."""
        return replicate_variance(self.values, self.estimates, self.scale, self.rscales)

    def difference(
        self, one: int | Mapping[str, str], two: int | Mapping[str, str], *, confidence_level: float = 0.95
    ) -> Contrast:
        """Return share `one` minus share `two`, with the percentile interval of the replicates.

        Parameters
        ----------
        one, two : int or mapping
            Place of the share in `labels`, or what it is of: ``{"item": "job", "role": "staff"}``.
        confidence_level : float
            Level of the interval, a proportion.

        Raises
        ------
        InputError
            If that is not one share, or the replicates came with a file and are no bootstrap.
        """
        level = check.confidence_level(confidence_level)
        a, b = self._place("one", one), self._place("two", two)
        values, estimate = self.values[:, a] - self.values[:, b], self.estimates[a] - self.estimates[b]
        known = ~np.isnan(values)
        variance = replicate_variance(values[known], estimate, self.scale, self.rscales[known])
        low, high = percentile(values[known], confidence_level=level)
        return Contrast(float(estimate), float(np.sqrt(variance)), float(low), float(high))

    def _place(self, argument: str, share: int | Mapping[str, str]) -> int:
        if isinstance(share, int):
            if 0 <= share < len(self.labels):
                return share
            found = []
        else:
            wanted = check.mapping(argument, share, example="{'item': 'job'}")
            found = [i for i, label in enumerate(self.labels)
                     if all(label.get(k) == v for k, v in wanted.items())]  # fmt: skip
        if len(found) != 1:
            raise InputError(
                argument,
                allowed=f"one of the {len(self.labels):,} shares",
                received=f"{share!r}, which is {len(found):,} of them",
                fix="Name item, level and groups as in .labels, or give the share's place.",
            )
        return found[0]

    def to_frame(self) -> pd.DataFrame:
        """Return one column per share and one row per replicate; row 0 is the full sample."""
        names = [" | ".join(label.values()) for label in self.labels]
        return pd.DataFrame(np.vstack([self.estimates, self.values]), columns=names)

    def _title(self) -> str:
        return f"{len(self.values):,} replicates of {len(self.labels):,} shares ({self.kind})"

    def _columns(self) -> dict[str, list[Any]]:
        columns = {name: [label[name] for label in self.labels] for name in self.labels[0]}
        undefined = np.isnan(self.values).sum(axis=0).tolist()
        return {**columns, "estimate": self.estimates.tolist(),
                "std_error": np.sqrt(self.variance).tolist(), "undefined": undefined}  # fmt: skip
