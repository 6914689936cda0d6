"""Seeded cities, examined by the client's own reader of maps."""

import re
from collections import Counter
from functools import cache

import carla
import numpy as np
import pytest

from carla_bridge.standin.cities.city import RIGHT, build_city
from carla_bridge.standin.cities.city_objects import blocks, outline
from carla_bridge.standin.cities.city_text import city_opendrive
from carla_bridge.standin.cities.layout import draw_plan
from carla_bridge.standin.roads.network_reader import read_network

SEEDS = range(20)
LIGHT, STOP, YIELD, SPEED_LIMIT = "1000001", "206", "205", "274"
STEP_M = 2e-3


@cache
def city_of(seed):
    rng = np.random.default_rng(seed)
    return build_city(draw_plan(rng), rng)


@cache
def map_of(seed):
    return carla.Map("t", city_opendrive(seed))


def _turned_deg(a, b):
    return abs((a.rotation.yaw - b.rotation.yaw + 180.0) % 360.0 - 180.0)


def _roads(text):
    """Return number and length of every road."""
    found = re.findall(r'<road name="[^"]*" length="([^"]*)" id="(\d+)"', text)
    return [(int(number), float(length)) for length, number in found]


def _ends(seed, *kinds):
    """Yield the last waypoint of every lane of these types, in the direction of its road's traffic."""
    for number, length in _roads(city_opendrive(seed)):
        for lane in [*range(-7, 0), *range(1, 8)]:
            waypoint = map_of(seed).get_waypoint_xodr(number, lane, length - 1e-3 if lane < 0 else 1e-3)
            if waypoint is not None and waypoint.lane_type in kinds:
                yield waypoint


def test_the_same_seed_gives_the_same_map_and_another_does_not():
    assert city_opendrive(3) == city_opendrive(3)
    assert city_opendrive(3) != city_opendrive(4)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_lane_ends_in_nothing_or_with_a_jump(seed):
    for end in _ends(seed, carla.LaneType.Driving, carla.LaneType.Sidewalk):
        onward = end.next(STEP_M)
        assert onward
        for waypoint in onward:
            assert waypoint.road_id != end.road_id
            assert end.transform.location.distance(waypoint.transform.location) < STEP_M + 1e-3
            assert _turned_deg(end.transform, waypoint.transform) < 0.1
            assert waypoint.lane_width == pytest.approx(end.lane_width, abs=1e-3)
            assert waypoint.lane_type == end.lane_type


@pytest.mark.parametrize("seed", SEEDS)
def test_the_topology_is_closed_and_every_lane_is_reached(seed):
    pairs = map_of(seed).get_topology()
    starts = {(start.road_id, start.section_id, start.lane_id) for start, _ in pairs}
    ends = {(end.road_id, end.section_id, end.lane_id) for _, end in pairs}
    assert ends == starts
    waypoints = map_of(seed).generate_waypoints(10.0)
    assert all(waypoint.next(5.0) and waypoint.previous(5.0) for waypoint in waypoints)


@pytest.mark.parametrize("seed", SEEDS)
def test_four_arms_have_lights_and_side_streets_have_signs(seed):
    marks = map_of(seed).get_all_landmarks()
    kinds = Counter(mark.type for mark in marks)
    arms = Counter(len(junction.arms) for junction in city_of(seed).junctions)
    assert set(arms) == {3, 4}
    assert 9 <= arms.total() <= 16
    assert kinds[LIGHT] == 4 * arms[4]
    assert kinds[STOP] + kinds[YIELD] == arms[3]
    assert len({mark.id for mark in marks}) == len(marks)
    assert all(mark.value in (30, 50) for mark in marks if mark.type == SPEED_LIMIT)


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_who_drives_up_to_a_light_is_told(seed):
    """Each light stands to the right of the lanes it is for, and they hear of no other light."""
    for mark in map_of(seed).get_all_landmarks():
        if mark.type != LIGHT:
            continue
        ((low, high),) = mark.get_lane_validities()
        for lane in range(low, high + 1):
            there = map_of(seed).get_waypoint_xodr(mark.road_id, lane, mark.s)
            aside = mark.transform.location - there.transform.location
            assert aside.dot(there.transform.get_right_vector()) > there.lane_width / 2 + 0.5
            before = there.previous(20.0)[0]
            heard = [other.id for other in before.get_landmarks(21.0, False) if other.type == LIGHT]
            assert heard == [mark.id]


def _approach(mark):
    """Return where and which way one drives who comes to a signal."""
    ((lane, _),) = mark.get_lane_validities()
    return map_of(0).get_waypoint_xodr(mark.road_id, lane, mark.s).transform


def test_opposite_lights_share_a_controller_that_the_junction_lists():
    text = city_opendrive(0)
    groups = dict(re.findall(r'<controller id="(\d+)" name="[^"]*" sequence="0">(.*?)</controller>', text))
    listed = re.findall(r'<controller id="(\d+)" type="0"', text)
    assert sorted(listed) == sorted(groups)
    signals = {mark.id: _approach(mark) for mark in map_of(0).get_all_landmarks() if mark.type == LIGHT}
    named = [re.findall(r'signalId="(\d+)"', group) for group in groups.values()]
    assert sorted(name for group in named for name in group) == sorted(signals)
    assert all(len(group) == 2 for group in named)
    for one, other in named:
        assert 15.0 < signals[one].location.distance(signals[other].location) < 60.0
        assert _turned_deg(signals[one], signals[other]) > 170.0


def test_lanes_may_be_changed_where_the_line_is_dashed_only():
    seen = set()
    for waypoint in map_of(0).generate_waypoints(3.0):
        left, right = waypoint.left_lane_marking, waypoint.right_lane_marking
        change = waypoint.lane_change
        beside = waypoint.get_left_lane()
        one_way = beside is not None and beside.lane_type == carla.LaneType.Driving
        one_way = one_way and beside.lane_id * waypoint.lane_id > 0
        assert bool(change & carla.LaneChange.Left) == (one_way and left.type == carla.LaneMarkingType.Broken)
        assert not change & carla.LaneChange.Right or right.type == carla.LaneMarkingType.Broken
        seen.add(str(change))
    assert {"NONE", "Left", "Right"} <= seen


@pytest.mark.parametrize("seed", SEEDS)
def test_every_arm_has_a_crosswalk_from_kerb_to_kerb(seed):
    corners = map_of(seed).get_crosswalks()
    assert len(corners) == 5 * 2 * len(city_of(seed).streets)
    first = np.array([(c.x, c.y) for c in corners[:5]])
    assert first[0] == pytest.approx(first[4], abs=1e-4)
    sides = np.sort(np.linalg.norm(np.diff(first, axis=0), axis=1))
    assert sides[:2] == pytest.approx([3.5, 3.5], abs=1e-3)
    assert sides[2] >= 7.0


def test_no_line_runs_over_a_crosswalk():
    for street in city_of(0).streets:
        for s, lined in ((3.0, False), (street.path.length / 2, True), (street.path.length - 3.0, False)):
            here = map_of(0).get_waypoint_xodr(street.id, street.lane_ids(RIGHT, "driving")[0], s)
            assert (here.left_lane_marking.type != carla.LaneMarkingType.NONE) == lined


@pytest.mark.parametrize("seed", SEEDS)
def test_blocks_have_room_for_houses(seed):
    """Every walk along kerbs closes; but for the one round the city and the park, 55 to 135 m either way."""
    city = city_of(seed)
    rings = [outline(city, block) for block in blocks(city)]
    sizes = [np.ptp(ring[:, :2], axis=0) for ring in rings]
    fitting = [size for size in sizes if size.min() > 55.0 and size.max() < 135.0]
    assert len(fitting) >= len(sizes) - 2
    for ring in rings:
        gaps = np.linalg.norm(np.diff(ring, axis=0, append=ring[:1]), axis=1)
        assert gaps.max() < 5.0


@pytest.mark.parametrize("seed", [0, 9])
def test_our_reader_finds_the_park_between_its_sidewalks(seed):
    """The client passes over an object of a type of our own, and we read it back where it was put."""
    city = city_of(seed)
    (park,) = read_network("t", city_opendrive(seed)).parks
    rings = [outline(city, block) * (1.0, -1.0, 1.0) for block in blocks(city)]
    assert any(len(ring) == len(park) and np.abs(ring - park).max() < 1e-4 for ring in rings)
    for x, y, z in park[::7]:
        where = carla.Location(float(x), float(y), float(z))
        walk = map_of(seed).get_waypoint(where, lane_type=carla.LaneType.Sidewalk)
        assert walk.transform.location.distance(where) == pytest.approx(walk.lane_width / 2, abs=0.4)


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_our_reader_finds_every_signal_and_where_it_stops_whom(seed):
    network = read_network("t", city_opendrive(seed))
    assert all(lane.successors for lane in network.lanes)
    assert len(network.signals) == len(map_of(seed).get_all_landmarks())
    assert all(signal.stops for signal in network.signals)
    guarded = {signal.junction for signal in network.signals if signal.is_traffic_light}
    assert guarded == {number for number, controllers in network.junctions.items() if len(controllers) == 2}


def test_cities_differ_in_what_they_have():
    """Over twenty seeds: hills and plains, medians, one and two lanes, bends and straights, 30 and 50 km/h."""
    cities = [city_of(seed) for seed in SEEDS]
    streets = [street for city in cities for street in city.streets]
    heights = [max(junction.z for junction in city.junctions) for city in cities]
    assert any(height > 1.0 for height in heights)
    assert any(height == 0.0 for height in heights)
    assert {street.profile.lanes for street in streets} == {1, 2}
    assert {street.profile.speed_kmh for street in streets} == {30, 50}
    assert {0.0} < {street.profile.median_m for street in streets}
    assert {True, False} == {len(street.path.pieces) == 1 for street in streets}


@pytest.mark.parametrize("seed", [9, 12])
def test_hills_are_gentle_and_roads_have_no_steps(seed):
    for waypoint in map_of(seed).generate_waypoints(5.0):
        assert abs(np.sin(np.radians(waypoint.transform.rotation.pitch))) < 0.06
        for onward in waypoint.next(1.0):
            assert abs(onward.transform.location.z - waypoint.transform.location.z) < 0.07
