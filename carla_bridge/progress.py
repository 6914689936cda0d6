"""A progress bar with frames per second and time left, for jobs that run over many frames."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


@contextmanager
def frame_progress(total: int | None, what: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how many frames are done; without a terminal it prints one line at the end."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)
