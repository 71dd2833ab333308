"""One call of an estimator, checked and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits import _typing as t
    from credbenefits.estimators._design import Design
    from credbenefits.estimators._groups import Groups
    from credbenefits.estimators._prepare import Prepared
    from credbenefits.estimators._resample import Resample
    from credbenefits.frames.answers import Answers


@dataclass(frozen=True, slots=True)
class Task:
    """What every step of an estimate needs to know."""

    prepared: Prepared
    answers: Sequence[Answers]
    design: Design
    groups: Groups
    variance: t.VarianceMethod
    method: t.ProportionMethod
    level: float
    resample: Resample

    @property
    def words(self) -> str:
        """What is printed as the method."""
        if not self.method.startswith("bootstrap"):
            return self.method if self.variance == "kish" else f"{self.method}, {self.variance}"
        kind = self.method.partition("_")[2] or "percentile"
        if self.variance != "bootstrap":
            return f"bootstrap {kind}, exact" if self.variance == "kish" else f"{kind}, {self.variance}"
        how = f", {self.resample.kind}" if self.resample.kind else ""
        return f"bootstrap {kind}, {self.resample.n_resamples:,} resamples{how}"
