"""Making a cut or damaged recording whole: every chunk that is sound goes into a copy beside it, in order."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO

from mcap.records import Channel, Message

from carla_bridge.claims import Claim
from carla_bridge.outputs import give_name, make_room, partial_path, writing
from carla_bridge.recording.chunks import UNREADABLE, Contents, find_contents, read_chunk
from carla_bridge.recording.errors import NoRecording
from carla_bridge.recording.messages import LAYERS, SCHEMAS, STATE_TOPIC, topics_of_a_tick
from carla_bridge.recording.meta import META_NAME, decode_meta
from carla_bridge.recording.track import DriveTrack

MAX_TICK_BYTES = 1 << 30  # a tick of more is left out as damaged


@dataclass(frozen=True)
class Repaired:
    """What became of a repair."""

    path: Path
    frames: int  # ticks in the copy
    lost_chunks: int  # damaged ones, left out; a cut-off tail is not counted, for nobody knows what was in it


def repaired_path(path: Path) -> Path:
    """Return where the copy goes: `drive.partial.mcap` becomes `drive.repaired.mcap`."""
    return path.with_name(f"{path.name.removesuffix('.mcap').removesuffix('.partial')}.repaired.mcap")


def repair(
    path: Path, *, overwrite: bool = False, progress: Callable[[float], object] = lambda share: None
) -> Repaired:
    """Copy what is whole; the damaged file stays as it is. Raises `NoRecording` where nothing can be saved."""
    target = repaired_path(path)
    make_room(target, overwrite=overwrite)
    try:
        with path.open("rb") as source:
            return _copy(source, path, target, progress)
    except OSError as error:
        raise NoRecording(path, f"cannot be read ({error.strerror})") from error


def _copy(source: IO[bytes], path: Path, target: Path, progress: Callable[[float], object]) -> Repaired:
    try:
        contents = find_contents(source)
        meta = decode_meta(contents.metadata[META_NAME])
    except (*UNREADABLE, KeyError, TypeError, AttributeError) as error:
        raise NoRecording(path, "does not even begin like a recording of ours") from error
    lost: list[int] = []
    topics = {record.id: record.topic for record in contents.definitions if isinstance(record, Channel)}
    with writing(target), Claim.of_file(partial_path(target), overwrite=True) as claim:
        with DriveTrack(claim.open(), meta) as track:
            for tick in _by_tick(_sound_messages(source, contents, topics, lost, progress)):
                if topics_of_a_tick(meta, topics.values()) <= tick.keys():
                    _write(track, tick)
        give_name(partial_path(target), target)
    return Repaired(target, track.frames, len(lost))


def _write(track: DriveTrack, tick: Mapping[str, Message]) -> None:
    first = next(iter(tick.values()))
    if not track.frames:  # the chunk that said it may be lost, but it follows from the meta
        track.describe_cameras(first.sequence, first.log_time / 1e9)
    for topic, message in tick.items():
        track.put(topic, message.data, tick=message.sequence, log_ns=message.log_time)
    track.end_tick(first.sequence, first.log_time)


def _by_tick(messages: Iterable[tuple[str, Message]]) -> Iterator[dict[str, Message]]:
    """Yield all that one tick brought, by topic."""
    for _, group in groupby(messages, lambda each: (each[1].sequence, each[1].log_time)):
        tick: dict[str, Message] = {}
        size = 0
        for topic, message in group:
            size += len(message.data)
            if size <= MAX_TICK_BYTES:
                tick[topic] = message
        if tick:
            yield tick


def _sound_messages(
    source: IO[bytes],
    contents: Contents,
    topics: dict[int, str],
    lost: list[int],
    progress: Callable[[float], object],
) -> Iterator[tuple[str, Message]]:
    """Yield topic and message of all sound chunks; adds channels to `topics` and numbers of bad chunks to `lost`."""
    for number, place in enumerate(contents.chunks, start=1):
        try:
            records = list(read_chunk(source, place))
        except UNREADABLE:
            lost.append(number)
            records = []
        for record in records:
            if isinstance(record, Channel):
                topics[record.id] = record.topic
            elif isinstance(record, Message) and _is_ours(topics.get(record.channel_id, "")):
                yield topics[record.channel_id], record
        progress(number / len(contents.chunks))


def _is_ours(topic: str) -> bool:
    """Say whether a topic is one that every tick has anew."""
    what = topic.rpartition("/")[2]
    return topic == STATE_TOPIC or (what in {*SCHEMAS, *LAYERS} and what not in ("calibration", "tf_static"))
