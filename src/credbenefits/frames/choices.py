"""Select-all-that-apply columns: one text of several answers becomes one yes/no column per answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import read, require
from credbenefits.frames.categories import encode

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from credbenefits._typing import Frame, Values


def split_choices(
    data: Frame,
    column: str,
    *,
    separator: str = ",",
    choices: Sequence[str] | None = None,
    none_of_these: str | None = None,
    missing: Values = (),
) -> Frame:
    """Split a select-all-that-apply column into one yes/no column per choice.

    Parameters
    ----------
    data : data frame
        pandas, polars or any other eager frame that narwhals understands; not changed.
    column : str
        Text such as ``"Better knowledge,Faster work"``.
    separator : str
        What stands between two choices.
    choices : list of str, optional
        The choices that were offered. Needed when a choice contains the separator or nobody
        ticked it; an answer that is not among them then raises. By default the choices found.
    none_of_these : str, optional
        The explicit "none" answer: whoever ticked it alone answered, and said no to every choice.
        Ticked together with choices, the choices count.
    missing : value or list of values
        Answers that are no answer (refusals): whoever gave nothing else did not answer.

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
        For an unknown column, a blank separator, or an answer that is not among `choices`.

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
    frame = read(data)
    require(frame, [check.text("column", column)], "column")
    if not isinstance(separator, str) or not separator:
        raise InputError("separator", allowed="text", value=separator, fix="For example: ','.")
    offered = None if choices is None else check.names("choices", choices)
    if offered == ():
        raise InputError("choices", allowed="at least one choice", value=choices,
                         fix="Leave it out to take the choices found.")  # fmt: skip
    if none_of_these is not None and check.text("none_of_these", none_of_these) in (offered or ()):
        raise InputError("none_of_these", allowed="an answer that is not among choices=",
                         value=none_of_these, fix="Leave it out of choices=.")  # fmt: skip
    refusals = {str(v) for v in check.values("missing", missing)}
    categories = encode(frame, column, "column")
    said = parse_choices(categories.labels, separator, offered, none_of_these=none_of_these, missing=refusals)
    by_code = (*said, None)  # code -1 reads the None
    rows = [by_code[code] for code in categories.codes.tolist()]
    found = offered or tuple(sorted(set().union(*(s for s in said if s is not None))))
    if not found:
        raise InputError(
            "column",
            allowed="a column in which somebody ticked something",
            received=f"{column!r} without any answer",
            fix="Check the column, or name the choices with choices=[...].",
        )
    new = {f"{column}: {c}": [None if s is None else float(c in s) for s in rows] for c in found}
    for name in new:
        if name in frame.columns:
            raise InputError("column", allowed="a column not split yet", value=column,
                             fix=f"Drop {name!r} or use the split columns.")  # fmt: skip
    backend = nw.get_native_namespace(frame)
    series = [nw.new_series(name, values, nw.Float64, backend=backend) for name, values in new.items()]
    return nw.maybe_reset_index(frame).with_columns(*series).to_native()


def parse_choices(
    texts: Sequence[str],
    separator: str,
    offered: Sequence[str] | None,
    *,
    none_of_these: str | None,
    missing: Collection[str],
) -> list[set[str] | None]:
    """Return the choices ticked in each text; None where it holds separators and refusals at most."""
    refusals = set(missing)
    aside = {*refusals, *filter(None, [none_of_these])}
    parsed = [_parse(text, separator, offered, aside) for text in texts]
    return [None if said <= refusals else said - aside for said in parsed]


def _parse(text: str, separator: str, offered: Sequence[str] | None, aside: set[str]) -> set[str]:
    """Return what was ticked. Offered choices are looked for longest first: they may hold the separator."""
    found: set[str] = set()
    rest = text
    while rest.strip():
        rest = rest.lstrip()
        known = _longest_at_start(rest, separator, (*(offered or ()), *aside))
        one = rest.partition(separator)[0].strip() if known is None else known
        if known is None and offered is not None:
            raise InputError(
                "choices",
                allowed=f"every answer among {check.listing(offered)}",
                value=rest,
                fix=check.suggestion(one, offered, "choices"),
            )
        rest = rest.partition(separator)[2] if known is None else _after(rest[len(known) :], separator) or ""
        if one:
            found.add(one)
    return found


def _longest_at_start(text: str, separator: str, known: Sequence[str]) -> str | None:
    hits = [k for k in known if text.startswith(k) and _after(text[len(k) :], separator) is not None]
    return max(hits, key=len, default=None)


def _after(rest: str, separator: str) -> str | None:
    """Return what follows the separator, spaces before it or not; None if something else stands there."""
    for text in (rest, rest.lstrip()):
        if text.startswith(separator):
            return text[len(separator) :]
    return None if rest.strip() else ""
