"""A seeded city as OpenDRIVE 1.4 text, as CARLA's client reads it."""

from collections.abc import Iterator

import numpy as np

from carla_bridge.standin.cities.city import City, Junction, build_city
from carla_bridge.standin.cities.city_objects import park_block, street_objects
from carla_bridge.standin.cities.city_roads import FIRST_JUNCTION_ID, connection, street_road, turn_road
from carla_bridge.standin.cities.city_signals import controllers, junction_controllers, street_signals
from carla_bridge.standin.cities.layout import draw_plan

# An invented spot in the North Sea, so that nobody takes the town for a real one.
GEO_REFERENCE = "+proj=tmerc +lat_0=56.0 +lon_0=3.0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"


def city_opendrive(seed: int) -> str:
    """Return the map of a seeded city; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    city = build_city(draw_plan(rng), rng)
    return "\n".join(_lines(city, f"StandIn-{seed}")) + "\n"


def _lines(city: City, name: str) -> Iterator[str]:
    yield '<?xml version="1.0" standalone="yes"?>'
    yield "<OpenDRIVE>"
    where = 'north="0" south="0" east="0" west="0"'
    yield f'<header revMajor="1" revMinor="4" name="{name}" version="1.00" {where}>'
    yield f"<geoReference><![CDATA[{GEO_REFERENCE}]]></geoReference></header>"
    park = park_block(city)
    for street in city.streets:
        extras = ["<objects>", *street_objects(street, city, park), "</objects>"]
        extras += ["<signals>", *street_signals(street, city), "</signals>"]
        yield from street_road(street, extras)
    for turn in city.turns:
        yield from turn_road(turn, city)
    yield from controllers(city)
    for junction in city.junctions:
        yield from _junction(junction, city)
    yield "</OpenDRIVE>"


def _junction(junction: Junction, city: City) -> Iterator[str]:
    yield f'<junction id="{FIRST_JUNCTION_ID + junction.id}" name="Junction {junction.id}">'
    turns = (turn for turn in city.turns if turn.junction == junction.id)
    for number, turn in enumerate(turns):
        yield connection(number, turn, city)
    yield f"{junction_controllers(junction)}</junction>"
