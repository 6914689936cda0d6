"""Vehicles and walkers by blueprint id, as low-polygon shapes; origin on the ground, x forward."""

from collections.abc import Mapping
from dataclasses import dataclass

from . import tags
from .mesh import Mesh
from .shapes import Builder, box


@dataclass(frozen=True)
class Model:
    """A shape, and the box around it (half sizes and middle, metres)."""

    mesh: Mesh
    extent: tuple[float, float, float]
    centre: tuple[float, float, float]
    wheel_base_m: float


def model_for(type_id: str, attributes: Mapping[str, str]) -> Model | None:
    """Return the model of a `vehicle.*` or `walker.*` blueprint, and None for any other."""
    builder = Builder()
    if type_id.startswith("walker."):
        builder.add(box((-0.2, -0.25, 0.0), (0.2, 0.25, 1.8)), tags.PEDESTRIANS, (120, 80, 80))
        return Model(builder.mesh(), (0.2, 0.25, 0.9), (0.0, 0.0, 0.9), 0.0)
    if type_id.startswith("vehicle."):
        builder.add(box((-2.2, -0.9, 0.2), (2.2, 0.9, 1.45)), tags.CAR, (120, 20, 20))
        return Model(builder.mesh(), (2.2, 0.9, 0.73), (0.0, 0.0, 0.73), 2.7)
    return None


def walking_mesh(model: Model, phase: float) -> Mesh:
    """Return a walker's shape at a phase of its stride, 0 to 1."""
    return model.mesh
