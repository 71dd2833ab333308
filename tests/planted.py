"""A copy of the package into which something new is planted, and tried there as a user would try it.

The walks of docs/development/architecture.md say where new things go. A test that takes such a walk in a copy shows
that the page is right, and how little has to be touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "credbenefits"


class Copy:
    """The package in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.package = folder, folder / "credbenefits"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))

    def write(self, file: str, text: str) -> None:
        """Write a new file."""
        path = self.package / file
        assert not path.exists()
        path.write_text(text, encoding="utf-8")

    def add(self, file: str, line: str, *, after: str = "", before: str = "") -> None:
        """Put lines after or before a place that is there once; without a place, at the end."""
        path = self.package / file
        text = path.read_text(encoding="utf-8")
        place = after or before
        assert not place or text.count(place) == 1, f"{file} has {text.count(place)} times {place!r}"
        new = text.replace(place, after + line + before) if place else text + line
        path.write_text(new, encoding="utf-8")

    def replace(self, file: str, old: str, new: str) -> None:
        """Change a line that is there once."""
        path = self.package / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} has {text.count(old)} times {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, code: str) -> str:
        """Run code with the copy, and return what it prints."""
        tried = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder), "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert tried.returncode == 0, tried.stderr
        return tried.stdout
