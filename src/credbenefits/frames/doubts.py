"""The one guard against no answers that nobody declared: words of the register, and codes beside a scale."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np

from credbenefits.errors import InputError
from credbenefits.frames.keys.normalise import distinct
from credbenefits.questions.gaps import code_like
from credbenefits.questions.spelling import as_number, canonical, is_missing
from credbenefits.questions.words import no_answer

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from credbenefits._typing import BoolArray, IntArray, MissingKind, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.columns import Categories

#: Kinds of no answer in the order in which an error names them.
KINDS: tuple[MissingKind, ...] = ("refused", "skipped", "not_asked", "missing")
#: Types of columns whose cells can be words.
_MAY_BE_WORDS = (nw.String, nw.Object)
#: No answers that an error lists; more are counted.
_MOST_SHOWN = 12
#: A level that begins with its number, "1 - Strongly disagree" or "-2 = much worse".
_LABELLED = re.compile(
    r"[(\[]?([+-]?\d+(?:\.\d+)?)[)\]]?\s*(?:[:.=)]|- )?\s*(?=[^\W\d_]{2})(?!to\b|or\b|bis\b)"
)
#: Codes of countries, states and provinces, among which NA, DK or NC are places.
_PLACES = frozenset(
    """
    ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw
    by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi
    fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in
    io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me
    mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf
    pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv
    sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk um us uy uz va vc ve vg vi vn vu wf ws
    xk ye yt za zm zw eu ak ct dc fl hi ia ks mi nd nh nj nm nv ny oh ok or ri tx ut wa wi wv wy ab bc mb nb
    ns nt on qc""".split()  # noqa: SIM905 - as one text it is read at a glance
)
#: What is left of "not applicable", "unsure" or "trifft nicht zu" without the negation.
_NEGATION = re.compile(
    r"^(?:(?:was|is|do|does|did|can|has|have|a) ?)?(?:not?|nt|nicht|inte|ej|ikke|ei|en|ekki|nao|pas|ne)\b ?"
    r"|^(?:doesn't|don't|didn't|wasn't|does not|un|non-?) ?| nicht\b.*$"
)
_DEGREE = r"(?:very|somewhat|fairly|quite|completely|fully|partly|mostly|rather|slightly|always|partially) "
#: Words beside which "refused" and "declined" are what somebody did.
_DEEDS = (
    "accepted",
    "agreed",
    "consented",
    "attended",
    "enrolled",
    "took ",
    "received",
    "increased",
    "grew",
    "improved",
    "approved",
)


def doubtful(
    categories: Categories,
    *,
    answers: Collection[Value] = (),
    counted_as_no: Collection[int] | None = None,
    numbers: bool = True,
) -> dict[int, MissingKind]:
    """Return the levels that look like no answer, and of which kind.

    `answers` are answers whatever they look like. With `counted_as_no` only these levels are at stake, which
    would become a no without a word. Where `numbers` are names (strata, clusters) they are no codes.
    """
    result = _words(categories)
    if numbers:
        result.update(
            dict.fromkeys(_codes(categories, result, cautious=counted_as_no is not None), "missing")
        )
    settled = {canonical(v) for v in answers}
    return {
        i: result[i]
        for i in sorted(result)
        if (counted_as_no is None or i in counted_as_no) and canonical(categories.levels[i]) not in settled
    }


def refuse_undeclared(
    categories: Categories,
    argument: str,
    *,
    answers: Collection[Value] = (),
    counted_as_no: Collection[int] | None = None,
    of_item: bool = False,
) -> None:
    """Refuse a column with undeclared levels that look like no answer.

    Parameters
    ----------
    categories : Categories
        The column, without what was declared as no answer.
    argument : str
        The argument that the column belongs to.
    answers : collection of values
        What was declared to be an answer, whatever it looks like.
    counted_as_no : collection of int, optional
        The levels that would become a no without a word; by default all levels are at stake.
    of_item : bool
        Whether kinds of no answer can be declared there (`Item`), or there is `missing=` alone.
    """
    result = doubtful(categories, answers=answers, counted_as_no=counted_as_no)
    if not result:
        return
    sizes = categories.sizes()
    shown = {i: shown_value(categories.levels[i]) for i in result}
    said = [f"{shown[i]} in {sizes[i]:,} row{'s' if sizes[i] != 1 else ''}" for i in result][:_MOST_SHOWN]
    more = len(result) - len(said)
    came = ", ".join(said) + (f" and {more} more" if more > 0 else "")
    raise InputError(
        argument,
        allowed=f"answers in {categories.column!r}, with what is no answer declared",
        received=f"values that look like no answer ({came})",
        fix=advice([(shown[i], kind) for i, kind in result.items()], of_item=of_item),
    )


def shown_value(level: object) -> str:
    """Write a level as it can stand in code: words in quotes, numbers plain, as text of them is the same."""
    number = as_number(level)
    return canonical(level) if number is not None else repr(level if isinstance(level, str) else str(level))


def advice(doubts: Sequence[tuple[str, MissingKind]], *, of_item: bool, otherwise: str = "answers") -> str:
    """Say how to declare levels as no answer of their kind, and with which argument as answers."""
    said = declaration(doubts if of_item else [(shown, "missing") for shown, _ in doubts])
    they = "they are" if len(doubts) > 1 else "it is"
    everything = ", ".join(shown for shown, _ in doubts)
    an = "answers" if len(doubts) > 1 else "an answer"
    return f"Say {said} if {they} no answer, or {otherwise}=[{everything}] if {they} {an}."


def declaration(doubts: Sequence[tuple[str, MissingKind]]) -> str:
    """Write levels as arguments by their kinds: refused=['Declined'], missing=[8, 9]."""
    by_kind = {kind: [shown for shown, own in doubts if own == kind] for kind in KINDS}
    return ", ".join(f"{kind}=[{', '.join(listed)}]" for kind, listed in by_kind.items() if listed)


def holds_answer(
    frame: NarwhalsFrame,
    column: str,
    argument: str = "data",
    *,
    missing: Collection[Value] = (),
    answers: Collection[Value] = (),
) -> BoolArray:
    """Tell row by row whether a cell holds an answer.

    Missing and blank cells hold none, nor do words for no answer, nor what `missing` declares; what
    `answers` declares is one whatever it looks like. Bare numbers hold an answer unless declared.
    """
    gone, kept = {canonical(v) for v in missing}, {canonical(v) for v in answers}
    values, place = distinct(frame, column, argument)

    def holds(value: object) -> bool:
        said = "" if is_missing(value) else canonical(value)
        return bool(said) and (said in kept or (said not in gone and no_answer(value) is None))

    by_value: BoolArray = np.array([*map(holds, values), False], dtype=bool)
    return by_value[place]


def answered_cells(frame: NarwhalsFrame) -> IntArray:
    """Count, row by row, the cells that hold an answer (see `holds_answer`)."""
    filled = np.zeros(len(frame), dtype=np.int64)
    for name in frame.columns:
        kind = frame[name].dtype
        if kind in _MAY_BE_WORDS or isinstance(kind, (nw.Categorical, nw.Enum)):
            try:
                filled += holds_answer(frame, name)
                continue
            except InputError:  # cells are lists or the like
                pass
        series = frame[name]
        empty = series.is_null() | series.is_nan() if kind.is_float() else series.is_null()
        filled += ~np.asarray(empty.fill_null(True).to_numpy(), dtype=bool)
    return filled


def _words(categories: Categories) -> dict[int, MissingKind]:
    """Return the levels that the register knows, but for those that the other levels make answers."""
    kinds: list[MissingKind | None] = [no_answer(level) for level in categories.levels]
    result: dict[int, MissingKind] = {i: kind for i, kind in enumerate(kinds) if kind is not None}
    if not result:
        return {}
    others = [canonical(level) for i, level in enumerate(categories.levels) if i not in result]
    return {i: k for i, k in result.items() if not _is_answer(canonical(categories.levels[i]), k, others)}


def _is_answer(said: str, kind: MissingKind, others: Sequence[str]) -> bool:
    """Tell whether the other levels make an answer of what looks like none: NA among countries, opposites."""
    if len(said) == 2 and said.isalpha():
        return len(others) > 1 and _PLACES.issuperset(others)
    if kind == "refused" and said.startswith(("refus", "declin")):
        return any(word in other for other in others for word in _DEEDS)
    rest = _NEGATION.sub("", said)
    stem = rest.split(" ")[0][:6].rstrip("y")
    if rest == said or len(stem) < 4 or stem in {"answer", "respon"}:
        return False
    opposite = re.compile(f"(?:{_DEGREE})?{re.escape(stem)}")
    return any(opposite.match(other) for other in others)


def _codes(categories: Categories, known: Collection[int], *, cautious: bool) -> list[int]:
    """Return the levels that are codes, judged by the numbers and words beside them."""
    bare: dict[int, float] = {}
    labelled: dict[int, float] = {}
    words = 0
    for i, level in enumerate(categories.levels):
        if i in known:
            continue
        number = as_number(level)
        match = _LABELLED.match(canonical(level)) if isinstance(level, str) and number is None else None
        if number is not None:
            bare[i] = number
        elif match is not None:
            labelled[i] = float(match[1])
        elif isinstance(level, str) and not any(c.isdigit() for c in level):
            words += 1
    numbers = {**bare, **labelled}
    sizes = categories.sizes() if numbers else np.zeros(0, dtype=np.int64)
    result = code_like(list(numbers.values()), [int(sizes[i]) for i in numbers], cautious=cautious)
    codes = [i for i, x in numbers.items() if x in result and (i in bare or x < 0)]
    if words and bare and not codes and not labelled:
        # Numbers among words, all of them written as codes are: Yes, No, 8, 9.
        scale = code_like([0.0, 1.0, *bare.values()], [9] * (len(bare) + 2))
        codes = list(bare) if scale >= set(bare.values()) else []
    return codes
