"""Byte transcripts, cut everywhere; and everything that must close a connection."""

from itertools import chain

import msgpack
import pytest

from carla_bridge.standin.protocol import wire
from carla_bridge.standin.protocol.wire import Request, RequestReader, WireError

VERSION_CALL = bytes.fromhex("940001a776657273696f6e9191c2")  # as the official client sends it


@pytest.mark.parametrize("cut", range(len(VERSION_CALL) + 1))
def test_a_call_may_arrive_in_two_pieces_cut_anywhere(cut):
    reader = RequestReader()
    requests = [*reader.feed(VERSION_CALL[:cut]), *reader.feed(VERSION_CALL[cut:])]
    assert requests == [Request(1, "version", [])]


def test_calls_that_arrive_together_keep_their_order():
    second = msgpack.packb([0, 2, "tick_cue", [[True], 1.5, b"\x00"]])
    assert list(RequestReader().feed(VERSION_CALL + second)) == [
        Request(1, "version", []),
        Request(2, "tick_cue", [1.5, b"\x00"]),
    ]


@pytest.mark.parametrize(
    "message",
    [
        7,
        [],
        [1, 1, None, None],
        [2, "notify", []],
        [False, 1, "version", [[False]]],
        [0, "1", "version", [[False]]],
        [0, 1, b"version", [[False]]],
        [0, 1, "version", []],
        [0, 1, "version", [False]],
    ],
)
def test_what_is_no_call_is_refused(message):
    with pytest.raises(WireError, match="not a call"):
        list(RequestReader().feed(msgpack.packb(message)))


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xc1", b"\xff" * 10, b"\x94\x00\x01\xa2\xff\xfe\x91\x91\xc2"]
)
def test_garbage_is_refused(garbage):
    with pytest.raises(WireError):
        list(RequestReader().feed(garbage))


def test_a_message_above_the_limit_is_refused_while_it_arrives():
    reader = RequestReader(max_message_bytes=1000)
    assert list(reader.feed(b"\x94\x00\x01\xc6\x00\x00\x07\xd0" + bytes(500))) == []
    with pytest.raises(WireError, match="larger than the limit"):
        list(reader.feed(bytes(600)))


def test_a_message_of_many_small_items_is_refused_while_it_arrives():
    """The parser forgets items that it has read, and counted only the bytes of the item it was at."""
    reader, part = RequestReader(), b"\xdc\x40\x00" + b"\x90" * 16_384
    list(reader.feed(VERSION_CALL + b"\xdc\x40\x00"))
    with pytest.raises(WireError, match="larger than the limit"):
        list(chain.from_iterable(reader.feed(part) for _ in range(wire.MAX_MESSAGE_BYTES // len(part) + 1)))


def test_many_calls_together_may_be_larger_than_one():
    reader = RequestReader(max_message_bytes=1000)
    assert len([request for _ in range(500) for request in reader.feed(VERSION_CALL)]) == 500


@pytest.mark.parametrize("head", [b"\xdd\x00\x10\x00\x00", b"\xdf\x00\x00\x00\x09"])
def test_a_claimed_length_above_the_limit_is_refused_at_once(head):
    with pytest.raises(WireError):
        list(RequestReader().feed(head))


@pytest.mark.parametrize("depth", [wire.MAX_DEPTH + 1, 400, 5000])
def test_deep_nesting_is_refused(depth):
    with pytest.raises(WireError):
        list(RequestReader().feed(b"\x94\x00\x01\xa1m\x92\x91\xc2" + b"\x91" * depth + b"\x01"))


def test_the_deepest_thing_a_client_sends_passes():
    deep: list = [1]
    for _ in range(12):
        deep = [deep]
    (request,) = RequestReader().feed(msgpack.packb([0, 1, "apply_batch", [[False], deep, False]]))
    assert request.arguments == [deep, False]


def test_answers_are_four_element_arrays():
    assert msgpack.unpackb(wire.encode_result(5, [[1, b"\x01"]])) == [1, 5, None, [[1, b"\x01"]]]
    assert msgpack.unpackb(wire.encode_error(6, "no")) == [1, 6, "no", None]


def test_a_stream_message_begins_with_its_length():
    assert wire.stream_parts([b"ab", memoryview(b"c")]) == [b"\x03\x00\x00\x00abc"]


def test_a_large_stream_message_is_not_copied():
    pixels = memoryview(bytearray(100_000))
    length, header, same = wire.stream_parts([b"head", pixels])
    assert (length, header) == ((100_004).to_bytes(4, "little"), b"head")
    assert same is pixels
