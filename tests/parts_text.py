"""Parts as text, to read them in tests, and what must hold for all of them."""

from __future__ import annotations

import re

from credbenefits.reporting.rounding import decimals, percent, points, ratio
from credbenefits.results.parts import Numbers, StudyWords

WRITE = {"percent": percent, "points": points, "number": lambda value, _: ratio(value)}


def said(text):
    return " ".join(piece for piece in text if piece)


def cell(value, places):
    if isinstance(value, str):
        return value
    write = WRITE[value.unit]
    return value.template.format(*(write(n, places) for n in value.values))


def rows(table):
    """The rows of a table as text, with the decimals of its base."""
    places = decimals([table.base])
    return [tuple(cell(value, places) for value in row) for row in table.rows]


def table(parts, caption):
    (found,) = [one for one in parts.tables if one.caption.startswith(caption)]
    return found


def findings(parts):
    return [said(finding.sentence) for finding in parts.findings]


def cautions(parts, topic):
    """What the cautions of a topic say: what they name, then their texts."""
    mine = [one for one in parts.cautions if one.topic == topic]
    return [*(name for one in mine for name in one.named), *(one.text for one in mine)]


def everything(parts):
    """All text of parts, line by line."""
    lines = [said(text) for text in (*parts.lead, *parts.notes)]
    for finding in parts.findings:
        lines += [said(finding.sentence), *map(said, finding.details), finding.withheld]
        lines += [f"{dot.label} {dot.note}" for dot in finding.dots]
    for one in parts.tables:
        lines += [one.section, one.caption, *one.header, *map(said, (*one.before, *one.after))]
        lines += [value for row in rows(one) for value in row]
    for figure in parts.figures:
        lines += [figure.section, figure.alt]
    for one in parts.cautions:
        lines += [one.topic, one.text, *one.named]
    return [*lines, *parts.methods, *(stated.what for stated in parts.stated)]


def check(parts):
    """Hold for parts of every kind: whole rows, whole sentences, numbers as words, no word of another study."""
    for one in parts.tables:
        assert one.rows
        assert {len(row) for row in one.rows} == {len(one.header)}
        for row in one.rows:
            for value in row:
                assert not isinstance(value, Numbers) or value.values
    for text in (*parts.lead, *parts.notes, *(f.sentence for f in parts.findings)):
        assert said(text).rstrip().endswith((".", "!", "?")), text
        assert not said(text).rstrip().endswith(".."), text
    for text in (*(one.text for one in parts.cautions), *parts.methods):
        assert text.endswith("."), text
        assert text[0].isupper() or not text[0].isalpha(), text
    lines = everything(parts)
    for line in lines:
        assert not re.search(r"\bnan\b|\bNone\b(?! could)|\binf\b|learner|credential|\beffect\b|  ", line), (
            line
        )
    for figure in parts.figures:
        assert re.search(r"\d", figure.alt)
    return parts


PLAIN = StudyWords()
