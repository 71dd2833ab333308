"""What `within=` and `status=` cost when waves are linked.

    python benchmarks/linking_options.py

Codes are linked with and without courses, and exact keys with and without dispositions. Both of a pair take
turns; times are the lowest processor times. The targets: `within` makes linking by codes faster, and
dispositions add at most 10%. Data are made in memory from a seed.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import credbenefits as cb
from credbenefits.errors import DataWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIZES = (210, 26, 12, 31, 7, 26, 26, 10)
SEED = 1


def codes(people: int, courses: int) -> dict[str, pd.DataFrame]:
    """Make two waves of codes: 9% return, with 15% newcomers beside them and 3% errors."""
    rng = np.random.default_rng(SEED)
    back, new = round(0.09 * people), round(0.0135 * people)
    everybody = np.column_stack([rng.integers(0, size, people + new) for size in SIZES])
    course = rng.integers(0, courses, people + new)
    who = np.concatenate([rng.choice(people, back, replace=False), np.arange(people, people + new)])
    later, slips = everybody[who], np.column_stack([rng.integers(0, size, who.size) for size in SIZES])
    later = np.where(rng.random(later.shape) < 0.03, slips, later)
    names = [f"e{i}" for i in range(len(SIZES))]
    first = pd.DataFrame(everybody[:people], columns=names).assign(course=course[:people])
    return {"start": first, "later": pd.DataFrame(later, columns=names).assign(course=course[who])}


def asked(people: int) -> dict[str, pd.DataFrame]:
    """Make two waves of ids, the second of everybody who was asked."""
    rng = np.random.default_rng(SEED)
    ids = [f"p{i:07d}" for i in range(people)]
    mails = [f"{name}@example.org" for name in ids]
    start = pd.DataFrame({"id": ids, "mail": mails, "job": rng.choice(["yes", "no"], people)})
    end = start.assign(
        job=rng.choice(["yes", "no", None], people, p=[0.1, 0.2, 0.7]),
        disposition=rng.choice(["Done", "Opened", "Bounced", "Refused"], people),
    )
    return {"start": start, "end": end.sample(frac=1.0, random_state=SEED)}


def lowest(jobs: Mapping[str, Callable[[], Any]], repeat: int) -> dict[str, float]:
    """Run the jobs in turns and return the lowest time of each."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(repeat):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            times[name].append(time.process_time() - start)
    return {name: min(taken) for name, taken in times.items()}


def line(what: str, found: Mapping[str, float]) -> None:
    """Print the times of a pair, and the second over the first."""
    plain, more = found.values()
    print(f"| {what} | {plain:.2f} | {more:.2f} | {more / plain:.2f} |", flush=True)


def main() -> None:
    """Print a row per study: seconds without and with the option, and their ratio."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--repeat", type=int, default=5)
    repeat = given.parse_args().repeat
    warnings.simplefilter("ignore", DataWarning)
    print("| linking | without | with | ratio |\n|---|---|---|---|")
    for people, courses in ((2_000, 40), (26_000, 300)):
        waves = codes(people, courses)
        names = [name for name in waves["start"] if name != "course"]

        def by_code(waves: Any = waves, names: Any = names, **more: Any) -> None:
            cb.link_waves(waves, on=names, method="code", **more)

        jobs = {"without": by_code, "with": lambda link=by_code: link(within="course")}
        line(f"codes of {people:,} people, `within` {courses} courses", lowest(jobs, repeat))
    values = {"Done": "complete", "Opened": "no_contact", "Bounced": "unknown", "Refused": "refused"}
    rules = {"a column": {"column": "disposition", "values": values}, "answers": {"answered": ["job"]}}
    waves = asked(260_000)
    for name, rule in rules.items():
        jobs = {
            "without": lambda: cb.link_waves(waves, on=["id", "mail"]),
            "with": lambda rule=rule: cb.link_waves(waves, on=["id", "mail"], status={"end": rule}),
        }
        line(f"ids of 260,000 people, `status` from {name}", lowest(jobs, repeat))


if __name__ == "__main__":
    main()
