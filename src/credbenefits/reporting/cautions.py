"""What a reader must be told: what the numbers stand for, and what may not be claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.reporting import words as say
from credbenefits.reporting.blocks import Bullets, Paragraph, Section, Strong
from credbenefits.reporting.rounding import at_most, decimals, number, percent
from credbenefits.results.base import level_words, many
from credbenefits.results.comparisons import ComparisonResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits.reporting.blocks import Text
    from credbenefits.reporting.sections import Material
    from credbenefits.results.proportions import ProportionsResult
    from credbenefits.results.tables import FlowRate
    from credbenefits.weighting.weights import Weights

#: Below this response rate the people who answered are called volunteers.
_VOLUNTEERS = 0.10

#: Questions of a result that are named.
_MOST_QUESTIONS = 3
#: Waves that are named one by one.
_MOST_NAMED = 3


def headline(material: Material, note: str) -> Section:
    """Say first of all who answered, and what the numbers therefore stand for."""
    sentences: list[Text] = []
    if note:
        sentences.append((Strong(note),))
    rates = _response_rates(material)
    for rate in _extremes(rates):
        answered = _answered(rate, material.flow_places)
        sentences.append((Strong(f"{rate.count:,} of {rate.n:,} {rate.base}"), answered + "."))
    if len(rates) > _MOST_NAMED:
        sentences.append((_of_many(rates),))
    sentences.append(
        (
            f"Unless it is called estimated, a percentage among the findings is a share of "
            f"{' or of '.join(_whom(material))}: people who answered. It is not a share of all learners.",
        )
    )
    return Section("What these numbers stand for", tuple(Paragraph(s) for s in sentences), "caution")


def caution(material: Material) -> Section:
    """Write the caution block that ends every brief."""
    levels = dict.fromkeys(level_words(result.confidence_level) for result in material.results)
    items: list[Text] = [
        *_response(material),
        *_keyless(material),
        *_links(material),
        *_weighting(material),
        (
            Strong("Intervals"),
            f"({', '.join(levels)}) cover chance alone: which of such people happened to answer. They do not "
            "cover the possibility that those who did not answer are different.",
        ),
        (
            Strong("Self-report."),
            "Every benefit is what people said about themselves. No comparison group was observed, so "
            "nothing here shows that the credential caused it.",
        ),
        *_flagged(material),
        *_comparisons(material),
        *_designs(material),
        *_method(material),
        (
            Strong("Do not write"),
            f"{_overstated(_whom(material))}; “no learner” where none of those who answered said yes; "
            "“caused” or “led to”; or that those who answered are representative.",
        ),
    ]
    return Section("Read this before quoting", (Bullets(tuple(items)),), "caution")


def _whom(material: Material) -> list[str]:
    return list(dict.fromkeys(result.people for result in material.results))


def _overstated(whom: list[str]) -> str:
    """Name the claim that a proportion must not be turned into; where the base is learners, it is of some."""
    every, who = (" all", " who answered") if "learners" in whom else ("", "")
    return f"“% of{every} learners” for a share of {' or of '.join(whom)}{who}"


def _response_rates(material: Material) -> list[FlowRate]:
    """Return, of every wave whose invitations are known, how many of those invited answered."""
    rates = () if material.flow is None else material.flow.rates
    return [rate for rate in rates if rate.rate == "wave"]


def _answered(rate: FlowRate, places: int) -> str:
    return f"answered “{rate.wave}” with a usable key ({percent(rate.estimate, places)})"


def _extremes(rates: list[FlowRate]) -> list[FlowRate]:
    """Return the rates to name: of many the lowest and the highest, in the order of waves."""
    if len(rates) <= _MOST_NAMED:
        return rates
    ranked = sorted(range(len(rates)), key=lambda k: rates[k].estimate)
    return [rates[k] for k in sorted((ranked[0], ranked[-1]))]


def _of_many(rates: list[FlowRate]) -> str:
    return f"These are the lowest and the highest rate of {len(rates)} waves."


def _links_back(material: Material) -> list[str]:
    """Say who is found again: in the next wave, or of many waves in the last, of those in the first."""
    if material.flow is None:
        return []
    rates = material.flow.rates
    named = [(rate.base, rate) for rate in rates if rate.rate == "conditional"]
    if len(named) > _MOST_NAMED:
        last = [rate for rate in rates if rate.rate == "retention"][-1:]
        named = [(f"people in “{material.flow.waves[0]}”", rate) for rate in last]
    return [
        f"{r.count:,} of {r.n:,} {base} {'is' if r.count == 1 else 'are'} also in “{r.wave}” "
        f"({percent(r.estimate, material.flow_places)})"
        for base, r in named
    ]


def _response(material: Material) -> list[Text]:
    rates = _response_rates(material)
    places = material.flow_places
    reported = [f"{r.count:,} of {r.n:,} {r.base} {_answered(r, places)}" for r in _extremes(rates)]
    reported += _links_back(material)
    result: list[Text] = []
    if not rates:
        result.append((Strong("Response rate: not stated."), "Ask how many were invited before quoting."))
    if reported:
        many_rates = f" {_of_many(rates)}" if len(rates) > _MOST_NAMED else ""
        result.append((Strong("Participation."), "; ".join(reported) + "." + many_rates))
    few = [f"“{rate.wave}”" for rate in rates if rate.estimate < _VOLUNTEERS]
    if few:
        waves = ", ".join(few) if len(few) <= _MOST_NAMED else f"{len(few)} of the waves"
        result.append(
            (
                Strong("Volunteers."),
                f"Fewer than one in ten of those invited answered {waves}. Treat those who did as "
                "volunteers: they may differ from the rest in ways that nobody measured.",
            )
        )
    return result


def _keyless(material: Material) -> list[Text]:
    """Tell of answers that are in no number, because nobody can say whose they are."""
    if material.panel is None:
        return []
    lost = [row for row in material.panel.as_pandas("ledger").to_dict("records") if row["no_key"]]
    why = material.panel.as_pandas("no_key")
    reported = "; ".join(
        f"{row['no_key']:,} of {many(row['rows'], 'row', 'rows')} of “{row['wave']}”"
        + _reasons(why["reason"][why["wave"] == row["wave"]].value_counts().to_dict())
        for row in lost
    )
    if not reported:
        return []
    return [
        (Strong("Without a key:"), f"{reported}. They belong to nobody known, and are not among the people.")
    ]


def _reasons(counts: Mapping[str, int]) -> str:
    """Say why rows have no key, where the cell is not simply blank."""
    if set(counts) <= {"blank", "too few answers"}:
        return ""
    return " (" + ", ".join(f"{n:,} {reason}" for reason, n in sorted(counts.items())) + ")"


def _links(material: Material) -> list[Text]:
    """Say how doubtful the links are, where they do not come from keys."""
    if material.links is None:
        return []
    pairs = [pair for pair in material.links.waves if pair.false_link_rate is not None]
    places = decimals(pair.links for pair in pairs)
    reported = []
    for pair in pairs:
        words = [
            many(pair.links, "link", "links"),
            f"an estimated {_rate(pair.false_link_rate, places)} of them false",
        ]
        if pair.recall_at_most is not None:
            words.append(f"at most {at_most(pair.recall_at_most, places)} of the true matches linked")
        if pair.cut is not None:
            words.append(f"pairs accepted from a match probability of {number(pair.cut, 3)} up")
        reported.append(f"“{pair.linked_wave}” and “{pair.wave}”: {', '.join(words)}")
    text = (
        f"Waves were linked by {say.LINKS[material.links.method]}. {'; '.join(reported)}. The rates are "
        "estimates of the linkage's own model. A false link sets one person's answers beside another's."
    )
    return [(Strong("Links are not certain."), text)]


def _rate(rate: float | None, places: int) -> str:
    return "unknown share" if rate is None else percent(rate, places)


def _weighting(material: Material) -> list[Text]:
    weighted = [result for result in material.results if result.weighted]
    sentences: list[Text] = []
    if not weighted:
        sentences.append((Strong("Not weighted."), "The shares describe those who answered and nobody else."))
    elif any(not result.population for result in weighted):
        sentences.append(
            (
                Strong("Weights given by the author"),
                "were used as they came: whom they stand for was not checked here.",
            )
        )
    for weights in material.weights:
        verb = "make" if weighted else "were made, but no share here uses them, so that"
        sentences.append((Strong("Weights"), f"{verb} {_stand_for(weights)}"))
        sentences += [(Strong("Alert:"), alert.text, alert.remedy) for alert in weights.alerts]
    if weighted and material.plain:
        sentences += _unlinked(material)
    return sentences


def _stand_for(weights: Weights) -> str:
    """Say whom weights make people stand for, on what, what it costs, and how far that goes."""
    size = (
        f"Effective sample {number(weights.n_effective)} of "
        f"{weights.n:,} (design effect {number(weights.deff, 2)})."
    )
    if weights.balance is None:
        return (
            f"{many(weights.n, 'person', 'people')} stand for {weights.target.whom}. {size} They were taken "
            f"{weights.words}: how they were made, and whom they stand for, was not checked here."
        )
    model = [row.variable for row in weights.balance.rows if row.role == "model"]
    used = [name for name in dict.fromkeys(model) if model.count(name) > 1]  # one level tells nothing
    by = f"on {', '.join(used)}" if used else "with no variable that tells them apart"
    return (
        f"{many(weights.n, 'person', 'people')} who answered “{weights.wave}” stand for "
        f"{weights.target.whom}, {by}. {size} They correct only what these "
        f"variables explain, and speak only for people in “{weights.to}”."
    )


def _unlinked(material: Material) -> list[Text]:
    ending = ": they are in no weighted share."
    against_attrition = [weights for weights in material.weights if weights.to]
    if material.panel is None or not against_attrition:
        return [(Strong("Not weighted:"), text + ending) for text in material.without_weight()]
    weights = against_attrition[-1]
    people = material.panel.people_in(weights.wave).size
    if people == weights.n:
        return []
    return [
        (
            Strong("Not linked."),
            f"{people - weights.n:,} of the {people:,} people who answered “{weights.wave}” could not be "
            f"linked to “{weights.to}” and {'has' if people - weights.n == 1 else 'have'} no weight{ending}",
        )
    ]


#: Flags that a reader must know of before quoting, and what follows from them.
_FLAGS = {
    "small_base": ("Small bases:", "Quote counts, not percentages."),
    "small_n_effective": (
        "Small effective samples:",
        "With weights or the design they tell as much as fewer than 30 people would.",
    ),
    "low_item_response": ("Few answered:", "Fewer than 70% of those asked did: the others may differ."),
}


def _flagged(material: Material) -> list[Text]:
    """List the proportions and comparisons that carry a flag."""
    sentences: list[Text] = []
    for flag, (lead, advice) in _FLAGS.items():
        named = [
            f"{row.label} ({row.base})"
            for result in (*material.plain, *material.weighted)
            for row in result.rows
            if flag in row.flags
        ]
        named += [
            f"{row.label}, {row.group} ({row.n:,}) against {say.reference_words(row)} ({row.n_reference:,})"
            for result in material.comparisons
            for row in result.rows
            if flag in row.flags
        ]
        if named:
            sentences.append((Strong(lead), f"{'; '.join(sorted(set(named)))}. {advice}"))
    return sentences


def _comparisons(material: Material) -> list[Text]:
    n = sum(result.n_comparisons for result in material.comparisons)
    if not n:
        return []
    reported = f"; all are shown, and {say.adjustment_words(material.comparisons)}" if n > 1 else ""
    text = f"made between groups{reported}."
    if n > 1:
        text += f" {say.interval_adjustment_words(material.comparisons)}"
    untested = [
        row
        for result in material.comparisons
        for row in result.rows
        if row.test == "none" and "no_answers" not in row.flags
    ]
    if untested:
        units = " or units of the design" if any("no_df" in row.flags for row in untested) else ""
        text += f" {len(untested):,} had too few answers of one kind{units} to test."
    return [(Strong(many(n, "comparison", "comparisons")), text)]


def _designs(material: Material) -> list[Text]:
    """Say where the results disagree about how people were drawn."""
    tables: dict[str, list[str]] = {}
    for result in material.results:
        tables.setdefault(say.sampling_words(result.procedure), []).append(_table(result))
    if len(tables) < 2:
        return []
    one_by_one = tables.pop("", [])
    reported = [f"with {design}: {_listed(named)}" for design, named in tables.items()]
    if one_by_one:
        reported.append(
            "without a design, as if people had been drawn one by one: "
            f"{_listed(one_by_one)}. Where people were drawn in clusters, such intervals are mostly too "
            "narrow, and such tests find too many differences"
        )
    return [(Strong("The results disagree about the design."), _sentence(reported))]


def _listed(named: list[str]) -> str:
    *others, last = dict.fromkeys(named)
    return f"{', '.join(others)}, and {last}" if others else last


def _table(result: ProportionsResult | ComparisonResult) -> str:
    """Name a result by what it states."""
    by = [result.by] if isinstance(result.by, str) else list(result.by)
    kind = f"{result.words}s" if isinstance(result, ComparisonResult) else "shares"
    kind = f"weighted {kind}" if result.weighted else kind
    labels = list(dict.fromkeys(result.columns["label"]))
    more = len(labels) - _MOST_QUESTIONS
    of = ", ".join(f"“{label}”" for label in labels[:_MOST_QUESTIONS]) + (
        f" and {more} more" if more > 0 else ""
    )
    return f"{kind} of {of}" + (f" by {' and '.join(by)}" if by else "")


def _method(material: Material) -> list[Text]:
    """Say how the numbers were made, as each result tells it."""
    parts = []
    for of, results in (("shares", material.plain), ("weighted shares", material.weighted)):
        ways = dict.fromkeys(say.interval_words(result) for result in results)
        parts += [f"intervals of {of}: {'; or '.join(ways)}"] if ways else []
    parts += dict.fromkeys(
        f"intervals of {'weighted ' if r.weighted else ''}{r.words}s: {say.comparison_words(r)}"
        for r in material.comparisons
    )
    tests = {row.test for r in material.comparisons for row in r.rows} - {"none"}
    if material.comparisons:
        parts.append(f"tests: {', '.join(sorted(say.TESTS[test] for test in tests)) or 'none'}")
    for weights in material.weights:
        parts.append(f"weights: {weights.words}")
    return [(Strong("Method."), _sentence(parts))]


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "."
