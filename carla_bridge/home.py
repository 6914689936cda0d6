"""The door to the official client library, which aborts the whole process on import when HOME is unset."""

import ctypes
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType


def ensure_home() -> None:
    """Give the process a HOME if it has none; to be called before the first `import carla`.

    Services and containers often have none. The client keeps its map cache below it.
    """
    if not os.environ.get("HOME"):
        os.environ["HOME"] = _home_of_user() or tempfile.gettempdir()


def load_client() -> ModuleType:
    """Return the module `carla`, safely imported."""
    ensure_home()
    import carla

    return carla


def park_dying_threads() -> Callable[[], None]:
    """Let the library's threads fall asleep where they would abort the process; return how to end that.

    The Traffic Manager's thread throws when the server dies under it, nobody can catch that, and C++ then
    aborts us: in place of one sentence the user would get a core dump. Elsewhere than on Linux nothing changes.
    """
    if sys.platform != "linux":
        return lambda: None
    load_client()  # brings libstdc++ along
    set_terminate = ctypes.CDLL("libstdc++.so.6")._ZSt13set_terminatePFvvE
    set_terminate.argtypes, set_terminate.restype = [ctypes.c_void_p], ctypes.c_void_p
    before = set_terminate(ctypes.cast(ctypes.CDLL(None).pause, ctypes.c_void_p))
    return lambda: set_terminate(before)


def _home_of_user() -> str | None:
    try:
        return str(Path("~").expanduser())
    except RuntimeError:  # the user id has no entry, as in many containers
        return None
