"""Calls about the session, the episode, the map, the clock and the sky."""

from typing import TYPE_CHECKING

from carla_bridge.standin.errors import MapError, WorldError
from carla_bridge.standin.library.blueprints import LIBRARY
from carla_bridge.standin.life.actors import to_transform
from carla_bridge.standin.life.world import WORLD_STREAM
from carla_bridge.standin.protocol.rpc import method
from carla_bridge.standin.protocol.schema import VERSION, EpisodeSettings, Weather

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation

MAX_MANAGERS, LONGEST_HOST = 256, 255


@method(locked=False)
def version(sim: "Simulation") -> str:
    """Return the version whose protocol this is."""
    return VERSION


@method()
def get_episode_info(sim: "Simulation") -> object:
    """Return the episode's number and where its states come from; the client asks for the token again."""
    return [sim.world.episode_id, [sim.streams.token(WORLD_STREAM)]]


@method(locked=False)
def get_sensor_token(sim: "Simulation", stream_id: int) -> object:
    """Return where a stream is; the client is about to open it."""
    if not 0 <= stream_id < 2**32:
        raise WorldError(f"there is no stream {stream_id}")
    return [sim.streams.announce(stream_id)]


@method(locked=False)
def get_episode_settings(sim: "Simulation") -> object:
    """Return how the clock runs."""
    return sim.settings.to_wire()


@method(locked=False)
def set_episode_settings(sim: "Simulation", settings: EpisodeSettings) -> int:
    """Change how the clock runs."""
    return sim.apply_settings(settings)


@method(locked=False)
def tick_cue(sim: "Simulation") -> int:
    """Let a frame pass, or name the one that comes by itself."""
    return sim.tick()


@method(locked=False)
def load_new_episode(sim: "Simulation", name: str, reset_settings: bool, layers: int) -> None:
    """Begin anew, on the named map or on the present one."""
    sim.load_by_name(name, reset_settings=reset_settings, layers=layers)


@method(locked=False)
def get_available_maps(sim: "Simulation") -> object:
    """Return the maps the server was given, and a few towns; any other number makes one as well."""
    return sim.atlas.names()


@method(locked=False)
def copy_opendrive_to_file(sim: "Simulation", text: str, parameters: object) -> None:
    """Keep a map for the client, which loads it next; walls and wider roads it may ask for are not built."""
    try:
        sim.atlas.take(text)
    except MapError as error:
        raise WorldError(str(error)) from None


@method()
def get_map_info(sim: "Simulation") -> object:
    """Return the town's own name and where vehicles may start."""
    return [sim.world.town.name, [to_transform(pose) for pose in sim.world.town.spawn_points]]


@method()
def get_map_data(sim: "Simulation") -> str:
    """Return the roads as OpenDRIVE."""
    return sim.world.town.opendrive


@method()
def get_weather_parameters(sim: "Simulation") -> object:
    """Return the weather."""
    return sim.world.weather


@method()
def set_weather_parameters(sim: "Simulation", weather: Weather) -> None:
    """Change the weather; only colour pictures show it."""
    sim.world.weather = weather


@method()
def get_imui_gravity(sim: "Simulation") -> float:
    """Return the gravity that the IMU feels."""
    return sim.world.gravity_mps2


@method()
def set_imui_gravity(sim: "Simulation", gravity_mps2: float) -> None:
    """Change the gravity that the IMU feels; nothing falls by it."""
    sim.world.gravity_mps2 = gravity_mps2


@method(locked=False)
def get_actor_definitions(sim: "Simulation") -> object:
    """Return the blueprint library."""
    return list(LIBRARY.values())


@method(locked=False)
def draw_debug_shape(sim: "Simulation", shape: object) -> None:
    """Accept; no sensor ever sees debug shapes."""


@method(locked=False)
def clear_debug_shape(sim: "Simulation") -> None:
    """Accept, as above."""


@method(locked=False)
def clear_debug_string(sim: "Simulation") -> None:
    """Accept, as above."""


@method()
def is_traffic_manager_running(sim: "Simulation", port: int) -> bool:
    """Say whether some client serves a traffic manager at a port."""
    return port in sim.traffic_managers


@method()
def get_traffic_manager_running(sim: "Simulation", port: int) -> object:
    """Return where the traffic manager of a port is."""
    return [sim.traffic_managers.get(port, ""), port if port in sim.traffic_managers else 0]


@method()
def add_traffic_manager_running(sim: "Simulation", address: object) -> bool:
    """Note where a client serves a traffic manager."""
    match address:
        case [str(host), int(port)] if 0 < port < 65536 and len(host) <= LONGEST_HOST:
            if len(sim.traffic_managers) >= MAX_MANAGERS and port not in sim.traffic_managers:
                raise WorldError(f"{MAX_MANAGERS} traffic managers are registered already")
            return sim.traffic_managers.setdefault(port, host) == host
    raise WorldError("a traffic manager's address is a host and a port from 1 to 65535")


@method()
def destroy_traffic_manager(sim: "Simulation", port: int) -> bool:
    """Forget a traffic manager."""
    return sim.traffic_managers.pop(port, None) is not None
