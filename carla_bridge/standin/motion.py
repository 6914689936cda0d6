"""How the actors that clients lead move in one frame, and what they run into."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from .actors import STILL, Actor, Vehicle, Walker
from .boxes import overlap
from .driving import drive, walk
from .schema import Vector3D

NEAR_M = 25.0


class Collision(NamedTuple):
    """One actor's part in a collision."""

    actor: Actor
    other: Actor
    impulse: Vector3D  # what the actor got, N·s along the world's axes


def move(actors: Iterable[Actor], delta_s: float, settle: Callable[[Actor], None]) -> list[Collision]:
    """Let a frame pass for all actors but the ambient ones, and return who ran into whom."""
    everybody, collisions = list(actors), list[Collision]()
    for actor in everybody:
        if actor.is_ambient:
            continue
        if isinstance(actor, Vehicle):
            collisions += _move_vehicle(actor, everybody, delta_s, settle)
        elif isinstance(actor, Walker):
            _move_walker(actor, delta_s)
    return collisions


def _move_vehicle(
    vehicle: Vehicle, everybody: Iterable[Actor], delta_s: float, settle: Callable[[Actor], None]
) -> list[Collision]:
    if not vehicle.simulates_physics or vehicle.parent is not None:
        vehicle.velocity = vehicle.angular_velocity = vehicle.acceleration = STILL
        vehicle.speed_mps = 0.0
        return []
    before, near = vehicle.pose, near_to(vehicle, everybody)
    touching = [other for other in near if overlap(vehicle, other)]
    drive(vehicle, delta_s)
    settle(vehicle)
    hit = next((other for other in near if other not in touching and overlap(vehicle, other)), None)
    if hit is None:
        return []
    impulse = _impulse(vehicle)
    vehicle.pose, vehicle.speed_mps, vehicle.velocity = before, 0.0, STILL
    back = Vector3D(*(-part for part in impulse))
    return [Collision(vehicle, hit, impulse), Collision(hit, vehicle, back)]


def _move_walker(walker: Walker, delta_s: float) -> None:
    """Let a walker follow its control, unless a client's navigation has just placed it."""
    walker.led_for_s -= delta_s
    if walker.led_for_s <= 0.0:
        walk(walker, delta_s)


def _impulse(vehicle: Vehicle) -> Vector3D:
    """Return what stops a vehicle at once."""
    return Vector3D(*(-vehicle.physics.mass * part for part in vehicle.velocity))


def near_to(actor: Actor, others: Iterable[Actor]) -> list[Actor]:
    """Return those with a shape that an actor might touch in the next moment."""
    return [
        other
        for other in others
        if other.model is not None
        and other is not actor
        and abs(other.pose.x - actor.pose.x) + abs(other.pose.y - actor.pose.y) < NEAR_M
    ]
