"""Faults on demand: what a line means, when it strikes, and what a server does then."""

import subprocess
import sys

import pytest

from carla_bridge.standin.faults import FaultError, Schedule, parse
from carla_bridge.standin.faulty import DIED
from carla_bridge.standin.process import StandInProcess
from carla_bridge.standin.protocol.schema import EpisodeSettings
from carla_bridge.standin.server import StandIn
from tests.standin.raw_client import RawClient, receive, subscribed, wait_until

SYNCHRONOUS = EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=0.05)
GNSS = [[1, "sensor.other.gnss", []], [[0.0] * 3, [0.0] * 3]]
VERSION = [[1, "0.9.16"]]


def faulty(*faults):
    return StandIn(port=0, vehicles=0, walkers=0, settings=SYNCHRONOUS, faults=faults)


@pytest.mark.parametrize(
    ("spec", "means"),
    [
        ("drop:camera@20x3", ("drop", "camera", 0.0, 20, 3, 1.0, 0)),
        ("drop:gnss~0.25#7", ("drop", "gnss", 0.0, 0, float("inf"), 0.25, 7)),
        ("delay:depth:0.5s", ("delay", "depth", 0.5, 0, float("inf"), 1.0, 0)),
        ("cut:world@2", ("cut", "world", 0.0, 2, 1, 1.0, 0)),
        ("freeze:2.5s@10", ("freeze", "tick", 2.5, 10, 1, 1.0, 0)),
        ("freeze:get_map_data:1s", ("freeze", "get_map_data", 1.0, 0, 1, 1.0, 0)),
        ("die@30", ("die", "tick", 0.0, 30, 1, 1.0, 0)),
        ("refuse:vehicle.*", ("refuse", "vehicle.*", 0.0, 0, float("inf"), 1.0, 0)),
        ("error:set_*@1x2", ("error", "set_*", 0.0, 1, 2, 1.0, 0)),
        ("late:version:2s", ("late", "version", 2.0, 0, float("inf"), 1.0, 0)),
        ("garbage:version", ("garbage", "version", 0.0, 0, float("inf"), 1.0, 0)),
    ],
)
def test_a_line_says_what_goes_wrong(spec, means):
    assert parse(spec)[1:] == means


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("", "it must read ACTION"),
        ("explode", "the actions are drop, delay"),
        ("drop:camera@0", "it must read ACTION"),
        ("drop", "it must name one sensor, not 0"),
        ("drop:camera:gnss", "it must name one sensor, not 2"),
        ("drop:sonar", "'sonar' is no sensor; there are camera, sensor, collision"),
        ("drop:camera:1s", "drop takes no duration"),
        ("delay:camera", "delay takes one duration up to 3600s, such as 2.5s"),
        ("freeze:1e9s", "freeze takes one duration"),
        ("freeze:99999s", "freeze takes one duration"),
        ("error:get_map_dat", "'get_map_dat' is no call; did you mean get_map_data?"),
    ],
)
def test_a_line_that_says_nothing_is_refused_in_one_sentence(spec, sentence):
    with pytest.raises(FaultError, match=r"fault '.*': ") as caught:
        parse(spec)
    assert sentence in str(caught.value)


def test_a_fault_strikes_from_its_tick_on_as_often_as_it_says():
    schedule, struck = Schedule([parse("drop:camera@3x2")]), []
    for schedule.tick in range(6):
        struck.append(schedule.strike("drop", "semantic") is not None)
        assert schedule.strike("drop", "gnss") is None
    assert struck == [False, False, False, True, True, False]


def test_the_same_seed_loses_the_same_messages_and_another_seed_others():
    def lost(spec):
        schedule = Schedule([parse(spec)])
        return [schedule.strike("drop", "gnss") is not None for _ in range(200)]

    assert lost("drop:gnss~0.3#1") == lost("drop:gnss~0.3#1") != lost("drop:gnss~0.3#2")
    assert 30 < sum(lost("drop:gnss~0.3#1")) < 90


def test_a_bad_line_ends_the_program_with_its_sentence_and_2():
    command = [sys.executable, "-m", "carla_bridge.standin", "--port", "0", "--fault", "explode"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: fault 'explode': it must read ACTION")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("fault", "arrive"),
    [("drop:gnss@2x2", [2, 5]), ("cut:gnss@2", [2]), ("drop:camera", [2, 3, 4, 5])],
)
def test_messages_are_lost(fault, arrive):
    with faulty(fault) as server, RawClient(server) as client, _listening_gnss(server, client) as stream:
        for _ in range(4):
            client.call("tick_cue")
        assert [_frame(receive(stream)) for _ in arrive] == arrive


def test_a_message_is_late_and_those_behind_it_are_not():
    fault = "delay:gnss:0.1s@1x1"
    with faulty(fault) as server, RawClient(server) as client, _listening_gnss(server, client) as stream:
        assert client.call_all(("tick_cue",), ("tick_cue",)) == [0, 1]
        assert [_frame(receive(stream)) for _ in range(2)] == [3, 2]


def _listening_gnss(server, client):
    stream_id = int.from_bytes(client.call("spawn_actor", *GNSS)[3][0][1][5][:4], "little")
    client.call("get_sensor_token", stream_id)  # the first tick waits for it
    return subscribed(server, stream_id)


def _frame(payload):
    return int.from_bytes(payload[8:16], "little")


def test_spawns_are_refused_alone_and_in_a_batch():
    with faulty("refuse:vehicle.*@1x2") as server, RawClient(server) as client:
        car = [[1, "vehicle.tesla.model3", []], [[0.0, 0.0, 100.0], [0.0] * 3]]
        batch = [[[0, [*car, [False], 0, "", []]]], [[0, [*GNSS, [False], 0, "", []]]]]
        client.call("tick_cue")
        refusal = [0, ["Spawn failed because of collision at spawn position"]]
        assert client.call("spawn_actor", *car)[3] == [refusal]
        answers = client.call("apply_batch", batch, False)[3]
        assert answers[0] == [refusal]
        assert answers[1][0][0] == 1
        assert client.call("spawn_actor", *car)[3][0][0] == 1


@pytest.mark.parametrize(
    ("method", "arguments", "answer"),
    [
        ("get_map_data", (), "[[0, ['get_map_data failed, as fault error:{0} wants it']]]"),
        ("set_actor_simulate_physics", (1, True), "[[True, ['{0} failed, as fault error:{0} wants it']]]"),
        ("apply_batch", ([], False), "{0} failed, as fault error:{0} wants it"),
    ],
)
def test_a_call_is_answered_with_an_error_of_its_type(method, arguments, answer):
    with faulty(f"error:{method}") as server, RawClient(server) as client:
        _, _, error, result = client.call(method, *arguments)
        assert str(error or result) == answer.format(method)
        assert client.call("version")[3] == VERSION


def test_an_answer_is_garbage_but_still_an_answer():
    with faulty("garbage:get_map_info@1x1") as server, RawClient(server) as client:
        client.call("tick_cue")
        assert client.call("get_map_info") == [1, 1, None, {"garbage": True}]
        assert client.call("get_map_info")[3][0][0] == 1


def test_a_late_answer_holds_up_its_own_connection_only():
    with faulty("late:get_map_info:60s") as server, RawClient(server) as client, RawClient(server) as other:
        client.post("get_map_info")
        assert other.call("version")[3] == VERSION
        assert client.is_silent()


def test_a_frozen_server_is_mute_to_everybody_and_thaws():
    with faulty("freeze:0.4s@2") as server, RawClient(server) as client, RawClient(server) as other:
        client.call("tick_cue")
        client.post("tick_cue")
        assert wait_until(other.finds_silence)
        with RawClient(server) as late_comer:
            late_comer.post("version")
            assert late_comer.is_silent()
        assert client.answer()[3] == [[1, 3]]


def test_closing_a_frozen_server_does_not_wait_for_it_to_thaw():
    with faulty("freeze:3000s") as server, RawClient(server) as client:
        client.post("tick_cue")
        assert client.is_silent()


def test_a_dying_server_is_gone_without_a_word():
    with (
        StandInProcess(vehicles=0, walkers=0, synchronous=True, fault=["die@2", "drop:gnss"]) as server,
        RawClient(server) as client,
    ):
        assert client.call("tick_cue")[3] == [[1, 2]]
        client.post("tick_cue")
        assert client.is_closed()
        assert server.wait() == DIED
