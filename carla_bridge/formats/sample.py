"""The sample: one photo with everything that is known of it; every dataset format writes the same one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from carla_bridge.frames import CameraMeta, TrackedActor

Split = Literal["train", "val", "test"]
Entry = dict[str, Any]  # what the files about the whole set will say of one sample; plain JSON
JPEG_QUALITY = 95


class BoxPx(NamedTuple):
    """A rectangle of pixels; left and top belong to it, right and bottom are one beyond."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area_px(self) -> float:
        """Its area in pixels."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)


class Box3d(NamedTuple):
    """An upright box in the camera's optical frame: x right, y down, z into the picture, metres."""

    x_m: float  # of its middle
    y_m: float
    z_m: float
    length_m: float  # along its heading
    width_m: float
    height_m: float
    rotation_y_rad: float  # of its heading about the y axis, 0 along x, as KITTI has it


@dataclass(frozen=True)
class LabelledObject:
    """One object of a class that has instances, as one picture shows it."""

    track_id: int  # the same in every frame of a drive
    label_id: int  # Cityscapes
    instance_id: int  # at its pixels in `Sample.instance_ids`
    pixels: int  # that can be seen
    box: BoxPx  # around those
    amodal_box: BoxPx | None  # around the whole of it, hidden parts too, within the picture; None: not known
    truncation: float | None  # share of the amodal box beyond the picture's edge
    occlusion: float | None  # share of it, within the picture, that something nearer hides
    distance_m: float | None  # from the camera to its middle, or to its median pixel if it's no actor
    box_3d: Box3d | None
    velocity_mps: tuple[float, float, float] | None  # in CARLA's world axes
    actor_type: str | None  # CARLA's, such as vehicle.tesla.model3


@dataclass(frozen=True)
class Sample:
    """One photo with its labels; arrays are of one size and are only read."""

    split: Split
    drive: str  # letters and digits only; a drive is of one split
    camera_index: int
    number: int  # of the frame in its drive, from 0
    tick: int
    time_s: float
    photo_rgb: np.ndarray  # H,W,3 uint8
    label_ids: np.ndarray  # H,W uint8 Cityscapes
    instance_ids: np.ndarray  # H,W uint16; 0 where there is none. With the label id it tells objects apart
    depth_m: np.ndarray | None  # H,W float32 along the camera's axis
    camera: CameraMeta
    ego: TrackedActor | None
    objects: tuple[LabelledObject, ...]

    @property
    def stem(self) -> str:
        """The name of its files: drive, camera and frame, as Cityscapes names city, sequence and frame."""
        return f"{self.drive}_{self.camera_index:06d}_{self.number:06d}"

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.label_ids.shape[1], self.label_ids.shape[0]

    def mask(self, thing: LabelledObject) -> np.ndarray:
        """Return where an object can be seen, H,W bool."""
        return (self.label_ids == thing.label_id) & (self.instance_ids == thing.instance_id)

    @cached_property
    def photo_png(self) -> bytes:
        """The photo as PNG, encoded once for all formats."""
        return encode(self.photo_rgb[..., ::-1], ".png")

    @cached_property
    def photo_jpg(self) -> bytes:
        """The photo as JPEG, encoded once for all formats."""
        return encode(self.photo_rgb[..., ::-1], ".jpg")


class DatasetFormat(Protocol):
    """A layout on disk: files of each sample as they come, and files about the whole set at the end.

    A format owns a folder. Every file appears under its name only when it is whole (`outputs.save_whole`), and the
    same samples give the same bytes, whatever was interrupted in between.
    """

    name: str

    def write(self, sample: Sample) -> Entry:
        """Write the sample's own files; return what `finish` must know of it."""

    def finish(self, entries: Mapping[Split, Sequence[Entry]]) -> None:
        """Write what is about the whole set; `entries` are those of `write`, in the order of the samples."""


def encode(picture: np.ndarray, suffix: str) -> bytes:
    """Return a picture (grey, or B, G, R) as the bytes of a PNG or JPEG file."""
    import cv2

    options = (
        [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if suffix == ".jpg" else [cv2.IMWRITE_PNG_COMPRESSION, 1]
    )
    encoded: np.ndarray = cv2.imencode(suffix, np.ascontiguousarray(picture), options)[1]
    return encoded.tobytes()
