"""Sheet metal as triangles: hulls with wheel arches, cabins with raked screens, wheels and panes; x forward, metres."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.rendering.shapes import Builder, Rgb, box, disc, fan, ring, strip

GLASS, TYRE, DARK, RIM = (38, 46, 56), (22, 22, 24), (45, 45, 48), (150, 152, 156)
HEADLIGHT, TAIL_LIGHT, PLATE = (226, 228, 220), (150, 16, 18), (214, 214, 200)
NOSE_M, TAIL_M = 0.065, 0.05  # how far bonnet and boot end before the bumpers do
PROUD_M = 0.012  # how far panes and lamps stand off the metal they are set into
ARCH = np.array([(-1.0, 0.0), (-0.94, 0.34), (-0.55, 0.84), (0.55, 0.84), (0.94, 0.34), (1.0, 0.0)])
Span = tuple[float, float]


@dataclass(frozen=True)
class Body:
    """Measures of a vehicle of one piece; shares along it count from the front end, heights from the ground."""

    length: float
    width: float  # without the mirrors
    height: float
    wheel_base: float
    front_overhang: float  # from the bumper to the front axle
    wheel_radius: float = 0.33
    clearance: float = 0.20
    cabin: tuple[float, float, float, float] = (0.24, 0.42, 0.70, 0.90)  # shares: foot, roof, roof, foot
    deck: tuple[float, float, float, float] = (0.72, 0.94, 0.98, 1.00)  # m: nose, cowl, rear foot, tail
    roof: tuple[float, float] = (0.05, 0.06)  # how much lower than its middle the roof ends, front and rear
    roof_width: float = 0.76  # share of the width
    belt_width: float = 0.95
    nose_width: float = 0.80
    tail_width: float = 0.86
    bumper: float = 0.50
    panes: tuple[Span, ...] = ((0.05, 0.40), (0.46, 0.93))  # along the side windows, from the rear
    rear_pane: bool = True
    cove: float = 0.0  # m by which the edges of the roof are rounded off
    mirror: float = 0.13  # how far the mirrors stand out
    tag: int = tags.CAR

    def at(self, share: float) -> float:
        """Return the x of a share of the length, from the front."""
        return self.length * (0.5 - share)

    @property
    def feet(self) -> tuple[float, float]:
        """The x of the windscreen's and of the rear window's foot, both on the hull."""
        end = self.length / 2 - 0.01
        return min(self.at(self.cabin[0]), end - NOSE_M), max(self.at(self.cabin[3]), TAIL_M - end)

    @property
    def axles(self) -> tuple[float, float]:
        """The x of the front and the rear axle."""
        front = self.length / 2 - self.front_overhang
        return front, front - self.wheel_base


def add_hull(builder: Builder, body: Body, color: Rgb) -> None:
    """Add the body below the windows: sides with wheel arches, bonnet, boot and both ends."""
    x, sill, deck, half = _stations(body)
    for side in (-1.0, 1.0):
        low = np.column_stack([x, side * 0.96 * half, sill])
        high = np.column_stack([x, side * 0.99 * half, deck])
        builder.add(strip(low, high), body.tag, color)
    right = np.column_stack([x, half * 0.99, deck])
    builder.add(strip(right * (1.0, -1.0, 1.0), right), body.tag, color)
    for end, width in ((0, body.tail_width), (-1, body.nose_width)):
        _add_end(builder, body, (x[end], sill[end], deck[end], half[end]), width, color)
    for axle in body.axles:  # behind the wheels one sees no daylight
        r = body.wheel_radius
        builder.add(box((axle - r, -0.02, r), (axle + r, 0.02, 1.9 * r))[:4], body.tag, DARK)


def _stations(body: Body) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return x, height of the sill, height of the deck and half width at all places where one of them bends."""
    end = body.length / 2
    radius = body.wheel_radius + 0.055
    arches = [np.array([axle, body.wheel_radius]) + radius * ARCH for axle in reversed(body.axles)]
    for arch in arches:
        arch[[0, -1], 1] = body.clearance
    lift = body.clearance + 0.07
    sill = np.concatenate([[(-end + TAIL_M, lift)], *arches, [(end - NOSE_M, lift)]])
    foot, rear_foot = body.feet
    nose, cowl, belt, tail = body.deck
    crown = foot + 0.55 * (end - NOSE_M - foot)
    deck = np.array(
        [
            (-end + TAIL_M, tail),
            (rear_foot, belt),
            (foot, cowl),
            (crown, nose + 0.72 * (cowl - nose)),
            (end - NOSE_M, nose),
        ]
    )
    plan = _plan(body)
    x = np.unique(np.concatenate([sill[:, 0], deck[:, 0], plan[[0, 1, 3, 4], 0]]).round(3))
    x = x[(x >= -end + TAIL_M - 0.001) & (x <= end - NOSE_M + 0.001)]
    return (
        x,
        np.interp(x, sill[:, 0], sill[:, 1]),
        np.interp(x, deck[:, 0], deck[:, 1]),
        np.interp(x, plan[:, 0], plan[:, 1]),
    )


def _plan(body: Body) -> np.ndarray:
    """Return the outline from above, x and half width: rounded at both ends."""
    end, corner = body.length / 2, min(0.36, 0.08 * body.length)
    shares = np.array(
        [
            (-end + TAIL_M, body.tail_width),
            (-end + corner, 0.985),
            (0.0, 1.0),
            (end - corner, 0.97),
            (end - NOSE_M, body.nose_width),
        ]
    )
    return shares * (1.0, body.width / 2)


def _add_end(builder: Builder, body: Body, station: Sequence[float], width: float, color: Rgb) -> None:
    """Close the hull in front or behind with a bumper, two lamps and a number plate."""
    x, sill, deck, half = (float(value) for value in station)
    out = body.length / 2 if x > 0 else -body.length / 2
    y, middle = np.array([-1.0, 1.0]), min(body.bumper, deck - 0.1)
    rows = [(x, sill, 0.96 * half), (out, middle, width * body.width / 2 * 0.97), (x, deck, 0.99 * half)]
    low, bump, high = (np.column_stack([np.full(2, px), y * half_y, np.full(2, z)]) for px, z, half_y in rows)
    builder.add(strip(low, bump), body.tag, DARK)
    builder.add(strip(bump, high), body.tag, color)
    builder.add(np.stack([low, bump, high], axis=1), body.tag, color)
    face, inside = np.array([bump[0], bump[1], high[1], high[0]]), np.array([0.0, 0.0, middle])
    for span in ((0.03, 0.27), (0.73, 0.97)):
        builder.add(patch(face, span, (0.4, 0.92), inside), body.tag, HEADLIGHT if x > 0 else TAIL_LIGHT)
    builder.add(patch(face, (0.38, 0.62), (0.02, 0.3), inside), body.tag, PLATE)


def add_cabin(builder: Builder, body: Body, color: Rgb) -> None:
    """Add windows and roof: a body that leans inwards, with panes set into it."""
    right = _cabin_line(body)
    left = right * (1.0, -1.0, 1.0)
    builder.add(strip(left, right), body.tag, color)
    if body.cove:
        _add_cove(builder, body, right[1:-1], color)
    middle = right[len(right) // 2, 0]
    belt = float(np.interp(middle, right[[0, -1], 0], right[[0, -1], 2]))
    inside = np.array([middle, 0.0, belt])
    for side, flank in ((-1.0, left), (1.0, right)):
        base = np.array([[middle, side * _lean(body, belt), belt]])
        builder.add(fan(np.concatenate([base, flank])), body.tag, color)
        for span in body.panes:
            builder.add(patch(flank[[0, -1, -2, 1]], span, (0.08, 0.90), inside), body.tag, GLASS)
    for low, high in ((-1, -2), (0, 1)) if body.rear_pane else ((-1, -2),):
        face = np.array([left[low], right[low], right[high], left[high]])
        builder.add(patch(face, (0.05, 0.95), (0.06, 0.93), inside), body.tag, GLASS)


def _add_cove(builder: Builder, body: Body, edge: np.ndarray, color: Rgb) -> None:
    """Add a roof over the cabin that rises from its edges in slants."""
    top = edge + np.array([0.0, -1.3 * body.cove, body.cove])
    mirror = np.array([1.0, -1.0, 1.0])
    for side in (np.ones(3), mirror):
        builder.add(strip(edge * side, top * side), body.tag, color)
    builder.add(strip(top * mirror, top), body.tag, color)
    for end in (0, -1):
        corners = np.array([edge[end] * mirror, edge[end], top[end], top[end] * mirror])
        builder.add(fan(corners), body.tag, color)


def _cabin_line(body: Body) -> np.ndarray:
    """Return the right edge of the cabin: up the rear window, over the roof, down the windscreen."""
    (foot, rear_foot), (front, rear) = body.feet, (body.at(share) for share in body.cabin[1:3])
    along = np.array([1.0, 0.72, 0.5, 0.28, 0.0])  # over the roof, from its rear end
    drop = np.array([body.roof[1], 0.3 * body.roof[1], 0.0, 0.3 * body.roof[0], body.roof[0]])
    x = np.concatenate([[rear_foot], front + along * (rear - front), [foot]])
    z = np.concatenate([[body.deck[2]], body.height - body.cove - drop, [body.deck[1]]])
    return np.column_stack([x, _lean(body, z), z])


def _lean(body: Body, z: "float | np.ndarray") -> "float | np.ndarray":
    """Return half the width of the cabin at a height; each side is one plane."""
    belt = (body.deck[1] + body.deck[2]) / 2
    rise = (z - belt) / (body.height - belt)
    return body.width / 2 * (body.belt_width + rise * (body.roof_width - body.belt_width))


def add_mirrors(builder: Builder, body: Body, color: Rgb, *, tall: float = 0.13) -> None:
    """Add the mirrors on both doors, a little behind the foot of the windscreen."""
    x, z = body.at(body.cabin[0]) - 0.30, body.deck[1] + 0.04
    for side in (-1.0, 1.0):
        inner, outer = side * body.belt_width * body.width / 2, side * (body.width / 2 + body.mirror)
        low, high = min(inner, outer), max(inner, outer)
        builder.add(box((x - 0.04, low, z), (x + 0.08, high, z + tall)), body.tag, color)


def add_wheels(builder: Builder, body: Body, *, width: float = 0.22) -> None:
    """Add the four wheels of a body."""
    for x in body.axles:
        for side in (-1.0, 1.0):
            y = side * (body.width / 2 - width / 2 - 0.015)
            add_wheel(builder, (x, y, body.wheel_radius), body.wheel_radius, width, body.tag)


def add_wheel(builder: Builder, centre: Sequence[float], radius: float, width: float, tag: int) -> None:
    """Add one wheel: tyre, and a rim on the side away from y = 0."""
    x, y, z = centre
    builder.add(disc((x, y, z), radius, width), tag, TYRE)
    outline = ring(6, radius * 0.62, x, z)
    side = np.copysign(width / 2 + PROUD_M, y)
    builder.add(fan(np.column_stack([outline[:, 0], np.full(6, y + side), outline[:, 1]])), tag, RIM)


def upright(rear: float, front: float, y: float, low: float, high: float) -> np.ndarray:
    """Return the corners of an upright face along x, as `patch` wants them."""
    return np.array([(rear, y, low), (front, y, low), (front, y, high), (rear, y, high)])


def patch(corners: np.ndarray, s: Span, t: Span, inside: np.ndarray) -> np.ndarray:
    """Return a part of a four-cornered face (from low left over low right), standing off it, away from `inside`.

    `s` runs along the lower and upper edge, `t` from the lower to the upper one, both from 0 to 1.
    """
    low, high = corners[[0, 1]], corners[[3, 2]]
    places = ((s[0], t[0]), (s[1], t[0]), (s[1], t[1]), (s[0], t[1]))
    points = np.array(
        [(1 - v) * ((1 - u) * low[0] + u * low[1]) + v * ((1 - u) * high[0] + u * high[1]) for u, v in places]
    )
    normal = np.cross(points[1] - points[0], points[3] - points[0])
    normal /= max(1e-9, float(np.linalg.norm(normal)))
    if normal @ (points.mean(axis=0) - inside) < 0:
        normal = -normal
    return fan(points + PROUD_M * normal)
