"""Ambient pedestrians: each walks round its block, along the sidewalk, at its own pace."""

from collections.abc import Sequence
from math import cos, radians, sin

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.actors import Walker
from carla_bridge.standin.life.boxes import Discs
from carla_bridge.standin.life.driving import change_rate
from carla_bridge.standin.protocol.schema import Vector3D, WalkerControl

PERSONAL_SPACE_M = 0.6
LOOK_AHEAD_M = 0.9
KEEP_RIGHT_M = 0.45
STEP_M = 0.25  # between the places at which a walk is known


class Stroller:
    """One ambient walker on a closed walk."""

    def __init__(self, walker: Walker, loop: np.ndarray, rng: np.random.Generator) -> None:
        self.walker, self._z_m = walker, walker.pose.z
        way = float(rng.choice([-1.0, 1.0]))
        self._places, self._length_m = _paced(loop if way > 0 else loop[::-1])
        self._speed_mps = float(rng.uniform(0.9, 1.6))
        self.start_at(float(rng.uniform(0.0, self._length_m)))

    def start_at(self, at_m: float) -> None:
        """Put the walker on its walk."""
        self._at_m = at_m
        self.walker.pose = self._pose()

    def move_on(self, distance_m: float) -> None:
        """Put the walker further along its walk."""
        self.start_at(self._at_m + distance_m)

    def step(self, delta_s: float, *, is_blocked: bool) -> None:
        """Walk on for one frame, or wait for what is in the way."""
        walker, before = self.walker, self.walker.velocity
        speed = 0.0 if is_blocked else self._speed_mps
        self._at_m = (self._at_m + speed * delta_s) % self._length_m
        pose = self._pose()
        direction = Vector3D(cos(radians(pose.yaw)), sin(radians(pose.yaw)), 0.0)
        walker.pose, walker.walked_m = pose, walker.walked_m + speed * delta_s
        walker.velocity = Vector3D(direction.x * speed, direction.y * speed, 0.0)
        walker.acceleration = change_rate(before, walker.velocity, delta_s)
        walker.control = WalkerControl(direction, speed)

    def _pose(self) -> Pose:
        index, share = divmod(self._at_m / self._length_m * len(self._places), 1.0)
        x, y, z, yaw_deg = self._places[int(index) % len(self._places)]
        to_x, to_y, to_z, _ = self._places[(int(index) + 1) % len(self._places)]
        x, y, z = x + (to_x - x) * share, y + (to_y - y) * share, z + (to_z - z) * share
        return Pose(x, y, z + self._z_m, yaw=yaw_deg)


def blocked(strollers: Sequence[Stroller], obstacles: Discs) -> list[bool]:
    """Say for each walker whether a vehicle is right in front of it."""
    poses = [stroller.walker.pose for stroller in strollers]
    x, y, yaw_deg = np.array([(p.x, p.y, p.yaw) for p in poses]).reshape(-1, 3).T
    yaw, vehicles = np.radians(yaw_deg), obstacles.vehicles
    ahead = np.stack([x + LOOK_AHEAD_M * np.cos(yaw), y + LOOK_AHEAD_M * np.sin(yaw)], axis=-1)
    apart = np.linalg.norm(ahead[:, None] - obstacles.centres[None, vehicles], axis=2)
    found: list[bool] = (apart < obstacles.radii[vehicles] + PERSONAL_SPACE_M).any(axis=1).tolist()
    return found


def _paced(loop: np.ndarray) -> tuple[list[tuple[float, ...]], float]:
    """Return places (x, y, z, yaw in degrees) a step apart round a closed walk, on its right, and its length."""
    points = np.concatenate([loop, loop[:1]])
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at_m = np.linspace(0.0, arc[-1], max(4, round(arc[-1] / STEP_M)), endpoint=False)
    back, here, ahead = (
        np.stack([np.interp((at_m + shift) % arc[-1], arc, axis) for axis in points.T], axis=-1)
        for shift in (-0.5, 0.0, 0.5)
    )
    yaw = np.arctan2(*(ahead - back)[:, 1::-1].T)
    here[:, :2] += KEEP_RIGHT_M * np.stack([-np.sin(yaw), np.cos(yaw)], axis=-1)
    return [tuple(row) for row in np.column_stack([here, np.degrees(yaw)]).tolist()], float(arc[-1])
