"""What an edit works on: a frame, the tag table that its numbers are of, and the lens that it was seen through."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import radians, tan
from typing import Any, NamedTuple, Self

import numpy as np

from carla_bridge.errors import BridgeError
from carla_bridge.frames import CameraMeta, DriveMeta, LabelFrame
from carla_bridge.labels import CITYSCAPES, CITYSCAPES_BY_NAME, TagTable

EYE_HEIGHT_M = 1.6  # of the standard front camera, for drives that don't tell their mounts
SKY_M = 1000.0
OBJECTS = tuple(row.name for row in CITYSCAPES if row.has_instances)
STANDING = (
    *OBJECTS,
    "pole",
    "traffic light",
    "traffic sign",
    "dynamic",
    "static",
)  # never what is behind something


class NoSuchTag(BridgeError):
    """A release of CARLA cannot say this class."""

    def __init__(self, name: str, release: str):
        super().__init__(
            f"an edit names {name!r}, for which the tag table of CARLA {release} has no tag; name another class"
        )


class LayerMissing(BridgeError):
    """An edit needs more than the tags."""

    def __init__(self, edit: str, layer: str):
        super().__init__(
            f"the edit {edit!r} needs the layer {layer!r}, which this drive doesn't have; "
            f"record it with --layers {layer}, or leave the edit out"
        )


@dataclass(frozen=True)
class Lens:
    """A pinhole camera above flat ground."""

    width: int
    height: int
    fov_deg: float  # horizontal
    eye_m: float = EYE_HEIGHT_M
    pitch_deg: float = 0.0  # up

    @classmethod
    def of(cls, camera: CameraMeta | DriveMeta) -> Self:
        """Return the lens of a camera; its mount is the standard one if nobody knows it."""
        size = camera.width, camera.height, camera.fov_deg
        if isinstance(camera, CameraMeta):
            return cls(*size, camera.mount.z_m, camera.mount.pitch_deg)
        return cls(*size)

    @property
    def focal_px(self) -> float:
        """The focal length."""
        return self.width / (2 * tan(radians(self.fov_deg) / 2))

    @property
    def horizon_px(self) -> float:
        """The row of the horizon; small pitches, as of cameras on cars."""
        return self.height / 2 + self.focal_px * tan(radians(self.pitch_deg))

    def ground_row(self, ahead_m: float) -> float:
        """Return the row at which the ground appears so far ahead."""
        return self.horizon_px + self.focal_px * self.eye_m / ahead_m

    def column(self, right_m: float, ahead_m: float) -> float:
        """Return the column at which something so far to the right appears."""
        return self.width / 2 + self.focal_px * right_m / ahead_m

    def ground_distances_m(self) -> np.ndarray:
        """Return how far away the ground is in each row, H float; infinite from the horizon up."""
        below = np.arange(self.height) + 0.5 - self.horizon_px
        return np.where(below > 0, self.focal_px * self.eye_m / np.maximum(below, 1e-9), np.inf)


@dataclass(frozen=True)
class Scene:
    """A frame that is being edited."""

    frame: LabelFrame
    table: TagTable
    lens: Lens

    def mask(self, classes: Iterable[str]) -> np.ndarray:
        """Return where one of the Cityscapes classes is, H,W bool."""
        wanted = set(classes)
        is_wanted = np.zeros(256, bool)
        is_wanted[[row.tag for row in self.table.rows if row.cityscapes in wanted]] = True
        found: np.ndarray = is_wanted[self.frame.tags]
        return found

    def tag(self, name: str) -> int:
        """Return the first tag that becomes a Cityscapes class."""
        for row in self.table.rows:
            if row.cityscapes == name:
                return row.tag
        raise NoSuchTag(name, self.table.release)

    def depth_m(self, edit: str) -> np.ndarray:
        """Return the depth, or raise `LayerMissing`."""
        if self.frame.depth_m is None:
            raise LayerMissing(edit, "depth")
        return self.frame.depth_m

    def instance_ids(self, edit: str) -> np.ndarray:
        """Return the instance ids, or raise `LayerMissing`."""
        if self.frame.instance_ids is None:
            raise LayerMissing(edit, "instance")
        return self.frame.instance_ids

    def with_pixels(self, where: np.ndarray, pixels: "Pixels") -> "Scene":
        """Return the scene with other pixels at a mask, H,W bool; layers that it doesn't have stay away."""
        given = {"tags": pixels.tags, "instance_ids": pixels.instance_ids, "depth_m": pixels.depth_m}
        layers: dict[str, Any] = {}
        for name, values in given.items():
            layer = getattr(self.frame, name)
            if layer is not None and values is not None:
                chosen = values[where] if isinstance(values, np.ndarray) else values
                layers[name] = layer.copy()
                layers[name][where] = chosen
        return replace(self, frame=replace(self.frame, **layers))


class Pixels(NamedTuple):
    """What pixels become, each one number or H,W arrays; None leaves a layer as it is."""

    tags: np.ndarray | int
    instance_ids: np.ndarray | int | None = None
    depth_m: np.ndarray | float | None = None


class Edited(NamedTuple):
    """A scene after an edit, and what was done."""

    scene: Scene
    provenance: Mapping[str, Any]


def check_classes(names: Iterable[str]) -> None:
    """Raise ValueError for a name that no Cityscapes class has."""
    for name in names:
        if name not in CITYSCAPES_BY_NAME or CITYSCAPES_BY_NAME[name].id < 0:
            known = ", ".join(row.name for row in CITYSCAPES if row.id > 3)
            raise ValueError(f"{name!r} is no Cityscapes class; there are {known}")
