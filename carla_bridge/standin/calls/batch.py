"""Batches: many commands in one call, each the same as a call of its own, and perhaps a tick after them."""

import logging
from typing import TYPE_CHECKING, Any

from carla_bridge.standin.calls import actors as calls_actors
from carla_bridge.standin.calls import vehicles as calls_vehicles
from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.life.actors import Walker, to_pose
from carla_bridge.standin.protocol.reading import SchemaError, read
from carla_bridge.standin.protocol.rpc import call, described, method, run
from carla_bridge.standin.protocol.schema import ActorDescription, Transform, Vector3D

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation

log = logging.getLogger(__name__)

LED_FOR_S = 0.5  # a client sends the next state within that

# command number → the call it stands for; both take the same arguments
CALLS = {
    1: "destroy_actor",
    2: "apply_control_to_vehicle",
    3: "apply_ackermann_control_to_vehicle",
    4: "apply_control_to_walker",
    5: "apply_physics_control",
    6: "set_actor_transform",
    8: "set_actor_target_velocity",
    9: "set_actor_target_angular_velocity",
    10: "add_actor_impulse",
    11: "add_actor_force",
    12: "add_actor_angular_impulse",
    13: "add_actor_torque",
    14: "set_actor_simulate_physics",
    15: "set_actor_enable_gravity",
    17: "show_vehicle_debug_telemetry",
    19: "set_actor_location",
    21: "set_traffic_light_state",
}


@method(locked=False, bare=True)
def apply_batch(sim: "Simulation", commands: tuple[object, ...], do_tick: bool) -> object:
    """Run the commands in order, each on its own merits, and return what became of each."""
    with sim.lock:
        responses = [_respond(sim, command) for command in commands]
    if do_tick:
        sim.tick()
    return responses


def _respond(sim: "Simulation", command: object) -> object:
    try:
        return [[1, _run(sim, command)]]
    except (WorldError, SchemaError) as error:
        return [[0, [str(error)]]]
    except (
        Exception
    ) as error:  # our own mistake must not cost the client the ids of what was spawned before it
        log.exception("a batch command failed")
        return [[0, [f"the command failed in the stand-in: {error!r}"]]]


def _run(sim: "Simulation", command: object) -> int:
    """Run one command and return the id of its actor."""
    match command:
        case [[int(index), list(fields)]]:
            pass
        case _:
            raise SchemaError("a command of a batch is not one")
    if index == 0:
        return _spawn(sim, fields)
    if index in CALLS:
        call(sim, CALLS[index], fields)
    elif index in _OTHERS:
        run(sim, _OTHERS[index], fields)
    else:
        raise WorldError(f"batch command {index} is not supported by the stand-in")
    return read(int, fields[0])


def _spawn(sim: "Simulation", fields: list[Any]) -> int:
    """Spawn, then run the follow-up commands on the new actor; the attachment byte is garbage."""
    match fields:
        case [description, transform, parent, _, _, list(follow_ups), *_]:
            pass
        case _:
            raise SchemaError("a spawn command has too few fields, or no list of commands to follow")
    parent_id = read(int | None, parent)
    actor = sim.spawn(
        read(ActorDescription, description),
        to_pose(read(Transform, transform)),
        None if parent_id is None else sim.world.find(parent_id),
    )
    for follow_up in follow_ups:
        try:
            _follow_up(sim, actor.id, follow_up)
        except (WorldError, SchemaError) as error:  # the actor lives, and its id must get to the client
            log.warning("a command after the spawn of actor %d failed: %s", actor.id, error)
    return actor.id


def _follow_up(sim: "Simulation", actor_id: int, command: object) -> None:
    match command:
        case [[int(index), [0, *rest]]]:
            _run(sim, [[index, [actor_id, *rest]]])
        case _:
            _run(sim, command)


def apply_walker_state(sim: "Simulation", actor_id: int, transform: Transform, speed: float) -> None:
    """Place a walker where the client's navigation has it."""
    walker = calls_actors.taken_over(sim, actor_id)
    before = walker.pose
    walker.place(to_pose(transform))
    if isinstance(walker, Walker):
        walker.walked_m += abs(walker.pose.x - before.x) + abs(walker.pose.y - before.y)
        forward = walker.pose.matrix()[:3, 0] * speed
        walker.velocity, walker.led_for_s = Vector3D(*forward.tolist()), LED_FOR_S


def set_light_state(sim: "Simulation", actor_id: int, lights: int) -> None:
    """Switch a vehicle's lights; they are kept, not seen."""
    calls_actors.vehicle(sim, actor_id).lights = lights & calls_vehicles.ALL_LIGHTS


def set_autopilot(sim: "Simulation", actor_id: int, enabled: bool) -> None:
    """Accept: the traffic manager that drives lives in the client."""
    calls_actors.vehicle(sim, actor_id)


# command number → what has no call of its own
_OTHERS = {7: described(apply_walker_state), 16: described(set_autopilot), 18: described(set_light_state)}
