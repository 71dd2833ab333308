"""Linking the waves of a study: by keys, by codes or by names, from the waves and [link]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credbenefits.errors import InputError
from credbenefits.frames.keys.columns import columns_of
from credbenefits.panel.link import link_waves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits.panel.panel import Panel
    from credbenefits.results.export import Export
    from credbenefits.results.output import DataFrame
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.found import Found


def keys_of(entry: Entry) -> list[str | tuple[str, ...]]:
    """Return the keys of a wave; "" where it lacks one, and a tuple where several columns are one."""
    return [tuple(key) if isinstance(key, list) else key for key in entry.texts("keys")]


def key_columns(entry: Entry) -> list[str]:
    """Return the columns of all keys of a wave."""
    return columns_of(key or None for key in keys_of(entry))


def check_keys(study: StudyFile, found: Found) -> None:
    """Check that every wave has keys, and the same number of them."""
    numbers = {}
    for name, entry in study.waves.items():
        numbers[name] = len(keys_of(entry))
        if not any(keys_of(entry)):
            found.add(
                entry.wrong(
                    "keys",
                    allowed="at least one key column",
                    received="none",
                    fix='For example keys = ["learner_id", "email"].',
                )
            )
    most = max(numbers.values(), default=0)
    for name, n in numbers.items():
        if 0 < n < most:
            found.add(
                study.waves[name].wrong(
                    "keys",
                    allowed=f"as many keys as other waves have, {most}",
                    received=f"{n}",
                    fix='Write "" in the place of a key that the wave lacks.',
                )
            )


def status_columns(entry: Entry) -> tuple[str, ...]:
    """Return the columns that say how people ended in a wave."""
    said = entry.values.get("status", {})
    columns = [said.get("column"), said.get("finished")]
    answered = said.get("answered", ())
    columns += [answered] if isinstance(answered, str) else answered
    return tuple(name for name in columns if isinstance(name, str))


def link(study: StudyFile, waves: Mapping[str, DataFrame | Export]) -> Panel:
    """Link the waves."""
    how = study.one("link")
    within = {name: entry.text("within") for name, entry in study.waves.items() if entry.has("within")}
    options: dict[str, Any] = {} if how is None else dict(how.values)
    options |= study.top.given("duplicates", "numeric_keys")
    if "numeric_keys" in options:
        options["numeric_keys"] = study.top.texts("numeric_keys")
    entries = study.waves.items()
    try:
        return link_waves(
            waves,
            on={name: [key or None for key in keys_of(entry)] for name, entry in entries},
            within=within or None,
            exclude=study.top.values.get("exclude", {}),
            answered={name: entry.texts("answered") for name, entry in entries if entry.has("answered")},
            status={name: entry.values["status"] for name, entry in entries if entry.has("status")},
            **options,
        )
    except InputError as problem:
        wave, key = _blamed(study, problem.argument)
        with study.top.blame("waves", how) if wave is None else wave.blame(key):
            raise


def _blamed(study: StudyFile, argument: str) -> tuple[Entry | None, str]:
    """Return the wave and its key that an argument of `link_waves` comes from, if it comes from one."""
    for name, entry in study.waves.items():
        if argument == f"waves[{name!r}]":
            return entry, "file"
    key = {"on": "keys", "answered": "answered", "status": "status", "within": "within"}.get(argument, "")
    return next((entry for entry in study.waves.values() if entry.has(key)), None), key


def invited(study: StudyFile, panel: Panel) -> dict[str, int]:
    """Return how many were asked in each wave, where the study says it."""
    made: dict[str, int] = {}
    for name, entry in study.waves.items():
        if entry.has("invited"):
            with entry.blame("invited"):
                panel.flow(invited={name: entry.values["invited"]})
            made[name] = entry.values["invited"]
    return made
