"""One episode: clock, actors, weather and ambient life; deterministic, without threads, sockets or wall time."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from carla_bridge.standin.bodies.models import model_for
from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.library.blueprints import LIBRARY
from carla_bridge.standin.life.actors import Actor, Sensor, Vehicle, Walker
from carla_bridge.standin.life.ambient import AmbientLife
from carla_bridge.standin.life.boxes import overlap
from carla_bridge.standin.life.friction import follow_triggers
from carla_bridge.standin.life.light_cycles import TrafficLights
from carla_bridge.standin.life.motion import Collision, move
from carla_bridge.standin.life.signs import TrafficLight, TrafficSign, signs_of
from carla_bridge.standin.life.stop_zones import StopZones
from carla_bridge.standin.life.vehicle_physics import physics_of
from carla_bridge.standin.protocol.payloads import Moment
from carla_bridge.standin.protocol.schema import ActorDescription, AttributeValue, Weather

if TYPE_CHECKING:
    from carla_bridge.standin.streetscape.town import Town

__all__ = ["MAX_ACTORS", "WORLD_STREAM", "World", "describe"]

log = logging.getLogger(__name__)

MAX_ACTORS = 2000
UNSTREAMED = ("sensor.other.lane_invasion",)  # the client computes it
WORLD_STREAM = 1
LEVEL = (0.0, 0.0)
GRAVITY_MPS2 = 9.81
KINDS = {
    "vehicle.": Vehicle,
    "walker.": Walker,
    "sensor.": Sensor,
    "traffic.traffic_light": TrafficLight,
    "traffic.": TrafficSign,
}  # by the beginning of the blueprint's id


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
        self.gravity_mps2 = GRAVITY_MPS2  # what an IMU feels
        self.actors: dict[int, Actor] = {}
        self.collisions: list[Collision] = []  # of the latest step
        self.after_moving: list[Callable[[World], None]] = []  # run at the end of each step, in order
        self.next_id = next_id  # actors and streams; never used twice
        start = town.spawn_points[0]
        self.spectator = self.add("spectator", Pose(start.x, start.y, start.z + 10.0, -20.0, start.yaw))
        signs = signs_of(town.network, self.add)
        self.lights = TrafficLights(town.network, signs)
        self._stop_zones = StopZones(town.network, signs)
        self._ambient = AmbientLife(town, seed)
        self._populate(vehicles, walkers)

    def step(self, delta_s: float) -> None:
        """Let one frame pass."""
        frame, elapsed_s, _ = self.moment
        self.moment = Moment(frame + 1, elapsed_s + delta_s, delta_s)
        self.lights.step(delta_s)
        self.collisions = move(self.actors.values(), delta_s, self._settle)
        follow_triggers(self.actors.values())
        self._ambient.step(self.actors.values(), delta_s)
        for actor in self.actors.values():
            actor.follow_parent()
        self._stop_zones.tell([actor for actor in self.actors.values() if isinstance(actor, Vehicle)])
        for follow in tuple(self.after_moving):  # one may leave at its end
            follow(self)

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
        actor = self._create(description.id, pose, **given)
        if parent is not None:
            actor.parent, actor.relative = parent, pose
            actor.follow_parent()
        if actor.parent is None and actor.model is not None:
            if isinstance(actor, Vehicle):
                self._settle(actor)
            self._make_room(actor)
        return self._enter(actor)

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
            self._ambient.release(actor)

    def add(self, type_id: str, pose: Pose, /, **attributes: str) -> Actor:
        """Add an actor of the world's own, without asking for room."""
        return self._enter(self._create(type_id, pose, **attributes))

    def _enter(self, actor: Actor) -> Actor:
        self.actors[actor.id] = actor
        return actor

    def _settle(self, vehicle: Vehicle) -> None:
        """Put a vehicle onto the road and let it know the speed limit there."""
        pose = vehicle.pose
        footing = self.town.lane_index.footing(pose.x, pose.y, pose.z)
        pitch, roll = footing.pitch_and_roll_deg(pose.yaw) if footing.slope != LEVEL else LEVEL
        vehicle.speed_limit_kmh = self.town.lanes[footing.lane].speed_limit_kmh
        vehicle.pose = Pose(pose.x, pose.y, footing.z, pitch, pose.yaw, roll)

    def _make_room(self, actor: Actor) -> None:
        """Let ambient life make way for a newcomer; refuse it where a client's actor stands, but for props."""
        lies_anywhere = actor.type_id.startswith("static.")  # a cone may stand on a plank
        for other in list(self.actors.values()):
            if not overlap(actor, other) or self._ambient.makes_way(other, (*self.actors.values(), actor)):
                continue
            if other.is_ambient:
                self.destroy(other.id)  # the streets are full: the town's own cars leave them to the clients
            elif not lies_anywhere:
                raise WorldError("Spawn failed because of collision at spawn position")

    def _populate(self, vehicles: int, walkers: int) -> None:
        for number in range(vehicles):
            car = self._ambient.new_driver(number, self._create, self.actors.values())
            if car is None:
                log.warning("the town is full with %d of %d ambient cars", number, vehicles)
                break
            self._enter(car)
        for _ in range(walkers if self.town.sidewalks else 0):
            self._enter(self._ambient.new_stroller(self._create))

    def _create(self, type_id: str, pose: Pose, /, **attributes: str) -> Actor:
        description = describe(type_id, **attributes)
        kind = next((kind for start, kind in KINDS.items() if type_id.startswith(start)), Actor)
        given = {attribute.id: attribute.value for attribute in description.attributes}
        actor = kind(self.next_id, description, pose, model_for(type_id, given))
        if isinstance(actor, Vehicle):
            actor.physics = physics_of(actor.model)
        if kind is Sensor and type_id not in UNSTREAMED:
            actor.stream_id = WORLD_STREAM + actor.id
        self.next_id += 1
        return actor


def describe(type_id: str, /, **values: str) -> ActorDescription:
    """Return the description of an actor with all defaults but those given."""
    if type_id not in LIBRARY:
        return ActorDescription(0, type_id)
    blueprint = LIBRARY[type_id]
    attributes = (AttributeValue(a.id, a.type, values.get(a.id, a.value)) for a in blueprint.attributes)
    return ActorDescription(blueprint.uid, type_id, tuple(attributes))
