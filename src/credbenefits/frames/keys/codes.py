"""Self-generated identification codes: short answers read as whole numbers that agree where people agree."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from credbenefits._progress import parts, silent
from credbenefits.errors import InputError
from credbenefits.frames.keys.no_keys import ANSWER_WORDS, is_damage, is_phrase, refuse_lost_digits
from credbenefits.frames.keys.normalise import distinct, normalise_key
from credbenefits.questions.spelling import DASHES, plain_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress
    from credbenefits.frames.boundary import NarwhalsFrame

_WHOLE = re.compile(r"([+-]?\d+)(?:\.0*)?")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?")
#: Marks that fill the place of an answer not given.
_FILLERS = "-_.?* "
#: Codes after which progress is reported.
_BLOCK = 50_000
#: More than this share of answers without a number, and an element is not an ordered one.
_FEW = 0.05


@dataclass(frozen=True, slots=True)
class Codes:
    """The code elements of several waves.

    `values` holds per wave an array (rows, elements): equal numbers are equal answers, -1 is blank. In
    ordered elements the numbers are ranks. `unreadable` counts per wave and element the answers of an
    ordered element that are no number, `broken` per wave the code strings of another form; both are blank.
    `mark` is a checksum. Where only rows of one block (a course) are compared, `blocks` has the number of
    each row's, -1 where it has none.
    """

    names: tuple[str, ...]
    ordered: tuple[bool, ...]
    values: Mapping[str, IntArray]
    unreadable: Mapping[str, IntArray]
    malformed: Mapping[str, int]
    mark: int
    blocks: Mapping[str, IntArray] | None = None


@dataclass(frozen=True, slots=True)
class CodeForm:
    """How a code in one column is split, and what its elements are called (empty: numbered)."""

    separator: str | None
    widths: tuple[int, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class RawElements:
    """Answers as they were given: per wave and element the distinct ones, and which (or -1) each row holds.

    `broken` counts per wave the rows whose code string has another form. It does not print what it holds.
    """

    names: tuple[str, ...]
    cells: Mapping[str, tuple[tuple[list[Any], IntArray], ...]]
    malformed: Mapping[str, int]


def normalise_element(value: object) -> str | None:
    """Return an answer in its one spelling, or None where there is none.

    As :func:`normalise_key`, and besides: no space inside, whole numbers without leading zeros ("03", "3.0"
    and 3 are one answer), and the four letters I of Turkish are one, because keyboards and capitals mix them.
    Words that stand for no answer ("unknown") and what a spreadsheet leaves of a value ("#REF!") are none.
    """
    key = normalise_key(value)
    if key is None or key in ANSWER_WORDS or is_damage(key) or is_phrase(key):
        return None
    text, before = key, ""
    while text != before:  # what is left side by side may compose anew
        before = text
        text = normalise_key("".join(text.split()).replace("i\u0307", "i").replace("ı", "i")) or ""
    if not text:
        return None
    whole = _WHOLE.fullmatch(text)
    return str(int(whole[1])) if whole else text


def read_elements(
    frames: Mapping[str, NarwhalsFrame], columns: Mapping[str, list[str | None]], names: Sequence[str]
) -> RawElements:
    """Take code elements that stand in a column each; None is an element that the wave lacks."""
    cells = {
        wave: tuple(
            ([], np.full(len(frame), -1)) if column is None else _cells(frame, column, wave)
            for column in columns[wave]
        )
        for wave, frame in frames.items()
    }
    return RawElements(tuple(names), cells, dict.fromkeys(frames, 0))


def read_code_strings(
    frames: Mapping[str, NarwhalsFrame], columns: Mapping[str, str], form: CodeForm, tell: Progress = silent
) -> RawElements:
    """Take codes that stand in one column, all elements behind each other.

    A code of another length or number of parts is unreadable, and all its elements are blank.
    """
    result = {wave: _cells(frame, columns[wave], wave) for wave, frame in frames.items()}
    splitting, sorting = parts(tell, 60, 40)
    turns = parts(splitting, *[100] * len(result))
    split = {
        w: _split(c, form, reported) for (w, (c, _)), reported in zip(result.items(), turns, strict=True)
    }
    n = _n_elements(split, result, form)
    cells: dict[str, tuple[tuple[list[Any], IntArray], ...]] = {}
    malformed = {}
    for done, (wave, (_, place)) in enumerate(result.items(), 1):
        whole = [p if p is not None and len(p) == n else None for p in split[wave]]
        blank: list[str | None] = [None] * n
        by_element = list(zip(*(p or blank for p in whole), strict=True)) or [()] * n
        cells[wave] = tuple(_again(values, place) for values in by_element)
        unread = [p is None and not _is_blank(c) for p, c in zip(whole, result[wave][0], strict=True)]
        malformed[wave] = int(np.append(np.array(unread, dtype=bool), False)[place].sum())
        sorting(done, len(result))
    names = form.names or tuple(f"element {i + 1}" for i in range(n))
    return RawElements(names, cells, malformed)


def _cells(frame: NarwhalsFrame, column: str, wave: str) -> tuple[list[Any], IntArray]:
    refuse_lost_digits(frame, column, "on", where=f"wave {wave!r}", whole=False)
    return distinct(frame, column)


def _split(codes: list[Any], form: CodeForm, tell: Progress) -> list[list[str | None] | None]:
    """Split distinct codes into their answers."""
    split: list[list[str | None] | None] = []
    for start in range(0, len(codes), _BLOCK):
        split += [_parts(code, form) for code in codes[start : start + _BLOCK]]
        tell(len(split), len(codes))
    return split


def _is_blank(code: object) -> bool:
    return normalise_key(code) is None


def _again(values: Sequence[str | None], place: IntArray) -> tuple[list[Any], IntArray]:
    """Give numbers to the parts of distinct codes: many codes share a part."""
    inner, result = pd.factorize(np.array(values, dtype=object))
    return list(result), np.append(inner, -1)[place].astype(np.int64)


def _parts(code: object, form: CodeForm) -> list[str | None] | None:
    """Split a code into its answers; None where its form is another."""
    text = plain_text(code)
    if form.separator is not None:
        return [_answer(p) for p in text.translate(DASHES).split(_plain_separator(form.separator))]
    total = sum(form.widths)
    if not isinstance(code, str):  # read as a number, it lost the zeros at its front
        text = normalise_key(code) or ""
        text = text.zfill(total) if text.isdigit() else text
    fitting = [t for t in (text, text.strip(), "".join(text.split())) if len(t) == total]
    if not fitting:
        return None
    ends = accumulate(form.widths)
    return [_answer(fitting[0][end - width : end]) for end, width in zip(ends, form.widths, strict=True)]


def _plain_separator(separator: str) -> str:
    """Write the separator as it stands in a code once that was made plain."""
    return plain_text(separator).translate(DASHES)


def _answer(part: str) -> str | None:
    return part if part.strip(_FILLERS) else None


def _n_elements(
    split: Mapping[str, list[list[str | None] | None]],
    result: Mapping[str, tuple[list[Any], IntArray]],
    form: CodeForm,
) -> int:
    """Return how many elements the codes have: as declared, or as most codes of all waves do."""
    declared = form.widths or form.names
    if declared:
        return len(declared)
    rows: Counter[int] = Counter()
    for wave, whole in split.items():
        times = np.bincount(result[wave][1] + 1, minlength=len(whole) + 1)[1:]
        for p, n in zip(whole, times.tolist(), strict=True):
            rows[len(p or ())] += n
    return max(rows, key=lambda n: (rows[n], n), default=0)


def encode_elements(raw: RawElements, ordered: Collection[str]) -> Codes:
    """Give numbers to the answers of all waves together, in order where an element is ordered."""
    places: dict[str, list[IntArray]] = {wave: [] for wave in raw.cells}
    unreadable: dict[str, list[int]] = {wave: [] for wave in raw.cells}
    mark = 0
    for j, name in enumerate(raw.names):
        read = _number if name in ordered else normalise_element
        forms = {wave: [read(v) for v in cells[j][0]] for wave, cells in raw.cells.items()}
        levels = sorted({f for form in forms.values() for f in form if f is not None})
        rank = {level: i for i, level in enumerate(levels)}
        for wave, form in forms.items():
            result, place = raw.cells[wave][j]
            code = np.array([-1 if f is None else rank[f] for f in form] + [-1], dtype=np.int64)
            places[wave].append(code[place])
            lost = [f is None and normalise_element(v) is not None for f, v in zip(form, result, strict=True)]
            unreadable[wave].append(int(np.array([*lost, False])[place].sum()))
        if name in ordered:
            _refuse_words(name, levels, [(places[w][j], unreadable[w][j]) for w in places])
        mark = zlib.crc32("\n".join(map(str, levels)).encode(errors="surrogatepass"), mark)
    values = {wave: np.column_stack(columns) for wave, columns in places.items()}
    for numbers in values.values():
        mark = zlib.crc32(numbers.tobytes(), mark)
    lost_answers = {wave: np.array(counts, dtype=np.int64) for wave, counts in unreadable.items()}
    return Codes(raw.names, tuple(n in ordered for n in raw.names), values, lost_answers, raw.malformed, mark)


def _number(value: object) -> float | None:
    text = normalise_element(value)
    return float(text) if text is not None and _NUMBER.fullmatch(text) else None


def _refuse_words(name: str, levels: list[Any], waves: list[tuple[IntArray, int]]) -> None:
    words = sum(lost for _, lost in waves)
    answered = words + sum(int((place >= 0).sum()) for place, _ in waves)
    if words > _FEW * answered:
        raise InputError(
            "ordered",
            allowed="elements whose answers are numbers",
            received=f"{name!r}, where {words:,} of {answered:,} answers are none",
            fix="Write the answers as numbers (May as 5), or leave the element out of `ordered`.",
        )


def same_code(values: IntArray, rows: BoolArray) -> IntArray:
    """Give one number to the rows that share a complete code; -1 to all others.

    Complete is a code without a blank, but for elements that the whole wave lacks.
    """
    asked = (values >= 0).any(axis=0)
    group = np.zeros(len(values), dtype=np.int64)
    for column in values[:, asked].T:
        # Dense again after each element, so that the products stay small.
        group = pd.factorize(group * (int(column.max()) + 1) + column)[0].astype(np.int64)
    complete = rows & (values[:, asked] >= 0).all(axis=1) & asked.any()
    return np.where(complete, group, -1)


def expected_twins(values: IntArray, block: IntArray | None = None) -> float:
    """Return how many pairs (of one block) would agree on the whole code if answers were independent."""
    return _pairs(values, block) * agree_by_chance(values, block)


def agree_by_chance(values: IntArray, block: IntArray | None = None) -> float:
    """Return how likely two people (of one block) agree on the whole code if answers are independent."""
    log_p = 0.0
    for column in values.T:
        counts = np.bincount(column[column >= 0])
        if counts.size:
            share = counts / counts.sum()
            agree = float((share**2).sum()) if block is None else _agreeing_in_blocks(column, block)
            log_p += float(np.log(agree)) if agree else -np.inf
    return float(np.exp(log_p))


def _agreeing_in_blocks(column: IntArray, block: IntArray) -> float:
    there = column >= 0
    width = int(column.max()) + 1
    _, times = np.unique(block[there] * width + column[there], return_counts=True)
    sizes = np.bincount(block[there])
    pairs = float((sizes * (sizes - 1.0)).sum())
    return float((times * (times - 1.0)).sum()) / pairs if pairs else 0.0


def twins_not_repeats(
    values: IntArray, rows: IntArray, repeats: int, block: IntArray | None = None
) -> FloatArray:
    """Return for some rows the probability that another row with the same code is another person.

    `repeats` is the number of rows that repeat the code of another row. Pairs of different people share this
    code as often as independent answers do. The number of repeat submissions is `repeats` less the number of
    pairs that chance is expected to give, and less the standard deviation of that.
    """
    expected = expected_twins(values, block)
    log_p = np.zeros(rows.size)
    for column in values.T:
        counts = np.bincount(column[column >= 0])
        if counts.size:
            log_p += np.log(counts[column[rows]] / counts.sum())
    different = _pairs(values, block) * np.exp(log_p)
    same = max(repeats - expected - np.sqrt(expected), 0.0)
    twins: FloatArray = different / (different + same)
    return twins


def _pairs(values: IntArray, block: IntArray | None = None) -> float:
    """Return the number of pairs of rows (of one block) with a complete code."""
    complete = (values >= 0).all(axis=1)
    n = np.array([complete.sum()]) if block is None else np.bincount(block[complete], minlength=1)
    return float((n * (n - 1.0)).sum()) / 2
