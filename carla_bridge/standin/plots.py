"""Where things may stand beside the streets: places along a kerb, and ground that is still free."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .geometry import Pose
from .paths import Path, to_carla
from .roads import KERB_M, LANE_M, LEFT, RIGHT, SIDEWALK_M, Roads, Street


@dataclass(frozen=True)
class Frontage:
    """One side of a street, seen by those who drive along it: x along the kerb, y away from the road."""

    street: Street
    side: int

    @property
    def length(self) -> float:
        """The length in metres."""
        return self.street.path.length

    def pose(self, along_m: float, beyond_kerb_m: float, z: float = KERB_M) -> Pose:
        """Return a place: x points the way the traffic goes, y away from the road."""
        s = np.array([along_m if self.side == RIGHT else self.length - along_m])
        heading = float(self.street.path.at(s)[0, 2])
        x, y, _ = to_carla(self.street.side(self.side, s, beyond_kerb_m))[0]
        yaw = -float(np.degrees(heading)) + (180.0 if self.side == LEFT else 0.0)
        return Pose(float(x), float(y), z, yaw=(yaw + 180.0) % 360.0 - 180.0)


def frontages(roads: Roads) -> Iterator[Frontage]:
    """Yield both sides of every street."""
    for street in roads.streets:
        yield Frontage(street, RIGHT)
        yield Frontage(street, LEFT)


class FreeGround:
    """Remembers which rectangles are taken and keeps everything off roads and sidewalks."""

    def __init__(self, roads: Roads):
        sides: list[tuple[Path, int, Callable[[int, np.ndarray], np.ndarray]]]
        sides = [
            (frontage.street.path, frontage.side, frontage.street.bay_m) for frontage in frontages(roads)
        ]
        sides += [
            (turn.path, side, lambda side, s: np.zeros_like(s))
            for turn in roads.turns
            for side in (LEFT, RIGHT)
        ]
        self._road = np.concatenate([_half_road(*side) for side in sides])
        self._taken: list[np.ndarray] = []
        self._centers = np.zeros((0, 3))  # x, y, radius of what is taken

    def take(self, pose: Pose, low: tuple[float, float], high: tuple[float, float]) -> bool:
        """Take a rectangle given in the pose's own axes, if all of it is free."""
        corners = _placed(pose, low, high)
        center, radius = corners.mean(axis=0), float(np.linalg.norm(corners[0] - corners[2])) / 2
        if self._on_road(corners):
            return False
        near = np.hypot(*(self._centers[:, :2] - center).T) < self._centers[:, 2] + radius
        if any(_overlap(corners, self._taken[i]) for i in np.flatnonzero(near)):
            return False
        self._taken.append(corners)
        self._centers = np.vstack([self._centers, [*center, radius]])
        return True

    def _on_road(self, corners: np.ndarray) -> bool:
        center, radius = corners.mean(axis=0), np.linalg.norm(corners[0] - corners[2]) / 2
        near = self._road[np.hypot(*(self._road[:, :2] - center).T) < self._road[:, 2] + radius]
        u, v = np.meshgrid(np.linspace(0, 1, 6), np.linspace(0, 1, 6))
        a, b = corners[1] - corners[0], corners[3] - corners[0]
        samples = corners[0] + u.reshape(-1, 1) * a + v.reshape(-1, 1) * b
        gaps = np.hypot(*(samples[:, None, :] - near[None, :, :2]).transpose(2, 0, 1))
        return bool((gaps < near[:, 2]).any())


def _half_road(path: Path, side: int, bay_m: Callable[[int, np.ndarray], np.ndarray]) -> np.ndarray:
    """Return circles (x, y, radius) that cover one side of a road, from its middle to the back of the sidewalk."""
    s = path.stations(1.0)
    width = LANE_M + bay_m(side, s) + SIDEWALK_M
    middles = to_carla(path.beside(s, side * width / 2))
    return np.column_stack([middles[:, :2], width / 2 - 0.1])


def _placed(pose: Pose, low: tuple[float, float], high: tuple[float, float]) -> np.ndarray:
    matrix = pose.matrix()
    outline = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    return outline @ matrix[:2, :2].T + matrix[:2, 3]


def _overlap(one: np.ndarray, other: np.ndarray, slack_m: float = 0.05) -> bool:
    """Two rectangles overlap when no side of either separates them."""
    for shape in (one, other):
        for i in (0, 1):
            axis = shape[i + 1] - shape[i]
            axis = axis / np.linalg.norm(axis)
            a, b = one @ axis, other @ axis
            if a.max() <= b.min() + slack_m or b.max() <= a.min() + slack_m:
                return False
    return True
