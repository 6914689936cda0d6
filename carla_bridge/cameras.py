"""Cameras on a vehicle, asked for the frame of one tick: "give me tick N".

CARLA delivers pictures on a thread of its own, which here only copies what we keep of them and queues it. A camera
is one semantic sensor and, where they are asked for, further sensors of the same lens at the same place: layers.
"""

import queue
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

import numpy as np

from carla_bridge.config import CameraConfig
from carla_bridge.errors import BridgeError
from carla_bridge.frames import (
    LabelFrame,
    decode_depth_m,
    decode_flow,
    decode_instance_ids,
    decode_rgb,
    decode_tags,
)
from carla_bridge.home import load_client

if TYPE_CHECKING:
    import carla

_QUEUED_FRAMES = 8  # one is normal in synchronous mode; more mean that somebody else ticks
_CHECK_EVERY_S = 0.25


class _Decode(Protocol):
    def __call__(self, raw: bytes, /, *, height: int, width: int) -> np.ndarray: ...


class _Layer(NamedTuple):
    blueprint: str
    decode: _Decode
    field: str  # of `LabelFrame`


LAYERS: dict[str, _Layer] = {
    "semantic": _Layer("sensor.camera.semantic_segmentation", decode_tags, "tags"),
    "instance": _Layer("sensor.camera.instance_segmentation", decode_instance_ids, "instance_ids"),
    "depth": _Layer("sensor.camera.depth", decode_depth_m, "depth_m"),
    "rgb": _Layer("sensor.camera.rgb", decode_rgb, "rgb"),
    "flow": _Layer("sensor.camera.optical_flow", decode_flow, "flow"),
}


class SensorTimeout(BridgeError):
    """A sensor did not deliver the picture of a tick."""

    def __init__(self, sensor: str, tick: int, reason: str):
        self.tick = tick
        super().__init__(
            f"{sensor} delivered no picture of tick {tick}: {reason}; "
            "raise session.sensor_timeout_s for a slow server, or see whether another client ticks it"
        )


class _Shot(NamedTuple):
    tick: int
    time_s: float
    picture: np.ndarray


class Sensor:
    """One listening sensor and the queue of what it sent; `stop` before its actor is destroyed."""

    def __init__(self, actor: "carla.Sensor", decode: _Decode):
        self._actor, self._decode = actor, decode
        self.name = f"{actor.type_id} (actor {actor.id})"
        self._shots: queue.Queue[_Shot] = queue.Queue(_QUEUED_FRAMES)
        actor.listen(self._receive)

    def shot_at(self, tick: int, *, timeout_s: float, check: Callable[[], None]) -> _Shot:
        """Return the picture of this very tick; older ones are discarded.

        `check` is called now and then while waiting, to raise if there is nothing left to wait for.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            try:
                shot = self._shots.get(timeout=min(_CHECK_EVERY_S, timeout_s))
            except queue.Empty:
                check()
                if time.monotonic() < deadline_s:
                    continue
                raise SensorTimeout(self.name, tick, f"nothing came within {timeout_s:g} s") from None
            if shot.tick == tick:
                return shot
            if shot.tick > tick:
                raise SensorTimeout(self.name, tick, f"tick {shot.tick} came instead")

    def shot_from(self, tick: int, *, timeout_s: float, check: Callable[[], None]) -> _Shot:
        """Return the first picture of this tick or a later one; for servers that do not wait for us."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            try:
                shot = self._shots.get(timeout=min(_CHECK_EVERY_S, timeout_s))
            except queue.Empty:
                check()
                if time.monotonic() < deadline_s:
                    continue
                raise SensorTimeout(self.name, tick, f"nothing came within {timeout_s:g} s") from None
            if shot.tick >= tick:
                return shot

    def stop(self) -> None:
        """Close the stream; nothing is received afterwards."""
        self._actor.stop()

    def _receive(self, image: "carla.Image") -> None:
        picture = self._decode(image.raw_data, height=image.height, width=image.width)
        while True:
            try:
                return self._shots.put_nowait(_Shot(image.frame, image.timestamp, picture))
            except queue.Full:
                with suppress(queue.Empty):  # the reader may have taken it just now
                    self._shots.get_nowait()  # the oldest; nobody will ask for it any more


class Camera:
    """A named camera: delivers the label frame of each tick, with all its layers."""

    def __init__(self, name: str, sensors: Mapping[str, Sensor]):
        self.name, self._sensors = name, sensors

    def frame_at(self, tick: int, *, timeout_s: float, check: Callable[[], None]) -> LabelFrame:
        """Return the frame of this very tick; see `Sensor.shot_at`."""
        shots = {
            layer: sensor.shot_at(tick, timeout_s=timeout_s, check=check)
            for layer, sensor in self._sensors.items()
        }
        return self._frame(shots)

    def frame_from(self, tick: int, *, timeout_s: float, check: Callable[[], None]) -> LabelFrame:
        """Return the frame of the first tick from this one on that all its sensors have; see `Sensor.shot_from`."""
        shots: dict[str, _Shot] = {}
        while len({shot.tick for shot in shots.values()}) != 1 or len(shots) < len(self._sensors):
            for layer, sensor in self._sensors.items():
                if layer not in shots or shots[layer].tick < tick:
                    shots[layer] = sensor.shot_from(tick, timeout_s=timeout_s, check=check)
                    tick = shots[layer].tick
        return self._frame(shots)

    def _frame(self, shots: Mapping[str, _Shot]) -> LabelFrame:
        pictures = {LAYERS[layer].field: shot.picture for layer, shot in shots.items()}
        semantic = shots["semantic"]
        return LabelFrame(semantic.tick, semantic.time_s, camera=self.name, **pictures)

    def stop(self) -> None:
        """Close all its streams."""
        for sensor in self._sensors.values():
            sensor.stop()


def spawn_sensor(
    world: "carla.World", layer: str, config: CameraConfig, *, parent: "carla.Actor"
) -> "carla.Sensor":
    """Mount a camera's sensor for one layer on a vehicle and return its actor, not yet listening."""
    client = load_client()
    library = world.get_blueprint_library()
    try:
        blueprint = library.find(LAYERS[layer].blueprint)
    except IndexError:
        raise BridgeError(
            f"the server has no {LAYERS[layer].blueprint}; leave {layer} out of the layers"
        ) from None
    blueprint.set_attribute("image_size_x", str(config.width))
    blueprint.set_attribute("image_size_y", str(config.height))
    blueprint.set_attribute("fov", str(config.fov_deg))
    blueprint.set_attribute("sensor_tick", str(config.sensor_tick_s))  # the server draws no more than is kept
    mount = client.Transform(
        client.Location(config.x_m, config.y_m, config.z_m),
        client.Rotation(config.pitch_deg, config.yaw_deg, config.roll_deg),
    )
    return cast("carla.Sensor", world.spawn_actor(blueprint, mount, attach_to=parent))
