"""Who answered, of those who were asked, from [[response_rates]]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.estimators.response_rates import response_rates
from credbenefits.study.parts.common import Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credbenefits.panel.panel import Panel
    from credbenefits.results.response.rates import ResponseRatesResult
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.common import Common
    from credbenefits.study.parts.found import Found


@dataclass(frozen=True, slots=True)
class Rates:
    """A [[response_rates]] of the study, and the waves that it is about."""

    entry: Entry
    waves: tuple[str, ...]

    def columns(self) -> Iterator[Column]:
        """Return the columns that it names."""
        for wave in self.waves:
            for key in ("effort", "weights"):
                yield from (
                    Column(self.entry, key, name, wave, numbers=key == "weights")
                    for name in self.entry.texts(key)
                )
            for source, names in self.entry.columns("by", wave).items():
                yield from (Column(self.entry, "by", name, source, answers=True) for name in names)


def response(study: StudyFile, found: Found) -> Iterator[Rates]:
    """Return what is asked for, checked as far as that goes without data."""
    told = [name for name, entry in study.waves.items() if entry.has("status") or entry.has("answered")]
    for entry in study.tables["response_rates"]:
        with found.each():
            waves = entry.texts("wave") or tuple(told)
            for wave in waves:
                study.declared(entry, "wave", wave)
            for wave in waves or ("",):
                if wave not in told:
                    raise entry.wrong(
                        "wave",
                        allowed="waves with status or answered, which say how people ended",
                        received=f"{wave!r} without" if wave else "no wave with one of them",
                        fix='Say it under the wave: answered = ["job", "pay"], or [waves.NAME.status].',
                    )
            yield Rates(entry, waves)


def rates_of(common: Common, panel: Panel, planned: Rates) -> ResponseRatesResult:
    """Count who answered."""
    entry = planned.entry
    given = entry.given("by", "e", "effort", "definition", "weights")
    if isinstance(given.get("by"), dict):
        given["by"] = {wave: list(names) for wave, names in entry.columns("by", "").items()}
    with entry.blame("by"):
        return response_rates(
            panel, wave=planned.waves, people=entry.text("people", common.asked), **given, **common.options
        )
