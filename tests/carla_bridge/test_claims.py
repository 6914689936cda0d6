"""One writer at a time, whoever it is; and none is kept out by one who is dead."""

import signal
import subprocess
import sys

import numpy as np
import pytest

from carla_bridge.claims import Claim, InUse
from carla_bridge.convert import ConvertSettings
from carla_bridge.convert import convert as convert_drive
from carla_bridge.recording.writer import DriveWriter, UnfinishedRecording
from carla_bridge.video import Mp4, UnfinishedVideo
from tests.carla_bridge.recording import drives
from tests.carla_bridge.test_convert import identity, paint
from tests.carla_bridge.test_parts import ThreeFrames

OTHER = """
import sys, time
from pathlib import Path
from carla_bridge.claims import Claim
claim = Claim.of_{}(Path(sys.argv[1]){})
print("mine", flush=True)
time.sleep(60)
"""


@pytest.fixture
def another_process():
    """Return a function that lets another process claim a path."""
    running = []

    def start(path, kind="file"):
        code = OTHER.format(kind, ", overwrite=True" if kind == "file" else "")
        process = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE)
        running.append(process)
        assert process.stdout.readline() == b"mine\n"
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def write_video(path, **options):
    with Mp4(path, fps_hz=20, **options) as video:
        video.write(np.zeros((32, 48, 3), np.uint8))


def write_recording(path, **options):
    with DriveWriter(path, drives.meta(), **options) as writer:
        writer.write(drives.tick(0))


WRITERS = pytest.mark.parametrize(
    ("write", "name", "unfinished"),
    [(write_video, "drive.mp4", UnfinishedVideo), (write_recording, "drive.mcap", UnfinishedRecording)],
    ids=["video", "recording"],
)


@WRITERS
@pytest.mark.parametrize("options", [{}, {"overwrite": True}], ids=["new", "overwrite"])
def test_a_file_that_another_process_writes_is_refused_and_stays_as_it_is(
    tmp_path, another_process, write, name, unfinished, options
):
    path = tmp_path / name
    partial = path.with_suffix(f".partial{path.suffix}")
    another_process(partial)
    partial.write_bytes(b"of the other")
    with pytest.raises(InUse, match=rf"{partial.name} is being written by another run; wait for its end"):
        write(path, **options)
    assert partial.read_bytes() == b"of the other"
    assert not path.exists()


@WRITERS
def test_a_killed_writer_keeps_nobody_out(tmp_path, another_process, write, name, unfinished):
    path = tmp_path / name
    other = another_process(path.with_suffix(f".partial{path.suffix}"))
    other.send_signal(signal.SIGKILL)
    other.wait()
    with pytest.raises(unfinished, match="--overwrite"):
        write(path)
    write(path, overwrite=True)
    assert [each.name for each in tmp_path.iterdir()] == [name]


@WRITERS
def test_a_writer_lets_go_when_it_is_done(tmp_path, write, name, unfinished):
    write(tmp_path / name)
    write(tmp_path / name, overwrite=True)
    with Claim.of_file(tmp_path / name, overwrite=True):
        pass


def test_a_file_that_got_its_name_meanwhile_is_not_emptied(tmp_path, monkeypatch):
    partial, whole = tmp_path / "a.partial", tmp_path / "a"
    partial.write_bytes(b"finished")
    real, calls = Claim.of_file.__func__.__globals__["fcntl"].flock, []

    def finishing_first(number, how):
        real(number, how)
        if not calls:
            calls.append(partial.replace(whole))  # as its writer does, who had the lock until now

    monkeypatch.setattr("carla_bridge.claims.fcntl.flock", finishing_first)
    with Claim.of_file(partial, overwrite=True):
        assert whole.read_bytes() == b"finished"
        assert partial.read_bytes() == b""


def test_two_conversions_of_one_drive_do_not_share_its_parts(tmp_path, another_process):
    out = tmp_path / "drive.mp4"
    (tmp_path / "drive.parts").mkdir()
    other = another_process(tmp_path / "drive.parts", kind="folder")
    with pytest.raises(InUse, match=r"drive\.parts is being written by another run"):
        convert_drive(ThreeFrames(), paint, out, identity(ConvertSettings()))
    other.kill()
    other.wait()
    assert convert_drive(ThreeFrames(), paint, out, identity(ConvertSettings())) == 3
