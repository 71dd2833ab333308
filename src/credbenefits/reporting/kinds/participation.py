"""What the participation flow gives to a brief: who answered each wave, of whom, and who was known before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from credbenefits.reporting import headings
from credbenefits.reporting import words as say
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.reporting.names import escaped, sentences, with_labels
from credbenefits.reporting.rounding import decimals, percent
from credbenefits.results.base import level_words, many
from credbenefits.results.parts import Caution, Figure, Numbers, Parts, Strong, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.results.parts import Cell, StudyWords, Text
    from credbenefits.results.tables import FlowRate, FlowResult

#: Waves that are named one by one.
_MOST_NAMED = 3
#: Below this response rate the people who answered are called volunteers.
_VOLUNTEERS = 0.10


def parts(result: FlowResult, words: StudyWords) -> Parts:
    """Return what ``panel.flow()`` gives to a brief."""
    flow = _labelled(result, words)
    table = pandas_frame(result).assign(
        method="wilson", flags=_flags(flow), confidence_level=flow.confidence_level
    )
    answered = [rate for rate in flow.rates if rate.rate == "wave"]
    return Parts(
        lead=(*_response(answered), *_answered(flow, _named(answered)), *_strangers(flow)),
        tables=_tables(flow),
        figures=(Figure(headings.TOOK_PART, "participation", _alt(flow), flow.plot),),
        cautions=(*_found_again(flow), *_volunteers(answered)),
        methods=("Intervals of response rates: Wilson.",) if flow.rates else (),
        response_known=bool(answered),
        single="a FlowResult",
        files={"participation": table},
        names=dict.fromkeys(result.waves, ()),
    )


def _answered(flow: FlowResult, told: Sequence[FlowRate]) -> list[Text]:
    """Say how many people answered each wave, or of many waves the first and the last, unless it is told."""
    of_waves = list(zip(flow.waves, flow.people, strict=True))
    few, known = len(of_waves) <= _MOST_NAMED, {(rate.wave, rate.count) for rate in told}
    named = [each for each in of_waves if each not in known] if few else [of_waves[0], of_waves[-1]]
    if not any(people for _, people in named) or known.issuperset(named):
        return []
    listed = ", ".join(f"{people:,} in “{wave}”" for wave, people in named)
    aside = "" if few else f" (the first and the last of {len(of_waves)} waves)"
    return [(Strong("Who answered, with a usable key:"), f"{listed}{aside}.")]


def _flags(flow: FlowResult) -> list[str]:
    return ["small_base" if rate.n < say.COUNTS_FIRST_BELOW else "" for rate in flow.rates]


def _labelled(flow: FlowResult, words: StudyWords) -> FlowResult:
    """Return the flow with the study's names of waves, unless two would be called the same."""
    labels = dict(zip(flow.waves, map(words.label, flow.waves), strict=True))
    if len(set(labels.values())) < len(labels):
        return flow

    def text(of: str) -> str:
        return with_labels(of, flow.waves, words)

    rates = [replace(rate, wave=labels[rate.wave], base=text(rate.base)) for rate in flow.rates]
    return replace(flow, waves=tuple(labels.values()), rates=tuple(rates), notes=tuple(map(text, flow.notes)))


# ---- the head --------------------------------------------------------------------------------------------


def _response(rates: Sequence[FlowRate]) -> list[Text]:
    """Say how many of those invited answered each wave; of many waves, the lowest and the highest rate."""
    listed: list[Text] = [
        (
            Strong(f"{rate.count:,} of {rate.n:,} {rate.base}"),
            f"answered “{rate.wave}” with a usable key ({_percent(rate)}).",
        )
        for rate in _named(rates)
    ]
    return [*listed, *_of_many(rates, "rate")]


def _named(rates: Sequence[FlowRate]) -> list[FlowRate]:
    """Return the response rates that are named: of many waves, the lowest and the highest."""
    return _extremes(rates, [rate.estimate for rate in rates])


def _strangers(flow: FlowResult) -> list[Text]:
    """Say how many of a wave are in no earlier one; of many waves, where they are the fewest and the most."""
    later = [rate for rate in flow.rates if rate.rate == "not_known_before" and rate.n]
    there = [rate for rate in later if rate.count] if len(later) <= _MOST_NAMED else later
    named = _extremes(there, [rate.estimate for rate in there])
    listed: list[Text] = [
        (
            Strong(f"{rate.count:,} of the {many(rate.n, 'person', 'people')} who answered “{rate.wave}”"),
            f"{'was' if rate.count == 1 else 'were'} not known before ({_percent(rate)}): "
            "no link leads to an earlier wave.",
        )
        for rate in named
        if rate.count
    ]
    if len(listed) < len(named):  # in the wave with the lowest share everybody was known before
        return [*listed, (f"This is the highest share of {len(there)} waves.",)] if listed else []
    return [*listed, *_of_many(there, "share")] if listed else []


def _extremes(of_waves: Sequence[Any], ranks: Sequence[float]) -> list[Any]:
    """Return what to name: of many waves the lowest and the highest, in the order of waves."""
    if len(of_waves) <= _MOST_NAMED:
        return list(of_waves)
    ranked = sorted(range(len(of_waves)), key=lambda k: ranks[k])
    return [of_waves[k] for k in sorted((ranked[0], ranked[-1]))]


def _of_many(of_waves: Sequence[object], what: str) -> list[Text]:
    if len(of_waves) <= _MOST_NAMED:
        return []
    return [(f"These are the lowest and the highest {what} of {len(of_waves)} waves.",)]


def _percent(rate: FlowRate) -> str:
    return percent(rate.estimate, decimals([rate.n]))


# ---- tables and the figure -------------------------------------------------------------------------------


def _tables(flow: FlowResult) -> tuple[Table, ...]:
    known = any(n is not None for n in flow.invited)
    rows = tuple(
        (
            wave,
            f"{people:,}",
            f"{linked:,}" if place else "–",
            *(["not stated" if asked is None else f"{asked:,}"] if known else []),
        )
        for place, (wave, people, linked, asked) in enumerate(
            zip(flow.waves, flow.people, flow.linked, flow.invited, strict=True)
        )
    )
    funnel = Table(
        headings.TOOK_PART,
        "Participation funnel: people with a usable key, repeats counted once",
        ("Wave", "People", "Linked to an earlier wave", *(["Invited"] if known else [])),
        rows,
        key="participation",
        after=sentences(flow.notes),
    )
    return (funnel, _rates(flow)) if flow.rates else (funnel,)


def _rates(flow: FlowResult) -> Table:
    """Show the rates with a row per wave, however many waves there are."""
    first = f"people in “{flow.waves[0]}”"
    asked = all(rate.base == "people invited" for rate in flow.rates if rate.rate == "wave")
    header = {
        "wave": "Of those invited" if asked else "Of those asked",
        "conditional": "Of those in the wave before",
        "cumulative": f"In every wave so far, of {first}",
        "retention": f"Found again, whether or not in waves between, of {first}",
    }
    found = {(rate.wave, rate.rate): rate for rate in flow.rates}
    later = flow.waves[2:]  # in the second wave the rates that count links are one and the same
    kinds = [
        kind
        for kind in header
        if any((wave, kind) in found for wave in (flow.waves if kind in {"wave", "conditional"} else later))
    ]
    rows = tuple(
        (wave, *(_rate(found.get((wave, kind))) for kind in kinds))
        for wave in flow.waves
        if any((wave, kind) in found for kind in kinds)
    )
    return Table(
        headings.TOOK_PART,
        f"Response rates, with {level_words(flow.confidence_level)} intervals",
        ("Wave", *(header[kind] for kind in kinds)),
        rows,
        key="response rates",
        base=min((rate.n for rate in flow.rates if rate.n and rate.rate in header), default=0),
    )


def _rate(rate: FlowRate | None) -> Cell:
    """Write a rate in one cell: its count and base, its share and interval."""
    if rate is None:
        return "–"
    if not rate.n:
        return "nobody"
    of = escaped(f"{rate.n:,} {rate.base}") if rate.rate == "wave" else f"{rate.n:,}"
    return Numbers(
        f"{rate.count:,} of {of}: {{}} ({{}} to {{}})", (rate.estimate, rate.conf_low, rate.conf_high)
    )


def _alt(flow: FlowResult) -> str:
    """Say in numbers what the figure shows."""
    again = {rate.wave: rate for rate in flow.rates if rate.rate == "retention" and rate.n}
    told = []
    for place, (wave, people, linked) in enumerate(zip(flow.waves, flow.people, flow.linked, strict=True)):
        words = f"{wave}: {many(people, 'person', 'people')}"
        if place:
            words += f", {linked:,} of them linked to an earlier wave"
        if wave in again and len(flow.waves) > 2:
            words += f", {_percent(again[wave])} of the first wave found again"
        told.append(words)
    return f"People who answered each wave. {'; '.join(told)}."


# ---- cautions --------------------------------------------------------------------------------------------


def _found_again(flow: FlowResult) -> list[Caution]:
    """Say who is found again: in the next wave, or of many waves in the last, of those in the first."""
    named = [rate for rate in flow.rates if rate.rate == "conditional" and rate.n]
    if len(named) > _MOST_NAMED:
        named = [rate for rate in flow.rates if rate.rate == "retention" and rate.n][-1:]
    return [
        Caution(
            "Participation",
            f"{rate.count:,} of {rate.n:,} {rate.base.split(' (counted')[0]} "
            f"{'is' if rate.count == 1 else 'are'} also in “{rate.wave}” ({_percent(rate)}).",
        )
        for rate in named
    ]


def _volunteers(rates: Sequence[FlowRate]) -> list[Caution]:
    few = [f"“{rate.wave}”" for rate in rates if rate.estimate < _VOLUNTEERS]
    if not few:
        return []
    waves = ", ".join(few) if len(few) <= _MOST_NAMED else f"{len(few)} of the waves"
    return [
        Caution(
            "Volunteers",
            f"Fewer than one in ten of those invited answered {waves}. Treat those who did as volunteers: "
            "they may differ from the rest in ways that nobody measured.",
        )
    ]
