"""A drive comes back from the disk as it was, whole or cut."""

import os
import subprocess
import sys
import textwrap
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from mcap.reader import make_reader

from carla_bridge.errors import BridgeError
from carla_bridge.outputs import CannotWrite, OutputExists
from carla_bridge.recording.errors import DamagedRecording, NoRecording, NoSuchCamera, NoSuchFrame
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.repair import repair
from carla_bridge.recording.writer import DriveWriter, UnfinishedRecording

from . import drives


def record(path, count=5, cameras=("front",), **options):
    with DriveWriter(path, drives.meta(*cameras)) as writer:
        for number in range(count):
            writer.write(drives.tick(number, *cameras, **options))
    return path


def same(a, b):
    arrays = ("tags", "instance_ids", "depth_m", "rgb", "flow")
    return (a.tick, a.camera) == (b.tick, b.camera) and all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in arrays
    )


def test_every_layer_of_every_camera_comes_back_to_the_bit(tmp_path):
    path = record(tmp_path / "drive.mcap", cameras=("front", "left"), all_layers=True)
    for camera in ("front", "left"):
        with RecordedDrive(path, camera=camera, layers=("instance", "depth", "rgb", "flow")) as drive:
            frames = list(drive)
        assert len(frames) == 5
        for number, frame in enumerate(frames):
            assert same(frame, drives.frame(number, camera, all_layers=True))
            assert frame.time_s == pytest.approx(5.0 + number / 20, abs=1e-9)


def test_states_and_meta_come_back_to_the_bit(tmp_path):
    with RecordedDrive(record(tmp_path / "drive.mcap")) as drive:
        assert list(drive.states()) == [drives.state(number) for number in range(5)]
        assert drive.recording == drives.meta("front")
        assert (drive.meta.width, drive.meta.height, drive.meta.fps_hz) == (48, 32, 20.0)
        assert drive.whole


def test_layers_that_nobody_asked_for_are_left_on_the_disk(tmp_path):
    with RecordedDrive(record(tmp_path / "drive.mcap", all_layers=True)) as drive:
        assert next(iter(drive)).rgb is None


def test_a_frame_is_found_by_tick_and_by_time(tmp_path):
    with RecordedDrive(record(tmp_path / "drive.mcap", count=60)) as drive:
        assert len(drive) == 60
        assert same(drive.at_tick(141), drives.frame(41))
        assert drive.at_time(5.0 + 17 / 20 + 0.01).tick == 117  # the latest one before
        with pytest.raises(NoSuchFrame, match="tick 160; it has ticks 100 to 159"):
            drive.at_tick(160)
        with pytest.raises(NoSuchFrame, match=r"4\.9 s"):
            drive.at_time(4.9)


def test_the_official_reader_finds_an_indexed_file_in_order(tmp_path):
    with record(tmp_path / "drive.mcap", cameras=("front", "left")).open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        summary = reader.get_summary()
        topics = {channel.topic for channel in summary.channels.values()}
        times = [message.log_time for _, _, message in reader.iter_messages()]
    assert topics >= {"/camera/front/semantic", "/camera/left/calibration", "/tf", "/tf_static", "/actors"}
    assert summary.statistics.message_count == len(times) == 5 * 5 + 3
    assert times == sorted(times)


def test_an_unfinished_recording_keeps_its_partial_name_and_is_not_replaced(tmp_path):
    path = tmp_path / "drive.mcap"

    def fail():
        with DriveWriter(path, drives.meta()) as writer:
            writer.write(drives.tick(0))
            raise RuntimeError("the drive failed")

    with pytest.raises(RuntimeError, match="the drive failed"):
        fail()
    assert not path.exists()
    with RecordedDrive(tmp_path / "drive.partial.mcap") as drive:
        assert len(list(drive)) == 1
    with pytest.raises(UnfinishedRecording, match=r"drive\.partial\.mcap"):
        record(path)


def test_a_taken_name_is_refused_before_anything_is_written(tmp_path):
    path = record(tmp_path / "drive.mcap")
    before = path.read_bytes()
    with pytest.raises(OutputExists):
        record(path)
    assert path.read_bytes() == before


def test_another_camera_is_refused_by_name(tmp_path):
    with pytest.raises(NoSuchCamera, match="no camera 'rear'; it has front, left"):
        RecordedDrive(record(tmp_path / "d.mcap", cameras=("front", "left")), camera="rear").__enter__()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97, 0.999])
def test_a_cut_file_is_read_as_far_as_its_last_whole_chunk(tmp_path, share):
    whole = record(tmp_path / "drive.mcap", count=40, all_layers=True)
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    with RecordedDrive(cut) as drive:
        frames = list(drive)
        assert [frame.tick for frame in frames] == list(range(100, 100 + len(frames)))
        assert len(drive) == len(frames)
        assert not drive.whole


def test_a_repaired_file_has_every_whole_chunk_and_an_index(tmp_path):
    whole = record(tmp_path / "drive.mcap", count=400, all_layers=True)
    cut = tmp_path / "drive.partial.mcap"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    with RecordedDrive(cut) as drive:
        expected = [frame.tick for frame in drive]
    repaired = repair(cut)
    assert repaired.path == tmp_path / "drive.repaired.mcap"
    assert repaired.frames == len(expected) > 100
    with RecordedDrive(repaired.path, layers=("depth",)) as drive:
        assert drive.whole
        assert [frame.tick for frame in drive] == expected
        assert np.array_equal(drive.at_tick(150).depth_m, drives.frame(50, all_layers=True).depth_m)


def test_a_damaged_chunk_is_named_when_read_and_left_out_when_repaired(tmp_path):
    path = record(tmp_path / "drive.mcap", count=400, all_layers=True)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with RecordedDrive(path) as drive, pytest.raises(DamagedRecording, match="carla-bridge repair"):
        list(drive)
    repaired = repair(path)
    assert repaired.lost_chunks == 1
    assert 0 < repaired.frames < 400


@pytest.mark.parametrize(
    "content", [b"", b"\x89MCAP0\r\n", b"\x89PNG\r\n\x1a\n" + bytes(100), b"\x89MCAP0\r\n" + b"\xff" * 300]
)
def test_a_foreign_file_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "foreign.mcap"
    path.write_bytes(content)
    with pytest.raises(NoRecording, match=r"foreign\.mcap"):
        RecordedDrive(path).__enter__()
    with pytest.raises(NoRecording, match=r"foreign\.mcap"):
        repair(path)


def test_a_file_cut_anywhere_is_read_or_refused_but_never_crashes(tmp_path):
    data = record(tmp_path / "drive.mcap", count=3).read_bytes()
    cut, read, refused = tmp_path / "cut.mcap", 0, 0
    for length in range(0, len(data), 37):
        cut.write_bytes(data[:length])
        try:
            with RecordedDrive(cut) as drive:
                assert [frame.tick for frame in drive] in ([], [100, 101, 102])  # they are in one chunk
                list(drive.states())
                read += 1
        except BridgeError:
            refused += 1
    assert read > 0
    assert refused > 0


def test_random_damage_is_read_or_refused_but_never_crashes(tmp_path):
    data = record(tmp_path / "drive.mcap", count=3, all_layers=True).read_bytes()
    path, rng = tmp_path / "damaged.mcap", np.random.default_rng(0)
    refused = 0
    for _ in range(150):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 3):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            with RecordedDrive(path, layers=("depth",)) as drive:
                list(drive)
                list(drive.states())
                list(islice(drive, 1)) and drive.at_tick(101)
        except BridgeError:
            refused += 1
    assert refused > 50  # most of a file is pictures, whose checksum tells


def test_a_chunk_that_claims_to_unpack_to_terabytes_is_refused(tmp_path):
    path = record(tmp_path / "drive.mcap")
    data = bytearray(path.read_bytes())
    with RecordedDrive(path) as drive:
        place = drive._contents.chunks[0]
    data[place.offset + 16 : place.offset + 24] = (1 << 42).to_bytes(8, "little")
    path.write_bytes(data)
    with RecordedDrive(path) as drive, pytest.raises(DamagedRecording, match="unpacks to"):
        list(drive)


def test_a_full_disk_ends_the_recording_with_one_sentence_and_a_readable_file(tmp_path):
    path = tmp_path / "drive.mcap"
    script = f"""
        import resource, signal
        from tests.carla_bridge.recording import drives
        from carla_bridge.errors import BridgeError
        from carla_bridge.recording.writer import DriveWriter
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9_000_000, 9_000_000))  # the disk ends here
        try:
            with DriveWriter({str(path)!r}, drives.meta()) as writer:
                for number in range(10_000):
                    writer.write(drives.tick(number, all_layers=True))
        except BridgeError as error:
            print(error)
    """
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=root, capture_output=True, text=True, timeout=120
    )
    assert ran.stderr == ""
    assert ran.stdout.startswith(f"cannot write {path}: File too large")
    assert ran.stdout.count("\n") == 1
    with RecordedDrive(tmp_path / "drive.partial.mcap") as drive:
        assert len(list(drive)) > 20


def test_a_writer_that_cannot_wait_counts_what_it_drops(tmp_path):
    with DriveWriter(tmp_path / "drive.mcap", drives.meta()) as writer:
        taken = sum(writer.offer(drives.tick(number, all_layers=True)) for number in range(300))
        dropped = writer.dropped
    assert taken + dropped == 300
    assert dropped > 0
    with RecordedDrive(writer.path) as drive:
        assert len(drive) == taken


def test_no_folder_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="file"):
        record(tmp_path / "file" / "drive.mcap")


def test_the_disk_has_a_recording_before_it_gets_its_name_and_then_its_folder(tmp_path, monkeypatch):
    real, settled = os.fsync, []

    def note(number):
        place = Path(f"/proc/self/fd/{number}").readlink()
        settled.append((place.name, (tmp_path / "drive.mcap").exists()))
        real(number)

    monkeypatch.setattr(os, "fsync", note)
    record(tmp_path / "drive.mcap")
    assert settled == [("drive.partial.mcap", False), (tmp_path.name, True)]
