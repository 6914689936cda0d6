"""Seeded towns as a whole: what they promise to clients, traffic and cameras."""

from dataclasses import replace

import carla
import numpy as np
import pytest

from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.roads.occupancy import Raster, extent, quads
from carla_bridge.standin.roads.spawn_points import SPAWN_GAP_M
from carla_bridge.standin.streetscape.things import Scenery
from carla_bridge.standin.streetscape.town import build_town

SEED = 1
ROAD_TAGS = (1, 24)


@pytest.fixture(scope="module")
def town():
    return build_town(SEED)


@pytest.fixture(scope="module")
def carla_map(town):
    return carla.Map("t", town.opendrive)


def _location(x, y, z=0.0):
    return carla.Location(float(x), float(y), float(z))


def _angle_between(a_deg, b_deg):
    return abs((a_deg - b_deg + 180.0) % 360.0 - 180.0)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(town):
    again, other = build_town(SEED), build_town(7, lambda network, seed: Scenery(Mesh.empty(), ()))
    assert town.opendrive == again.opendrive
    assert town.scenery.triangles.tobytes() == again.scenery.triangles.tobytes()
    assert town.scenery.tags.tobytes() == again.scenery.tags.tobytes()
    assert town.things == again.things
    assert town.spawn_points == again.spawn_points
    assert town.opendrive != other.opendrive
    assert town.spawn_points != other.spawn_points


def test_its_name_is_its_own(town):
    assert town.name.startswith("StandIn/Maps/StandIn-")


def test_spawn_points_lie_on_lanes_and_look_along_them(town, carla_map):
    assert len(town.spawn_points) >= 60
    for pose in town.spawn_points:
        waypoint = carla_map.get_waypoint(_location(pose.x, pose.y, pose.z))
        assert waypoint.lane_type == carla.LaneType.Driving
        assert not waypoint.is_junction
        there = waypoint.transform
        assert np.hypot(there.location.x - pose.x, there.location.y - pose.y) < 0.3
        assert _angle_between(there.rotation.yaw, pose.yaw) < 2.0
        assert pose.z - there.location.z == pytest.approx(0.3, abs=0.03)


def test_spawn_points_keep_their_distance(town):
    points = np.array([(pose.x, pose.y) for pose in town.spawn_points])
    gaps = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    assert gaps[~np.eye(len(points), dtype=bool)].min() >= SPAWN_GAP_M - 0.1


def test_lanes_meet_where_they_say(town):
    for lane in town.lanes:
        steps = np.linalg.norm(np.diff(lane.points, axis=0), axis=1)
        assert 0.4 < steps.min() <= steps.max() < 1.5
        assert lane.successors
        for number in lane.successors:
            np.testing.assert_allclose(town.lanes[number].points[0], lane.points[-1], atol=1e-3)


def test_traffic_keeps_to_the_right(town, carla_map):
    """To the left of every lane on a street lies one of its own direction, a median, or the oncoming traffic."""
    for pose in town.spawn_points[:20]:
        waypoint = carla_map.get_waypoint(_location(pose.x, pose.y, pose.z))
        while (left := waypoint.get_left_lane()) is not None and left.lane_id * waypoint.lane_id > 0:
            waypoint = left
        assert _angle_between(left.transform.rotation.yaw, pose.yaw) > 170.0


def test_walks_run_on_the_maps_sidewalks(town, carla_map):
    assert len(town.sidewalks) >= 9
    for walk in town.sidewalks:
        gaps = np.linalg.norm(np.diff(walk, axis=0, append=walk[:1]), axis=1)
        assert gaps.max() < 4.0
        for x, y, z in walk[::10]:
            there = carla_map.get_waypoint(_location(x, y, z), lane_type=carla.LaneType.Sidewalk)
            assert np.hypot(there.transform.location.x - x, there.transform.location.y - y) < 1.0
            assert z - there.transform.location.z == pytest.approx(0.15, abs=0.05)


def test_nothing_stands_in_the_way_of_traffic(town):
    """A parked car or a lamp on a lane would be driven through by every vehicle; twigs may hang over it."""
    mesh = town.scenery
    corners = mesh.triangles[~np.isin(mesh.tags, (*ROAD_TAGS, 2, 9, 10))].reshape(-1, 3)
    ways = [strip for strip in town.network.strips if strip.kind == "driving"]
    raster = Raster(*extent(ways))
    for strip in ways:
        across = 0.15 * (strip.outer - strip.inner)
        raster.fill(quads(replace(strip, inner=strip.inner + across, outer=strip.outer - across)))
    over = np.unique(corners[raster.at(corners)].round(1), axis=0)
    heights = np.array([z - town.lane_index.footing(x, y, z).z for x, y, z in over])
    assert not len(over) or heights.min() > 1.8


def test_the_road_is_paved_without_holes(town):
    """Every point of every lane lies inside some road triangle: junction mouths once had gaps."""
    road = town.scenery.triangles[town.scenery.tags == 1][:, :, :2].astype(float)
    low, high = road.min(axis=1), road.max(axis=1)
    for lane in town.lanes[::3]:
        for p in lane.points[::4, :2]:
            a, b, c = road[((low <= p) & (p <= high)).all(axis=1)].transpose(1, 0, 2)
            sides = [_cross(q - o, p - o) for o, q in ((a, b), (b, c), (c, a))]
            inside = (np.min(sides, axis=0) >= -1e-3) | (np.max(sides, axis=0) <= 1e-3)
            assert inside.any()


def _cross(u, v):
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]


def test_a_street_shows_what_a_street_has(town):
    """Roads, lines, sidewalks, buildings, poles, lights, signs, trees, grass, cars."""
    assert {1, 2, 3, 6, 7, 8, 9, 10, 14, 24} <= set(np.unique(town.scenery.tags).tolist())


def test_scenery_is_numbered_apart_from_actors(town):
    ids = town.scenery.object_ids
    assert ids[np.isin(town.scenery.tags, (1, 2, 24))].max() == 0
    assert ids[ids > 0].min() >= 0x8000
    assert ids.max() <= 0xFFFF
