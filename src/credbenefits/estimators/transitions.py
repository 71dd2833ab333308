"""What the same people answered in two waves, with the doubt about who is who carried along."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import LinkageErrorRule
from credbenefits.errors import InputError
from credbenefits.estimators.core.flags import Response, warn_of_low_response
from credbenefits.estimators.core.notes import chained_note, misfits, readings
from credbenefits.estimators.core.transition_rows import make_plan, make_rows
from credbenefits.frames.answers import MISSING_KINDS, NO, NOT_ASKED, YES, read_answers
from credbenefits.frames.boundary import PERSON, read, require
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.numerics.pairs.linkage_error import count_pairs
from credbenefits.panel.panel import require_panel
from credbenefits.questions.item import Item, answers_of_call, insist
from credbenefits.questions.spelling import canonical, natural_order
from credbenefits.results.transitions import TransitionsResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, IntArray, Value, Values
    from credbenefits.frames.answers import Answers, StatusArray
    from credbenefits.numerics.pairs.linkage_error import LinkedCells
    from credbenefits.panel.panel import Panel
    from credbenefits.questions.item import ItemLike

#: A table of more answers than this by as many says nothing to anybody.
MOST_STATES = 30


def transitions(
    panel: Panel,
    item: ItemLike,
    *,
    waves: Sequence[str] | None = None,
    linkage_error: LinkageErrorRule | None = None,
    confidence_level: float = 0.95,
    missing: Values = (),
    answers: Values = (),
    people: str = "people",
    allow_identifier: bool = False,
) -> TransitionsResult:
    """Estimate how the same people's answers went from one wave to another.

    Parameters
    ----------
    panel : Panel
        Linked waves.
    item : str or Item
        A yes/no question, or with ``Item(..., each_level=True)`` one with several answers. Its column must be
        there in both waves.
    waves : two names, optional
        The first wave and the second. Not needed where the panel has two.
    linkage_error : {"adjust", "ignore"}, optional
        Whether to correct for links that join two different people. By default "adjust" where some match
        probability is below 1; "ignore" takes all links as right.
    confidence_level : float
        Level of the intervals, a proportion.
    missing : value or list of values
        Answers that are no answer (refusals, missing codes).
    answers : value or list of values
        Answers that look like no answer and are some all the same. Undeclared, they raise.
    people : str
        Who they are, in words: part of every printed base.
    allow_identifier : bool
        Take a column that identifies people as the answers, which is refused otherwise: a key that people are
        linked on, or text of more than 30 values of which over half belong to one person each.

    Returns
    -------
    TransitionsResult
        One row per number: for each pair of answers the proportion of all pairs, and of those who gave the
        first answer; who changed and who stayed; the proportion in both waves; and the net change. Of a first
        answer that nobody gave there is no proportion. ``rose``, ``fell``, ``changed``, ``stayed`` and
        ``change`` give single rows.

        Flags: ``none`` and ``all`` (nobody or all of the pairs); ``small_base`` and ``small_n_effective``
        (below 30; links in doubt tell less than as many certain ones); ``low_item_response`` (below 70%, see
        Notes); ``outside_range`` and ``no_interval`` (see Notes).

    Raises
    ------
    InputError
        For unknown waves or columns, columns that identify people, answers that cannot be read, a column of
        more than 30 answers, waves that nobody answered both of, match probabilities that are missing or not
        above 0 and up to 1.
    MethodError
        For an unknown way to treat linkage error.

    Warns
    -----
    DataWarning
        Where the response rate is below 70%.

    Notes
    -----
    Everything is of people who are in both waves and answered in both. Others are counted, not imputed.
    The response rate is the proportion of pairs with both answers among the pairs of people who were asked in
    both waves: ``not_asked`` does not lower it, and neither do people who are in one wave only.

    The intervals are Wilson's, that of the net change is Newcombe's for paired proportions.

    A wrong link pairs the answers of two different people, so people seem to change more than they do. The
    correction takes out what wrong links add on average if they bring in anybody of the second wave, whatever
    the first answer was:

        T = (sum of z - sum of (1 - p) P2(z | first answer)) / sum of p,

    with p the match probability, z what is averaged, and P2 the distribution of all answers in the second
    wave. It needs p that are right on average, and links whose being right does not depend on the answers.
    The standard error is that of the ratio, with P2 estimated. Its interval is that of the pairs as they are,
    on the number of certain pairs that would be as precise, moved and stretched as the estimate was. An
    estimate can fall outside of 0 to 1: the flag ``outside_range`` says that wrong links alone should have
    given more (or fewer) such pairs than there are.

    Links by exact keys and by hand count as certain. For two rows linked only through others of the same
    person it is the product along the best chain of links: a lower bound, if links are wrong independently,
    so it corrects rather too much. A note says how many there are.

    References
    ----------
    Chambers (2009), Regression analysis of probability-linked data, Statistics New Zealand; Newcombe
    (1998), Stat Med 17:2635; Wilson (1927), JASA 22:209.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> ids = [f"p{i}" for i in range(50)]
    >>> before = pd.DataFrame({"id": ids, "teaches": ["yes"] * 20 + ["no"] * 30})
    >>> after = pd.DataFrame({"id": ids, "teaches": ["yes"] * 18 + ["no"] * 22 + ["yes"] * 10})
    >>> result = cb.transitions(cb.link_waves({"before": before, "after": after}, on="id"), "teaches")
    >>> result.rose.count, result.fell.count, result.changed.estimate
    (10, 2, 0.24)
    >>> round(result.change.estimate, 2), round(result.change.conf_low, 3), round(result.change.conf_high, 3)
    (0.16, 0.025, 0.284)
    """
    level = check.confidence_level(confidence_level)
    who = check.text("people", people)
    codes = check.values("missing", missing)
    if linkage_error is not None:
        check.choice("linkage_error", linkage_error, LinkageErrorRule)
    require_panel(panel)
    check.switches(allow_identifier=allow_identifier)
    question, names = insist(_question(item), answers_of_call(answers, codes)), _two_waves(panel, waves)
    first, second = (_read(panel, wave, question, codes, allow_identifier=allow_identifier) for wave in names)
    levels = _levels(question, first, second)
    pairs = _pair(first, second, levels)
    probability, chained = _probabilities(panel, names, pairs.person)
    adjust = linkage_error == "adjust" or (linkage_error is None and bool((probability < 1).any()))
    cells = _count(pairs, probability, len(levels), adjust=adjust)
    shown = levels if question.each_level else levels[:1]
    response = Response(f"{question.label!r} in both waves", pairs.account.both, pairs.account.unanswered)
    rows = make_rows(
        cells,
        make_plan(cells, levels, shown),
        level,
        f"{who} who answered in {names[0]} and {names[1]}",
        kinds=pairs.kinds,
        shared=response.flags,
    )
    warn_of_low_response([response], "items")
    notes = [f"{wave.name}: {note}" for wave in (first, second) for note in readings(wave.answers)]
    return TransitionsResult(
        rows,
        question.label,
        levels,
        names,
        who,
        *pairs.account,
        "adjust" if adjust else "ignore",
        float(probability.mean()),
        level,
        (*chained, *misfits(rows), *notes),
        frame_kind=panel.frame_kind,
    )


# ---- reading ----------------------------------------------------------------------------------------


class _Wave(NamedTuple):
    """A wave's people and their answers."""

    name: str
    person: IntArray
    answers: list[Answers]


class _Account(NamedTuple):
    """Linked pairs: all, those who answered both waves, and the others by what is missing.

    Who was not asked in one of the waves is in `not_asked` alone.
    """

    linked: int
    both: int
    no_first: int
    no_second: int
    neither: int
    not_asked: int

    @property
    def unanswered(self) -> int:
        """Pairs of people who were asked in both waves and did not answer both."""
        return self.no_first + self.no_second + self.neither


class _Pairs(NamedTuple):
    """People who answered both waves, their answers as codes, and all answers of the second wave.

    `account` says where all linked pairs went. `kinds` counts those without both answers by kind of no
    answer: a row for each answer in the first wave, of the people who gave it, and a last one for all.
    """

    person: IntArray
    first: IntArray
    second: IntArray
    everybody: IntArray
    account: _Account
    kinds: IntArray


def _question(item: object) -> Item:
    question = Item(item) if isinstance(item, str) else item
    if not isinstance(question, Item):
        raise InputError(
            "item",
            allowed="one column name or Item",
            value=item,
            fix="For example: Item('job', yes=['Full time', 'Part time']).",
        )
    return question


def _two_waves(panel: Panel, waves: Sequence[str] | None) -> tuple[str, str]:
    names = panel.wave_names if waves is None else check.names("waves", waves)
    if len(names) != 2:
        raise InputError(
            "waves", allowed="two waves", value=names, fix=f"The waves are {check.listing(panel.wave_names)}."
        )
    return names[0], names[1]


def _read(
    panel: Panel, wave: str, question: Item, missing: tuple[Value, ...], *, allow_identifier: bool
) -> _Wave:
    people = panel.people_in(wave, "waves")
    frame = read(panel.wave(wave), "panel", allow_empty=True)
    require(frame, [question.column], "item", f"wave {wave!r}")
    if not allow_identifier:
        refuse_keys("item", [question.column], panel.key_columns[wave])
    answers = read_answers(frame, question, "item", missing, allow_identifier=allow_identifier)
    return _Wave(wave, people, answers)


def _levels(question: Item, first: _Wave, second: _Wave) -> tuple[str, ...]:
    """Return the answers of both waves: by size, date or name, or as declared (the first wave's before)."""
    if not question.each_level:
        return "yes", "no"
    levels = {canonical(a.level): a.level for a in (*second.answers, *first.answers)}
    listed = [[canonical(a.level) for a in wave.answers] for wave in (first, second)]
    order = dict.fromkeys([*listed[0], *listed[1]])
    if all(some == sorted(some, key=natural_order) for some in listed):  # no other order is declared
        order = dict.fromkeys(sorted(order, key=natural_order))
    if len(order) > MOST_STATES:
        raise InputError(
            "item",
            allowed=f"a column of at most {MOST_STATES} different answers",
            received=f"{question.column!r} with {len(order)} in the two waves",
            fix="Merge answers first, or ask for one: yes=[...].",
        )
    return tuple(levels[key] for key in order)


def _codes(wave: _Wave, levels: tuple[str, ...]) -> IntArray:
    """Return each person's place among the levels, -1 where there is no answer."""
    if not wave.answers[0].exclusive:
        status = wave.answers[0].status
        return np.where(status == YES, 0, np.where(status == NO, 1, -1)).astype(np.int64)
    place = {canonical(level): i for i, level in enumerate(levels)}
    codes = np.full(wave.person.size, -1, dtype=np.int64)
    for each in wave.answers:
        codes[each.status == YES] = place[canonical(each.level)]
    return codes


def _pair(first: _Wave, second: _Wave, levels: tuple[str, ...]) -> _Pairs:
    all_first, all_second = _codes(first, levels), _codes(second, levels)
    person, place1, place2 = np.intersect1d(
        first.person, second.person, assume_unique=True, return_indices=True
    )
    one, two = all_first[place1], all_second[place2]
    both = (one >= 0) & (two >= 0)
    reasons = _reasons(first)[place1], _reasons(second)[place2]
    asked = (reasons[0] != NOT_ASKED) & (reasons[1] != NOT_ASKED)
    parts = (
        both,
        (one < 0) & (two >= 0) & asked,
        (one >= 0) & (two < 0) & asked,
        (one < 0) & (two < 0) & asked,
        ~asked,
    )
    account = _Account(person.size, *(int(part.sum()) for part in parts))
    if not account.both:
        raise InputError(
            "waves",
            allowed="waves that somebody answered both of",
            received=f"{first.name!r} and {second.name!r}, which share {person.size:,} people, "
            f"none with an answer in both; {account.not_asked:,} of them were not asked in both",
            fix="Check the links and the missing codes."
            if person.size
            else "Nobody is in both: check the links (panel.ledger).",
        )
    # Who was not asked in one of the waves counts as that, whatever the other wave has.
    reason = np.where(asked, np.where(one < 0, *reasons), NOT_ASKED)
    kinds = _count_kinds(np.where(both, 0, reason), one, len(levels))
    return _Pairs(person[both], one[both], two[both], all_second[all_second >= 0], account, kinds)


def _reasons(wave: _Wave) -> StatusArray:
    """Return why there is no answer, below 0; the answers to a question have that in common."""
    return wave.answers[0].status


def _count(pairs: _Pairs, probability: FloatArray, size: int, *, adjust: bool) -> LinkedCells:
    """Count pairs by both answers; without the correction each of them counts as one person for certain."""
    sure = probability if adjust else np.ones(probability.size)
    return count_pairs(pairs.first, pairs.second, sure, everybody=pairs.everybody, size=size)


def _count_kinds(reason: IntArray, first: IntArray, size: int) -> IntArray:
    """Count pairs by kind of no answer (below 0), by first answer and, in the last row, in all."""
    known = len(MISSING_KINDS)
    missing = reason < 0
    place = reason[missing] + known
    given = first[missing] >= 0
    table = np.zeros((size + 1, known), dtype=np.int64)
    np.add.at(table, (first[missing][given], place[given]), 1)
    table[-1] = np.bincount(place, minlength=known)
    return table


def _probabilities(
    panel: Panel, names: tuple[str, str], person: IntArray
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the probability that each pair is one person, and a note where it was put together."""
    links = panel.as_pandas("links")
    links = links[links["wave"].isin(names) & links["linked_wave"].isin(names)].sort_values(PERSON)
    links = links.iloc[np.searchsorted(links[PERSON].to_numpy(), person)]
    p = links["match_probability"].to_numpy(np.float64)
    bad = int((~((p > 0) & (p <= 1))).sum())
    if bad:
        raise InputError(
            "panel",
            allowed="links with match probabilities above 0 and up to 1",
            received=f"{bad:,} outside of that",
            fix="See panel.links.",
        )
    indirect = int(((links["key"] == "(indirect)") & (p < 1)).sum())
    return p, chained_note(indirect)
