"""The fixed things of the present town: their boxes, which of them are hidden, and the street lights among them."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from carla_bridge.standin.protocol.schema import BoundingBox, Rotation, Vector3D
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.streetscape.things import STREET_LIGHTS

if TYPE_CHECKING:
    from carla_bridge.standin.geometry import Pose
    from carla_bridge.standin.streetscape.town import Town

ALL_LAYERS = 0xFFFF
LAYER_BITS = {
    "Buildings": 1,
    "Foliage": 4,
    "ParkedVehicles": 16,
    "Props": 64,
    "StreetLights": 128,
    "Walls": 256,
}  # decals, ground and particles are not kept apart here
LAMP_M = 5.0  # above the foot
LAMP_INTENSITY = 10_000.0
STREET_GROUP = 2


class FixedBox(NamedTuple):
    """What there is of one tag in one thing, and the box round it in the world."""

    number: int
    tag: int
    box: BoundingBox


class LampColor(NamedTuple):
    """What a street light shines in, 0 to 255."""

    r: int = 255
    g: int = 214
    b: int = 170


class Lamp(NamedTuple):
    """A street light as the client knows it; the field order is the wire's."""

    id: int
    location: Vector3D
    intensity: float = LAMP_INTENSITY
    group: int = STREET_GROUP
    color: LampColor = LampColor()
    active: bool = True


class Stage:
    """What one episode shows of its town's things."""

    def __init__(self, town: "Town") -> None:
        self.town = town
        self._off_layers = 0
        self._disabled: set[int] = set()
        self.lamps = {
            thing.number: Lamp(thing.number, Vector3D(thing.pose.x, thing.pose.y, thing.pose.z + LAMP_M))
            for thing in town.things
            if thing.layer == STREET_LIGHTS
        }

    @property
    def hidden(self) -> set[int]:
        """The numbers of all things that are hidden."""
        by_layer = {t.number for t in self.town.things if LAYER_BITS.get(t.layer, 0) & self._off_layers}
        return by_layer | self._disabled

    def set_layers(self, layers: int, *, shown: bool) -> None:
        """Show or hide whole layers of the map."""
        self._off_layers = self._off_layers & ~layers if shown else self._off_layers | layers

    def set_things(self, numbers: Iterable[int], *, shown: bool) -> None:
        """Show or hide single things; numbers of none are ignored."""
        chosen = {thing.number for thing in self.town.things}.intersection(numbers)
        self._disabled = self._disabled - chosen if shown else self._disabled | chosen

    def scenery(self) -> Mesh:
        """Return the triangles of all that is not hidden."""
        scenery, hidden = self.town.scenery, self.hidden
        if not hidden:
            return scenery
        return scenery.select(~np.isin(scenery.object_ids, np.fromiter(hidden, np.uint32)))

    def names(self) -> dict[int, str]:
        """Return the name of each thing by its number."""
        return {t.number: f"{t.name.replace(' ', '_')}_{t.number}" for t in self.town.things}

    @cached_property
    def boxes(self) -> list[FixedBox]:
        """The boxes of all things, one for each tag in them, turned as the things are."""
        return boxes_of(self.town.scenery, {thing.number: thing.pose for thing in self.town.things})

    def box_at(self, place: "Pose", tag: int, reach_m: float) -> BoundingBox | None:
        """Return the box of a tag in the thing that stands nearest to a place, if one is within reach."""
        poses = {thing.number: thing.pose for thing in self.town.things}
        found = [(_apart_m(poses[b.number], place), b.box) for b in self.boxes if b.tag == tag]
        near = [each for each in found if each[0] <= reach_m]
        return min(near, key=lambda each: each[0])[1] if near else None


def _apart_m(a: "Pose", b: "Pose") -> float:
    return float(np.hypot(a.x - b.x, a.y - b.y))


def boxes_of(scenery: Mesh, poses: dict[int, "Pose"]) -> list[FixedBox]:
    """Return the boxes of the numbered things among triangles."""
    counted = np.flatnonzero(np.isin(scenery.object_ids, np.fromiter(poses, np.uint32, len(poses))))
    if not len(counted):
        return []
    keys = scenery.object_ids[counted].astype(np.int64) * 256 + scenery.tags[counted]
    order = np.argsort(keys, kind="stable")
    names, starts = np.unique(keys[order], return_index=True)
    yaws = np.radians([poses[int(name) // 256].yaw for name in names])
    corners = scenery.triangles[counted][order].astype(np.float64)  # N,3,3
    yaw = np.repeat(yaws, np.diff([*starts, len(corners)]))[:, None]
    own = np.stack(
        [
            corners[..., 0] * np.cos(yaw) + corners[..., 1] * np.sin(yaw),
            corners[..., 1] * np.cos(yaw) - corners[..., 0] * np.sin(yaw),
            corners[..., 2],
        ],
        axis=-1,
    )
    low = np.minimum.reduceat(own.min(axis=1), starts)
    high = np.maximum.reduceat(own.max(axis=1), starts)
    return [_box(int(name), *row) for name, *row in zip(names, yaws.tolist(), low, high, strict=True)]


def _box(name: int, yaw: float, low: np.ndarray, high: np.ndarray) -> FixedBox:
    x, y, z = ((low + high) / 2).tolist()
    c, s = float(np.cos(yaw)), float(np.sin(yaw))
    middle, half = Vector3D(x * c - y * s, x * s + y * c, z), Vector3D(*((high - low) / 2).tolist())
    return FixedBox(name // 256, name % 256, BoundingBox(middle, half, Rotation(yaw=float(np.degrees(yaw)))))
