"""The records of a recorder log as bytes, both ways: little-endian, a 16-bit count before the rows of a packet.

Most records are flat rows of numbers; four kinds hold texts or lists of their own.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from struct import Struct
from typing import Any, NamedTuple

from carla_bridge.standin.recorder_logs import recorder_records as records
from carla_bridge.standin.recorder_logs.recorder_records import (
    Attribute,
    Bone,
    EventAdd,
    PacketId,
    PhysicsControl,
    WalkerBones,
    Wheels,
)

MAX_TEXT_BYTES = 0xFFFF
_COUNT, _WIDE_COUNT = Struct("<H"), Struct("<I")
_BEFORE_TYPE_ID, _ATTRIBUTE_TYPE = Struct("<IB6fI"), Struct("<B")
_ID, _PHYSICS, _BONE = Struct("<I"), Struct("<5f?7f"), Struct("<6f")
_POINT, _GEAR, _WHEEL_PHYSICS, _WHEEL = Struct("<2f"), Struct("<3f"), Struct("<12f"), Struct("<B2f")


class LogError(Exception):
    """A file is no recorder log, or a damaged one; the message says what is wrong, and where."""


class _Flat(NamedTuple):
    """A record that is one row of numbers."""

    record: Any
    row: Struct


_FLAT = {
    PacketId.EVENT_DEL: _Flat(records.EventDel, Struct("<I")),
    PacketId.EVENT_PARENT: _Flat(records.EventParent, Struct("<II")),
    PacketId.COLLISION: _Flat(records.Collision, Struct("<III??")),
    PacketId.POSITION: _Flat(records.Position, Struct("<I6f")),
    PacketId.STATE: _Flat(records.ShownLight, Struct("<I?fb")),
    PacketId.ANIM_VEHICLE: _Flat(records.AnimVehicle, Struct("<I3f?i")),
    PacketId.ANIM_WALKER: _Flat(records.AnimWalker, Struct("<If")),
    PacketId.VEHICLE_LIGHT: _Flat(records.VehicleLight, Struct("<II")),
    PacketId.SCENE_LIGHT: _Flat(records.SceneLight, Struct("<if4f?B")),
    PacketId.KINEMATICS: _Flat(records.Kinematics, Struct("<I6f")),
    PacketId.BOUNDING_BOX: _Flat(records.Box, Struct("<I6f")),
    PacketId.TRAFFIC_LIGHT_TIME: _Flat(records.LightTimes, Struct("<I3f")),
    PacketId.TRIGGER_VOLUME: _Flat(records.Box, Struct("<I6f")),
    PacketId.VEHICLE_DOOR: _Flat(records.VehicleDoor, Struct("<IB?")),
    PacketId.ANIM_BIKER: _Flat(records.AnimBiker, Struct("<I2f")),
}
_SINGLE = {  # packets of one row, without a count
    PacketId.FRAME_START: _Flat(records.FrameStart, Struct("<Qdd")),
    PacketId.PLATFORM_TIME: _Flat(records.Number, Struct("<d")),
    PacketId.FRAME_COUNTER: _Flat(records.Number, Struct("<Q")),
    PacketId.VISUAL_TIME: _Flat(records.Number, Struct("<d")),
}


def decode(kind: PacketId, data: bytes) -> list[Any]:
    """Return the records of a packet's data; all of it must be used up."""
    if kind == PacketId.FRAME_END:
        return []
    cursor = _Cursor(kind, data)
    if kind in _SINGLE:
        decoded = [_SINGLE[kind].record(*cursor.row(_SINGLE[kind].row))]
    elif kind in _FLAT:
        flat = _FLAT[kind]
        decoded = [flat.record(*row) for row in cursor.rows(_COUNT, flat.row)]
    else:
        read = _READERS[kind]
        decoded = [read(cursor) for _ in range(cursor.count(_COUNT))]
    cursor.finish()
    return decoded


def encode(kind: PacketId, rows: Sequence[Any]) -> bytes:
    """Return the data of a packet of records; `decode` gives them back."""
    if kind == PacketId.FRAME_END:
        return b""
    if kind in _SINGLE:
        return _SINGLE[kind].row.pack(*rows[0])
    if kind in _FLAT:
        return _counted(_COUNT, (_FLAT[kind].row.pack(*row) for row in rows), len(rows))
    return _counted(_COUNT, map(_WRITERS[kind], rows), len(rows))


class _Cursor:
    """Reads data from front to back, and never past its end."""

    def __init__(self, kind: PacketId, data: bytes) -> None:
        self._kind, self._data, self._at = kind, data, 0

    def row(self, row: Struct) -> tuple[Any, ...]:
        try:
            values = row.unpack_from(self._data, self._at)
        except struct.error:
            raise self._error("ends within a record") from None
        self._at += row.size
        return values

    def rows(self, count: Struct, row: Struct) -> tuple[tuple[Any, ...], ...]:
        return tuple([self.row(row) for _ in range(self.count(count, row.size))])

    def count(self, count: Struct, least_bytes: int = 1) -> int:
        """Return how many rows follow; as many as can't be there are refused before anything is made of them."""
        (number,) = self.row(count)
        if number * least_bytes > len(self._data) - self._at:
            raise self._error(f"claims {number} records and is too short for them")
        return int(number)

    def text(self) -> str:
        length = self.count(_COUNT)
        self._at += length
        return self._data[self._at - length : self._at].decode("utf-8", "replace")

    def finish(self) -> None:
        if self._at != len(self._data):
            raise self._error(f"has {len(self._data) - self._at} bytes too many")

    def _error(self, fault: str) -> LogError:
        return LogError(f"a packet {self._kind.name} {fault}")


def text_bytes(text: str) -> bytes:
    """Return a text with its length before it, cut where the length could not say it."""
    encoded = text.encode("utf-8", "replace")[:MAX_TEXT_BYTES]
    return _COUNT.pack(len(encoded)) + encoded


def _counted(count: Struct, rows: Iterable[bytes], number: int) -> bytes:
    return count.pack(number) + b"".join(rows)


def _rows(row: Struct, values: Sequence[Sequence[Any]]) -> bytes:
    return _counted(_WIDE_COUNT, (row.pack(*each) for each in values), len(values))


def _read_event_add(cursor: _Cursor) -> EventAdd:
    before, type_id = cursor.row(_BEFORE_TYPE_ID), cursor.text()
    attributes = [
        Attribute._make((*cursor.row(_ATTRIBUTE_TYPE), cursor.text(), cursor.text()))
        for _ in range(cursor.count(_COUNT))
    ]
    return EventAdd._make((*before, type_id, tuple(attributes)))


def _write_event_add(event: EventAdd) -> bytes:
    *before, type_id, attributes = event
    written = (
        _ATTRIBUTE_TYPE.pack(attribute.type) + text_bytes(attribute.id) + text_bytes(attribute.value)
        for attribute in attributes
    )
    return _BEFORE_TYPE_ID.pack(*before) + text_bytes(type_id) + _counted(_COUNT, written, len(attributes))


def _read_physics(cursor: _Cursor) -> PhysicsControl:
    (actor_id,) = cursor.row(_ID)
    values = cursor.row(_PHYSICS)
    lists = (cursor.rows(_WIDE_COUNT, row) for row in (_POINT, _GEAR, _POINT, _WHEEL_PHYSICS))
    return PhysicsControl(actor_id, values, *lists)


def _write_physics(control: PhysicsControl) -> bytes:
    lists = (
        _rows(_POINT, control.torque_curve),
        _rows(_GEAR, control.forward_gears),
        _rows(_POINT, control.steering_curve),
        _rows(_WHEEL_PHYSICS, control.wheels),
    )
    return _ID.pack(control.actor_id) + _PHYSICS.pack(*control.values) + b"".join(lists)


def _read_bones(cursor: _Cursor) -> WalkerBones:
    (actor_id,) = cursor.row(_ID)
    return WalkerBones(
        actor_id, tuple([Bone(cursor.text(), cursor.row(_BONE)) for _ in range(cursor.count(_COUNT))])
    )


def _write_bones(walker: WalkerBones) -> bytes:
    bones = (text_bytes(bone.name) + _BONE.pack(*bone.placed) for bone in walker.bones)
    return _ID.pack(walker.actor_id) + _counted(_COUNT, bones, len(walker.bones))


def _read_wheels(cursor: _Cursor) -> Wheels:
    (actor_id,) = cursor.row(_ID)
    return Wheels(actor_id, cursor.rows(_WIDE_COUNT, _WHEEL))


def _write_wheels(vehicle: Wheels) -> bytes:
    return _ID.pack(vehicle.actor_id) + _rows(_WHEEL, vehicle.wheels)


_READERS: dict[PacketId, Callable[[_Cursor], Any]] = {
    PacketId.EVENT_ADD: _read_event_add,
    PacketId.PHYSICS_CONTROL: _read_physics,
    PacketId.WALKER_BONES: _read_bones,
    PacketId.ANIM_VEHICLE_WHEELS: _read_wheels,
}
_WRITERS: dict[PacketId, Callable[[Any], bytes]] = {
    PacketId.EVENT_ADD: _write_event_add,
    PacketId.PHYSICS_CONTROL: _write_physics,
    PacketId.WALKER_BONES: _write_bones,
    PacketId.ANIM_VEHICLE_WHEELS: _write_wheels,
}
