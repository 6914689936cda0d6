"""What the simulator knows at a tick besides its pictures: poses, boxes, control, weather; read without waiting."""

from collections import deque
from typing import TYPE_CHECKING, Any

from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveState, Placement, TrackedActor

if TYPE_CHECKING:
    import carla

_CONTROL = ("throttle", "steer", "brake", "hand_brake", "reverse", "manual_gear_shift", "gear")
_KEPT_SNAPSHOTS = 64  # three seconds of a server at its usual rate
_MOVING = ("vehicle.", "walker.")


class EgoLost(BridgeError):
    """The vehicle that we drive is no more."""

    def __init__(self, actor_id: int, tick: int):
        super().__init__(
            f"the ego vehicle (actor {actor_id}) is gone at tick {tick}: another client destroyed it; start again"
        )


class OtherTicker(BridgeError):
    """The world went on without us."""

    def __init__(self, ours: int, found: int):
        super().__init__(
            f"the world is at tick {found}, our last one was {ours}: another client ticks it; "
            "end that client, for a recording needs every tick"
        )


class Snapshots:
    """The last snapshots of a world that runs by itself, by tick; `close` before the world goes."""

    def __init__(self, world: "carla.World"):
        self._world, self._kept = world, deque["carla.WorldSnapshot"](maxlen=_KEPT_SNAPSHOTS)
        self._callback = world.on_tick(self._kept.append)

    def of(self, tick: int) -> "carla.WorldSnapshot | None":
        """Return the snapshot of a tick, or None if it has not come or is gone again."""
        return next((each for each in tuple(self._kept) if each.frame == tick), None)

    def close(self) -> None:
        """Take no more."""
        self._world.remove_on_tick(self._callback)


class StateReader:
    """Reads the state of a world, in synchronous mode right after its tick."""

    def __init__(self, world: "carla.World", ego: "carla.Vehicle"):
        self._world, self._ego = world, ego
        self._boxes: dict[
            int, tuple[str, Any]
        ] = {}  # of every actor ever seen: its type and box never change

    def read(self, tick: int, time_s: float) -> DriveState:
        """Return the state of the tick that has just been made."""
        snapshot = self._world.get_snapshot()
        if snapshot.frame != tick:
            raise OtherTicker(tick, snapshot.frame)
        return self.read_from(snapshot, time_s)

    def read_from(self, snapshot: "carla.WorldSnapshot", time_s: float) -> DriveState:
        """Return the state in a snapshot; control and weather are those of now."""
        tick = snapshot.frame
        self._learn([actor.id for actor in snapshot])
        tracked = {actor.id: self._track(actor) for actor in snapshot if self._boxes[actor.id][1] is not None}
        if self._ego.id not in tracked:
            raise EgoLost(self._ego.id, tick)
        ego = tracked.pop(self._ego.id)
        return DriveState(tick, time_s, ego, self._control(), self._weather(), tuple(tracked.values()))

    def _learn(self, ids: list[int]) -> None:
        new = [actor_id for actor_id in ids if actor_id not in self._boxes]
        if not new:
            return
        found: list[carla.Actor] = list(self._world.get_actors(new))
        for actor in found:
            moving = actor.type_id.startswith(_MOVING)
            self._boxes[actor.id] = actor.type_id, actor.bounding_box if moving else None
        for actor_id in new:  # gone again already
            self._boxes.setdefault(actor_id, ("", None))

    def _track(self, actor: "carla.ActorSnapshot") -> TrackedActor:
        type_id, box = self._boxes[actor.id]
        place, velocity = actor.get_transform(), actor.get_velocity()
        return TrackedActor(
            actor.id, type_id, _placement(place), _xyz(box.location), _xyz(box.extent), _xyz(velocity)
        )

    def _control(self) -> dict[str, float]:
        control = self._ego.get_control()
        return {name: float(getattr(control, name)) for name in _CONTROL}

    def _weather(self) -> dict[str, float]:
        weather = self._world.get_weather()
        names = [name for name in dir(weather) if not name.startswith("_")]
        values = {name: getattr(weather, name) for name in names}
        return {name: float(value) for name, value in values.items() if isinstance(value, int | float)}


def _xyz(vector: "carla.Vector3D") -> tuple[float, float, float]:
    return vector.x, vector.y, vector.z


def _placement(place: "carla.Transform") -> Placement:
    rotation = place.rotation
    return Placement(*_xyz(place.location), rotation.pitch, rotation.yaw, rotation.roll)
