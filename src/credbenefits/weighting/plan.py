"""The plan of weights: which steps a call asks for, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from credbenefits import _typing as t
from credbenefits import _validation as validate
from credbenefits.weighting.steps.cap import Cap
from credbenefits.weighting.steps.propensity import Propensity
from credbenefits.weighting.steps.rescale import Rescale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits.weighting.recipe import Sample, Step


class Wishes(NamedTuple):
    """The arguments of a call that say which steps are taken, checked."""

    method: t.WeightMethod
    trim: float | None

    @property
    def arguments(self) -> Mapping[str, object]:
        """What the call has to say to ask for the same steps again."""
        return self._asdict()


class Plan(NamedTuple):
    """The steps in order, and in words what was chosen and why, for the table of steps."""

    steps: tuple[Step, ...]
    log: tuple[str, ...] = ()


def check_wishes(*, method: t.WeightMethod, trim: float | None) -> Wishes:
    """Check the arguments that say which steps are taken."""
    validate.choice("method", method, t.WeightMethod)
    fix = "For example 3 times the median: trim=3; or trim=None for no cap."
    cap = None if trim is None else validate.positive_number("trim", trim, least=1.0, fix=fix)
    return Wishes(method, cap)


def plan_steps(wishes: Wishes, sample: Sample) -> Plan:
    """Make the steps that a call asks for, for these people."""
    return Plan((Propensity(), Cap(wishes.trim), Rescale()))
