"""The pictures of an H.264 mp4 as they travel in messages: with start codes (Annex B); and back to pixels."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from carla_bridge.errors import BridgeError


class DamagedVideo(BridgeError):
    """A video of ours does not open any more."""

    def __init__(self, path: Path, error: Exception):
        super().__init__(f"{path} cannot be read ({error}); make it anew with --overwrite")


def annex_b(video: Path) -> Iterator[bytes]:
    """Yield each picture of a video in order; key frames bring what a decoder must know to begin there."""
    import av

    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            unwrap = av.BitStreamFilterContext("h264_mp4toannexb", stream)
            for packet in container.demux(stream):
                for picture in unwrap.filter(packet if packet.size else None):
                    yield bytes(picture)
    except (av.FFmpegError, OSError, IndexError) as error:
        raise DamagedVideo(video, error) from error


def decoded(path: Path, packets: Iterable[bytes]) -> Iterator[np.ndarray]:
    """Yield each picture, H,W,3 uint8 RGB, of a stream that was read from `path`; sizes are even, as H.264 wants."""
    import av

    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    try:
        for packet in packets:
            for frame in decoder.decode(av.Packet(packet)):
                yield frame.to_ndarray(format="rgb24")
        for frame in decoder.decode(None):
            yield frame.to_ndarray(format="rgb24")
    except av.FFmpegError as error:
        raise DamagedVideo(path, error) from error
