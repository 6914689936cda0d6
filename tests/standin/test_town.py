import carla
import numpy as np
import pytest

from carla_bridge.standin.lanes import SPAWN_GAP_M
from carla_bridge.standin.roads import LANE_M, lay_roads
from carla_bridge.standin.town import build_town

SEEDS = (1, 7)
ROAD_TAGS = (1, 24)


@pytest.fixture(scope="module", params=SEEDS)
def town(request):
    return build_town(request.param)


@pytest.fixture(scope="module")
def carla_map(town):
    return carla.Map("t", town.opendrive)


def _location(x, y):
    return carla.Location(float(x), float(y), 0.0)


def _angle_between(a_deg, b_deg):
    return abs((a_deg - b_deg + 180.0) % 360.0 - 180.0)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    first, again, other = build_town(3), build_town(3), build_town(4)
    assert first.opendrive == again.opendrive
    assert first.scenery.triangles.tobytes() == again.scenery.triangles.tobytes()
    assert first.scenery.tags.tobytes() == again.scenery.tags.tobytes()
    assert first.spawn_points == again.spawn_points
    assert first.opendrive != other.opendrive
    assert len(first.scenery) != len(other.scenery)


def test_its_name_is_its_own(town):
    assert town.name.startswith("StandIn/Maps/StandIn-")


def test_every_waypoint_leads_on(carla_map):
    waypoints = carla_map.generate_waypoints(2.0)
    assert len(waypoints) > 500
    assert all(waypoint.next(2.0) for waypoint in waypoints)
    assert all(waypoint.previous(2.0) for waypoint in waypoints)
    assert any(waypoint.is_junction for waypoint in waypoints)


def test_the_topology_is_closed(town, carla_map):
    pairs = carla_map.get_topology()
    assert len(pairs) >= len(town.lanes)
    starts = {(start.road_id, start.lane_id) for start, _ in pairs}
    assert {(end.road_id, end.lane_id) for _, end in pairs} <= starts


def test_spawn_points_lie_on_lanes_and_look_along_them(town, carla_map):
    assert len(town.spawn_points) >= 30
    for pose in town.spawn_points:
        waypoint = carla_map.get_waypoint(_location(pose.x, pose.y))
        assert waypoint.lane_type == carla.LaneType.Driving
        assert not waypoint.is_junction
        there = waypoint.transform
        assert np.hypot(there.location.x - pose.x, there.location.y - pose.y) < 0.3
        assert _angle_between(there.rotation.yaw, pose.yaw) < 2.0
        assert pose.z == pytest.approx(0.3)


def test_spawn_points_keep_their_distance(town):
    points = np.array([(pose.x, pose.y) for pose in town.spawn_points])
    gaps = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    assert gaps[~np.eye(len(points), dtype=bool)].min() >= SPAWN_GAP_M


def test_one_can_drive_half_a_kilometre_from_every_spawn_point(town, carla_map):
    for pose in town.spawn_points:
        waypoint = carla_map.get_waypoint(_location(pose.x, pose.y))
        for step in range(50):
            onward = waypoint.next(10.0)
            waypoint = onward[step % len(onward)]


def test_our_lanes_are_the_maps_lanes(town, carla_map):
    """The client asks for a lane by number, so the comparison cannot be flattered by a lane that crosses."""
    roads = lay_roads(np.random.default_rng(int(town.name.rpartition("-")[2])))
    numbers = [(street.id, lane) for street in roads.streets for lane in (-1, 1)]
    numbers += [(turn.id, -1) for turn in roads.turns]
    assert len(numbers) == len(town.lanes)
    for (road_id, lane_id), lane in zip(numbers, town.lanes, strict=True):
        way = (roads.streets + roads.turns)[road_id].path
        s = way.stations(1.0)[::-lane_id].clip(0.01, way.length - 0.01)
        for at, (x, y, z) in list(zip(s, lane.points, strict=True))[::5]:
            waypoint = carla_map.get_waypoint_xodr(road_id, lane_id, float(at))
            there = waypoint.transform.location
            assert np.hypot(there.x - x, there.y - y) < 0.1
            assert z == 0.0
            assert waypoint.is_junction == lane.in_junction


def test_lanes_meet_where_they_say(town):
    for lane in town.lanes:
        steps = np.linalg.norm(np.diff(lane.points, axis=0), axis=1)
        assert 0.5 < steps.min() <= steps.max() < 1.4
        assert lane.successors
        for number in lane.successors:
            np.testing.assert_allclose(town.lanes[number].points[0], lane.points[-1], atol=1e-6)
            assert town.lanes[number].in_junction != lane.in_junction


def test_traffic_keeps_to_the_right(town, carla_map):
    for pose in town.spawn_points[:10]:
        opposite = carla_map.get_waypoint(_location(pose.x, pose.y)).get_left_lane()
        assert _angle_between(opposite.transform.rotation.yaw, pose.yaw) > 170.0


def test_the_map_has_sidewalks_and_ours_run_on_them(town, carla_map):
    for loop in town.sidewalks:
        gaps = np.linalg.norm(np.diff(loop, axis=0, append=loop[:1]), axis=1)
        assert gaps.max() < 4.0
        for x, y, z in loop[::5]:
            waypoint = carla_map.get_waypoint(_location(x, y), lane_type=carla.LaneType.Sidewalk)
            there = waypoint.transform.location
            assert np.hypot(there.x - x, there.y - y) < 0.8
            assert z == pytest.approx(0.15)
    assert len(town.sidewalks) == 5  # four blocks, and once around the town


def test_nothing_stands_in_the_way_of_traffic(town):
    """A parked car or a lamp on a lane would be driven through by every vehicle."""
    mesh = town.scenery
    solid = ~np.isin(mesh.tags, (*ROAD_TAGS, 2, 10)) & (mesh.triangles[:, :, 2].min(axis=1) < 1.8)
    corners = np.unique(mesh.triangles[solid][:, :, :2].reshape(-1, 2).round(2), axis=0)
    for lane in town.lanes:
        points = lane.points[::2, :2]
        low, high = points.min(axis=0) - 2, points.max(axis=0) + 2
        close = corners[((corners > low) & (corners < high)).all(axis=1)]
        gaps = np.hypot(*(close[:, None] - points[None]).transpose(2, 0, 1))
        assert lane.in_junction or gaps.min(initial=np.inf) > LANE_M / 2 - 0.15


def test_the_road_is_paved_without_holes(town):
    """Every point of every lane lies inside some road triangle: junction mouths once had gaps."""
    road = town.scenery.triangles[town.scenery.tags == 1][:, :, :2].astype(float)
    a, b, c = road[:, 0], road[:, 1], road[:, 2]
    for lane in town.lanes:
        for p in lane.points[::3, :2]:
            sides = [_cross(q - o, p - o) for o, q in ((a, b), (b, c), (c, a))]
            inside = (np.min(sides, axis=0) >= -1e-3) | (np.max(sides, axis=0) <= 1e-3)
            assert inside.any()


def _cross(u, v):
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]


def test_a_street_shows_what_a_street_has(town):
    """Roads, lines, sidewalks, buildings, walls or fences, poles, lights, signs, trees, grass, cars."""
    assert {1, 2, 3, 6, 7, 8, 9, 10, 14, 24} <= set(np.unique(town.scenery.tags).tolist())
    assert 15_000 < len(town.scenery) < 120_000


def test_scenery_is_numbered_apart_from_actors(town):
    ids = town.scenery.object_ids
    assert ids[np.isin(town.scenery.tags, (1, 2, 10, 24))].max() == 0
    assert ids[~np.isin(town.scenery.tags, (1, 2, 10, 24))].min() >= 0x8000
    assert ids.max() <= 0xFFFF
