"""The pedestrians' navigation mesh as the bytes that the client's Detour library loads: one tile, format version 7."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from carla_bridge.standin.errors import MapError
from carla_bridge.standin.footways.nav_tree import bounding_tree

SET_MAGIC, SET_VERSION = int.from_bytes(b"TESM", "little"), 1
TILE_MAGIC, TILE_VERSION = int.from_bytes(b"VAND", "little"), 7
MAX_VERTICES = 6  # of a polygon
MAX_POLYGONS = 0x7FFF  # neighbours are numbered in 15 bits
WALKER_HEIGHT_M, WALKER_RADIUS_M, CLIMB_M = 2.0, 0.3, 0.5
MARGIN_M = 5.0
NOBODY, BOUNDARY = 0, 1
_SET = struct.Struct("<3i 3f2f2i Ii")
_HEADER = struct.Struct("<5iI9i3f6ff")
_POLYGON = struct.Struct("<I6H6HHBB")
_DETAIL = struct.Struct("<IIBBxx")
_LINK_BYTES = 12  # filled in by the client


class Area(IntEnum):
    """What a polygon is; the client prefers some to others."""

    SIDEWALK = 1
    CROSSWALK = 2
    ROAD = 3
    GRASS = 4


FLAGS = {Area.SIDEWALK: 2, Area.CROSSWALK: 4, Area.ROAD: 8, Area.GRASS: 16}


@dataclass(frozen=True)
class NavMesh:
    """Convex polygons that share vertices where one can walk from one to the other; CARLA's axes."""

    vertices: np.ndarray  # V,3 float64
    polygons: tuple[tuple[int, ...], ...]  # three to six positions of vertices, all the same way round
    areas: tuple[Area, ...]


def nav_file(mesh: NavMesh) -> bytes:
    """Return the file; empty if there is nowhere to walk."""
    if not mesh.polygons:
        return b""
    if len(mesh.polygons) > MAX_POLYGONS or len(mesh.vertices) > 0xFFFF:
        raise MapError(f"{len(mesh.polygons)} polygons are more than the {MAX_POLYGONS} of a navigation tile")
    vertices = mesh.vertices[:, [0, 2, 1]]  # Detour has y upwards
    low, high = vertices.min(axis=0) - MARGIN_M, vertices.max(axis=0) + MARGIN_M
    tile = _tile(mesh, vertices, low, high)
    bits = max(1, (len(mesh.polygons) - 1).bit_length())
    width, height = high[0] - low[0], high[2] - low[2]
    reference = 1 << bits  # the first use of the only tile
    head = _SET.pack(
        SET_MAGIC, SET_VERSION, 1, *low, width + 1.0, height + 1.0, 1, 1 << bits, reference, len(tile)
    )
    return head + tile


def _tile(mesh: NavMesh, vertices: np.ndarray, low: np.ndarray, high: np.ndarray) -> bytes:
    polygons = [_counter_wise(vertices, polygon) for polygon in mesh.polygons]
    edges = sum(map(len, polygons))
    triangles = [_fan(len(polygon)) for polygon in polygons]
    tree, nodes, factor = bounding_tree(vertices, polygons, low)
    header = _HEADER.pack(
        TILE_MAGIC, TILE_VERSION, 0, 0, 0, 0, len(polygons), len(vertices), edges, len(polygons), 0,
        sum(map(len, triangles)), nodes, 0, len(polygons),
        WALKER_HEIGHT_M, WALKER_RADIUS_M, CLIMB_M, *low, *high, factor,
    )  # fmt: skip
    neighbours = _neighbours(polygons)
    parts = [header, vertices.astype("<f4").tobytes()]
    parts += [_polygon(p, n, area) for p, n, area in zip(polygons, neighbours, mesh.areas, strict=True)]
    parts.append(bytes(edges * _LINK_BYTES))
    starts = np.cumsum([0, *map(len, triangles)])
    parts += [_DETAIL.pack(0, int(start), 0, len(t)) for start, t in zip(starts, triangles, strict=False)]
    parts += [bytes(triangle) for fan in triangles for triangle in fan]
    return b"".join([*parts, tree])


def _counter_wise(vertices: np.ndarray, polygon: Sequence[int]) -> tuple[int, ...]:
    """Return the polygon in the order whose area Detour counts as positive."""
    x, z = vertices[list(polygon)][:, [0, 2]].T
    area = float(np.sum(np.roll(x, -1) * z - x * np.roll(z, -1)))
    return tuple(polygon) if area > 0.0 else tuple(reversed(polygon))


def _neighbours(polygons: Sequence[tuple[int, ...]]) -> list[list[int]]:
    """Return for each edge of each polygon the number, from 1, of the polygon beyond it; 0 if there is none."""
    owner: dict[tuple[int, int], int] = {}
    for number, polygon in enumerate(polygons):
        for edge in _edges(polygon):
            owner.setdefault(edge, number)
    return [[owner.get((b, a), -1) + 1 for a, b in _edges(polygon)] for polygon in polygons]


def _edges(polygon: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip(polygon, (*polygon[1:], polygon[0]), strict=True))


def _polygon(polygon: Sequence[int], neighbours: Sequence[int], area: Area) -> bytes:
    rest = [0] * (MAX_VERTICES - len(polygon))
    return _POLYGON.pack(0, *polygon, *rest, *neighbours, *rest, FLAGS[area], len(polygon), area)


def _fan(corners: int) -> list[tuple[int, int, int, int]]:
    """Return the triangles of a polygon, each with the flags of its edges: a boundary or not, two bits each."""
    return [
        (0, i, i + 1, (BOUNDARY * (i == 1)) | BOUNDARY << 2 | (BOUNDARY * (i == corners - 2)) << 4)
        for i in range(1, corners - 1)
    ]
