"""`carla-bridge pack`: drives become packs of Cityscapes label ids, in order, with photos where there are any."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from carla_bridge.cli import main
from carla_bridge.labels import tag_table
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.writer import DriveWriter
from pix2pix.datasets import open_dataset
from tests.carla_bridge.recording import drives
from tests.carla_bridge.test_convert import decoded
from tests.carla_bridge.test_photos import converted, recording  # noqa: F401  # fixtures

SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.mcap"


def run(*arguments):
    return CliRunner().invoke(main, ["pack", *map(str, arguments)])


def test_the_sample_recording_becomes_label_ids_in_the_order_of_its_ticks(tmp_path):
    result = run(SAMPLE, "--out", tmp_path / "s.pack", "--camera", "front", "--every", "4")
    assert result.exit_code == 0, result.output
    packed = open_dataset(tmp_path / "s.pack", "train")
    with RecordedDrive(SAMPLE, camera="front") as drive:
        table = tag_table(drive.meta.tag_table)
        frames = list(drive)[::4]
        assert len(packed) == len(frames)
        for number, frame in enumerate(frames):
            assert packed.names[number].endswith(f"front/{frame.tick:08d}")
            assert np.array_equal(packed[number].label_ids, table.label_ids(frame.tags, unknown="unlabeled"))
    assert packed[0].photo_rgb is None
    assert packed.pixels[7] > packed.pixels[26] > 0  # more road than cars


def test_cameras_are_all_taken_or_those_named_and_another_is_refused(tmp_path):
    with DriveWriter(tmp_path / "drive.mcap", drives.meta("front", "left")) as writer:
        for number in range(3):
            writer.write(drives.tick(number, "front", "left"))
    assert run(tmp_path / "drive.mcap", "--out", tmp_path / "both.pack").exit_code == 0
    assert len(open_dataset(tmp_path / "both.pack", "train")) == 6
    result = run(tmp_path / "drive.mcap", "--out", tmp_path / "x.pack", "--camera", "rear")
    assert result.exit_code == 1
    assert "no drive has a camera rear; there are front, left" in result.output
    assert not list(tmp_path.glob("x.pack*"))


def test_label_maps_are_brought_to_a_size(tmp_path):
    result = run(SAMPLE, "--out", tmp_path / "s.pack", "--every", "20", "--size", "128x64")
    assert result.exit_code == 0, result.output
    assert open_dataset(tmp_path / "s.pack", "train")[0].label_ids.shape == (64, 128)


def test_photos_of_a_recording_come_along(converted, tmp_path):  # noqa: F811
    result = run(
        converted / "drive.photo.mcap", "--out", tmp_path / "p.pack", "--camera", "left", "--every", "2"
    )
    assert result.exit_code == 0, result.output
    packed = open_dataset(tmp_path / "p.pack", "train")
    video = decoded(converted / "drive-left.mp4")[::2]
    assert len(packed) == len(video) == 23
    for number, frame in enumerate(video):
        height, width = packed[number].label_ids.shape
        assert np.array_equal(packed[number].photo_rgb, frame[:height, :width])


def test_a_folder_of_label_maps_is_packed_too(tmp_path):
    (tmp_path / "maps").mkdir()
    np.save(tmp_path / "maps" / "drive.npy", np.full((5, 32, 48), 7, np.uint8))
    result = run(tmp_path / "maps" / "drive.npy", "--out", tmp_path / "m.pack", "--tag-table", "cityscapes")
    assert result.exit_code == 0, result.output
    packed = open_dataset(tmp_path / "m.pack", "train")
    assert len(packed) == 5
    assert (packed[4].label_ids == 7).all()


@pytest.mark.parametrize("options", [("--size", "huge"), ("--out", "/proc/p.pack")])
def test_what_can_not_be_is_one_sentence(tmp_path, options):
    result = run(SAMPLE, "--out", tmp_path / "s.pack", *options)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "Traceback" not in result.output
