"""One client's connection: its calls, answered in order, except around a map change, when its threads race."""

import socket
import time
from collections import deque
from collections.abc import Callable

from carla_bridge.standin.protocol.schema import VOID, success
from carla_bridge.standin.protocol.wire import Request, RequestReader, WireError, encode_result

LOAD, POLL = "load_new_episode", "get_episode_settings"  # the latter is what a Traffic Manager asks when idle
PARK_S = 0.5  # how long a map change waits for the client's Traffic Managers to be idle
PARKED_S = 0.5  # how long they stay so after the client got its new stream
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
        # the ports of the Traffic Managers that this client serves, each a thread of its own
        self._managers: set[int] = set()
        self._load: Request | None = None  # waits until they are idle
        self._parked: list[Request] = []  # what idle ones asked; they do nothing until it is answered
        self._held: deque[Request] = deque()
        self._is_holding = False
        self._until_s: float | None = None  # when the wait, the parking or the holding ends at the latest

    def serve(self) -> None:
        """Answer until the peer hangs up; raise `WireError` for what is no call, `OSError` for a broken line."""
        while True:
            if self._until_s is not None and time.monotonic() >= self._until_s:
                self._go_on()
                continue
            data = self._receive()
            if data is None:
                continue
            if not data:
                return
            for request in self._reader.feed(data):
                self._take(request)

    def _receive(self) -> bytes | None:
        """Wait for bytes, but no longer than anything is held back."""
        if self._until_s is not None:
            self._connection.settimeout(max(0.001, self._until_s - time.monotonic()))
        try:
            return self._connection.recv(65536)
        except TimeoutError:
            return None
        finally:
            self._connection.settimeout(None)  # answers take as long as they take

    def _take(self, request: Request) -> None:
        if self._load is not None and request.method == POLL:
            self._parked.append(request)
            if len(self._parked) >= len(self._managers):
                self._go_on()
        elif self._load is not None and request.method == LOAD:
            self._hold(request)
        elif request.method == LOAD and len(self._parked) < len(self._managers):
            self._load, self._until_s = request, time.monotonic() + PARK_S
        elif self._is_holding and request.method not in DURING_LOAD:
            self._hold(request)
        else:
            self._answer(request)

    def _hold(self, request: Request) -> None:
        if len(self._held) >= MAX_HELD:
            raise WireError(f"more than {MAX_HELD} calls during a map change")
        self._held.append(request)

    def _answer(self, request: Request) -> None:
        reply = self._answer_to(request)
        self._connection.sendall(reply)
        self._note_managers(request, reply)
        if request.method == LOAD and reply != encode_result(request.call_id, VOID):
            self._let_go()  # nothing was loaded, and whoever waited for it goes on
        elif request.method == LOAD:
            self._is_holding = not self._managers or len(self._parked) < len(self._managers)
            self._until_s = time.monotonic() + HOLD_S
        elif request.method == "get_sensor_token" and self._is_holding:
            self._go_on()
        elif request.method == "get_sensor_token" and self._parked:
            self._until_s = time.monotonic() + PARKED_S

    def _go_on(self) -> None:
        """End what was waited for: first the wait for idle managers, then the parking and the holding."""
        self._until_s = None
        if self._load is not None:
            load, self._load = self._load, None
            self._answer(load)
            return
        self._let_go()

    def _let_go(self) -> None:
        """Answer what was parked, then what was held, in order."""
        self._until_s, self._is_holding = None, False
        parked, self._parked = self._parked, []
        for request in parked:
            self._answer(request)
        while (
            self._held and not self._is_holding and self._load is None
        ):  # a map change among them holds the rest
            self._take(self._held.popleft())

    def _note_managers(self, request: Request, reply: bytes) -> None:
        match request.method, request.arguments:
            case "add_traffic_manager_running", [[_, int(port)], *_]:
                if reply == encode_result(request.call_id, success(True)):
                    self._managers.add(port)
            case "destroy_traffic_manager", [int(port), *_]:
                self._managers.discard(port)
