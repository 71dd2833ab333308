"""What a reader must be told: what the numbers stand for, and what may not be claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.reporting import wording as say
from credbenefits.reporting.blocks import Bullets, Paragraph, Section, Strong
from credbenefits.results._base import level_words

if TYPE_CHECKING:
    from credbenefits.reporting.blocks import Text
    from credbenefits.reporting.sections import Material
    from credbenefits.results.tables import FlowRate

#: Below this response rate the people who answered are called volunteers.
_VOLUNTEERS = 0.10


def headline(material: Material, note: str) -> Section:
    """Say first of all who answered, and what the numbers therefore stand for."""
    sentences: list[Text] = []
    if note:
        sentences.append((Strong(note),))
    for rate in _response_rates(material):
        sentences.append((Strong(f"{rate.count:,} of {rate.n:,} {rate.base}"), _answered(rate) + "."))
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
        *_small_bases(material),
        *_comparisons(material),
        *_method(material),
        (
            Strong("Do not write"),
            f"“% of learners” for a share of {' or of '.join(_whom(material))}; “no learner” where none of "
            "those who answered said yes; “caused” or “led to”; or that those who answered are "
            "representative.",
        ),
    ]
    return Section("Read this before quoting", (Bullets(tuple(items)),), "caution")


def _whom(material: Material) -> list[str]:
    return list(dict.fromkeys(result.people for result in material.results))


def _response_rates(material: Material) -> list[FlowRate]:
    """Return, of every wave whose invitations are known, how many of those invited answered."""
    rates = () if material.flow is None else material.flow.rates
    return [rate for rate in rates if rate.rate == "wave"]


def _answered(rate: FlowRate) -> str:
    return f"answered “{rate.wave}” with a usable key ({say.percent(rate.estimate, rate.n)})"


def _response(material: Material) -> list[Text]:
    rates = _response_rates(material)
    links = [] if material.flow is None else [r for r in material.flow.rates if r.rate == "conditional"]
    told = [f"{r.count:,} of {r.n:,} {r.base} {_answered(r)}" for r in rates]
    told += [
        f"{r.count:,} of {r.n:,} {r.base} are also in “{r.wave}” ({say.percent(r.estimate, r.n)})"
        for r in links
    ]
    found: list[Text] = []
    if not rates:
        found.append((Strong("Response rate: not stated."), "Ask how many were invited before quoting."))
    if told:
        found.append((Strong("Participation."), "; ".join(told) + "."))
    for rate in rates:
        if rate.estimate < _VOLUNTEERS:
            found.append(
                (
                    Strong("Volunteers."),
                    f"Fewer than one in ten of those invited answered “{rate.wave}”. Treat those who did as "
                    "volunteers: they may differ from the rest in ways that nobody measured.",
                )
            )
    return found


def _keyless(material: Material) -> list[Text]:
    """Tell of answers that are in no number, because nobody can say whose they are."""
    if material.panel is None:
        return []
    lost = [row for row in material.panel.ledger.to_dict("records") if row["no_key"]]
    told = "; ".join(f"{row['no_key']:,} of {row['rows']:,} rows of “{row['wave']}”" for row in lost)
    if not told:
        return []
    return [(Strong("Without a key:"), f"{told}. They belong to nobody known, and are not among the people.")]


def _weighting(material: Material) -> list[Text]:
    weighted = [result for result in material.results if result.weighted]
    found: list[Text] = []
    if not weighted:
        found.append((Strong("Not weighted."), "The shares describe those who answered and nobody else."))
    elif any(not result.population for result in weighted):
        found.append(
            (
                Strong("Weights given by the author"),
                "were used as they came: whom they stand for was not checked here.",
            )
        )
    for weights in material.weights:
        used = [c for columns in weights.recipe["covariates"].values() for c in columns]
        verb = "make" if weighted else "were made, but no share here uses them, so that"
        found.append(
            (
                Strong("Weights"),
                f"{verb} {weights.n:,} people who answered “{weights.wave}” stand for "
                f"{weights.population_size:,} {weights.population}, on "
                f"{', '.join(used)}. Effective sample {weights.n_effective:.0f} of "
                f"{weights.n:,} (design effect {weights.deff:.2f}). They mend only what these variables "
                f"explain, and speak only for people in “{weights.to}”.",
            )
        )
        found += [(Strong("Alert:"), alert.text, alert.remedy) for alert in weights.alerts]
    if weighted and material.plain:
        found += _unlinked(material)
    return found


def _unlinked(material: Material) -> list[Text]:
    if material.panel is None or not material.weights:
        return []
    weights = material.weights[-1]
    people = material.panel.people_in(weights.wave).size
    if people == weights.n:
        return []
    return [
        (
            Strong("Not linked."),
            f"{people - weights.n:,} of the {people:,} people who answered “{weights.wave}” could not be "
            f"linked to “{weights.to}”: they have no weight and are in no weighted share.",
        )
    ]


def _small_bases(material: Material) -> list[Text]:
    rows = [row for result in (*material.plain, *material.weighted) for row in result.rows]
    small = {f"{row.label} ({row.base})" for row in rows if "small_base" in row.flags}
    if not small:
        return []
    return [(Strong("Small bases:"), f"{'; '.join(sorted(small))}. Quote counts, not percentages.")]


def _comparisons(material: Material) -> list[Text]:
    n = sum(result.n_comparisons for result in material.comparisons)
    if not n:
        return []
    made = f"{n} comparison{'' if n == 1 else 's'}"
    text = "made between groups; all are shown, and p-values are adjusted within each table."
    untested = sum(row.test == "none" for result in material.comparisons for row in result.rows)
    if untested:
        text += f" {untested} had too few people to test."
    return [(Strong(made), text)]


def _method(material: Material) -> list[Text]:
    """Say how the numbers were made."""
    methods = dict.fromkeys(
        row.method.capitalize() for r in (*material.plain, *material.weighted) for row in r.rows
    )
    parts = [f"Intervals of shares: {', '.join(methods)}"] if methods else []
    if material.weighted:
        parts.append("of weighted shares on Kish's effective sample size")
    if material.comparisons:
        tests = sorted({row.test for r in material.comparisons for row in r.rows} - {"none"})
        parts += dict.fromkeys(
            f"intervals of {r.words}s: {r.method.replace('_', ' ').title()}"
            f"{', on effective sample sizes' if r.weighted else ''}"
            for r in material.comparisons
        )
        parts.append(f"tests: {', '.join(tests) or 'none'}")
    for weights in material.weights:
        trim = weights.recipe["trim"]
        cap = "not capped" if trim is None else f"capped at {trim:g} times their median"
        parts.append(f"weights: 1/p from a logistic regression ({weights.recipe['method']}), {cap}")
    return [(Strong("Method."), "; ".join(parts) + ".")]
