"""Model and training settings: frozen, checked once at the door, unknown keys refused."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

from pix2pix.classes import channel_table
from pix2pix.errors import Pix2PixError


class Settings(BaseModel):
    """Base of all settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GeneratorConfig(Settings):
    """Which generator, and how wide."""

    architecture: Literal["unet"] = "unet"
    width: Annotated[int, Field(ge=1, le=1024)] = 64  # ngf: channels of the first level
    levels: Annotated[int, Field(ge=3, le=10)] = 8  # down-samplings; 8 is the paper's U-Net-256
    norm: Literal["instance", "batch"] = "instance"
    smooth: bool = False  # blur after every upsampling: no checkerboard and no grid of dots on plain surfaces
    noise: bool = False  # noise after every upsampling, so that a plain surface can have texture
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    input: Literal["one-hot", "palette"] = "one-hot"

    @property
    def stride(self) -> int:
        """Sizes must be a multiple of this, in pixels."""
        return int(2**self.levels)


class DiscriminatorConfig(Settings):
    """PatchGAN: 3 layers judge 70×70 patches."""

    width: Annotated[int, Field(ge=1, le=1024)] = 64  # ndf
    layers: Annotated[int, Field(ge=1, le=5)] = 3


class TrainConfig(Settings):
    """One training run."""

    name: str
    about: str = ""  # what the data are, for the checkpoint's card
    data_licence: str = ""
    licence: str = ""  # of the weights
    classes: tuple[int, ...]  # Cityscapes label ids that the data really distinguish
    skip: tuple[str, ...] = ()  # sequences (folders under train/) to leave out
    crop_px: PositiveInt = 256  # side of the square crop after zooming
    zoom: tuple[float, float] = (0.6, 1.0)  # crop side as a share of the photo's short side
    void_boxes: Annotated[int, Field(ge=0, le=16)] = 4  # up to so many boxes of labels hidden per crop
    generator: GeneratorConfig = GeneratorConfig()
    discriminator: DiscriminatorConfig = DiscriminatorConfig()
    gan: Literal["vanilla", "lsgan"] = "vanilla"
    l1_weight: Annotated[float, Field(ge=0)] = 100.0
    feature_weight: Annotated[float, Field(ge=0)] = 0.0  # feature matching; 0 is the plain paper
    batch_size: PositiveInt = 1
    steps: PositiveInt = 100_000
    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    decay_from: Annotated[float, Field(ge=0, le=1)] = (
        0.5  # share of the steps after which the rate falls to 0
    )
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.999  # decay of the averaged generator
    save_every: PositiveInt = 500  # steps
    sample_every: PositiveInt = 500
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @field_validator("classes")
    @classmethod
    def _known_classes(cls, classes: tuple[int, ...]) -> tuple[int, ...]:
        try:
            channel_table(classes)
        except Pix2PixError as error:
            raise ValueError(str(error)) from error
        return classes

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        if not 0 < self.zoom[0] <= self.zoom[1] <= 1:
            raise ValueError(f"zoom {self.zoom} must be two rising shares of the photo between 0 and 1")
        if self.crop_px % self.generator.stride:
            raise ValueError(
                f"crop_px {self.crop_px} must be a multiple of {self.generator.stride}, 2**levels"
            )
        if self.crop_px < 2 ** (self.discriminator.layers + 2):
            raise ValueError(
                f"crop_px {self.crop_px} is too small for {self.discriminator.layers} layers of patches"
            )
        return self


def load_train_config(path: Path, overrides: dict[str, Any] | None = None) -> TrainConfig:
    """Read a YAML training config; `overrides` win. Raises `Pix2PixError` naming the file and the key."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise Pix2PixError(f"{path} can't be read as a YAML config ({error}); check the path") from error
    if not isinstance(values, dict):
        raise Pix2PixError(f"{path} holds no settings; see configs/train-camvid.yaml for an example")
    return parse_train_config(values | (overrides or {}), source=str(path))


def parse_train_config(values: dict[str, Any], *, source: str) -> TrainConfig:
    """Check `values`; `source` names them in the error."""
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Pix2PixError(f"{source}: {faults}; correct the value") from error
