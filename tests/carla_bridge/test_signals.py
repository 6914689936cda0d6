"""An interruption unwinds, waits, or is dropped; it never cuts a clean-up in half."""

import signal
import threading

import pytest

from carla_bridge.signals import Terminated, held, terminable


def test_sigterm_unwinds_like_ctrl_c_and_the_old_handler_comes_back():
    before = signal.getsignal(signal.SIGTERM)
    cleaned = []

    def work():
        with terminable():
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                cleaned.append(True)

    with pytest.raises(Terminated):
        work()
    assert cleaned
    assert signal.getsignal(signal.SIGTERM) is before
    assert issubclass(Terminated, KeyboardInterrupt)


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_a_held_interruption_arrives_after_the_block(number, error):
    done = []

    def work():
        with terminable():
            with held():
                signal.raise_signal(number)
                done.append("block")
            done.append("after")

    with pytest.raises(error):
        work()
    assert done == ["block"]


def test_an_interruption_of_a_clean_up_is_dropped():
    with held(deliver=False):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)


def test_an_error_of_the_block_is_more_important_than_the_interruption():
    def work():
        with held():
            signal.raise_signal(signal.SIGINT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


def test_other_threads_have_no_signals_and_no_trouble():
    def work():
        with terminable(), held():
            done.append(True)

    done = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
