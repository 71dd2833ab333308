"""What the command does: the files of the example, and the brief of a study with the notes on it."""

from __future__ import annotations

import warnings
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from credbenefits.datasets import load_credentials
from credbenefits.errors import CredbenefitsWarning
from credbenefits.reporting.formats.csv import csv_bytes
from credbenefits.reporting.formats.json import with_sources
from credbenefits.study.advice import without_calls
from credbenefits.study.run import study_results

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from credbenefits.study.file import StudyFile
    from credbenefits.study.run import StudyResults


def example_files(report: str = "study") -> dict[str, bytes]:
    """Make the synthetic study's exports and its study file, or that of a report on it."""
    exports = {f"{name}.csv": csv_bytes(frame) for name, frame in load_credentials().items()}
    study = resources.files("credbenefits.study").joinpath("examples", f"{report}.toml").read_bytes()
    return {**exports, "study.toml": study}


def brief_files(
    study: StudyFile, tell: Callable[[int, int, str], None] | None, only: Sequence[str] = ()
) -> tuple[Mapping[str, bytes], list[str]]:
    """Run a study; return the files of its brief, and what the library warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", CredbenefitsWarning)
        made = study_results(study, tell, only=only)
        files = made.brief(tell).files()
    files["results.json"] = with_sources(files["results.json"], *_sources(made))
    return files, [without_calls(str(warning.message)) for warning in caught]


def _sources(made: StudyResults) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Name the study file and its data files, without their folders, and what identifies what was read."""
    study = made.plan.study
    inputs = [
        {"wave": wave, "file": Path(entry.text("file")).name, "sha256": made.digests[wave]}
        for wave, entry in study.waves.items()
    ]
    return {"file": study.top.source.name, "sha256": study.top.source.sha256}, inputs
