"""Pedestrians of our own, led by CARLA's AI controllers over the map's navigation mesh."""

import logging
import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from carla_bridge.home import load_client
from carla_bridge.server import Server
from carla_bridge.world_changes import Undo

if TYPE_CHECKING:
    import carla

_log = logging.getLogger(__name__)
_WALK, _RUN = 1, 2  # places in a walker's attribute `speed`; 0 is standing
_RUNNING_SHARE = 0.1


def spawn_walkers(
    server: Server, undo: Undo, count: int, *, seed: int, step: Callable[[], int]
) -> Iterator[int]:
    """Spawn up to so many walkers with their controllers, let them walk, and yield all ids; fewer are warned of.

    It steps the world twice: a controller needs a walker that a state has shown.
    """
    if not count:
        return
    draw = random.Random(seed)
    server.world.set_pedestrians_seed(seed % 2**31)
    walkers = dict(_spawn_bodies(server, count, draw))
    yield from walkers
    if len(walkers) < count:
        _log.warning("only %d of %d walkers found a place", len(walkers), count)
    step()
    controllers = _spawn_controllers(server, list(walkers))
    yield from controllers
    step()
    with server.answering("list the walkers' controllers"):
        actors = cast("list[carla.WalkerAIController]", list(server.world.get_actors(list(controllers))))
    undo.later("stop the walkers", lambda: [actor.stop() for actor in actors])
    for actor in actors:
        with server.answering("let the walkers walk"):
            actor.start()
            actor.go_to_location(server.world.get_random_location_from_navigation())
            actor.set_max_speed(walkers[controllers[actor.id]])


def _spawn_bodies(server: Server, count: int, draw: random.Random) -> Iterator[tuple[int, float]]:
    """Yield the id and the speed in m/s of each."""
    client = load_client()
    with server.answering("list its walkers"):
        blueprints = sorted(
            server.world.get_blueprint_library().filter("walker.pedestrian.*"), key=lambda each: each.id
        )
    speeds, batch = [], []
    for _ in range(count):
        place = server.world.get_random_location_from_navigation()
        if place is None or not blueprints:
            continue  # a map without a navigation mesh
        blueprint = draw.choice(blueprints)
        gait = _RUN if draw.random() < _RUNNING_SHARE else _WALK
        speeds.append(float(blueprint.get_attribute("speed").recommended_values[gait]))
        batch.append(client.command.SpawnActor(blueprint, client.Transform(place)))
    for answer, speed in zip(server.client.apply_batch_sync(batch, False), speeds, strict=True):
        if not answer.error:
            yield answer.actor_id, speed


def _spawn_controllers(server: Server, walkers: list[int]) -> dict[int, int]:
    """Return the walker of each controller, by their ids."""
    client = load_client()
    controller = server.world.get_blueprint_library().find("controller.ai.walker")
    batch = [client.command.SpawnActor(controller, client.Transform(), walker) for walker in walkers]
    answers = server.client.apply_batch_sync(batch, False)
    return {
        answer.actor_id: walker for answer, walker in zip(answers, walkers, strict=True) if not answer.error
    }
