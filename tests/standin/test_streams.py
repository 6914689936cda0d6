"""The streams without a world: who is waited for, what is owed, and peers that never say anything."""

import errno
import socket
import struct
import threading
import time

from carla_bridge.standin.protocol import announced
from carla_bridge.standin.protocol import streams as streams_module
from carla_bridge.standin.protocol import subscriber as subscriber_module
from carla_bridge.standin.protocol.streams import Streams
from carla_bridge.standin.protocol.subscriber import Subscriber, framed
from tests.standin.raw_client import receive


class Streaming(Streams):
    """Streams with a client's side to them."""

    def __init__(self, listener=None, **limits):
        super().__init__(listener or socket.create_server(("127.0.0.1", 0)), **limits)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10.0)

    def subscribe(self, stream_id):
        stream = self.connect()
        stream.sendall(struct.pack("<I", stream_id))
        until_s = time.monotonic() + 10.0
        while not self.has_subscribers(stream_id):
            assert time.monotonic() < until_s
            time.sleep(0.01)
        return stream


def ends(function, *arguments):
    """Return a thread that runs a function, and a way to say whether it came to its end."""
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()

    def has_ended():
        thread.join(10.0)
        return not thread.is_alive()

    return has_ended


def test_announcements_without_end_delay_a_tick_only_once():
    enough = threading.Event()

    def announce():
        while not enough.wait(0.05):
            streams.announce(7)

    with Streaming() as streams:
        announced = ends(announce)
        assert ends(streams.wait_until_ready, 1.0)()
        enough.set()
        assert announced()


def test_a_tick_waits_for_an_announced_subscription_no_longer_than_it_takes(monkeypatch):
    monkeypatch.setattr(announced, "ANNOUNCED_S", 60.0)
    with Streaming() as streams:
        streams.announce(7)
        waited = ends(streams.wait_until_ready, 1.0)
        with streams.subscribe(7):
            assert waited()


def test_a_map_change_reaches_whoever_stays_even_if_no_other_state_follows():
    with Streaming() as streams, streams.subscribe(1) as stream:
        streams.map_changed(1)
        streams.publish_state(1, b"first", b"first, flagged")
        streams.publish_state(1, b"second", b"second, flagged")
        assert receive(stream) == b"second, flagged"
        streams.publish_state(1, b"third", b"third, flagged")
        assert receive(stream) == b"third"


def test_closing_does_not_wait_for_a_reader_that_stopped():
    with Streaming() as streams, streams.subscribe(7):
        for _ in range(20):
            streams.publish(7, bytes(4_000_000))
        waited = ends(streams.wait_until_ready, 600.0)
        streams.stop_waiting()
        assert waited()


def test_a_queue_ends_at_its_bytes_but_takes_one_message_of_any_size(monkeypatch):
    monkeypatch.setattr(subscriber_module, "QUEUE_BYTES", 1000)
    subscriber = Subscriber(socket.socket())
    with subscriber.connection:
        assert not subscriber.is_full()
        subscriber.push(framed(bytes(5000)))
        assert subscriber.is_full()


def test_whoever_does_not_read_is_waited_for_once_until_it_has_caught_up(monkeypatch, caplog):
    monkeypatch.setattr(subscriber_module, "QUEUE_MESSAGES", 1)
    with Streaming() as streams, streams.subscribe(7) as reader:
        for _ in range(3):
            streams.publish(7, bytes(10_000_000))
            streams.wait_until_ready(0.05)
        assert caplog.text.count("does not read; it loses frames") == 1
        assert len(receive(reader)) == 10_000_000
        streams.wait_until_ready(60.0)
        streams.publish(7, b"next")
        assert receive(reader) == b"next"


def test_silent_connections_make_way_for_subscribers(monkeypatch):
    monkeypatch.setattr(streams_module, "IDLE_CONNECTIONS", 1)
    with (
        Streaming(max_streams=1) as streams,
        streams.connect() as oldest,
        streams.connect(),
        streams.subscribe(7),
    ):
        assert oldest.recv(1) == b""
        streams.publish(7, b"")
        assert streams.has_subscribers(7)


class Exhausted(socket.socket):
    """A listener on a system that has no more sockets, once."""

    failures = 1

    def accept(self):
        if Exhausted.failures:
            Exhausted.failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_the_streams_outlive_a_lack_of_sockets():
    listener = Exhausted()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    with Streaming(listener) as streams, streams.subscribe(7) as stream:
        streams.publish(7, b"alive")
        assert receive(stream) == b"alive"
    assert not Exhausted.failures
