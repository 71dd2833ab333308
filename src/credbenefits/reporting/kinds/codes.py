"""What is known of a self-generated code gives to a brief: how well it tells people apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.reporting import headings
from credbenefits.reporting.names import sentences
from credbenefits.reporting.rounding import decimals, number, percent
from credbenefits.results.parts import Numbers, Parts, Table

if TYPE_CHECKING:
    from credbenefits.results.codes import CodeInformation
    from credbenefits.results.parts import StudyWords


def parts(result: CodeInformation, words: StudyWords) -> Parts:
    """Return what ``code_information()`` gives to a brief."""
    return Parts(
        tables=(_elements(result, words), _sizes(result), _rates(result)),
        notes=sentences(result.notes),
        names=dict.fromkeys((element.element for element in result.elements), ()),
    )


def _elements(result: CodeInformation, words: StudyWords) -> Table:
    n = max((element.answered for element in result.elements), default=0)
    shared, chance = (
        percent(share, decimals([n])) for share in (result.shared_observed, result.shared_expected)
    )
    intro = (
        f"Of the rows with a complete code, {shared} have it in common with another row; by chance alone it "
        f"would be at most {chance}, if the elements are independent. The whole code has at most "
        f"{number(result.collision_bits, 1)} collision bits."
    )
    return Table(
        headings.CODE,
        "What each element tells",
        ("Element", "Different answers", "Answered", "Blank", "Shannon bits", "Collision bits"),
        tuple(
            (
                words.label(element.element),
                f"{element.levels:,}",
                f"{element.answered:,}",
                Numbers("{}", (element.blank,)),
                number(element.shannon_bits, 1),
                number(element.collision_bits, 1),
            )
            for element in result.elements
        ),
        base=n,
        before=((intro,),),
    )


def _sizes(result: CodeInformation) -> Table:
    columns = result.sizes.columns
    return Table(
        headings.CODE,
        result.sizes.title,
        ("People", "Expected to share a code", "Share of them"),
        tuple(
            (f"{people:,}", number(expected, 1), Numbers("{}", (share,)))
            for people, expected, share in zip(*columns.values(), strict=True)
        ),
        base=min(columns["people"], default=0),
    )


def _rates(result: CodeInformation) -> Table:
    columns = result.rates.columns
    return Table(
        headings.CODE,
        result.rates.title,
        (
            "People in the earlier wave",
            "Errors per element",
            "Returning people linked to themselves",
            "Returning people linked to somebody else",
            "New people linked to anybody",
        ),
        tuple(
            (f"{people:,}", *(Numbers("{}", (rate,)) for rate in rates))
            for people, *rates in zip(*columns.values(), strict=True)
        ),
        base=min(columns["people"], default=0),
    )
