"""What response rates give to a brief: who answered of those who were asked, by which definition."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from credbenefits.reporting import headings, names
from credbenefits.reporting import people as name_of
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.reporting.rounding import decimals, percent
from credbenefits.results.base import level_words
from credbenefits.results.parts import Caution, Figure, Finding, Numbers, Parts, Strong, Table

if TYPE_CHECKING:
    from credbenefits.results.parts import Cell, StudyWords, Text
    from credbenefits.results.response.rates import ResponseRate, ResponseRatesResult, ResponseSteps

#: The rate that a sentence states: the first of these that is there.
_STATED = ("RR1", "RR2", "RR3", "RR4", "RR5", "RR6", "participation")
#: Below this response rate the people who answered are called volunteers.
_VOLUNTEERS = 0.10
#: Groups that a finding lists one by one.
_MOST_LISTED = 10


def parts(result: ResponseRatesResult, words: StudyWords) -> Parts:
    """Return what ``response_rates()`` gives to a brief."""
    stated = [row for row in _stated(result) if row.n]
    grown = any(row.effort is not None for row in result.rows)
    table = pandas_frame(result).assign(
        method="wilson", confidence_level=result.confidence_level, people=result.people
    )
    levels = {name: {dict(row.group)[name] for row in result.rows} for name in result.by}
    waves = [row.wave for row in result.rows if row.wave]
    return Parts(
        lead=() if result.by or grown else tuple(_sentence(row, result, words) for row in stated),
        findings=(_of_groups(stated, result, words),) if result.by and stated and not grown else (),
        tables=(_table(result, words),) if result.rows else (),
        figures=_figures(result, words, grown=grown),
        cautions=_volunteers(result, words),
        methods=("Intervals of response rates: Wilson.",) if result.rows else (),
        notes=names.sentences(
            [names.with_labels(note, waves, words) for note in map(_capital, result.notes)]
        ),
        response_known=bool(stated),
        files={"response_rates": table},
        names={**dict.fromkeys(waves, ()), **levels},
    )


def _capital(note: str) -> str:
    return note[:1].upper() + note[1:]


def _stated(result: ResponseRatesResult) -> list[ResponseRate]:
    """Return the rows of the rate that is stated: of volunteers that of participation, where it is there."""
    there = {row.rate for row in result.rows}
    order = ("participation", *_STATED) if result.volunteers else _STATED
    rate = next((name for name in order if name in there), "")
    return [row for row in result.rows if row.rate == rate]


# ---- sentences ---------------------------------------------------------------------------------------------


def _sentence(row: ResponseRate, result: ResponseRatesResult, words: StudyWords) -> Text:
    """State who answered, of whom, and by which definition."""
    wave = f" “{words.label(row.wave)}”" if row.wave else ""
    took = f"took part in{wave}" if result.volunteers and wave else "took part" if result.volunteers else ""
    full = " in full" if row.rate in {"RR1", "RR3", "RR5"} else ""
    step = next((one for one in result.steps if one.wave == row.wave), None)
    return (
        Strong(f"{row.count:,} of {_whom(row, result)}"),
        f"{took or f'answered{wave}{full}'} ({_share(row, result)}){_in_part(row, step)}.",
    )


def _whom(row: ResponseRate, result: ResponseRatesResult) -> str:
    """Name who was asked, with their number; an estimated one is rounded, and said to be estimated."""
    whole = float(row.n).is_integer()
    people = name_of.the(result.people, round(row.n))
    if row.rate == "participation":
        return f"{people} who were invited"
    return f"{people} who were asked" if whole else f"{people} (estimated) who were asked and eligible"


def _share(row: ResponseRate, result: ResponseRatesResult) -> str:
    """Write a rate, its interval and the definition that it follows."""
    places = decimals([int(row.n)])
    share = percent(row.estimate, places)
    called = f"participation rate {share}" if row.rate == "participation" else share
    limits = f"{percent(row.conf_low, places)} to {percent(row.conf_high, places)}"
    definition = row.definition.split(" (2023)")[0]
    return f"{called}; {level_words(result.confidence_level)} interval {limits}; {definition}"


def _in_part(row: ResponseRate, step: ResponseSteps | None) -> str:
    """Say how many more answered in part, where only those who answered in full are counted."""
    if step is None or not step.partial or row.rate not in {"RR1", "RR3", "RR5"}:
        return ""
    return f"; {step.partial:,} more answered in part"


def _of_groups(stated: list[ResponseRate], result: ResponseRatesResult, words: StudyWords) -> Finding:
    """State the rate of each group."""
    rate, by = stated[0].rate, names.columns(result.by, words)
    counts, n = sum(row.count for row in stated), sum(row.n for row in stated)
    what = "Participation rate" if result.volunteers else "Response rate"
    listed = stated if len(stated) <= _MOST_LISTED else []
    several = len({row.wave for row in stated}) > 1
    follows = "as follows" if listed else f"as listed in “{headings.TOOK_PART}”"
    details = tuple(
        (
            f"{_group(row, words, several=several)}:",
            Strong(percent(row.estimate, decimals([int(row.n)]))),
            f"({_of(row)})",
        )
        for row in listed
    )
    definition = stated[0].definition.split(" (2023)")[0]
    return Finding(
        key=("response rate", rate, result.by, result.people, tuple(row.wave for row in stated)),
        names=(f"response rate by {by}", "response rate"),
        sentence=(
            Strong(f"{what} by {by}:"),
            f"{counts:,} of {name_of.the(result.people, round(n))} who were asked answered, {follows} "
            f"({definition}).",
        ),
        base=round(n),
        details=details,
    )


def _group(row: ResponseRate, words: StudyWords, *, several: bool) -> str:
    group = names.spelled_out(row.group, words)
    return f"“{words.label(row.wave)}”, {group}" if several else group


# ---- tables and figures ------------------------------------------------------------------------------------


def _table(result: ResponseRatesResult, words: StudyWords) -> Table:
    """Show every rate with what it is of."""
    several = len({row.wave for row in result.rows}) > 1
    effort = any(row.effort is not None for row in result.rows)

    def row_of(row: ResponseRate) -> tuple[Cell, ...]:
        called = [f"“{words.label(row.wave)}”"] if several else []
        called += [names.spelled_out(row.group, words)] if row.group else []
        share: Cell = "nobody in the base"
        if not math.isnan(row.estimate):
            share = Numbers("{} ({} to {})", (row.estimate, row.conf_low, row.conf_high))
        cells: list[Cell] = [", ".join([*called, row.rate.replace("_", " ")])]
        cells += [row.effort or "–"] if effort else []
        return (*cells, _of(row), share, f"{row.numerator}, of {row.base} ({row.definition})")

    return Table(
        headings.TOOK_PART,
        f"Rates of response of {result.people}, with {level_words(result.confidence_level)} intervals",
        ("Rate", *(("Up to",) if effort else ()), "People", "Share (interval)", "Who, of whom"),
        tuple(map(row_of, result.rows)),
        base=min((math.floor(row.n) for row in result.rows if row.n >= 1), default=0),
    )


def _of(row: ResponseRate) -> str:
    n = f"{int(row.n):,}" if float(row.n).is_integer() else f"{row.n:,.1f}"
    return f"{row.count:,} of {n}"


def _figures(result: ResponseRatesResult, words: StudyWords, *, grown: bool) -> tuple[Figure, ...]:
    if grown:
        rows = [row for row in result.rows if row.n]
        ends = rows[:1] + rows[-1:] if len(rows) > 1 else rows
        said = "; ".join(
            f"up to {row.effort}: {percent(row.estimate, decimals([int(row.n)]))}" for row in ends
        )
        alt = f"Share of those asked who had answered, by day or reminder. {said}."
        return (Figure(headings.TOOK_PART, "Answers over time", alt, result.plot),)
    if not result.steps:
        return ()
    told = "; ".join(_told(step, words) for step in result.steps)
    return (
        Figure(headings.TOOK_PART, "Asked, reached, answered", f"People step by step. {told}.", result.plot),
    )


def _told(step: ResponseSteps, words: StudyWords) -> str:
    wave = f"{words.label(step.wave)}: " if step.wave else ""
    linked = "" if step.linked is None else f", {step.linked:,} linked to another wave"
    return f"{wave}{step.asked:,} asked, {step.reached:,} reached, {step.answered:,} answered{linked}"


def _volunteers(result: ResponseRatesResult, words: StudyWords) -> tuple[Caution, ...]:
    """Say of which waves those who answered are volunteers."""
    few = [step for step in result.steps if step.asked and step.answered / step.asked < _VOLUNTEERS]
    if not few:
        return ()
    waves = ", ".join(f"“{words.label(step.wave)}”" for step in few if step.wave)
    return (
        Caution(
            "Volunteers",
            f"Fewer than one in ten of those invited answered{f' {waves}' if waves else ''}. Treat those who "
            "did as volunteers: they may differ from the rest in ways that nobody measured.",
        ),
    )
