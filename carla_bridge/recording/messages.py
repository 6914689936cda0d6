"""Frames and states as messages, both ways: Foxglove's well-known protobuf schemas, and JSON for CARLA's own numbers.

Pictures and the JSON state are the recording; `geometry` says where things are once more, in the viewers' words.
Source: https://docs.foxglove.dev/docs/sdk/schemas
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from math import isfinite, nan
from typing import Any, NamedTuple

import foxglove.messages as fox
import numpy as np

from carla_bridge.frames import DriveState, LabelFrame, Placement, RecordingMeta, TrackedActor
from carla_bridge.recording.geometry import encode_boxes, optical, stamp, transform
from carla_bridge.recording.meta import MAX_SIDE_PX

STATE_TOPIC, TRANSFORM_TOPIC, ACTORS_TOPIC = "/carla/state", "/tf", "/actors"
MOUNTS_TOPIC = "/tf_static"  # apart from `/tf`: a viewer may take what is newest on a topic for all of it


class Layer(NamedTuple):
    """One kind of picture: its encoding in `foxglove.RawImage` and how it lies in memory."""

    encoding: str
    dtype: Any
    channels: int
    field: str  # of `LabelFrame`


LAYERS = {
    "semantic": Layer("mono8", np.uint8, 1, "tags"),
    "instance": Layer("mono16", np.uint16, 1, "instance_ids"),
    "depth": Layer("32FC1", np.float32, 1, "depth_m"),
    "rgb": Layer("rgb8", np.uint8, 3, "rgb"),
    "flow": Layer("32FC2", np.float32, 2, "flow"),
}
# topic's last part → message class
SCHEMAS: dict[str, Any] = {
    **dict.fromkeys(LAYERS, fox.RawImage),
    "calibration": fox.CameraCalibration,
    "photo": fox.CompressedVideo,
    "tf": fox.FrameTransforms,
    "tf_static": fox.FrameTransforms,
    "actors": fox.SceneUpdate,
}


def camera_topic(camera: str, what: str) -> str:
    """Return the topic of a camera's layer, calibration or photo."""
    return f"/camera/{camera}/{what}"


def encode_frame(frame: LabelFrame) -> Iterator[tuple[str, bytes]]:
    """Yield topic and message of every layer that a frame has."""
    for name, layer in LAYERS.items():
        picture: np.ndarray | None = getattr(frame, layer.field)
        if picture is not None:
            yield camera_topic(frame.camera, name), _encode_image(picture, layer, frame)


def _encode_image(picture: np.ndarray, layer: Layer, frame: LabelFrame) -> bytes:
    assert picture.dtype == layer.dtype, f"{layer.field} is {picture.dtype}, must be {layer.dtype}"
    height, width = picture.shape[:2]
    return fox.RawImage(
        timestamp=stamp(frame.time_s),
        frame_id=optical(frame.camera),
        width=width,
        height=height,
        encoding=layer.encoding,
        step=picture.nbytes // height,
        data=picture.tobytes(),
    ).encode()


def decode_image(message: Any, layer: Layer) -> np.ndarray:
    """Return the picture of a decoded `foxglove.RawImage`, read-only; raises ValueError if it is not that layer's."""
    height, width = int(message.height), int(message.width)
    if message.encoding != layer.encoding:
        raise ValueError(f"an image is encoded as {message.encoding!r:.40}, not as {layer.encoding}")
    if not (0 < height <= MAX_SIDE_PX and 0 < width <= MAX_SIDE_PX):
        raise ValueError(f"an image is {width}×{height} pixels")
    expected = height * width * layer.channels * np.dtype(layer.dtype).itemsize
    if len(message.data) != expected:
        raise ValueError(f"an image of {width}×{height} pixels has {len(message.data)} bytes, not {expected}")
    shape = (height, width) if layer.channels == 1 else (height, width, layer.channels)
    return np.frombuffer(message.data, layer.dtype).reshape(shape)


def encode_state(state: DriveState) -> Iterator[tuple[str, bytes]]:
    """Yield topic and message of a state: CARLA's own numbers, and the same for viewers."""
    yield STATE_TOPIC, json.dumps(_known(asdict(state)), separators=(",", ":"), allow_nan=False).encode()
    ego = transform("map", "ego", state.ego.placement, state.time_s)
    yield TRANSFORM_TOPIC, fox.FrameTransforms(transforms=[ego]).encode()
    yield ACTORS_TOPIC, encode_boxes(state)


def _known(value: Any) -> Any:
    """Return the same with null for every number that JSON does not have: CARLA does send NaN at times."""
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_known(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def decode_state(data: bytes) -> DriveState:
    """Return the state of a JSON message, null as NaN; raises ValueError, TypeError or KeyError if it is none."""
    fields = json.loads(data)
    named = {
        what: {name: nan if value is None else value for name, value in fields[what].items()}
        for what in ("control", "weather")
    }
    actors = tuple(map(_actor, fields.pop("actors")))
    return DriveState(**{**fields, **named, "ego": _actor(fields["ego"]), "actors": actors})


def _actor(fields: dict[str, Any]) -> TrackedActor:
    vectors = {name: _floats(fields[name]) for name in ("box_centre_m", "box_extent_m", "velocity_mps")}
    return TrackedActor(**{**fields, **vectors, "placement": Placement(*_floats(fields["placement"]))})


def _floats(values: Iterable[float | None]) -> tuple[float, ...]:
    return tuple(nan if value is None else float(value) for value in values)


def encode_photo(chunk: bytes, *, camera: str, time_s: float) -> bytes:
    """Return one picture of an H.264 stream (Annex B)."""
    return fox.CompressedVideo(
        timestamp=stamp(time_s), frame_id=optical(camera), data=chunk, format="h264"
    ).encode()


def decoder(schema_name: str, encoding: str, data: bytes) -> Callable[[bytes], Any]:
    """Return the function that reads protobuf messages of a schema as it stands in the file."""
    from mcap.records import Schema
    from mcap_protobuf.decoder import DecoderFactory

    schema = Schema(id=1, name=schema_name, encoding=encoding, data=data)
    found = DecoderFactory().decoder_for("protobuf", schema)
    if found is None:
        raise ValueError(f"the schema {schema_name!r:.60} is no protobuf")
    return found


def topics_of_a_tick(meta: RecordingMeta, topics: Iterable[str]) -> set[str]:
    """Return what a whole tick has: the tags of every camera, and of the file's topics all layers and the state."""
    names = [camera.name for camera in meta.cameras]
    tags = {camera_topic(name, "semantic") for name in names}
    layers = {camera_topic(name, layer) for name in names for layer in LAYERS}
    return tags | (layers | {STATE_TOPIC}).intersection(topics)
