"""Work done ahead by threads, in order: while a step runs, the next batches are made."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def prefetch(
    make: Callable[[Item], Result], items: Iterable[Item], *, workers: int = 2
) -> Generator[Result, None, None]:
    """Yield `make(item)` for every item in order, at most `workers` + 2 ahead; an error comes at its place."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="batches") as threads:
        try:
            for item in items:
                waiting.append(threads.submit(make, item))
                if len(waiting) > workers + 2:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
