"""The plan of weights: which steps a call asks for, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from credbenefits import _typing as t
from credbenefits import _validation as validate
from credbenefits.errors import InputError
from credbenefits.weighting.method import choose
from credbenefits.weighting.steps.cap import Cap
from credbenefits.weighting.steps.rescale import Rescale
from credbenefits.weighting.steps.totals import MeetTotals
from credbenefits.weighting.steps.trim import Trim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits._typing import FloatArray
    from credbenefits.weighting.recipe import Sample, Step
    from credbenefits.weighting.steps.calibration import Margin


#: A multiple from which on a cap caps nothing, and the number is likely to be a percentile.
_NO_MULTIPLE = 50.0


class Settings(NamedTuple):
    """The arguments of a call that say which steps are taken, checked."""

    method: t.WeightMethod
    trim: float | str | None

    @property
    def arguments(self) -> Mapping[str, object]:
        """What the call has to say to ask for the same steps again."""
        return self._asdict()


class Plan(NamedTuple):
    """The steps in order, and in words what was chosen and why, for the table of steps."""

    steps: tuple[Step, ...]
    log: tuple[str, ...] = ()


def check_settings(*, method: t.WeightMethod, trim: float | str | None) -> Settings:
    """Check the arguments that say which steps are taken."""
    validate.choice("method", method, t.WeightMethod)
    if isinstance(trim, str):
        _percentile(trim)
        return Settings(method, trim)
    fix = "For example 3 times the median: trim=3; the 95% percentile: trim='95%'; or trim=None for no cap."
    cap = None if trim is None else validate.positive_number("trim", trim, least=1.0, fix=fix)
    if cap is not None and cap >= _NO_MULTIPLE:
        raise InputError(
            "trim", allowed=f"a multiple of the median below {_NO_MULTIPLE:g}", value=trim, fix=fix
        )
    return Settings(method, cap)


def _percentile(trim: str) -> float:
    """Return the percentile of a text like "95%"."""
    number = trim.strip().removesuffix("%").strip() if trim.strip().endswith("%") else ""
    try:
        made = float(number)
    except ValueError:
        made = 0.0
    if 50.0 < made < 100.0:
        return made
    raise InputError(
        "trim",
        allowed="a multiple of the median, a percentile from above 50% to below 100%, or None",
        value=trim,
        fix="For example trim='95%', or trim=3 for 3 times the median.",
    )


def plan_steps(
    settings: Settings, sample: Sample, base: FloatArray, margins: tuple[Margin, ...] = ()
) -> Plan:
    """Make the steps that a call asks for, for these people, who come with weights.

    `base` has those of everybody, and `margins` are what weights are calibrated to.
    """
    trim = settings.trim
    cap = Cap(None, _percentile(trim)) if isinstance(trim, str) else Cap(trim)
    chosen = choose(settings.method, sample, base)
    if not margins and not isinstance(trim, str):
        return Plan((*chosen.steps, cap, Rescale()), chosen.log)
    add_up = MeetTotals(margins) if margins else Rescale()
    return Plan((*chosen.steps, add_up, *([Trim(cap, add_up)] if cap.limits else [])), chosen.log)
