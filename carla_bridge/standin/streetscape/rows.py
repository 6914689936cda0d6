"""Rows of houses along the streets, what closes their gardens, and what grows and stands behind them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from carla_bridge.standin.streetscape import enclosures
from carla_bridge.standin.streetscape.buildings import House, Row, build_house, draw_house, draw_row
from carla_bridge.standin.streetscape.plots import OUTSIDE, Frontage
from carla_bridge.standin.streetscape.site import Site
from carla_bridge.standin.streetscape.things import BUILDINGS, FOLIAGE, WALLS

BEYOND_END_M = 7.0  # rows reach over the ends of a frontage to the street corner
FAST_KMH = 75.0
SMALLEST_BLOCK_M2 = 700.0
KINDS = ("terrace", "town", "villa", "modern", "shop")
INSIDE, AROUND = (0.3, 0.3, 0.17, 0.13, 0.1), (0.25, 0.08, 0.47, 0.15, 0.05)
PIECE_M = 4.0  # enclosures follow bends and slopes in pieces


def settle(site: Site) -> None:
    """Build along every street that people live in."""
    rng = site.rng
    kind_of_block = {number: str(rng.choice(KINDS, p=INSIDE)) for number in range(site.blocks.count)}
    for frontage in site.frontages:
        if frontage.at_junction:
            _keep_clear(site, frontage)
    for frontage in site.frontages:
        block = site.block_behind(frontage)
        if frontage.at_junction or not _is_lived_in(site, frontage, block):
            continue
        kind = str(rng.choice(KINDS, p=AROUND)) if block == OUTSIDE else kind_of_block[block]
        if rng.random() < 0.2:
            kind = str(rng.choice(KINDS, p=INSIDE))
        row = draw_row(rng, kind)
        if frontage.walk_m < 1.0:
            row = replace(row, setback_m=row.setback_m + float(rng.uniform(4.0, 7.0)))
        _build_row(site, frontage, row)
        if block == OUTSIDE:
            _build_second_row(site, frontage)


def _keep_clear(site: Site, frontage: Frontage) -> None:
    """Keep the corner of a junction free, where a map has no sidewalk round it."""
    if frontage.walk_m > 0.5:
        return
    for along in np.arange(0.0, frontage.length, 2.0):
        site.take(frontage.pose(float(along), 0.0), (-1.2, 0.2), (1.2, 3.0))


def _is_lived_in(site: Site, frontage: Frontage, block: int) -> bool:
    if block == site.park:
        return False
    fast = frontage.walk_m < 1.0 and site.speed_kmh(frontage) > FAST_KMH
    return not fast and (block == OUTSIDE or site.blocks.areas_m2[block] > SMALLEST_BLOCK_M2)


def _build_row(site: Site, frontage: Frontage, row: Row) -> None:
    rng, along = site.rng, -BEYOND_END_M
    while along < frontage.length + BEYOND_END_M - 4.0:
        if rng.random() < 0.05:
            along += float(rng.uniform(3.0, 8.0))  # an empty plot
        corner = along < 2.0 or along > frontage.length - 12.0
        house = draw_house(rng, row, corner=corner)
        middle = along + house.width / 2
        if not _build(site, frontage, house, middle, row.setback_m):
            along += 1.5
            continue
        if row.setback_m >= 1.4:
            _close_garden(site, frontage, row, along, along + house.width)
        along += house.width + float(rng.uniform(0.1, 1.0)) * row.gap_m


def _build(site: Site, frontage: Frontage, house: House, middle_m: float, setback_m: float) -> bool:
    """Build one house if there is room for it, a little further back where the street bends towards it."""
    x0, x1 = min(b.x0 for b in house.blocks), max(b.x1 for b in house.blocks)
    y1 = max(b.y1 for b in house.blocks)
    for further in (0.0, 1.2):
        pose = frontage.pose(middle_m, setback_m + further + 0.7)
        if site.take(pose, (x0, -0.6), (x1, y1)):
            pose = site.grounded(pose)
            site.put(build_house(house, site.rng), pose, BUILDINGS, house.kind)
            return True
    return False


def _close_garden(site: Site, frontage: Frontage, row: Row, start_m: float, end_m: float) -> None:
    """Something along the sidewalk in front of a house, with a gate in it; and a bush or a young tree behind."""
    rng = site.rng
    makers = enclosures.LOW if row.kind != "modern" else (enclosures.hedge, enclosures.railing)
    make = makers[rng.integers(len(makers))]
    if rng.random() < 0.85:
        gate = float(rng.uniform(start_m + 1.0, end_m - 2.5))
        enclose(site, frontage, make, start_m, gate)
        enclose(site, frontage, make, gate + 1.3, end_m)
    if row.setback_m > 2.5:
        for along in np.arange(start_m + 1.5, end_m - 1.0, 3.0):
            if rng.random() < 0.45:
                pose = frontage.pose(float(along), 1.7)
                young = row.setback_m > 4.0 and rng.random() < 0.35
                site.plant_if_free("young" if young else "bush", pose, room_m=0.5)


def enclose(
    site: Site,
    frontage: Frontage,
    make: enclosures.Enclosure,
    start_m: float,
    end_m: float,
    beyond_m: float = 0.5,
) -> None:
    """Put up a fence, a wall or a hedge along a frontage where nothing else stands."""
    count = max(1, round((end_m - start_m) / PIECE_M))
    edges = np.linspace(max(start_m, 0.0), min(end_m, frontage.length), count + 1)
    for a, b in pairwise(edges):
        pose = frontage.pose(float(a + b) / 2, beyond_m)
        half = float(b - a) / 2
        if half > 0.4 and site.take(pose, (-half, -0.25), (half, 0.25)):
            layer = FOLIAGE if make is enclosures.hedge else WALLS
            site.put(
                site.enclosure(make, 2 * half), site.grounded(pose), layer, make.__name__.replace("_", " ")
            )


def _build_second_row(site: Site, frontage: Frontage) -> None:
    """Houses here and there behind the first ones, where the town ends: one sees them through the gaps."""
    rng = site.rng
    row = draw_row(rng, str(rng.choice(["villa", "terrace", "modern"], p=[0.6, 0.25, 0.15])))
    along = 0.0
    while along < frontage.length:
        house = draw_house(rng, row)
        pose = frontage.pose(along, 27.0 + float(rng.uniform(0.0, 4.0)))
        half = house.width / 2
        if rng.random() < 0.6 and site.take(pose, (-half - 3.0, -1.0), (half + 3.0, house.depth + 1.0)):
            site.put(build_house(house, rng), site.grounded(pose), BUILDINGS, house.kind)
        along += house.width + float(rng.uniform(4.0, 14.0))
