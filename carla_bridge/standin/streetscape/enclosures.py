"""What closes a garden to the street: fences, railings, walls, hedges; each along x over a length, z = 0 its foot."""

from collections.abc import Callable

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.rendering.mesh import ALWAYS, FAR, NEAR, Mesh
from carla_bridge.standin.rendering.shapes import Builder, Rgb, boxes, clump, simplified, strip
from carla_bridge.standin.streetscape.plants import LEAVES

WOOD, IRON, STONE, BRICK = (120, 98, 72), (56, 58, 60), (150, 144, 134), (146, 96, 76)
BURIED_M = 1.0  # they reach into the ground, which may slope


def picket_fence(length: float, rng: np.random.Generator) -> Mesh:
    """Return pointed boards with gaps on two rails."""
    x = np.arange(-length / 2, length / 2 - 0.1, 0.26)
    top = 1.1 + rng.uniform(-0.03, 0.03, len(x))
    builder = Builder()
    sides = [
        (0.0, np.full(len(x), -0.3)),
        (0.14, np.full(len(x), -0.3)),
        (0.14, top - 0.1),
        (0.07, top),
        (0.0, top - 0.1),
    ]
    points = np.stack([_upright(x + right, z) for right, z in sides], axis=1)  # pickets, corners, xyz
    builder.add(points[:, [[0, 1, 2], [0, 2, 4], [2, 3, 4]]].reshape(-1, 3, 3), tags.FENCES, WOOD)
    _add_bars(builder, length, (0.3, 0.85), 0.08, WOOD)
    return builder.mesh()


def railing(length: float, rng: np.random.Generator) -> Mesh:
    """Return thin iron bars between posts, through which one sees what is behind."""
    builder = Builder()
    x = np.arange(-length / 2 + 0.1, length / 2, 0.22)
    low = np.column_stack([x, np.zeros(len(x)), np.full(len(x), 0.12)])
    bar = low[:, None] + np.array([(0.0, 0.0, 0.0), (0.035, 0.0, 0.0), (0.017, 0.0, 1.12)])
    builder.add(bar, tags.FENCES, IRON, level=NEAR)
    _add_bars(builder, length, (0.15, 1.1), 0.05, IRON, level=NEAR)
    for z in (0.15, 1.1):
        edge = np.array([(-length / 2, 0.0, z), (length / 2, 0.0, z)])
        builder.add(strip(edge, edge + np.array([0.0, 0.0, 0.07])), tags.FENCES, IRON, level=FAR)
    _add_posts(builder, length, 2.4, 1.35, 0.05, IRON)
    return builder.mesh()


def board_fence(length: float, rng: np.random.Generator) -> Mesh:
    """Return a closed fence of panels, each a little higher or lower than the next."""
    builder, count = Builder(), max(1, round(length / 1.9))
    edges = np.linspace(-length / 2, length / 2, count + 1)
    top = 1.7 + rng.uniform(-0.12, 0.12, count)
    low = np.column_stack([edges[:-1] + 0.04, np.full(count, -0.03), np.full(count, -0.4)])
    high = np.column_stack([edges[1:] - 0.04, np.full(count, 0.03), top])
    builder.add(boxes(low, high), tags.FENCES, WOOD)
    _add_posts(builder, length, length / count, 1.9, 0.05, WOOD)
    return builder.mesh()


def guard_rail(length: float, rng: np.random.Generator) -> Mesh:
    """Return a steel rail on posts, as along fast roads."""
    builder = Builder()
    _add_bars(builder, length, (0.45,), 0.3, STONE)
    _add_posts(builder, length, 3.0, 0.7, 0.06, STONE)
    return builder.mesh()


def low_wall(length: float, rng: np.random.Generator) -> Mesh:
    """Return a garden wall with a coping and a pillar at each end."""
    builder, half, top = Builder(), length / 2, float(rng.uniform(0.5, 1.2))
    low = [
        (-half, -0.12, -BURIED_M),
        (-half, -0.17, top),
        (-half, -0.22, -BURIED_M),
        (half - 0.42, -0.22, -BURIED_M),
    ]
    high = [
        (half, 0.12, top),
        (half, 0.17, top + 0.08),
        (-half + 0.42, 0.22, top + 0.35),
        (half, 0.22, top + 0.35),
    ]
    builder.add(boxes(np.array(low), np.array(high)), tags.WALLS, BRICK)
    return builder.mesh()


def high_wall(length: float, rng: np.random.Generator) -> Mesh:
    """Return a man-high wall in stretches of unequal height."""
    builder, count = Builder(), max(1, round(length / 4.0))
    edges, top = np.linspace(-length / 2, length / 2, count + 1), float(rng.uniform(1.8, 2.4))
    tops = top + rng.choice([0.0, 0.0, 0.25], count)
    low = np.column_stack([edges[:-1], np.full(count, -0.15), np.full(count, -BURIED_M)])
    builder.add(boxes(low, np.column_stack([edges[1:], np.full(count, 0.15), tops])), tags.WALLS, STONE)
    return builder.mesh()


def hedge(length: float, rng: np.random.Generator) -> Mesh:
    """Return a clipped hedge: a body of uneven tops, and leaves that stand out of it."""
    builder, leaves = Builder(), LEAVES[rng.integers(len(LEAVES))]
    count, height = max(1, round(length / 1.3)), float(rng.uniform(0.8, 1.9))
    edges = np.linspace(-length / 2, length / 2, count + 1)
    tops = height + rng.uniform(-0.1, 0.1, count)
    low = np.column_stack([edges[:-1], np.full(count, -0.33), np.full(count, -0.4)])
    builder.add(boxes(low, np.column_stack([edges[1:], np.full(count, 0.33), tops])), tags.VEGETATION, leaves)
    for x in (edges[:-1] + edges[1:]) / 2:
        center, radii = np.array([x, 0.0, height]), np.array([0.85, 0.5, 0.38])
        builder.add(clump(center, radii, 6, rng), tags.VEGETATION, leaves)
    return builder.mesh()


def enclosure(make: "Enclosure", length: float, rng: np.random.Generator) -> Mesh:
    """Return a stretch that from afar is only a box, and a thin rail where one can see through."""
    mesh = make(length, rng)
    return mesh if make in (railing, guard_rail) else simplified(mesh)


Enclosure = Callable[[float, np.random.Generator], Mesh]
LOW: tuple[Enclosure, ...] = (picket_fence, railing, low_wall, hedge, hedge)
HIGH: tuple[Enclosure, ...] = (board_fence, high_wall, hedge)


def _upright(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    return np.column_stack([x, np.zeros(len(x)), z])


def _add_bars(
    builder: Builder, length: float, levels: tuple[float, ...], thick: float, rgb: Rgb, *, level: int = ALWAYS
) -> None:
    z = np.array(levels)
    low = np.column_stack([np.full(len(z), -length / 2), np.full(len(z), -0.03), z])
    high = np.column_stack([np.full(len(z), length / 2), np.full(len(z), 0.03), z + thick])
    builder.add(boxes(low, high, closed_below=True), tags.FENCES, rgb, level=level)


def _add_posts(builder: Builder, length: float, step: float, top: float, half: float, rgb: Rgb) -> None:
    x = np.linspace(-length / 2 + half, length / 2 - half, max(2, round(length / step) + 1))
    low = np.column_stack([x - half, np.full(len(x), -half), np.full(len(x), -BURIED_M)])
    high = np.column_stack([x + half, np.full(len(x), half), np.full(len(x), top)])
    builder.add(boxes(low, high), tags.FENCES, rgb, level=NEAR)
