"""The two waves of a panel and their question, read: what each asks, and who answered what in both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.pairs import WaveAnswers, levels_of, pair, read_wave, refuse_idle_same
from credbenefits.errors import InputError
from credbenefits.estimators.core.pairing.refused import refuse_nobody_in_both
from credbenefits.estimators.core.source import read_question
from credbenefits.frames.answers import columns_of
from credbenefits.frames.boundary import PERSON, read, require
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.panel.waves import require_wave
from credbenefits.questions.item import Item, Joined, insist
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Value
    from credbenefits.counts.coding.pairs import Pairs
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.panel.panel import Panel


class Both(NamedTuple):
    """Two waves: their names, frames and answers, the answers of both, and who is in both."""

    names: tuple[str, str]
    frames: tuple[NarwhalsFrame, NarwhalsFrame]
    first: WaveAnswers
    second: WaveAnswers
    levels: tuple[str, ...]
    pairs: Pairs

    @property
    def question(self) -> Item | Joined:
        """What the first wave was asked."""
        return self.first.question

    @property
    def shown(self) -> tuple[str, ...]:
        """The answers of which the proportion in each wave is shown."""
        return self.levels if self.question.each_level else self.levels[:1]

    @property
    def note(self) -> tuple[str, ...]:
        """Say that the second wave's column has another name."""
        one, two = self.first.question.column, self.second.question.column
        if one == two:
            return ()
        return (f"{self.names[0]} has it in the column {one}, {self.names[1]} in the column {two}",)


def read_both(
    panel: Panel,
    item: object,
    names: tuple[str, str],
    *,
    same: Mapping[str, Value],
    missing: Sequence[Value],
    answers: Sequence[Value],
    allow_identifier: bool,
) -> Both:
    """Read the question in both waves."""
    frames = [read(panel.wave(wave), "panel", allow_empty=True) for wave in names]
    waves = []
    for wave, frame, asked in zip(names, frames, _questions(item, names), strict=True):
        require(frame, columns_of(asked), "item", f"wave {wave!r}")
        if not allow_identifier:
            refuse_keys("item", columns_of(asked), panel.key_columns[wave])
        here = wave, np.asarray(frame[PERSON].to_numpy(), dtype=np.int64)
        question, how = insist(asked, answers), {"allow_identifier": allow_identifier}
        if isinstance(question, Joined):
            _refuse_same(same, question)
            made = read_question(frame, question, "item", missing, **how)
            waves.append(WaveAnswers(wave, question, here[1], made, None))
        else:
            waves.append(read_wave(frame, question, missing, wave=here, same=same, **how))
    refuse_idle_same(same, waves)
    first, second = waves
    levels = levels_of(first, second)
    pairs = pair(first, second, tuple(levels))
    refuse_nobody_in_both(pairs, names)
    return Both(names, (frames[0], frames[1]), first, second, tuple(levels.values()), pairs)


def two_waves(panel: Panel, waves: Sequence[str] | None) -> tuple[str, str]:
    """Return the names of the two waves."""
    names = panel.wave_names if waves is None else check.wave_names("waves", waves)
    if len(names) != 2:
        raise InputError(
            "waves", allowed="two waves", value=names, fix=f"The waves are {check.listing(panel.wave_names)}."
        )
    for name in names:
        require_wave(name, panel.wave_names, "waves")
    return names[0], names[1]


def _refuse_same(same: Mapping[str, Value], question: Joined) -> None:
    if same:
        raise InputError(
            "same",
            allowed="spellings of the answers to one item",
            received=f"some, beside {question!r}",
            fix="Name all spellings in the items: Item('column', yes=['Every day', 'Everyday']).",
        )


def _questions(item: object, names: tuple[str, str]) -> list[Item | Joined]:
    """Return the question of each wave."""
    if not isinstance(item, Mapping):
        return [_question(item)] * 2
    item = check.by_wave("item", item, example="{'start': 'job', 'end': 'job_2'}")
    if set(item) != set(names):
        raise InputError(
            "item",
            allowed=f"an entry for each of the waves {check.listing(names)}",
            received=check.listing(item),
            fix=f"For example: {{{names[0]!r}: 'job', {names[1]!r}: 'job_2'}}.",
        )
    one, two = (_question(item[name]) for name in names)
    declared = [
        {canonical(level) for level in question.values("levels")}
        for question in (one, two)
        if isinstance(question, Item) and question.levels
    ]
    # A wave may offer more answers than the other.
    apart = len(declared) == 2 and not (declared[0] <= declared[1] or declared[1] <= declared[0])
    if one.each_level != two.each_level or apart:
        raise InputError(
            "item",
            allowed="the same answers in both waves: each_level=True and levels= in both or in neither",
            received=f"{one!r} and {two!r}",
            fix="Ask both waves for the same.",
        )
    return [one, two]


def _question(item: object) -> Item | Joined:
    question = Item(item) if isinstance(item, str) else item
    if not isinstance(question, (Item, Joined)):
        raise InputError(
            "item",
            allowed="one column name, Item, any_of() or all_of(), or one for each of the two waves",
            value=item,
            fix="For example: Item('job', yes=['Full time', 'Part time']).",
        )
    return question
