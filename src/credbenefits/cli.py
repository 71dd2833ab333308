"""The command ``credbenefits``: the example study, a study file to start from, or a study of one's own.

Next to nothing is imported at the top, so that help, errors and Ctrl-C need not wait for the libraries that
compute. `_run` imports them once it is clear that there is work to do.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

from credbenefits._text import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from credbenefits.study.schema import StudyFile

_EXAMPLE = "credbenefits-example"
_NOTHING_WRITTEN = "no brief was written"


def program() -> int:
    """Run the command as a program, which Ctrl-C ends at once and without a traceback at any time."""
    # A shell lets programs in the background ignore Ctrl-C; they go on ignoring it.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_at_once)
    return main()


def _end_at_once(*_: object) -> None:
    # An exception raised in the middle of an import is lost, or turns into another one. Nothing has
    # to be cleaned up: files are written with the signal held back.
    with contextlib.suppress(Exception):
        _print(f"{_wipe()}credbenefits: interrupted; {_NOTHING_WRITTEN}", sys.stderr)
    os._exit(130)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 2 for something to correct, 130 interrupted."""
    from credbenefits.errors import CredbenefitsError

    try:
        _run(_parser().parse_args(argv))
    except CredbenefitsError as problem:
        _print(f"credbenefits: {problem}", sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads the list of files has read enough; they are written
        _silence_stdout()
    except OSError as problem:
        _print(f"credbenefits: cannot write: {printable(str(problem))}", sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        _print(f"{_wipe()}credbenefits: interrupted; {stop or _NOTHING_WRITTEN}", sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    import argparse

    import credbenefits

    parser = argparse.ArgumentParser(
        prog="credbenefits",
        description="Link survey waves, weight for attrition, and write a brief that says no more than the "
        f"numbers. Without a command, runs the built-in synthetic study into ./{_EXAMPLE}.",
    )
    parser.add_argument("--version", action="version", version=f"credbenefits {credbenefits.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    example = commands.add_parser("example", help="write the synthetic study: three CSV files and study.toml")
    example.add_argument("folder", metavar="DIR", help="folder to write to")
    brief = commands.add_parser("brief", help="run a study declared in a TOML file")
    brief.add_argument("study", metavar="STUDY", help="the study file")
    brief.add_argument("--out", metavar="DIR", required=True, help="folder for the brief")
    brief.add_argument(
        "--allow-outside",
        action="store_true",
        help="let the study read files that are not in its folder or below",
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    from pathlib import Path

    from credbenefits.errors import InputError
    from credbenefits.study.schema import read_study

    if options.command == "brief":
        if not options.out.strip():
            raise InputError(
                "--out",
                allowed="the name of a folder",
                value=options.out,
                fix="Name a folder; --out . is the current one.",
            )
        study = read_study(Path(options.study), allow_outside=options.allow_outside)
        _say(_write_brief(study, options.out))
    elif options.command == "example":
        _say(_write_example(options.folder))
    else:
        _write_example(f"{_EXAMPLE}/study")
        _say(_write_brief(read_study(Path(_EXAMPLE, "study", "study.toml")), _EXAMPLE))


def _write_example(folder: str) -> list[Path]:
    """Write the synthetic study's exports and its study file."""
    from credbenefits.reporting.folder import write_folder
    from credbenefits.study.command import example_files

    files = example_files()
    with _held_back():
        return write_folder(folder, files, argument="DIR", manifest=False)


def _write_brief(study: StudyFile, out: str) -> list[Path]:
    """Run a study file and write its brief; warnings are printed once the work is done."""
    from credbenefits.reporting.folder import write_folder
    from credbenefits.study.command import brief_files

    def tell(number: int, steps: int, name: str) -> None:
        _print(f"{_wipe()}[{number}/{steps}] {name} ...", sys.stderr, end="")

    try:
        files, notes = brief_files(study, tell if _wipe() else None)
    finally:
        _print(_wipe(), sys.stderr, end="")
    for note in notes:
        _print(f"credbenefits: note: {printable(note)}", sys.stderr)
    with _held_back():
        return write_folder(out, files, argument="--out")


@contextlib.contextmanager
def _held_back() -> Iterator[None]:
    """Hold Ctrl-C back until all files are written."""
    came: list[int] = []
    try:
        before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    except ValueError:  # not the main thread, which alone gets signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt("the files were written before that")


# ---- the terminal --------------------------------------------------------------------------------------


def _wipe() -> str:
    """Return what clears the line of progress; nothing where there is no terminal."""
    return "\r\033[K" if sys.stderr.isatty() else ""


def _say(paths: list[Path]) -> None:
    for path in paths:
        _print(printable(str(path)), sys.stdout)


def _print(words: str, stream: TextIO, end: str = "\n") -> None:
    """Print, with escapes for the letters that the stream cannot write."""
    try:
        print(words, end=end, file=stream, flush=True)
    except UnicodeEncodeError:
        known = stream.encoding or "ascii"
        print(words.encode(known, "backslashreplace").decode(known), end=end, file=stream, flush=True)


def _silence_stdout() -> None:
    """Point standard output at nothing, so that flushing it at exit does not fail once more."""
    with contextlib.suppress(OSError):  # a stand-in for the stream has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
