"""In which line of a TOML file each key stands, which the standard library's reader does not say.

It is only for files that this reader took, so whatever is not looked at here is known to be right.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Where something stands: names of keys, and the places of entries in lists, from 1 on.
Path: TypeAlias = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_KEY = re.compile(r"[ \t]*(\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*")
#: Texts in quotes; those over several lines may end in up to two quotes of their own.
_QUOTED = re.compile(
    r"\"\"\"(?:[^\\]|\\.)*?\"\"\"\"{0,2}|'''.*?''''{0,2}|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'", re.DOTALL
)
_PLAIN = re.compile(r"[^,\]}#\n]*")


def key_lines(text: str) -> Mapping[Path, int]:
    """Return the line of each key, table and entry of a list, from 1 on."""
    return _Scanner(text.replace("\r\n", "\n")).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.lines: dict[Path, int] = {}
        self.entries: dict[Path, int] = {}

    def scan(self) -> Mapping[Path, int]:
        table: Path = ()
        while self._more():
            if self.text.startswith("[", self.place):
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _more(self) -> bool:
        """Skip what says nothing; tell whether anything follows."""
        self._take(_BLANK)
        return self.place < len(self.text)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.place)
        assert found is not None
        self.place = found.end()
        return found.group(found.lastindex or 0)

    def _note(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, self.place) + 1)

    def _names(self) -> list[str]:
        names = []
        while True:
            name = self._take(_KEY)
            names.append(str(tomllib.loads(f"x = {name}")["x"]) if name[0] in "\"'" else name)
            if not self.text.startswith(".", self.place):
                return names
            self.place += 1

    def _header(self) -> Path:
        brackets = 2 if self.text.startswith("[[", self.place) else 1
        start, self.place = self.place, self.place + brackets
        names = self._names()
        end, self.place = self.place + brackets, start
        path: Path = ()
        for name in names[:-1]:
            path = (*path, name)
            self._note(path)
            if path in self.entries:
                path = (*path, self.entries[path])
        path = (*path, names[-1])
        self._note(path)
        if brackets == 2:
            self.entries[path] = self.entries.get(path, 0) + 1
            path = (*path, self.entries[path])
            self._note(path)
        self.place = end
        return path

    def _pair(self, table: Path) -> None:
        start = self.place
        names = self._names()
        end, self.place = self.place + 1, start  # behind the sign "="
        for n in range(len(names)):
            self._note((*table, *names[: n + 1]))
        self.place = end
        self._value((*table, *names))

    def _value(self, path: Path) -> None:
        self._more()
        opening = self.text[self.place]
        if opening in "\"'":
            self._take(_QUOTED)
        elif opening in "[{":
            self._several(path, "]" if opening == "[" else "}")
        else:
            self._take(_PLAIN)

    def _several(self, path: Path, closing: str) -> None:
        self.place += 1
        number = 0
        while self._more() and not self.text.startswith(closing, self.place):
            number += 1
            if closing == "]":
                self._note((*path, number))
                self._value((*path, number))
            else:
                self._pair(path)
            self._more()
            if self.text.startswith(",", self.place):
                self.place += 1
        self.place += 1
