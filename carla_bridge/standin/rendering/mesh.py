"""Labelled triangles: the only form in which the stand-in knows the shape of things."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from carla_bridge.standin.geometry import Pose

ALWAYS, NEAR, FAR = 0, 1, 2  # at which distance a triangle is drawn: detail is left out far away, or replaced


@dataclass(frozen=True)
class Mesh:
    """Triangles with a tag, a colour and an object number each; two-sided, in any order."""

    triangles: np.ndarray  # N,3,3 float32: triangle, corner, xyz in metres
    tags: np.ndarray  # N uint8, CARLA's numbers
    colors_rgb: np.ndarray  # N,3 uint8
    object_ids: np.ndarray  # N uint32; 0 where nothing can be counted (road, grass)
    levels: np.ndarray | None = None  # N uint8: ALWAYS, NEAR or FAR; None where all are ALWAYS

    def __len__(self) -> int:
        return len(self.triangles)

    @cached_property
    def box(self) -> np.ndarray:
        """The eight corners (8,3) of the box around all triangles; asked for in every frame, so kept."""
        return box_around(self.triangles)

    @staticmethod
    def empty() -> "Mesh":
        """Return a mesh without triangles."""
        return Mesh(
            np.zeros((0, 3, 3), np.float32),
            np.zeros(0, np.uint8),
            np.zeros((0, 3), np.uint8),
            np.zeros(0, np.uint32),
        )

    def select(self, which: np.ndarray) -> "Mesh":
        """Return the triangles named by a mask or by indices, in that order."""
        levels = None if self.levels is None else self.levels[which]
        return Mesh(
            self.triangles[which], self.tags[which], self.colors_rgb[which], self.object_ids[which], levels
        )

    def at_level(self, level: int) -> "Mesh":
        """Return the same triangles, all at one level of detail."""
        levels = np.full(len(self), level, np.uint8)
        return Mesh(self.triangles, self.tags, self.colors_rgb, self.object_ids, levels)

    def near(self) -> "Mesh":
        """Return all that there is to see from close by, at any distance."""
        if self.levels is None:
            return self
        mesh = self.select(self.levels != FAR)
        return Mesh(mesh.triangles, mesh.tags, mesh.colors_rgb, mesh.object_ids)

    def placed(self, pose: Pose, *, object_id: int | None = None) -> "Mesh":
        """Return the mesh moved to `pose`, all of it under one object number if one is given."""
        matrix = pose.matrix()
        points = self.triangles.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
        ids = self.object_ids if object_id is None else np.full(len(self), object_id, np.uint32)
        return Mesh(points.astype(np.float32), self.tags, self.colors_rgb, ids, self.levels)


def join(meshes: Sequence[Mesh]) -> Mesh:
    """Return all triangles of several meshes as one."""
    if not meshes:
        return Mesh.empty()
    return Mesh(
        np.concatenate([mesh.triangles for mesh in meshes]),
        np.concatenate([mesh.tags for mesh in meshes]),
        np.concatenate([mesh.colors_rgb for mesh in meshes]),
        np.concatenate([mesh.object_ids for mesh in meshes]),
        None if all(mesh.levels is None for mesh in meshes) else np.concatenate([_levels(m) for m in meshes]),
    )


def _levels(mesh: Mesh) -> np.ndarray:
    return np.full(len(mesh), ALWAYS, np.uint8) if mesh.levels is None else mesh.levels


def box_around(triangles: np.ndarray) -> np.ndarray:
    """Return the eight corners (8,3) of the box around some triangles."""
    points = triangles.reshape(-1, 3).astype(np.float64)
    ends = np.stack([points.min(axis=0), points.max(axis=0)])
    return np.array([[ends[i, 0], ends[j, 1], ends[k, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
