"""Who plays whom: which actor of the world stands for which of a recorder log, and how they come and go."""

import logging
from math import hypot, inf
from typing import TYPE_CHECKING

from carla_bridge.standin.library.blueprints import LIBRARY
from carla_bridge.standin.life.actors import Actor, Vehicle
from carla_bridge.standin.life.world import MAX_ACTORS
from carla_bridge.standin.recorder_logs.old_blueprints import present
from carla_bridge.standin.recorder_logs.recorder_log import Frame
from carla_bridge.standin.recorder_logs.recorder_poses import pose_of
from carla_bridge.standin.recorder_logs.recorder_records import EventAdd, EventParent, PacketId, VehicleDoor

if TYPE_CHECKING:
    from carla_bridge.standin.life.world import World
    from carla_bridge.standin.recorder_logs.replayer import Wish

log = logging.getLogger(__name__)

TRAFFIC_LIGHT = "traffic.traffic_light"
ALL_DOORS = 6
SAME_PLACE_M = 3.0
MAX_ADOPTED_ID = 0x4000  # instance pictures have room for 0x8000, and some are to come


class Cast:
    """The actors of a replay, by the ids they had when they were recorded."""

    def __init__(self, world: "World", wish: "Wish") -> None:
        self._world, self._wish = world, wish
        self._actors: dict[int, Actor] = {}
        self._brought: set[int] = set()  # recorded ids of those that this replay made
        self._said: set[str] = set()

    def actor(self, recorded_id: int) -> Actor | None:
        """Return who plays a recorded actor, if anybody still does."""
        actor = self._actors.get(recorded_id)
        return actor if actor is not None and self._world.actors.get(actor.id) is actor else None

    def living(self) -> list[Actor]:
        """Return everybody who plays."""
        return [actor for recorded_id in self._actors if (actor := self.actor(recorded_id))]

    def take_events(self, frame: Frame) -> None:
        """Let actors come, be attached and go as they did in a frame."""
        for event in sorted(frame.records(PacketId.EVENT_ADD), key=lambda event: event.actor_id):
            self._add(event)
        for event in frame.records(PacketId.EVENT_PARENT):
            self._attach(event)
        for door in frame.records(PacketId.VEHICLE_DOOR):
            self._move_door(door)
        for event in frame.records(PacketId.EVENT_DEL):
            self._remove(event.actor_id)

    def clear_the_town(self) -> None:
        """Send away the ambient life that plays no part: it would drive through those who do."""
        parents = {actor.parent.id for actor in self._world.actors.values() if actor.parent is not None}
        for actor in list(self._world.actors.values()):
            if actor.is_ambient and actor.id not in parents:
                self._world.destroy(actor.id)

    def remove_all(self) -> None:
        """Take away everybody whom the replay brought."""
        for recorded_id in list(self._brought):
            self._remove(recorded_id)

    def _add(self, event: EventAdd) -> None:
        attributes = {attribute.id: attribute.value for attribute in event.attributes}
        if self._wish.ignore_hero and attributes.get("role_name") == "hero":
            return
        actor = self._player(event, attributes)
        if actor is not None:
            self._actors[event.actor_id] = actor

    def _player(self, event: EventAdd, attributes: dict[str, str]) -> Actor | None:
        """Return who plays a recorded actor: one that is there, or a new one; None if nobody can."""
        kind = event.type_id.split(".")[0]
        if kind == "spectator":
            return None if self._wish.ignore_spectator else self._world.spectator
        if kind == "traffic":
            return self._traffic_light(event)
        if kind == "controller" or (kind == "sensor" and not self._wish.with_sensors):
            return None
        same = self._world.actors.get(event.actor_id)
        if same is not None and same.type_id == event.type_id:
            self._world.release(same)
            same.simulates_physics = False
            return same
        return self._bring(event, attributes)

    def _traffic_light(self, event: EventAdd) -> Actor | None:
        """Return the nearest light of the town that plays no other yet; a map's lights are where they were."""
        pose = pose_of(event[2:8])
        if event.type_id != TRAFFIC_LIGHT or pose is None:
            return None
        taken = {actor.id for actor in self._actors.values()}
        near = [
            (hypot(actor.pose.x - pose.x, actor.pose.y - pose.y), actor.id, actor)
            for actor in self._world.actors.values()
            if actor.type_id == TRAFFIC_LIGHT and actor.id not in taken
        ]
        distance_m, _, actor = min(near, default=(inf, 0, None))
        if distance_m > SAME_PLACE_M:
            self._say("some of the log's traffic lights stand where the town has none: they are left out")
            return None
        return actor

    def _bring(self, event: EventAdd, attributes: dict[str, str]) -> Actor | None:
        type_id, pose = present(event.type_id, attributes), pose_of(event[2:8])
        if type_id is None or pose is None:
            fault = "the log puts it nowhere" if pose is None else "the stand-in has nothing like it"
            self._say(f"the log's {event.type_id} is left out: {fault}")
            return None
        if len(self._world.actors) >= MAX_ACTORS:
            self._say(f"the world is full with {MAX_ACTORS} actors: the rest of the log's are left out")
            return None
        if type_id != event.type_id:
            self._say(f"the log's {event.type_id} is played by a {type_id}")
        if self._world.next_id < event.actor_id <= MAX_ADOPTED_ID:  # nobody ever had this id
            self._world.next_id = event.actor_id
        free = {each.id for each in LIBRARY[type_id].attributes if each.is_modifiable}
        actor = self._world.add(type_id, pose, **{k: v for k, v in attributes.items() if k in free})
        actor.simulates_physics = False
        self._brought.add(event.actor_id)
        return actor

    def _attach(self, event: EventParent) -> None:
        child, parent = self.actor(event.actor_id), self.actor(event.parent_id)
        if event.actor_id in self._brought and child and parent and not _descends(parent, child):
            child.parent, child.relative = parent, child.pose

    def _move_door(self, moved: VehicleDoor) -> None:
        vehicle = self.actor(moved.actor_id)
        if isinstance(vehicle, Vehicle) and moved.door <= ALL_DOORS:
            doors = set(range(ALL_DOORS)) if moved.door == ALL_DOORS else {moved.door}
            vehicle.open_doors = vehicle.open_doors | doors if moved.is_open else vehicle.open_doors - doors

    def _remove(self, recorded_id: int) -> None:
        actor = self.actor(recorded_id)
        self._actors.pop(recorded_id, None)
        self._brought.discard(recorded_id)
        if actor is not None and actor is not self._world.spectator and actor.type_id != TRAFFIC_LIGHT:
            self._world.destroy(actor.id)

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            log.warning("%s", sentence)


def _descends(actor: Actor | None, other: Actor) -> bool:
    """Say whether `actor` is `other` or attached to it, however far up."""
    while actor is not None and actor is not other:
        actor = actor.parent
    return actor is other
