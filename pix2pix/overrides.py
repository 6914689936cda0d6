"""Settings given on the command line in place of a config's: dotted keys with YAML values."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from pix2pix.errors import Pix2PixError


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Return {"generator.width": 32} for ["generator.width=32"]; values are YAML."""
    parsed = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key:
            raise Pix2PixError(f"--set {setting} is no KEY=VALUE; write for example --set generator.width=32")
        try:
            parsed[key.strip()] = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError) as error:
            raise Pix2PixError(f"--set {setting}: the value is no YAML; put it in quotes") from error
    return parsed


def overridden(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nested `values` with each dotted key of `overrides` in place; a list's places count from 0.

    Whether the keys exist is left to the config's own check.
    """
    result = copy.deepcopy(dict(values))
    for key, value in overrides.items():
        *path, last = key.split(".")
        place: Any = result
        for name in path:
            place = _inside(place, name, key)
        place[_number(place, last, key) if isinstance(place, list) else last] = value
    return result


def _inside(place: Any, name: str, key: str) -> Any:
    inner = place[_number(place, name, key)] if isinstance(place, list) else place.setdefault(name, {})
    if not isinstance(inner, dict | list):
        raise Pix2PixError(f"{key} can't be set: {name} is {inner!r} and has no parts; see pix2pix/config.py")
    return inner


def _number(place: list[Any], name: str, key: str) -> int:
    if not name.isdecimal() or int(name) >= len(place):
        raise Pix2PixError(
            f"{key} can't be set: {name} is no place in a list of {len(place)}; count from 0, or set the whole list"
        )
    return int(name)
