"""The nearest lane to any place, quickly, and how the road lies there; bridges and what runs below are kept apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan, cos, degrees, hypot, radians, sin

import numpy as np

from carla_bridge.standin.roads.network import Lane

CELL_M = 4.0


@dataclass(frozen=True)
class Footing:
    """The road under a place."""

    lane: int  # position in the lanes
    point: int  # position in that lane's points
    z: float
    slope: tuple[float, float]  # how much the road rises per metre along x, along y

    def pitch_and_roll_deg(self, yaw_deg: float) -> tuple[float, float]:
        """Return how something that looks along `yaw_deg` lies on the road."""
        c, s = cos(radians(yaw_deg)), sin(radians(yaw_deg))
        ahead, right = self.slope[0] * c + self.slope[1] * s, self.slope[1] * c - self.slope[0] * s
        return degrees(atan(ahead)), -degrees(atan(right))


class LaneIndex:
    """All points of some lanes, sorted into cells."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._points = np.concatenate([lane.points for lane in lanes])  # N,3
        lengths = [len(lane.points) for lane in lanes]
        self._lane_of = np.repeat(np.arange(len(lanes)), lengths)
        self._point_of = np.concatenate([np.arange(length) for length in lengths])
        self._slopes = np.concatenate([_slopes(lane.points) for lane in lanes])  # N,2
        self._cells = _cells(self._points)
        self._candidates: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def nearest(self, x: float, y: float, z: float = 0.0) -> tuple[int, int]:
        """Return the nearest lane and the position of its nearest point."""
        i = self._nearest(x, y, z)
        return int(self._lane_of[i]), int(self._point_of[i])

    def footing(self, x: float, y: float, z: float = 0.0) -> Footing:
        """Return how the road lies under a place: what a vehicle there stands on."""
        i = self._nearest(x, y, z)
        px, py, pz = self._points[i].tolist()
        a, b = self._slopes[i].tolist()
        dx, dy = x - px, y - py
        if (apart := hypot(dx, dy)) > CELL_M:  # beside the road its slope says nothing
            dx, dy = dx * CELL_M / apart, dy * CELL_M / apart
        return Footing(int(self._lane_of[i]), int(self._point_of[i]), pz + a * dx + b * dy, (a, b))

    def _nearest(self, x: float, y: float, z: float) -> int:
        key = (int(x // CELL_M), int(y // CELL_M))
        if key in self._cells:
            if key not in self._candidates:
                numbers = self._cells[key]
                self._candidates[key] = numbers, self._points[numbers].T.copy()
            numbers, (xs, ys, zs) = self._candidates[key]
            i = int((((xs - x) ** 2 + (ys - y) ** 2) + (zs - z) ** 2).argmin())
            if abs(xs[i] - x) < CELL_M and abs(ys[i] - y) < CELL_M:
                return int(numbers[i])
        return int(((self._points - (x, y, z)) ** 2).sum(axis=1).argmin())


def _cells(points: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """Return for each cell the points in it and in its eight neighbours."""
    own = np.floor(points[:, :2] / CELL_M).astype(np.int64)
    around = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)])
    keys = (own[:, None] + around).reshape(-1, 2)
    numbers = np.repeat(np.arange(len(points)), len(around))
    order = np.lexsort((numbers, keys[:, 1], keys[:, 0]))
    keys, numbers = keys[order], numbers[order]
    starts = np.flatnonzero(np.any(np.diff(keys, axis=0, prepend=keys[:1] - 1), axis=1))
    parts = np.split(numbers, starts[1:])
    return {(int(i), int(j)): part for (i, j), part in zip(keys[starts], parts, strict=True)}


def _slopes(points: np.ndarray) -> np.ndarray:
    """Return how the road rises per metre along x and along y (N,2), level across the lane."""
    ahead = np.gradient(points, axis=0)
    flat = np.maximum((ahead[:, :2] ** 2).sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(ahead[:, :2] * ahead[:, 2:] / flat)
