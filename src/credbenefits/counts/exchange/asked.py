"""Questions as they were declared, as JSON: their fields, and which kind of question it is."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

from credbenefits.counts.exchange.parts import wrong
from credbenefits.errors import CredbenefitsError
from credbenefits.questions.item import Item
from credbenefits.questions.select_all import SelectAll
from credbenefits.questions.spelling import label

if TYPE_CHECKING:
    from credbenefits.counts.exchange.parts import Part

_KINDS: dict[str, type[Item] | type[SelectAll]] = {"item": Item, "select_all": SelectAll}


def question_data(question: Item | SelectAll | None) -> dict[str, Any] | None:
    """Return the fields of a question that are not as they are by default."""
    if question is None:
        return None
    kind = next(name for name, each in _KINDS.items() if isinstance(question, each))
    given = {f.name: getattr(question, f.name) for f in fields(question)}
    return {"kind": kind} | {
        name: _plain(value) for name, value in given.items() if value is not None and value != ()
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a question holds
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    if hasattr(value, "items"):
        return {name: _plain(each) for name, each in value.items()}
    return label(value) if isinstance(value, date) else value


def question_of(part: Part) -> Item | SelectAll | None:
    """Return the question; whatever makes none is refused, and not repeated."""
    if part.value is None:
        return None
    kind = part["kind"].text()
    names = {name: value for name, value in part.value.items() if name != "kind"}
    try:
        return _KINDS[kind](**{name: _held(value) for name, value in names.items()})
    except (AttributeError, KeyError, TypeError, ValueError, CredbenefitsError):
        raise wrong(f"a question at {part.where}", "something else") from None


def _held(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    return tuple(_held(each) for each in value) if isinstance(value, list) else value
