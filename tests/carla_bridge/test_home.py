"""`import carla` aborts the process when HOME is unset; through our door it does not."""

import os
import subprocess
import sys

import pytest

from carla_bridge.home import ensure_home


def test_the_client_loads_without_a_home():
    pytest.importorskip("carla")
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    code = "from carla_bridge.home import load_client; print(load_client().Location(1, 2, 3).y)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, "2.0"), done.stderr


def test_a_home_that_is_there_stays(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    ensure_home()
    assert os.environ["HOME"] == "/somewhere"
