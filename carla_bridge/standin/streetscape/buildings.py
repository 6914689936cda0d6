"""Houses of several ages; x along the street, the front at y = 0, y away from it, z = 0 at the door.

A row of houses shares its character (kind, storeys, roof), as houses built in one go do, and varies in the rest.
"""

from dataclasses import dataclass

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.rendering.mesh import NEAR, Mesh, join
from carla_bridge.standin.rendering.shapes import Builder, Rgb, boxes
from carla_bridge.standin.streetscape import fronts
from carla_bridge.standin.streetscape.roofs import (
    ROOF_COLORS,
    Block,
    add_antenna,
    add_chimneys,
    add_dormers,
    add_plant,
    add_roof,
)

WALL_COLORS: tuple[Rgb, ...] = (
    (168, 112, 84),
    (196, 184, 160),
    (142, 88, 68),
    (214, 208, 196),
    (150, 140, 124),
)
STOREY_M = 3.0
FOUNDATION_M = 2.5  # walls reach into the ground, which may slope


@dataclass(frozen=True)
class Row:
    """What the houses of a row have in common."""

    kind: str  # terrace, villa, town, modern, shop
    storeys: int
    roof: str
    setback_m: float
    gap_m: float  # at most, between houses


@dataclass(frozen=True)
class House:
    """The choices that make one house; metres."""

    kind: str
    width: float
    depth: float
    storeys: int
    blocks: tuple[Block, ...]  # the first one carries the front
    shop: bool
    wall_rgb: Rgb
    roof_rgb: Rgb


def draw_row(rng: np.random.Generator, kind: str) -> Row:
    """Return the character of a row of one kind, by chance."""
    if kind == "terrace":
        return Row(kind, int(rng.integers(2, 4)), "along", float(rng.choice([0.3, 1.5, 3.0])), 0.0)
    if kind == "villa":
        return Row(kind, int(rng.integers(1, 3)), "any", float(rng.uniform(3.5, 7.0)), 7.0)
    if kind == "town":
        roof = str(rng.choice(["mansard", "along", "flat"]))
        return Row(kind, int(rng.integers(4, 6)), roof, float(rng.choice([0.2, 0.2, 1.5])), 0.0)
    if kind == "modern":
        return Row(kind, int(rng.integers(4, 9)), "flat", float(rng.uniform(2.0, 6.0)), 8.0)
    return Row(kind, int(rng.integers(1, 3)), "flat", 0.3, 2.0)


def draw_house(rng: np.random.Generator, row: Row, *, corner: bool = False) -> House:
    """Return a house of a row, by chance; at a street corner with a tower now and then."""
    low, high, deep = {
        "terrace": (5.0, 7.5, 9.0),
        "villa": (8.5, 13.0, 8.5),
        "town": (9.0, 17.0, 11.5),
        "modern": (16.0, 28.0, 13.0),
        "shop": (7.0, 14.0, 11.0),
    }[row.kind]
    width, depth = float(rng.uniform(low, high)), deep + float(rng.uniform(-0.5, 2.0))
    storeys = max(1, row.storeys + int(rng.choice([-1, 0, 0, 0, 1]) if row.kind != "terrace" else 0))
    blocks = _blocks(rng, row, width, depth, 0.4 + STOREY_M * storeys)
    if corner and row.kind in ("town", "shop") and rng.random() < 0.6:
        blocks = (*blocks, _tower(rng, width, 0.4 + STOREY_M * storeys))
    shop = row.kind == "shop" or (row.kind in ("town", "modern") and rng.random() < 0.55)
    wall, roof = WALL_COLORS[rng.integers(len(WALL_COLORS))], ROOF_COLORS[rng.integers(len(ROOF_COLORS))]
    return House(row.kind, width, depth, storeys, blocks, shop, wall, roof)


def _blocks(
    rng: np.random.Generator, row: Row, width: float, depth: float, eaves: float
) -> tuple[Block, ...]:
    half = width / 2
    if row.kind == "villa":
        return _villa(rng, half, depth, eaves)
    if row.roof == "along":
        rise = depth * float(rng.uniform(0.32, 0.5))
        return (Block(-half, half, 0.0, depth, eaves, "along", rise),)
    if row.roof == "mansard":
        return (Block(-half, half, 0.0, depth, eaves, "mansard", float(rng.uniform(3.6, 4.4))),)
    main = Block(-half, half, 0.0, depth, eaves)
    if row.kind == "modern":
        return _modern(rng, main)
    if rng.random() < 0.4:  # the top storey stands back, as a roof terrace
        top = Block(-half + 0.8, half - 0.8, 1.8, depth - 0.5, eaves + STOREY_M)
        return (main, top)
    return (main,)


def _villa(rng: np.random.Generator, half: float, depth: float, eaves: float) -> tuple[Block, ...]:
    """A main block and a wing that stands out of it, so that the plan is an L; perhaps a garage."""
    rise = float(rng.uniform(2.2, 3.8))
    roof = str(rng.choice(["hip", "along", "across"]))
    blocks = [Block(-half, half, 0.0 if roof == "across" else 1.2, depth, eaves, roof, rise)]
    if rng.random() < 0.7:
        side = float(rng.choice([-1.0, 1.0]))
        inner, outer = side * half * float(rng.uniform(0.05, 0.3)), side * half
        x0, x1 = min(inner, outer), max(inner, outer)
        blocks.append(Block(x0, x1, 0.0, depth * 0.6, eaves, "across", 0.8 * rise))
    if rng.random() < 0.4:
        side = float(rng.choice([-1.0, 1.0]))
        x0, x1 = (half, half + 3.0) if side > 0 else (-half - 3.0, -half)
        blocks.append(Block(x0, x1, 2.5, depth * 0.9, 2.6, str(rng.choice(["flat", "shed"])), 1.0))
    return tuple(blocks)


def _modern(rng: np.random.Generator, main: Block) -> tuple[Block, ...]:
    """A slab with a recess in its middle, a tower on a low base, or a slab under a smaller top storey."""
    kind, half = int(rng.integers(3)), main.x1
    if kind == 0:
        third = half * float(rng.uniform(0.2, 0.45))
        left, right = -third, third
        return (
            Block(main.x0, left, 0.0, main.y1, main.eaves_m),
            Block(left, right, 2.5, main.y1 - 1.0, main.eaves_m + float(rng.choice([-3.0, 2.0]))),
            Block(right, main.x1, 0.0, main.y1, main.eaves_m),
        )
    if kind == 1:
        tower = main.eaves_m + STOREY_M * int(rng.integers(2, 7))
        left = float(rng.uniform(-half + 1.0, -2.0))
        base = Block(main.x0, main.x1, 0.0, main.y1, STOREY_M * 2 + 0.6)
        return (base, Block(left, left + half * 1.1, 1.5, main.y1 - 1.5, tower))
    top = Block(main.x0 + 2.0, main.x1 - 2.0, 2.0, main.y1 - 2.0, main.eaves_m + STOREY_M)
    return (main, top)


def _tower(rng: np.random.Generator, width: float, eaves: float) -> Block:
    """A corner's turret: a little out of the wall, a little over the roof."""
    side, size = float(rng.choice([-1.0, 1.0])), float(rng.uniform(3.2, 4.2))
    x = side * (width / 2 - size / 2 + 0.3)
    return Block(
        x - size / 2,
        x + size / 2,
        -0.6,
        size - 0.6,
        eaves + 2.2,
        str(rng.choice(["tower", "flat"])),
        size * 1.1,
    )


def build_house(house: House, rng: np.random.Generator) -> Mesh:
    """Return one house."""
    builder = Builder()
    low = np.array([(b.x0, b.y0, -FOUNDATION_M) for b in house.blocks])
    high = np.array([(b.x1, b.y1, b.eaves_m) for b in house.blocks])
    builder.add(_walls(boxes(low, high)), tags.BUILDINGS, house.wall_rgb)
    for block in house.blocks:
        add_roof(builder, block, house.roof_rgb, house.wall_rgb)
    _crown(builder, house, rng)
    front = Builder()
    fronts.add_front(front, house, rng)
    return join([builder.mesh(), front.mesh().at_level(NEAR)])


def _walls(faces: np.ndarray) -> np.ndarray:
    """Leave out the upper sides, which are under a roof."""
    return faces[np.ptp(faces[..., 2], axis=1) > 0.0]


def _crown(builder: Builder, house: House, rng: np.random.Generator) -> None:
    """What stands on the roof: chimneys between terraced houses, dormers, a flat roof's machines, antennas."""
    main, tallest = house.blocks[0], max(house.blocks, key=lambda block: block.eaves_m)
    if tallest.roof == "flat" and house.kind != "villa":
        add_plant(builder, tallest, rng)
        return
    ridge = main.eaves_m + main.rise_m
    sides = [main.x0 + 0.4, main.x1 - 0.4][: 1 + int(house.kind == "terrace" or rng.random() < 0.4)]
    y = (main.y0 + main.y1) / 2 + float(rng.uniform(-0.8, 0.8))
    if main.roof in ("along", "mansard", "hip"):
        places = np.array([(x, y) for x in sides])
        add_chimneys(builder, places, ridge + float(rng.uniform(0.5, 1.2)), main.eaves_m)
    if main.roof in ("along", "mansard") and (main.roof == "mansard" or rng.random() < 0.5):
        count = max(1, round(house.width / (2.8 if main.roof == "mansard" else 4.0)))
        add_dormers(builder, main, count, house.roof_rgb, house.wall_rgb)
    if rng.random() < 0.35:
        foot = np.array([float(rng.uniform(-1.5, 1.5)), (main.y0 + main.y1) / 2, ridge - 0.2])
        add_antenna(builder, foot, float(rng.uniform(1.2, 2.2)))
