"""Progress of long runs: reported to a function, or shown as a bar once two seconds have passed."""

from __future__ import annotations

import sys
import time
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credbenefits._typing import Progress

#: Seconds that pass before a bar is shown.
PATIENCE = 2.0

#: When the run began of which the bars show one stage after another.
_BEGUN: ContextVar[float | None] = ContextVar("_BEGUN", default=None)


@contextmanager
def stages() -> Iterator[None]:
    """Count the two seconds from here for all bars within: a run of many short stages is a long run."""
    if _BEGUN.get() is not None:
        yield
        return
    token = _BEGUN.set(time.monotonic())
    try:
        yield
    finally:
        _BEGUN.reset(token)


@contextmanager
def showing(what: str, progress: Progress | None = None) -> Iterator[Progress]:
    """Yield a function to be called with the steps done and the steps in all while a long run goes on.

    It calls `progress`. Without it, it shows a bar of tqdm, where that is installed, on stderr as soon as the
    run, with the stages before it, has taken two seconds. The bar is closed however the run ends, by Ctrl-C
    too.
    """
    bar = _Bar(what)
    try:
        yield progress or bar.show
    finally:
        bar.close()


def parts(tell: Progress, *sizes: int) -> tuple[Progress, ...]:
    """Divide a run into parts of so many steps each, and return a function to be told of each part.

    What a part is told, done and in all, reaches `tell` as steps of the whole run. Their number stays the
    same, they never go back, and the last one comes when the last part is done. So a part may be told the
    most that it can take, and that it is done whenever it is.
    """
    total, shown = sum(sizes), 0

    def of(start: int, size: int) -> Progress:
        def reported(done: int, most: int) -> None:
            nonlocal shown
            now = start + (size * done // most if most else size)
            if now > shown:
                shown = now
                tell(now, total)

        return reported

    starts = (sum(sizes[:k]) for k in range(len(sizes)))
    return tuple(of(start, size) for start, size in zip(starts, sizes, strict=True))


def silent(done: int, total: int) -> None:
    """Report nothing: for the part of a run that a caller's function is not told of."""


class _Bar:
    def __init__(self, what: str) -> None:
        self.what = what
        self.bar: Any = None
        begun = _BEGUN.get()
        self.patient_until = (time.monotonic() if begun is None else begun) + PATIENCE

    def show(self, done: int, total: int) -> None:
        if self.bar is not None:
            self.bar.update(done - self.bar.n)
        elif done < total and time.monotonic() >= self.patient_until:
            self.bar = _new_bar(total, done, self.what)
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
