"""What is known about everybody: the columns of covariates and checks, from whatever wave, as covariates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from credbenefits import _validation as validate
from credbenefits.counts.coding.cuts import check_bins
from credbenefits.errors import InputError
from credbenefits.frames.boundary import read, take
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.panel.waves import require_wave
from credbenefits.questions.item import answers_of_call
from credbenefits.weighting.covariates import Covariate, read_covariate

if TYPE_CHECKING:
    from credbenefits._typing import Bins, IntArray, Progress, Value, Values
    from credbenefits.counts.coding.cuts import BinRule, Cut
    from credbenefits.panel.panel import Panel

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

    def recipe(self, cuts: Mapping[str, Cut]) -> dict[str, object]:
        """Return the arguments of the call that make the same numbers and answers again."""
        return {
            "bins": {name: cut.edges for name, cut in cuts.items()},
            "missing": self.missing,
            "answers": self.answers,
            "allow_identifier": self.allow_identifier,
        }


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about everybody: variables of the model, held-out ones, and numbers that were cut."""

    model: list[Covariate]
    held_out: list[Covariate]
    cuts: dict[str, Cut]

    @property
    def reported(self) -> list[str]:
        """How variables were read and cut, where that is not plain."""
        notes = [c.note for c in (*self.model, *self.held_out) if c.note]
        return [*notes, *(f"{name} {cut.words}" for name, cut in self.cuts.items())]


def wanted_columns(
    panel: Panel, covariates: Columns, held_out: Columns, *, waves: Sequence[str], to: str
) -> Wanted:
    """Return the columns of each argument by their wave; there must be a covariate."""
    result = {
        "covariates": _by_wave(panel, covariates, "covariates", waves=waves, to=to),
        "check": _by_wave(panel, held_out, "check", waves=waves, to=to),
    }
    if not any(result["covariates"].values()):
        raise InputError(
            "covariates",
            allowed="at least one column",
            value=covariates,
            fix="Name variables known for everybody.",
        )
    return result


def _by_wave(
    panel: Panel, columns: Columns, argument: str, *, waves: Sequence[str], to: str
) -> dict[str, list[str]]:
    given = columns if isinstance(columns, Mapping) else {to: columns}
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
) -> How:
    """Check how the columns of a call are to be read, and that none of them is a key."""
    validate.switches(allow_identifier=allow_identifier)
    if not allow_identifier:
        _refuse_keys(panel, wanted)
    rule = check_bins(bins, _names(wanted, to))
    gone = validate.values("missing", missing)
    return How(rule, gone, answers_of_call(answers, gone), allow_identifier)


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
    tell: Progress,
) -> Known:
    """Read model and held-out variables of people in the population wave, who are in these `rows` of it."""
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
    carry: dict[str, list[str]] = {}
    for columns in wanted.values():
        for source, names in columns.items():
            if source != to:
                carry.setdefault(source, []).extend(names)
    frame = read(panel.wave(to, carry=carry, everybody=True))
    if rows.size < len(frame):
        frame = take(frame, rows)
    result: dict[str, list[Covariate]] = {"covariates": [], "check": []}
    cuts: dict[str, Cut] = {}
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
        result[argument].append(covariate)
        if cut is not None:
            cuts[column] = cut
        tell(done, len(all_of_them))
    return Known(result["covariates"], result["check"], cuts)
