"""The streaming port: who is subscribed to what, and one thread that sends everybody their messages."""

import logging
import selectors
import socket
import threading
import time
from contextlib import suppress
from itertools import chain

from carla_bridge.standin.errors import Refused
from carla_bridge.standin.protocol.announced import Announced
from carla_bridge.standin.protocol.payloads import encode_token
from carla_bridge.standin.protocol.subscriber import Message, Subscriber, framed
from carla_bridge.standin.protocol.wire import STREAM_ID, Part

log = logging.getLogger(__name__)

MAX_STREAMS = 64
IDLE_CONNECTIONS = 64  # beyond the streams: those that have not said which one, or came too late
BREATH_S = 0.1  # before another try where the system has no more sockets
MUTED_S = 1.0  # how long a subscription from before a map change stays silent


class Streams:
    """Publishes messages to subscribers; a slow one makes a synchronous tick wait and loses frames otherwise."""

    def __init__(self, listener: socket.socket, *, max_streams: int = MAX_STREAMS) -> None:
        self._listener, self._max_streams = listener, max_streams
        self.port: int = listener.getsockname()[1]
        self._changed = threading.Condition()
        self._subscribers: dict[socket.socket, Subscriber] = {}
        self._announced = Announced()
        self._readers: dict[int, list[Subscriber]] = {}  # by stream
        self._greetings: dict[int, Message] = {}
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
        """Return the token of a stream, and expect a subscription soon; raise `Refused` if there are too many."""
        with self._changed:
            if self._count() + len(self._announced) >= self._max_streams:
                log.warning("refused stream %d: %d are open", stream_id, self._max_streams)
                raise Refused(f"{self._max_streams} streams are open; start it with more --max-streams")
            self._announced.add(stream_id)
        return self.token(stream_id)

    def token(self, stream_id: int) -> bytes:
        """Return the token of a stream."""
        return encode_token(stream_id, self.port)

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait for the announced subscriptions and for room in the queues; whoever is too slow loses frames."""
        until_s = self._announced.give_up_s()
        with self._changed:
            while self._announced and not self._closing and (left_s := until_s - time.monotonic()) > 0.0:
                self._changed.wait(min(left_s, max(0.001, self._announced.left_s())))
            if self._full() and not self._changed.wait_for(
                lambda: self._closing or not self._full(), timeout_s
            ):
                for subscriber in self._full():
                    log.warning("a reader of stream %s does not read; it loses frames", subscriber.stream_id)
                    subscriber.is_late = True

    def has_subscribers(self, stream_id: int) -> bool:
        """Say whether anybody would get a message."""
        with self._changed:
            return stream_id in self._readers

    def publish(self, stream_id: int, *payload: Part) -> None:
        """Send a message to every subscriber that has room; its pieces must not change afterwards."""
        with self._changed:
            readers, message = self._readers.get(stream_id, []), framed(*payload)
            for subscriber in readers:
                if not subscriber.is_full():
                    subscriber.push(message)
            self._flush(readers)

    def publish_state(self, stream_id: int, payload: bytes, flagged: bytes) -> None:
        """Send a world state; `flagged` once to subscribers that have not heard of a map change."""
        with self._changed:
            self._greetings[stream_id] = framed(payload)
            readers = self._readers.get(stream_id, [])
            for subscriber in readers:
                subscriber.offer_state(payload, flagged)
            self._flush(readers)

    def cut(self, stream_id: int) -> None:
        """End the connections of a stream; clients open new ones at once."""
        with self._changed:
            for subscriber in list(self._readers.get(stream_id, [])):
                self._cut(subscriber)

    def map_changed(self, stream_id: int) -> None:
        """Keep silent towards the present subscribers for a while, then tell them of the change once."""
        with self._changed:
            for subscriber in self._readers.get(stream_id, []):
                subscriber.mute(MUTED_S)

    def _count(self) -> int:
        return sum(map(len, self._readers.values()))

    def _full(self) -> list[Subscriber]:
        """Return the readers that a tick waits for."""
        return [each for each in chain(*self._readers.values()) if each.is_full() and not each.is_late]

    def _flush(self, readers: list[Subscriber]) -> None:
        """Let sockets take what they can at once; the thread of the streams does what is left."""
        for subscriber in readers:
            with suppress(OSError):  # a reader that is gone: the thread hears of it from the selector
                subscriber.flush()
        if any(subscriber.is_behind() or subscriber.owes_state() for subscriber in readers):
            self._wake()

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
        with self._changed:
            waits_s = [each.settle() for each in self._subscribers.values() if each.owes_state()]
        return min(waits_s, default=None)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return  # whoever called has hung up
        except OSError:
            log.exception("cannot accept a stream connection")
            time.sleep(BREATH_S)
            return
        limit = self._max_streams + IDLE_CONNECTIONS
        if len(self._subscribers) >= limit and not self._drop_the_silent():
            log.warning("refused a stream connection: %d are open", limit)
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changed:
            self._subscribers[connection] = Subscriber(connection)
        self._selector.register(connection, selectors.EVENT_READ)

    def _drop_the_silent(self) -> bool:
        """Close the oldest connection that never said which stream it wants, and say whether there was one."""
        silent = next((each for each in self._subscribers.values() if each.stream_id is None), None)
        if silent is not None:
            self._drop(silent)
        return silent is not None

    def _attend(self, subscriber: Subscriber, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                self._receive(subscriber)
            if events & selectors.EVENT_WRITE:
                self._send(subscriber)
        except BlockingIOError:
            return
        except OSError:
            self._drop(subscriber)

    def _receive(self, subscriber: Subscriber) -> None:
        data = subscriber.connection.recv(64)
        if not data:
            raise ConnectionResetError
        subscriber.received = (subscriber.received + data)[: STREAM_ID.size]
        if subscriber.stream_id is None and len(subscriber.received) == STREAM_ID.size:
            self._subscribe(subscriber, *STREAM_ID.unpack(subscriber.received))

    def _subscribe(self, subscriber: Subscriber, stream_id: int) -> None:
        with self._changed:
            if self._count() >= self._max_streams:
                # Open and silent: a client whose stream is closed comes back at once, and for ever.
                log.warning("stream %d stays silent: %d are open", stream_id, self._max_streams)
                return
            subscriber.stream_id = stream_id
            self._readers.setdefault(stream_id, []).append(subscriber)
            self._announced.opened(stream_id)
            if stream_id in self._greetings:
                subscriber.push(self._greetings[stream_id])
            self._changed.notify_all()

    def _send(self, subscriber: Subscriber) -> None:
        with self._changed:
            subscriber.flush()
            self._changed.notify_all()

    def _cut(self, subscriber: Subscriber) -> None:
        """End a connection from whatever thread; the socket's end of file does the rest."""
        self._forget(subscriber)
        with suppress(OSError):
            subscriber.connection.shutdown(socket.SHUT_RDWR)

    def _forget(self, subscriber: Subscriber) -> None:
        """Take a reader out of its stream."""
        readers = self._readers.get(subscriber.stream_id or 0, [])
        if subscriber in readers:
            readers.remove(subscriber)
            if not readers:
                del self._readers[subscriber.stream_id or 0]

    def _drop(self, subscriber: Subscriber) -> None:
        self._selector.unregister(subscriber.connection)
        with self._changed:
            self._forget(subscriber)
            del self._subscribers[subscriber.connection]
            self._changed.notify_all()
        subscriber.connection.close()

    def _arm(self) -> None:
        """Ask to be told when a socket can take more, where more is waiting."""
        for subscriber in self._subscribers.values():
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if subscriber.is_behind() else 0)
            if self._selector.get_key(subscriber.connection).events != wanted:
                self._selector.modify(subscriber.connection, wanted)
