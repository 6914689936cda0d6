"""Calls about traffic lights: their colours, times and groups."""

from typing import TYPE_CHECKING

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.life.signs import LightState, TrafficLight, lamps_box
from carla_bridge.standin.protocol.rpc import method
from carla_bridge.standin.tags import TRAFFIC_LIGHT

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation

LAMPS_REACH_M = 1.0  # how far a light's post may stand from where the map has it


def traffic_light(sim: "Simulation", actor_id: int) -> TrafficLight:
    """Return an actor that must be a traffic light."""
    actor = sim.world.find(actor_id)
    if not isinstance(actor, TrafficLight):
        raise WorldError(f"actor {actor_id} is not a traffic light but {actor.type_id}")
    return actor


@method()
def set_traffic_light_state(sim: "Simulation", actor_id: int, state: int) -> None:
    """Switch one light; its junction's clock switches it again unless it is frozen."""
    light = traffic_light(sim, actor_id)
    if state not in list(LightState):
        raise WorldError(f"traffic light state {state} does not exist; 0 is red, 1 yellow, 2 green, 3 off")
    light.show(LightState(state))


@method()
def set_traffic_light_green_time(sim: "Simulation", actor_id: int, green_s: float) -> None:
    """Set how long a light and those that switch with it are green."""
    for light in sim.world.lights.phase_of(traffic_light(sim, actor_id)):
        light.green_s = max(0.0, green_s)


@method()
def set_traffic_light_yellow_time(sim: "Simulation", actor_id: int, yellow_s: float) -> None:
    """Set how long a light and those that switch with it are yellow."""
    for light in sim.world.lights.phase_of(traffic_light(sim, actor_id)):
        light.yellow_s = max(0.0, yellow_s)


@method()
def set_traffic_light_red_time(sim: "Simulation", actor_id: int, red_s: float) -> None:
    """Set how long everybody waits after a light and those that switch with it."""
    for light in sim.world.lights.phase_of(traffic_light(sim, actor_id)):
        light.red_s = max(0.0, red_s)


@method()
def freeze_traffic_light(sim: "Simulation", actor_id: int, frozen: bool) -> None:
    """Stop the clock of a light's junction, or let it go on."""
    sim.world.lights.cycle_of(traffic_light(sim, actor_id)).freeze(frozen)


@method()
def freeze_all_traffic_lights(sim: "Simulation", frozen: bool) -> None:
    """Stop the clock of all lights, or let it go on."""
    for cycle in sim.world.lights.cycles:
        cycle.freeze(frozen)


@method()
def reset_traffic_light_group(sim: "Simulation", actor_id: int) -> None:
    """Let a light's junction begin its cycle anew."""
    sim.world.lights.cycle_of(traffic_light(sim, actor_id)).reset()


@method()
def reset_all_traffic_lights(sim: "Simulation") -> None:
    """Let all junctions begin their cycles anew."""
    for cycle in sim.world.lights.cycles:
        cycle.reset()


@method()
def get_group_traffic_lights(sim: "Simulation", actor_id: int) -> object:
    """Return the lights of a light's junction."""
    return [light.id for light in sim.world.lights.cycle_of(traffic_light(sim, actor_id)).lights]


@method()
def get_light_boxes(sim: "Simulation", actor_id: int) -> object:
    """Return the boxes round a light's lamps, in the world."""
    light = traffic_light(sim, actor_id)
    return [sim.stage.box_at(light.pose, TRAFFIC_LIGHT, LAMPS_REACH_M) or lamps_box(light)]
