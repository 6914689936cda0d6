"""Traffic lights, traffic signs and street lamps at their real sizes.

Lights and signs face +x, where the traffic that obeys them comes from, and y points towards their road. Lamps reach
towards +y as well.
"""

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.rendering.mesh import FAR, NEAR, Mesh
from carla_bridge.standin.rendering.shapes import Builder, Point, Rgb, box, boxes, ring, rod, spike

METAL, DARK, LAMP_RGB = (120, 124, 126), (28, 30, 30), (210, 210, 200)
RED, WHITE, BLUE, GREEN = (186, 38, 40), (214, 210, 204), (36, 74, 150), (30, 96, 62)
LENSES: tuple[Rgb, ...] = ((150, 30, 30), (150, 120, 30), (30, 130, 70))
BURIED_M = 0.4  # posts reach into the ground, which may slope
PLATE_M = 0.03
POST_M = 2.2  # below a sign


def lamp(height: float, arm: float, *, double: bool = False) -> Mesh:
    """Return a street lamp whose arm reaches over the road; a double one stands on a median."""
    builder = Builder()
    post = rod((0, 0, -BURIED_M), (0, 0, height), 0.1, sides=5, end_radius=0.06)
    builder.add(post[:-3], tags.POLES, METAL, level=NEAR)
    builder.add(spike((0, 0, -BURIED_M), (0, 0, height + 2.0), 0.1)[:2], tags.POLES, METAL, level=FAR)
    for side in (1.0, -1.0)[: 1 + double]:
        tip = (0.0, side * arm, height + 0.12 * arm)
        builder.add(rod((0, 0, height - 0.05), tip, 0.05, sides=3)[:-1], tags.POLES, METAL, level=NEAR)
        builder.add(spike(tip, (0, 0, height - 0.05), 0.06)[:2], tags.POLES, METAL, level=FAR)
        y0, y1 = sorted((side * (arm - 0.15), side * (arm + 0.65)))
        head = box((-0.15, y0, tip[2] - 0.06), (0.15, y1, tip[2] + 0.09), closed_below=True)
        builder.add(head, tags.POLES, LAMP_RGB, level=NEAR)
        builder.add(head[4:8], tags.POLES, LAMP_RGB, level=FAR)
    return builder.mesh()


def lantern(height: float) -> Mesh:
    """Return a park lamp: a thin post with a lantern on top."""
    builder = Builder()
    builder.add(rod((0, 0, -BURIED_M), (0, 0, height), 0.06, sides=4), tags.POLES, METAL)
    head = np.concatenate(
        [
            rod((0, 0, height - 0.1), (0, 0, height + 0.35), 0.1, sides=5, end_radius=0.22),
            rod((0, 0, height + 0.35), (0, 0, height + 0.55), 0.26, sides=5, end_radius=0.03),
        ]
    )
    builder.add(head, tags.POLES, LAMP_RGB)
    return builder.mesh()


def traffic_light(*, arm: float, walkers: bool) -> Mesh:
    """Return a signal head on a post; with an arm (metres, 0 for none) others over the lanes; one for walkers."""
    builder, height = Builder(), 5.9 if arm > 0 else 3.5
    radius = 0.11 if arm > 0 else 0.06
    builder.add(
        rod((0, 0, -BURIED_M), (0, 0, height), radius, sides=6, end_radius=0.75 * radius), tags.POLES, METAL
    )
    _add_head(builder, (0.1, 0.28, 2.45))
    if arm > 0:
        builder.add(rod((0, 0, 5.6), (0, arm + 0.3, 5.95), 0.07, end_radius=0.04), tags.POLES, METAL)
        for y in (arm,) if arm < 5.5 else (arm, arm - 3.3):
            _add_head(builder, (0.08, y, 5.15))
    if walkers:
        head = box((-0.15, -0.42, 2.3), (0.15, -0.1, 2.95), closed_below=True)
        builder.add(head, tags.TRAFFIC_LIGHT, DARK)
    return builder.mesh()


def _add_head(builder: Builder, foot: Point) -> None:
    """A head of 0.3 m by 0.9 m before a backboard, its three lenses under their hoods."""
    x, y, z = foot
    board = box((x - 0.02, y - 0.26, z - 0.12), (x + 0.02, y + 0.26, z + 1.06), closed_below=True)
    head = box((x, y - 0.15, z), (x + 0.2, y + 0.15, z + 0.92), closed_below=True)
    builder.add(board, tags.TRAFFIC_LIGHT, DARK)
    builder.add(head, tags.TRAFFIC_LIGHT, DARK, level=NEAR)
    for level, lens in zip((0.64, 0.34, 0.04), LENSES, strict=True):
        low, high = (x + 0.2, y - 0.1, z + level), (x + 0.21, y + 0.1, z + level + 0.22)
        builder.add(box(low, high)[2:4], tags.TRAFFIC_LIGHT, lens, level=NEAR)
        hood = box((x + 0.2, y - 0.13, z + level + 0.23), (x + 0.36, y + 0.13, z + level + 0.26))
        builder.add(hood[-2:], tags.TRAFFIC_LIGHT, DARK, level=NEAR)


_SHAPES: dict[str, tuple[np.ndarray, Rgb]] = {  # outline (y, z around its middle), colour; 0.6 to 0.9 m
    "round": (ring(12, 0.32), RED),
    "stop": (ring(8, 0.4), RED),
    "yield": (np.array([(-0.45, 0.3), (0.45, 0.3), (0.0, -0.48)]), WHITE),
    "triangle": (np.array([(-0.45, -0.3), (0.45, -0.3), (0.0, 0.48)]), WHITE),
    "square": (np.array([(-0.32, -0.32), (0.32, -0.32), (0.32, 0.32), (-0.32, 0.32)]), BLUE),
    "upright": (np.array([(-0.3, -0.45), (0.3, -0.45), (0.3, 0.45), (-0.3, 0.45)]), WHITE),
    "diamond": (ring(4, 0.46) @ np.array([(0.7071, 0.7071), (-0.7071, 0.7071)]), (200, 170, 40)),
}
SIGN_SHAPES = tuple(_SHAPES)
SHAPE_BY_KIND = {"206": "stop", "205": "yield", "274": "round"}  # OpenDRIVE's types of signals


def sign(shape: str, *, under: str = "", post: float = POST_M) -> Mesh:
    """Return a sign of one shape on its post, with a second plate below it if asked."""
    builder = Builder()
    plates = [shape] + ([under] if under else [])
    levels = [post + 0.4 + (0.75 if under else 0.0), post + 0.35]
    top = levels[0] + 0.3
    builder.add(rod((0, 0, -BURIED_M), (0, 0, top), 0.04, sides=4)[:-2], tags.POLES, METAL)
    for name, level in zip(plates, levels, strict=False):
        outline, rgb = _SHAPES[name]
        builder.add(_plate(outline + np.array([0.0, level])), tags.TRAFFIC_SIGNS, rgb)
    return builder.mesh()


def _plate(outline: np.ndarray) -> np.ndarray:
    """A flat plate in front of a post: a face and, so that it keeps a width from the side, a rim of one step."""
    face = np.column_stack([np.full(len(outline), 0.045), outline])
    back = face + np.array([PLATE_M, 0.0, 0.0])
    middle = np.broadcast_to(back[0], (len(outline) - 2, 3))
    on = np.roll(np.arange(len(outline)), -1)
    rim = np.stack([face, face[on], back[on]], axis=1)
    return np.concatenate([np.stack([middle, back[1:-1], back[2:]], axis=1), rim])


def street_name() -> Mesh:
    """Return a street-name sign: two narrow boards crossing on a post."""
    builder = Builder()
    builder.add(rod((0, 0, -BURIED_M), (0, 0, 2.9), 0.035, sides=4)[:-2], tags.POLES, METAL)
    low = np.array([(-0.02, -0.55, 2.5), (-0.55, -0.02, 2.72)])
    high = np.array([(0.02, 0.55, 2.7), (0.55, 0.02, 2.92)])
    builder.add(boxes(low, high, closed_below=True), tags.TRAFFIC_SIGNS, BLUE)
    return builder.mesh()
