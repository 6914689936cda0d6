"""A semantic camera on a vehicle, asked for the frame of one tick: "give me tick N".

CARLA delivers pictures on a thread of its own, which here only copies the tags and queues them.
"""

import queue
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from carla_bridge.config import CameraConfig
from carla_bridge.errors import BridgeError
from carla_bridge.frames import LabelFrame, decode_tags
from carla_bridge.home import load_client

if TYPE_CHECKING:
    import carla

_BLUEPRINT = "sensor.camera.semantic_segmentation"
_QUEUED_FRAMES = 8  # one is normal in synchronous mode; more mean that somebody else ticks
_CHECK_EVERY_S = 0.25


class SensorTimeout(BridgeError):
    """A sensor did not deliver the picture of a tick."""

    def __init__(self, sensor: str, tick: int, reason: str):
        self.tick = tick
        super().__init__(
            f"{sensor} delivered no picture of tick {tick}: {reason}; "
            "raise session.sensor_timeout_s for a slow server, or see whether another client ticks it"
        )


class SemanticCamera:
    """Delivers the label frame of each tick; `stop` before its actor is destroyed."""

    def __init__(self, actor: "carla.Sensor"):
        self.actor = actor
        self.name = f"{actor.type_id} (actor {actor.id})"
        self._frames: queue.Queue[LabelFrame] = queue.Queue(_QUEUED_FRAMES)
        actor.listen(self._receive)

    def frame_at(self, tick: int, *, timeout_s: float, check: Callable[[], None]) -> LabelFrame:
        """Return the frame of this very tick; older ones are discarded.

        `check` is called now and then while waiting, to raise if there is nothing left to wait for.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            try:
                frame = self._frames.get(timeout=min(_CHECK_EVERY_S, timeout_s))
            except queue.Empty:
                check()
                if time.monotonic() < deadline_s:
                    continue
                raise SensorTimeout(self.name, tick, f"nothing came within {timeout_s:g} s") from None
            if frame.tick == tick:
                return frame
            if frame.tick > tick:
                raise SensorTimeout(self.name, tick, f"tick {frame.tick} came instead")

    def stop(self) -> None:
        """Close the stream; nothing is received afterwards."""
        self.actor.stop()

    def _receive(self, image: "carla.Image") -> None:
        tags = decode_tags(image.raw_data, height=image.height, width=image.width)
        while True:
            try:
                return self._frames.put_nowait(LabelFrame(image.frame, image.timestamp, tags))
            except queue.Full:
                with suppress(queue.Empty):  # the reader may have taken it just now
                    self._frames.get_nowait()  # the oldest; nobody will ask for it any more


def spawn_camera(world: "carla.World", config: CameraConfig, *, parent: "carla.Actor") -> "carla.Sensor":
    """Mount a camera on a vehicle and return its actor, not yet listening."""
    client = load_client()
    blueprint = world.get_blueprint_library().find(_BLUEPRINT)
    blueprint.set_attribute("image_size_x", str(config.width))
    blueprint.set_attribute("image_size_y", str(config.height))
    blueprint.set_attribute("fov", str(config.fov_deg))
    mount = client.Transform(
        client.Location(config.x_m, config.y_m, config.z_m),
        client.Rotation(config.pitch_deg, config.yaw_deg, config.roll_deg),
    )
    return cast("carla.Sensor", world.spawn_actor(blueprint, mount, attach_to=parent))
