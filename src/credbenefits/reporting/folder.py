"""A set of files in a folder, replaced as one: all there are of one run, and nobody loses his own.

A new set is written whole into a folder of its own inside the target, with a plan of what is to move. Then
every file of the last set moves out, and only then the new ones move in, the page that shows them last. So
the files of two runs never stand side by side, and where the page is, its whole set is. A run that fails puts
everything back; after one that was killed, the next run carries out the plan. The manifest says which files
are ours, and with what content: no other file is replaced or removed.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MANIFEST = ".credbenefits.json"
_SWAP = ".credbenefits-swap"
#: Seconds to wait for another run that writes into the same folder.
PATIENCE = 10.0


def write_folder(
    folder: str | os.PathLike[str],
    files: Mapping[str, bytes],
    *,
    argument: str = "folder",
    manifest: bool = True,
) -> list[Path]:
    """Replace the last set of files in a folder by this one, all or nothing, and return the new paths.

    The first of the files is the page that shows the others. Without a manifest the files are written, but no
    later set will replace them.

    Raises
    ------
    InputError
        When the folder has files of these names that are not of the last run, or were changed after it; when
        another run is writing into it; when it cannot be written.
    """
    target = _target(folder, argument)
    try:
        _exchange(target, files, argument=argument, manifest=manifest)
    except OSError as problem:
        raise InputError(
            argument,
            allowed="a folder that can be written",
            received=f"{str(target)!r}: {problem.strerror or problem} ({str(problem.filename or target)!r})",
            fix="Choose another folder, or make this one writable; no file of the last run is lost.",
        ) from problem
    return [target / name for name in files]


def _exchange(target: Path, files: Mapping[str, bytes], *, argument: str, manifest: bool) -> None:
    target.mkdir(parents=True, exist_ok=True)
    new = {name: sha256(content).hexdigest() for name, content in files.items()}
    with _alone_in(target, argument):
        swap = _Swap(target, argument)
        swap.finish_a_killed_run()
        old = _digests(_read_json(target / MANIFEST).get("files")) if manifest else {}
        swap.refuse_foreign({**old, **new}, [old, new])
        swap.prepare(
            files, new, old={name: _digest(target / name) for name in {**old, **new}}, manifest=manifest
        )
        swap.carry_out()


def _target(folder: object, argument: str) -> Path:
    if isinstance(folder, os.PathLike):
        folder = os.fspath(folder)
    name = check.text(argument, folder, fix="Name a folder; '.' is the current one.")
    if "\0" in name:
        raise InputError(
            argument, allowed="the name of a folder", value=name, fix="Leave out the NUL character."
        )
    return Path(name)


@dataclass(frozen=True, slots=True)
class _Swap:
    """The exchange of one set of files for another."""

    target: Path
    argument: str

    @property
    def aside(self) -> Path:
        """Where the new set waits, and the last one goes."""
        return self.target / _SWAP

    def finish_a_killed_run(self) -> None:
        """Carry out the plan of a run that was killed; without a plan nothing had moved yet."""
        if os.path.lexists(self.aside):
            if self.aside.is_symlink() or not self.aside.is_dir():
                self._refuse([_SWAP])
            if (self.aside / "plan.json").is_file():
                self._move_all()
            self._clean()

    def refuse_foreign(self, names: Iterable[str], known: list[dict[str, str]]) -> None:
        """Refuse to touch what is there unless its content is known: of the last run, or the same again."""
        foreign = [
            name
            for name in names
            if os.path.lexists(self.target / name)
            and (
                not _is_plain(self.target, name)
                or _digest(self.target / name) not in [digests.get(name) for digests in known]
            )
        ]
        # A file, or a link to elsewhere, in the place of one of our folders.
        foreign += [
            str(top)
            for top in {PurePosixPath(name).parts[0] for name in names if "/" in name}
            if os.path.lexists(self.target / top) and not _is_folder(self.target / top)
        ]
        if foreign:
            self._refuse(sorted(set(foreign)))

    def _refuse(self, names: list[str]) -> None:
        raise InputError(
            self.argument,
            allowed="a folder without other files of the names to be written",
            received=f"{str(self.target)!r}, whose {check.listing(names)} would be lost: not written by the "
            "last run, or changed since",
            fix="Choose another folder, or move them away.",
        )

    def prepare(
        self,
        files: Mapping[str, bytes],
        new: Mapping[str, str],
        *,
        old: Mapping[str, str | None],
        manifest: bool,
    ) -> None:
        """Write the new set aside, and last of all the plan: from then on it will be carried out."""
        self.aside.mkdir()
        try:
            for name, content in files.items():
                _write(self.aside / "new" / name, content)
            if manifest:
                said = "The files that credbenefits wrote here. A later run replaces these, and no others."
                _write(self.aside / MANIFEST, _json({"what": said, "files": new}))
            plan = {"old": {name: digest for name, digest in old.items() if digest}, "new": new}
            _write(self.aside / "plan.part", _json(plan))
            (self.aside / "plan.part").replace(self.aside / "plan.json")
        except BaseException:
            self._clean()
            raise

    def carry_out(self) -> None:
        """Exchange the sets; put everything back if that fails."""
        try:
            self._move_all()
        except BaseException:
            self._put_back()  # if this fails too, the plan stays, and the next run carries it out
            self._clean()
            raise
        self._clean()

    def _plan(self) -> tuple[dict[str, str], dict[str, str]]:
        plan = _read_json(self.aside / "plan.json")
        return _digests(plan.get("old")), _digests(plan.get("new"))

    def _move_all(self) -> None:
        """Move the last set out, page first, then the new set in, page last; go on where a run was killed."""
        old, new = self._plan()
        waiting = [name for name in new if (self.aside / "new" / name).exists()]
        leaving = [*waiting, *(name for name in old if name not in new)]
        present = [name for name in leaving if os.path.lexists(self.target / name)]
        self.refuse_foreign(present, [old])
        for name in present:
            _move(self.target / name, self.aside / "old" / name)
        for name in reversed(waiting):
            _move(self.aside / "new" / name, self.target / name)
        for name in old:
            if name not in new and "/" in name:
                _remove_if_empty((self.target / name).parent)
        if (self.aside / MANIFEST).exists():
            (self.aside / MANIFEST).replace(self.target / MANIFEST)

    def _put_back(self) -> None:
        old, new = self._plan()
        for name in new:
            if not (self.aside / "new" / name).exists() and os.path.lexists(self.target / name):
                _move(self.target / name, self.aside / "new" / name)
        for name in reversed(old):
            if (self.aside / "old" / name).exists() and not os.path.lexists(self.target / name):
                _move(self.aside / "old" / name, self.target / name)
        for name in new:
            if "/" in name:
                _remove_if_empty((self.target / name).parent)

    def _clean(self) -> None:
        """Remove what stands aside, the plan first. What cannot be removed stays for the next run."""
        with contextlib.suppress(OSError):
            (self.aside / "plan.json").unlink(missing_ok=True)
            shutil.rmtree(self.aside)


# ---- single files ------------------------------------------------------------------------------------------


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _move(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    source.replace(place)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_plain(target: Path, name: str) -> bool:
    path = target / name
    return path.is_file() and not path.is_symlink()


def _digest(path: Path) -> str | None:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; whatever else stands there is none of ours."""
    try:
        result = json.loads(path.read_bytes()) if not path.is_symlink() else {}
    except (OSError, ValueError):
        return {}
    return result if isinstance(result, dict) else {}


def _digests(value: object) -> dict[str, str]:
    """Return names and digests from a manifest, but no name that leads out of the folder."""
    listed = value if isinstance(value, dict) else {}
    return {name: str(digest) for name, digest in listed.items() if _stays_inside(name)}


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not {*"\\:\0"} & {*name}


@contextlib.contextmanager
def _alone_in(target: Path, argument: str) -> Iterator[None]:
    """Wait until no other run writes into the folder; a lock of the system ends with its process."""
    until = time.monotonic() + PATIENCE
    while (held := _lock(target)) is None:
        if time.monotonic() > until:
            raise InputError(
                argument,
                allowed="a folder that no other run is writing into",
                received=f"{str(target)!r}",
                fix="Wait for the other run, or choose another folder.",
            )
        time.sleep(0.05)
    try:
        yield
    finally:
        os.close(held)


if sys.platform == "win32":

    def _lock(target: Path) -> int | None:
        try:
            return os.open(target / ".credbenefits-lock", os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_TEMPORARY)
        except FileExistsError:
            return None

else:
    import fcntl

    def _lock(target: Path) -> int | None:
        held = os.open(target, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                os.close(held)
                return None
        return held  # also where the file system has no locks
