"""The words of a study for its brief, and which of its results the brief is made of."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from credbenefits.reporting.brief import brief

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.reporting.brief import Brief
    from credbenefits.study.schema import StudyFile

#: Keys at the top of the file that are arguments of `brief`.
_WORDS = (
    "title",
    "note",
    "people",
    "offered",
    "comparison_observed",
    "asked",
    "when",
    "conducted_by",
    "excluded",
    "labels",
    "level_labels",
    "figures",
)

#: Those of them that it takes.
_KNOWN = frozenset(inspect.signature(brief).parameters)


def write(study: StudyFile, results: Sequence[Any]) -> Brief:
    """Write the brief of a study from its results."""
    top = study.top
    words: dict[str, Any] = {"note": ""} | top.given(*_WORDS)
    if top.has("findings"):
        words["findings"] = top.texts("findings")
    with top.blame("title"):
        return brief(*results, **{name: value for name, value in words.items() if name in _KNOWN})
