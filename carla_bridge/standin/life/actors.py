"""The kinds of actors: what they are, where they are and how they move; no rules of the world."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.library.builds import build_of, gear_of
from carla_bridge.standin.protocol.payloads import actor_record, vehicle_details, walker_details
from carla_bridge.standin.protocol.schema import (
    AckermannSettings,
    ActorDescription,
    BoundingBox,
    Rotation,
    Transform,
    Vector3D,
    VehicleControl,
    VehiclePhysics,
    WalkerControl,
    WireActor,
)

if TYPE_CHECKING:
    from carla_bridge.standin.bodies.models import Model
    from carla_bridge.standin.life.signs import TrafficLight

STILL = Vector3D()


def to_pose(transform: Transform) -> Pose:
    """Return a transform from the wire as a pose."""
    return Pose(*transform.location, *transform.rotation)


def to_transform(pose: Pose) -> Transform:
    """Return a pose as it goes over the wire."""
    return Transform(Vector3D(pose.x, pose.y, pose.z), Rotation(pose.pitch, pose.yaw, pose.roll))


@dataclass
class Actor:
    """Anything with an id: the spectator, a controller, and the base of all that moves."""

    id: int
    description: ActorDescription
    pose: Pose
    model: "Model | None" = None
    parent: "Actor | None" = None
    relative: Pose = field(default_factory=Pose)  # to the parent
    stream_id: int = 0  # sensors with a stream only
    velocity: Vector3D = STILL  # m/s, world axes
    angular_velocity: Vector3D = STILL  # deg/s
    acceleration: Vector3D = STILL  # m/s²
    simulates_physics: bool = True
    collides: bool = True  # else everybody drives through it, and it through everybody
    is_ambient: bool = False  # led by the town, until a client takes it over

    @property
    def type_id(self) -> str:
        """CARLA's name for what the actor is."""
        return self.description.id

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes by name, as text."""
        return {attribute.id: attribute.value for attribute in self.description.attributes}

    @property
    def bounding_box(self) -> BoundingBox:
        """The box round the actor, in its own frame."""
        if self.model is None:
            return BoundingBox(STILL, STILL, actor_id=self.id)
        centre, extent = Vector3D(*self.model.centre), Vector3D(*self.model.extent)
        return BoundingBox(centre, extent, actor_id=self.id)

    def follow_parent(self) -> None:
        """Move along with the parent, if there is one."""
        if self.parent is not None:
            self.pose = self.parent.pose.compose(self.relative)
            self.velocity = self.parent.velocity
            self.angular_velocity = self.parent.angular_velocity
            self.acceleration = self.parent.acceleration

    def place(self, pose: Pose) -> None:
        """Put the actor somewhere, whatever it was doing."""
        self.pose = pose
        if self.parent is not None:
            self.relative = Pose.from_matrix(np.linalg.inv(self.parent.pose.matrix()) @ pose.matrix())

    def describe(self) -> WireActor:
        """Return the actor as clients learn of it."""
        token = self.stream_id.to_bytes(4, "little").ljust(24, b"\0") if self.stream_id else b""
        parent_id = 0 if self.parent is None else self.parent.id
        return WireActor(self.id, parent_id, self.description, self.bounding_box, self.semantic_tags(), token)

    def semantic_tags(self) -> bytes:
        """Return the tags that the actor has in label images."""
        return b"" if self.model is None else bytes(np.unique(self.model.mesh.tags))

    def record(self) -> bytes:
        """Return the actor's record in the world state."""
        motion = self.velocity, self.angular_velocity, self.acceleration
        return actor_record(self.id, self.pose, *motion, self.details())

    def details(self) -> bytes:
        """Return what only this kind of actor has in the world state."""
        return b""


@dataclass
class Vehicle(Actor):
    """Something with pedals and a steering wheel."""

    control: VehicleControl = field(default_factory=VehicleControl)
    physics: VehiclePhysics = field(default_factory=VehiclePhysics)
    is_heavy: bool = True  # without gravity its tyres press on nothing
    own_friction: tuple[float, ...] = ()  # of its tyres, while a trigger decides
    ackermann_settings: AckermannSettings = field(default_factory=AckermannSettings)
    lights: int = 0
    open_doors: set[int] = field(default_factory=set)
    speed_limit_kmh: float = 50.0
    speed_mps: float = 0.0  # along the heading; negative backwards
    driven_m: float = 0.0  # where a cyclist's feet are in their turn
    target_speed_mps: float | None = None  # set by Ackermann control
    is_told: bool = False  # by a driver since the latest frame
    constant_velocity: Vector3D | None = None  # own axes
    traffic_light: "TrafficLight | None" = None  # whose stop line is just ahead

    def __post_init__(self) -> None:
        attributes = self.attributes
        self.build = build_of(attributes.get("base_type", ""))
        self.is_sticky = attributes.get("sticky_control", "").lower() != "false"

    def obey(self, control: VehicleControl, target_speed_mps: float | None = None) -> None:
        """Take a driver's orders."""
        self.control, self.target_speed_mps, self.is_told = control, target_speed_mps, True

    def forget(self) -> None:
        """Let go of the pedals where orders count for one frame only and no new ones came."""
        if not (self.is_sticky or self.is_told):
            self.control, self.target_speed_mps = VehicleControl(), None
        self.is_told = False

    @property
    def gear(self) -> int:
        """The gear that is in: the driver's, or what an automatic gear box chooses."""
        control = self.control
        if control.manual_gear_shift:
            return control.gear
        return gear_of(self.speed_mps, is_reverse=control.reverse)

    def own_acceleration(self) -> tuple[float, float]:
        """Return the acceleration ahead and to the right in m/s²."""
        c, s = cos(radians(self.pose.yaw)), sin(radians(self.pose.yaw))
        x, y, _ = self.acceleration
        return x * c + y * s, y * c - x * s

    def details(self) -> bytes:
        """Return the control, the speed limit and the traffic light."""
        control, light = self.control._replace(gear=self.gear), self.traffic_light
        if light is None:
            return vehicle_details(control, speed_limit_kmh=self.speed_limit_kmh)
        return vehicle_details(
            control, speed_limit_kmh=self.speed_limit_kmh, light=light.light, light_id=light.id
        )


@dataclass
class Walker(Actor):
    """A pedestrian."""

    control: WalkerControl = field(default_factory=WalkerControl)
    walked_m: float = 0.0  # where the limbs are in their swing
    posed: dict[str, Pose] = field(default_factory=dict)  # bones as a client wants them
    pose_share: float = 0.0  # how much of that pose shows
    ground_z: float | None = None  # what it jumped off from
    climb_mps: float = 0.0
    led_for_s: float = 0.0  # how much longer it counts as led by a client's navigation

    def details(self) -> bytes:
        """Return where the walker goes."""
        return walker_details(self.control)


@dataclass
class Sensor(Actor):
    """Something with a stream; `sensors` knows what it sends."""

    due_s: float | None = None  # when the next message is due; None: at once

    def is_due(self, elapsed_s: float) -> bool:
        """Say whether `sensor_tick` lets a message out now; if so, the next is due one period later."""
        period_s = number(self.attributes, "sensor_tick", 0.0)
        if self.due_s is not None and elapsed_s < self.due_s - 1e-6:
            return False
        start_s = elapsed_s if self.due_s is None else max(self.due_s, elapsed_s - period_s)
        self.due_s = start_s + period_s
        return True


def number(attributes: Mapping[str, str], name: str, default: float) -> float:
    """Return an attribute as a number; clients may write any text, so nonsense is the default."""
    try:
        value = float(attributes[name])
    except (KeyError, ValueError):
        return default
    return value if np.isfinite(value) else default
