"""What the value of a key may be: in words, as a JSON schema, and as an example."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

if TYPE_CHECKING:
    from credbenefits._typing import Options

#: A JSON schema, of which `fits` knows the words that are used here.
Schema: TypeAlias = Mapping[str, Any]

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_ANSWER: Schema = {"type": ["string", "number", "boolean"]}
_NUMBER: Schema = {"type": "number"}
_TERMS: Schema = {"type": "array", "items": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be. `example` is one as TOML writes it, and `options` are the texts to choose from."""

    words: str
    schema: Schema
    example: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a table. `argument` names the argument of the library that it is, where it is one."""

    name: str
    kind: Kind
    argument: str
    help: str
    needed: bool = False


def _list_of(one: Schema) -> Schema:
    return {"type": "array", "items": one}


def _some(one: Schema) -> Schema:
    """One, or a list of them."""
    return {"anyOf": [one, _list_of(one)]}


def _table_of(one: Schema) -> Schema:
    return {"type": "object", "additionalProperties": one}


def choice(options: Options) -> Kind:
    """Return the kind of a text that is one of a ``Literal``'s options."""
    names = tuple(_flat(options))
    listed = ", ".join(json.dumps(name) for name in names)
    return Kind(f"one of {listed}", {"type": "string", "enum": list(names)}, json.dumps(names[0]), names)


def choices(options: Options) -> Kind:
    """Return the kind of one or several of a ``Literal``'s options."""
    one = choice(options)
    return Kind(f"{one.words}, or a list of these", _some(one.schema), f"[{one.example}]")


def _flat(options: Options) -> list[str]:
    return [name for one in get_args(options) for name in ([one] if isinstance(one, str) else _flat(one))]


def whole(least: int, example: int) -> Kind:
    """Return the kind of a whole number."""
    return Kind(f"a whole number of at least {least}", {"type": "integer", "minimum": least}, str(example))


def number(example: float) -> Kind:
    """Return the kind of any number."""
    return Kind("a number", _NUMBER, f"{example}")


TEXT = Kind("text", _TEXT, '"..."')
WORDS = Kind("text", {"type": "string"}, '"..."')
TEXTS = Kind("a text or a list of texts", _some(_TEXT), '["...", "..."]')
#: A list in which "" stands for no column.
KEYS = Kind(
    "a text or a list of texts, in which a list of texts is one key",
    _some({"anyOf": [{"type": "string"}, _list_of(_TEXT)]}),
    '["learner_id", "email"]',
)
ANSWERS = Kind(
    "an answer (text, number, boolean or day) or a list of answers", _some(_ANSWER), '["Agree", 4]'
)
SWITCH = Kind("true or false", {"type": "boolean"}, "true")
#: What an argument of Python takes None for is false in a study file, since TOML has no word for nothing.
CAP = Kind(
    'a number, a percentile such as "95%", or false',
    {"anyOf": [_NUMBER, {"type": "string", "pattern": "%"}, {"enum": [False]}]},
    "3.0",
)
STATUS = Kind(
    "a table with column, values and blank, or with answered, finished and silent, or with all of them",
    _table_of({"anyOf": [_TEXT, _list_of(_TEXT), _table_of(_TEXT)]}),
    '{ answered = ["job", "pay"], silent = "no_contact" }',
)
BINS = Kind(
    "a number of groups, or a table of columns with their number of groups or the numbers they are cut at",
    {"anyOf": [{"type": "integer"}, _table_of({"anyOf": [{"type": "integer"}, _list_of(_NUMBER)]})]},
    "{ age = [30, 50], income = 4 }",
)
COLUMNS = Kind(
    "a column, a list of columns, or a table of waves with theirs",
    {"anyOf": [_TEXT, _list_of(_TEXT), _table_of(_some(_TEXT))]},
    '["age", "region"]',
)
BY_WAVE = Kind(
    "a column, or a table of waves with the column that each has",
    {"anyOf": [_TEXT, _table_of(_TEXT)]},
    '{ start = "job", end = "job_2" }',
)
TERMS = Kind(
    "a column, a list of columns and of pairs of columns, or a table of waves with theirs",
    {"anyOf": [_TEXT, _TERMS, _table_of({"anyOf": [_TEXT, _TERMS]})]},
    '["age", "region", ["age", "region"]]',
)
QUESTIONS = Kind(
    "a column or label, a list of them, or a table of waves with theirs",
    {"anyOf": [_TEXT, _list_of(_TEXT), _table_of(_some(_TEXT))]},
    '["finished", "grade"]',
)
#: Keys of a question that stands in braces.
ASKED = ("yes", "no", "missing", "skipped", "refused", "not_asked", "answers")
LIMITS = ("at_least", "at_most")
QUESTION = Kind(
    "the column or label of one of the [[items]], or a table with column and wave, "
    f"{', '.join((*ASKED, *LIMITS))}",
    {
        "anyOf": [
            _TEXT,
            {
                "type": "object",
                "properties": {
                    **dict.fromkeys(("column", "wave"), _TEXT),
                    **dict.fromkeys(ASKED, _some(_ANSWER)),
                    **dict.fromkeys(LIMITS, _NUMBER),
                },
                "required": ["column"],
                "additionalProperties": False,
            },
        ]
    },
    '{ column = "status", yes = "active" }',
)
BLOCK = Kind("a column of text, or a list with a column for each choice", _some(_TEXT), '["how_1", "how_2"]')
JOINED = Kind(
    "columns of other [[items]]; with select_all a table of names with the choices that count",
    {"anyOf": [_TEXT, _list_of(_TEXT), _table_of(_some(_TEXT))]},
    '["job", "salary"]',
)
NAMES = Kind("a table of texts", _table_of(_TEXT), '{ "Old wording" = "New wording" }')
NAMES_OF_COLUMNS = Kind(
    "a table of columns, each a table of texts", _table_of(_table_of(_TEXT)), '{ job = { 1 = "yes" } }'
)
VALUES_OF_COLUMNS = Kind(
    "a table of columns, each with an answer or a list of answers",
    _table_of(_some(_ANSWER)),
    '{ status = ["Survey Preview"] }',
)
ANSWERS_JOINED = Kind(
    "a table of answers, each with the answer that it is counted as",
    _table_of(_ANSWER),
    '{ "Everyday" = "Every day" }',
)
REFERENCE = Kind(
    'a group, a list or a table with a value for each column, "rest" or "overall"',
    {"anyOf": [_ANSWER, _list_of(_ANSWER), _table_of(_ANSWER)]},
    '{ role = "staff", site = "north" }',
)
SIZES = Kind(
    "a number, a column, or a list with one for each stage",
    _some({"anyOf": [_NUMBER, _TEXT]}),
    '["N_districts", "N_schools"]',
)
TOTALS = Kind(
    "a table of columns, each with a table of levels and their totals, or with the total of its numbers",
    _table_of({"anyOf": [_NUMBER, _table_of(_NUMBER)]}),
    "{ sex = { f = 5_100, m = 4_900 }, income = 4.2e8 }",
)
MARGINS = Kind(
    "columns as check has them, or totals as totals has them",
    {"anyOf": [*COLUMNS.schema["anyOf"], TOTALS.schema]},
    '["sex", "region"]',
)
NUMBERS = Kind("a list of numbers", _list_of(_NUMBER), "[0.5, 0.5]")
CODE_FORMAT = Kind(
    "a table with separator or widths, and names",
    _table_of({"anyOf": [{"type": "string"}, _list_of({"type": "integer"}), _list_of(_TEXT)]}),
    "{ widths = [2, 1, 2, 2] }",
)


#: What may stand between the cells of a CSV file, and what it is called.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SEPARATOR = Kind(
    f"one of {', '.join(map(json.dumps, SEPARATORS))}", {"type": "string", "enum": list(SEPARATORS)}, '";"'
)


def field_kinds(options: Options) -> Kind:
    """Return the kind of a table that says one of a ``Literal``'s options of each column."""
    one = choice(options)
    return Kind(f"a table of columns, each with {one.words}", _table_of(one.schema), '{ born = "date" }')


def shapes(options: Options) -> Kind:
    """Return the kind of a table that says how numbers enter a model: by an option, or with knots."""
    one = choice(options)
    return Kind(
        f"a table of columns, each with {one.words}, or with a list of at least three numbers",
        _table_of({"anyOf": [one.schema, _list_of(_NUMBER)]}),
        '{ age = "spline" }',
    )


_PYTHON: Mapping[str, tuple[type, ...]] = {
    "string": (str, date, time),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
}


def _of_type(value: object, name: str) -> bool:
    return isinstance(value, _PYTHON[name]) and (name == "boolean" or not isinstance(value, bool))


def fits(value: Any, schema: Schema) -> bool:  # noqa: ANN401 - whatever stands in a file
    """Tell whether a value of a TOML file fits a JSON schema; a day counts as text, as it does in editors."""
    types = schema.get("type", ())
    return (
        ("anyOf" not in schema or any(fits(value, one) for one in schema["anyOf"]))
        and any(_same(value, one) for one in schema.get("enum", (value,)))
        and (
            not types or any(_of_type(value, name) for name in ([types] if isinstance(types, str) else types))
        )
        and _within(value, schema)
    )


def _same(value: object, one: object) -> bool:
    return value == one and type(value) is type(one)


def _within(value: Any, schema: Schema) -> bool:  # noqa: ANN401 - whatever stands in a file
    """Tell whether what a text, number, list or table holds fits."""
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        return (
            len(value) >= schema.get("minProperties", 0)
            and set(schema.get("required", ())) <= set(value)
            and all(
                fits(each, known.get(name, others)) for name, each in value.items() if name in known or others
            )
            and (others is not False or set(value) <= set(known))
        )
    if isinstance(value, (list, tuple)):
        return len(value) >= schema.get("minItems", 0) and all(
            fits(v, schema.get("items", {})) for v in value
        )
    return not _of_type(value, "number") or value >= schema.get("minimum", value)
