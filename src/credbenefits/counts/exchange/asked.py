"""Questions as they were declared, as JSON: their fields, and which kind of question it is."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits.counts.exchange.parts import wrong
from credbenefits.errors import CredbenefitsError
from credbenefits.questions.item import Item, Joined
from credbenefits.questions.select_all import SelectAll

if TYPE_CHECKING:
    from credbenefits.counts.exchange.parts import Part
    from credbenefits.questions.item import Asked

#: What days and times are called in the file, and how they are read.
_DAY, _TIME = "a day", "a time"
_READ = {_DAY: date.fromisoformat, _TIME: datetime.fromisoformat}
_KINDS: dict[str, type[Asked]] = {"item": Item, "select_all": SelectAll, "joined": Joined}


def question_data(question: Asked | None) -> dict[str, Any] | None:
    """Return the fields of a question that are not as they are by default."""
    if question is None:
        return None
    kind = next(name for name, each in _KINDS.items() if isinstance(question, each))
    given = {f.name: getattr(question, f.name) for f in fields(question)}
    return {"kind": kind} | {
        name: _plain(value)
        for name, value in given.items()
        if value is not None and not (isinstance(value, tuple) and not value)
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a question holds
    if isinstance(value, (Item, Joined)):
        return question_data(value)
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    if hasattr(value, "items"):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, date):  # as what it is, so that counts that were sent add up with others
        return {_DAY if type(value) is date else _TIME: value.isoformat()}
    return value.item() if isinstance(value, np.generic) else value


def question_of(part: Part) -> Asked | None:
    """Return the question; whatever makes none is refused, and not repeated."""
    if part.value is None:
        return None
    kind = part["kind"].text()
    given = {name: _held(value) for name, value in part.value.items() if name != "kind"}
    try:
        if kind == "joined":
            given["items"] = tuple(question_of(each) for each in part["items"].listed())
        return _KINDS[kind](**given)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, CredbenefitsError):
        raise wrong(f"a question at {part.where}", "something else") from None


def _held(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    if isinstance(value, list):
        return tuple(_held(each) for each in value)
    if isinstance(value, dict) and len(value) == 1:
        ((name, text),) = value.items()
        if name in _READ and isinstance(text, str):
            return _READ[name](text)
    return value
