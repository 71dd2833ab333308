"""What weights offer their user beyond being weights: verdicts on estimates, a summary, a saved recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from credbenefits import _validation as check
from credbenefits.weighting.uses import saved
from credbenefits.weighting.uses.effect import Weighable, effect_of
from credbenefits.weighting.uses.summary import summary_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FrameKind, IntoDataFrame
    from credbenefits.panel.panel import Panel
    from credbenefits.results.tables import Table
    from credbenefits.results.weighing.effect import WeightEffectResult
    from credbenefits.weighting.uses.held import Held


class Uses:
    """Mixin of :class:`credbenefits.Weights`: what needs no more than what they hold."""

    __slots__ = ()

    frame_kind: FrameKind

    @property
    def _held(self) -> Held:
        raise NotImplementedError

    def effect(self, results: Weighable | Sequence[Weighable] = ()) -> WeightEffectResult:
        r"""Say what the weights change in estimates, and whether that is more than chance.

        Each row of the results stands beside the same people unweighted, with a verdict:

        - **moved**: the interval of the difference excludes 0. Weighting moves the estimate beyond chance:
          publish the weighted one, with the unweighted beside it.
        - **not moved**: it includes 0 and lies within half the width of the unweighted interval to both
          sides. Weighting moves nothing beyond chance: the unweighted estimate may be published.
        - **cannot tell**: all else, and where nobody or everybody said yes. Publish both.

        Parameters
        ----------
        results : ProportionsResult, ComparisonResult, TransitionsResult, or sequence of these
            From :func:`credbenefits.proportions`, :func:`credbenefits.compare_groups` or
            :func:`credbenefits.transitions` with these weights, all with one confidence level. At least one.

        Returns
        -------
        WeightEffectResult
            A row for each of theirs. In a brief the verdict chooses what stands at the top.

        Raises
        ------
        InputError
            For no results, or results without weights, with others, or with a column of weights; for results
            that were saved or copied, which hold no people; for several confidence levels.
        MethodError
            For results with replicate weights of a file, results with a design whose units are not known of
            everybody whom the weights were made of, results of :class:`credbenefits.Counts` with a design or
            where the weights are estimated, and change that is corrected for false links.

        Notes
        -----
        The difference is :math:`\sum_i w_i y_i / \sum_i w_i - \sum_i y_i / n`, and its variance N / (N - 1)
        times the sum of squares of how each person moves it. For weights that are known that is
        :math:`w_i (y_i - p_w) / W - (y_i - p_u) / n`, over those who answered. For estimated weights it is
        how the difference changes with the copies of each person in the population when the recipe is run
        again: weights that are taken as known would find differences far too often. The interval is
        Student's, with the effective sample less 1 degrees of freedom (of both groups less 2 in
        comparisons). Under a design these sums are those of the units' totals, with the design's degrees of
        freedom.

        In comparisons and net changes the weighted differs from the unweighted estimate by what both shares
        are moved, together. Ratios and odds ratios are compared on the scale of their logarithms:
        ``difference`` is the weighted over the unweighted one, and the unweighted interval is as wide as the
        logarithm of its ends says.

        Among estimates that weighting does not change, about one in twenty is said to have moved.

        Where weights were trimmed, each row has the shift that trimming makes, and the part of the variance
        that it saves.

        Examples
        --------
        >>> import credbenefits as cb
        >>> panel = cb.link_waves(cb.load_credentials(), on=["learner_id", "email"])
        >>> weights = cb.attrition_weights(
        ...     panel, ["education", "employment"], wave="followup", to="completion",
        ...     population="completers",
        ... )
        >>> data = panel.wave("followup", also_in="completion")
        >>> made = weights.effect(cb.proportions(data, "first_job", weights=weights))
        >>> made.to_frame()[["unweighted", "weighted", "difference", "verdict"]].round(3)
           unweighted  weighted  difference    verdict
        0       0.153     0.167       0.014  not moved
        """
        return effect_of(self._held, results)

    def summary(self) -> Table:
        """Return whom the weights are for, what they cost, and what a reader must know, as a short table.

        Examples
        --------
        >>> import pandas as pd, credbenefits as cb
        >>> data = pd.DataFrame({"w": [1.0, 1.0, 3.0, 5.0] * 30})
        >>> cb.Weights.from_column(data, "w", population="adults in Ohio").summary()
        Weights for adults in Ohio
                                                        value
        people with a weight                            120
        effective sample (n_effective)                  83.3
        design effect (deff)                            1.44
        standard errors, where weights correct nothing  20% larger
        largest weight, times the median                2.50
        part of all weight of the five largest          8.3%
        part of all weight of the largest tenth         20.0%
        sum of the weights                              300.0
        - made as they stand in the column “w”
        """
        return summary_of(self._held, self.frame_kind)

    def to_json(self) -> str:
        """Return the recipe as JSON: the call, its arguments, this library's version, a hash of the inputs.

        It is plain data, never code, and names nobody. :meth:`from_json` runs it again.

        Examples
        --------
        >>> import json, pandas as pd, credbenefits as cb
        >>> data = pd.DataFrame({"w": [1.0, 3.0]})
        >>> weights = cb.Weights.from_column(data, "w", population="adults in Ohio")
        >>> json.loads(weights.to_json())["recipe"]
        {'column': 'w', 'population': 'adults in Ohio', 'population_size': None}
        """
        return saved.write(self._held)

    @classmethod
    def from_json(
        cls, text: str, data: Panel | IntoDataFrame, *, base: Self | None = None, new_data: bool = False
    ) -> Self:
        """Make weights again by a recipe that :meth:`to_json` wrote.

        Parameters
        ----------
        text : str
            What :meth:`to_json` gave.
        data : Panel or data frame
            What the weights were made of: the panel for :func:`credbenefits.attrition_weights`, the data
            frame for :func:`credbenefits.calibrate` and :meth:`from_column`.
        base : Weights, optional
            The weights of the step before, where another function made them.
        new_data : bool
            Run the recipe on other data on purpose: a later cohort, or answers that came in since.

        Raises
        ------
        InputError
            For text that is no recipe; for data that are not as they were, unless `new_data` says so; where
            `base` is needed, or has another recipe. And whatever the functions raise.

        Examples
        --------
        >>> import pandas as pd, credbenefits as cb
        >>> data = pd.DataFrame({"w": [1.0, 3.0]})
        >>> weights = cb.Weights.from_column(data, "w", population="adults in Ohio")
        >>> cb.Weights.from_json(weights.to_json(), data) == weights
        True
        """
        check.switches(new_data=new_data)
        text_held = saved.read(text)
        made: Self = saved.run(text_held.recipe, data, base)
        if not new_data:
            saved.refuse_other_data(text_held, made._held)
        return made
