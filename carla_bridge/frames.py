"""The frame as it travels: a label frame from the camera, and the pair with its photo."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

RED = 2  # CARLA sends B, G, R, A; the semantic camera writes the tag into R


def decode_tags(raw: bytes | memoryview, *, height: int, width: int) -> np.ndarray:
    """Return the tags, H×W uint8, of a semantic camera's BGRA bytes; a copy, the buffer belongs to CARLA."""
    bgra = np.frombuffer(raw, np.uint8).reshape(height, width, 4)
    return bgra[..., RED].copy()


@dataclass(frozen=True)
class LabelFrame:
    """One semantic image with its place in time."""

    tick: int  # the simulator's step number
    time_s: float  # simulation time
    tags: np.ndarray  # H,W uint8, CARLA's numbers; `DriveMeta.tag_table` says which release's


@dataclass(frozen=True)
class FramePair:
    """A label frame with the photo generated from it."""

    frame: LabelFrame
    label_ids: np.ndarray  # H,W uint8 Cityscapes label ids
    photo_rgb: np.ndarray  # H,W,3 uint8


@dataclass(frozen=True)
class DriveMeta:
    """What must be known of a drive to read its frames; it travels into HUD, recordings and manifests."""

    map_name: str
    server_version: str
    tag_table: str  # a key of `labels.TAG_TABLES`
    width: int
    height: int
    fov_deg: float
    fps_hz: float


class Drive(Protocol):
    """One continuous sequence of label frames, live or recorded."""

    @property
    def meta(self) -> DriveMeta:
        """What must be known to read the frames."""

    def __iter__(self) -> Iterator[LabelFrame]:
        """Yield label frames in the order of their ticks."""
