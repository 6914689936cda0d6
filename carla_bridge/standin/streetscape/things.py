"""The things of a town: what each is called, where it stands, and the map layer it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.mesh import Mesh, join

FIRST_OBJECT_ID = 0x8000  # counted things; actors have the numbers below, and both fit CARLA's 16 bits
LAST_OBJECT_ID = 0xFFFF
BUILDINGS, FOLIAGE, PROPS = "Buildings", "Foliage", "Props"  # CARLA's names of map layers
STREET_LIGHTS, WALLS, PARKED_VEHICLES = "StreetLights", "Walls", "ParkedVehicles"


@dataclass(frozen=True)
class Thing:
    """One countable thing of the scenery."""

    number: int  # its object number in the scenery's mesh
    tag: int  # of most of its triangles
    layer: str
    name: str
    pose: Pose


@dataclass(frozen=True)
class Scenery:
    """All that stands beside the streets: triangles, and whose they are."""

    mesh: Mesh
    things: tuple[Thing, ...]


class Collection:
    """Numbers things as they are put down, and keeps their meshes."""

    def __init__(self) -> None:
        self._meshes: list[Mesh] = []
        self._things: list[Thing] = []
        self._numbers = count(FIRST_OBJECT_ID)

    def put(self, mesh: Mesh, pose: Pose, layer: str, name: str) -> None:
        """Put one thing down; when all numbers are used up, the town is full and stays as it is."""
        number = next(self._numbers)
        if number > LAST_OBJECT_ID or not len(mesh):
            return
        self._meshes.append(mesh.placed(pose, object_id=number))
        tag = int(np.bincount(mesh.tags).argmax())
        self._things.append(Thing(number, tag, layer, name, pose))

    def pave(self, mesh: Mesh) -> None:
        """Add ground that nobody counts."""
        self._meshes.append(mesh)

    def scenery(self, others: Sequence[Mesh] = ()) -> Scenery:
        """Return everything put down so far, after some other meshes."""
        return Scenery(join([*others, *self._meshes]), tuple(self._things))
