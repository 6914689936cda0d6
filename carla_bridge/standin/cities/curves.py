"""Centre lines from one pose to another: straight, gently bent, or round a corner; OpenDRIVE's axes, radians."""

from math import atan2, cos, hypot, pi, sin, sqrt, tan

from carla_bridge.standin.roads.paths import Path

PoseXYH = tuple[float, float, float]  # x, y, heading

STRAIGHT_RAD = 1e-9
CORNER_RAD = pi / 4  # who turns by more goes round a corner: lines and one arc


def turned_rad(before: float, after: float) -> float:
    """Return the turn from one heading to another, left positive, within half a turn."""
    return (after - before + pi) % (2 * pi) - pi


def moved(pose: PoseXYH, ahead_m: float, right_m: float = 0.0) -> PoseXYH:
    """Return the pose so far ahead and to the right."""
    x, y, heading = pose
    return (
        x + ahead_m * cos(heading) + right_m * sin(heading),
        y + ahead_m * sin(heading) - right_m * cos(heading),
        heading,
    )


def connect(start: PoseXYH, end: PoseXYH, *, radius_m: float = float("inf"), stub_m: float = 0.0) -> Path:
    """Return the smooth way: corners with this radius where there is room, and bends only `stub_m` off the ends."""
    if abs(turned_rad(start[2], end[2])) > CORNER_RAD:
        return Path.start(*start, *_corner(start, end, radius_m))
    ahead, right = _seen_from(start, end)
    if abs(right) < STRAIGHT_RAD * ahead and abs(turned_rad(start[2], end[2])) < STRAIGHT_RAD:
        return Path.start(*start, (ahead, 0.0))
    stub = [(stub_m, 0.0)] if stub_m else []
    return Path.start(*start, *stub, *_two_arcs(moved(start, stub_m), moved(end, -stub_m)), *stub)


def _seen_from(pose: PoseXYH, other: PoseXYH) -> tuple[float, float]:
    """Return how far ahead and to the right the other one is."""
    dx, dy, (c, s) = other[0] - pose[0], other[1] - pose[1], (cos(pose[2]), sin(pose[2]))
    return dx * c + dy * s, dx * s - dy * c


def _corner(start: PoseXYH, end: PoseXYH, radius_m: float) -> list[tuple[float, float]]:
    """Return a line, an arc and a line that meet where the two straight ways would cross."""
    turn = turned_rad(start[2], end[2])
    ahead, right = _seen_from(start, end)
    after = -right / sin(turn)  # from where the ways cross to the end
    before = ahead - after * cos(turn)
    shortest = min(before, after)
    assert shortest > 0.0, "the ways cross behind somebody's back"
    cut = min(shortest, radius_m * tan(abs(turn) / 2))
    radius = cut / tan(abs(turn) / 2)
    steps = [
        (before - cut, 0.0),
        (radius * abs(turn), (1.0 if turn > 0 else -1.0) / radius),
        (after - cut, 0.0),
    ]
    return [step for step in steps if step[0] > 1e-6]


def _two_arcs(start: PoseXYH, end: PoseXYH) -> list[tuple[float, float]]:
    """Return two arcs with one tangent where they meet, which lies as far from the one end as from the other."""
    vx, vy = end[0] - start[0], end[1] - start[1]
    tx, ty = cos(start[2]) + cos(end[2]), sin(start[2]) + sin(end[2])
    along, square = vx * tx + vy * ty, vx * vx + vy * vy
    bend = 2.0 * (1.0 - cos(turned_rad(start[2], end[2])))
    reach = square / (2.0 * along) if bend < 1e-12 else (sqrt(along**2 + bend * square) - along) / bend
    first, last = moved(start, reach), moved(end, -reach)
    middle = (
        (first[0] + last[0]) / 2,
        (first[1] + last[1]) / 2,
        atan2(last[1] - first[1], last[0] - first[0]),
    )
    return [_arc(start, middle), _arc(middle, end)]


def _arc(start: PoseXYH, end: PoseXYH) -> tuple[float, float]:
    """Return length and curvature of the arc that leaves `start` along its heading and passes through `end`."""
    chord = hypot(end[0] - start[0], end[1] - start[1])
    half = turned_rad(start[2], atan2(end[1] - start[1], end[0] - start[0]))
    if abs(half) < STRAIGHT_RAD:
        return chord, 0.0
    return chord * half / sin(half), 2.0 * sin(half) / chord
