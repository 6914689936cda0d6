"""Plain solids as triangles (N,3,3), and the builder that labels them; z up, metres, no meaning of their own."""

from collections.abc import Sequence
from math import cos, pi, sin

import numpy as np

from carla_bridge.standin.rendering.mesh import ALWAYS, FAR, NEAR, Mesh, join

Rgb = tuple[int, int, int]
Point = Sequence[float] | np.ndarray


class Builder:
    """Collects labelled triangles."""

    def __init__(self) -> None:
        self._triangles: list[np.ndarray] = []
        self._rows: list[tuple[int, int, Rgb, int, int]] = []  # count, tag, colour, object number, level

    def add(
        self, triangles: np.ndarray, tag: int, color_rgb: Rgb, object_id: int = 0, *, level: int = ALWAYS
    ) -> None:
        """Keep some triangles under one tag, one colour, one object number and one level of detail."""
        self._triangles.append(triangles)
        self._rows.append((len(triangles), tag, color_rgb, object_id, level))

    def mesh(self) -> Mesh:
        """Return everything collected so far."""
        if not self._rows:
            return Mesh.empty()
        counts = [row[0] for row in self._rows]
        return Mesh(
            np.concatenate(self._triangles).astype(np.float32),
            np.repeat(np.array([row[1] for row in self._rows], np.uint8), counts),
            np.repeat(np.array([row[2] for row in self._rows], np.uint8), counts, axis=0),
            np.repeat(np.array([row[3] for row in self._rows], np.uint32), counts),
            np.repeat(np.array([row[4] for row in self._rows], np.uint8), counts)
            if any(row[4] != ALWAYS for row in self._rows)
            else None,
        )


def fan(points: np.ndarray) -> np.ndarray:
    """Return a convex polygon, or one its first point sees all of."""
    middle = np.broadcast_to(points[0], (len(points) - 2, 3))
    return np.stack([middle, points[1:-1], points[2:]], axis=1)


def strip(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the band between two polylines (N,3) of equal length."""
    first = np.stack([left[:-1], right[:-1], right[1:]], axis=1)
    return np.concatenate([first, np.stack([left[:-1], right[1:], left[1:]], axis=1)])


def wall(line: np.ndarray, bottom_z: float, top_z: float) -> np.ndarray:
    """Return an upright band along a polyline (N,2 or N,3; its z is ignored)."""
    low, high = np.empty((len(line), 3)), np.empty((len(line), 3))
    low[:, :2] = high[:, :2] = line[:, :2]
    low[:, 2], high[:, 2] = bottom_z, top_z
    return strip(low, high)


def prism(outline: np.ndarray, bottom_z: float, top_z: float, *, inset: float = 1.0) -> np.ndarray:
    """Return a standing prism over a convex outline (N,2), its top scaled by `inset`; open below."""
    outline = np.asarray(outline, np.float64)
    middle = outline.mean(axis=0)
    low = np.column_stack([outline, np.full(len(outline), bottom_z)])
    high = np.column_stack([middle + (outline - middle) * inset, np.full(len(outline), top_z)])
    ring = np.arange(len(outline) + 1) % len(outline)
    return np.concatenate([strip(low[ring], high[ring]), fan(high)])


def box(low: Point, high: Point, *, closed_below: bool = False) -> np.ndarray:
    """Return an axis-aligned box between two corners."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    outline = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    sides = prism(outline, z0, z1)
    if not closed_below:
        return sides
    return np.concatenate([sides, fan(np.column_stack([outline, np.full(4, z0)]))])


def ring(sides: int, radius: float, x: float = 0.0, y: float = 0.0) -> np.ndarray:
    """Return a regular polygon (N,2)."""
    angles = [2 * pi * (i + 0.5) / sides for i in range(sides)]
    return np.array([(x + radius * cos(a), y + radius * sin(a)) for a in angles])


def rod(
    start: Point, end: Point, radius: float, *, sides: int = 4, end_radius: float | None = None
) -> np.ndarray:
    """Return a tapering rod between two points, closed at its end."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    axis = (b - a) / np.linalg.norm(b - a)
    across = np.cross(axis, (0.0, 0.0, 1.0) if abs(axis[2]) < 0.9 else (0.0, 1.0, 0.0))
    across /= np.linalg.norm(across)
    circle = ring(sides, 1.0) @ np.stack([across, np.cross(axis, across)])
    low, high = a + radius * circle, b + (radius if end_radius is None else end_radius) * circle
    around = np.arange(sides + 1) % sides
    return np.concatenate([strip(low[around], high[around]), fan(high)])


def across_y(profile: np.ndarray | Sequence[tuple[float, float]], y0: float, y1: float) -> np.ndarray:
    """Return a side view (x, z outline) given width from y0 to y1: sides as fans from the first point."""
    xz = np.asarray(profile, np.float64)
    one = np.column_stack([xz[:, 0], np.full(len(xz), y0), xz[:, 1]])
    other = one.copy()
    other[:, 1] = y1
    around = np.arange(len(xz) + 1) % len(xz)
    return np.concatenate([strip(one[around], other[around]), fan(one), fan(other)])


def disc(center: Point, radius: float, width: float, *, sides: int = 10) -> np.ndarray:
    """Return a wheel: a short cylinder along y around a centre, closed on the side away from y = 0."""
    x, y, z = center
    circle = ring(sides, radius, x, z)
    faces = [
        np.column_stack([circle[:, 0], np.full(sides, y + k * width / 2), circle[:, 1]]) for k in (-1.0, 1.0)
    ]
    around = np.arange(sides + 1) % sides
    closed = faces if y == 0.0 else [faces[y > 0.0]]
    return np.concatenate([strip(faces[0][around], faces[1][around]), *(fan(face) for face in closed)])


_T = (1.0 + 5.0**0.5) / 2.0
# fmt: off
_CORNERS = np.array([
    (-1, _T, 0), (1, _T, 0), (-1, -_T, 0), (1, -_T, 0), (0, -1, _T), (0, 1, _T),
    (0, -1, -_T), (0, 1, -_T), (_T, 0, -1), (_T, 0, 1), (-_T, 0, -1), (-_T, 0, 1),
]) / np.hypot(1.0, _T)
_FACES = np.array([
    (0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2), (10, 7, 6),
    (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7),
    (9, 8, 1),
])
# fmt: on


def blob(center: Point, radii: Point, rng: np.random.Generator, *, roughness: float = 0.25) -> np.ndarray:
    """Return a dented icosahedron: a clump of leaves."""
    dents = 1.0 + roughness * rng.uniform(-1.0, 1.0, (len(_CORNERS), 1))
    return (np.asarray(center) + _CORNERS * dents * np.asarray(radii))[_FACES]


def ball(center: Point, radii: Point) -> np.ndarray:
    """Return a plain icosahedron."""
    return (np.asarray(center) + _CORNERS * np.asarray(radii))[_FACES]


def clump(center: np.ndarray, radii: np.ndarray, cards: int, rng: np.random.Generator) -> np.ndarray:
    """Return a clump of leaf cards (triangles): dense in its middle, frayed and see-through at its rim."""
    rim = np.linspace(0.0, 1.0, cards)[:, None]
    middles = _directions(cards, rng) * (0.2 + 0.7 * rim)
    u, v = _directions(cards, rng), _directions(cards, rng)
    v = np.cross(u, v)
    angles = np.array([0.0, 2.1, 4.2]) + rng.uniform(-0.5, 0.5, (cards, 3))
    reach = (0.75 - 0.37 * rim) * rng.uniform(0.7, 1.3, (cards, 3))
    corners = (
        u[:, None] * (np.cos(angles) * reach)[..., None] + v[:, None] * (np.sin(angles) * reach)[..., None]
    )
    return np.asarray(center) + (middles[:, None] + corners) * np.asarray(radii)


def _directions(count: int, rng: np.random.Generator) -> np.ndarray:
    vectors = rng.normal(size=(count, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def spike(start: Point, end: Point, radius: float, *, sides: int = 3) -> np.ndarray:
    """Return a spike, pointed at its end and open at its start: a twig or a thin pole."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    axis = (b - a) / np.linalg.norm(b - a)
    across = np.cross(axis, (0.0, 0.0, 1.0) if abs(axis[2]) < 0.9 else (0.0, 1.0, 0.0))
    across /= np.linalg.norm(across)
    foot = a + radius * (ring(sides, 1.0) @ np.stack([across, np.cross(axis, across)]))
    return np.stack([foot, np.roll(foot, -1, axis=0), np.broadcast_to(b, (sides, 3))], axis=1)


def boxes(low: np.ndarray, high: np.ndarray, *, closed_below: bool = False) -> np.ndarray:
    """Return many axis-aligned boxes at once, between corners (N,3) and (N,3)."""
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    faces = _BOX_FACES if closed_below else _BOX_FACES[:-2]
    return (low[:, None] + (high - low)[:, None] * _UNIT).take(faces, axis=1).reshape(-1, 3, 3)


_UNIT = np.array([(x, y, z) for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float64)
# fmt: off
_BOX_FACES = np.array([
    (0, 1, 5), (0, 5, 4), (1, 3, 7), (1, 7, 5), (3, 2, 6), (3, 6, 7), (2, 0, 4), (2, 4, 6), (4, 5, 7), (4, 7, 6),
    (0, 1, 3), (0, 3, 2),
])
# fmt: on


def simplified(mesh: Mesh) -> Mesh:
    """Return a mesh that from afar is only the box around it, under its commonest tag and colour."""
    points = mesh.triangles.reshape(-1, 3)
    tag = int(np.bincount(mesh.tags).argmax())
    red, green, blue = (int(value) for value in np.median(mesh.colors_rgb[mesh.tags == tag], axis=0))
    builder = Builder()
    builder.add(boxes(points.min(axis=0)[None], points.max(axis=0)[None]), tag, (red, green, blue), level=FAR)
    return join([mesh.at_level(NEAR), builder.mesh()])
