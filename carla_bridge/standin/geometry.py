"""Poses in CARLA's left-handed axes: x forward, y right, z up; metres and degrees; yaw turns clockwise from above."""

from dataclasses import dataclass
from math import asin, atan2, cos, degrees, radians, sin

import numpy as np


@dataclass(frozen=True)
class Pose:
    """Where a thing is and which way it looks."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0

    def matrix(self) -> np.ndarray:
        """Return the 4×4 float64 matrix that takes local points to the world, as the client computes it."""
        cp, sp = cos(radians(self.pitch)), sin(radians(self.pitch))
        cy, sy = cos(radians(self.yaw)), sin(radians(self.yaw))
        cr, sr = cos(radians(self.roll)), sin(radians(self.roll))
        return np.array(
            [
                [cp * cy, cy * sp * sr - sy * cr, -cy * sp * cr - sy * sr, self.x],
                [cp * sy, sy * sp * sr + cy * cr, -sy * sp * cr + cy * sr, self.y],
                [sp, -cp * sr, cp * cr, self.z],
                [0.0, 0.0, 0.0, 1.0],
            ]
        )

    @staticmethod
    def from_matrix(m: np.ndarray) -> "Pose":
        """Return the pose whose matrix is `m`; looking straight up or down, the roll is taken as zero."""
        pitch = asin(min(1.0, max(-1.0, float(m[2, 0]))))
        if cos(pitch) < 1e-9:
            yaw, roll = atan2(-m[0, 1], m[1, 1]), 0.0
        else:
            yaw, roll = atan2(m[1, 0], m[0, 0]), atan2(-m[2, 1], m[2, 2])
        x, y, z = (float(value) for value in m[:3, 3])
        return Pose(x, y, z, degrees(pitch), degrees(yaw), degrees(roll))

    def compose(self, relative: "Pose") -> "Pose":
        """Return the world pose of something mounted at `relative` on this pose."""
        return Pose.from_matrix(self.matrix() @ relative.matrix())
