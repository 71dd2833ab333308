"""The account of attrition: what :func:`credbenefits.attrition` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from credbenefits import _validation as check
from credbenefits._typing import AttritionPlot
from credbenefits.results.base import TableResult, drawing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Axes, Frame
    from credbenefits.results.attrition.retention import RetentionResult
    from credbenefits.results.attrition.tables import AnswerClasses, AttritionFunnel, WaveOverlap
    from credbenefits.results.tables import PatternsResult


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class AttritionResult(TableResult):
    """Who was lost between waves, from :func:`credbenefits.attrition`.

    It prints, and :meth:`to_frame` gives, ``retention``. Each table below prints itself, and has a
    ``to_frame()`` of its own.

    Attributes
    ----------
    waves : tuple of str
        The wave that ``retention`` is of, and the wave in which people are found again.
    retention : RetentionResult
        The share of the first of these waves that is found again in the second, by group.
    funnel : AttritionFunnel
        Per wave who was asked and answered, and what became of those who answered the wave before.
    overlap : WaveOverlap
        How many people every two waves have in common.
    patterns : PatternsResult
        In which waves people answered, the largest pattern first.
    classes : AnswerClasses
        Stayers, drop-outs by their last wave, returners, late entrants, and those who never answered.

    Examples
    --------
    >>> import credbenefits as cb
    >>> panel = cb.link_waves(cb.load_credentials(), on=["learner_id", "email"])
    >>> lost = cb.attrition(panel, waves=["completion", "followup"])
    >>> lost.retention.rows[0].count, lost.retention.rows[0].n
    (111, 2288)
    >>> [(row.wave, row.answered, row.from_before, row.returned, row.new) for row in lost.funnel]
    [('start', 25891, 0, 0, 25891), ('completion', 2288, 431, 0, 1857), ('followup', 120, 111, 5, 4)]
    """

    _KIND: ClassVar[str] = "attrition.report"

    waves: tuple[str, str]
    retention: RetentionResult
    funnel: AttritionFunnel
    overlap: WaveOverlap
    patterns: PatternsResult
    classes: AnswerClasses

    def _title(self) -> str:
        return self.retention._title()

    def _columns(self) -> dict[str, list[Any]]:
        return self.retention._columns()

    def _frame_columns(self) -> Mapping[str, Any]:
        return self.retention._frame_columns()

    def _types(self) -> Mapping[str, str]:
        return self.retention._types()

    def _shown(self) -> Sequence[str] | None:
        return self.retention._shown()

    def _notes(self) -> Sequence[str]:
        return (
            *self.retention._notes(),
            *self.classes._notes(),
            "further tables: .funnel, .overlap, .patterns, .classes",
        )

    def to_frame(self) -> Frame:
        """Return the table of ``retention`` as a data frame, one row per group."""
        return self.retention.to_frame()

    def plot(self, kind: AttritionPlot = "retention", ax: Axes | None = None) -> Axes:
        """Draw the account; returns the matplotlib Axes.

        Parameters
        ----------
        kind : {"retention", "funnel"}
            "retention" draws the share of each group with its interval, the shrunken share beside it where
            groups are small, and a line at the share of everybody; "funnel" who was lost after each wave.
        ax : matplotlib Axes, optional
            To draw on. Without it the axes are new, as in ``ProportionsResult.plot``.

        Raises
        ------
        MethodError
            For another kind.
        """
        name = check.choice("kind", kind, AttritionPlot)
        return drawing("attrition", f"plot_{name}")(self, ax=ax)
