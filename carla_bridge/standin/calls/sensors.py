"""Calls about sensors that concern other programs: ROS and radio between vehicles; the stand-in talks to neither."""

from typing import TYPE_CHECKING

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.protocol.rpc import method

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation


@method(locked=False)
def enable_sensor_for_ros(sim: "Simulation", stream_id: int) -> None:
    """Refuse."""
    raise WorldError("the stand-in publishes nothing to ROS; listen to the sensor through the client")


@method(locked=False)
def disable_sensor_for_ros(sim: "Simulation", stream_id: int) -> None:
    """Accept: no sensor is published."""


@method(locked=False)
def is_sensor_enabled_for_ros(sim: "Simulation", stream_id: int) -> bool:
    """Return that no sensor is published to ROS."""
    return False


@method(locked=False)
def send(sim: "Simulation", actor_id: int, message: str) -> None:
    """Refuse."""
    raise WorldError("the stand-in has no radio between vehicles; V2X sensors need CARLA itself")


@method(locked=False)
def set_ignored_vehicles(sim: "Simulation", actor_id: int, vehicle_ids: tuple[int, ...]) -> None:
    """Refuse."""
    raise WorldError(f"sensor {actor_id} sees all vehicles; the stand-in cannot leave some out")
