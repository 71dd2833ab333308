"""Findings, methods, tests and adjustments in words. Every percentage carries its base."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from credbenefits.reporting import names
from credbenefits.reporting import people as name_of
from credbenefits.reporting.rounding import number, percent, same_difference
from credbenefits.results.base import ALL, KIND_COLUMNS, kind_words, level_words, many, people_words, who_did
from credbenefits.results.proportions import AND_A_WEIGHT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from credbenefits.results.comparisons import ComparisonResult
    from credbenefits.results.parts import StudyWords, Text
    from credbenefits.results.proportions import Procedure, Proportion, ProportionsResult

#: Below this base a percentage is led by its counts.
COUNTS_FIRST_BELOW = 30
#: Shares of a finding that are listed below it; a table has all of them.
MOST_LISTED = 24

#: Flags that a reader must know of before quoting: what the caution is called, and what follows.
FLAGS = {
    "small_base": ("Small bases", "Quote counts, not percentages."),
    "small_n_effective": (
        "Small effective samples",
        "With weights or the design they tell as much as fewer than 30 people would.",
    ),
    "low_item_response": ("Few answered", "Fewer than 70% of those asked did: the others may differ."),
}

#: How notes begin that are sentences, and do not begin with a name.
_SENTENCES = (
    "the waves are linked by ",
    "the intervals of all answers ",
    "the kept replicates ",
    "a share without degrees of freedom ",
    "where nobody or everybody ",
    "where all of the population ",
    "in up to ",
    "nobody answered ",
    "odds ratios are ",
    "bootstrap seed ",
)

# ---- findings --------------------------------------------------------------------------------------------


def interval(row: Proportion, level: float, places: int) -> str:
    """Write a proportion's interval, e.g. "95% interval 26% to 42%"."""
    if math.isnan(row.conf_low):
        return "no interval can be given"
    if math.isinf(row.n_effective):
        return "all of the population was drawn, so there is no sampling error"
    return f"{level_words(level)} interval {limits(row, places)}"


def limits(row: Proportion, places: int) -> str:
    """Write the limits of an interval, e.g. "26% to 42%"."""
    if math.isnan(row.conf_low):
        return "–"
    return f"{percent(row.conf_low, places)} to {percent(row.conf_high, places)}"


def counted(row: Proportion) -> str:
    """Write count and base, e.g. "40 of 120"."""
    return f"{row.count:,} of {row.n:,}"


def effective(row: Proportion) -> str:
    """Write the effective sample size."""
    return number(row.n_effective)


def claim(row: Proportion, result: ProportionsResult, places: int, words: StudyWords) -> tuple[str, str, str]:
    """Write one finding as (lead-in, emphasised number, the rest), to be joined with spaces.

    The number stands beside its base in words, its count and its interval.
    """
    label = names.reported(row, words)
    details = [counted(row), interval(row, result.confidence_level, places)]
    if row.n_missing:
        details.append(f"{row.n_missing:,} did not answer")
    if row.n == 0:
        return "", "No answers", f"from {row.ladder[0].words}{in_brackets(row, words)} to {label}."
    who = whom(row, result, words)
    said = f"of the {row.n:,} {who} reported {label}"
    lead, proportion = "", percent(row.estimate, places)
    if row.count in {0, row.n}:
        proportion = all_or_none(row)
        details.append(not_ruled_out(row, places))
    if row.n == 1:
        proportion = "The one person"
        said = f"among the {who} {'reported' if row.count else 'did not report'} {label}"
    elif row.count in {0, row.n}:
        pass
    elif row.n < COUNTS_FIRST_BELOW:
        details[0], proportion = proportion, counted(row)
        said = f"{who} reported {label}"
    elif row.outer:
        lead, said = f"Among the {row.n:,} {who},", f"reported {label}"
    if row.outer:
        top = row.ladder[0]
        details.append(f"that is {row.count:,} of {name_of.all_of(top.words, top.n)}")
    return lead, proportion, f"{said} ({'; '.join(d for d in details if d)})."


def answered(row: Proportion) -> str:
    """Write how many answered, of whom, and why the others did not.

    For example "of 310 asked, 250 answered; 12 refused, 20 skipped, 28 left it blank; 40 were not asked".
    """
    asked = row.n + row.n_missing
    lead = f"of {asked:,} asked, {f'{row.n:,}' if row.n else 'nobody'} answered"
    if not row.n_missing:
        all_of_them = "the one person asked answered" if asked == 1 else f"all {asked:,} asked answered"
        lead = all_of_them if asked else "" if row.n_not_asked else "nobody was asked"
    return "; ".join(filter(None, (lead, kind_words([getattr(row, name) for name in KIND_COLUMNS]))))


def all_or_none(row: Proportion) -> str:
    """Write that nobody, or everybody, said yes."""
    none, everybody = ("Neither", "Both") if row.n == 2 else ("None", "All")
    return none if row.count == 0 else everybody


def not_ruled_out(row: Proportion, places: int) -> str:
    """Name the rates that are left open where nobody or everybody said yes, by an end of the interval."""
    if math.isnan(row.conf_low):
        return "no rates can be ruled out"
    if math.isinf(row.n_effective):
        return ""
    up = row.count == 0
    rate = percent(row.conf_high if up else row.conf_low, places)
    if rate[0] in "<>":
        return f"rates {'below' if up else 'above'} {rate[1:]} cannot be ruled out"
    return f"rates {'up' if up else 'down'} to {rate} cannot be ruled out"


def whom(row: Proportion, result: ProportionsResult, words: StudyWords, *, in_group: bool = True) -> str:
    """Write who is in the base: those who answered, where some who were in it did not."""
    people = in_subset(row, words) + (in_brackets(row, words) if in_group else "")
    return who_did(people, "answered this question") if row.n_missing else people


def in_subset(row: Proportion, words: StudyWords) -> str:
    """Write who is in the base, with what they reported: "nurses who reported more pay"."""
    people = row.ladder[0].words
    reported = subset(row, words).removeprefix(" who ")
    return who_did(people, reported) if reported else people


def subset(row: Proportion, words: StudyWords) -> str:
    """Write what those reported who are in the base: " who reported more pay"; nothing for everybody."""
    return f" who reported {' and '.join(map(words.label, row.outer))}" if row.outer else ""


def base(row: Proportion, words: StudyWords) -> str:
    """Write who is in the base and how many they are, e.g. "40 nurses who reported more pay (ward = 3)"."""
    return people_words(row.n, in_subset(row, words) + in_brackets(row, words))


def in_brackets(row: Proportion, words: StudyWords) -> str:
    """Write the group of a proportion in brackets, if it has one: by its column, as an answer could be."""
    group = group_of(row, words)
    return f" ({group})" if group else ""


def group_of(row: Proportion, words: StudyWords) -> str:
    """Write the group of a proportion, "role = nurse"; a total of a column is of everybody."""
    return names.spelled_out([(column, value) for column, value in row.group if value != ALL], words)


def weighted_claim(
    row: Proportion, result: ProportionsResult, places: int, words: StudyWords
) -> tuple[str, str, str]:
    """Write a weighted finding as (lead-in, emphasised number, the rest): an estimate, and for whom."""
    label = names.reported(row, words)
    stand_for = population(row, result, words) + in_brackets(row, words)
    if row.n == 0:
        return "Estimated:", "no answers", f"to {label}."
    size = "unknown" if math.isnan(row.n_effective) else effective(row)
    unweighted = f"{percent(row.estimate_unweighted, places)} unweighted: {counted(row)} with a weight"
    details = [unweighted, f"effective sample {size}", interval(row, result.confidence_level, places)]
    if row.count in {0, row.n}:
        details.append(not_ruled_out(row, places))
        said = f"{label} ({'; '.join(filter(None, details))})."
        return "Estimated:", *_none_or_all_stand(row, stand_for, said)
    proportion = percent(row.estimate, places)
    return "Estimated:", proportion, f"of {stand_for} would report {label} ({'; '.join(details)})."


def population(row: Proportion, result: ProportionsResult, words: StudyWords) -> str:
    """Write whom a weighted estimate is for: all of a population, or those of it in a subset."""
    people = f"the population that the weights of {result.people} stand for"
    if result.population:
        people = name_of.the(name_of.population(result.population, words), result.population_size)
    reported = subset(row, words).removeprefix(" who reported ")
    return who_did(f"those among {people}", f"report {reported}") if reported else people


def _none_or_all_stand(row: Proportion, stand_for: str, said: str) -> tuple[str, str]:
    """Say that nobody, or everybody, of those who stand for a population said yes."""
    if row.n == 1:
        verb = "reported" if row.count else "did not report"
        return "the one person", f"who stands for {stand_for} {verb} {said}"
    return all_or_none(row).lower(), f"of the {row.n:,} people who stand for {stand_for} reported {said}"


def ladder(row: Proportion, words: StudyWords) -> str:
    """Write the nested bases as a ladder, e.g. "120 → 40 → 12"."""
    steps = [people_words(row.ladder[0].n, row.ladder[0].words)]
    for outer, rung in pairwise(row.ladder):
        if rung.of < outer.n:
            steps.append(f"{rung.of:,} answered")
        steps.append(f"{rung.n:,} {_rung(rung.words, row, words)}")
    return " → ".join(steps)


def _rung(step: str, row: Proportion, words: StudyWords) -> str:
    """Write a step of the ladder in the words of the study."""
    if step.startswith("with "):  # in a total no group: "with a weight"
        group = group_of(row, words)
        return f"with {group}{AND_A_WEIGHT if step.endswith(AND_A_WEIGHT) else ''}" if group else step
    what = step.removeprefix("reported ")
    if what == step:
        return step
    return f"reported {names.reported(row, words) if what == row.label else words.label(what)}"


def notes(
    said: Iterable[str], columns: Iterable[str] | Mapping[str, str], words: StudyWords
) -> tuple[Text, ...]:
    """Return what a result notes as sentences, with columns and waves called as the study calls them.

    `columns` may say itself what each is called.
    """
    called = dict(columns) if isinstance(columns, dict) else {name: words.label(name) for name in columns}
    return names.sentences(
        [names.with_labels(_note(note, called, words), list(words.labels), words) for note in said]
    )


def _note(note: str, called: Mapping[str, str], words: StudyWords) -> str:
    """Name columns where a note names them: at its start, where people have no group, and in a design."""
    column, colon, rest = note.partition(": ")
    if colon and column in called:
        return f"{called[column]}: {rest}"
    if colon and column == "design":
        return f"Design: {names.with_design(rest, words)}"
    lead, without, rest = note.partition(" no value in ")
    by, and_are, rest = rest.partition(" and ")
    if without and and_are:
        by = " or ".join(called.get(column, column) for column in by.split(" or "))
        return f"{lead}{without}{by}{and_are}{rest}"
    return note[:1].upper() + note[1:] if note.startswith(_SENTENCES) else note


#: Beside a table in which a printed difference is not that of the printed proportions.
UNROUNDED = "Differences are of the shares before rounding, so they may not be those of the rounded shares."


def unrounded(first: float, second: float, difference: float, places: int) -> str:
    """Say so where a printed difference is not that of both shares as they are printed beside it."""
    return "" if same_difference(first, second, difference, places) else "from unrounded shares"


def rounding_note(names: Sequence[str]) -> str:
    """Name the questions whose printed percentages do not add to 100."""
    quoted = ", ".join(f"“{name}”" for name in names)
    return f"Rounded percentages do not add to 100 for: {quoted}." if names else ""


# ---- methods, tests and adjustments ----------------------------------------------------------------------

#: Intervals, by the names of the options. A name stands for the same method wherever it is an option.
INTERVALS = {
    "wilson": "Wilson",
    "wilson_cc": "Wilson with continuity correction",
    "modified_wilson": "modified Wilson",
    "agresti_coull": "Agresti-Coull",
    "jeffreys": "Jeffreys",
    "modified_jeffreys": "modified Jeffreys",
    "clopper_pearson": "Clopper-Pearson",
    "mid_p": "Clopper-Pearson with mid-p",
    "blaker": "Blaker",
    "likelihood": "profile likelihood",
    "logit": "logit",
    "arcsine": "arcsine",
    "wald": "Wald",
    "wald_cc": "Wald with continuity correction",
    "korn_graubard": "Korn-Graubard",
    "bootstrap": "bootstrap percentile",
    "bootstrap_basic": "basic bootstrap",
    "bootstrap_bca": "bias-corrected and accelerated bootstrap",
    "bootstrap_studentized": "studentized bootstrap",
    "goodman": "Goodman, for all answers together",
    "sison_glaz": "Sison-Glaz, for all answers together",
    "quesenberry_hurst": "Quesenberry-Hurst, for all answers together",
    "fitzpatrick_scott": "Fitzpatrick-Scott, for all answers together",
    "newcombe": "Newcombe",
    "newcombe_cc": "Newcombe with continuity correction",
    "newcombe_m8": "Newcombe, method 8",
    "miettinen_nurminen": "Miettinen-Nurminen",
    "mee": "Mee",
    "agresti_caffo": "Agresti-Caffo",
    "agresti_min": "Agresti-Min",
    "bonett_price": "Bonett-Price",
    "tango": "Tango",
    "haldane": "Haldane",
    "jeffreys_perks": "Jeffreys-Perks",
    "hauck_anderson": "Hauck-Anderson",
    "wald_cc_fagerland": "Wald with Fagerland's continuity correction",
    "koopman": "Koopman",
    "katz": "Katz log",
    "mover_wilson": "MOVER with Wilson limits",
    "woolf": "Woolf logit",
    "gart": "Gart logit",
    "cornfield_exact": "Cornfield exact",
    "cornfield_midp": "Cornfield with mid-p",
}

#: Tests, by the names of the options and as results have them.
TESTS = {
    "score": "score test (Pearson's chi-squared)",
    "pearson": "Pearson's chi-squared test",
    "pearson_cc": "Pearson's chi-squared test with continuity correction",
    "fisher": "Fisher's exact test",
    "fisher_midp": "Fisher's exact test with mid-p",
    "fisher_midp_observed": "Fisher's exact test with mid-p of the observed table alone",
    "barnard": "Barnard's test",
    "barnard_unpooled": "Barnard's test with unpooled variance",
    "boschloo": "Boschloo's test",
    "mcnemar": "McNemar's test",
    "mcnemar_cc": "McNemar's test with continuity correction",
    "mcnemar_exact": "McNemar's exact test",
    "mcnemar_midp": "McNemar's mid-p test",
    "mcnemar_unconditional": "McNemar's exact unconditional test",
}

#: Adjustments of p-values for the number of comparisons.
ADJUSTMENTS = {
    "holm": "adjusted by Holm's method",
    "bonferroni": "adjusted by Bonferroni's method",
    "fdr_bh": "adjusted by Benjamini and Hochberg's method",
    "none": "not adjusted",
}

#: Where a variance comes from; what comes from replicates names them.
VARIANCES = {
    "kish": "on Kish's effective sample size",
    "linearized": "with linearized (Taylor series) variance",
    "jackknife": "with jackknife variance",
    "bootstrap": "with variance from {replicates} bootstrap replicates ({kind})",
    "replicate_weights": "with variance from {replicates} replicate weights ({kind})",
}

#: How replicates are drawn, and the kinds of replicate weights.
REPLICATES = {
    "simple": "people drawn with replacement",
    "stratified": "people drawn within strata",
    "cluster": "whole clusters drawn",
    "rao_wu": "rescaled, Rao and Wu",
    "poisson": "Poisson counts",
    "brr": "balanced repeated replication",
    "fay": "Fay's method",
    "jk1": "JK1 jackknife",
    "jkn": "JKn jackknife",
    "bootstrap": "bootstrap",
    "sdr": "successive differences",
}

#: How waves are linked.
LINKS = {"exact": "keys", "code": "codes", "probabilistic": "probabilistic matching"}


def interval_words(result: ProportionsResult) -> str:
    """Say how the intervals of a result were made: method, variance, design, degrees of freedom."""
    made = result.procedure
    words = [INTERVALS[made.method]]
    if made.method.startswith("bootstrap") and not made.replicates:
        words.append("computed exactly, without draws")
    elif made.variance != "kish" or result.weighted:
        words.append(
            VARIANCES[made.variance].format(
                replicates=f"{made.replicates:,}", kind=REPLICATES.get(made.replicate_kind, "")
            )
        )
    design = _design(made)
    if design:
        words.append(f"for a design with {design}")
    if made.variance != "kish" and not made.method.startswith("bootstrap"):
        words += _freedom(result)
    return ", ".join(words)


def design_words(made: Procedure) -> str:
    """Say which design was declared; nothing where people count as drawn one by one.

    It has no counts: two waves of one design need not have the same clusters.
    """
    if made.variance == "kish":
        return ""
    if made.variance == "replicate_weights":
        return "replicate weights"
    parts = ["strata"] * bool(made.strata) + ["clusters"] * bool(made.clusters)
    parts += ["a finite population correction"] * made.finite_population
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def sampling_words(made: Procedure) -> str:
    """Say which design the variance is that of; nothing where people count as drawn one by one."""
    if made.variance == "kish":
        return ""
    if made.variance == "replicate_weights":
        return f"{made.replicates:,} replicate weights"
    return _design(made)


def _design(made: Procedure) -> str:
    parts = [many(made.strata, "stratum", "strata")] if made.strata else []
    if made.clusters:
        parts.append(many(made.clusters, "cluster", "clusters"))
    if made.finite_population:
        parts.append("a finite population correction")
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _freedom(result: ProportionsResult) -> list[str]:
    known = [row.df for row in result.rows if not math.isnan(row.df) and row.df > 0 and row.n]
    if not known:
        return []
    least, most = f"{min(known):,.0f}", f"{max(known):,.0f}"
    degrees = "degree" if most == "1" else "degrees"
    by = "adjusted for" if result.procedure.method == "korn_graubard" else "t on"
    return [f"{by} {least if least == most else f'{least} to {most}'} {degrees} of freedom"]


def comparison_words(result: ComparisonResult) -> str:
    """Say how the intervals of a result's comparisons were made."""
    made = result.procedure
    if made.variance != "kish":
        replicates, kind = f"{made.replicates:,}", REPLICATES.get(made.replicate_kind, "")
        how = VARIANCES[made.variance].format(replicates=replicates, kind=kind)
        design = _design(made)
        return f"{INTERVALS[result.method]}, {how}" + (f", for a design with {design}" if design else "")
    effective = ", on Kish's effective sample sizes" if result.weighted else ""
    return f"{INTERVALS[result.method]}{effective}"


def adjusted(result: ComparisonResult) -> bool:
    """Tell whether the p-values of a result are adjusted: a single one has nothing to be adjusted for."""
    return result.adjust != "none" and result.n_comparisons > 1


def levels_of(result: ComparisonResult) -> str:
    """Say what each interval holds for, and why it may seem to contradict the p-value beside it."""
    none = 0.0 if result.comparison == "difference" else 1.0
    limit = 1 - result.confidence_level
    apart = sum(
        row.p_adjusted >= limit and not row.conf_low <= none <= row.conf_high
        for row in result.rows
        if not math.isnan(row.conf_low)
    )
    inside = sum(row.p_adjusted < limit and row.conf_low <= none <= row.conf_high for row in result.rows)
    reported = []
    if result.together:
        reported.append(
            "Intervals are adjusted by Bonferroni's method: those of all comparisons that were made hold "
            f"together at {level_words(result.confidence_level)}."
        )
    elif result.n_comparisons > 1:
        reported.append("Intervals are not adjusted for the number of comparisons: each holds on its own.")
    if apart:
        cause = (
            "the p-value is adjusted and the interval is not"
            if adjusted(result) and not result.together
            else "the test is not made by the same method as the interval"
        )
        reported.append(
            f"{many(apart, 'interval excludes', 'intervals exclude')} {none:g} beside a p-value of "
            f"{limit:.2g} or more, because {cause}."
        )
    if inside and result.together:
        reported.append(
            f"{many(inside, 'interval holds', 'intervals hold')} {none:g} beside a p-value below "
            f"{limit:.2g}, because the adjustment of the intervals is stricter than that of the p-values."
        )
    return " ".join(reported)
