"""Linking the exports of several waves into one panel of people."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import DataWarning
from credbenefits.panel._by_name import NameOptions, how_names, read_names
from credbenefits.panel._coded import CodeOptions, how_codes, read_codes
from credbenefits.panel._evidence import join
from credbenefits.panel._exact import read_keys
from credbenefits.panel._likely import link_likely, repeats_by_chance
from credbenefits.panel._options import likely_options
from credbenefits.panel._persons import EXCLUDED, resolve
from credbenefits.panel._summary import MANY_FALSE
from credbenefits.panel._waves import excluded_rows, fates, key_columns, read_waves
from credbenefits.panel.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, Values
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.codes import Codes
    from credbenefits.panel._splink import Foreign
    from credbenefits.panel._waves import On, Waves

#: So many rows of one wave under one key are a shared address or a test, rarely a person.
_MANY_ROWS = 10


def link_waves(
    waves: Waves,
    *,
    on: On,
    method: t.LinkMethod = "exact",
    duplicates: t.CodeDuplicateRule = "last",
    exclude: Mapping[str, Values] | None = None,
    ordered: Sequence[str] | None = None,
    code_format: t.CodeFormat | None = None,
    max_disagreements: int | None = None,
    max_false_link_rate: float | None = None,
    threshold: float | None = None,
    compare: Mapping[str, t.FieldKind] | None = None,
    backend: Foreign | None = None,
) -> Panel:
    """Link the exports of two or more survey waves, person by person.

    Parameters
    ----------
    waves : mapping of str to data frame, or list of (str, data frame)
        The waves in order of time, as they were exported. A frame of everybody who was invited
        or enrolled can be a wave too. The frames are copied, never changed.
    on : str, list of str, or mapping of wave to either
        Key columns. With ``method="exact"`` several keys are used in order of trust: rows that
        share the first are one person, a row without it goes by the second, and so on. With
        ``"code"`` they are the 4 to 16 elements of a code, or one column that holds it whole; with
        ``"probabilistic"`` three or more columns such as names. With a mapping, the columns of
        each wave may have their own names (None where a wave lacks that key).
    method : {"exact", "code", "probabilistic"}
        ``"exact"``: keys must agree after normalising: Unicode NFKC, invisible characters
        removed, surrounding space stripped, casefolded. Blank words ("", "-", "n/a", "none",
        ...) and missing values are no key, and never meet each other.
        ``"code"``: for self-generated codes, of which people give an answer or two differently
        next time. Answers are normalised in the same way, and "03" and 3 are one; a blank is no
        evidence. How much each element tells is estimated, and every pair has a probability.
        ``"probabilistic"``: for names, birth dates and the like, through splink (extra
        ``splink``).
    duplicates : {"last", "first", "most_complete", "error", "keep"}
        Which row to keep when one person submitted a wave repeatedly (the order is that of the
        rows; among equally complete rows the last). Without exact keys, rows of a wave that agree
        on everything, with no blank, count as one person. The likelier they share the code by
        chance, the less certain is a link to them. ``"keep"`` says that they are different
        people: as both have the same claim, usually neither is linked.
    exclude : mapping of str to value or list of values, optional
        Rows to set aside before linking, e.g. ``{"status": ["Survey Preview"]}`` for test rows;
        applies to every wave that has the column.
    ordered : list of str, optional
        Code elements whose answers are numbers in order, such as day or month of birth: being
        off by one is then less evidence against a match than another answer. One is the next
        answer that somebody gave, so name no element with wide gaps, such as a house number.
    code_format : mapping, optional
        How a code in one column is split: ``{"separator": "-"}`` or ``{"widths": [2, 1, 2, 2]}``,
        and ``"names"`` of the elements (else ``element 1`` and so on).
    max_disagreements : int, default 3
        Pairs with more code elements that both answered and that do not agree are not looked at; at
        most half of the elements are used. A blank is no disagreement. Where answers are blank, so
        many fewer elements need to agree (at least three, or two of four) that nearly all matches
        are looked at; where that would make more than five million pairs, fewer matches are, and
        ``link_summary()`` says so.
    max_false_link_rate : float, default 0.01
        Accept as many links as keep the estimated share of wrong ones within this. It allows for
        different people who share a code. On average over many studies the true share is near it,
        at most half above it where codes are short or few people return; one study can be further off.
    threshold : float, optional
        Instead: accept pairs of at least this match probability.
    compare : mapping of str to {"name", "date", "postcode", "email", "exact"}, optional
        How each column of `on` is compared with ``method="probabilistic"``.
    backend : Spark session, optional
        Where splink makes and scores pairs; DuckDB in this process if left out.

    Returns
    -------
    Panel
        One-to-one always: nobody has two rows in a wave. Its ``ledger`` says where every row went,
        ``link_summary()`` how good the links are.

    Raises
    ------
    InputError
        For fewer than two waves, a wave name that repeats, an unknown column or one whose name is not
        text, a repeat
        submission under ``duplicates="error"``, codes with fewer than 4 elements that tell people
        apart, or that tell too little for so many people.

    Warns
    -----
    DataWarning
        When no person of a wave is in any other, when one key stands in very many rows of a
        wave, when an `exclude` value is nowhere found, when different people would share a code as
        often as rows do that were taken for repeats, or when more links are accepted than the
        evidence supports.

    Notes
    -----
    Read codes as text: ``pandas.read_csv(path, dtype=str, keep_default_na=False)``, or in polars
    ``read_csv(path, infer_schema=False)``. Otherwise pandas takes the initials "NA" for a missing
    value, which nobody can see afterwards. (That it makes 3 of "03" does no harm.)

    Every wave is linked to every earlier one, and the links are made into people from the most
    probable down. A link that would give a person two rows in a wave is refused and listed in
    ``Panel.conflicts``.

    Examples
    --------
    >>> import credbenefits as cb
    >>> waves = cb.load_credentials()
    >>> panel = cb.link_waves(waves, on=["learner_id", "email"], exclude={"status": "Survey Preview"})
    >>> panel.flow().people
    (25891, 2288, 120)
    """
    check.choice("method", method, t.LinkMethod)
    check.choice("duplicates", duplicates, t.DuplicateRule if method == "exact" else t.CodeDuplicateRule)
    given: dict[str, Any] = {
        "ordered": ordered,
        "code_format": code_format,
        "max_disagreements": max_disagreements,
        "max_false_link_rate": max_false_link_rate,
        "threshold": threshold,
        "compare": compare,
        "backend": backend,
    }
    options = likely_options(method, duplicates, given)
    frames = read_waves(waves)
    keys = key_columns(on, frames)
    excluded = excluded_rows(frames, exclude)
    if options is None:
        panel = _by_key(frames, keys, excluded, duplicates)
    else:
        panel = _by_likely(frames, keys, excluded, options)
    _warn(panel)
    return panel


def _by_key(
    frames: dict[str, NarwhalsFrame],
    on: tuple[dict[str, list[str | None]], list[str]],
    excluded: Mapping[str, BoolArray],
    rule: t.CodeDuplicateRule,
) -> Panel:
    columns, names = on
    read = read_keys(frames, columns, len(names), excluded)
    persons = resolve(read.keys)
    ends = np.cumsum([len(f) for f in frames.values()])[:-1]
    person = dict(zip(frames, np.split(persons.person, ends), strict=True))
    return Panel._build(
        frames,
        person=person,
        fate={w: fates(f, person[w], excluded[w], rule=rule, name=w) for w, f in frames.items()},
        conflict=dict(zip(frames, np.split(persons.conflict, ends), strict=True)),
        keys={name: [np.split(k, ends)[i] for k in read.keys] for i, name in enumerate(frames)},
        key_names=tuple(names),
        key_columns=columns,
        mark=read.mark,
    )


def _by_likely(
    frames: dict[str, NarwhalsFrame],
    on: tuple[dict[str, list[str | None]], list[str]],
    excluded: Mapping[str, BoolArray],
    options: CodeOptions | NameOptions,
) -> Panel:
    columns, names = on
    if isinstance(options, CodeOptions):
        codes = read_codes(frames, columns, names, options)
        how = how_codes(codes, options)
    else:
        codes = read_names(frames, columns, names, options)
        how = how_names(frames, columns, codes, options)
    evidence, fate = link_likely(frames, codes, excluded, how)
    evidence, people = join(evidence)
    return Panel._build(
        frames,
        person=people.person,
        fate=fate,
        conflict=people.conflict,
        keys={},
        key_names=codes.names,
        key_columns=columns,
        mark=codes.mark,
        evidence=evidence,
    )


def _warn(panel: Panel) -> None:
    if panel.n_people == 0:
        warnings.warn(
            f"no row has a key in {check.listing(panel.key_names)} (excluded rows apart): "
            "the panel holds nobody",
            DataWarning,
            stacklevel=3,
        )
    for row in panel.ledger.to_dict("records"):
        if row["linked"] == 0 and row["unlinked"] > 0:
            warnings.warn(
                f"nobody in wave {row['wave']!r} is in any other wave: check the key columns",
                DataWarning,
                stacklevel=3,
            )
    what = "key" if panel._evidence is None else "code"
    for name, person in panel._person.items():
        counted = person[(person >= 0) & (panel._fate[name] != EXCLUDED)]
        most = int(np.bincount(counted, minlength=1).max())
        if most > _MANY_ROWS:
            warnings.warn(
                f"one {what} stands in {most:,} rows of wave {name!r} "
                "and was taken for one person: a shared address or a test should be excluded or blanked",
                DataWarning,
                stacklevel=3,
            )
    if panel._evidence is not None:
        _warn_of_doubt(panel, panel._evidence.codes)


def _warn_of_doubt(panel: Panel, codes: Codes) -> None:
    for wave, fate in panel._fate.items():
        repeats, chance = repeats_by_chance(codes, wave, fate)
        if repeats and chance > repeats / 2:
            warnings.warn(
                f"{repeats:,} rows of wave {wave!r} hold the whole code of another row and were taken for "
                f"repeat submissions, but about {chance:,.0f} pairs of different people would share a code "
                "by chance: name more elements, or keep them apart with duplicates='keep'",
                DataWarning,
                stacklevel=4,
            )
    probabilities = panel.links.groupby(["linked_wave", "wave"], sort=False)["match_probability"]
    for (earlier, later), p in probabilities:
        if (1 - p).mean() > MANY_FALSE:
            warnings.warn(
                f"about {(1 - p).sum():,.0f} of the {len(p):,} links of {earlier!r} and {later!r} are "
                "expected to be wrong: more are accepted than the evidence supports",
                DataWarning,
                stacklevel=4,
            )
