"""Every call that the stand-in answers: importing this fills the table of methods."""

from carla_bridge.standin.calls import (  # noqa: F401
    actors,
    batch,
    files,
    lights,
    parts,
    rays,
    recorder,
    scenery,
    sensors,
    vehicles,
    walkers,
    world,
)
from carla_bridge.standin.protocol.rpc import METHODS

__all__ = ["METHODS"]
