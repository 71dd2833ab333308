"""How many of a wave's people are found again in another wave, all together and group by group."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.estimators.core.pairing.read import two_waves
from credbenefits.estimators.proportions import proportions
from credbenefits.frames.boundary import read, with_column
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.panel.panel import require_panel
from credbenefits.questions.groups import as_groups
from credbenefits.questions.item import Item
from credbenefits.results.retention import RetentionResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntArray, Values
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.panel.panel import Panel
    from credbenefits.questions.groups import GroupsBy

#: How waves that are not linked by exact keys are linked.
_BY = {"code": "codes", "probabilistic": "probabilistic matching"}


def retention(
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
) -> RetentionResult:
    """Estimate which share of a wave's people are found again in another wave.

    It counts links. People who answered the other wave and cannot be linked to the first are not found: the
    notes say how many they may be. So the share is of those found again, and at most as large as the share
    of those who took part again, unless links are wrong.

    Parameters
    ----------
    panel : Panel
        From :func:`credbenefits.link_waves`.
    waves : sequence of str, optional
        The wave whose people are looked for, and the wave in which they are looked for. May be left out where
        the panel has two waves.
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
    RetentionResult
        A ProportionsResult with a row for each group, or one alone. The base ``n`` is everybody of the first
        wave, or of the group in it.

    Raises
    ------
    InputError
        Where the waves are not two different ones of the panel, or an argument cannot be used.

    See Also
    --------
    Panel.flow : The same share of everybody, for all waves at once.

    Notes
    -----
    The interval is for the share that such people would be found again; people who took part and are not
    linked are a bias that no interval holds. Groups of fewer than 30 people have the flag ``small_base``.

    References
    ----------
    Wilson (1927), JASA 22:209.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> start = pd.DataFrame({"id": range(90), "site": ["north"] * 60 + ["south"] * 30})
    >>> end = pd.DataFrame({"id": [*range(45), *range(60, 75), 901, 902]})
    >>> found = cb.retention(cb.link_waves({"start": start, "end": end}, on="id"), by="site")
    >>> found.to_frame()[["site", "estimate", "conf_low", "conf_high", "count", "n"]].round(3)
        site  estimate  conf_low  conf_high  count   n
    0  north      0.75     0.628      0.842     45  60
    1  south      0.50     0.332      0.668     15  30
    """
    require_panel(panel)
    first, again = two_waves(panel, waves)
    if not allow_identifier:
        columns = [one for one in as_groups(by, check.values("answers", answers)) if isinstance(one, str)]
        refuse_keys("by", columns, panel.key_columns[first])
    here, there = panel.people_in(first), panel.people_in(again)
    frame = read(panel.wave(first), "panel", allow_empty=True)
    name = f"in_{again}"
    while name in frame.columns:
        name += "_"
    made = proportions(
        with_column(frame, name, np.isin(here, there).astype(np.int64)).to_native(),
        Item(name, yes=1, label=f"found again in {again}"),
        by=by,
        bins=bins,
        design=design,
        confidence_level=confidence_level,
        missing=missing,
        answers=answers,
        people=people,
        allow_identifier=allow_identifier,
    )
    own = {field.name: getattr(made, field.name) for field in fields(made)}
    own["notes"] = (*_not_found(panel, (first, again), here, there), *made.notes)
    own["frame_kind"] = panel.frame_kind
    return RetentionResult(**own, waves=(first, again))


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
