"""Calls that ask the scene itself: what lies along a ray, and a camera's g-buffers."""

from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.instruments.gbuffers import Texture, stream_of
from carla_bridge.standin.instruments.scene import capture
from carla_bridge.standin.life.actors import Sensor
from carla_bridge.standin.protocol.rpc import method
from carla_bridge.standin.protocol.schema import Vector3D

if TYPE_CHECKING:
    from carla_bridge.standin.instruments.scene import Scene
    from carla_bridge.standin.simulation import Simulation

MOST_POINTS = 100  # of one ray
STEP_M = 1e-3  # beyond a hit, the ray goes on


@method()
def cast_ray(sim: "Simulation", start: Vector3D, end: Vector3D) -> object:
    """Return all surfaces between two places, nearest first, each as a point and its tag."""
    scene = capture(sim.world, sim.renderer)
    points: list[list[object]] = []
    way = np.subtract(end, start)
    length_m = float(np.linalg.norm(way))
    along_m = 0.0
    while len(points) < MOST_POINTS and along_m < length_m:
        found = _first(scene, np.add(start, way / length_m * along_m), way, length_m - along_m)
        if found is None:
            break
        distance_m, point, tag = found
        points.append([point, tag])
        along_m += distance_m + STEP_M
    return points


@method()
def project_point(sim: "Simulation", start: Vector3D, direction: Vector3D, distance: float) -> object:
    """Return whether a ray meets something within a distance, and the point and the tag of it."""
    found = _first(capture(sim.world, sim.renderer), np.array(start), np.array(direction), distance)
    if found is None:
        return [False, [Vector3D(), 0]]
    _, point, tag = found
    return [True, [point, tag]]


def _first(
    scene: "Scene", start: np.ndarray, direction: np.ndarray, range_m: float
) -> tuple[float, Vector3D, int] | None:
    """Return the distance, the place and the tag of what a ray meets first."""
    length = float(np.linalg.norm(direction))
    if length == 0.0 or not range_m > 0.0:
        return None
    ray = direction / length
    hits = scene.cast(start[None].astype(np.float64), ray[None], range_m)
    if not hits.met[0]:
        return None
    distance_m = float(hits.distances_m[0])
    return distance_m, Vector3D(*(start + ray * distance_m).tolist()), int(hits.tags[0])


@method()
def enable_gbuffers(sim: "Simulation", actor_id: int, enabled: bool) -> None:
    """Let a camera send its g-buffers to whoever opens their streams, or no longer; asking for one does as well."""
    _camera(sim, actor_id)
    (sim.instruments.buffered.add if enabled else sim.instruments.buffered.discard)(actor_id)


@method()
def are_gbuffers_enabled(sim: "Simulation", actor_id: int) -> bool:
    """Say whether a camera sends its g-buffers."""
    return actor_id in sim.instruments.buffered


@method()
def get_gbuffer_token(sim: "Simulation", actor_id: int, texture: int) -> bytes:
    """Return where one g-buffer of a camera is; the client is about to open it."""
    camera = _camera(sim, actor_id)
    if not 0 <= texture < len(Texture):
        raise WorldError(f"there is no g-buffer {texture}; they go from 0 to {len(Texture) - 1}")
    sim.instruments.buffered.add(actor_id)
    return sim.streams.announce(stream_of(camera.stream_id, Texture(texture)))


def _camera(sim: "Simulation", actor_id: int) -> Sensor:
    actor = sim.world.find(actor_id)
    if not isinstance(actor, Sensor) or not actor.type_id.startswith("sensor.camera."):
        raise WorldError(f"actor {actor_id} is not a camera but {actor.type_id}; only cameras have g-buffers")
    return actor
