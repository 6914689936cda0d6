"""One episode: clock, actors, weather and ambient life; deterministic, without threads, sockets or wall time."""

import logging
from typing import TYPE_CHECKING

import numpy as np

from .actors import STILL, Actor, Sensor, Vehicle, Walker
from .blueprints import LIBRARY
from .boxes import discs, overlap
from .crowd import Stroller
from .driving import drive, walk
from .geometry import Pose
from .junctions import Junctions
from .models import model_for
from .payloads import Moment
from .schema import ActorDescription, AttributeValue, Weather
from .traffic import Driver

if TYPE_CHECKING:
    from .town import Town

log = logging.getLogger(__name__)

MAX_ACTORS = 2000
UNSTREAMED = ("sensor.other.lane_invasion",)  # the client computes it
WORLD_STREAM = 1
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
)


class WorldError(Exception):
    """A client asked for something this world cannot do; the message is what CARLA would say."""


class World:
    """The state of one episode; `step` is the only thing that makes time pass."""

    def __init__(
        self,
        town: "Town",
        *,
        seed: int,
        vehicles: int,
        walkers: int,
        episode_id: int,
        frame: int,
        next_id: int,
    ) -> None:
        self.town, self.episode_id = town, episode_id
        self.moment = Moment(frame, 0.0, 0.0)
        self.weather = Weather()
        self.actors: dict[int, Actor] = {}
        self.collisions: list[tuple[Actor, Actor]] = []  # of the latest step
        self.next_id = next_id  # actors and streams; never used twice
        self._rng = np.random.default_rng([seed, 1])
        self._roads = np.concatenate([lane.points for lane in town.lanes])
        self._lane_of = np.repeat(np.arange(len(town.lanes)), [len(lane.points) for lane in town.lanes])
        self._junctions = Junctions(town.lanes)
        self._drivers: dict[int, Driver] = {}
        self._strollers: dict[int, Stroller] = {}
        start = town.spawn_points[0]
        self.spectator = self._add("spectator", Pose(start.x, start.y, start.z + 10.0, -20.0, start.yaw))
        for number in range(vehicles):
            if not self._add_driver(number):
                log.warning("the town is full with %d of %d ambient cars", number, vehicles)
                break
        for _ in range(walkers if town.sidewalks else 0):
            self._add_stroller()

    def step(self, delta_s: float) -> None:
        """Let one frame pass."""
        frame, elapsed_s, _ = self.moment
        self.moment = Moment(frame + 1, elapsed_s + delta_s, delta_s)
        self.collisions = []
        for actor in list(self.actors.values()):
            if isinstance(actor, Vehicle) and not actor.is_ambient:
                self._drive(actor, delta_s)
            elif isinstance(actor, Walker) and not actor.is_ambient:
                walk(actor, delta_s)
        self._step_ambient(delta_s)
        for actor in self.actors.values():
            actor.follow_parent()

    def find(self, actor_id: int) -> Actor:
        """Return a living actor."""
        if actor_id not in self.actors:
            raise WorldError(f"unable to find actor {actor_id}: not found")
        return self.actors[actor_id]

    def is_gone(self, actor_id: int) -> bool:
        """Say whether an actor once lived and lives no more.

        A traffic manager asks after vehicles that are gone, and an error for that would kill its process.
        """
        return 0 < actor_id < self.next_id and actor_id not in self.actors

    def spawn(self, description: ActorDescription, pose: Pose, parent: Actor | None = None) -> Actor:
        """Add an actor for a client; `pose` is relative if there is a parent."""
        if description.id not in LIBRARY:
            raise WorldError(f"Spawn failed because there is no blueprint '{description.id}'")
        if len(self.actors) >= MAX_ACTORS:
            raise WorldError("Spawn failed because the world is full")
        given = {attribute.id: attribute.value for attribute in description.attributes}
        actor = self._create(describe(description.id, **given), pose)
        if parent is not None:
            actor.parent, actor.relative = parent, pose
            actor.follow_parent()
        if actor.parent is None and actor.model is not None:
            self._settle(actor)
            self._make_room(actor)
        self.actors[actor.id] = actor
        return actor

    def destroy(self, actor_id: int) -> None:
        """Remove an actor and whatever is attached to it."""
        if actor_id not in self.actors or actor_id == self.spectator.id:
            raise WorldError("unable to destroy actor: not found")
        gone = {actor_id: self.actors[actor_id]}
        for actor in self.actors.values():  # a parent is older than what is attached to it
            if actor.parent is not None and actor.parent.id in gone:
                gone[actor.id] = actor
        for actor in gone.values():
            self.release(actor)
            del self.actors[actor.id]

    def release(self, actor: Actor) -> None:
        """Leave an ambient actor to the clients: one of them wants to move it."""
        if actor.is_ambient:
            actor.is_ambient = False
            if driver := self._drivers.pop(actor.id, None):
                self._junctions.forget(driver.number)
            self._strollers.pop(actor.id, None)

    def _drive(self, vehicle: Vehicle, delta_s: float) -> None:
        if not vehicle.simulates_physics or vehicle.parent is not None:
            vehicle.velocity = vehicle.angular_velocity = vehicle.acceleration = STILL
            vehicle.speed_mps = 0.0
            return
        before, near = vehicle.pose, self._near(vehicle)
        touching = [other for other in near if overlap(vehicle, other)]
        drive(vehicle, delta_s)
        self._settle(vehicle)
        hit = next((other for other in near if other not in touching and overlap(vehicle, other)), None)
        if hit is not None:
            vehicle.pose, vehicle.speed_mps, vehicle.velocity = before, 0.0, STILL
            self.collisions += [(vehicle, hit), (hit, vehicle)]

    def _near(self, actor: Actor) -> list[Actor]:
        return [
            other
            for other in self.actors.values()
            if other.model is not None
            and other is not actor
            and abs(other.pose.x - actor.pose.x) + abs(other.pose.y - actor.pose.y) < 25.0
        ]

    def _settle(self, actor: Actor) -> None:
        """Put a vehicle onto the road and let it know the speed limit there."""
        if isinstance(actor, Vehicle):
            pose = actor.pose
            nearest = int(np.argmin(np.sum((self._roads[:, :2] - (pose.x, pose.y)) ** 2, axis=1)))
            actor.speed_limit_kmh = float(self.town.lanes[self._lane_of[nearest]].speed_limit_kmh)
            actor.pose = Pose(pose.x, pose.y, float(self._roads[nearest, 2]), 0.0, pose.yaw, 0.0)

    def _make_room(self, actor: Actor) -> None:
        """Let ambient life make way for a newcomer; refuse it where a client's actor stands."""
        for other in self._near(actor):
            if not overlap(actor, other):
                continue
            if driver := self._drivers.get(other.id):
                self._junctions.forget(driver.number)
                self._start(driver, also_clear_of=actor)
            elif stroller := self._strollers.get(other.id):
                stroller.move_on(5.0)
            else:
                raise WorldError("Spawn failed because of collision at spawn position")

    def _step_ambient(self, delta_s: float) -> None:
        solid = discs(self.actors.values())
        for driver in self._drivers.values():
            driver.step(delta_s, solid, self._junctions)
            self._tell_speed_limit(driver)
        for stroller in self._strollers.values():
            stroller.step(delta_s, solid)

    def _tell_speed_limit(self, driver: Driver) -> None:
        driver.vehicle.speed_limit_kmh = float(self.town.lanes[driver.lane].speed_limit_kmh)

    def _create(self, description: ActorDescription, pose: Pose) -> Actor:
        kind = {"vehicle": Vehicle, "walker": Walker, "sensor": Sensor}.get(
            description.id.split(".")[0], Actor
        )
        attributes = {attribute.id: attribute.value for attribute in description.attributes}
        actor = kind(self.next_id, description, pose, model_for(description.id, attributes))
        if kind is Sensor and description.id not in UNSTREAMED:
            actor.stream_id = WORLD_STREAM + actor.id
        self.next_id += 1
        return actor

    def _add(self, type_id: str, pose: Pose, **attributes: str) -> Actor:
        actor = self._create(describe(type_id, **attributes), pose)
        self.actors[actor.id] = actor
        return actor

    def _add_driver(self, number: int) -> bool:
        type_id = AMBIENT_VEHICLES[number % len(AMBIENT_VEHICLES)]
        colors = next(a.recommended for a in LIBRARY[type_id].attributes if a.id == "color")
        color = colors[int(self._rng.integers(len(colors)))]
        vehicle = self._add(type_id, Pose(), role_name="ambient", color=color)
        assert isinstance(vehicle, Vehicle)
        vehicle.is_ambient = True
        driver = Driver(number, vehicle, self.town.lanes, self._rng.spawn(1)[0])
        try:
            self._start(driver)
        except WorldError:
            del self.actors[vehicle.id]
            return False
        self._drivers[vehicle.id] = driver
        return True

    def _start(self, driver: Driver, also_clear_of: Actor | None = None) -> None:
        """Put an ambient car on a free piece of street."""
        others = [a for a in (*self.actors.values(), also_clear_of) if a not in (None, driver.vehicle)]
        for index in self._rng.permutation(len(self.town.spawn_points)):
            spot = self.town.spawn_points[int(index)]
            nearest = int(np.argmin(np.hypot(self._roads[:, 0] - spot.x, self._roads[:, 1] - spot.y)))
            lane = int(self._lane_of[nearest])
            driver.start_on(lane, float(nearest - int(np.argmax(self._lane_of == lane))))
            if not any(overlap(driver.vehicle, other) for other in others if other is not None):
                return
        raise WorldError("Spawn failed because the town is full")

    def _add_stroller(self) -> None:
        number = int(self._rng.integers(1, 17))
        walker = self._add(f"walker.pedestrian.{number:04}", Pose(), role_name="ambient")
        assert isinstance(walker, Walker)
        walker.is_ambient = True
        loop = self.town.sidewalks[int(self._rng.integers(len(self.town.sidewalks)))]
        self._strollers[walker.id] = Stroller(walker, loop, self._rng)


def describe(type_id: str, /, **values: str) -> ActorDescription:
    """Return the description of an actor with all defaults but those given."""
    if type_id not in LIBRARY:
        return ActorDescription(0, type_id)
    blueprint = LIBRARY[type_id]
    attributes = (AttributeValue(a.id, a.type, values.get(a.id, a.value)) for a in blueprint.attributes)
    return ActorDescription(blueprint.uid, type_id, tuple(attributes))
