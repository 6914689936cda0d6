"""Frames and states as messages, both ways: Foxglove's well-known protobuf schemas, and JSON for CARLA's own numbers.

Pictures and the JSON state are the recording; transforms, boxes and calibration say the same again in the words of
the viewers (Foxglove, Rerun): right-handed axes, quaternions, an optical frame with z into the picture.
Source: https://docs.foxglove.dev/docs/sdk/schemas
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from math import cos, radians, sin, tan
from typing import Any, NamedTuple

import foxglove.messages as fox
import numpy as np

from carla_bridge.frames import CameraMeta, DriveState, LabelFrame, Placement, RecordingMeta, TrackedActor

MAX_SIDE_PX = 16384
STATE_TOPIC, TRANSFORM_TOPIC, ACTORS_TOPIC = "/carla/state", "/tf", "/actors"
META_NAME = "carla-bridge"


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
    "actors": fox.SceneUpdate,
}


def camera_topic(camera: str, what: str) -> str:
    """Return the topic of a camera's layer, calibration or photo."""
    return f"/camera/{camera}/{what}"


def to_ns(time_s: float) -> int:
    """Return simulation time as MCAP's log time."""
    return round(time_s * 1e9)


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
        timestamp=_stamp(frame.time_s),
        frame_id=_optical(frame.camera),
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
    yield STATE_TOPIC, json.dumps(asdict(state), separators=(",", ":"), allow_nan=False).encode()
    ego = _transform("map", "ego", state.ego.placement, state.time_s)
    yield TRANSFORM_TOPIC, fox.FrameTransforms(transforms=[ego]).encode()
    yield ACTORS_TOPIC, _boxes(state)


def decode_state(data: bytes) -> DriveState:
    """Return the state of a JSON message; raises ValueError, TypeError or KeyError if it is none."""
    fields = json.loads(data)
    actors = tuple(map(_actor, fields.pop("actors")))
    return DriveState(**{**fields, "ego": _actor(fields["ego"]), "actors": actors})


def _actor(fields: dict[str, Any]) -> TrackedActor:
    vectors = {
        name: tuple(map(float, fields[name])) for name in ("box_centre_m", "box_extent_m", "velocity_mps")
    }
    placement = Placement(*map(float, fields["placement"]))
    return TrackedActor(**{**fields, **vectors, "placement": placement})


def encode_calibration(camera: CameraMeta, time_s: float) -> bytes:
    """Return a pinhole camera as CARLA's are: square pixels, the axis through the middle, no distortion."""
    focal_px = camera.width / (2 * tan(radians(camera.fov_deg) / 2))
    cx, cy = camera.width / 2, camera.height / 2
    return fox.CameraCalibration(
        timestamp=_stamp(time_s),
        frame_id=_optical(camera.name),
        width=camera.width,
        height=camera.height,
        K=[focal_px, 0, cx, 0, focal_px, cy, 0, 0, 1],
        R=[1, 0, 0, 0, 1, 0, 0, 0, 1],
        P=[focal_px, 0, cx, 0, 0, focal_px, cy, 0, 0, 0, 1, 0],
    ).encode()


def encode_mounts(cameras: tuple[CameraMeta, ...], time_s: float) -> bytes:
    """Return where the cameras sit on the ego vehicle, and their optical frames."""
    turned = fox.Quaternion(
        x=-0.5, y=0.5, z=-0.5, w=0.5
    )  # x forward, y left, z up → x right, y down, z forward
    transforms = []
    for camera in cameras:
        transforms.append(_transform("ego", camera.name, camera.mount, time_s))
        transforms.append(
            fox.FrameTransform(
                timestamp=_stamp(time_s),
                parent_frame_id=camera.name,
                child_frame_id=_optical(camera.name),
                translation=fox.Vector3(),
                rotation=turned,
            )
        )
    return fox.FrameTransforms(transforms=transforms).encode()


def encode_photo(chunk: bytes, *, camera: str, time_s: float) -> bytes:
    """Return one picture of an H.264 stream (Annex B)."""
    stamp, frame_id = _stamp(time_s), _optical(camera)
    return fox.CompressedVideo(timestamp=stamp, frame_id=frame_id, data=chunk, format="h264").encode()


def encode_meta(meta: RecordingMeta) -> dict[str, str]:
    """Return the drive's meta as an MCAP metadata record."""
    from importlib.metadata import version

    return {"drive": json.dumps(asdict(meta)), "written_by": f"carla-bridge {version('carla-bridge')}"}


def decode_meta(record: dict[str, str]) -> RecordingMeta:
    """Return the drive's meta; raises ValueError, TypeError or KeyError for anything else."""
    fields = json.loads(record["drive"])
    cameras = tuple(
        CameraMeta(**{**camera, "mount": Placement(*map(float, camera["mount"]))})
        for camera in fields["cameras"]
    )
    return RecordingMeta(**{**fields, "cameras": cameras})


def decoder(schema_name: str, encoding: str, data: bytes) -> Callable[[bytes], Any]:
    """Return the function that reads protobuf messages of a schema as it stands in the file."""
    from mcap.records import Schema
    from mcap_protobuf.decoder import DecoderFactory

    schema = Schema(id=1, name=schema_name, encoding=encoding, data=data)
    found = DecoderFactory().decoder_for("protobuf", schema)
    if found is None:
        raise ValueError(f"the schema {schema_name!r:.60} is no protobuf")
    return found


def _optical(camera: str) -> str:
    return f"{camera}_optical"


def _stamp(time_s: float) -> fox.Timestamp:
    seconds, nanoseconds = divmod(to_ns(time_s), 10**9)
    return fox.Timestamp(sec=seconds, nsec=nanoseconds)


def _transform(parent: str, child: str, placement: Placement, time_s: float) -> fox.FrameTransform:
    return fox.FrameTransform(
        timestamp=_stamp(time_s),
        parent_frame_id=parent,
        child_frame_id=child,
        translation=fox.Vector3(x=placement.x_m, y=-placement.y_m, z=placement.z_m),
        rotation=_quaternion(placement),
    )


def _quaternion(placement: Placement) -> fox.Quaternion:
    """Return the rotation in right-handed axes: there yaw and pitch turn the other way."""
    roll, pitch, yaw = radians(placement.roll_deg), -radians(placement.pitch_deg), -radians(placement.yaw_deg)
    cr, sr, cp, sp, cy, sy = (f(a / 2) for a in (roll, pitch, yaw) for f in (cos, sin))
    return fox.Quaternion(
        x=sr * cp * cy - cr * sp * sy,
        y=cr * sp * cy + sr * cp * sy,
        z=cr * cp * sy - sr * sp * cy,
        w=cr * cp * cy + sr * sp * sy,
    )


def _boxes(state: DriveState) -> bytes:
    """Return all actors of a state as boxes; what is not repeated in the next state disappears."""
    everything = fox.SceneEntityDeletion(timestamp=_stamp(state.time_s), type=fox.SceneEntityDeletionType.All)
    entities = [_box(actor, state.time_s) for actor in (state.ego, *state.actors)]
    return fox.SceneUpdate(deletions=[everything], entities=entities).encode()


def _box(actor: TrackedActor, time_s: float) -> fox.SceneEntity:
    x, y, z = _box_centre(actor)
    ex, ey, ez = actor.box_extent_m
    cube = fox.CubePrimitive(
        pose=fox.Pose(position=fox.Vector3(x=x, y=-y, z=z), orientation=_quaternion(actor.placement)),
        size=fox.Vector3(x=2 * ex, y=2 * ey, z=2 * ez),
        color=fox.Color(r=0.9, g=0.2, b=0.2, a=0.6)
        if _is_walker(actor)
        else fox.Color(r=0.2, g=0.4, b=0.9, a=0.6),
    )
    vx, vy, vz = actor.velocity_mps
    facts = {"type": actor.type_id, "velocity_mps": f"{vx:.3f} {-vy:.3f} {vz:.3f}"}
    return fox.SceneEntity(
        timestamp=_stamp(time_s),
        frame_id="map",
        id=str(actor.id),
        metadata=[fox.KeyValuePair(key=key, value=value) for key, value in facts.items()],
        cubes=[cube],
    )


def _is_walker(actor: TrackedActor) -> bool:
    return actor.type_id.startswith("walker.")


def _box_centre(actor: TrackedActor) -> tuple[float, float, float]:
    """Return the box's middle in the world, CARLA's axes (CARLA's rotation matrix for pitch, yaw, roll)."""
    p = actor.placement
    cp, sp = cos(radians(p.pitch_deg)), sin(radians(p.pitch_deg))
    cy, sy = cos(radians(p.yaw_deg)), sin(radians(p.yaw_deg))
    cr, sr = cos(radians(p.roll_deg)), sin(radians(p.roll_deg))
    x, y, z = actor.box_centre_m
    return (
        p.x_m + cp * cy * x + (cy * sp * sr - sy * cr) * y - (cy * sp * cr + sy * sr) * z,
        p.y_m + cp * sy * x + (sy * sp * sr + cy * cr) * y + (cy * sr - sy * sp * cr) * z,
        p.z_m + sp * x - cp * sr * y + cp * cr * z,
    )
