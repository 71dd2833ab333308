"""Calls that type checkers must refuse, each in a line that ends with the errors of mypy and of pyright.

`test_typing.py` checks that these errors are found, and no others. Nobody runs this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import credbenefits as cb
from credbenefits import stats

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def no_data_frame(df: pd.DataFrame, polars: pl.DataFrame, panel: cb.Panel, counts: cb.Counts) -> None:
    cb.proportions(42, "job")  # E: arg-type | reportArgumentType
    cb.proportions("job", "job")  # E: arg-type | reportArgumentType
    cb.proportions({"job": [1, 0]}, "job")  # E: arg-type | reportArgumentType
    cb.proportions(np.zeros((2, 2)), "job")  # E: arg-type | reportArgumentType
    cb.proportions(polars["job"], "job")  # E: arg-type | reportArgumentType
    cb.proportions(panel, "job")  # E: arg-type | reportArgumentType
    cb.proportions(None, "job")  # E: arg-type | reportArgumentType
    cb.compare_groups(42, "job", by="site")  # E: arg-type | reportArgumentType
    cb.count(42, "job")  # E: arg-type | reportArgumentType
    cb.count(counts, "job")  # E: arg-type | reportArgumentType
    cb.split_choices(42, "how")  # E: type-var | reportArgumentType
    cb.split_choices(polars.lazy(), "how")  # E: type-var | reportArgumentType
    cb.pseudonymize(42, "id", key="secret")  # E: type-var | reportArgumentType
    cb.code_information(42, ["a"])  # E: arg-type | reportArgumentType
    cb.link_waves({"a": 42, "b": df}, on="id")  # E: dict-item | reportArgumentType
    cb.link_waves({"a": polars.lazy(), "b": df}, on="id")  # E: dict-item | reportArgumentType
    cb.link_waves([("a", 42), ("b", df)], on="id")  # E: list-item | reportArgumentType
    cb.link_waves([df, df], on="id")  # E: list-item | reportArgumentType
    cb.transitions(df, "job")  # E: arg-type | reportArgumentType
    cb.read_export(df)  # E: arg-type | reportArgumentType
    cb.read_export("a.csv", kind="typeform")  # E: arg-type | reportArgumentType
    cb.waves_from_wide(42, id="id", waves={"a": ""})  # E: arg-type | reportArgumentType
    cb.waves_from_wide(df, id="id", waves={"a": 2})  # E: dict-item | reportArgumentType
    cb.waves_from_long(panel, id="id", wave="year")  # E: arg-type | reportArgumentType
    cb.response_rates(df)  # E: arg-type | reportArgumentType
    cb.attrition(df)  # E: arg-type | reportArgumentType
    cb.Weights.from_column(42, "w", population="all")  # E: arg-type | reportArgumentType
    cb.Counts.from_frame(42)  # E: arg-type | reportArgumentType
    panel.with_decisions(42)  # E: arg-type | reportArgumentType


def no_option(df: pd.DataFrame, panel: cb.Panel) -> None:
    cb.proportions(df, "job", method="wilsn")  # E: arg-type | reportArgumentType
    cb.response_rates(panel, definition="RR9")  # E: arg-type | reportArgumentType
    cb.proportions(df, "job", variance="taylor")  # E: arg-type | reportArgumentType
    cb.proportions(df, "job", share="all")  # E: arg-type | reportArgumentType
    cb.compare_groups(df, "job", by="a", comparison="diff")  # E: arg-type | reportArgumentType
    cb.compare_groups(df, "job", by="a", adjust="bh")  # E: arg-type | reportArgumentType
    cb.compare_groups(df, "job", by="a", method="goodman")  # E: arg-type | reportArgumentType
    cb.link_waves({"a": df, "b": df}, on="id", method="fuzzy")  # E: arg-type | reportArgumentType
    cb.link_waves({"a": df, "b": df}, on="id", duplicates="any")  # E: arg-type | reportArgumentType
    cb.transitions(panel, "job", linkage_error="correct")  # E: arg-type | reportArgumentType
    cb.calibrate(df, {"job": {"yes": 1}}, distance="x")  # E: arg-type | reportArgumentType
    cb.attrition_weights(panel, "age", wave="b", to="a", method="x")  # E: arg-type | reportArgumentType
    cb.attrition_weights(panel, "age", wave="b", to=3)  # E: arg-type | reportArgumentType
    cb.SurveyDesign(lonely_psu="remove")  # E: arg-type | reportArgumentType
    cb.Bootstrap(kind="block")  # E: arg-type | reportArgumentType
    cb.ReplicateWeights(["w1"], kind="jk2")  # E: arg-type | reportArgumentType
    cb.SelectAll("how", unticked="no")  # E: arg-type | reportArgumentType
    cb.transitions(panel, "job").find("net")  # E: arg-type | reportArgumentType
    cb.compare_groups(df, "job", by="a", reference=df)  # E: arg-type | reportArgumentType
    panel.as_pandas("ledgers")  # E: arg-type | reportArgumentType
    stats.proportion_interval(1, 2, method="wilsn")  # E: call-overload | reportCallIssue, reportArgumentType
    stats.paired_test(1, 2, 3, 4, method="exact")  # E: call-overload | reportCallIssue, reportArgumentType
    stats.multinomial_intervals([1, 2], method="wilson")  # E: arg-type | reportArgumentType


def no_name(df: pd.DataFrame, panel: cb.Panel) -> None:
    cb.propotions(df, "job")  # E: attr-defined | reportAttributeAccessIssue
    print(cb.stats.cmh)  # E: attr-defined | reportAttributeAccessIssue
    print(cb.results.ProportionResult)  # E: attr-defined | reportAttributeAccessIssue
    print(cb.proportions(df, "job").estimate)  # E: attr-defined | reportAttributeAccessIssue
    cb.proportions(df, "job", weight="w")  # E: call-arg | reportCallIssue
    cb.proportions(df, "job", "site")  # E: call-arg, misc | reportCallIssue
    cb.brief(cb.proportions(df, "job"))  # E: call-arg | reportCallIssue
    panel.people_in("a", True)  # E: call-arg, arg-type | reportCallIssue
    panel.n_people = 3  # E: misc, assignment | reportAttributeAccessIssue
    cb.proportion_interval(1, 2).low = 0.3  # E: misc, assignment | reportAttributeAccessIssue
