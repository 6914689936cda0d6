import cv2
import numpy as np
import pytest

from carla_bridge.contact_sheet import ContactSheet
from carla_bridge.frames import FramePair, LabelFrame
from carla_bridge.outputs import OutputExists

CAR, CAR_RGB = 26, (0, 0, 142)
CAPTION, MARGIN, ROW = 22, 6, 22 + 32  # a row is 128×32 pixels and its caption


def pair(tick, height=32, width=64):
    photo_rgb = np.full((height, width, 3), (tick % 256, tick // 256, 200), np.uint8)
    tags = np.full((height, width), 14, np.uint8)
    return FramePair(LabelFrame(tick, tick / 20, tags), np.full((height, width), CAR, np.uint8), photo_rgb)


def sheet_of(path, count, rows):
    with ContactSheet(path, rows=rows, photo_width_px=64) as sheet:
        for tick in range(count):
            sheet.add(pair(tick))
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def ticks_on(image):
    rows = range(MARGIN + CAPTION + 16, image.shape[0], ROW)
    return [int(image[y, MARGIN + 96, 0]) + 256 * int(image[y, MARGIN + 96, 1]) for y in rows]


def test_label_is_left_and_photo_is_right(tmp_path):
    image = sheet_of(tmp_path / "new" / "sheet.png", 1, rows=4)
    assert image.shape == (ROW + 2 * MARGIN, 128 + 2 * MARGIN, 3)
    row = image[MARGIN + CAPTION : -MARGIN, MARGIN:-MARGIN]
    assert (row[:, :64] == CAR_RGB).all()
    assert (row[:, 64:] == (0, 0, 200)).all()


@pytest.mark.parametrize("count", [2, 5, 6, 11, 12, 13, 100, 999])
def test_rows_are_spread_evenly_over_the_whole_drive(tmp_path, count):
    rows = 6
    ticks = ticks_on(sheet_of(tmp_path / "sheet.png", count, rows=rows))
    assert len(ticks) == min(rows, count)
    assert ticks[0] == 0
    steps = np.diff(ticks)
    assert steps.min() > 0
    assert steps.max() <= 2 * steps.min()
    assert ticks[-1] >= count - 1 - count / rows


def test_memory_stays_bounded(tmp_path):
    with ContactSheet(tmp_path / "sheet.png", rows=4, photo_width_px=8) as sheet:
        for tick in range(500):
            sheet.add(pair(tick))
            assert len(sheet._kept) < 8


def test_an_existing_sheet_is_refused_before_the_drive(tmp_path):
    path = tmp_path / "sheet.png"
    path.write_bytes(b"precious")
    with pytest.raises(OutputExists, match="--overwrite"), ContactSheet(path):
        pass
    assert path.read_bytes() == b"precious"


def test_after_an_error_there_is_no_sheet(tmp_path):
    sheet = ContactSheet(tmp_path / "sheet.png")

    def drive():
        with sheet:
            sheet.add(pair(0))
            raise KeyError

    with pytest.raises(KeyError):
        drive()
    assert list(tmp_path.iterdir()) == []
