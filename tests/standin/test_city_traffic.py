"""A minute of the client's own Traffic Manager in a seeded city."""

import json
import socket
import subprocess
import sys

import numpy as np
import pytest

from carla_bridge.standin.process import StandInProcess

MINUTE = """
import carla, json, sys
from tests.standin.awake import kept_awake
host, port, manager_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = carla.Client(host, port)
client.set_timeout(20.0)
world = client.get_world()
settings = world.get_settings()
settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
world.apply_settings(settings)
world.tick()
town = world.get_map()
traffic_manager = client.get_trafficmanager(manager_port)
traffic_manager.set_synchronous_mode(True)
traffic_manager.set_random_device_seed(1)
blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
cars = [car for car in (world.try_spawn_actor(blueprint, place) for place in town.get_spawn_points()[:6]) if car]
with kept_awake(world, manager_port):
    world.tick()
    for car in cars:
        car.set_autopilot(True, manager_port)
        traffic_manager.auto_lane_change(car, False)
    track = []
    for step in range(1200):
        world.tick()
        if step % 5 == 4:
            for car in cars:
                here = car.get_transform()
                lane = town.get_waypoint(here.location)
                there = lane.transform
                track.append((car.id, lane.road_id, lane.is_junction, here.location.x, here.location.y,
                              here.rotation.yaw, there.location.x, there.location.y, there.rotation.yaw))
    for car in cars:
        car.set_autopilot(False, manager_port)
    world.tick()
traffic_manager.shut_down()
print(json.dumps(track))
"""


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def tracks():
    """Where some cars were, four times a second: road, in a junction or not, x, y, yaw, and those of the lane."""
    with StandInProcess(seed=9, vehicles=0, walkers=0) as server:
        place = [server.host, str(server.port), str(_free_port())]
        done = subprocess.run(  # a process of its own: a traffic manager can take its process down
            [sys.executable, "-c", MINUTE, *place], capture_output=True, text=True, timeout=200, check=False
        )
    assert done.returncode == 0, done.stderr
    rows = np.array(json.loads(done.stdout))
    return [rows[rows[:, 0] == number, 1:] for number in np.unique(rows[:, 0])]


def test_traffic_keeps_to_its_lanes_for_a_minute(tracks):
    for track in tracks:
        assert np.hypot(*(track[:, 2:4] - track[:, 5:7]).T).max() < 0.8
        street = track[track[:, 1] == 0]  # in a junction the nearest lane may be one that crosses
        assert (np.cos(np.radians(street[:, 4] - street[:, 7])) > 0.97).all()


def test_traffic_gets_about_and_nobody_circles(tracks):
    assert len(tracks) >= 3
    for track in tracks:
        assert np.linalg.norm(np.diff(track[:, 2:4], axis=0), axis=1).sum() > 150.0
        assert len(set(track[:, 0])) >= 3
