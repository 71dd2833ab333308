"""The flags that shares, comparisons and transitions have in common, and the warning of low response."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

from credbenefits.errors import DataWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Below this many people a share has a small base.
SMALL_BASE = 30
#: Below this share of answers among those asked, item response is low.
LOW_RESPONSE = 0.7


class Response(NamedTuple):
    """Who answered what: the question in words, how many answered, how many were asked and did not."""

    words: str
    n: int
    n_missing: int

    @property
    def rate(self) -> float:
        """Share of those asked who answered; NaN where nobody was asked."""
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
    # Rounding alone does not make a size of 30 small.
    return ["small_n_effective"] * (n_effective < SMALL_BASE * (1 - 1e-12))


def warn_of_low_response(responses: Iterable[Response], what: str, *, stacklevel: int = 3) -> None:
    """Warn once, with the lowest response, that shares say little about those who did not answer."""
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
