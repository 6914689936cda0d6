import json
import threading
import time
from dataclasses import dataclass, field, replace

import av
import cv2
import numpy as np
import pygame
import pytest

from carla_bridge.contact_sheet import ContactSheet
from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveMeta, LabelFrame
from carla_bridge.labels import colorize
from carla_bridge.live import LiveResult, run_live
from carla_bridge.outputs import OutputExists
from carla_bridge.stats import StatsFile
from carla_bridge.timing import StageTimes
from carla_bridge.video import Mp4
from carla_bridge.viewer import Viewer

META = DriveMeta("ListTown", "0.9.16", "0.9.14", width=64, height=32, fov_deg=90.0, fps_hz=20.0)
CAR_RGB = (0, 0, 142)
overlapping = pytest.mark.parametrize("overlap", [False, True], ids=["in turns", "overlap"])


@dataclass
class ListDrive:
    """A drive that is a list; it may end in an error."""

    count: int
    error: BaseException | None = None
    meta: DriveMeta = META
    read: list[int] = field(default_factory=list)

    def __iter__(self):
        for tick in range(self.count):
            self.read.append(tick)
            yield LabelFrame(tick, tick / 20, np.full((32, 64), 14, np.uint8))
        if self.error:
            raise self.error


def inverted(label_ids):
    return 255 - colorize(label_ids)


@pytest.fixture(autouse=True)
def no_screen(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


def test_every_pair_reaches_every_sink(tmp_path):
    times = StageTimes()
    with (
        Viewer((64, 32), meta=META, times=times) as viewer,
        Mp4(tmp_path / "drive.mp4", fps_hz=20) as video,
        ContactSheet(tmp_path / "drive.png", rows=3) as sheet,
    ):
        result = run_live(ListDrive(25), inverted, viewer=viewer, video=video, sheet=sheet, times=times)
    assert result == LiveResult(25, "done")
    assert times.stages() == ("map", "generate", "show", "encode", "sheet")
    with av.open(tmp_path / "drive.mp4") as container:
        images = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(images) == 25
    assert images[0].shape == (32, 128, 3)
    assert images[0][16, 32] == pytest.approx(CAR_RGB, abs=6)  # label left
    assert images[0][16, 96] == pytest.approx((255, 255, 113), abs=6)  # photo right
    assert cv2.imread(str(tmp_path / "drive.png")) is not None


def test_with_overlap_the_next_tick_is_made_while_a_photo_is_generated_and_no_tick_after_it():
    ticked = [threading.Event() for _ in range(4)]
    made = []

    class Ticking(ListDrive):
        def __iter__(self):
            for frame in super().__iter__():
                made.append(frame.tick)
                ticked[frame.tick].set()
                yield frame

    def engine(label_ids):
        number = len(seen)
        seen.append(number)
        assert number == 3 or ticked[number + 1].wait(20)  # else the simulator waits for us
        assert len(made) <= number + 2
        return inverted(label_ids)

    seen = []
    assert run_live(Ticking(4), engine, overlap=True) == LiveResult(4, "done")


def test_overlap_changes_neither_order_nor_pairs():
    class Marked(ListDrive):
        def __iter__(self):
            for frame in super().__iter__():
                yield replace(frame, tags=np.full((32, 64), frame.tick + 1, np.uint8))

    class Sheet:
        def add(self, pair):
            pairs.append(pair)

    pairs = []
    run_live(Marked(12), inverted, sheet=Sheet(), overlap=True)
    assert [pair.frame.tick for pair in pairs] == list(range(12))
    assert all((pair.photo_rgb == inverted(pair.label_ids)).all() for pair in pairs)
    assert all((pair.frame.tags == pair.frame.tick + 1).all() for pair in pairs)


@overlapping
def test_it_stops_after_so_many_frames_and_ticks_no_further(overlap):
    drive = ListDrive(100)
    assert run_live(drive, inverted, frames=5, overlap=overlap) == LiveResult(5, "done")
    assert drive.read == [0, 1, 2, 3, 4]


@overlapping
def test_it_stops_when_the_window_is_closed(overlap):
    with Viewer((64, 32)) as viewer:
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        assert run_live(ListDrive(100), inverted, viewer=viewer, overlap=overlap) == LiveResult(1, "closed")
    assert not [thread for thread in threading.enumerate() if "one-ahead" in thread.name]


@overlapping
def test_ctrl_c_ends_the_drive_and_finishes_the_video(tmp_path, overlap):
    with Mp4(tmp_path / "drive.mp4", fps_hz=20) as video:
        result = run_live(ListDrive(10, KeyboardInterrupt()), inverted, video=video, overlap=overlap)
    assert result == LiveResult(10, "interrupted")
    assert [path.name for path in tmp_path.iterdir()] == ["drive.mp4"]


@overlapping
def test_a_dying_server_is_passed_on_and_leaves_no_whole_looking_video(tmp_path, overlap):
    with pytest.raises(BridgeError, match="died"), Mp4(tmp_path / "drive.mp4", fps_hz=20) as video:
        run_live(ListDrive(10, BridgeError("the server died")), inverted, video=video, overlap=overlap)
    assert [path.name for path in tmp_path.iterdir()] == ["drive.partial.mp4"]


def test_stats_tell_every_stage_and_the_age_of_what_was_shown(tmp_path, monkeypatch):
    monkeypatch.setattr("carla_bridge.stats.EVERY_S", 0.0)  # a line per frame
    times = StageTimes()

    class Timed(ListDrive):
        def __iter__(self):
            for frame in super().__iter__():
                times.tick_began(frame.tick, time.perf_counter())
                yield frame

    with StatsFile(tmp_path / "stats.jsonl", times) as stats:
        run_live(Timed(3), inverted, overlap=True, times=times, done_one=stats.done_one)
    lines = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert [line["frames"] for line in lines] == [1, 2, 3, 3]  # and one at the end
    assert set(lines[-1]["stages"]) == {"map", "generate", "age"}
    for stage in lines[-1]["stages"].values():
        assert 0 <= stage["p50_ms"] <= stage["p95_ms"]
    assert lines[-1]["stages"]["age"]["p50_ms"] >= lines[-1]["stages"]["generate"]["p50_ms"]
    assert lines[-1]["peak_memory_mb"] > 10


def test_stats_are_not_written_over(tmp_path):
    (tmp_path / "stats.jsonl").write_text("mine")
    with pytest.raises(OutputExists), StatsFile(tmp_path / "stats.jsonl", StageTimes()):
        pass
