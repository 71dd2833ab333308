"""Fixtures and settings that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

import credbenefits as cb

settings.register_profile("dev", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

#: What part of its examples each generated test draws. `.ci/run` draws all of them once, and a sixth with other
#: versions of Python and of packages, where the matter is whether they still do what the library expects of them.
PART = float(os.environ.get("CREDBENEFITS_PART_OF_EXAMPLES", "1"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Draw fewer examples where the environment says so, also in tests that state their own number.

    What no version of Python or of a package changes (marked ``once``) is then left out.
    """
    if PART >= 1:
        return
    once = [item for item in items if item.get_closest_marker("once")]
    config.hook.pytest_deselected(items=once)
    items[:] = [item for item in items if not item.get_closest_marker("once")]
    functions = {item.obj for item in items if isinstance(item, pytest.Function)}
    for function in functions:
        own = getattr(function, "_hypothesis_internal_use_settings", None)
        if own is not None:
            fewer = settings(own, max_examples=max(1, round(PART * own.max_examples)))
            function._hypothesis_internal_use_settings = fewer


#: A worked example: completers and respondents by age group, and who of them said yes.
AGES = {"young": (900, 25, 12), "mid": (900, 40, 12), "old": (500, 35, 9)}


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the reference data, beside the checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "data").is_dir():
        pytest.skip(f"the reference data are not at {folder}")
    return folder


def age_frames() -> dict[str, pd.DataFrame]:
    """Two waves whose numbers are known by hand: 2,300 completers, of whom 100 answered a follow-up."""
    completion = pd.DataFrame({"age": [a for a, (n, _, _) in AGES.items() for _ in range(n)]})
    completion["id"] = [f"p{i:04d}" for i in range(len(completion))]
    completion["place"] = completion.groupby("age").cumcount()
    answered = completion["place"] < completion["age"].map({a: m for a, (_, m, _) in AGES.items()})
    followup = completion[answered].copy()
    followup["better"] = (
        followup["place"] < followup["age"].map({a: y for a, (_, _, y) in AGES.items()})
    ).map({True: "yes", False: "no"})
    order = np.random.default_rng(4).permutation(len(completion))
    return {
        "completion": completion.iloc[order][["id", "age"]].reset_index(drop=True),
        "followup": followup[["id", "better"]].sort_values("id", ascending=False).reset_index(drop=True),
    }


@pytest.fixture(scope="session")
def age_panel() -> cb.Panel:
    """The worked example as a panel."""
    return cb.link_waves(age_frames(), on="id")


@pytest.fixture
def small_frames() -> dict[str, pd.DataFrame]:
    """Three waves of a handful of people, with a row of every fate."""
    return {
        "start": pd.DataFrame(
            {
                "id": ["a", "B ", "c", "d", None, "t"],
                "age": [31, 42, 53, 64, 75, 0],
                "status": ["Response"] * 5 + ["Survey Preview"],
            }
        ),
        "end": pd.DataFrame(
            {
                "id": ["b", "c", "b", "e", "n/a"],
                "grade": [1.0, 2.0, 3.0, 4.0, 4.0],
                "status": ["Response"] * 5,
            }
        ),
        "later": pd.DataFrame({"id": ["c", "a", "f"], "job": ["yes", "no", None]}),
    }


@pytest.fixture
def small_panel(small_frames) -> cb.Panel:
    """The small frames, linked."""
    return cb.link_waves(small_frames, on="id", exclude={"status": "Survey Preview"})


@pytest.fixture(scope="session")
def credentials_panel() -> cb.Panel:
    """The panel of the example study."""
    return cb.link_waves(
        cb.load_credentials(), on=["learner_id", "email"], exclude={"status": "Survey Preview"}
    )
