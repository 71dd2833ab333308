"""Files that come out: a set replaces the last one as a whole, and no file of anybody else."""

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from credbenefits.cli import main
from credbenefits.errors import InputError
from credbenefits.reporting.folder import MANIFEST, write_folder

OLD = {
    "brief.html": b"old page",
    "brief.md": b"old",
    "differences.csv": b"old",
    "figures/a.svg": b"old",
    "figures/balance.svg": b"old",
}
NEW = {"brief.html": b"new page", "brief.md": b"new", "figures/a.svg": b"new", "other.csv": b"new"}


def held(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not p.relative_to(folder).parts[0].startswith(".credbenefits")
    }


def test_a_second_run_leaves_nothing_of_the_last(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "mine.svg").write_text("mine")
    mine = held(tmp_path)
    for files in (OLD, NEW, NEW, OLD):
        assert write_folder(tmp_path, files) == [tmp_path / name for name in files]
        assert held(tmp_path) == {**mine, **files}
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == [MANIFEST]


def test_folders_that_became_empty_go(tmp_path):
    write_folder(tmp_path, OLD)
    write_folder(tmp_path, {"brief.html": b"x"})
    assert sorted(p.name for p in tmp_path.iterdir()) == [MANIFEST, "brief.html"]


@pytest.mark.parametrize("name", ["brief.html", "figures/a.svg", "other.csv"])
@pytest.mark.parametrize("first", [True, False])
def test_foreign_files_of_our_names_and_edited_ones_stay(tmp_path, name, first):
    if first:
        write_folder(tmp_path, OLD)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"mine")
    before = held(tmp_path)
    with pytest.raises(InputError, match=name):
        write_folder(tmp_path, NEW)
    assert held(tmp_path) == before
    (tmp_path / name).write_bytes(NEW[name])  # the same content: nothing is lost
    write_folder(tmp_path, NEW)
    assert held(tmp_path) == NEW


def test_links_and_folders_in_the_place_of_files_stay(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "page").write_bytes(b"old page")
    for k, make in enumerate(
        [
            lambda d: (d / "brief.html").symlink_to(outside / "page"),
            lambda d: (d / "brief.html").symlink_to(outside / "nowhere"),
            lambda d: (d / "figures").symlink_to(outside),
            lambda d: (d / "brief.html").mkdir(),
            lambda d: (d / "figures").write_text("a file"),
        ]
    ):
        folder = tmp_path / str(k)
        folder.mkdir()
        make(folder)
        with pytest.raises(InputError, match="would be lost"):
            write_folder(folder, OLD)
        assert len(list(folder.iterdir())) == 1
    assert held(outside) == {"page": b"old page"}


def test_a_manifest_leads_nowhere_else(tmp_path):
    victim = tmp_path / "victim.txt"
    victim.write_bytes(b"mine")
    folder = tmp_path / "out"
    write_folder(folder, OLD)
    from hashlib import sha256

    for name in ("../victim.txt", str(victim)):
        text = (folder / MANIFEST).read_text().replace('"differences.csv"', f'"{name}"', 1)
        (folder / MANIFEST).write_text(text.replace(sha256(b"old").hexdigest(), sha256(b"mine").hexdigest()))
        with pytest.raises(InputError):
            write_folder(folder, NEW)
        assert victim.read_bytes() == b"mine"


class Stop(BaseException):
    """The end of a process, as far as one process can play it."""


@pytest.mark.parametrize("kill", [True, False])
def test_a_stop_at_any_move_leaves_one_set_and_never_two(tmp_path, monkeypatch, kill):
    move = Path.replace
    for at in range(40):
        folder = tmp_path / str(at)
        write_folder(folder, OLD)
        moves = []

        def replace(source, place, moves=moves, at=at):
            moves.append(place)
            if len(moves) > at and (kill or len(moves) == at + 1):
                raise Stop
            return move(source, place)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", replace)
            if kill:  # a killed process cleans nothing up either
                patch.setattr("credbenefits.reporting.folder._Swap._clean", lambda _: None)
            try:
                write_folder(folder, NEW)
                done = True
            except Stop:
                done = False
        now = held(folder)
        kinds = {content[:3] for content in now.values()}
        assert len(kinds) <= 1, (at, now)
        if "brief.html" in now:
            assert now == (NEW if kinds == {b"new"} else OLD)
        if not kill:
            assert now == (NEW if done else OLD)
        third = {"brief.html": b"third page", "x.csv": b"third"}
        write_folder(folder, third)
        assert held(folder) == third
        assert sorted(p.name for p in folder.iterdir() if p.name.startswith(".")) == [MANIFEST]
        if done:
            break
    assert at > 5


def test_two_runs_at_once_leave_one_whole_set(tmp_path):
    sets = [{"brief.html": b"%d" % k, **{f"{n}.csv": b"%d" % k for n in range(20)}} for k in range(6)]
    threads = [threading.Thread(target=write_folder, args=(tmp_path, files)) for files in sets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held(tmp_path) in [dict(sorted(files.items())) for files in sets]


@pytest.mark.parametrize("name", ["", "  ", "a\0b", 3, None])
def test_a_folder_has_a_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="folder"):
        write_folder(name, OLD)
    assert not list(tmp_path.iterdir())


def test_the_command_wants_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["brief", "nowhere.toml", "--out", ""]) == 2
    assert "`--out`" in capsys.readouterr().err
    assert main(["example", ""]) == 2
    assert "`DIR`" in capsys.readouterr().err
    assert not os.listdir(tmp_path)


#: A process that ends, as if the machine did, in place of its k-th change to the file system: a child for each k,
#: each in a folder of its own, up to the first that comes to its end.
DOOMED = """if True:
    import itertools, os, pathlib, signal, sys
    from credbenefits.reporting.folder import write_folder

    def doomed(real):
        def call(*arguments, **options):
            global left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        return call

    for name in ("replace", "rename", "unlink", "mkdir", "rmdir"):
        setattr(pathlib.Path, name, doomed(getattr(pathlib.Path, name)))
        setattr(os, name, doomed(getattr(os, name)))
    pathlib.Path.write_bytes = doomed(pathlib.Path.write_bytes)
    for left in itertools.count():
        child = os.fork()
        if not child:
            write_folder(os.path.join(sys.argv[1], str(left)), NEW)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status))
        if status == 0:
            break
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_process_that_is_killed_at_any_moment_leaves_one_set(tmp_path):
    code = DOOMED.replace("NEW", repr(NEW))
    start = {f"figures/{k}.svg": b"old" for k in range(3)} | OLD
    folders = [tmp_path / str(k) for k in range(150)]
    for folder in folders:
        write_folder(folder, start)
        (folder / "mine.txt").write_bytes(b"mine")
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True
    )
    *killed, finished = map(int, done.stdout.split())
    assert set(killed) == {-signal.SIGKILL}
    assert finished == 0
    assert 20 < len(killed) < len(folders)
    seen = set()
    for at, folder in enumerate(folders[: len(killed) + 1]):
        now = held(folder)
        assert now.pop("mine.txt") == b"mine"
        # Where the page is, its whole set is; before it is, all that is there is of one run.
        run = NEW if any(content[:3] == b"new" for content in now.values()) else start
        assert now.items() <= run.items(), at
        if "brief.html" in now:
            assert now == run, at
        seen |= {content[:3] for content in now.values()}
        # The next run finds its way, and leaves nothing of the one that was killed.
        third = {"brief.html": b"third page", "x.csv": b"third"}
        write_folder(folder, third)
        assert held(folder) == {**third, "mine.txt": b"mine"}
        assert sorted(p.name for p in folder.iterdir()) == [MANIFEST, "brief.html", "mine.txt", "x.csv"]
    assert seen == {b"old", b"new"}


@pytest.mark.parametrize("lost", ["mkdir", "write_bytes", "replace"])
def test_a_folder_that_cannot_be_written_says_so(tmp_path, monkeypatch, lost):
    write_folder(tmp_path, OLD)

    def refuse(path, *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, lost, refuse)
        with pytest.raises(InputError, match="a folder that can be written"):
            write_folder(tmp_path, NEW)
    assert held(tmp_path) == OLD
    write_folder(tmp_path, NEW)
    assert held(tmp_path) == NEW
