"""Logs replayed in a world, without sockets: who comes, where they are, and what no log can do."""

import io
import logging

import pytest

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.world import World, describe
from carla_bridge.standin.protocol.schema import VehicleControl
from carla_bridge.standin.recorder_logs import recorder_records as r
from carla_bridge.standin.recorder_logs.recorder import Recorder
from carla_bridge.standin.recorder_logs.recorder_log import Header, LogReader, LogWriter
from carla_bridge.standin.recorder_logs.recorder_records import PacketId
from carla_bridge.standin.recorder_logs.replayer import Replayer, Wish
from tests.standin.recorder_examples import add, at, log_of, reader_of

CAR, WALKER = "vehicle.tesla.model3", "walker.pedestrian.0003"


@pytest.fixture
def new_world(town):
    def new(*, vehicles=0, walkers=0):
        return World(town, seed=0, vehicles=vehicles, walkers=walkers, episode_id=1, frame=1, next_id=20)

    return new


@pytest.fixture
def world(new_world):
    return new_world()


def advance(replayer, delta_s=0.5, factor=1.0):
    """Let a frame pass, and the replay with it."""
    replayer.world.step(delta_s)
    replayer.advance(delta_s, factor)


def vehicles(world):
    return [actor for actor in world.actors.values() if actor.type_id.startswith("vehicle.")]


def everybody(world):
    """Return the ids of all but the town's own lights and signs."""
    return {actor.id for actor in world.actors.values() if not actor.type_id.startswith("traffic.")}


def drive(*places_cm, **attributes):
    """Return a log in which a car with id 500 is at these places, half a second apart."""
    first, *others = ({PacketId.POSITION: [at(500, *place)]} for place in places_cm)
    return reader_of({PacketId.EVENT_ADD: [add(500, CAR, **attributes)], **first}, *others)


def test_a_recorded_actor_comes_under_its_old_id_and_goes_as_it_went(world):
    log = [
        {PacketId.EVENT_ADD: [add(500, CAR, role_name="hero", color="1,2,3")]},
        {PacketId.EVENT_ADD: [add(510, WALKER, 2)]},
        {PacketId.EVENT_DEL: [r.EventDel(500)]},
        {},
    ]
    replayer = Replayer(reader_of(*log), world, Wish())
    (car,) = vehicles(world)
    assert (car.id, car.attributes["role_name"], car.attributes["color"]) == (500, "hero", "1,2,3")
    advance(replayer)
    assert world.actors[510].type_id == WALKER
    advance(replayer)
    assert vehicles(world) == []
    assert world.next_id == 511


def test_an_id_that_was_used_before_is_never_used_again(world):
    world.next_id = 501
    Replayer(reader_of({PacketId.EVENT_ADD: [add(500, CAR), add(40_000, CAR)]}), world, Wish())
    assert [car.id for car in vehicles(world)] == [501, 502]


def test_an_actor_of_the_same_id_and_kind_plays_itself(new_world):
    world = new_world(vehicles=2)
    ambient = vehicles(world)[0]
    replayer = Replayer(
        reader_of(
            {
                PacketId.EVENT_ADD: [add(ambient.id, ambient.type_id)],
                PacketId.POSITION: [at(ambient.id, 700.0)],
            }
        ),
        world,
        Wish(),
    )
    assert vehicles(world) == [ambient]  # the other would drive through the log's
    assert ambient.pose.x == 7.0
    replayer.stop(keep_actors=False)
    assert vehicles(world) == [ambient]  # the replay has not brought it


def test_between_two_frames_everybody_is_between_two_places(world):
    replayer = Replayer(
        drive((0.0, 0.0, 170.0), (1000.0, 200.0, -170.0), (1000.0, 200.0, -170.0)), world, Wish()
    )
    (car,) = vehicles(world)
    assert car.pose == Pose(0.0, 0.0, 0.0, yaw=170.0)
    advance(replayer, 0.25)
    assert (car.pose.x, car.pose.y, car.pose.yaw % 360.0) == pytest.approx((5.0, 1.0, 180.0))
    assert car.velocity == pytest.approx((20.0, 4.0, 0.0))
    assert car.angular_velocity.z == pytest.approx(40.0)
    advance(replayer, 0.25)
    assert (car.pose.x, car.pose.yaw) == pytest.approx((10.0, -170.0))


def test_a_time_factor_makes_the_log_pass_faster_and_from_two_on_it_jumps(world):
    replayer = Replayer(drive(*((100.0 * k,) for k in range(20))), world, Wish())
    (car,) = vehicles(world)
    for factor, x in ((1.5, 1.5), (0.0, 1.5), (3.0, 4.0), (1.0, 5.5)):
        advance(replayer, 0.5, factor)
        assert car.pose.x == pytest.approx(x)


def test_a_part_of_a_log_begins_in_its_middle_and_ends_before_its_end(world):
    replayer = Replayer(drive(*((100.0 * k,) for k in range(20))), world, Wish(start_s=2.0, stop_s=3.0))
    (car,) = vehicles(world)
    assert car.pose.x == pytest.approx(4.0)
    advance(replayer)
    assert not replayer.is_over
    advance(replayer)
    assert replayer.is_over
    assert car.pose.x == pytest.approx(6.0)


def test_a_start_behind_the_end_shows_the_end(world):
    replayer = Replayer(drive((0.0,), (100.0,)), world, Wish(start_s=1e6, stop_s=0.5))
    advance(replayer)
    assert replayer.is_over
    assert vehicles(world)[0].pose.x == 1.0


def test_the_end_leaves_vehicles_standing_or_takes_them_away(new_world):
    for keep in (True, False):
        world = new_world()
        replayer = Replayer(drive((0.0,), (100.0,), (200.0,)), world, Wish())
        advance(replayer)
        replayer.stop(keep_actors=keep)
        assert len(vehicles(world)) == keep
        for car in vehicles(world):
            assert car.simulates_physics
            assert (car.speed_mps, car.velocity, car.control) == (0.0, (0.0, 0.0, 0.0), VehicleControl())


def test_animations_and_lights_are_as_they_were(world):
    frame = {
        PacketId.EVENT_ADD: [add(500, CAR), add(510, WALKER, 2)],
        PacketId.ANIM_VEHICLE: [r.AnimVehicle(500, -0.5, 0.25, 0.0, True, -1)],
        PacketId.ANIM_WALKER: [r.AnimWalker(510, 1.5)],
        PacketId.VEHICLE_LIGHT: [r.VehicleLight(500, 9)],
    }
    Replayer(reader_of(frame, {}), world, Wish())
    car, walker = world.actors[500], world.actors[510]
    assert car.control == VehicleControl(0.25, -0.5, 0.0, True, reverse=True, gear=-1)
    assert car.lights == 9
    assert walker.control.speed == 1.5


def test_doors_that_opened_before_the_start_are_open(world):
    log = [
        {PacketId.EVENT_ADD: [add(500, CAR)], PacketId.VEHICLE_DOOR: [r.VehicleDoor(500, 6, True)]},
        {PacketId.VEHICLE_DOOR: [r.VehicleDoor(500, 1, False), r.VehicleDoor(500, 99, True)]},
        {},
    ]
    Replayer(reader_of(*log), world, Wish(start_s=1.0))
    assert world.actors[500].open_doors == {0, 2, 3, 4, 5}


def test_the_spectator_follows_whom_it_is_told_to(world):
    log = [{PacketId.EVENT_ADD: [add(500, CAR)], PacketId.POSITION: [at(500, 1000.0, 0.0, 90.0)]}, {}]
    Replayer(reader_of(*log), world, Wish(follow_id=500))
    seen = world.spectator.pose
    assert (seen.x, seen.y, seen.z, seen.pitch, seen.yaw) == pytest.approx((10.0, -10.0, 5.0, -25.0, 90.0))


@pytest.mark.parametrize("ignore", [True, False])
def test_the_spectator_is_left_alone_unless_it_is_to_be_moved(world, ignore):
    before = world.spectator.pose
    log = [{PacketId.EVENT_ADD: [add(1, "spectator", 0)], PacketId.POSITION: [at(1, 1000.0)]}, {}]
    Replayer(reader_of(*log), world, Wish(ignore_spectator=ignore))
    assert world.spectator.pose == (before if ignore else Pose(10.0, 0.0, 0.0))


@pytest.mark.parametrize("ignore", [True, False])
def test_the_hero_can_be_left_out(world, ignore):
    Replayer(drive((0.0,), (1.0,), role_name="hero"), world, Wish(ignore_hero=ignore))
    assert len(vehicles(world)) == (not ignore)


@pytest.mark.parametrize("wanted", [True, False])
def test_sensors_come_only_if_they_are_wanted(world, wanted):
    events = [
        add(500, CAR, x=1000.0),
        add(501, "sensor.camera.rgb", 5, x=-500.0, fov="70"),
        add(502, "controller.ai.walker", 0),
    ]
    log = [{PacketId.EVENT_ADD: events, PacketId.EVENT_PARENT: [r.EventParent(501, 500)]}, {}]
    Replayer(reader_of(*log), world, Wish(with_sensors=wanted))
    cameras = [actor for actor in world.actors.values() if actor.type_id == "sensor.camera.rgb"]
    assert everybody(world) == {world.spectator.id, 500, *([501] if wanted else [])}
    for camera in cameras:
        assert camera.parent is world.actors[500]
        assert (camera.pose.x, camera.attributes["fov"]) == (pytest.approx(5.0), "70")


@pytest.mark.parametrize(
    ("recorded", "attributes", "played"),
    [
        ("vehicle.mini.cooperst", {}, "vehicle.mini.cooper_s"),
        ("vehicle.bmw.isetta", {}, "vehicle.micro.microlino"),
        ("vehicle.seat.ibiza_1999", {"number_of_wheels": "4"}, "vehicle.seat.leon"),
        ("vehicle.nobody.bike", {"number_of_wheels": "2", "base_type": "bicycle"}, "bicycle"),
        ("walker.pedestrian.9999", {}, "walker.pedestrian."),
        (
            "static.prop.mesh",
            {"mesh_path": "/Game/A/SM_PlasticChair.SM_PlasticChair"},
            "static.prop.plasticchair",
        ),
    ],
)
def test_what_has_another_name_today_is_played_by_the_nearest(world, caplog, recorded, attributes, played):
    with caplog.at_level(logging.WARNING):
        Replayer(reader_of({PacketId.EVENT_ADD: [add(500, recorded, **attributes)]}), world, Wish())
    actor = world.actors[500]
    assert actor.type_id.startswith(played) or actor.attributes.get("base_type") == played
    assert f"the log's {recorded} is played by a {actor.type_id}" in caplog.text


def test_what_there_is_nothing_like_is_left_out_and_said_once(world, caplog):
    chairs = [add(number, "static.prop.chair_of_1999", 0) for number in range(500, 510)]
    with caplog.at_level(logging.WARNING):
        Replayer(reader_of({PacketId.EVENT_ADD: chairs}), world, Wish())
    assert everybody(world) == {world.spectator.id}
    assert caplog.text.count("chair_of_1999") == 1


def test_no_log_can_break_a_world(world, caplog):
    nan, inf = float("nan"), float("inf")
    log = [
        {
            PacketId.EVENT_ADD: [add(500, CAR), add(501, CAR, x=nan), add(502, CAR), add(503, WALKER, 2)],
            PacketId.EVENT_PARENT: [
                r.EventParent(500, 502),
                r.EventParent(502, 500),
                r.EventParent(500, 500),
            ],
            PacketId.POSITION: [at(502, inf), at(77, 1.0)],
            PacketId.ANIM_VEHICLE: [r.AnimVehicle(502, nan, 0.0, 0.0, False, 0)],
            PacketId.ANIM_WALKER: [r.AnimWalker(503, 3e38)],
        },
        {PacketId.EVENT_DEL: [r.EventDel(20), r.EventDel(999)], PacketId.POSITION: [at(502, 3e38)]},
        {PacketId.EVENT_ADD: [add(1, "spectator", 0)], PacketId.EVENT_DEL: [r.EventDel(1)]},
        {},
    ]
    replayer = Replayer(reader_of(*log), world, Wish(ignore_spectator=False))
    while not replayer.is_over:
        advance(replayer)
    assert everybody(world) == {world.spectator.id, 500, 502, 503}
    assert world.actors[503].control.speed == 0.0
    assert world.actors[502].pose == Pose()


def test_a_full_world_takes_no_more(world, monkeypatch):
    monkeypatch.setattr(
        "carla_bridge.standin.recorder_logs.replayed_actors.MAX_ACTORS", len(world.actors) + 2
    )
    Replayer(reader_of({PacketId.EVENT_ADD: [add(500 + n, CAR) for n in range(10)]}), world, Wish())
    assert len(vehicles(world)) == 2


def test_a_log_that_breaks_off_ends_the_replay_and_is_said(world, caplog):
    whole = log_of({PacketId.EVENT_ADD: [add(500, CAR)]}, {}, {})
    replayer = Replayer(LogReader(io.BytesIO(whole[:-3])), world, Wish())
    advance(replayer)
    assert replayer.is_over
    assert "the replay ends early: the log ends within" in caplog.text


def test_a_recorded_world_is_replayed_to_the_last_pose(new_world):
    """A client's car, ambient life and all lights, in another world of the same town."""
    world, file = new_world(vehicles=6, walkers=6), io.BytesIO()
    spot = world.town.spawn_points[0]
    car = world.spawn(describe(CAR, role_name="hero"), spot)
    recorder = Recorder(LogWriter(file, Header(1, 0, "StandIn-0")), additional_data=True)
    car.open_doors = {4}
    recorded = []
    for step in range(60):
        car.control = VehicleControl(throttle=1.0, steer=0.3 if step > 20 else 0.0)
        world.step(0.05)
        recorder.record(world, platform_s=0.0)
        recorded.append({actor.id: _then(actor) for actor in world.actors.values()})
    another = new_world()
    another.next_id = 1000  # so that nobody can have an old id
    replayer = Replayer(LogReader(file), another, Wish(follow_id=car.id))
    for then in recorded[1:]:
        advance(replayer, 0.05)
        for actor_id, (type_id, pose, shown) in then.items():
            player = replayer.cast.actor(actor_id)
            if type_id.startswith(("vehicle.", "walker.")):
                assert player.type_id == type_id
                assert _numbers(player.pose) == pytest.approx(_numbers(pose), abs=1e-4)
            elif type_id == "traffic.traffic_light":
                assert (player.light, player.elapsed_s) == (shown[0], pytest.approx(shown[1], abs=1e-4))
        assert replayer.cast.actor(car.id).control.throttle == 1.0
        assert replayer.cast.actor(car.id).open_doors == {4}
    assert replayer.is_over


def _then(actor):
    shown = (actor.light, actor.elapsed_s) if actor.type_id == "traffic.traffic_light" else None
    return actor.type_id, actor.pose, shown


def _numbers(pose):
    return pose.x, pose.y, pose.z, pose.pitch, pose.yaw, pose.roll
