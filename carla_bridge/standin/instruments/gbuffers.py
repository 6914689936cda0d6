"""The renderer's buffers that `listen_to_gbuffer` asks for, as far as this renderer has what they hold.

All are 8-bit images. Depth comes in the 24 bits of the depth camera. Specular and roughness (B), custom data
(D), baked light (E) and tangents (F) don't exist here; they are one constant each.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.instruments.cameras import FlowCamera, Frame
from carla_bridge.standin.instruments.images import (
    Painter,
    color_codes,
    paint_by,
    paint_depth,
    paint_normals,
    tag_codes,
)
from carla_bridge.standin.protocol.payloads import Payload, SensorType
from carla_bridge.standin.rendering.pixels import OPAQUE
from carla_bridge.standin.rendering.shading import paint

if TYPE_CHECKING:
    from carla_bridge.standin.instruments.scene import Scene, Station
    from carla_bridge.standin.protocol.schema import Weather
    from carla_bridge.standin.rendering.render import Visible

STREAM_SHIFT = 24  # a buffer's stream is the sensor's, with its number plus one above these bits
ROUGH = OPAQUE | 0x0080FF  # not metallic, half specular, fully rough
WHITE = OPAQUE | 0xFFFFFF


class Texture(IntEnum):
    """CARLA's numbers."""

    SCENE_COLOR = 0
    SCENE_DEPTH = 1
    SCENE_STENCIL = 2
    A = 3
    B = 4
    C = 5
    D = 6
    E = 7
    F = 8
    VELOCITY = 9
    SSAO = 10
    CUSTOM_DEPTH = 11
    CUSTOM_STENCIL = 12


def paint_constant(code: int) -> Painter:
    """Return the painter of one colour."""

    def painter(visible: "Visible", weather: "Weather", out: np.ndarray) -> None:
        out[...] = code

    return painter


_paint_tags = paint_by(tag_codes, OPAQUE | tags.SKY << 16)
PAINTERS: dict[Texture, Painter] = {
    Texture.SCENE_COLOR: paint,
    Texture.SCENE_DEPTH: paint_depth,
    Texture.SCENE_STENCIL: _paint_tags,
    Texture.A: paint_normals,
    Texture.B: paint_constant(ROUGH),
    Texture.C: paint_by(color_codes, OPAQUE),
    Texture.D: paint_constant(OPAQUE),
    Texture.E: paint_constant(OPAQUE),
    Texture.F: paint_constant(OPAQUE),
    Texture.SSAO: paint_constant(WHITE),
    Texture.CUSTOM_DEPTH: paint_depth,
    Texture.CUSTOM_STENCIL: _paint_tags,
}


def stream_of(sensor_stream: int, texture: Texture) -> int:
    """Return the stream of one buffer of a camera."""
    return sensor_stream | (texture + 1) << STREAM_SHIFT


class GBuffers:
    """One camera's buffers."""

    def __init__(self, attributes: Mapping[str, str]):
        self._frame, self._flow = Frame.of(attributes), FlowCamera(attributes)

    def measure(self, own: "Station", scene: "Scene", wanted: Iterable[Texture]) -> list[tuple[int, Payload]]:
        """Return the wanted buffers, each with its stream."""
        visible = scene.look(own.pose, *self._frame)
        messages: list[tuple[int, Payload]] = []
        for texture in wanted:
            message = self._frame.message(SensorType.GBUFFER, scene, own.pose, 4)
            pixels = self._frame.pixels(message)
            if texture is Texture.VELOCITY:
                self._paint_velocity(visible, scene, pixels)
            else:
                PAINTERS[texture](visible, scene.weather, pixels)
            messages.append((stream_of(own.sensor.stream_id, texture), message.data))
        return messages

    def _paint_velocity(self, visible: "Visible", scene: "Scene", out: np.ndarray) -> None:
        """Paint the flow as the engine codes it: -2 is 0 and 2 is 255, x in red and y in green."""
        flow = np.empty((*out.shape, 2), np.float32)
        self._flow.write(visible, scene, flow)
        codes = np.clip(flow / 4.0 * 255.0 + 127.5, 0, 255).astype(np.uint32)
        out[...] = OPAQUE | codes[..., 0] << 16 | codes[..., 1] << 8
