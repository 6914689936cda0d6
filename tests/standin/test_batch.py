"""Batches whose commands are broken, each for itself."""

import pytest

from carla_bridge.standin.server import StandIn
from tests.standin.raw_client import RawClient

TESLA = [1, "vehicle.tesla.model3", []]
NOWHERE = [[0.0] * 3, [0.0] * 3]


@pytest.fixture(scope="module")
def server():
    with StandIn(port=0, vehicles=1, walkers=1) as server:
        yield server


@pytest.mark.parametrize(
    "broken",
    [
        [[0, [TESLA, NOWHERE]]],
        [[0, [TESLA, NOWHERE, [False], 0, "", 5]]],
        [[1, []]],
        [[7, [1]]],
        [[16, [[], True]]],
        [[18, [1, 2**32]]],
        [[18, ["1", 1]]],
    ],
)
def test_a_broken_command_of_a_batch_is_an_error_for_itself_alone(server, broken):
    with RawClient(server) as client:
        spectator = client.call("get_spectator")[3][0][1][0]
        fine = [[6, [spectator, NOWHERE]]]
        (failed,), (done,) = client.call("apply_batch", [broken, fine], False)[3]
    assert failed[0] == 0
    assert done == [1, spectator]


def test_a_spawn_of_a_batch_gives_its_actor_even_if_what_follows_fails(server):
    follow_ups = [[[16, [0]]], [[8, [0, [2.0, 0.0, 0.0]]]]]
    spawn = [[0, [[1, "sensor.other.imu", []], NOWHERE, [False], 0, "", follow_ups]]]
    with RawClient(server) as client:
        (((success, actor_id),),) = client.call("apply_batch", [spawn], False)[3]
        assert success == 1
        assert client.call("destroy_actor", actor_id)[3] == [[1, True]]
