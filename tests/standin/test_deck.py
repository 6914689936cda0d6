"""The recorder and the replayer in turn: what ends them, and what they may not end."""

import errno
import logging

import pytest

from carla_bridge.standin.life.world import World
from carla_bridge.standin.recorder_logs import recordings as recordings_module
from carla_bridge.standin.recorder_logs.deck import Deck
from carla_bridge.standin.recorder_logs.recorder_log import LogReader, LogWriter
from carla_bridge.standin.recorder_logs.replayer import Wish


@pytest.fixture
def world(town):
    return World(town, seed=0, vehicles=0, walkers=0, episode_id=1, frame=1, next_id=20)


@pytest.fixture
def deck(tmp_path):
    deck = Deck(tmp_path)
    yield deck
    deck.stop()


def frames(deck, name="a.log"):
    with deck.recordings.open(name) as file:
        return len(list(LogReader(file).frames()))


def replay(deck, world, name="a.log"):
    file = deck.recordings.open(name)
    deck.replay(world, file, LogReader(file), Wish())
    return file


def record(deck, world, steps, name="a.log"):
    deck.record(world, name, additional_data=False)
    for _ in range(steps):
        world.step(0.5)


def test_recording_ends_when_a_replay_begins_and_the_other_way_round(deck, world):
    record(deck, world, 3)
    file = replay(deck, world)
    world.step(0.5)
    assert frames(deck) == 3
    record(deck, world, 1, "b.log")
    assert file.closed
    assert (frames(deck), frames(deck, "b.log")) == (3, 1)


def test_a_replay_ends_by_itself_and_closes_its_log(deck, world):
    record(deck, world, 3)
    file = replay(deck, world)
    world.step(0.5)
    assert not file.closed
    world.step(0.5)
    assert file.closed
    assert world.after_moving == []


def test_a_log_that_is_full_ends_the_recording_and_not_the_world(deck, world, monkeypatch, caplog):
    monkeypatch.setattr(recordings_module, "MAX_LOG_BYTES", 100)
    with caplog.at_level(logging.WARNING):
        record(deck, world, 5)
    assert frames(deck) == 1  # the one that was over the limit
    assert "all the 100 bytes" in caplog.text


def test_a_full_disk_ends_the_recording_and_not_the_world(deck, world, monkeypatch, caplog):
    record(deck, world, 2)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(LogWriter, "write_frame", full)
    with caplog.at_level(logging.WARNING):
        world.step(0.5)
        world.step(0.5)
    assert frames(deck) == 2
    assert caplog.text.count("No space left on device") == 1


def test_stopping_what_does_not_run_is_no_harm(deck):
    deck.stop_recording()
    deck.stop_replay(keep_actors=True)
