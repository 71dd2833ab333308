"""Freeze what the public functions give into todays_tables.json.gz, and list the cells that changed.

    python tests/golden/todays_tables.py            lists the cells that changed, then freezes all
    python tests/golden/todays_tables.py --only "small, wald"    freezes calls whose names begin so
    python tests/golden/todays_tables.py --dry      lists, and freezes nothing

First frozen with NumPy 2.4.6, SciPy 1.17.1, pandas 3.1.1 and statsmodels on x86-64 Linux. Calls are in
../todays_calls.py, how tables are kept and compared in ../frozen_tables.py. Tables that differ by less than the test
allows are kept as they were, so that small differences do not add up.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import frozen_tables
from todays_calls import CALLS
from todays_data import Data


def main():
    ask = argparse.ArgumentParser(description="Freeze today's tables.")
    ask.add_argument("--only", default="", help="what the names of the calls begin with")
    ask.add_argument("--dry", action="store_true", help="list the changes and freeze nothing")
    options = ask.parse_args()
    before = frozen_tables.load() if frozen_tables.FROZEN.exists() else {}
    data, now, changed = Data(), {}, 0
    for name, each in CALLS.items():
        old = before.get(name)
        if old is not None and not name.startswith(options.only):
            now[name] = old
            continue
        new = frozen_tables.outcome(each.make, data)
        cells = [] if old is None else frozen_tables.differences(old, new, each.tolerance)
        for cell in cells:
            print(f"{name}: {cell}")
        if old is None:
            print(f"{name}: new")
        changed += len(cells)
        now[name] = new if old is None or cells else old
    gone = [name for name in before if name not in CALLS]
    print(*(f"{name}: gone" for name in gone), f"{changed:,} cells changed", sep="\n")
    if not options.dry:
        frozen_tables.save(now)


if __name__ == "__main__":
    main()
