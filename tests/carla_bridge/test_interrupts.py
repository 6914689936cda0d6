"""Ctrl-C before the first frame: while the server says nothing, and at any moment of the start."""

import signal
import socket
import subprocess
import sys
import time

import pytest

pytest.importorskip("carla")

from carla_bridge.standin.process import StandInProcess
from tests.carla_bridge.live_server import look_at


def record(port, out):
    words = ["record", "--port", str(port), "--frames", "1000", "--cameras", "front,left", "--out", str(out)]
    return subprocess.Popen(
        [sys.executable, "-m", "carla_bridge", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_says_nothing_does_not_hold_a_client_that_is_stopped(tmp_path, number):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        client = record(silent.getsockname()[1], tmp_path / "drive.mcap")
        with silent.accept()[0]:
            client.send_signal(number)
            said, _ = client.communicate(timeout=10)
    assert (client.returncode, said) == (130, "stopped\n")
    assert list(tmp_path.iterdir()) == []


def test_a_start_stopped_at_any_moment_leaves_nothing_on_the_server(tmp_path):
    with StandInProcess(seed=0, vehicles=0, walkers=0, log_level="error") as standin:
        before = look_at(standin.port)
        for moment in range(8):
            client = record(standin.port, tmp_path / f"{moment}.mcap")
            time.sleep(0.1 + 0.1 * moment)
            client.send_signal(signal.SIGINT)
            client.communicate(timeout=20)
            assert client.returncode != 0
            assert look_at(standin.port) == before
