"""Rates of response from counts of dispositions: who answered, was reached or refused, and of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np

from credbenefits import _typing as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray

#: The dispositions, in the order of the last axis of all arrays of counts.
DISPOSITIONS: tuple[str, ...] = get_args(t.Disposition)


class Formula(NamedTuple):
    """A rate: the dispositions of its numerator and of its base.

    People of unknown eligibility are in the base "all", as the "share" e, or "none" of them.
    """

    numerator: tuple[str, ...]
    base: tuple[str, ...]
    unknown: str = "none"


_FULL, _ANY = ("complete",), ("complete", "partial")
_REACHED = (*_ANY, "refused", "other")
_ELIGIBLE = (*_REACHED, "no_contact", "other_source")
_WILLING = (*_ANY, "refused")

#: Every rate. Whoever is known from another source only gave no sign, so counts as not contacted.
FORMULAS: dict[str, Formula] = {
    "RR1": Formula(_FULL, _ELIGIBLE, "all"),
    "RR2": Formula(_ANY, _ELIGIBLE, "all"),
    "RR3": Formula(_FULL, _ELIGIBLE, "share"),
    "RR4": Formula(_ANY, _ELIGIBLE, "share"),
    "RR5": Formula(_FULL, _ELIGIBLE),
    "RR6": Formula(_ANY, _ELIGIBLE),
    "COOP1": Formula(_FULL, _REACHED),
    "COOP2": Formula(_ANY, _REACHED),
    "COOP3": Formula(_FULL, _WILLING),
    "COOP4": Formula(_ANY, _WILLING),
    "REF1": Formula(("refused",), _ELIGIBLE, "all"),
    "REF2": Formula(("refused",), _ELIGIBLE, "share"),
    "REF3": Formula(("refused",), _ELIGIBLE),
    "CON1": Formula(_REACHED, _ELIGIBLE, "all"),
    "CON2": Formula(_REACHED, _ELIGIBLE, "share"),
    "CON3": Formula(_REACHED, _ELIGIBLE),
    "participation": Formula(_ANY, (*_ELIGIBLE, "ineligible"), "all"),
    "completion": Formula(_FULL, _ANY),
    "break_off": Formula(("partial",), _ANY),
    "knowledge": Formula((*_ANY, "other_source"), (*_ELIGIBLE, "not_invited"), "all"),
}
_UNKNOWN = DISPOSITIONS.index("unknown")


def eligible_share(counts: ArrayLike) -> FloatArray:
    """Return e, the share of people of unknown eligibility who are taken to be eligible.

    It is the share of those known to be eligible among those of whom it is known (proportional allocation,
    the method of CASRO).

    Parameters
    ----------
    counts : array_like, shape (..., 9)
        People by disposition, in the order of `DISPOSITIONS`; weighted or not.

    Returns
    -------
    array, shape (...)
        Proportions; NaN where of nobody it is known.

    References
    ----------
    AAPOR (2023), Standard Definitions, 10th ed.; Frankel (1983), CASRO.

    Examples
    --------
    >>> float(eligible_share([50, 5, 20, 10, 5, 40, 10, 0, 0]))
    0.9
    """
    n = np.asarray(counts, dtype=np.float64)
    eligible = n @ _coefficients(_ELIGIBLE)
    known = eligible + n @ _coefficients(("ineligible",))
    result: FloatArray = np.divide(eligible, known, out=np.full(eligible.shape, np.nan), where=known > 0)
    return result


def numerators_and_bases(
    counts: ArrayLike, rates: Sequence[str], e: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return the numerator and the base of each rate.

    Parameters
    ----------
    counts : array_like, shape (..., 9)
        People by disposition, in the order of `DISPOSITIONS`; weighted or not, or squares of weights.
    rates : sequence of str, length r
        Names of rates, from `FORMULAS`.
    e : array_like, shape (...)
        The share of people of unknown eligibility who count. Where there are none it does not matter.

    Returns
    -------
    numerators, bases : array, shape (..., r)
        The base is not whole where e multiplies people. It is NaN where it needs an e that is NaN.

    References
    ----------
    AAPOR (2023), Standard Definitions, 10th ed., for RR, COOP, REF, CON and the participation rate.
    NACE (2023), Standards and Protocols for the Collection and Dissemination of Graduating Student Initial
    Career Outcomes, for the knowledge rate.

    Examples
    --------
    >>> numerator, base = numerators_and_bases([50, 5, 20, 10, 5, 40, 10, 0, 0], ["RR1", "RR3", "RR5"], 0.9)
    >>> (numerator / base).round(4).tolist()
    [0.3846, 0.3968, 0.5556]
    """
    n = np.asarray(counts, dtype=np.float64)
    unknown = n[..., _UNKNOWN]
    shared = np.where(unknown > 0, np.asarray(e, dtype=np.float64) * unknown, 0.0)
    parts = {"all": unknown, "share": shared, "none": np.zeros_like(unknown)}
    formulas = [FORMULAS[rate] for rate in rates]
    top = np.stack([n @ _coefficients(formula.numerator) for formula in formulas], axis=-1)
    base = np.stack([n @ _coefficients(f.base) + parts[f.unknown] for f in formulas], axis=-1)
    return top, base


def _coefficients(names: Sequence[str]) -> FloatArray:
    return np.array([name in names for name in DISPOSITIONS], dtype=np.float64)
