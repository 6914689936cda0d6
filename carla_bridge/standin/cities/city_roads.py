"""The roads of a seeded city as OpenDRIVE 1.4: shape, slope, lanes and what is painted between them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from carla_bridge.standin.cities.city import (
    BAY_START_M,
    BAY_TAPER_M,
    LEFT,
    PARKING_M,
    RIGHT,
    City,
    Street,
    Turn,
)
from carla_bridge.standin.cities.city_signals import STOP_LINE_M
from carla_bridge.standin.cities.layout import GUTTER_M, LANE_M, Profile
from carla_bridge.standin.roads.paths import Path

FIRST_JUNCTION_ID = 1000
NOSE_M = 8.0  # a raised median ends so far before a junction, where people cross
KEEP_LANE_M = 26.0  # lines before a junction are solid

Records = Sequence[tuple[float, str]]  # where something begins along the road, and its attributes


def street_road(street: Street, extras: Iterable[str]) -> Iterator[str]:
    """Yield one street; `extras` are its objects and signals."""
    before, after = (FIRST_JUNCTION_ID + junction for junction in street.junctions)
    links = f'<predecessor elementType="junction" elementId="{before}"/>'
    links += f'<successor elementType="junction" elementId="{after}"/>'
    yield from _head(street.id, -1, street.path, links, street.profile.speed_kmh, street.z)
    yield "<lanes>"
    cuts = [0.0, street.path.length]
    if street.profile.median_m:
        cuts[1:1] = [NOSE_M, street.path.length - NOSE_M]
    for i, (start, end) in enumerate(pairwise(cuts)):
        yield from _section(street, start, end, first=i == 0, last=i == len(cuts) - 2)
    yield "</lanes>"
    yield from extras
    yield "</road>"


def turn_road(turn: Turn, city: City) -> Iterator[str]:
    """Yield the connecting road of one lane through a junction."""
    entry, way_out = (
        f'elementType="road" elementId="{arm.street}" contactPoint="{"end" if arm.at_end else "start"}"'
        for arm in (turn.entry, turn.exit)
    )
    z = city.junctions[turn.junction].z
    links = f"<predecessor {entry}/><successor {way_out}/>"
    speed_kmh = min(turn.entry.profile.speed_kmh, turn.exit.profile.speed_kmh)
    yield from _head(turn.id, FIRST_JUNCTION_ID + turn.junction, turn.path, links, speed_kmh, (z, z))
    yield f'<lanes><laneSection s="0.0"><center>{_lane(0, "none", "", [], [(0.0, _mark("none"))])}</center><right>'
    for kind, own, before, after in turn_lanes(turn, city):
        link = f'<predecessor id="{before}"/><successor id="{after}"/>'
        width = [(0.0, _cubic(_width_m(kind, turn.entry.profile)))]
        yield _lane(own, kind, link, width, [(0.0, _mark("curb" if kind == "shoulder" else "none"))])
    yield "</right></laneSection></lanes></road>"


def turn_lanes(turn: Turn, city: City) -> list[tuple[str, int, int, int]]:
    """Return (type, own number, number before, number after) of each lane of a turn."""
    before, side_in = city.streets[turn.entry.street], turn.entry.entry_side
    after, side_out = city.streets[turn.exit.street], -turn.exit.entry_side
    pairs = [
        (
            before.lane_ids(side_in, "driving")[turn.lanes[0]],
            after.lane_ids(side_out, "driving")[turn.lanes[1]],
        )
    ]
    kinds = ["driving"]
    if turn.at_kerb:
        kinds += ["shoulder", "sidewalk"]
        pairs += [
            (before.lane_ids(side_in, kind)[0], after.lane_ids(side_out, kind)[0]) for kind in kinds[1:]
        ]
    return [(kind, -1 - i, *pair) for i, (kind, pair) in enumerate(zip(kinds, pairs, strict=True))]


def _head(
    road_id: int, junction: int, path: Path, links: str, speed_kmh: int, z: tuple[float, float]
) -> Iterator[str]:
    yield f'<road name="Road {road_id}" length="{path.length:.9f}" id="{road_id}" junction="{junction}">'
    yield f"<link>{links}</link>"
    yield f'<type s="0.0" type="town"><speed max="{speed_kmh}" unit="km/h"/></type>'
    yield "<planView>"
    for piece in path.pieces:
        shape = f'<arc curvature="{piece.curvature:.15f}"/>' if piece.curvature else "<line/>"
        where = f's="{piece.s:.9f}" x="{piece.x:.9f}" y="{piece.y:.9f}" hdg="{piece.heading:.12f}"'
        yield f'<geometry {where} length="{piece.length:.9f}">{shape}</geometry>'
    rise, length = z[1] - z[0], path.length  # level at both ends
    slope = f'b="0.0" c="{3 * rise / length**2:.15f}" d="{-2 * rise / length**3:.18f}"'
    yield f'</planView><elevationProfile><elevation s="0.0" a="{z[0]:.9f}" {slope}/></elevationProfile>'


def _section(street: Street, start: float, end: float, *, first: bool, last: bool) -> Iterator[str]:
    """Yield one lane section; lanes keep their numbers from one to the next."""
    yield f'<laneSection s="{start:.9f}">'
    for side, tag in ((LEFT, "left"), (RIGHT, "right")):
        lanes = []
        for i, kind in enumerate(street.kinds(side)):
            number = -side * (i + 1)
            links = "" if first else f'<predecessor id="{number}"/>'
            links += "" if last else f'<successor id="{number}"/>'
            shown = (
                "shoulder" if kind == "median" and (first or last) else kind
            )  # painted only, where people cross
            widths = _within(_widths(street, kind), start, end)
            marks = _within(_marks(street, side, i), start, end)
            lanes.append(_lane(number, shown, links, widths, marks))
        if side == RIGHT:
            middle = _within(_middle_marks(street), start, end)
            yield f"<center>{_lane(0, 'none', '', [], middle)}</center>"
        yield f"<{tag}>{''.join(lanes if side == RIGHT else lanes[::-1])}</{tag}>"
    yield "</laneSection>"


def _within(records: Records, start: float, end: float) -> Records:
    """Return what holds in a section, counted from its start; what began before it must not change on the way."""
    before = [record for record in records if record[0] <= start][-1]
    return [(0.0, before[1]), *((s - start, text) for s, text in records if start < s < end)]


def _lane(number: int, kind: str, links: str, widths: Records, marks: Records) -> str:
    body = f"<link>{links}</link>" + "".join(f'<width sOffset="{s:.9f}" {text}/>' for s, text in widths)
    body += "".join(f'<roadMark sOffset="{s:.9f}" {text}/>' for s, text in marks)
    return f'<lane id="{number}" type="{kind}" level="false">{body}</lane>'


def _width_m(kind: str, profile: Profile) -> float:
    widths = {
        "median": profile.median_m / 2,
        "driving": LANE_M,
        "shoulder": GUTTER_M,
        "sidewalk": profile.walk_m,
    }
    return widths[kind]


def _widths(street: Street, kind: str) -> Records:
    if kind != "parking":
        return [(0.0, _cubic(_width_m(kind, street.profile)))]
    c, d = 3.0 * PARKING_M / BAY_TAPER_M**2, 2.0 * PARKING_M / BAY_TAPER_M**3
    closing = street.path.length - BAY_START_M - BAY_TAPER_M
    return [
        (0.0, _cubic(0.0)),
        (BAY_START_M, _cubic(0.0, c, -d)),
        (BAY_START_M + BAY_TAPER_M, _cubic(PARKING_M)),
        (closing, _cubic(PARKING_M, -c, d)),
        (closing + BAY_TAPER_M, _cubic(0.0)),
    ]


def _cubic(a: float, c: float = 0.0, d: float = 0.0) -> str:
    return f'a="{a:.9f}" b="0.0" c="{c:.12f}" d="{d:.12f}"'


def _mark(kind: str, change: str = "none") -> str:
    return f'type="{kind}" weight="standard" color="white" width="0.15" laneChange="{change}"'


def _marks(street: Street, side: int, index: int) -> Records:
    """Return what is painted along the outer edge of a lane."""
    kinds, length = street.kinds(side), street.path.length
    if kinds[index] == "shoulder":
        return [(0.0, _mark("curb"))]
    if kinds[index] not in ("driving", "median"):
        return [(0.0, _mark("none"))]
    solid, broken = _mark("solid"), _mark("broken", "both")
    if kinds[index : index + 2] != ["driving", "driving"]:
        return _off_crosswalks([(0.0, solid)], length)
    if side == RIGHT:
        return _off_crosswalks([(0.0, broken), (length - KEEP_LANE_M, solid)], length)
    return _off_crosswalks([(0.0, solid), (KEEP_LANE_M, broken)], length)


def _middle_marks(street: Street) -> Records:
    length = street.path.length
    if street.profile.median_m:
        return [(0.0, _mark("none"))]
    if street.profile.lanes > 1:
        return _off_crosswalks([(0.0, _mark("solid solid"))], length)
    solid, broken = _mark("solid"), _mark("broken")
    return _off_crosswalks([(0.0, solid), (KEEP_LANE_M, broken), (length - KEEP_LANE_M, solid)], length)


def _off_crosswalks(marks: Records, length: float) -> Records:
    """Return the marks without their ends, where people cross."""
    none = _mark("none")
    return [(0.0, none), (STOP_LINE_M, marks[0][1]), *marks[1:], (length - STOP_LINE_M, none)]


def connection(number: int, turn: Turn, city: City) -> str:
    """Return the junction's entry for one turn."""
    roads = f'incomingRoad="{turn.entry.street}" connectingRoad="{turn.id}" contactPoint="start"'
    links = "".join(f'<laneLink from="{before}" to="{own}"/>' for _, own, before, _ in turn_lanes(turn, city))
    return f'<connection id="{number}" {roads}>{links}</connection>'
