"""Sidewalks round the corners of junctions, for maps that only have them along their streets."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from carla_bridge.standin.roads.network import NO_JUNCTION, Network, Strip, Verge
from carla_bridge.standin.roads.occupancy import Occupancy
from carla_bridge.standin.roads.verges import free_parts

REACH_M = 6.0  # from the edge of a way through a junction to the kerb of the sidewalk it is to join
SHORTEST_M = 2.0
NO_LANE = -99  # none of the map's

Sides = tuple[np.ndarray, np.ndarray]  # kerb and back edge


def with_corners(network: Network, occupancy: Occupancy) -> Network:
    """Return the network with sidewalks round its corners, which take their ground, and the verges behind them."""
    kerbs, backs = _sidewalk_ends(network.strips)
    corners: list[Strip] = []
    verges: list[Verge] = []
    for verge in network.verges:
        sides = _corner(verge, kerbs, backs)
        if sides is None:
            verges.append(verge)
            continue
        kerb, back = sides
        corners.append(Strip(verge.road, 0, NO_LANE, "sidewalk", verge.junction, inner=kerb, outer=back))
        verges.append(replace(verge, line=back, walk_m=float(np.median(np.linalg.norm(back - kerb, axis=1)))))
    occupancy.cover(corners)
    behind = (part for verge in verges for part in free_parts(verge, occupancy))
    return replace(network, corners=tuple(corners), verges=tuple(behind))


def _sidewalk_ends(strips: Sequence[Strip]) -> Sides:
    """Return the kerb and the back edge (N,3 each) where sidewalks along streets end."""
    walks = [strip for strip in strips if strip.kind == "sidewalk" and strip.junction == NO_JUNCTION]
    kerbs = np.array([strip.inner[end] for strip in walks for end in (0, -1)]).reshape(-1, 3)
    backs = np.array([strip.outer[end] for strip in walks for end in (0, -1)]).reshape(-1, 3)
    return kerbs, backs


def _corner(verge: Verge, kerbs: np.ndarray, backs: np.ndarray) -> Sides | None:
    """Return the sides of a sidewalk along a verge, from one that ends nearby to another; None if it joins none."""
    arc = np.concatenate([[0.0], np.linalg.norm(np.diff(verge.line, axis=0), axis=1).cumsum()])
    if verge.junction == NO_JUNCTION or verge.walk_m > 0.0 or not len(kerbs) or arc[-1] < SHORTEST_M:
        return None
    first, last = (_nearest(point, kerbs) for point in (verge.line[0], verge.line[-1]))
    if first is None and last is None:
        return None
    widths = [float(np.linalg.norm(backs[end] - kerbs[end])) for end in (first, last) if end is not None]
    width_m = widths[0] + (widths[-1] - widths[0]) * arc / arc[-1]
    kerb, back = [verge.line], [verge.line + width_m[:, None] * _right(verge.line)]
    if first is not None:
        kerb.insert(0, kerbs[first][None])
        back.insert(0, backs[first][None])
    if last is not None:
        kerb.append(kerbs[last][None])
        back.append(backs[last][None])
    return np.concatenate(kerb), np.concatenate(back)


def _nearest(point: np.ndarray, kerbs: np.ndarray) -> int | None:
    gaps = np.linalg.norm(kerbs - point, axis=1)
    return int(gaps.argmin()) if gaps.min() < REACH_M else None


def _right(line: np.ndarray) -> np.ndarray:
    ahead = np.gradient(line, axis=0)
    flat = np.maximum(np.linalg.norm(ahead[:, :2], axis=1), 1e-9)
    return np.stack([-ahead[:, 1] / flat, ahead[:, 0] / flat, np.zeros(len(line))], axis=1)
