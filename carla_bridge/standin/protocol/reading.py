"""Reads wire values as the declared types of `schema`, and refuses in one sentence what does not fit."""

import math
from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

MAX_NUMBER = 1e9  # nothing in a world is larger, and all of it must fit into 32-bit floats
Int32 = Annotated[int, "signed"]  # what the client reads back as one


class SchemaError(Exception):
    """A value on the wire does not have the declared type."""


def read(kind: Any, value: Any) -> Any:
    """Return `value` from the wire as `kind`: a scalar, a structure, `X | None` or `tuple[X, ...]`."""
    return reader(kind)(value)


@cache
def reader(kind: Any) -> Callable[[Any], Any]:
    """Return the function that reads a `kind`."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    if get_origin(kind) is tuple:
        item = reader(get_args(kind)[0])
        return lambda value: tuple(item(each) for each in _array(value))
    if isinstance(kind, UnionType):
        return _optional_reader(reader(get_args(kind)[0]))
    return _structure_reader(kind)


def _structure_reader(kind: Any) -> Callable[[Any], Any]:
    fields = [reader(hint) for hint in get_type_hints(kind, include_extras=True).values()]
    required = len(fields) - len(kind._field_defaults)

    def structure(value: Any) -> Any:
        items = _array(value)
        if len(items) < required:
            raise SchemaError(f"{kind.__name__} has {len(items)} of its {len(fields)} fields")
        return kind(*(field(item) for field, item in zip(fields, items, strict=False)))

    return structure


def _optional_reader(inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def maybe(value: Any) -> Any:
        match value:
            case [False]:
                return None
            case [True, present]:
                return inner(present)
        raise SchemaError(f"expected an optional value, got {value!r:.60}")

    return maybe


def _array(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return value
    raise SchemaError(f"expected an array, got {value!r:.60}")


def _float(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        if abs(value) <= MAX_NUMBER:
            return float(value)
        raise SchemaError(f"a number is larger than {MAX_NUMBER:g}: {value!r:.60}")
    raise SchemaError(f"expected a finite number, got {value!r:.60}")


def _integer(low: int, high: int) -> Callable[[Any], int]:
    def integer(value: Any) -> int:
        if type(value) is not int:
            raise SchemaError(f"expected int, got {value!r:.60}")
        if not low <= value <= high:
            raise SchemaError(f"expected an integer within {low} and {high}, got {value!r:.60}")
        return value

    return integer


def _exactly(kind: type) -> Callable[[Any], Any]:
    def exact(value: Any) -> Any:
        if type(value) is kind:
            return value
        raise SchemaError(f"expected {kind.__name__}, got {value!r:.60}")

    return exact


def _anything(value: Any) -> Any:
    return value


_SCALARS: dict[Any, Callable[[Any], Any]] = {
    float: _float,
    int: _integer(-(2**31), 2**32 - 1),  # the signed and the unsigned ones of the protocol
    Int32: _integer(-(2**31), 2**31 - 1),
    bool: _exactly(bool),
    str: _exactly(str),
    bytes: _exactly(bytes),
    object: _anything,
}
