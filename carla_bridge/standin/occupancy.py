"""Which ground is free: a bird's-eye raster of the streets, on which whatever is put down takes its place."""

from collections.abc import Iterable
from math import ceil, sqrt

import cv2
import numpy as np

from .network import Network, Strip

CELL_M = 0.25
MAX_CELLS = 40_000_000  # a larger map gets larger cells
AROUND_M = 150.0  # how far beyond the streets there is ground
SLACK_M = 0.3  # so much of an outline may lie on taken ground: the raster is not finer
SHIFT = 4  # binary places that cv2 keeps of a corner


class Raster:
    """A mask over a rectangle of ground; outlines are in metres."""

    def __init__(self, low: np.ndarray, high: np.ndarray) -> None:
        width, height = np.maximum(high - low, 1.0)
        self.cell_m = max(CELL_M, sqrt(width * height / MAX_CELLS))
        self.low = low
        self.mask = np.zeros((ceil(height / self.cell_m) + 1, ceil(width / self.cell_m) + 1), np.uint8)

    def fill(self, outlines: Iterable[np.ndarray]) -> None:
        """Mark the ground inside some outlines (N,2 or N,3)."""
        for outline in outlines:
            corners = np.round((outline[:, :2] - self.low) / self.cell_m * (1 << SHIFT)).astype(np.int32)
            cv2.fillPoly(self.mask, [corners], 1, lineType=cv2.LINE_8, shift=SHIFT)

    def covers(self, outline: np.ndarray) -> bool:
        """Say whether a whole outline lies within the rectangle."""
        cells = (outline[:, :2] - self.low) / self.cell_m
        return bool((cells >= 0).all() and (cells < self.mask.shape[::-1]).all())

    def touches(self, outline: np.ndarray) -> bool:
        """Say whether anything inside an outline is marked; it must lie within the rectangle."""
        cells = (outline[:, :2] - self.low) / self.cell_m
        first = np.floor(cells.min(axis=0)).astype(int)
        last = np.ceil(cells.max(axis=0)).astype(int) + 1
        part = self.mask[first[1] : last[1], first[0] : last[0]]
        shape = np.zeros_like(part)
        corners = np.round((cells - first) * (1 << SHIFT)).astype(np.int32)
        cv2.fillPoly(shape, [corners], 1, lineType=cv2.LINE_8, shift=SHIFT)
        return bool((part & shape).any())

    def at(self, points: np.ndarray) -> np.ndarray:
        """Return for each point (N,2 or N,3) whether it is marked; N bool, False outside."""
        cells = np.floor((points[:, :2] - self.low) / self.cell_m + 0.5).astype(np.int64)
        inside = ((cells >= 0) & (cells < self.mask.shape[::-1])).all(axis=1)
        marked = np.zeros(len(points), bool)
        marked[inside] = self.mask[cells[inside, 1], cells[inside, 0]] != 0
        return marked


class Occupancy:
    """The free ground of a town: all but its streets, with their sidewalks, and what was taken since."""

    def __init__(self, network: Network) -> None:
        paved = [strip for strip in network.strips if strip.kind != "none"]
        low, high = extent(paved)
        self._raster = Raster(low - AROUND_M, high + AROUND_M)
        self._raster.fill(quad for strip in paved for quad in quads(strip))

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


def extent(strips: Iterable[Strip]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and the highest x, y (2 float64 each) of some strips."""
    points = np.concatenate([edge[:, :2] for strip in strips for edge in (strip.inner, strip.outer)])
    return points.min(axis=0), points.max(axis=0)


def quads(strip: Strip) -> np.ndarray:
    """Return a strip's pieces as outlines (N,4,3)."""
    a, b = strip.inner, strip.outer
    return np.stack([a[:-1], a[1:], b[1:], b[:-1]], axis=1)


def _shrunk(corners_xy: np.ndarray) -> np.ndarray:
    """Return an outline whose corners have moved towards its middle, by no more than half the way."""
    middle = corners_xy.mean(axis=0)
    inwards = middle - corners_xy
    far = np.linalg.norm(inwards, axis=1, keepdims=True)
    return np.asarray(corners_xy + inwards * np.minimum(0.5, SLACK_M * sqrt(2) / np.maximum(far, 1e-9)))
