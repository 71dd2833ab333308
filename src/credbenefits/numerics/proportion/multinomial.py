"""Simultaneous intervals for the proportions of several categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import MultinomialMethod
from credbenefits.errors import InputError
from credbenefits.numerics.arguments import LARGEST, checked_counts, refuse, require_whole
from credbenefits.numerics.interval import Interval, finished
from credbenefits.numerics.proportion.methods import METHODS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray


def multinomial_intervals(
    counts: ArrayLike, *, method: MultinomialMethod | None = None, confidence_level: float = 0.95
) -> Interval:
    r"""Simultaneous confidence intervals for the proportions of the categories of a table.

    All intervals of a table hold their proportions together with (about) the confidence level. They are
    two-sided.

    Parameters
    ----------
    counts : array_like, shape (..., k)
        How many answers fell into each of k >= 2 categories, along the last axis. Other axes are tables.
        Effective counts, which are not whole, will do except for "sison_glaz".
    method : {"goodman", "quesenberry_hurst", "fitzpatrick_scott", "sison_glaz"}, optional
        By default "goodman". See Notes.
    confidence_level : float, default 0.95
        Of all intervals of a table together.

    Returns
    -------
    Interval
        Named tuple `(low, high)` of arrays shaped as `counts`; its `method` says which was used. Always
        0 <= low <= proportion <= high <= 1. NaN for tables without answers; with "sison_glaz" also for tables
        whose answers all fall into one category.

    Raises
    ------
    InputError
        If a count is negative or not a finite number (a boolean, text, an object or a masked array is none),
        if a table has more than 2**53 answers, if there are fewer than two categories, or if the
        level is not from 1e-6 to 1 - 1e-12.
    MethodError
        If there is no such method; if "sison_glaz" meets counts that are not whole or a level above
        1 - 1e-8.

    Notes
    -----
    With :math:`x_i` of :math:`n`, :math:`p_i = x_i/n` and :math:`\alpha` = 1 - level:

    - "goodman" inverts a score test for each proportion with Bonferroni's correction: Wilson's interval with
      the chi-squared quantile with one degree of freedom at :math:`1 - \alpha/k`.
    - "quesenberry_hurst" is the same with k - 1 degrees of freedom at :math:`1 - \alpha`; it is wider.
    - "fitzpatrick_scott" is :math:`p_i \pm z/(2\sqrt n)` with the normal quantile at :math:`1 - \alpha/2`,
      cut to [0, 1], as published examples and other software have it. It is quick, not exact: all proportions
      together are covered with at least :math:`6\Phi(3z/\sqrt 8) - 5` for levels from 0.85 to 0.984, which is
      only 0.887 at the level 0.95, and with at least :math:`1 - 2\alpha` above.
    - "sison_glaz" is :math:`[p_i - c/n, p_i + (c + 2\gamma)/n]`, cut to [0, 1]. Let :math:`\nu(c)` be the
      probability that no count of a fitted multinomial sample is further than c from :math:`x_i`. Then c is
      the whole number with :math:`\nu(c) < 1 - \alpha \le \nu(c + 1)`, and :math:`\gamma` interpolates
      between the two. Published code takes :math:`\nu` from an Edgeworth expansion, which moves upper
      limits by up to 0.003 in small tables; here it is exact. Above about 10^8 answers the table is scaled
      down to that size first, which moves limits by less than 1e-9. Where :math:`\nu(0)` already
      reaches the level there is no such c, and the limits are NaN: so for tables with all answers in one
      category, and for tiny tables at low levels. Use "goodman" there.

    Goodman's intervals keep the level also in small samples: by enumeration, at the level 0.95, they held
    three proportions together with 0.95 to 0.96 for 20, 50 and 100 answers. Sison and Glaz's did so with only
    0.82 to 0.90, 0.90 to 0.93 and 0.93 to 0.94. They are meant for many categories of like size, where
    they are the shorter ones; they are as wide for a rare category as for a frequent one.

    References
    ----------
    Goodman, L. A. (1965). On simultaneous confidence intervals for multinomial proportions. Technometrics 7,
    247-254.

    Quesenberry, C. P. and Hurst, D. C. (1964). Large sample simultaneous confidence intervals for
    multinomial proportions. Technometrics 6, 191-195.

    Fitzpatrick, S. and Scott, A. (1987). Quick simultaneous confidence intervals for multinomial proportions.
    Journal of the American Statistical Association 82, 875-878.

    Sison, C. P. and Glaz, J. (1995). Simultaneous confidence intervals and sample size determination for
    multinomial proportions. Journal of the American Statistical Association 90, 366-369.

    Examples
    --------
    >>> low, high = multinomial_intervals([91, 49, 37, 43])
    >>> low.round(3), high.round(3)
    (array([0.334, 0.161, 0.115, 0.137]), array([0.498, 0.3  , 0.24 , 0.27 ]))
    >>> multinomial_intervals([23, 12, 44], method="sison_glaz").high.round(4)
    array([0.4134, 0.2741, 0.6792])
    """
    name = "goodman" if method is None else check.choice("method", method, MultinomialMethod)
    level = check.confidence_level(confidence_level)
    x = _checked_tables(counts)
    tables = x.reshape(-1, x.shape[-1])
    entry = METHODS[name]
    if entry.whole_counts:
        require_whole(repr(name), f"method={entry.instead!r}", counts=tables)
    assert entry.from_tables is not None  # so for all of MultinomialMethod
    low, high = entry.from_tables(tables, level)
    return finished(low, high, x.shape, name)


def _checked_tables(counts: ArrayLike) -> FloatArray:
    x: FloatArray = checked_counts(counts=counts)[0].astype(np.float64, copy=False)
    if x.ndim == 0 or x.shape[-1] < 2:
        raise InputError(
            "counts",
            allowed="at least two categories along the last axis",
            received=f"shape {x.shape}",
            fix="Add the other answers as a category, or use proportion_interval.",
        )
    total = x.sum(axis=-1)
    refuse(
        "counts", total, total > LARGEST, allowed="at most 2**53 answers in a table", fix="Scale them down."
    )
    return x
