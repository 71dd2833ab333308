"""What retention gives to a brief: how many of a wave's people are found again, and in which groups."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from credbenefits.reporting import headings, names
from credbenefits.reporting import people as name_of
from credbenefits.reporting import words as say
from credbenefits.reporting.kinds import proportions
from credbenefits.reporting.rounding import decimals, percent
from credbenefits.results.attrition.retention import POOLED
from credbenefits.results.base import level_words
from credbenefits.results.parts import Caution, Dot, Finding, Numbers, Parts, Strong, Table

if TYPE_CHECKING:
    from credbenefits.results.attrition.retention import RetentionResult
    from credbenefits.results.parts import Cell, StudyWords, Text
    from credbenefits.results.proportions import Proportion

_METHOD = "Intervals of shares found again"


@dataclass(frozen=True, slots=True)
class _Found:
    """The result with the words of the study."""

    result: RetentionResult
    words: StudyWords

    @property
    def first(self) -> str:
        return f"“{self.words.label(self.result.waves[0])}”"

    @property
    def again(self) -> str:
        return f"“{self.words.label(self.result.waves[1])}”"

    @property
    def people(self) -> str:
        """Who may be found again: with the first wave, unless they are called by it."""
        people, first = self.result.people, self.words.label(self.result.waves[0])
        spelled = people.casefold().replace("-", " ")
        named = re.search(rf"\b{re.escape(first.casefold())}\b", spelled)
        called = people if named else f"{people} in {self.first}"
        outside = self.result.left or self.result.not_invited
        return f"{called} who could have answered {self.again}" if outside else called

    @property
    def by(self) -> str:
        return f" by {names.columns(self.result.by, self.words)}" if self.result.by else ""

    @property
    def places(self) -> int:
        """Decimals of all its percentages."""
        return decimals(row.n for row in self.result.rows)

    @property
    def n(self) -> int:
        """People of all groups."""
        return sum(row.n for row in self.result.rows)


def parts(result: RetentionResult, words: StudyWords) -> Parts:
    """Return what the share of people who are found again gives to a brief."""
    found = _Found(result, words)
    made = proportions.parts(result, words)
    first, again = result.waves
    counted = (
        f"Who is found again in {found.again} is known from links alone. Those of {found.first} who took "
        "part again and could not be linked are not among them."
    )
    what = f"shares of {found.first} found again in {found.again}{found.by}"
    finding = _finding(found)
    return replace(
        made,
        findings=(finding,),
        tables=(_table(found),),
        methods=tuple(how.replace("Intervals of shares", _METHOD, 1) for how in made.methods),
        cautions=(
            Caution("Found again", counted),
            *_nobody(found),
            *(_called_so(each, found) for each in made.cautions),
        ),
        stated=tuple(
            replace(one, what=what, people=found.people, keys=(finding.key,)) for one in made.stated
        ),
        notes=say.notes(
            [names.with_labels(note, result.waves, words) for note in result.notes], result.by, words
        ),
        files={
            "retention": made.files["estimates"].assign(
                wave=first,
                found_in=again,
                ratio=result.columns["ratio"],
                shrunken=result.columns["shrunken"],
                left=result.left,
                not_invited=result.not_invited,
            )
        },
        names={**made.names, first: (), again: ()},
    )


def _called_so(caution: Caution, found: _Found) -> Caution:
    """Name what a caution is about as the page does."""
    label = f"found again in {found.result.waves[1]}"
    return replace(
        caution, named=tuple(each.replace(label, f"found again in {found.again}") for each in caution.named)
    )


def _nobody(found: _Found) -> tuple[Caution, ...]:
    """Name the groups of which nobody is found: nothing can be said about them."""
    groups = [_called(row, found) for row in found.result.nobody_found]
    if not groups:
        return ()
    more = f" and {len(groups) - say.MOST_LISTED} more" if len(groups) > say.MOST_LISTED else ""
    listed = ", ".join(groups[: say.MOST_LISTED])
    return (
        Caution(
            "Nobody found",
            f"Nobody from some groups{found.by} answered {found.again} ({listed}{more}): weights cannot "
            "represent them, and estimates leave them out.",
        ),
    )


def _outside(found: _Found) -> list[str]:
    """Say who is in no share, because nobody could have answered or been asked."""
    left, not_invited = found.result.left, found.result.not_invited
    said = [f"{left:,} had left the population"] * bool(left)
    said += [f"{not_invited:,} {'was' if not_invited == 1 else 'were'} not invited"] * bool(not_invited)
    return [f"Not counted: {' and '.join(said)}."] if said else []


def _range(found: _Found) -> list[str]:
    """Say how far apart the shares of groups are; small groups are left out, whose shares vary by chance."""
    rows = [row for row in found.result.rows if row.n and "small_base" not in row.flags]
    if len(rows) < 2:
        return []
    low, high = (end(rows, key=lambda row: row.estimate) for end in (min, max))
    if low.estimate == high.estimate:
        return []
    ends = [
        f"{percent(row.estimate, found.places)} ({_called(row, found)}; n = {row.n:,})" for row in (low, high)
    ]
    small = any("small_base" in row.flags for row in found.result.rows if row.n)
    the = "Among groups of 30 people or more, the" if small else "The"
    return [f"{the} share ran from {ends[0]} to {ends[1]}."]


def _finding(found: _Found) -> Finding:
    result = found.result
    called = [f"found again in {wave}" for wave in (found.words.label(result.waves[1]), result.waves[1])]
    by = [
        f"{name}{by}" for name in called for by in (found.by, f" by {' and '.join(result.by)}") if result.by
    ]
    listed = result.rows if result.by and len(result.rows) <= say.MOST_LISTED else ()
    return Finding(
        key=("retention", result.waves, result.by, result.people),
        names=tuple(dict.fromkeys((*by, *called))),
        sentence=(
            (*_of_groups(found), *_range(found), *_outside(found))
            if result.by
            else (*_alone(found), *_outside(found))
        ),
        base=found.n,
        details=tuple(_line(row, found) for row in listed),
        dots=tuple(
            Dot(
                _called(row, found) if result.by else f"found again in {found.again}",
                row.estimate,
                row.conf_low,
                row.conf_high,
                note=say.counted(row),
                base=row.n,
            )
            for row in result.rows
            if row.n
        ),
        withheld="" if found.n else "nobody is in that wave",
    )


def _alone(found: _Found) -> Text:
    """State the share of everybody in the wave."""
    [row] = found.result.rows
    if not row.n:
        return Strong("Nobody"), f"is in {found.first}."
    interval = say.interval(row, found.result.confidence_level, found.places)
    share, details = percent(row.estimate, found.places), [say.counted(row), interval]
    one = row.count == 1 and row.n < say.COUNTS_FIRST_BELOW
    were = f"{'was' if one else 'were'} found again in {found.again}"
    if row.n == 1:
        verb = "was found" if row.count else "was not found"
        return Strong("The one person"), f"among the {found.people} {verb} again in {found.again}."
    if row.count in {0, row.n}:
        share = say.all_or_none(row)
    elif row.n < say.COUNTS_FIRST_BELOW:
        share, details[0] = say.counted(row), share
        return Strong(share), f"{found.people} {were} ({'; '.join(details)})."
    return Strong(share), f"of {name_of.the(found.people, row.n)} {were} ({'; '.join(details)})."


def _of_groups(found: _Found) -> Text:
    """Introduce the shares of groups."""
    rows, by = found.result.rows, names.columns(found.result.by, found.words)
    if not found.n:
        return Strong("Nobody"), f"in {found.first} is in one of the groups by {by}."
    level, count = level_words(found.result.confidence_level), sum(row.count for row in rows)
    known = f"whose {by} {'is' if len(found.result.by) == 1 else 'are'} known"
    many = len(rows) > say.MOST_LISTED
    follows = f"as listed in “{headings.TOOK_PART}”" if many else "as follows"
    return (
        Strong(f"{count:,} of {found.n:,}"),
        f"{found.people} {known} {'was' if count == 1 else 'were'} found again in {found.again}, by {by} "
        f"{follows} ({level} intervals).",
    )


def _line(row: Proportion, found: _Found) -> Text:
    """Write the share of one group; small groups are said to be small."""
    called = f"{_called(row, found)}:"
    if not row.n:
        return called, Strong("nobody in the group")
    counted, share = say.counted(row), percent(row.estimate, found.places)
    if row.count in {0, row.n} and row.n > 1:
        share = say.all_or_none(row).lower()
    limits = [] if math.isnan(row.conf_low) else [say.limits(row, found.places)]
    if "small_base" in row.flags:
        return called, Strong(counted), f"({'; '.join(['small group', *limits])})"
    return called, Strong(share), f"({'; '.join([counted, *limits])})"


def _called(row: Proportion, found: _Found) -> str:
    """Name a group by its values."""
    if all(value == POOLED for _, value in row.group):
        return "small groups together"
    return names.pair_words(row.group, found.words)


def _table(found: _Found) -> Table:
    """Show every group with its base, and beside small groups' shares what they are drawn to."""
    rows, by = found.result.rows, bool(found.result.by)
    shrunken = found.result.columns["shrunken"].tolist()
    drawn = not all(map(math.isnan, shrunken))
    header = ("Of whom", "Found again", "Share (interval)")
    return Table(
        headings.TOOK_PART,
        f"Found again in {found.again}, of those in {found.first}",
        (*header, *["Times the share of all"] * by, *["Drawn towards all"] * drawn),
        tuple(
            (
                say.base(row, found.words) + (" (small group)" if "small_base" in row.flags else ""),
                f"{row.count:,}",
                _share(row),
                *[_number(ratio)] * by,
                *[Numbers("{}", (value,)) if row.n else "nobody"] * drawn,
            )
            for row, ratio, value in zip(rows, found.result.columns["ratio"].tolist(), shrunken, strict=True)
        ),
        base=min((row.n for row in rows if row.n), default=0),
    )


def _number(ratio: float) -> str:
    return "–" if math.isnan(ratio) else f"{ratio:.2f}"


def _share(row: Proportion) -> Cell:
    if not row.n:
        return "nobody"
    return Numbers("{} ({} to {})", (row.estimate, row.conf_low, row.conf_high))
