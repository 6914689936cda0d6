"""A conversion that dies before any one step on the disk is finished by the next run, and nothing else is harmed."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from carla_bridge.convert import ConvertSettings, is_converted, manifest_of
from carla_bridge.frames import DriveMeta, LabelFrame
from carla_bridge.joining import CannotEncode, UnlikeParts, is_part, join
from carla_bridge.video import Mp4
from tests.carla_bridge.recording import drives
from tests.carla_bridge.test_convert import identity, paint

STEPS = ("mkdir", "open", "replace", "unlink", "rmdir")
OLD, NEW = ConvertSettings(crf=40), ConvertSettings()


class Killed(BaseException):
    """As a kill: nothing is done to the disk from then on, not even what `finally` wants."""


class ThreeFrames:
    """A drive in memory."""

    meta: DriveMeta = drives.meta().of_camera("front")

    def __len__(self):
        return 3

    def __iter__(self):
        return self.frames(0, 3)

    def frames(self, start, stop):
        for place in range(start, min(stop, 3)):
            yield LabelFrame(place, place / 20, np.full((32, 48), place + 1, np.uint8))


def convert(out, settings=NEW, **options):
    from carla_bridge.convert import convert

    return convert(ThreeFrames(), paint, out, identity(settings), **options)


def die_before_step(monkeypatch, fatal):
    """Let no step on the disk happen from a certain one on."""
    steps = itertools.count()
    for name in STEPS:
        real = getattr(Path, name)

        def step(path, *words, _real=real, **options):
            if not (_real.__name__ == "open" and words[:1] in ((), ("r",), ("rb",))) and next(steps) >= fatal:
                raise Killed
            return _real(path, *words, **options)

        monkeypatch.setattr(Path, name, step)


def deaths(tmp_path, monkeypatch, work):
    """Yield the video of each run that died one step later than the one before, till one is not killed."""
    for fatal in itertools.count():
        out = tmp_path / str(fatal) / "drive.mp4"
        out.parent.mkdir()
        with monkeypatch.context() as patched:
            try:
                work(out, lambda now=fatal, patch=patched: die_before_step(patch, now))
            except Killed:
                pass
            else:
                return
        yield out


def test_whatever_step_a_kill_comes_before_the_next_run_finishes(tmp_path, monkeypatch):
    convert(tmp_path / "whole.mp4")

    def work(out, arm):
        arm()
        convert(out)

    number = 0
    for number, out in enumerate(deaths(tmp_path, monkeypatch, work)):
        if not is_converted(out, identity(NEW)):
            assert convert(out) == 3
        assert is_converted(out, identity(NEW))
        assert out.read_bytes() == (tmp_path / "whole.mp4").read_bytes()
        assert sorted(path.name for path in out.parent.iterdir()) == ["drive.json", "drive.mp4"], number
    assert number > 10


def test_no_manifest_ever_vouches_for_another_video(tmp_path, monkeypatch):
    convert(tmp_path / "old.mp4", OLD)
    convert(tmp_path / "new.mp4", NEW)
    old, new = (tmp_path / "old.mp4").read_bytes(), (tmp_path / "new.mp4").read_bytes()
    assert old != new

    def work(out, arm):
        out.write_bytes(old)
        manifest_of(out).write_bytes(manifest_of(tmp_path / "old.mp4").read_bytes())
        arm()
        convert(out, NEW, overwrite=True)

    number = 0
    for number, out in enumerate(deaths(tmp_path, monkeypatch, work)):
        assert out.read_bytes() in (old, new)
        assert not is_converted(out, identity(OLD)) or out.read_bytes() == old
        if not is_converted(out, identity(NEW)):
            convert(out, NEW, overwrite=True)
        assert out.read_bytes() == new
        assert sorted(path.name for path in out.parent.iterdir()) == ["drive.json", "drive.mp4"], number
    assert number > 10


def test_a_manifest_beside_another_video_says_nothing(tmp_path):
    convert(tmp_path / "drive.mp4")
    with (tmp_path / "drive.mp4").open("ab") as file:
        file.write(b"more")
    assert not is_converted(tmp_path / "drive.mp4", identity(NEW))


def encode(path, **options):
    with Mp4(path, **{"fps_hz": 20, **options}) as video:
        for level in (10, 200, 90):
            video.write(np.full((32, 48, 3), level, np.uint8))


@pytest.mark.parametrize("options", [{"fps_hz": 10}, {"crf": 40}])
def test_parts_that_were_encoded_otherwise_are_not_joined(tmp_path, options):
    encode(tmp_path / "000000.mp4")
    encode(tmp_path / "000001.mp4", **options)
    with pytest.raises(UnlikeParts, match=r"000001\.mp4 was encoded otherwise than 000000\.mp4; remove"):
        join([tmp_path / "000000.mp4", tmp_path / "000001.mp4"], tmp_path / "out.mp4", title="")


def test_a_part_cut_by_a_power_failure_is_none(tmp_path):
    encode(tmp_path / "part.mp4")
    assert is_part(tmp_path / "part.mp4", 3)
    assert not is_part(tmp_path / "part.mp4", 4)
    content = (tmp_path / "part.mp4").read_bytes()
    (tmp_path / "part.mp4").write_bytes(content[: len(content) // 2])
    assert not is_part(tmp_path / "part.mp4", 3)
    assert not is_part(tmp_path / "absent.mp4", 3)


def test_a_part_that_is_none_is_one_sentence_of_the_video(tmp_path):
    (tmp_path / "000000.mp4").write_bytes(bytes(1000))
    with pytest.raises(CannotEncode, match=r"cannot make the video .*out\.mp4: Invalid data"):
        join([tmp_path / "000000.mp4"], tmp_path / "out.mp4", title="")


def test_files_are_on_the_disk_before_they_have_their_names(tmp_path, monkeypatch):
    real, settled = os.fsync, []

    def fsync(number):
        path = Path(f"/proc/self/fd/{number}").readlink()
        settled.append(path.name)
        assert path.is_dir() or not (tmp_path / path.name.replace(".partial", "")).exists()
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    convert(tmp_path / "drive.mp4")
    assert settled == [
        "identity.partial.json",
        "000000.partial.mp4",
        "drive.parts",  # the folder: the part's name is there, too
        "drive.partial.mp4",
        "manifest.partial.json",
        tmp_path.name,
        "manifest.json",
        tmp_path.name,
    ]


def test_a_part_that_was_cut_is_made_again(tmp_path):
    out, told = tmp_path / "drive.mp4", []

    def stop(done):
        told.append(done)
        if told == [1, 2, 3, 3]:  # the last is told of the whole part
            raise Killed

    with pytest.raises(Killed):
        convert(out, progress=stop)
    part = tmp_path / "drive.parts" / "000000.mp4"
    whole = part.read_bytes()
    part.write_bytes(whole[: len(whole) // 2])
    assert convert(out) == 3
    convert(tmp_path / "whole.mp4")
    assert out.read_bytes() == (tmp_path / "whole.mp4").read_bytes()
