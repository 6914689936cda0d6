"""What a recorder log tells, as text in the shape that CARLA gives it: its events, collisions, and who stood still."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from carla_bridge.standin.recorder_logs.recorder_codec import LogError
from carla_bridge.standin.recorder_logs.recorder_details import EVENTS, TITLES, lines
from carla_bridge.standin.recorder_logs.recorder_log import Frame, Header, LogReader
from carla_bridge.standin.recorder_logs.recorder_records import (
    ActorType,
    Collision,
    EventAdd,
    PacketId,
    Position,
)

ALL_KINDS = (*EVENTS, *TITLES, PacketId.PLATFORM_TIME)
LETTERS = {ActorType.VEHICLE: "v", ActorType.WALKER: "w", ActorType.TRAFFIC_LIGHT: "t"}  # all others: o
MAX_REPORT_CHARS = 32 * 2**20
COLLISIONS_HEAD = f"{'Time':>8} {'Types':>6} {'Id':>6} {'Actor 1':<35} {'Id':>6} {'Actor 2':<35}"
BLOCKED_HEAD = f"{'Time':>8} {'Id':>6} {'Actor':<35} {'Duration':>10}"


def file_info(reader: LogReader, *, show_all: bool) -> str:
    """Return the frames in which something happened, or all frames with all they hold."""
    kinds = ALL_KINDS if show_all else EVENTS

    def tell(frame: Frame) -> Iterator[str]:
        told = [
            line
            for kind in kinds
            if (records := frame.records(kind)) or show_all
            for line in lines(kind, records)
        ]
        if told or show_all:
            yield f"Frame {frame.number} at {frame.elapsed_s:g} seconds"
            yield from told

    return _report(reader, tell, duration="{:g}")


def collisions(reader: LogReader, letter: str, other_letter: str) -> str:
    """Return when actors of two kinds began to collide: hero, vehicle, walker, traffic light, other, any."""
    cast: dict[int, EventAdd] = {}
    before: set[tuple[int, int]] = set()

    def tell(frame: Frame) -> Iterator[str]:
        nonlocal before
        _follow(cast, frame)
        now = set()
        for hit in frame.records(PacketId.COLLISION):
            kinds = _letter(cast, hit.actor_id), _letter(cast, hit.other_id)
            if _is_meant(letter, kinds[0], hit.is_hero) and _is_meant(
                other_letter, kinds[1], hit.is_other_hero
            ):
                now.add((hit.actor_id, hit.other_id))
                if (hit.actor_id, hit.other_id) not in before:
                    yield _collision_row(frame, hit, kinds, cast)
        before = now

    return _report(reader, tell, head=[COLLISIONS_HEAD])


def actors_blocked(reader: LogReader, min_time_s: float, min_distance_cm: float) -> str:
    """Return the vehicles and walkers that moved less than a distance in a time, the longest first."""
    cast: dict[int, EventAdd] = {}
    stays: dict[int, _Stay] = {}
    found: list[tuple[float, str]] = []

    def close(stay: _Stay) -> None:
        if stay.duration_s >= min_time_s:
            found.append((stay.duration_s, stay.row()))

    def tell(frame: Frame) -> Iterator[str]:
        _follow(cast, frame)
        for position in frame.records(PacketId.POSITION):
            event, stay = cast.get(position.actor_id), stays.get(position.actor_id)
            if event is None or event.type not in (ActorType.VEHICLE, ActorType.WALKER):
                continue
            if stay is None or stay.distance_cm(position) >= min_distance_cm:
                if stay is not None:
                    close(stay)
                stay = stays[position.actor_id] = _Stay(event, position, frame.elapsed_s)
            stay.duration_s += max(0.0, frame.duration_s)
        yield from ()

    def rows() -> list[str]:
        for stay in stays.values():
            close(stay)
        return [row for _, row in sorted(found, key=lambda each: -each[0])]

    return _report(reader, tell, head=[BLOCKED_HEAD], rows=rows)


@dataclass
class _Stay:
    """Somebody's time at one place."""

    event: EventAdd
    position: Position
    since_s: float
    duration_s: float = 0.0

    def distance_cm(self, position: Position) -> float:
        return math.dist(self.position[1:4], position[1:4])

    def row(self) -> str:
        return (
            f"{self.since_s:>8.0f} {self.event.actor_id:>6} {self.event.type_id:<35} {self.duration_s:>10.0f}"
        )


def _report(
    reader: LogReader,
    tell: Callable[[Frame], Iterable[str]],
    *,
    head: Iterable[str] = (),
    rows: Callable[[], Iterable[str]] = tuple,
    duration: str = "{:.0f}",
) -> str:
    """Return what `tell` says of each frame, between CARLA's opening and closing lines."""
    told, chars, last, end = [*_opening(reader.header), *head], 0, Frame(0, 0.0, 0.0, ()), ""
    try:
        for frame in reader.frames():
            last = frame
            for line in tell(frame):
                told.append(line)
                chars += len(line) + 1
            if chars > MAX_REPORT_CHARS:
                raise LogError(f"the report is longer than {MAX_REPORT_CHARS} characters and was cut off")
    except LogError as error:
        end = f"Note: {error}\n"
    told += rows()
    closing = f"\nFrames: {last.number}\nDuration: {duration.format(last.elapsed_s)} seconds\n"
    return "\n".join(told) + "\n" + closing + end


def _opening(header: Header) -> list[str]:
    try:
        date = time.strftime("%m/%d/%y %H:%M:%S", time.localtime(header.date_s))
    except (OverflowError, ValueError, OSError):
        date = f"{header.date_s} seconds after 1970"
    return [f"Version: {header.version}", f"Map: {header.map_name}", f"Date: {date}", ""]


def _follow(cast: dict[int, EventAdd], frame: Frame) -> None:
    """Keep who is there; the names of those who left stay, for the rows to come."""
    for event in frame.records(PacketId.EVENT_ADD):
        cast[event.actor_id] = event._replace(attributes=())


def _letter(cast: dict[int, EventAdd], actor_id: int) -> str:
    return LETTERS.get(ActorType(cast[actor_id].type), "o") if _is_known(cast, actor_id) else "o"


def _is_known(cast: dict[int, EventAdd], actor_id: int) -> bool:
    return actor_id in cast and cast[actor_id].type in set(ActorType)


def _is_meant(letter: str, kind: str, is_hero: bool) -> bool:
    return letter in ("a", kind) or (letter == "h" and is_hero)


def _collision_row(frame: Frame, hit: Collision, kinds: tuple[str, str], cast: dict[int, EventAdd]) -> str:
    names = [cast[each].type_id if each in cast else "" for each in (hit.actor_id, hit.other_id)]
    actors = f"{hit.actor_id:>6} {names[0]:<35} {hit.other_id:>6} {names[1]:<35}"
    return f"{frame.elapsed_s:>8.0f}   {kinds[0]} {kinds[1]}  {actors}"
