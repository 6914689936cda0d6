"""One class becomes another: everywhere, in a part of the picture, or within a distance."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from carla_bridge.config import Settings
from carla_bridge.edits.scene import OBJECTS, SKY_M, Edited, Pixels, Scene, check_classes

Share = Annotated[float, Field(ge=0, le=1)]
ClassNames = Annotated[tuple[str, ...], Field(min_length=1)]


class Where(Settings):
    """A part of a scene: a rectangle in shares of the picture, and distances, which need the layer depth."""

    left: Share = 0.0
    right: Share = 1.0
    top: Share = 0.0
    bottom: Share = 1.0
    from_m: Annotated[float, Field(ge=0)] = 0.0
    to_m: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for low, high in (("left", "right"), ("top", "bottom"), ("from_m", "to_m")):
            first, last = getattr(self, low), getattr(self, high)
            if last is not None and first >= last:
                raise ValueError(f"{low} is {first:g} and {high} is {last:g}; {low} must be less")
        return self

    @property
    def needs(self) -> frozenset[str]:
        """The layers that it is told by."""
        return frozenset({"depth"} if self.from_m or self.to_m else ())

    def mask(self, scene: Scene, edit: str) -> np.ndarray:
        """Return the part of the picture, H,W bool."""
        height, width = scene.frame.tags.shape
        found = np.zeros((height, width), bool)
        found[
            round(self.top * height) : round(self.bottom * height),
            round(self.left * width) : round(self.right * width),
        ] = True
        if self.needs:
            depth_m = scene.depth_m(edit)
            found &= (depth_m >= self.from_m) & (depth_m < (self.to_m or np.inf))
        return found


class Replace(Settings):
    """`{do: replace, classes: [vegetation], by: building}`."""

    do: Literal["replace"]
    classes: ClassNames
    by: str
    where: Where = Where()

    @model_validator(mode="after")
    def _known(self) -> Self:
        check_classes((*self.classes, self.by))
        return self

    @property
    def needs(self) -> frozenset[str]:
        """The layers that it is told by."""
        return self.where.needs

    def applied(self, scene: Scene) -> Edited:
        """Return the scene with the class replaced; what becomes sky becomes as far away."""
        where = scene.mask(self.classes) & self.where.mask(scene, self.do)
        pixels = Pixels(
            scene.tag(self.by),
            None if self.by in OBJECTS else 0,
            SKY_M if self.by == "sky" else None,
        )
        told: Mapping[str, Any] = {"do": self.do, "pixels": int(where.sum())}
        return Edited(scene.with_pixels(where, pixels), told)
