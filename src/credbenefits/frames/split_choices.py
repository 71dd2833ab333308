"""Select-all-that-apply columns: one text of several answers becomes one yes/no column per answer."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.boundary import as_given, read, require
from credbenefits.frames.header_rows import refuse_headings
from credbenefits.frames.keys.normalise import distinct
from credbenefits.frames.several import Declared, read_several
from credbenefits.questions.select_all import SelectAll
from credbenefits.questions.spelling import raw_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import IntoDataFrameT, Value, Values


def split_choices(
    data: IntoDataFrameT,
    column: str,
    *,
    separator: str | None = None,
    choices: Sequence[str] | None = None,
    none_of_these: str | None = None,
    missing: Values = (),
    answers: Values = (),
    same: Mapping[str, str] | None = None,
) -> IntoDataFrameT:
    """Split a select-all-that-apply column into one yes/no column per choice.

    Parameters
    ----------
    data : data frame
        pandas, polars or any other eager frame that narwhals understands; not changed.
    column : str
        Text such as ``"Better knowledge,Faster work"``.
    separator : str, optional
        What stands between two choices; by default the one of ; , | / tab and line break that the
        texts show.
    choices : list of str, optional
        The choices that were offered. Needed when a choice contains the separator or nobody
        ticked it; an answer that is not among them then raises. By default the choices found,
        each in its most frequent spelling.
    none_of_these : str, optional
        The explicit "none" answer: whoever ticked it alone answered, and said no to every choice.
        Ticked together with choices, the choices count.
    missing : value or list of values
        Answers that are no answer (refusals): whoever gave nothing else did not answer.
    answers : value or list of values
        Choices that look like no answer and are some all the same.
    same : mapping of str to str, optional
        Old wordings of choices, and the present ones that they are counted as.

    Returns
    -------
    data frame
        The same kind of frame with a column ``"<column>: <choice>"`` per choice: 1 where it was
        ticked, 0 where the person answered without ticking it, and missing where nothing was
        answered (not asked, or skipped). Shares therefore have *those who answered* as their
        base, not those who ticked something, and not everybody.

    Raises
    ------
    InputError
        For an unknown column, a separator that the texts do not show or that stands inside of
        choices (in brackets, or between words that never occur apart), an answer that is not
        among `choices`, or an undeclared one that says "no answer".

    Warns
    -----
    DataWarning
        Where spellings of a choice were joined, and how many rows have an old wording of `same`.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"how": ["a,b", "b", None]})
    >>> split = cb.split_choices(data, "how")
    >>> list(split.columns)
    ['how', 'how: a', 'how: b']
    >>> split["how: a"].tolist()
    [1.0, 0.0, nan]
    """
    if choices is not None and not check.names("choices", choices):
        raise InputError(
            "choices",
            allowed="at least one choice",
            value=choices,
            fix="Leave it out to take the choices found.",
        )
    question = SelectAll(
        check.text("column", column),
        choices=() if choices is None else choices,
        separator=separator,
        none_of_these=none_of_these,
        missing=missing,
        answers=answers,
        same={} if same is None else same,
    )
    made, note = split(data, question)
    if note:
        warnings.warn(note, DataWarning, stacklevel=2)
    return made


def split(
    data: IntoDataFrameT, question: SelectAll, missing: Sequence[Value] = ()
) -> tuple[IntoDataFrameT, str]:
    """Return the data with a column per choice of a question in one text, and what a reader must know."""
    frame, column = read(data), question.column
    require(frame, [column], "column")
    texts, place = distinct(frame, column, "column")
    refuse_headings(frame, column, place, texts)
    rows = np.bincount(place[place >= 0], minlength=len(texts))
    said = read_several([raw_text(v) for v in texts], rows, Declared.of(question, missing))
    if not said.choices:
        raise InputError(
            "column",
            allowed="a column in which somebody ticked something",
            received=f"{column!r} without any answer",
            fix="Check the column, or name the choices with choices=[...].",
        )
    table = np.where(said.answered[:, None], said.ticked, np.nan)
    table = np.vstack([table, np.full(len(said.choices), np.nan)])[place]  # place -1 reads the last row
    new = {f"{column}: {c}": table[:, i] for i, c in enumerate(said.choices)}
    for name in new:
        if name in frame.columns:
            raise InputError(
                "column",
                allowed="a column not split yet",
                value=column,
                fix=f"Drop {name!r} or use the split columns.",
            )
    backend = nw.get_native_namespace(frame)
    series = [nw.new_series(name, values, nw.Float64, backend=backend) for name, values in new.items()]
    return as_given(nw.maybe_reset_index(frame).with_columns(*series), data), said.note
