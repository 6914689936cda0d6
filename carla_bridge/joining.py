"""Videos made in parts, joined into one without encoding anything again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from carla_bridge.errors import BridgeError
from carla_bridge.outputs import settle, writing

MOVIE_FLAGS = "hybrid_fragmented+frag_every_frame"  # fragments while it grows, an ordinary mp4 once closed


class CannotEncode(BridgeError):
    """FFmpeg says no."""

    def __init__(self, path: Path, error: av.FFmpegError):
        super().__init__(
            f"cannot make the video {path}: {error.strerror or error}; see `carla-bridge doctor`"
        )


class UnlikeParts(BridgeError):
    """Two parts do not belong into one video."""

    def __init__(self, part: Path, first: Path):
        super().__init__(
            f"{part} was encoded otherwise than {first.name}; remove {part.parent} to begin anew"
        )


@contextmanager
def encoding(path: Path) -> Iterator[None]:
    """Turn what FFmpeg and the operating system say inside the block into one sentence about this path."""
    try:
        with writing(path):
            yield
    except av.FFmpegError as error:
        raise CannotEncode(path, error) from error


def is_part(path: Path, frames: int) -> bool:
    """Say whether a part is there and whole: a power cut can leave a name without all of its bytes."""
    try:
        with av.open(str(path)) as container:
            return container.streams.video[0].frames == frames
    except (OSError, av.FFmpegError, IndexError):
        return False


def join(parts: Sequence[Path], out: Path, *, title: str) -> int:
    """Write one mp4 of several with the same encoding, in order; return its number of frames."""
    with encoding(out):
        with av.open(str(out), "w", format="mp4", options={"movflags": MOVIE_FLAGS}) as target:
            target.metadata["title"] = title
            frames = _copy(parts, target)
        settle(out)
    return frames


def _copy(parts: Sequence[Path], target: av.container.OutputContainer) -> int:
    stream: VideoStream | None = None
    frames, encoded = 0, None
    for part in parts:
        with av.open(str(part)) as source:
            template = source.streams.video[0]
            encoded = encoded or _encoding(template)
            if _encoding(template) != encoded:
                raise UnlikeParts(part, parts[0])
            stream = stream or target.add_stream_from_template(template)
            assert template.average_rate is not None
            start = Fraction(frames) / template.average_rate  # in seconds
            for packet in source.demux(template):
                if (
                    packet.dts is None or packet.pts is None or packet.time_base is None
                ):  # the end of the file
                    continue
                shift = round(start / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = stream
                target.mux(packet)
                frames += 1
    return frames


def _encoding(stream: VideoStream) -> tuple[object, ...]:
    """Return what must be the same in all parts: the header of the one joined video is that of the first."""
    return stream.codec_context.name, stream.codec_context.extradata, stream.average_rate
