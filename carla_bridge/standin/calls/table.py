"""Every call that the stand-in answers: importing this fills the table of methods."""

from carla_bridge.standin.calls import actors as calls_actors  # noqa: F401
from carla_bridge.standin.calls import batch as calls_batch  # noqa: F401
from carla_bridge.standin.calls import files as calls_files  # noqa: F401
from carla_bridge.standin.calls import lights as calls_lights  # noqa: F401
from carla_bridge.standin.calls import parts as calls_parts  # noqa: F401
from carla_bridge.standin.calls import rays as calls_rays  # noqa: F401
from carla_bridge.standin.calls import recorder as calls_recorder  # noqa: F401
from carla_bridge.standin.calls import scenery as calls_scenery  # noqa: F401
from carla_bridge.standin.calls import sensors as calls_sensors  # noqa: F401
from carla_bridge.standin.calls import vehicles as calls_vehicles  # noqa: F401
from carla_bridge.standin.calls import walkers as calls_walkers  # noqa: F401
from carla_bridge.standin.calls import world as calls_world  # noqa: F401
from carla_bridge.standin.protocol.rpc import METHODS

__all__ = ["METHODS"]
