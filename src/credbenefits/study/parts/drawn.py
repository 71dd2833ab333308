"""How people were drawn, and how replicates are: [design] and [bootstrap]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from credbenefits.counts.coding.design import check_design
from credbenefits.counts.replicate_weights import ReplicateWeights
from credbenefits.counts.sampling import Bootstrap, SurveyDesign
from credbenefits.study.keys.table import HEADINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.found import Found

_COLUMNS = ("strata", "clusters", "population_size")


@dataclass(frozen=True, slots=True)
class Drawn:
    """The [design] of a study, where it has one, and its [bootstrap]."""

    entry: Entry | None
    replicates: Entry | None
    resampling: Entry | None
    #: The wave whose file has the columns of the design; None where each wave has its own.
    source: str | None

    @property
    def entries(self) -> tuple[Entry | None, ...]:
        """The tables that errors about the design or the replicates are about."""
        return self.entry, self.replicates, self.resampling

    def has_replicate_weights(self, entry: Entry) -> bool:
        """Tell whether the design of an entry is in replicate weights."""
        return self.replicates is not None and self.of(entry)

    def of(self, entry: Entry) -> bool:
        """Tell whether an entry is estimated with the design."""
        return self.entry is not None and entry.values.get("design", True) is not False

    @property
    def columns(self) -> tuple[tuple[Entry, str, str], ...]:
        """The columns of the design: the table, the key and the name of each."""
        made: list[tuple[Entry, str, str]] = []
        if self.entry is not None:
            for key in _COLUMNS:
                made += [(self.entry, key, column) for column in _texts(self.entry.values.get(key, ()))]
        if self.replicates is not None:
            made += [(self.replicates, "columns", c) for c in self.replicates.texts("columns")]
        return tuple(made)

    def design(self, names: Mapping[str, str] | None = None) -> SurveyDesign:
        """Return the design, its columns being called in the data as `names` says."""
        assert self.entry is not None
        called = names or {}

        def renamed(value: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
            return [renamed(v) for v in value] if isinstance(value, list) else called.get(value, value)

        options = {key: renamed(value) for key, value in self.entry.given(*_COLUMNS).items()}
        options |= self.entry.given("lonely_psu", "deff")
        if self.replicates is not None:
            given: dict[str, Any] = dict(self.replicates.values)
            given["columns"] = [called.get(name, name) for name in self.replicates.texts("columns")]
            with self.replicates.blame("columns"):
                options["replicate_weights"] = ReplicateWeights(**given)
        return SurveyDesign(**options)

    def of_pairs(self, entry: Entry, first: str) -> SurveyDesign | None:
        """Return the design of an entry about two waves; its columns must be those of the first wave."""
        if not self.of(entry):
            return None
        if self.source not in {None, first}:
            assert self.entry is not None
            heading = HEADINGS[entry.table][0]
            raise self.entry.wrong(
                "from",
                allowed=f"the first wave of each {heading}, here {first!r}",
                value=self.source,
                fix=f"Say design = false in this {heading}, or have the columns in its first wave.",
            )
        return self.design()

    def bootstrap(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the argument that says how replicates are drawn, where these options ask for some."""
        return (
            {"bootstrap": Bootstrap(**self.resampling.values)} if self.resampling and drawing(options) else {}
        )


def drawing(options: Mapping[str, Any]) -> bool:
    """Tell whether a method or a variance asks for replicates that are drawn."""
    return options.get("variance") == "bootstrap" or str(options.get("method", "")).startswith("bootstrap")


def drawn(study: StudyFile, found: Found) -> Drawn:
    """Read how people were drawn, and check all that can be checked without the data."""
    entry = study.one("design")
    source = None
    if entry is not None:
        with found.each():
            source = study.known_wave(entry, "from") if entry.has("from") else None
    made = Drawn(entry, study.one("design.replicate_weights"), study.one("bootstrap"), source)
    if entry is not None:
        with found.each(), entry.blame("strata", *made.entries):
            if not entry.given(*_COLUMNS, "deff") and made.replicates is None:
                raise entry.wrong(
                    "strata",
                    allowed="strata, clusters, population_size, deff or [design.replicate_weights]",
                    received="none of them",
                    fix="Name the columns, or leave [design] out.",
                )
            check_design(made.design())
    return made


def _texts(value: object) -> list[str]:
    listed = value if isinstance(value, (list, tuple)) else [value]
    return [each for each in listed if isinstance(each, str)]
