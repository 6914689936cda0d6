"""What an OpenDRIVE file says, as records: roads, lanes, marks, objects, signals, junctions; its own axes and units."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Piece:
    """One geometry of a reference line."""

    s: float
    x: float
    y: float
    heading: float
    length: float
    shape: str  # line, arc, spiral, poly3, paramPoly3
    numbers: dict[str, float]
    normalized: bool = False  # paramPoly3: p runs from 0 to 1


@dataclass(frozen=True)
class RoadMark:
    """What is painted along the outer border of a lane."""

    s_offset: float
    kind: str
    color: str
    width_m: float
    lines: tuple[tuple[float, float, float], ...]  # explicit lines: length, space, tOffset


@dataclass(frozen=True)
class LaneRecord:
    """One lane of one section."""

    id: int
    kind: str
    width: np.ndarray  # N,5 float64: sOffset, a, b, c, d
    marks: tuple[RoadMark, ...]
    speed_kmh: float | None
    predecessor: int | None
    successor: int | None


@dataclass(frozen=True)
class Section:
    """The lanes from one distance along the road to the next."""

    s: float
    end_s: float
    lanes: dict[int, LaneRecord]  # by id, the center lane 0 included


@dataclass(frozen=True)
class Link:
    """What a road is joined to."""

    kind: str  # road or junction
    id: int
    at_end: bool  # of that road


@dataclass(frozen=True)
class RoadObject:
    """A crosswalk or another thing with an outline, in road coordinates."""

    kind: str
    s: float
    t: float
    z_offset: float
    heading: float
    outline: np.ndarray  # N,3 float64: u, v, z


@dataclass(frozen=True)
class SignalRecord:
    """A signal, or the reference of another road to one."""

    id: str
    s: float
    t: float
    orientation: str  # +, -, none
    validity: tuple[tuple[int, int], ...]  # from lane, to lane; empty where it is valid for all
    is_reference: bool
    kind: str = ""
    value: float = 0.0
    z_offset: float = 0.0
    heading_offset: float = 0.0


@dataclass(frozen=True)
class Road:
    """One road."""

    id: int
    junction: int
    length: float
    predecessor: Link | None
    successor: Link | None
    speeds: np.ndarray  # N,2 float64: s, km/h; NaN where the file gives none
    plan: tuple[Piece, ...]
    elevation: np.ndarray  # N,5 float64: s, a, b, c, d
    offset: np.ndarray  # N,5 float64: s, a, b, c, d
    sections: tuple[Section, ...]
    objects: tuple[RoadObject, ...]
    signals: tuple[SignalRecord, ...]


@dataclass(frozen=True)
class Connection:
    """A way into a connecting road."""

    incoming: int
    connecting: int
    lanes: tuple[tuple[int, int], ...]  # from, to


@dataclass(frozen=True)
class JunctionRecord:
    """One junction."""

    id: int
    connections: tuple[Connection, ...]
    controllers: tuple[str, ...]


@dataclass(frozen=True)
class Records:
    """A whole file."""

    geo_reference: str
    roads: dict[int, Road]
    junctions: dict[int, JunctionRecord]
    controllers: dict[str, tuple[str, ...]]  # controller → ids of its signals
