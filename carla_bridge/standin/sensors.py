"""What each sensor sends at a frame: images from one shared look at the world, or a few numbers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import atan, cos, degrees, exp, log, pi, radians, tan
from typing import TYPE_CHECKING

import numpy as np

from .actors import Actor, Sensor, Walker, number, to_transform
from .geometry import Pose
from .mesh import Mesh
from .models import walking_mesh
from .payloads import Moment, SensorType, image_header, sensor_header
from .render import Renderer
from .schema import Vector3D, Weather
from .wire import encode_body

if TYPE_CHECKING:
    from .render import Visible
    from .world import World

MAX_SIDE_PX = 4096
STRIDE_M = 1.5
STRIDE_PHASES = 16
EARTH_RADIUS_M = 6378137.0
GRAVITY_MPS2 = 9.81
CAMERAS = {
    "sensor.camera.depth": SensorType.DEPTH,
    "sensor.camera.rgb": SensorType.RGB,
    "sensor.camera.semantic_segmentation": SensorType.SEMANTIC,
    "sensor.camera.instance_segmentation": SensorType.INSTANCE,
}


@dataclass
class Scene:
    """All that the sensors of one frame need, copied out of the world, so that time may pass meanwhile."""

    moment: Moment
    weather: Weather
    movers: Sequence[tuple[Mesh, Pose, int]]
    looks: dict[tuple[Pose, int, int, float], "Visible"] = field(default_factory=dict)

    def look(self, renderer: Renderer, pose: Pose, width: int, height: int, fov_deg: float) -> "Visible":
        """Return what a camera sees; cameras at the same place share one look."""
        key = (pose, width, height, fov_deg)
        if key not in self.looks:
            self.looks[key] = renderer.render(
                pose, width=width, height=height, fov_deg=fov_deg, movers=self.movers
            )
        return self.looks[key]


def capture(world: "World") -> Scene:
    """Return the world as it is now."""
    movers = [(_shape(a), a.pose, a.id) for a in world.actors.values() if a.model is not None]
    return Scene(world.moment, world.weather, movers)


def _shape(actor: Actor) -> Mesh:
    assert actor.model is not None
    if not isinstance(actor, Walker):
        return actor.model.mesh
    phase = int(actor.walked_m / STRIDE_M * STRIDE_PHASES) % STRIDE_PHASES
    return walking_mesh(actor.model, phase / STRIDE_PHASES)


def camera_shot(sensor: Sensor) -> Callable[[Renderer, Scene], bytes]:
    """Return the function that takes the sensor's picture from where it is now."""
    kind, pose, attributes = CAMERAS[sensor.type_id], sensor.pose, sensor.attributes
    width = _side_px(number(attributes, "image_size_x", 800))
    height = _side_px(number(attributes, "image_size_y", 600))
    fov_deg = min(170.0, max(1.0, number(attributes, "fov", 90.0)))

    def shoot(renderer: Renderer, scene: Scene) -> bytes:
        visible = scene.look(renderer, pose, width, height, fov_deg)
        header = sensor_header(kind, scene.moment, to_transform(pose))
        pixels = _PIXELS[kind](visible, scene.weather)
        return header + image_header(width, height, fov_deg) + pixels.tobytes()

    return shoot


def _side_px(value: float) -> int:
    return min(MAX_SIDE_PX, max(1, int(value)))


def _bgra(blue: np.ndarray, green: np.ndarray, red: np.ndarray) -> np.ndarray:
    """Return one image, H,W,4 uint8, from its channels."""
    image = np.empty((*red.shape, 4), np.uint8)
    image[..., 0], image[..., 1], image[..., 2], image[..., 3] = blue, green, red, 255
    return image


def _semantic(visible: "Visible", _: Weather) -> np.ndarray:
    tags = visible.tags()
    return (tags.astype(np.uint32) << 16 | np.uint32(0xFF000000)).view(np.uint8).reshape(*tags.shape, 4)


def _instance(visible: "Visible", _: Weather) -> np.ndarray:
    ids = visible.object_ids()
    return _bgra((ids >> 8) & 0xFF, ids & 0xFF, visible.tags())


def _depth(visible: "Visible", _: Weather) -> np.ndarray:
    code = (np.clip(visible.depth_m().astype(np.float64) / 1000.0, 0, 1) * (2**24 - 1)).astype(np.uint32)
    return _bgra(code >> 16, (code >> 8) & 0xFF, code & 0xFF)


def _rgb(visible: "Visible", weather: Weather) -> np.ndarray:
    picture = visible.rgb(
        sun_altitude_deg=weather.sun_altitude_angle, sun_azimuth_deg=weather.sun_azimuth_angle
    )
    return _bgra(picture[..., 2], picture[..., 1], picture[..., 0])


_PIXELS: dict[SensorType, Callable[["Visible", Weather], np.ndarray]] = {
    SensorType.SEMANTIC: _semantic,
    SensorType.INSTANCE: _instance,
    SensorType.DEPTH: _depth,
    SensorType.RGB: _rgb,
}


def collision_events(sensor: Sensor, world: "World") -> list[bytes]:
    """Return one message per collision of the sensor's parent in the latest step."""
    header = sensor_header(SensorType.COLLISION, world.moment, to_transform(sensor.pose))
    return [
        header + encode_body([hit.describe(), other.describe(), impulse])
        for hit, other, impulse in world.collisions
        if sensor.parent is not None and hit.id == sensor.parent.id
    ]


def gnss_fix(sensor: Sensor, world: "World") -> bytes:
    """Return where the sensor is on Earth, as the client's map computes it."""
    latitude, longitude = _origin(world.town.opendrive)
    scale = cos(radians(latitude))
    east_m = scale * radians(longitude) * EARTH_RADIUS_M + sensor.pose.x
    north_m = scale * EARTH_RADIUS_M * log(tan(radians(90.0 + latitude) / 2)) + sensor.pose.y
    fix_longitude = degrees(east_m / (EARTH_RADIUS_M * scale))
    fix_latitude = degrees(2.0 * atan(exp(north_m / (EARTH_RADIUS_M * scale)))) - 90.0
    header = sensor_header(SensorType.GNSS, world.moment, to_transform(sensor.pose))
    return header + encode_body([fix_latitude, fix_longitude, sensor.pose.z])


def _origin(opendrive: str) -> tuple[float, float]:
    found = [re.search(rf"\+{name}=([-+.\deE]+)", opendrive[:4000]) for name in ("lat_0", "lon_0")]
    latitude, longitude = (float(match[1]) if match else 0.0 for match in found)
    return latitude, longitude


def imu_reading(sensor: Sensor, world: "World") -> bytes:
    """Return acceleration with gravity, turn rate (rad/s), both in the sensor's axes, and the compass (rad)."""
    axes = sensor.pose.matrix()[:3, :3].T
    felt = axes @ np.add(sensor.acceleration, (0.0, 0.0, GRAVITY_MPS2))
    turn = axes @ np.radians(sensor.angular_velocity)
    compass = (radians(sensor.pose.yaw) + pi / 2) % (2 * pi)
    header = sensor_header(SensorType.IMU, world.moment, to_transform(sensor.pose))
    return header + encode_body((Vector3D(*felt.tolist()), Vector3D(*turn.tolist()), compass))
