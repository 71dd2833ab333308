"""Linking the exports of several waves into one panel of people."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from credbenefits import _progress
from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import DataWarning, MethodError
from credbenefits.frames.keys.no_keys import APART, FEW
from credbenefits.panel.account import by_wave, key_notes
from credbenefits.panel.cutting.waves import Waves
from credbenefits.panel.dispositions import read_status
from credbenefits.panel.keys import parts_of_one_key, read_keys_asked
from credbenefits.panel.matching.accept import join
from credbenefits.panel.matching.codes import CodeOptions, how_codes, read_codes
from credbenefits.panel.matching.exact import MANY_ROWS, read_blocks, read_keys
from credbenefits.panel.matching.likely import link_likely, repeats_by_chance
from credbenefits.panel.matching.names import NameOptions, how_names, read_names
from credbenefits.panel.matching.options import likely_options
from credbenefits.panel.matching.persons import EXCLUDED, KEPT, resolve
from credbenefits.panel.matching.spellings import as_numbers, settled, would_link
from credbenefits.panel.panel import Panel
from credbenefits.panel.sources import known_values, other_words, sources_of
from credbenefits.panel.summary import MANY_FALSE
from credbenefits.panel.waves import (
    excluded_rows,
    fates,
    read_waves,
    warn_of_blank_rows,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, IntArray, StatusArray, Values, WaveStatus
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.keys.codes import Codes
    from credbenefits.frames.keys.columns import Keys
    from credbenefits.panel.keys import On, Within
    from credbenefits.panel.matching.exact import KeyCodes
    from credbenefits.panel.matching.splink import Foreign
    from credbenefits.panel.waves import IntoWaves

#: Codes are too weak where, of at least so many pairs that are rather one person than not, few are linked.
_LIKELY, _MANY_LIKELY, _HARDLY = 0.5, 10, 0.1


def link_waves(
    waves: IntoWaves,
    *,
    on: On,
    method: t.LinkMethod = "exact",
    within: Within | None = None,
    duplicates: t.CodeDuplicateRule = "last",
    exclude: Mapping[str, Values] | None = None,
    answered: Mapping[str, str | Sequence[str]] | None = None,
    status: Mapping[str, WaveStatus] | None = None,
    numeric_keys: str | Sequence[str] | None = None,
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
    waves : Waves, mapping of wave to data frame or Export, or list of (wave, data frame or Export)
        The waves in order of time, as they were exported: what :func:`credbenefits.read_export` returns,
        frames, or what :func:`credbenefits.waves_from_wide` and :func:`credbenefits.waves_from_long` make of
        one table. Names are text, numbers or days: 2009 is the wave "2009", and every argument that names a
        wave takes both. A frame of everybody who was invited or enrolled can be a wave too. The frames are
        copied, never changed.
    on : str, list of str or tuples, or mapping of wave to either
        Key columns. With ``method="exact"`` several keys are used in order of trust: rows that
        share the first are one person, a row without it goes by the second, and so on. Columns that are a
        key only together are a tuple, ``[("code", "workshop"), "email"]``; where one of them is blank there
        is no such key. With
        ``"code"`` they are the 3 to 16 elements of a code; of a code in one column (`code_format`) that
        column, and any other elements after it. Three elements are enough for few people, or `within` a
        course. With
        ``"probabilistic"`` three or more columns such as names. With a mapping, the columns of
        each wave may have their own names (None where a wave lacks that key).
    method : {"exact", "code", "probabilistic"}
        ``"exact"``: keys must agree after normalising: Unicode NFKC, invisible characters
        removed, surrounding space stripped, casefolded. Blank words ("", "-", "n/a", "none",
        ...), placeholders ("unknown", "test@test.com", "xxx", ...), what a spreadsheet leaves of a value
        ("#REF!", "1.23E+11", "####") and missing values are no key, and never meet each other. Neither
        are noughts, numbers below nought and addresses such as "info@..." that several rows of a wave
        share, nor any key in more than ten rows of a wave where that is ten times the usual. Two ways
        to write a number contradict no other key on which rows agree (see `numeric_keys`).
        ``"code"``: for self-generated codes, of which people give an answer or two differently
        next time. Answers are normalised in the same way, and "03" and 3 are one; a blank is no
        evidence. How much each element tells is estimated, and every pair has a probability.
        ``"probabilistic"``: for names, birth dates and the like, through splink (extra
        ``splink``).
    within : str, or mapping of wave to str, optional
        A column of courses, sites or terms: only rows that agree on it are compared, and those where it is
        blank with none. For exact keys and codes. With codes, everything is counted within courses: how
        often strangers agree, how many people could be meant, and how many return.
    duplicates : {"last", "first", "most_complete", "error", "keep"}
        Which row to keep when one person submitted a wave repeatedly (the order is that of the
        rows; among equally complete rows the last). Without exact keys, rows of a wave that agree
        on everything, with no blank, count as one person. The likelier they share the code by
        chance, the less certain is a link to them. ``"keep"`` says that they are different
        people: as both have the same claim, usually neither is linked.
    exclude : mapping of str to value or list of values, optional
        Rows to set aside before linking, e.g. ``{"status": ["Survey Preview"]}`` for test rows;
        applies to every wave that has the column.
    answered : mapping of wave to column or list of columns, optional
        For waves whose frame also holds people who did not answer, such as everybody who was invited:
        the columns of the answers. It is short for ``status={wave: {"answered": columns}}``. Waves of one
        table know it themselves.
    status : mapping of wave to mapping, optional
        How everybody in a wave ended in it. Either what the values of a column mean:
        ``{"column": "disposition", "values": {"Done": "complete", "Bounced": "unknown"}}``, in which every
        value that occurs must be named, and blank cells by ``"blank": "no_contact"``. Or a rule:
        ``{"answered": columns, "finished": column, "silent": "no_contact"}``. Whoever has an answer in any
        of these columns is complete, or partial where ``"finished"`` (true or false, 1 or 0, yes or no;
        or the day on which people came to the end, or blank) says so;
        refusals and missing codes are no answers. The others are what ``"silent"`` says, by default
        ``"no_contact"``: eligible, and no sign of them; but whoever finished without any answer refused.
        Of both together, the rule holds for rows whose value is not named.

        The dispositions are complete and partial (these people answered), refused, no_contact, other,
        unknown (whether eligible at all), ineligible, not_invited, and other_source: the file has data on
        them that they did not give in this survey. All are people of the wave. Of several rows of a person
        a complete one goes first, then a partial one, then one from another source,
        then a refusal or another declared end, and silence last.
    numeric_keys : str or list of str, optional
        Exact keys that are numbers, however they are written: leading zeros, a trailing ".0", spaces,
        hyphens and marks of thousands do not count. "0980", "980.0" and 980 are one key, and so are
        "P-007" and "p7". Name them as in `on` (as in the first wave that has them).
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
        text, header rows among the answers, numeric keys that lost their last digits or are not whole,
        a repeat submission under ``duplicates="error"``, codes with fewer than 3 elements that tell people
        apart, or that tell too little for so many people.

    Warns
    -----
    DataWarning
        When no person of a wave is in any other, when codes tell too little about so many people for
        likely matches to be linked, when rows would find a partner if a key were written
        in one way, when one key stands in very many rows of a wave, when a tenth of a wave's rows hold
        nothing but keys, when a code means one thing in one export and another in the next, when an
        `exclude` value is nowhere found, when different people would share a code
        as often as rows do that were taken for repeats, or when more links are accepted than the
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
        "numeric_keys": numeric_keys,
        "ordered": ordered,
        "code_format": code_format,
        "max_disagreements": max_disagreements,
        "max_false_link_rate": max_false_link_rate,
        "threshold": threshold,
        "compare": compare,
        "backend": backend,
    }
    if within is not None and method == "probabilistic":
        raise MethodError(
            "within",
            allowed="exact keys, or method='code'",
            received=f"method={method!r}",
            fix="Name the column in `on`, compared as 'exact'.",
        )
    options = likely_options(method, duplicates, given)
    frames = read_waves(waves)
    keys = read_keys_asked(on, within, frames, compound=method == "exact")
    excluded = excluded_rows(frames, exclude)
    sources = sources_of(waves)
    known = waves.responded if isinstance(waves, Waves) else {}  # who answered, of one table's waves
    ended = read_status(
        frames, excluded, status=status, answered=answered, known=known, coded=known_values(waves, sources)
    )
    rows = _Rows(excluded, ended)
    warn_of_blank_rows(frames, keys.columns, rows.excluded, rows.status)
    with _progress.stages():
        if options is None:
            panel, reported = _by_key(frames, keys, rows, (duplicates, _places(numeric_keys, keys.names)))
        else:
            panel, reported = _by_likely(frames, keys, rows, options), ()
    _warn(panel, reported)
    if words := other_words(sources):
        warnings.warn(words, DataWarning, stacklevel=2)
    told = () if keys.within is None else (_within_words(keys.within),)
    return replace(panel, _sources=sources, _key_notes=(*told, *panel._key_notes))


def _within_words(within: Mapping[str, str]) -> str:
    columns = ", ".join(map(repr, dict.fromkeys(within.values())))
    return f"Only rows that agree on {columns} were compared"


class _Rows(NamedTuple):
    """What is said of rows beforehand: which are set aside, and their dispositions, by wave."""

    excluded: dict[str, BoolArray]
    status: dict[str, StatusArray]


def _places(numeric_keys: str | Sequence[str] | None, names: list[str]) -> list[int]:
    for name in (wanted := check.names("numeric_keys", numeric_keys)):
        check.column("numeric_keys", name, names, "the keys")
    return [names.index(name) for name in wanted]


def _by_key(
    frames: dict[str, NarwhalsFrame],
    asked: Keys,
    rows: _Rows,
    how: tuple[t.CodeDuplicateRule, list[int]],
) -> tuple[Panel, Sequence[str]]:
    """Link by keys; return the panel, and what the keys must be warned of."""
    names = asked.names
    rule, numeric = how
    with _progress.showing("linking") as tell:
        reading, joining = _progress.parts(tell, 75, 25)
        read = read_keys(frames, asked, rows.excluded, tell=reading)
        sizes = {name: len(frame) for name, frame in frames.items()}
        wave = np.repeat(np.arange(len(frames)), list(sizes.values()))
        keys = as_numbers(read, numeric)
        settled_keys, n_settled = settled(keys, read, wave)
        persons = resolve(settled_keys)
        joining(1, 2)
        person = by_wave(persons.person, sizes)
        panel = Panel._build(
            frames,
            person=person,
            fate={
                w: fates(f, person[w], rows.excluded[w], rule=rule, name=w, status=rows.status.get(w))
                for w, f in frames.items()
            },
            conflict=by_wave(persons.conflict, sizes),
            keys={name: [by_wave(k, sizes)[name] for k in keys] for name in frames},
            key_names=tuple(names),
            key_columns=asked.columns,
            mark=read.mark,
            status=rows.status,
            why=by_wave(np.max(read.why, axis=0), sizes),
            key_notes=key_notes(names, read.why, n_settled),
        )
        joining(3, 4)
        twice = _written_twice(panel, read, settled_keys, wave)
        joining(1, 1)
    parts = parts_of_one_key(read.keys, names, wave, list(frames))
    return panel, [*read.crowds, *parts, *twice]


def _written_twice(panel: Panel, read: KeyCodes, keys: list[IntArray], wave: IntArray) -> list[str]:
    """Say how many rows without a partner would find one if a key were written in one way."""
    if all(group is None for group in read.alike):
        return []
    alone = np.zeros(wave.size, dtype=bool)
    table = panel.as_pandas("unlinked")
    for place, name in enumerate(panel.wave_names):
        rows = table["row"][table["wave"] == name].to_numpy(np.int64)
        alone[np.flatnonzero(wave == place)[rows]] = True
    result = []
    for j, counts in would_link(keys, read, wave, alone):
        per_wave = zip(counts.tolist(), panel.wave_names, strict=True)
        parts = ", ".join(f"{n:,} of wave {name!r}" for n, name in per_wave if n)
        key = panel.key_names[j]
        result.append(
            f"{counts.sum():,} rows ({parts}) are linked to nobody only because {key!r} is written "
            "differently in another wave (leading zeros, a trailing .0, spaces, hyphens): "
            f"numeric_keys=[{key!r}] joins them"
        )
    return result


def _by_likely(
    frames: dict[str, NarwhalsFrame],
    asked: Keys,
    rows: _Rows,
    options: CodeOptions | NameOptions,
) -> Panel:
    columns, names = asked.single(), asked.names
    if isinstance(options, CodeOptions):
        codes = read_codes(frames, columns, names, options)
        if asked.within is not None:
            codes = replace(codes, blocks=read_blocks(frames, asked.within))
        how = how_codes(codes, options)
    else:
        codes = read_names(frames, columns, names, options)
        how = how_names(frames, columns, codes, options)
    evidence, fate = link_likely(frames, codes, rows.excluded, how, status=rows.status)
    evidence, people = join(evidence)
    return Panel._build(
        frames,
        person=people.person,
        fate=fate,
        conflict=people.conflict,
        keys={},
        key_names=codes.names,
        key_columns=asked.columns,
        mark=codes.mark,
        evidence=evidence,
        status=rows.status,
        why=None
        if codes.blocks is None
        else {wave: np.where(block < 0, APART, FEW) for wave, block in codes.blocks.items()},
    )


def _warn(panel: Panel, warned: Sequence[str]) -> None:
    for text in warned:
        warnings.warn(text, DataWarning, stacklevel=3)
    if panel.n_people == 0:
        warnings.warn(
            f"no row has a key in {check.listing(panel.key_names)} (excluded rows apart): "
            "the panel holds nobody",
            DataWarning,
            stacklevel=3,
        )
    weak = _warn_of_weak_codes(panel)
    together = panel._row_of >= 0
    for place, name in enumerate(panel.wave_names):
        people = together[together[:, place]]
        if name not in weak and len(people) and not (people.sum(axis=1) > 1).any():
            warnings.warn(
                f"nobody in wave {name!r} is in any other wave: check the key columns",
                DataWarning,
                stacklevel=3,
            )
    what = "key" if panel._evidence is None else "code"
    for name, person in panel._person.items():
        counted = person[(person >= 0) & (panel._fate[name] != EXCLUDED)]
        most = int(np.bincount(counted, minlength=1).max())
        if most > MANY_ROWS:
            warnings.warn(
                f"one {what} stands in {most:,} rows of wave {name!r} "
                "and was taken for one person: a shared address or a test should be excluded or blanked",
                DataWarning,
                stacklevel=3,
            )
    if panel._evidence is not None:
        _warn_of_doubt(panel, panel._evidence.codes)


def _warn_of_weak_codes(panel: Panel) -> set[str]:
    """Warn of waves with many likely matches of which hardly any is sure enough; return their names."""
    weak: set[str] = set()
    evidence = panel._evidence
    if evidence is None or evidence.method != "code":
        return weak
    rate = evidence.rule.max_false_link_rate
    asked = "a lower threshold" if rate is None else f"a larger max_false_link_rate than {rate:g}"
    for pair in evidence.pairs:
        likely = int((pair.candidates.probability >= _LIKELY).sum())
        linked, expected = int(pair.linked.sum()), pair.fit.u[~np.isnan(pair.fit.u)]
        if likely < _MANY_LIKELY or linked > _HARDLY * likely or not expected.all():
            continue  # an element on which nobody agrees is a fault of the columns
        weak |= {pair.earlier, pair.later}
        people = max(int((panel._fate[wave] == KEPT).sum()) for wave in (pair.earlier, pair.later))
        warnings.warn(
            f"{linked or 'none'} of the {likely:,} likely matches of {pair.earlier!r} and {pair.later!r} "
            f"{'is' if linked <= 1 else 'are'} sure enough to be linked: "
            f"{-np.log2(expected).sum():.0f} bits tell too little about {people:,} people. "
            f"Name more elements of the code, or ask for {asked}",
            DataWarning,
            stacklevel=4,
        )
    return weak


def _warn_of_doubt(panel: Panel, codes: Codes) -> None:
    for wave, fate in panel._fate.items():
        repeats, expected = repeats_by_chance(codes, wave, fate)
        if repeats and expected > repeats / 2:
            warnings.warn(
                f"{repeats:,} rows of wave {wave!r} hold the whole code of another row and were taken for "
                f"repeat submissions, but about {expected:,.0f} pairs of different people would share a code "
                "by chance: name more elements, or keep them apart with duplicates='keep'",
                DataWarning,
                stacklevel=4,
            )
    probabilities = panel.as_pandas("links").groupby(["linked_wave", "wave"], sort=False)["match_probability"]
    for (earlier, later), p in probabilities:
        if (1 - p).mean() > MANY_FALSE:
            warnings.warn(
                f"about {(1 - p).sum():,.0f} of the {len(p):,} links of {earlier!r} and {later!r} are "
                "expected to be wrong: more are accepted than the evidence supports",
                DataWarning,
                stacklevel=4,
            )
