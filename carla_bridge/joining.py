"""Videos made in parts, joined into one without encoding anything again."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from carla_bridge.outputs import partial_path, writing

MOVIE_FLAGS = "hybrid_fragmented+frag_every_frame"  # fragments while it grows, an ordinary mp4 once closed


def join(parts: Sequence[Path], out: Path, *, title: str) -> int:
    """Write one mp4 of several with the same encoding, in order; return its number of frames.

    It appears under its name when it is whole.
    """
    partial = partial_path(out)
    with writing(out):
        with av.open(str(partial), "w", format="mp4", options={"movflags": MOVIE_FLAGS}) as target:
            target.metadata["title"] = title
            frames = _copy(parts, target)
        partial.replace(out)
    return frames


def _copy(parts: Sequence[Path], target: av.container.OutputContainer) -> int:
    stream: VideoStream | None = None
    frames = 0
    for part in parts:
        with av.open(str(part)) as source:
            template = source.streams.video[0]
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
