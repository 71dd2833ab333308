"""What weights cost and what they leave undone: the steps, and the alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from credbenefits.numerics.wilson import wilson
from credbenefits.results.base import many
from credbenefits.results.weighing.alert import Alert
from credbenefits.weighting.record import StepRecord, Steps, spread_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credbenefits._typing import BoolArray, FloatArray, FrameKind, IntArray
    from credbenefits.results.tables import BalanceResult, BalanceRow
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.record import Spread

#: Absolute standardised difference above which a variable counts as out of balance.
IMBALANCE = 0.1
#: Smallest n_effective with which weighted estimates can stand alone.
LEAST_EFFECTIVE = 30
#: A propensity below this is tiny, if it is so many times smaller than the response rate.
TINY, UNUSUAL = 0.01, 3
#: Rescaling by more than this proportion is worth an alert.
MOST_MOVED = 0.05
#: The proportion of all weight that one respondent, and that five, may carry; of more than 20 respondents.
MOST_OF_ONE, MOST_OF_FIVE = 0.05, 0.20
#: Respondents that a model wants for each of its parameters.
PER_PARAMETER = 10
#: How often a known truth is said to be missed by weights that are right.
_MISSED = 0.05
#: Alerts after which no weighted number may stand at the top of a brief.
FORBID = frozenset(
    {
        "few_respondents",
        "small_n_effective",
        "dominant_respondent",
        "dominant_few",
        "negative_weights",
        "known_truth_missed",
    }
)
#: What follows where weighted people miss what is known of everybody.
MISSED_REMEDY = (
    "In this the weighted people do not stand for the population. Where the outcome goes with it, weighted "
    "estimates are off by more than their intervals say: do not publish them as estimates for the "
    "population, or weight on it too."
)
#: The code of the alert about false links.
FALSE_LINKS = "false_links"
#: Pooled levels that an alert names one by one.
MOST_NAMED = 12


def forbidding(alerts: Iterable[Alert]) -> str:
    """Return why no weighted number may stand at the top of a brief, as a clause; "" if it may."""
    return next((alert.text.removesuffix(".") for alert in alerts if alert.code in FORBID), "")


class StepLog:
    """Keeps how the weights looked after each step."""

    def __init__(self) -> None:
        self._records: list[StepRecord] = []

    def add(self, step: str, weight: FloatArray) -> Spread:
        """Record one step, and return how unequal its weights are."""
        made = spread_of(weight)
        self._records.append(
            StepRecord(
                step=step,
                n=made.n,
                sum=made.sum,
                cv=made.cv,
                deff=made.n / made.n_effective,
                n_effective=made.n_effective,
                max_to_median=made.max_to_median,
                top5_share=made.top5_share,
            )
        )
        return made

    def repeat(self, step: str) -> None:
        """Record a step that changes no weight."""
        self._records.append(replace(self._records[-1], step=step))

    def steps(self, kind: FrameKind) -> Steps:
        """Return the steps, whose table is a frame of that kind."""
        return Steps(tuple(self._records), frame_kind=kind)


def silence_alerts(model: list[Covariate], held_out: list[Covariate]) -> list[Alert]:
    """Name the variables without information on anybody."""
    return [
        Alert("says_nothing", f"{covariate.name}: {covariate.silent}.", covariate.codes.size, remedy)
        for covariates, remedy in (
            (model, "This covariate had no effect on the weights: drop it, or group its answers."),
            (held_out, "It checks nothing: drop it, or group its answers."),
        )
        for covariate in covariates
        if covariate.silent
    ]


def pooling_alerts(
    model: list[Covariate], pooled: list[Covariate], final: list[Covariate], answered: BoolArray
) -> list[Alert]:
    """Tell, in one alert for each covariate, which of its levels were pooled in the end.

    `pooled` are the covariates once each was pooled for itself, `final` as the model needed them.
    """
    result = []
    for covariate, alone, last in zip(model, pooled, final, strict=True):
        together = [members for members in last.members if len(members) > 1]
        if not together:
            continue
        people, yes = covariate.sizes(), covariate.sizes(answered)
        reported = [_pool_words(covariate, members, people, yes) for members in together]
        why = ", to keep the model finite" if len(last.levels) < len(alone.levels) else ""
        remedy = "Weights cannot speak for those levels one by one."
        if len(last.levels) == 1:
            remedy = "That leaves one level: this covariate had no effect on the weights."
        text = f"{covariate.name}: {'; '.join(reported)}{why}."
        result.append(Alert("pooled_level", text, len(covariate.levels) - len(last.levels), remedy))
    return result


def link_alerts(weight: FloatArray, doubt: FloatArray, waves: tuple[str, str]) -> list[Alert]:
    """Tell how many of the respondents are expected to be somebody else in the other wave, if any.

    `doubt` is 1 - match probability of each respondent's link. Each false one moves a weighted proportion by
    its own part of the weights at most, whether its answer is exchanged or left out. So all of them move it
    by the sum of w d over the sum of w at most, on average over which of them are false.
    """
    false = float(doubt.sum())
    if not false > 0:
        return []
    most = float((weight * doubt).sum() / weight.sum())
    n = "fewer than 1" if round(false) < 1 else f"about {false:,.0f}"
    return [
        Alert(
            FALSE_LINKS,
            f"{n} of the {weight.size:,} links of “{waves[1]}” and “{waves[0]}” "
            f"{'is' if round(false) <= 1 else 'are'} expected to join two different people: that can change "
            f"a weighted proportion of all these people by at most {most:.4f}, and one of a group by more.",
            most,
            "Estimates of change take out what they add; for proportions link once more with a stricter "
            "limit and compare.",
        )
    ]


def _pool_words(covariate: Covariate, members: tuple[int, ...], people: IntArray, yes: IntArray) -> str:
    """Say which levels were pooled, and with which: the largest of those where some answered, not all."""
    counts = {i: f"({_counted(int(people[i]), int(yes[i]))})" for i in members}
    host = max(members, key=lambda i: (0 < yes[i] < people[i], people[i], i))
    others = [i for i in sorted(members) if i != host]
    listed = ", ".join(f"{covariate.levels[i]!r} {counts[i]}" for i in others[:MOST_NAMED])
    into = f"pooled with {covariate.levels[host]!r} {counts[host]}"
    if len(others) == 1:
        return f"level {listed} was {into}"
    more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
    total = _counted(*(int(n[list(members)].sum()) for n in (people, yes)))
    return f"levels {listed}{more} were {into}: {total} in all"


def _counted(people: int, respondents: int) -> str:
    return f"{many(people, 'person', 'people')}, {many(respondents, 'respondent', 'respondents')}"


def find_alerts(
    weight: FloatArray,
    n_people: int,
    propensity: FloatArray | None,
    balance: BalanceResult,
    *,
    moved: float,
    n_parameters: int,
    limited: bool,
) -> list[Alert]:
    """List what a reader must know about these weights."""
    spread = spread_of(weight)
    n, n_effective = spread.n, spread.n_effective
    result = _few_people(n, n_effective, "Use fewer covariates, or a lower cap.")
    if n_parameters > n / PER_PARAMETER:
        result.append(
            Alert(
                "many_parameters",
                f"the response model has {n_parameters} parameters for {n} "
                f"respondents (at most {max(n // PER_PARAMETER, 1)} are advisable).",
                n_parameters,
                "Merge levels or keep only covariates related to the outcome.",
            )
        )
    result += _dominant(spread, "Lower the cap, or merge rare levels.") + _moved(moved, limited=limited)
    usual = weight.size / n_people
    if propensity is not None and float(propensity.min()) < min(TINY, usual / UNUSUAL):
        result.append(
            Alert(
                "tiny_propensity",
                f"some people's estimated probability of answering is only "
                f"{propensity.min():.2%}, against {usual:.2%} overall.",
                float(propensity.min()),
                "Hardly anybody like them answered.",
            )
        )
    return result + _imbalance(balance, n_effective, n_people, limited=limited)


#: By how much rounded percents may miss 100 in all.
_ROUNDED = 0.5
#: Times the average ratio of new to given weight, beyond which a weight has moved far.
FAR = 5.0


def calibration_alerts(weight: FloatArray, spread: Spread, ratio: FloatArray) -> list[Alert]:
    """List what a reader must know about calibrated weights: `ratio` are those of new to given weights."""
    result = []
    lowest = float(weight.min())
    if lowest < 0:
        negative = int((weight < 0).sum())
        result.append(
            Alert(
                "negative_weights",
                f"{many(negative, 'weight is', 'weights are')} below 0, the lowest {lowest:.4g}.",
                lowest,
                "Proportions cannot take them: calibrate by raking, or within bounds such as 0.1 and 10.",
            )
        )
    average = float(np.median(ratio))
    low, high = float(ratio.min()) / average, float(ratio.max()) / average
    if high > FAR or low < 1.0 / FAR:
        result.append(
            Alert(
                "large_ratio",
                f"the ratio of new to given weights goes from {low:.3g} to {high:.3g} times its median.",
                high if high > FAR else low,
                "Few rows stand for many people: join small levels, or set bounds.",
            )
        )
    return (
        result
        + _few_people(spread.n, spread.n_effective, "Join small levels, or set bounds.")
        + _dominant(spread, "Join small levels, or set bounds.")
    )


def scale_alerts(everybody: float, n: int, whole: float | None = None) -> list[Alert]:
    """Tell where totals are no numbers of people, or of other people.

    `everybody` is what the levels of a column add up to, 0 where there are none, `n` the rows with a weight,
    and `whole` how many people these stand for, where that is known.
    """
    percents = abs(everybody - 100.0) < _ROUNDED
    if whole is None:
        fits = everybody > n - 0.5 and not (percents and n != 100)
    else:
        fits = abs(everybody / whole - 1.0) <= MOST_MOVED
    if everybody == 0 or fits:
        return []
    shares = "shares" if abs(everybody - 1.0) < _ROUNDED / 100 else "percents" if percents else ""
    beside = f"{many(n, 'row has', 'rows have')} a weight" if whole is None else f"everybody to {whole:,.6g}"
    text = f"the totals add up to {everybody:,.6g}, and {beside}"
    text += f": they look like {shares}." if shares else "."
    remedy = (
        "Weights have the scale of the totals. Estimates of shares and means are the same on any scale; "
        "where sums of weights matter, multiply the totals so that they add up to the number of people."
    )
    return [Alert("scale_of_totals", text, everybody, remedy)]


def of_column(column: str, weight: FloatArray, kind: FrameKind) -> tuple[Steps, tuple[Alert, ...]]:
    """Say what weights of a file cost, those above 0: as their only step, and what a reader must know."""
    log = StepLog()
    spread = log.add(f"column “{column}”", weight)
    remedy = "Ask whoever made the weights whether they can be trimmed."
    alerts = _few_people(spread.n, spread.n_effective, remedy) + _dominant(spread, remedy)
    return log.steps(kind), tuple(alerts)


def _dominant(spread: Spread, remedy: str) -> list[Alert]:
    """Tell where a single person, or a few, are much of all weight."""
    n, one, five = spread.n, spread.top_share, spread.top5_share
    if n <= 20:
        return []
    if one > MOST_OF_ONE:
        return [Alert("dominant_respondent", f"one respondent carries {one:.0%} of the weight.", one, remedy)]
    if five > max(MOST_OF_FIVE, 10 / n):
        text = f"five of {n} respondents carry {five:.0%} of the weight."
        return [Alert("dominant_few", text, five, remedy)]
    return []


def _moved(moved: float, *, limited: bool) -> list[Alert]:
    """Tell where rescaling changed the sum of the weights by much."""
    if abs(moved) <= MOST_MOVED:
        return []
    more = "less" if moved > 0 else "more"
    text = (
        f"before they were rescaled, the weights added up to {abs(1 / (1 + moved) - 1):.0%} {more} than the "
        "population."
    )
    remedy = "A model of few people meets the sum on average only: use fewer covariates."
    if limited:
        remedy = (
            "The cap or pooling took that from a few people, and rescaling gave it to all: raise the cap."
        )
    return [Alert("total_moved", text, moved, remedy)]


def _few_people(n: int, n_effective: float, remedy: str) -> list[Alert]:
    """Tell where there are few respondents, or where weighting leaves the information of few."""
    result = []
    if n < LEAST_EFFECTIVE:
        result.append(
            Alert(
                "few_respondents",
                f"only {n} respondents have a weight.",
                n,
                "Report unweighted numbers beside the weighted ones.",
            )
        )
    if n_effective < LEAST_EFFECTIVE:
        result.append(
            Alert(
                "small_n_effective",
                f"the weights leave an effective sample of {n_effective:.1f}.",
                n_effective,
                "Do not publish weighted estimates alone.",
            )
        )
    if n_effective < n / 2:
        result.append(
            Alert(
                "costly_weights",
                f"weighting costs more than half of the sample "
                f"({n} respondents, n_effective {n_effective:.1f}).",
                n_effective / n,
                remedy,
            )
        )
    return result


def _imbalance(balance: BalanceResult, n_effective: float, population: int, *, limited: bool) -> list[Alert]:
    """Name the variables that stay out of balance, each by its worst level."""
    result = []
    reported = set()
    for role, code in (("model", "imbalance_left"), ("check", "check_imbalance")):
        for row in _worst_per_variable(balance, role, n_effective, population):
            text = (
                f"{row.variable} = {row.level}: {row.population:.1%} of the population, "
                f"{row.respondents:.1%} of respondents, {row.weighted:.1%} of them weighted "
                f"(standardised difference {row.std_difference_before:+.2f} before, "
                f"{row.std_difference_after:+.2f} after)."
            )
            if role == "check":
                remedy = (
                    "This is known for everybody and was held out: weighting on these covariates does not "
                    "correct such differences, so weighted results may remain biased wherever the outcome "
                    "goes with it."
                )
            elif limited:
                remedy = "The cap, pooled levels or a ridge penalty keep the weights from balancing it."
            else:
                remedy = "Weights of this kind balance only on average, and these are few people."
            result.append(Alert(code, text, row.std_difference_after, remedy))
            reported.add(row.variable)
    return result + _within_chance(balance, n_effective, reported) + _truth_missed(balance, n_effective)


def _truth_missed(balance: BalanceResult, n_effective: float) -> list[Alert]:
    """Name held-out variables of which the weighted interval misses what is known, each by its worst level.

    The intervals hold together: of twenty weightings that are right, one is said to miss something.
    """
    rows = [row for row in balance.rows if row.role == "check"]
    sizes = {name: sum(row.variable == name for row in rows) for name in {row.variable for row in rows}}
    together = sum(max(size - 1, 1) for size in sizes.values())
    level = 1.0 - _MISSED / max(together, 1)
    worst: dict[str, BalanceRow] = {}
    for row in rows:
        low, high = wilson(row.weighted * n_effective, n_effective, level)
        known = worst.get(row.variable)
        further = known is None or abs(_off(row)) > abs(_off(known))
        if not low <= row.population <= high and further:
            worst[row.variable] = row
    return [_missed(row, n_effective, level) for row in worst.values()]


def _off(row: BalanceRow) -> float:
    return row.weighted - row.population


def _missed(row: BalanceRow, n_effective: float, level: float) -> Alert:
    low, high = wilson(row.weighted * n_effective, n_effective, level)
    return Alert(
        "known_truth_missed",
        f"{row.variable} = {row.level}: {row.population:.1%} of the population, which is known, but "
        f"{row.weighted:.1%} of respondents weighted ({100 * level:.4g}% interval {float(low):.1%} to "
        f"{float(high):.1%}).",
        _off(row),
        MISSED_REMEDY,
    )


def _within_chance(balance: BalanceResult, n_effective: float, reported: set[str]) -> list[Alert]:
    """Name held-out variables whose differences look large and may be chance."""
    rows = [r for r in balance.rows if r.role == "check" and r.variable not in reported]
    large = [r for r in rows if abs(r.std_difference_after) > IMBALANCE]
    if not large:
        return []
    names = ", ".join(dict.fromkeys(r.variable for r in large))
    most = max(abs(r.std_difference_after) for r in large)
    return [
        Alert(
            "check_within_chance",
            f"{names}: held out, and out of balance by up to {most:.2f} standard deviations after weighting.",
            most,
            f"Chance alone does that with an effective sample of {n_effective:.0f}: it shows no bias, and "
            "rules none out.",
        )
    ]


def _worst_per_variable(
    balance: BalanceResult, role: str, n_effective: float, population: int
) -> list[BalanceRow]:
    """Return the worst level of every variable that is out of balance.

    A variable that was held out differs by chance too: with a hundred respondents a tenth of a
    standard deviation is nothing. Its band is what chance would exceed once in twenty variables.
    """
    names = [row.variable for row in balance.rows if row.role == role]
    worst: dict[str, BalanceRow] = {}
    for row in balance.rows:
        if row.role != role:
            continue
        band = IMBALANCE
        if role == "check":
            z = float(-ndtri(0.05 / (2 * names.count(row.variable))))
            band = max(band, z * np.sqrt((1.0 - n_effective / population) / n_effective))
        known = worst.get(row.variable)
        size = abs(row.std_difference_after)
        if size > band and (known is None or size > abs(known.std_difference_after)):
            worst[row.variable] = row
    return list(worst.values())
