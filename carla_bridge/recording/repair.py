"""Making a cut or damaged recording whole: every chunk that is sound goes into a copy beside it, in order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mcap.records import Channel, Message

from carla_bridge.outputs import make_room, partial_path, writing
from carla_bridge.recording import messages
from carla_bridge.recording.chunks import UNREADABLE, Contents, find_contents, read_chunk
from carla_bridge.recording.errors import NoRecording
from carla_bridge.recording.messages import LAYERS, SCHEMAS, STATE_TOPIC
from carla_bridge.recording.writer import DriveTrack


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
        meta = messages.decode_meta(contents.metadata[messages.META_NAME])
    except (*UNREADABLE, KeyError, TypeError) as error:
        raise NoRecording(path, "does not even begin like a recording of ours") from error
    lost: list[int] = []
    with writing(target), DriveTrack(partial_path(target).open("wb"), meta) as track:
        tick: tuple[int, int] | None = None
        for topic, message in _sound_messages(source, contents, lost, progress):
            here = message.sequence, message.log_time
            if tick is not None and tick != here:
                track.end_tick(*tick)
            track.put(topic, message.data, tick=message.sequence, log_ns=message.log_time)
            tick = here
        if tick is not None:
            track.end_tick(*tick)
    with writing(target):
        partial_path(target).replace(target)
    return Repaired(target, track.frames, len(lost))


def _sound_messages(
    source: IO[bytes], contents: Contents, lost: list[int], progress: Callable[[float], object]
) -> Iterator[tuple[str, Message]]:
    topics: dict[int, str] = {}
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
    return topic == STATE_TOPIC or topic.rpartition("/")[2] in {*SCHEMAS, *LAYERS}
