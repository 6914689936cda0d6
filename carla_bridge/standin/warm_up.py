"""Lets the compiler do its seconds of work before anybody waits for a picture or a point."""

import numpy as np

from carla_bridge.standin.bodies.models import model_for
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.instruments.events import Events, Thresholds
from carla_bridge.standin.instruments.scene import Scene, Station
from carla_bridge.standin.instruments.sensors import instrument_for
from carla_bridge.standin.life.actors import STILL, Sensor
from carla_bridge.standin.protocol.payloads import Moment
from carla_bridge.standin.protocol.schema import ActorDescription, Weather
from carla_bridge.standin.rendering.render import Renderer

SIZE = {"image_size_x": "32", "image_size_y": "16", "channels": "2", "points_per_second": "400"}
KINDS = (
    "sensor.camera.depth",
    "sensor.camera.dvs",
    "sensor.camera.instance_segmentation",
    "sensor.camera.normals",
    "sensor.camera.optical_flow",
    "sensor.camera.rgb",
    "sensor.camera.semantic_segmentation",
    "sensor.lidar.ray_cast_semantic",
)


def warm_up() -> None:
    """Measure once, in a world of two cars, with an instrument of each kind that compiles something."""
    model = model_for("vehicle.tesla.model3", {})
    assert model is not None
    renderer = Renderer(model.mesh.placed(Pose(x=14.0)))
    movers = [(model.mesh, Pose(x=8.0), 1)]
    scene = Scene(Moment(0, 0.0, 0.05), Weather(), movers, {}, {1: STILL}, [], "", renderer)
    own = Station(Sensor(0, ActorDescription(), Pose(z=2.0)), Pose(z=2.0), STILL, STILL, STILL)
    for kind in KINDS:
        instrument_for(kind, SIZE).measure(own, scene)
    for look in (visible := scene.look(Pose(z=2.0), 32, 16, 90.0)).tags, visible.object_ids:
        look()
    dark, bright = np.zeros((4, 4), np.uint32), np.full((4, 4), 2**32 - 1, np.uint32)
    events = Events(Thresholds.of({}))
    for time_s, pixels in enumerate((dark, bright)):
        events.since(pixels, float(time_s))
