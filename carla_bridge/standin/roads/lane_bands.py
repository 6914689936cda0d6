"""The lanes of each section as bands of ground between borders, in CARLA's axes."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from carla_bridge.standin.roads.network import Lane, Strip
from carla_bridge.standin.roads.reference_line import cubic_at, points_along
from carla_bridge.standin.roads.xodr_records import Road, Section

STEP_M = 1.0
TOLERANCE_M = 0.03  # how far a strip's straight pieces may leave the true border
LONGEST_PIECE_M = 20.0
END_M = 1e-8  # what begins at the end of a section belongs to the next
MERGED_M = 1e-3


@dataclass(frozen=True)
class SectionBands:
    """One section: its stations, and the border on the far side of each lane."""

    road: Road
    number: int
    s: np.ndarray  # M float64
    heading: np.ndarray  # M float64, the reference line's, OpenDRIVE's axes
    even: np.ndarray  # M bool: the stations about 1 m apart
    bends: np.ndarray  # K int: the stations that are enough to draw it
    borders: dict[int, np.ndarray]  # lane id → M,3 float64; 0 is the center line

    @property
    def section(self) -> Section:
        """The section's record."""
        return self.road.sections[self.number]

    def inner(self, lane: int) -> np.ndarray:
        """Return the border of a lane (M,3) that is nearer to the center line."""
        nearer = [each for each in self.borders if each * lane >= 0 and abs(each) < abs(lane)]
        return self.borders[max(nearer, key=abs)]

    def strip(self, lane: int) -> Strip:
        """Return a lane as a band of ground."""
        inner, outer = self.inner(lane)[self.bends], self.borders[lane][self.bends]
        kind = self.section.lanes[lane].kind
        return Strip(self.road.id, self.number, lane, kind, self.road.junction, inner, outer)

    def width_m(self, lane: int) -> np.ndarray:
        """Return a lane's width at the stations."""
        return np.linalg.norm(self.borders[lane] - self.inner(lane), axis=1)


def section_bands(road: Road, number: int) -> SectionBands:
    """Return the bands of one section."""
    section = road.sections[number]
    s, even = _stations(road, section)
    at = np.minimum(s, max(section.s, section.end_s - END_M))
    line = points_along(road.plan, at)
    z = cubic_at(road.elevation, at)
    borders = {
        lane: np.stack([line[:, 0] - t * np.sin(line[:, 2]), -line[:, 1] - t * np.cos(line[:, 2]), z], axis=1)
        for lane, t in _offsets(road, section, at).items()
    }
    bends = _bends(s, np.stack(list(borders.values()), axis=1))
    return SectionBands(road, number, s, line[:, 2], even, bends, borders)


def lane_of(bands: SectionBands, lane: int, *, speed_limit_kmh: float) -> Lane:
    """Return a lane as a way in the direction of travel, not yet linked."""
    middle = (bands.inner(lane) + bands.borders[lane])[bands.even] / 2.0
    return Lane(
        points=middle if lane < 0 else middle[::-1],
        successors=(),
        speed_limit_kmh=speed_limit_kmh,
        in_junction=bands.road.junction != -1,
        road=bands.road.id,
        section=bands.number,
        lane=lane,
        width_m=float(np.median(bands.width_m(lane))),
    )


def _stations(road: Road, section: Section) -> tuple[np.ndarray, np.ndarray]:
    """Return distances along the road, even ones and those where a curve changes, and which are the even ones."""
    start, end = section.s, section.end_s
    even = np.linspace(start, end, max(1, ceil((end - start) / STEP_M)) + 1)
    widths = [section.s + lane.width[:, 0] for lane in section.lanes.values()]
    changes = np.concatenate(
        [[piece.s for piece in road.plan], road.elevation[:, 0], road.offset[:, 0], *widths]
    )
    changes = np.unique(changes[(changes > start + MERGED_M) & (changes < end - MERGED_M)])
    gaps = np.abs(changes - even[np.searchsorted(even, changes).clip(0, len(even) - 1)])
    gaps = np.minimum(gaps, np.abs(changes - even[np.searchsorted(even, changes) - 1]))
    changes = changes[gaps > MERGED_M]
    s = np.concatenate([even, changes])
    order = np.argsort(s, kind="stable")
    return s[order], order < len(even)


def _offsets(road: Road, section: Section, s: np.ndarray) -> dict[int, np.ndarray]:
    """Return how far to the left of the reference line each lane's outer border is."""
    center = cubic_at(road.offset, s)
    offsets = {0: center}
    for sign in (1, -1):
        edge = center
        for lane in sorted((lane for lane in section.lanes if lane * sign > 0), key=abs):
            edge = edge + sign * np.maximum(cubic_at(section.lanes[lane].width, s - section.s), 0.0)
            offsets[lane] = edge
    return offsets


def _bends(s: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the positions of few stations between which all borders (M,K,3) are straight enough."""
    keep, todo = {0, len(s) - 1}, [(0, len(s) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        share = ((s[first + 1 : last] - s[first]) / (s[last] - s[first]))[:, None, None]
        chord = points[first] + share * (points[last] - points[first])
        off = np.linalg.norm(points[first + 1 : last] - chord, axis=2).max(axis=1)
        if off.max() > TOLERANCE_M:
            middle = first + 1 + int(off.argmax())
        elif s[last] - s[first] > LONGEST_PIECE_M:
            middle = (first + last) // 2
        else:
            continue
        keep.add(middle)
        todo += [(first, middle), (middle, last)]
    return np.array(sorted(keep))
