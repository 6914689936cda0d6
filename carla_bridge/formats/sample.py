"""The sample: one photo with everything that is known of it; every dataset format writes the same one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from carla_bridge.errors import BridgeError
from carla_bridge.formats.encoding import encode_jpg, encode_png
from carla_bridge.formats.panoptic import Segment, segment_ids, segments_of
from carla_bridge.frames import CameraMeta, TrackedActor
from carla_bridge.labels import colorize, train_ids

Split = Literal["train", "val", "test"]
Entry = dict[str, Any]  # what the files about the whole set will say of one sample; plain JSON
_DRIVE_NAME = re.compile(r"[a-z0-9]+", re.ASCII)


class BadDriveName(BridgeError):
    """A drive's name is part of paths; this one might lead elsewhere."""

    def __init__(self, name: str):
        super().__init__(f"{name!r} can't name a drive's files; use lower-case letters and digits only")


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

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of a box of whole pixels."""
        return slice(int(self.top), int(self.bottom)), slice(int(self.left), int(self.right))


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
    drive: str  # lower-case letters and digits only; a drive is of one split
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

    def __post_init__(self) -> None:
        if not _DRIVE_NAME.fullmatch(self.drive):
            raise BadDriveName(self.drive)

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
        mask = np.zeros(self.label_ids.shape, bool)
        mask[thing.box.window] = self.visible(thing)
        return mask

    def visible(self, thing: LabelledObject) -> np.ndarray:
        """Return the same within the object's box only, h,w bool."""
        window = thing.box.window
        is_class = self.label_ids[window] == np.uint8(thing.label_id)
        return is_class & (self.instance_ids[window] == np.uint16(thing.instance_id))

    # What several formats need is made once.

    @cached_property
    def segment_ids(self) -> np.ndarray:
        """Every pixel's class and object in one number, H,W int32, see `panoptic`."""
        return segment_ids(self.label_ids, self.instance_ids)

    @cached_property
    def segments(self) -> list[Segment]:
        """The segments that are in the picture, by their ids."""
        return segments_of(self.segment_ids)

    @cached_property
    def photo_png(self) -> bytes:
        """The photo as PNG."""
        return encode_png(self.photo_rgb[..., ::-1], photo=True)

    @cached_property
    def photo_jpg(self) -> bytes:
        """The photo as JPEG."""
        return encode_jpg(self.photo_rgb[..., ::-1])

    @cached_property
    def train_ids_png(self) -> bytes:
        """The Cityscapes train ids as PNG, 255 for ignored."""
        return encode_png(train_ids(self.label_ids))

    @cached_property
    def colors_png(self) -> bytes:
        """The label map in Cityscapes' colours as PNG."""
        return encode_png(colorize(self.label_ids)[..., ::-1])


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
