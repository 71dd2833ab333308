"""The command ``credbenefits``: the example study, a study file to start from, or a study of one's own."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import credbenefits
from credbenefits.datasets import load_credentials
from credbenefits.errors import CredbenefitsError, CredbenefitsWarning, InputError
from credbenefits.reporting.export import csv_bytes, write_folder
from credbenefits.study.example import STUDY_TOML
from credbenefits.study.run import run_study
from credbenefits.study.schema import read_study

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXAMPLE = "credbenefits-example"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 2 for something to mend, 130 interrupted."""
    options = _parser().parse_args(argv)
    try:
        if options.command == "example":
            _say(_write_example(Path(options.folder)))
        elif options.command == "brief":
            _say(_write_brief(Path(options.study), Path(options.out)))
        else:
            study = Path(_EXAMPLE) / "study"
            _write_example(study)
            _say(_write_brief(study / "study.toml", Path(_EXAMPLE)))
    except CredbenefitsError as problem:
        print(f"credbenefits: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads the list of files has read enough; they are written
        _silence_stdout()
    except OSError as problem:
        print(f"credbenefits: cannot write: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("credbenefits: interrupted; no brief was written", file=sys.stderr)
        return 130
    return 0


def _silence_stdout() -> None:
    """Point standard output at nothing, so that flushing it at exit does not fail once more."""
    with contextlib.suppress(OSError):  # a stand-in for the stream has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
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
    return parser


def _write_example(folder: Path) -> list[Path]:
    """Write the synthetic study's exports and its study file."""
    files = {f"{name}.csv": csv_bytes(frame) for name, frame in load_credentials().items()}
    files["study.toml"] = STUDY_TOML.encode()
    edited = [name for name, content in files.items() if _differs(folder / name, content)]
    if edited:
        raise InputError(
            "DIR",
            allowed="a folder without other files of these names",
            received=f"{folder}, whose {' and '.join(edited)} would be lost",
            fix="Choose another folder, or move them away.",
        )
    return write_folder(folder, files)


def _differs(path: Path, content: bytes) -> bool:
    return path.exists() and (not path.is_file() or path.read_bytes() != content)


def _write_brief(study: Path, out: Path) -> list[Path]:
    """Run a study file and write its brief; warnings are told once the work is done."""
    on_terminal = sys.stderr.isatty()

    def tell(number: int, steps: int, name: str) -> None:
        print(f"\r\033[K[{number}/{steps}] {name} ...", end="", file=sys.stderr, flush=True)

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", CredbenefitsWarning)
            made = run_study(read_study(study), tell if on_terminal else None)
            files = made.files()
    finally:
        if on_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
    for warning in caught:
        print(f"credbenefits: note: {warning.message}", file=sys.stderr)
    return write_folder(out, files)


def _say(paths: list[Path]) -> None:
    for path in paths:
        print(path, flush=True)
