"""Judging a self-generated code before it is used: for how many people it is long enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import kind_of, read, require
from credbenefits.frames.header_rows import refuse_header_rows
from credbenefits.frames.keys.codes import encode_elements, read_elements, same_code
from credbenefits.numerics.matching.code_information import (
    collision,
    disagreements,
    nearest_rates,
    shannon_bits,
    shared_rate,
)
from credbenefits.results.codes import CodeElement, CodeInformation
from credbenefits.results.tables import Table

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray, IntoDataFrame

_FEW_ROWS = 100


def code_information(
    data: IntoDataFrame,
    elements: Sequence[str],
    *,
    sizes: Sequence[int] = (500, 5_000, 50_000),
    error_rates: Sequence[float] = (0.03, 0.08),
    max_disagreements: int = 2,
) -> CodeInformation:
    """Say how much a self-generated code tells people apart, and for how many people it is enough.

    Parameters
    ----------
    data : data frame
        Answers to the code elements, from a pilot or the first wave. One row per person.
    elements : list of str
        Columns of the code elements. Answers are read as ``link_waves(..., method="code")`` reads
        them.
    sizes : list of int
        Numbers of people for whom to work out how often codes meet by chance.
    error_rates : list of float
        Probabilities that a person gives one element differently in the next wave.
    max_disagreements : int
        Links are made to the nearest code if no more elements than this do not agree (blanks
        among them) and no other code is as near.

    Returns
    -------
    CodeInformation
        Per element its levels, blanks and bits; for the whole code its bits; per size how many
        people share a code by chance; per size and error rate what linking would reach.

    Raises
    ------
    InputError
        For an unknown column, an element that nobody or only one person answered, or numbers out
        of range.

    Notes
    -----
    Two people agree on element j by chance c(j) = sum c (c - 1) / (n (n - 1)), over its answers;
    its collision bits are -log2 c(j). With blanks in the share b(j), strangers agree on it with
    (1 - b(j))^2 c(j), and a person with himself with (1 - b(j))^2 (1 - error). The rates follow
    from the number of elements that do not agree, taking elements and people as independent.
    They are rough: elements that depend on each other, relatives and common answers make more
    wrong links; ``method="code"`` gives rare answers more weight, and makes fewer.

    Examples
    --------
    >>> import numpy as np, pandas as pd, credbenefits as cb
    >>> rng = np.random.default_rng(1)
    >>> pilot = pd.DataFrame({
    ...     "month": rng.integers(1, 13, 400), "day": rng.integers(1, 29, 400),
    ...     "siblings": rng.choice([0, 1, 2, 3], 400, p=[0.4, 0.3, 0.2, 0.1]),
    ... })
    >>> told = cb.code_information(pilot, ["month", "day", "siblings"], sizes=[400])
    >>> [(e.element, e.levels, round(e.collision_bits, 1)) for e in told.elements]
    [('month', 12, 3.6), ('day', 28, 4.8), ('siblings', 4, 1.8)]
    >>> round(told.collision_bits, 1), round(told.sizes.columns["share"][0], 2)
    (10.2, 0.29)
    """
    frame = read(data)
    names = check.names("elements", elements)
    if not names:
        raise InputError(
            "elements", allowed="at least one column", value=elements, fix="Name the columns of the code."
        )
    require(frame, names, "elements")
    refuse_header_rows(frame, "data")
    wanted_sizes = [check.whole_number("sizes", n, least=2) for n in _listed("sizes", sizes)]
    errors = [_rate(e) for e in _listed("error_rates", error_rates)]
    most = check.whole_number("max_disagreements", max_disagreements, least=0)
    raw = read_elements({"data": frame}, {"data": list(names)}, names)
    values = encode_elements(raw, ()).values["data"]
    counts = [_counts(name, column) for name, column in zip(names, values.T, strict=True)]
    by_chance = np.array([collision(c) for c in counts])
    blank = (values < 0).mean(axis=0)
    reported = tuple(
        CodeElement(name, c.size, int(c.sum()), float(b), shannon_bits(c), float(-np.log2(a)))
        for name, c, b, a in zip(names, counts, blank, by_chance, strict=True)
    )
    whole = float(np.prod(by_chance))
    group = same_code(values, np.ones(len(values), dtype=bool))
    complete = group[group >= 0]
    repeated = np.bincount(complete)[complete] > 1 if complete.size else np.zeros(1)
    rates = _rates(by_chance, blank, wanted_sizes, errors=errors, most=min(most, len(names)))
    kind = kind_of(frame)
    return CodeInformation(
        reported,
        sum(e.shannon_bits for e in reported),
        sum(e.collision_bits for e in reported),
        float(repeated.mean()),
        shared_rate(whole, max(complete.size, 1)),
        replace(_sizes(whole, wanted_sizes), frame_kind=kind),
        replace(rates, frame_kind=kind),
        _notes(len(values)),
        frame_kind=kind,
    )


def _listed(argument: str, value: object) -> Sequence[object]:
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return value
    raise InputError(argument, allowed="a list of numbers", value=value, fix=f"Write {argument}=[...].")


def _rate(value: object) -> float:
    if isinstance(value, (int, float)) and 0 <= value < 1:
        return float(value)
    raise InputError(
        "error_rates", allowed="proportions of at least 0 and below 1", value=value, fix="Write 5% as 0.05."
    )


def _counts(name: str, column: IntArray) -> IntArray:
    counts = np.bincount(column[column >= 0]).astype(np.int64)
    if counts.sum() < 2:
        raise InputError(
            "elements",
            allowed="elements that at least two people answered",
            received=f"{name!r}, answered by {counts.sum()}",
            fix="Leave it out.",
        )
    return counts


def _sizes(whole: float, sizes: Sequence[int]) -> Table:
    share = [shared_rate(whole, n) for n in sizes]
    return Table(
        "People who have their whole code in common with somebody else by chance",
        {
            "people": list(sizes),
            "expected": [n * s for n, s in zip(sizes, share, strict=True)],
            "share": share,
        },
    )


def _rates(
    by_chance: FloatArray, blank: FloatArray, sizes: Sequence[int], *, errors: Sequence[float], most: int
) -> Table:
    answered = (1.0 - blank) ** 2
    stranger = disagreements(answered * by_chance)
    grid = [(n, e) for n in sizes for e in errors]
    result = [nearest_rates(disagreements(answered * (1.0 - e)), stranger, n=n, most=most) for n, e in grid]
    return Table(
        f"Linking each person to the one nearest code, of which at most {most} elements do not agree",
        {
            "people": [n for n, _ in grid],
            "error_rate": [e for _, e in grid],
            "match_rate": [r.right for r in result],
            "wrong_rate": [r.wrong for r in result],
            "newcomer_rate": [r.newcomer for r in result],
        },
    )


def _notes(n_rows: int) -> tuple[str, ...]:
    notes = (
        "Bits of the whole code are upper bounds: elements that depend on each other tell less.",
        "Rates take elements and people as independent. Relatives who share answers are linked wrongly "
        "more often; link_waves(method='code') weighs answers by their rarity and is wrong less often.",
    )
    few = f"Only {n_rows:,} rows: rare answers are not seen, and bits are rough."
    return (*notes, few) if n_rows < _FEW_ROWS else notes
