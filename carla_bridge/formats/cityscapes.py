"""The Cityscapes layout: photos, label maps, instances, polygons, camera, disparity, as cityscapesScripts reads them.

    leftImg8bit/train/d0000/d0000_000000_000019_leftImg8bit.png
    gtFine/train/d0000/d0000_000000_000019_gtFine_labelIds.png, …_labelTrainIds.png, …_instanceIds.png, …_color.png,
                                                …_polygons.json
    camera/train/d0000/d0000_000000_000019_camera.json
    disparity/train/d0000/d0000_000000_000019_disparity.png

Source: https://github.com/mcordts/cityscapesScripts (its README, and `csHelpers`).
"""

import json
from collections.abc import Mapping, Sequence
from math import radians, tan
from pathlib import Path
from typing import Any

import numpy as np

from carla_bridge.formats.encoding import encode_png
from carla_bridge.formats.panoptic import Segment
from carla_bridge.formats.polygons import regions
from carla_bridge.formats.sample import Entry, Sample, Split
from carla_bridge.labels import CITYSCAPES_BY_ID
from carla_bridge.outputs import save_whole

BASELINE_M = 0.209313  # of Cityscapes' own stereo camera: disparities of both sets mean the same
PER_PX = 256  # a disparity is kept as 1 + 256 times its pixels; 0 is unknown
_LARGEST = 65535


class Cityscapes:
    """Writes samples in the Cityscapes layout below a folder."""

    name = "cityscapes"

    def __init__(self, folder: Path):
        self._folder = folder

    def write(self, sample: Sample) -> Entry:
        """Write the sample's files; there is nothing to say of it at the end."""
        self._save(sample, "leftImg8bit", "leftImg8bit.png", sample.photo_png)
        pictures = {
            "labelIds": encode_png(sample.label_ids),
            "labelTrainIds": sample.train_ids_png,
            "instanceIds": encode_png(sample.segment_ids.astype(np.uint16)),
            "color": sample.colors_png,
        }
        for kind, content in pictures.items():
            self._save(sample, "gtFine", f"gtFine_{kind}.png", content)
        self._save(sample, "gtFine", "gtFine_polygons.json", _json(polygons_of(sample)))
        self._save(sample, "camera", "camera.json", _json(camera_of(sample)))
        if sample.depth_m is not None:
            disparity = disparity_of(sample.depth_m, focal_px(sample))
            self._save(sample, "disparity", "disparity.png", encode_png(disparity))
        return {}

    def finish(self, entries: Mapping[Split, Sequence[Entry]]) -> None:
        """Write nothing: the layout has no files about the whole set."""

    def _save(self, sample: Sample, kind: str, suffix: str, content: bytes) -> None:
        path = self._folder / kind / sample.split / sample.drive / f"{sample.stem}_{suffix}"
        save_whole(path, content, overwrite=True)


def focal_px(sample: Sample) -> float:
    """Return the camera's focal length in pixels."""
    return sample.camera.width / (2 * tan(radians(sample.camera.fov_deg) / 2))


def disparity_of(depth_m: np.ndarray, focal: float) -> np.ndarray:
    """Return the disparity that Cityscapes' stereo camera would see, H×W uint16 as its PNGs hold it."""
    disparity_px = BASELINE_M * focal / np.maximum(depth_m, 1e-3)
    coded: np.ndarray = np.minimum(np.rint(disparity_px * PER_PX) + 1, _LARGEST).astype(np.uint16)
    return coded


def camera_of(sample: Sample) -> dict[str, Any]:
    """Return the calibration as Cityscapes writes it; pitch and yaw are in radians, the vehicle's y to the left."""
    mount, focal = sample.camera.mount, focal_px(sample)
    width, height = sample.size_px
    return {
        "extrinsic": {
            "baseline": BASELINE_M,
            "pitch": -radians(mount.pitch_deg),
            "roll": radians(mount.roll_deg),
            "x": mount.x_m,
            "y": -mount.y_m,
            "yaw": -radians(mount.yaw_deg),
            "z": mount.z_m,
        },
        "intrinsic": {"fx": focal, "fy": focal, "u0": width / 2, "v0": height / 2},
    }


def polygons_of(sample: Sample) -> dict[str, Any]:
    """Return the regions as polygons; drawn in this order they give the label map."""
    width, height = sample.size_px
    names = {segment.id: _name(segment) for segment in sample.segments}
    objects = [
        {"label": names[each.segment_id], "polygon": each.points.tolist()}
        for each in regions(sample.segments, sample.segment_ids)
    ]
    return {"imgHeight": height, "imgWidth": width, "objects": objects}


def _name(segment: Segment) -> str:
    return CITYSCAPES_BY_ID[segment.label_id].name + ("group" if segment.is_group else "")


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True).encode()
