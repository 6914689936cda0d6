"""The way of one ambient car: the lane behind it, the one it is on, and those chosen ahead, as one line."""

from collections.abc import Sequence

import numpy as np

from carla_bridge.standin.life.boxes import Discs
from carla_bridge.standin.life.rail_loops import first_touched_m, point_at, slowest_mps
from carla_bridge.standin.roads.network import Lane

CHOSEN_AHEAD_M = 120.0
TOO_LITTLE_M = 80.0
MOST_LANES = 200  # a map may have rings of lanes without length
BEND_M = 2.0  # a bend is measured over so much before and behind
SIDEWAYS_MPS2 = 2.2
STOREY_M = 3.0  # who is so much higher or lower is not in the way
TOP_MPS = 20.0  # who drives faster sees too late what stands ahead


class Rails:
    """Lanes strung together; `at_m` is where on them the middle of the car is."""

    def __init__(self, lanes: Sequence[Lane], rng: np.random.Generator) -> None:
        self._lanes, self._rng = lanes, rng
        self.start_on(0, 0.0)

    def start_on(self, lane: int, at_m: float) -> None:
        """Begin anew on a lane."""
        self.route, self.at_m = [lane], at_m
        self._lay()

    @property
    def lane(self) -> int:
        """The lane of the middle of the car."""
        return self.route[int(np.searchsorted(self.ends_m[:-1], self.at_m))]

    @property
    def room_m(self) -> float:
        """How far it is to the end of the line; small only where the map itself ends."""
        return float(self._arc[-1]) - self.at_m

    def advance(self, distance_m: float, keep_m: float) -> list[int]:
        """Move on, choose more lanes ahead in time, and return the lanes that lie `keep_m` behind now."""
        self.at_m += distance_m
        passed: list[int] = []
        while len(self.route) > 1 and self.at_m - keep_m > self.ends_m[len(passed)] + 1.0:
            passed.append(self.route.pop(0))
            if len(passed) == len(self.ends_m) - 1:
                break
        if passed:
            self.at_m -= float(self._arc[self._firsts[len(passed)]])
        if passed or self.room_m < TOO_LITTLE_M:
            self._lay()
        return passed

    def along(self, at_m: np.ndarray) -> np.ndarray:
        """Return points (N,3) at distances along the line."""
        i = np.searchsorted(self._arc[1:-1], at_m, side="right")
        share = (at_m - self._arc[i]) / np.maximum(self._arc[i + 1] - self._arc[i], 1e-9)
        start = self._points[i]
        return np.asarray(start + (self._points[i + 1] - start) * np.clip(share, 0.0, 1.0)[:, None])

    def speed_mps(self, haste: float, brake_mps2: float) -> float:
        """Return how fast one may go here, to be slow enough in time for every bend and limit ahead."""
        way = self._arc, self._limits_mps, self._bends_mps
        return float(slowest_mps(*way, self.at_m, haste, brake_mps2, TOP_MPS))

    def point(self, at_m: float) -> tuple[float, float, float]:
        """Return the point at a distance along the line."""
        return point_at(self._arc, self._points, at_m)

    def touched_m(
        self, nose_m: float, samples_m: np.ndarray, me: int, half_width_m: float, others: Discs
    ) -> float:
        """Return how far ahead of a car's nose the line first touches somebody else; infinity if nowhere."""
        solid = others.owners, others.centres, others.heights, others.radii
        line = self._arc, self._points, nose_m, samples_m
        return float(first_touched_m(*line, me, half_width_m, solid, STOREY_M))

    def _lay(self) -> None:
        while self._reach_m() < CHOSEN_AHEAD_M and len(self.route) < MOST_LANES:
            successors = self._lanes[self.route[-1]].successors
            if not successors:
                break
            self.route.append(int(successors[self._rng.integers(len(successors))]))
        parts = [self._lanes[lane].points for lane in self.route]
        self._points = np.concatenate(parts)
        steps = np.linalg.norm(np.diff(self._points, axis=0), axis=1)
        self._arc = np.concatenate([[0.0], np.cumsum(steps)])
        counts = np.array([len(part) for part in parts])
        self._firsts = np.cumsum(counts) - counts
        self.ends_m = self._arc[np.cumsum(counts) - 1]
        self.starts_m = self._arc[self._firsts]
        limits = [self._lanes[lane].speed_limit_kmh / 3.6 for lane in self.route]
        self._limits_mps = np.repeat(limits, counts)
        self._bends_mps = self._bend_speeds()

    def _reach_m(self) -> float:
        lengths = (
            np.linalg.norm(np.diff(self._lanes[lane].points, axis=0), axis=1).sum() for lane in self.route
        )
        return float(sum(lengths)) - self.at_m

    def _bend_speeds(self) -> np.ndarray:
        """Return for each point the speed at which its bend is comfortable."""
        before, here, after = (self.along(self._arc + shift)[:, :2] for shift in (-BEND_M, 0.0, BEND_M))
        first, second = here - before, after - here
        turn = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
        norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
        curvature = np.divide(turn, norms * BEND_M, out=np.zeros(len(turn)), where=norms > 0.25)
        return np.sqrt(SIDEWAYS_MPS2 / np.maximum(curvature, 1e-4))
