"""What lies where in an MCAP file, found by walking over its records: works on whole files and on cut ones alike.

Nothing in the file is believed: lengths are checked against the file's size, sizes against limits, before anything
is read or unpacked. Source of the layout: https://mcap.dev/spec
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Any
from zlib import crc32

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, Channel, Chunk, McapRecord, Message, Metadata, Schema
from mcap.writer import MCAP0_MAGIC

MAX_CHUNK_BYTES = 256 << 20  # unpacked; one tick of many large pictures still fits
MAX_CHUNKS = 1_000_000
MAX_CHUNK_RECORDS = 100_000
MAX_RECORD_BYTES = 1 << 20  # metadata, schemas, channels
MAX_ATTACHMENT_BYTES = 16 << 20
MAX_SMALL_RECORDS, MAX_SMALL_BYTES = 10_000, 64 << 20  # all of these together
MAX_LOG_NS = 2**32 * 10**9  # what Foxglove's time stamps reach
_HEADER = struct.Struct("<BQ")
_TIMES = struct.Struct("<QQ")
_SMALL: dict[int, Any] = {
    Opcode.METADATA: Metadata,
    Opcode.ATTACHMENT: Attachment,
    Opcode.SCHEMA: Schema,
    Opcode.CHANNEL: Channel,
}
_DEFINITIONS = (Opcode.SCHEMA, Opcode.CHANNEL)
UNREADABLE = (
    McapError,
    struct.error,
    ValueError,
    EOFError,
    zstandard.ZstdError,
    MemoryError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True)
class ChunkPlace:
    """Where a chunk is and which log times it spans."""

    offset: int  # of its content
    length: int
    start_ns: int
    end_ns: int


@dataclass
class Contents:
    """What a walk over a file found."""

    chunks: list[ChunkPlace] = field(default_factory=list)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    attachments: dict[str, bytes] = field(default_factory=dict)
    definitions: list[McapRecord] = field(
        default_factory=list
    )  # schemas and channels that stand outside chunks
    small_records: int = 0  # what stands outside chunks
    small_bytes: int = 0
    whole: bool = False  # closed properly: it ends with a footer and the magic bytes


def find_contents(file: IO[bytes]) -> Contents:
    """Walk over the records of a file; raises ValueError if it is no MCAP at all."""
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
        raise ValueError("is no MCAP file")
    contents = Contents()
    while len(header := file.read(_HEADER.size)) == _HEADER.size:
        opcode, length = _HEADER.unpack(header)
        offset = file.tell()
        if offset + length > size or opcode == 0:
            break
        _note(contents, file, opcode, offset, length)
        file.seek(offset + length)
        if opcode == Opcode.FOOTER:
            contents.whole = file.read(len(MCAP0_MAGIC)) == MCAP0_MAGIC
            break
    return contents


def _note(contents: Contents, file: IO[bytes], opcode: int, offset: int, length: int) -> None:
    if opcode == Opcode.CHUNK and length >= _TIMES.size:
        if len(contents.chunks) == MAX_CHUNKS:
            raise ValueError(f"has more than {MAX_CHUNKS} chunks")
        contents.chunks.append(ChunkPlace(offset, length, *_TIMES.unpack(file.read(_TIMES.size))))
    elif opcode in _SMALL and length <= _limit_bytes(opcode):
        _count(contents, length)
        record = _SMALL[opcode].read(ReadDataStream(BytesIO(file.read(length))))
        if isinstance(record, Metadata):
            contents.metadata[record.name] = record.metadata
        elif isinstance(record, Attachment):
            contents.attachments[record.name] = record.data
        else:
            contents.definitions.append(record)


def _limit_bytes(opcode: int) -> int:
    return MAX_ATTACHMENT_BYTES if opcode == Opcode.ATTACHMENT else MAX_RECORD_BYTES


def _count(contents: Contents, length: int) -> None:
    contents.small_records += 1
    contents.small_bytes += length
    if contents.small_records > MAX_SMALL_RECORDS or contents.small_bytes > MAX_SMALL_BYTES:
        raise ValueError(
            f"has more than {MAX_SMALL_RECORDS} records or {MAX_SMALL_BYTES} bytes outside its chunks"
        )


def read_chunk(file: IO[bytes], place: ChunkPlace) -> Iterator[McapRecord]:
    """Yield schemas, channels and messages of a chunk, in order; raises one of `UNREADABLE` if it is damaged."""
    data = _unpacked(file, place)
    stream, end = ReadDataStream(BytesIO(data)), len(data)
    count = 0
    while stream.count < end:
        opcode, length = stream.read1(), stream.read8()
        count += 1
        if count > MAX_CHUNK_RECORDS:
            raise ValueError(f"a chunk has more than {MAX_CHUNK_RECORDS} records")
        if stream.count + length > end:
            raise ValueError("a record reaches beyond its chunk")
        if opcode == Opcode.MESSAGE:
            yield _in_time(Message.read(stream, length))
        elif opcode in _DEFINITIONS and length <= MAX_RECORD_BYTES:
            yield _SMALL[opcode].read(stream)
        else:
            stream.read(length)


def _in_time(message: Message) -> Message:
    if message.log_time >= MAX_LOG_NS:
        raise ValueError(f"a message is of the time {message.log_time} ns, later than time stamps reach")
    return message


def _unpacked(file: IO[bytes], place: ChunkPlace) -> bytes:
    if place.length > MAX_CHUNK_BYTES:
        raise ValueError(f"a chunk has {place.length} bytes, more than {MAX_CHUNK_BYTES}")
    file.seek(place.offset)
    chunk = Chunk.read(ReadDataStream(BytesIO(file.read(place.length))))
    if chunk.uncompressed_size > MAX_CHUNK_BYTES:
        raise ValueError(f"a chunk unpacks to {chunk.uncompressed_size} bytes, more than {MAX_CHUNK_BYTES}")
    data = chunk.data
    if chunk.compression == "zstd":
        if zstandard.frame_content_size(data) > MAX_CHUNK_BYTES:
            raise ValueError(f"a chunk claims to unpack to more than {MAX_CHUNK_BYTES} bytes")
        data = zstandard.ZstdDecompressor().decompress(data, max_output_size=chunk.uncompressed_size)
    elif chunk.compression:
        raise ValueError(f"a chunk is packed by {chunk.compression!r:.20}, not by zstd")
    if len(data) != chunk.uncompressed_size:
        raise ValueError("a chunk unpacks to another size than it says")
    if chunk.uncompressed_crc and crc32(data) != chunk.uncompressed_crc:
        raise ValueError("the checksum of a chunk is wrong")
    return data
