"""The streets of a town: eight streets, five junctions, and every turn between them.

A ring with rounded corners around a cross: the middle of each side of the ring is a T junction, the middle of
the town a four-way one. Right-hand traffic. Everything is flat, in OpenDRIVE's axes (y to the left).
"""

from dataclasses import dataclass
from math import acos, cos, pi, sin

import numpy as np

from .paths import Path

LANE_M = 3.5
PARKING_M = 2.2
SIDEWALK_M = 3.0
KERB_M = 0.15
JUNCTION_M = 11.0  # from a junction's centre to where its streets begin
BAY_START_M, BAY_TAPER_M = 14.0, 3.0  # parking bays keep clear of junctions
LEFT, RIGHT = -1, 1


@dataclass(frozen=True)
class Street:
    """A road between two junctions: one driving lane, perhaps a parking bay, and a sidewalk on each side."""

    id: int
    path: Path
    junctions: tuple[int, int]  # at its start, at its end
    parking: tuple[bool, bool]  # left side, right side

    def bay_m(self, side: int, s: np.ndarray) -> np.ndarray:
        """Return the width of the parking bay on one side at distances along the street."""
        if not self.parking[side == RIGHT]:
            return np.zeros_like(s)
        from_end = np.minimum(s, self.path.length - s)
        share = np.clip((from_end - BAY_START_M) / BAY_TAPER_M, 0.0, 1.0)
        return PARKING_M * share * share * (3.0 - 2.0 * share)

    def side(self, side: int, s: np.ndarray, beyond_kerb_m: float = 0.0) -> np.ndarray:
        """Return points (N,2) along the kerb of one side, or so far behind it."""
        return self.path.beside(s, side * (LANE_M + self.bay_m(side, s) + beyond_kerb_m))


@dataclass(frozen=True)
class Arm:
    """Where a street meets a junction; `heading` points away from the junction."""

    street: int
    at_end: bool
    heading: float

    @property
    def entry_side(self) -> int:
        """The side of the street, seen along its path, on which traffic drives into the junction."""
        return RIGHT if self.at_end else LEFT


@dataclass(frozen=True)
class Junction:
    """A crossing of streets at right angles; arms in counter-clockwise order."""

    id: int
    x: float
    y: float
    arms: tuple[Arm, ...]


@dataclass(frozen=True)
class Turn:
    """The way through a junction from one arm to another, from centre line to centre line."""

    id: int
    junction: int
    entry: Arm
    exit: Arm
    path: Path
    has_sidewalk: bool


@dataclass(frozen=True)
class Roads:
    """All streets, junctions and turns of a town; ids are positions in these tuples, turns counted after streets."""

    streets: tuple[Street, ...]
    junctions: tuple[Junction, ...]
    turns: tuple[Turn, ...]


def lay_roads(rng: np.random.Generator) -> Roads:
    """Return the roads of a seeded town."""
    east, north, west, south = rng.uniform(72.0, 112.0, 4)
    bends = rng.choice([-1.0, 1.0], 4) * rng.uniform(4.0, 9.0, 4) * (rng.random(4) < 0.5)
    bends[rng.integers(4)] = rng.choice([-1.0, 1.0]) * rng.uniform(5.0, 9.0)
    reach = (east, north, west, south)
    centers = [(0.0, 0.0)]
    for side in range(4):  # a side junction lies out along its axis, shifted by the bend of its street
        c, s = round(cos(side * pi / 2)), round(sin(side * pi / 2))
        centers.append((c * reach[side] - s * bends[side], s * reach[side] + c * bends[side]))
    streets = [_spoke(side, float(reach[side]), float(bends[side]), rng) for side in range(4)]
    streets += [
        _corner(4 + side, centers[1 + side], centers[1 + (side + 1) % 4], side, rng) for side in range(4)
    ]
    junctions = tuple(_junction(i, centers[i], streets) for i in range(5))
    turns = [(j.id, a, b) for j in junctions for a in j.arms for b in j.arms if a is not b]
    return Roads(
        tuple(streets),
        junctions,
        tuple(_turn(len(streets) + i, junctions[j], a, b) for i, (j, a, b) in enumerate(turns)),
    )


def _parking(rng: np.random.Generator) -> tuple[bool, bool]:
    return bool(rng.random() < 0.7), bool(rng.random() < 0.7)


def _spoke(side: int, reach_m: float, bend_m: float, rng: np.random.Generator) -> Street:
    """A street from the middle of the town outwards, straight or in a gentle S."""
    heading = side * pi / 2
    x, y = JUNCTION_M * cos(heading), JUNCTION_M * sin(heading)
    length = reach_m - 2 * JUNCTION_M
    if bend_m == 0.0:
        path = Path.start(x, y, heading, (length, 0.0))
    else:
        radius = 60.0
        angle = acos(1.0 - abs(bend_m) / (2.0 * radius))
        straight = (length - 2.0 * radius * sin(angle)) / 2.0
        curvature = (1.0 if bend_m > 0 else -1.0) / radius
        arc = radius * angle
        path = Path.start(
            x, y, heading, (straight, 0.0), (arc, curvature), (arc, -curvature), (straight, 0.0)
        )
    return Street(side, path, (0, 1 + side), _parking(rng))


def _corner(
    street_id: int, here: tuple[float, float], there: tuple[float, float], side: int, rng: np.random.Generator
) -> Street:
    """A street around a corner of the ring, turning left from one side junction to the next."""
    heading = (side + 1) * pi / 2
    c, s = round(cos(heading)), round(sin(heading))
    dx, dy = there[0] - here[0], there[1] - here[1]
    ahead, leftward = dx * c + dy * s, dy * c - dx * s
    radius = float(rng.uniform(18.0, 26.0))
    steps = (
        (ahead - JUNCTION_M - radius, 0.0),
        (radius * pi / 2, 1.0 / radius),
        (leftward - JUNCTION_M - radius, 0.0),
    )
    path = Path.start(here[0] + JUNCTION_M * c, here[1] + JUNCTION_M * s, heading, *steps)
    return Street(street_id, path, (1 + side, 1 + (side + 1) % 4), _parking(rng))


def _junction(junction_id: int, center: tuple[float, float], streets: list[Street]) -> Junction:
    arms = []
    for street in streets:
        for at_end in (False, True):
            if street.junctions[at_end] == junction_id:
                heading = float(street.path.at(np.array([street.path.length * at_end]))[0, 2]) + pi * at_end
                quarter = round(heading / (pi / 2)) % 4
                arms.append(Arm(street.id, at_end, quarter * pi / 2))
    return Junction(junction_id, *center, tuple(sorted(arms, key=lambda arm: arm.heading)))


def _turn(turn_id: int, junction: Junction, entry: Arm, way_out: Arm) -> Turn:
    heading = entry.heading + pi
    x = junction.x + JUNCTION_M * cos(entry.heading)
    y = junction.y + JUNCTION_M * sin(entry.heading)
    left = round((way_out.heading - heading) / (pi / 2)) % 4
    if left == 0:
        path = Path.start(x, y, heading, (2 * JUNCTION_M, 0.0))
    else:
        curvature = (1.0 if left == 1 else -1.0) / JUNCTION_M
        path = Path.start(x, y, heading, (JUNCTION_M * pi / 2, curvature))
    quarters = {round(arm.heading / (pi / 2)) % 4 for arm in junction.arms}
    closed_on_right = (round(heading / (pi / 2)) - 1) % 4 not in quarters
    return Turn(turn_id, junction.id, entry, way_out, path, left == 3 or (left == 0 and closed_on_right))
