"""Who is lost between waves, how people answered over all of them, and which groups are found again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.estimators.core.losing.counted import (
    ANSWERED,
    INELIGIBLE,
    NOT_INVITED,
    classes_of,
    funnel_of,
    overlap_of,
    places,
    standing,
)
from credbenefits.estimators.core.losing.groups import Sought, retention_of
from credbenefits.estimators.core.pairing.read import two_waves
from credbenefits.frames.boundary import read, take
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.panel.panel import require_panel
from credbenefits.questions.groups import as_groups
from credbenefits.results.attrition.report import AttritionResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import IntArray, Values
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.panel.panel import Panel
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.results.attrition.retention import RetentionResult

#: How waves that are not linked by exact keys are linked.
_BY = {"code": "codes", "probabilistic": "probabilistic matching"}


def attrition(
    panel: Panel,
    *,
    waves: Sequence[str] | None = None,
    by: GroupsBy | None = None,
    bins: t.Bins | None = None,
    design: SurveyDesign | None = None,
    confidence_level: float = 0.95,
    missing: Values = (),
    answers: Values = (),
    people: str = "people",
    allow_identifier: bool = False,
) -> AttritionResult:
    """Account for the people who are lost between waves, and say which groups are found again.

    It counts links. People who answered a wave and cannot be linked to an earlier one are not found: the
    notes say how many they may be. So a share found again is at most as large as the share of those who took
    part again, unless links are wrong.

    Parameters
    ----------
    panel : Panel
        From :func:`credbenefits.link_waves`. Where it knows how people ended in a wave (``status=``), those
        who were ineligible (left the population) or not invited are counted apart from those who were silent.
    waves : sequence of str, optional
        The wave whose people are looked for, and the wave in which they are looked for; the first and the
        last wave where it is left out. All tables but ``retention`` are of all waves.
    by : str, Item or sequence of these, optional
        Columns or questions of the first of these waves that make groups; several are crossed. People
        without a value are in no group, as a note says.
    bins : int or mapping, optional
        How columns of numbers in `by` are cut, as in :func:`credbenefits.proportions`.
    design : SurveyDesign, optional
        How the people of the first of these waves were drawn, in columns of that wave. Nobody has a weight
        here, so it cannot have replicate weights.
    confidence_level : float
        Level of the Wilson intervals, which are of the effective size where there is a design.
    missing : value or sequence
        Answers that are no answer, in the columns of `by`.
    answers : value or sequence
        Answers that look like no answer and are some.
    people : str
        Who answered the first of the waves, in words.
    allow_identifier : bool
        Whether columns of `by` may identify people.

    Returns
    -------
    AttritionResult
        Its tables are ``retention``, ``funnel``, ``overlap``, ``patterns`` and ``classes``; the first is what
        it prints. In ``retention`` there is a row for each group, or one alone. The base ``n`` is everybody
        who answered the first of the waves, or of the group in it, but those who were ineligible or not
        invited in the second.

    Raises
    ------
    InputError
        Where the waves are not two different ones of the panel, nobody of the first could have answered the
        second, or an argument cannot be used.

    See Also
    --------
    Panel.flow : Wave, conditional and cumulative rates of all waves.
    nonresponse_bias : What it does to estimates that some groups are lost more than others.

    Notes
    -----
    The interval is for the share that such people would be found again; people who took part and are not
    linked are a bias that no interval holds. Groups of fewer than 30 people have the flag ``small_base``.

    **Small groups.** Groups of fewer than 10 people are shown together, as "(small groups)"; where that is
    one group alone, or fewer than 10 people, the next larger group joins them, so that nobody can have the
    share of a small group by taking all others from the whole. Where a group has fewer than 50 people,
    ``shrunken`` stands beside the raw share: the mean of the group's posterior, with a beta distribution of
    the shares of all groups that is fitted by maximum likelihood (with a design to the effective sizes).
    Where the groups differ by no more than chance makes them, all have the share of all.

    References
    ----------
    Wilson (1927), JASA 22:209. Kleinman (1973), JASA 68:46.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> start = pd.DataFrame({"id": range(90), "site": ["north"] * 60 + ["south"] * 30})
    >>> end = pd.DataFrame({"id": [*range(45), *range(60, 75), 901, 902]})
    >>> lost = cb.attrition(cb.link_waves({"start": start, "end": end}, on="id"), by="site")
    >>> lost.to_frame()[["site", "estimate", "conf_low", "conf_high", "count", "n", "shrunken"]].round(3)
        site  estimate  conf_low  conf_high  count   n  shrunken
    0  north      0.75     0.628      0.842     45  60     0.719
    1  south      0.50     0.332      0.668     15  30     0.562
    >>> lost.classes.to_frame()[["kind", "last", "n"]]
               kind   last   n
    0        stayer         60
    1      drop-out  start  30
    2      returner          0
    3  late entrant          2
    4         never          0
    """
    require_panel(panel)
    pair = two_waves(panel, [panel.wave_names[0], panel.wave_names[-1]] if waves is None else waves)
    columns = [one for one in as_groups(by, check.values("answers", answers)) if isinstance(one, str)]
    for column in columns:
        check.column("by", column, panel.columns_of(pair[0]), f"wave {pair[0]!r}")
    if not allow_identifier:
        refuse_keys("by", columns, panel.key_columns[pair[0]])
    options = {
        "bins": bins,
        "design": design,
        "confidence_level": confidence_level,
        "missing": check.values("missing", missing),
        "answers": check.values("answers", answers),
        "people": people,
        "allow_identifier": allow_identifier,
    }
    where = standing(panel)
    classes = classes_of(panel, where == ANSWERED)
    return AttritionResult(
        pair,
        _retention(panel, pair, where, by=by, options=options),
        funnel_of(panel, where),
        overlap_of(panel, where == ANSWERED),
        panel.patterns(),
        classes,
        frame_kind=panel.frame_kind,
    )


def _retention(
    panel: Panel,
    pair: tuple[str, str],
    where: IntArray,
    *,
    by: GroupsBy | None,
    options: Mapping[str, object],
) -> RetentionResult:
    """Estimate which share of a wave's people is found again, of those who could have answered."""
    first, again = pair
    here = panel.people_in(first)
    ended = where[places(panel, here), panel.wave_names.index(again)]
    asked = ~np.isin(ended, (INELIGIBLE, NOT_INVITED))
    if not asked.any():
        outside = f"all {asked.size:,} people were ineligible or not invited in {again!r}"
        why = outside if asked.size else "nobody answered"
        raise InputError(
            "waves",
            allowed="a first wave with somebody who could have answered the second",
            received=f"{first!r}, where {why}",
            fix=f"The waves are {check.listing(panel.wave_names)}.",
        )
    frame = read(panel.wave(first), "panel")
    frame = frame if asked.all() else take(frame, np.flatnonzero(asked))
    made = retention_of(Sought(frame, ended[asked] == ANSWERED, again, by, options))
    left, not_invited = int((ended == INELIGIBLE).sum()), int((ended == NOT_INVITED).sum())
    notes = (*_not_found(panel, pair, here, panel.people_in(again)), *_outside(again, left, not_invited))
    return replace(
        made,
        waves=pair,
        left=left,
        not_invited=not_invited,
        notes=(*notes, *made.notes),
        frame_kind=panel.frame_kind,
    )


def _outside(again: str, left: int, not_invited: int) -> list[str]:
    """Say who is not in the base."""
    said = [f"{left:,} had left the population"] * bool(left)
    said += [f"{not_invited:,} {'was' if not_invited == 1 else 'were'} not invited"] * bool(not_invited)
    return [f"by “{again}” {' and '.join(said)}: they are in no share"] if said else []


def _not_found(panel: Panel, waves: tuple[str, str], here: IntArray, there: IntArray) -> tuple[str, ...]:
    """Say who may have taken part again without being found."""
    first, again = waves
    strangers = int((~np.isin(there, here)).sum())
    ledger = panel.as_pandas("ledger")
    without = {wave: int(n) for wave, n in zip(ledger["wave"], ledger["no_key"], strict=True)}
    notes = []
    if strangers:
        are = "is" if strangers == 1 else "are"
        notes.append(
            f"{strangers:,} of the {there.size:,} people in “{again}” {are} not found in “{first}”: whoever "
            "of them was there, under another key or without one, is missing among those found again"
        )
    if without[first] or without[again]:
        notes.append(
            f"{without[first]:,} rows of “{first}” and {without[again]:,} of “{again}” have no usable key, "
            "and are in no share"
        )
    if (method := panel.link_summary().method) != "exact":
        notes.append(f"the waves are linked by {_BY[method]}: wrong and missed links are not corrected for")
    return tuple(notes)
