"""What a user sees of a server's faults: one sentence, nothing left behind, and in time."""

import itertools
import subprocess
import sys

import pytest
from click.testing import CliRunner

pytest.importorskip("carla")

from carla_bridge.cameras import SensorTimeout
from carla_bridge.cli import main
from carla_bridge.cli_servers import is_loopback
from carla_bridge.errors import BridgeError
from carla_bridge.server import ServerLost, ServerRefused
from carla_bridge.standin.process import StandInProcess
from tests.carla_bridge.live_server import look_at, open_drive

_DRIVE = """
import sys
from carla_bridge.errors import BridgeError
from tests.carla_bridge.live_server import open_drive
try:
    with open_drive(int(sys.argv[1]), vehicles=1, timeout_s=2.0) as drive:
        for frame in drive:
            print(frame.tick, flush=True)
except BridgeError as error:
    sys.exit(f"Error: {error}")
"""


def faulty(*faults):
    return StandInProcess(seed=0, vehicles=0, walkers=0, fault=list(faults), log_level="error")


def drive(port, frames=1000, **options):
    with open_drive(port, **options) as drive:
        return [frame.tick for frame in itertools.islice(drive, frames)]


def is_clean(port):
    """Say whether a server is free again: it ticks by itself, and there is nothing that a drive brings."""
    state = look_at(port)
    left = [type_id for _, type_id in state.actors if type_id.startswith(("vehicle.", "sensor."))]
    return (state.synchronous, left) == (False, [])


IN_A_ROW = [
    ("error:get_map_info@1x1", ServerRefused, "could not .*: get_map_info failed, as fault"),
    ("refuse:sensor.*@1x1", ServerRefused, "could not spawn the .* camera.*: Spawn failed"),
    ("drop:semantic@40x1", SensorTimeout, r"no picture of tick \d+: nothing came within 0.5 s"),
    ("cut:semantic@80x1", SensorTimeout, r"no picture of tick \d+: nothing came within 0.5 s"),
    ("error:tick_cue@120x1", ServerRefused, "could not tick: tick_cue failed, as fault"),
    ("garbage:tick_cue@160x1", ServerRefused, "could not tick: std::bad_cast"),
    ("late:tick_cue:4s@200x1", ServerLost, "is lost: it did not tick within 3 s"),
    ("refuse:vehicle.*@200", BridgeError, "spawn points tried in .* are occupied; free it with"),
]


def test_a_bad_fault_is_one_sentence_and_wrong_usage():
    done = CliRunner().invoke(main, ["standin", "--port", "0", "--fault", "explode"])
    assert done.exit_code == 2
    assert "Error: fault 'explode': it must read ACTION:TARGET" in done.output


@pytest.mark.parametrize(
    ("host", "is_safe"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("127.8.8.8", True),
        ("0.0.0.0", False),
        ("", False),
        ("10.1.2.3", False),
    ],
)
def test_only_a_loopback_address_goes_without_a_warning(host, is_safe):
    assert is_loopback(host) is is_safe


@pytest.mark.own_process
def test_each_fault_is_one_sentence_and_nothing_is_left_behind():
    with faulty(*(fault for fault, _, _ in IN_A_ROW)) as server:
        for fault, error, sentence in IN_A_ROW:
            with pytest.raises(error, match=sentence):
                drive(server.port, timeout_s=3.0, sensor_timeout_s=0.5)
            assert is_clean(server.port), fault


@pytest.mark.own_process
def test_what_is_late_within_the_time_out_is_waited_for():
    with faulty("late:tick_cue:0.3s@20x2", "delay:semantic:0.3s@30x2", "freeze:0.3s@40") as server:
        ticks = drive(server.port, frames=50)
        assert ticks == list(range(ticks[0], ticks[0] + 50))


@pytest.mark.own_process
def test_a_server_that_freezes_and_thaws_is_left_as_it_was():
    with faulty("freeze:6s@15") as server:
        with pytest.raises(ServerLost, match="it did not tick within 2 s"):
            drive(server.port, timeout_s=2.0, vehicles=1)
        assert is_clean(server.port)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("freeze:3600s@15", "did not tick within 2 s"),
        ("freeze:get_vehicle_light_states:3600s@15", "did not finish a tick within 6 s"),
        ("die@15", "closed the connection"),
    ],
)
def test_a_server_that_freezes_for_good_or_dies_ends_the_client_with_one_sentence(fault, sentence):
    """The Traffic Manager's thread dies of it, and the client library would wait for it for ever."""
    with faulty(fault) as server:
        done = subprocess.run(
            [sys.executable, "-c", _DRIVE, str(server.port)], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert said == [
        f"Error: the CARLA server at 127.0.0.1:{server.port} is lost: it {sentence}; start it again"
    ]
    assert "Traceback" not in done.stderr
