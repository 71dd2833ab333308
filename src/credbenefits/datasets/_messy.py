"""Turn one clean row per person into a raw survey export: repeats, blank keys, e-mail spellings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from credbenefits.datasets._background import CHOICES, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOBODY = -1

_DOMAINS = ("example.org", "example.com", "example.net")
_ZERO_WIDTH_SPACE = "\u200b"
_BYTE_ORDER_MARK = "\ufeff"
_BLANKS = (None, "", "  ", _ZERO_WIDTH_SPACE, f"{_BYTE_ORDER_MARK} ")
_EMAIL_BLANK_SHARE = 0.03
_ID_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 15

# Unicode keeps the full-width forms of printable ASCII at a fixed distance; NFKC undoes it.
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}

_SPELLINGS: tuple[tuple[float, Callable[[str], str]], ...] = (
    (0.64, lambda email: email),
    (0.12, lambda email: email.capitalize()),
    (0.06, lambda email: email.upper()),
    (0.05, lambda email: f"  {email}"),
    (0.06, lambda email: f"{email} "),
    (0.04, lambda email: email[:7] + _ZERO_WIDTH_SPACE + email[7:]),
    (0.02, lambda email: email.replace("@", f"{_BYTE_ORDER_MARK}@")),
    (0.01, lambda email: email.translate(_FULL_WIDTH)),
)


@dataclass(frozen=True)
class WaveShape:
    """How untidy the export of one wave is, and when its answers came in."""

    repeats: int
    unkeyed: int
    previews: int
    blank_id_share: float
    contradict_on: str
    opened: str
    closed: str


@dataclass(frozen=True)
class Layout:
    """The rows of one export in submission order.

    `source` is the row of the clean frame that the answers come from, `person` the person that
    the row belongs to or `NOBODY`.
    """

    source: IntArray
    person: IntArray
    repeat: BoolArray
    preview: BoolArray


def lay_out(rng: np.random.Generator, people: IntArray, when: FloatArray, shape: WaveShape) -> Layout:
    """Order one final row per person among repeats, rows without keys and test rows.

    `when` (between 0 and 1) says how late in the wave each person answered for good.
    """
    size = len(people)
    # One in twenty sends a third row, so that keeping "the second" is not keeping the last.
    thirds = shape.repeats // 20
    repeated = rng.choice(size, size=shape.repeats - thirds, replace=False)
    repeated = np.concatenate([repeated, repeated[:thirds]])
    strangers = shape.unkeyed + shape.previews
    source = np.concatenate([np.arange(size), repeated, rng.integers(size, size=strangers)])
    person = np.concatenate([people, people[repeated], np.full(strangers, NOBODY)])
    # A repeat comes before the final row: a share below one of the way to it.
    moment = np.concatenate(
        [when, when[repeated] * rng.uniform(0.5, 0.98, shape.repeats), rng.random(strangers)]
    )
    number = np.arange(len(source))
    order = np.argsort(moment, kind="stable")
    return Layout(
        source=source[order],
        person=person[order],
        repeat=((number >= size) & (number < size + shape.repeats))[order],
        preview=(number >= len(source) - shape.previews)[order],
    )


def fill_in(
    rng: np.random.Generator, answers: pd.DataFrame, layout: Layout, shape: WaveShape
) -> pd.DataFrame:
    """Give every row its answers; two repeats in three contradict the person's final row."""
    repeats = np.flatnonzero(layout.repeat)
    contradicting = repeats[np.arange(len(repeats)) % 3 < 2]
    values = pd.factorize(answers[shape.contradict_on])[0].astype(np.int64)
    other_source = layout.source.copy()
    other_source[contradicting] = _different_donors(rng, values, layout.source[contradicting])
    # The background stays the person's own. All other answers come from one donor together,
    # because a skipped question must stay in step with the question that leads to it.
    return pd.DataFrame(
        {
            column: answers[column].to_numpy()[layout.source if column in CHOICES else other_source]
            for column in answers.columns
        }
    )


def add_keys(
    rng: np.random.Generator, layouts: Sequence[Layout], numbers: IntArray, blank_id_shares: Sequence[float]
) -> list[pd.DataFrame]:
    """Write `learner_id` and `email` for the rows of all waves, never cutting a person in two."""
    without_id = [
        _some(rng, np.flatnonzero(layout.person != NOBODY), share)
        for layout, share in zip(layouts, blank_id_shares, strict=True)
    ]
    # A row without an id is found by its e-mail alone, hence whoever has such a row in any wave
    # keeps the e-mail in all of them.
    needs_email = np.zeros(len(numbers), dtype=np.bool_)
    for layout, rows in zip(layouts, without_id, strict=True):
        needs_email[layout.person[rows]] = True
    domains = rng.integers(len(_DOMAINS), size=len(numbers))
    emails = [f"learner{n}@{_DOMAINS[d]}" for n, d in zip(numbers.tolist(), domains.tolist(), strict=True)]
    ids = np.array([f"L{n:07d}" for n in numbers.tolist()], dtype=object)
    keys: list[pd.DataFrame] = []
    for layout, rows in zip(layouts, without_id, strict=True):
        keyed = np.flatnonzero(layout.person != NOBODY)
        free = keyed[~needs_email[layout.person[keyed]]]
        without_email = rng.choice(free, size=round(len(keyed) * _EMAIL_BLANK_SHARE), replace=False)
        learner_id = _blanks(rng, len(layout.person))
        learner_id[keyed] = ids[layout.person[keyed]]
        learner_id[rows] = _blanks(rng, len(rows))
        email = _blanks(rng, len(layout.person))
        email[keyed] = _spelled(rng, [emails[person] for person in layout.person[keyed].tolist()])
        email[without_email] = _blanks(rng, len(without_email))
        keys.append(pd.DataFrame({"learner_id": learner_id, "email": email}))
    return keys


def submissions(rng: np.random.Generator, layout: Layout, shape: WaveShape) -> pd.DataFrame:
    """Give the rows of one export their numbers, dates and status."""
    rows = len(layout.person)
    characters = np.array(list(_ID_CHARACTERS))[rng.integers(len(_ID_CHARACTERS), size=(rows, _ID_LENGTH))]
    opened, closed = np.datetime64(shape.opened, "s"), np.datetime64(shape.closed, "s")
    seconds = int((closed - opened).astype(np.int64))
    # Drawn without replacement: equal times would leave open which row came last.
    moments = opened + np.sort(rng.choice(seconds, size=rows, replace=False)).astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "response_id": ["R_" + "".join(row) for row in characters.tolist()],
            "submitted_at": np.datetime_as_string(moments, unit="s").astype(object),
            "status": np.where(layout.preview, "Survey Preview", "Response").astype(object),
        }
    )


def _different_donors(rng: np.random.Generator, values: IntArray, rows: IntArray) -> IntArray:
    donors = rng.integers(len(values), size=len(rows))
    while (same := values[donors] == values[rows]).any():
        donors[same] = rng.integers(len(values), size=int(same.sum()))
    return donors


def _some(rng: np.random.Generator, rows: IntArray, share: float) -> IntArray:
    return rng.choice(rows, size=round(len(rows) * share), replace=False)


def _blanks(rng: np.random.Generator, size: int) -> npt.NDArray[np.object_]:
    return np.array(_BLANKS, dtype=object)[rng.integers(len(_BLANKS), size=size)]


def _spelled(rng: np.random.Generator, emails: list[str]) -> list[str]:
    shares = [share for share, _ in _SPELLINGS]
    chosen = rng.choice(len(_SPELLINGS), size=len(emails), p=shares).tolist()
    return [_SPELLINGS[which][1](email) for which, email in zip(chosen, emails, strict=True)]
