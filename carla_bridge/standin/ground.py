"""The ground of a town as triangles: carriageways, painted lines, kerbs, sidewalks, and grass to the horizon."""

from math import cos, sin

import numpy as np

from . import tags
from .lanes import next_at_kerb
from .paths import Path, to_carla
from .roads import (
    BAY_START_M,
    BAY_TAPER_M,
    JUNCTION_M,
    KERB_M,
    LANE_M,
    LEFT,
    RIGHT,
    SIDEWALK_M,
    Arm,
    Junction,
    Roads,
    Street,
)
from .shapes import Builder, fan, strip, wall

ASPHALT, PAINT, PAVING, KERBSTONE, GRASS = (
    (62, 63, 66),
    (225, 225, 220),
    (150, 146, 140),
    (170, 168, 162),
    (88, 112, 58),
)
PAINT_Z = 0.02
GRASS_Z = -0.12  # lower than the road, so that the one big lawn never shows through it
HORIZON_M = 3000.0


def add_ground(builder: Builder, roads: Roads) -> None:
    """Lay all flat things of a town."""
    far = HORIZON_M
    lawn = np.array([(-far, -far, GRASS_Z), (far, -far, GRASS_Z), (far, far, GRASS_Z), (-far, far, GRASS_Z)])
    builder.add(fan(lawn), tags.TERRAIN, GRASS)
    for street in roads.streets:
        _add_street(builder, street)
    for junction in roads.junctions:
        _add_junction(builder, junction, roads)


def _stations(street: Street) -> np.ndarray:
    """Distances close together only where the street bends or a parking bay opens."""
    length, bay = street.path.length, BAY_START_M + np.linspace(0.0, BAY_TAPER_M, 5)
    parts = [bay, length - bay]
    for piece in street.path.pieces:
        step = 10.0 if piece.curvature == 0.0 else 2.0
        parts.append(np.linspace(piece.s, piece.s + piece.length, max(2, round(piece.length / step) + 1)))
    return np.unique(np.concatenate(parts).round(6).clip(0.0, length))


def _add_street(builder: Builder, street: Street) -> None:
    s = _stations(street)
    left, right = to_carla(street.side(LEFT, s)), to_carla(street.side(RIGHT, s))
    builder.add(strip(left, right), tags.ROADS, ASPHALT)
    for side in (LEFT, RIGHT):
        kerb, back = street.side(side, s), street.side(side, s, SIDEWALK_M)
        _add_sidewalk(builder, kerb, back)
        if street.parking[side == RIGHT]:
            within = s[
                (s >= BAY_START_M + BAY_TAPER_M) & (s <= street.path.length - BAY_START_M - BAY_TAPER_M)
            ]
            _add_line(builder, street.path, side * LANE_M, within)
    for start in np.arange(5.5, street.path.length - 9.0, 9.0):
        _add_line(builder, street.path, 0.0, start + np.array([0.0, 2.0, 4.0]))


def _add_sidewalk(builder: Builder, kerb: np.ndarray, back: np.ndarray) -> None:
    builder.add(strip(to_carla(kerb, KERB_M), to_carla(back, KERB_M)), tags.SIDEWALKS, PAVING)
    builder.add(wall(to_carla(kerb), 0.0, KERB_M), tags.SIDEWALKS, KERBSTONE)
    builder.add(wall(to_carla(back), GRASS_Z, KERB_M), tags.SIDEWALKS, KERBSTONE)


def _add_line(builder: Builder, path: Path, right_m: float, s: np.ndarray, width: float = 0.14) -> None:
    edges = (to_carla(path.beside(s, right_m + k * width / 2), PAINT_Z) for k in (-1.0, 1.0))
    builder.add(strip(*edges), tags.ROAD_LINES, PAINT)


def _add_junction(builder: Builder, junction: Junction, roads: Roads) -> None:
    outline = []
    for arm in junction.arms:  # the right-hand kerb leads from each arm to the next
        turn = next_at_kerb(roads, arm.street, arm.entry_side)
        s = turn.path.stations(1.5)
        kerb = turn.path.beside(s, LANE_M)
        _add_sidewalk(builder, kerb, turn.path.beside(s, LANE_M + SIDEWALK_M))
        outline.append(kerb)
        _add_arm_paint(builder, arm, junction)
    rim = np.concatenate([*outline, outline[0][:1]])
    center = np.array([[junction.x, junction.y]])
    builder.add(fan(to_carla(np.concatenate([center, rim]))), tags.ROADS, ASPHALT)


def _add_arm_paint(builder: Builder, arm: Arm, junction: Junction) -> None:
    """A zebra crossing over the mouth of a street, and a stop line before it."""
    out = np.array([cos(arm.heading), sin(arm.heading)])
    right = np.array([out[1], -out[0]])
    center = np.array([junction.x, junction.y])

    def patch(a0: float, a1: float, b0: float, b1: float) -> None:
        corners = [center + a * out + b * right for a, b in ((a0, b0), (a1, b0), (a1, b1), (a0, b1))]
        builder.add(fan(to_carla(np.array(corners), PAINT_Z)), tags.ROAD_LINES, PAINT)

    for b in np.arange(-LANE_M + 0.5, LANE_M - 0.5, 1.0):
        patch(JUNCTION_M + 0.4, JUNCTION_M + 3.4, b, b + 0.5)
    patch(
        JUNCTION_M + 4.4, JUNCTION_M + 4.8, -LANE_M + 0.1, -0.1
    )  # outwards, the traffic coming in is on the left
