"""A recorder log as a file: a header, then frames of packets; read frame by frame, written so that a kill costs none.

What the packets mean is `recorder_records`' matter, and their bytes are `recorder_codec`'s.
"""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from struct import Struct
from typing import Any, BinaryIO, NamedTuple

from carla_bridge.standin.recorder_logs.recorder_codec import LogError, decode, encode, text_bytes
from carla_bridge.standin.recorder_logs.recorder_records import FrameStart, PacketId

MAGIC, VERSION = "CARLA_RECORDER", 1
MAX_PACKET_BYTES = 16 * 2**20  # 2,000 actors with all their attributes need less than one million
MAX_FRAME_BYTES = 4 * MAX_PACKET_BYTES
MAX_MAP_NAME_BYTES = 1024
START_BYTES = text_bytes(MAGIC)  # after the version's two bytes
_VERSION, _LENGTH, _DATE, _PACKET, _DURATION = (Struct(f"<{code}") for code in ("H", "H", "q", "BI", "d"))
_KNOWN = frozenset(PacketId)


class Header(NamedTuple):
    """Where and when a log was recorded."""

    version: int
    date_s: int  # since 1970
    map_name: str


class Frame(NamedTuple):
    """One whole frame; its packets are decoded when somebody asks for them."""

    number: int
    duration_s: float
    elapsed_s: float
    packets: tuple[tuple[PacketId, bytes], ...]

    def records(self, kind: PacketId) -> list[Any]:
        """Return the records of one kind."""
        return [
            record for packet_id, data in self.packets if packet_id == kind for record in decode(kind, data)
        ]


class LogReader:
    """A log that is being read; it holds one frame at a time."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self.header = self._read_header()
        self._first_frame = file.tell()

    def frames(self) -> Iterator[Frame]:
        """Yield the whole frames from the first on; raise `LogError` where the log is damaged or cut off."""
        self._file.seek(self._first_frame)
        start: FrameStart | None = None
        kept: list[tuple[PacketId, bytes]] = []
        size = 0
        for packet_id, data in self._packets():
            if packet_id == PacketId.FRAME_START:
                if start is not None:
                    raise LogError(f"frame {start.number} has no end")
                (start,), kept, size = decode(packet_id, data), [], 0
                if not math.isfinite(start.elapsed_s):
                    raise LogError(f"frame {start.number} has no time")
            elif start is None:
                raise LogError(f"a packet {packet_id.name} stands outside of all frames")
            elif packet_id == PacketId.FRAME_END:
                yield Frame(*start, tuple(kept))
                start = None
            else:
                kept.append((packet_id, data))
                size += _PACKET.size + len(data)
                if size > MAX_FRAME_BYTES:
                    raise LogError(f"frame {start.number} has more than {MAX_FRAME_BYTES} bytes")
        if start is not None:
            raise LogError(f"the log ends within frame {start.number}")

    def total_s(self) -> float:
        """Return when the last whole frame begins, whatever comes after it."""
        total_s = 0.0
        try:
            for frame in self.frames():
                total_s = frame.elapsed_s
        except LogError:
            pass
        return total_s

    def _packets(self) -> Iterator[tuple[PacketId, bytes]]:
        while (left := self._size - self._file.tell()) > 0:
            number, size = _PACKET.unpack(self._take(_PACKET.size))
            if size > left - _PACKET.size:
                raise LogError("the log ends within a packet")
            if number not in _KNOWN:
                self._file.seek(size, os.SEEK_CUR)
                continue
            if size > MAX_PACKET_BYTES:
                raise LogError(f"a packet {PacketId(number).name} has {size} bytes, over {MAX_PACKET_BYTES}")
            yield PacketId(number), self._take(size)

    def _read_header(self) -> Header:
        try:
            (version,) = _VERSION.unpack(self._take(_VERSION.size))
            is_log = self._take(len(START_BYTES)) == START_BYTES
        except LogError:
            is_log = False
        if not is_log:
            raise LogError("File is not a CARLA recorder")
        if version != VERSION:
            raise LogError(f"the log has version {version}; only version {VERSION} is known")
        (date_s,) = _DATE.unpack(self._take(_DATE.size))
        (length,) = _LENGTH.unpack(self._take(_LENGTH.size))
        if length > MAX_MAP_NAME_BYTES:
            raise LogError(f"the name of the log's map has {length} bytes, over {MAX_MAP_NAME_BYTES}")
        return Header(version, date_s, self._take(length).decode("utf-8", "replace"))

    def _take(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise LogError("the log ends within a packet")
        return data


class LogWriter:
    """A log that is being written; whatever happens, all frames but the one under way are in the file."""

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._file, self._number, self._elapsed_s = file, 0, 0.0
        self._duration_at: int | None = None  # of the frame before, which is known only now
        start = _VERSION.pack(header.version) + START_BYTES + _DATE.pack(header.date_s)
        file.write(start + text_bytes(header.map_name))
        file.flush()

    @property
    def size_bytes(self) -> int:
        """How long the file is."""
        return self._file.tell()

    def write_frame(self, delta_s: float, packets: Iterable[tuple[PacketId, Sequence[Any]]]) -> None:
        """Add a frame that comes `delta_s` after the one before."""
        end = self._file.tell()
        if self._duration_at is not None:
            self._elapsed_s += delta_s
            self._file.seek(self._duration_at)
            self._file.write(_DURATION.pack(delta_s))
            self._file.seek(end)
        self._number += 1
        self._duration_at = end + _PACKET.size + 8
        start = FrameStart(self._number, -1.0, self._elapsed_s)
        whole = ((PacketId.FRAME_START, [start]), *packets, (PacketId.FRAME_END, []))
        self._file.write(b"".join(map(_packet, *zip(*whole, strict=True))))
        self._file.flush()


def _packet(kind: PacketId, rows: Sequence[Any]) -> bytes:
    data = encode(kind, rows)
    return _PACKET.pack(kind, len(data)) + data
