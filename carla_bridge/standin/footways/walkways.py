"""Sidewalks as chains of quads that can be cut where crosswalks meet them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from carla_bridge.standin.roads.network import Strip

KEEP_OFF_M = 0.25  # walkers keep their middle this far from the kerb
NARROW_M = 1.0  # where less would be left
DEVIATION_M = 0.1
LONGEST_QUAD_M = 20.0
CLOSE_M = 0.4  # cuts nearer to each other are one
STOREY_M = 1.0
INNER, OUTER = 0, 1


@dataclass
class Walkway:
    """The two edges of a sidewalk, and the distances along it at which it is cut."""

    edges: np.ndarray  # 2,N,3 float64: inner, outer
    arc_m: np.ndarray  # N: distance along its middle
    cuts_m: list[float] = field(default_factory=list)  # that crosswalks need
    _free: list[tuple[float, float]] = field(default_factory=list)  # where nobody else may cut

    @property
    def length_m(self) -> float:
        """How long it is along its middle."""
        return float(self.arc_m[-1])

    def at(self, edge: int, distance_m: float) -> np.ndarray:
        """Return the point (3) of an edge at a distance along the middle."""
        return np.array([np.interp(distance_m, self.arc_m, axis) for axis in self.edges[edge].T])

    def reserve(self, middle_m: float, half_width_m: float) -> tuple[float, float]:
        """Cut the walkway on both sides of a place, and return where."""
        low = min(max(0.0, middle_m - half_width_m), self.length_m)
        high = min(self.length_m, max(low + CLOSE_M, middle_m + half_width_m))
        low, high = (self._snapped(cut_m) for cut_m in (low, high))
        self.cuts_m += [low, high]
        self._free.append((low, high))
        return low, high

    def stations_m(self) -> list[float]:
        """Return all cuts in order: the ends, what crosswalks need, and what the shape needs elsewhere."""
        needed = sorted({0.0, self.length_m, *self.cuts_m})
        for cut_m in self._shape_cuts_m():
            if all(abs(cut_m - other) > CLOSE_M for other in needed) and not self._is_reserved(cut_m):
                needed.append(cut_m)
        return sorted(needed)

    def _snapped(self, cut_m: float) -> float:
        others = (0.0, self.length_m, *self.cuts_m)
        nearest = min(others, key=lambda other: abs(other - cut_m))
        return nearest if abs(nearest - cut_m) < CLOSE_M else cut_m

    def _is_reserved(self, cut_m: float) -> bool:
        return any(low < cut_m < high for low, high in self._free)

    def _shape_cuts_m(self) -> Iterable[float]:
        both = np.concatenate(self.edges, axis=1)  # N,6
        kept = _simplified(both, 0, len(both) - 1)
        for a, b in pairwise(kept):
            pieces = int(np.ceil((self.arc_m[b] - self.arc_m[a]) / LONGEST_QUAD_M))
            yield from np.linspace(self.arc_m[a], self.arc_m[b], pieces + 1)[1:].tolist()


class Hit(NamedTuple):
    """Where a ray meets a sidewalk."""

    beyond_m: float  # how far from the end of the ray's measured part
    walkway: int
    edge: int
    at_m: float  # along the walkway


class Kerbs:
    """The edges of all walkways, to find the one that lies ahead."""

    def __init__(self, ways: Sequence[Walkway]) -> None:
        self._ways = ways
        lines = [(n, e, way.edges[e]) for n, way in enumerate(ways) for e in (INNER, OUTER)]
        rows = [(n, e, i, *line[i], *line[i + 1, :2]) for n, e, line in lines for i in range(len(line) - 1)]
        self._legs = np.array(rows, np.float64).reshape(
            -1, 8
        )  # walkway, edge, position, x, y, z, end x, end y

    def first_hit(self, start: np.ndarray, end: np.ndarray, height_m: float, reach_m: float) -> Hit | None:
        """Return what the way from `start` (2) through `end` meets first, up to `reach_m` beyond `end`."""
        length_m = float(np.linalg.norm(end - start))
        ray = (end - start) * (1.0 + reach_m / length_m)
        legs, apart = self._legs[:, 6:8] - self._legs[:, 3:5], self._legs[:, 3:5] - start
        turn = ray[0] * legs[:, 1] - ray[1] * legs[:, 0]
        turn = np.where(np.abs(turn) < 1e-9, np.inf, turn)
        on_ray = (apart[:, 0] * legs[:, 1] - apart[:, 1] * legs[:, 0]) / turn
        on_leg = (apart[:, 0] * ray[1] - apart[:, 1] * ray[0]) / turn
        met = (on_ray > 0.0) & (on_ray <= 1.0) & (on_leg >= 0.0) & (on_leg < 1.0)
        met &= np.abs(self._legs[:, 5] - height_m) < STOREY_M
        if not met.any():
            return None
        first = int(np.where(met, on_ray, np.inf).argmin())
        number, edge, index = (int(value) for value in self._legs[first, :3])
        arc_m = self._ways[number].arc_m
        at_m = float(arc_m[index] + on_leg[first] * (arc_m[index + 1] - arc_m[index]))
        return Hit(abs(float(on_ray[first]) * (length_m + reach_m) - length_m), number, edge, at_m)


def walkway(strip: Strip) -> Walkway | None:
    """Return the walkway of a strip, without what is too near to its edges; None if nothing is left."""
    across = strip.outer - strip.inner
    width_m = np.linalg.norm(across[:, :2], axis=1)
    middle = (strip.inner + strip.outer) / 2
    arc_m = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(middle[:, :2], axis=0), axis=1))])
    if arc_m[-1] < CLOSE_M or width_m.max() < CLOSE_M:
        return None
    keep_off_m = np.where(width_m > NARROW_M, KEEP_OFF_M, 0.0)
    inset = across / np.maximum(width_m, 1e-6)[:, None] * keep_off_m[:, None]
    return Walkway(np.stack([strip.inner + inset, strip.outer - inset]), arc_m)


def _simplified(points: np.ndarray, first: int, last: int) -> list[int]:
    """Return the positions of those points (N,K) that a polyline needs to stay true to them."""
    if last <= first + 1:
        return [first, last]
    share = np.linspace(0.0, 1.0, last - first + 1)[1:-1, None]
    chord = points[first] * (1 - share) + points[last] * share
    off_m = np.abs(points[first + 1 : last] - chord).max(axis=1)
    worst = int(off_m.argmax())
    if off_m[worst] < DEVIATION_M:
        return [first, last]
    middle = first + 1 + worst
    return [*_simplified(points, first, middle)[:-1], *_simplified(points, middle, last)]
