"""A drive on a server ends up on the disk, every tick of every camera, and its state."""

import itertools

import numpy as np
import pytest
from click.testing import CliRunner

from carla_bridge.cli import main
from carla_bridge.config import CameraConfig, ConfigRefused, RecordConfig, SessionConfig, load_config
from carla_bridge.record import run_record
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.session import LiveDrive
from carla_bridge.standin.process import StandInProcess

CAMERAS = {
    "front": CameraConfig(width=96, height=64),
    "left": CameraConfig(width=64, height=48, yaw_deg=-70.0),
}


@pytest.fixture(scope="module")
def port():
    with StandInProcess(port=0, seed=0) as server:
        yield server.port


def test_every_tick_of_every_camera_and_layer_is_recorded(port, tmp_path):
    path, kept = tmp_path / "drive.mcap", []
    with LiveDrive.open(
        port=port, cameras=CAMERAS, layers=("instance", "depth", "rgb"), session=SessionConfig(vehicles=2)
    ) as drive:

        def ticks():
            for tick in drive.ticks():
                kept.append(tick)
                yield tick

        with DriveWriter(path, drive.recording) as writer:
            result = run_record(ticks(), writer, frames=6)
    assert (result.frames, result.ending) == (6, "done")
    for place, camera in enumerate(CAMERAS):
        with RecordedDrive(path, camera=camera, layers=("instance", "depth", "rgb")) as recorded:
            frames = list(recorded)
            assert recorded.meta.width == CAMERAS[camera].width
            states = list(recorded.states())
        assert [frame.tick for frame in frames] == [tick.frames[place].tick for tick in kept]
        for frame, tick in zip(frames, kept, strict=True):
            live = tick.frames[place]
            for field in ("tags", "instance_ids", "depth_m", "rgb"):
                assert np.array_equal(getattr(frame, field), getattr(live, field)), field
    assert states == [tick.state for tick in kept]
    first, last = states[0], states[-1]
    assert last.ego.type_id == "vehicle.tesla.model3"
    assert {actor.type_id.split(".")[0] for actor in first.actors} == {"vehicle", "walker"}
    assert first.ego.placement != last.ego.placement


def test_layers_agree_with_each_other(port):
    with LiveDrive.open(port=port, cameras=CAMERAS, layers=("instance", "depth")) as drive:
        ticks = drive.ticks()
        frame = next(itertools.islice(ticks, 3, None)).frames[0]
        state = next(ticks).state
    sky = drive.recording.tag_table == "0.9.14" and frame.tags == 11
    assert (frame.depth_m[sky] > 999).all()
    assert (frame.depth_m[~sky] < 1000).all()
    ids = {actor.id for actor in (state.ego, *state.actors)}
    seen = set(np.unique(frame.instance_ids[frame.tags == 14]).tolist())
    assert all(number in ids or number >= 0x8000 for number in seen)  # what is parked for ever is no actor


def test_the_command_records_and_says_what_is_there(port, tmp_path):
    out = tmp_path / "drive.mcap"
    command = ["record", "--port", str(port), "--frames", "4", "--cameras", "front,rear", "--out", str(out)]
    ran = CliRunner().invoke(main, [*command, "--width", "64", "--height", "48"])
    assert ran.exit_code == 0, ran.output
    assert f"wrote 4 frames of 2 cameras to {out}" in ran.output
    told = CliRunner().invoke(main, ["info", str(out)])
    assert "camera rear: 64×48, 90° wide" in told.output
    assert "4 /camera/rear/semantic" in told.output
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 1
    assert "exists already" in again.output


def test_the_repair_command_says_what_it_saved(port, tmp_path):
    out = tmp_path / "drive.mcap"
    with LiveDrive.open(port=port, cameras=CAMERAS) as drive, DriveWriter(out, drive.recording) as writer:
        run_record(drive.ticks(), writer, frames=3)
    ran = CliRunner().invoke(main, ["repair", str(out)])
    assert ran.exit_code == 0
    assert f"saved 3 frames to {tmp_path / 'drive.repaired.mcap'}; 0 damaged chunks left out" in ran.output


def test_an_unknown_camera_is_refused_by_name():
    with pytest.raises(ConfigRefused, match="'top' is no camera; there are front, left, right, rear"):
        RecordConfig().choose_cameras(["top"])


def test_a_camera_name_cannot_leave_its_folder(tmp_path):
    path = tmp_path / "record.yaml"
    path.write_text("cameras: {'../front': {}}")
    with pytest.raises(ConfigRefused, match=r"\.\./front"):
        load_config(path, RecordConfig)


def test_a_live_drive_is_recorded_while_it_is_shown(port, tmp_path):
    out, kept = tmp_path / "drive.mp4", tmp_path / "drive.mcap"
    command = ["live", "--headless", "--port", str(port), "--frames", "3", "--out", str(out)]
    ran = CliRunner().invoke(main, [*command, "--record", str(kept), "--width", "64", "--height", "48"])
    assert ran.exit_code == 0, ran.output
    with RecordedDrive(kept) as drive:
        assert len(drive) == len(list(drive.states())) == 3
    again = CliRunner().invoke(main, [*command[:-1], str(tmp_path / "other.mp4"), "--record", str(kept)])
    assert again.exit_code == 1
    assert f"{kept} exists already" in again.output
