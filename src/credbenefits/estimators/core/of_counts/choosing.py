"""Where an estimate comes from: counts, a lazy table that is counted where it is, or the rows of a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.counts.count import count
from credbenefits.counts.counts import Counts
from credbenefits.estimators.core.of_counts.source import prepare_counts
from credbenefits.estimators.core.refusals import refuse_again
from credbenefits.estimators.core.source import prepare
from credbenefits.frames.boundary import lazy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Bins, Frame, ShareKind, Values
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.estimators.core.source import Source
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import ItemLike, Question
    from credbenefits.weighting.weights import Weights


def source_of(
    data: Frame | Counts,
    items: Question | Sequence[Question] | None,
    *,
    by: GroupsBy | None,
    bins: Bins | None,
    among: ItemLike | Sequence[ItemLike] | None,
    share: ShareKind,
    weights: Weights | str | None,
    design: SurveyDesign | None,
    missing: Values,
    answers: Values,
    people: str,
    allow_identifier: bool,
) -> Source:
    """Check the arguments that all estimators share, and read what they name."""
    if isinstance(data, Counts):
        given: dict[str, object] = {"bins": bins, "among": among, "weights": weights}
        given |= {"design": design, "missing": missing, "answers": answers}
        refuse_again(given, share=share, people=people)
        return prepare_counts(data, items, by, allow_identifier=allow_identifier)
    if lazy(data) is None:
        return prepare(
            data,
            items,
            by=by,
            bins=bins,
            among=among,
            weights=weights,
            missing=missing,
            answers=answers,
            people=people,
            joint=share == "joint",
            allow_identifier=allow_identifier,
        )
    made = count(
        data,
        () if items is None else items,
        by=by,
        bins=bins,
        among=among,
        share=share,
        weights=weights,
        design=design,
        missing=missing,
        answers=answers,
        people=people,
    )
    return prepare_counts(made, None, None, allow_identifier=allow_identifier)


def data_words(data: object) -> str:
    """Say what was given instead of rows."""
    return "counts" if isinstance(data, Counts) else "a lazy table"
