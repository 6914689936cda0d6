"""The stand-in behind its ports: accepts clients, answers their calls, closes what it opened."""

import logging
import socket
import threading
import time
from collections import deque
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from . import (  # noqa: F401  # they fill the table of methods
    calls_actors,
    calls_batch,
    calls_lights,
    calls_recorder,
    calls_world,
)
from .errors import StandInError
from .rpc import answer
from .schema import VOID, EpisodeSettings
from .simulation import Simulation
from .streams import Streams
from .wire import MAX_MESSAGE_BYTES, Request, RequestReader, WireError, encode_result
from .world import WorldError

log = logging.getLogger(__name__)

MAX_CLIENTS = 64
HOLD_S = 1.0
MAX_HELD = 1000
BREATH_S = 0.1  # before another try where the system has no more sockets
DURING_LOAD = ("version", "get_episode_info", "get_sensor_token")


class StandIn:
    """A running stand-in: `with StandIn(port=0) as server: ...`; ready as soon as it exists."""

    def __init__(
        self,
        *,
        port: int = 2000,
        host: str = "127.0.0.1",
        seed: int = 0,
        vehicles: int = 10,
        walkers: int = 14,
        settings: EpisodeSettings | None = None,
        recordings: Path | None = None,
        max_clients: int = MAX_CLIENTS,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        if seed < 0:
            raise StandInError(f"the seed is {seed}; it must not be negative")
        self._max_clients, self._max_message_bytes = max_clients, max_message_bytes
        self._listener = _listen(host, port)
        self.host, self.port = host, int(self._listener.getsockname()[1])
        with ExitStack() as opened:
            opened.callback(self._listener.close)
            self._streams = Streams(_listen_beside(host, port))
            opened.callback(self._streams.close)
            self.stream_port = self._streams.port
            self._simulation = _simulation(
                self._streams,
                seed=seed,
                vehicles=vehicles,
                walkers=walkers,
                settings=settings or EpisodeSettings(),
                recordings=recordings,
            )
            opened.pop_all()
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._accept, name="standin-rpc", daemon=True)
        self._thread.start()

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cut all clients off, free the ports and join all threads."""
        self._closing = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        with self._lock:
            clients = list(self._clients.items())
        for connection, _ in clients:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._streams.stop_waiting()
        self._simulation.close()
        for _, thread in clients:
            thread.join()
        self._streams.close()

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, (host, port, *_) = self._listener.accept()
            except OSError:
                if not self._closing:
                    log.exception("cannot accept a client")
                    time.sleep(BREATH_S)
                continue
            with self._lock:
                if len(self._clients) >= self._max_clients:
                    log.warning("refused %s:%d: %d clients are connected", host, port, self._max_clients)
                    connection.close()
                    continue
                name = f"{host}:{port}"
                thread = threading.Thread(target=self._serve, args=(connection, name), name=name, daemon=True)
                self._clients[connection] = thread
                thread.start()

    def _serve(self, connection: socket.socket, name: str) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _Client(connection, self._simulation, self._max_message_bytes).serve()
        except WireError as error:
            log.warning("closed the connection of %s: %s", name, error)
        except OSError as error:
            log.debug("%s went away: %s", name, error)
        finally:
            with self._lock:
                del self._clients[connection]
            connection.close()


class _Client:
    """One client's calls, answered in order, except while it changes the map (its own threads race then)."""

    def __init__(self, connection: socket.socket, simulation: Simulation, max_message_bytes: int) -> None:
        self._connection, self._simulation = connection, simulation
        self._reader = RequestReader(max_message_bytes)
        self._held: deque[Request] = deque()
        self._holding_until_s: float | None = None

    def serve(self) -> None:
        while True:
            if self._holding_until_s is not None and time.monotonic() >= self._holding_until_s:
                self._let_go()
                continue
            data = self._receive()
            if data is None:
                continue
            if not data:
                return
            for request in self._reader.feed(data):
                self._take(request)

    def _receive(self) -> bytes | None:
        """Wait for bytes, but no longer than calls are held back."""
        if self._holding_until_s is not None:
            self._connection.settimeout(max(0.001, self._holding_until_s - time.monotonic()))
        try:
            return self._connection.recv(65536)
        except TimeoutError:
            return None
        finally:
            self._connection.settimeout(None)  # answers take as long as they take

    def _take(self, request: Request) -> None:
        if self._holding_until_s is not None and request.method not in DURING_LOAD:
            if len(self._held) >= MAX_HELD:
                raise WireError(f"more than {MAX_HELD} calls during a map change")
            self._held.append(request)
            return
        self._answer(request)
        if request.method == "get_sensor_token":
            self._let_go()

    def _answer(self, request: Request) -> None:
        reply = answer(self._simulation, request)
        self._connection.sendall(reply)
        if request.method == "load_new_episode" and reply == encode_result(request.call_id, VOID):
            self._holding_until_s = time.monotonic() + HOLD_S

    def _let_go(self) -> None:
        """Answer what was held back, in order; a map change among it holds the rest back again."""
        self._holding_until_s = None
        while self._held and self._holding_until_s is None:
            self._answer(self._held.popleft())


def _simulation(streams: Streams, **options: Any) -> Simulation:
    try:
        return Simulation(streams, **options)
    except WorldError as error:
        raise StandInError(str(error)) from error


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StandInError(f"cannot listen on {host}:{port} ({reason}); choose another port") from error


def _listen_beside(host: str, port: int) -> socket.socket:
    """Return the streams' listener: the next port as CARLA has it, or any if that is busy; tokens say which."""
    if port:
        with suppress(StandInError):
            return _listen(host, port + 1)
    return _listen(host, 0)
