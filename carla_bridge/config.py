"""What a user may set, as frozen models read from YAML; an unknown key or a senseless value is refused by name."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError

from carla_bridge.errors import BridgeError

Port = Annotated[int, Field(ge=1, le=65535)]
Side = Annotated[int, Field(ge=16, le=8192)]
Seconds = Annotated[float, Field(gt=0)]
Config = TypeVar("Config", bound=BaseModel)


class ConfigRefused(BridgeError):
    """A configuration cannot be read, or says something senseless."""

    def __init__(self, source: str, problem: str):
        super().__init__(f"{source}: {problem}")


class Settings(BaseModel):
    """What all our models share: they do not change, and they refuse what they do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ServerConfig(Settings):
    """Where the server is, and how to treat it."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Port = 2000
    timeout_s: Seconds = 10.0  # for a single answer; loading a big map takes the server several seconds
    takeover: bool = False  # drive a server that is in synchronous mode already
    tag_table: str | None = None  # a key of `labels.TAG_TABLES`; None: by the server's version
    unknown_tags: Literal["refuse", "unlabeled"] = "refuse"


class CameraConfig(Settings):
    """A camera and its mount on the ego vehicle: metres and degrees, x forward, y right, z up."""

    width: Side = 512
    height: Side = 256
    fov_deg: Annotated[float, Field(gt=0, lt=180)] = 90.0  # horizontal
    x_m: float = 1.5
    y_m: float = 0.0
    z_m: float = 1.6
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    sensor_tick_s: Annotated[float, Field(ge=0)] = 0.0  # simulated time between frames; 0: every step


class SessionConfig(Settings):
    """What happens in the world while we drive; all of it is undone afterwards."""

    synchronous: bool = (
        True  # we tick; False: the server runs on, and what we are too slow for is lost and counted
    )
    step_s: Annotated[float, Field(gt=0, le=0.1)] = 0.05  # CARLA's physics goes wrong beyond 0.1
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0  # spawn points, traffic and the Traffic Manager's choices
    ego_blueprint: str = "vehicle.tesla.model3"
    spawn_index: NonNegativeInt | None = None  # None: the first free one, in an order drawn from the seed
    vehicles: NonNegativeInt = 0  # other cars, driven by the Traffic Manager
    walkers: NonNegativeInt = 0  # pedestrians, led by CARLA's AI controllers
    tm_port: Port | None = None  # None: any free one
    weather: str | None = None  # a preset's name, such as WetSunset; None: as it is
    sensor_timeout_s: Seconds = 10.0


class LiveConfig(Settings):
    """Everything for a live drive with its photo."""

    server: ServerConfig = ServerConfig()
    camera: CameraConfig = CameraConfig()
    session: SessionConfig = SessionConfig()
    checkpoint: str = "fast"  # a shipped name or a path
    device: str = "auto"
    backend: str = "auto"  # how the generator runs on it; see `pix2pix bench`
    overlap: bool = True  # let the simulator make the next tick while the photo of this one is generated
    threads: PositiveInt | None = None  # of the generator on a CPU; None: as many as do it good
    frames: PositiveInt | None = None  # None: until the window is closed
    edits: tuple[Path, ...] = ()  # recipes that manipulate the scene, see configs/edits/


RIG = {  # mounts that go by a name on the command line
    "front": CameraConfig(),
    "left": CameraConfig(x_m=0.8, y_m=-0.9, yaw_deg=-70.0),
    "right": CameraConfig(x_m=0.8, y_m=0.9, yaw_deg=70.0),
    "rear": CameraConfig(x_m=-2.0, yaw_deg=180.0),
}
CameraName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
]  # it becomes a topic's and a file's name
LayerName = Literal["instance", "depth", "rgb", "flow"]


class RecordConfig(Settings):
    """Everything for a recorded drive."""

    server: ServerConfig = ServerConfig()
    cameras: Annotated[dict[CameraName, CameraConfig], Field(min_length=1, max_length=16)] = {
        "front": RIG["front"]
    }
    layers: tuple[LayerName, ...] = ()  # of every camera, besides the tags
    session: SessionConfig = SessionConfig()
    frames: PositiveInt | None = None  # None: until Ctrl-C

    def choose_cameras(self, names: Sequence[str]) -> Self:
        """Return the same with these cameras only: its own, or those of the standard rig."""
        known = {**RIG, **self.cameras}
        for name in names:
            if name not in known:
                raise ConfigRefused("--cameras", f"{name!r} is no camera; there are {', '.join(known)}")
        return self.model_copy(update={"cameras": {name: known[name] for name in names}})

    def with_size(self, width: int | None, height: int | None) -> Self:
        """Return the same with all pictures of one size, where it is given."""
        values = {"width": width, "height": height}
        given = {name: value for name, value in values.items() if value is not None}
        resized = {
            name: CameraConfig.model_validate(camera.model_dump() | given)
            for name, camera in self.cameras.items()
        }
        return self.model_copy(update={"cameras": resized})


class ConvertConfig(Settings):
    """Everything for turning stored drives into video."""

    checkpoint: str = "fast"  # a shipped name or a path
    device: str = "auto"
    backend: str = "auto"  # how the generator runs on it; see `pix2pix bench`
    side_by_side: bool = False  # label | photo instead of the photo alone
    edits: tuple[Path, ...] = ()  # recipes that manipulate the scenes, see configs/edits/
    compare: bool = False  # with edits: the photo of the original scene | that of the manipulated one
    images: Literal["none", "png", "jpg"] = "none"  # every photo as a file of its own, too
    into_recording: bool = False  # a copy of each recording with the photos in it, too
    batch_size: Annotated[int, Field(ge=1, le=256)] = 4
    crf: Annotated[int, Field(ge=0, le=51)] = 20  # of the video: smaller is better and larger
    unknown_tags: Literal["refuse", "unlabeled"] = "refuse"
    tag_table: str | None = None  # a key of `labels.TAG_TABLES`; None: the recording's own
    fps_hz: Annotated[float, Field(ge=0.1, le=1000)] = 20.0  # of label maps that are no recording
    fov_deg: Annotated[float, Field(ge=1, le=179)] = 90.0  # theirs, too
    engine: Literal["local", "ray"] = "local"
    address: str | None = None  # of a Ray cluster; None: this machine
    cpus_per_engine: PositiveInt = 2  # of a Ray cluster without GPUs


def load_config(
    path: str | Path | None, model: type[Config], overrides: Mapping[str, Any] | None = None
) -> Config:
    """Return the model filled from a YAML file (None: its defaults) and from `{"server.port": 2001}`.

    An override of None was not given and changes nothing.
    """
    source = str(path) if path is not None else "the command line"
    values = _read(Path(path)) if path is not None else {}
    for key, value in (overrides or {}).items():
        if value is not None:
            _put(values, key.split("."), value, source)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigRefused(source, _problem(error, model)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigRefused(str(path), f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigRefused(str(path), "is not YAML: " + " ".join(str(error).split())) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigRefused(str(path), f"must hold `key: value` lines, not a {type(values).__name__}")
    return values


def _put(values: dict[str, Any], keys: list[str], value: Any, source: str) -> None:
    for depth, key in enumerate(keys[:-1], start=1):
        values = values.setdefault(key, {})
        if not isinstance(values, dict):
            raise ConfigRefused(source, f"{'.'.join(keys[:depth])} must hold `key: value` lines")
    values[keys[-1]] = value


def _problem(error: ValidationError, model: type[BaseModel]) -> str:
    first, *others = error.errors(include_url=False)
    key = ".".join(map(str, first["loc"])) or "the whole"
    if first["type"] == "extra_forbidden":
        problem = f"{key} is no known key; {_suggestion(model, [str(part) for part in first['loc']])}"
    else:
        problem = f"{key} is {first['input']!r}: {first['msg'][0].lower()}{first['msg'][1:]}"
    return problem + (f" (and {len(others)} more)" if others else "")


def _suggestion(model: type[BaseModel], loc: list[str]) -> str:
    for part in loc[:-1]:
        inner = model.model_fields[part].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        model = inner
    known = list(model.model_fields)
    close = difflib.get_close_matches(loc[-1], known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
