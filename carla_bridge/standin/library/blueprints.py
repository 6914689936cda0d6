"""The blueprint library: real CARLA 0.9.16 ids and attributes, and only what the stand-in can spawn."""

from collections.abc import Iterable
from typing import NamedTuple

from carla_bridge.standin.library.attributes import (
    BOOL,
    COLOR,
    FLOAT,
    INT,
    STRING,
    Attribute,
    choice,
    fixed,
    truth,
)
from carla_bridge.standin.library.blueprint_props import PROPS, PropSize
from carla_bridge.standin.library.blueprint_vehicles import VEHICLES, Listed
from carla_bridge.standin.library.blueprint_walkers import WALKERS, Pedestrian
from carla_bridge.standin.library.sensor_blueprints import SENSORS

__all__ = ["BOOL", "COLOR", "FLOAT", "INT", "LIBRARY", "STRING", "Attribute", "Blueprint"]


class Blueprint(NamedTuple):
    """What an actor can be made from; the field order is the wire's."""

    uid: int
    id: str
    tags: str
    attributes: tuple[Attribute, ...]


_ROLE = choice("role_name", STRING, "default")
_EXTENT = tuple(choice(f"extent_{axis}", FLOAT, "1.0") for axis in "xyz")


def _vehicle(listed: Listed) -> Iterable[Attribute]:
    yield choice("role_name", STRING, "autopilot", "scenario", "ego_vehicle")
    if listed.colors:
        yield choice("color", COLOR, *listed.colors)
    if listed.drivers:
        yield choice("driver_id", INT, *map(str, listed.drivers), restricted=True)
    yield choice("sticky_control", BOOL, "true")
    yield choice("terramechanics", BOOL, "false")
    yield fixed("object_type", STRING, "")
    yield fixed("base_type", STRING, listed.base_type)
    yield fixed("special_type", STRING, listed.special_type)
    yield fixed("number_of_wheels", INT, str(listed.wheels))
    yield fixed("generation", INT, str(listed.generation))
    yield fixed("has_dynamic_doors", BOOL, truth(listed.has_dynamic_doors))
    yield fixed("has_lights", BOOL, truth(listed.has_lights))


def _walker(somebody: Pedestrian) -> Iterable[Attribute]:
    speeds = (0.0, somebody.walks_mps, somebody.runs_mps)
    yield choice("role_name", STRING, "pedestrian")
    yield choice("speed", FLOAT, *map(str, speeds))
    yield choice("is_invincible", BOOL, "true")
    seats = ("false", "true") if somebody.can_use_wheelchair else ("false",)
    yield choice("use_wheelchair", BOOL, *seats, restricted=True)
    yield fixed("gender", STRING, somebody.gender)
    yield fixed("generation", INT, str(somebody.generation))
    yield fixed("age", STRING, somebody.age)
    yield fixed("can_use_wheelchair", BOOL, truth(somebody.can_use_wheelchair))


def _prop(prop: PropSize) -> Iterable[Attribute]:
    return (choice("role_name", STRING, "prop"), fixed("size", STRING, prop.size))


def _library() -> dict[str, Blueprint]:
    table: dict[str, Iterable[Attribute]] = {
        **{type_id: _vehicle(listed) for type_id, listed in VEHICLES.items()},
        **{f"walker.pedestrian.{number:04}": _walker(somebody) for number, somebody in WALKERS.items()},
        **{f"static.prop.{name}": _prop(prop) for name, prop in PROPS.items()},
        "static.prop.mesh": (
            _ROLE, choice("mesh_path", STRING, ""), choice("mass", FLOAT, ""), choice("scale", FLOAT, "1.0")
        ),
        "static.trigger.friction": (_ROLE, choice("friction", FLOAT, "3.5"), *_EXTENT),
        "util.actor.empty": (_ROLE,),
        "controller.ai.walker": (_ROLE,),
        **SENSORS,
    }  # fmt: skip
    return {
        type_id: Blueprint(uid, type_id, type_id.replace(".", ","), _named(type_id, attributes))
        for uid, (type_id, attributes) in enumerate(table.items(), start=1)
    }


def _named(type_id: str, attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """Return the attributes with the one that all blueprints have since CARLA speaks to ROS 2."""
    return (*attributes, Attribute("ros_name", STRING, type_id))


LIBRARY = _library()
