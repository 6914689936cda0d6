"""Shapes by blueprint id: vehicles, walkers and props as labelled triangles; origin on the ground, x forward."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from carla_bridge.standin.bodies import props, vehicles
from carla_bridge.standin.bodies.cycles import draw_cycle, riders
from carla_bridge.standin.bodies.vehicles import Motor, TwoWheeler
from carla_bridge.standin.bodies.walkers import look_of, stride_of
from carla_bridge.standin.bodies.wheelchairs import rolling
from carla_bridge.standin.library.blueprint_walkers import WALKERS
from carla_bridge.standin.rendering.mesh import Mesh, join
from carla_bridge.standin.rendering.shapes import Builder, Rgb

COLORS: tuple[Rgb, ...] = (
    (130, 26, 28),
    (32, 60, 110),
    (210, 210, 206),
    (70, 74, 78),
    (24, 26, 28),
    (92, 110, 84),
)
CAPSULE_M = 0.1877  # half the least depth and width of a walker's box


@dataclass(frozen=True)
class Wheel:
    """Where a wheel touches the actor's frame: its middle, and its radius, in metres."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Model:
    """A shape, and the box around it (half sizes and middle, metres).

    The box of a walker is that of somebody standing, and at least as deep as CARLA's capsules: a foot put forward
    is outside of it, as it is in CARLA.
    """

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
        return _walker(type_id, attributes.get("use_wheelchair", "").lower() == "true")
    if kind == "static" and name.startswith("prop."):
        return _prop(name.removeprefix("prop."), attributes.get("mesh_path", ""))
    return _vehicle(name, _color(attributes.get("color", ""), name)) if kind == "vehicle" else None


def walking_mesh(model: Model, phase: float) -> Mesh:
    """Return the shape at a phase of a walker's stride (0 stands straight) or of a cyclist's pedals, 0 to 1."""
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
def _walker(type_id: str, wants_wheelchair: bool) -> Model:
    digits = type_id.rpartition(".")[2]
    number = int(digits) if digits.isdigit() else 0
    known = WALKERS.get(number, WALKERS[1])
    look = look_of(number, age=known.age, gender=known.gender)
    stride = rolling(look) if wants_wheelchair and known.can_use_wheelchair else stride_of(look)
    return _boxed(stride[0], least=CAPSULE_M, stride=stride)


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
    least: float = 0.0,
    wheel_base_m: float = 0.0,
    stride: tuple[Mesh, ...] = (),
    wheels: tuple[Wheel, ...] = (),
    motor: Motor | None = None,
) -> Model:
    points = mesh.triangles.reshape(-1, 3).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    low[:2], high[:2] = np.minimum(low[:2], -least), np.maximum(high[:2], least)
    ex, ey, ez = (float(value) for value in (high - low) / 2)
    cx, cy, cz = (float(value) for value in (high + low) / 2)
    return Model(mesh, (ex, ey, ez), (cx, cy, cz), wheel_base_m, stride, wheels, motor)
