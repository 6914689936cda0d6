"""Ctrl-C asks, and asks again only when it comes again later."""

import subprocess
import sys

import pytest

CHILD = """
import os, signal, sys
from pix2pix.stopping import stopping

number, now_s = int(sys.argv[1]), [0.0]
before = signal.getsignal(number)
with stopping(clock=lambda: now_s[0]) as stop:
    assert not stop()
    os.kill(os.getpid(), number)
    assert stop()
    now_s[0] = 0.5
    os.kill(os.getpid(), number)  # the same Ctrl-C, passed on by torchrun
    assert stop()
    now_s[0] = 3.0
    try:
        os.kill(os.getpid(), number)
    except KeyboardInterrupt:
        print("interrupted")
assert signal.getsignal(number) is before
"""


@pytest.mark.parametrize("number", [2, 15], ids=["SIGINT", "SIGTERM"])
def test_a_signal_is_a_question_until_a_second_one(number):
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(number)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr
