"""The walk of docs/development/architecture.md: another engine counts, inside of `count` and outside of it."""

from planted import Copy

ENGINE = '''"""Counting rows in SQLite: one GROUP BY for each question."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.by_codes import Sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import FloatArray, IntArray


@dataclass(frozen=True)
class BySql:
    """Rows with a unit, a group and a weight, as a table of a database."""

    unit: IntArray | None
    group: IntArray
    n_units: int
    n_groups: int
    weight: FloatArray | None = None
    lines: IntArray | None = None
    square: FloatArray | None = None

    def count(self, codes: Sequence[NDArray[np.integer]], *, squares: bool = True) -> Sums:
        """Add up the rows by the codes of their answers."""
        n = self.group.size
        unit = np.zeros(n, dtype=np.int64) if self.unit is None else self.unit
        people = np.ones(n, dtype=np.int64) if self.lines is None else self.lines
        weight = people if self.weight is None else self.weight
        square = weight**2 if self.square is None and self.weight is not None else self.square
        square = people if square is None else square
        names = [f"c{k}" for k in range(len(codes))]
        cells = ", ".join(names)
        with sqlite3.connect(":memory:") as base:
            base.execute(f"CREATE TABLE rows (unit, grp, n, w, w2, {cells})")
            table = zip(*(np.asarray(a).tolist() for a in (unit, self.group, people, weight, square, *codes)), strict=True)
            base.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * (5 + len(codes)))})", table)
            made = base.execute(
                f"SELECT unit, grp, SUM(n), SUM(w), SUM(w2), {cells} FROM rows "
                f"WHERE unit >= 0 AND grp >= 0 AND w > 0 GROUP BY unit, grp, {cells}"
            ).fetchall()
        found = np.array([row[5:] for row in made], dtype=np.int64).reshape(len(made), len(codes))
        kept, place = np.unique(found, axis=0, return_inverse=True)
        shape = self.n_units, self.n_groups, len(kept)
        people, weights, weights2 = np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape)
        for (u, g, n_people, w, w2, *_), p in zip(made, place.reshape(-1), strict=True):
            people[u, g, p], weights[u, g, p], weights2[u, g, p] = n_people, w, w2
        return Sums(kept, people, weights, weights2 if squares else np.zeros(shape))
'''
TRY = """
import numpy as np
import pandas as pd
import credbenefits as cb
from credbenefits.counts import count as counting
from credbenefits.counts.by_codes import ByCodes
from credbenefits.counts.by_sql import BySql

assert counting.ByCodes is BySql
rng = np.random.default_rng(5)
n = 600
data = pd.DataFrame({
    "job": rng.choice(["yes", "no", None], n), "level": rng.choice(["low", "mid", "high", None], n),
    "tools": rng.choice(["a", "a;b", "b;c", None], n), "role": rng.choice(["x", "y", None], n),
    "school": rng.integers(0, 12, n), "w": rng.integers(0, 9, n) / 4,
})
items = ["job", cb.Item("level", each_level=True), cb.SelectAll("tools", separator=";", number_chosen=True)]
for how in (
    {},
    {"by": "role"},
    {"by": "role", "weights": "w", "among": "job"},
    {"weights": "w", "design": cb.SurveyDesign(clusters="school"), "by": "role"},
    {"design": cb.SurveyDesign(strata="school"), "among": "job", "share": "joint"},
):
    with_sql = cb.count(data, items, **how)
    counting.ByCodes = ByCodes
    assert with_sql == cb.count(data, items, **how), how
    assert cb.proportions(with_sql) == cb.proportions(data, items, **how), how
    counting.ByCodes = BySql
crossed = [np.array([0, 1, -1, 2]), np.array([1, 1, -2, 0])]
group = np.array([0, 0, 1, -1])
for one, two in zip(*(each(None, group, 1, 2).count(crossed) for each in (ByCodes, BySql)), strict=True):
    assert np.array_equal(one, two)
"""
OUTSIDE = """
import sqlite3
import pandas as pd
import credbenefits as cb

data = pd.DataFrame({"job": ["yes", "no", None, "yes"] * 30, "site": ["north", "south"] * 60})
with sqlite3.connect(":memory:") as base:
    data.to_sql("survey", base)
    table = pd.read_sql(
        "SELECT 'job' AS item, site, job AS answer, COUNT(*) AS n FROM survey WHERE job IS NOT NULL "
        "GROUP BY site, job",
        base,
    )
made = cb.proportions(cb.Counts.from_frame(table)).to_frame()
asked = data[data["job"].notna()]
expected = cb.proportions(asked, "job", by="site").to_frame()
numbers = ["site", "estimate", "conf_low", "conf_high", "count", "n"]
pd.testing.assert_frame_equal(made[numbers], expected[numbers])
"""


def test_a_new_engine_is_a_file_with_one_method_and_a_line_in_count(tmp_path):
    copy = Copy(tmp_path)
    copy.write("counts/by_sql.py", ENGINE)
    copy.replace(
        "counts/count.py",
        "from credbenefits.counts.by_codes import ByCodes\n",
        "from credbenefits.counts.by_sql import BySql as ByCodes\n",
    )
    copy.run(TRY)


def test_an_engine_outside_hands_over_a_table(tmp_path):
    Copy(tmp_path).run(OUTSIDE)
