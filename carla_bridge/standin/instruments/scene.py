"""The world as the sensors of one frame find it: copied out, so that time may pass while they measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.standin.bodies.models import walking_mesh
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.actors import Actor, Sensor, Vehicle, Walker
from carla_bridge.standin.life.motion import Collision
from carla_bridge.standin.protocol.payloads import Moment
from carla_bridge.standin.protocol.schema import Vector3D, Weather
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.render import Mover

if TYPE_CHECKING:
    from carla_bridge.standin.life.world import World
    from carla_bridge.standin.rendering.casting import Hits
    from carla_bridge.standin.rendering.render import Renderer, Visible

STRIDE_M = 1.5
PEDAL_TURN_M = 5.0  # how far a bicycle goes with one turn of its cranks


@dataclass
class Scene:
    """Who is where, under which sky; looks and rays go through here."""

    moment: Moment
    weather: Weather
    movers: Sequence[Mover]
    actors: Mapping[int, Actor]
    velocities: Mapping[int, Vector3D]  # m/s, world axes, of what moves
    collisions: Sequence[Collision]  # of the latest step
    opendrive: str
    renderer: "Renderer"
    gravity_mps2: float = 9.81  # what an IMU feels
    looks: dict[tuple[Pose, int, int, float], "Visible"] = field(default_factory=dict)

    def look(self, pose: Pose, width: int, height: int, fov_deg: float) -> "Visible":
        """Return what a camera sees; cameras at the same place share one look."""
        key = (pose, width, height, fov_deg)
        if key not in self.looks:
            self.looks[key] = self.renderer.render(
                pose, width=width, height=height, fov_deg=fov_deg, movers=self.movers
            )
        return self.looks[key]

    def cast(
        self, origins: np.ndarray, rays: np.ndarray, range_m: float, *, but: int | None = None
    ) -> "Hits":
        """Return where rays (R,3, of length 1) from their origins (R,3) end; one actor may be left out."""
        movers = [mover for mover in self.movers if mover[2] != but]
        return self.renderer.rays.cast(origins, rays, range_m, movers)


@dataclass(frozen=True)
class Station:
    """One sensor as it was at the frame: where, and how it moved."""

    sensor: Sensor
    pose: Pose
    velocity: Vector3D  # m/s, world axes
    angular_velocity: Vector3D  # deg/s
    acceleration: Vector3D  # m/s²

    @staticmethod
    def of(sensor: Sensor) -> "Station":
        """Return a sensor as it is now."""
        return Station(sensor, sensor.pose, sensor.velocity, sensor.angular_velocity, sensor.acceleration)


def capture(world: "World", renderer: "Renderer") -> Scene:
    """Return the world as it is now."""
    moving = [actor for actor in world.actors.values() if actor.model is not None]
    return Scene(
        world.moment,
        world.weather,
        [(_shape(actor), actor.pose, actor.id) for actor in moving],
        dict(world.actors),
        {actor.id: actor.velocity for actor in moving},
        list(world.collisions),
        world.town.opendrive,
        renderer,
        world.gravity_mps2,
    )


def _shape(actor: Actor) -> Mesh:
    assert actor.model is not None
    if isinstance(actor, Walker):
        return walking_mesh(actor.model, actor.walked_m / STRIDE_M)
    if isinstance(actor, Vehicle):
        return walking_mesh(actor.model, actor.driven_m / PEDAL_TURN_M)
    return actor.model.mesh
