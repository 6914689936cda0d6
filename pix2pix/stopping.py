"""Ctrl-C and a polite kill: the step under way is finished and saved."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SAME_SIGNAL_S = 2.0  # a terminal and torchrun both pass on one Ctrl-C


@contextmanager
def stopping(clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether SIGINT or SIGTERM came; a second one, later, is a KeyboardInterrupt."""
    asked_s: list[float] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked_s.append(clock())
        if asked_s[-1] - asked_s[0] > SAME_SIGNAL_S:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked_s)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
