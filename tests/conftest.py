"""Tests in a process of their own: what they do to the official client would stay with all tests after them."""

import os
import signal
import subprocess
import sys

import pytest

_ALONE = "CARLA_BRIDGE_TEST_ALONE"
_LONGEST_S = 120


def pytest_collection_modifyitems(items):
    """Leave the fixtures of tests with a process of their own to that process."""
    for item in items:
        if _is_for_another(item):
            item.fixturenames.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test marked `own_process` by a pytest of its own, with no other test before or after it.

    A Traffic Manager whose server died under it is dead but still registered in the client library, and the next
    map change of that process waits for its thread for ever. And in asynchronous mode a thread of the library aborts
    its process now and then, one in ten as measured, which says nothing about us: `aborts` is how often it may.
    """
    if not _is_for_another(pyfuncitem):
        return None
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", pyfuncitem.nodeid]
    for _ in range(1 + pyfuncitem.get_closest_marker("own_process").kwargs.get("aborts", 0)):
        ran = subprocess.run(
            command,
            cwd=pyfuncitem.config.rootpath,
            env=os.environ | {_ALONE: "1"},
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
        if ran.returncode != -signal.SIGABRT:
            break
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout, ran.stdout
    return True


def _is_for_another(item):
    return item.get_closest_marker("own_process") is not None and _ALONE not in os.environ
