"""What the streams carry: tokens, sensor and image headers, the world state; plain byte layouts."""

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from .schema import Transform, Vector3D, VehicleControl, WalkerControl

TCP = 1
_TOKEN = struct.Struct("<IHBB16x")
_SENSOR = struct.Struct("<QQd6f")
_IMAGE = struct.Struct("<IIf")
_EPISODE = struct.Struct("<Qdf3iI")
_ACTOR = struct.Struct("<IB15f54s")
_VEHICLE = struct.Struct("<3f3?ifB?IB")
_WALKER = struct.Struct("<4f?")
ACTIVE = 1
GREEN = 2  # what CARLA reports for a vehicle that stands at no traffic light
MAP_CHANGED = 1


class SensorType(IntEnum):
    """The number that tells the client how to read a stream; an unknown one kills the client."""

    COLLISION = 0
    DEPTH = 1
    GNSS = 4
    IMU = 5
    RGB = 13
    SEMANTIC = 14
    INSTANCE = 15
    WORLD = 17


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


class ActorState(NamedTuple):
    """One actor in one world state."""

    id: int
    transform: Transform
    velocity: Vector3D  # m/s
    angular_velocity: Vector3D  # deg/s
    acceleration: Vector3D  # m/s²
    details: bytes = b""  # what only vehicles or walkers have


def vehicle_details(control: VehicleControl, *, speed_limit_kmh: float) -> bytes:
    """Return the vehicle's part of an actor record; it stands at no traffic light and is whole."""
    return _VEHICLE.pack(*control, speed_limit_kmh, GREEN, False, 0, 0)


def walker_details(control: WalkerControl) -> bytes:
    """Return the walker's part of an actor record."""
    return _WALKER.pack(*control.direction, control.speed, control.jump)


def world_state(
    moment: Moment, *, episode_id: int, platform_s: float, actors: Iterable[ActorState], flags: int = 0
) -> bytes:
    """Return the message of the world stream; every living actor must be in it."""
    header = sensor_header(SensorType.WORLD, moment, Transform())
    episode = _EPISODE.pack(episode_id, platform_s, moment.delta_s, 0, 0, 0, flags)
    return header + episode + b"".join(map(_actor_record, actors))


def _actor_record(actor: ActorState) -> bytes:
    motion = (*actor.velocity, *actor.angular_velocity, *actor.acceleration)
    placed = (*actor.transform.location, *actor.transform.rotation)
    return _ACTOR.pack(actor.id, ACTIVE, *placed, *motion, actor.details)
