"""Calls about the parts of actors: components, bones and sockets, and where they are."""

from typing import TYPE_CHECKING

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.actors import Actor, Vehicle, Walker, to_transform
from carla_bridge.standin.life.skeleton import bones_of
from carla_bridge.standin.protocol.rpc import method

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation

WHEELS = ("Wheel_Front_Left", "Wheel_Front_Right", "Wheel_Rear_Left", "Wheel_Rear_Right")

Part = tuple[str, Pose, Pose]  # name, in the world, in the axes of what it hangs on


def components(actor: Actor) -> list[Part]:
    """Return the components: each actor is one piece."""
    if isinstance(actor, Vehicle):
        name = "VehicleMesh"
    else:
        name = "CharacterMesh0" if isinstance(actor, Walker) else "DefaultSceneRoot"
    return [(name, actor.pose, Pose())]


def bones(actor: Actor) -> list[Part]:
    """Return a walker's bones, a vehicle's body and wheels, and nothing for others."""
    if isinstance(actor, Walker):
        return [(bone.name, bone.world, bone.relative) for bone in bones_of(actor)]
    if not isinstance(actor, Vehicle) or actor.model is None:
        return []
    names = WHEELS if len(actor.model.wheels) == len(WHEELS) else ("Wheel_Front", "Wheel_Rear")
    spots = {"Vehicle_Base": Pose()}
    spots |= {n: Pose(w.x, w.y, w.radius) for n, w in zip(names, actor.model.wheels, strict=False)}
    return [(name, actor.pose.compose(spot), spot) for name, spot in spots.items()]


def _component(sim: "Simulation", actor_id: int, name: str) -> Part:
    parts = components(sim.world.find(actor_id))
    found = next((part for part in parts if part[0] == name), None)
    if found is None:
        raise WorldError(
            f"actor {actor_id} has no component '{name}'; it has {', '.join(p[0] for p in parts)}"
        )
    return found


@method()
def get_actor_component_names(sim: "Simulation", actor_id: int) -> object:
    """Return the names of an actor's components."""
    return [name for name, _, _ in components(sim.world.find(actor_id))]


@method()
def get_actor_component_world_transform(sim: "Simulation", actor_id: int, name: str) -> object:
    """Return where a component is."""
    return to_transform(_component(sim, actor_id, name)[1])


@method()
def get_actor_component_relative_transform(sim: "Simulation", actor_id: int, name: str) -> object:
    """Return where a component is on its actor."""
    return to_transform(_component(sim, actor_id, name)[2])


@method()
def get_actor_bone_names(sim: "Simulation", actor_id: int) -> object:
    """Return the names of an actor's bones."""
    return [name for name, _, _ in bones(sim.world.find(actor_id))]


@method()
def get_actor_bone_world_transforms(sim: "Simulation", actor_id: int) -> object:
    """Return where an actor's bones are, in the order of their names."""
    return [to_transform(world) for _, world, _ in bones(sim.world.find(actor_id))]


@method()
def get_actor_bone_relative_transforms(sim: "Simulation", actor_id: int) -> object:
    """Return where an actor's bones are on the bones they hang on."""
    return [to_transform(relative) for _, _, relative in bones(sim.world.find(actor_id))]


@method()
def get_actor_socket_names(sim: "Simulation", actor_id: int) -> object:
    """Return no sockets: nothing in the stand-in has any."""
    sim.world.find(actor_id)
    return []


@method()
def get_actor_socket_world_transforms(sim: "Simulation", actor_id: int) -> object:
    """Return nothing: there are no sockets."""
    sim.world.find(actor_id)
    return []


@method()
def get_actor_socket_relative_transforms(sim: "Simulation", actor_id: int) -> object:
    """Return nothing: there are no sockets."""
    sim.world.find(actor_id)
    return []


@method()
def get_vehicle_bone_world_transforms(sim: "Simulation", actor_id: int) -> object:
    """Return where a vehicle's bones are, in the order of their names."""
    return get_actor_bone_world_transforms(sim, actor_id)
