"""Every call that the stand-in answers: importing this fills the table of methods."""

from . import (  # noqa: F401
    calls_actors,
    calls_batch,
    calls_files,
    calls_lights,
    calls_parts,
    calls_rays,
    calls_recorder,
    calls_scenery,
    calls_sensors,
    calls_vehicles,
    calls_walkers,
    calls_world,
)
from .rpc import METHODS

__all__ = ["METHODS"]
