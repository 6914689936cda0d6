import contextlib
import logging
import os
import resource
import signal
import subprocess
import sys

import av
import numpy as np
import pytest

from carla_bridge.errors import BridgeError
from carla_bridge.outputs import CannotWrite, OutputExists
from carla_bridge.video import Mp4, UnfinishedVideo

RED, GREEN, BLUE = (220, 30, 20), (20, 200, 40), (10, 30, 210)


def stripes(height=64, width=192):
    """Red, green and blue from left to right."""
    image = np.empty((height, width, 3), np.uint8)
    for place, colour in enumerate((RED, GREEN, BLUE)):
        image[:, place * width // 3 : (place + 1) * width // 3] = colour
    return image


def decode(path):
    with av.open(path) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def count_until_torn(path):
    """Count frames as a player does, up to where the file was torn off."""
    count = 0
    with av.open(path) as container, contextlib.suppress(av.InvalidDataError):
        for _ in container.decode(video=0):
            count += 1
    return count


def write(path, images, **options):
    with Mp4(path, fps_hz=20, **options) as video:
        for image in images:
            video.write(image)
    return video


def test_what_was_written_comes_back(tmp_path):
    path = tmp_path / "new" / "folder" / "drive.mp4"
    video = write(path, [stripes()] * 45)
    images = decode(path)
    assert video.frames == len(images) == 45
    assert video.codec in ("libx264", "h264_nvenc")
    assert images[0].shape == (64, 192, 3)  # height and width not swapped
    assert list(tmp_path.rglob("*.partial*")) == []


def test_red_is_not_blue(tmp_path):
    write(tmp_path / "drive.mp4", [stripes()] * 3)
    last = decode(tmp_path / "drive.mp4")[-1]
    for column, colour in ((32, RED), (96, GREEN), (160, BLUE)):
        assert last[32, column] == pytest.approx(colour, abs=6)


def test_black_white_and_grey_keep_their_level(tmp_path):
    """A wrong range makes black grey, or clips what is nearly white."""
    for level in (0, 16, 128, 235, 255):
        path = tmp_path / f"{level}.mp4"
        write(path, [np.full((32, 32, 3), level, np.uint8)])
        assert decode(path)[0].mean() == pytest.approx(level, abs=3)


def test_players_are_told_the_colours_and_the_pace(tmp_path):
    write(tmp_path / "drive.mp4", [stripes()] * 40)
    with av.open(tmp_path / "drive.mp4") as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert context.name == "h264"
        assert context.pix_fmt == "yuv420p"
        assert (context.colorspace, context.color_range) == (1, 1)  # BT.709, video range
        assert stream.average_rate == 20
        assert float(stream.duration * stream.time_base) == pytest.approx(2.0)
        assert stream.frames == 40  # an ordinary index, not only fragments


@pytest.mark.parametrize(("height", "width"), [(63, 191), (64, 191), (63, 192)])
def test_an_odd_side_gains_a_copy_of_its_edge(tmp_path, height, width):
    image = np.full((height, width, 3), BLUE, np.uint8)
    write(tmp_path / "odd.mp4", [image, image])
    shown = decode(tmp_path / "odd.mp4")[0]
    assert shown.shape == (64, 192, 3)
    assert shown[-1, -1] == pytest.approx(BLUE, abs=6)


def test_an_existing_video_is_refused_and_kept(tmp_path):
    path = tmp_path / "drive.mp4"
    path.write_bytes(b"precious")
    with pytest.raises(OutputExists, match="--overwrite"):
        write(path, [stripes()])
    assert path.read_bytes() == b"precious"
    write(path, [stripes()], overwrite=True)
    assert len(decode(path)) == 1


def test_what_an_unfinished_run_left_is_refused_and_kept(tmp_path):
    left = tmp_path / "drive.partial.mp4"
    left.write_bytes(b"precious")
    with pytest.raises(UnfinishedVideo, match="--overwrite"):
        write(tmp_path / "drive.mp4", [stripes()])
    assert left.read_bytes() == b"precious"


def test_without_a_frame_there_is_no_file(tmp_path):
    write(tmp_path / "drive.mp4", [])
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_a_playable_partial_video_only(tmp_path, caplog):
    def images():
        yield from [stripes()] * 10
        raise BridgeError("the server died")

    with caplog.at_level(logging.WARNING), pytest.raises(BridgeError, match="the server died"):
        write(tmp_path / "drive.mp4", images())
    assert [path.name for path in tmp_path.iterdir()] == ["drive.partial.mp4"]
    assert len(decode(tmp_path / "drive.partial.mp4")) == 10
    assert "10 frames" in caplog.text


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match=r"cannot write .*drive\.mp4"):
        write(tmp_path / "file" / "drive.mp4", [stripes()])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_one_sentence(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(CannotWrite, match="Permission denied"):
        write(tmp_path / "drive.mp4", [stripes()])


NOISE = "np.random.default_rng(0).integers(0, 255, (128, 256, 3), np.uint8)"
WRITER = f"""
import signal, sys
import numpy as np
from carla_bridge.video import Mp4
noise = {NOISE}
with Mp4(sys.argv[1], fps_hz=20) as video:
    for _ in range(60):
        video.write(noise)
    print("written", flush=True)
    signal.pause()
"""


def test_a_killed_run_keeps_all_but_the_last_group(tmp_path):
    path = tmp_path / "drive.mp4"
    process = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    with process:
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert not path.exists()
    assert count_until_torn(tmp_path / "drive.partial.mp4") >= 40


FILLER = f"""
import sys
import numpy as np
from carla_bridge.errors import BridgeError
from carla_bridge.video import Mp4
noise = {NOISE}
try:
    with Mp4(sys.argv[1], fps_hz=20) as video:
        for _ in range(200):
            video.write(np.roll(noise, _ * 7, axis=1))
except BridgeError as error:
    sys.exit(str(error))
"""


def limit_file_size():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))


def test_a_full_disk_is_one_sentence_and_what_fitted_plays(tmp_path):
    path = tmp_path / "drive.mp4"
    done = subprocess.run(
        [sys.executable, "-c", FILLER, path], preexec_fn=limit_file_size, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert f"cannot write {path}: File too large" in done.stderr
    assert "Traceback" not in done.stderr  # nothing may hide the first error
    assert not path.exists()
    assert count_until_torn(tmp_path / "drive.partial.mp4") > 20
