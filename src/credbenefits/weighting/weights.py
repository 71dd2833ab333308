"""Weights: values, whom they speak for, what was done to them, what they cost and what they leave undone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import WeightsPlot
from credbenefits.counts.coding.weights import (
    RowWeights,
    all_zero,
    read_weights,
)
from credbenefits.errors import InputError, MethodError
from credbenefits.frames.boundary import PERSON, kind_of, read
from credbenefits.frames.people import people_of
from credbenefits.results.base import TableResult, drawing, many
from credbenefits.weighting.alerts import of_column
from credbenefits.weighting.recipe import check_multipliers
from credbenefits.weighting.record import Target, effective_size
from credbenefits.weighting.replicates import Known, replicate_columns
from credbenefits.weighting.steps.trim import untrimmed
from credbenefits.weighting.uses import rows
from credbenefits.weighting.uses.held import Held
from credbenefits.weighting.uses.offered import Uses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Axes, FloatArray, Frame, IntArray, IntoDataFrame, MadeReplicates, RNGLike
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.results.tables import BalanceResult
    from credbenefits.results.weighing.alert import Alert
    from credbenefits.weighting.recipe import Recipe
    from credbenefits.weighting.record import Choices, Steps, Unlinked
    from credbenefits.weighting.replicates import WeightReplicates
    from credbenefits.weighting.uses.everybody import EverybodyRows


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Weights(Uses, TableResult):
    """Weights on people or on rows, from :func:`credbenefits.attrition_weights` or :meth:`from_column`.

    All that takes ``weights=`` takes them.

    Attributes
    ----------
    weight : array, shape (n,)
        The weights.
    ids : array of int, shape (n,), or None
        The ``person`` of each weight. None where the weights are of the rows of a data frame, in order.
    target : Target
        Whom the weighted people stand for.
    words : str
        How the weights were made, in words.
    base : Weights, str or None
        The weights that they start from, of the step before; or the column of a file that they start from or
        were taken from.
    steps : Steps
        How numbers were cut, and the weights after each step: respondents, sum, variation,
        n_effective, largest to median.
    balance : BalanceResult or None
        Respondents against the population, before and after weighting; None where nobody compared them.
    alerts : tuple of Alert
        What a reader must know.
    recipe : mapping
        Everything needed to make the same weights again: the arguments of the call. :meth:`to_json` saves it.
    everybody : array of int or None
        The ``person`` of everybody in the population, for :meth:`replicate`; None for weights on rows. In a
        chain, of the population where it starts.
    choices : Choices or None
        Where several waves had to be answered: how many people have a weight, and would without each wave.
    unlinked : Unlinked or None
        People who answered and are not in the population wave, so have no weight: how they differ, in the
        wave that they answered, from those who are.
    left_out : mapping of str to array of int
        The ``person`` of everybody who answered and has no weight, by reason: not in the population wave, not
        eligible, no weight before.
    """

    _KIND: ClassVar[str] = "weights"

    weight: FloatArray
    ids: IntArray | None
    target: Target
    words: str
    base: Weights | str | None
    steps: Steps
    balance: BalanceResult | None
    alerts: tuple[Alert, ...]
    recipe: Mapping[str, Any]
    everybody: IntArray | None
    _run: Recipe | None = None
    choices: Choices | None = None
    unlinked: Unlinked | None = None
    left_out: Mapping[str, IntArray] = field(default_factory=dict)
    _unweighted: IntArray | None = None
    _rows_of_all: EverybodyRows | None = field(default=None, compare=False)

    @property
    def population(self) -> str:
        """Whom the weighted people stand for, in words."""
        return self.target.words

    @property
    def population_size(self) -> int | None:
        """How many they are, if that is known; weights from :func:`attrition_weights` add up to it."""
        return self.target.size

    @property
    def wave(self) -> str:
        """Wave of the respondents, or waves; empty where there is none."""
        return self.target.wave

    @property
    def to(self) -> str:
        """Wave that is the population; empty where there is none."""
        return self.target.to

    @property
    def values(self) -> Frame:
        """One row per weight: ``person`` (for weights on people) and ``weight``.

        A data frame of the kind that the data were.
        """
        return TableResult.to_frame(self)

    def _frame_columns(self) -> dict[str, IntArray | FloatArray]:
        return ({} if self.ids is None else {PERSON: self.ids}) | {"weight": self.weight}

    @property
    def n(self) -> int:
        """People who have a weight above 0."""
        return int(np.count_nonzero(self.weight))

    @property
    def n_effective(self) -> float:
        """Kish's effective sample size, (sum w)^2 / sum w^2."""
        return effective_size(self.weight)

    @property
    def deff(self) -> float:
        """Kish's design effect, n / n_effective."""
        return self.n / self.n_effective

    @property
    def untrimmed(self) -> Weights | None:
        """The same weights as they would be without trimming; None where nothing was trimmed.

        What trimming moves an estimate by, and the variance it saves, is the difference of estimates that are
        made with both.
        """
        run = None if self._run is None else untrimmed(self._run)
        if run is None:
            return None
        weight = run.replicate(np.ones((1, run.n_people)))[0]
        return replace(self, weight=weight, words=run.words, recipe={**self.recipe, "trim": None}, _run=run)

    def of(self, frame: NarwhalsFrame) -> RowWeights:
        """Return the weight of each row of a frame, and whom they speak for.

        Raises
        ------
        InputError
            If the rows are not those that have the weights: other people, or for weights on rows another
            number of rows, or another order.
        """
        return rows.of(self._held, frame)

    def for_people(self, people: IntArray) -> FloatArray:
        """Return the weights of these people, in their order.

        Raises
        ------
        InputError
            If an id repeats, or has no weight here: somebody outside the population, or a
            person of another panel; for weights on rows, which know no people.
        """
        if self.ids is None:
            raise InputError(
                "weights",
                allowed="weights on people",
                received=f"weights on the rows of a data frame (column {self.base!r})",
                fix=f"Make them of the rows that panel.wave() gives, which have a column {PERSON!r}.",
            )
        return self.weight[rows.places(self._held, people)]

    @classmethod
    def from_column(
        cls, data: IntoDataFrame, column: str, *, population: str, population_size: int | None = None
    ) -> Self:
        """Take weights from a column of the file, and say whom they speak for.

        A bare ``weights="w"`` gives the same estimates. These also say in words whom the estimates are for,
        what the weights cost, and what a reader must know.

        Parameters
        ----------
        data : data frame
            One row per person. Rows of :meth:`credbenefits.Panel.wave`, which have ``person``, make weights
            on people, which other rows of the same panel can have too. Other rows make weights on rows: they
            are for these rows, in this order, while they have the column.
        column : str
            Column of weights: finite numbers of at least 0. Who has the weight 0 takes no part.
        population : str
            Whom the weighted people stand for, in words ("adults in Ohio").
        population_size : int, optional
            How many they are. It is printed, and changes no estimate: only the ratios of weights matter.

        Returns
        -------
        Weights
            With ``steps`` and ``alerts``, and no ``balance``: the file does not say how people of the
            population differ from those who answered.

        Raises
        ------
        InputError
            For an unknown column, weights that are negative, missing, infinite or all 0, a person in several
            rows, a blank population, or a size that is no whole number above 0.

        Examples
        --------
        >>> import pandas as pd, credbenefits as cb
        >>> data = pd.DataFrame({"job": ["yes", "yes", "no", "no"], "w": [1.0, 1.0, 3.0, 5.0]})
        >>> weights = cb.Weights.from_column(data, "w", population="adults in Ohio")
        >>> weights.n, round(weights.n_effective, 2)
        (4, 2.78)
        >>> row = cb.proportions(data, "job", weights=weights).rows[0]
        >>> row.estimate, row.estimate_unweighted
        (0.2, 0.5)
        """
        frame = read(data)
        check.column("column", column, frame.columns, "the data")
        weight = read_weights(frame, column).weight
        assert weight is not None
        if not weight.any():
            raise all_zero(f"column {column!r}")
        words = check.text("population", population)
        size = population_size
        if size is not None:
            size = check.whole_number("population_size", size, least=1)
        ids = people_of(frame, needed=False)
        kind = kind_of(frame)
        steps, alerts = of_column(column, weight[weight > 0], kind)
        recipe = {"column": column, "population": words, "population_size": size}
        made = f"as they stand in the column “{column}”"
        target = Target(words, size)
        return cls(weight, ids, target, made, column, steps, None, alerts, recipe, ids, frame_kind=kind)

    def replicate(self, multipliers: FloatArray) -> FloatArray:
        """Make the weights again for replicates of the people, all at once.

        The whole population is drawn again, those who did not answer too: with other people, other levels
        are rare, the model of answering is another one, and so are the cap and the weights. That is what a
        bootstrap of estimated weights needs.

        Parameters
        ----------
        multipliers : array, shape (replicates, people)
            How often each person of ``everybody`` is in each replicate: finite, at least 0. Whole numbers are
            copies. For weights on rows, those of each row.

        Returns
        -------
        array, shape (replicates, n)
            The weights of those who have one, in the order of ``ids``, times their multipliers. With
            multipliers of 1 they are ``weight``. Weights from a column are known: they are multiplied only.

        Raises
        ------
        InputError
            For multipliers of another shape, or that are negative, missing or infinite.
        SeparationError
            When the covariates tell the respondents of a replicate exactly apart.

        Notes
        -----
        Whole multipliers give what :func:`credbenefits.attrition_weights` makes of a file in which everybody
        is repeated so often: levels where nobody or everybody of the replicate answered are pooled, the model
        is fitted, weights are capped at a multiple of their median, and rescaled to the people of the
        replicate. Numbers are cut where the recipe says. Where everybody in a replicate answered, each has
        the weight 1, and where none of the respondents is in it, all weights are 0.

        Examples
        --------
        >>> import numpy as np, credbenefits as cb
        >>> panel = cb.link_waves(cb.load_credentials(), on=["learner_id", "email"])
        >>> weights = cb.attrition_weights(panel, "education", wave="followup", to="completion")
        >>> drawn = np.random.default_rng(1).multinomial(2_288, np.full(2_288, 1 / 2_288), 3)
        >>> made = weights.replicate(drawn)
        >>> made.shape, made.sum(axis=1).round(6)
        ((3, 111), array([2288., 2288., 2288.]))
        """
        n_people = self.weight.size if self.everybody is None else self.everybody.size
        times = check_multipliers(multipliers, n_people)
        return times * self.weight if self._run is None else self._run.replicate(times)

    def replicate_weights(
        self,
        kind: MadeReplicates = "bootstrap",
        *,
        n_replicates: int | None = None,
        rng: RNGLike = None,
    ) -> WeightReplicates:
        """Make columns of replicate weights, to use here or to give away with a file.

        Each column is what the whole recipe makes of other people, so whoever has them needs no recipe.

        Parameters
        ----------
        kind : {"bootstrap", "jackknife"}
            Draw from everybody with replacement, or leave out each person, or group of people, in turn.
        n_replicates : int, optional
            Columns of the bootstrap, by default 500. Random groups of the jackknife; by default everybody is
            one, up to 4,000 people, and of more there are 1,000.
        rng : int, SeedSequence, Generator or None
            Of the bootstrap. The groups of the jackknife are always the same.

        Returns
        -------
        WeightReplicates
            ``values`` is a data frame: ``person`` (for weights on people; the panel's own number, no key),
            ``weight``, and ``w_1`` to ``w_R``. ``spec`` are :class:`ReplicateWeights` that name these.

        Raises
        ------
        InputError
            For an unknown kind, fewer than two replicates, more groups than people, a seed for the jackknife.

        Warns
        -----
        DataWarning
            Where no weights could be made for some replicates. These are left out, which ``spec`` allows for.

        Examples
        --------
        >>> import credbenefits as cb
        >>> panel = cb.link_waves(cb.load_credentials(), on=["learner_id", "email"])
        >>> weights = cb.attrition_weights(panel, "education", wave="followup", to="completion")
        >>> made = weights.replicate_weights(n_replicates=200, rng=1)
        >>> data = panel.wave("followup", also_in="completion").merge(made.values, on="person")
        >>> design = cb.SurveyDesign(replicate_weights=made.spec)
        >>> row = cb.proportions(data, "first_job", weights="weight", design=design).rows[0]
        >>> drawn = {"variance": "bootstrap", "bootstrap": cb.Bootstrap(n_resamples=200, rng=1)}
        >>> same = cb.proportions(data, "first_job", weights=weights, **drawn).rows[0]
        >>> abs(row.std_error - same.std_error) < 1e-12
        True
        """
        recipe = Known(self.weight) if self._run is None else self._run
        return replicate_columns(
            recipe,
            self._frame_columns(),
            kind,
            n_replicates=n_replicates,
            rng=rng,
            frame_kind=self.frame_kind,
        )

    @property
    def _held(self) -> Held:
        """All of it, as the uses of weights take it."""
        return Held(
            self.weight,
            self.ids,
            self.everybody,
            self._unweighted,
            self._run,
            self.target,
            f"{self.base}",
            self.recipe,
            self.alerts,
            self.balance,
            self.words,
            self._rows_of_all,
        )

    def _title(self) -> str:
        whose = f" who answered {self.wave}" if self.wave else ""
        return (
            f"Weights of {many(self.n, 'person', 'people')}{whose}, standing for {self.target.whom}; "
            f"n_effective {self.n_effective:.1f}, deff {self.deff:.2f}"
        )

    def _columns(self) -> dict[str, list[Any]]:
        return self.steps._columns()

    def _notes(self) -> Sequence[str]:
        return tuple(alert.note for alert in self.alerts)

    def to_frame(self) -> Frame:
        """Return the weights, as ``values`` does."""
        return self.values

    def plot(self, kind: WeightsPlot = "love", ax: Axes | None = None) -> Axes:
        """Draw the weights; returns the matplotlib Axes.

        Parameters
        ----------
        kind : {"love", "histogram", "shares"}
            The balance before and after weighting (Love plot); how many people have which weight; or which
            part of all weight the people carry who have the largest weights.
        ax : matplotlib Axes, optional
            Without it the axes are new, as in ``ProportionsResult.plot``.

        Raises
        ------
        InputError
            For another kind.
        MethodError
            For "love" where there is no ``balance``.
        """
        check.choice("kind", kind, WeightsPlot)
        if kind != "love":
            return drawing("weights", f"plot_{kind}")(self.weight[self.weight != 0], ax=ax)
        if self.balance is None:
            raise MethodError(
                "weights",
                allowed="weights that were compared with the population",
                received=f"weights {self.words}, which come without a balance",
                fix="Draw what they cost: plot(kind='histogram'), plot(kind='shares').",
            )
        return self.balance.plot(ax=ax)


def recipe_of(weights: Weights) -> Recipe | None:
    """Return the recipe that made weights; None for those of a column."""
    return weights._run


def rows_of_all(weights: Weights) -> EverybodyRows | None:
    """Return where all that is known stands of everybody whom weights were made of."""
    return weights._rows_of_all
