"""The flags of proportions, comparisons and transitions, and the warning of low response."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.errors import DataWarning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray, IntArray

#: Below this many people a proportion has a small base.
SMALL_BASE = 30
#: So an effective size; rounding alone does not make one of 30 small.
SMALL_EFFECTIVE = SMALL_BASE * (1 - 1e-12)
#: Below this proportion of answers among those asked, item response is low.
LOW_RESPONSE = 0.7


class Response(NamedTuple):
    """Who answered what: the question in words, how many answered, how many were asked and did not."""

    words: str
    n: int
    n_missing: int

    @property
    def rate(self) -> float:
        """Proportion of those asked who answered; NaN where nobody was asked."""
        return self.n / (self.n + self.n_missing) if self.n + self.n_missing else float("nan")

    @property
    def is_low(self) -> bool:
        """Whether too few answered. Where nobody did, "no_answers" says so."""
        return self.n > 0 and self.rate < LOW_RESPONSE

    @property
    def flags(self) -> list[str]:
        """Flag low item response."""
        return ["low_item_response"] if self.is_low else []


def unanimity_flags(count: int, n: int) -> list[str]:
    """Flag that nobody said yes, or everybody."""
    return ["none"] * (count == 0) + ["all"] * (count == n)


def size_flags(n: int, n_effective: float) -> list[str]:
    """Flag a small base, or else a small effective size."""
    if n < SMALL_BASE:
        return ["small_base"]
    return ["small_n_effective"] * (n_effective < SMALL_EFFECTIVE)


def proportion_flags(
    numbers: Mapping[str, FloatArray | IntArray], *, weighted: bool
) -> list[tuple[str, ...]]:
    """Flag proportions in the order in which flags are printed: one entry each, from its numbers."""
    count, n, n_effective = (numbers[name] for name in ("count", "n", "n_effective"))
    answered, small, no_df = n > 0, n < SMALL_BASE, numbers["df"] <= 0
    flags = {
        "weighted": np.full(n.shape, weighted),
        "no_answers": ~answered,
        "none": answered & (count == 0),
        "all": answered & (count == n),
        "small_base": answered & small,
        "small_n_effective": answered & ~small & (n_effective < SMALL_EFFECTIVE),
        "no_df": answered & no_df,
        "no_interval": answered & ~no_df & np.isnan(numbers["conf_low"]),
        "low_item_response": answered & (numbers["response_rate"] < LOW_RESPONSE),
    }
    return _in_words(flags)


def contrast_flags(
    numbers: Mapping[str, FloatArray | IntArray],
    test: NDArray[np.str_],
    *,
    compared: BoolArray,
    weighted: bool,
    of_design: bool,
) -> list[tuple[str, ...]]:
    """Flag pairs of groups in the order in which flags are printed: one entry each, from its numbers.

    `compared` says where both sides have answers.
    """
    (count, *counts), (n, *bases), sizes, rates = (
        [numbers[name + side] for side in ("", "_reference")]
        for name in ("count", "n", "n_effective", "response_rate")
    )
    n_reference = bases[0]
    yes, everybody, least = count + counts[0], n + n_reference, np.minimum(n, n_reference)
    no_df = np.isnan(numbers["df"]) & of_design
    flags = {
        "weighted": np.full(n.shape, weighted),
        "no_answers": ~compared,
        "none": compared & (yes == 0),
        "all": compared & (yes == everybody),
        "small_base": compared & (least < SMALL_BASE),
        "small_n_effective": compared & (least >= SMALL_BASE) & (np.fmin(*sizes) < SMALL_EFFECTIVE),
        "no_df": compared & no_df,
        "no_interval": compared & ~no_df & np.isnan(numbers["conf_low"]) & of_design,
        "low_item_response": compared & (np.minimum(*rates) < LOW_RESPONSE),
        "too_few_to_test": compared & (test == "none") & ~no_df,
        "undefined": compared & np.isnan(numbers["estimate"]),
    }
    return _in_words(flags)


def _in_words(flags: Mapping[str, BoolArray]) -> list[tuple[str, ...]]:
    """Return the names of the flags of each row. Few sets of flags occur: each is put into words once."""
    code = np.array([2**bit for bit in range(len(flags))]) @ np.array(list(flags.values()))
    words = {
        each: tuple(name for bit, name in enumerate(flags) if each >> bit & 1)
        for each in np.unique(code).tolist()
    }
    return [words[each] for each in code.tolist()]


def transition_flags(
    count: int, n: int, n_effective: float, *, estimate: float, limits: tuple[float, float], df: float
) -> tuple[str, ...]:
    """Flag what is to be known of a number of a table of transitions.

    `limits` are the least that the number can be, -1 for a net change, and the lower one of its interval.
    """
    if not n:
        return ("no_answers",)
    rounding, (least, low) = 1e-9, limits
    reported = {
        "no_df": df <= 0,
        "outside_range": not least - rounding <= estimate <= 1.0 + rounding,
        "no_interval": bool(np.isnan(low)) and not df <= 0,
    }
    same = unanimity_flags(count, n) if least == 0 else []  # a net change of 0 is not nobody's
    return (*same, *size_flags(n, n_effective), *(name for name, so in reported.items() if so))


def warn_of_low_response(responses: Iterable[Response], what: str, *, stacklevel: int = 3) -> None:
    """Warn once, with the lowest response, that proportions say little about those who did not answer."""
    low = [response for response in responses if response.is_low]
    if not low:
        return
    worst = min(low, key=lambda response: response.rate)
    more = f" ({len(low)} such {what} in all)" if len(low) > 1 else ""
    warnings.warn(
        f"{worst.n:,} of {worst.n + worst.n_missing:,} who were asked answered {worst.words}{more}: "
        f"below {LOW_RESPONSE:.0%} the share says little about the others",
        DataWarning,
        stacklevel=stacklevel,
    )
