"""Painted lines: what a map says of lane borders, as bands of paint; broken lines really broken."""

from collections.abc import Iterator

import numpy as np

from carla_bridge.standin.roads.lane_bands import SectionBands
from carla_bridge.standin.roads.network import Paint
from carla_bridge.standin.roads.xodr_records import RoadMark

DASH_M, GAP_M = 3.0, 4.5
BETWEEN_LINES_M = 0.14  # from the middle of a double line to each of its lines
PAINTED = ("solid", "broken")
LONGEST_PIECE_M = 20.0


def paint_of(bands: SectionBands) -> Iterator[Paint]:
    """Yield the paint along all lane borders of a section."""
    section = bands.section
    for lane, record in section.lanes.items():
        ends = [*(section.s + mark.s_offset for mark in record.marks[1:]), section.end_s]
        for mark, end in zip(record.marks, ends, strict=False):  # no marks, one end
            side = (
                -1.0 if lane > 0 else 1.0
            )  # outwards, seen along the road: a center line's first is the left one
            for shift_m, length_m, gap_m in _lines(mark):
                start = section.s + mark.s_offset
                for s in _dashes(start, min(end, section.end_s), length_m, gap_m, bands):
                    yield _band(bands, lane, s, side * shift_m, mark)


def _lines(mark: RoadMark) -> Iterator[tuple[float, float, float]]:
    """Yield (shift outwards, length, gap) of each line of a mark; a gap of 0 is a solid line."""
    words = [word for word in mark.kind.split() if word in PAINTED]
    if mark.lines and words:
        for length_m, gap_m, offset_m in mark.lines:
            yield offset_m, max(length_m, 0.1), max(gap_m, 0.0)
        return
    shifts = (0.0,) if len(words) < 2 else (-BETWEEN_LINES_M, BETWEEN_LINES_M)
    for word, shift_m in zip(words, shifts, strict=False):
        yield shift_m, DASH_M, (GAP_M if word == "broken" else 0.0)


def _dashes(start: float, end: float, length: float, gap: float, bands: SectionBands) -> Iterator[np.ndarray]:
    """Yield the stations of each dash; of the whole line if it has no gaps."""
    if end - start < 0.05:
        return
    inner = bands.s[bands.bends]
    if gap == 0.0:
        yield np.array([start, *inner[(inner > start + 0.01) & (inner < end - 0.01)], end])
        return
    fine = bands.s
    first = start - (start - bands.road.sections[0].s) % (length + gap)  # in step from section to section
    for begin in np.arange(first, end, length + gap):
        a, b = max(float(begin), start), min(float(begin) + length, end)
        if b - a > 0.3:
            yield np.array([a, *_bends_between(fine, inner, a, b), b])


def _bends_between(fine: np.ndarray, bends: np.ndarray, a: float, b: float) -> np.ndarray:
    inside = bends[(bends > a + 0.01) & (bends < b - 0.01)]
    return inside if len(inside) < 3 else fine[(fine > a + 0.01) & (fine < b - 0.01)]


def _band(bands: SectionBands, lane: int, s: np.ndarray, right_m: float, mark: RoadMark) -> Paint:
    border = bands.borders[lane]
    line = np.stack([np.interp(s, bands.s, border[:, axis]) for axis in range(3)], axis=1)
    heading = np.interp(s, bands.s, bands.heading)
    right = np.stack([np.sin(heading), np.cos(heading), np.zeros_like(heading)], axis=1)  # CARLA's axes
    left, far = line + right * (right_m - mark.width_m / 2), line + right * (right_m + mark.width_m / 2)
    return Paint(left, far, yellow=mark.color == "yellow")
