"""Running a study file: link, weight, estimate, compare, and write the brief."""

from __future__ import annotations

import csv
import io
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import StudyFileError
from credbenefits.estimators.comparison import compare_groups
from credbenefits.estimators.proportions import proportions
from credbenefits.frames.choices import split_choices
from credbenefits.frames.items import Item
from credbenefits.panel.linking import link_waves
from credbenefits.reporting.brief import Brief, brief
from credbenefits.weighting.attrition import attrition_weights
from credbenefits.weighting.binning import GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from credbenefits.panel.panel import Panel
    from credbenefits.results.proportions import ComparisonResult, ProportionsResult
    from credbenefits.study.schema import Entry, StudyFile
    from credbenefits.weighting.weights import Weights

#: Steps that are told while a study runs.
_STEPS = 6


def read_export(path: Path) -> pd.DataFrame:
    """Read a survey export; a CSV with every cell as text.

    Nothing in it is guessed: ids keep their leading zeros, the answer "NA" stays an answer, and
    only an empty cell is missing.
    """
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    with warnings.catch_warnings():
        # A row with more cells than the header would shift every answer into another column.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8-sig", index_col=False
        )


@dataclass(frozen=True, slots=True)
class _Declared:
    """An item as declared: where, of which wave, and among whom."""

    entry: Entry
    wave: str
    item: Item
    among: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Work:
    """What holds for every estimate of a study."""

    study: StudyFile
    level: float
    missing: tuple[Any, ...]

    def people(self, wave: str) -> str:
        """Say who answered a wave, in words."""
        return self.study.waves[wave].text("people", f"people who answered “{wave}”")


def run_study(study: StudyFile, tell: Callable[[int, int, str], None] | None = None) -> Brief:
    """Run a study and return its brief.

    Parameters
    ----------
    study : StudyFile
        From :func:`read_study`.
    tell : callable, optional
        Called with the step, the number of steps and its name before each step.
    """

    def step(number: int, name: str) -> None:
        if tell is not None:
            tell(number, _STEPS, name)

    level, missing = _options(study)
    work = _Work(study, level, missing)
    step(1, "reading the waves")
    declared = _items(study)
    waves = _split(study, {name: _read(study, name) for name in study.waves})
    _check_columns(study, waves, declared)
    step(2, "linking people across waves")
    panel = _link(study, waves)
    flow = panel.flow(invited=_invited(study, panel), confidence_level=level)
    step(3, "weighting for attrition")
    weights = None if study.weights is None else _weights(study, panel, missing)
    step(4, "estimating proportions")
    plain = _estimates(work, panel, declared, None)
    weighted = [] if weights is None else _estimates(work, panel, declared, weights)
    step(5, "comparing groups")
    compared = [_compare(work, panel, entry, declared) for entry in study.groups]
    step(6, "writing the brief")
    extra = [] if weights is None else [weights]
    return brief(
        *plain,
        *weighted,
        *compared,
        *extra,
        panel,
        flow,
        title=study.top.text("title"),
        note=study.top.text("note", ""),
    )


def _options(study: StudyFile) -> tuple[float, tuple[Any, ...]]:
    top = study.top
    with top.blame("confidence_level"):
        level = check.confidence_level(top.values.get("confidence_level", 0.95))
    return level, top.answers("missing")


def _read(study: StudyFile, wave: str) -> pd.DataFrame:
    entry = study.waves[wave]
    path = study.folder / entry.text("file")
    if not path.is_file():
        raise entry.wrong(
            "file",
            allowed="a file beside the study file",
            value=entry.text("file"),
            fix="Check the name; it is relative to the study file.",
        )
    if not study.allow_outside and not path.resolve().is_relative_to(study.folder.resolve()):
        raise entry.wrong(
            "file",
            allowed="a file in the folder of the study file or below it",
            value=entry.text("file"),
            fix="Move it there, or allow other places: --allow-outside, read_study(..., allow_outside=True).",
        )
    try:
        if path.suffix != ".parquet":
            _check_header(study, wave, path)
        frame = read_export(path)
    except StudyFileError:
        raise
    except UnicodeDecodeError as problem:
        raise entry.wrong("file", allowed="a CSV file in UTF-8",
                          received=f"{entry.text('file')!r} in another encoding",
                          fix='Save it as "CSV UTF-8".') from problem  # fmt: skip
    except (ValueError, OSError, ImportError, pd.errors.ParserWarning) as problem:
        raise entry.wrong(
            "file",
            allowed="a CSV (UTF-8) or Parquet file that can be read",
            received=f"{entry.text('file')}: {problem}",
            fix="Export it anew.",
        ) from problem
    return frame


def _check_header(study: StudyFile, wave: str, path: Path) -> None:
    """Refuse a file that is not what was declared, without repeating any of it."""
    entry = study.waves[wave]
    content = path.read_bytes()
    if b"\0" in content:
        raise entry.wrong("file", allowed="a CSV file in UTF-8", received="a file that holds NUL bytes",
                          fix='Save it as "CSV UTF-8".')  # fmt: skip
    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")), [])
    named = {*entry.texts("keys"), *study.top.values.get("exclude", {})}
    named |= {one.text("column") for one in (*study.items, *study.choices) if study.wave_of(one) == wave}
    if {name.strip().casefold() for name in header}.isdisjoint(name.strip().casefold() for name in named):
        separated = [repr(mark) for mark in ";\t|" if len(header) == 1 and mark in header[0]]
        raise entry.wrong(
            "file",
            allowed="a CSV file with commas between the cells, whose first row names the columns",
            received=f"a file with {' or '.join(separated)} in the first row, where commas should be"
            if separated
            else f"a first row of {len(header)} cells, none of them a column that the study names for the wave",
            fix="Save it with commas between the cells." if separated else "Check the file and its first row.",
        )  # fmt: skip
    twice = sorted({name for name in header if name.strip() and header.count(name) > 1})
    if twice:
        raise entry.wrong("file", allowed="a file whose columns have different names",
                          received=f"{check.listing(twice)} more than once", fix="Rename them.")  # fmt: skip


def _split(study: StudyFile, waves: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    for entry in study.choices:
        wave = study.wave_of(entry)
        _known_column(entry, "column", entry.text("column"), of=waves, wave=wave)
        offered = entry.texts("choices")
        with entry.blame("choices"):
            waves[wave] = split_choices(
                waves[wave],
                entry.text("column"),
                separator=entry.text("separator", ","),
                choices=offered or None,
                none_of_these=entry.text("none_of_these", "") or None,
                missing=study.top.answers("missing"),
            )
    return waves


def _items(study: StudyFile) -> list[_Declared]:
    declared: list[_Declared] = []
    for entry in study.items:
        with entry.blame("column"):
            item = Item(
                entry.text("column"),
                yes=entry.answers("yes"),
                no=entry.answers("no"),
                label=entry.text("label", ""),
                missing=entry.answers("missing"),
            )
        declared.append(_Declared(entry, study.wave_of(entry), item, entry.texts("among")))
    for one in declared:
        known = [other.item.column for other in declared if other.wave == one.wave]
        for name in one.among:
            _refuse_ambiguous(one.entry, "among", name, known)
            if name not in known:
                raise one.entry.wrong(
                    "among",
                    allowed="the column of another [[items]] of the same wave",
                    value=name,
                    fix=check.suggestion(name, known, "items"),
                )
    return declared


def _refuse_ambiguous(entry: Entry, key: str, name: str, known: list[str]) -> None:
    if known.count(name) > 1:
        raise entry.wrong(key, allowed="a column that only one of the [[items]] reads",
                          received=f"{name!r}, read by several",
                          fix="Make a column of its own for each of them.")  # fmt: skip


def _check_columns(study: StudyFile, waves: dict[str, pd.DataFrame], declared: list[_Declared]) -> None:
    """Check every column named in the file before anything long runs."""
    for name, entry in study.waves.items():
        for key in entry.texts("keys"):
            _known_column(entry, "keys", key, of=waves, wave=name)
    for one in declared:
        _known_column(one.entry, "column", one.item.column, of=waves, wave=one.wave)
    if study.weights is not None:
        _check_weights(
            study.weights, study.known_wave(study.weights, "to"), waves, study.wave_of(study.weights)
        )
    for entry in study.groups:
        source = study.known_wave(entry, "from") if "from" in entry.values else study.wave_of(entry)
        _known_column(entry, "by", entry.text("by"), of=waves, wave=source)


def _check_weights(entry: Entry, to: str, waves: dict[str, pd.DataFrame], weighted: str) -> None:
    if weighted == to:
        raise entry.wrong("to", allowed=f"another wave than {weighted!r}, which is weighted", value=to,
                          fix="Name the wave whose people are the population.")  # fmt: skip
    for key in ("covariates", "check"):
        for wave, columns in entry.columns(key, to).items():
            if wave not in waves:
                raise entry.wrong(
                    key,
                    allowed=f"a declared wave ({check.listing(waves)})",
                    value=wave,
                    fix=check.suggestion(wave, list(waves), "waves"),
                )
            for column in columns:
                _known_column(entry, key, column, of=waves, wave=wave)


def _known_column(entry: Entry, key: str, column: str, *, of: dict[str, pd.DataFrame], wave: str) -> None:
    with entry.blame(key):
        check.column(key, column, [str(c) for c in of[wave].columns], f"wave {wave!r}")


def _link(study: StudyFile, waves: dict[str, pd.DataFrame]) -> Panel:
    on = {name: entry.texts("keys") for name, entry in study.waves.items()}
    for name, entry in study.waves.items():
        if not on[name]:
            raise entry.wrong(
                "keys",
                allowed="at least one key column",
                received="none",
                fix='For example keys = ["learner_id", "email"].',
            )
    rule: Any = study.top.text("duplicates", "last")
    exclude = study.top.values.get("exclude", {})
    with study.top.blame("duplicates"):
        check.choice("duplicates", rule, t.DuplicateRule)
    with study.top.blame("exclude"):
        return link_waves(waves, on=on, duplicates=rule, exclude=exclude)


def _invited(study: StudyFile, panel: Panel) -> dict[str, int]:
    invited = {}
    for name, entry in study.waves.items():
        if "invited" in entry.values:
            with entry.blame("invited"):
                panel.flow(invited={name: entry.values["invited"]})
            invited[name] = entry.values["invited"]
    return invited


def _weights(study: StudyFile, panel: Panel, missing: tuple[Any, ...]) -> Weights:
    entry = study.weights
    assert entry is not None
    wave, to = study.wave_of(entry), study.known_wave(entry, "to")
    trim = entry.values.get("trim", 3.0)
    with entry.blame("covariates"):
        return attrition_weights(
            panel,
            entry.columns("covariates", to),
            wave=wave,
            to=to,
            trim=None if trim is False else trim,
            check=entry.columns("check", to),
            bins=entry.values.get("bins", GROUPS),
            missing=missing,
            population=entry.text("population"),
        )


def _estimates(
    work: _Work, panel: Panel, declared: list[_Declared], weights: Weights | None
) -> list[ProportionsResult]:
    """Estimate the items one by one; weighted ones in the weights' wave."""
    by_column = {(one.wave, one.item.column): one.item for one in declared}
    made = []
    for one in declared:
        if weights is not None and one.wave != weights.wave:
            continue
        frame = panel.wave(one.wave, also_in=None if weights is None else weights.to)
        with one.entry.blame("column"):
            made.append(
                proportions(
                    frame,
                    one.item,
                    among=[by_column[one.wave, name] for name in one.among],
                    weights=weights,
                    confidence_level=work.level,
                    missing=work.missing,
                    people=work.people(one.wave),
                )
            )
    return made


def _compare(work: _Work, panel: Panel, entry: Entry, declared: list[_Declared]) -> ComparisonResult:
    study = work.study
    wave, by = study.wave_of(entry), entry.text("by")
    source = study.known_wave(entry, "from") if "from" in entry.values else wave
    if source == wave:
        frame, column = panel.wave(wave), by
    else:
        # People outside the other wave lack a group for a different reason than people in it.
        frame, column = panel.wave(wave, carry={source: [by]}, also_in=source), f"{by}_{source}"
    known = [one.item for one in declared if one.wave == wave and not one.among]
    columns = [item.column for item in known]
    chosen = entry.texts("items")
    for name in chosen:
        _refuse_ambiguous(entry, "items", name, columns)
        if name not in columns:
            raise entry.wrong("items", allowed="columns of [[items]] of that wave without among",
                              value=name, fix=check.suggestion(name, columns, "items"))  # fmt: skip
    items = [item for item in known if item.column in chosen or not chosen]
    adjust: Any = entry.text("adjust", "holm")
    with entry.blame("by"):
        made = compare_groups(
            frame,
            items,
            by=column,
            reference=entry.values.get("reference"),
            adjust=adjust,
            confidence_level=work.level,
            missing=work.missing,
            people=work.people(wave),
        )
    people = panel.people_in(wave).size
    strangers = people - len(frame)
    if not strangers:
        return made
    note = f"{strangers:,} of the {people:,} people in “{wave}” are not in “{source}” and are in no group"
    return replace(made, notes=(note, *made.notes))
