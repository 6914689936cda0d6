"""Instruments that take pictures: plain cameras, optical flow and event cameras."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.instruments.events import Events, Thresholds
from carla_bridge.standin.instruments.images import CAMERAS
from carla_bridge.standin.life.actors import number, to_transform
from carla_bridge.standin.protocol.payloads import Payload, SensorType, image_header, sensor_header
from carla_bridge.standin.rendering.pixels import flow
from carla_bridge.standin.rendering.shading import paint

if TYPE_CHECKING:
    from carla_bridge.standin.instruments.scene import Scene, Station
    from carla_bridge.standin.rendering.render import Visible

MAX_SIDE_PX = 4096
HEADER_BYTES = 48 + 12


class Frame(NamedTuple):
    """The size and the angle of a camera's pictures."""

    width: int
    height: int
    fov_deg: float

    @staticmethod
    def of(attributes: Mapping[str, str]) -> "Frame":
        """Read what the blueprint says; nonsense becomes the nearest that is possible."""
        sides = number(attributes, "image_size_x", 800), number(attributes, "image_size_y", 600)
        width, height = (min(MAX_SIDE_PX, max(1, int(side))) for side in sides)
        return Frame(width, height, min(170.0, max(1.0, number(attributes, "fov", 90.0))))

    def message(self, kind: SensorType, scene: "Scene", pose: Pose, pixel_bytes: int) -> np.ndarray:
        """Return a message with its headers written and its pixels still to come, uint8."""
        message = np.empty(HEADER_BYTES + self.width * self.height * pixel_bytes, np.uint8)
        header = sensor_header(kind, scene.moment, to_transform(pose)) + image_header(*self)
        message[:HEADER_BYTES] = np.frombuffer(header, np.uint8)
        return message

    def pixels(self, message: np.ndarray) -> np.ndarray:
        """Return the pixels of a message with four bytes each, H,W uint32."""
        return message[HEADER_BYTES:].view(np.uint32).reshape(self.height, self.width)


class Camera:
    """One picture per frame."""

    def __init__(self, type_id: str, attributes: Mapping[str, str]):
        self._kind, self._paint = CAMERAS[type_id]
        self._frame = Frame.of(attributes)

    def measure(self, own: "Station", scene: "Scene") -> list[Payload]:
        """Return the picture."""
        message = self._frame.message(self._kind, scene, own.pose, 4)
        self._paint(scene.look(own.pose, *self._frame), scene.weather, self._frame.pixels(message))
        return [message.data]


class FlowCamera:
    """How every pixel has moved since the picture before; the first one sees no motion."""

    def __init__(self, attributes: Mapping[str, str]):
        self._frame = Frame.of(attributes)
        self._before: dict[int, Pose] = {}  # of the movers
        self._camera: Pose | None = None

    def measure(self, own: "Station", scene: "Scene") -> list[Payload]:
        """Return the flow."""
        width, height, _ = self._frame
        message = self._frame.message(SensorType.OPTICAL_FLOW, scene, own.pose, 8)
        out = message[HEADER_BYTES:].view(np.float32).reshape(height, width, 2)
        self.write(scene.look(own.pose, *self._frame), scene, out)
        return [message.data]

    def write(self, visible: "Visible", scene: "Scene", out: np.ndarray) -> None:
        """Write the flow of a look, H,W,2 float32, and remember who is where."""
        motions = self._motions(visible)
        part_of = np.repeat(
            np.arange(len(visible.parts), dtype=np.int32),
            np.diff([part.end for part in visible.parts], prepend=0),
        )
        count, focal_px = len(visible.renderer.scenery), visible.view.focal_px

        def work(rows: slice) -> None:
            seen = visible.index[rows], visible.inverse_depth[rows]
            flow(*seen, count, part_of, motions, focal_px, rows.start, visible.view.height, out[rows])

        visible.in_rows(work)
        self._camera = visible.view.camera
        self._before = {actor_id: pose for _, pose, actor_id in scene.movers}

    def _motions(self, visible: "Visible") -> np.ndarray:
        """Return the way from the camera now to the camera before, for each mover and for what stands: P+1,3,4."""
        now, before = visible.view.to_world, (self._camera or visible.view.camera).matrix()
        back = np.linalg.inv(before)
        motions = [
            back
            @ self._before.get(part.actor_id, part.pose).matrix()
            @ np.linalg.inv(part.pose.matrix())
            @ now
            for part in visible.parts
        ]
        return np.array([*motions, back @ now])[:, :3]


class EventCamera:
    """Pixels that speak when they get brighter or darker; the first picture is what they compare with."""

    def __init__(self, attributes: Mapping[str, str]):
        self._frame, self._events = Frame.of(attributes), Events(Thresholds.of(attributes))

    def measure(self, own: "Station", scene: "Scene") -> list[Payload]:
        """Return the events since the picture before."""
        pixels = np.empty((self._frame.height, self._frame.width), np.uint32)
        paint(scene.look(own.pose, *self._frame), scene.weather, pixels)
        events = self._events.since(pixels, scene.moment.elapsed_s)
        if not len(events):
            return []  # as CARLA does; the client takes no empty message
        header = sensor_header(SensorType.DVS, scene.moment, to_transform(own.pose))
        return [header + image_header(*self._frame) + events.tobytes()]
