"""The pictures of an H.264 mp4 as they travel in messages: with start codes (Annex B), nothing decoded."""

from collections.abc import Iterator
from pathlib import Path

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
