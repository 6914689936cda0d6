"""Whatever ends the writer's thread ends the recording: nobody waits for ever, and nothing broken is called whole."""

import subprocess
import sys
import textwrap
from dataclasses import replace
from math import inf, isnan, nan
from pathlib import Path

import pytest

from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.writer import QUEUED_TICKS, DriveWriter

from . import drives

LIMITED = """
    import resource, signal
    from tests.carla_bridge.recording import drives
    from carla_bridge.errors import BridgeError
    from carla_bridge.recording.writer import DriveWriter
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))  # the disk ends here
    try:
        with DriveWriter({path!r}, drives.meta()) as writer:
            for number in range(10):
                writer.write(drives.tick(number, all_layers=True))
    except BridgeError as error:
        print(error)
"""


def test_a_disk_that_is_full_at_the_very_end_ends_the_recording(tmp_path):
    path = tmp_path / "drive.mcap"
    script = textwrap.dedent(LIMITED).format(limit=20_000, path=str(path))
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout.startswith(f"cannot write {path}: File too large")
    assert not path.exists()


def unwritable(number):
    """A tick whose tags have a type that no layer has."""
    tick = drives.tick(number)
    frame = replace(tick.frames[0], tags=tick.frames[0].tags.astype("int64"))
    return replace(tick, frames=(frame,))


@pytest.mark.parametrize("later", [0, 3 * QUEUED_TICKS])
def test_what_the_thread_cannot_write_is_raised_and_the_file_stays_partial(tmp_path, later):
    path = tmp_path / "drive.mcap"

    def record():
        with DriveWriter(path, drives.meta()) as writer:
            for number in range(later + 1):
                writer.write(unwritable(number))

    with pytest.raises(AssertionError, match="tags is int64"):
        record()
    assert not path.exists()
    assert (tmp_path / "drive.partial.mcap").exists()


def test_an_error_in_the_thread_does_not_hide_why_the_drive_ended(tmp_path):
    def interrupt():
        with DriveWriter(tmp_path / "drive.mcap", drives.meta()) as writer:
            assert writer.offer(unwritable(0))
            writer._thread.join()
            for _ in range(QUEUED_TICKS):
                writer._waiting.put_nowait(drives.tick(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_numbers_that_carla_does_not_know_come_back_as_nan(tmp_path):
    whole = drives.state(0)
    lost = replace(
        whole.ego, velocity_mps=(nan, inf, 1.0), placement=whole.ego.placement._replace(yaw_deg=inf)
    )
    state = replace(whole, ego=lost, weather={"cloudiness": nan}, control={"steer": -inf})
    with DriveWriter(tmp_path / "drive.mcap", drives.meta()) as writer:
        writer.write(replace(drives.tick(0), state=state))
    with RecordedDrive(writer.path) as drive:
        (back,) = drive.states()
    x_mps, y_mps, z_mps = back.ego.velocity_mps
    assert isnan(x_mps)
    assert isnan(y_mps)
    assert z_mps == 1.0
    numbers = (back.ego.placement.yaw_deg, back.weather["cloudiness"], back.control["steer"])
    assert all(map(isnan, numbers))
    assert back.actors == whole.actors
