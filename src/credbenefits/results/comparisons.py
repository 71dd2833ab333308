"""Comparisons between groups of people."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from credbenefits._frozen import Content
from credbenefits.results.base import KIND_COLUMNS, level_words
from credbenefits.results.columns import ColumnsResult
from credbenefits.results.proportions import account_frame, accounts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import ContrastKind, Frame
    from credbenefits.results.proportions import Account, Procedure
    from credbenefits.results.weighing.weighed import Weighed


@dataclass(frozen=True, slots=True, eq=False)
class Contrast(Content):
    """Two groups' proportions compared: group minus reference, or group over reference.

    ``level`` says which answers count as yes. A ratio is infinite where its denominator alone is 0, and
    NaN, flagged ``undefined``, where both ends are. Where nobody in the group or in the reference
    answered, nothing was compared: the row is flagged ``no_answers`` and its numbers are NaN.
    ``std_error`` is that of the estimate, by the delta method. It is NaN where nobody or everybody in a
    group said yes, as the formula would leave out that group, and where the design leaves a group or the
    difference no variance: a difference that no cluster differs in then has no interval either
    (``no_interval``) and, unless it is 0, no test. ``df`` are the degrees of freedom of the
    interval and the test, NaN where there is no design.
    ``n_missing`` are those of the group who were asked and did not answer, ``response_rate`` is n of
    n + n_missing; so for the reference. ``n_not_asked``, ``n_refused``, ``n_skipped``, ``n_code`` and
    ``n_blank`` are the kinds of no answer of both sides, as in
    :class:`~credbenefits.results.proportions.Proportion`.
    """

    item: str
    label: str
    level: str
    group: str
    reference: str
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    test: str
    df: float
    p_value: float
    p_adjusted: float
    estimate_group: float
    estimate_reference: float
    count: int
    n: int
    count_reference: int
    n_reference: int
    n_effective: float
    n_effective_reference: float
    n_missing: int
    n_missing_reference: int
    response_rate: float
    response_rate_reference: float
    n_not_asked: int
    n_refused: int
    n_skipped: int
    n_code: int
    n_blank: int
    n_not_asked_reference: int
    n_refused_reference: int
    n_skipped_reference: int
    n_code_reference: int
    n_blank_reference: int
    flags: tuple[str, ...]
    base: str


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ComparisonResult(ColumnsResult[Contrast]):
    """Comparisons between groups, from :func:`credbenefits.compare_groups`.

    Columns, rows, ``len()``, a loop and ``result["job"]`` work as for
    :class:`~credbenefits.results.proportions.ProportionsResult`. Whatever rows are picked,
    their p-values stay adjusted for all comparisons that were made, and ``n_comparisons`` says how many.

    Attributes
    ----------
    columns : Columns
        One for each attribute of :class:`Contrast`: ``result.columns["p_adjusted"]`` is a read-only array.
    rows : tuple of Contrast
        One per item and pair of groups.
    by : tuple of str
        Columns and questions that define the groups. Of several, ``group`` and ``reference`` say the value of
        each: "role = staff, site = north".
    people, population : str
        Who the rows are, and whom weighted estimates speak for.
    comparison : {"difference", "ratio", "odds_ratio"}
        What each estimate is, group against reference.
    method : str
        How the intervals were made.
    procedure : Procedure
        How they were made: method, variance, and the design's strata and clusters.
    n_comparisons : int
        Comparisons made, all of which the adjustment covers. Rows flagged ``no_answers`` do not count.
    adjust : str
        How p-values and intervals were adjusted.
    confidence_level : float
        Level that was asked for: with "holm" and "bonferroni" that of all intervals together, and else that
        of each on its own.
    interval_level : float
        Level of each interval: ``1 - (1 - confidence_level) / n_comparisons`` with "holm" and "bonferroni",
        and else ``confidence_level``.
    account : tuple of Account
        Where the rows went, per item.
    notes : tuple of str
        What a reader must know.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"job": [1, 0, 1, 0], "raise": [0, 0, 1, 1], "role": ["a", "a", "b", "b"]})
    >>> result = cb.compare_groups(data, ["job", "raise"], by="role")
    >>> len(result), [row.estimate for row in result["raise"]], result["raise"].n_comparisons
    (2, [1.0], 2)
    """

    _KIND: ClassVar[str] = "comparisons"
    _ROW: ClassVar[Any] = Contrast
    COLUMNS: ClassVar[tuple[str, ...]] = (
        "item",
        "level",
        "group",
        "reference",
        "comparison",
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "test",
        "df",
        "p_value",
        "p_adjusted",
        "estimate_group",
        "estimate_reference",
        "count",
        "n",
        "count_reference",
        "n_reference",
        "n_effective",
        "n_effective_reference",
        "n_missing",
        "n_missing_reference",
        "response_rate",
        "response_rate_reference",
        *KIND_COLUMNS,
        *(f"{name}_reference" for name in KIND_COLUMNS),
        "method",
        "flags",
        "label",
        "base",
    )

    by: tuple[str, ...]
    people: str
    population: str
    comparison: ContrastKind
    method: str
    n_comparisons: int
    adjust: str
    confidence_level: float
    interval_level: float
    account: tuple[Account, ...]
    notes: tuple[str, ...]
    procedure: Procedure
    _weighed: Weighed | None = field(default=None, compare=False)

    def _title(self) -> str:
        whom = f", weighted to {self.population}" if self.population else ""
        return (
            f"{self.words.capitalize()}s by {' and '.join(self.by)} among {self.people}{whom}: {self._made()}"
        )

    @property
    def together(self) -> bool:
        """Whether the intervals are adjusted, so that all of them hold at once."""
        return self.interval_level > self.confidence_level

    @property
    def words(self) -> str:
        """What each estimate is, in words: difference, ratio, odds ratio."""
        return self.comparison.replace("_", " ")

    @property
    def variance(self) -> str:
        """Where the variance comes from, as :func:`credbenefits.proportions` takes it."""
        return self.procedure.variance

    def _picked(self, places: Sequence[int]) -> Self:
        columns, weighed = self.columns.take(places), self._weighed
        return replace(
            self,
            columns=columns,
            account=accounts_of(columns["item"], self.account),
            _weighed=weighed and weighed.at(places),
        )

    def _made(self) -> str:
        return f"{self.n_comparisons} comparison{'' if self.n_comparisons == 1 else 's'}"

    def accounts(self) -> Frame:
        """Return where the rows of the data went: one line per item, adding up to all rows."""
        return account_frame(self.account, self.frame_kind)

    def _columns(self) -> dict[str, list[Any]]:
        same = {"comparison": self.comparison, "method": self.method}
        columns = {
            name: [same[name]] * len(self) if name in same else self.columns.cells(name)
            for name in self.COLUMNS
        }
        columns["flags"] = [", ".join(flags) for flags in columns["flags"]]
        return columns

    def _shown(self) -> Sequence[str]:
        levels = ("level",) if len(set(self.columns["item"])) < len(set(self.columns["label"])) else ()
        return (
            "item",
            *levels,
            "group",
            "reference",
            "estimate",
            "conf_low",
            "conf_high",
            "p_adjusted",
            "count",
            "n",
            "count_reference",
            "n_reference",
            "flags",
        )

    def _notes(self) -> Sequence[str]:
        how = "not adjusted" if self.adjust == "none" else f"adjusted ({self.adjust}) for all of them"
        method = self.method if self.variance == "kish" else f"{self.method}, {self.variance}"
        said = f"p-values are {how}, intervals ({method}) are {self._levels()}"
        if self.n_comparisons == 1:  # nothing to adjust for
            said = f"its p-value is not adjusted, its interval ({method}) is {self._levels()}"
        return f"{self._made()} made; {said}", *self.notes

    def _levels(self) -> str:
        """Say what the intervals hold for."""
        level = level_words(self.confidence_level)
        if not self.together:
            return f"{level} each, not adjusted" if self.n_comparisons > 1 else level
        limit, none = f"{1 - self.confidence_level:.10g}", 0 if self.comparison == "difference" else 1
        by_holm = f"; a p-value below {limit} may go with an interval that holds {none}"
        return (
            f"{level} for all together (Bonferroni: 1 - {limit}/{self.n_comparisons:,} each)"
            f"{by_holm if self.adjust == 'holm' else ''}"
        )
