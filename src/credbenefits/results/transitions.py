"""What the same people answered in two waves: who stayed, who moved, and the net change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from credbenefits import _validation as check
from credbenefits._frozen import Content
from credbenefits.errors import InputError
from credbenefits.results.base import RowsResult, kind_words, level_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, eq=False)
class Transition(Content):
    """One number about the answers of the same people in two waves.

    ``first`` and ``second`` are the answers in the two waves; empty where any answer counts. ``measure`` is

    - ``share``: gave both answers, of all pairs;
    - ``share_of_first``: gave the second answer, of those who gave the first;
    - ``first_wave``, ``second_wave``: gave the answer in that wave, of all pairs;
    - ``net_change``: the second of these less the first;
    - ``changed``, ``stayed``: gave different answers, the same answer, of all pairs.

    ``count`` and ``n`` are linked pairs as they are, numerator and base; ``unadjusted`` is count / n, which
    is also the ``estimate`` where nothing was corrected. ``std_error`` is NaN where all pairs of the base
    are alike: the formula's 0 would pass for certainty. Limits are NaN, with the flag ``no_interval``,
    where the correction leaves none.

    ``n_not_asked`` are the linked pairs that are not in ``n`` because the person was not asked in one of the
    waves; ``n_refused``, ``n_skipped``, ``n_code`` (an answer declared as missing, without a reason) and
    ``n_blank`` are those whose answer is missing, by the reason in the first wave if it is missing there,
    else by that in the second; ``n_missing`` is the sum of these four. With ``n`` they are all linked pairs,
    or for ``share_of_first`` those of them who gave the first answer.
    """

    measure: str
    first: str
    second: str
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    count: int
    n: int
    unadjusted: float
    method: str
    flags: tuple[str, ...]
    base: str
    n_missing: int
    n_not_asked: int
    n_refused: int
    n_skipped: int
    n_code: int
    n_blank: int


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class TransitionsResult(RowsResult[Transition]):
    """Answers of the same people in two waves, from :func:`credbenefits.transitions`.

    ``len()`` and a loop are over the rows. ``result["share"]`` is the same result with the rows of that
    measure only; the label of the question is a name for all rows. What the result says of all pairs
    (``changed``, :meth:`find` and so on) stays. A name that no row has raises
    :class:`~credbenefits.errors.RowNotFoundError`.

    Attributes
    ----------
    rows : tuple of Transition
        All numbers: every pair of answers, who changed and who stayed, both waves, and the net change.
    label : str
        What was asked.
    levels : tuple of str
        The answers.
    waves : tuple of str
        The two waves.
    people : str
        Who the rows are, in words.
    n_linked, n : int
        Pairs that are linked, and those of them with an answer in both waves.
    n_missing_first, n_missing_second, n_missing_both : int
        Linked pairs of people who were asked in both waves, without an answer in the first wave only, in
        the second only, and in both.
    n_not_asked : int
        Linked pairs of people who were not asked in one of the waves or in both.
    linkage_error : {"adjust", "ignore"}
        Whether false links were corrected for.
    match_probability : float
        Mean probability that a pair is the same person; 1 where links are taken as certain.
    confidence_level : float
        Level of the intervals.
    notes : tuple of str
        What a reader must know.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> before = pd.DataFrame({"id": [*"abcd"], "teaches": ["yes", "no", "no", "yes"]})
    >>> after = pd.DataFrame({"id": [*"abcd"], "teaches": ["yes", "yes", "no", "yes"]})
    >>> result = cb.transitions(cb.link_waves({"before": before, "after": after}, on="id"), "teaches")
    >>> [(row.first, row.second, row.count) for row in result["share"]]
    [('yes', 'yes', 2), ('yes', 'no', 0), ('no', 'yes', 1), ('no', 'no', 1)]
    >>> len(result["share"]), result["share"].rose.count
    (4, 1)
    """

    _NAMED_BY: ClassVar[tuple[str, ...]] = ("measure",)
    _ROW: ClassVar[Any] = Transition

    rows: tuple[Transition, ...]
    label: str
    levels: tuple[str, ...]
    waves: tuple[str, str]
    people: str
    n_linked: int
    n: int
    n_missing_first: int
    n_missing_second: int
    n_missing_both: int
    n_not_asked: int
    linkage_error: str
    match_probability: float
    confidence_level: float
    notes: tuple[str, ...]
    #: All rows, where `rows` are some of them.
    _all: tuple[Transition, ...] = ()

    @property
    def n_false_links(self) -> float:
        """How many of the pairs are expected to be two different people."""
        return self.n * (1.0 - self.match_probability)

    @property
    def changed(self) -> Transition:
        """The proportion who gave different answers."""
        return self.find("changed")

    @property
    def stayed(self) -> Transition:
        """The proportion who gave the same answer."""
        return self.find("stayed")

    @property
    def rose(self) -> Transition:
        """The proportion who went from no to yes (yes/no items)."""
        self._only_yes_no("rose")
        return self.find("share", self.levels[1], self.levels[0])

    @property
    def fell(self) -> Transition:
        """The proportion who went from yes to no (yes/no items)."""
        self._only_yes_no("fell")
        return self.find("share", self.levels[0], self.levels[1])

    @property
    def change(self) -> Transition:
        """The net change of the proportion who say yes: second wave less first (yes/no items)."""
        self._only_yes_no("change")
        return self.find("net_change", self.levels[0], self.levels[0])

    @property
    def n_missing(self) -> int:
        """Linked pairs of people who were asked in both waves and did not answer both."""
        return self.n_missing_first + self.n_missing_second + self.n_missing_both

    @property
    def response_rate(self) -> float:
        """Pairs with both answers, of the pairs of people who were asked in both waves."""
        return self.n / (self.n + self.n_missing)

    def find(self, measure: str, first: str = "", second: str = "") -> Transition:
        """Return one number: what it measures, the answer in the first wave, and in the second."""
        for row in self._all or self.rows:
            if (row.measure, row.first, row.second) == (measure, first, second):
                return row
        raise InputError(
            "measure",
            allowed="a measure and answers that are in the rows",
            value=(measure, first, second),
            fix="See to_frame(), columns measure, first and second.",
        )

    def _only_yes_no(self, name: str) -> None:
        if self.levels != ("yes", "no"):
            raise InputError(
                name,
                allowed="a yes/no item",
                received=f"the answers {check.listing(self.levels)}",
                fix="Use find(), or name one answer: Item('column', yes=[...]).",
            )

    def _called(self) -> Iterable[tuple[object, ...]]:
        return [(row.measure, self.label) for row in self.rows]

    def _with_rows(self, rows: tuple[Transition, ...]) -> Self:
        return replace(self, rows=rows, _all=self._all or self.rows)

    def _title(self) -> str:
        first, second = self.waves
        whom = f"one person among the {self.people}" if self.n == 1 else f"same {self.n:,} {self.people}"
        return (
            f"{self.label} in {first} and in {second}, of the {whom} who answered both "
            f"({level_words(self.confidence_level)} intervals)"
        )

    def _columns(self) -> dict[str, list[Any]]:
        columns = {name: [getattr(r, name) for r in self.rows] for name in Transition.__dataclass_fields__}
        columns["flags"] = [", ".join(r.flags) for r in self.rows]
        return columns

    def _shown(self) -> Sequence[str]:
        unadjusted = ("unadjusted",) if self.linkage_error == "adjust" else ()
        return (
            "measure",
            "first",
            "second",
            "estimate",
            "conf_low",
            "conf_high",
            "count",
            "n",
            *unadjusted,
            "flags",
        )

    def _notes(self) -> Sequence[str]:
        return (self._missing(), *self._not_asked(), self._linkage(), *self.notes)

    def _missing(self) -> str:
        first, second = self.waves
        if not self.n_missing:
            asked = " and asked in both" if self.n_not_asked else ""
            who = "the one person" if self.n == 1 else f"all {self.n:,} people"
            return f"{who} found in both waves{asked} answered both times"
        parts = (
            (self.n_missing_first, f"only in {first}"),
            (self.n_missing_second, f"only in {second}"),
            (self.n_missing_both, "in both"),
        )
        reported = ", ".join(f"{n:,} {words}" for n, words in parts if n)
        who = f"{self.n_missing:,} of the {self.n_linked:,} people found in both waves"
        row = self.changed  # of all pairs
        kinds = [0, row.n_refused, row.n_skipped, row.n_code, row.n_blank]
        why = f" ({kind_words(kinds)})" if any(kinds[:-1]) else ""
        return f"{who} {_are(self.n_missing)} left out, their answer is missing: {reported}{why}"

    def _not_asked(self) -> tuple[str, ...]:
        if not self.n_not_asked:
            return ()
        who = f"{self.n_not_asked:,} of the {self.n_linked:,} people found in both waves"
        return (f"{who} {_are(self.n_not_asked)} left out, they were not asked in one of them or in both",)

    def _linkage(self) -> str:
        if self.match_probability == 1:
            return "all links are taken as certain"
        row = self.changed
        false = round(self.n_false_links)
        doubt = (
            f"mean match probability {self.match_probability:.4f}, so that "
            f"{f'about {false:,}' if false else 'fewer than 1'} of the {self.n:,} pairs "
            f"{_are(max(false, 1))} expected to be two different people"
        )
        if self.linkage_error == "ignore":
            return f"linkage error is ignored, so change looks larger than it is: {doubt}"
        return (
            f"corrected for false links: {doubt}; changed: {row.unadjusted:.4f} of the pairs as they are, "
            f"{row.estimate:.4f} corrected ({row.estimate - row.unadjusted:+.4f})"
        )


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
