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
    assert len(frames) == len(states) >= FRAMES - 5  # a few pass while the cameras are mounted
    assert frames[0].depth_m.shape == (64, 96)
    driven = np.array(places)[:, :2]
    for state in states:
        here = np.array(state.ego.placement[:2])
        assert np.linalg.norm(driven - here, axis=1).min() < 0.5
    with connected(server.port) as after:
        assert not after.world.get_settings().synchronous_mode
        assert not list(after.world.get_actors().filter("sensor.*"))


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
