"""What a reader must be told of all results together: what they stand for, and what may not be claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.reporting import headings
from credbenefits.reporting import people as name_of
from credbenefits.reporting.blocks import Bullets, Paragraph, Section
from credbenefits.results.base import level_words, who_did
from credbenefits.results.parts import UNNAMED_PEOPLE, Strong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.results.parts import Caution, Parts, Stated, StudyWords, Text

#: Tables of numbers that a caution names one by one.
_MOST_NAMED = 3


def stand_for(given: Sequence[Parts], words: StudyWords) -> Section | None:
    """Say in a few lines what the numbers stand for."""
    stated = _stated(given)
    if not stated:
        return None
    whom = _whom(stated)
    weighted = any(each.weighted for each in stated)
    lead = "Unless it is called estimated, a percentage" if weighted else "A percentage"
    lead += " in a finding"
    text = f"{lead} is a share of {name_of.or_of(whom)}: people who answered."
    if words.people in whom:
        text += " It does not speak for those who did not answer."
    elif words.people != UNNAMED_PEOPLE:
        text += f" It is not a share of {name_of.all_of(words.people)}."
    blocks = [Paragraph((text,))]
    populations = list(dict.fromkeys(each.population for each in stated if each.weighted))
    if populations:
        for_whom = " or for ".join(name or "the people whom the weights stand for" for name in populations)
        text = f"What is called estimated is for {for_whom}."
        if any(table.section == headings.WEIGHTED for parts in given for table in parts.tables):
            text += f" How, and beside which shares, stands under “{headings.WEIGHTED}”."
        blocks.append(Paragraph((text,)))
    return Section("What these numbers stand for", tuple(blocks), "caution")


def caution(given: Sequence[Parts], words: StudyWords) -> Section:
    """Write the caution block that ends every brief."""
    stated = _stated(given)
    items: list[Text] = [
        *_response(given, stated),
        *_weighting(given, stated),
        *_merged([caution for parts in given for caution in parts.cautions]),
        *_intervals(stated),
        *_designs(stated),
        _cause(words),
        _overstated(stated, words),
    ]
    return Section("Read this before quoting", (Bullets(tuple(items)),), "caution")


def _stated(given: Sequence[Parts]) -> list[Stated]:
    return [stated for parts in given for stated in parts.stated]


def _whom(stated: Sequence[Stated]) -> list[str]:
    return list(dict.fromkeys(each.people for each in stated))


def _response(given: Sequence[Parts], stated: Sequence[Stated]) -> list[Text]:
    if not stated or any(parts.response_known for parts in given):
        return []
    return [(Strong("Response rate: not stated."), "Ask how many were invited before quoting.")]


def _weighting(given: Sequence[Parts], stated: Sequence[Stated]) -> list[Text]:
    weighted = [each for each in stated if each.weighted]
    if any(not each.population for each in weighted):
        text = "were used as they came: whom they stand for was not checked here."
        return [(Strong("Weights given by the author"), text)]
    if weighted or not stated:
        return []
    unused = (
        "No number here uses the weights. "
        if any(parts.withheld or _weights(parts) for parts in given)
        else ""
    )
    return [(Strong("Not weighted."), f"{unused}The shares describe those who answered and nobody else.")]


def _weights(parts: Parts) -> bool:
    return any(caution.topic.startswith("Weights for ") for caution in parts.cautions)


def _merged(cautions: Sequence[Caution]) -> list[Text]:
    """Make one entry for each topic: what all its cautions name, and what they say, each once."""
    topics: dict[str, list[Caution]] = {}
    for each in cautions:
        topics.setdefault(each.topic, []).append(each)
    result: list[Text] = []
    for topic, some in topics.items():
        named = "; ".join(dict.fromkeys(name for each in some for name in each.named))
        texts = dict.fromkeys(each.text for each in some)
        ending = "" if topic.endswith((".", ":")) else ":" if named else "."
        result.append((Strong(topic + ending), *([f"{named}."] if named else []), *texts))
    return result


def _intervals(stated: Sequence[Stated]) -> list[Text]:
    levels = dict.fromkeys(level_words(each.confidence_level) for each in stated)
    if not levels:
        return []
    text = (
        f"({', '.join(levels)}) cover chance alone: which of such people happened to answer. They do not "
        "cover the possibility that those who did not answer are different."
    )
    return [(Strong("Intervals"), text)]


def _designs(stated: Sequence[Stated]) -> list[Text]:
    """Say where the results disagree about how people were drawn."""
    tables: dict[str, list[str]] = {}
    for each in stated:
        tables.setdefault(each.design, []).append(each.what)
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
    text = "; ".join(reported)
    return [(Strong("The results disagree about the design."), f"{text[:1].upper()}{text[1:]}.")]


def _listed(named: list[str]) -> str:
    """Name what there is, or the first few and how many more there are."""
    different = list(dict.fromkeys(named))
    more = len(different) - _MOST_NAMED
    if more > 1:
        different = [*different[:_MOST_NAMED], f"{more} more"]
    *others, last = different
    return f"{', '.join(others)}, and {last}" if others else last


def _cause(words: StudyWords) -> Text:
    """Say what was measured, and what it cannot show of what was offered."""
    told = ["Answers are counted as people gave them. Nothing here checks them."]
    offered = words.offered
    if words.comparison_observed:
        told.append(
            "Groups were compared. A difference between them is an effect"
            f"{f' of {offered}' if offered else ''} only if chance decided who is in which group."
        )
    elif words.comparison_observed is False:
        told.append(
            "No comparison group was observed"
            + (f", so nothing here shows that {offered} caused what people reported." if offered else ".")
        )
    elif offered:
        told.append(f"Shares alone do not show that {offered} caused what people reported.")
    return (Strong("What was measured."), " ".join(told))


def _overstated(stated: Sequence[Stated], words: StudyWords) -> Text:
    """Name the claims that numbers must not be turned into."""
    whom, people = _whom(stated), words.people
    told = []
    if whom:
        everybody = "everybody" if people == UNNAMED_PEOPLE else people
        if people in whom:
            told.append(f"“% of {name_of.all_of(people)}” for a share of {who_did(people, 'answered')}")
        others = [name for name in whom if name != people or people == UNNAMED_PEOPLE]
        if others:
            told.append(f"“% of {everybody}” for a share of {name_of.or_of(others)}")
        told.append("“nobody” where none of those who answered said yes")
    chance = ", unless chance decided who is in which group" if words.comparison_observed else ""
    told += [f"“caused” or “led to”{chance}", "that those who answered are like those who did not"]
    return Strong("Do not write"), f"{'; '.join(told[:-1])}; or {told[-1]}."
