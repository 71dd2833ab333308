"""Weights in short: whom they are for, what they cost, and what a reader must know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.results.base import many
from credbenefits.results.tables import Table
from credbenefits.weighting.record import effective_size

if TYPE_CHECKING:
    from credbenefits._typing import FrameKind
    from credbenefits.weighting.uses.held import Held


def summary_of(weights: Held, kind: FrameKind) -> Table:
    """Return the summary: see :meth:`credbenefits.Weights.summary`."""
    weight = weights.weight[weights.weight != 0]
    largest, size = np.sort(weight)[::-1], effective_size(weight)
    median, total = float(np.median(weight)), float(weight.sum())
    tenth = max(1, round(weight.size / 10))
    lines = {
        "people with a weight": f"{weight.size:,}",
        "effective sample (n_effective)": f"{size:,.1f}",
        "design effect (deff)": f"{weight.size / size:.2f}",
        "standard errors, where weights correct nothing": f"{(weight.size / size) ** 0.5 - 1:.0%} larger",
        "largest weight, times the median": f"{largest[0] / median:.2f}",
        "part of all weight of the five largest": f"{largest[:5].sum() / total:.1%}",
        "part of all weight of the largest tenth": f"{largest[:tenth].sum() / total:.1%}",
        "sum of the weights": f"{total:,.1f}",
    }
    whose = f" of people who answered {weights.target.wave}" if weights.target.wave else ""
    said = [alert.note for alert in weights.alerts]
    alerts = [many(len(said), "alert", "alerts"), *said] if said else []
    return Table(
        f"Weights{whose} for {weights.target.whom}",
        {"": tuple(lines), "value": tuple(lines.values())},
        (f"made {weights.words}" if weights.balance is None else weights.words, *alerts),
        frame_kind=kind,
    )
