"""The pixel loops: exact visibility of triangles by z-buffer, compiled by numba at the first call.

Knows nothing of tags or sensors. A pixel belongs to a triangle when its centre does, left and upper
borders included; both neighbours of a shared edge compute it from the same two corners in the same order,
so that no pixel is drawn twice or left out. Depth is linear as 1/x over the screen, and is taken from the
triangle's plane, so clipping never bends it.
"""

from math import ceil

import numpy as np
from numba import njit

NEAR_M = 0.1


@njit(cache=True, nogil=True)
def look_up(index: np.ndarray, fixed: np.ndarray, moving: np.ndarray, nothing: int, out: np.ndarray) -> None:
    """Write each pixel's entry of two tables, counted through, to `out`, and `nothing` where nothing was hit."""
    count = len(fixed)
    for y in range(index.shape[0]):
        for x in range(index.shape[1]):
            i = index[y, x]
            if i < 0:
                out[y, x] = nothing
            elif i < count:
                out[y, x] = fixed[i]
            else:
                out[y, x] = moving[i - count]


@njit(cache=True, nogil=True)
def _sorted_by_row(points):  # type: ignore[no-untyped-def]
    (u0, v0), (u1, v1), (u2, v2) = points
    if v1 < v0:
        u0, v0, u1, v1 = u1, v1, u0, v0
    if v2 < v1:
        u1, v1, u2, v2 = u2, v2, u1, v1
    if v1 < v0:
        u0, v0, u1, v1 = u1, v1, u0, v0
    return u0, v0, u1, v1, u2, v2


@njit(cache=True, nogil=True)
def _slope(u0, v0, u1, v1):  # type: ignore[no-untyped-def]
    return (u1 - u0) / (v1 - v0) if v1 > v0 else 0.0


@njit(cache=True, nogil=True)
def _fill(points, plane, triangle, columns, inverse_depth, index):  # type: ignore[no-untyped-def]
    """Draw one projected triangle within some columns, row by row from one edge to the other."""
    height = index.shape[0]
    left, right = columns
    u0, v0, u1, v1, u2, v2 = _sorted_by_row(points)
    long_slope, upper_slope, lower_slope = (
        _slope(u0, v0, u2, v2),
        _slope(u0, v0, u1, v1),
        _slope(u1, v1, u2, v2),
    )
    across, down, at_origin = plane
    for y in range(ceil(max(v0 - 0.5, 0.0)), ceil(min(v2 - 0.5, height))):
        row = y + 0.5
        a = u0 + (row - v0) * long_slope
        b = u0 + (row - v0) * upper_slope if row < v1 else u1 + (row - v1) * lower_slope
        if b < a:
            a, b = b, a
        first, last = ceil(max(a - 0.5, left)), ceil(min(b - 0.5, right))
        at_row = at_origin + down * row + across * 0.5
        depths, triangles = inverse_depth[y], index[y]
        for x in range(first, last):
            value = np.float32(at_row + across * x)
            if value > depths[x]:
                depths[x] = value
                triangles[x] = triangle


@njit(cache=True, nogil=True)
def _clip(corners, polygon):  # type: ignore[no-untyped-def]
    """Write the part of a triangle beyond the near plane to `polygon`, and return its number of corners."""
    count = 0
    for i in range(3):
        here, there = i, (i + 1) % 3
        inside = corners[here, 0] >= NEAR_M
        if inside:
            for axis in range(3):
                polygon[count, axis] = corners[here, axis]
            count += 1
        if inside != (corners[there, 0] >= NEAR_M):
            if not inside:
                here, there = there, here  # always from the inner corner: neighbours get the same point
            share = (corners[here, 0] - NEAR_M) / (corners[here, 0] - corners[there, 0])
            polygon[count, 0] = NEAR_M
            for axis in range(1, 3):
                start = corners[here, axis]
                polygon[count, axis] = start + share * (corners[there, axis] - start)
            count += 1
    return count


@njit(cache=True, nogil=True)
def _plane(corners, focal_px, center_u, center_v):  # type: ignore[no-untyped-def]
    """Return 1/depth over the screen as (per column, per row, at the origin); zeros for a plane seen edge-on."""
    x, y, z = corners[0, 0], corners[0, 1], corners[0, 2]
    ex, ey, ez = corners[1, 0] - x, corners[1, 1] - y, corners[1, 2] - z
    fx, fy, fz = corners[2, 0] - x, corners[2, 1] - y, corners[2, 2] - z
    nx, ny, nz = ey * fz - ez * fy, ez * fx - ex * fz, ex * fy - ey * fx
    distance = nx * x + ny * y + nz * z
    if abs(distance) <= 1e-9 * (nx * nx + ny * ny + nz * nz) ** 0.5:
        return 0.0, 0.0, 0.0
    across, down = ny / (distance * focal_px), -nz / (distance * focal_px)
    return across, down, nx / distance - across * center_u - down * center_v


@njit(cache=True, nogil=True)
def _hidden(rectangle, columns, inverse_depth):  # type: ignore[no-untyped-def]
    """Whether a rectangle (left, top, right, bottom, nearest 1/depth) shows something nearer in all of the columns."""
    left, right = max(int(rectangle[0]), int(columns[0])), min(ceil(rectangle[2]), int(columns[1]))
    nearest = np.float32(rectangle[4])
    for y in range(int(rectangle[1]), int(rectangle[3])):
        depths = inverse_depth[y, left:right]
        is_farther = 0
        for x in range(
            len(depths)
        ):  # without a way out in between, so that eight pixels are compared at once
            is_farther |= depths[x] < nearest
        if is_farther:
            return False
    return True


@njit(cache=True, nogil=True)
def reach(
    boxes: np.ndarray,  # K,8,3 float64
    to_camera: np.ndarray,  # 3,4 float64: world -> camera (x forward, y right, z up)
    focal_px: float,
    width: int,
    height: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return which boxes reach into the view, and for each left, top, right, bottom, nearest 1/depth, and depth."""
    seen, rectangles, count = np.empty(len(boxes), np.int64), np.empty((len(boxes), 6)), 0
    m, corner = to_camera, np.empty(3)
    for k in range(len(boxes)):
        nearest, farthest = np.inf, -np.inf
        left, right, top, bottom = np.inf, -np.inf, np.inf, -np.inf
        for i in range(8):
            x, y, z = boxes[k, i, 0], boxes[k, i, 1], boxes[k, i, 2]
            for a in range(3):
                corner[a] = m[a, 0] * x + m[a, 1] * y + m[a, 2] * z + m[a, 3]
            nearest, farthest = min(nearest, corner[0]), max(farthest, corner[0])
            scale = focal_px / max(corner[0], NEAR_M)
            u, v = width / 2 + corner[1] * scale, height / 2 - corner[2] * scale
            left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
        left, right = min(max(left - 1, 0.0), width), min(max(right + 1, 0.0), width)
        top, bottom = min(max(top - 1, 0.0), height), min(max(bottom + 1, 0.0), height)
        if farthest <= NEAR_M or (nearest > NEAR_M and (left >= right or top >= bottom)):
            continue
        seen[count], row = k, rectangles[count]
        row[0], row[1], row[2], row[3], row[4] = left, top, right, bottom, (1.0 + 1e-6) / max(nearest, NEAR_M)
        if nearest <= NEAR_M:  # it reaches behind the camera: taken as touching everything
            row[0], row[1], row[2], row[3], row[4] = 0.0, 0.0, width, height, np.inf
        row[5] = nearest
        count += 1
    return seen[:count], rectangles[:count]


@njit(cache=True, nogil=True)
def _to_camera(triangle, matrix, corners):  # type: ignore[no-untyped-def]
    for i in range(3):
        x, y, z = triangle[i, 0], triangle[i, 1], triangle[i, 2]
        for a in range(3):
            corners[i, a] = matrix[a, 0] * x + matrix[a, 1] * y + matrix[a, 2] * z + matrix[a, 3]


@njit(cache=True, nogil=True)
def rasterize(
    triangles: np.ndarray,  # N,3,3 float32
    ranges: np.ndarray,  # K,2 int64: which triangles, as (first, after the last)
    rectangles: np.ndarray,  # K,5 float64: what each range can touch at most, in pixels, and its nearest 1/depth
    to_camera: np.ndarray,  # 3,4 float64: mesh -> camera (x forward, y right, z up)
    focal_px: float,
    first_index: int,  # what triangle 0 is called in `index`
    columns: tuple[float, float],  # draw only from this column up to before that one
    inverse_depth: np.ndarray,  # H,W float32, 0 = nothing yet
    index: np.ndarray,  # H,W int32, -1 = nothing yet
) -> int:
    """Draw triangles into some columns of the two buffers and return how many touched them."""
    height, width = index.shape
    left_edge, right_edge = columns
    center_u, center_v = width / 2, height / 2
    corners, polygon, screen = np.empty((3, 3)), np.empty((4, 3)), np.empty((4, 2))
    drawn = 0
    for k in range(len(ranges)):
        if rectangles[k, 2] <= left_edge or rectangles[k, 0] >= right_edge:
            continue
        if _hidden(rectangles[k], columns, inverse_depth):
            continue
        for t in range(ranges[k, 0], ranges[k, 1]):
            _to_camera(triangles[t], to_camera, corners)
            count = _clip(corners, polygon)
            if count == 0:
                continue
            left, right, top, bottom = np.inf, -np.inf, np.inf, -np.inf
            for i in range(count):
                u = center_u + focal_px * polygon[i, 1] / polygon[i, 0]
                v = center_v - focal_px * polygon[i, 2] / polygon[i, 0]
                screen[i, 0], screen[i, 1] = u, v
                left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
            if right <= left_edge + 0.5 or left > right_edge - 0.5 or bottom <= 0.5 or top > height - 0.5:
                continue
            plane = _plane(corners, focal_px, center_u, center_v)
            if plane == (0.0, 0.0, 0.0):
                continue
            drawn += 1
            p, q, r = (screen[0, 0], screen[0, 1]), (screen[1, 0], screen[1, 1]), (screen[2, 0], screen[2, 1])
            _fill((p, q, r), plane, first_index + t, columns, inverse_depth, index)
            if count == 4:
                s = (screen[3, 0], screen[3, 1])
                _fill((p, r, s), plane, first_index + t, columns, inverse_depth, index)
    return drawn


@njit(cache=True, nogil=True)
def place(
    triangles: np.ndarray,  # N,3,3 float32, each in its own mesh's axes
    ends: np.ndarray,  # K int64: where each mesh's triangles end
    matrices: np.ndarray,  # K,4,4 float64: mesh -> world
    out: np.ndarray,  # N,3,3 float32
) -> None:
    """Write the triangles of several meshes, each moved by its own matrix, to `out`."""
    start = 0
    for k in range(len(ends)):
        m = matrices[k]
        for t in range(start, ends[k]):
            for i in range(3):
                x, y, z = triangles[t, i, 0], triangles[t, i, 1], triangles[t, i, 2]
                for a in range(3):
                    out[t, i, a] = m[a, 0] * x + m[a, 1] * y + m[a, 2] * z + m[a, 3]
        start = ends[k]
