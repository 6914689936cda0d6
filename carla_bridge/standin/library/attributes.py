"""What a blueprint lets its users set: an attribute as the wire has it, and the numbers of its types."""

from typing import NamedTuple

BOOL, INT, FLOAT, STRING, COLOR = 1, 2, 3, 4, 5


class Attribute(NamedTuple):
    """One attribute of a blueprint; the field order is the wire's."""

    id: str
    type: int
    value: str
    recommended: tuple[str, ...] = ()
    is_modifiable: bool = True
    restrict_to_recommended: bool = False


def choice(name: str, kind: int, *values: str, restricted: bool = False) -> Attribute:
    """Return an attribute with recommended values, the first of them its default."""
    return Attribute(name, kind, values[0], values, True, restricted)


def fixed(name: str, kind: int, value: str) -> Attribute:
    """Return an attribute that clients can only read."""
    return Attribute(name, kind, value, is_modifiable=False)


def truth(value: bool) -> str:
    """Return CARLA's word for yes or no."""
    return "true" if value else "false"
