"""The world without sockets: dynamics, ambient life, spawning, determinism."""

from dataclasses import replace

import numpy as np
import pytest

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life import world as world_module
from carla_bridge.standin.life.boxes import overlap
from carla_bridge.standin.life.world import World, describe
from carla_bridge.standin.protocol.schema import (
    ActorDescription,
    AttributeValue,
    Vector3D,
    VehicleControl,
    WalkerControl,
)
from carla_bridge.standin.streetscape.town import build_town

TESLA = describe("vehicle.tesla.model3")


@pytest.fixture(scope="module")
def town():
    return build_town(0)


def new_world(town, *, seed=0, vehicles=0, walkers=0):
    return World(town, seed=seed, vehicles=vehicles, walkers=walkers, episode_id=1, frame=1, next_id=20)


def run(world, seconds):
    for _ in range(round(seconds / 0.05)):
        world.step(0.05)


def driven(world, spot, seconds=4.0, **control):
    vehicle = world.spawn(TESLA, spot)
    vehicle.control = VehicleControl(**control)
    run(world, seconds)
    return vehicle


def test_throttle_drives_along_the_heading(town):
    spot = Pose(0.0, 0.0, 0.0, yaw=90.0)
    vehicle = driven(new_world(town), spot, throttle=0.5)
    assert vehicle.pose.y > 10.0
    assert vehicle.pose.x == pytest.approx(0.0, abs=1e-6)
    assert vehicle.velocity.y == pytest.approx(vehicle.speed_mps)
    assert vehicle.speed_mps < 12.0


@pytest.mark.parametrize(("steer", "sign"), [(0.2, 1.0), (-0.2, -1.0)])
def test_steering_to_the_right_makes_the_yaw_grow(town, steer, sign):
    vehicle = driven(new_world(town), Pose(), seconds=2.0, throttle=0.4, steer=steer)
    assert vehicle.pose.yaw * sign > 5.0
    assert vehicle.angular_velocity.z * sign > 0.0
    assert vehicle.pose.y * sign > 0.0


def test_reverse_drives_backwards(town):
    vehicle = driven(new_world(town), Pose(), throttle=0.5, reverse=True)
    assert vehicle.pose.x < -5.0
    assert vehicle.speed_mps > -10.0


@pytest.mark.parametrize("pedal", [{"brake": 1.0}, {"hand_brake": True}])
def test_brakes_stop_and_hold(town, pedal):
    world = new_world(town)
    vehicle = driven(world, Pose(), throttle=1.0)
    vehicle.control = VehicleControl(**pedal)
    run(world, 6.0)
    stopped = vehicle.pose
    run(world, 1.0)
    assert vehicle.speed_mps == 0.0
    assert vehicle.pose == stopped


def test_without_physics_a_vehicle_stays(town):
    world = new_world(town)
    vehicle = world.spawn(TESLA, Pose())
    vehicle.simulates_physics, vehicle.control = False, VehicleControl(throttle=1.0)
    run(world, 1.0)
    assert (vehicle.pose.x, vehicle.speed_mps) == (0.0, 0.0)


def test_a_vehicle_stops_at_what_it_hits_and_says_so(town):
    world = new_world(town)
    wall = world.spawn(TESLA, Pose(20.0, 0.0, 0.0))
    vehicle = world.spawn(TESLA, Pose())
    vehicle.control = VehicleControl(throttle=1.0)
    hits = []
    for _ in range(100):
        world.step(0.05)
        hits += world.collisions
    impulse = next(hit.impulse for hit in hits if (hit.actor, hit.other) == (vehicle, wall))
    assert impulse.x < -vehicle.physics.mass * 5.0  # what stopped it, against its way
    assert not overlap(vehicle, wall)


def test_what_does_not_collide_is_driven_through(town):
    world = new_world(town)
    world.spawn(TESLA, Pose(20.0, 0.0, 0.0)).collides = False
    vehicle = driven(world, Pose(), seconds=5.0, throttle=1.0)
    assert vehicle.pose.x > 25.0


def test_a_walker_follows_its_control(town):
    world = new_world(town)
    walker = world.spawn(describe("walker.pedestrian.0001"), Pose())
    walker.control = WalkerControl(Vector3D(0.0, -2.0, 0.0), 1.5)
    run(world, 2.0)
    assert walker.pose.y == pytest.approx(-3.0)
    assert walker.pose.yaw == pytest.approx(-90.0)
    assert walker.walked_m == pytest.approx(3.0)


def test_what_is_no_attribute_of_the_blueprint_is_not_kept(town):
    given = (AttributeValue("role_name", 99, "hero"), AttributeValue("type_id", 4, "x"))
    actor = new_world(town).spawn(ActorDescription(2**32, TESLA.id, given), Pose())
    assert actor.description == describe(TESLA.id, role_name="hero")


def test_nothing_spawns_into_a_clients_actor(town):
    world = new_world(town)
    spot = town.spawn_points[0]
    world.spawn(TESLA, spot)
    with pytest.raises(WorldError, match="Spawn failed because of collision at spawn position"):
        world.spawn(TESLA, spot)


def test_ambient_cars_make_way_for_a_newcomer(town):
    world = new_world(town, vehicles=10)
    car = next(a for a in world.actors.values() if a.type_id.startswith("vehicle."))
    newcomer = world.spawn(TESLA, car.pose)
    assert not overlap(car, newcomer)
    assert car.id in world.actors


def test_clients_may_fill_every_place_to_start(town):
    few = replace(town, spawn_points=town.spawn_points[:12])
    world = new_world(few, vehicles=10)
    mine = [world.spawn(TESLA, spot) for spot in few.spawn_points]
    cars = [actor for actor in world.actors.values() if actor.type_id.startswith("vehicle.")]
    assert cars == mine  # those of the town found no other place
    world.step(0.05)


def test_ambient_cars_drive_for_minutes_and_never_touch(town):
    world = new_world(town, vehicles=10, walkers=14)
    cars = [a for a in world.actors.values() if a.type_id.startswith("vehicle.")]
    obstacle = world.spawn(TESLA, town.spawn_points[7])
    driven_m = np.zeros(len(cars))
    for frame in range(1600):
        world.step(0.05)
        driven_m += [car.speed_mps * 0.05 for car in cars]
        if frame % 10 == 0:
            everything = [*cars, obstacle]
            touching = [(a.id, b.id) for a in everything for b in everything if a.id < b.id and overlap(a, b)]
            assert not touching, f"frame {frame}"
    assert (driven_m > 50.0).sum() >= 7  # some may wait behind the obstacle


def test_ambient_walkers_stay_on_their_sidewalks(town):
    world = new_world(town, walkers=14)
    walkers = [a for a in world.actors.values() if a.type_id.startswith("walker.")]
    before = [walker.pose for walker in walkers]
    run(world, 20.0)
    sidewalks = np.concatenate(town.sidewalks)
    for walker, start in zip(walkers, before, strict=True):
        apart = np.hypot(sidewalks[:, 0] - walker.pose.x, sidewalks[:, 1] - walker.pose.y).min()
        assert apart < 1.6
        assert np.hypot(walker.pose.x - start.x, walker.pose.y - start.y) > 2.0


def test_attached_actors_move_and_die_with_their_parent(town):
    world = new_world(town)
    vehicle = world.spawn(TESLA, Pose(yaw=90.0))
    camera = world.spawn(describe("sensor.camera.rgb"), Pose(2.0, 0.0, 1.5, yaw=90.0), vehicle)
    vehicle.place(Pose(10.0, 20.0, 0.0, yaw=90.0))
    world.step(0.05)
    assert (camera.pose.x, camera.pose.y) == pytest.approx((10.0, 22.0))
    assert abs(camera.pose.yaw) == pytest.approx(180.0)
    world.destroy(vehicle.id)
    assert camera.id not in world.actors


def test_the_last_of_a_long_chain_dies_with_the_first(town):
    world = new_world(town)
    before = list(world.actors.values())
    first = parent = world.spawn(describe("sensor.other.imu"), Pose())
    for _ in range(1500):
        parent = world.spawn(describe("sensor.other.imu"), Pose(), parent)
    world.destroy(first.id)
    assert list(world.actors.values()) == before


def test_a_full_town_gets_no_more_cars(town, caplog):
    few = replace(town, spawn_points=town.spawn_points[:25])
    world = new_world(few, vehicles=40)
    cars = [actor for actor in world.actors.values() if actor.type_id.startswith("vehicle.")]
    assert 20 < len(cars) <= 25
    assert "the town is full" in caplog.text
    world.step(0.05)


def test_a_full_world_takes_no_more_actors(town, monkeypatch):
    world = new_world(town)
    monkeypatch.setattr(world_module, "MAX_ACTORS", len(world.actors) + 1)
    world.spawn(TESLA, Pose())
    with pytest.raises(WorldError, match="Spawn failed because the world is full"):
        world.spawn(TESLA, Pose(50.0))


def test_the_same_seed_gives_the_same_states_and_another_does_not(town):
    def states(seed):
        world = new_world(town, seed=seed, vehicles=10, walkers=14)
        run(world, 10.0)
        return [actor.record() for actor in world.actors.values()]

    assert states(3) == states(3)
    assert states(3) != states(4)


def test_sensor_tick_lets_one_message_out_per_period(town):
    world = new_world(town)
    sensor = world.spawn(describe("sensor.camera.rgb", sensor_tick="1.0"), Pose())
    due = 0
    for _ in range(50):
        world.step(0.05)
        due += sensor.is_due(world.moment.elapsed_s)
    assert due == 3  # what CARLA's own test expects
