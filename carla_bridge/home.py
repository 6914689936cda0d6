"""The door to the official client library, which aborts the whole process on import when HOME is unset."""

import ctypes
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

_LOOK_EVERY_S = 0.5
_NUDGE_AFTER_S = 2.0  # a Traffic Manager's step takes a fraction of that


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


@contextmanager
def not_stuck(
    alive: Callable[[], bool],
    sentence: str,
    *,
    patience_s: float,
    at_most_s: float,
    nudge: Callable[[], object] = lambda: None,
) -> Iterator[None]:
    """End the process with a sentence if the block still runs so long after its server died, or at all.

    `nudge` is called now and then in a block that takes long, and may help it on.

    A tick of the client library waits for the Traffic Manager's thread without any time-out; if that thread
    died of a server that is dead or mute, no exception and no signal gets through to us any more. There is
    nobody to tidy up with then, and what is written on disk is whole up to the last fragment.
    """
    done, began_s = threading.Event(), time.monotonic()

    def watch() -> None:
        while not done.wait(_LOOK_EVERY_S):
            is_lost = not alive() and not done.wait(patience_s) and not alive()
            lasted_s = time.monotonic() - began_s
            if is_lost or lasted_s > at_most_s:
                sys.stderr.write(f"Error: {sentence}\n")
                sys.stderr.flush()
                os._exit(1)
            if lasted_s > _NUDGE_AFTER_S and not done.is_set():
                nudge()

    watcher = threading.Thread(target=watch, name="not-stuck", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _home_of_user() -> str | None:
    try:
        return str(Path("~").expanduser())
    except RuntimeError:  # the user id has no entry, as in many containers
        return None
