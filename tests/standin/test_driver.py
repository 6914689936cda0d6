"""One ambient driver on a few lanes: where it stops, and where its road ends."""

import numpy as np
import pytest

from carla_bridge.standin.bodies.models import model_for
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.actors import Vehicle
from carla_bridge.standin.life.boxes import discs
from carla_bridge.standin.life.junctions import Junctions
from carla_bridge.standin.life.traffic import Driver
from carla_bridge.standin.life.world import describe
from carla_bridge.standin.roads.network import Lane

TYPE = "vehicle.tesla.model3"


def car(number, x, y=0.0):
    return Vehicle(number, describe(TYPE), Pose(x, y), model_for(TYPE, {}))


def straight(start, end, successors, *, in_junction=False, y=0.0, road=0):
    points = np.column_stack(
        [np.arange(start, end + 1.0), np.full(end - start + 1, y), np.zeros(end - start + 1)]
    )
    return Lane(points, successors, 50.0, in_junction, road=road)


LANES = (
    straight(0, 40, (1,)),
    straight(40, 60, (2,), in_junction=True, road=1),
    straight(60, 200, ()),
)


def driven(others, seconds, lanes=LANES):
    """Return a driver that started at x = 10 and drove for a while."""
    driver = Driver(0, car(1, 0.0), lanes, np.random.default_rng(0), {})
    driver.start_on(0, 10.0)
    junctions = Junctions(lanes)
    for _ in range(round(seconds / 0.05)):
        driver.step(0.05, discs([driver.vehicle, *others]), junctions)
    return driver


def test_it_waits_before_a_junction_that_it_could_not_leave():
    assert 30.0 < driven([car(2, 65.0)], 20.0).vehicle.pose.x < 40.0
    assert driven([car(2, 150.0)], 20.0).vehicle.pose.x > 100.0


def test_it_stops_behind_whoever_stands_and_passes_who_stands_aside():
    behind = driven([car(2, 120.0)], 30.0).vehicle
    assert 108.0 < behind.pose.x < 118.0
    assert behind.speed_mps == pytest.approx(0.0, abs=0.1)
    assert driven([car(2, 120.0, y=3.5)], 30.0).vehicle.pose.x > 150.0


def test_where_the_road_ends_it_says_so():
    assert not driven([], 5.0).is_at_end
    assert driven([], 60.0).is_at_end


def test_a_ring_of_lanes_without_length_ends_the_choice():
    point = np.zeros((2, 3))
    ring = (Lane(point, (1,), 50.0, False), Lane(point, (0,), 50.0, False))
    assert driven([], 1.0, ring).is_at_end
