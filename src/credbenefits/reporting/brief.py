"""The brief: results as a page that can be published, whose words say no more than the numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits._frozen import Frozen
from credbenefits._text import printable
from credbenefits.errors import InputError
from credbenefits.reporting import charts, sections
from credbenefits.reporting.cautions import caution, stand_for
from credbenefits.reporting.findings import check_names, grouped, ranked, withheld, without_weight
from credbenefits.reporting.folder import write_folder
from credbenefits.reporting.formats import csv as export
from credbenefits.reporting.formats import html as page
from credbenefits.reporting.formats import markdown
from credbenefits.reporting.formats.json import results_json
from credbenefits.reporting.formats.svg import file_of
from credbenefits.reporting.names import check_labels
from credbenefits.results.output import stacked
from credbenefits.results.parts import UNNAMED_PEOPLE, Parts, StudyWords

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from credbenefits.reporting.blocks import Picture, Section
    from credbenefits.results.output import DataFrame
    from credbenefits.results.parts import HasParts

#: What the name of a file of a brief looks like, without its ending.
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
#: The table of all proportions, which ``to_frame`` returns.
_ESTIMATES = "estimates"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Brief(Frozen):
    """A brief, made by :func:`brief`. Shows itself in a notebook; ``print`` gives Markdown.

    Attributes
    ----------
    title : str
        Its title.
    """

    title: str
    _sections: tuple[Section, ...]
    _tables: Mapping[str, DataFrame]
    _pictures: tuple[Picture, ...] = ()

    def to_markdown(self, *, figures: str | None = None) -> str:
        """Return the brief as Markdown; `figures` is the folder its figure files will be in."""
        return markdown.render(self.title, self._sections, figures)

    def to_html(self) -> str:
        """Return the brief as one self-contained HTML page."""
        return page.page(self.title, self._sections)

    def to_frame(self) -> DataFrame:
        """Return every proportion in the brief, unweighted and weighted, one row each, as a pandas frame."""
        return self._tables[_ESTIMATES].copy() if _ESTIMATES in self._tables else stacked([])

    def files(self) -> dict[str, bytes]:
        """Return the files of the brief by name, as ``save`` writes them."""
        made = {
            "brief.html": self.to_html().encode(),
            "brief.md": self.to_markdown(figures="figures").encode(),
        }
        made |= {f"{name}.csv": export.csv_bytes(table) for name, table in self._tables.items()}
        made["results.json"] = results_json(self.title, self._tables)
        return made | {f"figures/{p.name}.svg": file_of(p) for p in self._pictures}

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write ``brief.html``, ``brief.md``, tables and ``figures/`` into a folder.

        Proportions are written to ``estimates.csv``, comparisons between groups to ``differences.csv``, and
        what other results give to files of their own. ``results.json`` has all of these numbers for programs,
        and what they were made with.
        The folder is made if need be. The files of the last brief there are replaced as a whole: a run that
        fails leaves them, and after one that was killed the next carries on. ``.credbenefits.json`` lists
        what was written. In the CSV, every text is quoted, and one that a spreadsheet would take for a
        formula is preceded by an apostrophe.

        Returns
        -------
        list of Path
            The files written.

        Raises
        ------
        InputError
            When the folder has files of these names that the last brief did not write, or that were changed
            since; when it is blank or cannot be written; when another run is writing into it.
        """
        return write_folder(folder, self.files())

    def __str__(self) -> str:
        return self.to_markdown()

    def __repr__(self) -> str:
        heads = ", ".join(s.heading for s in self._sections if s.heading)
        return printable(f"<Brief {self.title!r}: {heads}; {len(self.to_frame())} estimates>")

    def _repr_html_(self) -> str:
        return page.fragment(self.title, self._sections)


def brief(
    *results: HasParts,
    title: str,
    note: str = "",
    people: str = UNNAMED_PEOPLE,
    offered: str | None = None,
    comparison_observed: bool | None = None,
    asked: str | None = None,
    when: str | None = None,
    conducted_by: str | None = None,
    excluded: str | None = None,
    findings: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    level_labels: Mapping[str, Mapping[str, str]] | None = None,
    figures: bool | None = None,
) -> Brief:
    """Write a brief from results: findings with their bases, who took part, and the cautions.

    Parameters
    ----------
    *results : results of this library, or objects with ``brief_parts(words)``
        In the order in which findings should appear: proportions, comparisons, transitions, weights, a panel
        and what it tells of itself. A weighted result is set beside the unweighted proportions of the same
        people, which it knows itself; give an unweighted one too where the finding is the proportion of all
        who answered. Give ``panel.flow(invited=...)`` beside a panel, so that response rates have a base.
    title : str
        Title of the brief.
    note : str
        A sentence to put before everything else ("Synthetic data: nobody in it is real").
    people : str
        Everybody that the study is about ("patients of both arms"): the page says that a share of those who
        answered is not one of them.
    offered : str, optional
        What was offered to them ("the certificate"). The page says that it is not shown to be the cause of
        anything.
    comparison_observed : bool, optional
        Whether people without the offer were observed. The page says that they were not only if it is False.
    asked, when, conducted_by : str, optional
        What was asked, when, and by whom, for the head of the page.
    excluded : str, optional
        Why rows were set aside before anything was counted ("tests of the form").
    findings : list of str, optional
        Names (labels or items) of the findings for the top, at most seven, in that order. By default the
        first seven that may stand there.
    labels : mapping of str to str, optional
        What waves and columns are called on the page: ``{"employment": "employment at the start"}``. A name
        that no result has is an error.
    level_labels : mapping of str to mapping of str to str, optional
        What the answers of a column, and groups by it, are called: ``{"arm": {"t": "treated"}}``.
    figures : bool, optional
        Whether to draw figures, which needs the extra ``plot``. By default they are drawn if
        matplotlib is installed, with a warning if it is not.

    Returns
    -------
    Brief
        With ``to_markdown()``, ``to_html()``, ``to_frame()`` and ``save(folder)``.

    Notes
    -----
    The brief takes ``result.brief_parts(words)`` of every result (:class:`~credbenefits.results.parts.Parts`)
    and nothing else, so any class with this method can be in it.

    Findings about one thing stand beside each other: the share of those who answered, and estimates for
    populations. All answers to a question are one finding.

    Percentages of a table, or of a finding, have one decimal where its smallest base (people who
    answered) is 200 or more, and none below; halves are rounded away from zero. "<1%" is more than none.
    Where rounded numbers do not add up, a note says so. ``to_frame()`` and the CSV files are not rounded.

    Raises
    ------
    InputError
        When no result is given, one has no ``brief_parts``, two are given of what a brief takes one of (a
        Panel), no finding has a name among `findings`, no result has a name in `labels` or `level_labels`, or
        another argument is of another kind.
    MissingExtraError
        With ``figures=True`` and no matplotlib.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"job": ["yes"] * 40 + ["no"] * 80})
    >>> result = cb.proportions(data, cb.Item("job", label="a better job"), people="graduates")
    >>> text = cb.brief(result, title="One year on", figures=False).to_markdown()
    >>> [line for line in text.splitlines() if line.startswith("- **33%")]
    ['- **33%** of the 120 graduates reported a better job (40 of 120; 95% interval 26% to 42%).']
    """
    check.text("title", title)
    if not isinstance(note, str):
        raise InputError("note", allowed="text", value=note, fix="Leave it out if there is none.")
    for name, given in (("comparison_observed", comparison_observed), ("figures", figures)):
        if given is not None and not isinstance(given, bool):
            raise InputError(name, allowed="True, False or None", value=given, fix=_UNSAID[name])
    words = StudyWords(
        people=check.text("people", people),
        offered=_text("offered", offered) or None,
        comparison_observed=comparison_observed,
        excluded=_text("excluded", excluded),
        labels=_called("labels", _as_text(labels)),
        level_labels={
            column: _apart(f"level_labels[{column!r}]", called)
            for column, called in check.mapping("level_labels", level_labels, example=_LEVELS).items()
        },
    )
    facts = sections.Facts(
        note, _text("asked", asked), people, _text("when", when), _text("conducted_by", conducted_by)
    )
    named = check_names(findings)
    parts = _parts(results, words)
    check_labels(words, [each.names for each in parts])
    groups = grouped(parts)
    top, further = ranked(groups, named)
    drawn = charts.draw(top, further, parts, figures=charts.wanted(figures))
    made = [
        sections.head(facts, parts),
        sections.takeaways(top, withheld(groups), drawn),
        stand_for(parts, words),
        *sections.appendix(parts, further, without_weight(parts), drawn),
        caution(parts, words),
    ]
    return Brief(title, tuple(s for s in made if s is not None), _tables(parts), drawn.pictures)


#: What None means where True and False can be said.
_UNSAID = {
    "comparison_observed": "None says nothing of it.",
    "figures": "None draws them if matplotlib is installed.",
}
_LEVELS = "{'arm': {'t': 'treated', 'c': 'control'}}"


def _text(argument: str, value: str | None) -> str:
    """Check text that may be left out."""
    return "" if value is None else check.text(argument, value, fix="Leave it out if there is none.")


def _as_text(labels: object) -> object:
    """Write names of waves that are numbers or days as a panel does."""
    if not isinstance(labels, Mapping):
        return labels
    return {check.as_name(name) or name: called for name, called in labels.items()}


def _called(
    argument: str, value: object, example: str = "{'employment': 'employment at the start'}"
) -> dict[str, str]:
    """Check what columns or answers are called."""
    called = check.mapping(argument, value, example=example)
    return {
        check.text(argument, name, fix="Name waves, columns and answers as text."): check.text(argument, text)
        for name, text in called.items()
    }


def _apart(argument: str, value: object) -> dict[str, str]:
    """Check what answers are called: of two with one name nobody could tell whose number is whose."""
    called = _called(argument, value, example="{'t': 'treated'}")
    for name, text in called.items():
        others = [other for other, same in called.items() if same == text and other != name]
        if others:
            raise InputError(
                argument,
                allowed="another name for each answer",
                received=f"{text!r} for {name!r} and for {others[0]!r}",
                fix="Count answers together before: Item(..., yes=[...]).",
            )
    return called


def _parts(results: Sequence[HasParts], words: StudyWords) -> list[Parts]:
    """Take what each result gives; refuse what is no result, and two of what a brief takes one of."""
    if not results:
        raise InputError(
            "results",
            allowed="at least one result",
            received="none",
            fix="For example: brief(proportions(...), panel.flow(), title='...').",
        )
    given = []
    for result in results:
        if not callable(getattr(result, "brief_parts", None)):
            raise InputError(
                "results",
                allowed="results of proportions(), compare_groups(), transitions() and the like, weights, a "
                "panel, or objects with a method brief_parts(words)",
                received=type(result).__name__,
                fix="For example: brief(proportions(...), panel.flow(), title='...').",
            )
        parts = result.brief_parts(words)
        if not isinstance(parts, Parts):
            raise InputError(
                "results",
                allowed=f"Parts from brief_parts() of a {type(result).__name__}",
                received=type(parts).__name__,
                fix="Return credbenefits.results.parts.Parts(...).",
            )
        given.append(parts)
    one_of = [parts.single for parts in given if parts.single]
    for single in one_of:
        if one_of.count(single) > 1:
            raise InputError(
                "results",
                allowed=f"at most one {single.removeprefix('a ').removeprefix('an ')}",
                received=f"{one_of.count(single)}",
                fix="Write a brief for each study.",
            )
    return given


def _tables(given: Sequence[Parts]) -> Mapping[str, DataFrame]:
    """Stack the tables to be written that have one name; one that two results give stands once."""
    found: dict[str, list[DataFrame]] = {}
    for parts in given:
        for name, table in parts.files.items():
            if not _FILE.fullmatch(name):
                raise InputError(
                    "results",
                    allowed="names of files made of letters, digits, hyphens and underscores",
                    value=name,
                    fix="Change the key of Parts.files.",
                )
            there = found.setdefault(name, [])
            if not any(table.equals(one) for one in there):
                there.append(table)
    return {name: stacked(tables) for name, tables in found.items()}
