"""Where things may stand: frontages along the streets, and the blocks of free ground between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.roads.network import NO_JUNCTION, Network, Verge
from carla_bridge.standin.roads.occupancy import Occupancy, extent

KERB_M = 0.15  # how far a sidewalk lies over the road
CELL_M = 1.0
AROUND_M = 140.0  # how far around the streets the town is grown
OUTSIDE = -1  # the block that has no end


@dataclass(frozen=True)
class Frontage:
    """A verge, seen by those who drive along it: x along it, y away from the road, y = 0 where the sidewalk ends."""

    verge: Verge

    @cached_property
    def _arc(self) -> np.ndarray:
        steps = np.linalg.norm(np.diff(self.verge.line[:, :2], axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def length(self) -> float:
        """The length in metres."""
        return float(self._arc[-1])

    @property
    def walk_m(self) -> float:
        """The width of the sidewalk."""
        return self.verge.walk_m

    @property
    def at_junction(self) -> bool:
        """Whether it bounds a way through a junction."""
        return self.verge.junction != NO_JUNCTION

    def pose(self, along_m: float, beyond_m: float, *, turned_deg: float = 0.0) -> Pose:
        """Return a place beside the line, at the height of the line; it may lie a little before or after its ends."""
        arc, line = self._arc, self.verge.line
        i = int(np.clip(np.searchsorted(arc, along_m) - 1, 0, len(arc) - 2))
        share = (along_m - arc[i]) / max(arc[i + 1] - arc[i], 1e-9)
        x, y, z = line[i] + share * (line[i + 1] - line[i])
        yaw = float(np.arctan2(line[i + 1, 1] - line[i, 1], line[i + 1, 0] - line[i, 0]))
        x, y = x - np.sin(yaw) * beyond_m, y + np.cos(yaw) * beyond_m
        z = float(np.interp(along_m, arc, line[:, 2]))
        return Pose(float(x), float(y), z, yaw=(float(np.degrees(yaw)) + turned_deg + 180.0) % 360.0 - 180.0)


def frontages(network: Network) -> Iterator[Frontage]:
    """Yield the streets' frontages, long ones first, so that rows of houses get the best ground."""
    for verge in sorted(network.verges, key=lambda verge: -_length_m(verge)):
        if _length_m(verge) > 1.0:
            yield Frontage(verge)


def _length_m(verge: Verge) -> float:
    return float(np.linalg.norm(np.diff(verge.line[:, :2], axis=0), axis=1).sum())


class Blocks:
    """The free ground cut into blocks by the streets; found on a grid, before anything is built."""

    def __init__(self, network: Network, occupancy: Occupancy) -> None:
        low, high = extent(network.strips)
        self.low = low - AROUND_M
        columns, rows = np.ceil((high - low + 2 * AROUND_M) / CELL_M).astype(int)
        x, y = np.meshgrid(np.arange(columns), np.arange(rows))
        cells = np.column_stack([x.ravel(), y.ravel()]) * CELL_M + self.low
        free = ~occupancy.taken_at(cells).reshape(rows, columns)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(free.astype(np.uint8), connectivity=4)
        self.count = count
        self.labels = labels  # rows, columns int32: 0 on streets
        self.areas_m2 = stats[:, cv2.CC_STAT_AREA] * CELL_M**2
        self.outer = int(labels[0, 0])
        self.from_street_m = cv2.distanceTransform(free.astype(np.uint8), cv2.DIST_L2, 5) * CELL_M

    def at(self, x: float, y: float) -> int:
        """Return the number of the block at a place; OUTSIDE around the town, 0 on a street."""
        column, row = np.floor((np.array([x, y]) - self.low) / CELL_M + 0.5).astype(int)
        if not (0 <= row < self.labels.shape[0] and 0 <= column < self.labels.shape[1]):
            return OUTSIDE
        label = int(self.labels[row, column])
        return OUTSIDE if label == self.outer else label

    def places(self, which: np.ndarray, step_m: float, rng: np.random.Generator) -> np.ndarray:
        """Return places (N,2) about `step_m` apart, each within a cell of the mask `which` (rows, columns)."""
        step = max(1, round(step_m / CELL_M))
        rows, columns = (np.arange(0, size - step, step) for size in which.shape)
        row, column = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
        row, column = row + rng.integers(0, step, len(row)), column + rng.integers(0, step, len(column))
        chosen = which[row, column]
        return np.column_stack([column[chosen], row[chosen]]) * CELL_M + self.low

    def rings(self, distance_m: float) -> list[np.ndarray]:
        """Return the lines (N,2) around the whole town at a distance from its streets."""
        near = (self.from_street_m < distance_m) | (self.labels != self.outer)
        return self.outlines(near)

    def outlines(self, which: np.ndarray) -> list[np.ndarray]:
        """Return the closed lines (N,2) around the parts of a mask of cells."""
        contours, _ = cv2.findContours(which.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        return [contour[:, 0].astype(np.float64) * CELL_M + self.low for contour in contours]


def rectangle(pose: Pose, low: tuple[float, float], high: tuple[float, float]) -> np.ndarray:
    """Return the corners (4,2) of a rectangle given in a pose's own axes."""
    matrix = pose.matrix()
    outline = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    return np.asarray(outline @ matrix[:2, :2].T + matrix[:2, 3])
