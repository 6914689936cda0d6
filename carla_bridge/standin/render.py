"""Triangles and a camera → which triangle each pixel shows, and from that every image a sensor wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin, tan

import numpy as np

from .geometry import Pose
from .mesh import Mesh, box_around
from .raster import NEAR_M, look_up, rasterize
from .tags import SKY

__all__ = ["FAR_M", "Mesh", "Renderer", "Visible"]

FAR_M = 1000.0  # what CARLA's depth image calls infinitely far
CELL_M = 12.0  # scenery is kept in square cells, so that what is out of view costs nothing
SKY_RGB = (140, 178, 220)


@dataclass(frozen=True)
class Visible:
    """One look at the world: the triangle and the inverse depth of every pixel."""

    index: np.ndarray  # H,W int32 into `mesh`, -1 = sky
    inverse_depth: np.ndarray  # H,W float32, 1/m along the camera's x axis, 0 = sky
    mesh_tags: np.ndarray  # N+1 uint8; the last row is the sky's, here and below
    mesh_object_ids: np.ndarray  # N+1 uint32
    mesh_parts: tuple[tuple[Mesh, np.ndarray], ...]  # (mesh, its 4×4 matrix to the world), for shading
    drawn: int  # triangles that touched the screen

    def tags(self) -> np.ndarray:
        """Return CARLA's tag of every pixel, H,W uint8."""
        return self._per_pixel(self.mesh_tags)

    def object_ids(self) -> np.ndarray:
        """Return the number of the object at every pixel, H,W uint32; 0 for the sky and for plain ground."""
        return self._per_pixel(self.mesh_object_ids)

    def depth_m(self) -> np.ndarray:
        """Return the distance along the camera's x axis, H,W float32, at most 1000 m."""
        depth = np.full(self.index.shape, FAR_M, np.float32)
        return np.divide(
            np.float32(1.0), self.inverse_depth, out=depth, where=self.inverse_depth > 1.0 / FAR_M
        )

    def rgb(self, *, sun_altitude_deg: float = 45.0, sun_azimuth_deg: float = 0.0) -> np.ndarray:
        """Return a plainly shaded picture, H,W,3 uint8: flat colours, one sun, no shadows."""
        lit = [_shade(mesh, matrix, sun_altitude_deg, sun_azimuth_deg) for mesh, matrix in self.mesh_parts]
        daylight = 0.15 + 0.85 * float(np.clip((sun_altitude_deg + 10.0) / 30.0, 0.0, 1.0))
        sky = (np.array([SKY_RGB]) * daylight).astype(np.uint8)
        packed = np.zeros((len(self.mesh_tags), 4), np.uint8)
        packed[:, :3] = np.concatenate([*lit, sky])
        return (
            self._per_pixel(packed.view(np.uint32)[:, 0])
            .view(np.uint8)
            .reshape(*self.index.shape, 4)[..., :3]
        )

    def _per_pixel(self, table: np.ndarray) -> np.ndarray:
        out = np.empty(self.index.shape, table.dtype)
        look_up(self.index, table, out)
        return out


class Renderer:
    """Draws one town; keeps the scenery sorted into cells and owns no other state."""

    def __init__(self, scenery: Mesh):
        self._scenery, self._ranges = _into_cells(scenery)
        self._boxes = np.array([box_around(self._scenery.triangles[a:b]) for a, b in self._ranges]).reshape(
            -1, 8, 3
        )

    def render(
        self,
        camera: Pose,
        *,
        width: int,
        height: int,
        fov_deg: float,
        movers: Sequence[tuple[Mesh, Pose, int]] = (),
    ) -> Visible:
        """Return what a pinhole camera at `camera` sees of the town and of the movers (mesh, pose, actor id)."""
        focal_px = width / (2.0 * tan(radians(fov_deg) / 2.0))
        to_camera = _inverse(camera.matrix())
        index = np.full((height, width), -1, np.int32)
        inverse_depth = np.zeros((height, width), np.float32)
        seen, rectangles = _in_view(self._boxes, to_camera, focal_px, width, height)
        ranges, mesh = self._ranges[seen], self._scenery
        drawn = rasterize(
            mesh.triangles, ranges, rectangles, to_camera[:3], focal_px, 0, inverse_depth, index
        )
        parts = [(mesh, np.eye(4)), *((mesh, pose.matrix()) for mesh, pose, _ in movers)]
        firsts = np.cumsum([0] + [len(mesh) for mesh, _ in parts])
        boxes = np.array([mesh.box @ matrix[:3, :3].T + matrix[:3, 3] for mesh, matrix in parts[1:]])
        seen, rectangles = _in_view(boxes.reshape(-1, 8, 3), to_camera, focal_px, width, height)
        for i, rectangle in zip(seen + 1, rectangles, strict=True):
            mesh, matrix = parts[i]
            whole, to_here = np.array([[0, len(mesh)]]), (to_camera @ matrix)[:3]
            first, one = int(firsts[i]), rectangle[None]
            drawn += rasterize(mesh.triangles, whole, one, to_here, focal_px, first, inverse_depth, index)
        tags = np.concatenate([self._scenery.tags, *(mesh.tags for mesh, _, _ in movers), [np.uint8(SKY)]])
        ids = [np.full(len(mesh), actor_id, np.uint32) for mesh, _, actor_id in movers]
        object_ids = np.concatenate([self._scenery.object_ids, *ids, [np.uint32(0)]])
        return Visible(index, inverse_depth, tags, object_ids, tuple(parts), drawn)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    inverse = np.eye(4)
    inverse[:3, :3] = matrix[:3, :3].T
    inverse[:3, 3] = -matrix[:3, :3].T @ matrix[:3, 3]
    return inverse


def _into_cells(scenery: Mesh) -> tuple[Mesh, np.ndarray]:
    """Return the scenery ordered by cell, and each cell's triangles as (first, after the last)."""
    cells = np.floor(scenery.triangles[:, :, :2].mean(axis=1) / CELL_M).astype(np.int64)
    spans = np.ptp(scenery.triangles[:, :, :2], axis=1).max(axis=1, initial=0.0)
    cells[spans > 4 * CELL_M] = 1 << 20  # the far ground: one cell of its own, always near
    keys = cells[:, 0] * (1 << 24) + cells[:, 1]
    order = np.argsort(keys, kind="stable")
    _, starts = np.unique(keys[order], return_index=True)
    ends = np.append(starts, len(order))[1:]
    return scenery.select(order), np.stack([starts, ends], axis=1).astype(np.int64).reshape(-1, 2)


def _in_view(
    boxes: np.ndarray, to_camera: np.ndarray, focal_px: float, width: int, height: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return which boxes (K,8,3) reach into the view, nearest first, and what each can touch at most.

    That is a rectangle of pixels and the nearest 1/depth: where all its pixels show something nearer, all in the
    box is hidden. A box that reaches behind the camera has no rectangle; it is taken as touching everything.
    """
    corners = boxes @ to_camera[:3, :3].T + to_camera[:3, 3]
    nearest = corners[:, :, 0].min(axis=1)
    ahead, some = nearest > NEAR_M, corners[:, :, 0].max(axis=1) > NEAR_M
    depths = np.where(ahead[:, None], corners[:, :, 0], 1.0)
    u, v = width / 2 + focal_px * corners[:, :, 1] / depths, height / 2 - focal_px * corners[:, :, 2] / depths
    spread = [u.min(axis=1) - 1, v.min(axis=1) - 1, u.max(axis=1) + 1, v.max(axis=1) + 1]
    limits = (width, height, width, height)
    edges = [np.clip(edge, 0, limit) for edge, limit in zip(spread, limits, strict=True)]
    touches = (edges[0] < edges[2]) & (edges[1] < edges[3])
    rectangles = np.stack([*edges, (1.0 + 1e-6) / np.maximum(nearest, NEAR_M)], axis=1)
    rectangles[~ahead] = (0, 0, width, height, np.inf)
    seen = np.flatnonzero(some & (touches | ~ahead))
    seen = seen[np.argsort(nearest[seen], kind="stable")]
    return seen, rectangles[seen]


def _shade(mesh: Mesh, matrix: np.ndarray, altitude_deg: float, azimuth_deg: float) -> np.ndarray:
    corners = mesh.triangles @ matrix[:3, :3].T
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    altitude, azimuth = radians(altitude_deg), radians(azimuth_deg)
    sun = np.array([cos(altitude) * cos(azimuth), cos(altitude) * sin(azimuth), sin(altitude)])
    day = float(np.clip((altitude_deg + 10.0) / 30.0, 0.0, 1.0))
    light = 0.12 + day * (0.38 + 0.5 * np.abs(normals @ sun))  # two-sided: corners come in any order
    return np.clip(mesh.colors_rgb * light[:, None], 0, 255).astype(np.uint8)
