"""What the official client's Traffic Manager drives; `test_traffic` runs this file in a process of its own.

The manager's thread can miss a wake-up of the client's `tick` where the processor is overloaded, and both then wait for
ever, deep in C++, where only the end of the process helps.
"""

import itertools
import math
import socket

import pytest

carla = pytest.importorskip("carla")

Red, Green = carla.TrafficLightState.Red, carla.TrafficLightState.Green


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
