"""One client's connection: its calls, answered in order, except during a map change, when its threads race."""

import socket
import time
from collections import deque
from collections.abc import Callable

from .schema import VOID
from .wire import Request, RequestReader, WireError, encode_result

HOLD_S = 1.0
MAX_HELD = 1000
DURING_LOAD = ("version", "get_episode_info", "get_sensor_token")


class Connection:
    """Reads calls and sends what `answer` returns for each, until the peer hangs up or talks nonsense."""

    def __init__(
        self, connection: socket.socket, answer: Callable[[Request], bytes], max_message_bytes: int
    ) -> None:
        self._connection, self._answer_to = connection, answer
        self._reader = RequestReader(max_message_bytes)
        self._held: deque[Request] = deque()
        self._holding_until_s: float | None = None

    def serve(self) -> None:
        """Answer until the peer hangs up; raise `WireError` for what is no call, `OSError` for a broken line."""
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
        reply = self._answer_to(request)
        self._connection.sendall(reply)
        if request.method == "load_new_episode" and reply == encode_result(request.call_id, VOID):
            self._holding_until_s = time.monotonic() + HOLD_S

    def _let_go(self) -> None:
        """Answer what was held back, in order; a map change among it holds the rest back again."""
        self._holding_until_s = None
        while self._held and self._holding_until_s is None:
            self._answer(self._held.popleft())
