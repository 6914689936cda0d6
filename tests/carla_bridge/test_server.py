"""The door to the client library: whoever answers at the address, we end with a sentence, and in time."""

import socket
import threading
import time
from contextlib import contextmanager

import msgpack
import pytest

from carla_bridge.server import Lifeline, Server, ServerRefused, ServerUnreachable

GREETINGS = {
    "mute": None,
    "hangs up": b"",
    "http": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "garbage": bytes(range(256)),
    "msgpack but not CARLA": b"\x94\x01\x01\xc0\x93\x01\x02\x03",
    "half an answer": b"\x94\x01\x01\xc0",
    "an endless answer": b"\xdd\xff\xff\xff\xff" + b"\x01" * 4096,
}


@contextmanager
def answering(greeting):
    """Serve one connection on a port of its own; None accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ending = threading.Event()

        def serve():
            connection, _ = listening.accept()
            with connection:
                connection.recv(1024)
                if greeting:
                    connection.sendall(greeting)
                if greeting != b"":
                    ending.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        ending.set()
        thread.join()


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@pytest.mark.parametrize("greeting", GREETINGS.values(), ids=GREETINGS)
def test_whoever_is_not_carla_is_unreachable_within_the_timeout(greeting):
    """The official client aborts the process when it is answered by something else."""
    with answering(greeting) as port:
        start_s = time.monotonic()
        with pytest.raises(ServerUnreachable, match=rf"127\.0\.0\.1:{port}; start one, or run"):
            Server("127.0.0.1", port, timeout_s=0.5)
        assert time.monotonic() - start_s < 2.0


def test_a_server_that_takes_nobody_in_is_quoted():
    with (
        answering(msgpack.packb([1, 1, None, [[0, ["32 clients are connected"]]]])) as port,
        pytest.raises(ServerRefused, match="could not take us in: 32 clients are connected"),
    ):
        Server("127.0.0.1", port, timeout_s=2.0)


def test_a_dead_port_is_known_at_once():
    start_s = time.monotonic()
    with pytest.raises(ServerUnreachable, match="no CARLA server answered at"):
        Server("127.0.0.1", unused_port(), timeout_s=10.0)
    assert time.monotonic() - start_s < 1.0


def test_an_unknown_host_is_unreachable():
    with pytest.raises(ServerUnreachable, match=r"nowhere\.invalid:2000"):
        Server("nowhere.invalid", 2000, timeout_s=5.0)


def test_the_lifeline_tells_the_version_and_notices_the_end():
    with answering(b"\x94\x01\x01\xc0\x91\x92\x01\xa60.9.16") as port:
        lifeline = Lifeline("127.0.0.1", port, 2.0)
        assert lifeline.version == "0.9.16"
        assert lifeline.alive()
    for _ in range(100):
        if not lifeline.alive():
            break
        time.sleep(0.01)
    assert not lifeline.alive()
    lifeline.close()
