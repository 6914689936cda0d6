"""Ground seen from above: a mask of outlines, and how far strips of road reach."""

from collections.abc import Iterable
from math import ceil, sqrt

import cv2
import numpy as np

from carla_bridge.standin.roads.network import Strip

CELL_M = 0.25
MAX_CELLS = 40_000_000  # a larger map gets larger cells
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


def extent(strips: Iterable[Strip]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and the highest x, y (2 float64 each) of some strips."""
    points = np.concatenate([edge[:, :2] for strip in strips for edge in (strip.inner, strip.outer)])
    return points.min(axis=0), points.max(axis=0)


def quads(strip: Strip) -> np.ndarray:
    """Return a strip's pieces as outlines (N,4,3)."""
    a, b = strip.inner, strip.outer
    return np.stack([a[:-1], a[1:], b[1:], b[:-1]], axis=1)
