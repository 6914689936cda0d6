"""Vehicles and walkers by blueprint id, as low-polygon shapes; origin on the ground, x forward."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .mesh import Mesh
from .shapes import Builder, Rgb
from .vehicles import BUS, COUPE, HATCHBACK, SEDAN, SUV, TRUCK, VAN, Body, add_body, add_two_wheeler, scaled
from .walkers import CHILD_M, MAN_M, WOMAN_M, add_person, swing_at

MOTORCYCLES = ("harley-davidson", "kawasaki", "yamaha", "vespa")
BICYCLES = ("bh", "diamondback", "gazelle")
BODIES: dict[
    str, Body
] = {  # by the blueprint id after `vehicle.`, or a beginning of it; all others are sedans
    "audi.a2": HATCHBACK,
    "audi.etron": SUV,
    "audi.tt": COUPE,
    "bmw.grandtourer": scaled(SUV, 4.6),
    "carlamotors.carlacola": scaled(TRUCK, 5.2),
    "carlamotors.european_hgv": TRUCK,
    "carlamotors.firetruck": scaled(TRUCK, 8.4),
    "citroen.c3": HATCHBACK,
    "ford.ambulance": scaled(VAN, 6.3),
    "ford.mustang": COUPE,
    "jeep.wrangler_rubicon": scaled(SUV, 3.9),
    "mercedes.sprinter": scaled(VAN, 5.9),
    "micro.microlino": scaled(HATCHBACK, 2.5),
    "mini": HATCHBACK,
    "mitsubishi.fusorosa": BUS,
    "nissan.micra": HATCHBACK,
    "nissan.patrol": SUV,
    "seat.leon": scaled(HATCHBACK, 4.2),
    "tesla.cybertruck": scaled(SUV, 5.9),
    "toyota.prius": scaled(SEDAN, 4.5),
    "volkswagen.t2": scaled(VAN, 4.5),
}
COLORS: tuple[Rgb, ...] = (
    (130, 26, 28),
    (32, 60, 110),
    (210, 210, 206),
    (70, 74, 78),
    (24, 26, 28),
    (92, 110, 84),
)
WALKER_IDS_OF_CHILDREN = frozenset({*range(9, 15), 48, 49})


@dataclass(frozen=True)
class Model:
    """A shape, and the box around it (half sizes and middle, metres)."""

    mesh: Mesh
    extent: tuple[float, float, float]
    centre: tuple[float, float, float]
    wheel_base_m: float
    stride: tuple[Mesh, ...] = ()  # walkers only: the shape through one stride


def model_for(type_id: str, attributes: Mapping[str, str]) -> Model | None:
    """Return the model of a `vehicle.*` or `walker.*` blueprint, and None for any other."""
    kind, _, name = type_id.partition(".")
    if kind == "walker":
        return _walker(type_id)
    return _vehicle(name, _color(attributes.get("color", ""), name)) if kind == "vehicle" else None


def walking_mesh(model: Model, phase: float) -> Mesh:
    """Return a walker's shape at a phase of its stride, 0 to 1; phase 0 stands straight."""
    return model.stride[int(phase % 1.0 * len(model.stride))] if model.stride else model.mesh


def _color(text: str, name: str) -> Rgb:
    parts = text.split(",")
    if len(parts) == 3 and all(part.strip().isdigit() for part in parts):
        red, green, blue = (min(int(part), 255) for part in parts)
        return red, green, blue
    return COLORS[sum(name.encode()) % len(COLORS)]


@lru_cache(maxsize=256)
def _vehicle(name: str, color: Rgb) -> Model:
    builder = Builder()
    if name.startswith(MOTORCYCLES + BICYCLES):
        motor = name.startswith(MOTORCYCLES)
        add_two_wheeler(builder, motor=motor, color=color)
        return _boxed(builder.mesh(), wheel_base_m=1.48 if motor else 1.06)
    body = next((BODIES[key] for key in BODIES if name.startswith(key)), SEDAN)
    add_body(builder, body, color)
    return _boxed(builder.mesh(), wheel_base_m=body.wheel_base * body.length)


@lru_cache(maxsize=256)
def _walker(type_id: str) -> Model:
    digits = type_id.rpartition(".")[2]
    number = int(digits) if digits.isdigit() else 0
    height = CHILD_M if number in WALKER_IDS_OF_CHILDREN else (MAN_M, WOMAN_M)[number % 2]
    dressed = COLORS[number % len(COLORS)], COLORS[(number // 2 + 3) % len(COLORS)]
    stride = []
    for step in range(12):
        builder = Builder()
        add_person(builder, height, *dressed, swing=swing_at(step / 12))
        stride.append(builder.mesh())
    return _boxed(stride[0], stride=tuple(stride))


def _boxed(mesh: Mesh, *, wheel_base_m: float = 0.0, stride: tuple[Mesh, ...] = ()) -> Model:
    points = mesh.triangles.reshape(-1, 3).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    ex, ey, ez = (float(value) for value in (high - low) / 2)
    cx, cy, cz = (float(value) for value in (high + low) / 2)
    return Model(mesh, (ex, ey, ez), (cx, cy, cz), wheel_base_m, stride)
