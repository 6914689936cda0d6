"""What a user may set for a synthetic dataset; every range is drawn from once per drive and written down."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from carla_bridge.config import RIG, CameraConfig, CameraName, ServerConfig, SessionConfig, Settings
from carla_bridge.formats.sample import Split
from carla_bridge.labels import CITYSCAPES_BY_NAME

Share = Annotated[float, Field(ge=0)]


class Between(Settings):
    """A range of numbers, drawn from uniformly: `[low, high]`, or one number alone."""

    low: float
    high: float

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, given: object) -> object:
        match given:
            case [low, high]:
                return {"low": low, "high": high}
            case int() | float():
                return {"low": given, "high": given}
        return given

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(
                f"the range [{self.low:g}, {self.high:g}] is reversed; write the smaller number first"
            )
        return self


class Count(Between):
    """A range of whole numbers from 0 on, both ends included."""

    low: NonNegativeInt
    high: NonNegativeInt


def _between(low: float, high: float) -> Between:
    return Between(low=low, high=high)


class MountConfig(Settings):
    """What is added to the mounts of all cameras of a drive, in metres and degrees; `fov_deg` replaces theirs."""

    x_m: Between = _between(0, 0)
    y_m: Between = _between(0, 0)
    z_m: Between = _between(-0.1, 0.2)
    pitch_deg: Between = _between(-2, 2)
    yaw_deg: Between = _between(-3, 3)
    roll_deg: Between = _between(0, 0)
    fov_deg: Between | None = None


class KeyframeConfig(Settings):
    """Which frames of a drive become samples."""

    every_s: Annotated[float, Field(gt=0, le=60)] = 0.5  # simulated; a multiple of session.step_s
    min_distance_m: Annotated[float, Field(ge=0)] = 3.0  # the ego vehicle has come since the sample before
    at_least: dict[str, PositiveInt] = Field(
        default_factory=dict
    )  # so many objects of a class, such as {person: 1}, or no sample
    longest_s: Annotated[float, Field(gt=0)] = 600.0  # simulated; then the drive ends with what it has

    @model_validator(mode="after")
    def _known(self) -> Self:
        countable = [name for name, row in CITYSCAPES_BY_NAME.items() if row.has_instances]
        for name in self.at_least:
            if name not in countable:
                raise ValueError(
                    f"at_least names {name!r}; objects that can be counted are {', '.join(countable)}"
                )
        return self


class OpticsConfig(Settings):
    """What a real camera adds to the photos; each is drawn once per drive. See `optics.Optics` for the units."""

    k1: Between = _between(0, 0)  # of the lens, and k2: photo and labels are bent alike
    k2: Between = _between(0, 0)
    blur_px: Between = _between(0, 0)
    exposure_ev: Between = _between(0, 0)
    noise: Between = _between(0, 0)
    jpeg_quality: Between = _between(100, 100)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        limits = {
            "k1": (-0.5, 0.5),
            "k2": (-0.5, 0.5),
            "blur_px": (0, 20),
            "exposure_ev": (-5, 5),
            "noise": (0, 100),
        }
        for name, (low, high) in (limits | {"jpeg_quality": (1, 100)}).items():
            given = getattr(self, name)
            if given.low < low or given.high > high:
                raise ValueError(
                    f"{name} reaches from {given.low:g} to {given.high:g}; it must be within {low} and {high}"
                )
        return self


class SynthesizeConfig(Settings):
    """Everything for a synthetic dataset."""

    servers: tuple[ServerConfig, ...] = ()  # each drives on its own; none: a stand-in for every drive
    workers: Annotated[int, Field(ge=1, le=64)] = 1  # stand-ins at once; of servers all that are given
    samples: PositiveInt = 200
    samples_per_drive: PositiveInt = 25
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    towns: Annotated[tuple[NonNegativeInt | str, ...], Field(min_length=1)] = (0, 1, 2, 3)
    # of the stand-in: numbers and OpenDRIVE files (.xodr); of a server of yours: the names of its maps
    split: Annotated[dict[Split, Share], Field(min_length=1)] = Field({"train": 0.75, "val": 0.25})
    cameras: Annotated[dict[CameraName, CameraConfig], Field(min_length=1, max_length=16)] = Field(
        {"front": RIG["front"].model_copy(update={"width": 1024, "height": 512})}
    )
    mount: MountConfig = MountConfig()
    keyframes: KeyframeConfig = KeyframeConfig()
    session: SessionConfig = SessionConfig()  # its seed, vehicles and weather are drawn
    vehicles: Count = Count(low=10, high=40)
    walkers: Count = Count(low=10, high=60)
    weather: Annotated[dict[str, Share], Field(min_length=1)] = Field({"ClearNoon": 1.0})  # with weights
    min_object_px: NonNegativeInt = 20  # smaller ones are labelled, but not listed as objects
    formats: Annotated[tuple[str, ...], Field(min_length=1)] = ("cityscapes", "coco")  # see docs/datasets.md
    checkpoint: str = "fast"  # a shipped name or a path
    device: str = "auto"
    backend: str = "auto"  # how the generator runs on it; see `pix2pix bench`
    engine: Literal["local", "ray"] = "local"  # ray: many drives at once, each with stand-ins of its own
    address: str | None = None  # of a Ray cluster; None: this machine
    cpus_per_engine: PositiveInt = 2  # of a Ray cluster without GPUs
    edits: tuple[Path, ...] = ()  # recipes that manipulate the scenes, see configs/edits/
    optics: OpticsConfig = OpticsConfig()

    @model_validator(mode="after")
    def _weights(self) -> Self:
        for key in ("split", "weather"):
            if not sum(getattr(self, key).values()):
                raise ValueError(f"the weights of {key} are all 0; give at least one more")
        return self

    @model_validator(mode="after")
    def _towns_of_whom(self) -> Self:
        if self.servers and self.engine == "ray":
            raise ValueError("engine is ray, where every drive has a stand-in of its own; leave out servers")
        for town in self.towns:
            is_map = isinstance(town, str) and not town.endswith(".xodr")
            if is_map and not self.servers:
                raise ValueError(
                    f"towns names {town!r}, a map of a server; give the server's address under servers, "
                    "or numbers or .xodr files, which are towns of the stand-in"
                )
        return self
