"""Where one drives and walks: driving lanes with their successors, spawn points, and the walks around the blocks."""

import numpy as np

from .geometry import Pose
from .network import Lane
from .paths import to_carla
from .roads import KERB_M, LANE_M, LEFT, RIGHT, SIDEWALK_M, Roads, Turn

SPAWN_GAP_M = 12.0
SPAWN_HEIGHT_M = 0.3


def driving_lanes(roads: Roads, speed_limit_kmh: float) -> tuple[Lane, ...]:
    """Return each street's two lanes (right, left), then each turn's one."""
    first_turn = 2 * len(roads.streets)
    lanes = []
    for street in roads.streets:
        for side in (RIGHT, LEFT):
            s = street.path.stations(1.0)[::side]
            exits = [
                first_turn + i
                for i, turn in enumerate(roads.turns)
                if turn.entry.street == street.id and turn.entry.entry_side == side
            ]
            points = to_carla(street.path.beside(s, side * LANE_M / 2))
            lanes.append(Lane(points, tuple(exits), speed_limit_kmh, in_junction=False))
    for turn in roads.turns:
        points = to_carla(turn.path.beside(turn.path.stations(1.0), LANE_M / 2))
        onto = 2 * turn.exit.street + (turn.exit.entry_side == RIGHT)
        lanes.append(Lane(points, (onto,), speed_limit_kmh, in_junction=True))
    return tuple(lanes)


def spawn_points(lanes: tuple[Lane, ...], rng: np.random.Generator) -> tuple[Pose, ...]:
    """Return places to put a vehicle: on streets, along the lane, well apart from each other."""
    spots = [
        (i, j) for i, lane in enumerate(lanes) if not lane.in_junction for j in range(6, len(lane.points) - 6)
    ]
    chosen: list[Pose] = []
    for k in rng.permutation(len(spots)):
        lane, j = lanes[spots[k][0]], spots[k][1]
        x, y, _ = lane.points[j]
        if all(np.hypot(x - pose.x, y - pose.y) >= SPAWN_GAP_M for pose in chosen):
            dx, dy, _ = lane.points[j + 1] - lane.points[j - 1]
            yaw = float(np.degrees(np.arctan2(dy, dx)))
            chosen.append(Pose(float(x), float(y), SPAWN_HEIGHT_M, yaw=yaw))
    return tuple(chosen)


def sidewalk_loops(roads: Roads) -> tuple[np.ndarray, ...]:
    """Return one closed walk (N,3, the last point joins the first) around every block and around the town."""
    left_to_walk = [(street.id, side) for street in roads.streets for side in (RIGHT, LEFT)]
    loops = []
    while left_to_walk:
        street_id, side = first = left_to_walk[0]
        points: list[np.ndarray] = []
        while True:
            left_to_walk.remove((street_id, side))
            points += [_street_walk(roads, street_id, side)]
            turn = next_at_kerb(roads, street_id, side)
            points += [turn.path.beside(turn.path.stations(2.0), LANE_M + SIDEWALK_M / 2)[1:-1]]
            street_id, side = turn.exit.street, -turn.exit.entry_side
            if (street_id, side) == first:
                break
        loops.append(to_carla(np.concatenate(points), KERB_M))
    return tuple(loops)


def next_at_kerb(roads: Roads, street_id: int, side: int) -> Turn:
    """Return the turn one makes who follows the right-hand kerb: the way of the sidewalk."""
    return next(
        turn
        for turn in roads.turns
        if turn.has_sidewalk and turn.entry.street == street_id and turn.entry.entry_side == side
    )


def _street_walk(roads: Roads, street_id: int, side: int) -> np.ndarray:
    street = roads.streets[street_id]
    return street.side(side, street.path.stations(2.0)[::side], SIDEWALK_M / 2)
