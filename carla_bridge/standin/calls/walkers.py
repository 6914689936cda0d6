"""Calls about walkers: where they go, and how their limbs are."""

from typing import TYPE_CHECKING

from carla_bridge.standin.calls.actors import taken_over, walker
from carla_bridge.standin.life.actors import Walker, to_pose, to_transform
from carla_bridge.standin.life.skeleton import WalkerBones, bones_of
from carla_bridge.standin.protocol.rpc import method
from carla_bridge.standin.protocol.schema import WalkerControl

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation


@method()
def apply_control_to_walker(sim: "Simulation", actor_id: int, control: WalkerControl) -> None:
    """Send a walker somewhere."""
    sent = walker(sim, actor_id)
    sim.world.release(sent)
    sent.control = control


@method()
def get_bones_transform(sim: "Simulation", actor_id: int) -> object:
    """Return a walker's bones: in the world, in its own axes, in those of the bone they hang on."""
    return [[[b.name, *map(to_transform, b[1:])] for b in bones_of(walker(sim, actor_id))]]


@method()
def set_bones_transform(sim: "Simulation", actor_id: int, bones: WalkerBones) -> None:
    """Store a pose, bone by bone; `blend_pose` says how much of it the walker shows."""
    walker(sim, actor_id).posed = {bone.name: to_pose(bone.transform) for bone in bones.bones}


@method()
def blend_pose(sim: "Simulation", actor_id: int, share: float) -> None:
    """Let a walker's bones be between how it walks (0) and the stored pose (1)."""
    walker(sim, actor_id).pose_share = min(1.0, max(0.0, share))


@method()
def get_pose_from_animation(sim: "Simulation", actor_id: int) -> None:
    """Store how the walker's bones are now as its pose."""
    posed = walker(sim, actor_id)
    posed.posed = {bone.name: bone.relative for bone in bones_of(posed)}


@method()
def set_actor_dead(sim: "Simulation", actor_id: int) -> None:
    """Let a walker stay where it is; other actors cannot die."""
    actor = taken_over(sim, actor_id)
    if isinstance(actor, Walker):
        actor.control = WalkerControl(speed=0.0)
        actor.led_for_s = 0.0
