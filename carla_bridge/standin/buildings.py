"""Houses: walls, roofs, chimneys, bays, porches, windows; x along the street, the front at y = 0, y away from it."""

from dataclasses import dataclass

import numpy as np

from . import tags
from .shapes import Builder, Rgb, box, fan, strip

WALL_COLORS: tuple[Rgb, ...] = (
    (168, 112, 84),
    (196, 184, 160),
    (142, 88, 68),
    (214, 208, 196),
    (150, 140, 124),
)
ROOF_COLORS: tuple[Rgb, ...] = ((88, 62, 54), (70, 72, 78), (112, 70, 56))
PANE, DOOR = (52, 60, 70), (60, 46, 38)
STOREY_M = 2.9


@dataclass(frozen=True)
class House:
    """The choices that make one house; metres."""

    width: float
    depth: float
    storeys: int
    roof: str  # "flat", "eaves" (ridge along the street) or "gable" (ridge away from it)
    bay: bool
    shop: bool
    wall_rgb: Rgb
    roof_rgb: Rgb

    @property
    def eaves_m(self) -> float:
        """The height of the walls."""
        return 0.5 + STOREY_M * self.storeys


def draw_house(rng: np.random.Generator) -> House:
    """Return a house by chance: terraced houses mostly, some blocks of flats."""
    flats = rng.random() < 0.25
    return House(
        width=float(rng.uniform(11.0, 18.0) if flats else rng.uniform(6.0, 10.5)),
        depth=float(rng.uniform(8.0, 11.0)),
        storeys=int(rng.integers(3, 6) if flats else rng.integers(2, 4)),
        roof="flat" if flats else str(rng.choice(["eaves", "eaves", "gable"])),
        bay=bool(rng.random() < 0.4),
        shop=bool(rng.random() < 0.2),
        wall_rgb=WALL_COLORS[rng.integers(len(WALL_COLORS))],
        roof_rgb=ROOF_COLORS[rng.integers(len(ROOF_COLORS))],
    )


def add_house(builder: Builder, object_id: int, house: House, rng: np.random.Generator) -> None:
    """Add one house, its front in the middle of y = 0."""
    half, top = house.width / 2, house.eaves_m
    walls = box((-half, 0.0, -0.3), (half, house.depth, top))
    builder.add(walls, tags.BUILDINGS, house.wall_rgb, object_id)
    _add_roof(builder, house, object_id)
    if house.roof != "flat":
        for x in (-half + 0.8, half - 0.8)[: int(rng.integers(1, 3))]:
            y = house.depth * 0.5
            stack = box((x - 0.45, y - 0.35, top), (x + 0.45, y + 0.35, top + 0.42 * house.depth + 0.9))
            builder.add(stack, tags.BUILDINGS, house.wall_rgb, object_id)
    columns = max(2, round(house.width / 2.8))
    _add_windows(builder, house, columns, object_id)
    _add_front(builder, house, columns, object_id)


def _add_roof(builder: Builder, house: House, object_id: int) -> None:
    half, depth, top = house.width / 2, house.depth, house.eaves_m
    if house.roof == "flat":
        parapet = box((-half - 0.15, -0.15, top - 0.1), (half + 0.15, depth + 0.15, top + 0.5))
        hut = box((-1.6, depth * 0.4, top + 0.4), (1.4, depth * 0.8, top + 2.4))
        for part in (parapet, hut):
            builder.add(part, tags.BUILDINGS, house.roof_rgb, object_id)
        return
    over = 0.35  # how far the eaves stand out
    if house.roof == "eaves":
        a, b, rise = (-half, -over, 0.0), (half, -over, 0.0), 0.42 * depth
        ridge = [(-half, depth / 2, rise), (half, depth / 2, rise)]
        c, d = (-half, depth + over, 0.0), (half, depth + over, 0.0)
    else:
        rise = 0.45 * house.width
        a, b = (-half - over, -over, 0.0), (-half - over, depth, 0.0)
        ridge = [(0.0, -over, rise), (0.0, depth, rise)]
        c, d = (half + over, -over, 0.0), (half + over, depth, 0.0)
    lift = np.array([0.0, 0.0, top])
    first, crest, second = np.array([a, b]) + lift, np.array(ridge) + lift, np.array([c, d]) + lift
    for edge in (first, second):
        builder.add(strip(edge, crest), tags.BUILDINGS, house.roof_rgb, object_id)
    ends = np.stack([np.stack([first[i], crest[i], second[i]]) for i in (0, 1)])
    builder.add(ends, tags.BUILDINGS, house.wall_rgb, object_id)


def _add_windows(builder: Builder, house: House, columns: int, object_id: int) -> None:
    """Panes a hand's breadth before the wall: colour and depth only, their tag is the house's."""
    panes = []
    pitch = house.width / columns
    for storey in range(house.storeys):
        z = 1.4 + STOREY_M * storey
        for column in range(columns):
            x = -house.width / 2 + pitch * (column + 0.5)
            corners = [
                (x - 0.5, -0.04, z),
                (x + 0.5, -0.04, z),
                (x + 0.5, -0.04, z + 1.4),
                (x - 0.5, -0.04, z + 1.4),
            ]
            panes.append(fan(np.array(corners)))
    builder.add(np.concatenate(panes), tags.BUILDINGS, PANE, object_id)


def _add_front(builder: Builder, house: House, columns: int, object_id: int) -> None:
    """What stands out of the wall: a porch, a bay, a shop's awning or balconies."""
    pitch, left = house.width / columns, -house.width / 2
    if house.shop:
        awning = np.array([(left, 0, 3.1), (-left, 0, 3.1), (-left, -1.1, 2.6), (left, -1.1, 2.6)])
        builder.add(fan(awning), tags.BUILDINGS, (140, 44, 40), object_id)
        return
    x = left + pitch / 2
    builder.add(box((x - 0.6, -0.45, 0.0), (x + 0.6, 0.0, 2.6)), tags.BUILDINGS, DOOR, object_id)
    if house.roof == "flat":
        for storey in range(1, house.storeys):
            z = 0.6 + STOREY_M * storey
            for column in range(1, columns, 2):
                x = left + pitch * (column + 0.5)
                balcony = box((x - 1.2, -0.9, z), (x + 1.2, 0.0, z + 1.0), closed_below=True)
                builder.add(balcony, tags.BUILDINGS, house.roof_rgb, object_id)
    elif house.bay:
        x = -left - pitch / 2 - 0.2
        for z, shrink in ((0.0, 0.0), (3.2, 0.25)):
            builder.add(_bay(x, 1.2 - shrink, 0.9 - shrink, z), tags.BUILDINGS, house.wall_rgb, object_id)


def _bay(x: float, half: float, out: float, bottom: float) -> np.ndarray:
    front = np.array([(x - half, 0.0), (x - half * 0.6, -out), (x + half * 0.6, -out), (x + half, 0.0)])
    low = np.column_stack([front, np.full(4, bottom)])
    high = np.column_stack([front, np.full(4, bottom + 2.9)])
    return np.concatenate([strip(low, high), fan(high)])
