"""Who may cross: ambient drivers reserve their way through a junction, so that nobody meets in the middle."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .boxes import Discs

if TYPE_CHECKING:
    from .town import Lane

CONFLICT_M = 2.8
INTRUDER_M = 1.5
FAR_M = 40.0
SAME_ENTRY_M = 0.5


class Junctions:
    """The reservations; a way is free if no crossing way is taken or occupied by a client's vehicle."""

    def __init__(self, lanes: Sequence["Lane"]) -> None:
        self._lanes = lanes
        self._holders: dict[int, set[int]] = {}  # lane → driver numbers
        self._crossing = _crossings(lanes)

    def enter(self, lane: int, driver: int, obstacles: Discs) -> bool:
        """Reserve a way and say whether it worked; asking again for one's own way always works."""
        if driver in self._holders.get(lane, ()):
            return True
        for other in self._crossing.get(lane, ()):
            if self._holders.get(other, set()) - {driver} or self._intruded(other, obstacles):
                return False
        self._holders.setdefault(lane, set()).add(driver)
        return True

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


def _crossings(lanes: Sequence["Lane"]) -> dict[int, tuple[int, ...]]:
    ways = [number for number, lane in enumerate(lanes) if lane.in_junction]
    return {a: tuple(b for b in ways if a != b and _cross(lanes[a].points, lanes[b].points)) for a in ways}


def _cross(a: np.ndarray, b: np.ndarray) -> bool:
    if np.linalg.norm(a[0] - b[0]) > FAR_M or np.linalg.norm(a[0] - b[0]) < SAME_ENTRY_M:
        return False
    return _distance_m(a, b[:, :2]) < CONFLICT_M


def _distance_m(points: np.ndarray, others: np.ndarray) -> float:
    return float(np.linalg.norm(points[:, None, :2] - others[None], axis=2).min())
