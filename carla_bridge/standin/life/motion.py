"""How the actors that clients lead move in one frame, and what they run into."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from carla_bridge.standin.life.actors import STILL, Actor, Vehicle, Walker
from carla_bridge.standin.life.boxes import close_pairs, overlap
from carla_bridge.standin.life.driving import drive, walk
from carla_bridge.standin.protocol.schema import Vector3D

MARGIN_M = 1.0  # more than anybody speeds up in a frame


class Collision(NamedTuple):
    """One actor's part in a collision."""

    actor: Actor
    other: Actor
    impulse: Vector3D  # what the actor got, N·s along the world's axes


def move(actors: Iterable[Actor], delta_s: float, settle: Callable[[Vehicle], None]) -> list[Collision]:
    """Let a frame pass for all actors but the ambient ones, and return who ran into whom."""
    everybody, driven = list(actors), list[Vehicle]()
    for actor in everybody:
        if actor.is_ambient:
            continue
        if isinstance(actor, Vehicle):
            if actor.simulates_physics and actor.parent is None:
                driven.append(actor)
            else:
                _hold(actor)
        elif isinstance(actor, Walker):
            _move_walker(actor, delta_s)
    return _drive_all(driven, everybody, delta_s, settle)


def _hold(vehicle: Vehicle) -> None:
    vehicle.velocity = vehicle.angular_velocity = vehicle.acceleration = STILL
    vehicle.speed_mps = 0.0


def _move_walker(walker: Walker, delta_s: float) -> None:
    """Let a walker follow its control, unless a client's navigation has just placed it."""
    walker.led_for_s -= delta_s
    if walker.led_for_s <= 0.0:
        walk(walker, delta_s)


def _drive_all(
    driven: list[Vehicle], everybody: list[Actor], delta_s: float, settle: Callable[[Vehicle], None]
) -> list[Collision]:
    """Drive one after the other; everybody sees where those before have got to."""
    if not driven:
        return []
    solid = [actor for actor in everybody if actor.model is not None and actor.collides]
    reach_m = np.array([abs(vehicle.speed_mps) * delta_s for vehicle in driven])
    margin_m = reach_m + reach_m.max(initial=0.0) + MARGIN_M
    collisions: list[Collision] = []
    for vehicle, near in zip(driven, close_pairs(driven, solid, margin_m), strict=True):
        collisions += _drive_one(vehicle, near if vehicle.collides else [], delta_s, settle)
    return collisions


def _drive_one(
    vehicle: Vehicle, near: list[Actor], delta_s: float, settle: Callable[[Vehicle], None]
) -> list[Collision]:
    before = vehicle.pose
    touching = [other for other in near if overlap(vehicle, other)]
    drive(vehicle, delta_s)
    settle(vehicle)
    hit = next((other for other in near if other not in touching and overlap(vehicle, other)), None)
    if hit is None:
        return []
    impulse = Vector3D(*(-vehicle.physics.mass * part for part in vehicle.velocity))  # what stops it at once
    vehicle.pose, vehicle.speed_mps, vehicle.velocity = before, 0.0, STILL
    back = Vector3D(*(-part for part in impulse))
    return [Collision(vehicle, hit, impulse), Collision(hit, vehicle, back)]
