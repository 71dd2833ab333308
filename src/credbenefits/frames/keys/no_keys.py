"""Cells that look like keys and are none: placeholders, spreadsheet damage, and what several rows share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from credbenefits.errors import InputError
from credbenefits.frames.boundary import objects
from credbenefits.questions.spelling import is_missing
from credbenefits.questions.words import BLANK_WORDS, SINGLE_WORDS, no_answer

if TYPE_CHECKING:
    from credbenefits.frames.boundary import NarwhalsFrame

#: Why a cell is no key.
BLANK, PLACEHOLDER, DAMAGE, SHARED, PART, APART, FEW = range(7)
REASONS = (
    "blank",
    "a placeholder",
    "damaged by a spreadsheet",
    "shared by several rows",
    "blank in a part of the key",
    "blank in the column of `within`",
    "too few answers",
)

#: What people and systems write where they have no id and no address.
_WORDS = """
not known|unk|na|n.a|n.a.|n. a.|n / a|no id|noid|no code|no email|noemail|no e-mail|no-email|no mail|nomail|no
don't know|anonymous|anon|anonym|anonyme|anónimo|anonimo|anônimo|test|testing|tester|tbd|tba|tbc|asdf|asdfasdf
dummy|(blank)|[blank]|(empty)|(none)|(null)|[null]|<null>|\\n|nat|n/a.|deleted|redacted|invalid|keine|kein
k.a.|k. a.|k.a|ninguno|ninguna|nenhum|aucun|aucune|ingen|okänd|s/d|n/d|n.d.|n/k|n/r
not available|not applicable|not provided|not given|not asked|no answer|no response|prefer not to say
"""
#: Local parts of addresses that are nobody's own.
_NOBODYS = {
    "test",
    "tester",
    "testing",
    "none",
    "na",
    "n/a",
    "no",
    "noemail",
    "no-email",
    "no_email",
    "nomail",
    "no-mail",
    "unknown",
    "anonymous",
    "anon",
    "nobody",
    "noone",
    "noreply",
    "no-reply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "info",
    "contact",
    "admin",
    "office",
    "support",
    "team",
    "user",
    "example",
    "asdf",
    "dummy",
    "fake",
    "x",
    "xx",
    "xxx",
    "a",
    "aa",
    "abc",
}
_LANDS = ("com", "org", "net", "edu", "de", "co.uk", "fr", "es", "eu")
_MADE_UP = (
    "test",
    "none",
    "na",
    "no",
    "noemail",
    "unknown",
    "nobody",
    "x",
    "xx",
    "xxx",
    "a",
    "aa",
    "abc",
    "asdf",
    "anonymous",
    "fake",
    "dummy",
)
#: Keys from the first row on: fillers such as "---" and "xxx" too, and addresses such as test@test.com.
KEY_WORDS = (
    frozenset(word.casefold() for word in re.split(r"[|\n]", _WORDS))
    | frozenset(mark * n for mark in "-–—.?*_x/" for n in range(2, 13))
    | frozenset(word for word in SINGLE_WORDS if len(word) > 3)
    | frozenset({"–", "—", "*", "_", "/"})
    | frozenset(f"{name}@{name}.{land}" for name in _MADE_UP for land in _LANDS)
) - BLANK_WORDS
#: Those that can be no initials, and no part of a name either.
ANSWER_WORDS = frozenset(word for word in KEY_WORDS if len(word) > 3 and word != "test") | {"unk"}

#: Names of columns that are no keys themselves have so many letters.
_LONG_NAME = 5

#: What a spreadsheet writes in place of a value that it lost, in several languages.
_DAMAGE = re.compile(
    r"#+|#[¡¿]?[^\W\d_]+[/ _]?[^\W\d_]*\d?[!?]|#(?:n/a|nv|n/d|nd|n/b|i/t|getting_data|busy!)|err:\d{3}"
    r"|[+-]?\d(?:[.,]\d+)?e\+\d{1,3}"
)
#: A float of 16 digits or more as text: "9007199254740992.0".
_LOST = re.compile(r"-?[0-9]{16,}\.0+")
_NOUGHT_OR_LESS = re.compile(r"[0.]*0[0.]*|-\d+(?:\.\d*)?")
#: So many bits of a whole number stay whole in a float of so many.
_WHOLE_BITS = {nw.Float32: 24, nw.Float64: 53}
_EXACT = 2**53
#: Whole numbers that all happen to be ones a float can hold: how many bits of coincidence are too many.
_BEYOND_CHANCE = 20


def key_words(column: str) -> frozenset[str]:
    """Return the words that are no keys in a column; its name too, which is a header within the file."""
    return KEY_WORDS | {column.strip().casefold()} if len(column) >= _LONG_NAME else KEY_WORDS


def is_damage(key: str) -> bool:
    """Tell whether a key, normalised, is what a spreadsheet leaves of a value: #REF!, ####, 1.23E+11."""
    return ("#" in key or "e+" in key or key.startswith("err:")) and _DAMAGE.fullmatch(key) is not None


def is_phrase(key: str) -> bool:
    """Tell whether a key of several words says that there is none ("prefer not to say")."""
    return " " in key and "@" not in key and no_answer(key) is not None


def nobodys(key: str) -> bool:
    """Tell whether a key that several rows of a wave hold is a filler: nought, below nought, info@..."""
    local, at, _ = key.partition("@")
    return local in _NOBODYS if at else _NOUGHT_OR_LESS.fullmatch(key) is not None or key == "x"


def refuse_lost_digits(
    frame: NarwhalsFrame, column: str, argument: str, *, where: str, whole: bool = True
) -> None:
    """Refuse numbers that have lost their last digits, and (`whole`) numbers that are not whole.

    A column of numbers with a gap is read as floats, which hold whole numbers up to 2**53 only: beyond that
    several ids become one. Text says what was written, also where a float was ("9007199254740992.0").
    """
    kind: Any = frame[column].dtype
    if kind.is_integer():
        lost, split = _through_floats(frame, column), 0
    elif kind.is_float() or kind == nw.Object:
        bits = _WHOLE_BITS.get(type(kind), 53)
        lost, split = _of_floats(objects(frame, column), bits)
    else:
        lost, split = _of_floats_as_text(frame, column), 0
    split = split if whole else 0
    if lost or split:
        n = lost or split
        raise InputError(
            argument,
            allowed="keys as text, or as whole numbers that nothing has rounded",
            received=f"column {column!r} of {where}, in which {n:,} "
            + ("numbers are so large that their last digits are lost" if lost else "numbers are not whole"),
            fix=f"Read it as text: pandas.read_csv(path, dtype={{{column!r}: str}}) (or "
            "dtype_backend='numpy_nullable'), polars.read_csv(path, schema_overrides="
            f"{{{column!r}: polars.String}}).",
        )


def _of_floats_as_text(frame: NarwhalsFrame, column: str) -> int:
    """Count the keys of a text column that are floats too large to be exact, if it begins with one."""
    if not any(isinstance(v, str) and _LOST.fullmatch(v.strip()) for v in frame[column].head(50).to_list()):
        return 0
    keys = [v.strip() for v in objects(frame, column).tolist() if isinstance(v, str)]
    return sum(_LOST.fullmatch(key) is not None and abs(float(key)) >= 2.0**53 for key in keys)


def _of_floats(values: np.ndarray[Any, Any], bits: int) -> tuple[int, int]:
    """Count the floats too large to be exact, and those that are not whole."""
    if values.dtype.kind == "f":
        numbers = values[~np.isnan(values)]
    else:
        numbers = np.array([float(v) for v in values if isinstance(v, (float, np.floating)) and v == v])  # noqa: PLR0124
    if not numbers.size:
        return 0, 0
    large = np.isfinite(numbers) & (np.abs(numbers) >= 2.0**bits)
    rest = numbers[~large]
    return int(large.sum()), int((rest != np.trunc(rest)).sum() + np.isinf(rest).sum())


def _through_floats(frame: NarwhalsFrame, column: str) -> int:
    """Count the whole numbers beyond 2**53 of a column that has been floats on its way.

    Of those that have, all are multiples of the distance between floats of their size, and about half are odd
    multiples of it. Numbers made with zeros at their end are multiples of more than that, or of ten.
    """
    series = frame[column]
    most = series.max()
    if is_missing(most) or not _EXACT <= most < 2**63:
        return 0
    numbers = series.drop_nulls().to_numpy().astype(np.int64)
    large = numbers[numbers >= _EXACT]
    if (large % 2).any():
        return 0
    large = np.unique(large)
    gap = np.spacing(large.astype(np.float64)).astype(np.int64)
    if (large % gap).any() or np.log2(gap).sum() < _BEYOND_CHANCE:
        return 0
    odd, tens = (large % (2 * gap) != 0).mean(), (large % 10 == 0).mean()
    return large.size if odd > 0.25 and tens < 0.5 else 0
