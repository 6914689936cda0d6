"""Instruments that feel their own place and motion: GNSS, IMU, and the collision detector."""

import re
from collections.abc import Mapping
from math import atan, cos, degrees, exp, log, pi, radians, tan
from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.standin.life.actors import number, to_transform
from carla_bridge.standin.protocol.payloads import Payload, SensorType, sensor_header
from carla_bridge.standin.protocol.schema import Vector3D
from carla_bridge.standin.protocol.wire import encode_body

if TYPE_CHECKING:
    from carla_bridge.standin.instruments.scene import Scene, Station

EARTH_RADIUS_M = 6378137.0


class Gnss:
    """Where on Earth it is."""

    def __init__(self, attributes: Mapping[str, str]):
        self._rng = _rng(attributes)
        axes = "lat", "lon", "alt"
        self._biases = [number(attributes, f"noise_{axis}_bias", 0.0) for axis in axes]
        self._stddevs = [max(0.0, number(attributes, f"noise_{axis}_stddev", 0.0)) for axis in axes]

    def measure(self, own: "Station", scene: "Scene") -> list[Payload]:
        """Return latitude, longitude and altitude, as the client's map computes them, with noise."""
        latitude, longitude = _origin(scene.opendrive)
        scale = cos(radians(latitude))
        east_m = scale * radians(longitude) * EARTH_RADIUS_M + own.pose.x
        north_m = scale * EARTH_RADIUS_M * log(tan(radians(90.0 + latitude) / 2)) + own.pose.y
        fix_longitude = degrees(east_m / (EARTH_RADIUS_M * scale))
        fix_latitude = degrees(2.0 * atan(exp(north_m / (EARTH_RADIUS_M * scale)))) - 90.0
        fix = np.array([fix_latitude, fix_longitude, own.pose.z])
        fix += self._rng.normal(self._biases, self._stddevs)
        header = sensor_header(SensorType.GNSS, scene.moment, to_transform(own.pose))
        return [header + encode_body(fix.tolist())]


class Imu:
    """How it is pushed and turned, in its own axes, and where it points."""

    def __init__(self, attributes: Mapping[str, str]):
        self._rng = _rng(attributes)
        self._accel_stddevs = _axes(attributes, "noise_accel_stddev")
        self._gyro_biases = _axes(attributes, "noise_gyro_bias")
        self._gyro_stddevs = _axes(attributes, "noise_gyro_stddev")

    def measure(self, own: "Station", scene: "Scene") -> list[Payload]:
        """Return acceleration with gravity (m/s²), turn rate (rad/s) and the compass (rad, north 0, east π/2)."""
        axes = own.pose.matrix()[:3, :3].T
        felt = axes @ np.add(own.acceleration, (0.0, 0.0, scene.gravity_mps2))
        felt += self._rng.normal(0.0, np.abs(self._accel_stddevs))
        turn = axes @ np.radians(own.angular_velocity)
        turn += self._rng.normal(self._gyro_biases, np.abs(self._gyro_stddevs))
        compass = (radians(own.pose.yaw) + pi / 2) % (2 * pi)
        header = sensor_header(SensorType.IMU, scene.moment, to_transform(own.pose))
        return [header + encode_body((Vector3D(*felt.tolist()), Vector3D(*turn.tolist()), compass))]


class CollisionDetector:
    """What its parent ran into."""

    def measure(self, own: "Station", scene: "Scene") -> list[Payload]:
        """Return one message per collision of the latest step."""
        header = sensor_header(SensorType.COLLISION, scene.moment, to_transform(own.pose))
        parent = own.sensor.parent
        return [
            header + encode_body([hit.describe(), other.describe(), impulse])
            for hit, other, impulse in scene.collisions
            if parent is not None and hit.id == parent.id
        ]


def _rng(attributes: Mapping[str, str]) -> np.random.Generator:
    return np.random.default_rng(int(abs(number(attributes, "noise_seed", 0))))


def _axes(attributes: Mapping[str, str], name: str) -> np.ndarray:
    return np.array([number(attributes, f"{name}_{axis}", 0.0) for axis in "xyz"])


def _origin(opendrive: str) -> tuple[float, float]:
    found = [re.search(rf"\+{name}=([-+.\deE]+)", opendrive[:4000]) for name in ("lat_0", "lon_0")]
    latitude, longitude = (float(match[1]) if match else 0.0 for match in found)
    return latitude, longitude
