"""The actors that a drive adds to a world: the ego vehicle and the traffic around it; and their removal."""

import logging
import random
import socket
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, cast

from carla_bridge.errors import BridgeError
from carla_bridge.home import load_client
from carla_bridge.server import Server, ServerRefused

if TYPE_CHECKING:
    import carla

_log = logging.getLogger(__name__)


class NoSpawnPoint(BridgeError):
    """There is no place in this map to put the ego vehicle."""


class NoBlueprint(BridgeError):
    """The server has no blueprint of that name."""

    def __init__(self, asked: str, known: Iterable[str]):
        super().__init__(f"the server has no blueprint {asked!r}; it has {', '.join(sorted(known)[:8])}, …")


def spawn_points(world_map: "carla.Map", *, seed: int) -> list["carla.Transform"]:
    """Return the map's spawn points in an order drawn from the seed."""
    points = list(world_map.get_spawn_points())
    random.Random(seed).shuffle(points)
    return points


def spawn_ego(server: Server, blueprint_id: str, points: Sequence["carla.Transform"]) -> "carla.Vehicle":
    """Put the ego vehicle, role name "hero", on the first free spawn point."""
    with server.answering("list its blueprints"):
        library = server.world.get_blueprint_library()
    try:
        blueprint = library.find(blueprint_id)
    except IndexError:
        raise NoBlueprint(blueprint_id, (each.id for each in library.filter("vehicle.*"))) from None
    blueprint.set_attribute("role_name", "hero")
    for point in points:
        try:
            with server.answering(f"spawn {blueprint_id}"):
                return cast("carla.Vehicle", server.world.spawn_actor(blueprint, point))
        except ServerRefused as error:
            if "collision" not in str(error):
                raise
    raise NoSpawnPoint(
        f"all {len(points)} spawn points tried in {server.where} are occupied; "
        "free it with `carla-bridge recover`, or choose another session.spawn_index"
    )


def spawn_traffic(
    server: Server, count: int, points: Sequence["carla.Transform"], *, seed: int
) -> Iterator[int]:
    """Spawn up to so many cars and yield their ids; fewer are warned of."""
    cars = [each for each in server.world.get_blueprint_library().filter("vehicle.*") if _is_car(each)]
    cars.sort(key=lambda blueprint: blueprint.id)
    draw, places, missing = random.Random(seed), iter(points), count
    while batch := [_spawn(draw.choice(cars), point) for point in islice(places, missing)]:
        for answer in server.client.apply_batch_sync(batch, False):
            if not answer.error:
                missing -= 1
                yield answer.actor_id
    if missing:
        _log.warning("only %d of %d vehicles found a free spawn point", count - missing, count)


def destroy(server: Server, actor_ids: Sequence[int]) -> None:
    """Destroy actors by id, in this order.

    By batch: `actor.destroy()` refuses silently while no tick has shown the actor alive.
    """
    command = load_client().command
    batch = [command.DestroyActor(actor_id) for actor_id in actor_ids]
    for answer in server.client.apply_batch_sync(batch, False):
        if answer.error and "not found" not in answer.error:  # attached ones go with their vehicle
            _log.warning("actor %d at %s was not destroyed: %s", answer.actor_id, server.where, answer.error)


def free_tm_port(wanted: int | None) -> int:
    """Return the port for our own Traffic Manager: the wanted one if it is free, else any free one."""
    for port in (wanted, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                _log.warning("port %s is busy, the Traffic Manager gets another one", port)
                continue
            return int(probe.getsockname()[1])
    raise BridgeError("no free port for the Traffic Manager on this machine")


def drive_themselves(server: Server, actor_ids: Sequence[int], *, tm_port: int) -> None:
    """Hand vehicles to the Traffic Manager; only after a tick, or it reads places that nobody has sent yet."""
    command = load_client().command
    batch = [command.SetAutopilot(actor_id, True, tm_port) for actor_id in actor_ids]
    server.client.apply_batch_sync(batch, False)


def _spawn(blueprint: "carla.ActorBlueprint", point: "carla.Transform") -> "carla.command.SpawnActor":
    blueprint.set_attribute("role_name", "autopilot")
    return load_client().command.SpawnActor(blueprint, point)


def _is_car(blueprint: "carla.ActorBlueprint") -> bool:
    return (
        blueprint.has_attribute("number_of_wheels")
        and blueprint.get_attribute("number_of_wheels").as_int() == 4
    )
