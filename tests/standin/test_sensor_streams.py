"""Every kind of sensor through the official client: what it makes of our payloads."""

import queue

import numpy as np
import pytest

carla = pytest.importorskip("carla")

SIZE = {"image_size_x": 120, "image_size_y": 80}
ROAD, SKY, CAR = 1, 11, 14


class Rig:
    """A vehicle with sensors whose messages are in queues."""

    def __init__(self, world):
        self.world, self.queues = world, {}
        self.actors = []  # a sensor that goes out of scope falls silent
        self.vehicle = self.spawn("vehicle.tesla.model3", world.get_map().get_spawn_points()[0])

    def spawn(self, type_id, transform, parent=None, **attributes):
        blueprint = self.world.get_blueprint_library().find(type_id)
        for name, value in attributes.items():
            blueprint.set_attribute(name, str(value))
        actor = self.world.spawn_actor(blueprint, transform, attach_to=parent)
        self.actors.append(actor)
        return actor

    def mount(self, name, type_id, place, **attributes):
        self.queues[name] = queue.Queue()
        self.spawn(type_id, place, self.vehicle, **attributes).listen(self.queues[name].put)

    def tick(self):
        """Return the messages of one frame."""
        frame = self.world.tick()
        return {name: self.get(name, frame) for name in self.queues}

    def get(self, name, frame):
        while (message := self.queues[name].get(timeout=10.0)).frame < frame:
            pass
        assert message.frame == frame
        return message

    def ahead(self, distance):
        place = self.vehicle.get_transform()
        return carla.Transform(place.transform(carla.Location(x=distance)), place.rotation)


@pytest.fixture
def rig(world):
    rig = Rig(world)
    yield rig
    for actor in reversed(rig.actors):
        actor.destroy()


def pixels(image):
    return np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)


def metres_of(image):
    raw = pixels(image).astype(np.float64)
    return 1000.0 * (raw[..., 2] + 256 * raw[..., 1] + 65536 * raw[..., 0]) / (2**24 - 1)


def above(x=0.0, z=2.2, **rotation):
    return carla.Transform(carla.Location(x=x, z=z), carla.Rotation(**rotation))


def test_five_cameras_of_different_sizes_agree_on_one_vehicle(rig):
    rig.world.tick()
    other = rig.spawn("vehicle.mini.cooper_s", rig.ahead(11.0))
    for kind in ("semantic_segmentation", "instance_segmentation", "depth", "rgb"):
        rig.mount(kind, f"sensor.camera.{kind}", above(), **SIZE)
    rig.mount("narrow", "sensor.camera.depth", above(), image_size_x=64, image_size_y=100, fov=40)
    rig.mount(
        "back", "sensor.camera.semantic_segmentation", above(yaw=180.0), image_size_x=50, image_size_y=30
    )
    seen = rig.tick()
    tags, instances = (
        pixels(seen["semantic_segmentation"])[..., 2],
        pixels(seen["instance_segmentation"]).astype(int),
    )
    assert (instances[..., 2] == tags).all()
    ids = instances[..., 1] | instances[..., 0] << 8
    assert set(np.unique(ids[tags == CAR])) & {actor.id for actor in rig.world.get_actors()} >= {other.id}
    assert (tags[ids == other.id] == CAR).all()
    assert (seen["narrow"].width, seen["narrow"].height, seen["narrow"].fov) == (64, 100, 40.0)
    assert pixels(seen["back"]).shape == (30, 50, 4)
    assert other.id not in (pixels(seen["back"])[..., 1].astype(int))[pixels(seen["back"])[..., 2] == CAR]
    depth = seen["depth"]
    metres = metres_of(depth)
    assert 7.0 < metres[ids == other.id].min() < 11.0
    depth.convert(carla.ColorConverter.Depth)
    np.testing.assert_allclose(pixels(depth)[..., 0], metres / 1000.0 * 255, atol=1.0)
    assert np.median(metres[ids == other.id]) == pytest.approx(
        np.median(metres_of(seen["narrow"])[60:68, 28:36]), rel=0.15
    )


def test_flow_normals_events_and_cosmos_arrive(rig):
    for kind in ("optical_flow", "normals", "cosmos_visualization"):
        rig.mount(kind, f"sensor.camera.{kind}", above(), **SIZE)
    rig.tick()
    dvs = queue.Queue()
    rig.spawn("sensor.camera.dvs", above(), rig.vehicle, **SIZE).listen(dvs.put)
    rig.vehicle.set_simulate_physics(False)
    rig.tick()
    rig.vehicle.set_transform(rig.ahead(1.0))
    seen = rig.tick()
    flow = np.frombuffer(seen["optical_flow"].raw_data, np.float32).reshape(80, 120, 2)
    assert flow[70, 10, 0] < 0 < flow[70, 110, 0]  # all flows away from the middle
    assert flow[70, 60, 1] < 0  # and the road towards the lower border
    assert seen["optical_flow"].get_color_coded_flow().width == 120
    assert pixels(seen["normals"])[75, 60, 2::-1].tolist() == pytest.approx([128, 128, 255], abs=6)
    assert len(np.unique(pixels(seen["cosmos_visualization"]).reshape(-1, 4), axis=0)) > 3
    events = dvs.get(timeout=10.0)
    assert events.frame == seen["normals"].frame
    found = np.array([(e.x, e.y, e.t, e.pol) for e in events])
    assert len(found) == len(events) > 10
    assert found[:, 0].max() < 120
    assert found[:, 1].max() < 80
    assert (np.diff(found[:, 2]) >= 0).all()
    assert set(found[:, 3]) == {0, 1}


def test_lidars_arrive_channel_by_channel_and_see_what_is_there(rig):
    rig.world.tick()
    other = rig.spawn("vehicle.mini.cooper_s", rig.ahead(11.0))
    turn = {"range": 60, "channels": 16, "points_per_second": 64000, "rotation_frequency": 20}
    rig.mount("plain", "sensor.lidar.ray_cast", above(), dropoff_general_rate=0, **turn)
    rig.mount("labelled", "sensor.lidar.ray_cast_semantic", above(), **turn)
    seen = rig.tick()
    labelled, plain = seen["labelled"], seen["plain"]
    assert labelled.channels == plain.channels == 16
    assert sum(labelled.get_point_count(k) for k in range(16)) == len(labelled)
    assert sum(plain.get_point_count(k) for k in range(16)) == len(plain) > 500
    hits = [point for point in labelled if point.object_idx == other.id]
    assert hits
    assert all(
        point.object_tag == CAR and 6.0 < point.point.x < 14.0 and abs(point.point.y) < 1.5 for point in hits
    )
    assert any(
        point.object_tag == ROAD and point.point.z == pytest.approx(-2.2, abs=0.3) for point in labelled
    )
    points = np.frombuffer(plain.raw_data, np.float32).reshape(-1, 4)
    assert (np.linalg.norm(points[:, :3], axis=1) < 60.1).all()
    assert ((points[:, 3] > 0.7) & (points[:, 3] <= 1.0)).all()


def test_radar_and_obstacle_report_the_car_ahead(rig):
    rig.world.tick()
    other = rig.spawn("vehicle.mini.cooper_s", rig.ahead(11.0))
    front = carla.Transform(carla.Location(x=2.5, z=0.9))
    rig.mount("radar", "sensor.other.radar", front, points_per_second=20000)
    rig.mount("obstacle", "sensor.other.obstacle", front, distance=20)
    seen = rig.tick()
    assert (seen["obstacle"].actor.id, seen["obstacle"].other_actor.id) == (rig.vehicle.id, other.id)
    assert 4.0 < seen["obstacle"].distance < 8.5
    depths = [d.depth for d in seen["radar"] if abs(d.azimuth) < 0.05 and abs(d.altitude) < 0.02]
    assert min(depths) == pytest.approx(seen["obstacle"].distance, abs=0.6)


def test_rays_meet_the_road_below_and_a_car_ahead(rig):
    rig.world.tick()
    place = rig.vehicle.get_transform()
    found = rig.world.ground_projection(rig.ahead(8.0).location + carla.Location(z=5.0), 20.0)
    assert found.label in (carla.CityObjectLabel.Roads, carla.CityObjectLabel.RoadLines)
    assert found.location.z == pytest.approx(place.location.z, abs=0.4)
    assert (
        rig.world.project_point(place.location + carla.Location(z=300.0), carla.Vector3D(z=1.0), 50.0) is None
    )
    start, end = rig.ahead(-6.0).location, rig.ahead(6.0).location
    points = rig.world.cast_ray(start + carla.Location(z=0.7), end + carla.Location(z=0.7))
    cars = [point for point in points if point.label == carla.CityObjectLabel.Car]
    assert len(cars) >= 2
    assert start.distance(cars[0].location) < start.distance(cars[-1].location)


def test_every_g_buffer_arrives(rig):
    camera = rig.spawn("sensor.camera.rgb", above(), rig.vehicle, **SIZE)
    images = {number: queue.Queue() for number in range(13)}
    camera.listen(lambda image: None)
    for number, received in images.items():  # the client asks for their streams and never enables them
        camera.listen_to_gbuffer(carla.GBufferTextureID.values[number], received.put)
    frame = rig.world.tick()
    for number, received in images.items():
        image = received.get(timeout=10.0)
        assert (image.frame, image.width, image.height) == (frame, 120, 80), number
    camera.stop()
