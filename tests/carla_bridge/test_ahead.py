"""Ctrl-C while the reader waits for the thread: what the thread works with is closed only after its end."""

import itertools
import os
import signal
import threading
import time

import pytest

from carla_bridge.ahead import ahead, one_ahead


@pytest.mark.parametrize("run_ahead", [ahead, one_ahead])
def test_an_interruption_waits_for_the_item_under_way(run_ahead):
    done = []

    def slow():
        for number in itertools.count():
            time.sleep(0.3)
            done.append(number)
            yield number

    items = run_ahead(slow())
    assert next(items) == 0
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        items.close()
    timer.join()
    so_far = len(done)
    time.sleep(0.5)
    assert len(done) == so_far
