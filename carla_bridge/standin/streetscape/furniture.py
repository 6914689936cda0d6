"""What stands on a sidewalk; x along the kerb, y away from the road."""

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.bodies.models import model_for
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.shapes import Builder, Rgb, box, boxes, ring, rod

METAL, DARK, GREEN, WOOD = (120, 124, 126), (50, 54, 56), (60, 70, 62), (120, 98, 72)
GLASS, RED, YELLOW = (120, 140, 150), (176, 40, 38), (200, 168, 40)


def _one(triangles: np.ndarray, tag: int, rgb: Rgb) -> Mesh:
    builder = Builder()
    builder.add(triangles, tag, rgb)
    return builder.mesh()


def litter_bin() -> Mesh:
    """Return a litter bin with a lid."""
    body = rod((0, 0, 0), (0, 0, 0.85), 0.22, sides=6, end_radius=0.27)
    return _one(
        np.concatenate([body, rod((0, 0, 0.85), (0, 0, 1.02), 0.3, sides=6, end_radius=0.16)]),
        tags.STATIC,
        GREEN,
    )


def wheeled_bin() -> Mesh:
    """Return a household's bin on wheels, its lid a little open."""
    body = box((-0.27, -0.3, 0.05), (0.27, 0.3, 0.98))
    body[..., 0] *= 0.8 + 0.25 * body[..., 2]
    lid = box((-0.32, -0.36, 0.98), (0.32, 0.34, 1.08))
    return _one(np.concatenate([body, lid]), tags.STATIC, DARK)


def bench() -> Mesh:
    """Return a bench that looks at the road, with gaps between its slats."""
    low = [(-0.9, y, 0.42) for y in (-0.24, -0.08, 0.08)] + [(-0.9, 0.22, 0.55), (-0.9, 0.26, 0.75)]
    high = [(0.9, y + 0.12, 0.46) for y in (-0.24, -0.08, 0.08)] + [(0.9, 0.26, 0.67), (0.9, 0.3, 0.88)]
    legs = boxes(
        np.array([(x, -0.22, 0.0) for x in (-0.75, 0.68)]), np.array([(x, 0.28, 0.42) for x in (-0.68, 0.75)])
    )
    return _one(
        np.concatenate([boxes(np.array(low), np.array(high), closed_below=True), legs]), tags.STATIC, WOOD
    )


def bollard() -> Mesh:
    """Return a bollard with a round top."""
    post = rod((0, 0, -0.3), (0, 0, 0.85), 0.06, sides=5)[:-3]
    return _one(
        np.concatenate([post, rod((0, 0, 0.85), (0, 0, 1.0), 0.09, sides=5, end_radius=0.03)]),
        tags.POLES,
        DARK,
    )


def hydrant() -> Mesh:
    """Return a hydrant with its two outlets."""
    parts = [
        rod((0, 0, 0), (0, 0, 0.6), 0.13, sides=6, end_radius=0.12),
        rod((0, 0, 0.6), (0, 0, 0.78), 0.16, sides=6, end_radius=0.04),
        rod((-0.25, 0, 0.45), (0.25, 0, 0.45), 0.06),
    ]
    return _one(np.concatenate(parts), tags.STATIC, RED)


def advertising_column() -> Mesh:
    """Return a round advertising column under its cap."""
    parts = [
        rod((0, 0, -0.3), (0, 0, 2.9), 0.62, sides=10),
        rod((0, 0, 2.9), (0, 0, 3.05), 0.75, sides=10),
        rod((0, 0, 3.05), (0, 0, 3.5), 0.6, sides=10, end_radius=0.1),
    ]
    return _one(np.concatenate(parts), tags.STATIC, (176, 168, 150))


def poster_stand() -> Mesh:
    """Return a lit poster on a foot, turned to those who come along."""
    foot, case = (
        box((-0.08, -0.3, 0.0), (0.08, 0.3, 0.7)),
        box((-0.11, -0.65, 0.65), (0.11, 0.65, 2.5), closed_below=True),
    )
    return _one(np.concatenate([foot, case]), tags.STATIC, DARK)


def cabinet() -> Mesh:
    """Return a grey cabinet of the electricity or telephone company."""
    low, high = [(-0.6, -0.18, 0.0), (-0.64, -0.22, 1.1)], [(0.6, 0.18, 1.1), (0.64, 0.22, 1.2)]
    return _one(boxes(np.array(low), np.array(high)), tags.STATIC, (150, 152, 148))


def letter_box() -> Mesh:
    """Return a letter box on a post."""
    parts = [
        rod((0, 0, -0.2), (0, 0, 0.9), 0.05),
        box((-0.28, -0.2, 0.85), (0.28, 0.2, 1.5), closed_below=True),
    ]
    return _one(np.concatenate(parts), tags.STATIC, YELLOW)


def planter() -> Mesh:
    """Return a stone tub; plants are put into it as things of their own."""
    return _one(rod((0, 0, 0), (0, 0, 0.6), 0.45, sides=8, end_radius=0.58), tags.STATIC, (160, 154, 144))


def shelter() -> Mesh:
    """Return a bus shelter: roof, back and one side of glass in frames, a seat, and the stop's sign on its pole."""
    builder = Builder()
    roof = box((-2.1, -0.95, 2.4), (2.1, 0.6, 2.52), closed_below=True)
    seat = box((-1.3, 0.1, 0.42), (0.9, 0.42, 0.5), closed_below=True)
    panes = boxes(
        np.array([(-1.95, 0.48, 0.25), (0.05, 0.48, 0.25), (1.92, -0.5, 0.25)]),
        np.array([(-0.05, 0.52, 2.15), (1.9, 0.52, 2.15), (1.96, 0.5, 2.15)]),
    )
    builder.add(np.concatenate([roof, seat]), tags.STATIC, METAL)
    builder.add(panes, tags.STATIC, GLASS)
    posts = [rod((x, y, -0.2), (x, y, 2.4), 0.045) for x in (-1.98, 0.0, 1.98) for y in (0.5,)]
    posts += [rod((x, -0.8, -0.2), (x, -0.8, 2.4), 0.045) for x in (-1.98, 1.98)]
    builder.add(np.concatenate(posts), tags.POLES, METAL)
    return builder.mesh()


def bus_stop() -> Mesh:
    """Return a bus stop's sign and timetable on a pole, facing along the road."""
    builder = Builder()
    builder.add(rod((0, 0, -0.3), (0, 0, 2.8), 0.045), tags.POLES, METAL)
    face = ring(10, 0.3) + np.array([0.0, 2.75])
    disc = np.column_stack([np.full(10, 0.05), face])
    middle = np.broadcast_to(disc[0], (8, 3))
    builder.add(np.stack([middle, disc[1:-1], disc[2:]], axis=1), tags.TRAFFIC_SIGNS, YELLOW)
    builder.add(box((-0.03, -0.25, 1.2), (0.03, 0.25, 2.0), closed_below=True), tags.STATIC, METAL)
    return builder.mesh()


def utility_pole() -> Mesh:
    """Return a wooden pole with cross bars and insulators."""
    parts = [rod((0, 0, -0.5), (0, 0, 8.6), 0.15, sides=5, end_radius=0.1)]
    parts += [box((-0.06, -1.0, z), (0.06, 1.0, z + 0.12), closed_below=True) for z in (8.0, 7.3)]
    parts += [
        boxes(
            np.array([(-0.05, y, 8.12) for y in (-0.9, -0.4, 0.35, 0.8)]),
            np.array([(0.05, y + 0.1, 8.32) for y in (-0.9, -0.4, 0.35, 0.8)]),
        )
    ]
    return _one(np.concatenate(parts), tags.POLES, WOOD)


def parked_bicycle(color: str) -> Mesh:
    """Return a bicycle that leans on its stand, nobody on it."""
    model = model_for("vehicle.gazelle.omafiets", {"color": color})
    assert model is not None
    return model.mesh.select(model.mesh.tags == tags.BICYCLE)
