"""Candidate pairs from names, birth dates, postcodes and e-mail addresses, through the package splink."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import itertools
import logging
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from credbenefits import _progress
from credbenefits import _validation as check
from credbenefits._typing import FieldKind
from credbenefits.errors import InputError, MissingExtraError
from credbenefits.frames.boundary import read, require
from credbenefits.frames.keys.normalise import key_codes, normalised
from credbenefits.numerics.matching.candidates import Candidates
from credbenefits.numerics.matching.posterior import Exclusive, Pairs, prior_odds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from credbenefits._typing import FloatArray, Frame, IntArray, Progress
    from credbenefits.frames.boundary import NarwhalsFrame

#: Something of splink, DuckDB or Spark; they are extras, so it cannot be named here.
Foreign: TypeAlias = Any

#: Pairs that one blocking rule may make, per row of both frames together.
_PAIRS_PER_ROW = 20
#: Pairs from which the chance agreement of two strangers is estimated.
_SAMPLED_PAIRS = 1e7
#: Pairs below this many bits, prior included, are left out: they match once in a thousand at best.
_LEAST_BITS = -10.0
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)|(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ t].*)?")
_FIELDS_AT_LEAST = 3
_TRAINED_RULES = 3
_MOST_ROUNDS = 12
#: More bits than this change nothing, but their odds would leave the range of numbers.
_MOST_BITS = 200.0
#: The expected number of matches has settled when it moves by less than this share of the smaller wave.
_SETTLED = 1e-3
#: Steps that are reported of reading, chance agreement, training, the scoring, and the probabilities.
_STEPS = 20, 30, 20, 20, 10


def splink_candidates(
    frame_a: Frame,
    frame_b: Frame,
    columns: Mapping[str, FieldKind],
    *,
    backend: Foreign | None = None,
    seed: int = 1,
    tell: Progress = _progress.silent,
) -> Candidates:
    """Find pairs of rows that may be one person by names, birth date, postcode and the like.

    The comparisons, the blocking and the training are those of splink (the Fellegi-Sunter model
    fitted by EM, with term frequencies). What is decided here: how values are written before
    they are compared, which blocking rules are affordable, and the prior.

    Parameters
    ----------
    frame_a, frame_b : data frame
        Two waves, each without repeats of a person as far as possible. Columns that are compared
        have the same name in both.
    columns : mapping of str to {"name", "date", "postcode", "email", "exact"}
        Three or more columns and how each is compared. ``name`` is for any short text that is
        misspelt (given name, surname, street, town): Jaro-Winkler similarity in steps. ``date``
        wants dates, or text that begins with the year: equal, one character off, or within a
        month, a year, ten years. ``postcode`` allows one or two slips of the keyboard in a code
        of any country. ``email`` compares the whole address, then the part before the @.
        ``exact`` is equal or not. Agreement on a rare value counts for more than on a common one,
        but for dates. A missing value is no evidence either way.
    backend : Spark session, optional
        Where the pairs are made and scored. Without one, DuckDB does it in this process and uses
        the disk where memory is short. The two frames themselves must fit into memory.
    seed : int
        Seed for the sample of pairs from which chance agreement is estimated.
    tell : callable
        Told the steps done and the steps in all.

    Returns
    -------
    Candidates
        Each pair once. `weight` is splink's, without its prior. `probability` follows from all
        weights together: a person has at most one partner in the other wave, and the prior is the
        number of matches that is found. `disagreements` counts the columns that are filled in both
        rows and differ in any way. Pairs with next to no probability of being a match are left out.

    Raises
    ------
    MissingExtraError
        If splink is not installed.
    InputError
        For fewer than three columns, an unknown kind, a column without values, a date that cannot
        be read, or columns too coarse to make pairs from.

    Notes
    -----
    A blocking rule is one column, or two or three together, on which a pair must agree exactly.
    All rules are used that make at most 20 pairs per row, so a person is missed only if no rule
    survives the errors. The share of people missed in that way cannot be seen in the data.

    Fellegi, I. P. and Sunter, A. B. (1969), A theory for record linkage, JASA 64, 1183-1210.
    """
    fields = _fields(columns)
    check.whole_number("seed", seed, least=0)
    pair = {"frame_a": read(frame_a, "frame_a"), "frame_b": read(frame_b, "frame_b")}
    for name, frame in pair.items():
        require(frame, list(fields), "columns", f"`{name}`")
    if importlib.util.find_spec("splink") is None:
        raise MissingExtraError("splink", "splink")
    reading, *scoring, resolving = _progress.parts(tell, *_STEPS)
    values = _read(list(pair.values()), fields, reading)
    codes = [key_codes(both) for both in zip(*values, strict=True)]
    rules = _blocking_rules(codes)
    if not rules:
        resolving(1, 1)
        return Candidates(*(np.zeros(0, dtype=d) for d in (np.int64, np.int64, float, float, np.int64)))
    with _quiet():
        database = _duckdb() if backend is None else _spark(backend)
        row_a, row_b, weight = _scored(
            database, values, list(fields.values()), rules=rules, seed=seed, progress=scoring
        )
    pairs = Pairs(row_a, row_b, *(len(side[0]) for side in values))
    probability = _probability(pairs, weight, resolving)
    differ = [(a[row_a] != b[row_b]) & (a[row_a] >= 0) & (b[row_b] >= 0) for a, b in codes]
    return Candidates(row_a, row_b, probability, weight, np.stack(differ).sum(axis=0, dtype=np.int64))


def _fields(columns: Mapping[str, FieldKind]) -> dict[str, FieldKind]:
    fields = dict(check.mapping("compare", columns, example="{'surname': 'name', 'born': 'date'}"))
    for kind in fields.values():
        check.choice("compare", kind, FieldKind)
    if len(fields) < _FIELDS_AT_LEAST:
        raise InputError(
            "compare",
            allowed=f"at least {_FIELDS_AT_LEAST} columns",
            received=check.listing(fields) or "none",
            fix="Fewer do not tell people apart; for one exact key use link_waves(on=...).",
        )
    return fields


def _read(
    frames: Sequence[NarwhalsFrame], fields: Mapping[str, FieldKind], tell: Progress
) -> list[list[list[str | None]]]:
    """Read the columns of both frames."""
    values: list[list[list[str | None]]] = []
    for frame in frames:
        values.append([])
        for column, kind in fields.items():
            values[-1].append(_values(frame, column, kind))
            tell(sum(map(len, values)), len(frames) * len(fields))
    return values


def _values(frame: NarwhalsFrame, column: str, kind: FieldKind) -> list[str | None]:
    """Write a column in one spelling; None is missing."""
    values = normalised(frame, column)
    if kind == "postcode":
        values = [v and v.replace(" ", "") for v in values]
    elif kind == "date":
        values = [_iso(v, column) for v in values]
    if not any(values):
        raise InputError(
            "compare",
            allowed="columns that hold something in every wave",
            received=f"{column!r}, which is empty in one",
            fix="Leave it out.",
        )
    return values


def _iso(value: str | None, column: str) -> str | None:
    if value is None:
        return None
    hit = _DATE.fullmatch(value)
    if hit is None:
        raise InputError(
            "compare",
            allowed="dates, or text with the year first such as 1990-12-31 or 19901231",
            received=f"something else in {column!r}",
            fix="Convert the column to dates first, saying whether day or month comes first.",
        )
    year, month, day = [part for part in hit.groups() if part is not None]
    return f"{year}-{month:0>2}-{day:0>2}"


def _blocking_rules(codes: Sequence[Sequence[IntArray]]) -> list[tuple[int, ...]]:
    """Return the sets of columns that are affordable to block on, those with the fewest pairs first.

    A set is left out if a part of it is affordable already.
    """
    most = _PAIRS_PER_ROW * sum(c.size for c in codes[0])
    affordable: dict[tuple[int, ...], int] = {}
    for size in (1, 2, 3):
        for rule in itertools.combinations(range(len(codes)), size):
            if not any(set(known) <= set(rule) for known in affordable):
                n_pairs = _agreeing_pairs([codes[c] for c in rule])
                if n_pairs <= most:
                    affordable[rule] = n_pairs
    if not affordable:
        raise InputError(
            "compare",
            allowed="columns of which three together leave few pairs",
            received=f"columns that leave more than {most:,} pairs",
            fix="Add a column with many different values, such as a birth date.",
        )
    return sorted((r for r, n in affordable.items() if n), key=lambda rule: affordable[rule])


def _agreeing_pairs(codes: Sequence[Sequence[IntArray]]) -> int:
    """Count the pairs of rows that agree on all of several columns; a missing value agrees with none."""
    dims = [max(int(side.max()) for side in both) + 1 for both in codes]
    keys = []
    for side in zip(*codes, strict=True):
        filled = np.stack(side)
        keys.append(np.ravel_multi_index(tuple(filled[:, (filled >= 0).all(axis=0)]), tuple(dims)))
    _, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    n = int(inverse.max(initial=-1)) + 1
    in_a, in_b = (np.bincount(part, minlength=n) for part in np.split(inverse, [keys[0].size]))
    return int(in_a @ in_b)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence what splink logs about its progress."""
    logger = logging.getLogger("splink")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _duckdb() -> Foreign:
    connection = importlib.import_module("duckdb").connect()
    connection.execute("set enable_progress_bar = false")
    return importlib.import_module("splink").DuckDBAPI(connection)


def _spark(session: Foreign) -> Foreign:
    """Take a Spark session that has splink's functions for comparing text."""
    api = None
    if hasattr(session, "createDataFrame"):
        api = importlib.import_module("splink.backends.spark").SparkAPI(spark_session=session)
    if api is None or not session.catalog.functionExists("jaro_winkler"):
        raise InputError(
            "backend",
            allowed="None, or a Spark session that has splink's functions",
            received=type(session).__name__,
            fix="Build the session with .config('spark.jars', similarity_jar_location()) from "
            "splink.backends.spark.",
        )
    return api


def _scored(
    database: Foreign,
    values: Sequence[Sequence[list[str | None]]],
    kinds: Sequence[FieldKind],
    *,
    rules: Sequence[tuple[int, ...]],
    seed: int,
    progress: Sequence[Progress],
) -> tuple[IntArray, IntArray, FloatArray]:
    """Train splink and score all pairs of the blocking rules: rows of both frames, and bits of evidence."""
    splink = importlib.import_module("splink")
    names = [f"c{i}" for i in range(len(kinds))]
    prior = 1 / max(len(side[0]) for side in values)  # as if the whole of the smaller frame had a partner
    tables = [
        database.register({"unique_id": list(range(len(side[0]))), **dict(zip(names, side, strict=True))})
        for side in values
    ]
    blocks = [splink.block_on(*(names[c] for c in rule)) for rule in rules]
    settings = splink.SettingsCreator(
        link_type="link_only",
        comparisons=[_comparison(name, kind) for name, kind in zip(names, kinds, strict=True)],
        blocking_rules_to_generate_predictions=blocks,
        probability_two_random_records_match=prior,
        retain_matching_columns=False,
    )
    linker = splink.Linker(tables, settings, log_level=None)
    chance, training, predicting = progress
    linker.training.estimate_u_using_random_sampling(max_pairs=_SAMPLED_PAIRS, seed=seed)
    chance(1, 1)
    _train(linker, rules, names, training)
    pairs = linker.inference.predict(threshold_match_weight=_LEAST_BITS)
    predicting(1, 1)
    wanted = f"select unique_id_l, unique_id_r, match_weight from {pairs.physical_name}"  # noqa: S608
    result = linker.misc.query_sql(wanted).as_pyarrow_table()
    row_a, row_b, bits = (result[name].to_numpy() for name in result.column_names)
    order = np.lexsort((row_b, row_a))  # engines return rows in any order
    evidence = bits[order] - np.log2(prior / (1 - prior))
    return row_a[order].astype(np.int64), row_b[order].astype(np.int64), evidence


def _comparison(name: str, kind: FieldKind) -> Foreign:
    library = importlib.import_module("splink.comparison_library")
    if kind == "name":
        made = library.NameComparison(name)
    elif kind == "date":
        # A date that does not exist is a slip too: it is compared as text rather than left out.
        made = library.DateOfBirthComparison(name, input_is_string=True, invalid_dates_as_null=False)
    elif kind == "email":
        made = library.EmailComparison(name)
    elif kind == "postcode":
        # splink's own postcode comparison knows the parts of a British postcode only.
        made = library.DamerauLevenshteinAtThresholds(name, [1, 2])
        made = made.configure(term_frequency_adjustments=True)
    else:
        made = library.ExactMatch(name).configure(term_frequency_adjustments=True)
    return made


def _train(linker: Foreign, rules: Sequence[tuple[int, ...]], names: Sequence[str], tell: Progress) -> None:
    """Fit the model by EM within the pairs of some rules: three, or more until each column was left free."""
    block_on = importlib.import_module("splink").block_on
    done: list[set[int]] = []
    for turn, rule in enumerate(rules):
        tell(turn, len(rules))
        try:
            block = block_on(*(names[c] for c in rule))
            linker.training.estimate_parameters_using_expectation_maximisation(block)
        except ValueError:  # so few pairs that a probability went to zero: they teach nothing
            continue
        done.append(set(rule))
        if len(done) >= _TRAINED_RULES and not set.intersection(*done):
            return
    if not done or set.intersection(*done):
        raise InputError(
            "compare",
            allowed="columns from which splink can learn how often true matches agree",
            received=f"{len(names)} columns, of which too few tell people apart, or too few rows",
            fix="Add another column with many different values.",
        )


def _probability(pairs: Pairs, weight: FloatArray, tell: Progress = _progress.silent) -> FloatArray:
    """Turn evidence into probabilities; the prior is the number of matches that it leads to itself."""
    ratio = np.exp2(np.minimum(weight, _MOST_BITS))
    exclusive = Exclusive(pairs)
    most = min(pairs.n_a, pairs.n_b)
    expected = most / 2
    probability = ratio
    for turn in range(_MOST_ROUNDS):
        tell(turn, _MOST_ROUNDS)
        probability = exclusive.probability(ratio * prior_odds(expected, pairs.n_a, pairs.n_b))
        before, expected = expected, float(probability.sum())
        if abs(expected - before) <= _SETTLED * most:
            break
    tell(1, 1)
    return probability
