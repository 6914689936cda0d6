"""Every call that the stand-in answers: importing this fills the table of methods."""

from . import calls_actors, calls_batch, calls_lights, calls_recorder, calls_world  # noqa: F401
from .rpc import METHODS

__all__ = ["METHODS"]
