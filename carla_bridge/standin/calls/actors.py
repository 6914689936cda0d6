"""Calls about actors: spawning, moving, driving, asking."""

from math import cos, radians, sin
from typing import TYPE_CHECKING

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.actors import STILL, Actor, Vehicle, Walker, to_pose
from carla_bridge.standin.protocol.rpc import method
from carla_bridge.standin.protocol.schema import ActorDescription, BoundingBox, Transform, Vector3D

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation


WALKER_KG = 75.0


def taken_over(sim: "Simulation", actor_id: int) -> Actor:
    """Return an actor that a client moves from now on."""
    actor = sim.world.find(actor_id)
    sim.world.release(actor)
    return actor


def vehicle(sim: "Simulation", actor_id: int) -> Vehicle:
    """Return an actor that must be a vehicle."""
    actor = sim.world.find(actor_id)
    if not isinstance(actor, Vehicle):
        raise WorldError(f"actor {actor_id} is not a vehicle but {actor.type_id}")
    return actor


def walker(sim: "Simulation", actor_id: int) -> Walker:
    """Return an actor that must be a walker."""
    actor = sim.world.find(actor_id)
    if not isinstance(actor, Walker):
        raise WorldError(f"actor {actor_id} is not a walker but {actor.type_id}")
    return actor


@method()
def get_spectator(sim: "Simulation") -> object:
    """Return the spectator."""
    return sim.world.spectator.describe()


@method()
def get_actors_by_id(sim: "Simulation", ids: tuple[int, ...]) -> object:
    """Return those of the actors that live."""
    actors = sim.world.actors
    return [actors[actor_id].describe() for actor_id in ids if actor_id in actors]


@method()
def spawn_actor(sim: "Simulation", description: ActorDescription, transform: Transform) -> object:
    """Add an actor to the world."""
    return sim.spawn(description, to_pose(transform)).describe()


@method()
def spawn_actor_with_parent(
    sim: "Simulation",
    description: ActorDescription,
    transform: Transform,
    parent_id: int,
    attachment: int,
    socket_name: str,
) -> object:
    """Add an actor that moves rigidly with another, whatever the attachment asked for."""
    return sim.spawn(description, to_pose(transform), sim.world.find(parent_id)).describe()


@method()
def destroy_actor(sim: "Simulation", actor_id: int) -> bool:
    """Remove an actor."""
    sim.world.destroy(actor_id)
    return True


@method()
def set_actor_location(sim: "Simulation", actor_id: int, location: Vector3D) -> None:
    """Put an actor somewhere, turned as it is."""
    actor = taken_over(sim, actor_id)
    actor.place(Pose(*location, actor.pose.pitch, actor.pose.yaw, actor.pose.roll))


@method()
def set_actor_transform(sim: "Simulation", actor_id: int, transform: Transform) -> None:
    """Put an actor somewhere."""
    taken_over(sim, actor_id).place(to_pose(transform))


@method()
def set_actor_target_velocity(sim: "Simulation", actor_id: int, velocity: Vector3D) -> None:
    """Set how fast an actor goes now; a vehicle can only go along its heading."""
    actor = taken_over(sim, actor_id)
    actor.velocity = velocity
    if isinstance(actor, Vehicle):
        yaw = radians(actor.pose.yaw)
        actor.speed_mps = velocity.x * cos(yaw) + velocity.y * sin(yaw)


@method()
def set_actor_target_angular_velocity(sim: "Simulation", actor_id: int, velocity: Vector3D) -> None:
    """Set how fast an actor turns now; a vehicle's wheels decide otherwise at the next frame."""
    taken_over(sim, actor_id).angular_velocity = velocity


def _push(actor: Actor, change: Vector3D) -> None:
    """Change an actor's velocity; a vehicle can only get faster or slower along its heading."""
    actor.velocity = Vector3D(*(a + b for a, b in zip(actor.velocity, change, strict=True)))
    if isinstance(actor, Vehicle):
        yaw = radians(actor.pose.yaw)
        actor.speed_mps += change.x * cos(yaw) + change.y * sin(yaw)


def _mass_kg(actor: Actor) -> float:
    return max(1.0, actor.physics.mass) if isinstance(actor, Vehicle) else WALKER_KG


@method()
def add_actor_impulse(sim: "Simulation", actor_id: int, impulse: Vector3D) -> None:
    """Push an actor at once (N·s)."""
    actor = taken_over(sim, actor_id)
    _push(actor, Vector3D(*(part / _mass_kg(actor) for part in impulse)))


@method()
def add_actor_impulse_at_location(
    sim: "Simulation", actor_id: int, impulse: Vector3D, location: Vector3D
) -> None:
    """Push an actor at once; nothing in the stand-in tumbles, so it is all the same where."""
    add_actor_impulse(sim, actor_id, impulse)


@method()
def add_actor_force(sim: "Simulation", actor_id: int, force: Vector3D) -> None:
    """Push an actor for one frame (N)."""
    actor = taken_over(sim, actor_id)
    delta_s = sim.world.moment.delta_s
    _push(actor, Vector3D(*(part * delta_s / _mass_kg(actor) for part in force)))


@method()
def add_actor_force_at_location(
    sim: "Simulation", actor_id: int, force: Vector3D, location: Vector3D
) -> None:
    """Push an actor for one frame; it is all the same where."""
    add_actor_force(sim, actor_id, force)


@method()
def add_actor_angular_impulse(sim: "Simulation", actor_id: int, impulse: Vector3D) -> None:
    """Accept; only wheels turn a vehicle here."""
    taken_over(sim, actor_id)


@method()
def add_actor_torque(sim: "Simulation", actor_id: int, torque: Vector3D) -> None:
    """Accept; only wheels turn a vehicle here."""
    taken_over(sim, actor_id)


@method()
def set_actor_simulate_physics(sim: "Simulation", actor_id: int, enabled: bool) -> None:
    """Let a vehicle drive by its pedals, or only by being put somewhere."""
    if sim.world.is_gone(actor_id):
        return
    actor = taken_over(sim, actor_id)
    actor.simulates_physics = enabled
    if not enabled:
        actor.velocity = actor.angular_velocity = actor.acceleration = STILL


@method()
def set_actor_collisions(sim: "Simulation", actor_id: int, enabled: bool) -> None:
    """Let an actor stop others, and be stopped, or neither."""
    if not sim.world.is_gone(actor_id):
        sim.world.find(actor_id).collides = enabled


@method()
def set_actor_enable_gravity(sim: "Simulation", actor_id: int, enabled: bool) -> None:
    """Let a vehicle's tyres hold the road or not; it stays on it all the same."""
    actor = sim.world.find(actor_id)
    if isinstance(actor, Vehicle):
        actor.is_heavy = enabled


@method()
def get_actor_bounding_box(sim: "Simulation", actor_id: int) -> object:
    """Return the box round an actor, in its own frame; an empty one for an actor that is gone."""
    if sim.world.is_gone(actor_id):
        return BoundingBox(STILL, STILL, actor_id=actor_id)
    return sim.world.find(actor_id).bounding_box
