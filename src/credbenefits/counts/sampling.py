"""How people were drawn, and how replicates are: what `design=` and `bootstrap=` take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits._frozen import Frozen
from credbenefits.counts.replicate_weights import ReplicateWeights

if TYPE_CHECKING:
    from credbenefits import _typing as t
    from credbenefits._typing import Progress, RNGLike


@dataclass(frozen=True, slots=True, eq=False)
class SurveyDesign(Frozen):
    """How the people in the data were drawn: strata, clusters, population sizes, or replicate weights.

    Columns are given by name. They are looked up, and everything here is checked, when an estimator uses
    the design. All rows of the data are the sample, those of weight 0 too. ``print(design)`` says it in a
    sentence.

    Parameters
    ----------
    strata : str or list of str, optional
        Column with the stratum that people, or the clusters of the first stage, were drawn in. Several
        columns are crossed.
    clusters : str or list of str, optional
        Column with the primary sampling unit, numbered within its stratum or throughout. A list of two has
        the stages: ``["district", "school"]``, schools being numbered within their district or throughout.
    population_size : float, str, or list of them, optional
        Units (people, where there are no `clusters`) in the population: a number, or a column with each
        stratum's. Makes the finite population correction. With two stages a list of two:
        ``["N_districts", "N_schools"]``, the second a column with the units of each unit of the first
        stage. Without that second entry the variance is of the first stage alone (ultimate clusters).
    lonely_psu : {"error", "certainty", "adjust", "average"}
        What a stratum with one unit adds to the variance: nothing may be guessed; nothing; its
        distance from the mean of all; what the others add on average. The same holds for a unit of the
        first stage of which one unit was drawn, and not all.
    deff : float, optional
        Design effect of the clusters, at least 1, to use where nobody or everybody says yes, since the data
        say nothing about it there. The effective size of such a proportion is the number of answers (Kish's
        size, if weighted) over `deff`, instead of the number of clusters. No other proportion uses it.
    replicate_weights : ReplicateWeights, optional
        Replicate weights that came with the file and hold the design: `strata`, `clusters` and
        `population_size` are refused beside them. ``weights=`` must name the full sample's weight.

    Notes
    -----
    The variance of two stages is the first stage's, times 1 - f1, plus f1 times that within the units of
    the first stage, times 1 - f2, as in R's ``svydesign(id = ~district + school, fpc = ~N1 + N2)``. Where
    the units of the second stage are people, name a column with a value of its own for each.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., chapter 10; Särndal, Swensson & Wretman (1992), Model
    Assisted Survey Sampling, section 4.3; Lumley (2010), Complex Surveys, chapter 3.

    Examples
    --------
    >>> import credbenefits as cb
    >>> print(cb.SurveyDesign(strata="region", clusters="school"))
    Clusters (school) drawn within strata (region).
    >>> print(cb.SurveyDesign(clusters=["district", "school"], population_size=["N_districts", "N_schools"]))
    Clusters (district) drawn, and units of the second stage (school) within them, with finite population \
corrections of both stages (N_districts, N_schools).
    """

    strata: str | Sequence[str] | None = None
    clusters: str | Sequence[str] | None = None
    population_size: float | str | Sequence[float | str] | None = None
    lonely_psu: t.LonelyPsu = "error"
    deff: float | None = None
    replicate_weights: ReplicateWeights | None = None

    def __str__(self) -> str:
        given = self.replicate_weights
        if isinstance(given, ReplicateWeights):
            drawn = f"{len(given.columns):,} replicate weights of the file ({given.kind}) hold the design"
        else:
            drawn = self._drawn()
        single = (
            "" if self.lonely_psu == "error" else f"; strata with one unit: lonely_psu={self.lonely_psu!r}"
        )
        stated = (
            ""
            if self.deff is None
            else f"; where nobody or everybody says yes, the design effect is taken to be {self.deff}"
        )
        return f"{drawn}{single}{stated}."

    def _drawn(self) -> str:
        stages, sizes = several(self.clusters), several(self.population_size)
        whom = f"Clusters ({stages[0]}) drawn" if stages else "People drawn one by one"
        within = f" within strata ({crossed(self.strata)})" if several(self.strata) else ""
        second = f", and units of the second stage ({stages[1]}) within them" if len(stages) > 1 else ""
        named = ", ".join(map(str, sizes))
        if len(stages) > 1 and len(sizes) < 2:
            counted = f" of the first stage ({named})" if sizes else ""
            finite = f", with a finite population correction{counted}" if sizes else ""
            return (
                f"{whom}{within}{second}{finite}; the variance is that of the first stage (ultimate clusters)"
            )
        if len(sizes) > 1:
            return f"{whom}{within}{second}, with finite population corrections of both stages ({named})"
        return f"{whom}{within}{f', with a finite population correction ({named})' if sizes else ''}"


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How bootstrap replicates are drawn, and what becomes of them.

    Everything here is checked when an estimator uses it.

    Parameters
    ----------
    kind : {"simple", "rao_wu", "stratified", "cluster", "poisson"}, optional
        How replicates are drawn: people with replacement (default), or rescaled units within strata
        (Rao and Wu; default with a design), people within strata, whole clusters, or Poisson counts.
        A stratum with one unit needs ``SurveyDesign(lonely_psu="certainty")``.
    n_resamples : int
        Replicates, at least 100. All items and groups share them.
    rng : int, SeedSequence, Generator or None
        With None a seed is drawn, and printed so that the run can be repeated.
    batch : int, optional
        Replicates drawn at once; by default as many as take 32 MB, but from 16 to 1,000.
    keep : bool
        Keep the replicate estimates, as ``result.replicates``: its ``difference()`` compares any two of
        the proportions, and ``to_frame()`` exports them. They are drawn for this if they would not be.
    progress : callable, optional
        Called with the resamples done and in all, also of replicate weights that came with the file. Without
        it a bar of tqdm, where that is installed, is shown on stderr once two seconds have passed.
    allow_long : bool
        Draw even where that takes more than 10^10 products of a replicate and a unit, which is refused
        otherwise. Proportions count beside the units.

    References
    ----------
    Efron & Tibshirani (1993), chapters 12 to 14; Rao, Wu & Yue (1992), Survey Methodology 18:209.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"better_job": [1, 0, 1, 0, 0, 1], "weight": [1.0, 2.0, 1.5, 1.0, 0.5, 2.0]})
    >>> result = cb.proportions(data, "better_job", weights="weight", method="bootstrap",
    ...                         bootstrap=cb.Bootstrap(n_resamples=500, rng=2023))
    >>> result.rows[0].method
    'bootstrap percentile, 500 resamples'
    """

    kind: t.Resampling | None = None
    n_resamples: int = 2_000
    rng: RNGLike = None
    batch: int | None = None
    keep: bool = False
    progress: Progress | None = None
    allow_long: bool = False


def several(value: object) -> tuple[object, ...]:
    """Return what was given as one or as a list; None is nothing."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)


def crossed(strata: str | Sequence[str] | None) -> str:
    """Say which columns make the strata: "region", or "region x type"."""
    return " x ".join(map(str, several(strata)))
