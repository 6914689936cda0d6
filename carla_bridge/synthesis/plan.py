"""What is drawn before anything is driven: town, weather, traffic and mounts of every drive, and its split.

Each drive is drawn from the seed and its own number alone, so that a longer set begins with the same drives.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import ceil
from random import Random
from typing import Any

from carla_bridge.config import CameraConfig, SessionConfig, Settings
from carla_bridge.formats.sample import Split
from carla_bridge.optics import Optics
from carla_bridge.synthesis.config import Between, Count, MountConfig, OpticsConfig, SynthesizeConfig
from carla_bridge.synthesis.previews import previewed

LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class DrivePlan:
    """One drive of a dataset, as it was drawn."""

    number: int
    split: Split
    town: int | str
    walkers: int
    samples: int
    session: SessionConfig
    cameras: Mapping[str, CameraConfig]
    drawn: Mapping[str, float]  # what was added to the mounts
    optics: Optics
    previewed: frozenset[int]  # samples, by their place in the drive, that the report shows

    @property
    def name(self) -> str:
        """The drive's name in all files: letters and digits, as every format allows."""
        return f"d{self.number:04d}"

    def told(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "name": self.name,
            "split": self.split,
            "town": self.town,
            "walkers": self.walkers,
            "samples": self.samples,
            "session": self.session.model_dump(mode="json"),
            "cameras": {name: camera.model_dump(mode="json") for name, camera in self.cameras.items()},
            "mount": dict(self.drawn),
            "optics": asdict(self.optics),
        }


def draw_plan(config: SynthesizeConfig) -> list[DrivePlan]:
    """Return the drives that together give `config.samples` samples."""
    per_drive = config.samples_per_drive
    counts = [
        min(per_drive, config.samples - number * per_drive)
        for number in range(ceil(config.samples / per_drive))
    ]
    splits = shared_out(config.split, len(counts))
    shown = previewed(config.samples, seed=config.seed)
    drives = zip(splits, counts, strict=True)
    return [_draw(config, number, split, count, shown) for number, (split, count) in enumerate(drives)]


def shared_out(shares: Mapping[Split, float], count: int) -> list[Split]:
    """Return the split of each drive: every drive goes to the split that is furthest behind its share."""
    total = sum(shares.values())
    given = dict.fromkeys(shares, 0)
    splits = []
    for number in range(1, count + 1):
        split = max(shares, key=lambda each: shares[each] / total * number - given[each])
        given[split] += 1
        splits.append(split)
    return splits


def _draw(
    config: SynthesizeConfig, number: int, split: Split, samples: int, shown: frozenset[int]
) -> DrivePlan:
    draw = Random(f"{config.seed}/{number}")
    weather = draw.choices(list(config.weather), list(config.weather.values()))[0]
    town = draw.choice(config.towns)
    session = config.session.model_copy(
        update={
            "seed": draw.randrange(LARGEST_SEED),
            "vehicles": _whole(config.vehicles, draw),
            "weather": weather,
        }
    )
    walkers = _whole(config.walkers, draw)
    if config.servers:  # a stand-in has walkers of its own
        session = session.model_copy(update={"walkers": walkers})
    drawn = _drawn_mount(config.mount, draw)
    cameras = {
        name: _moved(camera, drawn, config.keyframes.every_s) for name, camera in config.cameras.items()
    }
    first = number * config.samples_per_drive
    here = frozenset(place for place in range(samples) if first + place in shown)
    optics = _drawn_optics(config.optics, draw)
    return DrivePlan(number, split, town, walkers, samples, session, cameras, drawn, optics, here)


def _whole(count: Count, draw: Random) -> int:
    return draw.randint(int(count.low), int(count.high))


def _drawn_mount(mount: MountConfig, draw: Random) -> dict[str, float]:
    ranges: dict[str, Between | None] = {name: getattr(mount, name) for name in type(mount).model_fields}
    return {
        name: round(draw.uniform(each.low, each.high), 4) for name, each in ranges.items() if each is not None
    }


def _drawn_optics(ranges: OpticsConfig, draw: Random) -> Optics:
    drawn = {
        name: round(draw.uniform(getattr(ranges, name).low, getattr(ranges, name).high), 4)
        for name in type(ranges).model_fields
    }
    return Optics(**drawn | {"jpeg_quality": round(drawn["jpeg_quality"])})  # type: ignore[arg-type]


def _moved(camera: CameraConfig, drawn: Mapping[str, float], every_s: float) -> CameraConfig:
    moved: dict[str, Any] = {name: getattr(camera, name) + drawn[name] for name in drawn if name != "fov_deg"}
    if "fov_deg" in drawn:
        moved["fov_deg"] = drawn["fov_deg"]
    return _checked(camera, moved | {"sensor_tick_s": every_s})


def _checked(camera: CameraConfig, update: Mapping[str, Any]) -> CameraConfig:
    values: Settings = CameraConfig.model_validate(camera.model_dump() | dict(update))
    assert isinstance(values, CameraConfig)
    return values
