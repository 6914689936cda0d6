"""CARLA's structures on the RPC wire, both ways; knows neither sockets nor numpy.

A structure is a named tuple with its fields in wire order, so MessagePack writes it as it is.
Reading goes through `reading`, which refuses what does not fit.
"""

from typing import Any, NamedTuple

from carla_bridge.standin.protocol.reading import Int32

VERSION = "0.9.16"


class Vector3D(NamedTuple):
    """Metres, m/s, … along CARLA's left-handed axes; also a Location."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


class Vector2D(NamedTuple):
    """A point of a torque or steering curve."""

    x: float = 0.0
    y: float = 0.0


class Rotation(NamedTuple):
    """Degrees."""

    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0


class Transform(NamedTuple):
    """Where something is and how it is turned."""

    location: Vector3D = Vector3D()
    rotation: Rotation = Rotation()


class BoundingBox(NamedTuple):
    """A box; `extent` is half its size."""

    location: Vector3D
    extent: Vector3D
    rotation: Rotation = Rotation()
    actor_id: int = 0


class EpisodeSettings(NamedTuple):
    """How the world's clock runs, and what the stand-in stores unread."""

    synchronous_mode: bool = False
    no_rendering_mode: bool = False
    fixed_delta_seconds: float | None = None
    substepping: bool = True
    max_substep_delta_time: float = 0.01
    max_substeps: Int32 = 10
    max_culling_distance: float = 0.0
    deterministic_ragdolls: bool = True
    tile_stream_distance: float = 3000.0
    actor_active_distance: float = 2000.0
    spectator_as_ego: bool = True

    def to_wire(self) -> list[Any]:
        """Return the fields with the optional one in its envelope."""
        fields: list[Any] = list(self)
        fields[2] = optional(self.fixed_delta_seconds)
        return fields


class AttributeValue(NamedTuple):
    """One attribute of an actor, as text."""

    id: str
    type: int
    value: str


class ActorDescription(NamedTuple):
    """The blueprint a client wants an actor of."""

    uid: int = 0
    id: str = ""
    attributes: tuple[AttributeValue, ...] = ()


class WireActor(NamedTuple):
    """An actor as clients learn of it."""

    id: int
    parent_id: int
    description: ActorDescription
    bounding_box: BoundingBox
    semantic_tags: bytes
    stream_token: bytes


class Weather(NamedTuple):
    """Weather, in CARLA's percent and degrees; the defaults are a clear noon."""

    cloudiness: float = 0.0
    precipitation: float = 0.0
    precipitation_deposits: float = 0.0
    wind_intensity: float = 0.0
    sun_azimuth_angle: float = 0.0
    sun_altitude_angle: float = 45.0
    fog_density: float = 0.0
    fog_distance: float = 0.0
    fog_falloff: float = 0.2
    wetness: float = 0.0
    scattering_intensity: float = 1.0
    mie_scattering_scale: float = 0.03
    rayleigh_scattering_scale: float = 0.0331
    dust_storm: float = 0.0


class VehicleControl(NamedTuple):
    """What a driver does with the pedals and the wheel."""

    throttle: float = 0.0
    steer: float = 0.0
    brake: float = 0.0
    hand_brake: bool = False
    reverse: bool = False
    manual_gear_shift: bool = False
    gear: Int32 = 0


class AckermannControl(NamedTuple):
    """What a driver wants: a steering angle in radians and a speed in m/s."""

    steer: float = 0.0
    steer_speed: float = 0.0
    speed: float = 0.0
    acceleration: float = 0.0
    jerk: float = 0.0


class AckermannSettings(NamedTuple):
    """Gains of the Ackermann controller; stored, not used."""

    speed_kp: float = 0.15
    speed_ki: float = 0.0
    speed_kd: float = 0.25
    accel_kp: float = 0.01
    accel_ki: float = 0.0
    accel_kd: float = 0.01


class WalkerControl(NamedTuple):
    """Where a walker goes, and how fast in m/s."""

    direction: Vector3D = Vector3D(1.0, 0.0, 0.0)
    speed: float = 0.0
    jump: bool = False


class WheelPhysics(NamedTuple):
    """One wheel; its position in centimetres, as the simulator has it."""

    tire_friction: float = 3.5
    damping_rate: float = 0.25
    max_steer_angle: float = 50.0
    radius: float = 35.0
    max_brake_torque: float = 1500.0
    max_handbrake_torque: float = 3000.0
    lat_stiff_max_load: float = 3.0
    lat_stiff_value: float = 20.0
    long_stiff_value: float = 3000.0
    position: Vector3D = Vector3D()


class GearPhysics(NamedTuple):
    """One forward gear."""

    ratio: float = 1.0
    down_ratio: float = 0.5
    up_ratio: float = 0.65


class VehiclePhysics(NamedTuple):
    """Stored and given back; the kinematic model reads mass, drag, steering, friction and the first wheel's angle."""

    torque_curve: tuple[Vector2D, ...] = (Vector2D(0.0, 400.0), Vector2D(5000.0, 400.0))
    max_rpm: float = 5000.0
    moi: float = 1.0
    damping_rate_full_throttle: float = 0.15
    damping_rate_zero_throttle_clutch_engaged: float = 2.0
    damping_rate_zero_throttle_clutch_disengaged: float = 0.35
    use_gear_autobox: bool = True
    gear_switch_time: float = 0.5
    clutch_strength: float = 10.0
    final_ratio: float = 4.0
    forward_gears: tuple[GearPhysics, ...] = (GearPhysics(),)
    mass: float = 1500.0
    drag_coefficient: float = 0.3
    center_of_mass: Vector3D = Vector3D()
    steering_curve: tuple[Vector2D, ...] = (
        Vector2D(0.0, 1.0),
        Vector2D(20.0, 0.9),
        Vector2D(60.0, 0.65),
        Vector2D(120.0, 0.35),
    )  # km/h, share of the full angle
    wheels: tuple[WheelPhysics, ...] = (WheelPhysics(),) * 4
    use_sweep_wheel_collision: bool = False


def optional(value: Any) -> list[Any]:
    """Return a value, or its absence, in CARLA's envelope for optional values."""
    return [False] if value is None else [True, value]


def success(value: Any) -> list[Any]:
    """Return the envelope of a result."""
    return [[1, value]]


def failure(message: str) -> list[Any]:
    """Return the envelope that the client raises as `RuntimeError(message)`."""
    return [[0, [message]]]


VOID: list[Any] = [[False]]


def void_failure(message: str) -> list[Any]:
    """Return `failure` for a call whose declared result is void."""
    return [[True, [message]]]
