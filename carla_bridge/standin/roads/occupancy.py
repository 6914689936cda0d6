"""Which ground is free: a bird's-eye raster of the streets, on which whatever is put down takes its place."""

from collections.abc import Iterable
from math import sqrt

import numpy as np

from carla_bridge.standin.roads.footprint import Raster, extent, quads
from carla_bridge.standin.roads.junction_ground import gaps
from carla_bridge.standin.roads.network import Network, Strip

__all__ = ["Occupancy", "Raster", "extent", "quads"]

AROUND_M = 150.0  # how far beyond the streets there is ground
SLACK_M = 0.3  # so much of an outline may lie on taken ground: the raster is not finer


class Occupancy:
    """The free ground of a town: all but its streets, with their sidewalks, and what was taken since."""

    def __init__(self, network: Network) -> None:
        paved = [strip for strip in (*network.strips, *network.corners) if strip.kind != "none"]
        low, high = extent(paved)
        self._raster = Raster(low - AROUND_M, high + AROUND_M)
        self.cover(paved)
        self._raster.fill(triangle for triangles in gaps(network.strips) for triangle in triangles)

    def cover(self, strips: Iterable[Strip]) -> None:
        """Take the ground of some strips, free or not."""
        self._raster.fill(quad for strip in strips for quad in quads(strip))

    def is_free(self, corners_xy: np.ndarray) -> bool:
        """Say whether a convex outline (N,2) lies on free ground; far from all streets nothing does."""
        return self._raster.covers(corners_xy) and not self._raster.touches(_shrunk(corners_xy))

    def take(self, corners_xy: np.ndarray) -> bool:
        """Take the ground inside a convex outline (N,2) if it is free, and say whether it was."""
        if not self.is_free(corners_xy):
            return False
        self._raster.fill([_shrunk(corners_xy)])
        return True

    def taken_at(self, points: np.ndarray) -> np.ndarray:
        """Return for each point (N,2 or N,3) whether its ground is taken; N bool."""
        return self._raster.at(points)


def _shrunk(corners_xy: np.ndarray) -> np.ndarray:
    """Return an outline whose corners have moved towards its middle, by no more than half the way."""
    middle = corners_xy.mean(axis=0)
    inwards = middle - corners_xy
    far = np.linalg.norm(inwards, axis=1, keepdims=True)
    return np.asarray(corners_xy + inwards * np.minimum(0.5, SLACK_M * sqrt(2) / np.maximum(far, 1e-9)))
