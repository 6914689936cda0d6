"""Ambient life: the cars and pedestrians that the town leads itself, until a client takes one over."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.library.blueprints import LIBRARY
from carla_bridge.standin.life.actors import Actor, Vehicle, Walker
from carla_bridge.standin.life.boxes import discs, overlap
from carla_bridge.standin.life.crowd import Stroller, blocked
from carla_bridge.standin.life.junctions import Junctions
from carla_bridge.standin.life.traffic import Driver, light_stops

if TYPE_CHECKING:
    from carla_bridge.standin.streetscape.town import Town

STEP_ASIDE_M = 5.0
AMBIENT_VEHICLES = (
    "vehicle.lincoln.mkz_2020",
    "vehicle.nissan.patrol",
    "vehicle.mitsubishi.fusorosa",
    "vehicle.tesla.model3",
    "vehicle.bh.crossbike",
    "vehicle.mini.cooper_s",
    "vehicle.harley-davidson.low_rider",
    "vehicle.mercedes.sprinter",
    "vehicle.audi.tt",
    "vehicle.ford.ambulance",
    "vehicle.carlamotors.firetruck",
    "vehicle.seat.leon",
    "vehicle.ford.crown",
    "vehicle.carlamotors.european_hgv",
    "vehicle.gazelle.omafiets",
    "vehicle.citroen.c3",
    "vehicle.volkswagen.t2_2021",
    "vehicle.vespa.zx125",
    "vehicle.dodge.charger_police_2020",
    "vehicle.bmw.grandtourer",
    "vehicle.carlamotors.carlacola",
    "vehicle.jeep.wrangler_rubicon",
    "vehicle.diamondback.century",
    "vehicle.dodge.charger_2020",
    "vehicle.yamaha.yzf",
    "vehicle.toyota.prius",
)
WALKERS = tuple(type_id for type_id in LIBRARY if type_id.startswith("walker."))


class AmbientLife:
    """Who leads which ambient actor; the actors themselves belong to the world."""

    def __init__(self, town: "Town", seed: int) -> None:
        self._town = town
        self._rng = np.random.default_rng([seed, 1])
        self._stops = light_stops(town.network)
        self._junctions = Junctions(town.lanes)
        self._drivers: dict[int, Driver] = {}
        self._strollers: dict[int, Stroller] = {}

    def new_driver(self, number: int, create: Callable[..., Actor], others: Iterable[Actor]) -> Actor | None:
        """Return one more car on the streets, made by `create`; None if there is no room."""
        type_id = AMBIENT_VEHICLES[number % len(AMBIENT_VEHICLES)]
        colors = next(a.recommended for a in LIBRARY[type_id].attributes if a.id == "color")
        color = colors[int(self._rng.integers(len(colors)))]
        vehicle = create(type_id, Pose(), role_name="ambient", color=color)
        assert isinstance(vehicle, Vehicle)
        vehicle.is_ambient = True
        driver = Driver(number, vehicle, self._town.lanes, self._rng.spawn(1)[0], self._stops)
        if not self._start(driver, others):
            return None
        self._drivers[vehicle.id] = driver
        return vehicle

    def new_stroller(self, create: Callable[..., Actor]) -> Actor:
        """Return one more pedestrian on the sidewalks, made by `create`."""
        type_id = WALKERS[int(self._rng.integers(len(WALKERS)))]
        walker = create(type_id, Pose(), role_name="ambient")
        assert isinstance(walker, Walker)
        walker.is_ambient = True
        loop = self._town.sidewalks[int(self._rng.integers(len(self._town.sidewalks)))]
        self._strollers[walker.id] = Stroller(walker, loop, self._rng)
        return walker

    def step(self, actors: Iterable[Actor], delta_s: float) -> None:
        """Lead everybody on for one frame."""
        if not self._drivers and not self._strollers:
            return
        solid = discs(actors)
        for driver in self._drivers.values():
            driver.step(delta_s, solid, self._junctions)
            if driver.is_at_end:
                self.makes_way(driver.vehicle, actors)
            driver.vehicle.speed_limit_kmh = float(self._town.lanes[driver.lane].speed_limit_kmh)
        strollers = list(self._strollers.values())
        for stroller, is_blocked in zip(strollers, blocked(strollers, solid), strict=True):
            stroller.step(delta_s, is_blocked=is_blocked)

    def release(self, actor: Actor) -> None:
        """Lead an actor no longer."""
        actor.is_ambient = False
        if driver := self._drivers.pop(actor.id, None):
            self._junctions.forget(driver.number)
        self._strollers.pop(actor.id, None)

    def makes_way(self, actor: Actor, others: Iterable[Actor]) -> bool:
        """Move an ambient actor out of the way of a newcomer, and say whether it went."""
        if driver := self._drivers.get(actor.id):
            self._junctions.forget(driver.number)
            return self._start(driver, others)
        if stroller := self._strollers.get(actor.id):
            stroller.move_on(STEP_ASIDE_M)
            return True
        return False

    def _start(self, driver: Driver, others: Iterable[Actor]) -> bool:
        """Put an ambient car on a free piece of street."""
        obstacles = [actor for actor in others if actor is not driver.vehicle]
        for index in self._rng.permutation(len(self._town.spawn_points)):
            spot = self._town.spawn_points[int(index)]
            lane, point = self._town.lane_index.nearest(spot.x, spot.y, spot.z)
            driver.start_on(lane, float(point))  # points are about 1 m apart
            if not any(overlap(driver.vehicle, other) for other in obstacles):
                return True
        return False
