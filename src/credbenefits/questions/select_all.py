"""Select-all-that-apply questions: one row per choice, on the base of those who answered."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits._typing import Unticked
from credbenefits.errors import InputError
from credbenefits.questions.filling import select_all_arguments
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Value, Values
    from credbenefits.questions.column import KnowsColumns


@dataclass(frozen=True, slots=True)
class SelectAll:
    """A select-all-that-apply question: a block of columns, or one column of delimited text.

    Whoever ticked something, or the explicit "none of these", answered. Proportions have the people who
    answered as their base, not the ticks, so they can add up to more than 1.

    Parameters
    ----------
    columns : list of str, or str
        One column per choice, ticked or not; or one column of text in which the choices stand
        between `separator`. A box is ticked where it says 1, yes, true or the like, or has the
        choice's own text; 0, no and the like, or blank, is not ticked. Anything else raises.
    label : str, optional
        What people report, as a noun phrase; by default what the columns' names begin with.
    choices : list of str, optional
        For several columns: their labels, in the same order. For text: the choices offered, needed
        when a choice contains the separator or nobody ticked it.
    separator : str, optional
        What stands between two choices in text; by default the one of ; ;# , | / tab and line break
        that the texts show.
    none_of_these : str, optional
        The column (of several) or the answer (in text) that says none of these.
    unticked : {"unanswered", "none"}, optional
        Whether a person with none of several columns ticked skipped the question (many exports
        write 0 there too) or said no to everything. By default said no if other people are blank in
        every column, so that 0 is an answer, and skipped it otherwise.
    any_of : mapping of str to list of str, optional
        Further rows: the proportion that ticked at least one of these choices.
    number_chosen : bool
        Further rows: the proportions that ticked one choice, two, and so on.
    missing : value or list of values, optional
        Answers that are no answer: refusals, missing codes. Everybody else without an answer counts
        as asked; for a question that only some people were asked, say so with ``among=``.
    answers : value or list of values, optional
        Answers or choices that look like no answer and are some all the same.
    ticked : value or list of values, optional
        For several columns: what they hold where a box was ticked (1 of 1 and 2, "Selected"). Every
        other answer that is not missing is then a no.
    same : mapping of str to str, optional
        What changed over the years: old wordings and the present ones that they are counted as, or
        old columns and the present ones.
    other : str, optional
        For several columns: the column of text that goes with "other", where there is no box for it. Who
        wrote something there ticked it; words for no answer ("n/a") are none.
    codebook : Export, Codebook, or what has their ``column()`` and ``ticks()``, optional
        What the survey tool's file says (:func:`credbenefits.read_export`). `columns` may then be the name
        of the question: its ticks are taken, and the text that goes with "other" where the tool has no box
        for it. It fills what is not said here: the `choices` in words, what is `ticked`, `other`, and codes
        that are `missing`. The question keeps what was filled, not the codebook.

    Raises
    ------
    InputError
        For what contradicts itself, a question that the codebook does not know, and columns in which one code
        means different things.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"how": ["knowledge,speed", "speed", "none", None]})
    >>> how = cb.SelectAll("how", none_of_these="none", any_of={"any": ["knowledge", "speed"]})
    >>> cb.proportions(data, how).to_frame()[["level", "count", "n", "n_missing"]]
           level  count  n  n_missing
    0  knowledge      1  3          1
    1      speed      2  3          1
    2        any      2  3          1
    """

    columns: str | Sequence[str]
    label: str = ""
    choices: Sequence[str] = ()
    separator: str | None = None
    none_of_these: str | None = None
    unticked: Unticked | None = None
    any_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    number_chosen: bool = False
    missing: Values = ()
    answers: Values = ()
    ticked: Values = ()
    same: Mapping[str, str] = field(default_factory=dict)
    other: str | None = None
    codebook: InitVar[KnowsColumns | None] = None

    def __post_init__(self, codebook: KnowsColumns | None) -> None:
        if codebook is not None:
            self._fill(codebook)
        if not isinstance(self.columns, str):
            object.__setattr__(self, "columns", check.names("columns", self.columns))
        self._take_other()
        if not self.columns:
            raise InputError(
                "columns",
                allowed="at least one column",
                value=self.columns,
                fix="Name the columns of the question.",
            )
        object.__setattr__(self, "choices", check.names("choices", self.choices))
        if self.unticked is not None:
            check.choice("unticked", self.unticked, Unticked)
        if not isinstance(self.label, str):
            raise InputError("label", allowed="text", value=self.label, fix="Give the label in words.")
        if self.separator is not None and (not isinstance(self.separator, str) or not self.separator):
            raise InputError("separator", allowed="text", value=self.separator, fix="For example: ','.")
        if not isinstance(self.number_chosen, bool):
            raise InputError(
                "number_chosen",
                allowed="True or False",
                value=self.number_chosen,
                fix="Write number_chosen=True.",
            )
        if self.none_of_these is not None:
            self._check_none()
        self._check_answers()
        self._check_any_of()
        options = [c for c in self.columns if c != self.none_of_these and c not in self.same]
        if self.block and self.choices and len(self.choices) != len(options):
            raise InputError(
                "choices",
                allowed=f"a label for each of the {len(options)} columns of choices",
                received=f"{len(self.choices)} label{'s' if len(self.choices) != 1 else ''}",
                fix="In the columns' order; leave out none_of_these and old ones.",
            )
        if not self.label.strip():
            object.__setattr__(self, "label", self.column)

    def _fill(self, codebook: KnowsColumns) -> None:
        """Take what is not said from a codebook."""
        columns = self.columns if isinstance(self.columns, str) else check.names("columns", self.columns)
        given = {
            "label": self.label,
            "choices": check.names("choices", self.choices),
            "none_of_these": self.none_of_these,
            "same": self.same,
            **{name: check.values(name, getattr(self, name)) for name in ("missing", "answers", "ticked")},
        }
        for name, value in select_all_arguments(codebook, columns, given).items():
            object.__setattr__(self, name, value)

    def _take_other(self) -> None:
        """Make the text that goes with "other" the last column, a box that is ticked where it has a text."""
        if self.other is None:
            return
        other = check.text("other", self.other)
        if isinstance(self.columns, str):
            raise InputError(
                "other",
                allowed="none for a question in one column of text",
                value=other,
                fix="Leave it out, or name the question's columns.",
            )
        if other not in self.columns:
            object.__setattr__(self, "columns", (*self.columns, other))

    def _check_none(self) -> None:
        none = check.text("none_of_these", self.none_of_these)
        if self.block and none not in self.columns:
            raise InputError(
                "none_of_these",
                allowed="one of the columns",
                value=none,
                fix=check.suggestion(none, self.columns, "columns"),
            )
        if not self.block and canonical(none) in map(canonical, self.choices):
            raise InputError(
                "none_of_these",
                allowed="an answer that is not among choices=",
                value=none,
                fix="Leave it out of choices=.",
            )

    def _check_answers(self) -> None:
        for name in ("missing", "answers", "ticked"):
            object.__setattr__(self, name, check.values(name, getattr(self, name)))
        if self.ticked and not self.block:
            raise InputError(
                "ticked",
                allowed="a question with a column for each choice",
                value=self.ticked,
                fix="Name the choices of text with choices=.",
            )
        twice = {canonical(v) for v in self.ticked_values} & {canonical(v) for v in self.missing_values}
        if twice:
            raise InputError(
                "ticked",
                allowed="answers that are not also in missing=",
                received=f"{check.listing(sorted(twice))} in both",
                fix="Keep each answer in one list.",
            )
        given = check.mapping("same", self.same, example="{'old wording': 'new wording'}")
        same = {check.text("same", old): check.text("same", new) for old, new in given.items()}
        again = {canonical(old) for old in same} & {canonical(new) for new in same.values()}
        if again:
            raise InputError(
                "same",
                allowed="old wordings, each with the present one",
                received=check.listing(sorted(again)),
                fix="Map every old wording to the present one.",
            )
        for new in same.values() if self.block else ():
            if new not in self.columns and any(old in self.columns and same[old] == new for old in same):
                raise InputError(
                    "same",
                    allowed="a column of the question for an old column",
                    value=new,
                    fix=check.suggestion(new, self.columns, "columns"),
                )
        object.__setattr__(self, "same", same)

    def _check_any_of(self) -> None:
        groups = check.mapping("any_of", self.any_of, example="{'career': ['a', 'b']}")
        named = {check.text("any_of", k): check.names("any_of", v) for k, v in groups.items()}
        if not all(named.values()):
            raise InputError(
                "any_of",
                allowed="at least one choice under each name",
                value=self.any_of,
                fix="For example: {'career': ['a', 'b']}.",
            )
        object.__setattr__(self, "any_of", named)

    @property
    def block(self) -> bool:
        """Whether the choices have a column each."""
        return not isinstance(self.columns, str)

    @property
    def column(self) -> str:
        """A name for the question: its column, or what its columns' names have in common, or its label."""
        if isinstance(self.columns, str):
            return self.columns
        first, last = min(self.columns), max(self.columns)
        shared = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
        return first[:shared].rstrip(" _-:.") or self.label.strip() or ", ".join(self.columns)

    @property
    def missing_values(self) -> tuple[Value, ...]:
        """The answers that are no answer, as a tuple."""
        result: tuple[Value, ...] = self.missing  # type: ignore[assignment]
        return result

    def no_answers(self, missing: Sequence[Value]) -> tuple[Value, ...]:
        """Return all that is no answer: what the question says goes before the `missing` of the call."""
        kept = {canonical(v) for v in self.answer_values}
        return (*(v for v in missing if canonical(v) not in kept), *self.missing_values)

    @property
    def answer_values(self) -> tuple[Value, ...]:
        """The answers that look like none and are some, as a tuple."""
        result: tuple[Value, ...] = self.answers  # type: ignore[assignment]
        return result

    @property
    def ticked_values(self) -> tuple[Value, ...]:
        """The answers that are declared to be a tick, as a tuple."""
        result: tuple[Value, ...] = self.ticked  # type: ignore[assignment]
        return result
