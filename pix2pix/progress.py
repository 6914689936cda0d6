"""A progress bar with losses and time left, for `pix2pix train`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def training_progress(steps: int) -> Iterator[Callable[[int, dict[str, float]], None]]:
    """Yield a function that is told every step and its losses."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns) as bar:
        task = bar.add_task("", total=steps)

        def progress(step: int, losses: dict[str, float]) -> None:
            text = "  ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
            bar.update(task, completed=step, description=text)

        yield progress


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Yield a function that is called after every piece of work."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
