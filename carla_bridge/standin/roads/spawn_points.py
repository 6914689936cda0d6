"""Where vehicles may start: on streets outside junctions, well apart from each other."""

from collections.abc import Sequence

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.roads.network import Lane

SPAWN_GAP_M = 12.0
SPAWN_HEIGHT_M = 0.3
FROM_ENDS_M = 6  # points from the ends of a lane, which are about 1 m apart
NARROWEST_M = 2.5
ENOUGH = 300


def spawn_points(lanes: Sequence[Lane], rng: np.random.Generator) -> tuple[Pose, ...]:
    """Return places to put a vehicle, at least one, in random order, looking along their lane."""
    streets = [lane for lane in lanes if not lane.in_junction and lane.width_m >= NARROWEST_M]
    onward = [lane for lane in streets if lane.successors]
    spots = _spots(onward, FROM_ENDS_M) or _spots(streets, FROM_ENDS_M) or _spots(lanes, 0)
    chosen: list[Pose] = []
    taken = np.full((ENOUGH, 3), np.inf)
    for k in rng.permutation(len(spots)):
        lane, j = spots[k]
        if ((taken - lane.points[j]) ** 2).sum(axis=1).min() >= SPAWN_GAP_M**2:
            taken[len(chosen)] = lane.points[j]
            chosen.append(_pose(lane, j))
            if len(chosen) == ENOUGH:
                break
    return tuple(chosen)


def _spots(lanes: Sequence[Lane], from_ends: int) -> list[tuple[Lane, int]]:
    return [(lane, j) for lane in lanes for j in range(from_ends, len(lane.points) - from_ends)]


def _pose(lane: Lane, j: int) -> Pose:
    x, y, z = lane.points[j].tolist()
    dx, dy, dz = (lane.points[min(j + 1, len(lane.points) - 1)] - lane.points[max(j - 1, 0)]).tolist()
    pitch = float(np.degrees(np.arctan2(dz, np.hypot(dx, dy))))
    return Pose(x, y, z + SPAWN_HEIGHT_M, pitch, float(np.degrees(np.arctan2(dy, dx))))
