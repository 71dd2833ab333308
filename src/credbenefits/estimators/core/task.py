"""One call of an estimator, checked and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.rows import Rows
from credbenefits.estimators.core.design import resampling_kind
from credbenefits.estimators.core.source import Prepared
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.results.proportions import Procedure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits import _typing as t
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.coding.weights import Estimated
    from credbenefits.estimators.core.design import Resample
    from credbenefits.estimators.core.groups import Groups
    from credbenefits.estimators.core.source import Source
    from credbenefits.frames.answers import Answers


def refit_of(source: Source, design: Design, resample: Resample) -> Estimated | None:
    """Return weights that were estimated, where variances count that in, as `Task.refit` says."""
    if not isinstance(source, Prepared) or resample.scale is not None:
        return None
    if design.has_any and design.everybody is None:
        return None
    return source.weighting.estimated


@dataclass(frozen=True, slots=True)
class Task:
    """What every step of an estimate needs to know."""

    source: Source
    answers: Sequence[Answers]
    design: Design
    groups: Groups
    variance: t.VarianceMethod
    method: t.ProportionMethod
    level: float
    resample: Resample

    @property
    def prepared(self) -> Prepared:
        """The rows, for what needs them."""
        assert isinstance(self.source, Prepared)
        return self.source

    @property
    def refit(self) -> Estimated | None:
        """Weights that were estimated, where variances count that in.

        None where weights are taken as known: strata and clusters are known of the people in the data only,
        or a file's replicate weights hold all that its makers put in.
        """
        return refit_of(self.source, self.design, self.resample)

    @property
    def drawing(self) -> Design:
        """The design that variances are of: that of everybody where the weights are made again."""
        everybody = self.design.everybody
        return self.design if everybody is None or self.refit is None else everybody

    def rows(self, answers: Sequence[Answers]) -> Rows:
        """Hold people one by one: all of the sample, or, where they are drawn alike, those who take part."""
        prepared, design = self.prepared, self.design
        return Rows.of(
            np.where(prepared.taking_part, prepared.group, -1),
            [each.status for each in answers],
            n_groups=len(prepared.group_labels),
            unit=None if design.strata is None else design.unit,
            weight=prepared.weight,
            everybody=design.has_any,
        )

    @property
    def procedure(self) -> Procedure:
        """How the proportions are made, for the reader."""
        design, given = self.design, self.resample.scale
        replicates, kind = 0, ""
        if given is not None:
            replicates, kind = len(given.rscales), given.kind
        elif self.variance == "bootstrap":
            replicates, kind = self.resample.n_resamples, resampling_kind(self.drawing, self.resample)
        return Procedure(
            self.method,
            self.variance,
            strata=0 if design.strata is None else int(design.drawn.size),
            clusters=0 if design.clusters is None else design.n_units,
            finite_population=design.sampling_fraction is not None,
            replicates=replicates,
            replicate_kind=kind,
        )

    @property
    def words(self) -> str:
        """What is printed as the method."""
        kind = METHODS[self.method].from_replicates
        if kind is None:
            return self.method if self.variance == "kish" else f"{self.method}, {self.variance}"
        if self.variance != "bootstrap":
            return f"bootstrap {kind}, exact" if self.variance == "kish" else f"{kind}, {self.variance}"
        how = f", {self.resample.kind}" if self.resample.kind else ""
        return f"bootstrap {kind}, {self.resample.n_resamples:,} resamples{how}"
