"""A CARLA server reached by host and port: whether one is there, its version, its ticks, and when it is lost.

This is the door for the client library's `RuntimeError`s: behind it there are only our own sentences.
"""

import logging
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgpack

from carla_bridge.errors import BridgeError
from carla_bridge.home import load_client, not_stuck
from carla_bridge.traffic_manager import wake

if TYPE_CHECKING:
    import carla

_VERSION_CALL = msgpack.packb([0, 1, "version", [[False]]])
_LARGEST_ANSWER = 1024  # bytes; a version is shorter than that
_CALLS_PER_TICK = 2  # that may each take a whole time-out: one of the Traffic Manager's, and the tick itself
_GRACE_S = 2.0  # after the time-out, for a tick that ended by it to come back
_log = logging.getLogger(__name__)


class ServerUnreachable(BridgeError):
    """Nothing answers at this address, or something that is no CARLA server."""

    def __init__(self, host: str, port: int, *, found: str = "no CARLA server answered"):
        super().__init__(f"{found} at {host}:{port}; start one, or run `carla-bridge standin`")


class ServerLost(BridgeError):
    """The server was there and is no more."""

    def __init__(self, host: str, port: int, reason: str = "closed the connection"):
        super().__init__(f"the CARLA server at {host}:{port} is lost: it {reason}; start it again")


class ServerRefused(BridgeError):
    """The server answered, with an error."""

    def __init__(self, host: str, port: int, doing: str, answer: str):
        super().__init__(f"the CARLA server at {host}:{port} could not {doing}: {answer}")


class Lifeline:
    """A socket of our own to the server, asking its version once and then silent.

    The official client aborts the process when a server that is not CARLA answers it, and takes a whole
    time-out to notice that nobody is there or that the server died. A plain socket knows at once.
    """

    def __init__(self, host: str, port: int, timeout_s: float):
        self._host, self._port = host, port
        try:
            self._socket = socket.create_connection((host, port), timeout=timeout_s)
        except (OSError, UnicodeError) as error:  # the latter for what can be no host's name
            raise ServerUnreachable(host, port) from error
        try:
            self.version = self._ask_version(time.monotonic() + timeout_s)
        except BaseException:
            self._socket.close()
            raise

    def alive(self) -> bool:
        """Say whether the server still holds its end of the connection."""
        readable, _, _ = select.select([self._socket], [], [], 0)
        if not readable:
            return True
        with suppress(OSError):
            return bool(self._socket.recv(_LARGEST_ANSWER, socket.MSG_PEEK))
        return False

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _ask_version(self, deadline_s: float) -> str:
        unpacker = msgpack.Unpacker(max_buffer_size=_LARGEST_ANSWER)
        try:
            self._socket.sendall(_VERSION_CALL)
            while (left_s := deadline_s - time.monotonic()) > 0:
                self._socket.settimeout(left_s)
                unpacker.feed(self._socket.recv(_LARGEST_ANSWER) or _hung_up())
                for answer in unpacker:
                    return _version_in(answer)
        except TimeoutError:
            pass
        except _Refusal as refusal:
            raise ServerRefused(self._host, self._port, "take us in", str(refusal)) from refusal
        except OSError as error:
            raise ServerUnreachable(self._host, self._port) from error
        except (ValueError, msgpack.UnpackException, msgpack.BufferFull) as error:
            found = "something that is no CARLA server answered"
            raise ServerUnreachable(self._host, self._port, found=found) from error
        raise ServerUnreachable(self._host, self._port)


class Server:
    """A connected server: the official client, its world, and our lifeline."""

    def __init__(self, host: str, port: int, *, timeout_s: float):
        self.host, self.port, self.timeout_s = host, port, timeout_s
        self.traffic_manager_port: int | None = None  # of ours, where one is in step with our ticks
        self.lifeline = Lifeline(host, port, timeout_s)
        try:
            with self.answering("connect"):
                self.client: carla.Client = load_client().Client(host, port)
                self.client.set_timeout(timeout_s)
                self.world: carla.World = self.client.get_world()
        except BaseException:
            self.lifeline.close()
            raise
        self._warn_of_other_version(self.client.get_client_version())

    @property
    def where(self) -> str:
        """The address, for sentences."""
        return f"{self.host}:{self.port}"

    @property
    def version(self) -> str:
        """What the server says of itself, such as "0.9.16"."""
        return self.lifeline.version

    @contextmanager
    def answering(self, doing: str) -> Iterator[None]:
        """Turn the client library's errors into a sentence saying what could not be done."""
        try:
            yield
        except RuntimeError as error:
            raise self._explain(error, doing) from error

    def tick(self) -> int:
        """Advance the world by one step and return its number.

        The client's time-out stays as it is: the Traffic Manager's own calls share it, and one that a slow
        server (a first picture, new shaders) made too late would end the manager's thread.
        """
        self.check()
        longest_s = _CALLS_PER_TICK * self.timeout_s + _GRACE_S
        lost = ServerLost(self.host, self.port, f"did not finish a tick within {longest_s:g} s")
        try:
            before = self.world.get_snapshot().frame
            with not_stuck(
                self.lifeline.alive,
                str(lost),
                patience_s=self.timeout_s + _GRACE_S,
                at_most_s=longest_s,
                nudge=lambda: self._wake_traffic_manager(before),
            ):
                return int(self.world.tick(self.timeout_s))
        except RuntimeError as error:
            raise self._explain(error, "tick") from error

    def _wake_traffic_manager(self, before: int) -> None:
        """Wake ours if it is what a tick waits for: the server has made the one after `before` already."""
        if self.traffic_manager_port is not None and self.world.get_snapshot().frame > before:
            wake(self.traffic_manager_port)

    def await_tick(self) -> int:
        """Wait until the world has gone on by itself, or by somebody else, and return its number."""
        self.check()
        with self.answering("tick"):
            return int(self.world.wait_for_tick(self.timeout_s).frame)

    def check(self) -> None:
        """Raise `ServerLost` if the server is gone."""
        if not self.lifeline.alive():
            raise ServerLost(self.host, self.port)

    def await_first_state(self, *, synchronous: bool, timeout_s: float) -> None:
        """Wait until the world has shown its actors; a synchronous one that stays silent is ticked once."""
        deadline_s = time.monotonic() + timeout_s
        while self.world.get_snapshot().frame == 0:
            if time.monotonic() > deadline_s:
                if synchronous:
                    self.tick()
                return
            time.sleep(0.01)

    def _explain(self, error: RuntimeError, doing: str) -> BridgeError:
        if not self.lifeline.alive():
            return ServerLost(self.host, self.port)
        if "time-out" in str(error):
            return ServerLost(self.host, self.port, f"did not {doing} within {self.timeout_s:g} s")
        return ServerRefused(self.host, self.port, doing, str(error))

    def _warn_of_other_version(self, client_version: str) -> None:
        if client_version != self.version:
            _log.warning(
                "the server is CARLA %s, the installed client %s: calls may fail; "
                "`pip install carla==%s` matches them",
                self.version,
                client_version,
                self.version,
            )


class _Refusal(Exception):
    """The server is there and said why it does not want us."""


def _hung_up() -> bytes:
    raise ConnectionError("hung up without an answer")


def _version_in(answer: Any) -> str:
    match answer:
        case [1, 1, None, [[0, [str(reason)]]]]:
            raise _Refusal(reason)
        case [1, 1, None, [[1, str(version)]]]:
            return version
    raise ValueError(f"no version: {answer!r}")
