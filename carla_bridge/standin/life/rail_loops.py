"""The loops along an ambient car's way, compiled by numba: some dozens of cars ask for them in every frame."""

from math import inf, sqrt

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _first_not_below(values, limit, first, last):  # type: ignore[no-untyped-def]
    while first < last:
        middle = (first + last) // 2
        if values[middle] < limit:
            first = middle + 1
        else:
            last = middle
    return first


@njit(cache=True, nogil=True)
def point_at(arc: np.ndarray, points: np.ndarray, at_m: float) -> tuple[float, float, float]:
    """Return the point of a polyline (N,3) at a distance along it, its arc (N) being known; its ends for beyond."""
    first, last = 1, len(arc) - 1
    while first < last:  # how many of the inner points have been passed
        middle = (first + last) // 2
        if arc[middle] <= at_m:
            first = middle + 1
        else:
            last = middle
    i = first - 1
    share = min(1.0, max(0.0, (at_m - arc[i]) / max(arc[i + 1] - arc[i], 1e-9)))
    a, b = points[i], points[i + 1]
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share


@njit(cache=True, nogil=True)
def slowest_mps(
    arc: np.ndarray,  # N
    limits_mps: np.ndarray,  # N: the law's
    bends_mps: np.ndarray,  # N: what is comfortable
    at_m: float,
    haste: float,  # which share of the limits is driven
    brake_mps2: float,
    top_mps: float,
) -> float:
    """Return how fast one may go at a place, to be slow enough in time for everything ahead."""
    least = top_mps * top_mps
    for i in range(_first_not_below(arc, at_m - 2.0, 0, len(arc)), len(arc)):
        allowed = min(limits_mps[i] * haste, bends_mps[i])
        least = min(least, allowed * allowed + 2.0 * brake_mps2 * max(0.0, arc[i] - at_m))
    return sqrt(least)


@njit(cache=True, nogil=True)
def first_touched_m(
    arc: np.ndarray,  # N
    points: np.ndarray,  # N,3
    nose_m: float,
    samples_m: np.ndarray,  # S: how far ahead of the nose is looked
    me: int,
    half_width_m: float,
    others: tuple[
        np.ndarray, np.ndarray, np.ndarray, np.ndarray
    ],  # owners K, centres K,2, heights K, radii K
    storey_m: float,
) -> float:
    """Return how far ahead the way first touches somebody else's disc on the same storey; infinity if nowhere."""
    owners, centres, heights, radii = others
    x, y, _ = point_at(arc, points, nose_m + samples_m[0])
    near, count = np.empty(len(owners), np.int64), 0
    for k in range(len(owners)):
        if owners[k] != me and abs(centres[k, 0] - x) + abs(centres[k, 1] - y) < 2 * samples_m[-1] + 1.0:
            near[count] = k
            count += 1
    if count == 0:
        return inf
    for ahead_m in samples_m:
        x, y, z = point_at(arc, points, nose_m + ahead_m)
        for n in range(count):
            k = near[n]
            dx, dy = x - centres[k, 0], y - centres[k, 1]
            reach = radii[k] + half_width_m
            if dx * dx + dy * dy < reach * reach and abs(z - heights[k]) < storey_m:
                return float(ahead_m)
    return inf
