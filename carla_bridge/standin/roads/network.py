"""The streets of a town as the rest of the stand-in needs them; all in CARLA's axes (y to the right, z up), metres.

Knows nothing of OpenDRIVE's geometry, of triangles or of the wire: `opendrive` makes it from a map's text, and
ground, scenery, traffic, traffic lights and the navigation mesh are grown from it.
"""

from dataclasses import dataclass, field

import numpy as np

from carla_bridge.standin.geometry import Pose

NO_JUNCTION = -1


@dataclass(frozen=True)
class Strip:
    """One lane of one lane section as a band of ground, in the direction of the road's reference line."""

    road: int  # OpenDRIVE's numbers, here and below
    section: int
    lane: int  # negative to the right of the reference line, never 0
    kind: str  # OpenDRIVE's lane type: driving, parking, shoulder, sidewalk, median, biking, none, …
    junction: int  # NO_JUNCTION outside
    inner: np.ndarray  # N,3 float64: the edge nearer to the reference line
    outer: np.ndarray  # N,3 float64: the other edge, same stations


@dataclass(frozen=True)
class Lane:
    """One piece of driving lane, in the direction of travel."""

    points: np.ndarray  # N,3 float64, about 1 m apart, along its middle
    successors: tuple[int, ...]  # positions in the network's lanes; empty where a map's road ends in nothing
    speed_limit_kmh: float
    in_junction: bool
    road: int = 0
    section: int = 0
    lane: int = 0
    width_m: float = 3.5
    left: int | None = None  # the neighbour lane of the same direction on that side, if there is one
    right: int | None = None


@dataclass(frozen=True)
class Paint:
    """A painted line or patch on the road, as a band between two polylines (N,3)."""

    left: np.ndarray
    right: np.ndarray
    yellow: bool = False


@dataclass(frozen=True)
class Stop:
    """Where a signal stops the traffic of one lane."""

    lane: int  # position in the network's lanes
    point: int  # position in that lane's points


@dataclass(frozen=True)
class Signal:
    """A traffic light or sign of the map."""

    id: str  # OpenDRIVE's, which the client looks it up by
    kind: (
        str  # OpenDRIVE's type: "1000001" is a traffic light, "206" stop, "205" yield, "274" a speed limit, …
    )
    value: float  # a speed limit's number; 0 for others
    pose: Pose  # at the foot of its post; x points where the traffic that obeys it comes from
    junction: int  # the junction it guards; NO_JUNCTION if none
    controller: str  # lights of one controller show the same; "" if none
    stops: tuple[Stop, ...]

    @property
    def is_traffic_light(self) -> bool:
        """Say whether it has a red, a yellow and a green lamp."""
        return self.kind == "1000001"


@dataclass(frozen=True)
class Verge:
    """The outer edge of a road: what lies beyond it is free for houses and gardens, if nothing else is there."""

    line: np.ndarray  # N,3 float64, free ground on its right
    road: int
    junction: int
    walk_m: float  # width of the sidewalk along it, 0 without one
    parking_m: float  # width of the parking lane between traffic and sidewalk, 0 without one


@dataclass(frozen=True)
class Network:
    """All that a map says of its streets."""

    name: str
    opendrive: str  # the text it was read from
    strips: tuple[Strip, ...]
    lanes: tuple[Lane, ...]
    paint: tuple[Paint, ...]
    crosswalks: tuple[np.ndarray, ...]  # outlines N,3, closed: the last point joins the first
    signals: tuple[Signal, ...]
    verges: tuple[Verge, ...]
    latitude_deg: float = 0.0  # of the origin
    longitude_deg: float = 0.0
    controllers: dict[str, tuple[int, ...]] = field(
        default_factory=dict
    )  # controller → its signals' positions
    junctions: dict[int, tuple[str, ...]] = field(
        default_factory=dict
    )  # junction → its controllers, in order
    parks: tuple[np.ndarray, ...] = ()  # outlines N,3 of blocks without houses, within their sidewalks
    corners: tuple[
        Strip, ...
    ] = ()  # sidewalks that the map leaves out: round junctions, between those it has
