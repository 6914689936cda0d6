"""OpenDRIVE 1.4 text → records.

The text may come from anybody: no entities, nothing that is no finite number, no map larger than a city.
"""

from math import isfinite
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from carla_bridge.standin.errors import MapError
from carla_bridge.standin.roads.xodr_records import (
    Connection,
    JunctionRecord,
    LaneRecord,
    Link,
    Piece,
    Records,
    Road,
    RoadMark,
    RoadObject,
    Section,
    SignalRecord,
)

MAX_TEXT = 64_000_000
MAX_ROADS_M = 100_000.0
FAR_M = 1_000_000.0
KMH = {"mph": 1.609344, "km/h": 1.0, "kmh": 1.0, "m/s": 3.6}
SHAPES = ("line", "arc", "spiral", "poly3", "paramPoly3")
MARK_M = {"standard": 0.12, "bold": 0.25}


class _NoDoctype(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise MapError("the map has a DOCTYPE, which OpenDRIVE does not know; remove it")


def read_xodr(text: str) -> Records:
    """Return the records of a map; raise a MapError in one sentence if it is none."""
    if len(text) > MAX_TEXT:
        raise MapError(f"the map has {len(text)} characters; at most {MAX_TEXT} are read")
    try:
        parser = ElementTree.XMLParser(target=_NoDoctype())
        parser.feed(text)
        root = parser.close()
    except (ElementTree.ParseError, ValueError) as error:
        raise MapError(f"the map is no XML ({error}); give an OpenDRIVE file") from None
    if root.tag != "OpenDRIVE":
        raise MapError(f"the map's root is <{root.tag[:40]}>; an OpenDRIVE file has <OpenDRIVE>")
    roads = [_road(element) for element in root.findall("road")]
    if not roads:
        raise MapError("the map has no roads; give an OpenDRIVE file with at least one")
    if sum(road.length for road in roads) > MAX_ROADS_M:
        raise MapError(
            f"the map's roads are longer than {MAX_ROADS_M / 1000:g} km in all; give a smaller map"
        )
    junctions = [_junction(element) for element in root.findall("junction")]
    controllers = {
        element.get("id", ""): tuple(control.get("signalId", "") for control in element.findall("control"))
        for element in root.findall("controller")
    }
    reference = (root.findtext("header/geoReference") or "").strip()
    return Records(
        reference, {road.id: road for road in roads}, {each.id: each for each in junctions}, controllers
    )


def _number(element: Element, name: str, default: float | None = None, *, limit: float = FAR_M) -> float:
    """Return an attribute as a finite number within ± `limit`."""
    text = element.get(name)
    if text is None and default is not None:
        return default
    try:
        value = float(text or "")
    except ValueError:
        value = float("nan")
    if not isfinite(value) or abs(value) > limit:
        raise MapError(
            f"<{element.tag}> has {name}={(text or '')[:40]!r}; a number within ±{limit:g} is needed"
        )
    return value


def _whole(element: Element, name: str, default: int | None = None) -> int:
    return round(_number(element, name, default, limit=2.0**31))


def _road(element: Element) -> Road:
    try:
        return _road_unchecked(element)
    except MapError as error:
        raise MapError(f"road {element.get('id', '')[:20]!r}: {error}") from None


def _road_unchecked(element: Element) -> Road:
    length = _number(element, "length")
    if length <= 0.0:
        raise MapError(f"its length is {length:g} m; it must be more than 0")
    plan = tuple(_piece(geometry) for geometry in element.findall("planView/geometry"))
    starts = [_section_start(each) for each in element.findall("lanes/laneSection")]
    if not plan or not starts:
        raise MapError("it has no geometry or no laneSection; it needs both")
    ends = [*(min(max(s, 0.0), length) for s in starts[1:]), length]
    sections = element.findall("lanes/laneSection")
    return Road(
        id=_whole(element, "id"),
        junction=_whole(element, "junction", -1),
        length=length,
        predecessor=_link(element.find("link/predecessor")),
        successor=_link(element.find("link/successor")),
        speeds=np.array(
            [(_number(each, "s", 0.0), _speed_kmh(each.find("speed"))) for each in element.findall("type")]
        ).reshape(-1, 2),
        plan=tuple(sorted(plan, key=lambda piece: piece.s)),
        elevation=_cubics(element.findall("elevationProfile/elevation"), "s"),
        offset=_cubics(element.findall("lanes/laneOffset"), "s"),
        sections=tuple(
            Section(s, max(s, end), _lanes(each)) for s, end, each in zip(starts, ends, sections, strict=True)
        ),
        objects=tuple(_object(each) for each in element.findall("objects/object")),
        signals=tuple(
            _signal(each)
            for each in element.findall("signals/*")
            if each.tag in ("signal", "signalReference")
        ),
    )


def _section_start(element: Element) -> float:
    return _number(element, "s")


def _piece(element: Element) -> Piece:
    shape = next((child for child in element if child.tag in SHAPES), None)
    if shape is None:
        raise MapError(f"a <geometry> has no shape; it needs one of {', '.join(SHAPES)}")
    return Piece(
        s=_number(element, "s"),
        x=_number(element, "x"),
        y=_number(element, "y"),
        heading=_number(element, "hdg"),
        length=_number(element, "length"),
        shape=shape.tag,
        numbers={name: _number(shape, name) for name in shape.attrib if name != "pRange"},
        normalized=shape.get("pRange", "normalized") != "arcLength",
    )


def _cubics(elements: list[Element], start: str) -> np.ndarray:
    rows = [[_number(each, start, 0.0), *(_number(each, name, 0.0) for name in "abcd")] for each in elements]
    return np.array(sorted(rows, key=lambda row: row[0]), np.float64).reshape(-1, 5)


def _link(element: Element | None) -> Link | None:
    if element is None:
        return None
    kind = element.get("elementType", "road")
    return Link(kind, _whole(element, "elementId"), element.get("contactPoint") == "end")


def _speed_kmh(element: Element | None) -> float:
    if element is None or element.get("max") in (None, "no limit", "undefined"):
        return float("nan")
    return _number(element, "max") * KMH.get(element.get("unit", "m/s"), 3.6)


def _lanes(section: Element) -> dict[int, LaneRecord]:
    lanes = (_lane(each) for side in ("left", "center", "right") for each in section.findall(f"{side}/lane"))
    return {lane.id: lane for lane in lanes}


def _lane(element: Element) -> LaneRecord:
    speed = _speed_kmh(element.find("speed"))
    before, after = element.find("link/predecessor"), element.find("link/successor")
    return LaneRecord(
        id=_whole(element, "id"),
        kind=element.get("type", "none"),
        width=_cubics(element.findall("width"), "sOffset"),
        marks=tuple(_mark(each) for each in element.findall("roadMark")),
        speed_kmh=None if np.isnan(speed) else speed,
        predecessor=None if before is None else _whole(before, "id"),
        successor=None if after is None else _whole(after, "id"),
    )


def _mark(element: Element) -> RoadMark:
    usual = MARK_M.get(element.get("weight", "standard"), MARK_M["standard"])
    return RoadMark(
        s_offset=_number(element, "sOffset", 0.0),
        kind=element.get("type", "none"),
        color=element.get("color", "standard"),
        width_m=_number(element, "width", 0.0, limit=2.0) or usual,
        lines=tuple(
            (_number(each, "length"), _number(each, "space"), _number(each, "tOffset", 0.0))
            for each in element.findall("type/line")
        ),
    )


def _object(element: Element) -> RoadObject:
    corners = [
        (_number(each, "u"), _number(each, "v"), _number(each, "z", 0.0))
        for each in element.findall(".//cornerLocal")
    ]
    return RoadObject(
        kind=element.get("type", ""),
        s=_number(element, "s"),
        t=_number(element, "t"),
        z_offset=_number(element, "zOffset", 0.0),
        heading=_number(element, "hdg", 0.0),
        outline=np.array(corners, np.float64).reshape(-1, 3),
    )


def _signal(element: Element) -> SignalRecord:
    return SignalRecord(
        id=element.get("id", ""),
        s=_number(element, "s"),
        t=_number(element, "t"),
        orientation=element.get("orientation", "none"),
        validity=tuple(
            (_whole(each, "fromLane"), _whole(each, "toLane")) for each in element.findall("validity")
        ),
        is_reference=element.tag == "signalReference",
        kind=element.get("type", ""),
        value=_number(element, "value", 0.0) if element.get("value") not in (None, "") else 0.0,
        z_offset=_number(element, "zOffset", 0.0),
        heading_offset=_number(element, "hOffset", 0.0),
    )


def _junction(element: Element) -> JunctionRecord:
    connections = tuple(
        Connection(
            _whole(each, "incomingRoad"),
            _whole(each, "connectingRoad"),
            tuple((_whole(link, "from"), _whole(link, "to")) for link in each.findall("laneLink")),
        )
        for each in element.findall("connection")
    )
    controllers = sorted(element.findall("controller"), key=lambda each: _whole(each, "sequence", 0))
    return JunctionRecord(
        _whole(element, "id"), connections, tuple(each.get("id", "") for each in controllers)
    )
