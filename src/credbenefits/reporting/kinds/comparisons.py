"""What comparisons between groups give to a brief."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from credbenefits.reporting import headings, names
from credbenefits.reporting import people as name_of
from credbenefits.reporting import words as say
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.reporting.rounding import decimals, percent, points, ratio, same_difference
from credbenefits.results.base import KIND_COLUMNS, kind_words, level_words, many, p_words, who_did
from credbenefits.results.parts import Caution, Dot, Finding, Numbers, Parts, Stated, Strong, Table
from credbenefits.results.weighing.weighed import why_forbidden

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from credbenefits.results.comparisons import ComparisonResult, Contrast
    from credbenefits.results.output import DataFrame
    from credbenefits.results.parts import Cell, StudyWords, Text

#: Comparisons of a question that its finding lists one by one.
_MOST_LISTED = 6
#: And those that its chart shows.
_MOST_DRAWN = 20


def parts(result: ComparisonResult, words: StudyWords) -> Parts:
    """Return what a result of ``compare_groups`` gives to a brief."""
    if not len(result):
        return Parts(names=dict.fromkeys(result.by, ()))
    questions: dict[str, list[Contrast]] = {}
    for row in result.rows:
        questions.setdefault(names.question(row, words), []).append(row)
    findings = tuple(_finding(asked, rows, result, words) for asked, rows in questions.items())
    said = [note.replace("inf (infinity)", "infinity") for note in result.notes]
    what = result.words if result.n_comparisons == 1 else f"{result.words}s"
    of = f"{what} of {names.listed(list(questions))} by {names.columns(result.by, words)}"
    of = f"weighted {of}" if result.weighted else of
    return Parts(
        findings=findings,
        tables=(_table(result, words),),
        cautions=(*_made(result, of, words), *_flagged(result, words)),
        methods=_methods(result),
        notes=say.notes(said, names.called(result.rows, result.by, words), words),
        stated=(
            Stated(
                of,
                result.people,
                result.confidence_level,
                weighted=result.weighted,
                population=name_of.population(result.population, words),
                design=say.design_words(result.procedure),
                size=min(account.rows - account.zero_weight for account in result.account),
                keys=tuple(finding.key for finding in findings),
            ),
        ),
        withheld=name_of.forbidden(result, words),
        files={"differences": _frame(result)},
        names=_names(result),
    )


def _names(result: ComparisonResult) -> dict[str, set[str]]:
    """Return what labels may name: of one column its groups too; groups of several are one text."""
    found = names.of_rows(result.rows, result.by, (*result.notes, result.population, result.people))
    if len(result.by) == 1:
        found[result.by[0]] |= {group for row in result.rows for group in (row.group, row.reference)}
    return found


def _frame(result: ComparisonResult) -> DataFrame:
    frame = pandas_frame(result)
    return frame.assign(by=" and ".join(result.by), interval_level=result.interval_level)


# ---- findings --------------------------------------------------------------------------------------------


def _finding(asked: str, rows: list[Contrast], result: ComparisonResult, words: StudyWords) -> Finding:
    """State what is compared for one question: in a sentence, or in a line for each comparison."""
    base = _base(rows[0])
    known = [row for row in rows if not _withheld(row)]
    several = len(rows) > 1
    statement = _of_several(asked, rows, result) if several else _sentence(rows[0], result, words)
    lead = f"Among {name_of.the(base if 'who answered' in base else who_did(base, 'answered'))}"
    if result.weighted:
        lead = f"Estimated for {_whom(result, words)}"
    by = names.columns(result.by, words)
    called = {f"{what}{asked} by {by}": None for what in (f"{result.words} in ", "")}
    called |= {asked: None} | {name: None for row in rows for name in (row.label, row.item)}
    return Finding(
        key=_key(asked, rows, result),
        names=tuple(called),
        sentence=(f"{lead}, by {by}:", *statement),
        base=_least(rows),
        details=tuple(_line(row, _places(rows), result, words) for row in rows)
        if 1 < len(rows) <= _MOST_LISTED
        else (),
        dots=tuple(dot for row in known for dot in _dot(row, rows, result, words))
        if len(known) <= _MOST_DRAWN
        else (),
        unit="points" if result.comparison == "difference" else "number",
        weighted=result.weighted,
        population=name_of.population(result.population, words),
        withheld=why_forbidden(result) if known else _withheld(rows[0]),
    )


def keys(result: ComparisonResult, words: StudyWords) -> dict[Hashable, list[Contrast]]:
    """Return the rows of each finding, by its key."""
    asked: dict[str, list[Contrast]] = {}
    for row in result.rows:
        asked.setdefault(names.question(row, words), []).append(row)
    return {_key(name, rows, result): rows for name, rows in asked.items()}


def _key(asked: str, rows: list[Contrast], result: ComparisonResult) -> tuple[Hashable, ...]:
    return ("compared", result.comparison, asked, _base(rows[0]), result.by, *_pairs_of(rows))


def _base(row: Contrast) -> str:
    return row.base.removeprefix(f"{row.n:,} against {row.n_reference:,} ")


def _places(rows: Sequence[Contrast]) -> int:
    """Return the decimals of all percentages of a finding."""
    return decimals([_least(rows)])


def _least(rows: Sequence[Contrast]) -> int:
    """Return the smallest number of people that a share is of."""
    return min((n for row in rows for n in (row.n, row.n_reference) if n), default=0)


def _pairs_of(rows: list[Contrast]) -> tuple[tuple[str, str, str], ...]:
    return tuple((row.level, row.group, row.reference) for row in rows)


def _whom(result: ComparisonResult, words: StudyWords) -> str:
    if not result.population:
        return "the population that the weights stand for"
    return name_of.the(name_of.population(result.population, words))


def _withheld(row: Contrast) -> str:
    """Say why a comparison must not stand at the top of a brief."""
    if "no_answers" in row.flags:
        return "nobody answered in one of the groups"
    if row.test == "none":
        return "it could not be tested"
    return "it has no interval" if math.isnan(row.conf_low) else ""


def _sentence(row: Contrast, result: ComparisonResult, words: StudyWords) -> Text:
    """State two shares, what lies between them, and whether chance alone may explain it."""
    group, reference = names.quoted(row, result.by, words)
    if "no_answers" in row.flags:
        who = group if row.n == 0 else reference
        return (f"nobody in {who} answered about {names.reported(row, words)}: nothing was compared.",)
    how, places = result.words, _places([row])
    article = "an" if how[0] in "aeiou" else "a"
    return (
        f"{_sides(row, places, result, words)} reported {names.reported(row, words)}, {article} {how} of",
        Strong(_estimate(row, places, result)),
        f"{_chance(row, result)}({_details(row, places, result, together=_at_once(result))}).",
    )


def _line(row: Contrast, places: int, result: ComparisonResult, words: StudyWords) -> Text:
    """State one of several comparisons of a question."""
    answer = names.answer(row, words)
    lead = f"{answer}: " if answer else ""
    if "no_answers" in row.flags:
        group, reference = names.quoted(row, result.by, words)
        return (f"{lead}{group} against {reference}: nobody answered in one of them.",)
    return (
        f"{lead}{_sides(row, places, result, words)}:",
        Strong(_estimate(row, places, result)),
        f"({_details(row, places, result)}).",
    )


def _of_several(asked: str, rows: list[Contrast], result: ComparisonResult) -> Text:
    """Say how many comparisons of a question there are, and how many of them chance alone may explain."""
    n_tested = sum(not math.isnan(row.p_adjusted) for row in rows)
    few = sum(row.p_adjusted < 1 - result.confidence_level for row in rows)
    kinds = _COMPARED if result.comparison == "difference" else (result.words, f"{result.words}s")
    made = many(len(rows), *kinds)
    if not n_tested:
        return (f"{made} of {asked}, of which none could be tested.",)
    some = "" if n_tested == len(rows) else f", of which {n_tested:,} could be tested,"
    kind = "an adjusted p-value" if say.adjusted(result) else "a p-value"
    limit = f"{1 - result.confidence_level:.2g}"
    alike = "" if few else ", which does not show that the groups are alike"
    verb = "have" if few > 1 else "has"
    said = [f"of {made} of {asked}{some} {verb} {kind} below {limit}{alike}."]
    if len(rows) > _MOST_LISTED:
        said.append("The table of comparisons has all of them.")
    elif result.together:
        said.append(f"Intervals hold for all {many(result.n_comparisons, *_COMPARED)} together.")
    return (Strong(f"{few:,}" if few else "none"), *said)


_COMPARED = ("comparison", "comparisons")


def _sides(row: Contrast, places: int, result: ComparisonResult, words: StudyWords) -> str:
    """Write both shares with their bases: counts come first where the base is small."""
    group, reference = names.quoted(row, result.by, words)
    between = "among" if reference in {"all others", "everybody"} else "in"

    def side(count: int, n: int, proportion: float) -> str:
        share = percent(proportion, places)
        if "weighted" in row.flags:
            return f"{share} (unweighted {count:,} of {n:,})"
        counted = f"{count:,} of {n:,}"
        return f"{counted} ({share})" if n < say.COUNTS_FIRST_BELOW else f"{share} ({counted})"

    return (
        f"{side(row.count, row.n, row.estimate_group)} in {group} and "
        f"{side(row.count_reference, row.n_reference, row.estimate_reference)} {between} {reference}"
    )


def _estimate(row: Contrast, places: int, result: ComparisonResult) -> str:
    if result.comparison != "difference":
        return ratio(row.estimate)
    written = points(row.estimate, places)
    return f"{written} {'point' if written[1:] == '1' else 'points'}"


def _details(row: Contrast, places: int, result: ComparisonResult, *, together: str = "") -> str:
    """Write what stands in brackets behind an estimate: its interval and its test."""
    rounded = ""
    if result.comparison == "difference":
        rounded = say.unrounded(row.estimate_group, row.estimate_reference, row.estimate, places)
    interval = _interval(row, places, result) + together
    return "; ".join(filter(None, (rounded, interval, _tested(row, result))))


def _interval(row: Contrast, places: int, result: ComparisonResult) -> str:
    """Write the interval of a sentence."""
    if math.isnan(row.conf_low):
        return "no interval can be given"
    low, high = (
        points(limit, places) if result.comparison == "difference" else ratio(limit)
        for limit in (row.conf_low, row.conf_high)
    )
    return f"{level_words(result.confidence_level)} interval {low} to {high}"


def _at_once(result: ComparisonResult) -> str:
    """Say that an interval holds together with the others, where it does."""
    return f", for all {many(result.n_comparisons, *_COMPARED)} together" if result.together else ""


def _tested(row: Contrast, result: ComparisonResult) -> str:
    if row.test == "none" or math.isnan(row.p_adjusted):
        return "not tested: too few " + (
            "units of the design" if "no_df" in row.flags else "answers of a kind"
        )
    p = p_words(row.p_adjusted)
    kind = "adjusted p" if say.adjusted(result) else "p"
    return f"{kind} {p}" if p.startswith("<") else f"{kind} = {p}"


def _chance(row: Contrast, result: ComparisonResult) -> str:
    """Say so where a difference is not told from chance, by its test or by its interval."""
    none = 0.0 if result.comparison == "difference" else 1.0
    if row.estimate == none or math.isnan(row.p_adjusted) or math.isnan(row.conf_low):
        return ""
    holds = row.conf_low <= none <= row.conf_high
    small = row.p_adjusted < 1 - result.confidence_level
    return "" if small and not holds else "that chance alone may explain "


def _dot(row: Contrast, rows: list[Contrast], result: ComparisonResult, words: StudyWords) -> tuple[Dot, ...]:
    """Draw an estimate that is a number, with its interval, which may have no end."""
    if not math.isfinite(row.estimate):
        return ()
    limits = (row.estimate, row.conf_low, row.conf_high)
    answers = len({row.label for row in rows}) > 1
    about = names.answer(row, words) if answers else "" if len(rows) > 1 else names.reported(row, words)
    if result.comparison == "odds_ratio":
        about = ", ".join(filter(None, (about, result.words)))  # the axis says that all of them are ratios
    pair = (
        f"{names.group_words(row.group, result.by, words)} against "
        f"{names.reference_words(row, result.by, words)}"
    )
    places = _places(rows)
    shares = f"{percent(row.estimate_group, places)} against {percent(row.estimate_reference, places)}"
    return (
        Dot(
            ": ".join(filter(None, (about, pair))),
            *limits,
            note=shares,
            base=_least(rows),
            weighted="weighted" in row.flags,
        ),
    )


# ---- the table -------------------------------------------------------------------------------------------


def _table(result: ComparisonResult, words: StudyWords) -> Table:
    whom = result.people + (", weighted" if result.weighted else "")
    whom += f" to {name_of.population(result.population, words)}" if result.population else ""
    by = names.columns(result.by, words)
    is_difference = result.comparison == "difference"
    adjusted = "" if result.n_comparisons == 1 else ", adjusted" if result.together else ", not adjusted"
    level = level_words(result.confidence_level)
    what = result.words.capitalize()
    header = (
        "Reported",
        "Groups",
        "Group",
        "Reference",
        f"{what}{' in points' if is_difference else ''} ({level} interval{adjusted})",
        f"p ({'adjusted' if say.adjusted(result) else 'not adjusted'})",
    )
    intro = f"{_shown(result)} by {by} among {whom}. {_p_values(result)} {_SCALE[result.comparison]}".rstrip()
    after = [say.levels_of(result), say.UNROUNDED if _unrounded(result) else ""]
    return Table(
        headings.COMPARISONS,
        f"{what}s by {by}{', in percentage points' if is_difference else ''}",
        header,
        tuple(_row(row, result, words) for row in result.rows),
        base=_least(result.rows),
        before=((intro,),),
        after=tuple((text,) for text in after if text),
        whole=_wholes(result, words),
    )


def _shown(result: ComparisonResult) -> str:
    """Say how many comparisons are shown, and of how many that were made."""
    made = many(result.n_comparisons, *_COMPARED)
    shown = sum("no_answers" not in row.flags for row in result.rows)
    return made if shown == result.n_comparisons else f"{shown:,} of {made}"


#: How to read what is not in points.
_SCALE = {
    "difference": "",
    "ratio": "A ratio is the group's share over the reference's, both unrounded: 1 is no difference.",
    "odds_ratio": "An odds ratio compares odds, not shares: it lies further from 1, which is no difference, "
    "than the ratio of the shares does.",
}


def _p_values(result: ComparisonResult) -> str:
    """Say how the p-values were adjusted and how many of them are small."""
    limit = f"{1 - result.confidence_level:.2g}"
    n = sum(row.p_adjusted < 1 - result.confidence_level for row in result.rows)
    kind = "adjusted p-value" if say.adjusted(result) else "p-value"
    how = "The p-values are not adjusted" if result.n_comparisons > 1 else "The p-value is not adjusted"
    if say.adjusted(result):
        made = say.ADJUSTMENTS[result.adjust]
        how = f"The p-values are {made} for all comparisons that were made and tested"
    if not any(row.p_adjusted <= 1 for row in result.rows):
        few = (
            "units of the design"
            if any("no_df" in row.flags for row in result.rows)
            else "answers of one kind"
        )
        return f"None could be tested: too few {few}."
    counted = (
        f"No {kind} is below {limit}, which does not show that the groups are alike."
        if n == 0
        else f"{many(n, f'{kind} is', f'{kind}s are')} below {limit}."
    )
    return f"{how}. {counted}"


def _unrounded(result: ComparisonResult) -> bool:
    """Tell whether a difference may not be that of the printed shares, with either number of decimals."""
    return result.comparison == "difference" and not all(
        same_difference(row.estimate_group, row.estimate_reference, row.estimate, places)
        for row in result.rows
        for places in (0, 1)
    )


def _wholes(result: ComparisonResult, words: StudyWords) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Return the proportions of all answers to a question, group by group."""
    found: dict[tuple[object, ...], tuple[str, list[float]]] = {}
    for row in result.rows:
        asked = names.question(row, words)
        for which, share in (("group", row.estimate_group), ("reference", row.estimate_reference)):
            key = (asked, row.item, row.group, row.reference, which)
            found.setdefault(key, (asked, []))[1].append(share)
    return tuple(
        (asked, tuple(shares))
        for asked, shares in found.values()
        if len(shares) > 1 and math.isclose(math.fsum(shares), 1.0, abs_tol=1e-9)
    )


def _row(row: Contrast, result: ComparisonResult, words: StudyWords) -> tuple[Cell, ...]:
    small = " (small base)" if "small_base" in row.flags else ""
    group = names.group_words(row.group, result.by, words)
    return (
        names.reported(row, words),
        f"{group} against {names.reference_words(row, result.by, words)}{small}",
        _proportion(row, "", row.estimate_group),
        _proportion(row, "_reference", row.estimate_reference),
        _compared(row, result),
        _test_cell(row),
    )


def _proportion(row: Contrast, side: str, proportion: float) -> Cell:
    """Write a side: its count, base and share, and who of the group is not in the base, and why."""
    count, n = getattr(row, f"count{side}"), getattr(row, f"n{side}")
    without = kind_words([getattr(row, name + side) for name in KIND_COLUMNS])
    without = f"; {without}" if without else ""
    if n == 0:
        return f"no answers{without}"
    estimate = "weighted estimate " if "weighted" in row.flags else ""
    return Numbers(f"{count:,} of {n:,} ({estimate}{{}}){without}", (proportion,))


def _compared(row: Contrast, result: ComparisonResult) -> Cell:
    if "no_answers" in row.flags:
        return "–"
    unknown = math.isnan(row.conf_low)  # a design with too few units has no interval
    limits = () if unknown else (row.conf_low, row.conf_high)
    template = "{} (no interval)" if unknown else "{} ({} to {})"
    if result.comparison == "difference":
        return Numbers(template, (row.estimate, *limits), "points")
    return Numbers(template, (row.estimate, *limits), "number")


def _test_cell(row: Contrast) -> str:
    if "no_answers" in row.flags:
        return "nobody answered"
    if row.test == "none":
        return "too few units to test" if "no_df" in row.flags else "too few to test"
    return p_words(row.p_adjusted)


# ---- cautions and methods --------------------------------------------------------------------------------


def _made(result: ComparisonResult, of: str, words: StudyWords) -> tuple[Caution, ...]:
    """Say how many comparisons were made, how they were adjusted, and how many could not be tested."""
    n = result.n_comparisons
    if not n:
        return ()
    topic = headings.COMPARISONS
    shown = sum("no_answers" not in row.flags for row in result.rows)
    were = "was" if n == 1 else "were"
    rest = f", of which {shown:,} {'is' if shown == 1 else 'are'} shown" if shown < n else ""
    made = f"{many(n, *_COMPARED)} ({of}) {were} made{rest}"
    if n > 1:
        p = say.ADJUSTMENTS[result.adjust if say.adjusted(result) else "none"]
        holds = "hold together" if result.together else "each hold on their own"
        made += f"; p-values are {p} for their number, and intervals {holds}"
    untested = [row for row in result.rows if row.test == "none" and "no_answers" not in row.flags]
    if untested:
        units = " or units of the design" if any("no_df" in row.flags for row in untested) else ""
        made += f". {len(untested):,} had too few answers of one kind{units} to test"
    cause = "A difference between groups of people who answered does not show what caused it."
    # Of a comparison that was meant to show a cause, the brief says when it does.
    causes = () if words.comparison_observed else (Caution(topic, cause),)
    return (Caution(topic, f"{made}."), *causes)


def _flagged(result: ComparisonResult, words: StudyWords) -> tuple[Caution, ...]:
    """List the comparisons that carry a flag that a reader must know of."""
    cautions = []
    for flag, (topic, advice) in say.FLAGS.items():
        named = [_sized(row, result.by, words) for row in result.rows if flag in row.flags]
        cautions += [Caution(topic, advice, tuple(named))] if named else []
    return tuple(cautions)


def _sized(row: Contrast, by: Sequence[str], words: StudyWords) -> str:
    return (
        f"{names.reported(row, words)}, {names.group_words(row.group, by, words)} ({row.n:,}) against "
        f"{names.reference_words(row, by, words)} ({row.n_reference:,})"
    )


def _methods(result: ComparisonResult) -> tuple[str, ...]:
    weighted = "weighted " if result.weighted else ""
    tests = sorted({say.TESTS[row.test] for row in result.rows if row.test != "none"})
    of_design = result.procedure.variance != "kish"
    corrected = ", with Rao and Scott's correction for the design" if of_design else ""
    return (
        f"Intervals of {weighted}{result.words}s: {say.comparison_words(result)}.",
        f"Tests of {weighted}{result.words}s: {', '.join(tests) or 'none'}{corrected if tests else ''}.",
    )
