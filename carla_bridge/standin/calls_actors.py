"""Calls about actors: spawning, moving, driving, asking."""

from math import cos, degrees, radians, sin
from typing import TYPE_CHECKING

from .actors import STILL, Actor, Vehicle, Walker, to_pose
from .driving import max_steer_deg
from .geometry import Pose
from .rpc import method
from .schema import (
    AckermannControl,
    AckermannSettings,
    ActorDescription,
    BoundingBox,
    Transform,
    Vector3D,
    VehicleControl,
    VehiclePhysics,
    WalkerControl,
)
from .vehicle_physics import placed
from .world import WorldError

if TYPE_CHECKING:
    from .simulation import Simulation


ALL_LIGHTS = 0xFFFF_FFFF


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


@method()
def enable_actor_constant_velocity(sim: "Simulation", actor_id: int, velocity: Vector3D) -> None:
    """Make a vehicle keep a speed whatever its pedals say."""
    taken_over(sim, actor_id)
    vehicle(sim, actor_id).constant_velocity = velocity


@method()
def disable_actor_constant_velocity(sim: "Simulation", actor_id: int) -> None:
    """Give a vehicle back to its pedals."""
    vehicle(sim, actor_id).constant_velocity = None


@method()
def add_actor_impulse(sim: "Simulation", actor_id: int, impulse: Vector3D) -> None:
    """Push a vehicle along its heading (N·s)."""
    actor = taken_over(sim, actor_id)
    if isinstance(actor, Vehicle):
        yaw, mass = radians(actor.pose.yaw), max(1.0, actor.physics.mass)
        actor.speed_mps += (impulse.x * cos(yaw) + impulse.y * sin(yaw)) / mass


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
    """Accept; nothing in the stand-in bounces."""
    sim.world.find(actor_id)


@method()
def set_actor_enable_gravity(sim: "Simulation", actor_id: int, enabled: bool) -> None:
    """Accept; vehicles stay on the road."""
    sim.world.find(actor_id)


@method()
def get_actor_bounding_box(sim: "Simulation", actor_id: int) -> object:
    """Return the box round an actor, in its own frame; an empty one for an actor that is gone."""
    if sim.world.is_gone(actor_id):
        return BoundingBox(STILL, STILL, actor_id=actor_id)
    return sim.world.find(actor_id).bounding_box


@method()
def apply_control_to_vehicle(sim: "Simulation", actor_id: int, control: VehicleControl) -> None:
    """Set pedals and steering wheel."""
    driven = vehicle(sim, actor_id)
    sim.world.release(driven)
    driven.control, driven.target_speed_mps = control, None


@method()
def apply_ackermann_control_to_vehicle(sim: "Simulation", actor_id: int, control: AckermannControl) -> None:
    """Set a steering angle and a speed to reach."""
    driven = vehicle(sim, actor_id)
    sim.world.release(driven)
    driven.control = VehicleControl(steer=degrees(control.steer) / max_steer_deg(driven))
    driven.target_speed_mps = control.speed


@method()
def get_ackermann_controller_settings(sim: "Simulation", actor_id: int) -> object:
    """Return the stored gains."""
    return vehicle(sim, actor_id).ackermann_settings


@method()
def apply_ackermann_controller_settings(
    sim: "Simulation", actor_id: int, settings: AckermannSettings
) -> None:
    """Store the gains."""
    vehicle(sim, actor_id).ackermann_settings = settings


@method()
def get_physics_control(sim: "Simulation", actor_id: int) -> object:
    """Return the stored physics, its wheels where they stand in the world."""
    asked = vehicle(sim, actor_id)
    return placed(asked.physics, asked.model.wheels if asked.model else (), asked.pose)


@method()
def apply_physics_control(sim: "Simulation", actor_id: int, physics: VehiclePhysics) -> None:
    """Store the physics."""
    vehicle(sim, actor_id).physics = physics


@method()
def get_vehicle_light_state(sim: "Simulation", actor_id: int) -> object:
    """Return which lights of a vehicle are on."""
    return [vehicle(sim, actor_id).lights]


@method()
def set_vehicle_light_state(sim: "Simulation", actor_id: int, state: tuple[int, ...]) -> None:
    """Switch a vehicle's lights; they are kept, not seen."""
    vehicle(sim, actor_id).lights = state[0] & ALL_LIGHTS if state else 0


@method()
def get_vehicle_light_states(sim: "Simulation") -> object:
    """Return the lights of all vehicles."""
    return [[actor.id, actor.lights] for actor in sim.world.actors.values() if isinstance(actor, Vehicle)]


@method()
def show_vehicle_debug_telemetry(sim: "Simulation", actor_id: int, enabled: bool) -> None:
    """Accept; there is no screen to show it on."""
    vehicle(sim, actor_id)


@method()
def apply_control_to_walker(sim: "Simulation", actor_id: int, control: WalkerControl) -> None:
    """Send a walker somewhere."""
    sent = walker(sim, actor_id)
    sim.world.release(sent)
    sent.control = control
