"""Replicate weights that came with a public-use file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.units import ReplicateScale
from credbenefits.errors import InputError
from credbenefits.frames.boundary import floats, require
from credbenefits.numerics.design.replicate_scale import replicate_scale

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.frames.boundary import NarwhalsFrame


@dataclass(frozen=True, slots=True)
class ReplicateWeights:
    """Columns of replicate weights, and how the file's makers drew them.

    Parameters
    ----------
    columns : list of str
        One column per replicate: the whole weight in it, not a factor for the full sample's weight.
        Some may be negative, as in public census microdata; the full sample's weight may not.
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
        Degrees of freedom; by default those of the replicate weights (their rank minus 1). A proportion
        has never more than the weights of the people in its base have.

    Notes
    -----
    Negative weights are used as they are: a replicate's proportion may then lie outside 0 to 1, and its
    squared distance from the full sample's proportion counts as any other. Where the weights of a group add
    up to 0 or less in a replicate there is no proportion, so no variance and no interval (flag
    ``no_interval``): all replicates of a file count, and none can be left out.

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
            raise InputError(
                "columns",
                allowed="at least two columns of replicate weights",
                received=check.listing(self.columns),
                fix="Name all of them, without the full sample's weight.",
            )
        if self.df is not None:
            check.whole_number("df", self.df, least=1)
        for name in ("fay_coefficient", "scale"):
            self._check_number(name, getattr(self, name))
        if self.rscales is not None:
            if isinstance(self.rscales, str) or not isinstance(self.rscales, (Sequence, np.ndarray)):
                raise InputError(
                    "rscales",
                    allowed="a list of numbers, one a replicate",
                    value=self.rscales,
                    fix="Take them from the documentation.",
                )
            object.__setattr__(self, "rscales", tuple(self.rscales))
            for each in self.rscales:
                self._check_number("rscales", each)

    @staticmethod
    def _check_number(name: str, value: object) -> None:
        if value is not None and (isinstance(value, bool) or not isinstance(value, Real)):
            raise InputError(
                name,
                allowed="numbers" if name == "rscales" else "a number",
                value=value,
                fix="Take it from the documentation of the file.",
            )


def scale_of(given: ReplicateWeights) -> ReplicateScale:
    """Return what multiplies the squared deviations of the replicates."""
    r = len(given.columns)
    scale, rscales = replicate_scale(
        given.kind, r, fay_coefficient=given.fay_coefficient, scale=given.scale, rscales=given.rscales
    )
    return ReplicateScale(given.kind, scale, rscales, given.df)


def refuse_no_weight(*, weighted: bool) -> None:
    """Refuse replicate weights without the weight that they vary."""
    if not weighted:
        raise InputError(
            "weights",
            allowed="the full sample's weight, beside replicate weights",
            received=None,
            fix="Name its column: weights='...'.",
        )


def read_replicate_weights(frame: NarwhalsFrame, weights: ReplicateWeights) -> FloatArray:
    """Return the replicate weights: shape (replicates, rows)."""
    require(frame, weights.columns, "design.replicate_weights")
    values = np.array([floats(frame, name, "design.replicate_weights") for name in weights.columns])
    bad = ~np.isfinite(values)
    if bad.any():
        raise InputError(
            "design.replicate_weights",
            allowed="finite numbers",
            received=f"{int(bad.sum()):,} missing or infinite values",
            fix="Give people who are not in a replicate the weight 0.",
        )
    return values
