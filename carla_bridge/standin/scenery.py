"""All that never moves, as one labelled mesh."""

import numpy as np

from .ground import add_ground
from .mesh import Mesh
from .roads import Roads
from .shapes import Builder

FIRST_OBJECT_ID = 0x8000  # counted things; actors have the numbers below, and both fit CARLA's 16 bits


def build_scenery(roads: Roads, rng: np.random.Generator) -> Mesh:
    """Return the town's triangles."""
    builder = Builder()
    add_ground(builder, roads)
    return builder.mesh()
