"""credbenefits: statistics for follow-up studies in which most people do not answer.

Link survey waves, see who was lost, weight for attrition, estimate proportions with intervals
that hold at small n, compare groups, and publish a brief that says no more than the numbers.

Names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credbenefits import errors as errors
    from credbenefits import results as results
    from credbenefits import stats as stats
    from credbenefits.counts.count import count as count
    from credbenefits.counts.counts import Counts as Counts
    from credbenefits.counts.replicate_weights import ReplicateWeights as ReplicateWeights
    from credbenefits.counts.sampling import Bootstrap as Bootstrap
    from credbenefits.counts.sampling import SurveyDesign as SurveyDesign
    from credbenefits.datasets import load_credentials as load_credentials
    from credbenefits.estimators.attrition import attrition as attrition
    from credbenefits.estimators.compare_groups import compare_groups as compare_groups
    from credbenefits.estimators.proportions import proportions as proportions
    from credbenefits.estimators.response_rates import response_rates as response_rates
    from credbenefits.estimators.transitions import transitions as transitions
    from credbenefits.exports.read import read_export as read_export
    from credbenefits.frames.keys.privacy import pseudonymize as pseudonymize
    from credbenefits.frames.split_choices import split_choices as split_choices
    from credbenefits.numerics.groups.interval import comparison_interval as comparison_interval
    from credbenefits.numerics.groups.significance import comparison_test as comparison_test
    from credbenefits.numerics.pairs.paired import paired_interval as paired_interval
    from credbenefits.numerics.pairs.paired import paired_test as paired_test
    from credbenefits.numerics.proportion.interval import proportion_interval as proportion_interval
    from credbenefits.numerics.proportion.multinomial import multinomial_intervals as multinomial_intervals
    from credbenefits.panel.code_information import code_information as code_information
    from credbenefits.panel.cutting.long import waves_from_long as waves_from_long
    from credbenefits.panel.cutting.wide import waves_from_wide as waves_from_wide
    from credbenefits.panel.link import link_waves as link_waves
    from credbenefits.panel.panel import Panel as Panel
    from credbenefits.questions.item import Item as Item
    from credbenefits.questions.joined import all_of as all_of
    from credbenefits.questions.joined import any_of as any_of
    from credbenefits.questions.select_all import SelectAll as SelectAll
    from credbenefits.reporting.brief import Brief as Brief
    from credbenefits.reporting.brief import brief as brief
    from credbenefits.weighting.attrition import attrition_weights as attrition_weights
    from credbenefits.weighting.bias import nonresponse_bias as nonresponse_bias
    from credbenefits.weighting.calibrate import calibrate as calibrate
    from credbenefits.weighting.weights import Weights as Weights

__version__ = "0.1.0"

#: Parts of the package that need no import of their own: ``credbenefits.stats.cmh_test``.
_MODULES = {
    "errors": "credbenefits.errors",
    "results": "credbenefits.results",
    "stats": "credbenefits.stats",
}
_HOME = {
    "Bootstrap": "credbenefits.counts.sampling",
    "Brief": "credbenefits.reporting.brief",
    "Counts": "credbenefits.counts.counts",
    "Item": "credbenefits.questions.item",
    "Panel": "credbenefits.panel.panel",
    "ReplicateWeights": "credbenefits.counts.replicate_weights",
    "SelectAll": "credbenefits.questions.select_all",
    "SurveyDesign": "credbenefits.counts.sampling",
    "Weights": "credbenefits.weighting.weights",
    "all_of": "credbenefits.questions.joined",
    "any_of": "credbenefits.questions.joined",
    "attrition": "credbenefits.estimators.attrition",
    "attrition_weights": "credbenefits.weighting.attrition",
    "brief": "credbenefits.reporting.brief",
    "calibrate": "credbenefits.weighting.calibrate",
    "code_information": "credbenefits.panel.code_information",
    "compare_groups": "credbenefits.estimators.compare_groups",
    "comparison_interval": "credbenefits.numerics.groups.interval",
    "comparison_test": "credbenefits.numerics.groups.significance",
    "count": "credbenefits.counts.count",
    "link_waves": "credbenefits.panel.link",
    "load_credentials": "credbenefits.datasets",
    "multinomial_intervals": "credbenefits.numerics.proportion.multinomial",
    "nonresponse_bias": "credbenefits.weighting.bias",
    "paired_interval": "credbenefits.numerics.pairs.paired",
    "paired_test": "credbenefits.numerics.pairs.paired",
    "proportion_interval": "credbenefits.numerics.proportion.interval",
    "proportions": "credbenefits.estimators.proportions",
    "pseudonymize": "credbenefits.frames.keys.privacy",
    "read_export": "credbenefits.exports.read",
    "response_rates": "credbenefits.estimators.response_rates",
    "split_choices": "credbenefits.frames.split_choices",
    "transitions": "credbenefits.estimators.transitions",
    "waves_from_long": "credbenefits.panel.cutting.long",
    "waves_from_wide": "credbenefits.panel.cutting.wide",
}

__all__ = [
    "Bootstrap",
    "Brief",
    "Counts",
    "Item",
    "Panel",
    "ReplicateWeights",
    "SelectAll",
    "SurveyDesign",
    "Weights",
    "__version__",
    "all_of",
    "any_of",
    "attrition",
    "attrition_weights",
    "brief",
    "calibrate",
    "code_information",
    "compare_groups",
    "comparison_interval",
    "comparison_test",
    "count",
    "link_waves",
    "load_credentials",
    "multinomial_intervals",
    "nonresponse_bias",
    "paired_interval",
    "paired_test",
    "proportion_interval",
    "proportions",
    "pseudonymize",
    "read_export",
    "response_rates",
    "split_choices",
    "transitions",
    "waves_from_long",
    "waves_from_wide",
]


if not TYPE_CHECKING:  # else every name would be one to type checkers

    def __getattr__(name: str) -> object:
        import importlib

        if name in _MODULES:
            return importlib.import_module(_MODULES[name])
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value  # found without this function from now on
        return value


def __dir__() -> list[str]:
    return sorted({*(name for name in globals() if name.startswith("_")), *__all__, *_MODULES})
