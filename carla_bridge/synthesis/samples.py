"""From a label frame to a sample on disk: photo, objects, files of every format, and the record that vouches for it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from carla_bridge.errors import BridgeError
from carla_bridge.formats.objects import find_objects
from carla_bridge.formats.sample import DatasetFormat, LabelledObject, Sample
from carla_bridge.frames import CameraMeta, DriveState, LabelFrame
from carla_bridge.labels import CITYSCAPES_BY_ID, TagTable
from carla_bridge.synthesis.plan import DrivePlan
from carla_bridge.synthesis.previews import save_preview
from carla_bridge.synthesis.records import Record

EGO_VEHICLE = 1  # the Cityscapes label id of our own bonnet


class NoInstances(BridgeError):
    """Objects cannot be told apart without the instance camera."""

    def __init__(self, camera: str):
        super().__init__(
            f"camera {camera!r} gives no instances; the server must have the instance camera (0.9.13 on)"
        )


@dataclass(frozen=True)
class Shot:
    """A label frame that may become a sample, with what belongs to it."""

    frame: LabelFrame
    state: DriveState
    camera: CameraMeta
    camera_index: int
    edits: tuple[Mapping[str, Any], ...] = ()  # what was manipulated


@dataclass(frozen=True)
class Labelled:
    """A shot whose pixels have been read."""

    shot: Shot
    painted_ids: np.ndarray  # H,W uint8 Cityscapes label ids, as the generator gets them
    label_ids: np.ndarray  # the same as they are exported: what shows our own vehicle is labelled so
    instance_ids: np.ndarray  # H,W uint16
    objects: tuple[LabelledObject, ...]


def label(shot: Shot, table: TagTable, *, min_object_px: int) -> Labelled:
    """Return the label ids of a shot and its objects; our own vehicle is none of them."""
    frame, state = shot.frame, shot.state
    if frame.instance_ids is None:
        raise NoInstances(frame.camera)
    label_ids = table.label_ids(frame.tags)
    own = frame.instance_ids == np.uint16(state.ego.id & 0xFFFF)
    exported = np.where(own, np.uint8(EGO_VEHICLE), label_ids)
    objects = find_objects(exported, frame.instance_ids, frame.depth_m, shot.camera, state)
    listed = tuple(each for each in objects if each.pixels >= min_object_px)
    return Labelled(shot, label_ids, exported, frame.instance_ids, listed)


def sample_of(labelled: Labelled, photo_rgb: np.ndarray, plan: DrivePlan, number: int) -> Sample:
    """Return the sample that a shot becomes with its photo, H×W×3 uint8."""
    shot = labelled.shot
    return Sample(
        split=plan.split,
        drive=plan.name,
        camera_index=shot.camera_index,
        number=number,
        tick=shot.frame.tick,
        time_s=shot.frame.time_s,
        photo_rgb=photo_rgb,
        label_ids=labelled.label_ids,
        instance_ids=labelled.instance_ids,
        depth_m=shot.frame.depth_m,
        camera=shot.camera,
        ego=shot.state.ego,
        objects=labelled.objects,
    )


def save(sample: Sample, shot: Shot, formats: Mapping[str, DatasetFormat], previews: Path | None) -> Record:
    """Write a sample in every format, and small if there is a folder for that; return its record."""
    if previews is not None:
        save_preview(sample, previews)
    entries = {name: each.write(sample) for name, each in formats.items()}
    pixels = np.bincount(sample.label_ids.ravel(), minlength=34)
    return {
        "stem": sample.stem,
        "split": sample.split,
        "camera": sample.camera.name,
        "tick": sample.tick,
        "time_s": round(sample.time_s, 6),
        "size_px": list(sample.size_px),
        "ego": list(shot.state.ego.placement),
        "velocity_mps": list(shot.state.ego.velocity_mps),
        "pixels": {CITYSCAPES_BY_ID[int(each)].name: int(pixels[each]) for each in np.flatnonzero(pixels)},
        "objects": [_told(each) for each in sample.objects],
        "edits": [dict(each) for each in shot.edits],
        "entries": entries,
    }


def has_enough(objects: tuple[LabelledObject, ...], at_least: Mapping[str, int]) -> bool:
    """Say whether a picture shows so many objects of each class named."""
    found = Counter(CITYSCAPES_BY_ID[each.label_id].name for each in objects)
    return all(found[name] >= count for name, count in at_least.items())


def _told(thing: LabelledObject) -> dict[str, Any]:
    told = asdict(thing) | {"class": CITYSCAPES_BY_ID[thing.label_id].name}
    return {key: _rounded(value) for key, value in told.items()}


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 4)
        case tuple():
            return [_rounded(each) for each in value]
    return value
