"""What rays meet in the town and its traffic: distance, tag, object and surface normal of each hit."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.mesh import FAR, Mesh, join
from carla_bridge.standin.rendering.ray import build, cast
from carla_bridge.standin.rendering.render import Mover, Renderer
from carla_bridge.standin.rendering.surfaces import normals_of

RAYS = 512  # what one piece of work takes at a time
KEPT_TREES = 1024  # of movers' shapes: a walker has one for each phase of its stride
Tree = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Hits:
    """Where rays ended; what is known of a ray that met nothing is zero."""

    distances_m: np.ndarray  # R float64; the range where nothing was met
    index: np.ndarray  # R int32 into the scenery's triangles and then the movers', -1 = nothing
    renderer: Renderer
    movers: tuple[Mover, ...]

    @property
    def met(self) -> np.ndarray:
        """Whether a ray met something, R bool."""
        return self.index >= 0

    @cached_property
    def _moving(self) -> Mesh:
        return join([mesh.placed(pose, object_id=actor_id) for mesh, pose, actor_id in self.movers])

    @cached_property
    def tags(self) -> np.ndarray:
        """CARLA's tag of what was met, R uint8."""
        return self._pick(self.renderer.scenery.tags, self._moving.tags)

    @cached_property
    def actor_ids(self) -> np.ndarray:
        """The actor that was met, R uint32; 0 for scenery, as CARLA has it."""
        return self._pick(self.renderer.table(_nobody), self._moving.object_ids)

    @cached_property
    def normals(self) -> np.ndarray:
        """The normal of the surface that was met, in the world, of either sign, R,3 float32."""
        return self._pick(self.renderer.table(normals_of), normals_of(self._moving))

    def _pick(self, fixed: np.ndarray, moving: np.ndarray) -> np.ndarray:
        picked = np.zeros((len(self.index), *fixed.shape[1:]), fixed.dtype)
        is_fixed, is_moving = self.met & (self.index < len(fixed)), self.index >= len(fixed)
        picked[is_fixed] = fixed[self.index[is_fixed]]
        picked[is_moving] = moving[self.index[is_moving] - len(fixed)]
        return picked


def _nobody(scenery: Mesh) -> np.ndarray:
    return np.zeros(len(scenery), np.uint32)


def _near(scenery: Mesh) -> np.ndarray:
    """Return the scenery's triangles, those that are only drawn far away shrunk to nothing."""
    if scenery.levels is None:
        return scenery.triangles
    triangles = scenery.triangles.copy()
    triangles[scenery.levels == FAR] = triangles[scenery.levels == FAR, :1]
    return triangles


class RayCaster:
    """Casts rays in one town; keeps the trees of its scenery and of the movers' shapes."""

    def __init__(self, renderer: Renderer):
        self._renderer = renderer
        self._triangles = _near(renderer.scenery)
        self._scenery = renderer.grow(self._triangles)
        # By the mesh's id; the mesh is kept, so the id stays its own.
        self._trees: dict[int, tuple[Mesh, Tree]] = {}

    def cast(
        self, origins: np.ndarray, rays: np.ndarray, range_m: float, movers: Sequence[Mover] = ()
    ) -> Hits:
        """Return where rays (R,3, of length 1) from their origins (R,3) end."""
        distances, index = np.full(len(rays), float(range_m)), np.full(len(rays), -1, np.int32)
        scenery, everywhere = self._renderer.scenery, (0.0, 0.0, 0.0, 1e9)
        targets = [(self._scenery, self._triangles, np.eye(4)[:3], everywhere, 0)] if len(scenery) else []
        first, near = len(scenery), self._near(origins, range_m, movers)
        for mesh, pose, _ in near:
            targets.append((self._tree(mesh), mesh.triangles, _to_local(pose), _ball(mesh, pose), first))
            first += len(mesh)

        def work(start: int) -> None:
            part = slice(start, start + RAYS)
            for target in targets:
                cast(*target, origins[part], rays[part], distances[part], index[part])

        list(self._renderer.run(work, range(0, len(rays), RAYS)))
        return Hits(distances, index, self._renderer, near)

    def _near(self, origins: np.ndarray, range_m: float, movers: Sequence[Mover]) -> tuple[Mover, ...]:
        if not len(origins):
            return ()
        middle = origins.mean(axis=0)
        reach = range_m + float(np.abs(origins - middle).max())
        balls = [_ball(mesh, pose) for mesh, pose, _ in movers]
        return tuple(
            mover
            for mover, (x, y, z, radius) in zip(movers, balls, strict=True)
            if len(mover[0]) and np.linalg.norm(middle - (x, y, z)) < reach + radius
        )

    def _tree(self, mesh: Mesh) -> Tree:
        known = self._trees.get(id(mesh))
        if known is None:
            if len(self._trees) >= KEPT_TREES:
                self._trees.clear()
            known = self._trees[id(mesh)] = mesh, build(mesh.triangles)
        return known[1]


def _ball(mesh: Mesh, pose: Pose) -> tuple[float, float, float, float]:
    """Return the middle in the world, and the radius, of the ball round a shape's box."""
    low, high = mesh.box[0], mesh.box[-1]
    matrix = pose.matrix()
    x, y, z = matrix[:3, :3] @ ((low + high) / 2) + matrix[:3, 3]
    return float(x), float(y), float(z), float(np.linalg.norm(high - low) / 2 + 1e-3)


def _to_local(pose: Pose) -> np.ndarray:
    matrix = pose.matrix()
    turn = matrix[:3, :3].T
    return np.column_stack([turn, -turn @ matrix[:3, 3]])
