"""The keys of the study file as a JSON schema, which editors take for completion, and as tables to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from credbenefits.study.keys.table import HEADINGS, LISTS, ONE_OR_SEVERAL, TABLES, names_of

if TYPE_CHECKING:
    from credbenefits.study.keys.kinds import Key, Schema


def study_schema() -> Schema:
    """Return the JSON schema (draft 7) of a study file."""
    top = _table("")
    properties = dict(top["properties"])
    for name in TABLES:
        if name and "." not in name:
            properties[name] = _placed(name)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A study file of credbenefits",
        **top,
        "properties": properties,
        "required": [*top["required"], "waves"],
    }


def schema_text() -> str:
    """Return the JSON schema of a study file as text, as ``credbenefits/study/study.schema.json`` has it."""
    return json.dumps(study_schema(), indent=1, ensure_ascii=False) + "\n"


def key_tables() -> str:
    """Return the keys of each table in Markdown, as the documentation has them."""
    parts = []
    for name, (heading, about) in HEADINGS.items():
        rows = [
            f"| `{key.name}`{' (needed)' if key.needed else ''} | {key.kind.words} | "
            f"{f'`{key.argument}`' if key.argument else ''} | {key.help} |"
            for key in TABLES[name]
        ]
        head = ["| key | what it may be | argument | what it says |", "|---|---|---|---|"]
        title = f"### `{heading}`" if heading else "### The top of the file"
        parts.append("\n".join([title, "", about, "", *head, *rows]))
    return "\n\n".join(parts).replace('"|"', r'"\|"') + "\n"


def _placed(name: str) -> dict[str, Any]:
    """Return the schema of a table, as often as it may stand in the file."""
    table, about = _table(name), {"description": HEADINGS[name][1]}
    if name == "waves":
        return {"type": "object", "additionalProperties": table, "minProperties": 2, **about}
    several = {"type": "array", "items": table}
    if name in LISTS:
        return several | about
    return {"anyOf": [table, several], **about} if name in ONE_OR_SEVERAL else table | about


def _table(name: str) -> dict[str, Any]:
    """Return the schema of one table: its keys, and the tables in it."""
    keys = TABLES[name]
    known = {key.name for key in keys}
    properties: dict[str, Any] = {key.name: _key(key) for key in keys}
    if name:
        inner = [other for other in names_of(name) if other not in known]
        properties |= {other: _placed(f"{name}.{other}") for other in inner}
    required = [key.name for key in keys if key.needed]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _key(key: Key) -> dict[str, Any]:
    argument = f" ({key.argument})" if key.argument else ""
    return {**key.kind.schema, "description": key.help + argument}
