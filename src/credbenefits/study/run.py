"""Running a study file: link, weight, estimate, compare, and write the brief."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.coding.cuts import GROUPS
from credbenefits.estimators.compare_groups import compare_groups
from credbenefits.estimators.proportions import proportions
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.frames.split_choices import split
from credbenefits.panel.link import link_waves
from credbenefits.questions.item import Item, Joined, insist
from credbenefits.questions.select_all import SelectAll
from credbenefits.reporting.brief import Brief, brief
from credbenefits.study.exports import read_wave
from credbenefits.weighting.attrition import attrition_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from credbenefits.panel.panel import Panel
    from credbenefits.results.comparisons import ComparisonResult
    from credbenefits.results.output import DataFrame
    from credbenefits.results.proportions import ProportionsResult
    from credbenefits.study.schema import Entry, StudyFile
    from credbenefits.weighting.weights import Weights

#: Steps that are reported while a study runs.
_STEPS = 6


@dataclass(frozen=True, slots=True)
class _Declared:
    """A question as declared: where, of which wave, and among whom."""

    entry: Entry
    wave: str
    item: Item | Joined
    among: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key that says what is asked."""
        return f"{self.item.how}_of" if isinstance(self.item, Joined) else "column"


@dataclass(frozen=True, slots=True)
class _Work:
    """What holds for every estimate of a study."""

    study: StudyFile
    level: float
    missing: tuple[Any, ...]
    answers: tuple[Any, ...]
    allow_identifier: bool

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

    work = _Work(study, *_options(study))
    step(1, "reading the waves")
    declared = _items(study)
    if not work.allow_identifier:
        _refuse_keys(study, declared)
    waves, notes = _split(study, {name: read_wave(study, name) for name in study.waves})
    _check_columns(study, waves, declared)
    step(2, "linking people across waves")
    panel = _link(study, waves)
    flow = panel.flow(invited=_invited(study, panel), confidence_level=work.level)
    step(3, "weighting for attrition")
    weights = None if study.weights is None else _weights(work, panel)
    step(4, "estimating proportions")
    plain = _told(_estimates(work, panel, declared, None), declared, notes)
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


def _options(study: StudyFile) -> tuple[float, tuple[Any, ...], tuple[Any, ...], bool]:
    top = study.top
    with top.blame("confidence_level"):
        level = check.confidence_level(top.values.get("confidence_level", 0.95))
    allow: bool = top.values.get("allow_identifier", False)
    with top.blame("allow_identifier"):
        check.switches(allow_identifier=allow)
    return level, top.answers("missing"), top.answers("answers"), allow


def _split(
    study: StudyFile, waves: dict[str, DataFrame]
) -> tuple[dict[str, DataFrame], dict[tuple[str, str], str]]:
    """Return the waves with columns of choices, and what a reader must know by wave and column."""
    notes: dict[tuple[str, str], str] = {}
    for entry in study.choices:
        wave, column = study.wave_of(entry), entry.text("column")
        _known_column(entry, "column", column, of=waves, wave=wave)
        with entry.blame("choices"):
            question = SelectAll(
                column,
                choices=entry.texts("choices"),
                separator=entry.text("separator") if "separator" in entry.values else None,
                none_of_these=entry.text("none_of_these", "") or None,
                missing=entry.answers("missing"),
                answers=entry.answers("answers"),
                same=entry.values.get("same", {}),
            )
            question = insist(question, study.top.answers("answers"))
            made, note = split(waves[wave], question, study.top.answers("missing"))
        notes |= {(wave, str(new)): note for new in made.columns[len(waves[wave].columns) :] if note}
        waves[wave] = made
    return waves, notes


def _items(study: StudyFile) -> list[_Declared]:
    declared: list[_Declared] = []
    for entry in study.items:
        wave = study.wave_of(entry)
        joining = [how for how in get_args(t.Joining) if f"{how}_of" in entry.values]
        item = _joined(entry, joining, declared, wave) if joining else _item(entry)
        declared.append(_Declared(entry, wave, item, entry.texts("among")))
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


def _item(entry: Entry) -> Item:
    with entry.blame("column"):
        return Item(
            entry.text("column"),
            label=entry.text("label", ""),
            yes=entry.answers("yes"),
            no=entry.answers("no"),
            missing=entry.answers("missing"),
            skipped=entry.answers("skipped"),
            refused=entry.answers("refused"),
            not_asked=entry.answers("not_asked"),
            answers=entry.answers("answers"),
        )


def _joined(entry: Entry, joining: list[t.Joining], declared: list[_Declared], wave: str) -> Joined:
    """Join items of a wave that are declared above."""
    key = f"{joining[0]}_of"
    others = [name for name in entry.values if name not in {"wave", "label", "among", key}]
    if others:
        raise entry.wrong(
            key,
            allowed="no other keys beside it than wave, label and among",
            received=check.listing(others),
            fix="Say in the [[items]] that it names which of their answers count.",
        )
    above = [one.item for one in declared if one.wave == wave and not one.among]
    known = [item.column for item in above]
    for name in entry.texts(key):
        _refuse_ambiguous(entry, key, name, known)
        if name not in known:
            raise entry.wrong(
                key,
                allowed="columns of [[items]] of the same wave that stand above it, without among",
                value=name,
                fix=check.suggestion(name, known, "items"),
            )
    with entry.blame(key):
        items = tuple(above[known.index(name)] for name in entry.texts(key))
        return Joined(joining[0], items, entry.text("label", ""))


def _refuse_ambiguous(entry: Entry, key: str, name: str, known: list[str]) -> None:
    if known.count(name) > 1:
        raise entry.wrong(
            key,
            allowed="a column that only one of the [[items]] reads",
            received=f"{name!r}, read by several",
            fix="Make a column of its own for each of them.",
        )


def _check_columns(study: StudyFile, waves: dict[str, DataFrame], declared: list[_Declared]) -> None:
    """Check every column named in the file before anything long runs."""
    for name, entry in study.waves.items():
        for key in ("keys", "answered"):
            for column in entry.texts(key):
                _known_column(entry, key, column, of=waves, wave=name)
    for one in declared:
        if not isinstance(one.item, Joined):
            _known_column(one.entry, "column", one.item.column, of=waves, wave=one.wave)
    if study.weights is not None:
        _check_weights(
            study.weights, study.known_wave(study.weights, "to"), waves, study.wave_of(study.weights)
        )
    for entry in study.groups:
        source = study.known_wave(entry, "from") if "from" in entry.values else study.wave_of(entry)
        for column in entry.texts("by", needed=True):
            _known_column(entry, "by", column, of=waves, wave=source)


def _refuse_keys(study: StudyFile, declared: list[_Declared]) -> None:
    """Refuse keys that people are linked on as answers, choices and groups."""
    named = [(one.entry, "column", one.item.column, one.wave) for one in declared if one.key == "column"]
    named += [(entry, "column", entry.text("column"), study.wave_of(entry)) for entry in study.choices]
    for entry in study.groups:
        source = study.known_wave(entry, "from") if "from" in entry.values else study.wave_of(entry)
        named += [(entry, "by", column, source) for column in entry.texts("by", needed=True)]
    for entry, key, column, wave in named:
        with entry.blame(key):
            refuse_keys(key, [column], study.waves[wave].texts("keys"))


def _check_weights(entry: Entry, to: str, waves: dict[str, DataFrame], weighted: str) -> None:
    if weighted == to:
        raise entry.wrong(
            "to",
            allowed=f"another wave than {weighted!r}, which is weighted",
            value=to,
            fix="Name the wave whose people are the population.",
        )
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


def _known_column(entry: Entry, key: str, column: str, *, of: dict[str, DataFrame], wave: str) -> None:
    with entry.blame(key):
        check.column(key, column, [str(c) for c in of[wave].columns], f"wave {wave!r}")


def _link(study: StudyFile, waves: dict[str, DataFrame]) -> Panel:
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
    stated = [name for name, entry in study.waves.items() if "answered" in entry.values]
    answered = {name: study.waves[name].texts("answered") for name in stated}
    numeric = study.top.texts("numeric_keys")
    with study.top.blame("waves"):
        return link_waves(
            waves, on=on, duplicates=rule, exclude=exclude, answered=answered, numeric_keys=numeric or None
        )


def _invited(study: StudyFile, panel: Panel) -> dict[str, int]:
    invited = {}
    for name, entry in study.waves.items():
        if "invited" in entry.values:
            with entry.blame("invited"):
                panel.flow(invited={name: entry.values["invited"]})
            invited[name] = entry.values["invited"]
    return invited


def _weights(work: _Work, panel: Panel) -> Weights:
    study = work.study
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
            missing=work.missing,
            allow_identifier=work.allow_identifier,
            answers=work.answers,
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
        with one.entry.blame(one.key):
            made.append(
                proportions(
                    frame,
                    one.item,
                    among=[by_column[one.wave, name] for name in one.among],
                    weights=weights,
                    confidence_level=work.level,
                    missing=work.missing,
                    allow_identifier=work.allow_identifier,
                    answers=work.answers,
                    people=work.people(one.wave),
                )
            )
    return made


def _told(
    results: list[ProportionsResult], declared: list[_Declared], notes: dict[tuple[str, str], str]
) -> list[ProportionsResult]:
    """Add how the choices were read to the results that ask for them."""
    said = [notes.get((one.wave, one.item.column)) if one.key == "column" else None for one in declared]
    return [
        replace(result, notes=(note, *result.notes)) if note else result
        for result, note in zip(results, said, strict=True)
    ]


def _compare(work: _Work, panel: Panel, entry: Entry, declared: list[_Declared]) -> ComparisonResult:
    study = work.study
    wave, by = study.wave_of(entry), entry.texts("by", needed=True)
    source = study.known_wave(entry, "from") if "from" in entry.values else wave
    if source == wave:
        frame, names = panel.wave(wave), {column: column for column in by}
    else:
        # People outside the other wave lack a group for a different reason than people in it.
        frame = panel.wave(wave, carry={source: list(by)}, also_in=source)
        names = {column: f"{column}_{source}" for column in by}
    items = _compared_items(entry, declared, wave)
    adjust: Any = entry.text("adjust", "holm")
    with entry.blame("by"):
        made = compare_groups(
            frame,
            items,
            by=list(names.values()),
            bins=_renamed(entry.values.get("bins"), names),
            reference=_renamed(entry.values.get("reference"), names),
            adjust=adjust,
            confidence_level=work.level,
            missing=work.missing,
            allow_identifier=work.allow_identifier,
            answers=work.answers,
            people=work.people(wave),
        )
    people = panel.people_in(wave).size
    strangers = people - len(frame)
    if not strangers:
        return made
    note = f"{strangers:,} of the {people:,} people in “{wave}” are not in “{source}” and are in no group"
    return replace(made, notes=(note, *made.notes))


def _compared_items(entry: Entry, declared: list[_Declared], wave: str) -> list[Item | Joined]:
    """Return the items of a wave that are compared: those that are named, or all without among."""
    known = [one.item for one in declared if one.wave == wave and not one.among]
    columns = [item.column for item in known]
    chosen = entry.texts("items")
    for name in chosen:
        _refuse_ambiguous(entry, "items", name, columns)
        if name not in columns:
            raise entry.wrong(
                "items",
                allowed="columns of [[items]] of that wave without among",
                value=name,
                fix=check.suggestion(name, columns, "items"),
            )
    return [item for item in known if item.column in chosen or not chosen]


def _renamed(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever stands in the file
    """Name columns as the frame has them, where a value of the file is a table of columns."""
    return {names.get(key, key): each for key, each in value.items()} if isinstance(value, dict) else value
