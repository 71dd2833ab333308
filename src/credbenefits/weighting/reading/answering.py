"""Who is in the population, and who of them answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.errors import InputError
from credbenefits.panel.links import links_of
from credbenefits.panel.waves import require_wave

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.panel.panel import Panel


def who_answered(panel: Panel, wave: str, to: str) -> tuple[IntArray, BoolArray]:
    """Return the ids of everybody in the wave `to`, and which of them answered `wave`."""
    respondents = panel.people_in(wave)
    people = panel.people_in(require_wave(to, panel.wave_names, "to"), everybody=True)
    if wave == to:
        raise InputError(
            "to",
            allowed="another wave than `wave`",
            value=to,
            fix="Name the wave whose people are the population.",
        )
    answered = np.isin(people, respondents)
    if not answered.any() or answered.all():
        raise InputError(
            "wave",
            allowed=f"a wave that some but not all of the {people.size:,} people in {to!r} answered",
            received=f"{wave!r}, answered by {int(answered.sum()):,} of them",
            fix="Check the linking (panel.ledger)."
            if not answered.any()
            else "No weights are needed; if the file holds silent people too, say link_waves(answered=...).",
        )
    return people, answered


def doubt(panel: Panel, respondents: IntArray, waves: tuple[str, str]) -> FloatArray:
    """Return 1 - match probability of each respondent's link."""
    if panel.method == "exact":
        return np.zeros(respondents.size)
    probability, _ = links_of(panel.as_pandas("links"), respondents, waves, others=len(panel.wave_names) > 2)
    return 1.0 - probability
