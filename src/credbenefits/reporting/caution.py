"""What a reader must be told: what the numbers stand for, and what may not be claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.reporting import wording as say
from credbenefits.reporting.blocks import Bullets, Paragraph, Section, Strong

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
    whom = list(dict.fromkeys(result.people for result in (*material.plain, *material.weighted)))
    answered = _last_wave_rate(material)
    if answered is not None:
        sentences.append(
            (
                Strong(f"{answered.count:,} of {answered.n:,} {answered.base}"),
                f"answered “{answered.wave}” ({say.percent(answered.estimate, answered.n)}).",
            )
        )
    if whom:
        sentences.append(
            (
                f"Unless it is called estimated, a percentage is a share of {' or of '.join(whom)}: "
                "people who answered. It is not a share of all learners.",
            )
        )
    return Section("What these numbers stand for", tuple(Paragraph(s) for s in sentences), "caution")


def caution(material: Material) -> Section:
    """Write the caution block that ends every brief."""
    items: list[Text] = [*_response(material), *_weighting(material), *_linking(material)]
    results = (*material.plain, *material.weighted)
    if results:
        items.append(
            (
                Strong("Intervals"),
                f"({results[0].confidence_level:.0%}) cover chance alone: which of such people happened to "
                "answer. They do not cover the possibility that those who did not answer are different.",
            )
        )
        items.append(
            (
                Strong("Self-report."),
                "Every benefit is what people said about themselves. No comparison group was observed, so "
                "nothing here shows that the credential caused it.",
            )
        )
    items += _small_bases(material)
    n = sum(result.n_comparisons for result in material.comparisons)
    if n:
        items.append((Strong(f"{n} comparisons"), "between groups were made; all of them are shown."))
    whom = results[0].people if results else "people who answered"
    items.append(
        (
            Strong("Do not write"),
            f"“% of learners” for a share of {whom}; “no learner” where none of those who answered said yes; "
            "“caused” or “led to”; or that those who answered are representative.",
        )
    )
    return Section("Read this before quoting", (Bullets(tuple(items)),), "caution")


def _last_wave_rate(material: Material) -> FlowRate | None:
    """Return the response rate of the wave that was asked last: of those invited, where that is known."""
    if material.flow is None:
        return None
    last = [r for r in material.flow.rates if r.wave == material.flow.waves[-1]]
    order = {"wave": 0, "conditional": 1, "cumulative": 2}
    return min(last, key=lambda r: order[r.rate], default=None)


def _response(material: Material) -> list[Text]:
    rate = _last_wave_rate(material)
    if rate is None:
        return [(Strong("Response rate: not stated."), "Ask how many were invited before quoting a share.")]
    flow = material.flow
    assert flow is not None
    told = "; ".join(
        f"{r.wave}: {r.count:,} of {r.n:,} {r.base} ({say.percent(r.estimate, r.n)})"
        for r in flow.rates
        if r.rate != "cumulative"
    )
    found: list[Text] = [(Strong("Response."), f"{told}.")]
    if rate.estimate < _VOLUNTEERS:
        found.append(
            (
                Strong("Volunteers."),
                f"Fewer than one in ten answered “{rate.wave}”. Treat those who did as volunteers: they may "
                "differ from the rest in ways that nobody measured.",
            )
        )
    return found


def _weighting(material: Material) -> list[Text]:
    if not material.weights and not material.weighted:
        return [(Strong("Not weighted."), "The shares describe those who answered and nobody else.")]
    found: list[Text] = []
    for weights in material.weights:
        found.append(
            (
                Strong("Weights"),
                f"make {weights.n:,} people who answered “{weights.wave}” stand for "
                f"{weights.population_size:,} {weights.population}, on "
                f"{', '.join(weights.recipe['covariates'])}. Effective sample {weights.n_effective:.0f} "
                f"of {weights.n:,} (design effect {weights.deff:.2f}). They mend only "
                "what these variables explain.",
            )
        )
        found += [(Strong("Alert:"), alert.text, alert.remedy) for alert in weights.alerts]
    return found


def _linking(material: Material) -> list[Text]:
    if material.panel is None or not material.weights:
        return []
    weights = material.weights[-1]
    people = material.panel.people_in(weights.wave).size
    outside = people - weights.n
    if not outside:
        return []
    return [
        (
            Strong("Not linked."),
            f"{outside:,} of the {people:,} people who answered “{weights.wave}” could not be linked "
            f"to “{weights.to}”: they are in "
            "the unweighted shares and not in the weighted ones.",
        )
    ]


def _small_bases(material: Material) -> list[Text]:
    small = [row for row, _ in material.findings if "small_base" in row.flags]
    if not small:
        return []
    names = "; ".join(f"{row.label} ({row.n:,})" for row in small)
    return [(Strong("Small bases:"), f"{names}. Quote the counts, not the percentages.")]
