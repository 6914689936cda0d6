"""From the world to a recorder log: what came and went since the frame before, and where everything is."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from carla_bridge.standin.life.actors import Actor, Sensor, Vehicle, Walker
from carla_bridge.standin.life.signs import TrafficLight
from carla_bridge.standin.protocol.schema import VehiclePhysics
from carla_bridge.standin.recorder_logs.recorder_log import LogWriter
from carla_bridge.standin.recorder_logs.recorder_poses import CM_PER_M, placed
from carla_bridge.standin.recorder_logs.recorder_records import (
    ActorType,
    AnimVehicle,
    AnimWalker,
    Attribute,
    Box,
    Collision,
    EventAdd,
    EventDel,
    EventParent,
    Kinematics,
    LightTimes,
    Number,
    PacketId,
    PhysicsControl,
    Position,
    ShownLight,
    VehicleDoor,
    VehicleLight,
)

if TYPE_CHECKING:
    from carla_bridge.standin.life.world import World

NO_ACTOR = 0xFFFF_FFFF
PLACED = (ActorType.OTHER, ActorType.VEHICLE, ActorType.WALKER)

Packet = tuple[PacketId, Sequence[Any]]


class Recorder:
    """Writes one frame after the other; the first has all the actors that are already there."""

    def __init__(self, writer: LogWriter, *, additional_data: bool) -> None:
        self._writer, self._additional_data = writer, additional_data
        self._known: set[int] = set()
        self._open_doors: dict[int, frozenset[int]] = {}
        self._collisions = 0

    def record(self, world: "World", *, platform_s: float) -> None:
        """Write the frame that has just passed."""
        added = [actor for actor in world.actors.values() if actor.id not in self._known]
        gone = sorted(self._known - world.actors.keys())
        self._known = set(world.actors)
        packets = [
            (PacketId.VISUAL_TIME, [Number(world.moment.elapsed_s)]),
            *_events(added, gone),
            (PacketId.COLLISION, list(self._hits(world))),
            *_states(world.actors.values()),
            (PacketId.VEHICLE_DOOR, list(self._moved_doors(world.actors.values()))),
        ]
        if self._additional_data:
            packets += _additional(world.actors.values(), added, platform_s)
        self._writer.write_frame(world.moment.delta_s, packets)

    def _moved_doors(self, actors: Iterable[Actor]) -> Iterator[VehicleDoor]:
        """Yield the doors that opened or closed since the frame before; those of a newcomer were closed."""
        before, vehicles = self._open_doors, (actor for actor in actors if isinstance(actor, Vehicle))
        self._open_doors = {vehicle.id: frozenset(vehicle.open_doors) for vehicle in vehicles}
        for actor_id, doors in self._open_doors.items():
            for door in sorted(doors ^ before.get(actor_id, frozenset())):
                yield VehicleDoor(actor_id, door, door in doors)

    def _hits(self, world: "World") -> Iterator[Collision]:
        """Yield the collisions of actors that have a sensor for them, as CARLA does; a pair once a frame."""
        watched = {
            actor.parent.id
            for actor in world.actors.values()
            if isinstance(actor, Sensor) and actor.parent is not None and actor.type_id.endswith(".collision")
        }
        for actor_id, other_id in dict.fromkeys(_colliding(world)):
            if actor_id in watched:
                heroes = (is_hero(world.actors.get(each)) for each in (actor_id, other_id))
                yield Collision(self._collisions, actor_id, other_id, *heroes)
                self._collisions += 1


def actor_type(actor: Actor) -> ActorType:
    """Return the kind of an actor."""
    if isinstance(actor, Vehicle):
        return ActorType.VEHICLE
    if isinstance(actor, Walker):
        return ActorType.WALKER
    if actor.type_id.startswith("traffic."):
        is_light = actor.type_id == "traffic.traffic_light"
        return ActorType.TRAFFIC_LIGHT if is_light else ActorType.TRAFFIC_SIGN
    return ActorType.SENSOR if actor.type_id.startswith("sensor.") else ActorType.OTHER


def is_hero(actor: Actor | None) -> bool:
    """Say whether an actor is the one that users call their own."""
    return actor is not None and actor.attributes.get("role_name") == "hero"


def _colliding(world: "World") -> Iterator[tuple[int, int]]:
    for collision in world.collisions:
        yield collision.actor.id, NO_ACTOR if collision.other is None else collision.other.id


def _events(added: Iterable[Actor], gone: Iterable[int]) -> list[Packet]:
    parents = [EventParent(actor.id, actor.parent.id) for actor in added if actor.parent is not None]
    return [
        (PacketId.EVENT_ADD, [_event_add(actor) for actor in added]),
        (PacketId.EVENT_DEL, [EventDel(actor_id) for actor_id in gone]),
        (PacketId.EVENT_PARENT, parents),
    ]


def _event_add(actor: Actor) -> EventAdd:
    pose = actor.pose if actor.parent is None else actor.relative
    description = actor.description
    attributes = tuple(
        Attribute(max(0, each.type - 1), each.id, each.value) for each in description.attributes
    )
    return EventAdd(actor.id, actor_type(actor), *placed(pose), description.uid, description.id, attributes)


def _states(actors: Iterable[Actor]) -> list[Packet]:
    vehicles = [actor for actor in actors if isinstance(actor, Vehicle)]
    walkers = [actor for actor in actors if isinstance(actor, Walker)]
    lights = [actor for actor in actors if isinstance(actor, TrafficLight)]
    positions = [Position(actor.id, *placed(actor.pose)) for actor in actors if actor_type(actor) in PLACED]
    return [
        (PacketId.POSITION, positions),
        (PacketId.STATE, [_shown(light) for light in lights]),
        (PacketId.ANIM_VEHICLE, [_animation(vehicle) for vehicle in vehicles]),
        (PacketId.ANIM_WALKER, [AnimWalker(walker.id, walker.control.speed) for walker in walkers]),
        (PacketId.VEHICLE_LIGHT, [VehicleLight(vehicle.id, vehicle.lights) for vehicle in vehicles]),
    ]


def _shown(light: TrafficLight) -> ShownLight:
    return ShownLight(light.id, light.is_frozen, light.elapsed_s, light.light)


def _animation(vehicle: Vehicle) -> AnimVehicle:
    control = vehicle.control
    gear = min(-1, vehicle.gear) if control.reverse else vehicle.gear
    return AnimVehicle(vehicle.id, control.steer, control.throttle, control.brake, control.hand_brake, gear)


def _additional(actors: Iterable[Actor], added: Iterable[Actor], platform_s: float) -> list[Packet]:
    moving = [actor for actor in actors if isinstance(actor, Vehicle | Walker)]
    solid = [actor for actor in added if actor_type(actor) in PLACED]
    vehicles = [actor for actor in added if isinstance(actor, Vehicle)]
    lights = [actor for actor in added if isinstance(actor, TrafficLight)]
    return [
        (
            PacketId.KINEMATICS,
            [Kinematics(actor.id, *actor.velocity, *actor.angular_velocity) for actor in moving],
        ),
        (PacketId.BOUNDING_BOX, [_box(actor) for actor in solid]),
        (PacketId.PLATFORM_TIME, [Number(platform_s)]),
        (PacketId.PHYSICS_CONTROL, [_physics(vehicle.id, vehicle.physics) for vehicle in vehicles]),
        (PacketId.TRAFFIC_LIGHT_TIME, [_light_times(light) for light in lights]),
    ]


def _box(actor: Actor) -> Box:
    box = actor.bounding_box
    return Box(actor.id, *(CM_PER_M * value for value in (*box.location, *box.extent)))


def _light_times(light: TrafficLight) -> LightTimes:
    return LightTimes(light.id, light.green_s, light.yellow_s, light.red_s)


def _physics(actor_id: int, physics: VehiclePhysics) -> PhysicsControl:
    values = (
        physics.max_rpm,
        physics.moi,
        physics.damping_rate_full_throttle,
        physics.damping_rate_zero_throttle_clutch_engaged,
        physics.damping_rate_zero_throttle_clutch_disengaged,
        physics.use_gear_autobox,
        physics.clutch_strength,
        physics.final_ratio,
        physics.mass,
        physics.drag_coefficient,
        *physics.center_of_mass,
    )
    wheels = tuple((*wheel[:-1], *wheel.position) for wheel in physics.wheels)
    return PhysicsControl(
        actor_id, values, physics.torque_curve, physics.forward_gears, physics.steering_curve, wheels
    )
