"""CARLA's recorder calls through the official client, as its own example scripts use them."""

import queue
import re

import numpy as np
import pytest

from carla_bridge.standin.process import StandInProcess
from carla_bridge.standin.recorder_logs.recorder_log import LogReader
from carla_bridge.standin.recorder_logs.recorder_records import PacketId
from tests.standin.recorder_examples import REAL_LOG, TOWN01

carla = pytest.importorskip("carla")

DELTA_S = 0.05
FRAMES = 30
HERO, PATROL = 174, 175  # as the real log numbers them
CAR_TAG = 14


@pytest.fixture
def deck(client):
    """A client, and a replayer that nobody has set."""
    client.set_replayer_time_factor(1.0)
    client.set_replayer_ignore_hero(False)
    client.set_replayer_ignore_spectator(True)
    return client


def spawn(world, type_id="vehicle.tesla.model3", spot=0, parent=None, **attributes):
    blueprint = world.get_blueprint_library().find(type_id)
    for name, value in attributes.items():
        blueprint.set_attribute(name, value)
    transform = carla.Transform() if parent else world.get_map().get_spawn_points()[spot]
    return world.spawn_actor(blueprint, transform, attach_to=parent)


def moving(world):
    return [actor for actor in world.get_actors() if actor.type_id.startswith(("vehicle.", "walker."))]


def heroes(world):
    return [actor for actor in world.get_actors() if actor.attributes.get("role_name") == "hero"]


def apart(one, other):
    """Return how far two transforms are apart, in metres or degrees."""
    turned = (one.rotation.yaw - other.rotation.yaw + 180.0) % 360.0 - 180.0
    return max(one.location.distance(other.location), abs(turned))


@pytest.fixture
def drive(deck, world):
    """A hero that drove for some frames, recorded: its id, and everybody's transform at each frame."""
    deck.start_recorder("drive.log", True)
    car = spawn(world, role_name="hero")
    spawn(world, "sensor.other.collision", parent=car)
    seen = []
    for _ in range(FRAMES):
        car.apply_control(carla.VehicleControl(throttle=0.8, steer=0.1))
        world.tick()
        seen.append({state.id: state.get_transform() for state in world.get_snapshot()})
    deck.stop_recorder()
    return car.id, seen


def test_the_recorder_says_which_file_it_writes(deck, world, recordings):
    assert deck.start_recorder("said.log") == str(recordings / "said.log")
    world.tick()
    deck.stop_recorder()
    with (recordings / "said.log").open("rb") as file:
        reader = LogReader(file)
        assert (reader.header.version, reader.header.map_name) == (1, "StandIn-0")
        assert len(list(reader.frames())) == 1


def test_a_log_is_readable_while_it_is_written(deck, world):
    deck.start_recorder("growing.log")
    for frame in (1, 2, 3):
        world.tick()
        assert f"\nFrames: {frame}\n" in deck.show_recorder_file_info("growing.log", False)


def test_a_log_of_the_same_name_begins_anew(deck, world):
    for frames in (5, 2):
        deck.start_recorder("again.log")
        for _ in range(frames):
            world.tick()
    deck.stop_recorder()
    assert "\nFrames: 2\n" in deck.show_recorder_file_info("again.log", False)


def test_what_is_replayed_is_what_was_recorded(deck, world, drive):
    _, seen = drive
    world.tick()
    deck.replay_file("drive.log", 0.0, 0.0, 0)
    for then in seen[1:]:
        world.tick()
        now = world.get_snapshot()
        for actor in moving(world):
            assert apart(now.find(actor.id).get_transform(), then[actor.id]) < 1e-3


def test_a_replay_in_another_episode_brings_its_own_actors_and_takes_them_away(deck, world, drive):
    hero, seen = drive
    everybody = len(moving(world))
    world = deck.reload_world(False)
    answer = deck.replay_file("drive.log", 0.0, 0.0, 0)
    assert re.search(r"Replaying File: .*drive\.log\nTotal time recorded: 1\.45\n", answer)
    assert "Replaying from 0 s - 1.45 s (1.45 s) at 1.0x\nIgnoring Spectator camera\n" in answer
    world.tick()
    (replayed,) = heroes(world)
    assert replayed.id > hero
    assert apart(replayed.get_transform(), seen[1][hero]) < 1e-3
    assert not any(actor.type_id.startswith("sensor.") for actor in world.get_actors())
    assert len(moving(world)) == everybody
    deck.stop_replayer(False)
    world.tick()
    assert moving(world) == []


def test_a_camera_sees_from_a_replayed_vehicle(deck, world, drive):
    deck.replay_file("drive.log", 0.0, 0.0, 0)
    (hero,) = heroes(world)
    blueprint = world.get_blueprint_library().find("sensor.camera.depth")
    blueprint.set_attribute("image_size_x", "64")
    blueprint.set_attribute("image_size_y", "32")
    camera = world.spawn_actor(blueprint, carla.Transform(carla.Location(x=1.0, z=1.5)), attach_to=hero)
    images = []
    camera.listen(images.append)
    for _ in range(8):
        world.tick()
    camera.destroy()
    first, last = images[0], images[-1]
    assert first.transform.location.distance(last.transform.location) > 0.2
    assert bytes(first.raw_data) != bytes(last.raw_data)
    assert last.transform.location.distance(hero.get_transform().location) < 2.0


def test_a_negative_start_counts_from_the_end_and_a_duration_ends_it(deck, world, drive):
    hero, seen = drive
    assert "Replaying from 1.2 s - 1.3 s" in deck.replay_file("drive.log", -0.25, 0.1, 0)
    car = world.get_actor(hero)
    for frame in (25, 26):
        world.tick()
        assert apart(car.get_transform(), seen[frame][hero]) < 1e-3
    for _ in range(3):  # it stands where the replay ended
        world.tick()
        assert apart(car.get_transform(), seen[26][hero]) < 0.1


def test_the_spectator_follows_an_actor_by_its_recorded_id(deck, world, drive):
    hero, _ = drive
    deck.replay_file("drive.log", 0.5, 0.0, hero)
    world.tick()
    car, spectator = world.get_actor(hero).get_transform(), world.get_spectator().get_transform()
    assert spectator.location.distance(car.transform(carla.Location(x=-10.0, z=5.0))) < 0.01
    assert spectator.rotation.pitch == pytest.approx(-25.0)


def test_a_time_factor_passes_more_of_the_log_in_a_frame(deck, world, drive):
    hero, seen = drive
    deck.set_replayer_time_factor(3.0)
    assert "at 3.0x" in deck.replay_file("drive.log", 0.0, 0.0, 0)
    for frame in (3, 6, 9):
        world.tick()
        assert apart(world.get_actor(hero).get_transform(), seen[frame][hero]) < 1e-3


def test_a_replay_goes_on_by_itself_in_asynchronous_mode(deck, world, drive):
    hero, seen = drive
    settings = world.get_settings()
    deck.replay_file("drive.log", 0.0, 0.0, 0)
    settings.synchronous_mode = False
    world.apply_settings(settings)
    car = world.get_actor(hero)
    for _ in range(200):
        world.wait_for_tick()
        if apart(car.get_transform(), seen[-1][hero]) < 1e-3:
            break
    assert apart(car.get_transform(), seen[-1][hero]) < 1e-3


def test_the_hero_can_be_ignored(deck, world, drive):
    world = deck.reload_world(False)
    deck.set_replayer_ignore_hero(True)
    assert "Ignoring Hero vehicle" in deck.replay_file("drive.log", 0.0, 0.0, 0)
    world.tick()
    assert heroes(world) == []


def test_sensors_are_replayed_on_demand(deck, world, drive):
    world = deck.reload_world(False)
    deck.replay_file("drive.log", 0.0, 0.0, 0, True)
    world.tick()
    (sensor,) = world.get_actors().filter("sensor.*")
    assert sensor.parent.id == heroes(world)[0].id


def test_traffic_lights_show_what_they_showed(deck, world, drive):
    lights = world.get_actors().filter("traffic.traffic_light")
    if not len(lights):
        pytest.skip("this town has no traffic lights")
    deck.start_recorder("lights.log")
    shown = (carla.TrafficLightState.Green, carla.TrafficLightState.Off, carla.TrafficLightState.Yellow)
    for state in shown:
        lights[0].set_state(state)
        world.tick()
    deck.stop_recorder()
    deck.replay_file("lights.log", 0.0, 0.0, 0)
    for state in shown[1:]:
        world.tick()
        assert lights[0].get_state() == state


def test_recording_survives_an_actor_that_is_gone_within_the_frame(deck, world):
    deck.start_recorder("gone.log", True)
    gone = spawn(world).id
    deck.apply_batch_sync([carla.command.DestroyActor(gone)])
    car = spawn(world)
    world.tick()
    car.destroy()
    world.tick()
    deck.stop_recorder()
    told = deck.show_recorder_file_info("gone.log", False)
    assert f" Create {gone}:" not in told
    assert f" Create {car.id}: vehicle.tesla.model3 (1)" in told
    assert told.count(" Destroy ") == 1


def test_a_collision_is_told_once_with_both_actors(deck, world):
    deck.start_recorder("crash.log")
    car = spawn(world, role_name="hero")
    spawn(world, "sensor.other.collision", parent=car)
    ahead = world.get_map().get_spawn_points()[0]
    ahead.location += ahead.get_forward_vector() * 7.0
    other = world.spawn_actor(world.get_blueprint_library().find("vehicle.audi.tt"), ahead)
    for _ in range(60):
        car.apply_control(carla.VehicleControl(throttle=1.0))
        world.tick()
    deck.stop_recorder()
    told = deck.show_recorder_collisions("crash.log", "h", "v")
    row = rf"^ +\d+   v v +{car.id} vehicle\.tesla\.model3 +{other.id} vehicle\.audi\.tt *$"
    assert re.search(row, told, re.MULTILINE)
    assert "vehicle" not in deck.show_recorder_collisions("crash.log", "w", "a")


def test_who_stands_still_is_blocked(deck, world):
    deck.start_recorder("jam.log")
    car = spawn(world)
    for _ in range(50):
        world.tick()
    deck.stop_recorder()
    told = deck.show_recorder_actors_blocked("jam.log", 2.0, 100.0)
    assert re.search(rf"^ +0 +{car.id} vehicle\.tesla\.model3 +2$", told, re.MULTILINE)
    assert str(car.id) not in deck.show_recorder_actors_blocked("jam.log", 3.0, 100.0)


def test_what_is_not_there_or_not_allowed_is_said(deck, world, recordings, tmp_path):
    (recordings / "song.mp3").write_bytes(b"ID3" * 100)
    assert deck.show_recorder_file_info("none.log", True).endswith("none.log not found on server\n")
    assert deck.replay_file("none.log", 0.0, 0.0, 0).endswith("none.log not found on server\n")
    assert deck.show_recorder_collisions("song.mp3", "a", "a") == "File is not a CARLA recorder\n"
    with pytest.raises(RuntimeError, match="not a CARLA recorder"):
        deck.replay_file("song.mp3", 0.0, 0.0, 0)
    with pytest.raises(RuntimeError, match="--recordings"):
        deck.start_recorder(str(tmp_path / "elsewhere.log"))
    with pytest.raises(RuntimeError, match="is no kind of actors"):
        deck.show_recorder_collisions("none.log", "x", "a")
    assert list(tmp_path.iterdir()) == []


def test_a_log_of_a_map_that_is_not_there_names_the_map_and_the_option(deck, world, recordings, drive):
    log = (recordings / "drive.log").read_bytes()
    (recordings / "far.log").write_bytes(log.replace(b"\x09\0StandIn-0", b"\x09\0Atlantis1", 1))
    with pytest.raises(RuntimeError, match=r"'Atlantis1'.*--map.*Atlantis1\.xodr"):
        deck.replay_file("far.log", 0.0, 0.0, 0)


def test_a_map_change_ends_recording_and_replaying(deck, world, drive):
    deck.replay_file("drive.log", 0.0, 0.0, 0)
    world = deck.reload_world(False)
    deck.start_recorder("short.log")
    world.tick()
    world = deck.reload_world(False)
    world.tick()
    assert "\nFrames: 1\n" in deck.show_recorder_file_info("short.log", False)


@pytest.fixture(scope="module")
def town01(tmp_path_factory):
    """A stand-in with Town01, which has a real server's log in its folder."""
    if not (REAL_LOG.exists() and TOWN01.exists()):
        pytest.skip("CARLA_BRIDGE_DATA names no recorder log or no Town01")
    options = {"map": str(TOWN01), "recordings": str(REAL_LOG.parent), "vehicles": 3, "walkers": 3}
    with StandInProcess(synchronous=True, fixed_delta_seconds=DELTA_S, **options) as server:
        yield server


def test_a_log_of_a_real_server_is_replayed_on_its_map(town01):
    """The log's hero follows another car along a street of Town01, and a camera on it sees that car ahead."""
    client = carla.Client(town01.host, town01.port)
    client.set_timeout(60.0)
    world, town = client.get_world(), client.get_world().get_map()
    assert "Replaying from 8 s - 24.7237 s" in client.replay_file(REAL_LOG.name, 8.0, 0.0, HERO)
    world.tick()
    hero, patrol = world.get_actor(HERO), world.get_actor(PATROL)
    assert {actor.id for actor in world.get_actors().filter("vehicle.*")} == {HERO, PATROL}
    assert (hero.type_id, patrol.type_id) == ("vehicle.lincoln.mkz_2017", "vehicle.nissan.patrol")
    assert len(world.get_actors().filter("static.prop.plasticchair")) > 80
    blueprint = world.get_blueprint_library().find("sensor.camera.semantic_segmentation")
    blueprint.set_attribute("image_size_x", "160")
    blueprint.set_attribute("image_size_y", "80")
    mount = carla.Transform(carla.Location(x=2.5, z=1.4))
    camera, images = world.spawn_actor(blueprint, mount, attach_to=hero), queue.Queue()
    camera.listen(images.put)
    for _ in range(20):
        world.tick()
        tags = tags_of(images.get(timeout=20.0))
        assert town.get_waypoint(hero.get_location()).transform.location.distance(hero.get_location()) < 0.5
        assert (tags[34:50, 70:90] == CAR_TAG).mean() > 0.2
        assert (tags[:, :60] != CAR_TAG).all()
    camera.destroy()
    assert recorded_x_m(HERO, 8.0 + 21 * DELTA_S) == pytest.approx(hero.get_location().x, abs=0.01)


def tags_of(image):
    return np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)[..., 2]


def recorded_x_m(actor_id, time_s):
    """Return where the real log has an actor at a time between two of its frames."""
    with REAL_LOG.open("rb") as file:
        seen = [
            (frame.elapsed_s, position.x / 100.0)
            for frame in LogReader(file).frames()
            for position in frame.records(PacketId.POSITION)
            if position.actor_id == actor_id
        ]
    return np.interp(time_s, *np.transpose(seen))
