"""Ambient pedestrians: each walks round its block, along the sidewalk, at its own pace."""

import numpy as np

from .actors import Walker
from .boxes import Discs
from .driving import change_rate
from .geometry import Pose
from .schema import Vector3D, WalkerControl

PERSONAL_SPACE_M = 0.6
LOOK_AHEAD_M = 0.9
KEEP_RIGHT_M = 0.45


class Stroller:
    """One ambient walker on a closed walk."""

    def __init__(self, walker: Walker, loop: np.ndarray, rng: np.random.Generator) -> None:
        self.walker, self._z_m = walker, walker.pose.z
        self._points = np.concatenate([loop, loop[:1]])  # N,3
        self._arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self._points, axis=0), axis=1))])
        self._way = float(rng.choice([-1.0, 1.0]))
        self._speed_mps = float(rng.uniform(0.9, 1.6))
        self.start_at(float(rng.uniform(0.0, self._arc[-1])))

    def start_at(self, at_m: float) -> None:
        """Put the walker on its walk."""
        self._at_m = at_m
        self.walker.pose = self._pose()

    def move_on(self, distance_m: float) -> None:
        """Put the walker further along its walk."""
        self.start_at(self._at_m + distance_m)

    def step(self, delta_s: float, obstacles: Discs) -> None:
        """Walk on for one frame, or wait for a vehicle in the way."""
        walker, before = self.walker, self.walker.velocity
        speed = 0.0 if self._is_blocked(obstacles) else self._speed_mps
        self._at_m += self._way * speed * delta_s
        pose = self._pose()
        yaw = np.radians(pose.yaw)
        direction = Vector3D(float(np.cos(yaw)), float(np.sin(yaw)), 0.0)
        walker.pose, walker.walked_m = pose, walker.walked_m + speed * delta_s
        walker.velocity = Vector3D(direction.x * speed, direction.y * speed, 0.0)
        walker.acceleration = change_rate(before, walker.velocity, delta_s)
        walker.control = WalkerControl(direction, speed)

    def _pose(self) -> Pose:
        at_m = (self._at_m + np.array([-0.5, 0.0, 0.5])) % self._arc[-1]
        back, here, ahead = np.stack([np.interp(at_m, self._arc, axis) for axis in self._points.T], axis=-1)
        dx, dy = (ahead - back)[:2] * self._way
        yaw = np.arctan2(dy, dx)
        x, y = here[0] - np.sin(yaw) * KEEP_RIGHT_M, here[1] + np.cos(yaw) * KEEP_RIGHT_M
        return Pose(float(x), float(y), float(here[2]) + self._z_m, yaw=float(np.degrees(yaw)))

    def _is_blocked(self, obstacles: Discs) -> bool:
        yaw = np.radians(self.walker.pose.yaw)
        x = self.walker.pose.x + LOOK_AHEAD_M * np.cos(yaw)
        y = self.walker.pose.y + LOOK_AHEAD_M * np.sin(yaw)
        apart = np.hypot(obstacles.centres[:, 0] - x, obstacles.centres[:, 1] - y)
        return bool((apart < obstacles.radii + PERSONAL_SPACE_M)[obstacles.vehicles].any())
