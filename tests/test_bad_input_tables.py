"""Misuse of designs, replicates and question kinds: every error names the argument and the way out."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Item, ReplicateWeights
from credbenefits.errors import ColumnNotFoundError, InputError, MethodError

N = 60
GIVEN = ReplicateWeights(["r0", "r1", "r2"], "brr")


def people():
    return pd.DataFrame({
        "q": [1, 0, 1] * 20, "lev": ["a", "b", "c"] * 20, "g": ["x", "y"] * 30, "w": np.arange(1.0, N + 1), "h": [1, 2] * 30,
        "alone": [1] + [2] * 59, "c": np.arange(N) % 10, "gap": [np.nan] + [1.0] * 59, "size": 500.0, "small": 3.0,
        "sizes": np.arange(N) + 500.0, "text": "t", "lists": [[1]] * N, "pay": np.arange(N) * 1.5,
        "r0": 1.0, "r1": [0.0, 2.0] * 30, "r2": [2.0, 0.0] * 30, "minus": -1.0,
    })  # fmt: skip


def share(items="q", **options):
    return lambda d: cb.proportions(d, items, **options)


def given(*args, **options):
    return lambda d: cb.proportions(d, "q", weights="w", design=cb.SurveyDesign(replicate_weights=ReplicateWeights(*args, **options)))


drawn = {"method": "bootstrap", "bootstrap": cb.Bootstrap(rng=1)}
# (what is wrong, the call, the error, the argument it names, words it must contain)
TABLE = [
    # ---- designs
    ("an unknown stratum column", share(design=cb.SurveyDesign(strata="hh")), ColumnNotFoundError, "strata", ["got 'hh'"]),
    ("strata by number", share(design=cb.SurveyDesign(strata=3)), InputError, "strata", ["got 3", "Name one column"]),
    ("two stratum columns", share(design=cb.SurveyDesign(strata=["h", "g"])), InputError, "strata", ["Name one column"]),
    ("strata with gaps", share(design=cb.SurveyDesign(strata="gap")), InputError, "strata", ["missing in 1 rows", "fill it in"]),
    ("strata of lists", share(design=cb.SurveyDesign(strata="lists")), InputError, "strata", ["'lists'"]),
    ("an unknown cluster column", share(design=cb.SurveyDesign(clusters="cc")), ColumnNotFoundError, "clusters", ["got 'cc'"]),
    ("clusters with gaps", share(design=cb.SurveyDesign(clusters="gap")), InputError, "clusters", ["missing in 1 rows"]),
    ("one cluster only", share(design=cb.SurveyDesign(clusters="text")), MethodError, "lonely_psu", ["1 such stratum of 1"]),
    ("a stratum of one", share(design=cb.SurveyDesign(strata="alone")), MethodError, "lonely_psu", ["'certainty', 'adjust' or 'average'"]),
    ("an unknown rule for single units", share(design=cb.SurveyDesign(strata="h", lonely_psu="remove")), MethodError, "lonely_psu", ["'adjust'"]),
    ("a population of text", share(design=cb.SurveyDesign(population_size="text")), InputError, "population_size", ["column of numbers"]),
    ("an unknown population column", share(design=cb.SurveyDesign(population_size="siz")), ColumnNotFoundError, "population_size", ["'size'"]),
    ("a population of nobody", share(design=cb.SurveyDesign(population_size=0)), InputError, "population_size", ["above 0"]),
    ("a population without end", share(design=cb.SurveyDesign(population_size=np.inf)), InputError, "population_size", ["finite"]),
    ("a population of True", share(design=cb.SurveyDesign(population_size=True)), InputError, "population_size", ["got True"]),
    ("a population below the sample", share(design=cb.SurveyDesign(population_size=59)), InputError, "population_size",
     ["59 where 60 were drawn"]),
    ("a column below the sample", share(design=cb.SurveyDesign(population_size="small", strata="h")), InputError, "population_size",
     ["3 where 30"]),
    ("a size for several strata", share(design=cb.SurveyDesign(population_size=900, strata="h")), InputError, "population_size",
     ["for 2 strata"]),
    ("sizes that vary", share(design=cb.SurveyDesign(population_size="sizes", strata="h")), InputError, "population_size",
     ["varies or is missing"]),
    ("sizes with gaps", share(design=cb.SurveyDesign(population_size="gap", strata="h")), InputError, "population_size",
     ["varies or is missing"]),
    # ---- variances and methods
    ("an unknown variance", share(variance="taylor"), MethodError, "variance", ["'kish', 'linearized'"]),
    ("kish with a design", share(variance="kish", design=cb.SurveyDesign(strata="h")), MethodError, "variance", ["knows no design"]),
    ("kish with replicates", share(variance="kish", weights="w", **drawn), MethodError, "variance", ["no replicates"]),
    ("a method without a design", share(method="jeffreys", design=cb.SurveyDesign(strata="h")), MethodError, "method", ["'korn_graubard'"]),
    ("a bootstrap of another variance", share(method="bootstrap", variance="jackknife"), MethodError, "method",
     ["'bootstrap'"]),
    ("studentized with a design", share(method="bootstrap_studentized", design=cb.SurveyDesign(strata="h"), bootstrap=cb.Bootstrap(rng=1)), MethodError, "method",
     ["_bca"]),
    ("simultaneous with a design", share(Item("lev", each_level=True), method="goodman", design=cb.SurveyDesign(strata="h")), MethodError,
     "method", ["'goodman'"]),
    ("simultaneous for yes and no", share(method="goodman"), MethodError, "method", ["each_level=True"]),
    # ---- resampling
    ("an unknown resampling", share(bootstrap=cb.Bootstrap(kind="blocks"), **drawn), MethodError, "resampling", ["'rao_wu'"]),
    ("a resampling of nothing", share(bootstrap=cb.Bootstrap(kind="poisson")), MethodError, "resampling", ["variance='bootstrap'"]),
    ("simple with strata", share(bootstrap=cb.Bootstrap(kind="simple"), design=cb.SurveyDesign(strata="h"), **drawn), MethodError, "resampling", ["'rao_wu'"]),
    ("poisson with clusters", share(bootstrap=cb.Bootstrap(kind="poisson"), design=cb.SurveyDesign(clusters="c"), **drawn), MethodError, "resampling",
     ["'rao_wu'"]),
    ("stratified without strata", share(bootstrap=cb.Bootstrap(kind="stratified"), **drawn), MethodError, "resampling", ["strata="]),
    ("cluster without clusters", share(bootstrap=cb.Bootstrap(kind="cluster"), **drawn), MethodError, "resampling", ["clusters="]),
    ("stratified of clusters", share(bootstrap=cb.Bootstrap(kind="stratified"), design=cb.SurveyDesign(strata="h", clusters="c"), **drawn), MethodError,
     "resampling", ["without clusters="]),
    ("stratified with a population", share(bootstrap=cb.Bootstrap(kind="stratified"), design=cb.SurveyDesign(strata="h", population_size="size"), **drawn),
     MethodError, "resampling", ["population_size="]),
    ("a lonely unit in a bootstrap", share(bootstrap=cb.Bootstrap(kind="stratified"), design=cb.SurveyDesign(strata="alone", lonely_psu="average"), **drawn),
     MethodError, "lonely_psu", ["'certainty'"]),
    ("99 resamples", share(bootstrap=cb.Bootstrap(n_resamples=99)), InputError, "n_resamples", ["at least 100"]),
    ("a batch of nothing", share(bootstrap=cb.Bootstrap(batch=0)), InputError, "batch", ["at least 1"]),
    ("half a batch", share(bootstrap=cb.Bootstrap(batch=1.5)), InputError, "batch", ["whole number"]),
    ("progress of text", share(bootstrap=cb.Bootstrap(progress="bar")), InputError, "progress", ["(done, total)"]),
    # ---- shares, totals
    ("totals of text", share(by="g", totals="no"), InputError, "totals", ["True or False"]),
    ("replicates of text", share(bootstrap=cb.Bootstrap(keep="no")), InputError, "keep_replicates", ["True or False"]),
    ("an unknown share", share(share="marginal"), MethodError, "share", ["'conditional', 'joint'"]),
    ("a group called as a total", lambda d: cb.proportions(d.assign(g="(all)"), "q", by="g", totals=True), InputError,
     "totals", ["'(all)'", "Rename"]),
    # ---- replicate weights
    ("replicate weights of a list", share(weights="w", design=cb.SurveyDesign(replicate_weights=["r0", "r1"])), InputError, "replicate_weights",
     ["ReplicateWeights"]),
    ("replicate weights without the weight", share(design=cb.SurveyDesign(replicate_weights=GIVEN)), InputError, "weights",
     ["full sample's weight"]),
    ("replicate weights with strata", share(weights="w", design=cb.SurveyDesign(strata="h", replicate_weights=GIVEN)), MethodError,
     "replicate_weights", ["strata="]),
    ("replicate weights and a resampling", share(weights="w", bootstrap=cb.Bootstrap(kind="simple"), design=cb.SurveyDesign(replicate_weights=GIVEN)),
     MethodError, "resampling", ["Leave it out."]),
    ("replicate weights and another variance", share(weights="w", variance="kish", design=cb.SurveyDesign(replicate_weights=GIVEN)),
     MethodError, "variance", ["both or neither"]),
    ("that variance without replicate weights", share(variance="replicate_weights"), MethodError, "variance",
     ["both or neither"]),
    ("replicate weights and a bootstrap", share(weights="w", design=cb.SurveyDesign(replicate_weights=GIVEN), **drawn), MethodError, "method",
     ["'wilson'"]),
    ("an unknown replicate column", given(["r0", "r9"], "brr"), ColumnNotFoundError, "replicate_weights", ["got 'r9'"]),
    ("missing replicate weights", given(["r0", "gap"], "brr"), InputError, "replicate_weights", ["1 missing or"]),
    ("a negative weight of the full sample", share(weights="minus", design=cb.SurveyDesign(replicate_weights=GIVEN)), InputError, "weights",
     ["negative"]),
    ("replicate weights of text", given(["r0", "text"], "brr"), InputError, "replicate_weights", ["column of numbers"]),
    ("one replicate", given(["r0"], "brr"), InputError, "columns", ["at least two"]),
    ("a replicate twice", given(["r0", "r0"], "brr"), InputError, "columns", ["more than once"]),
    ("an unknown kind", given(["r0", "r1"], "jk2"), MethodError, "kind", ["'jk1', 'jkn'"]),
    ("Fay without a coefficient", given(["r0", "r1"], "fay"), InputError, "fay_coefficient", ["got None"]),
    ("Fay with 1", given(["r0", "r1"], "fay", fay_coefficient=1), InputError, "fay_coefficient", ["not including 1"]),
    ("Fay of text", given(["r0", "r1"], "fay", fay_coefficient="0.5"), InputError, "fay_coefficient", ["a number"]),
    ("a coefficient for BRR", given(["r0", "r1"], "brr", fay_coefficient=0.5), InputError, "fay_coefficient",
     ["none with"]),
    ("JKn without factors", given(["r0", "r1"], "jkn"), InputError, "rscales", ["2 finite numbers"]),
    ("too few factors", given(["r0", "r1"], "jkn", rscales=[0.5]), InputError, "rscales", ["2 finite numbers"]),
    ("factors of text", given(["r0", "r1"], "jkn", rscales=["a", "b"]), InputError, "rscales", ["numbers"]),
    ("a factor alone", given(["r0", "r1"], "jkn", rscales=0.5), InputError, "rscales", ["a list"]),
    ("a scale of nothing", given(["r0", "r1"], "brr", scale=0), InputError, "scale", ["above 0"]),
    ("a scale of text", given(["r0", "r1"], "brr", scale="1"), InputError, "scale", ["a number"]),
    ("no degrees of freedom", given(["r0", "r1"], "brr", df=0), InputError, "df", ["at least 1"]),
    # ---- items
    ("each level of text", lambda d: Item("lev", each_level="no"), InputError, "each_level", ["True or False"]),
    ("numbers chosen of text", lambda d: cb.SelectAll("lev", number_chosen=1), InputError, "number_chosen", ["True or False"]),
    ("simultaneous for one answer", lambda d: cb.proportions(d.assign(lev="a"), Item("lev", each_level=True), method="goodman"),
     MethodError, "method", ["at least two answers"]),
    ("levels of yes", lambda d: Item("lev", yes="a", each_level=True), InputError, "each_level", ["leave them out"]),
    ("levels within limits", lambda d: Item("pay", at_least=3, each_level=True), InputError, "each_level",
     ["leave them out"]),
    ("levels of a measurement",
     lambda d: cb.proportions(pd.DataFrame({"x": np.arange(300.0)}), Item("x", each_level=True)), InputError, "items", ["300 different values"]),
    ("a subset of every answer", share(among=Item("lev", each_level=True)), InputError, "among", ["yes or no"]),
    ("a limit of text", lambda d: Item("pay", at_least="40"), InputError, "at_least", ["finite number", "got '40'"]),
    ("a limit of True", lambda d: Item("pay", at_most=True), InputError, "at_most", ["got True"]),
    ("a limit of NaN", lambda d: Item("pay", at_least=float("nan")), InputError, "at_least", ["got nan"]),
    ("a limit without end", lambda d: Item("pay", at_least=-np.inf), InputError, "at_least", ["finite"]),
    ("limits crossed", lambda d: Item("pay", at_least=4, at_most=3), InputError, "at_most", ["at least 4", "Swap"]),
    ("a cut of text", share(Item("lev", at_least=3)), InputError, "items", ["column of numbers"]),
    ("a kind of no answer twice", lambda d: Item("q", skipped=-1, refused="-1"), InputError, "refused", ["'-1' in both"]),
    ("yes that is not asked", lambda d: Item("q", yes=[1, 9], not_asked=9), InputError, "not_asked", ["yes="]),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_misuse_says_what_and_how(row):
    _, call, error, argument, words = row
    data = people()
    before = copy.deepcopy(data)
    with pytest.raises(InputError) as caught:
        call(data)
    assert type(caught.value) is error
    assert caught.value.argument == argument
    said = str(caught.value)
    assert said.startswith(f"`{argument}`: expected ")
    assert caught.value.fix.endswith((".", "?"))
    for word in words:
        assert word in said, said
    pd.testing.assert_frame_equal(data, before)


def test_the_names_of_the_table_are_different():
    assert len({row[0] for row in TABLE}) == len(TABLE)


def test_what_is_refused_here_has_a_way_that_works():
    data = people()
    for call in (
        share(design=cb.SurveyDesign(strata="alone", lonely_psu="adjust")), share(design=cb.SurveyDesign(population_size="size", strata="h")),
        share(bootstrap=cb.Bootstrap(kind="poisson"), **drawn), share(weights="w", design=cb.SurveyDesign(replicate_weights=GIVEN)),
        share(variance="bootstrap", bootstrap=cb.Bootstrap(kind="cluster", rng=1), design=cb.SurveyDesign(clusters="c")),
        given(["r0", "r1"], "jkn", rscales=np.array([0.5, 0.5])), given(["r0", "r1"], "fay", fay_coefficient=0),
    ):  # fmt: skip
        (row,) = call(data).rows
        assert row.conf_low < row.estimate < row.conf_high
