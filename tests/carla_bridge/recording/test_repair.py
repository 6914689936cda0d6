"""A damaged or cut recording gives back every whole tick, wherever the damage is, and no half one."""

from itertools import pairwise

import pytest

from carla_bridge.recording import track
from carla_bridge.recording.chunks import find_contents
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.repair import repair
from carla_bridge.recording.writer import DriveWriter

from . import drives

CAMERAS = ("front", "left")


@pytest.fixture
def in_small_chunks(tmp_path, monkeypatch):
    """A drive of twenty ticks whose chunks end in the middle of ticks, as old files' do and those of large ticks."""
    monkeypatch.setattr(track, "CUT_BYTES", 30_000)
    with DriveWriter(tmp_path / "drive.mcap", drives.meta(*CAMERAS)) as writer:
        for number in range(20):
            writer.write(drives.tick(number, *CAMERAS, all_layers=True))
    monkeypatch.undo()
    return writer.path


def chunks_of(path):
    with path.open("rb") as file:
        return find_contents(file).chunks


def cut(path, length):
    target = path.with_name("cut.partial.mcap")
    target.write_bytes(path.read_bytes()[:length])
    return target


def test_a_cut_file_without_its_first_chunk_is_repaired_and_keeps_its_lenses(in_small_chunks):
    chunks = chunks_of(in_small_chunks)
    data = bytearray(in_small_chunks.read_bytes())
    data[chunks[0].offset + 100] ^= 0xFF
    in_small_chunks.write_bytes(data)
    repaired = repair(cut(in_small_chunks, chunks[-1].offset))
    assert repaired.lost_chunks == 1
    assert repaired.frames >= 15
    with RecordedDrive(repaired.path, camera="left", layers=("depth",)) as drive:
        assert all(frame.depth_m is not None for frame in drive)
        counts = drive.topics()
    assert counts["/tf_static"] == counts["/camera/left/calibration"] == 1


def test_a_tick_that_the_end_cuts_in_two_is_neither_read_nor_saved(in_small_chunks):
    layers = ("instance", "depth", "rgb", "flow")
    lengths = set()
    for chunk in chunks_of(in_small_chunks)[2:12]:
        partial = cut(in_small_chunks, chunk.offset + chunk.length)
        repaired = repair(partial, overwrite=True)
        for path in (partial, repaired.path):
            for camera in CAMERAS:
                with RecordedDrive(path, camera=camera, layers=layers) as drive:
                    assert len(drive) == len(list(drive)) == len(list(drive.states())) == repaired.frames
                    last = drive.at_tick(99 + len(drive))
                assert last.flow is not None
                assert (last.tags == drives.frame(len(drive) - 1, camera, all_layers=True).tags).all()
        lengths.add(repaired.frames)
    assert len(lengths) > 3


def test_a_tick_that_lost_its_middle_is_left_out(in_small_chunks):
    chunks = chunks_of(in_small_chunks)
    data = bytearray(in_small_chunks.read_bytes())
    data[chunks[5].offset + 100] ^= 0xFF
    in_small_chunks.write_bytes(data)
    repaired = repair(in_small_chunks)
    assert repaired.lost_chunks == 1
    assert 15 < repaired.frames < 20
    for camera in CAMERAS:
        with RecordedDrive(repaired.path, camera=camera, layers=("flow",)) as drive:
            assert [frame.flow is not None for frame in drive] == [True] * repaired.frames


def test_chunks_end_where_ticks_end(tmp_path, monkeypatch):
    monkeypatch.setattr(track, "CHUNK_BYTES", 30_000)
    with DriveWriter(tmp_path / "drive.mcap", drives.meta(*CAMERAS)) as writer:
        for number in range(9):
            writer.write(drives.tick(number, *CAMERAS, all_layers=True))
    spans = [(chunk.start_ns, chunk.end_ns) for chunk in chunks_of(writer.path)]
    assert len(spans) > 3
    assert all(end < start for (_, end), (start, _) in pairwise(spans))
