"""What a Traffic Manager that sleeps through a tick is woken by."""

import socket
import time

import pytest

pytest.importorskip("carla")

import carla

from carla_bridge.actors import free_tm_port
from carla_bridge.standin.process import StandInProcess
from carla_bridge.traffic_manager import wake
from tests.standin.raw_client import RawClient


def speed(vehicle):
    return vehicle.get_velocity().length()


def tick(raw, world, times=20):
    """Advance the world by ticks that the client library, and so the Traffic Manager, is not told of."""
    for _ in range(times):
        before = world.get_snapshot().frame
        raw.call_all(("tick_cue",))
        until_s = time.monotonic() + 10.0
        while world.get_snapshot().frame == before:
            assert time.monotonic() < until_s
            time.sleep(0.001)


@pytest.mark.own_process
def test_a_manager_that_was_not_told_of_a_tick_makes_its_step_when_it_is_woken():
    clock = {"synchronous": True, "fixed_delta_seconds": 0.05}
    with StandInProcess(seed=0, vehicles=0, walkers=0, **clock) as server, RawClient(server) as raw:
        client = carla.Client(server.host, server.port)
        client.set_timeout(20.0)
        world = client.get_world()
        start = world.get_map().get_spawn_points()[0]
        vehicle = world.spawn_actor(world.get_blueprint_library().find("vehicle.tesla.model3"), start)
        tick(raw, world)
        port = free_tm_port(None)
        manager = client.get_trafficmanager(port)
        manager.set_synchronous_mode(True)
        time.sleep(0.5)  # for the step that it is in the midst of
        vehicle.set_autopilot(True, port)
        tick(raw, world)
        assert speed(vehicle) < 0.01
        for _ in range(20):
            wake(port)
            tick(raw, world, times=1)
        assert speed(vehicle) > 0.5
        manager.shut_down()


def test_a_manager_that_is_not_there_is_left_alone():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    wake(port)


def test_one_that_never_answers_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        wake(mute.getsockname()[1], timeout_s=0.1)
