"""What each method of weights makes of an open university, where the result of everybody is known.

    python benchmarks/coverage_oulad.py studentInfo.csv
    python benchmarks/coverage_oulad.py studentInfo.csv --methods unweighted logit --draws 50
    python benchmarks/coverage_oulad.py studentInfo.csv --write docs/_data/coverage_oulad.csv

The file is that of the Open University Learning Analytics Dataset (Kuzilek, Hlosta and Zdrahal 2017,
Scientific Data 4:170171; CC BY 4.0). People, what is known of them at registration, and who passed are
real. Who answers is drawn, from a seed: 2,300 of the students, and of these about 100 respondents. The
truth is the share of all students in the file who passed. Draws for which a method refuses to make
weights are left out for it.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

import credbenefits as cb
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.results.proportions import Proportion

PEOPLE, SEED = 2_300, 2017
NOBS = (100,)
COVARIATES = ["gender", "age_band", "highest_education", "deprivation", "disability"]
METHODS = ("unweighted", "logit", "classes", "calibration", "auto")
#: How what is known at registration moves the log odds of answering.
ANSWERING = {
    "highest_education": {
        "No Formal quals": -1.0,
        "Lower Than A Level": -0.8,
        "A Level or Equivalent": 0.2,
        "HE Qualification": 0.8,
        "Post Graduate Qualification": 1.2,
    },
    "deprivation": {"most deprived": -0.6, "2": -0.3, "3": 0.0, "4": 0.3, "least deprived": 0.6},
    "age_band": {"0-35": -0.2, "35-55": 0.3, "55<=": 0.5},
}


@dataclass(frozen=True)
class Mechanism:
    """How answering goes with what is known (``strength``), and with passing (``odds``)."""

    name: str
    strength: float
    odds: float = 1.0


MECHANISMS = (
    Mechanism("ignorable", 1.0),
    Mechanism("weak", 0.25),
    Mechanism("not ignorable", 1.0, 1.8),
)


def read_students(path: Path) -> pd.DataFrame:
    """Read the first course of each student, with the index of deprivation in fifths."""
    students = pd.read_csv(path).drop_duplicates("id_student").reset_index(drop=True)
    tenths = pd.to_numeric(students["imd_band"].str.extract(r"^(\d+)", expand=False))
    fifths = ["most deprived", "2", "3", "4", "least deprived"]
    students["deprivation"] = pd.cut(tenths, [-1, 15, 35, 55, 75, 99], labels=fifths).astype(object)
    students["passed"] = students["final_result"].isin(["Pass", "Distinction"])
    return students[["id_student", *COVARIATES, "passed"]]


def rates(students: pd.DataFrame, mechanism: Mechanism, nobs: int) -> np.ndarray:
    """Return the probability that each student answers, if they are among the people."""
    moved = sum(students[name].map(by).fillna(0.0).to_numpy(float) for name, by in ANSWERING.items())
    odds = mechanism.strength * moved + np.log(mechanism.odds) * students["passed"].to_numpy(float)
    constant = brentq(lambda a: expit(a + odds).mean() - nobs / PEOPLE, -20, 9)
    return expit(constant + odds)


def survey(students: pd.DataFrame, rate: np.ndarray, rng: np.random.Generator) -> cb.Panel:
    """Draw the people, and who of them answers."""
    people = rng.choice(len(students), PEOPLE, replace=False)
    answered = people[rng.random(PEOPLE) < rate[people]]
    known, told = students.iloc[people], students.iloc[answered]
    waves = {"registered": known.drop(columns="passed"), "survey": told[["id_student", "passed"]]}
    return cb.link_waves(waves, on="id_student")


def estimate(panel: cb.Panel, method: Any) -> Proportion:
    """Estimate the share who passed, as a user of the library does."""
    weights = None
    if method != "unweighted":
        weights = cb.attrition_weights(panel, COVARIATES, wave="survey", to="registered", method=method)
    return cb.proportions(panel.wave("survey"), cb.Item("passed", yes=True), weights=weights).rows[0]


def simulate(
    students: pd.DataFrame, mechanism: Mechanism, nobs: int, *, draws: int, methods: Sequence[str] = METHODS
) -> list[dict[str, Any]]:
    """Draw so often, and sum up what the methods made of it: the same draws for each."""
    truth = students["passed"].mean()
    rng = np.random.default_rng([SEED, nobs, MECHANISMS.index(mechanism)])
    rate = rates(students, mechanism, nobs)
    made: dict[str, list[tuple[float, ...]]] = {method: [] for method in methods}
    for _ in range(draws):
        panel = survey(students, rate, rng)
        for method in methods:
            try:
                row = estimate(panel, method)
            except InputError:  # so few people cannot meet everybody's totals
                continue
            made[method].append((row.estimate, row.n_effective, row.conf_low, row.conf_high))
    named = {"mechanism": mechanism.name, "nobs": nobs}
    return [{**named, "method": method, **summed_up(np.array(each), truth)} for method, each in made.items()]


def summed_up(made: np.ndarray, truth: float) -> dict[str, float]:
    """Return bias, root mean squared error, coverage and width: of (draws, 4)."""
    value, size, low, high = made.T
    return {
        "draws": len(made),
        "bias": value.mean() - truth,
        "rmse": np.sqrt(((value - truth) ** 2).mean()),
        "n_effective": size.mean(),
        "coverage": ((low <= truth) & (truth <= high)).mean(),
        "width": (high - low).mean(),
    }


def main() -> None:
    """Simulate, and print or write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--nobs", type=int, nargs="+", default=NOBS)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    students = read_students(given.data)
    rows: list[dict[str, Any]] = []
    for nobs in given.nobs:
        for mechanism in MECHANISMS:
            rows += simulate(students, mechanism, nobs, draws=given.draws, methods=given.methods)
    frame = pd.DataFrame(rows).round(4)
    if given.write is not None:
        frame.to_csv(given.write, index=False)
    else:
        print(frame.to_string(index=False))


if __name__ == "__main__":
    main()
