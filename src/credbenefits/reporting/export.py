"""Files: spreadsheets that run nothing, and folders that are written whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pandas as pd

#: A spreadsheet takes a cell that starts with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def guarded(value: object) -> object:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Write a frame as CSV (UTF-8 with a byte-order mark, so that spreadsheets read the letters)."""
    safe = frame.rename(columns=guarded)
    for name in safe.columns:
        if safe[name].dtype.kind not in "biuf":
            safe[name] = safe[name].map(guarded)
    return safe.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def write_folder(folder: str | os.PathLike[str], files: Mapping[str, bytes]) -> list[Path]:
    """Write files under a folder. All are written aside first, then moved: never half a result."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".writing-") as aside:
        ready = []
        for number, (name, content) in enumerate(files.items()):
            draft = Path(aside) / str(number)
            draft.write_bytes(content)
            ready.append((draft, target / name))
        # Whatever can fail is done before the first file moves.
        for _, final in ready:
            final.parent.mkdir(parents=True, exist_ok=True)
            if final.is_dir():
                raise IsADirectoryError(f"{final} is a folder")
        for draft, final in ready:
            draft.replace(final)
    return [final for _, final in ready]
