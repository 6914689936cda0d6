"""KITTI's object benchmark: photo, calibration and labels in 2D and 3D, a text file per picture.

    training/image_2/000019.png       training/label_2/000019.txt   training/calib/000019.txt
    training/track/000019.txt         the track id of each line of label_2
    ImageSets/train.txt, val.txt      which pictures are of which split
    ImageSets/names.txt               what each picture is called in the other formats

Its tools know pictures by six digits, so that files are numbered when all are there; until then they bear the sample's
name. All splits lie in `training`, for KITTI's `testing` has no labels. The vehicle's axes (x forward, y left, z up,
on the ground below its middle) stand for the lidar's. Objects that the simulator has no box for are `DontCare`.
Source: the object devkit's readme, https://www.cvlibs.net/datasets/kitti/eval_object.php
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import atan2, pi
from pathlib import Path

import numpy as np

from carla_bridge.formats.objects import View
from carla_bridge.formats.sample import BoxPx, Entry, LabelledObject, Sample, Split
from carla_bridge.frames import Placement
from carla_bridge.labels import CITYSCAPES_BY_NAME
from carla_bridge.outputs import save_whole, writing

RIDER = CITYSCAPES_BY_NAME["rider"].id
TWO_WHEELERS = (CITYSCAPES_BY_NAME["bicycle"].id, CITYSCAPES_BY_NAME["motorcycle"].id)
TYPES = {
    CITYSCAPES_BY_NAME[name].id: kitti
    for name, kitti in {
        "person": "Pedestrian",
        "rider": "Cyclist",
        "car": "Car",
        "truck": "Truck",
        "bus": "Misc",
        "train": "Tram",
        "motorcycle": "Misc",  # nobody rides it
        "bicycle": "Misc",
    }.items()
}
VANS = {
    f"vehicle.{model}"
    for model in ("mercedes.sprinter", "volkswagen.t2", "volkswagen.t2_2021", "ford.ambulance")
}  # CARLA has no class of its own for them
FILES = ("image_2/{}.png", "label_2/{}.txt", "track/{}.txt", "calib/{}.txt")  # of a picture, below `training`
PARTLY, LARGELY = 0.1, 0.5  # hidden, from which share on
_MIRROR = np.diag([1.0, -1.0, 1.0])  # between CARLA's y to the right and KITTI's to the left


class Kitti:
    """Writes samples as KITTI does below a folder."""

    name = "kitti"

    def __init__(self, folder: Path):
        self._folder = folder

    def write(self, sample: Sample) -> Entry:
        """Write the sample's files under its name; return that."""
        things = cyclists_joined(sample.objects)
        files = {
            "image_2/{}.png": sample.photo_png,
            "label_2/{}.txt": _lines(label_line(thing) for thing in things),
            "track/{}.txt": _lines(str(thing.track_id) for thing in things),
            "calib/{}.txt": _lines(calibration(sample)),
        }
        assert tuple(files) == FILES
        for name, content in files.items():
            save_whole(self._path(name, sample.stem), content, overwrite=True)
        return {"stem": sample.stem}

    def finish(self, entries: Mapping[Split, Sequence[Entry]]) -> None:
        """Number the files in the order of the samples; write the lists."""
        names: list[str] = []
        for split, of_split in entries.items():
            first = len(names)
            for number, entry in enumerate(of_split, start=first):
                self._rename(entry["stem"], f"{number:06d}")
                names.append(entry["stem"])
            self._save_list(split, [f"{number:06d}" for number in range(first, len(names))])
        self._save_list("names", [f"{number:06d} {stem}" for number, stem in enumerate(names)])

    def _path(self, name: str, stem: str) -> Path:
        return self._folder / "training" / name.format(stem)

    def _rename(self, stem: str, number: str) -> None:
        for name in FILES:
            path = self._path(name, stem)
            with writing(path):
                if path.exists():  # else a run that was stopped has done it
                    path.replace(self._path(name, number))

    def _save_list(self, name: str, lines: Sequence[str]) -> None:
        save_whole(self._folder / "ImageSets" / f"{name}.txt", _lines(lines), overwrite=True)


def cyclists_joined(objects: Sequence[LabelledObject]) -> list[LabelledObject]:
    """Return the objects that KITTI has a type for; a rider and what they ride are one, a cyclist."""
    riders = {thing.instance_id: thing for thing in objects if thing.label_id == RIDER}
    ridden = {
        thing.instance_id: thing
        for thing in objects
        if thing.label_id in TWO_WHEELERS and thing.instance_id in riders
    }
    kept = [thing for thing in objects if thing.label_id in TYPES and thing not in ridden.values()]
    return [
        _around(thing, ridden[thing.instance_id])
        if thing.label_id == RIDER and thing.instance_id in ridden
        else thing
        for thing in kept
    ]


def label_line(thing: LabelledObject) -> str:
    """Return the 15 fields of an object."""
    box = thing.amodal_box or thing.box
    if thing.box_3d is None or thing.amodal_box is None:
        return f"DontCare -1 -1 -10 {_px(box)} -1 -1 -1 -1000 -1000 -1000 -10"
    of = thing.box_3d
    kind = "Van" if thing.actor_type in VANS else TYPES[thing.label_id]
    alpha = _wrapped(of.rotation_y_rad - atan2(of.x_m, of.z_m))
    numbers = (
        of.height_m,
        of.width_m,
        of.length_m,
        of.x_m,
        of.y_m + of.height_m / 2,
        of.z_m,
        of.rotation_y_rad,
    )
    return (
        f"{kind} {thing.truncation or 0:.2f} {_occlusion(thing.occlusion)} {alpha:.2f} {_px(box)} "
        + " ".join(f"{number:.2f}" for number in numbers)
    )


def calibration(sample: Sample) -> list[str]:
    """Return the lines of a calibration file; all four cameras are the one there is."""
    view = View.of(sample.camera, Placement())
    width, height = sample.size_px
    projection = np.array(
        [(view.focal_px, 0, width / 2, 0), (0, view.focal_px, height / 2, 0), (0, 0, 1, 0)], float
    )
    turn = view.turn @ _MIRROR
    to_camera = np.column_stack([turn, -view.turn @ view.eye])
    rows = {f"P{number}": projection for number in range(4)}
    rows |= {"R0_rect": np.eye(3), "Tr_velo_to_cam": to_camera, "Tr_imu_to_velo": np.eye(3, 4)}
    return [
        f"{name}: {' '.join(f'{value:.12e}' for value in matrix.ravel())}" for name, matrix in rows.items()
    ]


def _around(rider: LabelledObject, ridden: LabelledObject) -> LabelledObject:
    box = BoxPx(
        min(rider.box.left, ridden.box.left),
        min(rider.box.top, ridden.box.top),
        max(rider.box.right, ridden.box.right),
        max(rider.box.bottom, ridden.box.bottom),
    )
    pixels, occlusion = rider.pixels + ridden.pixels, rider.occlusion
    if occlusion is not None:  # the same pixels hide both
        hidden = rider.pixels * occlusion / (1 - occlusion)
        occlusion = hidden / (hidden + pixels)
    return replace(rider, box=box, pixels=pixels, occlusion=occlusion)


def _occlusion(share: float | None) -> int:
    """Return KITTI's 0 visible, 1 partly, 2 largely hidden, 3 unknown."""
    if share is None:
        return 3
    return int(share >= PARTLY) + int(share >= LARGELY)


def _wrapped(angle_rad: float) -> float:
    return (angle_rad + pi) % (2 * pi) - pi


def _px(box: BoxPx) -> str:
    return f"{box.left:.2f} {box.top:.2f} {box.right:.2f} {box.bottom:.2f}"


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
