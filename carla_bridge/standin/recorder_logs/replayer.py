"""From a recorder log to the world: its actors come, go and move as they did, at the pace that is asked for."""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.actors import STILL, Actor, Vehicle, Walker
from carla_bridge.standin.life.driving import wrapped_deg
from carla_bridge.standin.life.signs import LightState, TrafficLight
from carla_bridge.standin.protocol.reading import MAX_NUMBER
from carla_bridge.standin.protocol.schema import Vector3D, VehicleControl, WalkerControl
from carla_bridge.standin.recorder_logs.recorder_codec import LogError
from carla_bridge.standin.recorder_logs.recorder_log import Frame, LogReader
from carla_bridge.standin.recorder_logs.recorder_poses import between, pose_of
from carla_bridge.standin.recorder_logs.recorder_records import (
    AnimVehicle,
    AnimWalker,
    PacketId,
    Position,
    ShownLight,
)
from carla_bridge.standin.recorder_logs.replayed_actors import Cast

if TYPE_CHECKING:
    from carla_bridge.standin.life.world import World

log = logging.getLogger(__name__)

SAME_TIME_S = 1e-6
MAX_INTERPOLATED_FACTOR = 2.0  # faster, and everybody jumps from frame to frame
JUMP_MPS = 100.0  # whoever would have been as fast was put somewhere else
DEFAULT_OFFSET = Pose(-10.0, 0.0, 5.0, pitch=-25.0)


class Wish(NamedTuple):
    """What part of a log to replay, and how."""

    start_s: float = 0.0
    stop_s: float = math.inf
    follow_id: int = 0  # as recorded; 0: nobody
    offset: Pose = DEFAULT_OFFSET  # of the spectator from whom it follows
    with_sensors: bool = False
    ignore_hero: bool = False
    ignore_spectator: bool = True


@dataclass
class Replayer:
    """A log that is being replayed in a world."""

    reader: LogReader
    world: "World"
    wish: Wish
    time_s: float = 0.0  # in the log
    frame: Frame | None = None  # the one whose time it is
    following: Frame | None = None
    is_over: bool = False
    placed: dict[int, Pose] = field(default_factory=dict)  # by the recorded id, at the step before

    def __post_init__(self) -> None:
        self.cast = Cast(self.world, self.wish)
        self._frames: Iterator[Frame] = self.reader.frames()
        self.following = self._next_frame()
        self.time_s = self.wish.start_s
        self._seek()
        self._show(factor=1.0)
        self.cast.clear_the_town()

    def advance(self, delta_s: float, factor: float) -> None:
        """Show the world as it was `delta_s` × `factor` later in the log; `is_over` at its end."""
        self.time_s += delta_s * factor
        self._seek()
        self._show(factor)
        self.is_over = self.time_s >= self.wish.stop_s - SAME_TIME_S or self.following is None

    def stop(self, *, keep_actors: bool) -> None:
        """Leave everybody standing, or take those away that the replay brought."""
        for actor in self.cast.living():
            _halt(actor)
        if not keep_actors:
            self.cast.remove_all()

    def _seek(self) -> None:
        """Go on to the frame of the present time, and let what happened until then happen."""
        while self.following is not None and self.following.elapsed_s <= self.time_s + SAME_TIME_S:
            self.frame = self.following
            try:
                self.cast.take_events(self.frame)
            except LogError as error:
                log.warning("the replay of frame %d is incomplete: %s", self.frame.number, error)
            self.following = self._next_frame()

    def _next_frame(self) -> Frame | None:
        try:
            return next(self._frames, None)
        except LogError as error:
            log.warning("the replay ends early: %s", error)
            return None

    def _show(self, factor: float) -> None:
        if self.frame is None:
            return
        try:
            self._move_all(self.frame, factor)
            self._animate(self.frame)
        except LogError as error:
            log.warning("frame %d is shown in part: %s", self.frame.number, error)
        for actor in self.world.actors.values():
            actor.follow_parent()
        followed = self.cast.actor(self.wish.follow_id)
        if followed is not None:
            self.world.spectator.pose = followed.pose.compose(self.wish.offset)

    def _move_all(self, frame: Frame, factor: float) -> None:
        share, later = 0.0, dict[int, Position]()
        if self.following is not None and factor < MAX_INTERPOLATED_FACTOR:
            span_s = self.following.elapsed_s - frame.elapsed_s
            share = min(1.0, max(0.0, (self.time_s - frame.elapsed_s) / span_s)) if span_s > 0.0 else 0.0
            if share > 0.0:
                later = {each.actor_id: each for each in self.following.records(PacketId.POSITION)}
        before, self.placed = self.placed, {}
        for position in frame.records(PacketId.POSITION):
            actor, pose = self.cast.actor(position.actor_id), pose_of(position[1:])
            if actor is None or pose is None or actor.parent is not None:
                continue
            if (end := later.get(position.actor_id)) and (end_pose := pose_of(end[1:])):
                pose = between(pose, end_pose, share)
            self.placed[position.actor_id] = actor.pose = pose
            _set_motion(actor, before.get(position.actor_id), self.world.moment.delta_s)

    def _animate(self, frame: Frame) -> None:
        for animation in frame.records(PacketId.ANIM_VEHICLE):
            vehicle = self.cast.actor(animation.actor_id)
            if isinstance(vehicle, Vehicle) and _is_sound(animation):
                vehicle.control = _control(animation)
        for walking in frame.records(PacketId.ANIM_WALKER):
            walker = self.cast.actor(walking.actor_id)
            if isinstance(walker, Walker) and _is_sound(walking):
                walker.control = WalkerControl(_ahead(walker.pose), walking.speed)
        for shown in frame.records(PacketId.STATE):
            light = self.cast.actor(shown.actor_id)
            if isinstance(light, TrafficLight) and _is_sound(shown) and shown.state in list(LightState):
                light.show(LightState(shown.state))
                light.elapsed_s, light.is_frozen = shown.elapsed_s, shown.is_frozen
        for on in frame.records(PacketId.VEHICLE_LIGHT):
            vehicle = self.cast.actor(on.actor_id)
            if isinstance(vehicle, Vehicle):
                vehicle.lights = on.lights


def _set_motion(actor: Actor, before: Pose | None, delta_s: float) -> None:
    """Let an actor move as fast as it was moved; whoever jumped stands."""
    actor.velocity = actor.angular_velocity = actor.acceleration = STILL
    if before is None or delta_s <= 0.0:
        return
    pose = actor.pose
    velocity = Vector3D(*((b - a) / delta_s for a, b in zip(_xyz(before), _xyz(pose), strict=True)))
    if math.hypot(*velocity) <= JUMP_MPS:
        actor.velocity = velocity
        actor.angular_velocity = Vector3D(0.0, 0.0, wrapped_deg(pose.yaw - before.yaw) / delta_s)
        if isinstance(actor, Vehicle):
            ahead = _ahead(pose)
            actor.speed_mps = velocity.x * ahead.x + velocity.y * ahead.y
            actor.driven_m += actor.speed_mps * delta_s


def _xyz(pose: Pose) -> tuple[float, float, float]:
    return pose.x, pose.y, pose.z


def _ahead(pose: Pose) -> Vector3D:
    yaw = math.radians(pose.yaw)
    return Vector3D(math.cos(yaw), math.sin(yaw), 0.0)


def _control(animation: AnimVehicle) -> VehicleControl:
    return VehicleControl(
        animation.throttle,
        animation.steer,
        animation.brake,
        animation.hand_brake,
        reverse=animation.gear < 0,
        gear=animation.gear,
    )


def _is_sound(record: AnimVehicle | AnimWalker | ShownLight) -> bool:
    """Say whether a client might have said this: it is a number, and not too large."""
    return all(abs(value) <= MAX_NUMBER for value in record[1:])


def _halt(actor: Actor) -> None:
    actor.velocity = actor.angular_velocity = actor.acceleration = STILL
    if isinstance(actor, Vehicle):
        actor.simulates_physics, actor.speed_mps, actor.control = True, 0.0, VehicleControl()
    elif isinstance(actor, Walker):
        actor.control = actor.control._replace(speed=0.0)
