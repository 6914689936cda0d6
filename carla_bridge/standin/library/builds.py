"""How strong and fast each kind of vehicle is, and the gears it drives in."""

from dataclasses import dataclass

IDLE_RPM = 800.0
SHIFT_UP_MPS = (4.0, 8.5, 13.5, 19.5)  # out of the first, second, … gear


@dataclass(frozen=True)
class Build:
    """What a kind of vehicle can do."""

    push_mps2: float  # at full throttle, standing
    top_mps: float


BUILDS = {
    "car": Build(5.0, 55.0),
    "van": Build(3.8, 45.0),
    "truck": Build(2.6, 33.0),
    "bus": Build(2.4, 33.0),
    "motorcycle": Build(5.5, 50.0),
    "bicycle": Build(1.6, 11.0),
}  # by the blueprints' base_type


def build_of(base_type: str) -> Build:
    """Return what a kind of vehicle can do; unknown ones are cars."""
    return BUILDS.get(base_type.lower(), BUILDS["car"])


def gear_of(speed_mps: float, *, is_reverse: bool) -> int:
    """Return the gear that an automatic gear box has at a speed."""
    return -1 if is_reverse else 1 + sum(abs(speed_mps) > limit for limit in SHIFT_UP_MPS)
