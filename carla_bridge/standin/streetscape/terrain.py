"""The land under and around the streets: a grid of heights that follows the roads and lies just under them."""

from math import sqrt

import cv2
import numpy as np

from carla_bridge.standin.roads.network import Network, Strip
from carla_bridge.standin.roads.occupancy import AROUND_M, extent

CELL_M = 8.0
MAX_NODES = 250_000  # a larger map gets larger cells
BELOW_M = 0.12  # lower than the road, so that the land never shows through it
SAMPLE_M = 2.0
BLOCK = 4  # so many cells squared become one where the land is even
HORIZON_M = 3000.0
EVEN_M = 0.01


class Terrain:
    """Heights on a grid; `terrain(xy)` gives them anywhere."""

    def __init__(self, network: Network) -> None:
        paved = [strip for strip in network.strips if strip.kind != "none"]
        low, high = extent(paved)
        width, height = high - low + 2 * AROUND_M
        self.cell_m = max(CELL_M, sqrt(width * height / MAX_NODES))
        self._low = low - AROUND_M
        columns, rows = (BLOCK * np.ceil(np.array([width, height]) / self.cell_m / BLOCK)).astype(int) + 1
        samples = np.concatenate([_samples(strip) for strip in paved])
        self._z = np.zeros((rows, columns))  # of the nodes, metres
        self._follow(samples)
        self._lie_below(samples)

    def __call__(self, xy: np.ndarray) -> np.ndarray:
        """Return the height at each place (N,2 or N,3); N float64."""
        (i, j), (u, v) = self._at(xy)
        a, b, c, d = self._z[j, i], self._z[j, i + 1], self._z[j + 1, i + 1], self._z[j + 1, i]
        return np.asarray(np.where(u >= v, a + u * (b - a) + v * (c - b), a + v * (d - a) + u * (c - d)))

    def z(self, x: float, y: float) -> float:
        """Return the height at one place."""
        return float(self(np.array([[x, y]]))[0])

    def triangles(self) -> np.ndarray:
        """Return the land to the horizon (N,3,3); even land in large pieces."""
        rows, columns = self._z.shape
        large, small = self._pieces()
        j, i = np.nonzero(large)
        parts = [self._two_each(i * BLOCK, j * BLOCK, BLOCK)]
        j, i = np.nonzero(small)
        parts.append(self._two_each(i, j, 1))
        edge = float(self._z[0, 0])
        (x0, y0), (x1, y1) = self._low, self._low + self.cell_m * np.array([columns - 1, rows - 1])
        near = np.array([(x0, y0, edge), (x1, y0, edge), (x1, y1, edge), (x0, y1, edge), (x0, y0, edge)])
        far = near + HORIZON_M * np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0), (-1, -1, 0)])
        parts += [
            np.stack([near[:-1], far[:-1], far[1:]], axis=1),
            np.stack([near[:-1], far[1:], near[1:]], axis=1),
        ]
        return np.concatenate(parts)

    def _pieces(self) -> tuple[np.ndarray, np.ndarray]:
        """Return which blocks of cells are even, and which cells lie in no such block; two masks."""
        rows, columns = (size // BLOCK for size in (self._z.shape[0] - 1, self._z.shape[1] - 1))
        nodes = np.lib.stride_tricks.sliding_window_view(self._z, (BLOCK + 1, BLOCK + 1))[::BLOCK, ::BLOCK]
        share = np.arange(BLOCK + 1) / BLOCK
        v, u = share[:, None], share[None, :]
        a, b, c, d = (nodes[:, :, q, p, None, None] for q, p in ((0, 0), (0, -1), (-1, -1), (-1, 0)))
        flat = np.where(u >= v, a + u * (b - a) + v * (c - b), a + v * (d - a) + u * (c - d))
        large = np.abs(flat - nodes).max(axis=(2, 3)) < EVEN_M
        assert large.shape == (rows, columns)
        return large, ~np.repeat(np.repeat(large, BLOCK, axis=0), BLOCK, axis=1)

    def _two_each(self, i: np.ndarray, j: np.ndarray, step: int) -> np.ndarray:
        def node(q: np.ndarray, p: np.ndarray) -> np.ndarray:
            x, y = self._low[0] + p * self.cell_m, self._low[1] + q * self.cell_m
            return np.stack([x, y, self._z[q, p]], axis=1)

        a, b, c, d = node(j, i), node(j, i + step), node(j + step, i + step), node(j + step, i)
        return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])

    def _at(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each place's cell (2,N int: column, row) and where in it the place is (2,N within 0 and 1)."""
        rows, columns = self._z.shape
        cells = (xy[:, :2] - self._low) / self.cell_m
        cells = np.clip(cells, 0.0, np.array([columns, rows]) - 1.0 - 1e-9)
        whole = np.floor(cells).astype(np.int64)
        return whole.T, (cells - whole).T

    def _follow(self, samples: np.ndarray) -> None:
        """Give nodes near roads the height of the roads, and the others a smooth way between."""
        rows, columns = self._z.shape
        (i, j), (u, v) = self._at(samples)
        weight, total = np.zeros((2, rows, columns))
        for dj in (-1, 0, 1, 2):
            for di in (-1, 0, 1, 2):
                q, p = (j + dj).clip(0, rows - 1), (i + di).clip(0, columns - 1)
                w = 1.0 / (0.02 + (u - di) ** 2 + (v - dj) ** 2) ** 2
                np.add.at(weight, (q, p), w)
                np.add.at(total, (q, p), w * (samples[:, 2] - BELOW_M))
        known = weight > 0.0
        _, nearest = cv2.distanceTransformWithLabels(
            (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        values = np.zeros(nearest.max() + 1)
        values[nearest[known]] = total[known] / weight[known]
        z = values[nearest]
        for _ in range(6):
            z = np.where(known, z, cv2.GaussianBlur(z, (0, 0), 3.0, borderType=cv2.BORDER_REPLICATE))
        fade = self._fade()
        self._z = fade * z + (1.0 - fade) * float(np.median(z))

    def _fade(self) -> np.ndarray:
        """Return 1 on the town's nodes, falling to 0 at the edge of the grid, where the land is level."""
        rows, columns = self._z.shape
        from_edge = np.minimum.outer(
            np.minimum(np.arange(rows), rows - 1 - np.arange(rows)),
            np.minimum(np.arange(columns), columns - 1 - np.arange(columns)),
        )
        share = np.clip(from_edge * self.cell_m / (0.8 * AROUND_M), 0.0, 1.0)
        return np.asarray(share * share * (3.0 - 2.0 * share))

    def _lie_below(self, samples: np.ndarray) -> None:
        """Lower the nodes around every place where the land would show through a road."""
        (i, j), _ = self._at(samples)
        for _ in range(12):
            above = self(samples) - (samples[:, 2] - BELOW_M)
            if above.max() < EVEN_M:
                return
            lower = np.zeros_like(self._z)
            for dj, di in ((0, 0), (0, 1), (1, 1), (1, 0)):
                np.maximum.at(lower, (j + dj, i + di), above)
            self._z -= lower


def _samples(strip: Strip) -> np.ndarray:
    """Return places all over a strip (N,3), about 2 m apart along and 1.5 m across."""
    ahead = np.linalg.norm(np.diff(strip.outer, axis=0), axis=1).cumsum()
    arc = np.concatenate([[0.0], ahead])
    at = np.linspace(0.0, arc[-1], max(2, round(arc[-1] / SAMPLE_M) + 1))
    inner, outer = (
        np.stack([np.interp(at, arc, edge[:, axis]) for axis in range(3)], axis=1)
        for edge in (strip.inner, strip.outer)
    )
    return np.concatenate([inner + share * (outer - inner) for share in (0.0, 0.5, 1.0)])
