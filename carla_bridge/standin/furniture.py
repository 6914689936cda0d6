"""What stands on a sidewalk: lamps, signs, traffic lights, bins, benches, shelters, fences and low walls.

Each in the frame of its place: x the way the traffic goes, y away from the road, so signs face towards -x.
"""

import numpy as np

from . import tags
from .shapes import Builder, Rgb, across_y, box, ring, rod

METAL, LAMP_RGB, BLACK = (120, 124, 126), (210, 210, 200), (28, 30, 30)
BRICK, WOOD = (146, 96, 76), (120, 98, 72)
SIGN_RGB: dict[str, Rgb] = {"round": (186, 38, 40), "triangle": (214, 206, 200), "rectangle": (36, 74, 150)}


def add_lamp(builder: Builder, object_id: int, *, height: float = 7.0) -> None:
    """Add a street lamp whose arm reaches over the road."""
    builder.add(
        rod((0, 0, -0.1), (0, 0, height), 0.11, sides=6, end_radius=0.07), tags.POLES, METAL, object_id
    )
    builder.add(rod((0, 0, height - 0.1), (0, -1.8, height + 0.25), 0.05), tags.POLES, METAL, object_id)
    head = box((-0.14, -2.5, height + 0.17), (0.14, -1.7, height + 0.31), closed_below=True)
    builder.add(head, tags.POLES, LAMP_RGB, object_id)


def add_sign(builder: Builder, object_id: int, shape: str, *, height: float = 2.4) -> None:
    """Add a sign on its pole; `shape` is round, triangle or rectangle."""
    builder.add(rod((0, 0, -0.1), (0, 0, height + 0.3), 0.045, sides=5), tags.POLES, METAL, object_id)
    if shape == "rectangle":
        outline = np.array([(-0.3, -0.4), (0.3, -0.4), (0.3, 0.4), (-0.3, 0.4)])
    elif shape == "triangle":
        outline = np.array([(-0.46, -0.3), (0.46, -0.3), (0.0, 0.5)])
    else:
        outline = ring(12, 0.36)
    plate = across_y(
        outline + np.array([0.0, height]), -0.075, -0.045
    )  # drawn facing y, then turned to face the traffic
    builder.add(plate[:, :, [1, 0, 2]], tags.TRAFFIC_SIGNS, SIGN_RGB[shape], object_id)


def add_traffic_light(builder: Builder, object_id: int, *, overhead: bool) -> None:
    """Add a signal head on a pole, and a second one over the lane on a mast where asked."""
    height = 5.6 if overhead else 3.3
    builder.add(rod((0, 0, -0.1), (0, 0, height), 0.09, sides=6), tags.POLES, METAL, object_id)
    builder.add(
        box((-0.42, -0.17, 2.3), (-0.1, 0.17, 3.25), closed_below=True), tags.TRAFFIC_LIGHT, BLACK, object_id
    )
    if overhead:
        builder.add(rod((0, 0, 5.5), (0, -2.9, 5.5), 0.06), tags.POLES, METAL, object_id)
        head = box((-0.3, -2.9, 4.9), (0.0, -2.55, 5.95), closed_below=True)
        builder.add(head, tags.TRAFFIC_LIGHT, BLACK, object_id)


def add_bin(builder: Builder, object_id: int) -> None:
    """Add a litter bin."""
    builder.add(
        rod((0, 0, 0), (0, 0, 1.0), 0.26, sides=7, end_radius=0.3), tags.STATIC, (60, 70, 62), object_id
    )


def add_bench(builder: Builder, object_id: int) -> None:
    """Add a bench that looks at the road."""
    builder.add(box((-0.9, -0.25, 0.36), (0.9, 0.2, 0.46), closed_below=True), tags.STATIC, WOOD, object_id)
    builder.add(box((-0.9, 0.2, 0.46), (0.9, 0.28, 0.9), closed_below=True), tags.STATIC, WOOD, object_id)
    for x in (-0.75, 0.75):
        builder.add(box((x - 0.05, -0.2, 0), (x + 0.05, 0.25, 0.4)), tags.STATIC, METAL, object_id)


def add_shelter(builder: Builder, object_id: int) -> None:
    """Add a bus shelter: roof, back wall, two posts, and the stop's sign."""
    builder.add(box((-2.0, -0.8, 2.35), (2.0, 0.75, 2.5), closed_below=True), tags.STATIC, METAL, object_id)
    builder.add(box((-2.0, 0.66, 0.0), (2.0, 0.72, 2.35)), tags.STATIC, (120, 140, 150), object_id)
    for x in (-1.95, 1.95):
        builder.add(rod((x, -0.7, 0), (x, -0.7, 2.4), 0.05), tags.POLES, METAL, object_id)


def add_fence(builder: Builder, object_id: int, *, length: float) -> None:
    """Add a picket fence along x, with gaps one can see through."""
    half = length / 2
    for z in (0.35, 0.95):
        rail = box((-half, -0.03, z), (half, 0.03, z + 0.09), closed_below=True)
        builder.add(rail, tags.FENCES, WOOD, object_id)
    pickets = np.arange(-half, half - 0.05, 0.34)
    flat = [np.array([(x, 0, -0.2), (x + 0.2, 0, -0.2), (x + 0.2, 0, 1.2), (x, 0, 1.2)]) for x in pickets]
    quads = np.stack(flat)
    builder.add(np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]), tags.FENCES, WOOD, object_id)


def add_low_wall(builder: Builder, object_id: int, *, length: float, height: float) -> None:
    """Add a garden wall along x with a post at each end."""
    half = length / 2
    builder.add(box((-half, -0.12, -0.3), (half, 0.12, height)), tags.WALLS, BRICK, object_id)
    for x in (-half, half - 0.4):
        builder.add(box((x, -0.2, -0.3), (x + 0.4, 0.2, height + 0.25)), tags.WALLS, BRICK, object_id)
