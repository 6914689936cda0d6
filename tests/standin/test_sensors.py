"""What instruments measure, each against another way to know it: geometry, poses, another instrument."""

from math import pi, radians, tan

import numpy as np
import pytest

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.instruments.events import Events, Thresholds
from carla_bridge.standin.instruments.gbuffers import GBuffers, Texture
from carla_bridge.standin.instruments.scene import Scene, Station
from carla_bridge.standin.instruments.sensors import Instruments, instrument_for
from carla_bridge.standin.life.actors import STILL, Actor, Sensor
from carla_bridge.standin.protocol.payloads import Moment
from carla_bridge.standin.protocol.schema import ActorDescription, AttributeValue, Vector3D, Weather
from carla_bridge.standin.rendering.mesh import FAR, NEAR, Mesh, join
from carla_bridge.standin.rendering.render import Renderer
from carla_bridge.standin.rendering.shapes import box

WIDTH, HEIGHT = 96, 64
SIZE = {"image_size_x": str(WIDTH), "image_size_y": str(HEIGHT)}
HEADER = 60
CAR = 7  # an actor's number


def mesh_of(triangles, tag, *, color=(120, 60, 30), object_id=0):
    count = len(triangles)
    return Mesh(
        np.asarray(triangles, np.float32),
        np.full(count, tag, np.uint8),
        np.tile(np.array([color], np.uint8), (count, 1)),
        np.full(count, object_id, np.uint32),
    )


def street():
    """Ground, a wall ahead, a slanted block at the side, posts: nothing is symmetric."""
    ground = [
        [(-200, -200, 0), (200, -200, 0), (200, 200, 0)],
        [(-200, -200, 0), (200, 200, 0), (-200, 200, 0)],
    ]
    return join(
        [
            mesh_of(ground, 1),
            mesh_of(box((30, -40, 0), (32, 25, 9)), 3, color=(90, 90, 200), object_id=0x8001),
            mesh_of(box((12, 5, 0), (16, 11, 5)), 3, color=(200, 90, 90), object_id=0x8002),
            mesh_of(box((9, -4, 0), (9.3, -3.7, 4)), 6, object_id=0x8003),
        ]
    )


def car():
    return mesh_of(box((-2, -0.9, 0.2), (2, 0.9, 1.5)), 14, color=(20, 200, 40))


@pytest.fixture(scope="module")
def renderer():
    return Renderer(street())


def scene_at(renderer, frame, car_pose=None, *, velocity=STILL, weather=None):
    movers = [] if car_pose is None else [(car(), car_pose, CAR)]
    actors = {CAR: Actor(CAR, ActorDescription(0, "vehicle.tesla.model3"), car_pose or Pose())}
    moment = Moment(frame, 0.05 * frame, 0.05)
    return Scene(moment, weather or Weather(), movers, actors, {CAR: velocity}, [], "", renderer)


def station(pose, *, velocity=STILL, parent=None, **motion):
    sensor = Sensor(99, ActorDescription(), pose, parent=parent)
    moved = {"angular_velocity": STILL, "acceleration": STILL, **motion}
    return Station(sensor, pose, velocity, **moved)


def measure(kind, pose, scene, **attributes):
    given = {**SIZE, **{name: str(value) for name, value in attributes.items()}}
    (message,) = instrument_for(kind, given).measure(station(pose), scene)
    return bytes(message)


def image(kind, pose, scene, **attributes):
    return np.frombuffer(measure(kind, pose, scene, **attributes), np.uint8, offset=HEADER).reshape(
        HEIGHT, WIDTH, 4
    )


def metres(depth):
    b, g, r = (depth[..., i].astype(np.float64) for i in range(3))
    return 1000.0 * (r + 256 * g + 65536 * b) / (2**24 - 1)


def pixel_rays(fov_deg=90.0):
    """The rays through the middles of the pixels, one metre along the camera's axis: H,W,3."""
    focal = WIDTH / 2 / tan(radians(fov_deg) / 2)
    u, v = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    return np.stack([np.ones_like(u), (u - WIDTH / 2) / focal, -(v - HEIGHT / 2) / focal], axis=-1), focal


BEFORE = Pose(0.0, 0.3, 1.6, 2.0, -4.0, 1.0)
NOW = Pose(1.1, 0.2, 1.7, 1.0, 3.0, -2.0)
CAR_BEFORE, CAR_NOW = Pose(14.0, -2.0, 0.0, 0.0, 10.0, 0.0), Pose(15.2, -1.0, 0.0, 0.0, 25.0, 0.0)


def test_flow_is_what_reprojection_by_depth_and_poses_gives(renderer):
    then, now = scene_at(renderer, 1, CAR_BEFORE), scene_at(renderer, 2, CAR_NOW)
    camera = instrument_for("sensor.camera.optical_flow", SIZE)
    (first,) = camera.measure(station(BEFORE), then)
    (second,) = camera.measure(station(NOW), now)
    assert np.abs(np.frombuffer(first, np.float32, offset=HEADER)).max() < 1e-9
    flow = np.frombuffer(second, np.float32, offset=HEADER).reshape(HEIGHT, WIDTH, 2)
    visible = now.look(NOW, WIDTH, HEIGHT, 90.0)
    rays, focal = pixel_rays()
    depth, sky = visible.depth_m()[..., None].astype(np.float64), (visible.tags() == 11)[..., None]
    points = NOW.matrix()[:3, 3] + (rays * np.where(sky, 1e7, depth)) @ NOW.matrix()[:3, :3].T
    moved = (points - CAR_NOW.matrix()[:3, 3]) @ CAR_NOW.matrix()[:3, :3] @ CAR_BEFORE.matrix()[:3, :3].T
    moved += CAR_BEFORE.matrix()[:3, 3]
    points = np.where((visible.object_ids() == CAR)[..., None], moved, points)
    local = (points - BEFORE.matrix()[:3, 3]) @ BEFORE.matrix()[:3, :3]
    then_u, then_v = (
        WIDTH / 2 + focal * local[..., 1] / local[..., 0],
        HEIGHT / 2 - focal * local[..., 2] / local[..., 0],
    )
    u, v = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    ahead = local[..., 0] > 0.1
    assert {1, 3, 11, 14} <= set(visible.tags()[ahead].tolist())
    np.testing.assert_allclose(flow[..., 0][ahead] * WIDTH / 2, (u - then_u)[ahead], atol=0.02)
    np.testing.assert_allclose(-flow[..., 1][ahead] * HEIGHT / 2, (v - then_v)[ahead], atol=0.02)


def test_normals_are_those_of_the_triangles_and_face_the_camera(renderer):
    pose = Pose(0.0, 0.0, 1.6, 0.0, 20.0, 0.0)
    scene = scene_at(renderer, 1, CAR_NOW)
    normals = image("sensor.camera.normals", pose, scene)[..., 2::-1].astype(float) / 127.5 - 1.0
    tags, ids = (getattr(scene.look(pose, WIDTH, HEIGHT, 90.0), name)() for name in ("tags", "object_ids"))
    np.testing.assert_allclose(normals[tags == 1], [[0, 0, 1]] * (tags == 1).sum(), atol=0.01)
    np.testing.assert_allclose(normals[ids == 0x8001], [[-1, 0, 0]] * (ids == 0x8001).sum(), atol=0.01)
    rays, _ = pixel_rays()
    towards = -(rays @ pose.matrix()[:3, :3].T)
    solid = tags != 11
    assert ((normals * towards).sum(axis=-1)[solid] > -0.02).all()
    assert len(np.unique(normals[ids == CAR].round(1), axis=0)) >= 2


def test_a_semantic_lidar_meets_what_a_depth_camera_at_its_place_sees(renderer):
    pose = Pose(0.5, 0.2, 1.9, 3.0, -12.0, 2.0)
    scene = scene_at(renderer, 1, CAR_NOW)
    given = {"channels": 24, "points_per_second": 24 * 200 * 20, "range": 80, "horizontal_fov": 60}
    raw = measure(
        "sensor.lidar.ray_cast_semantic",
        pose,
        scene,
        upper_fov=15,
        lower_fov=-20,
        rotation_frequency=20,
        **given,
    )
    counts = np.frombuffer(raw, np.uint32, 24, offset=48 + 8)
    points = np.frombuffer(
        raw, [("xyz", "<f4", 3), ("cos", "<f4"), ("id", "<u4"), ("tag", "<u4")], offset=48 + 8 + 96
    )
    assert counts.sum() == len(points) > 2000
    wide = renderer.render(pose, width=1600, height=1200, fov_deg=90.0, movers=scene.movers)
    x, y, z = points["xyz"].astype(np.float64).T
    u, v = np.floor(800 + 800 * y / x).astype(int), np.floor(600 - 800 * z / x).astype(int)
    depth, tags, ids = wide.depth_m()[v, u], wide.tags()[v, u], wide.object_ids()[v, u]
    same = tags == points["tag"]
    assert same.mean() > 0.99
    assert np.isclose(depth, x, rtol=0.02)[same].mean() > 0.99
    assert (points["id"][same] == np.where(ids < 0x8000, ids, 0)[same]).all()
    assert CAR in points["id"]
    ground = points["tag"] == 1
    axis = pose.matrix()[2, :3]  # the world's up in the sensor's axes
    steep = -(points["xyz"][ground] @ axis) / np.linalg.norm(points["xyz"][ground], axis=1)
    np.testing.assert_allclose(points["cos"][ground], steep, atol=1e-3)


def test_rays_meet_detail_and_not_what_replaces_it_far_away():
    near, far, fence = (
        mesh_of([[(x, -9, -9), (x, 9, -9), (x, 0, 9)]], tag) for x, tag in ((30, 9), (20, 3), (40, 5))
    )
    renderer = Renderer(join([near.at_level(NEAR), far.at_level(FAR), fence]))
    origins, ray = np.array([[0.0, 0.0, 0.0], [60.0, 0.0, 1.0]]), np.array([[1.0, 0.0, 0.0]] * 2)
    hits = renderer.rays.cast(origins, ray, 100.0, [(car(), Pose(x=80.0), CAR)])
    assert hits.distances_m.tolist() == [30.0, 18.0]
    assert hits.tags.tolist() == [9, 14]
    assert hits.actor_ids.tolist() == [0, CAR]


def test_a_lidar_turns_on_and_starts_behind(renderer):
    lidar = instrument_for(
        "sensor.lidar.ray_cast",
        {"channels": "1", "upper_fov": "-10", "points_per_second": "2000", "dropoff_general_rate": "0"}
        | {"rotation_frequency": "5", "dropoff_zero_intensity": "0", "range": "100"},
    )
    angles, yaws = [], []
    for frame in (1, 2, 3, 4):
        (raw,) = lidar.measure(station(Pose(z=2.0)), scene_at(renderer, frame))
        angles.append(np.frombuffer(raw, np.float32, 1, offset=48)[0])
        points = np.frombuffer(raw, np.float32, offset=48 + 12).reshape(-1, 4)
        yaws.append(np.degrees(np.arctan2(points[:, 1], points[:, 0])))
    np.testing.assert_allclose(angles, [pi / 2, pi, 3 * pi / 2, 0.0], atol=1e-5)
    for k, yaw in enumerate(yaws):
        assert -180 + 90 * k - 0.01 <= yaw.min() < yaw.max() < -90 + 90 * k


def lidar_points(renderer, **attributes):
    raw = measure(
        "sensor.lidar.ray_cast", Pose(z=2.0), scene_at(renderer, 1), channels=4, range=90, **attributes
    )
    return np.frombuffer(raw, np.float32, offset=48 + 8 + 16).reshape(-1, 4)


def test_lidar_losses_and_noise_are_as_asked_and_repeat_with_the_seed(renderer):
    clean = lidar_points(renderer, dropoff_general_rate=0, dropoff_zero_intensity=0)
    distance = np.linalg.norm(clean[:, :3], axis=1)
    np.testing.assert_allclose(clean[:, 3], np.exp(-0.004 * distance), rtol=1e-5)
    half = lidar_points(renderer, dropoff_general_rate=0.5, dropoff_zero_intensity=0)
    assert 0.4 < len(half) / len(clean) < 0.6
    weak = lidar_points(renderer, dropoff_general_rate=0, dropoff_zero_intensity=1, dropoff_intensity_limit=1)
    assert len(weak) < len(clean)
    noise = {"dropoff_general_rate": 0, "dropoff_zero_intensity": 0, "noise_stddev": 0.2}
    one, same, other = (lidar_points(renderer, **noise, noise_seed=seed) for seed in (3, 3, 4))
    assert (one == same).all()
    assert (one != other).any()
    off = np.linalg.norm(one[:, :3], axis=1) - distance
    assert 0.15 < off.std() < 0.25
    assert abs(off.mean()) < 0.02


def test_radar_tells_how_fast_a_car_comes_and_where_it_is(renderer):
    scene = scene_at(renderer, 1, Pose(x=20.0, y=4.0), velocity=Vector3D(-10.0, 0.0, 0.0))
    radar = instrument_for("sensor.other.radar", {"points_per_second": "100000", "range": "100"})
    (raw,) = radar.measure(station(Pose(z=1.0), velocity=Vector3D(5.0, 0.0, 0.0)), scene)
    velocity, azimuth, altitude, depth = np.frombuffer(raw, np.float32, offset=48).reshape(-1, 4).T
    fast = velocity < -8.0
    assert 20 < fast.sum() < len(velocity)
    x, y = depth * np.cos(altitude) * np.cos(azimuth), depth * np.cos(altitude) * np.sin(azimuth)
    assert (np.abs(x - 20.0) < 2.1)[fast].all()
    assert (np.abs(y - 4.0) < 1.0)[fast].all()
    np.testing.assert_allclose(velocity[fast], (-15.0 * np.cos(azimuth) * np.cos(altitude))[fast], rtol=1e-4)
    np.testing.assert_allclose(velocity[~fast], (-5.0 * np.cos(azimuth) * np.cos(altitude))[~fast], rtol=1e-4)
    assert np.abs(azimuth).max() < radians(15.01)


@pytest.mark.parametrize(("aside", "found"), [(0.0, True), (1.2, True), (1.6, False)])
def test_the_obstacle_detector_feels_as_wide_as_its_ball(renderer, aside, found):
    parent = Actor(CAR, ActorDescription(0, "vehicle.audi.tt"), Pose(y=-20.0))
    scene = scene_at(renderer, 1)
    scene.movers.append((car(), Pose(x=6.0, y=-20.0 + aside), 8))
    scene.actors[8] = Actor(8, ActorDescription(0, "vehicle.mini"), Pose())
    detector = instrument_for("sensor.other.obstacle", {"distance": "5", "hit_radius": "0.5"})
    messages = detector.measure(station(Pose(y=-20.0, z=0.9), parent=parent), scene)
    assert bool(messages) == found
    if found:
        assert b"vehicle.mini" in messages[0]


def test_a_wall_is_an_obstacle_by_its_tag_unless_only_dynamics_count(renderer):
    parent = Actor(CAR, ActorDescription(), Pose())
    own = station(Pose(x=26.0, y=-20.0, z=2.0), parent=parent)
    (message,) = instrument_for("sensor.other.obstacle", {}).measure(own, scene_at(renderer, 1))
    assert b"static.buildings" in message
    only = instrument_for("sensor.other.obstacle", {"only_dynamics": "true"})
    assert only.measure(own, scene_at(renderer, 1)) == []


def test_an_event_camera_says_when_a_pixel_passed_its_threshold():
    events = Events(
        Thresholds.of({"use_log": "false", "positive_threshold": "0.25", "negative_threshold": "0.4"})
    )
    black, white = np.full((3, 5), 0xFF000000, np.uint32), np.full((3, 5), 0xFFFFFFFF, np.uint32)
    assert len(events.since(black, 1.0)) == 0
    now = black.copy()
    now[2, 4] = 0xFFFFFFFF
    up = events.since(now, 2.0)
    assert [(int(e["x"]), int(e["y"]), bool(e["pol"])) for e in up] == [(4, 2, True)] * len(up)
    np.testing.assert_allclose(up["t"] / 1e9, [1.25, 1.5, 1.75, 2.0][: len(up)], atol=1e-6)
    assert len(up) in (3, 4)  # the last lies on the border
    down = events.since(black, 3.0)
    assert len(down) == 2
    assert not down["pol"].any()
    assert len(events.since(white, 4.0)) >= 14 * 3


def test_a_resting_event_camera_is_silent_and_a_refractory_one_speaks_less(renderer):
    def spoken(**attributes):
        camera = instrument_for("sensor.camera.dvs", SIZE | attributes)
        assert camera.measure(station(BEFORE), scene_at(renderer, 1)) == []
        assert camera.measure(station(BEFORE), scene_at(renderer, 2)) == []
        (raw,) = camera.measure(station(NOW), scene_at(renderer, 3))
        assert (len(raw) - HEADER) % 13 == 0
        return (len(raw) - HEADER) // 13

    assert spoken(refractory_period_ns="40000000") < spoken()
    assert spoken(positive_threshold="0.9", negative_threshold="0.9") < spoken()


def brightness(renderer, **weather):
    return image("sensor.camera.rgb", BEFORE, scene_at(renderer, 1, weather=Weather(**weather)))[
        ..., :3
    ].mean()


def test_the_weather_is_seen(renderer):
    noon = brightness(renderer, sun_altitude_angle=70.0)
    assert brightness(renderer, sun_altitude_angle=70.0, cloudiness=100.0) < noon
    assert brightness(renderer, sun_altitude_angle=-60.0) < 0.2 * noon
    wet = image("sensor.camera.rgb", BEFORE, scene_at(renderer, 1, weather=Weather(wetness=100.0)))
    dry = image("sensor.camera.rgb", BEFORE, scene_at(renderer, 1))
    ground = scene_at(renderer, 1).look(BEFORE, WIDTH, HEIGHT, 90.0).tags() == 1
    assert wet[ground][:, :3].mean() < 0.8 * dry[ground][:, :3].mean()


def test_fog_hides_what_is_far_and_not_what_is_before_it(renderer):
    look = scene_at(renderer, 1).look(BEFORE, WIDTH, HEIGHT, 90.0)
    clear = image("sensor.camera.rgb", BEFORE, scene_at(renderer, 1)).astype(int)
    fog = Weather(fog_density=80.0, fog_distance=8.0)
    foggy = image("sensor.camera.rgb", BEFORE, scene_at(renderer, 1, weather=fog)).astype(int)
    change = np.abs(foggy - clear)[..., :3].sum(axis=-1)
    assert change[look.depth_m() < 5.0].max() <= 3
    far = (look.object_ids() == 0x8001) & (look.depth_m() > 25.0)
    assert change[far].mean() > 60
    spread = foggy[far][:, :3].astype(float).std(axis=0).max()
    assert spread < 40


def test_g_buffers_hold_what_they_say(renderer):
    scene = scene_at(renderer, 1, CAR_NOW)
    own = station(NOW)
    own.sensor.stream_id = 5
    buffers = dict(GBuffers(SIZE).measure(own, scene, list(Texture)))
    assert len(buffers) == 13
    planes = {
        texture: np.frombuffer(message, np.uint8, offset=HEADER).reshape(HEIGHT, WIDTH, 4)
        for texture, message in zip(Texture, buffers.values(), strict=True)
    }
    look = scene.look(NOW, WIDTH, HEIGHT, 90.0)
    assert (planes[Texture.CUSTOM_STENCIL][..., 2] == look.tags()).all()
    np.testing.assert_allclose(metres(planes[Texture.SCENE_DEPTH]), look.depth_m(), atol=1e-3)
    red, green, blue = planes[Texture.C][look.object_ids() == CAR][0][2::-1]
    assert (red, green, blue) == (20, 200, 40)
    assert (planes[Texture.VELOCITY][..., 1:3] == 127).all()  # nothing has moved yet
    assert (planes[Texture.A] == image("sensor.camera.normals", NOW, scene)).all()


def sensor(type_id, actor_id=50, **attributes):
    values = tuple(AttributeValue(name, 3, str(value)) for name, value in attributes.items())
    return Sensor(actor_id, ActorDescription(0, type_id, values), Pose(z=2.0), stream_id=actor_id + 1)


def shots(instruments, sensors, now_s, heard=lambda stream: True, **options):
    return instruments.shots(sensors, now_s, heard, **{"rendering": True, **options})


def test_a_sensor_tick_is_kept_and_nobody_measures_unheard(renderer):
    instruments, camera = Instruments(), sensor("sensor.camera.rgb", sensor_tick=0.1)
    taken = [len(shots(instruments, [camera], 0.05 * k)) for k in range(1, 8)]
    assert taken == [1, 0, 1, 0, 1, 0, 1]
    assert shots(instruments, [camera], 9.0, lambda stream: False) == []
    assert shots(instruments, [camera], 9.5, rendering=False) == []


def test_cameras_at_one_place_share_a_look_and_others_do_not(renderer):
    instruments = Instruments()
    cameras = [sensor(f"sensor.camera.{kind}", 50 + i, **SIZE) for i, kind in enumerate(("depth", "rgb"))]
    cameras.append(sensor("sensor.camera.depth", 60, image_size_x=40, image_size_y=20, fov=60))
    scene = scene_at(renderer, 1)
    sizes = [len(message) for shot in shots(instruments, cameras, 1.0) for _, message in shot(scene)]
    assert sizes == [HEADER + WIDTH * HEIGHT * 4] * 2 + [HEADER + 40 * 20 * 4]
    assert len(scene.looks) == 2
    assert scene.look(cameras[0].pose, WIDTH, HEIGHT, 90.0) is scene.look(
        cameras[1].pose, WIDTH, HEIGHT, 90.0
    )


def test_an_instance_is_coded_low_byte_green_high_byte_blue(renderer):
    scene = scene_at(renderer, 1, CAR_NOW)
    seen = image("sensor.camera.instance_segmentation", NOW, scene)
    ids = scene.look(NOW, WIDTH, HEIGHT, 90.0).object_ids()
    assert np.unique(seen[ids == 0x8001], axis=0).tolist() == [[0x80, 0x01, 3, 255]]
    assert np.unique(seen[ids == CAR], axis=0).tolist() == [[0, CAR, 14, 255]]


def test_a_lens_that_is_not_modelled_is_said_once(caplog):
    caplog.set_level("INFO")
    instruments = Instruments()
    wide = [sensor("sensor.camera.rgb", 50 + k, lens_k=-4.0, lens_kcube=0.0, gamma=2.2) for k in range(3)]
    for now_s in (1.0, 2.0):
        shots(instruments, wide, now_s)
    assert [record.getMessage() for record in caplog.records] == [
        "sensor.camera.rgb: lens_k without effect, the stand-in doesn't model it"
    ]


@pytest.mark.parametrize("bands", [2, 3, 7])
def test_bands_draw_the_same_bytes(renderer, bands):
    banded = Renderer(street(), bands=bands, run=lambda work, parts: [work(k) for k in reversed(list(parts))])
    for kind in ("rgb", "instance_segmentation", "depth", "normals"):
        one = measure(f"sensor.camera.{kind}", BEFORE, scene_at(renderer, 1, CAR_NOW))
        assert measure(f"sensor.camera.{kind}", BEFORE, scene_at(banded, 1, CAR_NOW)) == one


def test_noise_of_gnss_and_imu_has_the_bias_asked_for_and_repeats(renderer):
    import msgpack

    def read(kind, count, **attributes):
        instrument = instrument_for(kind, {name: str(value) for name, value in attributes.items()})
        scene = scene_at(renderer, 1)
        return [
            msgpack.unpackb(instrument.measure(station(Pose(z=3.0)), scene)[0][48:]) for _ in range(count)
        ]

    noisy = {"noise_alt_bias": 5.0, "noise_alt_stddev": 0.5, "noise_seed": 2}
    heights = np.array([fix[2] for fix in read("sensor.other.gnss", 200, **noisy)])
    assert heights.mean() == pytest.approx(8.0, abs=0.15)
    assert 0.4 < heights.std() < 0.6
    assert read("sensor.other.gnss", 3, **noisy) == read("sensor.other.gnss", 3, **noisy)
    (felt, turn, compass) = read("sensor.other.imu", 1, noise_gyro_bias_z=0.25)[0]
    assert felt == pytest.approx([0.0, 0.0, 9.81])
    assert turn == pytest.approx([0.0, 0.0, 0.25])
    assert compass == pytest.approx(pi / 2)
