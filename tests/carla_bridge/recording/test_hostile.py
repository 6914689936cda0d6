"""A recording made by an enemy leaves no folder, takes no endless memory, and is refused in one sentence."""

import itertools
import json
import struct

import pytest
from mcap.writer import Writer

from carla_bridge.recording import chunks
from carla_bridge.recording.errors import DamagedRecording, NoRecording
from carla_bridge.recording.meta import META_NAME, encode_meta
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.repair import repair
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.sources import ImportSettings, sources_of

from . import drives

MAGIC = b"\x89MCAP0\r\n"


def with_meta(path, drive):
    """A whole MCAP file that says this of its drive, as JSON."""
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.add_metadata(META_NAME, {"drive": drive})
        writer.finish()
    return path


def meta_with(*, camera=None, **drive):
    fields = json.loads(encode_meta(drives.meta("front", "left"))["drive"])
    fields["cameras"][1] |= camera or {}
    return json.dumps(fields | drive)


def test_a_sound_meta_is_taken(tmp_path):
    with RecordedDrive(with_meta(tmp_path / "drive.mcap", meta_with())) as drive:
        assert drive.recording == drives.meta("front", "left")


@pytest.mark.parametrize(
    "meta",
    [
        *(
            meta_with(camera={"name": name})
            for name in ("../../evil", "Front", "a" * 33, "front", "left\n", 7)
        ),
        *(meta_with(camera={"width": width}) for width in (0, -1, 16385, 48.0, "48", True)),
        *(meta_with(camera={"fov_deg": fov}) for fov in (0, 180, float("nan"), 1e400, "90")),
        *(meta_with(camera={"mount": mount}) for mount in ([float("inf")] * 6, [0] * 7, ["0"] * 6, 0)),
        *(meta_with(fps_hz=fps) for fps in (0, -1, 1001, float("nan"), float("inf"), None, True)),
        meta_with(map_name="x" * 10_000),
        meta_with(source=7),
        meta_with(seed="7"),
        meta_with(cameras=[{**json.loads(meta_with())["cameras"][0], "name": f"c{n}"} for n in range(65)]),
        meta_with(cameras={}),
        meta_with(cameras=["front"]),
        "[" * 100_000,
        "[]",
        "7",
    ],
    ids=itertools.count(),
)
def test_a_meta_that_cannot_be_is_refused_in_one_sentence(tmp_path, meta):
    path = with_meta(tmp_path / "drive.mcap", meta)
    for read in (lambda: list(sources_of(path, ImportSettings())), lambda: repair(path)):
        with pytest.raises(NoRecording, match=r"drive\.mcap") as refused:
            read()
        assert len(str(refused.value)) < 500 + len(str(path))


def record_bytes(opcode, content):
    return struct.pack("<BQ", opcode, len(content)) + content


def refused(path, data):
    path.write_bytes(data)
    with pytest.raises(NoRecording, match=path.name) as problem:
        RecordedDrive(path).__enter__()
    return str(problem.value)


def test_an_attachment_of_endless_length_is_refused(tmp_path):
    attachment = struct.pack("<QQIIQ", 0, 0, 0, 0, 2**64 - 1) + bytes(8)
    refused(tmp_path / "drive.mcap", MAGIC + record_bytes(0x09, attachment))


def test_a_message_beyond_all_time_is_damage(tmp_path):
    path = tmp_path / "drive.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.add_metadata(META_NAME, encode_meta(drives.meta()))
        channel = writer.register_channel("/camera/front/semantic", "json", 0)
        writer.add_message(channel, log_time=2**63, data=b"{}", publish_time=0)
        writer.finish()
    with RecordedDrive(path) as drive, pytest.raises(DamagedRecording, match="later than time stamps reach"):
        list(drive.ticks)
    assert repair(path).lost_chunks == 1


def test_a_state_that_is_nested_for_ever_is_damage(tmp_path):
    path = tmp_path / "drive.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.add_metadata(META_NAME, encode_meta(drives.meta()))
        channel = writer.register_channel("/carla/state", "json", 0)
        writer.add_message(channel, log_time=0, data=b"[" * 100_000, publish_time=0)
        writer.finish()
    with RecordedDrive(path) as drive, pytest.raises(DamagedRecording, match="recursion"):
        list(drive.states())


def test_a_chunk_of_endless_messages_is_damage(tmp_path, monkeypatch):
    with DriveWriter(tmp_path / "drive.mcap", drives.meta()) as writer:
        for number in range(10):
            writer.write(drives.tick(number))
    monkeypatch.setattr(chunks, "MAX_CHUNK_RECORDS", 40)
    with RecordedDrive(writer.path) as drive, pytest.raises(DamagedRecording, match="more than 40 records"):
        list(drive)


@pytest.mark.parametrize(
    ("opcode", "count", "size"),
    [(0x0C, 10_001, 0), (0x09, 5, 1000)],
    ids=["metadata", "attachments"],
)
def test_endless_small_records_are_refused(tmp_path, monkeypatch, opcode, count, size):
    monkeypatch.setattr(chunks, "MAX_SMALL_BYTES", 100_000 if opcode == 0x0C else 4500)
    metadata = struct.pack("<II", 0, 0)
    attachment = struct.pack("<QQIIQ", 0, 0, 0, 0, size) + bytes(size) + bytes(4)
    one = record_bytes(opcode, metadata if opcode == 0x0C else attachment)
    assert "outside its chunks" in refused(tmp_path / "drive.mcap", MAGIC + one * count)


def test_endless_chunks_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "MAX_CHUNKS", 3)
    assert "more than 3 chunks" in refused(tmp_path / "drive.mcap", MAGIC + record_bytes(0x06, bytes(16)) * 4)


def test_a_huge_metadata_record_is_not_even_read(tmp_path):
    path = with_meta(tmp_path / "drive.mcap", meta_with() + " " * (2 << 20))
    with pytest.raises(NoRecording, match="nothing of a drive of ours"):
        RecordedDrive(path).__enter__()
