"""The official client, unmodified, over real sockets: it is the examiner."""

import hashlib
import math
import queue
import signal
import subprocess
import sys

import numpy as np
import pytest

from carla_bridge.standin.process import StandInProcess

carla = pytest.importorskip("carla")

TICKS = 5


def camera_blueprint(world, kind="semantic_segmentation", width=160, height=80, **attributes):
    blueprint = world.get_blueprint_library().find(f"sensor.camera.{kind}")
    for name, value in {"image_size_x": width, "image_size_y": height, **attributes}.items():
        blueprint.set_attribute(name, str(value))
    return blueprint


def spawn_vehicle(world, spot=0, type_id="vehicle.tesla.model3"):
    blueprint = world.get_blueprint_library().find(type_id)
    return world.spawn_actor(blueprint, world.get_map().get_spawn_points()[spot])


class Listening:
    """A sensor whose messages are in a queue."""

    def __init__(self, world, blueprint, transform=None, parent=None):
        self.sensor = world.spawn_actor(blueprint, transform or carla.Transform(), attach_to=parent)
        self._messages = queue.Queue()

    def __enter__(self):
        self.sensor.listen(self._messages.put)
        return self

    def __exit__(self, *_):
        self.sensor.destroy()

    def get(self, frame):
        while (message := self._messages.get(timeout=10.0)).frame < frame:
            pass
        assert message.frame == frame
        return message

    def first(self):
        return self._messages.get(timeout=10.0)

    def count(self):
        return self._messages.qsize()


def pixels(image):
    return np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)


def test_the_server_says_what_it_is(client, world):
    assert client.get_server_version() == client.get_client_version() == "0.9.16"
    assert world.get_map().name == "StandIn/Maps/StandIn-0"
    assert "/Game/StandIn/Maps/StandIn-3" in client.get_available_maps()


def test_the_map_has_spawn_points_on_lanes_that_go_on(world):
    town = world.get_map()
    for spot in town.get_spawn_points():
        waypoint = town.get_waypoint(spot.location)
        assert waypoint.transform.location.distance(spot.location) < 1.0
        assert abs((waypoint.transform.rotation.yaw - spot.rotation.yaw + 180) % 360 - 180) < 5.0
        assert waypoint.next(1.5)
    assert town.get_topology()


def test_every_blueprint_can_be_spawned(world):
    library = world.get_blueprint_library()
    vehicle = spawn_vehicle(world)
    for number, blueprint in enumerate(library):
        is_loose = blueprint.id.startswith(("vehicle.", "walker."))
        place = carla.Transform(carla.Location(x=500.0, y=20.0 * number))
        actor = world.spawn_actor(
            blueprint, place if is_loose else carla.Transform(), None if is_loose else vehicle
        )
        assert actor.type_id == blueprint.id
        world.tick()
        if is_loose:
            assert min(actor.bounding_box.extent.x, actor.bounding_box.extent.z) > 0.1
        actor.destroy()


def test_synchronous_ticks_are_consecutive_and_last_one_step(world):
    before = world.get_snapshot()
    frames = [world.tick() for _ in range(TICKS)]
    after = world.get_snapshot()
    assert frames == list(range(before.frame + 1, before.frame + TICKS + 1))
    assert after.timestamp.elapsed_seconds - before.timestamp.elapsed_seconds == pytest.approx(0.05 * TICKS)
    assert after.timestamp.delta_seconds == pytest.approx(0.05)


def test_a_spawned_vehicle_is_where_it_was_put_and_can_be_destroyed(world):
    spot = world.get_map().get_spawn_points()[0]
    vehicle = spawn_vehicle(world)
    world.tick()
    assert vehicle.get_location().distance(spot.location) < 0.5
    assert vehicle.id in [actor.id for actor in world.get_actors().filter("vehicle.tesla.*")]
    assert vehicle.get_speed_limit() > 0.0
    assert vehicle.destroy()
    world.tick()
    assert vehicle.id not in [actor.id for actor in world.get_actors()]


def test_two_vehicles_cannot_have_one_place(world):
    spawn_vehicle(world)
    with pytest.raises(RuntimeError, match="Spawn failed because of collision at spawn position"):
        spawn_vehicle(world)


def test_controls_move_the_vehicle_and_come_back_in_the_state(world):
    vehicle = spawn_vehicle(world)
    vehicle.apply_control(carla.VehicleControl(throttle=0.6, gear=2))
    world.tick()
    start = vehicle.get_location()
    for _ in range(40):
        world.tick()
    assert vehicle.get_control().throttle == pytest.approx(0.6)
    assert vehicle.get_control().gear == 2
    assert vehicle.get_location().distance(start) > 3.0
    assert vehicle.get_velocity().length() > 3.0


def test_weather_physics_and_lights_are_kept(world):
    vehicle = spawn_vehicle(world)
    weather = carla.WeatherParameters.HardRainSunset
    physics = vehicle.get_physics_control()
    physics.mass = 1234.0
    world.set_weather(weather)
    vehicle.apply_physics_control(physics)
    vehicle.set_light_state(carla.VehicleLightState(carla.VehicleLightState.LowBeam))
    world.tick()
    assert world.get_weather() == weather
    assert vehicle.get_physics_control().mass == 1234.0
    assert world.get_vehicles_light_states()[vehicle.id] == carla.VehicleLightState.LowBeam


def test_fixed_things_have_boxes(world):
    buildings = world.get_level_bbs(carla.CityObjectLabel.Buildings)
    assert buildings
    assert all(box.extent.z > 1.0 for box in buildings)
    assert len(world.get_environment_objects(carla.CityObjectLabel.Buildings)) == len(buildings)


def test_a_batch_spawns_ticks_and_destroys(client, world):
    spots = world.get_map().get_spawn_points()[:4]
    blueprint = world.get_blueprint_library().find("vehicle.audi.tt")
    control = carla.VehicleControl(throttle=1.0)
    spawn = [
        carla.command.SpawnActor(blueprint, spot).then(
            carla.command.ApplyVehicleControl(carla.command.FutureActor, control)
        )
        for spot in [*spots, spots[0]]
    ]
    frame = world.get_snapshot().frame
    *spawned, refused = client.apply_batch_sync(spawn, True)
    assert world.get_snapshot().frame == frame + 1
    assert refused.error == "Spawn failed because of collision at spawn position"
    vehicles = world.get_actors([response.actor_id for response in spawned])
    assert all(vehicle.get_control().throttle == 1.0 for vehicle in vehicles)
    gone = client.apply_batch_sync([carla.command.DestroyActor(vehicle) for vehicle in vehicles], True)
    assert not any(response.has_error() for response in gone)
    assert not {response.actor_id for response in spawned} & {actor.id for actor in world.get_actors()}


def test_a_camera_sees_every_tick_from_the_first(world):
    with Listening(
        world, camera_blueprint(world), carla.Transform(carla.Location(z=2.0)), spawn_vehicle(world)
    ) as camera:
        for _ in range(TICKS):
            image = camera.get(world.tick())
    assert (image.width, image.height, image.fov) == (160, 80, 90.0)
    tags = pixels(image)[..., 2]
    assert {1, 3, 11} <= set(np.unique(tags).tolist())  # road, buildings, sky
    assert (tags[-10:] == 1).mean() > 0.3


def test_the_palette_of_the_client_applies(world):
    with Listening(
        world, camera_blueprint(world), carla.Transform(carla.Location(z=2.0)), spawn_vehicle(world)
    ) as camera:
        image = camera.get(world.tick())
    road = pixels(image)[..., 2] == 1
    image.convert(carla.ColorConverter.CityScapesPalette)
    assert (pixels(image)[road][:, :3] == (128, 64, 128)).all()


def test_cameras_of_all_kinds_agree(world):
    vehicle, mount = spawn_vehicle(world), carla.Transform(carla.Location(z=2.0))
    kinds = ("semantic_segmentation", "instance_segmentation", "depth", "rgb")
    cameras = [Listening(world, camera_blueprint(world, kind), mount, vehicle) for kind in kinds]
    for camera in cameras:
        camera.__enter__()
    frame = world.tick()
    semantic, instance, depth, rgb = (pixels(camera.get(frame)).astype(int) for camera in cameras)
    for camera in cameras:
        camera.__exit__()
    assert (semantic[..., 2] == instance[..., 2]).all()
    metres = 1000.0 * (depth[..., 2] + 256 * depth[..., 1] + 65536 * depth[..., 0]) / (2**24 - 1)
    assert (metres[semantic[..., 2] == 11] > 999.0).all()
    focal_px = 80.0
    assert metres[-1, 80] == pytest.approx(2.0 * focal_px / 39.5, rel=0.02)
    assert rgb[..., :3].std() > 10.0


def test_a_mount_turns_the_camera_with_the_vehicle(world):
    vehicle = spawn_vehicle(world)
    mount = carla.Transform(carla.Location(x=1.0, y=0.5, z=2.0), carla.Rotation(yaw=90.0, pitch=-10.0))
    with Listening(world, camera_blueprint(world), mount, vehicle) as camera:
        image = camera.get(world.tick())
        place = vehicle.get_transform()
        expected = place.transform(carla.Location(x=1.0, y=0.5, z=2.0))
        assert image.transform.location.distance(expected) < 1e-3
        assert math.cos(math.radians(image.transform.rotation.yaw - place.rotation.yaw - 90.0)) > 0.99999
        assert image.transform.rotation.pitch == pytest.approx(-10.0, abs=1e-3)


def test_sensor_tick_is_honoured(world):
    with Listening(world, camera_blueprint(world, sensor_tick=1.0), parent=spawn_vehicle(world)) as camera:
        frames = [world.tick() for _ in range(50)]
        camera.get(frames[0])
        camera.get(frames[20])
        camera.get(frames[40])
        assert camera.count() == 0


def test_gnss_agrees_with_the_clients_map(world):
    blueprint = world.get_blueprint_library().find("sensor.other.gnss")
    vehicle = spawn_vehicle(world)
    with Listening(world, blueprint, parent=vehicle) as gnss:
        fix = gnss.get(world.tick())
    geo = world.get_map().transform_to_geolocation(fix.transform.location)
    assert (fix.latitude, fix.longitude) == pytest.approx((geo.latitude, geo.longitude), abs=1e-6)


def test_the_imu_of_a_standing_vehicle_feels_gravity_only(world):
    blueprint = world.get_blueprint_library().find("sensor.other.imu")
    with Listening(world, blueprint, parent=spawn_vehicle(world)) as imu:
        reading = imu.get(world.tick())
    felt = reading.accelerometer
    assert (felt.x, felt.y, felt.z) == pytest.approx((0.0, 0.0, 9.81), abs=1e-3)


def test_a_collision_is_reported_with_both_actors(world):
    vehicle = spawn_vehicle(world)
    world.tick()
    ahead = vehicle.get_transform().transform(carla.Location(x=12.0))
    obstacle = world.spawn_actor(
        world.get_blueprint_library().find("vehicle.nissan.patrol"),
        carla.Transform(ahead, vehicle.get_transform().rotation),
    )
    with Listening(
        world, world.get_blueprint_library().find("sensor.other.collision"), parent=vehicle
    ) as sensor:
        vehicle.apply_control(carla.VehicleControl(throttle=1.0))
        for _ in range(80):
            world.tick()
        event = sensor.first()
    assert (event.actor.id, event.other_actor.id) == (vehicle.id, obstacle.id)


def run_script(script, standin):
    """Run a script of a user's in a process of its own: a traffic manager can take its process down."""
    head = f"""
import carla
client = carla.Client({standin.host!r}, {standin.port})
client.set_timeout(20.0)
"""
    done = subprocess.run(
        [sys.executable, "-c", head + script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


AUTOPILOT = """
from tests.standin.awake import kept_awake
world = client.load_world("StandIn-0")
settings = world.get_settings()
settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
world.apply_settings(settings)
town = world.get_map()
vehicle = world.spawn_actor(world.get_blueprint_library().find("vehicle.tesla.model3"), town.get_spawn_points()[0])
world.tick()  # before its first state the client reads garbage, and its traffic manager may take that for dead
traffic_manager = client.get_trafficmanager(18101)
traffic_manager.set_synchronous_mode(True)
vehicle.set_autopilot(True, 18101)
with kept_awake(world, 18101):
    for _ in range(400):
        world.tick()
        here = vehicle.get_location()
        print(here.x, here.y, here.distance(town.get_waypoint(here).transform.location))
    vehicle.set_autopilot(False, 18101)
    world.tick()
traffic_manager.shut_down()
client.reload_world()
"""


def test_the_traffic_manager_drives_along_a_lane(standin):
    lines = run_script(AUTOPILOT, standin).splitlines()
    track = np.array([[float(value) for value in line.split()] for line in lines])
    assert np.linalg.norm(np.diff(track[1:, :2], axis=0), axis=1).sum() > 40.0
    assert np.median(track[:, 2]) < 0.5
    assert track[:, 2].max() < 2.0


def test_a_vehicle_without_physics_follows_the_waypoints_it_is_put_on(world):
    """CARLA's own synchronous_mode.py does this."""
    vehicle = spawn_vehicle(world)
    vehicle.set_simulate_physics(False)
    waypoint = world.get_map().get_waypoint(vehicle.get_location())
    with (
        Listening(
            world, camera_blueprint(world, "rgb"), carla.Transform(carla.Location(x=-5.5, z=2.8)), vehicle
        ) as rgb,
        Listening(
            world, camera_blueprint(world), carla.Transform(carla.Location(x=-5.5, z=2.8)), vehicle
        ) as tags,
    ):
        for _ in range(10):
            waypoint = waypoint.next(1.5)[0]
            vehicle.set_transform(waypoint.transform)
            frame = world.tick()
            assert rgb.get(frame).frame == tags.get(frame).frame
            assert vehicle.get_location().distance(waypoint.transform.location) < 1e-3


def test_in_asynchronous_mode_time_passes_by_itself(client):
    world = client.load_world("StandIn-0")
    frames = [world.wait_for_tick(10.0).frame for _ in range(TICKS)]
    assert frames == sorted(set(frames))
    with Listening(world, camera_blueprint(world), parent=spawn_vehicle(world)) as camera:
        assert camera.first().frame > frames[-1]


def test_two_clients_share_one_world(connect, world):
    other = connect().get_world()
    vehicle = spawn_vehicle(world)
    world.tick()
    frame = other.tick()
    assert other.get_actor(vehicle.id).type_id == vehicle.type_id
    assert world.tick() == frame + 1


def test_every_load_is_a_new_episode(client):
    seen = set()
    for name in ("StandIn-0", "StandIn-1", "/Game/StandIn/Maps/StandIn-1", "StandIn-0"):
        world = client.load_world(name)
        assert world.get_map().name.endswith(name[-1])
        seen.add(world.id)
    seen |= {client.reload_world().id for _ in range(4)}
    assert len(seen) == 8
    with pytest.raises(RuntimeError, match="Map 'Town03' not found"):
        client.load_world("Town03")


LOADING = """
traffic_manager = client.get_trafficmanager(18102)
for _ in range(5):
    client.load_world("StandIn-0").wait_for_tick(10.0)
traffic_manager.shut_down()
"""


def test_loading_survives_a_live_traffic_manager(standin):
    """Its thread uses the episode while the client has none; answers must be held back meanwhile."""
    run_script(LOADING, standin)


VANISHING_CLIENT = """
import carla, sys, time
client = carla.Client("{host}", {port})
client.set_timeout(20.0)
world = client.get_world()
settings = world.get_settings()
settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
world.apply_settings(settings)
camera = world.spawn_actor(world.get_blueprint_library().find("sensor.camera.rgb"), carla.Transform())
camera.listen(lambda image: time.sleep(100))
for _ in range(3):
    world.tick()
print("ticking", flush=True)
while True:
    world.tick()
"""


def test_a_killed_client_leaves_a_usable_server(connect, standin):
    script = VANISHING_CLIENT.format(host=standin.host, port=standin.port)
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"ticking\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    world = connect().get_world()
    assert world.get_settings().synchronous_mode
    frame = world.tick()
    assert world.tick() == frame + 1
    connect().reload_world()
    assert not world.get_settings().synchronous_mode


def drive_hash(seed):
    """Return the hash of what an autopiloted camera sees on a server of its own."""
    digest = hashlib.sha256()
    with StandInProcess(seed=seed, synchronous=True, fixed_delta_seconds=0.05) as server:
        client = carla.Client(server.host, server.port)
        client.set_timeout(20.0)
        world = client.get_world()
        vehicle = spawn_vehicle(world)
        vehicle.apply_control(carla.VehicleControl(throttle=0.4))
        mount = carla.Transform(carla.Location(x=1.0, z=2.0))
        with Listening(world, camera_blueprint(world), mount, vehicle) as camera:
            for _ in range(30):
                digest.update(camera.get(world.tick()).raw_data)
    return digest.hexdigest()


def test_the_same_seed_and_ticks_give_the_same_bytes():
    first = drive_hash(5)
    assert drive_hash(5) == first
    assert drive_hash(6) != first


PLAIN_SCRIPT = """
import queue, random
world = client.get_world()
before = world.get_settings()
settings = world.get_settings()
settings.synchronous_mode = True
settings.fixed_delta_seconds = 0.05
world.apply_settings(settings)
library = world.get_blueprint_library()
spot = random.choice(world.get_map().get_spawn_points())
vehicle = world.spawn_actor(random.choice(library.filter("vehicle.*")), spot)
blueprint = library.find("sensor.camera.semantic_segmentation")
blueprint.set_attribute("image_size_x", "320")
blueprint.set_attribute("image_size_y", "160")
camera = world.spawn_actor(blueprint, carla.Transform(carla.Location(x=1.5, z=2.4)), attach_to=vehicle)
images = queue.Queue()
camera.listen(images.put)
for _ in range(200):
    frame = world.tick()
    image = images.get(timeout=10.0)
    assert image.frame == frame, (image.frame, frame)
    image.convert(carla.ColorConverter.CityScapesPalette)
camera.destroy()
vehicle.destroy()
world.apply_settings(before)
print("done")
"""


def test_a_plain_carla_script_runs_to_its_end(standin):
    assert run_script(PLAIN_SCRIPT, standin) == "done\n"


def test_the_child_ends_with_its_parent():
    """`communicate` returns only once the orphan has closed the inherited stderr as well: it has ended."""
    code = (
        "import os\nfrom carla_bridge.standin.process import StandInProcess\n"
        "StandInProcess(vehicles=0, walkers=0)\nprint('up', flush=True)\nos._exit(7)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said, complaints = child.communicate(timeout=60)
    assert (child.returncode, said, complaints) == (7, b"up\n", b"")
