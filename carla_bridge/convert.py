"""The batch job: one stored drive becomes a video of photos, in parts, so that it goes on where it was stopped.

A part is a video of its own; whole parts are kept from one run to the next, and joined without encoding again. The
batches begin anew with every part, so a run that was stopped twenty times gives the same frames as one that was not.
Reading, generating and encoding run at the same time, each on its thread. It receives opened things.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from carla_bridge.ahead import ahead
from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveMeta, FramePair, LabelFrame, StoredDrive
from carla_bridge.joining import is_part, join
from carla_bridge.labels import UnknownTags
from carla_bridge.outputs import give_name, make_room, partial_path, save_whole, settle_names, writing
from carla_bridge.parts import PartsFolder, read_json
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
    edits: str = ""  # hashes of the recipes that manipulate the scenes
    compare: bool = False  # the photo of the original | that of the manipulated scene


@dataclass(frozen=True)
class Identity:
    """What a conversion was made of; equal identities give equal frames."""

    source: str  # the name of the file or folder
    source_sha256: str
    camera: str
    checkpoint: str
    checkpoint_sha256: str
    engine: str  # device and number format: another one rounds differently
    drive: DriveMeta  # its rate, size and tag table, which `--fps` and its like say of imports
    encoder: str
    version: str  # ours
    settings: ConvertSettings


def is_converted(out: Path, identity: Identity) -> bool:
    """Say whether this very conversion is done already; what a kill left of its parts goes."""
    done = _vouches(manifest_of(out), out, identity)
    if done:
        PartsFolder(out, asdict(identity)).tidy()
    return done


def manifest_of(out: Path) -> Path:
    """Return where the manifest of a video goes."""
    return out.with_suffix(".json")


def convert(
    drive: StoredDrive,
    engine: Engine,
    out: Path,
    identity: Identity,
    *,
    original: StoredDrive | None = None,  # of a manipulated drive, to be compared with it
    overwrite: bool = False,
    times: StageTimes | None = None,
    progress: Callable[[int], object] = lambda done: None,  # is told the frames done so far
) -> int:
    """Make the video (and images) of a drive, beginning where an earlier run stopped; return the frames."""
    if not len(drive):
        raise EmptyDrive(identity.source, identity.camera)
    parts = PartsFolder(out, asdict(identity))
    if parts.is_of_this() and _vouches(
        parts.manifest, out, identity
    ):  # killed when it had all but its manifest
        with parts.alone():
            return _finish(parts, out)
    make_room(out, overwrite=overwrite)
    with parts.alone():
        parts.prepare()
        names = []
        for start in range(0, len(drive), PART_FRAMES):
            names.append(name := parts.part(start // PART_FRAMES))
            stop = min(start + PART_FRAMES, len(drive))
            if not is_part(name, stop - start):
                part = _Making(engine, identity.settings, out, times or StageTimes(), progress)
                part.make(drive, original, start, name)
            progress(stop)
        _join(names, parts, out, identity)
        return _finish(parts, out)


def _join(names: Sequence[Path], parts: PartsFolder, out: Path, identity: Identity) -> None:
    """Make the video of its parts; it gets its name when its manifest lies ready, and no older one vouches for it."""
    partial, meta = partial_path(out), identity.drive
    frames = join(names, partial, title=f"{meta.map_name} (server {meta.server_version})")
    size = partial.stat().st_size
    manifest = {"identity": asdict(identity), "frames": frames, "bytes": size, "drive": asdict(meta)}
    save_whole(parts.manifest, json.dumps(manifest, indent=1).encode(), overwrite=True)
    with writing(out):
        manifest_of(out).unlink(missing_ok=True)
        partial.replace(out)
        settle_names(out.parent)


def _finish(parts: PartsFolder, out: Path) -> int:
    """Give a video its manifest, remove its parts, and return its frames."""
    with writing(manifest_of(out)):
        give_name(parts.manifest, manifest_of(out))
    parts.remove()
    return int(read_json(manifest_of(out))["frames"])


def _vouches(manifest: Path, out: Path, identity: Identity) -> bool:
    """Say whether a manifest is that of the video which is there, and of this conversion."""
    said = read_json(manifest)
    return (
        out.is_file() and said.get("bytes") == out.stat().st_size and said.get("identity") == asdict(identity)
    )


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


@dataclass(frozen=True)
class _Making:
    """How the parts of a video are made."""

    engine: Engine
    settings: ConvertSettings
    out: Path
    times: StageTimes
    progress: Callable[[int], object]

    def make(self, drive: StoredDrive, original: StoredDrive | None, start: int, name: Path) -> None:
        """Make the part that begins at a frame; reading, generating and encoding run on threads of their own."""
        depth = 2 * self.settings.batch_size
        fps_hz, title = drive.meta.fps_hz, f"part of {self.out.name}"
        with ExitStack() as opened:
            drives = [drive] if original is None else [drive, original]
            stops = [min(start + PART_FRAMES, len(each)) for each in drives]
            frames = [
                opened.enter_context(closing(ahead(each.frames(start, stop), depth=depth)))
                for each, stop in zip(drives, stops, strict=True)
            ]
            photos = [
                self._photos(each.meta, ahead_of) for each, ahead_of in zip(drives, frames, strict=True)
            ]
            rows = opened.enter_context(closing(ahead(zip(*photos, strict=True), depth=depth)))
            video = opened.enter_context(
                Mp4(name, fps_hz=fps_hz, title=title, crf=self.settings.crf, overwrite=True)
            )
            for number, (pair, *before) in enumerate(rows, start=start + 1):
                with self.times.measure("encode"):
                    video.write(self._picture(pair, *before))
                    if self.settings.images:
                        _save_image(pair, images_of(self.out), self.settings.images)
                self.times.frame_done()
                self.progress(number)

    def _picture(self, pair: FramePair, before: FramePair | None = None) -> np.ndarray:
        if before is not None:
            return np.concatenate((before.photo_rgb, pair.photo_rgb), axis=1)
        return side_by_side(pair) if self.settings.side_by_side else pair.photo_rgb

    def _photos(self, meta: DriveMeta, frames: Iterator[LabelFrame]) -> Iterator[FramePair]:
        return translate(
            _Part(meta, frames),
            self.engine,
            batch_size=self.settings.batch_size,
            tag_table=self.settings.tag_table,
            unknown=self.settings.unknown_tags,
            times=self.times,
        )


def _save_image(pair: FramePair, folder: Path, suffix: str) -> None:
    photo_bgr = cv2.cvtColor(pair.photo_rgb, cv2.COLOR_RGB2BGR)
    options = [cv2.IMWRITE_JPEG_QUALITY, 95] if suffix == "jpg" else []
    encoded: np.ndarray = cv2.imencode(f".{suffix}", photo_bgr, options)[1]
    save_whole(folder / f"{pair.frame.tick:08d}.{suffix}", encoded.tobytes(), overwrite=True)
