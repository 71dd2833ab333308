"""Rows counted once, so that parts of a file can be counted apart, and sent instead of people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.base import Base
from credbenefits.counts.by_codes import ByCodes
from credbenefits.counts.coding.design import check_design, read_design
from credbenefits.counts.coding.file_weights import read_file_weights
from credbenefits.counts.coding.groups import read_groups
from credbenefits.counts.coding.questions import code_item, code_question
from credbenefits.counts.coding.sampled import units_of
from credbenefits.counts.coding.subset import nest
from credbenefits.counts.coding.weights import read_weights
from credbenefits.counts.counts import Counts
from credbenefits.counts.replicate_weights import scale_of
from credbenefits.counts.tally import Tally
from credbenefits.errors import InputError
from credbenefits.frames.answers import MISSING_KINDS, require_columns
from credbenefits.frames.boundary import kind_of, read
from credbenefits.frames.columns import refuse_too_many
from credbenefits.questions.groups import as_groups
from credbenefits.questions.item import answers_of_call, as_items, as_questions, insist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, Frame, IntArray, Values
    from credbenefits.counts.coding.coded import Coded
    from credbenefits.counts.coding.file_weights import FileWeights
    from credbenefits.counts.coding.subset import Subset
    from credbenefits.counts.coding.weights import EstimatedWeights
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.counts.tally import Axis
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import Item, ItemLike, Joined, Question

#: Weights beyond 2 to this power, or all below its inverse, are scaled, so that their squares are numbers.
_LARGE = 300


def count(
    data: Frame,
    items: Question | Sequence[Question],
    *,
    by: GroupsBy | None = None,
    bins: t.Bins | None = None,
    among: ItemLike | Sequence[ItemLike] | None = None,
    share: t.ShareKind = "conditional",
    weights: EstimatedWeights | str | None = None,
    design: SurveyDesign | None = None,
    missing: Values = (),
    answers: Values = (),
    people: str = "respondents",
) -> Counts:
    """Count the answers to items, by sampling unit and group, in a table of sums that adds up.

    ``proportions(count(data, ...))`` is ``proportions(data, ...)``. Counts of two parts of a file, made with
    one and the same call, add up to the count of the file (``a + b``), and can be sent instead of its rows.

    Each answer is coded by itself, from what is declared. Doubts that only the whole file can raise or settle
    (a value that looks like a missing code, a yes that nobody gave, a column that identifies people) are
    raised by :func:`proportions`, when it has all parts.

    Parameters
    ----------
    data : data frame
        One row per person: pandas, polars or any other eager frame that narwhals understands.
    items : str, Item, SelectAll, what any_of and all_of return, or list of them
        As in :func:`proportions`. Choices in one text need their ``separator=`` where parts are counted
        apart.
    by : str, Item, what any_of and all_of return, or list of them, optional
        What makes the groups, as in :func:`proportions`: at most 200 values of each column or question. Rows
        without a group are counted as such.
    bins : int, or mapping of column to int or to list of numbers, optional
        Columns of numbers in `by` that are cut into groups, as in :func:`proportions`. For parts that are to
        add up, give the numbers at which a new group begins, ``{"age": [30, 50]}``: a number of groups is cut
        at other numbers in each part, and such counts are refused when they are added.
    among : str, Item, what any_of and all_of return, or list of them, optional
        The subset that is the denominator: people who say yes to this item, and then to the next one, and so
        on.
    share : {"conditional", "joint"}
        With `among`: of the subset, or of everybody.
    weights : Weights or str, optional
        Weights from :func:`attrition_weights` or a column of weights.
    design : SurveyDesign, optional
        How people were drawn, in one stage or two, or the replicate weights of the file. All rows of the
        data, or of its parts, are the sample.
    missing : value or list of values
        Answers in items and groups that are no answer (refusals, missing codes).
    answers : value or list of values
        Answers, groups, strata and clusters that look like no answer and are some all the same.
    people : str
        Who the rows are, in words: part of every printed base.

    Returns
    -------
    Counts
        The sums, per question, sampling unit, group and answer: numbers of people, sums of weights and of
        squared weights. They are not anonymous: see `Counts.smallest` and :meth:`Counts.without_units`.

    Raises
    ------
    InputError
        For unknown columns, answers that are neither yes nor no, questions of one label, columns of more than
        200 values, weights that are negative or missing, units of the design that are missing, a population
        smaller than its sample, and more than 100 million units x groups x answers.

    See Also
    --------
    proportions : estimates, from rows or from counts.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"better_job": ["yes"] * 40 + ["no"] * 80, "site": ["north", "south"] * 60})
    >>> parts = [cb.count(data[:50], "better_job", by="site"), cb.count(data[50:], "better_job", by="site")]
    >>> sum(parts)
    Counts of 120 respondents
    question    answers  answered  no answer
    better_job  no, yes  120       0
    - by site: 2 groups
    - the smallest cell holds 20 people
    >>> cb.proportions(sum(parts)).to_frame()[["site", "estimate", "count", "n"]].round(4)
        site  estimate  count   n
    0  north    0.3333     20  60
    1  south    0.3333     20  60
    """
    check.choice("share", share, t.ShareKind)
    said = check_design(design)
    frame, listed = read(data), as_questions("items", items)
    if not listed:
        raise InputError("items", allowed="at least one item", value=items, fix="Name a column.")
    require_columns(frame, listed, "items")
    codes = check.values("missing", missing)
    kept = answers_of_call(answers, codes)
    weighting = read_weights(frame, weights)
    grouped = read_groups(frame, as_groups(by, kept), codes, bins)
    for part in grouped.parts:
        refuse_too_many(part, "by")
    inside = as_items("among", among, kept)
    require_columns(frame, inside, "among")
    asked = _subset(frame, inside, codes, check.text("people", people))
    units, unit = units_of(read_design(frame, said, answers), said)
    weight, exponent = _scaled(weighting.weight)
    joint = asked[1] if share == "joint" and inside else None
    base, subset = _bases(*asked, grouped.group, weight, joint=joint is not None)
    group = np.where(subset.rows, grouped.group, -1)
    shape, given = (len(units.names), len(grouped.labels)), said.replicate_weights
    file = read_file_weights(frame, given, group, shape[1], weight=weight, exponent=exponent)
    counter = _Counter(ByCodes(unit, group, *shape, weight), file, _ungrouped(subset, grouped.group, weight))
    coded = [each for q in listed for each in code_question(frame, insist(q, kept), codes)]
    return Counts(
        tuple(counter.tally(each if joint is None else each.within(joint)) for each in coded),
        tuple(column.axis(kept) for column in grouped.columns),
        grouped.labels,
        units,
        base,
        subset.ladder[0].words,
        weighted=weight is not None,
        population=weighting.population,
        population_size=weighting.population_size,
        n_weights=weighting.n,
        exponent=exponent,
        frame_kind=kind_of(frame),
        replicates=None if given is None else scale_of(given),
        products=None if file is None else file.products,
    )


def _subset(
    frame: NarwhalsFrame, among: tuple[Item | Joined, ...], missing: tuple[t.Value, ...], people: str
) -> tuple[tuple[Axis, ...], Subset]:
    """Return the axes of the items that define the subset, and the subset."""
    coded = [code_item(frame, item, "among", missing)[:2] for item in among]
    said = [(axis.label, codes.astype(np.int8)) for axis, codes in coded]
    return tuple(axis for axis, _ in coded), nest(people, len(frame), said)


def _scaled(weight: FloatArray | None) -> tuple[FloatArray | None, int]:
    """Divide by a power of 2, which changes no digit, weights whose squares would be no numbers."""
    exponent = 0 if weight is None else int(np.frexp(weight.max(initial=0.0))[1])
    if weight is None or abs(exponent) <= _LARGE:
        return weight, 0
    return np.ldexp(weight, -exponent), exponent


def _base(subset: Subset, among: tuple[Axis, ...], group: IntArray, weight: FloatArray | None) -> Base:
    """Count the rows that are in no cell."""
    light = np.zeros(group.size, dtype=bool) if weight is None else weight == 0
    grouped = subset.rows & (group >= 0)
    kinds = len(MISSING_KINDS)
    return Base(
        subset.ladder,
        among,
        subset.outside,
        np.bincount(subset.unclear[subset.unclear < 0] + kinds, minlength=kinds).astype(np.int64),
        int((subset.rows & (group < 0)).sum()),
        int((grouped & light).sum()),
        int((subset.rows & light).sum()),
    )


def _bases(
    among: tuple[Axis, ...], subset: Subset, group: IntArray, weight: FloatArray | None, *, joint: bool
) -> tuple[Base, Subset]:
    """Return the base, and the rows of whom the proportions are: of joint ones everybody."""
    base = _base(subset, among, group, weight)
    if not joint:
        return base, subset
    everybody = nest(subset.ladder[0].words, subset.rows.size, ())
    return replace(_base(everybody, (), group, weight), within=base), everybody


def _ungrouped(subset: Subset, group: IntArray, weight: FloatArray | None) -> IntArray:
    """Return the rows that would take part if they had a group."""
    inside = subset.rows & (group < 0)
    return np.flatnonzero(inside if weight is None else inside & (weight > 0))


@dataclass(frozen=True)
class _Counter:
    """What counts the answers of the rows; `ungrouped` are those that lack nothing but a group."""

    of_rows: ByCodes
    file: FileWeights | None
    ungrouped: IntArray

    def tally(self, coded: Coded) -> Tally:
        """Count the answers to a question."""
        sums = self.of_rows.count([coded.codes])
        here = coded.codes[self.ungrouped]
        undecided = int(np.isin(here, coded.undecided).sum())
        return Tally(
            coded.question,
            (coded.axis,),
            shares=coded.shares(sums.cells),
            replicate=None if self.file is None else self.file.sums(coded.codes, sums.cells[:, 0]),
            select_all=coded.select_all,
            narrow={} if self.file is None else self.file.narrow(coded),
            ungrouped=(int((here >= 0).sum()) - undecided, undecided),
            **sums._asdict(),
        )
