"""A report on nonresponse bias: how respondents differ from everybody, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits.counts.coding.cuts import GROUPS
from credbenefits.panel.panel import require_panel
from credbenefits.questions.item import answers_of_call
from credbenefits.results.bias.report import NonresponseBiasResult
from credbenefits.weighting.nonresponse import groups, levels, model, outcomes, words
from credbenefits.weighting.nonresponse import known as known_
from credbenefits.weighting.nonresponse.people import sets_of
from credbenefits.weighting.nonresponse.reading import Asks, read_material
from credbenefits.weighting.nonresponse.variables import How
from credbenefits.weighting.reading.answering import check_waves
from credbenefits.weighting.reading.population import target_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Bins, Values
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.panel.panel import Panel
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import Question
    from credbenefits.weighting.nonresponse.reading import Material, Recorded
    from credbenefits.weighting.reading.eligibility import Eligible
    from credbenefits.weighting.reading.known import Columns
    from credbenefits.weighting.weights import Weights


def nonresponse_bias(
    panel: Panel,
    *,
    wave: str | Sequence[str],
    to: str,
    variables: Columns | None = None,
    outcome: Question | Sequence[Question] | None = None,
    known: Recorded | None = None,
    by: GroupsBy | None = None,
    weights: Weights | Mapping[str, Weights] | None = None,
    base_weights: Weights | str | None = None,
    eligible: Eligible | None = None,
    design: SurveyDesign | None = None,
    bins: Bins = GROUPS,
    confidence_level: float = 0.95,
    missing: Values = (),
    answers: Values = (),
    population: str | None = None,
    allow_identifier: bool = False,
) -> NonresponseBiasResult:
    r"""Compare the people who answered a wave with everybody, and say what that can do to estimates.

    It says by how much respondents differ from everybody on each variable that is known for all, which of
    these differences matter for an outcome, how far estimates can be off, and, where an outcome is recorded
    for everybody, how far they are. With `weights` it says the same after weighting.

    Parameters
    ----------
    panel : Panel
        From :func:`credbenefits.link_waves`.
    wave : str or list of str
        The wave that some answered. Of several waves, people who answered all of them are compared.
    to : str
        The wave whose people are everybody.
    variables : list of str, or mapping of wave to list of str, optional
        Variables known for everybody: columns of `to`, or of other waves. Without it, all columns of `to` but
        keys, `known`, columns of the design, and those that cannot be used: text that hardly two people
        share, whole numbers that look like identifiers, columns that do not vary. A note names them. Numbers
        of more than 12 different values are cut into groups (see `bins`); a missing answer is a level of its
        own.
    outcome : str, Item, SelectAll, or list of these, optional
        What respondents said in `wave`, of several in the last: which of the variables predict it?
    known : str, Item, or list of these, or mapping of wave to these, optional
        What is recorded for everybody in `to` (or in another wave): a column of yes and no, of categories, or
        of numbers. It is the truth that respondents are held against.
    by : str, Item, or list of these, optional
        Columns of `to` that make the groups which the study compares, 2 to 6 of them.
    weights : Weights, or mapping of name to Weights, optional
        Weights of the respondents, to see what they correct and what they leave.
    base_weights : str or Weights, optional
        The weights that people in `to` come with: a column of that wave, or the weights of the step before.
        Who has none, or 0, is left out.
    eligible : str, Item or question of items, or mapping of one wave to one of these, optional
        A question known for everybody in `to`, to which those say yes who still belong to the population, as
        in :func:`credbenefits.attrition_weights`, whose default it has.
    design : SurveyDesign, optional
        How the people in `to` were drawn. Tests are then those of Rao and Scott. Of two stages the first is
        used.
    bins : int, or mapping of column to int or to list of numbers
        How numbers are cut, as in :func:`credbenefits.attrition_weights`.
    confidence_level : float
        Of the intervals of `known`, and of the verdicts on variables.
    missing : value or list of values
        Codes that mean no answer, in all columns.
    answers : value or list of values
        Answers that look like no answer and are some.
    population : str, optional
        Everybody in words ("completers"), as it should be printed.
    allow_identifier : bool
        Take columns that identify people, which are refused otherwise.

    Returns
    -------
    NonresponseBiasResult
        It prints a row per variable; its tables have the levels, the indicator of the response, its partials,
        the predictors, the groups and the known outcomes. All shares and differences are proportions.

    Raises
    ------
    InputError
        For waves, columns, weights or groups that cannot be used; where nobody or everybody answered.
    MethodError
        For replicate weights in `design`, or a stratum with one unit.

    See Also
    --------
    attrition_weights : Weight the people who answered.
    attrition : Who was lost between waves, and who is found again, group by group.

    Notes
    -----
    **Differences.** Respondents are compared with everybody, which is the scale of the bias. The
    standardised difference of a level is that of its share over :math:`\sqrt{P (1 - P)}`; that of a variable
    is :math:`\sqrt{\sum (p_k - P_k)^2 / P_k}`, the largest that any score given to its levels has. Means of
    numbers are compared too. The test is Pearson's chi-squared of respondents against those who did not
    answer; with base weights or a design it is Rao and Scott's with the second-order correction.

    **Indicator.** Propensities come from a logistic regression on the main effects of all variables. Their
    coefficient of variation bounds the bias of a mean in standard deviations. The R-indicator is near 1 at
    low response rates whatever happened, so read the coefficient of variation first. Both are adjusted for
    chance.

    **Predictors.** A variable predicts an outcome where the test rejects at 1 - `confidence_level`, and does
    not where Cramér's V is below 0.1 at that level, tested or not; otherwise the data cannot tell. For
    answering, V is taken on the scale of the standardised difference. Weighting on a variable corrects bias
    only if it predicts both. Variables that predict answering alone make weights vary, and the estimate with
    them, for nothing.

    **Groups.** What counts as low attrition follows the tables of the What Works Clearinghouse, for a
    cautious and an optimistic assumption. Effect sizes between the respondents of two groups are Hedges' g of
    means and Cox's index of shares.

    **Known outcomes** have Wilson's interval for Kish's effective size, or Student's for means. With base
    weights or a design, that of respondents as they were drawn is the interval of the design.

    References
    ----------
    Schouten, Cobben & Bethlehem (2009), Survey Methodology 35:101; Shlomo, Skinner & Schouten (2012), Journal
    of Statistical Planning and Inference 142:201; Rao & Scott (1984), Annals of Statistics 12:46; What Works
    Clearinghouse (2017), Standards Handbook 4.1; Little & Vartivarian (2005), Survey Methodology 31:161; NCES
    (2012), Statistical Standards, 4-4.

    Examples
    --------
    >>> import credbenefits as cb
    >>> panel = cb.link_waves(cb.load_credentials(), on=["learner_id", "email"])
    >>> bias = cb.nonresponse_bias(
    ...     panel, wave="followup", to="completion", variables=["education", "employment"],
    ...     outcome=cb.Item("first_job", yes="Yes"), population="completers",
    ... )
    >>> bias.variables.to_frame()[["variable", "std_difference", "by_chance", "p_value"]].round(3)
         variable  std_difference  by_chance  p_value
    0   education           0.191      0.185    0.373
    1  employment           0.195      0.185    0.352
    >>> round(bias.indicator.cv, 3), round(bias.indicator.cv_high, 3)
    (0.064, 0.364)
    """
    require_panel(panel)
    check.switches(allow_identifier=allow_identifier)
    level = check.confidence_level(confidence_level)
    waves, to = check_waves(panel, wave, to)
    given = None if population is None else check.text("population", population)
    gone = check.values("missing", missing)
    how = How(bins, gone, answers_of_call(answers, gone), allow_identifier)
    asks = Asks(waves, to, variables, outcome, known, by, weights, base_weights, eligible, design, level)
    material = read_material(panel, asks, how)
    called = given or target_of(material.whole, base_weights, None).words
    made = _report(material, asks, called, words.of_links(panel, material.whole.standing))
    return made.of_kind(panel.frame_kind)


def _report(made: Material, asks: Asks, population: str, notes: Sequence[str]) -> NonresponseBiasResult:
    people, variables = made.people, made.variables
    tested = levels.tests(variables, people)
    of_variables, of_levels = levels.compare(variables, people, tested)
    fitted = model.fit(variables, people)
    indicator, factor = model.indicator(fitted, people)
    partials, sparse = model.partials(variables, fitted, people, factor)
    predictors = outcomes.predict(variables, made.outcomes, people, tested=tested, rows=made.rows)
    attrition, equivalence = groups.compare_groups_left(made.group, made.group_names, variables, people)
    truth = known_.against_truth(made.known, people)
    n = int(people.answered.sum())
    said = [
        *notes,
        *words.of_rate(people.rate),
        *model.notes(fitted, indicator, asks.confidence_level),
        *words.of_predictors(predictors, n_effective=indicator.n_effective, n=n),
        *words.of_known(truth, people.first, asks.confidence_level),
        *words.of_groups(attrition),
        *words.of_tests(of_variables),
        *sparse,
        *made.notes,
    ]
    return NonresponseBiasResult(
        asks.waves,
        asks.to,
        population,
        people.answered.size,
        n,
        sets_of(people),
        of_variables,
        of_levels,
        indicator,
        partials,
        predictors,
        attrition,
        equivalence,
        truth,
        asks.confidence_level,
        words.truth_alerts(truth, people.first, asks.confidence_level),
        tuple(said),
    )
