"""Where everybody of a panel stands in each wave, and the tables that are sums over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.frames.people import IDS_PER_PANEL
from credbenefits.results.attrition.tables import (
    AnswerClass,
    AnswerClasses,
    AttritionFunnel,
    FunnelStep,
    Overlap,
    WaveOverlap,
)

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, IntArray
    from credbenefits.panel.panel import Panel

#: Where somebody stands in a wave.
ABSENT, SILENT, INELIGIBLE, NOT_INVITED, ANSWERED = range(5)


def standing(panel: Panel) -> IntArray:
    """Return where everybody stands in each wave, as an array of shape (people, waves)."""
    result = np.full((panel.n_people, len(panel.wave_names)), ABSENT)
    table = panel.as_pandas("dispositions").set_index("wave")
    for k, wave in enumerate(panel.wave_names):
        here = result[:, k]
        here[places(panel, panel.people_in(wave, status="everybody"))] = SILENT
        if table.at[wave, "ineligible"]:
            here[places(panel, panel.people_in(wave, status="ineligible"))] = INELIGIBLE
        if table.at[wave, "not_invited"]:
            here[places(panel, panel.people_in(wave, status="not_invited"))] = NOT_INVITED
        here[places(panel, panel.people_in(wave))] = ANSWERED
    return result


def places(panel: Panel, people: IntArray) -> IntArray:
    """Return the rows of people in that array."""
    return people - panel.token * IDS_PER_PANEL


def funnel_of(panel: Panel, where: IntArray) -> AttritionFunnel:
    """Count, wave by wave, who was asked, who answered, and who was lost since the wave before."""
    answered, rows = where == ANSWERED, []
    for k, wave in enumerate(panel.wave_names):
        here = where[:, k]
        sizes = np.bincount(here, minlength=5).tolist()
        before = answered[:, k - 1] if k else np.zeros(len(where), dtype=bool)
        ever = answered[:, :k].any(axis=1)
        lost = np.bincount(here[before], minlength=5).tolist()
        from_before = lost[ANSWERED]
        known = int((answered[:, k] & ever).sum())
        rows.append(
            FunnelStep(
                wave,
                people=sum(sizes) - sizes[ABSENT],
                ineligible=sizes[INELIGIBLE],
                not_invited=sizes[NOT_INVITED],
                asked=sizes[SILENT] + sizes[ANSWERED],
                no_answer=sizes[SILENT],
                answered=sizes[ANSWERED],
                from_before=from_before,
                returned=known - from_before,
                new=sizes[ANSWERED] - known,
                lost_ineligible=lost[INELIGIBLE],
                lost_not_invited=lost[NOT_INVITED],
                lost_silent=lost[ABSENT] + lost[SILENT],
                found_from_first=int((answered[:, 0] & answered[:, k]).sum()),
            )
        )
    return AttritionFunnel(tuple(rows), _declared(panel), frame_kind=panel.frame_kind)


def _declared(panel: Panel) -> tuple[str, ...]:
    """Return the waves of which was declared how everybody ended in them."""
    of_waves = panel.flow().rates
    return tuple(rate.wave for rate in of_waves if rate.rate == "wave")


def overlap_of(panel: Panel, answered: BoolArray) -> WaveOverlap:
    """Count the people that every two waves have in common."""
    names, inside = panel.wave_names, answered.astype(np.int64)
    both = (inside.T @ inside).tolist()
    rows = (
        Overlap(a, b, both[i][j], both[i][i], both[i][j] / both[i][i] if both[i][i] else float("nan"))
        for i, a in enumerate(names)
        for j, b in enumerate(names)
    )
    return WaveOverlap(tuple(rows), frame_kind=panel.frame_kind)


def classes_of(panel: Panel, answered: BoolArray) -> AnswerClasses:
    """Count stayers, drop-outs by their last wave, returners, late entrants, and who never answered."""
    n, names = len(answered), panel.wave_names
    times, first = answered.sum(axis=1), answered[:, 0]
    # Who answered the first wave and no more waves than there are up to the last answered one has no gap.
    last = np.where(times > 0, len(names) - 1 - np.argmax(answered[:, ::-1], axis=1), -1)
    monotone = first & (times == last + 1)
    ends = np.bincount(last[monotone], minlength=len(names)).tolist()
    counted = [
        ("stayer", "", ends[-1]),
        *(("drop-out", wave, ends[k]) for k, wave in enumerate(names[:-1])),
        ("returner", "", int((first & ~monotone).sum())),
        ("late entrant", "", int((~first & (times > 0)).sum())),
        ("never", "", int((times == 0).sum())),
    ]
    rows = (AnswerClass(kind, wave, size, size / n if n else float("nan")) for kind, wave, size in counted)
    started = int(first.sum())
    share = int(monotone.sum()) / started if started else float("nan")
    return AnswerClasses(tuple(rows), share, frame_kind=panel.frame_kind)
