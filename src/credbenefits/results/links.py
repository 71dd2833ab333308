"""How well waves were linked: the evidence in numbers, without a key or code in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from credbenefits._frozen import Content
from credbenefits.results.base import RowsResult, TableResult, drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Axes
    from credbenefits.results.tables import Table


@dataclass(frozen=True, slots=True, eq=False)
class LinkedWaves(Content):
    """Two waves and the links between them.

    What is estimated comes from the model of the linkage, not from known links, and is None for exact keys.

    Attributes
    ----------
    linked_wave, wave : str
        The earlier and the later wave.
    linked_people, people : int
        People in each.
    links : int
        People found in both.
    match_rate : float
        Links as a share of the people in the later wave.
    false_link_rate : float or None
        Estimated share of wrong links: one minus the mean match probability. Links through another wave
        count too, so it may be above the `max_false_link_rate` that was asked for.
    recall_at_most : float or None
        Estimated share of all true matches that were linked. It is an upper bound: people who gave most of
        their answers differently resemble nobody, so no estimate can count them.
    n_matches : float or None
        Estimated number of true matches.
    ties : int or None
        Rows whose best partner is equally likely as another, so that no rule can tell.
    cut : float or None
        The lowest match probability that was accepted by the rule.
    """

    linked_wave: str
    wave: str
    linked_people: int
    people: int
    links: int
    match_rate: float
    false_link_rate: float | None
    recall_at_most: float | None
    n_matches: float | None
    ties: int | None
    cut: float | None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class LinkSummary(RowsResult[LinkedWaves]):
    """How well waves were linked, from :meth:`credbenefits.Panel.link_summary`.

    ``len()`` and a loop are over each two waves; ``result["spring"]`` is the same result with the rows of
    that wave only, as the earlier or the later of the two.

    Attributes
    ----------
    method : str
        How the waves were linked.
    waves : tuple of LinkedWaves
        Each two waves.
    elements : Table
        Per two waves and code element: ``m``, the share of true matches who gave the same answer, ``u``, the
        share of strangers who did by chance, the blanks in each wave, and whether the element was used.
    probabilities : tuple of (int, int)
        Pairs by match probability, in 20 classes from 0 to 1: linked, and not linked.
    notes : tuple of str
        What a reader must know.
    """

    _KIND: ClassVar[str] = "links"
    _HOLDS: ClassVar[str] = "waves"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("wave", "linked_wave")
    _ROW: ClassVar[Any] = LinkedWaves

    method: str
    waves: tuple[LinkedWaves, ...]
    elements: Table
    probabilities: tuple[tuple[int, int], ...]
    notes: tuple[str, ...]

    def _title(self) -> str:
        return f"Links by {self.method}, between each two waves"

    def _notes(self) -> Sequence[str]:
        return self.notes

    def __repr__(self) -> str:
        """Return both tables and the notes as text."""
        own = TableResult.__repr__(self)
        return f"{own}\n\n{self.elements!r}" if self.elements.columns else own

    def _repr_html_(self) -> str:
        own = TableResult._repr_html_(self)
        return own + (self.elements._repr_html_() if self.elements.columns else "")

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw how many pairs have which match probability; returns the matplotlib Axes.

        Without `ax` the axes are new, as in ``ProportionsResult.plot``.
        """
        return drawing("links", "plot_links")(self, ax=ax)
