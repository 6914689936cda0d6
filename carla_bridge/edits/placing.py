"""Objects put into a scene, moved in it, or mirrored: cut-outs, scaled by distance, hidden by what is nearer."""

from typing import Annotated, Literal, NamedTuple, Self

import cv2
import numpy as np
from pydantic import Field, model_validator

from carla_bridge.config import Settings
from carla_bridge.edits.removing import filled
from carla_bridge.edits.replacing import ClassNames
from carla_bridge.edits.scene import OBJECTS, Edited, Pixels, Scene
from carla_bridge.edits.silhouettes import PER_METRE_PX, known, silhouette
from carla_bridge.labels import CITYSCAPES_BY_ID

FIRST_ID = 65000  # of inserted objects: CARLA counts from below
Metres = Annotated[float, Field(gt=0)]


class CutOut(NamedTuple):
    """An object without its surroundings."""

    tags: np.ndarray  # h,w uint8
    shown: np.ndarray  # h,w bool: where it is
    depth_m: float
    instance_id: int


class Insert(Settings):
    """`{do: insert, what: pedestrian, ahead_m: 12, right_m: 2}`: it stands on the ground, and goes with the camera."""

    do: Literal["insert"]
    what: str
    ahead_m: Metres
    right_m: float = 0.0
    mirrored: bool = False
    number: Annotated[int, Field(ge=0, lt=500)] = 0  # tells several inserted objects apart

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.what not in known():
            raise ValueError(f"there is no silhouette {self.what!r}; there are {', '.join(known())}")
        return self

    @property
    def needs(self) -> frozenset[str]:
        """The layers that it is told by."""
        return frozenset({"depth"})

    def applied(self, scene: Scene) -> Edited:
        """Return the scene with the object in it, behind whatever is nearer."""
        label_ids = silhouette(self.what)
        scale = scene.lens.focal_px / self.ahead_m / PER_METRE_PX
        size = max(1, round(label_ids.shape[1] * scale)), max(1, round(label_ids.shape[0] * scale))
        small = cv2.resize(label_ids, size, interpolation=cv2.INTER_NEAREST)
        small = small[:, ::-1] if self.mirrored else small
        tags = np.zeros(256, np.uint8)
        for each in np.unique(small[small > 0]):
            tags[each] = scene.tag(CITYSCAPES_BY_ID[int(each)].name)
        cut_out = CutOut(tags[small], small > 0, self.ahead_m, FIRST_ID + self.number)
        bottom = round(scene.lens.ground_row(self.ahead_m))
        left = round(scene.lens.column(self.right_m, self.ahead_m) - size[0] / 2)
        pasted, pixels = pasted_into(scene, cut_out, bottom - size[1], left, self.do)
        told = {"do": self.do, "what": self.what, "pixels": pixels, "instances": [cut_out.instance_id]}
        return Edited(pasted, told)


class Move(Settings):
    """`{do: move, classes: [car], right_m: 2.5, ahead_m: 5}`: all objects of the classes, or only the nearest."""

    do: Literal["move"]
    classes: ClassNames
    right_m: float = 0.0
    ahead_m: float = 0.0  # further away; negative: nearer
    mirrored: bool = False
    nearest_only: bool = True
    from_m: Metres = 2.0  # nearer ones stay: they reach beyond the picture

    @model_validator(mode="after")
    def _objects(self) -> Self:
        for name in self.classes:
            if name not in OBJECTS:
                raise ValueError(f"{name!r} has no instances that could be moved; {', '.join(OBJECTS)} have")
        return self

    @property
    def needs(self) -> frozenset[str]:
        """The layers that it is told by."""
        return frozenset({"depth", "instance"})

    def applied(self, scene: Scene) -> Edited:
        """Return the scene with the objects elsewhere; where they were is filled with what is behind."""
        ids, depth_m = scene.instance_ids(self.do), scene.depth_m(self.do)
        of_classes = scene.mask(self.classes) & (ids > 0)
        found = {
            int(each): float(np.median(depth_m[of_classes & (ids == each)]))
            for each in np.unique(ids[of_classes])
        }
        chosen = sorted((far_m, each) for each, far_m in found.items() if far_m >= self.from_m)
        chosen = chosen[:1] if self.nearest_only else chosen
        pixels = 0
        for far_m, each in reversed(chosen):  # the farthest first, so that nearer ones hide it
            scene, moved = self._moved(scene, scene.instance_ids(self.do) == each, far_m, each)
            pixels += moved
        return Edited(scene, {"do": self.do, "pixels": pixels, "instances": [each for _, each in chosen]})

    def _moved(self, scene: Scene, where: np.ndarray, far_m: float, instance_id: int) -> tuple[Scene, int]:
        now_m = far_m + self.ahead_m
        if not where.any() or now_m <= 0.5:
            return scene, 0
        left, top, width, height = cv2.boundingRect(where.view(np.uint8))
        window = np.s_[top : top + height, left : left + width]
        scale = far_m / now_m
        size = max(1, round(width * scale)), max(1, round(height * scale))
        tags, shown = (
            cv2.resize(layer[window], size, interpolation=cv2.INTER_NEAREST)
            for layer in (scene.frame.tags, where.view(np.uint8))
        )
        flip = slice(None, None, -1 if self.mirrored else None)
        cut_out = CutOut(tags[:, flip], shown[:, flip] > 0, now_m, instance_id)
        lens = scene.lens
        middle = (
            (left + width / 2 - lens.width / 2) * scale
            + lens.width / 2
            + lens.focal_px * self.right_m / now_m
        )
        bottom = (top + height - lens.horizon_px) * scale + lens.horizon_px
        return pasted_into(
            filled(scene, where), cut_out, round(bottom) - size[1], round(middle - size[0] / 2), self.do
        )


def pasted_into(scene: Scene, cut_out: CutOut, top: int, left: int, edit: str) -> tuple[Scene, int]:
    """Return the scene with a cut-out where nothing nearer is, and the number of its pixels that show."""
    height, width = scene.frame.tags.shape
    rows, columns = np.nonzero(cut_out.shown)
    inside = (rows + top >= 0) & (rows + top < height) & (columns + left >= 0) & (columns + left < width)
    rows, columns = rows[inside], columns[inside]
    shows = scene.depth_m(edit)[rows + top, columns + left] > cut_out.depth_m
    rows, columns = rows[shows], columns[shows]
    where, tags = np.zeros((height, width), bool), scene.frame.tags.copy()
    where[rows + top, columns + left] = True
    tags[rows + top, columns + left] = cut_out.tags[rows, columns]
    return scene.with_pixels(where, Pixels(tags, cut_out.instance_id, cut_out.depth_m)), len(rows)
