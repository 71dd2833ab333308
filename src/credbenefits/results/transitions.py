"""What the same people answered in two waves: who stayed, who moved, and the net change."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from math import isnan
from typing import TYPE_CHECKING, Any, ClassVar, Self

from credbenefits import _validation as check
from credbenefits._frozen import Content
from credbenefits.errors import InputError
from credbenefits.results.base import (
    RowsResult,
    drawing,
    kind_words,
    level_words,
    population_words,
    who_did,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from credbenefits._typing import Axes, TransitionMeasure
    from credbenefits.results.columns import Columns
    from credbenefits.results.proportions import Procedure
    from credbenefits.results.weighing.weighed import Weighed


@dataclass(frozen=True, slots=True, eq=False)
class Transition(Content):
    """One number about the answers of the same people in two waves.

    ``first`` and ``second`` are the answers in the two waves; empty where any answer counts. ``measure`` is

    - ``share``: gave both answers, of all pairs;
    - ``share_of_first``: gave the second answer, of those who gave the first;
    - ``first_wave``, ``second_wave``: gave the answer in that wave, of all pairs;
    - ``net_change``: the second of these less the first;
    - ``changed``, ``stayed``: gave different answers, the same answer, of all pairs.

    ``group`` has the value of each column of `by`. ``count`` and ``n`` are linked pairs as they are, never
    weights: numerator and base. ``unadjusted`` is count / n, or the weighted proportion of these pairs; it is
    also the ``estimate`` where no false links were corrected for. ``std_error`` is NaN where all pairs of the
    base are alike: the formula's 0 would pass for certainty. Limits are NaN, with the flag ``no_interval``,
    where the correction or the replicates leave none, and for a net change that is the same in all sampling
    units of a design. ``n_effective`` is the number of people, drawn one by
    one and linked for certain, who would tell as much. ``df`` are the design's degrees of freedom, NaN where
    there is no design.

    ``n_not_asked`` are the linked pairs that are not in ``n`` because the person was not asked in one of the
    waves; ``n_refused``, ``n_skipped``, ``n_code`` (an answer declared as missing, without a reason) and
    ``n_blank`` are those whose answer is missing, by the reason in the first wave if it is missing there,
    else by that in the second; ``n_missing`` is the sum of these four. With ``n`` they are all linked pairs,
    or for ``share_of_first`` those of them who gave the first answer.
    """

    measure: str
    first: str
    second: str
    group: tuple[tuple[str, str], ...]
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    count: int
    n: int
    unadjusted: float
    n_effective: float
    df: float
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

    It holds columns, and makes the rows of them when somebody asks. ``len()`` and a loop are over the rows.
    ``result["share"]`` is the same result with the rows of that
    measure only; the label of the question is a name for all rows. What the result says of all pairs
    (``changed``, :meth:`find` and so on) stays. A name that no row has raises
    :class:`~credbenefits.errors.RowNotFoundError`.

    Attributes
    ----------
    columns : Columns
        One for each attribute of :class:`Transition`: ``result.columns["estimate"]`` is a read-only array.
    rows : tuple of Transition
        All numbers: every pair of answers, who changed and who stayed, both waves, and the net change; each
        of them group by group.
    label : str
        What was asked.
    item : str
        The column of the first wave that it is in.
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
    by : tuple of str
        Columns of the first wave that define the groups. The numbers of linked pairs above are of all groups.
    population : str
        Whom weighted estimates speak for; empty where there are no weights.
    population_size : int
        How many they are; 0 where there are no weights.
    procedure : Procedure
        How the numbers and their intervals were made.

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

    _KIND: ClassVar[str] = "transitions"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("measure",)
    _ROW: ClassVar[Any] = Transition
    #: Columns of ``to_frame()`` beside those of `by`, which therefore cannot be called so.
    COLUMNS: ClassVar[tuple[str, ...]] = tuple(f.name for f in fields(Transition) if f.name != "group")

    columns: Columns[Transition]
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
    by: tuple[str, ...]
    population: str
    population_size: int
    procedure: Procedure
    #: All rows, where `columns` are some of them.
    _all: Columns[Transition] | None = None
    item: str = ""
    _weighed: Weighed | None = field(default=None, compare=False)

    @property
    def rows(self) -> tuple[Transition, ...]:
        """All numbers, made of the columns when first asked for."""
        return self.columns.rows

    @property
    def weighted(self) -> bool:
        """Whether weights were used."""
        return any("weighted" in flags for flags in self.columns["flags"])

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups, each with its value of every column of `by`."""
        every = self._every["group"]
        return tuple(dict.fromkeys(tuple(value for _, value in group) for group in every))

    @property
    def _every(self) -> Columns[Transition]:
        return self.columns if self._all is None else self._all

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

    def find(
        self,
        measure: TransitionMeasure,
        first: str = "",
        second: str = "",
        *,
        group: str | Sequence[str] | None = None,
    ) -> Transition:
        """Return one number: what it measures, the answer in the first wave, and in the second.

        Parameters
        ----------
        measure, first, second : str
            As they stand in the row.
        group : str or list of str, optional
            The value of each column of `by`; needed where there are several groups.

        Examples
        --------
        >>> import pandas as pd, credbenefits as cb
        >>> before = pd.DataFrame({"id": [*"abcd"], "job": [1, 0, 0, 1], "site": [*"nnss"]})
        >>> after = pd.DataFrame({"id": [*"abcd"], "job": [1, 1, 0, 0]})
        >>> panel = cb.link_waves({"before": before, "after": after}, on="id")
        >>> cb.transitions(panel, "job", by="site").find("net_change", "yes", "yes", group="n").count
        1
        """
        wanted = (measure, first, second)
        every = self._every
        names = zip(*(every[name] for name in ("measure", "first", "second")), strict=True)
        where = self._group(group)
        for place, name in enumerate(names):
            if name == wanted and tuple(value for _, value in every["group"][place]) == where:
                return every.rows[place]
        raise InputError(
            "measure",
            allowed="a measure and answers that are in the rows",
            value=wanted,
            fix="See to_frame(), columns measure, first and second.",
        )

    def _group(self, group: str | Sequence[str] | None) -> tuple[str, ...]:
        """Return the group that is meant."""
        groups = self.groups
        if group is None and len(groups) == 1:
            return groups[0]
        given = (group,) if isinstance(group, str) else tuple(group or ())
        if given not in groups:
            raise InputError(
                "group",
                allowed=f"a group of {' and '.join(self.by)}" if self.by else "None, as there are no groups",
                value=group,
                fix=f"The groups are {check.listing(' x '.join(each) for each in groups)}."
                if self.by
                else "Leave it out.",
            )
        return given

    def _only_yes_no(self, name: str) -> None:
        if self.levels != ("yes", "no"):
            raise InputError(
                name,
                allowed="a yes/no item",
                received=f"the answers {check.listing(self.levels)}",
                fix="Use find(), or name one answer: Item('column', yes=[...]).",
            )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw an arrow from each proportion in the first wave to that in the second; returns the axes.

        It is drawn of the net changes among the rows. Without `ax` the axes are new, as in
        ``ProportionsResult.plot``.

        Raises
        ------
        InputError
            When no row is a net change.
        MissingExtraError
            When matplotlib is not installed (the extra ``plot``).
        """
        return drawing("change", "plot_change")(self, ax=ax)

    def __len__(self) -> int:
        return len(self.columns)

    def _called(self) -> Iterable[tuple[object, ...]]:
        return [(measure, self.label) for measure in self.columns["measure"]]

    def _picked(self, places: Sequence[int]) -> Self:
        weighed = self._weighed and self._weighed.at(places)
        return replace(self, columns=self.columns.take(places), _all=self._every, _weighed=weighed)

    def _title(self) -> str:
        first, second = self.waves
        whom = f"one person among the {self.people}" if self.n == 1 else f"same {self.n:,} {self.people}"
        weighted = population_words(self.population, self.population_size)
        weighted = f", weighted to {weighted}" if weighted else ", weighted" if self.weighted else ""
        return (
            f"{self.label} in {first} and in {second}, of the {who_did(whom, 'answered both')}{weighted} "
            f"({level_words(self.confidence_level)} intervals)"
        )

    def _columns(self) -> dict[str, list[Any]]:
        own = {name: self.columns.cells(name) for name in self.COLUMNS}
        own["flags"] = [", ".join(flags) for flags in own["flags"]]
        groups = {
            name: [group[place][1] for group in self.columns["group"]] for place, name in enumerate(self.by)
        }
        return {name: own.pop(name) for name in ("measure", "first", "second")} | groups | own

    def _shown(self) -> Sequence[str]:
        unadjusted = ("unadjusted",) if self.linkage_error == "adjust" else ()
        sized = ("n_effective",) if self.weighted or self.procedure.variance != "kish" else ()
        return (
            "measure",
            "first",
            "second",
            *self.by,
            "estimate",
            "conf_low",
            "conf_high",
            "count",
            "n",
            *sized,
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
        kinds = [0, *(self._of_all_pairs(name) for name in ("n_refused", "n_skipped", "n_code", "n_blank"))]
        why = f" ({kind_words(kinds)})" if any(kinds[:-1]) else ""
        return f"{who} {_are(self.n_missing)} left out, their answer is missing: {reported}{why}"

    def _of_all_pairs(self, name: str) -> int:
        """Add up people over the groups."""
        every = self._every
        return sum(
            n for n, measure in zip(every.cells(name), every["measure"], strict=True) if measure == "changed"
        )

    def _not_asked(self) -> tuple[str, ...]:
        if not self.n_not_asked:
            return ()
        who = f"{self.n_not_asked:,} of the {self.n_linked:,} people found in both waves"
        return (f"{who} {_are(self.n_not_asked)} left out, they were not asked in one of them or in both",)

    def _linkage(self) -> str:
        if self.match_probability == 1:
            return "all links are taken as certain"
        false = round(self.n_false_links)
        doubt = (
            f"mean match probability {self.match_probability:.4f}, so that "
            f"{f'about {false:,}' if false else 'fewer than 1'} of the {self.n:,} pairs "
            f"{_are(max(false, 1))} expected to be two different people"
        )
        if self.linkage_error == "ignore":
            return f"linkage error is ignored, so change looks larger than it is: {doubt}"
        if len(self.groups) > 1:
            return f"corrected for false links: {doubt}"
        row = self.changed
        if isnan(row.estimate):
            return f"corrected for false links: {doubt}"
        return (
            f"corrected for false links: {doubt}; changed: {row.unadjusted:.4f} of the pairs as they are, "
            f"{row.estimate:.4f} corrected ({row.estimate - row.unadjusted:+.4f})"
        )


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
