"""The keys of [[response_rates]]."""

from __future__ import annotations

from credbenefits import _typing as t
from credbenefits.study.keys import kinds as k
from credbenefits.study.keys.kinds import Key

RATES = (
    Key("wave", k.TEXTS, "response_rates(wave)", "The waves; by default all that say how people ended."),
    Key("by", k.COLUMNS, "response_rates(by)", "Columns of the wave, or of other waves, that make groups."),
    Key("e", k.number(0.8), "response_rates(e)", "The share of people of unknown eligibility who count."),
    Key("effort", k.TEXT, "response_rates(effort)", "A column with the day, or the number of the reminder."),
    Key(
        "definition",
        k.choices(t.ResponseDefinition),
        "response_rates(definition)",
        "Which rates; by default all that the data have.",
    ),
    Key("weights", k.TEXT, "response_rates(weights)", "A column of the weights that people were drawn with."),
    Key("people", k.TEXT, "response_rates(people)", "Who was asked; by default those of the study."),
)
