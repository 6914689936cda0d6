"""The tree of boxes by which Detour finds the polygons near a place."""

import struct
from collections.abc import Sequence

import numpy as np

CELL_M = 0.3  # boxes are rounded outwards to this
_NODE = struct.Struct("<3H3Hi")


def bounding_tree(
    vertices: np.ndarray, polygons: Sequence[Sequence[int]], low: np.ndarray
) -> tuple[bytes, int, float]:
    """Return the nodes' bytes, how many they are, and the cells to a metre; vertices (V,3) have y upwards."""
    corners = [vertices[list(polygon)] for polygon in polygons]
    cell_m = max(CELL_M, float((vertices.max(axis=0) - low).max()) / 60_000)
    lows = np.floor((np.array([c.min(axis=0) for c in corners]) - low) / cell_m).astype(np.int64)
    highs = np.ceil((np.array([c.max(axis=0) for c in corners]) - low) / cell_m).astype(np.int64)
    nodes: list[bytes] = []
    _grow(nodes, lows, highs, np.arange(len(polygons)))
    return b"".join(nodes), len(nodes), 1.0 / cell_m


def _grow(nodes: list[bytes], lows: np.ndarray, highs: np.ndarray, items: np.ndarray) -> None:
    """Append the nodes of some polygons; a node of several says how many nodes to skip where its box is missed."""
    box = (*lows[items].min(axis=0).tolist(), *highs[items].max(axis=0).tolist())
    if len(items) == 1:
        nodes.append(_NODE.pack(*box, int(items[0])))
        return
    centres = lows[items] + highs[items]
    axis = int(np.argmax(np.ptp(centres, axis=0)))
    order = items[np.argsort(centres[:, axis], kind="stable")]
    nodes.append(_NODE.pack(*box, -(2 * len(items) - 1)))
    for half in (order[: len(order) // 2], order[len(order) // 2 :]):
        _grow(nodes, lows, highs, half)
