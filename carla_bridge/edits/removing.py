"""Objects go, and what is plausibly behind them comes to light.

Each row is filled from its nearest pixels to the left and right that are no object themselves: of the two the farther
one, for what is behind something is farther away than it. Road fills what stood on the road, a façade what stood
before it.
"""

import hashlib
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from carla_bridge.config import Settings
from carla_bridge.edits.replacing import ClassNames, Where
from carla_bridge.edits.scene import STANDING, Edited, Pixels, Scene, check_classes


class Remove(Settings):
    """`{do: remove, classes: [car, truck]}`; `share` of them, and the same ones all through a drive."""

    do: Literal["remove"]
    classes: ClassNames
    share: Annotated[float, Field(gt=0, le=1)] = 1.0  # needs the layer instance if less than 1
    seed: int = 0  # of which ones
    where: Where = Where()

    @model_validator(mode="after")
    def _known(self) -> Self:
        check_classes(self.classes)
        for name in self.classes:
            if name not in STANDING:
                raise ValueError(
                    f"{name!r} cannot be removed, only replaced; removable are {', '.join(STANDING)}"
                )
        return self

    @property
    def needs(self) -> frozenset[str]:
        """The layers that it is told by."""
        return self.where.needs | ({"instance"} if self.share < 1 else set())

    def applied(self, scene: Scene) -> Edited:
        """Return the scene without them."""
        where = scene.mask(self.classes)
        if self.where.needs or self.where != Where():
            where &= self.where.mask(scene, self.do)
        gone: list[int] = []
        if self.share < 1:
            ids = scene.instance_ids(self.do)
            gone = [int(each) for each in np.unique(ids[where]) if is_drawn(int(each), self.share, self.seed)]
            where &= np.isin(ids, gone)
        told = {"do": self.do, "pixels": int(where.sum()), "instances": gone}
        return Edited(filled(scene, where), told)


def is_drawn(instance_id: int, share: float, seed: int) -> bool:
    """Say whether an object is of the share; the same for the same object, whatever else is in the picture."""
    digest = hashlib.sha256(f"{seed}/{instance_id}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32 < share


def filled(scene: Scene, where: np.ndarray) -> Scene:
    """Return the scene with what is behind a mask, H,W bool."""
    if not where.any():
        return scene
    is_ground = ~(scene.mask(STANDING) | where)
    rows, columns = np.nonzero(where)
    left, right = _nearest(is_ground)
    source = _farther(scene, rows, columns, left[rows, columns], right[rows, columns])
    rows_from = np.where(source >= 0, rows, _nearest_row(is_ground)[rows])
    columns_from = np.where(source >= 0, source, columns)
    layers = {}
    for name in ("tags", "instance_ids", "depth_m"):
        layer = getattr(scene.frame, name)
        if layer is not None:
            layers[name] = layer.copy()
            layers[name][rows, columns] = layer[rows_from, columns_from]
    return scene.with_pixels(where, Pixels(layers["tags"], layers.get("instance_ids"), layers.get("depth_m")))


def _nearest(is_ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the column of the nearest true pixel to the left and to the right in the row, -1 if there is none."""
    width = is_ground.shape[1]
    columns = np.arange(width)
    left = np.maximum.accumulate(np.where(is_ground, columns, -1), axis=1)
    flipped = np.where(is_ground, columns, width)[:, ::-1]
    right = np.minimum.accumulate(flipped, axis=1)[:, ::-1]
    return left, np.where(right == width, -1, right)


def _farther(
    scene: Scene, rows: np.ndarray, columns: np.ndarray, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """Return of two columns the one that shows something farther away, the nearer column if nobody knows."""
    depth_m = scene.frame.depth_m
    is_nearer = columns - left <= right - columns
    choose_left = is_nearer if depth_m is None else depth_m[rows, left] >= depth_m[rows, right]
    return np.where(left < 0, right, np.where(right < 0, left, np.where(choose_left, left, right)))


def _nearest_row(is_ground: np.ndarray) -> np.ndarray:
    """Return for each row the nearest one that has any ground, for rows that are an object from edge to edge."""
    full = np.flatnonzero(is_ground.any(axis=1))
    rows = np.arange(len(is_ground))
    if not len(full):
        return rows
    nearest: np.ndarray = full[np.abs(full[None] - rows[:, None]).argmin(axis=1)]
    return nearest
