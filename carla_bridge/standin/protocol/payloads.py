"""What the streams carry: tokens, sensor and image headers, the world state; plain byte layouts."""

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.protocol.schema import Transform, Vector3D, VehicleControl, WalkerControl

TCP = 1
_TOKEN = struct.Struct("<IHBB16x")
Payload = bytes | memoryview
_SENSOR = struct.Struct("<QQd6f")
_IMAGE = struct.Struct("<IIf")
_EPISODE = struct.Struct("<Qdf3iI")
_ACTOR = struct.Struct("<IB15f54s")
_VEHICLE = struct.Struct("<3f3?ifB?IB")
_WALKER = struct.Struct("<4f?")
_LIGHT = struct.Struct("<4fI?B")
LIGHT_BYTES = _LIGHT.size
LONGEST_SIGN_ID = 31  # and a zero
ACTIVE = 1
GREEN = 2  # what CARLA reports for a vehicle that stands at no traffic light
MAP_CHANGED = 1


class SensorType(IntEnum):
    """The number that tells the client how to read a stream; an unknown one kills the client."""

    COLLISION = 0
    DEPTH = 1
    NORMALS = 2
    DVS = 3
    GNSS = 4
    IMU = 5
    OBSTACLE = 7
    OPTICAL_FLOW = 8
    RADAR = 9
    LIDAR_SEMANTIC = 10
    LIDAR = 11
    RGB = 13
    SEMANTIC = 14
    INSTANCE = 15
    COSMOS = 16
    WORLD = 17
    GBUFFER = 18


CAMERA_TYPES = frozenset(
    {
        SensorType.COSMOS,
        SensorType.DEPTH,
        SensorType.DVS,
        SensorType.GBUFFER,
        SensorType.INSTANCE,
        SensorType.NORMALS,
        SensorType.OPTICAL_FLOW,
        SensorType.RGB,
        SensorType.SEMANTIC,
    }
)


class Moment(NamedTuple):
    """One frame of the clock."""

    frame: int
    elapsed_s: float
    delta_s: float


def encode_token(stream_id: int, port: int) -> bytes:
    """Return the 24 bytes that tell a client where a stream is; the address is the one it knows."""
    return _TOKEN.pack(stream_id, port, TCP, 0)


def sensor_header(kind: SensorType, moment: Moment, transform: Transform) -> bytes:
    """Return the 48 bytes every stream message begins with."""
    return _SENSOR.pack(kind, moment.frame, moment.elapsed_s, *transform.location, *transform.rotation)


def image_header(width: int, height: int, fov_deg: float) -> bytes:
    """Return the 12 bytes before an image's pixels."""
    return _IMAGE.pack(width, height, fov_deg)


def lidar_header(angle_rad: float, counts: Sequence[int]) -> bytes:
    """Return what stands before a lidar's points: where it points now, and how many points each channel has."""
    return struct.pack(f"<fI{len(counts)}I", angle_rad, len(counts), *counts)


def vehicle_details(
    control: VehicleControl, *, speed_limit_kmh: float, light: int = GREEN, light_id: int | None = None
) -> bytes:
    """Return the vehicle's part of an actor record; no light's id means that it stands at none. It is whole."""
    return _VEHICLE.pack(*control, speed_limit_kmh, light, light_id is not None, light_id or 0, 0)


def walker_details(control: WalkerControl) -> bytes:
    """Return the walker's part of an actor record."""
    return _WALKER.pack(*control.direction, control.speed, control.jump)


def sign_details(sign_id: str) -> bytes:
    """Return a traffic sign's part of an actor record."""
    return sign_id.encode()[:LONGEST_SIGN_ID]


def light_details(
    times_s: tuple[float, float, float, float], pole: int, is_frozen: bool, light: int
) -> bytes:
    """Return what ends a traffic light's record, after the sign's; times are green, yellow, red and elapsed."""
    return _LIGHT.pack(*times_s, pole, is_frozen, light)


def actor_record(
    actor_id: int,
    pose: Pose,
    velocity: Vector3D,
    angular_velocity: Vector3D,
    acceleration: Vector3D,
    details: bytes = b"",
) -> bytes:
    """Return one actor's 119 bytes of a world state; m/s, deg/s, m/s², and what only some kinds have."""
    placed = pose.x, pose.y, pose.z, pose.pitch, pose.yaw, pose.roll
    return _ACTOR.pack(actor_id, ACTIVE, *placed, *velocity, *angular_velocity, *acceleration, details)


def world_state(
    moment: Moment, *, episode_id: int, platform_s: float, records: bytes, flags: int = 0
) -> bytes:
    """Return the message of the world stream; every living actor's record must be in it."""
    header = sensor_header(SensorType.WORLD, moment, Transform())
    episode = _EPISODE.pack(episode_id, platform_s, moment.delta_s, 0, 0, 0, flags)
    return header + episode + records
