"""The brief: results as a page that can be published, whose words say no more than the numbers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from credbenefits import _validation as check
from credbenefits._frozen import Frozen
from credbenefits._text import printable
from credbenefits.errors import CredbenefitsWarning, InputError, MissingExtraError
from credbenefits.panel.panel import Panel
from credbenefits.reporting import comparisons as contrasts
from credbenefits.reporting import sections
from credbenefits.reporting.blocks import Picture, Section
from credbenefits.reporting.cautions import caution, headline
from credbenefits.reporting.folder import write_folder
from credbenefits.reporting.formats import csv as export
from credbenefits.reporting.formats import html as page
from credbenefits.reporting.formats import markdown
from credbenefits.reporting.plots import findings as plots
from credbenefits.results.comparisons import ComparisonResult
from credbenefits.results.output import stacked
from credbenefits.results.proportions import ProportionsResult
from credbenefits.results.tables import FlowResult
from credbenefits.weighting.weights import Weights

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from credbenefits.results.output import DataFrame

Result: TypeAlias = Panel | FlowResult | Weights | ProportionsResult | ComparisonResult


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
    _estimates: DataFrame
    _differences: DataFrame
    _pictures: tuple[Picture, ...] = field(default=())

    def to_markdown(self, *, figures: str | None = None) -> str:
        """Return the brief as Markdown; `figures` is the folder its figure files will be in."""
        return markdown.render(self.title, self._sections, figures)

    def to_html(self) -> str:
        """Return the brief as one self-contained HTML page."""
        return page.page(self.title, self._sections)

    def to_frame(self) -> DataFrame:
        """Return every proportion in the brief, unweighted and weighted, one row each, as a pandas frame."""
        return self._estimates.copy()

    def files(self) -> dict[str, bytes]:
        """Return the files of the brief by name, as ``save`` writes them."""
        made = {
            "brief.html": self.to_html().encode(),
            "brief.md": self.to_markdown(figures="figures").encode(),
            "estimates.csv": export.csv_bytes(self._estimates),
        }
        if len(self._differences):
            made["differences.csv"] = export.csv_bytes(self._differences)
        return made | {f"figures/{p.name}.svg": p.svg.encode() for p in self._pictures}

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write ``brief.html``, ``brief.md``, ``estimates.csv`` and ``figures/`` into a folder.

        Comparisons between groups, where there are any, are written to ``differences.csv``.
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
        return printable(f"<Brief {self.title!r}: {heads}; {len(self._estimates)} estimates>")

    def _repr_html_(self) -> str:
        return page.fragment(self.title, self._sections)


def brief(*results: Result, title: str, note: str = "", figures: bool | None = None) -> Brief:
    """Write a brief from results: findings with their bases, who took part, and the cautions.

    Parameters
    ----------
    *results : ProportionsResult, ComparisonResult, Weights, FlowResult, Panel
        In the order in which findings should appear. A weighted ProportionsResult is set beside
        the unweighted proportions of the same people, which it knows itself; give an unweighted one too
        where the finding is the proportion of all who answered. From a Panel the participation funnel and
        the ledger are shown, and how doubtful its links are if they do not come from keys; give
        ``panel.flow(invited=...)`` too, so that response rates have a base.
    title : str
        Title of the brief.
    note : str
        A sentence to put before everything else ("Synthetic data: nobody in it is real").
    figures : bool, optional
        Whether to draw figures, which needs the extra ``plot``. By default they are drawn if
        matplotlib is installed, with a warning if it is not.

    Returns
    -------
    Brief
        With ``to_markdown()``, ``to_html()``, ``to_frame()`` and ``save(folder)``.

    Notes
    -----
    Percentages of a table, or of a list of sentences, have one decimal where its smallest base (people who
    answered) is 200 or more, and none below; halves are rounded away from zero. "<1%" is more than none.
    Where rounded numbers do not add up, a note says so. ``to_frame()`` and the CSV files are not rounded.

    Raises
    ------
    InputError
        When no result is given, a result is of another kind, two Panels or FlowResults are given, the
        title is blank, or `note` or `figures` is of another kind.
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
    if figures is not None and not isinstance(figures, bool):
        raise InputError(
            "figures",
            allowed="True, False or None",
            value=figures,
            fix="None draws them if matplotlib is installed.",
        )
    material = _sorted(results)
    drawn = _draw(material) if _wants_figures(figures) else {}
    made = [
        headline(material, note),
        _with(sections.takeaways(material), drawn.get("estimates")),
        _with(sections.weighted_table(material), drawn.get("weighted")),
        contrasts.groups(material),
        sections.denominators(material),
        _with(sections.participation(material), drawn.get("participation")),
        _with(sections.balance(material), drawn.get("balance")),
        caution(material),
    ]
    differences = [
        _table(result).assign(by=" and ".join(result.by), interval_level=result.interval_level)
        for result in material.comparisons
    ]
    return Brief(
        title,
        tuple(s for s in made if s is not None),
        _estimates(material),
        stacked(differences),
        tuple(drawn.values()),
    )


def _sorted(results: tuple[Result, ...]) -> sections.Material:
    kinds = (Panel, FlowResult, Weights, ProportionsResult, ComparisonResult)
    strange = [r for r in results if not isinstance(r, kinds)]
    if strange or not any(isinstance(r, (ProportionsResult, ComparisonResult)) for r in results):
        raise InputError(
            "results",
            allowed="results of proportions() or compare_groups(), with Weights, Panel, FlowResult",
            received=type(strange[0]).__name__ if strange else "none of the former",
            fix="For example: brief(proportions(...), panel.flow(), title='...').",
        )

    def of(kind: type) -> list[Any]:
        return [r for r in results if isinstance(r, kind)]

    for kind in (Panel, FlowResult):
        if len(of(kind)) > 1:
            raise InputError(
                "results",
                allowed=f"at most one {kind.__name__}",
                received=f"{len(of(kind))}",
                fix="Write a brief for each study.",
            )
    panel = next(iter(of(Panel)), None)
    flow = next(iter(of(FlowResult)), None)
    links = None if panel is None else panel.link_summary()
    return sections.Material(
        plain=tuple(r for r in of(ProportionsResult) if not r.weighted),
        weighted=tuple(r for r in of(ProportionsResult) if r.weighted),
        comparisons=tuple(of(ComparisonResult)),
        panel=panel,
        flow=flow if flow is not None or panel is None else panel.flow(),
        weights=tuple(of(Weights)),
        links=None if links is None or links.method == "exact" else links,
    )


def _wants_figures(figures: bool | None) -> bool:
    if figures is False or plots.can_draw():
        return figures is not False
    if figures:
        raise MissingExtraError("matplotlib", "plot")
    warnings.warn(
        'the brief has no figures, because matplotlib is not installed: pip install "credbenefits[plot]", '
        "or say figures=False",
        CredbenefitsWarning,
        stacklevel=3,
    )
    return False


#: What the figures of proportions show, in words.
_ALT = {
    "estimates": "Each share as a dot with its interval; the count and its base stand under each name.",
    "weighted": "Each weighted estimate as a square with its interval, and the unweighted share of the same "
    "people as a circle; their count and base stand under each name.",
}


def _draw(material: sections.Material) -> dict[str, Picture]:
    drawn = {}
    for name, results in (("estimates", material.plain), ("weighted", material.weighted)):
        shown = [result for result in results if not result.by]
        if shown:
            drawn[name] = Picture(name, _ALT[name], plots.svg(plots.plot_findings(shown)))
    flow = material.flow
    if flow is not None:
        many_waves = len(flow.waves) > plots.FEW_WAVES
        drawn["participation"] = Picture(
            "participation",
            "People who answered each wave; the dark part links to an earlier wave"
            + (", and beside it is who of the first wave is found again." if many_waves else "."),
            plots.svg(plots.plot_flow(flow)),
        )
    balances = [weights.balance for weights in material.weights if weights.balance is not None]
    if balances:
        drawn["balance"] = Picture(
            "balance",
            "How far those who answered are from the population, before and after weighting; "
            "the shaded band is within 0.1 standard deviations.",
            plots.svg(plots.plot_balance(balances[-1])),
        )
    return drawn


def _with(section: Section | None, picture: Picture | None) -> Section | None:
    if section is None or picture is None:
        return section
    return Section(section.heading, (*section.blocks, picture), section.kind)


def _table(result: ProportionsResult | ComparisonResult) -> DataFrame:
    """Return the table of a result as a pandas frame, whatever the data were."""
    made: DataFrame = replace(result, frame_kind="pandas").to_frame()
    return made


def _estimates(material: sections.Material) -> DataFrame:
    frames = []
    for result in (*material.plain, *material.weighted):
        frame = _table(result)
        groups = [
            ", ".join(f"{c} = {v}" for c, v in zip(result.by, values, strict=True))
            for values in frame[list(result.by)].itertuples(index=False)
        ]
        frame = frame.drop(columns=list(result.by))
        frame.insert(2, "group", groups if result.by else "")
        frame.insert(3, "population", result.population)
        frame["confidence_level"] = result.confidence_level
        frames.append(frame)
    return stacked(frames)
