"""A copy of a recording with the photos in it: every message as it was, and behind each label frame its photo.

It knows nothing of videos: photos come as pictures of an H.264 stream, in the order of the camera's frames.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from mcap.records import Channel, McapRecord, Message, Schema
from mcap.writer import CompressionType, Writer

from carla_bridge.claims import Claim
from carla_bridge.outputs import OutputExists, give_name, partial_path, writing
from carla_bridge.recording import messages
from carla_bridge.recording.chunks import UNREADABLE, Contents, find_contents, read_chunk
from carla_bridge.recording.errors import DamagedRecording, NoRecording, OtherPhotos
from carla_bridge.recording.messages import SCHEMAS, camera_topic
from carla_bridge.recording.track import CHUNK_BYTES, TICKS_NAME, repeat

PHOTOS_NAME = "carla-bridge-photos"  # the metadata record that says what the photos were made of
Photos = Mapping[str, Iterator[bytes]]  # by camera


def has_photos(path: Path, about: Mapping[str, str]) -> bool:
    """Say whether a copy with these very photos is there already."""
    try:
        with path.open("rb") as file:
            return find_contents(file).metadata.get(PHOTOS_NAME) == dict(about)
    except (OSError, *UNREADABLE):
        return False


def add_photos(
    source: Path,
    target: Path,
    photos: Photos,
    about: Mapping[str, str],
    *,
    overwrite: bool = False,
    progress: Callable[[float], object] = lambda share: None,
) -> int:
    """Write the copy; return its number of photos. Photos that the recording had of these cameras are replaced."""
    if target.exists() and not overwrite:
        raise OutputExists(target)
    try:
        file = source.open("rb")
    except OSError as error:
        raise NoRecording(source, f"cannot be read ({error.strerror})") from error
    with file, writing(target), Claim.of_file(partial_path(target), overwrite=True) as claim:
        contents = _contents_of(file, source)
        with claim.open() as copy:
            track = _Track(source, contents, copy, photos, about)
            for number, place in enumerate(contents.chunks, start=1):
                try:
                    records = list(read_chunk(file, place))
                except UNREADABLE as error:
                    raise DamagedRecording(source, str(error)) from error
                for record in records:
                    track.add(record)
                progress(number / len(contents.chunks))
            track.finish()
        give_name(partial_path(target), target)
    return track.photos


def _contents_of(file: IO[bytes], source: Path) -> Contents:
    try:
        return find_contents(file)
    except UNREADABLE as error:
        raise NoRecording(source, str(error)) from error


class _Track:
    """The records of the copy; schemas and channels get new numbers, all else is as it was."""

    def __init__(
        self, source: Path, contents: Contents, copy: IO[bytes], photos: Photos, about: Mapping[str, str]
    ):
        self.photos = 0
        self._source, self._contents = source, contents
        self._about = dict(about)
        self._waiting = {camera_topic(camera, "semantic"): (camera, each) for camera, each in photos.items()}
        self._replaced = {camera_topic(camera, "photo") for camera in photos}
        self._schemas: dict[int, int] = {0: 0}  # number there → number here
        self._channels: dict[int, int] = {}
        self._topics: dict[int, str] = {}
        self._photo_channels: dict[str, int] = {}
        self._file = copy
        self._writer = Writer(copy, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD)
        self._writer.start(profile="", library="carla-bridge")
        for name, data in contents.metadata.items():
            if name != PHOTOS_NAME:
                self._writer.add_metadata(name, data)
        for record in contents.definitions:
            self.add(record)

    def add(self, record: McapRecord) -> None:
        """Write what one record says."""
        if isinstance(record, Schema) and record.id not in self._schemas:
            self._schemas[record.id] = self._register_schema(record.name, record.encoding, record.data)
        elif isinstance(record, Channel) and record.id not in self._topics:
            self._topics[record.id] = record.topic
            if record.topic not in self._replaced:
                self._channels[record.id] = self._register_channel(
                    record.topic, record.message_encoding, self._schemas[record.schema_id], record.metadata
                )
        elif isinstance(record, Message) and record.channel_id in self._channels:
            self._copy(record, self._channels[record.channel_id], record.data)
            topic = self._topics[record.channel_id]
            if topic in self._waiting:
                self._add_photo(record, *self._waiting[topic])

    def finish(self) -> None:
        """Write the attachments, what the photos are, and the index."""
        for camera, pictures in self._waiting.values():
            if next(pictures, None) is not None:
                raise OtherPhotos(self._source, camera, "more")
        for name, data in self._contents.attachments.items():
            if name != TICKS_NAME or self._contents.whole:
                self._writer.add_attachment(0, 0, name, "application/octet-stream", data)
        self._writer.add_metadata(PHOTOS_NAME, self._about)
        self._writer.finish()

    def _add_photo(self, label_frame: Message, camera: str, pictures: Iterator[bytes]) -> None:
        picture = next(pictures, None)
        if picture is None:
            raise OtherPhotos(self._source, camera, "fewer")
        if camera not in self._photo_channels:
            self._photo_channels[camera] = self._register(camera)
        data = messages.encode_photo(picture, camera=camera, time_s=label_frame.log_time / 1e9)
        self._copy(label_frame, self._photo_channels[camera], data)
        self.photos += 1

    def _register(self, camera: str) -> int:
        schema = SCHEMAS["photo"].get_schema()
        schema_id = self._register_schema(schema.name, schema.encoding, schema.data)
        return self._register_channel(camera_topic(camera, "photo"), "protobuf", schema_id, {})

    def _register_schema(self, name: str, encoding: str, data: bytes) -> int:
        number = int(self._writer.register_schema(name, encoding, data))
        repeat(self._file, Schema(number, data, encoding, name))
        return number

    def _register_channel(self, topic: str, encoding: str, schema_id: int, metadata: dict[str, str]) -> int:
        number = int(self._writer.register_channel(topic, encoding, schema_id, metadata))
        repeat(self._file, Channel(number, topic, encoding, metadata, schema_id))
        return number

    def _copy(self, like: Message, channel: int, data: bytes) -> None:
        self._writer.add_message(
            channel,
            log_time=like.log_time,
            data=data,
            publish_time=like.publish_time,
            sequence=like.sequence,
        )
