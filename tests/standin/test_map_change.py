"""A map change among the calls of impatient clients."""

import threading
import time

import msgpack
import pytest

from carla_bridge.standin import simulation
from carla_bridge.standin.life.world import World
from carla_bridge.standin.protocol import connection
from carla_bridge.standin.protocol.schema import EpisodeSettings
from carla_bridge.standin.server import StandIn
from tests.standin.raw_client import RawClient

SYNCHRONOUS = EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=0.05)


@pytest.fixture(scope="module")
def server():
    with StandIn(port=0, vehicles=1, walkers=1) as server:
        yield server


def test_only_a_map_change_that_succeeds_holds_calls_back(monkeypatch, server):
    monkeypatch.setattr(connection, "HOLD_S", 60.0)
    with RawClient(server) as client:
        client.call("load_new_episode", "Town03", True, 1)
        assert client.call("get_spectator")[3][0][0] == 1


def test_a_second_map_change_among_the_held_calls_loses_none_of_them(monkeypatch, server):
    monkeypatch.setattr(connection, "HOLD_S", 0.2)
    load = ("load_new_episode", "", False, 1)
    with RawClient(server) as client:
        assert client.call_all(load, load, ("get_spectator",), load, ("get_episode_settings",)) == [*range(5)]


def test_a_map_change_waits_for_an_idle_traffic_manager_and_parks_it_meanwhile(monkeypatch, server):
    """Its thread read the state of the new episode for vehicles of the old one, and took the process down."""
    monkeypatch.setattr(connection, "PARK_S", 60.0)
    monkeypatch.setattr(connection, "PARKED_S", 0.1)
    poll = "get_episode_settings"
    with RawClient(server) as client:
        client.call("add_traffic_manager_running", ["127.0.0.1", 8000])
        client.post("load_new_episode", "", False, 1, call_id=1)
        client.post("get_weather_parameters", call_id=2)
        assert client.answer()[1] == 2
        client.post(poll, call_id=3)
        client.post(poll, call_id=4)
        client.post("get_sensor_token", 1, call_id=5)
        assert [client.answer()[1] for _ in range(4)] == [1, 4, 5, 3]
        client.call("destroy_traffic_manager", 8000)


def test_a_map_change_that_fails_lets_go_of_whom_it_parked(monkeypatch, server):
    monkeypatch.setattr(connection, "PARK_S", 60.0)
    with RawClient(server) as client:
        client.call("add_traffic_manager_running", ["127.0.0.1", 8001])
        client.post("load_new_episode", "Nowhere", False, 1, call_id=1)
        client.post("get_episode_settings", call_id=2)
        assert [client.answer()[1] for _ in range(2)] == [1, 2]
        client.call("destroy_traffic_manager", 8001)


def test_a_second_map_change_while_the_first_waits_is_answered_too(monkeypatch, server):
    monkeypatch.setattr(connection, "PARK_S", 0.1)
    monkeypatch.setattr(connection, "HOLD_S", 0.1)
    with RawClient(server) as client:
        client.call("add_traffic_manager_running", ["127.0.0.1", 8002])
        client.post("load_new_episode", "", False, 1, call_id=1)
        client.post("load_new_episode", "Nowhere", False, 1, call_id=2)
        assert sorted(client.answer()[1] for _ in range(2)) == [1, 2]
        client.call("destroy_traffic_manager", 8002)


@pytest.mark.parametrize(
    "address", [["127.0.0.1", 0], ["127.0.0.1", 65536], ["h" * 300, 8000], ["h", "8000"]]
)
def test_nonsense_is_no_address_of_a_traffic_manager(server, address):
    with RawClient(server) as client:
        assert client.call("add_traffic_manager_running", address)[3][0][0] == 0


def test_a_map_change_does_not_wait_for_ever_for_a_busy_traffic_manager(monkeypatch, server):
    monkeypatch.setattr(connection, "PARK_S", 0.1)
    with RawClient(server) as client:
        client.call("add_traffic_manager_running", ["127.0.0.1", 8000])
        assert client.call("load_new_episode", "", False, 1)[3] == [[False]]
        client.call("get_sensor_token", 1)
        client.call("destroy_traffic_manager", 8000)


def test_held_calls_are_bounded(monkeypatch, server):
    monkeypatch.setattr(connection, "HOLD_S", 60.0)
    monkeypatch.setattr(connection, "MAX_HELD", 3)
    with RawClient(server) as client:
        client.call("load_new_episode", "", False, 1)
        for _ in range(4):
            client.send(msgpack.packb([0, 1, "get_spectator", [[False]]]))
        assert client.is_closed()


def test_an_actor_that_is_spawned_during_a_map_change_shares_its_id_with_none(monkeypatch):
    begun = threading.Event()

    class SlowWorld(World):
        def __init__(self, *arguments, **options):
            begun.set()
            time.sleep(0.3)
            super().__init__(*arguments, **options)

    gnss = [[1, "sensor.other.gnss", []], [[0.0] * 3, [0.0] * 3]]
    with (
        StandIn(port=0, vehicles=0, walkers=0, settings=SYNCHRONOUS) as server,
        RawClient(server) as loader,
        RawClient(server) as spawner,
    ):
        monkeypatch.setattr(simulation, "World", SlowWorld)
        loading = threading.Thread(target=loader.call, args=("load_new_episode", "", False, 1))
        loading.start()
        assert begun.wait(10.0)
        spawned = spawner.call("spawn_actor", *gnss)[3][0][1][0]
        loading.join()
        again = spawner.call("spawn_actor", *gnss)[3][0][1][0]
        spectator = spawner.call("get_spectator")[3][0][1][0]
    assert len({spawned, again, spectator}) == 3
    assert spectator < spawned
