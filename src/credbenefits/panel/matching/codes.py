"""Linking by self-generated codes, of which people give an answer or two differently next time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammainc

from credbenefits import _progress
from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.keys.codes import (
    RawElements,
    agree_by_chance,
    encode_elements,
    read_code_strings,
    read_elements,
)
from credbenefits.numerics.matching.candidates import fewest_agree
from credbenefits.numerics.matching.matching import match_codes
from credbenefits.panel.matching.accept import AcceptRule, Fit
from credbenefits.panel.matching.likely import Likely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import CodeDuplicateRule, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.keys.codes import CodeForm, Codes
    from credbenefits.numerics.matching.candidates import Candidates
    from credbenefits.numerics.matching.matching import Matches

_FEWEST, _MOST = 3, 16
#: Codes of fewer elements must tell so many bits more than it takes to number the people who are compared.
_SURELY, _SPARE_BITS = 4, 7
#: Share of people with a relative in the data from which it is reported,
_MANY_RELATIVES = 0.01
#: if as many pairs that agree on just the family elements are less probable than this by chance.
_BEYOND_CHANCE = 0.001


@dataclass(frozen=True, slots=True)
class CodeOptions:
    """How codes are read and compared."""

    ordered: tuple[str, ...]
    code_format: CodeForm | None
    max_disagreements: int
    duplicates: CodeDuplicateRule
    rule: AcceptRule


def read_codes(
    frames: Mapping[str, NarwhalsFrame],
    columns: Mapping[str, list[str | None]],
    names: Sequence[str],
    options: CodeOptions,
) -> Codes:
    """Read the code elements of all waves."""
    if options.code_format is None:
        raw = read_elements(frames, columns, names)
    else:
        single = {wave: c[0] for wave, c in columns.items() if c[0] is not None}
        if len(single) < len(frames):
            raise InputError(
                "on",
                allowed="first a column that holds the code, in every wave",
                value=names,
                fix="Or leave out `code_format`.",
            )
        with _progress.showing("reading codes") as tell:
            raw = read_code_strings(frames, single, options.code_format, tell)
        others = read_elements(frames, {wave: c[1:] for wave, c in columns.items()}, names[1:])
        raw = _beside(raw, others)
    if not _FEWEST <= len(raw.names) <= _MOST:
        raise InputError(
            "on" if options.code_format is None else "code_format",
            allowed=f"{_FEWEST} to {_MOST} code elements",
            received=f"{len(raw.names)}",
            fix="Name the column of each element; for a code in one column say how it is split, e.g. "
            "code_format={'separator': '-'} or {'widths': [2, 1, 2]}.",
        )
    for name in options.ordered:
        check.column("ordered", name, raw.names, "the code elements")
    return encode_elements(raw, options.ordered)


def _beside(code: RawElements, others: RawElements) -> RawElements:
    """Return the elements of a code, and after them those that stand in columns of their own."""
    names = check.names("code_format", (*code.names, *others.names))
    cells = {wave: (*cells, *others.cells[wave]) for wave, cells in code.cells.items()}
    return RawElements(names, cells, code.malformed)


def how_codes(codes: Codes, options: CodeOptions) -> Likely:
    """Return how waves are linked by codes."""

    def matched(rows: dict[str, IntArray]) -> tuple[Candidates, Fit]:
        values = [codes.values[wave][r] for wave, r in rows.items()]
        blocks = None if codes.blocks is None else [codes.blocks[wave][r] for wave, r in rows.items()]
        return _matched(values, blocks, codes, options.max_disagreements, waves=tuple(rows))

    return Likely(
        "code",
        options.duplicates,
        options.rule,
        fewest=fewest_agree,
        matched=matched,
    )


def _matched(
    values: list[IntArray],
    blocks: list[IntArray] | None,
    codes: Codes,
    max_disagreements: int,
    *,
    waves: tuple[str, ...],
) -> tuple[Candidates, Fit]:
    roles = tuple(_role(values[0][:, j], values[1][:, j]) for j in range(len(codes.names)))
    used = [j for j, role in enumerate(roles) if role == "used"]
    if len(used) < _FEWEST:
        spoilt = [f"{n!r} {r}" for n, r in zip(codes.names, roles, strict=True) if r != "used"]
        raise InputError(
            "on",
            allowed=f"at least {_FEWEST} code elements that tell people of {check.listing(waves)} apart",
            received=f"{len(used)} ({', '.join(spoilt)})",
            fix="Check how the columns were read, or name more elements.",
        )
    if len(used) < _SURELY:
        _refuse_too_little([v[:, used] for v in values], blocks, waves)
    with _progress.showing(f"linking {waves[0]} and {waves[1]}") as tell:
        matches = match_codes(
            np.ascontiguousarray(values[0][:, used]),
            np.ascontiguousarray(values[1][:, used]),
            ordered=[codes.ordered[j] for j in used],
            max_disagreements=max_disagreements,
            blocks=None if blocks is None else (blocks[0], blocks[1]),
            tick=tell,
        )
    return matches.candidates, _fit(matches, roles, used, codes.names)


def _refuse_too_little(values: list[IntArray], blocks: list[IntArray] | None, waves: tuple[str, ...]) -> None:
    """Refuse a code of few elements that tells too little about so many people.

    A stranger has the whole code of a person with probability 2^-bits. With seven bits more than it takes to
    number the people among whom that person is looked for, one person in 128 has such a stranger.
    """
    large = max(range(len(values)), key=lambda k: len(values[k]))
    block = None if blocks is None else blocks[large]
    people = len(values[large]) if block is None else int(np.bincount(block).max())
    bits = -np.log2(max(agree_by_chance(values[large], block), 2.0**-64))
    if bits < np.log2(people) + _SPARE_BITS:
        where = f"{waves[large]!r}" if block is None else f"one value of `within` in {waves[large]!r}"
        needed = np.log2(people) + _SPARE_BITS
        raise InputError(
            "on",
            allowed=f"for {people:,} people (in {where}) {_SURELY} elements or more, or {needed:.1f} bits: "
            f"{_SPARE_BITS} more than the log2 of their number",
            received=f"{values[large].shape[1]} elements with {bits:.1f} bits",
            fix="Name more elements, or compare people of one course, site or term: within='course'.",
        )


def _role(a: IntArray, b: IntArray) -> str:
    """Say whether an element can tell people of two waves apart."""
    if a.max(initial=-1) < 0 or b.max(initial=-1) < 0:
        return "missing"
    both = np.concatenate([a[a >= 0], b[b >= 0]])
    return "constant" if both.min() == both.max() else "used"


def _fit(matches: Matches, roles: tuple[str, ...], used: list[int], names: tuple[str, ...]) -> Fit:
    model, relatives = matches.model, matches.relatives
    m, u = np.full(len(roles), np.nan), np.full(len(roles), np.nan)
    m[used], u[used] = model.agree, model.strangers_agree
    notes = []
    if model.capped:
        notes.append(
            f"So many answers are blank that people may agree on few elements, but only pairs that agree on "
            f"{model.least_agreements} or more were looked at, because of others there are millions: about "
            f"{1 - model.n_seen / model.n_matches:.0%} of the people in both waves cannot be found"
        )
    part = not relatives.family[used].all()  # pairs that agree on the whole code are matches, and no evidence
    if (
        part
        and relatives.share > _MANY_RELATIVES
        # The probability of as many or more, of a Poisson distribution; scipy.stats is slow to load.
        and gammainc(relatives.observed, relatives.expected) < _BEYOND_CHANCE
    ):
        family = check.listing(names[used[k]] for k in np.flatnonzero(relatives.family))
        notes.append(
            f"About {relatives.share:.0%} of the people seem to have a relative in the larger wave, who "
            f"shares {family} ({relatives.observed:,} pairs agree on exactly these, {relatives.expected:,.0f}"
            " would by chance): the share of false links may be understated"
        )
    return Fit(roles, m, u, float(model.n_matches), bool(model.converged), tuple(notes))
