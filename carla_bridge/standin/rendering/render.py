"""Triangles and a camera → which triangle each pixel shows, and from that whatever a sensor wants to know."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.protocol.schema import Weather
from carla_bridge.standin.rendering.mesh import FAR, NEAR, Mesh, box_around, join
from carla_bridge.standin.rendering.raster import look_up, place, rasterize
from carla_bridge.standin.rendering.ray import build
from carla_bridge.standin.rendering.view import View
from carla_bridge.standin.tags import SKY

if TYPE_CHECKING:
    from carla_bridge.standin.rendering.casting import RayCaster

__all__ = ["FAR_M", "Mesh", "Renderer", "Visible"]

FAR_M = 1000.0  # what CARLA's depth image calls infinitely far
DETAIL_PX = 7.0  # detail is drawn where a metre is at least so wide
CELL_M = 12.0  # scenery is kept in square cells, so that what is out of view costs nothing
KEPT_TABLES = 8
CLEAR = Weather()
ROWS = 128  # what one piece of work at the pixels takes at a time

Mover = tuple[Mesh, Pose, int]  # shape, where it is, actor id
Of = Callable[[Mesh], np.ndarray]  # one value per triangle
Grow = Callable[
    [np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]
]  # triangles → the tree that rays need


class Run(Protocol):
    """`map`, or what does the same work on several threads; the parts never touch each other's pixels."""

    def __call__(self, work: Callable[[int], Any], parts: Iterable[int], /) -> Iterable[Any]: ...


class Part(NamedTuple):
    """One mover among the triangles of a look."""

    actor_id: int
    pose: Pose
    end: int  # its triangles end before this one of `Visible.movers`


def tags_of(mesh: Mesh) -> np.ndarray:
    """Return the tag of every triangle."""
    return mesh.tags


def object_ids_of(mesh: Mesh) -> np.ndarray:
    """Return the object number of every triangle."""
    return mesh.object_ids


@dataclass(frozen=True)
class Visible:
    """One look at the world: the triangle and the inverse depth of every pixel."""

    view: View
    index: np.ndarray  # H,W int32 into the scenery's triangles and then those of `movers`, -1 = sky
    inverse_depth: np.ndarray  # H,W float32, 1/m along the camera's x axis, 0 = sky
    movers: Mesh  # those in view, where they are in the world, under their actors' numbers
    parts: tuple[Part, ...]
    drawn: int  # triangles that touched the screen, counted in every band
    renderer: "Renderer"

    def tags(self) -> np.ndarray:
        """Return CARLA's tag of every pixel, H,W uint8."""
        return self.per_pixel(tags_of, SKY)

    def object_ids(self) -> np.ndarray:
        """Return the number of the object at every pixel, H,W uint32; 0 for the sky and for plain ground."""
        return self.per_pixel(object_ids_of, 0)

    def rgb(self, weather: Weather = CLEAR) -> np.ndarray:
        """Return a plainly shaded picture, H,W,3 uint8."""
        from carla_bridge.standin.rendering.shading import paint

        pixels = np.empty(self.index.shape, np.uint32)
        paint(self, weather, pixels)
        return pixels.view(np.uint8).reshape(*pixels.shape, 4)[..., 2::-1]

    def depth_m(self) -> np.ndarray:
        """Return the distance along the camera's x axis, H,W float32, at most 1000 m."""
        depth = np.full(self.index.shape, FAR_M, np.float32)
        return np.divide(
            np.float32(1.0), self.inverse_depth, out=depth, where=self.inverse_depth > 1.0 / FAR_M
        )

    def per_pixel(self, of: Of, nothing: int, out: np.ndarray | None = None) -> np.ndarray:
        """Return the value of every pixel's triangle, H,W, and `nothing` where the sky is."""
        fixed, moving = self.renderer.table(of), of(self.movers)
        pixels = np.empty(self.index.shape, fixed.dtype) if out is None else out
        self.in_rows(lambda rows: look_up(self.index[rows], fixed, moving, nothing, pixels[rows]))
        return pixels

    def in_rows(self, work: Callable[[slice], Any]) -> None:
        """Do some work on all rows, a few at a time."""
        starts = range(0, len(self.index), ROWS)
        list(self.renderer.run(lambda start: work(slice(start, start + ROWS)), starts))


class Renderer:
    """Draws one town; keeps the scenery sorted into cells, and what was last worked out for all its triangles."""

    def __init__(self, scenery: Mesh, *, run: Run = map, bands: int = 1, grow: Grow = build):
        self.scenery, self._ranges, self._places = _into_cells(scenery)
        boxes = [box_around(self.scenery.triangles[a:b]) for a, b in self._ranges]
        self._boxes = np.array(boxes).reshape(-1, 8, 3)
        self._tables: dict[Of, np.ndarray] = {}
        self.run, self._bands, self.grow = run, bands, grow

    @cached_property
    def rays(self) -> "RayCaster":
        """What casts rays in the same town; its tree is built when it is first asked for."""
        from carla_bridge.standin.rendering.casting import RayCaster

        return RayCaster(self)

    def table(self, of: Of) -> np.ndarray:
        """Return a value per triangle of the scenery; the latest few are kept."""
        values = self._tables.get(of)
        if values is None:
            values = self._tables[of] = of(self.scenery)
            for old in list(self._tables)[:-KEPT_TABLES]:
                self._tables.pop(old, None)  # calls of clients look through here as well, at the same time
        return values

    def render(
        self, camera: Pose, *, width: int, height: int, fov_deg: float, movers: Sequence[Mover] = ()
    ) -> Visible:
        """Return what a pinhole camera at `camera` sees of the town and of the movers (mesh, pose, actor id)."""
        view = View(camera, width, height, fov_deg)
        index, inverse_depth = np.empty((height, width), np.int32), np.empty((height, width), np.float32)
        shown = _at_level(self._places, view)
        seen, rectangles = view.reach(self._boxes[shown])
        fixed = self.scenery.triangles, self._ranges[shown[seen]], rectangles
        moving, parts, rectangles = _placed(view, movers)
        ends = np.array([0, *(part.end for part in parts)])
        alive = moving.triangles, np.stack([ends[:-1], ends[1:]], axis=1), rectangles
        eye = view.to_camera[:3], view.focal_px

        def draw(band: int) -> int:
            left, right = width * band // self._bands, width * (band + 1) // self._bands
            index[:, left:right], inverse_depth[:, left:right] = -1, 0.0
            columns = float(left), float(right)
            count = rasterize(*fixed, *eye, 0, columns, inverse_depth, index)
            return int(count + rasterize(*alive, *eye, len(self.scenery), columns, inverse_depth, index))

        drawn = sum(self.run(draw, range(self._bands)))
        return Visible(view, index, inverse_depth, moving, parts, drawn, self)


def _placed(view: View, movers: Sequence[Mover]) -> tuple[Mesh, tuple[Part, ...], np.ndarray]:
    """Return the movers in view as one mesh, nearest first, and what each can touch at most."""
    matrices = [pose.matrix() for _, pose, _ in movers]
    boxes = [mesh.box @ m[:3, :3].T + m[:3, 3] for (mesh, _, _), m in zip(movers, matrices, strict=True)]
    seen, rectangles = view.reach(np.array(boxes).reshape(-1, 8, 3))
    chosen = [movers[i] for i in seen]
    ends = np.cumsum([len(mesh) for mesh, _, _ in chosen], dtype=np.int64)
    local = join([mesh for mesh, _, _ in chosen])
    points = np.empty_like(local.triangles)
    place(local.triangles, ends, np.array([matrices[i] for i in seen]).reshape(-1, 4, 4), points)
    ids = np.repeat(np.array([actor_id for _, _, actor_id in chosen], np.uint32), np.diff(ends, prepend=0))
    parts = [Part(actor_id, pose, int(end)) for (_, pose, actor_id), end in zip(chosen, ends, strict=True)]
    return Mesh(points, local.tags, local.colors_rgb, ids), tuple(parts), rectangles


def _into_cells(scenery: Mesh) -> tuple[Mesh, np.ndarray, np.ndarray]:
    """Return the scenery by cell, each cell's triangles as (first, after the last), and its middle and level."""
    cells = np.floor(scenery.triangles[:, :, :2].mean(axis=1) / CELL_M).astype(np.int64)
    spans = np.ptp(scenery.triangles[:, :, :2], axis=1).max(axis=1, initial=0.0)
    cells[spans > 4 * CELL_M] = 1 << 20  # the far ground: one cell of its own, always near
    levels = np.zeros(len(scenery), np.int64) if scenery.levels is None else scenery.levels.astype(np.int64)
    keys = (cells[:, 0] * (1 << 24) + cells[:, 1]) * 4 + levels
    order = np.argsort(keys, kind="stable")
    _, starts = np.unique(keys[order], return_index=True)
    ends, first = np.append(starts, len(order))[1:], order[starts]
    places = np.column_stack([(cells[first] + 0.5) * CELL_M, levels[first]])
    return scenery.select(order), np.stack([starts, ends], axis=1).astype(np.int64).reshape(-1, 2), places


def _at_level(places: np.ndarray, view: View) -> np.ndarray:
    """Return the positions of those cells, given as x, y and level (K,3), that are drawn at their distance."""
    distance_m = np.hypot(places[:, 0] - view.camera.x, places[:, 1] - view.camera.y)
    other = np.where(distance_m > view.focal_px / DETAIL_PX, NEAR, FAR)
    return np.flatnonzero(places[:, 2] != other)
