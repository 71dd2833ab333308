"""Advice as the author of a study file can follow it: arguments of Python become keys of the file."""

from __future__ import annotations

import json
import re
from ast import literal_eval
from typing import TYPE_CHECKING

from credbenefits.study.keys.table import home_of

if TYPE_CHECKING:
    from collections.abc import Collection

#: A text as Python writes it.
_TEXT = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_SPLIT = r"[[choices]] with column=\1 and separator=\2"
#: Calls that an error recommends, and the tables and keys that stand for them.
_CALLS = (
    (
        rf"Ask with SelectAll\(({_TEXT}), separator=({_TEXT})\)",
        "Ask for its choices: select_all=\\1 in [[items]]. "
        rf"Or split it: {_SPLIT}, then name them in [[items]]",
    ),
    (rf"Split it with split_choices\(data, ({_TEXT}), separator=({_TEXT})\) and", f"Split it: {_SPLIT}, and"),
    (rf"Item\({_TEXT}, (.*)\)(?=\.?$)", r"\1"),
    (rf"link_waves\(answered=\{{({_TEXT}): \[\.\.\.\]\}}\)", r"answered=[...] in the table of the wave \1"),
    (r"link_waves\(answered=\.\.\.\)", "answered=[...] in the table of the wave"),
    (r"pandas\.read_csv\(path, skiprows=.* or in a study file (skip_rows = \d+)", r"\1"),
    (rf"use panel\.wave\(({_TEXT}), also_in=({_TEXT})\)", r"say wave = [\2, \1]"),
    (r"\bbounds=\(([^)]*)\)", r"bounds=[\1]"),
    (r"\bnonresponse_bias\b", "[[bias]]"),
    (r"\btrim=None\b", "trim=False"),
    (r"float\('(-?inf)'\)", r"\1"),
)
#: Where the parts of advice begin: a text, an argument with its value, an argument alone.
_PARTS = re.compile(
    rf"(?<![\w'\"])(?P<text>{_TEXT})(?![\w'\"])(?P<key>: (?=[\[{{'\"\d]))?"
    r"|(?<![\w.])(?P<name>[a-z]+(?:_[a-z]+)*)=(?P<value>(?:True|False)\b|(?=[\[{'\"\w-]))?"
)
#: An argument that is named alone.
_ARGUMENT = re.compile(r"\b([a-z]+(?:_[a-z]+)*)=(?=[\s,.)]|$)")
#: Keys of the table that a wave has.
_OF_WAVES = ("answered", "skip_rows")
_SPLIT_KEYS = ("column", "separator", "select_all")


def in_study(words: str, keys: Collection[str], top: Collection[str]) -> str:
    """Write advice for a table of a study file with these keys; `top` are those at the top of the file."""
    named: dict[str, None] = {}

    def written(part: re.Match[str]) -> str:
        if part["text"]:
            # TOML takes Python's texts but for escapes between single quotes.
            text = part["text"]
            if "\\" in text:
                text = json.dumps(literal_eval(text), ensure_ascii=False).replace("\x7f", r"\u007f")
            return text + (" = " if part["key"] else "")
        named[part["name"]] = None
        return f"`{part['name']}`" if part["value"] is None else f"{part['name']} = {part['value'].lower()}"

    words = _PARTS.sub(written, without_calls(words))
    others = [name for name in named if name not in (*keys, *_OF_WAVES, *_SPLIT_KEYS)]
    above = [name for name in others if name in top]
    homes = {name: home_of(name, "") for name in others if name not in top}
    foreign = [name for name, home in homes.items() if not home]
    return " ".join(
        [
            words,
            *([f"At the top of the file: {', '.join(above)}."] if above else []),
            *(f"`{name}` is a key of {home}." for name, home in homes.items() if home),
            *([f"In Python only: {', '.join(foreign)}."] if foreign else []),
        ]
    )


def arguments_in(words: str) -> tuple[str, list[str]]:
    """Write arguments of Python as keys in what an error calls allowed; return the text, and these keys."""
    return _ARGUMENT.sub(r"`\1`", words), _ARGUMENT.findall(words)


def without_calls(words: str) -> str:
    """Name tables and keys of a study file in place of the functions that a message recommends."""
    for pattern, instead in _CALLS:
        words = re.sub(pattern, instead, words)
    return words
