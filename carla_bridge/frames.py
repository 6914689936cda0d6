"""The frame as it travels: a label frame from the camera, the pair with its photo, and what goes beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import cv2
import numpy as np

BLUE, GREEN, RED = 0, 1, 2  # CARLA sends B, G, R, A; the semantic camera writes the tag into R
DEPTH_RANGE_M = 1000.0  # what the depth camera's 24 bits reach

# The decoders copy, for the buffer belongs to CARLA, and are quick, for they run on its callback thread.


def decode_tags(raw: bytes | memoryview, *, height: int, width: int) -> np.ndarray:
    """Return the tags, H×W uint8, of a semantic camera's BGRA bytes."""
    return _bgra(raw, height, width)[..., RED].copy()


def decode_instance_ids(raw: bytes | memoryview, *, height: int, width: int) -> np.ndarray:
    """Return the object numbers, H×W uint16, of an instance camera's BGRA bytes: G is the low byte, B the high."""
    bgra = _bgra(raw, height, width)
    return bgra[..., GREEN].astype(np.uint16) | bgra[..., BLUE].astype(np.uint16) << 8


def decode_depth_m(raw: bytes | memoryview, *, height: int, width: int) -> np.ndarray:
    """Return the distance along the camera's axis, H×W float32 metres, of a depth camera's BGRA bytes."""
    code: np.ndarray = cv2.cvtColor(_bgra(raw, height, width), cv2.COLOR_BGRA2RGBA).view("<i4")[..., 0]
    code &= 0xFFFFFF  # R is the lowest byte, A the highest
    meters_per_step = np.float32(DEPTH_RANGE_M / (2**24 - 1))
    return np.multiply(code, meters_per_step, dtype=np.float32, casting="unsafe")  # 24 bits are exact in both


def decode_rgb(raw: bytes | memoryview, *, height: int, width: int) -> np.ndarray:
    """Return the picture, H×W×3 uint8 RGB, of a colour camera's BGRA bytes."""
    return cv2.cvtColor(_bgra(raw, height, width), cv2.COLOR_BGRA2RGB)


def decode_flow(raw: bytes | memoryview, *, height: int, width: int) -> np.ndarray:
    """Return the motion, H×W×2 float32 (x, y) as CARLA scales it, of an optical-flow camera's bytes."""
    return np.frombuffer(raw, "<f4").reshape(height, width, 2).copy()


def _bgra(raw: bytes | memoryview, height: int, width: int) -> np.ndarray:
    return np.frombuffer(raw, np.uint8).reshape(height, width, 4)


@dataclass(frozen=True)
class LabelFrame:
    """One semantic image with its place in time."""

    tick: int  # the simulator's step number
    time_s: float  # simulation time
    tags: np.ndarray  # H,W uint8, CARLA's numbers; `DriveMeta.tag_table` says which release's
    camera: str = "front"
    instance_ids: np.ndarray | None = (
        None  # H,W uint16: the object at each pixel; of actors the id's low 16 bits
    )
    depth_m: np.ndarray | None = None  # H,W float32 along the camera's axis
    rgb: np.ndarray | None = None  # H,W,3 uint8, the simulator's own picture
    flow: np.ndarray | None = None  # H,W,2 float32, as CARLA's optical-flow camera gives it


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


class Placement(NamedTuple):
    """Where something is: metres and degrees in CARLA's axes (x forward, y right, z up, yaw clockwise)."""

    x_m: float = 0.0
    y_m: float = 0.0
    z_m: float = 0.0
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0


@dataclass(frozen=True)
class TrackedActor:
    """A vehicle or walker at one tick."""

    id: int
    type_id: str
    placement: Placement
    box_centre_m: tuple[float, float, float]  # in the actor's own axes
    box_extent_m: tuple[float, float, float]  # half sizes
    velocity_mps: tuple[float, float, float]


@dataclass(frozen=True)
class DriveState:
    """What the simulator knew at one tick besides its pictures."""

    tick: int
    time_s: float
    ego: TrackedActor
    control: Mapping[str, float]  # of the ego vehicle, by CARLA's names; truth values as 0 and 1
    weather: Mapping[str, float]  # by CARLA's names
    actors: tuple[TrackedActor, ...]  # the others


@dataclass(frozen=True)
class DriveTick:
    """All that one tick brought: one label frame per camera, and the state."""

    frames: tuple[LabelFrame, ...]
    state: DriveState | None = None
    missed: int = 0  # ticks since the one before that nobody got, where the server does not wait


@dataclass(frozen=True)
class CameraMeta:
    """A camera of a drive: its picture and its mount on the ego vehicle."""

    name: str
    width: int
    height: int
    fov_deg: float  # horizontal
    mount: Placement


@dataclass(frozen=True)
class RecordingMeta:
    """What must be known of a recorded drive with all its cameras."""

    map_name: str
    server_version: str
    tag_table: str
    fps_hz: float
    cameras: tuple[CameraMeta, ...]
    seed: int | None = None
    source: str = ""  # what the drive was made from, if it was imported
    asynchronous: bool = False  # the server did not wait: ticks may be missing

    def of_camera(self, name: str) -> DriveMeta:
        """Return what must be known of the drive as one camera saw it."""
        camera = next(each for each in self.cameras if each.name == name)
        size = camera.width, camera.height, camera.fov_deg
        return DriveMeta(self.map_name, self.server_version, self.tag_table, *size, self.fps_hz)


class Drive(Protocol):
    """One continuous sequence of label frames, live or recorded."""

    @property
    def meta(self) -> DriveMeta:
        """What must be known to read the frames."""

    def __iter__(self) -> Iterator[LabelFrame]:
        """Yield label frames in the order of their ticks."""


class StoredDrive(Drive, Protocol):
    """A drive that is all there, so that it has a length and can be entered anywhere."""

    def __len__(self) -> int:
        """Return the number of frames."""

    def frames(self, start: int, stop: int) -> Iterator[LabelFrame]:
        """Yield the frames at the places start ≤ place < stop."""
