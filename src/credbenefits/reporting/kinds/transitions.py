"""What change between two waves gives to a brief: both shares of the same people, and what lies between."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from credbenefits.reporting import headings, names
from credbenefits.reporting import people as name_of
from credbenefits.reporting import words as say
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.reporting.kinds.transition_tables import Asked, Change, tables
from credbenefits.reporting.plots.change import Arrow, plot_arrows
from credbenefits.reporting.rounding import percent, points
from credbenefits.results.base import level_words, many, people_words, who_did
from credbenefits.results.parts import Caution, Dot, Figure, Finding, Parts, Stated, Strong
from credbenefits.results.weighing.weighed import why_forbidden

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from credbenefits.results.output import DataFrame
    from credbenefits.results.parts import StudyWords, Text
    from credbenefits.results.transitions import Transition, TransitionsResult


def parts(result: TransitionsResult, words: StudyWords) -> Parts:
    """Return what a result of ``transitions`` gives to a brief."""
    if not len(result):
        return Parts(names=dict.fromkeys((*result.waves, result.item, *result.by), ()))
    asked = Asked(result, words)
    changes = _changes(result)
    findings = (_finding(changes, asked),) if changes else ()
    weighted = "weighted " if result.weighted else ""
    first, second = asked.waves
    by = f" by {asked.by}" if result.by else ""
    return Parts(
        findings=findings,
        tables=tuple(tables(changes, asked)),
        figures=_figures(changes, asked),
        cautions=(*_doubt(asked), *_flagged(changes, asked), _CAUSE),
        methods=_methods(result),
        notes=(*_left_out(asked), *_noted(asked)),
        stated=(
            Stated(
                f"{weighted}change in “{asked.question}” between {first} and {second}{by}",
                who_did(result.people, "answered in both waves"),
                result.confidence_level,
                weighted=result.weighted,
                population=name_of.population(result.population, words),
                design=say.design_words(result.procedure),
                size=result.n,
                keys=tuple(finding.key for finding in findings),
            ),
        ),
        withheld=name_of.forbidden(result, words),
        files={"changes": _frame(result)},
        names=_names(result),
    )


def _names(result: TransitionsResult) -> dict[str, set[str]]:
    """Return what labels may name."""
    texts = names.in_texts((*result.notes, result.population, result.people))
    found: dict[str, set[str]] = {name: set() for name in (*result.waves, result.label, *result.by, *texts)}
    found.setdefault(result.item, set()).update(result.levels)
    for row in result.rows:
        for column, value in row.group:
            found[column].add(value)
    return found


def _changes(result: TransitionsResult) -> list[Change]:
    """Return the net changes of the result, each with the shares in both waves."""
    found = []
    for net in result.rows:
        if net.measure == "net_change":
            group = tuple(value for _, value in net.group)
            first = result.find("first_wave", net.first, group=group)
            second = result.find("second_wave", second=net.second, group=group)
            found.append(Change(first, second, net))
    return found


def _frame(result: TransitionsResult) -> DataFrame:
    """Return the table as a pandas frame, whatever the data were, with the group in one column."""
    frame = pandas_frame(result)
    groups = [", ".join(f"{column} = {value}" for column, value in row.group) for row in result.rows]
    frame = frame.drop(columns=list(result.by))
    first, second = result.waves
    about = {
        "question": result.label,
        "first_wave": first,
        "second_wave": second,
        "group": groups,
        "population": result.population,
    }
    for place, (name, column) in enumerate(about.items()):
        frame.insert(place, name, column)
    return frame.assign(confidence_level=result.confidence_level)


# ---- the finding -----------------------------------------------------------------------------------------


def _finding(changes: Sequence[Change], asked: Asked) -> Finding:
    """State a change in a sentence, or introduce those of several answers and groups."""
    result = asked.result
    alone = len(changes) == 1 and not result.by
    few = len(changes) <= say.MOST_LISTED
    by = f" by {asked.by}" if result.by else ""
    known = [change for change in changes if not _withheld(change)]
    return Finding(
        key=_key(asked),
        names=tuple(
            dict.fromkeys((f"change in {asked.question}{by}", asked.question, result.label, result.item))
        ),
        sentence=_sentence(changes[0], asked) if alone else _introduction(changes, asked, few=few),
        base=result.n,
        details=tuple(_line(change, asked) for change in changes) if few and not alone else (),
        dots=tuple(_dot(change, asked) for change in known) if few else (),
        unit="points",
        weighted=result.weighted,
        population=name_of.population(result.population, asked.words),
        withheld=why_forbidden(result) if known else _withheld(changes[0]),
    )


def keys(result: TransitionsResult, words: StudyWords) -> dict[Hashable, list[Transition]]:
    """Return the rows of the finding that states changes, by its key: net changes, and shares of waves."""
    stated = [row for each in _changes(result) for row in (each.first, each.second, each.net)]
    return {_key(Asked(result, words)): stated} if stated else {}


def _key(asked: Asked) -> tuple[Hashable, ...]:
    result = asked.result
    return ("change", asked.question, result.waves, asked.people, result.by, result.levels)


def _withheld(change: Change) -> str:
    """Say why a change must not stand at the top of a brief."""
    flags = {flag for row in (change.first, change.second, change.net) for flag in row.flags}
    if "no_answers" in flags:
        return "nobody answered in both waves"
    if "outside_range" in flags:
        return "the links in doubt and the answers do not go together"
    if math.isnan(change.net.conf_low):
        return "the change has no interval"
    if "weighted" in flags and "small_n_effective" in flags:
        return "with these weights it tells as much as fewer than 30 people would"
    return ""


def _lead(asked: Asked) -> str:
    """Say of whom the numbers are."""
    result = asked.result
    corrected = result.linkage_error == "adjust"
    if result.weighted:
        whom = "the population that the weights stand for"
        if result.population:
            whom = name_of.the(name_of.population(result.population, asked.words), result.population_size)
        return f"Estimated for {whom}{' and corrected for false links' if corrected else ''}:"
    of = "Corrected for false links: of" if corrected else "Of"
    if result.n == 1:
        return f"{of} the one person among the {_in_both(asked)},"
    return f"{of} {name_of.the(_in_both(asked), result.n)},"


def _in_both(asked: Asked) -> str:
    return who_did(asked.people, "answered in both waves")


def _sentence(change: Change, asked: Asked) -> Text:
    first, second = asked.waves
    if not change.net.n:
        return (
            f"Nobody among the {asked.people} answered about {asked.question} in {first} and in {second}.",
        )
    reported = asked.reported(change.net.first)
    return (
        f"{_lead(asked)} {_share(change.first, asked)} reported {reported} in {first} and "
        f"{_share(change.second, asked)} in {second}: a change of",
        Strong(_points(change.net, asked)),
        f"{_chance(change.net)}({_details(change, _interval(change.net, asked), asked)}).{_moved(asked)}",
    )


def _share(row: Transition, asked: Asked) -> str:
    """Write a share of both waves with its count: the count comes first where the base is small."""
    share, counted = percent(row.estimate, asked.places), f"{row.count:,} of {row.n:,}"
    plain = not asked.result.weighted and asked.result.linkage_error == "ignore"
    if plain and row.n == asked.result.n >= say.COUNTS_FIRST_BELOW:
        return f"{share} ({row.count:,})"  # of those whom the sentence begins with
    if asked.result.weighted:
        return f"{share} (unweighted {counted})"
    if asked.result.linkage_error == "adjust":
        return f"{share} ({counted} as linked)"
    return f"{counted} ({share})" if row.n < say.COUNTS_FIRST_BELOW else f"{share} ({counted})"


def _points(row: Transition, asked: Asked) -> str:
    written = points(row.estimate, asked.places)
    return f"{written} {'point' if written[1:] == '1' else 'points'}"


def _chance(row: Transition) -> str:
    return "that chance alone may explain " if row.estimate and row.conf_low <= 0 <= row.conf_high else ""


def _interval(row: Transition, asked: Asked) -> str:
    if math.isnan(row.conf_low):
        return "no interval can be given"
    low, high = (points(limit, asked.places) for limit in (row.conf_low, row.conf_high))
    return f"{level_words(asked.result.confidence_level)} interval {low} to {high}"


def _details(change: Change, interval: str, asked: Asked) -> str:
    """Write what stands in brackets behind a change: its interval, and how it was rounded."""
    shares = (change.second.estimate, change.first.estimate)
    rounded = say.unrounded(*shares, change.net.estimate, asked.places)
    return "; ".join(filter(None, (rounded, interval)))


def _moved(asked: Asked) -> str:
    """Say how many went from no to yes, and how many the other way."""
    if not asked.is_yes_no:
        return ""
    rose, fell = (
        f"{moved.count:,}" if moved.count else "nobody" for moved in (asked.result.rose, asked.result.fell)
    )
    linked = "As linked, " if asked.result.linkage_error == "adjust" else ""
    unweighted = " (unweighted)" if asked.result.weighted else ""
    said = f"{linked}{rose} went from no to yes and {fell} from yes to no{unweighted}."
    return f" {said[:1].upper()}{said[1:]}"


def _introduction(changes: Sequence[Change], asked: Asked, *, few: bool) -> Text:
    """Introduce the changes of several answers or groups: of one group, with those who changed."""
    result, (first, second) = asked.result, asked.waves
    listed = "as follows" if few else f"as listed under “{headings.CHANGE}”"
    if all(not change.net.n for change in changes):
        return (
            f"Nobody among the {asked.people} answered about {asked.question} in {first} and in {second}.",
        )
    level = f"{level_words(result.confidence_level)} intervals of the change"
    if result.by:
        shares = "the share who reported" if asked.is_yes_no else "the shares of answers about"
        return (
            f"{_lead(asked)} {shares}",
            Strong(asked.question),
            f"changed from {first} to {second} {listed}, by {asked.by} ({level}).",
        )
    row = result.changed
    return (
        f"{_lead(asked)} {_share(row, asked)} gave another answer about",
        Strong(asked.question),
        f"in {second} than in {first}; the share of each answer changed {listed} ({level}).",
    )


def _line(change: Change, asked: Asked) -> Text:
    """State one of several changes."""
    called, (first, second) = asked.called(change), asked.waves
    if not change.net.n:
        return f"{called}:", "nobody answered in both waves."
    limits = _interval(change.net, asked).partition(" interval ")[2] or "no interval can be given"
    return (
        f"{called}: {_share(change.first, asked)} in {first}, {_share(change.second, asked)} in {second}:",
        Strong(_points(change.net, asked)),
        f"({_details(change, limits, asked)}).",
    )


def _dot(change: Change, asked: Asked) -> Dot:
    net, (first, second) = change.net, asked.waves
    before, after = (percent(row.estimate, asked.places) for row in (change.first, change.second))
    alone = not asked.result.by and asked.is_yes_no
    return Dot(
        f"change in {asked.question}, {first} to {second}" if alone else asked.called(change),
        net.estimate,
        net.conf_low,
        net.conf_high,
        note=f"{before} to {after} of {net.n:,}",
        base=net.n,
        weighted=asked.result.weighted,
    )


# ---- the figure, cautions, notes and methods -------------------------------------------------------------


def _figures(changes: Sequence[Change], asked: Asked) -> tuple[Figure, ...]:
    """Draw an arrow from the share in the first wave to that in the second."""
    known = [change for change in changes if math.isfinite(change.net.estimate)]
    if not known:
        return ()
    first, second = asked.waves
    told = [
        f"{asked.called(change)}: {_share(change.first, asked)} to {_share(change.second, asked)}, "
        f"{_points(change.net, asked)} ({_interval(change.net, asked)})"
        for change in known
    ]
    alt = (
        f"Shares of the same people in {first} and in {second}, an arrow from one to the other. "
        f"{'; '.join(told)}."
    )
    arrows = [
        Arrow(asked.group(change), asked.answer(change), change.first, change.second, change.net)
        for change in known
    ]
    called = (asked.words.label(asked.result.waves[0]), asked.words.label(asked.result.waves[1]))
    by = f" by {asked.by}" if asked.result.by else ""
    shown = f"{asked.question}, {called[0]} to {called[1]}{by}"
    return (Figure(headings.CHANGE, shown, alt, partial(plot_arrows, arrows, called)),)


_CAUSE = Caution(
    headings.CHANGE,
    "Change is that of people who were found in both waves and answered in both; others may have changed "
    "differently. It does not show what caused it.",
)


def _doubt(asked: Asked) -> tuple[Caution, ...]:
    """Say what false links do to change, and whether it is corrected for."""
    result = asked.result
    if result.match_probability == 1:
        return ()
    false = round(result.n_false_links)
    about = f"About {false:,}" if false else "Fewer than one"
    corrected = (
        "the change that this adds is taken out on average"
        if result.linkage_error == "adjust"
        else "this is not corrected for, so that change looks larger than it is"
    )
    text = (
        f"{about} of the {many(result.n, 'pair', 'pairs')} of answers about {asked.question} "
        f"{'is' if false <= 1 else 'are'} expected to be of two different people; {corrected}."
    )
    return (Caution("Links are not certain", text),)


def _flagged(changes: Sequence[Change], asked: Asked) -> tuple[Caution, ...]:
    cautions = []
    for flag, (topic, advice) in say.FLAGS.items():
        named = [
            f"{', '.join(filter(None, (f'change in {asked.question}', asked.group(change))))} "
            f"({change.net.n:,} in both waves)"
            for change in changes
            if flag in change.net.flags
        ]
        cautions += [Caution(topic, advice, tuple(dict.fromkeys(named)))] if named else []
    return tuple(cautions)


def _left_out(asked: Asked) -> Iterable[Text]:
    """Say how many of those in both waves are in no number, and why."""
    result, (first, second) = asked.result, asked.waves
    linked = people_words(result.n_linked, who_did(asked.people, "were found in both waves"))
    about = f"not in the change in {asked.question}"
    if result.n_missing:
        answered = {
            f"only in {second}": result.n_missing_first,
            f"only in {first}": result.n_missing_second,
            "in neither": result.n_missing_both,
        }
        why = ", ".join(f"{n:,} answered {where}" for where, n in answered.items() if n)
        are = "is" if result.n_missing == 1 else "are"
        yield (f"{result.n_missing:,} of the {linked} {are} {about}: {why}.",)
    if result.n_not_asked:
        are = "was" if result.n_not_asked == 1 else "were"
        yield (
            f"{result.n_not_asked:,} of the {linked} {are} not asked about "
            f"{asked.question} in one of them or in both.",
        )


def _noted(asked: Asked) -> Iterable[Text]:
    """Return what the result notes, with waves and columns called as the study calls them."""
    result, words = asked.result, asked.words
    columns = (*result.by, result.item)
    for note in result.notes:
        wave = next((one for one in result.waves if note.startswith(f"{one}: ")), None)
        if wave is None:
            yield from say.notes([names.with_labels(note, result.waves, words)], columns, words)
        else:
            [(said,)] = say.notes([note.removeprefix(f"{wave}: ")], columns, words)
            yield (f"{words.label(wave)}: {said}",)


def _methods(result: TransitionsResult) -> tuple[str, ...]:
    made = result.procedure
    weighted = "weighted " if result.weighted else ""
    how = say.INTERVALS[made.method]
    if made.method == "wilson":
        how = "Newcombe's for paired proportions, and Wilson's of shares"
    variance = ""
    if made.variance != "kish" or result.weighted:
        kind = say.REPLICATES.get(made.replicate_kind, "")
        variance = ", " + say.VARIANCES[made.variance].format(replicates=f"{made.replicates:,}", kind=kind)
    design = say.sampling_words(made)
    if design and made.variance != "replicate_weights":
        variance += f", for a design with {design}"
    told = [f"Intervals of {weighted}change: {how}{variance}."]
    if result.linkage_error == "adjust":
        told.append("Change is corrected for false links by their match probabilities (Chambers 2009).")
    return tuple(told)
