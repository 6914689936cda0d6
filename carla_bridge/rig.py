"""A rig: named cameras with their layers, mounted on one vehicle."""

import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from carla_bridge.cameras import LAYERS, Camera, Sensor, SensorTimeout, spawn_sensor
from carla_bridge.config import CameraConfig
from carla_bridge.frames import CameraMeta, LabelFrame, Placement
from carla_bridge.server import Server
from carla_bridge.signals import held
from carla_bridge.world_changes import Undo

if TYPE_CHECKING:
    import carla

_FIRST_FRAME_S = 0.5  # per try


class Rig:
    """Mounted, listening cameras: all their frames of one tick."""

    def __init__(self, server: Server, cameras: tuple[Camera, ...], *, timeout_s: float):
        self.cameras = cameras
        self._server, self._timeout_s = server, timeout_s

    def frames_at(self, tick: int) -> tuple[LabelFrame, ...]:
        """Return every camera's frame of this very tick, or raise `SensorTimeout`."""
        return self._frames_at(tick, self._timeout_s)

    def next_frames(self) -> tuple[LabelFrame, ...]:
        """Return every camera's frame of the next tick that all of them have; for servers that do not wait for us."""
        frames: dict[str, LabelFrame] = {}
        tick = 0
        while len({frame.tick for frame in frames.values()}) != 1 or len(frames) < len(self.cameras):
            for camera in self.cameras:
                if camera.name not in frames or frames[camera.name].tick < tick:
                    check = self._server.check
                    frames[camera.name] = camera.frame_from(tick, timeout_s=self._timeout_s, check=check)
                    tick = frames[camera.name].tick
        return tuple(frames[camera.name] for camera in self.cameras)

    def await_first_frame(self, tick: int | None = None, *, ticks_per_frame: int = 1) -> None:
        """Tick until every camera delivers: a tick can overtake a stream that is still connecting.

        `tick` is the first one since they listen, if there was one. Afterwards the world is at a tick that all of
        them showed, so that cameras that show but one in `ticks_per_frame` are in step with us.
        """
        deadline_s = time.monotonic() + self._timeout_s + ticks_per_frame * _FIRST_FRAME_S
        while True:
            tick = self._server.tick() if tick is None else tick
            try:
                self._frames_at(tick, min(_FIRST_FRAME_S, self._timeout_s))
                return
            except SensorTimeout:
                if time.monotonic() > deadline_s:
                    raise
            tick = None

    def _frames_at(self, tick: int, timeout_s: float) -> tuple[LabelFrame, ...]:
        check = self._server.check
        return tuple(camera.frame_at(tick, timeout_s=timeout_s, check=check) for camera in self.cameras)


def mount(
    server: Server,
    undo: Undo,
    cameras: Mapping[str, CameraConfig],
    layers: Collection[str],
    *,
    vehicle: "carla.Actor",
    made: list[int],  # every actor is noted here before anything can fail
    timeout_s: float,  # for the pictures of a tick
) -> Rig:
    """Spawn the sensors of all cameras and let them listen; `undo` stops them."""
    mounted = (_camera(server, undo, name, each, layers, vehicle, made) for name, each in cameras.items())
    return Rig(server, tuple(mounted), timeout_s=timeout_s)


def camera_metas(cameras: Mapping[str, CameraConfig]) -> tuple[CameraMeta, ...]:
    """Return what a recording says of the cameras."""
    return tuple(
        CameraMeta(name, each.width, each.height, each.fov_deg, _placement(each))
        for name, each in cameras.items()
    )


def _camera(
    server: Server,
    undo: Undo,
    name: str,
    config: CameraConfig,
    layers: Collection[str],
    vehicle: "carla.Actor",
    made: list[int],
) -> Camera:
    sensors = {}
    for layer in LAYERS:
        if layer != "semantic" and layer not in layers:
            continue
        with held(), server.answering(f"spawn the {layer} sensor of camera {name}"):
            actor = spawn_sensor(server.world, layer, config, parent=vehicle)
            made.append(actor.id)
        with server.answering(f"start the {layer} sensor of camera {name}"):
            sensors[layer] = Sensor(actor, LAYERS[layer].decode)
            undo.later("stop a camera", sensors[layer].stop)
    return Camera(name, sensors)


def _placement(config: CameraConfig) -> Placement:
    return Placement(config.x_m, config.y_m, config.z_m, config.pitch_deg, config.yaw_deg, config.roll_deg)
