"""The ground of a town as triangles: carriageways, kerbs, sidewalks, medians, paint, and the land around."""

from collections.abc import Iterator, Mapping
from itertools import groupby

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.rendering.mesh import NEAR, Mesh, join
from carla_bridge.standin.rendering.shapes import Builder, Rgb, strip
from carla_bridge.standin.roads.junction_ground import ROADWAY, clipped, gaps
from carla_bridge.standin.roads.network import NO_JUNCTION, Network, Strip
from carla_bridge.standin.streetscape.markings import add_markings
from carla_bridge.standin.streetscape.terrain import Terrain

ASPHALT: Rgb = (62, 63, 66)
PAVING: Rgb = (150, 146, 140)
KERBSTONE: Rgb = (170, 168, 162)
GRASS: Rgb = (88, 112, 58)
KERB_M = 0.15
SUNK_M = -0.03  # what no lane type names: never over the road that another lane may lay there
DECK_M = 0.9  # how thick a bridge is


def build_ground(network: Network, terrain: Terrain) -> Mesh:
    """Return everything that lies flat; `terrain` is the land around it. Far away, lines and kerbs are left out."""
    builder, detail = Builder(), Builder()
    builder.add(terrain.triangles(), tags.TERRAIN, GRASS)
    heights = {(each.road, each.section, each.lane): _look(each.kind)[2] for each in network.strips}
    for band in clipped([*network.strips, *network.corners]):
        _add_band(builder, band)
        _add_kerbs(detail, band, heights)
    for triangles in gaps(network.strips):
        builder.add(triangles, tags.ROADS, ASPHALT)
    for edge, top in _outer_edges(network):
        _add_skirt(builder, edge, top, terrain)
    add_markings(detail, network)
    return join([builder.mesh(), detail.mesh().at_level(NEAR)])


def _look(kind: str) -> tuple[int, Rgb, float]:
    """Return tag, colour and height over the road of a lane type."""
    if kind in ROADWAY:
        return tags.ROADS, ASPHALT, 0.0
    if kind in ("sidewalk", "curb"):
        return tags.SIDEWALKS, PAVING, KERB_M
    return tags.TERRAIN, GRASS, KERB_M if kind == "median" else SUNK_M


def _add_band(builder: Builder, band: Strip) -> None:
    tag, color_rgb, height = _look(band.kind)
    up = np.array([0.0, 0.0, height])
    builder.add(strip(band.inner + up, band.outer + up), tag, color_rgb)


def _add_kerbs(builder: Builder, band: Strip, heights: Mapping[tuple[int, int, int], float]) -> None:
    """Close the sides of a raised band where its neighbour is lower, and its ends where it was cut off."""
    height = _look(band.kind)[2]
    if height <= 0.0:
        return
    sign = 1 if band.lane > 0 else -1
    within, beyond = (
        heights.get((band.road, band.section, lane)) for lane in (band.lane - sign or -sign, band.lane + sign)
    )
    sides = [band.inner] if within is None or within < height else []
    sides += [band.outer] if beyond is not None and beyond < height else []
    if band.junction != NO_JUNCTION:
        sides += [np.array([band.inner[end], band.outer[end]]) for end in (0, -1)]
    up = np.array([0.0, 0.0, height])
    for side in sides:
        builder.add(strip(side, side + up), tags.SIDEWALKS, KERBSTONE)


def _outer_edges(network: Network) -> Iterator[tuple[np.ndarray, float]]:
    """Yield the outermost edges of all roads, with their height over the road; in junctions those at free ground."""
    for verge in network.verges:
        if verge.junction != NO_JUNCTION:
            yield verge.line, KERB_M if verge.walk_m > 0.0 else 0.0
    outside = (band for band in network.strips if band.junction == NO_JUNCTION and band.kind != "none")
    for _, group in groupby(outside, key=lambda band: (band.road, band.section)):
        section = sorted(group, key=lambda band: band.lane)
        for last, sign in ((section[0], -1), (section[-1], 1)):
            edge = last.outer if last.lane * sign > 0 else last.inner
            yield edge, max(_look(last.kind)[2], 0.0)


def _add_skirt(builder: Builder, edge: np.ndarray, top: float, terrain: Terrain) -> None:
    """Close the side of a road down to the land; a bridge gets the side of its deck."""
    low, high = edge.copy(), edge.copy()
    high[:, 2] += top
    low[:, 2] = np.maximum(terrain(edge) - 0.1, edge[:, 2] - DECK_M)
    tag, color_rgb = (tags.SIDEWALKS, KERBSTONE) if top > 0.0 else (tags.TERRAIN, GRASS)
    builder.add(strip(low, high), tag, color_rgb)
