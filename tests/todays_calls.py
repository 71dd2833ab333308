"""Calls of the public functions whose tables are frozen in golden/todays_tables.json.gz.

Each takes the data it is about, so that the same calls run on shuffled rows and on other kinds of frames. Only what is
public is called; where arguments change, `design_of` and `bootstrap_of` are the place.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np
import pandas as pd

import credbenefits as cb
from credbenefits import Item, SelectAll
from credbenefits import _typing as t
from todays_data import ELEMENTS, REPLICATES, Data

if TYPE_CHECKING:
    from collections.abc import Callable

# ---- tolerances ---------------------------------------------------------------------------------------------

#: Sums, and formulas of them.
EXACT = 1e-14
#: Roots found by iteration, quantiles and tails of distributions: their last digits are those of scipy's version.
ROOTS = 1e-12
#: A logistic regression fitted by Newton's method, through BLAS; match probabilities fitted by EM until little changes.
FITTED, MATCHED = 1e-12, 1e-11
WITH_ROOTS = {
    "jeffreys",
    "modified_jeffreys",
    "clopper_pearson",
    "mid_p",
    "blaker",
    "likelihood",
    "korn_graubard",
    "sison_glaz",
}


# ---- how people were drawn ----------------------------------------------------------------------------------


def design_of(**how):
    """Arguments for a design: strata, clusters, population_size, lonely_psu, replicate_weights."""
    return {"design": cb.SurveyDesign(**how)}


def bootstrap_of(kind=None, seed=1, **how):
    """Arguments for a bootstrap."""
    return {"bootstrap": cb.Bootstrap(kind, n_resamples=100, rng=seed, **how)}


def file_of(kind, replicates=REPLICATES, **how):
    """Arguments for replicate weights of the file."""
    columns = [f"rep{k}" for k in range(replicates)]
    return design_of(replicate_weights=cb.ReplicateWeights(columns, kind, **how))


WEIGHTED = {"weights": "weight"}
DISTRICTS = {"strata": "district", "clusters": "school"}
SCHOOLS = design_of(**DISTRICTS)
LINEARIZED = WEIGHTED | SCHOOLS
VARIANCES = {
    "plain": {},
    "kish": WEIGHTED,
    "linearized": LINEARIZED,
    "jackknife": LINEARIZED | {"variance": "jackknife"},
    "bootstrap": LINEARIZED | {"variance": "bootstrap"} | bootstrap_of("rao_wu"),
    "replicate weights": WEIGHTED | file_of("bootstrap"),
}
RESAMPLINGS = {
    "simple": {},
    "rao_wu": SCHOOLS,
    "stratified": design_of(strata="district"),
    "cluster": SCHOOLS,
    "poisson": {},
}
FILES = {
    "brr": {},
    "fay": {"fay_coefficient": 0.3},
    "jk1": {},
    "jkn": {"rscales": [0.9] * REPLICATES},
    "bootstrap": {"scale": 0.04, "df": 20},
    "sdr": {},
}


# ---- questions ----------------------------------------------------------------------------------------------

STATUS = {"missing": "?", "refused": "refused", "skipped": "skipped", "not_asked": "not asked"}
EMPLOYED = Item("status", yes=["full", "part"], label="work", **STATUS)
EVERY_STATUS = Item("status", each_level=True, **STATUS)
RATING = Item("rating", each_level=True, levels=[1, 2, 3, 4, 5, 6])
HIGH = Item("score", at_least=60, label="a high score", refused=-9)
LOW = Item("score", at_most=20, yes=55, label="a low score", refused=-9)
CUTS = [Item("score", at_least=k, label=f"{k} or more", refused=-9) for k in range(0, 100, 4)]
BOXES = SelectAll(
    ["box_fees", "box_time", "box_none"],
    label="help",
    none_of_these="box_none",
    number_chosen=True,
    any_of={"either": ["box_fees", "box_time"]},
)
REASONS = SelectAll(
    "reasons",
    choices=["fees", "time", "travel"],
    none_of_these="nothing",
    number_chosen=True,
    any_of={"money or time": ["fees", "time"]},
)
QUESTIONS = ["job", "better", "rare", EMPLOYED, HIGH, LOW]
STATE = Item("state", each_level=True)

SUPPORT = SelectAll(
    "employer_support",
    none_of_these="None of these",
    number_chosen=True,
    choices=["Asked me to take the program", "Covered the fees", "Paid for study time"],
)
HOW = SelectAll("performance_how", any_of={"better": ["Better knowledge", "Better quality of work"]})
INTENT = SelectAll("intent", any_of={"work": ["Get better at my job", "Find another job"]})
BENEFITS = [
    "performance_improved",
    "applied_elsewhere",
    "first_job",
    "degree_same_university",
    "further_credentials",
    Item("salary_increased", refused="Prefer not to say"),
]
IN_WORK = Item("employment", yes=["Employed full time", "Employed part time"], label="work")


# ---- calls --------------------------------------------------------------------------------------------------


class Call(NamedTuple):
    """One call, and the tolerance of its floats. It is `free` where neither order nor kind of frame may matter."""

    make: Callable[[Data], object]
    tolerance: float = EXACT
    free: bool = False


CALLS: dict[str, Call] = {}


def call(name, make, tolerance=EXACT, *, free=False):
    assert name not in CALLS, name
    CALLS[name] = Call(make, tolerance, free)


def shares(name, items, **options):
    """Shares in the survey that the name begins with; what is drawn depends on the order of the rows."""
    which = name.split(",", maxsplit=1)[0]
    tolerance = ROOTS if options.get("method") in WITH_ROOTS else EXACT
    call(
        name,
        lambda d: cb.proportions(getattr(d, which), items, **options),
        tolerance,
        free=getattr(options.get("bootstrap"), "rng", None) is None,
    )


def compared(name, items, **options):
    which = name.split(",", maxsplit=1)[0]
    call(name, lambda d: cb.compare_groups(getattr(d, which), items, **options), ROOTS, free=True)


def a_large_survey():
    large = partial(shares, by="region")
    for name, options in VARIANCES.items():
        exact = {"method": "korn_graubard"} if name not in {"plain", "kish"} else {}
        large(f"large, {name}, by region", QUESTIONS, **options)
        large(f"large, {name}, every answer", [EVERY_STATUS, RATING], **options, **exact)
        large(f"large, {name}, a subset", ["job", HIGH], among=[EMPLOYED, "better"], **options)
        shares(f"large, {name}, select all", [BOXES, REASONS], **options)
    large("large, many items", CUTS, **LINEARIZED)
    large(
        "large, two columns and totals",
        ["job", EVERY_STATUS],
        **LINEARIZED | {"by": ["region", "age"]},
        totals=True,
    )
    large("large, joint share", ["job", "rare"], among=EMPLOYED, share="joint", **LINEARIZED)
    shares("large, joint share, plain", ["job", "rare"], among=[EMPLOYED, "better"], share="joint")
    large("large, strata alone", QUESTIONS, **WEIGHTED, **design_of(strata="district"))
    large("large, clusters alone", QUESTIONS, method="logit", **design_of(clusters="school"))
    large(
        "large, finite population",
        QUESTIONS,
        **WEIGHTED,
        **design_of(**DISTRICTS, population_size="schools_there"),
    )
    shares("large, finite population, one number", ["job", "rare"], **design_of(population_size=40_000))
    large(
        "large, rows left out",
        ["job", HIGH],
        **WEIGHTED,
        variance="jackknife",
        **design_of(strata="district"),
    )
    for rule in get_args(t.LonelyPsu):
        design = design_of(strata="lonely", clusters="school", lonely_psu=rule)
        large(f"large, lonely unit, {rule}", ["job", HIGH], **WEIGHTED, **design)
    large("large, other words", [Item("job", label="a job")], people="pupils", confidence_level=0.9)
    large("large, whole weights", QUESTIONS, weights="whole")
    for method in get_args(t.BootstrapMethod):
        large(f"large, {method}, plain", ["job", "better"], method=method, **bootstrap_of())
    drawn = {"method": "bootstrap_bca", **bootstrap_of("rao_wu", keep=True)}
    large("large, drawn schools", ["job", HIGH], **LINEARIZED, **drawn)
    large(
        "large, drawn people", ["job", HIGH], **WEIGHTED, method="bootstrap_basic", **bootstrap_of("simple")
    )


def every_method_and_variance():
    for method in get_args(t.ProportionMethod):
        together = method in get_args(t.MultinomialMethod)
        some, nobody = ([EVERY_STATUS], [RATING]) if together else (["job", "better"], ["job", "rare"])
        drawn = bootstrap_of() if method in get_args(t.BootstrapMethod) else {}
        for name, options in VARIANCES.items():
            how = {**drawn, **options, "method": method}
            shares(f"small, {method}, {name}", some, by="region", **how)
            shares(f"small, {method}, {name}, nobody", nobody, by="district", **how)
    for method in get_args(t.MultinomialMethod):
        shares(f"small, {method}, weighted", [EVERY_STATUS, RATING], method=method, **WEIGHTED)


def every_resampling():
    for kind, design in RESAMPLINGS.items():
        how = {**WEIGHTED, **design, **bootstrap_of(kind)}
        for method in get_args(t.BootstrapMethod):
            shares(f"small, {method}, drawn {kind}", ["job", "better", HIGH], method=method, **how)
        shares(
            f"small, variance, drawn {kind}",
            ["job", "rare"],
            by="region",
            variance="bootstrap",
            **how | bootstrap_of(kind, keep=True),
        )
    lonely = design_of(strata="lonely", clusters="school", lonely_psu="certainty")
    shares(
        "small, lonely unit drawn",
        ["job"],
        variance="bootstrap",
        **WEIGHTED,
        **lonely,
        **bootstrap_of("rao_wu"),
    )
    shares(
        "small, seed 2", ["job"], method="bootstrap", **WEIGHTED, **bootstrap_of("simple", seed=2, batch=7)
    )
    for kind, more in FILES.items():
        shares(
            f"small, file, {kind}",
            ["job", RATING, REASONS],
            by="region",
            bootstrap=cb.Bootstrap(keep=True),
            **WEIGHTED,
            **file_of(kind, **more),
        )
    drawn, file = (
        bootstrap_of("simple", keep=True),
        file_of("bootstrap") | {"bootstrap": cb.Bootstrap(keep=True)},
    )
    for name, how in {"drawn": drawn, "file": file}.items():
        call(f"small, differences of replicates, {name}", partial(_differences, **WEIGHTED, **how))


def _differences(data, **options):
    kept = cb.proportions(data.small, "job", by="region", **options).replicates
    return pd.DataFrame([kept.difference(0, k)._asdict() for k in (1, 2, 3)])


def a_small_survey():
    two = {"by": ["region", "age"], "totals": True}
    shares("small, two columns", ["job", "rare", EVERY_STATUS], **two)
    shares("small, two columns, schools", ["job", "rare", HIGH], method="korn_graubard", **two, **LINEARIZED)
    shares(
        "small, clusters alone",
        ["job", "rare", BOXES],
        by="district",
        **WEIGHTED,
        **design_of(clusters="school"),
    )
    kinds = {"missing": ["?", "skipped"], "refused": "refused", "not_asked": "not asked"}
    shares("small, some answers against some", [Item("status", yes="full", no=["part", "none"], **kinds)])
    shares(
        "small, missing and answers of the call",
        [Item("status", yes="full"), Item("rating", yes=5)],
        by="region",
        missing=["?", "not asked", 4],
        answers=["refused", "skipped"],
    )
    old = {"same": {"travel": "time"}, "none_of_these": "nothing"}
    shares("small, old words", [SelectAll("reasons", choices=["fees", "time"], **old)])
    shares("small, boxes unticked", [SelectAll(["box_fees", "box_time"], unticked="none", ticked=1)])
    for name, options in VARIANCES.items():
        shares(
            f"small, some of weight 0, {name}",
            ["job", "rare", HIGH, RATING],
            by="region",
            totals=True,
            **options | {"weights": "some"},
        )
    shares("small, another level", ["job"], confidence_level=0.8, method="clopper_pearson")


def groups_of_which_nothing_can_be_told():
    ways = {
        "plain": {},
        "kish": WEIGHTED,
        "linearized": WEIGHTED | design_of(clusters="school"),
        "jackknife": WEIGHTED | {"variance": "jackknife"} | design_of(clusters="school"),
        "replicate weights": WEIGHTED | file_of("jk1", 8),
    }
    for name, options in ways.items():
        shares(f"tiny, {name}", ["answer", "alone"], by="group", totals=True, **options)
    for comparison in get_args(t.ContrastKind):
        for name in ("plain", "kish"):
            compared(
                f"tiny, compare, {comparison}, {name}",
                ["answer", "alone"],
                by="group",
                comparison=comparison,
                **ways[name],
            )


COMPARISONS = {
    "difference": t.DifferenceIntervalMethod,
    "ratio": t.RatioIntervalMethod,
    "odds_ratio": t.OddsRatioIntervalMethod,
}


def comparisons():
    for comparison, methods in COMPARISONS.items():
        how = {"by": "region", "comparison": comparison}
        for method in get_args(methods):
            for name in ("plain", "kish"):
                compared(
                    f"small, compare, {comparison}, {method}, {name}",
                    ["job"],
                    reference="south",
                    method=method,
                    **how,
                    **VARIANCES[name],
                )
        compared(
            f"large, compare, {comparison}",
            [EVERY_STATUS, BOXES, "rare"],
            reference="north",
            **how,
            **WEIGHTED,
        )
    for adjust in get_args(t.Adjust):
        compared(f"small, compare, {adjust}", ["job", "better", "rare"], by="region", adjust=adjust)
    compared("large, compare, a subset", QUESTIONS, by="age", among=[EMPLOYED], people="pupils")
    compared(
        "small, compare, one with all",
        ["job", REASONS, RATING],
        by="district",
        reference="D3",
        adjust="fdr_bh",
    )


def follow_up(data):
    known = {"completion": ["employment", "education"]}
    return data.panel.wave("followup", carry=known, also_in="completion")


def the_example():
    them = {"people": "follow-up respondents"}
    hours = Item("hours_per_week", at_least=6)
    work = Item("employment", each_level=True)
    call("example, follow-up", lambda d: cb.proportions(d.panel.wave("followup"), BENEFITS, **them))
    call(
        "example, how", lambda d: cb.proportions(d.panel.wave("followup"), HOW, among="performance_improved")
    )
    call(
        "example, completion",
        lambda d: cb.proportions(d.panel.wave("completion"), [SUPPORT, "truth_first_job"], by="platform"),
    )
    call(
        "example, start",
        lambda d: cb.proportions(d.panel.wave("start"), [INTENT, hours, work], by="age_group"),
    )
    ways = {
        "kish": {"by": "employment_completion", "totals": True},
        "linearized": {"variance": "linearized"},
        "drawn": {"method": "bootstrap", "among": "further_credentials", **bootstrap_of()},
    }
    for name, how in ways.items():
        questions = BENEFITS[:3] if name == "drawn" else BENEFITS
        call(
            f"example, weighted, {name}",
            lambda d, q=questions, how=how: cb.proportions(follow_up(d), q, weights=d.weights, **how),
            FITTED,
        )
    call(
        "example, compared",
        lambda d: cb.compare_groups(follow_up(d), BENEFITS, by="education_completion", weights=d.weights),
        FITTED,
    )
    call("example, brief", partial(_brief, **them), FITTED)


def _brief(data, **them):
    found = follow_up(data)
    return cb.brief(
        data.panel,
        data.panel.flow(invited={"followup": 2288}),
        data.weights,
        cb.proportions(found, BENEFITS, **them),
        cb.proportions(found, BENEFITS, weights=data.weights, **them),
        cb.compare_groups(found, BENEFITS[:3], by="employment_completion", **them),
        title="What learners gained",
        note="Synthetic data.",
        figures=False,
    )


def panels():
    for which, tolerance in {"panel": EXACT, "code_panel": MATCHED, "doubtful": MATCHED}.items():
        call(f"{which}, people", lambda d, which=which: d.with_warnings(which), tolerance)
        call(f"{which}, links", lambda d, which=which: getattr(d, which).link_summary(), tolerance)
        call(f"{which}, flow", lambda d, which=which: getattr(d, which).flow(), tolerance)
        call(f"{which}, patterns", lambda d, which=which: getattr(d, which).patterns())
    call("panel, invited", lambda d: d.panel.flow(invited={"followup": 2288}, confidence_level=0.9))
    keys = {"on": ["learner_id", "email"], "exclude": {"status": "Survey Preview"}}
    call("panel, first rows", lambda d: cb.link_waves(d.study, duplicates="first", **keys).link_summary())
    call(
        "panel, silent people",
        lambda d: cb.link_waves(
            {wave: d.study[wave] for wave in ("completion", "followup")},
            answered={"followup": "salary_increased"},
            duplicates="most_complete",
            **keys,
        ).flow(),
    )
    call(
        "panel, numeric keys",
        lambda d: cb.link_waves(
            d.study, on="learner_id", numeric_keys="learner_id", exclude=keys["exclude"]
        ).link_summary(),
    )
    call("code_panel, review", lambda d: d.code_panel.review(30, rng=3), MATCHED)
    call("code_panel, decided", _decided, MATCHED)
    call(
        "code_panel, threshold",
        lambda d: cb.link_waves(
            d.codes, on=ELEMENTS, method="code", threshold=0.5, max_disagreements=2
        ).link_summary(),
        MATCHED,
    )
    for rule in ("keep", "first"):
        call(f"code_panel, {rule}", partial(_sent_twice, rule), MATCHED)
    call("code_panel, one column", _in_one_column, MATCHED)
    call(
        "code information",
        lambda d: cb.code_information(d.codes["start"], ELEMENTS, sizes=[100, 5000], error_rates=[0.05]),
        free=True,
    )


def _decided(data):
    """Half of the sure links are rejected by hand."""
    review = data.code_panel.review(20, rng=1)
    words = np.where(np.arange(len(review)) % 2, "accept", "reject").astype(object)
    decision = np.where(review["match_probability"] > 0.9, words, None)
    return data.code_panel.with_decisions(review.assign(decision=decision)).link_summary()


def _sent_twice(rule, data):
    """Some sent their codes twice."""
    end = pd.concat([data.codes["end"], data.codes["end"].iloc[:25]])
    return cb.link_waves(
        {**data.codes, "end": end}, on=ELEMENTS, method="code", duplicates=rule, max_false_link_rate=0.05
    ).link_summary()


def _in_one_column(data):
    whole = {
        name: pd.DataFrame({"code": frame[ELEMENTS].fillna("").agg("-".join, axis=1)})
        for name, frame in data.codes.items()
    }
    how = {"separator": "-", "names": ELEMENTS}
    return cb.link_waves(whole, on="code", method="code", code_format=how).link_summary()


def changes():
    waves = ["start", "completion"]
    for column in ("employment", "education", "age_group"):
        call(
            f"panel, transitions, {column}",
            lambda d, column=column: cb.transitions(d.panel, Item(column, each_level=True), waves=waves),
        )
    call(
        "panel, transitions, in work",
        lambda d: cb.transitions(d.panel, IN_WORK, waves=waves, people="learners", confidence_level=0.9),
    )
    for which in ("code_panel", "doubtful"):
        for rule in (None, *get_args(t.LinkageErrorRule)):
            for name, item in {"job": "job", "state": STATE}.items():
                call(
                    f"{which}, transitions, {name}, {rule}",
                    lambda d, which=which, item=item, rule=rule: cb.transitions(
                        getattr(d, which), item, linkage_error=rule
                    ),
                    MATCHED,
                )
    mood = Item("mood", each_level=True, refused="refused", not_asked="not asked", missing="?")
    call(
        "code_panel, transitions, mood",
        lambda d: cb.transitions(d.code_panel, mood, people="pupils"),
        MATCHED,
    )
    call(
        "code_panel, shares",
        lambda d: cb.proportions(
            d.code_panel.wave("end", also_in="start", carry={"start": "state"}),
            ["job", STATE],
            by="state_start",
        ),
        MATCHED,
    )
    call(
        "code_panel, weighted shares",
        lambda d: cb.proportions(
            d.code_panel.wave("end", also_in="start"), ["job", STATE], weights=_by_state(d)
        ),
        MATCHED,
    )


def _by_state(data):
    return cb.attrition_weights(data.code_panel, "state", wave="end", to="start")


def weightings():
    to = {"wave": "followup", "to": "completion"}
    call("weights", lambda d: d.with_warnings("weights"), FITTED)
    call(
        "weights, not capped",
        lambda d: cb.attrition_weights(d.panel, ["employment", "program"], trim=None, **to),
        FITTED,
    )
    call(
        "weights, cut numbers",
        lambda d: cb.attrition_weights(
            d.panel,
            ["employment", "hours_per_week"],
            wave="completion",
            to="start",
            check=["region"],
            bins={"hours_per_week": 4},
        ),
        FITTED,
    )
    call(
        "weights, of two waves",
        lambda d: cb.attrition_weights(
            d.panel, {"completion": ["employment"], "start": ["region"]}, check={"start": "age_group"}, **to
        ),
        FITTED,
    )
    call("weights, by codes", _by_state, MATCHED)


for each in (
    a_large_survey,
    every_method_and_variance,
    every_resampling,
    a_small_survey,
    groups_of_which_nothing_can_be_told,
    comparisons,
    the_example,
    panels,
    changes,
    weightings,
):
    each()
