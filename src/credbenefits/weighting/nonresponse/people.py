"""Everybody in the population, who of them answered, how they were drawn and how respondents are weighted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.design import check_design, read_design
from credbenefits.counts.replicate_weights import ReplicateWeights
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.design.scores import covariance_clusters
from credbenefits.numerics.response.association import Association, association
from credbenefits.results.bias.tables import WeightedSet
from credbenefits.weighting.reading.answering import NO_WEIGHT, NOT_ELIGIBLE
from credbenefits.weighting.record import effective_size
from credbenefits.weighting.uses.rows import negative_weights
from credbenefits.weighting.weights import Weights

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, IntArray, LonelyPsu
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.weighting.reading.answering import Standing

#: What respondents are called who are weighted by nothing, or by the weights that everybody has.
UNWEIGHTED, BASE = "unweighted", "base weights"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How people were drawn: the sampling unit of everybody, and the stratum of each unit."""

    unit: IntArray
    stratum: IntArray
    fraction: FloatArray | None
    lonely_psu: LonelyPsu

    def covariance(self, scores: FloatArray) -> FloatArray:
        """Return the covariance of totals of scores, of the shape (people, estimates)."""
        totals = [sums_of(self.unit, each, self.stratum.size) for each in scores.T]
        return self.of_totals(np.stack(totals, axis=1))

    def of_totals(self, totals: FloatArray) -> FloatArray:
        """Return the covariance of the sums over units of totals, of the shape (units, estimates)."""
        return covariance_clusters(
            totals, self.stratum, sampling_fraction=self.fraction, lonely_psu=self.lonely_psu
        )

    def df(self, inside: BoolArray) -> int:
        """Return the degrees of freedom of some of the people: their units minus the strata of these."""
        units = np.unique(self.unit[inside])
        return int(units.size - np.unique(self.stratum[units]).size)


@dataclass(frozen=True, slots=True)
class Everybody:
    """Everybody in the wave `to`: whether they answered, and the weights.

    `base` are the weights that everybody comes with, all 1 where there are none; `sampling` is None where
    everybody counts as one and nothing is known of how they were drawn. `sets` holds the weights of the
    respondents, in the order of ``people[answered]``, by name, and `populations` whom weights stand for.
    """

    people: IntArray
    answered: BoolArray
    base: FloatArray
    sampling: Sampling | None
    sets: dict[str, FloatArray]
    populations: dict[str, str]
    confidence_level: float

    @property
    def rate(self) -> float:
        """The response rate, by the base weights."""
        return float(self.base[self.answered].sum() / self.base.sum())

    @property
    def first(self) -> str:
        """The name of the set before weighting."""
        return next(iter(self.sets))

    def sizes(self, codes: IntArray, levels: int) -> FloatArray:
        """Return the sum of base weights of everybody at each level."""
        return sums_of(codes, self.base, levels)

    def associated(
        self, first: IntArray, second: IntArray, levels: tuple[int, int], inside: BoolArray | None = None
    ) -> Association:
        """Test whether two codings of everybody, or of some, are independent.

        It is Pearson's test, or Rao and Scott's where people have base weights or a design.
        """
        some = np.ones(first.size, dtype=bool) if inside is None else inside
        cell, n_cells = first[some] * levels[1] + second[some], levels[0] * levels[1]
        weight = self.base[some]
        table = np.bincount(cell, weights=weight, minlength=n_cells)
        level = self.confidence_level
        if self.sampling is None or not table.any():
            return association(table.reshape(levels), confidence_level=level)
        total, n_units = table.sum(), self.sampling.stratum.size
        unit = self.sampling.unit[some]
        sums = np.bincount(unit * n_cells + cell, weights=weight, minlength=n_units * n_cells)
        by_unit = sums.reshape(n_units, n_cells)
        totals = (by_unit - np.outer(by_unit.sum(axis=1), table / total)) / total
        return association(
            table.reshape(levels),
            people=int(some.sum()),
            covariance=self.sampling.of_totals(totals),
            design_df=self.sampling.df(some),
            confidence_level=level,
        )


def sums_of(codes: IntArray, weight: FloatArray, levels: int) -> FloatArray:
    """Return the sum of weights at each level."""
    made = np.bincount(codes, weights=weight, minlength=levels)
    return made.astype(np.float64, copy=False)


def read_people(
    frame: NarwhalsFrame,
    standing: Standing,
    *,
    weights: object,
    base_weights: Weights | str | None,
    design: SurveyDesign | None,
    confidence_level: float,
) -> Everybody:
    """Read the weights and the design of those who are kept of everybody in the frame."""
    people, answered, kept = standing.people, standing.answered, standing.rows
    base = np.ones(people.size) if standing.base is None else standing.base
    if isinstance(base_weights, Weights):
        base = base_weights.for_people(people)
    sampling = _sampling(frame, design, weighted=base_weights is not None)
    if sampling is not None:
        sampling = Sampling(sampling.unit[kept], sampling.stratum, sampling.fraction, sampling.lonely_psu)
    sets = {UNWEIGHTED if base_weights is None else BASE: base[answered]}
    named = _named(weights)
    for name, made in named.items():
        if name in sets:
            raise InputError(
                "weights",
                allowed=f"other names than {name!r}, which stands for respondents without these weights",
                value=name,
                fix="Name what the weights were made of.",
            )
        sets[name] = _of_respondents(made, name, people[answered], standing)
    populations = {name: made.population for name, made in named.items()}
    return Everybody(people, answered, base, sampling, sets, populations, confidence_level)


def _of_respondents(made: Weights, name: str, people: IntArray, standing: Standing) -> FloatArray:
    """Return the weights of those who answered: none below 0, and not all 0."""
    without = people[:0] if made.ids is None else people[~np.isin(people, made.ids)]
    if 0 < without.size < people.size:
        raise _uncovered(made, name, without, standing)
    weight = made.for_people(people)
    if (weight < 0).any():
        raise negative_weights()
    if not weight.any():
        raise InputError(
            "weights",
            allowed="weights of which some are above 0",
            received=f"{name!r}, all 0 for those who answered",
            fix="Make the weights for this wave.",
        )
    return weight


def _uncovered(made: Weights, name: str, without: IntArray, standing: Standing) -> InputError:
    """Return the error for weights that some who answered have none of: why, and what to do."""
    waves = standing.waves[0] if len(standing.waves) == 1 else list(standing.waves)
    why, fix = "", f"Make them for these: attrition_weights(panel, ..., wave={waves!r}, to={standing.to!r})."
    for reason, argument in ((NOT_ELIGIBLE, "eligible"), (NO_WEIGHT, "base_weights")):
        if np.isin(without, made.left_out.get(reason, without[:0])).any():
            why = f" ({reason}, when they were made)"
            fix = f"Give the same {argument}= here as when they were made."
            break
    n = int(standing.answered.sum())
    return InputError(
        "weights",
        allowed=f"weights for all {n:,} people who answered and are in this report",
        received=f"{name!r}, with {without.size:,} without a weight{why}",
        fix=fix,
    )


def sets_of(everybody: Everybody) -> tuple[WeightedSet, ...]:
    """Return the name, the people and the effective size of each set of weights, and whom they stand for."""
    return tuple(
        WeightedSet(name, int((w > 0).sum()), effective_size(w), everybody.populations.get(name, ""))
        for name, w in everybody.sets.items()
    )


def _named(weights: object) -> dict[str, Weights]:
    """Return the weights by name; one alone is called "weighted"."""
    if weights is None:
        return {}
    given = weights if isinstance(weights, Mapping) else {"weighted": weights}
    for name, made in given.items():
        if not isinstance(made, Weights) or not isinstance(name, str):
            raise InputError(
                "weights",
                allowed="Weights, or a mapping of name to Weights",
                received=type(made if isinstance(name, str) else name).__name__,
                fix="For example weights={'by age': attrition_weights(...)}; for a column: "
                "Weights.from_column(panel.wave(...), 'w', population=...).",
            )
        check.text("weights", name)
    return dict(given)


def _sampling(frame: NarwhalsFrame, design: SurveyDesign | None, *, weighted: bool) -> Sampling | None:
    """Return how people were drawn: one by one where only weights say that they were drawn."""
    if design is None and not weighted:
        return None
    n = len(frame)
    checked = check_design(design)
    if isinstance(checked.replicate_weights, ReplicateWeights):
        raise MethodError(
            "design",
            allowed="strata, clusters and population sizes",
            received="replicate weights",
            fix="Name the strata and clusters that they were made from.",
        )
    read = read_design(frame, checked)
    if read.clusters is None:  # every row is a unit
        return Sampling(np.arange(n), read.stratum[read.unit], read.sampling_fraction, read.lonely_psu)
    return Sampling(read.unit, read.stratum, read.sampling_fraction, read.lonely_psu)
