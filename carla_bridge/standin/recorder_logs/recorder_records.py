"""What the packets of a recorder log hold, in CARLA's units: centimetres, degrees, seconds; no bytes here."""

from enum import IntEnum
from typing import NamedTuple


class PacketId(IntEnum):
    """The kinds of packets; more may follow, and readers skip what they do not know."""

    FRAME_START = 0
    FRAME_END = 1
    EVENT_ADD = 2
    EVENT_DEL = 3
    EVENT_PARENT = 4
    COLLISION = 5
    POSITION = 6
    STATE = 7
    ANIM_VEHICLE = 8
    ANIM_WALKER = 9
    VEHICLE_LIGHT = 10
    SCENE_LIGHT = 11
    KINEMATICS = 12
    BOUNDING_BOX = 13
    PLATFORM_TIME = 14
    PHYSICS_CONTROL = 15
    TRAFFIC_LIGHT_TIME = 16
    TRIGGER_VOLUME = 17
    FRAME_COUNTER = 18
    WALKER_BONES = 19
    VISUAL_TIME = 20
    VEHICLE_DOOR = 21
    ANIM_VEHICLE_WHEELS = 22
    ANIM_BIKER = 23


class ActorType(IntEnum):
    """What kind of actor an event adds."""

    OTHER = 0
    VEHICLE = 1
    WALKER = 2
    TRAFFIC_LIGHT = 3
    TRAFFIC_SIGN = 4
    SENSOR = 5


class FrameStart(NamedTuple):
    """The beginning of a frame; its duration is known, and written, only when the next one begins (−1 before)."""

    number: int
    duration_s: float
    elapsed_s: float


class Attribute(NamedTuple):
    """An attribute of a blueprint; types count from 0 here, and from 1 on the wire."""

    type: int
    id: str
    value: str


class EventAdd(NamedTuple):
    """An actor begins to exist; a location relative to the parent if an `EventParent` follows."""

    actor_id: int
    type: int
    x: float
    y: float
    z: float
    roll: float
    pitch: float
    yaw: float
    uid: int
    type_id: str
    attributes: tuple[Attribute, ...]


class EventDel(NamedTuple):
    """An actor ceases to exist."""

    actor_id: int


class EventParent(NamedTuple):
    """An actor is attached to another."""

    actor_id: int
    parent_id: int


class Collision(NamedTuple):
    """An actor with a collision sensor hit another."""

    number: int
    actor_id: int
    other_id: int
    is_hero: bool
    is_other_hero: bool


class Position(NamedTuple):
    """Where an actor is."""

    actor_id: int
    x: float
    y: float
    z: float
    roll: float
    pitch: float
    yaw: float


class ShownLight(NamedTuple):
    """What a traffic light shows, and for how long it has."""

    actor_id: int
    is_frozen: bool
    elapsed_s: float
    state: int


class AnimVehicle(NamedTuple):
    """A vehicle's wheel and pedals."""

    actor_id: int
    steer: float
    throttle: float
    brake: float
    hand_brake: bool
    gear: int


class AnimWalker(NamedTuple):
    """How fast a walker walks, in m/s."""

    actor_id: int
    speed: float


class VehicleLight(NamedTuple):
    """Which lights of a vehicle are on."""

    actor_id: int
    lights: int


class SceneLight(NamedTuple):
    """A street light that changed."""

    light_id: int
    intensity: float
    red: float
    green: float
    blue: float
    alpha: float
    is_on: bool
    type: int


class Kinematics(NamedTuple):
    """How an actor moves, in m/s and deg/s."""

    actor_id: int
    x: float
    y: float
    z: float
    angular_x: float
    angular_y: float
    angular_z: float


class Box(NamedTuple):
    """A bounding box in the actor's frame, or a trigger volume in the world's."""

    actor_id: int
    x: float
    y: float
    z: float
    extent_x: float
    extent_y: float
    extent_z: float


class LightTimes(NamedTuple):
    """How long a traffic light shows each colour."""

    actor_id: int
    green_s: float
    yellow_s: float
    red_s: float


class PhysicsControl(NamedTuple):
    """A vehicle's physics: eleven single values, then rows of points, gears and wheels."""

    actor_id: int
    values: tuple[float, ...]
    torque_curve: tuple[tuple[float, ...], ...]
    forward_gears: tuple[tuple[float, ...], ...]
    steering_curve: tuple[tuple[float, ...], ...]
    wheels: tuple[tuple[float, ...], ...]


class Bone(NamedTuple):
    """One bone, relative to its parent bone."""

    name: str
    placed: tuple[float, ...]  # x, y, z, roll, pitch, yaw


class WalkerBones(NamedTuple):
    """A walker's pose."""

    actor_id: int
    bones: tuple[Bone, ...]


class Wheels(NamedTuple):
    """A vehicle's wheels: location, steering angle, rotation."""

    actor_id: int
    wheels: tuple[tuple[float, ...], ...]


class VehicleDoor(NamedTuple):
    """A door that opened or closed."""

    actor_id: int
    door: int
    is_open: bool


class AnimBiker(NamedTuple):
    """How a rider moves."""

    actor_id: int
    speed: float
    engine_rotation: float


class Number(NamedTuple):
    """A packet's only value: a time in seconds, or a frame's number."""

    value: float
