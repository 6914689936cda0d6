"""Who may cross: ambient drivers reserve their way through a junction, so that nobody meets in the middle."""

from collections.abc import Sequence

import numpy as np

from carla_bridge.standin.life.boxes import Discs
from carla_bridge.standin.roads.network import Lane

CONFLICT_M = 2.8  # between ways that run straight
TURNING_M = 4.2  # a long vehicle that turns needs more than its lane
STRAIGHT_DEG = 10.0
INTRUDER_M = 1.5
SAME_ENTRY_M = 0.5
STOREY_M = 3.0


class Junctions:
    """The reservations; a way is free if no crossing way is taken or occupied by a client's vehicle."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._lanes = lanes
        self._holders: dict[int, set[int]] = {}  # lane → driver numbers
        self._crossing = _crossings(lanes)

    def enter(self, ways: Sequence[int], driver: int, obstacles: Discs) -> bool:
        """Reserve lanes that follow each other, all or none, and say whether it worked; one's own are always free."""
        wanted = [lane for lane in ways if driver not in self._holders.get(lane, ())]
        for lane in wanted:
            for other in self._crossing.get(lane, ()):
                if self._holders.get(other, set()) - {driver} or self._intruded(other, obstacles):
                    return False
        for lane in wanted:
            self._holders.setdefault(lane, set()).add(driver)
        return True

    def holds(self, ways: Sequence[int], driver: int) -> bool:
        """Say whether a driver has reserved all of some lanes."""
        return all(driver in self._holders.get(lane, ()) for lane in ways)

    def leave(self, lane: int, driver: int) -> None:
        """Give a way back."""
        self._holders.get(lane, set()).discard(driver)

    def forget(self, driver: int) -> None:
        """Give back all that a driver holds."""
        for holders in self._holders.values():
            holders.discard(driver)

    def _intruded(self, lane: int, obstacles: Discs) -> bool:
        foreign = obstacles.centres[~obstacles.ambient & obstacles.vehicles]
        return bool(len(foreign)) and _distance_m(self._lanes[lane].points, foreign) < INTRUDER_M


def _crossings(lanes: Sequence[Lane]) -> dict[int, tuple[int, ...]]:
    """Return for each lane in a junction the lanes of other roads that come too close to it."""
    ways = np.array([number for number, lane in enumerate(lanes) if lane.in_junction], np.int64)
    if not len(ways):
        return {}
    low = np.array([lanes[way].points.min(axis=0) for way in ways]) - TURNING_M
    high = np.array([lanes[way].points.max(axis=0) for way in ways])
    crossing: dict[int, list[int]] = {int(way): [] for way in ways}
    for i, way in enumerate(ways.tolist()):
        near = ((low[i] < high[i + 1 :]) & (low[i + 1 :] < high[i])).all(axis=1)
        for other in ways[i + 1 :][near].tolist():
            if _cross(lanes[way], lanes[other]):
                crossing[way].append(other)
                crossing[other].append(way)
    return {way: tuple(others) for way, others in crossing.items()}


def _cross(a: Lane, b: Lane) -> bool:
    if a.road == b.road or np.linalg.norm(a.points[0] - b.points[0]) < SAME_ENTRY_M:
        return False
    close_m = CONFLICT_M if _is_straight(a) and _is_straight(b) else TURNING_M
    gaps = a.points[:, None] - b.points[None]
    apart = np.hypot(gaps[..., 0], gaps[..., 1])
    return bool(((apart < close_m) & (np.abs(gaps[..., 2]) < STOREY_M)).any())


def _is_straight(lane: Lane) -> bool:
    first, last = lane.points[1] - lane.points[0], lane.points[-1] - lane.points[-2]
    turn = np.degrees(np.arctan2(last[1], last[0]) - np.arctan2(first[1], first[0]))
    return bool(abs((turn + 180.0) % 360.0 - 180.0) < STRAIGHT_DEG)


def _distance_m(points: np.ndarray, others: np.ndarray) -> float:
    return float(np.linalg.norm(points[:, None, :2] - others[None], axis=2).min())
