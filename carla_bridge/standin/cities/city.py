"""The streets and junctions of a seeded city, measured out: centre lines, cross-sections, and every way to turn."""

from dataclasses import dataclass
from functools import cached_property
from math import pi

import numpy as np

from carla_bridge.standin.cities.curves import PoseXYH, connect, moved
from carla_bridge.standin.cities.layout import LANE_M, STEPS, Node, Plan, Profile, Spot
from carla_bridge.standin.roads.paths import Path

LEFT, RIGHT = -1, 1
PARKING_M = 2.2
BAY_START_M, BAY_TAPER_M = 16.0, 3.0  # parking keeps clear of junctions
STUB_M = 9.0  # straight at both ends, for the crosswalk and those who wait before it
PARKING_SHARE = 0.65


@dataclass(frozen=True)
class Arm:
    """Where a street meets a junction; the pose lies on its middle line and looks away from the junction."""

    street: int
    at_end: bool
    way: int  # EAST … SOUTH, as the plan's grid has it
    pose: PoseXYH
    profile: Profile

    @property
    def entry_side(self) -> int:
        """The side of the street, seen along its path, on which traffic drives into the junction."""
        return RIGHT if self.at_end else LEFT


@dataclass(frozen=True)
class Street:
    """A road from one junction to the next."""

    id: int
    path: Path
    profile: Profile
    parking: tuple[bool, bool]  # left side, right side
    z: tuple[float, float]  # at its start, at its end; level there
    junctions: tuple[int, int]

    def kinds(self, side: int) -> list[str]:
        """Return OpenDRIVE's types of the lanes of one side, from the middle outwards: lane 1 or -1 is the first."""
        median = ["median"] if self.profile.median_m else []
        bay = ["parking"] if self.parking[side == RIGHT] else []
        return [*median, *["driving"] * self.profile.lanes, *bay, "shoulder", "sidewalk"]

    def lane_ids(self, side: int, kind: str) -> list[int]:
        """Return OpenDRIVE's numbers of the lanes of one type on one side, from the middle outwards."""
        return [-side * (i + 1) for i, lane in enumerate(self.kinds(side)) if lane == kind]

    def bay_m(self, side: int, s: np.ndarray) -> np.ndarray:
        """Return the width of the parking lane on one side at distances along the street."""
        if not self.parking[side == RIGHT]:
            return np.zeros_like(s)
        from_end = np.minimum(s, self.path.length - s)
        share = np.clip((from_end - BAY_START_M) / BAY_TAPER_M, 0.0, 1.0)
        return PARKING_M * share * share * (3.0 - 2.0 * share)

    def z_m(self, s: np.ndarray) -> np.ndarray:
        """Return the heights at distances along the street."""
        share = s / self.path.length
        return self.z[0] + (self.z[1] - self.z[0]) * share * share * (3.0 - 2.0 * share)


@dataclass(frozen=True)
class Turn:
    """The way of one lane through a junction; its path is the left edge of that lane."""

    id: int
    junction: int
    entry: Arm
    exit: Arm
    lanes: tuple[int, int]  # the lane driven in and out on, 0 is the innermost
    path: Path
    at_kerb: bool  # the kerb and the sidewalk go along on its right


@dataclass(frozen=True)
class Junction:
    """A place where streets meet; arms counter-clockwise."""

    id: int
    z: float
    arms: tuple[Arm, ...]

    @property
    def has_lights(self) -> bool:
        """Say whether traffic lights guard it: where four streets meet."""
        return len(self.arms) == 4


@dataclass(frozen=True)
class City:
    """All streets, junctions and turns; ids are positions in these tuples, turns counted after streets."""

    streets: tuple[Street, ...]
    junctions: tuple[Junction, ...]
    turns: tuple[Turn, ...]
    park: tuple[float, float]  # a point in it

    @cached_property
    def turns_at_kerb(self) -> dict[tuple[int, int], Turn]:
        """The turn one makes who drives on one side (key: street, side) and then follows the right-hand kerb."""
        return {(turn.entry.street, turn.entry.entry_side): turn for turn in self.turns if turn.at_kerb}


def build_city(plan: Plan, rng: np.random.Generator) -> City:
    """Return what a plan looks like on the ground."""
    spots = [spot for spot, node in plan.nodes.items() if len(node.ways) > 2]
    streets: list[Street] = []
    arms: dict[Spot, list[Arm]] = {spot: [] for spot in spots}
    for spot in spots:
        for way in plan.nodes[spot].ways:
            if all(arm.way != way for arm in arms[spot]):
                there, back = _follow(plan, spot, way)
                arms[spot].append(_arm(plan, len(streets), spot, way, at_end=False))
                arms[there].append(_arm(plan, len(streets), there, back, at_end=True))
                ends = arms[spot][-1], arms[there][-1]
                z = plan.nodes[spot].z, plan.nodes[there].z
                streets.append(_street(plan, ends, z, (spots.index(spot), spots.index(there)), rng))
    junctions = tuple(
        Junction(i, plan.nodes[spot].z, tuple(sorted(arms[spot], key=lambda arm: arm.way)))
        for i, spot in enumerate(spots)
    )
    return City(tuple(streets), junctions, _turns(junctions, len(streets)), plan.park)


def _street(
    plan: Plan,
    ends: tuple[Arm, Arm],
    z: tuple[float, float],
    junctions: tuple[int, int],
    rng: np.random.Generator,
) -> Street:
    start, end = ends
    path = connect(start.pose, _reversed(end.pose), radius_m=plan.ring_radius_m, stub_m=STUB_M)
    parking = bool(rng.random() < PARKING_SHARE), bool(rng.random() < PARKING_SHARE)
    return Street(start.street, path, start.profile, parking, z, junctions)


def _follow(plan: Plan, spot: Spot, way: int) -> tuple[Spot, int]:
    """Return the junction that a street leads to, and which way the street leaves that one."""
    while True:
        spot = (spot[0] + STEPS[way][0], spot[1] + STEPS[way][1])
        back = (way + 2) % 4
        if len(plan.nodes[spot].ways) > 2:
            return spot, back
        (way,) = (other for other in plan.nodes[spot].ways if other != back)


def _arm(plan: Plan, street: int, spot: Spot, way: int, *, at_end: bool) -> Arm:
    """Return the arm that begins beyond the crossing street and the round of its kerb."""
    node: Node = plan.nodes[spot]
    crossing = [plan.profile(spot, other).kerb_m for other in node.ways if (other - way) % 2]
    pose = moved((node.x, node.y, node.heading + way * pi / 2), max(crossing) + plan.corner_m)
    return Arm(street, at_end, way, pose, plan.profile(spot, way))


def _reversed(pose: PoseXYH) -> PoseXYH:
    return pose[0], pose[1], pose[2] + pi


def _turns(junctions: tuple[Junction, ...], first_id: int) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for junction in junctions:
        for entry in junction.arms:
            for way_out in junction.arms:
                if way_out is not entry:
                    for lanes in _lane_pairs(entry, way_out):
                        turns.append(_turn(first_id + len(turns), junction, entry, way_out, lanes))
    return tuple(turns)


def _lane_pairs(entry: Arm, way_out: Arm) -> list[tuple[int, int]]:
    """Return who may go where: the innermost lane turns left, the outermost right, and all go straight on."""
    last_in, last_out = entry.profile.lanes - 1, way_out.profile.lanes - 1
    quarter = _quarters(entry, way_out)
    if quarter == 1:
        return [(last_in, last_out)]
    if quarter == 3:
        return [(0, 0)]
    return [(lane, min(lane, last_out)) for lane in range(last_in + 1)]


def _quarters(entry: Arm, way_out: Arm) -> int:
    """Return where an arm lies, counted counter-clockwise from the one driven in on: 1 right, 2 ahead, 3 left."""
    return (way_out.way - entry.way) % 4


def _turn(turn_id: int, junction: Junction, entry: Arm, way_out: Arm, lanes: tuple[int, int]) -> Turn:
    edges = [
        arm.profile.median_m / 2 + lane * LANE_M for arm, lane in zip((entry, way_out), lanes, strict=True)
    ]
    path = connect(moved(_reversed(entry.pose), 0.0, edges[0]), moved(way_out.pose, 0.0, edges[1]))
    first_right = min(_quarters(entry, arm) for arm in junction.arms if arm is not entry)
    at_kerb = _quarters(entry, way_out) == first_right and lanes[0] == entry.profile.lanes - 1
    return Turn(turn_id, junction.id, entry, way_out, lanes, path, at_kerb)
