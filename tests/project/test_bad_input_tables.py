"""Misuse of designs, replicates and question kinds: every error names the argument and the way out."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Bootstrap, Item, ReplicateWeights, SurveyDesign
from credbenefits.errors import ColumnNotFoundError, InputError, MethodError

N = 60
GIVEN = ReplicateWeights(["r0", "r1", "r2"], "brr")


def people():
    return pd.DataFrame(
        {
            "q": [1, 0, 1] * 20,
            "lev": ["a", "b", "c"] * 20,
            "g": ["x", "y"] * 30,
            "row": np.arange(N),
            "w": np.arange(1.0, N + 1),
            "h": [1, 2] * 30,
            "alone": [1] + [2] * 59,
            "c": np.arange(N) % 10,
            "gap": [np.nan] + [1.0] * 59,
            "size": 500.0,
            "small": 3.0,
            "sizes": np.arange(N) + 500.0,
            "text": "t",
            "lists": [[1]] * N,
            "pay": np.arange(N) * 1.5,
            "r0": 1.0,
            "r1": [0.0, 2.0] * 30,
            "r2": [2.0, 0.0] * 30,
            "minus": -1.0,
        }
    )


def share(items="q", **options):
    return lambda d: cb.proportions(d, items, **options)


def given(*args, **options):
    return lambda d: cb.proportions(
        d, "q", weights="w", design=SurveyDesign(replicate_weights=ReplicateWeights(*args, **options))
    )


TWO = SurveyDesign(clusters=["c", "row"], population_size=["size", "size"])
drawn = {"method": "bootstrap", "bootstrap": Bootstrap(rng=1)}
# (what is wrong, the call, the error, the argument it names, words it must contain)
TABLE = [
    # ---- designs
    (
        "an unknown stratum column",
        share(design=SurveyDesign(strata="hh")),
        ColumnNotFoundError,
        "design.strata",
        ["got 'hh'"],
    ),
    (
        "strata by number",
        share(design=SurveyDesign(strata=3)),
        InputError,
        "design.strata",
        ["got 3", "strata='column'"],
    ),
    (
        "a stratum column twice",
        share(design=SurveyDesign(strata=["h", "h"])),
        InputError,
        "design.strata",
        ["more than once"],
    ),
    (
        "strata of nothing",
        share(design=SurveyDesign(strata=[])),
        InputError,
        "design.strata",
        ["leave it out"],
    ),
    (
        "an unknown second stratum",
        share(design=SurveyDesign(strata=["h", "gg"])),
        ColumnNotFoundError,
        "design.strata",
        ["got 'gg'", "'g'"],
    ),
    ("a design of text", share(design="h"), InputError, "design", ["got 'h'", "SurveyDesign(strata='...'"]),
    ("a design of a dict", share(design={"strata": "h"}), InputError, "design", ["design=SurveyDesign("]),
    (
        "replicate weights as a design",
        share(weights="w", design=GIVEN),
        InputError,
        "design",
        ["SurveyDesign(replicate_weights=...)"],
    ),
    (
        "three stages",
        share(design=SurveyDesign(clusters=["c", "g", "h"])),
        InputError,
        "design.clusters",
        ["two stages"],
    ),
    (
        "an unknown second stage",
        share(design=SurveyDesign(clusters=["c", "gg"])),
        ColumnNotFoundError,
        "design.clusters",
        ["got 'gg'"],
    ),
    (
        "a second stage with gaps",
        share(design=SurveyDesign(clusters=["c", "gap"])),
        InputError,
        "design.clusters",
        ["missing in 1 rows"],
    ),
    (
        "a stage twice",
        share(design=SurveyDesign(clusters=["c", "c"])),
        InputError,
        "design.clusters",
        ["more than once"],
    ),
    (
        "strata that are clusters too",
        share(design=SurveyDesign(strata=["h", "c"], clusters="c")),
        InputError,
        "design.clusters",
        ["not strata too", "'c'"],
    ),
    (
        "sizes of two stages, with one",
        share(design=SurveyDesign(clusters="c", population_size=["size", "size"])),
        InputError,
        "design.population_size",
        ["one stage", "clusters=['district', 'school']"],
    ),
    (
        "sizes of three stages",
        share(design=SurveyDesign(clusters=["c", "row"], population_size=["size"] * 3)),
        InputError,
        "design.population_size",
        ["2 stages"],
    ),
    (
        "sizes of nothing",
        share(design=SurveyDesign(population_size=[])),
        InputError,
        "design.population_size",
        ["leave it out"],
    ),
    (
        "a size of the second stage alone",
        share(design=SurveyDesign(clusters=["c", "row"], population_size=[None, "size"])),
        InputError,
        "design.population_size",
        ["first stage"],
    ),
    (
        "one number for all second stages",
        share(design=SurveyDesign(clusters=["c", "row"], population_size=["size", 9])),
        InputError,
        "design.population_size",
        ["for 10 units of 'c'"],
    ),
    (
        "a second stage below the sample",
        share(design=SurveyDesign(clusters=["c", "row"], population_size=["size", "small"])),
        InputError,
        "design.population_size",
        ["3 where 6 were drawn"],
    ),
    (
        "second sizes that vary",
        share(design=SurveyDesign(clusters=["c", "row"], population_size=["size", "sizes"])),
        InputError,
        "design.population_size",
        ["within a unit of 'c'"],
    ),
    (
        "one unit of the second stage",
        share(design=SurveyDesign(clusters=["c", "text"], population_size=["size", "size"])),
        MethodError,
        "design.lonely_psu",
        ["'error', with 10 such of 10", "SurveyDesign(lonely_psu='adjust')"],
    ),
    (
        "a jackknife of two stages",
        share(variance="jackknife", design=TWO),
        MethodError,
        "variance",
        ["ultimate clusters"],
    ),
    (
        "a bootstrap of two stages",
        share(variance="bootstrap", design=TWO),
        MethodError,
        "variance",
        ["got 'bootstrap'"],
    ),
    (
        "kept replicates of two stages",
        share(bootstrap=Bootstrap(keep=True), design=TWO),
        MethodError,
        "variance",
        ["'linearized'"],
    ),
    (
        "a design effect of text",
        share(design=SurveyDesign(clusters="c", deff="2")),
        InputError,
        "design.deff",
        ["got '2'"],
    ),
    (
        "a design effect without end",
        share(design=SurveyDesign(clusters="c", deff=np.inf)),
        InputError,
        "design.deff",
        ["finite"],
    ),
    (
        "a design effect below 1",
        share(design=SurveyDesign(clusters="c", deff=0.5)),
        InputError,
        "design.deff",
        ["at least 1"],
    ),
    (
        "a design effect without a design",
        share(design=SurveyDesign(deff=2)),
        MethodError,
        "design.deff",
        ["leave it out"],
    ),
    ("a bootstrap of text", share(bootstrap="rao_wu"), InputError, "bootstrap", ["Bootstrap("]),
    (
        "strata with gaps",
        share(design=SurveyDesign(strata="gap")),
        InputError,
        "design.strata",
        ["missing in 1 rows", "fill it in"],
    ),
    ("strata of lists", share(design=SurveyDesign(strata="lists")), InputError, "design.strata", ["'lists'"]),
    (
        "an unknown cluster column",
        share(design=SurveyDesign(clusters="cc")),
        ColumnNotFoundError,
        "design.clusters",
        ["got 'cc'"],
    ),
    (
        "clusters with gaps",
        share(design=SurveyDesign(clusters="gap")),
        InputError,
        "design.clusters",
        ["missing in 1 rows"],
    ),
    (
        "one cluster only",
        share(design=SurveyDesign(clusters="text")),
        MethodError,
        "design.lonely_psu",
        ["1 such stratum of 1"],
    ),
    (
        "a stratum of one",
        share(design=SurveyDesign(strata="alone")),
        MethodError,
        "design.lonely_psu",
        ["'certainty', 'adjust' or 'average'"],
    ),
    (
        "an unknown rule for single units",
        share(design=SurveyDesign(strata="h", lonely_psu="remove")),
        MethodError,
        "design.lonely_psu",
        ["'adjust'"],
    ),
    (
        "a population of text",
        share(design=SurveyDesign(population_size="text")),
        InputError,
        "design.population_size",
        ["column of numbers"],
    ),
    (
        "an unknown population column",
        share(design=SurveyDesign(population_size="siz")),
        ColumnNotFoundError,
        "design.population_size",
        ["'size'"],
    ),
    (
        "a population of nobody",
        share(design=SurveyDesign(population_size=0)),
        InputError,
        "design.population_size",
        ["above 0"],
    ),
    (
        "a population without end",
        share(design=SurveyDesign(population_size=np.inf)),
        InputError,
        "design.population_size",
        ["finite"],
    ),
    (
        "a population of True",
        share(design=SurveyDesign(population_size=True)),
        InputError,
        "design.population_size",
        ["got True"],
    ),
    (
        "a population below the sample",
        share(design=SurveyDesign(population_size=59)),
        InputError,
        "design.population_size",
        ["59 where 60 were drawn"],
    ),
    (
        "a column below the sample",
        share(design=SurveyDesign(population_size="small", strata="h")),
        InputError,
        "design.population_size",
        ["3 where 30"],
    ),
    (
        "a size for several strata",
        share(design=SurveyDesign(population_size=900, strata="h")),
        InputError,
        "design.population_size",
        ["for 2 strata"],
    ),
    (
        "sizes that vary",
        share(design=SurveyDesign(population_size="sizes", strata="h")),
        InputError,
        "design.population_size",
        ["varies or is missing"],
    ),
    (
        "sizes with gaps",
        share(design=SurveyDesign(population_size="gap", strata="h")),
        InputError,
        "design.population_size",
        ["varies or is missing"],
    ),
    # ---- variances and methods
    ("an unknown variance", share(variance="taylor"), MethodError, "variance", ["'kish', 'linearized'"]),
    (
        "kish with a design",
        share(variance="kish", design=SurveyDesign(strata="h")),
        MethodError,
        "variance",
        ["knows no design"],
    ),
    (
        "kish with replicates",
        share(variance="kish", weights="w", **drawn),
        MethodError,
        "variance",
        ["no replicates"],
    ),
    (
        "a method without a design",
        share(method="jeffreys", design=SurveyDesign(strata="h")),
        MethodError,
        "method",
        ["'korn_graubard'"],
    ),
    (
        "a bootstrap of another variance",
        share(method="bootstrap", variance="jackknife"),
        MethodError,
        "method",
        ["'bootstrap'"],
    ),
    (
        "studentized with a design",
        share(method="bootstrap_studentized", design=SurveyDesign(strata="h"), bootstrap=Bootstrap(rng=1)),
        MethodError,
        "method",
        ["_bca"],
    ),
    (
        "simultaneous with a design",
        share(Item("lev", each_level=True), method="goodman", design=SurveyDesign(strata="h")),
        MethodError,
        "method",
        ["'goodman'"],
    ),
    ("simultaneous for yes and no", share(method="goodman"), MethodError, "method", ["each_level=True"]),
    # ---- resampling
    (
        "an unknown resampling",
        share(bootstrap=Bootstrap(kind="blocks", rng=1), method="bootstrap"),
        MethodError,
        "bootstrap.kind",
        ["'rao_wu'"],
    ),
    (
        "a resampling of nothing",
        share(bootstrap=Bootstrap(kind="poisson")),
        MethodError,
        "bootstrap.kind",
        ["variance='bootstrap'"],
    ),
    (
        "simple with strata",
        share(bootstrap=Bootstrap(kind="simple", rng=1), design=SurveyDesign(strata="h"), method="bootstrap"),
        MethodError,
        "bootstrap.kind",
        ["'rao_wu'"],
    ),
    (
        "poisson with clusters",
        share(
            bootstrap=Bootstrap(kind="poisson", rng=1), design=SurveyDesign(clusters="c"), method="bootstrap"
        ),
        MethodError,
        "bootstrap.kind",
        ["'rao_wu'"],
    ),
    (
        "stratified without strata",
        share(bootstrap=Bootstrap(kind="stratified", rng=1), method="bootstrap"),
        MethodError,
        "bootstrap.kind",
        ["with strata and"],
    ),
    (
        "cluster without clusters",
        share(bootstrap=Bootstrap(kind="cluster", rng=1), method="bootstrap"),
        MethodError,
        "bootstrap.kind",
        ["with clusters"],
    ),
    (
        "stratified of clusters",
        share(
            bootstrap=Bootstrap(kind="stratified", rng=1),
            design=SurveyDesign(strata="h", clusters="c"),
            method="bootstrap",
        ),
        MethodError,
        "bootstrap.kind",
        ["without clusters"],
    ),
    (
        "stratified with a population",
        share(
            bootstrap=Bootstrap(kind="stratified", rng=1),
            design=SurveyDesign(strata="h", population_size="size"),
            method="bootstrap",
        ),
        MethodError,
        "bootstrap.kind",
        ["with population_size"],
    ),
    (
        "a lonely unit in a bootstrap",
        share(
            bootstrap=Bootstrap(kind="stratified", rng=1),
            design=SurveyDesign(strata="alone", lonely_psu="average"),
            method="bootstrap",
        ),
        MethodError,
        "design.lonely_psu",
        ["'certainty'"],
    ),
    (
        "99 resamples",
        share(bootstrap=Bootstrap(n_resamples=99)),
        InputError,
        "bootstrap.n_resamples",
        ["at least 100"],
    ),
    (
        "a batch of nothing",
        share(bootstrap=Bootstrap(batch=0)),
        InputError,
        "bootstrap.batch",
        ["at least 1"],
    ),
    ("half a batch", share(bootstrap=Bootstrap(batch=1.5)), InputError, "bootstrap.batch", ["whole number"]),
    (
        "progress of text",
        share(bootstrap=Bootstrap(progress="bar")),
        InputError,
        "bootstrap.progress",
        ["(done, total)"],
    ),
    # ---- shares, totals
    ("totals of text", share(by="g", totals="no"), InputError, "totals", ["True or False"]),
    (
        "replicates of text",
        share(bootstrap=Bootstrap(keep="no")),
        InputError,
        "bootstrap.keep",
        ["True or False"],
    ),
    ("an unknown share", share(share="marginal"), MethodError, "share", ["'conditional', 'joint'"]),
    (
        "a group called as a total",
        lambda d: cb.proportions(d.assign(g="(all)"), "q", by="g", totals=True),
        InputError,
        "totals",
        ["'(all)'", "Rename"],
    ),
    # ---- replicate weights
    (
        "replicate weights of a list",
        share(weights="w", design=SurveyDesign(replicate_weights=["r0", "r1"])),
        InputError,
        "design.replicate_weights",
        ["ReplicateWeights"],
    ),
    (
        "replicate weights without the weight",
        share(design=SurveyDesign(replicate_weights=GIVEN)),
        InputError,
        "weights",
        ["full sample's weight"],
    ),
    (
        "replicate weights with strata",
        share(weights="w", design=SurveyDesign(strata="h", replicate_weights=GIVEN)),
        MethodError,
        "design.replicate_weights",
        ["no strata"],
    ),
    (
        "replicate weights and a resampling",
        share(weights="w", bootstrap=Bootstrap(kind="simple"), design=SurveyDesign(replicate_weights=GIVEN)),
        MethodError,
        "bootstrap.kind",
        ["Leave it out."],
    ),
    (
        "replicate weights and another variance",
        share(weights="w", variance="kish", design=SurveyDesign(replicate_weights=GIVEN)),
        MethodError,
        "variance",
        ["both or neither"],
    ),
    (
        "that variance without replicate weights",
        share(variance="replicate_weights"),
        MethodError,
        "variance",
        ["both or neither"],
    ),
    (
        "replicate weights and a bootstrap",
        share(weights="w", design=SurveyDesign(replicate_weights=GIVEN), **drawn),
        MethodError,
        "method",
        ["'wilson'"],
    ),
    (
        "an unknown replicate column",
        given(["r0", "r9"], "brr"),
        ColumnNotFoundError,
        "design.replicate_weights",
        ["got 'r9'"],
    ),
    (
        "missing replicate weights",
        given(["r0", "gap"], "brr"),
        InputError,
        "design.replicate_weights",
        ["1 missing or"],
    ),
    (
        "a negative weight of the full sample",
        share(weights="minus", design=SurveyDesign(replicate_weights=GIVEN)),
        InputError,
        "weights",
        ["negative"],
    ),
    (
        "replicate weights of text",
        given(["r0", "text"], "brr"),
        InputError,
        "design.replicate_weights",
        ["column of numbers"],
    ),
    ("one replicate", given(["r0"], "brr"), InputError, "columns", ["at least two"]),
    ("a replicate twice", given(["r0", "r0"], "brr"), InputError, "columns", ["more than once"]),
    ("an unknown kind", given(["r0", "r1"], "jk2"), MethodError, "kind", ["'jk1', 'jkn'"]),
    ("Fay without a coefficient", given(["r0", "r1"], "fay"), InputError, "fay_coefficient", ["got None"]),
    (
        "Fay with 1",
        given(["r0", "r1"], "fay", fay_coefficient=1),
        InputError,
        "fay_coefficient",
        ["not including 1"],
    ),
    (
        "Fay of text",
        given(["r0", "r1"], "fay", fay_coefficient="0.5"),
        InputError,
        "fay_coefficient",
        ["a number"],
    ),
    (
        "a coefficient for BRR",
        given(["r0", "r1"], "brr", fay_coefficient=0.5),
        InputError,
        "fay_coefficient",
        ["none with"],
    ),
    ("JKn without factors", given(["r0", "r1"], "jkn"), InputError, "rscales", ["2 finite numbers"]),
    (
        "too few factors",
        given(["r0", "r1"], "jkn", rscales=[0.5]),
        InputError,
        "rscales",
        ["2 finite numbers"],
    ),
    ("factors of text", given(["r0", "r1"], "jkn", rscales=["a", "b"]), InputError, "rscales", ["numbers"]),
    ("a factor alone", given(["r0", "r1"], "jkn", rscales=0.5), InputError, "rscales", ["a list"]),
    ("a scale of nothing", given(["r0", "r1"], "brr", scale=0), InputError, "scale", ["above 0"]),
    ("a scale of text", given(["r0", "r1"], "brr", scale="1"), InputError, "scale", ["a number"]),
    ("no degrees of freedom", given(["r0", "r1"], "brr", df=0), InputError, "df", ["at least 1"]),
    # ---- items
    (
        "each level of text",
        lambda d: Item("lev", each_level="no"),
        InputError,
        "each_level",
        ["True or False"],
    ),
    (
        "numbers chosen of text",
        lambda d: cb.SelectAll("lev", number_chosen=1),
        InputError,
        "number_chosen",
        ["True or False"],
    ),
    (
        "simultaneous for one answer",
        lambda d: cb.proportions(d.assign(lev="a"), Item("lev", each_level=True), method="goodman"),
        MethodError,
        "method",
        ["at least two answers"],
    ),
    (
        "levels of yes",
        lambda d: Item("lev", yes="a", each_level=True),
        InputError,
        "each_level",
        ["leave them out"],
    ),
    (
        "levels within limits",
        lambda d: Item("pay", at_least=3, each_level=True),
        InputError,
        "each_level",
        ["leave them out"],
    ),
    (
        "levels of a measurement",
        lambda d: cb.proportions(pd.DataFrame({"x": np.arange(300.0)}), Item("x", each_level=True)),
        InputError,
        "items",
        ["300 different values"],
    ),
    (
        "a subset of every answer",
        share(among=Item("lev", each_level=True)),
        InputError,
        "among",
        ["yes or no"],
    ),
    (
        "a limit of text",
        lambda d: Item("pay", at_least="40"),
        InputError,
        "at_least",
        ["finite number", "got '40'"],
    ),
    ("a limit of True", lambda d: Item("pay", at_most=True), InputError, "at_most", ["got True"]),
    ("a limit of NaN", lambda d: Item("pay", at_least=float("nan")), InputError, "at_least", ["got nan"]),
    ("a limit without end", lambda d: Item("pay", at_least=-np.inf), InputError, "at_least", ["finite"]),
    (
        "limits crossed",
        lambda d: Item("pay", at_least=4, at_most=3),
        InputError,
        "at_most",
        ["at least 4", "Swap"],
    ),
    ("a cut of text", share(Item("lev", at_least=3)), InputError, "items", ["column of numbers"]),
    (
        "a kind of no answer twice",
        lambda d: Item("q", skipped=-1, refused="-1"),
        InputError,
        "refused",
        ["'-1' in both"],
    ),
    (
        "yes that is not asked",
        lambda d: Item("q", yes=[1, 9], not_asked=9),
        InputError,
        "not_asked",
        ["yes="],
    ),
]


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
        share(design=SurveyDesign(strata="alone", lonely_psu="adjust")),
        share(design=SurveyDesign(population_size="size", strata="h")),
        share(bootstrap=Bootstrap(kind="poisson", rng=1), method="bootstrap"),
        share(weights="w", design=SurveyDesign(replicate_weights=GIVEN)),
        share(
            variance="bootstrap",
            bootstrap=Bootstrap(kind="cluster", rng=1),
            design=SurveyDesign(clusters="c"),
        ),
        given(["r0", "r1"], "jkn", rscales=np.array([0.5, 0.5])),
        given(["r0", "r1"], "fay", fay_coefficient=0),
    ):
        (row,) = call(data).rows
        assert row.conf_low < row.estimate < row.conf_high
