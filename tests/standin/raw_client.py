"""A peer of the stand-in that says anything, for the tests of what no CARLA client would say."""

import socket
import struct
import time

import msgpack


class RawClient:
    """A client that can say anything."""

    def __init__(self, server):
        self._socket = socket.create_connection((server.host, server.port), timeout=10.0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def is_closed(self):
        try:
            return self._socket.recv(1000) == b""
        except ConnectionResetError:
            return True

    def call_all(self, *calls):
        for number, (method, *arguments) in enumerate(calls):
            self.send(msgpack.packb([0, number, method, [[False], *arguments]]))
        unpacker, answered = msgpack.Unpacker(), []
        while len(answered) < len(calls):
            unpacker.feed(self._socket.recv(65536))
            answered += [call_id for _, call_id, _, _ in unpacker]
        return answered

    def call(self, method, *arguments):
        self.send(msgpack.packb([0, 1, method, [[False], *arguments]]))
        unpacker = msgpack.Unpacker()
        while True:
            unpacker.feed(self._socket.recv(65536))
            for answer in unpacker:
                return answer


def subscribed(server, stream_id):
    stream = socket.create_connection((server.host, server.stream_port), timeout=10.0)
    stream.sendall(struct.pack("<I", stream_id))
    return stream


def wait_until(is_true, timeout_s=10.0):
    until_s = time.monotonic() + timeout_s
    while not is_true() and time.monotonic() < until_s:
        time.sleep(0.02)
    return is_true()
