"""How often intervals of weighted shares hold the truth, where the weights are estimated.

    python benchmarks/coverage_weights.py
    python benchmarks/coverage_weights.py --nobs 100 --draws 500 --bootstrapped 0
    python benchmarks/coverage_weights.py --write docs/_data/coverage_weights.csv
    python benchmarks/coverage_weights.py --advice 200

2,300 people finished a course. Of each, four things are known from the start, and how engaged they were: ten
parameters of a model of answering. About 40, 100 or 300 of them answer. The truth is the share in what the
2,300 are a sample of; it is computed. All else is drawn, from a seed.

People who are alike in all of that are one case, and how many of each case there are is drawn. So one run of
the recipe of the weights makes those of all draws in which the model of answering has a ridge penalty, and
one those of all others. Which these are is up to the rule of the library: it depends on who answered.

With ``--advice`` the people of each draw are a panel instead, and what `nonresponse_bias` says of weighting
on the covariates is counted.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

import credbenefits as cb
from credbenefits.numerics.groups.design import DesignGroup, DesignPair, newcombe
from credbenefits.numerics.groups.interval import comparison_interval
from credbenefits.numerics.proportion.design import design_interval
from credbenefits.numerics.proportion.interval import proportion_interval
from credbenefits.numerics.resampling.intervals import percentile
from credbenefits.numerics.resampling.recipes import made_again
from credbenefits.numerics.wilson import kish
from credbenefits.weighting.covariates import Covariate
from credbenefits.weighting.method import choose
from credbenefits.weighting.recipe import Recipe, Sample
from credbenefits.weighting.steps.cap import Cap
from credbenefits.weighting.steps.propensity import Propensity
from credbenefits.weighting.steps.rescale import Rescale

PEOPLE, TRUTH, SEED = 2_300, 0.33, 418
NOBS = (40, 100, 300)
#: The proportion at each level of sex, age, education, work and engagement.
LEVELS = ((0.55, 0.45), (0.4, 0.35, 0.25), (0.15, 0.35, 0.3, 0.2), (0.6, 0.4), (0.4, 0.35, 0.25))
#: How the levels move the log odds of answering, and of the outcome where they do.
ANSWERING = ((0.0, 0.3), (-0.35, 0.0, 0.35), (-0.5, -0.15, 0.15, 0.5), (0.0, 0.3), (-0.75, 0.0, 0.85))
OUTCOME = ((0.0, 0.2), (-0.3, 0.0, 0.3), (-0.4, -0.1, 0.1, 0.4), (0.0, 0.25), (-0.5, 0.0, 0.5))
#: What follows the propensity.
ENDS = {"1/p": (Rescale(),), "cap 3": (Cap(3.0), Rescale()), "cap 4": (Cap(4.0), Rescale())}


@dataclass(frozen=True)
class Scenario:
    """How answering goes with the outcome.

    ``strength`` is that of the covariates on the outcome; who says yes has ``odds`` times the odds of
    answering.
    """

    name: str
    strength: float
    odds: float = 1.0


SCENARIOS = (
    Scenario("both", 1.0),
    Scenario("weak", 0.3),
    Scenario("answering only", 0.0),
    Scenario("not ignorable", 1.0, 1.8),
)


class World(NamedTuple):
    """Every case: the levels, shape (covariates, cases), who answers and says yes, and the chance of each."""

    codes: np.ndarray
    answered: np.ndarray
    yes: np.ndarray
    chance: np.ndarray

    @classmethod
    def of(cls, scenario: Scenario, nobs: int) -> World:
        """Find the constants that make the truth and the expected number of answers what they should be."""
        codes = np.stack([axis.ravel() for axis in np.indices([len(each) for each in LEVELS])])
        share = np.prod([np.array(p)[c] for p, c in zip(LEVELS, codes, strict=True)], axis=0)
        moved, said = (
            np.sum([np.array(v)[c] for v, c in zip(by, codes, strict=True)], axis=0)
            for by in (ANSWERING, OUTCOME)
        )
        said = scenario.strength * said
        outcome = expit(brentq(lambda a: share @ expit(a + said) - TRUTH, -9, 9) + said)
        of_answer = share * np.stack([1 - outcome, outcome])
        odds = np.log([1.0, scenario.odds])[:, None]
        constant = brentq(lambda a: (of_answer * expit(a + moved + odds)).sum() - nobs / PEOPLE, -20, 9)
        rate = expit(constant + moved + odds)
        chance = np.stack([of_answer * (1 - rate), of_answer * rate])
        answered, yes = np.indices((2, 2)).reshape(2, 4, 1).repeat(share.size, axis=2).astype(bool)
        return cls(np.tile(codes, 4), answered.ravel(), yes.ravel(), chance.ravel())

    def sample(self, case: np.ndarray) -> Sample:
        """Return people, each of a case."""
        covariates = tuple(
            Covariate.of(name, codes[case], tuple("abcd"[: len(levels)]), ordered=False)
            for name, codes, levels in zip("vwxyz", self.codes, LEVELS, strict=True)
        )
        return Sample(covariates, self.answered[case])

    def panel(self, rng: np.random.Generator) -> cb.Panel:
        """Draw people, and link what is known of them to what those who answered said."""
        case = rng.choice(self.yes.size, PEOPLE, p=self.chance)
        known = {name: np.array(list("abcd"))[c[case]] for name, c in zip("vwxyz", self.codes, strict=True)}
        everybody = pd.DataFrame(known).assign(id=np.arange(PEOPLE))
        said = everybody[["id"]].assign(outcome=np.where(self.yes[case], "yes", "no"))
        return cb.link_waves({"course": everybody, "survey": said[self.answered[case]]}, on="id")

    def ridge(self, times: np.ndarray) -> float:
        """Return the penalty that the library chooses for people, of whom there are so many of each case."""
        (step,) = choose("logit", self.sample(np.repeat(np.arange(times.size), times))).steps
        return step.ridge

    def remade(self, end: tuple[Any, ...], counts: np.ndarray, ridge: float) -> np.ndarray:
        """Return the weight of the people of each case that answered, in each replicate of the cases.

        A penalty is for as many people as a sample has, and the sample of the cases has one of each.
        """
        cases = np.arange(self.yes.size)
        ridge *= cases.size / PEOPLE
        return made_again(Recipe(self.sample(cases), (Propensity(ridge), *end)), counts.astype(float))

    def weights(self, end: tuple[Any, ...], counts: np.ndarray, ridges: np.ndarray) -> np.ndarray:
        """Return the same for draws, each with its own penalty."""
        made = np.zeros((len(counts), np.count_nonzero(self.answered)))
        for ridge in np.unique(ridges):
            some = ridges == ridge
            made[some] = self.remade(end, counts[some], float(ridge))
        return made

    def truths(self) -> tuple[float, float]:
        """Return the share of everybody, and the difference between both levels of sex."""
        one, two = (np.average(self.yes, weights=self.chance * (self.codes[0] == k)) for k in (0, 1))
        return float(np.average(self.yes, weights=self.chance)), float(one - two)


class Made(NamedTuple):
    """Estimates of all draws by one method, their effective sizes and limits."""

    estimate: np.ndarray
    size: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def row(self, truth: float) -> dict[str, float]:
        """Sum up the draws."""
        known = ~np.isnan(self.estimate)
        e, size, low, high = (each[known] for each in self)
        return {
            "draws": int(known.sum()),
            "bias": e.mean() - truth,
            "sd": e.std(),
            "rmse": np.sqrt(((e - truth) ** 2).mean()),
            "n_effective": size.mean(),
            "coverage": ((low <= truth) & (truth <= high)).mean(),
            "width": (high - low).mean(),
        }


@dataclass
class Weighed:
    """Shares of some of the respondents, in all draws: sums over cases, of which there are so many."""

    weight: np.ndarray  # of one copy, (draws, cases that answered)
    copies: np.ndarray
    yes: np.ndarray
    base: np.ndarray
    estimated: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        """Add up."""
        w, m, b = self.weight, self.copies, self.base
        self.n, self.count = m @ b, m @ (b & self.yes)
        self.total = (w * m) @ b
        self.p = ((w * m) @ (b & self.yes)) / self.total
        self.kish = np.asarray(kish(self.total, (w**2 * m) @ b))
        apart = (self.yes - self.p[:, None]) ** 2
        self.known = (w**2 * m * apart) @ b / self.total**2 * self.n / (self.n - 1)

    def wilson(self, variance: np.ndarray) -> Made:
        """Wilson's interval on the effective size of a variance."""
        n = variance.size
        p, nobs, size = self.p[:n], self.n[:n], self.kish[:n]
        variance = np.where((self.count[:n] == 0) | (self.count[:n] == nobs), 0.0, variance)
        options: Any = {"n_kish": size, "units": nobs, "method": "wilson", "confidence_level": 0.95}
        low, high = design_interval(p, variance, nobs, nobs - 1, **options)
        made = np.minimum(np.divide(p * (1 - p), variance, out=size.copy(), where=variance > 0), nobs)
        return Made(p, made, np.asarray(low), np.asarray(high))

    def of_size(self, n: int | None = None) -> Made:
        """Wilson's interval on Kish's size."""
        p, size = self.p[:n], self.kish[:n]
        low, high = proportion_interval(p * size, size, method="wilson", confidence_level=0.95)
        return Made(p, size, np.asarray(low), np.asarray(high))


def simulate(
    scenario: Scenario, nobs: int, *, draws: int, influenced: int, bootstrapped: int, resamples: int
) -> list[dict[str, Any]]:
    """Draw the people so often, and sum up what the methods made of them.

    Influences are worked out in so many of the draws, and people are drawn again in so many.
    """
    world, rng = World.of(scenario, nobs), np.random.default_rng([SEED, nobs, SCENARIOS.index(scenario)])
    counts = rng.multinomial(PEOPLE, world.chance, draws)
    share, difference = world.truths()
    answered = world.answered
    copies, yes, sex = counts[:, answered].astype(float), world.yes[answered], world.codes[0][answered]
    plain = Weighed(np.ones(copies.shape), copies, yes, np.ones(yes.size, dtype=bool))
    made = {("share", "unweighted, wilson"): plain.of_size()}
    again = [rng.multinomial(PEOPLE, each / PEOPLE, resamples) for each in counts[:bootstrapped]]
    ridges = np.array([world.ridge(each) for each in counts])
    for name, end in ENDS.items():
        whole = world.weights(end, counts, ridges)
        weight = np.divide(whole, copies, out=np.zeros(whole.shape), where=copies > 0)
        every, one, two = (Weighed(weight, copies, yes, base) for base in (sex >= 0, sex == 0, sex == 1))
        moved = [
            influences(world, (Propensity(ridges[k]), *end), each, (every, one, two), k)
            for k, each in enumerate(counts[:influenced])
        ]
        spread = np.array([each @ each.T for each in moved]) * PEOPLE / (PEOPLE - 1)
        for how, found in shares(every, spread[:, 0, 0]).items():
            made["share", f"{name}, {how}"] = found
        if again:
            values = np.array(
                [
                    of_replicates(world.remade(end, each, ridge), yes)
                    for each, ridge in zip(again, ridges, strict=False)
                ]
            )
            for how, found in bootstraps(every, values).items():
                made["share", f"{name}, {how}"] = found
        for how, found in differences(one, two, spread[:, 1:, 1:]).items():
            made["difference", f"{name}, {how}"] = found
    truth = {"share": share, "difference": difference}
    named = {"scenario": scenario.name, "nobs": nobs}
    return [{**named, "of": of, "method": how, **each.row(truth[of])} for (of, how), each in made.items()]


def influences(
    world: World, steps: tuple[Any, ...], times: np.ndarray, weighed: tuple[Weighed, ...], draw: int
) -> np.ndarray:
    """Return how the shares of a draw change with each of its people: (shares, people)."""
    case = np.repeat(np.arange(times.size), times)
    recipe = Recipe(world.sample(case), steps)
    place = np.searchsorted(np.flatnonzero(world.answered), case[recipe.sample.answered])
    gradient = [(each.base * (each.yes - each.p[draw]) / each.total[draw])[place] for each in weighed]
    return recipe.influence(np.array(gradient))


def shares(every: Weighed, estimated: np.ndarray) -> dict[str, Made]:
    """Return intervals of the share of everybody."""
    n = estimated.size
    of_kish = (every.p * (1 - every.p) / every.kish)[:n]
    return {
        "kish, wilson": every.of_size(),
        "known, wilson": every.wilson(every.known),
        "estimated, wilson": every.wilson(estimated),
        "largest variance, wilson": every.wilson(np.maximum(np.maximum(every.known[:n], of_kish), estimated)),
    }


def of_replicates(weight: np.ndarray, yes: np.ndarray) -> np.ndarray:
    """Return the share in each replicate, NaN where there are no weights."""
    total = weight.sum(axis=1)
    return np.divide(weight @ yes, total, out=np.full(total.shape, np.nan), where=total > 0)


def bootstraps(every: Weighed, values: np.ndarray) -> dict[str, Made]:
    """Return intervals from replicates: (draws, replicates)."""
    n = len(values)
    variance = np.nanmean((values - every.p[:n, None]) ** 2, axis=1)
    low, high = percentile(values.T, confidence_level=0.95)
    by_size = every.wilson(variance)
    return {
        "bootstrap, percentile": by_size._replace(low=low, high=high),
        "bootstrap, wilson": by_size,
        "larger of bootstrap and known, wilson": every.wilson(np.maximum(variance, every.known[:n])),
        "kish, wilson (draws of the bootstrap)": every.of_size(n),
    }


def differences(one: Weighed, two: Weighed, spread: np.ndarray) -> dict[str, Made]:
    """Return intervals of the difference between two groups."""
    table = [part for each in (one, two) for part in (each.p * each.kish, each.kish)]
    low, high = comparison_interval(*table, comparison="difference", method="newcombe", confidence_level=0.95)
    estimate, size = one.p - two.p, np.minimum(one.kish, two.kish)
    made = {"kish, newcombe": Made(estimate, size, np.asarray(low), np.asarray(high))}
    variances = {
        "known, newcombe": (one.known, two.known, np.zeros(one.p.size)),
        "estimated, newcombe": (spread[:, 0, 0], spread[:, 1, 1], spread[:, 0, 1]),
    }
    for how, (v1, v2, both) in variances.items():
        n, of_all = v1.size, one.n + two.n
        groups = [
            DesignGroup(each.p[:n], v, each.n[:n], each.kish[:n], each.n[:n])
            for each, v in ((one, v1), (two, v2))
        ]
        limits = newcombe(DesignPair(*groups, both, of_all[:n] - 1, of_all[:n]), confidence_level=0.95)
        made[how] = Made(estimate[:n], size[:n], np.asarray(limits.low), np.asarray(limits.high))
    return made


def advice(scenario: Scenario, nobs: int, *, draws: int) -> dict[str, Any]:
    """Count what the report of nonresponse bias says that weighting on the covariates does.

    ``raises`` is the proportion of draws in which it warns that weighting may raise the error and correct
    nothing, and ``corrects`` that in which it can correct bias; ``larger`` is by how much the standard error
    grows, as the warnings say on average.
    """
    world, rng = World.of(scenario, nobs), np.random.default_rng([SEED, nobs, SCENARIOS.index(scenario)])
    said = []
    for _ in range(draws):
        report = cb.nonresponse_bias(
            world.panel(rng),
            wave="survey",
            to="course",
            variables=list("vwxyz"),
            outcome=cb.Item("outcome", yes="yes"),
        )
        said += [note for note in report.notes if note.startswith("“outcome”")]
    warned = [note for note in said if "raise the error" in note]
    grows = [int(found[1]) / 100 for note in warned if (found := re.search(r"by about (\d+)%", note))]
    return {
        "scenario": scenario.name,
        "nobs": nobs,
        "draws": len(said),
        "raises": len(warned) / draws,
        "corrects": sum("can correct bias" in note for note in said) / draws,
        "larger": float(np.mean(grows)) if grows else np.nan,
    }


def main() -> None:
    """Simulate, and print or write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nobs", type=int, nargs="+", default=NOBS)
    parser.add_argument("--draws", type=int, default=4_000)
    parser.add_argument("--influenced", type=int, default=500, help="in how many influences are worked out")
    parser.add_argument("--bootstrapped", type=int, default=200, help="how many are bootstrapped")
    parser.add_argument("--resamples", type=int, default=100)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--advice", type=int, help="count the advice of the report in so many draws")
    given = parser.parse_args()
    if given.advice:
        made = [advice(s, n, draws=given.advice) for n in given.nobs for s in SCENARIOS[:3]]
        print(pd.DataFrame(made).round(3).to_string(index=False))
        return
    rows = []
    for nobs in given.nobs:
        for scenario in SCENARIOS:
            rows += simulate(
                scenario,
                nobs,
                draws=given.draws,
                influenced=given.influenced,
                bootstrapped=given.bootstrapped,
                resamples=given.resamples,
            )
            frame = pd.DataFrame(rows).round(4)
            if given.write is not None:
                frame.to_csv(given.write, index=False)
            else:
                here = (frame["nobs"] == nobs) & (frame["scenario"] == scenario.name)
                print(frame[here].to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
