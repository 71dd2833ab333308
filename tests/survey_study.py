"""A study of two waves with a design, weights, choices and codes, for the tests of the study file."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from credbenefits.study.file import read_study
from credbenefits.study.run import study_results

N = 240
HEAD = """
title = "A survey"
wave = "after"
[waves.before]
file = "before.csv"
keys = "id"
[waves.after]
file = "after.csv"
keys = "id"
"""


def frames():
    rng = np.random.default_rng(20261127)
    school = np.arange(N) // 12
    before = pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(N)],
            "stratum": np.where(school < 10, "north", "south"),
            "district": school // 4,
            "school": school,
            "n_districts": 20,
            "n_schools": 8,
            "site": np.where(school % 2, "x", "y"),
            "age": rng.integers(20, 60, N),
            "job": rng.choice(["yes", "no"], N),
            "works": rng.choice(["Everyday", "Sometimes", "Never"], N),
            "w": rng.uniform(0.5, 2, N).round(2),
        }
    )
    after = before.drop(columns=["job", "works"]).assign(
        role=rng.choice(["staff", "guest", "chair"], N),
        job=rng.choice(["yes", "no"], N, p=[0.6, 0.4]),
        job_2=rng.choice(["a job", "none", "refused"], N),
        better=rng.choice(["yes", "no"], N),
        pay=rng.choice([0, 10, 30, 50], N),
        works=rng.choice(["Every day", "Sometimes", "Never"], N),
        mood=rng.choice(["good", "fair", "bad"], N),
        how=rng.choice(["fees;time", "time", "fees", "none", ""], N),
        how_1=rng.choice(["1", ""], N),
        how_2=rng.choice(["1", ""], N),
    )
    factors = rng.choice([0.5, 1.5], (N, 8))
    for r in range(8):
        after[f"rw{r}"] = (after["w"] * factors[:, r]).round(3)
    return {"before": before, "after": after.iloc[: N - 12]}


def write(folder, text, *, head=HEAD, data=None):
    for name, frame in (frames() if data is None else data).items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    path = folder / "study.toml"
    path.write_text(head + text, encoding="utf-8")
    return path


def results(folder, text, **options):
    only = options.pop("only", ())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return study_results(read_study(write(folder, text, **options)), only=only)


def cells(data):
    """Return frames as a study reads them: text in every cell."""
    return {name: frame.astype(str).replace("", None) for name, frame in data.items()}
