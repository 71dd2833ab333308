"""What the same people answered in two waves, with the doubt about who is who carried along."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.coding.design import check_design
from credbenefits.counts.coding.pairs import check_same, lonely_answers
from credbenefits.errors import DataWarning
from credbenefits.estimators.core.design import check_resampling
from credbenefits.estimators.core.flags import warn_of_low_response
from credbenefits.estimators.core.groups import with_totals
from credbenefits.estimators.core.notes import idle_notes
from credbenefits.estimators.core.pairing.estimated import estimated
from credbenefits.estimators.core.pairing.read import read_both, two_waves
from credbenefits.estimators.core.pairing.refused import check_variance, refuse_options
from credbenefits.estimators.core.pairing.rows import pair_rows, with_doubt
from credbenefits.estimators.core.task import Task
from credbenefits.panel.panel import require_panel
from credbenefits.questions.item import answers_of_call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Value, Values
    from credbenefits.counts.sampling import Bootstrap, SurveyDesign
    from credbenefits.panel.panel import Panel
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import ItemLike
    from credbenefits.results.transitions import TransitionsResult
    from credbenefits.weighting.weights import Weights


def transitions(
    panel: Panel,
    item: ItemLike | Mapping[str, ItemLike],
    *,
    waves: Sequence[str] | None = None,
    by: GroupsBy | None = None,
    bins: t.Bins | None = None,
    among: ItemLike | Sequence[ItemLike] | None = None,
    same: Mapping[Value, Value] | None = None,
    weights: Weights | str | Mapping[str, str] | None = None,
    design: SurveyDesign | None = None,
    variance: t.VarianceMethod | None = None,
    method: t.TransitionMethod = "wilson",
    bootstrap: Bootstrap | None = None,
    linkage_error: t.LinkageErrorRule | None = None,
    confidence_level: float = 0.95,
    missing: Values = (),
    answers: Values = (),
    people: str = "people",
    allow_identifier: bool = False,
) -> TransitionsResult:
    """Estimate how the same people's answers went from one wave to another.

    Parameters
    ----------
    panel : Panel
        Linked waves.
    item : str, Item, what any_of and all_of return, or mapping of wave to these
        A yes/no question, or with ``Item(..., each_level=True)`` one with several answers. Its columns must
        be there in both waves; where it has another name in each, say
        ``{"before": "job", "after": Item("job_2", ...)}``.
    waves : two names, optional
        The first wave and the second. Not needed where the panel has two.
    by : str, Item, what any_of and all_of return, or list of them, optional
        Columns and questions of the first wave that make groups, as in :func:`credbenefits.proportions`.
    bins : int, or mapping of column to int or to list of numbers, optional
        Columns of numbers in `by` that are cut into groups, as in :func:`credbenefits.proportions`.
    among : str, Item or list of these, optional
        Questions of the first wave: only pairs of people who reported all of these.
    same : mapping of answer to answer, optional
        Spellings that are one answer, in either wave: ``{"Everyday": "Every day"}``. The second is shown;
        somebody wrote it, or the item names it.
    weights : Weights, str or mapping of wave to str, optional
        Weights of people, from :func:`credbenefits.attrition_weights`, or a column of one of the waves, which
        needs a weight for everybody who is in both. Where both waves have it, say ``{"after": "weight"}``.
    design : SurveyDesign, optional
        How people were drawn, in columns of the first wave. All of its rows are the sample.
    variance : {"kish", "linearized", "jackknife", "bootstrap", "replicate_weights"}, optional
        Where the variance comes from, as in :func:`credbenefits.proportions`: by default from the replicate
        weights of the design if it has some, from replicates for bootstrap intervals, linearized with a
        design, and otherwise from the effective size. Weighted numbers that are corrected for false links
        are linearized, and take the weights as known.
    method : {"wilson", "bootstrap", "bootstrap_basic"}
        "wilson": Wilson's intervals, and Newcombe's of the net change. "bootstrap": percentiles of the
        replicates; "bootstrap_basic": these, mirrored about the estimate.
    bootstrap : Bootstrap, optional
        How replicates are drawn. People are drawn with both of their answers, clusters with all of their
        people.
    linkage_error : {"adjust", "ignore"}, optional
        Whether to correct for links that join two different people. By default "adjust" where some match
        probability is below 1; "ignore" takes all links as right.
    confidence_level : float
        Level of the intervals, a proportion.
    missing : value or list of values
        Answers that are no answer (refusals, missing codes).
    answers : value or list of values
        Answers that look like no answer and are some all the same. Undeclared, they raise.
    people : str
        Who they are, in words: part of every printed base.
    allow_identifier : bool
        Take a column that identifies people as the answers, which is refused otherwise: a key that people are
        linked on, or text of more than 30 values of which over half belong to one person each.

    Returns
    -------
    TransitionsResult
        One row per number: for each pair of answers the proportion of all pairs, and of those who gave the
        first answer; who changed and who stayed; the proportion in both waves; and the net change. Of a first
        answer that nobody gave there is no proportion. ``rose``, ``fell``, ``changed``, ``stayed`` and
        ``change`` give single rows.

        Flags: ``weighted``; ``no_answers`` (a group with nobody who answered both); ``none`` and ``all``
        (nobody or all of the pairs); ``small_base`` and ``small_n_effective`` (below 30; links in doubt tell
        less than as many certain ones); ``no_df`` (too few units of the design); ``low_item_response`` (below
        70%, see Notes); ``outside_range`` and ``no_interval`` (see Notes).

    Raises
    ------
    InputError
        For unknown waves or columns, columns that identify people, answers that cannot be read, a column of
        more than 30 answers, waves that nobody answered both of, match probabilities that are missing or not
        above 0 and up to 1; groups, base or weights that leave nobody; people without a weight; spellings in
        `same` that nobody wrote, and answers there that nobody wrote and the item does not name.
    MethodError
        For an unknown way to treat linkage error, a method or a variance that does not go with the design,
        and where false links would have to be corrected for with a variance that is none of "kish" and
        "linearized", or with population sizes of two stages.

    Warns
    -----
    DataWarning
        Where the response rate is below 70%, where weighted people are not among the pairs, and where an
        answer seems to be spelled differently: where at least 5% of the pairs gave it in one wave, two people
        or more, and nobody of them in the other. The nearest spelling of the other wave is named. For an
        item with `yes=` this is about answers that it does not name, which count as no.

    Notes
    -----
    Everything is of people who are in both waves and answered in both. Others are counted, not imputed.
    The response rate is the proportion of pairs with both answers among the pairs of people who were asked in
    both waves: ``not_asked`` does not lower it, and neither do people who are in one wave only.

    The intervals are Wilson's, that of the net change is Newcombe's for paired proportions. With weights they
    are of Kish's effective size. With a design, or a linearized, jackknife or bootstrap variance, they are of
    the effective sizes that the variances make, with Student's t for the design's degrees of freedom; the net
    change is the mean of 1 for who rose and -1 for who fell, and its interval is Newcombe's with the
    correlation of both proportions under the design. Everybody in the first wave is the sample that the
    design describes, in both waves or not.

    A wrong link pairs the answers of two different people, so people seem to change more than they do. The
    correction takes out what wrong links add on average if they bring in anybody of the second wave, whatever
    the first answer was:

        T = (sum of z - sum of (1 - p) P2(z | first answer)) / sum of p,

    with p the match probability, z what is averaged, and P2 the distribution of all answers in the second
    wave. It needs p that are right on average, and links whose being right does not depend on the answers.
    The standard error is that of the ratio, with P2 estimated. Its interval is that of the pairs as they are,
    on the number of certain pairs that would be as precise, moved and stretched as the estimate was. P2 is of
    everybody in the second wave, one by one, whatever the groups, the base and the weights. Under a design
    people of the second wave who are not linked to the first are in no known unit: they count as drawn alone.
    An estimate can fall outside of 0 to 1: the flag ``outside_range`` says that wrong links alone should have
    given more (or fewer) such pairs than there are.

    Links by exact keys and by hand count as certain. For two rows linked only through others of the same
    person it is the product along the best chain of links: a lower bound, if links are wrong independently,
    so it corrects rather too much. A note says how many there are.

    References
    ----------
    Chambers (2009), Regression analysis of probability-linked data, Statistics New Zealand; Newcombe
    (1998), Stat Med 17:2635; Wilson (1927), JASA 22:209.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> ids = [f"p{i}" for i in range(50)]
    >>> before = pd.DataFrame({"id": ids, "teaches": ["yes"] * 20 + ["no"] * 30})
    >>> after = pd.DataFrame({"id": ids, "teaches": ["yes"] * 18 + ["no"] * 22 + ["yes"] * 10})
    >>> result = cb.transitions(cb.link_waves({"before": before, "after": after}, on="id"), "teaches")
    >>> result.rose.count, result.fell.count, result.changed.estimate
    (10, 2, 0.24)
    >>> round(result.change.estimate, 2), round(result.change.conf_low, 3), round(result.change.conf_high, 3)
    (0.16, 0.025, 0.284)
    """
    level, who = check.confidence_level(confidence_level), check.text("people", people)
    codes = check.values("missing", missing)
    refuse_options(by, method=method, linkage_error=linkage_error)
    joins, said = check_same(same), check_design(design)
    resample = check_resampling(bootstrap, said.replicate_weights)
    require_panel(panel)
    check.switches(allow_identifier=allow_identifier)
    both = read_both(
        panel,
        item,
        two_waves(panel, waves),
        same=joins,
        missing=codes,
        answers=answers_of_call(answers, codes),
        allow_identifier=allow_identifier,
    )
    lonely = lonely_answers(both.first, both.second, both.pairs)
    if lonely:
        warnings.warn(lonely, DataWarning, stacklevel=2)
    rows = pair_rows(
        both,
        weights=weights,
        by=by,
        bins=bins,
        among=among,
        missing=missing,
        answers=answers,
        people=who,
        allow_identifier=allow_identifier,
    )
    rows, links = with_doubt(rows, panel, both, rule=linkage_error)
    drawing = rows.drawn(said, answers)
    how = check_variance(
        variance, drawing, resample, method=method, source=rows, adjust=rows.doubt is not None
    )
    task = Task(rows, [], drawing, with_totals(rows.group_labels, totals=False), how, method, level, resample)
    notes = *filter(None, [lonely]), *idle_notes(bootstrap, how, drawn=how == "bootstrap")
    result, responses = estimated(task, both, links, notes=notes)
    warn_of_low_response(responses, "groups" if rows.by else "items")
    return replace(result, frame_kind=panel.frame_kind)
