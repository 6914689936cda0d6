"""How the weather lights a street: the light on each triangle, the sky and the haze. Honest rather than pretty.

One sun without shadows, light from the sky that clouds spread, water that darkens the ground, fog as haze that
grows with distance from `fog_distance` on (`fog_falloff`, wind and dust change nothing). Street lights and
headlights give no light: night is dark.
"""

from dataclasses import dataclass
from math import cos, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.standin.protocol.schema import Weather
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.pixels import OPAQUE, shade
from carla_bridge.standin.rendering.surfaces import normals_of

if TYPE_CHECKING:
    from carla_bridge.standin.rendering.render import Visible

DAY_SKY, DAY_HORIZON = np.array([70.0, 120.0, 200.0]), np.array([175.0, 200.0, 225.0])
CLOUDS, SUNSET = np.array([150.0, 155.0, 162.0]), np.array([235.0, 150.0, 90.0])
NIGHT = np.array([6.0, 8.0, 16.0])
FOG = np.array([190.0, 195.0, 200.0])
DENSEST_PER_M, RAIN_PER_M = 0.15, 0.004  # extinction at 100 percent
WET_LIGHT = 0.55  # what is left of the light from soaked ground


@dataclass(frozen=True)
class Light:
    """What falls on surfaces: a direct and a spread part, and how wet the ground is."""

    sun: tuple[float, float, float]  # direction to it
    direct: float
    spread: float
    wetness: float

    def __call__(self, mesh: Mesh) -> np.ndarray:
        """Return the lit colour of every triangle, N uint32; both sides of a surface look alike."""
        normals = normals_of(mesh)
        facing = np.abs(normals @ np.array(self.sun, np.float32))
        light = self.spread * (0.75 + 0.25 * np.abs(normals[:, 2])) + self.direct * facing
        light *= 1.0 - self.wetness * (1.0 - WET_LIGHT) * np.abs(normals[:, 2])
        red, green, blue = np.clip(mesh.colors_rgb * light[:, None], 0, 255).astype(np.uint32).T
        return OPAQUE | red << 16 | green << 8 | blue


def light_of(weather: Weather) -> Light:
    """Return what the weather lets through to the ground."""
    altitude, azimuth = radians(weather.sun_altitude_angle), radians(weather.sun_azimuth_angle)
    sun = (cos(altitude) * cos(azimuth), cos(altitude) * sin(azimuth), sin(altitude))
    clouds, day = _share(weather.cloudiness), _day(weather)
    height = min(1.0, max(0.0, sin(altitude)) * 3.0)  # a low sun is weak
    direct = 0.55 * day * height * (1.0 - 0.85 * clouds)
    spread = 0.06 + day * (0.44 - 0.10 * clouds)
    wet = max(_share(weather.wetness), _share(weather.precipitation_deposits))
    return Light(sun, direct, spread, wet)


def paint(visible: "Visible", weather: Weather, out: np.ndarray) -> None:
    """Write the picture, H,W uint32 as in `pixels`."""
    light, view = light_of(weather), visible.view
    fixed, moving = visible.renderer.table(light), light(visible.movers)
    ahead, right, above = (float(value) for value in view.to_world[2, :3])
    eye = view.focal_px, view.width / 2, view.height / 2, ahead, right, above
    fog, rain = _share(weather.fog_density) ** 2, _share(weather.precipitation)
    air = DENSEST_PER_M * fog + RAIN_PER_M * rain, max(0.0, float(weather.fog_distance)) * float(fog > 0.0)
    colors = _sky(weather)

    def work(rows: slice) -> None:
        seen = visible.index[rows], visible.inverse_depth[rows]
        shade(*seen, fixed, moving, eye, air, colors, rows.start, out[rows])

    visible.in_rows(work)


def _sky(weather: Weather) -> np.ndarray:
    """Return the haze's, the horizon's and the zenith's colour, 3,3 float64 BGR."""
    day, clouds = _day(weather), _share(weather.cloudiness)
    low = max(0.0, 1.0 - abs(weather.sun_altitude_angle) / 12.0) * (1.0 - clouds)  # dusk and dawn
    horizon = DAY_HORIZON + 0.7 * low * (SUNSET - DAY_HORIZON)
    horizon, zenith = horizon + clouds * (CLOUDS - horizon), DAY_SKY + clouds * (CLOUDS - DAY_SKY)
    lit = [NIGHT + day * (color - NIGHT) for color in (FOG, horizon, zenith)]
    return np.clip(np.array(lit)[:, ::-1], 0.0, 255.0).copy()


def _day(weather: Weather) -> float:
    return float(np.clip((weather.sun_altitude_angle + 8.0) / 20.0, 0.0, 1.0))


def _share(percent: float) -> float:
    return float(np.clip(percent / 100.0, 0.0, 1.0)) if np.isfinite(percent) else 0.0
