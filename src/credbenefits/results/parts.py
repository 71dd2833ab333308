"""What a result gives to a brief: sentences, tables, figures and cautions as data, without a format.

:func:`credbenefits.brief` calls ``brief_parts(words)`` of every result and nothing else, so any class with
this method can be in a brief. A result of ours names the file of `reporting/kinds` that makes its parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping

    from credbenefits._typing import Unit
    from credbenefits.results.output import DataFrame


class Strong(str):
    """Text to emphasise."""

    __slots__ = ()


#: What people are called whom the author of the study does not name.
UNNAMED_PEOPLE = "respondents"

#: Pieces of a sentence, to be joined by spaces. They are escaped when written, so none may hold markup.
Text: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A cell of numbers that are not rounded yet: ``Numbers("{} ({} to {})", (0.333, 0.26, 0.42))``.

    All such cells of a table get the same number of decimals, which its smallest base decides.
    """

    template: str
    values: tuple[float, ...]
    unit: Unit = "percent"


Cell: TypeAlias = str | Numbers


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading row; the first column names the row.

    `section` is the heading it stands under. Tables of several results with equal `section`, `caption` and
    `header` become one. Of tables with an equal `key` that have other columns, the one with more is shown.
    `base` is the smallest number of people that a percentage in it is of. `whole` names questions of which
    all answers are in the table, with their proportions: a note says where rounded ones do not add to 100.
    """

    section: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    key: str = ""
    base: int = 0
    before: tuple[Text, ...] = ()
    after: tuple[Text, ...] = ()
    whole: tuple[tuple[str, tuple[float, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """A row of a chart: an estimate with its interval, NaN where it has none.

    `note` stands under the label ("40 of 120"). `base` is the number of people that the estimate is of: it
    decides the decimals of the value at the dot. `unweighted` is drawn as a circle beside a weighted one.
    """

    label: str
    estimate: float
    low: float
    high: float
    note: str = ""
    base: int = 0
    weighted: bool = False
    unweighted: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement that may stand at the top of a brief.

    Attributes
    ----------
    key : tuple
        What is stated of whom: the same for a weighted and an unweighted statement, also of other people with
        the same name. Findings of several results with equal keys are set beside each other.
    names : tuple of str
        What ``brief(findings=...)`` may call it: the label, the item.
    sentence : tuple of str
        The statement, with its base, count and interval.
    base : int
        People who answered.
    details : tuple of Text
        What is listed below it: the choices of a question, the groups.
    dots : tuple of Dot
        Its chart: one dot is drawn in the chart of all findings, several in one of their own.
    unit : {"percent", "points", "number"}
        What the dots are.
    weighted : bool
        Whether it is an estimate for a population.
    population : str
        That population in words.
    withheld : str
        Why it must not stand at the top, as the end of a sentence ("nobody answered"); empty where it may.
    path : tuple of str
        Where it is about a subset that other findings define: what these state, then what it states itself.
        It is put behind the finding of the subset.
    """

    key: tuple[Hashable, ...]
    names: tuple[str, ...]
    sentence: Text
    base: int
    details: tuple[Text, ...] = ()
    dots: tuple[Dot, ...] = ()
    unit: Unit = "percent"
    weighted: bool = False
    population: str = ""
    withheld: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the appendix: its name, what it shows with its numbers in words, and how to draw it.

    Its file is called by the name, in small letters with hyphens. `draw` returns matplotlib axes; it is
    called only where figures are wanted.
    """

    section: str
    name: str
    alt: str
    draw: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to read before quoting.

    Cautions with one `topic` become one: first what all of them name ("more pay (12 nurses)"), in one list,
    then their texts, in whole sentences, each said once.
    """

    topic: str
    text: str
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """What a table of numbers is, for what a brief says of all of them together.

    `what` names it ("shares of “a better job” by role"), `people` who is in it and `size` how many they are,
    `design` how they were drawn, without counts ("strata and clusters"; empty: one by one), `population` whom
    weighted numbers are for. `keys` are those of its findings.
    """

    what: str
    people: str
    confidence_level: float
    weighted: bool = False
    population: str = ""
    design: str = ""
    size: int = 0
    keys: tuple[Hashable, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """All that one result gives to a brief.

    Attributes
    ----------
    lead : tuple of Text
        Sentences for the head of the page: how many were asked and answered, how many were found again.
    findings : tuple of Finding
        Statements, in order.
    tables, figures : tuple
        What stands in the appendix.
    cautions : tuple of Caution
        What to read before quoting.
    methods : tuple of str
        How the numbers were made, in whole sentences.
    notes : tuple of Text
        What the result itself notes.
    stated : tuple of Stated
        What its numbers are.
    response_known : bool
        Whether it tells how many of those asked answered.
    withheld : mapping of str to str
        Populations whose weighted findings must not stand at the top, and why.
    unmoved : collection of pairs
        Population and key of weighted findings that differ from the unweighted by nothing beyond chance. The
        unweighted finding stands at the top, if there is one.
    single : str
        What a brief takes one of ("a Panel"); empty where several may be given.
    files : mapping of str to pandas.DataFrame
        Tables to write beside the page, by name without ending; equal names are stacked.
    names : mapping of str to collection of str
        Waves, columns and questions that ``brief(labels=, level_labels=)`` may name, each with its answers or
        groups, as far as the result knows them.
    """

    lead: tuple[Text, ...] = ()
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    cautions: tuple[Caution, ...] = ()
    methods: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    stated: tuple[Stated, ...] = ()
    response_known: bool = False
    withheld: Mapping[str, str] = field(default_factory=dict)
    unmoved: Collection[tuple[str, Hashable]] = ()
    single: str = ""
    files: Mapping[str, DataFrame] = field(default_factory=dict)
    names: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StudyWords:
    """The words of the study, as ``brief`` hands them to every result.

    Attributes
    ----------
    people : str
        Everybody that the study is about ("patients of both arms").
    offered : str or None
        What was offered to them ("the credential"); None where nothing was, or it is not said.
    comparison_observed : bool or None
        Whether people without the offer were observed; None where it is not said.
    excluded : str
        Why rows were set aside ("tests of the form"); empty where the study gives no reason.
    labels : mapping of str to str
        What waves and columns are called on the page.
    level_labels : mapping of str to mapping of str to str
        What the answers of a column are called.
    """

    people: str = UNNAMED_PEOPLE
    offered: str | None = None
    comparison_observed: bool | None = None
    excluded: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    level_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def label(self, name: str) -> str:
        """Return what a wave or a column is called."""
        return self.labels.get(name, name)

    def level(self, column: str, name: str) -> str:
        """Return what an answer of a column, or a group, is called."""
        return self.level_labels.get(column, {}).get(name, name)


class HasParts(Protocol):
    """Whatever can be in a brief."""

    def brief_parts(self, words: StudyWords) -> Parts:
        """Return what it gives to a brief."""
        ...
