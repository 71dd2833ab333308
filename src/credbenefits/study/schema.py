"""The study file: what may stand in it, and errors that name the key and the file."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.errors import InputError, StudyFileError
from credbenefits.study.advice import in_study

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOP = (
    "title",
    "note",
    "wave",
    "confidence_level",
    "duplicates",
    "numeric_keys",
    "missing",
    "answers",
    "exclude",
    "allow_identifier",
    "waves",
    "choices",
    "items",
    "weights",
    "groups",
)
_WAVE = ("file", "keys", "people", "invited", "answered", "skip_rows", "separator")
_CHOICE = ("wave", "column", "separator", "choices", "none_of_these", "missing", "answers", "same")
_ITEM = (
    "wave",
    "column",
    "yes",
    "no",
    "label",
    "missing",
    "skipped",
    "refused",
    "not_asked",
    "answers",
    "among",
    "any_of",
    "all_of",
)
_WEIGHTS = ("wave", "to", "population", "covariates", "check", "bins", "trim")
_GROUP = ("wave", "by", "bins", "from", "reference", "items", "adjust")


@dataclass(frozen=True, slots=True)
class Entry:
    """A table of the study file and where it stands, so that errors can say so."""

    file: str
    key: str
    values: Mapping[str, Any]
    allowed: tuple[str, ...] = ()

    def path(self, name: str) -> str:
        """Return the key's full name."""
        return f"{self.key}.{name}" if self.key else name

    def wrong(self, name: str, *, allowed: str, fix: str, **came: object) -> StudyFileError:
        """Make the error for one key of this table; what came is given as in :class:`InputError`."""
        return StudyFileError(f"{self.path(name)}` in `{self.file}", allowed=allowed, fix=fix, **came)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text value; without a default it must be there."""
        value = self.values.get(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            came = {"value": value} if name in self.values else {"received": "nothing: the key is missing"}
            raise self.wrong(name, allowed="text", fix=f'Write {name} = "...".', **came)
        return value

    def texts(self, name: str, *, needed: bool = False) -> tuple[str, ...]:
        """Return a text or a list of texts; empty when the key is absent, unless it is `needed`."""
        value = self.values.get(name, ())
        if needed and (not value or isinstance(value, str)):
            return (self.text(name),)
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, (list, tuple)) or not all(isinstance(v, str) and v.strip() for v in listed):
            raise self.wrong(
                name,
                allowed="a text or a list of texts",
                value=value,
                fix=f'Write {name} = ["...", "..."].',
            )
        return tuple(listed)

    def answers(self, name: str) -> tuple[Any, ...]:
        """Return answers: a text, number or boolean, or a list of them."""
        with self.blame(name):
            return check.values(name, self.values.get(name, ()))

    def columns(self, name: str, default_wave: str) -> dict[str, tuple[str, ...]]:
        """Return columns by wave: a list (of the default wave) or a table of lists."""
        value = self.values.get(name, ())
        if isinstance(value, dict):
            inner = Entry(self.file, self.path(name), value)
            return {wave: inner.texts(wave) for wave in value}
        return {default_wave: self.texts(name)}

    def tables(self, name: str, allowed: tuple[str, ...]) -> tuple[Entry, ...]:
        """Return the entries of an array of tables, ``[[name]]``."""
        listed = self.values.get(name, [])
        if not isinstance(listed, list) or not all(isinstance(v, dict) for v in listed):
            raise self.wrong(
                name,
                allowed=f"tables headed [[{name}]]",
                value=listed,
                fix="Double the brackets: each one starts a new entry.",
            )
        return tuple(
            Entry(self.file, f"{name}[{i}]", v, allowed).known_only() for i, v in enumerate(listed, 1)
        )

    def known_only(self) -> Entry:
        """Refuse keys that mean nothing, which are mostly misspelt ones."""
        allowed = self.allowed
        for name in self.values:
            if name not in allowed:
                raise self.wrong(
                    name,
                    allowed=f"one of {', '.join(allowed)}",
                    received=f"key {name!r}",
                    fix=check.suggestion(name, allowed, "keys"),
                )
        return self

    @contextmanager
    def blame(self, name: str) -> Iterator[None]:
        """Turn an error about an argument into one about a key of the file.

        The argument's own key is blamed where this table has one of that name, else the one given. The
        advice names what can be written in a study file.
        """
        try:
            yield
        except StudyFileError:
            raise
        except InputError as problem:
            blamed = problem.argument if problem.argument in self.allowed else name
            fix = in_study(problem.fix, self.allowed, _TOP)
            raise self.wrong(blamed, allowed=problem.allowed, received=problem.received, fix=fix) from problem


@dataclass(frozen=True, slots=True)
class StudyFile:
    """A study file whose keys are all known; values are checked when they are used."""

    folder: Path
    top: Entry
    waves: Mapping[str, Entry]
    choices: tuple[Entry, ...]
    items: tuple[Entry, ...]
    weights: Entry | None
    groups: tuple[Entry, ...]
    allow_outside: bool = False

    def wave_of(self, entry: Entry) -> str:
        """Return the wave that an entry is about: its own, or the study's."""
        owner = entry if "wave" in entry.values else self.top
        return self.known_wave(owner, "wave")

    def known_wave(self, entry: Entry, name: str) -> str:
        """Return a key's wave, which must be declared."""
        wave = entry.text(name)
        if wave not in self.waves:
            raise entry.wrong(
                name,
                allowed=f"a declared wave ({check.listing(self.waves)})",
                value=wave,
                fix=check.suggestion(wave, list(self.waves), "waves"),
            )
        return wave


def read_study(path: str | Path, *, allow_outside: bool = False) -> StudyFile:
    """Read a study file and check that every key in it is known and every needed one is there.

    Its data are read from its own folder and those below, elsewhere only with ``allow_outside=True``.
    """
    file = Path(path)
    top = Entry(file.name, "", _parse(file), _TOP).known_only()
    top.text("title")
    waves = top.values.get("waves")
    if not isinstance(waves, dict) or not all(isinstance(v, dict) for v in waves.values()) or len(waves) < 2:
        raise top.wrong(
            "waves",
            allowed="two or more tables [waves.<name>], in order of time",
            value=waves,
            fix='For example [waves.start] with file = "start.csv".',
        )
    weights = top.values.get("weights")
    if weights is not None and not isinstance(weights, dict):
        raise top.wrong("weights", allowed="one table [weights]", value=weights, fix="Use single brackets.")
    study = StudyFile(
        file.parent,
        top,
        {name: Entry(file.name, f"waves.{name}", v, _WAVE).known_only() for name, v in waves.items()},
        top.tables("choices", _CHOICE),
        top.tables("items", _ITEM),
        None if weights is None else Entry(file.name, "weights", weights, _WEIGHTS).known_only(),
        top.tables("groups", _GROUP),
        allow_outside,
    )
    if not study.items:
        raise top.wrong(
            "items",
            allowed="at least one [[items]]",
            received="none",
            fix='For example [[items]] with column = "first_job".',
        )
    return study


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as problem:
        raise StudyFileError(
            "study",
            allowed="a study file that exists",
            received=str(file),
            fix="Make an example to start from: credbenefits example DIR.",
        ) from problem
    except UnicodeDecodeError as problem:
        raise StudyFileError(
            "study",
            allowed="a readable TOML file in UTF-8",
            received=f"{file.name}, which is in another encoding",
            fix="Save it as UTF-8.",
        ) from problem
    except (tomllib.TOMLDecodeError, OSError) as problem:
        raise StudyFileError(
            "study",
            allowed="a readable TOML file in UTF-8",
            received=f"{file.name}: {problem}",
            fix="Give the path of a study file."
            if isinstance(problem, OSError)
            else "Correct the line it names.",
        ) from problem
