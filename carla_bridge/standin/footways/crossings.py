"""Where pedestrians cross the road on a map without crosswalks: near both ends of each road, from walk to walk."""

from collections.abc import Iterator, Sequence

import numpy as np

from carla_bridge.standin.roads.network import NO_JUNCTION, Strip

FROM_END_M = 4.0
HALF_WIDTH_M = 1.5
WIDEST_M = 30.0


def unmarked_crossings(strips: Sequence[Strip]) -> list[np.ndarray]:
    """Return the outlines (4,3) of the usual places to cross."""
    sides: dict[tuple[int, int], dict[bool, Strip]] = {}
    for strip in strips:
        if strip.kind == "sidewalk" and strip.junction == NO_JUNCTION:
            sides.setdefault((strip.road, strip.section), {})[strip.lane > 0] = strip
    pairs = [pair for pair in sides.values() if len(pair) == 2]
    return [outline for pair in pairs for outline in _across(pair[True].inner, pair[False].inner)]


def _across(left: np.ndarray, right: np.ndarray) -> Iterator[np.ndarray]:
    """Yield a crossing near each end of two kerbs (N,3) that run beside each other; short roads get one."""
    length_m = float(np.linalg.norm(np.diff(left, axis=0), axis=1).sum())
    near = FROM_END_M / max(length_m, FROM_END_M)
    for share in (near, 1.0 - near) if length_m > 4 * FROM_END_M else (0.5,):
        a, b = _at(left, share), _at(right, share)
        across = (b - a)[:2]
        width_m = float(np.linalg.norm(across))
        if 1.0 < width_m < WIDEST_M:
            along = np.array([-across[1], across[0], 0.0]) / width_m * HALF_WIDTH_M
            yield np.array([a - along, b - along, b + along, a + along])


def _at(line: np.ndarray, share: float) -> np.ndarray:
    at = share * (len(line) - 1)
    return np.array([np.interp(at, np.arange(len(line)), axis) for axis in line.T])
