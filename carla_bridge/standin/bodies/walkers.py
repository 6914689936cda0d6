"""People on foot: what CARLA's numbered pedestrians look like here, and how they walk."""

from dataclasses import dataclass, replace

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.bodies.figures import (
    FOREARM_M,
    HEAD,
    HIP_M,
    SHIN_M,
    THIGH_M,
    TORSO,
    TORSO_M,
    UPPER_ARM_M,
    Bone,
    Figure,
    Poses,
    limb,
    posed,
    tube,
)
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.shapes import Rgb, across_y, box, fan, ring, strip

SKINS: tuple[Rgb, ...] = ((222, 178, 148), (196, 148, 116), (146, 100, 74), (104, 70, 52))
HAIRS: tuple[Rgb, ...] = ((44, 34, 28), (92, 66, 40), (150, 120, 70), (24, 22, 22), (120, 118, 116))
CLOTHES: tuple[Rgb, ...] = (
    (126, 40, 42),
    (44, 62, 104),
    (186, 182, 170),
    (70, 74, 80),
    (34, 34, 38),
    (88, 104, 76),
    (150, 120, 84),
    (96, 60, 96),
)
TROUSERS: tuple[Rgb, ...] = ((40, 46, 66), (52, 52, 54), (92, 84, 70), (30, 32, 38), (70, 84, 110))
SHOE, LEATHER = (30, 28, 28), (74, 52, 36)
POLICE_BLUE = (24, 32, 62)
POLICE = frozenset({30, 32})
PHASES = 16
SHOULDER_DROP = np.array([0.0, 0.0, -0.035])  # shoulders slope
CROWN_M = 0.108  # from the brow to the top of the head


@dataclass(frozen=True)
class Look:
    """What somebody looks like; the height in metres."""

    height: float
    build: float = 1.0  # width against that of a slim man
    head: float = 1.0  # size against that of an adult of the same height
    skin: Rgb = SKINS[0]
    hair: Rgb = HAIRS[0]
    top: Rgb = CLOTHES[1]
    legs: Rgb = TROUSERS[0]
    long_hair: bool = False
    skirt: bool = False
    coat: bool = False
    bag: str = ""  # "shoulder", "back" or "hand"
    hat: str = ""  # "cap" or "brim"
    bare_arms: bool = False


def person(look: Look) -> Figure:
    """Return the jointed figure of somebody of 1.80 m; `Look.height` scales it later."""
    figure, b = Figure(), look.build
    _add_trunk(figure, look)
    _add_head(figure, look)
    arm = look.skin if look.bare_arms else look.top
    upper_arm = limb((0.148 * b, 0.222 * b), UPPER_ARM_M, (0.056 * b, 0.050 * b), 4) + SHOULDER_DROP
    figure.add_pair("arm", upper_arm, arm)
    forearm = limb((0.222 * b, 0.215 * b), FOREARM_M + 0.10, (0.050 * b, 0.032), 4)
    figure.add_pair("forearm", forearm, look.skin if look.bare_arms else look.top)
    if not look.skirt:
        figure.add_pair("thigh", limb((0.090 * b, 0.080), THIGH_M, (0.098 * b, 0.068), 5), look.legs)
    figure.add_pair(
        "shin", limb((0.080, 0.080), SHIN_M, (0.066, 0.044), 4), look.skin if look.skirt else look.legs
    )
    shoe = across_y([(-0.09, -0.07), (0.19, -0.07), (0.02, 0.05)], 0.035, 0.125)
    figure.add_pair("foot", shoe, SHOE)
    if look.bag:
        _add_bag(figure, look.bag, b)
    return figure


def _add_trunk(figure: Figure, look: Look) -> None:
    """The trunk hangs over the hips; a coat or a skirt widens below them."""
    b = look.build
    hem, depth, width = (-0.44, 0.165, 0.185 * b) if look.coat else (-0.08, 0.118, 0.165 * b)
    levels = [(0.0, hem, depth, width), (0.0, 0.14, 0.105, 0.142 * b)]
    levels += [(0.01, 0.42, 0.128, 0.196 * b), (0.0, 0.575, 0.06, 0.115 * b)]
    figure.add(TORSO, tube(levels), look.top)
    if look.skirt:
        skirt = tube([(0.0, -0.50, 0.20, 0.22 * b), (0.0, 0.06, 0.112, 0.155 * b)], closed=False)
        figure.add(TORSO, skirt, look.legs)


def _add_head(figure: Figure, look: Look) -> None:
    """Neck and face in one, hair or a hat over them; a helmet is hair of another colour."""
    h, brow = look.head, 0.045 + 0.115 * look.head
    face = [(0.0, -0.01, 0.055, 0.055), (0.02 * h, brow, 0.105 * h, 0.080 * h)]
    figure.add(HEAD, tube(face, closed=False), look.skin)
    scalp = [(0.005, brow - 0.005, 0.110 * h, 0.085 * h), (0.0, brow + 0.065 * h, 0.108 * h, 0.083 * h)]
    scalp += [(-0.01, brow + CROWN_M * h, 0.055 * h, 0.046 * h)]
    figure.add(HEAD, tube(scalp), look.top if look.hat else look.hair)
    if look.long_hair:
        y, z = 0.088 * h, brow + 0.02
        edge = np.array([(-0.08, -y, z), (-0.115, 0.0, z), (-0.08, y, z)])
        figure.add(HEAD, strip(edge, edge * (0.9, 1.0, 0.0) + (0.0, 0.0, -0.12)), look.hair)
    if look.hat:
        wide, ahead = (0.21, 0.0) if look.hat == "brim" else (0.115, 0.09)
        outline = ring(6, wide * h, ahead)
        figure.add(HEAD, fan(np.column_stack([outline, np.full(6, brow + 0.005)])), look.top)


def _add_bag(figure: Figure, kind: str, b: float) -> None:
    if kind == "back":
        figure.add(TORSO, box((-0.28, -0.15, 0.06), (-0.10, 0.15, 0.52)), LEATHER)
    elif kind == "shoulder":
        figure.add(TORSO, box((-0.12, 0.16 * b, -0.16), (0.14, 0.16 * b + 0.09, 0.10)), LEATHER)
    else:
        bag = box((-0.17, 0.225 * b - 0.04, -FOREARM_M - 0.42), (0.17, 0.225 * b + 0.04, -FOREARM_M - 0.08))
        figure.add(("forearm", 1.0), bag, LEATHER)


def gait(amplitude: float = 1.0) -> Poses:
    """Return one stride in PHASES phases, the first of them standing straight."""
    turn = 2 * np.pi * np.arange(PHASES) / PHASES
    angles: dict[Bone, np.ndarray] = {TORSO: np.full(PHASES, -0.05)}
    for side, shift in ((1.0, 0.0), (-1.0, np.pi)):
        swing, lift = np.sin(turn + shift), np.maximum(0.0, np.cos(turn + shift)) ** 1.5
        thigh = amplitude * (0.06 + 0.42 * swing + 0.18 * lift)
        shin = thigh - amplitude * (0.08 + 0.95 * lift)
        angles["thigh", side], angles["shin", side] = thigh, shin
        angles["foot", side] = np.where(swing > 0, 0.30 * swing * amplitude, 0.55 * swing * amplitude)
        arm = -0.42 * swing * amplitude
        angles["arm", side], angles["forearm", side] = arm, arm + 0.22 + 0.25 * np.maximum(0.0, -swing)
    for bone, values in angles.items():
        values[0] = {"forearm": 0.10, "torso": 0.0}.get(bone[0], 0.0)
    return Poses(angles, np.zeros(PHASES), np.full(PHASES, HIP_M))


def stride_of(look: Look) -> tuple[Mesh, ...]:
    """Return somebody's shape through one stride, the first standing straight."""
    tall = HIP_M + TORSO_M + 0.045 + (0.115 + CROWN_M) * look.head
    scale = look.height / tall
    return tuple(posed(person(look), gait(), scale=scale, tag=tags.PEDESTRIANS, grounded=True))


def look_of(number: int, *, age: str, gender: str) -> Look:
    """Return the look of one of CARLA's numbered pedestrians, the same every time."""
    rng = np.random.default_rng([number, 51])
    skin, hair, top, legs = (
        choices[int(rng.integers(len(choices)))] for choices in (SKINS, HAIRS, CLOTHES, TROUSERS)
    )
    female = gender == "female"
    height = float(rng.uniform(1.60, 1.72) if female else rng.uniform(1.72, 1.88))
    build = float(rng.uniform(0.86, 0.95) if female else rng.uniform(0.97, 1.14))
    plain = Look(
        height, build, skin=skin, hair=hair, top=top, legs=legs, long_hair=female and number % 3 != 0
    )
    if age == "child":
        return _as_child(plain, number, female=female)
    if number in POLICE:
        return replace(plain, top=POLICE_BLUE, legs=POLICE_BLUE, hat="cap", long_hair=False)
    return replace(
        plain,
        height=height - (0.10 if age == "teenager" else 0.0),
        skirt=female and number % 3 == 1,
        coat=number % 4 == 2,
        bag=("", "shoulder", "", "hand", "back")[number % 5],
        hat="brim" if number % 11 == 5 else "",
        bare_arms=number % 4 == 3,
    )


def _as_child(look: Look, number: int, *, female: bool) -> Look:
    """Children have large heads for their height; those of CARLA are 1.10 m (girls) and 1.30 m (boys) tall."""
    return replace(
        look,
        height=1.10 if female else 1.30,
        build=0.92,
        head=1.38 if female else 1.25,
        skirt=female and number % 2 == 0,
        bag="back" if number % 3 == 0 else "",
        bare_arms=number % 2 == 1,
    )
