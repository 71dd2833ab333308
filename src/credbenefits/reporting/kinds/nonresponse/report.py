"""What a report on nonresponse bias gives to a brief: who differs from everybody, and what that can do."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from credbenefits.reporting import headings, names
from credbenefits.reporting import people as name_of
from credbenefits.reporting.kinds.nonresponse.tables import Report, before, groups, known, levels, variables
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.reporting.rounding import decimals, number, percent, points
from credbenefits.results.base import level_words
from credbenefits.results.parts import Caution, Figure, Finding, Parts, Strong

if TYPE_CHECKING:
    from credbenefits.results.bias.report import NonresponseBiasResult
    from credbenefits.results.bias.tables import KnownBias
    from credbenefits.results.output import DataFrame
from credbenefits.results.parts import StudyWords, Text

#: Below this response rate the people who answered are called volunteers.
_VOLUNTEERS = 0.10
#: How notes begin that are sentences and name no variable first.
_SENTENCES = ("the ", "at ", "fewer ", "links ", "no ", "conditional ", "columns ")
#: Known outcomes that the finding lists one by one.
_MOST_LISTED = 6
#: The tables of the report that are written beside a brief.
_FILES = ("variables", "levels", "partials", "predictors", "groups", "equivalence", "known")


def parts(result: NonresponseBiasResult, words: StudyWords) -> Parts:
    """Return what a report on nonresponse bias gives to a brief."""
    report = Report(result, words)
    tables = variables(report), levels(report), known(report), groups(report)
    return Parts(
        findings=(_finding(report),),
        tables=tuple(table for table in tables if table.rows),
        figures=_figures(report),
        cautions=tuple(Caution("Those who did not answer", text) for text in _cautions(report)),
        methods=_methods(result),
        notes=names.sentences(
            [_called(note, report) for note in result.notes if "is known for everybody" not in note]
        ),
        files=_files(result),
        names=_names(result),
        withheld=_forbidden(report),
    )


# ---- what is said ------------------------------------------------------------------------------------------


def _finding(report: Report) -> Finding:
    """State how many answered, on what they differ most, and how far they are from what is known."""
    result = report.result
    rate = percent(result.response_rate, decimals([result.n_everybody]))
    worst = max(before(report), key=lambda row: row.std_difference, default=None)
    said: Text = (
        Strong(f"{result.n_respondents:,} of {report.everybody} ({rate})"),
        f"answered {report.wave}.",
    )
    if worst is not None:
        chance = f", where chance makes about {number(worst.by_chance, 2)}"
        said = (
            *said,
            f"They differ from everybody most in “{report.words.label(worst.variable)}”: by "
            f"{number(worst.std_difference, 2)} standard deviations"
            f"{'' if math.isnan(worst.by_chance) else chance}.",
        )
    rows = [row for row in result.known.rows if row.weights == report.first][:_MOST_LISTED]
    return Finding(
        key=("nonresponse bias", result.waves, result.to, result.population),
        names=(f"who answered {result.wave}", "nonresponse bias"),
        sentence=said,
        base=result.n_respondents,
        details=tuple(_against_truth(row, report) for row in rows),
    )


def _against_truth(row: KnownBias, report: Report) -> Text:
    """Set respondents beside everybody on what is known for all."""
    if row.measure == "mean":
        whole, mine = number(row.truth, 2), number(row.estimate, 2)
    else:
        whole, mine = percent(row.truth, report.places), percent(row.estimate, report.places)
    return f"{report.known(row)}:", Strong(f"{mine} of respondents"), f"({whole} of {report.people})"


def _cautions(report: Report) -> list[str]:
    """Say what a reader must know before quoting."""
    result, indicator = report.result, report.result.indicator
    said = []
    if result.response_rate < _VOLUNTEERS:
        said.append(
            f"Fewer than one in ten of {report.everybody} answered {report.wave}. Treat those who did as "
            "volunteers: they may differ from the rest in ways that nobody measured."
        )
    if not math.isnan(indicator.cv):
        most = points(indicator.max_bias_high, 0).removeprefix("+")
        known_of_all = [report.words.label(row.variable) for row in before(report)]
        tell = "tells" if len(known_of_all) == 1 else "tell"
        said.append(
            f"So far as {names.listed(known_of_all)} {tell} who answered {report.wave}, a share of one half "
            f"may be off by up to {most} percentage points; what they do not tell can add to it."
        )
    missed: dict[str, list[KnownBias]] = {}
    for row in result.missed:
        missed.setdefault(report.known(row), []).append(row)
    said += [_missed(what, rows, report) for what, rows in missed.items()]
    said += [
        f"“{row.group}” and “{row.other}” lost different people: attrition is too high for them to be taken "
        "as alike (What Works Clearinghouse, both boundaries)."
        for row in result.groups.rows
        if row.optimistic == "high"
    ]
    return said


def _forbidden(report: Report) -> dict[str, str]:
    """Return why estimates for a population are not headlined: its weights miss what is known."""
    result, made = report.result, {}
    for one in result.sets:
        missed = [report.known(row) for row in result.missed if row.weights == one.weights]
        if one.population and missed:
            whom, called = name_of.population(one.population, report.words), names.listed(missed)
            made[whom] = f"the weights “{one.weights}” miss what is known of everybody ({called})"
    return made


def _missed(what: str, rows: list[KnownBias], report: Report) -> str:
    """Say which estimates of an outcome miss the truth."""
    estimates = "; ".join(f"{report.estimate(row)}{_weighted_by(row, report)}" for row in rows)
    does = "their interval does" if len(rows) == 1 else "these intervals do"
    return (
        f"“{what}” is known for everybody: {report.truth(rows[0])}. Among the respondents it is {estimates}; "
        f"{does} not hold the truth."
    )


def _weighted_by(row: KnownBias, report: Report) -> str:
    return "" if row.weights == report.first else f" with the weights “{row.weights}”"


def _methods(result: NonresponseBiasResult) -> tuple[str, ...]:
    """Say how the numbers were made."""
    rao = any(math.isfinite(row.df2) for row in result.variables.rows)
    test = "Rao and Scott's, second order" if rao else "Pearson's chi-squared"
    truths = f"; truths against {level_words(result.confidence_level)} intervals" if result.known.rows else ""
    return (
        "Nonresponse bias: standardised differences of respondents from everybody (Mahalanobis distance of "
        f"the levels); tests of respondents against those who did not answer: {test}; propensities from a "
        f"logistic regression, with their coefficient of variation adjusted for chance{truths}.",
    )


def _called(note: str, report: Report) -> str:
    """Name waves and variables in a note as the study does."""
    said = names.with_labels(note, list(report.words.labels), report.words)
    return said[:1].upper() + said[1:] if said.startswith(_SENTENCES) else said


# ---- figures and files -------------------------------------------------------------------------------------


def _figures(report: Report) -> tuple[Figure, ...]:
    """Return the Love plot and that of the partial indicators, with their numbers in words."""
    called = _labelled(report)
    whole = report.result.worst()
    after = [f"{number(report.result.worst(name), 2)} with “{name}”" for name in report.others]
    weighted = f"; after weighting {', '.join(after)}" if after else ""
    love = (
        "Standardised differences of respondents from everybody; the shaded band is up to 0.1. The largest "
        f"is {number(whole, 2)} before weighting{weighted}."
    )
    figures = [Figure(headings.BALANCE, "nonresponse-bias", love, called.plot)]
    rows = report.result.partials.of_variables
    if rows:
        most = max(rows, key=lambda row: row.cv_unconditional)
        alt = (
            "How much of the variation of the probability of answering lies with each variable. Most lies "
            f"with “{report.words.label(most.variable)}”: a partial coefficient of variation of "
            f"{number(most.cv_unconditional, 2)}, where all together make "
            f"{number(report.result.indicator.cv, 2)}."
        )
        figures.append(
            Figure(headings.BALANCE, "nonresponse-partials", alt, lambda: called.plot(kind="partials"))
        )
    return tuple(figures)


def _labelled(report: Report) -> NonresponseBiasResult:
    """Return the report whose variables are called as the study calls them, for its figures."""
    result, words = report.result, report.words
    variables = tuple(replace(row, variable=words.label(row.variable)) for row in result.variables.rows)
    partials = tuple(replace(row, variable=words.label(row.variable)) for row in result.partials.rows)
    return replace(
        result,
        variables=replace(result.variables, rows=variables),
        partials=replace(result.partials, rows=partials),
    )


def _files(result: NonresponseBiasResult) -> dict[str, DataFrame]:
    """Return the tables as pandas frames, each with the waves that it is of."""
    made = {}
    for name in _FILES:
        table = getattr(result, name)
        if table.rows:
            made[f"bias_{name}"] = pandas_frame(table)
    made["bias_indicator"] = pandas_frame(result.indicator)
    for frame in made.values():
        frame.insert(0, "wave", result.wave)
        frame.insert(1, "stands_for", result.population)
    return made


def _names(result: NonresponseBiasResult) -> dict[str, set[str]]:
    """Return what labels may name: waves, variables with their levels, and outcomes."""
    found: dict[str, set[str]] = {wave: set() for wave in (*result.waves, result.to)}
    for row in result.levels.rows:
        found.setdefault(row.variable, set()).add(row.level)
    for one in result.known.rows:
        found.setdefault(one.outcome, set()).add(one.level)
    for other in result.predictors.rows:
        found.setdefault(other.outcome, set())
    return found
