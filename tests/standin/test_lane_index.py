"""The road under a place: nearest lane, height and slope; on a hill, and with a bridge over a street."""

import numpy as np
import pytest

from carla_bridge.standin.roads.lane_index import LaneIndex
from carla_bridge.standin.roads.network import Lane


def lane(start, end):
    steps = int(np.linalg.norm(np.subtract(end, start))) + 1
    return Lane(np.linspace(start, end, steps), (), 50.0, in_junction=False)


STREET, BRIDGE = lane((0, 0, 0), (100, 0, 0)), lane((50, -50, 6), (50, 50, 6))
HILL = lane((0, 200, 0), (100, 200, 10))
INDEX = LaneIndex((STREET, BRIDGE, HILL))


def test_it_finds_what_a_look_at_every_point_finds():
    rng = np.random.default_rng(0)
    lanes = [lane((*rng.uniform(-90, 90, 2), 0), (*rng.uniform(-90, 90, 2), 0)) for _ in range(30)]
    index = LaneIndex(lanes)
    everything = np.concatenate([each.points for each in lanes])
    for x, y in rng.uniform(-120, 120, (500, 2)):
        number, point = index.nearest(x, y)
        found = np.hypot(*(lanes[number].points[point, :2] - (x, y)))
        assert found == pytest.approx(np.hypot(*(everything[:, :2] - (x, y)).T).min())


def test_a_bridge_and_the_street_below_are_two():
    assert INDEX.nearest(50.3, 0.4, 0.3) == (0, 50)
    assert INDEX.nearest(50.3, 0.4, 6.3) == (1, 50)


def test_on_a_hill_height_and_pitch_are_the_roads():
    footing = INDEX.footing(30.4, 201.0, 3.0)
    assert footing.z == pytest.approx(3.04, abs=0.01)
    climb = np.degrees(np.arctan(0.1))
    assert footing.pitch_and_roll_deg(0.0) == pytest.approx((climb, 0.0), abs=0.01)
    assert footing.pitch_and_roll_deg(180.0) == pytest.approx((-climb, 0.0), abs=0.01)
    pitch, roll = footing.pitch_and_roll_deg(90.0)  # across the hill, which rises to the left
    assert pitch == pytest.approx(0.0, abs=0.01)
    assert roll == pytest.approx(climb, abs=0.01)
