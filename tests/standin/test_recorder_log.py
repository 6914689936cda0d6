"""Recorder logs as bytes: whole, cut off, hostile, and one that a real server made."""

import io
import struct
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carla_bridge.standin.recorder_logs import recorder_log, recorder_records
from carla_bridge.standin.recorder_logs.recorder_codec import LogError, decode, encode
from carla_bridge.standin.recorder_logs.recorder_log import Header, LogReader
from carla_bridge.standin.recorder_logs.recorder_records import PacketId
from tests.standin.recorder_examples import (
    A_RECORD_OF_EACH_KIND,
    HEADER_BYTES,
    NOON_2026_S,
    REAL_LOG,
    add,
    at,
    log_of,
    reader_of,
)

real_log = pytest.mark.skipif(not REAL_LOG.exists(), reason="CARLA_BRIDGE_DATA names no recorder log")
quick = settings(max_examples=50, deadline=None)  # no test asserts how long something takes
FLOATS = st.floats(width=32, allow_nan=False)
IDS = st.integers(0, 2**32 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def read_as_far_as_possible(data):
    """Return the numbers of the frames that can be read, and what is said of the rest."""
    numbers, said = [], None
    try:
        numbers.extend(frame.number for frame in LogReader(io.BytesIO(data)).frames())
    except LogError as error:
        said = str(error)
    return numbers, said


@pytest.mark.parametrize("kind", A_RECORD_OF_EACH_KIND, ids=lambda kind: kind.name)
def test_a_record_of_each_kind_comes_back(kind):
    records = [A_RECORD_OF_EACH_KIND[kind]]
    assert decode(kind, encode(kind, records)) == records


def test_no_kind_is_forgotten():
    assert {*A_RECORD_OF_EACH_KIND, PacketId.FRAME_END} == set(PacketId)


@quick
@given(st.lists(st.builds(recorder_records.Position, IDS, *[FLOATS] * 6), max_size=5))
def test_any_positions_come_back(positions):
    assert decode(PacketId.POSITION, encode(PacketId.POSITION, positions)) == positions


@quick
@given(
    TEXTS,
    st.lists(st.builds(recorder_records.Attribute, st.integers(0, 255), TEXTS, TEXTS), max_size=4).map(tuple),
)
def test_any_texts_come_back(type_id, attributes):
    event = add(1, type_id)._replace(attributes=attributes)
    assert decode(PacketId.EVENT_ADD, encode(PacketId.EVENT_ADD, [event])) == [event]


@quick
@given(st.sampled_from([kind for kind in PacketId if kind != PacketId.FRAME_END]), st.binary(max_size=80))
def test_any_bytes_are_records_or_one_sentence(kind, data):
    with suppress(LogError):
        decode(kind, data)


def test_more_records_than_the_packet_has_room_for_are_refused_before_they_are_made():
    with pytest.raises(LogError, match="claims 65535 records"):
        decode(PacketId.EVENT_ADD, b"\xff\xff" + b"\0" * 100)
    with pytest.raises(LogError, match="claims 4294967295 records"):
        decode(PacketId.ANIM_VEHICLE_WHEELS, struct.pack("<HII", 1, 5, 0xFFFF_FFFF) + b"\0" * 40)


def test_a_text_that_is_too_long_for_its_length_is_cut():
    (event,) = decode(PacketId.EVENT_ADD, encode(PacketId.EVENT_ADD, [add(1, "x" * 70_000)]))
    assert event.type_id == "x" * 65_535


def test_a_frame_learns_how_long_it_was_when_the_next_begins():
    reader = reader_of({}, {}, {}, delta_s=0.25)
    assert reader.header == Header(1, NOON_2026_S, "Town01")
    assert [frame[:3] for frame in reader.frames()] == [(1, 0.25, 0.0), (2, 0.25, 0.25), (3, -1.0, 0.5)]
    assert reader.total_s() == 0.5


def test_a_log_that_is_cut_off_anywhere_gives_its_whole_frames_and_one_sentence():
    frame = {PacketId.EVENT_ADD: [add(5, "vehicle.a.b")], PacketId.POSITION: [at(5, 1.0)]}
    whole = log_of(frame, frame, frame)
    frame_bytes = (len(whole) - HEADER_BYTES) // 3
    for length in range(len(whole)):
        numbers, said = read_as_far_as_possible(whole[:length])
        frames, rest = divmod(max(0, length - HEADER_BYTES), frame_bytes)
        assert len(numbers) == frames
        assert (said is None) == (length >= HEADER_BYTES and rest == 0)


@quick
@given(st.integers(HEADER_BYTES, 300), st.binary(min_size=1, max_size=12))
def test_a_damaged_log_gives_frames_or_one_sentence(place, garbage):
    frame = {PacketId.EVENT_ADD: [add(5, "vehicle.a.b")], PacketId.POSITION: [at(5, 1.0)]}
    whole = bytearray(log_of(frame, frame))
    whole[place : place + len(garbage)] = garbage
    read_as_far_as_possible(bytes(whole))


def test_packets_of_kinds_to_come_are_skipped_by_their_length():
    before, after = log_of({}), log_of({}, {PacketId.POSITION: [at(5, 1.0)]})
    unknown = struct.pack("<BI", 211, 3) + b"abc"
    frames = list(LogReader(io.BytesIO(before + unknown + after[len(before) :])).frames())
    assert [frame.number for frame in frames] == [1, 2]
    assert frames[1].records(PacketId.POSITION) == [at(5, 1.0)]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "File is not a CARLA recorder"),
        (b"PK\3\4" + b"\0" * 100, "File is not a CARLA recorder"),
        (struct.pack("<HH14s", 2, 14, b"CARLA_RECORDER"), "version 2"),
        (struct.pack("<HH14sqH", 1, 14, b"CARLA_RECORDER", 0, 60_000), "60000 bytes"),
        (log_of() + struct.pack("<BI", PacketId.POSITION, 2**32 - 1), "ends within a packet"),
        (log_of() + struct.pack("<BI", 99, 2**32 - 1), "ends within a packet"),
        (log_of() + struct.pack("<BI", PacketId.POSITION, 0), "outside of all frames"),
        (log_of() + struct.pack("<BIQdd", 0, 24, 1, 0.0, 0.0) * 2, "frame 1 has no end"),
        (log_of() + struct.pack("<BIQdd", 0, 24, 1, 0.0, float("nan")), "frame 1 has no time"),
    ],
)
def test_what_is_no_log_or_a_hostile_one_is_refused_in_one_sentence(data, sentence):
    numbers, said = read_as_far_as_possible(data)
    assert numbers == []
    assert sentence in said


def test_packets_and_frames_have_a_largest_size(monkeypatch):
    monkeypatch.setattr(recorder_log, "MAX_PACKET_BYTES", 1000)
    monkeypatch.setattr(recorder_log, "MAX_FRAME_BYTES", 1500)
    large, small = [at(5, 1.0)] * 40, [at(5, 1.0)] * 30
    assert "1122 bytes" in read_as_far_as_possible(log_of({PacketId.POSITION: large}))[1]
    crowded = {PacketId.POSITION: small, PacketId.KINEMATICS: [(5, *[0.0] * 6)] * 30}
    assert "frame 1 has more than 1500 bytes" in read_as_far_as_possible(log_of(crowded))[1]


@real_log
def test_a_real_log_is_read_whole_and_written_back_byte_for_byte():
    with REAL_LOG.open("rb") as file:
        reader = LogReader(file)
        assert reader.header == Header(1, 1637676528, "Town01")
        frames = list(reader.frames())
    assert (len(frames), frames[-1].number) == (847, 847)
    assert frames[-1].elapsed_s == pytest.approx(24.72371636610478)
    for frame in frames[:60] + frames[-10:]:
        for kind, data in frame.packets:
            assert encode(kind, decode(kind, data)) == data
    added = [event for frame in frames for event in frame.records(PacketId.EVENT_ADD)]
    assert Counter(event.type for event in added) == {0: 116, 1: 2, 3: 36, 4: 21, 5: 6}
    assert [event.type_id for event in added if event.type == 1] == [
        "vehicle.lincoln.mkz_2017",
        "vehicle.nissan.patrol",
    ]
    assert [event.actor_id for frame in frames for event in frame.records(PacketId.EVENT_DEL)] == [
        175,
        176,
        174,
    ]
