"""Replicate weights that came with a public-use file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import floats, require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray
    from credbenefits.frames.boundary import NarwhalsFrame


@dataclass(frozen=True, slots=True)
class ReplicateWeights:
    """Columns of replicate weights, and how the file's makers drew them.

    Parameters
    ----------
    columns : list of str
        One column per replicate.
    kind : {"brr", "fay", "jk1", "jkn", "bootstrap", "sdr"}
        Balanced repeated replication, Fay's variant of it, the jackknife without or with strata,
        the bootstrap, successive differences.
    fay_coefficient : float, optional
        For "fay": the coefficient, from 0 to below 1.
    scale : float, optional
        Factor of the variance, where the file's documentation gives one.
    rscales : list of float, optional
        Factor of each replicate; needed for "jkn": (n_h - 1) / n_h of the replicate's stratum.
    df : int, optional
        Degrees of freedom; by default those of the replicate weights (their rank minus 1).

    Examples
    --------
    >>> import credbenefits as cb
    >>> cb.ReplicateWeights([f"rw{k}" for k in range(1, 81)], "fay", fay_coefficient=0.5).kind
    'fay'
    """

    columns: Sequence[str]
    kind: t.ReplicateKind
    fay_coefficient: float | None = None
    scale: float | None = None
    rscales: Sequence[float] | None = None
    df: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", check.names("columns", self.columns))
        check.choice("kind", self.kind, t.ReplicateKind)
        if len(self.columns) < 2:
            raise InputError("columns", allowed="at least two columns of replicate weights",
                             received=check.listing(self.columns),
                             fix="Name all of them, without the full sample's weight.")  # fmt: skip
        if self.df is not None:
            check.whole_number("df", self.df, least=1)


def read_replicate_weights(frame: NarwhalsFrame, weights: ReplicateWeights) -> FloatArray:
    """Return the replicate weights: shape (replicates, rows)."""
    require(frame, weights.columns, "replicate_weights")
    values = np.array([floats(frame, name, "replicate_weights") for name in weights.columns])
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        raise InputError("replicate_weights", allowed="finite numbers of at least 0",
                         received=f"{int(bad.sum()):,} negative, missing or infinite values",
                         fix="Give people who are not in the sample the weight 0.")  # fmt: skip
    return values
