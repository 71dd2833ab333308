"""What proportions give to a brief: a finding for each question, and the table of every denominator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.reporting import headings, names
from credbenefits.reporting import people as name_of
from credbenefits.reporting import words as say
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.reporting.rounding import decimals, not_hundred, percent
from credbenefits.results.base import ALL, level_words, people_words
from credbenefits.results.parts import Caution, Dot, Finding, Numbers, Parts, Stated, Strong, Table
from credbenefits.results.weighing.weighed import why_forbidden

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from credbenefits.results.output import DataFrame
    from credbenefits.results.parts import Cell, StudyWords, Text
    from credbenefits.results.proportions import Proportion, ProportionsResult

#: Answers that need no telling that they count as yes.
_PLAIN_YES = {"", "yes", "1", "true"}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with all its shares in a result: of its answers, and of the groups."""

    rows: tuple[Proportion, ...]
    result: ProportionsResult
    words: StudyWords

    @property
    def first(self) -> Proportion:
        return self.rows[0]

    @property
    def label(self) -> str:
        """What the question is called; a share that stands alone is called by its answer too."""
        call = names.question if self.has_answers else names.reported
        return call(self.first, self.words)

    @property
    def has_answers(self) -> bool:
        """Whether several of its answers have a share."""
        return len({row.label for row in self.rows}) > 1

    @property
    def by(self) -> str:
        return names.columns(self.result.by, self.words)

    @property
    def places(self) -> int:
        """Decimals of all its percentages."""
        return decimals(row.n for row in self.rows)

    @property
    def n(self) -> int:
        """People who answered, in all groups; of answers with other bases the most."""
        people: dict[str, int] = {}
        for row in self.rows:
            if all(value != ALL for _, value in row.group):
                people[row.label] = people.get(row.label, 0) + row.n
        return max(people.values(), default=0)


def parts(result: ProportionsResult, words: StudyWords) -> Parts:
    """Return what proportions give to a brief."""
    asked = _questions(result, words)
    weighted = "weighted " if result.weighted else ""
    findings = tuple(_finding(each) for each in asked)
    by = f" by {names.columns(result.by, words)}" if result.by else ""
    everybody = result.rows[0].ladder[0].n if result.rows else 0
    with_weight = [account.rows - account.zero_weight for account in result.account[:1]]
    return Parts(
        findings=findings,
        tables=(_denominators(result, words), *([_beside(result, words)] if result.weighted else [])),
        cautions=_flagged(result, words),
        methods=(f"Intervals of {weighted}shares{by}: {say.interval_words(result)}.",) if result.rows else (),
        notes=say.notes(result.notes, names.called(result.rows, result.by, words), words),
        stated=(
            Stated(
                f"{weighted}shares of {names.listed([each.label for each in asked])}{by}",
                result.people,
                result.confidence_level,
                weighted=result.weighted,
                population=name_of.population(result.population, words),
                design=say.design_words(result.procedure),
                size=min([everybody, *with_weight]),
                keys=tuple(finding.key for finding in findings),
            ),
        ),
        withheld=name_of.forbidden(result, words),
        files={"estimates": _frame(result)},
        names=_names(result),
    )


def _names(result: ProportionsResult) -> dict[str, set[str]]:
    """Return what labels may name: also what defines a subset, and the values of groups."""
    found = names.of_rows(result.rows, result.by, (*result.notes, result.population, result.people))
    for row in result.rows:
        for column, value in row.group:
            found[column].add(value)
        found |= {question: found.get(question, set()) for question in row.outer}
    return found


def _questions(result: ProportionsResult, words: StudyWords) -> list[_Asked]:
    """Put the shares of one question together: those of its answers, and those of all groups."""
    found: dict[tuple[object, ...], list[Proportion]] = {}
    for row in result.rows:
        found.setdefault((_what(row), row.outer, row.ladder[0].words), []).append(row)
    return [_Asked(tuple(rows), result, words) for rows in found.values()]


def key_of(row: Proportion, by: tuple[str, ...]) -> tuple[Hashable, ...]:
    """Return the key of the finding that a share is in."""
    return ("shares", _what(row), row.outer, row.ladder[0].words, by)


def _what(row: Proportion) -> tuple[object, ...]:
    """Return what a share is of: one of all the answers to a question, or something by itself."""
    question = row.label.removesuffix(f": {row.level}")
    return (row.item, row.label, row.counts_as_yes) if question == row.label else (row.item, question)


# ---- findings --------------------------------------------------------------------------------------------


def _finding(asked: _Asked) -> Finding:
    first, result = asked.first, asked.result
    alone = len(asked.rows) == 1 and not result.by
    called = [asked.label, *[question for row in asked.rows for question in (row.label, row.item)]]
    if result.by:
        called = [
            *(f"{name} by {by}" for name in called for by in (asked.by, " and ".join(result.by))),
            *called,
        ]
    listed = asked.rows if not alone and len(asked.rows) <= say.MOST_LISTED else ()
    return Finding(
        key=key_of(first, result.by),
        names=tuple(dict.fromkeys(called)),
        sentence=tuple(filter(None, _of_one(asked) if alone else _of_several(asked))),
        base=asked.n,
        details=(*(_line(row, asked) for row in listed), *_rounding(asked)),
        dots=tuple(_dot(row, asked) for row in asked.rows if row.n),
        weighted=result.weighted,
        population=name_of.population(result.population, asked.words),
        withheld=_withheld(asked),
        path=() if result.by else (*first.outer, first.label if alone else asked.label),
    )


def _withheld(asked: _Asked) -> str:
    """Say why shares must not stand at the top of a brief."""
    if not any(row.n for row in asked.rows):
        return "nobody answered"
    known = [row for row in asked.rows if row.n]
    if asked.result.weighted and all("small_n_effective" in row.flags for row in known):
        return "with these weights it tells as much as fewer than 30 people would"
    return why_forbidden(asked.result)


def _of_one(asked: _Asked) -> Text:
    """State the one share of a question."""
    claim = say.weighted_claim if asked.result.weighted else say.claim
    lead, share, rest = claim(asked.first, asked.result, asked.places, asked.words)
    return lead, Strong(share), rest


def _of_several(asked: _Asked) -> Text:
    """Introduce the shares of a question with several answers, or of several groups."""
    first, result = asked.first, asked.result
    if not asked.n:
        return "", Strong("No answers"), f"from {first.ladder[0].words} to {asked.label}."
    whom = people_words(asked.n, say.in_subset(first, asked.words))
    if result.weighted:
        whom = say.population(first, result, asked.words)
    told = [f"{level_words(result.confidence_level)} intervals", *_about(asked)]
    by = f", by {asked.by}" if result.by else ""
    as_follows = "as follows" if len(asked.rows) <= say.MOST_LISTED else f"as listed in “{headings.BASES}”"
    lead, verb = (
        ("Estimated: asked about", "would answer") if result.weighted else ("Asked about", "answered")
    )
    return lead, Strong(f"{asked.label},"), f"{whom} {verb} {as_follows}{by} ({'; '.join(told)})."


def _about(asked: _Asked) -> list[str]:
    """Say who is not in these shares, of whom they are a part, and that they may add to more than all."""
    first, result = asked.first, asked.result
    told = []
    if result.weighted:
        told.append(f"{asked.n:,} with a weight")
    missing = _missing(asked)
    if missing:
        told.append(f"{missing:,} did not answer")
    if first.outer and not result.weighted:
        told.append(f"they are {asked.n:,} of {name_of.all_of(first.ladder[0].words, first.ladder[0].n)}")
    if asked.has_answers and any(chosen > n for chosen, n in _chosen(asked)):
        told.append("a person could give several answers")
    return told


def _missing(asked: _Asked) -> int:
    """Count who did not answer, in all groups."""
    rows = [row for row in asked.rows if row.label == asked.first.label]
    return sum(row.n_missing for row in rows if all(value != ALL for _, value in row.group))


def _chosen(asked: _Asked) -> list[tuple[int, int]]:
    """Return how many answers each group gave, and how many people of it gave them."""
    found: dict[object, tuple[int, int]] = {}
    for row in asked.rows:
        count, _ = found.get(row.group, (0, 0))
        found[row.group] = (count + row.count, row.n)
    return list(found.values())


def _line(row: Proportion, asked: _Asked) -> Text:
    """Write one of several shares: its answer, its group, the share, its count, base and interval."""
    called = f"{_called(row, asked)}:"
    if not row.n:
        return called, Strong("no answers")
    places, few = asked.places, row.n < say.COUNTS_FIRST_BELOW
    limits = f"{say.limits(row, places)}" if not math.isnan(row.conf_low) else "no interval can be given"
    if math.isinf(row.n_effective):
        limits = "no sampling error: all were drawn"
    counted, share = say.counted(row), percent(row.estimate, places)
    if row.count in {0, row.n}:
        share = say.all_or_none(row).lower() if row.n > 1 else counted
    if asked.result.weighted:
        unweighted = f"{percent(row.estimate_unweighted, places)} unweighted: {counted}"
        return called, Strong(share), f"({unweighted}; effective sample {say.effective(row)}; {limits})"
    if few and 0 < row.count < row.n:
        counted, share = share, counted
    return called, Strong(share), f"({'; '.join(dict.fromkeys([counted, limits]))})"


def _called(row: Proportion, asked: _Asked) -> str:
    """Name a share among the others of its question: by its answer, its group, or both."""
    group = say.group_of(row, asked.words)
    if len(row.group) == 1 and group:
        group = names.pair_words(row.group, asked.words)
    answer = names.answer(row, asked.words) if asked.has_answers else ""
    everybody = "all together" if row.group and not group else ""
    return ", ".join(filter(None, (answer, group or everybody))) or names.reported(row, asked.words)


def _dot(row: Proportion, asked: _Asked) -> Dot:
    alone = len(asked.rows) == 1
    label = names.reported(row, asked.words) + say.in_brackets(row, asked.words)
    if alone and row.outer:
        label = f"of those{say.subset(row, asked.words)}: {label}"
    return Dot(
        label if alone else _called(row, asked),
        row.estimate,
        row.conf_low,
        row.conf_high,
        note=say.counted(row),
        base=row.n,
        weighted=asked.result.weighted,
        unweighted=row.estimate_unweighted if asked.result.weighted else None,
    )


def _rounding(asked: _Asked) -> tuple[Text, ...]:
    """Say where the printed percentages of all answers to the question do not add to 100."""
    note = say.rounding_note(not_hundred(_wholes(asked.rows, asked.words), asked.places))
    return ((note,),) if note else ()


# ---- tables ----------------------------------------------------------------------------------------------


def _denominators(result: ProportionsResult, words: StudyWords) -> Table:
    """Say, number by number, who is in the base and how it was arrived at."""
    header = (
        "Reported",
        "Who is in the base",
        "How the base was arrived at",
        "Who answered",
        "Base (answered)",
        "Said yes (what counts)",
        "Share (interval)",
    )
    return Table(
        headings.BASES,
        "Bases of weighted shares" if result.weighted else "Bases of all shares",
        header,
        tuple(_base_row(row, words) for row in result.rows),
        base=_smallest(result),
        whole=_wholes(result.rows, words),
    )


def _smallest(result: ProportionsResult) -> int:
    return min((row.n for row in result.rows if row.n), default=0)


def _base_row(row: Proportion, words: StudyWords) -> tuple[Cell, ...]:
    return (
        names.reported(row, words),
        say.base(row, words),
        say.ladder(row, words),
        say.answered(row),
        f"{row.n:,}",
        f"{row.count:,}{_counts(row, words)}",
        _share(row),
    )


def _counts(row: Proportion, words: StudyWords) -> str:
    """Name the answers that count as yes, where that is not plain."""
    if names.answer(row, words) or row.level.casefold() in _PLAIN_YES:
        return ""
    return f" ({words.level(row.item, row.level)})"


def _share(row: Proportion) -> Cell:
    if not row.n:
        return "no answers"
    limits = _limits(row)
    if "weighted" not in row.flags:
        return Numbers(f"{{}} ({limits.template})", (row.estimate, *limits.values))
    estimate = _estimate(row)
    return Numbers(
        f"weighted estimate: {estimate.template} ({limits.template})", estimate.values + limits.values
    )


def _estimate(row: Proportion) -> Numbers:
    """Write a weighted estimate, in words where nobody or everybody said yes."""
    if row.n and row.count in {0, row.n}:
        return Numbers("none observed" if row.count == 0 else "all observed", ())
    return Numbers("{}", (row.estimate,))


def _limits(row: Proportion) -> Numbers:
    if math.isnan(row.conf_low):
        return Numbers("–", ())
    return Numbers("{} to {}", (row.conf_low, row.conf_high))


def _beside(result: ProportionsResult, words: StudyWords) -> Table:
    """Put weighted estimates beside unweighted proportions of the same people."""
    everybody = name_of.all_of(name_of.population(result.population, words), result.population_size)
    if not result.population:
        everybody = "the population that the weights stand for"
    same = "if those who did not answer resemble those who did with the same background"
    intro = (
        f"The weighted column estimates the share among {everybody}"
        f"{', ' + same if result.population else ''}; in a subset, the share among those of them who are in "
        "it. The unweighted column is the share of the same people before weighting: those who answered and "
        "have a weight."
    )
    header = (
        "Reported",
        "Unweighted, same people",
        "Weighted estimate",
        f"{level_words(result.confidence_level)} interval (weighted)",
        "Effective sample",
    )
    return Table(
        headings.WEIGHTED,
        f"Estimates for {everybody}, beside the unweighted shares of the same people",
        header,
        tuple(_beside_row(row, words) for row in result.rows),
        base=_smallest(result),
        before=((intro,),),
        whole=_wholes(result.rows, words),
    )


def _beside_row(row: Proportion, words: StudyWords) -> tuple[Cell, ...]:
    among = f" (among those{say.subset(row, words)})" if row.outer else ""
    return (
        names.reported(row, words) + among + say.in_brackets(row, words),
        Numbers(f"{{}} ({say.counted(row)})", (row.estimate_unweighted,)) if row.n else "no answers",
        _estimate(row),
        _limits(row),
        say.effective(row),
    )


def _wholes(rows: Sequence[Proportion], words: StudyWords) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Return every question with the shares of its answers, group by group."""
    found: dict[tuple[object, ...], list[Proportion]] = {}
    for row in rows:
        found.setdefault((_what(row)[:2], row.group, row.outer, row.ladder[0], row.n), []).append(row)
    result = []
    for shares in found.values():
        called = names.question(shares[0], words)
        result.append((called, tuple(row.estimate for row in shares)))
        if "weighted" in shares[0].flags:
            result.append((called, tuple(row.estimate_unweighted for row in shares)))
    return tuple(result)


# ---- cautions and files ----------------------------------------------------------------------------------


def _flagged(result: ProportionsResult, words: StudyWords) -> tuple[Caution, ...]:
    """List the shares that carry a flag that a reader must know of."""
    cautions = []
    for flag, (topic, advice) in say.FLAGS.items():
        named = [
            f"{names.reported(row, words)} ({say.base(row, words)})"
            for row in result.rows
            if flag in row.flags
        ]
        cautions += [Caution(topic, advice, tuple(named))] if named else []
    return tuple(cautions)


def _frame(result: ProportionsResult) -> DataFrame:
    """Return the table as a pandas frame, whatever the data were, with the group in one column."""
    frame = pandas_frame(result)
    groups = [
        ", ".join(f"{c} = {v}" for c, v in zip(result.by, values, strict=True))
        for values in frame[list(result.by)].itertuples(index=False)
    ]
    frame = frame.drop(columns=list(result.by))
    frame.insert(2, "group", groups if result.by else "")
    frame.insert(3, "population", result.population)
    return frame.assign(confidence_level=result.confidence_level)
