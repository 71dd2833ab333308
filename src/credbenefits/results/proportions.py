"""Proportions with their bases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from credbenefits._frozen import Content
from credbenefits.results.base import (
    KIND_COLUMNS,
    drawing,
    kinds_reported,
    level_words,
    population_words,
)
from credbenefits.results.columns import ColumnsResult
from credbenefits.results.output import frame_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from credbenefits._typing import Axes, Frame, FrameKind
    from credbenefits.results.replicates import Replicates
    from credbenefits.results.weighing.weighed import Weighed


#: How the words of a step end where people of weight 0 are left out with it.
AND_A_WEIGHT = " and a weight"


@dataclass(frozen=True, slots=True, eq=False)
class Rung(Content):
    """One step of a ladder of nested subsets: who, how many, and of how many who answered."""

    words: str
    n: int
    of: int


@dataclass(frozen=True, slots=True, eq=False)
class Procedure(Content):
    """How proportions and their intervals were made.

    ``method`` and ``variance`` are the options of :func:`credbenefits.proportions`. ``strata`` and
    ``clusters`` say how many there are, 0 where none were named. ``replicates`` is how many the variance or
    the interval comes from, 0 where it comes from none, and ``replicate_kind`` how they were made
    ("rao_wu", "jk1").
    """

    method: str
    variance: str
    strata: int
    clusters: int
    finite_population: bool
    replicates: int
    replicate_kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Account(Content):
    """Where the rows of one item went: everything that came in is in exactly one place."""

    item: str
    rows: int
    outside_subset: int
    subset_unknown: int
    group_missing: int
    zero_weight: int
    not_asked: int
    refused: int
    skipped: int
    code: int
    blank: int
    answered: int

    @property
    def unanswered(self) -> int:
        """Rows of people who were asked and did not answer."""
        return self.refused + self.skipped + self.code + self.blank


def account_frame(accounts: Sequence[Account], kind: FrameKind) -> Frame:
    """Return accounts as a frame, one line per item."""
    return frame_of(kind, {f: [getattr(a, f) for a in accounts] for f in Account.__dataclass_fields__})


def accounts_of(items: Iterable[str], accounts: Sequence[Account]) -> tuple[Account, ...]:
    """Return the accounts of some items."""
    named = set(items)
    return tuple(account for account in accounts if account.item in named)


@dataclass(frozen=True, slots=True, eq=False)
class Proportion(Content):
    """One estimated proportion and all that is needed to state it honestly.

    ``counts_as_yes`` are the answers declared as yes, ``level`` those of them that somebody gave.
    ``count`` and ``n`` are people, never weights: the numerator and the denominator before weighting. Who has
    no weight, or the weight 0, is in neither. ``estimate_unweighted`` is count / n: the proportion of exactly
    the people that ``estimate`` weights, and NaN where nobody answered.
    ``missing`` says how many gave which kind of no answer, and so do ``n_not_asked``, ``n_refused``,
    ``n_skipped``, ``n_code`` (an answer declared as missing, without a reason) and ``n_blank``: with n they
    are everybody in the group who has a weight. ``n_missing`` are those of them who were asked, and
    ``response_rate`` is n of n + n_missing. ``df`` are the design's degrees of freedom, NaN where there is
    no design.
    ``bound`` is the one-sided limit where nobody (upper) or everybody (lower) said yes: exact for an
    unweighted simple random sample, and otherwise that of such a sample of ``n_effective`` people.
    ``std_error`` is NaN there: the formula's 0 would pass for certainty. ``n_effective`` is infinite where
    all of the population was drawn. ``above`` are the steps of the ``ladder`` down to the group.
    """

    item: str
    label: str
    level: str
    counts_as_yes: tuple[str, ...]
    group: tuple[tuple[str, str], ...]
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    count: int
    n: int
    n_missing: int
    n_not_asked: int
    n_refused: int
    n_skipped: int
    n_code: int
    n_blank: int
    missing: tuple[tuple[str, int], ...]
    response_rate: float
    n_effective: float
    deff: float
    df: float
    method: str
    flags: tuple[str, ...]
    bound: float
    base: str
    above: tuple[Rung, ...]
    estimate_unweighted: float

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """The steps from everybody to those who said yes: subsets, the group, who was asked, the answer."""
        asked = self.n + self.n_missing
        here = asked + self.n_not_asked
        were_asked = (Rung("asked", asked, here),) if self.n_not_asked else ()
        return (*self.above, *were_asked, Rung(f"reported {self.label}", self.count, self.n))

    @property
    def key(self) -> tuple[object, ...]:
        """What the number is about: the same for its weighted and unweighted version."""
        return self.item, self.counts_as_yes, self.group, self.ladder[0].words, self.outer, self.label

    @property
    def outer(self) -> tuple[str, ...]:
        """What people reported who are in the base: empty unless the proportion is of a subset."""
        steps = (rung.words for rung in self.ladder[1:-1])
        return tuple(w.removeprefix("reported ") for w in steps if w.startswith("reported "))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ProportionsResult(ColumnsResult[Proportion]):
    """Proportions of people, from :func:`credbenefits.proportions`.

    It holds columns, and makes the rows of them when somebody asks. ``len()`` and a loop are over the rows.
    ``result["job"]`` is the same result with only the rows of that
    item or label, and their accounts: it prints, plots and becomes a frame like any other. A name that
    no row has raises :class:`~credbenefits.errors.RowNotFoundError`.

    Attributes
    ----------
    columns : Columns
        One for each attribute of :class:`Proportion`: ``result.columns["estimate"]`` is a read-only array of
        all estimates.
    rows : tuple of Proportion
        One per item and group, in the order asked for.
    people : str
        Who the rows of the data are, in words.
    population : str
        Whom weighted estimates speak for; empty when there are no weights.
    population_size : int
        How many they are; 0 when there are no weights.
    by : tuple of str
        Columns that define the groups.
    confidence_level : float
        Level of the intervals.
    account : tuple of Account
        Where the rows went, per item.
    notes : tuple of str
        What a reader must know, printed under the table.
    procedure : Procedure
        How the proportions and their intervals were made.
    replicates : Replicates or None
        The replicate estimates, if they were to be kept; of all rows that were estimated together.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"job": [1, 0, 1], "raise": [0, 0, 1], "role": ["a", "b", "b"]})
    >>> result = cb.proportions(data, ["job", "raise"], by="role")
    >>> len(result), [row.count for row in result], [row.count for row in result["job"]]
    (4, [1, 1, 0, 1], [1, 1])
    >>> result["jobs"]
    Traceback (most recent call last):
    credbenefits.errors.RowNotFoundError: `name`: expected what rows are called (item or label); got 'jobs'. \
Did you mean 'job'?
    """

    _KIND: ClassVar[str] = "proportions"
    _ROW: ClassVar[Any] = Proportion

    #: Columns of ``to_frame()`` beside those of `by`, which therefore cannot be called so.
    COLUMNS: ClassVar[tuple[str, ...]] = (
        "item",
        "level",
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "count",
        "n",
        "n_missing",
        "n_effective",
        "deff",
        "method",
        "flags",
        "bound",
        "df",
        *KIND_COLUMNS,
        "response_rate",
        "label",
        "base",
        "estimate_unweighted",
    )

    people: str
    population: str
    population_size: int
    by: tuple[str, ...]
    confidence_level: float
    account: tuple[Account, ...]
    notes: tuple[str, ...]
    procedure: Procedure
    replicates: Replicates | None = None
    _weighed: Weighed | None = field(default=None, compare=False)

    def _picked(self, places: Sequence[int]) -> Self:
        columns, weighed = self.columns.take(places), self._weighed
        if weighed is not None:
            weighed = weighed.at(places)
        account = accounts_of(columns["item"], self.account)
        return replace(self, columns=columns, account=account, _weighed=weighed)

    def _title(self) -> str:
        whom = population_words(self.population, self.population_size)
        whom = f", weighted to {whom}" if whom else ", weighted" if self.weighted else ""
        return f"Proportions of {self.people}{whom} ({level_words(self.confidence_level)} intervals)"

    def _columns(self) -> dict[str, list[Any]]:
        own = {name: self.columns.cells(name) for name in self.COLUMNS}
        own["flags"] = [", ".join(flags) for flags in own["flags"]]
        groups = {
            name: [group[place][1] for group in self.columns["group"]] for place, name in enumerate(self.by)
        }
        return {"item": own.pop("item"), "level": own.pop("level"), **groups, **own}

    def _shown(self) -> Sequence[str]:
        # A column's name alone does not say which answer, cut or joint proportion a number is of.
        what = "item" if all(r.label == r.item for r in self.rows) else "label"
        return (
            what,
            *self.by,
            *(["estimate_unweighted"] if self.weighted else []),
            "estimate",
            "conf_low",
            "conf_high",
            "count",
            "n",
            "n_missing",
            *kinds_reported(self.rows),
            "n_effective",
            "flags",
            "base",
        )

    def _notes(self) -> Sequence[str]:
        zeros = [
            f"{r.label}: {r.count if r.n == 1 else 'none' if r.count == 0 else 'all'} of {r.base}; rates "
            f"{'above' if r.count == 0 else 'below'} {r.bound:.3f} are ruled out at "
            f"{level_words(self.confidence_level)} (one-sided, {self._size_words(r)})"
            for r in self.rows
            if r.count in {0, r.n}
            and 0 < r.bound < 1  # it is NaN without df; all was drawn where it is 0 or 1
        ]
        how = dict.fromkeys(f"intervals: {r.method}" for r in self.rows if r.method != "wilson")
        return (*zeros, *how, *self.notes)

    @staticmethod
    def _size_words(row: Proportion) -> str:
        """Describe the sample that the bound is for: exact for people drawn one by one, without weights."""
        plain = row.df != row.df and row.n_effective == row.n and "weighted" not in row.flags
        return "exact" if plain else f"for n_effective {row.n_effective:,.1f}"

    def accounts(self) -> Frame:
        """Return where the rows of the data went: one line per item, adding up to all rows."""
        return account_frame(self.account, self.frame_kind)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each proportion as a dot with its interval; returns the matplotlib Axes.

        Without `ax` the axes are new, on a figure of their own that looks the same whatever the settings of
        matplotlib are. A notebook shows them where they end a cell, and ``axes.figure.savefig("name.png")``
        saves them. It is no figure of pyplot: for ``plt.show()``, and for settings and styles of your own,
        give ``ax=plt.subplots()[1]``. All other plots do the same.

        Raises
        ------
        MissingExtraError
            When matplotlib is not installed (the extra ``plot``).

        Examples
        --------
        >>> import pandas as pd, credbenefits as cb
        >>> axes = cb.proportions(pd.DataFrame({"job": [1, 0, 1]}), "job").plot()
        >>> axes.get_xlabel()
        'percent of those in the base, with 95% intervals'
        """
        return drawing("findings", "plot_proportions")(self, ax=ax)
