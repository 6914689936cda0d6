"""Interruptions at the right moment: SIGTERM unwinds like Ctrl-C, and neither cuts a clean-up in half."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_INTERRUPTING = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """The process was asked to end by SIGTERM; a kind of Ctrl-C, so that every `finally` runs."""


@contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM into `Terminated` inside the block; without effect outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def held(*, deliver: bool = True) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the block is done; `deliver=False` drops them (for a clean-up).

    An actor that is spawned but not yet noted, or a clean-up cut in half, would stay on the server for ever.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[int] = []
    before = {number: signal.getsignal(number) for number in _INTERRUPTING}
    for number in _INTERRUPTING:
        signal.signal(number, lambda caught, _frame: pending.append(caught))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if pending and deliver:
        signal.raise_signal(pending[0])


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated("terminated")
