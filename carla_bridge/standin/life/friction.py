"""Friction triggers: boxes in which all tyres have the friction that a client wants, as on ice or in mud."""

from collections.abc import Iterable, Sequence

import numpy as np

from carla_bridge.standin.life.actors import Actor, Vehicle, number

TRIGGER = "static.trigger.friction"
USUAL = 3.5


def follow_triggers(actors: Iterable[Actor]) -> None:
    """Give the vehicles within a trigger its friction, and those that have left it their own again."""
    everybody = list(actors)
    triggers = [actor for actor in everybody if actor.type_id == TRIGGER]
    for vehicle in everybody:
        if isinstance(vehicle, Vehicle) and (triggers or vehicle.own_friction):
            trigger = next((each for each in triggers if _holds(each, vehicle)), None)
            if trigger is None:
                _set(vehicle, vehicle.own_friction)
                vehicle.own_friction = ()
            elif not vehicle.own_friction:
                vehicle.own_friction = tuple(wheel.tire_friction for wheel in vehicle.physics.wheels)
                friction = number(trigger.attributes, "friction", USUAL)
                _set(vehicle, [friction] * len(vehicle.own_friction))


def _holds(trigger: Actor, vehicle: Vehicle) -> bool:
    """Say whether a vehicle's middle is in a trigger, whose extent is in centimetres."""
    attributes = trigger.attributes
    extent_m = np.array([number(attributes, f"extent_{axis}", 1.0) / 100.0 for axis in "xyz"])
    here, there = vehicle.pose, trigger.pose
    offset = np.array([here.x - there.x, here.y - there.y, here.z - there.z])
    return bool(np.all(np.abs(trigger.pose.matrix()[:3, :3].T @ offset) <= extent_m))


def _set(vehicle: Vehicle, frictions: Sequence[float]) -> None:
    wheels = vehicle.physics.wheels
    if len(frictions) == len(wheels):
        pairs = zip(wheels, frictions, strict=True)
        vehicle.physics = vehicle.physics._replace(
            wheels=tuple(wheel._replace(tire_friction=friction) for wheel, friction in pairs)
        )
