"""Tests in a process of their own: what they do to the official client would stay with all tests after them."""

import os
import subprocess
import sys

import pytest

_ALONE = "CARLA_BRIDGE_TEST_ALONE"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test marked `own_process` by a pytest of its own, with no other test before or after it.

    A Traffic Manager whose server died under it is dead but still registered in the client library, and the next
    map change of that process waits for its thread for ever.
    """
    if pyfuncitem.get_closest_marker("own_process") is None or os.environ.get(_ALONE):
        return None
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", pyfuncitem.nodeid],
        cwd=pyfuncitem.config.rootpath,
        env=os.environ | {_ALONE: "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return True
