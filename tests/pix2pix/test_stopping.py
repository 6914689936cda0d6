"""Ctrl-C asks, and asks again only when it comes again later."""

import os
import signal

import pytest

from pix2pix.stopping import stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_a_question_until_a_second_one(number):
    now_s = [0.0]
    before = signal.getsignal(number)
    with stopping(clock=lambda: now_s[0]) as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        now_s[0] = 0.5
        os.kill(os.getpid(), number)  # the same Ctrl-C, passed on by torchrun
        assert stop()
        now_s[0] = 3.0
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before
