"""What a camera can see at most: its pose, its pixels and its angle, and which boxes reach into that."""

from dataclasses import dataclass
from functools import cached_property
from math import radians, tan

import numpy as np

from .geometry import Pose
from .raster import NEAR_M


@dataclass(frozen=True)
class View:
    """A pinhole camera somewhere; `fov_deg` is the angle from its left to its right border."""

    camera: Pose
    width: int
    height: int
    fov_deg: float

    @cached_property
    def focal_px(self) -> float:
        """The distance of the picture plane."""
        return self.width / (2.0 * tan(radians(self.fov_deg) / 2.0))

    @cached_property
    def to_world(self) -> np.ndarray:
        """The 4×4 matrix from the camera's axes (x forward, y right, z up) to the world's."""
        return self.camera.matrix()

    @cached_property
    def to_camera(self) -> np.ndarray:
        """The 4×4 matrix from the world's axes to the camera's."""
        inverse = np.eye(4)
        inverse[:3, :3] = self.to_world[:3, :3].T
        inverse[:3, 3] = -self.to_world[:3, :3].T @ self.to_world[:3, 3]
        return inverse

    def reach(self, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which boxes (K,8,3) reach into the view, nearest first, and what each can touch at most.

        That is a rectangle of pixels and the nearest 1/depth: where all its pixels show something nearer, all in
        the box is hidden. A box that reaches behind the camera has no rectangle; it is taken as touching everything.
        """
        width, height = self.width, self.height
        corners = boxes @ self.to_camera[:3, :3].T + self.to_camera[:3, 3]
        nearest = corners[:, :, 0].min(axis=1)
        ahead, some = nearest > NEAR_M, corners[:, :, 0].max(axis=1) > NEAR_M
        scales = self.focal_px / np.where(ahead[:, None], corners[:, :, 0], 1.0)
        u, v = width / 2 + corners[:, :, 1] * scales, height / 2 - corners[:, :, 2] * scales
        spread = [u.min(axis=1) - 1, v.min(axis=1) - 1, u.max(axis=1) + 1, v.max(axis=1) + 1]
        limits = (width, height, width, height)
        edges = [np.clip(edge, 0, limit) for edge, limit in zip(spread, limits, strict=True)]
        touches = (edges[0] < edges[2]) & (edges[1] < edges[3])
        rectangles = np.stack([*edges, (1.0 + 1e-6) / np.maximum(nearest, NEAR_M)], axis=1)
        rectangles[~ahead] = (0, 0, width, height, np.inf)
        seen = np.flatnonzero(some & (touches | ~ahead))
        seen = seen[np.argsort(nearest[seen], kind="stable")]
        return seen, rectangles[seen]
