"""Calls about vehicles: pedals, wheels, physics, lights, doors."""

from math import degrees
from typing import TYPE_CHECKING

from carla_bridge.standin.calls.actors import taken_over, vehicle
from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.life.actors import Vehicle
from carla_bridge.standin.life.driving import max_steer_deg
from carla_bridge.standin.life.telemetry import telemetry, wheel_steer_deg
from carla_bridge.standin.life.vehicle_physics import placed
from carla_bridge.standin.protocol.rpc import method
from carla_bridge.standin.protocol.schema import (
    AckermannControl,
    AckermannSettings,
    Vector3D,
    VehicleControl,
    VehiclePhysics,
)

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation

ALL_LIGHTS = 0xFFFF_FFFF
LAST_DOOR = 6  # all doors


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
def apply_control_to_vehicle(sim: "Simulation", actor_id: int, control: VehicleControl) -> None:
    """Set pedals and steering wheel."""
    driven = vehicle(sim, actor_id)
    sim.world.release(driven)
    driven.obey(control)


@method()
def apply_ackermann_control_to_vehicle(sim: "Simulation", actor_id: int, control: AckermannControl) -> None:
    """Set a steering angle and a speed to reach."""
    driven = vehicle(sim, actor_id)
    sim.world.release(driven)
    driven.obey(VehicleControl(steer=degrees(control.steer) / max_steer_deg(driven)), control.speed)


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
def get_telemetry_data(sim: "Simulation", actor_id: int) -> object:
    """Return what the instruments show."""
    return telemetry(vehicle(sim, actor_id))


@method()
def get_wheel_steer_angle(sim: "Simulation", actor_id: int, wheel: int) -> float:
    """Return how far a wheel is turned, in degrees."""
    return wheel_steer_deg(vehicle(sim, actor_id), wheel)


@method()
def get_wheel_pitch_angle(sim: "Simulation", actor_id: int, wheel: int) -> float:
    """Return how far a wheel has rolled: nothing shows it, so always 0."""
    vehicle(sim, actor_id)
    return 0.0


@method()
def set_wheel_steer_direction(sim: "Simulation", actor_id: int, wheel: int, angle_deg: float) -> None:
    """Accept: it turns a wheel for the eye only, and the wheels of the stand-in's models are fixed."""
    vehicle(sim, actor_id)


@method()
def set_wheel_pitch_angle(sim: "Simulation", actor_id: int, wheel: int, angle_deg: float) -> None:
    """Accept: as above."""
    vehicle(sim, actor_id)


@method()
def open_vehicle_door(sim: "Simulation", actor_id: int, door: int) -> None:
    """Note which doors are open; the models have no doors that move."""
    vehicle(sim, actor_id).open_doors |= _doors(door)


@method()
def close_vehicle_door(sim: "Simulation", actor_id: int, door: int) -> None:
    """Note which doors are open."""
    vehicle(sim, actor_id).open_doors -= _doors(door)


def _doors(door: int) -> set[int]:
    if not 0 <= door <= LAST_DOOR:
        raise WorldError(f"there is no vehicle door {door}; 0 to 5 are single doors, 6 is all of them")
    return set(range(LAST_DOOR)) if door == LAST_DOOR else {door}


@method()
def set_actor_autopilot(sim: "Simulation", actor_id: int, enabled: bool) -> None:
    """Accept: the traffic manager that drives lives in the client."""
    vehicle(sim, actor_id)


@method()
def enable_carsim(sim: "Simulation", actor_id: int, simfile: str) -> None:
    """Refuse."""
    raise WorldError("CarSim is not part of the stand-in; its vehicles drive by a kinematic model only")


@method()
def use_carsim_road(sim: "Simulation", actor_id: int, enabled: bool) -> None:
    """Refuse."""
    raise WorldError("CarSim is not part of the stand-in; its vehicles drive by a kinematic model only")


@method()
def enable_chrono_physics(
    sim: "Simulation",
    actor_id: int,
    max_substeps: int,
    max_substep_delta_s: float,
    vehicle_json: str,
    powertrain_json: str,
    tire_json: str,
    base_path: str,
) -> None:
    """Refuse."""
    raise WorldError("Chrono is not part of the stand-in; its vehicles drive by a kinematic model only")


@method()
def restore_physx_physics(sim: "Simulation", actor_id: int) -> None:
    """Accept: there is only one kind of physics."""
    vehicle(sim, actor_id)
