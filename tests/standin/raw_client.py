"""A peer of the stand-in that says anything, for the tests of what no CARLA client would say."""

import select
import socket
import struct
import time
from contextlib import suppress

import msgpack


class RawClient:
    """A client that can say anything."""

    def __init__(self, server):
        self._socket = socket.create_connection((server.host, server.port), timeout=10.0)
        self._unpacker = msgpack.Unpacker(strict_map_key=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def send_what_is_taken(self, data):
        """Send, unless the peer hangs up meanwhile; read what it says until it has had enough or is silent."""
        with suppress(OSError):
            self._socket.settimeout(0.2)
            self._socket.sendall(data)
            self._socket.shutdown(socket.SHUT_WR)
            while self._socket.recv(65536):
                pass

    def is_closed(self):
        try:
            return self._socket.recv(1000) == b""
        except ConnectionResetError:
            return True

    def call_all(self, *calls):
        for number, (method, *arguments) in enumerate(calls):
            self.send(msgpack.packb([0, number, method, [[False], *arguments]]))
        return [self.answer()[1] for _ in calls]

    def post(self, method, *arguments, call_id=1):
        """Call without waiting for the answer."""
        self.send(msgpack.packb([0, call_id, method, [[False], *arguments]]))

    def is_silent(self):
        """Say whether nothing comes for a moment."""
        return not select.select([self._socket], [], [], 0.1)[0]

    def finds_silence(self):
        """Ask something, and say whether nothing came for a moment."""
        self.post("version")
        return self.is_silent() or not self.answer()

    def call(self, method, *arguments):
        self.post(method, *arguments)
        return self.answer()

    def answer(self):
        """Return the next answer."""
        while True:
            for answer in self._unpacker:
                return answer
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionResetError("the server hung up")
            self._unpacker.feed(data)


def subscribed(server, stream_id):
    stream = socket.create_connection((server.host, server.stream_port), timeout=10.0)
    stream.sendall(struct.pack("<I", stream_id))
    return stream


def receive(stream):
    """Return the payload of the next message of a stream."""
    return _exactly(stream, *struct.unpack("<I", _exactly(stream, 4)))


def _exactly(stream, count):
    data = bytearray()
    while len(data) < count:
        piece = stream.recv(count - len(data))
        assert piece, "the stream ended"
        data += piece
    return bytes(data)


def wait_until(is_true, timeout_s=10.0):
    until_s = time.monotonic() + timeout_s
    while not is_true() and time.monotonic() < until_s:
        time.sleep(0.02)
    return is_true()
