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


class Streams:
    """Publishes messages to subscribers; a slow one makes a synchronous tick wait and loses frames otherwise."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port: int = listener.getsockname()[1]
        self._changed = threading.Condition()
        self._subscribers: dict[socket.socket, _Subscriber] = {}
        self._announced: dict[int, list[float]] = {}
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

    def close(self) -> None:
        """Close all connections and join the thread."""
        self._closing = True
        self._wake()
        self._thread.join()
        for each in (*self._subscribers, self._listener, self._wake_read, self._wake_write):
            each.close()
        self._selector.close()

    def announce(self, stream_id: int) -> bytes:
        """Return the token of a stream, and expect a subscription soon."""
        with self._changed:
            self._announced.setdefault(stream_id, []).append(time.monotonic() + ANNOUNCED_S)
        return encode_token(stream_id, self.port)

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait for the announced subscriptions and for room in the queues; cut off whoever blocks for ever."""
        with self._changed:
            while (expected_s := self._next_announced()) is not None:
                self._changed.wait(max(0.001, expected_s - time.monotonic()))
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
                if subscriber.stream_id == stream_id and len(subscriber.waiting) < QUEUE_MESSAGES:
                    subscriber.waiting.append(message)
        self._wake()

    def publish_state(self, stream_id: int, payload: bytes, flagged: bytes) -> None:
        """Queue a world state; `flagged` once for subscribers that have not heard of a map change."""
        now_s, plain = time.monotonic(), memoryview(frame_stream(payload))
        with self._changed:
            self._greetings[stream_id] = frame_stream(payload)
            for subscriber in self._subscribers.values():
                if subscriber.stream_id != stream_id or subscriber.muted_until_s > now_s:
                    continue
                if len(subscriber.waiting) < QUEUE_MESSAGES:
                    message = memoryview(frame_stream(flagged)) if subscriber.owed_flag else plain
                    subscriber.owed_flag = False
                    subscriber.waiting.append(message)
        self._wake()

    def map_changed(self, stream_id: int) -> None:
        """Keep silent towards the present subscribers for a while, then tell them of the change once."""
        with self._changed:
            for subscriber in self._subscribers.values():
                if subscriber.stream_id == stream_id:
                    subscriber.muted_until_s, subscriber.owed_flag = time.monotonic() + MUTED_S, True

    def _next_announced(self) -> float | None:
        now_s = time.monotonic()
        for stream_id, deadlines in list(self._announced.items()):
            self._announced[stream_id] = [deadline for deadline in deadlines if deadline > now_s]
        pending = [deadline for deadlines in self._announced.values() for deadline in deadlines]
        return None if self._closing or not pending else max(pending)

    def _full(self) -> list[_Subscriber]:
        readers = (each for each in self._subscribers.values() if each.stream_id is not None)
        return [each for each in readers if len(each.waiting) >= QUEUE_MESSAGES]

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # already awake
            self._wake_write.send(b"\0")

    def _serve(self) -> None:
        while not self._closing:
            for key, events in self._selector.select():
                if key.fileobj is self._wake_read:
                    self._wake_read.recv(4096)
                elif key.fileobj is self._listener:
                    self._accept()
                else:
                    self._attend(self._subscribers[key.fileobj], events)  # type: ignore[index]
            self._arm()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        if len(self._subscribers) >= MAX_CONNECTIONS:
            log.warning("refused a stream connection: %d are open", MAX_CONNECTIONS)
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changed:
            self._subscribers[connection] = _Subscriber(connection)
        self._selector.register(connection, selectors.EVENT_READ)

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
            if deadlines := self._announced.get(stream_id):
                deadlines.pop(0)
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
