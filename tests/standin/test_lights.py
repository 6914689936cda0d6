"""Traffic lights in the world: their cycles, their groups and who stands before them."""

from dataclasses import replace

import numpy as np
import pytest

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.signs import LightState, TrafficLight
from carla_bridge.standin.life.world import World, describe
from carla_bridge.standin.roads.network import NO_JUNCTION, Signal, Stop
from carla_bridge.standin.streetscape.town import build_town

RED, YELLOW, GREEN = LightState.RED, LightState.YELLOW, LightState.GREEN
CROSSING = 7


def light_at(town, number, lane, controller):
    """A light two metres to the right of the end of a lane, looking at those who come."""
    last, before = town.lanes[lane].points[-1], town.lanes[lane].points[-2]
    ahead = (last - before) / np.linalg.norm(last - before)
    x, y = last[0] - ahead[1] * 3.5, last[1] + ahead[0] * 3.5
    pose = Pose(float(x), float(y), yaw=float(np.degrees(np.arctan2(-ahead[1], -ahead[0]))))
    stop = Stop(lane, len(town.lanes[lane].points) - 1)
    junction = CROSSING if controller else NO_JUNCTION
    return Signal(str(number), "1000001", 0.0, pose, junction, controller, (stop,))


def roads_of(town):
    """Four lanes on which one can come to a light."""
    lanes = enumerate(town.lanes)
    return [i for i, lane in lanes if not lane.in_junction and len(lane.points) > 40 and lane.successors][:4]


@pytest.fixture(scope="module")
def town():
    """A town with a crossing of two controllers (two lights and one), a light on its own, and two signs."""
    town = build_town(0)
    roads = roads_of(town)
    lights = [light_at(town, i, lane, name) for i, (lane, name) in enumerate(zip(roads, "aab", strict=False))]
    lights.append(light_at(town, 3, roads[3], ""))
    limit = Signal("9", "274", 30.0, Pose(50.0), NO_JUNCTION, "", ())
    halt = replace(limit, id="10", kind="206")
    network = replace(
        town.network,
        signals=(*lights, limit, halt),
        controllers={"a": (0, 1), "b": (2,)},
        junctions={CROSSING: ("a", "b")},
    )
    return replace(town, network=network)


@pytest.fixture
def world(town):
    return World(town, seed=0, vehicles=0, walkers=0, episode_id=1, frame=1, next_id=20)


def lights(world):
    return [actor for actor in world.actors.values() if isinstance(actor, TrafficLight)]


def shown(world):
    return [light.light for light in lights(world)]


def run(world, seconds):
    for _ in range(round(seconds / 0.5)):
        world.step(0.5)


def test_signals_become_actors_of_carlas_names_where_they_stand(world, town):
    signs = [actor for actor in world.actors.values() if actor.type_id.startswith("traffic.")]
    assert [sign.type_id for sign in signs] == [
        *["traffic.traffic_light"] * 4,
        "traffic.speed_limit.30",
        "traffic.stop",
    ]
    assert [sign.sign_id for sign in signs] == ["0", "1", "2", "3", "9", "10"]
    assert [sign.pose for sign in signs] == [signal.pose for signal in town.network.signals]


def test_the_trigger_volume_lies_over_the_lane_before_the_light(world, town):
    for light, lane in zip(lights(world), [town.lanes[i] for i in roads_of(town)], strict=True):
        box = light.bounding_box
        middle = (light.pose.matrix() @ (*box.location, 1.0))[:2]
        assert np.linalg.norm(middle - lane.points[-2, :2]) < 2.0
        assert sorted(box.extent[:2]) == pytest.approx([1.5, lane.width_m / 2], abs=0.2)


def test_one_controller_after_the_other_is_green_and_all_wait_in_between(world):
    assert shown(world) == [GREEN, GREEN, RED, GREEN]
    run(world, 9.5)
    assert shown(world) == [GREEN, GREEN, RED, GREEN]
    run(world, 0.5)
    assert shown(world) == [YELLOW, YELLOW, RED, YELLOW]
    run(world, 3.0)
    assert shown(world) == [RED, RED, RED, RED]
    run(world, 2.0)
    assert shown(world) == [RED, RED, GREEN, GREEN]  # the one on its own has no other to wait for
    run(world, 1.0)
    assert [light.elapsed_s for light in lights(world)] == pytest.approx([3.0, 3.0, 1.0, 1.0])


def test_times_can_be_set_and_the_clock_frozen_and_reset(world):
    first, second, third, _ = lights(world)
    for light in world.lights.phase_of(first):
        light.green_s = 2.0
    assert second.green_s == 2.0
    assert third.green_s == 10.0
    world.lights.cycle_of(third).freeze(True)
    run(world, 20.0)
    assert shown(world)[:3] == [GREEN, GREEN, RED]
    assert (first.elapsed_s, first.is_frozen) == (0.0, True)
    world.lights.cycle_of(third).freeze(False)
    run(world, 2.0)
    assert shown(world)[:3] == [YELLOW, YELLOW, RED]
    world.lights.cycle_of(third).reset()
    assert shown(world)[:3] == [GREEN, GREEN, RED]


def test_a_vehicle_knows_the_light_before_it_and_no_other(world, town):
    lane = town.lanes[roads_of(town)[2]].points
    ahead = lane[-1] - lane[-6]
    yaw = float(np.degrees(np.arctan2(ahead[1], ahead[0])))

    def light_of(point, yaw_deg):
        vehicle = world.spawn(describe("vehicle.tesla.model3"), Pose(*point, yaw=yaw_deg))
        world.step(0.05)
        world.destroy(vehicle.id)
        return vehicle.traffic_light

    assert light_of(lane[-5], yaw) is lights(world)[2]
    assert light_of(lane[-20], yaw) is None  # too far away
    assert light_of(lane[-1], yaw) is None  # over the line already
    assert light_of(lane[-5], yaw + 180.0) is None  # on its way out


def test_who_brakes_for_a_light_does_not_lose_it_by_getting_slower(world, town):
    lane = town.lanes[roads_of(town)[2]].points
    ahead = lane[-1] - lane[-6]
    yaw = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
    vehicle = world.spawn(describe("vehicle.tesla.model3"), Pose(*lane[-10], yaw=yaw))
    world.step(0.05)
    assert vehicle.traffic_light is None  # standing some seven metres before the line
    vehicle.speed_mps = 9.0
    world.step(0.05)
    assert vehicle.traffic_light is lights(world)[2]
    vehicle.speed_mps = 0.0
    world.step(0.05)
    assert vehicle.traffic_light is lights(world)[2]
