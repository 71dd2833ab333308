"""The study file: its tables, read and checked key by key; errors name the key, the file and the line."""

from __future__ import annotations

import io
import re
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.errors import InputError, StudyFileError
from credbenefits.study.advice import arguments_in, in_study
from credbenefits.study.keys.kinds import fits
from credbenefits.study.keys.lines import key_lines
from credbenefits.study.keys.table import HEADINGS, LISTS, ONE_OR_SEVERAL, TABLES, home_of, names_of, table_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from credbenefits.study.keys import lines
    from credbenefits.study.keys.kinds import Key

#: So alike is a misspelt key to the one that was meant.
_PLAIN = 0.7


class NoEntryError(StudyFileError):
    """A key names an entry of another table, and there is none of this name (or none at all: "")."""

    table: str = ""
    name: str = ""


@dataclass(frozen=True)
class Source:
    """The text of a study file, for the lines in which keys stand, and the SHA-256 of the file."""

    name: str
    text: str
    sha256: str

    @cached_property
    def _lines(self) -> Mapping[lines.Path, int]:
        return key_lines(self.text)

    def line(self, path: lines.Path) -> int | None:
        """Return the line of a key, or of the nearest table that it would be in; None at the top."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path)


@dataclass(frozen=True, slots=True)
class Entry:
    """A table of the study file and where it stands, so that errors can say so.

    `table` is its name in the table of keys, `place` where it stands: ("items", 3).
    """

    source: Source
    table: str
    place: lines.Path
    values: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Its name, as errors write it: "items[3]"."""
        return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.place).removeprefix(".")

    @property
    def allowed(self) -> tuple[str, ...]:
        """The names that may stand in it."""
        return names_of(self.table) if self.table in TABLES else tuple(self.values)

    def path(self, name: str) -> str:
        """Return the key's full name."""
        return f"{self.key}.{name}" if self.key else name

    def wrong(self, name: str, *, allowed: str, fix: str, **came: object) -> StudyFileError:
        """Make the error for one key of this table; what came is given as in :class:`InputError`."""
        file, line = self.source.name, self._line(name)
        return StudyFileError(self.path(name), allowed=allowed, fix=fix, file=file, line=line, **came)

    def names_none(self, key: str, name: str, table: str, *, allowed: str, fix: str) -> NoEntryError:
        """Make the error for a key that names an entry of another table which is not there."""
        came: dict[str, Any] = {"value": name} if name else {"received": "nothing: the key is missing"}
        came |= {"file": self.source.name, "line": self._line(key)}
        problem = NoEntryError(self.path(key), allowed=allowed, fix=fix, **came)
        problem.table, problem.name = table, name
        return problem

    def _line(self, name: str) -> int | None:
        return self.source.line((*self.place, *name.split(".")))

    def lacks(self, name: str, *, allowed: str, fix: str) -> StudyFileError:
        """Make the error for a key that is not there."""
        return self.wrong(name, allowed=allowed, received="nothing: the key is missing", fix=fix)

    def has(self, name: str) -> bool:
        """Tell whether a key is there."""
        return name in self.values

    def given(self, *names: str) -> dict[str, Any]:
        """Return those of some keys that are there, with what they hold."""
        return {name: self.values[name] for name in names if name in self.values}

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text value; without a default it must be there."""
        value = self.values.get(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            fix = f'Write {name} = "...".'
            if name not in self.values:
                raise self.lacks(name, allowed="text", fix=fix)
            raise self.wrong(name, allowed="text", value=value, fix=fix)
        return value

    def texts(self, name: str, *, needed: bool = False) -> tuple[str, ...]:
        """Return a text or a list of texts; empty when the key is absent, unless it is `needed`."""
        value = self.values.get(name, ())
        if needed and (not value or isinstance(value, str)):
            return (self.text(name),)
        return (value,) if isinstance(value, str) else tuple(value)

    def answers(self, name: str) -> tuple[Any, ...]:
        """Return answers: a text, number or boolean, or a list of them."""
        with self.blame(name):
            return check.values(name, self.values.get(name, ()))

    def columns(self, name: str, default_wave: str) -> dict[str, tuple[str, ...]]:
        """Return columns by wave: a list (of the default wave) or a table of lists."""
        value = self.values.get(name, ())
        if isinstance(value, dict):
            return {wave: Entry(self.source, "", self.place, value).texts(wave) for wave in value}
        return {default_wave: self.texts(name)}

    def problems(self) -> Iterator[StudyFileError]:
        """Find keys that mean nothing, that hold what they cannot, and that are missing."""
        known = {key.name: key for key in TABLES[self.table]}
        for name, value in self.values.items():
            if name not in self.allowed:
                yield self._unknown(name)
            elif name in known and not fits(value, known[name].kind.schema):
                yield self._unfit(known[name])
        meant = self.sound()
        for key in known.values():
            if key.needed and not self.has(key.name) and not meant.has(key.name):
                yield self.lacks(
                    key.name, allowed=key.kind.words, fix=f"Write {key.name} = {key.kind.example}."
                )

    def sound(self) -> Entry:
        """Return the table without keys that mean nothing or hold what they cannot, but with those meant."""
        known = {key.name: key.kind.schema for key in TABLES[self.table]}
        kept: dict[str, Any] = {}
        for name, value in self.values.items():
            meant = name if name in self.allowed else self._meant(name, known)
            if meant in self.allowed and (meant not in known or fits(value, known[meant])):
                kept.setdefault(meant, value)
        return replace(self, values=kept)

    def _meant(self, name: str, known: Collection[str]) -> str:
        """Return the key that a misspelt one was plainly to be; empty where that is not plain."""
        free = [] if home_of(name, self.table) else [key for key in known if not self.has(key)]
        return next(iter(get_close_matches(name, free, n=1, cutoff=_PLAIN)), "")

    def _unknown(self, name: str) -> StudyFileError:
        a_table = _is_table(self.values[name])
        home = table_of(name) if a_table else home_of(name, self.table)
        fix = check.suggestion(name, self.allowed, "keys")
        if home:
            fix = f"In a study file it is {home}." if a_table else f"It is a key of {home}."
        return self.wrong(
            name, allowed=f"one of {', '.join(self.allowed)}", received=f"key {name!r}", fix=fix
        )

    def _unfit(self, key: Key) -> StudyFileError:
        value = self.values[key.name]
        fix = f"Write {key.name} = {key.kind.example}."
        if isinstance(value, str) and fits(_unquoted(value), key.kind.schema):
            fix = f"Write {key.name} = {value.strip()}, without quotes."
        if key.kind.options and isinstance(value, str):
            fix = check.suggestion(value, key.kind.options, "valid ones")
        return self.wrong(key.name, allowed=key.kind.words, value=value, fix=fix)

    @contextmanager
    def blame(self, name: str, *others: Entry | None) -> Iterator[None]:
        """Turn an error about an argument into one about a key of the file.

        The argument's own key is blamed where this table, or one of the `others`, has one of that name, else
        the one given. The advice names what can be written in a study file.
        """
        try:
            yield
        except StudyFileError:
            raise
        except InputError as problem:
            allowed, named = arguments_in(problem.allowed)
            said = [key for key in named if key in self.values]
            entry, blamed = self._blamed(problem.argument, said[0] if len(said) == 1 else name, others)
            fix = in_study(problem.fix, entry.allowed, [key.name for key in TABLES[""]])
            raise entry.wrong(blamed, allowed=allowed, received=problem.received, fix=fix) from problem

    def _blamed(self, argument: str, name: str, others: tuple[Entry | None, ...]) -> tuple[Entry, str]:
        whole, _, last = argument.rpartition(".")
        for entry in (self, *others):
            if entry is not None and last in entry.values and whole in {"", entry.table}:
                return entry, last
        for entry in others:
            if entry is not None and entry.table == argument:
                return entry, next(iter(entry.values), "")
        return self, argument if argument in self.allowed else name


def _unquoted(text: str) -> object:
    """Return what a text would be without its quotes."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return None


def _is_table(value: object) -> bool:
    """Tell whether it stands under a heading of its own, in single or double brackets."""
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict) for v in value))


@dataclass(frozen=True, slots=True)
class StudyFile:
    """A study file whose keys are all known and hold what they may. `given` is what stands in it."""

    folder: Path
    top: Entry
    waves: Mapping[str, Entry]
    tables: Mapping[str, tuple[Entry, ...]]
    given: Mapping[str, Any]
    allow_outside: bool = False
    found: tuple[StudyFileError, ...] = field(default=())

    def one(self, table: str) -> Entry | None:
        """Return a table of which there is one, or None where it is not there."""
        return next(iter(self.tables[table]), None)

    def wave_of(self, entry: Entry) -> str:
        """Return the wave that an entry is about: its own, or the study's."""
        return self.known_wave(entry if entry.has("wave") else self.top, "wave")

    def known_wave(self, entry: Entry, name: str) -> str:
        """Return a key's wave, which must be declared."""
        return self.declared(entry, name, entry.text(name))

    def declared(self, entry: Entry, name: str, wave: str) -> str:
        """Return a wave that a key names, which must be declared."""
        if wave not in self.waves:
            raise entry.wrong(
                name,
                allowed=f"a declared wave ({check.listing(self.waves)})",
                value=wave,
                fix=check.suggestion(wave, list(self.waves), "waves"),
            )
        return wave


def read_study(path: str | Path, *, allow_outside: bool = False) -> StudyFile:
    """Read a study file, in which every key must be known and hold what it may.

    Its data are read from its own folder and those below, elsewhere only with ``allow_outside=True``.

    Raises
    ------
    StudyFileError
        For the first key that is wrong. :func:`credbenefits.study.check.check_study` finds all.
    """
    study = open_study(path, allow_outside=allow_outside)
    if study.found:
        raise study.found[0]
    return study


def open_study(path: str | Path, *, allow_outside: bool = False) -> StudyFile:
    """Read a study file with all that is wrong about its keys in ``found``, in the order of the lines.

    Raises
    ------
    StudyFileError
        For a file that is no TOML.
    """
    file = Path(path)
    source, values = _parse(file)
    top = Entry(source, "", (), values)
    found = list(top.problems())
    found += _waves_problems(top)
    waves = values.get("waves")
    named = waves if isinstance(waves, dict) else {}
    made = {n: Entry(top.source, "waves", ("waves", n), v) for n, v in named.items() if isinstance(v, dict)}
    tables = {name: _tables(top, name, found) for name in TABLES if name not in {"", "waves"}}
    for entry in (*made.values(), *(entry for entries in tables.values() for entry in entries)):
        found += entry.problems()
    if not tables["items"] and not tables["change"] and not _misplaced(top, found):
        found.append(
            top.wrong(
                "items",
                allowed="at least one [[items]] or [[change]]",
                received="none",
                fix='For example [[items]] with column = "first_job".',
            )
        )
    return StudyFile(
        file.parent,
        top.sound(),
        {name: entry.sound() for name, entry in made.items()},
        {name: tuple(entry.sound() for entry in entries) for name, entries in tables.items()},
        values,
        allow_outside,
        tuple(found),
    )


def _misplaced(top: Entry, found: list[StudyFileError]) -> bool:
    """Tell whether [[items]] or [[change]] are there and misspelt, or under a wrong heading."""
    misspelt = any(_is_table(value) for name, value in top.values.items() if name not in top.allowed)
    return misspelt or any(problem.argument in {"items", "change"} for problem in found)


def _waves_problems(top: Entry) -> Iterator[StudyFileError]:
    waves = top.values.get("waves")
    if not isinstance(waves, dict) or not all(isinstance(v, dict) for v in waves.values()) or len(waves) < 2:
        yield top.wrong(
            "waves",
            allowed="two or more tables [waves.<name>], in order of time",
            received=_number_of(waves),
            fix='For example [waves.start] with file = "start.csv".',
        )


def _number_of(waves: object) -> str:
    """Say how many waves there are, or what stands in their place."""
    if waves is None:
        return "none"
    tables = isinstance(waves, dict) and all(isinstance(wave, dict) for wave in waves.values())
    return "one" if tables else "something else"


def _tables(top: Entry, name: str, found: list[StudyFileError]) -> tuple[Entry, ...]:
    """Return the tables of a name, and add what is wrong about how they stand there."""
    outer, _, inner = name.rpartition(".")
    if outer:
        within = top.values.get(outer)
        value = within.get(inner) if isinstance(within, dict) else None
    else:
        value = top.values.get(name)
    place: tuple[str, ...] = tuple(name.split("."))
    if value is None:
        return ()
    several = isinstance(value, list) and all(isinstance(v, dict) for v in value)
    if isinstance(value, dict) and name not in LISTS:
        return (Entry(top.source, name, place, value),)
    if several and (name in LISTS or name in ONE_OR_SEVERAL):
        return tuple(Entry(top.source, name, (*place, i), v) for i, v in enumerate(value, 1))
    listed = name in LISTS
    heading = HEADINGS[name][0]
    found.append(
        top.wrong(
            name,
            allowed=f"tables headed {heading}" if listed else f"one table {heading}",
            value=value,
            fix="Double the brackets: each one starts a new entry." if listed else "Use single brackets.",
        )
    )
    return ()


def _parse(file: Path) -> tuple[Source, dict[str, Any]]:
    content = _content(file)
    try:
        text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig").read()
    except UnicodeDecodeError as problem:
        raise StudyFileError(
            "study",
            allowed="a readable TOML file in UTF-8",
            received=f"{file.name}, which is in another encoding",
            fix="Save it as UTF-8.",
        ) from problem
    try:
        return Source(file.name, text, sha256(content).hexdigest()), tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _no_toml(file, text, problem) from problem


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as problem:
        raise StudyFileError(
            "study",
            allowed="a study file that exists",
            received=str(file),
            fix="Make an example to start from: credbenefits example DIR.",
        ) from problem
    except OSError as problem:
        raise StudyFileError(
            "study",
            allowed="a readable TOML file in UTF-8",
            received=f"{file.name}: {problem}",
            fix="Give the path of a study file.",
        ) from problem


def _no_toml(file: Path, text: str, problem: tomllib.TOMLDecodeError) -> StudyFileError:
    """Return the error for what is no TOML, with the line where reading stopped."""
    told = str(problem)
    at = re.search(r" \(at line ([0-9]+), column [0-9]+\)$", told)
    line = int(at[1]) if at else None
    shown = "" if line is None else f" in '{text.split(chr(10))[line - 1].strip()}'"
    twice = (
        "A key or a table of this name stands above. Several of one kind have double brackets, as [[items]]."
    )
    unclosed = "A quote, a bracket or a brace is not closed, or a comma is missing."
    fixes = {
        "Cannot overwrite": twice,
        "Cannot declare": twice,
        "Illegal character '\\n'": "Text ends with the quote that it begins with, on the same line.",
        "Unescaped": "Write \\\\ for each \\, or put the text in single quotes. In paths / will do.",
        "Invalid value (at end": unclosed,
        "Unterminated": unclosed,
        "Unclosed": unclosed,
        "Expected newline": "One key stands in a line, and text stands in quotes.",
        "Invalid value": 'Text stands in quotes: "text". Numbers, true, false and [lists] do not.',
    }
    return StudyFileError(
        "study",
        allowed="a readable TOML file in UTF-8",
        received=f"{told if line is None else told.rpartition(' (')[0]}{shown}",
        fix=next((fix for words, fix in fixes.items() if told.startswith(words)), "Correct it there."),
        file=file.name,
        line=line,
    )
