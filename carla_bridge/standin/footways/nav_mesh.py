"""Where pedestrians may go: sidewalks as chains of quads, and crosswalks that share edges with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from carla_bridge.standin.footways.crossings import unmarked_crossings
from carla_bridge.standin.footways.nav_file import MAX_VERTICES, Area, NavMesh
from carla_bridge.standin.footways.walkways import INNER, OUTER, Hit, Kerbs, Walkway, walkway
from carla_bridge.standin.roads.network import Network

REACH_M = 4.0  # how far beyond its end a crosswalk looks for a sidewalk
JOINT_M = 1.2  # ends of sidewalks nearer to each other are one
SMALLEST_M2 = 0.02

Key = tuple[int, int, float]  # walkway, edge, distance along it: names a vertex


@dataclass(frozen=True)
class Landing:
    """Where one end of a crosswalk meets a sidewalk."""

    walkway: int
    edge: int
    low_m: float
    high_m: float


def nav_mesh(network: Network) -> NavMesh:
    """Return the mesh of a network's sidewalks and crosswalks."""
    strips = [strip for strip in (*network.strips, *network.corners) if strip.kind == "sidewalk"]
    ways = [way for strip in strips if (way := walkway(strip))]
    kerbs = Kerbs(ways)
    outlines = network.crosswalks or unmarked_crossings(network.strips)
    crossings = [pair for outline in outlines if ways and (pair := _landings(ways, kerbs, outline))]
    stations = [way.stations_m() for way in ways]
    polygons: list[tuple[Sequence[Key], Area]] = []
    for number, cuts in enumerate(stations):
        for a, b in pairwise(cuts):
            quad = ((number, INNER, a), (number, INNER, b), (number, OUTER, b), (number, OUTER, a))
            polygons.append((quad, Area.SIDEWALK))
    polygons += [(_crossing(ways, stations, *pair), Area.CROSSWALK) for pair in crossings]
    return _welded(ways, polygons)


def _landings(ways: Sequence[Walkway], kerbs: Kerbs, outline: np.ndarray) -> tuple[Landing, Landing] | None:
    """Return where a crosswalk meets sidewalks at both ends, and cut them there; None if it does not."""
    corners = cv2.boxPoints(cv2.minAreaRect(outline[:, :2].astype(np.float32))).astype(np.float64)
    centre, height_m = corners.mean(axis=0), float(outline[:, 2].mean())
    found: list[tuple[float, list[Hit], float]] = []
    for first in (0, 1):  # which two of the four sides are its ends
        ends = [(corners[i] + corners[(i + 1) % 4]) / 2 for i in (first, first + 2)]
        hits = [hit for end in ends if (hit := kerbs.first_hit(centre, end, height_m, REACH_M))]
        if len(hits) == 2:
            half_width_m = float(np.linalg.norm(corners[first] - corners[first + 1])) / 2
            found.append((sum(hit.beyond_m for hit in hits), hits, half_width_m))
    if not found:
        return None
    _, hits, half_width_m = min(found, key=lambda each: each[0])
    a, b = (Landing(h.walkway, h.edge, *ways[h.walkway].reserve(h.at_m, half_width_m)) for h in hits)
    return a, b


def _crossing(ways: Sequence[Walkway], stations: Sequence[list[float]], a: Landing, b: Landing) -> list[Key]:
    """Return the polygon between two landings, with all the cuts the sidewalks have there."""
    near, far = ([m for m in stations[x.walkway] if x.low_m <= m <= x.high_m] for x in (a, b))
    near, far = near[: MAX_VERTICES // 2], far[: MAX_VERTICES // 2]
    here, there = ways[a.walkway].at(a.edge, near[-1]), ways[b.walkway].at(b.edge, far[-1])
    other = ways[b.walkway].at(b.edge, far[0])
    if np.linalg.norm(here - other) > np.linalg.norm(here - there):
        far = far[::-1]
    return [*((a.walkway, a.edge, m) for m in near), *((b.walkway, b.edge, m) for m in far)]


def _welded(ways: Sequence[Walkway], polygons: Sequence[tuple[Sequence[Key], Area]]) -> NavMesh:
    """Return the polygons over shared vertices, without those that have no area."""
    joined = _joints(ways)
    numbers: dict[Key, int] = {}
    points: list[list[np.ndarray]] = []

    def number_of(key: Key) -> int:
        root = joined.get(key, key)
        if root not in numbers:
            numbers[root] = len(points)
            points.append([])
        points[numbers[root]].append(ways[key[0]].at(key[1], key[2]))
        return numbers[root]

    named = [(tuple(dict.fromkeys(number_of(key) for key in keys)), area) for keys, area in polygons]
    vertices = np.array([np.mean(same, axis=0) for same in points]).reshape(-1, 3)
    kept = [(corners, area) for corners, area in named if _area_m2(vertices[list(corners)]) > SMALLEST_M2]
    return NavMesh(vertices, tuple(corners for corners, _ in kept), tuple(area for _, area in kept))


def _area_m2(corners: np.ndarray) -> float:
    x, y = corners[:, 0], corners[:, 1]
    return abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))) / 2


def _joints(ways: Sequence[Walkway]) -> dict[Key, Key]:
    """Return for each vertex at the end of a sidewalk the one it is the same as."""
    ends = [(number, m) for number, way in enumerate(ways) for m in (0.0, way.length_m)]
    corners = np.array([[ways[n].at(edge, m) for edge in (INNER, OUTER)] for n, m in ends]).reshape(-1, 2, 3)
    middles = corners.mean(axis=1)
    same: dict[Key, Key] = {}
    for i in range(len(ends)):
        for j in np.flatnonzero(np.linalg.norm(middles[:i] - middles[i], axis=1) < JOINT_M).tolist():
            straight = np.linalg.norm(corners[i] - corners[j], axis=1).sum()
            swapped = np.linalg.norm(corners[i] - corners[j, ::-1], axis=1).sum()
            for edge in (INNER, OUTER):
                mine = (ends[i][0], edge, ends[i][1])
                theirs = (ends[j][0], edge if straight <= swapped else 1 - edge, ends[j][1])
                same[_root(same, mine)] = _root(same, theirs)
    return {key: _root(same, key) for key in same}


def _root(same: dict[Key, Key], key: Key) -> Key:
    while same.get(key, key) != key:
        key = same[key]
    return key
