"""The street side of houses: windows, doors and porches, shop fronts with awnings, bays and balconies."""

from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.rendering.shapes import Builder, boxes, fan, strip
from carla_bridge.standin.streetscape.roofs import PANE, Block, frustum

if TYPE_CHECKING:
    from carla_bridge.standin.streetscape.buildings import House

DOOR, AWNING, RAILING, FASCIA = (60, 46, 38), (140, 44, 40), (84, 86, 88), (66, 78, 92)
STOREY_M = 3.0


def add_front(builder: Builder, house: "House", rng: np.random.Generator) -> None:
    """Give a house its face."""
    for i, block in enumerate(house.blocks):
        if block.eaves_m > STOREY_M and block.y0 < 3.0:
            _add_panes(builder, block, 1 if house.shop and i == 0 else 0)
    main = house.blocks[0]
    if house.shop:
        _add_shop(builder, main, rng)
    else:
        _add_door(builder, main, rng)
    if house.kind == "terrace" and rng.random() < 0.6:
        _add_bays(builder, house, main, int(rng.integers(1, 3)))
    if house.kind in ("town", "modern") and rng.random() < 0.65:
        _add_balconies(builder, house, main, rng)
    if house.kind == "town":
        _add_ledges(builder, main, house)


def _columns(block: Block) -> np.ndarray:
    """Middles of the windows of a front."""
    count = max(1, round((block.x1 - block.x0) / 2.7))
    return block.x0 + (block.x1 - block.x0) / count * (np.arange(count) + 0.5)


def _add_panes(builder: Builder, block: Block, first_storey: int) -> None:
    """Panes a hand's breadth before the wall: colour and depth only, their tag is the house's."""
    storeys = int((block.eaves_m - 0.4) / STOREY_M)
    x, z = np.meshgrid(_columns(block), 1.3 + STOREY_M * np.arange(first_storey, storeys))
    if not x.size:
        return
    x, z = x.ravel(), z.ravel()
    y = np.full(len(x), block.y0 - 0.04)
    a, b = np.column_stack([x - 0.55, y, z]), np.column_stack([x + 0.55, y, z])
    up = np.array([0.0, 0.0, 1.45])
    panes = np.concatenate([np.stack([a, b, b + up], axis=1), np.stack([a, b + up, a + up], axis=1)])
    builder.add(panes, tags.BUILDINGS, PANE)


def _add_door(builder: Builder, block: Block, rng: np.random.Generator) -> None:
    """A door with a porch or only a canopy over it, and a step."""
    x, y = float(rng.choice(_columns(block)[[0, -1]])), block.y0
    low, high = (
        [(x - 0.55, y - 0.06, 0.2), (x - 0.9, y - 0.9, -0.3)],
        [(x + 0.55, y, 2.4), (x + 0.9, y, 0.18)],
    )
    builder.add(boxes(np.array(low), np.array(high)), tags.BUILDINGS, DOOR)
    if rng.random() < 0.5:
        roof = frustum((x - 1.1, x + 1.1), (y - 1.3, y + 0.1), (2.6, 3.3), (1.1, 0.0))
        builder.add(roof, tags.BUILDINGS, DOOR)
        feet = np.array([(x - 1.0, y - 1.2, -0.3), (x + 0.86, y - 1.2, -0.3)])
        builder.add(boxes(feet, feet + np.array([0.14, 0.14, 2.9])), tags.BUILDINGS, RAILING)
    else:
        canopy = boxes(np.array([(x - 0.9, y - 1.0, 2.6)]), np.array([(x + 0.9, y, 2.72)]), closed_below=True)
        builder.add(canopy, tags.BUILDINGS, RAILING)


def _add_shop(builder: Builder, block: Block, rng: np.random.Generator) -> None:
    """Large panes under a fascia, an awning in front, and a sign that stands out."""
    x0, x1, y = block.x0 + 0.3, block.x1 - 0.3, block.y0
    panes = np.array([(x0, y - 0.05, 0.5), (x1, y - 0.05, 0.5), (x1, y - 0.05, 2.6), (x0, y - 0.05, 2.6)])
    builder.add(fan(panes), tags.BUILDINGS, PANE)
    fascia = boxes(np.array([(x0, y - 0.25, 2.75)]), np.array([(x1, y, 3.35)]), closed_below=True)
    builder.add(fascia, tags.BUILDINGS, FASCIA)
    if rng.random() < 0.65:
        a = float(rng.uniform(x0, (x0 + x1) / 2 - 0.5))
        b = min(x1, a + float(rng.uniform(2.5, 6.0)))
        cloth = np.array([(a, y, 2.9), (b, y, 2.9), (b, y - 1.3, 2.4), (a, y - 1.3, 2.4)])
        valance = np.array([(a, y - 1.3, 2.4), (b, y - 1.3, 2.4), (b, y - 1.3, 2.15), (a, y - 1.3, 2.15)])
        cheeks = np.stack([cloth[[0, 3, 0]], cloth[[1, 2, 1]]])
        cheeks[:, 2, 2], cheeks[:, 2, 1] = 2.4, y
        builder.add(np.concatenate([fan(cloth), fan(valance), cheeks]), tags.BUILDINGS, AWNING)
    if rng.random() < 0.5:
        x = float(rng.uniform(x0, x1))
        board = boxes(np.array([(x, y - 0.95, 3.3)]), np.array([(x + 0.12, y - 0.1, 4.2)]), closed_below=True)
        builder.add(board, tags.BUILDINGS, AWNING)


def _add_bays(builder: Builder, house: "House", block: Block, storeys: int) -> None:
    """A bay window over one or two storeys with a roof of its own."""
    x, half, out = block.x1 - 0.28 * house.width, 1.25, 0.85
    plan = np.array([(x - half, 0.0), (x - 0.65 * half, -out), (x + 0.65 * half, -out), (x + half, 0.0)])
    plan[:, 1] += block.y0
    top = STOREY_M * min(storeys, house.storeys) + 0.2
    low, high = np.column_stack([plan, np.full(4, -0.3)]), np.column_stack([plan, np.full(4, top)])
    builder.add(strip(low, high), tags.BUILDINGS, house.wall_rgb)
    peak = np.column_stack([np.tile([x, block.y0], (4, 1)), np.full(4, top + 0.8)])
    builder.add(strip(high, peak), tags.BUILDINGS, house.roof_rgb)


def _add_balconies(builder: Builder, house: "House", block: Block, rng: np.random.Generator) -> None:
    """Slabs with railings, one above the other, or bands of them along the whole front."""
    columns = _columns(block)
    if house.kind == "modern" and rng.random() < 0.4:
        spans = [(block.x0 + 0.5, block.x1 - 0.5)]
    else:
        wanted = columns[:: int(rng.integers(2, 4))]
        spans = [(float(x) - 1.2, float(x) + 1.2) for x in wanted]
    levels = [0.4 + STOREY_M * i for i in range(1, int((block.eaves_m - 0.4) / STOREY_M))]
    places = [(x0, x1, z) for z in levels for x0, x1 in spans]
    if places:
        x0, x1, z = np.array(places).T
        out, wall = np.full(len(z), block.y0 - 1.15), np.full(len(z), block.y0)
        slabs = boxes(np.column_stack([x0, out, z - 0.15]), np.column_stack([x1, wall, z + 1.0]))
        builder.add(slabs, tags.BUILDINGS, RAILING)


def _add_ledges(builder: Builder, block: Block, house: "House") -> None:
    """A ledge over the ground floor and a cornice under the roof."""
    z = np.array([STOREY_M + 0.35, block.eaves_m - 0.35])
    low = np.column_stack([np.full(2, block.x0), np.full(2, block.y0 - 0.3), z])
    high = np.column_stack([np.full(2, block.x1), np.full(2, block.y0), z + 0.3])
    builder.add(boxes(low, high, closed_below=True), tags.BUILDINGS, house.wall_rgb)
