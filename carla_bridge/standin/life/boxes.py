"""Where actors are in the way of each other: upright boxes seen from above, and discs that fill them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians, sin

import numpy as np

from carla_bridge.standin.life.actors import Actor, Vehicle

DISCS_PER_BOX = 5


@dataclass(frozen=True)
class Discs:
    """All solid actors, each as a row of discs along its length."""

    centres: np.ndarray  # K,2 float64
    heights: np.ndarray  # K, of the ground below
    radii: np.ndarray  # K
    owners: np.ndarray  # K actor ids
    ambient: np.ndarray  # K bool
    vehicles: np.ndarray  # K bool


def discs(actors: Iterable[Actor]) -> Discs:
    """Return the discs of all actors that have a shape."""
    rows = [
        (
            *(a.pose.x, a.pose.y, a.pose.z, a.pose.yaw, *a.model.extent[:2]),
            *(a.id, a.is_ambient, isinstance(a, Vehicle)),
        )
        for a in actors
        if a.model is not None
    ]
    table = np.array(rows, np.float64).reshape(-1, 9)
    count = np.where(table[:, 4] > table[:, 5], DISCS_PER_BOX, 1)
    x, y, z, yaw, length, radius, owner, ambient, vehicle = np.repeat(table, count, axis=0).T
    along = np.concatenate([_ALONG[n] for n in count.tolist()]) if len(count) else np.empty(0)
    reach = along * np.maximum(0.0, length - radius)
    centres = np.stack([x + reach * np.cos(np.radians(yaw)), y + reach * np.sin(np.radians(yaw))], axis=-1)
    return Discs(centres, z, radius, owner.astype(np.int64), ambient.astype(bool), vehicle.astype(bool))


_ALONG = {1: np.zeros(1), DISCS_PER_BOX: np.linspace(-1.0, 1.0, DISCS_PER_BOX)}


def close_pairs(movers: Sequence[Actor], others: Sequence[Actor], margin_m: np.ndarray) -> list[list[Actor]]:
    """Return for each mover the others that it may touch within so many metres (N); all have a shape."""
    if not movers:
        return []
    mine, theirs = _circles(movers), _circles(others)
    reach = mine[:, None, 2] + margin_m[:, None] + theirs[None, :, 2]
    apart = (mine[:, None, 0] - theirs[None, :, 0]) ** 2 + (mine[:, None, 1] - theirs[None, :, 1]) ** 2
    found: list[list[Actor]] = [[] for _ in movers]
    for i, j in np.argwhere(apart < reach * reach).tolist():
        if others[j] is not movers[i]:
            found[i].append(others[j])
    return found


def _circles(actors: Sequence[Actor]) -> np.ndarray:
    """Return x, y and radius (N,3) of the circles around actors with a shape."""
    rows = [(a.pose.x, a.pose.y, hypot(*a.model.extent[:2])) for a in actors if a.model is not None]
    return np.array(rows, np.float64).reshape(-1, 3)


def overlap(a: Actor, b: Actor) -> bool:
    """Say whether the boxes of two actors touch; an actor without a shape touches nothing."""
    if a.model is None or b.model is None:
        return False
    (al, aw, ah), (bl, bw, bh) = a.model.extent, b.model.extent
    dx, dy, dz = b.pose.x - a.pose.x, b.pose.y - a.pose.y, b.pose.z - a.pose.z
    if abs(dz) > ah + bh or dx * dx + dy * dy > (hypot(al, aw) + hypot(bl, bw)) ** 2:
        return False
    yaw_a, yaw_b = radians(a.pose.yaw), radians(b.pose.yaw)
    c, s = abs(cos(yaw_b - yaw_a)), abs(sin(yaw_b - yaw_a))
    if abs(dx * cos(yaw_a) + dy * sin(yaw_a)) > al + bl * c + bw * s:
        return False
    if abs(dy * cos(yaw_a) - dx * sin(yaw_a)) > aw + bl * s + bw * c:
        return False
    if abs(dx * cos(yaw_b) + dy * sin(yaw_b)) > bl + al * c + aw * s:
        return False
    return abs(dy * cos(yaw_b) - dx * sin(yaw_b)) <= bw + al * s + aw * c
