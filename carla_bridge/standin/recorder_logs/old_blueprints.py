"""Blueprints of older logs: what this library calls them, or the nearest that it has."""

from collections.abc import Mapping
from itertools import takewhile

from carla_bridge.standin.library.blueprints import LIBRARY

RENAMED = {  # as CARLA itself renamed them over the years
    "vehicle.bmw.isetta": "vehicle.micro.microlino",
    "vehicle.charger2020.charger2020": "vehicle.dodge.charger_2020",
    "vehicle.chargercop2020.chargercop2020": "vehicle.dodge.charger_police_2020",
    "vehicle.dodge_charger.police": "vehicle.dodge.charger_police",
    "vehicle.harley-davidson.low rider": "vehicle.harley-davidson.low_rider",
    "vehicle.lincoln.mkz2017": "vehicle.lincoln.mkz_2017",
    "vehicle.lincoln2020.mkz2020": "vehicle.lincoln.mkz_2020",
    "vehicle.mercedes-benz.coupe": "vehicle.mercedes.coupe",
    "vehicle.mercedesccc.mercedesccc": "vehicle.mercedes.coupe_2020",
    "vehicle.mini.cooperst": "vehicle.mini.cooper_s",
    "vehicle.mustang.mustang": "vehicle.ford.mustang",
}
MESH = "static.prop.mesh"  # how a map's own props are recorded: by the path of their shape
USUAL = {"2": "vehicle.yamaha.yzf", "4": "vehicle.lincoln.mkz_2017"}  # by the number of wheels


def present(type_id: str, attributes: Mapping[str, str]) -> str | None:
    """Return the blueprint of this library that stands for one of a log; None if there is nothing like it."""
    type_id = RENAMED.get(type_id, type_id)
    if type_id == MESH and (prop := _prop_of(attributes.get("mesh_path", ""))) in LIBRARY:
        return prop
    if type_id in LIBRARY:
        return type_id
    if type_id.startswith("vehicle."):
        return _nearest_vehicle(type_id, attributes)
    return _nearest_walker(type_id) if type_id.startswith("walker.") else None


def _nearest_vehicle(type_id: str, attributes: Mapping[str, str]) -> str:
    """Return the vehicle with as many wheels, of the same base type where there is one, and the nearest name."""
    wheels = attributes.get("number_of_wheels", "4")
    usual = USUAL.get(wheels, USUAL["4"])
    same = [
        each for each in LIBRARY if each.startswith("vehicle.") and _of(each, "number_of_wheels") == wheels
    ]
    alike = [each for each in same if _of(each, "base_type") == attributes.get("base_type")]
    candidates = alike or same or [usual]
    return max(candidates, key=lambda each: (len(_maker(each, type_id)), each == usual))


def _prop_of(mesh_path: str) -> str:
    """Return what a prop is called whose shape has this path, as in `/Game/…/SM_PlasticChair.SM_PlasticChair`."""
    shape = mesh_path.rpartition(".")[2].lower().removeprefix("sm_")
    return f"static.prop.{shape.replace('_', '')}"


def _maker(one: str, other: str) -> str:
    """Return the letters that two ids begin with, if they are of the same maker."""
    if one.split(".")[:2] != other.split(".")[:2]:
        return ""
    return "".join(a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _of(type_id: str, attribute_id: str) -> str | None:
    return next((each.value for each in LIBRARY[type_id].attributes if each.id == attribute_id), None)


def _nearest_walker(type_id: str) -> str:
    walkers = sorted(each for each in LIBRARY if each.startswith("walker."))
    digits = type_id.rpartition(".")[2]
    return walkers[int(digits[-9:]) % len(walkers) if digits.isascii() and digits.isdigit() else 0]
