"""Which shape, measures and weight stand behind each vehicle blueprint; makers' figures where they are public.

CARLA's own boxes served where no maker's figure exists. Where CARLA scales a real vehicle up (its 2021 Mini and
Patrol, and its Rosa bus, which is 3.9 m wide), the real size was taken, or a city bus's of CARLA's length.

Tags follow the folders in which CARLA 0.9.14 and later sorts its meshes: vans, minibuses and the ambulance are in the
one of its trucks, the Cybertruck (by its base type a truck) is in the one of its cars, and all two-wheelers carry a
rider with a tag of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from carla_bridge.standin.bodies import cars, trucks
from carla_bridge.standin.bodies.bodywork import Body
from carla_bridge.standin.bodies.cars import (
    BUS,
    COUPE,
    FASTBACK,
    HATCHBACK,
    MICROCAR,
    MINIBUS,
    MINIVAN,
    OFF_ROADER,
    SALOON,
    SUV,
    VAN,
    draw_car,
    draw_with_rails,
)
from carla_bridge.standin.bodies.cycle_parts import Cycle
from carla_bridge.standin.bodies.cycles import CROSS_BIKE, CRUISER, RACER, ROAD_BIKE, SCOOTER, TOWN_BIKE
from carla_bridge.standin.rendering.shapes import Builder, Rgb


@dataclass(frozen=True)
class Motor:
    """What `get_physics_control` tells of a vehicle beside its shape."""

    mass_kg: float
    torque_nm: float = 300.0
    max_rpm: float = 6000.0
    steer_deg: float = 50.0  # how far the front wheels turn


@dataclass(frozen=True)
class FourWheeler:
    """A vehicle with its measures and the function that draws it."""

    body: Body
    motor: Motor
    draw: Callable[[Builder, Body, Rgb], None] = draw_car


@dataclass(frozen=True)
class TwoWheeler:
    """A bicycle or motorcycle, always with somebody on it."""

    cycle: Cycle
    motor: Motor


def _car(
    style: Body,
    size: tuple[float, float, float],
    wheel_base: float,
    mass_kg: float,
    *,
    draw: Callable[[Builder, Body, Rgb], None] = draw_car,
    torque_nm: float | None = None,
    **changes: Any,
) -> FourWheeler:
    """Return a car of a style in its own length, width and height; its belt line grows with its height."""
    length, width, height = size
    changes = {
        "front_overhang": 0.46 * (length - wheel_base),
        "deck": tuple(round(z * height / style.height, 3) for z in style.deck),
        **changes,
    }
    body = replace(style, length=length, width=width, height=height, wheel_base=wheel_base, **changes)
    return FourWheeler(body, Motor(mass_kg, torque_nm or 0.18 * mass_kg), draw)


_CHARGER = replace(SALOON, cabin=(0.27, 0.42, 0.68, 0.86), wheel_radius=0.36)
_CROWN = replace(SALOON, cabin=(0.27, 0.40, 0.62, 0.75), deck=(0.76, 0.96, 1.0, 0.98))
_MINI = (0.25, 0.37, 0.88, 0.98)
_LONG_BOOT = replace(SALOON, cabin=(0.31, 0.41, 0.60, 0.69), deck=(0.78, 0.94, 0.94, 0.86), roof_width=0.72)

GARAGE: dict[str, FourWheeler | TwoWheeler] = {
    "audi.a2": _car(MINIVAN, (3.83, 1.67, 1.55), 2.41, 990, panes=((0.10, 0.46), (0.52, 0.92))),
    "audi.etron": _car(SUV, (4.90, 1.94, 1.63), 2.93, 2490, torque_nm=560, draw=draw_with_rails),
    "audi.tt": _car(COUPE, (4.18, 1.83, 1.35), 2.51, 1410, cabin=(0.26, 0.44, 0.60, 0.94)),
    "bmw.grandtourer": _car(MINIVAN, (4.56, 1.80, 1.61), 2.78, 1540, draw=draw_with_rails),
    "carlamotors.carlacola": FourWheeler(
        trucks.BOX_TRUCK, Motor(5500, 700, 3500), trucks.draw_box_truck
    ),
    "carlamotors.european_hgv": FourWheeler(trucks.LORRY, Motor(14000, 2200, 2300), trucks.draw_lorry),
    "carlamotors.firetruck": FourWheeler(trucks.FIRE_TRUCK, Motor(13000, 1600, 2400), trucks.draw_fire_truck),
    "chevrolet.impala": _car(_LONG_BOOT, (5.36, 2.00, 1.41), 3.02, 1760, front_overhang=0.95),
    "citroen.c3": _car(HATCHBACK, (3.99, 1.75, 1.52), 2.54, 1090, draw=draw_with_rails),
    "dodge.charger_2020": _car(_CHARGER, (5.01, 1.88, 1.48), 3.05, 1920, torque_nm=530),
    "dodge.charger_police": _car(_CHARGER, (4.97, 1.90, 1.48), 3.05, 1930, draw=cars.draw_police_car),
    "dodge.charger_police_2020": _car(_CHARGER, (5.04, 1.90, 1.48), 3.05, 1950, draw=cars.draw_police_car),
    "ford.ambulance": FourWheeler(trucks.AMBULANCE, Motor(5200, 620, 4500), trucks.draw_ambulance),
    "ford.crown": _car(_CROWN, (5.37, 1.98, 1.45), 2.91, 1880, draw=cars.draw_taxi, front_overhang=1.05),
    "ford.mustang": _car(COUPE, (4.72, 1.83, 1.30), 2.74, 1600, cabin=(0.37, 0.48, 0.66, 0.92)),
    "jeep.wrangler_rubicon": _car(OFF_ROADER, (3.87, 1.77, 1.84), 2.42, 1860, draw=cars.draw_off_roader),
    "lincoln.mkz_2017": _car(FASTBACK, (4.92, 1.86, 1.48), 2.85, 1750),
    "lincoln.mkz_2020": _car(FASTBACK, (4.92, 1.86, 1.48), 2.85, 1750),
    "mercedes.coupe": _car(FASTBACK, (5.03, 1.95, 1.45), 2.95, 1990, torque_nm=600, cabin=(0.29, 0.45, 0.64, 0.90)),
    "mercedes.coupe_2020": _car(COUPE, (4.69, 1.81, 1.41), 2.84, 1600),
    "mercedes.sprinter": FourWheeler(VAN, Motor(2300, 360, 4200)),
    "micro.microlino": _car(MICROCAR, (2.52, 1.47, 1.50), 1.57, 513, torque_nm=89),
    "mini.cooper_s": _car(HATCHBACK, (3.80, 1.69, 1.42), 2.47, 1150, cabin=_MINI, roof_width=0.80),
    "mini.cooper_s_2021": _car(HATCHBACK, (3.88, 1.73, 1.43), 2.50, 1270, cabin=_MINI, roof_width=0.80),
    "mitsubishi.fusorosa": FourWheeler(BUS, Motor(8500, 800, 2600), cars.draw_bus),
    "nissan.micra": _car(HATCHBACK, (3.63, 1.66, 1.50), 2.43, 950, cabin=(0.19, 0.39, 0.86, 0.985)),
    "nissan.patrol": _car(SUV, (4.60, 1.93, 1.85), 2.65, 2200, draw=draw_with_rails, roof_width=0.82),
    "nissan.patrol_2021": _car(SUV, (5.17, 1.99, 1.94), 3.08, 2750, torque_nm=560, draw=draw_with_rails),
    "seat.leon": _car(HATCHBACK, (4.26, 1.81, 1.46), 2.63, 1260, cabin=(0.24, 0.43, 0.82, 0.97)),
    "tesla.cybertruck": _car(
        SUV, (5.89, 2.03, 1.91), 3.81, 3100, torque_nm=930, draw=cars.draw_pickup, cabin=(0.16, 0.46, 0.5, 0.95),
        deck=(0.98, 1.10, 1.20, 1.24), wheel_radius=0.44, clearance=0.40, nose_width=0.92, tail_width=0.96,
    ),
    "tesla.model3": _car(FASTBACK, (4.69, 1.85, 1.44), 2.875, 1845, torque_nm=440),
    "toyota.prius": _car(FASTBACK, (4.54, 1.76, 1.49), 2.70, 1400, cabin=(0.19, 0.42, 0.60, 0.94)),
    "volkswagen.t2": FourWheeler(MINIBUS, Motor(1300, 140, 4500)),
    "volkswagen.t2_2021": FourWheeler(MINIBUS, Motor(1300, 140, 4500)),
    "bh.crossbike": TwoWheeler(CROSS_BIKE, Motor(90, 40, 300)),
    "diamondback.century": TwoWheeler(ROAD_BIKE, Motor(85, 40, 300)),
    "gazelle.omafiets": TwoWheeler(TOWN_BIKE, Motor(95, 40, 300)),
    "harley-davidson.low_rider": TwoWheeler(CRUISER, Motor(375, 145, 5500)),
    "kawasaki.ninja": TwoWheeler(RACER, Motor(280, 110, 12000)),
    "vespa.zx125": TwoWheeler(SCOOTER, Motor(190, 11, 8500)),
    "yamaha.yzf": TwoWheeler(RACER, Motor(275, 115, 13000)),
}  # fmt: skip
STANDARD = GARAGE["tesla.model3"]  # what an id nobody knows looks like


def find(name: str) -> FourWheeler | TwoWheeler:
    """Return what stands behind a blueprint id without its `vehicle.`; an unknown one is a plain car."""
    return GARAGE.get(name, STANDARD)
