"""Keeps a Traffic Manager of a test going that sleeps through a tick, as those of our own drives are kept."""

import threading
from contextlib import contextmanager

from carla_bridge.traffic_manager import wake

LOOK_EVERY_S = 2.0


@contextmanager
def kept_awake(world, port):
    """Wake the manager whenever the world has stood still for a while."""
    done = threading.Event()

    def watch():
        before = -1
        while not done.wait(LOOK_EVERY_S):
            now = world.get_snapshot().frame
            if now == before:
                wake(port)
            before = now

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
