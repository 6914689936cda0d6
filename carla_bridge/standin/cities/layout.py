"""The plan of a seeded city: a bent grid of streets, junctions where three or four of them meet, and a park.

Every line of the grid is one kind of street from end to end; a ring closes the outside, so that no street is a dead
end. Junctions are square but may be turned, and lie flat: streets climb only between them. Right-hand traffic,
OpenDRIVE's axes (y to the left), metres, radians.
"""

from dataclasses import dataclass
from math import atan, cos, exp, hypot, pi, sin

import numpy as np

LANE_M = 3.5
GUTTER_M = 0.4  # between the edge line and the kerb
MAX_SLOPE = 0.055
EAST, NORTH, WEST, SOUTH = range(4)
STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # column, row

Spot = tuple[int, int]  # column and row in the grid


@dataclass(frozen=True)
class Profile:
    """The cross-section that a street keeps from one end of the city to the other."""

    lanes: int  # in each direction
    median_m: float  # width of the raised strip in the middle, 0 without one
    walk_m: float
    speed_kmh: int

    @property
    def kerb_m(self) -> float:
        """From the middle to the kerb where nothing parks."""
        return self.median_m / 2 + self.lanes * LANE_M + GUTTER_M

    @property
    def half_m(self) -> float:
        """From the middle to the back of the sidewalk where nothing parks."""
        return self.kerb_m + self.walk_m


@dataclass(frozen=True)
class Line:
    """A row or a column of the grid."""

    profile: Profile
    at_m: float
    swing_m: float  # how far it swings to the side, 0 if straight
    phase: float

    def offset_m(self, along: float) -> float:
        """Return the swing to the left (of a row) or right (of a column) at a share of its length."""
        return self.swing_m * sin(2 * pi * along + self.phase)

    def slope(self, along: float, length_m: float) -> float:
        """Return the change of the swing per metre."""
        return self.swing_m * 2 * pi / length_m * cos(2 * pi * along + self.phase)


@dataclass(frozen=True)
class Node:
    """A point of the grid that at least two streets meet in; `heading` is that of its eastern arm."""

    x: float
    y: float
    z: float
    heading: float
    ways: tuple[int, ...]  # EAST … SOUTH, those with a street


@dataclass(frozen=True)
class Plan:
    """The bent grid."""

    columns: tuple[Line, ...]
    rows: tuple[Line, ...]
    nodes: dict[Spot, Node]
    park: tuple[float, float]  # a point in the block that is a park
    corner_m: float  # radius of the kerb at street corners
    ring_radius_m: float  # of the ring's middle line at the four corners of the city

    def profile(self, spot: Spot, way: int) -> Profile:
        """Return what the street looks like that leaves a point this way."""
        return self.rows[spot[1]].profile if way in (EAST, WEST) else self.columns[spot[0]].profile


def draw_plan(rng: np.random.Generator) -> Plan:
    """Return the plan of a seeded city."""
    shape = [(4, 4), (5, 4), (4, 5)][rng.integers(3)]
    walk_m = float(rng.choice([2.5, 3.0, 3.5]))
    ring = Profile(int(rng.random() < 0.25) + 1, 0.0, walk_m, 50)
    kinds = [[_street(rng, walk_m) for _ in range(n - 2)] for n in shape]
    axis = int(rng.integers(2))
    avenue = int(rng.integers(len(kinds[axis])))
    kinds[axis][avenue] = Profile(2, float(rng.choice([0.0, 2.4, 3.0], p=[0.3, 0.3, 0.4])), walk_m, 50)
    if rng.random() < 0.5:
        kinds[1 - axis][int(rng.integers(len(kinds[1 - axis])))] = Profile(2, 0.0, walk_m, 50)
    swings = [[_swing(rng, 0.25) for _ in range(n)] for n in shape]
    swings[axis][avenue + 1] = float(rng.choice([-1.0, 1.0]) * rng.uniform(8.0, 12.0))
    columns, rows = (_lines(rng, [ring, *kinds[i], ring], [0.0, *swings[i][1:-1], 0.0]) for i in range(2))
    closed, park = _place_park(rng, columns, rows)
    return Plan(
        columns,
        rows,
        _nodes(rng, columns, rows, closed),
        park,
        float(rng.uniform(6.5, 8.0)),
        float(rng.uniform(22, 34)),
    )


def _street(rng: np.random.Generator, walk_m: float) -> Profile:
    return Profile(1, 0.0, walk_m, int(rng.choice([30, 50])))


def _swing(rng: np.random.Generator, share: float) -> float:
    return float(rng.choice([-1.0, 1.0]) * rng.uniform(3.0, 6.0)) if rng.random() < share else 0.0


def _lines(rng: np.random.Generator, profiles: list[Profile], swings: list[float]) -> tuple[Line, ...]:
    """Return lines so far apart that the blocks between them have room for houses on both sides."""
    block_m = (82.0, 104.0) if len(profiles) == 4 else (70.0, 82.0)
    at, lines = 0.0, []
    for i, (profile, swing) in enumerate(zip(profiles, swings, strict=True)):
        if i:
            at += profiles[i - 1].half_m + float(rng.uniform(*block_m)) + profile.half_m
        lines.append(Line(profile, at, swing, float(rng.uniform(0.0, 2 * pi))))
    return tuple(Line(line.profile, line.at_m - at / 2, line.swing_m, line.phase) for line in lines)


def _place_park(
    rng: np.random.Generator, columns: tuple[Line, ...], rows: tuple[Line, ...]
) -> tuple[tuple[Spot, Spot] | None, tuple[float, float]]:
    """Return the street that gives way to the park, if any, and a point in the park."""
    column, row = int(rng.integers(len(columns) - 1)), int(rng.integers(len(rows) - 1))
    middle_x = (columns[column].at_m + columns[column + 1].at_m) / 2
    middle_y = (rows[row].at_m + rows[row + 1].at_m) / 2
    closed = None
    if rng.random() < 0.6 and column and columns[column].profile.lanes == 1:
        closed = ((column, row), (column, row + 1))
    return closed, (middle_x, middle_y)


def _nodes(
    rng: np.random.Generator,
    columns: tuple[Line, ...],
    rows: tuple[Line, ...],
    closed: tuple[Spot, Spot] | None,
) -> dict[Spot, Node]:
    wide, deep = columns[-1].at_m - columns[0].at_m, rows[-1].at_m - rows[0].at_m
    nodes = {}
    for spot in ((i, j) for i in range(len(columns)) for j in range(len(rows))):
        column, row = columns[spot[0]], rows[spot[1]]
        across, up = (column.at_m - columns[0].at_m) / wide, (row.at_m - rows[0].at_m) / deep
        x, y = column.at_m + column.offset_m(up), row.at_m + row.offset_m(across)
        turns = [atan(row.slope(across, wide)), -atan(column.slope(up, deep))]
        bent = [turn for turn in turns if turn] or [0.0]
        if _on_ring(spot, (len(columns), len(rows))):
            bent.append(0.0)  # the ring gives way to a bent street by half
        ways = tuple(way for way in range(4) if _is_street(spot, way, (len(columns), len(rows)), closed))
        nodes[spot] = Node(x, y, 0.0, sum(bent) / len(bent), ways)
    return _raise_hill(rng, nodes) if rng.random() < 0.35 else nodes


def _on_ring(spot: Spot, shape: tuple[int, int]) -> bool:
    return spot[0] in (0, shape[0] - 1) or spot[1] in (0, shape[1] - 1)


def _is_street(spot: Spot, way: int, shape: tuple[int, int], closed: tuple[Spot, Spot] | None) -> bool:
    there = (spot[0] + STEPS[way][0], spot[1] + STEPS[way][1])
    inside = 0 <= there[0] < shape[0] and 0 <= there[1] < shape[1]
    return inside and closed not in ((spot, there), (there, spot))


def _raise_hill(rng: np.random.Generator, nodes: dict[Spot, Node]) -> dict[Spot, Node]:
    """Return the points on one soft hill, as high as the steepest street allows."""
    top_x, top_y = (float(value) for value in rng.uniform(-120.0, 120.0, 2))
    z = {
        spot: 6.0 * exp(-((n.x - top_x) ** 2 + (n.y - top_y) ** 2) / (2 * 110.0**2))
        for spot, n in nodes.items()
    }
    steepest = max(
        1.5 * abs(z[a] - z[b]) / (hypot(nodes[a].x - nodes[b].x, nodes[a].y - nodes[b].y) - 40.0)
        for a in nodes
        for b in nodes
        if abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1
    )
    scale = min(1.0, MAX_SLOPE / steepest)
    return {spot: Node(n.x, n.y, scale * z[spot], n.heading, n.ways) for spot, n in nodes.items()}
