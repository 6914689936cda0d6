"""A map's text → the network of its streets."""

import re
from dataclasses import replace
from math import isnan

import numpy as np

from carla_bridge.standin.errors import MapError
from carla_bridge.standin.roads.corners import with_corners
from carla_bridge.standin.roads.lane_bands import SectionBands, lane_of, section_bands
from carla_bridge.standin.roads.lane_links import Key, followers
from carla_bridge.standin.roads.network import Lane, Network
from carla_bridge.standin.roads.occupancy import Occupancy
from carla_bridge.standin.roads.road_marks import paint_of
from carla_bridge.standin.roads.road_signs import outlines, signals
from carla_bridge.standin.roads.verges import verges
from carla_bridge.standin.roads.xodr import read_xodr
from carla_bridge.standin.roads.xodr_records import Records

USUAL_KMH = 50.0  # where a map names no speed limit
LEAST_LANE_M = 0.5  # a driving lane that is nowhere wider is none
LEAST_STRIP_M = 0.01
WIDEST_M = 25_000.0


def read_network(name: str, text: str) -> Network:
    """Return the streets of an OpenDRIVE map; raise a MapError in one sentence if the text is none."""
    records = read_xodr(text)
    bands = [
        section_bands(road, i)
        for road in records.roads.values()
        for i, section in enumerate(road.sections)
        if section.end_s > section.s
    ]
    _check_extent(bands)
    lanes, numbers = _lanes(records, bands)
    signs, controllers = signals(records, lanes, numbers)
    network = Network(
        name=name,
        opendrive=text,
        strips=tuple(
            each.strip(lane)
            for each in bands
            for lane in each.borders
            if lane != 0 and each.width_m(lane).max() > LEAST_STRIP_M
        ),
        lanes=lanes,
        paint=tuple(paint for each in bands for paint in paint_of(each)),
        crosswalks=outlines(records, "crosswalk"),
        parks=outlines(records, "park"),
        signals=signs,
        verges=(),
        latitude_deg=_origin(records, "lat_0"),
        longitude_deg=_origin(records, "lon_0"),
        controllers=controllers,
        junctions={each.id: each.controllers for each in records.junctions.values()},
    )
    occupancy = Occupancy(network)
    return with_corners(replace(network, verges=verges(network, occupancy)), occupancy)


def _check_extent(bands: list[SectionBands]) -> None:
    borders = [border[each.bends] for each in bands for border in each.borders.values()]
    points = np.concatenate(borders or [np.zeros((1, 3))])
    across_m = float(np.ptp(points, axis=0).max())
    if not across_m < WIDEST_M:
        raise MapError(
            f"the map is {across_m / 1000:.0f} km wide or high; at most {WIDEST_M / 1000:g} km are built"
        )


def _lanes(records: Records, bands: list[SectionBands]) -> tuple[tuple[Lane, ...], dict[Key, int]]:
    """Return the driving lanes, linked with each other, and the position of each."""
    found: dict[Key, Lane] = {}
    for each in bands:
        for number, record in each.section.lanes.items():
            if number != 0 and record.kind == "driving" and each.width_m(number).max() > LEAST_LANE_M:
                key = (each.road.id, each.number, number)
                limit = record.speed_kmh or _road_speed_kmh(each)
                found[key] = lane_of(each, number, speed_limit_kmh=limit)
    numbers = {key: i for i, key in enumerate(found)}
    if not found:
        raise MapError("the map has no driving lane; give an OpenDRIVE file with a road to drive on")
    return tuple(_linked(records, key, lane, numbers) for key, lane in found.items()), numbers


def _linked(records: Records, key: Key, lane: Lane, numbers: dict[Key, int]) -> Lane:
    after = dict.fromkeys(numbers[each] for each in followers(records, key) if each in numbers)
    road, section, number = key
    outwards, inwards = (number - 1, number + 1) if number < 0 else (number + 1, number - 1)
    return replace(
        lane,
        successors=tuple(after),
        left=numbers.get((road, section, inwards)) if inwards != 0 else None,
        right=numbers.get((road, section, outwards)),
    )


def _road_speed_kmh(bands: SectionBands) -> float:
    known = [kmh for s, kmh in bands.road.speeds if s <= bands.section.s + 1e-6 and not isnan(kmh)]
    return float(known[-1]) if known else USUAL_KMH


def _origin(records: Records, name: str) -> float:
    match = re.search(rf"\+{name}=([-+0-9.eE]+)", records.geo_reference)
    try:
        return float(match[1]) if match else 0.0
    except ValueError:
        return 0.0
