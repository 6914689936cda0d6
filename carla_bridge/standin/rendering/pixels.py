"""The pixel loops that turn a look into an image; compiled by numba at the first call.

A pixel is one uint32: blue in its lowest byte, then green, red and an opaque alpha, as CARLA sends it. Each loop
may be given only some rows of a picture; `first_row` says which is the first.
"""

from math import exp, log, sqrt

import numpy as np
from numba import njit

OPAQUE = 0xFF000000
DEPTH_STEPS = 2**24 - 1


@njit(cache=True, nogil=True)
def depth_codes(inverse_depth: np.ndarray, far_m: float, out: np.ndarray) -> None:
    """Write depth in CARLA's 24 bits: red is the lowest byte, blue the highest."""
    for y in range(inverse_depth.shape[0]):
        for x in range(inverse_depth.shape[1]):
            inverse = inverse_depth[y, x]
            share = 1.0 if inverse * far_m <= 1.0 else 1.0 / (inverse * far_m)
            code = np.uint32(share * DEPTH_STEPS + 0.5)
            out[y, x] = (code >> 16) | (code & 0xFF00) | ((code & 0xFF) << 16) | OPAQUE


@njit(cache=True, nogil=True)
def shade(
    index: np.ndarray,  # H,W int32, -1 = sky
    inverse_depth: np.ndarray,  # H,W float32
    fixed: np.ndarray,  # N uint32: the lit colour of each triangle of the scenery
    moving: np.ndarray,  # M uint32: and of the movers
    eye: tuple[
        float, float, float, float, float, float
    ],  # focal length, middle u, v; up: ahead, right, above
    air: tuple[float, float],  # extinction per metre, and where it begins
    colors: np.ndarray,  # 3,3 float64 BGR: haze, horizon, zenith
    first_row: int,
    out: np.ndarray,  # H,W uint32
) -> None:
    """Write lit surfaces through haze, before a sky that goes from the horizon's colour to the zenith's."""
    focal_px, center_u, center_v, ahead, right, above = eye
    extinction, start_m = air
    count = len(fixed)
    for y in range(index.shape[0]):
        up = -(first_row + y + 0.5 - center_v) / focal_px
        for x in range(index.shape[1]):
            i = index[y, x]
            if i >= 0 and extinction == 0.0:
                out[y, x] = fixed[i] if i < count else moving[i - count]
                continue
            across = (x + 0.5 - center_u) / focal_px
            length = sqrt(1.0 + across * across + up * up)
            height = (ahead + right * across + above * up) / length
            if i >= 0:
                color = fixed[i] if i < count else moving[i - count]
                blue, green, red = color & 0xFF, (color >> 8) & 0xFF, (color >> 16) & 0xFF
                b, g, r = float(blue), float(green), float(red)
                through_m = length / inverse_depth[y, x] - start_m
            else:
                high = min(1.0, max(0.0, height) * 1.6)
                b = colors[1, 0] + high * (colors[2, 0] - colors[1, 0])
                g = colors[1, 1] + high * (colors[2, 1] - colors[1, 1])
                r = colors[1, 2] + high * (colors[2, 2] - colors[1, 2])
                through_m = 400.0 / max(height, 0.05)
            clear = exp(-extinction * through_m) if through_m > 0.0 and extinction > 0.0 else 1.0
            b, g, r = (
                colors[0, 0] + clear * (b - colors[0, 0]),
                colors[0, 1] + clear * (g - colors[0, 1]),
                colors[0, 2] + clear * (r - colors[0, 2]),
            )
            out[y, x] = OPAQUE | (np.uint32(r + 0.5) << 16) | (np.uint32(g + 0.5) << 8) | np.uint32(b + 0.5)


@njit(cache=True, nogil=True)
def flow(
    index: np.ndarray,  # H,W int32, -1 = sky
    inverse_depth: np.ndarray,  # H,W float32
    count: int,  # of the scenery's triangles; those of the movers follow
    part_of: np.ndarray,  # M int32: which mover each of their triangles belongs to
    to_before: np.ndarray,  # P+1,3,4 float64: camera now -> camera before, for each mover; the last for what stands
    focal_px: float,
    first_row: int,
    height: int,
    out: np.ndarray,  # H,W,2 float32
) -> None:
    """Write how far each pixel's point has moved over the screen, in halves of its width and height, y upwards.

    The sky is infinitely far, so only the camera's turning moves it. What was behind the camera gets no flow.
    """
    width = index.shape[1]
    center_u, center_v = width / 2, height / 2
    standing = len(to_before) - 1
    for y in range(index.shape[0]):
        up = -(first_row + y + 0.5 - center_v) / focal_px
        for x in range(width):
            across = (x + 0.5 - center_u) / focal_px
            i = index[y, x]
            m = to_before[part_of[i - count] if i >= count else standing]
            near = inverse_depth[y, x] if i >= 0 else 0.0
            bx = m[0, 0] + m[0, 1] * across + m[0, 2] * up + m[0, 3] * near
            by = m[1, 0] + m[1, 1] * across + m[1, 2] * up + m[1, 3] * near
            bz = m[2, 0] + m[2, 1] * across + m[2, 2] * up + m[2, 3] * near
            if bx <= 1e-6:
                out[y, x, 0], out[y, x, 1] = 0.0, 0.0
                continue
            out[y, x, 0] = (across - by / bx) * focal_px / center_u
            out[y, x, 1] = (up - bz / bx) * focal_px / center_v


@njit(cache=True, nogil=True)
def brightness(pixels: np.ndarray, is_log: bool, least: float, out: np.ndarray) -> None:
    """Write how bright each pixel (H,W uint32) is, 0 to 1, or the logarithm of that and a least brightness."""
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            color = pixels[y, x]
            value = 0.299 * ((color >> 16) & 0xFF) + 0.587 * ((color >> 8) & 0xFF) + 0.114 * (color & 0xFF)
            out[y, x] = log(least + value / 255.0) if is_log else value / 255.0


@njit(cache=True, nogil=True)
def normal_codes(
    index: np.ndarray,  # H,W int32, -1 = sky
    fixed: np.ndarray,  # N,3 float32: the normal of each triangle of the scenery, of either sign
    moving: np.ndarray,  # M,3 float32: and of the movers
    focal_px: float,
    to_world: np.ndarray,  # 3,3 float64: camera -> world
    first_row: int,
    height: int,
    nothing: int,
    out: np.ndarray,  # H,W uint32
) -> None:
    """Write the normals, turned towards the camera, along the world's axes: x in red, 0 for -1 and 255 for 1."""
    width, count = index.shape[1], len(fixed)
    for y in range(index.shape[0]):
        up = -(first_row + y + 0.5 - height / 2) / focal_px
        for x in range(width):
            i = index[y, x]
            if i < 0:
                out[y, x] = nothing
                continue
            across = (x + 0.5 - width / 2) / focal_px
            normal = fixed[i] if i < count else moving[i - count]
            away = 0.0
            for a in range(3):
                away += normal[a] * (to_world[a, 0] + to_world[a, 1] * across + to_world[a, 2] * up)
            scale = -127.5 if away > 0.0 else 127.5
            code = np.uint32(OPAQUE)
            for a in range(3):
                code |= np.uint32(normal[a] * scale + 128.0) << np.uint32(16 - 8 * a)
            out[y, x] = code


@njit(cache=True, nogil=True)
def _crossing(x, y, before, now, levels, span_ns, refractory_ns, spoken_at, spoken_ns, found, count):  # type: ignore[no-untyped-def]
    """Write one pixel's events to `found` from row `count` on, while there is room, and return the new count."""
    start, end = before[y, x], now[y, x]
    up = end > start
    step = levels[0, y, x] if up else -levels[1, y, x]
    level = spoken_at[y, x] + step
    while (up and start < level <= end) or (not up and end <= level < start):
        time = span_ns[0] + np.int64((level - start) / (end - start) * (span_ns[1] - span_ns[0]))
        if time - spoken_ns[y, x] >= refractory_ns:
            if count < len(found):
                found[count, 0], found[count, 1], found[count, 2], found[count, 3] = x, y, time, up
            count += 1
            spoken_ns[y, x] = time
        spoken_at[y, x] = level
        level += step
    return count


@njit(cache=True, nogil=True)
def crossings(
    before: np.ndarray,  # H,W float64 brightness
    now: np.ndarray,  # H,W float64
    levels: np.ndarray,  # 2,H,W float64: how much brighter, how much darker
    span_ns: np.ndarray,  # 2 int64: when the pictures were taken
    refractory_ns: int,
    spoken_at: np.ndarray,  # H,W float64: the brightness each pixel last spoke at; changed
    spoken_ns: np.ndarray,  # H,W int64: and when; changed
) -> np.ndarray:
    """Return x, y, time and polarity of each crossing of a threshold, E,4 int64, if brightness went straight."""
    most = np.int64(0)
    for y in range(now.shape[0]):
        for x in range(now.shape[1]):
            least = min(levels[0, y, x], levels[1, y, x])
            if now[y, x] != before[y, x]:
                most += np.int64(abs(now[y, x] - before[y, x]) / least) + 1
    found = np.empty((most, 4), np.int64)
    count = 0
    for y in range(now.shape[0]):
        for x in range(now.shape[1]):
            if now[y, x] != before[y, x]:
                memory = spoken_at, spoken_ns
                count = _crossing(x, y, before, now, levels, span_ns, refractory_ns, *memory, found, count)
    return found[:count].copy()
