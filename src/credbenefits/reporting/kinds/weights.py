"""What weights give to a brief: whom they are for, what they cost, and how far they reach."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from credbenefits.reporting import names
from credbenefits.reporting import people as name_of
from credbenefits.reporting.kinds import balance
from credbenefits.reporting.names import in_texts
from credbenefits.reporting.rounding import number
from credbenefits.results import output
from credbenefits.results.base import many
from credbenefits.results.parts import Caution, Parts
from credbenefits.weighting.alerts import forbidding

if TYPE_CHECKING:
    from credbenefits.results.output import DataFrame
    from credbenefits.results.parts import StudyWords
    from credbenefits.results.tables import BalanceResult
    from credbenefits.results.weighing.alert import Alert
    from credbenefits.weighting.weights import Weights


def parts(weights: Weights, words: StudyWords) -> Parts:
    """Return what weights give to a brief."""
    population = name_of.population(weights.population, words)
    topic = f"Weights for {name_of.numbered(population, weights.target.size)}"
    variables = _variables(weights.balance)
    alerts = [_alert(alert, variables, words) for alert in weights.alerts]
    forbidden = forbidding(weights.alerts)
    named = filter(None, (*weights.target.waves, weights.to, *in_texts([weights.population])))
    shown = weights.balance if weights.balance is not None and weights.balance.rows else None
    caption = (
        f"{many(weights.n, 'person', 'people')}{_who_answered(weights, words)} against "
        f"{name_of.all_of(population, weights.target.size)}"
    )
    base = min(filter(None, (weights.population_size, weights.n)), default=0)
    return Parts(
        tables=() if shown is None else (balance.table(shown, words, caption=caption, base=base),),
        figures=() if shown is None else (balance.figure(shown, words),),
        cautions=tuple(Caution(topic, text) for text in (_stand_for(weights, words), *alerts)),
        methods=(f"{topic}: {weights.words}.",),
        files={"weights": _row(weights), **({} if shown is None else balance.files(shown))},
        names={**balance.names(weights.balance), **dict.fromkeys(named, ())},
        withheld={population: forbidden} if forbidden else {},
    )


def _row(weights: Weights) -> DataFrame:
    """Return what the weights cost, as a frame of one row."""
    return output.table(
        {
            "stands_for": [weights.population],
            "population_size": [weights.population_size],
            "wave": [weights.wave],
            "to": [weights.to],
            "n": [weights.n],
            "n_effective": [weights.n_effective],
            "deff": [weights.deff],
            "method": [weights.words],
        }
    )


def _who_answered(weights: Weights, words: StudyWords) -> str:
    """Name the waves that had to be answered; nothing where rows are weighted to known totals."""
    waves = [f"“{words.label(wave)}”" for wave in weights.target.waves]
    named = " and ".join(filter(None, [", ".join(waves[:-1]), *waves[-1:]]))
    return f" who answered {named}" if named else ""


def _variables(compared: BalanceResult | None) -> list[str]:
    return [] if compared is None else list(dict.fromkeys(row.variable for row in compared.rows))


def _stand_for(weights: Weights, words: StudyWords) -> str:
    """Say whom weights make people stand for, on what, what it costs, and how far that goes."""
    size = (
        f"The effective sample is {number(weights.n_effective)} of {weights.n:,} (design effect "
        f"{number(weights.deff, 2)})."
    )
    people = many(weights.n, "person", "people")
    stand = "stands" if weights.n == 1 else "stand"
    if weights.balance is None:
        return (
            f"{people} {stand} for them. {size} The weights were taken {weights.words}: how they were made, "
            "and whom they stand for, was not checked here."
        )
    model = [row.variable for row in weights.balance.rows if row.role == "model"]
    used = [name for name in dict.fromkeys(model) if model.count(name) > 1]  # one level tells nothing
    by = f"weighted on {names.columns(used, words)}" if used else "with no variable that tells them apart"
    if weights.to:
        speak = (
            f"and speak only for people in “{words.label(weights.to)}”: who answered and is not found there "
            "has no weight."
        )
    else:
        speak = "and the totals were taken as they were given: whose they are was not checked here."
    return (
        f"{people}{_who_answered(weights, words)} {stand} for them, {by}. {size} The weights correct only "
        f"what these variables explain, {speak}"
    )


def _alert(alert: Alert, variables: list[str], words: StudyWords) -> str:
    """Write an alert, which may begin with a variable, or with several."""
    known = "|".join(sorted(map(re.escape, variables), key=len, reverse=True))
    listed = re.match(f"(?:{known})(?:, (?:{known}))*(?=: | = )", alert.text) if variables else None
    lead = listed[0] if listed else ""
    text = re.sub(known, lambda found: words.label(found[0]), lead) + alert.text.removeprefix(lead)
    return f"{text[:1].upper()}{text[1:]} {alert.remedy}".rstrip()
