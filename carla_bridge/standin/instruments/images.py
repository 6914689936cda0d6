"""From one look at the world to the pixels of each kind of camera, as CARLA encodes them."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.labels import TAG_TABLES
from carla_bridge.standin import tags
from carla_bridge.standin.protocol.payloads import SensorType
from carla_bridge.standin.protocol.schema import Weather
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.pixels import OPAQUE, depth_codes, normal_codes
from carla_bridge.standin.rendering.render import FAR_M, Of
from carla_bridge.standin.rendering.shading import paint
from carla_bridge.standin.rendering.surfaces import normals_of

if TYPE_CHECKING:
    from carla_bridge.standin.rendering.render import Visible

Painter = Callable[
    ["Visible", Weather, np.ndarray], None
]  # writes H,W uint32: blue lowest, then green, red, alpha
NO_NORMAL = OPAQUE | 0x808080
EDGE = 0xFFFFFFFF


def tag_codes(mesh: Mesh) -> np.ndarray:
    """Return the tag of every triangle in the red channel, N uint32."""
    return mesh.tags.astype(np.uint32) << 16 | np.uint32(OPAQUE)


def instance_codes(mesh: Mesh) -> np.ndarray:
    """Return tag (red) and object number (green its low byte, blue its high one) of every triangle, N uint32."""
    ids = mesh.object_ids.astype(np.uint32)
    return tag_codes(mesh) | (ids & 0xFF) << 8 | (ids >> 8) & 0xFF


def color_codes(mesh: Mesh) -> np.ndarray:
    """Return the unlit colour of every triangle, N uint32."""
    red, green, blue = mesh.colors_rgb.astype(np.uint32).T
    return np.uint32(OPAQUE) | red << 16 | green << 8 | blue


def palette_codes(mesh: Mesh) -> np.ndarray:
    """Return the palette's colour of every triangle's tag, N uint32."""
    return _palette()[mesh.tags]


@cache
def _palette() -> np.ndarray:
    palette = np.full(256, OPAQUE, np.uint32)
    for row in TAG_TABLES["0.9.14"].rows:
        red, green, blue = row.carla_rgb
        palette[row.tag] = OPAQUE | red << 16 | green << 8 | blue
    return palette


def paint_by(of: Of, nothing: int) -> Painter:
    """Return the painter that looks one value per triangle up."""

    def painter(visible: "Visible", _: Weather, out: np.ndarray) -> None:
        visible.per_pixel(of, nothing, out)

    return painter


def paint_depth(visible: "Visible", _: Weather, out: np.ndarray) -> None:
    """Paint CARLA's 24-bit depth."""
    visible.in_rows(lambda rows: depth_codes(visible.inverse_depth[rows], FAR_M, out[rows]))


def paint_normals(visible: "Visible", _: Weather, out: np.ndarray) -> None:
    """Paint the surface normal along the world's axes, x in red: 0 is -1, 255 is 1; it faces the camera."""
    view, fixed = visible.view, visible.renderer.table(normals_of)
    moving, turn = normals_of(visible.movers), view.to_world[:3, :3].copy()

    def work(rows: slice) -> None:
        eye = view.focal_px, turn, rows.start, view.height
        normal_codes(visible.index[rows], fixed, moving, *eye, NO_NORMAL, out[rows])

    visible.in_rows(work)


def paint_cosmos(visible: "Visible", weather: Weather, out: np.ndarray) -> None:
    """Paint the label colours with a white line round every object."""
    visible.per_pixel(instance_codes, OPAQUE, out)
    edges = np.zeros(out.shape, bool)
    edges[:, 1:] |= out[:, 1:] != out[:, :-1]
    edges[1:] |= out[1:] != out[:-1]
    visible.per_pixel(palette_codes, int(_palette()[tags.SKY]), out)
    out[edges] = EDGE


CAMERAS: dict[str, tuple[SensorType, Painter]] = {
    "sensor.camera.cosmos_visualization": (SensorType.COSMOS, paint_cosmos),
    "sensor.camera.depth": (SensorType.DEPTH, paint_depth),
    "sensor.camera.instance_segmentation": (
        SensorType.INSTANCE,
        paint_by(instance_codes, OPAQUE | tags.SKY << 16),
    ),
    "sensor.camera.normals": (SensorType.NORMALS, paint_normals),
    "sensor.camera.rgb": (SensorType.RGB, paint),
    "sensor.camera.semantic_segmentation": (
        SensorType.SEMANTIC,
        paint_by(tag_codes, OPAQUE | tags.SKY << 16),
    ),
}
