"""Progress of what runs long: told to a function, or shown as a bar once two seconds have passed."""

from __future__ import annotations

import sys
import time
import warnings
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from credbenefits._typing import Progress

#: Seconds that pass before a bar is shown.
PATIENCE = 2.0


@contextmanager
def counting(total: int, what: str, told: Progress | None = None) -> Iterator[Callable[[int], None]]:
    """Count the steps of a long run, which calls what this gives with the steps that it has just done.

    `told` is called with the steps done and the steps in all. Without it a bar of tqdm, where that is
    installed, is shown on stderr as soon as the run has taken two seconds. Whatever ends the run, Ctrl-C
    too, goes its way, and the bar is closed.
    """
    counter = _Counter(total, what, told)
    try:
        yield counter.step
    finally:
        counter.close()


class _Counter:
    def __init__(self, total: int, what: str, told: Progress | None) -> None:
        self.total, self.what, self.told = total, what, told
        self.done = 0
        self.bar: Any = None
        self.patient_until = time.monotonic() + PATIENCE

    def step(self, more: int) -> None:
        more = min(more, self.total - self.done)
        self.done += more
        if self.told is not None:
            self.told(self.done, self.total)
        elif self.bar is not None:
            self.bar.update(more)
        elif self.done < self.total and time.monotonic() >= self.patient_until:
            self.bar = _new_bar(self.total, self.done, self.what)
            self.patient_until = float("inf")  # without tqdm there is nothing to try again

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def _new_bar(total: int, done: int, what: str) -> Any:  # noqa: ANN401 - tqdm need not be installed
    """Return a bar that shows the steps done so far; None without tqdm or without a stderr."""
    if sys.stderr is None:  # a program without a console
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in a notebook without widgets tqdm warns, and shows text
        try:
            tqdm = import_module("tqdm.auto").tqdm
        except ImportError:
            return None
        return tqdm(total=total, initial=done, desc=what, file=sys.stderr, leave=False)
