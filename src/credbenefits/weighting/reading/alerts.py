"""What a reader must know of the people of a call: who has no weight, and what waves and chains cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.results.base import many
from credbenefits.results.weighing.alert import Alert
from credbenefits.weighting.reading.answering import NO_WEIGHT, NOT_ELIGIBLE
from credbenefits.weighting.record import quoted

if TYPE_CHECKING:
    from credbenefits.weighting.reading.answering import Lost, Standing
    from credbenefits.weighting.reading.eligibility import Eligibility
    from credbenefits.weighting.record import Choices, Unlinked

#: Proportion of people of unknown eligibility that is worth an alert.
MOST_UNKNOWN = 0.05
#: So many more people, as a proportion, without one of several waves are worth an alert.
MOST_LOST = 0.25


def standing_alerts(standing: Standing, eligibility: Eligibility | None, lost: Lost | None) -> list[Alert]:
    """Tell of people who answered and have no weight, of doubtful eligibility, and of what a chain costs."""
    result = []
    waves, to = quoted(standing.waves), standing.to
    sizes = {why: people.size for why, people in standing.left_out.items()}
    if n := sizes.get(NOT_ELIGIBLE, 0):
        result.append(
            Alert(
                "ineligible_respondents",
                f"{_who(n)} answered {waves} {'is' if n == 1 else 'are'} not eligible.",
                n,
                "They have no weight. Check whether the column of eligibility, or the link, is right.",
            )
        )
    if n := sizes.get(NO_WEIGHT, 0):
        result.append(
            Alert(
                "no_earlier_weight",
                f"{_who(n)} answered {waves} {'is' if n == 1 else 'are'} in “{to}”, without a weight before.",
                n,
                "Nothing is known about them, so they have no weight.",
            )
        )
    share = 0.0 if eligibility is None else float(eligibility.unknown.mean())
    if eligibility is not None and share > MOST_UNKNOWN:
        result.append(
            Alert(
                "unknown_eligibility",
                f"{eligibility.label} is not known of {share:.0%} of the people in “{to}”.",
                share,
                "They count as eligible. If many of them are not, the weights stand for too many people.",
            )
        )
    return result + _chain_alerts(standing, lost)


def _chain_alerts(standing: Standing, lost: Lost | None) -> list[Alert]:
    """Tell how many people a chain loses, who answered and were silent in between."""
    if lost is None or lost.single <= lost.now:
        return []
    n, waves = lost.single - lost.now, standing.waves
    return [
        Alert(
            "chain_loses_people",
            f"{many(n, 'person', 'people')} in “{lost.root}” answered {quoted(waves)} and "
            f"{'has' if n == 1 else 'have'} no weight here: the chain goes through “{standing.to}”, where "
            "they were silent or had no weight.",
            n,
            f"A single step from “{lost.root}” to {quoted(waves)} weights {lost.single:,} people rather than "
            f"{lost.now:,}. Chain only if “{standing.to}” has covariates that matter, or is used itself.",
        )
    ]


def choice_alerts(choices: Choices | None) -> list[Alert]:
    """Tell which of several waves costs many people."""
    if choices is None:
        return []
    first, *others = choices.rows
    return [
        Alert(
            "wave_costs_people",
            f"{row.n:,} people would have a weight rather than {first.n:,} if they had not to answer "
            f"“{row.without}”.",
            row.n - first.n,
            f"Where “{row.without}” is not used, weight without it.",
        )
        for row in others
        if row.n > first.n * (1 + MOST_LOST)
    ]


def _who(n: int) -> str:
    return many(n, "person who", "people who")


def unlinked_alerts(unlinked: Unlinked | None) -> list[Alert]:
    """Tell how many people answered and have no weight, because they are not in the population wave."""
    if unlinked is None:
        return []
    share = unlinked.n / unlinked.of
    are = "is" if unlinked.n == 1 else "are"
    text = (
        f"{unlinked.n:,} of the {unlinked.of:,} people who answered {quoted(unlinked.waves)} {are} not found "
        f"in “{unlinked.to}” and {'has' if unlinked.n == 1 else 'have'} no weight"
    )
    worst = max(unlinked.rows, key=lambda row: abs(row.std_difference), default=None)
    if worst is None:
        return [Alert("unlinked_respondents", f"{text}.", share, "Nothing compares them with the others.")]
    if abs(worst.std_difference) > unlinked.band:
        text += (
            f". They differ most in {worst.variable} = {worst.level}: {worst.unlinked:.1%} of them, "
            f"{worst.linked:.1%} of the others"
        )
        remedy = "Weights cannot correct that: compare their answers with the others', and improve the links."
    else:
        text += f". On {many(unlinked.n_columns, 'column', 'columns')} they differ no more than chance allows"
        remedy = "That rules no difference out where they are few."
    return [Alert("unlinked_respondents", f"{text}.", share, remedy)]
