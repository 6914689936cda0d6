"""The roads of a town as OpenDRIVE 1.4 text, as CARLA's client reads it."""

from collections.abc import Iterator

from .paths import Path
from .roads import (
    BAY_START_M,
    BAY_TAPER_M,
    LANE_M,
    LEFT,
    PARKING_M,
    RIGHT,
    SIDEWALK_M,
    Arm,
    Roads,
    Street,
    Turn,
)

# An invented spot in the North Sea, so that nobody takes the town for a real one.
GEO_REFERENCE = "+proj=tmerc +lat_0=56.0 +lon_0=3.0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
FIRST_JUNCTION_ID = 100


def opendrive_text(roads: Roads, *, name: str, speed_limit_kmh: float) -> str:
    """Return the whole map; the same roads give the same bytes."""
    lines = ['<?xml version="1.0" standalone="yes"?>', "<OpenDRIVE>"]
    lines += [
        f'<header revMajor="1" revMinor="4" name="{name}" version="1.00" north="0" south="0" east="0" west="0">'
    ]
    lines += [f"<geoReference><![CDATA[{GEO_REFERENCE}]]></geoReference>", "</header>"]
    for street in roads.streets:
        lines += _street(street, speed_limit_kmh)
    for turn in roads.turns:
        lines += _connecting_road(turn, roads, speed_limit_kmh)
    for junction in roads.junctions:
        lines += [f'<junction id="{FIRST_JUNCTION_ID + junction.id}" name="">']
        for i, turn in enumerate(turn for turn in roads.turns if turn.junction == junction.id):
            lines += _connection(i, turn, roads)
        lines += ["</junction>"]
    return "\n".join([*lines, "</OpenDRIVE>", ""])


def lane_ids(street: Street, side: int) -> dict[str, int]:
    """Return the OpenDRIVE number of each lane on one side of a street."""
    kinds = ["driving", *(["parking"] if street.parking[side == RIGHT] else []), "sidewalk"]
    return {kind: -side * (i + 1) for i, kind in enumerate(kinds)}


def _street(street: Street, speed_kmh: float) -> Iterator[str]:
    before, after = (FIRST_JUNCTION_ID + junction for junction in street.junctions)
    links = f'<predecessor elementType="junction" elementId="{before}"/>'
    links += f'<successor elementType="junction" elementId="{after}"/>'
    yield from _road_head(street.id, -1, street.path, links, speed_kmh)
    yield '<lanes><laneSection s="0.0">'
    yield "<left>"
    for kind, number in reversed(lane_ids(street, LEFT).items()):
        yield _lane(number, kind, _width(kind, street.path.length))
    yield "</left>"
    yield f'<center><lane id="0" type="none" level="false">{_mark("broken")}</lane></center>'
    yield "<right>"
    for kind, number in lane_ids(street, RIGHT).items():
        yield _lane(number, kind, _width(kind, street.path.length))
    yield "</right></laneSection></lanes></road>"


def _connecting_road(turn: Turn, roads: Roads, speed_kmh: float) -> Iterator[str]:
    links = f'<predecessor elementType="road" elementId="{turn.entry.street}" contactPoint="{_contact(turn.entry)}"/>'
    links += (
        f'<successor elementType="road" elementId="{turn.exit.street}" contactPoint="{_contact(turn.exit)}"/>'
    )
    yield from _road_head(turn.id, FIRST_JUNCTION_ID + turn.junction, turn.path, links, speed_kmh)
    yield '<lanes><laneSection s="0.0">'
    yield f'<center><lane id="0" type="none" level="false">{_mark("none")}</lane></center><right>'
    for kind, (number, before, after) in _turn_lanes(turn, roads).items():
        link = f'<predecessor id="{before}"/><successor id="{after}"/>'
        yield _lane(number, kind, _width(kind, turn.path.length), link, mark="none")
    yield "</right></laneSection></lanes></road>"


def _turn_lanes(turn: Turn, roads: Roads) -> dict[str, tuple[int, int, int]]:
    """Return (own number, number before, number after) for each lane of a turn."""
    before = lane_ids(roads.streets[turn.entry.street], turn.entry.entry_side)
    after = lane_ids(roads.streets[turn.exit.street], -turn.exit.entry_side)
    kinds = ["driving", "sidewalk"] if turn.has_sidewalk else ["driving"]
    return {kind: (-1 - i, before[kind], after[kind]) for i, kind in enumerate(kinds)}


def _connection(number: int, turn: Turn, roads: Roads) -> Iterator[str]:
    roads_joined = f'incomingRoad="{turn.entry.street}" connectingRoad="{turn.id}"'
    yield f'<connection id="{number}" {roads_joined} contactPoint="start">'
    for own, before, _ in _turn_lanes(turn, roads).values():
        yield f'<laneLink from="{before}" to="{own}"/>'
    yield "</connection>"


def _contact(arm: Arm) -> str:
    return "end" if arm.at_end else "start"


def _road_head(road_id: int, junction: int, path: Path, links: str, speed_kmh: float) -> Iterator[str]:
    yield f'<road name="Road {road_id}" length="{path.length:.9f}" id="{road_id}" junction="{junction}">'
    yield f"<link>{links}</link>"
    yield f'<type s="0.0" type="town"><speed max="{speed_kmh:g}" unit="km/h"/></type>'
    yield "<planView>"
    for piece in path.pieces:
        shape = f'<arc curvature="{piece.curvature:.12f}"/>' if piece.curvature else "<line/>"
        where = f's="{piece.s:.9f}" x="{piece.x:.9f}" y="{piece.y:.9f}" hdg="{piece.heading:.12f}"'
        yield f'<geometry {where} length="{piece.length:.9f}">{shape}</geometry>'
    yield "</planView>"
    yield '<elevationProfile><elevation s="0.0" a="0.0" b="0.0" c="0.0" d="0.0"/></elevationProfile>'


def _lane(number: int, kind: str, width: str, link: str = "", *, mark: str = "solid") -> str:
    marks = _mark(mark if kind == "driving" else "none")
    return f'<lane id="{number}" type="{kind}" level="false"><link>{link}</link>{width}{marks}</lane>'


def _mark(kind: str) -> str:
    return f'<roadMark sOffset="0.0" type="{kind}" weight="standard" color="standard" width="0.15" laneChange="none"/>'


def _width(kind: str, length: float) -> str:
    if kind != "parking":
        return _cubic(0.0, LANE_M if kind == "driving" else SIDEWALK_M)
    c, d = 3.0 * PARKING_M / BAY_TAPER_M**2, 2.0 * PARKING_M / BAY_TAPER_M**3
    opening, closing = BAY_START_M, length - BAY_START_M - BAY_TAPER_M
    return (
        _cubic(0.0, 0.0)
        + _cubic(opening, 0.0, c, -d)
        + _cubic(opening + BAY_TAPER_M, PARKING_M)
        + _cubic(closing, PARKING_M, -c, d)
        + _cubic(closing + BAY_TAPER_M, 0.0)
    )


def _cubic(offset: float, a: float, c: float = 0.0, d: float = 0.0) -> str:
    return f'<width sOffset="{offset:.9f}" a="{a:.9f}" b="0.0" c="{c:.12f}" d="{d:.12f}"/>'
