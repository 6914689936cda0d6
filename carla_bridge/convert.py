"""The batch job: one stored drive becomes a video of photos, in parts, so that it goes on where it was stopped.

A part is a video of its own; whole parts are kept from one run to the next, and joined without encoding again. The
batches begin anew with every part, so a run that was stopped twenty times gives the same frames as one that was not.
Reading, generating and encoding run at the same time, each on its thread. It receives opened things.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from carla_bridge.ahead import ahead
from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveMeta, FramePair, LabelFrame, StoredDrive
from carla_bridge.joining import join
from carla_bridge.labels import UnknownTags
from carla_bridge.outputs import OutputExists, save_whole, writing
from carla_bridge.side_by_side import side_by_side
from carla_bridge.timing import StageTimes
from carla_bridge.translation import Engine, translate
from carla_bridge.video import Mp4

PART_FRAMES = 200


class EmptyDrive(BridgeError):
    """There is nothing to convert."""

    def __init__(self, source: str, camera: str):
        super().__init__(f"{source} has not one frame of camera {camera!r}; there is nothing to convert")


@dataclass(frozen=True)
class ConvertSettings:
    """How photos are made and kept; a change of any of these begins a conversion anew."""

    side_by_side: bool = False  # label | photo instead of the photo alone
    images: str | None = None  # "png" or "jpg": every photo as a file of its own, too
    batch_size: int = 4
    crf: int = 20  # of the video: smaller is better and larger
    tag_table: str | None = None  # the drive's own, unless you know better
    unknown_tags: UnknownTags = "refuse"


@dataclass(frozen=True)
class Identity:
    """What a conversion was made of; equal identities give equal frames."""

    source: str  # the name of the file or folder
    source_sha256: str
    camera: str
    checkpoint: str
    checkpoint_sha256: str
    engine: str  # device and number format: another one rounds differently
    settings: ConvertSettings


def is_converted(out: Path, identity: Identity) -> bool:
    """Say whether this very conversion is done already."""
    return out.exists() and _read_json(manifest_of(out)).get("identity") == asdict(identity)


def manifest_of(out: Path) -> Path:
    """Return where the manifest of a video goes."""
    return out.with_suffix(".json")


def convert(
    drive: StoredDrive,
    engine: Engine,
    out: Path,
    identity: Identity,
    *,
    overwrite: bool = False,
    times: StageTimes | None = None,
    progress: Callable[[int], object] = lambda done: None,  # is told the frames done so far
) -> int:
    """Make the video (and images) of a drive, beginning where an earlier run stopped; return the frames."""
    if not len(drive):
        raise EmptyDrive(identity.source, identity.camera)
    if out.exists() and not overwrite:
        raise OutputExists(out)
    parts, settings = _parts_folder(out, identity), identity.settings
    starts = range(0, len(drive), PART_FRAMES)
    names = [parts / f"{start // PART_FRAMES:06d}.mp4" for start in starts]
    for start, name in zip(starts, names, strict=True):
        if not name.exists():
            _make_part(drive, engine, start, name, out, settings, times or StageTimes(), progress)
        progress(min(start + PART_FRAMES, len(drive)))
    meta = drive.meta
    frames = join(names, out, title=f"{meta.map_name} (server {meta.server_version})")
    manifest = {"identity": asdict(identity), "frames": frames, "drive": asdict(meta)}
    save_whole(manifest_of(out), json.dumps(manifest, indent=1).encode(), overwrite=True)
    shutil.rmtree(parts)
    return frames


def images_of(out: Path) -> Path:
    """Return the folder of a video's single photos."""
    return out.with_suffix("")


@dataclass(frozen=True)
class _Part:
    """A stretch of a drive, as a drive."""

    meta: DriveMeta
    label_frames: Iterator[LabelFrame]

    def __iter__(self) -> Iterator[LabelFrame]:
        return self.label_frames


def _make_part(
    drive: StoredDrive,
    engine: Engine,
    start: int,
    name: Path,
    out: Path,
    settings: ConvertSettings,
    times: StageTimes,
    progress: Callable[[int], object],
) -> None:
    frames = ahead(drive.frames(start, start + PART_FRAMES), depth=2 * settings.batch_size)
    pairs = translate(
        _Part(drive.meta, frames),
        engine,
        batch_size=settings.batch_size,
        tag_table=settings.tag_table,
        unknown=settings.unknown_tags,
        times=times,
    )
    title = f"part of {out.name}"
    with Mp4(name, fps_hz=drive.meta.fps_hz, title=title, crf=settings.crf, overwrite=True) as video:
        for number, pair in enumerate(ahead(pairs, depth=2 * settings.batch_size), start=start + 1):
            with times.measure("encode"):
                video.write(side_by_side(pair) if settings.side_by_side else pair.photo_rgb)
                if settings.images:
                    _save_image(pair, images_of(out), settings.images)
            times.frame_done()
            progress(number)


def _save_image(pair: FramePair, folder: Path, suffix: str) -> None:
    photo_bgr = cv2.cvtColor(pair.photo_rgb, cv2.COLOR_RGB2BGR)
    options = [cv2.IMWRITE_JPEG_QUALITY, 95] if suffix == "jpg" else []
    encoded: np.ndarray = cv2.imencode(f".{suffix}", photo_bgr, options)[1]
    save_whole(folder / f"{pair.frame.tick:08d}.{suffix}", encoded.tobytes(), overwrite=True)


def _parts_folder(out: Path, identity: Identity) -> Path:
    """Return the folder of an unfinished conversion; one that was of something else is begun anew."""
    folder = out.with_suffix(".parts")
    about = folder / "identity.json"
    if folder.exists() and _read_json(about) != asdict(identity):
        if not about.exists():
            raise OutputExists(folder)  # not ours: nothing of anybody else's is ever removed
        shutil.rmtree(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    save_whole(about, json.dumps(asdict(identity)).encode(), overwrite=True)
    return folder


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
