"""One reader of a stream: what waits for it, what it is owed, and how much its socket takes."""

import socket
import time
from collections import deque

from carla_bridge.standin.protocol.wire import Part, stream_parts

QUEUE_MESSAGES = 16
QUEUE_BYTES = 64 * 2**20
Message = list[memoryview]  # length, then the payload in any number of pieces


def framed(*payload: Part) -> Message:
    """Return a message as it goes over the socket, without a copy of what is large in it."""
    return [memoryview(part).cast("B") for part in stream_parts(payload) if len(part)]


class Subscriber:
    """A connection to the streaming port; not safe for two threads at once."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.stream_id: int | None = None  # until its four bytes have arrived
        self.received = b""
        self.is_late = False  # nobody waits for it until it has caught up
        self._muted_until_s = 0.0
        self._owed_flag = False  # has still to be told of the map change
        self._owed_state: bytes | None = None  # the latest one that passed while it was muted
        self._waiting: deque[Message] = deque()
        self._waiting_bytes = 0

    def is_full(self) -> bool:
        """Say whether no further message may be queued; one always may."""
        return len(self._waiting) >= QUEUE_MESSAGES or self._waiting_bytes >= QUEUE_BYTES

    def is_behind(self) -> bool:
        """Say whether anything waits for its socket to take more."""
        return bool(self._waiting)

    def push(self, message: Message) -> None:
        """Queue a message; pieces are shared with other readers, never changed."""
        self._waiting.append(list(message))
        self._waiting_bytes += sum(map(len, message))

    def mute(self, seconds_s: float) -> None:
        """Keep world states back for so long; the first one afterwards tells of the map change."""
        self._muted_until_s, self._owed_flag = time.monotonic() + seconds_s, True

    def offer_state(self, plain: bytes, flagged: bytes) -> None:
        """Queue a world state if there is room, or owe it; `flagged` is the one that tells of a map change."""
        if self._muted_until_s > time.monotonic():
            self._owed_state = flagged
        elif not self.is_full():
            self._tell(flagged if self._owed_flag else plain)

    def owes_state(self) -> bool:
        """Say whether a state was kept back that there is room for."""
        return self._owed_state is not None and not self.is_full()

    def settle(self) -> float:
        """Queue the state that is owed, if it is time; return how long that still takes, in seconds."""
        left_s = max(0.0, self._muted_until_s - time.monotonic())
        if not left_s and self._owed_state is not None:
            self._tell(self._owed_state)
        return left_s

    def _tell(self, state: bytes) -> None:
        self._owed_flag, self._owed_state = False, None
        self.push(framed(state))

    def flush(self) -> None:
        """Hand the socket what it takes now; raise as sockets do if the reader is gone."""
        while self._waiting:
            message = self._waiting[0]
            try:
                sent = self.connection.sendmsg(message)
            except BlockingIOError:
                return
            self._waiting_bytes -= sent
            _cut(message, sent)
            if not message:
                self._waiting.popleft()
        self.is_late = False


def _cut(message: Message, sent: int) -> None:
    """Take away what was sent from the front of a message."""
    while sent:
        if sent < len(message[0]):
            message[0] = message[0][sent:]
            return
        sent -= len(message.pop(0))
