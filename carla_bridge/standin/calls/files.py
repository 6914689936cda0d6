"""Calls about files that the client keeps in its cache: the navigation mesh for its pedestrians."""

from typing import TYPE_CHECKING

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.protocol.rpc import method

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation

NAVIGATION_FOLDER = "Nav"


@method(locked=False)
def get_required_files(sim: "Simulation", folder: str) -> object:
    """Return the navigation mesh's name; the map itself comes by `get_map_data`."""
    file = sim.navigation.file(sim.world.town.network) if folder == NAVIGATION_FOLDER else None
    return [] if file is None else [file.name]


@method(locked=False)
def request_file(sim: "Simulation", name: str) -> bytes:
    """Return the content of a file that was announced."""
    file = sim.navigation.file(sim.world.town.network)
    if file is None or file.name != name:
        raise WorldError(f"File '{name}' not found")
    return file.content


@method(locked=False)
def get_navigation_mesh(sim: "Simulation") -> bytes:
    """Return the navigation mesh; empty where nobody can walk."""
    file = sim.navigation.file(sim.world.town.network)
    return b"" if file is None else file.content
