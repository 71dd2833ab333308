"""What the user gets: frozen tables that print, show and plot themselves.

A result holds numbers that were computed elsewhere. It computes nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credbenefits.results.attrition.report import AttritionResult as AttritionResult
    from credbenefits.results.attrition.retention import Retention as Retention
    from credbenefits.results.attrition.retention import RetentionResult as RetentionResult
    from credbenefits.results.attrition.tables import AnswerClass as AnswerClass
    from credbenefits.results.attrition.tables import AnswerClasses as AnswerClasses
    from credbenefits.results.attrition.tables import AttritionFunnel as AttritionFunnel
    from credbenefits.results.attrition.tables import FunnelStep as FunnelStep
    from credbenefits.results.attrition.tables import Overlap as Overlap
    from credbenefits.results.attrition.tables import WaveOverlap as WaveOverlap
    from credbenefits.results.bias.report import NonresponseBiasResult as NonresponseBiasResult
    from credbenefits.results.bias.tables import AttritionOfGroups as AttritionOfGroups
    from credbenefits.results.bias.tables import BiasLevels as BiasLevels
    from credbenefits.results.bias.tables import BiasVariables as BiasVariables
    from credbenefits.results.bias.tables import EquivalenceOfGroups as EquivalenceOfGroups
    from credbenefits.results.bias.tables import GroupAttrition as GroupAttrition
    from credbenefits.results.bias.tables import GroupEquivalence as GroupEquivalence
    from credbenefits.results.bias.tables import KnownBias as KnownBias
    from credbenefits.results.bias.tables import KnownOutcomes as KnownOutcomes
    from credbenefits.results.bias.tables import LevelBias as LevelBias
    from credbenefits.results.bias.tables import PartialIndicator as PartialIndicator
    from credbenefits.results.bias.tables import Partials as Partials
    from credbenefits.results.bias.tables import Predictor as Predictor
    from credbenefits.results.bias.tables import Predictors as Predictors
    from credbenefits.results.bias.tables import ResponseIndicator as ResponseIndicator
    from credbenefits.results.bias.tables import VariableBias as VariableBias
    from credbenefits.results.bias.tables import WeightedSet as WeightedSet
    from credbenefits.results.codes import CodeElement as CodeElement
    from credbenefits.results.codes import CodeInformation as CodeInformation
    from credbenefits.results.columns import Columns as Columns
    from credbenefits.results.comparisons import ComparisonResult as ComparisonResult
    from credbenefits.results.comparisons import Contrast as Contrast
    from credbenefits.results.export import Codebook as Codebook
    from credbenefits.results.export import Export as Export
    from credbenefits.results.links import LinkedWaves as LinkedWaves
    from credbenefits.results.links import LinkSummary as LinkSummary
    from credbenefits.results.proportions import Account as Account
    from credbenefits.results.proportions import Procedure as Procedure
    from credbenefits.results.proportions import Proportion as Proportion
    from credbenefits.results.proportions import ProportionsResult as ProportionsResult
    from credbenefits.results.proportions import Rung as Rung
    from credbenefits.results.replicates import ReplicateDifference as ReplicateDifference
    from credbenefits.results.replicates import Replicates as Replicates
    from credbenefits.results.response.rates import ResponseRate as ResponseRate
    from credbenefits.results.response.rates import ResponseRatesResult as ResponseRatesResult
    from credbenefits.results.response.rates import ResponseSteps as ResponseSteps
    from credbenefits.results.tables import BalanceResult as BalanceResult
    from credbenefits.results.tables import BalanceRow as BalanceRow
    from credbenefits.results.tables import FlowRate as FlowRate
    from credbenefits.results.tables import FlowResult as FlowResult
    from credbenefits.results.tables import Pattern as Pattern
    from credbenefits.results.tables import PatternsResult as PatternsResult
    from credbenefits.results.tables import Table as Table
    from credbenefits.results.transitions import Transition as Transition
    from credbenefits.results.transitions import TransitionsResult as TransitionsResult
    from credbenefits.results.weighing.effect import WeightEffect as WeightEffect
    from credbenefits.results.weighing.effect import WeightEffectResult as WeightEffectResult

#: The file of each class, which is loaded when the class is first used.
_HOME = {
    "Account": "proportions",
    "AnswerClass": "attrition.tables",
    "AnswerClasses": "attrition.tables",
    "AttritionFunnel": "attrition.tables",
    "AttritionOfGroups": "bias.tables",
    "AttritionResult": "attrition.report",
    "BalanceResult": "tables",
    "BalanceRow": "tables",
    "BiasLevels": "bias.tables",
    "BiasVariables": "bias.tables",
    "CodeElement": "codes",
    "CodeInformation": "codes",
    "Codebook": "export",
    "Columns": "columns",
    "ComparisonResult": "comparisons",
    "Contrast": "comparisons",
    "EquivalenceOfGroups": "bias.tables",
    "Export": "export",
    "FlowRate": "tables",
    "FlowResult": "tables",
    "FunnelStep": "attrition.tables",
    "GroupAttrition": "bias.tables",
    "GroupEquivalence": "bias.tables",
    "KnownBias": "bias.tables",
    "KnownOutcomes": "bias.tables",
    "LevelBias": "bias.tables",
    "LinkSummary": "links",
    "LinkedWaves": "links",
    "NonresponseBiasResult": "bias.report",
    "Overlap": "attrition.tables",
    "PartialIndicator": "bias.tables",
    "Partials": "bias.tables",
    "Pattern": "tables",
    "PatternsResult": "tables",
    "Predictor": "bias.tables",
    "Predictors": "bias.tables",
    "Procedure": "proportions",
    "Proportion": "proportions",
    "ProportionsResult": "proportions",
    "ReplicateDifference": "replicates",
    "Replicates": "replicates",
    "ResponseIndicator": "bias.tables",
    "ResponseRate": "response.rates",
    "ResponseRatesResult": "response.rates",
    "ResponseSteps": "response.rates",
    "Retention": "attrition.retention",
    "RetentionResult": "attrition.retention",
    "Rung": "proportions",
    "Table": "tables",
    "Transition": "transitions",
    "TransitionsResult": "transitions",
    "VariableBias": "bias.tables",
    "WaveOverlap": "attrition.tables",
    "WeightEffect": "weighing.effect",
    "WeightEffectResult": "weighing.effect",
    "WeightedSet": "bias.tables",
}

__all__ = [
    "Account",
    "AnswerClass",
    "AnswerClasses",
    "AttritionFunnel",
    "AttritionOfGroups",
    "AttritionResult",
    "BalanceResult",
    "BalanceRow",
    "BiasLevels",
    "BiasVariables",
    "CodeElement",
    "CodeInformation",
    "Codebook",
    "Columns",
    "ComparisonResult",
    "Contrast",
    "EquivalenceOfGroups",
    "Export",
    "FlowRate",
    "FlowResult",
    "FunnelStep",
    "GroupAttrition",
    "GroupEquivalence",
    "KnownBias",
    "KnownOutcomes",
    "LevelBias",
    "LinkSummary",
    "LinkedWaves",
    "NonresponseBiasResult",
    "Overlap",
    "PartialIndicator",
    "Partials",
    "Pattern",
    "PatternsResult",
    "Predictor",
    "Predictors",
    "Procedure",
    "Proportion",
    "ProportionsResult",
    "ReplicateDifference",
    "Replicates",
    "ResponseIndicator",
    "ResponseRate",
    "ResponseRatesResult",
    "ResponseSteps",
    "Retention",
    "RetentionResult",
    "Rung",
    "Table",
    "Transition",
    "TransitionsResult",
    "VariableBias",
    "WaveOverlap",
    "WeightEffect",
    "WeightEffectResult",
    "WeightedSet",
]


if not TYPE_CHECKING:  # else every name would be one to type checkers

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value  # found without this function from now on
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
