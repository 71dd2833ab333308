"""Variance from replicate weights that came with a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import ReplicateKind
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray


class ReplicateScale(NamedTuple):
    """What multiplies the squared deviations: one factor for all, and one for each replicate."""

    scale: float
    rscales: FloatArray


def replicate_scale(
    kind: ReplicateKind,
    n_replicates: int,
    *,
    fay_coefficient: float | None = None,
    scale: float | None = None,
    rscales: Sequence[float] | FloatArray | None = None,
) -> ReplicateScale:
    """Factors of the replicate variance for a kind of replicate weights.

    Parameters
    ----------
    kind : {"brr", "fay", "jk1", "jkn", "bootstrap", "sdr"}
        Balanced repeated replication, Fay's version of it, the jackknife without strata and with them, the
        bootstrap, successive differences.
    n_replicates : int
        R, how many replicate weights there are.
    fay_coefficient : float, optional
        For "fay", and needed there: k, from 0 up to but not including 1.
    scale : float, optional
        In place of the factor of the kind, where the file's documentation gives another.
    rscales : sequence of float, optional
        One factor a replicate; needed for "jkn", where it is mostly (n_h - 1) / n_h of the stratum that the
        replicate drops a unit of. By default 1.

    Returns
    -------
    ReplicateScale
        Named tuple `(scale, rscales)`.

    Raises
    ------
    InputError
        If something that the kind needs is missing, or is given and not used by it, or is out of range.

    Notes
    -----
    "brr" 1/R; "fay" 1/(R (1 - k)^2); "jk1" (R - 1)/R; "jkn" 1; "bootstrap" 1/R; "sdr" 4/R.

    The deviations are from the full estimate, so no degree of freedom is spent on a mean, and 1/R is right
    for the bootstrap. R's survey takes 1/(R - 1) there; give scale=1/(R - 1) to match it. A bootstrap whose
    weights are averages over b draws has b/R. Paired jackknives (two PSUs a stratum, one replicate a
    stratum) are "jkn" with rscales of 1.

    References
    ----------
    Wolter, K. M. (2007). Introduction to Variance Estimation, 2nd edition. Springer, chapters 3 to 5.

    Judkins, D. R. (1990). Fay's method for variance estimation. Journal of Official Statistics 6, 223-239.

    Fay, R. E. and Train, G. F. (1995). Aspects of survey and model-based postcensal estimation of income
    and poverty characteristics for states and counties. Proceedings of the Government Statistics Section,
    American Statistical Association, 154-159.
    """
    name = check.choice("kind", kind, ReplicateKind)
    r = check.whole_number("n_replicates", n_replicates, least=2)
    k = _checked_fay(name, fay_coefficient)
    factors = {"jk1": (r - 1) / r, "jkn": 1.0, "sdr": 4.0 / r}
    factor = factors.get(name, 1.0 / (r * (1.0 - k) ** 2))
    if scale is not None:
        factor = check.positive_number("scale", scale, fix="Take it from the documentation of the file.")
    return ReplicateScale(factor, _checked_rscales(name, r, rscales))


def _checked_fay(name: str, k: float | None) -> float:
    """Return Fay's k, or 0 for the kinds without one."""
    if (name == "fay") != (k is not None) or not 0.0 <= (k or 0.0) < 1.0:
        raise InputError(
            "fay_coefficient",
            allowed="a number from 0 up to but not including 1"
            if name == "fay"
            else f"none with kind {name!r}",
            value=k,
            fix="It belongs to kind 'fay', and the documentation of the file has it (often 0.3 or 0.5).",
        )
    return k or 0.0


def _checked_rscales(name: str, r: int, rscales: Sequence[float] | FloatArray | None) -> FloatArray:
    if rscales is None and name != "jkn":
        return np.ones(r)
    given = np.asarray(rscales, dtype=np.float64)
    if given.shape != (r,) or not np.all(np.isfinite(given) & (given >= 0)):
        raise InputError(
            "rscales",
            allowed=f"{r} finite numbers of at least 0, one a replicate",
            value=rscales,
            fix="For 'jkn' give (n_h - 1) / n_h of each replicate's stratum, or what the documentation says.",
        )
    return given


def replicate_variance(
    replicates: FloatArray, estimate: FloatArray, scale: float, rscales: FloatArray
) -> FloatArray:
    """Variance scale * sum of rscales (t* - t)^2 about the full estimate t; replicates along the first axis.

    NaN where a replicate estimate is NaN: with a file's weights all replicates count, so none can be left
    out.
    """
    deviations = replicates - estimate
    variance: FloatArray = scale * np.einsum("r,r...->...", rscales, deviations**2)
    return variance


def replicate_covariance(
    replicates: FloatArray, estimate: FloatArray, scale: float, rscales: FloatArray
) -> FloatArray:
    """Covariance matrix of estimates from their replicates, shape (R, estimates).

    Its diagonal is `replicate_variance`; NaN where a replicate of either estimate is.

    Examples
    --------
    >>> import numpy as np
    >>> replicates = np.array([[0.4, 0.1], [0.6, 0.3]])
    >>> replicate_covariance(replicates, np.array([0.5, 0.2]), 0.5, np.ones(2)).round(4).tolist()
    [[0.01, 0.01], [0.01, 0.01]]
    """
    deviations = replicates - estimate
    covariance: FloatArray = scale * (deviations * rscales[:, None]).T @ deviations
    return covariance


def without_cancelled(sums: FloatArray, sizes: FloatArray) -> FloatArray:
    """Set to 0 what rounding left of weights that cancel each other; `sizes` are sums of their sizes."""
    result: FloatArray = np.where(np.abs(sums) > 1e-12 * sizes, sums, 0.0)
    return result


def replicate_proportions(yes: FloatArray, base: FloatArray, sizes: FloatArray | None = None) -> FloatArray:
    """Proportions of replicates from sums of their weights: NaN where the base is not above 0.

    Parameters
    ----------
    yes, base : array
        Sums of the replicate weights of those who said yes, and who answered.
    sizes : array, optional
        Sums of the sizes of the latter's weights, where some are negative and may cancel others.

    Examples
    --------
    >>> import numpy as np
    >>> replicate_proportions(np.array([1.0, 1.0]), np.array([4.0, 0.1 + 0.2 - 0.3]), np.array([4.0, 0.6]))
    array([0.25,  nan])
    """
    total = base if sizes is None else without_cancelled(base, sizes)
    out = np.full(yes.shape, np.nan)
    np.divide(yes, total, out=out, where=total > 0)
    return out
