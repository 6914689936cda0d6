"""Crosswalks, traffic lights and signs of a map, with the lanes that each signal governs; CARLA's axes."""

from collections.abc import Iterator, Mapping

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.roads.lane_links import Key
from carla_bridge.standin.roads.network import NO_JUNCTION, Lane, Signal, Stop
from carla_bridge.standin.roads.reference_line import cubic_at, points_along
from carla_bridge.standin.roads.xodr_records import Records, Road, RoadObject, SignalRecord


def outlines(records: Records, kind: str) -> tuple[np.ndarray, ...]:
    """Return the outlines (N,3) of all objects of a type: crosswalks, parks, …"""
    found = [(road, each) for road in records.roads.values() for each in road.objects]
    return tuple(_outline(road, each) for road, each in found if each.kind == kind and len(each.outline) > 2)


def signals(
    records: Records, lanes: tuple[Lane, ...], numbers: Mapping[Key, int]
) -> tuple[tuple[Signal, ...], dict[str, tuple[int, ...]]]:
    """Return the signals, and which of them each controller switches."""
    found: dict[str, tuple[Road, SignalRecord]] = {}
    stops: dict[str, list[Stop]] = {}
    for road in records.roads.values():
        for each in road.signals:
            stops.setdefault(each.id, []).extend(_stops(road, each, lanes, numbers))
            if not each.is_reference:
                found.setdefault(each.id, (road, each))
    controller_of = {signal: name for name, group in records.controllers.items() for signal in group}
    guarded = {name: junction.id for junction in records.junctions.values() for name in junction.controllers}
    made = []
    for name, (road, each) in found.items():
        controller = controller_of.get(name, "")
        junction = guarded.get(controller, _junction_ahead(road, each))
        unique = tuple(dict.fromkeys(stops[name]))
        made.append(Signal(name, each.kind, each.value, _pose(road, each), junction, controller, unique))
    positions = {signal.id: i for i, signal in enumerate(made)}
    groups = {
        name: tuple(positions[each] for each in group if each in positions)
        for name, group in records.controllers.items()
    }
    return tuple(made), groups


def _at(road: Road, s: float, t: float) -> tuple[float, float, float, float]:
    """Return x, y, z and heading (radians, OpenDRIVE's) of a place given along the road."""
    here = np.array([min(max(s, 0.0), road.length)])
    x, y, heading = points_along(road.plan, here)[0]
    z = float(cubic_at(road.elevation, here)[0])
    return float(x - t * np.sin(heading)), float(-y - t * np.cos(heading)), z, float(heading)


def _outline(road: Road, each: RoadObject) -> np.ndarray:
    x, y, z, heading = _at(road, each.s, each.t)
    turn = heading + each.heading
    u, v, w = each.outline.T
    return np.stack(
        [
            x + u * np.cos(turn) - v * np.sin(turn),
            y - u * np.sin(turn) - v * np.cos(turn),
            z + each.z_offset + w,
        ],
        axis=1,
    )


def _pose(road: Road, each: SignalRecord) -> Pose:
    x, y, z, heading = _at(road, each.s, each.t)
    back = 0.0 if each.orientation == "-" else 180.0  # against the traffic that obeys it
    yaw = -float(np.degrees(heading + each.heading_offset)) + back
    return Pose(x, y, z + each.z_offset, yaw=(yaw + 180.0) % 360.0 - 180.0)


def _junction_ahead(road: Road, each: SignalRecord) -> int:
    if road.junction != NO_JUNCTION:
        return road.junction
    link = road.predecessor if each.orientation == "-" else road.successor
    return link.id if link is not None and link.kind == "junction" else NO_JUNCTION


def _stops(
    road: Road, each: SignalRecord, lanes: tuple[Lane, ...], numbers: Mapping[Key, int]
) -> Iterator[Stop]:
    s = min(max(each.s, 0.0), road.length)
    section = max((i for i, part in enumerate(road.sections) if part.s <= s), default=0)
    for lane in sorted(road.sections[section].lanes):
        number = numbers.get((road.id, section, lane))
        if number is None or not _governs(each, lane):
            continue
        record = road.sections[section]
        share = (s - record.s) / max(record.end_s - record.s, 1e-9)
        share = share if lane < 0 else 1.0 - share
        last = len(lanes[number].points) - 1
        yield Stop(number, round(min(max(share, 0.0), 1.0) * last))


def _governs(each: SignalRecord, lane: int) -> bool:
    facing = {"+": lane < 0, "-": lane > 0}.get(each.orientation, True)
    valid = [min(a, b) <= lane <= max(a, b) for a, b in each.validity]
    return facing and (any(valid) or not valid)
