"""Waking a Traffic Manager that slept through a tick.

`world.tick()` tells the manager's thread of the tick and waits for it without any time-out. The thread is told while it
holds no lock, so where the processor is busy it can miss the word (or the client its answer), and both wait for
ever: every few thousand ticks on a loaded machine, as measured. Meanwhile the library holds the lock that all calls
of the manager's Python object need, so only the manager's own server, which other clients use, can still be spoken to.
"""

import logging
import socket
from contextlib import suppress

import msgpack

_LARGEST_ANSWER = 1024  # bytes; one without a value is shorter than that
_log = logging.getLogger(__name__)


def wake(port: int, *, timeout_s: float = 1.0) -> None:
    """Let the manager at a port of this machine make one step, in synchronous mode: leaving it wakes the thread.

    A manager that cannot be reached is left alone.
    """
    calls = [msgpack.packb([0, number, "set_synchronous_mode", [number == 2]]) for number in (1, 2)]
    unreadable = (ValueError, msgpack.UnpackException)
    with (
        suppress(OSError, *unreadable),
        socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection,
    ):
        _log.info("waking the Traffic Manager at port %d, which slept through a tick", port)
        connection.sendall(b"".join(calls))
        unpacker = msgpack.Unpacker(max_buffer_size=_LARGEST_ANSWER)
        answers = 0
        while answers < len(calls) and (data := connection.recv(_LARGEST_ANSWER)):
            unpacker.feed(data)
            answers += sum(1 for _ in unpacker)
