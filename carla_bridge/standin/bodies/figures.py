"""Jointed people: rigid parts that turn about hips, knees, shoulders and elbows, posed in many phases at once.

All turning is about the y axis. An angle of zero lets a limb hang; a positive one swings its lower end forward.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.shapes import Rgb, fan, strip

THIGH_M, SHIN_M, UPPER_ARM_M, FOREARM_M, TORSO_M = 0.44, 0.42, 0.29, 0.30, 0.56
HIP_M = THIGH_M + SHIN_M + 0.07  # of somebody 1.80 m tall, as all measures here
LEFT, RIGHT = -1.0, 1.0
Bone = tuple[str, float]  # name and side; 0 for what there is one of
TORSO, HEAD = ("torso", 0.0), ("head", 0.0)


@dataclass
class Figure:
    """The parts of somebody: triangles in the frame of the bone that carries them."""

    parts: list[tuple[Bone, np.ndarray, Rgb]] = field(default_factory=list)

    def add(self, bone: Bone, triangles: np.ndarray, color_rgb: Rgb) -> None:
        """Hang some triangles on a bone."""
        self.parts.append((bone, triangles, color_rgb))

    def add_pair(self, name: str, triangles: np.ndarray, color_rgb: Rgb) -> None:
        """Hang triangles made for the right side on both bones of a pair."""
        self.add((name, RIGHT), triangles, color_rgb)
        self.add((name, LEFT), triangles * (1.0, -1.0, 1.0), color_rgb)


@dataclass(frozen=True)
class Poses:
    """Where a figure's bones are: P phases; angles in radians, hips in metres."""

    angles: Mapping[Bone, np.ndarray]  # P each; missing ones hang
    hip_x: np.ndarray  # P
    hip_z: np.ndarray  # P

    def joints(self) -> dict[Bone, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Return x, z and angle of every bone's upper end (for the torso and the head: of the lower end)."""
        hip = self.hip_x, self.hip_z
        lean = self._angle(TORSO)
        shoulder = hip[0] - TORSO_M * np.sin(lean), hip[1] + TORSO_M * np.cos(lean)
        joints = {TORSO: (*hip, lean), HEAD: (*shoulder, self._angle(HEAD))}
        for side in (LEFT, RIGHT):
            knee = self._chain(joints, ("thigh", side), hip, THIGH_M)
            ankle = self._chain(joints, ("shin", side), knee, SHIN_M)
            self._chain(joints, ("foot", side), ankle, 0.0)
            elbow = self._chain(joints, ("arm", side), shoulder, UPPER_ARM_M)
            self._chain(joints, ("forearm", side), elbow, FOREARM_M)
        return joints

    def _angle(self, bone: Bone) -> np.ndarray:
        return np.asarray(self.angles.get(bone, np.zeros_like(self.hip_x)))

    def _chain(
        self, joints: dict, bone: Bone, start: tuple[np.ndarray, np.ndarray], length: float
    ) -> tuple[np.ndarray, np.ndarray]:
        angle = self._angle(bone)
        joints[bone] = (*start, angle)
        return start[0] + length * np.sin(angle), start[1] - length * np.cos(angle)


def posed(figure: Figure, poses: Poses, *, scale: float, tag: int, grounded: bool) -> list[Mesh]:
    """Return one mesh per phase; `grounded` puts the lowest point of each on the ground."""
    joints = poses.joints()
    moved = np.concatenate([_turned(part, *joints[bone]) for bone, part, _ in figure.parts], axis=1)
    if grounded:
        moved[..., 2] -= moved[..., 2].min(axis=(1, 2))[:, None, None]
    moved = (moved * scale).astype(np.float32)
    counts = [len(part) for _, part, _ in figure.parts]
    colors = np.repeat(np.array([color for *_, color in figure.parts], np.uint8), counts, axis=0)
    total = len(colors)
    tags, ids = np.full(total, tag, np.uint8), np.zeros(total, np.uint32)
    return [Mesh(triangles, tags, colors, ids) for triangles in moved]


def _turned(part: np.ndarray, x: np.ndarray, z: np.ndarray, angle: np.ndarray) -> np.ndarray:
    cos, sin = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    out = np.empty((len(angle), *part.shape))
    out[..., 0] = x[:, None, None] + part[..., 0] * cos - part[..., 2] * sin
    out[..., 1] = part[..., 1]
    out[..., 2] = z[:, None, None] + part[..., 0] * sin + part[..., 2] * cos
    return out


def reach(start: np.ndarray, end: np.ndarray, upper: float, lower: float, bend: float) -> tuple[float, float]:
    """Return the angles of a limb of two bones from `start` to `end` (x, z); `bend` 1 is a knee, -1 an elbow."""
    way = np.asarray(end, float) - np.asarray(start, float)
    distance = float(np.clip(np.hypot(*way), abs(upper - lower) + 1e-3, upper + lower - 1e-3))
    straight = np.arctan2(way[0], -way[1])
    first = straight + bend * np.arccos((upper**2 + distance**2 - lower**2) / (2 * upper * distance))
    joint = np.asarray(start) + upper * np.array([np.sin(first), -np.cos(first)])
    rest = np.asarray(end) - joint
    return float(first), float(np.arctan2(rest[0], -rest[1]))


def tube(
    levels: Sequence[tuple[float, float, float, float]], sides: int = 6, *, closed: bool = True
) -> np.ndarray:
    """Return a body of oval rings one over another: (x, z, half depth, half width) each, y = 0 in the middle."""
    angles = 2 * np.pi * (np.arange(sides) + 0.5) / sides
    rings = [
        np.column_stack([x + depth * np.cos(angles), width * np.sin(angles), np.full(sides, z)])
        for x, z, depth, width in levels
    ]
    around = np.arange(sides + 1) % sides
    walls = [strip(low[around], high[around]) for low, high in pairwise(rings)]
    return np.concatenate([*walls, fan(rings[-1])] if closed else walls)


def limb(y: tuple[float, float], length: float, radii: tuple[float, float], sides: int = 5) -> np.ndarray:
    """Return a tapering limb that hangs from the origin, from one y to another; its ends are open."""
    levels = [(0.0, 0.0, radii[0], radii[0]), (0.0, -length, radii[1], radii[1])]
    shape = tube(levels, sides, closed=False)
    share = -shape[..., 2] / length
    shape[..., 1] += y[0] + share * (y[1] - y[0])
    return shape
