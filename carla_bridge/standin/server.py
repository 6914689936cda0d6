"""The stand-in behind its ports: accepts clients, answers their calls, closes what it opened."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from carla_bridge.standin.errors import StandInError, WorldError
from carla_bridge.standin.faults import parse
from carla_bridge.standin.faulty import Faults, FaultyStreams
from carla_bridge.standin.protocol.connection import Connection
from carla_bridge.standin.protocol.rpc import failure
from carla_bridge.standin.protocol.schema import EpisodeSettings
from carla_bridge.standin.protocol.streams import MAX_STREAMS, Streams
from carla_bridge.standin.protocol.wire import MAX_MESSAGE_BYTES, Request, WireError
from carla_bridge.standin.simulation import Simulation

log = logging.getLogger(__name__)

MAX_CLIENTS = 32
MAX_REFUSED = 32  # so many more are told why; whoever comes on top is hung up on
BREATH_S = 0.1  # before another try where the system has no more sockets


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
        maps: Sequence[Path] = (),
        max_clients: int = MAX_CLIENTS,
        max_streams: int = MAX_STREAMS,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        faults: Sequence[str] = (),  # see `faults`
    ) -> None:
        if seed < 0:
            raise StandInError(f"the seed is {seed}; it must not be negative")
        self._max_clients, self._max_message_bytes = max_clients, max_message_bytes
        self._listener = _listen(host, port)
        self.host, self.port = host, int(self._listener.getsockname()[1])
        with ExitStack() as opened:
            opened.callback(self._listener.close)
            self._faults = Faults([parse(spec) for spec in faults])
            self._streams = FaultyStreams(_listen_beside(host, port), max_streams, self._faults)
            opened.callback(self._streams.close)
            self.stream_port = self._streams.port
            self._simulation = _simulation(
                self._streams,
                seed=seed,
                vehicles=vehicles,
                walkers=walkers,
                settings=settings or EpisodeSettings(),
                recordings=recordings,
                maps=maps,
            )
            self._simulation.before_spawn = self._faults.refuse
            opened.pop_all()
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._refused: set[socket.socket] = set()  # those of them that only hear why
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

    @property
    def town(self) -> str:
        """The last part of the name of the town that is loaded."""
        return self._simulation.world.town.name.rpartition("/")[2]

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
        self._faults.close()
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
            self._begin(connection, f"{host}:{port}")

    def _begin(self, connection: socket.socket, name: str) -> None:
        """Serve a client, or tell it in answer to its calls that it is one too many; hang up on a whole crowd."""
        with self._lock:
            answer = self._answer
            if len(self._clients) - len(self._refused) >= self._max_clients:
                log.warning("refused %s: %d clients are connected", name, self._max_clients)
                if len(self._refused) >= MAX_REFUSED:
                    connection.close()
                    return
                answer = self._refuse
                self._refused.add(connection)
            thread = threading.Thread(
                target=self._serve, args=(connection, name, answer), name=name, daemon=True
            )
            self._clients[connection] = thread
            try:
                thread.start()
            except RuntimeError:  # the system has no more threads
                log.exception("cannot serve %s", name)
                del self._clients[connection]
                self._refused.discard(connection)
                connection.close()

    def _serve(self, connection: socket.socket, name: str, answer: Callable[[Request], bytes]) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Connection(connection, answer, self._max_message_bytes).serve()
        except WireError as error:
            log.warning("closed the connection of %s: %s", name, error)
        except OSError as error:
            log.debug("%s went away: %s", name, error)
        finally:
            with self._lock:
                del self._clients[connection]
                self._refused.discard(connection)
            connection.close()

    def _answer(self, request: Request) -> bytes:
        return self._faults.answer(self._simulation, request)

    def _refuse(self, request: Request) -> bytes:
        return failure(
            request,
            f"{self._max_clients} clients are connected; close one, or start the stand-in with more --max-clients",
        )


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
