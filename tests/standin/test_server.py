"""The server against peers that are no CARLA client: garbage, giants, crowds and vanished readers."""

import socket
import struct
import threading
from contextlib import ExitStack, suppress

import pytest

from carla_bridge.standin import server as server_module
from carla_bridge.standin import simulation
from carla_bridge.standin.instruments import inertial
from carla_bridge.standin.life.world import World
from carla_bridge.standin.protocol import announced
from carla_bridge.standin.protocol.schema import EpisodeSettings
from carla_bridge.standin.server import StandIn, StandInError
from tests.standin.raw_client import RawClient, receive, subscribed, wait_until

SYNCHRONOUS = EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=0.05)


@pytest.fixture(scope="module")
def server():
    with StandIn(port=0, vehicles=1, walkers=1, max_clients=4, max_message_bytes=100_000) as server:
        yield server


@pytest.mark.parametrize(
    "poison",
    [
        b"GET / HTTP/1.1\r\nHost: carla\r\n\r\n",
        b"\x94\x00\x01\xa1m\x91\x91\xc2"[:-3] + b"\x91" * 300 + b"\x01",
        b"\xdd\x00\x10\x00\x00",
        b"\x94\x00\x01\xc6\x00\x01\x80\x00" + bytes(150_000),
    ],
    ids=["garbage", "deep", "claims too much", "too large"],
)
def test_a_poisoned_connection_is_closed_and_the_next_client_served(server, poison):
    with RawClient(server) as bad:
        bad.send(poison)
        assert bad.is_closed()
    with RawClient(server) as good:
        assert good.call("version") == [1, 1, None, [[1, "0.9.16"]]]


def test_an_unknown_method_is_named(server):
    with RawClient(server) as client:
        assert "'fly_to_the_moon'" in client.call("fly_to_the_moon", 1)[2]
        assert client.call("version")[3] == [[1, "0.9.16"]]


@pytest.mark.parametrize(
    ("method", "arguments", "answer"),
    [
        ("destroy_actor", (9999,), [[0, ["unable to destroy actor: not found"]]]),
        ("load_new_episode", ("Town03", True, 1), [[True, ["Map 'Town03' not found"]]]),
        ("get_physics_control", (9999,), [[0, ["unable to find actor 9999: not found"]]]),
    ],
)
def test_what_cannot_be_done_is_said(server, method, arguments, answer):
    with RawClient(server) as client:
        assert client.call(method, *arguments)[3] == answer


@pytest.mark.parametrize("arguments", [(), ("x",), (1, "x"), ([], [])])
def test_wrong_arguments_are_an_answer_and_not_the_end(server, arguments):
    with RawClient(server) as client:
        assert client.call("set_actor_transform", *arguments)[3][0][0] is True
        assert client.call("version")[3] == [[1, "0.9.16"]]


def test_questions_about_a_vehicle_that_is_gone_are_no_error(server):
    """A traffic manager asks them after a map change, and an error killed its process."""
    with RawClient(server) as client:
        spectator = client.call("get_spectator")[3][0][1][0]
        assert client.call("get_actor_bounding_box", spectator)[3][0][0] == 1
        client.call("load_new_episode", "", True, 65535)
        client.call("get_sensor_token", 1)
        assert client.call("get_actor_bounding_box", spectator)[3][0][0] == 1
        assert client.call("set_actor_simulate_physics", spectator, True)[3] == [[False]]


def test_one_client_too_many_is_told_so_in_answer_to_its_calls(server, caplog):
    with ExitStack() as crowd:
        for _ in range(4):
            crowd.enter_context(RawClient(server)).call("version")
        with RawClient(server) as extra:
            assert "4 clients are connected; close one" in extra.call("version")[3][0][1][0]
            assert extra.call("set_actor_simulate_physics", 1, True)[3][0][0] is True
        assert "refused 127.0.0.1" in caplog.text
    assert wait_until(lambda: _is_served(server))


def test_a_crowd_of_refused_clients_is_hung_up_on(server, monkeypatch):
    monkeypatch.setattr(server_module, "MAX_REFUSED", 1)
    with ExitStack() as crowd:
        for _ in range(5):
            crowd.enter_context(RawClient(server)).call("version")
        assert crowd.enter_context(RawClient(server)).is_closed()
    assert wait_until(lambda: _is_served(server))


def _is_served(server):
    with suppress(ConnectionError), RawClient(server) as client:  # perhaps it is hung up on once more
        return client.call("version")[3] == [[1, "0.9.16"]]


def test_32_clients_and_64_streams_at_once_and_the_next_is_told_why():
    with StandIn(port=0, vehicles=0, walkers=0, settings=SYNCHRONOUS) as server, ExitStack() as opened:
        clients = [opened.enter_context(RawClient(server)) for _ in range(32)]
        streams = [opened.enter_context(subscribed(server, 1)) for _ in range(64)]
        for stream in streams:
            _receive_frame(stream)  # that of the paused world
        assert [client.call("tick_cue")[3] for client in clients[:2]] == [[[1, 2]], [[1, 3]]]
        for frame in (2, 3):
            assert {_receive_frame(stream) for stream in streams} == {frame}
        assert "64 streams are open" in clients[-1].call("get_sensor_token", 1)[3][0][1][0]
        with RawClient(server) as extra:
            assert "32 clients are connected" in extra.call("version")[3][0][1][0]


def _receive_frame(stream):
    return struct.unpack_from("<QQ", receive(stream))[1]


def test_a_reader_that_stops_reading_stalls_nobody(monkeypatch):
    """It loses frames once its queue is full; the readers beside it, and their ticks, go on."""
    monkeypatch.setattr(simulation, "SLOW_READER_S", 0.05)
    with StandIn(port=0, vehicles=0, walkers=0, settings=SYNCHRONOUS) as server, RawClient(server) as client:
        camera = [1, "sensor.camera.semantic_segmentation", []]
        actor = client.call("spawn_actor", camera, [[0.0, 0.0, 30.0], [0.0] * 3])[3][0][1]
        stream_id = int.from_bytes(actor[5][:4], "little")
        client.call_all(*[("get_sensor_token", stream_id)] * 2)  # the first tick waits for both
        with subscribed(server, stream_id), subscribed(server, stream_id) as reader:
            for _ in range(40):
                assert client.call("tick_cue")[3][0][1] == _receive_frame(reader)


def test_a_number_that_no_state_can_carry_is_refused(server):
    with RawClient(server) as client:
        spectator = client.call("get_spectator")[3][0][1][0]
        answer = client.call("set_actor_location", spectator, [1e39, 0.0, 0.0])[3]
        assert answer == [[True, ["a number is larger than 1e+09: 1e+39"]]]


def test_time_passes_on_after_a_step_that_fails(monkeypatch):
    failed = threading.Event()
    step = World.step

    def stumble(world, delta_s):
        if not failed.is_set():
            failed.set()
            raise RuntimeError("stumbled")
        step(world, delta_s)

    with StandIn(port=0, vehicles=0, walkers=0) as server, RawClient(server) as client:
        monkeypatch.setattr(World, "step", stumble)
        assert failed.wait(10.0)
        before = client.call("tick_cue")[3][0][1]
        assert wait_until(lambda: client.call("tick_cue")[3][0][1] > before)


def test_a_sensor_that_fails_does_not_stop_the_tick(monkeypatch):
    def fail(*_):
        raise OverflowError

    monkeypatch.setattr(inertial.Gnss, "measure", fail)
    with StandIn(port=0, vehicles=0, walkers=0, settings=SYNCHRONOUS) as server, RawClient(server) as client:
        gnss = [1, "sensor.other.gnss", []]
        actor = client.call("spawn_actor", gnss, [[0.0] * 3, [0.0] * 3])[3][0][1]
        with subscribed(server, int.from_bytes(actor[5][:4], "little")):
            assert client.call("tick_cue")[3] == [[1, 2]]


def test_asking_for_the_episode_makes_no_tick_wait(monkeypatch):
    monkeypatch.setattr(announced, "ANNOUNCED_S", 60.0)
    with StandIn(port=0, vehicles=0, walkers=0, settings=SYNCHRONOUS) as server, RawClient(server) as client:
        client.call("get_episode_info")
        assert client.call("tick_cue")[3] == [[1, 2]]


def test_a_stream_nobody_knows_stays_open_and_silent(server):
    with socket.create_connection((server.host, server.stream_port), timeout=0.3) as stream:
        stream.sendall(struct.pack("<I", 4_000_000))
        with pytest.raises(TimeoutError):
            stream.recv(1)


def test_the_state_of_a_paused_world_is_sent_to_whoever_subscribes():
    with (
        StandIn(port=0, vehicles=0, walkers=0, settings=SYNCHRONOUS) as server,
        socket.create_connection((server.host, server.stream_port), timeout=5.0) as stream,
    ):
        stream.sendall(struct.pack("<I", 1))
        (length,) = struct.unpack("<I", stream.recv(4, socket.MSG_WAITALL))
        kind, frame = struct.unpack("<QQ", stream.recv(16, socket.MSG_WAITALL))
    assert (kind, frame) == (17, 1)
    assert (length - 84) % 119 == 0  # whole actors


def test_a_busy_port_is_one_sentence(server):
    with pytest.raises(StandInError, match=f"cannot listen on 127.0.0.1:{server.port}"):
        StandIn(port=server.port)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"seed": -1}, "the seed is -1"),
        ({"settings": EpisodeSettings(fixed_delta_seconds=float("nan"))}, "fixed_delta_seconds is nan"),
    ],
)
def test_a_start_that_fails_is_one_sentence_and_frees_the_port(options, sentence):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(StandInError, match=sentence):
        StandIn(port=port, **options)
    socket.create_server(("127.0.0.1", port)).close()


def test_closing_frees_the_port():
    with StandIn(port=0, vehicles=0, walkers=0) as server, RawClient(server) as client:
        client.call("version")
        port = server.port
    with StandIn(port=port, vehicles=0, walkers=0) as again:
        assert again.port == port
