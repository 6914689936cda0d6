"""Calls about recording the world and replaying it."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.life.actors import to_pose
from carla_bridge.standin.protocol.rpc import method
from carla_bridge.standin.protocol.schema import Transform
from carla_bridge.standin.recorder_logs import recorder_reports as reports
from carla_bridge.standin.recorder_logs.deck import map_name
from carla_bridge.standin.recorder_logs.recorder_codec import LogError
from carla_bridge.standin.recorder_logs.recorder_log import LogReader
from carla_bridge.standin.recorder_logs.recordings import NoSuchLog
from carla_bridge.standin.recorder_logs.replayer import Wish

if TYPE_CHECKING:
    from collections.abc import Callable

    from carla_bridge.standin.simulation import Simulation

ACTOR_LETTERS = "hvwtoa"


@method()
def start_recorder(sim: "Simulation", name: str, additional_data: bool) -> str:
    """Begin to record, and return the file's whole name."""
    return str(sim.deck.record(sim.world, name, additional_data=additional_data))


@method()
def stop_recorder(sim: "Simulation") -> None:
    """End the recording."""
    sim.deck.stop_recording()


@method(locked=False)
def show_recorder_file_info(sim: "Simulation", name: str, show_all: bool) -> str:
    """Return what happened in a log."""
    return _report(sim, name, lambda reader: reports.file_info(reader, show_all=show_all))


@method(locked=False)
def show_recorder_collisions(sim: "Simulation", name: str, kind: object, other_kind: object) -> str:
    """Return the collisions of a log between actors of two kinds."""
    letters = _letter(kind), _letter(other_kind)
    return _report(sim, name, lambda reader: reports.collisions(reader, *letters))


@method(locked=False)
def show_recorder_actors_blocked(
    sim: "Simulation", name: str, min_time_s: float, min_distance_cm: float
) -> str:
    """Return who stood still in a log."""
    return _report(sim, name, lambda reader: reports.actors_blocked(reader, min_time_s, min_distance_cm))


@method(locked=False)
def replay_file(
    sim: "Simulation",
    name: str,
    start_s: float,
    duration_s: float,
    follow_id: int,
    with_sensors: bool,
    offset: Transform,
) -> str:
    """Replay a log in the world; in another one first, if it was recorded on another map."""
    try:
        file = sim.deck.recordings.open(name)
    except NoSuchLog as error:
        return f"{error}\n"
    with ExitStack() as opened:
        opened.callback(file.close)
        reader = _reader(file)
        total_s = reader.total_s()
        first_s, last_s = _span(start_s, duration_s, total_s)
        told = f"Replaying File: {sim.deck.recordings.path(name)}\n{_load_map_of(sim, reader)}"
        with sim.lock:
            wish = Wish(
                first_s,
                last_s,
                follow_id,
                to_pose(offset),
                with_sensors,
                sim.deck.ignore_hero,
                sim.deck.ignore_spectator,
            )
            sim.deck.replay(sim.world, file, reader, wish)
        opened.pop_all()
    return told + _announcement(sim, first_s, last_s, total_s)


@method()
def stop_replayer(sim: "Simulation", keep_actors: bool) -> None:
    """End the replay; those it brought stay if they are to be kept."""
    sim.deck.stop_replay(keep_actors=keep_actors)


@method()
def set_replayer_time_factor(sim: "Simulation", factor: float) -> None:
    """Replay faster or slower from now on."""
    if factor < 0.0:
        raise WorldError(f"the time factor is {factor:g}; a replay cannot run backwards")
    sim.deck.time_factor = factor


@method()
def set_replayer_ignore_hero(sim: "Simulation", ignore: bool) -> None:
    """Leave the hero out of the replays to come, or not."""
    sim.deck.ignore_hero = ignore


@method()
def set_replayer_ignore_spectator(sim: "Simulation", ignore: bool) -> None:
    """Leave the spectator alone in the replays to come, or not."""
    sim.deck.ignore_spectator = ignore


def _report(sim: "Simulation", name: str, tell: "Callable[[LogReader], str]") -> str:
    """Return a report on a log; what CARLA says in the answer is said there, not raised."""
    try:
        with sim.deck.recordings.open(name) as file:
            return tell(LogReader(file))
    except (NoSuchLog, LogError) as error:
        return f"{error}\n"


def _reader(file: BinaryIO) -> LogReader:
    try:
        return LogReader(file)
    except LogError as error:
        raise WorldError(str(error)) from error


def _span(start_s: float, duration_s: float, total_s: float) -> tuple[float, float]:
    """Return when to begin and to end; a negative start counts from the end, and no duration means all."""
    first_s = max(0.0, total_s + start_s) if start_s < 0.0 else start_s
    return first_s, first_s + duration_s if duration_s > 0.0 else total_s


def _load_map_of(sim: "Simulation", reader: LogReader) -> str:
    """Load the map of a log unless it is there, and say so."""
    wanted = reader.header.map_name.rpartition("/")[2]
    if wanted == map_name(sim.world):
        return ""
    try:
        sim.load_by_name(wanted, reset_settings=False)
    except WorldError as error:
        raise WorldError(
            f"the log was recorded on the map {wanted!r:.80}, which this stand-in does not have; "
            f"start it with --map and the file {wanted[:80]}.xodr"
        ) from error
    return f"Loading map {wanted}\n"


def _announcement(sim: "Simulation", first_s: float, last_s: float, total_s: float) -> str:
    lines = [
        f"Total time recorded: {total_s:g}",
        f"Replaying from {first_s:g} s - {last_s:g} s ({total_s:g} s) at {sim.deck.time_factor:.1f}x",
        *(["Ignoring Hero vehicle"] if sim.deck.ignore_hero else []),
        *(["Ignoring Spectator camera"] if sim.deck.ignore_spectator else []),
    ]
    return "\n".join(lines) + "\n"


def _letter(kind: object) -> str:
    """Return a kind of actors, which comes as a letter's number."""
    letter = chr(kind) if type(kind) is int and 0 <= kind < 128 else kind
    if isinstance(letter, str) and len(letter) == 1 and letter in ACTOR_LETTERS:
        return letter
    raise WorldError(f"{kind!r:.20} is no kind of actors; there are h, v, w, t, o and a")
