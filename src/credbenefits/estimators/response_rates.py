"""Response rates: who answered, was reached or refused, of those who were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.estimators.core.response.read import Asks, Counted, Sums, groups_asked, read_wave
from credbenefits.estimators.core.response.rows import Wanted, notes_on, rates_of, rates_of_waves
from credbenefits.numerics.response.rates import FORMULAS
from credbenefits.panel.dispositions import DISPOSITIONS, NOT_ASKED
from credbenefits.panel.panel import Panel
from credbenefits.panel.waves import require_wave
from credbenefits.questions.groups import group_names
from credbenefits.questions.item import answers_of_call
from credbenefits.results.base import many
from credbenefits.results.response.rates import ResponseRatesResult, ResponseSteps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import FloatArray, ResponseDefinition, Values
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import ItemLike
    from credbenefits.weighting.weights import Weights

#: Below this rate the people who answered are called participants.
_VOLUNTEERS = 0.10
_OF_WAVES: tuple[str, ...] = get_args(t.WaveRate)
#: Rates that grow with the people who answer.
_GROWING = ("RR1", "RR2", "RR3", "RR4", "RR5", "RR6", "participation")


def response_rates(
    data: Panel | Mapping[str, int],
    *,
    wave: str | Sequence[str] | None = None,
    by: GroupsBy | Mapping[str, str | Sequence[str]] | None = None,
    e: float | None = None,
    effort: str | None = None,
    definition: ResponseDefinition | Sequence[ResponseDefinition] | None = None,
    weights: Weights | str | None = None,
    confidence_level: float = 0.95,
    people: str = "people",
    missing: Values = (),
    answers: Values = (),
    allow_identifier: bool = False,
) -> ResponseRatesResult:
    """Return response, cooperation, refusal and contact rates, each with what it is of.

    Parameters
    ----------
    data : Panel or mapping of disposition to int
        A panel whose waves say how everybody ended (``status`` of :func:`credbenefits.link_waves`); or how
        many people were ``complete``, ``partial``, ``refused``, ``no_contact``, ``other``, ``unknown``,
        ``ineligible``, ``not_invited`` and ``other_source``. What is not named is 0.
    wave : str or list of str, optional
        Waves of the panel; by default all of which the dispositions were declared.
    by : str, Item, list of these, or mapping of wave to columns, optional
        Groups: columns or questions of the wave itself, which are known for everybody asked; or columns of
        other waves, ``{"start": ["age"]}``, which are called ``"age_start"``. Batches are groups too.
    e : float, optional
        Which share of the people of unknown eligibility is eligible, from 0 to 1. By default the share among
        those of whom it is known (in each group its own; weighted, if there are weights), as CASRO has it.
    effort : str, optional
        A column of the wave with the day on which people answered, or the number of the reminder or of the
        attempt. The rates are then of those who answered up to each of them: the last is that of all.
    definition : str or list of str, optional
        Which rates: ``"RR1"`` to ``"RR6"``, ``"COOP1"`` to ``"COOP4"``, ``"REF1"`` to ``"REF3"`` and
        ``"CON1"`` to ``"CON3"`` as AAPOR defines them; ``"participation"``, the word for volunteers;
        ``"completion"`` and ``"break_off"`` among those who began; ``"knowledge"`` (NACE: known from any
        source); and of a panel ``"conditional"``, ``"cumulative"`` and ``"retention"``, of the people of the
        wave before, of all waves so far, and of the first wave. By default all that the data have; with
        `effort` RR1.
    weights : Weights or str, optional
        The weights that people were drawn with, which everybody asked has: a column of the wave, or Weights.
    confidence_level : float
        Level of the Wilson intervals, which with weights are of the effective size.
    people : str
        Who was asked, in words.
    missing, answers : value or sequence
        Answers in columns of `by` that are no answer, and that look like none and are some.
    allow_identifier : bool
        Whether columns of `by` may identify people.

    Returns
    -------
    ResponseRatesResult
        Columns ``rate, estimate, conf_low, conf_high, count, n, definition``, with ``numerator`` and ``base``
        in words; estimates are proportions.

    Raises
    ------
    InputError
        For counts that are not whole, a wave of which nothing was declared, groups or weights that are not
        known for everybody asked, or rates that the data do not have.

    See Also
    --------
    Panel.flow : Who answered each wave, and who is found again.

    Notes
    -----
    People who are known from another source only gave no sign, and count as not contacted. People who were
    not invited are in the base of the knowledge rate alone, people who are ineligible in that of the
    participation rate alone. In the rates of several waves nobody is in the base who was ineligible or not
    invited in a wave that they look at; people without a row in it are taken to have been asked. The
    cumulative rate is of everybody asked in the first wave, where that is known. It is the product of the
    response rate of the first wave and the conditional rates after it where nobody comes in later, skips a
    wave or leaves the population.

    A rate is a property of the people asked. Its interval is for the probability that such people answer; a
    low rate is no evidence of bias, and a high one none against it.

    References
    ----------
    AAPOR (2023), Standard Definitions, 10th ed. NACE (2023), Standards and Protocols for Graduating Student
    Initial Career Outcomes. Wilson (1927), JASA 22:209; Kish (1965), Survey Sampling, 11.7.

    Examples
    --------
    >>> import credbenefits as cb
    >>> asked = {"complete": 412, "partial": 31, "refused": 200, "no_contact": 1600, "unknown": 45}
    >>> rates = cb.response_rates(asked, definition=["RR1", "RR2", "COOP1"])
    >>> rates.to_frame()[["rate", "estimate", "conf_low", "conf_high", "count", "n"]].round(3)
        rate  estimate  conf_low  conf_high  count       n
    0    RR1     0.180     0.165      0.196    412  2288.0
    1    RR2     0.194     0.178      0.210    443  2288.0
    2  COOP1     0.641     0.603      0.677    412   643.0
    """
    level = check.confidence_level(confidence_level)
    panel = data if isinstance(data, Panel) else None
    entries: tuple[ItemLike, ...] = ()
    if panel is None:
        _refuse_beside_counts(wave=wave, by=by, effort=effort, weights=weights)
        counted = [_of_counts(data)]
    else:
        none = check.values("missing", missing)
        called = answers_of_call(check.values("answers", answers), none)
        entries, carry = groups_asked(panel, by, called)
        asks = Asks(entries, carry, effort, weights, none, called, allow_identifier)
        counted = [read_wave(panel, name, asks) for name in _waves(panel, wave)]
    alone = panel is not None and not (entries or effort is not None or weights is not None)
    possible = (*FORMULAS, *(_OF_WAVES if alone else ()))
    rates = _definitions(definition, counted, possible, growing=effort is not None)
    wanted = Wanted(rates, None if e is None else _share(e), level)
    rows = []
    for one in counted:
        rows += rates_of(one, group_names(entries), wanted)
        rows += [] if panel is None else rates_of_waves(panel, one.wave, wanted)
    notes = [] if panel is None else _account(panel)
    notes += [*(note for one in counted for note in one.notes), *notes_on(rows, counted, wanted)]
    if weights is not None:
        notes.append("Weighted; counts and n are people")
    return ResponseRatesResult(
        tuple(rows),
        group_names(entries),
        () if entries else tuple(_steps(one, panel) for one in counted),
        check.text("people", people),
        _volunteers(counted, definition),
        level,
        tuple(notes),
        frame_kind="pandas" if panel is None else panel.frame_kind,
    )


def _share(e: object) -> float:
    """Check e, a proportion."""
    if isinstance(e, bool) or not isinstance(e, (int, float, np.number)) or not 0 <= float(e) <= 1:
        raise InputError(
            "e",
            allowed="a proportion from 0 to 1",
            value=e,
            fix="Leave it out for the share among those of whom it is known.",
        )
    return float(e)


def _waves(panel: Panel, wave: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the waves whose rates are asked for, of which it must be known who was asked."""
    declared = panel.status
    if wave is None:
        names = tuple(name for name in panel.wave_names if name in declared)
    else:
        names = tuple(require_wave(name, panel.wave_names, "wave") for name in check.wave_names("wave", wave))
    unknown = [name for name in names if name not in declared]
    if unknown or not names:
        raise InputError(
            "wave",
            allowed="waves of which it was declared how everybody ended",
            received=check.listing(unknown) if unknown else "a panel without any",
            fix="Say it when you link: link_waves(status={'end': {'answered': [...]}}).",
        )
    return names


def _refuse_beside_counts(**given: object) -> None:
    """Refuse what only people one by one can tell."""
    for argument, value in given.items():
        if value is not None:
            raise InputError(
                argument,
                allowed="nothing beside counts",
                value=value,
                fix="Give the panel, or call it once for the counts of each group.",
            )


def _of_counts(data: object) -> Counted:
    """Check counts by disposition."""
    given: Mapping[str, Any] = check.mapping("data", data, example="{'complete': 412, 'no_contact': 1876}")
    for name in given:
        if name not in DISPOSITIONS:
            raise InputError(
                "data",
                allowed=f"counts of {check.listing(DISPOSITIONS)}",
                received=f"{name!r}",
                fix=check.suggestion(name, DISPOSITIONS, "dispositions"),
            )
    counts = [check.whole_number("data", given.get(name, 0), least=0) for name in DISPOSITIONS]
    people = np.array([counts], dtype=np.float64)
    if not people.any():
        raise InputError("data", allowed="at least one person", value=dict(given), fix="Give the counts.")
    return Counted("", ((),), Sums(people, people, people), (), None, ())


def _definitions(
    definition: object, counted: Sequence[Counted], possible: Sequence[str], *, growing: bool
) -> tuple[str, ...]:
    """Return the names of the rates that are wanted, all of which must be possible."""
    if definition is None:
        if growing:
            return ("RR1",)
        known = any(_count(one, "other_source").any() for one in counted)
        return tuple(name for name in possible if name != "knowledge" or known)
    names = check.names("definition", definition)
    for name in names:
        check.choice("definition", name, t.ResponseDefinition)
    allowed = _GROWING if growing else possible
    other = [name for name in names if name not in allowed]
    if other or not names:
        raise InputError(
            "definition",
            allowed=f"{check.listing(_GROWING)} with effort="
            if growing
            else "rates of one wave here"
            if other
            else "at least one rate",
            received=check.listing(other) or "none",
            fix="Rates of several waves take a panel, without groups, effort and weights."
            if set(other) & set(_OF_WAVES)
            else "Leave out the others.",
        )
    return names


def _count(counted: Counted, *names: t.Disposition) -> FloatArray:
    """Return the people of each group with some dispositions."""
    places = [DISPOSITIONS.index(name) for name in names]
    result: FloatArray = counted.sums.people[..., places].sum(axis=-1)
    return result


def _account(panel: Panel) -> list[str]:
    """Say which rows of the waves are in no rate."""
    ledger = panel.as_pandas("ledger")
    return [
        f"{many(int(n), 'row', 'rows')} of “{name}” without a usable key: in no rate"
        for name, n in zip(ledger["wave"], ledger["no_key"], strict=True)
        if n and name in panel.status
    ]


def _steps(counted: Counted, panel: Panel | None) -> ResponseSteps:
    """Count the people of a wave step by step."""
    asked: list[t.Disposition] = [name for name in DISPOSITIONS if name not in NOT_ASKED]
    linked = None
    if panel is not None:
        ledger = panel.as_pandas("ledger")
        linked = dict(zip(ledger["wave"], ledger["linked"].tolist(), strict=True))[counted.wave]
    return ResponseSteps(
        counted.wave,
        int(_count(counted, *asked).sum()),
        int(_count(counted, "complete", "partial", "refused", "other").sum()),
        int(_count(counted, "complete", "partial").sum()),
        int(_count(counted, "partial").sum()),
        linked,
    )


def _volunteers(counted: Sequence[Counted], definition: object) -> bool:
    """Tell whether to speak of participants: they are asked for, or few answered any of the waves."""
    asked: list[t.Disposition] = [name for name in DISPOSITIONS if name not in NOT_ASKED]
    few = any(
        _count(one, "complete", "partial").sum() < _VOLUNTEERS * _count(one, *asked).sum() for one in counted
    )
    return definition == "participation" or few
