"""Where vehicles may start: on streets outside junctions, well apart from each other."""

from collections.abc import Sequence

import numpy as np

from .geometry import Pose
from .network import Lane

SPAWN_GAP_M = 12.0
SPAWN_HEIGHT_M = 0.3
FROM_ENDS_M = 6  # points from the ends of a lane, which are about 1 m apart
NARROWEST_M = 2.5
ENOUGH = 300


def spawn_points(lanes: Sequence[Lane], rng: np.random.Generator) -> tuple[Pose, ...]:
    """Return places to put a vehicle, in random order, looking along their lane."""
    spots = [
        (i, j)
        for i, lane in enumerate(lanes)
        if not lane.in_junction and lane.successors and lane.width_m >= NARROWEST_M
        for j in range(FROM_ENDS_M, len(lane.points) - FROM_ENDS_M)
    ]
    chosen: list[Pose] = []
    taken = np.full((ENOUGH, 3), np.inf)
    for k in rng.permutation(len(spots)):
        lane, j = lanes[spots[k][0]], spots[k][1]
        point = lane.points[j]
        if ((taken - point) ** 2).sum(axis=1).min() >= SPAWN_GAP_M**2:
            taken[len(chosen)] = point
            chosen.append(_pose(lane, j))
            if len(chosen) == ENOUGH:
                break
    return tuple(chosen)


def _pose(lane: Lane, j: int) -> Pose:
    x, y, z = lane.points[j].tolist()
    dx, dy, dz = (lane.points[j + 1] - lane.points[j - 1]).tolist()
    pitch = float(np.degrees(np.arctan2(dz, np.hypot(dx, dy))))
    return Pose(x, y, z + SPAWN_HEIGHT_M, pitch, float(np.degrees(np.arctan2(dy, dx))))
