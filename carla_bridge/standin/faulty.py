"""The doors of a stand-in with the faults it was asked for: its answers and its streams; mostly there are none.

The world behind the doors knows nothing of it.
"""

import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.faults import TICK, Fault, Schedule
from carla_bridge.standin.protocol.payloads import SensorType
from carla_bridge.standin.protocol.rpc import answer, failure
from carla_bridge.standin.protocol.streams import Streams
from carla_bridge.standin.protocol.wire import Part, Request, encode_result

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation

log = logging.getLogger(__name__)

DIED = 134  # the exit status of a process that aborted
OCCUPIED = "Spawn failed because of collision at spawn position"  # as CARLA says it: scripts look for it
GARBAGE = {"garbage": True}  # a map, which CARLA's protocol never uses
_KIND = struct.Struct("<Q")


class Faults:
    """What goes wrong at the doors; `close` ends what still waits."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._schedule, self._lock = Schedule(faults), threading.Lock()
        self._closing = threading.Event()
        self._frozen_until_s = 0.0
        self._told: set[str] = set()

    def close(self) -> None:
        """Let everything that waits go on."""
        self._closing.set()

    def strike(self, action: str, subject: str) -> Fault | None:
        """Return the fault that befalls a subject now, after a word in the log the first time."""
        with self._lock:
            fault = self._schedule.strike(action, subject)
            if fault is None or fault.spec in self._told:
                return fault
            self._told.add(fault.spec)
            log.warning("fault %s strikes (%s, tick %d)", fault.spec, subject, self._schedule.tick)
        return fault

    def answer(self, sim: "Simulation", request: Request) -> bytes:
        """Return the answer to a call, or what is sent in its place, when it is time."""
        if _is_tick(sim, request):
            with self._lock:
                self._schedule.tick += 1
            self._stop_or_die(TICK)
        self._stop_or_die(request.method)
        self.thaw()
        if error := self.strike("error", request.method):
            return failure(request, f"{request.method} failed, as fault {error.spec} wants it")
        reply = answer(sim, request)
        if late := self.strike("late", request.method):
            self.wait(late.seconds_s)
        if self.strike("garbage", request.method):
            return encode_result(request.call_id, GARBAGE)
        return reply

    def refuse(self, blueprint_id: str) -> None:
        """Raise what a spawn fails with, if it is to fail."""
        if self.strike("refuse", blueprint_id):
            raise WorldError(OCCUPIED)

    def thaw(self) -> None:
        """Wait while the server is frozen."""
        self.wait(self._frozen_until_s - time.monotonic())

    def wait(self, seconds_s: float) -> None:
        """Wait so long, or until the server closes."""
        if seconds_s > 0.0:
            self._closing.wait(seconds_s)

    def _stop_or_die(self, subject: str) -> None:
        if freeze := self.strike("freeze", subject):
            self._frozen_until_s = time.monotonic() + freeze.seconds_s
        if self.strike("die", subject):
            os._exit(DIED)


class FaultyStreams(Streams):
    """Streams whose messages may be lost, late, or the end of their connections."""

    def __init__(self, listener: socket.socket, max_streams: int, faults: Faults) -> None:
        super().__init__(listener, max_streams=max_streams)
        self._faults = faults
        self._late: list[threading.Timer] = []

    def close(self) -> None:
        """Close all connections; what is late stays unsent."""
        for timer in self._late:
            timer.cancel()
        super().close()

    def publish(self, stream_id: int, *payload: Part) -> None:
        """Send a message, unless a fault befalls it."""
        self._meet(stream_id, _sensor(payload[0]), partial(super().publish, stream_id, *payload))

    def publish_state(self, stream_id: int, payload: bytes, flagged: bytes) -> None:
        """Send a world state, unless a fault befalls it."""
        self._meet(stream_id, _sensor(payload), partial(super().publish_state, stream_id, payload, flagged))

    def _meet(self, stream_id: int, sensor: str, send: Callable[[], None]) -> None:
        self._faults.thaw()
        if self._faults.strike("drop", sensor):
            return
        if self._faults.strike("cut", sensor):
            self.cut(stream_id)
        elif delay := self._faults.strike("delay", sensor):
            self._send_later(delay.seconds_s, send)
        else:
            send()

    def _send_later(self, seconds_s: float, send: Callable[[], None]) -> None:
        timer = threading.Timer(seconds_s, send)
        timer.daemon = True
        self._late = [each for each in self._late if each.is_alive()] + [timer]
        timer.start()


def _sensor(payload: Part) -> str:
    return SensorType(*_KIND.unpack_from(payload)).name.lower()


def _is_tick(sim: "Simulation", request: Request) -> bool:
    if not sim.settings.synchronous_mode:
        return False
    return request.method == "tick_cue" or (
        request.method == "apply_batch" and request.arguments[1:2] == [True]
    )
