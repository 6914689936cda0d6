"""Recording a server that does not wait: nothing of it changes, ticks belong together, what is lost is counted."""

import itertools
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from carla_bridge.config import CameraConfig, ServerConfig, SessionConfig
from carla_bridge.errors import BridgeError
from carla_bridge.record import run_record
from carla_bridge.recording.info import describe, lost_ticks
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.repair import repair
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.session import LiveDrive
from carla_bridge.standin.process import StandInProcess
from tests.carla_bridge.live_server import SMALL, connected, look_at

FREE = SessionConfig(synchronous=False, vehicles=2)


@pytest.fixture(scope="module")
def port():
    with StandInProcess(seed=0, vehicles=2, walkers=2) as server:
        yield server.port


def open_free(port, *, cameras=None, layers=(), session=FREE):
    return LiveDrive.open(
        ServerConfig(port=port), cameras=cameras or {"front": SMALL}, layers=layers, session=session
    )


@pytest.mark.own_process(aborts=2)
def test_the_server_runs_on_as_it_did_and_is_left_as_it_was(port):
    before = look_at(port)
    with open_free(port) as drive:
        assert look_at(port).synchronous is False
        assert drive.recording.asynchronous
        assert drive.recording.fps_hz == pytest.approx(20, rel=0.3)
        ticks = [tick.state.tick for tick in itertools.islice(drive.ticks(), 15)]
    assert look_at(port) == before
    assert all(later > earlier for earlier, later in itertools.pairwise(ticks))


@pytest.mark.own_process(aborts=2)
def test_all_cameras_layers_and_the_state_are_of_one_tick(port):
    cameras = {"front": SMALL, "rear": CameraConfig(width=64, height=32, yaw_deg=180.0)}
    with open_free(port, cameras=cameras, layers=("instance", "depth")) as drive:
        ticks = list(itertools.islice(drive.ticks(), 12))
    for tick in ticks:
        assert {frame.tick for frame in tick.frames} == {tick.state.tick}
        assert len({frame.time_s for frame in tick.frames}) == 1
        assert all(frame.depth_m is not None and frame.instance_ids is not None for frame in tick.frames)
    for earlier, later in itertools.pairwise(ticks):
        assert later.missed == later.state.tick - earlier.state.tick - 1


class SlowWriter(DriveWriter):
    """A writer on a disk that takes its time."""

    def _run(self):
        add = self._track.add
        self._track.add = lambda tick: (time.sleep(0.25), add(tick))
        super()._run()


@pytest.mark.own_process(aborts=2)
def test_what_cannot_be_written_in_time_is_dropped_and_counted(port, tmp_path):
    path = tmp_path / "drive.mcap"
    with open_free(port) as drive, SlowWriter(path, drive.recording) as writer:
        result = run_record(drive.ticks(), writer, frames=16)
    assert result.frames == 16
    assert result.dropped > 3
    with RecordedDrive(path) as recorded:
        assert len(recorded) == 16
        assert recorded.recording.asynchronous
        gone = lost_ticks(recorded.ticks)
    assert (
        result.missed + result.dropped >= gone >= 3
    )  # those before the first and after the last are in no gap
    assert f"recorded without waiting: {gone} ticks in between are missing" in "\n".join(describe(path))
    repaired = repair(path)
    assert f"{gone} ticks in between are missing" in "\n".join(describe(repaired.path))


def test_in_synchronous_mode_a_slow_disk_makes_the_drive_wait_and_nothing_is_lost(port, tmp_path):
    path = tmp_path / "drive.mcap"
    with open_free(port, session=SessionConfig()) as drive, SlowWriter(path, drive.recording) as writer:
        result = run_record(drive.ticks(), writer, frames=12)
    with RecordedDrive(path) as recorded:
        assert (len(recorded), lost_ticks(recorded.ticks), result.dropped, result.missed) == (12, 0, 0, 0)
        assert "without waiting" not in "\n".join(describe(path))


def test_a_server_that_somebody_else_drives_is_recorded_beside_them(port, tmp_path):
    path = tmp_path / "drive.mcap"
    words = (
        "record",
        "--asynchronous",
        "--port",
        port,
        "--frames",
        10,
        "--width",
        64,
        "--height",
        32,
        "--out",
        path,
    )
    command = [sys.executable, "-m", "carla_bridge.cli", *map(str, words)]
    over = threading.Event()
    with connected(port) as other:
        before = other.world.get_settings()
        ours = other.world.get_settings()
        ours.synchronous_mode, ours.fixed_delta_seconds = True, 0.05
        other.world.apply_settings(ours)

        def tick_on():
            while not over.is_set():
                other.world.tick()
                time.sleep(0.03)

        ticking = threading.Thread(target=tick_on)
        ticking.start()
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            assert other.world.get_settings().synchronous_mode
        finally:
            over.set()
            ticking.join()
            other.world.apply_settings(before)
    assert done.returncode == 0, done.stderr
    assert "wrote 10 frames of 1 cameras" in done.stdout
    assert "the server did not wait: " in done.stdout
    with RecordedDrive(path) as recorded:
        assert len(recorded) == 10
        assert recorded.recording.fps_hz == pytest.approx(20)
        assert np.unique(next(iter(recorded)).tags).size > 1


def test_a_rate_of_ones_own_is_refused(port):
    camera = SMALL.model_copy(update={"sensor_tick_s": 0.1})
    with (
        pytest.raises(BridgeError, match="takes every picture that comes; leave out"),
        open_free(port, cameras={"front": camera}),
    ):
        pass
