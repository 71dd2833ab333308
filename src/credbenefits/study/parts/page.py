"""The words of a study for its brief, and which of its results the brief is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credbenefits.reporting.brief import brief
from credbenefits.results.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.reporting.brief import Brief
    from credbenefits.results.parts import StudyWords
    from credbenefits.study.parts.plan import Plan

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
    "figures",
)


def write(plan: Plan, results: Sequence[Any], *, whole: bool = True) -> Brief:
    """Write the brief of a study from its results; `whole` tells whether these are all of them."""
    top = plan.study.top
    words: dict[str, Any] = {"note": ""} | top.given(*_WORDS) | _labels(plan)
    if top.has("findings") and whole:
        words["findings"] = top.texts("findings")
    with top.blame("title"):
        return brief(*results, _Checked(), **words)


class _Checked:
    """Tells a brief of some results that all labels are known: the plan has checked them with the files."""

    def brief_parts(self, words: StudyWords) -> Parts:
        levels = {column: tuple(called) for column, called in words.level_labels.items()}
        return Parts(names={**dict.fromkeys(words.labels, ()), **levels})


def _labels(plan: Plan) -> dict[str, Any]:
    """Return what columns are called, those too that are carried from one wave to another."""
    labels = dict(plan.study.top.values.get("labels", {}))
    levels = dict(plan.study.top.values.get("level_labels", {}))
    for column, wave in plan.carried():
        carried = f"{column}_{wave}"
        labels.setdefault(carried, labels.get(column, f"{column} in “{labels.get(wave, wave)}”"))
        if column in levels:
            levels.setdefault(carried, levels[column])
    return {name: held for name, held in (("labels", labels), ("level_labels", levels)) if held}
