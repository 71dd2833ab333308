"""The weights of a study: against attrition, to known totals, or from a column of a wave's file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from credbenefits import _validation as check
from credbenefits.study.parts.attrition.people import eligible_of, population_of, waves_of
from credbenefits.study.parts.common import Column
from credbenefits.weighting.attrition import attrition_weights
from credbenefits.weighting.calibrate import calibrate, check_bounds
from credbenefits.weighting.plan import check_settings
from credbenefits.weighting.reading.shapes import check_shapes
from credbenefits.weighting.totals.known import check_totals
from credbenefits.weighting.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from credbenefits.panel.panel import Panel
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.attrition.people import Eligible
    from credbenefits.study.parts.common import Common
    from credbenefits.study.parts.found import Found
    from credbenefits.study.parts.questions import Asked

#: Keys of each kind of weights beside those that all have, and beside the one that tells the kind.
_MODEL = ("to", "eligible", "check", "bins", "numbers", "trim", "calibrate_to", "method")
_TOTALS = ("distance", "bounds")
_COLUMN = ("population_size",)
#: The kinds of weights, by the key that tells them, and the keys that only other kinds have.
_STRANGE = {
    "column": ("covariates", "totals", "base_weights", *_MODEL, *_TOTALS),
    "totals": ("covariates", *_MODEL, *_COLUMN),
    "covariates": (*_TOTALS, *_COLUMN),
}


@dataclass(frozen=True, slots=True)
class Weighting:
    """A [weights] of the study: the waves whose respondents are weighted, and what the weights come from.

    `to` is the wave that is the population, if one is. `base` are the weights that people come with: earlier
    ones of the study, a column, or none.
    """

    entry: Entry
    waves: tuple[str, ...]
    to: str
    base: Base | None
    eligible: Eligible | None

    @property
    def kind(self) -> str:
        """The key that says what they come from."""
        return kind_of(self.entry)

    @property
    def wave(self) -> str:
        """The wave whose items they weight: of several the last."""
        return self.waves[-1]

    @property
    def of_column(self) -> bool:
        """Whether a column of the wave's file says how everybody in the wave is weighted."""
        base = self.base
        if isinstance(base, Weighting):
            return self.kind == "totals" and base.of_column
        return self.kind == "column" or (self.kind == "totals" and base is not None)

    @property
    def population(self) -> str:
        """Whom they speak for, in words."""
        return self.entry.text("population")

    @property
    def name(self) -> str:
        """What other entries call them by."""
        return self.entry.text("name", "") or self.population

    def also_in(self, wave: str) -> tuple[str, ...]:
        """Return the waves, beside this one, that everybody with a weight is in."""
        if self.kind == "totals" and isinstance(self.base, Weighting):
            return self.base.also_in(wave)
        return tuple(name for name in (self.to, *self.waves) if name not in {"", wave})

    def columns(self) -> Iterator[Column]:
        """Return the columns that it names."""
        if self.kind == "column":
            yield Column(self.entry, "column", self.entry.text("column"), self.wave, numbers=True)
        for wave, terms in terms_of(self.entry, self.to).items():
            for name in dict.fromkeys(
                each for term in terms for each in ([term] if isinstance(term, str) else term)
            ):
                yield Column(self.entry, "covariates", name, wave)
        for wave, names in self.entry.columns("check", self.to).items():
            yield from (Column(self.entry, "check", name, wave) for name in names)
        for name in self.entry.values.get("totals", ()):
            yield Column(self.entry, "totals", name, self.wave)
        for wave, names in margins_of(self.entry, self.to).items():
            yield from (Column(self.entry, "calibrate_to", name, wave) for name in names)
        yield from base_columns(self.entry, self.base, self.to or self.wave)
        if self.eligible is not None:
            yield from self.eligible.columns()


#: The weights that people come with: earlier ones of the study, or a column.
Base: TypeAlias = Weighting | str


def kind_of(entry: Entry) -> str:
    """Return the key that says what the weights of an entry come from."""
    return next((key for key in ("column", "totals") if entry.has(key)), "covariates")


def terms_of(entry: Entry, to: str) -> dict[str, list[str | tuple[str, ...]]]:
    """Return columns and pairs of columns by wave."""
    value = entry.values.get("covariates", ())
    by_wave = value if isinstance(value, dict) else {to: value} if value else {}
    return {
        wave: [t if isinstance(t, str) else tuple(t) for t in ([terms] if isinstance(terms, str) else terms)]
        for wave, terms in by_wave.items()
    }


def margins_of(entry: Entry, to: str) -> dict[str, tuple[str, ...]]:
    """Return the columns that weights are calibrated to at last, by wave: of totals those of `to`."""
    if _of_totals(entry):
        return {to: tuple(entry.values["calibrate_to"])}
    return entry.columns("calibrate_to", to)


def _of_totals(entry: Entry) -> bool:
    """Tell whether weights are calibrated at last to totals, not to columns of everybody."""
    given = entry.values.get("calibrate_to")
    return isinstance(given, dict) and any(isinstance(v, dict | int | float) for v in given.values())


def weightings(study: StudyFile, asked: Sequence[Asked], found: Found) -> Iterator[Weighting]:
    """Return the weights that are asked for, checked as far as that goes without data."""
    above: list[Weighting] = []
    twice = Counter(_called(entry) for entry in study.tables["weights"])
    for entry in study.tables["weights"]:
        with found.each(entry):
            base = base_of(entry, above, twice)
            made = _weighting(study, entry, base, asked)
            if twice[made.name] > 1:
                raise entry.wrong(
                    "name" if entry.has("name") else "population",
                    allowed="a name, or a population, of its own for each of the [[weights]]",
                    value=made.name,
                    fix="Give each a name, or say in words how their populations differ.",
                )
            above.append(made)
            yield made
    _refuse_alike(above, found)


def _called(entry: Entry) -> object:
    return entry.values.get("name", entry.values.get("population"))


def _refuse_alike(weights: Sequence[Weighting], found: Found) -> None:
    """Refuse weights of the same items whose estimates nobody could tell apart."""
    names = [one.name for one in weights]
    used = [
        one
        for one in for_items(weights)
        # A column that is hardly told from a name may be that name misspelt, and these weights a step.
        if not (isinstance(one.base, str) and get_close_matches(one.base, names, cutoff=0.7))
    ]
    alike = Counter((one.wave, one.population) for one in used)
    for one in used:
        if alike[one.wave, one.population] > 1:
            found.add(
                one.entry.wrong(
                    "population",
                    allowed=f"a population of its own for each of the [[weights]] of {one.wave!r}",
                    value=one.population,
                    fix="Say in words how they differ.",
                )
            )


def for_items(weights: Sequence[Weighting]) -> tuple[Weighting, ...]:
    """Return the weights that items are estimated with: all but steps to other weights of the same wave."""
    steps = {
        one.base.name for one in weights if isinstance(one.base, Weighting) and one.base.wave == one.wave
    }
    return tuple(one for one in weights if one.name not in steps)


def with_steps(weights: Iterable[Weighting]) -> set[str]:
    """Return the names of weights, and of all that they are made of."""
    names: set[str] = set()
    for one in weights:
        base: Base | None = one
        while isinstance(base, Weighting):
            names.add(base.name)
            base = base.base
    return names


def _weighting(study: StudyFile, entry: Entry, base: Base | None, asked: Sequence[Asked]) -> Weighting:
    kind = kind_of(entry)
    _refuse_strange(entry, kind)
    if kind != "covariates":
        wave = _single_wave(study, entry, kind)
        if kind == "totals":
            _check_totals(entry, wave, base)
        return Weighting(entry, (wave,), "", base, None)
    if not entry.has("covariates") and not entry.has("to"):
        raise entry.lacks(
            "covariates",
            allowed="one of covariates (with to), totals and column",
            fix='Write covariates = ["age", "region"] and to = "...".',
        )
    waves = waves_of(study, entry)
    to = population_of(study, entry, waves)
    if not entry.has("covariates"):
        raise entry.lacks("covariates", allowed="columns", fix='Write covariates = ["age", "region"].')
    named: dict[str, Iterable[str]] = {
        "covariates": terms_of(entry, to),
        "check": entry.columns("check", to),
        "calibrate_to": margins_of(entry, to),
    }
    for key, by_wave in named.items():
        for wave in by_wave:
            study.declared(entry, key, wave)
    _check_model(entry)
    return Weighting(entry, waves, to, base, eligible_of(study, entry, to, asked))


def _refuse_strange(entry: Entry, kind: str) -> None:
    """Refuse keys that mean nothing for this kind of weights."""
    others = [name for name in _STRANGE[kind] if entry.has(name)]
    if not others:
        return
    homes = {name: home for home, names in (("totals", _TOTALS), ("column", _COLUMN)) for name in names}
    if others[0] in homes:
        raise entry.wrong(
            others[0],
            allowed=f"it beside {homes[others[0]]} only",
            received=f"it beside {kind if entry.has(kind) else 'a wave that is the population'}",
            fix="Leave it out: it is the number of people in that wave."
            if others[0] in _COLUMN and kind == "covariates"
            else "Leave it out.",
        )
    raise entry.wrong(
        others[0],
        allowed=f"no other source of weights beside {kind}, and none of its keys",
        received=check.listing(others),
        fix="Leave out the one or the other; [[weights]] may be several, and one may name another in "
        "base_weights.",
    )


def _single_wave(study: StudyFile, entry: Entry, kind: str) -> str:
    waves = waves_of(study, entry)
    if len(waves) > 1:
        raise entry.wrong(
            "wave",
            allowed=f"one wave beside {kind}",
            value=list(waves),
            fix="Name the wave whose rows are weighted.",
        )
    return next(iter(waves))


def _check_model(entry: Entry) -> None:
    """Check what needs no data of how the weights are made."""
    trim = entry.values.get("trim")
    with entry.blame("trim"):
        check_settings(method=entry.values.get("method", "logit"), trim=None if trim is False else trim)
    with entry.blame("numbers"):
        check_shapes(entry.values.get("numbers"), entry.values.get("numbers", ()))
    if _of_totals(entry):
        with entry.blame("calibrate_to"):
            check_totals(entry.values["calibrate_to"], "calibrate_to")


def _check_totals(entry: Entry, wave: str, base: Base | None) -> None:
    with entry.blame("totals"):
        check_totals(entry.values["totals"])
        check_bounds(entry.values.get("bounds"), entry.text("distance", "raking"))
    if isinstance(base, Weighting) and base.wave != wave:
        raise entry.wrong(
            "base_weights",
            allowed=f"weights of the wave {wave!r}",
            received=f"weights of the wave {base.wave!r}",
            fix="Name other weights, or a column of that wave.",
        )


def base_of(entry: Entry, weights: Sequence[Weighting], names: Collection[object] = ()) -> Base | None:
    """Return the weights that people come with: of those made, by their name, or a column.

    `names` are those of all weights of the study, of which a column has none.
    """
    if not entry.has("base_weights"):
        return None
    name = entry.text("base_weights")
    made = next((one for one in weights if one.name == name), None)
    if made is None and name in names:
        raise entry.names_none(
            "base_weights",
            name,
            "weights",
            allowed="the name of one of the [[weights]] that stand above, or a column of weights",
            fix="Move the [[weights]] that it names up.",
        )
    return name if made is None else made


def base_columns(entry: Entry, base: Base | None, wave: str) -> Iterator[Column]:
    """Return the column of weights that people come with, if it is one."""
    if isinstance(base, str):
        yield Column(entry, "base_weights", base, wave, numbers=True)


def base_weights(base: Base | None, made: Mapping[str, Weights]) -> dict[str, Any]:
    """Return the argument of the library, if people come with weights."""
    if base is None:
        return {}
    return {"base_weights": base if isinstance(base, str) else made[base.name]}


def weigh(common: Common, panel: Panel, weighting: Weighting, made: Mapping[str, Weights]) -> Weights:
    """Make the weights; `made` are those that they may be made of."""
    entry = weighting.entry
    if weighting.kind == "totals":
        return _to_totals(common, panel, weighting, made)
    if weighting.kind == "column":
        with entry.blame("column"):
            return Weights.from_column(
                panel.wave(weighting.wave),
                entry.text("column"),
                population=weighting.population,
                **entry.given("population_size"),
            )
    options = entry.given("bins", "numbers", "method", "trim", "calibrate_to")
    if options.get("trim") is False:
        options["trim"] = None
    if weighting.eligible is not None:
        options["eligible"] = weighting.eligible.argument
    kept = ("missing", "answers", "allow_identifier")
    with entry.blame("covariates"):
        return attrition_weights(
            panel,
            terms_of(entry, weighting.to),
            wave=weighting.wave if len(weighting.waves) == 1 else weighting.waves,
            to=weighting.to,
            check=entry.columns("check", weighting.to),
            population=weighting.population,
            **{name: common.options[name] for name in kept},
            **base_weights(weighting.base, made),
            **options,
        )


def _to_totals(common: Common, panel: Panel, weighting: Weighting, made: Mapping[str, Weights]) -> Weights:
    entry = weighting.entry
    given = base_weights(weighting.base, made)
    options = entry.given("distance")
    if entry.has("bounds"):
        options["bounds"] = tuple(entry.values["bounds"])
    with entry.blame("totals"):
        return calibrate(
            panel.wave(weighting.wave, also_in=weighting.also_in(weighting.wave)),
            entry.values["totals"],
            weights=given.get("base_weights"),
            population=weighting.population,
            missing=common.options["missing"],
            answers=common.options["answers"],
            **options,
        )


def weights_of(entry: Entry, weights: Sequence[Weighting]) -> Weighting | None:
    """Return the weights that an entry names, or None where it names none."""
    return named_weights(entry, entry.text("weights"), weights) if entry.has("weights") else None


def named_weights(entry: Entry, name: str, weights: Sequence[Weighting]) -> Weighting:
    """Return the weights of a name."""
    for one in weights:
        if one.name == name:
            return one
    known = [one.name for one in weights]
    raise entry.names_none(
        "weights",
        name,
        "weights",
        allowed="the `name` of a [weights] of this file, or its `population` where it has no name",
        fix=check.suggestion(name, known, "names") if known else "Add a table [weights].",
    )
