"""Lines and arcs strung together: the centre lines of roads, in OpenDRIVE's axes (y to the left, radians)."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np


@dataclass(frozen=True)
class Piece:
    """A line (curvature 0) or an arc, where it starts and how long it is."""

    s: float
    x: float
    y: float
    heading: float
    length: float
    curvature: float

    def at(self, ds: np.ndarray | np.float64) -> np.ndarray:
        """Return x, y, heading (…,3) at distances from the start of the piece."""
        heading = self.heading + self.curvature * ds
        if self.curvature == 0.0:
            x, y = self.x + ds * np.cos(heading), self.y + ds * np.sin(heading)
        else:
            x = self.x + (np.sin(heading) - np.sin(self.heading)) / self.curvature
            y = self.y - (np.cos(heading) - np.cos(self.heading)) / self.curvature
        return np.stack([x, y, heading], axis=-1)


@dataclass(frozen=True)
class Path:
    """A smooth centre line."""

    pieces: tuple[Piece, ...]

    @staticmethod
    def start(x: float, y: float, heading: float, *steps: tuple[float, float]) -> "Path":
        """Return the path that goes through `steps` of (length, curvature), one after the other."""
        pieces, s = [], 0.0
        for length, curvature in steps:
            pieces.append(Piece(s, x, y, heading, length, curvature))
            x, y, heading = (float(value) for value in pieces[-1].at(np.float64(length)))
            s += length
        return Path(tuple(pieces))

    @cached_property
    def length(self) -> float:
        """The length in metres."""
        return self.pieces[-1].s + self.pieces[-1].length

    def at(self, s: np.ndarray) -> np.ndarray:
        """Return x, y, heading (N,3) at distances along the path."""
        s = np.atleast_1d(np.asarray(s, np.float64))
        starts = np.array([piece.s for piece in self.pieces])
        which = np.clip(np.searchsorted(starts, s, side="right") - 1, 0, len(starts) - 1)
        out = np.empty((len(s), 3))
        for i, piece in enumerate(self.pieces):
            out[which == i] = piece.at(s[which == i] - piece.s)
        return out

    def beside(self, s: np.ndarray, right_m: np.ndarray | float) -> np.ndarray:
        """Return the points (N,2) that lie `right_m` to the right of the path."""
        x, y, heading = self.at(s).T
        return np.stack([x + right_m * np.sin(heading), y - right_m * np.cos(heading)], axis=-1)

    def stations(self, step_m: float) -> np.ndarray:
        """Return evenly spaced distances from one end to the other, both included."""
        return np.linspace(0.0, self.length, max(2, ceil(self.length / step_m) + 1))
