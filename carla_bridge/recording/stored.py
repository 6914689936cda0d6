"""The messages of a recording by topic, with bounded memory; what is damaged is said in one sentence."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from mcap.records import Channel, Message, Schema

from carla_bridge.recording import messages
from carla_bridge.recording.chunks import UNREADABLE, ChunkPlace, Contents, read_chunk
from carla_bridge.recording.errors import DamagedRecording

KEPT_CHUNKS = 2  # unpacked ones, for those who jump back and forth


@contextmanager
def blaming(path: Path) -> Iterator[None]:
    """Turn what damaged bytes provoke inside the libraries into one sentence about the file."""
    from google.protobuf.message import DecodeError

    try:
        yield
    except (*UNREADABLE, KeyError, TypeError, AttributeError, DecodeError) as error:
        raise DamagedRecording(path, str(error) or type(error).__name__) from error


class StoredMessages:
    """The messages of an open file; it learns schemas and channels while it reads."""

    def __init__(self, path: Path, file: IO[bytes], contents: Contents):
        self._path, self._file, self._contents = path, file, contents
        self._decoders: dict[int, Callable[[bytes], Any]] = {}
        self._schemas: dict[int, Schema] = {}
        self._topics: dict[int, str] = {}
        self._kept: OrderedDict[int, list[Message]] = OrderedDict()
        for definition in contents.definitions:
            with blaming(path):
                self._is_message(definition)

    def read(self, topics: set[str], chunks: list[ChunkPlace] | None = None) -> Iterator[tuple[str, Message]]:
        """Yield topic and message of these topics, of all chunks or of some."""
        for topic, message in self.read_all(chunks):
            if topic in topics:
                yield topic, message

    def read_all(self, chunks: list[ChunkPlace] | None = None) -> Iterator[tuple[str, Message]]:
        """Yield topic and message of all topics."""
        for place in self._contents.chunks if chunks is None else chunks:
            for message in self._chunk(place):
                yield self._topics[message.channel_id], message

    def decode(self, message: Message) -> Any:
        """Return a protobuf message by its schema in the file; raises what `blaming` turns into a sentence."""
        return self._decoders[message.channel_id](message.data)

    def topics(self) -> set[str]:
        """Return the topics met so far."""
        return set(self._topics.values())

    def _chunk(self, place: ChunkPlace) -> list[Message]:
        if place.offset in self._kept:
            self._kept.move_to_end(place.offset)
            return self._kept[place.offset]
        with blaming(self._path):
            found = [
                record
                for record in read_chunk(self._file, place)
                if self._is_message(record) and isinstance(record, Message)
            ]
        self._kept[place.offset] = found
        if len(self._kept) > KEPT_CHUNKS:
            self._kept.popitem(last=False)
        return found

    def _is_message(self, record: Any) -> bool:
        """Say whether a record is a message of a known channel; learn schemas and channels on the way."""
        if isinstance(record, Schema):
            self._schemas[record.id] = record
        elif isinstance(record, Channel) and record.id not in self._topics:
            self._topics[record.id] = record.topic
            if record.message_encoding == "protobuf":
                schema = self._schemas[record.schema_id]
                self._decoders[record.id] = messages.decoder(schema.name, schema.encoding, schema.data)
        return isinstance(record, Message) and record.channel_id in self._topics
