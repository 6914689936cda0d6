"""Anything at all at both ports: mutated transcripts of the real client, and every call with right and wrong types.

Whatever comes in, each call gets one answer of its type, and the server serves the next client.
"""

import socket
import subprocess
import sys
import threading
from types import UnionType
from typing import Any, get_args, get_origin

import msgpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carla_bridge.standin.calls.table import METHODS
from carla_bridge.standin.protocol import rpc
from carla_bridge.standin.protocol.schema import EpisodeSettings
from carla_bridge.standin.protocol.wire import Request, RequestReader, WireError
from carla_bridge.standin.server import StandIn
from tests.standin.raw_client import RawClient, receive, subscribed

SYNCHRONOUS = EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=0.05)
FUZZ = settings(
    deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck), max_examples=25
)
SLOW = {  # a new world or a new picture of it each time
    *("load_new_episode", "copy_opendrive_to_file", "load_map_layer", "unload_map_layer"),
    "enable_environment_objects",
}
A_CLIENT = """
import sys, carla
client = carla.Client("127.0.0.1", int(sys.argv[1]))
client.set_timeout(20.0)
world = client.get_world()
library, points = world.get_blueprint_library(), world.get_map().get_spawn_points()
car = world.spawn_actor(library.find("vehicle.tesla.model3"), points[0])
gnss = world.spawn_actor(library.find("sensor.other.gnss"), carla.Transform(), attach_to=car)
gnss.listen(lambda fix: None)
world.tick()
car.apply_control(carla.VehicleControl(throttle=1.0, steer=-0.5))
car.set_transform(points[1])
car.get_physics_control(), car.bounding_box, world.get_actors(), world.get_environment_objects()
world.set_weather(carla.WeatherParameters.WetSunset)
spawn = carla.command.SpawnActor(library.find("vehicle.audi.tt"), points[2])
spawn = spawn.then(carla.command.SetVehicleLightState(carla.command.FutureActor, carla.VehicleLightState.Fog))
client.apply_batch_sync([spawn, carla.command.DestroyActor(7)], True)
world.debug.draw_line(points[0].location, points[1].location)
gnss.stop()
client.apply_batch_sync([carla.command.DestroyActor(gnss.id), carla.command.DestroyActor(car.id)])
import os; os._exit(0)  # it aborts now and then when it tidies up at the end
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    options = {"vehicles": 1, "walkers": 1, "recordings": tmp_path_factory.mktemp("recordings")}
    with StandIn(port=0, settings=SYNCHRONOUS, **options) as server:
        yield server


@pytest.fixture(scope="module")
def sim(server):
    return server._simulation


@pytest.fixture(scope="module")
def transcript(server):
    """All that a real client says to the server's RPC port in a short drive."""
    pytest.importorskip("carla")
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = str(door.getsockname()[1])
        client = subprocess.Popen([sys.executable, "-c", A_CLIENT, port], stderr=subprocess.PIPE, text=True)
        said = _relay(door.accept()[0], server)
        _, errors = client.communicate(timeout=60)
    assert client.returncode == 0, errors
    return said


def _relay(client, server):
    """Pass bytes both ways until the client hangs up; return what it said."""
    said = bytearray()
    with client, socket.create_connection((server.host, server.port)) as upstream:
        back = threading.Thread(target=_pump, args=(upstream, client))
        back.start()
        while data := client.recv(65536):
            said += data
            upstream.sendall(data)
        upstream.shutdown(socket.SHUT_WR)
        back.join()
    return bytes(said)


def _pump(source, sink):
    while data := source.recv(65536):
        sink.sendall(data)


def check(sim, request):
    """Answer a call and see that it is one answer, of the type that the client expects."""
    kind, call_id, error, result = msgpack.unpackb(rpc.answer(sim, request), strict_map_key=False)
    assert (kind, call_id) == (1, request.call_id)
    if error is not None:
        assert "could not find function" in error or (METHODS[request.method].is_bare and result is None), (
            error
        )
        assert "in the stand-in" not in error, error
    elif not METHODS[request.method].is_bare:
        match result:
            case [[True, [str()]]] | [[0, [str()]]] | [[1, _]] | [[False]]:
                assert METHODS[request.method].is_void is isinstance(result[0][0], bool)
            case _:
                pytest.fail(f"{request.method} answered {result!r:.200}")
    return result


def goes_on(sim):
    """See that the world still moves and can be shown."""
    before = sim.world.moment.frame
    ((ok, frame),) = check(sim, Request(9, "tick_cue", []))
    assert (ok, frame > before) == (1, True)


def mutated(data: Any, said: bytes) -> bytes:
    """Return a transcript with some of its bytes changed, lost, repeated or claiming absurd lengths."""
    changed = bytearray(said)
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(changed)))
        stop = start + data.draw(st.integers(0, 40))
        piece = data.draw(
            st.one_of(
                st.just(b""),
                st.binary(max_size=8),
                st.just(bytes(changed[start:stop]) * 3),
                st.sampled_from([b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\x7f\xff\xff\xff"]),
                st.sampled_from(
                    [b"\x91" * 200, b"\xcb\x7f\xf0" + bytes(6), b"\xcf" + b"\xff" * 8, b"\x81\x01\x02"]
                ),
            )
        )
        changed[start:stop] = piece
    return bytes(changed)


@FUZZ
@given(data=st.data())
def test_a_mutated_transcript_is_answered_or_refused(sim, transcript, data):
    said, reader = mutated(data, transcript), RequestReader()
    try:
        for start in range(0, len(said), 1000):
            for request in reader.feed(said[start : start + 1000]):
                check(sim, request)
    except WireError:
        pass
    goes_on(sim)


@settings(FUZZ, max_examples=10)
@given(data=st.data())
def test_a_mutated_transcript_on_a_socket_leaves_the_server_to_the_next_client(server, transcript, data):
    with RawClient(server) as bad:
        bad.send_what_is_taken(mutated(data, transcript))
    with RawClient(server) as good:
        assert good.call("version")[3] == [[1, "0.9.16"]]


@settings(FUZZ, max_examples=10)
@given(said=st.binary(max_size=100))
def test_anything_at_the_streaming_port_leaves_it_to_the_next_reader(server, said):
    with socket.create_connection((server.host, server.stream_port), timeout=10.0) as bad:
        bad.sendall(said)
    with subscribed(server, 1) as good:
        assert receive(good)[:8] == (17).to_bytes(8, "little")


WIRE_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(width=32)
    | st.sampled_from([float("nan"), float("inf"), 1e300, -1e9, 2**32, 2**31, -1])
    | st.text(max_size=12)
    | st.binary(max_size=30),
    lambda values: st.lists(values, max_size=5),
    max_leaves=12,
)


def fitting(kind: Any, ids: list[int]) -> st.SearchStrategy:
    """Return a strategy for values on the wire that have a declared type."""
    scalars = {
        float: st.floats(-1e9, 1e9) | st.integers(-100, 100),
        int: st.sampled_from(ids) | st.integers(-(2**31), 2**32 - 1),
        bool: st.booleans(),
        str: st.text(max_size=12) | st.sampled_from(["", "vehicle.tesla.model3", "sensor.camera.rgb", "1.5"]),
        bytes: st.binary(max_size=30),
        object: WIRE_VALUES,
    }
    if kind in scalars:
        return scalars[kind]
    if get_origin(kind) is tuple:
        return st.lists(fitting(get_args(kind)[0], ids), max_size=4)
    if isinstance(kind, UnionType):
        present = st.tuples(st.just(True), fitting(get_args(kind)[0], ids)).map(list)
        return st.just([False]) | present
    if hasattr(kind, "_fields"):
        fields = rpc.get_type_hints(kind, include_extras=True).values()
        return st.tuples(*(fitting(hint, ids) for hint in fields)).map(list)
    return st.integers(-(2**31), 2**31 - 1)  # annotated integers


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_call_is_answered_once_and_by_its_type_whatever_its_arguments(sim, name):
    ids = [0, 1, *list(sim.world.actors)[:6], *list(sim.world.actors)[-3:]]
    hints = {
        key: hint for key, hint in rpc._hints(METHODS[name].handler).items() if key not in ("sim", "return")
    }
    right = st.tuples(*(fitting(hint, ids) for hint in hints.values())).map(list)
    mixed = st.tuples(*(fitting(hint, ids) | WIRE_VALUES for hint in hints.values())).map(list)
    wrong = st.lists(WIRE_VALUES, max_size=6)

    @settings(FUZZ, max_examples=4 if name in SLOW else 8)
    @given(arguments=right | mixed | wrong)
    def answer(arguments):
        packed = msgpack.packb([0, 5, name, [[False], *arguments]])
        for request in RequestReader().feed(packed):
            check(sim, request)

    answer()
    goes_on(sim)
