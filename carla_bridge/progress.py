"""A progress bar with frames per second and time left, for jobs that run over many frames."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f} frames/s")


class Told(Protocol):
    """What is told of a job's progress."""

    def __call__(self, done: int, total: int | None = None) -> object:
        """Take how many frames are done, and how many there are to do if that is another number now."""


@contextmanager
def frame_progress(total: int | None, what: str) -> Iterator[Told]:
    """Yield a function that is told how many frames are done; without a terminal it prints one line at the end."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("", total=total)
        yield lambda done, total=None: bar.update(task, completed=done, total=total)
