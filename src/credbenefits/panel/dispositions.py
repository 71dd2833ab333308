"""How everybody of a wave ended in it: from a column, from the answers, or from both."""

from __future__ import annotations

import re
import warnings
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.given import Known, answered_rows
from credbenefits.frames.keys.normalise import distinct, refuse_series
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from credbenefits._typing import BoolArray, IntArray, StatusArray, WaveStatus
    from credbenefits.frames.boundary import NarwhalsFrame

#: All dispositions; their places are the codes of the rows.
DISPOSITIONS: tuple[t.Disposition, ...] = get_args(t.Disposition)
#: People with one of these answered the wave. They come first, so that a code says so by its size.
RESPONDENTS: tuple[t.Disposition, ...] = ("complete", "partial")
#: These were not asked, or are none of those whom the wave is about.
NOT_ASKED: tuple[t.Disposition, ...] = ("ineligible", "not_invited")
_COMPLETE, _PARTIAL, _REFUSED = (DISPOSITIONS.index(name) for name in (*RESPONDENTS, "refused"))
_SILENT = "no_contact"
#: Of several rows of a person the one with the highest rank goes first: what they said before their silence.
_RANKS = {"complete": 4, "partial": 3, "other_source": 2, "refused": 1, "other": 1, "ineligible": 1}
_RANK = np.array([_RANKS.get(name, 0) for name in DISPOSITIONS])
_KEYS = ("column", "values", "blank", "answered", "finished", "silent")
_FINISHED = {
    **dict.fromkeys(("true", "1", "yes", "y"), True),
    **dict.fromkeys(("false", "0", "no", "n"), False),
}
#: A day, as LimeSurvey writes that a response was submitted.
_DAY = re.compile(r"(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{2,4})(?!\d)")
_EXAMPLE = "{'end': {'column': 'status', 'values': {'Completed': 'complete', 'Bounced': 'unknown'}}}"
#: Values that an error names.
_MOST_NAMED = 12


class _Rule(NamedTuple):
    """What is said of one wave. `argument` is the argument that says it."""

    argument: str
    column: str | None
    values: Mapping[str, int]
    words: Mapping[str, object]
    blank: int | None
    answered: tuple[str, ...]
    finished: str | None
    silent: int
    coded: Mapping[str, Known] = MappingProxyType({})


def read_status(
    frames: Mapping[str, NarwhalsFrame],
    excluded: Mapping[str, BoolArray],
    *,
    status: Mapping[str, WaveStatus] | None,
    answered: Mapping[str, str | Sequence[str]] | None,
    known: Mapping[str, BoolArray],
    coded: Callable[[str, str], Known],
) -> dict[str, StatusArray]:
    """Return the code of each row's disposition, for each wave of which something is said.

    `known` are waves of which it is known anyhow which rows answered; what is said of them goes first.
    `coded` returns what is known of the values of a wave and its column.
    Rows that are set aside need not have a value that is known; their codes mean nothing.
    """
    given = check.by_wave("status", status, example=_EXAMPLE)
    short = check.by_wave("answered", answered, example="{'end': ['job', 'salary']}")
    for argument, named in (("status", given), ("answered", short)):
        for name in named:
            if name not in frames:
                raise InputError(
                    argument,
                    allowed=f"waves ({check.listing(frames)})",
                    value=name,
                    fix=check.suggestion(name, list(frames), "waves"),
                )
    twice = [name for name in given if name in short]
    if twice:
        raise InputError(
            "answered",
            allowed="waves of which `status` says nothing",
            received=f"{check.listing(twice)} in both",
            fix="Put the columns into status: {'end': {'answered': [...], ...}}.",
        )
    rules = {name: _rule(name, entry, frames[name]) for name, entry in given.items()}
    for name, columns in short.items():
        wanted = _columns("answered", columns, name, frames[name])
        rules[name] = _Rule("answered", None, {}, {}, None, wanted, None, DISPOSITIONS.index(_SILENT))
    for name, rule in rules.items():
        rules[name] = rule._replace(coded={column: coded(name, column) for column in rule.answered})
    silent = DISPOSITIONS.index(_SILENT)
    codes = {name: np.where(there, _COMPLETE, silent).astype(np.int8) for name, there in known.items()}
    return codes | {name: _read(frames[name], ~excluded[name], name, rule) for name, rule in rules.items()}


def ranks(status: StatusArray) -> IntArray:
    """Return which of several rows of a person goes first, by its disposition: the highest."""
    result: IntArray = _RANK[status]
    return result


def chosen(status: object, wave: str, *, declared: bool) -> tuple[int, ...] | None:
    """Return the codes of the dispositions that are asked for; None for everybody.

    Of a wave of which nothing is declared all people answered.
    """
    if isinstance(status, str) and status == "everybody":
        return None
    names = RESPONDENTS if status is None else check.names("status", status)
    if not names:
        raise InputError(
            "status",
            allowed=f"one or several of {check.listing(DISPOSITIONS)}, or 'everybody'",
            value=status,
            fix="Leave it out for the people who answered.",
        )
    for name in names:
        check.choice("status", name, t.StatusChoice if len(names) == 1 else t.Disposition)
    if not declared and not set(RESPONDENTS) & set(names):
        raise InputError(
            "status",
            allowed="waves whose dispositions were declared",
            received=f"{wave!r}, of which nothing was said: all its people count as complete",
            fix=f"Say it when you link: link_waves(status={{{wave!r}: ...}}).",
        )
    return tuple(DISPOSITIONS.index(name) for name in names)


# ---- the rule of a wave ------------------------------------------------------------------------------------


def _rule(wave: str, entry: object, frame: NarwhalsFrame) -> _Rule:
    """Check what is said of one wave."""
    example = "{'column': ..., 'values': {...}} or {'answered': [...]}"
    given = check.mapping("status", entry, example=example)
    for key in given:
        if key not in _KEYS:
            raise _wrong(
                wave, f"the keys {check.listing(_KEYS)}", value=key, fix=check.suggestion(key, _KEYS, "keys")
            )
    needs = {"values": "column", "blank": "column", "finished": "answered", "silent": "answered"}
    for key, other in needs.items():
        if key in given and other not in given:
            raise _wrong(wave, f"{key!r} beside {other!r}", received=f"{key!r} alone", fix=f"Add {other!r}.")
    if "column" not in given and "answered" not in given:
        raise _wrong(wave, "a column, or columns of answers", value=dict(given), fix=f"Give {example}.")
    if "column" in given and "values" not in given:
        raise _wrong(
            wave, "'values' beside 'column'", received="'column' alone", fix="Say what each value means."
        )
    values, words = _values(wave, given.get("values"))
    names = {key: _one_column(wave, given.get(key), frame) for key in ("column", "finished")}
    silent = _disposition(wave, given.get("silent", _SILENT))
    if DISPOSITIONS[silent] in RESPONDENTS:
        raise _wrong(
            wave,
            "for 'silent' what people without an answer are",
            value=given["silent"],
            fix="They did not answer.",
        )
    return _Rule(
        "status",
        names["column"],
        values,
        words,
        _disposition(wave, given["blank"]) if "blank" in given else None,
        _columns("status", given["answered"], wave, frame) if "answered" in given else (),
        names["finished"],
        silent,
    )


def _values(wave: str, given: object) -> tuple[dict[str, int], dict[str, object]]:
    """Return the code of each value, and the values as they were written."""
    codes: dict[str, int] = {}
    words: dict[str, object] = {}
    example = "{'Completed': 'complete', 'Refused': 'refused'}"
    for value, name in check.mapping("status", given, example=example).items():
        key, code = canonical(value), _disposition(wave, name)
        if codes.setdefault(key, code) != code:
            raise _wrong(
                wave,
                "one disposition for each value",
                received=f"two for {value!r}, as it is written in two ways",
                fix="Case and spaces do not count: name it once.",
            )
        words[key] = value
    if "" in codes:
        raise _wrong(
            wave,
            "values that are not blank",
            received="an empty text",
            fix="Say 'blank': ... for blank cells.",
        )
    return codes, words


def _disposition(wave: str, name: object) -> int:
    if not isinstance(name, str) or name not in DISPOSITIONS:
        raise _wrong(
            wave,
            f"the dispositions {check.listing(DISPOSITIONS)}",
            value=name,
            fix=check.suggestion(name, DISPOSITIONS, "dispositions"),
        )
    return DISPOSITIONS.index(name)


def _one_column(wave: str, name: object, frame: NarwhalsFrame) -> str | None:
    return None if name is None else check.column("status", name, frame.columns, f"wave {wave!r}")


def _columns(argument: str, columns: object, wave: str, frame: NarwhalsFrame) -> tuple[str, ...]:
    """Return the columns of the answers."""
    refuse_series(argument, columns)
    wanted = check.names(argument, columns)
    if not wanted:
        raise InputError(
            argument,
            allowed=f"at least one column of wave {wave!r}",
            value=columns,
            fix="Name the columns that only answers fill.",
        )
    for column in wanted:
        check.column(argument, column, frame.columns, f"wave {wave!r}")
    return wanted


def _wrong(wave: str, allowed: str, **more: Any) -> InputError:  # noqa: ANN401 - what InputError takes
    return InputError("status", allowed=f"{allowed} (wave {wave!r})", **more)


# ---- the codes of the rows ---------------------------------------------------------------------------------


def _read(frame: NarwhalsFrame, counts: BoolArray, wave: str, rule: _Rule) -> StatusArray:
    """Return the code of each row. Only the rows that `counts` marks must have a value that is known."""
    ruled = _by_answers(frame, counts, wave, rule) if rule.answered else None
    if rule.column is None:
        assert ruled is not None
        return ruled
    found, place = distinct(frame, rule.column, "status")
    written = [canonical(value) for value in found]
    codes = [rule.values.get(key, -1) for key in written]
    if rule.blank is not None:
        codes = [rule.blank if key == "" else code for key, code in zip(written, codes, strict=True)]
    code = np.array([*codes, -1 if rule.blank is None else rule.blank], dtype=np.int8)[place]
    if ruled is not None:
        _warn_of_values(wave, rule, set(written))
        result: StatusArray = np.where(code < 0, ruled, code)
        return result
    if (code[counts] < 0).any():
        raise _not_mapped(wave, rule, found, place[counts & (code < 0)])
    return code


def _by_answers(frame: NarwhalsFrame, counts: BoolArray, wave: str, rule: _Rule) -> StatusArray:
    """Judge rows by their answers, and by whether people came to the end."""
    said = answered_rows(frame, rule.coded, rule.argument)
    if rule.finished is None:
        return np.where(said, _COMPLETE, rule.silent).astype(np.int8)
    done = _finished(frame, counts, wave, rule.finished)
    answered = np.where(done, _COMPLETE, _PARTIAL)
    return np.where(said, answered, np.where(done, _REFUSED, rule.silent)).astype(np.int8)


def _finished(frame: NarwhalsFrame, counts: BoolArray, wave: str, column: str) -> BoolArray:
    """Mark the rows of people who came to the end; the day on which they did is a yes, and blank is no."""
    found, place = distinct(frame, column, "status")
    written = [canonical(value) for value in found]
    known = [_FINISHED.get(key, True if _DAY.match(key) else None if key else False) for key in written]
    times = np.bincount(place[counts & (place >= 0)], minlength=len(found))
    strange = [value for value, yes, n in zip(found, known, times.tolist(), strict=True) if n and yes is None]
    if strange:
        raise _wrong(
            wave,
            f"true or false, 1 or 0, yes or no, or days, in the column {column!r}",
            received=check.listing(strange, _MOST_NAMED),
            fix=f"Say what they mean: {{'column': {column!r}, 'values': {{...}}}}.",
        )
    result: BoolArray = np.array([*map(bool, known), False], dtype=bool)[place]
    return result


def _not_mapped(wave: str, rule: _Rule, found: Sequence[object], place: IntArray) -> InputError:
    """Return the error for values of which nothing is said, and for blank cells."""
    times = np.bincount(place + 1, minlength=len(found) + 1).tolist()
    there = [(value, n) for value, n in zip(found, times[1:], strict=True) if n]
    named = [f"{value!r} ({n:,} {'row' if n == 1 else 'rows'})" for value, n in there if canonical(value)]
    blank = times[0] + sum(n for value, n in there if not canonical(value))
    more = [f"and {len(named) - _MOST_NAMED} more"] if len(named) > _MOST_NAMED else []
    cells = [f"{blank:,} blank {'cell' if blank == 1 else 'cells'}"] if blank else []
    fix = "Add them to 'values'" if named else "Say what a blank means: 'blank': 'no_contact'"
    fix += ", and blanks as 'blank'" if named and blank else ""
    return _wrong(
        wave,
        f"a disposition for everything in the column {rule.column!r}",
        received=", ".join([*named[:_MOST_NAMED], *more, *cells]) + " without one",
        fix=f"{fix}; or add 'answered': [...], which judges these rows by their answers.",
    )


def _warn_of_values(wave: str, rule: _Rule, written: set[str]) -> None:
    """Warn of values that no row has, where rows with other values go by their answers without a word."""
    unheard = [word for key, word in rule.words.items() if key not in written]
    if unheard:
        warnings.warn(
            f"`status`: no row of wave {wave!r} has {check.listing(unheard)} in {rule.column!r}; rows with "
            "other values go by their answers",
            DataWarning,
            stacklevel=4,
        )
