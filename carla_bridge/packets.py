"""The pictures of an H.264 mp4 as they travel in messages: with start codes (Annex B), nothing decoded."""

from collections.abc import Iterator
from pathlib import Path


def annex_b(video: Path) -> Iterator[bytes]:
    """Yield each picture of a video in order; key frames bring what a decoder must know to begin there."""
    import av

    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        unwrap = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        for packet in container.demux(stream):
            for picture in unwrap.filter(packet if packet.size else None):
                yield bytes(picture)
