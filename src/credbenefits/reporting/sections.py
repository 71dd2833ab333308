"""The sections of a brief, put together from the parts that results give."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from credbenefits.reporting import headings
from credbenefits.reporting import words as say
from credbenefits.reporting.blocks import Bullets, Grid, Paragraph, Section, Statement, Statements
from credbenefits.reporting.rounding import decimals, filled, not_hundred
from credbenefits.results.parts import UNNAMED_PEOPLE, Numbers, Strong

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from credbenefits.reporting.blocks import Block, Picture
    from credbenefits.reporting.findings import Group
    from credbenefits.results.parts import Cell, Finding, Parts, Table, Text

#: Findings that are named where they do not stand at the top.
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Facts:
    """What a study file or an author says of the study, for the head of the page."""

    note: str = ""
    asked: str = ""
    people: str = UNNAMED_PEOPLE
    when: str = ""
    conducted_by: str = ""


def head(facts: Facts, given: Sequence[Parts]) -> Section | None:
    """Say what was asked, of whom, when and by whom, and how many answered."""
    named = {
        "What was asked:": facts.asked,
        "Of whom:": "" if facts.people == UNNAMED_PEOPLE else facts.people,
        "When:": facts.when,
        "By:": facts.conducted_by,
    }
    items: list[Text] = [(Strong(name), said) for name, said in named.items() if said]
    first = sorted(given, key=lambda parts: not parts.response_known)
    leads = list(dict.fromkeys(lead for parts in first for lead in parts.lead))
    if not leads:
        stated = [each for parts in given for each in parts.stated if each.size > 1]
        alone = [each for each in stated if not each.weighted] or stated
        sizes = dict.fromkeys(
            f"{each.size:,} {each.people}{' with a weight' if each.weighted else ''}" for each in alone
        )
        leads = [(Strong("Who answered:"), f"{'; '.join(sizes)}.")] if sizes else []
    note: list[Block] = [Paragraph((Strong(facts.note),))] if facts.note else []
    blocks = (*note, *([Bullets((*items, *leads))] if items or leads else []))
    return Section("", blocks, "head") if blocks else None


# ---- findings --------------------------------------------------------------------------------------------


def takeaways(top: Sequence[Group], withheld: Sequence[Finding], drawn: Charts) -> Section | None:
    """State the findings that come first, and which must not be among them, and why."""
    items = [item for group in top for item in _statements(group.shown, drawn)]
    blocks: list[Block] = [Statements(tuple(items))] if items else []
    blocks += drawn.of_all
    reasons: dict[str, list[str]] = {}
    for finding in withheld:
        whom = f" for {finding.population}" if finding.weighted and finding.population else ""
        reasons.setdefault(finding.withheld, []).append(f"“{finding.names[0]}”{whom}")
    for why, called in reasons.items():
        more = len(called) - _MOST_NAMED
        listed = ", ".join(called[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
        blocks.append(Paragraph((f"Not among these findings: {listed}, because {why}.",)))
    return Section("Key takeaways", tuple(blocks), "findings") if blocks else None


def _statements(findings: Sequence[Finding], drawn: Charts) -> list[Statement]:
    """Set findings of one key beside each other: estimates stand under what was found unweighted."""
    said = [(f.weighted, Statement(f.sentence, f.details, drawn.own.get(id(f)))) for f in findings]
    found = [each for weighted, each in said if not weighted]
    estimates = tuple(each for weighted, each in said if weighted)
    if not found:
        return list(estimates)
    return [*found[:-1], replace(found[-1], estimates=estimates)]


@dataclass(frozen=True, slots=True)
class Charts:
    """Pictures by what they show: all findings at the top, one finding (by its identity), a section."""

    of_all: tuple[Picture, ...] = ()
    own: Mapping[int, Picture] = field(default_factory=dict)
    by_section: Mapping[str, Sequence[Picture]] = field(default_factory=dict)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All of them."""
        rest = (picture for some in self.by_section.values() for picture in some)
        return (*self.of_all, *self.own.values(), *rest)


# ---- the appendix ----------------------------------------------------------------------------------------


def appendix(
    given: Sequence[Parts], further: Sequence[Group], lost: Sequence[str], drawn: Charts
) -> list[Section]:
    """Make the sections below: further findings, tables with their notes and figures, and the methods."""
    found: dict[str, list[Block]] = {name: [] for name in headings.ORDER}
    if further:
        items = [item for group in further for item in _statements(group.findings, drawn)]
        found[headings.FURTHER].append(Statements(tuple(items)))
    for table in _merged([table for parts in given for table in parts.tables]):
        above = found.setdefault(table.section, [])
        # What was said beside a table of the section is not said again beside the next.
        above += [block for block in _table(table) if not (isinstance(block, Paragraph) and block in above)]
    found[headings.WEIGHTED] += [Paragraph((text,)) for text in lost if found[headings.WEIGHTED]]
    for section, notes in _notes(given).items():
        found.setdefault(section, []).append(Bullets(tuple(notes)))
    for section, pictures in drawn.by_section.items():
        found.setdefault(section, []).extend(pictures)
    methods = tuple((method,) for method in dict.fromkeys(m for parts in given for m in parts.methods))
    found[headings.METHODS] = [*([Bullets(methods)] if methods else []), *found.pop(headings.METHODS, [])]
    return [Section(name, tuple(blocks)) for name, blocks in found.items() if blocks]


def _notes(given: Sequence[Parts]) -> dict[str, list[Text]]:
    """Put what results note below their first table, each note once."""
    found: dict[str, list[Text]] = {}
    known: set[Text] = set()
    for parts in given:
        fewer = _are_fewer(parts, given)
        for note in parts.notes:
            if note not in known:
                section = parts.tables[0].section if parts.tables else headings.METHODS
                found.setdefault(section, []).append(("Of those with a weight:", *note) if fewer else note)
            known.add(note)
    return found


def _are_fewer(parts: Parts, given: Sequence[Parts]) -> bool:
    """Tell whether weighted numbers are of fewer people than unweighted ones in the brief."""
    plain = [each for other in given for each in other.stated if not each.weighted]
    return any(
        one.weighted and any(one.people == each.people and one.size < each.size for each in plain)
        for one in parts.stated
    )


def _merged(tables: Iterable[Table]) -> list[Table]:
    """Make one table of those that say the same of several results; of two of one thing the wider stays."""
    keyed: dict[str, Table] = {}
    alike: dict[object, list[Table]] = {}
    for table in tables:
        if table.key and len(table.header) <= len(keyed[table.key].header if table.key in keyed else ()):
            continue
        place: object = table.key or (table.section, table.caption, table.header)
        if table.key:
            keyed[table.key] = table
            alike[place] = [table]
        else:
            alike.setdefault(place, []).append(table)
    return [_joined(some) for some in alike.values()]


def _joined(tables: Sequence[Table]) -> Table:
    first, *others = tables
    if not others:
        return first
    return type(first)(
        first.section,
        first.caption,
        first.header,
        tuple(dict.fromkeys(row for table in tables for row in table.rows)),
        base=min((table.base for table in tables if table.base), default=0),
        before=tuple(dict.fromkeys(text for table in tables for text in table.before)),
        after=tuple(dict.fromkeys(text for table in tables for text in table.after)),
        whole=tuple(whole for table in tables for whole in table.whole),
    )


def _table(table: Table) -> list[Block]:
    """Write a table: its cells rounded by one rule, and what is to be said before and after it."""
    places = decimals([table.base])
    rows = tuple(tuple(_cell(cell, places) for cell in row) for row in table.rows)
    numeric = tuple(_is_numeric([row[k] for row in table.rows]) for k in range(len(table.header)))
    after = [*table.after]
    note = say.rounding_note(not_hundred(table.whole, places))
    return [
        *(Paragraph(text) for text in table.before),
        Grid(table.caption, table.header, rows, numeric),
        *(Paragraph(text) for text in (*after, *([(note,)] if note else []))),
    ]


def _cell(cell: Cell, places: int) -> str:
    return filled(cell, places) if isinstance(cell, Numbers) else cell


def _is_numeric(cells: Sequence[Cell]) -> bool:
    """Tell whether a column holds numbers, for some of which there may be words ("not stated")."""
    if any(isinstance(cell, Numbers) for cell in cells):
        return True
    with_digits = [str(cell) for cell in cells if any(letter.isdecimal() for letter in str(cell))]
    return bool(with_digits) and all(
        text.removeprefix("< ").replace(",", "").replace(".", "").isdecimal() for text in with_digits
    )
