"""The ray loops: a tree of boxes over triangles, and the nearest triangle each ray meets; compiled by numba.

Knows nothing of tags or sensors. Triangles are two-sided. Among triangles met at the very same distance the one
that comes first in the tree wins, so the result depends on nothing but the input.
"""

import numpy as np
from numba import njit

LEAF = 4  # triangles that are tried without asking further boxes
BINS = 16
DEEPEST = 64


@njit(cache=True, nogil=True)
def _bounds(triangles, order, first, last, box):  # type: ignore[no-untyped-def]
    box[:3], box[3:] = np.inf, -np.inf
    for k in range(first, last):
        for i in range(3):
            for a in range(3):
                value = triangles[order[k], i, a]
                box[a] = min(box[a], value)
                box[3 + a] = max(box[3 + a], value)


@njit(cache=True, nogil=True)
def _surface(box):  # type: ignore[no-untyped-def]
    x, y, z = box[3] - box[0], box[4] - box[1], box[5] - box[2]
    return 0.0 if x < 0.0 else x * y + y * z + z * x


@njit(cache=True, nogil=True)
def _grow(box, other):  # type: ignore[no-untyped-def]
    for a in range(3):
        box[a], box[3 + a] = min(box[a], other[a]), max(box[3 + a], other[3 + a])


@njit(cache=True, nogil=True)
def _cut(middles, triangles, order, first, last):  # type: ignore[no-untyped-def]
    """Return the axis and the place of the cheapest cut by the surface-area rule; axis -1 if none is worth it."""
    best, best_axis, best_at = np.inf, -1, 0.0
    boxes, counts, one = np.empty((BINS, 6)), np.empty(BINS, np.int64), np.empty(6)
    left, right, costs = np.empty(6), np.empty(6), np.empty(BINS)
    for axis in range(3):
        low, high = np.inf, -np.inf
        for k in range(first, last):
            low, high = min(low, middles[order[k], axis]), max(high, middles[order[k], axis])
        if high - low < 1e-6:
            continue
        boxes[:, :3], boxes[:, 3:], counts[:] = np.inf, -np.inf, 0
        for k in range(first, last):
            b = min(BINS - 1, int((middles[order[k], axis] - low) / (high - low) * BINS))
            counts[b] += 1
            _bounds(triangles, order, k, k + 1, one)
            _grow(boxes[b], one)
        right[:3], right[3:], after = np.inf, -np.inf, 0
        for b in range(BINS - 1, 0, -1):
            _grow(right, boxes[b])
            after += counts[b]
            costs[b] = after * _surface(right)
        left[:3], left[3:], before = np.inf, -np.inf, 0
        for b in range(1, BINS):
            _grow(left, boxes[b - 1])
            before += counts[b - 1]
            cost = costs[b] + before * _surface(left)
            if 0 < before < last - first and cost < best:
                best, best_axis, best_at = cost, axis, low + (high - low) * b / BINS
    return best_axis, best_at


@njit(cache=True, nogil=True)
def _part(middles, order, first, last, axis, at):  # type: ignore[no-untyped-def]
    """Bring what lies before a cut to the front, and return where the rest begins."""
    i, j = first, last - 1
    while i <= j:
        if middles[order[i], axis] < at:
            i += 1
        else:
            order[i], order[j] = order[j], order[i]
            j -= 1
    return i


@njit(cache=True, nogil=True)
def build(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a tree over triangles (N,3,3): boxes (M,6) float32, links (M,2) int32, and the triangles' order (N) int32.

    A link is (first child, 0), the second child following the first, or (first place in the order, how many).
    """
    count = len(triangles)
    order = np.arange(count).astype(np.int32)
    middles = np.empty((count, 3))
    for t in range(count):
        for a in range(3):
            middles[t, a] = (triangles[t, 0, a] + triangles[t, 1, a] + triangles[t, 2, a]) / 3.0
    boxes, links = np.empty((2 * count + 1, 6), np.float32), np.zeros((2 * count + 1, 2), np.int32)
    spans = np.zeros((2 * count + 1, 2), np.int64)
    spans[0, 1] = count
    used, node, box = 1, 0, np.empty(6)
    while node < used:  # nodes are made in the order in which they are visited
        first, last = spans[node]
        _bounds(triangles, order, first, last, box)
        for a in range(6):
            boxes[node, a] = box[a]
        axis, at = -1, 0.0
        if last - first > LEAF:
            axis, at = _cut(middles, triangles, order, first, last)
        cut = _part(middles, order, first, last, axis, at) if axis >= 0 else first
        if first < cut < last:
            links[node, 0] = used
            spans[used, 0], spans[used, 1] = first, cut
            spans[used + 1, 0], spans[used + 1, 1] = cut, last
            used += 2
        else:
            links[node, 0], links[node, 1] = first, last - first
        node += 1
    return boxes[:used].copy(), links[:used].copy(), order


@njit(cache=True, nogil=True)
def _enter(box, origin, inverse, limit):  # type: ignore[no-untyped-def]
    """Return how far along a ray a box begins; infinity if it is missed or farther than the limit."""
    near, far = 0.0, limit
    for a in range(3):
        s, t = (box[a] - origin[a]) * inverse[a], (box[3 + a] - origin[a]) * inverse[a]
        if s > t:
            s, t = t, s
        if s > near:
            near = s
        if t < far:
            far = t
    return near if near <= far else np.inf


@njit(cache=True, nogil=True)
def _meet(triangle, origin, ray):  # type: ignore[no-untyped-def]
    """Return how far along a ray a triangle lies, infinity if it is missed: Möller and Trumbore's way."""
    ax, ay, az = triangle[0, 0], triangle[0, 1], triangle[0, 2]
    ex, ey, ez = triangle[1, 0] - ax, triangle[1, 1] - ay, triangle[1, 2] - az
    fx, fy, fz = triangle[2, 0] - ax, triangle[2, 1] - ay, triangle[2, 2] - az
    px, py, pz = ray[1] * fz - ray[2] * fy, ray[2] * fx - ray[0] * fz, ray[0] * fy - ray[1] * fx
    turned = ex * px + ey * py + ez * pz
    if abs(turned) < 1e-12:
        return np.inf
    sx, sy, sz = origin[0] - ax, origin[1] - ay, origin[2] - az
    u = (sx * px + sy * py + sz * pz) / turned
    if u < 0.0 or u > 1.0:
        return np.inf
    qx, qy, qz = sy * ez - sz * ey, sz * ex - sx * ez, sx * ey - sy * ex
    v = (ray[0] * qx + ray[1] * qy + ray[2] * qz) / turned
    if v < 0.0 or u + v > 1.0:
        return np.inf
    t = (fx * qx + fy * qy + fz * qz) / turned
    return t if t > 0.0 else np.inf


@njit(cache=True, nogil=True)
def _nearest(tree, triangles, origin, ray, limit):  # type: ignore[no-untyped-def]
    """Return how far the nearest triangle is, and which it is (-1: none within the limit)."""
    boxes, links, order = tree
    stack, starts = np.empty(DEEPEST, np.int32), np.empty(DEEPEST)
    inverse = np.empty(3)
    for a in range(3):
        inverse[a] = 1.0 / ray[a] if abs(ray[a]) > 1e-12 else 1e12
    best, hit, depth = limit, -1, 0
    stack[0], starts[0] = 0, _enter(boxes[0], origin, inverse, limit)
    while depth >= 0:
        node, start = stack[depth], starts[depth]
        depth -= 1
        if start > best or start == np.inf:
            continue
        first, count = links[node, 0], links[node, 1]
        if count > 0:
            for k in range(first, first + count):
                t = _meet(triangles[order[k]], origin, ray)
                if t < best:
                    best, hit = t, order[k]
            continue
        near, far = first, first + 1
        a, b = _enter(boxes[near], origin, inverse, best), _enter(boxes[far], origin, inverse, best)
        if b < a:
            near, far, a, b = far, near, b, a
        if b != np.inf and depth < DEEPEST - 2:
            depth += 1
            stack[depth], starts[depth] = far, b
        if a != np.inf:
            depth += 1
            stack[depth], starts[depth] = near, a
    return best, hit


@njit(cache=True, nogil=True)
def cast(
    tree: tuple[np.ndarray, np.ndarray, np.ndarray],  # of `build`
    triangles: np.ndarray,  # N,3,3 float32, in the tree's own axes
    to_local: np.ndarray,  # 3,4 float64: world -> the tree's axes
    ball: tuple[float, float, float, float],  # middle in the world and radius: all triangles are within
    first_index: int,  # what triangle 0 is called in `hits`
    origins: np.ndarray,  # R,3 float64, world
    rays: np.ndarray,  # R,3 float64, world, of length 1
    distances: np.ndarray,  # R float64: where each ray ends so far; shortened where something is met
    hits: np.ndarray,  # R int32: what it ends at
) -> None:
    """Shorten rays to where they meet one of the triangles."""
    x, y, z, radius = ball
    origin, ray = np.empty(3), np.empty(3)
    for r in range(len(rays)):
        dx, dy, dz = x - origins[r, 0], y - origins[r, 1], z - origins[r, 2]
        along = dx * rays[r, 0] + dy * rays[r, 1] + dz * rays[r, 2]
        if along < -radius or along > distances[r] + radius:
            continue
        if dx * dx + dy * dy + dz * dz - along * along > radius * radius:
            continue
        for a in range(3):
            m = to_local[a]
            origin[a] = m[0] * origins[r, 0] + m[1] * origins[r, 1] + m[2] * origins[r, 2] + m[3]
            ray[a] = m[0] * rays[r, 0] + m[1] * rays[r, 1] + m[2] * rays[r, 2]
        distance, hit = _nearest(tree, triangles, origin, ray, distances[r])
        if hit >= 0:
            distances[r], hits[r] = distance, first_index + hit
