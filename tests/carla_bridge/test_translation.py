from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pytest

from carla_bridge.frames import DriveMeta, LabelFrame
from carla_bridge.labels import UnknownTag, colorize, tag_table
from carla_bridge.timing import StageTimes
from carla_bridge.translation import translate

META = DriveMeta("ListTown", "0.9.16", "0.9.14", width=16, height=8, fov_deg=90.0, fps_hz=20.0)
ROAD, CAR = 1, 14  # CARLA's tags from 0.9.14 on


@dataclass
class ListDrive:
    """A drive that is a list, and remembers how far it was read."""

    count: int
    tag: int = ROAD
    meta: DriveMeta = META
    read: list[int] = field(default_factory=list)

    def __iter__(self):
        for tick in range(self.count):
            self.read.append(tick)
            yield LabelFrame(tick, tick / 20, np.full((8, 16), self.tag, np.uint8))


def paint(label_ids):
    return colorize(label_ids)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 20])
def test_every_frame_comes_out_once_and_in_order(batch_size):
    pairs = list(translate(ListDrive(7), paint, batch_size=batch_size))
    assert [pair.frame.tick for pair in pairs] == list(range(7))


def test_the_engine_gets_batches_and_the_last_may_be_shorter():
    shapes = []

    def engine(label_ids):
        shapes.append(label_ids.shape)
        return paint(label_ids)

    list(translate(ListDrive(5), engine, batch_size=2))
    assert shapes == [(2, 8, 16), (2, 8, 16), (1, 8, 16)]


def test_a_live_drive_is_never_read_ahead():
    drive = ListDrive(10)
    list(islice(translate(drive, paint), 3))
    assert drive.read == [0, 1, 2]


def test_photo_belongs_to_its_own_label_map():
    def number(label_ids):  # each photo says which place in the batch it had
        return np.stack([np.full((8, 16, 3), place, np.uint8) for place in range(len(label_ids))])

    photos = [pair.photo_rgb[0, 0, 0] for pair in translate(ListDrive(6), number, batch_size=3)]
    assert photos == [0, 1, 2, 0, 1, 2]


def test_label_ids_are_cityscapes_ids():
    (pair,) = translate(ListDrive(1, tag=CAR), paint)
    assert (pair.label_ids == 26).all()
    assert (pair.photo_rgb == (0, 0, 142)).all()  # a Cityscapes car is blue: red is not blue


def test_the_drives_own_tag_table_is_used_unless_another_is_asked_for():
    old = ListDrive(1, tag=10, meta=META)
    (own,) = translate(old, paint)
    (asked,) = translate(old, paint, tag_table="0.9.10")
    assert own.label_ids[0, 0] == tag_table("0.9.14").label_ids(np.full((1, 1), 10, np.uint8))
    assert asked.label_ids[0, 0] == tag_table("0.9.10").label_ids(np.full((1, 1), 10, np.uint8))


def test_an_unknown_tag_is_refused_or_read_as_unlabeled():
    with pytest.raises(UnknownTag):
        list(translate(ListDrive(1, tag=200), paint))
    (pair,) = translate(ListDrive(1, tag=200), paint, unknown="unlabeled")
    assert (pair.label_ids == 0).all()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda ids: np.zeros((*ids.shape, 4), np.uint8),
        lambda ids: np.zeros((*ids.shape, 3), np.float32),
        lambda ids: np.zeros((len(ids), ids.shape[2], ids.shape[1], 3), np.uint8),
    ],
    ids=["four channels", "floats", "width and height swapped"],
)
def test_an_engine_that_answers_something_else_is_caught(wrong):
    with pytest.raises(AssertionError, match="the engine answered"):
        list(translate(ListDrive(1), wrong))


def test_stages_are_measured():
    times = StageTimes()
    list(translate(ListDrive(2), paint, times=times))
    assert times.stages() == ("map", "generate")
