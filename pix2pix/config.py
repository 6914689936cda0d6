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
from pix2pix.overrides import overridden


class Settings(BaseModel):
    """Base of all settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GeneratorConfig(Settings):
    """Which generator, how large, and what it is shown."""

    architecture: Literal["unet", "spade", "fast"] = "unet"
    width: Annotated[int, Field(ge=1, le=1024)] = 64  # channels of the first level (the paper's ngf)
    levels: Annotated[int, Field(ge=3, le=10)] = 8  # halvings of the size; 8 is the paper's U-Net-256
    depth: Annotated[int, Field(ge=1, le=8)] = 1  # residual blocks per level of spade and fast
    norm: Literal["instance", "batch"] = "instance"  # of unet
    smooth: bool = False  # blur after every upsampling: no checkerboard and no grid of dots on plain surfaces
    noise: bool = False  # noise in the decoder, so that a plain surface can have texture
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5  # of unet
    input: Literal["one-hot", "palette"] = "one-hot"
    boundaries: bool = False  # one more input: where one instance ends and the next begins (pix2pixHD)
    domains: tuple[str, ...] = ()  # styles to choose from, by name: one code per data set or time of day

    @property
    def stride(self) -> int:
        """Sizes that are no multiple of this, in pixels, are padded and cropped inside."""
        return int(2**self.levels)


class DiscriminatorConfig(Settings):
    """One judge; the default is the paper's PatchGAN, whose 3 layers see 70×70 patches."""

    kind: Literal["patch", "extracted", "segmentation"] = "patch"
    width: Annotated[int, Field(ge=1, le=1024)] = 64  # ndf
    layers: Annotated[int, Field(ge=1, le=6)] = 3  # of segmentation: halvings of its U-Net
    scales: Annotated[int, Field(ge=1, le=4)] = 1  # of patch: the same on the halved picture, and so on
    patch_px: Annotated[int, Field(ge=16, le=512)] = 70  # of extracted: side of the patches cut out
    overlap: Annotated[float, Field(ge=0, lt=1)] = 0.5  # of extracted: share that neighbours have in common
    spectral_norm: bool = False
    label_mix: Annotated[float, Field(ge=0)] = 0.0  # of segmentation: weight of the LabelMix consistency
    weight: Annotated[float, Field(gt=0)] = 1.0  # beside the other judges


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
    color: Annotated[float, Field(ge=0, le=1)] = 0.0  # brightness, contrast and saturation drawn ± this share
    void_boxes: Annotated[int, Field(ge=0, le=16)] = 4  # up to so many boxes of labels hidden per crop
    generator: GeneratorConfig = GeneratorConfig()
    discriminators: Annotated[tuple[DiscriminatorConfig, ...], Field(min_length=1, max_length=4)] = (
        DiscriminatorConfig(),
    )
    gan: Literal["vanilla", "lsgan", "hinge"] = "vanilla"  # of patch judges; segmentation is cross-entropy
    l1_weight: Annotated[float, Field(ge=0)] = 100.0
    feature_weight: Annotated[float, Field(ge=0)] = 0.0  # feature matching; 0 is the plain paper
    perceptual_weight: Annotated[float, Field(ge=0)] = 0.0
    perceptual: Literal["segmenter", "vgg19"] = "segmenter"  # whose features the perceptual loss compares
    perceptual_weights: str = ""  # their file: a path or a shipped name
    batch_size: PositiveInt = 1  # photos per step, over all processes
    accumulate: PositiveInt = 1  # parts that a process works through one after the other, for less memory
    steps: PositiveInt = 100_000
    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    discriminator_learning_rate: Annotated[float, Field(gt=0)] | None = None  # None: the generator's
    betas: tuple[float, float] = (0.5, 0.999)  # of Adam
    decay_from: Annotated[float, Field(ge=0, le=1)] = (
        0.5  # share of the steps after which the rate falls to 0
    )
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.999  # decay of the averaged generator
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"  # of the convolutions; weights and losses stay fp32
    channels_last: bool | None = None  # None: on a GPU; on a CPU it was measured to cost time
    compile: bool = False  # torch.compile: pays on a GPU after a minute or more of building
    save_every: PositiveInt = 500  # steps; with a segmenter each saved state is scored, and the best is kept
    sample_every: PositiveInt = 500  # steps between pictures
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
        for judge in self.discriminators:
            smallest = 2 ** (judge.layers + 2) * 2 ** (judge.scales - 1)
            if judge.kind == "patch" and self.crop_px < smallest:
                raise ValueError(f"crop_px {self.crop_px} is too small for {judge.layers} layers of patches")
            if judge.kind == "extracted" and self.crop_px < judge.patch_px:
                raise ValueError(f"crop_px {self.crop_px} is smaller than the patches, {judge.patch_px} px")
            if judge.kind == "segmentation" and self.crop_px % 2**judge.layers:
                raise ValueError(f"crop_px {self.crop_px} must be a multiple of {2**judge.layers}, 2**layers")
        if self.batch_size % self.accumulate:
            raise ValueError(
                f"batch_size {self.batch_size} must be a multiple of accumulate {self.accumulate}"
            )
        if self.perceptual_weight and not self.perceptual_weights:
            raise ValueError(
                "perceptual_weight needs perceptual_weights, the file of a trained segmenter "
                "(pix2pix train-segmenter) or of VGG-19"
            )
        return self


def load_train_config(path: Path, overrides: dict[str, Any] | None = None) -> TrainConfig:
    """Read a YAML training config; `overrides`, whose keys may be dotted, win.

    Raises `Pix2PixError` naming the file and the key.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise Pix2PixError(f"{path} can't be read as a YAML config ({error}); check the path") from error
    if not isinstance(values, dict):
        raise Pix2PixError(f"{path} holds no settings; see configs/train-camvid.yaml for an example")
    return parse_train_config(overridden(values, overrides or {}), source=str(path))


def parse_train_config(values: dict[str, Any], *, source: str) -> TrainConfig:
    """Check `values`; `source` names them in the error."""
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Pix2PixError(f"{source}: {faults}; correct the value") from error
