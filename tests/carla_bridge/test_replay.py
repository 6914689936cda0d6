"""A recorder log becomes a recording, seen by cameras that nobody had when it was made."""

import numpy as np
import pytest
from click.testing import CliRunner

from carla_bridge.cli import main
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.standin.process import StandInProcess
from tests.carla_bridge.live_server import connected, open_drive

FRAMES = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with StandInProcess(port=0, seed=0, recordings=str(tmp_path_factory.mktemp("logs"))) as running:
        yield running


@pytest.fixture(scope="module")
def log(server):
    """A log of a short drive, with the places of its ego vehicle."""
    places = []
    with open_drive(server.port, vehicles=2) as drive, connected(server.port) as recorder:
        recorder.client.start_recorder("drive.log", True)
        for _, tick in zip(range(FRAMES), drive.ticks(), strict=False):
            places.append(tick.state.ego.placement)
        recorder.client.stop_recorder()
    return "drive.log", places


def test_the_ego_is_found_by_its_role_and_drives_as_it_did(server, log, tmp_path):
    name, places = log
    out = tmp_path / "log.mcap"
    command = ["import", name, "--port", str(server.port), "--out", str(out), "--cameras", "front,rear"]
    ran = CliRunner().invoke(main, [*command, "--width", "96", "--height", "64", "--layers", "depth"])
    assert ran.exit_code == 0, ran.output
    with RecordedDrive(out, camera="rear", layers=("depth",)) as drive:
        frames, states = list(drive), list(drive.states())
        assert drive.recording.source == name
    assert len(frames) == len(states) >= FRAMES - 1  # none passes while the cameras are mounted
    assert frames[0].depth_m.shape == (64, 96)
    driven = np.array(places)[:, :2]
    for state in states:
        here = np.array(state.ego.placement[:2])
        assert np.linalg.norm(driven - here, axis=1).min() < 0.5
    with connected(server.port) as after:
        assert not after.world.get_settings().synchronous_mode
        assert not list(after.world.get_actors().filter("sensor.*"))


def test_the_same_log_gives_the_same_frames(server, log, tmp_path):
    seen = []
    for name in ("one.mcap", "two.mcap"):
        command = ["import", log[0], "--port", str(server.port), "--out", str(tmp_path / name)]
        ran = CliRunner().invoke(main, [*command, "--width", "96", "--height", "64"])
        assert ran.exit_code == 0, ran.output
        with RecordedDrive(tmp_path / name) as drive:
            seen.append([frame.tags for frame in drive])
    assert np.array_equal(*seen)


def test_somebody_elses_world_is_left_alone(server, log, tmp_path):
    with connected(server.port) as other:
        before = other.world.get_settings()
        settings = other.world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.1
        other.world.apply_settings(settings)
        try:
            command = ["import", log[0], "--port", str(server.port), "--out", str(tmp_path / "log.mcap")]
            ran = CliRunner().invoke(main, command)
            assert ran.exit_code == 1
            now = other.world.get_settings()
            assert (now.synchronous_mode, round(now.fixed_delta_seconds, 6)) == (True, 0.1)
        finally:
            other.world.apply_settings(before)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.log"], "none.log cannot be replayed"),
        (["drive.log", "--ego", "4000000"], "no vehicle 4000000 is in it; it has "),
    ],
)
def test_what_cannot_be_replayed_is_one_sentence(server, log, tmp_path, arguments, sentence):
    out = tmp_path / "log.mcap"
    ran = CliRunner().invoke(main, ["import", *arguments, "--port", str(server.port), "--out", str(out)])
    assert ran.exit_code == 1
    assert sentence in ran.output
    assert ran.output.count("\n") <= 2
    assert not list(tmp_path.iterdir())
    with connected(server.port) as after:
        assert not after.world.get_settings().synchronous_mode
