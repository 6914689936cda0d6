"""The outer edges of roads that look at free ground, as lines along which a town can be built."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from carla_bridge.standin.roads.network import Network, Strip, Verge
from carla_bridge.standin.roads.occupancy import Occupancy

LOOK_BEYOND_M = 0.8
SHORTEST_M = 1.0
JOINED_M = 0.1
STEP_M = 2.0


def verges(network: Network, occupancy: Occupancy) -> tuple[Verge, ...]:
    """Return the verges of all roads; where another road lies right beside one, there is none."""
    found: list[Verge] = []
    for _, strips in groupby(network.strips, key=lambda strip: strip.road):
        sections = [list(group) for _, group in groupby(strips, key=lambda strip: strip.section)]
        for sides in (
            [_side(part, -1) for part in sections],
            [_side(part, 1) for part in reversed(sections)],
        ):
            edges = [edge for edge in sides if edge is not None]
            for verge in _joined(edges):
                found += free_parts(verge, occupancy)
    return tuple(found)


def _side(section: Sequence[Strip], sign: int) -> Verge | None:
    """Return the outer edge of one side of a section; None where there is nothing on either side."""
    paved = sorted((strip for strip in section if strip.kind != "none"), key=lambda strip: strip.lane * sign)
    if not paved:
        return None
    own = [strip for strip in paved if strip.lane * sign > 0]
    line = own[-1].outer if own else paved[-1].inner  # a one-way road ends at its center line
    walk, parking = (
        max((_width_m(strip) for strip in own if strip.kind == kind), default=0.0)
        for kind in ("sidewalk", "parking")
    )
    return Verge(line if sign < 0 else line[::-1], paved[0].road, paved[0].junction, walk, parking)


def _width_m(strip: Strip) -> float:
    return float(np.median(np.linalg.norm(strip.outer - strip.inner, axis=1)))


def _joined(edges: Sequence[Verge]) -> Iterator[Verge]:
    """Yield the edges of one side, sections that go on in each other as one."""
    current: Verge | None = None
    for edge in edges:
        if current is not None and _goes_on(current, edge):
            line = np.concatenate([current.line, edge.line[1:]])
            current = Verge(
                line, current.road, current.junction, current.walk_m, max(current.parking_m, edge.parking_m)
            )
        else:
            if current is not None:
                yield current
            current = edge
    if current is not None:
        yield current


def _goes_on(one: Verge, other: Verge) -> bool:
    gap = float(np.linalg.norm(one.line[-1] - other.line[0]))
    return gap < JOINED_M and abs(one.walk_m - other.walk_m) < JOINED_M


def free_parts(verge: Verge, occupancy: Occupancy) -> Iterator[Verge]:
    """Yield the parts of a verge that have free ground on their right."""
    line = _stationed(verge.line)
    if len(line) < 2:
        return
    along = np.gradient(line[:, :2], axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    beyond = line[:, :2] + LOOK_BEYOND_M * np.stack([-along[:, 1], along[:, 0]], axis=1)
    free = ~occupancy.taken_at(beyond)
    for is_free, group in groupby(range(len(line)), key=lambda i: bool(free[i])):
        part = line[list(group)]
        if is_free and len(part) > 1 and np.linalg.norm(np.diff(part, axis=0), axis=1).sum() > SHORTEST_M:
            yield Verge(part, verge.road, verge.junction, verge.walk_m, verge.parking_m)


def _stationed(line: np.ndarray) -> np.ndarray:
    """Return a line with further points in its long pieces."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    arc = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.unique(
        np.concatenate([arc, np.linspace(0.0, arc[-1], max(2, round(arc[-1] / STEP_M) + 1))]).round(3)
    )
    return np.stack([np.interp(at, arc, line[:, axis]) for axis in range(3)], axis=1)
