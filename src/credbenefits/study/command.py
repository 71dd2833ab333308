"""What the command does: the files of the example, and the brief of a study with the notes on it."""

from __future__ import annotations

import warnings
from hashlib import file_digest
from importlib import resources
from typing import TYPE_CHECKING

from credbenefits.datasets import load_credentials
from credbenefits.errors import CredbenefitsWarning
from credbenefits.reporting.formats.csv import csv_bytes
from credbenefits.reporting.formats.json import with_sources
from credbenefits.study.advice import without_calls
from credbenefits.study.run import run_study

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from credbenefits.study.file import StudyFile


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
        files = run_study(study, tell, only=only).files()
    files["results.json"] = with_sources(files["results.json"], *_sources(study))
    return files, [without_calls(str(warning.message)) for warning in caught]


def _sources(study: StudyFile) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Name the study file and its data files, without their folders, and what identifies their content."""
    inputs = [
        {"wave": wave, **_source(study.folder / entry.text("file"))} for wave, entry in study.waves.items()
    ]
    return _source(study.folder / study.top.source.name), inputs


def _source(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {"file": path.name, "sha256": file_digest(file, "sha256").hexdigest()}
