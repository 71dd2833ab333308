"""The data that today's tables are made of: surveys from seeds, the example study, waves joined by codes.

Draws are whole numbers and uniform floats alone, which all platforms and versions of NumPy draw alike.
"""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import credbenefits as cb

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS, SMALL, STRATA, SCHOOLS, REPLICATES = 26_000, 480, 8, 200, 24
ELEMENTS = ["street", "mother", "birth_day", "birth_month", "siblings", "pet", "town", "shoe"]
_LEVELS = [60, 40, 31, 12, 6, 40, 50, 12]


def survey(rows, seed):
    """A survey of pupils: schools within districts, weights, every kind of question and of no answer."""
    rng = np.random.default_rng(seed)
    school = np.append(np.arange(SCHOOLS), rng.integers(0, SCHOOLS, rows - SCHOOLS))
    district = school % STRATA
    level = rng.random((SCHOOLS, 6))[school] * 0.4

    def yes(k, base):
        return rng.random(rows) < base + level[:, k]

    def pick(rest, shares):
        """One of the values by their shares, otherwise `rest`."""
        places = np.searchsorted(np.cumsum(list(shares.values())), rng.random(rows))
        return np.array([*shares, rest], dtype=object)[places]

    def gaps(values, share, gap=None):
        return np.where(rng.random(rows) < share, gap, values)

    none = {"refused": 0.03, "skipped": 0.02, "not asked": 0.1, "?": 0.02}
    columns = {
        "district": np.array([f"D{k}" for k in range(STRATA)], dtype=object)[district],
        "school": school,
        "schools_there": 30 + 5 * district,
        "lonely": np.where(school == 0, "alone", np.where(district < 4, "west", "east")).astype(object),
        "region": pick("west", {"north": 0.4, "south": 0.3, "east": 0.2}),
        "age": gaps(pick(60, {19: 0.3, 24: 0.3, 31: 0.2, 45: 0.15}), 0.02),
        "job": gaps(np.where(yes(0, 0.1), "Yes", "No"), 0.06),
        "better": gaps(yes(1, 0.3).astype(object), 0.1),
        "rare": yes(2, 0.0) & yes(3, 0.0) & (rng.random(rows) < 0.05),
        "status": pick(None, {"full": 0.3, "part": 0.25, "none": 0.25, **none}),
        "rating": gaps(pick(5, {1: 0.1, 2: 0.2, 3: 0.3, 4: 0.25}), 0.05),
        "score": gaps(rng.integers(0, 101, rows).astype(object), 0.04, -9),
        "box_fees": yes(4, 0.1).astype(int).astype(object),
        "box_time": yes(5, 0.2).astype(int).astype(object),
        "box_none": (rng.random(rows) < 0.2).astype(int).astype(object),
        "reasons": pick(
            None, {"fees": 0.2, "fees;time": 0.2, "time": 0.2, "fees;time;travel": 0.1, "nothing": 0.2}
        ),
        "weight": rng.integers(20, 400, rows) / 100,
        "whole": rng.integers(1, 6, rows),
        "some": rng.integers(0, 8, rows) / 4,
    }
    frame = pd.DataFrame(columns)
    frame.loc[frame["box_none"] == 1, ["box_fees", "box_time"]] = 0
    frame.loc[rng.random(rows) < 0.05, ["box_fees", "box_time", "box_none"]] = None
    drawn = rng.integers(0, 3, (REPLICATES, SCHOOLS))  # how often a replicate drew each school
    for k in range(REPLICATES):
        frame[f"rep{k}"] = frame["weight"] * drawn[k][school]
    return frame


def code_waves(seed=20, people=700, back=260, new=60):
    """Two waves joined by a code that some give differently, with answers that change."""
    rng = np.random.default_rng(seed)
    n = people + new
    codes = np.column_stack([rng.integers(0, k, n) for k in _LEVELS])
    job = rng.random(n) < 0.4
    state = rng.integers(0, 3, n)
    one = rng.permutation(people)
    two = rng.permutation(np.append(rng.permutation(people)[:back], np.arange(people, n)))
    again = np.where(rng.random((two.size, 8)) < 0.05, rng.integers(0, 6, (two.size, 8)), codes[two])
    names = np.array(["low", "mid", "top"], dtype=object)

    def wave(written, job, state):
        text = pd.DataFrame(written, columns=ELEMENTS).astype(str).astype(object)
        text = text.mask(rng.random(written.shape) < 0.03, None)
        answer = np.where(rng.random(len(text)) < 0.05, None, np.where(job, "yes", "no"))
        moods = np.array(["good", "bad", "good", "bad", "good", "refused", "not asked", "?"], dtype=object)
        return text.assign(job=answer, state=names[state], mood=moods[rng.integers(0, 8, len(text))])

    first = wave(codes[one], job[one], state[one])
    moved = np.where(rng.random(two.size) < 0.2, rng.integers(0, 3, two.size), state[two])
    return {"start": first, "end": wave(again, job[two] ^ (rng.random(two.size) < 0.25), moved)}


def as_given(frame):
    return frame


def tiny_survey():
    """Nine people a school, of whom some groups say nothing, nobody yes, or all of them."""
    place = np.arange(72)
    frame = pd.DataFrame({"group": list("abcdefgh") * 9, "school": place // 9, "weight": place % 7 + 1.0})
    answers = {"a": "Yes", "b": "No", "c": None, "d": "No"}
    mixed = np.where(place % 5 < 2, "Yes", "No")
    frame["answer"] = [answers.get(g, m) for g, m in zip(frame["group"], mixed, strict=True)]
    frame["alone"] = np.where(frame["group"] == "e", np.where(frame["school"] == 0, "Yes", None), mixed)
    gone = frame["group"] == "f"  # of whom the third replicate has nobody
    for k in range(8):
        frame[f"rep{k}"] = frame["weight"] * (frame["school"] != k) * ~(gone & (k == 3))
    return frame


def short_codes():
    """Codes of which links tell little: many of them are false."""
    return {
        name: frame[[*ELEMENTS[:4], "job", "state"]] for name, frame in code_waves(back=120, new=300).items()
    }


def built(make):
    """Make a property once. Its warnings go to `said`, not to whichever call comes first."""

    def quietly(data):
        with warnings.catch_warnings(record=True) as data.said[make.__name__]:
            warnings.simplefilter("always")
            return make(data)

    return cached_property(quietly)


class Data:
    """What the calls are about. `kind` makes each frame into what is handed to the library.

    `said` has the warnings with which panels and weights were made; :meth:`with_warnings` repeats them.
    """

    def __init__(self, kind: Callable[[pd.DataFrame], object] = as_given):
        self.kind = kind
        self.said = {}

    def with_warnings(self, name):
        """Return a panel or the weights, and warn as their making did."""
        made = getattr(self, name)
        for each in self.said[name]:
            warnings.warn(each.message, stacklevel=2)
        return made

    @cached_property
    def large(self):
        return self.kind(survey(ROWS, 7))

    @cached_property
    def small(self):
        return self.kind(survey(SMALL, 8))

    @cached_property
    def tiny(self):
        return self.kind(tiny_survey())

    @cached_property
    def study(self):
        return {name: self.kind(frame) for name, frame in cb.load_credentials(truth=True).items()}

    @built
    def panel(self):
        return cb.link_waves(self.study, on=["learner_id", "email"], exclude={"status": "Survey Preview"})

    @cached_property
    def codes(self):
        return {name: self.kind(frame) for name, frame in code_waves().items()}

    @built
    def code_panel(self):
        return cb.link_waves(self.codes, on=ELEMENTS, method="code", ordered=["birth_day", "birth_month"])

    @built
    def doubtful(self):
        frames = {name: self.kind(frame) for name, frame in short_codes().items()}
        return cb.link_waves(frames, on=ELEMENTS[:4], method="code", threshold=0.05)

    @built
    def weights(self):
        return cb.attrition_weights(
            self.panel,
            ["employment", "education", "program"],
            wave="followup",
            to="completion",
            check=["region", "age_group"],
            population="completers",
        )
