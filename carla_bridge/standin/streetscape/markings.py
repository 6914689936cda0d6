"""What is painted on the streets, as triangles: lines, stop lines and zebra crossings."""

from collections.abc import Iterator

import cv2
import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.rendering.shapes import Builder, Rgb, fan, strip
from carla_bridge.standin.roads.network import Network, Stop

WHITE: Rgb = (225, 225, 220)
YELLOW: Rgb = (212, 176, 62)
PAINT_M = 0.02  # how far paint lies above the road
BAR_M, BETWEEN_BARS_M = 0.5, 0.55
STOP_LINE_M = 0.4
STOPPING = frozenset({"1000001", "206", "205"})  # lights, stop, yield


def add_markings(builder: Builder, network: Network) -> None:
    """Paint everything that the map knows of."""
    up = np.array([0.0, 0.0, PAINT_M])
    for paint in network.paint:
        builder.add(
            strip(paint.left + up, paint.right + up), tags.ROAD_LINES, YELLOW if paint.yellow else WHITE
        )
    stops = {stop for signal in network.signals if signal.kind in STOPPING for stop in signal.stops}
    for stop in sorted(stops, key=lambda each: (each.lane, each.point)):
        builder.add(fan(_stop_line(network, stop) + up), tags.ROAD_LINES, WHITE)
    for outline in network.crosswalks:
        for bar in _zebra(outline):
            builder.add(fan(bar + up), tags.ROAD_LINES, WHITE)


def _stop_line(network: Network, stop: Stop) -> np.ndarray:
    lane = network.lanes[stop.lane]
    at = min(max(stop.point, 1), len(lane.points) - 1)
    ahead = lane.points[at] - lane.points[at - 1]
    ahead = ahead / max(float(np.linalg.norm(ahead)), 1e-9)
    right = np.array([-ahead[1], ahead[0], 0.0]) * (lane.width_m / 2 - 0.1)
    end = lane.points[at]
    start = end - STOP_LINE_M * ahead
    return np.array([start - right, end - right, end + right, start + right])


def _zebra(outline: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the bars (4,3) of a crossing, side by side along its longer side."""
    corners = cv2.boxPoints(cv2.minAreaRect(outline[:, :2].astype(np.float32))).astype(np.float64)
    a, b, _, d = corners
    if np.linalg.norm(b - a) < np.linalg.norm(d - a):
        a, b, d = b, corners[2], a
    length = float(np.linalg.norm(b - a))
    along, across = (b - a) / max(length, 1e-9), d - a
    count = int((length - BAR_M) // (BAR_M + BETWEEN_BARS_M)) + 1
    start = (length - count * BAR_M - (count - 1) * BETWEEN_BARS_M) / 2
    for at in start + (BAR_M + BETWEEN_BARS_M) * np.arange(count):
        bar = np.array([a + at * along, a + (at + BAR_M) * along])
        flat = np.array([bar[0], bar[1], bar[1] + across, bar[0] + across])
        yield np.column_stack([flat, _heights(outline, flat)])


def _heights(outline: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Return the outline's plane at some points."""
    middle = outline.mean(axis=0)
    if np.ptp(outline[:, 2]) < 1e-6:
        return np.full(len(flat), middle[2])
    slope, *_ = np.linalg.lstsq(outline[:, :2] - middle[:2], outline[:, 2] - middle[2], rcond=None)
    return np.asarray(middle[2] + (flat - middle[:2]) @ slope)
