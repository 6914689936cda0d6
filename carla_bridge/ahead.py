"""Running an iterator ahead of its reader, so that decoding, generating and encoding happen at the same time.

`ahead` is for files, where only the rate counts; `one_ahead` for what is alive, where what waits grows old.
"""

import queue
import threading
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from carla_bridge.signals import held

Item = TypeVar("Item")
_LOOK_EVERY_S = 0.2


class _Failed:
    def __init__(self, error: BaseException):
        self.error = error


_END = object()


def ahead(items: Iterable[Item], *, depth: int = 2) -> Generator[Item]:
    """Yield the items in order while a thread fetches up to `depth` of them beforehand.

    What the iterator raises is raised here, after the items before it. Whoever stops reading (`close`, an
    exception, the end of a `for`) ends the thread at its next item.
    """
    waiting: queue.Queue[object] = queue.Queue(depth)
    stop = threading.Event()

    def put(item: object) -> None:
        while not stop.is_set():
            with suppress(queue.Full):
                waiting.put(item, timeout=_LOOK_EVERY_S)
                return

    def fetch() -> None:
        try:
            for item in items:
                put(item)
                if stop.is_set():
                    return
            put(_END)
        except BaseException as error:  # of whatever kind: it belongs to the reader, who is waiting
            put(_Failed(error))

    thread = threading.Thread(target=fetch, name="ahead", daemon=True)
    try:
        with held():
            thread.start()
        while (item := waiting.get()) is not _END:
            if isinstance(item, _Failed):
                raise item.error
            yield item  # type: ignore[misc]  # the queue holds ours, the end and failures only
    finally:
        stop.set()
        with held():  # the thread uses what the caller will close next
            thread.join()


def one_ahead(items: Iterable[Item]) -> Generator[Item]:
    """Yield the items in order; while the reader works on one, a thread makes the next, and no more.

    What the iterator raises is raised here. Whoever stops reading waits for the one item under way.
    """
    source = iter(items)
    thread = ThreadPoolExecutor(1, thread_name_prefix="one-ahead")
    try:
        coming = thread.submit(next, source, _END)
        while (item := coming.result()) is not _END:
            coming = thread.submit(next, source, _END)
            yield item  # type: ignore[misc]  # the source's own, or the end
    finally:
        with held():
            thread.shutdown()
