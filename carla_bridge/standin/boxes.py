"""Where actors are in the way of each other: upright boxes seen from above, and discs that fill them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .actors import Actor
from .geometry import Pose

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
            *centre,
            actor.pose.z,
            actor.model.extent[1],
            actor.id,
            actor.is_ambient,
            actor.type_id.startswith("vehicle."),
        )
        for actor in actors
        if actor.model is not None
        for centre in _row(actor, actor.model.extent)
    ]
    table = np.array(rows, np.float64).reshape(-1, 7)
    owners, flags = table[:, 4].astype(np.int64), table[:, 5:].astype(bool)
    return Discs(table[:, :2], table[:, 2], table[:, 3], owners, flags[:, 0], flags[:, 1])


def _row(actor: Actor, extent: Sequence[float]) -> np.ndarray:
    reach = max(0.0, extent[0] - extent[1])
    along = np.linspace(-reach, reach, DISCS_PER_BOX if reach else 1)
    yaw = np.radians(actor.pose.yaw)
    return np.array([actor.pose.x, actor.pose.y]) + along[:, None] * np.array([np.cos(yaw), np.sin(yaw)])


def overlap(a: Actor, b: Actor) -> bool:
    """Say whether the boxes of two actors touch; an actor without a shape touches nothing."""
    if a.model is None or b.model is None:
        return False
    if abs(a.pose.z - b.pose.z) > a.model.extent[2] + b.model.extent[2]:
        return False
    reach = np.hypot(*a.model.extent[:2]) + np.hypot(*b.model.extent[:2])
    if np.hypot(a.pose.x - b.pose.x, a.pose.y - b.pose.y) > reach:
        return False
    corners = _corners(a.pose, a.model.extent), _corners(b.pose, b.model.extent)
    return not any(_separates(axis, *corners) for axis in (*_axes(a.pose), *_axes(b.pose)))


def _axes(pose: Pose) -> np.ndarray:
    yaw = np.radians(pose.yaw)
    return np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])


def _corners(pose: Pose, extent: Sequence[float]) -> np.ndarray:
    signs = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]], np.float64)
    return (signs * extent[:2]) @ _axes(pose) + (pose.x, pose.y)


def _separates(axis: np.ndarray, a: np.ndarray, b: np.ndarray) -> bool:
    on_a, on_b = a @ axis, b @ axis
    return bool(on_a.max() < on_b.min() or on_b.max() < on_a.min())
