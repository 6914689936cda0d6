"""Stored drives become videos, each frame the photo of its label frame, however often the run is stopped."""

import json
import re
import threading
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from carla_bridge.ahead import ahead
from carla_bridge.cli import main
from carla_bridge.convert import ConvertSettings, Identity, convert, images_of, is_converted, manifest_of
from carla_bridge.frames import DriveTick, LabelFrame
from carla_bridge.outputs import OutputExists
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.writer import DriveWriter
from tests.carla_bridge.recording import drives

ROOT = Path(__file__).parents[2]
LENGTH = 450  # two whole parts and a rest


def paint(label_ids):
    """An engine whose photo says which label map it was made from."""
    level = label_ids.reshape(len(label_ids), -1).mean(axis=1).astype(np.uint8)
    photos = np.zeros((*label_ids.shape, 3), np.uint8)
    photos[..., 0], photos[..., 1], photos[..., 2] = level[:, None, None], 200, label_ids * 4
    return photos


def flat_tick(number):
    """A tick whose whole picture is one class; which one, tells the tick."""
    tags = np.full((32, 48), number % 20 + 1, np.uint8)
    return DriveTick((LabelFrame(100 + number, number / 20, tags),))


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("recordings") / "drive.mcap"
    with DriveWriter(path, drives.meta()) as writer:
        for number in range(LENGTH):
            writer.write(flat_tick(number))
    return path


def identity(settings=None):
    meta = drives.meta().of_camera("front")
    settings = settings or ConvertSettings()
    return Identity(
        "drive.mcap", "0" * 64, "front", "test", "1" * 64, "cpu", meta, "libx264", "0.1.0", settings
    )


def decoded(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def run(recording, out, settings=None, engine=paint, **options):
    with RecordedDrive(recording) as drive:
        return convert(drive, engine, out, identity(settings), **options)


def test_every_frame_is_the_photo_of_its_label_frame(recording, tmp_path):
    out, told = tmp_path / "drive.mp4", []
    assert run(recording, out, progress=told.append) == LENGTH
    photos = decoded(out)
    assert len(photos) == LENGTH
    with RecordedDrive(recording) as drive:
        from carla_bridge.labels import tag_table

        table = tag_table(drive.meta.tag_table)
        for photo, frame in zip(photos, drive, strict=True):
            expected = paint(table.label_ids(frame.tags)[None])[0]
            assert np.abs(photo[16, 24].astype(int) - expected[16, 24]).max() <= 6  # what H.264 costs
    assert told == sorted(told)
    assert told[-1] == LENGTH
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert float(stream.average_rate) == 20.0
        times = [
            packet.pts * packet.time_base for packet in container.demux(stream) if packet.pts is not None
        ]
    assert np.allclose(np.diff([float(each) for each in times]), 0.05)


def test_the_manifest_says_what_it_was_made_of_and_nothing_else_is_left(recording, tmp_path):
    out = tmp_path / "drive.mp4"
    run(recording, out)
    manifest = json.loads(manifest_of(out).read_text())
    assert manifest["frames"] == LENGTH
    assert manifest["identity"]["checkpoint_sha256"] == "1" * 64
    assert manifest["drive"]["map_name"] == "StandIn/Maps/StandIn-0"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drive.json", "drive.mp4"]
    assert is_converted(out, identity())
    assert not is_converted(out, identity(ConvertSettings(crf=30)))


def test_side_by_side_and_images_by_tick(recording, tmp_path):
    out = tmp_path / "drive.mp4"
    run(recording, out, ConvertSettings(side_by_side=True, images="png"))
    assert decoded(out)[0].shape == (32, 96, 3)
    images = sorted(images_of(out).iterdir())
    assert len(images) == LENGTH
    assert images[0].name == "00000100.png"
    red = cv2.imread(str(images[7]))[0, 0, 2]
    with RecordedDrive(recording) as drive:
        from carla_bridge.labels import tag_table

        tags = drive.at_tick(107).tags
        assert red == tag_table("0.9.14").label_ids(tags)[0, 0]


def test_a_stopped_run_goes_on_and_gives_the_same_bytes(recording, tmp_path):
    whole, stopped = tmp_path / "whole" / "drive.mp4", tmp_path / "stopped" / "drive.mp4"
    run(recording, whole)
    calls = []

    def failing(label_ids):
        calls.append(len(label_ids))
        if len(calls) == 70:
            raise KeyboardInterrupt
        return paint(label_ids)

    with pytest.raises(KeyboardInterrupt) as _kept:  # with its traceback, and so all that was open then
        run(recording, stopped, engine=failing)
    assert not [thread for thread in threading.enumerate() if thread.name == "ahead"]
    assert not stopped.exists()
    made = [path.name for path in stopped.with_suffix(".parts").iterdir() if path.suffix == ".mp4"]
    assert "000000.mp4" in made
    again = []

    def counting(label_ids):
        again.append(len(label_ids))
        return paint(label_ids)

    run(recording, stopped, engine=counting)
    assert sum(again) == LENGTH - 200  # the part that was whole is not made again
    assert stopped.read_bytes() == whole.read_bytes()


def test_another_setting_begins_anew(recording, tmp_path):
    out, calls = tmp_path / "drive.mp4", []

    def failing(label_ids):
        calls.append(len(label_ids))
        if len(calls) == 70:
            raise KeyboardInterrupt
        return paint(label_ids)

    with pytest.raises(KeyboardInterrupt):
        run(recording, out, engine=failing)
    run(recording, out, ConvertSettings(crf=30))
    assert is_converted(out, identity(ConvertSettings(crf=30)))
    with pytest.raises(OutputExists, match=r"drive\.mp4"):
        run(recording, out)


def test_a_folder_of_somebody_else_is_never_removed(recording, tmp_path):
    folder = tmp_path / "drive.parts"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(OutputExists, match=r"drive\.parts"):
        run(recording, tmp_path / "drive.mp4")
    assert (folder / "thesis.txt").exists()


def test_the_command_converts_many_skips_what_is_done_and_reports_what_is_bad(recording, tmp_path):
    short, out = tmp_path / "short.mcap", tmp_path / "out"
    with DriveWriter(short, drives.meta("front", "left")) as writer:
        for number in range(3):
            writer.write(drives.tick(number, "front", "left"))
    bad = tmp_path / "bad.mcap"
    bad.write_bytes(b"no recording")
    command = ["convert", f"{tmp_path}/*.mcap", "--out", str(out), "--batch-size", "2"]
    ran = CliRunner().invoke(main, command)
    assert ran.exit_code == 1
    assert f"failed: {bad} is no MCAP file" in ran.output
    assert "1 of 3 items failed; the rest is done" in ran.output
    assert re.search(r"2 videos \S+ 6/6 \d+", ran.output)  # one bar for all
    assert len(decoded(out / "short-front.mp4")) == len(decoded(out / "short-left.mp4")) == 3
    bad.unlink()
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 0, again.output
    assert again.output.count("is done already") == 2
    gone = CliRunner().invoke(main, ["convert", f"{tmp_path}/none-*.mcap", "--out", str(out)])
    assert gone.exit_code == 1
    assert "nothing is at" in gone.output


def test_ahead_keeps_order_errors_and_its_bound():
    taken = []

    def items():
        for number in range(6):
            taken.append(number)
            yield number
        raise ValueError("at the end")

    reader = ahead(items(), depth=2)
    assert next(reader) == 0
    time.sleep(0.05)
    assert len(taken) <= 4  # one read, two waiting, one in hand
    assert [next(reader) for _ in range(5)] == [1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="at the end"):
        next(reader)
    stopped = ahead(iter(range(10**9)))
    next(stopped)
    stopped.close()  # ends the thread instead of waiting for ever


def test_one_frame_no_frame_and_frames_of_several_sizes(tmp_path):
    out = tmp_path / "out"
    for name, frames in (("one", [drives.frame(0)]), ("none", []), ("mixed", sizes(48, 48, 64))):
        with DriveWriter(tmp_path / f"{name}.mcap", drives.meta()) as writer:
            for frame in frames:
                writer.write(DriveTick((frame,)))
    (tmp_path / "folder").mkdir()
    for place, frame in enumerate(sizes(48, 64)):
        cv2.imwrite(str(tmp_path / "folder" / f"{place:06d}.png"), frame.tags)
    sources = [str(tmp_path / name) for name in ("one.mcap", "none.mcap", "mixed.mcap", "folder")]
    words = ["convert", *sources, "--out", str(out), "--device", "cpu", "--tag-table", "0.9.14"]
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 1
    lines = [line for line in ran.output.splitlines() if line.startswith(("wrote", "failed", "Error"))]
    assert lines[0] == f"wrote 1 frames to {out / 'one.mp4'}"
    assert lines[1] == "failed: none.mcap has not one frame of camera 'front'; there is nothing to convert"
    assert "mixed.mcap is damaged: a picture of camera 'front' is 64×32 pixels, its camera 48×32" in lines[2]
    assert lines[3].endswith("000001.png: it is 64×32 pixels, the first one is 48×32")
    assert lines[4] == "Error: 3 of 4 items failed; the rest is done"
    assert len(decoded(out / "one.mp4")) == 1
    imported = CliRunner().invoke(
        main, ["import", sources[3], "--out", str(tmp_path / "x.mcap"), "--tag-table", "0.9.14"]
    )
    assert imported.exit_code == 1
    assert "it is 64×32 pixels, the first one is 48×32" in imported.output
    described = CliRunner().invoke(main, ["info", *sources[:2]])
    assert described.exit_code == 0
    assert "one.mcap: 1 frames" in described.output
    assert "none.mcap: 0 frames" in described.output


def sizes(*widths):
    return [
        LabelFrame(place, place / 20, np.full((32, width), 7, np.uint8)) for place, width in enumerate(widths)
    ]
