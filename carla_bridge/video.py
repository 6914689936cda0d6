"""H.264 video that plays in a browser and survives a kill.

While it is written it is called `NAME.partial.mp4`, in fragments of one frame: a killed run leaves there
whatever the encoder had let go of (all but its look-ahead, about half a second). Only a video that was closed
without an error gets its real name.
"""

import logging
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from carla_bridge.claims import Claim
from carla_bridge.errors import BridgeError
from carla_bridge.joining import MOVIE_FLAGS, encoding
from carla_bridge.outputs import OutputExists, give_name, make_room, partial_path, writing

_log = logging.getLogger(__name__)

# Rows give Y, Cb, Cr of BT.709 in video range from (R, G, B, 1). OpenCV's own conversion is BT.601, and
# swscale takes three times as long.
_YUV_FROM_RGB = np.array(
    [
        (+0.2126 * 219 / 255, +0.7152 * 219 / 255, +0.0722 * 219 / 255, 16),
        (-0.1146 * 224 / 255, -0.3854 * 224 / 255, +0.5000 * 224 / 255, 128),
        (+0.5000 * 224 / 255, -0.4542 * 224 / 255, -0.0458 * 224 / 255, 128),
    ]
)


class UnfinishedVideo(BridgeError):
    """An earlier run was cut short here."""

    def __init__(self, partial: Path):
        super().__init__(
            f"{partial} is what an earlier, unfinished run left (it plays); "
            "move it away, or replace it with --overwrite"
        )


class Mp4:
    """A video file; every image written is one frame of it.

    Images are H×W×3 uint8 RGB and all of one size. H.264 needs even sides: an odd one gains a copy of its
    last row or column. The GPU encodes where it can, else the CPU; `codec` says which. An exception inside
    the `with` block leaves the video, closed and playable, under its partial name.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        fps_hz: float,
        title: str = "",  # where the frames come from; it travels in the file's metadata
        crf: int = 20,
        overwrite: bool = False,
    ):
        self.path = Path(path)
        self.frames = 0
        self.codec = ""  # known from the first frame on
        self._partial = partial_path(self.path)
        self._fps_hz = Fraction(fps_hz).limit_denominator(1001)
        self._crf = crf
        self._title = title
        self._overwrite = overwrite

    def __enter__(self) -> Self:
        make_room(self.path, overwrite=self._overwrite)
        with encoding(self.path):
            self._claim = _claim(self._partial, overwrite=self._overwrite)
            self._file = self._claim.open(buffering=0)  # a kill finds every byte
            options = {"movflags": MOVIE_FLAGS, "flush_packets": "1"}
            try:
                self._container = av.open(self._file, "w", format="mp4", options=options)
            except BaseException:
                self._file.close()
                self._claim.release()
                raise
        self._container.metadata["title"] = self._title
        return self

    def write(self, image_rgb: np.ndarray) -> None:
        """Append one image."""
        if not self.frames:
            self._stream = self._add_stream(*_even(image_rgb.shape))
        size = (self._stream.height, self._stream.width)
        assert _even(image_rgb.shape) == size, f"a video keeps its size {size}, got {image_rgb.shape}"
        frame = _yuv_frame(image_rgb)
        frame.pts = self.frames
        with encoding(self.path):
            self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._claim:
            self._end(kind)

    def _end(self, kind: type[BaseException] | None) -> None:
        try:
            with encoding(self.path):
                self._close()
        except BridgeError:
            if kind is None:
                raise  # otherwise the first error is the one to tell
        if not self.frames:
            self._partial.unlink(missing_ok=True)
        elif kind is None:
            self._take_name()
        else:
            _log.warning("the video was not finished; its %d frames are in %s", self.frames, self._partial)

    def _close(self) -> None:
        try:
            if self.frames:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except (OSError, av.FFmpegError):
            with suppress(OSError, av.FFmpegError):  # the same again; the first one says why
                self._container.close()
            raise
        finally:
            self._file.close()

    def _take_name(self) -> None:
        if self.path.exists() and not self._overwrite:  # it came while we were writing
            raise OutputExists(self.path)
        with writing(self.path):
            give_name(self._partial, self.path)

    def _add_stream(self, height: int, width: int) -> VideoStream:
        self.codec = codec_for(height, width)
        stream = self._container.add_stream(
            self.codec, rate=self._fps_hz, options=_encoder_options(self.codec, self._crf)
        )
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = max(1, round(self._fps_hz))  # one second, so that players can seek
        stream.codec_context.color_range = ColorRange.MPEG
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_primaries = ColorPrimaries.BT709
        stream.codec_context.color_trc = ColorTrc.BT709
        return stream


def _claim(partial: Path, *, overwrite: bool) -> Claim:
    try:
        return Claim.of_file(partial, overwrite=overwrite)
    except FileExistsError as error:
        raise UnfinishedVideo(partial) from error


def codec_for(height: int, width: int) -> str:
    """Return the encoder of pictures of a size on this machine."""
    return "h264_nvenc" if _nvenc_opens(*_even((height, width))) else "libx264"


def _encoder_options(codec: str, crf: int) -> dict[str, str]:
    if codec == "h264_nvenc":
        return {"preset": "p4", "rc": "vbr", "cq": str(crf), "bf": "0", "delay": "0"}
    return {"preset": "veryfast", "crf": str(crf), "bf": "0"}


def _nvenc_opens(height: int, width: int) -> bool:
    """Try: the encoder is compiled in everywhere, and works only beside an NVIDIA driver."""
    if "h264_nvenc" not in av.codecs_available:
        return False
    encoder = av.CodecContext.create("h264_nvenc", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(20), Fraction(1, 20)
    try:
        encoder.open()
    except av.FFmpegError:
        return False
    return True


def _even(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[0] + shape[0] % 2, shape[1] + shape[1] % 2


def _yuv_frame(image_rgb: np.ndarray) -> av.VideoFrame:
    height, width = image_rgb.shape[:2]
    if height % 2 or width % 2:
        image_rgb = cv2.copyMakeBorder(image_rgb, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        height, width = image_rgb.shape[:2]
    yuv = cv2.transform(image_rgb, _YUV_FROM_RGB)
    colour = cv2.resize(yuv, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    planes = np.empty((height * 3 // 2, width), np.uint8)  # I420: Y, then Cb and Cr at half size, in rows
    planes[:height] = cv2.extractChannel(yuv, 0)
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    chroma[0], chroma[1] = cv2.extractChannel(colour, 1), cv2.extractChannel(colour, 2)
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    return frame
