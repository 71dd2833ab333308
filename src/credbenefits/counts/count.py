"""Rows counted once, so that parts of a file can be counted apart, and sent instead of people."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.base import Base
from credbenefits.counts.by_codes import ByCodes
from credbenefits.counts.coding.cuts import check_group_bins
from credbenefits.counts.coding.design import check_design, read_design
from credbenefits.counts.coding.file_weights import read_file_weights
from credbenefits.counts.coding.groups import read_groups
from credbenefits.counts.coding.lines import (
    MOST_ANSWERS,
    MOST_UNITS,
    MOST_VALUES,
    Column,
    asked_columns,
    grouping,
)
from credbenefits.counts.coding.questions import code_item, code_question
from credbenefits.counts.coding.sampled import units_of
from credbenefits.counts.coding.subset import how_many, nest
from credbenefits.counts.coding.weights import RowWeights, read_weights, scaling
from credbenefits.counts.counts import Counts
from credbenefits.counts.doubt import read_doubt
from credbenefits.counts.replicate_weights import scale_of
from credbenefits.counts.sampling import several
from credbenefits.counts.tally import Tally
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.answers import MISSING_KINDS, require_columns
from credbenefits.frames.boundary import kind_of, lazy, line_sizes, read, sizes_of
from credbenefits.frames.columns import refuse_too_many
from credbenefits.questions.groups import as_groups
from credbenefits.questions.item import answers_of_call, as_items, as_questions, insist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, FrameKind, IntArray, IntoFrame, Values
    from credbenefits.counts.coding.coded import Coded
    from credbenefits.counts.coding.cuts import BinRule
    from credbenefits.counts.coding.file_weights import FileWeights
    from credbenefits.counts.coding.subset import Subset
    from credbenefits.counts.coding.weights import MadeWeights
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.counts.tally import Axis
    from credbenefits.frames.boundary import LazyTable, NarwhalsFrame
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import Asked, Item, ItemLike, Joined, Question


def count(
    data: IntoFrame,
    items: Question | Sequence[Question],
    *,
    by: GroupsBy | None = None,
    bins: t.Bins | None = None,
    among: ItemLike | Sequence[ItemLike] | None = None,
    share: t.ShareKind = "conditional",
    weights: MadeWeights | str | None = None,
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
        One row per person: pandas, polars or any other frame that narwhals understands. Lazy tables (polars,
        DuckDB, Spark, Ibis) are grouped where they are, and none of their rows is fetched.
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
        Weights from :func:`attrition_weights` or :meth:`Weights.from_column`, or a column of weights.
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
    table = lazy(data)
    frame = read(data) if table is None else None
    listed = as_questions("items", items)
    if not listed:
        raise InputError("items", allowed="at least one item", value=items, fix="Name a column.")
    codes = check.values("missing", missing)
    kept = answers_of_call(answers, codes)
    call = _Call(
        as_groups(by, kept),
        bins,
        as_items("among", among, kept),
        said,
        codes,
        kept,
        answers,
        check.text("people", people),
        joint=share == "joint",
    )
    if frame is None:
        assert table is not None
        return _of_table(table, listed, call, weights)
    weighting = _stated(read_weights(frame, weights))
    return _of_frame(frame, listed, call, weighting, scaled=_scaled(weighting.weight))


@dataclass(frozen=True)
class _Call:
    """The arguments of a call of `count` but for its data, items and weights, checked."""

    by: tuple[ItemLike, ...]
    bins: t.Bins | None
    among: tuple[Item | Joined, ...]
    design: SurveyDesign
    missing: tuple[t.Value, ...]
    kept: tuple[t.Value, ...]
    answers: Values
    people: str
    joint: bool

    def columns(self) -> list[Column]:
        """Return the columns that sort the rows, whatever is asked."""
        drawn, rule = self.design, check_group_bins(self.bins, self.by)
        sizes = [size for size in several(drawn.population_size) if isinstance(size, str)]
        units = {
            "strata": several(drawn.strata),
            "clusters": several(drawn.clusters),
            "population_size": sizes,
        }
        return [
            *(column for entry in self.by for column in _group_columns(entry, rule)),
            *(column for item in self.among for column in asked_columns(item, "among")),
            *(Column(str(n), f"design.{part}", MOST_UNITS) for part, names in units.items() for n in names),
        ]


def _group_columns(entry: ItemLike, rule: BinRule) -> list[Column]:
    """Return the columns of what makes groups; those that may be cut have many values."""
    if not isinstance(entry, str):
        return asked_columns(entry, "by")
    cut = rule.groups or rule.of(entry) is not None
    return [Column(entry, "by", MOST_VALUES if cut else MOST_ANSWERS)]


def _of_table(table: LazyTable, listed: Sequence[Asked], call: _Call, weights: object) -> Counts:
    """Group the rows where they are, and count the lines that come back for each question."""
    if call.design.replicate_weights is not None:
        raise InputError(
            "design.replicate_weights",
            allowed="strata and clusters, with a lazy table",
            received="replicate weights",
            fix="Those are summed row by row: collect the table, data.collect().",
        )
    asked = [asked_columns(question, "items") for question in listed]
    made = grouping(table, call.columns(), [column for columns in asked for column in columns], weights)
    parts = []
    for question, columns in zip(listed, asked, strict=True):
        lines = made.lines(columns)
        scaled = _Weight(lines.weight, made.exponent, lines.square)
        parts.append(_of_frame(lines.frame, [question], call, RowWeights(), scaled=scaled))
    return _together(parts, "polars" if table.implementation.is_polars() else "pandas")


def _together(parts: Sequence[Counts], kind: FrameKind) -> Counts:
    """Put the questions side by side, which were read one after the other."""
    first = parts[0]
    for part in parts[1:]:
        same = all(getattr(part, name) == getattr(first, name) for name in ("groups", "units", "base"))
        if not same or part.tallies[0].people.sum() != first.tallies[0].people.sum():
            raise InputError(
                "data",
                allowed="a lazy table that has the same rows each time it is read",
                received="one whose rows changed between two questions",
                fix="Write it to a file or a table before counting.",
            )
    return replace(first, tallies=tuple(each for part in parts for each in part.tallies), frame_kind=kind)


class _Weight(NamedTuple):
    """The weight of every row, divided by 2 to a power; of lines the sums of theirs and of their squares."""

    weight: FloatArray | None
    exponent: int
    square: FloatArray | None = None


def _of_frame(
    frame: NarwhalsFrame,
    listed: Sequence[Asked],
    call: _Call,
    weighting: RowWeights,
    *,
    scaled: _Weight,
) -> Counts:
    """Count the rows of a frame, or lines that stand for several rows each."""
    require_columns(frame, listed, "items")
    grouped = read_groups(frame, call.by, call.missing, call.bins)
    for part in grouped.parts:
        refuse_too_many(part, "by")
    require_columns(frame, call.among, "among")
    asked = _subset(frame, call.among, call.missing, call.people)
    units, unit = units_of(read_design(frame, call.design, call.answers), call.design)
    weight, exponent, square = scaled
    joint = asked[1] if call.joint and call.among else None
    base, subset = _bases(*asked, grouped.group, weight, joint=joint is not None)
    group = np.where(subset.rows, grouped.group, -1)
    shape, given = (len(units.names), len(grouped.labels)), call.design.replicate_weights
    file = read_file_weights(frame, given, group, shape[1], weight=weight, exponent=exponent)
    rows = ByCodes(unit, group, *shape, weight, subset.lines, square)
    counter = _Counter(rows, file, _ungrouped(subset, grouped.group, weight))
    coded = [each for q in listed for each in code_question(frame, insist(q, call.kept), call.missing)]
    return Counts(
        tuple(counter.tally(each if joint is None else each.within(joint)) for each in coded),
        tuple(column.axis(call.kept) for column in grouped.columns),
        grouped.labels,
        units,
        base,
        subset.ladder[0].words,
        weighted=weight is not None,
        population=weighting.population,
        population_size=weighting.population_size,
        n_weights=weighting.n,
        doubt=read_doubt(frame, group >= 0 if weight is None else (group >= 0) & (weight > 0), weight),
        exponent=exponent,
        frame_kind=kind_of(frame),
        replicates=None if given is None else scale_of(given),
        products=None if file is None else file.products,
    )


def _stated(weighting: RowWeights) -> RowWeights:
    """Do not say whom weights of a file speak for where some of their people are missing.

    Of estimated weights, which say of how many people they are, the rest may be in another part.
    """
    if weighting.n or not weighting.note:
        return weighting
    warnings.warn(weighting.note, DataWarning, stacklevel=3)
    return RowWeights(weighting.weight)


def _subset(
    frame: NarwhalsFrame, among: tuple[Item | Joined, ...], missing: tuple[t.Value, ...], people: str
) -> tuple[tuple[Axis, ...], Subset]:
    """Return the axes of the items that define the subset, and the subset."""
    coded = [code_item(frame, item, "among", missing)[:2] for item in among]
    said = [(axis.label, codes.astype(np.int8)) for axis, codes in coded]
    subset = nest(people, len(frame), said, lines=line_sizes(frame))
    return tuple(axis for axis, _ in coded), subset


def _scaled(weight: FloatArray | None) -> _Weight:
    """Divide by a power of 2 weights whose squares would be no numbers."""
    exponent = 0 if weight is None else scaling(float(weight.max(initial=0.0)))
    return _Weight(np.ldexp(weight, -exponent) if weight is not None and exponent else weight, exponent)


def _base(subset: Subset, among: tuple[Axis, ...], group: IntArray, weight: FloatArray | None) -> Base:
    """Count the rows that are in no cell."""
    light = np.zeros(group.size, dtype=bool) if weight is None else weight == 0
    grouped = subset.rows & (group >= 0)
    kinds = len(MISSING_KINDS)
    return Base(
        subset.ladder,
        among,
        subset.outside,
        sizes_of(np.where(subset.unclear < 0, subset.unclear + kinds, -1), kinds, subset.lines)[:-1],
        subset.how_many(subset.rows & (group < 0)),
        subset.how_many(grouped & light),
        subset.how_many(subset.rows & light),
    )


def _bases(
    among: tuple[Axis, ...], subset: Subset, group: IntArray, weight: FloatArray | None, *, joint: bool
) -> tuple[Base, Subset]:
    """Return the base, and the rows of whom the proportions are: of joint ones everybody."""
    base = _base(subset, among, group, weight)
    if not joint:
        return base, subset
    everybody = nest(subset.ladder[0].words, subset.rows.size, (), lines=subset.lines)
    return replace(_base(everybody, (), group, weight), within=base), everybody


def _ungrouped(subset: Subset, group: IntArray, weight: FloatArray | None) -> _Ungrouped:
    """Return the rows that would take part if they had a group."""
    inside = subset.rows & (group < 0)
    rows = np.flatnonzero(inside if weight is None else inside & (weight > 0))
    return _Ungrouped(rows, None if subset.lines is None else subset.lines[rows])


class _Ungrouped(NamedTuple):
    """The rows that lack nothing but a group, and how many rows each stands for."""

    rows: IntArray
    lines: IntArray | None


@dataclass(frozen=True)
class _Counter:
    """What counts the answers of the rows."""

    of_rows: ByCodes
    file: FileWeights | None
    ungrouped: _Ungrouped

    def tally(self, coded: Coded) -> Tally:
        """Count the answers to a question."""
        sums = self.of_rows.count([coded.codes])
        here, lines = coded.codes[self.ungrouped.rows], self.ungrouped.lines
        undecided = how_many(np.isin(here, coded.undecided), lines)
        return Tally(
            coded.question,
            (coded.axis,),
            shares=coded.shares(sums.cells),
            replicate=None if self.file is None else self.file.sums(coded.codes, sums.cells[:, 0]),
            select_all=coded.select_all,
            narrow={} if self.file is None else self.file.narrow(coded),
            ungrouped=(how_many(here >= 0, lines) - undecided, undecided),
            **sums._asdict(),
        )
