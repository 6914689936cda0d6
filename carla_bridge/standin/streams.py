"""The streaming port: who is subscribed to what, and one thread that sends everybody their messages."""

import logging
import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

from .payloads import encode_token
from .wire import STREAM_ID, frame_stream

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 256
QUEUE_MESSAGES = 16
QUEUE_BYTES = 64 * 2**20
MAX_ANNOUNCED = 1000
BREATH_S = 0.1  # before another try where the system has no more sockets
ANNOUNCED_S = 0.5  # how long a tick waits for a stream that a client is about to open
MUTED_S = 1.0  # how long a subscription from before a map change stays silent


@dataclass(eq=False)
class _Subscriber:
    connection: socket.socket
    stream_id: int | None = None  # until its four bytes have arrived
    received: bytes = b""
    waiting: deque[memoryview] = field(default_factory=deque)
    muted_until_s: float = 0.0
    owed_flag: bool = False  # has still to be told of the map change
    owed_state: bytes | None = None  # the latest one that passed while it was muted

    def is_full(self) -> bool:
        """Say whether no further message may be queued; one always may."""
        return len(self.waiting) >= QUEUE_MESSAGES or sum(map(len, self.waiting)) >= QUEUE_BYTES

    def tell(self, state: bytes) -> None:
        """Queue a world state, which settles what was owed."""
        self.owed_flag, self.owed_state = False, None
        self.waiting.append(memoryview(frame_stream(state)))


class Streams:
    """Publishes messages to subscribers; a slow one makes a synchronous tick wait and loses frames otherwise."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port: int = listener.getsockname()[1]
        self._changed = threading.Condition()
        self._subscribers: dict[socket.socket, _Subscriber] = {}
        self._announced: deque[tuple[float, int]] = deque(maxlen=MAX_ANNOUNCED)  # until when, stream
        self._greetings: dict[int, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()
        for each in (listener, self._wake_read, self._wake_write):
            each.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="standin-streams", daemon=True)
        self._thread.start()

    def stop_waiting(self) -> None:
        """End a `wait_until_ready` that goes on, and let no other begin; the streams are about to close."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._wake()

    def close(self) -> None:
        """Close all connections and join the thread."""
        self.stop_waiting()
        self._thread.join()
        for each in (*self._subscribers, self._listener, self._wake_read, self._wake_write):
            each.close()
        self._selector.close()

    def announce(self, stream_id: int) -> bytes:
        """Return the token of a stream, and expect a subscription soon."""
        with self._changed:
            self._forget_the_late()
            self._announced.append((time.monotonic() + ANNOUNCED_S, stream_id))
        return self.token(stream_id)

    def token(self, stream_id: int) -> bytes:
        """Return the token of a stream."""
        return encode_token(stream_id, self.port)

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait for the announced subscriptions and for room in the queues; cut off whoever blocks for ever."""
        until_s = time.monotonic() + ANNOUNCED_S  # however many are announced meanwhile
        with self._changed:
            while self._is_expecting() and (left_s := until_s - time.monotonic()) > 0.0:
                self._changed.wait(min(left_s, max(0.001, self._announced[-1][0] - time.monotonic())))
            self._changed.wait_for(lambda: self._closing or not self._full(), timeout_s)
            for subscriber in self._full():
                log.warning("a subscriber of stream %s stopped reading; cut off", subscriber.stream_id)
                with suppress(OSError):
                    subscriber.connection.shutdown(socket.SHUT_RDWR)
                subscriber.stream_id = None  # the socket's end of file does the rest

    def has_subscribers(self, stream_id: int) -> bool:
        """Say whether anybody would get a message."""
        with self._changed:
            return any(each.stream_id == stream_id for each in self._subscribers.values())

    def publish(self, stream_id: int, payload: bytes) -> None:
        """Queue a message for every subscriber that has room."""
        message = memoryview(frame_stream(payload))
        with self._changed:
            for subscriber in self._subscribers.values():
                if subscriber.stream_id == stream_id and not subscriber.is_full():
                    subscriber.waiting.append(message)
        self._wake()

    def publish_state(self, stream_id: int, payload: bytes, flagged: bytes) -> None:
        """Queue a world state; `flagged` once for subscribers that have not heard of a map change."""
        now_s = time.monotonic()
        with self._changed:
            self._greetings[stream_id] = frame_stream(payload)
            for subscriber in self._subscribers.values():
                if subscriber.stream_id != stream_id:
                    continue
                if subscriber.muted_until_s > now_s:
                    subscriber.owed_state = flagged
                elif not subscriber.is_full():
                    subscriber.tell(flagged if subscriber.owed_flag else payload)
        self._wake()

    def map_changed(self, stream_id: int) -> None:
        """Keep silent towards the present subscribers for a while, then tell them of the change once."""
        with self._changed:
            for subscriber in self._subscribers.values():
                if subscriber.stream_id == stream_id:
                    subscriber.muted_until_s, subscriber.owed_flag = time.monotonic() + MUTED_S, True

    def _is_expecting(self) -> bool:
        self._forget_the_late()
        return bool(self._announced) and not self._closing

    def _forget_the_late(self) -> None:
        while self._announced and self._announced[0][0] <= time.monotonic():
            self._announced.popleft()

    def _full(self) -> list[_Subscriber]:
        readers = (each for each in self._subscribers.values() if each.stream_id is not None)
        return [each for each in readers if each.is_full()]

    def _wake(self) -> None:
        with suppress(OSError):  # already awake, or closed
            self._wake_write.send(b"\0")

    def _serve(self) -> None:
        while not self._closing:
            left_s = self._unmute()
            self._arm()
            for key, events in self._selector.select(left_s):
                if key.fileobj is self._wake_read:
                    self._wake_read.recv(4096)
                elif key.fileobj is self._listener:
                    self._accept()
                elif (subscriber := self._subscribers.get(key.fileobj)) is not None:  # type: ignore[call-overload]
                    self._attend(subscriber, events)

    def _unmute(self) -> float | None:
        """Queue the states owed to whoever is muted no longer; return how long until the next is due."""
        waits_s: list[float] = []
        with self._changed:
            for subscriber in self._subscribers.values():
                if subscriber.owed_state is not None and not subscriber.is_full():
                    waits_s.append(subscriber.muted_until_s - time.monotonic())
                    if waits_s[-1] <= 0.0:
                        subscriber.tell(subscriber.owed_state)
        return max(0.0, min(waits_s)) if waits_s else None

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return  # whoever called has hung up
        except OSError:
            log.exception("cannot accept a stream connection")
            time.sleep(BREATH_S)
            return
        if len(self._subscribers) >= MAX_CONNECTIONS and not self._drop_the_silent():
            log.warning("refused a stream connection: %d are open", MAX_CONNECTIONS)
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changed:
            self._subscribers[connection] = _Subscriber(connection)
        self._selector.register(connection, selectors.EVENT_READ)

    def _drop_the_silent(self) -> bool:
        """Close the oldest connection that never said which stream it wants, and say whether there was one."""
        silent = next((each for each in self._subscribers.values() if each.stream_id is None), None)
        if silent is not None:
            self._drop(silent)
        return silent is not None

    def _attend(self, subscriber: _Subscriber, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                self._receive(subscriber)
            if events & selectors.EVENT_WRITE:
                self._send(subscriber)
        except BlockingIOError:
            return
        except OSError:
            self._drop(subscriber)

    def _receive(self, subscriber: _Subscriber) -> None:
        data = subscriber.connection.recv(64)
        if not data:
            raise ConnectionResetError
        subscriber.received = (subscriber.received + data)[: STREAM_ID.size]
        if subscriber.stream_id is None and len(subscriber.received) == STREAM_ID.size:
            self._subscribe(subscriber, *STREAM_ID.unpack(subscriber.received))

    def _subscribe(self, subscriber: _Subscriber, stream_id: int) -> None:
        with self._changed:
            subscriber.stream_id = stream_id
            if announced := next((each for each in self._announced if each[1] == stream_id), None):
                self._announced.remove(announced)
            if stream_id in self._greetings:
                subscriber.waiting.append(memoryview(self._greetings[stream_id]))
            self._changed.notify_all()

    def _send(self, subscriber: _Subscriber) -> None:
        while subscriber.waiting:
            message = subscriber.waiting[0]
            sent = subscriber.connection.send(message)
            with self._changed:
                if sent < len(message):
                    subscriber.waiting[0] = message[sent:]
                    return
                subscriber.waiting.popleft()
                self._changed.notify_all()

    def _drop(self, subscriber: _Subscriber) -> None:
        self._selector.unregister(subscriber.connection)
        with self._changed:
            del self._subscribers[subscriber.connection]
            self._changed.notify_all()
        subscriber.connection.close()

    def _arm(self) -> None:
        """Ask to be told when a socket can take more, where more is waiting."""
        for subscriber in self._subscribers.values():
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if subscriber.waiting else 0)
            if self._selector.get_key(subscriber.connection).events != wanted:
                self._selector.modify(subscriber.connection, wanted)
