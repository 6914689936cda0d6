"""Roofs and what stands on them: gables, hips, mansards, parapets, dormers, chimneys, lift houses, antennas."""

from dataclasses import dataclass

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.rendering.mesh import NEAR
from carla_bridge.standin.rendering.shapes import Builder, Rgb, boxes, spike

ROOF_COLORS: tuple[Rgb, ...] = ((88, 62, 54), (70, 72, 78), (112, 70, 56))
BRICK, POT, CONCRETE, PANE = (142, 88, 68), (150, 96, 70), (140, 138, 132), (52, 60, 70)
OVERHANG_M = 0.4


@dataclass(frozen=True)
class Block:
    """One part of a house under one roof: a rectangle of ground, walls, and the roof's kind and height; metres."""

    x0: float
    x1: float
    y0: float
    y1: float
    eaves_m: float
    roof: str = "flat"  # flat, along (its ridge along x), across, hip, mansard, tower, shed
    rise_m: float = 0.0


def frustum(
    x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], inset: tuple[float, float]
) -> np.ndarray:
    """Return a roof over a rectangle whose upper edges are drawn in along x and y; without empty triangles."""
    (x0, x1), (y0, y1), (dx, dy) = x, y, inset
    low = np.array([(x0, y0, z[0]), (x1, y0, z[0]), (x1, y1, z[0]), (x0, y1, z[0])])
    high = low + np.array([(dx, dy, 0), (-dx, dy, 0), (-dx, -dy, 0), (dx, -dy, 0)])
    high[:, 2] = z[1]
    on = [1, 2, 3, 0]
    slopes = [np.stack([low, low[on], high[on]], axis=1), np.stack([low, high[on], high], axis=1)]
    faces = np.concatenate([*slopes, high[[[0, 1, 2], [0, 2, 3]]]])
    normals = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    return faces[np.abs(normals).max(axis=1) > 1e-6]


def add_roof(builder: Builder, block: Block, roof_rgb: Rgb, wall_rgb: Rgb) -> None:
    """Cover one block."""
    over = OVERHANG_M
    x, y, z = (block.x0, block.x1), (block.y0 - over, block.y1 + over), block.eaves_m
    half_x, half_y = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    if block.roof == "flat":
        _add_parapet(builder, block, wall_rgb)
        return
    if block.roof == "along":
        faces = frustum(x, y, (z, z + block.rise_m), (0.0, half_y))
    elif block.roof == "across":
        x, y = (x[0] - over, x[1] + over), (block.y0 - over / 2, block.y1)
        faces = frustum(x, y, (z, z + block.rise_m), (half_x + over, 0.0))
    elif block.roof == "mansard":
        steep = frustum(x, (block.y0 - 0.2, block.y1 + 0.2), (z, z + 0.7 * block.rise_m), (0.0, 1.1))
        y = (block.y0 + 0.9, block.y1 - 0.9)
        flat = frustum(x, y, (z + 0.7 * block.rise_m, z + block.rise_m), (0.0, (y[1] - y[0]) / 2))
        faces = np.concatenate([steep, flat])
    elif block.roof == "shed":
        faces = frustum(x, y, (z, z + block.rise_m), (0.0, 0.0))
        faces[..., 2] = z + block.rise_m * (faces[..., 1] - y[0]) / (y[1] - y[0]) * (faces[..., 2] > z)
    else:  # a hip, or a tower's pyramid
        x = (x[0] - over, x[1] + over)
        inset = min(half_x + over, half_y)
        faces = frustum(x, y, (z, z + block.rise_m), (inset, inset if block.roof == "hip" else half_y))
    upright = np.minimum(np.ptp(faces[..., 0], axis=1), np.ptp(faces[..., 1], axis=1)) < 1e-6
    builder.add(faces[upright], tags.BUILDINGS, wall_rgb)
    builder.add(faces[~upright], tags.BUILDINGS, roof_rgb)


def _add_parapet(builder: Builder, block: Block, rgb: Rgb) -> None:
    """A flat roof's raised edge, wider than the wall like a cornice."""
    low = [(block.x0 - 0.05, block.y0 - 0.25, block.eaves_m - 0.15)]
    high = [(block.x1 + 0.05, block.y1 + 0.25, block.eaves_m + 0.55)]
    builder.add(boxes(np.array(low), np.array(high), closed_below=True), tags.BUILDINGS, rgb)


def add_chimneys(builder: Builder, places: np.ndarray, top_m: float, base_m: float) -> None:
    """Put brick stacks with two pots each at places (N,2), over the roof."""
    low = np.column_stack([places - np.array([0.3, 0.5]), np.full(len(places), base_m)])
    high = np.column_stack([places + np.array([0.3, 0.5]), np.full(len(places), top_m)])
    stacks = boxes(low, high)
    builder.add(stacks[:8], tags.BUILDINGS, BRICK)
    builder.add(stacks[8:], tags.BUILDINGS, BRICK, level=NEAR)
    middles = np.concatenate([places - np.array([0.0, 0.25]), places + np.array([0.0, 0.25])])
    at_top = np.full(len(middles), top_m)
    low, high = np.column_stack([middles - 0.12, at_top]), np.column_stack([middles + 0.12, at_top + 0.45])
    builder.add(boxes(low, high), tags.BUILDINGS, POT, level=NEAR)


def add_dormers(builder: Builder, block: Block, count: int, roof_rgb: Rgb, wall_rgb: Rgb) -> None:
    """Put gabled windows in a row into the roof's street side."""
    step = (block.x1 - block.x0) / count
    z, y = block.eaves_m + 0.12 * block.rise_m, block.y0 + 0.5
    for i in range(count):
        x = block.x0 + step * (i + 0.5)
        cheeks = boxes(np.array([(x - 0.65, y, z)]), np.array([(x + 0.65, y + 2.6, z + 1.35)]))
        builder.add(cheeks[:-2], tags.BUILDINGS, wall_rgb, level=NEAR)
        cap = frustum((x - 0.8, x + 0.8), (y - 0.15, y + 2.6), (z + 1.35, z + 2.0), (0.8, 0.0))
        builder.add(cap, tags.BUILDINGS, roof_rgb, level=NEAR)
        pane = boxes(np.array([(x - 0.4, y - 0.03, z + 0.25)]), np.array([(x + 0.4, y, z + 1.25)]))
        builder.add(pane[:2], tags.BUILDINGS, PANE, level=NEAR)


def add_plant(builder: Builder, block: Block, rng: np.random.Generator) -> None:
    """Put a lift house, vents and an antenna or two onto a flat roof."""
    z, width, depth = block.eaves_m + 0.4, block.x1 - block.x0, block.y1 - block.y0
    count = int(rng.integers(2, 5))
    x = block.x0 + width * rng.uniform(0.12, 0.8, count)
    y = block.y0 + depth * rng.uniform(0.2, 0.7, count)
    size = rng.uniform(0.4, 1.0, (count, 3)) * (1.2, 1.2, 1.2)
    size[0] = (rng.uniform(2.2, 3.6), rng.uniform(2.2, 3.0), rng.uniform(1.8, 2.8))
    low = np.column_stack([x, y, np.full(count, z)])
    machines = boxes(low, low + size)
    builder.add(machines[:10], tags.BUILDINGS, CONCRETE)
    builder.add(machines[10:], tags.BUILDINGS, CONCRETE, level=NEAR)
    for _ in range(int(rng.integers(0, 3))):
        foot = np.array([x[0] + rng.uniform(-2, 2), y[0] + rng.uniform(-1, 1), z])
        add_antenna(builder, foot, float(rng.uniform(2.0, 4.5)))


def add_antenna(builder: Builder, foot: np.ndarray, height: float) -> None:
    """Put up a mast with cross bars, as for television."""
    builder.add(spike(foot, foot + np.array([0.0, 0.0, height]), 0.06), tags.BUILDINGS, CONCRETE, level=NEAR)
    bars = foot + np.array([(-0.5, -0.04, 0.75 * height), (-0.3, -0.04, 0.9 * height)])
    sizes = np.array([(1.0, 0.08, 0.06), (0.6, 0.08, 0.06)])
    builder.add(boxes(bars, bars + sizes, closed_below=True), tags.BUILDINGS, CONCRETE, level=NEAR)
