"""The command ``credbenefits``: the example study, a study file to start from, or a study of one's own.

Next to nothing is imported at the top, so that help, errors and Ctrl-C need not wait for the libraries that
compute. `_run` imports them once it is clear that there is work to do.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from credbenefits._text import printable
from credbenefits._typing import ExampleReport

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from credbenefits.errors import InputError

    #: What argparse adds commands to, which has no public name.
    Commands: TypeAlias = Any

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
        return _run(_parser().parse_args(argv))
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
        epilog="For the options of a command: credbenefits COMMAND --help.",
    )
    parser.add_argument("--version", action="version", version=f"credbenefits {credbenefits.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_example(commands)
    _add_brief(commands)
    check = commands.add_parser(
        "check",
        help="say all that is wrong with a study file, without running it",
        description="Check a study file and the headers of its data, and print all that is wrong with its "
        "lines. Nothing is computed or written. The exit status is 0 if nothing is wrong, and 2 otherwise.",
    )
    _add_study(check)
    commands.add_parser(
        "schema",
        help="print the JSON Schema of study files, for editors",
        description="Print the JSON Schema of study files. Editors use it to complete and check keys while "
        "you type.",
    )
    return parser


def _add_example(commands: Commands) -> None:
    example = commands.add_parser(
        "example",
        help="write the built-in synthetic study, or a report on it",
        description="Write the built-in synthetic study to a folder: three CSV files and a commented "
        "study.toml to start from. With --report, run one of three reports on it.",
    )
    example.add_argument(
        "folder", metavar="DIR", nargs="?", help="folder to write the study to, where no report is asked for"
    )
    example.add_argument(
        "--report",
        choices=get_args(ExampleReport),
        help="write this report, its study file and its data to a folder of its own",
    )
    example.add_argument(
        "--out", metavar="DIR", help="folder for the report; by default ./credbenefits-REPORT"
    )


def _add_brief(commands: Commands) -> None:
    brief = commands.add_parser(
        "brief",
        help="run a study declared in a TOML file",
        description="Run a study file and write its brief, tables and figures to a folder.",
    )
    _add_study(brief)
    brief.add_argument("--out", metavar="DIR", required=True, help="folder for the brief")
    brief.add_argument(
        "--only",
        metavar="PART",
        action="append",
        default=[],
        help="run only this part: link, weights, proportions, groups, change, response_rates, attrition, "
        "bias, patterns, or an item by its column or label; may be given several times",
    )


def _add_study(command: argparse.ArgumentParser) -> None:
    command.add_argument("study", metavar="STUDY", help="the study file")
    command.add_argument(
        "--allow-outside",
        action="store_true",
        help="let the study read files that are not in its folder or below",
    )


def _run(options: argparse.Namespace) -> int:
    """Do what was asked for and return the exit status."""
    if options.command == "check":
        return _check(options)
    if options.command == "schema":
        from credbenefits.study.keys.editors import schema_text

        _print(schema_text(), sys.stdout, end="")
    elif options.command == "brief":
        _named("--out", options.out)
        _say(_write_brief(options.study, options.out, options.only, allow_outside=options.allow_outside))
    elif options.command == "example":
        _say(_example(options))
    else:
        _say(_write_report("study", _EXAMPLE))
    return 0


def _example(options: argparse.Namespace) -> list[Path]:
    """Write the example's study, or a report on it."""
    if options.report is None:
        if options.folder is None:
            raise _wrong(
                "DIR", "a folder, or a report", "neither", "For example: credbenefits example my-study."
            )
        if options.out is not None:
            raise _wrong("--out", "it beside --report only", options.out, "Name the folder without --out.")
        return _write_example(options.folder)
    if options.folder is not None:
        raise _wrong("DIR", "no folder beside --report", options.folder, f"Say --out {options.folder}.")
    out = f"credbenefits-{options.report}" if options.out is None else options.out
    _named("--out", out)
    return _write_report(options.report, out)


def _check(options: argparse.Namespace) -> int:
    """Print what is wrong with a study file."""
    from credbenefits.study.check import check_study

    problems = check_study(options.study, allow_outside=options.allow_outside)
    for problem in problems:
        _print(str(problem), sys.stdout)
    number = len(problems)
    found = "nothing is wrong" if not number else "1 problem" if number == 1 else f"{number} problems"
    _print(f"{printable(options.study)}: {found}", sys.stdout)
    return 2 if problems else 0


def _named(option: str, folder: str) -> None:
    """Refuse a blank name of a folder."""
    if not folder.strip():
        raise _wrong(option, "the name of a folder", folder, "Name a folder; --out . is the current one.")


def _wrong(argument: str, allowed: str, value: str, fix: str) -> InputError:
    from credbenefits.errors import InputError

    return InputError(argument, allowed=allowed, value=value, fix=fix)


def _write_example(folder: str, report: str = "study") -> list[Path]:
    """Write the synthetic study's exports, and the study file of a report."""
    from credbenefits.reporting.folder import write_folder
    from credbenefits.study.command import example_files

    files = example_files(report)
    with _held_back():
        return write_folder(folder, files, argument="DIR", manifest=False)


def _write_report(report: str, out: str) -> list[Path]:
    """Write the synthetic study with the study file of a report, and run it."""
    _write_example(os.path.join(out, "study"), report)
    return _write_brief(os.path.join(out, "study", "study.toml"), out)


def _write_brief(path: str, out: str, only: Sequence[str] = (), *, allow_outside: bool = False) -> list[Path]:
    """Run a study file and write its brief; warnings are printed once the work is done."""
    from pathlib import Path

    from credbenefits.study.file import read_study

    study = read_study(Path(path), allow_outside=allow_outside)
    from credbenefits.reporting.folder import write_folder
    from credbenefits.study.command import brief_files

    def tell(number: int, steps: int, name: str) -> None:
        _print(f"{_wipe()}[{number}/{steps}] {name} ...", sys.stderr, end="")

    try:
        files, notes = brief_files(study, tell if _wipe() else None, only)
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
