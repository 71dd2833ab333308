"""What a self-generated code can tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from credbenefits._frozen import Content
from credbenefits.results.base import RowsResult, TableResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.results.tables import Table


@dataclass(frozen=True, slots=True, eq=False)
class CodeElement(Content):
    """One element of a code.

    Attributes
    ----------
    element : str
        Its column.
    levels : int
        Different answers.
    answered : int
        Rows with an answer.
    blank : float
        Share of rows without one.
    shannon_bits : float
        Information in an answer on average.
    collision_bits : float
        Minus log2 of the probability that two people give the same answer. It counts for linking, and is
        lower the more uneven the answers are.
    """

    element: str
    levels: int
    answered: int
    blank: float
    shannon_bits: float
    collision_bits: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CodeInformation(RowsResult[CodeElement]):
    """How much a code tells people apart, from :func:`credbenefits.code_information`.

    ``len()`` and a loop are over the elements; ``result["month"]`` is the same result with that element only.

    Attributes
    ----------
    elements : tuple of CodeElement
        The elements, in the order given.
    shannon_bits, collision_bits : float
        Of the whole code: the sums over its elements. Elements that depend on each other tell less,
        so these are upper bounds.
    shared_observed : float
        Share of the rows with a complete code that have it in common with another row.
    shared_expected : float
        That share by chance alone, for as many rows; at most, if the elements are independent.
    sizes : Table
        Per number of people: the expected number and share who have a whole code in common with
        somebody else by chance.
    rates : Table
        Per number of people in the earlier wave and error rate per element: ``match_rate``, the share
        of returning people linked to themselves, ``wrong_rate``, the share linked to somebody else, and
        ``newcomer_rate``, the share of new people linked to anybody.
    notes : tuple of str
        What a reader must know.
    """

    _KIND: ClassVar[str] = "codes"
    _HOLDS: ClassVar[str] = "elements"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("element",)
    _ROW: ClassVar[Any] = CodeElement

    elements: tuple[CodeElement, ...]
    shannon_bits: float
    collision_bits: float
    shared_observed: float
    shared_expected: float
    sizes: Table
    rates: Table
    notes: tuple[str, ...]

    def _title(self) -> str:
        return (
            f"A code of {len(self.elements)} elements: at most {self.shannon_bits:.1f} bits "
            f"({self.collision_bits:.1f} collision bits)"
        )

    def _notes(self) -> Sequence[str]:
        return self.notes

    def __repr__(self) -> str:
        """Return all three tables and the notes as text."""
        return f"{TableResult.__repr__(self)}\n\n{self.sizes!r}\n\n{self.rates!r}"

    def _repr_html_(self) -> str:
        return TableResult._repr_html_(self) + self.sizes._repr_html_() + self.rates._repr_html_()
