"""Weights: values, whom they speak for, what was done to them, what they cost and what they leave undone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.weights import (
    Estimated,
    RowWeights,
    all_zero,
    left_out_words,
    read_weights,
)
from credbenefits.errors import InputError, MethodError
from credbenefits.frames.boundary import PERSON, floats, kind_of, read
from credbenefits.frames.people import people_of, refuse_repeated
from credbenefits.results.base import TableResult, many
from credbenefits.weighting.alerts import of_column
from credbenefits.weighting.recipe import check_multipliers, plain
from credbenefits.weighting.record import Target, effective_size
from credbenefits.weighting.replicates import Known, replicate_columns
from credbenefits.weighting.steps.trim import untrimmed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Axes, FloatArray, Frame, IntArray, IntoDataFrame, MadeReplicates, RNGLike
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.results.tables import BalanceResult
    from credbenefits.weighting.recipe import Recipe
    from credbenefits.weighting.record import Alert, Choices, Steps, Unlinked
    from credbenefits.weighting.replicates import WeightReplicates


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Weights(TableResult):
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
        Everything needed to make the same weights again: the arguments of the call. :meth:`recipe_json` is
        the same as text.
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
        target, size, n = self.target, self.target.size or 0, self.n if self._run else 0
        if (self.weight < 0).any():
            raise negative_weights()
        if self.ids is None:
            weight = self._of_rows(frame)
            return RowWeights(weight, target.words, size, n, estimated=self._again(np.arange(weight.size)))
        people = people_of(frame, needed=True)
        assert people is not None
        place = self._places_of(people)
        weight = np.append(self.weight, 0.0)[place]
        note = left_out_words(self.n, self.n - int(np.count_nonzero(weight)), target.whom)
        return RowWeights(weight, target.words, size, n, note, self._again(place))

    def _again(self, place: IntArray) -> Estimated | None:
        """Return what makes the weights of rows again, given the place of each; None where they are known."""
        if self._run is None:
            return None
        if self.ids is None or self.everybody is None:
            person = np.arange(self.weight.size)
        else:
            order = np.argsort(self.everybody, kind="stable")
            person = order[np.searchsorted(self.everybody[order], self.ids)]
        return Estimated(self._run, self.weight, person, place)

    def _places_of(self, people: IntArray) -> IntArray:
        """Return the place of each of these people's weights: -1 for those who are known to have none."""
        if self._unweighted is None or not self._unweighted.size:
            return self._places(people)
        weighted = ~np.isin(people, self._unweighted)
        result = np.full(people.size, -1)
        result[weighted] = self._places(people[weighted])
        return result

    def _of_rows(self, frame: NarwhalsFrame) -> FloatArray:
        """Return the weights, if the frame has their column as it was: it tells which rows these are."""
        if self._run is not None:
            return self._of_same_rows(frame, self._run)
        name = f"{self.base}"
        if name in frame.columns and len(frame) == self.weight.size:
            if np.array_equal(floats(frame, name, "weights"), self.weight):
                return self.weight
            came = f"{len(frame):,} rows with other weights, or in another order"
        else:
            came = f"{len(frame):,} rows" + ("" if name in frame.columns else " without that column")
        raise InputError(
            "weights",
            allowed=f"the {self.weight.size:,} rows that have these weights, in their order, in {name!r}",
            received=came,
            fix="Use among= for a subset, or Weights.from_column() with these rows.",
        )

    def _of_same_rows(self, frame: NarwhalsFrame, run: Recipe) -> FloatArray:
        """Return weights that were made of the rows, if the columns they were made of are as they were."""
        names = [c.name for c in run.sample.calibrated]
        same = len(frame) == self.weight.size and all(name in frame.columns for name in names)
        gone = self.recipe["missing"]
        if same and all(c.is_column_of(frame, gone) for c in run.sample.calibrated):
            return self.weight
        raise InputError(
            "weights",
            allowed=f"the {self.weight.size:,} rows that these weights were made of, in their order",
            received=f"{len(frame):,} rows, with other answers in {check.listing(names)} or in another order",
            fix="Use among= for a subset, or make the weights of these rows.",
        )

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
        return self.weight[self._places(people)]

    def _places(self, people: IntArray) -> IntArray:
        """Return the place of each of these people among those who have a weight."""
        assert self.ids is not None
        refuse_repeated(people)
        order = np.argsort(self.ids)
        place = np.minimum(np.searchsorted(self.ids[order], people), self.ids.size - 1)
        result = self.ids[order][place] == people
        if not result.all():
            self._refuse_strangers(int((~result).sum()), people.size)
        return order[place]

    def _refuse_strangers(self, strangers: int, n: int) -> None:
        fix = "These weights were made for another panel: make them again for this one."
        if strangers < n:
            *others, last = self.target.waves or ("",)
            also = repr([*others, self.to]) if others else repr(self.to)
            both = "all these" if others else "both"
            fix = f"Only people in {both} waves have one: use panel.wave({last!r}, also_in={also})."
            if not self.wave:
                fix = "Make the weights of a frame that has all of them."
        raise InputError(
            "weights",
            allowed=f"weights for every person in the data (these cover {len(self.weight):,})",
            received=f"{strangers:,} of {n:,} people without a weight",
            fix=fix,
        )

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

    def recipe_json(self) -> str:
        """Return ``recipe`` as JSON: the arguments of the call that makes the same weights again.

        Days among `missing` and `answers` are written as text.

        Examples
        --------
        >>> import json, pandas as pd, credbenefits as cb
        >>> data = pd.DataFrame({"w": [1.0, 3.0]})
        >>> weights = cb.Weights.from_column(data, "w", population="adults in Ohio")
        >>> cb.Weights.from_column(data, **json.loads(weights.recipe_json())) == weights
        True
        """
        return json.dumps(plain(self.recipe), ensure_ascii=False)

    def _title(self) -> str:
        whose = f" who answered {self.wave}" if self.wave else ""
        return (
            f"Weights of {many(self.n, 'person', 'people')}{whose}, standing for {self.target.whom}; "
            f"n_effective {self.n_effective:.1f}, deff {self.deff:.2f}"
        )

    def _columns(self) -> dict[str, list[Any]]:
        return self.steps._columns()

    def _notes(self) -> Sequence[str]:
        return tuple(f"{a.code}: {a.text} {a.remedy}" for a in self.alerts)

    def to_frame(self) -> Frame:
        """Return the weights, as ``values`` does."""
        return self.values

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the balance before and after weighting; returns the matplotlib Axes.

        Without `ax` the axes are new, as in ``ProportionsResult.plot``.

        Raises
        ------
        MethodError
            Where there is no ``balance``.
        """
        if self.balance is None:
            raise MethodError(
                "weights",
                allowed="weights that were compared with the population",
                received=f"weights {self.words}, which come without a balance",
                fix="Print them: the steps show what they cost.",
            )
        return self.balance.plot(ax=ax)


def recipe_of(weights: Weights) -> Recipe | None:
    """Return the recipe that made weights; None for those of a column."""
    return weights._run


def negative_weights() -> InputError:
    """Return the error for weights below 0."""
    return InputError(
        "weights",
        allowed="weights of at least 0",
        received="weights below 0, which linear calibration can give",
        fix="Calibrate with distance='raking', or with bounds=(0, 10).",
    )
