"""Which lane leads into which: the links of lanes, roads and junctions, followed in the direction of travel."""

from collections.abc import Iterator

from carla_bridge.standin.roads.xodr_records import Records, Road

Key = tuple[int, int, int]  # road, section, lane


def followers(records: Records, key: Key) -> Iterator[Key]:
    """Yield the lanes that traffic gets into at the end of a lane; also those that are no driving lanes."""
    road, number, lane = records.roads[key[0]], key[1], key[2]
    forward = lane < 0
    record = road.sections[number].lanes[lane]
    linked = record.successor if forward else record.predecessor
    onward = number + (1 if forward else -1)
    if 0 <= onward < len(road.sections):
        if linked is not None:
            yield from _existing(road, onward, linked)
        return
    link = road.successor if forward else road.predecessor
    if link is None:
        return
    if link.kind == "junction":
        yield from _through_junction(records, link.id, road.id, lane)
    elif linked is not None and (other := records.roads.get(link.id)):
        yield from _existing(other, _first_section(other, linked), linked)


def _through_junction(records: Records, junction: int, road: int, lane: int) -> Iterator[Key]:
    if junction not in records.junctions:
        return
    for connection in records.junctions[junction].connections:
        other = records.roads.get(connection.connecting)
        if connection.incoming == road and other is not None:
            for before, after in connection.lanes:
                if before == lane:
                    yield from _existing(other, _first_section(other, after), after)


def _first_section(road: Road, lane: int) -> int:
    """Return the section in which the traffic of a lane enters a road."""
    return 0 if lane < 0 else len(road.sections) - 1


def _existing(road: Road, section: int, lane: int) -> Iterator[Key]:
    if lane != 0 and lane in road.sections[section].lanes:
        yield road.id, section, lane
