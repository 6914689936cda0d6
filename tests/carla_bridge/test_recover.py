"""`recover` frees a server from what a killed client left, and leaves what belongs to the server."""

import signal

import pytest

pytest.importorskip("carla")

from carla_bridge.recover import execute, plan
from carla_bridge.standin import process
from tests.carla_bridge.live_server import driving_client, look_at, open_drive


@pytest.fixture(scope="module")
def port():
    with process.StandInProcess(port=0, seed=0) as server:
        yield server.port


def test_a_healthy_server_needs_nothing(port):
    found = plan("127.0.0.1", port)
    assert not found.needed
    assert found.sentences() == []


def test_a_killed_client_is_planned_and_undone(port):
    before = look_at(port)
    with driving_client(port) as client:
        client.send_signal(signal.SIGKILL)
        client.wait(20)
    found = plan("127.0.0.1", port)
    assert look_at(port).synchronous  # a plan changes nothing
    assert (found.synchronous_off, found.fixed_step_s) == (True, pytest.approx(0.05))
    assert found.actor_counts["sensor.camera.semantic_segmentation"] == 1
    assert sum(count for name, count in found.actor_counts.items() if name.startswith("vehicle.")) == 4
    assert "destroy 1 × sensor.camera.semantic_segmentation" in found.sentences()
    execute(found)
    after = look_at(port)
    assert (after.synchronous, after.fixed_step_s, after.actors) == (False, None, before.actors)
    assert not plan("127.0.0.1", port).needed


def test_afterwards_a_drive_opens_again(port):
    with open_drive(port) as drive:
        next(iter(drive))
