"""The street's own shape: sidewalks that grow over the road, and a sky line that rises or falls."""

from typing import Annotated, Literal, Self

import cv2
import numpy as np
from pydantic import Field, model_validator

from carla_bridge.config import Settings
from carla_bridge.edits.scene import SKY_M, Edited, Pixels, Scene, check_classes


class Widen(Settings):
    """`{do: widen, name: sidewalk, over: road, by_m: 1.5}`: flat ground grows sideways over other ground."""

    do: Literal["widen"]
    name: str = "sidewalk"
    over: str = "road"
    by_m: Annotated[float, Field(gt=0, le=20)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        check_classes((self.name, self.over))
        return self

    @property
    def needs(self) -> frozenset[str]:
        """The layers that it is told by: none, the ground is flat."""
        return frozenset()

    def applied(self, scene: Scene) -> Edited:
        """Return the scene with wider ground; each row by as many pixels as the metres are there."""
        grown, over = scene.mask([self.name]), scene.mask([self.over])
        reach_px = self.by_m * scene.lens.focal_px / scene.lens.ground_distances_m()
        where = over & (_distance_px(grown) <= reach_px[:, None])
        return Edited(
            scene.with_pixels(where, Pixels(scene.tag(self.name), 0)),
            {"do": self.do, "pixels": int(where.sum())},
        )


class Skyline(Settings):
    """`{do: skyline, of: building, by: 0.4}`: what stands before the sky grows by a share of its height, or shrinks."""

    do: Literal["skyline"]
    of: str = "building"
    by: Annotated[float, Field(ge=-0.9, le=3)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        check_classes((self.of,))
        if not self.by:
            raise ValueError("by is 0, which changes nothing; give a share such as 0.4, or -0.3 to shrink")
        return self

    @property
    def needs(self) -> frozenset[str]:
        """The layers that it is told by."""
        return frozenset()

    def applied(self, scene: Scene) -> Edited:
        """Return the scene with another sky line, column by column."""
        solid, sky = scene.mask([self.of]), scene.mask(["sky"])
        height = len(solid)
        tops = np.where(_under_sky(solid, sky), np.arange(height)[:, None], height).min(axis=0)
        runs = _run_below(solid, tops)
        shift = np.round(runs * self.by).astype(int)
        rows = np.arange(height)[:, None]
        if self.by > 0:
            grown = (rows < tops) & (rows >= tops - shift) & (tops < height)
            where = sky & _closed(grown | solid)  # over the slits that poles leave
            depth = scene.frame.depth_m
            copied = None if depth is None else np.broadcast_to(_at(depth, tops), solid.shape)
            pixels = Pixels(scene.tag(self.of), 0, copied)
        else:
            where = solid & (rows >= tops) & (rows < tops - shift)
            pixels = Pixels(scene.tag("sky"), 0, SKY_M)
        return Edited(scene.with_pixels(where, pixels), {"do": self.do, "pixels": int(where.sum())})


def _closed(mask: np.ndarray) -> np.ndarray:
    """Return a mask with gaps in its rows closed that are narrower than a fortieth of the picture."""
    bridge = np.ones((1, max(3, mask.shape[1] // 40)), np.uint8)
    closed: np.ndarray = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, bridge)
    return closed > 0


def _distance_px(mask: np.ndarray) -> np.ndarray:
    """Return how many columns away the nearest true pixel of the row is, H,W; endless if there is none."""
    columns = np.arange(mask.shape[1], dtype=float)
    left = np.maximum.accumulate(np.where(mask, columns, -np.inf), axis=1)
    right = np.minimum.accumulate(np.where(mask, columns, np.inf)[:, ::-1], axis=1)[:, ::-1]
    nearest: np.ndarray = np.minimum(columns - left, right - columns)
    return nearest


def _under_sky(solid: np.ndarray, sky: np.ndarray) -> np.ndarray:
    above = np.zeros_like(sky)
    above[1:] = sky[:-1]
    below: np.ndarray = solid & above
    return below


def _run_below(solid: np.ndarray, tops: np.ndarray) -> np.ndarray:
    """Return how far down from its top each column stays solid."""
    height = len(solid)
    rows = np.arange(height)[:, None]
    ends = np.where(~solid & (rows > tops), rows, height).min(axis=0)
    run: np.ndarray = np.where(tops < height, ends - tops, 0)
    return run


def _at(layer: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the layer at a row of each column; of the next column to the left where that row is beyond the picture."""
    columns = np.maximum.accumulate(np.where(rows < len(layer), np.arange(layer.shape[1]), 0))
    taken: np.ndarray = layer[np.minimum(rows[columns], len(layer) - 1), columns]
    return taken
