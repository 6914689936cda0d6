"""Structures and byte layouts against the protocol's tables."""

import struct

import msgpack
import pytest

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.signs import LightState, TrafficLight
from carla_bridge.standin.life.world import describe
from carla_bridge.standin.protocol import payloads, schema
from carla_bridge.standin.protocol.reading import SchemaError, read
from carla_bridge.standin.protocol.schema import (
    ActorDescription,
    EpisodeSettings,
    Rotation,
    Transform,
    Vector3D,
    VehicleControl,
    VehiclePhysics,
    WalkerControl,
)


def over_the_wire(value):
    return msgpack.unpackb(msgpack.packb(value))


@pytest.mark.parametrize(
    "value",
    [
        Transform(Vector3D(1.0, 2.0, 3.0), Rotation(4.0, 5.0, 6.0)),
        VehicleControl(0.5, -0.25, 0.0, True, False, True, -1),
        WalkerControl(Vector3D(0.0, 1.0, 0.0), 1.5, True),
        VehiclePhysics(),
        ActorDescription(3, "a.b.c", (schema.AttributeValue("role_name", 4, "hero"),)),
    ],
)
def test_a_structure_comes_back_as_it_went(value):
    assert read(type(value), over_the_wire(value)) == value


@pytest.mark.parametrize("step_s", [None, 0.05])
def test_settings_carry_their_optional_step(step_s):
    settings = EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=step_s)
    assert len(settings.to_wire()) == 11
    assert read(EpisodeSettings, over_the_wire(settings.to_wire())) == settings


def test_missing_trailing_fields_take_defaults_and_surplus_is_ignored():
    assert read(Vector3D, [1.0]) == Vector3D(1.0, 0.0, 0.0)
    assert read(Vector3D, [1, 2, 3, 4]) == Vector3D(1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (float, "1"),
        (float, True),
        (float, float("nan")),
        (float, float("inf")),
        (int, 1.0),
        (int, True),
        (int, 2**32),
        (int, -(2**31) - 1),
        (float, 1e10),
        (float, -1e39),
        (VehicleControl, [0.0, 0.0, 0.0, False, False, False, 2**31]),
        (EpisodeSettings, [False, False, [False], True, 0.01, 2**31]),
        (bool, 1),
        (str, b"x"),
        (bytes, "x"),
        (Vector3D, 1.0),
        (Vector3D, ["x"]),
        (schema.BoundingBox, [[0, 0, 0]]),
        (tuple[int, ...], 5),
        (int | None, [True]),
        (int | None, 3),
    ],
)
def test_what_does_not_fit_is_refused(kind, value):
    with pytest.raises(SchemaError):
        read(kind, value)


def test_a_token_is_24_bytes_with_the_port_of_the_streams():
    token = payloads.encode_token(7, 2001)
    assert token[:8] == struct.pack("<IHBB", 7, 2001, 1, 0)
    assert len(token) == 24


MOMENT = payloads.Moment(frame=9, elapsed_s=0.45, delta_s=0.05)
PLACE = Transform(Vector3D(1.0, 2.0, 3.0), Rotation(4.0, 5.0, 6.0))


def test_the_headers_have_the_clients_sizes():
    header = payloads.sensor_header(payloads.SensorType.SEMANTIC, MOMENT, PLACE)
    assert struct.unpack("<QQd6f", header) == (14, 9, 0.45, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert struct.unpack("<IIf", payloads.image_header(640, 320, 90.0)) == (640, 320, 90.0)


def test_a_world_state_has_119_bytes_for_each_actor():
    details = payloads.vehicle_details(VehicleControl(0.5, 0.25, 0.0, gear=3), speed_limit_kmh=50.0)
    moving = payloads.actor_record(5, Pose(1.0), Vector3D(7.0), Vector3D(z=8.0), Vector3D(9.0), details)
    idle = payloads.actor_record(6, Pose(), Vector3D(), Vector3D(), Vector3D())
    state = payloads.world_state(MOMENT, episode_id=2, platform_s=1.0, records=moving + idle, flags=1)
    assert len(state) == 84 + 2 * 119
    assert struct.unpack_from("<QdfiiiI", state, 48) == (2, 1.0, pytest.approx(0.05), 0, 0, 0, 1)
    record = state[84:]
    assert struct.unpack_from("<IB", record) == (5, 1)
    assert struct.unpack_from("<3f", record, 29) == (7.0, 0.0, 0.0)
    assert struct.unpack_from("<f", record, 49) == (8.0,)
    assert struct.unpack_from("<ff", record, 65) == (0.5, 0.25)
    assert struct.unpack_from("<i", record, 80) == (3,)
    assert struct.unpack_from("<f", record, 84) == (50.0,)
    assert struct.unpack_from("<B?I", record, 88) == (2, False, 0)


def test_a_vehicle_at_a_red_light_says_which():
    details = payloads.vehicle_details(VehicleControl(), speed_limit_kmh=50.0, light=0, light_id=77)
    assert struct.unpack_from("<B?I", details, 88 - 65) == (0, True, 77)


def test_traffic_light_details_lie_where_the_client_looks():
    end = payloads.light_details((10.0, 3.0, 2.0, 0.5), 4, True, 1)
    light = TrafficLight(
        5, describe("traffic.traffic_light"), Pose(1.0), sign_id="s12", pole=4, is_frozen=True
    )
    record = light.record()
    assert len(record) == 119
    assert struct.unpack_from("<f", record, 5) == (1.0,)
    assert record[65:69] == b"s12\0"
    assert struct.unpack_from("<4fI?B", record, 97) == (10.0, 3.0, 2.0, 0.0, 4, True, 0)
    light.place(Pose(2.0))
    light.elapsed_s, light.light = 0.5, LightState.YELLOW
    assert struct.unpack_from("<f", light.record(), 5) == (2.0,)
    assert light.record().endswith(end)
    assert payloads.sign_details("x" * 40) == b"x" * 31  # a zero must still fit


def test_walker_details_lie_where_the_client_looks():
    details = payloads.walker_details(WalkerControl(Vector3D(0.0, 1.0, 0.0), 1.5, True))
    assert struct.unpack("<4f?", details) == (0.0, 1.0, 0.0, 1.5, True)
