"""Recorder logs made by hand, for the tests of what reads them; and the real one, where the data is."""

import io
import os
from pathlib import Path

from carla_bridge.standin.recorder_logs import recorder_records as r
from carla_bridge.standin.recorder_logs.recorder_log import Header, LogReader, LogWriter
from carla_bridge.standin.recorder_logs.recorder_records import PacketId

DATA = os.environ.get("CARLA_BRIDGE_DATA")
REAL_LOG = Path(DATA or "none") / "carla" / "recorder_logs" / "DistanceBetweenVehicles.log"
TOWN01 = Path(DATA or "none") / "carla" / "maps" / "Town01.xodr"
NOON_2026_S = 1_767_268_800
HEADER_BYTES = 2 + 2 + 14 + 8 + 2 + len("Town01")
A_RECORD_OF_EACH_KIND = {
    PacketId.FRAME_START: r.FrameStart(7, -1.0, 0.3),
    PacketId.EVENT_ADD: r.EventAdd(
        *(5, 1, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9, "vehicle.größe"),
        (r.Attribute(4, "color", "1,2,3"), r.Attribute(3, "role_name", "")),
    ),
    PacketId.EVENT_DEL: r.EventDel(4_000_000_000),
    PacketId.EVENT_PARENT: r.EventParent(6, 5),
    PacketId.COLLISION: r.Collision(1, 5, 6, True, False),
    PacketId.POSITION: r.Position(5, 1.0, -2.0, 3.0, 0.0, 45.0, -90.0),
    PacketId.STATE: r.ShownLight(8, True, 1.5, 2),
    PacketId.ANIM_VEHICLE: r.AnimVehicle(5, -0.5, 0.25, 1.0, True, -1),
    PacketId.ANIM_WALKER: r.AnimWalker(9, 1.5),
    PacketId.VEHICLE_LIGHT: r.VehicleLight(5, 0x0000_0401),
    PacketId.SCENE_LIGHT: r.SceneLight(-3, 100.0, 1.0, 0.5, 0.25, 1.0, True, 2),
    PacketId.KINEMATICS: r.Kinematics(5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
    PacketId.BOUNDING_BOX: r.Box(5, 0.0, 0.0, float("inf"), float("-inf"), 1.0, 1.0),
    PacketId.PLATFORM_TIME: r.Number(0.1),
    PacketId.PHYSICS_CONTROL: r.PhysicsControl(
        5,
        (5000.0, 1.0, 0.5, 2.0, 0.25, True, 10.0, 4.0, 1500.0, 0.5, 1.0, 0.0, -0.5),
        ((0.0, 400.0), (5000.0, 300.0)),
        ((3.5, 0.5, 0.75),),
        ((0.0, 1.0),),
        ((3.5, 0.25, 70.0, 35.0, 1500.0, 3000.0, 3.0, 20.0, 3000.0, 1.0, 2.0, 3.0),) * 4,
    ),
    PacketId.TRAFFIC_LIGHT_TIME: r.LightTimes(8, 10.0, 3.0, 2.0),
    PacketId.TRIGGER_VOLUME: r.Box(8, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
    PacketId.FRAME_COUNTER: r.Number(2**60),
    PacketId.WALKER_BONES: r.WalkerBones(9, (r.Bone("crl_hips__C", (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),)),
    PacketId.VISUAL_TIME: r.Number(12.5),
    PacketId.VEHICLE_DOOR: r.VehicleDoor(5, 6, True),
    PacketId.ANIM_VEHICLE_WHEELS: r.Wheels(5, ((0, 10.0, 180.0), (1, 12.0, 180.0))),
    PacketId.ANIM_BIKER: r.AnimBiker(5, 4.0, 0.5),
}


def log_of(*frames, map_name="Town01", delta_s=0.5):
    """Return the bytes of a log; a frame is a dict of records by kind."""
    file = io.BytesIO()
    writer = LogWriter(file, Header(1, NOON_2026_S, map_name))
    for frame in frames:
        writer.write_frame(delta_s, frame.items())
    return file.getvalue()


def reader_of(*frames, **options):
    return LogReader(io.BytesIO(log_of(*frames, **options)))


def add(actor_id, type_id, kind=1, x=0.0, y=0.0, **attributes):
    """Return the event that adds an actor."""
    given = tuple(r.Attribute(3, name, value) for name, value in attributes.items())
    return r.EventAdd(actor_id, kind, x, y, 0.0, 0.0, 0.0, 0.0, 0, type_id, given)


def at(actor_id, x, y=0.0, yaw=0.0):
    """Return where an actor is, in centimetres."""
    return r.Position(actor_id, x, y, 0.0, 0.0, 0.0, yaw)
