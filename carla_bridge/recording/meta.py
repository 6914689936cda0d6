"""What a recording says of its drive, as an MCAP metadata record, both ways; read as if an enemy had written it.

A camera's name becomes part of paths, its size an amount of memory: both are checked here, once, at the door.
"""

import json
import re
from dataclasses import asdict
from math import isfinite
from typing import Any

from carla_bridge.frames import CameraMeta, Placement, RecordingMeta

META_NAME = "carla-bridge"
MAX_SIDE_PX = 16384
MAX_CAMERAS = 64
MAX_FPS_HZ = 1000
MAX_TEXT = 8192  # characters; `source` may be a long path
_CAMERA_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def encode_meta(meta: RecordingMeta) -> dict[str, str]:
    """Return the drive's meta as an MCAP metadata record."""
    from importlib.metadata import version

    return {"drive": json.dumps(asdict(meta)), "written_by": f"carla-bridge {version('carla-bridge')}"}


def decode_meta(record: dict[str, str]) -> RecordingMeta:
    """Return the drive's meta; raises ValueError, TypeError or KeyError for anything else."""
    fields = json.loads(record["drive"])
    cameras = tuple(map(_camera, _few(fields["cameras"])))
    meta = RecordingMeta(**{**fields, "cameras": cameras})
    for name in ("map_name", "server_version", "tag_table", "source"):
        _check(name, getattr(meta, name), _is_text)
    _check("fps_hz", meta.fps_hz, lambda fps_hz: _is_number(fps_hz) and 0 < fps_hz <= MAX_FPS_HZ)
    _check("asynchronous", meta.asynchronous, lambda value: type(value) is bool)
    _check("seed", meta.seed, lambda seed: seed is None or type(seed) is int)
    names = [camera.name for camera in cameras]
    _check("names of cameras", names, lambda names: len(names) == len(set(names)))
    return meta


def _few(cameras: Any) -> list[dict[str, Any]]:
    if not isinstance(cameras, list) or len(cameras) > MAX_CAMERAS:
        raise ValueError(f"its cameras are no list of at most {MAX_CAMERAS}")
    return cameras


def _camera(fields: dict[str, Any]) -> CameraMeta:
    camera = CameraMeta(**{**fields, "mount": Placement(*fields["mount"])})
    _check("name of a camera", camera.name, _is_name)
    for side in ("width", "height"):
        _check(side, getattr(camera, side), lambda px: type(px) is int and 1 <= px <= MAX_SIDE_PX)
    _check("fov_deg", camera.fov_deg, lambda deg: _is_number(deg) and 0 < deg < 180)
    _check("mount", camera.mount, lambda mount: all(map(_is_number, mount)))
    return camera


def _check(what: str, value: Any, is_sound: Any) -> None:
    if not is_sound(value):
        raise ValueError(f"its {what} cannot be {value!r:.80}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and _CAMERA_NAME.fullmatch(value) is not None


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value)
