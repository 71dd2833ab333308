"""What is known about everybody: the columns of covariates and checks, from whatever wave, as covariates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from credbenefits import _validation as validate
from credbenefits.counts.coding.cuts import check_bins
from credbenefits.errors import InputError
from credbenefits.frames.boundary import read, take
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.panel.waves import require_wave
from credbenefits.questions.item import answers_of_call
from credbenefits.weighting.covariates import Covariate, read_covariate
from credbenefits.weighting.reading.shapes import check_shapes, read_shaped
from credbenefits.weighting.reading.terms import by_wave, cross, no_covariate

if TYPE_CHECKING:
    from credbenefits._typing import Bins, IntArray, NumberShapes, Progress, Value, Values
    from credbenefits.counts.coding.cuts import BinRule, Cut
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.panel.panel import Panel
    from credbenefits.weighting.reading.shapes import Shape
    from credbenefits.weighting.reading.terms import Asked

Columns: TypeAlias = str | Sequence[str] | Mapping[str, str | Sequence[str]]
#: The columns of each argument, by their wave.
Wanted: TypeAlias = dict[str, dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class How:
    """How the columns of a call are read."""

    rule: BinRule
    missing: tuple[Value, ...]
    answers: tuple[Value, ...]
    allow_identifier: bool
    shapes: Mapping[str, Shape] = field(default_factory=dict)

    def recipe(self, known: Known) -> dict[str, object]:
        """Return the arguments of the call that make the same numbers and answers again."""
        shapes = {"numbers": known.shapes} if known.shapes else {}
        return {
            "bins": {name: cut.edges for name, cut in known.cuts.items()},
            **shapes,
            "missing": self.missing,
            "answers": self.answers,
            "allow_identifier": self.allow_identifier,
        }


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about everybody: variables of the model, held-out ones, and how numbers were read.

    `terms` are what the model takes: the variables themselves, but for numbers that are not in groups, and
    for pairs. `shapes` are those of numbers that are not in groups, `notes` the same in words. `margins` are
    the variables that weights are calibrated to.
    """

    model: list[Covariate]
    held_out: list[Covariate]
    cuts: dict[str, Cut]
    terms: list[Covariate]
    shapes: dict[str, Shape]
    notes: list[str]
    margins: list[Covariate] = field(default_factory=list)

    @property
    def reported(self) -> list[str]:
        """How variables were read and cut, where that is not plain."""
        notes = [c.note for c in (*self.model, *self.held_out) if c.note]
        cuts = [f"{name} {cut.words}" for name, cut in self.cuts.items() if name not in self.shapes]
        return [*notes, *cuts, *self.notes]


def wanted_columns(
    panel: Panel, covariates: Columns, held_out: Columns, *, waves: Sequence[str], to: str
) -> Wanted:
    """Return the columns of each argument by their wave; there must be a covariate."""
    result = {
        "covariates": columns_by_wave(panel, covariates, "covariates", waves=waves, to=to),
        "check": columns_by_wave(panel, held_out, "check", waves=waves, to=to),
    }
    if not any(result["covariates"].values()):
        raise no_covariate(covariates)
    return result


def columns_by_wave(
    panel: Panel, columns: Columns, argument: str, *, waves: Sequence[str], to: str
) -> dict[str, list[str]]:
    """Return columns that are known for everybody, by their wave."""
    given = by_wave(columns, argument, to)
    for name, columns_there in given.items():
        known = panel.columns_of(require_wave(name, panel.wave_names, argument))
        for column in validate.names(argument, columns_there):
            validate.column(argument, column, known, f"wave {name!r}")
        if name in waves:
            raise InputError(
                argument,
                allowed=f"variables known for everybody in {to!r}",
                received=f"columns of {name!r}, known for its respondents only",
                fix=f"Take them from {to!r} or from a wave before it.",
            )
    return {name: list(validate.names(argument, names)) for name, names in given.items()}


def how_to_read(
    panel: Panel,
    wanted: Wanted,
    to: str,
    *,
    bins: Bins,
    missing: Values,
    answers: Values,
    allow_identifier: bool,
    asked: Asked,
    numbers: NumberShapes | None = None,
) -> How:
    """Check how the columns of a call are to be read, and that none of them is a key."""
    validate.switches(allow_identifier=allow_identifier)
    if not allow_identifier:
        _refuse_keys(panel, wanted)
    rule = check_bins(bins, _names(wanted, to))
    gone = validate.values("missing", missing)
    shapes = check_shapes(numbers, _names({"covariates": asked.single}, to))
    return How(rule, gone, answers_of_call(answers, gone), allow_identifier, shapes)


def _refuse_keys(panel: Panel, known: Wanted) -> None:
    """Refuse keys that people are linked on."""
    for argument, columns in known.items():
        for source, names in columns.items():
            refuse_keys(argument, names, panel.key_columns[source])


def _names(known: Wanted, to: str) -> set[str]:
    """Names that columns may have in `bins`: their own, and with the wave that they are carried from."""
    both = [(w, c) for columns in known.values() for w, cs in columns.items() for c in cs]
    return {c for _, c in both} | {f"{c}_{w}" for w, c in both if w != to}


def read_known(
    panel: Panel,
    to: str,
    wanted: Wanted,
    how: How,
    *,
    rows: IntArray,
    asked: Asked,
    tell: Progress,
) -> Known:
    """Read model and held-out variables of people in the population wave, who are in these `rows` of it."""
    _refuse_both(wanted)
    carry: dict[str, list[str]] = {}
    for columns in wanted.values():
        for source, names in columns.items():
            if source != to:
                carry.setdefault(source, []).extend(names)
    frame = read(panel.wave(to, carry=carry, status="everybody"))
    if rows.size < len(frame):
        frame = take(frame, rows)
    found: dict[tuple[str, str, str], Covariate] = {}
    known = Known([], [], {}, [], {}, [])
    all_of_them = [(a, w, c) for a, columns in wanted.items() for w, cs in columns.items() for c in cs]
    for done, (argument, source, name) in enumerate(all_of_them, 1):
        column = name if source == to else f"{name}_{source}"
        covariate, cut = read_covariate(
            frame,
            column,
            argument,
            missing=how.missing,
            answers=how.answers,
            rule=how.rule,
            given=name,
            allow_identifier=how.allow_identifier,
        )
        found[argument, source, name] = covariate
        if cut is not None:
            known.cuts[column] = cut
        tell(done, len(all_of_them))
    known.model.extend(each for (argument, *_), each in found.items() if argument == "covariates")
    known.margins.extend(each for (argument, *_), each in found.items() if argument == "calibrate_to")
    in_model = {each.name for each in known.model}
    known.model.extend(each for each in known.margins if each.name not in in_model)
    known.held_out.extend(each for (argument, *_), each in found.items() if argument == "check")
    _add_terms(known, {(w, c): each for (_, w, c), each in found.items()}, frame, how, asked=asked)
    return known


def _add_terms(
    known: Known,
    found: Mapping[tuple[str, str], Covariate],
    frame: NarwhalsFrame,
    how: How,
    *,
    asked: Asked,
) -> None:
    """Make the terms of the model of the variables that were read: single ones, and pairs."""
    in_pairs = {place for pair in asked.pairs for place in pair}
    for source, names in asked.single.items():
        for name in names:
            # A pair holds both of its categories: beside it they would let pooled cells run away again.
            _add_term(
                known, found[source, name], frame, how, given=name, only_shaped=(source, name) in in_pairs
            )
    for first, second in asked.pairs:
        crossed = cross(found[first], found[second])
        known.model.append(crossed)
        known.terms.append(crossed)
        known.notes.append(f"{crossed.name} crossed: {len(crossed.levels)} cells")


def _add_term(
    known: Known, covariate: Covariate, frame: NarwhalsFrame, how: How, *, given: str, only_shaped: bool
) -> None:
    """Add a single variable to the terms of the model, in the shape that it was asked for."""
    column = covariate.name
    shape = next((how.shapes[name] for name in (column, given) if name in how.shapes), None)
    shaped = None if shape is None else read_shaped(frame, column, shape, how.missing)
    if shaped is None or not shaped.terms:
        if not only_shaped:
            known.terms.append(covariate)
        return
    known.terms.extend(shaped.terms)
    known.shapes[column] = shaped.shape
    known.notes.append(shaped.note)


def _refuse_both(wanted: Wanted) -> None:
    """Refuse variables that are in the model and held out."""
    both = {(w, c) for w, cs in wanted["covariates"].items() for c in cs} & {
        (w, c) for w, cs in wanted["check"].items() for c in cs
    }
    if both:
        raise InputError(
            "check",
            allowed="variables that are not covariates",
            received=validate.listing(sorted(c for _, c in both)),
            fix="Hold them out of the model, or drop them from check=.",
        )
