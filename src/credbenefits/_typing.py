"""Names for the kinds of argument this library takes; every list of options is written once, here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import narwhals as nw
    import narwhals.typing as nwt
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import TypeVar  # type checkers know it whether it is installed or not

    FloatArray: TypeAlias = NDArray[np.float64]
    IntArray: TypeAlias = NDArray[np.int64]
    BoolArray: TypeAlias = NDArray[np.bool_]
    #: The codes of dispositions.
    StatusArray: TypeAlias = NDArray[np.int8]

    #: What SPEC 7 allows for ``rng``.
    RNGLike: TypeAlias = int | np.random.SeedSequence | np.random.Generator | None

    #: A data frame in memory, of any library that narwhals knows.
    IntoDataFrame: TypeAlias = nwt.IntoDataFrame
    #: The same, or a lazy table.
    IntoFrame: TypeAlias = nwt.IntoFrame | nw.LazyFrame[Any]
    #: What goes in comes out again.
    IntoDataFrameT = TypeVar("IntoDataFrameT", bound=nwt.IntoDataFrame)
    #: One number, as arguments of the functions on arrays.
    Number: TypeAlias = float | np.number[Any]
    #: Numbers for numbers, arrays for arrays.
    Measured = TypeVar("Measured", default=FloatArray)
    #: What is left of an axis: a number where there is no other axis, else an array.
    Reduced: TypeAlias = Any
else:
    from typing import TypeVar

    Measured = TypeVar("Measured")

#: A data frame that a result or a panel gives back: of the kind of its data, which its type does not know.
Frame: TypeAlias = Any
#: A matplotlib Axes; matplotlib is an extra, so it cannot be named here.
Axes: TypeAlias = Any
#: A ``Literal`` whose arguments are the options.
Options: TypeAlias = Any
#: One answer, as it stands in a column.
Value: TypeAlias = str | int | float | bool | date
Values: TypeAlias = Value | Sequence[Value]
#: For each column the total of each level, or one for a column of numbers.
Totals: TypeAlias = Mapping[str, Mapping[Any, float] | float]
#: Told the steps done and the steps in all, while something long runs.
Progress: TypeAlias = Callable[[int, int], None]

#: The libraries whose data frames come back as they went in; of others pandas' do.
FrameKind: TypeAlias = Literal["pandas", "polars", "pyarrow"]
#: What a panel tells of its rows.
PanelTable: TypeAlias = Literal[
    "ledger", "dispositions", "no_key", "links", "unlinked", "duplicates", "conflicts"
]
Adjust: TypeAlias = Literal["holm", "bonferroni", "fdr_bh", "none"]
LinkMethod: TypeAlias = Literal["exact", "code", "probabilistic"]
DuplicateRule: TypeAlias = Literal["last", "first", "most_complete", "error"]
#: With codes, rows that share one may also be several people.
CodeDuplicateRule: TypeAlias = Literal[DuplicateRule, "keep"]
#: How the elements of a code stand in one column: "separator" or "widths", and "names".
CodeFormat: TypeAlias = Mapping[str, str | Sequence[int] | Sequence[str]]
#: How a column is compared where there is no key.
FieldKind: TypeAlias = Literal["name", "date", "postcode", "email", "exact"]
#: Whether proportions of linked pairs are corrected for false links.
LinkageErrorRule: TypeAlias = Literal["adjust", "ignore"]
#: Kinds of no answer, by the argument that declares them.
MissingKind: TypeAlias = Literal["missing", "skipped", "refused", "not_asked"]
#: Which of several items make a yes of a question about them.
Joining: TypeAlias = Literal["any", "all"]
#: What a column of a survey tool's file holds.
ColumnRole: TypeAlias = Literal["answer", "tick", "choices", "other", "id", "date", "disposition", "meta"]
#: Of which tool a file is, or of which kind.
ExportKind: TypeAlias = Literal[
    "qualtrics",
    "limesurvey",
    "surveymonkey",
    "google_forms",
    "microsoft_forms",
    "csv",
    "excel",
    "spss",
    "stata",
    "parquet",
]
#: What stands before the decimals of numbers.
Decimal: TypeAlias = Literal[".", ","]
#: Rows of an export that are taken out unless somebody keeps them.
KeptRows: TypeAlias = Literal["previews", "tests", "spam"]
#: How somebody who belongs to a wave, or does not, ended in it.
Disposition: TypeAlias = Literal[
    "complete",
    "partial",
    "refused",
    "no_contact",
    "other",
    "unknown",
    "ineligible",
    "not_invited",
    "other_source",
]
#: Whose rows of a wave are wanted: those with a disposition, or all.
StatusChoice: TypeAlias = Literal[Disposition, "everybody"]
#: How the dispositions of a wave are known: "column", "values" and "blank"; "answered", "finished", "silent".
WaveStatus: TypeAlias = Mapping[str, str | Sequence[str] | Mapping[Any, str]]
#: Rates of response: of the American Association for Public Opinion Research (AAPOR), and others.
OutcomeRate: TypeAlias = Literal[
    "RR1",
    "RR2",
    "RR3",
    "RR4",
    "RR5",
    "RR6",
    "COOP1",
    "COOP2",
    "COOP3",
    "COOP4",
    "REF1",
    "REF2",
    "REF3",
    "CON1",
    "CON2",
    "CON3",
    "participation",
    "completion",
    "break_off",
    "knowledge",
]
#: Rates of a wave that look at the waves before it too.
WaveRate: TypeAlias = Literal["conditional", "cumulative", "retention"]
#: All rates that `response_rates` knows.
ResponseDefinition: TypeAlias = Literal[OutcomeRate, WaveRate]
#: What the plot of response rates shows.
RatesPlot: TypeAlias = Literal["steps", "effort"]
#: What a person did who ticked nothing in a block of columns.
Unticked: TypeAlias = Literal["unanswered", "none"]
WeightMethod: TypeAlias = Literal["auto", "logit", "classes", "cells", "calibration"]
#: How far weights are from those that were given, in calibration.
CalibrationDistance: TypeAlias = Literal["raking", "linear", "logit"]
#: Whether weighting changed an estimate.
EffectVerdict: TypeAlias = Literal["moved", "not moved", "cannot tell"]
#: Whether that is the weighted less the unweighted estimate, or the one over the other.
EffectScale: TypeAlias = Literal["difference", "ratio"]
#: What a plot of weights shows.
WeightsPlot: TypeAlias = Literal["love", "histogram", "shares"]
#: The number of groups that numbers are cut into; or, per column, that number or the edges.
Bins: TypeAlias = int | Mapping[str, int | Sequence[float]]
#: How a number enters a model of answering, if not in groups.
NumberShape: TypeAlias = Literal["linear", "spline"]
#: The same for each column; numbers are the knots of a spline.
NumberShapes: TypeAlias = Mapping[str, NumberShape | Sequence[float]]

#: The reports that the command writes on the example study.
ExampleReport: TypeAlias = Literal["follow-up", "benefits-costs", "employer-support"]
Alternative: TypeAlias = Literal["two-sided", "greater", "less"]
#: Intervals for one proportion (array level).
IntervalMethod: TypeAlias = Literal[
    "wilson",
    "wilson_cc",
    "modified_wilson",
    "agresti_coull",
    "jeffreys",
    "modified_jeffreys",
    "clopper_pearson",
    "mid_p",
    "blaker",
    "likelihood",
    "logit",
    "arcsine",
    "wald",
    "wald_cc",
]
#: Intervals for one proportion that take a design's variance and degrees of freedom.
DesignMethod: TypeAlias = Literal["wilson", "korn_graubard", "logit", "arcsine", "wald"]
#: Intervals made from bootstrap replicates; "bootstrap" is the percentile interval.
BootstrapMethod: TypeAlias = Literal[
    "bootstrap",
    "bootstrap_basic",
    "bootstrap_bca",
    "bootstrap_studentized",
]
#: The same kinds on arrays.
BootstrapKind: TypeAlias = Literal["percentile", "basic", "bca", "studentized"]
VarianceMethod: TypeAlias = Literal["kish", "linearized", "jackknife", "bootstrap", "replicate_weights"]
#: What a row of transitions says.
TransitionMeasure: TypeAlias = Literal[
    "share",
    "share_of_first",
    "first_wave",
    "second_wave",
    "net_change",
    "changed",
    "stayed",
]
#: Variables that the weights were built on, or that were held out.
BalanceRole: TypeAlias = Literal["model", "check"]
#: Assumptions of the What Works Clearinghouse about the outcomes of those who are lost.
AttritionBoundary: TypeAlias = Literal["cautious", "optimistic"]
#: Whether attrition is small enough for groups to be compared.
AttritionLevel: TypeAlias = Literal["low", "high"]
#: How far the respondents of two groups are apart.
Equivalence: TypeAlias = Literal["equal", "adjust", "apart", "undefined"]
#: What the data say about a question of yes or no.
Evidence: TypeAlias = Literal["yes", "no", "cannot tell"]
#: What is compared of a variable.
Measure: TypeAlias = Literal["share", "mean"]
#: What the plot of a bias report shows.
BiasPlot: TypeAlias = Literal["love", "partials"]
#: What the plot of an account of attrition shows.
AttritionPlot: TypeAlias = Literal["retention", "funnel"]
#: Intervals of transitions: from the variance, or from replicates.
TransitionMethod: TypeAlias = Literal["wilson", "bootstrap", "bootstrap_basic"]
Resampling: TypeAlias = Literal["simple", "stratified", "cluster", "rao_wu", "poisson"]
ReplicateKind: TypeAlias = Literal["brr", "fay", "jk1", "jkn", "bootstrap", "sdr"]
#: Replicate weights that `Weights` can make.
MadeReplicates: TypeAlias = Literal["bootstrap", "jackknife"]
LonelyPsu: TypeAlias = Literal["error", "certainty", "adjust", "average"]
#: Whether a proportion of a subset is of the subset, or of everybody.
ShareKind: TypeAlias = Literal["conditional", "joint"]
ContrastKind: TypeAlias = Literal["difference", "ratio", "odds_ratio"]
#: What groups are compared with that is no group: all others, or everybody.
Everybody: TypeAlias = Literal["rest", "overall"]
#: A group, by its value in each column, that others are compared with.
Reference: TypeAlias = Everybody | Value | Sequence[Value] | Mapping[str, Value]
DifferenceIntervalMethod: TypeAlias = Literal[
    "newcombe",
    "newcombe_cc",
    "miettinen_nurminen",
    "mee",
    "agresti_caffo",
    "haldane",
    "jeffreys_perks",
    "hauck_anderson",
    "wald",
    "wald_cc",
    "likelihood",
]
RatioIntervalMethod: TypeAlias = Literal["koopman", "miettinen_nurminen", "katz", "mover_wilson"]
OddsRatioIntervalMethod: TypeAlias = Literal[
    "miettinen_nurminen",
    "woolf",
    "gart",
    "mover_wilson",
    "cornfield_exact",
    "cornfield_midp",
]
#: Intervals for two independent proportions, whatever is compared.
ComparisonMethod: TypeAlias = Literal[DifferenceIntervalMethod, RatioIntervalMethod, OddsRatioIntervalMethod]
#: Intervals of comparisons from replicates that are drawn.
ComparisonBootstrap: TypeAlias = Literal["bootstrap", "bootstrap_basic"]
ComparisonTestMethod: TypeAlias = Literal[
    "pearson",
    "pearson_cc",
    "score",
    "fisher",
    "fisher_midp",
    "fisher_midp_observed",
    "barnard",
    "barnard_unpooled",
    "boschloo",
]
PairedDifferenceMethod: TypeAlias = Literal[
    "newcombe",
    "newcombe_m8",
    "tango",
    "bonett_price",
    "agresti_min",
    "wald",
    "wald_cc",
    "wald_cc_fagerland",
]
PairedRatioMethod: TypeAlias = Literal["tang", "bonett_price", "mover_wilson", "wald"]
PairedOddsRatioMethod: TypeAlias = Literal["mid_p", "clopper_pearson", "wilson", "wald"]
PairedTestMethod: TypeAlias = Literal[
    "mcnemar_midp",
    "mcnemar_exact",
    "mcnemar",
    "mcnemar_cc",
    "mcnemar_unconditional",
]
MultinomialMethod: TypeAlias = Literal["goodman", "sison_glaz", "quesenberry_hurst", "fitzpatrick_scott"]
#: Intervals for one proportion, or for all answers of a question at once (table level).
ProportionMethod: TypeAlias = Literal[IntervalMethod, DesignMethod, BootstrapMethod, MultinomialMethod]

#: What the numbers of a cell or a chart are: proportions (written as percents), differences of proportions
#: (written as percentage points with a sign), or plain numbers (ratios).
Unit: TypeAlias = Literal["percent", "points", "number"]
#: What a section of a brief is: the head and the findings come first; the box of cautions must not be
#: overlooked; the appendix is all below, and has a table of contents.
SectionKind: TypeAlias = Literal["head", "findings", "caution", "appendix"]
