"""How replicates are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.replicate_weights import scale_of
from credbenefits.counts.sampling import Bootstrap
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.arguments import checked_generator

if TYPE_CHECKING:
    from credbenefits._typing import Progress, RNGLike
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.replicate_weights import ReplicateWeights
    from credbenefits.counts.units import ReplicateScale


@dataclass(frozen=True, slots=True)
class Resample:
    """How replicates are made in one call. `seed` is there where we drew it ourselves.

    `weights` are those of the file, where rows are given, and `scale` is theirs.
    """

    kind: t.Resampling | None
    n_resamples: int
    batch: int | None
    rng: np.random.Generator
    seed: int | None
    keep: bool
    progress: Progress | None
    allow_long: bool
    weights: ReplicateWeights | None
    scale: ReplicateScale | None


def check_resampling(bootstrap: Bootstrap | None, replicate_weights: ReplicateWeights | None) -> Resample:
    """Check how replicates are made."""
    given = Bootstrap() if bootstrap is None else bootstrap
    if not isinstance(given, Bootstrap):
        raise InputError(
            "bootstrap",
            allowed="a Bootstrap",
            value=bootstrap,
            fix="Write bootstrap=Bootstrap(n_resamples=2_000, rng=2023), and "
            "variance='bootstrap' to have the variance from it.",
        )
    if given.kind is not None:
        check.choice("bootstrap.kind", given.kind, t.Resampling)
    n = check.whole_number("bootstrap.n_resamples", given.n_resamples, least=100)
    held = None if given.batch is None else check.whole_number("bootstrap.batch", given.batch, least=1)
    generator, seed = _generator(given.rng)
    check.switches(**{f"bootstrap.{name}": getattr(given, name) for name in ("keep", "allow_long")})
    if given.progress is not None and not callable(given.progress):
        raise InputError(
            "bootstrap.progress",
            allowed="a function of (done, total)",
            value=given.progress,
            fix="For example: progress=print.",
        )
    return Resample(
        given.kind,
        n,
        held,
        generator,
        seed,
        given.keep,
        given.progress,
        given.allow_long,
        replicate_weights,
        None if replicate_weights is None else scale_of(replicate_weights),
    )


def _generator(rng: RNGLike) -> tuple[np.random.Generator, int | None]:
    """Return the generator and, where we drew the seed ourselves, the seed (SPEC 7)."""
    if rng is None:
        seed = int(np.random.SeedSequence().generate_state(1)[0])
        return np.random.default_rng(seed), seed
    return checked_generator(rng, "bootstrap.rng"), None


def resampling_kind(design: Design, resample: Resample) -> t.Resampling:
    """Choose how replicates are drawn; refuse what the design does not allow."""
    kind = resample.kind or ("rao_wu" if design.has_any else "simple")
    refusals = {
        "'rao_wu' where the design has strata, clusters or population_size": design.has_any
        and kind in {"simple", "poisson"},
        "'stratified' with strata and without clusters in the design": kind == "stratified"
        and (design.strata is None or design.clusters is not None),
        "'cluster' with clusters in the design": kind == "cluster" and design.clusters is None,
        "'rao_wu' with population_size in the design": kind != "rao_wu"
        and design.sampling_fraction is not None,
    }
    for allowed, refused in refusals.items():
        if refused:
            raise MethodError(
                "bootstrap.kind",
                allowed=allowed,
                received=repr(kind),
                fix="Use Bootstrap(kind='rao_wu'), which knows strata, units and their size."
                if design.has_any
                else "Use Bootstrap(kind='simple').",
            )
    alone = design.drawn == 1
    if design.sampling_fraction is not None:  # a stratum of which all was drawn varies in no replicate
        alone &= design.sampling_fraction < 1
    lonely = int(alone.sum()) if design.has_any else 0
    if lonely and design.lonely_psu != "certainty":
        raise MethodError(
            "design.lonely_psu",
            allowed="'certainty' for the bootstrap, where a stratum has one unit",
            received=f"{design.lonely_psu!r} with {lonely:,} such {'stratum' if lonely == 1 else 'strata'}",
            fix="Join strata that are alike, or say SurveyDesign(lonely_psu='certainty').",
        )
    return kind
