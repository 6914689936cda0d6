"""The blueprint library as data: real CARLA 0.9.16 ids and attributes, and only what the stand-in can spawn."""

from collections.abc import Iterable
from typing import NamedTuple

from .attributes import BOOL, COLOR, FLOAT, INT, STRING, Attribute
from .sensor_blueprints import SENSORS


class Blueprint(NamedTuple):
    """What an actor can be made from; the field order is the wire's."""

    uid: int
    id: str
    tags: str
    attributes: tuple[Attribute, ...]


# id: base_type, special_type, wheels, generation, colours
_BIKE_COLORS = ("86,12,12", "10,10,10", "44,44,44")
_CAR_COLORS = ("17,37,103", "180,44,44", "245,245,245", "33,33,33", "137,160,173", "75,90,58")
VEHICLES: dict[str, tuple[str, str, int, int, tuple[str, ...]]] = {
    "vehicle.audi.a2": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.audi.etron": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.audi.tt": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.bh.crossbike": ("bicycle", "", 2, 1, _BIKE_COLORS),
    "vehicle.bmw.grandtourer": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.carlamotors.carlacola": ("truck", "", 4, 1, ("255,68,0",)),
    "vehicle.carlamotors.firetruck": ("truck", "emergency", 4, 2, ("180,20,20",)),
    "vehicle.chevrolet.impala": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.citroen.c3": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.diamondback.century": ("bicycle", "", 2, 1, _BIKE_COLORS),
    "vehicle.dodge.charger_2020": ("car", "", 4, 2, _CAR_COLORS),
    "vehicle.ford.ambulance": ("van", "emergency", 4, 2, ("245,245,245",)),
    "vehicle.ford.mustang": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.gazelle.omafiets": ("bicycle", "", 2, 1, _BIKE_COLORS),
    "vehicle.harley-davidson.low_rider": ("motorcycle", "", 2, 1, _BIKE_COLORS),
    "vehicle.jeep.wrangler_rubicon": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.kawasaki.ninja": ("motorcycle", "", 2, 1, _BIKE_COLORS),
    "vehicle.lincoln.mkz_2017": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.lincoln.mkz_2020": ("car", "", 4, 2, _CAR_COLORS),
    "vehicle.mercedes.coupe": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.mercedes.sprinter": ("van", "", 4, 2, ("245,245,245", "33,33,33")),
    "vehicle.micro.microlino": ("car", "electric", 4, 1, _CAR_COLORS),
    "vehicle.mini.cooper_s": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.mitsubishi.fusorosa": ("bus", "", 4, 2, ("245,245,245", "180,150,20")),
    "vehicle.nissan.micra": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.nissan.patrol": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.seat.leon": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.tesla.model3": ("car", "electric", 4, 2, _CAR_COLORS),
    "vehicle.toyota.prius": ("car", "", 4, 1, _CAR_COLORS),
    "vehicle.vespa.zx125": ("motorcycle", "", 2, 1, _BIKE_COLORS),
    "vehicle.volkswagen.t2": ("van", "", 4, 1, _CAR_COLORS),
    "vehicle.yamaha.yzf": ("motorcycle", "", 2, 1, _BIKE_COLORS),
}

# number: age, gender
WALKERS: dict[int, tuple[str, str]] = {
    1: ("adult", "male"),
    2: ("adult", "female"),
    3: ("adult", "female"),
    4: ("adult", "male"),
    5: ("adult", "female"),
    6: ("adult", "male"),
    7: ("adult", "male"),
    8: ("adult", "female"),
    9: ("child", "female"),
    10: ("child", "female"),
    11: ("child", "male"),
    12: ("child", "male"),
    13: ("child", "female"),
    14: ("child", "male"),
    15: ("adult", "female"),
    16: ("adult", "male"),
}

_ROLE = Attribute("role_name", STRING, "default", ("autopilot", "scenario", "ego_vehicle"))


def _vehicle(base: str, special: str, wheels: int, generation: int, colors: Iterable[str]) -> list[Attribute]:
    color, *_ = choices = tuple(colors)
    attributes = [
        _ROLE._replace(recommended=("autopilot", "scenario", "ego_vehicle")),
        Attribute("color", COLOR, color, choices),
        Attribute("base_type", STRING, base, is_modifiable=False),
        Attribute("special_type", STRING, special, is_modifiable=False),
        Attribute("number_of_wheels", INT, str(wheels), is_modifiable=False),
        Attribute("generation", INT, str(generation), is_modifiable=False),
        Attribute("object_type", STRING, "", is_modifiable=False),
        Attribute("sticky_control", BOOL, "true"),
        Attribute("terramechanics", BOOL, "false"),
    ]
    driver = Attribute("driver_id", INT, "1", ("1", "2", "3")) if wheels == 2 else None
    return [*attributes, driver] if driver else attributes


def _walker(age: str, gender: str) -> list[Attribute]:
    speeds = ("0.0", "1.1", "2.2") if age == "child" else ("0.0", "1.4", "2.8")
    return [
        _ROLE._replace(recommended=()),
        Attribute("is_invincible", BOOL, "true"),
        Attribute("speed", FLOAT, speeds[1], speeds),
        Attribute("age", STRING, age, is_modifiable=False),
        Attribute("gender", STRING, gender, is_modifiable=False),
        Attribute("generation", INT, "1", is_modifiable=False),
        Attribute("can_use_wheelchair", BOOL, "false", is_modifiable=False),
    ]


def _library() -> dict[str, Blueprint]:
    table: dict[str, Iterable[Attribute]] = {
        **{type_id: _vehicle(*row) for type_id, row in VEHICLES.items()},
        **{f"walker.pedestrian.{number:04}": _walker(*row) for number, row in WALKERS.items()},
        "controller.ai.walker": (_ROLE,),
        **SENSORS,
    }
    return {
        type_id: Blueprint(uid, type_id, type_id.replace(".", ","), tuple(attributes))
        for uid, (type_id, attributes) in enumerate(table.items(), start=1)
    }


LIBRARY = _library()
