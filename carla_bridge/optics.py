"""What a real camera adds to a photo, and what its lens does to photo and labels alike; pure functions, off by default.

In this order, as light goes: the lens bends, it blurs, the sensor exposes and is noisy, the file is JPEG. Only the
first moves pixels, so only it is done to labels, instances and depth too, by the nearest pixel: a label is never mixed.
Distortion is the radial part of Brown's model as OpenCV has it: r' = r (1 + k1 r² + k2 r⁴), r in focal lengths
(https://docs.opencv.org/4.x/d9/d0c/group__calib3d.html).
"""

from dataclasses import dataclass
from functools import cache
from math import hypot, radians, tan
from typing import NamedTuple

import cv2
import numpy as np

from carla_bridge.errors import BridgeError


class LensFolds(BridgeError):
    """A distortion beyond what its model can say."""

    def __init__(self, k1: float, k2: float, corner: float):
        super().__init__(
            f"a lens of k1 {k1:g} and k2 {k2:g} folds the picture over, {corner:.2f} focal lengths from its middle; "
            "bend less in optics, or narrow the camera's fov_deg"
        )


@dataclass(frozen=True)
class Optics:
    """How the camera is; every default changes nothing."""

    k1: float = 0.0  # negative: barrel, as wide lenses have
    k2: float = 0.0
    blur_px: float = 0.0  # standard deviation
    exposure_ev: float = 0.0  # stops; at 1 there is twice the light
    noise: float = 0.0  # standard deviation at white, of 255; less in the dark, as photons have it
    jpeg_quality: int = 100  # 100: no JPEG at all

    @property
    def bends(self) -> bool:
        """Say whether pixels move."""
        return bool(self.k1 or self.k2)

    def exposed(self, photo_rgb: np.ndarray, *, seed: int) -> np.ndarray:
        """Return the photo, H,W,3 uint8, after blur, exposure, noise and JPEG; the same seed gives the same noise."""
        light: np.ndarray = photo_rgb.astype(np.float32)
        if self.blur_px:
            light = cv2.GaussianBlur(light, (0, 0), self.blur_px)
        if self.exposure_ev:
            light = _encoded(_linear(light) * 2.0**self.exposure_ev)
        if self.noise:
            grain = np.random.default_rng(seed).standard_normal(light.shape, np.float32)
            light = light + grain * self.noise * np.sqrt(light.clip(0, 255) / 255)
        seen = np.rint(light.clip(0, 255)).astype(np.uint8)
        return seen if self.jpeg_quality == 100 else _compressed(seen, self.jpeg_quality)


class Bent(NamedTuple):
    """Layers as a lens shows them, enlarged until they fill the picture."""

    photo_rgb: np.ndarray
    label_ids: np.ndarray
    instance_ids: np.ndarray
    depth_m: np.ndarray | None


def bent(
    optics: Optics,
    photo_rgb: np.ndarray,
    label_ids: np.ndarray,
    instance_ids: np.ndarray,
    depth_m: np.ndarray | None,
    *,
    fov_deg: float,
) -> Bent:
    """Return photo and labels through the lens, moved alike."""
    columns, rows = _sources(optics.k1, optics.k2, *label_ids.shape, fov_deg)
    height, width = label_ids.shape
    taken = (
        np.rint(rows).astype(np.int32).clip(0, height - 1),
        np.rint(columns).astype(np.int32).clip(0, width - 1),
    )
    return Bent(
        cv2.remap(photo_rgb, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        label_ids[taken],
        instance_ids[taken],
        None if depth_m is None else depth_m[taken],
    )


@cache
def _sources(k1: float, k2: float, height: int, width: int, fov_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Return from which column and row of the pinhole's picture each pixel comes, H,W float32 each."""
    focal_px = width / (2 * tan(radians(fov_deg) / 2))
    middle = np.array([width / 2 - 0.5, height / 2 - 0.5])
    _refuse_folding(k1, k2, hypot(width, height) / 2 / focal_px)
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
    rays = (pixels - middle) * _filling(k1, k2, width / 2 / focal_px, height / 2 / focal_px) / focal_px
    straight = cv2.undistortPoints(rays.reshape(-1, 1, 2), np.eye(3), np.array([k1, k2, 0.0, 0.0]))
    sources = (straight.reshape(height, width, 2) * focal_px + middle).astype(np.float32)
    return np.ascontiguousarray(sources[..., 0]), np.ascontiguousarray(sources[..., 1])


def _filling(k1: float, k2: float, right: float, bottom: float) -> float:
    """Return how much a bent picture of half the size right × bottom must be enlarged to fill its frame, as 1 / that.

    The sides of a barrel are nearest to the middle at their own middles or their corners.
    """
    inner = [_factor(k1, k2, hypot(x, y)) for x, y in ((right, 0.0), (0.0, bottom), (right, bottom))]
    return min(1.0, *inner)


def _refuse_folding(k1: float, k2: float, corner: float) -> None:
    """Raise `LensFolds` if two rays of the picture would meet in one pixel."""
    r = np.linspace(0, corner, 200)
    if (1 + 3 * k1 * r**2 + 5 * k2 * r**4).min() <= 0.05:
        raise LensFolds(k1, k2, corner)


def _factor(k1: float, k2: float, r: float) -> float:
    return 1 + k1 * r**2 + k2 * r**4


def _linear(encoded: np.ndarray) -> np.ndarray:
    light: np.ndarray = (encoded.clip(0, 255) / 255) ** 2.2
    return light


def _encoded(linear: np.ndarray) -> np.ndarray:
    values: np.ndarray = linear.clip(0, 1) ** (1 / 2.2) * 255
    return values


def _compressed(photo_rgb: np.ndarray, quality: int) -> np.ndarray:
    encoded = cv2.imencode(".jpg", photo_rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1])
