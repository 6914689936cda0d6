"""Shapes by blueprint id: vehicles, walkers and props as labelled triangles; origin on the ground, x forward."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from . import props, vehicles
from .blueprint_walkers import WALKERS
from .cycles import draw_cycle, riders
from .mesh import Mesh, join
from .shapes import Builder, Rgb
from .vehicles import Motor, TwoWheeler
from .walkers import look_of, stride_of

COLORS: tuple[Rgb, ...] = (
    (130, 26, 28),
    (32, 60, 110),
    (210, 210, 206),
    (70, 74, 78),
    (24, 26, 28),
    (92, 110, 84),
)


@dataclass(frozen=True)
class Wheel:
    """Where a wheel touches the actor's frame: its middle, and its radius, in metres."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Model:
    """A shape, and the box around it (half sizes and middle, metres), limbs at full stretch included."""

    mesh: Mesh
    extent: tuple[float, float, float]
    centre: tuple[float, float, float]
    wheel_base_m: float
    stride: tuple[Mesh, ...] = ()  # the shape through one stride, or one turn of the pedals; else empty
    wheels: tuple[
        Wheel, ...
    ] = ()  # front left, front right, rear left, rear right; two-wheelers: front, rear
    motor: Motor | None = None


def model_for(type_id: str, attributes: Mapping[str, str]) -> Model | None:
    """Return the model of a `vehicle.*`, `walker.*` or `static.prop.*` blueprint, and None for any other."""
    kind, _, name = type_id.partition(".")
    if kind == "walker":
        return _walker(type_id)
    if kind == "static" and name.startswith("prop."):
        return _prop(name.removeprefix("prop."), attributes.get("mesh_path", ""))
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
    known = vehicles.find(name)
    if isinstance(known, TwoWheeler):
        cycle = known.cycle
        machine = draw_cycle(cycle, color)
        turn = tuple(join([machine, rider]) for rider in riders(cycle, sum(name.encode())))
        wheels = tuple(Wheel(x, 0.0, cycle.wheel_radius) for x in cycle.axles)
        return _boxed(turn[0], stride=turn, wheels=wheels, motor=known.motor, wheel_base_m=cycle.wheel_base)
    builder, body = Builder(), known.body
    known.draw(builder, body, color)
    y = body.width / 2 - 0.12
    wheels = tuple(Wheel(x, side, body.wheel_radius) for x in body.axles for side in (-y, y))
    return _boxed(builder.mesh(), wheels=wheels, motor=known.motor, wheel_base_m=body.wheel_base)


@lru_cache(maxsize=256)
def _walker(type_id: str) -> Model:
    digits = type_id.rpartition(".")[2]
    number = int(digits) if digits.isdigit() else 0
    known = WALKERS.get(number, WALKERS[1])
    stride = stride_of(look_of(number, age=known.age, gender=known.gender))
    return _boxed(stride[0], stride=stride)


@lru_cache(maxsize=256)
def _prop(name: str, mesh_path: str) -> Model | None:
    if name == "mesh":
        parked = props.parked_vehicle(mesh_path)
        return None if parked is None else _vehicle(parked, _color("", parked))
    mesh = props.prop(name)
    return None if mesh is None else _boxed(mesh)


def _boxed(
    mesh: Mesh,
    *,
    wheel_base_m: float = 0.0,
    stride: tuple[Mesh, ...] = (),
    wheels: tuple[Wheel, ...] = (),
    motor: Motor | None = None,
) -> Model:
    shapes = [shape.triangles.reshape(-1, 3) for shape in (mesh, *stride)]
    low = np.min([points.min(axis=0) for points in shapes], axis=0).astype(np.float64)
    high = np.max([points.max(axis=0) for points in shapes], axis=0).astype(np.float64)
    ex, ey, ez = (float(value) for value in (high - low) / 2)
    cx, cy, cz = (float(value) for value in (high + low) / 2)
    return Model(mesh, (ex, ey, ez), (cx, cy, cz), wheel_base_m, stride, wheels, motor)
