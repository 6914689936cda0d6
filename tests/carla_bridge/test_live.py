from dataclasses import dataclass, field

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
from carla_bridge.timing import StageTimes
from carla_bridge.video import Mp4
from carla_bridge.viewer import Viewer

META = DriveMeta("ListTown", "0.9.16", "0.9.14", width=64, height=32, fov_deg=90.0, fps_hz=20.0)
CAR_RGB = (0, 0, 142)


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


def test_it_stops_after_so_many_frames_and_ticks_no_further():
    drive = ListDrive(100)
    assert run_live(drive, inverted, frames=5) == LiveResult(5, "done")
    assert drive.read == [0, 1, 2, 3, 4]


def test_it_stops_when_the_window_is_closed():
    with Viewer((64, 32)) as viewer:
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        assert run_live(ListDrive(100), inverted, viewer=viewer) == LiveResult(1, "closed")


def test_ctrl_c_ends_the_drive_and_finishes_the_video(tmp_path):
    with Mp4(tmp_path / "drive.mp4", fps_hz=20) as video:
        result = run_live(ListDrive(10, KeyboardInterrupt()), inverted, video=video)
    assert result == LiveResult(10, "interrupted")
    assert [path.name for path in tmp_path.iterdir()] == ["drive.mp4"]


def test_a_dying_server_is_passed_on_and_leaves_no_whole_looking_video(tmp_path):
    with pytest.raises(BridgeError, match="died"), Mp4(tmp_path / "drive.mp4", fps_hz=20) as video:
        run_live(ListDrive(10, BridgeError("the server died")), inverted, video=video)
    assert [path.name for path in tmp_path.iterdir()] == ["drive.partial.mp4"]
