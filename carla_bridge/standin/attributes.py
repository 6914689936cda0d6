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
