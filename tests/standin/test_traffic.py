"""Traffic and pedestrians led by the official client: its Traffic Manager and its walkers' navigation."""

import itertools
import math
import socket

import pytest

pytest.importorskip("carla")

import carla

from tests.standin.awake import kept_awake

Red, Yellow, Green = (getattr(carla.TrafficLightState, name) for name in ("Red", "Yellow", "Green"))


@pytest.fixture
def empty(client, world):
    """The streets without ambient life."""
    life = [*world.get_actors().filter("vehicle.*"), *world.get_actors().filter("walker.*")]
    client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in life], True)
    return world


@pytest.fixture
def traffic(client, empty):
    """A Traffic Manager of this test's own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    manager = client.get_trafficmanager(port)
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(0)
    with kept_awake(empty, port):
        yield manager
    manager.shut_down()


@pytest.fixture
def light(empty):
    """A light at the end of a straight piece of road, and where it stops those who come."""
    for light in empty.get_actors().filter("traffic.traffic_light"):
        stop = light.get_affected_lane_waypoints()[0]
        before = stop.previous(30.0)
        if before and abs(before[0].transform.rotation.yaw - stop.transform.rotation.yaw) < 5.0:
            return light, stop.transform.location, before[0].transform
    raise AssertionError("no light has thirty straight metres before it")


def run(world, seconds):
    for _ in range(round(seconds / 0.05)):
        world.tick()


def overlapping(a, b):
    """Say whether the boxes of two vehicles overlap, seen from above."""
    corners = [
        [(p.x, p.y) for p in v.bounding_box.get_world_vertices(v.get_transform())[::2]] for v in (a, b)
    ]
    for yaw in (v.get_transform().rotation.yaw + turn for v in (a, b) for turn in (0.0, 90.0)):
        x, y = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
        on_a, on_b = ([x * cx + y * cy for cx, cy in each] for each in corners)
        if max(on_a) <= min(on_b) or max(on_b) <= min(on_a):
            return False
    return True


def test_a_light_can_be_read_set_frozen_and_reset(empty, light):
    light, _, _ = light
    assert (light.get_green_time(), light.get_yellow_time(), light.get_red_time()) == (10.0, 3.0, 2.0)
    group = light.get_group_traffic_lights()
    assert light.id in [other.id for other in group]
    assert light.get_opendrive_id()
    light.reset_group()
    empty.tick()
    shown = next(other for other in group if other.state == Green)
    shown.set_green_time(1.0)
    run(empty, 1.1)
    assert shown.get_green_time() == 1.0
    assert shown.state == Yellow
    shown.set_state(Red)
    shown.freeze(True)
    run(empty, 4.0)
    assert shown.is_frozen()
    assert shown.state == Red
    shown.freeze(False)
    empty.reset_all_traffic_lights()
    empty.tick()
    assert shown.state == Green


@pytest.mark.own_process
def test_the_traffic_manager_stops_at_red_and_goes_at_green(empty, traffic, light):
    light, line, start = light
    light.set_state(Red)
    light.freeze(True)
    start.location.z += 0.3
    blueprint = empty.get_blueprint_library().find("vehicle.tesla.model3")
    vehicle = empty.spawn_actor(blueprint, start)
    vehicle.set_autopilot(True, traffic.get_port())
    run(empty, 10.0)
    assert vehicle.get_velocity().length() < 0.1
    assert vehicle.is_at_traffic_light()
    assert vehicle.get_traffic_light().id == light.id
    assert vehicle.get_traffic_light_state() == Red
    ahead = start.get_forward_vector()
    nose_m = (line - vehicle.get_location()).dot(ahead) - vehicle.bounding_box.extent.x
    assert -0.5 < nose_m < 8.0
    light.set_state(Green)
    run(empty, 5.0)
    assert (line - vehicle.get_location()).dot(ahead) < -2.0


@pytest.mark.own_process
def test_fifty_vehicles_of_the_traffic_manager_get_on_and_never_overlap(client, empty, traffic):
    library = empty.get_blueprint_library()
    cars = [bp for bp in library.filter("vehicle.*") if bp.get_attribute("base_type").as_str() == "car"]
    spots = empty.get_map().get_spawn_points()[:50]
    batch = [
        carla.command.SpawnActor(car, spot).then(
            carla.command.SetAutopilot(carla.command.FutureActor, True, traffic.get_port())
        )
        for car, spot in zip(itertools.cycle(cars), spots, strict=False)
    ]
    answers = client.apply_batch_sync(batch, True)
    assert not [answer.error for answer in answers if answer.error]
    vehicles = [empty.get_actor(answer.actor_id) for answer in answers]
    starts = [vehicle.get_location() for vehicle in vehicles]
    for _ in range(5):
        run(empty, 3.0)
        places = [(vehicle, vehicle.get_location()) for vehicle in vehicles]
        near = [(a, b) for (a, at), (b, to) in itertools.combinations(places, 2) if at.distance(to) < 12.0]
        assert not [(a.id, b.id) for a, b in near if overlapping(a, b)]
    moved = [vehicle.get_location().distance(start) for vehicle, start in zip(vehicles, starts, strict=True)]
    assert sum(distance > 10.0 for distance in moved) > 35  # some wait at red


def test_a_pedestrian_walks_over_a_crosswalk_to_its_target(empty):
    corners = empty.get_map().get_crosswalks()[:4]
    sides = [corners[i] - corners[i - 1] for i in (1, 2)]
    along = max(sides, key=lambda side: side.length())
    middle = sum((corner for corner in corners[1:]), corners[0]) / 4
    beyond = along * (0.5 + 1.5 / along.length())
    here, there = middle - beyond, middle + beyond
    blueprint = empty.get_blueprint_library().find("walker.pedestrian.0001")
    walker = empty.spawn_actor(blueprint, carla.Transform(here + carla.Location(z=0.3)))
    empty.tick()
    controller = empty.spawn_actor(
        empty.get_blueprint_library().find("controller.ai.walker"), carla.Transform(), walker
    )
    empty.tick()
    controller.start()
    controller.go_to_location(there)
    controller.set_max_speed(3.0)
    nearest, height = math.inf, set()
    for _ in range(200):
        empty.tick()
        place = walker.get_location()
        nearest = min(nearest, place.distance_2d(there))
        height.add(round(place.z - middle.z, 1))
    assert nearest < 1.5
    assert walker.get_velocity().length() > 0.0
    assert max(map(abs, height)) < 0.5
    controller.stop()


def test_random_places_to_walk_are_on_sidewalks(empty):
    town = empty.get_map()
    for _ in range(20):
        place = empty.get_random_location_from_navigation()
        nearest = town.get_waypoint(place, lane_type=carla.LaneType.Sidewalk)
        assert nearest.transform.location.distance_2d(place) < nearest.lane_width / 2 + 0.3
