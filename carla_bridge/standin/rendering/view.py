"""What a camera can see at most: its pose, its pixels and its angle, and which boxes reach into that."""

from dataclasses import dataclass
from functools import cached_property
from math import radians, tan

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.raster import reach


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
        seen, rectangles = reach(boxes, self.to_camera[:3], self.focal_px, self.width, self.height)
        order = np.argsort(rectangles[:, 5], kind="stable")
        return seen[order], rectangles[order, :5]
