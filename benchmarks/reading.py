"""How long reading a survey tool's file takes, beside pandas' plain reader of text.

Files of 260,000 rows and 60 columns, written to a temporary folder from a seed. Both take turns; times are
medians. The target is a ratio of at most 1.3.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import credbenefits as cb

N_COLUMNS, TARGET = 60, 1.3
WORDS = np.array(["", "Yes", "No", "Strongly agree", "Somewhat, I think"])
CODES = np.array(["", "1", "2", "3", "4"])


def study(n_rows: int) -> pd.DataFrame:
    """Make the answers: ids and days, codes, words with commas, and texts with line breaks."""
    rng = np.random.default_rng(1)
    columns = {
        "StartDate": pd.date_range("2024-01-01", periods=n_rows, freq="min").strftime("%Y-%m-%d %H:%M:%S")
    }
    columns |= {
        "Status": "IP Address",
        "Finished": "True",
        "ResponseId": [f"R_{i:012d}" for i in range(n_rows)],
    }
    for i in range(N_COLUMNS - 5):
        columns[f"Q{i}"] = (WORDS if i % 3 else CODES)[rng.integers(0, 5, n_rows)]
    columns["why"] = np.array(["", "It was good", "None,\n\nreally", 'The "best" part'])[
        rng.integers(0, 4, n_rows)
    ]
    return pd.DataFrame(columns)


def files(folder: Path, n_rows: int) -> dict[str, Path]:
    """Write the study plainly, with all cells in quotes, with semicolons in cp1252, and as Qualtrics does."""
    rows = study(n_rows)
    plain = rows.rename(
        columns={"StartDate": "when", "Status": "kind", "Finished": "end", "ResponseId": "id"}
    )
    names = ["plain", "quoted", "semicolons, cp1252", "qualtrics"]
    paths = {name: folder / f"{i}.csv" for i, name in enumerate(names)}
    plain.to_csv(paths["plain"], index=False)
    plain.to_csv(paths["quoted"], index=False, quoting=csv.QUOTE_ALL)
    plain.rename(columns={"why": "für was"}).to_csv(
        paths["semicolons, cp1252"], index=False, sep=";", encoding="cp1252"
    )
    texts = pd.DataFrame(
        [[f"Question {name}, in words" for name in rows], [f'{{"ImportId":"QID{i}"}}' for i in range(60)]]
    )
    own = ["startDate", "status", "finished", "_recordId"]
    texts.iloc[1, : len(own)] = [f'{{"ImportId":"{name}"}}' for name in own]
    pd.concat([texts.set_axis(rows.columns, axis=1), rows]).to_csv(paths["qualtrics"], index=False)
    return paths


def seconds(job: object, path: Path) -> float:
    """Time one run: processor time, which other programs do not change."""
    start = time.process_time()
    job(path)  # type: ignore[operator]
    return time.process_time() - start


def main() -> None:
    """Print the times and their ratios."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=260_000)
    asked.add_argument("--repeat", type=int, default=5)
    given = asked.parse_args()
    print(f"{given.rows:,} rows x {N_COLUMNS} columns; pandas {pd.__version__}; medians of {given.repeat}")
    print(f"{'file':<20} {'MB':>5} {'pandas':>8} {'read_export':>12} {'ratio':>6}  target {TARGET}")
    with tempfile.TemporaryDirectory() as folder:
        for name, path in files(Path(folder), given.rows).items():
            how = {"sep": ";", "encoding": "cp1252"} if "cp1252" in name else {}

            def plain(path: Path, how: dict[str, str] = how) -> pd.DataFrame:
                return pd.read_csv(path, dtype=str, keep_default_na=False, **how)

            pairs = [(seconds(plain, path), seconds(cb.read_export, path)) for _ in range(given.repeat)]
            floor, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(b / a for a, b in pairs)
            size = path.stat().st_size / 1e6
            print(f"{name:<20} {size:5.0f} {floor:7.2f}s {ours:11.2f}s {ratio:6.2f}")


if __name__ == "__main__":
    main()
