"""Framing: bytes in, messages out, with hard limits; knows neither sockets nor what the messages mean."""

import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgpack

MAX_MESSAGE_BYTES = (
    4 * 2**20
)  # CARLA's largest town is 3; as objects, many small items take a hundred times as much
MAX_ARRAY_ITEMS = 16_384  # a claimed array is allocated before its items arrive
MAX_DEPTH = 24  # a batched spawn with follow-up commands needs about ten
RESPONSE = 1
STREAM_ID = struct.Struct("<I")
STREAM_LENGTH = struct.Struct("<I")
SMALL_BYTES = 65_536  # cheaper to copy than to send in pieces
Part = bytes | memoryview  # a piece of a message


class WireError(Exception):
    """The peer sent something that is not CARLA's protocol; its connection must be closed."""


class Request(NamedTuple):
    """One call of a client."""

    call_id: int
    method: str
    arguments: list[Any]  # without the metadata


class RequestReader:
    """Turns the bytes of one connection, cut anywhere, into requests."""

    def __init__(self, max_message_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._max_message_bytes = max_message_bytes
        self._fed_bytes = self._read_bytes = 0  # the difference belongs to the message that still arrives
        self._unpacker = msgpack.Unpacker(
            max_buffer_size=max_message_bytes,
            max_str_len=max_message_bytes,
            max_bin_len=max_message_bytes,
            max_array_len=MAX_ARRAY_ITEMS,
            max_map_len=0,
            max_ext_len=0,
        )

    def feed(self, data: bytes) -> Iterator[Request]:
        """Yield the requests that `data` completes; raise `WireError` at the first thing that is none."""
        try:
            self._fed_bytes += len(data)
            self._unpacker.feed(data)
            for message in self._unpacker:
                self._read_bytes = self._unpacker.tell()
                yield _request(message)
        except msgpack.exceptions.BufferFull as error:
            raise WireError("a message is larger than the limit") from error
        except (ValueError, msgpack.exceptions.UnpackException) as error:
            raise WireError(f"not a MessagePack request: {error}") from error
        if self._fed_bytes - self._read_bytes > self._max_message_bytes:
            raise WireError("a message is larger than the limit")


def _request(message: Any) -> Request:
    match message:
        case [0, int(call_id), str(method), [[bool()], *arguments]] if message[0] is not False:
            _check_depth(arguments, MAX_DEPTH)
            return Request(call_id, method, arguments)
    raise WireError("a message is not a call of a CARLA client")


def _check_depth(value: list[Any], levels_left: int) -> None:
    if not levels_left:
        raise WireError(f"a message is nested deeper than {MAX_DEPTH} levels")
    for item in value:
        if isinstance(item, list):
            _check_depth(item, levels_left - 1)


def encode_result(call_id: int, result: Any) -> bytes:
    """Return the answer to a call; `result` comes with its envelope (see `schema`)."""
    return _pack([RESPONSE, call_id, None, result])


def encode_error(call_id: int, message: str) -> bytes:
    """Return the answer that the client raises as `rpc::rpc_error`."""
    return _pack([RESPONSE, call_id, message, None])


def encode_body(value: Any) -> bytes:
    """Return a MessagePack value as some sensors carry it behind their header."""
    return _pack(value)


def stream_parts(payload: Sequence[Part]) -> list[Part]:
    """Return a stream message as it goes over the socket; what is small goes in one piece with its length."""
    length_bytes = sum(memoryview(part).nbytes for part in payload)
    head = STREAM_LENGTH.pack(length_bytes)
    if length_bytes <= SMALL_BYTES:
        return [head + b"".join(payload)]
    return [head, *payload]


def _pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed
